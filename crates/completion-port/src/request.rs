//! Requests: operations being made, submitted to a port, waited for one by one, or awaited.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::handle::{Handle, Name};
use crate::op::{Access, Kind, Node, OpBox, OpId, Operation, Outcome, Receiver, Target};
use crate::sched::{Deadline, Scope};
use crate::sys;

/// An operation that is described but not yet submitted.
///
/// A request does nothing until one of its three verbs is called:
///
/// * [`submit`](Self::submit): the completion goes to the port with which the handle is
///   associated, together with the buffer and a state of yours;
/// * [`submit_or_take`](Self::submit_or_take): the same, but if the operation can be carried out
///   at once the result is returned instead, and no packet is posted;
/// * [`start`](Self::start): no port; the returned [`Pending`] is waited for.
///
/// In async code `.await` takes the place of the verb; see [`task`](crate::task).
#[must_use = "a request does nothing until it is submitted or started"]
pub struct Request<'h, B> {
    handle: &'h Handle,
    kind: Kind,
    access: Access<B>,
    buf: B,
}

impl<B> fmt::Debug for Request<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A finished operation: its result, and what was moved into it.
#[derive(Debug)]
pub struct Done<B, S = ()> {
    /// Bytes transferred, or the error.
    pub result: io::Result<usize>,
    /// The same in more detail: end of file, truncation, bytes moved before a failure.
    pub outcome: Outcome,
    /// The buffer.
    pub buf: B,
    /// The state that was submitted with it.
    pub state: S,
}

impl<B, S> Done<B, S> {
    #[inline]
    pub(crate) fn of((outcome, buf, state): (Outcome, B, S)) -> Self {
        Self {
            result: outcome.to_result(),
            outcome,
            buf,
            state,
        }
    }
}

/// A request that was not accepted. Nothing is in flight, no completion will come, and
/// everything that was moved in is here.
///
/// An operation that fails at once is refused as well: S-150, "synchronous error, no packet". One
/// that fails at once after it has moved some bytes is not: its completion tells how many.
#[derive(Debug)]
pub struct Rejected<B, S = ()> {
    /// Why.
    pub error: io::Error,
    /// The buffer, untouched.
    pub buf: B,
    /// The state.
    pub state: S,
}

impl<B> Rejected<B> {
    /// The same as an operation that has ended.
    fn into_done(self) -> Done<B> {
        let Self { error, buf, state } = self;
        let code = error.raw_os_error().unwrap_or(sys::WITHOUT_NUMBER);
        Done {
            result: Err(error),
            outcome: Outcome::error(code, 0),
            buf,
            state,
        }
    }
}

impl<B, S> From<Rejected<B, S>> for io::Error {
    fn from(rejected: Rejected<B, S>) -> Self {
        rejected.error
    }
}

impl<B, S> fmt::Display for Rejected<B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the operation was not accepted: {}", self.error)
    }
}

impl<B: fmt::Debug, S: fmt::Debug> std::error::Error for Rejected<B, S> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// What [`Request::submit_or_take`] has led to.
#[derive(Debug)]
pub enum Submitted<B, S> {
    /// The completion will come by the port.
    InFlight(OpId),
    /// The operation is finished; no packet comes.
    Done(Done<B, S>),
}

