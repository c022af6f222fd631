//! The few system calls that std does not offer, each behind a safe function.
//!
//! # Safety
//!
//! This is the only room of this crate in which `unsafe` is allowed: it calls libc directly.
//! Every pointer handed out lives on the caller's stack for the length of one call.
#![expect(
    unsafe_code,
    reason = "direct libc calls: epoll, affinity, clocks, usage; a bare io_uring"
)]

use std::fs::File;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::ptr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use io_uring::{IoUring, cqueue, opcode, squeue, types};

use crate::proc::Usage;

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

/// A part of a [`Ring`]'s memory that holds received bytes.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    buffer: u16,
    begin: usize,
    end: usize,
}

impl Part {
    /// Leaves out bytes at the beginning; `false` if nothing remains.
    pub(crate) fn skip(&mut self, bytes: usize) -> bool {
        self.begin = (self.begin + bytes).min(self.end);
        self.begin < self.end
    }
}

/// The end of a request to a [`Ring`], or one of several.
pub(crate) struct Ended {
    pub(crate) token: u64,
    pub(crate) result: i32,
    /// The request goes on.
    pub(crate) more: bool,
    buffer: Option<u16>,
}

impl Ended {
    /// A receive that found no buffer free.
    pub(crate) fn is_starved(&self) -> bool {
        self.result == -libc::ENOBUFS
    }
}

/// A bare io_uring for sockets, whose buffers the kernel chooses from.
///
/// Nobody but the kernel ever looks into the buffers, and they are never freed: whatever a caller
/// mixes up, no memory is.
pub(crate) struct Ring {
    ring: IoUring,
    bytes_each: usize,
    memory: *mut u8,
    entries: *mut types::BufRingEntry,
    entries_count: u16,
    tail: u16,
    free: u16,
}

