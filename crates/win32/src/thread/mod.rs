//! Threads: those that programs create here, and any other that calls in.
//!
//! | file | holds |
//! |---|---|
//! | `parker` | where a thread sleeps |
//! | `inside` | whether a thread is inside the library |
//! | `create` | creating threads, and how they end |
//! | `jump` | leaving a thread from any depth |
//! | `suspend` | suspending and terminating |
//! | `control` | priority, processors, names, times |
//! | `calls` | the functions of threads that take a handle |
//! | `local` | `TlsAlloc` and `FlsAlloc` |
//! | `process`, `children`, `program` | this process, others, and starting them |
//!
//! # Invariants
//!
//! 1. A thread's object is there from its first call, or before, until its local storage is
//!    destroyed; then, and only then, it is signaled.
//! 2. `HERE` points to the object as long as `KEEPER` holds it.

mod calls;
mod children;
mod control;
mod create;
mod inside;
mod jump;
mod local;
mod parker;
mod process;
mod program;
mod suspend;

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, VecDeque};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use completion_port::{Alert, Deadline};
use parking_lot::Mutex;

pub(crate) use children::{Process, open_process};
pub(crate) use create::spawn;
pub(crate) use inside::{Inside, outside};
pub(crate) use process::{file_time, is_this_process, service};
pub(crate) use suspend::is_doomed;

use crate::abi::Handle;
use crate::handle;
use crate::status::{last_error, set_last_error};
use crate::wait::{self, Outcome, Source, Waitable};

use parker::Parker;

/// `STILL_ACTIVE`.
const STILL_ACTIVE: u32 = 259;

/// Something that a thread does for another when it waits alertably.
pub(crate) struct Apc {
    run: Box<dyn FnOnce() + Send>,
    /// By which it can be taken back; 0 if it cannot.
    mark: usize,
}

impl Apc {
    pub(crate) fn new(run: impl FnOnce() + Send + 'static) -> Self {
        Self::marked(0, run)
    }

    /// One that [`Thread::take_back`] finds.
    pub(crate) fn marked(mark: usize, run: impl FnOnce() + Send + 'static) -> Self {
        let run = Box::new(run);
        Self { run, mark }
    }
}

/// Why a thread sleeps no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken<T> {
    Satisfied(T),
    /// Calls are queued, and the sleep was alertable.
    Called,
    TimedOut,
}

/// Calls for a thread, until it ends.
struct Apcs {
    queue: VecDeque<Apc>,
    closed: bool,
}

/// A thread, as others see it.
pub(crate) struct Thread {
    /// The system's number; 0 until the thread runs.
    id: AtomicU32,
    parker: Parker,
    source: Source,
    /// The code of its wait's outcome, or [`NONE_YET`].
    outcome: AtomicU32,
    /// Calls it out of a port.
    alert: Alert,
    /// It sleeps alertably, or is about to.
    alertable: AtomicBool,
    apcs: Mutex<Apcs>,
    /// What it returned, or is about to.
    returned: AtomicU32,
    /// Its code, once it has ended.
    code: AtomicU32,
    ended: AtomicBool,
    /// It is known to itself; before, it is only a number that somebody has opened.
    has_called_in: AtomicBool,
    suspension: suspend::Suspension,
    control: Mutex<control::Control>,
    local: Mutex<local::Values>,
    /// Mutexes that it owns; changed under the dispatcher's lock.
    pub(crate) owned: Mutex<Vec<Arc<Waitable>>>,
    /// A handle that is closed at the end, or 0: `_beginthread`.
    own_handle: AtomicUsize,
    /// It began operations on handles without a port, which end with it (S-225).
    has_operations: AtomicBool,
}

const NONE_YET: u32 = u32::MAX;

