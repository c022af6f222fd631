//! Async on top: tasks whose executor is the port.
//!
//! Every operation is a future already, for any executor: `stream.recv(buf).await` (see
//! [`Request`](crate::Request)). A task of this module is run by the threads that take packets from
//! a port: when it is woken, that is a packet in the port's queue. So tasks come out in order, the
//! newest waiting thread is released for them, at most as many run as the port's concurrency value
//! says, and one that blocks gives its place to another, as every handler does.
//!
//! ```
//! use completion_port::{CompletionPort, UnixStream};
//!
//! let port = CompletionPort::new(2)?;
//! let (left, right) = UnixStream::pair()?;
//! port.associate(&left, 0)?;
//! port.associate(&right, 0)?;
//!
//! // Echoes until the other side has finished.
//! let echo = port.spawn(async move {
//!     let mut buf = Vec::with_capacity(4096);
//!     let mut echoed = 0;
//!     loop {
//!         let received = right.recv(buf).await;
//!         match received.result? {
//!             0 => return Ok::<_, std::io::Error>(echoed),
//!             bytes => echoed += bytes,
//!         }
//!         let sent = right.send(received.buf).await;
//!         sent.result?;
//!         buf = sent.buf;
//!     }
//! })?;
//!
//! let workers: Vec<_> = (0..2)
//!     .map(|_| {
//!         let port = port.clone();
//!         std::thread::spawn(move || port.run(drop))
//!     })
//!     .collect();
//!
//! let echoed = port.block_on(
//!     async move {
//!         left.send("hello").await.result?;
//!         let answer = left.recv_full(vec![0; 5]).await;
//!         assert_eq!(answer.buf, b"hello");
//!         drop(left);
//!         echo.await.expect("the port is open")
//!     },
//!     drop,
//! )?;
//! assert_eq!(echoed, 5);
//!
//! port.close();
//! for worker in workers {
//!     worker.join().unwrap();
//! }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to know
//!
//! * **Associate handles with the port** whose threads run the tasks: those threads then bring the
//!   completions themselves. The operations of a handle without a port are waited for by a thread
//!   of the library, which costs a wake-up more. The key is nobody's concern: what is awaited
//!   brings no packet (S-153).
//! * **Dropping a future cancels its operation**, and its buffer lives until the system has let
//!   go of it. Bytes that a receive had already taken are dropped with it: a receive that is one
//!   arm of a `select` should be kept and polled again, not made anew.
//! * **A closed port ends its tasks**: those that are queued are dropped at once, the others when
//!   they are next woken. Close a port to end tasks that hold it; they keep it open otherwise.

use std::fmt;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use async_task::{FallibleTask, Runnable};

use crate::op::Body;
use crate::port::{Alert, Closed, Completion, CompletionPort, WaitError};
use crate::sched::{Deadline, Scope};
use crate::sys;

/// A task that runs on a port; see [`CompletionPort::spawn`].
///
/// It is a future of what the task's future yields. Dropping it leaves the task to itself.
pub struct Task<T>(Option<FallibleTask<T>>);

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

/// A task came to no end: it was cancelled, or its port was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task was cancelled, or its port is closed")
    }
}

impl std::error::Error for Cancelled {}

impl From<Cancelled> for std::io::Error {
    fn from(cancelled: Cancelled) -> Self {
        Self::other(cancelled)
    }
}

impl<T> Task<T> {
    /// Whether the task has ended, one way or another.
    pub fn is_finished(&self) -> bool {
        self.0.as_ref().is_none_or(FallibleTask::is_finished)
    }

    /// Has the task's future dropped before it is polled again, which cancels the operations that
    /// it waits for. The returned future ends when that is done; it need not be awaited. It yields
    /// what the task has yielded, if it had come to its end before.
    #[must_use = "the task is cancelled at once, but has ended only when this has"]
    pub fn cancel(mut self) -> impl Future<Output = Option<T>> {
        let task = self.0.take();
        let cancelled = task.map(FallibleTask::cancel);
        async move {
            match cancelled {
                Some(cancelled) => cancelled.await,
                None => None,
            }
        }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Cancelled>;

    /// # Panics
    ///
    /// With what the task's future has panicked with.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Some(task) => Pin::new(task)
                .poll(context)
                .map(|output| output.ok_or(Cancelled)),
            None => Poll::Ready(Err(Cancelled)),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.detach();
        }
    }
}

