//! The client's end of named pipes.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::link::Link;
use super::name::{self, Shape};
use super::{Client, Pipe, Place, READ_MESSAGES, read, remote, with_pipe};
use crate::abi::{Bool, Dword, FALSE, Handle, Overlapped};
use crate::code::{Code, code_bool};
use crate::file::{Wanted, access};
use crate::handle::Object;
use crate::path::{Name, parse};
use crate::status::Status;
use crate::text::{Out, Text, Unit, exports};
use crate::transfer::Transfer;

/// Opens the client's end of a pipe.
///
/// # Errors
///
/// There is no such pipe, no instance listens, or it has no such direction (S-384).
pub(crate) fn open_client(name: &str, wanted: &Wanted) -> Result<Object, Status> {
    let overlapped = wanted.flags & access::FLAG_OVERLAPPED != 0;
    open(name, wanted.access, overlapped).map(Object::Pipe)
}

fn open(name: &str, rights: u32, overlapped: bool) -> Result<Arc<Pipe>, Status> {
    let rights = rights & (access::READ_DATA | access::WRITE_DATA);
    let (link, shape, server) = match name::find(name) {
        Some(pipe) if !remote::permitted(&pipe.shape, rights) => {
            return Err(Status::ACCESS_DENIED);
        }
        Some(pipe) => {
            let bytes = pipe.shape.out_bytes.max(pipe.shape.in_bytes) as usize;
            let link = pipe.let_in(|| Link::pair(pipe.shape.messages, bytes))?;
            (link, pipe.shape, None)
        }
        None => {
            let (link, shape, server) = remote::open(name, rights)?;
            (link, shape, Some(server))
        }
    };
    let client = Client {
        link,
        shape,
        server,
    };
    Pipe::new(Place::Client(client), rights, 0, overlapped)
}

const USE_DEFAULT: Dword = 0;
const NOWAIT: Dword = 1;
const FOREVER: Dword = 0xffff_ffff;

/// When a wait is over; `None` for never.
fn deadline(milliseconds: Dword, shape: Option<&Shape>) -> Option<Instant> {
    let milliseconds = match milliseconds {
        FOREVER => return None,
        USE_DEFAULT => shape.map_or(50, |shape| shape.wait_ms),
        milliseconds => milliseconds,
    };
    if milliseconds == FOREVER {
        return None;
    }
    Some(Instant::now() + Duration::from_millis(milliseconds.into()))
}

/// Waits until an instance listens. A pipe that does not exist is not waited for.
fn wait(name: &str, milliseconds: Dword) -> Result<(), Status> {
    let Some(pipe) = name::find(name) else {
        return remote::wait(name, deadline(milliseconds, None));
    };
    let until = deadline(milliseconds, Some(&pipe.shape));
    completion_port::blocking(|| pipe.wait(until))
}

fn pipe_name<U: Unit>(name: Text<U>) -> Result<String, Status> {
    match parse(name)? {
        Name::Pipe(name) => Ok(name),
        _ => Err(Status::OBJECT_NAME_INVALID),
    }
}

/// What goes out and where the answer comes.
struct Exchange {
    input: (*mut u8, Dword),
    output: (*mut u8, Dword),
    bytes: Out<Dword>,
    overlapped: *mut Overlapped,
}

/// Writes one message and reads the next.
fn transact(pipe: &Arc<Pipe>, exchange: &Exchange) -> Result<(), Status> {
    exchange.bytes.set(0);
    pipe.permits(access::READ_DATA)?;
    pipe.permits(access::WRITE_DATA)?;
    let link = pipe.link()?;
    if !link.is_framed() || !pipe.has(READ_MESSAGES) {
        return Err(Status::INVALID_PIPE_STATE);
    }
    if link.has_unread() {
        return Err(Status::PIPE_BUSY);
    }
    let call = |(start, length): (*mut u8, Dword)| Transfer {
        start,
        length: length as usize,
        bytes: exchange.bytes,
        overlapped: NonNull::new(exchange.overlapped),
        routine: None,
    };
    if exchange.input.0.is_null() && exchange.input.1 > 0 {
        return Err(Status::INVALID_USER_BUFFER);
    }
    link.write_copy(&call(exchange.input))?;
    read(pipe, &call(exchange.output))
}

/// Opens a pipe, waiting for an instance.
fn open_patiently(name: &str, milliseconds: Dword) -> Result<Arc<Pipe>, Code> {
    let rights = access::READ_DATA | access::WRITE_DATA;
    let until = deadline(
        milliseconds,
        name::find(name).as_ref().map(|pipe| &pipe.shape),
    );
    loop {
        match open(name, rights, false) {
            Err(Status::PIPE_NOT_AVAILABLE) if milliseconds != NOWAIT => {}
            opened => return Ok(opened?),
        }
        let left = match until {
            None => FOREVER,
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                Dword::try_from(left.as_millis()).unwrap_or(FOREVER - 1)
            }
        };
        if left == 0 {
            return Err(Code::SEM_TIMEOUT);
        }
        wait(name, left)?;
    }
}

fn call_pipe(name: &str, exchange: &Exchange, milliseconds: Dword) -> Result<(), Code> {
    let pipe = open_patiently(name, milliseconds)?;
    pipe.mode.store(READ_MESSAGES, Ordering::Relaxed);
    let done = transact(&pipe, exchange);
    pipe.last_handle_closed();
    Ok(done?)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn TransactNamedPipe(
    pipe: Handle,
    input: *mut u8,
    input_bytes: Dword,
    output: *mut u8,
    output_bytes: Dword,
    bytes: Out<Dword>,
    overlapped: *mut Overlapped,
) -> Bool {
    let exchange = Exchange {
        input: (input, input_bytes),
        output: (output, output_bytes),
        bytes,
        overlapped,
    };
    code_bool(|| with_pipe(pipe, |pipe| Ok(transact(pipe, &exchange)?)))
}

exports! {
    WaitNamedPipeA, WaitNamedPipeW, WaitNamedPipeW_16:
    fn wait_named_pipe<U>(name: Text<U>, milliseconds: Dword) -> Bool = FALSE; {
        code_bool(|| Ok(wait(&pipe_name(name)?, milliseconds)?))
    }

    CallNamedPipeA, CallNamedPipeW, CallNamedPipeW_16:
    fn call_named_pipe<U>(
        name: Text<U>, input: *mut u8, input_bytes: Dword, output: *mut u8,
        output_bytes: Dword, bytes: Out<Dword>, milliseconds: Dword,
    ) -> Bool = FALSE; {
        let exchange = Exchange {
            input: (input, input_bytes),
            output: (output, output_bytes),
            bytes,
            overlapped: std::ptr::null_mut(),
        };
        code_bool(|| call_pipe(&pipe_name(name)?, &exchange, milliseconds))
    }
}
