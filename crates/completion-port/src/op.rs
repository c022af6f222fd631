//! Operations: what is asked of a handle, and who owns its memory meanwhile.
//!
//! An operation is one heap node. It holds the user's buffer and state by value and moves from
//! hand to hand as a `Box`: from the submitter into the handle's queue (or to the ring's owner),
//! from there, finished, into a packet or to the one who waits for it. Whoever holds the box owns
//! the memory; there is no other reference. Dropping the box anywhere is therefore sound, except
//! while the kernel holds the node's pointers; the ring keeps the node until its completion has
//! been reaped.
//!
//! | state | who holds the node | ends when |
//! |---|---|---|
//! | asked | the submitter | `submit` accepts or refuses it |
//! | in flight | a handle's queue, the pool or the ring | transferred, failed, cancelled |
//! | finished | a packet in a port, or a cell | taken by a thread, or dropped with the port |

use std::any::Any;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use async_task::Runnable;

use crate::buf::Memory;

/// Names one operation of one handle, for cancelling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpId(pub(crate) u64);

/// The address of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// Internet address and port.
    Ip(SocketAddr),
    /// A Unix socket bound to a path.
    Path(PathBuf),
    /// A Unix socket in the abstract namespace.
    Abstract(Vec<u8>),
    /// A Unix socket without a name.
    Unnamed,
}

impl Address {
    /// The internet address, if it is one.
    pub fn ip(&self) -> Option<SocketAddr> {
        match self {
            Self::Ip(address) => Some(*address),
            _ => None,
        }
    }
}

/// How an operation ended, before it is dressed as an [`io::Result`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All went well.
    Success,
    /// A read started at or behind the end of the file (S-262, S-263). As an `io::Result` this
    /// is `Ok(0)`.
    EndOfFile,
    /// A datagram was larger than the buffers; its rest is lost (S-330). As an `io::Result`
    /// this is `Ok` with the number of bytes stored.
    Truncated,
    /// The system's error number.
    Error(i32),
}

/// Status and byte count of a finished operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Bytes transferred, also by an operation that failed or was cancelled half-way.
    pub bytes: usize,
}

impl Outcome {
    pub(crate) fn success(bytes: usize) -> Self {
        Self {
            status: Status::Success,
            bytes,
        }
    }

    pub(crate) fn error(code: i32, bytes: usize) -> Self {
        Self {
            status: Status::Error(code),
            bytes,
        }
    }

    /// The idiomatic form: bytes transferred, or the error.
    pub fn to_result(self) -> io::Result<usize> {
        match self.status {
            Status::Success | Status::EndOfFile | Status::Truncated => Ok(self.bytes),
            Status::Error(code) => Err(io::Error::from_raw_os_error(code)),
        }
    }
}

/// What is asked.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Receive from a stream or a connected datagram socket, or read from a pipe.
    Receive {
        /// Leave the bytes in the queue.
        peek: bool,
        /// Finish only when the buffers are full (or at the end of the stream).
        all: bool,
    },
    /// Receive a datagram and its sender.
    ReceiveFrom,
    /// Send everything, or write everything to a pipe.
    Send,
    /// Send one datagram to an address.
    SendTo(Box<Address>),
    /// Send part of a file through a stream socket.
    SendFile(Box<FilePart>),
    /// Finish the sending side once everything queued before has been sent.
    ShutdownWrite,
    /// Accept a connection.
    Accept,
    /// Connect to an address.
    Connect(Box<Address>),
    /// Read at an offset.
    ReadAt(u64),
    /// Write at an offset.
    WriteAt(u64),
    /// Write at the end of the file.
    Append,
    /// Flush to the device.
    Sync { data_only: bool },
    /// Reserve space.
    Allocate { offset: u64, bytes: u64 },
}

