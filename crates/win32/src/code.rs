//! Win32 codes, for functions some of whose errors have no NTSTATUS of their own.

use crate::abi::{Bool, Dword, FALSE, TRUE};
use crate::door;
use crate::overlapped::NoEvent;
use crate::status::{Status, set_last_error};

/// A Win32 error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) Dword);

impl Code {
    pub(crate) const FILE_NOT_FOUND: Self = Self(2);
    pub(crate) const ACCESS_DENIED: Self = Self(5);
    pub(crate) const INVALID_HANDLE: Self = Self(6);
    pub(crate) const NOT_ENOUGH_MEMORY: Self = Self(8);
    pub(crate) const NO_MORE_FILES: Self = Self(18);
    pub(crate) const BAD_LENGTH: Self = Self(24);
    pub(crate) const NOT_SUPPORTED: Self = Self(50);
    pub(crate) const FILE_EXISTS: Self = Self(80);
    pub(crate) const INVALID_PARAMETER: Self = Self(87);
    pub(crate) const BUFFER_OVERFLOW: Self = Self(111);
    pub(crate) const SEM_TIMEOUT: Self = Self(121);
    pub(crate) const INSUFFICIENT_BUFFER: Self = Self(122);
    pub(crate) const MOD_NOT_FOUND: Self = Self(126);
    pub(crate) const PROC_NOT_FOUND: Self = Self(127);
    pub(crate) const NEGATIVE_SEEK: Self = Self(131);
    pub(crate) const BAD_ARGUMENTS: Self = Self(160);
    pub(crate) const ENVVAR_NOT_FOUND: Self = Self(203);
    pub(crate) const MORE_DATA: Self = Self(234);
    pub(crate) const DIRECTORY: Self = Self(267);
    pub(crate) const MR_MID_NOT_FOUND: Self = Self(317);
    pub(crate) const INVALID_ADDRESS: Self = Self(487);
    pub(crate) const NOACCESS: Self = Self(998);
    pub(crate) const INVALID_FLAGS: Self = Self(1004);
    pub(crate) const FILE_INVALID: Self = Self(1006);
    pub(crate) const NO_UNICODE_TRANSLATION: Self = Self(1113);
    pub(crate) const MAPPED_ALIGNMENT: Self = Self(1132);
    pub(crate) const OLD_WIN_VERSION: Self = Self(1150);
    pub(crate) const REQUEST_ABORTED: Self = Self(1235);
    pub(crate) const PRIVILEGE_NOT_HELD: Self = Self(1314);
    pub(crate) const WORKING_SET_QUOTA: Self = Self(1453);
}

impl From<NoEvent> for Code {
    fn from(_: NoEvent) -> Self {
        Status::INVALID_HANDLE.into()
    }
}

impl From<Status> for Code {
    fn from(status: Status) -> Self {
        Self(status.win32())
    }
}

/// The way in for a function that returns `failed` when it sets the last error.
pub(crate) fn code_door<T: Copy>(failed: T, run: impl FnOnce() -> Result<T, Code>) -> T {
    door(failed, || {
        run().unwrap_or_else(|Code(code)| {
            set_last_error(code);
            failed
        })
    })
}

/// As [`code_door`], for a BOOL.
pub(crate) fn code_bool(run: impl FnOnce() -> Result<(), Code>) -> Bool {
    code_door(FALSE, || run().map(|()| TRUE))
}
