//! Accepting and connecting.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener as StdTcpListener, TcpStream as StdTcpStream};
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream as StdUnixStream};
use std::thread;

use common::{
    any_port, assert_empty, code_of, complete, failure, finish, roomy_port, scratch, take,
    take_done,
};
use completion_port::{
    Accepted, Address, AsHandle, TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream,
};
use socket2::{Domain, Socket, Type};

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(any_port()).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An address at which nobody listens.
fn deserted() -> SocketAddr {
    StdTcpListener::bind(any_port())
        .unwrap()
        .local_addr()
        .unwrap()
}

/// A listener whose backlog is full, so that a further connection is neither made nor refused.
fn black_hole() -> (Socket, StdTcpStream) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&any_port().into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let only = StdTcpStream::connect(address).unwrap();
    (socket, only)
}

#[test]
fn s_353_an_accept_completes_with_the_listeners_key() {
    let port = roomy_port();
    let (listener, address) = listener();
    port.associate(&listener, 31).unwrap();
    listener.accept().submit("state").unwrap();
    let client = StdTcpStream::connect(address).unwrap();
    let packet = take(&port);
    assert_eq!((packet.key(), packet.bytes()), (31, 0));
    let done = packet.into_done::<Accepted<TcpStream>, &str>().unwrap();
    assert_eq!(done.state, "state");
    let (stream, peer) = done.buf.into_stream().unwrap();
    assert_eq!(peer, Address::Ip(client.local_addr().unwrap()));
    assert_eq!(stream.peer_addr().unwrap(), client.local_addr().unwrap());
}

#[test]
fn s_354_several_accepts_are_served_in_call_order() {
    let port = roomy_port();
    let (listener, address) = listener();
    port.associate(&listener, 0).unwrap();
    for i in 0..10usize {
        listener.accept().submit(i).unwrap();
    }
    let clients: Vec<_> = (0..10)
        .map(|_| StdTcpStream::connect(address).unwrap())
        .collect();
    for (i, client) in clients.iter().enumerate() {
        let done = take_done::<Accepted<TcpStream>, usize>(&port);
        assert_eq!(done.state, i);
        let (_, peer) = done.buf.into_stream().unwrap();
        assert_eq!(peer.ip(), Some(client.local_addr().unwrap()));
    }
    assert_empty(&port);
}

#[test]
fn connections_that_wait_are_accepted_at_once() {
    let (listener, address) = listener();
    let clients: Vec<_> = (0..10)
        .map(|_| StdTcpStream::connect(address).unwrap())
        .collect();
    for client in &clients {
        let done = complete(listener.accept());
        let (_, peer) = done.buf.into_stream().unwrap();
        assert_eq!(peer.ip(), Some(client.local_addr().unwrap()));
    }
}

#[test]
fn s_359_an_accepted_stream_belongs_to_no_port_until_it_is_associated() {
    let (first, second) = (roomy_port(), roomy_port());
    let (listener, address) = listener();
    first.associate(&listener, 1).unwrap();
    listener.accept().submit(()).unwrap();
    let mut client = StdTcpStream::connect(address).unwrap();
    let (stream, _) = take_done::<Accepted<TcpStream>, ()>(&first)
        .buf
        .into_stream()
        .unwrap();
    let rejected = stream.recv(vec![0; 4]).submit(()).unwrap_err();
    assert_eq!(rejected.error.kind(), std::io::ErrorKind::InvalidInput);
    second.associate(&stream, 2).unwrap();
    stream.recv(vec![0; 4]).submit(()).unwrap();
    client.write_all(b"data").unwrap();
    let packet = take(&second);
    assert_eq!((packet.key(), packet.bytes()), (2, 4));
}

#[test]
fn s_217_358_dropping_the_listener_cancels_its_accepts() {
    let port = roomy_port();
    let (listener, address) = listener();
    port.associate(&listener, 8).unwrap();
    for i in 0..3 {
        listener.accept().submit(i).unwrap();
    }
    let held = listener.accept().start().unwrap();
    drop(listener);
    for i in 0..3 {
        let packet = take(&port);
        assert_eq!(packet.key(), 8);
        let done = packet.into_done::<Accepted<TcpStream>, i32>().unwrap();
        assert_eq!((code_of(&done), done.state), (libc::ECANCELED, i));
        assert!(done.buf.into_stream().is_none());
    }
    assert!(
        StdTcpStream::connect(address).is_err(),
        "nobody listens any more"
    );
    assert_eq!(code_of(&finish(held)), libc::ECANCELED);
}

