//! Async: operations that are awaited, and tasks that the threads of a port run.
//!
//! Every [`Request`](crate::Request) can be awaited, under any executor: it needs no port, and
//! polling it never blocks. A [`CompletionPort`] is itself an executor. A task that has something
//! to do is a packet in its queue, so all that is promised of packets holds for tasks: they are
//! run in the order in which they were woken, by the thread that began to wait last, at most as
//! many at once as the concurrency value says; one that blocks inside
//! [`blocking`](CompletionPort::blocking), or is seen to block, gives its slot to another.
//! Packets of all kinds share the queue.
//!
//! ```
//! use completion_port::{CompletionPort, TcpListener, TcpStream};
//!
//! async fn echo(stream: TcpStream) -> std::io::Result<()> {
//!     let mut buf = Vec::with_capacity(4096);
//!     loop {
//!         let received = stream.recv(buf).await;
//!         if received.result? == 0 {
//!             return Ok(());
//!         }
//!         let sent = stream.send(received.buf).await;
//!         sent.result?;
//!         buf = sent.buf;
//!     }
//! }
//!
//! let port = CompletionPort::new(0)?;
//! let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
//! let address = listener.local_addr()?;
//! for _ in 0..2 {
//!     let port = port.clone();
//!     std::thread::spawn(move || port.run(drop));
//! }
//! let acceptor = port.clone();
//! let server = port.spawn(async move {
//!     while let Some((stream, _peer)) = listener.accept().await.buf.into_stream() {
//!         acceptor.associate(&stream, 0)?;
//!         acceptor.spawn(echo(stream)).detach();
//!     }
//!     Ok::<_, std::io::Error>(())
//! });
//!
//! let client = async {
//!     let stream = TcpStream::connect(address)?;
//!     stream.send("hello").await.result?;
//!     let received = stream.recv_full(vec![0; 5]).await;
//!     received.result.map(|_| received.buf)
//! };
//! assert_eq!(port.block_on(client, drop)?, b"hello");
//! port.close();
//! # drop(server);
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # Which handles to associate
//!
//! An awaited operation posts no packet, with a port or without (S-153). But a handle's port also
//! is where its readiness is seen: by the threads that wait there. A handle without a port is
//! looked after by one thread of the library, which then has to wake another for each operation.
//! So a handle that tasks use is best associated with the port that runs them.
//!
//! # The end of a port
//!
//! A port that is closed ends its tasks: each is dropped with what it holds, at once, or, if a
//! thread is running it, where it next waits. Operations that it waited for are thereby cancelled.
//! Who awaits the [`Task`] is told [`Cancelled`]. Note that a task which holds a clone of its port
//! keeps it open.
//!
//! # Invariants
//!
//! 1. A task whose future is alive is listed in `Tasks` until those have ended; so closing
//!    reaches every task.
//! 2. After the end a task that is woken is dropped where it was woken, or after its poll.
//! 3. The program's code (a future, an output, a waker) runs and is dropped under no lock.

#![forbid(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use async_task::{FallibleTask, Runnable};
use parking_lot::Mutex;
use slab::Slab;

use crate::op::{Body, Packet};
use crate::port::{Alert, Completion, CompletionPort, WaitError};
use crate::sched::Deadline;
use crate::sys;

/// The tasks of one port.
#[derive(Debug)]
pub(crate) struct Tasks {
    port: Arc<sys::Port>,
    /// Set once, under the lock, when the port is closed. Also read outside; see [`Work::poll`].
    ended: AtomicBool,
    live: Mutex<Slab<Waker>>,
}

impl Tasks {
    pub(crate) fn of(port: &Arc<sys::Port>) -> Arc<Self> {
        Arc::new(Self {
            port: Arc::clone(port),
            ended: AtomicBool::new(false),
            live: Mutex::default(),
        })
    }

    /// The port has been closed: whatever is not run at this moment goes.
    pub(crate) fn end(&self) {
        // In a forked child the lock may be held by a thread that does not exist here.
        if self.port.is_forked() {
            return;
        }
        let mut live = self.live.lock();
        // Pairs with the load in `Work::poll`: a poll that does not see it had begun before its
        // task is woken below, and the task is posted, in vain, when the poll is over.
        self.ended.store(true, Ordering::Release);
        let wakers = std::mem::take(&mut *live);
        drop(live);
        for (_, waker) in wakers {
            waker.wake();
        }
    }

    /// A task is to be run. A closed port hands it back, and it is dropped here.
    fn post(&self, task: Runnable) {
        drop(self.port.post_task(Body::Task(task)));
    }

