//! One-time initialisation.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use completion_port::Deadline;

use super::address;
use crate::abi::{Bool, Dword, FALSE};
use crate::bool_door;
use crate::status::Status;
use crate::text::Out;
use crate::thread::outside;

/// The states of an `INIT_ONCE`, in its lowest two bits; zero is the first.
const BEGUN: usize = 1;
const DONE: usize = 2;
/// Several threads do it, and the first to finish wins.
const BEGUN_BY_SEVERAL: usize = 3;
const STATE: usize = 3;

/// `INIT_ONCE_CHECK_ONLY`, `INIT_ONCE_ASYNC`, `INIT_ONCE_INIT_FAILED`.
const CHECK_ONLY: Dword = 1;
const ASYNC: Dword = 2;
const FAILED: Dword = 4;

/// The once that a program passes.
///
/// # Safety
///
/// The pointer leads to one in the program's memory, zero at first, which outlives the call.
unsafe fn once<'a>(at: *const c_void) -> &'a AtomicUsize {
    // SAFETY: as the caller says.
    unsafe { &*at.cast::<AtomicUsize>() }
}

/// Sets a state and wakes those who wait for another than `BEGUN`.
fn settle(once: &AtomicUsize, state: usize) {
    once.store(state, Ordering::Release);
    address::wake(std::ptr::from_ref(once).addr(), true);
}

/// Begins, or finds it done: then the context. `None` if the calling thread is to do it.
fn begin(once: &AtomicUsize, as_state: usize) -> Result<Option<usize>, Status> {
    loop {
        let word = once.load(Ordering::Acquire);
        match (word & STATE, as_state) {
            (0, _) => {
                let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
                if once
                    .compare_exchange(word, as_state, success, failure)
                    .is_ok()
                {
                    return Ok(None);
                }
            }
            (DONE, _) => return Ok(Some(word & !STATE)),
            (BEGUN_BY_SEVERAL, BEGUN_BY_SEVERAL) => return Ok(None),
            (BEGUN, BEGUN) => {
                let address = std::ptr::from_ref(once).addr();
                let holds = || once.load(Ordering::Acquire) == word;
                address::wait(address, holds, Deadline::Never);
            }
            _ => return Err(Status::INVALID_PARAMETER),
        }
    }
}

/// `PINIT_ONCE_FN`.
type Function = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, *mut *mut c_void) -> Bool;

#[unsafe(no_mangle)]
unsafe extern "C" fn InitOnceInitialize(at: *mut c_void) {
    // SAFETY: the program passes room for one, by contract.
    unsafe { at.cast::<usize>().write(0) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitOnceExecuteOnce(
    at: *mut c_void,
    function: Function,
    parameter: *mut c_void,
    context: Out<*mut c_void>,
) -> Bool {
    // SAFETY: the program passes one, by contract.
    let once = unsafe { once(at) };
    let done = once.load(Ordering::Acquire);
    if done & STATE == DONE {
        context.set(std::ptr::with_exposed_provenance_mut(done & !STATE));
        return true.into();
    }
    let mut failed = false;
    let done = bool_door(|| {
        if let Some(known) = begin(once, BEGUN)? {
            context.set(std::ptr::with_exposed_provenance_mut(known));
            return Ok(());
        }
        let mut value = std::ptr::null_mut();
        // SAFETY: the program wants it called so, once.
        if outside(|| unsafe { function(at, parameter, &raw mut value) }) == FALSE {
            settle(once, 0);
            // The function's last error is the call's; below.
            failed = true;
            return Ok(());
        }
        settle(once, value.expose_provenance() & !STATE | DONE);
        context.set(value);
        Ok(())
    });
    if failed { FALSE } else { done }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitOnceBeginInitialize(
    at: *mut c_void,
    flags: Dword,
    pending: Out<Bool>,
    context: Out<*mut c_void>,
) -> Bool {
    bool_door(|| {
        // SAFETY: the program passes one, by contract.
        let once = unsafe { once(at) };
        let known = match flags {
            CHECK_ONLY => match once.load(Ordering::Acquire) {
                word if word & STATE == DONE => Some(word & !STATE),
                _ => return Err(Status::UNSUCCESSFUL),
            },
            0 => begin(once, BEGUN)?,
            ASYNC => begin(once, BEGUN_BY_SEVERAL)?,
            _ => return Err(Status::INVALID_PARAMETER),
        };
        pending.set(known.is_none().into());
        if let Some(known) = known {
            context.set(std::ptr::with_exposed_provenance_mut(known));
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitOnceComplete(at: *mut c_void, flags: Dword, context: *mut c_void) -> Bool {
    bool_door(|| {
        // SAFETY: the program passes one, by contract.
        let once = unsafe { once(at) };
        let context = context.expose_provenance();
        let (from, to) = match flags {
            0 => (BEGUN, context | DONE),
            ASYNC => (BEGUN_BY_SEVERAL, context | DONE),
            FAILED if context == 0 => (BEGUN, 0),
            _ => return Err(Status::INVALID_PARAMETER),
        };
        if context & STATE != 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        match once.compare_exchange(from, to, success, failure) {
            Ok(_) => {
                address::wake(at.addr(), true);
                Ok(())
            }
            // Another of several was faster.
            Err(_) if flags == ASYNC => Err(Status::UNSUCCESSFUL),
            Err(_) => Err(Status::INVALID_PARAMETER),
        }
    })
}
