//! Mailslots: messages to a name, of which nobody answers.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::remote::{Address, socket};
use super::slot::{self, Slot};
use super::{Pipe, Place, waiter_of, with_pipe};
use crate::abi::{Bool, Dword, Handle, INVALID_HANDLE};
use crate::code::{Code, code_bool, code_door};
use crate::file::facts::errno;
use crate::file::{SecurityAttributes, Wanted, access, inherits, insert_object};
use crate::handle::Object;
use crate::path::{Name, parse};
use crate::status::Status;
use crate::synchronous::cancellable;
use crate::text::{In, Out, Text, exports};
use crate::transfer::Transfer;
use crate::waiter::{Gate, Waiter};

/// `MAILSLOT_WAIT_FOREVER`, `MAILSLOT_NO_MESSAGE`.
const FOREVER: Dword = 0xffff_ffff;

/// Who sends to a mailslot.
pub(super) enum Sender {
    Here(Weak<Slot>),
    /// In another process: a socket that is connected to it.
    There(OwnedFd),
}

/// Opens a mailslot for writing.
///
/// # Errors
///
/// There is none of that name.
pub(crate) fn open_mailslot(name: &str, wanted: &Wanted) -> Result<Object, Status> {
    let sender = match slot::find(name) {
        Some(slot) => Sender::Here(Arc::downgrade(&slot)),
        None => {
            let fd = socket(libc::SOCK_DGRAM)?;
            let connected = Address::of("slot", name).connect(fd.as_raw_fd());
            connected.map_err(|errno| match errno {
                libc::ECONNREFUSED | libc::ENOENT => Status::OBJECT_NAME_NOT_FOUND,
                errno => Status::of_pipe(errno),
            })?;
            Sender::There(fd)
        }
    };
    let overlapped = wanted.flags & access::FLAG_OVERLAPPED != 0;
    let rights = wanted.access & access::WRITE_DATA;
    Pipe::new(Place::Sender(sender), rights, 0, overlapped).map(Object::Pipe)
}

fn send(sender: &Sender, call: &Transfer) -> Result<(), Status> {
    match sender {
        Sender::Here(slot) => {
            let message = match call.length {
                0 => &[][..],
                // SAFETY: the program's buffer is valid during the call.
                length => unsafe { std::slice::from_raw_parts(call.start, length) },
            };
            let slot = slot.upgrade().ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
            slot.deliver(message.to_vec())
        }
        Sender::There(fd) => {
            let (fd, start) = (fd.as_raw_fd(), call.start.cast_const().cast());
            let send = || loop {
                // SAFETY: the kernel checks the program's buffer.
                let sent = unsafe { libc::send(fd, start, call.length, libc::MSG_NOSIGNAL) };
                match if sent < 0 { errno() } else { 0 } {
                    libc::EINTR => {}
                    code => return code,
                }
            };
            match completion_port::blocking(send) {
                0 => Ok(()),
                libc::ECONNREFUSED | libc::ENOTCONN => Err(Status::OBJECT_NAME_NOT_FOUND),
                libc::EMSGSIZE => Err(Status::INVALID_PARAMETER),
                errno => Err(Status::of_pipe(errno)),
            }
        }
    }
}

pub(super) fn write(pipe: &Arc<Pipe>, sender: &Sender, call: &Transfer) -> Result<(), Status> {
    let waiter = waiter_of(pipe, call)?;
    send(sender, call)?;
    if let Some(waiter) = waiter {
        waiter.end_at_once(Status::SUCCESS, call.length);
    }
    call.bytes.set(call.length as Dword);
    Ok(())
}

pub(super) fn read(pipe: &Arc<Pipe>, slot: &Arc<Slot>, call: &Transfer) -> Result<(), Status> {
    let place = slot::Place {
        start: call.start,
        length: call.length,
    };
    if let Some(waiter) = waiter_of(pipe, call)? {
        return match slot.read(place, waiter)? {
            Some((waiter, bytes)) => {
                waiter.end_at_once(Status::SUCCESS, bytes);
                call.bytes.set(bytes as Dword);
                Ok(())
            }
            None if call.routine.is_some() => Ok(()),
            None => Err(Status::PENDING),
        };
    }
    let gate = Arc::new(Gate::default());
    let bytes = match slot.read(place, Waiter::Thread(Arc::clone(&gate)))? {
        Some((_, bytes)) => bytes,
        None => {
            let (status, bytes) = wait(slot, &gate);
            if status != Status::SUCCESS {
                return Err(status);
            }
            bytes
        }
    };
    call.bytes.set(bytes as Dword);
    Ok(())
}

/// Waits for a message as long as the slot says.
fn wait(slot: &Arc<Slot>, gate: &Arc<Gate>) -> (Status, usize) {
    let until = match slot.wait_ms.load(Ordering::Relaxed) {
        FOREVER => None,
        ms => Some(Instant::now() + Duration::from_millis(ms.into())),
    };
    let (other, seen) = (Arc::clone(slot), Arc::clone(gate));
    let cancel = move || other.end_thread(&seen, Status::CANCELLED);
    cancellable(cancel, || match gate.wait_until(until) {
        Some(ended) => ended,
        None => {
            // Unless it has ended in the meantime.
            slot.end_thread(gate, Status::IO_TIMEOUT);
            gate.wait()
        }
    })
}

fn with_slot<T>(
    mailslot: Handle,
    run: impl FnOnce(&Arc<Slot>) -> Result<T, Code>,
) -> Result<T, Code> {
    with_pipe(mailslot, |pipe| match &pipe.place {
        Place::Slot(slot) => run(slot),
        _ => Err(Status::INVALID_HANDLE.into()),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetMailslotInfo(
    mailslot: Handle,
    message_max: Out<Dword>,
    next: Out<Dword>,
    count: Out<Dword>,
    milliseconds: Out<Dword>,
) -> Bool {
    code_bool(|| {
        with_slot(mailslot, |slot| {
            let (messages, first) = slot.messages();
            message_max.set(slot.message_max);
            next.set(first.map_or(FOREVER, |bytes| bytes as Dword));
            count.set(messages as Dword);
            milliseconds.set(slot.wait_ms.load(Ordering::Relaxed));
            Ok(())
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetMailslotInfo(mailslot: Handle, milliseconds: Dword) -> Bool {
    code_bool(|| {
        with_slot(mailslot, |slot| {
            slot.wait_ms.store(milliseconds, Ordering::Relaxed);
            Ok(())
        })
    })
}

exports! {
    CreateMailslotA, CreateMailslotW, CreateMailslotW_16:
    fn create_mailslot<U>(
        name: Text<U>, message_max: Dword, milliseconds: Dword,
        attributes: In<SecurityAttributes>,
    ) -> Handle = std::ptr::without_provenance_mut(INVALID_HANDLE); {
        code_door(std::ptr::without_provenance_mut(INVALID_HANDLE), || {
            let Ok(Name::Mailslot(name)) = parse(name) else {
                return Err(Status::OBJECT_NAME_INVALID.into());
            };
            let slot = Slot::new(&name, message_max, milliseconds)?;
            // Reads with an OVERLAPPED need not wait.
            let pipe = Pipe::new(Place::Slot(slot), access::READ_DATA, 0, true)?;
            Ok(insert_object(Object::Pipe(pipe), inherits(attributes))?)
        })
    }
}
