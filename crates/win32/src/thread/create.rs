//! Creating threads, and how they end.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use completion_port::Deadline;

use super::inside::{self, Inside};
use super::jump::{self, Start};
use super::{Thread, adopt, process, run_apcs, suspend, with_current};
use crate::abi::{Dword, Handle};
use crate::door;
use crate::handle::Object;
use crate::status::{Status, set_last_error};
use crate::sync::futex;
use crate::wait::{Kind, Security, Waitable, give_handle};

/// `CREATE_SUSPENDED`.
const CREATE_SUSPENDED: u32 = 4;
/// Below so much a stack gets what the system gives by default: programs that ask for little
/// count on Windows' frames.
const SMALL_STACK: usize = 1 << 20;

/// What a new thread is to do.
struct Launch {
    thread: Arc<Thread>,
    start: Start,
    argument: *mut c_void,
    /// The function returns nothing: the code is 0.
    returns_nothing: bool,
    /// Set when the thread is registered.
    ready: Arc<AtomicU32>,
}

/// A thread to be created.
pub(super) struct New {
    pub(super) start: Start,
    pub(super) argument: *mut c_void,
    pub(super) returns_nothing: bool,
    pub(super) stack: usize,
    pub(super) flags: Dword,
}

thread_local! {
    /// Where [`jump::leave`] leads to; 0 in threads that were not created here.
    static FRAME: Cell<usize> = const { Cell::new(0) };
}

/// Creates a thread, which exists and has its number when this returns.
pub(super) fn create(new: New) -> Result<Arc<Thread>, Status> {
    let thread = Thread::new(0, new.flags & CREATE_SUSPENDED != 0);
    let ready = Arc::new(AtomicU32::new(0));
    let launch = Box::new(Launch {
        thread: Arc::clone(&thread),
        start: new.start,
        argument: new.argument,
        returns_nothing: new.returns_nothing,
        ready: Arc::clone(&ready),
    });
    start_native(new.stack, launch)?;
    while ready.load(Ordering::Acquire) == 0 {
        futex::wait(&ready, 0, Deadline::Never);
    }
    Ok(thread)
}

fn start_native(stack: usize, launch: Box<Launch>) -> Result<(), Status> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let attributes = attributes.as_mut_ptr();
    // SAFETY: room for it, as the call wants.
    unsafe { libc::pthread_attr_init(attributes) };
    // SAFETY: initialised above.
    unsafe { libc::pthread_attr_setdetachstate(attributes, libc::PTHREAD_CREATE_DETACHED) };
    let mut usual = 0;
    // SAFETY: initialised above; the number may be written.
    unsafe { libc::pthread_attr_getstacksize(attributes, &raw mut usual) };
    if stack > SMALL_STACK && stack > usual {
        let pages = stack.next_multiple_of(1 << 16);
        // SAFETY: initialised above; a size that the system refuses changes nothing.
        unsafe { libc::pthread_attr_setstacksize(attributes, pages) };
    }
    let mut native = 0;
    let launch = Box::into_raw(launch);
    // SAFETY: the attributes are initialised, and the thread gets what its function wants.
    let error = unsafe { pthread_create(&raw mut native, attributes, run_thread, launch.cast()) };
    // SAFETY: initialised above, and not used any more.
    unsafe { libc::pthread_attr_destroy(attributes) };
    if error != 0 {
        // SAFETY: no thread was made that could have taken it.
        drop(unsafe { Box::from_raw(launch) });
        return Err(Status::NO_MEMORY);
    }
    Ok(())
}

unsafe extern "C-unwind" {
    // The same function as in `libc`, but its threads may be unwound.
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attributes: *const libc::pthread_attr_t,
        run: unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> i32;
    fn pthread_exit(value: *mut c_void) -> !;
}

/// A thread from its beginning to its end. No destructor waits in this frame while the program's
/// function runs, so that it can be unwound.
unsafe extern "C-unwind" fn run_thread(launch: *mut c_void) -> *mut c_void {
    // SAFETY: `start_native` made it for this thread.
    let launch = unsafe { Box::from_raw(launch.cast::<Launch>()) };
    let (start, argument, returns_nothing) = prepare(launch);
    let frame = FRAME.with(Cell::as_ptr);
    // SAFETY: the program vouches for its function; the cell is this thread's own.
    let code = unsafe { jump::run(start, argument, frame) };
    let left = frame_is_left();
    conclude(if returns_nothing && !left { 0 } else { code });
    std::ptr::null_mut()
}

/// Whether the function was left by a jump; the place to jump to is no more.
fn frame_is_left() -> bool {
    FRAME.set(0);
    LEFT.replace(false)
}

thread_local! {
    /// The thread's function was left by a jump.
    static LEFT: Cell<bool> = const { Cell::new(false) };
}

/// What comes before the program's function.
#[expect(clippy::boxed_local, reason = "it comes in a box, and is freed here")]
fn prepare(launch: Box<Launch>) -> (Start, *mut c_void, bool) {
    let Launch {
        thread,
        start,
        argument,
        returns_nothing,
        ready,
    } = *launch;
    let _inside = Inside::new();
    adopt(&thread);
    ready.store(1, Ordering::Release);
    futex::wake(&ready, 1);
    drop(ready);
    if let Err(code) = suspend::may_start(&thread) {
        let code = std::ptr::without_provenance_mut(code as usize);
        return (never_started, code, false);
    }
    drop(thread);
    // Calls that were queued before the thread ran come first.
    run_apcs();
    (start, argument, returns_nothing)
}

