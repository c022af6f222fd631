//! Slim reader/writer locks, and condition variables.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};

use completion_port::Deadline;
use parking_lot::RawRwLock;
use parking_lot::lock_api::RawRwLock as _;

use super::critical::section;
use super::{TIMEOUT, futex};
use crate::abi::{Bool, Dword, FALSE, TRUE};
use crate::door;
use crate::overlapped::deadline_of;
use crate::status::{Status, set_last_error};
use crate::thread::Inside;

const _: () = assert!(size_of::<RawRwLock>() == size_of::<*const c_void>());
// SAFETY: the lock is a word, of which any bits are a number.
const _: () = assert!(unsafe { std::mem::transmute::<RawRwLock, usize>(RawRwLock::INIT) } == 0);

/// The lock that a program passes.
///
/// # Safety
///
/// The pointer leads to a lock in the program's memory, zero at first, which outlives the call.
unsafe fn lock<'a>(lock: *const c_void) -> &'a RawRwLock {
    // SAFETY: as the caller says; it is as large as ours, zero is its first state (see above),
    // and it is used here only.
    unsafe { &*lock.cast::<RawRwLock>() }
}

fn acquire(lock: &RawRwLock, shared: bool) {
    let got = if shared {
        lock.try_lock_shared()
    } else {
        lock.try_lock_exclusive()
    };
    if !got {
        acquire_slowly(lock, shared);
    }
}

#[cold]
fn acquire_slowly(lock: &RawRwLock, shared: bool) {
    let _inside = Inside::new();
    completion_port::blocking(|| {
        if shared {
            lock.lock_shared();
        } else {
            lock.lock_exclusive();
        }
    });
}

/// # Safety
///
/// The calling thread, or whoever lets it, holds the lock so.
unsafe fn release(lock: &RawRwLock, shared: bool) {
    // While it wakes others it holds a lock that they need.
    let _inside = Inside::new();
    if shared {
        // SAFETY: as the caller says.
        unsafe { lock.unlock_shared() };
    } else {
        // SAFETY: as the caller says.
        unsafe { lock.unlock_exclusive() };
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitializeSRWLock(at: *mut c_void) {
    // SAFETY: the program passes room for a lock, by contract.
    unsafe { at.cast::<usize>().write(0) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn AcquireSRWLockExclusive(at: *mut c_void) {
    // SAFETY: the program passes a lock, by contract.
    acquire(unsafe { lock(at) }, false);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn AcquireSRWLockShared(at: *mut c_void) {
    // SAFETY: the program passes a lock, by contract.
    acquire(unsafe { lock(at) }, true);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn TryAcquireSRWLockExclusive(at: *mut c_void) -> u8 {
    // SAFETY: the program passes a lock, by contract.
    unsafe { lock(at) }.try_lock_exclusive().into()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn TryAcquireSRWLockShared(at: *mut c_void) -> u8 {
    // SAFETY: the program passes a lock, by contract.
    unsafe { lock(at) }.try_lock_shared().into()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReleaseSRWLockExclusive(at: *mut c_void) {
    // SAFETY: the program passes a lock, by contract.
    let lock = unsafe { lock(at) };
    // SAFETY: the program releases what it has acquired.
    unsafe { release(lock, false) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReleaseSRWLockShared(at: *mut c_void) {
    // SAFETY: the program passes a lock, by contract.
    let lock = unsafe { lock(at) };
    // SAFETY: the program releases what it has acquired.
    unsafe { release(lock, true) };
}

/// `CONDITION_VARIABLE`. Zeros are its first state.
#[repr(C)]
struct Condition {
    /// Changes with every wake-up; those who wait sleep on it.
    sequence: AtomicU32,
    /// How many sleep, or are about to.
    waiters: AtomicU32,
}

const _: () = assert!(size_of::<Condition>() == 8);

impl Condition {
    /// Lets the lock go and sleeps until woken, or until the deadline: then false. A thread may
    /// be woken though nobody meant it, as documented.
    fn sleep(&self, let_go: impl FnOnce(), deadline: Deadline) -> bool {
        // Both before the lock is let go: whoever changes something under it, and then looks for
        // sleepers, finds this one, and changes the word that it has read.
        self.waiters.fetch_add(1, Ordering::SeqCst);
        let before = self.sequence.load(Ordering::SeqCst);
        let_go();
        let woken = || self.sequence.load(Ordering::Acquire) != before;
        let slept = completion_port::blocking(|| {
            while !woken() {
                if !futex::wait(&self.sequence, before, deadline) {
                    return woken();
                }
            }
            true
        });
        self.waiters.fetch_sub(1, Ordering::Relaxed);
        slept
    }

    fn wake(&self, count: i32) {
        if self.waiters.load(Ordering::SeqCst) > 0 {
            self.sequence.fetch_add(1, Ordering::SeqCst);
            futex::wake(&self.sequence, count);
        }
    }
}

/// The condition variable that a program passes.
///
/// # Safety
///
/// The pointer leads to one in the program's memory, which outlives the call.
unsafe fn condition<'a>(at: *const c_void) -> &'a Condition {
    // SAFETY: as the caller says; both words are atomic.
    unsafe { &*at.cast::<Condition>() }
}

fn slept(in_time: bool) -> Bool {
    if in_time {
        return TRUE;
    }
    set_last_error(TIMEOUT);
    FALSE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitializeConditionVariable(at: *mut c_void) {
    // SAFETY: the program passes room for one, by contract.
    unsafe { at.cast::<usize>().write(0) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SleepConditionVariableCS(
    at: *mut c_void,
    of: *mut c_void,
    milliseconds: Dword,
) -> Bool {
    door(FALSE, || {
        // SAFETY: the program passes a condition variable, by contract.
        let condition = unsafe { condition(at) };
        // SAFETY: the program passes a section, by contract.
        let section = unsafe { section(of) };
        let mut depth = 1;
        let in_time = condition.sleep(|| depth = section.leave_all(), deadline_of(milliseconds));
        section.enter_again(depth);
        slept(in_time)
    })
}

/// `CONDITION_VARIABLE_LOCKMODE_SHARED`.
const SHARED: u32 = 1;

#[unsafe(no_mangle)]
unsafe extern "C" fn SleepConditionVariableSRW(
    at: *mut c_void,
    of: *mut c_void,
    milliseconds: Dword,
    flags: u32,
) -> Bool {
    door(FALSE, || {
        if flags & !SHARED != 0 {
            set_last_error(Status::INVALID_PARAMETER.win32());
            return FALSE;
        }
        // SAFETY: the program passes a condition variable, by contract.
        let condition = unsafe { condition(at) };
        // SAFETY: the program passes a lock, by contract.
        let lock = unsafe { lock(of) };
        let shared = flags & SHARED != 0;
        // SAFETY: the program holds the lock, by contract.
        let let_go = || unsafe { release(lock, shared) };
        let in_time = condition.sleep(let_go, deadline_of(milliseconds));
        acquire(lock, shared);
        slept(in_time)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WakeConditionVariable(at: *mut c_void) {
    // SAFETY: the program passes a condition variable, by contract.
    unsafe { condition(at) }.wake(1);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WakeAllConditionVariable(at: *mut c_void) {
    // SAFETY: the program passes a condition variable, by contract.
    unsafe { condition(at) }.wake(i32::MAX);
}
