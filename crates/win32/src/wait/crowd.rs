//! Threads that wait for something that has no object: an OVERLAPPED that becomes final.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use completion_port::Deadline;
use parking_lot::Mutex;

use crate::thread::{self, Thread, Woken};

/// Threads that wait for something to change. Telling them costs a fence when there are none.
pub(crate) struct Crowd {
    count: AtomicUsize,
    threads: Mutex<Vec<Arc<Thread>>>,
}

/// In the crowd, until dropped.
struct Member<'c>(&'c Crowd, &'c Arc<Thread>);

impl Drop for Member<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
        let mut threads = self.0.threads.lock();
        if let Some(place) = threads.iter().position(|one| Arc::ptr_eq(one, self.1)) {
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

    /// Something has changed.
    #[inline]
    pub(crate) fn wake(&self) {
        // Pairs with the fence in `wait`: either the waiter sees the change, or it is seen here.
        fence(Ordering::SeqCst);
        if self.count.load(Ordering::Relaxed) > 0 {
            self.wake_all();
        }
    }

    #[cold]
    fn wake_all(&self) {
        self.threads
            .lock()
            .iter()
            .for_each(|thread| thread.unpark());
    }

    /// Waits until the condition holds or the deadline passes; true if calls have been run
    /// instead, which end an alertable wait.
    pub(crate) fn wait(
        &self,
        done: impl Fn() -> bool,
        deadline: Deadline,
        alertable: bool,
    ) -> bool {
        let thread = thread::current_thread();
        self.threads.lock().push(Arc::clone(&thread));
        self.count.fetch_add(1, Ordering::Relaxed);
        let member = Member(self, &thread);
        fence(Ordering::SeqCst);
        let answer = || done().then_some(());
        let woken = completion_port::blocking(|| thread.sleep_until(deadline, alertable, answer));
        drop(member);
        woken == Woken::Called && thread::run_apcs()
    }
}

/// Those who wait for an operation to end.
static OPERATIONS: Crowd = Crowd::new();

/// An operation has ended.
#[inline]
pub(crate) fn finished() {
    OPERATIONS.wake();
}

/// Waits until the condition, which depends on operations that end, holds, the deadline passes,
/// or calls have been run (then true).
pub(crate) fn alertably(done: impl Fn() -> bool, deadline: Deadline) -> bool {
    OPERATIONS.wait(done, deadline, true)
}

/// As [`alertably`], but calls are left alone.
pub(crate) fn patiently(done: impl Fn() -> bool, deadline: Deadline) {
    OPERATIONS.wait(done, deadline, false);
}
