//! Pools: their threads and their queues.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use completion_port::{Completion, CompletionPort, Deadline, WaitError};
use parking_lot::Mutex;

use super::io;
use crate::abi::{Bool, Dword, FALSE, TRUE};
use crate::door;
use crate::port::Packet;
use crate::status::{Status, set_last_error};
use crate::text::{In, Out};
use crate::thread::{self, Inside};
use crate::wait::clock;

/// Something to be called.
pub(super) type Task = Box<dyn FnOnce() + Send>;

/// `TP_CALLBACK_PRIORITY_HIGH`, `…_NORMAL`, `…_LOW`.
pub(super) const NORMAL: usize = 1;
pub(super) const PRIORITIES: usize = 3;

/// The key of a packet that stands for a task; other keys are those of handles.
const TASK: usize = 0;

/// The most threads that a pool has if the program does not say (S-394).
const MOST: u32 = 500;
/// A thread that has had nothing to do for so long goes.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// How soon it is noticed that tasks wait though a thread is missing.
const TICK: Duration = Duration::from_millis(2);
/// When nothing has begun for so long while tasks wait, one more is begun, whatever the limit.
const STARVED: Duration = Duration::from_millis(500);

/// A pool; lives as long as somebody may put something into it.
pub(crate) struct Pool {
    core: Arc<Core>,
}

/// What the pool's threads hold: not the pool, for they would keep each other alive.
pub(super) struct Core {
    port: CompletionPort,
    tasks: Mutex<[VecDeque<Task>; PRIORITIES]>,
    threads: Mutex<Threads>,
    /// How many callbacks have begun.
    begun: AtomicU64,
    /// Handles that belong to the pool: there is always a thread for their completions.
    handles: AtomicUsize,
}

struct Threads {
    count: u32,
    least: u32,
    most: u32,
    /// The clock looks after waiting tasks.
    watched: bool,
    stack: Stack,
}

/// `TP_POOL_STACK_INFORMATION`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stack {
    reserve: usize,
    commit: usize,
}

impl Drop for Pool {
    fn drop(&mut self) {
        // The threads find out.
        self.core.port.close();
    }
}

impl Pool {
    fn new() -> Result<Arc<Self>, Status> {
        let port = CompletionPort::new(0);
        let port = port.map_err(|error| Status::of_file(Status::errno(&error)))?;
        Ok(Arc::new(Self {
            core: Arc::new(Core {
                port,
                tasks: Mutex::new(std::array::from_fn(|_| VecDeque::new())),
                threads: Mutex::new(Threads {
                    count: 0,
                    least: 0,
                    most: MOST,
                    watched: false,
                    stack: Stack::default(),
                }),
                begun: AtomicU64::new(0),
                handles: AtomicUsize::new(0),
            }),
        }))
    }

    /// The process's own pool.
    pub(super) fn process() -> Result<Arc<Self>, Status> {
        static POOL: OnceLock<Arc<Pool>> = OnceLock::new();
        if let Some(pool) = POOL.get() {
            return Ok(Arc::clone(pool));
        }
        let pool = Self::new()?;
        Ok(Arc::clone(POOL.get_or_init(|| pool)))
    }

    /// Has something called by one of the pool's threads.
    pub(super) fn submit(&self, priority: usize, task: impl FnOnce() + Send + 'static) {
        let core = &self.core;
        core.tasks.lock()[priority.min(PRIORITIES - 1)].push_back(Box::new(task));
        // The pool is alive, so its port is open.
        let _ = core.port.post(TASK, 0, 0);
        core.look();
    }

    /// Has the completions of a handle come here, with that key.
    pub(super) fn adopt(&self, io: &crate::io_object::Io, key: usize) -> Result<(), Status> {
        io.associate(&self.core.port, key)?;
        self.core.handles.fetch_add(1, Ordering::Relaxed);
        self.core.look();
        Ok(())
    }

    pub(super) fn set_most(&self, most: u32) {
        self.core.threads.lock().most = most.max(1);
    }

    fn set_least(&self, least: u32) -> Result<(), Status> {
        let mut threads = self.core.threads.lock();
        threads.least = least;
        threads.most = threads.most.max(least);
        let missing = least.saturating_sub(threads.count);
        drop(threads);
        (0..missing).try_for_each(|_| self.core.spawn(Role::Waits))
    }
}

