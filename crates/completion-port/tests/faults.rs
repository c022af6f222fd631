//! Faults of the system and of the program: signals, forks, panics, handles and ports that go
//! while work is in flight, and a lot of it.

#[path = "common/child.rs"]
mod child;
mod common;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::process::has_run_alone;
use common::raw::{
    default_sigpipe, forget_pages, in_forked_child, interrupt_all_threads, interruptions,
    let_signals_interrupt, set_descriptors_max, sigpipe_is_pending,
};
use common::stream::{Stream, tcp_pair};
use common::{
    Drops, LONG, assert_empty, assert_same, code_of, complete, create, engines, eventually,
    failure, finish, pattern, roomy_port, scratch, take, take_done, until_waiting,
};
use completion_port::{
    AlignedBuf, AsHandle, Closed, CompletionPort, Engine, File, PipeWriter, Shutdown, Status,
    TcpStream, UnixStream, WaitError, pipe,
};

#[test]
fn a_peer_that_is_gone_is_an_error_and_no_signal() {
    let name = "a_peer_that_is_gone_is_an_error_and_no_signal";
    if has_run_alone(module_path!(), name) {
        return;
    }
    default_sigpipe();
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, pattern(1 << 20, 2)).unwrap();
    let file = File::open(&path).unwrap();

    fn gone<S: Stream>(file: &File) {
        // The first send may still be taken; one of the next tells.
        let broken = |request: &dyn Fn(&S) -> Option<i32>| {
            let (ours, peer) = S::half();
            S::reset(&ours, peer);
            let mut code = None;
            eventually("the peer's end is noticed", || {
                code = request(&ours);
                code.is_some()
            });
            assert_eq!(code, Some(libc::ECONNRESET));
        };
        fn code_of_request<B: Send + 'static>(
            request: completion_port::Request<'_, B>,
        ) -> Option<i32> {
            match request.start() {
                Ok(pending) => finish(pending).result.err()?.raw_os_error(),
                Err(refused) => refused.error.raw_os_error(),
            }
        }
        broken(&|ours| code_of_request(ours.send(vec![1; 100])));
        broken(&|ours| code_of_request(ours.send_vectored(vec![vec![1; 100], vec![2; 100]])));
        broken(&|ours| code_of_request(ours.send_file(file, 0, 1 << 20)));
    }
    gone::<TcpStream>(&file);
    gone::<UnixStream>(&file);

    let (reader, writer) = pipe().unwrap();
    drop(reader);
    assert_eq!(failure(writer.write("nobody")), libc::EPIPE);
    // One that waits for room.
    let (reader, writer) = std::io::pipe().unwrap();
    let writer = PipeWriter::from_fd(writer.into()).unwrap();
    let pending = writer.write(vec![1; 1 << 20]).start().unwrap();
    drop(reader);
    assert_eq!(code_of(&finish(pending)), libc::EPIPE);
    assert!(!sigpipe_is_pending());
}

#[test]
fn a_storm_of_signals_changes_no_byte() {
    let name = "a_storm_of_signals_changes_no_byte";
    if has_run_alone(module_path!(), name) {
        return;
    }
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(4 << 20, 3);
    std::fs::write(&path, &contents).unwrap();
    let_signals_interrupt();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        // Alarms hit any thread, mostly the first; the others are sent signals one by one.
        child::alarm_every(1_000);
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                interrupt_all_threads();
                thread::sleep(Duration::from_millis(1)); // not for order: the storm's rate
            }
        });
        eventually("the storm has begun", || {
            interruptions() > 50 && child::alarms() > 10
        });
        echo(&contents);
        read_cold(&path, &contents);
        ended.store(true, Ordering::SeqCst);
        child::alarm_every(0);
    });
    let (alarms, others) = (child::alarms(), interruptions());
    println!("  {alarms} alarms and {others} other signals");
    assert!(alarms > 10 && others > 50);
}

