//! Exceptions that nobody catches: faults of the processor, and what `RaiseException` raises.
//!
//! A fault is a signal. While a filter is set, the signals of faults are ours: the handler tells
//! the filter what happened as Windows would, and unless the filter says that the program may go
//! on, the process ends by the signal as it would have without us, core file and all.

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::abi::Dword;
use crate::crt::{flush_output, write_all};

const PARAMETERS_MAX: usize = 15;

const CONTINUE_EXECUTION: i32 = -1;
const CONTINUE_SEARCH: i32 = 0;
const EXECUTE_HANDLER: i32 = 1;

const NONCONTINUABLE: u32 = 1;

const ACCESS_VIOLATION: u32 = 0xc000_0005;
const IN_PAGE_ERROR: u32 = 0xc000_0006;
const ILLEGAL_INSTRUCTION: u32 = 0xc000_001d;
const DIVIDE_BY_ZERO: u32 = 0xc000_0094;
const INVALID_OPERATION: u32 = 0xc000_0090;
const MISALIGNMENT: u32 = 0x8000_0002;

/// `EXCEPTION_RECORD`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) code: u32,
    flags: u32,
    next: *mut Self,
    pub(super) address: *mut c_void,
    count: u32,
    pub(super) information: [usize; PARAMETERS_MAX],
}

const _: () = assert!(size_of::<Record>() == 152);

/// `CONTEXT`, as far as it is filled in: the integer registers.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    homes: [u64; 6],
    flags: u32,
    mxcsr: u32,
    segments: [u16; 6],
    eflags: u32,
    debug: [u64; 6],
    /// `Rax`, `Rcx`, `Rdx`, `Rbx`, `Rsp`, `Rbp`, `Rsi`, `Rdi`, `R8` to `R15`, `Rip`.
    pub(super) registers: [u64; 17],
    floats: [u8; 512],
    vectors: [u8; 416],
    control: [u64; 6],
}

const _: () = assert!(size_of::<Context>() == 1232);

/// `EXCEPTION_POINTERS`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Pointers {
    pub(super) record: *mut Record,
    pub(super) context: *mut Context,
}

/// `LPTOP_LEVEL_EXCEPTION_FILTER`.
type Filter = unsafe extern "C-unwind" fn(*mut Pointers) -> i32;

/// The filter's address, or 0.
static FILTER: AtomicUsize = AtomicUsize::new(0);

const FAULTS: [libc::c_int; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL];

fn filter_at(address: usize) -> Option<Filter> {
    let pointer = std::ptr::with_exposed_provenance::<()>(address);
    // SAFETY: a null pointer is `None`, any other came from a filter.
    unsafe { std::mem::transmute::<*const (), Option<Filter>>(pointer) }
}

fn set_action(signal: libc::c_int, action: libc::sighandler_t) {
    // SAFETY: a structure of numbers.
    let mut new: libc::sigaction = unsafe { std::mem::zeroed() };
    new.sa_sigaction = action;
    // A fault in the filter itself must end the process: the signal is not blocked, and the
    // handler has put the default action back by then.
    new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: the structure is there, and the action a handler of this form.
    unsafe { libc::sigaction(signal, &raw const new, std::ptr::null_mut()) };
}

/// What a fault is called on Windows, and the two numbers that an access violation has.
fn meaning(signal: libc::c_int, code: i32) -> u32 {
    const DIVIDE: i32 = 1;
    const ALIGNMENT: i32 = 1;
    match (signal, code) {
        (libc::SIGSEGV, _) => ACCESS_VIOLATION,
        (libc::SIGBUS, ALIGNMENT) => MISALIGNMENT,
        (libc::SIGBUS, _) => IN_PAGE_ERROR,
        (libc::SIGFPE, DIVIDE) => DIVIDE_BY_ZERO,
        (libc::SIGFPE, _) => INVALID_OPERATION,
        _ => ILLEGAL_INSTRUCTION,
    }
}

/// Where the system's list has each register of [`Context::registers`].
#[cfg(target_arch = "x86_64")]
const REGISTERS: [libc::c_int; 17] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
    libc::REG_RIP,
];

/// The interrupted thread's registers, and whether it wanted to write.
#[cfg(target_arch = "x86_64")]
fn registers_of(system: &libc::ucontext_t) -> (Context, bool) {
    /// `CONTEXT_AMD64 | CONTEXT_CONTROL | CONTEXT_INTEGER`.
    const FILLED: u32 = 0x10_0003;
    const WRITES: i64 = 2;
    // SAFETY: a structure of numbers.
    let mut context: Context = unsafe { std::mem::zeroed() };
    let general = &system.uc_mcontext.gregs;
    for (place, index) in context.registers.iter_mut().zip(REGISTERS) {
        *place = general[index as usize].cast_unsigned();
    }
    context.flags = FILLED;
    context.eflags = general[libc::REG_EFL as usize] as u32;
    (context, general[libc::REG_ERR as usize] & WRITES != 0)
}

#[cfg(target_arch = "x86_64")]
fn put_registers(context: &Context, system: &mut libc::ucontext_t) {
    for (value, index) in context.registers.iter().zip(REGISTERS) {
        system.uc_mcontext.gregs[index as usize] = value.cast_signed();
    }
}

/// Elsewhere the registers have other names, and `CONTEXT` none of them.
#[cfg(not(target_arch = "x86_64"))]
fn registers_of(_system: &libc::ucontext_t) -> (Context, bool) {
    // SAFETY: a structure of numbers.
    (unsafe { std::mem::zeroed() }, false)
}

#[cfg(not(target_arch = "x86_64"))]
fn put_registers(_context: &Context, _system: &mut libc::ucontext_t) {}

