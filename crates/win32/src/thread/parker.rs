//! Where a thread sleeps until another calls it.

use std::sync::atomic::{AtomicU32, Ordering};

use completion_port::Deadline;

use crate::sync::futex;

/// One thread sleeps here; any other wakes it. A call that comes first is remembered, once.
#[derive(Debug)]
pub(crate) struct Parker {
    /// [`EMPTY`], [`CALLED`] or [`PARKED`].
    word: AtomicU32,
}

/// Nobody sleeps, nobody called.
const EMPTY: u32 = 0;
/// Somebody called; the next sleep ends at once.
const CALLED: u32 = 1;
/// The thread sleeps, or is about to.
const PARKED: u32 = 2;

impl Parker {
    pub(crate) const fn new() -> Self {
        Self {
            word: AtomicU32::new(EMPTY),
        }
    }

    /// Sleeps until called or until the deadline; may return early.
    pub(crate) fn park(&self, deadline: Deadline) {
        let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
        let word = &self.word;
        if word
            .compare_exchange(EMPTY, PARKED, success, failure)
            .is_ok()
        {
            futex::wait(word, PARKED, deadline);
        }
        // Whatever the caller wrote before it called is seen after this.
        word.swap(EMPTY, Ordering::Acquire);
    }

    pub(crate) fn unpark(&self) {
        if self.word.swap(CALLED, Ordering::Release) == PARKED {
            futex::wake(&self.word, 1);
        }
    }
}
