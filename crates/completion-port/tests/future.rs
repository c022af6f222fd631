//! Operations as futures, under the port and under a foreign executor.

mod common;

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use common::files::{Scene, on_each_engine};
use common::futures::{Act, Count, converse, echo, first, poll_with, with_workers, yield_now};
use common::raw::waker_that_tells_of_clones;
use common::stream::tcp_pair;
use common::{
    Drops, assert_empty, assert_same, code_of, complete, eventually, finish, pattern, roomy_port,
    take,
};
use completion_port::{
    AsHandle, CompletionPort, Deadline, Done, Pending, Shutdown, UnixStream, WaitError, pipe,
};
use pollster::block_on;

#[test]
fn operations_are_futures_of_any_executor() {
    let port = roomy_port();
    for associated in [false, true] {
        let (ours, theirs) = tcp_pair();
        if associated {
            port.associate(&ours, 1).unwrap();
        }
        thread::scope(|scope| {
            let server = scope.spawn(|| block_on(echo(ours)));
            block_on(converse(theirs, 1)).unwrap();
            assert_eq!(server.join().unwrap().unwrap(), 20 * 3_000);
        });
        let (reader, writer) = pipe().unwrap();
        let received = reader.read(vec![0; 8]).into_future();
        block_on(async { writer.write("piped").await })
            .result
            .unwrap();
        assert_eq!(block_on(received).buf, b"piped");
    }
    // S-153: what is awaited posts no packet.
    assert_empty(&port);
}

#[test]
fn files_are_read_by_whoever_awaits_them() {
    let contents = pattern(1 << 20, 3);
    let scene = Scene::new(&contents);
    on_each_engine(|port, _| {
        let file = scene.cold();
        port.associate(&file, 0).unwrap();
        let file = Arc::new(file);
        let part = |at: usize| {
            let file = Arc::clone(&file);
            async move { file.read_at(vec![0; 1 << 16], (at as u64) << 16).await }
        };
        with_workers(port, 2, || {
            let tasks: Vec<_> = (0..16).map(|at| port.spawn(part(at))).collect();
            for (at, task) in tasks.into_iter().enumerate() {
                let done = block_on(task).unwrap();
                assert_same(&done.buf, &contents[at << 16..][..1 << 16]);
            }
        });
    });
}

#[test]
fn the_future_of_a_request_can_go_anywhere() {
    fn check<F: Future<Output = Done<Vec<u8>>> + Send + Unpin + 'static>(future: F) -> F {
        future
    }
    let (ours, theirs) = UnixStream::pair().unwrap();
    let pending = check(ours.recv(vec![0; 4]).into_future());
    complete(theirs.send("far"));
    assert_eq!(
        thread::spawn(|| block_on(pending)).join().unwrap().buf,
        b"far"
    );
}

#[test]
fn what_is_refused_gives_its_buffer_back() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    ours.shutdown(Shutdown::Read).unwrap();
    let done = block_on(async { ours.recv(vec![7; 9]).await });
    assert_eq!((code_of(&done), done.outcome.bytes), (libc::ESHUTDOWN, 0));
    assert_eq!(
        done.result.unwrap_err().raw_os_error(),
        Some(libc::ESHUTDOWN)
    );
    assert_eq!(done.buf, [7; 9]);
}

#[test]
fn an_operation_begins_where_it_is_written() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let one = ours.recv(vec![0; 1]).into_future();
    let two = ours.recv(vec![0; 1]).into_future();
    complete(theirs.send("12"));
    assert_eq!(block_on(two).buf, b"2");
    assert_eq!(block_on(one).buf, b"1");
}

