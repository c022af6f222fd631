//! Unix domain sockets.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use socket2::{Domain, SockAddr, SockRef, Type};

use super::udp::datagram_access;
use super::{Accepted, Datagram, FromConnection, Shutdown, sink_access, stream_requests};
use crate::buf::{self, IoBuf, IoBufMut};
use crate::file::File;
use crate::handle::{Handle, handle_type};
use crate::net;
use crate::op::{Access, Address, FilePart, Kind};
use crate::request::Request;
use crate::sys::{Nature, Socket};

/// Connections that wait to be accepted, at the most.
const BACKLOG: i32 = 4096;

/// A Unix socket that waits for connections.
#[derive(Clone, Debug)]
pub struct UnixListener(Handle);

/// A Unix stream connection.
#[derive(Clone, Debug)]
pub struct UnixStream(Handle);

/// A Unix datagram socket.
#[derive(Clone, Debug)]
pub struct UnixDatagram(Handle);

handle_type!(UnixListener);
handle_type!(UnixStream);
handle_type!(UnixDatagram);
stream_requests!(UnixStream);

impl FromConnection for UnixStream {
    fn from_handle(handle: Handle) -> Self {
        Self(handle)
    }
}

impl UnixListener {
    /// Listens on a path, which must not exist yet.
    ///
    /// # Errors
    ///
    /// Those of the system: the path exists or is too long, no permission.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(path)?)?;
        socket.listen(BACKLOG)?;
        Self::from_fd(socket.into())
    }

    /// Takes a listening socket, which is made non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the system for a descriptor that cannot be made non-blocking.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self(Handle::socket(Socket::new(fd, Nature::Stream)?)))
    }

    /// Accepts a connection; see [`TcpListener::accept`](crate::TcpListener::accept).
    pub fn accept(&self) -> Request<'_, Accepted<UnixStream>> {
        Request::new(&self.0, Kind::Accept, Accepted::access(), Accepted::empty())
    }
}

impl UnixStream {
    /// Connects to a listener's path; does not wait: fails with `WouldBlock` when the
    /// listener's backlog is full.
    ///
    /// # Errors
    ///
    /// Those of the system: no such path, refused, backlog full.
    pub fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.connect(&SockAddr::unix(path)?)?;
        Self::from_fd(socket.into())
    }

    /// Two streams connected to each other.
    ///
    /// # Errors
    ///
    /// Those of the system when it has no descriptors left.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = socket2::Socket::pair(Domain::UNIX, Type::STREAM, None)?;
        Ok((Self::from_fd(a.into())?, Self::from_fd(b.into())?))
    }

    /// Takes a connected socket, which is made non-blocking.
    ///
    /// # Errors
    ///
    /// `NotConnected` if it is not connected; those of the system for a descriptor that cannot
    /// be made non-blocking.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        SockRef::from(&fd).peer_addr()?;
        let socket = Socket::new(fd, Nature::Stream)?;
        socket.mark_connected();
        Ok(Self(Handle::socket(socket)))
    }
}

impl UnixDatagram {
    /// Makes a socket with that path as its name, which must not exist yet.
    ///
    /// # Errors
    ///
    /// Those of the system: the path exists or is too long, no permission.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::UNIX, Type::DGRAM, None)?;
        socket.bind(&SockAddr::unix(path)?)?;
        Self::from_fd(socket.into())
    }

    /// Makes a socket without a name.
    ///
    /// # Errors
    ///
    /// Those of the system when it has no descriptors left.
    pub fn unbound() -> io::Result<Self> {
        Self::from_fd(socket2::Socket::new(Domain::UNIX, Type::DGRAM, None)?.into())
    }

    /// Two sockets connected to each other.
    ///
    /// # Errors
    ///
    /// Those of the system when it has no descriptors left.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = socket2::Socket::pair(Domain::UNIX, Type::DGRAM, None)?;
        Ok((Self::from_fd(a.into())?, Self::from_fd(b.into())?))
    }

    /// Takes a datagram socket, which is made non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the system for a descriptor that cannot be made non-blocking.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self(Handle::socket(Socket::new(fd, Nature::Datagram)?)))
    }

    /// Receives one datagram and its sender's address.
    pub fn recv_from<B: IoBufMut>(&self, buf: B) -> Request<'_, Datagram<B>> {
        Request::new(
            &self.0,
            Kind::ReceiveFrom,
            datagram_access(),
            Datagram::new(buf),
        )
    }

    /// Receives one datagram.
    pub fn recv<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
        let kind = Kind::Receive {
            peek: false,
            all: false,
        };
        Request::new(&self.0, kind, sink_access(), buf)
    }

    /// Sends one datagram to the socket with that path.
    pub fn send_to<B: IoBuf>(&self, buf: B, to: impl AsRef<Path>) -> Request<'_, B> {
        let access = Access {
            memory: buf::source,
            filled: |_, _| {},
            extra: |_| None,
        };
        let to = Address::Path(to.as_ref().to_path_buf());
        Request::new(&self.0, Kind::SendTo(Box::new(to)), access, buf)
    }

    /// Sends one datagram to the connected peer.
    pub fn send<B: IoBuf>(&self, buf: B) -> Request<'_, B> {
        let access = Access {
            memory: buf::source,
            filled: |_, _| {},
            extra: |_| None,
        };
        Request::new(&self.0, Kind::Send, access, buf)
    }
}