    fn spawn<F>(self: &Arc<Self>, future: F) -> FallibleTask<Output<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let mut work = Work {
            future: Kept(Some(Box::pin(future))),
            tasks: Arc::clone(self),
            place: None,
        };
        let tasks = Arc::clone(self);
        let schedule = move |task| tasks.post(task);
        // A forked child lists nothing; see `end`.
        let live = (!self.port.is_forked()).then(|| self.live.lock());
        let (task, handle) = match live.filter(|_| !self.ended.load(Ordering::Relaxed)) {
            None => async_task::Builder::new().spawn(|()| work, schedule),
            Some(mut live) => {
                let entry = live.vacant_entry();
                work.place = Some(entry.key());
                let made = async_task::Builder::new().spawn(|()| work, schedule);
                entry.insert(made.0.waker());
                made
            }
        };
        task.schedule();
        handle.fallible()
    }
}

/// Something of the program's. If its destructor panics, whoever happens to drop it goes on.
struct Kept<T>(Option<T>);

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        sys::discard(self.0.take());
    }
}

/// What a task has come to: a value, or what it panicked with.
type Output<T> = Kept<Result<T, Box<dyn Any + Send>>>;

/// A task's future, and its place among those of its port.
struct Work<F> {
    future: Kept<Pin<Box<F>>>,
    tasks: Arc<Tasks>,
    place: Option<usize>,
}

impl<F: Future> Future for Work<F> {
    type Output = Output<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.future.0.as_mut().expect("only a destructor takes it");
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Kept(Some(Ok(value)))),
            Err(panic) => Poll::Ready(Kept(Some(Err(panic)))),
            Ok(Poll::Pending) => {
                // A packet that was taken before the port was closed and is run after it: `end`
                // found the task scheduled, so that its wake-up changed nothing. Pairs with the
                // store there.
                if self.tasks.ended.load(Ordering::Acquire) {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
        }
    }
}

impl<F> Drop for Work<F> {
    fn drop(&mut self) {
        if let Some(place) = self.place
            && !self.tasks.port.is_forked()
        {
            let waker = self.tasks.live.lock().try_remove(place);
            drop(waker);
        }
    }
}

/// A task was dropped before it came to an end: it was cancelled, or its port was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task was cancelled, or its port closed")
    }
}

impl std::error::Error for Cancelled {}

impl From<Cancelled> for io::Error {
    fn from(cancelled: Cancelled) -> Self {
        Self::other(cancelled)
    }
}

/// A task that a port runs; made by [`CompletionPort::spawn`].
///
/// Awaiting it, under any executor, gives what its future gave, or [`Cancelled`]. If the future
/// panicked, awaiting panics with the same: the thread that ran the task has gone on.
///
/// Dropping it lets the task go on, like a thread's handle. To end a task,
/// [`cancel`](Self::cancel) it.
///
/// In a process that was forked from the one with the task, what had not come to an end by then
/// is `Cancelled`.
#[must_use = "a task whose end is of no interest is detached"]
pub struct Task<T> {
    /// Taken by whatever consumes the handle.
    inner: Option<FallibleTask<Output<T>>>,
    forks: u64,
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

impl<T> Task<T> {
    /// Lets the task go on without anybody to await it, as dropping does.
    ///
    /// If it panics, the panic hook is all that tells.
    pub fn detach(self) {
        drop(self);
    }

    /// Ends the task and waits until its future has been dropped, which cancels the operation
    /// that it waits for. A poll that a thread is in the middle of is finished first.
    ///
    /// Gives the task's output if that came first. The task is cancelled where the returned
    /// future is first polled, or dropped.
    pub fn cancel(mut self) -> impl Future<Output = Option<T>> {
        let inner = self.inner.take().expect("only what consumes it takes it");
        async move { inner.cancel().await.map(value) }
    }

