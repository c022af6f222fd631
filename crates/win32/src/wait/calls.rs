//! `WaitForSingleObject` and its like, `Sleep`.

use completion_port::Deadline;

use super::{Ended, Kind, Target, mutex, semaphore, sleep, wait, wait_for_handles};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::door;
use crate::handle::{self, Object};
use crate::overlapped::deadline_of;
use crate::status::{Status, set_last_error};

/// `WAIT_FAILED`.
const FAILED: Dword = u32::MAX;

/// A door for functions that return what a wait returns.
fn wait_door(run: impl FnOnce() -> Result<Ended, Status>) -> Dword {
    door(FAILED, || match run() {
        Ok(ended) => ended.code(),
        Err(status) => {
            set_last_error(status.win32());
            FAILED
        }
    })
}

fn wait_for_one(object: Handle, milliseconds: Dword, alertable: bool) -> Result<Ended, Status> {
    // What is signaled already is taken without as much as counting a reference.
    if let Some(Object::Waitable(waitable)) = handle::get(object).as_deref()
        && waitable.source().try_take().is_ok_and(|taken| taken)
    {
        return Ok(Ended::AT_ONCE);
    }
    let target = Target::of(object)?;
    let targets = std::slice::from_ref(&target);
    Ok(wait(targets, false, deadline_of(milliseconds), alertable))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitForSingleObject(object: Handle, milliseconds: Dword) -> Dword {
    wait_door(|| wait_for_one(object, milliseconds, false))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitForSingleObjectEx(
    object: Handle,
    milliseconds: Dword,
    alertable: Bool,
) -> Dword {
    wait_door(|| wait_for_one(object, milliseconds, alertable != FALSE))
}

unsafe fn wait_for_several(
    count: Dword,
    objects: *const Handle,
    all: Bool,
    milliseconds: Dword,
    alertable: bool,
) -> Result<Ended, Status> {
    if objects.is_null() || count as usize > super::TARGETS_MAX {
        return Err(Status::INVALID_PARAMETER);
    }
    // SAFETY: a pointer that is not null leads to so many handles, by contract.
    let handles = unsafe { std::slice::from_raw_parts(objects, count as usize) };
    wait_for_handles(handles, all != FALSE, deadline_of(milliseconds), alertable)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitForMultipleObjects(
    count: Dword,
    objects: *const Handle,
    all: Bool,
    milliseconds: Dword,
) -> Dword {
    // SAFETY: the program's arguments, passed on.
    wait_door(|| unsafe { wait_for_several(count, objects, all, milliseconds, false) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitForMultipleObjectsEx(
    count: Dword,
    objects: *const Handle,
    all: Bool,
    milliseconds: Dword,
    alertable: Bool,
) -> Dword {
    let alertable = alertable != FALSE;
    // SAFETY: the program's arguments, passed on.
    wait_door(|| unsafe { wait_for_several(count, objects, all, milliseconds, alertable) })
}

/// Signals an event, a mutex or a semaphore.
fn signal(object: Handle) -> Result<(), Status> {
    let used = handle::get(object);
    let Some(Object::Waitable(waitable)) = used.as_deref() else {
        return Err(Status::INVALID_HANDLE);
    };
    match waitable.kind() {
        Kind::Event => {
            waitable.source().set();
            Ok(())
        }
        Kind::Mutex(_) => mutex::release(object),
        Kind::Semaphore(_) => semaphore::release(object, 1).map(|_| ()),
        _ => Err(Status::INVALID_HANDLE),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SignalObjectAndWait(
    object: Handle,
    target: Handle,
    milliseconds: Dword,
    alertable: Bool,
) -> Dword {
    wait_door(|| {
        // What is waited for must be known before anything is signaled.
        let target = Target::of(target)?;
        signal(object)?;
        let targets = std::slice::from_ref(&target);
        Ok(wait(
            targets,
            false,
            deadline_of(milliseconds),
            alertable != FALSE,
        ))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SleepEx(milliseconds: Dword, alertable: Bool) -> Dword {
    door(0, || {
        let deadline = deadline_of(milliseconds);
        if deadline == Deadline::Now && alertable == FALSE {
            std::thread::yield_now();
            return 0;
        }
        match sleep(deadline, alertable != FALSE) {
            Ended::Called => Ended::Called.code(),
            // Nothing else ends a sleep.
            _ => 0,
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn Sleep(milliseconds: Dword) {
    // SAFETY: there are no pointers.
    unsafe { SleepEx(milliseconds, FALSE) };
}
