//! The server's end of named pipes.

use std::sync::Arc;

use super::name::{self, Shape};
use super::{NOWAIT, Pipe, Place, READ_MESSAGES, TYPE_MESSAGE, with_pipe};
use crate::abi::{Bool, Dword, Handle, INVALID_HANDLE, Overlapped};
use crate::code::{code_bool, code_door};
use crate::file::{SecurityAttributes, access, inherits, insert_object};
use crate::handle::Object;
use crate::path::{Name, parse};
use crate::status::{Status, set_last_error};
use crate::synchronous::cancellable;
use crate::text::{In, Out, Text, exports};
use crate::transfer::Transfer;
use crate::waiter::{Gate, Waiter};

const ALREADY_EXISTS: u32 = 183;
/// `PIPE_REJECT_REMOTE_CLIENTS`: there are none.
const REJECT_REMOTE: u32 = 8;
/// How long a client waits if neither side says so.
const WAIT_MS: u32 = 50;

/// What `CreateNamedPipe` is asked for.
struct Wanted {
    shape: Shape,
    mode: u32,
    flags: u32,
}

impl Wanted {
    fn new(open: Dword, mode: Dword, max: Dword, bytes: [Dword; 2], ms: Dword) -> Option<Self> {
        let direction = open & 3;
        let messages = mode & TYPE_MESSAGE != 0;
        let known = NOWAIT | READ_MESSAGES | TYPE_MESSAGE | REJECT_REMOTE;
        let sensible = direction != 0
            && (1..=255).contains(&max)
            && mode & !known == 0
            && (messages || mode & READ_MESSAGES == 0);
        sensible.then_some(Self {
            shape: Shape {
                messages,
                direction,
                instances_max: max,
                out_bytes: bytes[0],
                in_bytes: bytes[1],
                wait_ms: if ms == 0 { WAIT_MS } else { ms },
            },
            mode: mode & (NOWAIT | READ_MESSAGES),
            flags: open & !3,
        })
    }

    /// The server reads what comes in and writes what goes out.
    fn access(&self) -> u32 {
        let rights = [(1, access::READ_DATA), (2, access::WRITE_DATA)];
        let rights = rights
            .into_iter()
            .filter(|(bit, _)| self.shape.direction & bit != 0);
        rights.fold(0, |all, (_, right)| all | right)
    }
}

fn create(name: &str, wanted: &Wanted) -> Result<(Arc<Pipe>, bool), Status> {
    let must_be_first = wanted.flags & access::FLAG_FIRST_PIPE_INSTANCE != 0;
    let (instance, first) = name::create(name, wanted.shape, must_be_first)?;
    let overlapped = wanted.flags & access::FLAG_OVERLAPPED != 0;
    let place = Place::Server(Arc::clone(&instance));
    let pipe = Pipe::new(place, wanted.access(), wanted.mode, overlapped);
    Ok((pipe.inspect_err(|_| instance.close())?, first))
}

impl Pipe {
    fn connect(&self, overlapped: *mut Overlapped) -> Result<(), Status> {
        let Place::Server(instance) = &self.place else {
            return Err(Status::INVALID_DEVICE_REQUEST);
        };
        let call = Transfer {
            start: std::ptr::null_mut(),
            length: 0,
            bytes: Out::nowhere(),
            overlapped: std::ptr::NonNull::new(overlapped),
            routine: None,
        };
        let request = match call.overlapped {
            Some(_) => Some(call.request(&self.io)?),
            None => None,
        };
        if self.has(NOWAIT) {
            return match instance.listen(None)? {
                true => Ok(()),
                false => Err(Status::PIPE_LISTENING),
            };
        }
        let waiter = |request| Waiter::Request(Arc::clone(&self.io), request);
        match request {
            Some(request) if self.io.is_overlapped => {
                instance.listen(Some(waiter(request)))?;
                Err(Status::PENDING)
            }
            request => {
                let gate = Arc::new(Gate::default());
                instance.listen(Some(Waiter::Thread(Arc::clone(&gate))))?;
                let (other, seen) = (Arc::clone(instance), Arc::clone(&gate));
                let cancel = move || other.cancel_thread(&seen);
                let (status, _) = cancellable(cancel, || gate.wait());
                if status != Status::SUCCESS {
                    return Err(status);
                }
                if let Some(request) = request {
                    waiter(request).end_at_once(Status::SUCCESS, 0);
                }
                Ok(())
            }
        }
    }

    fn disconnect(&self) -> Result<(), Status> {
        match &self.place {
            Place::Server(instance) => instance.disconnect(),
            _ => Err(Status::INVALID_DEVICE_REQUEST),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ConnectNamedPipe(pipe: Handle, overlapped: *mut Overlapped) -> Bool {
    code_bool(|| with_pipe(pipe, |pipe| Ok(pipe.connect(overlapped)?)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DisconnectNamedPipe(pipe: Handle) -> Bool {
    code_bool(|| with_pipe(pipe, |pipe| Ok(pipe.disconnect()?)))
}

exports! {
    CreateNamedPipeA, CreateNamedPipeW, CreateNamedPipeW_16:
    fn create_named_pipe<U>(
        name: Text<U>, open: Dword, mode: Dword, instances: Dword, out_bytes: Dword,
        in_bytes: Dword, milliseconds: Dword, attributes: In<SecurityAttributes>,
    ) -> Handle = std::ptr::without_provenance_mut(INVALID_HANDLE); {
        code_door(std::ptr::without_provenance_mut(INVALID_HANDLE), || {
            let Ok(Name::Pipe(name)) = parse(name) else {
                return Err(Status::OBJECT_NAME_INVALID.into());
            };
            let bytes = [out_bytes, in_bytes];
            let wanted = Wanted::new(open, mode, instances, bytes, milliseconds);
            let (pipe, first) = create(&name, &wanted.ok_or(Status::INVALID_PARAMETER)?)?;
            let handle = insert_object(Object::Pipe(pipe), inherits(attributes))?;
            set_last_error(if first { 0 } else { ALREADY_EXISTS });
            Ok(handle)
        })
    }
}
