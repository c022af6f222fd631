//! The console: the terminal behind the standard streams, and the signals that end a program.
//!
//! | file | holds |
//! |---|---|
//! | `terminal` | the modes of a terminal, and putting them back |
//! | `keyboard` | keys, one by one |
//! | `input` | `ReadConsole`, console modes |
//! | `output` | `WriteConsole`, colours, the cursor |
//! | `window` | titles, code pages, message boxes |
//! | `control` | `SetConsoleCtrlHandler` |

mod control;
mod input;
pub(crate) mod keyboard;
mod output;
mod terminal;
mod window;

use std::os::fd::RawFd;

use crate::abi::Handle;
use crate::code::Code;
use crate::handle::{self, Object};

/// The terminal behind a handle. A redirected stream is no console (6), as on Windows.
fn terminal_of(console: Handle) -> Result<RawFd, Code> {
    let object = handle::get(console).ok_or(Code::INVALID_HANDLE)?;
    match &*object {
        Object::File(file) if terminal::is_terminal(file.fd()) => Ok(file.fd()),
        _ => Err(Code::INVALID_HANDLE),
    }
}
