//! The scheduler: which packet goes to which thread, and which thread may run.
//!
//! [`state`] holds the rules, [`sync`] is the door to locks and threads; this file puts the one
//! behind the other: a gate (one short lock) around each step of the rules, and after it the
//! wake-ups that the step asked for. Nothing is woken while the gate is held, else the woken
//! thread would run into it at once.
//!
//! The scheduler calls no engine. A thread that finds nothing to take is told to park or, one at
//! a time, to *drive*: to wait in the engine and bring back what it gave.
//!
//! # Why one plain lock
//!
//! A step is some 20 ns. An uncontended lock around a plain deque costs less than the atomics of
//! a lock-free queue, keeps packets in exact order over all producers, and lets "queue empty, so
//! sleep" and "a sleeper is there, so hand it over" be decided in one place: a wake-up cannot be
//! lost between the two.

#![forbid(unsafe_code)]

mod binding;
mod queue;
mod state;
mod sync;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(crate) use binding::{Bindable, Scope, forget, running_seat, seat_in};
pub(crate) use queue::Take;
pub use state::Counters;
#[cfg(not(all(test, shuttle)))]
use state::State;
use state::Wakes;
pub(crate) use state::{Next, Seat, Seen, Suspect, Watch};
pub(crate) use sync::now_ns;
use sync::{Mutex, Thread};
// The models run the state with the ghost at its side.
#[cfg(all(test, shuttle))]
use tests::ghost::Checked as State;

/// How long a call may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// For ever.
    Never,
    /// Not at all: look and return.
    Now,
    /// Until that moment.
    At(Instant),
}

impl Deadline {
    /// The moment, or `None` for ever.
    pub(crate) fn instant(self) -> Option<Instant> {
        match self {
            Self::Never => None,
            Self::Now => Some(Instant::now()),
            Self::At(at) => Some(at),
        }
    }
}

impl Deadline {
    fn earlier(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, at) | (at, Self::Never) => at,
            (Self::Now, _) | (_, Self::Now) => Self::Now,
            (Self::At(one), Self::At(two)) => Self::At(one.min(two)),
        }
    }
}

impl From<Duration> for Deadline {
    fn from(wait: Duration) -> Self {
        if wait.is_zero() {
            return Self::Now;
        }
        Instant::now()
            .checked_add(wait)
            .map_or(Self::Never, Self::At)
    }
}

impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        Self::At(at)
    }
}

impl From<Option<Duration>> for Deadline {
    fn from(wait: Option<Duration>) -> Self {
        wait.map_or(Self::Never, Self::from)
    }
}

/// What a snapshot of a port shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Packets queued and not handed to a thread (S-046).
    pub queued: usize,
    /// Threads that wait for a packet.
    pub waiting: usize,
    /// Threads that count as running.
    pub running: usize,
    /// Threads that belong to the port, whatever they do.
    pub bound: usize,
    /// The concurrency value.
    pub limit: usize,
    /// What has happened so far.
    pub counters: Counters,
}

/// What the shell has to do after a step besides waking threads, which is done already.
#[must_use]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct After {
    /// Call the driver out of the engine's wait.
    pub(crate) kick: bool,
    /// Have the monitor look after the port.
    pub(crate) watch: bool,
    /// Have the observer look at the port's threads.
    pub(crate) observe: bool,
}

/// How a thread is woken, and what the observer knows it by.
#[derive(Clone, Debug)]
pub(crate) struct Waker {
    thread: Thread,
    name: u32,
}

impl Suspect<Waker> {
    pub(crate) fn name(&self) -> u32 {
        self.waker.name
    }
}

/// The packets and threads of one port.
#[derive(Debug)]
pub(crate) struct Scheduler<P> {
    gate: Mutex<State<P, Waker>>,
    /// Never defer: every packet wakes a waiter at once if the rules allow it.
    strict: bool,
}

impl<P> Scheduler<P> {
    pub(crate) fn new(limit: usize, strict: bool, observable: bool) -> Self {
        let mut state = State::new(limit);
        state.eager = strict;
        state.observable = observable;
        Self {
            gate: Mutex::new(state),
            strict,
        }
    }

    /// Wakes the threads; what remains is the shell's.
    #[inline]
    fn carry_out(wakes: Wakes<Waker>, watch: bool) -> After {
        let after = After {
            kick: wakes.driver,
            watch,
            observe: wakes.observer,
        };
        if wakes.first.is_some() {
            Self::wake(wakes);
        }
        after
    }

    #[cold]
    fn wake(wakes: Wakes<Waker>) {
        let wakers = wakes.first.into_iter().chain(wakes.more);
        wakers.for_each(|waker| waker.thread.unpark());
    }

