//! Locked ranges of a file: mandatory, stacked, waited for (S-295, S-296).
//!
//! # Invariants
//!
//! 1. `count` is the number of locks held; a transfer looks at the locks only if it is not 0.
//! 2. A lock that waits could not be granted at the last change; every change tries again, in the
//!    order in which they came.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use completion_port::Tag;
use parking_lot::Mutex;

use super::node::Opener;
use crate::status::Status;
use crate::waiter::{Gate, Waiter};

/// A range of bytes. It may lie behind the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    start: u64,
    /// The first byte behind it; up to 2^64.
    end: u128,
}

impl Range {
    pub(super) fn new(start: u64, length: u64) -> Self {
        Self {
            start,
            end: u128::from(start) + u128::from(length),
        }
    }

    fn overlaps(self, other: Self) -> bool {
        u128::from(self.start) < other.end && u128::from(other.start) < self.end
    }

    fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A lock, held or wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lock {
    pub(super) opener: Opener,
    pub(super) range: Range,
    pub(super) exclusive: bool,
}

#[derive(Default)]
struct Table {
    held: Vec<Lock>,
    wanted: Vec<(Lock, Waiter)>,
}

impl Table {
    /// A shared lock goes with what is shared, and with exclusive locks of its own opener; an
    /// exclusive one with nothing.
    fn admits(&self, lock: &Lock) -> bool {
        let conflicts = |held: &Lock| {
            let tolerated = !lock.exclusive && (!held.exclusive || held.opener == lock.opener);
            held.range.overlaps(lock.range) && !tolerated
        };
        !self.held.iter().any(conflicts)
    }

    /// Grants what can be granted now.
    fn grant(&mut self) -> Vec<Waiter> {
        let mut granted = Vec::new();
        let mut at = 0;
        while at < self.wanted.len() {
            if self.admits(&self.wanted[at].0) {
                let (lock, waiter) = self.wanted.remove(at);
                self.held.push(lock);
                granted.push(waiter);
            } else {
                at += 1;
            }
        }
        granted
    }
}

/// The locks of one file.
#[derive(Default)]
pub(super) struct Locks {
    count: AtomicUsize,
    table: Mutex<Table>,
}

impl Locks {
    /// Takes a lock if that is possible at once.
    pub(super) fn try_take(&self, lock: Lock) -> Result<(), Status> {
        let mut table = self.table.lock();
        if !table.admits(&lock) {
            return Err(Status::LOCK_NOT_GRANTED);
        }
        table.held.push(lock);
        self.note(&table);
        Ok(())
    }

    /// Takes a lock now (then the waiter is given back) or when it becomes free.
    pub(super) fn take_or_wait(&self, lock: Lock, waiter: Waiter) -> Option<Waiter> {
        let mut table = self.table.lock();
        if table.admits(&lock) {
            table.held.push(lock);
            self.note(&table);
            return Some(waiter);
        }
        table.wanted.push((lock, waiter));
        None
    }

    /// Gives up one lock with exactly this range, an exclusive one first.
    pub(super) fn release(&self, opener: Opener, range: Range) -> Result<(), Status> {
        let mut table = self.table.lock();
        let is_it = |held: &Lock| held.opener == opener && held.range == range;
        let found = table
            .held
            .iter()
            .position(|held| is_it(held) && held.exclusive);
        let found = found.or_else(|| table.held.iter().position(is_it));
        let Some(at) = found else {
            return Err(Status::RANGE_NOT_LOCKED);
        };
        table.held.remove(at);
        self.change(table, |_| false);
        Ok(())
    }

    /// An opener is gone: its locks are free, what it waits for is cancelled.
    pub(super) fn leave(&self, opener: Opener) {
        let mut table = self.table.lock();
        table.held.retain(|held| held.opener != opener);
        self.change(table, |(lock, _)| lock.opener == opener);
    }

    /// Cancels an opener's waits that have such a tag; how many those were.
    pub(super) fn cancel(&self, opener: Opener, wanted: &dyn Fn(Tag) -> bool) -> usize {
        let is_meant =
            |(lock, waiter): &(Lock, Waiter)| lock.opener == opener && waiter.is_meant(wanted);
        self.change(self.table.lock(), is_meant)
    }

    /// Calls a waiting thread off; whether it still waited.
    pub(super) fn cancel_thread(&self, gate: &Arc<Gate>) -> bool {
        self.change(self.table.lock(), |(_, waiter)| waiter.is_at(gate)) > 0
    }

    /// Cancels some waits, grants what has become free, and tells all of them.
    fn change(
        &self,
        mut table: parking_lot::MutexGuard<'_, Table>,
        is_cancelled: impl Fn(&(Lock, Waiter)) -> bool,
    ) -> usize {
        let wanted = std::mem::take(&mut table.wanted);
        let (cancelled, kept): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_cancelled);
        table.wanted = kept;
        let granted = table.grant();
        self.note(&table);
        drop(table);
        let count = cancelled.len();
        cancelled
            .into_iter()
            .for_each(|(_, waiter)| waiter.end(Status::CANCELLED, 0));
        granted
            .into_iter()
            .for_each(|waiter| waiter.end(Status::SUCCESS, 0));
        count
    }

