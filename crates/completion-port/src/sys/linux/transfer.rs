//! One attempt at one operation of a pollable handle: a system call that never waits.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use super::address::RawAddress;
use super::files;
use super::os::{self, check_bytes, errno};
use super::socket::Nature;
use crate::buf::{Memory, Span};
use crate::op::{FilePart, Kind, Operation, Outcome, Status};

/// At most so many I/O vectors go into one call (the kernel's limit).
const VECTORS_MAX: usize = 1024;
/// At most so many bytes go into one call, so that a huge transfer lets others in between.
const CHUNK_BYTES_MAX: usize = 1 << 30;

/// What an attempt has led to.
#[derive(Debug)]
pub(super) enum Attempt {
    /// Finished; `drained` tells that the socket certainly has nothing more for now.
    Done { outcome: Outcome, drained: bool },
    /// Nothing more can be done until the handle becomes ready.
    NotReady,
}

fn done(bytes: usize) -> Attempt {
    Attempt::Done { outcome: Outcome::success(bytes), drained: false }
}

fn failed(code: i32, bytes: usize) -> Attempt {
    Attempt::Done { outcome: Outcome::error(code, bytes), drained: false }
}

/// Tries what nearly every transfer is: one call for one stretch of memory, over a stream. `None`
/// if it is something else, or not all of it is done: then [`attempt`] goes on.
///
/// Inlined, down to the system call; see [`os::recv`].
#[inline(always)]
pub(super) fn attempt_one(fd: RawFd, nature: Nature, op: &mut Operation) -> Option<Attempt> {
    let receives = match op.head().kind {
        Kind::Receive { peek: false, all: false } if nature == Nature::Tcp => true,
        Kind::Send if nature.is_stream() => false,
        _ => return None,
    };
    let Memory::One(Span { start, bytes: wanted }) = op.memory() else { return None };
    if wanted == 0 || wanted > CHUNK_BYTES_MAX {
        return None;
    }
    let result = uninterrupted(|| {
        if receives {
            // SAFETY: the operation owns that many writable bytes there.
            unsafe { os::recv(fd, start, wanted, libc::MSG_DONTWAIT) }
        } else {
            // SAFETY: the operation owns that many readable bytes there.
            unsafe { os::send(fd, start, wanted, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) }
        }
    });
    let moved = op.head().moved;
    Some(match result {
        Ok(bytes) if bytes < wanted && !receives => {
            op.head_mut().moved += bytes;
            return None;
        }
        Ok(bytes) => {
            let outcome = Outcome::success(moved + bytes);
            Attempt::Done { outcome, drained: 0 < bytes && bytes < wanted }
        }
        Err(libc::EAGAIN) => Attempt::NotReady,
        Err(code) => failed(code, moved),
    })
}

/// Tries the operation on a descriptor of that nature.
pub(super) fn attempt(fd: RawFd, nature: Nature, op: &mut Operation) -> Attempt {
    match &op.head().kind {
        Kind::Receive { peek, all } => {
            let (peek, all) = (*peek, *all);
            receive(fd, nature, op, peek, all)
        }
        Kind::ReceiveFrom => receive_from(fd, op),
        Kind::Send if nature == Nature::Datagram => send_datagram(fd, op, None),
        Kind::Send => send(fd, nature, op),
        Kind::SendTo(address) => match RawAddress::new(address) {
            Ok(raw) => send_datagram(fd, op, Some(raw)),
            Err(_) => failed(libc::EINVAL, 0),
        },
        Kind::SendFile(_) => send_file(fd, op),
        Kind::ShutdownWrite => shutdown_write(fd, nature),
        Kind::Accept => accept(fd, op),
        Kind::Connect(_) => connect(fd, op),
        Kind::ReadAt(_) | Kind::WriteAt(_) | Kind::Append | Kind::Sync { .. } => {
            failed(libc::EINVAL, 0)
        }
        Kind::Allocate { .. } => failed(libc::EINVAL, 0),
    }
}

/// A message header over the operation's memory, cut to what one call takes.
struct Vectors {
    one: [Span; 1],
    many: Vec<Span>,
}

impl Vectors {
    fn new(mut memory: Memory) -> Self {
        memory.cut(VECTORS_MAX);
        let empty = Span { start: std::ptr::null_mut(), bytes: 0 };
        match memory {
            Memory::None => Self { one: [empty], many: Vec::new() },
            Memory::One(span) => {
                let bytes = span.bytes.min(CHUNK_BYTES_MAX);
                Self { one: [Span { start: span.start, bytes }], many: Vec::new() }
            }
            Memory::Many(spans) => Self { one: [empty], many: spans },
        }
    }

