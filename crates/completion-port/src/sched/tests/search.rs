//! Every order of events in small worlds, and long random walks through larger ones.
//!
//! A world is a limit, a number of threads and of packets. The search starts with an empty port
//! and takes every step that is possible in every state that it reaches, until there is nothing
//! new; [`Checked`] holds each step against the ghost and the invariants. The shell's part is
//! played by what is possible when: a parked thread wakes at any time, rightly or not, a thread
//! in the engine's wait comes out with any number of packets, a deadline passes at any time.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::super::state::{Next, STALE_NS, Seat, Seen};
use super::ghost::{Bed, Checked, Does};

type Port = Checked<(), ()>;

#[derive(Clone, Copy, Debug)]
struct World {
    limit: usize,
    threads: usize,
    packets: u32,
    /// Packets asked for in one call.
    max: usize,
    /// There is an engine, from the start or from some moment on.
    engine: bool,
    strict: bool,
}

/// One step of anybody.
#[derive(Clone, Copy, Debug)]
enum Step {
    Bind,
    Enter(Seat),
    Woken(Seat),
    Timeout(Seat),
    Harvested {
        seat: Seat,
        packets: u32,
        eager: bool,
    },
    Leave(Seat),
    Block(Seat),
    Unblock(Seat),
    Post,
    PostTwo,
    PostOwn(Seat),
    SetDrivable,
    Seen(Seat, Seen),
    /// The observer looks away, if it may.
    LookAway,
    Doze,
    Tick {
        late: bool,
    },
    Close,
}

impl World {
    fn start(&self) -> Port {
        let mut port = Port::new(self.limit);
        port.eager = self.strict;
        port
    }

    /// What may happen now, if so many packets may still come.
    fn steps(&self, port: &Port, left: u32) -> Vec<Step> {
        let mut steps = vec![
            Step::Tick { late: false },
            Step::Tick { late: true },
            Step::Close,
        ];
        if port.is_under_observation() {
            steps.extend([Step::LookAway, Step::Doze]);
        }
        if port.ghost.threads.len() < self.threads {
            steps.push(Step::Bind);
        }
        if self.engine && !port.ghost.drivable {
            steps.push(Step::SetDrivable);
        }
        if left > 0 {
            steps.push(Step::Post);
        }
        if left > 1 {
            steps.push(Step::PostTwo);
        }
        for (&seat, &does) in &port.ghost.threads {
            match does {
                Does::Starts => steps.push(Step::Enter(seat)),
                Does::Runs => {
                    steps.extend([Step::Enter, Step::Leave, Step::Block].map(|s| s(seat)));
                    if port.is_under_observation() {
                        steps.push(Step::Seen(seat, Seen::Blocked));
                    }
                }
                Does::Seen => {
                    steps.extend([Step::Enter, Step::Leave, Step::Block].map(|s| s(seat)));
                    steps.push(Step::Seen(seat, Seen::Running));
                }
                Does::Blocks => {
                    let possible = [Step::Enter, Step::Leave, Step::Block, Step::Unblock];
                    steps.extend(possible.map(|step| step(seat)));
                }
                Does::Waits(bed) | Does::Given(bed, _) | Does::Expelled(bed) => {
                    steps.push(Step::Timeout(seat));
                    match bed {
                        Bed::Parked => steps.push(Step::Woken(seat)),
                        Bed::Engine => (0..=left.min(2)).for_each(|packets| {
                            let back = |eager| Step::Harvested {
                                seat,
                                packets,
                                eager,
                            };
                            steps.push(back(true));
                            if !self.strict {
                                steps.push(back(false));
                            }
                        }),
                    }
                }
            }
            if left > 0 && !self.strict && does != Does::Starts {
                steps.push(Step::PostOwn(seat));
            }
        }
        steps
    }

    /// Takes a step as the scheduler around the state does.
    fn take(&self, port: &mut Port, step: Step) {
        let mut out = Vec::new();
        match step {
            Step::Bind => drop(port.bind(())),
            Step::Enter(seat) => {
                let next = (self.max == 1).then(|| port.take_next(seat)).flatten();
                match next {
                    Some(packet) => out.push(packet),
                    None => drop(port.enter(seat, self.max, &mut out)),
                }
            }
            Step::Woken(seat) => drop(port.woken(seat, self.max, &mut out)),
            Step::Timeout(seat) => {
                let next = port.timeout(seat, self.max, &mut out);
                port.observation_begins();
                assert!(
                    !matches!(next, Next::Park | Next::Drive),
                    "a timeout ends the call"
                );
            }
            Step::Harvested {
                seat,
                packets,
                eager,
            } => {
                port.eager = eager;
                let mut packets = vec![(); packets as usize];
                drop(port.harvested(seat, &mut packets, self.max, &mut out));
            }
            Step::Leave(seat) => drop(port.leave(seat)),
            Step::Block(seat) => drop(port.block(seat)),
            Step::Unblock(seat) => {
                port.unblock(seat);
                port.observation_begins();
            }
            Step::Post | Step::PostOwn(_) if port.is_quiet() => port.queue_up(|| ()),
            Step::Post => drop(port.post(())),
            Step::PostTwo => drop(port.post_many(&mut vec![(); 2])),
            Step::PostOwn(seat) => drop(port.post_deferred(seat, ())),
            Step::Seen(seat, seen) => drop(port.seen(seat, port.epoch(seat), seen)),
            Step::LookAway => drop(port.end_observation(false)),
            Step::Doze => drop(port.doze()),
            Step::SetDrivable => drop(port.set_drivable()),
            Step::Tick { late } => drop(port.tick(if late { STALE_NS } else { 0 })),
            Step::Close => drop(port.close()),
        }
        assert!(out.len() <= self.max, "no more than asked for (S-120)");
        port.note(0);
    }

