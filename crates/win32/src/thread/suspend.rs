//! Suspending, resuming and terminating threads.
//!
//! A thread is stopped by a signal, in whose handler it waits until it is resumed. A thread that
//! is inside the library goes on until it comes out, and stops there: it may hold a lock that
//! others need. Either way it executes nothing of the program until it is resumed.
//!
//! A terminated thread counts as ended at once; it really ends when it is next outside, by the
//! same jump as in `ExitThread`. As on Windows, what it held of the program's own, say the lock
//! of the allocator, stays locked.

use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use completion_port::Deadline;

use super::inside::{self, Inside};
use super::{HERE, Thread, create, current_thread_id, with_current};
use crate::status::Status;
use crate::sync::futex;

/// `MAXIMUM_SUSPEND_COUNT`.
const COUNT_MAX: u32 = 127;

/// A thread that does not notice the signal for so long has blocked it, and stops when it can.
const NOTICE_MAX: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Suspension {
    /// The thread stands still while this is not 0; it sleeps on the word.
    count: AtomicU32,
    /// The thread is to end, with that code.
    doomed: AtomicBool,
    code: AtomicU32,
    /// Changes whenever the thread has noticed the signal.
    noticed: AtomicU32,
}

impl Suspension {
    pub(super) fn new(suspended: bool) -> Self {
        Self {
            count: AtomicU32::new(suspended.into()),
            doomed: AtomicBool::new(false),
            code: AtomicU32::new(0),
            noticed: AtomicU32::new(0),
        }
    }

    pub(super) fn is_doomed(&self) -> bool {
        self.doomed.load(Ordering::Acquire)
    }

    /// Counts one more; how many there were.
    fn add(&self) -> Result<u32, Status> {
        let more = |count| (count < COUNT_MAX).then_some(count + 1);
        let order = Ordering::AcqRel;
        let before = self.count.fetch_update(order, Ordering::Relaxed, more);
        before.map_err(|_| Status::SUSPEND_COUNT_EXCEEDED)
    }

    /// Counts one less, unless there is none; how many there were.
    pub(super) fn resume(&self) -> u32 {
        let less = |count: u32| count.checked_sub(1);
        let order = Ordering::AcqRel;
        let before = self.count.fetch_update(order, Ordering::Relaxed, less);
        if before == Ok(1) {
            futex::wake(&self.count, i32::MAX);
        }
        before.unwrap_or(0)
    }

    /// Stands still until resumed; false if the thread is to end.
    fn stand(&self) -> bool {
        loop {
            if self.is_doomed() {
                return false;
            }
            match self.count.load(Ordering::Acquire) {
                0 => return true,
                count => futex::wait(&self.count, count, Deadline::Never),
            };
        }
    }
}

/// A thread that was created suspended waits for its start; its code if there will be none.
pub(super) fn may_start(thread: &Thread) -> Result<(), u32> {
    if thread.suspension.stand() {
        Ok(())
    } else {
        Err(thread.suspension.code.load(Ordering::Relaxed))
    }
}

/// Whether the calling thread, which is inside, will end when it comes out.
#[inline]
pub(crate) fn is_doomed() -> bool {
    inside::is_asked() && with_current(|thread| thread.suspension.is_doomed())
}

/// Does what was asked of the calling thread, which has just come out.
pub(super) fn obey() {
    let _inside = Inside::new();
    let end = with_current(|thread| {
        let lives = completion_port::blocking(|| thread.suspension.stand());
        (!lives).then(|| thread.suspension.code.load(Ordering::Relaxed))
    });
    if let Some(code) = end {
        if create::can_be_left() {
            create::exit(code);
        }
        // Nobody knows how to end a thread that was not created here. Its slot is free.
        completion_port::blocking(sleep_for_ever);
    }
}

fn sleep_for_ever() {
    let word = AtomicU32::new(0);
    loop {
        futex::wait(&word, 0, Deadline::Never);
    }
}

/// The signal by which a thread is told that something is asked of it.
fn signal() -> i32 {
    libc::SIGRTMAX() - 1
}

extern "C" fn on_signal(_signal: i32) {
    let here = HERE.get();
    if here.is_null() {
        return;
    }
    // SAFETY: the place is the calling thread's own.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { errno.read() };
    // SAFETY: `HERE` points to the thread's object while it is set (see the module `thread`).
    let suspension = unsafe { &(*here).suspension };
    suspension.noticed.fetch_add(1, Ordering::AcqRel);
    futex::wake(&suspension.noticed, i32::MAX);
    if inside::is_inside() {
        inside::ask();
    } else if !suspension.stand() {
        if create::can_be_left() {
            create::exit(suspension.code.load(Ordering::Relaxed));
        }
        sleep_for_ever();
    }
    // SAFETY: as above.
    unsafe { errno.write(before) };
}

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: all zeros are a valid value.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as extern "C" fn(i32) as usize;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the action is valid, the handler calls only what may be called in one.
        unsafe { libc::sigaction(signal(), &raw const action, std::ptr::null_mut()) };
    });
}

/// Has the thread look at what is asked of it, and waits until it has noticed.
fn ask(thread: &Thread) {
    if thread.id() == current_thread_id() {
        inside::ask();
        return;
    }
    install();
    let noticed = &thread.suspension.noticed;
    let before = noticed.load(Ordering::Acquire);
    // SAFETY: no pointers are passed.
    let process = unsafe { libc::getpid() };
    let id = thread.id().cast_signed();
    // SAFETY: as above. A number that is another thread's by now does no harm: that one finds
    // that nothing is asked of it.
    if unsafe { libc::syscall(libc::SYS_tgkill, process, id, signal()) } != 0 {
        return;
    }
    let deadline = Deadline::from(NOTICE_MAX);
    while noticed.load(Ordering::Acquire) == before && futex::wait(noticed, before, deadline) {}
}

/// `SuspendThread`: how often it was suspended before.
pub(super) fn suspend(thread: &Thread) -> Result<u32, Status> {
    if thread.has_ended() {
        return Err(Status::ACCESS_DENIED);
    }
    if !thread.has_called_in.load(Ordering::Acquire) {
        return Err(Status::NOT_SUPPORTED);
    }
    let before = thread.suspension.add()?;
    if before == 0 {
        ask(thread);
    }
    Ok(before)
}

/// `TerminateThread` of another thread than the calling one.
pub(super) fn terminate(thread: &Arc<Thread>, code: u32) -> Result<(), Status> {
    if thread.has_ended() {
        return Err(Status::ACCESS_DENIED);
    }
    if !thread.has_called_in.load(Ordering::Acquire) {
        return Err(Status::NOT_SUPPORTED);
    }
    // It counts as ended from now on, with this code: called out of a wait, it may come to its own
    // end before it comes to this. If it is inside, that takes a while.
    thread.finish(code);
    thread.suspension.code.store(code, Ordering::Relaxed);
    thread.suspension.doomed.store(true, Ordering::Release);
    // Whatever it waits for, or stands still for, it does no longer.
    futex::wake(&thread.suspension.count, i32::MAX);
    thread.unpark();
    ask(thread);
    Ok(())
}
