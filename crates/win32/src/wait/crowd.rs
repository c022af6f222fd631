//! Threads that wait for something that has no object: an OVERLAPPED that becomes final.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use completion_port::Deadline;
use parking_lot::Mutex;

use crate::thread::{self, Thread, Woken};

/// Threads that wait for something to change, each for one thing, which has a number. Telling them
/// costs a fence when there are none, and none is told of what it does not wait for.
pub(crate) struct Crowd {
    count: AtomicUsize,
    threads: Mutex<Vec<(usize, Arc<Thread>)>>,
}

/// In the crowd, until dropped.
struct Member<'c>(&'c Crowd, &'c Arc<Thread>);

impl Drop for Member<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
        let mut threads = self.0.threads.lock();
        if let Some(place) = threads.iter().position(|(_, one)| Arc::ptr_eq(one, self.1)) {
            threads.swap_remove(place);
        }
    }
}

impl Crowd {
    pub(crate) const fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            threads: Mutex::new(Vec::new()),
        }
    }

    /// That thing has changed.
    #[inline]
    pub(crate) fn wake(&self, thing: usize) {
        // Pairs with the fence in `wait`: either the waiter sees the change, or it is seen here.
        fence(Ordering::SeqCst);
        if self.count.load(Ordering::Relaxed) > 0 {
            self.wake_those(thing);
        }
    }

    #[cold]
    fn wake_those(&self, thing: usize) {
        let threads = self.threads.lock();
        let meant = threads.iter().filter(|(wanted, _)| *wanted == thing);
        meant.for_each(|(_, thread)| thread.unpark());
    }

    /// Waits for a thing until the condition holds or the deadline passes; true if calls have been
    /// run instead, which end an alertable wait.
    pub(crate) fn wait(
        &self,
        thing: usize,
        done: impl Fn() -> bool,
        deadline: Deadline,
        alertable: bool,
    ) -> bool {
        let thread = thread::current_thread();
        self.threads.lock().push((thing, Arc::clone(&thread)));
        self.count.fetch_add(1, Ordering::Relaxed);
        let member = Member(self, &thread);
        fence(Ordering::SeqCst);
        let answer = || done().then_some(());
        let woken = completion_port::blocking(|| thread.sleep_until(deadline, alertable, answer));
        drop(member);
        woken == Woken::Called && thread::run_apcs()
    }
}

/// Those who wait for an operation to end, by its OVERLAPPED: so most who end one meet nobody.
static OPERATIONS: [Crowd; CROWDS] = [const { Crowd::new() }; CROWDS];
const CROWDS: usize = 1 << CROWDS_BITS;
const CROWDS_BITS: u32 = 6;

fn crowd_of(overlapped: usize) -> &'static Crowd {
    // Addresses differ in their middle bits, if at all: multiplied, these are the upper ones.
    let mixed = overlapped.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &OPERATIONS[mixed >> (usize::BITS - CROWDS_BITS)]
}

/// The operation with the OVERLAPPED at this address has ended.
#[inline]
pub(crate) fn finished(overlapped: usize) {
    crowd_of(overlapped).wake(overlapped);
}

/// Waits until the condition, which depends on the operation with this OVERLAPPED, holds, the
/// deadline passes, or calls have been run (then true).
pub(crate) fn alertably(overlapped: usize, done: impl Fn() -> bool, deadline: Deadline) -> bool {
    crowd_of(overlapped).wait(overlapped, done, deadline, true)
}

/// As [`alertably`], but calls are left alone.
pub(crate) fn patiently(overlapped: usize, done: impl Fn() -> bool, deadline: Deadline) {
    crowd_of(overlapped).wait(overlapped, done, deadline, false);
}
