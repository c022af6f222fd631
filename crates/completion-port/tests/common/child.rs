//! What only tests of faults need, in a process of their own: an alarm that never stops.
#![expect(unsafe_code, reason = "timers and signal handlers of the process")]

use std::sync::atomic::{AtomicU64, Ordering};

static ALARMS: AtomicU64 = AtomicU64::new(0);

extern "C" fn count_alarm(_: libc::c_int) {
    ALARMS.fetch_add(1, Ordering::Relaxed);
}

/// How many alarms have gone off.
pub(crate) fn alarms() -> u64 {
    ALARMS.load(Ordering::Relaxed)
}

/// Has an alarm interrupt some thread every so many microseconds from now on, by a handler
/// without `SA_RESTART`; 0 ends it.
pub(crate) fn alarm_every(microseconds: i64) {
    // SAFETY: an all-zero action is valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: extern "C" fn(libc::c_int) = count_alarm;
    action.sa_sigaction = handler as libc::sighandler_t;
    // SAFETY: the handler only adds to an atomic.
    let result = unsafe { libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut()) };
    assert_eq!(result, 0, "a handler");
    let each = libc::timeval {
        tv_sec: 0,
        tv_usec: microseconds,
    };
    let setting = libc::itimerval {
        it_interval: each,
        it_value: each,
    };
    // SAFETY: a valid setting is passed; the old one is not asked for.
    let result =
        unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const setting, std::ptr::null_mut()) };
    assert_eq!(result, 0, "a timer");
}
