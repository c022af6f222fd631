//! Byte streams: order, whole sends, ends and resets, shutting down. Each test runs on TCP and on
//! Unix streams.

mod common;

use std::io::{Read, Write};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use common::stream::{Stream, on_both_streams, second, tcp_pair};
use common::{
    assert_empty, assert_same, code_of, complete, create, failure, finish, pattern, refusal,
    roomy_port, scratch, take, take_done,
};
use completion_port::{
    Deadline, Done, File, IoBuf, Pending, Shutdown, Status, Submitted, TcpSocket, TcpStream,
};

const MIB: usize = 1 << 20;

on_both_streams! {
    s_320_each_success_at_once_posts_exactly_one_packet,
    s_321_an_operation_that_must_wait_does_not_block_the_caller,
    s_323_a_receive_takes_any_amount_and_fills_in_order,
    s_324_receives_are_filled_in_call_order,
    s_324_receives_of_several_threads_are_filled_in_call_order,
    s_324_receives_of_all_kinds_keep_their_order,
    s_325_a_big_send_completes_whole_though_the_reader_is_slow,
    s_325_big_sends_do_not_interleave,
    s_325_small_sends_of_several_threads_go_out_in_call_order,
    s_327_the_end_of_the_stream_is_0_bytes_again_and_again,
    s_328_a_reset_is_sticky,
    s_328_data_before_the_reset_comes_first,
    s_328_a_receive_of_all_keeps_what_came_before_the_reset,
    s_328_a_broken_big_send_tells_how_far_it_came,
    s_329_a_receive_without_room_waits_and_takes_nothing,
    s_329_a_receive_without_room_ends_with_the_stream,
    s_333_shutting_down_the_receiving_side_spares_what_is_pending,
    s_334_shutting_down_the_sending_side_comes_after_queued_sends,
    s_334_a_queued_shutdown_survives_the_cancelling_of_the_sends_before_it,
    s_335_dropping_a_stream_lets_sent_data_arrive,
    s_336_peeking_leaves_the_data,
    recv_full_waits_for_all_and_ends_with_the_stream,
    a_send_of_nothing_completes,
    vectored_transfers_go_both_ways,
    any_number_of_empty_buffers_may_come_first,
    more_vectors_than_one_call_takes_are_sent_whole,
    a_file_is_sent_in_order_with_other_sends,
    a_file_is_sent_while_the_socket_is_full,
    ten_thousand_receives_wait_on_one_stream,
    echo_runs_both_ways_at_once,
}

fn s_320_each_success_at_once_posts_exactly_one_packet<S: Stream>() {
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 9).unwrap();
    for i in 0..50usize {
        stream.send("ping").submit(i).unwrap();
        let packet = take(&port);
        assert_eq!((packet.key(), packet.bytes()), (9, 4));
        assert_eq!(packet.into_done::<&'static str, usize>().unwrap().state, i);
        assert_empty(&port);
    }
    peer.write_all(&[1; 50]).unwrap();
    // The bytes have certainly arrived once a peek sees them.
    finish(stream.peek([0; 1]).start().unwrap()).result.unwrap();
    for i in 0..50usize {
        stream.recv([0; 1]).submit(i).unwrap();
        assert_eq!(take_done::<[u8; 1], usize>(&port).state, i);
        assert_empty(&port);
    }
}

