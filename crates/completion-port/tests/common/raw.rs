//! The only room of the tests with `unsafe`: a buffer type of the tests' own, and system calls
//! for which neither std nor socket2 has a name.
//!
//! # Safety
//!
//! Every block states what makes it sound. What runs in a forked child keeps to what the parent's
//! state at the moment of the fork allows: the parent's other threads are idle then.
#![expect(
    unsafe_code,
    reason = "buffers of one's own, and system calls that make faults"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU64, Ordering};

use completion_port::{IoBuf, IoBufMut};

use super::Drops;

/// A buffer that counts its drop.
#[derive(Debug)]
pub(crate) struct CountedBuf<B> {
    pub(crate) inner: B,
    drops: Drops,
}

impl<B> CountedBuf<B> {
    pub(super) fn new(inner: B, drops: &Drops) -> Self {
        Self {
            inner,
            drops: drops.clone(),
        }
    }
}

impl<B> Drop for CountedBuf<B> {
    fn drop(&mut self) {
        self.drops.one_more();
    }
}

// SAFETY: the memory is the inner buffer's, which fulfils the contract.
unsafe impl<B: IoBuf> IoBuf for CountedBuf<B> {
    fn as_ptr(&self) -> *const u8 {
        self.inner.as_ptr()
    }
    fn bytes_init(&self) -> usize {
        self.inner.bytes_init()
    }
}

// SAFETY: the memory is the inner buffer's, which fulfils the contract.
unsafe impl<B: IoBufMut> IoBufMut for CountedBuf<B> {
    fn as_mut_ptr(&mut self) -> *mut u8 {
        self.inner.as_mut_ptr()
    }
    fn bytes_capacity(&self) -> usize {
        self.inner.bytes_capacity()
    }
    unsafe fn set_filled(&mut self, bytes: usize) {
        // SAFETY: the caller says that `bytes` bytes are initialised and fit the capacity.
        unsafe { self.inner.set_filled(bytes) }
    }
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Makes a named pipe.
pub(crate) fn make_fifo(path: &std::path::Path) {
    let path = std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).expect("no zero byte");
    // SAFETY: the path ends with a zero byte.
    check(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }).expect("a named pipe");
}

/// Throws a file's clean pages out of memory, so that reading it needs the device.
pub(crate) fn forget_pages(file: &impl AsFd) {
    let fd = file.as_fd().as_raw_fd();
    // SAFETY: no pointers are passed.
    let synced = unsafe { libc::fsync(fd) };
    check(synced).expect("pages written");
    // SAFETY: no pointers are passed.
    let code = unsafe { libc::posix_fadvise(fd, 0, 0, libc::POSIX_FADV_DONTNEED) };
    assert_eq!(code, 0, "advice taken");
}

/// Has the system read nothing ahead.
pub(crate) fn expect_random_access(file: &impl AsFd) {
    let fd = file.as_fd().as_raw_fd();
    // SAFETY: no pointers are passed.
    let code = unsafe { libc::posix_fadvise(fd, 0, 0, libc::POSIX_FADV_RANDOM) };
    assert_eq!(code, 0, "advice taken");
}

/// Sets how many descriptors this process may have.
pub(crate) fn set_descriptors_max(count: u64) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: there is room for the limits.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    check(result).expect("the present limit");
    limit.rlim_cur = count;
    // SAFETY: valid limits are passed.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    check(result).expect("a new limit");
}

/// Sets how many bytes of addresses this process may have; `None` is no limit.
pub(crate) fn set_addresses_max(bytes: Option<u64>) {
    let limit = libc::rlimit {
        rlim_cur: bytes.unwrap_or(libc::RLIM_INFINITY),
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: valid limits are passed.
    check(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }).expect("a new limit");
}

/// Lets no file of this process grow beyond that, and makes trying it an error, not a signal.
pub(crate) fn limit_file_sizes(bytes: u64) {
    // SAFETY: no handler of this process is involved.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: valid limits are passed.
    check(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }).expect("a new limit");
}

