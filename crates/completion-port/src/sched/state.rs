//! The rules of a completion port as a pure state machine: no locks, no clocks, no threads.
//!
//! Every method is one atomic step; the caller holds the gate around it, and afterwards wakes
//! whom the step names. A *seat* is a thread's place in the port it is bound to (S-061).
//!
//! | standing | counted | set by | leaves to |
//! |---|---|---|---|
//! | `Active` | yes | packet taken or handed over, timeout, scope's end | all others, gone |
//! | `Waiting` | no | `enter` that found nothing to take | `Active`, gone (close) |
//! | `Blocked` | no | a blocking scope; binding | `Active`, `Waiting`, gone |
//! | `Observed` | no | the observer, from `Active` | all others, gone |
//!
//! A thread does not know that it is `Observed`: somebody saw it sleep in something that is none of
//! ours (S-067). It counts again when it is seen to run, or with its next packet (S-068).
//!
//! One waiting seat at a time may be the *driver*: the thread that waits in the engine's own
//! wait instead of on its parking word. Being the driver changes nothing in the rules, only how
//! the thread is woken. A driver that was called out of the engine keeps the place until it is
//! back: were another in the engine's wait by then, the call could reach that one instead.
//!
//! # Invariants
//!
//! 1. `active` is the number of seats that stand `Active`.
//! 2. Unless `debt` is set, no packet is queued while a seat waits and `active < limit`.
//! 3. A step gives out packets only while `active < limit`; resuming from a blocking scope, being
//!    seen to run again and timing out may go over the limit (S-064, S-068).
//! 4. Packets leave in the order in which they came (S-040).
//! 5. Packets are handed to the newest waiter (S-042).
//! 6. A packet is in the queue, in exactly one seat's hand, or with the caller: never lost, never
//!    doubled.
//! 7. After `close` nobody waits and nothing is queued.
//! 8. The driver, if any, is a seat that waits, or did when it was called out and is not back.
//! 9. Between two steps, a port that may be observed and has a backlog is under observation, by an
//!    observer that does not doze; one with a seat that stands `Observed` is under observation. A
//!    seat is never marked for what was seen of it before its last call.

#[cfg(test)]
mod inspect;
mod view;

use std::collections::VecDeque;

use slab::Slab;

use super::queue::{Queue, Take};

/// A thread's place in a port.
pub(crate) type Seat = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    Waiting,
    Blocked,
    Observed,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Place<P, W> {
    standing: Standing,
    /// A packet handed over while the seat waited, until its thread wakes and takes it.
    handed: Option<P>,
    /// The wait has been called off; meaningful while `Waiting`.
    called_off: bool,
    /// Changes with every call of the thread: what was seen of it before says nothing now.
    epoch: u32,
    /// The waiter before and after this one, by age; meaningful while `Waiting`.
    older: Option<Seat>,
    newer: Option<Seat>,
    /// How to wake the thread.
    waker: W,
}

/// Whom to wake after the gate has been left.
#[must_use]
#[derive(Debug)]
pub(crate) struct Wakes<W> {
    /// A thread parked on its own word; most steps wake one at the most.
    pub(crate) first: Option<W>,
    /// Further ones, seldom any.
    pub(crate) more: Vec<W>,
    /// Whether the driver must be called out of the engine's wait.
    pub(crate) driver: bool,
    /// Whether the observer must begin to look at the port.
    pub(crate) observer: bool,
}

impl<W> Default for Wakes<W> {
    fn default() -> Self {
        Self {
            first: None,
            more: Vec::new(),
            driver: false,
            observer: false,
        }
    }
}

impl<W> Wakes<W> {
    fn thread(&mut self, waker: W) {
        match self.first {
            None => self.first = Some(waker),
            Some(_) => self.more.push(waker),
        }
    }
}

/// What a thread that wants packets is told.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Packets were taken into the caller's list; the thread runs.
    Took,
    /// Wait on your own word.
    Park,
    /// Wait in the engine.
    Drive,
    /// The deadline passed; the thread runs (S-064).
    TimedOut,
    /// The port is closed; the thread is no longer bound.
    Closed,
}

/// What the monitor found.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watch {
    /// Nothing to bound: the monitor may sleep.
    Rest,
    /// Look again after a tick.
    Again,
    /// Nobody will drive the engine soon: the monitor must do it.
    Adopt,
}