/// Part of a file.
#[derive(Debug)]
pub(crate) struct FilePart {
    pub(crate) file: Arc<dyn AsFile>,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

/// Nodes are made and moved for every operation: what is rare in them stays behind a box.
const _: () = assert!(size_of::<Head>() <= 80);

impl Kind {
    /// Whether it belongs to the receiving side of a handle.
    pub(crate) fn is_inbound(&self) -> bool {
        matches!(
            self,
            Self::Receive { .. } | Self::ReceiveFrom | Self::Accept
        )
    }
}

/// A file that a socket can send from. Implemented by `sys`, which alone knows descriptors.
pub(crate) trait AsFile: Send + Sync + fmt::Debug {
    fn as_any(&self) -> &dyn Any;
}

/// Where the finished node goes.
#[derive(Debug)]
pub(crate) enum Target {
    /// To the port with which the handle is associated.
    Port,
    /// To the one thread that waits for this operation.
    Cell(Arc<dyn Receiver>),
    /// To the operation's own code, which decides whether a packet follows.
    Itself,
    /// Nobody asked for the result.
    Nobody,
}

impl Target {
    /// Whether it is the handle's port.
    pub(crate) fn is_port(&self) -> bool {
        matches!(self, Self::Port)
    }
}

/// Takes a finished operation that does not go to a port.
pub(crate) trait Receiver: Send + Sync + fmt::Debug {
    fn finished(&self, op: OpBox);
}

/// What every operation carries.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) id: OpId,
    pub(crate) kind: Kind,
    pub(crate) target: Target,
    /// Bytes moved by earlier attempts.
    pub(crate) moved: usize,
    /// Meaningful once finished.
    pub(crate) outcome: Outcome,
}

impl Head {
    #[inline]
    pub(crate) fn new(kind: Kind, target: Target) -> Self {
        Self {
            id: OpId(0),
            kind,
            target,
            moved: 0,
            outcome: Outcome::success(0),
        }
    }
}

/// What accept and receive-from bring besides bytes.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    /// The accepted connection; `sys` knows the type inside.
    pub(crate) connection: Option<Box<dyn Any + Send>>,
    pub(crate) address: Option<Address>,
}

/// An operation: what every one carries, and behind it the rest.
pub(crate) struct Op<W: ?Sized> {
    head: Head,
    pub(crate) work: W,
}

/// An operation whose buffer and state types have been forgotten. What it carries of its own is
/// reached without asking it.
pub(crate) type Operation = Op<dyn Work>;

pub(crate) type OpBox = Box<Operation>;

/// What operations differ in.
pub(crate) trait Work: Any + Send {
    /// All the memory that is to be filled or drained.
    fn memory(&mut self) -> Memory;
    /// The operation has ended and moved so many bytes.
    fn filled(&mut self, _bytes: usize) {}
    fn extra(&mut self) -> Option<&mut Extra> {
        None
    }
    /// Called once, when an operation whose target is itself has finished.
    fn told(&mut self, _outcome: Outcome) -> Then {
        Then::Nothing
    }
    /// Names the operation among those of its handle.
    fn tag(&self) -> Tag {
        Tag::default()
    }
}

impl<W> Op<W> {
    #[inline]
    pub(crate) fn with(head: Head, work: W) -> Self {
        Self { head, work }
    }

    #[inline]
    pub(crate) fn into_head(self) -> Head {
        self.head
    }
}

impl<W: Work + ?Sized> Op<W> {
    #[inline]
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    #[inline]
    pub(crate) fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    /// The memory that is still to be filled or drained.
    #[inline]
    pub(crate) fn memory(&mut self) -> Memory {
        let mut memory = self.work.memory();
        if self.head.moved > 0 {
            memory.advance(self.head.moved);
        }
        memory
    }

    /// Sets the outcome and tells the buffer what arrived.
    #[inline]
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        self.head.outcome = outcome;
        self.work.filled(outcome.bytes);
    }

    pub(crate) fn extra(&mut self) -> Option<&mut Extra> {
        self.work.extra()
    }

    pub(crate) fn told(&mut self) -> Then {
        self.work.told(self.head.outcome)
    }

    pub(crate) fn tag(&self) -> Tag {
        self.work.tag()
    }
}

