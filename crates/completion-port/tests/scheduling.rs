//! Which thread takes a packet, and how many threads may run.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use common::stream::Stream;
use common::{
    LONG, assert_empty, blind_port, eventually, finish, roomy_port, take, until_waiting, wait,
};
use completion_port::{CompletionPort, Deadline, UnixStream, WaitError, blocking};

/// A thread that does what it is told, one thing after the other.
struct Worker {
    orders: Sender<Box<dyn FnOnce() -> Option<usize> + Send>>,
    answers: Receiver<Option<usize>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    fn new() -> Self {
        let (orders, inbox) = channel::<Box<dyn FnOnce() -> Option<usize> + Send>>();
        let (outbox, answers) = channel();
        let thread = thread::spawn(move || {
            for order in inbox {
                if outbox.send(order()).is_err() {
                    break;
                }
            }
        });
        Self {
            orders,
            answers,
            thread: Some(thread),
        }
    }

    fn tell(&self, order: impl FnOnce() -> Option<usize> + Send + 'static) {
        self.orders.send(Box::new(order)).unwrap();
    }

    #[track_caller]
    fn answer(&self) -> Option<usize> {
        self.answers.recv_timeout(LONG).expect("an answer")
    }

    #[track_caller]
    fn ask(&self, order: impl FnOnce() -> Option<usize> + Send + 'static) -> Option<usize> {
        self.tell(order);
        self.answer()
    }

    /// Has the thread wait for a packet; its answer will be the packet's token.
    fn get(&self, port: &CompletionPort) {
        let port = port.clone();
        self.tell(move || wait(&port).ok().and_then(|packet| packet.token()));
    }

    /// The token of the packet that is there for this thread, or none.
    #[track_caller]
    fn poll(&self, port: &CompletionPort) -> Option<usize> {
        let port = port.clone();
        self.ask(move || {
            port.get(Deadline::Now)
                .ok()
                .and_then(|packet| packet.token())
        })
    }

    fn is_waiting(&self) -> bool {
        matches!(
            self.answers.try_recv(),
            Err(std::sync::mpsc::TryRecvError::Empty)
        )
    }

    /// Ends the thread and returns when it has ended.
    fn exit(mut self) {
        let thread = self.thread.take().expect("not joined yet");
        drop(self);
        thread.join().unwrap();
    }
}

fn post(port: &CompletionPort, tokens: impl IntoIterator<Item = usize>) {
    tokens
        .into_iter()
        .for_each(|token| port.post(0, 0, token).unwrap());
}

/// S-042 as Windows' own test has it: A waits, then B; 3, 4, 5 are posted.
fn newest_first(port: &CompletionPort) {
    let (a, b) = (Worker::new(), Worker::new());
    a.get(port);
    until_waiting(port, 1);
    b.get(port);
    until_waiting(port, 2);
    post(port, [3, 4, 5]);
    assert_eq!((b.answer(), a.answer()), (Some(3), Some(4)));
    assert_eq!(take(port).token(), Some(5));
}

#[test]
fn s_042_the_newest_waiter_gets_the_oldest_packet() {
    newest_first(&roomy_port());
}

#[test]
fn s_042_the_newest_waiter_comes_first_where_one_waits_in_the_engine() {
    let port = roomy_port();
    let (stream, _peer) = UnixStream::half();
    port.associate(&stream, 0).unwrap();
    newest_first(&port);
}

#[test]
fn s_042_ten_waiters_are_released_in_reverse() {
    let port = roomy_port();
    let workers: Vec<Worker> = (0..10).map(|_| Worker::new()).collect();
    for (i, worker) in workers.iter().enumerate() {
        worker.get(&port);
        until_waiting(&port, i + 1);
    }
    post(&port, 0..10);
    for (i, worker) in workers.iter().enumerate() {
        assert_eq!(worker.answer(), Some(9 - i));
    }
}

#[test]
fn s_042_a_waiter_that_times_out_leaves_the_others_in_order() {
    let port = roomy_port();
    let workers: Vec<Worker> = (0..3).map(|_| Worker::new()).collect();
    workers[0].get(&port);
    until_waiting(&port, 1);
    let its = port.clone();
    workers[1].tell(move || its.get(Duration::from_millis(20)).ok().map(|_| 0));
    until_waiting(&port, 2);
    workers[2].get(&port);
    assert_eq!(workers[1].answer(), None, "timed out");
    until_waiting(&port, 2);
    post(&port, [1, 2]);
    assert_eq!(
        (workers[2].answer(), workers[0].answer()),
        (Some(1), Some(2))
    );
}

