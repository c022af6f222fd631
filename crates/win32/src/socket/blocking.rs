//! Calls that wait for their own result.
//!
//! They come after what is in flight when they are called, and go through the library like
//! everything else, which knows what has become of the connection. While they wait the thread
//! has no slot in its port (S-067).

use std::sync::Arc;

use completion_port::{
    Deadline, Outcome, RawAttempt, RawExtra, RawHandle, RawKind, RawMemory, RawOp, Status as Ended,
    Tag, Then,
};
use parking_lot::{Condvar, Mutex};

use super::buffers::Buffers;
use super::object::{CLOSED, NONBLOCKING, Socket};
use super::{Wsa, of_errno, waiting};
use crate::overlapped::Memory;
use crate::status::Status;
use crate::synchronous::cancellable;

/// How a call ended.
pub(super) type Ending = (Outcome, RawExtra);

/// Where the result is awaited.
#[derive(Default)]
struct Cell {
    result: Mutex<Option<Ending>>,
    changed: Condvar,
}

impl Cell {
    fn take(&self) -> Option<Ending> {
        self.result.lock().take()
    }

    fn wait(&self, deadline: Deadline) -> Option<Ending> {
        let mut result = self.result.lock();
        while result.is_none() && !waiting::is_over(deadline) {
            match deadline {
                Deadline::At(at) => {
                    self.changed.wait_until(&mut result, at);
                }
                _ => self.changed.wait(&mut result),
            }
        }
        result.take()
    }
}

/// An operation of a thread that waits for it, or, without a cell, only tries.
struct Own {
    memory: Memory,
    cell: Option<Arc<Cell>>,
}

// SAFETY: the pointers are used while the thread that passed them waits.
unsafe impl Send for Own {}

// SAFETY: the thread that submits waits until the end before it returns the memory to its owner;
// the list of stretches does not change.
unsafe impl RawOp for Own {
    fn memory(&self) -> RawMemory<'_> {
        match &self.memory {
            Memory::One(span) => RawMemory::One(*span),
            Memory::Many(spans) => RawMemory::Many(spans),
        }
    }

    /// Whoever cancels everything cancels this, too (S-215).
    fn tag(&self) -> Tag {
        Tag {
            token: 0,
            group: self.group(),
        }
    }

    fn finished(&mut self, outcome: Outcome, extra: RawExtra) -> Then {
        if let Some(cell) = &self.cell {
            *cell.result.lock() = Some((outcome, extra));
            cell.changed.notify_one();
        }
        Then::Nothing
    }
}

impl Own {
    /// One that is only tried.
    fn trying(buffers: &Buffers) -> Self {
        Self {
            memory: buffers.memory(),
            cell: None,
        }
    }

    fn group(&self) -> usize {
        self.cell
            .as_ref()
            .map_or(0, |cell| Arc::as_ptr(cell).addr())
    }
}

/// Whether an operation belongs to the receiving side.
fn is_inbound(kind: &RawKind) -> bool {
    matches!(
        kind,
        RawKind::Receive { .. } | RawKind::ReceiveFrom | RawKind::Accept
    )
}

