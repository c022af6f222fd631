//! A socket used like a file: what `ReadFile` and `WriteFile` do with one (S-338).
//!
//! They equal a receive and a send with one buffer and without flags; the offset counts for
//! nothing.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use completion_port::{RawKind, Status as Ended};

use super::blocking::{Ending, Failed, perform};
use super::buffers::{Buffers, WsaBuf};
use super::object::Socket;
use super::transfer::{Sender, accepted, has_no_peer, meaning, submit_receive, submit_send};
use super::{Wsa, put};
use crate::abi::Overlapped;
use crate::overlapped::{AtOnce, Report, Request, Told};
use crate::status::Status;

/// What a file function passes on: buffer, its length, where the number of bytes goes.
#[derive(Clone, Copy)]
pub(crate) struct FileCall {
    pub(crate) start: *mut u8,
    pub(crate) length: u32,
    pub(crate) bytes: *mut u32,
}

impl FileCall {
    fn buffers(self) -> Buffers {
        Buffers::One(WsaBuf {
            length: self.length,
            start: self.start,
        })
    }
}

/// How the end of an overlapped call is told.
pub(crate) enum Tell {
    /// By event and packet.
    Packet,
    /// By a call on the thread that issued it.
    Routine(Box<dyn FnOnce(Status, usize, *mut Overlapped) + Send>),
}

impl Tell {
    unsafe fn begin(
        self,
        socket: &Socket,
        overlapped: NonNull<Overlapped>,
    ) -> Result<Told, Status> {
        match self {
            // SAFETY: as the caller says.
            Self::Packet => Ok(Told::Usual(unsafe {
                Report::begin(socket.io(), overlapped)
            }?)),
            Self::Routine(_) if socket.io().has_port() => Err(Status::INVALID_PARAMETER),
            // SAFETY: as the caller says.
            Self::Routine(call) => Ok(Told::Routine(Box::new(unsafe {
                Request::begin_routine(overlapped, call)
            }))),
        }
    }
}

/// `ReadFile` and `ReadFileEx`. An operation that is in flight is told as `PENDING`.
///
/// # Safety
///
/// The pointers are the program's; buffer and OVERLAPPED stay valid until the end is reported.
pub(crate) unsafe fn read_file(
    socket: &Arc<Socket>,
    call: FileCall,
    overlapped: *mut Overlapped,
    tell: Tell,
) -> Result<(), Status> {
    if !socket.io().is_overlapped {
        if has_no_peer(socket) {
            return Err(Status::INVALID_CONNECTION);
        }
        let timeout_ms = socket.receive_timeout_ms.load(Ordering::Relaxed);
        let kind = || RawKind::Receive {
            peek: false,
            all: false,
        };
        // SAFETY: as the caller says.
        let ended = unsafe { perform(socket, kind, call.buffers(), timeout_ms) };
        // SAFETY: as the caller says.
        return unsafe { told(socket, ended, call.bytes) };
    }
    let overlapped = NonNull::new(overlapped).ok_or(Status::INVALID_PARAMETER)?;
    // SAFETY: as the caller says.
    let begun = unsafe { tell.begin(socket, overlapped) }?;
    let memory = call.buffers().memory();
    let told = AtOnce {
        bytes: call.bytes,
        ..AtOnce::UNWANTED
    };
    // SAFETY: as the caller says.
    let started = unsafe { submit_receive(socket, 0, begun, memory, (Sender::UNWANTED, told)) }?;
    accepted(started)
}

/// `WriteFile` and `WriteFileEx`; see [`read_file`].
///
/// # Safety
///
/// As [`read_file`].
pub(crate) unsafe fn write_file(
    socket: &Arc<Socket>,
    call: FileCall,
    overlapped: *mut Overlapped,
    tell: Tell,
) -> Result<(), Status> {
    if has_no_peer(socket) {
        return Err(Status::INVALID_CONNECTION);
    }
    if !socket.io().is_overlapped {
        let timeout_ms = socket.send_timeout_ms.load(Ordering::Relaxed);
        // SAFETY: as the caller says.
        let ended = unsafe { perform(socket, || RawKind::Send, call.buffers(), timeout_ms) };
        // SAFETY: as the caller says.
        return unsafe { told(socket, ended, call.bytes) };
    }
    let overlapped = NonNull::new(overlapped).ok_or(Status::INVALID_PARAMETER)?;
    // SAFETY: as the caller says.
    let begun = unsafe { tell.begin(socket, overlapped) }?;
    let memory = call.buffers().memory();
    // SAFETY: as the caller says.
    let started = unsafe { submit_send(socket, RawKind::Send, begun, memory, call.bytes) }?;
    accepted(started)
}

/// What a call that waited says.
unsafe fn told(
    socket: &Socket,
    ended: Result<Ending, Failed>,
    bytes: *mut u32,
) -> Result<(), Status> {
    let (outcome, _) = ended.map_err(|failed| match failed {
        Failed::System(errno) => meaning(socket, errno),
        Failed::Winsock(Wsa::TIMED_OUT) => Status::IO_TIMEOUT,
        Failed::Winsock(_) => Status::CANCELLED,
    })?;
    // SAFETY: null or valid, says the caller.
    unsafe { put(bytes, outcome.bytes as u32) };
    match outcome.status {
        Ended::Truncated => Err(Status::BUFFER_OVERFLOW),
        Ended::Error(errno) => Err(meaning(socket, errno)),
        _ => Ok(()),
    }
}
