//! Ending connections: `shutdown`, `DisconnectEx`, `closesocket` and what lingers after it.

use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use completion_port::{
    Deadline, Outcome, RawExtra, RawKind, RawMemory, RawOp, Shutdown, Status as Ended, Tag, Then,
};

use super::object::{CONNECTED, CONNECTING, NONBLOCKING, Socket};
use super::{
    Wsa, addresses, blocking, blocking::Failed, buffers::Buffers, connect, lookup, of_errno,
    startup,
};
use super::{options, unit_door, wsa_bool_door};
use crate::abi::{Bool, Overlapped};
use crate::handle::{self, Object};
use crate::overlapped::{Request, complete};
use crate::status::Status;

/// `TF_DISCONNECT`, `TF_REUSE_SOCKET`.
pub(super) const TF_DISCONNECT: u32 = 1;
pub(super) const TF_REUSE_SOCKET: u32 = 2;

fn shut_down(socket: &Socket, how: Shutdown) -> Result<(), Wsa> {
    if socket.has(CONNECTING) {
        connect::settle(socket).map_err(|_| Wsa::NOT_CONNECTED)?;
    }
    let raw = socket.raw();
    // The kernel would shut a socket that is not connected, for any later connection.
    addresses::peer(raw.as_fd().as_raw_fd()).or_else(|errno| match errno {
        // The peer is gone; its address with it.
        libc::ENOTCONN if socket.has(CONNECTED) => Ok(addresses::RawAddress::empty()),
        errno => Err(of_errno(errno)),
    })?;
    match raw.shutdown(how) {
        Err(error) if Status::errno(&error) == libc::ENOTCONN && socket.has(CONNECTED) => Ok(()),
        result => Ok(result?),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_shutdown(s: usize, how: i32) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        let how = match how {
            0 => Shutdown::Read,
            1 => Shutdown::Write,
            2 => Shutdown::Both,
            _ => return Err(Wsa::INVALID),
        };
        shut_down(&socket, how)
    })
}

/// TCP carries no data with the end of a connection.
#[unsafe(no_mangle)]
unsafe extern "C" fn WSASendDisconnect(s: usize, _data: *mut u8) -> i32 {
    unit_door(|| shut_down(&*lookup(s)?, Shutdown::Write))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSARecvDisconnect(s: usize, _data: *mut u8) -> i32 {
    unit_door(|| shut_down(&*lookup(s)?, Shutdown::Read))
}

/// A `DisconnectEx` in flight: it has its turn after everything that was sent before.
struct Disconnecting {
    pending: Option<(Request, Arc<Socket>)>,
    reuse: bool,
    tag: Tag,
}

// SAFETY: the pointers are the program's, used as its contract allows to any thread.
unsafe impl Send for Disconnecting {}

// SAFETY: there is no memory.
unsafe impl RawOp for Disconnecting {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::None
    }

    fn tag(&self) -> Tag {
        self.tag
    }

    fn finished(&mut self, outcome: Outcome, _extra: RawExtra) -> Then {
        if let Some((request, socket)) = self.pending.take() {
            let status = match outcome.status {
                Ended::Error(errno) => Status::of_socket(errno),
                _ => match disconnect(&socket, self.reuse) {
                    Ok(()) => Status::SUCCESS,
                    Err(status) => status,
                },
            };
            complete(socket.io(), request, status, 0);
        }
        Then::Nothing
    }
}

/// Ends the sending side, and makes the socket as good as new if it is to be used again (S-370).
///
/// # Errors
///
/// There is no other descriptor for it: it keeps the one it has, and this can be tried again.
pub(super) fn disconnect(socket: &Socket, reuse: bool) -> Result<(), Status> {
    // A connection that is gone needs no end.
    let _ = socket.raw().shutdown(Shutdown::Write);
    if reuse {
        let kinds = (socket.family, socket.kind, socket.protocol);
        let lacking = |_| Status::INSUFFICIENT_RESOURCES;
        let fresh = startup::open(kinds).map_err(lacking)?;
        // The old descriptor lives on in the kernel until everything has been sent.
        socket.note_reusable();
        socket.replace(fresh).map_err(|error| {
            socket.note_connected();
            lacking(error)
        })?;
    }
    Ok(())
}