/// A seat that may be worth a look from outside: its thread was given a packet, took it, and has
/// not come back.
#[derive(Clone, Debug)]
pub(crate) struct Suspect<W> {
    pub(crate) seat: Seat,
    pub(crate) epoch: u32,
    /// Whether it stands `Observed`.
    pub(crate) observed: bool,
    pub(crate) waker: W,
}

/// What the observer has seen of a suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It sleeps in the kernel, or has been stopped.
    Blocked,
    /// It runs, or would if it were given a processor.
    Running,
}

/// Counters that cost nothing but an addition under the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that entered the port.
    pub packets: u64,
    /// Packets given directly to a waiting thread (S-044).
    pub hand_overs: u64,
    /// Threads woken from their parking place.
    pub thread_wakes: u64,
    /// Times the thread in the engine's wait was called out of it.
    pub driver_kicks: u64,
    /// Packets left in the queue for a running thread although a waiter was there.
    pub deferred: u64,
    /// Times the monitor had to step in.
    pub rescues: u64,
    /// Times a thread was seen blocked in something foreign, and its slot given to another.
    pub observed_blocked: u64,
    /// Times such a thread was seen to run again.
    pub observed_running: u64,
    /// Times packets waited for long because the limit was reached and nobody blocked.
    pub starved: u64,
}

/// Ages beyond which the monitor steps in.
pub(crate) const STALE_NS: u64 = 100_000;

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct State<P, W> {
    limit: usize,
    active: usize,
    queue: Queue<P>,
    places: Slab<Place<P, W>>,
    newest: Option<Seat>,
    waiting: usize,
    driver: Option<Seat>,
    /// Whether there is an engine to drive.
    drivable: bool,
    /// Since when nobody drives, in the caller's clock; kept while `driver` is `None`.
    undriven_since_ns: u64,
    /// Invariant 2 is suspended since this time: the thread that queued a packet without waking
    /// anybody is expected to take it itself in a moment.
    debt: Option<u64>,
    /// Wake waiters at once even for a running thread's own completions.
    pub(super) eager: bool,
    /// Whether threads may be looked at from outside.
    pub(super) observable: bool,
    /// The observer looks at the port, or has been told to.
    under_observation: bool,
    /// The observer looks seldom: there was no backlog when it last did.
    observer_dozes: bool,
    pub(super) closed: bool,
    pub(super) counters: Counters,
}

