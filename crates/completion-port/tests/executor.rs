//! The port as an executor: one rule of tasks after another.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::Waker;
use std::thread;

use common::futures::{Gate, converse, echo, poll_with, with_workers, yield_now};
use common::process::has_run_alone;
use common::raw::in_forked_child;
use common::stream::tcp_pair;
use common::{Drops, blind_port, code_of, complete, eventually, roomy_port, take, until_waiting};
use completion_port::{
    AsHandle, Cancelled, CompletionPort, Deadline, Task, TcpListener, UnixStream,
};
use pollster::block_on;

#[test]
fn server_and_clients_are_tasks_of_one_port() {
    let port = CompletionPort::new(2).unwrap();
    let listener = TcpListener::bind(common::any_port()).unwrap();
    port.associate(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    with_workers(&port, 4, || {
        let server = port.clone();
        let served = port.spawn(async move {
            let mut tasks = Vec::new();
            while tasks.len() < 20 {
                let (stream, _) = listener.accept().await.buf.into_stream().unwrap();
                server.associate(&stream, 1).unwrap();
                tasks.push(server.spawn(echo(stream)));
            }
            let mut total = 0;
            for task in tasks {
                total += task.await.unwrap().unwrap();
            }
            total
        });
        let clients: Vec<_> = (0..20)
            .map(|seed| {
                let client = port.clone();
                port.spawn(async move {
                    let socket = completion_port::TcpSocket::new_for(address).unwrap();
                    client.associate(&socket, 2).unwrap();
                    socket.connect(address).await.result.unwrap();
                    converse(socket.into_stream(), seed).await.unwrap();
                })
            })
            .collect();
        for client in clients {
            block_on(client).unwrap();
        }
        assert_eq!(block_on(served), Ok(20 * 20 * 3_000));
    });
}

#[test]
fn tasks_and_packets_share_one_order() {
    let port = roomy_port();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for i in 0..10 {
        let its = Arc::clone(&order);
        tasks.push(port.spawn(async move { its.lock().unwrap().push(2 * i) }));
        port.post(2 * i + 1, 0, 0).unwrap();
    }
    let packet = take(&port);
    assert_eq!(
        (packet.key(), packet.bytes(), packet.token()),
        (0, 0, None),
        "a task's packet has no numbers"
    );
    assert!(packet.outcome().is_none());
    let packet = packet.into_done::<(), ()>().unwrap_err();
    packet.run().unwrap();
    while let Ok(packet) = port.get(Deadline::Now) {
        if let Err(packet) = packet.run() {
            order.lock().unwrap().push(packet.key());
        }
    }
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
    assert!(tasks.iter().all(Task::is_finished));
}

#[test]
fn ten_thousand_tasks_all_end() {
    let port = CompletionPort::new(2).unwrap();
    with_workers(&port, 3, || {
        let task = |i: usize| async move {
            for _ in 0..i % 5 {
                yield_now().await;
            }
            i
        };
        let tasks: Vec<_> = (0..10_000).map(|i| port.spawn(task(i))).collect();
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(block_on(task), Ok(i));
        }
    });
}

#[test]
fn tasks_are_woken_by_foreign_threads() {
    let port = CompletionPort::new(2).unwrap();
    let gates: Vec<Gate> = (0..200).map(|_| Gate::default()).collect();
    with_workers(&port, 2, || {
        let wait = |gate: &Gate| {
            let gate = gate.clone();
            port.spawn(async move { gate.opened().await })
        };
        let tasks: Vec<_> = gates.iter().map(wait).collect();
        thread::scope(|scope| {
            for part in gates.chunks(50) {
                scope.spawn(|| part.iter().for_each(Gate::open));
            }
        });
        for task in tasks {
            assert_eq!(block_on(task), Ok(()));
        }
    });
}

#[test]
fn no_more_tasks_run_at_once_than_the_limit_says() {
    let port = blind_port(1);
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    with_workers(&port, 4, || {
        until_waiting(&port, 4);
        let task = || {
            let (inside, most) = (Arc::clone(&inside), Arc::clone(&most));
            async move {
                for _ in 0..20 {
                    let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    yield_now().await;
                }
            }
        };
        let tasks: Vec<_> = (0..100).map(|_| port.spawn(task())).collect();
        tasks.into_iter().for_each(|task| block_on(task).unwrap());
    });
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[test]
fn a_task_that_blocks_gives_its_slot_up() {
    let port = blind_port(1);
    with_workers(&port, 2, || {
        until_waiting(&port, 2);
        let (meet, its) = (Arc::new(Barrier::new(2)), port.clone());
        let met = Arc::clone(&meet);
        let blocks = port.spawn(async move { its.blocking(|| _ = met.wait()) });
        // It can run only if the other has given up the only slot.
        let other = port.spawn(async move { _ = meet.wait() });
        assert_eq!((block_on(blocks), block_on(other)), (Ok(()), Ok(())));
    });
}

#[test]
fn a_panic_comes_out_where_the_task_is_awaited() {
    let port = roomy_port();
    with_workers(&port, 1, || {
        let task = port.spawn(async { panic!("a task's") });
        let caught = catch_unwind(AssertUnwindSafe(|| block_on(task)));
        let text = caught.map(|_: Result<(), _>| ()).unwrap_err();
        assert_eq!(text.downcast_ref(), Some(&"a task's"));
        port.spawn(async { panic!("nobody's") }).detach();
        assert_eq!(block_on(port.spawn(async { 5 })), Ok(5), "the worker lives");
    });
}

struct PanicsWhenDropped(Drops);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        drop(self.0.state());
        panic!("a destructor's");
    }
}

