//! The completion port.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::handle::AsHandle;
use crate::op::{Body, Outcome, Packet};
use crate::request::Done;
use crate::sched::{Deadline, Scope, Snapshot, Take};
use crate::sys;
use crate::task::Tasks;

/// Which engine carries out file operations that cannot be done at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// io_uring where the system allows it, else threads. Direct access (`O_DIRECT`) whose
    /// completion goes to a port is handed to the device itself by io_submit(2), where the system
    /// and the file system allow that. The environment variable `COMPLETION_PORT_ENGINE` (`uring`,
    /// `threads`) decides otherwise.
    #[default]
    Auto,
    /// io_uring; operations are refused where the system does not allow it.
    Uring,
    /// A bounded pool of threads.
    Threads,
}

/// Settings of a port to be made.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a builder makes nothing until `build` is called"]
pub struct Builder {
    options: sys::Options,
}

impl Builder {
    /// How many threads may run at once; 0, the default, means the number of processors
    /// (S-014).
    pub fn concurrency(mut self, threads: usize) -> Self {
        self.options.concurrency = threads;
        self
    }

    /// Which engine carries out file operations.
    pub fn engine(mut self, engine: Engine) -> Self {
        self.options.engine = match engine {
            Engine::Auto => None,
            Engine::Uring => Some(sys::Engine::Uring),
            Engine::Threads => Some(sys::Engine::Threads),
        };
        self
    }

    /// Release a waiting thread for every completion at once, as the Windows kernel does.
    ///
    /// By default, when a running thread's own operation completes within the call that issued
    /// it, the packet is left for that thread, which is nearly always back in microseconds;
    /// after at most about a millisecond another is woken for it. Packets that are posted are
    /// never left.
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// Whether a thread that blocks in a foreign call (a lock, a look-up, a page fault) is
    /// noticed, so that its slot goes to the newest waiter until it runs again (S-067, S-068). On
    /// by default, unless the environment says `COMPLETION_PORT_OBSERVE=off`.
    ///
    /// It costs nothing while no packet waits for a slot. Where the system does not tell which
    /// threads run ([`EngineReport::observes_by`](crate::EngineReport::observes_by)), only
    /// [`blocking`](CompletionPort::blocking) scopes and the library's own blocking calls count.
    pub fn observe(mut self, observe: bool) -> Self {
        self.options.unobserved = !observe;
        self
    }

    /// Has a thread that has waited for so long give back the pages of its stack that it does not
    /// use; its next handler pays for touching them again. Off by default.
    pub fn trim_stacks_after(mut self, wait: Duration) -> Self {
        self.options.trim_after = Some(wait);
        self
    }

    /// Makes the port.
    ///
    /// # Errors
    ///
    /// None at present; the system may run out of something in later versions.
    pub fn build(self) -> io::Result<CompletionPort> {
        let port = sys::Port::new(self.options);
        let tasks = Tasks::of(&port);
        Ok(CompletionPort {
            shared: Arc::new(Shared { port, tasks }),
        })
    }
}

/// Closes the port when its last duplicate is dropped.
#[derive(Debug)]
struct Shared {
    port: Arc<sys::Port>,
    tasks: Arc<Tasks>,
}

impl Shared {
    /// The queue goes first: what the tasks are woken for finds it closed.
    fn close(&self) {
        self.port.close();
        self.tasks.end();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

/// A queue of completed operations and posted packets that many threads take from.
///
/// * Packets come out in the order in which they went in (S-040).
/// * A packet goes to the thread that began to wait last (S-042), so that the others can sleep.
/// * At most *concurrency value* threads run at once: a packet waits in the queue while so many
///   are busy with packets they took earlier (S-065, S-066). A thread belongs to the port on
///   which it last waited, and counts as running from then on, except while it waits there, or
///   is inside [`blocking`](Self::blocking) or a blocking call of this crate.
///
/// Cloning duplicates the port; when the last duplicate is dropped it is closed.
///
/// ```
/// use completion_port::{CompletionPort, Deadline};
///
/// let port = CompletionPort::new(2)?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| port.post(7, 42, 0));
///     let packet = port.get(Deadline::Never)?;
///     assert_eq!((packet.key(), packet.bytes()), (7, 42));
///     Ok::<_, completion_port::WaitError>(())
/// })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreateIoCompletionPort")]
#[derive(Clone, Debug)]
pub struct CompletionPort {
    shared: Arc<Shared>,
}

/// Why [`CompletionPort::get`] came back without a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitError {
    /// The deadline passed (S-114).
    TimedOut,
    /// The port is closed (S-030).
    Closed,
    /// The port was made by the process that this one was forked from, and serves only that.
    Forked,
    /// An [`Alert`] was raised.
    Alerted,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "no packet came before the deadline",
            Self::Closed => "the completion port is closed",
            Self::Forked => "the completion port belongs to the parent process",
            Self::Alerted => "the wait was called off",
        })
    }
}

impl std::error::Error for WaitError {}

