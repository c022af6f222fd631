//! Pages: reserved, committed, protected, asked about.
//!
//! Reserved pages are mapped without access and without a claim on memory; committing makes them
//! accessible. Decommitting gives the memory back to the system and keeps the addresses.
//!
//! Large pages, write watching and guard pages are refused with the documented codes.

use std::ffi::c_void;
use std::ops::Range;
use std::sync::OnceLock;

use parking_lot::Mutex;

use super::regions::{Region, Regions, State};
use crate::abi::{Bool, Dword};
use crate::code::{Code, code_bool, code_door};
use crate::text::Out;

const PAGE_NOACCESS: u32 = 1;
const PAGE_READONLY: u32 = 2;
const PAGE_READWRITE: u32 = 4;
const PAGE_EXECUTE: u32 = 0x10;
const PAGE_EXECUTE_READ: u32 = 0x20;
const PAGE_EXECUTE_READWRITE: u32 = 0x40;
/// `PAGE_NOCACHE`, `PAGE_WRITECOMBINE`: how memory is cached is the system's business here.
const CACHING: u32 = 0x600;

const COMMIT: u32 = 0x1000;
const RESERVE: u32 = 0x2000;
const DECOMMIT: u32 = 0x4000;
const RELEASE: u32 = 0x8000;
const FREE: u32 = 0x1_0000;
const PRIVATE: u32 = 0x2_0000;
const MAPPED: u32 = 0x4_0000;
const RESET: u32 = 0x8_0000;
const TOP_DOWN: u32 = 0x10_0000;
const IMAGE: u32 = 0x100_0000;
const RESET_UNDO: u32 = 0x100_0000;
const LARGE_PAGES: u32 = 0x2000_0000;

/// A reservation begins at a multiple of this.
pub(crate) const GRANULARITY: usize = 0x1_0000;

static REGIONS: Mutex<Regions> = Mutex::new(Regions::new());

/// The size of a page.
pub(crate) fn page_size() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    *SIZE.get_or_init(|| {
        // SAFETY: no pointers are passed.
        let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        usize::try_from(size).unwrap_or(4096)
    })
}

/// All pages that these bytes touch.
fn pages_of(address: usize, size: usize) -> Result<Range<usize>, Code> {
    let page = page_size();
    let end = address
        .checked_add(size)
        .and_then(|end| end.checked_next_multiple_of(page));
    Ok(address / page * page..end.ok_or(Code::INVALID_PARAMETER)?)
}

fn pointer(address: usize) -> *mut c_void {
    std::ptr::with_exposed_provenance_mut(address)
}

/// The system's word for a protection.
fn system_protection(protect: u32) -> Result<i32, Code> {
    Ok(match protect & !CACHING {
        PAGE_NOACCESS => libc::PROT_NONE,
        PAGE_READONLY => libc::PROT_READ,
        PAGE_READWRITE => libc::PROT_READ | libc::PROT_WRITE,
        PAGE_EXECUTE => libc::PROT_EXEC,
        PAGE_EXECUTE_READ => libc::PROT_READ | libc::PROT_EXEC,
        PAGE_EXECUTE_READWRITE => libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC,
        _ => return Err(Code::INVALID_PARAMETER),
    })
}

/// Gives pages of ours, or of the program's own, a protection.
fn protect_pages(pages: &Range<usize>, protection: i32) -> Result<(), Code> {
    // SAFETY: the program vouches for what it does to its pages; ours are never among them.
    let failed = unsafe { libc::mprotect(pointer(pages.start), pages.len(), protection) } != 0;
    if failed {
        Err(Code::INVALID_ADDRESS)
    } else {
        Ok(())
    }
}