impl Operation {
    /// The rest, if it is a `W`.
    #[inline]
    pub(crate) fn work_as<W: Work>(&self) -> Option<&W> {
        (&self.work as &dyn Any).downcast_ref()
    }

    /// As [`Self::work_as`].
    #[inline]
    pub(crate) fn work_mut_as<W: Work>(&mut self) -> Option<&mut W> {
        (&mut self.work as &mut dyn Any).downcast_mut()
    }
}

impl<W: ?Sized> fmt::Debug for Op<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Op").field(&self.head).finish()
    }
}

/// What follows the end of an operation whose target is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// A packet in the port with which the handle is associated, if it is with any.
    Packet,
    /// Nothing: the operation is dropped.
    Nothing,
}

/// Two numbers by which operations are found for cancelling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// Of the operation.
    pub token: usize,
    /// Of a group of operations, such as those of one thread.
    pub group: usize,
}

/// How a node reaches its buffer: chosen when the operation is made, since the same buffer type
/// serves both directions.
pub(crate) struct Access<B> {
    pub(crate) memory: fn(&mut B) -> Memory,
    pub(crate) filled: fn(&mut B, usize),
    pub(crate) extra: fn(&mut B) -> Option<&mut Extra>,
}

impl<B> Access<B> {
    /// An operation that moves no bytes.
    pub(crate) fn none() -> Self {
        Self {
            memory: |_| Memory::None,
            filled: |_, _| {},
            extra: |_| None,
        }
    }
}

/// What the program has moved into an operation; nothing once it has been handed back.
pub(crate) struct Moved<B, S>(Option<(Access<B>, B, S)>);

/// An operation with a buffer and a state.
pub(crate) type Node<B, S> = Op<Moved<B, S>>;

impl<B: Send + 'static, S: Send + 'static> Node<B, S> {
    #[inline]
    pub(crate) fn new(kind: Kind, target: Target, access: Access<B>, buf: B, state: S) -> Self {
        let moved = Moved(Some((access, buf, state)));
        Self::with(Head::new(kind, target), moved)
    }

    /// Hands back what the program has moved in.
    #[inline]
    pub(crate) fn take(&mut self) -> (Outcome, B, S) {
        let (_, buf, state) = self.work.0.take().expect(NOT_YET);
        (self.head.outcome, buf, state)
    }
}

impl Operation {
    /// Hands back what the program has moved in, if it is a `B` and an `S`.
    #[inline]
    pub(crate) fn take_as<B, S>(&mut self) -> Option<(Outcome, B, S)>
    where
        B: Send + 'static,
        S: Send + 'static,
    {
        let moved = self.work_mut_as::<Moved<B, S>>()?;
        let (_, buf, state) = moved.0.take().expect(NOT_YET);
        Some((self.head.outcome, buf, state))
    }
}

pub(crate) const NOT_YET: &str = "an operation is handed back once";

impl<B: Send + 'static, S: Send + 'static> Work for Moved<B, S> {
    fn memory(&mut self) -> Memory {
        match &mut self.0 {
            Some((access, buf, _)) => (access.memory)(buf),
            None => Memory::None,
        }
    }
    fn filled(&mut self, bytes: usize) {
        if let Some((access, buf, _)) = &mut self.0 {
            (access.filled)(buf, bytes);
        }
    }
    fn extra(&mut self) -> Option<&mut Extra> {
        let (access, buf, _) = self.0.as_mut()?;
        (access.extra)(buf)
    }
}

/// What a port queues: a key, and a posted pair of numbers, a finished operation or a task.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) key: usize,
    pub(crate) body: Body,
}

/// The three kinds of packet.
#[derive(Debug)]
pub(crate) enum Body {
    /// Posted by the program; returned verbatim (S-130).
    Posted { bytes: usize, token: usize },
    /// A finished operation.
    Finished(OpBox),
    /// A task that has something to do.
    Task(Runnable),
}

/// Packets are moved by every post and every take: a task is a pointer, and makes them no larger.
const _: () = assert!(size_of::<Packet>() <= 4 * size_of::<usize>());
