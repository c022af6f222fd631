//! Accepting: `accept`, `WSAAccept`, `AcceptEx`.
//!
//! An AcceptEx belongs to its listener (S-217): it is queued there, and its packet goes to the
//! listener's port. If it is to bring the first bytes, the connection waits for them behind a
//! handle that only the listener knows; the accept socket gets it when they are there. So what
//! is in flight is found by way of the listener, and the accept socket stays as it was if
//! nothing comes of it.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::Arc;

use completion_port::{
    AsHandle, Outcome, RawExtra, RawHandle, RawKind, RawMemory, RawOp, RawSpan, RawSubmitted,
    Status as Ended, Tag, Then,
};

use super::addresses::{self, RawAddress, UNIX_BYTES, V4_BYTES, V6_BYTES};
use super::blocking::perform;
use super::buffers::{Buffers, WsaBuf};
use super::events;
use super::object::{
    ACCEPTING, BOUND, CLOSED, CONNECTED, CONNECTING, Chain, LISTENING, NONBLOCKING, REUSED,
    SELECTED, Socket,
};
use super::{Used, Wsa, lookup, put, socket_door, startup, wsa_bool_door};
use crate::abi::{Bool, Overlapped};
use crate::overlapped::{Request, complete};
use crate::status::Status;

/// Takes the next connection, waiting for one if the listener is one that waits.
fn next(listener: &Socket) -> Result<(OwnedFd, RawAddress), Wsa> {
    if !listener.has(LISTENING) {
        let code = if listener.is_stream() {
            Wsa::INVALID
        } else {
            Wsa::NOT_SUPPORTED
        };
        return Err(code);
    }
    let deferred = listener.rare().deferred.pop_front();
    if let Some(connection) = deferred {
        return Ok(connection);
    }
    // SAFETY: there is no memory.
    let result = unsafe { perform(listener, || RawKind::Accept, Buffers::NONE, 0) };
    if listener.has(SELECTED) {
        events::rearm(listener, events::ACCEPT);
    }
    let (_, extra) = result?;
    let connection = extra.connection.ok_or(Wsa::INVALID)?;
    let peer = extra
        .address
        .map_or_else(RawAddress::empty, |peer| RawAddress::of(&peer));
    Ok((connection, peer))
}

/// A socket for an accepted connection; it is like its listener.
fn adopt(listener: &Socket, connection: OwnedFd) -> Result<usize, Wsa> {
    let raw = RawHandle::connected(connection, listener.nature());
    let kinds = (listener.family, listener.kind, listener.protocol);
    let socket = Socket::new(raw, kinds, listener.io().is_overlapped);
    socket.note_connected();
    if listener.has(NONBLOCKING) {
        socket.set(NONBLOCKING);
    }
    if listener.has(SELECTED) {
        events::inherit(listener, &socket);
    }
    socket.insert()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_accept(s: usize, name: *mut u8, length: *mut i32) -> usize {
    socket_door(|| {
        let listener = lookup(s)?;
        let (connection, peer) = next(&listener)?;
        // SAFETY: the program's pointers, by contract.
        unsafe { peer.write(name, length) }?;
        adopt(&listener, connection)
    })
}

/// `CF_ACCEPT`, `CF_DEFER`; any other answer rejects.
const CF_ACCEPT: i32 = 0;
const CF_DEFER: i32 = 2;

/// A condition function: caller and callee, each with data; qualities of service; group; what
/// the program wants to hear.
type Condition = unsafe extern "C-unwind" fn(
    *mut WsaBuf,
    *mut WsaBuf,
    *mut u8,
    *mut u8,
    *mut WsaBuf,
    *mut WsaBuf,
    *mut u32,
    usize,
) -> i32;

/// Asks the program whether it wants the connection.
///
/// # Safety
///
/// The function is one.
unsafe fn ask(condition: Condition, connection: &OwnedFd, peer: &RawAddress, data: usize) -> i32 {
    let (mut peer, peer_bytes) = peer.windows_bytes();
    let local = addresses::local(connection.as_raw_fd());
    let (mut local, local_bytes) = local.map_or(([0; 128], 0), |local| local.windows_bytes());
    let buffer = |bytes: &mut [u8], length: usize| WsaBuf {
        length: length as u32,
        start: bytes.as_mut_ptr(),
    };
    let mut caller = buffer(&mut peer, peer_bytes);
    let mut callee = buffer(&mut local, local_bytes);
    let mut no_data = buffer(&mut [], 0);
    let mut answer_data = buffer(&mut [], 0);
    let mut group = 0;
    let none = std::ptr::null_mut();
    // SAFETY: the program's function, with what it is promised.
    unsafe {
        condition(
            &raw mut caller,
            &raw mut no_data,
            none,
            none,
            &raw mut callee,
            &raw mut answer_data,
            &raw mut group,
            data,
        )
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAAccept(
    s: usize,
    name: *mut u8,
    length: *mut i32,
    condition: Option<Condition>,
    data: usize,
) -> usize {
    socket_door(|| {
        let listener = lookup(s)?;
        let (connection, peer) = next(&listener)?;
        if let Some(condition) = condition {
            // SAFETY: the program's function, by contract.
            match unsafe { ask(condition, &connection, &peer, data) } {
                CF_ACCEPT => {}
                CF_DEFER => {
                    listener.rare().deferred.push_back((connection, peer));
                    return Err(Wsa::TRY_AGAIN);
                }
                _ => return Err(Wsa::REFUSED),
            }
        }
        // SAFETY: the program's pointers, by contract.
        unsafe { peer.write(name, length) }?;
        adopt(&listener, connection)
    })
}

/// What must be left in each address region besides the address (S-351).
const REGION_EXTRA: usize = 16;
/// In a region: the length of the address, then, at this offset, the address.
const REGION_ADDRESS: usize = 8;

/// Where an AcceptEx puts what it brings: data, local address, remote address (S-355).
#[derive(Clone, Copy)]
struct Output {
    start: *mut u8,
    receive: usize,
    local: usize,
    remote: usize,
}

impl Output {
    fn is_too_small_for(&self, family: i32) -> bool {
        let address = match family {
            libc::AF_INET => V4_BYTES,
            libc::AF_INET6 => V6_BYTES,
            _ => UNIX_BYTES,
        };
        let needed = address + REGION_EXTRA;
        self.remote < needed || self.local != 0 && self.local < needed
    }

    /// Writes an address into its region.
    ///
    /// # Safety
    ///
    /// The regions are valid, and large enough for an address of the socket's family.
    unsafe fn write(&self, offset: usize, address: &RawAddress) {
        let (bytes, length) = address.windows_bytes();
        let region = self.start.wrapping_add(offset);
        // SAFETY: as the caller says.
        unsafe { put(region.cast(), length as i32) };
        let place = region.wrapping_add(REGION_ADDRESS);
        // SAFETY: as the caller says.
        unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), length) };
    }
}

