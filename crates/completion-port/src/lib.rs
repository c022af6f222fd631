//! I/O completion ports for Linux: completion-based I/O shared by many threads.
//!
//! A [`CompletionPort`] is a queue of finished operations. Any thread submits operations on
//! files, sockets and pipes; any thread takes the completions. The port decides which of the
//! waiting threads is released (the one that began to wait last, so that the others can sleep)
//! and how many may run at once, and a handler that blocks can give its place to another.
//!
//! Buffers are moved into an operation and come back with its result, whatever the result is.
//! Everything is `Send + Sync`: there is no runtime and no thread that anything is tied to.
//!
//! ```
//! use completion_port::{CompletionPort, Deadline, UnixStream};
//!
//! let port = CompletionPort::new(0)?;
//! let (left, right) = UnixStream::pair()?;
//! port.associate(&left, 1)?;
//! left.recv(vec![0; 512]).submit("a state of mine")?;
//!
//! right.send("hello").start()?.wait().result?;
//!
//! let packet = port.get(Deadline::Never)?;
//! assert_eq!(packet.key(), 1);
//! let done = packet.into_done::<Vec<u8>, &str>().unwrap();
//! assert_eq!((&done.buf[..], done.state), (&b"hello"[..], "a state of mine"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! The same operations are futures: `let done = stream.recv(buf).await`, under any executor; and a
//! port runs tasks. See [`task`].
//!
//! Numbers like S-042 in this documentation name clauses of the Windows contract that the port
//! keeps; `docs/semantics.md` in the repository lists them.

mod buf;
mod file;
mod handle;
#[cfg(doctest)]
mod misuse;
mod net;
mod op;
mod pipe;
mod port;
mod raw;
mod request;
mod sched;
mod sys;
pub mod task;

pub use buf::{AlignedBuf, IoBuf, IoBufMut, Slice};
pub use file::File;
pub use handle::{AsHandle, Handle};
pub use net::{
    Accepted, Datagram, FromConnection, Shutdown, TcpListener, TcpSocket, TcpStream, UdpSocket,
    UnixDatagram, UnixListener, UnixStream,
};
pub use op::{Address, OpId, Outcome, Status, Tag, Then};
pub use pipe::{PipeReader, PipeWriter, pipe};
pub use port::{Alert, Builder, Closed, Completion, CompletionPort, Engine, WaitError, blocking};
pub use raw::{
    RawAttempt, RawExtra, RawHandle, RawKind, RawMemory, RawNature, RawOp, RawSpan, RawSubmitted,
};
pub use request::{Done, Pending, Rejected, Request, Submitted};
pub use sched::{Counters, Deadline, Snapshot};
pub use sys::{EngineReport, RingError, engine_report};
pub use task::{Cancelled, Task};

/// The sample in the front page compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct FrontPage;
