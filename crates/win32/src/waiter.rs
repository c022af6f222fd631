//! Who waits for the end of an operation that a room carries out itself: an OVERLAPPED, or a
//! thread that called without one.

use std::sync::Arc;
use std::time::Instant;

use completion_port::Tag;
use parking_lot::{Condvar, Mutex};

use crate::io_object::Io;
use crate::overlapped::{self, Request};
use crate::status::Status;

/// See the module.
pub(crate) enum Waiter {
    Request(Arc<Io>, Request),
    Thread(Arc<Gate>),
}

impl Waiter {
    /// Tells the end.
    pub(crate) fn end(self, status: Status, bytes: usize) {
        match self {
            Self::Request(io, request) => overlapped::complete(&io, request, status, bytes),
            Self::Thread(gate) => gate.open(status, bytes),
        }
    }

    /// Tells the end within the call that issued the operation (S-152).
    pub(crate) fn end_at_once(self, status: Status, bytes: usize) {
        match self {
            Self::Request(io, request) => {
                overlapped::complete_at_once(&io, request, status, bytes);
            }
            Self::Thread(gate) => gate.open(status, bytes),
        }
    }

    /// Whether a cancel means it. Who cancels everything on a handle means threads, too (S-215).
    pub(crate) fn is_meant(&self, wanted: &dyn Fn(Tag) -> bool) -> bool {
        match self {
            Self::Request(_, request) => wanted(request.tag()),
            Self::Thread(_) => wanted(Tag::default()),
        }
    }

    /// Whether it is the thread that waits there.
    pub(crate) fn is_at(&self, gate: &Arc<Gate>) -> bool {
        match self {
            Self::Thread(other) => Arc::ptr_eq(gate, other),
            Self::Request(..) => false,
        }
    }
}

/// Where a thread waits.
#[derive(Default)]
pub(crate) struct Gate {
    ended: Mutex<Option<(Status, usize)>>,
    changed: Condvar,
}

impl Gate {
    fn open(&self, status: Status, bytes: usize) {
        *self.ended.lock() = Some((status, bytes));
        self.changed.notify_all();
    }

    /// Waits for the end: status and bytes.
    pub(crate) fn wait(&self) -> (Status, usize) {
        loop {
            if let Some(ended) = self.wait_until(None) {
                return ended;
            }
        }
    }

    /// As [`Self::wait`], up to a moment.
    pub(crate) fn wait_until(&self, until: Option<Instant>) -> Option<(Status, usize)> {
        let mut ended = self.ended.lock();
        while ended.is_none() {
            match until {
                None => self.changed.wait(&mut ended),
                Some(until) => {
                    if self.changed.wait_until(&mut ended, until).timed_out() {
                        break;
                    }
                }
            }
        }
        *ended
    }
}
