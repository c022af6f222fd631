//! Promptness: a completion reaches a waiting thread whatever the thread that asked for it does.
//!
//! The times are printed (`--nocapture` shows them); about a millisecond is what they are meant
//! to be on an idle machine. What is asserted is the order of magnitude, because the machine
//! need not be idle; and that the thread which asked was still busy, which is the point.

mod common;

use std::any::Any;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use common::process::{has_run_alone, sleeps_of};
use common::raw::forget_pages;
use common::stream::Stream;
use common::{
    LONG, any_port, engines, eventually, finish, pattern, scratch, take, take_done, until_waiting,
};
use completion_port::{
    AlignedBuf, CompletionPort, Engine, File, OpId, PipeReader, PipeWriter, TcpListener, TcpStream,
    UnixStream, pipe,
};
use socket2::SockRef;

/// Whatever takes as long as this is late, even on a machine that is busy with other things.
const PROMPT: Duration = Duration::from_millis(100);
/// So long is the thread busy that has asked for an operation.
const BUSY: Duration = Duration::from_millis(200);
/// A machine that is busy elsewhere may spoil a measurement, but not so many in a row.
const TRIES: usize = 4;

/// The tests measure: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the issuer does after it has asked for an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Computes,
    Sleeps,
    Exits,
}

/// One operation to be measured.
struct Case {
    /// What must stay open.
    _kept: Vec<Box<dyn Any + Send>>,
    /// Submits it.
    issue: Box<dyn FnOnce() + Send>,
    /// Makes it possible; without this it comes to its end by itself.
    allow: Option<Box<dyn FnOnce() + Send>>,
}

impl Case {
    fn new(issue: impl FnOnce() -> OpId + Send + 'static) -> Self {
        Self {
            _kept: Vec::new(),
            issue: Box::new(|| _ = issue()),
            allow: None,
        }
    }

    fn keep(mut self, value: impl Any + Send) -> Self {
        self._kept.push(Box::new(value));
        self
    }

    fn allowed_by(mut self, allow: impl FnOnce() + Send + 'static) -> Self {
        self.allow = Some(Box::new(allow));
        self
    }
}

/// Runs until the packet is taken, but no longer than it is meant to be busy.
fn compute(taken: &AtomicBool) {
    let start = Instant::now();
    while start.elapsed() < BUSY && !taken.load(Ordering::Relaxed) {
        std::hint::spin_loop();
    }
}

/// One measurement: how long the packet took, and whether the issuer was busy when it came.
fn measure(port: &CompletionPort, case: Case, then: Then, bound: bool) -> (Duration, bool) {
    let (go, issued) = (Barrier::new(2), AtomicBool::new(false));
    let (idle, taken) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let issuer = scope.spawn(|| {
            if bound {
                take(port);
            }
            go.wait();
            let at = Instant::now();
            (case.issue)();
            issued.store(true, Ordering::SeqCst);
            match then {
                Then::Computes => compute(&taken),
                Then::Sleeps => thread::sleep(BUSY), // not for order: it is the case itself
                Then::Exits => {}
            }
            idle.store(true, Ordering::SeqCst);
            at
        });
        if bound {
            port.post(0, 0, 0).unwrap();
            eventually("the issuer runs", || port.snapshot().running == 1);
        }
        let waiter = scope.spawn(|| {
            let packet = take(port);
            let at = Instant::now();
            let was_idle = idle.load(Ordering::SeqCst);
            taken.store(true, Ordering::SeqCst);
            assert!(
                packet.outcome().is_some_and(|end| end.bytes > 0),
                "{packet:?}"
            );
            (at, was_idle)
        });
        until_waiting(port, 1);
        go.wait();
        let mut start = None;
        let mut issuer = Some(issuer);
        if let Some(allow) = case.allow {
            if then == Then::Exits {
                let at = issuer.take().expect("not joined yet").join();
                at.expect("a well-behaved issuer");
            }
            eventually("it is issued", || issued.load(Ordering::SeqCst));
            start = Some(Instant::now());
            allow();
        }
        let (at, was_idle) = waiter.join().expect("a well-behaved waiter");
        let issued_at = issuer.map(|issuer| issuer.join().expect("a well-behaved issuer"));
        let start = start.or(issued_at).expect("one of them");
        (
            at.saturating_duration_since(start),
            then == Then::Exits || !was_idle,
        )
    })
}