/// Posts one packet at a time to many waiters; returns how many threads took them.
fn takers_of_single_posts(port: &CompletionPort, threads: usize, posts: usize) -> usize {
    let taken: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
    let total = AtomicUsize::new(0);
    thread::scope(|scope| {
        for own in &taken {
            let total = &total;
            let run = move || {
                while wait(port).is_ok() {
                    own.fetch_add(1, Ordering::Relaxed);
                    total.fetch_add(1, Ordering::Release);
                }
            };
            thread::Builder::new()
                .stack_size(64 * 1024)
                .spawn_scoped(scope, run)
                .unwrap();
        }
        until_waiting(port, threads);
        let before = port.snapshot().counters;
        for i in 1..=posts {
            port.post(0, 0, i).unwrap();
            eventually("the packet is taken", || total.load(Ordering::Acquire) == i);
            until_waiting(port, threads);
        }
        let after = port.snapshot().counters;
        let wakes = after.thread_wakes + after.driver_kicks;
        assert_eq!(
            wakes - before.thread_wakes - before.driver_kicks,
            posts as u64
        );
        assert_eq!(after.hand_overs - before.hand_overs, posts as u64);
        port.close();
    });
    taken
        .iter()
        .filter(|count| count.load(Ordering::Relaxed) > 0)
        .count()
}

#[test]
fn s_042_of_a_thousand_waiters_one_takes_all_that_comes_one_at_a_time() {
    assert_eq!(takers_of_single_posts(&roomy_port(), 1_000, 200), 1);
}

#[test]
fn s_042_one_takes_all_where_the_others_wait_behind_the_engine() {
    let port = roomy_port();
    let (stream, _peer) = UnixStream::half();
    port.associate(&stream, 0).unwrap();
    assert_eq!(takers_of_single_posts(&port, 50, 200), 1);
}

#[test]
fn s_043_a_running_thread_takes_the_next_packet_although_others_wait() {
    let port = blind_port(1);
    let (waiter, busy) = (Worker::new(), Worker::new());
    waiter.get(&port);
    until_waiting(&port, 1);
    // The newest waiter takes the first packet and then everything: the limit is one.
    busy.get(&port);
    until_waiting(&port, 2);
    post(&port, 0..100);
    assert_eq!(busy.answer(), Some(0));
    for token in 1..100 {
        assert_eq!(busy.poll(&port), Some(token));
    }
    assert!(waiter.is_waiting());
    assert_eq!(port.snapshot().waiting, 1);
    post(&port, [100]);
    busy.get(&port);
    assert_eq!(busy.answer(), Some(100));
    busy.exit();
    post(&port, [101]);
    assert_eq!(waiter.answer(), Some(101));
}

#[test]
fn s_044_046_a_packet_for_a_waiter_never_enters_the_queue() {
    let port = roomy_port();
    let worker = Worker::new();
    worker.get(&port);
    until_waiting(&port, 1);
    let before = port.snapshot().counters;
    post(&port, [1]);
    let after = port.snapshot();
    assert_eq!((after.queued, after.waiting, after.running), (0, 0, 1));
    assert_eq!(after.counters.hand_overs, before.hand_overs + 1);
    assert_eq!(worker.answer(), Some(1));
    post(&port, [2, 3, 4]);
    assert_eq!(port.snapshot().queued, 3);
    assert_eq!(worker.poll(&port), Some(2));
    assert_eq!(port.snapshot().queued, 2);
}

