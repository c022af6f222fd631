//! The machine, the process and its surroundings.
//!
//! | file | holds |
//! |---|---|
//! | `last_error` | the last error, the error mode |
//! | `machine` | processors and memory |
//! | `topology` | which processors share what |
//! | `version` | the version of Windows that programs are told |
//! | `names` | the computer's name, the user's |
//! | `environment` | environment variables |
//! | `command_line` | the command line, and taking one apart |
//! | `profile` | settings in INI files |
//! | `process` | the process's times, priority, processors |
//! | `exceptions` | faults that nobody catches, and raising them |
//! | `debug` | what is said to a debugger |
//! | `security` | security descriptors, which are carried along |
//! | `snapshot` | the list of all threads |
//! | `dump` | what `MiniDumpWriteDump` writes |
//! | `identifiers` | UUIDs |

mod command_line;
mod debug;
mod dump;
mod environment;
mod exceptions;
mod identifiers;
mod last_error;
mod machine;
mod names;
mod process;
mod profile;
mod security;
mod snapshot;
mod topology;
mod version;

use crate::code::Code;
use crate::text::{Out, Room, Unit};

/// Whether a count includes the zero at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    WithZero,
    WithoutZero,
}

/// Gives a text to a buffer whose length is in a variable, which then tells the text's; `short` is
/// the error of a buffer that is too small, and the variable then tells what it takes.
///
/// # Safety
///
/// The buffer has place for what the variable says.
unsafe fn give_text<U: Unit>(
    text: &[U],
    buffer: Room<U>,
    length: Out<u32>,
    counted: Counted,
    short: Code,
) -> Result<(), Code> {
    let capacity = length.get().ok_or(Code::INVALID_PARAMETER)?;
    let with_zero = text.len() as u32 + 1;
    if buffer.is_null() || capacity < with_zero {
        length.set(with_zero);
        return Err(short);
    }
    // SAFETY: as promised.
    unsafe { buffer.write(text) };
    length.set(if counted == Counted::WithZero {
        with_zero
    } else {
        with_zero - 1
    });
    Ok(())
}

/// A file of numbers and words that the system makes up, or nothing.
fn system_file(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
