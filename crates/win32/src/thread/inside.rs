//! Whether a thread is inside the library.
//!
//! A thread that is must not be stopped: it may hold a lock that the others need. What is asked
//! of it meanwhile, suspending or dying, it does on its way out.

use std::cell::Cell;

use super::suspend;

thread_local! {
    /// How many exported functions the thread is in; above 0 it is inside. The callbacks of the
    /// program count as outside.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Something was asked of the thread while it was inside.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Inside, until dropped.
#[derive(Debug)]
pub(crate) struct Inside {
    /// It belongs to the thread that made it.
    _here: std::marker::PhantomData<*const ()>,
}

impl Inside {
    #[inline]
    pub(crate) fn new() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self {
            _here: std::marker::PhantomData,
        }
    }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        let depth = DEPTH.get() - 1;
        // A signal that comes after this finds the thread outside; one that came before is
        // noticed below.
        DEPTH.set(depth);
        std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
        if depth == 0 && ASKED.get() {
            obey();
        }
    }
}

#[cold]
fn obey() {
    ASKED.set(false);
    suspend::obey();
}

/// Whether the calling thread is inside; called by a signal handler.
pub(super) fn is_inside() -> bool {
    DEPTH.get() > 0
}

/// Something is asked of the calling thread, which is inside.
pub(super) fn ask() {
    ASKED.set(true);
}

/// Whether something has been asked of the calling thread since it came in.
#[inline]
pub(super) fn is_asked() -> bool {
    ASKED.get()
}

/// The thread's function has been left, perhaps by a jump out of the library.
pub(super) fn left() {
    DEPTH.set(0);
}

/// Runs a callback of the program: the thread is outside meanwhile.
pub(crate) fn outside<T>(run: impl FnOnce() -> T) -> T {
    struct Restore(u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            DEPTH.set(self.0);
        }
    }
    let restore = Restore(DEPTH.replace(0));
    if ASKED.get() {
        obey();
    }
    let result = run();
    drop(restore);
    result
}
