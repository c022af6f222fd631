//! The scheduler with threads, under the model checker: each test is a small world that is run
//! some thousand times, each time with other interleavings. Behind the gate every step is held
//! against the ghost; here it is seen that the right thread wakes, that nobody sleeps for ever
//! (the checker reports a deadlock), and what the threads have taken in the end.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use shuttle::rand::{Rng, thread_rng};
use shuttle::thread::{self, JoinHandle};

use super::super::Deadline;
use super::super::sync::Arc;
use super::shell::{Alert, Ended, Log, Monitor, Packet, Port, Worker, blocking, packet, some_time};

const RANDOM: usize = 12_000;
const PRIORITIES: usize = 6_000;

fn check(world: impl Fn() + Send + Sync + Clone + 'static) {
    shuttle::check_random(world.clone(), RANDOM);
    shuttle::check_pct(world, PRIORITIES, 3);
}

fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("no thread panics");
    }
}

/// A world in which some threads take what others post.
#[derive(Clone, Copy)]
struct Setting {
    workers: usize,
    max: usize,
    posters: usize,
    each: usize,
    impatient: bool,
}

impl Setting {
    fn packets(&self) -> Vec<Packet> {
        let of = |poster| (0..self.each).map(move |number| packet(poster, number));
        (0..self.posters).flat_map(of).collect()
    }

    fn workers(
        &self,
        port: &Arc<Port>,
        log: &Arc<Log>,
        work: impl FnMut(&Worker, &[Packet]) + Clone + Send + 'static,
    ) -> Vec<JoinHandle<()>> {
        let start = |name| {
            let worker = Worker {
                port: Arc::clone(port),
                log: Arc::clone(log),
                name,
                max: self.max,
                last: self.posters * self.each,
                impatient: self.impatient,
            };
            let work = work.clone();
            thread::spawn(move || worker.run(work))
        };
        (0..self.workers).map(start).collect()
    }

    fn posters(
        &self,
        port: &Arc<Port>,
        post: impl Fn(&Arc<Port>, Packet) + Clone + Send + 'static,
    ) -> Vec<JoinHandle<()>> {
        let each = self.each;
        let start = |poster| {
            let port = Arc::clone(port);
            let post = post.clone();
            thread::spawn(move || (0..each).for_each(|number| post(&port, packet(poster, number))))
        };
        (0..self.posters).map(start).collect()
    }

    /// Runs the world on a port until every packet is taken.
    fn run(
        &self,
        port: &Arc<Port>,
        post: impl Fn(&Arc<Port>, Packet) + Clone + Send + 'static,
        work: impl FnMut(&Worker, &[Packet]) + Clone + Send + 'static,
    ) -> Arc<Log> {
        let log = Arc::new(Log::default());
        let workers = self.workers(port, &log, work);
        join(self.posters(port, post));
        join(workers);
        log.check(self.packets());
        let end = port.snapshot();
        assert_eq!(
            (end.queued, end.waiting, end.running, end.bound),
            (0, 0, 0, 0)
        );
        log
    }
}

const USUAL: Setting = Setting {
    workers: 3,
    max: 1,
    posters: 2,
    each: 3,
    impatient: false,
};

fn post(port: &Arc<Port>, packet: Packet) {
    port.post(packet)
        .expect("the port is open until all is taken");
}

/// One poster posts, the others' packets come out of the engine.
fn post_or_complete(port: &Arc<Port>, packet: Packet) {
    match packet.poster {
        0 => post(port, packet),
        _ => port.complete(packet),
    }
}

fn idle(_: &Worker, _: &[Packet]) {}

fn busy(_: &Worker, _: &[Packet]) {
    thread::yield_now();
}

#[test]
fn posting_and_taking() {
    check(|| {
        USUAL.run(&Port::new(2), post, idle).check_order();
    });
}

#[test]
fn taking_several_at_once() {
    check(|| {
        let setting = Setting {
            workers: 2,
            max: 2,
            ..USUAL
        };
        setting.run(&Port::new(2), post, idle).check_order();
    });
}

