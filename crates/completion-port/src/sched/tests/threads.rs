//! The scheduler with the system's own threads, locks and clock, which the models do not have.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Bindable, Deadline, Next, Scheduler, Seat, forget, running_seat, seat_in};

type Packets = Vec<usize>;

fn get(port: &Scheduler<usize>, seat: Seat, deadline: Deadline) -> (Next, Packets) {
    let mut packets = Vec::new();
    let (next, after) = port.enter(seat, 1, &mut packets);
    assert_eq!(
        (after.kick, after.watch),
        (false, false),
        "there is no engine"
    );
    match next {
        Next::Park => {
            let (next, _) = port.park(seat, 1, &mut packets, deadline, || false, None);
            (next, packets)
        }
        next => (next, packets),
    }
}

#[test]
fn a_duration_becomes_a_deadline() {
    assert_eq!(Deadline::from(Duration::ZERO), Deadline::Now);
    assert_eq!(Deadline::from(Duration::MAX), Deadline::Never);
    assert_eq!(Deadline::from(None), Deadline::Never);
    let before = Instant::now();
    match Deadline::from(Duration::from_secs(5)) {
        Deadline::At(at) => assert!(at >= before + Duration::from_secs(5)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn s_114_a_poll_looks_and_returns() {
    let port = Scheduler::new(1, false, true);
    let seat = port.bind(0);
    assert_eq!(get(&port, seat, Deadline::Now), (Next::TimedOut, vec![]));
    assert!(port.post(1).is_ok());
    assert_eq!(get(&port, seat, Deadline::Now), (Next::Took, vec![1]));
}

#[test]
fn s_115_a_wait_is_never_shorter_than_asked() {
    let port = Scheduler::new(1, false, true);
    let seat = port.bind(0);
    for wait in [300, 1_000, 2_500].map(Duration::from_micros) {
        let start = Instant::now();
        assert_eq!(get(&port, seat, wait.into()), (Next::TimedOut, vec![]));
        assert!(start.elapsed() >= wait);
    }
}

impl Bindable for Scheduler<usize> {
    fn bind(&self) -> Seat {
        self.bind(0)
    }
    fn leave(&self, seat: Seat) {
        let after = self.leave(seat);
        assert!(!after.kick, "there is no engine");
    }
    fn block(&self, seat: Seat) -> bool {
        self.block(seat).is_some()
    }
    fn unblock(&self, seat: Seat) {
        let _ = self.unblock(seat);
    }
}

#[test]
fn s_061_a_thread_belongs_to_one_port_the_last_it_waited_on() {
    let [here, there] = [(), ()].map(|()| Arc::new(Scheduler::<usize>::new(1, false, true)));
    assert_eq!(running_seat(&here), None, "S-072");
    let seat = seat_in(&here).expect("the thread does not exit");
    assert_eq!(seat_in(&here), Some(seat), "it keeps its seat");
    assert!(seat_in(&there).is_some());
    assert_eq!(running_seat(&here), None);
    assert_eq!((here.snapshot().bound, there.snapshot().bound), (0, 1));
}

#[test]
fn a_seat_of_a_closed_port_is_forgotten_and_no_other() {
    let [closed, open] = [(), ()].map(|()| Arc::new(Scheduler::<usize>::new(1, false, true)));
    let seat = seat_in(&closed).expect("the thread does not exit");
    assert!(closed.close().0.is_empty());
    assert_eq!(get(&closed, seat, Deadline::Never), (Next::Closed, vec![]));
    forget(&closed, seat);
    assert_eq!(running_seat(&closed), None);
    // A destructor may have bound the thread elsewhere in between.
    let other = seat_in(&open);
    forget(&closed, seat);
    assert_eq!(running_seat(&open), other);
    assert_eq!(open.snapshot().bound, 1);
}

/// A port that notes when seats in it are taken and left.
struct Witness {
    name: &'static str,
    log: Arc<Mutex<Vec<String>>>,
}

impl Witness {
    fn note(&self, what: &str) {
        let line = format!("{} is {what}", self.name);
        self.log.lock().expect("nobody panics with it").push(line);
    }
}

impl Bindable for Witness {
    fn bind(&self) -> Seat {
        self.note("taken");
        0
    }
    fn leave(&self, _: Seat) {
        self.note("left");
    }
    fn block(&self, _: Seat) -> bool {
        false
    }
    fn unblock(&self, _: Seat) {}
}

#[test]
fn s_063_the_old_seat_is_left_before_the_new_one_is_taken() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let port = |name| {
        let log = Arc::clone(&log);
        Arc::new(Witness { name, log })
    };
    let [here, there] = ["here", "there"].map(port);
    // In a thread of its own, which exits.
    let turn = || [&here, &there, &here].map(|port| assert_eq!(seat_in(port), Some(0)));
    thread::scope(|scope| scope.spawn(turn).join().map(drop)).expect("no panic");
    let all = ["here is taken", "here is left", "there is taken"];
    let all = [
        &all[..],
        &["there is left", "here is taken", "here is left"],
    ]
    .concat();
    assert_eq!(*log.lock().unwrap(), all);
}

/// A port with an engine and one running thread, which holds that seat.
fn driven_port(limit: usize) -> (Scheduler<usize>, Seat) {
    let port = Scheduler::new(limit, false, true);
    assert!(port.set_drivable().watch, "nobody drives yet");
    let seat = port.bind(0);
    assert!(port.post(1).is_ok());
    assert_eq!(port.enter(seat, 1, &mut Vec::new()).0, Next::Took);
    (port, seat)
}

#[test]
fn a_waiter_for_whom_nobody_drives_is_watched() {
    let (port, _running) = driven_port(1);
    let waiter = port.bind(0);
    let (next, after) = port.enter(waiter, 1, &mut Vec::new());
    assert_eq!(
        (next, after.watch),
        (Next::Park, true),
        "the limit is reached"
    );
    // With a driver there is nothing to watch.
    let (port, _running) = driven_port(2);
    let (driver, waiter) = (port.bind(0), port.bind(0));
    let (next, after) = port.enter(driver, 1, &mut Vec::new());
    assert_eq!((next, after.watch), (Next::Drive, false));
    let (next, after) = port.enter(waiter, 1, &mut Vec::new());
    assert_eq!((next, after.watch), (Next::Park, false));
}

#[test]
fn what_a_thread_leaves_behind_undriven_is_watched() {
    let (port, running) = driven_port(2);
    assert!(port.leave(running).watch);
    let (port, running) = driven_port(2);
    assert_eq!(port.enter(port.bind(0), 1, &mut Vec::new()).0, Next::Drive);
    assert!(!port.leave(running).watch, "the other drives");
}

#[test]
fn what_a_thread_that_blocks_leaves_undriven_is_watched() {
    let (port, running) = driven_port(2);
    assert!(port.block(running).expect("it ran").watch);
    let (port, running) = driven_port(2);
    assert_eq!(port.enter(port.bind(0), 1, &mut Vec::new()).0, Next::Drive);
    let after = port.block(running).expect("it ran");
    assert!(!after.watch, "the other drives");
}

#[test]
fn every_packet_is_taken_once_and_no_more_run_than_the_limit() {
    const LIMIT: usize = 2;
    const PACKETS: usize = 20_000;
    let port = Arc::new(Scheduler::new(LIMIT, false, true));
    let running = AtomicUsize::new(0);
    let sum = AtomicUsize::new(0);
    let left = AtomicUsize::new(2 * PACKETS);
    thread::scope(|scope| {
        for first in [0, 1] {
            let port = &port;
            scope.spawn(move || {
                for packet in 0..PACKETS {
                    assert!(port.post(2 * packet + first).is_ok());
                }
            });
        }
        for _ in 0..4 {
            scope.spawn(|| {
                let seat = port.bind(0);
                loop {
                    let (next, packets) = get(&port, seat, Deadline::Never);
                    if next == Next::Closed {
                        break;
                    }
                    assert!(running.fetch_add(1, Ordering::Relaxed) < LIMIT);
                    sum.fetch_add(packets[0], Ordering::Relaxed);
                    running.fetch_sub(1, Ordering::Relaxed);
                    if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                        assert!(port.close().0.is_empty());
                    }
                }
            });
        }
    });
    assert_eq!(sum.into_inner(), (0..2 * PACKETS).sum());
    let end = port.snapshot();
    assert_eq!((end.queued, end.waiting, end.bound), (0, 0, 0));
}