/// Sends bytes through an echo that two threads serve, and compares what comes back.
fn echo(contents: &[u8]) {
    const RECEIVED: u8 = 0;
    const SENT: u8 = 1;
    let port = CompletionPort::new(2).unwrap();
    let (ours, peer) = tcp_pair();
    port.associate(&ours, 1).unwrap();
    ours.recv(vec![0; 1 << 14]).submit(RECEIVED).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Ok(packet) = port.get(LONG) {
                    let done = packet.into_done::<Vec<u8>, u8>().expect("a transfer");
                    let bytes = done.result.expect("no failure");
                    match done.state {
                        RECEIVED if bytes == 0 => port.close(),
                        RECEIVED => drop(ours.send(done.buf).submit(SENT).unwrap()),
                        _ => drop(ours.recv(vec![0; 1 << 14]).submit(RECEIVED).unwrap()),
                    }
                }
                assert!(port.is_closed(), "the echo ended early");
            });
        }
        let sender = scope.spawn(|| {
            let sent = complete(peer.send(contents.to_vec())).result.unwrap();
            peer.shutdown(Shutdown::Write).unwrap();
            sent
        });
        let found = complete(peer.recv_full(vec![0; contents.len()]));
        assert_same(&found.buf, contents);
        assert_eq!(sender.join().unwrap(), contents.len());
    });
}

/// Opens a file so that reading it needs the device.
fn open_cold(path: &Path) -> File {
    let direct = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECT)
        .open(path);
    let file = direct.unwrap_or_else(|_| {
        let file = std::fs::File::open(path).unwrap();
        forget_pages(&file);
        file
    });
    file.try_into().unwrap()
}

/// Reads a file from the device, with each engine.
fn read_cold(path: &Path, contents: &[u8]) {
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let file = open_cold(path);
        port.associate(&file, 1).unwrap();
        let block = 1 << 16;
        for (index, _) in contents.chunks(block).enumerate() {
            let buf = AlignedBuf::new(block, 4096).unwrap();
            file.read_at(buf, (index * block) as u64)
                .submit(index)
                .unwrap();
        }
        for _ in contents.chunks(block) {
            let done = take_done::<AlignedBuf, usize>(&port);
            assert_eq!(done.result.unwrap(), block);
            assert_same(&done.buf, &contents[done.state * block..][..block]);
        }
    }
}

/// What a program has before it forks: a port that somebody waits at, and one that nobody does.
struct Parents {
    waited: CompletionPort,
    waited_left: TcpStream,
    /// The only duplicates: the child drops its copies.
    sole: Mutex<Option<(CompletionPort, TcpStream, File)>>,
}

/// In the child: nothing of the parent's can be used, all can be dropped.
fn live_with_parents_things(parents: &Parents) {
    let sole = parents
        .sole
        .lock()
        .unwrap()
        .take()
        .expect("not dropped before");
    let (port, left, file) = &sole;
    for (port, left) in [(port, left), (&parents.waited, &parents.waited_left)] {
        assert_eq!(port.get(LONG).unwrap_err(), WaitError::Forked);
        assert_eq!(port.get(Duration::ZERO).unwrap_err(), WaitError::Forked);
        let refused = left.recv(vec![7; 8]).submit(()).expect_err("a refusal");
        assert_eq!(refused.buf, [7; 8]);
        let refused = left.send("hello").start().expect_err("a refusal");
        let text = refused.error.to_string();
        assert!(text.contains("forked"), "{text}");
        let (own, _peer) = tcp_pair();
        assert!(port.associate(&own, 1).is_err());
        left.cancel_all();
        assert_eq!(port.post(1, 2, 3), Err(Closed));
        assert!(port.is_closed());
        assert_eq!(port.snapshot().bound, 0);
    }
    let refused = file
        .read_at(vec![7; 8], 0)
        .submit(())
        .expect_err("a refusal");
    assert_eq!(refused.buf, [7; 8]);
    assert!(file.sync_all().start().is_err());
    parents.waited.close();
    drop(sole);
}

/// A port with sockets and files, made by the process that uses it.
fn live(path: &Path, contents: &[u8]) {
    let port = CompletionPort::new(2).unwrap();
    let (left, right) = tcp_pair();
    port.associate(&left, 5).unwrap();
    left.recv(vec![0; 8]).submit(()).unwrap();
    complete(right.send("hello")).result.unwrap();
    let done = take_done::<Vec<u8>, ()>(&port);
    assert_eq!(done.buf, b"hello");
    // Without a port, which needs a thread of the library.
    let pending = left.recv(vec![0; 8]).start().unwrap();
    complete(right.send("again")).result.unwrap();
    assert_eq!(finish(pending).buf, b"again");
    let (reader, writer) = pipe().unwrap();
    let pending = reader.read(vec![0; 8]).start().unwrap();
    complete(writer.write("piped")).result.unwrap();
    assert_eq!(finish(pending).buf, b"piped");
    read_cold(path, contents);
    port.post(1, 2, 3).unwrap();
    assert_eq!(take(&port).token(), Some(3));
}

