//! The port itself: making it, tying handles to it, posting, taking, closing.

mod common;

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use common::stream::Stream;
use common::{
    Drops, LONG, assert_empty, complete, create, eventually, finish, roomy_port, scratch, take,
    take_done, until_waiting, wait,
};
use completion_port::{
    Alert, AsHandle, Builder, Closed, Completion, CompletionPort, Deadline, Done, Engine, File,
    OpId, Pending, PipeReader, PipeWriter, Rejected, Slice, Snapshot, Submitted, TcpListener,
    TcpStream, UdpSocket, UnixStream, WaitError, pipe,
};

#[test]
fn s_010_014_concurrency_0_means_the_number_of_processors() {
    let processors = thread::available_parallelism().unwrap().get();
    assert_eq!(CompletionPort::new(0).unwrap().snapshot().limit, processors);
    assert_eq!(CompletionPort::new(7).unwrap().snapshot().limit, 7);
    let built = CompletionPort::builder().build().unwrap();
    assert_eq!(built.snapshot().limit, processors);
}

#[test]
fn a_new_port_is_empty_and_open() {
    let port = CompletionPort::new(3).unwrap();
    let expected = Snapshot {
        queued: 0,
        waiting: 0,
        running: 0,
        bound: 0,
        limit: 3,
        counters: port.snapshot().counters,
    };
    assert_eq!(port.snapshot(), expected);
    assert!(!port.is_closed());
    assert_empty(&port);
}

#[test]
fn everything_may_be_used_from_any_thread() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<CompletionPort>();
    shared::<Builder>();
    shared::<TcpStream>();
    shared::<TcpListener>();
    shared::<UnixStream>();
    shared::<UdpSocket>();
    shared::<PipeReader>();
    shared::<PipeWriter>();
    shared::<File>();
    shared::<OpId>();
    shared::<Deadline>();
    shared::<Engine>();
    shared::<WaitError>();
    sent::<Completion>();
    sent::<Done<Vec<u8>, String>>();
    sent::<Rejected<Vec<u8>, String>>();
    shared::<Pending<Vec<u8>>>();
    shared::<Slice<Vec<u8>>>();
}

#[test]
fn s_016_a_second_association_fails_and_the_first_stays() {
    let port = CompletionPort::new(0).unwrap();
    let other = CompletionPort::new(0).unwrap();
    let (left, right) = UnixStream::pair().unwrap();
    port.associate(&left, 1).unwrap();
    for second in [&port, &other] {
        let error = second.associate(&left, 2).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        let error = second.associate(&left.clone(), 2).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
    left.recv(vec![0; 8]).submit(()).unwrap();
    complete(right.send("data")).result.unwrap();
    assert_eq!(take(&port).key(), 1);
    assert_empty(&other);
}

#[test]
fn s_016_a_file_belongs_to_one_port_too() {
    let directory = scratch();
    let port = CompletionPort::new(0).unwrap();
    let file: File = create(&directory.path().join("file")).try_into().unwrap();
    port.associate(&file, 1).unwrap();
    let error = port.associate(&file, 2).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    file.write_at("data", 0).submit(()).unwrap();
    assert_eq!(take(&port).key(), 1);
}

#[test]
fn s_019_duplicates_share_port_and_key() {
    let port = CompletionPort::new(0).unwrap();
    let (left, mut peer) = UnixStream::half();
    let duplicate = left.clone();
    port.associate(&left, 77).unwrap();
    duplicate.recv([0; 1]).submit("by the duplicate").unwrap();
    left.recv([0; 1]).submit("by the first").unwrap();
    std::io::Write::write_all(&mut peer, b"ab").unwrap();
    for (byte, by) in [(b'a', "by the duplicate"), (b'b', "by the first")] {
        let packet = take(&port);
        assert_eq!(packet.key(), 77);
        let done = packet.into_done::<[u8; 1], &str>().unwrap();
        assert_eq!((done.buf, done.state), ([byte], by));
    }
}

#[test]
fn s_020_handles_of_all_kinds_share_a_port_and_even_the_key_0() {
    let directory = scratch();
    let port = CompletionPort::new(0).unwrap();
    let (stream, other_end) = UnixStream::pair().unwrap();
    let (reader, writer) = pipe().unwrap();
    let udp = UdpSocket::bind(common::any_port()).unwrap();
    let file: File = create(&directory.path().join("file")).try_into().unwrap();
    port.associate(&stream, 0).unwrap();
    port.associate(&reader, 0).unwrap();
    port.associate(&udp, 0).unwrap();
    port.associate(&file, 0).unwrap();

    stream.recv(vec![0; 8]).submit("stream").unwrap();
    reader.read(vec![0; 8]).submit("pipe").unwrap();
    udp.recv(vec![0; 8]).submit("datagram").unwrap();
    file.write_at(vec![1], 0).submit("file").unwrap();
    complete(other_end.send("x")).result.unwrap();
    complete(writer.write("x")).result.unwrap();
    let sender = UdpSocket::bind(common::any_port()).unwrap();
    complete(sender.send_to("x", udp.local_addr().unwrap()))
        .result
        .unwrap();

    let mut kinds: Vec<&str> = (0..4)
        .map(|_| {
            let packet = take(&port);
            assert_eq!((packet.key(), packet.bytes()), (0, 1));
            packet.into_done::<Vec<u8>, &str>().unwrap().state
        })
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["datagram", "file", "pipe", "stream"]);
    assert_empty(&port);
}

