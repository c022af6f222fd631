//! Receiving and sending, overlapped or not.
//!
//! The overlapped calls with one buffer on a connected TCP socket are what servers live on: they
//! take no lock and allocate nothing but the library's own node.

use std::ptr::NonNull;

use completion_port::{Outcome, RawExtra, RawKind, Status as Ended};

use super::addresses::RawAddress;
use super::blocking::{Failed, perform};
use super::buffers::{Buffers, WsaBuf};
use super::object::{BOUND, CONNECTED, CONNECTING, IGNORES_UNREACHABLE, SELECTED, Socket};
use super::{Routine, Wsa, events, int_door, lookup, messages, put, unit_door};
use crate::abi::Overlapped;
use crate::overlapped::{
    AtOnce, Convert, Details, MSG_PARTIAL, Memory, Refused, Report, Request, Started, Told, start,
};
use crate::status::Status;

pub(super) const MSG_OOB: u32 = 0x1;
pub(super) const MSG_PEEK: u32 = 0x2;
pub(super) const MSG_WAITALL: u32 = 0x8;
/// All that receiving and sending know; the last four have nothing to say here.
const MSG_KNOWN: u32 = MSG_OOB | MSG_PEEK | MSG_WAITALL | MSG_PARTIAL | 0x4 | 0x10 | 0x20;

/// What a system error means for a transfer on this socket.
pub(super) fn meaning(socket: &Socket, errno: i32) -> Status {
    if socket.is_stream() {
        Status::of_socket(errno)
    } else {
        of_datagram(errno)
    }
}

fn of_datagram(errno: i32) -> Status {
    match errno {
        libc::ECONNREFUSED => Status::PORT_UNREACHABLE,
        libc::EDESTADDRREQ => Status::INVALID_CONNECTION,
        _ => Status::of_socket(errno),
    }
}

/// What a failed call without an OVERLAPPED says.
fn told(socket: &Socket, failed: Failed) -> Wsa {
    match failed {
        Failed::System(errno) => meaning(socket, errno).into(),
        Failed::Winsock(wsa) => wsa,
    }
}

/// The end of a transfer on a stream. What has arrived before a cancel is not lost (S-218).
fn stream_ended(_: &mut Details, outcome: Outcome, _: RawExtra) -> (Status, usize) {
    let status = match outcome.status {
        Ended::Error(libc::ECANCELED) if outcome.bytes > 0 => Status::SUCCESS,
        Ended::Error(errno) => Status::of_socket(errno),
        _ => Status::SUCCESS,
    };
    (status, outcome.bytes)
}

/// The end of a send on a stream: not whole is not a success (S-325).
fn stream_sent(_: &mut Details, outcome: Outcome, _: RawExtra) -> (Status, usize) {
    let status = match outcome.status {
        Ended::Error(errno) => Status::of_socket(errno),
        _ => Status::SUCCESS,
    };
    (status, outcome.bytes)
}

/// The end of a datagram's transfer (S-330). The details say where its sender goes: address and
/// length.
fn datagram_ended(details: &mut Details, outcome: Outcome, extra: RawExtra) -> (Status, usize) {
    let [name, length, _] = details.pointers;
    if let Some(address) = &extra.address {
        // What does not fit is left out, as the length tells.
        // SAFETY: the program keeps both valid until the end is reported (S-322).
        let _ = unsafe { RawAddress::of(address).write(name, length.cast()) };
    }
    let status = match outcome.status {
        Ended::Error(errno) => of_datagram(errno),
        Ended::Truncated => Status::BUFFER_OVERFLOW,
        _ => Status::SUCCESS,
    };
    (status, outcome.bytes)
}

/// Where the sender of a datagram is to be written.
#[derive(Clone, Copy)]
pub(super) struct Sender {
    name: *mut u8,
    length: *mut i32,
}

impl Sender {
    pub(super) const UNWANTED: Self = Self {
        name: std::ptr::null_mut(),
        length: std::ptr::null_mut(),
    };

    fn details(self, at_once: AtOnce) -> Details {
        Details {
            pointers: [self.name, self.length.cast(), std::ptr::null_mut()],
            wanted: 0,
            at_once,
        }
    }
}