impl<'h, B: Send + 'static> Request<'h, B> {
    pub(crate) fn new(handle: &'h Handle, kind: Kind, access: Access<B>, buf: B) -> Self {
        Self {
            handle,
            kind,
            access,
            buf,
        }
    }

    fn refused<S: Send + 'static>(refused: sys::Refused) -> Rejected<B, S> {
        let (error, mut op) = refused;
        let Done { buf, state, .. } = done(&mut op);
        Rejected { error, buf, state }
    }

    /// Hands the operation in and takes it back if it finishes at once.
    #[inline]
    fn hand_in<S: Send + 'static>(
        mut self,
        target: Target,
        state: S,
    ) -> Result<Submitted<B, S>, Rejected<B, S>> {
        let kernel = self.handle.kernel();
        let memory = || (self.access.memory)(&mut self.buf);
        let waits = match kernel.read_at_once(&self.kind, target.is_port(), memory) {
            sys::ReadNow::All(bytes) => {
                (self.access.filled)(&mut self.buf, bytes);
                let outcome = Outcome::success(bytes);
                return Ok(Submitted::Done(Done::of((outcome, self.buf, state))));
            }
            sys::ReadNow::Waits => true,
            sys::ReadNow::NotTried => false,
        };
        self.hand_in_node(target, state, waits)
    }

    /// The rest of [`Self::hand_in`]; `waits` if it is known that the operation has to.
    fn hand_in_node<S: Send + 'static>(
        self,
        target: Target,
        state: S,
        waits: bool,
    ) -> Result<Submitted<B, S>, Rejected<B, S>> {
        let kernel = self.handle.kernel();
        let mut node = Node::new(self.kind, target, self.access, self.buf, state);
        if waits {
            let id = kernel.submit_waiting(Box::new(node));
            return Ok(Submitted::InFlight(id.map_err(Self::refused)?));
        }
        match kernel.attempt(&mut node) {
            Ok(sys::Attempted::Finished(outcome)) => {
                node.finish(outcome);
                Ok(Submitted::Done(Done::of(node.take())))
            }
            Ok(sys::Attempted::Waits(place)) => {
                match place.put(Box::new(node)).map_err(Self::refused)? {
                    sys::Submitted::InFlight(id) => Ok(Submitted::InFlight(id)),
                    sys::Submitted::Done(mut op) => Ok(Submitted::Done(done(&mut op))),
                }
            }
            Err(error) => {
                let (_, buf, state) = node.take();
                Err(Rejected { error, buf, state })
            }
        }
    }

    /// Submits the operation; its completion goes to the handle's port.
    ///
    /// The packet carries the buffer and `state`; take them with
    /// [`Completion::into_done`](crate::Completion::into_done). It may be taken by another
    /// thread before this call returns (S-157).
    ///
    /// # Errors
    ///
    /// The operation was not accepted, or failed at once; everything is handed back. A handle
    /// without a port is refused with `InvalidInput`.
    pub fn submit<S: Send + 'static>(mut self, state: S) -> Result<OpId, Rejected<B, S>> {
        let kernel = self.handle.kernel();
        let memory = || (self.access.memory)(&mut self.buf);
        let now = kernel.read_at_once(&self.kind, true, memory);
        if let sys::ReadNow::All(bytes) = now {
            (self.access.filled)(&mut self.buf, bytes);
        }
        let Self {
            kind, access, buf, ..
        } = self;
        let mut op = Box::new(Node::new(kind, Target::Port, access, buf, state));
        let submitted = match now {
            sys::ReadNow::All(bytes) => {
                op.head_mut().outcome = Outcome::success(bytes);
                kernel.association().deliver_own(op);
                return Ok(sys::FINISHED);
            }
            sys::ReadNow::Waits => kernel.submit_waiting(op),
            sys::ReadNow::NotTried => kernel.submit(op),
        };
        submitted.map_err(Self::refused)
    }

    /// Submits the operation, but takes the result at once if there is one at once.
    ///
    /// This saves the packet where an operation does not have to wait (S-152).
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub fn submit_or_take<S: Send + 'static>(
        self,
        state: S,
    ) -> Result<Submitted<B, S>, Rejected<B, S>> {
        self.hand_in(Target::Port, state)
    }

    /// Starts the operation without a port: the result is waited for where it is wanted.
    ///
    /// No packet is posted, also if the handle is associated with a port (S-153).
    ///
    /// # Errors
    ///
    /// The operation was not accepted, or failed at once; the buffer is handed back.
    pub fn start(self) -> Result<Pending<B>, Rejected<B>> {
        let cell = Arc::new(Cell::default());
        let handle = self.handle.kernel().name();
        let receiver: Arc<dyn Receiver> = cell.clone();
        Ok(Pending(match self.hand_in(Target::Cell(receiver), ())? {
            Submitted::InFlight(id) => Stage::InFlight(Flight {
                cell,
                handle,
                id,
                forks: sys::fork_count(),
            }),
            Submitted::Done(done) => Stage::Done(done),
        }))
    }
}

/// Starts the operation, as [`Request::start`] does; its end is what the future gives.
///
/// * The operation begins here, where `.await` or a combinator turns the request into a future,
///   not when that is first polled. So operations begin in the order in which they are written.
/// * A refusal is a result like any other: the buffer always comes back. `outcome` then holds the
///   error's number, or `EINVAL` for an error that the system did not number.
/// * The future borrows nothing: it is `Send` and `'static`.
///
/// ```
/// # use completion_port::{CompletionPort, UnixStream};
/// # let port = CompletionPort::new(1)?;
/// let (left, right) = UnixStream::pair()?;
/// let (sent, received) = port.block_on(async {
///     let received = right.recv(vec![0; 16]).into_future();
///     (left.send("hello").await, received.await)
/// }, drop);
/// assert_eq!((sent.result?, &received.buf[..]), (5, &b"hello"[..]));
/// # Ok::<_, std::io::Error>(())
/// ```
impl<B: Send + 'static> IntoFuture for Request<'_, B> {
    type Output = Done<B>;
    type IntoFuture = Pending<B>;

