//! The raw door, tested where its inside can be seen.

use std::os::unix::net::UnixStream;
use std::sync::Mutex;

use super::*;
use crate::{CompletionPort, Deadline, Status};

type Log = Arc<Mutex<Vec<(usize, Outcome)>>>;

/// Reads into, or writes from, memory that is never freed.
struct Own {
    memory: &'static [u8],
    token: usize,
    log: Log,
    then: Then,
}

// SAFETY: the memory lives for ever and was leaked from a Vec, so that it may be written.
unsafe impl RawOp for Own {
    fn memory(&self) -> RawMemory<'_> {
        let start = self.memory.as_ptr().cast_mut();
        RawMemory::One(RawSpan::new(start, self.memory.len()))
    }
    fn tag(&self) -> Tag {
        Tag {
            token: self.token,
            group: 7,
        }
    }
    fn finished(&mut self, outcome: Outcome, _extra: RawExtra) -> Then {
        self.log.lock().unwrap().push((self.token, outcome));
        self.then
    }
}

struct Scene {
    handle: RawHandle,
    peer: UnixStream,
    log: Log,
}

impl Scene {
    fn new() -> Self {
        let (ours, peer) = UnixStream::pair().unwrap();
        Self {
            handle: RawHandle::connected(ours.into(), RawNature::Stream),
            peer,
            log: Log::default(),
        }
    }

    fn op(&self, token: usize) -> Own {
        Own {
            memory: Vec::leak(vec![0; 8]),
            token,
            log: Arc::clone(&self.log),
            then: Then::Packet,
        }
    }

    fn receive(&self, op: Own, take: bool) -> Result<RawSubmitted, (io::Error, Own)> {
        let kind = RawKind::Receive {
            peek: false,
            all: false,
        };
        // SAFETY: the operation's memory lives for ever and is touched by nobody else.
        unsafe { self.handle.submit(kind, op, take) }
    }

    fn send(&self, text: &str) {
        io::Write::write_all(&mut &self.peer, text.as_bytes()).unwrap();
    }

    fn told(&self) -> Vec<usize> {
        self.log
            .lock()
            .unwrap()
            .iter()
            .map(|(token, _)| *token)
            .collect()
    }
}

#[test]
fn an_operation_is_told_before_its_packet_is_there() {
    let scene = Scene::new();
    let port = CompletionPort::new(0).unwrap();
    port.associate(&scene.handle, 3).unwrap();
    let first = scene.receive(scene.op(1), false);
    assert!(matches!(first, Ok(RawSubmitted::InFlight(_))));
    scene.send("hello");
    let packet = port.get(Deadline::Never).unwrap();
    assert_eq!(
        (packet.key(), packet.bytes(), scene.told()),
        (3, 5, vec![1])
    );
    let (op, outcome) = packet.into_raw::<Own>().unwrap();
    assert_eq!(
        (&op.memory[..5], outcome),
        (&b"hello"[..], Outcome::success(5))
    );
}

/// Notes the order in which it hears of its end.
struct Noting(Arc<Mutex<Vec<&'static str>>>);

// SAFETY: there is no memory.
unsafe impl RawOp for Noting {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::None
    }
    fn at_once(&mut self, _: Outcome) {
        self.0.lock().unwrap().push("at once");
    }
    fn finished(&mut self, _: Outcome, _: RawExtra) -> Then {
        self.0.lock().unwrap().push("told");
        Then::Packet
    }
}

#[test]
fn s_157_the_issuing_call_has_written_before_anybody_is_told() {
    let scene = Scene::new();
    let port = CompletionPort::new(0).unwrap();
    port.associate(&scene.handle, 3).unwrap();
    let notes = Arc::default();
    for expected in [&["told"][..], &["told", "at once", "told"]] {
        let kind = RawKind::Receive {
            peek: false,
            all: false,
        };
        let op = Noting(Arc::clone(&notes));
        // SAFETY: there is no memory.
        let submitted = unsafe { scene.handle.submit(kind, op, false) };
        scene.send("x");
        assert!(submitted.is_ok());
        port.get(Deadline::Never).unwrap();
        assert_eq!(*notes.lock().unwrap(), expected);
    }
}

#[test]
fn s_152_what_is_taken_at_once_causes_no_packet() {
    let scene = Scene::new();
    let port = CompletionPort::new(0).unwrap();
    port.associate(&scene.handle, 3).unwrap();
    scene.send("hello");
    let first = scene.receive(scene.op(1), true).map_err(|(error, _)| error);
    assert_eq!(first.unwrap(), RawSubmitted::Finished(Outcome::success(5)));
    assert_eq!(scene.told(), [1]);
    assert!(port.get(Deadline::Now).is_err());
    // Without it there is one, though the outcome is known.
    scene.send("again");
    let second = scene
        .receive(scene.op(2), false)
        .map_err(|(error, _)| error);
    assert_eq!(second.unwrap(), RawSubmitted::Finished(Outcome::success(5)));
    assert_eq!(port.get(Deadline::Now).unwrap().bytes(), 5);
}

#[test]
fn s_150_what_is_refused_is_handed_back_and_not_told() {
    let scene = Scene::new();
    scene.handle.close();
    let (error, op) = scene.receive(scene.op(4), false).unwrap_err();
    assert_eq!((error.raw_os_error(), op.token), (Some(libc::EBADF), 4));
    assert_eq!(scene.told(), []);
}

/// Polls a port when it is told of its end; and says when it has.
struct Poll(CompletionPort, Arc<Mutex<usize>>);

// SAFETY: no memory is named.
unsafe impl RawOp for Poll {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::None
    }
    fn finished(&mut self, _: Outcome, _: RawExtra) -> Then {
        assert!(self.0.get(Deadline::Now).is_err());
        *self.1.lock().unwrap() += 1;
        Then::Packet
    }
}