impl<P, W: Clone> State<P, W> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            active: 0,
            queue: Queue::new(),
            places: Slab::new(),
            newest: None,
            waiting: 0,
            driver: None,
            drivable: false,
            undriven_since_ns: 0,
            debt: None,
            eager: false,
            observable: true,
            under_observation: false,
            observer_dozes: false,
            closed: false,
            counters: Counters::default(),
        }
    }

    /// From now on a waiting thread may drive an engine. Calls one out of its parking place, so
    /// that an engine added late is driven at once.
    pub(crate) fn set_drivable(&mut self) -> Wakes<W> {
        self.drivable = true;
        let mut wakes = Wakes::default();
        self.promote(&mut wakes);
        wakes
    }

    /// Binds a thread: S-061. It counts only once it has returned from `enter`.
    pub(crate) fn bind(&mut self, waker: W) -> Seat {
        self.places.insert(Place {
            standing: Standing::Blocked,
            handed: None,
            called_off: false,
            epoch: 0,
            older: None,
            newer: None,
            waker,
        })
    }

    /// Queues a packet or hands one to the newest waiter: S-044, S-065. A closed port gives the
    /// packet back.
    pub(crate) fn post(&mut self, packet: P) -> Result<Wakes<W>, P> {
        if self.closed {
            return Err(packet);
        }
        self.counters.packets += 1;
        self.queue.push(|| packet);
        let mut wakes = Wakes::default();
        self.settle(&mut wakes, None);
        Ok(wakes)
    }

    /// Whether a packet may just be queued: the port is open, and nobody waits who could be
    /// released.
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        self.newest.is_none() && !self.closed
    }

    /// What [`Self::post`] does in a quiet port: the way of nearly every packet of a busy one,
    /// and short.
    #[inline]
    pub(crate) fn queue_up(&mut self, make: impl FnOnce() -> P) {
        debug_assert!(self.is_quiet());
        self.counters.packets += 1;
        self.queue.push(make);
    }

    /// Queues several packets at once, as [`Self::post`] does one.
    pub(crate) fn post_many(&mut self, packets: &mut Vec<P>) -> Wakes<W> {
        let mut wakes = Wakes::default();
        if !self.closed {
            self.counters.packets += packets.len() as u64;
            packets.drain(..).for_each(|p| self.queue.push(|| p));
            self.settle(&mut wakes, None);
        }
        wakes
    }

    /// Queues a packet that the calling thread, if it is running, will most likely take itself
    /// in a moment. A thread that is not running posts as anybody does.
    ///
    /// Where this leaves a waiter asleep, [`Self::owes`] turns true and the caller must call
    /// [`Self::owe_since`] before it leaves the gate.
    pub(crate) fn post_deferred(&mut self, seat: Seat, packet: P) -> Result<Wakes<W>, P> {
        if self.places[seat].standing != Standing::Active {
            return self.post(packet);
        }
        if self.closed {
            return Err(packet);
        }
        self.counters.packets += 1;
        self.queue.push(|| packet);
        self.counters.deferred += u64::from(self.waiting > 0 && self.active < self.limit);
        let mut wakes = Wakes::default();
        self.call_observer(&mut wakes);
        Ok(wakes)
    }

    /// Whether invariant 2 does not hold and no time has been noted for it yet.
    pub(crate) fn owes(&self) -> bool {
        self.debt.is_none()
            && self.waiting > 0
            && self.active < self.limit
            && !self.queue.is_empty()
    }

    pub(crate) fn owe_since(&mut self, now_ns: u64) {
        self.debt = Some(now_ns);
    }

    /// A bound thread asks for up to `max` packets: S-062, S-065, S-066, S-075.
    #[inline]
    pub(crate) fn enter(
        &mut self,
        seat: Seat,
        max: usize,
        out: &mut impl Take<P>,
    ) -> (Next, Wakes<W>) {
        let mut wakes = Wakes::default();
        let place = &mut self.places[seat];
        place.epoch = place.epoch.wrapping_add(1);
        if place.standing == Standing::Active {
            self.active -= 1;
        }
        if self.closed {
            self.places.remove(seat);
            return (Next::Closed, wakes);
        }
        if self.active < self.limit && !self.queue.is_empty() {
            self.take(seat, max, out);
            if self.eager {
                self.settle(&mut wakes, None);
            } else {
                self.call_observer(&mut wakes);
            }
            return (Next::Took, wakes);
        }
        self.queue.trim();
        self.push_waiter(seat);
        self.call_observer(&mut wakes);
        if self.drivable && self.driver.is_none() && self.active < self.limit {
            self.driver = Some(seat);
            return (Next::Drive, wakes);
        }
        (Next::Park, wakes)
    }

    /// What [`Self::enter`] does for a running thread that asks for one packet and finds it,
    /// where nobody else is concerned. Otherwise nothing has happened.
    #[inline]
    pub(crate) fn take_next(&mut self, seat: Seat) -> Option<P> {
        let place = &mut self.places[seat];
        let settles = self.eager && self.newest.is_some();
        // The thread itself is one of the active.
        if place.standing != Standing::Active || self.active > self.limit || settles {
            return None;
        }
        // A closed port has none (invariant 7).
        let packet = self.queue.pop()?;
        place.epoch = place.epoch.wrapping_add(1);
        if self.queue.is_empty() {
            self.debt = None;
        }
        Some(packet)
    }

    /// A parked or driving thread has woken: what now?
    pub(crate) fn woken(&mut self, seat: Seat, max: usize, out: &mut impl Take<P>) -> Next {
        if let Some(packet) = self.places[seat].handed.take() {
            self.stop_driving(seat);
            out.put(packet);
            self.take_more(max - 1, out);
            return Next::Took;
        }
        if self.closed {
            self.stop_driving(seat);
            self.places.remove(seat);
            return Next::Closed;
        }
        debug_assert_eq!(self.places[seat].standing, Standing::Waiting);
        if self.driver == Some(seat) {
            Next::Drive
        } else {
            Next::Park
        }
    }

    /// The deadline of a waiting thread has passed; a packet that is already in its hand wins.
    pub(crate) fn timeout(&mut self, seat: Seat, max: usize, out: &mut impl Take<P>) -> Next {
        match self.woken(seat, max, out) {
            Next::Park | Next::Drive => {
                self.stop_driving(seat);
                self.unlink(seat);
                self.places[seat].standing = Standing::Active;
                self.active += 1;
                Next::TimedOut
            }
            other => other,
        }
    }

    /// The driver brings what the engine gave: queue it, release threads by the rules, and tell
    /// the driver whether it takes a packet, drives on, or parks.
    ///
    /// Unless `eager`, one thread is released and expected to take the rest; [`Self::owes`] then
    /// asks the caller for the time. A driver that is not the newest waiter makes room: the
    /// thread that it released will be back first and drive in its stead.
    pub(crate) fn harvested(
        &mut self,
        seat: Seat,
        packets: &mut Vec<P>,
        max: usize,
        out: &mut impl Take<P>,
    ) -> (Next, Wakes<W>) {
        let mut wakes = Wakes::default();
        let brought = packets.len();
        if self.closed {
            return (self.woken(seat, max, out), wakes);
        }
        if brought == 1 && self.takes_it_itself(seat) {
            out.put(packets.pop().expect("one was brought"));
            return (Next::Took, wakes);
        }
        self.counters.packets += brought as u64;
        packets.drain(..).for_each(|p| self.queue.push(|| p));
        if self.eager {
            self.settle(&mut wakes, Some(seat));
        } else if brought > 0 && self.places[seat].handed.is_none() {
            self.hand_over(&mut wakes, Some(seat));
        }
        self.call_observer(&mut wakes);
        match self.woken(seat, max, out) {
            Next::Drive if brought > 0 && (!self.eager || self.active >= self.limit) => {
                self.stop_driving(seat);
                (Next::Park, wakes)
            }
            next => (next, wakes),
        }
    }

    /// What [`Self::harvested`] does with a single packet where nobody else is concerned: the
    /// driver is the newest waiter, nothing is queued before it, and it may run. Then it counts as
    /// released; otherwise nothing has happened.
    fn takes_it_itself(&mut self, seat: Seat) -> bool {
        let others = self.newest != Some(seat) || self.driver != Some(seat);
        if others || !self.queue.is_empty() || self.active >= self.limit {
            return false;
        }
        self.counters.packets += 1;
        self.counters.hand_overs += 1;
        self.unlink(seat);
        self.places[seat].standing = Standing::Active;
        self.active += 1;
        self.driver = None;
        self.debt = None;
        true
    }

    /// The thread gives up its seat: it exits or turns to another port (S-063, S-069).
    pub(crate) fn leave(&mut self, seat: Seat) -> Wakes<W> {
        let mut wakes = Wakes::default();
        let standing = self.places[seat].standing;
        debug_assert_ne!(standing, Standing::Waiting, "a waiting thread cannot leave");
        self.places.remove(seat);
        if standing == Standing::Active {
            self.active -= 1;
            self.settle(&mut wakes, None);
            self.promote(&mut wakes);
        }
        wakes
    }

    /// A running thread is about to block: S-067. False when it was not counted as running.
    pub(crate) fn block(&mut self, seat: Seat) -> (bool, Wakes<W>) {
        let mut wakes = Wakes::default();
        let place = &mut self.places[seat];
        match place.standing {
            Standing::Active => {}
            Standing::Observed => {
                place.standing = Standing::Blocked;
                return (true, wakes);
            }
            Standing::Waiting | Standing::Blocked => return (false, wakes),
        }
        place.standing = Standing::Blocked;
        place.epoch = place.epoch.wrapping_add(1);
        self.active -= 1;
        self.settle(&mut wakes, None);
        self.promote(&mut wakes);
        (true, wakes)
    }

    /// The block is over: S-068.
    pub(crate) fn unblock(&mut self, seat: Seat) {
        if self.places[seat].standing == Standing::Blocked {
            self.places[seat].standing = Standing::Active;
            self.active += 1;
        }
    }

    /// Wakes a waiting thread, whose wait then ends as if its deadline had passed. Whether that
    /// is wanted is for the thread to know: it may be waiting for the next thing already.
    pub(crate) fn call_off(&mut self, seat: Seat) -> Wakes<W> {
        let mut wakes = Wakes::default();
        let driving = self.driver == Some(seat);
        if let Some(place) = self.places.get_mut(seat)
            && place.standing == Standing::Waiting
        {
            place.called_off = true;
            if driving {
                wakes.driver = true;
            } else {
                wakes.thread(place.waker.clone());
            }
        }
        wakes
    }

    /// Refuses everything from now on and calls every waiter out: S-030, S-033, S-034, S-070.
    /// The packets that nobody took are returned, so that they are dropped outside the gate.
    pub(crate) fn close(&mut self) -> (VecDeque<P>, Wakes<W>) {
        let mut wakes = Wakes::default();
        self.closed = true;
        while let Some(seat) = self.newest {
            wakes.driver |= self.driver == Some(seat);
            if self.driver != Some(seat) {
                wakes.thread(self.places[seat].waker.clone());
            }
            self.unlink(seat);
        }
        self.debt = None;
        (self.queue.take_all(), wakes)
    }

    /// Whether anything happens late unless somebody looks after it.
    pub(crate) fn needs_watch(&self) -> bool {
        !self.closed && (self.debt.is_some() || (self.drivable && self.driver.is_none()))
    }

    /// The driver's place has just become empty, at this time.
    pub(crate) fn undriven_since(&mut self, now_ns: u64) {
        self.undriven_since_ns = now_ns;
    }

    /// The monitor looks: pays a debt that has grown old and finds a driver when there has been
    /// none for too long.
    pub(crate) fn tick(&mut self, now_ns: u64) -> (Watch, Wakes<W>) {
        let mut wakes = Wakes::default();
        if !self.needs_watch() {
            return (Watch::Rest, wakes);
        }
        let stale = |since: u64| now_ns.saturating_sub(since) >= STALE_NS;
        if self.debt.is_some_and(stale) {
            self.counters.rescues += 1;
            self.settle(&mut wakes, None);
        }
        let undriven = self.drivable && self.driver.is_none();
        if undriven && stale(self.undriven_since_ns) {
            self.counters.rescues += 1;
            if self.active >= self.limit || !self.promote(&mut wakes) {
                // There will be no further look, so a young debt is paid now.
                self.settle(&mut wakes, None);
                return (Watch::Adopt, wakes);
            }
        }
        (
            if self.needs_watch() {
                Watch::Again
            } else {
                Watch::Rest
            },
            wakes,
        )
    }

    /// Hands packets to waiters until invariant 2 holds.
    #[inline]
    fn settle(&mut self, wakes: &mut Wakes<W>, caller: Option<Seat>) {
        if self.newest.is_none() {
            self.debt = None;
            return;
        }
        while self.hand_over(wakes, caller) {}
        self.debt = None;
        self.call_observer(wakes);
    }

    /// Packets are queued, somebody waits for them, and the limit forbids to bring them together.
    fn has_backlog(&self) -> bool {
        self.newest.is_some() && !self.queue.is_empty() && self.active >= self.limit
    }

    /// Whether the observer must be called: there is a backlog, and it does not look yet, or
    /// seldom. From now on it does (invariant 9).
    pub(crate) fn observation_begins(&mut self) -> bool {
        let looks = self.under_observation && !self.observer_dozes;
        let begins = self.has_backlog() && self.observable && !looks;
        self.under_observation |= begins;
        self.observer_dozes &= !begins;
        begins
    }

    /// The observer means to look less often; true if it may. The next backlog calls it.
    pub(crate) fn doze(&mut self) -> bool {
        self.observer_dozes = !self.has_backlog();
        self.observer_dozes
    }

    fn call_observer(&mut self, wakes: &mut Wakes<W>) {
        wakes.observer |= self.observation_begins();
    }

    /// Whom the observer should look at, and whether there is a backlog. A thread that has not
    /// taken what it was given is on its way, though it may still sleep.
    pub(crate) fn suspects(&self, out: &mut Vec<Suspect<W>>) -> bool {
        for (seat, place) in &self.places {
            let observed = place.standing == Standing::Observed;
            if observed || (place.standing == Standing::Active && place.handed.is_none()) {
                let (epoch, waker) = (place.epoch, place.waker.clone());
                out.push(Suspect {
                    seat,
                    epoch,
                    observed,
                    waker,
                });
            }
        }
        self.has_backlog()
    }

    /// What was seen of a suspect that is still what it was then: S-067, S-068.
    pub(crate) fn seen(&mut self, seat: Seat, epoch: u32, seen: Seen) -> Wakes<W> {
        let mut wakes = Wakes::default();
        let Some(place) = self
            .places
            .get_mut(seat)
            .filter(|place| place.epoch == epoch)
        else {
            return wakes;
        };
        match (seen, place.standing) {
            (Seen::Blocked, Standing::Active) if place.handed.is_none() => {
                place.standing = Standing::Observed;
                self.active -= 1;
                self.counters.observed_blocked += 1;
                self.settle(&mut wakes, None);
                self.promote(&mut wakes);
            }
            (Seen::Running, Standing::Observed) => {
                place.standing = Standing::Active;
                self.active += 1;
                self.counters.observed_running += 1;
                self.call_observer(&mut wakes);
            }
            _ => {}
        }
        wakes
    }

    /// The observer has found nothing to do for some time, or must stop anyhow; true if it may.
    pub(crate) fn end_observation(&mut self, anyhow: bool) -> bool {
        let observed = |(_, place): (_, &Place<P, W>)| place.standing == Standing::Observed;
        let ends =
            anyhow || self.closed || !(self.has_backlog() || self.places.iter().any(observed));
        self.under_observation &= !ends;
        self.observer_dozes &= !ends;
        ends
    }

    /// Hands the oldest packet to the newest waiter, if there are both and a slot is free. The
    /// caller's own seat needs no wake-up.
    fn hand_over(&mut self, wakes: &mut Wakes<W>, caller: Option<Seat>) -> bool {
        if self.active >= self.limit {
            return false;
        }
        let Some(seat) = self.newest else {
            return false;
        };
        let Some(packet) = self.queue.pop() else {
            return false;
        };
        let driving = self.driver == Some(seat);
        self.unlink(seat);
        let place = &mut self.places[seat];
        place.standing = Standing::Active;
        place.handed = Some(packet);
        self.active += 1;
        self.counters.hand_overs += 1;
        if caller == Some(seat) {
            // It is awake already: the driver itself.
        } else if driving {
            wakes.driver = true;
            self.counters.driver_kicks += 1;
        } else {
            wakes.thread(self.places[seat].waker.clone());
            self.counters.thread_wakes += 1;
        }
        true
    }

    /// Makes the newest waiter the driver if nobody drives and a slot is free.
    fn promote(&mut self, wakes: &mut Wakes<W>) -> bool {
        if !self.drivable || self.driver.is_some() || self.active >= self.limit || self.closed {
            return self.driver.is_some();
        }
        let Some(seat) = self.newest else {
            return false;
        };
        self.driver = Some(seat);
        wakes.thread(self.places[seat].waker.clone());
        self.counters.thread_wakes += 1;
        true
    }

    #[inline]
    fn take(&mut self, seat: Seat, max: usize, out: &mut impl Take<P>) {
        self.take_more(max, out);
        self.places[seat].standing = Standing::Active;
        self.active += 1;
    }

    #[inline]
    fn take_more(&mut self, max: usize, out: &mut impl Take<P>) {
        out.put_all(self.queue.pop_many(max));
        if self.queue.is_empty() {
            self.debt = None;
        }
    }

    fn push_waiter(&mut self, seat: Seat) {
        let older = self.newest.replace(seat);
        if let Some(older) = older {
            self.places[older].newer = Some(seat);
        }
        let place = &mut self.places[seat];
        place.standing = Standing::Waiting;
        place.called_off = false;
        place.older = older;
        place.newer = None;
        self.waiting += 1;
    }

    /// The thread is out of the engine's wait; the next that waits may drive.
    fn stop_driving(&mut self, seat: Seat) {
        if self.driver == Some(seat) {
            self.driver = None;
        }
    }

    /// Takes a seat out of the waiters.
    fn unlink(&mut self, seat: Seat) {
        let (older, newer) = (
            self.places[seat].older.take(),
            self.places[seat].newer.take(),
        );
        match newer {
            Some(newer) => self.places[newer].older = older,
            None => self.newest = older,
        }
        if let Some(older) = older {
            self.places[older].newer = newer;
        }
        self.waiting -= 1;
        if self.waiting == 0 {
            self.debt = None;
        }
    }
}
