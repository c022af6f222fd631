//! The handlers that a program sets for its own mistakes.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `_invalid_parameter_handler`: texts that are null here, a line, a reserved number.
type Handler = unsafe extern "C-unwind" fn(*const c_void, *const c_void, *const c_void, u32, usize);
/// `_purecall_handler`.
type PureCallHandler = unsafe extern "C-unwind" fn();

/// A function's address, or 0.
static PROCESS: AtomicUsize = AtomicUsize::new(0);
static PURE_CALL: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD: Cell<Option<Handler>> = const { Cell::new(None) };
}

fn address(handler: Option<Handler>) -> usize {
    handler.map_or(0, |handler| (handler as *const ()).expose_provenance())
}

fn handler(address: usize) -> Option<Handler> {
    let pointer = std::ptr::with_exposed_provenance::<()>(address);
    // SAFETY: a null pointer is `None`, any other came from a handler.
    unsafe { std::mem::transmute::<*const (), Option<Handler>>(pointer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _set_invalid_parameter_handler(new: Option<Handler>) -> Option<Handler> {
    handler(PROCESS.swap(address(new), Ordering::AcqRel))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _get_invalid_parameter_handler() -> Option<Handler> {
    handler(PROCESS.load(Ordering::Acquire))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _set_thread_local_invalid_parameter_handler(
    new: Option<Handler>,
) -> Option<Handler> {
    THREAD.replace(new)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _get_thread_local_invalid_parameter_handler() -> Option<Handler> {
    THREAD.get()
}

/// Tells the thread's handler, else the process's; ends the process where there is none.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn _invalid_parameter_noinfo() {
    let own = THREAD.get();
    let Some(handler) = own.or_else(|| handler(PROCESS.load(Ordering::Acquire))) else {
        super::flush_output();
        super::write_all(2, b"invalid parameter passed to a C runtime function\n");
        std::process::abort();
    };
    let null = std::ptr::null();
    // SAFETY: the program set it for this.
    unsafe { handler(null, null, null, 0, 0) };
}

fn pure_call_address(handler: Option<PureCallHandler>) -> usize {
    handler.map_or(0, |handler| (handler as *const ()).expose_provenance())
}

fn pure_call_handler(address: usize) -> Option<PureCallHandler> {
    let pointer = std::ptr::with_exposed_provenance::<()>(address);
    // SAFETY: a null pointer is `None`, any other came from a handler.
    unsafe { std::mem::transmute::<*const (), Option<PureCallHandler>>(pointer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _set_purecall_handler(
    new: Option<PureCallHandler>,
) -> Option<PureCallHandler> {
    pure_call_handler(PURE_CALL.swap(pure_call_address(new), Ordering::AcqRel))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _get_purecall_handler() -> Option<PureCallHandler> {
    pure_call_handler(PURE_CALL.load(Ordering::Acquire))
}

/// What the compiler calls where a pure virtual function is called. The C++ library's own would
/// not know the program's handler.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __cxa_pure_virtual() -> ! {
    if let Some(handler) = pure_call_handler(PURE_CALL.load(Ordering::Acquire)) {
        // SAFETY: the program set it for this.
        unsafe { handler() };
    }
    super::flush_output();
    super::write_all(2, b"pure virtual function call\n");
    std::process::abort()
}