fn s_321_an_operation_that_must_wait_does_not_block_the_caller<S: Stream>() {
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    stream.recv(vec![0; 9]).submit(()).unwrap();
    assert_empty(&port);
    stream.send("request").submit(()).unwrap();
    assert_eq!(take_done::<&'static str, ()>(&port).result.unwrap(), 7);
    peer.write_all(b"response").unwrap();
    assert_eq!(take_done::<Vec<u8>, ()>(&port).buf, b"response");
}

fn s_323_a_receive_takes_any_amount_and_fills_in_order<S: Stream>() {
    let (stream, mut peer) = S::half();
    let pending = stream.recv(vec![0; 100]).start().unwrap();
    peer.write_all(b"some").unwrap();
    let done = finish(pending);
    assert_eq!((done.result.unwrap(), &done.buf[..]), (4, &b"some"[..]));
    peer.write_all(b"abcdef").unwrap();
    let mut all = Vec::new();
    while all.len() < 6 {
        let done = complete(stream.recv(Vec::with_capacity(2)));
        assert!(
            done.result
                .is_ok_and(|bytes| bytes == done.buf.len() && bytes > 0)
        );
        all.extend(done.buf);
    }
    assert_eq!(all, b"abcdef");
}

/// Puts the completions of receives into call order and joins what they received.
fn in_call_order(port: &completion_port::CompletionPort, receives: usize) -> Vec<u8> {
    let mut parts: Vec<Option<Vec<u8>>> = vec![None; receives];
    for _ in 0..receives {
        let done = take_done::<Vec<u8>, usize>(port);
        assert_eq!(done.result.unwrap(), done.buf.len());
        assert!(
            parts[done.state].replace(done.buf).is_none(),
            "one packet for each receive"
        );
    }
    parts
        .into_iter()
        .flat_map(|part| part.expect("taken"))
        .collect()
}

fn s_324_receives_are_filled_in_call_order<S: Stream>() {
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    for round in 0..50 {
        for i in 0..4usize {
            stream.recv(Vec::with_capacity(1_000)).submit(i).unwrap();
        }
        let sent = pattern(4_000, round);
        peer.write_all(&sent).unwrap();
        let mut received = in_call_order(&port, 4);
        // A receive may be short; what is left must be the rest.
        let left = sent.len() - received.len();
        if left > 0 {
            received.extend(complete(stream.recv_full(Vec::with_capacity(left))).buf);
        }
        assert_same(&received, &sent);
    }
}

fn s_324_receives_of_several_threads_are_filled_in_call_order<S: Stream>() {
    const THREADS: usize = 4;
    const EACH: usize = 100;
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    let calls = Mutex::new(0usize);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let mut call = calls.lock().unwrap();
                    stream
                        .recv_full(Vec::with_capacity(64))
                        .submit(*call)
                        .unwrap();
                    *call += 1;
                }
            });
        }
        // Data come while the receives are being submitted.
        let sent = pattern(THREADS * EACH * 64, 1);
        sent.chunks(1_000)
            .for_each(|chunk| peer.write_all(chunk).unwrap());
        assert_same(&in_call_order(&port, THREADS * EACH), &sent);
    });
}

fn s_324_receives_of_all_kinds_keep_their_order<S: Stream>() {
    let (stream, mut peer) = S::half();
    let peek = stream.peek(vec![0; 3]).start().unwrap();
    let full = stream.recv_full(vec![0; 4]).start().unwrap();
    let zero = stream.recv(Vec::new()).start().unwrap();
    let vectored = stream
        .recv_vectored(vec![vec![0; 1], vec![0; 2]])
        .start()
        .unwrap();
    let rest = stream.recv(vec![0; 9]).start().unwrap();
    peer.write_all(b"0123456789").unwrap();
    assert_eq!(finish(peek).buf, b"012");
    assert_eq!(finish(full).buf, b"0123");
    assert_eq!(finish(zero).result.unwrap(), 0);
    assert_eq!(finish(vectored).buf, [&b"4"[..], b"56"]);
    assert_eq!(finish(rest).buf, b"789");
}

fn s_325_a_big_send_completes_whole_though_the_reader_is_slow<S: Stream>() {
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    let sent = pattern(16 * MIB, 2);
    stream.send(sent.clone()).submit(()).unwrap();
    assert_empty(&port);
    let received = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut received = vec![0; 16 * MIB];
            // Small bites first, each only when the sender has surely filled up again.
            let (start, rest) = received.split_at_mut(4_096);
            for bite in start.chunks_mut(64) {
                peer.read_exact(bite).unwrap();
                thread::yield_now();
            }
            rest.chunks_mut(100_000)
                .for_each(|chunk| peer.read_exact(chunk).unwrap());
            received
        });
        let done = take_done::<Vec<u8>, ()>(&port);
        assert_eq!(done.result.unwrap(), 16 * MIB);
        reader.join().unwrap()
    });
    assert_same(&received, &sent);
    assert_empty(&port);
}

