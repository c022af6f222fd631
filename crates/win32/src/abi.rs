//! Types of the interface, as the headers in `include` declare them.
//!
//! What one room alone uses is declared there; here is what all share.

use std::ffi::c_void;
use std::mem::{align_of, offset_of, size_of};

/// `BOOL`.
pub(crate) type Bool = i32;
/// `DWORD`.
pub(crate) type Dword = u32;
/// `HANDLE`.
pub(crate) type Handle = *mut c_void;
/// `ULONG_PTR`, and `SOCKET`.
pub(crate) type UlongPtr = usize;

pub(crate) const TRUE: Bool = 1;
pub(crate) const FALSE: Bool = 0;
/// `INFINITE`.
pub(crate) const INFINITE: Dword = 0xffff_ffff;
/// `INVALID_HANDLE_VALUE`, and the pseudo handle of the process.
pub(crate) const INVALID_HANDLE: usize = usize::MAX;

/// `OVERLAPPED` and `WSAOVERLAPPED` (S-001). The offset is `Offset` and `OffsetHigh` in one.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Overlapped {
    /// `Internal`: an NTSTATUS, `STATUS_PENDING` while the operation is in flight.
    pub(crate) internal: UlongPtr,
    /// `InternalHigh`: bytes transferred.
    pub(crate) internal_high: UlongPtr,
    /// `Offset`, `OffsetHigh`; or `Pointer`.
    pub(crate) offset: u64,
    /// `hEvent`.
    pub(crate) event: Handle,
}

const _: () = {
    assert!(size_of::<Overlapped>() == 32);
    assert!(align_of::<Overlapped>() == 8);
    assert!(offset_of!(Overlapped, internal_high) == 8);
    assert!(offset_of!(Overlapped, offset) == 16);
    assert!(offset_of!(Overlapped, event) == 24);
};

/// `OVERLAPPED_ENTRY` (S-002).
#[repr(C)]
#[derive(Debug)]
pub(crate) struct OverlappedEntry {
    pub(crate) key: UlongPtr,
    pub(crate) overlapped: *mut Overlapped,
    pub(crate) internal: UlongPtr,
    pub(crate) bytes: Dword,
}

const _: () = {
    assert!(size_of::<OverlappedEntry>() == 32);
    assert!(offset_of!(OverlappedEntry, overlapped) == 8);
    assert!(offset_of!(OverlappedEntry, internal) == 16);
    assert!(offset_of!(OverlappedEntry, bytes) == 24);
};
