//! Work: something to be called, as often as it is submitted.

use std::ffi::c_void;
use std::sync::Arc;

use super::environment::{Environment, Raw, SimpleCallback};
use super::object::{self, Callback, Kind, Object};
use super::pool::{NORMAL, Pool};
use crate::abi::{Bool, Dword, FALSE};
use crate::status::{Status, set_last_error};
use crate::text::In;
use crate::thread::outside;
use crate::{bool_door, door};

/// Makes an object for a program, or says why not.
///
/// # Safety
///
/// What the environment names has not been closed.
pub(super) unsafe fn make(
    environment: In<Raw>,
    context: *mut c_void,
    kind: impl FnOnce() -> Option<Kind>,
) -> *const Object {
    door(std::ptr::null(), || {
        let kind = kind().ok_or(Status::INVALID_PARAMETER);
        // SAFETY: as the caller says.
        let environment = unsafe { Environment::of(environment) };
        match kind.and_then(|kind| Ok(Object::new(environment?, kind, context))) {
            Ok(object) => Arc::into_raw(object),
            Err(status) => {
                set_last_error(status.win32());
                std::ptr::null()
            }
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn TrySubmitThreadpoolCallback(
    callback: Option<SimpleCallback>,
    context: *mut c_void,
    environment: In<Raw>,
) -> Bool {
    bool_door(|| {
        let callback = callback.ok_or(Status::INVALID_PARAMETER)?;
        // SAFETY: the program's environment.
        let environment = unsafe { Environment::of(environment) }?;
        Object::new(environment, Kind::Simple(callback), context).submit();
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateThreadpoolWork(
    callback: Option<Callback>,
    context: *mut c_void,
    environment: In<Raw>,
) -> *const Object {
    // SAFETY: the program's environment.
    unsafe { make(environment, context, || callback.map(Kind::Work)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SubmitThreadpoolWork(work: *const Object) {
    // SAFETY: the program's object.
    door((), || unsafe { object::of_pointer(work) }.submit());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitForThreadpoolWorkCallbacks(work: *const Object, cancel: Bool) {
    door((), || {
        // SAFETY: the program's object.
        let object = unsafe { object::of_pointer(work) };
        object.wait(cancel != FALSE);
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CloseThreadpoolWork(work: *const Object) {
    // SAFETY: the program's object.
    door((), || unsafe { object::close(work) });
}

/// `LPTHREAD_START_ROUTINE`.
type WorkItem = unsafe extern "C-unwind" fn(*mut c_void) -> Dword;

/// `WT_EXECUTELONGFUNCTION`.
pub(super) const LONG_FUNCTION: u32 = 0x10;

#[unsafe(no_mangle)]
unsafe extern "C" fn QueueUserWorkItem(
    function: Option<WorkItem>,
    context: *mut c_void,
    flags: u32,
) -> Bool {
    bool_door(|| {
        let function = function.ok_or(Status::INVALID_PARAMETER)?;
        let pool = Pool::process()?;
        // `WT_SET_MAX_THREADPOOL_THREADS` puts a number there.
        if flags >> 16 != 0 {
            pool.set_most(flags >> 16);
        }
        let context = context.expose_provenance();
        pool.submit(NORMAL, move || {
            let context = std::ptr::with_exposed_provenance_mut(context);
            // SAFETY: the program's function, with what it wants to be told.
            let run = || outside(|| unsafe { function(context) });
            if flags & LONG_FUNCTION == 0 {
                run();
            } else {
                completion_port::blocking(run);
            }
        });
        Ok(())
    })
}