#[test]
fn s_022_a_handle_can_be_associated_while_an_operation_is_pending() {
    let port = CompletionPort::new(0).unwrap();
    let (stream, mut peer) = TcpStream::half();
    let first = stream.recv(vec![0; 2]).start().unwrap();
    port.associate(&stream, 5).unwrap();
    stream.recv(vec![0; 2]).submit("second").unwrap();
    assert!(!first.is_done());
    std::io::Write::write_all(&mut peer, b"1122").unwrap();
    // Readiness now reaches the port's threads only; both operations end there, in order.
    let done = take_done::<Vec<u8>, &str>(&port);
    assert_eq!((&done.buf[..], done.state), (&b"22"[..], "second"));
    assert_eq!(finish(first).buf, b"11");
}

#[test]
fn an_operation_is_refused_without_a_port() {
    let (stream, _peer) = UnixStream::half();
    let rejected = stream.recv(vec![7; 3]).submit("state").unwrap_err();
    assert_eq!(rejected.error.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!((rejected.buf, rejected.state), (vec![7; 3], "state"));
}

/// Threads that wait for packets until the port closes; `handle` decides whether one of them
/// waits in the engine.
fn close_wakes_all(with_handle: bool) {
    let port = roomy_port();
    let (stream, _peer) = UnixStream::half();
    if with_handle {
        port.associate(&stream, 0).unwrap();
    }
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..20)
            .map(|i| {
                let port = &port;
                scope.spawn(move || match i % 2 {
                    0 => wait(port).unwrap_err(),
                    _ => port
                        .get_many(&mut Vec::new(), 3, Deadline::Never)
                        .unwrap_err(),
                })
            })
            .collect();
        until_waiting(&port, 20);
        port.close();
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), WaitError::Closed);
        }
    });
    assert_eq!((port.snapshot().waiting, port.snapshot().bound), (0, 0));
}

#[test]
fn s_030_070_closing_wakes_every_waiter_and_unbinds_it() {
    close_wakes_all(false);
}

#[test]
fn s_030_closing_wakes_the_waiter_in_the_engine_too() {
    close_wakes_all(true);
}

