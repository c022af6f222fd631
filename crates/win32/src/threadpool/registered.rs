//! Registered waits: a callback whenever something is signaled, or was not for some time.

use std::ffi::c_void;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use completion_port::Deadline;

use super::calls::{Calls, of_handle};
use super::pool::{NORMAL, Pool};
use super::queues::Callback;
use super::work::LONG_FUNCTION;
use crate::abi::{Bool, Dword, Handle};
use crate::bool_door;
use crate::handle::{self, Object};
use crate::overlapped::deadline_of;
use crate::status::Status;
use crate::text::Out;
use crate::thread::outside;
use crate::wait::clock::{self, Alarm};
use crate::wait::{Registered, Target};

/// `WT_EXECUTEONLYONCE`.
const ONLY_ONCE: u32 = 8;

struct Wait {
    callback: Callback,
    /// A pointer of the program's.
    argument: usize,
    flags: u32,
    target: Target,
    milliseconds: Dword,
    calls: Calls,
    set: Mutex<Set>,
}

#[derive(Default)]
struct Set {
    waits: Option<Registered>,
    alarm: Option<Alarm>,
    /// Changes whenever a wait begins or is over: who comes too late finds another.
    serial: u64,
    over: bool,
}

impl Set {
    fn clear(&mut self) {
        self.serial += 1;
        self.waits.take().map(Registered::cancel);
        self.alarm.take().map(clock::cancel);
    }
}

impl Wait {
    /// Waits for the next time.
    fn arm(self: &Arc<Self>) {
        let mut set = self.set.lock();
        if set.over {
            return;
        }
        set.clear();
        let serial = set.serial;
        drop(set);
        // Not under the lock: it may be over at once.
        let weak = Arc::downgrade(self);
        let call = Box::new(move |_| over(&weak, serial, false));
        let waits = Registered::new(self.target.clone(), call);
        let mut set = self.set.lock();
        if set.serial != serial {
            waits.cancel();
            return;
        }
        // Before the alarm, which must find it.
        set.waits = Some(waits);
        let weak = Arc::downgrade(self);
        match deadline_of(self.milliseconds) {
            Deadline::Never => {}
            Deadline::Now => {
                drop(set);
                over(&weak, serial, true);
            }
            Deadline::At(when) => {
                set.alarm = clock::at(when, move || over(&weak, serial, true)).ok();
            }
        }
    }

    /// One of the pool's threads calls.
    fn run(self: &Arc<Self>, timed_out: bool) {
        self.calls.run(|| {
            // Now, not after the callback: what is signaled meanwhile is not missed. And not
            // before: the callbacks of something that stays signaled would fill the queue.
            if self.flags & ONLY_ONCE == 0 {
                self.arm();
            }
            let argument = std::ptr::with_exposed_provenance_mut(self.argument);
            // SAFETY: the program's callback, with what it wants to be told.
            let call = || outside(|| unsafe { (self.callback)(argument, timed_out.into()) });
            if self.flags & LONG_FUNCTION == 0 {
                call();
            } else {
                completion_port::blocking(call);
            }
        });
    }
}

/// A wait is over.
fn over(wait: &Weak<Wait>, serial: u64, timed_out: bool) {
    let Some(wait) = wait.upgrade() else { return };
    let mut set = wait.set.lock();
    if set.serial != serial {
        return;
    }
    // If it was satisfied a moment ago, what it took must not be lost: that call is on its way.
    if timed_out && !set.waits.take().is_some_and(Registered::cancel) {
        return;
    }
    set.clear();
    drop(set);
    if let Ok(pool) = Pool::process()
        && wait.calls.queue()
    {
        pool.submit(NORMAL, move || wait.run(timed_out));
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn RegisterWaitForSingleObject(
    wait: Out<Handle>,
    object: Handle,
    callback: Option<Callback>,
    argument: *mut c_void,
    milliseconds: Dword,
    flags: u32,
) -> Bool {
    bool_door(|| {
        let callback = callback.ok_or(Status::INVALID_PARAMETER)?;
        if wait.is_null() {
            return Err(Status::INVALID_PARAMETER);
        }
        // `WT_SET_MAX_THREADPOOL_THREADS` puts a number there.
        if flags >> 16 != 0 {
            Pool::process()?.set_most(flags >> 16);
        }
        let made = Arc::new(Wait {
            callback,
            argument: argument.expose_provenance(),
            flags,
            target: Target::of(object)?,
            milliseconds,
            calls: Calls::default(),
            set: Mutex::default(),
        });
        let any: Arc<Wait> = Arc::clone(&made);
        let handle = handle::insert(Object::Other(any))?;
        // Before it can be called: the callback may use the handle.
        wait.set(handle);
        made.arm();
        Ok(())
    })
}

fn unregister(wait: Handle, event: Handle) -> Result<(), Status> {
    let object = of_handle::<Wait>(wait)?;
    handle::close(wait, |_| true)?;
    let mut set = object.set.lock();
    set.over = true;
    set.clear();
    drop(set);
    object.calls.end(event)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UnregisterWait(wait: Handle) -> Bool {
    bool_door(|| unregister(wait, std::ptr::null_mut()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UnregisterWaitEx(wait: Handle, event: Handle) -> Bool {
    bool_door(|| unregister(wait, event))
}