impl Thread {
    fn new(id: u32, suspended: bool) -> Arc<Self> {
        Arc::new(Self {
            id: AtomicU32::new(id),
            parker: Parker::new(),
            source: Source::new(false),
            outcome: AtomicU32::new(NONE_YET),
            alert: Alert::new(),
            alertable: AtomicBool::new(false),
            apcs: Mutex::new(Apcs {
                queue: VecDeque::new(),
                closed: false,
            }),
            returned: AtomicU32::new(0),
            code: AtomicU32::new(0),
            ended: AtomicBool::new(false),
            has_called_in: AtomicBool::new(false),
            suspension: suspend::Suspension::new(suspended),
            control: Mutex::new(control::Control::new()),
            local: Mutex::new(local::Values::default()),
            owned: Mutex::new(Vec::new()),
            own_handle: AtomicUsize::new(0),
            has_operations: AtomicBool::new(false),
        })
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// The system's number.
    pub(crate) fn id(&self) -> u32 {
        self.id.load(Ordering::Acquire)
    }

    pub(crate) fn alert(&self) -> &Alert {
        &self.alert
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Its code, or [`STILL_ACTIVE`].
    fn exit_code(&self) -> u32 {
        if self.has_ended() {
            self.code.load(Ordering::Relaxed)
        } else {
            STILL_ACTIVE
        }
    }

    /// Has the thread run it at its next alertable wait; false if there will be none.
    pub(crate) fn queue_apc(&self, apc: Apc) -> bool {
        let mut apcs = self.apcs.lock();
        if apcs.closed {
            return false;
        }
        apcs.queue.push_back(apc);
        drop(apcs);
        self.alert.raise();
        // A thread that goes to sleep alertably says so before it looks for calls.
        if self.alertable.load(Ordering::SeqCst) {
            self.unpark();
        }
        true
    }

    /// As [`Self::queue_apc`], unless one with the same mark is in the queue already.
    pub(crate) fn queue_apc_once(&self, apc: Apc) {
        let is_queued = |apcs: &Apcs| apcs.queue.iter().any(|queued| queued.mark == apc.mark);
        if !is_queued(&self.apcs.lock()) {
            self.queue_apc(apc);
        }
    }

    /// Takes back the calls with that mark.
    pub(crate) fn take_back(&self, mark: usize) {
        let mut taken = Vec::new();
        let mut apcs = self.apcs.lock();
        let queue = std::mem::take(&mut apcs.queue);
        for apc in queue {
            if apc.mark == mark {
                taken.push(apc);
            } else {
                apcs.queue.push_back(apc);
            }
        }
        drop(apcs);
    }

    pub(crate) fn has_apcs(&self) -> bool {
        !self.apcs.lock().queue.is_empty()
    }

    /// Calls the thread out of its sleep, if it sleeps; it looks whether that concerns it.
    pub(crate) fn unpark(&self) {
        self.parker.unpark();
    }

    /// The thread is about to be listed for a wait; under the dispatcher's lock.
    pub(crate) fn begin_wait(&self) {
        self.outcome.store(NONE_YET, Ordering::Relaxed);
    }

    /// Its wait is satisfied; under the dispatcher's lock.
    pub(crate) fn satisfied(&self, outcome: Outcome) {
        self.outcome.store(outcome.code(), Ordering::Release);
    }

    /// The outcome of the wait for which it was listed last.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        let code = self.outcome.load(Ordering::Acquire);
        (code != NONE_YET).then(|| Outcome::of_code(code))
    }

    /// Sleeps until the wait for which this thread, the calling one, is listed is satisfied.
    pub(crate) fn sleep(&self, deadline: Deadline, alertable: bool) -> Woken<Outcome> {
        self.sleep_until(deadline, alertable, || self.outcome())
    }

    /// The calling thread, which this is, sleeps until there is an answer.
    pub(crate) fn sleep_until<T>(
        &self,
        deadline: Deadline,
        alertable: bool,
        answer: impl Fn() -> Option<T>,
    ) -> Woken<T> {
        if alertable {
            self.alertable.store(true, Ordering::SeqCst);
        }
        let woken = loop {
            if let Some(answer) = answer() {
                break Woken::Satisfied(answer);
            }
            if alertable && self.has_apcs() {
                break Woken::Called;
            }
            if self.suspension.is_doomed() {
                // It ends on its way out.
                inside::ask();
                break Woken::TimedOut;
            }
            if has_passed(deadline) {
                break Woken::TimedOut;
            }
            self.parker.park(deadline);
        };
        if alertable {
            self.alertable.store(false, Ordering::SeqCst);
        }
        woken
    }
}

/// Whether a deadline lies in the past.
pub(crate) fn has_passed(deadline: Deadline) -> bool {
    match deadline {
        Deadline::Never => false,
        Deadline::Now => true,
        Deadline::At(at) => at <= std::time::Instant::now(),
    }
}

/// Holds the thread's object until the thread's local storage is destroyed.
struct Keeper(OnceCell<Arc<Thread>>);

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(thread) = self.0.get() {
            thread.end();
            HERE.set(std::ptr::null());
        }
    }
}

thread_local! {
    /// The calling thread's object, or null before its first call and after its end.
    static HERE: Cell<*const Thread> = const { Cell::new(std::ptr::null()) };
    static KEEPER: Keeper = const { Keeper(OnceCell::new()) };
    static ID: Cell<u32> = const { Cell::new(0) };
}

/// Every living thread that is known, by the system's number.
static THREADS: Mutex<BTreeMap<u32, Weak<Thread>>> = Mutex::new(BTreeMap::new());

