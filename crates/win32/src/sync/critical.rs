//! Critical sections: locks that their owner may take again.

use std::ffi::c_void;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};

use completion_port::Deadline;

use super::futex;
use crate::abi::{Bool, Dword, TRUE};
use crate::thread::{Inside, current_thread_id};

/// `CRITICAL_SECTION`.
///
/// | `lock` | |
/// |---|---|
/// | [`FREE`] | nobody owns it |
/// | [`OWNED`] | somebody does |
/// | [`WANTED`] | and others may sleep on the word |
///
/// These are the values that Windows has, so that who looks at the owner in a debugger, or at the
/// count in a program, sees what is expected.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct CriticalSection {
    debug: AtomicUsize,
    lock: AtomicU32,
    recursion: AtomicI32,
    owner: AtomicUsize,
    semaphore: AtomicUsize,
    spins: AtomicUsize,
}

const _: () = assert!(size_of::<CriticalSection>() == 40);

const FREE: u32 = (-1_i32).cast_unsigned();
const OWNED: u32 = (-2_i32).cast_unsigned();
const WANTED: u32 = (-6_i32).cast_unsigned();

/// How often a thread looks before it sleeps if the program does not say: long enough for an
/// owner that does next to nothing.
const SPINS: usize = 100;
/// The low bits of a spin count; the others are flags.
const SPINS_MASK: Dword = 0x00ff_ffff;

impl CriticalSection {
    fn initialize(&self, spins: usize) {
        // What Windows puts there when it keeps no notes for a debugger.
        self.debug.store(usize::MAX, Ordering::Relaxed);
        self.recursion.store(0, Ordering::Relaxed);
        self.owner.store(0, Ordering::Relaxed);
        self.semaphore.store(0, Ordering::Relaxed);
        self.spins.store(spins, Ordering::Relaxed);
        self.lock.store(FREE, Ordering::Release);
    }

    #[inline]
    fn try_enter(&self) -> bool {
        let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
        let me = current_thread_id() as usize;
        if self
            .lock
            .compare_exchange(FREE, OWNED, success, failure)
            .is_ok()
        {
            self.own(me);
            return true;
        }
        // Only the owner itself can find its own number there.
        if self.owner.load(Ordering::Relaxed) == me {
            let depth = self.recursion.load(Ordering::Relaxed);
            self.recursion.store(depth + 1, Ordering::Relaxed);
            return true;
        }
        false
    }

    #[inline]
    fn own(&self, me: usize) {
        self.owner.store(me, Ordering::Relaxed);
        self.recursion.store(1, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn enter(&self) {
        if !self.try_enter() {
            self.enter_slowly();
        }
    }

    #[cold]
    fn enter_slowly(&self) {
        let _inside = Inside::new();
        let spins = match self.spins.load(Ordering::Relaxed) {
            0 => SPINS,
            spins => spins.min(SPINS_MASK as usize),
        };
        for _ in 0..spins {
            let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
            if self.lock.load(Ordering::Relaxed) == FREE
                && self
                    .lock
                    .compare_exchange(FREE, OWNED, success, failure)
                    .is_ok()
            {
                return self.own(current_thread_id() as usize);
            }
            std::hint::spin_loop();
        }
        completion_port::blocking(|| {
            while self.lock.swap(WANTED, Ordering::Acquire) != FREE {
                futex::wait(&self.lock, WANTED, Deadline::Never);
            }
        });
        self.own(current_thread_id() as usize);
    }

    #[inline]
    pub(crate) fn leave(&self) {
        let depth = self.recursion.load(Ordering::Relaxed) - 1;
        self.recursion.store(depth, Ordering::Relaxed);
        if depth > 0 {
            return;
        }
        self.owner.store(0, Ordering::Relaxed);
        if self.lock.swap(FREE, Ordering::Release) == WANTED {
            futex::wake(&self.lock, 1);
        }
    }

    /// Leaves it altogether, to sleep; how often it was entered.
    pub(super) fn leave_all(&self) -> i32 {
        let depth = self.recursion.swap(1, Ordering::Relaxed);
        self.leave();
        depth
    }

    /// Enters it as often as it was before [`leave_all`](Self::leave_all).
    pub(super) fn enter_again(&self, depth: i32) {
        self.enter();
        self.recursion.store(depth, Ordering::Relaxed);
    }
}

/// The section that a program passes.
///
/// # Safety
///
/// The pointer leads to a section in the program's memory, which outlives the call.
pub(super) unsafe fn section<'a>(section: *const c_void) -> &'a CriticalSection {
    // SAFETY: as the caller says; all of it is atomic.
    unsafe { &*section.cast::<CriticalSection>() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitializeCriticalSection(at: *mut c_void) {
    // SAFETY: the program passes room for one, by contract.
    unsafe { section(at) }.initialize(0);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitializeCriticalSectionAndSpinCount(at: *mut c_void, spins: Dword) -> Bool {
    // SAFETY: the program passes room for one, by contract.
    unsafe { section(at) }.initialize((spins & SPINS_MASK) as usize);
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn InitializeCriticalSectionEx(
    at: *mut c_void,
    spins: Dword,
    _flags: Dword,
) -> Bool {
    // SAFETY: the program passes room for one, by contract.
    unsafe { section(at) }.initialize((spins & SPINS_MASK) as usize);
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetCriticalSectionSpinCount(at: *mut c_void, spins: Dword) -> Dword {
    // SAFETY: the program passes a section, by contract.
    let section = unsafe { section(at) };
    let spins = (spins & SPINS_MASK) as usize;
    section.spins.swap(spins, Ordering::Relaxed) as Dword
}

#[unsafe(no_mangle)]
unsafe extern "C" fn EnterCriticalSection(at: *mut c_void) {
    // SAFETY: the program passes a section, by contract.
    unsafe { section(at) }.enter();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn TryEnterCriticalSection(at: *mut c_void) -> Bool {
    // SAFETY: the program passes a section, by contract.
    unsafe { section(at) }.try_enter().into()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LeaveCriticalSection(at: *mut c_void) {
    // SAFETY: the program passes a section, by contract.
    unsafe { section(at) }.leave();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DeleteCriticalSection(at: *mut c_void) {
    // SAFETY: the program passes a section, by contract.
    let section = unsafe { section(at) };
    section.debug.store(0, Ordering::Relaxed);
    section.spins.store(0, Ordering::Relaxed);
}
