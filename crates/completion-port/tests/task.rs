//! Operations as futures and tasks together, as programs use them.

mod common;

use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use common::files::{Scene, on_each_engine};
use common::process::has_run_alone;
use common::stream::Stream as _;
use common::{
    Drops, LONG, assert_empty, assert_same, blind_port, eventually, pattern, roomy_port,
    until_waiting,
};
use completion_port::{
    AsHandle, Cancelled, CompletionPort, Deadline, Done, Status, TcpListener, TcpStream,
    UnixStream, WaitError,
};

/// Runs a test while so many threads serve a port, which is closed afterwards.
fn served(port: &CompletionPort, threads: usize, test: impl FnOnce()) {
    thread::scope(|scope| {
        let serve = || port.run(|other| panic!("no task: {other:?}"));
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(serve)).collect();
        // Closed also if the test fails, else it would wait for the threads for ever.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(test));
        port.close();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), WaitError::Closed);
        }
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Woken {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll_with<F: Future + Unpin>(future: &mut F, woken: &Arc<Woken>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(woken));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

/// Lets others run once.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn operations_are_futures_of_any_executor() {
    let (left, right) = UnixStream::pair().unwrap();
    pollster::block_on(async {
        let text = pattern(1 << 20, 1);
        // More than fits: each side waits for the other.
        let sending = left.send(text.clone()).into_future();
        let received = right.recv_full(vec![0; 1 << 20]).await;
        assert_eq!(received.result.unwrap(), 1 << 20);
        assert_same(&received.buf, &text);
        let sent = sending.await;
        assert_eq!((sent.result.unwrap(), sent.buf.len()), (1 << 20, 1 << 20));
    });
    on_each_engine(|port, _| {
        let scene = Scene::new(&pattern(1 << 16, 2));
        let file = scene.cold();
        port.associate(&file, 1).unwrap();
        let read = pollster::block_on(file.read_at(vec![0; 1 << 16], 0).into_future());
        assert_same(&read.buf, &pattern(1 << 16, 2));
        // S-153: what is awaited brings no packet.
        assert_empty(port);
    });
}

#[test]
fn a_refused_operation_ends_with_its_buffer() {
    let (left, _right) = UnixStream::pair().unwrap();
    left.shutdown(completion_port::Shutdown::Write).unwrap();
    let drops = Drops::new();
    let buf = drops.buf(vec![7u8; 3]);
    let done = pollster::block_on(left.send(buf).into_future());
    let code = done.result.unwrap_err().raw_os_error().unwrap();
    assert_eq!(done.outcome.status, Status::Error(code));
    assert_eq!(drops.count(), 0);
    drop(done.buf);
    assert_eq!(drops.count(), 1);
}

#[test]
fn a_future_is_woken_once_by_the_last_that_polled_it() {
    let (left, right) = UnixStream::pair().unwrap();
    let mut pending = left.recv(vec![0; 8]).into_future();
    let (first, second) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
    assert!(poll_with(&mut pending, &first).is_pending());
    assert!(poll_with(&mut pending, &second).is_pending());
    assert!(poll_with(&mut pending, &second).is_pending());
    pollster::block_on(right.send("x").into_future());
    eventually("it is woken", || second.count() > 0);
    assert_eq!((first.count(), second.count()), (0, 1));
    let Poll::Ready(done) = poll_with(&mut pending, &second) else {
        panic!("it has ended")
    };
    assert_eq!(done.buf, b"x");
}

#[test]
fn what_ends_while_a_future_is_polled_is_not_overlooked() {
    let (left, right) = UnixStream::pair().unwrap();
    let mut first = left.recv_full(vec![0; 1]).into_future();
    let second = Mutex::new(left.recv_full(vec![0; 1]).into_future());
    // The waker is cloned in the middle of the poll. What was asked for first ends first.
    let waker = common::raw::waker_that_tells_of_clones(move || {
        pollster::block_on(right.send("xy").into_future());
        eventually("both have ended", || second.lock().unwrap().is_done());
    });
    let polled = Pin::new(&mut first).poll(&mut Context::from_waker(&waker));
    let Poll::Ready(done) = polled else {
        panic!("it has ended, and nobody would be told")
    };
    assert_eq!(done.buf, b"x");
}

#[test]
fn no_wake_up_is_lost_between_polling_and_finishing() {
    for round in 0..2_000 {
        let (left, right) = UnixStream::pair().unwrap();
        let pending = left.recv(vec![0; 8]).into_future();
        thread::scope(|scope| {
            scope.spawn(|| pollster::block_on(right.send("x").into_future()));
            let done = pollster::block_on(pending);
            assert_eq!(done.buf, b"x", "round {round}");
        });
    }
}