    fn into_future(self) -> Pending<B> {
        let refused = |rejected: Rejected<B>| Pending(Stage::Done(rejected.into_done()));
        self.start().unwrap_or_else(refused)
    }
}

fn done<B: Send + 'static, S: Send + 'static>(op: &mut Operation) -> Done<B, S> {
    let moved = op.take_as();
    Done::of(moved.expect("an operation comes back as it was made"))
}

/// Where the finished operation is left for the thread that waits for it.
///
/// The locks are the standard library's: a thread may wait here for long, and another library's
/// list of waiting threads would name threads that a forked child does not have.
#[derive(Default)]
struct Cell {
    left: Mutex<Left>,
    came: Condvar,
}

#[derive(Default)]
struct Left {
    op: Option<OpBox>,
    /// A thread waits to be told.
    waited_for: bool,
    /// The task that polled last, to be woken once.
    waker: Option<Waker>,
}

impl Cell {
    fn lock(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell")
    }
}

impl Receiver for Cell {
    fn finished(&self, mut op: OpBox) {
        // The node must not hold the cell that holds the node.
        op.head_mut().target = Target::Nobody;
        let mut left = self.lock();
        left.op = Some(op);
        let waited_for = left.waited_for;
        let waker = left.waker.take();
        drop(left);
        if waited_for {
            self.came.notify_all();
        }
        // Whatever another executor does here runs in the middle of somebody's work.
        if let Some(waker) = waker {
            sys::guard(|| waker.wake());
        }
    }
}

/// What is needed to wait for an operation, or to cancel it.
struct Flight {
    cell: Arc<Cell>,
    handle: Name,
    id: OpId,
    forks: u64,
}

impl Flight {
    /// Whether this is another process than the one that started the operation. Here it ends only
    /// if it had ended before the fork.
    fn is_forked(&self) -> bool {
        self.forks != sys::fork_count()
    }

    /// What is in the cell. In a forked child it may be locked for ever.
    fn left(&self) -> Option<MutexGuard<'_, Left>> {
        if self.is_forked() {
            return self.cell.left.try_lock().ok();
        }
        Some(self.cell.lock())
    }

    fn is_done(&self) -> bool {
        self.left().is_some_and(|left| left.op.is_some())
    }

    fn cancel(&self) {
        // Not in flight any more is as good.
        let _ = self.handle.cancel(self.id);
    }

    /// Waits for the node, but not beyond the deadline.
    fn wait(&self, deadline: Deadline) -> Option<OpBox> {
        let mut left = self.left()?;
        if left.op.is_some() || deadline == Deadline::Now || self.is_forked() {
            return left.op.take();
        }
        drop(left);
        let _slot_given_up = Scope::begin();
        left = self.cell.lock();
        left.waited_for = true;
        let deaf = left.waker.take();
        if deaf.is_some() {
            // Dropped outside the lock, as everything of the program's is.
            drop(left);
            drop(deaf);
            left = self.cell.lock();
        }
        while left.op.is_none() {
            let came = &self.cell.came;
            let ends = deadline.instant();
            let wait = ends.map(|at| at.saturating_duration_since(Instant::now()));
            left = match wait {
                None => came.wait(left).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(wait) => {
                    let woken = came.wait_timeout(left, wait);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        left.op.take()
    }
}

impl Flight {
    /// The node, or `waker` is woken when it comes.
    ///
    /// Wakers are the program's code: they are cloned and dropped outside the lock, so it is taken
    /// twice where the waker has changed. What came in between is found the second time.
    fn poll(&self, waker: &Waker) -> Option<OpBox> {
        let mut left = self.left()?;
        if left.op.is_some() || self.is_forked() {
            return left.op.take();
        }
        if left
            .waker
            .as_ref()
            .is_some_and(|known| known.will_wake(waker))
        {
            return None;
        }
        drop(left);
        let new = waker.clone();
        let mut left = self.left()?;
        if left.op.is_some() {
            return left.op.take();
        }
        let old = left.waker.replace(new);
        drop(left);
        drop(old);
        None
    }

    /// Nobody wants to be woken any more.
    fn hush(&self) {
        let waker = self.left().and_then(|mut left| left.waker.take());
        drop(waker);
    }
}

/// Where an operation without a port stands.
enum Stage<B> {
    Done(Done<B>),
    InFlight(Flight),
    /// The result has been handed out.
    Taken,
}

/// An operation that is waited for directly, or awaited.
///
/// Dropping it cancels the operation; its buffer stays alive until the system has let go of it
/// and is freed then.
///
/// # As a future
///
/// It works under any executor: it needs no port and no thread of the program, whether the handle
/// belongs to a port or not. Polling it never blocks. The task that polled last is woken, once,
/// when the operation has ended. Awaited through `&mut`, it may be polled and waited for by turns,
/// and [cancelled](Self::cancel) in between.
///
/// # Cancel safety
///
/// A receive that is dropped, such as the loser of a `select!`, may have ended just before: the
/// bytes that it took are then dropped with its buffer. So a future that may lose is not dropped
/// but kept: poll it through `&mut` and go on with it in the next round; or `cancel` it and await
/// it, which tells what it took. One that is dropped before it has ended takes nothing from the
/// stream, unless it is a `recv_full`, which may have begun.
#[must_use = "dropping a pending operation cancels it"]
pub struct Pending<B: Send + 'static>(Stage<B>);

impl<B: Send + 'static> fmt::Debug for Pending<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("is_done", &self.is_done())
            .finish_non_exhaustive()
    }
}

