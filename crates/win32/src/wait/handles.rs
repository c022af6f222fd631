//! Handles of every kind: closing, duplicating, asking.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{CURRENT_THREAD, Kind, Target, Waitable, current_thread};
use crate::abi::{Bool, Dword, FALSE, Handle, INVALID_HANDLE, TRUE};
use crate::handle::{self, Object, PROTECT_FROM_CLOSE};
use crate::status::Status;
use crate::text::Out;
use crate::thread::is_this_process;
use crate::{bool_door, door};

/// `HANDLE_FLAG_INHERIT`.
pub(crate) const INHERIT: u32 = 1;

/// `SECURITY_ATTRIBUTES`. There are no descriptors here; the flag counts.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Security {
    length: u32,
    descriptor: *mut c_void,
    inherit: Bool,
}

const _: () = assert!(size_of::<Security>() == 24);

/// A first handle of a new object, inherited if the attributes say so.
pub(crate) fn give_handle(object: Object, security: *const Security) -> Result<Handle, Status> {
    let handle = handle::insert(object)?;
    if !security.is_null() {
        // SAFETY: attributes that a program passes are valid during the call.
        let inherit = unsafe { (*security).inherit };
        set_inherit(handle, inherit != FALSE);
    }
    Ok(handle)
}

/// Whether child processes get the handle.
pub(crate) fn set_inherit(handle: Handle, inherit: bool) {
    if inherit && let Some(used) = handle::get(handle) {
        used.flags().fetch_or(INHERIT, Ordering::Relaxed);
    }
}

/// Whether a handle is one of those that need not be closed.
fn is_pseudo(handle: Handle) -> bool {
    // Six values at the end of the address space are set apart on Windows.
    handle.addr() >= usize::MAX - 5
}

/// Closes a handle of any kind (S-230).
pub(crate) fn close(handle: Handle) -> Result<(), Status> {
    if is_pseudo(handle) {
        return Ok(());
    }
    handle::close(handle, |_| true)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CloseHandle(handle: Handle) -> Bool {
    bool_door(|| close(handle))
}

/// `DUPLICATE_CLOSE_SOURCE`.
const CLOSE_SOURCE: u32 = 1;

fn duplicate(source: Handle) -> Result<Handle, Status> {
    match source.addr() {
        CURRENT_THREAD => {
            let kind = Kind::Thread(current_thread());
            handle::insert(Object::Waitable(Waitable::new(kind)))
        }
        INVALID_HANDLE => {
            let process = crate::thread::open_process(std::process::id())?;
            handle::insert(Object::Waitable(process))
        }
        _ => handle::duplicate(source),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DuplicateHandle(
    source_process: Handle,
    source: Handle,
    target_process: Handle,
    target: Out<Handle>,
    _access: Dword,
    inherit: Bool,
    options: Dword,
) -> Bool {
    bool_door(|| {
        // A handle means nothing in another process.
        if !is_this_process(source_process) {
            return Err(Status::INVALID_HANDLE);
        }
        let made = if is_this_process(target_process) {
            duplicate(source).map(|copy| {
                set_inherit(copy, inherit != FALSE);
                if target.is_null() {
                    // Nobody will know it; it was made for its errors.
                    let _ = close(copy);
                }
                target.set(copy);
            })
        } else {
            Err(Status::INVALID_HANDLE)
        };
        // The source is closed whatever has become of the copy.
        if options & CLOSE_SOURCE != 0 {
            close(source)?;
        }
        made
    })
}

/// Whether two handles stand for one object.
fn are_one(first: &Object, second: &Object) -> bool {
    match (first, second) {
        (Object::Port(one), Object::Port(other)) => Arc::ptr_eq(one, other),
        (Object::Socket(one), Object::Socket(other)) => Arc::ptr_eq(one, other),
        (Object::File(one), Object::File(other)) => Arc::ptr_eq(one, other),
        (Object::Pipe(one), Object::Pipe(other)) => Arc::ptr_eq(one, other),
        (Object::Other(one), Object::Other(other)) => Arc::ptr_eq(one, other),
        (Object::Waitable(one), Object::Waitable(other)) => {
            std::ptr::eq(one.source(), other.source())
        }
        _ => false,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CompareObjectHandles(first: Handle, second: Handle) -> Bool {
    door(FALSE, || {
        let one = match (handle::get(first), handle::get(second)) {
            (Some(first), Some(second)) => are_one(&first, &second),
            // One of them may be a pseudo handle.
            _ => match (Target::of(first), Target::of(second)) {
                (Ok(first), Ok(second)) => first.is(&second),
                _ => false,
            },
        };
        if one { TRUE } else { FALSE }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetHandleInformation(handle: Handle, flags: Out<Dword>) -> Bool {
    bool_door(|| {
        let set = if is_pseudo(handle) {
            0
        } else {
            let used = handle::get(handle).ok_or(Status::INVALID_HANDLE)?;
            used.flags().load(Ordering::Relaxed)
        };
        flags.set(set);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetHandleInformation(handle: Handle, mask: Dword, flags: Dword) -> Bool {
    bool_door(|| {
        let used = handle::get(handle).ok_or(Status::INVALID_HANDLE)?;
        let mask = mask & (INHERIT | PROTECT_FROM_CLOSE);
        // In one step: another thread may change the other flag.
        let change = |before| Some(before & !mask | flags & mask);
        let order = Ordering::Relaxed;
        // The closure never refuses.
        let _ = used.flags().fetch_update(order, order, change);
        Ok(())
    })
}
