//! UDP.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use socket2::{Domain, SockRef, Type};

use super::tcp::{local_address, peer_address};
use super::{Datagram, sink_access};
use crate::buf::{self, IoBuf, IoBufMut, Memory};
use crate::handle::{Handle, handle_type};
use crate::op::{Access, Address, Kind};
use crate::request::Request;
use crate::sys::{Nature, Socket};

/// A UDP socket.
///
/// A datagram that is larger than the buffer fills it and loses its rest; the outcome then says
/// [`Truncated`](crate::Status::Truncated) (S-330).
#[derive(Clone, Debug)]
pub struct UdpSocket(Handle);

handle_type!(UdpSocket);

impl UdpSocket {
    /// Makes a socket with that local address; port 0 has the system choose one.
    ///
    /// # Errors
    ///
    /// Those of the system: address in use, no permission, no descriptors left.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
        socket.bind(&address.into())?;
        Self::from_fd(socket.into())
    }

    /// Takes a datagram socket, which is made non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the system for a descriptor that cannot be made non-blocking.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self(Handle::socket(Socket::new(fd, Nature::Datagram)?)))
    }

    /// Fixes the peer: only its datagrams are received, and `send` goes to it.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn connect(&self, peer: SocketAddr) -> io::Result<()> {
        SockRef::from(&**self.0.as_socket()).connect(&peer.into())
    }

    /// Receives one datagram and its sender's address.
    #[doc(alias = "WSARecvFrom")]
    pub fn recv_from<B: IoBufMut>(&self, buf: B) -> Request<'_, Datagram<B>> {
        let access = datagram_access();
        Request::new(&self.0, Kind::ReceiveFrom, access, Datagram::new(buf))
    }

    /// Receives one datagram.
    pub fn recv<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
        let kind = Kind::Receive {
            peek: false,
            all: false,
        };
        Request::new(&self.0, kind, sink_access(), buf)
    }

    /// Receives one datagram into several buffers, filled in order.
    pub fn recv_vectored<B: IoBufMut>(&self, bufs: Vec<B>) -> Request<'_, Vec<B>> {
        let access = Access {
            memory: buf::sinks,
            filled: buf::filled_all,
            extra: |_| None,
        };
        Request::new(
            &self.0,
            Kind::Receive {
                peek: false,
                all: false,
            },
            access,
            bufs,
        )
    }

    /// Sends one datagram to an address.
    #[doc(alias = "WSASendTo")]
    pub fn send_to<B: IoBuf>(&self, buf: B, to: SocketAddr) -> Request<'_, B> {
        let access = Access {
            memory: buf::source,
            filled: |_, _| {},
            extra: |_| None,
        };
        Request::new(
            &self.0,
            Kind::SendTo(Box::new(Address::Ip(to))),
            access,
            buf,
        )
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

    /// The address of this end.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        local_address(&self.0)
    }

    /// The connected peer.
    ///
    /// # Errors
    ///
    /// Those of the system; `NotConnected` without a peer.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        peer_address(&self.0)
    }
}

pub(super) fn datagram_access<B: IoBufMut>() -> Access<Datagram<B>> {
    fn memory<B: IoBufMut>(datagram: &mut Datagram<B>) -> Memory {
        buf::sink(&mut datagram.buf)
    }
    fn filled<B: IoBufMut>(datagram: &mut Datagram<B>, bytes: usize) {
        buf::filled(&mut datagram.buf, bytes);
    }
    Access {
        memory,
        filled,
        extra: |datagram| Some(&mut datagram.extra),
    }
}
