//! What can be called: how often it is to be, and is being, called.

use std::ffi::c_void;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::environment::{Environment, SimpleCallback};
use super::instance::Instance;
use super::timer::Timer;
use super::waits::Wait;
use crate::thread::outside;

/// `PTP_WORK_CALLBACK`, `PTP_TIMER_CALLBACK`.
pub(super) type Callback = unsafe extern "C-unwind" fn(*const Instance, *mut c_void, *const Object);

/// What kind of object it is.
pub(super) enum Kind {
    Simple(SimpleCallback),
    Work(Callback),
    Timer(Timer),
    Wait(Wait),
    Io(super::io::Io),
}

/// `PTP_WORK` and its like.
pub(super) struct Object {
    pub(super) environment: Environment,
    pub(super) kind: Kind,
    /// What the program wants its callback to be told, a pointer.
    context: usize,
    counts: Mutex<Counts>,
    /// Something has ended, or been cancelled.
    changed: Condvar,
}

#[derive(Default)]
struct Counts {
    /// Callbacks that are to begin.
    pending: usize,
    /// Callbacks that have begun and not ended.
    running: usize,
    /// Whether the group releases it: nothing new is accepted.
    closed: bool,
}

impl Object {
    pub(super) fn new(environment: Environment, kind: Kind, context: *mut c_void) -> Arc<Self> {
        let object = Arc::new(Self {
            environment,
            kind,
            context: context.expose_provenance(),
            counts: Mutex::default(),
            changed: Condvar::new(),
        });
        if let Some(group) = &object.environment.group {
            group.add(&object);
        }
        object
    }

    pub(super) fn context(&self) -> *mut c_void {
        std::ptr::with_exposed_provenance_mut(self.context)
    }

    /// Has the pool call it once.
    pub(super) fn submit(self: &Arc<Self>) {
        if self.promise() {
            self.submit_promised();
        }
    }

    /// Has the pool call what was promised.
    pub(super) fn submit_promised(self: &Arc<Self>) {
        let me = Arc::clone(self);
        let environment = &self.environment;
        environment
            .pool
            .submit(environment.priority, move || me.begin());
    }

    /// One callback is to begin; false if the object is closed.
    pub(super) fn promise(&self) -> bool {
        let mut counts = self.counts.lock();
        counts.pending += usize::from(!counts.closed);
        !counts.closed
    }

    /// What was promised will not begin.
    pub(super) fn withdraw(&self) {
        let mut counts = self.counts.lock();
        counts.pending = counts.pending.saturating_sub(1);
        drop(counts);
        self.changed.notify_all();
    }

    /// A promised callback begins; false if it was cancelled.
    pub(super) fn begins(&self) -> bool {
        let mut counts = self.counts.lock();
        if counts.pending == 0 {
            return false;
        }
        counts.pending -= 1;
        counts.running += 1;
        true
    }

    /// A callback has ended.
    pub(super) fn ended(&self) {
        self.counts.lock().running -= 1;
        self.changed.notify_all();
    }

    fn begin(self: &Arc<Self>) {
        let begins = || self.begins();
        let result = match &self.kind {
            Kind::Wait(wait) => wait.begin(begins),
            _ => begins().then_some(0),
        };
        let Some(result) = result else { return };
        let context = self.context();
        match &self.kind {
            // SAFETY: the program's callback, with what it wants to be told.
            Kind::Simple(callback) => self.call(|instance| unsafe { callback(instance, context) }),
            Kind::Work(callback) => self.call_with(*callback),
            Kind::Timer(timer) => self.call_with(timer.callback),
            Kind::Wait(wait) => {
                let me = Arc::as_ptr(self);
                // SAFETY: as above.
                self.call(|instance| unsafe { (wait.callback)(instance, context, me, result) });
            }
            Kind::Io(_) => unreachable!("its callbacks begin with a completion"),
        }
    }

    fn call_with(self: &Arc<Self>, callback: Callback) {
        let (context, me) = (self.context(), Arc::as_ptr(self));
        // SAFETY: the program's callback, with what it wants to be told.
        self.call(|instance| unsafe { callback(instance, context, me) });
    }

    /// Calls; the calling thread is one of the pool's.
    pub(super) fn call(self: &Arc<Self>, callback: impl FnOnce(*const Instance)) {
        let instance = Instance::new(Arc::clone(self));
        let run = || {
            outside(|| callback(&raw const instance));
            if let Some(finalization) = self.environment.finalization {
                // SAFETY: the program's callback, with what it wants to be told.
                outside(|| unsafe { finalization(&raw const instance, self.context()) });
            }
        };
        if self.environment.long {
            completion_port::blocking(run);
        } else {
            run();
        }
        instance.returned();
        if matches!(self.kind, Kind::Simple(_))
            && let Some(group) = &self.environment.group
        {
            group.remove(self);
        }
    }

    /// What has not begun will not; how much that was.
    pub(super) fn cancel(&self) -> usize {
        let take = || std::mem::take(&mut self.counts.lock().pending);
        let cancelled = match &self.kind {
            Kind::Wait(wait) => wait.cancel(take),
            _ => take(),
        };
        self.changed.notify_all();
        cancelled
    }

    /// As [`cancel`](Self::cancel), also of operations that are still going on.
    pub(super) fn cancel_all(&self) {
        if let Kind::Io(io) = &self.kind {
            io.cancel(self);
        } else {
            self.cancel();
        }
    }

    /// Waits until nothing is to begin or has begun.
    pub(super) fn wait(&self, cancel: bool) {
        if cancel {
            self.cancel();
        }
        completion_port::blocking(|| {
            let mut counts = self.counts.lock();
            while counts.pending + counts.running > 0 {
                self.changed.wait(&mut counts);
            }
        });
    }

    /// How much is to begin or has begun.
    pub(super) fn outstanding(&self) -> usize {
        let counts = self.counts.lock();
        counts.pending + counts.running
    }

    /// Nothing new is accepted, and what is set is set no more.
    pub(super) fn close(self: &Arc<Self>) {
        self.counts.lock().closed = true;
        self.disarm();
    }

    /// A timer or a wait that is set is set no more.
    pub(super) fn disarm(self: &Arc<Self>) {
        match &self.kind {
            Kind::Timer(timer) => {
                timer.disarm();
            }
            Kind::Wait(wait) => {
                wait.disarm();
            }
            Kind::Simple(_) | Kind::Work(_) | Kind::Io(_) => {}
        }
    }
}

/// The object that a program passes.
///
/// # Safety
///
/// The pointer is an object's that has not been closed.
pub(super) unsafe fn of_pointer(object: *const Object) -> Arc<Object> {
    // SAFETY: its maker gave one count away, which is there until it is closed.
    unsafe { Arc::increment_strong_count(object) };
    // SAFETY: for the count just added.
    unsafe { Arc::from_raw(object) }
}

/// The program closes an object. Callbacks that are to begin or have begun go on.
///
/// # Safety
///
/// As [`of_pointer`].
pub(super) unsafe fn close(object: *const Object) {
    // SAFETY: the count that was given away when it was made.
    let object = unsafe { Arc::from_raw(object) };
    object.disarm();
    if let Some(group) = &object.environment.group {
        group.remove(&object);
    }
}
