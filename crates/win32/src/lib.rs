//! Microsoft's completion port interface for C and C++ programs on Linux.
//!
//! The headers in `include` declare what this library exports, under Microsoft's names and with
//! Microsoft's numbers. Everything is built on the public items of `completion-port`.
//!
//! | room | holds |
//! |---|---|
//! | `abi` | the types that all share |
//! | `status` | the error numbers in three languages, the last error |
//! | `handle` | the handle table |
//! | `io_object` | what files, sockets and pipes have in common |
//! | `overlapped` | the only writer of a program's OVERLAPPED |
//! | `port`, `socket`, `file`, `pipe`, `wait`, … | one each for a family of functions |
//!
//! # Safety
//!
//! Every exported function is `unsafe`: it trusts the pointers it is given as far as Microsoft's
//! documentation lets a program rely on them. Blocks name the sentence of that contract, or the
//! fact, that makes them sound.
#![expect(unsafe_code, reason = "a C interface")]
#![allow(
    clashing_extern_declarations,
    reason = "rooms call each other's exported functions as C programs do"
)]

mod abi;
mod code;
mod console;
mod crt;
mod file;
mod handle;
mod io_object;
mod memory;
mod messages;
mod module;
mod native;
mod overlapped;
mod path;
mod pipe;
mod port;
mod quiet;
mod readiness;
mod socket;
mod status;
mod sync;
mod synchronous;
mod system;
mod text;
mod thread;
mod threadpool;
mod time;
mod transfer;
mod wait;
mod waiter;
mod wake;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::{Bool, FALSE, TRUE};
use crate::status::{Status, set_last_error};
use crate::thread::Inside;

/// `ERROR_INTERNAL_ERROR`: a fault of ours.
const INTERNAL_ERROR: u32 = 1359;

/// The way in for every exported function: no panic gets out.
#[inline]
pub(crate) fn door<T>(failed: T, run: impl FnOnce() -> T) -> T {
    // A thread that is inside is not stopped there, see `thread`.
    let _inside = Inside::new();
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        set_last_error(INTERNAL_ERROR);
        failed
    })
}

/// [`door`] for a function that returns a BOOL and sets the Win32 last error when it fails.
#[inline]
pub(crate) fn bool_door(run: impl FnOnce() -> Result<(), Status>) -> Bool {
    door(FALSE, || match run() {
        Ok(()) => TRUE,
        Err(status) => {
            set_last_error(status.win32());
            FALSE
        }
    })
}