/// An AcceptEx in flight.
struct Pending {
    request: Request,
    listener: Arc<Socket>,
    acceptor: Arc<Socket>,
    output: Output,
    tag: Tag,
}

// SAFETY: the pointers are the program's, used as its contract allows to any thread.
unsafe impl Send for Pending {}

/// Its first part: waits for a connection.
struct ForConnection(Option<Pending>, Tag);

// SAFETY: there is no memory.
unsafe impl RawOp for ForConnection {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::None
    }
    fn tag(&self) -> Tag {
        self.1
    }
    fn finished(&mut self, outcome: Outcome, extra: RawExtra) -> Then {
        if let Some(pending) = self.0.take() {
            pending.connected(outcome, extra);
        }
        Then::Nothing
    }
}

/// Its second part, if it is to bring data: waits for that.
struct ForData(Option<Pending>, RawSpan, Tag);

// SAFETY: the pointers are the program's, used as its contract allows to any thread.
unsafe impl Send for ForData {}

// SAFETY: the program keeps the buffer valid and in place until the end is reported (S-178).
unsafe impl RawOp for ForData {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::One(self.1)
    }
    fn tag(&self) -> Tag {
        self.2
    }
    fn finished(&mut self, outcome: Outcome, _extra: RawExtra) -> Then {
        if let Some(pending) = self.0.take() {
            pending.received(outcome);
        }
        Then::Nothing
    }
}

impl Pending {
    /// There is a connection, or there will be none.
    fn connected(self, outcome: Outcome, extra: RawExtra) {
        if let Ended::Error(errno) = outcome.status {
            return self.end(Status::of_socket(errno), 0);
        }
        let Some(connection) = extra.connection else {
            return self.end(Status::UNSUCCESSFUL, 0);
        };
        let output = self.output;
        if output.local > 0
            && let Ok(local) = addresses::local(connection.as_raw_fd())
        {
            // SAFETY: the program keeps the buffer valid until the end is reported (S-178), and
            // its size was checked.
            unsafe { output.write(output.receive, &local) };
        }
        if let Some(peer) = extra.address {
            let offset = output.receive + output.local;
            // SAFETY: as above.
            unsafe { output.write(offset, &RawAddress::of(&peer)) };
        }
        let raw = RawHandle::connected(connection, self.listener.nature());
        if output.receive == 0 {
            self.install(raw, 0);
        } else {
            self.wait_for_data(raw);
        }
    }