    fn spans(&mut self) -> &mut [Span] {
        if self.many.is_empty() { &mut self.one } else { &mut self.many }
    }

    /// The vectors for a system call; `iovec` and `Span` have one layout, see `files`.
    fn raw(&mut self) -> (*mut libc::iovec, usize) {
        let spans = self.spans();
        (spans.as_mut_ptr().cast(), spans.len())
    }
}

/// Repeats a call while signals interrupt it.
#[inline(always)]
fn uninterrupted(mut call: impl FnMut() -> Result<usize, i32>) -> Result<usize, i32> {
    loop {
        match call() {
            Err(libc::EINTR) => {}
            result => return result,
        }
    }
}

fn receive(fd: RawFd, nature: Nature, op: &mut Operation, peek: bool, all: bool) -> Attempt {
    loop {
        let memory = op.memory();
        let wanted = memory.bytes();
        let moved = op.head().moved;
        if wanted == 0 && moved == 0 && nature != Nature::Datagram {
            return readable(fd, nature);
        }
        // Whether a short result says that nothing more has arrived.
        let mut tells = false;
        let result = match (nature, memory) {
            (Nature::Pipe, memory) => pipe_read(fd, memory),
            (Nature::Datagram, memory) => return receive_datagram(fd, memory, peek, None).1,
            (_, Memory::One(span)) => {
                let flags = libc::MSG_DONTWAIT | if peek { libc::MSG_PEEK } else { 0 };
                let bytes = span.bytes.min(CHUNK_BYTES_MAX);
                tells = nature == Nature::Tcp && !peek && bytes == wanted;
                // SAFETY: the operation owns `bytes` writable bytes there.
                uninterrupted(|| unsafe { os::recv(fd, span.start, bytes, flags) })
            }
            (_, memory) => message_receive(fd, memory, peek, None).map(|m| m.bytes),
        };
        match result {
            Ok(0) => return done(moved),
            Ok(bytes) if all && bytes < wanted && !peek => op.head_mut().moved += bytes,
            Ok(bytes) => {
                let outcome = Outcome::success(moved + bytes);
                return Attempt::Done { outcome, drained: tells && bytes < wanted };
            }
            Err(libc::EAGAIN) => return Attempt::NotReady,
            Err(code) => return failed(code, moved),
        }
    }
}

/// A zero-byte receive: done when there is something to receive, taking nothing (S-329).
fn readable(fd: RawFd, nature: Nature) -> Attempt {
    if nature == Nature::Pipe {
        let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid entry is passed; the call does not wait.
        let ready = unsafe { libc::poll(&raw mut poll, 1, 0) };
        return if ready > 0 { done(0) } else { Attempt::NotReady };
    }
    let mut byte = 0u8;
    let flags = libc::MSG_DONTWAIT | libc::MSG_PEEK;
    // SAFETY: one writable byte is passed.
    let look = || check_bytes(unsafe { libc::recv(fd, (&raw mut byte).cast(), 1, flags) });
    match uninterrupted(look) {
        Ok(_) => done(0),
        Err(libc::EAGAIN) => Attempt::NotReady,
        Err(code) => failed(code, 0),
    }
}

fn pipe_read(fd: RawFd, memory: Memory) -> Result<usize, i32> {
    let mut vectors = Vectors::new(memory);
    let (start, count) = vectors.raw();
    let count = libc::c_int::try_from(count).unwrap_or(libc::c_int::MAX);
    // SAFETY: the vectors name memory that the operation owns; the descriptor does not block.
    uninterrupted(|| check_bytes(unsafe { libc::readv(fd, start, count) }))
}

struct Message {
    bytes: usize,
    truncated: bool,
}

fn message_receive(
    fd: RawFd,
    memory: Memory,
    peek: bool,
    from: Option<&mut RawAddress>,
) -> Result<Message, i32> {
    let mut vectors = Vectors::new(memory);
    let (start, count) = vectors.raw();
    // SAFETY: an all-zero message header is valid.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = start;
    header.msg_iovlen = count;
    let mut from = from;
    if let Some(from) = &mut from {
        header.msg_name = from.as_mut_ptr().cast();
        header.msg_namelen = from.bytes;
    }
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC | if peek { libc::MSG_PEEK } else { 0 };
    // SAFETY: the header names memory that the operation owns and room for an address.
    let receive = || check_bytes(unsafe { libc::recvmsg(fd, &raw mut header, flags) });
    let bytes = uninterrupted(receive)?;
    if let Some(from) = from {
        from.bytes = header.msg_namelen;
    }
    Ok(Message { bytes, truncated: header.msg_flags & libc::MSG_TRUNC != 0 })
}

