//! Modes of a pipe's end, information about it, looking without taking.

use std::sync::atomic::Ordering;

use super::name::Shape;
use super::{NOWAIT, Pipe, Place, READ_MESSAGES, TYPE_MESSAGE, with_pipe};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::code::{Code, code_bool};
use crate::file::access;
use crate::status::Status;
use crate::text::{In, Out, Room, Unit, exports};
use crate::transfer::Transfer;

/// `PIPE_SERVER_END`.
const SERVER_END: u32 = 1;
/// `ERROR_CANNOT_IMPERSONATE`: nobody's identity is taken on here.
const CANNOT_IMPERSONATE: Code = Code(1368);

impl Pipe {
    fn shape(&self) -> Result<Shape, Status> {
        match &self.place {
            Place::Server(instance) => Ok(instance.shape),
            Place::Client(client) => Ok(client.shape),
            Place::Slot(_) | Place::Sender(_) => Err(Status::INVALID_DEVICE_REQUEST),
        }
    }

    fn set_mode(&self, mode: Dword) -> Result<(), Status> {
        let shape = self.shape()?;
        let messages = mode & READ_MESSAGES != 0;
        if mode & !(NOWAIT | READ_MESSAGES) != 0 || (messages && !shape.messages) {
            return Err(Status::INVALID_PARAMETER);
        }
        self.mode.store(mode, Ordering::Relaxed);
        Ok(())
    }

    /// How many instances there are now.
    fn instances(&self) -> usize {
        match &self.place {
            Place::Server(instance) => instance.pipe().map_or(1, |pipe| pipe.count()),
            _ => 1,
        }
    }

    fn peek(&self, call: &Transfer, left: Out<Dword>, available: Out<Dword>) -> Result<(), Status> {
        self.permits(access::READ_DATA)?;
        let link = self.link()?;
        let seen = link.peek(call, self.has(READ_MESSAGES))?;
        call.bytes.set(seen.copied as Dword);
        available.set(seen.available as Dword);
        left.set(if link.is_framed() {
            seen.left as Dword
        } else {
            0
        });
        Ok(())
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetNamedPipeHandleState(
    pipe: Handle,
    mode: In<Dword>,
    _collect_count: In<Dword>,
    _collect_ms: In<Dword>,
) -> Bool {
    code_bool(|| {
        with_pipe(pipe, |pipe| match mode.get() {
            Some(mode) => Ok(pipe.set_mode(mode)?),
            None => Ok(()),
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetNamedPipeInfo(
    pipe: Handle,
    flags: Out<Dword>,
    out_bytes: Out<Dword>,
    in_bytes: Out<Dword>,
    instances: Out<Dword>,
) -> Bool {
    code_bool(|| {
        with_pipe(pipe, |pipe| {
            let shape = pipe.shape()?;
            let is_server = matches!(pipe.place, Place::Server(_));
            let kind = if shape.messages { TYPE_MESSAGE } else { 0 };
            flags.set(kind | if is_server { SERVER_END } else { 0 });
            out_bytes.set(shape.out_bytes);
            in_bytes.set(shape.in_bytes);
            instances.set(shape.instances_max);
            Ok(())
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn PeekNamedPipe(
    pipe: Handle,
    buffer: *mut u8,
    length: Dword,
    bytes: Out<Dword>,
    available: Out<Dword>,
    left: Out<Dword>,
) -> Bool {
    let call = Transfer {
        start: buffer,
        length: if buffer.is_null() { 0 } else { length as usize },
        bytes,
        overlapped: None,
        routine: None,
    };
    code_bool(|| with_pipe(pipe, |pipe| Ok(pipe.peek(&call, left, available)?)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetNamedPipeClientProcessId(pipe: Handle, id: Out<Dword>) -> Bool {
    code_bool(|| {
        with_pipe(pipe, |pipe| match &pipe.place {
            Place::Server(_) => {
                let peer = pipe.link()?.peer();
                id.set(peer.ok_or(Status::INVALID_PIPE_STATE)?);
                Ok(())
            }
            _ => {
                id.set(std::process::id());
                Ok(())
            }
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetNamedPipeServerProcessId(pipe: Handle, id: Out<Dword>) -> Bool {
    code_bool(|| {
        with_pipe(pipe, |pipe| {
            pipe.shape()?;
            let server = match &pipe.place {
                Place::Client(client) => client.server,
                _ => None,
            };
            id.set(server.unwrap_or_else(std::process::id));
            Ok(())
        })
    })
}

fn handle_state<U: Unit>(
    pipe: &Pipe,
    mode: Out<Dword>,
    instances: Out<Dword>,
    user: Room<U>,
) -> Result<(), Code> {
    if !user.is_null() {
        return Err(CANNOT_IMPERSONATE);
    }
    pipe.shape()?;
    mode.set(pipe.mode.load(Ordering::Relaxed));
    instances.set(pipe.instances() as Dword);
    Ok(())
}

exports! {
    GetNamedPipeHandleStateA, GetNamedPipeHandleStateW, GetNamedPipeHandleStateW_16:
    fn get_state<U>(
        pipe: Handle, mode: Out<Dword>, instances: Out<Dword>, collect_count: Out<Dword>,
        collect_ms: Out<Dword>, user: Room<U>, _user_length: Dword,
    ) -> Bool = FALSE; {
        code_bool(|| with_pipe(pipe, |pipe| {
            handle_state(pipe, mode, instances, user)?;
            // Only pipes to other computers collect.
            collect_count.set(0);
            collect_ms.set(0);
            Ok(())
        }))
    }
}
