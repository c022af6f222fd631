//! Receiving and sending with what else belongs to a message: urgent data, control data, a look
//! at a datagram together with its sender.
//!
//! The library's queues do not carry control data. A receive with it therefore waits in the
//! queue for something to be there, by looking at it, and then takes it directly.

use std::mem::size_of;
use std::os::fd::RawFd;
use std::ptr::NonNull;
use std::sync::Arc;

use completion_port::{Outcome, RawExtra, RawKind, RawMemory, RawOp, Status as Ended, Tag, Then};

use super::addresses::RawAddress;
use super::blocking::{Ending, Failed};
use super::buffers::{Buffers, WsaBuf};
use super::object::{BOUND, NONBLOCKING, Socket};
use super::transfer::{MSG_OOB, MSG_PEEK, meaning, request};
use super::{Routine, Wsa, errno, lookup, put, unit_door, waiting};
use crate::abi::Overlapped;
use crate::overlapped::{Request, complete, complete_at_once};
use crate::status::Status;

/// `WSAMSG`.
#[repr(C)]
pub(super) struct WsaMsg {
    name: *mut u8,
    name_length: i32,
    buffers: *const WsaBuf,
    count: u32,
    control: WsaBuf,
    flags: u32,
}

const _: () = assert!(size_of::<WsaMsg>() == 56);

const MSG_TRUNC: u32 = 0x100;
const MSG_CTRUNC: u32 = 0x200;

/// Room for the control data of one message.
#[repr(C, align(8))]
struct Control([u8; 512]);

/// What one system call has received.
struct Received {
    bytes: usize,
    from: RawAddress,
    control: Vec<u8>,
    truncated: bool,
    control_truncated: bool,
}

/// Receives a message without waiting.
///
/// # Safety
///
/// The buffers are valid for writing.
unsafe fn receive_message(fd: RawFd, buffers: &Buffers, flags: i32) -> Result<Received, i32> {
    let mut from = RawAddress::empty();
    let mut control = Control([0; 512]);
    let mut vectors = buffers.vectors();
    // SAFETY: an all-zero message header is valid.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = from.as_mut_ptr().cast();
    header.msg_namelen = from.length;
    header.msg_iov = vectors.as_mut_ptr();
    header.msg_iovlen = vectors.len();
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = control.0.len();
    let flags = flags | libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the header names memory that is valid: the program's, and ours.
    let bytes = unsafe { libc::recvmsg(fd, &raw mut header, flags) };
    let bytes = usize::try_from(bytes).map_err(|_| errno())?;
    from.length = header.msg_namelen;
    Ok(Received {
        bytes,
        from,
        control: control.0[..header.msg_controllen].to_vec(),
        truncated: header.msg_flags & libc::MSG_TRUNC != 0,
        control_truncated: header.msg_flags & libc::MSG_CTRUNC != 0,
    })
}

/// Sends a message without waiting.
///
/// # Safety
///
/// The buffers are valid.
unsafe fn send_message(
    fd: RawFd,
    buffers: &Buffers,
    to: Option<&RawAddress>,
    control: &mut [u64],
    flags: i32,
) -> Result<usize, i32> {
    let mut vectors = buffers.vectors();
    // SAFETY: an all-zero message header is valid.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    if let Some(to) = to {
        header.msg_name = to.as_ptr().cast_mut().cast();
        header.msg_namelen = to.length;
    }
    header.msg_iov = vectors.as_mut_ptr();
    header.msg_iovlen = vectors.len();
    if !control.is_empty() {
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(control);
    }
    let flags = flags | libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the header names memory that is valid: the program's, and ours.
    let bytes = unsafe { libc::sendmsg(fd, &raw const header, flags) };
    usize::try_from(bytes).map_err(|_| errno())
}

/// Repeats a call that does not wait until it has something to say, if the socket is one that
/// waits.
fn repeated<T>(
    socket: &Socket,
    (events, timeout_ms): (i16, u32),
    mut call: impl FnMut(RawFd) -> Result<T, i32>,
) -> Result<T, Failed> {
    loop {
        match socket.with_fd(&mut call) {
            Ok(result) => return Ok(result),
            Err(libc::EINTR) => {}
            Err(libc::EAGAIN) if !socket.has(NONBLOCKING) => {
                let deadline = waiting::deadline_of(timeout_ms);
                waiting::until_ready(socket, &socket.raw(), events, deadline)?;
            }
            Err(errno) => return Err(Failed::System(errno)),
        }
    }
}

