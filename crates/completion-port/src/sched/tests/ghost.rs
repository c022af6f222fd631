//! The rules once more, and a state that is held against them.
//!
//! [`Ghost`] is written from the clauses as plainly as they read: lists that are searched,
//! nothing linked, nothing counted. [`Checked`] has the face of [`State`]; each step is taken by
//! the state and by the ghost, and any difference between the two fails the test. The search
//! steps it through every order of events; the models have it in the state's place behind the
//! gate, so that the ghost moves at the very moment at which a step takes effect.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Deref, DerefMut};

use super::super::Take;
#[cfg(shuttle)]
use super::super::state::Suspect;
use super::super::state::{Next, STALE_NS, Seat, Seen, Standing, State, Wakes, Watch};

/// Where a thread sleeps that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bed {
    /// On its own word.
    Parked,
    /// In the engine's wait.
    Engine,
}

/// What a thread that is bound to the port does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Does {
    /// It has just been bound and is about to ask for packets (S-061).
    Starts,
    Runs,
    /// It is in a blocking scope.
    Blocks,
    /// It was seen to block in something foreign and not seen to run since.
    Seen,
    /// It waits for a packet.
    Waits(Bed),
    /// It has been given this packet, but has not woken yet.
    Given(Bed, u32),
    /// The port was closed while it waited, but it has not woken yet.
    Expelled(Bed),
}

impl Does {
    /// S-060, S-064, S-065: the giver counts the thread before it really runs.
    fn counts(self) -> bool {
        matches!(self, Self::Runs | Self::Given(..))
    }

    fn bed(self) -> Option<Bed> {
        match self {
            Self::Waits(bed) | Self::Given(bed, _) | Self::Expelled(bed) => Some(bed),
            _ => None,
        }
    }
}

/// A port as the clauses describe it. Packets are numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ghost {
    limit: usize,
    pub(super) threads: BTreeMap<Seat, Does>,
    /// Those who wait, the newest last.
    waiting: Vec<Seat>,
    queue: Vec<u32>,
    pub(super) closed: bool,
    pub(super) drivable: bool,
    /// Whose turn in the engine's wait it is, until that thread is back from there.
    driver: Option<Seat>,
}

