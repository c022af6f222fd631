//! What a callback may ask for while it runs: `PTP_CALLBACK_INSTANCE`.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;

use super::object::Object;
use super::pool;
use crate::abi::{Bool, Dword, Handle};
use crate::door;
use crate::sync::CriticalSection;
use crate::wait;

/// One call of a callback. It stands on the stack of the thread that calls.
pub(super) struct Instance {
    object: Arc<Object>,
    /// Nobody who waits for the object's callbacks waits for this one any more.
    is_apart: Cell<bool>,
    event: Cell<Handle>,
    semaphore: Cell<(Handle, Dword)>,
    mutex: Cell<Handle>,
    section: Cell<*const CriticalSection>,
    module: Cell<*mut c_void>,
}

unsafe extern "C" {
    // Ours, of another room.
    fn FreeLibrary(module: *mut c_void) -> Bool;
}

impl Instance {
    pub(super) fn new(object: Arc<Object>) -> Self {
        Self {
            object,
            is_apart: Cell::new(false),
            event: Cell::new(std::ptr::null_mut()),
            semaphore: Cell::new((std::ptr::null_mut(), 0)),
            mutex: Cell::new(std::ptr::null_mut()),
            section: Cell::new(std::ptr::null()),
            module: Cell::new(std::ptr::null_mut()),
        }
    }

    /// The callback has returned: what it asked for is done, in the documented order.
    pub(super) fn returned(self) {
        if !self.section.get().is_null() {
            // SAFETY: the program passed a section that it owns, by contract.
            unsafe { &*self.section.get() }.leave();
        }
        if !self.mutex.get().is_null() {
            let _ = wait::release_mutex(self.mutex.get());
        }
        let (semaphore, count) = self.semaphore.get();
        if !semaphore.is_null() {
            let _ = wait::release_semaphore(semaphore, count.cast_signed());
        }
        if !self.event.get().is_null() {
            wait::set_event(self.event.get());
        }
        if !self.module.get().is_null() {
            // SAFETY: the program passed a module that it has loaded, by contract.
            unsafe { FreeLibrary(self.module.get()) };
        }
        if !self.is_apart.get() {
            self.object.ended();
        }
    }

    fn part(&self) {
        if !self.is_apart.replace(true) {
            self.object.ended();
        }
    }
}

/// The instance that a callback passes.
///
/// # Safety
///
/// It is the one with which the callback was called, and that has not returned.
unsafe fn of_pointer<'a>(instance: *const Instance) -> &'a Instance {
    // SAFETY: as the caller says.
    unsafe { &*instance }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetEventWhenCallbackReturns(instance: *const Instance, event: Handle) {
    // SAFETY: the callback's own instance.
    unsafe { of_pointer(instance) }.event.set(event);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReleaseSemaphoreWhenCallbackReturns(
    instance: *const Instance,
    semaphore: Handle,
    count: Dword,
) {
    // SAFETY: the callback's own instance.
    unsafe { of_pointer(instance) }
        .semaphore
        .set((semaphore, count));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReleaseMutexWhenCallbackReturns(instance: *const Instance, mutex: Handle) {
    // SAFETY: the callback's own instance.
    unsafe { of_pointer(instance) }.mutex.set(mutex);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LeaveCriticalSectionWhenCallbackReturns(
    instance: *const Instance,
    section: *const CriticalSection,
) {
    // SAFETY: the callback's own instance.
    unsafe { of_pointer(instance) }.section.set(section);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FreeLibraryWhenCallbackReturns(
    instance: *const Instance,
    module: *mut c_void,
) {
    // SAFETY: the callback's own instance.
    unsafe { of_pointer(instance) }.module.set(module);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CallbackMayRunLong(_instance: *const Instance) -> Bool {
    door(0, || pool::give_up_slot().into())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DisassociateCurrentThreadFromCallback(instance: *const Instance) {
    // SAFETY: the callback's own instance.
    door((), || unsafe { of_pointer(instance) }.part());
}
