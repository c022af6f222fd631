//! Linux: sockets and pipes by epoll, files by a ring or threads, one scheduler over both.
//!
//! # Safety
//!
//! This is a room in which `unsafe` is allowed: it calls the kernel. Every block names the fact
//! that makes it sound. The rule behind them all: memory is passed to the kernel only while the
//! operation that owns it is held by the code that makes the call, or, for the ring and for direct
//! access, listed as in flight until its completion has been reaped.
#![expect(unsafe_code, reason = "system calls")]

mod address;
mod aio;
mod files;
mod line;
mod load;
mod monitor;
mod observer;
mod os;
mod place;
mod pool;
mod port;
mod reactor;
mod report;
mod socket;
mod transfer;
mod uring;

pub(crate) use files::{Engine, FINISHED, File, ReadNow};
pub(crate) use os::fork_count;
pub(crate) use place::{Attempted, Place};
pub(crate) use port::{Alert, Association, Ended, Options, Port, discard, guard};
pub use report::{EngineReport, RingError, engine_report};
pub(crate) use socket::{Nature, Refused, Socket, Submitted};

/// The error of a direction that has been shut down.
pub(crate) const SHUT_DOWN: i32 = libc::ESHUTDOWN;
/// What stands for an error that the system has not numbered.
pub(crate) const WITHOUT_NUMBER: i32 = libc::EINVAL;