fn s_325_big_sends_do_not_interleave<S: Stream>() {
    const EACH: usize = 3 * MIB;
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    let start = Barrier::new(3);
    thread::scope(|scope| {
        for byte in [1u8, 2, 3] {
            let (stream, start) = (&stream, &start);
            scope.spawn(move || {
                start.wait();
                stream.send(vec![byte; EACH]).submit(byte).unwrap();
            });
        }
        let mut received = vec![0; 3 * EACH];
        peer.read_exact(&mut received).unwrap();
        let switches = received
            .windows(2)
            .filter(|pair| pair[0] != pair[1])
            .count();
        assert_eq!(switches, 2);
        let ends = [(); 3].map(|()| take_done::<Vec<u8>, u8>(&port));
        assert!(ends.iter().all(|done| done.outcome.bytes == EACH));
        assert_eq!(
            ends.iter().map(|done| u32::from(done.state)).sum::<u32>(),
            6
        );
    });
}

fn s_325_small_sends_of_several_threads_go_out_in_call_order<S: Stream>() {
    const THREADS: usize = 4;
    const EACH: u32 = 2_000;
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    let calls = Mutex::new(0u32);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let mut call = calls.lock().unwrap();
                    stream.send(call.to_le_bytes()).submit(*call).unwrap();
                    *call += 1;
                }
            });
        }
        for expected in 0..THREADS as u32 * EACH {
            let mut bytes = [0; 4];
            peer.read_exact(&mut bytes).unwrap();
            assert_eq!(u32::from_le_bytes(bytes), expected);
        }
    });
    // Their packets may come in another order.
    let mut ended: Vec<u32> = (0..THREADS as u32 * EACH)
        .map(|_| take_done::<[u8; 4], u32>(&port).state)
        .collect();
    ended.sort_unstable();
    assert!(ended.into_iter().eq(0..THREADS as u32 * EACH));
}

fn s_327_the_end_of_the_stream_is_0_bytes_again_and_again<S: Stream>() {
    let (stream, mut peer) = S::half();
    let pending: Vec<Pending<Vec<u8>>> = (0..3)
        .map(|_| stream.recv(vec![1; 4]).start().unwrap())
        .collect();
    peer.write_all(b"last").unwrap();
    S::finish_sending(&peer);
    let mut ends = pending.into_iter().map(finish);
    assert_eq!(ends.next().unwrap().buf, b"last");
    for done in ends {
        assert_eq!(
            (done.result.unwrap(), done.outcome.status),
            (0, Status::Success)
        );
        assert!(done.buf.is_empty());
    }
    for _ in 0..3 {
        assert_eq!(complete(stream.recv(vec![0; 4])).result.unwrap(), 0);
        assert_eq!(complete(stream.recv_full(vec![0; 4])).result.unwrap(), 0);
        assert_eq!(complete(stream.peek(vec![0; 4])).result.unwrap(), 0);
    }
    // The other direction is untouched.
    complete(stream.send("still open")).result.unwrap();
    let mut arrived = [0; 10];
    peer.read_exact(&mut arrived).unwrap();
    assert_eq!(&arrived, b"still open");
}

fn s_328_a_reset_is_sticky<S: Stream>() {
    let port = roomy_port();
    let (stream, peer) = S::half();
    port.associate(&stream, 5).unwrap();
    stream.recv(vec![0; 4]).submit("pending").unwrap();
    S::reset(&stream, peer);
    let packet = take(&port);
    assert_eq!((packet.key(), packet.bytes()), (5, 0));
    let done = packet.into_done::<Vec<u8>, &str>().unwrap();
    assert_eq!((code_of(&done), done.state), (libc::ECONNRESET, "pending"));
    for _ in 0..3 {
        assert_eq!(refusal(stream.recv(vec![0; 4])), libc::ECONNRESET);
        assert_eq!(refusal(stream.recv_full(vec![0; 4])), libc::ECONNRESET);
        assert_eq!(refusal(stream.peek(vec![0; 4])), libc::ECONNRESET);
        assert_eq!(refusal(stream.recv(Vec::new())), libc::ECONNRESET);
        assert_eq!(refusal(stream.send("anything")), libc::ECONNRESET);
    }
    assert_empty(&port);
}

