//! The scheduler with the system's own threads, locks and clock, which the models do not have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Deadline, Next, Scheduler, Seat};

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
            let (next, _) = port.park(seat, 1, &mut packets, deadline);
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
    let port = Scheduler::new(1, false);
    let seat = port.bind();
    assert_eq!(get(&port, seat, Deadline::Now), (Next::TimedOut, vec![]));
    assert!(port.post(1).is_ok());
    assert_eq!(get(&port, seat, Deadline::Now), (Next::Took, vec![1]));
}

#[test]
fn s_115_a_wait_is_never_shorter_than_asked() {
    let port = Scheduler::new(1, false);
    let seat = port.bind();
    for wait in [300, 1_000, 2_500].map(Duration::from_micros) {
        let start = Instant::now();
        assert_eq!(get(&port, seat, wait.into()), (Next::TimedOut, vec![]));
        assert!(start.elapsed() >= wait);
    }
}

#[test]
fn every_packet_is_taken_once_and_no_more_run_than_the_limit() {
    const LIMIT: usize = 2;
    const PACKETS: usize = 20_000;
    let port = Arc::new(Scheduler::new(LIMIT, false));
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
                let seat = port.bind();
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
