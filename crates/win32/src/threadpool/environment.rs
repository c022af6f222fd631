//! What a program says of how it wants to be called: `TP_CALLBACK_ENVIRON`.

use std::ffi::c_void;
use std::sync::Arc;

use super::group::{CancelCallback, Group};
use super::instance::Instance;
use super::pool::{self, NORMAL, PRIORITIES, Pool};
use crate::status::Status;
use crate::text::In;

/// `PTP_SIMPLE_CALLBACK`.
pub(super) type SimpleCallback = unsafe extern "C-unwind" fn(*const Instance, *mut c_void);

/// `TP_CALLBACK_ENVIRON`, which the functions in the header write.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Raw {
    version: u32,
    pool: *const Pool,
    group: *const Group,
    cancel: Option<CancelCallback>,
    library: *mut c_void,
    activation: *mut c_void,
    finalization: Option<SimpleCallback>,
    flags: u32,
    priority: i32,
    size: u32,
}

const _: () = assert!(size_of::<Raw>() == 72);

/// What it says.
pub(super) struct Environment {
    pub(super) pool: Arc<Pool>,
    pub(super) group: Option<Arc<Group>>,
    pub(super) cancel: Option<CancelCallback>,
    pub(super) finalization: Option<SimpleCallback>,
    /// Its callbacks take long, and hold no slot meanwhile.
    pub(super) long: bool,
    pub(super) priority: usize,
}

/// `LongFunction`, in the flags.
const LONG: u32 = 1;
/// From this version on there is a priority.
const WITH_PRIORITY: u32 = 3;

impl Environment {
    /// What a program passes; null stands for the process's pool and nothing else.
    ///
    /// # Safety
    ///
    /// Pool and group, if given, have not been closed.
    pub(super) unsafe fn of(raw: In<Raw>) -> Result<Self, Status> {
        let Some(raw) = raw.get() else {
            return Ok(Self {
                pool: Pool::process()?,
                group: None,
                cancel: None,
                finalization: None,
                long: false,
                priority: NORMAL,
            });
        };
        let priority = match usize::try_from(raw.priority) {
            _ if raw.version < WITH_PRIORITY => NORMAL,
            Ok(priority) if priority < PRIORITIES => priority,
            _ => return Err(Status::INVALID_PARAMETER),
        };
        Ok(Self {
            // SAFETY: as the caller says.
            pool: unsafe { pool::of_pointer(raw.pool) }?,
            // SAFETY: as the caller says.
            group: unsafe { Group::of_pointer(raw.group) },
            cancel: raw.cancel,
            finalization: raw.finalization,
            long: raw.flags & LONG != 0,
            priority,
        })
    }
}