#[test]
fn posting_several_at_once() {
    check(|| {
        let setting = Setting {
            posters: 1,
            each: 5,
            ..USUAL
        };
        let post = |port: &Arc<Port>, first: Packet| {
            if first.number == 0 {
                port.post_many((0..5).map(|number| packet(0, number)).collect());
            }
        };
        setting.run(&Port::new(3), post, busy).check_order();
    });
}

#[test]
fn no_more_run_than_the_limit() {
    check(|| {
        for limit in 1..=2 {
            let log = USUAL.run(&Port::new(limit), post, busy);
            assert!(log.peak() <= limit, "{} of {limit}", log.peak());
        }
    });
}

#[test]
fn a_timeout_against_a_post() {
    check(|| {
        let setting = Setting {
            each: 2,
            impatient: true,
            ..USUAL
        };
        setting.run(&Port::new(1), post, idle).check_order();
    });
}

#[test]
fn a_close_against_posts_and_waits() {
    check(|| {
        let port = Port::new(2);
        let log = Arc::new(Log::default());
        let refused = Arc::new(Log::default());
        let never = Setting {
            each: usize::MAX / 4,
            ..USUAL
        };
        let workers = never.workers(&port, &log, idle);
        let noted = Arc::clone(&refused);
        let posters = USUAL.posters(&port, move |port, packet| {
            if let Err(packet) = port.post(packet) {
                noted.note(0, &[packet]);
            }
        });
        let dropped = port.close();
        join(posters);
        join(workers);
        let lost = dropped + refused.taken().len();
        assert_eq!(lost + log.taken().len(), USUAL.packets().len());
        assert_eq!(port.snapshot().bound, 0, "S-070");
    });
}

#[test]
fn the_last_to_wait_is_the_first_to_go() {
    check(|| {
        let port = Port::new(3);
        let log = Arc::new(Log::default());
        let start = |name| {
            let (its_port, log) = (Arc::clone(&port), Arc::clone(&log));
            let thread = thread::spawn(move || {
                let packets = its_port.get(1, Deadline::Never).expect("one for each");
                log.note(name, &packets);
            });
            port.until_waiting(name + 1);
            thread
        };
        let threads: Vec<_> = (0..3).map(start).collect();
        (0..3).for_each(|number| post(&port, packet(0, number)));
        join(threads);
        for (thread, packet) in log.taken() {
            assert_eq!(thread, 2 - packet.number, "S-042");
        }
    });
}

#[test]
fn a_thread_that_asks_again_keeps_its_seat() {
    check(|| {
        let port = Port::new(1);
        let log = Arc::new(Log::default());
        post(&port, packet(0, 0));
        port.get(1, Deadline::Never).expect("it is queued");
        let other = taker(&port, &log, 1);
        post(&port, packet(0, 1));
        port.until_waiting(1);
        // S-043: were it to leave in between, the other would have it.
        let mine = port.get(1, Deadline::Never).expect("it is queued");
        assert_eq!(mine, [packet(0, 1)]);
        post(&port, packet(0, 2));
        blocking(|| log.until(packet(0, 2)));
        join([other]);
    });
}

#[test]
fn a_thread_that_exits_makes_room() {
    check(|| {
        let port = Port::new(1);
        let log = Arc::new(Log::default());
        let start = |name| {
            let (port, log) = (Arc::clone(&port), Arc::clone(&log));
            thread::spawn(move || {
                let packets = port.get(1, Deadline::Never).expect("one for each");
                log.note(name, &packets);
            })
        };
        let threads: Vec<_> = (0..3).map(start).collect();
        (0..3).for_each(|number| post(&port, packet(0, number)));
        join(threads);
        log.check((0..3).map(|number| packet(0, number)));
        let end = port.snapshot();
        assert_eq!((end.running, end.bound), (0, 0), "S-069");
    });
}

#[test]
fn a_thread_that_turns_to_another_port_makes_room() {
    check(|| {
        let (here, there) = (Port::new(1), Port::new(1));
        post(&here, packet(0, 0));
        let log = Arc::new(Log::default());
        let start = |name| {
            let (here, there, log) = (Arc::clone(&here), Arc::clone(&there), Arc::clone(&log));
            thread::spawn(move || {
                let first = here.get(1, Deadline::Never).expect("one for each");
                log.note(name, &first);
                if first[0].number == 0 {
                    // It keeps its slot until it turns away.
                    post(&here, packet(0, 1));
                    let other = there
                        .get(1, Deadline::Never)
                        .expect("posted by the other thread");
                    log.note(name, &other);
                    assert_eq!(there.snapshot().running, 1);
                } else {
                    post(&there, packet(1, 0));
                }
            })
        };
        join((0..2).map(start).collect::<Vec<_>>());
        log.check([packet(0, 0), packet(0, 1), packet(1, 0)]);
        assert_eq!((here.snapshot().bound, there.snapshot().bound), (0, 0));
    });
}

