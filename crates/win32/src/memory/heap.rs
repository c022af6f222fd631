//! Heaps.
//!
//! A block is one of the C library's, with a head in front that tells its size, since `HeapSize`
//! has to know it exactly, and whose it is. The process's heap takes no lock of ours; a private
//! one keeps a list of its blocks, which die with it.

use std::collections::HashMap;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, ReentrantMutex, RwLock};

use crate::abi::{Bool, Dword, FALSE, Handle, TRUE};
use crate::door;
use crate::status::set_last_error;

const NOT_ENOUGH_MEMORY: u32 = 8;
const INVALID_HANDLE: u32 = 6;
const INVALID_PARAMETER: u32 = 87;
const NOT_LOCKED: u32 = 158;

const REALLOC_IN_PLACE_ONLY: u32 = 0x10;
pub(super) const ZERO_MEMORY: u32 = 8;

/// In front of every block; as long as the alignment that a block must have.
#[repr(C, align(16))]
struct Head {
    size: usize,
    /// The block's address and its heap's, mixed: a block of another origin does not have it.
    mark: usize,
}

const HEAD: usize = size_of::<Head>();
const MIX: usize = 0x9e37_79b9_7f4a_7c15;

/// No block is larger; the C library refuses them as well.
const SIZE_MAX: usize = isize::MAX as usize - HEAD;

pub(super) struct Heap {
    /// The sum of the blocks' sizes may not exceed it; 0: there is no limit.
    limit: usize,
    in_use: AtomicUsize,
    /// A private heap's blocks and their sizes.
    blocks: Option<Mutex<HashMap<usize, usize>>>,
    /// `HeapLock`: taken as often as `locks` says, and waited for only if that is not 0.
    gate: ReentrantMutex<()>,
    locks: AtomicU32,
}

impl Heap {
    const fn new(limit: usize, blocks: Option<Mutex<HashMap<usize, usize>>>) -> Self {
        Self {
            limit,
            in_use: AtomicUsize::new(0),
            blocks,
            gate: ReentrantMutex::new(()),
            locks: AtomicU32::new(0),
        }
    }

    fn mark(&self, block: usize) -> usize {
        block.rotate_left(17) ^ std::ptr::from_ref(self).addr() ^ MIX
    }

    /// Waits while another thread has locked the heap.
    fn pass(&self) {
        if self.locks.load(Ordering::Acquire) != 0 {
            drop(self.gate.lock());
        }
    }

    /// Counts bytes in, unless they exceed the limit.
    fn admit(&self, size: usize) -> bool {
        if self.limit == 0 {
            return true;
        }
        let within = |used: usize| used.checked_add(size).filter(|&sum| sum <= self.limit);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.in_use.fetch_update(set, get, within).is_ok()
    }

    fn give_back(&self, size: usize) {
        if self.limit != 0 {
            self.in_use.fetch_sub(size, Ordering::Relaxed);
        }
    }

    /// Writes a block's head and notes it; the block itself.
    fn dress(&self, head: *mut Head, size: usize) -> *mut u8 {
        let block = head.wrapping_add(1).cast::<u8>();
        let mark = self.mark(block.addr());
        // SAFETY: the caller allocated it a moment ago, with room for a head.
        unsafe { head.write(Head { size, mark }) };
        if let Some(blocks) = &self.blocks {
            blocks.lock().insert(block.expose_provenance(), size);
        }
        block
    }

    pub(super) fn allocate(&self, flags: u32, size: usize) -> *mut u8 {
        self.pass();
        if size > SIZE_MAX || !self.admit(size) {
            return std::ptr::null_mut();
        }
        let head = if flags & ZERO_MEMORY == 0 {
            // SAFETY: any size may be asked for.
            unsafe { libc::malloc(HEAD + size) }
        } else {
            // SAFETY: as above.
            unsafe { libc::calloc(1, HEAD + size) }
        };
        if head.is_null() {
            self.give_back(size);
            return std::ptr::null_mut();
        }
        self.dress(head.cast(), size)
    }

    /// The head of a block of this heap.
    ///
    /// # Safety
    ///
    /// For the process's heap: the block is some heap's, or at least readable in front.
    unsafe fn head_of(&self, block: *mut u8) -> Option<*mut Head> {
        if !block.addr().is_multiple_of(align_of::<Head>()) || block.is_null() {
            return None;
        }
        if let Some(blocks) = &self.blocks {
            blocks.lock().get(&block.addr())?;
        }
        let head = block.cast::<Head>().wrapping_sub(1);
        // SAFETY: readable, as promised or as the list says.
        let Head { mark, .. } = *unsafe { &*head };
        (mark == self.mark(block.addr())).then_some(head)
    }

