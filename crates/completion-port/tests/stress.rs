//! Many threads at once: nothing is lost, nothing comes twice, nobody waits for ever.

mod common;

use std::io::{Read, Write};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use common::stream::{Stream, second};
use common::{
    Drops, LONG, assert_empty, assert_same, blind_port, engines, eventually, pattern, roomy_port,
    scratch, take, until_waiting, wait,
};
use completion_port::{
    Completion, CompletionPort, Deadline, File, PipeReader, TcpStream, UnixStream, WaitError,
};

/// A cheap source of different decisions.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % sides
    }

    /// Most deadlines are tiny, some are none, a few are long.
    fn deadline(&mut self) -> Deadline {
        match self.throw(8) {
            0 => Deadline::Now,
            1 => Duration::from_nanos(self.throw(2_000)).into(),
            7 => Duration::from_millis(self.throw(3)).into(),
            _ => Duration::from_micros(self.throw(80)).into(),
        }
    }
}

/// Each token may be taken once.
struct Taken(Vec<AtomicU8>);

impl Taken {
    fn new(tokens: usize) -> Self {
        Self((0..tokens).map(|_| AtomicU8::new(0)).collect())
    }

    fn note(&self, packet: &Completion) {
        let token = packet.token().expect("a posted packet");
        let before = self.0[token].fetch_add(1, Ordering::Relaxed);
        assert_eq!(before, 0, "{token} came twice");
    }

    fn count(&self) -> usize {
        self.0
            .iter()
            .filter(|times| times.load(Ordering::Relaxed) > 0)
            .count()
    }
}

/// A port, with or without a handle; with one, a thread may wait in the engine.
fn port_with(limit: usize, handle: bool) -> (CompletionPort, Option<UnixStream>) {
    let port = CompletionPort::new(limit).unwrap();
    let stream = handle.then(|| UnixStream::pair().unwrap().0);
    if let Some(stream) = &stream {
        port.associate(stream, 0).unwrap();
    }
    (port, stream)
}

/// Waits until the threads have ended: a scope waits for their closures, not for the destructors
/// that run after them.
fn until_nobody_is_left(port: &CompletionPort) {
    eventually("no thread belongs to the port", || {
        port.snapshot().bound == 0
    });
    let after = port.snapshot();
    assert_eq!((after.queued, after.waiting, after.running), (0, 0, 0));
}