/// Takes addresses that nobody uses: at a place, or anywhere.
fn map(at: usize, size: usize, protection: i32) -> Result<usize, Code> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let fixed = if at == 0 {
        0
    } else {
        libc::MAP_FIXED_NOREPLACE
    };
    // SAFETY: a new mapping, which replaces none.
    let made = unsafe { libc::mmap(pointer(at), size, protection, flags | fixed, -1, 0) };
    match made {
        libc::MAP_FAILED if at == 0 => Err(Code::NOT_ENOUGH_MEMORY),
        libc::MAP_FAILED => Err(Code::INVALID_ADDRESS),
        made if at != 0 && made.addr() != at => {
            // A kernel that does not know the flag takes the place for a hint.
            unmap(made.expose_provenance()..made.addr() + size);
            Err(Code::INVALID_ADDRESS)
        }
        made => Ok(made.expose_provenance()),
    }
}

fn unmap(pages: Range<usize>) {
    if !pages.is_empty() {
        // SAFETY: pages that `map` made, which nobody uses any more.
        unsafe { libc::munmap(pointer(pages.start), pages.len()) };
    }
}

/// Takes addresses at a multiple of the granularity.
fn map_anywhere(size: usize, protection: i32) -> Result<usize, Code> {
    let whole = size
        .checked_add(GRANULARITY)
        .ok_or(Code::INVALID_PARAMETER)?;
    let start = map(0, whole, protection)?;
    let aligned = start.next_multiple_of(GRANULARITY);
    unmap(start..aligned);
    unmap(aligned + size..start + whole);
    Ok(aligned)
}

fn reserve(address: usize, size: usize, kind: u32, protect: u32) -> Result<usize, Code> {
    let start = address / GRANULARITY * GRANULARITY;
    let pages = pages_of(start, size + (address - start))?;
    let (state, protection) = if kind & COMMIT == 0 {
        (State::Reserved, libc::PROT_NONE)
    } else {
        (State::Committed(protect), system_protection(protect)?)
    };
    let mut regions = REGIONS.lock();
    let start = if address == 0 {
        map_anywhere(pages.len(), protection)?
    } else {
        map(start, pages.len(), protection)?
    };
    regions.add(Region::new(start..start + pages.len(), protect, state));
    Ok(start)
}

/// The region that holds all these pages.
fn region_of<'a>(regions: &'a mut Regions, pages: &Range<usize>) -> Result<&'a mut Region, Code> {
    let region = regions.around(pages.start).ok_or(Code::INVALID_ADDRESS)?;
    if pages.end > region.pages.end {
        Err(Code::INVALID_ADDRESS)
    } else {
        Ok(region)
    }
}

fn commit(address: usize, size: usize, protect: u32) -> Result<usize, Code> {
    let pages = pages_of(address, size)?;
    let protection = system_protection(protect)?;
    let mut regions = REGIONS.lock();
    let region = region_of(&mut regions, &pages)?;
    protect_pages(&pages, protection)?;
    region.set(pages.clone(), State::Committed(protect));
    Ok(pages.start)
}

/// The contents are not needed any more.
fn reset(address: usize, size: usize) -> Result<usize, Code> {
    let pages = pages_of(address, size)?;
    let mut regions = REGIONS.lock();
    if !region_of(&mut regions, &pages)?.is_committed(pages.clone()) {
        return Err(Code::INVALID_ADDRESS);
    }
    // SAFETY: committed pages, whose contents the program gives up.
    unsafe { libc::madvise(pointer(pages.start), pages.len(), libc::MADV_FREE) };
    Ok(pages.start)
}

fn allocate(address: usize, size: usize, kind: u32, protect: u32) -> Result<usize, Code> {
    let action = kind & !TOP_DOWN;
    system_protection(protect)?;
    if size == 0 || size > isize::MAX as usize {
        return Err(Code::INVALID_PARAMETER);
    }
    if action & LARGE_PAGES != 0 {
        return Err(Code::PRIVILEGE_NOT_HELD);
    }
    match action {
        RESET => reset(address, size),
        COMMIT if address != 0 => commit(address, size, protect),
        COMMIT | RESERVE => reserve(address, size, action, protect),
        _ if action == COMMIT | RESERVE => reserve(address, size, action, protect),
        // The contents cannot be brought back, nor asked whether they are there still.
        RESET_UNDO => Err(Code::INVALID_ADDRESS),
        _ => Err(Code::INVALID_PARAMETER),
    }
}

