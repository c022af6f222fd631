//! TCP and Unix streams under one name, so that a test of byte streams runs on both.

use std::io::{Read, Write};
use std::net::{TcpListener as StdTcpListener, TcpStream as StdTcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::time::Duration;

use completion_port::{AsHandle, File, IoBuf, IoBufMut, Request, Shutdown, TcpStream, UnixStream};
use socket2::SockRef;

use super::{any_port, complete};

/// A second handle of a peer, for the other direction.
pub(crate) fn second<P: AsFd>(peer: &P) -> std::net::TcpStream {
    std::net::TcpStream::from(peer.as_fd().try_clone_to_owned().expect("a duplicate"))
}

/// A byte stream of the library.
pub(crate) trait Stream: AsHandle + Clone + Send + Sync + 'static {
    /// The same kind of stream as the standard library has it: a peer that shares no code.
    type Peer: Read + Write + AsFd + Send + 'static;

    /// A connection with the library at one end.
    fn half() -> (Self, Self::Peer);
    /// Ends a connection abruptly; `ours` is its other end.
    fn reset(ours: &Self, peer: Self::Peer);
    /// Has the peer end its direction; the library's stream then sees the end.
    fn finish_sending(peer: &Self::Peer) {
        SockRef::from(peer)
            .shutdown(std::net::Shutdown::Write)
            .unwrap();
    }

    fn recv<B: IoBufMut>(&self, buf: B) -> Request<'_, B>;
    fn recv_full<B: IoBufMut>(&self, buf: B) -> Request<'_, B>;
    fn peek<B: IoBufMut>(&self, buf: B) -> Request<'_, B>;
    fn recv_vectored<B: IoBufMut>(&self, bufs: Vec<B>) -> Request<'_, Vec<B>>;
    fn send<B: IoBuf>(&self, buf: B) -> Request<'_, B>;
    fn send_vectored<B: IoBuf>(&self, bufs: Vec<B>) -> Request<'_, Vec<B>>;
    fn send_file(&self, file: &File, offset: u64, bytes: u64) -> Request<'_, ()>;
    fn shutdown(&self, how: Shutdown) -> std::io::Result<()>;
}

macro_rules! forward {
    () => {
        fn recv<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
            self.recv(buf)
        }
        fn recv_full<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
            self.recv_full(buf)
        }
        fn peek<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
            self.peek(buf)
        }
        fn recv_vectored<B: IoBufMut>(&self, bufs: Vec<B>) -> Request<'_, Vec<B>> {
            self.recv_vectored(bufs)
        }
        fn send<B: IoBuf>(&self, buf: B) -> Request<'_, B> {
            self.send(buf)
        }
        fn send_vectored<B: IoBuf>(&self, bufs: Vec<B>) -> Request<'_, Vec<B>> {
            self.send_vectored(bufs)
        }
        fn send_file(&self, file: &File, offset: u64, bytes: u64) -> Request<'_, ()> {
            self.send_file(file, offset, bytes)
        }
        fn shutdown(&self, how: Shutdown) -> std::io::Result<()> {
            self.shutdown(how)
        }
    };
}

impl Stream for TcpStream {
    type Peer = StdTcpStream;

    fn half() -> (Self, StdTcpStream) {
        let listener = StdTcpListener::bind(any_port()).expect("a listener");
        let peer = StdTcpStream::connect(listener.local_addr().unwrap()).expect("a connection");
        peer.set_nodelay(true).unwrap();
        let (ours, _) = listener.accept().expect("the other end");
        (ours.try_into().expect("a stream of the library"), peer)
    }

    fn reset(_ours: &Self, peer: StdTcpStream) {
        SockRef::from(&peer)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    forward!();
}

impl Stream for UnixStream {
    type Peer = StdUnixStream;

    fn half() -> (Self, StdUnixStream) {
        let (ours, peer) = StdUnixStream::pair().expect("a pair");
        (
            UnixStream::from_fd(ours.into()).expect("a stream of the library"),
            peer,
        )
    }

    /// A Unix stream is reset when it is closed with bytes in it that nobody has read.
    fn reset(ours: &Self, peer: StdUnixStream) {
        complete(ours.send("nobody reads this")).result.unwrap();
        drop(peer);
    }

    forward!();
}

/// Two connected streams of the library.
pub(crate) fn tcp_pair() -> (TcpStream, TcpStream) {
    let (ours, peer) = TcpStream::half();
    (ours, peer.try_into().expect("a stream of the library"))
}

/// Runs each of these tests, which are generic over the kind of stream, on both kinds.
macro_rules! on_both_streams {
    ($($(#[$attribute:meta])* $name:ident,)+) => {
        mod tcp {
            $($(#[$attribute])* #[test] fn $name() {
                super::$name::<completion_port::TcpStream>();
            })+
        }
        mod unix {
            $($(#[$attribute])* #[test] fn $name() {
                super::$name::<completion_port::UnixStream>();
            })+
        }
    };
}
pub(crate) use on_both_streams;
