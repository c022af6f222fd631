//! Local storage of threads: `TlsAlloc` and `FlsAlloc`.
//!
//! An index is given out with a serial number, and a value belongs to index and serial: when an
//! index is freed, the values in all threads are void without anybody's having to visit them.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use super::{Thread, outside, with_current};
use crate::abi::{Bool, Dword, FALSE, TRUE};
use crate::status::{Status, set_last_error};
use crate::{bool_door, door};

/// `TLS_OUT_OF_INDEXES`, `FLS_OUT_OF_INDEXES`.
const NONE: Dword = u32::MAX;

/// How many indexes `TlsAlloc` has.
const TLS_COUNT: usize = 1088;
/// As many have their place in every thread from the beginning: `TLS_MINIMUM_AVAILABLE`.
const TLS_NEAR: usize = 64;
/// How many indexes `FlsAlloc` has; the first is never given out.
const FLS_COUNT: usize = 4080;

/// `ERROR_NO_MORE_ITEMS` is what Windows says when none is left.
const NO_MORE_ITEMS: u32 = 259;

/// The serials of `TlsAlloc`'s indexes: odd while given out.
static TLS: [AtomicU32; TLS_COUNT] = [const { AtomicU32::new(0) }; TLS_COUNT];

/// A value and the serial of its index when it was set.
#[derive(Clone, Copy)]
struct Value {
    serial: u32,
    value: *mut c_void,
}

impl Value {
    const VOID: Self = Self {
        serial: 0,
        value: std::ptr::null_mut(),
    };
}

/// Values of the higher indexes.
type Far = [Cell<Value>; TLS_COUNT - TLS_NEAR];

thread_local! {
    static NEAR: [Cell<Value>; TLS_NEAR] = const { [const { Cell::new(Value::VOID) }; TLS_NEAR] };
    static FAR: Cell<Option<&'static Far>> = const { Cell::new(None) };
    /// Gives the higher ones' memory back when the thread ends.
    static FAR_KEEPER: FarKeeper = const { FarKeeper };
}

struct FarKeeper;

impl Drop for FarKeeper {
    fn drop(&mut self) {
        if let Some(far) = FAR.take() {
            // SAFETY: made by `far` from a box, for this thread alone, which has no other
            // reference to it now.
            drop(unsafe { Box::from_raw(std::ptr::from_ref(far).cast_mut()) });
        }
    }
}

/// Runs something with the calling thread's place for an index; `None` if it has no such place.
#[inline]
fn with_place<T>(index: usize, make: bool, run: impl FnOnce(&Cell<Value>) -> T) -> Option<T> {
    if index < TLS_NEAR {
        return Some(NEAR.with(|near| run(&near[index])));
    }
    Some(run(&far(make)?[index - TLS_NEAR]))
}

#[cold]
fn far(make: bool) -> Option<&'static Far> {
    if let Some(far) = FAR.get() {
        return Some(far);
    }
    // A thread whose storage is being destroyed could not give the memory back.
    if !make || FAR_KEEPER.try_with(|_| ()).is_err() {
        return None;
    }
    let far = Box::new([const { Cell::new(Value::VOID) }; TLS_COUNT - TLS_NEAR]);
    let far = &*Box::leak(far);
    FAR.set(Some(far));
    Some(far)
}

/// Gives out an index.
fn take(serials: &[AtomicU32], from: usize) -> Option<usize> {
    let free = |serial: &AtomicU32| {
        let before = serial.load(Ordering::Relaxed);
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        before.is_multiple_of(2)
            && serial
                .compare_exchange(before, before + 1, success, failure)
                .is_ok()
    };
    serials.iter().skip(from).position(free).map(|at| at + from)
}

/// Takes an index back.
fn give_back(serials: &[AtomicU32], index: usize) -> Result<(), Status> {
    let serial = serials.get(index).ok_or(Status::INVALID_PARAMETER)?;
    let before = serial.load(Ordering::Acquire);
    let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
    let next = before.wrapping_add(1);
    let freed = before % 2 == 1
        && serial
            .compare_exchange(before, next, success, failure)
            .is_ok();
    if freed {
        Ok(())
    } else {
        Err(Status::INVALID_PARAMETER)
    }
}

/// The serial of an index that is given out.
#[inline]
fn serial_of(serials: &[AtomicU32], index: usize) -> Result<u32, Status> {
    let serial = serials.get(index).ok_or(Status::INVALID_PARAMETER)?;
    let serial = serial.load(Ordering::Acquire);
    if serial % 2 == 1 {
        Ok(serial)
    } else {
        Err(Status::INVALID_PARAMETER)
    }
}