#[test]
fn a_forked_child_lives_its_own_life_and_disturbs_nothing() {
    let name = "a_forked_child_lives_its_own_life_and_disturbs_nothing";
    if has_run_alone(module_path!(), name) {
        return;
    }
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(1 << 20, 4);
    std::fs::write(&path, &contents).unwrap();
    // Everything runs: the monitor, the ring, threads for files.
    live(&path, &contents);

    let (waited, sole) = (roomy_port(), roomy_port());
    let (waited_left, waited_right) = tcp_pair();
    let (sole_left, sole_right) = tcp_pair();
    let file = File::open(&path).unwrap();
    waited.associate(&waited_left, 5).unwrap();
    sole.associate(&sole_left, 6).unwrap();
    sole.associate(&file, 7).unwrap();
    waited_left.recv_full(vec![0; 8]).submit(()).unwrap();
    sole_left.recv(vec![0; 8]).submit(()).unwrap();
    let (lone, lone_peer) = tcp_pair();
    let pending = lone.recv(vec![0; 8]).start().unwrap();
    let parents = Parents {
        waited,
        waited_left,
        sole: Mutex::new(Some((sole, sole_left, file))),
    };
    thread::scope(|scope| {
        let waiter = scope.spawn(|| take_done::<Vec<u8>, ()>(&parents.waited));
        until_waiting(&parents.waited, 1);
        for round in 0..5 {
            let code = in_forked_child(|| {
                live_with_parents_things(&parents);
                live(&path, &contents);
                0
            });
            assert_eq!(code, 0, "the child of round {round}");
            assert_eq!(parents.waited.snapshot().waiting, 1);
        }
        complete(waited_right.send("undistur")).result.unwrap();
        assert_eq!(waiter.join().unwrap().buf, b"undistur");
    });
    assert_empty(&parents.waited);
    complete(sole_right.send("bed")).result.unwrap();
    let sole = parents
        .sole
        .lock()
        .unwrap()
        .take()
        .expect("the parent's own");
    assert_eq!(take_done::<Vec<u8>, ()>(&sole.0).buf, b"bed");
    assert_empty(&sole.0);
    assert!(!pending.is_done());
    complete(lone_peer.send("alone")).result.unwrap();
    assert_eq!(finish(pending).buf, b"alone");
    live(&path, &contents);
}

#[test]
fn a_forked_child_waits_for_no_lock_of_its_parents() {
    let name = "a_forked_child_waits_for_no_lock_of_its_parents";
    if has_run_alone(module_path!(), name) {
        return;
    }
    let port = roomy_port();
    let (left, _right) = tcp_pair();
    let pending = left.recv(vec![0; 8]).start().unwrap();
    let ended = AtomicBool::new(false);
    // Two threads that nearly always hold one.
    let hold = |lock: &dyn Fn()| {
        while !ended.load(Ordering::SeqCst) {
            lock();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| hold(&|| _ = port.snapshot()));
        scope.spawn(|| hold(&|| _ = pending.is_done()));
        for round in 0..200 {
            let code = in_forked_child(|| {
                let closed = port.is_closed() && port.snapshot().limit == 0;
                i32::from(!closed || pending.is_done())
            });
            assert_eq!(code, 0, "the child of round {round}");
        }
        ended.store(true, Ordering::SeqCst);
    });
    // An operation that ends for the parent only.
    let mut pending = Some(pending);
    let code = in_forked_child(|| {
        let unended = pending.take().unwrap().wait_until(LONG).unwrap_err();
        unended.cancel();
        drop(unended);
        0
    });
    assert_eq!(code, 0, "the last child");
    left.cancel_all();
    let done = finish(pending.expect("the parent's own"));
    assert_eq!(code_of(&done), libc::ECANCELED);
}

