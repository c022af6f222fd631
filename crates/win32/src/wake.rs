//! Wakes a thread out of `poll`.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::status::Status;

/// A descriptor that becomes readable when it is raised, and stays so.
pub(crate) struct Wake(OwnedFd);

impl Wake {
    /// # Errors
    ///
    /// The system's number.
    pub(crate) fn new() -> Result<Self, i32> {
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(Status::errno(&std::io::Error::last_os_error()));
        }
        // SAFETY: the call has just made this descriptor, and nobody else knows it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Wakes whoever polls; always something, so that it can serve as a cancel.
    pub(crate) fn raise(&self) -> bool {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: eight bytes are passed, as an eventfd takes them.
        let written = unsafe { libc::write(self.fd(), one.as_ptr().cast(), one.len()) };
        written > 0
    }
}