    /// Whether it has come to an end, or has been cancelled.
    pub fn is_finished(&self) -> bool {
        self.inner.as_ref().is_none_or(FallibleTask::is_finished)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            inner.detach();
        }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Cancelled>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let is_parents = self.forks != sys::fork_count();
        let inner = self.inner.as_mut().expect("only what consumes it takes it");
        match Pin::new(inner).poll(cx) {
            Poll::Ready(output) => Poll::Ready(output.map(value).ok_or(Cancelled)),
            Poll::Pending if is_parents => Poll::Ready(Err(Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn value<T>(mut output: Output<T>) -> T {
    let output = output.0.take().expect("only this takes it");
    output.unwrap_or_else(|panic| resume_unwind(panic))
}

impl CompletionPort {
    /// Has the threads of the port run a future.
    ///
    /// It is polled by whichever thread takes its packet: with [`Completion::run`], or inside
    /// [`run`](Self::run) or [`block_on`](Self::block_on). Each time it is woken, from anywhere, a
    /// packet is posted. One that a running thread of the port wakes is left for it, as the
    /// completions of its own operations are (see [`Builder::strict`](crate::Builder::strict)).
    ///
    /// When the port is closed, the task is dropped, and so it is at once if the port is closed
    /// already; see [the end of a port](crate::task#the-end-of-a-port).
    ///
    /// ```
    /// let port = completion_port::CompletionPort::new(1)?;
    /// let task = port.spawn(async { 6 * 7 });
    /// assert_eq!(port.block_on(task, drop), Ok(42));
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Task {
            inner: Some(self.tasks().spawn(future)),
            forks: sys::fork_count(),
        }
    }

    /// Takes packets until the port is closed: runs tasks, and gives every other packet to
    /// `others`. Returns why it ended.
    ///
    /// This is the whole of a worker thread. Where there are no other packets, `others` may be
    /// `drop`.
    ///
    /// ```
    /// use completion_port::{CompletionPort, WaitError};
    ///
    /// let port = CompletionPort::new(1)?;
    /// port.post(1, 2, 3)?;
    /// let its = port.clone();
    /// port.spawn(async move { its.close() }).detach();
    /// let mut keys = Vec::new();
    /// assert_eq!(port.run(|packet| keys.push(packet.key())), WaitError::Closed);
    /// assert_eq!(keys, [1]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn run(&self, mut others: impl FnMut(Completion)) -> WaitError {
        loop {
            match self.get(Deadline::Never) {
                Ok(packet) => packet.run().unwrap_or_else(&mut others),
                Err(ended) => return ended,
            }
        }
    }

    /// Runs a future on the calling thread, which meanwhile takes packets as [`run`](Self::run)
    /// does.
    ///
    /// The future is the thread's own: it need not be `Send` or `'static`, and it is no task. When
    /// it is woken it is polled next, after the packet that the thread is busy with.
    ///
    /// If the port is closed meanwhile, the thread goes on with the future alone.
    ///
    /// ```
    /// use completion_port::{CompletionPort, UnixStream};
    ///
    /// let port = CompletionPort::new(1)?;
    /// let (left, right) = UnixStream::pair()?;
    /// let text = String::from("borrowed");
    /// let received = port.block_on(async {
    ///     left.send(text.as_bytes().to_vec()).await.result?;
    ///     right.recv(Vec::with_capacity(100)).await.result
    /// }, drop);
    /// assert_eq!(received?, text.len());
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn block_on<F: Future>(&self, future: F, mut others: impl FnMut(Completion)) -> F::Output {
        let mut future = pin!(future);
        let call = Arc::new(Call {
            alert: Alert::new(),
            thread: thread::current(),
        });
        let waker = Waker::from(Arc::clone(&call));
        let mut cx = Context::from_waker(&waker);
        let mut packets = Vec::with_capacity(1);
        call.alert.raise();
        loop {
            // Lowered first: who raises it during the poll is not overlooked.
            if call.alert.lower()
                && let Poll::Ready(output) = future.as_mut().poll(&mut cx)
            {
                return output;
            }
            match self.get_alertable(&mut packets, 1, Deadline::Never, &call.alert) {
                Ok(_) => {
                    for packet in packets.drain(..) {
                        packet.run().unwrap_or_else(&mut others);
                    }
                }
                // Asked only now: the wait may have ended for both, and the wake-up be spent.
                Err(WaitError::Closed | WaitError::Forked) if !call.alert.is_raised() => {
                    thread::park();
                }
                Err(_) => {}
            }
        }
    }
}

/// Calls the thread of a [`CompletionPort::block_on`]: out of its wait for packets, or, if the
/// port is closed, out of its sleep.
struct Call {
    alert: Alert,
    thread: Thread,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.alert.raise();
        self.thread.unpark();
    }
}

impl Completion {
    /// Runs the task that the packet stands for, until it next waits.
    ///
    /// A panic of the task's does not come out here, but where the [`Task`] is awaited.
    ///
    /// # Errors
    ///
    /// The packet itself, unchanged, if it is none of a task.
    ///
    /// ```
    /// use completion_port::{CompletionPort, Deadline};
    ///
    /// let port = CompletionPort::new(1)?;
    /// port.spawn(async { println!("from a task") }).detach();
    /// port.post(7, 0, 0)?;
    /// let mut others = Vec::new();
    /// while let Ok(packet) = port.get(Deadline::Now) {
    ///     if let Err(packet) = packet.run() {
    ///         others.push(packet.key());
    ///     }
    /// }
    /// assert_eq!(others, [7]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn run(self) -> Result<(), Self> {
        match self.packet {
            Packet {
                body: Body::Task(task),
                ..
            } => {
                task.run();
                Ok(())
            }
            packet => Err(Self { packet }),
        }
    }
}