#[test]
fn a_fork_amid_traffic_loses_none_of_it() {
    let name = "a_fork_amid_traffic_loses_none_of_it";
    if has_run_alone(module_path!(), name) {
        return;
    }
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(1 << 20, 5);
    std::fs::write(&path, &contents).unwrap();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let traffic = scope.spawn(|| {
            let mut rounds = 0;
            while !ended.load(Ordering::SeqCst) {
                echo(&contents);
                read_cold(&path, &contents);
                rounds += 1;
            }
            rounds
        });
        for round in 0..40 {
            let code = in_forked_child(|| {
                live(&path, &contents);
                0
            });
            assert_eq!(code, 0, "the child of round {round}");
        }
        ended.store(true, Ordering::SeqCst);
        println!("  {} rounds of traffic", traffic.join().unwrap());
    });
}

#[test]
fn dropping_handles_with_operations_in_flight_ends_each_exactly_once() {
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, pattern(4 << 20, 6)).unwrap();
    let port = roomy_port();
    let drops = Drops::new();

    let (left, _right) = tcp_pair();
    port.associate(&left, 1).unwrap();
    for _ in 0..500 {
        left.recv(drops.buf(vec![0; 8]))
            .submit(drops.state())
            .unwrap();
        left.send(drops.buf(vec![0; 1 << 17]))
            .submit(drops.state())
            .unwrap();
    }
    drop(left);
    let mut cancelled = 0;
    for _ in 0..1_000 {
        let packet = take(&port);
        cancelled +=
            usize::from(packet.outcome().unwrap().status == Status::Error(libc::ECANCELED));
    }
    // Some sends fitted into the socket before it was full.
    assert!((900..1_000).contains(&cancelled), "{cancelled} cancelled");
    assert_eq!(drops.count(), 2_000);

    for engine in engines() {
        let port = CompletionPort::builder()
            .concurrency(9)
            .engine(engine)
            .build()
            .unwrap();
        let drops = Drops::new();
        let file = open_cold(&path);
        port.associate(&file, 1).unwrap();
        for index in 0..1_000 {
            let buf = drops.buf(AlignedBuf::new(4096, 4096).unwrap());
            file.read_at(buf, index * 4096)
                .submit(drops.state())
                .unwrap();
        }
        drop(file);
        let mut cancelled = 0;
        for _ in 0..1_000 {
            match take(&port).outcome().unwrap().status {
                Status::Success => {}
                Status::Error(libc::ECANCELED) => cancelled += 1,
                other => panic!("{other:?}"),
            }
        }
        println!("  {engine:?}: {cancelled} of 1,000 reads cancelled");
        assert_empty(&port);
        eventually("all are dropped", || drops.count() == 2_000);
    }
}

/// A port with operations in flight ends; `how` ends it. Everything must be dropped once.
fn end_of_a_port(engine: Engine, path: &Path, close: bool) {
    let port = CompletionPort::builder()
        .concurrency(9)
        .engine(engine)
        .build()
        .unwrap();
    let drops = Drops::new();
    let (left, right) = tcp_pair();
    port.associate(&left, 1).unwrap();
    let file = open_cold(path);
    port.associate(&file, 2).unwrap();
    for _ in 0..100 {
        left.recv(drops.buf(vec![0; 8]))
            .submit(drops.state())
            .unwrap();
    }
    thread::scope(|scope| {
        // Waiters may take what files bring, until the port is closed.
        let wait = || loop {
            match port.get(LONG) {
                Ok(packet) => drop(packet),
                Err(error) => break error,
            }
        };
        let waiters: Vec<_> = (0..if close { 4 } else { 0 })
            .map(|_| scope.spawn(wait))
            .collect();
        until_waiting(&port, waiters.len());
        for index in 0..500 {
            let buf = drops.buf(AlignedBuf::new(4096, 4096).unwrap());
            file.read_at(buf, index * 4096)
                .submit(drops.state())
                .unwrap();
        }
        if close {
            port.close();
        }
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), WaitError::Closed);
        }
    });
    drop(port);
    // What is in flight is still carried out, though nobody hears of it.
    eventually("the reads are dropped", || drops.count() == 1_000);
    complete(right.send(vec![0; 8 * 50])).result.unwrap();
    eventually("50 receives are dropped", || drops.count() == 1_100);
    drop(left);
    eventually("all is dropped", || drops.count() == 1_200);
    assert!(file.sync_all().submit(()).is_ok() || !close);
    complete(file.sync_all()).result.unwrap();
}