    fn wait_for_data(self, raw: RawHandle) {
        let (listener, acceptor) = (Arc::clone(&self.listener), Arc::clone(&self.acceptor));
        let tag = self.tag;
        let span = RawSpan::new(self.output.start, self.output.receive);
        // Found there from now on, by whoever cancels.
        if let Some(chain) = listener.rare().chain_of(tag) {
            chain.connection = Some(raw.clone());
        }
        let kind = RawKind::Receive {
            peek: false,
            all: false,
        };
        let op = ForData(Some(self), span, tag);
        // SAFETY: the program keeps the buffer valid until the end is reported (S-178).
        let id = match unsafe { raw.submit(kind, op, true) } {
            Ok(RawSubmitted::InFlight(id)) => id,
            Ok(RawSubmitted::Finished(_)) => return,
            Err((error, mut op)) => {
                if let Some(pending) = op.0.take() {
                    let status = Ended::Error(Status::errno(&error));
                    pending.received(Outcome { status, bytes: 0 });
                }
                return;
            }
        };
        if listener.is_cancelled(tag) || listener.has(CLOSED) || acceptor.has(CLOSED) {
            // This one alone: by now the connection may be the accept socket's, and in use.
            let _ = raw.cancel(id);
        }
    }

    /// The first bytes are there, or will never be.
    fn received(self, outcome: Outcome) {
        match (outcome.status, self.listener.forget_chain(self.tag)) {
            (Ended::Error(errno), _) if outcome.bytes == 0 => {
                self.end(Status::of_socket(errno), 0);
            }
            (_, None) => self.end(Status::CANCELLED, 0),
            (_, Some(raw)) => self.install(raw, outcome.bytes),
        }
    }

    /// The accept socket becomes the connection.
    fn install(self, raw: RawHandle, bytes: usize) {
        if self.acceptor.has(CLOSED) {
            return self.end(Status::CANCELLED, 0);
        }
        self.acceptor.note_connected();
        let status = match self.acceptor.replace(raw) {
            Ok(()) => Status::SUCCESS,
            Err(_) => Status::INSUFFICIENT_RESOURCES,
        };
        self.end(status, bytes);
    }

    fn end(self, status: Status, bytes: usize) {
        if self.output.receive > 0 {
            self.listener.forget_chain(self.tag);
        }
        self.acceptor.rare().acceptor_of = None;
        self.acceptor.clear(ACCEPTING);
        complete(self.listener.io(), self.request, status, bytes);
    }
}

/// Takes the accept socket for an AcceptEx.
fn take_acceptor(listener: &Used, acceptor: &Used, token: usize) -> Result<(), Wsa> {
    let is_used = acceptor.has(LISTENING | CONNECTED | CONNECTING)
        || acceptor.has(BOUND) && !acceptor.has(REUSED);
    if !acceptor.is_stream() || is_used || acceptor.family != listener.family {
        return Err(Wsa::INVALID);
    }
    if acceptor.set(ACCEPTING) & ACCEPTING != 0 {
        return Err(Wsa::INVALID);
    }
    acceptor.rare().acceptor_of = Some((Arc::downgrade(listener), token));
    Ok(())
}

