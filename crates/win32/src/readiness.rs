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
//!
//! Who sees an event is on the way to something else. What has more to do than a bounded part of
//! it, since new things come as fast as they are taken, goes on in a thread of its own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use completion_port::{
    Outcome, RawExtra, RawHandle, RawKind, RawMemory, RawOp, Status as Ended, Tag, Then,
};

use crate::thread::service;

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

/// What is to follow when a thing has been served.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// There is nothing left; it is served again when its descriptor becomes readable.
    Watch,
    /// It is not served any more, or only when somebody asks for it.
    Rest,
    /// There may be more at once.
    More,
}

impl Next {
    /// Watches what is to be served again.
    pub(crate) fn watch_if(again: bool) -> Self {
        if again { Self::Watch } else { Self::Rest }
    }
}

/// Something that is served.
pub(crate) trait Served: Send + Sync + 'static {
    fn service(&self) -> &Service;

    /// The handle of its descriptor, on which nothing else is submitted for receiving.
    fn raw(&self) -> &RawHandle;

    /// Does what can be done without waiting, or a bounded part of it.
    fn serve(&self) -> Next;
}

/// Serves a thing, now or as soon as the one who does so at the moment has finished.
pub(crate) fn serve<T: Served>(it: &Arc<T>) {
    let rounds = &it.service().rounds;
    if rounds.fetch_add(1, Ordering::AcqRel) > 0 {
        return;
    }
    attend(it, true);
}

/// Serves a thing, which nobody else does, until there is nothing to do.
fn attend<T: Served>(it: &Arc<T>, is_passing_by: bool) {
    let rounds = &it.service().rounds;
    loop {
        let seen = rounds.load(Ordering::Acquire);
        match it.serve() {
            Next::More => {
                let other = Arc::clone(it);
                let goes_on = move || attend(&other, false);
                // Without a thread it must be this one.
                if is_passing_by && service("busy", goes_on).is_ok() {
                    return;
                }
                continue;
            }
            Next::Watch if !it.service().watched.swap(true, Ordering::AcqRel) => watch(it),
            Next::Watch | Next::Rest => {}
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

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use completion_port::RawNature;
    use parking_lot::{Condvar, Mutex};

    use super::*;

    /// Has more to do until it is told otherwise.
    struct Busy {
        service: Service,
        raw: RawHandle,
        /// Whether there is more, and how often it was served.
        state: Mutex<(bool, u32)>,
        changed: Condvar,
    }

    impl Served for Busy {
        fn service(&self) -> &Service {
            &self.service
        }

        fn raw(&self) -> &RawHandle {
            &self.raw
        }

        fn serve(&self) -> Next {
            let mut state = self.state.lock();
            state.1 += 1;
            self.changed.notify_all();
            if state.0 { Next::More } else { Next::Rest }
        }
    }

    #[test]
    fn what_never_has_nothing_to_do_keeps_nobody() {
        let (socket, _other) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let fd = socket.as_fd().try_clone_to_owned().expect("a descriptor");
        let busy = Arc::new(Busy {
            service: Service::default(),
            raw: RawHandle::new(fd, RawNature::Stream).expect("a handle"),
            state: Mutex::new((true, 0)),
            changed: Condvar::new(),
        });
        serve(&busy);
        // Here already: somebody else goes on, and who comes now only leaves a mark.
        serve(&busy);
        let mut state = busy.state.lock();
        while state.1 < 10 {
            busy.changed.wait(&mut state);
        }
        let before = state.1;
        state.0 = false;
        while state.1 == before {
            busy.changed.wait(&mut state);
        }
        drop(state);
        // Nobody serves it any more, so that this thread does.
        while busy.service.rounds.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
        let before = busy.state.lock().1;
        serve(&busy);
        assert_eq!(busy.state.lock().1, before + 1);
    }
}