/// Measures an operation for every behaviour of the issuer.
fn prompt_on(engine: Engine, what: &str, make: impl Fn(&CompletionPort) -> Case) {
    let _alone = alone();
    for then in [Then::Computes, Then::Sleeps, Then::Exits] {
        for bound in [false, true] {
            let who = if bound { "a worker" } else { "a stranger" };
            let once = || {
                let builder = CompletionPort::builder().concurrency(2).engine(engine);
                let port = builder.build().unwrap();
                measure(&port, make(&port), then, bound)
            };
            let mut found = Vec::new();
            while !found
                .last()
                .is_some_and(|(took, busy)| *took < PROMPT && *busy)
            {
                assert!(
                    found.len() < TRIES,
                    "{what}, issued by {who} who then {then:?}: not prompt, {found:?}"
                );
                found.push(once());
            }
            let took = found.last().expect("measured").0;
            let then = format!("{then:?}").to_lowercase();
            println!("  {took:>10.1?}  {what}, issued by {who} who then {then}");
        }
    }
}

fn prompt(what: &str, make: impl Fn(&CompletionPort) -> Case) {
    prompt_on(Engine::Auto, what, make);
}

#[test]
fn a_receive_completes_whatever_its_issuer_does() {
    prompt("a TCP receive", receive::<TcpStream>);
    prompt("a Unix receive", receive::<UnixStream>);
}

fn receive<S: Stream>(port: &CompletionPort) -> Case {
    let (ours, mut peer) = S::half();
    port.associate(&ours, 1).unwrap();
    let duplicate = ours.clone();
    let issue = move || duplicate.recv(vec![0; 16]).submit(()).unwrap();
    Case::new(issue)
        .keep(ours)
        .allowed_by(move || peer.write_all(b"here").unwrap())
}

#[test]
fn a_send_completes_whatever_its_issuer_does() {
    // It fits: the issuer itself carries it out. A packet that is left for a worker must find
    // another thread if that worker does not come back.
    prompt("a small TCP send", |port| {
        let (ours, peer) = TcpStream::half();
        port.associate(&ours, 1).unwrap();
        let duplicate = ours.clone();
        let issue = move || duplicate.send(vec![1; 16]).submit(()).unwrap();
        Case::new(issue).keep(ours).keep(peer)
    });
    // It does not: readiness carries it on.
    prompt("a TCP send of 8 MiB", |port| {
        let (ours, mut peer) = TcpStream::half();
        port.associate(&ours, 1).unwrap();
        let duplicate = ours.clone();
        let bytes = 8 << 20;
        let issue = move || duplicate.send(vec![1; bytes]).submit(()).unwrap();
        let drain = move || peer.read_exact(&mut vec![0; bytes]).unwrap();
        Case::new(issue).keep(ours).allowed_by(drain)
    });
}

#[test]
fn a_pipe_completes_whatever_its_issuer_does() {
    prompt("a pipe's read", |port| {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let reader = PipeReader::from_fd(reader.into()).unwrap();
        port.associate(&reader, 1).unwrap();
        let duplicate = reader.clone();
        let issue = move || duplicate.read(vec![0; 16]).submit(()).unwrap();
        Case::new(issue)
            .keep(reader)
            .allowed_by(move || writer.write_all(b"here").unwrap())
    });
    prompt("a pipe's write of 256 KiB", |port| {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let writer = PipeWriter::from_fd(writer.into()).unwrap();
        port.associate(&writer, 1).unwrap();
        let duplicate = writer.clone();
        let bytes = 256 << 10;
        let issue = move || duplicate.write(vec![1; bytes]).submit(()).unwrap();
        let drain = move || reader.read_exact(&mut vec![0; bytes]).unwrap();
        Case::new(issue).keep(writer).allowed_by(drain)
    });
}

#[test]
fn a_cold_read_completes_whatever_its_issuer_does() {
    let directory = scratch();
    let path = directory.path().join("cold");
    std::fs::write(&path, pattern(1 << 20, 1)).unwrap();
    for engine in engines() {
        prompt_on(engine, &format!("a cold read ({engine:?})"), |port| {
            let file = std::fs::File::open(&path).unwrap();
            forget_pages(&file);
            let file = File::try_from(file).unwrap();
            port.associate(&file, 1).unwrap();
            let duplicate = file.clone();
            let issue = move || duplicate.read_at(vec![0; 1 << 18], 0).submit(()).unwrap();
            Case::new(issue).keep(file)
        });
    }
}

