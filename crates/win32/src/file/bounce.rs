//! Memory in between, for unbuffered transfers whose buffer lies where the device cannot reach it
//! (S-269): Windows leaves it to the device whether that is an error, and programs rely on it.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;

use crate::status::Status;

/// What suits every device.
const ALIGNMENT: usize = 4096;

/// Aligned memory of a transfer's size.
pub(super) struct Bounce {
    start: NonNull<u8>,
    layout: Layout,
}

impl Bounce {
    /// Memory for so many bytes, at least one.
    pub(super) fn new(bytes: usize) -> Result<Self, Status> {
        let layout = Layout::from_size_align(bytes.max(1), ALIGNMENT);
        let layout = layout.map_err(|_| Status::NO_MEMORY)?;
        // SAFETY: the size is not 0.
        let start = NonNull::new(unsafe { alloc(layout) }).ok_or(Status::NO_MEMORY)?;
        Ok(Self { start, layout })
    }

    /// Takes back what [`Self::into_raw`] has given.
    ///
    /// # Safety
    ///
    /// It is that pointer, with the size that was asked for, and taken back once.
    pub(super) unsafe fn from_raw(start: *mut u8, bytes: usize) -> Option<Self> {
        let layout = Layout::from_size_align(bytes.max(1), ALIGNMENT).ok()?;
        let start = NonNull::new(start)?;
        Some(Self { start, layout })
    }

    pub(super) fn into_raw(self) -> *mut u8 {
        let start = self.start.as_ptr();
        std::mem::forget(self);
        start
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Copies from a program's buffer.
    ///
    /// # Safety
    ///
    /// So many bytes are readable there, and no more than there is room for.
    pub(super) unsafe fn fill(&self, from: *const u8, bytes: usize) {
        // SAFETY: as the caller says; this memory is nobody else's.
        unsafe { std::ptr::copy_nonoverlapping(from, self.start.as_ptr(), bytes) };
    }

    /// Copies to a program's buffer.
    ///
    /// # Safety
    ///
    /// So many bytes are writable there, and no more than have been read.
    pub(super) unsafe fn drain(&self, to: *mut u8, bytes: usize) {
        // SAFETY: as the caller says; this memory is nobody else's.
        unsafe { std::ptr::copy_nonoverlapping(self.start.as_ptr(), to, bytes) };
    }
}

impl Drop for Bounce {
    fn drop(&mut self) {
        // SAFETY: allocated with this very layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}
