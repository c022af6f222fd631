//! Connecting: `connect`, `WSAConnect` and its kin, `ConnectEx`.

use std::mem::{offset_of, size_of};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::ptr::NonNull;
use std::sync::Arc;

use completion_port::{
    Address, AsHandle, Deadline, Outcome, RawExtra, RawKind, RawMemory, RawOp, RawSpan,
    RawSubmitted, Status as Ended, Tag, Then,
};

use super::addresses::{self, RawAddress};
use super::blocking::{self, Failed};
use super::buffers::Buffers;
use super::object::{
    ACCEPTING, BOUND, CONNECTED, CONNECTING, LISTENING, NONBLOCKING, REUSED, Socket,
};
use super::resolver;
use super::{Used, Wsa, check, events, lookup, of_errno, options, put, select, startup};
use super::{unit_door, waiting, wsa_bool_door};
use crate::abi::{Bool, FALSE, Overlapped};
use crate::overlapped::{Request, complete};
use crate::status::Status;
use crate::text::{Text, Unit, exports, string_of};

/// A socket that can have a peer at all, and has none.
fn check_free(socket: &Socket) -> Result<(), Wsa> {
    if socket.has(LISTENING | ACCEPTING) {
        return Err(Wsa::INVALID);
    }
    if socket.is_stream() && socket.has(CONNECTED) {
        return Err(Wsa::IS_CONNECTED);
    }
    Ok(())
}

/// One system call, which also tells how an earlier one has ended.
fn connect_now(fd: RawFd, to: &RawAddress) -> Result<(), i32> {
    // SAFETY: a valid address with its length is passed.
    check(unsafe { libc::connect(fd, to.as_ptr(), to.length) }).map(drop)
}

/// A connect that does not wait has been started: asks how it stands, and lets the kernel's
/// socket leave its "connecting" state, so that it can be used again after a failure (S-368).
///
/// # Errors
///
/// It has failed. The reason is kept for `SO_ERROR`.
pub(super) fn settle(socket: &Socket) -> Result<(), i32> {
    if !socket.has(CONNECTING) {
        let errno = socket.rare().connect_error;
        return if errno == 0 { Ok(()) } else { Err(errno) };
    }
    socket.with_fd(|fd| {
        let errno = options::kernel_error(fd);
        if errno == 0 && addresses::peer(fd).is_ok() {
            socket.note_connected();
            return Ok(());
        }
        let errno = if errno == 0 {
            libc::ECONNREFUSED
        } else {
            errno
        };
        forget_attempt(fd);
        socket.rare().connect_error = errno;
        socket.clear(CONNECTING);
        Err(errno)
    })
}

/// Takes a failed attempt back.
fn forget_attempt(fd: RawFd) {
    let mut nowhere = RawAddress::empty();
    nowhere.length = 16;
    // Family 0 is what dissolves an association; there is nothing to do if it fails.
    let _ = connect_now(fd, &nowhere);
}

/// Connects a datagram socket, which only notes the peer; an address of family 0 or without an
/// address takes that back.
fn connect_datagram(socket: &Socket, to: &RawAddress) -> Result<(), Wsa> {
    let nowhere = to
        .ip()
        .is_some_and(|ip| ip.ip().is_unspecified() && ip.port() == 0);
    socket.with_fd(|fd| {
        if to.family() == libc::AF_UNSPEC || nowhere {
            forget_attempt(fd);
            socket.clear(CONNECTED);
            return Ok(());
        }
        connect_now(fd, to).map_err(of_errno)?;
        socket.set(CONNECTED | BOUND);
        Ok(())
    })
}

/// Connects without waiting.
fn connect_started(socket: &Socket, to: &RawAddress) -> Result<(), Wsa> {
    if socket.has(CONNECTING) {
        // Asking again tells how it stands.
        let events = socket.with_fd(|fd| waiting::ready_now(fd, libc::POLLOUT));
        if events == 0 {
            return Err(Wsa::ALREADY);
        }
        return match settle(socket) {
            Ok(()) => Err(Wsa::IS_CONNECTED),
            Err(errno) => Err(of_errno(errno)),
        };
    }
    socket.rare().connect_error = 0;
    match socket.with_fd(|fd| connect_now(fd, to)) {
        Ok(()) => {
            socket.raw().mark_connected();
            socket.note_connected();
            events::rearm(socket, events::CONNECT);
            Ok(())
        }
        Err(libc::EINPROGRESS) => {
            socket.raw().mark_connected();
            socket.set(CONNECTING | BOUND);
            events::rearm(socket, events::CONNECT);
            Err(Wsa::WOULD_BLOCK)
        }
        Err(errno) => Err(of_errno(errno)),
    }
}