    fn note(&self, table: &Table) {
        self.count.store(table.held.len(), Ordering::SeqCst);
    }

    /// Whether there are locks at all.
    pub(super) fn any(&self) -> bool {
        self.count.load(Ordering::SeqCst) != 0
    }

    /// Whether an opener may read or write a range. A shared lock keeps its own holder from
    /// writing too, unless an exclusive one of his covers the range.
    #[inline]
    pub(super) fn allow(&self, opener: Opener, range: Range, write: bool) -> Result<(), Status> {
        match self.any() {
            true => self.check(opener, range, write),
            false => Ok(()),
        }
    }

    #[cold]
    fn check(&self, opener: Opener, range: Range, write: bool) -> Result<(), Status> {
        let table = self.table.lock();
        let met = || table.held.iter().filter(|held| held.range.overlaps(range));
        let owns = |held: &Lock| held.exclusive && held.opener == opener;
        let covered = met().any(|held| owns(held) && held.range.covers(range));
        let forbids = |held: &Lock| match held.exclusive {
            true => held.opener != opener,
            false => write && !covered,
        };
        match met().any(forbids) {
            true => Err(Status::FILE_LOCK_CONFLICT),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(opener: Opener, start: u64, length: u64, exclusive: bool) -> Lock {
        let range = Range::new(start, length);
        Lock {
            opener,
            range,
            exclusive,
        }
    }

    #[test]
    fn s_296_locks_are_mandatory_and_stacked() {
        let locks = Locks::default();
        let (mine, other) = (Opener::new(), Opener::new());
        let range = Range::new(10, 10);
        let conflict = Err(Status::FILE_LOCK_CONFLICT);
        locks.try_take(lock(mine, 10, 10, true)).unwrap();
        assert_eq!(locks.allow(mine, range, true), Ok(()));
        assert_eq!(locks.allow(other, range, false), conflict);
        assert_eq!(locks.allow(other, Range::new(0, 10), true), Ok(()));
        assert_eq!(locks.allow(other, Range::new(19, 1), false), conflict);

        // A shared lock over one's own exclusive one; each needs its unlock.
        locks.try_take(lock(mine, 10, 10, false)).unwrap();
        let busy = Err(Status::LOCK_NOT_GRANTED);
        assert_eq!(locks.try_take(lock(mine, 15, 1, true)), busy);
        assert_eq!(locks.try_take(lock(other, 15, 1, false)), busy);
        let nothing = Err(Status::RANGE_NOT_LOCKED);
        assert_eq!(locks.release(mine, Range::new(10, 9)), nothing);
        assert_eq!(locks.release(other, range), nothing);
        // The exclusive one goes first.
        locks.release(mine, range).unwrap();
        assert_eq!(locks.allow(other, range, false), Ok(()));
        assert_eq!(locks.allow(other, range, true), conflict);
        locks.release(mine, range).unwrap();
        assert_eq!(locks.allow(other, range, true), Ok(()));
        assert_eq!(locks.release(mine, range), nothing);
    }

    #[test]
    fn s_296_a_shared_lock_forbids_writing_to_its_holder_too() {
        let locks = Locks::default();
        let (mine, other) = (Opener::new(), Opener::new());
        locks.try_take(lock(mine, 0, 5, false)).unwrap();
        locks.try_take(lock(other, 0, 5, false)).unwrap();
        let conflict = Err(Status::FILE_LOCK_CONFLICT);
        assert_eq!(locks.allow(mine, Range::new(0, 1), true), conflict);
        assert_eq!(locks.allow(mine, Range::new(0, 1), false), Ok(()));
        locks.leave(mine);
        locks.leave(other);
        assert_eq!(locks.allow(mine, Range::new(0, 1), true), Ok(()));
    }

    #[test]
    fn a_range_may_end_at_the_last_byte_there_is() {
        let locks = Locks::default();
        let (mine, other) = (Opener::new(), Opener::new());
        locks
            .try_take(lock(mine, u64::MAX, u64::MAX, true))
            .unwrap();
        locks.try_take(lock(other, 0, u64::MAX, true)).unwrap();
        let busy = Err(Status::LOCK_NOT_GRANTED);
        assert_eq!(locks.try_take(lock(other, u64::MAX, 1, true)), busy);
    }

    #[test]
    fn a_thread_that_waits_is_let_in_in_turn_or_called_off() {
        let locks = Locks::default();
        let (mine, other) = (Opener::new(), Opener::new());
        locks.try_take(lock(mine, 0, 1, true)).unwrap();
        let wait = || {
            let gate = Arc::new(Gate::default());
            let waiter = Waiter::Thread(Arc::clone(&gate));
            assert!(
                locks
                    .take_or_wait(lock(other, 0, 1, true), waiter)
                    .is_none()
            );
            gate
        };
        let (first, second) = (wait(), wait());
        assert!(locks.cancel_thread(&second));
        assert_eq!(second.wait().0, Status::CANCELLED);
        locks.release(mine, Range::new(0, 1)).unwrap();
        assert_eq!(first.wait().0, Status::SUCCESS);
        assert!(!locks.cancel_thread(&first));
    }
}