/// Gives SIGPIPE back its default action, which is to end the process.
pub(crate) fn default_sigpipe() {
    // SAFETY: no handler of this process is involved.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// Whether a SIGPIPE waits to be delivered to this thread.
pub(crate) fn sigpipe_is_pending() -> bool {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: there is room for a set.
    let result = unsafe { libc::sigpending(set.as_mut_ptr()) };
    check(result).expect("the pending signals");
    // SAFETY: `sigpending` has initialised the set.
    unsafe { libc::sigismember(set.as_ptr(), libc::SIGPIPE) == 1 }
}

static INTERRUPTIONS: AtomicU64 = AtomicU64::new(0);

extern "C" fn count_interruption(_: libc::c_int) {
    INTERRUPTIONS.fetch_add(1, Ordering::Relaxed);
}

/// How many signals of [`interrupt_all_threads`] have been delivered.
pub(crate) fn interruptions() -> u64 {
    INTERRUPTIONS.load(Ordering::Relaxed)
}

/// Has SIGUSR1 interrupt system calls: a handler without `SA_RESTART`.
pub(crate) fn let_signals_interrupt() {
    // SAFETY: an all-zero action is valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: extern "C" fn(libc::c_int) = count_interruption;
    action.sa_sigaction = handler as libc::sighandler_t;
    // SAFETY: the handler only adds to an atomic.
    let result = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    check(result).expect("a handler");
}

/// Sends one SIGUSR1 to each thread of this process, the library's own included.
pub(crate) fn interrupt_all_threads() {
    // SAFETY: no pointers are passed.
    let process = unsafe { libc::getpid() };
    for task in std::fs::read_dir("/proc/self/task")
        .expect("the list of threads")
        .flatten()
    {
        let Some(thread) = task.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let thread: libc::pid_t = thread;
        // SAFETY: no pointers are passed. A thread that has just ended is no error here.
        unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
    }
}

/// Forks; the child runs `child` and ends with its result as exit code, without running
/// destructors or exit handlers. Returns the exit code, or the negative number of the signal
/// that ended the child; a child that hangs is ended by an alarm.
pub(crate) fn in_forked_child(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child runs only `child`, whose callers see to it that no other thread of the
    // parent holds a lock that it needs.
    let pid = check(unsafe { libc::fork() }).expect("a child process");
    if pid == 0 {
        // SAFETY: no pointers are passed.
        unsafe { libc::alarm(20) };
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(101);
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: there is room for the status.
    let result = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    check(result).expect("the child's end");
    if libc::WIFEXITED(status) {
        libc::WEXITSTATUS(status)
    } else {
        -libc::WTERMSIG(status)
    }
}

/// A waker that does something whenever it is cloned, and nothing when it is called.
pub(crate) fn waker_that_tells_of_clones(told: impl Fn() + Sync + 'static) -> std::task::Waker {
    use std::task::{RawWaker, RawWakerVTable, Waker};

    type Told = &'static (dyn Fn() + Sync);

    unsafe fn clone(told: *const ()) -> RawWaker {
        // SAFETY: the pointer is that to a leaked box, made below.
        let tell = unsafe { told.cast::<Told>().read() };
        tell();
        RawWaker::new(told, &TABLE)
    }
    unsafe fn nothing(_: *const ()) {}
    static TABLE: RawWakerVTable = RawWakerVTable::new(clone, nothing, nothing, nothing);

    let told: Told = Box::leak(Box::new(told));
    let place: &'static Told = Box::leak(Box::new(told));
    let raw = RawWaker::new(std::ptr::from_ref(place).cast(), &TABLE);
    // SAFETY: the functions may be called by any thread, as often as one likes: what they use is
    // `Sync` and lives for ever.
    unsafe { Waker::from_raw(raw) }
}

/// The processor time that this process has used.
pub(crate) fn time_used() -> std::time::Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: there is room for a time.
    check(unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) })
        .expect("the time used");
    let seconds = u64::try_from(time.tv_sec).expect("not negative");
    std::time::Duration::new(
        seconds,
        u32::try_from(time.tv_nsec).expect("below a second"),
    )
}

/// Sends one byte out of band.
pub(crate) fn send_urgent(socket: &impl AsFd, byte: u8) {
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: one readable byte is passed.
    let sent = unsafe { libc::send(fd, (&raw const byte).cast(), 1, libc::MSG_OOB) };
    assert_eq!(sent, 1, "one byte sent");
}

/// Sends bytes together with a duplicate of a descriptor.
pub(crate) fn send_with_descriptor(socket: &impl AsFd, bytes: &[u8], descriptor: &impl AsFd) {
    let mut span = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let mut control = [0u64; 8];
    // SAFETY: an all-zero message header is valid.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut span;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    // SAFETY: only computes a length.
    header.msg_controllen = unsafe { libc::CMSG_SPACE(4) } as usize;
    // SAFETY: the header names a control buffer that is large and aligned enough.
    let message = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    // SAFETY: the header has room for one control message, so the pointer is not null.
    let message = unsafe { &mut *message };
    message.cmsg_level = libc::SOL_SOCKET;
    message.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: only computes a length.
    message.cmsg_len = unsafe { libc::CMSG_LEN(4) } as usize;
    // SAFETY: the data follow the header within the control buffer.
    let data = unsafe { libc::CMSG_DATA(message) };
    // SAFETY: there is room for one descriptor; the place may be unaligned.
    unsafe {
        data.cast::<libc::c_int>()
            .write_unaligned(descriptor.as_fd().as_raw_fd())
    };
    // SAFETY: the header names memory that outlives the call.
    let sent = unsafe { libc::sendmsg(socket.as_fd().as_raw_fd(), &raw const header, 0) };
    assert_eq!(usize::try_from(sent).ok(), Some(bytes.len()), "sent whole");
}

/// Whether the page that holds this address is in memory.
pub(crate) fn is_resident(address: usize) -> bool {
    let page = address & !4095;
    let mut answer = 0u8;
    // SAFETY: one page is asked about, so one byte is written; the address is only looked up.
    let result =
        unsafe { libc::mincore(std::ptr::without_provenance_mut(page), 1, &raw mut answer) };
    check(result).expect("the page is mapped");
    answer & 1 == 1
}