#[test]
fn s_061_an_operation_that_polls_when_it_is_told_binds_and_moves_nobody() {
    let scene = Scene::new();
    let (port, other) = (
        CompletionPort::new(2).unwrap(),
        CompletionPort::new(2).unwrap(),
    );
    port.associate(&scene.handle, 3).unwrap();
    let others = RawHandle::new(
        std::fs::File::open("/dev/null").unwrap().into(),
        RawNature::File,
    );
    other.associate(&others.unwrap(), 4).unwrap();
    let kind = || RawKind::Receive {
        peek: false,
        all: false,
    };
    for polled in [&port, &other] {
        // SAFETY: no memory is named.
        let first = unsafe {
            scene
                .handle
                .submit(kind(), Poll(polled.clone(), Arc::default()), false)
        };
        assert!(matches!(first, Ok(RawSubmitted::InFlight(_))));
    }
    // Each is told in the thread that waits here, since it drives. Both take nothing.
    scene.send("x");
    let mut packets = Vec::new();
    while packets.len() < 2 {
        port.get_many(&mut packets, 2, Deadline::Never).unwrap();
        let now = port.snapshot();
        assert_eq!((now.running, now.waiting, now.bound), (1, 0, 1));
        assert_eq!(other.snapshot().bound, 0);
    }
}

#[test]
fn s_061_an_operation_that_polls_in_a_thread_of_the_library_binds_nobody() {
    let scene = Scene::new();
    let port = CompletionPort::new(1).unwrap();
    let path = std::env::temp_dir().join(format!("iocp-raw-{}", std::process::id()));
    let file = std::fs::File::create(&path).unwrap();
    let file = RawHandle::new(file.into(), RawNature::File).unwrap();
    std::fs::remove_file(&path).unwrap();
    let receive = RawKind::Receive {
        peek: false,
        all: false,
    };
    let sync = RawKind::Sync { data_only: false };
    let polls = Arc::default();
    for (handle, kind) in [(&scene.handle, receive), (&file, sync)] {
        let poll = Poll(port.clone(), Arc::clone(&polls));
        // SAFETY: no memory is named.
        let op = unsafe { handle.submit(kind, poll, false) };
        assert!(matches!(op, Ok(RawSubmitted::InFlight(_))));
    }
    scene.send("x");
    while *polls.lock().unwrap() < 2 {
        std::thread::yield_now();
    }
    let now = port.snapshot();
    assert_eq!((now.running, now.bound), (0, 0));
}

#[test]
fn a_file_that_was_closed_accepts_nothing_either() {
    let scene = Scene::new();
    let null = std::fs::File::open("/dev/null").unwrap();
    let file = RawHandle::new(null.into(), RawNature::File).unwrap();
    file.close();
    for kind in [RawKind::ReadAt(0), RawKind::Sync { data_only: false }] {
        // SAFETY: the operation's memory lives for ever and is touched by nobody else.
        let refused = unsafe { file.submit(kind, scene.op(4), false) };
        let (error, op) = refused.unwrap_err();
        assert_eq!((error.raw_os_error(), op.token), (Some(libc::EBADF), 4));
    }
    assert_eq!(scene.told(), []);
}

#[test]
fn s_210_operations_are_found_by_their_tags() {
    let scene = Scene::new();
    for token in 1..=3 {
        assert!(scene.receive(scene.op(token), false).is_ok());
    }
    assert_eq!(scene.handle.cancel_where(|tag| tag.token == 2), 1);
    assert_eq!(scene.told(), [2]);
    assert_eq!(scene.handle.cancel_where(|tag| tag.group == 8), 0);
    assert_eq!(scene.handle.cancel_where(|tag| tag.group == 7), 2);
    let log = scene.log.lock().unwrap();
    let cancelled = Status::Error(libc::ECANCELED);
    assert!(log.len() == 3 && log.iter().all(|(_, outcome)| outcome.status == cancelled));
}

#[test]
fn what_was_done_elsewhere_is_delivered_like_the_rest() {
    let scene = Scene::new();
    // Without a port the operation is told, and that is all.
    scene.handle.deliver(scene.op(1), Outcome::success(1));
    let port = CompletionPort::new(0).unwrap();
    port.associate(&scene.handle, 9).unwrap();
    scene
        .handle
        .deliver(scene.op(2), Outcome::error(libc::EIO, 2));
    let mut silent = scene.op(3);
    silent.then = Then::Nothing;
    scene.handle.deliver(silent, Outcome::success(3));
    assert_eq!(scene.told(), [1, 2, 3]);
    let packet = port.get(Deadline::Now).unwrap();
    assert_eq!((packet.key(), packet.bytes()), (9, 2));
    assert!(port.get(Deadline::Now).is_err());
}

#[test]
fn a_packet_for_what_was_done_within_the_call_has_the_handles_key_and_its_place_in_the_queue() {
    let scene = Scene::new();
    // Nobody is told without a port.
    scene.handle.post_own(1, 2);
    let port = CompletionPort::new(1).unwrap();
    port.associate(&scene.handle, 9).unwrap();
    port.post(5, 3, 4).unwrap();
    scene.handle.post_own(usize::MAX, 6);
    scene.handle.deliver(scene.op(1), Outcome::success(1));
    let next = || {
        let packet = port.get(Deadline::Now).unwrap();
        (packet.key(), packet.bytes(), packet.token())
    };
    assert_eq!(next(), (5, 3, Some(4)));
    assert_eq!(next(), (9, usize::MAX, Some(6)));
    assert_eq!(next(), (9, 1, None));
    assert!(port.get(Deadline::Now).is_err());
    // A closed port swallows it (S-031).
    port.close();
    scene.handle.post_own(1, 2);
}
