//! Waiting for a word of the program's to change: `WaitOnAddress`.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

use completion_port::Deadline;
use parking_lot::Mutex;

use super::TIMEOUT;
use crate::abi::{Bool, Dword, FALSE, TRUE};
use crate::door;
use crate::overlapped::deadline_of;
use crate::status::{Status, set_last_error};
use crate::thread::{Thread, Woken, current_thread};

/// A thread that waits at an address.
struct Waiter {
    address: usize,
    thread: Arc<Thread>,
    called: Arc<AtomicBool>,
}

/// Those who wait at addresses of which the same bits are equal.
struct Bucket {
    /// How many; those who wake look at nothing else when it is 0.
    count: AtomicUsize,
    /// The oldest first.
    waiters: Mutex<Vec<Waiter>>,
}

const BUCKETS: usize = 64;

static ALL: [Bucket; BUCKETS] = [const {
    Bucket {
        count: AtomicUsize::new(0),
        waiters: Mutex::new(Vec::new()),
    }
}; BUCKETS];

fn bucket(address: usize) -> &'static Bucket {
    // Words of one structure should not meet.
    &ALL[(address >> 3 ^ address >> 9) % BUCKETS]
}

/// Waits at an address as long as it holds what it should, until woken; false if the deadline
/// passes first.
pub(super) fn wait(address: usize, holds: impl Fn() -> bool, deadline: Deadline) -> bool {
    if !holds() {
        return true;
    }
    let bucket = bucket(address);
    let thread = current_thread();
    let called = Arc::new(AtomicBool::new(false));
    bucket.count.fetch_add(1, Ordering::Relaxed);
    // Pairs with the fence in `wake`: either the change is seen here, or this waiter there.
    fence(Ordering::SeqCst);
    let mut waiters = bucket.waiters.lock();
    if !holds() {
        drop(waiters);
        bucket.count.fetch_sub(1, Ordering::Relaxed);
        return true;
    }
    waiters.push(Waiter {
        address,
        thread: Arc::clone(&thread),
        called: Arc::clone(&called),
    });
    drop(waiters);
    let answer = || called.load(Ordering::Acquire).then_some(());
    let woken = completion_port::blocking(|| thread.sleep_until(deadline, false, answer));
    if woken == Woken::Satisfied(()) {
        return true;
    }
    let mut waiters = bucket.waiters.lock();
    let place = waiters
        .iter()
        .position(|waiter| Arc::ptr_eq(&waiter.called, &called));
    let removed = place.map(|place| waiters.remove(place));
    drop(waiters);
    // Who was called meanwhile is not there any more.
    if removed.is_some() {
        bucket.count.fetch_sub(1, Ordering::Relaxed);
    }
    removed.is_none()
}

/// Wakes the oldest, or all, who wait at an address.
pub(super) fn wake(address: usize, all: bool) {
    let bucket = bucket(address);
    fence(Ordering::SeqCst);
    if bucket.count.load(Ordering::Relaxed) == 0 {
        return;
    }
    let mut called = Vec::new();
    let mut waiters = bucket.waiters.lock();
    waiters.retain(|waiter| {
        let is_it = waiter.address == address && (all || called.is_empty());
        if is_it {
            called.push((Arc::clone(&waiter.thread), Arc::clone(&waiter.called)));
        }
        !is_it
    });
    drop(waiters);
    bucket.count.fetch_sub(called.len(), Ordering::Relaxed);
    for (thread, flag) in called {
        flag.store(true, Ordering::Release);
        thread.unpark();
    }
}

/// What is at an address.
///
/// # Safety
///
/// So many bytes may be read there, as one number.
unsafe fn read(address: *mut c_void, size: usize) -> u64 {
    match size {
        // SAFETY: as the caller says, for each.
        1 => unsafe { AtomicU8::from_ptr(address.cast()) }
            .load(Ordering::SeqCst)
            .into(),
        // SAFETY: as above.
        2 => unsafe { AtomicU16::from_ptr(address.cast()) }
            .load(Ordering::SeqCst)
            .into(),
        // SAFETY: as above.
        4 => unsafe { AtomicU32::from_ptr(address.cast()) }
            .load(Ordering::SeqCst)
            .into(),
        // SAFETY: as above.
        _ => unsafe { AtomicU64::from_ptr(address.cast()) }.load(Ordering::SeqCst),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitOnAddress(
    address: *mut c_void,
    compare: *const c_void,
    size: usize,
    milliseconds: Dword,
) -> Bool {
    door(FALSE, || {
        let known = matches!(size, 1 | 2 | 4 | 8);
        if !known || !address.addr().is_multiple_of(size) || address.is_null() || compare.is_null()
        {
            set_last_error(Status::INVALID_PARAMETER.win32());
            return FALSE;
        }
        let mut undesired = [0; 8];
        // SAFETY: so many bytes are there, by contract, and there is room for 8.
        unsafe {
            std::ptr::copy_nonoverlapping(compare.cast::<u8>(), undesired.as_mut_ptr(), size);
        }
        // In the order of the processor, which has the small end first.
        let undesired = u64::from_le_bytes(undesired);
        // SAFETY: the program passes an address with so many bytes, aligned as was checked.
        let holds = || unsafe { read(address, size) } == undesired;
        if wait(address.addr(), holds, deadline_of(milliseconds)) {
            return TRUE;
        }
        set_last_error(TIMEOUT);
        FALSE
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WakeByAddressSingle(address: *mut c_void) {
    door((), || wake(address.addr(), false));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WakeByAddressAll(address: *mut c_void) {
    door((), || wake(address.addr(), true));
}