#[test]
fn a_port_that_ends_with_operations_in_flight_drops_each_exactly_once() {
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, pattern(2 << 20, 7)).unwrap();
    for engine in engines() {
        for close in [true, false] {
            end_of_a_port(engine, &path, close);
        }
    }
}

#[test]
fn a_port_that_nobody_has_any_more_keeps_no_descriptor() {
    let name = "a_port_that_nobody_has_any_more_keeps_no_descriptor";
    if has_run_alone(module_path!(), name) {
        return;
    }
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(1 << 16, 9);
    std::fs::write(&path, &contents).unwrap();
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    // In a thread, which belongs to its last port for as long as it lives.
    let use_ports = || thread::scope(|scope| _ = scope.spawn(|| live(&path, &contents)));
    // What serves the whole process is made once.
    use_ports();
    let before = descriptors();
    for _ in 0..3 {
        use_ports();
    }
    eventually("the ports' descriptors are closed", || {
        descriptors() <= before
    });
}

#[test]
fn a_handler_that_panics_frees_its_slot() {
    let port = CompletionPort::new(1).unwrap();
    let quietly = || std::panic::resume_unwind(Box::new("a handler's panic"));
    for in_scope in [false, true] {
        thread::scope(|scope| {
            let handler = scope.spawn(|| {
                take(&port);
                if in_scope {
                    port.blocking(quietly)
                }
                quietly()
            });
            port.post(1, 0, 0).unwrap();
            assert!(handler.join().is_err(), "it was to panic");
            eventually("the slot is free", || port.snapshot().running == 0);
            // The next thread gets the next packet.
            let next = scope.spawn(|| take(&port).key());
            port.post(2, 0, 0).unwrap();
            assert_eq!(next.join().unwrap(), 2);
        });
        assert_eq!(port.snapshot().bound, 0);
    }
    // Caught within the thread, a panic in a blocking scope takes the slot back.
    thread::scope(|scope| {
        scope.spawn(|| {
            take(&port);
            let caught = std::panic::catch_unwind(AssertUnwindSafe(|| port.blocking(quietly)));
            assert!(caught.is_err());
            assert_eq!(port.snapshot().running, 1);
        });
        port.post(1, 0, 0).unwrap();
    });
}

/// A state whose destructor panics, and counts that it has.
#[derive(Debug)]
struct Bomb(Arc<AtomicUsize>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        assert!(thread::panicking(), "a destructor that panics");
    }
}

#[test]
fn a_destructor_that_panics_ends_no_thread_of_the_library() {
    let name = "a_destructor_that_panics_ends_no_thread_of_the_library";
    if has_run_alone(module_path!(), name) {
        return;
    }
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(1 << 16, 8);
    std::fs::write(&path, &contents).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let mut bombs = 0;
    // Nobody takes what ends after the port does: the library's threads drop it.
    for engine in engines() {
        // More than there are threads for files.
        for _ in 0..20 {
            let builder = CompletionPort::builder().engine(engine);
            let port = builder.build().unwrap();
            let file = open_cold(&path);
            let (left, right) = tcp_pair();
            port.associate(&file, 1).unwrap();
            port.associate(&left, 2).unwrap();
            left.recv(vec![0; 8]).submit(Bomb(count.clone())).unwrap();
            port.close();
            complete(right.send("hello")).result.unwrap();
            let buf = AlignedBuf::new(contents.len(), 4096).unwrap();
            file.read_at(buf, 0).submit(Bomb(count.clone())).unwrap();
            bombs += 2;
            eventually("both are dropped", || count.load(Ordering::SeqCst) == bombs);
        }
    }
    live(&path, &contents);
}

