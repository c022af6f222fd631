//! What a program says to a debugger, and whether there is one.

use std::sync::OnceLock;

use super::system_file;
use crate::abi::{Bool, FALSE};
use crate::crt::write_all;
use crate::door;
use crate::text::{Text, bytes_of, exports};

#[unsafe(no_mangle)]
unsafe extern "C" fn IsDebuggerPresent() -> Bool {
    door(FALSE, || {
        let text = system_file("/proc/self/status");
        let tracer = text
            .lines()
            .find_map(|line| line.strip_prefix("TracerPid:"));
        Bool::from(tracer.is_some_and(|number| number.trim() != "0"))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DebugBreak() {
    // SAFETY: no pointers are passed.
    unsafe { libc::raise(libc::SIGTRAP) };
}

/// Nobody listens on Linux, so that the text goes to standard error, but only if the variable
/// `IOCP_DEBUG_OUTPUT` asks for it.
fn is_wanted() -> bool {
    static WANTED: OnceLock<bool> = OnceLock::new();
    *WANTED.get_or_init(|| std::env::var_os("IOCP_DEBUG_OUTPUT").is_some_and(|v| !v.is_empty()))
}

exports! {
    OutputDebugStringA, OutputDebugStringW, OutputDebugStringW_16:
    fn output_debug_string<U>(text: Text<U>) = (); {
        if is_wanted() {
            write_all(2, &bytes_of(text.or_empty()));
        }
    }
}
