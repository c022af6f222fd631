//! Datagrams: UDP and Unix.

mod common;

use std::net::UdpSocket as StdUdpSocket;
use std::os::unix::net::UnixDatagram as StdUnixDatagram;
use std::path::Path;
use std::time::Duration;

use common::process::has_run_alone;
use common::raw::time_used;
use common::{
    any_port, assert_empty, code_of, complete, failure, finish, refusal, roomy_port, scratch,
    take_done,
};
use completion_port::{
    Address, AsHandle, Datagram, Pending, Status, UdpSocket, UnixDatagram, WaitError,
};

/// A socket of the library and its peer.
fn udp() -> (UdpSocket, StdUdpSocket) {
    let ours = UdpSocket::bind(any_port()).unwrap();
    let peer = StdUdpSocket::bind(any_port()).unwrap();
    peer.connect(ours.local_addr().unwrap()).unwrap();
    (ours, peer)
}

#[test]
fn a_datagram_comes_with_its_senders_address() {
    let port = roomy_port();
    let (ours, peer) = udp();
    port.associate(&ours, 0).unwrap();
    let from = Address::Ip(peer.local_addr().unwrap());
    ours.recv_from(vec![0; 100]).submit("waits").unwrap();
    assert_empty(&port);
    peer.send(b"first").unwrap();
    let done = take_done::<Datagram<Vec<u8>>, &str>(&port);
    assert_eq!(
        (done.result.unwrap(), &done.buf.buf[..]),
        (5, &b"first"[..])
    );
    assert_eq!((done.buf.sender(), done.state), (Some(&from), "waits"));
    peer.send(b"second").unwrap();
    let done = complete(ours.recv_from(vec![0; 100]));
    assert_eq!(
        (&done.buf.buf[..], done.buf.sender()),
        (&b"second"[..], Some(&from))
    );
}

#[test]
fn s_324_datagrams_are_received_in_call_order() {
    let (ours, peer) = udp();
    let pending: Vec<Pending<[u8; 1]>> = (0..10)
        .map(|_| ours.recv([0; 1]).start().unwrap())
        .collect();
    for i in 0..10 {
        peer.send(&[i]).unwrap();
    }
    for (i, pending) in pending.into_iter().enumerate() {
        assert_eq!(usize::from(finish(pending).buf[0]), i);
    }
}

#[test]
fn s_330_a_datagram_that_is_too_large_fills_the_buffer_and_loses_its_rest() {
    let (ours, peer) = udp();
    for waits in [true, false] {
        let early = waits.then(|| ours.recv([0; 4]).start().unwrap());
        peer.send(b"longer than four").unwrap();
        let done = early.map_or_else(|| complete(ours.recv([0; 4])), finish);
        assert_eq!(done.outcome.status, Status::Truncated);
        assert_eq!((done.result.unwrap(), &done.buf), (4, b"long"));
        peer.send(b"cut as well").unwrap();
        let done = complete(ours.recv_from([0; 3]));
        assert_eq!(done.outcome.status, Status::Truncated);
        assert_eq!((&done.buf.buf, done.buf.sender().is_some()), (b"cut", true));
        peer.send(b"fits").unwrap();
        let done = complete(ours.recv([0; 4]));
        assert_eq!((done.outcome.status, &done.buf), (Status::Success, b"fits"));
    }
}

#[test]
fn s_330_a_datagram_of_zero_bytes_is_one() {
    let (ours, peer) = udp();
    let pending = ours.recv_from(vec![0; 4]).start().unwrap();
    peer.send(b"").unwrap();
    let done = finish(pending);
    assert_eq!(
        (done.result.unwrap(), done.outcome.status),
        (0, Status::Success)
    );
    assert!(done.buf.sender().is_some());
    // And one is sent.
    let to = peer.local_addr().unwrap();
    assert_eq!(complete(ours.send_to("", to)).result.unwrap(), 0);
    assert_eq!(peer.recv(&mut [0; 4]).unwrap(), 0);
}

#[test]
fn a_receive_without_room_takes_a_whole_datagram() {
    let (ours, peer) = udp();
    let pending = ours.recv(Vec::new()).start().unwrap();
    peer.send(b"lost").unwrap();
    let done = finish(pending);
    assert_eq!(
        (done.result.unwrap(), done.outcome.status),
        (0, Status::Truncated)
    );
    peer.send(b"next").unwrap();
    assert_eq!(complete(ours.recv(vec![0; 4])).buf, b"next");
}

#[test]
fn datagrams_are_sent_to_an_address_or_to_the_connected_peer() {
    let (ours, peer) = udp();
    let to = peer.local_addr().unwrap();
    assert_eq!(failure(ours.send("to whom?")), libc::EDESTADDRREQ);
    assert!(ours.peer_addr().is_err());
    assert_eq!(complete(ours.send_to(vec![1, 2, 3], to)).result.unwrap(), 3);
    ours.connect(to).unwrap();
    assert_eq!(ours.peer_addr().unwrap(), to);
    assert_eq!(complete(ours.send(vec![4, 5])).result.unwrap(), 2);
    let mut arrived = [0; 9];
    assert_eq!(peer.recv(&mut arrived).unwrap(), 3);
    assert_eq!(peer.recv(&mut arrived).unwrap(), 2);
    assert_eq!(arrived[..3], [4, 5, 3]);
}