unsafe fn accept_ex(
    (listener, acceptor): (usize, usize),
    output: Output,
    received: *mut u32,
    overlapped: *mut Overlapped,
) -> Result<(), Wsa> {
    let overlapped = NonNull::new(overlapped).ok_or(Wsa::INVALID_PARAMETER)?;
    let listener = lookup(listener)?;
    let acceptor = lookup(acceptor)?;
    if output.start.is_null() || output.remote == 0 {
        return Err(Wsa::FAULT);
    }
    if !listener.has(LISTENING) {
        return Err(Wsa::INVALID);
    }
    // SAFETY: null or valid, by contract.
    unsafe { put(received, 0) };
    take_acceptor(&listener, &acceptor, overlapped.addr().get())?;
    // SAFETY: the program's OVERLAPPED, by contract.
    let request = unsafe { Request::begin(listener.io(), overlapped) }?;
    let tag = request.tag();
    let pending = Pending {
        request,
        listener: Arc::clone(&listener),
        acceptor: Arc::clone(&acceptor),
        output,
        tag,
    };
    if output.is_too_small_for(listener.family) {
        // The connection stays in the backlog.
        pending.end(Status::BUFFER_TOO_SMALL, 0);
        return Err(Wsa::IO_PENDING);
    }
    if output.receive > 0 {
        listener.begin_chain(tag);
    }
    let raw = listener.raw();
    let op = ForConnection(Some(pending), tag);
    // SAFETY: there is no memory.
    match unsafe { raw.submit(RawKind::Accept, op, true) } {
        Ok(_) => {
            if acceptor.has(CLOSED) {
                raw.cancel_where(|known| known.token == tag.token);
            }
            Err(Wsa::IO_PENDING)
        }
        Err((error, _)) => {
            listener.forget_chain(tag);
            acceptor.rare().acceptor_of = None;
            acceptor.clear(ACCEPTING);
            Err(error.into())
        }
    }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn AcceptEx(
    listener: usize,
    acceptor: usize,
    output: *mut u8,
    receive: u32,
    local_length: u32,
    remote_length: u32,
    received: *mut u32,
    overlapped: *mut Overlapped,
) -> Bool {
    let output = Output {
        start: output,
        receive: receive as usize,
        local: local_length as usize,
        remote: remote_length as usize,
    };
    // SAFETY: the program's pointers, passed on.
    wsa_bool_door(|| unsafe { accept_ex((listener, acceptor), output, received, overlapped) })
}

/// Where the address of a region is, and how long it is.
///
/// # Safety
///
/// The region was filled in by an AcceptEx; the results are valid or null.
unsafe fn tell(region: *mut u8, name: *mut *mut u8, length: *mut i32) {
    // SAFETY: as the caller says; nothing is said about alignment.
    let bytes = unsafe { region.cast::<i32>().read_unaligned() };
    // SAFETY: as the caller says.
    unsafe { put(name, region.wrapping_add(REGION_ADDRESS)) };
    // SAFETY: as the caller says.
    unsafe { put(length, bytes) };
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn GetAcceptExSockaddrs(
    output: *mut u8,
    receive: u32,
    local_length: u32,
    remote_length: u32,
    local: *mut *mut u8,
    local_size: *mut i32,
    remote: *mut *mut u8,
    remote_size: *mut i32,
) {
    let region = output.wrapping_add(receive as usize);
    if local_length > 0 {
        // SAFETY: the program passes what AcceptEx has filled in, with the same lengths.
        unsafe { tell(region, local, local_size) };
    } else {
        // SAFETY: null or valid, by contract.
        unsafe { put(local, std::ptr::null_mut()) };
        // SAFETY: as above.
        unsafe { put(local_size, 0) };
    }
    if remote_length > 0 {
        let region = region.wrapping_add(local_length as usize);
        // SAFETY: as above.
        unsafe { tell(region, remote, remote_size) };
    }
}

/// The last handle of a socket is closed: an AcceptEx in which it takes part ends with 995.
pub(super) fn abandon(socket: &Socket) {
    let (chains, acceptor_of) = {
        let mut rare = socket.rare();
        rare.deferred.clear();
        let chains: Vec<_> = rare.chains.iter().filter_map(Chain::awaited).collect();
        (chains, rare.acceptor_of.clone())
    };
    for (raw, its) in chains {
        raw.cancel_where(|tag| tag == its);
    }
    if let Some((listener, token)) = acceptor_of
        && let Some(listener) = listener.upgrade()
    {
        let its = |tag: Tag| tag.token == token;
        listener.raw().cancel_where(its);
        listener.cancel_own(&its);
    }
}

/// The descriptor of a listener whose connection an accept socket is, for
/// `SO_UPDATE_ACCEPT_CONTEXT`; options were inherited when the connection came.
pub(super) fn update_context(acceptor: &Socket, listener: usize) -> Result<(), Wsa> {
    let listener = lookup(listener)?;
    let connected = acceptor.has(CONNECTED) || {
        let raw = acceptor.raw();
        addresses::peer(raw.as_fd().as_raw_fd()).is_ok()
    };
    if !connected {
        return Err(Wsa::NOT_CONNECTED);
    }
    if !listener.has(LISTENING) {
        return Err(Wsa::INVALID);
    }
    Ok(())
}

/// The state that a `listen` asks for.
pub(super) fn listen(socket: &Socket, backlog: i32) -> Result<(), Wsa> {
    if !socket.is_stream() {
        return Err(Wsa::NOT_SUPPORTED);
    }
    if socket.has(CONNECTED | CONNECTING) {
        return Err(Wsa::IS_CONNECTED);
    }
    if socket.has(ACCEPTING) || !startup::has_address(socket) {
        return Err(Wsa::INVALID);
    }
    // A hint is passed as a negative number.
    let backlog = backlog.checked_abs().unwrap_or(i32::MAX).max(1);
    // SAFETY: no pointers are passed.
    let listening = socket.with_fd(|fd| super::check(unsafe { libc::listen(fd, backlog) }));
    listening.map_err(super::of_errno)?;
    socket.set(LISTENING);
    events::rearm(socket, events::ACCEPT);
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_listen(s: usize, backlog: i32) -> i32 {
    super::unit_door(|| listen(&*lookup(s)?, backlog))
}
