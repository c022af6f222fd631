//! Sockets: TCP, UDP, Unix streams and datagrams.
//!
//! The rules that hold for all of them:
//!
//! * Receives on one socket are filled in the order in which they were submitted, sends go out
//!   in that order and whole (S-324, S-325).
//! * A receive on a stream completes with any positive number of bytes; 0 bytes mean that the
//!   peer has finished (S-323, S-327). A receive without room completes when there is something
//!   to receive, and takes nothing (S-329).
//! * A connection that was reset fails every later operation, not only the next (S-328).
//! * Shutting down the receiving side fails new receives; those in flight still get data
//!   (S-333).
//! * Dropping the last duplicate of a socket cancels what is in flight, delivers it, and closes
//!   gracefully in the background (S-230, S-335).

mod tcp;
mod udp;
mod unix;

use std::fmt;
use std::marker::PhantomData;
use std::os::fd::OwnedFd;

pub use tcp::{TcpListener, TcpSocket, TcpStream};
pub use udp::UdpSocket;
pub use unix::{UnixDatagram, UnixListener, UnixStream};

use crate::buf::Memory;
use crate::handle::Handle;
use crate::op::{Access, Address, Extra};
use crate::sys::{Nature, Socket};

/// The connection that an accept brings.
///
/// ```
/// use completion_port::{CompletionPort, Deadline, TcpListener, TcpStream, Accepted};
///
/// let port = CompletionPort::new(1)?;
/// let listener = TcpListener::bind("127.0.0.1:0".parse()?)?;
/// port.associate(&listener, 1)?;
/// listener.accept().submit("my state")?;
/// let client = std::net::TcpStream::connect(listener.local_addr()?)?;
/// let done = port.get(Deadline::Never)?.into_done::<Accepted<TcpStream>, &str>().unwrap();
/// done.result?;
/// let (stream, peer) = done.buf.into_stream().unwrap();
/// assert_eq!(peer.ip(), Some(client.local_addr()?));
/// # drop(stream);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct Accepted<T> {
    extra: Extra,
    stream: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Accepted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted")
            .field("address", &self.extra.address)
            .finish_non_exhaustive()
    }
}

/// A stream type that an accepted connection becomes.
pub trait FromConnection: private::Sealed + Sized {
    #[doc(hidden)]
    fn from_handle(handle: Handle) -> Self;
}

mod private {
    pub trait Sealed {
        const IS_TCP: bool;
    }
    impl Sealed for super::TcpStream {
        const IS_TCP: bool = true;
    }
    impl Sealed for super::UnixStream {
        const IS_TCP: bool = false;
    }
}

impl<T: FromConnection> Accepted<T> {
    fn empty() -> Self {
        Self {
            extra: Extra::default(),
            stream: PhantomData,
        }
    }

    fn access() -> Access<Self> {
        Access {
            memory: |_| Memory::None,
            filled: |_, _| {},
            extra: |accepted| Some(&mut accepted.extra),
        }
    }

    /// The connection and the address of its other end; `None` if the accept failed.
    pub fn into_stream(self) -> Option<(T, Address)> {
        let connection = self.extra.connection?.downcast::<OwnedFd>().ok()?;
        let nature = if T::IS_TCP {
            Nature::Tcp
        } else {
            Nature::Stream
        };
        let socket = Socket::adopt(*connection, nature);
        socket.mark_connected();
        let address = self.extra.address.unwrap_or(Address::Unnamed);
        Some((T::from_handle(Handle::socket(socket)), address))
    }
}

/// A buffer for one datagram, and its sender's address once it has arrived.
#[derive(Debug)]
pub struct Datagram<B> {
    /// The bytes.
    pub buf: B,
    extra: Extra,
}

impl<B> Datagram<B> {
    fn new(buf: B) -> Self {
        Self {
            buf,
            extra: Extra::default(),
        }
    }

    /// Who sent it; `None` if nothing arrived.
    pub fn sender(&self) -> Option<&Address> {
        self.extra.address.as_ref()
    }
}