#[test]
fn the_waker_that_came_last_is_woken_once() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut pending = ours.recv(vec![0; 8]).into_future();
    let (old, old_waker) = Count::new();
    let (new, new_waker) = Count::new();
    for waker in [&old_waker, &old_waker, &new_waker] {
        assert!(poll_with(&mut pending, waker).is_pending());
    }
    drop(old_waker);
    assert_eq!(Arc::strong_count(&old), 1, "the old waker is let go");
    complete(theirs.send("now"));
    eventually("the waker is woken", || new.so_far() > 0);
    complete(theirs.send("then"));
    assert_eq!(finish(pending).buf, b"now");
    assert_eq!((old.so_far(), new.so_far()), (0, 1));
}

#[test]
fn what_is_polled_can_be_waited_for_and_cancelled() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut pending = ours.recv(vec![0; 8]).into_future();
    let (count, waker) = Count::new();
    assert!(poll_with(&mut pending, &waker).is_pending());
    let mut pending = pending.wait_until(Duration::from_millis(1)).unwrap_err();
    assert!(poll_with(&mut pending, &waker).is_pending());
    pending.cancel();
    assert_eq!(count.so_far(), 1);
    let Poll::Ready(done) = poll_with(&mut pending, &waker) else {
        panic!("cancelled, so it has ended");
    };
    assert_eq!(code_of(&done), libc::ECANCELED);
    assert!(!pending.is_done());
    let again = AssertUnwindSafe(|| poll_with(&mut pending, &waker));
    assert!(catch_unwind(again).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| pending.wait())).is_err());
    drop(theirs);
}

#[test]
fn dropping_a_future_cancels_and_frees_once_and_wakes_nobody() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let drops = Drops::new();
    let (count, waker) = Count::new();
    for polled in [false, true] {
        let mut pending = ours.recv(drops.buf(vec![0; 8])).into_future();
        if polled {
            assert!(poll_with(&mut pending, &waker).is_pending());
        }
        drop(pending);
        assert_eq!(drops.count(), 1 + usize::from(polled));
    }
    assert_eq!(count.so_far(), 0);
    complete(theirs.send("kept"));
    assert_eq!(block_on(async { ours.recv(vec![0; 8]).await }).buf, b"kept");
    assert_eq!(ours.cancel_all(), 0);
}

#[test]
fn memory_stays_while_an_engine_has_it() {
    let scene = Scene::new(&pattern(1 << 20, 8));
    on_each_engine(|port, _| {
        let drops = Drops::new();
        for _ in 0..20 {
            let file = scene.cold();
            port.associate(&file, 0).unwrap();
            let mut pending = file.read_at(drops.buf(vec![0; 1 << 20]), 0).into_future();
            let _ = poll_with(&mut pending, Waker::noop());
        }
        eventually("every buffer is freed", || drops.count() == 20);
    });
}

#[test]
fn a_receive_that_loses_a_race_loses_no_byte() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let expected: Vec<u8> = (0..=255).collect();
    let mut found = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            for &byte in &expected {
                complete(theirs.send(vec![byte])).result.unwrap();
            }
        });
        block_on(async {
            let mut pending = ours.recv(vec![0; 3]).into_future();
            while found.len() < expected.len() {
                // The loser is kept, and goes on in the next round.
                match first(&mut pending, &mut Box::pin(yield_now())).await {
                    None if found.len() % 3 == 0 => {
                        // Or it is cancelled, and tells what it took.
                        pending.cancel();
                        let done = pending.await;
                        found.extend_from_slice(&done.buf[..done.outcome.bytes]);
                        pending = ours.recv(vec![0; 3]).into_future();
                    }
                    None => {}
                    Some(done) => {
                        found.extend_from_slice(&done.buf);
                        pending = ours.recv(vec![0; 3]).into_future();
                    }
                }
            }
        });
    });
    assert_same(&found, &expected);
}