/// The handler of a fault. It runs in the thread that made it, and calls the program's filter,
/// which may do what Windows would let it do there; nothing here has to be cleaned up.
unsafe extern "C-unwind" fn on_fault(
    signal: libc::c_int,
    details: *mut libc::siginfo_t,
    system: *mut c_void,
) {
    for fault in FAULTS {
        set_action(fault, libc::SIG_DFL);
    }
    let Some(filter) = filter_at(FILTER.load(Ordering::Acquire)) else {
        return;
    };
    // SAFETY: the system passes a context.
    let system = unsafe { &mut *system.cast::<libc::ucontext_t>() };
    let (mut context, writes) = registers_of(system);
    // SAFETY: the system passes the details.
    let details = unsafe { &*details };
    let code = details.si_code;
    // SAFETY: faults have an address.
    let place = unsafe { details.si_addr() };
    let mut record = Record {
        code: meaning(signal, code),
        flags: 0,
        next: std::ptr::null_mut(),
        address: std::ptr::with_exposed_provenance_mut(context.registers[16] as usize),
        count: 0,
        information: [0; PARAMETERS_MAX],
    };
    if matches!(signal, libc::SIGSEGV | libc::SIGBUS) {
        record.count = 2;
        record.information[..2].copy_from_slice(&[usize::from(writes), place.addr()]);
    }
    let mut pointers = Pointers {
        record: &raw mut record,
        context: &raw mut context,
    };
    // SAFETY: the program set it for this.
    let answer = unsafe { filter(&raw mut pointers) };
    if answer == CONTINUE_EXECUTION {
        put_registers(&context, system);
        for fault in FAULTS {
            set_action(fault, on_fault as *const () as libc::sighandler_t);
        }
    }
    // Else the fault happens again on return, and ends the process as its signal does.
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetUnhandledExceptionFilter(filter: Option<Filter>) -> Option<Filter> {
    let address = filter.map_or(0, |filter| (filter as *const ()).expose_provenance());
    let before = FILTER.swap(address, Ordering::AcqRel);
    let action = match address {
        0 => libc::SIG_DFL,
        _ => on_fault as *const () as libc::sighandler_t,
    };
    if (before == 0) != (address == 0) {
        for fault in FAULTS {
            set_action(fault, action);
        }
    }
    filter_at(before)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn UnhandledExceptionFilter(pointers: *mut Pointers) -> i32 {
    match filter_at(FILTER.load(Ordering::Acquire)) {
        // SAFETY: the program set it for this, and passes what it takes.
        Some(filter) => unsafe { filter(pointers) },
        None => EXECUTE_HANDLER,
    }
}

/// By this code a thread tells a debugger its name.
const THREAD_NAME: u32 = 0x406d_1388;
/// `DBG_PRINTEXCEPTION_C`, its wide form, `DBG_CONTROL_C`: said to a debugger only.
const FOR_DEBUGGERS: [u32; 3] = [0x4001_0006, 0x4001_000a, 0x4001_0005];

/// Names the calling thread, if it is that which the structure means.
///
/// # Safety
///
/// The numbers are those that go with [`THREAD_NAME`]: a version, a string, a thread.
unsafe fn name_thread(information: &[usize]) {
    const NAME_MAX: usize = 15;
    const THIS_THREAD: u32 = 0xffff_ffff;
    let [_, name, thread, ..] = *information else {
        return;
    };
    // SAFETY: no pointers are passed.
    let own = unsafe { libc::gettid() }.cast_unsigned();
    if name == 0 || ![THIS_THREAD, own].contains(&(thread as u32)) {
        return;
    }
    let name = std::ptr::with_exposed_provenance::<c_char>(name);
    // SAFETY: a string, as promised.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let mut short = [0_u8; NAME_MAX + 1];
    let length = name.len().min(NAME_MAX);
    short[..length].copy_from_slice(&name[..length]);
    // SAFETY: a string of the length that is allowed.
    unsafe { libc::prctl(libc::PR_SET_NAME, short.as_ptr()) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn RaiseException(
    code: Dword,
    flags: Dword,
    count: Dword,
    arguments: *const usize,
) {
    let count = if arguments.is_null() {
        0
    } else {
        (count as usize).min(PARAMETERS_MAX)
    };
    let mut information = [0; PARAMETERS_MAX];
    for (i, place) in information.iter_mut().enumerate().take(count) {
        let argument = arguments.wrapping_add(i);
        // SAFETY: the program passes so many.
        *place = unsafe { argument.read() };
    }
    if code == THREAD_NAME {
        // SAFETY: a program that raises this passes what goes with it.
        unsafe { name_thread(&information[..count]) };
        return;
    }
    if FOR_DEBUGGERS.contains(&code) {
        return;
    }
    // SAFETY: a structure of numbers.
    let mut context: Context = unsafe { std::mem::zeroed() };
    let mut record = Record {
        code,
        flags: flags & NONCONTINUABLE,
        next: std::ptr::null_mut(),
        address: std::ptr::null_mut(),
        count: count as u32,
        information,
    };
    let mut pointers = Pointers {
        record: &raw mut record,
        context: &raw mut context,
    };
    let answer = match filter_at(FILTER.load(Ordering::Acquire)) {
        // SAFETY: the program set it for this.
        Some(filter) => unsafe { filter(&raw mut pointers) },
        None => CONTINUE_SEARCH,
    };
    if answer == CONTINUE_EXECUTION && flags & NONCONTINUABLE == 0 {
        return;
    }
    flush_output();
    if answer != EXECUTE_HANDLER {
        write_all(2, format!("unhandled exception 0x{code:08X}\n").as_bytes());
    }
    std::process::abort();
}