#[test]
fn a_dropped_future_cancels_its_operation_and_frees_its_buffer_once() {
    let (left, right) = UnixStream::pair().unwrap();
    let drops = Drops::new();
    let woken = Arc::new(Woken::default());
    let mut pending = left.recv(drops.buf(vec![0u8; 8])).into_future();
    assert!(poll_with(&mut pending, &woken).is_pending());
    assert_eq!(drops.count(), 0);
    drop(pending);
    eventually("the buffer is freed", || drops.count() == 1);
    // Nothing was taken by what is no more.
    pollster::block_on(right.send("kept").into_future());
    let received = pollster::block_on(left.recv(vec![0; 8]).into_future());
    assert_eq!(received.buf, b"kept");
}

/// A waker that panics.
struct Bad;

impl Wake for Bad {
    fn wake(self: Arc<Self>) {
        panic!("a waker's own fault");
    }
}

#[test]
fn a_waker_that_panics_harms_nobody_else() {
    let (left, right) = UnixStream::pair().unwrap();
    let mut pending = left.recv(vec![0; 8]).into_future();
    let waker = Waker::from(Arc::new(Bad));
    assert!(
        Pin::new(&mut pending)
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    // Without a port, a thread of the library brings this in; it must live on.
    pollster::block_on(right.send("x").into_future());
    assert_eq!(pending.wait().buf, b"x");
    let again = left.recv(vec![0; 8]).into_future();
    pollster::block_on(right.send("y").into_future());
    assert_eq!(again.wait().buf, b"y");
}

async fn echo(stream: TcpStream) -> std::io::Result<usize> {
    let (mut buf, mut echoed) = (Vec::with_capacity(512), 0);
    loop {
        let received = stream.recv(buf).await;
        match received.result? {
            0 => return Ok(echoed),
            bytes => echoed += bytes,
        }
        let sent = stream.send(received.buf).await;
        sent.result?;
        buf = sent.buf;
    }
}

#[test]
fn servers_and_clients_are_tasks_of_one_port() {
    const CLIENTS: usize = 50;
    const TURNS: usize = 40;
    let port = CompletionPort::new(2).unwrap();
    let listener = TcpListener::bind(common::any_port()).unwrap();
    port.associate(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    served(&port, 4, || {
        let its = port.clone();
        let server = port.spawn(async move {
            let mut connections = Vec::new();
            for _ in 0..CLIENTS {
                let accepted = listener.accept().await;
                accepted.result?;
                let (stream, _) = accepted.buf.into_stream().expect("a connection");
                its.associate(&stream, 1)?;
                connections.push(its.spawn(echo(stream)));
            }
            let mut echoed = 0;
            for connection in connections {
                echoed += connection.await??;
            }
            Ok::<_, std::io::Error>(echoed)
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let its = port.clone();
                let talk = async move {
                    let stream = TcpStream::connect(address)?;
                    its.associate(&stream, 2)?;
                    for turn in 0..TURNS {
                        let text = pattern(100 + turn, client as u64);
                        stream.send(text.clone()).await.result?;
                        let answer = stream.recv_full(vec![0; text.len()]).await;
                        answer.result?;
                        assert_same(&answer.buf, &text);
                    }
                    Ok::<_, std::io::Error>(())
                };
                port.spawn(talk)
            })
            .collect();
        for client in clients {
            pollster::block_on(client).unwrap().unwrap();
        }
        let echoed = pollster::block_on(server).unwrap().unwrap();
        assert_eq!(
            echoed,
            CLIENTS * (0..TURNS).map(|turn| 100 + turn).sum::<usize>()
        );
    });
}

#[test]
fn as_many_tasks_run_as_the_limit_says() {
    let port = blind_port(1);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    served(&port, 3, || {
        until_waiting(&port, 3);
        let work = || {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                for _ in 0..50 {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    yield_now().await;
                }
            }
        };
        let tasks: Vec<_> = (0..20).map(|_| port.spawn(work())).collect();
        for task in tasks {
            pollster::block_on(task).unwrap();
        }
    });
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[test]
fn s_067_a_task_that_blocks_gives_its_place_to_another() {
    let port = blind_port(1);
    served(&port, 2, || {
        let (tell, told) = mpsc::channel();
        let its = port.clone();
        let waits = port.spawn(async move { its.blocking(|| told.recv_timeout(LONG)) });
        // Runs only if the other does not hold the one slot.
        let tells = port.spawn(async move { tell.send(7) });
        assert_eq!(pollster::block_on(waits).unwrap(), Ok(7));
        pollster::block_on(tells).unwrap().unwrap();
    });
}

#[test]
fn tasks_are_woken_in_the_order_of_packets() {
    let port = CompletionPort::new(1).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for number in 0..5 {
        let seen = Arc::clone(&seen);
        let note = async move {
            for turn in 0..3 {
                seen.lock().unwrap().push((turn, number));
                yield_now().await;
            }
        };
        drop(port.spawn(note));
        port.post(9, number, 0).unwrap();
    }
    let mut posted = Vec::new();
    while let Ok(packet) = port.get(Deadline::Now) {
        if let Err(other) = packet.run() {
            assert_eq!((other.key(), other.token()), (9, Some(0)));
            posted.push(other.bytes());
        }
    }
    assert_eq!(posted, [0, 1, 2, 3, 4]);
    let all: Vec<_> = (0..3)
        .flat_map(|turn| (0..5).map(move |number| (turn, number)))
        .collect();
    assert_eq!(*seen.lock().unwrap(), all);
}

#[test]
fn ten_thousand_tasks_wait_at_once() {
    const COUNT: usize = 10_000;
    let port = roomy_port();
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let ended = Arc::new(AtomicUsize::new(0));
    served(&port, 3, || {
        for _ in 0..COUNT {
            let (wakers, ended) = (Arc::clone(&wakers), Arc::clone(&ended));
            let wait = async move {
                let mut asked = false;
                poll_fn(|context| {
                    if std::mem::replace(&mut asked, true) {
                        return Poll::Ready(());
                    }
                    wakers.lock().unwrap().push(context.waker().clone());
                    Poll::Pending
                })
                .await;
                ended.fetch_add(1, Ordering::SeqCst);
            };
            drop(port.spawn(wait));
        }
        eventually("all wait", || wakers.lock().unwrap().len() == COUNT);
        assert_eq!(ended.load(Ordering::SeqCst), 0);
        // From threads that have nothing to do with the port.
        let wakers = std::mem::take(&mut *wakers.lock().unwrap());
        thread::scope(|scope| {
            for some in wakers.chunks(COUNT / 4) {
                scope.spawn(move || some.iter().for_each(Waker::wake_by_ref));
            }
        });
        eventually("all have ended", || ended.load(Ordering::SeqCst) == COUNT);
    });
}

#[test]
fn a_panic_in_a_task_reaches_whoever_awaits_it_and_nobody_else() {
    let port = CompletionPort::new(1).unwrap();
    served(&port, 1, || {
        let bad = port.spawn(async { panic!("a task's own fault") });
        let unheard = port.spawn(async { panic!("another") });
        drop(unheard);
        let good = port.spawn(async { 5 });
        assert_eq!(pollster::block_on(good), Ok(5));
        let awaited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pollster::block_on(bad).map(|()| 0)
        }));
        let panic = awaited.expect_err("the task's panic");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a task's own fault"));
    });
}

