//! Timer queues.

use std::ffi::c_void;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::calls::{Calls, of_handle};
use super::pool::{NORMAL, Pool};
use super::work::LONG_FUNCTION;
use crate::abi::{Bool, Dword, Handle, INFINITE, INVALID_HANDLE};
use crate::handle::{self, Object};
use crate::status::{Status, set_last_error};
use crate::text::Out;
use crate::thread::outside;
use crate::wait::clock::{self, Alarm};
use crate::wait::set_event;
use crate::{bool_door, door};

/// `WAITORTIMERCALLBACK`: the second argument is always true for a timer.
pub(super) type Callback = unsafe extern "C-unwind" fn(*mut c_void, u8);

/// A queue: timers that are deleted together.
#[derive(Default)]
struct Queue {
    timers: Mutex<Vec<(usize, Weak<Timer>)>>,
}

struct Timer {
    callback: Callback,
    /// A pointer of the program's.
    argument: usize,
    is_long: bool,
    calls: Calls,
    set: Mutex<Set>,
    queue: Weak<Queue>,
}

#[derive(Default)]
struct Set {
    alarm: Option<Alarm>,
    /// Changes with every setting: an alarm that comes too late finds another.
    serial: u64,
    /// A timer that fires once has, and cannot be changed any more.
    has_fired: bool,
}

/// The queue that is used when a program names none.
fn default_queue() -> &'static Arc<Queue> {
    static QUEUE: OnceLock<Arc<Queue>> = OnceLock::new();
    QUEUE.get_or_init(Arc::default)
}

fn queue_of(handle: Handle) -> Result<Arc<Queue>, Status> {
    if handle.is_null() {
        return Ok(Arc::clone(default_queue()));
    }
    of_handle(handle)
}

impl Timer {
    fn arm(self: &Arc<Self>, due: Dword, period: Dword) -> Result<(), Status> {
        let mut set = self.set.lock();
        set.serial += 1;
        set.alarm.take().map(clock::cancel);
        if due == INFINITE {
            return Ok(());
        }
        let when = Instant::now() + Duration::from_millis(due.into());
        let period = Duration::from_millis(period.into());
        let (weak, serial) = (Arc::downgrade(self), set.serial);
        set.alarm = Some(clock::at(when, move || fire(&weak, serial, when, period))?);
        Ok(())
    }

    fn disarm(&self) {
        let mut set = self.set.lock();
        set.serial += 1;
        set.alarm.take().map(clock::cancel);
    }

    fn run(&self) {
        self.calls.run(|| {
            let argument = std::ptr::with_exposed_provenance_mut(self.argument);
            // SAFETY: the program's callback, with what it wants to be told.
            let call = || outside(|| unsafe { (self.callback)(argument, 1) });
            if self.is_long {
                completion_port::blocking(call);
            } else {
                call();
            }
        });
    }

    /// It fires no more; see [`Calls::end`].
    fn end(&self, event: Handle) -> Result<(), Status> {
        self.disarm();
        self.calls.end(event)
    }
}

fn fire(timer: &Weak<Timer>, serial: u64, when: Instant, period: Duration) {
    let Some(timer) = timer.upgrade() else { return };
    let mut set = timer.set.lock();
    if set.serial != serial {
        return;
    }
    set.alarm = None;
    if period.is_zero() {
        set.has_fired = true;
    } else {
        let weak = Arc::downgrade(&timer);
        let next = clock::next(when, period);
        // The clock's thread runs already, so this cannot fail.
        set.alarm = clock::at(next, move || fire(&weak, serial, next, period)).ok();
    }
    drop(set);
    if let Ok(pool) = Pool::process()
        && timer.calls.queue()
    {
        pool.submit(NORMAL, move || timer.run());
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateTimerQueue() -> Handle {
    door(std::ptr::null_mut(), || {
        handle::insert(Object::Other(Arc::new(Queue::default()))).unwrap_or_else(|status| {
            set_last_error(status.win32());
            std::ptr::null_mut()
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateTimerQueueTimer(
    timer: Out<Handle>,
    queue: Handle,
    callback: Option<Callback>,
    argument: *mut c_void,
    due: Dword,
    period: Dword,
    flags: u32,
) -> Bool {
    bool_door(|| {
        let callback = callback.ok_or(Status::INVALID_PARAMETER)?;
        if timer.is_null() {
            return Err(Status::INVALID_PARAMETER);
        }
        let queue = queue_of(queue)?;
        let made = Arc::new(Timer {
            callback,
            argument: argument.expose_provenance(),
            is_long: flags & LONG_FUNCTION != 0,
            calls: Calls::default(),
            set: Mutex::default(),
            queue: Arc::downgrade(&queue),
        });
        let any: Arc<Timer> = Arc::clone(&made);
        let handle = handle::insert(Object::Other(any))?;
        queue
            .timers
            .lock()
            .push((handle.addr(), Arc::downgrade(&made)));
        // Before it can fire: the callback may use the handle.
        timer.set(handle);
        made.arm(due, period)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ChangeTimerQueueTimer(
    _queue: Handle,
    timer: Handle,
    due: Dword,
    period: Dword,
) -> Bool {
    bool_door(|| {
        let timer = of_handle::<Timer>(timer)?;
        let has_fired = timer.set.lock().has_fired;
        // One that has fired once stays as it is, which is no error.
        if has_fired {
            Ok(())
        } else {
            timer.arm(due, period)
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DeleteTimerQueueTimer(_queue: Handle, timer: Handle, event: Handle) -> Bool {
    bool_door(|| {
        let object = of_handle::<Timer>(timer)?;
        handle::close(timer, |_| true)?;
        if let Some(queue) = object.queue.upgrade() {
            queue
                .timers
                .lock()
                .retain(|(handle, _)| *handle != timer.addr());
        }
        object.end(event)
    })
}

/// Deletes a queue and its timers. See [`Calls::end`] for the event, which is set when the
/// callbacks of all timers have ended.
fn delete_queue(queue: Handle, event: Handle) -> Result<(), Status> {
    let object = of_handle::<Queue>(queue)?;
    handle::close(queue, |_| true)?;
    let timers = std::mem::take(&mut *object.timers.lock());
    let waits = event.addr() == INVALID_HANDLE;
    let mut running = Vec::new();
    for (handle, timer) in timers {
        // The program may have closed it, which it should not.
        let _ = handle::close(std::ptr::without_provenance_mut(handle), |_| true);
        let how = if waits { event } else { std::ptr::null_mut() };
        if let Some(timer) = timer.upgrade()
            && timer.end(how).is_err()
        {
            running.push(timer);
        }
    }
    if waits {
        return Ok(());
    }
    if running.is_empty() {
        set_event(event);
        return Ok(());
    }
    if !event.is_null() {
        let event = event.addr();
        Pool::process()?.submit(NORMAL, move || {
            let until_over = std::ptr::without_provenance_mut(INVALID_HANDLE);
            // One that is waited for leaves nothing to tell.
            for timer in &running {
                let _ = timer.end(until_over);
            }
            set_event(std::ptr::without_provenance_mut(event));
        });
    }
    Err(Status::PENDING)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DeleteTimerQueue(queue: Handle) -> Bool {
    bool_door(|| delete_queue(queue, std::ptr::null_mut()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DeleteTimerQueueEx(queue: Handle, event: Handle) -> Bool {
    bool_door(|| delete_queue(queue, event))
}
