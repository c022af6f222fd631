//! Timers of the pool.

use std::ffi::c_void;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::environment::Raw;
use super::object::{self, Callback, Kind, Object};
use super::work::make;
use crate::abi::{Bool, Dword, FALSE};
use crate::door;
use crate::text::In;
use crate::wait::clock::{self, Alarm};

/// How a timer is set.
#[derive(Default)]
struct Set {
    alarm: Option<Alarm>,
    /// Changes with every setting: an alarm that comes too late finds another.
    serial: u64,
}

pub(super) struct Timer {
    pub(super) callback: Callback,
    set: Mutex<Set>,
}

impl Timer {
    /// It is set no more; whether it was.
    pub(super) fn disarm(&self) -> bool {
        let mut set = self.set.lock();
        set.serial += 1;
        set.alarm.take().is_some_and(clock::cancel)
    }

    fn arm(&self, object: &Arc<Object>, when: Instant, period: Duration) {
        let mut set = self.set.lock();
        set.serial += 1;
        let (weak, serial) = (Arc::downgrade(object), set.serial);
        // Without a thread for the clock the timer never fires, and says so: it is not set.
        set.alarm = clock::at(when, move || fire(&weak, serial, when, period)).ok();
    }
}

/// Sets a timer, or with no due time ends its being set; whether it was set before.
fn set(object: &Arc<Object>, due: Option<i64>, period: Dword) -> bool {
    let Kind::Timer(timer) = &object.kind else {
        return false;
    };
    let was_set = timer.disarm();
    // The farthest times never come.
    if let Some(when) = due.and_then(clock::moment) {
        timer.arm(object, when, Duration::from_millis(period.into()));
    }
    was_set
}

fn fire(object: &Weak<Object>, serial: u64, when: Instant, period: Duration) {
    let Some(object) = object.upgrade() else {
        return;
    };
    let Kind::Timer(timer) = &object.kind else {
        return;
    };
    let mut set = timer.set.lock();
    if set.serial != serial {
        return;
    }
    set.alarm = None;
    if !period.is_zero() {
        let weak = Arc::downgrade(&object);
        let next = clock::next(when, period);
        // The clock's thread runs already, so this cannot fail.
        set.alarm = clock::at(next, move || fire(&weak, serial, next, period)).ok();
    }
    // Under the lock: who ends its being set then finds a callback that is to begin, or none will.
    let promised = object.promise();
    drop(set);
    if promised {
        object.submit_promised();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateThreadpoolTimer(
    callback: Option<Callback>,
    context: *mut c_void,
    environment: In<Raw>,
) -> *const Object {
    let kind = |callback| {
        Kind::Timer(Timer {
            callback,
            set: Mutex::default(),
        })
    };
    // SAFETY: the program's environment.
    unsafe { make(environment, context, || callback.map(kind)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadpoolTimer(
    timer: *const Object,
    due: In<i64>,
    period: Dword,
    window: Dword,
) {
    // SAFETY: the program's arguments, passed on.
    unsafe { SetThreadpoolTimerEx(timer, due, period, window) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadpoolTimerEx(
    timer: *const Object,
    due: In<i64>,
    period: Dword,
    _window: Dword,
) -> Bool {
    door(FALSE, || {
        // SAFETY: the program's object.
        let timer = unsafe { object::of_pointer(timer) };
        set(&timer, due.get(), period).into()
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn IsThreadpoolTimerSet(timer: *const Object) -> Bool {
    door(FALSE, || {
        // SAFETY: the program's object.
        let object = unsafe { object::of_pointer(timer) };
        match &object.kind {
            Kind::Timer(timer) => timer.set.lock().alarm.is_some().into(),
            _ => FALSE,
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitForThreadpoolTimerCallbacks(timer: *const Object, cancel: Bool) {
    door((), || {
        // SAFETY: the program's object.
        let object = unsafe { object::of_pointer(timer) };
        object.wait(cancel != FALSE);
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CloseThreadpoolTimer(timer: *const Object) {
    // SAFETY: the program's object.
    door((), || unsafe { object::close(timer) });
}