impl<B: Send + 'static> Pending<B> {
    /// Whether the operation has finished, so that [`wait`](Self::wait) would not wait.
    pub fn is_done(&self) -> bool {
        match &self.0 {
            Stage::Done(_) => true,
            Stage::InFlight(flight) => flight.is_done(),
            Stage::Taken => false,
        }
    }

    /// Waits for the end of the operation.
    ///
    /// A thread that belongs to a port gives up its slot there meanwhile (S-067).
    ///
    /// # Panics
    ///
    /// In a process that was forked from the one that started the operation, if it had not ended
    /// by then; and if its result has been taken already, by polling it.
    pub fn wait(self) -> Done<B> {
        match self.wait_until(Deadline::Never) {
            Ok(done) => done,
            Err(_) => panic!("{PARENTS}"),
        }
    }

    /// Waits for the end of the operation, but not beyond the deadline.
    ///
    /// # Errors
    ///
    /// The deadline has passed; the operation is still in flight and is handed back. So it is at
    /// once in a process that was forked from the one that started it.
    ///
    /// # Panics
    ///
    /// If its result has been taken already, by polling it.
    pub fn wait_until(mut self, deadline: impl Into<Deadline>) -> Result<Done<B>, Self> {
        match std::mem::replace(&mut self.0, Stage::Taken) {
            Stage::Done(done) => Ok(done),
            Stage::InFlight(flight) => match flight.wait(deadline.into()) {
                Some(mut op) => Ok(done(&mut op)),
                None => {
                    self.0 = Stage::InFlight(flight);
                    Err(self)
                }
            },
            Stage::Taken => panic!("{TAKEN}"),
        }
    }

    /// Asks for the operation to be cancelled. It still ends, with `ECANCELED` or with its
    /// normal result; wait for that to have the buffer back.
    pub fn cancel(&self) {
        if let Stage::InFlight(flight) = &self.0 {
            flight.cancel();
        }
    }
}

const PARENTS: &str = "the operation belongs to the parent process";
const TAKEN: &str = "the result of the operation has been taken already";

/// Nothing in it is ever pinned: the buffer is elsewhere, or has come back.
impl<B: Send + 'static> Unpin for Pending<B> {}

/// # Panics
///
/// Polling panics where [`wait`](Pending::wait) does: after the result has been taken, and in a
/// process that was forked from the one that started the operation, if it had not ended by then.
impl<B: Send + 'static> Future for Pending<B> {
    type Output = Done<B>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done<B>> {
        if let Stage::InFlight(flight) = &self.0 {
            let Some(mut op) = flight.poll(cx.waker()) else {
                assert!(!flight.is_forked(), "{PARENTS}");
                return Poll::Pending;
            };
            self.0 = Stage::Taken;
            return Poll::Ready(done(&mut op));
        }
        match std::mem::replace(&mut self.0, Stage::Taken) {
            Stage::Done(done) => Poll::Ready(done),
            _ => panic!("{TAKEN}"),
        }
    }
}

impl<B: Send + 'static> Drop for Pending<B> {
    fn drop(&mut self) {
        if let Stage::InFlight(flight) = &self.0
            && !flight.is_done()
        {
            flight.hush();
            flight.cancel();
        }
    }
}