#[test]
fn an_accepted_connection_that_nobody_takes_is_closed() {
    let port = roomy_port();
    let (listener, address) = listener();
    port.associate(&listener, 0).unwrap();
    listener.accept().submit(()).unwrap();
    let mut client = StdTcpStream::connect(address).unwrap();
    drop(take(&port));
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    listener.accept().submit(()).unwrap();
    let mut client = StdTcpStream::connect(address).unwrap();
    drop(take_done::<Accepted<TcpStream>, ()>(&port).buf);
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn s_365_connecting_completes_with_the_sockets_key_and_makes_a_stream() {
    let port = roomy_port();
    let server = StdTcpListener::bind(any_port()).unwrap();
    let socket = TcpSocket::new_for(any_port()).unwrap();
    socket.bind(any_port()).unwrap();
    port.associate(&socket, 12).unwrap();
    socket
        .connect(server.local_addr().unwrap())
        .submit("state")
        .unwrap();
    let packet = take(&port);
    assert_eq!((packet.key(), packet.bytes()), (12, 0));
    let done = packet.into_done::<(), &str>().unwrap();
    done.result.unwrap();
    assert_eq!(done.state, "state");
    let stream = socket.into_stream();
    let (mut peer, from) = server.accept().unwrap();
    assert_eq!(stream.local_addr().unwrap(), from);
    // Port and key stay.
    stream.recv(vec![0; 4]).submit(()).unwrap();
    peer.write_all(b"data").unwrap();
    assert_eq!(take(&port).key(), 12);
}

#[test]
fn what_is_submitted_while_a_socket_connects_waits_for_the_connection() {
    let server = StdTcpListener::bind(any_port()).unwrap();
    let socket = TcpSocket::new_for(any_port()).unwrap();
    let connect = socket
        .connect(server.local_addr().unwrap())
        .start()
        .unwrap();
    let stream = socket.into_stream();
    let send = stream.send("hello").start().unwrap();
    finish(connect).result.unwrap();
    assert_eq!(finish(send).result.unwrap(), 5);
    let mut arrived = [0; 5];
    server.accept().unwrap().0.read_exact(&mut arrived).unwrap();
    assert_eq!(&arrived, b"hello");
}

#[test]
fn s_368_after_a_refusal_the_socket_can_be_used_again() {
    let socket = TcpSocket::new_for(any_port()).unwrap();
    for _ in 0..3 {
        assert_eq!(failure(socket.connect(deserted())), libc::ECONNREFUSED);
    }
    let server = StdTcpListener::bind(any_port()).unwrap();
    complete(socket.connect(server.local_addr().unwrap()))
        .result
        .unwrap();
    let stream = socket.into_stream();
    let (mut peer, _) = server.accept().unwrap();
    for _ in 0..3 {
        peer.write_all(b"data").unwrap();
        assert_eq!(complete(stream.recv_full(vec![0; 4])).buf, b"data");
    }
    complete(stream.send("data")).result.unwrap();
    drop(peer);
    assert_eq!(failure(stream.recv(vec![0; 4])), libc::ECONNRESET);
}

#[test]
fn a_second_connection_of_one_socket_is_refused() {
    let server = StdTcpListener::bind(any_port()).unwrap();
    let socket = TcpSocket::new_for(any_port()).unwrap();
    let address = server.local_addr().unwrap();
    complete(socket.connect(address)).result.unwrap();
    assert_eq!(failure(socket.connect(address)), libc::EISCONN);
}

#[test]
fn a_connection_that_is_not_answered_can_be_cancelled() {
    let port = roomy_port();
    let (hole, _only) = black_hole();
    let address = hole.local_addr().unwrap().as_socket().unwrap();
    let socket = TcpSocket::new_for(address).unwrap();
    port.associate(&socket, 4).unwrap();
    let id = socket.connect(address).submit("state").unwrap();
    assert_empty(&port);
    socket.cancel(id).unwrap();
    let packet = take(&port);
    assert_eq!((packet.key(), packet.bytes()), (4, 0));
    let done = packet.into_done::<(), &str>().unwrap();
    assert_eq!((code_of(&done), done.state), (libc::ECANCELED, "state"));
    assert!(socket.cancel(id).is_err());
    // Dropping the socket does it too.
    let socket = TcpSocket::new_for(address).unwrap();
    let pending = socket.connect(address).start().unwrap();
    drop(socket);
    assert_eq!(code_of(&finish(pending)), libc::ECANCELED);
}

#[test]
fn connecting_and_waiting_is_one_call() {
    let (listener, address) = listener();
    let accept = listener.accept().start().unwrap();
    let client = TcpStream::connect(address).unwrap();
    let (server, _) = finish(accept).buf.into_stream().unwrap();
    complete(client.send("hello")).result.unwrap();
    assert_eq!(complete(server.recv_full(vec![0; 5])).buf, b"hello");
    let error = TcpStream::connect(deserted()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[test]
fn addresses_of_version_6_work_too() {
    let Ok(server) = TcpListener::bind("[::1]:0".parse().unwrap()) else {
        println!("this machine has no IPv6");
        return;
    };
    let accept = server.accept().start().unwrap();
    let client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
    let (_, peer) = finish(accept).buf.into_stream().unwrap();
    assert_eq!(peer, Address::Ip(client.local_addr().unwrap()));
}

#[test]
fn a_listener_may_be_made_elsewhere() {
    let made = StdTcpListener::bind(any_port()).unwrap();
    let address = made.local_addr().unwrap();
    let listener = TcpListener::try_from(made).unwrap();
    let accept = listener.accept().start().unwrap();
    let _client = StdTcpStream::connect(address).unwrap();
    assert!(finish(accept).buf.into_stream().is_some());
}

#[test]
fn unix_connections_are_accepted_with_their_names() {
    let directory = scratch();
    let (server, client) = (
        directory.path().join("server"),
        directory.path().join("client"),
    );
    let listener = UnixListener::bind(&server).unwrap();
    let accepts: Vec<_> = (0..2).map(|_| listener.accept().start().unwrap()).collect();
    let unnamed = StdUnixStream::connect(&server).unwrap();
    let named = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    named
        .bind(&socket2::SockAddr::unix(&client).unwrap())
        .unwrap();
    named
        .connect(&socket2::SockAddr::unix(&server).unwrap())
        .unwrap();
    let expected = [Address::Unnamed, Address::Path(client)];
    for (accept, expected) in accepts.into_iter().zip(expected) {
        let (stream, peer): (UnixStream, Address) = finish(accept).buf.into_stream().unwrap();
        assert_eq!(peer, expected);
        complete(stream.send("hello")).result.unwrap();
    }
    for mut client in [unnamed, std::os::fd::OwnedFd::from(named).into()] {
        client.read_exact(&mut [0; 5]).unwrap();
    }
}

#[test]
fn a_unix_stream_connects_by_path() {
    let directory = scratch();
    let path = directory.path().join("server");
    assert_eq!(
        UnixStream::connect(&path).unwrap_err().kind(),
        std::io::ErrorKind::NotFound
    );
    let server = StdUnixListener::bind(&path).unwrap();
    let stream = UnixStream::connect(&path).unwrap();
    let (mut peer, _) = server.accept().unwrap();
    complete(stream.send("hello")).result.unwrap();
    peer.read_exact(&mut [0; 5]).unwrap();
    assert!(UnixListener::bind(&path).is_err(), "the name is taken");
}

#[test]
fn many_connections_come_and_go() {
    let port = roomy_port();
    let (listener, address) = listener();
    port.associate(&listener, usize::MAX).unwrap();
    for i in 0..8usize {
        listener.accept().submit(i).unwrap();
    }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                for _ in 0..50 {
                    let mut client = StdTcpStream::connect(address).unwrap();
                    client.write_all(b"ping").unwrap();
                    client.read_exact(&mut [0; 4]).unwrap();
                }
            });
        }
        let mut echoed = 0;
        while echoed < 200 {
            let packet = take(&port);
            if packet.key() == usize::MAX {
                let done = packet.into_done::<Accepted<TcpStream>, usize>().unwrap();
                let (stream, _) = done.buf.into_stream().unwrap();
                port.associate(&stream, 0).unwrap();
                stream.recv_full([0; 4]).submit(stream.clone()).unwrap();
                listener.accept().submit(done.state).unwrap();
            } else {
                let done = packet.into_done::<[u8; 4], TcpStream>().unwrap();
                assert_eq!((done.result.unwrap(), &done.buf), (4, b"ping"));
                complete(done.state.send(done.buf)).result.unwrap();
                echoed += 1;
            }
        }
    });
}
