//! TCP.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use socket2::{Domain, SockRef, Type};

use super::{Accepted, FromConnection, Shutdown, sink_access, stream_requests};
use crate::buf::{self, IoBuf, IoBufMut};
use crate::file::File;
use crate::handle::{Handle, handle_type};
use crate::net;
use crate::op::{Access, Address, FilePart, Kind};
use crate::request::Request;
use crate::sys::{Nature, Socket};

/// Connections that wait to be accepted, at the most.
const BACKLOG: i32 = 4096;

/// A socket that waits for TCP connections.
#[derive(Clone, Debug)]
pub struct TcpListener(Handle);

/// A TCP socket that is not connected yet.
#[derive(Clone, Debug)]
pub struct TcpSocket(Handle);

/// A TCP connection.
#[derive(Clone, Debug)]
pub struct TcpStream(Handle);

handle_type!(TcpListener);
handle_type!(TcpSocket);
handle_type!(TcpStream);
stream_requests!(TcpStream);

impl FromConnection for TcpStream {
    fn from_handle(handle: Handle) -> Self {
        Self(handle)
    }
}

fn ip_address(address: &socket2::SockAddr) -> io::Result<SocketAddr> {
    address
        .as_socket()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

pub(super) fn local_address(handle: &Handle) -> io::Result<SocketAddr> {
    ip_address(&SockRef::from(&**handle.as_socket()).local_addr()?)
}

pub(super) fn peer_address(handle: &Handle) -> io::Result<SocketAddr> {
    ip_address(&SockRef::from(&**handle.as_socket()).peer_addr()?)
}

impl TcpListener {
    /// Listens on an address; port 0 has the system choose one. An address whose earlier
    /// connections linger may be used again at once.
    ///
    /// # Errors
    ///
    /// Those of the system: address in use, no permission, no descriptors left.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Self::from_fd(socket.into())
    }

    /// Takes a listening socket, which is made non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the system for a descriptor that cannot be made non-blocking.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self(Handle::socket(Socket::new(fd, Nature::Tcp)?)))
    }

    /// Accepts a connection. Several accepts in flight are served in order (S-354); the packet
    /// goes to the listener's port with the listener's key (S-353).
    #[doc(alias = "AcceptEx")]
    pub fn accept(&self) -> Request<'_, Accepted<TcpStream>> {
        Request::new(&self.0, Kind::Accept, Accepted::access(), Accepted::empty())
    }

    /// The address it listens on.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        local_address(&self.0)
    }
}

impl TcpSocket {
    /// Makes a socket for addresses of the same family as `like`.
    ///
    /// # Errors
    ///
    /// Those of the system when it has no descriptors left.
    pub fn new_for(like: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::for_address(like), Type::STREAM, None)?;
        Ok(Self(Handle::socket(Socket::new(
            socket.into(),
            Nature::Tcp,
        )?)))
    }

    /// Binds it to a local address.
    ///
    /// # Errors
    ///
    /// Those of the system: address in use, no permission.
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        SockRef::from(&**self.0.as_socket()).bind(&address.into())
    }

    /// Connects. After success use [`into_stream`](Self::into_stream) on this handle or a
    /// duplicate; after a refusal the socket may be used again (S-368).
    #[doc(alias = "ConnectEx")]
    pub fn connect(&self, address: SocketAddr) -> Request<'_, ()> {
        Request::new(
            &self.0,
            Kind::Connect(Box::new(Address::Ip(address))),
            Access::none(),
            (),
        )
    }

    /// The connection that a finished connect has made; port and key stay.
    pub fn into_stream(self) -> TcpStream {
        TcpStream(self.0)
    }
}

impl TcpStream {
    /// Takes a connected socket, which is made non-blocking.
    ///
    /// # Errors
    ///
    /// `NotConnected` if it is not connected; those of the system for a descriptor that cannot
    /// be made non-blocking.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        SockRef::from(&fd).peer_addr()?;
        let socket = Socket::new(fd, Nature::Tcp)?;
        socket.mark_connected();
        Ok(Self(Handle::socket(socket)))
    }

    /// Connects and waits for it: the short way where nothing else is to be done meanwhile.
    ///
    /// # Errors
    ///
    /// Those of the system: refused, unreachable, timed out.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_for(address)?;
        socket.connect(address).start()?.wait().result?;
        Ok(socket.into_stream())
    }

    /// Whether small sends go out at once.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        SockRef::from(&**self.0.as_socket()).set_tcp_nodelay(nodelay)
    }

    /// With zero seconds, dropping the stream resets the connection (S-335).
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn set_linger(&self, linger: Option<std::time::Duration>) -> io::Result<()> {
        SockRef::from(&**self.0.as_socket()).set_linger(linger)
    }

    /// The address of this end.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        local_address(&self.0)
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        peer_address(&self.0)
    }
}

impl TryFrom<std::net::TcpStream> for TcpStream {
    type Error = io::Error;
    fn try_from(stream: std::net::TcpStream) -> io::Result<Self> {
        Self::from_fd(stream.into())
    }
}

impl TryFrom<std::net::TcpListener> for TcpListener {
    type Error = io::Error;
    fn try_from(listener: std::net::TcpListener) -> io::Result<Self> {
        Self::from_fd(listener.into())
    }
}
