//! `MiniDumpWriteDump`: a text about the process, in the file that the program opened. The dump of
//! memory that a debugger reads is the core file, which the system writes.

use std::ffi::c_void;
use std::fmt::Write;

use super::exceptions::Pointers;
use super::system_file;
use crate::abi::{Bool, Dword, Handle};
use crate::code::{Code, code_bool};
use crate::status::last_error;
use crate::text::In;

/// `MINIDUMP_EXCEPTION_INFORMATION`, whose fields lie close together.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
struct ExceptionInformation {
    thread: u32,
    pointers: *const Pointers,
    from_client: Bool,
}

const _: () = assert!(size_of::<ExceptionInformation>() == 16);

const REGISTERS: [&str; 17] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15", "rip",
];

unsafe extern "C" {
    fn WriteFile(
        file: Handle,
        buffer: *const c_void,
        length: Dword,
        written: *mut Dword,
        overlapped: *mut c_void,
    ) -> Bool;
}

/// What is known of the exception.
///
/// # Safety
///
/// The pointers are valid, or null.
unsafe fn about_exception(information: ExceptionInformation) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "exception in thread {}", { information.thread });
    // SAFETY: as promised.
    let Some(pointers) = (unsafe { information.pointers.as_ref() }) else {
        return text;
    };
    // SAFETY: as promised.
    if let Some(record) = unsafe { pointers.record.as_ref() } {
        let _ = writeln!(text, "code 0x{:08X} at {:?}", record.code, record.address);
        let _ = writeln!(text, "information {:x?}", &record.information[..2]);
    }
    // SAFETY: as promised.
    if let Some(context) = unsafe { pointers.context.as_ref() } {
        for (name, value) in REGISTERS.iter().zip(context.registers) {
            let _ = writeln!(text, "{name} 0x{value:016x}");
        }
    }
    text
}

/// What is known of the process.
fn about_process(process: u32) -> String {
    let read = |name: &str| system_file(&format!("/proc/{process}/{name}"));
    let mut text = format!("process {process}\n");
    let command = read("cmdline").replace('\0', " ");
    let _ = writeln!(text, "command line {}", command.trim_end());
    let _ = writeln!(text, "\nstatus\n{}", read("status"));
    text.push_str("threads\n");
    let folder = std::fs::read_dir(format!("/proc/{process}/task"));
    for entry in folder.into_iter().flatten().flatten() {
        let thread = entry.file_name();
        let thread = thread.to_string_lossy();
        let _ = write!(text, "{thread} {}", read(&format!("task/{thread}/comm")));
    }
    let _ = writeln!(text, "\nmappings\n{}", read("maps"));
    text
}

#[unsafe(no_mangle)]
unsafe extern "C" fn MiniDumpWriteDump(
    _process: Handle,
    number: Dword,
    file: Handle,
    _kind: u32,
    exception: In<ExceptionInformation>,
    _streams: *const c_void,
    _callback: *const c_void,
) -> Bool {
    code_bool(|| {
        let mut text = about_process(number);
        if let Some(information) = exception.get() {
            // SAFETY: the program passes valid pointers.
            text.insert_str(0, &unsafe { about_exception(information) });
        }
        let (from, length) = (text.as_ptr().cast(), text.len() as Dword);
        let (mut written, none) = (0, std::ptr::null_mut());
        // SAFETY: the text is there.
        let done = unsafe { WriteFile(file, from, length, &raw mut written, none) } != 0;
        if done {
            Ok(())
        } else {
            Err(Code(last_error()))
        }
    })
}