#[test]
fn a_closed_port_ends_its_tasks_and_their_operations() {
    let port = CompletionPort::new(1).unwrap();
    let (left, right) = UnixStream::pair().unwrap();
    port.associate(&left, 0).unwrap();
    let drops = Drops::new();
    let (state, buf) = (drops.state(), drops.buf(vec![0u8; 8]));
    let waiting = port.spawn(async move {
        let done = left.recv(buf).await;
        drop(state);
        done.outcome.bytes
    });
    port.get(LONG).unwrap().run().unwrap();
    let state = drops.state();
    let queued = port.spawn(async move { drop(state) });
    port.close();
    assert_eq!(pollster::block_on(queued), Err(Cancelled));
    // This one would have been woken by its peer, which has nothing to say.
    assert_eq!(pollster::block_on(waiting), Err(Cancelled));
    assert_eq!(pollster::block_on(port.spawn(async {})), Err(Cancelled));
    drop(right);
    eventually("all is dropped", || drops.count() == 3);
}

#[test]
fn a_cancelled_task_drops_its_future() {
    let port = CompletionPort::new(1).unwrap();
    served(&port, 1, || {
        let (left, _right) = UnixStream::pair().unwrap();
        port.associate(&left, 0).unwrap();
        let drops = Drops::new();
        let (state, buf) = (drops.state(), drops.buf(vec![0u8; 8]));
        let task = port.spawn(async move {
            let done = left.recv(buf).await;
            drop(state);
            done.outcome.bytes
        });
        assert_eq!(pollster::block_on(task.cancel()), None);
        eventually("all is dropped", || drops.count() == 2);
        let ended = port.spawn(async { 3 });
        eventually("it has ended", || ended.is_finished());
        assert_eq!(pollster::block_on(ended.cancel()), Some(3));
    });
}

