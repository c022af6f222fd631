//! Other processes, and threads that have not called in: watched from outside.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use super::{THREADS, Thread, process};
use crate::status::Status;
use crate::wait::{Kind, Waitable};

/// Another process, or this one by a handle like others.
pub(crate) struct Process {
    id: u32,
    /// What the system knows it by, whatever happens to the number.
    descriptor: OwnedFd,
    /// Its code, once it has ended and if that can be known.
    ended: OnceLock<Option<u32>>,
    /// The code with which this process has terminated it.
    terminated: OnceLock<u32>,
}

impl Process {
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn is_self(&self) -> bool {
        self.id == std::process::id()
    }

    /// Its code, or that it is active.
    ///
    /// # Errors
    ///
    /// It has ended, but the system tells the code only to its parent, which is another.
    pub(super) fn exit_code(&self) -> Result<u32, Status> {
        match self.ended.get() {
            None => Ok(super::STILL_ACTIVE),
            Some(code) => code.ok_or(Status::ACCESS_DENIED),
        }
    }

    pub(super) fn terminate(&self, code: u32) -> Result<(), Status> {
        if self.ended.get().is_some() {
            return Err(Status::ACCESS_DENIED);
        }
        // The first to terminate it decides on the code.
        let _ = self.terminated.set(code);
        let descriptor = self.descriptor.as_raw_fd();
        let nothing = std::ptr::null_mut::<libc::siginfo_t>();
        // SAFETY: the descriptor is open, and null is allowed.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                descriptor,
                libc::SIGKILL,
                nothing,
                0,
            )
        };
        if sent == 0 {
            Ok(())
        } else {
            Err(Status::ACCESS_DENIED)
        }
    }

    /// The process has ended: fetches its code, which only its parent can.
    fn fetch_code(&self) -> Option<u32> {
        // SAFETY: all zeros are a valid value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let descriptor = self.descriptor.as_raw_fd().cast_unsigned();
        let options = libc::WEXITED | libc::WNOHANG;
        // SAFETY: there is room for the answer.
        if unsafe { libc::waitid(libc::P_PIDFD, descriptor, &raw mut info, options) } != 0 {
            return self.terminated.get().copied();
        }
        // SAFETY: the call has filled it for the end of a process.
        let status = unsafe { info.si_status() };
        if info.si_code == libc::CLD_EXITED {
            return Some(status.cast_unsigned());
        }
        Some(self.terminated.get().copied().unwrap_or(match status {
            libc::SIGSEGV | libc::SIGBUS => 0xc000_0005,
            libc::SIGILL => 0xc000_001d,
            libc::SIGFPE => 0xc000_0094,
            libc::SIGINT => 0xc000_013a,
            // What Microsoft's abort ends with.
            libc::SIGABRT => 3,
            signal => 128 + signal.cast_unsigned(),
        }))
    }
}

