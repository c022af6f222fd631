//! Cancelling, dropping, and memory that comes back once on every path.

mod common;

use std::thread;

use common::stream::tcp_pair;
use common::{Drops, assert_empty, code_of, eventually, finish, roomy_port, take, take_done};
use completion_port::{AsHandle, CompletionPort, Deadline, UnixStream, pipe};

#[test]
fn s_210_212_one_operation_is_cancelled_and_completes_once() {
    let port = roomy_port();
    let (ours, theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 3).unwrap();
    let ids: Vec<_> = (0..3)
        .map(|i| ours.recv(vec![0; 4]).submit(i).unwrap())
        .collect();
    ours.cancel(ids[1]).unwrap();
    let packet = take(&port);
    assert_eq!(packet.key(), 3);
    let done = packet.into_done::<Vec<u8>, i32>().unwrap();
    assert_eq!((code_of(&done), done.state), (libc::ECANCELED, 1));
    assert_empty(&port);
    // The others are filled in order, as if it had not been there.
    for (text, state) in [("one", 0), ("two", 2)] {
        common::complete(theirs.send(text));
        let done = take_done::<Vec<u8>, i32>(&port);
        assert_eq!((&done.buf[..], done.state), (text.as_bytes(), state));
    }
    for id in ids {
        assert_eq!(
            ours.cancel(id).unwrap_err().kind(),
            std::io::ErrorKind::NotFound
        );
    }
}

#[test]
fn s_210_all_are_cancelled_in_order() {
    let port = roomy_port();
    let (reader, _writer) = pipe().unwrap();
    port.associate(&reader, 0).unwrap();
    for i in 0..100 {
        reader.read(vec![0; 4]).submit(i).unwrap();
    }
    assert_eq!(reader.cancel_all(), 100);
    assert_eq!(reader.cancel_all(), 0);
    for i in 0..100 {
        let done = take_done::<Vec<u8>, i32>(&port);
        assert_eq!((code_of(&done), done.state), (libc::ECANCELED, i));
    }
    assert_empty(&port);
}

#[test]
fn s_218_a_cancelled_transfer_tells_what_had_been_moved() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    eventually("some bytes are moved before the cancelling", || {
        let pending = ours.recv_full(vec![0; 8]).start().unwrap();
        common::complete(theirs.send("abc"));
        pending.cancel();
        let done = finish(pending);
        assert_eq!(code_of(&done), libc::ECANCELED);
        match done.outcome.bytes {
            0 => assert_eq!(common::complete(ours.recv_full(vec![0; 3])).buf, b"abc"),
            3 => assert_eq!(&done.buf[..3], b"abc"),
            other => panic!("{other} bytes"),
        }
        done.outcome.bytes == 3
    });
}

#[test]
fn s_212_cancelling_against_data_completes_exactly_once() {
    let port = roomy_port();
    let (ours, theirs) = tcp_pair();
    port.associate(&ours, 0).unwrap();
    let (mut moved, mut cancelled) = (0, 0);
    for round in 0..2_000u32 {
        let id = ours.recv(vec![0; 1]).submit(round).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| common::complete(theirs.send(vec![1; 1])).result.unwrap());
            scope.spawn(|| ours.cancel(id).is_ok());
        });
        let done = take_done::<Vec<u8>, u32>(&port);
        assert_eq!(done.state, round);
        match done.result {
            Ok(bytes) => {
                assert_eq!(bytes, 1);
                moved += 1;
            }
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(libc::ECANCELED));
                cancelled += 1;
                // The byte that was not received then is received now.
                assert_eq!(common::complete(ours.recv(vec![0; 1])).result.unwrap(), 1);
            }
        }
        assert_empty(&port);
    }
    println!("{moved} received, {cancelled} cancelled");
}

#[test]
fn s_230_231_the_last_duplicate_cancels_and_delivers_with_its_key() {
    let port = roomy_port();
    let (ours, _theirs) = tcp_pair();
    port.associate(&ours, 11).unwrap();
    let twin = ours.clone();
    for i in 0..3 {
        ours.recv(vec![0; 4]).submit(i).unwrap();
    }
    drop(ours);
    assert_empty(&port);
    drop(twin);
    for i in 0..3 {
        let packet = take(&port);
        assert_eq!(packet.key(), 11);
        let done = packet.into_done::<Vec<u8>, i32>().unwrap();
        assert_eq!((code_of(&done), done.state), (libc::ECANCELED, i));
    }
    assert_empty(&port);
}

#[test]
fn s_232_closing_without_anything_in_flight_posts_nothing() {
    let port = roomy_port();
    let (ours, _theirs) = tcp_pair();
    port.associate(&ours, 1).unwrap();
    drop(ours);
    assert_empty(&port);
}

#[test]
fn a_dropped_pending_is_cancelled_and_frees_its_buffer_once() {
    let drops = Drops::new();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let pending = ours.recv(drops.buf(vec![0; 4])).start().unwrap();
    assert_eq!(drops.count(), 0);
    drop(pending);
    eventually("the buffer is freed", || drops.count() == 1);
    // Nobody receives any more.
    common::complete(theirs.send("kept"));
    assert_eq!(common::complete(ours.recv(vec![0; 8])).buf, b"kept");
    assert_eq!(drops.count(), 1);
}

#[test]
fn buffers_and_states_come_back_once_on_every_path() {
    let drops = Drops::new();
    let buf = || drops.buf(vec![0; 4]);
    let (ours, theirs) = UnixStream::pair().unwrap();
    // Refused: the handle has no port.
    let rejected = ours.recv(buf()).submit(drops.state()).unwrap_err();
    assert_eq!(drops.count(), 0);
    drop(rejected);
    assert_eq!(drops.count(), 2);
    // Completed and taken.
    let port = CompletionPort::new(1).unwrap();
    port.associate(&ours, 0).unwrap();
    ours.recv(buf()).submit(drops.state()).unwrap();
    common::complete(theirs.send("x"));
    drop(take(&port));
    assert_eq!(drops.count(), 4);
    // Completed and left in the port.
    ours.recv(buf()).submit(drops.state()).unwrap();
    common::complete(theirs.send("x"));
    eventually("the packet is queued", || {
        // A wait that is over at once lets events in.
        port.snapshot().queued == 1
    });
    port.close();
    assert_eq!(drops.count(), 6);
    // In flight when the port closes, and cancelled later: nobody hears of it.
    ours.recv(buf()).submit(drops.state()).unwrap();
    assert_eq!(drops.count(), 6);
    drop(ours);
    eventually("the memory is freed", || drops.count() == 8);
    assert!(port.get(Deadline::Now).is_err());
}

#[test]
fn other_types_than_were_submitted_give_the_packet_back() {
    let port = roomy_port();
    let (ours, theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 4).unwrap();
    ours.recv(vec![0; 4]).submit("state").unwrap();
    common::complete(theirs.send("abc"));
    let packet = take(&port).into_done::<Box<[u8]>, &str>().unwrap_err();
    let packet = packet.into_done::<Vec<u8>, String>().unwrap_err();
    assert_eq!((packet.key(), packet.bytes(), packet.token()), (4, 3, None));
    let done = packet.into_done::<Vec<u8>, &str>().unwrap();
    assert_eq!((&done.buf[..], done.state), (&b"abc"[..], "state"));
    port.post(1, 2, 3).unwrap();
    assert!(take(&port).into_done::<Vec<u8>, &str>().is_err());
}
