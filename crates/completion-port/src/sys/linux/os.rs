//! Thin safe wrappers of the descriptors that the engines are made of: epoll, eventfd, timerfd.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use syscalls::{Sysno, raw};

use crate::sched::{Deadline, now_ns};

/// Whether this is a TCP socket whose connection is over, in both directions.
pub(super) fn is_closed_tcp(fd: RawFd) -> bool {
    // The first byte of what the kernel tells of a connection is its state; 7 is TCP_CLOSE.
    const CLOSED: u8 = 7;
    let (mut state, mut bytes) = (0u8, 1 as libc::socklen_t);
    // SAFETY: there is room for as many bytes as are asked for.
    let asked = unsafe {
        let state = (&raw mut state).cast();
        libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, state, &raw mut bytes)
    };
    asked == 0 && bytes == 1 && state == CLOSED
}

/// Turns -1 into the error of the last system call.
pub(super) fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// As [`check`], for calls that return a byte count.
pub(super) fn check_bytes(result: isize) -> Result<usize, i32> {
    usize::try_from(result).map_err(|_| errno())
}

/// A system call that moves bytes, without the C library and without a call.
///
/// The library's wrapper would make it a point at which `pthread_cancel` may end the thread; these
/// never wait. And what a processor remembers of the calls that led into the kernel is lost in
/// there, so that each return on the way out is mispredicted: this one is spared, and what runs for
/// every transfer is inlined for the same reason.
///
/// # Safety
///
/// What the call asks of its arguments.
#[inline(always)]
unsafe fn transfer(call: Sysno, arguments: [usize; 6]) -> Result<usize, i32> {
    let [fd, start, bytes, fourth, fifth, sixth] = arguments;
    // SAFETY: by this function's contract.
    let result = unsafe { raw::syscall6(call as usize, fd, start, bytes, fourth, fifth, sixth) };
    syscalls::Errno::from_ret(result).map_err(syscalls::Errno::into_raw)
}

/// An argument of a system call; of what is negative the kernel looks at the low half.
fn argument(number: libc::c_int) -> usize {
    number as usize
}

/// `recv(2)`.
///
/// # Safety
///
/// `bytes` writable bytes must follow `start`.
#[inline(always)]
pub(super) unsafe fn recv(
    fd: RawFd,
    start: *mut u8,
    bytes: usize,
    flags: libc::c_int,
) -> Result<usize, i32> {
    let arguments = [argument(fd), start.expose_provenance(), bytes, argument(flags), 0, 0];
    // SAFETY: by this function's contract; no address is asked for.
    unsafe { transfer(Sysno::recvfrom, arguments) }
}

/// `send(2)`.
///
/// # Safety
///
/// `bytes` readable bytes must follow `start`.
#[inline(always)]
pub(super) unsafe fn send(
    fd: RawFd,
    start: *const u8,
    bytes: usize,
    flags: libc::c_int,
) -> Result<usize, i32> {
    let arguments = [argument(fd), start.expose_provenance(), bytes, argument(flags), 0, 0];
    // SAFETY: by this function's contract; no address is passed.
    unsafe { transfer(Sysno::sendto, arguments) }
}

/// `preadv2(2)`.
///
/// # Safety
///
/// `count` vectors that name writable memory must follow `vectors`.
#[inline(always)]
pub(super) unsafe fn preadv2(
    fd: RawFd,
    vectors: *const libc::iovec,
    count: libc::c_int,
    offset: libc::off64_t,
    flags: libc::c_int,
) -> Result<usize, i32> {
    // The kernel takes the offset in two halves; where a word holds all of it, the first does.
    let (low, high) = (offset as usize, (offset >> 32) as usize);
    let vectors = vectors.expose_provenance();
    let arguments = [argument(fd), vectors, argument(count), low, high, argument(flags)];
    // SAFETY: by this function's contract.
    unsafe { transfer(Sysno::preadv2, arguments) }
}

/// The error number of the last system call of this thread.
pub(super) fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