impl Ghost {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            threads: BTreeMap::new(),
            waiting: Vec::new(),
            queue: Vec::new(),
            closed: false,
            drivable: false,
            driver: None,
        }
    }

    fn running(&self) -> usize {
        self.threads.values().filter(|does| does.counts()).count()
    }

    fn has_slot(&self) -> bool {
        self.running() < self.limit
    }

    /// Whether a thread sleeps that could have a packet.
    fn owes(&self) -> bool {
        self.has_slot() && !self.queue.is_empty() && !self.waiting.is_empty()
    }

    /// S-042, S-044, S-065: the newest waiter is released with the oldest packet.
    fn release(&mut self) {
        if self.owes() {
            let seat = self.waiting.pop().expect("somebody waits");
            let bed = self.threads[&seat].bed().expect("it waits");
            self.threads
                .insert(seat, Does::Given(bed, self.queue.remove(0)));
        }
    }

    fn release_all(&mut self) {
        while self.owes() {
            self.release();
        }
    }

    /// A parked thread is called to the engine when nobody is there and one could be released.
    fn call_driver(&mut self) {
        if self.drivable && !self.closed && self.driver.is_none() && self.has_slot() {
            self.driver = self.waiting.last().copied();
        }
    }

    fn post(&mut self, packets: &[u32]) {
        if !self.closed {
            self.queue.extend(packets);
            self.release_all();
        }
    }

    fn post_own(&mut self, seat: Seat, packet: u32) {
        if self.threads[&seat].counts() && !self.closed {
            self.queue.push(packet);
        } else {
            self.post(&[packet]);
        }
    }

    fn enter(&mut self, seat: Seat, max: usize, eager: bool) -> (Next, Vec<u32>) {
        assert_eq!(
            self.threads[&seat].bed(),
            None,
            "a thread is in one call at a time"
        );
        if self.closed {
            self.threads.remove(&seat);
            return (Next::Closed, Vec::new());
        }
        self.threads.insert(seat, Does::Starts);
        if self.has_slot() && !self.queue.is_empty() {
            self.threads.insert(seat, Does::Runs);
            let packets = self.take(max);
            if eager {
                self.release_all();
            }
            return (Next::Took, packets);
        }
        self.waiting.push(seat);
        let drives = self.drivable && self.driver.is_none() && self.has_slot();
        let (bed, next) = if drives {
            self.driver = Some(seat);
            (Bed::Engine, Next::Drive)
        } else {
            (Bed::Parked, Next::Park)
        };
        self.threads.insert(seat, Does::Waits(bed));
        (next, Vec::new())
    }

    fn take(&mut self, max: usize) -> Vec<u32> {
        let count = max.min(self.queue.len());
        self.queue.drain(..count).collect()
    }

    fn is_back(&mut self, seat: Seat) {
        if self.driver == Some(seat) {
            self.driver = None;
        }
    }

    fn woken(&mut self, seat: Seat, max: usize) -> (Next, Vec<u32>) {
        match self.threads[&seat] {
            Does::Given(_, packet) => {
                self.is_back(seat);
                self.threads.insert(seat, Does::Runs);
                let mut packets = vec![packet];
                packets.extend(self.take(max - 1));
                (Next::Took, packets)
            }
            Does::Expelled(_) => {
                self.is_back(seat);
                self.threads.remove(&seat);
                (Next::Closed, Vec::new())
            }
            Does::Waits(_) if self.driver == Some(seat) => {
                self.threads.insert(seat, Does::Waits(Bed::Engine));
                (Next::Drive, Vec::new())
            }
            Does::Waits(_) => {
                self.threads.insert(seat, Does::Waits(Bed::Parked));
                (Next::Park, Vec::new())
            }
            other => panic!("thread {seat} is in no call: {other:?}"),
        }
    }

    fn timeout(&mut self, seat: Seat, max: usize) -> (Next, Vec<u32>) {
        if !matches!(self.threads[&seat], Does::Waits(_)) {
            return self.woken(seat, max);
        }
        self.is_back(seat);
        self.waiting.retain(|other| *other != seat);
        self.threads.insert(seat, Does::Runs);
        (Next::TimedOut, Vec::new())
    }

    fn harvested(
        &mut self,
        seat: Seat,
        packets: &[u32],
        max: usize,
        eager: bool,
    ) -> (Next, Vec<u32>) {
        let waits = |ghost: &Self| matches!(ghost.threads[&seat], Does::Waits(_));
        if !self.closed {
            self.queue.extend(packets);
            if eager {
                self.release_all();
            } else if waits(self) && !packets.is_empty() {
                self.release();
            }
            if waits(self) && !packets.is_empty() && !(eager && self.has_slot()) {
                self.is_back(seat);
            }
        }
        self.woken(seat, max)
    }

    fn leave(&mut self, seat: Seat) {
        let does = self.threads.remove(&seat).expect("it is bound");
        assert_eq!(does.bed(), None, "a thread that waits cannot leave");
        if does.counts() {
            self.release_all();
            self.call_driver();
        }
    }

    fn block(&mut self, seat: Seat) -> bool {
        let does = self.threads[&seat];
        if matches!(does, Does::Runs | Does::Seen) {
            self.threads.insert(seat, Does::Blocks);
        }
        if does == Does::Runs {
            self.release_all();
            self.call_driver();
        }
        matches!(does, Does::Runs | Does::Seen)
    }

    fn unblock(&mut self, seat: Seat) {
        if self.threads[&seat] == Does::Blocks {
            self.threads.insert(seat, Does::Runs);
        }
    }

    /// S-067, S-068, by what is seen from outside.
    fn seen(&mut self, seat: Seat, seen: Seen) {
        match (self.threads.get(&seat), seen) {
            (Some(Does::Runs), Seen::Blocked) => {
                self.threads.insert(seat, Does::Seen);
                self.release_all();
                self.call_driver();
            }
            (Some(Does::Seen), Seen::Running) => {
                self.threads.insert(seat, Does::Runs);
            }
            _ => {}
        }
    }

    fn close(&mut self) -> Vec<u32> {
        self.closed = true;
        for seat in std::mem::take(&mut self.waiting) {
            let bed = self.threads[&seat].bed().expect("it waits");
            self.threads.insert(seat, Does::Expelled(bed));
        }
        std::mem::take(&mut self.queue)
    }

    fn undriven(&self) -> bool {
        self.drivable && self.driver.is_none() && !self.closed
    }

    /// Somebody must be told to drive: true if there is none among the threads.
    fn tick(&mut self, pay: bool, find: bool) -> bool {
        if pay {
            self.release_all();
        }
        if find && self.undriven() {
            self.call_driver();
            return self.undriven();
        }
        false
    }

    /// What the thread must be woken for, and by which means; `None` if it may sleep on.
    fn alarm(&self, seat: Seat) -> Option<Bed> {
        match *self.threads.get(&seat)? {
            Does::Given(bed, _) | Does::Expelled(bed) => Some(bed),
            Does::Waits(Bed::Parked) if self.driver == Some(seat) => Some(Bed::Parked),
            _ => None,
        }
    }
}

