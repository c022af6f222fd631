//! Local and global memory: blocks of the process's heap.
//!
//! A movable block never moves behind the program's back here, so its handle is its address; how
//! often it is locked is counted as documented.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::LazyLock;

use parking_lot::Mutex;

use super::heap::{PROCESS, ZERO_MEMORY};
use crate::abi::{Bool, FALSE, TRUE};
use crate::door;
use crate::status::set_last_error;
use crate::text::Unit;

const MOVEABLE: u32 = 2;
const ZEROINIT: u32 = 0x40;
const MODIFY: u32 = 0x80;
/// `HEAP_REALLOC_IN_PLACE_ONLY`.
const IN_PLACE: u32 = 0x10;

const INVALID_HANDLE: u32 = 6;
const NOT_ENOUGH_MEMORY: u32 = 8;
const NOT_LOCKED: u32 = 158;

/// How often each movable block is locked.
static MOVABLE: LazyLock<Mutex<HashMap<usize, u32>>> = LazyLock::new(Mutex::default);

/// A block of the process's heap, which the program frees with `LocalFree`; null if there is no
/// memory.
pub(crate) fn local_alloc(size: usize) -> *mut u8 {
    PROCESS.allocate(0, size)
}

/// A copy of a text in a block for `LocalFree`, with a zero behind.
pub(crate) fn local_copy<U: Unit>(text: &[U]) -> *mut U {
    let block = local_alloc(size_of_val(text) + size_of::<U>()).cast::<U>();
    if block.is_null() {
        set_last_error(NOT_ENOUGH_MEMORY);
        return block;
    }
    // SAFETY: the block is as long as the text and a zero, and new.
    unsafe { block.copy_from_nonoverlapping(text.as_ptr(), text.len()) };
    let end = block.wrapping_add(text.len());
    // SAFETY: as above.
    unsafe { end.write(U::default()) };
    block
}

/// Frees a block of the process's heap; whether it was one.
///
/// # Safety
///
/// Nobody uses it any more.
pub(crate) unsafe fn local_free(memory: *mut c_void) -> bool {
    free(memory).is_null()
}

fn allocate(flags: u32, size: usize) -> *mut c_void {
    let zero = if flags & ZEROINIT == 0 {
        0
    } else {
        ZERO_MEMORY
    };
    let block = PROCESS.allocate(zero, size);
    if block.is_null() {
        set_last_error(NOT_ENOUGH_MEMORY);
    } else if flags & MOVEABLE != 0 {
        MOVABLE.lock().insert(block.addr(), 0);
    }
    block.cast()
}

/// The block itself if it is none of ours, else null.
fn free(memory: *mut c_void) -> *mut c_void {
    if memory.is_null() {
        return memory;
    }
    MOVABLE.lock().remove(&memory.addr());
    // SAFETY: the program passes a block, and uses it no more.
    if unsafe { PROCESS.free(memory.cast()) } {
        return std::ptr::null_mut();
    }
    set_last_error(INVALID_HANDLE);
    memory
}

fn size(memory: *mut c_void) -> usize {
    // SAFETY: the program passes a block.
    unsafe { PROCESS.size_of(memory.cast()) }.unwrap_or_else(|| {
        set_last_error(INVALID_HANDLE);
        0
    })
}

fn resize(memory: *mut c_void, size: usize, flags: u32) -> *mut c_void {
    let is_movable = MOVABLE.lock().contains_key(&memory.addr());
    if flags & MODIFY != 0 {
        if flags & MOVEABLE != 0 {
            MOVABLE.lock().entry(memory.addr()).or_insert(0);
        }
        return memory;
    }
    // A fixed block stays where it is, unless the program allows it to move.
    let in_place = if is_movable || flags & MOVEABLE != 0 {
        0
    } else {
        IN_PLACE
    };
    let zero = if flags & ZEROINIT == 0 {
        0
    } else {
        ZERO_MEMORY
    };
    set_last_error(NOT_ENOUGH_MEMORY);
    // SAFETY: the program passes a block.
    let moved = unsafe { PROCESS.resize(in_place | zero, memory.cast(), size) };
    if is_movable && !moved.is_null() {
        let mut movable = MOVABLE.lock();
        let locks = movable.remove(&memory.addr()).unwrap_or(0);
        movable.insert(moved.addr(), locks);
    }
    moved.cast()
}

fn lock(memory: *mut c_void) -> *mut c_void {
    // SAFETY: the program passes a block.
    if unsafe { PROCESS.size_of(memory.cast()) }.is_none() {
        set_last_error(INVALID_HANDLE);
        return std::ptr::null_mut();
    }
    if let Some(locks) = MOVABLE.lock().get_mut(&memory.addr()) {
        *locks += 1;
    }
    memory
}

/// Whether the block is still locked; `fixed` is the answer for one that always is.
fn unlock(memory: *mut c_void, fixed: Bool) -> Bool {
    match MOVABLE.lock().get_mut(&memory.addr()) {
        Some(0) => set_last_error(NOT_LOCKED),
        Some(locks) => {
            *locks -= 1;
            set_last_error(0);
            return Bool::from(*locks > 0);
        }
        None if fixed == FALSE => set_last_error(NOT_LOCKED),
        None => return fixed,
    }
    FALSE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LocalAlloc(flags: u32, bytes: usize) -> *mut c_void {
    door(std::ptr::null_mut(), || allocate(flags, bytes))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GlobalAlloc(flags: u32, bytes: usize) -> *mut c_void {
    door(std::ptr::null_mut(), || allocate(flags, bytes))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LocalReAlloc(memory: *mut c_void, bytes: usize, flags: u32) -> *mut c_void {
    door(std::ptr::null_mut(), || resize(memory, bytes, flags))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GlobalReAlloc(memory: *mut c_void, bytes: usize, flags: u32) -> *mut c_void {
    door(std::ptr::null_mut(), || resize(memory, bytes, flags))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LocalFree(memory: *mut c_void) -> *mut c_void {
    door(memory, || free(memory))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GlobalFree(memory: *mut c_void) -> *mut c_void {
    door(memory, || free(memory))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LocalSize(memory: *mut c_void) -> usize {
    door(0, || size(memory))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GlobalSize(memory: *mut c_void) -> usize {
    door(0, || size(memory))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LocalLock(memory: *mut c_void) -> *mut c_void {
    door(std::ptr::null_mut(), || lock(memory))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GlobalLock(memory: *mut c_void) -> *mut c_void {
    door(std::ptr::null_mut(), || lock(memory))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LocalUnlock(memory: *mut c_void) -> Bool {
    door(FALSE, || unlock(memory, FALSE))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GlobalUnlock(memory: *mut c_void) -> Bool {
    door(FALSE, || unlock(memory, TRUE))
}
