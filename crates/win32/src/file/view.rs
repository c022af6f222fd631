//! Views: where mappings lie in memory.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::Arc;

use parking_lot::Mutex;

use super::facts::errno;
use super::mapping::{Mapping, mapping_of};
use crate::abi::{Bool, Dword, Handle};
use crate::code::{Code, code_bool, code_door};
use crate::memory::{GRANULARITY, page_size};
use crate::status::Status;

struct View {
    length: usize,
    /// A view keeps what it shows.
    _mapping: Arc<Mapping>,
}

/// The views that there are, by their first address.
static VIEWS: Mutex<BTreeMap<usize, View>> = Mutex::new(BTreeMap::new());

const MAP_COPY: Dword = 0x1;
const MAP_WRITE: Dword = 0x2;
const MAP_EXECUTE: Dword = 0x20;

/// The system's protection and flags for a view.
fn rules(mapping: &Mapping, access: Dword) -> Result<(libc::c_int, libc::c_int), Code> {
    let protection = mapping.protection;
    let copy = protection.copy || access & (MAP_COPY | MAP_WRITE) == MAP_COPY;
    let write = access & MAP_WRITE != 0;
    if write && !copy && !protection.write {
        return Err(Status::ACCESS_DENIED.into());
    }
    let mut protect = libc::PROT_READ;
    if write || copy {
        protect |= libc::PROT_WRITE;
    }
    if access & MAP_EXECUTE != 0 {
        if !protection.execute {
            return Err(Status::ACCESS_DENIED.into());
        }
        protect |= libc::PROT_EXEC;
    }
    Ok((
        protect,
        if copy {
            libc::MAP_PRIVATE
        } else {
            libc::MAP_SHARED
        },
    ))
}

fn map(
    mapping: Handle,
    access: Dword,
    offset: u64,
    bytes: usize,
    wanted: *mut c_void,
) -> Result<*mut c_void, Code> {
    let mapping = mapping_of(mapping)?;
    let (protect, mut flags) = rules(&mapping, access)?;
    let aligned = offset.is_multiple_of(GRANULARITY as u64);
    if !aligned || !wanted.addr().is_multiple_of(GRANULARITY) {
        return Err(Code::MAPPED_ALIGNMENT);
    }
    let left = mapping.size.checked_sub(offset).filter(|left| *left > 0);
    let left = left.ok_or(Status::ACCESS_DENIED)?;
    let length = if bytes == 0 { left } else { bytes as u64 };
    if length > left {
        return Err(Status::ACCESS_DENIED.into());
    }
    let length = usize::try_from(length).map_err(|_| Code::NOT_ENOUGH_MEMORY)?;
    let at = i64::try_from(offset).map_err(|_| Status::INVALID_PARAMETER)?;
    let room = match wanted.is_null() {
        true => {
            flags |= libc::MAP_FIXED;
            Some(Room::new(length)?)
        }
        false => {
            flags |= libc::MAP_FIXED_NOREPLACE;
            None
        }
    };
    let place = room.as_ref().map_or(wanted, Room::place);
    // SAFETY: the place is ours, or the system refuses it if something is there already.
    let start = unsafe { libc::mmap(place, length, protect, flags, mapping.fd(), at) };
    if start == libc::MAP_FAILED {
        return Err(match errno() {
            libc::EEXIST => Code::INVALID_ADDRESS,
            code => Status::of_file(code).into(),
        });
    }
    if let Some(room) = room {
        room.keep(length);
    }
    let view = View {
        length,
        _mapping: mapping,
    };
    VIEWS.lock().insert(start.expose_provenance(), view);
    Ok(start)
}

/// Reserved memory in which there is a place that Windows would choose.
struct Room {
    start: *mut c_void,
    length: usize,
}