/// What a thread of the pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It waits on the port.
    Waits,
    /// It runs one task past the port's limit.
    Helps,
}

impl Core {
    /// Sees to it that what is queued finds a thread.
    fn look(self: &Arc<Self>) {
        let now = self.port.snapshot();
        let has_handles = self.handles.load(Ordering::Relaxed) > 0;
        let is_free = now.queued > 0 && now.running < now.limit;
        if now.waiting == 0 && (is_free || has_handles) {
            // It will be tried again, if there are no means now.
            let _ = self.spawn(Role::Waits);
        }
        if now.queued > 0 {
            self.watch(self.begun.load(Ordering::Relaxed), Instant::now());
        }
    }

    /// Looks again soon; `begun` callbacks had begun at `since`, and none after.
    fn watch(self: &Arc<Self>, begun: u64, since: Instant) {
        let mut threads = self.threads.lock();
        if std::mem::replace(&mut threads.watched, true) {
            return;
        }
        drop(threads);
        let core = Arc::downgrade(self);
        let call = move || {
            if let Some(core) = core.upgrade() {
                core.tick(begun, since);
            }
        };
        if clock::at(Instant::now() + TICK, call).is_err() {
            self.threads.lock().watched = false;
        }
    }

    fn tick(self: &Arc<Self>, begun: u64, since: Instant) {
        self.threads.lock().watched = false;
        let now = self.port.snapshot();
        if now.queued == 0 {
            return;
        }
        if now.waiting == 0 && now.running < now.limit {
            let _ = self.spawn(Role::Waits);
        }
        let has_begun = self.begun.load(Ordering::Relaxed);
        let starved = has_begun == begun && since.elapsed() >= STARVED;
        if starved {
            let _ = self.spawn(Role::Helps);
        }
        let fresh = starved || has_begun != begun;
        self.watch(has_begun, if fresh { Instant::now() } else { since });
    }

    /// One more thread, if there may be one.
    fn spawn(self: &Arc<Self>, role: Role) -> Result<(), Status> {
        let mut threads = self.threads.lock();
        if threads.count >= threads.most {
            return Ok(());
        }
        threads.count += 1;
        let stack = threads.stack.reserve;
        drop(threads);
        let start = Box::into_raw(Box::new((Arc::clone(self), role)));
        let spawned = thread::spawn(run_thread, start.cast(), stack);
        if spawned.is_err() {
            self.threads.lock().count -= 1;
            // SAFETY: no thread was made that could have taken it.
            drop(unsafe { Box::from_raw(start) });
        }
        spawned
    }

    fn pop(&self) -> Option<Task> {
        self.tasks.lock().iter_mut().find_map(VecDeque::pop_front)
    }

    /// A thread waits on the port until it is not needed any more.
    fn work(self: &Arc<Self>) {
        loop {
            match self.port.get(Deadline::from(IDLE_MAX)) {
                Ok(completion) => self.run(completion),
                Err(WaitError::TimedOut) if self.is_needed() => {}
                Err(_) => return,
            }
        }
    }

    /// Whether a thread that has had nothing to do stays.
    fn is_needed(&self) -> bool {
        let threads = self.threads.lock();
        let has_handles = self.handles.load(Ordering::Relaxed) > 0;
        threads.count <= threads.least.max(has_handles.into())
    }

    fn run(self: &Arc<Self>, completion: Completion) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        if self.handles.load(Ordering::Relaxed) > 0 {
            // While this thread is busy, or blocked, another waits for completions.
            let waiting = self.port.snapshot().waiting;
            if waiting == 0 {
                let _ = self.spawn(Role::Waits);
            }
        }
        match completion.key() {
            // A helper may have been faster.
            TASK => {
                if let Some(task) = self.pop() {
                    task();
                }
            }
            key => {
                // SAFETY: just taken, and dropped here.
                if let Some(packet) = unsafe { Packet::of(&completion) } {
                    io::completed(key, &packet);
                }
            }
        }
    }
}

/// Counts a thread of the pool until it ends, however it ends.
struct Worker(Arc<Core>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.threads.lock().count -= 1;
        if !self.0.port.is_closed() {
            self.0.look();
        }
    }
}

