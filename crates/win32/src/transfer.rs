//! What calls that read or write are told, for files and pipes alike.

use std::ptr::NonNull;
use std::sync::Arc;

use completion_port::RawSpan;

use crate::abi::{Dword, Overlapped};
use crate::io_object::Io;
use crate::overlapped::{Memory, Report, Request, Started, Told};
use crate::status::Status;
use crate::text::Out;

/// `LPOVERLAPPED_COMPLETION_ROUTINE`: Win32 code, bytes, OVERLAPPED.
pub(crate) type CompletionRoutine = unsafe extern "C-unwind" fn(Dword, Dword, *mut Overlapped);

/// One call to read or write.
pub(crate) struct Transfer {
    pub(crate) start: *mut u8,
    pub(crate) length: usize,
    /// Where the number of bytes goes; 0 stands there already.
    pub(crate) bytes: Out<Dword>,
    pub(crate) overlapped: Option<NonNull<Overlapped>>,
    pub(crate) routine: Option<CompletionRoutine>,
}

impl Transfer {
    /// The memory as one stretch.
    pub(crate) fn memory(&self) -> Memory {
        Memory::One(RawSpan::new(self.start, self.length))
    }

    /// The offset in the OVERLAPPED, if there is one.
    pub(crate) fn offset(&self) -> Option<u64> {
        // SAFETY: the program passes a valid OVERLAPPED or none.
        self.overlapped.map(|o| unsafe { (*o.as_ptr()).offset })
    }

    /// Begins the operation whose end is to be reported.
    ///
    /// # Errors
    ///
    /// There is no OVERLAPPED, or a routine for a handle that has a port (S-023).
    pub(crate) fn begin(&self, io: &Arc<Io>) -> Result<Told, Status> {
        let overlapped = self.overlapped.ok_or(Status::INVALID_PARAMETER)?;
        let Some(routine) = self.routine else {
            // SAFETY: the program keeps the OVERLAPPED valid until the end (S-178).
            return Ok(Told::Usual(unsafe { Report::begin(io, overlapped) }?));
        };
        if io.has_port() {
            return Err(Status::INVALID_PARAMETER);
        }
        // SAFETY: as above.
        Ok(Told::Routine(Box::new(unsafe {
            begin_routine(overlapped, routine)
        })))
    }

    /// As [`Self::begin`], with what is needed until the end.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn request(&self, io: &Arc<Io>) -> Result<Request, Status> {
        Ok(self.begin(io)?.request(io))
    }

    /// What a call says whose operation was accepted: success only if no packet follows, or none
    /// was wanted (S-152, S-256).
    pub(crate) fn accepted(&self, started: Started, skips_packet: bool) -> Result<(), Status> {
        match started {
            Started::Done(status, bytes) if status.is_success() && skips_packet => {
                self.bytes.set(bytes as Dword);
                Ok(())
            }
            _ if self.routine.is_some() => Ok(()),
            _ => Err(Status::PENDING),
        }
    }
}

/// Begins an operation whose end a completion routine hears of.
///
/// # Safety
///
/// As [`Request::begin_routine`]; the routine is the program's.
pub(crate) unsafe fn begin_routine(
    overlapped: NonNull<Overlapped>,
    routine: CompletionRoutine,
) -> Request {
    let call = move |status: Status, bytes: usize, overlapped: *mut Overlapped| {
        // SAFETY: the program's function, called as documented (S-305).
        unsafe { routine(status.win32(), bytes as Dword, overlapped) };
    };
    // SAFETY: as the caller says.
    unsafe { Request::begin_routine(overlapped, call) }
}