fn decommit(address: usize, size: usize) -> Result<(), Code> {
    let mut regions = REGIONS.lock();
    let pages = match (size, regions.starting_at(address)) {
        (0, None) => return Err(Code::INVALID_ADDRESS),
        (0, Some(region)) => region.pages.clone(),
        _ => pages_of(address, size)?,
    };
    let region = region_of(&mut regions, &pages)?;
    protect_pages(&pages, libc::PROT_NONE)?;
    // SAFETY: pages of a region of ours, whose contents the program gives up.
    unsafe { libc::madvise(pointer(pages.start), pages.len(), libc::MADV_DONTNEED) };
    region.set(pages, State::Reserved);
    Ok(())
}

fn release(address: usize, size: usize) -> Result<(), Code> {
    if size != 0 {
        return Err(Code::INVALID_PARAMETER);
    }
    let mut regions = REGIONS.lock();
    let region = regions.remove(address).ok_or(Code::INVALID_ADDRESS)?;
    // Under the lock, so that the addresses are not given out again before they are forgotten.
    unmap(region.pages);
    Ok(())
}

/// What the system knows of a mapping.
struct Mapping {
    pages: Range<usize>,
    protect: u32,
    kind: u32,
    file: String,
}

fn mapping(line: &str) -> Option<Mapping> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    let flags = words.next()?.as_bytes();
    let has = |at: usize, letter| flags.get(at) == Some(&letter);
    let file = words.nth(3).unwrap_or("").to_owned();
    let protect = match (has(0, b'r'), has(1, b'w'), has(2, b'x')) {
        (false, false, false) => PAGE_NOACCESS,
        (_, true, true) => PAGE_EXECUTE_READWRITE,
        (_, true, false) => PAGE_READWRITE,
        (true, false, true) => PAGE_EXECUTE_READ,
        (false, false, true) => PAGE_EXECUTE,
        (true, false, false) => PAGE_READONLY,
    };
    let kind = match (file.starts_with('/'), has(3, b's')) {
        (true, true) => MAPPED,
        (true, false) => IMAGE,
        _ => PRIVATE,
    };
    Some(Mapping {
        pages: number(start)?..number(end)?,
        protect,
        kind,
        file,
    })
}

/// All mappings of the process, in order.
fn mappings() -> Vec<Mapping> {
    let text = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    text.lines().filter_map(mapping).collect()
}

/// Changes a protection; the one before.
fn change_protection(address: usize, size: usize, protect: u32) -> Result<u32, Code> {
    let protection = system_protection(protect)?;
    let pages = pages_of(address, size)?;
    if pages.is_empty() {
        return Err(Code::INVALID_PARAMETER);
    }
    let mut regions = REGIONS.lock();
    if let Some(region) = regions.around(pages.start) {
        let (state, _) = region.at(pages.start);
        let inside = pages.end <= region.pages.end;
        let State::Committed(before) = state else {
            return Err(Code::INVALID_ADDRESS);
        };
        if !inside || !region.is_committed(pages.clone()) {
            return Err(Code::INVALID_ADDRESS);
        }
        protect_pages(&pages, protection)?;
        region.set(pages, State::Committed(protect));
        return Ok(before);
    }
    drop(regions);
    let known = mappings();
    let before = known
        .iter()
        .find(|mapping| mapping.pages.contains(&pages.start));
    let before = before.ok_or(Code::INVALID_ADDRESS)?.protect;
    protect_pages(&pages, protection)?;
    Ok(before)
}

/// `MEMORY_BASIC_INFORMATION`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Information {
    base: usize,
    allocation_base: usize,
    allocation_protect: u32,
    partition: u16,
    size: usize,
    state: u32,
    protect: u32,
    kind: u32,
}

