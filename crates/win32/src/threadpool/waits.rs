//! Waits of the pool: a callback when something is signaled.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, MutexGuard};

use super::environment::Raw;
use super::instance::Instance;
use super::object::{self, Kind, Object};
use super::work::make;
use crate::abi::{Bool, FALSE, Handle};
use crate::door;
use crate::status::set_last_error;
use crate::text::In;
use crate::wait::clock::{self, Alarm};
use crate::wait::{Outcome, Registered, Target};

/// `PTP_WAIT_CALLBACK`; the last is the result of the wait.
type Callback = unsafe extern "C-unwind" fn(*const Instance, *mut c_void, *const Object, u32);

/// `WAIT_TIMEOUT`.
const TIMEOUT: u32 = 258;

/// How a wait is set.
#[derive(Default)]
struct Set {
    waits: Option<Registered>,
    alarm: Option<Alarm>,
    /// Changes with every setting, and when it is over: who comes too late finds another.
    serial: u64,
    is_set: bool,
    /// The results of waits that are over, for the callbacks that are to begin.
    results: VecDeque<u32>,
}

impl Set {
    /// It is over, or called off; whether it was set.
    fn clear(&mut self) -> bool {
        self.serial += 1;
        self.waits.take().map(Registered::cancel);
        self.alarm.take().map(clock::cancel);
        std::mem::replace(&mut self.is_set, false)
    }
}

pub(super) struct Wait {
    pub(super) callback: Callback,
    set: Mutex<Set>,
}

impl Wait {
    pub(super) fn disarm(&self) -> bool {
        self.set.lock().clear()
    }

    /// The callbacks that were to begin will not: they are counted off, and their results go.
    pub(super) fn cancel(&self, count_off: impl FnOnce() -> usize) -> usize {
        let mut set = self.set.lock();
        set.results.clear();
        count_off()
    }

    /// The result for a callback, if it begins.
    pub(super) fn begin(&self, begins: impl FnOnce() -> bool) -> Option<u32> {
        let mut set = self.set.lock();
        let result = begins().then(|| set.results.pop_front());
        Some(result?.unwrap_or(0))
    }
}

/// Sets a wait, once; what it was set to before is called off. Whether it was set.
fn set(object: &Arc<Object>, target: Option<Target>, timeout: Option<i64>) -> bool {
    let Kind::Wait(wait) = &object.kind else {
        return false;
    };
    let mut set = wait.set.lock();
    let was_set = set.clear();
    let Some(target) = target else { return was_set };
    set.is_set = true;
    let serial = set.serial;
    drop(set);
    // Not under the lock: it may be over at once.
    let weak = Arc::downgrade(object);
    let call = move |outcome: Outcome| over(&weak, serial, outcome.code());
    let waits = Registered::new(target, Box::new(call));
    let mut set = wait.set.lock();
    if set.serial != serial {
        waits.cancel();
        return was_set;
    }
    // Before the alarm, which must find it.
    set.waits = Some(waits);
    set.alarm = timeout.and_then(clock::moment).and_then(|when| {
        let weak = Arc::downgrade(object);
        clock::at(when, move || late(&weak, serial)).ok()
    });
    was_set
}

/// The time of a wait is over.
fn late(object: &Weak<Object>, serial: u64) {
    let Some(object) = object.upgrade() else {
        return;
    };
    let Kind::Wait(wait) = &object.kind else {
        return;
    };
    let mut set = wait.set.lock();
    // If it was satisfied a moment ago, what it took must not be lost: that call is on its way.
    if set.serial == serial && set.waits.take().is_some_and(Registered::cancel) {
        finish(&object, set, TIMEOUT);
    }
}

/// A wait is satisfied.
fn over(object: &Weak<Object>, serial: u64, result: u32) {
    let Some(object) = object.upgrade() else {
        return;
    };
    let Kind::Wait(wait) = &object.kind else {
        return;
    };
    let set = wait.set.lock();
    if set.serial == serial {
        finish(&object, set, result);
    }
}

/// Has the pool call with the result of a wait that is over.
fn finish(object: &Arc<Object>, mut set: MutexGuard<'_, Set>, result: u32) {
    set.clear();
    // Under the lock: who ends its being set then finds a callback that is to begin, or none will.
    let promised = object.promise();
    if promised {
        set.results.push_back(result);
    }
    drop(set);
    if promised {
        object.submit_promised();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateThreadpoolWait(
    callback: Option<Callback>,
    context: *mut c_void,
    environment: In<Raw>,
) -> *const Object {
    let kind = |callback| {
        Kind::Wait(Wait {
            callback,
            set: Mutex::default(),
        })
    };
    // SAFETY: the program's environment.
    unsafe { make(environment, context, || callback.map(kind)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadpoolWait(wait: *const Object, handle: Handle, timeout: In<i64>) {
    // SAFETY: the program's arguments, passed on.
    unsafe { SetThreadpoolWaitEx(wait, handle, timeout, std::ptr::null_mut()) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadpoolWaitEx(
    wait: *const Object,
    handle: Handle,
    timeout: In<i64>,
    _reserved: *mut c_void,
) -> Bool {
    door(FALSE, || {
        // SAFETY: the program's object.
        let wait = unsafe { object::of_pointer(wait) };
        let target = if handle.is_null() {
            None
        } else {
            match Target::of(handle) {
                Ok(target) => Some(target),
                Err(status) => {
                    set_last_error(status.win32());
                    return FALSE;
                }
            }
        };
        set(&wait, target, timeout.get()).into()
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitForThreadpoolWaitCallbacks(wait: *const Object, cancel: Bool) {
    door((), || {
        // SAFETY: the program's object.
        let object = unsafe { object::of_pointer(wait) };
        object.wait(cancel != FALSE);
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CloseThreadpoolWait(wait: *const Object) {
    // SAFETY: the program's object.
    door((), || unsafe { object::close(wait) });
}