#[test]
fn a_panic_of_a_destructor_harms_nobody() {
    let port = roomy_port();
    let drops = Drops::new();
    let value = || PanicsWhenDropped(drops.clone());
    let held = |value| async move {
        let _value = value;
        std::future::pending::<()>().await;
    };
    with_workers(&port, 1, || {
        // A future, an output, and what a task panicked with.
        assert_eq!(block_on(port.spawn(held(value())).cancel()), None);
        let given = value();
        port.spawn(async move { given }).detach();
        let given = value();
        port.spawn(async move { std::panic::panic_any(given) })
            .detach();
        eventually("all three are dropped", || drops.count() == 3);
        assert_eq!(block_on(port.spawn(async { 5 })), Ok(5), "the worker lives");
        port.spawn(held(value())).detach();
    });
    assert_eq!(drops.count(), 4);
}

#[test]
fn a_task_goes_on_without_its_handle_and_ends_when_cancelled() {
    let port = roomy_port();
    let (gate, drops) = (Gate::default(), Drops::new());
    with_workers(&port, 1, || {
        let (its, state) = (gate.clone(), drops.state());
        drop(port.spawn(async move {
            its.opened().await;
            drop(state);
        }));
        eventually("it waits", || gate.is_waited_at());
        gate.open();
        eventually("it has gone on", || drops.count() == 1);

        let (ours, theirs) = tcp_pair();
        port.associate(&ours, 0).unwrap();
        let (stream, buf) = (ours.clone(), drops.buf(vec![0; 8]));
        let task = port.spawn(async move { stream.recv(buf).await.outcome });
        assert!(block_on(task.cancel()).is_none());
        assert_eq!((drops.count(), ours.cancel_all()), (2, 0));
        drop(theirs);
        let ended = port.spawn(async { 7 });
        eventually("it has ended", || ended.is_finished());
        assert_eq!(block_on(ended.cancel()), Some(7));
    });
}

#[test]
fn closing_the_port_ends_its_tasks() {
    let port = roomy_port();
    let (drops, gate) = (Drops::new(), Gate::default());
    let (ours, theirs) = tcp_pair();
    port.associate(&ours, 0).unwrap();
    let (stream, buf) = (ours.clone(), drops.buf(vec![0; 8]));
    let receives = port.spawn(async move { stream.recv(buf).await.outcome });
    let (its, state) = (gate.clone(), drops.state());
    let waits = port.spawn(async move {
        its.opened().await;
        drop(state);
    });
    take(&port).run().unwrap();
    take(&port).run().unwrap();
    let state = drops.state();
    let queued = port.spawn(async move { drop(state) });
    let (state, its) = (drops.state(), gate.clone());
    let taken = port.spawn(async move {
        its.opened().await;
        drop(state);
    });
    // The queue is FIFO: the first goes back, so to say, and the second is in a thread's hand.
    let first = take(&port);
    let in_hand = take(&port);
    drop(first);
    assert_eq!(drops.count(), 1, "a packet that is dropped drops its task");
    let state = drops.state();
    let last = port.spawn(async move { drop(state) });
    port.close();
    assert_eq!(drops.count(), 4, "all but the one in the thread's hand");
    assert_eq!(ours.cancel_all(), 0);
    assert!(!taken.is_finished());
    in_hand.run().unwrap();
    assert_eq!(drops.count(), 5, "which is dropped where it waits");
    for task in [waits, queued, taken, last, port.spawn(async {})] {
        assert_eq!(block_on(task), Err(Cancelled));
    }
    assert!(matches!(block_on(receives), Err(Cancelled)));
    gate.open();
    drop(theirs);
}

#[test]
fn tasks_are_ended_whenever_the_port_is_closed() {
    for _ in 0..300 {
        let port = CompletionPort::new(2).unwrap();
        let drops = Drops::new();
        let mut tasks = Vec::new();
        with_workers(&port, 2, || {
            for _ in 0..20 {
                let state = drops.state();
                tasks.push(port.spawn(async move {
                    let _state = state;
                    yield_now().await;
                    std::future::pending::<()>().await;
                }));
            }
        });
        assert_eq!(drops.count(), 20);
        for task in tasks {
            assert_eq!(block_on(task), Err(Cancelled));
        }
    }
}