#[test]
fn s_031_operations_go_on_after_the_port_is_closed_but_nobody_hears_of_them() {
    let port = CompletionPort::new(0).unwrap();
    let drops = Drops::new();
    let (stream, mut peer) = UnixStream::half();
    port.associate(&stream, 1).unwrap();
    stream
        .recv(drops.buf(vec![0; 3]))
        .submit(drops.state())
        .unwrap();
    stream.recv(vec![0; 3]).submit(()).unwrap();
    port.close();
    std::io::Write::write_all(&mut peer, b"onetwothree").unwrap();
    eventually("buffer and state are dropped, once", || drops.count() == 2);
    // The stream itself works on: its third receive gets what the first two left.
    let third = complete(stream.recv_full(vec![0; 5]));
    assert_eq!(third.buf, b"three");
    stream.send("into the void").submit(()).unwrap();
    let mut arrived = [0; 13];
    std::io::Read::read_exact(&mut peer, &mut arrived).unwrap();
    assert_eq!(&arrived, b"into the void");
    assert_eq!(port.get(Duration::ZERO).unwrap_err(), WaitError::Closed);
}

#[test]
fn s_032_waits_and_posts_after_closing_are_refused() {
    let port = CompletionPort::new(0).unwrap();
    let duplicate = port.clone();
    port.close();
    port.close();
    assert!(duplicate.is_closed());
    for deadline in [Deadline::Now, Deadline::Never, LONG.into()] {
        assert_eq!(duplicate.get(deadline).unwrap_err(), WaitError::Closed);
        let many = duplicate.get_many(&mut Vec::new(), 2, deadline);
        assert_eq!(many.unwrap_err(), WaitError::Closed);
    }
    assert_eq!(duplicate.post(1, 2, 3), Err(Closed));
    assert_eq!(
        std::io::Error::from(Closed).kind(),
        std::io::ErrorKind::NotConnected
    );
}

#[test]
fn s_033_packets_that_nobody_took_are_dropped_with_the_port() {
    let drops = Drops::new();
    let port = CompletionPort::new(0).unwrap();
    let (stream, _peer) = UnixStream::half();
    port.associate(&stream, 1).unwrap();
    for _ in 0..3 {
        stream
            .send(drops.buf("bytes"))
            .submit(drops.state())
            .unwrap();
    }
    assert_eq!((port.snapshot().queued, drops.count()), (3, 0));
    drop(port);
    assert_eq!(drops.count(), 6);
}

#[test]
fn s_034_a_packet_that_was_handed_over_before_the_close_is_taken() {
    let port = roomy_port();
    for with_handle in [false, true] {
        let port = if with_handle {
            roomy_port()
        } else {
            port.clone()
        };
        let (stream, _peer) = UnixStream::half();
        if with_handle {
            port.associate(&stream, 0).unwrap();
        }
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait(&port));
            until_waiting(&port, 1);
            port.post(1, 2, 3).unwrap();
            port.close();
            assert_eq!(waiter.join().unwrap().unwrap().token(), Some(3));
        });
    }
}

#[test]
fn the_last_duplicate_closes_the_port_and_an_associated_handle_does_not_keep_it_open() {
    let drops = Drops::new();
    let port = CompletionPort::new(0).unwrap();
    let duplicate = port.clone();
    let (stream, mut peer) = UnixStream::half();
    port.associate(&stream, 1).unwrap();
    drop(port);
    assert!(!duplicate.is_closed());
    duplicate.post(1, 1, 1).unwrap();
    stream.recv(drops.buf(vec![0; 1])).submit(()).unwrap();
    drop(duplicate);
    std::io::Write::write_all(&mut peer, b"x").unwrap();
    eventually("the receive is carried out and dropped", || {
        drops.count() == 1
    });
}