/// A descriptor for a process, or with that flag for a thread.
fn descriptor_of(id: u32, flags: u32) -> Result<OwnedFd, Status> {
    // SAFETY: no pointers are passed.
    let opened = unsafe { libc::syscall(libc::SYS_pidfd_open, id, flags) };
    let descriptor = i32::try_from(opened).ok().filter(|fd| *fd >= 0);
    let descriptor = descriptor.ok_or_else(|| match io::Error::last_os_error().raw_os_error() {
        Some(libc::EMFILE | libc::ENFILE) => Status::TOO_MANY_OPENED_FILES,
        Some(libc::EPERM) => Status::ACCESS_DENIED,
        _ => Status::INVALID_PARAMETER,
    })?;
    // SAFETY: the call has just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// An object for the process with that number.
pub(crate) fn open_process(id: u32) -> Result<Arc<Waitable>, Status> {
    open_with(id, |_| {})
}

/// As [`open_process`]; when the process has ended something is done with its code, if it is
/// known.
pub(super) fn open_with(
    id: u32,
    ended: impl FnOnce(Option<u32>) + Send + 'static,
) -> Result<Arc<Waitable>, Status> {
    if id == 0 {
        return Err(Status::INVALID_PARAMETER);
    }
    let descriptor = descriptor_of(id, 0)?;
    let watched = descriptor.try_clone();
    let watched = watched.map_err(|_| Status::TOO_MANY_OPENED_FILES)?;
    let process = Arc::new(Process {
        id,
        descriptor,
        ended: OnceLock::new(),
        terminated: OnceLock::new(),
    });
    let waitable = Waitable::new(Kind::Process(Arc::clone(&process)));
    let weak = Arc::downgrade(&waitable);
    watch(watched, move || {
        // Also for nobody: a child whose code is not fetched stays in the system's tables.
        ended(*process.ended.get_or_init(|| process.fetch_code()));
        if let Some(waitable) = weak.upgrade() {
            waitable.source().set();
        }
    })?;
    Ok(waitable)
}

/// The threads that ended last, with their numbers: for the system they may still be there for a
/// moment, and as long as there are handles they can be opened. No number is given out again that
/// soon.
static ENDED: Mutex<VecDeque<(u32, Weak<Thread>)>> = Mutex::new(VecDeque::new());
const ENDED_MAX: usize = 64;

/// A thread has ended that had called in.
pub(super) fn note_ended(thread: &Arc<Thread>) {
    let mut ended = ENDED.lock();
    if ended.len() == ENDED_MAX {
        ended.pop_front();
    }
    ended.push_back((thread.id(), Arc::downgrade(thread)));
}

/// `PIDFD_THREAD`.
const THREAD: u32 = libc::O_EXCL.cast_unsigned();

/// An object for a thread of this process that has not called in, or has ended.
pub(super) fn open_thread(id: u32) -> Result<Arc<Thread>, Status> {
    let own = std::path::Path::new("/proc/self/task").join(id.to_string());
    let ended = ENDED.lock().iter().rfind(|row| row.0 == id).cloned();
    if let Some((_, thread)) = ended {
        return thread.upgrade().ok_or(Status::INVALID_PARAMETER);
    }
    if id == 0 || !own.exists() {
        return Err(Status::INVALID_PARAMETER);
    }
    let descriptor = descriptor_of(id, THREAD)?;
    let thread = Thread::new(id, false);
    let mut threads = THREADS.lock();
    // It may have called in meanwhile.
    if let Some(known) = threads.get(&id).and_then(Weak::upgrade) {
        return Ok(known);
    }
    threads.insert(id, Arc::downgrade(&thread));
    drop(threads);
    let weak = Arc::downgrade(&thread);
    watch(descriptor, move || {
        if let Some(thread) = weak.upgrade() {
            thread.finish(0);
        }
    })?;
    Ok(thread)
}

/// What is done when a descriptor becomes readable.
type Call = Box<dyn FnOnce() + Send>;

/// Descriptors that are watched by a thread of their own, and what to do when one is readable.
struct Watcher {
    epoll: OwnedFd,
    watched: Mutex<BTreeMap<u64, (OwnedFd, Call)>>,
    next: AtomicU64,
    /// Whether its thread runs.
    started: AtomicU32,
}

static WATCHER: OnceLock<Watcher> = OnceLock::new();

fn watcher() -> Result<&'static Watcher, Status> {
    if let Some(watcher) = WATCHER.get() {
        return Ok(watcher);
    }
    // SAFETY: no pointers are passed.
    let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
    if epoll < 0 {
        return Err(Status::TOO_MANY_OPENED_FILES);
    }
    // SAFETY: opened just now.
    let epoll = unsafe { OwnedFd::from_raw_fd(epoll) };
    Ok(WATCHER.get_or_init(|| Watcher {
        epoll,
        watched: Mutex::new(BTreeMap::new()),
        next: AtomicU64::new(0),
        started: AtomicU32::new(0),
    }))
}

/// Has something done once when the descriptor becomes readable.
fn watch(descriptor: OwnedFd, call: impl FnOnce() + Send + 'static) -> Result<(), Status> {
    let watcher = watcher()?;
    if watcher.started.swap(1, Ordering::AcqRel) == 0
        && process::service("process", move || watcher.run()).is_err()
    {
        watcher.started.store(0, Ordering::Release);
        return Err(Status::NO_MEMORY);
    }
    let key = watcher.next.fetch_add(1, Ordering::Relaxed);
    let fd = descriptor.as_raw_fd();
    watcher
        .watched
        .lock()
        .insert(key, (descriptor, Box::new(call)));
    let mut event = libc::epoll_event {
        events: (libc::EPOLLIN | libc::EPOLLONESHOT).cast_unsigned(),
        u64: key,
    };
    let epoll = watcher.epoll.as_raw_fd();
    // SAFETY: both descriptors are open, and the event is read only.
    if unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) } != 0 {
        watcher.watched.lock().remove(&key);
        return Err(Status::INSUFFICIENT_RESOURCES);
    }
    Ok(())
}

impl Watcher {
    fn run(&self) {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        loop {
            // SAFETY: there is room for one event.
            let count = unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), &raw mut event, 1, -1) };
            if count != 1 {
                continue;
            }
            let key = event.u64;
            let found = self.watched.lock().remove(&key);
            // The descriptor leaves the set when it is closed.
            if let Some((_descriptor, call)) = found {
                call();
            }
        }
    }
}