/// Whether one call takes all of it, as a message must be.
fn is_one_call(memory: &Memory) -> bool {
    match memory {
        Memory::None | Memory::One(_) => true,
        Memory::Many(spans) => spans.iter().filter(|s| s.bytes > 0).count() <= VECTORS_MAX,
    }
}

fn receive_datagram(
    fd: RawFd,
    memory: Memory,
    peek: bool,
    from: Option<&mut RawAddress>,
) -> (bool, Attempt) {
    if !is_one_call(&memory) {
        return (false, failed(libc::EMSGSIZE, 0));
    }
    match message_receive(fd, memory, peek, from) {
        Ok(Message { bytes, truncated }) => {
            let status = if truncated { Status::Truncated } else { Status::Success };
            (true, Attempt::Done { outcome: Outcome { status, bytes }, drained: false })
        }
        Err(libc::EAGAIN) => (false, Attempt::NotReady),
        Err(code) => (false, failed(code, 0)),
    }
}

fn receive_from(fd: RawFd, op: &mut Operation) -> Attempt {
    let mut from = RawAddress::empty();
    let (arrived, attempt) = receive_datagram(fd, op.memory(), false, Some(&mut from));
    if let (true, Some(extra)) = (arrived, op.extra()) {
        extra.address = from.to_address();
    }
    attempt
}

fn send_datagram(fd: RawFd, op: &mut Operation, to: Option<RawAddress>) -> Attempt {
    let memory = op.memory();
    if !is_one_call(&memory) {
        return failed(libc::EMSGSIZE, 0);
    }
    match message_send(fd, memory, to.as_ref()) {
        Ok(bytes) => done(bytes),
        Err(libc::EAGAIN) => Attempt::NotReady,
        Err(code) => failed(code, 0),
    }
}

fn message_send(fd: RawFd, memory: Memory, to: Option<&RawAddress>) -> Result<usize, i32> {
    let mut vectors = Vectors::new(memory);
    let (start, count) = vectors.raw();
    // SAFETY: an all-zero message header is valid.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = start;
    header.msg_iovlen = count;
    if let Some(to) = to {
        header.msg_name = to.as_ptr().cast_mut().cast();
        header.msg_namelen = to.bytes;
    }
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the header names memory that the operation owns; the kernel only reads it.
    uninterrupted(|| check_bytes(unsafe { libc::sendmsg(fd, &raw const header, flags) }))
}

/// Sends until everything has been taken (S-325) or the socket is full.
fn send(fd: RawFd, nature: Nature, op: &mut Operation) -> Attempt {
    loop {
        let memory = op.memory();
        let left = memory.bytes();
        if left == 0 {
            return done(op.head().moved);
        }
        let result = match (nature, memory) {
            (Nature::Pipe, memory) => pipe_write(fd, memory),
            (_, Memory::One(span)) => {
                let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
                let bytes = span.bytes.min(CHUNK_BYTES_MAX);
                // SAFETY: the operation owns `bytes` readable bytes there.
                uninterrupted(|| unsafe { os::send(fd, span.start, bytes, flags) })
            }
            (_, memory) => message_send(fd, memory, None),
        };
        match result {
            Ok(bytes) if bytes == left => return done(op.head().moved + bytes),
            Ok(bytes) => op.head_mut().moved += bytes,
            Err(libc::EAGAIN) => return Attempt::NotReady,
            Err(code) => return failed(code, op.head().moved),
        }
    }
}

fn pipe_write(fd: RawFd, memory: Memory) -> Result<usize, i32> {
    let mut vectors = Vectors::new(memory);
    let (start, count) = vectors.raw();
    let count = libc::c_int::try_from(count).unwrap_or(libc::c_int::MAX);
    // SAFETY: the vectors name memory that the operation owns; the descriptor does not block.
    let write = || check_bytes(unsafe { libc::writev(fd, start, count) });
    without_sigpipe(|| uninterrupted(write))
}

fn send_file(fd: RawFd, op: &mut Operation) -> Attempt {
    loop {
        let moved = op.head().moved;
        let Kind::SendFile(part) = &op.head().kind else { return failed(libc::EINVAL, 0) };
        let FilePart { file, offset, bytes } = &**part;
        let left = bytes.saturating_sub(moved as u64);
        if left == 0 {
            return done(moved);
        }
        let Some(file) = file.as_any().downcast_ref::<files::File>() else {
            return failed(libc::EBADF, moved);
        };
        let chunk = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES_MAX);
        let Ok(mut position) = libc::off64_t::try_from(offset + moved as u64) else {
            return failed(libc::EINVAL, moved);
        };
        let source = file.as_raw_fd();
        let result = without_sigpipe(|| {
            uninterrupted(|| {
                // SAFETY: `position` lives through the call; no other memory is passed.
                check_bytes(unsafe { libc::sendfile64(fd, source, &raw mut position, chunk) })
            })
        });
        match result {
            // The file ends here.
            Ok(0) => return done(moved),
            Ok(bytes) => op.head_mut().moved += bytes,
            Err(libc::EAGAIN) => return Attempt::NotReady,
            Err(code) => return failed(code, moved),
        }
    }
}