/// A packet with its number in the order of posting.
#[derive(Clone, Debug)]
pub(crate) struct Numbered<P>(u32, P);

/// A waker with the seat that it wakes.
type Named<W> = (Seat, W);

/// Packets that a step gives out.
type Given<P> = Vec<Numbered<P>>;

/// A [`State`] that is held against the ghost at each step.
#[derive(Clone, Debug)]
pub(crate) struct Checked<P, W> {
    real: State<Numbered<P>, Named<W>>,
    pub(super) ghost: Ghost,
    pub(super) posted: u32,
    /// A release is owed and its time has not been noted yet.
    debt_unnoted: bool,
    /// The driver's place has become empty and the time of that has not been noted yet.
    place_unnoted: bool,
}

impl<P, W> Deref for Checked<P, W> {
    type Target = State<Numbered<P>, Named<W>>;
    fn deref(&self) -> &Self::Target {
        &self.real
    }
}

impl<P, W> DerefMut for Checked<P, W> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.real
    }
}

impl<P, W: Clone> Checked<P, W> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            real: State::new(limit),
            ghost: Ghost::new(limit),
            posted: 0,
            debt_unnoted: false,
            place_unnoted: false,
        }
    }

    fn number(&mut self, packet: P) -> Numbered<P> {
        self.posted += 1;
        Numbered(self.posted, packet)
    }

    fn number_all(&mut self, packets: &mut Vec<P>) -> Given<P> {
        packets
            .drain(..)
            .map(|packet| self.number(packet))
            .collect()
    }

    /// The ghost as it was before a step.
    fn begin(&mut self) -> Ghost {
        assert!(
            !self.debt_unnoted,
            "nobody noted since when a release is owed"
        );
        assert!(!self.place_unnoted, "nobody noted since when nobody drives");
        self.real.check_observation();
        self.place_unnoted = self.ghost.driver.is_some() && !self.ghost.closed;
        self.ghost.clone()
    }

    /// Holds the state against the ghost after a step.
    fn compare(&mut self, may_owe: bool) {
        let (real, ghost) = (&self.real, &self.ghost);
        real.check();
        assert!(
            real.queue()
                .map(|packet| packet.0)
                .eq(ghost.queue.iter().copied())
        );
        assert_eq!(real.waiters(), ghost.waiting, "who waits, by age");
        assert_eq!(real.active(), ghost.running(), "how many run");
        assert_eq!(real.driver(), ghost.driver, "who drives");
        assert_eq!(real.closed, ghost.closed);
        assert_eq!(real.bound(), ghost.threads.len());
        for (seat, standing, packet) in real.seats() {
            let should = match ghost.threads[&seat] {
                Does::Starts | Does::Blocks => (Standing::Blocked, None),
                Does::Runs => (Standing::Active, None),
                Does::Seen => (Standing::Observed, None),
                Does::Waits(_) | Does::Expelled(_) => (Standing::Waiting, None),
                Does::Given(_, packet) => (Standing::Active, Some(packet)),
            };
            assert_eq!((standing, packet.map(|p| p.0)), should, "seat {seat}");
        }
        let in_engine = |does: &&Does| does.bed() == Some(Bed::Engine);
        let crowd = ghost.threads.values().filter(in_engine).count();
        assert!(crowd <= 1, "{crowd} threads in the engine's wait");
        // From the start of the step on it was marked as vacated, if there was a driver.
        self.place_unnoted &= ghost.driver.is_none() && !ghost.closed;
        self.debt_unnoted = real.owes();
        assert!(
            may_owe || !self.debt_unnoted,
            "a thread sleeps that could have a packet"
        );
    }

    /// Holds the wake-ups against the need for them: everybody who has to get up now, and by
    /// the right means, and nobody else. The caller is up already.
    fn wakes(&self, before: &Ghost, wakes: Wakes<Named<W>>, caller: Option<Seat>) -> Wakes<W> {
        let called: Vec<Named<W>> = wakes.first.into_iter().chain(wakes.more).collect();
        let mut kick = false;
        for seat in self.ghost.threads.keys().copied() {
            let alarm = self.ghost.alarm(seat);
            let asleep = caller != Some(seat);
            let rings = before.alarm(seat).is_none() && asleep;
            let called = called.iter().filter(|named| named.0 == seat).count();
            let wanted = usize::from(rings && alarm == Some(Bed::Parked));
            assert_eq!(called, wanted, "wake-ups of thread {seat}");
            // A thread that was called to the engine may have got there meanwhile or not.
            let was_called = before.driver == Some(seat) && before.alarm(seat).is_some();
            kick |= rings && alarm == Some(Bed::Engine);
            kick |= was_called && asleep && before.threads[&seat] != self.ghost.threads[&seat];
        }
        assert_eq!(wakes.driver, kick, "the kick of the driver");
        let mut wakers = called.into_iter().map(|named| named.1);
        Wakes {
            first: wakers.next(),
            more: wakers.collect(),
            driver: kick,
            observer: wakes.observer,
        }
    }

    fn hand_out(should: &[u32], got: Given<P>, out: &mut impl Take<P>) {
        let numbers = got.iter().map(|packet| packet.0);
        assert!(
            numbers.eq(should.iter().copied()),
            "the packets: {should:?}"
        );
        got.into_iter().for_each(|packet| out.put(packet.1));
    }

    pub(crate) fn set_drivable(&mut self) -> Wakes<W> {
        let before = self.begin();
        let wakes = self.real.set_drivable();
        self.ghost.drivable = true;
        self.ghost.call_driver();
        self.compare(false);
        self.wakes(&before, wakes, None)
    }

    pub(crate) fn bind(&mut self, waker: W) -> Seat {
        let seat = self.real.next_seat();
        assert_eq!(self.real.bind((seat, waker)), seat);
        self.ghost.threads.insert(seat, Does::Starts);
        self.compare(false);
        seat
    }

    pub(crate) fn post(&mut self, packet: P) -> Result<Wakes<W>, P> {
        let before = self.begin();
        let packet = self.number(packet);
        let number = packet.0;
        let posted = self.real.post(packet);
        self.ghost.post(&[number]);
        self.accepted(&before, posted, false)
    }

    pub(crate) fn queue_up(&mut self, make: impl FnOnce() -> P) {
        let before = self.begin();
        let packet = self.number(make());
        let number = packet.0;
        self.real.queue_up(|| packet);
        self.ghost.post(&[number]);
        // A thread that should be woken by this is forgotten.
        drop(self.accepted(&before, Ok(Wakes::default()), false));
    }

    pub(crate) fn post_deferred(&mut self, seat: Seat, packet: P) -> Result<Wakes<W>, P> {
        let before = self.begin();
        let packet = self.number(packet);
        let number = packet.0;
        let posted = self.real.post_deferred(seat, packet);
        self.ghost.post_own(seat, number);
        self.accepted(&before, posted, true)
    }

    fn accepted(
        &mut self,
        before: &Ghost,
        posted: Result<Wakes<Named<W>>, Numbered<P>>,
        may_owe: bool,
    ) -> Result<Wakes<W>, P> {
        assert_eq!(
            posted.is_err(),
            self.ghost.closed,
            "only a closed port refuses"
        );
        self.compare(may_owe);
        match posted {
            Ok(wakes) => Ok(self.wakes(before, wakes, None)),
            Err(packet) => Err(packet.1),
        }
    }

    pub(crate) fn post_many(&mut self, packets: &mut Vec<P>) -> Wakes<W> {
        let before = self.begin();
        let mut list = self.number_all(packets);
        let numbers: Vec<u32> = list.iter().map(|packet| packet.0).collect();
        let wakes = self.real.post_many(&mut list);
        self.ghost.post(&numbers);
        assert_eq!(list.is_empty(), !self.ghost.closed || numbers.is_empty());
        packets.extend(list.into_iter().map(|packet| packet.1));
        self.compare(false);
        self.wakes(&before, wakes, None)
    }

    pub(crate) fn owe_since(&mut self, now_ns: u64) {
        self.real.owe_since(now_ns);
        self.debt_unnoted = false;
    }

    /// Notes what has to be noted, as the scheduler around the state does.
    pub(super) fn note(&mut self, now_ns: u64) {
        if self.debt_unnoted {
            self.owe_since(now_ns);
        }
        if self.place_unnoted {
            self.undriven_since(now_ns);
        }
    }

    pub(crate) fn undriven_since(&mut self, now_ns: u64) {
        self.real.undriven_since(now_ns);
        self.place_unnoted = false;
    }

    pub(crate) fn enter(
        &mut self,
        seat: Seat,
        max: usize,
        out: &mut impl Take<P>,
    ) -> (Next, Wakes<W>) {
        let before = self.begin();
        let mut got = Given::new();
        let (next, wakes) = self.real.enter(seat, max, &mut got);
        let (should, packets) = self.ghost.enter(seat, max, self.real.eager);
        assert_eq!(next, should);
        Self::hand_out(&packets, got, out);
        self.compare(false);
        (next, self.wakes(&before, wakes, Some(seat)))
    }

    pub(crate) fn take_next(&mut self, seat: Seat) -> Option<P> {
        let before = self.begin();
        let Some(packet) = self.real.take_next(seat) else {
            self.compare(false);
            return None;
        };
        let (should, packets) = self.ghost.enter(seat, 1, self.real.eager);
        assert_eq!(should, Next::Took);
        let mut taken = None;
        Self::hand_out(&packets, vec![packet], &mut taken);
        self.compare(false);
        drop(self.wakes(&before, Wakes::default(), Some(seat)));
        taken
    }

    pub(crate) fn woken(&mut self, seat: Seat, max: usize, out: &mut impl Take<P>) -> Next {
        let before = self.begin();
        assert_eq!(before.threads[&seat].bed(), Some(Bed::Parked));
        let mut got = Given::new();
        let next = self.real.woken(seat, max, &mut got);
        let (should, packets) = self.ghost.woken(seat, max);
        assert_eq!(next, should);
        Self::hand_out(&packets, got, out);
        self.compare(false);
        next
    }

    /// Changes nothing by itself: the thread that wakes decides.
    #[cfg(shuttle)]
    pub(crate) fn call_off(&mut self, seat: Seat) -> Wakes<W> {
        let wakes = self.real.call_off(seat);
        let mut wakers = wakes
            .first
            .into_iter()
            .chain(wakes.more)
            .map(|named| named.1);
        Wakes {
            first: wakers.next(),
            more: wakers.collect(),
            driver: wakes.driver,
            observer: false,
        }
    }

    pub(crate) fn timeout(&mut self, seat: Seat, max: usize, out: &mut impl Take<P>) -> Next {
        self.begin();
        let mut got = Given::new();
        let next = self.real.timeout(seat, max, &mut got);
        let (should, packets) = self.ghost.timeout(seat, max);
        assert_eq!(next, should);
        Self::hand_out(&packets, got, out);
        self.compare(false);
        next
    }

    pub(crate) fn harvested(
        &mut self,
        seat: Seat,
        packets: &mut Vec<P>,
        max: usize,
        out: &mut impl Take<P>,
    ) -> (Next, Wakes<W>) {
        let before = self.begin();
        assert_eq!(before.threads[&seat].bed(), Some(Bed::Engine));
        let mut list = self.number_all(packets);
        let numbers: Vec<u32> = list.iter().map(|packet| packet.0).collect();
        let mut got = Given::new();
        let (next, wakes) = self.real.harvested(seat, &mut list, max, &mut got);
        let (should, taken) = self.ghost.harvested(seat, &numbers, max, self.real.eager);
        assert_eq!(next, should);
        assert_eq!(list.is_empty(), !self.ghost.closed || numbers.is_empty());
        packets.extend(list.into_iter().map(|packet| packet.1));
        Self::hand_out(&taken, got, out);
        self.compare(true);
        (next, self.wakes(&before, wakes, Some(seat)))
    }

    pub(crate) fn leave(&mut self, seat: Seat) -> Wakes<W> {
        let before = self.begin();
        let wakes = self.real.leave(seat);
        self.ghost.leave(seat);
        self.compare(false);
        self.wakes(&before, wakes, None)
    }

    pub(crate) fn block(&mut self, seat: Seat) -> (bool, Wakes<W>) {
        let before = self.begin();
        let (blocked, wakes) = self.real.block(seat);
        assert_eq!(blocked, self.ghost.block(seat));
        self.compare(false);
        (blocked, self.wakes(&before, wakes, None))
    }

    pub(crate) fn unblock(&mut self, seat: Seat) {
        self.begin();
        self.real.unblock(seat);
        self.ghost.unblock(seat);
        self.compare(false);
    }

    #[cfg(shuttle)]
    pub(crate) fn suspects(&self, out: &mut Vec<Suspect<W>>) -> bool {
        let mut named = Vec::new();
        let backlog = self.real.suspects(&mut named);
        out.extend(named.into_iter().map(|suspect| Suspect {
            seat: suspect.seat,
            epoch: suspect.epoch,
            observed: suspect.observed,
            waker: suspect.waker.1,
        }));
        backlog
    }

    /// What was seen of a seat before its last call must change nothing.
    pub(crate) fn seen(&mut self, seat: Seat, epoch: u32, seen: Seen) -> Wakes<W> {
        let before = self.begin();
        let up_to_date = before.threads.contains_key(&seat) && self.real.epoch(seat) == epoch;
        let wakes = self.real.seen(seat, epoch, seen);
        if up_to_date {
            self.ghost.seen(seat, seen);
        }
        self.compare(false);
        self.wakes(&before, wakes, None)
    }

    pub(crate) fn close(&mut self) -> (VecDeque<P>, Wakes<W>) {
        let before = self.begin();
        let (packets, wakes) = self.real.close();
        let dropped = self.ghost.close();
        assert!(packets.iter().map(|packet| packet.0).eq(dropped));
        self.compare(false);
        let packets = packets.into_iter().map(|packet| packet.1).collect();
        (packets, self.wakes(&before, wakes, None))
    }

    pub(crate) fn tick(&mut self, now_ns: u64) -> (Watch, Wakes<W>) {
        let before = self.begin();
        let (debt, undriven) = self.real.ages();
        let old = |since: u64| now_ns.saturating_sub(since) >= STALE_NS;
        let (watch, wakes) = self.real.tick(now_ns);
        let adopt = self.ghost.tick(debt.is_some_and(old), old(undriven));
        self.compare(false);
        assert_eq!(
            watch == Watch::Adopt,
            adopt,
            "whether the monitor must drive"
        );
        let (debt, _) = self.real.ages();
        let pending = debt.is_some() || self.ghost.undriven();
        assert!(adopt || (watch == Watch::Again) == pending, "{watch:?}");
        assert!(!debt.is_some_and(old), "an old debt is paid");
        (watch, self.wakes(&before, wakes, None))
    }
}