#[test]
fn the_last_duplicate_of_a_port_ends_its_tasks() {
    let port = roomy_port();
    let task = port.spawn(std::future::pending::<()>());
    take(&port).run().unwrap();
    drop(port);
    assert_eq!(block_on(task), Err(Cancelled));
}

#[test]
fn block_on_runs_a_borrowing_future_among_tasks_and_packets() {
    let port = CompletionPort::new(1).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 0).unwrap();
    let words = ["one".to_owned(), "two".to_owned()];
    let mut keys = Vec::new();
    port.post(4, 0, 0).unwrap();
    let heard = port.block_on(
        async {
            let listener = port.spawn(async move { ours.recv_full(vec![0; 6]).await.buf });
            for word in &words {
                let word = word.as_bytes().to_vec();
                theirs.send(word).await.result.unwrap();
                port.post(5, 0, 0).unwrap();
            }
            yield_now().await;
            listener.await.unwrap()
        },
        |packet| keys.push(packet.key()),
    );
    assert_eq!(heard, b"onetwo");
    while let Ok(packet) = port.get(Deadline::Now) {
        keys.push(packet.key());
    }
    assert_eq!(keys, [4, 5, 5]);
}

#[test]
fn block_on_goes_on_when_the_port_is_closed() {
    let port = CompletionPort::new(1).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            until_waiting(&port, 1);
            port.close();
            for _ in 0..1_000 {
                complete(theirs.send("x")).result.unwrap();
            }
        });
        let received = port.block_on(
            async {
                let mut total = 0;
                while total < 1_000 {
                    total += ours.recv(vec![0; 1]).await.result.unwrap();
                }
                total
            },
            drop,
        );
        assert_eq!(received, 1_000);
    });
}

#[test]
fn a_forked_child_cannot_await_what_is_its_parents() {
    let name = "a_forked_child_cannot_await_what_is_its_parents";
    if has_run_alone(module_path!(), name) {
        return;
    }
    let port = roomy_port();
    let (ours, theirs) = tcp_pair();
    let waits = ours.recv(vec![0; 1]).into_future();
    let its = Gate::default();
    let waiting = its.clone();
    let task = port.spawn(async move { waiting.opened().await });
    take(&port).run().unwrap();
    let over = port.spawn(async { 5 });
    take(&port).run().unwrap();
    complete(theirs.send("x")).result.unwrap();
    eventually("it has ended", || waits.is_done());
    let mut ended = Some(waits);
    let mut later = Some(ours.recv(vec![0; 1]).into_future());
    let mut tasks = Some((task, over));
    let code = in_forked_child(|| {
        assert_eq!(block_on(ended.take().unwrap()).buf, b"x");
        let mut unended = later.take().unwrap();
        let poll = AssertUnwindSafe(|| poll_with(&mut unended, Waker::noop()));
        assert!(catch_unwind(poll).is_err());
        drop(unended);
        let refused = block_on(async { ours.recv(vec![7; 1]).await });
        assert_eq!((code_of(&refused), refused.buf), (libc::EINVAL, vec![7]));
        let (task, over) = tasks.take().unwrap();
        assert_eq!(block_on(task), Err(Cancelled));
        assert_eq!(block_on(over), Ok(5));
        assert_eq!(block_on(port.spawn(async {})), Err(Cancelled));
        its.open();
        port.close();
        0
    });
    assert_eq!(code, 0);
    // The parent's go on as if nothing had been.
    let (task, over) = tasks.take().unwrap();
    its.open();
    assert_eq!(port.block_on(task, drop), Ok(()));
    assert_eq!(block_on(over), Ok(5));
    complete(theirs.send("y")).result.unwrap();
    assert_eq!(block_on(later.take().unwrap()).buf, b"y");
}

#[test]
fn block_on_sleeps_while_it_waits_on_a_closed_port() {
    let port = CompletionPort::new(1).unwrap();
    let (left, right) = UnixStream::pair().unwrap();
    port.associate(&left, 0).unwrap();
    port.close();
    let polls = AtomicUsize::new(0);
    thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let mut received = left.recv(vec![0; 8]).into_future();
            let counted = std::future::poll_fn(|context| {
                polls.fetch_add(1, Ordering::SeqCst);
                poll_with(&mut received, context.waker())
            });
            port.block_on(counted, drop)
        });
        eventually("it waits", || polls.load(Ordering::SeqCst) > 0);
        thread::sleep(std::time::Duration::from_millis(5)); // not for order: time to do it wrong
        complete(right.send("late")).result.unwrap();
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
            let received = stream.recv(buf).await;
            if received.result.unwrap() == 0 {
                break;
            }
            buf = stream.send(received.buf).await.buf;
        }
    };
    let tasks = [port.spawn(talk(left, true)), port.spawn(talk(right, false))];
    let both = async {
        for task in tasks {
            task.await.unwrap();
        }
    };
    port.block_on(both, drop);
    let counters = port.snapshot().counters;
    println!("  {counters:?}");
    assert!(counters.driver_kicks < TURNS as u64 / 4, "{counters:?}");
}
