//! Singly linked lists that many threads push to and pop from.
//!
//! The head holds a lock of one bit for the few instructions that a change takes. A list without
//! any would have to read the successor of an entry that another thread may have popped and
//! freed meanwhile; on Windows the kernel forgives that.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::thread::Inside;

/// `SLIST_HEADER`.
#[repr(C, align(16))]
struct Head {
    /// The first entry's address; its lowest bit is [`LOCKED`].
    first: AtomicUsize,
    /// How many entries there are; changed under the lock.
    depth: AtomicUsize,
}

const _: () = assert!(size_of::<Head>() == 16);

/// Entries are aligned, so that the bit is free.
const LOCKED: usize = 1;
/// After so many looks the thread that has the lock gets the processor.
const SPINS: usize = 100;

/// `SLIST_ENTRY`: the address of the next.
type Entry = *mut c_void;

impl Head {
    /// Changes the list: the closure is told the first entry and gives the first entry that
    /// there is then, and by how much the depth changes.
    fn change(&self, to: impl FnOnce(usize) -> (usize, isize)) -> Entry {
        // A thread that is stopped here would stop all the others.
        let _inside = Inside::new();
        let mut looks = 0;
        let first = loop {
            let first = self.first.fetch_or(LOCKED, Ordering::Acquire);
            if first & LOCKED == 0 {
                break first;
            }
            looks += 1;
            if looks % SPINS == 0 {
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        };
        let (next, more) = to(first);
        let depth = self.depth.load(Ordering::Relaxed);
        self.depth
            .store(depth.saturating_add_signed(more), Ordering::Relaxed);
        self.first.store(next, Ordering::Release);
        std::ptr::with_exposed_provenance_mut(first)
    }
}

/// The head that a program passes.
///
/// # Safety
///
/// The pointer leads to one in the program's memory, which outlives the call.
unsafe fn head<'a>(at: *const c_void) -> &'a Head {
    // SAFETY: as the caller says; both words are atomic.
    unsafe { &*at.cast::<Head>() }
}

/// Links an entry to the next.
///
/// # Safety
///
/// The entry is the caller's.
unsafe fn link(entry: Entry, next: usize) {
    // SAFETY: as the caller says; the address is all that an entry has.
    unsafe { entry.cast::<usize>().write(next) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitializeSListHead(at: *mut c_void) {
    // SAFETY: the program passes room for a head, by contract.
    unsafe { at.cast::<[usize; 2]>().write([0; 2]) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InterlockedPushEntrySList(at: *mut c_void, entry: Entry) -> Entry {
    // SAFETY: the program passes a head, by contract.
    let head = unsafe { head(at) };
    head.change(|first| {
        // SAFETY: the program gives the entry away.
        unsafe { link(entry, first) };
        (entry.expose_provenance(), 1)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InterlockedPushListSListEx(
    at: *mut c_void,
    list: Entry,
    last: Entry,
    count: u32,
) -> Entry {
    // SAFETY: the program passes a head, by contract.
    let head = unsafe { head(at) };
    head.change(|first| {
        // SAFETY: the program gives the entries away.
        unsafe { link(last, first) };
        (list.expose_provenance(), count as isize)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InterlockedPopEntrySList(at: *mut c_void) -> Entry {
    // SAFETY: the program passes a head, by contract.
    let head = unsafe { head(at) };
    head.change(|first| {
        if first == 0 {
            return (0, 0);
        }
        let entry: *const usize = std::ptr::with_exposed_provenance(first);
        // SAFETY: an entry in the list belongs to it while it is locked.
        (unsafe { entry.read() }, -1)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InterlockedFlushSList(at: *mut c_void) -> Entry {
    // SAFETY: the program passes a head, by contract.
    let head = unsafe { head(at) };
    head.change(|_| (0, isize::MIN))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn QueryDepthSList(at: *mut c_void) -> u16 {
    // SAFETY: the program passes a head, by contract.
    let head = unsafe { head(at) };
    head.depth.load(Ordering::Relaxed) as u16
}
