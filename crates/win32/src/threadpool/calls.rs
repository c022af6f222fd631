//! Callbacks of the older interface: how many are outstanding, and what follows the last.

use parking_lot::{Condvar, Mutex};

use crate::abi::{Handle, INVALID_HANDLE};
use crate::handle::{self, Object};
use crate::status::Status;
use crate::wait::set_event;

/// The callbacks of a timer or a registered wait.
#[derive(Default)]
pub(super) struct Calls {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Default)]
struct Counts {
    /// In the pool's queue.
    queued: usize,
    running: usize,
    /// Nothing new begins.
    over: bool,
    /// Events that are set when the last has ended.
    events: Vec<usize>,
}

impl Calls {
    /// One goes into the queue; false if none may.
    pub(super) fn queue(&self) -> bool {
        let mut counts = self.counts.lock();
        counts.queued += usize::from(!counts.over);
        !counts.over
    }

    /// One comes out of the queue, and runs if nothing is over.
    pub(super) fn run(&self, call: impl FnOnce()) {
        let mut counts = self.counts.lock();
        counts.queued = counts.queued.saturating_sub(1);
        if counts.over {
            return;
        }
        counts.running += 1;
        drop(counts);
        call();
        let mut counts = self.counts.lock();
        counts.running -= 1;
        let events = if counts.running == 0 {
            std::mem::take(&mut counts.events)
        } else {
            Vec::new()
        };
        drop(counts);
        self.changed.notify_all();
        events
            .into_iter()
            .for_each(|event| set_event(std::ptr::without_provenance_mut(event)));
    }

    /// Nothing new begins. What runs is waited for if the event is -1; else the event, if there
    /// is one, is set after it.
    ///
    /// # Errors
    ///
    /// `PENDING`: something runs, and was not waited for.
    pub(super) fn end(&self, event: Handle) -> Result<(), Status> {
        let mut counts = self.counts.lock();
        counts.over = true;
        let runs = counts.running > 0;
        if event.addr() == INVALID_HANDLE {
            drop(counts);
            completion_port::blocking(|| self.wait());
            return Ok(());
        }
        if runs && !event.is_null() {
            counts.events.push(event.addr());
        }
        drop(counts);
        if runs {
            return Err(Status::PENDING);
        }
        set_event(event);
        Ok(())
    }

    fn wait(&self) {
        let mut counts = self.counts.lock();
        while counts.running > 0 {
            self.changed.wait(&mut counts);
        }
    }
}

/// An object of the older interface behind its handle.
pub(super) fn of_handle<T: Send + Sync + 'static>(
    handle: Handle,
) -> Result<std::sync::Arc<T>, Status> {
    match handle::get(handle).as_deref() {
        Some(Object::Other(any)) => std::sync::Arc::clone(any)
            .downcast()
            .map_err(|_| Status::INVALID_HANDLE),
        _ => Err(Status::INVALID_HANDLE),
    }
}