    pub(crate) fn set_drivable(&self) -> After {
        let mut state = self.gate.lock();
        let wakes = state.set_drivable();
        let watch = state.needs_watch();
        drop(state);
        Self::carry_out(wakes, watch)
    }

    /// Gives the calling thread a seat. `name` is what the observer knows it by.
    pub(crate) fn bind(&self, name: u32) -> Seat {
        let thread = sync::current();
        self.gate.lock().bind(Waker { thread, name })
    }

    /// Posts a packet; a closed port gives it back.
    pub(crate) fn post(&self, packet: P) -> Result<After, P> {
        let mut state = self.gate.lock();
        let wakes = state.post(packet)?;
        drop(state);
        Ok(Self::carry_out(wakes, false))
    }

    /// Queues the packet that `make` makes, in its place in the queue, if that is all there is to
    /// do; else says no, and [`Self::post`] is to be called.
    #[inline]
    pub(crate) fn queue_up(&self, make: impl FnOnce() -> P) -> bool {
        let mut state = self.gate.lock();
        let is_quiet = state.is_quiet();
        if is_quiet {
            state.queue_up(make);
        }
        is_quiet
    }

    /// Posts several packets in order; a closed port leaves them in the list.
    pub(crate) fn post_many(&self, packets: &mut Vec<P>) -> After {
        let mut state = self.gate.lock();
        let wakes = state.post_many(packets);
        drop(state);
        Self::carry_out(wakes, false)
    }

    /// Posts the completion of an operation that the calling thread, bound to this port, has
    /// just carried out itself.
    pub(crate) fn post_own(&self, seat: Seat, packet: P) -> Result<After, P> {
        if self.strict {
            return self.post(packet);
        }
        let mut state = self.gate.lock();
        if state.is_quiet() {
            state.queue_up(|| packet);
            return Ok(After::default());
        }
        let wakes = state.post_deferred(seat, packet)?;
        let owes = state.owes();
        if owes {
            state.owe_since(now_ns());
        }
        drop(state);
        Ok(Self::carry_out(wakes, owes))
    }

    /// A packet for the calling thread, if it runs and there is one for it without further ado.
    #[inline]
    pub(crate) fn take_next(&self, seat: Seat) -> Option<P> {
        self.gate.lock().take_next(seat)
    }

    /// The calling thread wants up to `max` packets.
    pub(crate) fn enter(&self, seat: Seat, max: usize, out: &mut impl Take<P>) -> (Next, After) {
        let mut state = self.gate.lock();
        let (next, wakes) = state.enter(seat, max, out);
        let watch = next == Next::Park && state.needs_watch();
        drop(state);
        (next, Self::carry_out(wakes, watch))
    }

    /// Sleeps on the thread's own word until something concerns it, the deadline passes or the
    /// wait is called off. `idle` is what the thread does once, after so long a sleep.
    pub(crate) fn park(
        &self,
        seat: Seat,
        max: usize,
        out: &mut impl Take<P>,
        deadline: Deadline,
        called_off: impl Fn() -> bool,
        idle: Option<(Duration, fn())>,
    ) -> (Next, After) {
        let mut idle = idle.map(|(after, then)| (Deadline::from(after), then));
        loop {
            if sync::passed(deadline) || called_off() {
                return self.timeout(seat, max, out);
            }
            let nap = idle.map_or(deadline, |(at, _)| at.earlier(deadline));
            sync::park(nap);
            if let Some((_, then)) = idle.take_if(|(at, _)| sync::passed(*at)) {
                then();
            }
            let mut state = self.gate.lock();
            let drove = state.is_driver(seat);
            match state.woken(seat, max, out) {
                Next::Park => {}
                Next::Drive => return (Next::Drive, After::default()),
                next => return (next, Self::stopped_waiting(&mut state, drove)),
            }
        }
    }

    /// What follows when a thread has left its wait. If it held the driver's place, nobody drives
    /// now, and waiters who sleep do not notice.
    fn stopped_waiting(state: &mut State<P, Waker>, drove: bool) -> After {
        if drove {
            state.undriven_since(now_ns());
        }
        After {
            kick: false,
            watch: drove && state.needs_watch(),
            observe: state.observation_begins(),
        }
    }

    /// The deadline has passed for a waiting thread.
    pub(crate) fn timeout(&self, seat: Seat, max: usize, out: &mut impl Take<P>) -> (Next, After) {
        let mut state = self.gate.lock();
        let drove = state.is_driver(seat);
        let next = state.timeout(seat, max, out);
        (next, Self::stopped_waiting(&mut state, drove))
    }