fn shutdown_write(fd: RawFd, nature: Nature) -> Attempt {
    if nature == Nature::Pipe {
        return failed(libc::ENOTSOCK, 0);
    }
    // On a socket that is not connected the kernel says so, but shuts it all the same, for any
    // later connection: ask first.
    let mut peer = RawAddress::empty();
    // SAFETY: there is room for an address, and its length says so.
    if unsafe { libc::getpeername(fd, peer.as_mut_ptr(), &raw mut peer.bytes) } != 0 {
        return failed(errno(), 0);
    }
    // SAFETY: no pointers are passed.
    match unsafe { libc::shutdown(fd, libc::SHUT_WR) } {
        0 => done(0),
        _ => failed(errno(), 0),
    }
}

fn accept(fd: RawFd, op: &mut Operation) -> Attempt {
    loop {
        let mut from = RawAddress::empty();
        let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: there is room for an address, and its length says so.
        let accepted = unsafe { libc::accept4(fd, from.as_mut_ptr(), &raw mut from.bytes, flags) };
        if accepted >= 0 {
            // SAFETY: the call has just created this descriptor.
            let connection = unsafe { OwnedFd::from_raw_fd(accepted) };
            if let Some(extra) = op.extra() {
                extra.connection = Some(Box::new(connection));
                extra.address = from.to_address();
            }
            return done(0);
        }
        match errno() {
            // The connection died in the backlog: take the next.
            libc::EINTR | libc::ECONNABORTED | libc::EPROTO => {}
            libc::EAGAIN => return Attempt::NotReady,
            code => return failed(code, 0),
        }
    }
}

/// The first attempt starts the connection (and notes that in `moved`), later ones ask for it.
///
/// Asking by the same call, not by `SO_ERROR`, is what lets the kernel's socket leave its
/// "connecting" state: only then can it be used again after a refusal (S-368), and only then is
/// a second connect refused.
fn connect(fd: RawFd, op: &mut Operation) -> Attempt {
    let Kind::Connect(address) = &op.head().kind else {
        return failed(libc::EINVAL, 0);
    };
    let Ok(raw) = RawAddress::new(address) else {
        return failed(libc::EINVAL, 0);
    };
    let started = op.head().moved > 0;
    // SAFETY: a valid address with its length is passed.
    match unsafe { libc::connect(fd, raw.as_ptr(), raw.bytes) } {
        0 => done(0),
        _ => match errno() {
            libc::EISCONN if started => done(0),
            libc::EINPROGRESS | libc::EALREADY | libc::EINTR => {
                op.head_mut().moved = 1;
                Attempt::NotReady
            }
            code => failed(code, 0),
        },
    }
}

/// Runs a call that raises SIGPIPE where it cannot be told not to, and swallows that signal.
fn without_sigpipe(call: impl FnOnce() -> Result<usize, i32>) -> Result<usize, i32> {
    if sigpipe_is_ignored() {
        return call();
    }
    let mut sigpipe = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut pending = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is initialised by the first call before the others use it.
    unsafe { libc::sigemptyset(sigpipe.as_mut_ptr()) };
    // SAFETY: initialised above.
    unsafe { libc::sigaddset(sigpipe.as_mut_ptr(), libc::SIGPIPE) };
    // SAFETY: room for a set is passed.
    unsafe { libc::sigpending(pending.as_mut_ptr()) };
    // SAFETY: `sigpending` has initialised the set.
    let was_pending = unsafe { libc::sigismember(pending.as_ptr(), libc::SIGPIPE) } == 1;
    // SAFETY: both sets are valid for the call.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, sigpipe.as_ptr(), before.as_mut_ptr()) };
    let result = call();
    // Whatever the result: a transfer whose later part failed raises it, too, and tells only what
    // has been moved.
    if !was_pending {
        let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the set is initialised; no information about the signal is asked for.
        unsafe { libc::sigtimedwait(sigpipe.as_ptr(), std::ptr::null_mut(), &raw const zero) };
    }
    // SAFETY: `before` was initialised when the signal was blocked.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    result
}

/// Whether the process ignores SIGPIPE, as Rust programs do unless told otherwise.
fn sigpipe_is_ignored() -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: no new action is set; there is room for the present one.
    let asked =
        unsafe { libc::sigaction(libc::SIGPIPE, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: the call has succeeded and so has initialised the action.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}
