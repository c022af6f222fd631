//! Calls that raise SIGPIPE where the program expects an error.

use std::mem::MaybeUninit;

/// Runs a call whose failure with `EPIPE` would kill a program that does not know of signals.
pub(crate) fn without_sigpipe(call: impl FnOnce() -> Result<usize, i32>) -> Result<usize, i32> {
    let mut sigpipe = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    let mut pending = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the set is initialised here, before anybody uses it.
    unsafe { libc::sigemptyset(sigpipe.as_mut_ptr()) };
    // SAFETY: initialised above.
    unsafe { libc::sigaddset(sigpipe.as_mut_ptr(), libc::SIGPIPE) };
    // SAFETY: room for a set is passed.
    unsafe { libc::sigpending(pending.as_mut_ptr()) };
    // SAFETY: the set holds what the call wrote, or zeros.
    let was_pending = unsafe { libc::sigismember(pending.as_ptr(), libc::SIGPIPE) } == 1;
    // SAFETY: both sets are valid.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, sigpipe.as_ptr(), before.as_mut_ptr()) };
    let result = call();
    if result == Err(libc::EPIPE) && !was_pending {
        let at_once = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let nowhere = std::ptr::null_mut();
        // SAFETY: the set is initialised; nothing is asked about the signal.
        unsafe { libc::sigtimedwait(sigpipe.as_ptr(), nowhere, &raw const at_once) };
    }
    let nowhere = std::ptr::null_mut();
    // SAFETY: `before` was filled in when the signal was blocked.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), nowhere) };
    result
}
