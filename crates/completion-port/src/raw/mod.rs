//! The raw door: operations on memory that somebody else owns, for layers that bring their own
//! operation structures (the C layer is one).
//!
//! Everything here does what the typed handles do, with two differences. The memory is named by
//! pointers, and keeping it alive is the caller's promise. And the operation is an object of the
//! caller's, told of its end before anybody else hears of it.
//!
//! # Safety
//!
//! This is a room in which `unsafe` is allowed: the trait below hands raw pointers to the
//! engines, so it is `unsafe` to implement and submitting is `unsafe` to call.
#![expect(unsafe_code, reason = "operations on memory that is named by pointers")]

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use crate::buf::{Memory, Span};
use crate::handle::{Handle, Kernel, handle_type};
use crate::net::{self, Shutdown};
use crate::op::{
    Address, AsFile, Body, Extra, FilePart, Head, Kind, NOT_YET, Op, OpBox, OpId, Outcome, Tag,
    Target, Then, Work,
};
use crate::port::Completion;
use crate::sys::{self, Attempted};

/// What kind of thing a descriptor is; see [`RawHandle::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawNature {
    /// A TCP socket: a connection, a listener, or not yet either.
    Tcp,
    /// Another connection-oriented socket.
    Stream,
    /// A socket for datagrams.
    Datagram,
    /// One end of a pipe, or another descriptor that can be polled and read or written.
    Pipe,
    /// Something with offsets.
    File,
}

/// What is asked of a [`RawHandle`].
#[derive(Debug)]
pub enum RawKind {
    /// Receive from a stream or a connected datagram socket, or read from a pipe.
    Receive {
        /// Leave the bytes in the queue.
        peek: bool,
        /// Finish only when the buffers are full, or at the end of the stream.
        all: bool,
    },
    /// Receive a datagram and its sender.
    ReceiveFrom,
    /// Send everything, or write everything to a pipe.
    Send,
    /// Send one datagram to an address.
    SendTo(Address),
    /// Send so many bytes of a file, from an offset on.
    SendFile(RawHandle, u64, u64),
    /// Accept a connection.
    Accept,
    /// Connect to an address.
    Connect(Address),
    /// Read at an offset.
    ReadAt(u64),
    /// Write at an offset.
    WriteAt(u64),
    /// Write at the end of the file.
    Append,
    /// Flush to the device: data, and with `false` the metadata too.
    Sync {
        /// Leave out metadata that is not needed to read the data.
        data_only: bool,
    },
}

/// A stretch of memory.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct RawSpan(Span);

impl RawSpan {
    /// `bytes` bytes from `start` on.
    pub const fn new(start: *mut u8, bytes: usize) -> Self {
        Self(Span { start, bytes })
    }
}

/// The memory of an operation.
#[derive(Clone, Copy, Debug)]
pub enum RawMemory<'a> {
    /// None.
    None,
    /// One stretch.
    One(RawSpan),
    /// Several, filled or drained in order.
    Many(&'a [RawSpan]),
}

/// What an operation brings besides bytes.
#[derive(Debug, Default)]
pub struct RawExtra {
    /// The accepted connection, which does not block.
    pub connection: Option<OwnedFd>,
    /// The peer of an accepted connection, or the sender of a datagram.
    pub address: Option<Address>,
}

/// An operation of the caller's own making.
///
/// # Safety
///
/// From the moment of a successful submission until [`finished`](Self::finished) is called, the
/// memory that [`memory`](Self::memory) names must be valid, for writing if the operation writes
/// there, and must not change its place; on every call the same memory must be named.
pub unsafe trait RawOp: Send + 'static {
    /// The memory that is filled or drained.
    fn memory(&self) -> RawMemory<'_>;

    /// By what the operation is found for cancelling.
    fn tag(&self) -> Tag {
        Tag::default()
    }

    /// The operation has ended within the call that submits it, which can write its results now:
    /// nobody has been told, so that what belongs to the operation is still there.
    fn at_once(&mut self, _outcome: Outcome) {}

    /// The operation has finished. Called exactly once for each accepted operation, by any
    /// thread, with no lock of the library held and before a packet is queued; the kernel
    /// has let go of the memory. Must not panic or block.
    fn finished(&mut self, outcome: Outcome, extra: RawExtra) -> Then;
}

/// What [`RawHandle::submit`] has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawSubmitted {
    /// The operation is in flight, or has ended on another thread by now.
    InFlight(OpId),
    /// It has ended within the call.
    Finished(Outcome),
}