/// Who hears of the end of an overlapped operation.
///
/// # Errors
///
/// A completion routine and a port exclude each other (S-023).
///
/// # Safety
///
/// `overlapped` stays valid until the end is reported; the routine is one.
#[inline]
unsafe fn begin(
    socket: &Socket,
    overlapped: NonNull<Overlapped>,
    routine: Option<Routine>,
) -> Result<Told, Wsa> {
    let Some(routine) = routine else {
        // SAFETY: as the caller says.
        return Ok(Told::Usual(unsafe {
            Report::begin(socket.io(), overlapped)
        }?));
    };
    if socket.io().has_port() {
        return Err(Wsa::INVALID);
    }
    let call = move |status: Status, bytes: usize, at| {
        // SAFETY: the program has passed the routine to be called so.
        unsafe { routine(status.wsa(), bytes as u32, at, 0) };
    };
    // SAFETY: as the caller says.
    Ok(Told::Routine(Box::new(unsafe {
        Request::begin_routine(overlapped, call)
    })))
}

/// As [`begin`], with what is needed until the end.
///
/// # Errors
///
/// As there.
///
/// # Safety
///
/// As there.
pub(super) unsafe fn request(
    socket: &Socket,
    overlapped: NonNull<Overlapped>,
    routine: Option<Routine>,
) -> Result<Request, Wsa> {
    // SAFETY: as the caller says.
    Ok(unsafe { begin(socket, overlapped, routine) }?.request(socket.io()))
}

/// Which receive is meant by the flags.
fn receive_kind(socket: &Socket, flags: u32, sender: Sender) -> RawKind {
    if socket.is_stream() || sender.name.is_null() {
        let peek = flags & MSG_PEEK != 0;
        let all = flags & MSG_WAITALL != 0 && !peek && socket.is_stream();
        RawKind::Receive { peek, all }
    } else {
        RawKind::ReceiveFrom
    }
}

fn check_receive(socket: &Socket, flags: u32) -> Result<(), Wsa> {
    if flags & !MSG_KNOWN != 0 {
        return Err(Wsa::NOT_SUPPORTED);
    }
    // The kernel would wait for what cannot come (S-332).
    if !socket.is_stream() && !socket.has(BOUND) {
        return Err(Wsa::INVALID);
    }
    Ok(())
}

/// A stream without a connection, also while a `ConnectEx` is on its way: a transfer would take
/// the error that is to tell how that has ended.
pub(super) fn has_no_peer(socket: &Socket) -> bool {
    socket.is_stream() && !socket.has(CONNECTED | CONNECTING)
}

/// Submits a receive.
///
/// # Safety
///
/// The buffers and what the sender names stay valid until the end is reported; what is told at
/// once is null, or valid during the call.
#[inline]
pub(super) unsafe fn submit_receive(
    socket: &Socket,
    flags: u32,
    told: Told,
    memory: Memory,
    (sender, at_once): (Sender, AtOnce),
) -> Result<Started, Status> {
    if has_no_peer(socket) {
        return Err(Status::INVALID_CONNECTION);
    }
    let kind = receive_kind(socket, flags, sender);
    let convert: Convert = if socket.is_stream() {
        stream_ended
    } else {
        datagram_ended
    };
    let ending = (convert, sender.details(at_once));
    // SAFETY: as the caller says.
    let started = unsafe { start(socket.io(), kind, told, memory, ending) };
    if socket.has(SELECTED) {
        events::reenable_receive(socket);
    }
    started.map_err(|Refused(errno)| meaning(socket, errno))
}

/// What the call says of an operation that was accepted. One that has moved bytes and failed is
/// told by its packet alone (S-150).
#[inline]
pub(super) fn accepted(started: Started) -> Result<(), Status> {
    match started {
        Started::Done(status, _) if status.is_success() => Ok(()),
        Started::Done(status, _) if !status.is_error() => Err(status),
        _ => Err(Status::PENDING),
    }
}

/// The parameters of a receive.
struct Receive {
    buffers: *const WsaBuf,
    count: u32,
    received: *mut u32,
    flags: *mut u32,
    sender: Sender,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
}