/// Connects and waits.
fn connect_waiting(socket: &Socket, to: &RawAddress, timeout_ms: u32) -> Result<(), Wsa> {
    let kind = RawKind::Connect(to.to_address()?);
    // SAFETY: there is no memory.
    unsafe {
        blocking::wait_for(
            socket,
            kind,
            &Buffers::NONE,
            waiting::deadline_of(timeout_ms),
        )
    }?;
    socket.note_connected();
    events::rearm(socket, events::CONNECT);
    Ok(())
}

fn connect(socket: &Socket, to: &RawAddress) -> Result<(), Wsa> {
    if !socket.is_stream() {
        return connect_datagram(socket, to);
    }
    check_free(socket)?;
    let no_port = to.ip().is_some_and(|ip| ip.port() == 0);
    if no_port {
        return Err(Wsa(10049));
    }
    if socket.has(NONBLOCKING) {
        connect_started(socket, to)
    } else {
        connect_waiting(socket, to, 0)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_connect(s: usize, name: *const u8, length: i32) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        // SAFETY: the program's address, by contract.
        let to = unsafe { RawAddress::read(name, length) }?;
        connect(&socket, &to)
    })
}

/// The data that a protocol could carry with a connection is not there in TCP, and quality of
/// service is ignored, as there.
#[unsafe(no_mangle)]
unsafe extern "C" fn WSAConnect(
    s: usize,
    name: *const u8,
    length: i32,
    _caller_data: *mut u8,
    _callee_data: *mut u8,
    _sqos: *mut u8,
    _gqos: *mut u8,
) -> i32 {
    // SAFETY: the program's pointers, passed on.
    unsafe { iocp_connect(s, name, length) }
}

/// Where the addresses of a connection made by name are to be written.
struct Ends {
    local: (*mut u8, *mut u32),
    remote: (*mut u8, *mut u32),
}

impl Ends {
    /// # Safety
    ///
    /// The pointers are the program's.
    unsafe fn write(&self, socket: &Socket) -> Result<(), Wsa> {
        let ends = socket.with_fd(|fd| [addresses::local(fd), addresses::peer(fd)]);
        for (address, (name, length)) in ends.into_iter().zip([self.local, self.remote]) {
            let address = address.map_err(of_errno)?;
            // SAFETY: as the caller says; a length is 32 bits either way.
            unsafe { address.write(name, length.cast()) }?;
        }
        Ok(())
    }
}