fn s_328_data_before_the_reset_comes_first<S: Stream>() {
    for submit_before in [false, true] {
        let (stream, mut peer) = S::half();
        let before = submit_before.then(|| stream.recv(vec![0; 4]).start().unwrap());
        peer.write_all(b"dataandmore").unwrap();
        S::reset(&stream, peer);
        // The sending side may learn of the reset first; that must not hide the data.
        while stream.send("x").start().is_ok() {
            thread::yield_now();
        }
        let first = before.map_or_else(|| complete(stream.recv(vec![0; 4])), finish);
        assert_eq!((first.result.unwrap(), &first.buf[..]), (4, &b"data"[..]));
        let second = complete(stream.recv(vec![0; 100]));
        assert_eq!(
            (second.result.unwrap(), &second.buf[..]),
            (7, &b"andmore"[..])
        );
        for _ in 0..3 {
            assert_eq!(failure(stream.recv(vec![0; 4])), libc::ECONNRESET);
        }
    }
}

fn s_328_a_receive_of_all_keeps_what_came_before_the_reset<S: Stream>() {
    for submit_before in [false, true] {
        let (stream, mut peer) = S::half();
        let before =
            submit_before.then(|| stream.recv_full(Vec::with_capacity(9)).start().unwrap());
        peer.write_all(b"data").unwrap();
        S::reset(&stream, peer);
        while stream.send("x").start().is_ok() {
            thread::yield_now();
        }
        let all = || complete(stream.recv_full(Vec::with_capacity(9)));
        let done = before.map_or_else(all, finish);
        assert_eq!((code_of(&done), done.outcome.bytes), (libc::ECONNRESET, 4));
        assert_eq!(done.buf, b"data");
        assert_eq!(refusal(stream.recv(vec![0; 4])), libc::ECONNRESET);
    }
}

fn s_328_a_broken_big_send_tells_how_far_it_came<S: Stream>() {
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    stream.send(vec![7; 16 * MIB]).submit("first").unwrap();
    stream.send(vec![8; 16]).submit("second").unwrap();
    peer.read_exact(&mut [0; 1_000]).unwrap();
    drop(peer);
    let first = take_done::<Vec<u8>, &str>(&port);
    assert_eq!((code_of(&first), first.state), (libc::ECONNRESET, "first"));
    assert!(
        (1_000..16 * MIB).contains(&first.outcome.bytes),
        "{:?}",
        first.outcome
    );
    let second = take_done::<Vec<u8>, &str>(&port);
    assert_eq!(
        (code_of(&second), second.state),
        (libc::ECONNRESET, "second")
    );
    assert_eq!(second.outcome.bytes, 0);
    assert_eq!(refusal(stream.send("x")), libc::ECONNRESET);
}

fn s_329_a_receive_without_room_waits_and_takes_nothing<S: Stream>() {
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    for _ in 0..3 {
        stream.recv(Vec::new()).submit(()).unwrap();
        assert_empty(&port);
        peer.write_all(b"abc").unwrap();
        assert_eq!(take_done::<Vec<u8>, ()>(&port).result.unwrap(), 0);
        // With data there, another completes at once.
        match stream.recv(Vec::new()).submit_or_take(()).unwrap() {
            Submitted::Done(done) => assert_eq!(done.result.unwrap(), 0),
            Submitted::InFlight(_) => panic!("there is something to receive"),
        }
        assert_eq!(complete(stream.recv_full(vec![0; 3])).buf, b"abc");
    }
}

fn s_329_a_receive_without_room_ends_with_the_stream<S: Stream>() {
    let (stream, peer) = S::half();
    let pending = stream.recv(Vec::new()).start().unwrap();
    S::finish_sending(&peer);
    assert_eq!(finish(pending).result.unwrap(), 0);
    let (stream, peer) = S::half();
    let pending = stream.recv(Vec::new()).start().unwrap();
    S::reset(&stream, peer);
    assert_eq!(code_of(&finish(pending)), libc::ECONNRESET);
}