#[inline]
unsafe fn receive(s: usize, call: &Receive) -> Result<(), Wsa> {
    let socket = lookup(s)?;
    if call.flags.is_null() {
        return Err(Wsa::FAULT);
    }
    // SAFETY: not null, hence valid, by contract.
    let flags = unsafe { call.flags.read() };
    check_receive(&socket, flags)?;
    // SAFETY: the program's array, by contract.
    let buffers = unsafe { Buffers::read(call.buffers, call.count) }?;
    let overlapped = NonNull::new(call.overlapped).filter(|_| socket.io().is_overlapped);
    let Some(overlapped) = overlapped else {
        let direct = (flags, call.sender);
        // SAFETY: the program's pointers, by contract.
        let (bytes, truncated) = unsafe { receive_now(&socket, buffers, direct) }?;
        // SAFETY: null or valid, by contract.
        unsafe { put(call.received, bytes) };
        // SAFETY: as above.
        unsafe { put(call.flags, if truncated { MSG_PARTIAL } else { 0 }) };
        return if truncated {
            Err(Wsa::MESSAGE_SIZE)
        } else {
            Ok(())
        };
    };
    if flags & MSG_OOB != 0 || flags & MSG_PEEK != 0 && !call.sender.name.is_null() {
        return Err(Wsa::NOT_SUPPORTED);
    }
    if flags & MSG_PEEK == 0 && socket.has(IGNORES_UNREACHABLE) {
        discard_unreachable(&socket);
    }
    let at_once = AtOnce {
        bytes: call.received,
        flags: call.flags,
    };
    // SAFETY: the program's pointers, by contract.
    let told = unsafe { begin(&socket, overlapped, call.routine) }?;
    let memory = buffers.memory();
    let ending = (call.sender, at_once);
    // SAFETY: the program keeps buffers and sender valid until the end is reported (S-178).
    let started = unsafe { submit_receive(&socket, flags, told, memory, ending) }?;
    Ok(accepted(started)?)
}

/// Takes back what the kernel has noted about an unreachable port, of which the program does not
/// want to hear (S-331).
fn discard_unreachable(socket: &Socket) {
    // Reading the error is what clears it.
    let _ = super::options::system_error(socket);
}

