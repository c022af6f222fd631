//! Writes that the device is at.
//!
//! Closing a file does not call them off, and a program may end right after it has closed: so
//! closing waits for them, as ending does on Windows.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// How many writes of a file are in flight.
#[derive(Default)]
pub(super) struct Pending {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Pending {
    /// One more is in flight; whoever gets the pointer says when it has ended.
    pub(super) fn begin(self: &Arc<Self>) -> *mut u8 {
        *self.count.lock() += 1;
        Arc::into_raw(Arc::clone(self)).cast_mut().cast()
    }

    /// A write has ended.
    ///
    /// # Safety
    ///
    /// The pointer comes from [`Self::begin`], and this is told once.
    pub(super) unsafe fn end(pointer: *mut u8) {
        // SAFETY: as the caller says.
        let pending = unsafe { Arc::from_raw(pointer.cast_const().cast::<Self>()) };
        let mut count = pending.count.lock();
        *count -= 1;
        if *count == 0 {
            pending.changed.notify_all();
        }
    }

    /// Waits until none is in flight.
    pub(super) fn wait(&self) {
        if *self.count.lock() > 0 {
            completion_port::blocking(|| {
                let mut count = self.count.lock();
                while *count > 0 {
                    self.changed.wait(&mut count);
                }
            });
        }
    }
}