    /// Takes every step in every state; returns the numbers of states and of steps.
    fn search(&self) -> (usize, usize) {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let mark = |port: &Port| {
            let watched = (port.is_under_observation(), port.is_dozed_over());
            hasher.hash_one((&port.ghost, port.ages().0, port.eager, watched))
        };
        let start = self.start();
        let mut seen = HashSet::from([mark(&start)]);
        let mut reached = vec![start];
        // How each state was reached, to tell the way to a failure.
        let mut ways: Vec<Option<(usize, Step)>> = vec![None];
        let mut steps_taken = 0;
        let mut at = 0;
        while at < reached.len() {
            let left = self.packets - reached[at].posted.min(self.packets);
            for step in self.steps(&reached[at], left) {
                let mut port = reached[at].clone();
                let taken = catch_unwind(AssertUnwindSafe(|| self.take(&mut port, step)));
                if let Err(failure) = taken {
                    self.tell(&way(&ways, at), step);
                    resume_unwind(failure);
                }
                steps_taken += 1;
                if seen.insert(mark(&port)) {
                    reached.push(port);
                    ways.push(Some((at, step)));
                }
            }
            at += 1;
        }
        (reached.len(), steps_taken)
    }

    /// Walks at random, for as many steps as are asked for.
    fn walk(&self, seed: u64, steps: usize) {
        let mut random = seed.wrapping_mul(2).wrapping_add(1);
        let mut pick = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random >> 33).expect("31 bits") % below
        };
        let mut port = self.start();
        let mut way = Vec::new();
        for _ in 0..steps {
            let queued = u32::try_from(port.queued()).expect("few");
            let mut possible = self.steps(&port, self.packets - queued.min(self.packets));
            if pick(100) > 0 {
                possible.retain(|step| !matches!(step, Step::Close));
            }
            let step = possible[pick(possible.len())];
            let taken = catch_unwind(AssertUnwindSafe(|| self.take(&mut port, step)));
            if let Err(failure) = taken {
                self.tell(&way, step);
                resume_unwind(failure);
            }
            way.push(step);
            if port.ghost.closed && port.ghost.threads.is_empty() {
                return;
            }
        }
    }

    fn tell(&self, way: &[impl Debug], last: impl Debug) {
        eprintln!("in {self:?}");
        way.iter().for_each(|step| eprintln!("  {step:?}"));
        eprintln!("  {last:?}  <- fails");
    }
}

fn way(ways: &[Option<(usize, Step)>], mut at: usize) -> Vec<Step> {
    let mut way = Vec::new();
    while let Some((before, step)) = ways[at] {
        way.push(step);
        at = before;
    }
    way.reverse();
    way
}

/// A debug build takes the smaller worlds only.
const LARGE: bool = !cfg!(debug_assertions);

fn search_all(worlds: impl IntoIterator<Item = (usize, usize, u32)>, engine: bool, strict: bool) {
    for (limit, threads, packets) in worlds {
        for max in 1..=2 {
            let world = World {
                limit,
                threads,
                packets,
                max,
                engine,
                strict,
            };
            let (states, steps) = world.search();
            println!("{world:?}: {states} states, {steps} steps");
        }
    }
}

#[test]
fn every_order_of_events_without_an_engine() {
    search_all([(1, 2, 3), (1, 3, 2), (2, 3, 2)], false, false);
    if LARGE {
        search_all([(1, 3, 3), (2, 3, 3), (2, 4, 2)], false, false);
    }
}

#[test]
fn every_order_of_events_with_an_engine() {
    search_all([(1, 2, 3), (2, 2, 3)], true, false);
    if LARGE {
        search_all(
            [(1, 3, 3), (2, 3, 3), (2, 4, 2), (2, 4, 3), (3, 4, 2)],
            true,
            false,
        );
    }
}

#[test]
fn every_order_of_events_when_strict() {
    search_all([(1, 2, 3), (2, 2, 3)], true, true);
    if LARGE {
        search_all([(1, 3, 3), (2, 3, 3), (2, 4, 2)], true, true);
    }
}

#[test]
fn random_walks_through_larger_worlds() {
    let walks = if LARGE { 400 } else { 40 };
    for seed in 0..walks {
        for (limit, threads) in [(1, 4), (2, 5), (3, 8)] {
            let strict = seed % 4 == 0;
            let engine = seed % 3 > 0;
            let world = World {
                limit,
                threads,
                packets: 6,
                max: 3,
                engine,
                strict,
            };
            world.walk(seed, 1000);
        }
    }
}