/// Receives and waits: the number of bytes, and whether a datagram was cut.
///
/// # Safety
///
/// The buffers and what the sender names are valid.
unsafe fn receive_now(
    socket: &Socket,
    buffers: Buffers,
    (flags, sender): (u32, Sender),
) -> Result<(u32, bool), Wsa> {
    if has_no_peer(socket) {
        return Err(Wsa::NOT_CONNECTED);
    }
    if socket.has(IGNORES_UNREACHABLE) {
        discard_unreachable(socket);
    }
    let result = if flags & MSG_OOB != 0 || flags & MSG_PEEK != 0 && !sender.name.is_null() {
        // SAFETY: as the caller says.
        unsafe { messages::receive_directly(socket, &buffers, flags) }
    } else {
        let timeout_ms = socket
            .receive_timeout_ms
            .load(std::sync::atomic::Ordering::Relaxed);
        let kind = || receive_kind(socket, flags, sender);
        // SAFETY: as the caller says.
        unsafe { perform(socket, kind, buffers, timeout_ms) }
    };
    if socket.has(SELECTED) {
        events::reenable_receive(socket);
    }
    let (outcome, extra) = result.map_err(|failed| told(socket, failed))?;
    if let (Some(address), false) = (&extra.address, socket.is_stream()) {
        // SAFETY: as the caller says.
        unsafe { RawAddress::of(address).write(sender.name, sender.length) }?;
    }
    Ok((outcome.bytes as u32, outcome.status == Ended::Truncated))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSARecv(
    s: usize,
    buffers: *const WsaBuf,
    count: u32,
    received: *mut u32,
    flags: *mut u32,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
) -> i32 {
    let call = Receive {
        buffers,
        count,
        received,
        flags,
        sender: Sender::UNWANTED,
        overlapped,
        routine,
    };
    // SAFETY: the program's pointers, passed on.
    unit_door(|| unsafe { receive(s, &call) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSARecvFrom(
    s: usize,
    buffers: *const WsaBuf,
    count: u32,
    received: *mut u32,
    flags: *mut u32,
    name: *mut u8,
    length: *mut i32,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
) -> i32 {
    let call = Receive {
        buffers,
        count,
        received,
        flags,
        sender: Sender { name, length },
        overlapped,
        routine,
    };
    // SAFETY: the program's pointers, passed on.
    unit_door(|| unsafe { receive(s, &call) })
}

/// `recv`, `recvfrom`, `WSARecvEx`: the number of bytes, and whether a datagram was cut.
unsafe fn receive_simply(
    s: usize,
    (start, length): (*mut u8, i32),
    flags: u32,
    sender: Sender,
) -> Result<(i32, bool), Wsa> {
    let socket = lookup(s)?;
    check_receive(&socket, flags)?;
    let buffers = Buffers::one(start, length)?;
    // SAFETY: the program's pointers, by contract.
    let (bytes, cut) = unsafe { receive_now(&socket, buffers, (flags, sender)) }?;
    Ok((bytes as i32, cut))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_recv(s: usize, start: *mut u8, length: i32, flags: i32) -> i32 {
    let sender = Sender::UNWANTED;
    int_door(|| {
        // SAFETY: the program's pointers, passed on.
        match unsafe { receive_simply(s, (start, length), flags.cast_unsigned(), sender) }? {
            (_, true) => Err(Wsa::MESSAGE_SIZE),
            (bytes, false) => Ok(bytes),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_recvfrom(
    s: usize,
    start: *mut u8,
    length: i32,
    flags: i32,
    name: *mut u8,
    name_length: *mut i32,
) -> i32 {
    let sender = Sender {
        name,
        length: name_length,
    };
    int_door(|| {
        // SAFETY: the program's pointers, passed on.
        match unsafe { receive_simply(s, (start, length), flags.cast_unsigned(), sender) }? {
            (_, true) => Err(Wsa::MESSAGE_SIZE),
            (bytes, false) => Ok(bytes),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSARecvEx(s: usize, start: *mut u8, length: i32, flags: *mut i32) -> i32 {
    int_door(|| {
        if flags.is_null() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: not null, hence valid, by contract.
        let wanted = unsafe { flags.read() }.cast_unsigned();
        let sender = Sender::UNWANTED;
        // SAFETY: the program's pointers, passed on.
        let (bytes, cut) = unsafe { receive_simply(s, (start, length), wanted, sender) }?;
        let partial = if cut { MSG_PARTIAL } else { 0 };
        // SAFETY: as above.
        unsafe { flags.write(partial.cast_signed()) };
        Ok(bytes)
    })
}

/// The receiver of a datagram, if the call names one that counts.
///
/// # Safety
///
/// `name` is null or points to `length` bytes.
unsafe fn receiver(
    socket: &Socket,
    name: *const u8,
    length: i32,
) -> Result<Option<completion_port::Address>, Wsa> {
    if name.is_null() || socket.is_stream() {
        return Ok(None);
    }
    // SAFETY: as the caller says.
    let address = unsafe { RawAddress::read(name, length) }?;
    if address.family() == libc::AF_UNSPEC {
        return Ok(None);
    }
    Ok(Some(address.to_address()?))
}

fn send_kind(to: Option<&completion_port::Address>) -> RawKind {
    match to {
        None => RawKind::Send,
        Some(address) => RawKind::SendTo(address.clone()),
    }
}

fn check_send(socket: &Socket, flags: u32) -> Result<(), Wsa> {
    if flags & !MSG_KNOWN != 0 || flags & (MSG_PEEK | MSG_WAITALL) != 0 {
        return Err(Wsa::NOT_SUPPORTED);
    }
    // Nothing to send would succeed anywhere (S-332).
    if has_no_peer(socket) {
        return Err(Wsa::NOT_CONNECTED);
    }
    Ok(())
}

/// Submits a send.
///
/// # Safety
///
/// The buffers stay valid until the end is reported; where the bytes are told is null, or valid
/// during the call.
#[inline]
pub(super) unsafe fn submit_send(
    socket: &Socket,
    kind: RawKind,
    told: Told,
    memory: Memory,
    sent: *mut u32,
) -> Result<Started, Status> {
    let convert: Convert = if socket.is_stream() {
        stream_sent
    } else {
        datagram_ended
    };
    let at_once = AtOnce {
        bytes: sent,
        ..AtOnce::UNWANTED
    };
    let ending = (convert, Sender::UNWANTED.details(at_once));
    // SAFETY: as the caller says.
    let started = unsafe { start(socket.io(), kind, told, memory, ending) };
    started.map_err(|Refused(errno)| meaning(socket, errno))
}

/// The parameters of a send.
struct Send {
    buffers: *const WsaBuf,
    count: u32,
    sent: *mut u32,
    flags: u32,
    name: *const u8,
    length: i32,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
}

#[inline]
unsafe fn send(s: usize, call: &Send) -> Result<(), Wsa> {
    let socket = lookup(s)?;
    check_send(&socket, call.flags)?;
    // SAFETY: the program's array, by contract.
    let buffers = unsafe { Buffers::read(call.buffers, call.count) }?;
    // SAFETY: the program's address, by contract.
    let to = unsafe { receiver(&socket, call.name, call.length) }?;
    let overlapped = NonNull::new(call.overlapped).filter(|_| socket.io().is_overlapped);
    let Some(overlapped) = overlapped else {
        // SAFETY: the program's pointers, by contract.
        let bytes = unsafe { send_now(&socket, buffers, call.flags, to.as_ref()) }?;
        // SAFETY: null or valid, by contract.
        unsafe { put(call.sent, bytes) };
        return Ok(());
    };
    if call.flags & MSG_OOB != 0 {
        return Err(Wsa::NOT_SUPPORTED);
    }
    // SAFETY: the program's pointers, by contract.
    let told = unsafe { begin(&socket, overlapped, call.routine) }?;
    let kind = send_kind(to.as_ref());
    // SAFETY: the program keeps the buffers valid until the end is reported (S-178).
    let started = unsafe { submit_send(&socket, kind, told, buffers.memory(), call.sent) }?;
    if to.is_some() {
        socket.set(BOUND);
    }
    Ok(accepted(started)?)
}

/// Sends and waits.
///
/// # Safety
///
/// The buffers are valid.
unsafe fn send_now(
    socket: &Socket,
    buffers: Buffers,
    flags: u32,
    to: Option<&completion_port::Address>,
) -> Result<u32, Wsa> {
    let wanted = buffers.bytes();
    let result = if flags & MSG_OOB != 0 {
        // SAFETY: as the caller says.
        unsafe { messages::send_urgent(socket, &buffers) }
    } else {
        let timeout_ms = socket
            .send_timeout_ms
            .load(std::sync::atomic::Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { perform(socket, || send_kind(to), buffers, timeout_ms) }
    };
    let blocked = match &result {
        Ok((outcome, _)) => outcome.bytes < wanted,
        Err(failed) => matches!(failed, Failed::System(libc::EAGAIN)),
    };
    if blocked && socket.has(SELECTED) {
        events::reenable_send(socket);
    }
    let (outcome, _) = result.map_err(|failed| told(socket, failed))?;
    if to.is_some() {
        socket.set(BOUND);
    }
    match outcome.status {
        Ended::Error(libc::ETIMEDOUT) => Err(Wsa::TIMED_OUT),
        Ended::Error(errno) => Err(meaning(socket, errno).into()),
        _ => Ok(outcome.bytes as u32),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSASend(
    s: usize,
    buffers: *const WsaBuf,
    count: u32,
    sent: *mut u32,
    flags: u32,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
) -> i32 {
    let call = Send {
        buffers,
        count,
        sent,
        flags,
        name: std::ptr::null(),
        length: 0,
        overlapped,
        routine,
    };
    // SAFETY: the program's pointers, passed on.
    unit_door(|| unsafe { send(s, &call) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSASendTo(
    s: usize,
    buffers: *const WsaBuf,
    count: u32,
    sent: *mut u32,
    flags: u32,
    name: *const u8,
    length: i32,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
) -> i32 {
    let call = Send {
        buffers,
        count,
        sent,
        flags,
        name,
        length,
        overlapped,
        routine,
    };
    // SAFETY: the program's pointers, passed on.
    unit_door(|| unsafe { send(s, &call) })
}

/// `send` and `sendto`.
unsafe fn send_simply(
    s: usize,
    (start, length): (*const u8, i32),
    flags: i32,
    (name, name_length): (*const u8, i32),
) -> Result<i32, Wsa> {
    let socket = lookup(s)?;
    let flags = flags.cast_unsigned();
    check_send(&socket, flags)?;
    let buffers = Buffers::one(start.cast_mut(), length)?;
    // SAFETY: the program's address, by contract.
    let to = unsafe { receiver(&socket, name, name_length) }?;
    // SAFETY: the program's buffer, by contract.
    let bytes = unsafe { send_now(&socket, buffers, flags, to.as_ref()) }?;
    Ok(bytes as i32)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_send(s: usize, start: *const u8, length: i32, flags: i32) -> i32 {
    let nobody = (std::ptr::null(), 0);
    // SAFETY: the program's pointers, passed on.
    int_door(|| unsafe { send_simply(s, (start, length), flags, nobody) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_sendto(
    s: usize,
    start: *const u8,
    length: i32,
    flags: i32,
    name: *const u8,
    name_length: i32,
) -> i32 {
    // SAFETY: the program's pointers, passed on.
    int_door(|| unsafe { send_simply(s, (start, length), flags, (name, name_length)) })
}
