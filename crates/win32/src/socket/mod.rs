//! Sockets: Winsock over the library's handles.
//!
//! | file | holds |
//! |---|---|
//! | `object` | a socket: what the library's handle does not know of it |
//! | `startup` | starting Winsock, making, binding and closing sockets |
//! | `addresses` | socket addresses in the program's and in the kernel's form |
//! | `buffers` | arrays of buffers |
//! | `blocking`, `waiting` | calls that wait for their own result, and how they wait |
//! | `transfer`, `messages` | receiving and sending; with control data |
//! | `as_file` | what `ReadFile` and `WriteFile` do with a socket |
//! | `accept`, `connect`, `disconnect` | how connections come and go |
//! | `transmit` | sending files |
//! | `options`, `ioctl` | options and controls |
//! | `protocols` | what transports there are; passing a socket on |
//! | `events`, `select` | readiness for programs that ask for it |
//! | `names`, `hosts`, `resolver`, `notation` | names and addresses as text |
//!
//! A socket's descriptor never blocks; whether calls without an OVERLAPPED wait is a state of
//! ours (`FIONBIO`), which overlapped operations do not depend on (S-321).

mod accept;
mod addresses;
mod as_file;
mod blocking;
mod buffers;
mod connect;
mod disconnect;
mod events;
mod hosts;
mod ioctl;
mod messages;
mod names;
mod notation;
mod object;
mod options;
mod protocols;
mod resolver;
mod select;
mod startup;
mod transfer;
mod transmit;
mod waiting;

use std::io;
use std::ops::Deref;
use std::sync::Arc;

pub(crate) use as_file::{FileCall, Tell, read_file, write_file};
pub(crate) use object::Socket;

use crate::abi::{Bool, FALSE, Overlapped, TRUE};
use crate::door;
use crate::handle::{self, Object, Use};
use crate::overlapped::NoEvent;
use crate::status::{Status, set_last_error, wsa_of_errno};

/// A Winsock error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wsa(u32);

/// Declares the numbers that are named here.
macro_rules! numbers {
    ($($name:ident = $number:literal;)*) => {
        impl Wsa {
            $(const $name: Self = Self($number);)*
        }
    };
}

numbers! {
    INVALID_HANDLE = 6;
    INVALID_PARAMETER = 87;
    IO_INCOMPLETE = 996;
    IO_PENDING = 997;
    INTERRUPTED = 10004;
    FAULT = 10014;
    INVALID = 10022;
    WOULD_BLOCK = 10035;
    ALREADY = 10037;
    NOT_SOCKET = 10038;
    MESSAGE_SIZE = 10040;
    NO_OPTION = 10042;
    NO_PROTOCOL = 10043;
    NO_SOCKET_TYPE = 10044;
    NOT_SUPPORTED = 10045;
    NO_FAMILY = 10047;
    NO_BUFFERS = 10055;
    IS_CONNECTED = 10056;
    NOT_CONNECTED = 10057;
    TIMED_OUT = 10060;
    REFUSED = 10061;
    VERSION = 10092;
    NOT_STARTED = 10093;
    NO_TYPE = 10109;
    CANCELLED_LOOKUP = 10111;
    NO_HOST = 11001;
    TRY_AGAIN = 11002;
    NO_RECOVERY = 11003;
    NO_DATA = 11004;
}

impl From<NoEvent> for Wsa {
    fn from(_: NoEvent) -> Self {
        // `WSA_INVALID_HANDLE`: the socket is one.
        Self::INVALID_HANDLE
    }
}

impl From<Status> for Wsa {
    fn from(status: Status) -> Self {
        Self(status.wsa())
    }
}

impl From<io::Error> for Wsa {
    fn from(error: io::Error) -> Self {
        of_errno(Status::errno(&error))
    }
}

fn of_errno(errno: i32) -> Wsa {
    Wsa(wsa_of_errno(errno))
}

/// `SOCKET_ERROR`.
const SOCKET_ERROR: i32 = -1;
/// `INVALID_SOCKET`.
const INVALID_SOCKET: usize = usize::MAX;

/// The calling convention of the interface for a completion routine.
type Routine = unsafe extern "C-unwind" fn(u32, u32, *mut Overlapped, u32);

/// The way in for functions that return 0 (or a count) or `SOCKET_ERROR`.
#[inline]
fn int_door(run: impl FnOnce() -> Result<i32, Wsa>) -> i32 {
    door(SOCKET_ERROR, || {
        run().unwrap_or_else(|Wsa(code)| {
            set_last_error(code);
            SOCKET_ERROR
        })
    })
}

/// [`int_door`] for functions that have nothing to say when they succeed.
#[inline]
fn unit_door(run: impl FnOnce() -> Result<(), Wsa>) -> i32 {
    int_door(|| run().map(|()| 0))
}

/// The way in for functions that return a socket.
fn socket_door(run: impl FnOnce() -> Result<usize, Wsa>) -> usize {
    door(INVALID_SOCKET, || {
        run().unwrap_or_else(|Wsa(code)| {
            set_last_error(code);
            INVALID_SOCKET
        })
    })
}

/// The way in for functions of this room that return a BOOL.
fn wsa_bool_door(run: impl FnOnce() -> Result<(), Wsa>) -> Bool {
    door(FALSE, || match run() {
        Ok(()) => TRUE,
        Err(Wsa(code)) => {
            set_last_error(code);
            FALSE
        }
    })
}

/// A socket in use.
struct Used(Use);

impl Deref for Used {
    type Target = Arc<Socket>;
    #[inline]
    fn deref(&self) -> &Arc<Socket> {
        match &*self.0 {
            Object::Socket(socket) => socket,
            _ => unreachable!("checked when it was looked up"),
        }
    }
}

/// The socket behind a value.
#[inline]
fn lookup(s: usize) -> Result<Used, Wsa> {
    match handle::get(std::ptr::without_provenance_mut(s)) {
        Some(used) if matches!(&*used, Object::Socket(_)) => Ok(Used(used)),
        // What comes first in programs that forgot it.
        _ if !startup::is_started() => Err(Wsa::NOT_STARTED),
        _ => Err(Wsa::NOT_SOCKET),
    }
}

/// Gives a program what it has left room for.
///
/// # Safety
///
/// The pointer is null or valid for writing.
#[inline]
unsafe fn put<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: valid, says the caller; nothing is said about alignment.
        unsafe { to.write_unaligned(value) };
    }
}

/// The result of a system call, or its error number.
fn check(result: libc::c_int) -> Result<libc::c_int, i32> {
    if result < 0 { Err(errno()) } else { Ok(result) }
}

fn errno() -> i32 {
    io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(libc::EIO)
}