/// The requests that every byte stream offers.
macro_rules! stream_requests {
    ($name:ident) => {
        impl $name {
            /// Receives at least one byte; 0 bytes when the peer has finished (S-323, S-327).
            ///
            /// A buffer without room completes when there is something to receive and takes
            /// nothing (S-329).
            #[doc(alias = "WSARecv")]
            pub fn recv<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
                let kind = Kind::Receive {
                    peek: false,
                    all: false,
                };
                Request::new(&self.0, kind, sink_access(), buf)
            }

            /// Receives until the buffer is full, the peer has finished or the connection
            /// breaks. If it is cancelled, the outcome tells how many bytes had come (S-218).
            pub fn recv_full<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
                let kind = Kind::Receive {
                    peek: false,
                    all: true,
                };
                Request::new(&self.0, kind, sink_access(), buf)
            }

            /// As [`recv`](Self::recv), but leaves the bytes in the socket (S-336).
            pub fn peek<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
                let kind = Kind::Receive {
                    peek: true,
                    all: false,
                };
                Request::new(&self.0, kind, sink_access(), buf)
            }

            /// Receives into several buffers, filled in order.
            pub fn recv_vectored<B: IoBufMut>(&self, bufs: Vec<B>) -> Request<'_, Vec<B>> {
                let access = Access {
                    memory: buf::sinks,
                    filled: buf::filled_all,
                    extra: |_| None,
                };
                let kind = Kind::Receive {
                    peek: false,
                    all: false,
                };
                Request::new(&self.0, kind, access, bufs)
            }

            /// Sends the whole buffer, in order with other sends (S-325).
            #[doc(alias = "WSASend")]
            pub fn send<B: IoBuf>(&self, buf: B) -> Request<'_, B> {
                let access = Access {
                    memory: buf::source,
                    filled: |_, _| {},
                    extra: |_| None,
                };
                Request::new(&self.0, Kind::Send, access, buf)
            }

            /// Sends several buffers, one after the other, as one operation.
            pub fn send_vectored<B: IoBuf>(&self, bufs: Vec<B>) -> Request<'_, Vec<B>> {
                let access = Access {
                    memory: buf::sources,
                    filled: |_, _| {},
                    extra: |_| None,
                };
                Request::new(&self.0, Kind::Send, access, bufs)
            }

            /// Sends `bytes` bytes of a file from `offset` on, without copying them through the
            /// program. Ends early, with success, where the file ends.
            ///
            /// The file's pages that are not in memory are read by the thread that sends.
            #[doc(alias = "TransmitFile")]
            pub fn send_file(&self, file: &File, offset: u64, bytes: u64) -> Request<'_, ()> {
                let part = FilePart {
                    file: file.as_sendable(),
                    offset,
                    bytes,
                };
                Request::new(&self.0, Kind::SendFile(Box::new(part)), Access::none(), ())
            }

            /// Ends one or both directions.
            ///
            /// The sending side ends after what has been submitted before (S-334). Ending the
            /// receiving side makes new receives fail; those in flight still get data (S-333).
            ///
            /// # Errors
            ///
            /// `NotConnected` for a socket that is not connected.
            pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
                net::shut_down(&self.0, how)
            }
        }
    };
}
use stream_requests;

fn sink_access<B: crate::buf::IoBufMut>() -> Access<B> {
    Access {
        memory: crate::buf::sink,
        filled: crate::buf::filled,
        extra: |_| None,
    }
}

/// Which directions of a stream to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// New receives fail.
    Read,
    /// The peer sees the end of the stream after what was sent before.
    Write,
    /// Both.
    Both,
}

pub(crate) fn shut_down(handle: &Handle, how: Shutdown) -> std::io::Result<()> {
    use crate::op::{Kind, Node, Target};
    if matches!(how, Shutdown::Write | Shutdown::Both) {
        let kind = Kind::ShutdownWrite;
        let op = Box::new(Node::new(
            kind,
            Target::Nobody,
            Access::<()>::none(),
            (),
            (),
        ));
        match handle.kernel().submit(op) {
            Ok(_) => {}
            // Repeating it is allowed (S-334).
            Err((error, _)) if is_shut_down(&error) => {}
            Err((error, _)) => return Err(error),
        }
    }
    if matches!(how, Shutdown::Read | Shutdown::Both) {
        handle.as_socket().shut_inbound();
    }
    Ok(())
}

/// ESHUTDOWN has no stable kind of its own; it is what `sys` says for a side that is shut.
fn is_shut_down(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(crate::sys::SHUT_DOWN)
}