/// A receive of urgent data, or a look at a datagram and its sender.
///
/// # Safety
///
/// The buffers are valid for writing.
pub(super) unsafe fn receive_directly(
    socket: &Socket,
    buffers: &Buffers,
    flags: u32,
) -> Result<Ending, Failed> {
    let timeout_ms = socket
        .receive_timeout_ms
        .load(std::sync::atomic::Ordering::Relaxed);
    let (events, flags) = if flags & MSG_OOB != 0 {
        (libc::POLLPRI, libc::MSG_OOB)
    } else {
        (libc::POLLIN, flags.cast_signed() & MSG_PEEK.cast_signed())
    };
    // SAFETY: as the caller says.
    let call = |fd| unsafe { receive_message(fd, buffers, flags) };
    let received = repeated(socket, (events, timeout_ms), call)?;
    let status = if received.truncated {
        Ended::Truncated
    } else {
        Ended::Success
    };
    let bytes = received.bytes;
    let extra = RawExtra {
        connection: None,
        address: received.from.to_address().ok(),
    };
    Ok((Outcome { status, bytes }, extra))
}

/// Sends urgent data.
///
/// # Safety
///
/// The buffers are valid.
pub(super) unsafe fn send_urgent(socket: &Socket, buffers: &Buffers) -> Result<Ending, Failed> {
    let timeout_ms = socket
        .send_timeout_ms
        .load(std::sync::atomic::Ordering::Relaxed);
    // SAFETY: as the caller says.
    let call = |fd| unsafe { send_message(fd, buffers, None, &mut [], libc::MSG_OOB) };
    let bytes = repeated(socket, (libc::POLLOUT, timeout_ms), call)?;
    let status = Ended::Success;
    Ok((Outcome { status, bytes }, RawExtra::default()))
}

/// Levels and types of control data: Windows' type, Linux's type.
const CONTROL_TYPES: &[(i32, i32, i32)] = &[
    (libc::IPPROTO_IP, 19, libc::IP_PKTINFO),
    (libc::IPPROTO_IP, 4, libc::IP_TTL),
    (libc::IPPROTO_IP, 3, libc::IP_TOS),
    (libc::IPPROTO_IPV6, 19, libc::IPV6_PKTINFO),
    (libc::IPPROTO_IPV6, 21, libc::IPV6_HOPLIMIT),
    (libc::IPPROTO_IPV6, 39, libc::IPV6_TCLASS),
];

/// The header of an entry is the same in both systems: length, level, type.
const HEADER_BYTES: usize = 16;

/// One entry of control data.
struct Entry<'a> {
    level: i32,
    kind: i32,
    data: &'a [u8],
}

fn entries(mut control: &[u8]) -> Vec<Entry<'_>> {
    let mut all = Vec::new();
    while let Some((header, _)) = control.split_at_checked(HEADER_BYTES) {
        let (length, rest) = header.split_at(8);
        let (level, kind) = rest.split_at(4);
        let length = usize::from_ne_bytes(length.try_into().expect("8 bytes"));
        let int = |bytes: &[u8]| i32::from_ne_bytes(bytes.try_into().expect("4 bytes"));
        let Some(data) = control.get(HEADER_BYTES..length) else {
            break;
        };
        all.push(Entry {
            level: int(level),
            kind: int(kind),
            data,
        });
        control = control.get(length.next_multiple_of(8)..).unwrap_or(&[]);
    }
    all
}

fn append(control: &mut Vec<u8>, level: i32, kind: i32, data: &[u8]) {
    control.extend((HEADER_BYTES + data.len()).to_ne_bytes());
    control.extend(level.to_ne_bytes());
    control.extend(kind.to_ne_bytes());
    control.extend(data);
    control.resize(control.len().next_multiple_of(8), 0);
}

fn control_to_windows(control: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    for Entry { level, kind, data } in entries(control) {
        let known = CONTROL_TYPES
            .iter()
            .find(|row| (row.0, row.2) == (level, kind));
        let Some(&(_, windows, _)) = known else {
            continue;
        };
        match (level, kind) {
            // Index, own address, address of the header: there it is address, index.
            (libc::IPPROTO_IP, libc::IP_PKTINFO) if data.len() == 12 => {
                let swapped = [&data[8..12], &data[..4]].concat();
                append(&mut result, level, windows, &swapped);
            }
            (libc::IPPROTO_IP, libc::IP_TOS) if data.len() == 1 => {
                append(&mut result, level, windows, &[data[0], 0, 0, 0]);
            }
            _ => append(&mut result, level, windows, data),
        }
    }
    result
}