/// Tries one address after the other.
fn connect_to_any(socket: &Socket, all: &[RawAddress], timeout_ms: u32) -> Result<(), Wsa> {
    check_free(socket)?;
    let mut last = Wsa(11001);
    for to in all.iter().filter(|to| to.family() == socket.family) {
        match connect_waiting(socket, to, timeout_ms) {
            Ok(()) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

unsafe fn timeout_of(timeout: *const libc::timeval) -> Result<u32, Wsa> {
    if timeout.is_null() {
        return Ok(0);
    }
    // SAFETY: not null, hence valid, by contract.
    let time = unsafe { timeout.read() };
    match select::deadline_of(time)? {
        Deadline::At(at) => {
            let left = at.saturating_duration_since(std::time::Instant::now());
            Ok(u32::try_from(left.as_millis()).unwrap_or(u32::MAX).max(1))
        }
        Deadline::Now => Ok(1),
        Deadline::Never => Ok(0),
    }
}

unsafe fn connect_by_name<U: Unit>(
    s: usize,
    (node, service): (Text<U>, Text<U>),
    ends: &Ends,
    timeout: *const libc::timeval,
) -> Bool {
    wsa_bool_door(|| {
        let socket = lookup(s)?;
        let node = string_of(node.get().ok_or(Wsa::INVALID)?);
        let service = string_of(service.get().ok_or(Wsa::INVALID)?);
        // SAFETY: the program's pointer, by contract.
        let timeout_ms = unsafe { timeout_of(timeout) }?;
        let all = resolver::addresses(&node, &service, socket.kind)?;
        connect_to_any(&socket, &all, timeout_ms)?;
        // SAFETY: as above.
        unsafe { ends.write(&socket) }
    })
}

exports! {
    WSAConnectByNameA, WSAConnectByNameW, WSAConnectByNameW_16:
    fn by_name<U>(
        s: usize,
        node: Text<U>,
        service: Text<U>,
        local_length: *mut u32,
        local: *mut u8,
        remote_length: *mut u32,
        remote: *mut u8,
        timeout: *const libc::timeval,
        _reserved: *mut Overlapped
    ) -> Bool = FALSE;
    {
        let ends = Ends {
            local: (local, local_length),
            remote: (remote, remote_length),
        };
        // SAFETY: the program's pointers, passed on.
        unsafe { connect_by_name(s, (node, service), &ends, timeout) }
    }
}

/// `SOCKET_ADDRESS`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct SocketAddress {
    pub(super) name: *mut u8,
    pub(super) length: i32,
}

/// `SOCKET_ADDRESS_LIST`.
#[repr(C)]
pub(super) struct SocketAddressList {
    pub(super) count: i32,
    pub(super) first: [SocketAddress; 1],
}

const _: () = {
    assert!(size_of::<SocketAddress>() == 16);
    assert!(offset_of!(SocketAddressList, first) == 8);
};

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAConnectByList(
    s: usize,
    list: *const SocketAddressList,
    local_length: *mut u32,
    local: *mut u8,
    remote_length: *mut u32,
    remote: *mut u8,
    timeout: *const libc::timeval,
    _reserved: *mut Overlapped,
) -> Bool {
    wsa_bool_door(|| {
        let socket = lookup(s)?;
        if list.is_null() {
            return Err(Wsa::INVALID);
        }
        // SAFETY: not null, hence valid, by contract.
        let count = unsafe { (*list).count };
        let count = usize::try_from(count).map_err(|_| Wsa::INVALID)?;
        // SAFETY: as above; only the place is taken.
        let first = unsafe { &raw const (*list).first }.cast::<SocketAddress>();
        // SAFETY: as many entries as the count says.
        let entries = unsafe { std::slice::from_raw_parts(first, count) };
        let read = |entry: &SocketAddress| {
            // SAFETY: the program's address, by contract.
            unsafe { RawAddress::read(entry.name, entry.length) }
        };
        let all = entries.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        // SAFETY: the program's pointer, by contract.
        let timeout_ms = unsafe { timeout_of(timeout) }?;
        connect_to_any(&socket, &all, timeout_ms)?;
        let ends = Ends {
            local: (local, local_length),
            remote: (remote, remote_length),
        };
        // SAFETY: as above.
        unsafe { ends.write(&socket) }
    })
}

/// A `ConnectEx` in flight: first the connection, then perhaps what is sent over it. If something
/// is, the socket knows of it, so that a cancel between the two finds it.
struct Connecting {
    pending: Option<Pending>,
    data: Option<RawSpan>,
    /// The connection is there; the data is on its way.
    is_sending: bool,
    tag: Tag,
}

struct Pending {
    request: Request,
    socket: Arc<Socket>,
}

// SAFETY: the pointers are the program's, used as its contract allows to any thread.
unsafe impl Send for Connecting {}

// SAFETY: the program keeps the data valid and in place until the end is reported (S-178).
unsafe impl RawOp for Connecting {
    fn memory(&self) -> RawMemory<'_> {
        match self.data {
            Some(span) if self.is_sending => RawMemory::One(span),
            _ => RawMemory::None,
        }
    }

    fn tag(&self) -> Tag {
        self.tag
    }

    fn finished(&mut self, outcome: Outcome, _extra: RawExtra) -> Then {
        if let Some(pending) = self.pending.take() {
            pending.step(outcome, self);
        }
        Then::Nothing
    }
}

impl Pending {
    fn step(self, outcome: Outcome, op: &Connecting) {
        if let Ended::Error(errno) = outcome.status {
            let bytes = if op.is_sending { outcome.bytes } else { 0 };
            return self.end(op, Status::of_socket(errno), bytes);
        }
        if op.is_sending {
            return self.end(op, Status::SUCCESS, outcome.bytes);
        }
        self.socket.note_connected();
        events::rearm(&self.socket, events::CONNECT);
        match op.data {
            Some(_) => self.send(op),
            None => self.end(op, Status::SUCCESS, 0),
        }
    }

    fn send(self, op: &Connecting) {
        let (socket, tag) = (Arc::clone(&self.socket), op.tag);
        if socket.is_cancelled(tag) {
            return self.end(op, Status::CANCELLED, 0);
        }
        let sending = Connecting {
            pending: Some(self),
            data: op.data,
            is_sending: true,
            tag,
        };
        let raw = socket.raw();
        // SAFETY: the program keeps the data valid until the end is reported (S-178).
        match unsafe { raw.submit(RawKind::Send, sending, true) } {
            Ok(RawSubmitted::InFlight(id)) => {
                if socket.is_cancelled(tag) {
                    // This one alone: by now the program may send something, too.
                    let _ = raw.cancel(id);
                }
            }
            Ok(RawSubmitted::Finished(_)) => {}
            Err((error, mut sending)) => {
                let status = match Status::errno(&error) {
                    // Closed since the connection was made (S-230).
                    libc::EBADF => Status::CANCELLED,
                    errno => Status::of_socket(errno),
                };
                if let Some(pending) = sending.pending.take() {
                    pending.end(&sending, status, 0);
                }
            }
        }
    }

    fn end(self, op: &Connecting, status: Status, bytes: usize) {
        if op.data.is_some() {
            self.socket.forget_chain(op.tag);
        }
        complete(self.socket.io(), self.request, status, bytes);
    }
}

/// Failures that are found on the way to the peer: they come as packets, however soon (S-365).
fn is_remote(errno: i32) -> bool {
    matches!(
        errno,
        libc::ECONNREFUSED
            | libc::ETIMEDOUT
            | libc::ENETUNREACH
            | libc::EHOSTUNREACH
            | libc::EHOSTDOWN
            | libc::ECONNRESET
    )
}

fn start_connect(
    socket: &Used,
    to: Address,
    overlapped: NonNull<Overlapped>,
    data: Option<RawSpan>,
) -> Result<(), Wsa> {
    // SAFETY: the program's OVERLAPPED, by contract.
    let request = unsafe { Request::begin(socket.io(), overlapped) }?;
    let tag = request.tag();
    let pending = Pending {
        request,
        socket: Arc::clone(socket),
    };
    let op = Connecting {
        pending: Some(pending),
        data,
        is_sending: false,
        tag,
    };
    let raw = socket.raw();
    socket.rare().connect_error = 0;
    if data.is_some() {
        socket.begin_chain(tag);
    }
    // SAFETY: a connect has no memory.
    match unsafe { raw.submit(RawKind::Connect(to), op, true) } {
        Ok(_) => Err(Wsa::IO_PENDING),
        Err((error, mut op)) => {
            let errno = Status::errno(&error);
            match op.pending.take().filter(|_| is_remote(errno)) {
                Some(pending) => {
                    pending.end(&op, Status::of_socket(errno), 0);
                    Err(Wsa::IO_PENDING)
                }
                None => {
                    socket.forget_chain(tag);
                    Err(Failed::System(errno).into())
                }
            }
        }
    }
}

/// `ConnectEx`, which programs reach through `WSAIoctl`.
pub(super) unsafe extern "C" fn connect_ex(
    s: usize,
    name: *const u8,
    length: i32,
    data: *const u8,
    data_length: u32,
    sent: *mut u32,
    overlapped: *mut Overlapped,
) -> Bool {
    wsa_bool_door(|| {
        let socket = lookup(s)?;
        let overlapped = NonNull::new(overlapped).ok_or(Wsa::INVALID_PARAMETER)?;
        // SAFETY: the program's address, by contract.
        let to = unsafe { RawAddress::read(name, length) }?;
        if !socket.is_stream() {
            return Err(Wsa::INVALID);
        }
        check_free(&socket)?;
        if !socket.has(BOUND | REUSED) || socket.has(CONNECTING) {
            return Err(Wsa::INVALID);
        }
        if !sent.is_null() {
            // SAFETY: null or valid, by contract.
            unsafe { put(sent, 0) };
        }
        let wanted = !data.is_null() && data_length > 0;
        let data = wanted.then(|| RawSpan::new(data.cast_mut(), data_length as usize));
        start_connect(&socket, to.to_address()?, overlapped, data)
    })
}

/// The address of the other end.
#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_getpeername(s: usize, name: *mut u8, length: *mut i32) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        if name.is_null() || length.is_null() {
            return Err(Wsa::FAULT);
        }
        let peer = socket.raw();
        let peer = addresses::peer(peer.as_fd().as_raw_fd()).map_err(of_errno)?;
        // SAFETY: the program's pointers, by contract.
        unsafe { peer.write(name, length) }
    })
}

/// The address of this end.
#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_getsockname(s: usize, name: *mut u8, length: *mut i32) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        if name.is_null() || length.is_null() {
            return Err(Wsa::FAULT);
        }
        if !startup::has_address(&socket) {
            return Err(Wsa::INVALID);
        }
        let local = socket.with_fd(addresses::local).map_err(of_errno)?;
        // SAFETY: the program's pointers, by contract.
        unsafe { local.write(name, length) }
    })
}