impl Room {
    fn new(length: usize) -> Result<Self, Code> {
        let length = length.checked_next_multiple_of(page_size());
        let length = length.and_then(|length| length.checked_add(GRANULARITY));
        let length = length.ok_or(Code::NOT_ENOUGH_MEMORY)?;
        let (nowhere, flags) = (
            std::ptr::null_mut(),
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        );
        let flags = flags | libc::MAP_NORESERVE;
        // SAFETY: the system chooses free room.
        let start = unsafe { libc::mmap(nowhere, length, libc::PROT_NONE, flags, -1, 0) };
        match start {
            libc::MAP_FAILED => Err(Status::of_file(errno()).into()),
            start => Ok(Self { start, length }),
        }
    }

    fn place(&self) -> *mut c_void {
        self.start
            .map_addr(|addr| addr.next_multiple_of(GRANULARITY))
    }

    /// Gives back what is before and behind a view at the place.
    fn keep(self, length: usize) {
        let before = self.place().addr() - self.start.addr();
        let length = length.next_multiple_of(page_size());
        let behind = self.start.wrapping_byte_add(before + length);
        let rest = self.length - before - length;
        for (start, length) in [(self.start, before), (behind, rest)] {
            if length > 0 {
                // SAFETY: reserved by `new`, and used by nobody.
                unsafe { libc::munmap(start, length) };
            }
        }
        std::mem::forget(self);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: reserved by `new`, and used by nobody.
        unsafe { libc::munmap(self.start, self.length) };
    }
}

/// The first address of the view in which an address lies.
fn view_at(views: &BTreeMap<usize, View>, address: usize) -> Result<usize, Code> {
    let found = views.range(..=address).next_back();
    match found {
        Some((start, view)) if address - start < view.length => Ok(*start),
        _ => Err(Code::INVALID_ADDRESS),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn MapViewOfFile(
    mapping: Handle,
    access: Dword,
    offset_high: Dword,
    offset_low: Dword,
    bytes: usize,
) -> *mut c_void {
    let offset = u64::from(offset_high) << 32 | u64::from(offset_low);
    let nowhere = std::ptr::null_mut();
    code_door(nowhere, || map(mapping, access, offset, bytes, nowhere))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn MapViewOfFileEx(
    mapping: Handle,
    access: Dword,
    offset_high: Dword,
    offset_low: Dword,
    bytes: usize,
    address: *mut c_void,
) -> *mut c_void {
    let offset = u64::from(offset_high) << 32 | u64::from(offset_low);
    code_door(std::ptr::null_mut(), || {
        map(mapping, access, offset, bytes, address)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UnmapViewOfFile(address: *const c_void) -> Bool {
    code_bool(|| {
        let mut views = VIEWS.lock();
        let start = view_at(&views, address.addr())?;
        let Some(view) = views.remove(&start) else {
            return Err(Code::INVALID_ADDRESS);
        };
        let start = std::ptr::with_exposed_provenance_mut(start);
        // SAFETY: this view was mapped by us and is forgotten from here on; that nobody uses it
        // any more is the program's promise. Under the lock, so that the same addresses are not
        // given out and entered meanwhile.
        unsafe { libc::munmap(start, view.length) };
        drop(views);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FlushViewOfFile(address: *const c_void, bytes: usize) -> Bool {
    code_bool(|| {
        let views = VIEWS.lock();
        let start = view_at(&views, address.addr())?;
        let end = start + views.get(&start).map_or(0, |view| view.length);
        drop(views);
        let from = address.addr() - address.addr() % page_size();
        let to = match bytes {
            0 => end,
            bytes => address.addr().saturating_add(bytes).min(end),
        };
        let length = to - from;
        let from = std::ptr::with_exposed_provenance_mut(from);
        // SAFETY: the range lies in a view, which the program promises to keep.
        let flush = || unsafe { libc::msync(from, length, libc::MS_SYNC) };
        match completion_port::blocking(flush) {
            0 => Ok(()),
            _ => Err(Status::of_file(errno()).into()),
        }
    })
}