#[test]
fn thousands_of_receives_wait_on_one_socket_and_on_many() {
    let name = "thousands_of_receives_wait_on_one_socket_and_on_many";
    if has_run_alone(module_path!(), name) {
        return;
    }
    set_descriptors_max(2_000);
    let port = CompletionPort::new(2).unwrap();
    let (left, right) = tcp_pair();
    port.associate(&left, 10_000).unwrap();
    for index in 0..10_000_usize {
        left.recv_full(vec![0; 8]).submit(index).unwrap();
    }
    let pairs: Vec<_> = (0..500_usize)
        .map(|_| UnixStream::pair().unwrap())
        .collect();
    for (index, (ours, _)) in pairs.iter().enumerate() {
        port.associate(ours, index).unwrap();
        ours.recv(vec![0; 8]).submit(index).unwrap();
    }
    let numbers: Vec<u8> = (0..10_000_u64).flat_map(u64::to_le_bytes).collect();
    let seen = Mutex::new((0, vec![0; 10_500]));
    thread::scope(|scope| {
        let workers = [(); 2].map(|()| {
            scope.spawn(|| {
                while let Ok(packet) = port.get(LONG) {
                    let key = packet.key();
                    let done = packet.into_done::<Vec<u8>, usize>().expect("a receive");
                    let number = u64::from_le_bytes(done.buf.try_into().expect("eight bytes"));
                    assert_eq!(number, done.state as u64);
                    let place = if key < 10_000 {
                        10_000 + key
                    } else {
                        done.state
                    };
                    let mut seen = seen.lock().unwrap();
                    seen.0 += 1;
                    seen.1[place] += 1;
                    if seen.0 == 10_500 {
                        port.close();
                    }
                }
            })
        });
        let big = right.send(numbers).start().unwrap();
        for (index, (_, peer)) in pairs.iter().enumerate() {
            complete(peer.send((index as u64).to_le_bytes()))
                .result
                .unwrap();
        }
        finish(big).result.unwrap();
        for worker in workers {
            worker.join().unwrap();
        }
    });
    let (_, seen) = seen.into_inner().unwrap();
    assert!(seen.iter().all(|count| *count == 1));
}

#[test]
fn ten_thousand_file_operations_are_asked_for_before_one_is_taken() {
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(4 << 20, 8);
    std::fs::write(&path, &contents).unwrap();
    let writable = File::try_from(create(&directory.path().join("other"))).unwrap();
    for engine in engines() {
        let port = CompletionPort::builder()
            .concurrency(2)
            .engine(engine)
            .build()
            .unwrap();
        let file = open_cold(&path);
        port.associate(&file, 1).unwrap();
        let start = Instant::now();
        for index in 0..10_000_usize {
            let buf = AlignedBuf::new(512 * 8, 4096).unwrap();
            let place = index * 7 % 1024 * 4096;
            file.read_at(buf, place as u64).submit(place).unwrap();
        }
        let queued = port.snapshot().queued;
        for _ in 0..10_000 {
            let done = take_done::<AlignedBuf, usize>(&port);
            assert_eq!(done.result.unwrap(), 4096);
            assert_same(&done.buf, &contents[done.state..][..4096]);
        }
        assert_empty(&port);
        let took = start.elapsed();
        println!(
            "  {took:>10.1?}  10,000 reads ({engine:?}), {queued} done once all were asked for"
        );
    }
    // Flushes without a port: the engine is the one that the environment asks for.
    let flushes: Vec<_> = (0..500)
        .map(|_| writable.sync_data().start().unwrap())
        .collect();
    for flush in flushes {
        finish(flush).result.unwrap();
    }
}

#[test]
fn ten_thousand_file_operations_are_cancelled_in_reasonable_time() {
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, pattern(4 << 20, 9)).unwrap();
    for engine in engines() {
        let port = CompletionPort::builder()
            .concurrency(2)
            .engine(engine)
            .build()
            .unwrap();
        let file = open_cold(&path);
        port.associate(&file, 1).unwrap();
        for index in 0..10_000_usize {
            let buf = AlignedBuf::new(4096, 4096).unwrap();
            file.read_at(buf, (index % 1024 * 4096) as u64)
                .submit(())
                .unwrap();
        }
        let start = Instant::now();
        drop(file);
        let mut cancelled = 0;
        for _ in 0..10_000 {
            let status = take(&port).outcome().unwrap().status;
            cancelled += usize::from(status == Status::Error(libc::ECANCELED));
        }
        let took = start.elapsed();
        println!("  {took:>10.1?}  until 10,000 reads ended ({engine:?}), {cancelled} cancelled");
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert_empty(&port);
    }
}
