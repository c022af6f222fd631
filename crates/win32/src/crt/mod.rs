//! What of the C run-time library needs a state of the process. The rest is in the headers.
//!
//! | file | holds |
//! |---|---|
//! | `invalid` | the handlers of invalid parameters and of pure calls |
//! | `multibyte` | `mbstowcs` and its like, which are UTF-8 whatever the locale |
//! | `conio` | the console, key by key |
//! | `command` | `system` |
//! | `clock` | `clock`, which is a watch on Windows |

mod clock;
mod command;
mod conio;
mod invalid;
mod multibyte;

use std::ffi::c_void;

unsafe extern "C" {
    /// The C library's standard output.
    static mut stdout: *mut libc::FILE;
}

/// Writes what the C library holds back for standard output, so that what comes after it does.
pub(crate) fn flush_output() {
    // SAFETY: the C library sets it before a program starts.
    let stream = unsafe { stdout };
    // SAFETY: as above.
    unsafe { libc::fflush(stream) };
}

/// Writes all bytes to a descriptor; whether it took them.
pub(crate) fn write_all(fd: libc::c_int, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let from = bytes.as_ptr().cast::<c_void>();
        // SAFETY: the bytes are there.
        let written = unsafe { libc::write(fd, from, bytes.len()) };
        match usize::try_from(written) {
            Ok(written) => bytes = &bytes[written..],
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {
            }
            Err(_) => return false,
        }
    }
    true
}