/// `DisconnectEx`, which programs reach through `WSAIoctl`.
pub(super) unsafe extern "C" fn disconnect_ex(
    s: usize,
    overlapped: *mut Overlapped,
    flags: u32,
    reserved: u32,
) -> Bool {
    wsa_bool_door(|| {
        let socket = lookup(s)?;
        if reserved != 0 || flags & !TF_REUSE_SOCKET != 0 {
            return Err(Wsa::INVALID);
        }
        if !socket.is_stream() || !socket.has(CONNECTED) {
            return Err(Wsa::NOT_CONNECTED);
        }
        let reuse = flags & TF_REUSE_SOCKET != 0;
        let Some(overlapped) = NonNull::new(overlapped).filter(|_| socket.io().is_overlapped)
        else {
            let kind = RawKind::Send;
            // SAFETY: there is no memory.
            match unsafe { blocking::wait_for(&socket, kind, &Buffers::NONE, Deadline::Never) } {
                // The sending side is shut already: that leaves what is to follow.
                Ok(_) | Err(Failed::System(libc::ESHUTDOWN)) => {}
                Err(failed) => return Err(failed.into()),
            }
            return Ok(disconnect(&socket, reuse)?);
        };
        // SAFETY: the program's OVERLAPPED, by contract.
        let request = unsafe { Request::begin(socket.io(), overlapped) }?;
        let tag = request.tag();
        let op = Disconnecting {
            pending: Some((request, Arc::clone(&socket))),
            reuse,
            tag,
        };
        let raw = socket.raw();
        // SAFETY: there is no memory.
        match unsafe { raw.submit(RawKind::Send, op, true) } {
            Ok(_) => Err(Wsa::IO_PENDING),
            // The sending side is shut already: that leaves what is to follow.
            Err((error, mut op)) if Status::errno(&error) == libc::ESHUTDOWN => {
                let ended = Outcome {
                    status: Ended::Success,
                    bytes: 0,
                };
                op.finished(ended, RawExtra::default());
                Err(Wsa::IO_PENDING)
            }
            Err((error, _)) => Err(error.into()),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn closesocket(s: usize) -> i32 {
    unit_door(|| {
        let is_socket = |object: &Object| matches!(object, Object::Socket(_));
        let closed = handle::close(std::ptr::without_provenance_mut(s), is_socket);
        closed.map_err(|_| {
            if startup::is_started() {
                Wsa::NOT_SOCKET
            } else {
                Wsa::NOT_STARTED
            }
        })
    })
}

/// The last handle is about to go: waits for what is still to be sent, as long as `SO_LINGER`
/// wants that, and breaks the connection off after that time.
///
/// The kernel could do it, but would make the thread wait that happens to close the descriptor.
pub(super) fn before_close(socket: &Socket) {
    let Some(seconds) = socket.rare().linger_seconds else {
        return;
    };
    if !socket.has(CONNECTED) || socket.has(NONBLOCKING) {
        return;
    }
    let raw = socket.raw();
    raw.cancel_where(|_| true);
    let _ = raw.shutdown(Shutdown::Write);
    let end = Instant::now() + Duration::from_secs(seconds.into());
    let fd = raw.as_fd().as_raw_fd();
    completion_port::blocking(|| {
        let mut pause = Duration::from_millis(1);
        while unsent_bytes(fd) > 0 {
            if Instant::now() >= end {
                options::set_kernel_linger(fd, true, 0);
                return;
            }
            std::thread::sleep(pause); // no event: the system tells nobody what it has sent
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    });
}

/// What the peer has not acknowledged.
fn unsent_bytes(fd: RawFd) -> i32 {
    let mut bytes: libc::c_int = 0;
    // SAFETY: room for an int is passed.
    match unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut bytes) } {
        0 => bytes,
        _ => 0,
    }
}
