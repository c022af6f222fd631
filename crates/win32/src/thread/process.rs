//! This process: its end, its clock, its own threads.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use completion_port::Deadline;

use super::children::{self, Process};
use super::parker::Parker;
use super::{Inside, with_current};
use crate::abi::{Bool, Dword, FALSE, Handle, INVALID_HANDLE};
use crate::handle::{self, Object};
use crate::status::{Status, set_last_error};
use crate::text::Out;
use crate::wait::{Kind, Waitable};
use crate::{bool_door, door};

/// From the beginning of 1601, where FILETIME begins, to that of 1970.
const EPOCH: u64 = 116_444_736_000_000_000;

/// A duration in units of 100 ns.
pub(crate) fn time_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos() / 100).unwrap_or(u64::MAX)
}

/// A moment as a FILETIME.
pub(crate) fn file_time(time: SystemTime) -> u64 {
    EPOCH + time_of(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

pub(super) fn now() -> u64 {
    file_time(SystemTime::now())
}

/// Starts a thread of the library's own, which takes no signals: those are for the program's.
pub(crate) fn service(
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    let mut blocked = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: room for a set.
    unsafe { libc::sigfillset(blocked.as_mut_ptr()) };
    // SAFETY: the first set was filled above, the second is room for one.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, blocked.as_ptr(), before.as_mut_ptr()) };
    // The thread inherits the mask.
    let made = std::thread::Builder::new()
        .name(format!("iocp-{name}"))
        .spawn(|| {
            let _inside = Inside::new();
            run();
        });
    // SAFETY: written by the first call.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    made
}

pub(super) fn is_main_thread() -> bool {
    // SAFETY: no pointers are passed.
    let process = unsafe { libc::getpid() };
    process.cast_unsigned() == super::current_thread_id()
}

/// Wakes the main thread, which has left, when another ends.
static MAIN: Parker = Parker::new();
/// The code of the thread that ended last.
static LAST_CODE: AtomicU32 = AtomicU32::new(0);
/// How often the main thread looks for the end of threads that never called in.
const LOOK: Duration = Duration::from_millis(50);

/// A thread has ended with that code.
pub(super) fn thread_has_ended(code: u32) {
    LAST_CODE.store(code, Ordering::Relaxed);
    MAIN.unpark();
}

/// The main thread ends by itself: the process ends with the last of the others, as on Windows,
/// where the library's own do not count.
pub(super) fn leave_main(code: u32) -> ! {
    let _inside = Inside::new();
    with_current(|thread| {
        thread.returned.store(code, Ordering::Relaxed);
        thread.end();
    });
    completion_port::blocking(|| {
        while others_run() {
            MAIN.park(Deadline::from(LOOK));
        }
    });
    // SAFETY: no other thread of the program is left that could be disturbed.
    unsafe { libc::exit(LAST_CODE.load(Ordering::Relaxed).cast_signed()) }
}

/// Whether there are threads besides the calling one and the library's.
fn others_run() -> bool {
    let me = super::current_thread_id().to_string();
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return false;
    };
    tasks.flatten().any(|task| {
        let name = fs::read_to_string(task.path().join("comm"));
        let ours = name.map_or(true, |name| name.starts_with("iocp-"));
        !ours && task.file_name().to_str() != Some(&me)
    })
}

/// How long the end of the process waits for what the program has written to be flushed.
const FLUSH_MAX: Duration = Duration::from_millis(500);

/// Flushes the C library's streams. Another thread may hold one of them for ever, in a read from
/// a terminal say; the end does not wait for that.
fn flush() {
    let done = Arc::new((Parker::new(), AtomicU32::new(0)));
    let other = Arc::clone(&done);
    let started = service("flush", move || {
        // SAFETY: null means all streams.
        unsafe { libc::fflush(std::ptr::null_mut()) };
        other.1.store(1, Ordering::Release);
        other.0.unpark();
    });
    let deadline = Deadline::from(FLUSH_MAX);
    while started.is_ok() && done.1.load(Ordering::Acquire) == 0 && !super::has_passed(deadline) {
        done.0.park(deadline);
    }
}

#[unsafe(no_mangle)]
extern "C" fn ExitProcess(code: u32) -> ! {
    door((), flush);
    // SAFETY: no pointers are passed.
    unsafe { libc::_exit(code.cast_signed()) }
}

#[unsafe(no_mangle)]
extern "C" fn GetCurrentProcess() -> Handle {
    std::ptr::without_provenance_mut(INVALID_HANDLE)
}

/// Runs something with a process; with `None` for this one.
fn with_process<T>(
    handle: Handle,
    run: impl FnOnce(Option<&Process>) -> Result<T, Status>,
) -> Result<T, Status> {
    if handle.addr() == INVALID_HANDLE {
        return run(None);
    }
    match handle::get(handle).as_deref() {
        Some(Object::Waitable(waitable)) => match waitable.kind() {
            Kind::Process(process) if process.is_self() => run(None),
            Kind::Process(process) => run(Some(process)),
            _ => Err(Status::OBJECT_TYPE_MISMATCH),
        },
        Some(_) => Err(Status::OBJECT_TYPE_MISMATCH),
        None => Err(Status::INVALID_HANDLE),
    }
}

/// Whether a handle stands for this process.
pub(crate) fn is_this_process(handle: Handle) -> bool {
    with_process(handle, |process| Ok(process.is_none())) == Ok(true)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetProcessId(process: Handle) -> Dword {
    door(0, || {
        let id = with_process(process, |process| {
            Ok(process.map_or_else(std::process::id, Process::id))
        });
        id.unwrap_or_else(|status| {
            set_last_error(status.win32());
            0
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn OpenProcess(_access: Dword, inherit: Bool, id: Dword) -> Handle {
    door(std::ptr::null_mut(), || {
        let opened = children::open_process(id).and_then(|waitable: Arc<Waitable>| {
            let handle = handle::insert(Object::Waitable(waitable))?;
            crate::wait::set_inherit(handle, inherit != FALSE);
            Ok(handle)
        });
        opened.unwrap_or_else(|status| {
            set_last_error(status.win32());
            std::ptr::null_mut()
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetExitCodeProcess(process: Handle, code: Out<Dword>) -> Bool {
    bool_door(|| {
        code.set(with_process(process, |process| match process {
            None => Ok(super::STILL_ACTIVE),
            Some(process) => process.exit_code(),
        })?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn TerminateProcess(process: Handle, code: u32) -> Bool {
    bool_door(|| {
        with_process(process, |process| match process {
            // SAFETY: no pointers are passed.
            None => unsafe { libc::_exit(code.cast_signed()) },
            Some(process) => process.terminate(code),
        })
    })
}