thread_local! {
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

/// A thread of a pool.
unsafe extern "C-unwind" fn run_thread(start: *mut c_void) -> u32 {
    let _inside = Inside::new();
    // SAFETY: `spawn` made it for this thread.
    let start = unsafe { Box::from_raw(start.cast::<(Arc<Core>, Role)>()) };
    let (core, role) = *start;
    WORKER.with(|worker| *worker.borrow_mut() = Some(Worker(Arc::clone(&core))));
    match role {
        Role::Waits => core.work(),
        Role::Helps => {
            core.begun.fetch_add(1, Ordering::Relaxed);
            if let Some(task) = core.pop() {
                task();
            }
        }
    }
    0
}

/// The calling thread gives up the slot that it holds in its pool until it waits there again:
/// what it runs takes long. False if no other thread could take the slot.
pub(super) fn give_up_slot() -> bool {
    thread_local! {
        /// Another port, to which the thread belongs for that time (S-063).
        static ELSEWHERE: Option<CompletionPort> = CompletionPort::new(1).ok();
    }
    let core = WORKER.with(|worker| worker.borrow().as_ref().map(|w| Arc::clone(&w.0)));
    let Some(core) = core else { return false };
    let left = ELSEWHERE.with(|port| {
        port.as_ref()
            .is_some_and(|port| port.get(Deadline::Now).is_err())
    });
    if left {
        core.look();
    }
    let threads = core.threads.lock();
    let may_grow = threads.count < threads.most;
    drop(threads);
    left && (may_grow || core.port.snapshot().waiting > 0)
}

/// The pool that a program passes.
///
/// # Safety
///
/// The pointer is null or a pool's that has not been closed.
pub(super) unsafe fn of_pointer(pool: *const Pool) -> Result<Arc<Pool>, Status> {
    if pool.is_null() {
        return Pool::process();
    }
    // SAFETY: `CreateThreadpool` gave one count away, which is there until it is closed.
    unsafe { Arc::increment_strong_count(pool) };
    // SAFETY: for the count just added.
    Ok(unsafe { Arc::from_raw(pool) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateThreadpool(_reserved: *mut c_void) -> *const Pool {
    door(std::ptr::null(), || match Pool::new() {
        Ok(pool) => Arc::into_raw(pool),
        Err(status) => {
            set_last_error(status.win32());
            std::ptr::null()
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CloseThreadpool(pool: *const Pool) {
    if !pool.is_null() {
        // SAFETY: the count that was given away when the pool was made.
        door((), || drop(unsafe { Arc::from_raw(pool) }));
    }
}

/// Runs something with the pool that a program passes.
///
/// # Safety
///
/// As [`of_pointer`].
unsafe fn with_pool(pool: *const Pool, run: impl FnOnce(&Pool) -> Result<(), Status>) -> Bool {
    door(FALSE, || {
        // SAFETY: as the caller says.
        match unsafe { of_pointer(pool) }.and_then(|pool| run(&pool)) {
            Ok(()) => TRUE,
            Err(status) => {
                set_last_error(status.win32());
                FALSE
            }
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadpoolThreadMaximum(pool: *const Pool, most: Dword) {
    // SAFETY: the program's pool.
    unsafe {
        with_pool(pool, |pool| {
            pool.set_most(most);
            Ok(())
        })
    };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadpoolThreadMinimum(pool: *const Pool, least: Dword) -> Bool {
    // SAFETY: the program's pool.
    unsafe { with_pool(pool, |pool| pool.set_least(least)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadpoolStackInformation(pool: *const Pool, stack: In<Stack>) -> Bool {
    // SAFETY: the program's pool.
    unsafe {
        with_pool(pool, |pool| {
            let stack = stack.get().ok_or(Status::INVALID_PARAMETER)?;
            pool.core.threads.lock().stack = stack;
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn QueryThreadpoolStackInformation(pool: *const Pool, stack: Out<Stack>) -> Bool {
    // SAFETY: the program's pool.
    unsafe {
        with_pool(pool, |pool| {
            stack.set(pool.core.threads.lock().stack);
            Ok(())
        })
    }
}