/// Tries an operation, and waits for it if the socket is one that waits.
///
/// The thread waits for the descriptor itself, so that nobody else has to wake it; unless others
/// are in flight before it: then it takes its place behind them.
///
/// # Errors
///
/// It failed without moving a byte, or would have to wait.
///
/// # Safety
///
/// The buffers are valid for the duration of the call, for writing if the operation writes there.
pub(super) unsafe fn perform(
    socket: &Socket,
    kind: impl Fn() -> RawKind,
    mut buffers: Buffers,
    timeout_ms: u32,
) -> Result<Ending, Failed> {
    // SAFETY: as the caller says.
    let tried = unsafe { socket.io().raw().attempt(kind(), Own::trying(&buffers)) };
    let mut moved = match tried.map_err(Failed::of)? {
        RawAttempt::Finished(outcome, extra) => return Ok((outcome, extra)),
        RawAttempt::WouldWait(moved) => moved,
    };
    if socket.has(NONBLOCKING) {
        return match moved {
            0 => Err(Failed::System(libc::EAGAIN)),
            // What is left may not be sent later: the program decides about that.
            bytes => Ok((succeeded(bytes), RawExtra::default())),
        };
    }
    buffers.skip(moved);
    let raw = socket.raw();
    let inbound = is_inbound(&kind());
    let events = if inbound { libc::POLLIN } else { libc::POLLOUT };
    let deadline = waiting::deadline_of(timeout_ms);
    let result = loop {
        if raw.is_queued(inbound) {
            // SAFETY: as the caller says.
            break unsafe { wait_for(socket, kind(), &buffers, deadline) };
        }
        if let Err(failed) = waiting::until_ready(socket, &raw, events, deadline) {
            break Err(failed);
        }
        // SAFETY: as the caller says.
        match unsafe { raw.attempt_again(kind(), Own::trying(&buffers)) } {
            Err(error) => break Err(Failed::of(error)),
            Ok(RawAttempt::Finished(outcome, extra)) => break Ok((outcome, extra)),
            Ok(RawAttempt::WouldWait(more)) => {
                buffers.skip(more);
                moved += more;
            }
        }
    };
    match result {
        Ok((mut outcome, extra)) => {
            outcome.bytes += moved;
            Ok((outcome, extra))
        }
        // What has been moved is told together with the error.
        Err(failed) if moved > 0 => {
            let status = Ended::Error(failed.errno());
            Ok((
                Outcome {
                    status,
                    bytes: moved,
                },
                RawExtra::default(),
            ))
        }
        Err(failed) => Err(failed),
    }
}

fn succeeded(bytes: usize) -> Outcome {
    Outcome {
        status: Ended::Success,
        bytes,
    }
}

/// Why a call failed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failed {
    /// The system's number; what it means depends on the socket.
    System(i32),
    Winsock(Wsa),
}

impl Failed {
    fn errno(self) -> i32 {
        match self {
            Self::System(errno) => errno,
            Self::Winsock(Wsa::TIMED_OUT) => libc::ETIMEDOUT,
            Self::Winsock(_) => libc::ECANCELED,
        }
    }

    fn of(error: std::io::Error) -> Self {
        Self::System(Status::errno(&error))
    }
}

impl From<Failed> for Wsa {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::System(errno) => of_errno(errno),
            Failed::Winsock(wsa) => wsa,
        }
    }
}

/// Submits an operation and waits for its end.
///
/// # Errors
///
/// It failed without moving a byte, was cancelled, or took too long.
///
/// # Safety
///
/// As [`perform`].
pub(super) unsafe fn wait_for(
    socket: &Socket,
    kind: RawKind,
    buffers: &Buffers,
    deadline: Deadline,
) -> Result<Ending, Failed> {
    let cell = Arc::new(Cell::default());
    let own = Own {
        memory: buffers.memory(),
        cell: Some(Arc::clone(&cell)),
    };
    let group = own.group();
    let raw = socket.raw();
    // SAFETY: this thread stays here until the operation has ended.
    unsafe { raw.submit(kind, own, true) }.map_err(|(error, _)| Failed::of(error))?;
    if socket.has(CLOSED) {
        raw.close();
    }
    let (ended, in_time) = match cell.take() {
        Some(ended) => (ended, true),
        None => {
            let its = Arc::clone(&raw);
            let cancel = move || its.cancel_where(|tag| tag.group == group) > 0;
            cancellable(cancel, || match cell.wait(deadline) {
                Some(ended) => (ended, true),
                None => (give_up(&raw, &cell, group), false),
            })
        }
    };
    let (Outcome { status, bytes }, extra) = ended;
    let Ended::Error(errno) = status else {
        return Ok((Outcome { status, bytes }, extra));
    };
    let errno = match errno {
        libc::ECANCELED if !in_time => libc::ETIMEDOUT,
        errno => errno,
    };
    if bytes > 0 {
        let status = Ended::Error(errno);
        return Ok((Outcome { status, bytes }, extra));
    }
    Err(match errno {
        libc::ETIMEDOUT if !in_time => Failed::Winsock(Wsa::TIMED_OUT),
        libc::ECANCELED if socket.has(CLOSED) => Failed::Winsock(Wsa::INTERRUPTED),
        errno => Failed::System(errno),
    })
}

/// The time is over: cancels the operation, unless it has ended a moment ago.
fn give_up(raw: &RawHandle, cell: &Cell, group: usize) -> Ending {
    raw.cancel_where(|tag| tag.group == group);
    cell.wait(Deadline::Never)
        .expect("waited until there is one")
}
