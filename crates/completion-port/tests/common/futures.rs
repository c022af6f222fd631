//! Wakers that count and act, futures that take turns, workers, and an echo to talk with.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use completion_port::{CompletionPort, Shutdown, TcpStream, WaitError};

use super::{assert_same, pattern};

/// A waker that counts.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Count {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        (Arc::clone(&count), Waker::from(count))
    }

    pub(crate) fn so_far(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A waker that does something.
pub(crate) struct Act<F>(pub(crate) F);

impl<F: Fn() + Send + Sync> Wake for Act<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

pub(crate) fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Whichever comes first; the other is dropped by the caller.
pub(crate) async fn first<A: Future + Unpin, B: Future + Unpin>(
    a: &mut A,
    b: &mut B,
) -> Option<A::Output> {
    poll_fn(|cx| {
        if let Poll::Ready(output) = Pin::new(&mut *a).poll(cx) {
            return Poll::Ready(Some(output));
        }
        Pin::new(&mut *b).poll(cx).map(|_| None)
    })
    .await
}

/// Lets the others have a turn.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Something that another thread makes ready.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    pub(crate) fn open(&self) {
        let mut inside = self.0.lock().unwrap();
        inside.0 = true;
        let waker = inside.1.take();
        drop(inside);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn is_waited_at(&self) -> bool {
        self.0.lock().unwrap().1.is_some()
    }

    pub(crate) async fn opened(&self) {
        poll_fn(|cx| {
            let mut inside = self.0.lock().unwrap();
            if inside.0 {
                return Poll::Ready(());
            }
            inside.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Threads that run what the port has, until it is closed.
pub(crate) fn with_workers<T>(port: &CompletionPort, threads: usize, run: impl FnOnce() -> T) -> T {
    struct Close<'p>(&'p CompletionPort);
    impl Drop for Close<'_> {
        fn drop(&mut self) {
            self.0.close();
        }
    }
    thread::scope(|scope| {
        let _close = Close(port);
        for _ in 0..threads {
            scope.spawn(|| assert_eq!(port.run(drop), WaitError::Closed));
        }
        run()
    })
}

pub(crate) async fn echo(stream: TcpStream) -> std::io::Result<usize> {
    let (mut buf, mut total) = (Vec::with_capacity(1000), 0);
    loop {
        let received = stream.recv(buf).await;
        match received.result? {
            0 => return Ok(total),
            bytes => total += bytes,
        }
        let sent = stream.send(received.buf).await;
        sent.result?;
        buf = sent.buf;
    }
}

pub(crate) async fn converse(stream: TcpStream, seed: u64) -> std::io::Result<()> {
    for round in 0..20 {
        let message = pattern(3_000, seed * 100 + round);
        let sent = stream.send(message).await;
        sent.result?;
        let received = stream.recv_full(vec![0; 3_000]).await;
        received.result?;
        assert_same(&received.buf, &sent.buf);
    }
    stream.shutdown(Shutdown::Write)
}