#[repr(align(4096))]
struct Page(#[expect(dead_code, reason = "only its size and place matter")] [u8; 4096]);

/// Memory for ever, all zeros, that begins at a page.
fn pages(bytes: usize) -> *mut u8 {
    let pages: Vec<Page> = (0..bytes.div_ceil(4096)).map(|_| Page([0; 4096])).collect();
    Box::leak(pages.into_boxed_slice()).as_mut_ptr().cast()
}

impl Ring {
    const GROUP: u16 = 1;

    /// A ring with so many buffers, a power of two.
    pub(crate) fn new(buffers: u16, bytes_each: usize) -> io::Result<Self> {
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_cqsize(u32::from(buffers) * 4)
            .build(u32::from(buffers))?;
        let entries: *mut types::BufRingEntry =
            pages(usize::from(buffers) * size_of::<types::BufRingEntry>()).cast();
        // SAFETY: `pages` are never freed, zeroed, large enough, and begin at a page.
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(entries as u64, buffers, Self::GROUP, 0)
        }?;
        let mut ring = Self {
            ring,
            bytes_each,
            memory: pages(usize::from(buffers) * bytes_each),
            entries,
            entries_count: buffers,
            tail: 0,
            free: 0,
        };
        (0..buffers).for_each(|buffer| ring.offer(buffer));
        Ok(ring)
    }

    fn address(&self, buffer: u16) -> *mut u8 {
        self.memory
            .wrapping_add(usize::from(buffer % self.entries_count) * self.bytes_each)
    }

    /// Lets the kernel receive into a buffer.
    fn offer(&mut self, buffer: u16) {
        let at = usize::from(self.tail & (self.entries_count - 1));
        let address = self.address(buffer) as u64;
        // SAFETY: `at` is less than the number of entries, which nobody else refers to; the
        // kernel reads an entry only after the tail has passed it.
        let entry = unsafe { &mut *self.entries.wrapping_add(at) };
        entry.set_addr(address);
        entry.set_len(self.bytes_each as u32);
        entry.set_bid(buffer);
        self.tail = self.tail.wrapping_add(1);
        self.free += 1;
        // SAFETY: `entries` is the address that was registered.
        let tail = unsafe { types::BufRingEntry::tail(self.entries) };
        // SAFETY: the tail lies in the pages and is aligned; all writers to it are atomic.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        // Pairs with the kernel's load: who sees the tail sees the entry.
        tail.store(self.tail, Ordering::Release);
    }

    pub(crate) fn buffers_free(&self) -> u16 {
        self.free
    }

    /// Of a part that is sent.
    pub(crate) fn give_back(&mut self, part: Part) {
        self.offer(part.buffer);
    }

    fn push(&mut self, entry: squeue::Entry) -> io::Result<()> {
        // SAFETY: requests refer to `pages`, which live for ever, and to descriptors by number.
        while unsafe { self.ring.submission().push(&entry) }.is_err() {
            self.ring.submit()?;
        }
        Ok(())
    }

    pub(crate) fn accept(&mut self, listener: &TcpListener, token: u64) -> io::Result<()> {
        let fd = types::Fd(listener.as_raw_fd());
        self.push(opcode::AcceptMulti::new(fd).build().user_data(token))
    }

    pub(crate) fn receive(&mut self, fd: RawFd, token: u64) -> io::Result<()> {
        let request = opcode::RecvMulti::new(types::Fd(fd), Self::GROUP).build();
        self.push(request.user_data(token))
    }

    /// Sends a part where it lies; give it back only when that is done.
    pub(crate) fn send(&mut self, fd: RawFd, part: &Part, token: u64) -> io::Result<()> {
        let begin = self.address(part.buffer).wrapping_add(part.begin);
        let bytes = (part.end - part.begin) as u32;
        let request = opcode::Send::new(types::Fd(fd), begin, bytes);
        let request = request.flags(libc::MSG_WAITALL | libc::MSG_NOSIGNAL);
        self.push(request.build().user_data(token))
    }

    /// Submits what was asked for, waits, and tells what has ended.
    pub(crate) fn wait(&mut self, done: &mut Vec<Ended>) -> io::Result<()> {
        match self.ring.submit_and_wait(1) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => drop(result?),
        }
        let before = done.len();
        done.extend(self.ring.completion().map(|entry| Ended {
            token: entry.user_data(),
            result: entry.result(),
            more: cqueue::more(entry.flags()),
            buffer: cqueue::buffer_select(entry.flags()),
        }));
        let taken = done[before..].iter().filter(|ended| ended.buffer.is_some());
        self.free -= taken.count() as u16;
        Ok(())
    }

    /// What a receive has brought; nothing at the end of a stream or without a buffer.
    pub(crate) fn part(&mut self, ended: &Ended) -> Option<Part> {
        let buffer = ended.buffer?;
        let part = Part {
            buffer,
            begin: 0,
            end: usize::try_from(ended.result)
                .unwrap_or(0)
                .min(self.bytes_each),
        };
        if part.end == 0 {
            self.give_back(part);
            return None;
        }
        Some(part)
    }

    /// The connection that an accept has brought.
    pub(crate) fn accepted(&self, ended: &Ended) -> io::Result<TcpStream> {
        if ended.result < 0 {
            return Err(io::Error::from_raw_os_error(-ended.result));
        }
        // SAFETY: the kernel has just made this descriptor for this request, and an `Ended` of
        // an accept is asked once.
        Ok(unsafe { TcpStream::from_raw_fd(ended.result) })
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

/// The limit of open files to which this process may raise its own.
pub(crate) fn open_files_max() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is writable for the length of the call.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    usize::try_from(limit.rlim_max).unwrap_or(usize::MAX)
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

/// What this process has used so far, ended threads included.
pub(crate) fn own_usage() -> io::Result<Usage> {
    // SAFETY: all-zero is a valid value of this plain structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is writable for the length of the call.
    check(unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) })?;
    Ok(Usage {
        cpu_ns: cpu_ns(std::process::id())?,
        ..used(&usage)
    })
}

fn used(usage: &libc::rusage) -> Usage {
    let ns = |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000;
    Usage {
        cpu_ns: ns(usage.ru_utime) + ns(usage.ru_stime),
        user_ns: ns(usage.ru_utime),
        system_ns: ns(usage.ru_stime),
        voluntary: usage.ru_nvcsw as u64,
        involuntary: usage.ru_nivcsw as u64,
        wakeups: usage.ru_nvcsw as u64,
        ..Usage::default()
    }
}

/// Waits for the end of a process; says what it and its own children used.
///
/// The memory that the kernel tells of here would be that of whoever started the process, if that
/// had more.
pub(crate) fn wait_for(child: Child) -> io::Result<(ExitStatus, Usage)> {
    let (mut status, pid) = (0, child.id() as libc::pid_t);
    // SAFETY: all-zero is a valid value of this plain structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both are writable for the length of the call; `child` is owned and not yet waited
    // for, so the number is still that process's.
    check(unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) })?;
    let status = ExitStatus::from_raw(status);
    Ok((status, used(&usage)))
}

/// Drops a file's pages from the page cache, except what is not on the disk yet.
pub(crate) fn drop_cached(file: &File) {
    let fd = file.as_raw_fd();
    // SAFETY: takes no pointers; the descriptor is open.
    unsafe { libc::posix_fadvise(fd, 0, 0, libc::POSIX_FADV_DONTNEED) };
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
        let file = File::open(path)?;
        file.sync_all()?;
        drop_cached(&file);
        let (fd, bytes) = (file.as_raw_fd(), file.metadata()?.len() as usize);
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
