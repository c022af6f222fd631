//! The kernel's own waiting: a thread sleeps as long as a word holds a value.

use std::sync::atomic::AtomicU32;
use std::time::Instant;

use completion_port::Deadline;

/// Sleeps while the word holds `expected`, until it is woken or the deadline passes; may return
/// early. False only if the deadline has passed.
pub(crate) fn wait(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
    let mut limit = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let timeout = match deadline {
        Deadline::Never => std::ptr::null(),
        Deadline::Now => return false,
        Deadline::At(at) => {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // A wait of more seconds than the kernel can count is one without end.
            limit.tv_sec = left.as_secs().try_into().unwrap_or(libc::time_t::MAX);
            limit.tv_nsec = left.subsec_nanos().into();
            &raw const limit
        }
    };
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word is valid, the time too or null; the call only reads both.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, expected, timeout) };
    true
}

/// Wakes at most so many of those who sleep on the word.
pub(crate) fn wake(word: &AtomicU32, count: i32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word is an address to the kernel, nothing is read or written there.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, count) };
}