#[test]
fn a_blocking_scope_makes_room_even_if_it_panics() {
    check(|| {
        let port = Port::new(1);
        let setting = Setting {
            workers: 3,
            posters: 1,
            each: 3,
            ..USUAL
        };
        let work = |worker: &Worker, packets: &[Packet]| {
            // The first waits inside its scope for the second, and that for the third: with one
            // slot for all of them this ends only if each gives it up.
            let next = packet(0, packets[0].number + 1);
            let scope = || {
                blocking(|| {
                    blocking(|| ());
                    if next.number < 3 {
                        worker.log.until(next);
                    }
                    resume_unwind(Box::new("out of the scope"));
                });
            };
            catch_unwind(AssertUnwindSafe(scope)).expect_err("it panics");
            assert!(
                worker.port.snapshot().running >= 1,
                "S-068: counted again at once"
            );
        };
        setting.run(&port, post, work);
    });
}

#[test]
fn inside_a_blocking_scope_a_thread_may_take_packets_anywhere() {
    check(|| {
        let (here, there) = (Port::new(1), Port::new(1));
        let start = |elsewhere: bool| {
            let (here, there) = (Arc::clone(&here), Arc::clone(&there));
            thread::spawn(move || {
                here.get(1, Deadline::Never).expect("one for each");
                blocking(|| {
                    let inner = if elsewhere { &there } else { &here };
                    inner.get(1, Deadline::Never).expect("one for each");
                    blocking(|| ());
                    assert!(inner.snapshot().running >= 1);
                });
                // The end of the outer scope has nothing left to take back.
                let inner = if elsewhere { &there } else { &here };
                assert!((1..=2).contains(&inner.snapshot().running));
            })
        };
        let threads = [start(true), start(false)];
        (0..3).for_each(|number| post(&here, packet(0, number)));
        post(&there, packet(1, 0));
        join(threads);
        for port in [here, there] {
            let end = port.snapshot();
            assert_eq!((end.running, end.bound, end.queued), (0, 0, 0));
        }
    });
}

/// A port with an engine, its log and its monitor.
fn engine(limit: usize) -> (Arc<Port>, Arc<Log>, Monitor) {
    let port = Port::new(limit).with_engine();
    let monitor = port.monitored();
    (port, Arc::new(Log::default()), monitor)
}

/// Starts a thread that takes one packet.
fn taker(port: &Arc<Port>, log: &Arc<Log>, name: usize) -> JoinHandle<()> {
    let (port, log) = (Arc::clone(port), Arc::clone(log));
    thread::spawn(move || {
        let packets = port.get(1, Deadline::Never).expect("the port stays open");
        log.note(name, &packets);
    })
}

/// Handlers are seen to block and to run again while they compute, block, come back or exit.
fn seen_from_outside(limit: usize, setting: Setting) {
    check(move || {
        let port = Port::new(limit);
        let observer = port.observed();
        setting.run(&port, post, |_, _| match thread_rng().gen_range(0..3) {
            0 => blocking(thread::yield_now),
            1 => thread::yield_now(),
            _ => {}
        });
        port.end_observer(observer);
    });
}

#[test]
fn an_observer_that_sees_anything_at_any_time() {
    seen_from_outside(1, USUAL);
    let impatient = Setting {
        impatient: true,
        each: 2,
        ..USUAL
    };
    seen_from_outside(2, impatient);
}

#[test]
fn events_of_the_engine_and_posts() {
    check(|| {
        let port = Port::new(2).with_engine();
        let monitor = port.monitored();
        USUAL.run(&port, post_or_complete, busy);
        monitor.stop();
    });
}

