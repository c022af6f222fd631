//! Cancelling, dropping, and memory that comes back once on every path.

mod common;

use std::io::Read;
use std::sync::Barrier;
use std::thread;

use common::files::{SECTOR, Scene, on_each_engine};
use common::stream::{Stream, tcp_pair};
use common::{
    Drops, assert_empty, assert_same, code_of, eventually, finish, pattern, roomy_port, take,
    take_done, wait,
};
use completion_port::{
    AlignedBuf, AsHandle, CompletionPort, Deadline, OpId, TcpStream, UnixStream, pipe,
};

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
fn s_212_of_several_that_cancel_one_operation_one_succeeds() {
    let port = roomy_port();
    let (ours, _theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 0).unwrap();
    for round in 0..300 {
        let id = ours.recv(vec![0; 1]).submit(round).unwrap();
        let start = Barrier::new(3);
        let succeeded = thread::scope(|scope| {
            let cancel = || {
                start.wait();
                usize::from(ours.cancel(id).is_ok())
            };
            let others = [scope.spawn(cancel), scope.spawn(cancel)];
            start.wait();
            let all = ours.cancel_all();
            others
                .map(|other| other.join().unwrap())
                .iter()
                .sum::<usize>()
                + all
        });
        assert_eq!(succeeded, 1);
        let done = take_done::<Vec<u8>, i32>(&port);
        assert_eq!((code_of(&done), done.state), (libc::ECANCELED, round));
        assert_empty(&port);
    }
}

#[test]
fn s_213_what_has_ended_cannot_be_cancelled_though_its_packet_still_waits() {
    let port = roomy_port();
    let (ours, theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 0).unwrap();
    let receive = ours.recv(vec![0; 1]).submit(()).unwrap();
    common::complete(theirs.send("x")).result.unwrap();
    eventually("the packet is queued", || port.snapshot().queued == 1);
    let send = ours.send("x").submit(()).unwrap();
    let cancelled = ours.recv(vec![0; 1]).submit(()).unwrap();
    ours.cancel(cancelled).unwrap();
    for id in [receive, send, cancelled] {
        let error = ours.cancel(id).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }
    assert_eq!((ours.cancel_all(), port.snapshot().queued), (0, 3));
}

#[test]
fn s_218_a_cancelled_send_tells_exactly_what_went_out() {
    let bytes = 16 << 20;
    let sent = pattern(bytes, 1);
    let (ours, mut peer) = TcpStream::half();
    let pending = ours.send(sent.clone()).start().unwrap();
    let mut received = vec![0; 100_000];
    peer.read_exact(&mut received).unwrap();
    assert_eq!(ours.cancel_all(), 1);
    let done = finish(pending);
    assert_eq!(code_of(&done), libc::ECANCELED);
    let moved = done.outcome.bytes;
    assert!((100_000..bytes).contains(&moved), "{moved}");
    assert_same(&done.buf, &sent);
    // What is sent afterwards follows exactly there.
    let rest = thread::spawn(move || {
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).unwrap();
        rest
    });
    common::complete(ours.send("tail")).result.unwrap();
    drop(ours);
    received.extend(rest.join().unwrap());
    assert_same(&received[..moved], &sent[..moved]);
    assert_eq!(&received[moved..], b"tail");
}

#[test]
fn s_230_a_thread_that_waits_for_an_operation_hears_of_the_end_of_its_handle() {
    let (ours, _peer) = TcpStream::half();
    let (reader, _writer) = pipe().unwrap();
    let first = ours.recv(vec![0; 1]).start().unwrap();
    let second = reader.read(vec![0; 1]).start().unwrap();
    thread::scope(|scope| {
        let waits = [first, second].map(|pending| scope.spawn(|| finish(pending)));
        drop(ours);
        drop(reader);
        for wait in waits {
            assert_eq!(code_of(&wait.join().unwrap()), libc::ECANCELED);
        }
    });
}