fn control_to_linux(control: &[u8]) -> Vec<u64> {
    let mut result = Vec::new();
    for Entry { level, kind, data } in entries(control) {
        let known = CONTROL_TYPES
            .iter()
            .find(|row| (row.0, row.1) == (level, kind));
        let Some(&(_, _, linux)) = known else {
            continue;
        };
        match (level, linux) {
            (libc::IPPROTO_IP, libc::IP_PKTINFO) if data.len() == 8 => {
                let swapped = [&data[4..8], &data[..4], &[0; 4]].concat();
                append(&mut result, level, linux, &swapped);
            }
            _ => append(&mut result, level, linux, data),
        }
    }
    let words = result.chunks_exact(8);
    words
        .map(|word| u64::from_ne_bytes(word.try_into().expect("8 bytes")))
        .collect()
}

/// Fills in what a receive brings besides the bytes; the status of the whole.
///
/// # Safety
///
/// `message` is the program's, and what it names is valid.
unsafe fn fill(message: NonNull<WsaMsg>, received: &Received) -> Status {
    let at = message.as_ptr();
    // SAFETY: valid, says the caller.
    let message = unsafe { &mut *at };
    // A name that does not fit is left out, as its length tells.
    // SAFETY: as above.
    let _ = unsafe {
        received
            .from
            .write(message.name, &raw mut message.name_length)
    };
    let control = control_to_windows(&received.control);
    let room = message.control.length as usize;
    let used = if control.len() <= room {
        control.len()
    } else {
        0
    };
    message.flags = 0;
    if received.control_truncated || used < control.len() {
        message.flags |= MSG_CTRUNC;
    }
    if used > 0 {
        // SAFETY: there is room for so many bytes, says the length.
        unsafe {
            message
                .control
                .start
                .copy_from_nonoverlapping(control.as_ptr(), used)
        };
    }
    message.control.length = used as u32;
    if received.truncated {
        message.flags |= MSG_TRUNC;
        return Status::BUFFER_OVERFLOW;
    }
    Status::SUCCESS
}

/// A receive with control data that waits in the queue for something to be there.
struct Awaited {
    pending: Option<Pending>,
    tag: Tag,
}

struct Pending {
    request: Request,
    socket: Arc<Socket>,
    message: NonNull<WsaMsg>,
    buffers: Buffers,
    flags: i32,
}

// SAFETY: the pointers are the program's, used as its contract allows to any thread.
unsafe impl Send for Awaited {}

// SAFETY: there is no memory.
unsafe impl RawOp for Awaited {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::None
    }
    fn tag(&self) -> Tag {
        self.tag
    }
    fn finished(&mut self, outcome: Outcome, _extra: RawExtra) -> Then {
        if let Some(pending) = self.pending.take() {
            pending.arrived(outcome, self.tag);
        }
        Then::Nothing
    }
}

impl Pending {
    /// Something is there, or never will be.
    fn arrived(self, outcome: Outcome, tag: Tag) {
        if let Ended::Error(errno) = outcome.status {
            let status = meaning(&self.socket, errno);
            return complete(self.socket.io(), self.request, status, 0);
        }
        let (buffers, flags) = (&self.buffers, self.flags);
        // SAFETY: the program keeps the buffers valid until the end is reported (S-178).
        let call = |fd| unsafe { receive_message(fd, buffers, flags) };
        match self.socket.with_fd(call) {
            Ok(received) => {
                // SAFETY: as above.
                let status = unsafe { fill(self.message, &received) };
                complete(self.socket.io(), self.request, status, received.bytes);
            }
            // Somebody else was faster.
            Err(libc::EAGAIN | libc::EINTR) => self.submit(tag),
            Err(errno) => {
                let status = meaning(&self.socket, errno);
                complete(self.socket.io(), self.request, status, 0);
            }
        }
    }

    fn submit(self, tag: Tag) {
        let kind = RawKind::Receive {
            peek: true,
            all: false,
        };
        let raw = self.socket.raw();
        let pending = Some(self);
        // SAFETY: there is no memory.
        if let Err((error, mut op)) = unsafe { raw.submit(kind, Awaited { pending, tag }, true) }
            && let Some(pending) = op.pending.take()
        {
            let status = match Status::errno(&error) {
                // Closed since the call looked the socket up (S-230).
                libc::EBADF => Status::CANCELLED,
                errno => meaning(&pending.socket, errno),
            };
            complete(pending.socket.io(), pending.request, status, 0);
        }
    }
}

