//! `ReadFileScatter` and `WriteFileGather`: unbuffered transfers of pages that lie apart.

use std::ptr::NonNull;

use completion_port::RawSpan;

use super::transfer::Way;
use super::{File, Nature, access, with_file};
use crate::abi::{Bool, Dword, Handle, Overlapped};
use crate::bool_door;
use crate::memory::page_size;
use crate::overlapped::Memory;
use crate::status::Status;
use crate::text::Out;
use crate::transfer::Transfer;

/// `FILE_SEGMENT_ELEMENT`: where one page is.
type Segment = *mut u8;

/// The pages of so many bytes; each element of the array names one.
///
/// # Safety
///
/// The array has an element for each page.
unsafe fn pages(segments: *const Segment, length: usize) -> Box<[RawSpan]> {
    let page = page_size();
    (0..length.div_ceil(page))
        .map(|i| {
            // SAFETY: the array has an element for each page, says the caller.
            let place = unsafe { segments.add(i) };
            // SAFETY: as above.
            let start = unsafe { place.read() };
            RawSpan::new(start, page.min(length - i * page))
        })
        .collect()
}

impl File {
    /// Both flags are needed, as documented: without them the pages would not be the kernel's
    /// alone while it works on them.
    fn transfer_pages(
        &self,
        way: Way,
        segments: *const Segment,
        length: Dword,
        overlapped: *mut Overlapped,
    ) -> Result<(), Status> {
        let needed = access::FLAG_OVERLAPPED | access::FLAG_NO_BUFFERING;
        let io = self.io.as_ref().filter(|_| self.flags & needed == needed);
        let io = io.ok_or(Status::INVALID_PARAMETER)?;
        if self.nature != Nature::Disk || segments.is_null() {
            return Err(Status::INVALID_PARAMETER);
        }
        let call = Transfer {
            // The pages speak for themselves; this stands for one.
            start: std::ptr::without_provenance_mut(page_size()),
            length: length as usize,
            bytes: Out::nowhere(),
            overlapped: NonNull::new(overlapped),
            routine: None,
        };
        self.check(way, &call)?;
        // SAFETY: the program passes an element for each page, by contract.
        let pages = unsafe { pages(segments, length as usize) };
        self.start(way, io, &call, Memory::Many(pages))
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReadFileScatter(
    file: Handle,
    segments: *const Segment,
    length: Dword,
    _reserved: *mut Dword,
    overlapped: *mut Overlapped,
) -> Bool {
    bool_door(|| {
        with_file(file, |file| {
            file.transfer_pages(Way::Read, segments, length, overlapped)
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WriteFileGather(
    file: Handle,
    segments: *const Segment,
    length: Dword,
    _reserved: *mut Dword,
    overlapped: *mut Overlapped,
) -> Bool {
    bool_door(|| {
        with_file(file, |file| {
            file.transfer_pages(Way::Write, segments, length, overlapped)
        })
    })
}