#[test]
fn s_212_220_a_files_operation_ends_once_whether_it_is_cancelled_or_not() {
    const SECTORS: usize = 64;
    const COUNT: usize = 2_000;
    let contents = pattern(SECTORS * SECTOR, 2);
    let scene = Scene::new(&contents);
    on_each_engine(|port, engine| {
        let file = scene.direct().unwrap_or_else(|| scene.cold());
        port.associate(&file, 3).unwrap();
        let (tell, told) = std::sync::mpsc::channel::<OpId>();
        let asked = thread::scope(|scope| {
            let canceller = scope.spawn({
                let file = file.clone();
                move || told.iter().filter(|id| file.cancel(*id).is_ok()).count()
            });
            for i in 0..COUNT {
                let buf = AlignedBuf::new(SECTOR, SECTOR).unwrap();
                let offset = (i % SECTORS * SECTOR) as u64;
                let id = file.read_at(buf, offset).submit(i).unwrap();
                if i % 2 == 0 {
                    tell.send(id).unwrap();
                }
            }
            drop(tell);
            canceller.join().unwrap()
        });
        let mut cancelled = 0;
        let mut seen = vec![false; COUNT];
        for _ in 0..COUNT {
            let done = take_done::<AlignedBuf, usize>(port);
            assert!(!std::mem::replace(&mut seen[done.state], true), "twice");
            if done.result.is_err() {
                assert_eq!((code_of(&done), done.state % 2), (libc::ECANCELED, 0));
                cancelled += 1;
            } else {
                let place = done.state % SECTORS * SECTOR;
                assert_same(&done.buf, &contents[place..place + SECTOR]);
            }
        }
        assert_empty(port);
        assert!(cancelled <= asked);
        println!("  {engine:?}: {cancelled} of {asked} that were asked for in time");
    });
}

#[test]
fn s_212_what_is_cancelled_before_the_engine_begins_completes_though_nothing_else_does() {
    const ROUNDS: usize = 300;
    let scene = Scene::new(&pattern(SECTOR, 2));
    on_each_engine(|port, engine| {
        let file = scene.direct().unwrap_or_else(|| scene.cold());
        port.associate(&file, 3).unwrap();
        let mut cancelled = 0;
        for round in 0..ROUNDS {
            let buf = AlignedBuf::new(SECTOR, SECTOR).unwrap();
            let id = file.read_at(buf, 0).submit(round).unwrap();
            // Gone already is as good.
            let _ = file.cancel(id);
            let done = take_done::<AlignedBuf, usize>(port);
            assert_eq!(done.state, round);
            cancelled += usize::from(done.result.is_err());
        }
        assert_empty(port);
        println!("  {engine:?}: {cancelled} of {ROUNDS} cancelled");
    });
}

#[test]
fn a_dropped_pending_of_a_file_frees_its_buffer_once_the_engine_has_let_go() {
    const COUNT: usize = 500;
    let scene = Scene::new(&pattern(64 * SECTOR, 3));
    on_each_engine(|port, _| {
        let file = scene.direct().unwrap_or_else(|| scene.cold());
        // The port says which engine; nothing is posted to it.
        port.associate(&file, 0).unwrap();
        let drops = Drops::new();
        for i in 0..COUNT {
            let buf = drops.buf(AlignedBuf::new(SECTOR, SECTOR).unwrap());
            drop(file.read_at(buf, (i % 64 * SECTOR) as u64).start().unwrap());
        }
        eventually("all buffers are freed", || drops.count() == COUNT);
        assert_eq!(file.cancel_all(), 0);
        assert_empty(port);
        assert_eq!(drops.count(), COUNT);
    });
}

#[test]
fn cancelling_concerns_both_directions_and_only_one_handle() {
    let port = roomy_port();
    let (ours, _peer) = TcpStream::half();
    let (other, mut others_peer) = TcpStream::half();
    port.associate(&ours, 1).unwrap();
    port.associate(&other, 2).unwrap();
    ours.recv(vec![0; 1]).submit(()).unwrap();
    ours.send(vec![0; 16 << 20]).submit(()).unwrap();
    ours.send(vec![0; 1]).submit(()).unwrap();
    other.recv(vec![0; 1]).submit(()).unwrap();
    assert_eq!(ours.cancel_all(), 3);
    for _ in 0..3 {
        let packet = take(&port);
        assert_eq!(packet.key(), 1);
        assert_eq!(
            code_of(&packet.into_done::<Vec<u8>, ()>().unwrap()),
            libc::ECANCELED
        );
    }
    assert_empty(&port);
    std::io::Write::write_all(&mut others_peer, b"x").unwrap();
    let packet = wait(&port).unwrap();
    assert_eq!((packet.key(), packet.bytes()), (2, 1));
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
