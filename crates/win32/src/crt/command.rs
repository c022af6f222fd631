//! `system`: commands that Windows' shell knows and Linux's does not are done here.

use std::ffi::{CStr, c_char};

use crate::console::keyboard;
use crate::door;

/// What a command is, told from its first word.
#[derive(Debug, PartialEq, Eq)]
enum Known {
    Pause {
        silent: bool,
    },
    Clear,
    /// Something that changes the looks of the console's window.
    Looks,
}

fn known(command: &str) -> Option<Known> {
    let line: String = command.to_ascii_lowercase().split_whitespace().collect();
    let is = |word: &str| {
        let first = command.trim_start().get(..word.len());
        let next = command.trim_start().as_bytes().get(word.len());
        let ends = next.is_none_or(|byte| byte.is_ascii_whitespace());
        first.is_some_and(|first| first.eq_ignore_ascii_case(word)) && ends
    };
    match &*line {
        "pause" => Some(Known::Pause { silent: false }),
        "pause>nul" => Some(Known::Pause { silent: true }),
        "cls" => Some(Known::Clear),
        _ if is("title") || is("color") || is("chcp") => Some(Known::Looks),
        _ => None,
    }
}

fn run(known: &Known) {
    // SAFETY: null stands for every stream.
    unsafe { libc::fflush(std::ptr::null_mut()) };
    match known {
        Known::Pause { silent } => {
            if !silent {
                super::write_all(1, b"Press any key to continue . . . ");
            }
            keyboard::take_byte();
            super::write_all(1, b"\n");
        }
        Known::Clear => {
            super::write_all(1, b"\x1b[H\x1b[2J");
        }
        Known::Looks => {}
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_system(command: *const c_char) -> i32 {
    door(-1, || {
        if !command.is_null() {
            // SAFETY: not null, hence a string.
            let text = unsafe { CStr::from_ptr(command) };
            if let Some(known) = text.to_str().ok().and_then(known) {
                run(&known);
                return 0;
            }
        }
        // SAFETY: null or a string, as the C library takes it too.
        completion_port::blocking(|| unsafe { libc::system(command) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_windows_are_known_in_any_case() {
        assert_eq!(known("PAUSE"), Some(Known::Pause { silent: false }));
        assert_eq!(known("pause > nul"), Some(Known::Pause { silent: true }));
        assert_eq!(known(" cls"), Some(Known::Clear));
        assert_eq!(known("title My server"), Some(Known::Looks));
        assert_eq!(known("color 0A"), Some(Known::Looks));
        assert_eq!(known("titles"), None);
        assert_eq!(known("ls"), None);
    }
}