/// Takes a descriptor that a system call has just returned.
fn owned(result: libc::c_int) -> io::Result<OwnedFd> {
    let fd = check(result)?;
    // SAFETY: the system call has just created this descriptor and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Counts forks, so that engines of the parent can be told from the child's own: a forked child
/// has the parent's descriptors but none of its threads.
static FORKS: AtomicU64 = AtomicU64::new(0);

extern "C" fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The number of forks between the first process and this one.
pub(crate) fn fork_count() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// Before a fork: what is found out once in a process is found out now. Were another thread in the
/// middle of that, the child would wait for it for ever.
extern "C" fn about_to_fork() {
    now_ns();
    super::observer::is_wanted();
    super::observer::source();
    super::uring::demanded_by_environment();
}

/// Has forks counted from now on.
pub(super) fn watch_forks() {
    // Not a `Once`, which another thread may be in the middle of when the process is forked. Two
    // threads that both come first do no harm: a fork then counts twice.
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if !WATCHED.load(Ordering::Acquire) {
        // SAFETY: the handler in the child only adds to an atomic, which is allowed there; the one
        // in the parent runs before the fork and may do anything.
        let _ = unsafe { libc::pthread_atfork(Some(about_to_fork), None, Some(forked)) };
        WATCHED.store(true, Ordering::Release);
    }
}

/// Starts a thread of the library, which takes no signals: the program's handlers run in its own
/// threads, and nothing that the library waits for is interrupted.
pub(super) fn spawn(
    name: &str,
    stack_bytes: usize,
    run: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    // Raised by what a thread does itself; blocked, they would end the process without a word.
    const SYNCHRONOUS: [libc::c_int; 7] = [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGSYS,
    ];
    // SAFETY: an all-zero set is a valid one, overwritten by the next call.
    let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
    // SAFETY: the set lives through the call.
    unsafe { libc::sigfillset(&raw mut all) };
    for signal in SYNCHRONOUS {
        // SAFETY: the set was filled in above and lives through the call.
        unsafe { libc::sigdelset(&raw mut all, signal) };
    }
    // A new thread has its maker's mask.
    // SAFETY: both sets live through the call.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
    let builder = std::thread::Builder::new().name(name.into()).stack_size(stack_bytes);
    let started = builder.spawn(|| {
        shorten_slice();
        run();
    });
    // SAFETY: the set was filled in above; the present one is not asked for.
    unsafe {
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
    }
    started.map(drop)
}

/// One value for each process.
///
/// A forked child makes its own: what it has of the parent's may be locked by a thread that does
/// not exist there. The parent's is left as it is.
pub(super) struct PerProcess<T>(AtomicPtr<(u64, T)>);

impl<T: Default + Send + Sync + 'static> PerProcess<T> {
    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    pub(super) fn get(&self) -> &'static T {
        let found = self.0.load(Ordering::Acquire);
        // SAFETY: what stands here was leaked by `make` and is only ever shared.
        match unsafe { found.as_ref() } {
            Some((forks, value)) if *forks == fork_count() => value,
            _ => self.make(found),
        }
    }

    #[cold]
    fn make(&self, old: *mut (u64, T)) -> &'static T {
        watch_forks();
        let new = Box::into_raw(Box::new((fork_count(), T::default())));
        let stands = match self.0.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new,
            Err(other) => {
                // SAFETY: it has just come from a box, and nobody else knows it.
                drop(unsafe { Box::from_raw(new) });
                other
            }
        };
        // SAFETY: leaked by this or another thread's `make`, and only ever shared.
        unsafe { &(*stands).1 }
    }
}

thread_local! {
    /// The thread's number, and the process for which it holds.
    static NAME: Cell<(u64, u32)> = const { Cell::new((u64::MAX, 0)) };
}

/// The calling thread's number in `/proc/self/task`.
///
/// That is asked of `/proc`, which may belong to another namespace of process numbers than this
/// process.
pub(super) fn thread_name() -> u32 {
    let forks = fork_count();
    let known = NAME.try_with(Cell::get).ok().filter(|known| known.0 == forks);
    known.map_or_else(
        || {
            let link = std::fs::read_link("/proc/thread-self").ok();
            let number = link.and_then(|link| link.file_name()?.to_str()?.parse().ok());
            // SAFETY: no pointers are passed.
            let name = number.unwrap_or_else(|| unsafe { libc::gettid() }.cast_unsigned());
            // In an exiting thread it is asked for again.
            let _ = NAME.try_with(|place| place.set((forks, name)));
            name
        },
        |known| known.1,
    )
}