#[test]
fn s_040_045_packets_of_all_sources_leave_in_the_order_in_which_they_came() {
    let port = CompletionPort::new(0).unwrap();
    let (stream, _peer) = UnixStream::half();
    port.associate(&stream, 1_000).unwrap();
    for i in 0..100 {
        if i % 3 == 0 {
            stream.send("x").submit(i).unwrap();
        } else {
            port.post(i, i + 1, i + 2).unwrap();
        }
    }
    let mut packets = Vec::new();
    while packets.len() < 100 {
        if packets.len() % 2 == 0 {
            packets.push(take(&port));
        } else {
            port.get_many(&mut packets, 7, LONG).unwrap();
        }
    }
    for (i, packet) in packets.into_iter().enumerate() {
        match packet.token() {
            Some(token) => assert_eq!((packet.key(), token), (i, i + 2)),
            None => assert_eq!(packet.into_done::<&'static str, usize>().unwrap().state, i),
        }
    }
}

#[test]
fn s_110_a_packet_tells_what_it_is() {
    let port = CompletionPort::new(0).unwrap();
    let (stream, _peer) = UnixStream::half();
    port.associate(&stream, 3).unwrap();
    port.post(1, 2, 4).unwrap();
    stream.send("four").submit(()).unwrap();
    let posted = take(&port);
    assert_eq!(
        (posted.key(), posted.bytes(), posted.token()),
        (1, 2, Some(4))
    );
    assert!(posted.outcome().is_none());
    let finished = take(&port);
    assert_eq!(
        (finished.key(), finished.bytes(), finished.token()),
        (3, 4, None)
    );
    assert_eq!(finished.outcome().unwrap().bytes, 4);
}

#[test]
fn s_114_115_a_wait_never_ends_early() {
    let port = roomy_port();
    let (stream, _peer) = UnixStream::half();
    for with_handle in [false, true] {
        if with_handle {
            port.associate(&stream, 0).unwrap();
        }
        for microseconds in [1, 50, 300, 999, 1_000, 1_001, 2_500, 10_000] {
            let wait = Duration::from_micros(microseconds);
            let start = Instant::now();
            assert_eq!(port.get(wait).unwrap_err(), WaitError::TimedOut);
            let waited = start.elapsed();
            assert!(waited >= wait, "{waited:?} instead of {wait:?}");
            let until = Instant::now() + wait;
            assert_eq!(port.get(until).unwrap_err(), WaitError::TimedOut);
            assert!(Instant::now() >= until);
        }
    }
}

#[test]
fn s_114_polling_an_empty_port_does_not_wait() {
    let port = CompletionPort::new(0).unwrap();
    let (stream, _peer) = UnixStream::half();
    for with_handle in [false, true] {
        if with_handle {
            port.associate(&stream, 0).unwrap();
        }
        for deadline in [
            Deadline::Now,
            Deadline::At(Instant::now()),
            Duration::ZERO.into(),
        ] {
            let start = Instant::now();
            for _ in 0..1_000 {
                assert_eq!(port.get(deadline).unwrap_err(), WaitError::TimedOut);
            }
            let each = start.elapsed() / 1_000;
            assert!(each < Duration::from_millis(1), "{each:?} for each poll");
        }
    }
}

#[test]
fn s_114_a_passed_deadline_still_takes_a_packet_that_is_there() {
    let port = CompletionPort::new(0).unwrap();
    port.post(1, 2, 3).unwrap();
    let long_ago = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    assert_eq!(port.get(long_ago).unwrap().token(), Some(3));
    port.post(1, 2, 3).unwrap();
    assert_eq!(port.get(Deadline::Now).unwrap().token(), Some(3));
}

#[test]
fn s_120_122_get_many_takes_what_is_there_in_order_and_waits_for_the_first_only() {
    let port = CompletionPort::new(0).unwrap();
    for i in 0..5 {
        port.post(i, 0, 0).unwrap();
    }
    let mut packets = Vec::new();
    assert_eq!(port.get_many(&mut packets, 3, LONG).unwrap(), 3);
    assert_eq!(port.get_many(&mut packets, 3, Deadline::Never).unwrap(), 2);
    let keys: Vec<usize> = packets.iter().map(Completion::key).collect();
    assert_eq!(keys, [0, 1, 2, 3, 4]);
    let none = port.get_many(&mut packets, 3, Duration::from_millis(1));
    assert_eq!((none.unwrap_err(), packets.len()), (WaitError::TimedOut, 5));
}

#[test]
fn s_130_133_posted_numbers_come_back_verbatim() {
    let port = CompletionPort::new(0).unwrap();
    let values = [
        (0, 0, 0),
        (usize::MAX, usize::MAX, usize::MAX),
        (1, 2, 3),
        (1 << 40, 0, 9),
    ];
    for (key, bytes, token) in values {
        port.post(key, bytes, token).unwrap();
        let packet = take(&port);
        assert_eq!(
            (packet.key(), packet.bytes(), packet.token()),
            (key, bytes, Some(token))
        );
        // Nobody's operation: it cannot be mistaken for one, and comes back whole.
        let packet = packet.into_done::<Vec<u8>, ()>().unwrap_err();
        assert_eq!(
            (packet.key(), packet.bytes(), packet.token()),
            (key, bytes, Some(token))
        );
    }
}

#[test]
fn s_131_any_thread_may_post_and_the_queue_takes_it_all() {
    let port = CompletionPort::new(0).unwrap();
    thread::scope(|scope| {
        for poster in 0..4 {
            let port = &port;
            scope.spawn(move || {
                for i in 0..25_000 {
                    port.post(poster, i, 0).unwrap();
                }
            });
        }
    });
    assert_eq!(port.snapshot().queued, 100_000);
    let mut next = [0; 4];
    let mut packets = Vec::new();
    while port.get_many(&mut packets, 1_000, Deadline::Now).is_ok() {
        for packet in packets.drain(..) {
            assert_eq!(
                packet.bytes(),
                next[packet.key()],
                "each poster's packets in order"
            );
            next[packet.key()] += 1;
        }
    }
    assert_eq!(next, [25_000; 4]);
}

#[test]
fn s_150_an_operation_that_fails_at_once_posts_no_packet() {
    let port = CompletionPort::new(0).unwrap();
    let (reader, writer) = pipe().unwrap();
    port.associate(&writer, 1).unwrap();
    drop(reader);
    let rejected = writer.write("nobody reads").submit(42).unwrap_err();
    assert_eq!(rejected.error.raw_os_error(), Some(libc::EPIPE));
    assert_eq!((rejected.buf, rejected.state), ("nobody reads", 42));
    assert_empty(&port);
}

#[test]
fn s_152_what_is_taken_at_once_posts_no_packet() {
    let port = CompletionPort::new(0).unwrap();
    let (stream, mut peer) = UnixStream::half();
    port.associate(&stream, 1).unwrap();
    match stream.send("at once").submit_or_take("state").unwrap() {
        Submitted::Done(done) => assert_eq!((done.result.unwrap(), done.state), (7, "state")),
        Submitted::InFlight(id) => panic!("{id:?} should not have had to wait"),
    }
    assert_empty(&port);
    match stream.recv(vec![0; 4]).submit_or_take("later").unwrap() {
        Submitted::Done(done) => panic!("nothing has been sent yet: {done:?}"),
        Submitted::InFlight(_) => {}
    }
    std::io::Write::write_all(&mut peer, b"data").unwrap();
    assert_eq!(take_done::<Vec<u8>, &str>(&port).state, "later");
    assert_empty(&port);
}

#[test]
fn s_153_what_is_waited_for_directly_posts_no_packet() {
    let port = CompletionPort::new(0).unwrap();
    let (stream, mut peer) = UnixStream::half();
    port.associate(&stream, 1).unwrap();
    let pending = stream.recv(vec![0; 4]).start().unwrap();
    let pending = pending.wait_until(Deadline::Now).unwrap_err();
    let pending = pending.wait_until(Duration::from_millis(1)).unwrap_err();
    assert!(!pending.is_done());
    std::io::Write::write_all(&mut peer, b"data").unwrap();
    assert_eq!(finish(pending).buf, b"data");
    assert_eq!(complete(stream.send("at once")).result.unwrap(), 7);
    assert_empty(&port);
}

#[test]
fn s_157_a_packet_can_be_taken_before_the_call_that_submitted_it_returns() {
    // Many rounds in which another thread takes the packets of sends that complete at once.
    let port = CompletionPort::builder()
        .concurrency(8)
        .strict(true)
        .build()
        .unwrap();
    let (stream, mut peer) = UnixStream::half();
    port.associate(&stream, 1).unwrap();
    let drops = Drops::new();
    let finished = AtomicBool::new(false);
    let start = Barrier::new(2);
    let sent = thread::scope(|scope| {
        let taker = scope.spawn(|| {
            start.wait();
            let mut taken = 0;
            while let Ok(packet) = wait(&port) {
                if packet.token().is_some() {
                    break;
                }
                drop(packet);
                taken += 1;
            }
            finished.store(true, Ordering::SeqCst);
            taken
        });
        start.wait();
        let mut sent = 0;
        for _ in 0..200 {
            match stream
                .send(drops.buf(vec![0; 16]))
                .submit_or_take(drops.state())
                .unwrap()
            {
                Submitted::InFlight(_) => panic!("a small send does not wait"),
                Submitted::Done(done) => drop(done),
            }
            stream
                .send(drops.buf(vec![0; 16]))
                .submit(drops.state())
                .unwrap();
            std::io::Read::read_exact(&mut peer, &mut [0; 32]).unwrap();
            sent += 1;
        }
        port.post(0, 0, 0).unwrap();
        assert_eq!(taker.join().unwrap(), sent);
        sent
    });
    assert!(finished.load(Ordering::SeqCst));
    assert_eq!(drops.count(), 4 * sent);
}

#[test]
fn s_233_packets_carry_the_old_key_though_the_descriptor_is_used_again() {
    let port = CompletionPort::new(0).unwrap();
    for key in 0..50 {
        let (stream, peer) = UnixStream::half();
        port.associate(&stream, key).unwrap();
        stream.recv(vec![0; 1]).submit(key).unwrap();
        drop(stream);
        drop(peer);
    }
    for key in 0..50 {
        let packet = take(&port);
        assert_eq!(packet.key(), key);
        let done = packet.into_done::<Vec<u8>, usize>().unwrap();
        assert_eq!((common::code_of(&done), done.state), (libc::ECANCELED, key));
        assert!(done.buf.iter().all(|&byte| byte == 0));
    }
}

#[test]
fn cancelling_needs_no_port() {
    let (stream, _peer) = UnixStream::half();
    let pending = stream.recv(vec![0; 1]).start().unwrap();
    assert_eq!(stream.cancel_all(), 1);
    assert_eq!(common::code_of(&finish(pending)), libc::ECANCELED);
}

/// A thread waits with an alert, parked or in the engine's wait; another raises it, again and
/// again.
fn alerts_end_waits(with_handle: bool) {
    let port = CompletionPort::new(1).unwrap();
    let (stream, _peer) = UnixStream::pair().unwrap();
    if with_handle {
        port.associate(&stream, 0).unwrap();
    }
    let alert = Alert::new();
    let (ended, end) = channel();
    thread::scope(|scope| {
        let (port, alert) = (&port, &alert);
        let waiter = scope.spawn(move || {
            for _ in 0..200 {
                let waited = port.get_alertable(&mut Vec::new(), 2, LONG, alert);
                assert!(alert.lower());
                ended.send(waited).unwrap();
            }
            // A wait that is not alertable does not notice.
            take(port).token()
        });
        for _ in 0..200 {
            until_waiting(port, 1);
            alert.raise();
            assert_eq!(end.recv().unwrap(), Err(WaitError::Alerted));
        }
        until_waiting(port, 1);
        alert.raise();
        port.post(0, 0, 5).unwrap();
        assert_eq!(waiter.join().unwrap(), Some(5));
        // Packets that are there at once are taken though the alert is raised.
        port.post(0, 0, 6).unwrap();
        assert_eq!(port.get_alertable(&mut Vec::new(), 2, LONG, alert), Ok(1));
    });
}

#[test]
fn an_alert_ends_a_parked_wait() {
    alerts_end_waits(false);
}

#[test]
fn an_alert_ends_the_engines_wait() {
    alerts_end_waits(true);
}