const _: () = assert!(size_of::<Information>() == 48);

fn about(address: usize) -> Option<Information> {
    let base = address / page_size() * page_size();
    if let Some(region) = REGIONS.lock().around(base) {
        let (state, same) = region.at(base);
        let (state, protect) = match state {
            State::Reserved => (RESERVE, 0),
            State::Committed(protect) => (COMMIT, protect),
        };
        return Some(Information {
            base,
            allocation_base: region.pages.start,
            allocation_protect: region.protect,
            size: same.len(),
            state,
            protect,
            kind: PRIVATE,
            ..Information::default()
        });
    }
    let known = mappings();
    let at = known.iter().position(|mapping| mapping.pages.end > base)?;
    let here = &known[at];
    if here.pages.start > base {
        return Some(Information {
            base,
            size: here.pages.start - base,
            state: FREE,
            protect: PAGE_NOACCESS,
            ..Information::default()
        });
    }
    // What belongs to the same file was mapped as one.
    let same = |mapping: &&Mapping| mapping.file == here.file && !here.file.is_empty();
    let first = known[..at]
        .iter()
        .rev()
        .take_while(same)
        .last()
        .unwrap_or(here);
    Some(Information {
        base,
        allocation_base: first.pages.start,
        allocation_protect: first.protect,
        size: here.pages.end - base,
        state: COMMIT,
        protect: here.protect,
        kind: here.kind,
        ..Information::default()
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn VirtualAlloc(
    address: *mut c_void,
    size: usize,
    kind: Dword,
    protect: Dword,
) -> *mut c_void {
    code_door(std::ptr::null_mut(), || {
        allocate(address.addr(), size, kind, protect).map(pointer)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn VirtualFree(address: *mut c_void, size: usize, kind: Dword) -> Bool {
    code_bool(|| match kind {
        DECOMMIT => decommit(address.addr(), size),
        RELEASE => release(address.addr(), size),
        _ => Err(Code::INVALID_PARAMETER),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn VirtualProtect(
    address: *mut c_void,
    size: usize,
    protect: Dword,
    before: Out<Dword>,
) -> Bool {
    code_bool(|| {
        if before.is_null() {
            return Err(Code::NOACCESS);
        }
        before.set(change_protection(address.addr(), size, protect)?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn VirtualQuery(
    address: *const c_void,
    information: Out<Information>,
    length: usize,
) -> usize {
    code_door(0, || {
        if length < size_of::<Information>() {
            return Err(Code::BAD_LENGTH);
        }
        information.set(about(address.addr()).ok_or(Code::INVALID_PARAMETER)?);
        Ok(size_of::<Information>())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn VirtualLock(address: *mut c_void, size: usize) -> Bool {
    code_bool(|| {
        // SAFETY: the system checks the addresses.
        if unsafe { libc::mlock(address, size) } == 0 {
            return Ok(());
        }
        // Reserved pages are there, but not memory.
        let is_memory = about(address.addr()).is_some_and(|pages| pages.state == COMMIT);
        Err(if is_memory {
            Code::WORKING_SET_QUOTA
        } else {
            Code::NOACCESS
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn VirtualUnlock(address: *mut c_void, size: usize) -> Bool {
    code_bool(|| {
        // SAFETY: the system checks the addresses.
        let unlocked = unsafe { libc::munlock(address, size) } == 0;
        if unlocked {
            Ok(())
        } else {
            Err(Code::INVALID_ADDRESS)
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetLargePageMinimum() -> usize {
    // 0 is the documented answer of a system that has none.
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_maps_is_understood() {
        let line = "7f00-8f00 r-xp 00001000 08:01 1234   /lib/x.so";
        let mapping = mapping(line).unwrap();
        assert_eq!(mapping.pages, 0x7f00..0x8f00);
        assert_eq!((mapping.protect, mapping.kind), (PAGE_EXECUTE_READ, IMAGE));
        assert_eq!(mapping.file, "/lib/x.so");
    }
}