#[test]
fn timeouts_never_eat_a_packet() {
    const POSTERS: usize = 3;
    const EACH: usize = 8_000;
    for handle in [false, true] {
        let (port, _handle) = port_with(4, handle);
        let taken = Taken::new(POSTERS * EACH);
        let total = AtomicUsize::new(0);
        let timeouts = AtomicUsize::new(0);
        thread::scope(|scope| {
            for getter in 1..=4 {
                let (port, taken, total, timeouts) = (&port, &taken, &total, &timeouts);
                scope.spawn(move || {
                    let mut dice = Dice(getter);
                    let mut packets = Vec::new();
                    while total.load(Ordering::Relaxed) < POSTERS * EACH {
                        let deadline = dice.deadline();
                        let result = match dice.throw(2) {
                            0 => port.get(deadline).map(|packet| packets.push(packet)),
                            _ => port.get_many(&mut packets, 5, deadline).map(|_| ()),
                        };
                        if let Err(error) = result {
                            assert_eq!(error, WaitError::TimedOut);
                            timeouts.fetch_add(1, Ordering::Relaxed);
                        }
                        for packet in packets.drain(..) {
                            taken.note(&packet);
                            total.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
            for poster in 0..POSTERS {
                let port = &port;
                scope.spawn(move || {
                    let mut dice = Dice(poster as u64 + 100);
                    for i in 0..EACH {
                        port.post(0, 0, poster * EACH + i).unwrap();
                        if dice.throw(4) == 0 {
                            thread::yield_now();
                        }
                    }
                });
            }
        });
        assert_eq!(taken.count(), POSTERS * EACH);
        assert_empty(&port);
        println!(
            "  {} waits timed out (handle: {handle})",
            timeouts.load(Ordering::Relaxed)
        );
    }
}

#[test]
fn posting_taking_timing_out_and_closing_race() {
    const TOKENS: usize = 400;
    for round in 0..150u64 {
        let (port, _handle) = port_with(1 + (round % 3) as usize, round % 2 == 0);
        let taken = Taken::new(2 * TOKENS);
        let accepted = AtomicUsize::new(0);
        let start = Barrier::new(6);
        thread::scope(|scope| {
            for getter in 0..3u64 {
                let (port, taken, start) = (&port, &taken, &start);
                scope.spawn(move || {
                    let mut dice = Dice(round * 7 + getter + 1);
                    start.wait();
                    loop {
                        match port.get(if getter == 0 {
                            LONG.into()
                        } else {
                            dice.deadline()
                        }) {
                            Ok(packet) => taken.note(&packet),
                            Err(WaitError::TimedOut) => {}
                            Err(error) => break assert_eq!(error, WaitError::Closed),
                        }
                    }
                });
            }
            for poster in 0..2 {
                let (port, accepted, start) = (&port, &accepted, &start);
                scope.spawn(move || {
                    start.wait();
                    for i in 0..TOKENS {
                        if port.post(0, 0, poster * TOKENS + i).is_err() {
                            assert!(port.is_closed());
                            break;
                        }
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            start.wait();
            let until = (round as usize * 5) % TOKENS;
            eventually("some have been posted", || {
                accepted.load(Ordering::Relaxed) >= until
            });
            port.close();
        });
        assert!(taken.count() <= accepted.load(Ordering::Relaxed));
        until_nobody_is_left(&port);
    }
}

#[test]
fn s_063_threads_that_move_between_ports_leave_nothing_behind() {
    const TOKENS: usize = 10_000;
    for handle in [false, true] {
        let (first, second) = (port_with(1, handle), port_with(2, handle));
        let ports = [&first.0, &second.0];
        let taken = [Taken::new(TOKENS), Taken::new(TOKENS)];
        let total = AtomicUsize::new(0);
        thread::scope(|scope| {
            for mover in 1..=4 {
                let (taken, total) = (&taken, &total);
                scope.spawn(move || {
                    let mut dice = Dice(mover);
                    while total.load(Ordering::Relaxed) < 2 * TOKENS {
                        let place = dice.throw(2) as usize;
                        for _ in 0..dice.throw(6) {
                            if let Ok(packet) = ports[place].get(dice.deadline()) {
                                taken[place].note(&packet);
                                total.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
            for (place, port) in ports.into_iter().enumerate() {
                scope.spawn(move || (0..TOKENS).for_each(|i| port.post(place, 0, i).unwrap()));
            }
        });
        assert_eq!((taken[0].count(), taken[1].count()), (TOKENS, TOKENS));
        ports.into_iter().for_each(until_nobody_is_left);
    }
}

#[test]
fn s_069_threads_come_and_go_and_the_count_of_the_running_stays_right() {
    let (port, _handle) = port_with(2, true);
    let taken = Taken::new(4_000);
    thread::scope(|scope| {
        for lane in 0..4u64 {
            let (port, taken) = (&port, &taken);
            scope.spawn(move || {
                for life in 0..50u64 {
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            let mut dice = Dice(lane * 100 + life + 1);
                            for _ in 0..20 {
                                let packet = take(port);
                                if dice.throw(5) == 0 {
                                    port.blocking(thread::yield_now);
                                }
                                taken.note(&packet);
                            }
                        });
                    });
                }
            });
        }
        (0..4_000).for_each(|token| port.post(0, 0, token).unwrap());
    });
    assert_eq!(taken.count(), 4_000);
    until_nobody_is_left(&port);
}

#[test]
fn s_065_no_more_handlers_run_at_once_than_the_limit_says() {
    const LIMIT: usize = 2;
    for handle in [false, true] {
        // Seen in the middle of taking a packet a thread may seem to block (S-068 lets it resume).
        let port = blind_port(LIMIT);
        let (stream, _peer) = UnixStream::pair().unwrap();
        if handle {
            port.associate(&stream, 0).unwrap();
        }
        let (inside, most, done) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while wait(&port).is_ok() {
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            until_waiting(&port, 8);
            for token in 0..10_000 {
                port.post(0, 0, token).unwrap();
            }
            eventually("all are handled", || done.load(Ordering::SeqCst) == 10_000);
            port.close();
        });
        assert_eq!(most.load(Ordering::SeqCst), LIMIT);
    }
}

#[test]
fn a_thread_that_is_called_out_of_the_engine_comes_out_though_another_goes_in_at_once() {
    let (port, _handle) = port_with(4, true);
    for _ in 0..3_000 {
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait(&port));
            until_waiting(&port, 1);
            port.post(0, 0, 7).unwrap();
            // This thread may be in the engine's wait before the waiter has left it.
            assert_empty(&port);
            let _ = port.get(Duration::from_micros(50));
            assert_eq!(waiter.join().unwrap().unwrap().token(), Some(7));
        });
    }
}

#[test]
fn a_waiter_is_served_though_the_one_in_the_engine_has_gone() {
    let port = CompletionPort::new(4).unwrap();
    let (stream, mut peer) = TcpStream::half();
    port.associate(&stream, 0).unwrap();
    for round in 0..100u64 {
        stream.recv(vec![0; 1]).submit(()).unwrap();
        thread::scope(|scope| {
            // The first to wait waits in the engine; its deadline passes, and it does other
            // things from then on. The second sleeps elsewhere.
            let first = scope.spawn(|| port.get(Duration::from_micros(round * 20)).is_ok());
            let second = scope.spawn(|| wait(&port).is_ok());
            let of_first = first.join().unwrap();
            assert!(!of_first, "nothing has been sent");
            until_waiting(&port, 1);
            peer.write_all(b"x").unwrap();
            assert!(second.join().unwrap());
        });
    }
}

#[test]
fn a_send_goes_on_though_everybody_has_looked_in_and_gone() {
    let port = CompletionPort::new(2).unwrap();
    let bytes = 16 << 20;
    let sent = pattern(bytes, 1);
    let (stream, mut peer) = TcpStream::half();
    port.associate(&stream, 0).unwrap();
    stream.send(sent.clone()).submit(()).unwrap();
    for _ in 0..5 {
        assert_eq!(
            port.get(Duration::from_millis(2)).unwrap_err(),
            WaitError::TimedOut
        );
    }
    // This thread counts as running and does not come back before all has been read.
    let mut received = vec![0; bytes];
    peer.set_read_timeout(Some(LONG)).unwrap();
    peer.read_exact(&mut received).unwrap();
    assert_same(&received, &sent);
    assert_eq!(take(&port).bytes(), bytes);
}

/// What a connection of the echo test is doing.
#[derive(Debug)]
enum Step {
    Receiving,
    Sending,
}

#[test]
fn echo_of_many_connections_by_few_threads_is_exact() {
    const CONNECTIONS: usize = 40;
    const MESSAGES: usize = 60;
    for limit in [1, 2, 8] {
        let port = CompletionPort::new(limit).unwrap();
        let halves: Vec<_> = (0..CONNECTIONS).map(|_| TcpStream::half()).collect();
        let (streams, peers): (Vec<_>, Vec<_>) = halves.into_iter().unzip();
        for (key, stream) in streams.iter().enumerate() {
            stream.set_nodelay(true).unwrap();
            port.associate(stream, key).unwrap();
            stream
                .recv(Vec::with_capacity(4_096))
                .submit(Step::Receiving)
                .unwrap();
        }
        thread::scope(|scope| {
            for worker in 0..4 {
                let (port, streams) = (&port, &streams);
                scope.spawn(move || serve(port, streams, Dice(worker + 1)));
            }
            let clients: Vec<_> = peers
                .chunks(CONNECTIONS / 2)
                .map(|peers| scope.spawn(|| peers.iter().for_each(|peer| talk(peer, MESSAGES))))
                .collect();
            clients
                .into_iter()
                .for_each(|client| client.join().unwrap());
            port.close();
        });
    }
}

fn serve(port: &CompletionPort, streams: &[TcpStream], mut dice: Dice) {
    while let Ok(packet) = wait(port) {
        let stream = &streams[packet.key()];
        let done = packet.into_done::<Vec<u8>, Step>().unwrap();
        if done.result.unwrap() == 0 {
            continue;
        }
        if dice.throw(10) == 0 {
            port.blocking(thread::yield_now);
        }
        // When the port has been closed nobody hears of these any more.
        match done.state {
            Step::Receiving => drop(stream.send(done.buf).submit(Step::Sending)),
            Step::Sending => drop(stream.recv(done.buf).submit(Step::Receiving)),
        }
    }
}

fn talk(peer: &std::net::TcpStream, messages: usize) {
    let mut peer = peer;
    let mut dice = Dice(u64::from(peer.local_addr().unwrap().port()));
    for i in 0..messages {
        let message = pattern(1 + dice.throw(6_000) as usize, i as u64);
        peer.write_all(&message).unwrap();
        let mut echo = vec![0; message.len()];
        peer.read_exact(&mut echo).unwrap();
        assert_same(&echo, &message);
    }
}

#[test]
fn handles_come_and_go_with_operations_in_flight_and_each_ends_once() {
    const ROUNDS: usize = 300;
    let port = CompletionPort::new(4).unwrap();
    let drops = Drops::new();
    let submitted = AtomicUsize::new(0);
    let ended = AtomicUsize::new(0);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Ok(packet) = wait(&port) {
                    if packet.token().is_none() {
                        ended.fetch_add(1, Ordering::SeqCst);
                    } else if over.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
        }
        let makers: Vec<_> = (0..2u64)
            .map(|maker| {
                let (port, drops, submitted) = (&port, &drops, &submitted);
                scope.spawn(move || {
                    let mut dice = Dice(maker + 1);
                    for _ in 0..ROUNDS {
                        let (stream, mut peer) = UnixStream::half();
                        port.associate(&stream, 0).unwrap();
                        let count = 1 + dice.throw(6) as usize;
                        for _ in 0..count {
                            let buf = drops.buf(vec![0; 4]);
                            stream.recv(buf).submit(drops.state()).unwrap();
                        }
                        submitted.fetch_add(count, Ordering::SeqCst);
                        for _ in 0..dice.throw(4) {
                            peer.write_all(b"data").unwrap();
                        }
                        match dice.throw(3) {
                            0 => drop(peer),
                            1 => drop(completion_port::AsHandle::cancel_all(&stream)),
                            _ => {}
                        }
                    }
                })
            })
            .collect();
        makers.into_iter().for_each(|maker| maker.join().unwrap());
        let all = submitted.load(Ordering::SeqCst);
        eventually("each operation has ended", || {
            ended.load(Ordering::SeqCst) == all
        });
        over.store(true, Ordering::SeqCst);
        (0..2).for_each(|_| port.post(0, 0, 0).unwrap());
    });
    assert_empty(&port);
    let all = submitted.load(Ordering::SeqCst);
    assert_eq!(
        (ended.load(Ordering::SeqCst), drops.count()),
        (all, 2 * all)
    );
}

#[test]
fn files_sockets_pipes_and_posts_share_a_port_under_load() {
    const EACH: usize = 400;
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(EACH * 1_000, 3);
    std::fs::write(&path, &contents).unwrap();
    for engine in engines() {
        let builder = CompletionPort::builder().concurrency(2).engine(engine);
        let port = builder.build().unwrap();
        let file = std::fs::File::open(&path).unwrap();
        common::raw::forget_pages(&file);
        let file = File::try_from(file).unwrap();
        let (stream, peer) = TcpStream::half();
        let (reader, mut writer) = std::io::pipe().unwrap();
        let reader = PipeReader::from_fd(reader.into()).unwrap();
        port.associate(&file, 0).unwrap();
        port.associate(&stream, 1).unwrap();
        port.associate(&reader, 2).unwrap();
        let seen: Vec<AtomicUsize> = (0..4).map(|_| AtomicUsize::new(0)).collect();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while let Ok(packet) = wait(&port) {
                        let key = packet.key();
                        if let Ok(done) = packet.into_done::<Vec<u8>, usize>() {
                            assert_eq!(done.result.unwrap(), 1_000);
                            assert_same(&done.buf, &contents[done.state..done.state + 1_000]);
                        }
                        seen[key].fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            for i in 0..EACH {
                let place = i * 1_000;
                let buf = || Vec::with_capacity(1_000);
                file.read_at(buf(), place as u64).submit(place).unwrap();
                stream.recv_full(buf()).submit(place).unwrap();
                reader.read_full(buf()).submit(place).unwrap();
                port.post(3, 0, 0).unwrap();
            }
            let mut writing = second(&peer);
            let (contents, sent) = (&contents, &contents);
            scope.spawn(move || writing.write_all(sent).unwrap());
            writer.write_all(contents).unwrap();
            let all = || {
                seen.iter()
                    .all(|count| count.load(Ordering::SeqCst) == EACH)
            };
            eventually("everything has ended", all);
            port.close();
        });
        drop(peer);
    }
}

#[test]
fn single_operations_are_waited_for_by_many_threads_at_once() {
    let port = roomy_port();
    thread::scope(|scope| {
        for lane in 0..6u64 {
            let port = &port;
            scope.spawn(move || {
                let (stream, mut peer) = UnixStream::half();
                if lane % 2 == 0 {
                    port.associate(&stream, 0).unwrap();
                }
                for i in 0..500u32 {
                    let receive = stream.recv_full([0; 4]).start().unwrap();
                    peer.write_all(&i.to_le_bytes()).unwrap();
                    assert_eq!(common::finish(receive).buf, i.to_le_bytes());
                }
            });
        }
    });
    assert_empty(&port);
}