    /// The size of a block; `None` if it is no block of this heap.
    ///
    /// # Safety
    ///
    /// As for [`Heap::head_of`].
    pub(super) unsafe fn size_of(&self, block: *mut u8) -> Option<usize> {
        // SAFETY: as promised.
        let head = unsafe { self.head_of(block) }?;
        // SAFETY: the head of a block of ours.
        Some(unsafe { &*head }.size)
    }

    /// Frees a block; whether it was one of this heap.
    ///
    /// # Safety
    ///
    /// As for [`Heap::head_of`], and nobody uses it any more.
    pub(super) unsafe fn free(&self, block: *mut u8) -> bool {
        self.pass();
        // SAFETY: as promised.
        let Some(head) = (unsafe { self.head_of(block) }) else {
            return false;
        };
        if let Some(blocks) = &self.blocks
            && blocks.lock().remove(&block.addr()).is_none()
        {
            return false;
        }
        // SAFETY: the head of a block of ours.
        let size = unsafe { &*head }.size;
        // So that a second free is noticed, as long as nobody else uses the memory.
        // SAFETY: as above; volatile, since the compiler knows that the memory dies.
        unsafe { head.write_volatile(Head { size: 0, mark: 0 }) };
        self.give_back(size);
        // SAFETY: allocated by `allocate`, and unused, as promised.
        unsafe { libc::free(head.cast()) };
        true
    }

    /// Changes a block's size; null if that cannot be, and then the block stays.
    ///
    /// # Safety
    ///
    /// As for [`Heap::free`] if the block moves.
    pub(super) unsafe fn resize(&self, flags: u32, block: *mut u8, size: usize) -> *mut u8 {
        self.pass();
        // SAFETY: as promised.
        let Some(head) = (unsafe { self.head_of(block) }) else {
            set_last_error(INVALID_PARAMETER);
            return std::ptr::null_mut();
        };
        // SAFETY: the head of a block of ours.
        let before = unsafe { &*head }.size;
        let fits = || {
            // SAFETY: allocated by the C library, and not freed.
            let usable = unsafe { libc::malloc_usable_size(head.cast()) };
            HEAD.checked_add(size).is_some_and(|whole| whole <= usable)
        };
        let in_place = flags & REALLOC_IN_PLACE_ONLY != 0;
        if size > SIZE_MAX || (in_place && !fits()) || !self.admit(size) {
            return std::ptr::null_mut();
        }
        let moved: *mut Head = if in_place {
            head
        } else {
            // SAFETY: allocated by the C library, and not freed.
            unsafe { libc::realloc(head.cast(), HEAD + size) }.cast()
        };
        if moved.is_null() {
            self.give_back(size);
            return std::ptr::null_mut();
        }
        self.give_back(before);
        if let Some(blocks) = &self.blocks {
            blocks.lock().remove(&block.addr());
        }
        let block = self.dress(moved, size);
        if flags & ZERO_MEMORY != 0 && size > before {
            let rest = block.wrapping_add(before);
            // SAFETY: within the block's new size.
            unsafe { rest.write_bytes(0, size - before) };
        }
        block
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        let Some(blocks) = &self.blocks else {
            return;
        };
        for &block in blocks.lock().keys() {
            let head = std::ptr::with_exposed_provenance_mut::<Head>(block).wrapping_sub(1);
            // SAFETY: a block of this heap, which the program has given up with it.
            unsafe { libc::free(head.cast()) };
        }
    }
}

/// The process's heap.
pub(super) static PROCESS: Heap = Heap::new(0, None);

/// The private heaps, by handle.
static PRIVATE: OnceLock<RwLock<HashMap<usize, Arc<Heap>>>> = OnceLock::new();

fn private() -> &'static RwLock<HashMap<usize, Arc<Heap>>> {
    PRIVATE.get_or_init(RwLock::default)
}

/// Runs something with a heap; `failed` and error 6 if the handle is none.
fn with_heap<T: Copy>(heap: Handle, failed: T, run: impl FnOnce(&Heap) -> T) -> T {
    door(failed, || {
        if heap.addr() == std::ptr::from_ref(&PROCESS).addr() {
            return run(&PROCESS);
        }
        let found = private().read().get(&heap.addr()).cloned();
        match found {
            Some(heap) => run(&heap),
            None => {
                set_last_error(INVALID_HANDLE);
                failed
            }
        }
    })
}

