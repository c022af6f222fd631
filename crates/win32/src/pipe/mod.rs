//! Pipes, named and anonymous, and mailslots.
//!
//! | file | holds |
//! |---|---|
//! | `link` | one end of a connection: reading and writing |
//! | `incoming` | what arrives: bytes, or messages in frames |
//! | `name` | a named pipe: its instances, who may connect |
//! | `server`, `client` | the two ends' functions |
//! | `remote` | clients and servers in other processes |
//! | `state` | modes, information, looking without taking |
//! | `anonymous` | `CreatePipe` |
//! | `mailslot`, `slot` | mailslots: functions, and what arrives |
//!
//! Two ends are joined by a pair of Unix sockets. Their bytes are the pipe's; in a pipe of
//! messages each message follows its length, so that a reader who takes part of one finds the
//! rest (S-381). An end reports its operations through a handle of its own, so that a server can
//! be connected to one client after the other and stay in its port.

mod anonymous;
mod client;
mod incoming;
mod link;
mod mailslot;
mod name;
mod remote;
mod server;
mod slot;
mod state;

use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use completion_port::{RawHandle, RawNature, Tag};

pub(crate) use client::open_client;
pub(crate) use mailslot::open_mailslot;

use crate::abi::{Dword, Handle};
use crate::file::access;
use crate::file::facts::errno;
use crate::handle::{self, Object};
use crate::io_object::Io;
use crate::status::Status;
use crate::synchronous::cancellable;
use crate::transfer::Transfer;
use crate::waiter::{Gate, Waiter};
use link::{Link, Taken};
use mailslot::Sender;
use name::Instance;
use slot::Slot;

/// `PIPE_NOWAIT`, `PIPE_READMODE_MESSAGE`, `PIPE_TYPE_MESSAGE`.
const NOWAIT: u32 = 1;
const READ_MESSAGES: u32 = 2;
const TYPE_MESSAGE: u32 = 4;

/// What an end is.
enum Place {
    /// The server's end of an instance.
    Server(Arc<Instance>),
    /// The client's end, or an end of an anonymous pipe.
    Client(Client),
    Slot(Arc<Slot>),
    Sender(Sender),
}

struct Client {
    link: Arc<Link>,
    shape: name::Shape,
    /// The process at the other end, if that is another one.
    server: Option<u32>,
}

/// One end of a pipe, or of a mailslot.
pub(crate) struct Pipe {
    io: Arc<Io>,
    /// Specific rights: to read, to write.
    access: u32,
    /// `NOWAIT`, `READ_MESSAGES`.
    mode: AtomicU32,
    place: Place,
}

/// The handle by which an end reports: it has no bytes of its own.
fn reporter(overlapped: bool) -> Result<Arc<Io>, Status> {
    // SAFETY: no pointers are passed.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    if fd < 0 {
        return Err(Status::of_pipe(errno()));
    }
    // SAFETY: the call has just made this descriptor, and nobody else knows it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let raw = RawHandle::new(fd, RawNature::Pipe);
    let raw = raw.map_err(|error| Status::of_pipe(Status::errno(&error)))?;
    Ok(Io::new(raw, overlapped))
}

impl Pipe {
    fn new(place: Place, access: u32, mode: u32, overlapped: bool) -> Result<Arc<Self>, Status> {
        Ok(Arc::new(Self {
            io: reporter(overlapped)?,
            access,
            mode: AtomicU32::new(mode),
            place,
        }))
    }

    pub(crate) fn io(&self) -> Option<&Arc<Io>> {
        Some(&self.io)
    }

    fn has(&self, mode: u32) -> bool {
        self.mode.load(Ordering::Relaxed) & mode != 0
    }

    fn permits(&self, right: u32) -> Result<(), Status> {
        if self.access & right == 0 {
            Err(Status::ACCESS_DENIED)
        } else {
            Ok(())
        }
    }

    /// The connection.
    fn link(&self) -> Result<Arc<Link>, Status> {
        match &self.place {
            Place::Server(instance) => instance.link(),
            Place::Client(client) => Ok(Arc::clone(&client.link)),
            Place::Slot(_) | Place::Sender(_) => Err(Status::INVALID_DEVICE_REQUEST),
        }
    }

    pub(crate) fn last_handle_closed(&self) {
        match &self.place {
            Place::Server(instance) => instance.close(),
            Place::Client(client) => client.link.close(),
            Place::Slot(slot) => slot.close(),
            Place::Sender(_) => {}
        }
        self.io.close();
    }

    /// All operations are ours: the library's handle only reports.
    pub(crate) fn cancel_own(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        let of_link = |link: &Link| link.cancel(wanted);
        match &self.place {
            Place::Server(instance) => {
                let link = instance.link().map_or(0, |link| of_link(&link));
                link + instance.cancel(wanted)
            }
            Place::Client(client) => of_link(&client.link),
            Place::Slot(slot) => slot.cancel(wanted),
            Place::Sender(_) => 0,
        }
    }
}

/// Runs something with the pipe behind a handle.
fn with_pipe<T, E: From<Status>>(
    handle: Handle,
    run: impl FnOnce(&Arc<Pipe>) -> Result<T, E>,
) -> Result<T, E> {
    match handle::get(handle).as_deref() {
        Some(Object::Pipe(pipe)) => run(pipe),
        _ => Err(Status::INVALID_HANDLE.into()),
    }
}

