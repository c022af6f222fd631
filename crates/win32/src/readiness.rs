//! Things whose descriptor is served whenever it becomes readable, by whatever thread of the
//! library sees that.
//!
//! | `rounds` | |
//! |---|---|
//! | 0 | nobody serves it |
//! | more | somebody does, and looks again if the number grows meanwhile |
//!
//! So only one thread at a time serves a thing, and no event is missed: who comes second leaves a
//! mark instead of waiting.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use completion_port::{
    Outcome, RawExtra, RawHandle, RawKind, RawMemory, RawOp, Status as Ended, Tag, Then,
};

/// The tag of what is no operation of the program's.
pub(crate) const NOBODY: Tag = Tag {
    token: usize::MAX,
    group: 0,
};

/// Who serves a thing at the moment, and whether its descriptor is being watched.
#[derive(Default)]
pub(crate) struct Service {
    rounds: AtomicUsize,
    watched: AtomicBool,
}

/// Something that is served.
pub(crate) trait Served: Send + Sync + 'static {
    fn service(&self) -> &Service;

    /// The handle of its descriptor, on which nothing else is submitted for receiving.
    fn raw(&self) -> &RawHandle;

    /// Does everything that can be done without waiting; whether to be called again when the
    /// descriptor becomes readable.
    fn serve(&self) -> bool;
}

/// Serves a thing, now or as soon as the one who does so at the moment has finished.
pub(crate) fn serve<T: Served>(it: &Arc<T>) {
    let rounds = &it.service().rounds;
    if rounds.fetch_add(1, Ordering::AcqRel) > 0 {
        return;
    }
    loop {
        let seen = rounds.load(Ordering::Acquire);
        if it.serve() && !it.service().watched.swap(true, Ordering::AcqRel) {
            watch(it);
        }
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        if rounds.compare_exchange(seen, 0, success, failure).is_ok() {
            return;
        }
    }
}

/// Serves the thing again when its descriptor is readable.
fn watch<T: Served>(it: &Arc<T>) {
    let kind = RawKind::Receive {
        peek: false,
        all: false,
    };
    let watcher = Watcher(Arc::downgrade(it));
    // A handle that refuses is closed: there is nothing to serve any more.
    // SAFETY: there is no memory.
    let _ = unsafe { it.raw().submit(kind, watcher, true) };
}

/// A receive of no bytes, which ends when there is something to receive (S-329).
struct Watcher<T>(Weak<T>);

// SAFETY: there is no memory.
unsafe impl<T: Served> RawOp for Watcher<T> {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::None
    }

    fn tag(&self) -> Tag {
        NOBODY
    }

    fn finished(&mut self, outcome: Outcome, _: RawExtra) -> Then {
        if let Some(it) = self.0.upgrade() {
            it.service().watched.store(false, Ordering::Release);
            if outcome.status != Ended::Error(libc::ECANCELED) {
                serve(&it);
            }
        }
        Then::Nothing
    }
}