fn s_333_shutting_down_the_receiving_side_spares_what_is_pending<S: Stream>() {
    let (stream, mut peer) = S::half();
    let pending = stream.recv(vec![0; 4]).start().unwrap();
    stream.shutdown(Shutdown::Read).unwrap();
    assert!(!pending.is_done());
    assert_eq!(refusal(stream.recv(vec![0; 4])), libc::ESHUTDOWN);
    assert_eq!(refusal(stream.peek(vec![0; 4])), libc::ESHUTDOWN);
    peer.write_all(b"data").unwrap();
    assert_eq!(finish(pending).buf, b"data");
    assert_eq!(refusal(stream.recv(vec![0; 4])), libc::ESHUTDOWN);
    stream.shutdown(Shutdown::Read).unwrap();
    complete(stream.send("out")).result.unwrap();
    peer.read_exact(&mut [0; 3]).unwrap();
}

fn s_334_shutting_down_the_sending_side_comes_after_queued_sends<S: Stream>() {
    let (stream, mut peer) = S::half();
    let sent = pattern(8 * MIB, 3);
    let pending = stream.send(sent.clone()).start().unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(refusal(stream.send("too late")), libc::ESHUTDOWN);
    stream.shutdown(Shutdown::Write).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
    assert!(!pending.is_done());
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert_same(&received, &sent);
    assert_eq!(finish(pending).result.unwrap(), 8 * MIB);
    assert_eq!(refusal(stream.send("too late")), libc::ESHUTDOWN);
    stream.shutdown(Shutdown::Write).unwrap();
}

fn s_334_a_queued_shutdown_survives_the_cancelling_of_the_sends_before_it<S: Stream>() {
    let (stream, mut peer) = S::half();
    let sent = pattern(8 * MIB, 4);
    let pending = stream.send(sent.clone()).start().unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(
        stream.cancel_all(),
        1,
        "a shutdown is no operation that could be cancelled"
    );
    let done = finish(pending);
    assert_eq!(code_of(&done), libc::ECANCELED);
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert_same(&received, &sent[..done.outcome.bytes]);
}

fn s_335_dropping_a_stream_lets_sent_data_arrive<S: Stream>() {
    for _ in 0..20 {
        let (stream, mut peer) = S::half();
        complete(stream.send(vec![5; 30_000])).result.unwrap();
        drop(stream);
        let mut received = Vec::new();
        peer.read_to_end(&mut received).unwrap();
        assert_eq!(received, vec![5; 30_000]);
    }
}

fn s_336_peeking_leaves_the_data<S: Stream>() {
    let (stream, mut peer) = S::half();
    let waiting = stream.peek(vec![0; 2]).start().unwrap();
    peer.write_all(b"abcd").unwrap();
    assert_eq!(finish(waiting).buf, b"ab");
    assert_eq!(complete(stream.peek(vec![0; 9])).buf, b"abcd");
    assert_eq!(complete(stream.recv(vec![0; 9])).buf, b"abcd");
}

fn recv_full_waits_for_all_and_ends_with_the_stream<S: Stream>() {
    let (stream, mut peer) = S::half();
    let pending = stream.recv_full(vec![0; 6]).start().unwrap();
    for part in [&b"a"[..], b"bcd", b"efg"] {
        assert!(!pending.is_done());
        peer.write_all(part).unwrap();
        // What came is seen by nobody else: this one is first in the row.
    }
    assert_eq!(finish(pending).buf, b"abcdef");
    let rest = stream.recv_full(vec![0; 6]).start().unwrap();
    S::finish_sending(&peer);
    let done = finish(rest);
    assert_eq!((done.result.unwrap(), &done.buf[..]), (1, &b"g"[..]));
}