#[test]
fn s_047_nothing_wakes_a_waiter_but_a_packet() {
    let port = roomy_port();
    let (stream, peer) = UnixStream::half();
    port.associate(&stream, 0).unwrap();
    let (a, b) = (Worker::new(), Worker::new());
    a.get(&port);
    until_waiting(&port, 1);
    b.get(&port);
    until_waiting(&port, 2);
    let before = port.snapshot();
    let pending = stream.recv(vec![0; 1]).start().unwrap();
    stream
        .clone()
        .send("no packet")
        .start()
        .unwrap()
        .wait()
        .result
        .unwrap();
    finish(stream.send("no packet").start().unwrap());
    let other = roomy_port();
    post(&other, [1]);
    assert_eq!(take(&other).token(), Some(1));
    drop(peer);
    finish(pending);
    assert!(a.is_waiting() && b.is_waiting());
    let after = port.snapshot();
    assert_eq!((after.waiting, after.counters), (2, before.counters));
    post(&port, [1, 2]);
    assert_eq!((b.answer(), a.answer()), (Some(1), Some(2)));
}

#[test]
fn s_061_072_only_a_wait_binds_a_thread() {
    let port = blind_port(2);
    let worker = Worker::new();
    let its = port.clone();
    worker.ask(move || {
        let (stream, _peer) = UnixStream::half();
        its.associate(&stream, 0).unwrap();
        its.post(0, 0, 1).unwrap();
        its.blocking(|| None)
    });
    assert_eq!((port.snapshot().bound, port.snapshot().running), (0, 0));
    assert_eq!(worker.poll(&port), Some(1));
    assert_eq!((port.snapshot().bound, port.snapshot().running), (1, 1));
}

#[test]
fn s_062_a_thread_that_comes_back_does_not_count_while_it_waits() {
    let port = blind_port(1);
    let worker = Worker::new();
    post(&port, [1]);
    assert_eq!(worker.poll(&port), Some(1));
    assert_eq!(port.snapshot().running, 1);
    worker.get(&port);
    until_waiting(&port, 1);
    assert_eq!((port.snapshot().running, port.snapshot().bound), (0, 1));
    post(&port, [2]);
    assert_eq!(worker.answer(), Some(2));
}

#[test]
fn s_063_a_thread_that_turns_to_another_port_frees_its_slot() {
    let (old, new) = (blind_port(1), blind_port(1));
    let (mover, waiter) = (Worker::new(), Worker::new());
    post(&old, [1]);
    assert_eq!(mover.poll(&old), Some(1));
    waiter.get(&old);
    until_waiting(&old, 1);
    post(&old, [2]);
    assert_eq!((old.snapshot().queued, old.snapshot().waiting), (1, 1));
    mover.get(&new);
    assert_eq!(waiter.answer(), Some(2));
    until_waiting(&new, 1);
    assert_eq!((old.snapshot().bound, new.snapshot().bound), (1, 1));
    post(&new, [3]);
    assert_eq!(mover.answer(), Some(3));
}

#[test]
fn s_064_a_thread_whose_wait_timed_out_counts_as_running() {
    let port = blind_port(1);
    let (idler, other) = (Worker::new(), Worker::new());
    assert_eq!(idler.poll(&port), None);
    assert_eq!(port.snapshot().running, 1);
    post(&port, [1]);
    assert_eq!(other.poll(&port), None, "S-066: the limit is reached");
    assert_eq!(port.snapshot().queued, 1);
    assert_eq!(
        idler.poll(&port),
        None,
        "S-064: the other's poll counts as well"
    );
    // Both have timed out, and both count.
    assert_eq!(port.snapshot().running, 2);
    other.exit();
    assert_eq!(idler.poll(&port), Some(1));
}

#[test]
fn s_065_066_no_more_threads_run_than_the_limit_says() {
    let port = blind_port(2);
    let workers: Vec<Worker> = (0..4).map(|_| Worker::new()).collect();
    for (i, worker) in workers.iter().enumerate() {
        worker.get(&port);
        until_waiting(&port, i + 1);
    }
    post(&port, 0..6);
    assert_eq!(
        (workers[3].answer(), workers[2].answer()),
        (Some(0), Some(1))
    );
    let now = port.snapshot();
    assert_eq!((now.running, now.waiting, now.queued), (2, 2, 4));
    // A thread that comes back takes the next; the older waiters stay where they are.
    assert_eq!(workers[2].poll(&port), Some(2));
    assert_eq!(workers[3].poll(&port), Some(3));
    assert!(workers[0].is_waiting() && workers[1].is_waiting());
    workers.into_iter().rev().take(2).for_each(Worker::exit);
    eventually("the waiters take the rest", || port.snapshot().queued == 0);
}