#[test]
fn a_timeout_of_the_driver_against_everything() {
    check(|| {
        let port = Port::new(2).with_engine();
        let monitor = port.monitored();
        let setting = Setting {
            impatient: true,
            each: 2,
            ..USUAL
        };
        setting.run(&port, post_or_complete, busy);
        monitor.stop();
    });
}

#[test]
fn completions_of_a_threads_own() {
    check(|| {
        for port in [Port::new(2), Port::strict(2)] {
            let port = port.with_engine();
            let monitor = port.monitored();
            let setting = Setting {
                posters: 1,
                each: 4,
                ..USUAL
            };
            let first_only = |port: &Arc<Port>, packet: Packet| {
                if packet.number == 0 {
                    post(port, packet);
                }
            };
            // Each packet is the completion of an operation that the handler of the one before
            // has issued.
            let work = |worker: &Worker, packets: &[Packet]| {
                if packets[0].number < 3 {
                    let next = packet(0, packets[0].number + 1);
                    worker.port.post_own(next).expect("the port is open");
                }
            };
            setting.run(&port, first_only, work);
            monitor.stop();
        }
    });
}

#[test]
fn a_completion_left_for_a_thread_that_does_not_come_back() {
    check(|| {
        let (port, log, monitor) = engine(2);
        post(&port, packet(0, 0));
        port.get(1, Deadline::Never).expect("it is queued");
        let other = taker(&port, &log, 1);
        port.post_own(packet(0, 1)).expect("the port is open");
        log.until(packet(0, 1));
        join([other]);
        monitor.stop();
    });
}

#[test]
fn a_strict_port_leaves_nothing_for_later() {
    check(|| {
        let port = Port::strict(2).with_engine();
        let log = Arc::new(Log::default());
        post(&port, packet(0, 0));
        port.get(1, Deadline::Never).expect("it is queued");
        let other = taker(&port, &log, 1);
        // No monitor helps.
        port.post_own(packet(0, 1)).expect("the port is open");
        log.until(packet(0, 1));
        join([other]);
    });
}

#[test]
fn a_strict_or_eager_driver_releases_as_many_as_may_run() {
    check(|| {
        for port in [Port::strict(2), Port::eager(2)] {
            // No monitor helps.
            let port = port.with_engine();
            let log = Arc::new(Log::default());
            let start = |name| {
                let (port, log) = (Arc::clone(&port), Arc::clone(&log));
                thread::spawn(move || {
                    let mine = port.get(1, Deadline::Never).expect("the port stays open");
                    log.note(name, &mine);
                    log.until(packet(0, 1 - mine[0].number));
                })
            };
            port.complete(packet(0, 0));
            port.complete(packet(0, 1));
            join([start(0), start(1)]);
        }
    });
}

#[test]
fn events_while_every_thread_computes() {
    check(|| {
        let (port, log, monitor) = engine(1);
        post(&port, packet(0, 0));
        port.get(1, Deadline::Never).expect("it is queued");
        // One after the other: the monitor has driven already when the second comes.
        for number in 1..=2 {
            port.complete(packet(0, number));
            while port.snapshot().queued < number {
                thread::yield_now();
            }
        }
        let mine = port.get(2, Deadline::Never).expect("they are queued");
        log.note(0, &mine);
        log.check([packet(0, 1), packet(0, 2)]);
        monitor.stop();
    });
}

#[test]
fn a_driver_that_takes_a_packet_and_computes_is_replaced() {
    check(|| {
        let (port, log, monitor) = engine(2);
        let first = {
            let (port, log) = (Arc::clone(&port), Arc::clone(&log));
            thread::spawn(move || {
                let packets = port.get(1, Deadline::Never).expect("the port stays open");
                log.note(0, &packets);
                let other = packet(0, 1 - packets[0].number);
                log.until(other);
            })
        };
        port.until_waiting(1);
        let second = taker(&port, &log, 1);
        port.complete(packet(0, 0));
        port.complete(packet(0, 1));
        join([first, second]);
        log.check([packet(0, 0), packet(0, 1)]);
        monitor.stop();
    });
}