/// Who is to be told of a call's end: an OVERLAPPED on an overlapped handle, or the thread itself,
/// which also waits if it passes none (S-251). The request of a synchronous handle's OVERLAPPED
/// is told by the caller.
fn waiter_of(pipe: &Pipe, call: &Transfer) -> Result<Option<Waiter>, Status> {
    if !pipe.io.is_overlapped || call.overlapped.is_none() {
        return Ok(None);
    }
    let request = call.request(&pipe.io)?;
    Ok(Some(Waiter::Request(Arc::clone(&pipe.io), request)))
}

/// What a call says whose operation has ended within it: a warning is told like a success, and by
/// the return value besides (S-150).
fn ended_at_once(
    call: &Transfer,
    waiter: Waiter,
    (status, bytes): (Status, usize),
) -> Result<(), Status> {
    if status.is_error() {
        return Err(status);
    }
    waiter.end_at_once(status, bytes);
    call.bytes.set(bytes as Dword);
    if status.is_success() || call.routine.is_some() {
        Ok(())
    } else {
        Err(status)
    }
}

/// Waits for an operation of the calling thread, and tells its OVERLAPPED if it passed one.
fn wait_here(
    pipe: &Pipe,
    call: &Transfer,
    begin: impl FnOnce(Waiter) -> Result<Taken, Status>,
    cancel: impl Fn(&Arc<Gate>) -> bool + Send + Sync + 'static,
) -> Result<(), Status> {
    let request = match call.overlapped {
        Some(_) => Some(call.request(&pipe.io)?),
        None => None,
    };
    let gate = Arc::new(Gate::default());
    let (status, bytes) = match begin(Waiter::Thread(Arc::clone(&gate)))? {
        Taken::Ended(_, status, bytes) => (status, bytes),
        Taken::Queued => {
            let seen = Arc::clone(&gate);
            cancellable(move || cancel(&seen), || gate.wait())
        }
    };
    call.bytes.set(bytes as Dword);
    if status.is_error() {
        return Err(status);
    }
    if let Some(request) = request {
        Waiter::Request(Arc::clone(&pipe.io), request).end_at_once(status, bytes);
    }
    if status.is_success() {
        Ok(())
    } else {
        Err(status)
    }
}

/// Reads from an end.
///
/// # Errors
///
/// Why it failed; `PENDING` if the end is reported later.
pub(crate) fn read(pipe: &Arc<Pipe>, call: &Transfer) -> Result<(), Status> {
    pipe.permits(access::READ_DATA)?;
    if call.start.is_null() && call.length > 0 {
        return Err(Status::ACCESS_VIOLATION);
    }
    if let Place::Slot(slot) = &pipe.place {
        return mailslot::read(pipe, slot, call);
    }
    let link = pipe.link()?;
    let messages = pipe.has(READ_MESSAGES);
    if pipe.has(NOWAIT) {
        return link.read_now(call, messages);
    }
    match waiter_of(pipe, call)? {
        Some(waiter) => match link.read(call, messages, waiter)? {
            Taken::Ended(waiter, status, bytes) => ended_at_once(call, waiter, (status, bytes)),
            Taken::Queued if call.routine.is_some() => Ok(()),
            Taken::Queued => Err(Status::PENDING),
        },
        None => {
            let other = Arc::clone(&link);
            wait_here(
                pipe,
                call,
                |waiter| link.read(call, messages, waiter),
                move |gate| other.cancel_thread(gate),
            )
        }
    }
}

/// Writes to an end.
///
/// # Errors
///
/// As [`read`].
pub(crate) fn write(pipe: &Arc<Pipe>, call: &Transfer) -> Result<(), Status> {
    pipe.permits(access::WRITE_DATA)?;
    if call.start.is_null() && call.length > 0 {
        return Err(Status::INVALID_USER_BUFFER);
    }
    if let Place::Sender(sender) = &pipe.place {
        return mailslot::write(pipe, sender, call);
    }
    let link = pipe.link()?;
    if pipe.has(NOWAIT) {
        let bytes = link.write_now(call)?;
        call.bytes.set(bytes as Dword);
        return Ok(());
    }
    match waiter_of(pipe, call)? {
        Some(waiter) => match link.write(call, waiter)? {
            Taken::Ended(waiter, status, bytes) => ended_at_once(call, waiter, (status, bytes)),
            Taken::Queued if call.routine.is_some() => Ok(()),
            Taken::Queued => Err(Status::PENDING),
        },
        None => {
            let other = Arc::clone(&link);
            wait_here(
                pipe,
                call,
                |waiter| link.write(call, waiter),
                move |gate| other.cancel_thread(gate),
            )
        }
    }
}

/// Waits until the other end has read everything.
pub(crate) fn flush(pipe: &Arc<Pipe>) -> Result<(), Status> {
    pipe.permits(access::WRITE_DATA)?;
    if matches!(pipe.place, Place::Sender(_)) {
        return Ok(());
    }
    pipe.link()?.flush()
}