#[test]
fn s_067_068_a_blocking_scope_gives_the_slot_away_and_takes_it_back_beyond_the_limit() {
    let port = blind_port(1);
    let (blocker, waiter) = (Worker::new(), Worker::new());
    post(&port, [1]);
    assert_eq!(blocker.poll(&port), Some(1));
    waiter.get(&port);
    until_waiting(&port, 1);
    post(&port, [2, 3]);
    assert_eq!((port.snapshot().running, port.snapshot().queued), (1, 2));
    let (leave, left) = channel::<()>();
    let its = port.clone();
    blocker.tell(move || {
        its.blocking(|| blocking(|| left.recv_timeout(LONG).unwrap()));
        None
    });
    assert_eq!(
        waiter.answer(),
        Some(2),
        "S-067: at once, without waiting for the scope's end"
    );
    leave.send(()).unwrap();
    blocker.answer();
    assert_eq!(port.snapshot().running, 2, "S-068: beyond the limit");
    assert_eq!(port.snapshot().queued, 1);
    assert_eq!(
        waiter.poll(&port),
        None,
        "nothing is released until the number is below it"
    );
    blocker.exit();
    assert_eq!(waiter.poll(&port), Some(3));
}

#[test]
fn s_067_068_waiting_for_one_operation_gives_the_slot_away() {
    let port = blind_port(1);
    let (stream, mut peer) = UnixStream::half();
    let (blocker, waiter) = (Worker::new(), Worker::new());
    post(&port, [1]);
    assert_eq!(blocker.poll(&port), Some(1));
    waiter.get(&port);
    until_waiting(&port, 1);
    post(&port, [2]);
    blocker.tell(move || finish(stream.recv(vec![0; 4]).start().unwrap()).result.ok());
    assert_eq!(waiter.answer(), Some(2));
    std::io::Write::write_all(&mut peer, b"data").unwrap();
    assert_eq!(blocker.answer(), Some(4));
    assert_eq!(port.snapshot().running, 2);
}

#[test]
fn s_067_a_scope_of_a_foreign_port_changes_nothing() {
    let (port, other) = (blind_port(1), blind_port(1));
    post(&port, [1]);
    assert_eq!(take(&port).token(), Some(1));
    other.blocking(|| assert_eq!(port.snapshot().running, 1));
    port.blocking(|| assert_eq!(port.snapshot().running, 0));
    blocking(|| assert_eq!(port.snapshot().running, 0));
    assert_eq!(port.snapshot().running, 1);
}

#[test]
fn a_thread_may_take_packets_within_a_blocking_scope() {
    let port = blind_port(1);
    post(&port, [1, 2]);
    assert_eq!(take(&port).token(), Some(1));
    port.blocking(|| {
        assert_eq!(take(&port).token(), Some(2));
        assert_eq!(port.snapshot().running, 1);
    });
    assert_eq!(port.snapshot().running, 1);
    let other = blind_port(1);
    port.blocking(|| assert_empty(&other));
    assert_eq!((port.snapshot().bound, other.snapshot().running), (0, 1));
}

#[test]
fn a_panic_in_a_blocking_scope_takes_the_slot_back() {
    let port = blind_port(1);
    let worker = Worker::new();
    let its = port.clone();
    worker.ask(move || {
        assert_empty(&its);
        let quiet = AssertUnwindSafe(|| its.blocking(|| std::panic::resume_unwind(Box::new(1))));
        assert!(catch_unwind(quiet).is_err());
        None
    });
    assert_eq!((port.snapshot().running, port.snapshot().bound), (1, 1));
    let panicking = port.clone();
    let thread = thread::spawn(move || {
        assert_empty(&panicking);
        panicking.blocking(|| std::panic::resume_unwind(Box::new(1)))
    });
    assert!(thread.join().is_err());
    assert_eq!((port.snapshot().running, port.snapshot().bound), (1, 1));
    worker.exit();
    post(&port, [1]);
    assert_eq!(take(&port).token(), Some(1));
}

#[test]
fn s_069_a_thread_that_exits_frees_its_slot() {
    let port = blind_port(1);
    let (mortal, waiter) = (Worker::new(), Worker::new());
    post(&port, [1]);
    assert_eq!(mortal.poll(&port), Some(1));
    waiter.get(&port);
    until_waiting(&port, 1);
    post(&port, [2]);
    assert!(waiter.is_waiting());
    mortal.exit();
    assert_eq!(waiter.answer(), Some(2));
    assert_eq!((port.snapshot().running, port.snapshot().bound), (1, 1));
}

