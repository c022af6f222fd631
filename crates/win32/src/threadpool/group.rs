//! Cleanup groups: objects that are closed together.

use std::ffi::c_void;
use std::sync::Arc;

use parking_lot::Mutex;

use super::object::{Kind, Object};
use crate::abi::{Bool, FALSE};
use crate::door;
use crate::thread::outside;

/// `PTP_CLEANUP_GROUP_CANCEL_CALLBACK`.
pub(super) type CancelCallback = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void);

/// `PTP_CLEANUP_GROUP`.
#[derive(Default)]
pub(super) struct Group {
    members: Mutex<Vec<Arc<Object>>>,
}

impl Group {
    /// The group that a program passes; `None` for null.
    ///
    /// # Safety
    ///
    /// The pointer is null or a group's that has not been closed.
    pub(super) unsafe fn of_pointer(group: *const Self) -> Option<Arc<Self>> {
        if group.is_null() {
            return None;
        }
        // SAFETY: one count was given away when it was made.
        unsafe { Arc::increment_strong_count(group) };
        // SAFETY: for the count just added.
        Some(unsafe { Arc::from_raw(group) })
    }

    pub(super) fn add(&self, object: &Arc<Object>) {
        self.members.lock().push(Arc::clone(object));
    }

    pub(super) fn remove(&self, object: &Arc<Object>) {
        let mut members = self.members.lock();
        let place = members.iter().position(|one| Arc::ptr_eq(one, object));
        let removed = place.map(|place| members.swap_remove(place));
        drop(members);
        drop(removed);
    }

    /// Closes every member, after its callbacks have ended. With `cancel` those that have not
    /// begun do not, and the program hears of each member.
    fn close_members(&self, cancel: bool, argument: *mut c_void) {
        let members = std::mem::take(&mut *self.members.lock());
        for object in &members {
            object.close();
            if cancel {
                object.cancel_all();
            }
        }
        for object in members {
            object.wait(false);
            if cancel && let Some(callback) = object.environment.cancel {
                let context = object.context();
                // SAFETY: the program's callback, with what it wants to be told.
                outside(|| unsafe { callback(context, argument) });
            }
            if let Kind::Io(io) = &object.kind {
                io.close(&object);
            }
            if !matches!(object.kind, Kind::Simple(_)) {
                // SAFETY: the count that the program got when it made the object, and which it
                // does not give back itself, by contract.
                drop(unsafe { Arc::from_raw(Arc::as_ptr(&object)) });
            }
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateThreadpoolCleanupGroup() -> *const Group {
    door(std::ptr::null(), || {
        Arc::into_raw(Arc::new(Group::default()))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CloseThreadpoolCleanupGroupMembers(
    group: *const Group,
    cancel: Bool,
    argument: *mut c_void,
) {
    door((), || {
        // SAFETY: the program's group.
        if let Some(group) = unsafe { Group::of_pointer(group) } {
            group.close_members(cancel != FALSE, argument);
        }
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CloseThreadpoolCleanupGroup(group: *const Group) {
    if !group.is_null() {
        // SAFETY: the count that was given away when it was made.
        door((), || drop(unsafe { Arc::from_raw(group) }));
    }
}