impl From<WaitError> for io::Error {
    fn from(error: WaitError) -> Self {
        let kind = match error {
            WaitError::TimedOut => io::ErrorKind::TimedOut,
            WaitError::Closed => io::ErrorKind::NotConnected,
            WaitError::Forked => io::ErrorKind::Other,
            WaitError::Alerted => io::ErrorKind::Interrupted,
        };
        Self::new(kind, error)
    }
}

impl From<sys::Ended> for WaitError {
    fn from(ended: sys::Ended) -> Self {
        match ended {
            sys::Ended::TimedOut => Self::TimedOut,
            sys::Ended::Closed => Self::Closed,
            sys::Ended::Forked => Self::Forked,
        }
    }
}

/// A packet could not be posted because the port is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        WaitError::Closed.fmt(f)
    }
}

impl std::error::Error for Closed {}

impl From<Closed> for io::Error {
    fn from(_: Closed) -> Self {
        WaitError::Closed.into()
    }
}

impl CompletionPort {
    /// Makes a port that lets `concurrency` threads run at once; 0 means the number of
    /// processors (S-010, S-014).
    ///
    /// # Errors
    ///
    /// As [`Builder::build`].
    pub fn new(concurrency: usize) -> io::Result<Self> {
        Self::builder().concurrency(concurrency).build()
    }

    /// A port with other settings than the usual.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Has a handle's operations complete to this port, each packet carrying `key`.
    ///
    /// A handle belongs to one port for its whole life (S-016, S-021); any number of handles may
    /// share a port and even a key (S-020). Operations that are in flight already complete here,
    /// too (S-022).
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the handle belongs to a port already. Errors of the system when it has
    /// no descriptors or memory left.
    pub fn associate(&self, handle: &impl AsHandle, key: usize) -> io::Result<()> {
        handle.as_handle().associate(&self.shared.port, key)
    }

    /// Posts a packet; the three numbers come back verbatim (S-130). Never blocks (S-131).
    ///
    /// # Errors
    ///
    /// The port is closed, or belongs to the process that this one was forked from.
    #[doc(alias = "PostQueuedCompletionStatus")]
    #[inline]
    pub fn post(&self, key: usize, bytes: usize, token: usize) -> Result<(), Closed> {
        let make = || Packet {
            key,
            body: Body::Posted { bytes, token },
        };
        if self.shared.port.queue_up(make) {
            return Ok(());
        }
        self.post_and_wake(make())
    }

    #[inline(never)]
    fn post_and_wake(&self, packet: Packet) -> Result<(), Closed> {
        self.shared.port.post(packet).map_err(|_| Closed)
    }

    /// Takes one packet, waiting for it until the deadline.
    ///
    /// # Errors
    ///
    /// See [`WaitError`]. A packet is never lost to a timeout.
    #[doc(alias = "GetQueuedCompletionStatus")]
    #[inline]
    pub fn get(&self, deadline: impl Into<Deadline>) -> Result<Completion, WaitError> {
        match self.shared.port.take_next() {
            Some(packet) => Ok(Completion { packet }),
            None => self.wait_for_one(deadline.into()),
        }
    }

    #[inline(never)]
    fn wait_for_one(&self, deadline: Deadline) -> Result<Completion, WaitError> {
        let mut one = None;
        self.shared.port.get(&mut one, 1, deadline)?;
        let packet = one.expect("a wait that ends well has taken a packet");
        Ok(Completion { packet })
    }

    /// Takes up to `packets_max` packets, waiting until the deadline for the first only
    /// (S-120). They are appended to `into`; the number taken is returned. However many they
    /// are, the thread counts once (S-075).
    ///
    /// # Errors
    ///
    /// See [`WaitError`].
    ///
    /// # Panics
    ///
    /// If `packets_max` is 0.
    #[doc(alias = "GetQueuedCompletionStatusEx")]
    pub fn get_many(
        &self,
        into: &mut Vec<Completion>,
        packets_max: usize,
        deadline: impl Into<Deadline>,
    ) -> Result<usize, WaitError> {
        assert!(packets_max > 0, "at least one packet must be asked for");
        let before = into.len();
        self.shared.port.get(into, packets_max, deadline.into())?;
        Ok(into.len() - before)
    }