/// A file for direct access; `None` where the file system refuses that.
fn open_direct(path: &Path) -> Option<std::fs::File> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECT)
        .open(path);
    match opened {
        Ok(file) => Some(file),
        Err(error) => {
            println!("  no direct access here: {error}");
            None
        }
    }
}

#[test]
fn a_direct_read_completes_whatever_its_issuer_does() {
    let directory = scratch();
    let path = directory.path().join("direct");
    std::fs::write(&path, pattern(1 << 20, 2)).unwrap();
    if open_direct(&path).is_none() {
        return;
    }
    for engine in engines() {
        prompt_on(engine, &format!("a direct read ({engine:?})"), |port| {
            let file = File::try_from(open_direct(&path).unwrap()).unwrap();
            port.associate(&file, 1).unwrap();
            let duplicate = file.clone();
            let buf = AlignedBuf::new(1 << 16, 4096).unwrap();
            let issue = move || duplicate.read_at(buf, 4096).submit(()).unwrap();
            Case::new(issue).keep(file)
        });
    }
}

/// Two sockets become readable; `before` says whether the threads wait already. Returns how long
/// it took until both were being handled, and whether the first was still busy then.
fn two_readable(before: bool) -> (Duration, bool) {
    let port = CompletionPort::new(2).unwrap();
    let halves = [TcpStream::half(), TcpStream::half()];
    for (ours, _) in &halves {
        port.associate(ours, 1).unwrap();
        ours.recv(vec![0; 16]).submit(()).unwrap();
    }
    let begun = AtomicUsize::new(0);
    let handler = || {
        take(&port);
        let at = Instant::now();
        begun.fetch_add(1, Ordering::SeqCst);
        while begun.load(Ordering::SeqCst) < 2 && at.elapsed() < BUSY {
            std::hint::spin_loop();
        }
        (at, begun.load(Ordering::SeqCst) == 2)
    };
    let speak = || {
        let start = Instant::now();
        for (_, peer) in &halves {
            let mut peer = peer;
            peer.write_all(b"here").unwrap();
        }
        start
    };
    thread::scope(|scope| {
        let mut start = (!before).then(speak);
        let threads = [scope.spawn(handler), scope.spawn(handler)];
        if before {
            until_waiting(&port, 2);
            start = Some(speak());
        }
        let ends = threads.map(|thread| thread.join().expect("a well-behaved handler"));
        let last = ends.iter().map(|(at, _)| *at).max().expect("two");
        let took = last.saturating_duration_since(start.expect("spoken"));
        (took, ends.iter().all(|(_, both)| *both))
    })
}

#[test]
fn a_second_socket_is_handled_while_the_handler_of_the_first_is_busy() {
    let _alone = alone();
    for before in [true, false] {
        let mut worst = Duration::ZERO;
        let mut spoilt = 0;
        for _ in 0..50 {
            let (took, both) = two_readable(before);
            if took < PROMPT && both {
                worst = worst.max(took);
            } else {
                spoilt += 1;
            }
        }
        let when = if before { "before" } else { "after" };
        println!("  {worst:>10.1?}  the second of two sockets, threads that wait {when} (worst)");
        assert!(
            spoilt < 5,
            "{spoilt} of 50 times a long handler held the other packet up"
        );
    }
}

#[test]
fn where_little_happens_another_packet_is_taken_while_a_handler_is_busy() {
    let _alone = alone();
    let port = CompletionPort::new(2).unwrap();
    let ((rare, mut speaker), (other, mut late)) = (TcpStream::half(), TcpStream::half());
    port.associate(&rare, 1).unwrap();
    port.associate(&other, 2).unwrap();
    other.recv(vec![0; 16]).submit(()).unwrap();
    let taken = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(take(&port).key(), 2);
            taken.store(true, Ordering::SeqCst);
        });
        // The older of two waiters: every packet is the other's until that is busy.
        until_waiting(&port, 1);
        scope.spawn(move || {
            for _ in 0..150 {
                thread::sleep(Duration::from_millis(2)); // not for order: it is the case itself
                speaker.write_all(b".").unwrap();
            }
        });
        for _ in 0..150 {
            rare.recv(vec![0; 1]).submit(()).unwrap();
            assert_eq!(take(&port).key(), 1);
        }
        let start = Instant::now();
        late.write_all(b"!").unwrap();
        while !taken.load(Ordering::SeqCst) && start.elapsed() < 10 * PROMPT {
            std::hint::spin_loop();
        }
        let took = start.elapsed();
        println!("  {took:>10.1?}  the first packet for another thread in a long time");
        assert!(taken.load(Ordering::SeqCst), "not while the handler ran");
    });
}