/// What [`RawHandle::attempt`] has led to.
#[derive(Debug)]
pub enum RawAttempt {
    /// It has ended.
    Finished(Outcome, RawExtra),
    /// The rest would have to wait. So many bytes were moved, and stay so.
    WouldWait(usize),
}

/// A handle of any kind whose operations are [`RawOp`]s.
///
/// Cloning duplicates it, as with every handle of this crate.
#[derive(Clone, Debug)]
pub struct RawHandle(Handle);

handle_type!(RawHandle);

impl RawHandle {
    /// Takes a descriptor; all but files are made non-blocking.
    ///
    /// # Errors
    ///
    /// The system's, for a descriptor that is not open.
    pub fn new(fd: OwnedFd, nature: RawNature) -> io::Result<Self> {
        let nature = match nature {
            RawNature::Tcp => sys::Nature::Tcp,
            RawNature::Stream => sys::Nature::Stream,
            RawNature::Datagram => sys::Nature::Datagram,
            RawNature::Pipe => sys::Nature::Pipe,
            RawNature::File => return Ok(Self(Handle::file(sys::File::new(fd)?))),
        };
        Ok(Self(Handle::socket(sys::Socket::new(fd, nature)?)))
    }

    /// Takes a connected, non-blocking stream socket, such as an accept has brought.
    pub fn connected(fd: OwnedFd, nature: RawNature) -> Self {
        let nature = match nature {
            RawNature::Tcp => sys::Nature::Tcp,
            _ => sys::Nature::Stream,
        };
        let socket = sys::Socket::adopt(fd, nature);
        socket.mark_connected();
        Self(Handle::socket(socket))
    }

    /// Notes that a socket was connected by other means than [`RawKind::Connect`].
    pub fn mark_connected(&self) {
        if let Kernel::Socket(socket) = self.0.kernel() {
            socket.mark_connected();
        }
    }

    /// Whether the handle belongs to a port.
    pub fn is_associated(&self) -> bool {
        self.0.kernel().is_associated()
    }

    /// Refuses new operations and cancels those in flight, each of which still ends as usual.
    /// The descriptor is closed when the last duplicate of the handle is dropped.
    pub fn close(&self) {
        self.0.kernel().close();
    }

    /// Cancels the operations whose tag satisfies the condition; returns how many those were
    /// (S-210). They end as with [`cancel`](crate::AsHandle::cancel).
    pub fn cancel_where(&self, wanted: impl Fn(Tag) -> bool) -> usize {
        self.0.kernel().cancel_where(&wanted)
    }

    /// Ends one or both directions of a stream socket.
    ///
    /// # Errors
    ///
    /// `NotConnected` for a socket that is not connected, `InvalidInput` for anything else.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self.0.kernel() {
            Kernel::Socket(_) => net::shut_down(&self.0, how),
            Kernel::File(_) => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Submits an operation.
    ///
    /// A handle without a port is as good: [`RawOp::finished`] is called all the same. An
    /// operation that ends within the call causes no packet if `take`; otherwise its own answer
    /// decides.
    ///
    /// # Errors
    ///
    /// The operation was not accepted, or failed at once without moving a byte; it is handed
    /// back and was not told.
    ///
    /// # Safety
    ///
    /// The promise of [`RawOp`], for this very object.
    pub unsafe fn submit<R: RawOp>(
        &self,
        kind: RawKind,
        op: R,
        take: bool,
    ) -> Result<RawSubmitted, (io::Error, R)> {
        let kind = match Self::kind(kind) {
            Ok(kind) => kind,
            Err(error) => return Err((error, op)),
        };
        let kernel = self.0.kernel();
        let mut node = raw_node(kind, op);
        match kernel.attempt(&mut node) {
            Err(error) => Err((error, node.work.take())),
            Ok(Attempted::Finished(outcome)) => {
                node.finish(outcome);
                node.work.op_mut().at_once(outcome);
                if take {
                    node.told();
                } else {
                    kernel.association().deliver_own(Box::new(node));
                }
                Ok(RawSubmitted::Finished(outcome))
            }
            Ok(Attempted::Waits(place)) => match place.put(Box::new(node)) {
                Err((error, mut op)) => Err((error, RawWork::of(&mut op).take())),
                Ok(sys::Submitted::InFlight(id)) => Ok(RawSubmitted::InFlight(id)),
                Ok(sys::Submitted::Done(mut op)) => {
                    let outcome = op.head().outcome;
                    RawWork::<R>::of(&mut op).op_mut().at_once(outcome);
                    if take {
                        op.told();
                    } else {
                        kernel.association().deliver_own(op);
                    }
                    Ok(RawSubmitted::Finished(outcome))
                }
            },
        }
    }