impl CompletionPort {
    /// Has the port's threads run a future to its end.
    ///
    /// It is polled by whoever takes its packets: threads in [`run`](Self::run) or
    /// [`block_on`](Self::block_on), or any that call [`Completion::run`]. A panic in it does not
    /// reach them, but whoever awaits the [`Task`].
    ///
    /// A task that is woken by a thread of the port, while that runs, is left for it, as the
    /// completions of its own operations are (see [`Builder::strict`](crate::Builder::strict)).
    ///
    /// # Errors
    ///
    /// The port is closed, or belongs to the process that this one was forked from; the future is
    /// dropped.
    pub fn spawn<F>(&self, future: F) -> Result<Task<F::Output>, Closed>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if self.is_closed() {
            return Err(Closed);
        }
        let port = Arc::clone(self.sys_port());
        // A closed port gives the task back, which is dropped here; nothing of its destructors may
        // reach the thread that happened to wake it.
        let schedule = move |task: Runnable| {
            if let Err(packet) = port.post_task(Body::Task(task)) {
                sys::discard(packet);
            }
        };
        let builder = async_task::Builder::new().propagate_panic(true);
        let (runnable, task) = builder.spawn(|()| future, schedule);
        runnable.schedule();
        Ok(Task(Some(task.fallible())))
    }

    /// Takes packets until there are none to come, and runs the tasks among them; `others` gets the
    /// rest. Returns why it ended: the port is closed, or is another process's.
    ///
    /// As many threads as one likes may be in here; the port's concurrency value says how many run.
    pub fn run(&self, mut others: impl FnMut(Completion)) -> WaitError {
        loop {
            match self.get(Deadline::Never) {
                Ok(completion) => completion.run_or(&mut others),
                Err(error) => return error,
            }
        }
    }

    /// Runs a future on this thread, which meanwhile takes packets like one in [`run`](Self::run).
    ///
    /// The future may borrow, and need not be `Send`. If the port is closed it still runs to its
    /// end, but tasks do not.
    pub fn block_on<F: Future>(&self, future: F, mut others: impl FnMut(Completion)) -> F::Output {
        let mut future = pin!(future);
        let call = Arc::new(Call::new());
        let waker = Waker::from(Arc::clone(&call));
        let mut context = Context::from_waker(&waker);
        let mut packets = Vec::new();
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            while !call.came() {
                match self.get_alertable(&mut packets, 1, Deadline::Never, &call.alert) {
                    Ok(_) => packets
                        .drain(..)
                        .for_each(|packet| packet.run_or(&mut others)),
                    Err(WaitError::Alerted) => {}
                    Err(_) => call.wait_outside(),
                }
            }
        }
    }
}

impl Completion {
    /// Runs the task that this packet wakes, until it waits again.
    ///
    /// # Errors
    ///
    /// The packet itself, unchanged, if it wakes none.
    pub fn run(self) -> Result<(), Self> {
        let Body::Task(_) = &self.packet.body else {
            return Err(self);
        };
        if let Body::Task(task) = self.packet.body {
            task.run();
        }
        Ok(())
    }

    fn run_or(self, others: &mut impl FnMut(Self)) {
        if let Err(other) = self.run() {
            others(other);
        }
    }
}

/// Wakes the thread that is in [`CompletionPort::block_on`].
struct Call {
    woken: AtomicBool,
    alert: Alert,
    thread: Thread,
}

impl Call {
    fn new() -> Self {
        Self {
            woken: AtomicBool::new(false),
            alert: Alert::new(),
            thread: thread::current(),
        }
    }

    /// Whether the future is to be polled again; it is asked once for each time.
    fn came(&self) -> bool {
        // Before the flag: a call in between raises it again, and the wait ends at once.
        let _ = self.alert.lower();
        // Pairs with the store in `wake`: what was written before that is seen by the poll.
        self.woken.swap(false, Ordering::Acquire)
    }

    /// Waits where there is no port to wait on.
    fn wait_outside(&self) {
        let _slot_given_up = Scope::begin();
        while !self.woken.load(Ordering::Acquire) {
            thread::park();
        }
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.alert.raise();
            self.thread.unpark();
        }
    }
}

/// Wakes a task of whatever executor. A waker is the program's code, in a thread of the library or
/// in the middle of another's work: a panic, of which the hook has told, must not end that.
pub(crate) fn wake(waker: Waker) {
    let woken = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()));
    // What was panicked with may have a destructor, too.
    woken.unwrap_or_else(std::mem::forget);
}