#[test]
fn a_big_send_goes_on_though_nobody_waits_for_packets() {
    let _alone = alone();
    let bytes = 16 << 20;
    let contents = pattern(bytes, 3);
    let read_all = |mut peer: std::net::TcpStream| {
        let start = Instant::now();
        peer.set_read_timeout(Some(LONG)).unwrap();
        let mut found = vec![0; bytes];
        peer.read_exact(&mut found).unwrap();
        common::assert_same(&found, &contents);
        start.elapsed()
    };

    // No thread has ever waited, and the one that asked is gone.
    let port = CompletionPort::new(1).unwrap();
    let (ours, peer) = TcpStream::half();
    port.associate(&ours, 1).unwrap();
    thread::scope(|scope| {
        let issuer = scope.spawn(|| ours.send(contents.clone()).submit(()).unwrap());
        issuer.join().unwrap();
        let took = read_all(peer);
        println!("  {took:>10.1?}  16 MiB sent by a thread that is gone");
    });
    eventually("the packet is queued", || port.snapshot().queued == 1);
    assert_eq!(take_done::<Vec<u8>, ()>(&port).result.unwrap(), bytes);

    // The only worker computes meanwhile.
    let port = CompletionPort::new(1).unwrap();
    let (ours, peer) = TcpStream::half();
    port.associate(&ours, 1).unwrap();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            take(&port);
            ours.send(contents.clone()).submit(()).unwrap();
            while !ended.load(Ordering::SeqCst) {
                std::hint::spin_loop();
            }
            assert_eq!(take_done::<Vec<u8>, ()>(&port).result.unwrap(), bytes);
        });
        port.post(0, 0, 0).unwrap();
        let took = read_all(peer);
        println!("  {took:>10.1?}  16 MiB sent while the only worker computes");
        eventually("the packet is queued", || port.snapshot().queued == 1);
        ended.store(true, Ordering::SeqCst);
    });

    // Nobody waits for the operation itself either.
    let (ours, peer) = TcpStream::half();
    port.associate(&ours, 1).unwrap();
    let pending = ours.send(contents.clone()).start().unwrap();
    let took = read_all(peer);
    eventually("the send is done", || pending.is_done());
    println!("  {took:>10.1?}  16 MiB sent for a thread that looks in at times");
    assert_eq!(finish(pending).result.unwrap(), bytes);
}

/// Has something happen and waits, without any wait of the library's, until it is noticed.
fn noticed(what: &str, act: impl FnOnce(), is_done: impl Fn() -> bool) {
    let start = Instant::now();
    act();
    eventually(what, is_done);
    let took = start.elapsed();
    println!("  {took:>10.1?}  {what}");
    // Once only, so the bound is wide; without the monitor it would never be.
    assert!(took < 10 * PROMPT, "{what}: {took:?}");
}

