//! The wait core under many threads: nothing is lost, nothing is taken twice or in part.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use completion_port::Deadline;
use parking_lot::Mutex;

use super::crowd::Crowd;
use super::dispatcher::Registered;
use super::{Ended, Kind, Rule, Source, Target, Waitable, new_event, wait};

/// A wait that takes longer has missed its wake-up.
fn patience() -> Deadline {
    Deadline::from(Duration::from_secs(30))
}

fn semaphore(count: u32) -> Target {
    let source = Source::with(Rule::Take, count);
    Target::Waitable(Waitable::with(Kind::Semaphore(u32::MAX >> 1), source))
}

fn event(manual: bool) -> Target {
    Target::Waitable(new_event(manual, false))
}

fn add(target: &Target, count: u32) {
    target
        .source()
        .add(count, u32::MAX >> 1)
        .expect("far below the limit");
}

fn is_satisfied(ended: Ended) -> bool {
    matches!(ended, Ended::Satisfied(_))
}

/// A generator of numbers that are not random, but look so.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }
}

/// Tokens travel between semaphores: takers for any, for all, with deadlines that pass, and one
/// by one. In the end they must all be there again.
#[test]
fn tokens_are_neither_lost_nor_doubled() {
    const PLACES: usize = 5;
    const TOKENS: u32 = 3;
    const THREADS: u64 = 6;
    const ROUNDS: usize = 3_000;
    let places: Vec<Target> = (0..PLACES).map(|_| semaphore(TOKENS)).collect();
    let taken = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for seed in 0..THREADS {
            let (places, taken) = (&places, &taken);
            scope.spawn(move || {
                let mut dice = Dice(seed + 1);
                for _ in 0..ROUNDS {
                    let first = dice.roll(PLACES);
                    let count = 1 + dice.roll(PLACES - 1);
                    // Always in the same order: only then is taking one by one free of deadlock.
                    let some: Vec<Target> = (0..count)
                        .map(|i| places[(first + i) % PLACES].clone())
                        .collect();
                    let deadline = match dice.roll(4) {
                        0 => Deadline::Now,
                        1 => Deadline::from(Duration::from_micros(50)),
                        _ => patience(),
                    };
                    let all = dice.roll(2) == 0;
                    match wait(&some, all, deadline, false) {
                        Ended::Satisfied(_) if all => {
                            taken.fetch_add(count as u64, Ordering::Relaxed);
                            some.iter().for_each(|target| add(target, 1));
                        }
                        Ended::Satisfied(outcome) => {
                            taken.fetch_add(1, Ordering::Relaxed);
                            add(&some[outcome.index as usize], 1);
                        }
                        ended => {
                            assert_eq!(ended, Ended::TimedOut);
                            assert!(deadline != patience(), "a wake-up was lost");
                        }
                    }
                }
            });
        }
    });
    assert!(taken.load(Ordering::Relaxed) > 0);
    for place in &places {
        for _ in 0..TOKENS {
            assert!(is_satisfied(wait(
                std::slice::from_ref(place),
                false,
                Deadline::Now,
                false
            )));
        }
        assert_eq!(
            wait(std::slice::from_ref(place), false, Deadline::Now, false),
            Ended::TimedOut
        );
    }
}

/// Two threads hand a ball to each other by auto-reset events, in every way of waiting; a missed
/// wake-up would stop them.
#[test]
fn no_wake_up_is_lost_between_two() {
    const ROUNDS: usize = 20_000;
    let (here, there) = (event(false), event(false));
    let never = event(true);
    let play = |mine: &Target, other: &Target, seed: u64| {
        let mut dice = Dice(seed);
        for _ in 0..ROUNDS {
            let one = [mine.clone()];
            let several = [never.clone(), mine.clone()];
            let ended = match dice.roll(3) {
                0 => wait(&one, false, patience(), false),
                1 => wait(&several, false, patience(), false),
                _ => wait(&one, true, patience(), false),
            };
            assert!(is_satisfied(ended), "a wake-up was lost");
            other.source().set();
        }
    };
    here.source().set();
    std::thread::scope(|scope| {
        scope.spawn(|| play(&here, &there, 7));
        scope.spawn(|| play(&there, &here, 8));
    });
}