    /// As [`get_many`](Self::get_many), but the wait also ends when `alert` is raised.
    ///
    /// Packets that are there at once are taken even then. An alert serves one thread at a time.
    ///
    /// # Errors
    ///
    /// See [`WaitError`]; [`WaitError::Alerted`] as long as the alert is not lowered.
    ///
    /// # Panics
    ///
    /// If `packets_max` is 0.
    ///
    /// ```
    /// use completion_port::{Alert, CompletionPort, Deadline, WaitError};
    ///
    /// let (port, alert) = (CompletionPort::new(1)?, Alert::new());
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| alert.raise());
    ///     let result = port.get_alertable(&mut Vec::new(), 1, Deadline::Never, &alert);
    ///     assert_eq!(result, Err(WaitError::Alerted));
    /// });
    /// assert!(alert.lower());
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn get_alertable(
        &self,
        into: &mut Vec<Completion>,
        packets_max: usize,
        deadline: impl Into<Deadline>,
        alert: &Alert,
    ) -> Result<usize, WaitError> {
        assert!(packets_max > 0, "at least one packet must be asked for");
        let before = into.len();
        let port = &self.shared.port;
        match port.get_alertable(into, packets_max, deadline.into(), Some(&alert.0)) {
            Ok(()) => Ok(into.len() - before),
            Err(sys::Ended::TimedOut) if alert.0.is_raised() => Err(WaitError::Alerted),
            Err(ended) => Err(ended.into()),
        }
    }

    /// Runs something that blocks (a foreign lock, a database, a sleep) without holding a slot.
    ///
    /// While it runs the thread does not count as running, so that another can be released;
    /// when it is over the thread counts again, even beyond the limit, and nothing new is
    /// released until the number is below it (S-067, S-068). Scopes nest. A thread that does not
    /// belong to this port just runs the closure.
    ///
    /// ```
    /// let port = completion_port::CompletionPort::new(1)?;
    /// let answer = port.blocking(|| 6 * 7);
    /// assert_eq!(answer, 42);
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn blocking<T>(&self, run: impl FnOnce() -> T) -> T {
        let _scope = Scope::begin_in(&self.shared.port);
        run()
    }

    /// Closes the port: everyone who waits is woken with [`WaitError::Closed`], what is queued
    /// is dropped (S-030, S-033), later posts are refused. Operations in flight are still
    /// carried out, but nobody hears of them (S-031). Tasks end; see [`spawn`](Self::spawn).
    pub fn close(&self) {
        self.shared.close();
    }

    pub(crate) fn tasks(&self) -> &Arc<Tasks> {
        &self.shared.tasks
    }

    /// Whether the port has been closed, or belongs to the process that this one was forked from.
    pub fn is_closed(&self) -> bool {
        self.shared.port.is_closed()
    }

    /// The state of queue and threads at this moment; of a port that belongs to the process that
    /// this one was forked from, nothing but zeros.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.port.snapshot()
    }
}

/// Calls a thread out of its wait for packets; see [`CompletionPort::get_alertable`].
#[derive(Debug, Default)]
pub struct Alert(sys::Alert);

impl Alert {
    /// An alert that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the wait of the thread that waits with this alert, or the next such wait at once.
    pub fn raise(&self) {
        self.0.raise();
    }

    /// Takes the alert back; whether it was raised.
    pub fn lower(&self) -> bool {
        self.0.lower()
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.0.is_raised()
    }
}

/// Runs something that blocks without holding a slot in whatever port the current thread
/// belongs to; see [`CompletionPort::blocking`].
pub fn blocking<T>(run: impl FnOnce() -> T) -> T {
    let _scope = Scope::begin();
    run()
}

/// A packet taken from a port: posted by the program, a finished operation, or a task that has
/// something to do ([`run`](Self::run)).
#[derive(Debug)]
pub struct Completion {
    pub(crate) packet: Packet,
}

impl Take<Packet> for Vec<Completion> {
    fn put(&mut self, packet: Packet) {
        self.push(Completion { packet });
    }
    #[inline]
    fn put_all(&mut self, packets: impl Iterator<Item = Packet>) {
        self.extend(packets.map(|packet| Completion { packet }));
    }
}

impl Completion {
    /// The key: as posted, or that of the handle's association; 0 for a task.
    #[inline]
    pub fn key(&self) -> usize {
        self.packet.key
    }

    /// Bytes: as posted, or as transferred by the operation; 0 for a task.
    #[inline]
    pub fn bytes(&self) -> usize {
        match &self.packet.body {
            Body::Posted { bytes, .. } => *bytes,
            Body::Finished(op) => op.head().outcome.bytes,
            Body::Task(_) => 0,
        }
    }

    /// The token of a posted packet; `None` for an operation or a task.
    #[inline]
    pub fn token(&self) -> Option<usize> {
        match &self.packet.body {
            Body::Posted { token, .. } => Some(*token),
            Body::Finished(_) | Body::Task(_) => None,
        }
    }

    /// How the operation ended; `None` for a posted packet or a task.
    pub fn outcome(&self) -> Option<Outcome> {
        match &self.packet.body {
            Body::Posted { .. } | Body::Task(_) => None,
            Body::Finished(op) => Some(op.head().outcome),
        }
    }

    /// The operation's result, buffer and state, as they were moved in.
    ///
    /// This is what a pointer from the OVERLAPPED back to the structure around it does in C, but
    /// checked: the types must be those that were submitted.
    ///
    /// # Errors
    ///
    /// The packet itself, unchanged, if it was posted, is a task or holds other types.
    #[doc(alias = "CONTAINING_RECORD")]
    pub fn into_done<B: Send + 'static, S: Send + 'static>(mut self) -> Result<Done<B, S>, Self> {
        let moved = match &mut self.packet.body {
            Body::Finished(op) => op.take_as(),
            Body::Posted { .. } | Body::Task(_) => None,
        };
        moved.map(Done::of).ok_or(self)
    }
}
