//! Waitable timers.

use std::ffi::c_void;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

use super::clock::{self, Alarm};
use super::handles::Security;
use super::{Apc, Kind, Rule, Source, Thread, Waitable, current_thread, names};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::bool_door;
use crate::handle::{self, Object};
use crate::status::{Status, set_last_error};
use crate::text::{In, Text, exports};
use crate::thread::file_time;

/// What a timer has besides its state.
#[derive(Default)]
pub(crate) struct Timer(Mutex<Set>);

/// How a timer is set.
#[derive(Default)]
struct Set {
    alarm: Option<Alarm>,
    /// Changes with every setting: an alarm that comes too late finds another.
    serial: u64,
    routine: Option<Routine>,
}

/// `PTIMERAPCROUTINE`.
type Function = unsafe extern "C-unwind" fn(*mut c_void, u32, u32);

/// What the thread that set the timer runs when it is due.
#[derive(Clone)]
struct Routine {
    thread: Arc<Thread>,
    function: Function,
    argument: usize,
}

impl Set {
    /// It is not set any more; calls that wait are taken back.
    fn clear(&mut self, mark: usize) {
        self.serial += 1;
        if let Some(alarm) = self.alarm.take() {
            clock::cancel(alarm);
        }
        if let Some(routine) = self.routine.take() {
            routine.thread.take_back(mark);
        }
    }
}

impl Timer {
    /// By what its calls are found.
    fn mark(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// It will not become signaled, nor call.
    pub(super) fn cancel(&self) {
        self.0.lock().clear(self.mark());
    }
}

fn set(
    waitable: &Arc<Waitable>,
    timer: &Timer,
    due: i64,
    period: Duration,
    routine: Option<Routine>,
) -> Result<(), Status> {
    let mut set = timer.0.lock();
    set.clear(timer.mark());
    waitable.source().reset();
    set.routine = routine;
    if let Some(when) = clock::moment(due) {
        let (weak, serial) = (Arc::downgrade(waitable), set.serial);
        set.alarm = Some(clock::at(when, move || fire(&weak, serial, when, period))?);
    }
    Ok(())
}

/// A timer is due.
fn fire(waitable: &Weak<Waitable>, serial: u64, when: Instant, period: Duration) {
    let Some(waitable) = waitable.upgrade() else {
        return;
    };
    let Kind::Timer(timer) = waitable.kind() else {
        return;
    };
    let mut set = timer.0.lock();
    if set.serial != serial {
        return;
    }
    set.alarm = None;
    if !period.is_zero() {
        let weak = Arc::downgrade(&waitable);
        let next = clock::next(when, period);
        // The clock's thread runs already, so this cannot fail.
        set.alarm = clock::at(next, move || fire(&weak, serial, next, period)).ok();
    }
    // Still under the lock: who cancels the timer then knows that this is over.
    waitable.source().set();
    if let Some(Routine {
        thread,
        function,
        argument,
    }) = set.routine.clone()
    {
        let now = file_time(SystemTime::now());
        // One that is queued already speaks for this time, too.
        thread.queue_apc_once(Apc::marked(timer.mark(), move || {
            let argument = std::ptr::with_exposed_provenance_mut(argument);
            // SAFETY: the program wants it called with that argument.
            unsafe { function(argument, now as u32, (now >> 32) as u32) };
        }));
    }
}

fn with_timer(
    handle: Handle,
    run: impl FnOnce(&Arc<Waitable>, &Timer) -> Result<(), Status>,
) -> Result<(), Status> {
    let used = handle::get(handle);
    let Some(Object::Waitable(waitable)) = used.as_deref() else {
        return Err(Status::INVALID_HANDLE);
    };
    match waitable.kind() {
        Kind::Timer(timer) => run(waitable, timer),
        _ => Err(Status::OBJECT_TYPE_MISMATCH),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetWaitableTimer(
    timer: Handle,
    due: In<i64>,
    period: i32,
    routine: Option<Function>,
    argument: *mut c_void,
    resume: Bool,
) -> Bool {
    bool_door(|| {
        let due = due.get().ok_or(Status::ACCESS_VIOLATION)?;
        let period = u64::try_from(period).map_err(|_| Status::INVALID_PARAMETER)?;
        let argument = argument.expose_provenance();
        let routine = routine.map(|function| Routine {
            thread: current_thread(),
            function,
            argument,
        });
        with_timer(timer, |waitable, timer| {
            set(waitable, timer, due, Duration::from_millis(period), routine)
        })?;
        // The call succeeds, and says that no sleeping machine will be woken.
        set_last_error(if resume == FALSE {
            0
        } else {
            Status::NOT_SUPPORTED.win32()
        });
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CancelWaitableTimer(timer: Handle) -> Bool {
    bool_door(|| {
        with_timer(timer, |_, timer| {
            timer.cancel();
            Ok(())
        })
    })
}

fn new(manual: bool) -> Arc<Waitable> {
    let rule = if manual { Rule::Keep } else { Rule::Take };
    Waitable::with(Kind::Timer(Timer::default()), Source::with(rule, 0))
}

fn is_timer(waitable: &Waitable) -> bool {
    matches!(waitable.kind(), Kind::Timer(_))
}

/// `CREATE_WAITABLE_TIMER_MANUAL_RESET`; all timers here are of high resolution.
const MANUAL_RESET: u32 = 1;
const KNOWN_FLAGS: u32 = 3;

exports! {
    CreateWaitableTimerA, CreateWaitableTimerW, CreateWaitableTimerW_16:
    fn create<U>(security: *const Security, manual: Bool, name: Text<U>) -> Handle
        = std::ptr::null_mut();
    {
        names::create(name, security, Ok(new(manual != FALSE)))
    }

    CreateWaitableTimerExA, CreateWaitableTimerExW, CreateWaitableTimerExW_16:
    fn create_ex<U>(security: *const Security, name: Text<U>, flags: Dword, _access: Dword)
        -> Handle = std::ptr::null_mut();
    {
        let timer = if flags & !KNOWN_FLAGS == 0 {
            Ok(new(flags & MANUAL_RESET != 0))
        } else {
            Err(Status::INVALID_PARAMETER)
        };
        names::create(name, security, timer)
    }

    OpenWaitableTimerA, OpenWaitableTimerW, OpenWaitableTimerW_16:
    fn open<U>(_access: Dword, inherit: Bool, name: Text<U>) -> Handle = std::ptr::null_mut();
    {
        names::open(name, inherit != FALSE, is_timer)
    }
}