/// Asks for short turns on the processor: the library's threads have little to do at a time, and it
/// is urgent. Before Linux 6.12 that changes nothing.
fn shorten_slice() {
    /// `struct sched_attr` in its first form, sched_setattr(2).
    #[repr(C)]
    struct Attributes {
        bytes: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        runtime_ns: u64,
        deadline_ns: u64,
        period_ns: u64,
    }
    const SLICE_NS: u64 = 100_000;
    let bytes = size_of::<Attributes>();
    // SAFETY: a structure of numbers.
    let mut attributes: Attributes = unsafe { std::mem::zeroed() };
    // SAFETY: the structure is there and as long as is said; 0 is the calling thread.
    let got =
        unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, bytes, 0) };
    let is_usual = attributes.policy == libc::SCHED_OTHER.cast_unsigned();
    if got == 0 && is_usual {
        attributes.runtime_ns = SLICE_NS;
        // SAFETY: the structure lives through the call.
        unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    }
}

/// Lets the calling thread's timers fire close to when they should.
pub(super) fn sharpen_timers() {
    const SLACK_NS: libc::c_ulong = 10_000;
    // SAFETY: no pointers are passed.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, SLACK_NS) };
}

/// Gives back the part of the calling thread's stack that lies below what is in use.
pub(super) fn trim_stack() {
    /// Below this frame lie those of the calls made here.
    const MARGIN: usize = 16 * 1024;
    // SAFETY: no pointers are passed.
    let thread = unsafe { libc::gettid() };
    // SAFETY: no pointers are passed.
    let is_main = thread == unsafe { libc::getpid() };
    if is_main {
        // Its stack grows by itself and has no lower end that could be asked for cheaply.
        return;
    }
    // SAFETY: an all-zero attribute object is overwritten by the next call.
    let mut attributes: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    // SAFETY: no pointers are passed.
    let me = unsafe { libc::pthread_self() };
    // SAFETY: the calling thread exists, and the attributes live through the call.
    if unsafe { libc::pthread_getattr_np(me, &raw mut attributes) } != 0 {
        return;
    }
    let (mut low, mut bytes) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes were filled in above; both results live through the call.
    unsafe { libc::pthread_attr_getstack(&raw const attributes, &raw mut low, &raw mut bytes) };
    // SAFETY: initialised above, and destroyed once.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    let here = (&raw const bytes).addr();
    // SAFETY: no pointers are passed.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let page = usize::try_from(page).unwrap_or(4096);
    let unused = here.saturating_sub(MARGIN).saturating_sub(low.addr()) & !(page - 1);
    if unused > 0 && unused < bytes {
        // SAFETY: these pages belong to this thread's stack and lie below every frame that is in
        // use, this thread's own calls included; what a signal handler leaves there is dead.
        unsafe { libc::madvise(low, unused, libc::MADV_DONTNEED) };
    }
}

/// An epoll instance.
#[derive(Debug)]
pub(super) struct Epoll(OwnedFd);

/// Whether `epoll_pwait2` is missing (before Linux 5.11, or denied).
static NO_PWAIT2: AtomicBool = AtomicBool::new(false);