    /// As [`submit`](Self::submit), for a transfer of one stretch of memory that brings nothing but
    /// bytes. The operation is made only if it has to wait: within the call, which must not submit
    /// anything there. One that ends at once is told by the returned value alone.
    ///
    /// # Errors
    ///
    /// The operation was not accepted, or failed at once without moving a byte.
    ///
    /// # Safety
    ///
    /// The promise of [`RawOp`], for the operation that is made; its memory is that stretch.
    #[inline]
    pub unsafe fn submit_one<R: RawOp>(
        &self,
        kind: RawKind,
        span: RawSpan,
        make: impl FnOnce() -> R,
    ) -> io::Result<RawSubmitted> {
        let kernel = self.0.kernel();
        let head = Head::new(Self::kind(kind)?, Target::Itself);
        let mut trial = Op::with(head, Trial(span.0));
        match kernel.attempt(&mut trial)? {
            Attempted::Finished(outcome) => Ok(RawSubmitted::Finished(outcome)),
            Attempted::Waits(place) => {
                let node = Op::with(trial.into_head(), RawWork::new(make()));
                match place.put(Box::new(node)) {
                    Ok(sys::Submitted::InFlight(id)) => Ok(RawSubmitted::InFlight(id)),
                    Ok(sys::Submitted::Done(op)) => {
                        let id = op.head().id;
                        kernel.association().deliver_own(op);
                        Ok(RawSubmitted::InFlight(id))
                    }
                    Err((error, _)) => Err(error),
                }
            }
        }
    }

    /// Tries an operation once, without waiting: behind those that are queued it is not tried
    /// at all. It is never told of its end.
    ///
    /// # Errors
    ///
    /// The operation failed without moving a byte, or the handle accepts none.
    ///
    /// # Safety
    ///
    /// The promise of [`RawOp`], for the duration of the call.
    pub unsafe fn attempt<R: RawOp>(&self, kind: RawKind, op: R) -> io::Result<RawAttempt> {
        self.attempt_once(kind, op, false)
    }

    /// As [`attempt`](Self::attempt), for one that was tried in vain and has waited for the
    /// handle to be ready: a shutdown since then does not concern it (S-333).
    ///
    /// # Errors
    ///
    /// As with `attempt`.
    ///
    /// # Safety
    ///
    /// As with `attempt`.
    pub unsafe fn attempt_again<R: RawOp>(&self, kind: RawKind, op: R) -> io::Result<RawAttempt> {
        self.attempt_once(kind, op, true)
    }

    fn attempt_once<R: RawOp>(&self, kind: RawKind, op: R, again: bool) -> io::Result<RawAttempt> {
        let mut node = raw_node(Self::kind(kind)?, op);
        let outcome = self.0.kernel().attempt_only(&mut node, again)?;
        Ok(match outcome {
            None => RawAttempt::WouldWait(node.head().moved),
            Some(outcome) => RawAttempt::Finished(outcome, node.work.take_extra()),
        })
    }

    /// Whether operations are queued in one direction: those that come in, or those that go out.
    pub fn is_queued(&self, inbound: bool) -> bool {
        match self.0.kernel() {
            Kernel::Socket(socket) => socket.is_queued(inbound),
            Kernel::File(_) => false,
        }
    }

    /// Ends an operation that was carried out elsewhere, as if this handle had done it.
    pub fn deliver<R: RawOp>(&self, op: R, outcome: Outcome) {
        self.0.kernel().association().deliver(ended(op, outcome));
    }

    /// As [`deliver`](Self::deliver), for what this call has carried out.
    pub fn deliver_own<R: RawOp>(&self, op: R, outcome: Outcome) {
        self.0
            .kernel()
            .association()
            .deliver_own(ended(op, outcome));
    }

    /// Posts a packet with this handle's key to its port, for what this call has carried out. The
    /// two numbers come back verbatim, as with [`CompletionPort::post`]; but unlike one of those it
    /// is left to the calling thread, if that runs, as every completion is that comes within the
    /// call ([`Builder::strict`]). Without a port nothing happens.
    ///
    /// [`CompletionPort::post`]: crate::CompletionPort::post
    /// [`Builder::strict`]: crate::Builder::strict
    #[inline]
    pub fn post_own(&self, bytes: usize, token: usize) {
        self.0.kernel().association().post_own(bytes, token);
    }