fn a_send_of_nothing_completes<S: Stream>() {
    let (stream, mut peer) = S::half();
    assert_eq!(complete(stream.send("")).result.unwrap(), 0);
    assert_eq!(
        complete(stream.send_vectored(Vec::<Vec<u8>>::new()))
            .result
            .unwrap(),
        0
    );
    assert_eq!(complete(stream.send("x")).result.unwrap(), 1);
    peer.read_exact(&mut [0; 1]).unwrap();
}

fn any_number_of_empty_buffers_may_come_first<S: Stream>() {
    let (stream, mut peer) = S::half();
    let bufs = [vec![vec![]; 2_000], vec![b"hello".to_vec()]].concat();
    assert_eq!(complete(stream.send_vectored(bufs)).result.unwrap(), 5);
    let mut bufs = vec![Vec::new(); 2_000];
    bufs.push(Vec::with_capacity(5));
    let pending = stream.recv_vectored(bufs).start().unwrap();
    peer.read_exact(&mut [0; 5]).unwrap();
    peer.write_all(b"again").unwrap();
    assert_eq!(finish(pending).buf[2_000], b"again");
}

fn vectored_transfers_go_both_ways<S: Stream>() {
    let (stream, mut peer) = S::half();
    let bufs = vec![&b"one"[..], b"", b"three", b"x"];
    let done = complete(stream.send_vectored(bufs));
    assert_eq!((done.result.unwrap(), done.buf.len()), (9, 4));
    let mut arrived = [0; 9];
    peer.read_exact(&mut arrived).unwrap();
    assert_eq!(&arrived, b"onethreex");
    let bufs = vec![
        Vec::with_capacity(2),
        Vec::new(),
        Vec::with_capacity(3),
        Vec::with_capacity(9),
    ];
    let pending = stream.recv_vectored(bufs).start().unwrap();
    peer.write_all(b"abcdef").unwrap();
    let done = finish(pending);
    assert_eq!(done.result.unwrap(), 6);
    assert_eq!(done.buf, [&b"ab"[..], b"", b"cde", b"f"]);
}

fn more_vectors_than_one_call_takes_are_sent_whole<S: Stream>() {
    let (stream, mut peer) = S::half();
    let sent = pattern(300_000, 5);
    let bufs: Vec<Vec<u8>> = sent.chunks(100).map(<[u8]>::to_vec).collect();
    let pending = stream.send_vectored(bufs).start().unwrap();
    let mut received = vec![0; 300_000];
    peer.read_exact(&mut received).unwrap();
    assert_same(&received, &sent);
    assert_eq!(finish(pending).result.unwrap(), 300_000);
    // As many to receive into; one receive fills at most what one call takes.
    let bufs: Vec<Vec<u8>> = (0..3_000).map(|_| Vec::with_capacity(1)).collect();
    peer.write_all(&sent[..3_000]).unwrap();
    let done = complete(stream.recv_vectored(bufs));
    let bytes = done.result.unwrap();
    assert_same(&done.buf.concat(), &sent[..bytes]);
    let rest = complete(stream.recv_full(vec![0; 3_000 - bytes]));
    assert_same(&rest.buf, &sent[bytes..3_000]);
}

fn file_with(contents: &[u8], directory: &tempfile::TempDir) -> File {
    let path = directory.path().join("file");
    create(&path).write_all(contents).unwrap();
    File::open(&path).unwrap()
}