fn alloc(serials: &[AtomicU32], from: usize) -> Dword {
    match take(serials, from) {
        Some(index) => index as Dword,
        None => {
            set_last_error(NO_MORE_ITEMS);
            NONE
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn TlsAlloc() -> Dword {
    alloc(&TLS, 0)
}

#[unsafe(no_mangle)]
extern "C" fn TlsFree(index: Dword) -> Bool {
    bool_door(|| give_back(&TLS, index as usize))
}

#[unsafe(no_mangle)]
extern "C" fn TlsGetValue(index: Dword) -> *mut c_void {
    let index = index as usize;
    let Some(serial) = TLS.get(index) else {
        set_last_error(Status::INVALID_PARAMETER.win32());
        return std::ptr::null_mut();
    };
    // Of all functions this one says by the last error that a null is a value.
    set_last_error(0);
    let serial = serial.load(Ordering::Relaxed);
    let value = with_place(index, false, Cell::get).unwrap_or(Value::VOID);
    if value.serial == serial {
        value.value
    } else {
        std::ptr::null_mut()
    }
}

#[unsafe(no_mangle)]
extern "C" fn TlsSetValue(index: Dword, value: *mut c_void) -> Bool {
    let index = index as usize;
    let set = serial_of(&TLS, index).and_then(|serial| {
        let value = Value { serial, value };
        with_place(index, true, |place| place.set(value)).ok_or(Status::NO_MEMORY)
    });
    match set {
        Ok(()) => TRUE,
        Err(status) => {
            set_last_error(status.win32());
            FALSE
        }
    }
}

/// `PFLS_CALLBACK_FUNCTION`.
type Callback = unsafe extern "C-unwind" fn(*mut c_void);

/// The serials of `FlsAlloc`'s indexes: odd while given out.
static FLS: [AtomicU32; FLS_COUNT] = [const { AtomicU32::new(0) }; FLS_COUNT];
static CALLBACKS: Mutex<Vec<Option<Callback>>> = Mutex::new(Vec::new());

/// A thread's values of `FlsAlloc`'s indexes: others may have to call back with them.
#[derive(Default)]
pub(super) struct Values(Vec<Value>);

// SAFETY: the pointers are the program's; only it uses them.
unsafe impl Send for Values {}

impl Values {
    fn get(&self, index: usize, serial: u32) -> *mut c_void {
        match self.0.get(index) {
            Some(value) if value.serial == serial => value.value,
            _ => std::ptr::null_mut(),
        }
    }

    fn set(&mut self, index: usize, value: Value) {
        if self.0.len() <= index {
            self.0.resize(index + 1, Value::VOID);
        }
        self.0[index] = value;
    }
}

fn callback_of(index: usize) -> Option<Callback> {
    *CALLBACKS.lock().get(index)?
}

fn call(callback: Callback, value: *mut c_void) {
    // SAFETY: the program wants it called with its values.
    outside(|| unsafe { callback(value) });
}

/// Takes a thread's value of an index and calls back with it, if there is one.
fn call_for(thread: &Thread, index: usize, serial: u32) -> bool {
    let mut values = thread.local.lock();
    let value = values.get(index, serial);
    if value.is_null() {
        return false;
    }
    values.set(index, Value::VOID);
    drop(values);
    if let Some(callback) = callback_of(index) {
        call(callback, value);
    }
    true
}

/// How often a callback may set further values that have to be called back for.
const ROUNDS_MAX: usize = 4;

/// The calling thread, which this is, ends: calls back for each of its values.
pub(super) fn run_callbacks(thread: &Arc<Thread>) {
    for _ in 0..ROUNDS_MAX {
        let count = thread.local.lock().0.len();
        let mut any = false;
        for index in 0..count {
            if let Ok(serial) = serial_of(&FLS, index) {
                any |= call_for(thread, index, serial);
            }
        }
        if !any {
            return;
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FlsAlloc(callback: Option<Callback>) -> Dword {
    door(NONE, || {
        let index = alloc(&FLS, 1);
        if index != NONE {
            let mut callbacks = CALLBACKS.lock();
            let index = index as usize;
            if callbacks.len() <= index {
                callbacks.resize(index + 1, None);
            }
            callbacks[index] = callback;
        }
        index
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FlsFree(index: Dword) -> Bool {
    bool_door(|| {
        let index = index as usize;
        let serial = serial_of(&FLS, index)?;
        for thread in super::all() {
            call_for(&thread, index, serial);
        }
        give_back(&FLS, index)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FlsGetValue(index: Dword) -> *mut c_void {
    door(std::ptr::null_mut(), || {
        let index = index as usize;
        match serial_of(&FLS, index) {
            Ok(serial) => {
                set_last_error(0);
                with_current(|thread| thread.local.lock().get(index, serial))
            }
            Err(status) => {
                set_last_error(status.win32());
                std::ptr::null_mut()
            }
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FlsSetValue(index: Dword, value: *mut c_void) -> Bool {
    bool_door(|| {
        let index = index as usize;
        let value = Value {
            serial: serial_of(&FLS, index)?,
            value,
        };
        with_current(|thread| thread.local.lock().set(index, value));
        Ok(())
    })
}
