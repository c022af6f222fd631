//! What the conformance tests share: connected pairs, waiting for counted events, buffers and
//! states that count, and tests that need a process of their own.
//!
//! No test sleeps to bring about an order: it waits for an event that can be counted, with a
//! deadline that only a broken library reaches.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test file uses its own part of this"
)]

pub(crate) mod files;
pub(crate) mod futures;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod stream;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use completion_port::{
    Completion, CompletionPort, Done, Engine, IoBuf, Pending, Request, Status, WaitError,
    engine_report,
};

/// Nothing takes as long as this unless it is broken.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Waits until something has become true.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    let mut looks = 0u32;
    while !condition() {
        assert!(start.elapsed() < LONG, "not within {LONG:?}: {what}");
        looks += 1;
        if looks < 100 {
            thread::yield_now();
        } else {
            thread::sleep(Duration::from_micros(100)); // not for order: between two looks
        }
    }
}

/// Waits until that many threads wait for packets.
pub(crate) fn until_waiting(port: &CompletionPort, threads: usize) {
    let what = format!("{threads} threads wait");
    eventually(&what, || port.snapshot().waiting == threads);
}

/// A port that never keeps a packet from a thread because of its limit.
pub(crate) fn roomy_port() -> CompletionPort {
    CompletionPort::new(1_000).expect("a port")
}

/// A port that does not look at its threads: one that waits for a test's next order holds its
/// slot like one that computes.
pub(crate) fn blind_port(concurrency: usize) -> CompletionPort {
    let builder = CompletionPort::builder().concurrency(concurrency);
    builder.observe(false).build().expect("a port")
}

/// Waits for a packet or for the port's end; either must come long before the deadline, else it
/// was the deadline that brought it.
#[track_caller]
pub(crate) fn wait(port: &CompletionPort) -> Result<Completion, WaitError> {
    let start = Instant::now();
    let result = port.get(LONG);
    let waited = start.elapsed();
    let now = port.snapshot();
    assert!(waited < LONG / 2, "{result:?} after {waited:?}: {now:#?}");
    result
}

/// The next packet, which must come.
#[track_caller]
pub(crate) fn take(port: &CompletionPort) -> Completion {
    match wait(port) {
        Ok(packet) => packet,
        Err(error) => panic!("a packet was expected: {error}"),
    }
}

/// The next packet, as the operation that it must be.
#[track_caller]
pub(crate) fn take_done<B: Send + 'static, S: Send + 'static>(port: &CompletionPort) -> Done<B, S> {
    match take(port).into_done() {
        Ok(done) => done,
        Err(packet) => panic!("another packet was expected than {packet:?}"),
    }
}

/// That there is no packet now.
#[track_caller]
pub(crate) fn assert_empty(port: &CompletionPort) {
    match port.get(Duration::ZERO) {
        Err(error) => assert_eq!(error, WaitError::TimedOut),
        Ok(packet) => panic!("no packet was expected, but here is {packet:?}"),
    }
}

/// The end of an operation that was started, which must come.
#[track_caller]
pub(crate) fn finish<B: Send + 'static>(pending: Pending<B>) -> Done<B> {
    let start = Instant::now();
    match pending.wait_until(LONG) {
        Ok(done) => {
            let waited = start.elapsed();
            assert!(waited < LONG / 2, "{:?} after {waited:?}", done.outcome);
            done
        }
        Err(pending) => panic!("not finished within {LONG:?}: {pending:?}"),
    }
}

/// Starts an operation that must be accepted, and waits for its end.
#[track_caller]
pub(crate) fn complete<B: Send + 'static>(request: Request<'_, B>) -> Done<B> {
    match request.start() {
        Ok(pending) => finish(pending),
        Err(rejected) => panic!("the operation was not accepted: {}", rejected.error),
    }
}

/// The error number with which an operation fails, at once or later.
#[track_caller]
pub(crate) fn failure<B: Send + 'static>(request: Request<'_, B>) -> i32 {
    let error = match request.start() {
        Ok(pending) => match finish(pending).result {
            Ok(bytes) => panic!("a failure was expected, not a success with {bytes} bytes"),
            Err(error) => error,
        },
        Err(rejected) => rejected.error,
    };
    error.raw_os_error().expect("an error of the system")
}

/// The error number with which an operation is refused at once.
#[track_caller]
pub(crate) fn refusal<B: Send + 'static>(request: Request<'_, B>) -> i32 {
    match request.start() {
        Ok(pending) => panic!("a refusal was expected, not {pending:?}"),
        Err(rejected) => rejected
            .error
            .raw_os_error()
            .expect("an error of the system"),
    }
}

/// The error number in an operation's outcome.
#[track_caller]
pub(crate) fn code_of<B, S>(done: &Done<B, S>) -> i32 {
    match done.outcome.status {
        Status::Error(code) => code,
        other => panic!("an error was expected, not {other:?}"),
    }
}

/// Bytes that tell their place: no stretch of them repeats within a few kilobytes.
pub(crate) fn pattern(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..bytes).map(step).collect()
}

/// Compares long contents without printing them.
#[track_caller]
pub(crate) fn assert_same(found: &[u8], expected: &[u8]) {
    assert_eq!(found.len(), expected.len(), "lengths");
    if let Some(place) = found.iter().zip(expected).position(|(a, b)| a != b) {
        panic!(
            "the first difference is at byte {place} of {}",
            expected.len()
        );
    }
}

/// An address of this machine with a port that the system chooses.
pub(crate) fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A directory that vanishes with the returned value, on a real file system where possible.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory for the test's files")
}

/// Creates a file for reading and writing.
pub(crate) fn create(path: &Path) -> std::fs::File {
    std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .expect("a new file")
}

/// The engines for files that this system and this run offer.
pub(crate) fn engines() -> Vec<Engine> {
    let report = engine_report();
    let mut engines = Vec::new();
    if report.direct == "device" {
        // Left alone, the library hands direct access to the device.
        engines.push(Engine::Auto);
    }
    match report.ring_error {
        None => engines.push(Engine::Uring),
        Some(why) => println!("io_uring is absent here ({}) and not tested", why.text),
    }
    engines.push(Engine::Threads);
    engines
}

/// Counts how often the values that were made with it have been dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// A state that counts its drop.
    pub(crate) fn state(&self) -> CountedState {
        CountedState(self.clone())
    }

    /// A buffer that counts its drop.
    pub(crate) fn buf<B: IoBuf>(&self, inner: B) -> raw::CountedBuf<B> {
        raw::CountedBuf::new(inner, self)
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A state that counts its drop.
#[derive(Debug)]
pub(crate) struct CountedState(Drops);

impl Drop for CountedState {
    fn drop(&mut self) {
        self.0.one_more();
    }
}