fn a_file_is_sent_in_order_with_other_sends<S: Stream>() {
    let directory = scratch();
    let contents = pattern(100_000, 6);
    let file = file_with(&contents, &directory);
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    let reader = thread::spawn(move || {
        let mut all = Vec::new();
        peer.read_to_end(&mut all).unwrap();
        all
    });
    stream.send("head").submit("head").unwrap();
    stream.send_file(&file, 0, 100_000).submit("whole").unwrap();
    stream.send_file(&file, 99_000, 500).submit("part").unwrap();
    stream
        .send_file(&file, 90_000, u64::MAX)
        .submit("to the end")
        .unwrap();
    stream
        .send_file(&file, 100_000, 10)
        .submit("at the end")
        .unwrap();
    stream
        .send_file(&file, 1 << 40, 10)
        .submit("far behind the end")
        .unwrap();
    stream.send_file(&file, 0, 0).submit("nothing").unwrap();
    drop(file);
    stream.send("tail").submit("tail").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(take_done::<&'static str, &str>(&port).state, "head");
    for (state, bytes) in [
        ("whole", 100_000),
        ("part", 500),
        ("to the end", 10_000),
        ("at the end", 0),
        ("far behind the end", 0),
        ("nothing", 0),
    ] {
        let done = take_done::<(), &str>(&port);
        assert_eq!((done.result.unwrap(), done.state), (bytes, state));
    }
    assert_eq!(take_done::<&'static str, &str>(&port).state, "tail");
    let parts = [
        b"head",
        &contents[..],
        &contents[99_000..99_500],
        &contents[90_000..],
        b"tail",
    ];
    assert_same(&reader.join().unwrap(), &parts.concat());
}

fn a_file_is_sent_while_the_socket_is_full<S: Stream>() {
    let directory = scratch();
    let contents = pattern(8 * MIB, 7);
    let file = file_with(&contents, &directory);
    let (stream, mut peer) = S::half();
    let before = stream.send(vec![9; 4 * MIB]).start().unwrap();
    let sending = stream.send_file(&file, 0, u64::MAX).start().unwrap();
    let after = stream.send("after").start().unwrap();
    assert!(!sending.is_done());
    let mut received = vec![0; 12 * MIB + 5];
    peer.read_exact(&mut received).unwrap();
    assert_same(&received[4 * MIB..12 * MIB], &contents);
    assert_eq!(&received[12 * MIB..], b"after");
    assert_eq!(finish(before).result.unwrap(), 4 * MIB);
    assert_eq!(finish(sending).result.unwrap(), 8 * MIB);
    assert_eq!(finish(after).result.unwrap(), 5);
}

fn ten_thousand_receives_wait_on_one_stream<S: Stream>() {
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    for i in 0..10_000usize {
        stream.recv_full(vec![0; 8]).submit(i).unwrap();
    }
    assert_empty(&port);
    let sent = pattern(80_000, 8);
    thread::scope(|scope| {
        scope.spawn(|| peer.write_all(&sent).unwrap());
        assert_same(&in_call_order(&port, 10_000), &sent);
    });
    for i in 0..10_000usize {
        stream.recv(vec![0; 1]).submit(i).unwrap();
    }
    assert_eq!(stream.cancel_all(), 10_000);
    for i in 0..10_000usize {
        let done = take_done::<Vec<u8>, usize>(&port);
        assert_eq!((code_of(&done), done.state), (libc::ECANCELED, i));
    }
    drop(peer);
}

fn echo_runs_both_ways_at_once<S: Stream>() {
    let port = roomy_port();
    let (stream, mut peer) = S::half();
    port.associate(&stream, 0).unwrap();
    let sent = pattern(4 * MIB, 10);
    let mut writer = second(&peer);
    thread::scope(|scope| {
        scope.spawn(|| {
            writer.write_all(&sent).unwrap();
            writer.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let reader = scope.spawn(|| {
            let mut received = Vec::new();
            peer.read_to_end(&mut received).unwrap();
            received
        });
        stream.recv(Vec::with_capacity(50_000)).submit(()).unwrap();
        loop {
            let done: Done<Vec<u8>> = take_done(&port);
            let bytes = done.result.unwrap();
            if bytes == 0 {
                break;
            }
            let _sent = stream.send(done.buf).submit("sent").unwrap();
            assert_eq!(take_done::<Vec<u8>, &str>(&port).result.unwrap(), bytes);
            stream.recv(Vec::with_capacity(50_000)).submit(()).unwrap();
        }
        stream.shutdown(Shutdown::Write).unwrap();
        assert_same(&reader.join().unwrap(), &sent);
    });
}

#[test]
fn s_332_an_unconnected_stream_says_so() {
    let socket = TcpSocket::new_for(common::any_port()).unwrap();
    let stream = socket.clone().into_stream();
    assert_eq!(refusal(stream.recv(vec![0; 1])), libc::ENOTCONN);
    assert_eq!(refusal(stream.send("x")), libc::ENOTCONN);
    let error = stream.shutdown(Shutdown::Write).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotConnected);
    let unconnected = std::os::fd::OwnedFd::from(std::net::UdpSocket::bind("127.0.0.1:0").unwrap());
    assert!(TcpStream::from_fd(unconnected).is_err());
    // None of this keeps it from being connected and used.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    complete(socket.connect(listener.local_addr().unwrap()))
        .result
        .unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    assert_eq!(complete(stream.send("now")).result.unwrap(), 3);
    peer.read_exact(&mut [0; 3]).unwrap();
    peer.write_all(b"yes").unwrap();
    assert_eq!(complete(stream.recv_full(vec![0; 3])).buf, b"yes");
}

#[test]
fn s_335_without_linger_a_dropped_stream_resets_the_connection() {
    let (ours, theirs) = tcp_pair();
    complete(ours.send("lost or not")).result.unwrap();
    ours.set_linger(Some(Duration::ZERO)).unwrap();
    let pending = theirs.recv_full(vec![0; 100]).start().unwrap();
    drop(ours);
    assert_eq!(code_of(&finish(pending)), libc::ECONNRESET);
}

#[test]
fn s_335_a_dropped_stream_closes_though_a_finished_operation_is_still_held() {
    let (ours, mut peer) = TcpStream::half();
    let held = ours.recv(vec![0; 1]).start().unwrap();
    drop(ours);
    // The peer sees the end at once, not only when somebody asks for the operation's result.
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!(code_of(&finish(held)), libc::ECANCELED);
}

#[test]
fn a_stream_knows_its_addresses() {
    let (ours, theirs) = tcp_pair();
    assert_eq!(ours.local_addr().unwrap(), theirs.peer_addr().unwrap());
    assert_eq!(ours.peer_addr().unwrap(), theirs.local_addr().unwrap());
    ours.set_nodelay(true).unwrap();
}

#[test]
fn urgent_data_does_not_hide_what_follows_it() {
    let (stream, mut peer) = TcpStream::half();
    let first = stream.recv(vec![0; 100]).start().unwrap();
    peer.write_all(b"before").unwrap();
    common::raw::send_urgent(&peer, b'!');
    peer.write_all(b"after").unwrap();
    // The kernel ends a receive at the urgent byte, although more is there.
    let mut received = finish(first).buf;
    while received.len() < 11 {
        received.extend(complete(stream.recv(vec![0; 100])).buf);
    }
    assert_eq!(received, b"beforeafter");
}

#[test]
fn descriptors_that_a_peer_sends_do_not_hide_what_follows_them() {
    let (stream, mut peer) = completion_port::UnixStream::half();
    let first = stream.recv(vec![0; 100]).start().unwrap();
    peer.write_all(b"first").unwrap();
    assert_eq!(finish(first).buf, b"first");
    let second = stream.recv(vec![0; 100]).start().unwrap();
    // Both are there before anybody looks: the stream's lock is taken by a cancel in between.
    common::raw::send_with_descriptor(&peer, b"with", &peer);
    peer.write_all(b"without").unwrap();
    // The kernel ends a receive behind a message with descriptors, although more is there.
    let mut received = finish(second).buf;
    while received.len() < 11 {
        received.extend(complete(stream.recv(vec![0; 100])).buf);
    }
    assert_eq!(received, b"withwithout");
}

#[test]
fn slices_are_sent_and_received_into() {
    let (ours, theirs) = tcp_pair();
    let done = complete(ours.send(vec![0, 1, 2, 3, 4].slice(1..4)));
    assert_eq!(
        (done.result.unwrap(), done.buf.into_inner()),
        (3, vec![0, 1, 2, 3, 4])
    );
    let done = complete(theirs.recv_full([9u8; 6].slice(2..5)));
    assert_eq!(done.buf.into_inner(), [9, 9, 1, 2, 3, 9]);
    let pending = theirs.recv(vec![0; 4]).start().unwrap();
    assert!(pending.wait_until(Deadline::Now).is_err());
}