#[test]
fn a_datagram_is_received_into_several_buffers() {
    let (ours, peer) = udp();
    let bufs = vec![
        Vec::with_capacity(2),
        Vec::with_capacity(3),
        Vec::with_capacity(9),
    ];
    let pending = ours.recv_vectored(bufs).start().unwrap();
    peer.send(b"abcdef").unwrap();
    assert_eq!(finish(pending).buf, [&b"ab"[..], b"cde", b"f"]);
}

#[test]
fn more_buffers_than_one_datagram_can_have_are_refused_and_empty_ones_do_not_count() {
    let (ours, peer) = udp();
    peer.send(b"abc").unwrap();
    let bufs = || vec![vec![0; 1]; 1025];
    let rejected = ours.recv_vectored(bufs()).start().unwrap_err();
    assert_eq!(rejected.error.raw_os_error(), Some(libc::EMSGSIZE));
    assert_eq!(rejected.buf, bufs());
    // It is still there, whole.
    let mut bufs = vec![Vec::new(); 1024];
    bufs.push(Vec::with_capacity(9));
    let mut found = complete(ours.recv_vectored(bufs)).buf;
    assert_eq!(found.pop().unwrap(), b"abc");
}

#[test]
fn a_datagram_that_is_too_large_to_send_is_refused_with_its_buffer() {
    let (ours, peer) = udp();
    let to = peer.local_addr().unwrap();
    let rejected = ours.send_to(vec![3; 70_000], to).start().unwrap_err();
    assert_eq!(rejected.error.raw_os_error(), Some(libc::EMSGSIZE));
    assert_eq!(rejected.buf, vec![3; 70_000]);
}

#[test]
fn s_331_a_dead_peer_is_reported_once_and_the_socket_lives_on() {
    let (ours, peer) = udp();
    let dead = StdUdpSocket::bind(any_port())
        .unwrap()
        .local_addr()
        .unwrap();
    let lively = UdpSocket::bind(any_port()).unwrap();
    lively.connect(dead).unwrap();
    complete(lively.send("anybody?")).result.unwrap();
    assert_eq!(failure(lively.recv(vec![0; 4])), libc::ECONNREFUSED);
    // Not sticky, unlike the reset of a stream; and unconnected sockets hear nothing of it.
    lively.connect(ours.local_addr().unwrap()).unwrap();
    complete(lively.send("hello")).result.unwrap();
    assert_eq!(complete(ours.recv(vec![0; 9])).buf, b"hello");
    complete(ours.send_to("anybody?", dead)).result.unwrap();
    peer.send(b"still").unwrap();
    assert_eq!(complete(ours.recv(vec![0; 9])).buf, b"still");
}

#[test]
fn s_230_dropping_the_socket_cancels_its_receives() {
    let port = roomy_port();
    let (ours, _peer) = udp();
    port.associate(&ours, 0).unwrap();
    ours.recv_from(vec![0; 4]).submit(()).unwrap();
    let id = ours.recv_from(vec![0; 4]).submit(()).unwrap();
    ours.cancel(id).unwrap();
    drop(ours);
    for _ in 0..2 {
        let done = take_done::<Datagram<Vec<u8>>, ()>(&port);
        assert_eq!((code_of(&done), done.buf.sender()), (libc::ECANCELED, None));
    }
}

#[test]
fn unix_datagrams_have_names() {
    let directory = scratch();
    let (here, there) = (
        directory.path().join("here"),
        directory.path().join("there"),
    );
    let ours = UnixDatagram::bind(&here).unwrap();
    let named = StdUnixDatagram::bind(&there).unwrap();
    let nameless = UnixDatagram::unbound().unwrap();

    let pending = ours.recv_from(vec![0; 9]).start().unwrap();
    named.send_to(b"named", &here).unwrap();
    let done = finish(pending);
    assert_eq!(
        (&done.buf.buf[..], done.result.unwrap()),
        (&b"named"[..], 5)
    );
    assert_eq!(done.buf.sender(), Some(&Address::Path(there.clone())));

    complete(nameless.send_to("nameless", &here))
        .result
        .unwrap();
    let done = complete(ours.recv_from(vec![0; 9]));
    assert_eq!(done.buf.sender(), Some(&Address::Unnamed));
    assert_eq!(done.buf.buf, b"nameless");

    complete(ours.send_to("answer", &there)).result.unwrap();
    let mut arrived = [0; 9];
    let (bytes, from) = named.recv_from(&mut arrived).unwrap();
    assert_eq!(
        (&arrived[..bytes], from.as_pathname()),
        (&b"answer"[..], Some(&*here))
    );
    assert_eq!(
        refusal(ours.send_to("nobody", directory.path().join("no"))),
        libc::ENOENT
    );
}