/// Makes it the calling thread's object.
fn adopt(thread: &Arc<Thread>) {
    let id = current_thread_id();
    // Registered first: whoever learns the number can find the thread.
    THREADS.lock().insert(id, Arc::downgrade(thread));
    thread.id.store(id, Ordering::Release);
    let kept = KEEPER.try_with(|keeper| keeper.0.set(Arc::clone(thread)).is_ok());
    if kept == Ok(true) {
        HERE.set(Arc::as_ptr(thread));
        thread.has_called_in.store(true, Ordering::Release);
    } else {
        // A thread whose storage is being destroyed gets an object for the moment only.
        THREADS.lock().remove(&id);
    }
}

/// Runs something with the calling thread's object.
#[inline]
pub(crate) fn with_current<T>(run: impl FnOnce(&Arc<Thread>) -> T) -> T {
    let here = HERE.get();
    if here.is_null() {
        // Somebody may have opened it by its number.
        let thread = by_id(current_thread_id()).unwrap_or_else(|| Thread::new(0, false));
        adopt(&thread);
        return run(&thread);
    }
    // SAFETY: `KEEPER` holds one count as long as `HERE` is set (invariant 2), so for the time
    // of this call there is one, which is not given back here.
    let thread = ManuallyDrop::new(unsafe { Arc::from_raw(here) });
    run(&thread)
}

pub(crate) fn current_thread() -> Arc<Thread> {
    with_current(Arc::clone)
}

/// The system's number of the calling thread.
#[inline]
pub(crate) fn current_thread_id() -> u32 {
    match ID.get() {
        0 => {
            // SAFETY: no pointers are passed.
            let id = unsafe { libc::gettid() }.cast_unsigned();
            ID.set(id);
            id
        }
        id => id,
    }
}

/// The living thread with that number.
pub(crate) fn by_id(id: u32) -> Option<Arc<Thread>> {
    THREADS.lock().get(&id)?.upgrade()
}

/// Every living thread that is known.
fn all() -> Vec<Arc<Thread>> {
    let threads = THREADS.lock();
    threads.values().filter_map(Weak::upgrade).collect()
}

/// The calling thread has begun an operation on a handle without a port.
#[inline]
pub(crate) fn note_operation() {
    with_current(|thread| thread.has_operations.store(true, Ordering::Relaxed));
}

/// Runs the calling thread's queued calls, those included that are queued meanwhile (S-304);
/// whether there were any. The last error is what it was (S-412).
pub(crate) fn run_apcs() -> bool {
    let thread = current_thread();
    thread.alert.lower();
    let code = last_error();
    let mut ran = false;
    loop {
        let Some(apc) = thread.apcs.lock().queue.pop_front() else {
            break;
        };
        outside(apc.run);
        ran = true;
    }
    set_last_error(code);
    ran
}

impl Thread {
    /// The calling thread, which this is, ends: its local storage is being destroyed.
    fn end(self: &Arc<Self>) {
        let _inside = Inside::new();
        // A terminated thread executes nothing more of the program's.
        if !self.has_ended() && !self.suspension.is_doomed() {
            local::run_callbacks(self);
        }
        if self.has_operations.load(Ordering::Relaxed) {
            crate::overlapped::cancel_of_thread(self.id());
        }
        self.note_last_times();
        self.finish(self.returned.load(Ordering::Relaxed));
        let own_handle = self.own_handle.swap(0, Ordering::Relaxed);
        if own_handle != 0 {
            let own_handle: Handle = std::ptr::without_provenance_mut(own_handle);
            // The program may have closed it, which it should not.
            let _ = handle::close(own_handle, |_| true);
        }
    }

    /// From now on the thread counts as ended, with that code. It may be declared so by another
    /// before it is (`TerminateThread`); who comes first decides.
    fn finish(self: &Arc<Self>, code: u32) {
        let mut apcs = self.apcs.lock();
        if std::mem::replace(&mut apcs.closed, true) {
            return;
        }
        let dropped = std::mem::take(&mut apcs.queue);
        drop(apcs);
        drop(dropped);
        let mut threads = THREADS.lock();
        let own = |thread: &Weak<Self>| std::ptr::eq(thread.as_ptr(), Arc::as_ptr(self));
        if threads.get(&self.id()).is_some_and(own) {
            threads.remove(&self.id());
            children::note_ended(self);
        }
        drop(threads);
        wait::abandon_all(self);
        self.code.store(code, Ordering::Relaxed);
        self.ended.store(true, Ordering::Release);
        process::thread_has_ended(code);
        self.source.set();
    }
}