#[test]
fn s_069_packets_taken_in_the_destructors_of_an_exiting_thread_bind_nobody() {
    struct AtExit(CompletionPort, Sender<Option<usize>>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            let token = wait(&self.0).ok().and_then(|packet| packet.token());
            self.1.send(token).unwrap();
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<AtExit>> = const { std::cell::RefCell::new(None) };
    }
    let port = blind_port(1);
    let (tell, told) = channel();
    let its = port.clone();
    let thread = thread::spawn(move || {
        // Made before the thread is bound, so it is destroyed after the binding.
        LAST.set(Some(AtExit(its.clone(), tell.clone())));
        assert_empty(&its);
        tell.send(None).unwrap();
    });
    assert_eq!(told.recv_timeout(LONG).unwrap(), None);
    post(&port, [9]);
    assert_eq!(told.recv_timeout(LONG).unwrap(), Some(9));
    thread.join().unwrap();
    assert_eq!((port.snapshot().bound, port.snapshot().running), (0, 0));
}

#[test]
fn s_071_a_post_by_a_running_thread_is_no_block() {
    let port = blind_port(1);
    let (poster, waiter) = (Worker::new(), Worker::new());
    post(&port, [1]);
    assert_eq!(poster.poll(&port), Some(1));
    waiter.get(&port);
    until_waiting(&port, 1);
    let its = port.clone();
    poster.ask(move || {
        its.post(0, 0, 2).unwrap();
        None
    });
    assert_eq!((port.snapshot().queued, port.snapshot().waiting), (1, 1));
    let its = port.clone();
    poster.tell(move || its.blocking(|| wait(&its).ok().and_then(|packet| packet.token())));
    assert_eq!(
        waiter.answer(),
        Some(2),
        "the poster blocks, so its packet goes to the waiter"
    );
    post(&port, [3]);
    waiter.exit();
    assert_eq!(poster.answer(), Some(3));
}

#[test]
fn s_073_a_handler_that_computes_keeps_its_slot() {
    let port = blind_port(1);
    let (busy, other) = (Worker::new(), Worker::new());
    post(&port, [1, 2]);
    assert_eq!(busy.poll(&port), Some(1));
    let (stop, stopped) = channel::<()>();
    let turns = std::sync::Arc::new(AtomicU64::new(0));
    let its = turns.clone();
    busy.tell(move || {
        while stopped.try_recv().is_err() {
            its.fetch_add(1, Ordering::Relaxed);
        }
        None
    });
    for _ in 0..20 {
        let before = turns.load(Ordering::Relaxed);
        eventually("it computes", || {
            turns.load(Ordering::Relaxed) > before + 1_000
        });
        let its = port.clone();
        let polled = other.ask(move || its.get(Duration::from_micros(200)).ok().map(|_| 0));
        assert_eq!(polled, None);
    }
    stop.send(()).unwrap();
    busy.answer();
    assert_eq!(port.snapshot().queued, 1);
}

#[test]
fn s_075_many_packets_taken_in_one_call_cost_one_slot() {
    let port = blind_port(2);
    post(&port, 0..10);
    let mut packets = Vec::new();
    assert_eq!(port.get_many(&mut packets, 8, LONG).unwrap(), 8);
    assert_eq!(port.snapshot().running, 1);
    let worker = Worker::new();
    assert_eq!(worker.poll(&port), Some(8));
    assert_eq!(port.snapshot().running, 2);
    let third = Worker::new();
    assert_eq!(third.poll(&port), None);
}

#[test]
fn a_closed_port_can_be_left_for_another() {
    let (closed, open) = (blind_port(1), blind_port(1));
    post(&closed, [1]);
    assert_eq!(take(&closed).token(), Some(1));
    closed.close();
    assert_eq!(closed.get(Deadline::Never).unwrap_err(), WaitError::Closed);
    assert_eq!(closed.get(Deadline::Never).unwrap_err(), WaitError::Closed);
    post(&open, [2]);
    assert_eq!(take(&open).token(), Some(2));
    assert_eq!((closed.snapshot().bound, closed.snapshot().running), (0, 0));
}