#[test]
fn s_330_unix_datagrams_are_cut_and_may_be_empty() {
    let (left, right) = UnixDatagram::pair().unwrap();
    complete(left.send("longer than four")).result.unwrap();
    complete(left.send("")).result.unwrap();
    complete(left.send("four")).result.unwrap();
    let done = complete(right.recv([0; 4]));
    assert_eq!(
        (done.outcome.status, &done.buf),
        (Status::Truncated, b"long")
    );
    let done = complete(right.recv([0; 4]));
    assert_eq!(
        (done.outcome.status, done.result.unwrap()),
        (Status::Success, 0)
    );
    let done = complete(right.recv([0; 4]));
    assert_eq!((done.outcome.status, &done.buf), (Status::Success, b"four"));
}

#[test]
fn a_send_waits_while_the_connected_peers_queue_is_full() {
    let port = roomy_port();
    let (left, right) = UnixDatagram::pair().unwrap();
    port.associate(&left, 0).unwrap();
    const COUNT: usize = 1_000;
    for i in 0..COUNT {
        left.send(i.to_le_bytes()).submit(i).unwrap();
    }
    // Far fewer than all fit.
    assert!(port.snapshot().queued < COUNT);
    for i in 0..COUNT {
        let done = complete(right.recv(0usize.to_le_bytes()));
        assert_eq!(usize::from_le_bytes(done.buf), i);
    }
    for i in 0..COUNT {
        assert_eq!(take_done::<[u8; 8], usize>(&port).state, i);
    }
}

/// A receiver whose queue others have filled, and with how many datagrams.
fn full_receiver(path: &Path) -> (StdUnixDatagram, usize) {
    let receiver = StdUnixDatagram::bind(path).unwrap();
    let other = StdUnixDatagram::unbound().unwrap();
    other.set_nonblocking(true).unwrap();
    let mut queued = 0;
    while other.send_to(b"other", path).is_ok() {
        queued += 1;
    }
    (receiver, queued)
}

#[test]
fn a_send_that_waits_for_a_full_receiver_costs_next_to_nothing() {
    let name = "a_send_that_waits_for_a_full_receiver_costs_next_to_nothing";
    if has_run_alone(module_path!(), name) {
        return;
    }
    for with_port in [false, true] {
        let directory = scratch();
        let path = directory.path().join("receiver");
        let (receiver, queued) = full_receiver(&path);
        let ours = UnixDatagram::unbound().unwrap();
        let port = roomy_port();
        if with_port {
            port.associate(&ours, 1).unwrap();
        }
        let pending = ours.send_to("ours", &path).start().unwrap();
        let before = time_used();
        let wait = Duration::from_millis(300); // for what is measured, not for order
        let error = port.get(wait).unwrap_err();
        assert_eq!(error, WaitError::TimedOut);
        let used = time_used() - before;
        assert!(used < wait / 4, "{used:?} in {wait:?}");
        let mut bytes = [0; 9];
        for _ in 0..queued {
            assert_eq!(receiver.recv(&mut bytes).unwrap(), 5);
        }
        assert_eq!(finish(pending).result.unwrap(), 4);
        assert_eq!(receiver.recv(&mut bytes).unwrap(), 4);
    }
}

#[test]
fn what_waits_behind_a_send_to_a_full_receiver_goes_out_when_that_is_cancelled() {
    let directory = scratch();
    let [full, empty] = ["full", "empty"].map(|name| directory.path().join(name));
    let (_receiver, _) = full_receiver(&full);
    let receiver = StdUnixDatagram::bind(&empty).unwrap();
    let ours = UnixDatagram::unbound().unwrap();
    let port = roomy_port();
    port.associate(&ours, 1).unwrap();
    let first = ours.send_to("first", &full).submit(()).unwrap();
    let second = ours.send_to("second", &empty).start().unwrap();
    assert!(!second.is_done());
    ours.cancel(first).unwrap();
    assert_eq!(finish(second).result.unwrap(), 6);
    assert_eq!(receiver.recv(&mut [0; 9]).unwrap(), 6);
    assert_eq!(code_of(&take_done::<&str, ()>(&port)), libc::ECANCELED);
}

#[test]
fn a_send_waits_while_the_queue_of_any_receiver_is_full() {
    let directory = scratch();
    let path = directory.path().join("receiver");
    // The kernel tells us nothing when it has room again.
    let (receiver, queued) = full_receiver(&path);
    let ours = UnixDatagram::unbound().unwrap();
    let pending = ours.send_to("ours", &path).start().unwrap();
    // By the time that later events have been dealt with, it has been tried in vain.
    for _ in 0..3 {
        let (reader, writer) = completion_port::pipe().unwrap();
        let read = reader.read(vec![0; 4]).start().unwrap();
        complete(writer.write("now")).result.unwrap();
        finish(read).result.unwrap();
    }
    assert!(!pending.is_done());
    let mut bytes = [0; 9];
    for _ in 0..queued {
        assert_eq!(receiver.recv(&mut bytes).unwrap(), 5);
    }
    assert_eq!(finish(pending).result.unwrap(), 4);
    assert_eq!(receiver.recv(&mut bytes).unwrap(), 4);
}