#[test]
fn a_thread_that_blocks_on_a_future_serves_the_port_meanwhile() {
    let port = CompletionPort::new(1).unwrap();
    let (left, right) = UnixStream::pair().unwrap();
    port.associate(&left, 0).unwrap();
    port.associate(&right, 0).unwrap();
    let mut others = Vec::new();
    port.post(3, 4, 5).unwrap();
    let text = String::from("borrowed by the future");
    let answered = port.block_on(
        async {
            let answer = port.spawn(async move {
                let asked = right.recv(vec![0; 64]).await;
                right.send(asked.buf).await.result
            });
            left.send(text.clone().into_bytes()).await.result.unwrap();
            answer.await.unwrap().unwrap();
            left.recv(vec![0; 64]).await
        },
        |other| others.push((other.key(), other.bytes(), other.token())),
    );
    assert_eq!(answered.buf, text.as_bytes());
    assert_eq!(others, [(3, 4, Some(5))]);
    assert_eq!(port.snapshot().queued, 0);
}

#[test]
fn a_future_runs_to_its_end_though_the_port_is_closed() {
    let port = CompletionPort::new(1).unwrap();
    let (left, mut right) = TcpStream::half();
    port.associate(&left, 0).unwrap();
    port.close();
    let polls = AtomicUsize::new(0);
    thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let mut received = left.recv(vec![0; 8]).into_future();
            let counted = poll_fn(|context| {
                polls.fetch_add(1, Ordering::SeqCst);
                Pin::new(&mut received).poll(context)
            });
            port.block_on(counted, drop)
        });
        eventually("it waits", || polls.load(Ordering::SeqCst) > 0);
        thread::sleep(std::time::Duration::from_millis(5)); // not for order: time to do it wrong
        right.write_all(b"late").unwrap();
        assert_eq!(waits.join().unwrap().buf, b"late");
    });
    assert!(polls.load(Ordering::SeqCst) <= 2, "{polls:?}");
}

#[test]
fn several_threads_block_on_futures_of_one_port() {
    const THREADS: usize = 4;
    let port = CompletionPort::new(2).unwrap();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let port = &port;
            scope.spawn(move || {
                for turn in 0..200 {
                    let answer = port.block_on(
                        async {
                            let task = port.spawn(async move {
                                yield_now().await;
                                number * 1_000 + turn
                            });
                            task.await.unwrap()
                        },
                        drop,
                    );
                    assert_eq!(answer, number * 1_000 + turn);
                }
            });
        }
    });
    assert_eq!(port.snapshot().queued, 0);
}

#[test]
fn one_driver_brings_in_what_its_tasks_wait_for() {
    // Two tasks talk through a socket; whoever waits in the engine for the one finds what the other
    // waits for, and nobody is called out of a wait.
    const TURNS: usize = 500;
    let port = CompletionPort::new(1).unwrap();
    let (left, right) = UnixStream::pair().unwrap();
    port.associate(&left, 0).unwrap();
    port.associate(&right, 0).unwrap();
    let talk = |stream: UnixStream, begins: bool| async move {
        let mut buf = vec![1u8; 16];
        if begins {
            buf = stream.send(buf).await.buf;
        }
        for _ in 0..TURNS {
            let Done {
                result, buf: got, ..
            } = stream.recv(buf).await;
            if result.unwrap() == 0 {
                break;
            }
            buf = stream.send(got).await.buf;
        }
    };
    let tasks = [port.spawn(talk(left, true)), port.spawn(talk(right, false))];
    let ended = Arc::new(AtomicBool::new(false));
    let both = async {
        for task in tasks {
            task.await.unwrap();
        }
        ended.store(true, Ordering::SeqCst);
    };
    port.block_on(both, drop);
    assert!(ended.load(Ordering::SeqCst));
    let counters = port.snapshot().counters;
    println!("  {counters:?}");
    assert!(counters.driver_kicks < TURNS as u64 / 4, "{counters:?}");
}

#[test]
fn a_forked_childs_copy_of_a_future_is_no_use() {
    let name = "a_forked_childs_copy_of_a_future_is_no_use";
    if has_run_alone(module_path!(), name) {
        return;
    }
    let (left, _right) = UnixStream::pair().unwrap();
    let port = CompletionPort::new(1).unwrap();
    port.associate(&left, 0).unwrap();
    let mut pending = left.recv(vec![0; 8]).into_future();
    let woken = Arc::new(Woken::default());
    assert!(poll_with(&mut pending, &woken).is_pending());
    let status = common::raw::in_forked_child(|| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            poll_with(&mut pending, &woken).is_pending()
        }));
        assert!(polled.is_err());
        assert_eq!(pollster::block_on(port.spawn(async {})), Err(Cancelled));
        let own = CompletionPort::new(1).unwrap();
        assert_eq!(
            own.block_on(async { own.spawn(async { 2 }).await }, drop),
            Ok(2)
        );
        7
    });
    assert_eq!(status, 7);
    left.cancel_all();
    let done = pin!(pending);
    assert_eq!(common::code_of(&pollster::block_on(done)), libc::ECANCELED);
}
