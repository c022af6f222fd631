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

    /// What earlier attempts have left of an operation's memory.
    #[inline]
    pub(crate) fn rest_of(&self, mut memory: Memory) -> Memory {
        if self.moved > 0 {
            memory.advance(self.moved);
        }
        memory
    }
}

/// What accept and receive-from bring besides bytes.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    /// The accepted connection; `sys` knows the type inside.
    pub(crate) connection: Option<Box<dyn Any + Send>>,
    pub(crate) address: Option<Address>,
}

/// An operation whose buffer and state types have been forgotten.
pub(crate) trait Operation: Any + Send {
    fn head(&self) -> &Head;
    fn head_mut(&mut self) -> &mut Head;
    /// The memory that is still to be filled or drained.
    fn memory(&mut self) -> Memory;
    /// Sets the outcome and tells the buffer what arrived.
    fn finish(&mut self, outcome: Outcome);
    fn extra(&mut self) -> Option<&mut Extra>;
    /// Called once, when an operation whose target is itself has finished.
    fn told(&mut self) -> Then {
        Then::Nothing
    }
    /// Names the operation among those of its handle.
    fn tag(&self) -> Tag {
        Tag::default()
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

impl fmt::Debug for dyn Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Operation").field(self.head()).finish()
    }
}

pub(crate) type OpBox = Box<dyn Operation>;

/// How a node reaches its buffer: chosen when the operation is made, since the same buffer type
/// serves both directions.
pub(crate) struct Access<B> {
    pub(crate) memory: fn(&mut B) -> Memory,
    pub(crate) filled: fn(&mut B, usize),
    pub(crate) extra: fn(&mut B) -> Option<&mut Extra>,
}

impl<B> Clone for Access<B> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<B> Copy for Access<B> {}

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

/// The node itself.
pub(crate) struct Node<B, S> {
    head: Head,
    access: Access<B>,
    buf: B,
    state: S,
}

impl<B: Send + 'static, S: Send + 'static> Node<B, S> {
    pub(crate) fn new(kind: Kind, target: Target, access: Access<B>, buf: B, state: S) -> Self {
        Self {
            head: Head::new(kind, target),
            access,
            buf,
            state,
        }
    }

    /// The node behind `op`, if it holds a `B` and an `S`; else `op` again.
    pub(crate) fn downcast(op: OpBox) -> Result<Box<Self>, OpBox> {
        if (&*op as &dyn Any).is::<Self>() {
            Ok((op as Box<dyn Any>)
                .downcast()
                .expect("the type was checked above"))
        } else {
            Err(op)
        }
    }

    pub(crate) fn into_parts(self) -> (Outcome, B, S) {
        let Self {
            head, buf, state, ..
        } = self;
        (head.outcome, buf, state)
    }
}

impl<B: Send + 'static, S: Send + 'static> Operation for Node<B, S> {
    fn head(&self) -> &Head {
        &self.head
    }
    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }
    fn memory(&mut self) -> Memory {
        let memory = (self.access.memory)(&mut self.buf);
        self.head.rest_of(memory)
    }
    fn finish(&mut self, outcome: Outcome) {
        self.head.outcome = outcome;
        (self.access.filled)(&mut self.buf, outcome.bytes);
    }
    fn extra(&mut self) -> Option<&mut Extra> {
        (self.access.extra)(&mut self.buf)
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
