//! Requests: operations being made, submitted to a port or waited for one by one.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::handle::{Handle, Name};
use crate::op::{Access, Kind, Node, OpBox, OpId, Operation, Outcome, Receiver, Status, Target};
use crate::sched::{Deadline, Scope};
use crate::{sys, task};

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
/// Awaiting a request starts it, and yields its [`Done`]. One that is refused ends so, too, with
/// the error as its result: the buffer always comes back.
///
/// ```
/// # use completion_port::UnixStream;
/// # let (left, right) = UnixStream::pair()?;
/// # pollster::block_on(async {
/// left.send("hello").await.result?;
/// let received = right.recv(vec![0; 64]).await;
/// assert_eq!((received.result?, &received.buf[..]), (5, &b"hello"[..]));
/// # Ok::<_, std::io::Error>(())
/// # })?;
/// # Ok::<_, std::io::Error>(())
/// ```
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
    fn new(outcome: Outcome, buf: B, state: S) -> Self {
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
        let (error, op) = refused;
        let (_, buf, state) = expect_node::<B, S>(op).into_parts();
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
        let is_tried = match kernel.read_at_once(&self.kind, target.is_port(), memory) {
            sys::ReadNow::All(bytes) => {
                (self.access.filled)(&mut self.buf, bytes);
                let outcome = Outcome::success(bytes);
                return Ok(Submitted::Done(Done::new(outcome, self.buf, state)));
            }
            sys::ReadNow::Waits => true,
            sys::ReadNow::NotTried => false,
        };
        self.hand_in_node(target, state, is_tried)
    }

    /// The rest of [`Self::hand_in`]; `is_tried` if it is known that the operation has to wait.
    fn hand_in_node<S: Send + 'static>(
        self,
        target: Target,
        state: S,
        is_tried: bool,
    ) -> Result<Submitted<B, S>, Rejected<B, S>> {
        let kernel = self.handle.kernel();
        let mut node = Node::new(self.kind, target, self.access, self.buf, state);
        let tried = if is_tried {
            Ok(None)
        } else {
            kernel.attempt(&mut node)
        };
        match tried {
            Ok(None) => {}
            Ok(Some(outcome)) => {
                node.finish(outcome);
                return Ok(Submitted::Done(done(node)));
            }
            Err(error) => {
                let (_, buf, state) = node.into_parts();
                return Err(Rejected { error, buf, state });
            }
        }
        match kernel
            .submit_attempted(Box::new(node))
            .map_err(Self::refused)?
        {
            sys::Submitted::InFlight(id) => Ok(Submitted::InFlight(id)),
            sys::Submitted::Done(op) => Ok(Submitted::Done(done(expect_node(op)))),
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
        let handed = match now {
            sys::ReadNow::All(bytes) => {
                op.head_mut().outcome = Outcome::success(bytes);
                kernel.deliver_own(op);
                return Ok(sys::FINISHED);
            }
            sys::ReadNow::Waits => kernel.submit_attempted(op),
            sys::ReadNow::NotTried => kernel.submit(op),
        };
        match handed.map_err(Self::refused)? {
            sys::Submitted::InFlight(id) => Ok(id),
            sys::Submitted::Done(_) => unreachable!("taking back was not asked for"),
        }
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

fn expect_node<B: Send + 'static, S: Send + 'static>(op: OpBox) -> Node<B, S> {
    match Node::downcast(op) {
        Ok(node) => *node,
        Err(_) => unreachable!("an operation comes back as it was made"),
    }
}

pub(crate) fn done<B: Send + 'static, S: Send + 'static>(node: Node<B, S>) -> Done<B, S> {
    let (outcome, buf, state) = node.into_parts();
    Done::new(outcome, buf, state)
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
    /// The task that waits to be told.
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
        if let Some(waker) = waker {
            task::wake(waker);
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

    /// The node, if it is there; else the task is woken when it is.
    fn poll(&self, context: &Context<'_>) -> Option<OpBox> {
        let is_known = |left: &Left| {
            let known = left.waker.as_ref();
            known.is_some_and(|known| known.will_wake(context.waker()))
        };
        let left = self.left()?;
        if left.op.is_some() || is_known(&left) {
            return { left }.op.take();
        }
        drop(left);
        // A waker is the program's code: it is neither made nor dropped under the lock.
        let waker = context.waker().clone();
        let mut left = self.left()?;
        if left.op.is_some() {
            return left.op.take();
        }
        let before = left.waker.replace(waker);
        drop(left);
        drop(before);
        None
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

/// Where an operation without a port stands.
enum Stage<B> {
    Done(Done<B>),
    InFlight(Flight),
    /// The result has been handed out; only for the moment until the value is gone.
    Taken,
}

/// An operation that is waited for directly, by a thread or as a future by a task of any executor.
///
/// Dropping it cancels the operation; its buffer stays alive until the system has let go of it
/// and is freed then.
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
    /// by then.
    pub fn wait(self) -> Done<B> {
        match self.wait_until(Deadline::Never) {
            Ok(done) => done,
            Err(_) => panic!("the operation belongs to the parent process"),
        }
    }

    /// Waits for the end of the operation, but not beyond the deadline.
    ///
    /// # Errors
    ///
    /// The deadline has passed; the operation is still in flight and is handed back. So it is at
    /// once in a process that was forked from the one that started it.
    pub fn wait_until(mut self, deadline: impl Into<Deadline>) -> Result<Done<B>, Self> {
        match std::mem::replace(&mut self.0, Stage::Taken) {
            Stage::Done(done) => Ok(done),
            Stage::InFlight(flight) => match flight.wait(deadline.into()) {
                Some(op) => Ok(done(expect_node(op))),
                None => {
                    self.0 = Stage::InFlight(flight);
                    Err(self)
                }
            },
            Stage::Taken => unreachable!("a value whose result was handed out is gone"),
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

/// Nothing in it is pinned: what the system has is on the heap.
impl<B: Send + 'static> Unpin for Pending<B> {}

impl<B: Send + 'static> Future for Pending<B> {
    type Output = Done<B>;

    /// # Panics
    ///
    /// After the result has been yielded. And in a process that was forked from the one that
    /// started the operation, if it had not ended by then.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Done<B>> {
        match std::mem::replace(&mut self.0, Stage::Taken) {
            Stage::Done(done) => Poll::Ready(done),
            Stage::InFlight(flight) => match flight.poll(context) {
                Some(op) => Poll::Ready(done(expect_node(op))),
                None => {
                    let is_forked = flight.is_forked();
                    self.0 = Stage::InFlight(flight);
                    assert!(!is_forked, "the operation belongs to the parent process");
                    Poll::Pending
                }
            },
            Stage::Taken => panic!("polled after the result was yielded"),
        }
    }
}

impl<B: Send + 'static> IntoFuture for Request<'_, B> {
    type Output = Done<B>;
    type IntoFuture = Pending<B>;

    /// Starts the operation.
    fn into_future(self) -> Pending<B> {
        self.start().unwrap_or_else(|rejected| {
            let Rejected { error, buf, state } = rejected;
            let code = error.raw_os_error().unwrap_or(sys::NO_CODE);
            Pending(Stage::Done(Done {
                result: Err(error),
                outcome: Outcome {
                    status: Status::Error(code),
                    bytes: 0,
                },
                buf,
                state,
            }))
        })
    }
}

impl<B: Send + 'static> Drop for Pending<B> {
    fn drop(&mut self) {
        if let Stage::InFlight(flight) = &self.0
            && !flight.is_done()
        {
            flight.cancel();
        }
    }
}