    #[inline]
    fn kind(kind: RawKind) -> io::Result<Kind> {
        Ok(match kind {
            RawKind::Receive { peek, all } => Kind::Receive { peek, all },
            RawKind::ReceiveFrom => Kind::ReceiveFrom,
            RawKind::Send => Kind::Send,
            RawKind::SendTo(to) => Kind::SendTo(Box::new(to)),
            RawKind::SendFile(file, offset, bytes) => {
                let Kernel::File(file) = file.0.kernel() else {
                    return Err(io::ErrorKind::InvalidInput.into());
                };
                let file: Arc<dyn AsFile> = Arc::<sys::File>::clone(file);
                Kind::SendFile(Box::new(FilePart {
                    file,
                    offset,
                    bytes,
                }))
            }
            RawKind::Accept => Kind::Accept,
            RawKind::Connect(to) => Kind::Connect(Box::new(to)),
            RawKind::ReadAt(offset) => Kind::ReadAt(offset),
            RawKind::WriteAt(offset) => Kind::WriteAt(offset),
            RawKind::Append => Kind::Append,
            RawKind::Sync { data_only } => Kind::Sync { data_only },
        })
    }
}

impl AsFd for RawHandle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0.kernel() {
            Kernel::Socket(socket) => socket.as_fd(),
            Kernel::File(file) => file.as_fd(),
        }
    }
}

impl Completion {
    /// The raw operation, if the packet holds one of that type.
    #[inline]
    pub fn raw<R: RawOp>(&self) -> Option<&R> {
        match &self.packet.body {
            Body::Finished(op) => op.work_as::<RawWork<R>>()?.op.as_ref(),
            _ => None,
        }
    }

    /// The raw operation and how it ended.
    ///
    /// # Errors
    ///
    /// The packet itself, unchanged, if it was posted or holds another type.
    pub fn into_raw<R: RawOp>(mut self) -> Result<(R, Outcome), Self> {
        if let Body::Finished(op) = &mut self.packet.body {
            let outcome = op.head().outcome;
            if let Some(work) = op.work_mut_as::<RawWork<R>>() {
                return Ok((work.take(), outcome));
            }
        }
        Err(self)
    }
}

/// An attempt at an operation that is not made yet.
struct Trial(Span);

impl Work for Trial {
    fn memory(&mut self) -> Memory {
        Memory::One(self.0)
    }
}

// SAFETY: the memory is used only as the promise of `RawOp` allows to any thread.
unsafe impl Send for Trial {}

/// What the caller has moved into an operation.
struct RawWork<R> {
    /// Nothing once it has been handed back.
    op: Option<R>,
    extra: Extra,
}

fn raw_node<R: RawOp>(kind: Kind, op: R) -> Op<RawWork<R>> {
    Op::with(Head::new(kind, Target::Itself), RawWork::new(op))
}

/// An operation that was carried out elsewhere.
fn ended<R: RawOp>(op: R, outcome: Outcome) -> OpBox {
    let mut node = raw_node(Kind::Accept, op);
    node.finish(outcome);
    Box::new(node)
}

impl<R: RawOp> RawWork<R> {
    fn new(op: R) -> Self {
        let extra = Extra::default();
        Self {
            op: Some(op),
            extra,
        }
    }

    fn of(op: &mut OpBox) -> &mut Self {
        op.work_mut_as()
            .expect("an operation comes back as it was made")
    }

    fn op_mut(&mut self) -> &mut R {
        self.op.as_mut().expect(NOT_YET)
    }

    fn take(&mut self) -> R {
        self.op.take().expect(NOT_YET)
    }

    fn take_extra(&mut self) -> RawExtra {
        let Extra {
            connection,
            address,
        } = std::mem::take(&mut self.extra);
        let connection = connection.and_then(|any| any.downcast::<OwnedFd>().ok());
        RawExtra {
            connection: connection.map(|fd| *fd),
            address,
        }
    }
}

impl<R: RawOp> Work for RawWork<R> {
    fn memory(&mut self) -> Memory {
        match self.op_mut().memory() {
            RawMemory::None => Memory::None,
            RawMemory::One(span) => Memory::One(span.0),
            RawMemory::Many(spans) => Memory::Many(spans.iter().map(|span| span.0).collect()),
        }
    }
    fn extra(&mut self) -> Option<&mut Extra> {
        Some(&mut self.extra)
    }
    fn told(&mut self, outcome: Outcome) -> Then {
        let extra = self.take_extra();
        self.op_mut().finished(outcome, extra)
    }
    fn tag(&self) -> Tag {
        self.op.as_ref().map(RawOp::tag).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
