//! The few system calls that std does not offer, each behind a safe function.
//!
//! # Safety
//!
//! This is the only room of this crate in which `unsafe` is allowed: it calls libc directly.
//! Every pointer handed out lives on the caller's stack for the length of one call.
#![expect(
    unsafe_code,
    reason = "direct libc calls: epoll, affinity, clocks, usage"
)]

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::ptr;
use std::time::Duration;

/// Something happened: bits of an [`Event`].
pub(crate) const READABLE: u32 = libc::EPOLLIN as u32;
/// Report each change once.
pub(crate) const EDGE: u32 = libc::EPOLLET as u32;
/// There is room to send.
pub(crate) const WRITABLE: u32 = libc::EPOLLOUT as u32;
/// The peer has finished sending.
pub(crate) const PEER_DONE: u32 = libc::EPOLLRDHUP as u32;
/// The connection is over, one way or another.
pub(crate) const HANGUP: u32 = (libc::EPOLLHUP | libc::EPOLLERR | libc::EPOLLRDHUP) as u32;

/// One readiness report.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Event(libc::epoll_event);

impl Event {
    pub(crate) const EMPTY: Self = Self(libc::epoll_event { events: 0, u64: 0 });

    pub(crate) fn token(&self) -> u64 {
        self.0.u64
    }
    pub(crate) fn flags(&self) -> u32 {
        self.0.events
    }
}

/// An epoll instance.
pub(crate) struct Epoll(OwnedFd);

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the call above returned a new descriptor that nobody else owns.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Closing the last descriptor of `what` removes it again.
    pub(crate) fn add(&self, what: &impl AsRawFd, token: u64, flags: u32) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: flags,
            u64: token,
        };
        let (epoll, fd) = (self.0.as_raw_fd(), what.as_raw_fd());
        // SAFETY: `event` outlives the call, which only reads it.
        check(unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) })?;
        Ok(())
    }

    /// Waits for reports; none after the timeout. The timeout has nanosecond resolution, which
    /// needs Linux 5.11.
    pub(crate) fn wait(&self, events: &mut [Event], limit: Option<Duration>) -> io::Result<usize> {
        let most = libc::c_int::try_from(events.len()).unwrap_or(libc::c_int::MAX);
        let first = events.as_mut_ptr().cast::<libc::epoll_event>();
        let fd = self.0.as_raw_fd();
        let count = match limit {
            // SAFETY: `first` points to `most` writable events (`Event` is transparent).
            None => i64::from(unsafe { libc::epoll_wait(fd, first, most, -1) }),
            Some(limit) => {
                let limit = timespec(limit);
                let (limit, none) = (&raw const limit, ptr::null::<libc::sigset_t>());
                // SAFETY: as above; `limit` outlives the call and the signal mask is absent.
                unsafe { libc::syscall(libc::SYS_epoll_pwait2, fd, first, most, limit, none, 0) }
            }
        };
        match usize::try_from(count) {
            Ok(count) => Ok(count),
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(0),
                error => Err(error),
            },
        }
    }
}

fn timespec(duration: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: duration.as_secs() as libc::time_t,
        tv_nsec: libc::c_long::from(duration.subsec_nanos()),
    }
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Confines the calling thread, and the threads it will start, to one CPU.
pub(crate) fn pin(cpu: usize) -> io::Result<()> {
    // SAFETY: an all-zero set is a valid, empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    if cpu >= 8 * size_of::<libc::cpu_set_t>() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the CPU's number was checked against the size of the set.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    let bytes = size_of::<libc::cpu_set_t>();
    // SAFETY: `set` outlives the call, which reads `bytes` bytes of it.
    check(unsafe { libc::sched_setaffinity(0, bytes, &raw const set) })?;
    Ok(())
}

/// Has the kernel end this process when the thread that started it ends.
pub(crate) fn die_with_parent() {
    // SAFETY: takes no pointers. A failure would only leave a process behind.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Lets this thread's timed waits end when asked and not up to 50 µs later.
pub(crate) fn exact_timeouts() {
    // SAFETY: takes no pointers. A failure shows in the latencies.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
}

/// Raises the limit of open files as far as allowed.
pub(crate) fn raise_open_files() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is writable for the length of the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0 {
        limit.rlim_cur = limit.rlim_max;
        // SAFETY: `limit` is readable for the length of the call.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    }
}

/// Lengthens the queue of connections that wait to be accepted; std fixes it at 128.
pub(crate) fn lengthen_backlog(listener: &TcpListener) -> io::Result<()> {
    // SAFETY: takes no pointers; the descriptor is open while `listener` is borrowed.
    check(unsafe { libc::listen(listener.as_raw_fd(), 4096) })?;
    Ok(())
}

/// CPU time of a whole process, user and system, threads that have ended included.
///
/// Exact at the moment of the call, while `/proc/PID/task/*/schedstat` of a running thread is
/// only as fresh as its last tick.
pub(crate) fn cpu_ns(pid: u32) -> io::Result<u64> {
    let mut clock: libc::clockid_t = 0;
    // SAFETY: `clock` is writable for the length of the call.
    let error = unsafe { libc::clock_getcpuclockid(pid as libc::pid_t, &raw mut clock) };
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error));
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is writable for the length of the call.
    check(unsafe { libc::clock_gettime(clock, &raw mut time) })?;
    Ok(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// Voluntary and involuntary context switches of this process, ended threads included.
pub(crate) fn own_switches() -> io::Result<(u64, u64)> {
    // SAFETY: all-zero is a valid value of this plain structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is writable for the length of the call.
    check(unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) })?;
    Ok((usage.ru_nvcsw as u64, usage.ru_nivcsw as u64))
}

/// A mapped file of which no page is in memory.
pub(crate) struct ColdPages {
    start: *const u8,
    bytes: usize,
}

// SAFETY: the mapping is only read, and lives as long as the value.
unsafe impl Send for ColdPages {}
// SAFETY: as above.
unsafe impl Sync for ColdPages {}

impl ColdPages {
    const PAGE_BYTES: usize = 4096;

    /// Drops the file from the page cache and maps it.
    pub(crate) fn map(path: &Path) -> io::Result<Self> {
        let file = std::fs::File::open(path)?;
        file.sync_all()?;
        let (fd, bytes) = (file.as_raw_fd(), file.metadata()?.len() as usize);
        // SAFETY: takes no pointers; the descriptor is open.
        unsafe { libc::posix_fadvise(fd, 0, 0, libc::POSIX_FADV_DONTNEED) };
        let (anywhere, read) = (ptr::null_mut(), libc::PROT_READ);
        // SAFETY: a new mapping at an address of the system's choice.
        let start = unsafe { libc::mmap(anywhere, bytes, read, libc::MAP_SHARED, fd, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the range is the mapping made above.
        unsafe { libc::madvise(start, bytes, libc::MADV_RANDOM) };
        Ok(Self {
            start: start.cast(),
            bytes,
        })
    }

    /// Reads a byte of the page that comes at that number: no two near each other.
    pub(crate) fn touch(&self, number: u64) -> u8 {
        let pages = self.bytes / Self::PAGE_BYTES;
        let page = (number as usize).wrapping_mul(97) % pages;
        let byte = self.start.wrapping_add(page * Self::PAGE_BYTES);
        // SAFETY: the page lies in the mapping, which lives as long as `self`.
        unsafe { byte.read_volatile() }
    }
}

impl Drop for ColdPages {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `map` and is not used any more.
        unsafe { libc::munmap(self.start.cast_mut().cast(), self.bytes) };
    }
}