/// Success, or an error's code.
fn succeeded(is_so: bool, code: u32) -> Bool {
    if !is_so {
        set_last_error(code);
    }
    Bool::from(is_so)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetProcessHeap() -> Handle {
    std::ptr::from_ref(&PROCESS).cast_mut().cast()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapCreate(_options: Dword, initial: usize, maximum: usize) -> Handle {
    door(std::ptr::null_mut(), || {
        if maximum != 0 && initial > maximum {
            set_last_error(INVALID_PARAMETER);
            return std::ptr::null_mut();
        }
        let heap = Arc::new(Heap::new(maximum, Some(Mutex::default())));
        let handle = Arc::as_ptr(&heap).cast_mut();
        private().write().insert(handle.addr(), heap);
        handle.cast()
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapDestroy(heap: Handle) -> Bool {
    // The process's heap is not in the list: it cannot be destroyed.
    door(FALSE, || {
        let removed = private().write().remove(&heap.addr());
        succeeded(removed.is_some(), INVALID_HANDLE)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapAlloc(heap: Handle, flags: Dword, size: usize) -> *mut c_void {
    with_heap(heap, std::ptr::null_mut(), |heap| {
        let block = heap.allocate(flags, size);
        if block.is_null() {
            set_last_error(NOT_ENOUGH_MEMORY);
        }
        block.cast()
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapReAlloc(
    heap: Handle,
    flags: Dword,
    block: *mut c_void,
    size: usize,
) -> *mut c_void {
    with_heap(heap, std::ptr::null_mut(), |heap| {
        set_last_error(NOT_ENOUGH_MEMORY);
        // SAFETY: the program passes a block of the heap.
        unsafe { heap.resize(flags, block.cast(), size) }.cast()
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapFree(heap: Handle, _flags: Dword, block: *mut c_void) -> Bool {
    if block.is_null() {
        return TRUE;
    }
    with_heap(heap, FALSE, |heap| {
        // SAFETY: the program passes a block of the heap, and uses it no more.
        let freed = unsafe { heap.free(block.cast()) };
        succeeded(freed, INVALID_PARAMETER)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapSize(heap: Handle, _flags: Dword, block: *const c_void) -> usize {
    with_heap(heap, usize::MAX, |heap| {
        // SAFETY: the program passes a block of the heap.
        unsafe { heap.size_of(block.cast_mut().cast()) }.unwrap_or_else(|| {
            set_last_error(INVALID_PARAMETER);
            usize::MAX
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapValidate(heap: Handle, _flags: Dword, block: *const c_void) -> Bool {
    with_heap(heap, FALSE, |heap| {
        if block.is_null() {
            return TRUE;
        }
        // SAFETY: the program passes a block of the heap.
        let size = unsafe { heap.size_of(block.cast_mut().cast()) };
        Bool::from(size.is_some())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapCompact(heap: Handle, _flags: Dword) -> usize {
    with_heap(heap, 0, |_| {
        // SAFETY: no pointers are passed.
        unsafe { libc::malloc_trim(0) };
        // SAFETY: as above.
        unsafe { libc::mallinfo2() }.keepcost
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapLock(heap: Handle) -> Bool {
    with_heap(heap, FALSE, |heap| {
        // Held until `HeapUnlock`.
        let _held = ManuallyDrop::new(heap.gate.lock());
        heap.locks.fetch_add(1, Ordering::AcqRel);
        TRUE
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapUnlock(heap: Handle) -> Bool {
    with_heap(heap, FALSE, |heap| {
        if heap.locks.load(Ordering::Acquire) == 0 || !heap.gate.is_owned_by_current_thread() {
            return succeeded(false, NOT_LOCKED);
        }
        heap.locks.fetch_sub(1, Ordering::AcqRel);
        // SAFETY: this thread locked it in `HeapLock` and has not unlocked it since.
        unsafe { heap.gate.force_unlock() };
        TRUE
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn HeapSetInformation(
    heap: Handle,
    what: u32,
    information: *const c_void,
    length: usize,
) -> Bool {
    const COMPATIBILITY: u32 = 0;
    const TERMINATION_ON_CORRUPTION: u32 = 1;
    match what {
        // The C library ends the process when it finds a heap corrupted, always.
        TERMINATION_ON_CORRUPTION => TRUE,
        // 0, 1, 2: how small blocks are kept; there is one way here, and it is fast.
        COMPATIBILITY if length >= 4 && !information.is_null() => with_heap(heap, FALSE, |_| TRUE),
        _ => succeeded(false, INVALID_PARAMETER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_heap_takes_its_blocks_along_and_has_a_limit() {
        let heap = Heap::new(100, Some(Mutex::default()));
        let block = heap.allocate(ZERO_MEMORY, 60);
        assert!(!block.is_null());
        assert!(heap.allocate(0, 60).is_null());
        // SAFETY: blocks of the heap, or null.
        assert_eq!(unsafe { heap.size_of(block) }, Some(60));
        // SAFETY: as above.
        assert!(unsafe { heap.free(block) });
        // SAFETY: the list says that it is none any more.
        assert!(!unsafe { heap.free(block) });
        assert!(!heap.allocate(0, 100).is_null());
    }

    #[test]
    fn a_block_of_another_heap_is_refused() {
        let (one, other) = (
            Heap::new(0, Some(Mutex::default())),
            Heap::new(0, Some(Mutex::default())),
        );
        let block = one.allocate(0, 5);
        // SAFETY: a block of a heap.
        assert!(!unsafe { other.free(block) });
        // SAFETY: as above.
        assert!(!unsafe { PROCESS.free(block) });
    }
}