#[test]
fn a_driver_that_times_out_is_replaced() {
    check(|| {
        let (port, log, monitor) = engine(2);
        let first = {
            let (port, log) = (Arc::clone(&port), Arc::clone(&log));
            thread::spawn(move || {
                assert_eq!(port.get(1, some_time()), Err(Ended::TimedOut));
                // Only the other can take it now.
                port.complete(packet(0, 0));
                log.until(packet(0, 0));
            })
        };
        let second = taker(&port, &log, 1);
        join([first, second]);
        monitor.stop();
    });
}

#[test]
fn a_driver_that_leaves_or_blocks_is_replaced_at_once() {
    check(|| {
        for blocks in [false, true] {
            // No monitor helps.
            let port = Port::new(1).with_engine();
            let log = Arc::new(Log::default());
            let first = {
                let (port, log) = (Arc::clone(&port), Arc::clone(&log));
                thread::spawn(move || {
                    let mine = port.get(1, Deadline::Never).expect("the port stays open");
                    log.note(0, &mine);
                    port.until_waiting(1);
                    if blocks {
                        blocking(|| log.until(packet(0, 1)));
                    }
                })
            };
            post(&port, packet(0, 0));
            log.until(packet(0, 0));
            let second = taker(&port, &log, 1);
            port.complete(packet(0, 1));
            join([first, second]);
            log.check([packet(0, 0), packet(0, 1)]);
        }
    });
}

#[test]
fn an_engine_that_comes_late_is_driven() {
    check(|| {
        let port = Port::new(1);
        let log = Arc::new(Log::default());
        let threads = [taker(&port, &log, 0), taker(&port, &log, 1)];
        port.until_waiting(1);
        port.add_engine();
        port.complete(packet(0, 0));
        port.complete(packet(0, 1));
        join(threads);
        log.check([packet(0, 0), packet(0, 1)]);
    });
}

#[test]
fn a_close_against_the_driver() {
    check(|| {
        let (port, log, monitor) = engine(2);
        let never = Setting {
            each: usize::MAX / 4,
            ..USUAL
        };
        let workers = never.workers(&port, &log, idle);
        let poster = {
            let port = Arc::clone(&port);
            thread::spawn(move || {
                assert!(port.post(packet(0, 0)).is_ok() || port.sched.is_closed())
            })
        };
        port.complete(packet(1, 0));
        port.close();
        join([poster]);
        join(workers);
        assert_eq!(port.snapshot().bound, 0);
        // S-031: what is in flight is still carried out.
        port.complete(packet(1, 1));
        port.until_carried_out();
        monitor.stop();
    });
}

/// Raises an alert while a thread waits with it, or before, or after.
fn alerted(port: &Arc<Port>, post: fn(&Arc<Port>, Packet), packets: usize) {
    let alert = Arc::new(Alert::default());
    let log = Arc::new(Log::default());
    let waiter = {
        let (port, log, alert) = (Arc::clone(port), Arc::clone(&log), Arc::clone(&alert));
        thread::spawn(move || {
            match port.get_alertable(1, Deadline::Never, &alert) {
                Ok(mine) => {
                    log.note(0, &mine);
                    return;
                }
                Err(ended) => assert_eq!(ended, Ended::TimedOut),
            }
            assert!(alert.is_raised(), "only the alert ends this wait");
            // A wait without it is not concerned.
            if packets > 0 {
                let mine = port.get(1, Deadline::Never).expect("the port stays open");
                log.note(0, &mine);
            }
        })
    };
    let others: Vec<_> = (1..packets).map(|name| taker(port, &log, name)).collect();
    let raiser = {
        let alert = Arc::clone(&alert);
        thread::spawn(move || alert.raise())
    };
    (0..packets).for_each(|number| post(port, packet(number % 2, number)));
    join([waiter, raiser]);
    join(others);
    log.check((0..packets).map(|number| packet(number % 2, number)));
    assert_eq!(port.snapshot().waiting, 0);
}

#[test]
fn an_alert_ends_a_parked_wait_and_eats_no_packet() {
    for packets in [0, 2] {
        check(move || alerted(&Port::new(2), post, packets));
    }
}

#[test]
fn an_alert_ends_the_drivers_wait_and_eats_no_packet() {
    for packets in [0, 2] {
        check(move || {
            let (port, _, monitor) = engine(2);
            alerted(&port, post_or_complete, packets);
            monitor.stop();
        });
    }
}