#[test]
fn operations_without_a_port_complete_though_nobody_waits_for_them() {
    let _alone = alone();
    let directory = scratch();
    let path = directory.path().join("cold");
    let contents = pattern(1 << 16, 4);
    std::fs::write(&path, &contents).unwrap();
    for round in 0..3 {
        let (ours, mut peer) = TcpStream::half();
        let pending = ours.recv(vec![0; 16]).start().unwrap();
        let write = || peer.write_all(b"here").unwrap();
        noticed("a receive without a port", write, || pending.is_done());
        assert_eq!(finish(pending).buf, b"here");

        let (reader, writer) = pipe().unwrap();
        let pending = reader.read(vec![0; 16]).start().unwrap();
        let write = || assert!(writer.write("here").start().unwrap().is_done());
        noticed("a pipe's read without a port", write, || pending.is_done());
        assert_eq!(finish(pending).buf, b"here");

        let listener = TcpListener::bind(any_port()).unwrap();
        let address = listener.local_addr().unwrap();
        let pending = listener.accept().start().unwrap();
        let connect = || drop(std::net::TcpStream::connect(address).unwrap());
        noticed("an accept without a port", connect, || pending.is_done());
        finish(pending).result.unwrap();

        let file = std::fs::File::open(&path).unwrap();
        forget_pages(&file);
        let file = File::try_from(file).unwrap();
        let start = || file.read_at(vec![0; 1 << 16], 0).start().unwrap();
        let pending = std::cell::OnceCell::new();
        let read = || assert!(pending.set(start()).is_ok());
        let is_done = || pending.get().is_some_and(completion_port::Pending::is_done);
        noticed("a cold read without a port", read, is_done);
        let done = finish(pending.into_inner().expect("started"));
        common::assert_same(&done.buf, &contents);

        // With a port, but with nobody who waits there.
        let port = CompletionPort::new(1).unwrap();
        let (ours, mut peer) = TcpStream::half();
        port.associate(&ours, round).unwrap();
        let pending = ours.recv(vec![0; 16]).start().unwrap();
        let write = || peer.write_all(b"here").unwrap();
        noticed("a receive whose port nobody uses", write, || {
            pending.is_done()
        });
        assert_eq!(finish(pending).buf, b"here");
    }
}

#[test]
fn what_a_busy_thread_receives_does_not_wake_the_monitor_each_time() {
    if has_run_alone(
        module_path!(),
        "what_a_busy_thread_receives_does_not_wake_the_monitor_each_time",
    ) {
        return;
    }
    const MESSAGES: u32 = 20_000;
    let port = CompletionPort::new(1).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut own, _) = listener.accept().unwrap();
    let watched = TcpStream::try_from(own.try_clone().unwrap()).unwrap();
    port.associate(&watched, 1).unwrap();
    watched.recv(vec![0; 1]).submit(()).unwrap();
    peer.write_all(b".").unwrap();
    // From now on the only thread that may run does, and what arrives finds no operation.
    take(&port);
    eventually("the monitor drives", || {
        port.snapshot().counters.rescues > 0
    });
    let (before, start) = (sleeps_of("iocp-monitor"), Instant::now());
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut byte = [0];
            for _ in 0..MESSAGES {
                peer.write_all(b".").unwrap();
                peer.read_exact(&mut byte).unwrap();
            }
        });
        let mut byte = [0];
        for _ in 0..MESSAGES {
            while own.read(&mut byte).is_err() {}
            own.write_all(&byte).unwrap();
        }
    });
    let slept = sleeps_of("iocp-monitor") - before;
    let ticks = start.elapsed().as_millis() as u64;
    println!("  {slept} times the monitor slept in {ticks} ms with {MESSAGES} messages");
    assert!(slept < u64::from(MESSAGES) / 4 && slept <= 3 * ticks + 100);
}

#[test]
fn a_send_in_many_parts_goes_on_though_every_thread_is_busy() {
    let _alone = alone();
    const BYTES: usize = 4 << 20;
    let contents = pattern(BYTES, 9);
    let port = CompletionPort::new(1).unwrap();
    let (ours, mut peer) = std::os::unix::net::UnixStream::pair().unwrap();
    // Few at a time: many events, none of which may wait for a tick.
    SockRef::from(&ours).set_send_buffer_size(1).unwrap();
    let ours = UnixStream::from_fd(ours.into()).unwrap();
    port.associate(&ours, 1).unwrap();
    port.post(0, 0, 0).unwrap();
    take(&port);
    ours.send(contents.clone()).submit(()).unwrap();
    let start = Instant::now();
    let mut found = vec![0; BYTES];
    peer.set_read_timeout(Some(LONG)).unwrap();
    peer.read_exact(&mut found).unwrap();
    let took = start.elapsed();
    common::assert_same(&found, &contents);
    println!("  {took:>10.1?}  4 MiB sent in small parts while the only thread is busy");
    assert!(took < 4 * PROMPT, "{took:?}");
    assert_eq!(take_done::<Vec<u8>, ()>(&port).result.unwrap(), BYTES);
}
