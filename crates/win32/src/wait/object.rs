//! What stands behind the handles of events, mutexes, semaphores, timers, threads and processes.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use super::mutex::Mutant;
use super::timer::Timer;
use super::{Rule, Source, names};
use crate::thread::{Process, Thread};

/// What kind of object it is, and what each has besides a state.
pub(crate) enum Kind {
    Event,
    Mutex(Mutant),
    /// The most that it can hold.
    Semaphore(u32),
    Timer(Timer),
    Thread(Arc<Thread>),
    Process(Arc<Process>),
    /// A state that some room of ours sets, and what that keeps beside it.
    Notification(Box<dyn Any + Send + Sync>),
}

/// An object that can be waited for.
pub(crate) struct Waitable {
    source: Source,
    kind: Kind,
    /// By which others find it.
    pub(super) name: OnceLock<String>,
}

impl Waitable {
    /// An object that is not signaled, except a mutex, which nobody owns.
    pub(crate) fn new(kind: Kind) -> Arc<Self> {
        let source = match kind {
            Kind::Mutex(_) => Source::with(Rule::Own, 1),
            _ => Source::new(false),
        };
        Self::with(kind, source)
    }

    pub(super) fn with(kind: Kind, source: Source) -> Arc<Self> {
        Arc::new(Self {
            source,
            kind,
            name: OnceLock::new(),
        })
    }

    /// An object of a room's own, set and reset by its [`source`](Self::source); with what the
    /// room keeps beside it, which is dropped with the object.
    pub(crate) fn notification_with(
        signaled: bool,
        extra: Box<dyn Any + Send + Sync>,
    ) -> Arc<Self> {
        Self::with(Kind::Notification(extra), Source::new(signaled))
    }

    /// What the room keeps beside an object of its own.
    pub(crate) fn extra(&self) -> Option<&(dyn Any + Send + Sync)> {
        match &self.kind {
            Kind::Notification(extra) => Some(&**extra),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(crate) fn source(&self) -> &Source {
        match &self.kind {
            Kind::Thread(thread) => thread.source(),
            _ => &self.source,
        }
    }

    /// See [`super::Target`].
    pub(super) fn is_ready(&self, thread: Option<&Arc<Thread>>) -> bool {
        match &self.kind {
            Kind::Mutex(mutant) => self.source.count() > 0 || mutant.is_owned_by(thread),
            _ => self.source.count() > 0,
        }
    }

    /// Nobody has a handle any more.
    pub(crate) fn last_handle_closed(&self) {
        names::forget(self);
        if let Kind::Timer(timer) = &self.kind {
            timer.cancel();
        }
    }
}
