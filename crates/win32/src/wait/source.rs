//! The state of something that can be waited for, in one word.
//!
//! While nobody waits, everything that happens to it is one atomic step here. As soon as somebody
//! does, the word says so, and every change goes through the dispatcher, under its lock: then a
//! wait for several things can take them all at once, and nobody comes in between.

use std::sync::atomic::{AtomicU32, Ordering};

use super::dispatcher;

/// What a satisfied wait does to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Nothing: manual-reset events, threads, processes.
    Keep,
    /// It takes one: auto-reset events, semaphores, synchronisation timers.
    Take,
    /// It becomes the owner: mutexes.
    Own,
    /// The state is elsewhere and must be asked for: ports, files, the process itself.
    Ask,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Source {
    /// | bits | |
    /// |---|---|
    /// | 0 to 30 | how many waits it can satisfy; with [`Rule::Keep`] 1 is as good as many |
    /// | 31 | [`WATCHED`] |
    word: AtomicU32,
    rule: Rule,
    /// The oldest and the newest who wait for it, places in the dispatcher's table. Read and
    /// written under the dispatcher's lock only, which orders everything.
    oldest: AtomicU32,
    newest: AtomicU32,
}

/// Somebody waits, or looks at several things at once: the word changes only under the
/// dispatcher's lock.
const WATCHED: u32 = 1 << 31;
/// No place.
pub(super) const NOBODY: u32 = u32::MAX;

impl Source {
    /// The state of a manual-reset event, or what else stays signaled.
    pub(crate) const fn new(signaled: bool) -> Self {
        Self::with(Rule::Keep, signaled as u32)
    }

    pub(crate) const fn with(rule: Rule, count: u32) -> Self {
        // These two are never anything but watched.
        let watched = match rule {
            Rule::Own | Rule::Ask => WATCHED,
            Rule::Keep | Rule::Take => 0,
        };
        Self {
            word: AtomicU32::new(count | watched),
            rule,
            oldest: AtomicU32::new(NOBODY),
            newest: AtomicU32::new(NOBODY),
        }
    }

    pub(crate) fn rule(&self) -> Rule {
        self.rule
    }

    /// Changes the count if nobody watches: the count before; `Err` if somebody does.
    #[inline]
    fn change(&self, to: impl Fn(u32) -> Option<u32>) -> Result<Option<u32>, Watched> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if word & WATCHED != 0 {
                return Err(Watched);
            }
            let Some(next) = to(word) else {
                return Ok(None);
            };
            // Written even if nothing changes: who consumes the signal later must see what was
            // done before this call. Acquire and release in one, since every step may be both.
            let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
            match self
                .word
                .compare_exchange_weak(word, next, success, failure)
            {
                Ok(before) => return Ok(Some(before)),
                Err(now) => word = now,
            }
        }
    }

    /// Signals it.
    #[inline]
    pub(crate) fn set(&self) {
        if self.change(|_| Some(1)).is_err() {
            dispatcher::change(self, |_| 1);
        }
    }

    /// Signals it together with something else that tells the same. Both are one step: who sees
    /// the other and then waits for this, or resets it, does so after it was signaled.
    pub(crate) fn set_with(&self, tell: impl FnOnce()) {
        dispatcher::changed(self, || {
            tell();
            self.set_count(1);
        });
    }

    /// Ends its being signaled.
    #[inline]
    pub(crate) fn reset(&self) {
        // A state that is reset already need not be written: the reset then took place before
        // whatever signals it next.
        if self.change(|count| (count != 0).then_some(0)).is_err() {
            dispatcher::change(self, |_| 0);
        }
    }

    /// Releases those who wait now; nobody who comes later.
    pub(crate) fn pulse(&self) {
        dispatcher::pulse(self);
    }

    /// Adds to the count, up to a limit; the count before, or `None` if that would be too many.
    pub(crate) fn add(&self, count: u32, most: u32) -> Option<u32> {
        let sum = |before: u32| before.checked_add(count).filter(|sum| *sum <= most);
        match self.change(sum) {
            Ok(before) => before,
            Err(Watched) => {
                let mut before = None;
                dispatcher::change(self, |now| match sum(now) {
                    Some(sum) => {
                        before = Some(now);
                        sum
                    }
                    None => now,
                });
                before
            }
        }
    }

    /// Takes what a wait takes, if that can be done without the dispatcher: whether there was
    /// something to take.
    #[inline]
    pub(super) fn try_take(&self) -> Result<bool, Watched> {
        match self.rule {
            Rule::Keep => match self.word.load(Ordering::Acquire) {
                // It may be about to be signaled, see `set_with`.
                WATCHED => Err(Watched),
                word => Ok(word != 0),
            },
            Rule::Take => Ok(self.change(|count| count.checked_sub(1))?.is_some()),
            Rule::Own | Rule::Ask => Err(Watched),
        }
    }
}

/// Somebody watches: ask the dispatcher.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched;

/// What the dispatcher does, under its lock.
impl Source {
    /// From now on every change goes through the dispatcher.
    pub(super) fn watch(&self) {
        self.word.fetch_or(WATCHED, Ordering::AcqRel);
    }

    /// Nobody waits any more.
    pub(super) fn unwatch(&self) {
        debug_assert_eq!(self.oldest(), NOBODY);
        if matches!(self.rule, Rule::Keep | Rule::Take) {
            self.word.fetch_and(!WATCHED, Ordering::AcqRel);
        }
    }

    /// The count; the word is watched.
    pub(super) fn count(&self) -> u32 {
        let word = self.word.load(Ordering::Acquire);
        debug_assert!(word & WATCHED != 0, "looked at without watching");
        word & !WATCHED
    }

    /// Sets the count; the word is watched.
    pub(super) fn set_count(&self, count: u32) {
        debug_assert!(count & WATCHED == 0);
        // Nobody else writes a watched word.
        self.word.store(count | WATCHED, Ordering::Release);
    }

    pub(super) fn oldest(&self) -> u32 {
        self.oldest.load(Ordering::Relaxed)
    }
    pub(super) fn newest(&self) -> u32 {
        self.newest.load(Ordering::Relaxed)
    }
    pub(super) fn set_oldest(&self, place: u32) {
        self.oldest.store(place, Ordering::Relaxed);
    }
    pub(super) fn set_newest(&self, place: u32) {
        self.newest.store(place, Ordering::Relaxed);
    }
}
