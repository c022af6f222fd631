//! The state of a file, a socket or a pipe: signaled once an operation without an event of its own
//! has finished, until the next one begins (S-192).
//!
//! Operations begin and finish all the time and hardly anybody waits for this, so that both are a
//! plain store. What the store to `signaled` is to a waiter's look at it, the waiter's store to
//! `awaited` is to the look here: each looks after a fence that follows its own store.

use std::sync::atomic::{AtomicBool, Ordering, fence};

use super::dispatcher;
use super::source::{Rule, Source};

/// See the module.
#[derive(Debug)]
pub(crate) struct Idle {
    signaled: AtomicBool,
    /// Somebody waits, or is about to look.
    awaited: AtomicBool,
    pub(super) source: Source,
}

impl Idle {
    /// Nothing has begun yet.
    pub(crate) const fn new() -> Self {
        Self {
            signaled: AtomicBool::new(true),
            awaited: AtomicBool::new(false),
            source: Source::with(Rule::Ask, 0),
        }
    }

    /// An operation begins.
    #[inline]
    pub(crate) fn begun(&self) {
        self.signaled.store(false, Ordering::Release);
    }

    /// An operation has finished. A fence and [`Self::tell`] are to follow.
    #[inline]
    pub(crate) fn finished(&self) {
        self.signaled.store(true, Ordering::Release);
    }

    /// Releases those who wait, after a sequentially consistent fence.
    #[inline]
    pub(crate) fn tell(&self) {
        if self.awaited.load(Ordering::Relaxed) {
            dispatcher::changed(&self.source, || {});
        }
    }

    /// An operation has finished, which something else tells, too. Both are one step: who sees the
    /// other and then waits for this, or begins the next operation, does so after it was signaled.
    pub(crate) fn finished_with(&self, tell: impl FnOnce()) {
        dispatcher::changed(&self.source, || {
            tell();
            self.finished();
        });
    }
}

/// What the dispatcher does, under its lock.
impl Idle {
    /// Somebody is about to look.
    pub(super) fn watch(&self) {
        self.awaited.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Nobody waits any more.
    pub(super) fn unwatch(&self) {
        self.awaited.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_signaled(&self) -> bool {
        self.signaled.load(Ordering::Acquire)
    }
}