/// `WSARecvMsg`, which programs reach through `WSAIoctl`.
pub(super) unsafe extern "C" fn receive_with_control(
    s: usize,
    message: *mut WsaMsg,
    received: *mut u32,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        let message = NonNull::new(message).ok_or(Wsa::FAULT)?;
        if socket.is_stream() {
            return Err(Wsa::NOT_SUPPORTED);
        }
        if !socket.has(BOUND) {
            return Err(Wsa::INVALID);
        }
        // SAFETY: the program's structure, by contract.
        let (list, count, flags) = unsafe {
            let message = message.as_ref();
            (message.buffers, message.count, message.flags)
        };
        // SAFETY: the program's array, by contract.
        let buffers = unsafe { Buffers::read(list, count) }?;
        let flags = (flags & MSG_PEEK).cast_signed();
        let overlapped = NonNull::new(overlapped).filter(|_| socket.io().is_overlapped);
        if let Some(overlapped) = overlapped {
            // SAFETY: the program's pointers, by contract.
            let request = unsafe { request(&socket, overlapped, routine) }?;
            let tag = request.tag();
            let pending = Pending {
                request,
                socket: Arc::clone(&socket),
                message,
                buffers,
                flags,
            };
            pending.submit(tag);
            return Err(Wsa::IO_PENDING);
        }
        let timeout_ms = socket
            .receive_timeout_ms
            .load(std::sync::atomic::Ordering::Relaxed);
        // SAFETY: the program's buffers, by contract.
        let call = |fd| unsafe { receive_message(fd, &buffers, flags) };
        let result = repeated(&socket, (libc::POLLIN, timeout_ms), call)?;
        // SAFETY: null or valid, by contract.
        unsafe { put(received, result.bytes as u32) };
        // SAFETY: the program's structure, by contract.
        match unsafe { fill(message, &result) } {
            Status::SUCCESS => Ok(()),
            status => Err(status.into()),
        }
    })
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn WSASendMsg(
    s: usize,
    message: *const WsaMsg,
    _flags: u32,
    sent: *mut u32,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        if message.is_null() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: not null, hence valid, by contract.
        let message = unsafe { &*message };
        if socket.is_stream() {
            return Err(Wsa::INVALID);
        }
        // SAFETY: the program's array, by contract.
        let buffers = unsafe { Buffers::read(message.buffers, message.count) }?;
        let to = if message.name.is_null() {
            None
        } else {
            // SAFETY: the program's address, by contract.
            Some(unsafe { RawAddress::read(message.name, message.name_length) }?)
        };
        // SAFETY: the program's control data, by contract.
        let mut control = control_to_linux(unsafe { bytes_of(&message.control) });
        // SAFETY: the program's buffers, by contract.
        let mut call = |fd| unsafe { send_message(fd, &buffers, to.as_ref(), &mut control, 0) };
        let overlapped = NonNull::new(overlapped).filter(|_| socket.io().is_overlapped);
        let Some(overlapped) = overlapped else {
            let timeout_ms = socket
                .send_timeout_ms
                .load(std::sync::atomic::Ordering::Relaxed);
            let bytes = repeated(&socket, (libc::POLLOUT, timeout_ms), call)?;
            socket.set(BOUND);
            // SAFETY: null or valid, by contract.
            unsafe { put(sent, bytes as u32) };
            return Ok(());
        };
        // SAFETY: the program's pointers, by contract.
        let request = unsafe { request(&socket, overlapped, routine) }?;
        let bytes = socket.with_fd(&mut call).map_err(|errno| match errno {
            // It cannot be queued with its control data, and must not wait.
            libc::EAGAIN => Wsa::NO_BUFFERS,
            errno => meaning(&socket, errno).into(),
        })?;
        socket.set(BOUND);
        // SAFETY: null or valid, by contract.
        unsafe { put(sent, bytes as u32) };
        ended_now(&socket, request, bytes)
    })
}

/// Reports the success of an operation that has been carried out within the call.
pub(super) fn ended_now(socket: &Socket, request: Request, bytes: usize) -> Result<(), Wsa> {
    complete_at_once(socket.io(), request, Status::SUCCESS, bytes);
    Ok(())
}

/// The bytes of a buffer.
///
/// # Safety
///
/// The buffer is valid for as long as the result is used.
unsafe fn bytes_of(buffer: &WsaBuf) -> &[u8] {
    if buffer.start.is_null() || buffer.length == 0 {
        return &[];
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(buffer.start, buffer.length as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_information_changes_its_layout_on_the_way() {
        let mut linux = Vec::new();
        let data = [7u32.to_ne_bytes(), [10, 0, 0, 1], [10, 0, 0, 2]].concat();
        append(&mut linux, libc::IPPROTO_IP, libc::IP_PKTINFO, &data);
        let windows = control_to_windows(&linux);
        let all = entries(&windows);
        assert_eq!((all.len(), all[0].kind), (1, 19));
        assert_eq!(all[0].data, [[10, 0, 0, 2], 7u32.to_ne_bytes()].concat());
        let back: Vec<u8> = control_to_linux(&windows)
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .collect();
        let all = entries(&back);
        let expected = [7u32.to_ne_bytes(), [10, 0, 0, 2], [0; 4]].concat();
        assert_eq!(
            (all[0].kind, all[0].data),
            (libc::IP_PKTINFO, &expected[..])
        );
    }
}