/// In the place of the function of a thread that was terminated before it began.
unsafe extern "C-unwind" fn never_started(code: *mut c_void) -> u32 {
    code.addr() as u32
}

/// What comes after it. The rest happens when the thread's local storage is destroyed.
fn conclude(code: u32) {
    inside::left();
    with_current(|thread| thread.returned.store(code, Ordering::Relaxed));
}

/// Ends the calling thread with that code; nothing of its frames is destroyed.
pub(crate) fn exit(code: u32) -> ! {
    let frame = FRAME.get();
    if frame != 0 {
        LEFT.set(true);
        // SAFETY: `run_thread` of this thread set it, and clears it when `run` has returned.
        unsafe { jump::leave(frame, code) }
    }
    inside::left();
    with_current(|thread| thread.returned.store(code, Ordering::Relaxed));
    if process::is_main_thread() {
        process::leave_main(code);
    }
    // SAFETY: a thread of the program's own making; how that ends, it knows.
    unsafe { pthread_exit(std::ptr::null_mut()) }
}

/// Whether the calling thread can be ended from anywhere.
pub(super) fn can_be_left() -> bool {
    FRAME.get() != 0
}

/// A handle of a thread, for whoever made it.
fn handle_of(thread: &Arc<Thread>, security: *const Security) -> Result<Handle, Status> {
    let kind = Kind::Thread(Arc::clone(thread));
    give_handle(Object::Waitable(Waitable::new(kind)), security)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateThread(
    security: *const Security,
    stack: usize,
    start: Option<Start>,
    argument: *mut c_void,
    flags: Dword,
    id: *mut Dword,
) -> Handle {
    door(std::ptr::null_mut(), || {
        // SAFETY: the program's arguments, passed on.
        match unsafe { create_with_handle(security, stack, start, argument, flags, id) } {
            Ok(handle) => handle,
            Err(status) => {
                set_last_error(status.win32());
                std::ptr::null_mut()
            }
        }
    })
}

unsafe fn create_with_handle(
    security: *const Security,
    stack: usize,
    start: Option<Start>,
    argument: *mut c_void,
    flags: Dword,
    id: *mut Dword,
) -> Result<Handle, Status> {
    let thread = create(New {
        start: start.ok_or(Status::INVALID_PARAMETER)?,
        argument,
        returns_nothing: false,
        stack,
        flags,
    })?;
    if !id.is_null() {
        // SAFETY: a pointer that is not null is valid, by contract.
        unsafe { id.write(thread.id()) };
    }
    handle_of(&thread, security)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn ExitThread(code: Dword) -> ! {
    exit(code)
}

/// `errno` as the C run-time library sets it.
fn set_errno(errno: i32) {
    // SAFETY: the place is the calling thread's own.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    unsafe { place.write(errno) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _beginthreadex(
    security: *const Security,
    stack: u32,
    start: Option<Start>,
    argument: *mut c_void,
    flags: u32,
    id: *mut u32,
) -> usize {
    door(0, || {
        // SAFETY: the program's arguments, passed on.
        let made =
            unsafe { create_with_handle(security, stack as usize, start, argument, flags, id) };
        made.map_or_else(
            |status| {
                set_last_error(status.win32());
                set_errno(errno_of(status));
                0
            },
            Handle::addr,
        )
    })
}

fn errno_of(status: Status) -> i32 {
    match status {
        Status::INVALID_PARAMETER => libc::EINVAL,
        _ => libc::EAGAIN,
    }
}

/// The function of a thread that returns nothing.
type VoidStart = unsafe extern "C-unwind" fn(*mut c_void);

#[unsafe(no_mangle)]
unsafe extern "C" fn _beginthread(
    start: Option<VoidStart>,
    stack: u32,
    argument: *mut c_void,
) -> usize {
    door(usize::MAX, || {
        begin_thread(start, stack as usize, argument).unwrap_or_else(|status| {
            set_errno(errno_of(status));
            usize::MAX
        })
    })
}

/// The handle is the thread's own and is closed when it ends.
fn begin_thread(
    start: Option<VoidStart>,
    stack: usize,
    argument: *mut c_void,
) -> Result<usize, Status> {
    let start = start.ok_or(Status::INVALID_PARAMETER)?;
    // SAFETY: the two differ in the result alone, which is in a register that such a function
    // leaves undefined, and is not looked at.
    let start = unsafe { std::mem::transmute::<VoidStart, Start>(start) };
    let thread = create(New {
        start,
        argument,
        returns_nothing: true,
        stack,
        flags: CREATE_SUSPENDED,
    })?;
    let made = handle_of(&thread, std::ptr::null());
    // A thread that could not be given a handle runs all the same; it cannot be unmade.
    if let Ok(handle) = made {
        thread.own_handle.store(handle.addr(), Ordering::Relaxed);
    }
    thread.suspension.resume();
    made.map(Handle::addr)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn _endthreadex(code: u32) -> ! {
    exit(code)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn _endthread() -> ! {
    exit(0)
}

/// Starts a thread of a pool, on which callbacks of the program run. Does not wait for it.
pub(crate) fn spawn(start: Start, argument: *mut c_void, stack: usize) -> Result<(), Status> {
    let launch = Launch {
        thread: Thread::new(0, false),
        start,
        argument,
        returns_nothing: false,
        ready: Arc::default(),
    };
    start_native(stack, Box::new(launch))
}