impl Epoll {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: no pointers are passed.
        owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }).map(Self)
    }

    fn control(&self, op: libc::c_int, fd: RawFd, events: u32, data: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: data };
        // SAFETY: `event` lives through the call.
        check(unsafe { libc::epoll_ctl(self.0.as_raw_fd(), op, fd, &raw mut event) }).map(drop)
    }

    pub(super) fn add(&self, fd: RawFd, events: u32, data: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, events, data)
    }

    pub(super) fn modify(&self, fd: RawFd, events: u32, data: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, events, data)
    }

    pub(super) fn delete(&self, fd: RawFd) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, 0)
    }

    /// Waits for events; an interrupted wait returns none. Never returns early on a deadline.
    pub(super) fn wait(&self, events: &mut EventList, deadline: Deadline) -> io::Result<()> {
        let timeout = match deadline {
            Deadline::Never => None,
            Deadline::Now => Some(Duration::ZERO),
            Deadline::At(at) => Some(at.saturating_duration_since(Instant::now())),
        };
        let result = match timeout {
            Some(wait) if !wait.is_zero() && !NO_PWAIT2.load(Ordering::Relaxed) => {
                match self.wait_precise(events, wait) {
                    Err(e) if e.raw_os_error() != Some(libc::EINTR) => {
                        NO_PWAIT2.store(true, Ordering::Relaxed);
                        self.wait_coarse(events, timeout)
                    }
                    other => other,
                }
            }
            _ => self.wait_coarse(events, timeout),
        };
        match result {
            Ok(count) => events.filled = count,
            Err(e) if e.raw_os_error() == Some(libc::EINTR) => events.filled = 0,
            Err(e) => return Err(e),
        }
        Ok(())
    }

    fn wait_coarse(&self, events: &mut EventList, wait: Option<Duration>) -> io::Result<usize> {
        let timeout_ms: libc::c_int = match wait {
            None => -1,
            // Rounded up: a wait may be longer than asked, not shorter (S-115).
            Some(wait) => i32::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX),
        };
        let no_mask = std::ptr::null::<libc::sigset_t>();
        // SAFETY: `list` has as many writable entries as are named; no signal mask is passed.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait,
                self.0.as_raw_fd(),
                events.list.as_mut_ptr(),
                events.list.len(),
                timeout_ms,
                no_mask,
                0usize,
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    fn wait_precise(&self, events: &mut EventList, wait: Duration) -> io::Result<usize> {
        let timeout = libc::timespec {
            tv_sec: libc::time_t::try_from(wait.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: libc::c_long::from(wait.subsec_nanos()),
        };
        // SAFETY: `list` has as many writable entries as are named; `timeout` lives through the
        // call; no signal mask is passed.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.0.as_raw_fd(),
                events.list.as_mut_ptr(),
                events.list.len(),
                &raw const timeout,
                std::ptr::null::<libc::sigset_t>(),
                0usize,
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }
}

impl AsRawFd for Epoll {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Room for the events of one wait.
pub(super) struct EventList {
    list: Vec<libc::epoll_event>,
    filled: usize,
}

impl EventList {
    pub(super) fn new(room: usize) -> Self {
        Self { list: vec![libc::epoll_event { events: 0, u64: 0 }; room], filled: 0 }
    }

    /// The events of the last wait.
    pub(super) fn filled(&self) -> &[libc::epoll_event] {
        &self.list[..self.filled]
    }

    /// The same: flags and data.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.filled().iter().map(|event| (event.events, event.u64))
    }

    pub(super) fn len(&self) -> usize {
        self.filled
    }
}

/// A descriptor that another thread can make readable.
#[derive(Debug)]
pub(super) struct EventFd(OwnedFd);

impl EventFd {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: no pointers are passed.
        owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }).map(Self)
    }

    /// Makes it readable: an edge for those who watch it edge-triggered.
    pub(super) fn signal(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: eight readable bytes are passed. The only failure is a counter that is full,
        // and then the descriptor is readable anyway.
        unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// A timer that makes a descriptor readable once.
#[derive(Debug)]
pub(super) struct TimerFd(OwnedFd);

impl TimerFd {
    pub(super) fn new() -> io::Result<Self> {
        let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
        // SAFETY: no pointers are passed.
        owned(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) }).map(Self)
    }

    /// Fires once after `delay`; zero stops the timer.
    pub(super) fn set(&self, delay: Duration) {
        let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let value = libc::timespec {
            tv_sec: libc::time_t::try_from(delay.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: libc::c_long::from(delay.subsec_nanos()),
        };
        let setting = libc::itimerspec { it_interval: zero, it_value: value };
        // SAFETY: `setting` lives through the call; the old setting is not asked for. A valid
        // setting on a timer descriptor cannot fail.
        unsafe {
            libc::timerfd_settime(self.0.as_raw_fd(), 0, &raw const setting, std::ptr::null_mut())
        };
    }

    /// Makes the descriptor unreadable again after it fired.
    pub(super) fn clear(&self) {
        let mut count = [0u8; 8];
        // SAFETY: eight writable bytes are passed.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }
}

impl AsRawFd for TimerFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