#[test]
fn what_ends_while_a_future_is_polled_is_not_overlooked() {
    let (left, right) = UnixStream::pair().unwrap();
    let mut first = left.recv_full(vec![0; 1]).into_future();
    let second = Mutex::new(left.recv_full(vec![0; 1]).into_future());
    // The waker is cloned in the middle of the poll. What was asked for first ends first.
    let waker = waker_that_tells_of_clones(move || {
        block_on(right.send("xy").into_future());
        eventually("both have ended", || second.lock().unwrap().is_done());
    });
    let polled = poll_with(&mut first, &waker);
    let Poll::Ready(done) = polled else {
        panic!("it has ended, and nobody would be told")
    };
    assert_eq!(done.buf, b"x");
}

#[test]
fn no_wake_up_is_lost_between_poll_and_end() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..5_000 {
                start.wait();
                complete(theirs.send("x")).result.unwrap();
            }
        });
        for round in 0..5_000 {
            let mut pending = ours.recv(vec![0; 1]).into_future();
            start.wait();
            // Another waker each time, so that each poll stores one.
            let (count, waker) = Count::new();
            if poll_with(&mut pending, &waker).is_pending() {
                for _ in 0..round % 7 {
                    std::hint::spin_loop();
                }
                block_on(pending).result.unwrap();
                assert!(count.so_far() <= 1);
            }
        }
    });
}

#[test]
fn wakers_are_called_under_no_lock() {
    let port = roomy_port();
    let (ours, theirs) = tcp_pair();
    port.associate(&ours, 0).unwrap();
    let woken = Arc::new(AtomicUsize::new(0));
    let own: Arc<Mutex<Option<Pending<Vec<u8>>>>> = Arc::default();
    // Everything that takes a lock of the operation, of the stream or of the port.
    let act = {
        let (ours, port, woken, own) = (ours.clone(), port.clone(), woken.clone(), own.clone());
        move || {
            assert!(own.lock().unwrap().as_ref().unwrap().is_done());
            drop(ours.recv(vec![0; 1]).into_future());
            ours.cancel_all();
            port.post(0, 0, 0).unwrap();
            woken.fetch_add(1, Ordering::SeqCst);
        }
    };
    let waker = Waker::from(Arc::new(Act(act)));
    let start = || {
        let mut pending = ours.recv(vec![0; 1]).into_future();
        assert!(poll_with(&mut pending, &waker).is_pending());
        *own.lock().unwrap() = Some(pending);
    };
    start();
    complete(theirs.send("1")).result.unwrap();
    take(&port);
    assert_eq!(woken.load(Ordering::SeqCst), 1, "by data");
    start();
    assert_eq!(ours.cancel_all(), 1);
    assert_eq!(woken.load(Ordering::SeqCst), 2, "by cancelling");
}

#[test]
fn a_waker_that_panics_harms_nobody() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let waker = Waker::from(Arc::new(Act(|| panic!("a waker's"))));
    let mut pending = ours.recv(vec![0; 4]).into_future();
    assert!(poll_with(&mut pending, &waker).is_pending());
    complete(theirs.send("one")).result.unwrap();
    assert_eq!(finish(pending).buf, b"one");
    // The library's thread is alive.
    let pending = ours.recv(vec![0; 4]).into_future();
    complete(theirs.send("two")).result.unwrap();
    assert_eq!(block_on(pending).buf, b"two");
}

#[test]
fn a_future_moves_between_executors() {
    let port = CompletionPort::new(1).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 0).unwrap();
    let later = Arc::new(Mutex::new(None));
    let task = {
        let later = Arc::clone(&later);
        let mut pending = ours.recv(vec![0; 8]).into_future();
        port.spawn(async move {
            poll_fn(|cx| {
                assert!(Pin::new(&mut pending).poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            *later.lock().unwrap() = Some(pending);
        })
    };
    assert_eq!(port.block_on(task, drop), Ok(()));
    let pending = later.lock().unwrap().take().unwrap();
    thread::scope(|scope| {
        let other = scope.spawn(|| block_on(pending));
        complete(theirs.send("moved")).result.unwrap();
        assert_eq!(other.join().unwrap().buf, b"moved");
    });
    assert_eq!(port.get(Deadline::Now).unwrap_err(), WaitError::TimedOut);
}