    /// The driver brings the engine's packets. `eager` is its judgement of the load, `now_ns`
    /// the time at which its wait ended.
    pub(crate) fn harvested(
        &self,
        seat: Seat,
        packets: &mut Vec<P>,
        max: usize,
        out: &mut impl Take<P>,
        eager: bool,
        now_ns: u64,
    ) -> (Next, After) {
        let mut state = self.gate.lock();
        state.eager = eager || self.strict;
        let (next, wakes) = state.harvested(seat, packets, max, out);
        if next == Next::Drive {
            drop(state);
            return (next, Self::carry_out(wakes, false));
        }
        state.undriven_since(now_ns);
        if state.owes() {
            state.owe_since(now_ns);
        }
        let watch = state.needs_watch();
        drop(state);
        (next, Self::carry_out(wakes, watch))
    }

    pub(crate) fn leave(&self, seat: Seat) -> After {
        let mut state = self.gate.lock();
        let wakes = state.leave(seat);
        let watch = state.needs_watch();
        drop(state);
        Self::carry_out(wakes, watch)
    }

    /// Starts a blocking scope; `None` when the thread was not counted as running.
    pub(crate) fn block(&self, seat: Seat) -> Option<After> {
        let mut state = self.gate.lock();
        let (blocked, wakes) = state.block(seat);
        let watch = state.needs_watch();
        drop(state);
        blocked.then(|| Self::carry_out(wakes, watch))
    }

    /// Ends a blocking scope.
    pub(crate) fn unblock(&self, seat: Seat) -> After {
        let mut state = self.gate.lock();
        state.unblock(seat);
        After {
            observe: state.observation_begins(),
            ..After::default()
        }
    }

    /// Wakes the thread that waits on that seat, so that it looks whether its wait is called off.
    pub(crate) fn call_off(&self, seat: Seat) -> After {
        let mut state = self.gate.lock();
        let wakes = state.call_off(seat);
        drop(state);
        Self::carry_out(wakes, false)
    }

    /// Closes the port; the packets nobody took come back for dropping.
    pub(crate) fn close(&self) -> (VecDeque<P>, After) {
        let mut state = self.gate.lock();
        let (packets, wakes) = state.close();
        drop(state);
        (packets, Self::carry_out(wakes, false))
    }

    /// Whether the port is closed and nobody is in the engine's wait, nor will be.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.gate.lock().is_abandoned()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.gate.lock().closed
    }

    /// Whether anything happens late unless somebody looks after it.
    pub(crate) fn needs_watch(&self) -> bool {
        self.gate.lock().needs_watch()
    }

    /// Whether a packet has been left for a running thread although a waiter was there.
    pub(crate) fn has_debt(&self) -> bool {
        self.gate.lock().has_debt()
    }

    /// Whether a packet that came now would release a thread.
    pub(crate) fn can_release(&self) -> bool {
        self.gate.lock().can_release()
    }

    /// Whether a thread is in the engine's wait, or on the way there or back.
    pub(crate) fn is_driven(&self) -> bool {
        self.gate.lock().is_driven()
    }

    /// Whether the driver has been called out of the engine's wait and is not back yet.
    pub(crate) fn driver_is_called(&self) -> bool {
        self.gate.lock().driver_is_called()
    }

    /// The monitor's look at the port.
    pub(crate) fn tick(&self) -> (Watch, After) {
        let now = now_ns();
        let mut state = self.gate.lock();
        let (watch, wakes) = state.tick(now);
        drop(state);
        (watch, Self::carry_out(wakes, false))
    }

    /// Whom the observer should look at, and whether there is a backlog.
    pub(crate) fn suspects(&self, out: &mut Vec<Suspect<Waker>>) -> bool {
        self.gate.lock().suspects(out)
    }

    /// What the observer has seen of a suspect.
    pub(crate) fn seen(&self, suspect: &Suspect<Waker>, seen: Seen) -> After {
        let mut state = self.gate.lock();
        let wakes = state.seen(suspect.seat, suspect.epoch, seen);
        let watch = state.needs_watch();
        drop(state);
        Self::carry_out(wakes, watch)
    }

    /// Packets have waited for long, and nobody blocks.
    pub(crate) fn note_starvation(&self) {
        self.gate.lock().counters.starved += 1;
    }

    /// The observer has found nothing to do for some time, or must stop anyhow; true if it may.
    pub(crate) fn end_observation(&self, anyhow: bool) -> bool {
        self.gate.lock().end_observation(anyhow)
    }

    /// The observer means to look less often; true if it may.
    pub(crate) fn doze(&self) -> bool {
        self.gate.lock().doze()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.gate.lock();
        Snapshot {
            queued: state.queued(),
            waiting: state.waiting(),
            running: state.active(),
            bound: state.bound(),
            limit: state.limit(),
            counters: state.counters,
        }
    }
}

/// Whether a deadline lies in the past.
pub(crate) fn passed(deadline: Deadline) -> bool {
    sync::passed(deadline)
}