/// Of an auto-reset event that is set once, exactly one waiter has it, however they wait.
#[test]
fn one_signal_satisfies_one_wait() {
    const ROUNDS: usize = 2_000;
    let event = event(false);
    let other = super::tests::event(true);
    for round in 0..ROUNDS {
        let satisfied = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for waiter in 0..3 {
                let (event, other, satisfied) = (&event, &other, &satisfied);
                scope.spawn(move || {
                    let deadline = Deadline::from(Duration::from_millis(2));
                    let targets = [other.clone(), event.clone()];
                    let some = if (round + waiter) % 2 == 0 {
                        &targets[1..]
                    } else {
                        &targets[..]
                    };
                    if is_satisfied(wait(some, false, deadline, false)) {
                        satisfied.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            event.source().set();
        });
        let left = wait(std::slice::from_ref(&event), false, Deadline::Now, false);
        let all = satisfied.load(Ordering::Relaxed) + u32::from(is_satisfied(left));
        assert_eq!(all, 1, "in round {round}");
    }
}

/// A wait for all is satisfied although its parts never stay signaled for long, and it takes
/// nothing while a part is missing.
#[test]
fn a_wait_for_all_takes_all_or_nothing() {
    const ROUNDS: u32 = 500;
    let (one, other) = (semaphore(0), semaphore(0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // It takes single tokens away as soon as they are there, and puts them back.
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for target in [&one, &other] {
                    let single = std::slice::from_ref(target);
                    if is_satisfied(wait(single, false, Deadline::Now, false)) {
                        add(target, 1);
                    }
                }
            }
        });
        for _ in 0..ROUNDS {
            add(&one, 1);
            add(&other, 1);
            let both = [one.clone(), other.clone()];
            assert!(is_satisfied(wait(&both, true, patience(), false)));
        }
        done.store(true, Ordering::Relaxed);
    });
    for target in [one, other] {
        assert_eq!(
            wait(&[target], false, Deadline::Now, false),
            Ended::TimedOut
        );
    }
}

/// A registered call comes once, or not at all once it was cancelled in time.
#[test]
fn a_registered_call_comes_once_or_is_cancelled() {
    const ROUNDS: usize = 5_000;
    let event = event(false);
    for round in 0..ROUNDS {
        let calls = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&calls);
        let call = Box::new(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let registered = Registered::new(event.clone(), call);
        let cancelled = Mutex::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| event.source().set());
            *cancelled.lock() = registered.cancel();
        });
        let expected = u32::from(!*cancelled.lock());
        // The call may still be on its way on the thread that set the event; that has ended.
        assert_eq!(calls.load(Ordering::SeqCst), expected, "in round {round}");
        let left = wait(std::slice::from_ref(&event), false, Deadline::Now, false);
        assert_eq!(is_satisfied(left), expected == 0);
        assert!(!registered.cancel());
    }
}

/// Nothing is taken in vain: a wait that times out leaves everything as it was.
#[test]
fn deadlines_are_kept() {
    let event = event(false);
    let begin = Instant::now();
    let deadline = Deadline::from(Duration::from_millis(30));
    assert_eq!(wait(&[event], false, deadline, false), Ended::TimedOut);
    assert!(begin.elapsed() >= Duration::from_millis(30));
}

/// Whoever waits for one operation sleeps on when others end.
#[test]
fn the_end_of_an_operation_wakes_only_those_who_wait_for_it() {
    const THREADS: usize = 8;
    let crowd = Crowd::new();
    let ended: [AtomicBool; THREADS] = Default::default();
    let looks: [AtomicU32; THREADS] = Default::default();
    std::thread::scope(|scope| {
        let waits = |thing: usize| {
            let done = || {
                looks[thing].fetch_add(1, Ordering::SeqCst);
                ended[thing].load(Ordering::SeqCst)
            };
            crowd.wait(thing, done, patience(), false);
        };
        let threads: Vec<_> = (0..THREADS)
            .map(|thing| scope.spawn(move || waits(thing)))
            .collect();
        while looks.iter().any(|looks| looks.load(Ordering::SeqCst) == 0) {
            std::thread::yield_now();
        }
        for (thing, thread) in threads.into_iter().enumerate() {
            ended[thing].store(true, Ordering::SeqCst);
            crowd.wake(thing);
            thread.join().expect("it has ended");
        }
    });
    // Once before it sleeps, and once when it is woken; the system may wake it once for nothing.
    for looks in looks {
        assert!(looks.into_inner() <= 3, "somebody was woken in vain");
    }
}
