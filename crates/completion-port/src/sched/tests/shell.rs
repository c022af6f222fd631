//! What `sys` does around the scheduler, for the models: the loop of a waiting thread, and in
//! the kernel's place a list of events, a kick and a bell to sleep by. The monitor's timer fires
//! whenever the checker likes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex as Plain, PoisonError};

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::atomic::AtomicBool;
use shuttle::sync::{Condvar, Mutex, MutexGuard};
use shuttle::thread::{self, JoinHandle};

use super::super::sync::Arc;
use super::super::{
    After, Bindable, Deadline, Next, Scheduler, Scope, Seat, Seen, Snapshot, Watch, forget, now_ns,
    passed, running_seat, seat_in,
};

/// A packet: who posted it, and which of his it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packet {
    pub(super) poster: usize,
    pub(super) number: usize,
}

pub(super) fn packet(poster: usize, number: usize) -> Packet {
    Packet { poster, number }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    TimedOut,
    Closed,
}

/// What the checker may let pass at any moment.
pub(super) fn some_time() -> Deadline {
    Deadline::At(std::time::Instant::now())
}

#[derive(Debug, Default)]
struct Kernel {
    events: VecDeque<Packet>,
    kicked: bool,
    /// A thread is in the engine's wait.
    driven: bool,
    armed: bool,
    adopted: bool,
    /// The monitor took a kick while it drove.
    kick_owed: bool,
    over: bool,
    /// The observer has been called and has not begun to look.
    backlog: bool,
}

/// The engine: one driver waits for events; the monitor looks after it when it is armed, and
/// takes the events when it has adopted it.
#[derive(Debug, Default)]
struct Engine {
    kernel: Mutex<Kernel>,
    driver: Condvar,
    monitor: Condvar,
    observer: Condvar,
}

impl Engine {
    fn lock(&self) -> MutexGuard<'_, Kernel> {
        // A thread that panics in a scope of its own passes here.
        self.kernel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, deadline: Deadline) -> Vec<Packet> {
        let mut kernel = self.lock();
        assert!(!kernel.driven, "one thread at a time drives");
        kernel.driven = true;
        if std::mem::take(&mut kernel.adopted) && std::mem::take(&mut kernel.kick_owed) {
            kernel.driven = false;
            return Vec::new();
        }
        let events = loop {
            // Between two looks, as before the first, the monitor may take what comes.
            drop(kernel);
            kernel = self.lock();
            if std::mem::take(&mut kernel.kicked) {
                break Vec::new();
            }
            if !kernel.events.is_empty() {
                break kernel.events.drain(..).collect();
            }
            if deadline == Deadline::Never {
                kernel = self.driver.wait(kernel).expect("nobody panics in here");
            } else if passed(deadline) {
                break Vec::new();
            } else {
                drop(kernel);
                thread::yield_now();
                kernel = self.lock();
            }
        };
        kernel.driven = false;
        events
    }

    fn kick(&self) {
        self.lock().kicked = true;
        self.driver.notify_one();
        self.monitor.notify_one();
    }

    fn complete(&self, packet: Packet) {
        self.lock().events.push_back(packet);
        self.driver.notify_one();
        self.monitor.notify_one();
    }

    fn arm(&self) {
        self.lock().armed = true;
        self.monitor.notify_one();
    }

    fn adopt(&self) {
        self.lock().adopted = true;
        self.monitor.notify_one();
    }

    fn is_adopted(&self) -> bool {
        self.lock().adopted
    }

    fn give_back(&self) {
        let mut kernel = self.lock();
        kernel.adopted = false;
        if std::mem::take(&mut kernel.kick_owed) {
            drop(kernel);
            self.kick();
        }
    }

    fn look_after(&self, port: &Port) {
        let mut kernel = self.lock();
        while !kernel.over {
            let happened = kernel.kicked || !kernel.events.is_empty();
            if std::mem::take(&mut kernel.armed) {
                drop(kernel);
                self.look(port);
                kernel = self.lock();
            } else if kernel.adopted && happened {
                drop(kernel);
                self.harvest_adopted(port);
                kernel = self.lock();
            } else {
                kernel = self.monitor.wait(kernel).expect("nobody panics in here");
            }
        }
    }

    fn look(&self, port: &Port) {
        let (watch, after) = port.sched.tick();
        port.follow_up(after);
        match watch {
            Watch::Rest => {}
            Watch::Again => self.arm(),
            Watch::Adopt => port.have_driven(),
        }
    }

    fn harvest_adopted(&self, port: &Port) {
        let mut kernel = self.lock();
        let kicked = std::mem::take(&mut kernel.kicked);
        let mut events = kernel.events.drain(..).collect();
        drop(kernel);
        // Whether anything is urgent is the checker's choice.
        let rests = !port.sched.can_release() && thread_rng().gen_bool(0.7);
        let after = port.sched.post_many(&mut events);
        port.follow_up(after);
        // A thread may have begun to drive meanwhile, and the kick was meant for it.
        if kicked && port.sched.driver_is_called() {
            let mut kernel = self.lock();
            if kernel.adopted {
                kernel.kick_owed = true;
            } else {
                drop(kernel);
                self.kick();
            }
        }
        if rests {
            self.arm();
            self.give_back();
            port.adopt_if_abandoned();
        }
    }
}

/// Calls a thread out of its wait, as `sys` does it.
#[derive(Debug, Default)]
pub(super) struct Alert {
    raised: AtomicBool,
    waits: Mutex<Option<(Arc<Port>, Seat)>>,
}

impl Alert {
    fn lock(&self) -> MutexGuard<'_, Option<(Arc<Port>, Seat)>> {
        self.waits.lock().expect("nobody panics in here")
    }

    pub(super) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::SeqCst)
    }

    pub(super) fn raise(&self) {
        self.raised.store(true, Ordering::SeqCst);
        if let Some((port, seat)) = &*self.lock() {
            let after = port.sched.call_off(*seat);
            port.follow_up(after);
        }
    }
}

/// A port as `sys` builds it.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) sched: Scheduler<Packet>,
    engine: Engine,
    /// The drivers' judgement of the load; without one it is the checker's.
    eager: Option<bool>,
}

impl Port {
    fn made(limit: usize, strict: bool, eager: Option<bool>) -> Arc<Self> {
        Arc::new(Self {
            sched: Scheduler::new(limit, strict, true),
            engine: Engine::default(),
            eager,
        })
    }

    pub(super) fn new(limit: usize) -> Arc<Self> {
        Self::made(limit, false, None)
    }

    /// A port that never defers, whatever its drivers think.
    pub(super) fn strict(limit: usize) -> Arc<Self> {
        Self::made(limit, true, Some(false))
    }

    /// A port under high load.
    pub(super) fn eager(limit: usize) -> Arc<Self> {
        Self::made(limit, false, Some(true))
    }

    pub(super) fn with_engine(self: Arc<Self>) -> Arc<Self> {
        self.add_engine();
        self
    }

    pub(super) fn add_engine(&self) {
        let after = self.sched.set_drivable();
        self.follow_up(after);
    }

    fn follow_up(&self, after: After) {
        if after.kick {
            self.engine.kick();
        }
        if after.watch {
            // The load is what the checker likes.
            if thread_rng().gen_bool(0.5) || self.sched.has_debt() {
                self.engine.arm();
            } else if !self.engine.is_adopted() {
                self.have_driven();
            }
        }
        if after.observe {
            self.engine.lock().backlog = true;
            self.engine.observer.notify_one();
        }
    }

    /// The monitor drives until a thread comes to do so.
    fn have_driven(&self) {
        loop {
            self.engine.adopt();
            // A thread that began to drive before this does not know that we adopted.
            if !self.sched.is_driven() {
                return;
            }
            self.engine.give_back();
            // It may have left meanwhile, and what was given back was its own adoption.
            if self.sched.is_driven() {
                return;
            }
        }
    }

    pub(super) fn post(&self, packet: Packet) -> Result<(), Packet> {
        self.sched.post(packet).map(|after| self.follow_up(after))
    }

    pub(super) fn post_many(&self, mut packets: Vec<Packet>) {
        let after = self.sched.post_many(&mut packets);
        self.follow_up(after);
    }

    /// An operation of the calling thread has completed at once.
    pub(super) fn post_own(self: &Arc<Self>, packet: Packet) -> Result<(), Packet> {
        let posted = match running_seat(self) {
            Some(seat) => self.sched.post_own(seat, packet),
            None => self.sched.post(packet),
        };
        posted.map(|after| self.follow_up(after))
    }

    /// An operation completes in the engine.
    pub(super) fn complete(&self, packet: Packet) {
        self.engine.complete(packet);
    }

    pub(super) fn get(
        self: &Arc<Self>,
        max: usize,
        deadline: Deadline,
    ) -> Result<Vec<Packet>, Ended> {
        self.get_until(max, deadline, || false)
    }

    /// As [`Self::get`], but the alert ends the wait as the deadline does.
    pub(super) fn get_alertable(
        self: &Arc<Self>,
        max: usize,
        deadline: Deadline,
        alert: &Alert,
    ) -> Result<Vec<Packet>, Ended> {
        let seat = seat_in(self).expect("the thread does not exit yet");
        *alert.lock() = Some((Arc::clone(self), seat));
        let result = self.get_until(max, deadline, || alert.is_raised());
        *alert.lock() = None;
        result
    }

    fn get_until(
        self: &Arc<Self>,
        max: usize,
        deadline: Deadline,
        called_off: impl Fn() -> bool,
    ) -> Result<Vec<Packet>, Ended> {
        let seat = seat_in(self).expect("the thread does not exit yet");
        let mut out = Vec::new();
        if max == 1
            && let Some(packet) = self.sched.take_next(seat)
        {
            return Ok(vec![packet]);
        }
        let (mut next, after) = self.sched.enter(seat, max, &mut out);
        self.follow_up(after);
        loop {
            next = match next {
                Next::Took => return Ok(out),
                Next::TimedOut => return Err(Ended::TimedOut),
                Next::Closed => {
                    forget(self, seat);
                    self.adopt_if_abandoned();
                    return Err(Ended::Closed);
                }
                Next::Park => {
                    let (next, after) =
                        self.sched
                            .park(seat, max, &mut out, deadline, &called_off, None);
                    self.follow_up(after);
                    next
                }
                Next::Drive => self.drive(seat, &mut out, max, deadline, &called_off),
            };
        }
    }

    fn drive(
        &self,
        seat: Seat,
        out: &mut Vec<Packet>,
        max: usize,
        deadline: Deadline,
        called_off: impl Fn() -> bool,
    ) -> Next {
        // Called off later, the thread is kicked out of the engine's wait.
        let deadline = if called_off() {
            Deadline::Now
        } else {
            deadline
        };
        let mut events = self.engine.wait(deadline);
        let eager = self.eager.unwrap_or_else(|| thread_rng().gen_bool(0.5));
        let (next, after) = self
            .sched
            .harvested(seat, &mut events, max, out, eager, now_ns());
        self.follow_up(after);
        if next == Next::Drive && (passed(deadline) || called_off()) {
            let (next, after) = self.sched.timeout(seat, max, out);
            self.follow_up(after);
            return next;
        }
        next
    }

    /// Closes the port; returns what nobody has taken.
    pub(super) fn close(&self) -> usize {
        let (packets, after) = self.sched.close();
        self.follow_up(after);
        self.adopt_if_abandoned();
        packets.len()
    }

    fn adopt_if_abandoned(&self) {
        if self.sched.is_abandoned() {
            self.engine.adopt();
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.sched.snapshot()
    }

    /// Waits until so many threads wait.
    pub(super) fn until_waiting(&self, threads: usize) {
        while self.snapshot().waiting < threads {
            thread::yield_now();
        }
    }

    /// Waits until the engine has no events left.
    pub(super) fn until_carried_out(&self) {
        while !self.engine.lock().events.is_empty() {
            thread::yield_now();
        }
    }

    /// Starts a thread in the observer's part. What it claims to see is the checker's choice.
    pub(super) fn observed(self: &Arc<Self>) -> JoinHandle<()> {
        let port = Arc::clone(self);
        thread::spawn(move || port.observe())
    }

    fn observe(&self) {
        let mut kernel = self.engine.lock();
        while !kernel.over {
            if !std::mem::take(&mut kernel.backlog) {
                kernel = self
                    .engine
                    .observer
                    .wait(kernel)
                    .expect("nobody panics in here");
                continue;
            }
            drop(kernel);
            let mut looks = 0;
            loop {
                let mut suspects = Vec::new();
                let backlog = self.sched.suspects(&mut suspects);
                // A call may be late: the observation that it began has ended. Without a backlog
                // nobody is marked.
                suspects.retain(|suspect| backlog || suspect.observed);
                for suspect in suspects {
                    thread::yield_now();
                    // In the end everybody is seen to run, or nothing would come to an end.
                    let blocks = looks < 3 && thread_rng().gen_bool(0.5);
                    let seen = if blocks { Seen::Blocked } else { Seen::Running };
                    self.follow_up(self.sched.seen(&suspect, seen));
                }
                if self.sched.end_observation(false) {
                    break;
                }
                looks += 1;
                if thread_rng().gen_bool(0.5) && self.sched.doze() {
                    self.sleep_lightly();
                }
                thread::yield_now();
            }
            kernel = self.engine.lock();
        }
    }

    /// Until there is a backlog again, or, as the checker likes, for a moment.
    fn sleep_lightly(&self) {
        let mut kernel = self.engine.lock();
        while !kernel.over && !std::mem::take(&mut kernel.backlog) {
            if thread_rng().gen_bool(0.5) {
                return;
            }
            kernel = self
                .engine
                .observer
                .wait(kernel)
                .expect("nobody panics in here");
        }
    }

    /// Has the observer come to an end.
    pub(super) fn end_observer(&self, thread: JoinHandle<()>) {
        self.engine.lock().over = true;
        self.engine.observer.notify_one();
        thread.join().expect("the observer ends well");
    }

    /// Starts a thread in the monitor's part.
    pub(super) fn monitored(self: &Arc<Self>) -> Monitor {
        let port = Arc::clone(self);
        let thread = thread::spawn(move || port.engine.look_after(&port));
        Monitor {
            port: Arc::clone(self),
            thread,
        }
    }
}

impl Bindable for Port {
    fn bind(&self) -> Seat {
        self.sched.bind(0)
    }
    fn leave(&self, seat: Seat) {
        let after = self.sched.leave(seat);
        self.follow_up(after);
    }
    fn block(&self, seat: Seat) -> bool {
        self.sched
            .block(seat)
            .map(|after| self.follow_up(after))
            .is_some()
    }
    fn unblock(&self, seat: Seat) {
        let after = self.sched.unblock(seat);
        self.follow_up(after);
    }
}

/// The thread in the monitor's part.
pub(super) struct Monitor {
    port: Arc<Port>,
    thread: JoinHandle<()>,
}

impl Monitor {
    pub(super) fn stop(self) {
        self.port.engine.lock().over = true;
        self.port.engine.monitor.notify_one();
        self.thread.join().expect("the monitor ends well");
    }
}

/// What the threads of a world have taken, and how many of them are at work.
///
/// The locks in here are none of the checker's: nothing is to be found in them.
#[derive(Debug, Default)]
pub(super) struct Log {
    taken: Plain<Vec<(usize, Packet)>>,
    at_work: AtomicUsize,
    peak: AtomicUsize,
}

impl Log {
    pub(super) fn begin(&self) {
        let now = self.at_work.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.at_work.fetch_sub(1, Ordering::Relaxed);
    }

    /// The most that have been at work at once.
    pub(super) fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Notes packets; returns how many are noted by now.
    pub(super) fn note(&self, thread: usize, packets: &[Packet]) -> usize {
        let mut taken = self.taken.lock().expect("nobody panics with the log");
        taken.extend(packets.iter().map(|packet| (thread, *packet)));
        taken.len()
    }

    pub(super) fn taken(&self) -> Vec<(usize, Packet)> {
        self.taken
            .lock()
            .expect("nobody panics with the log")
            .clone()
    }

    pub(super) fn has(&self, packet: Packet) -> bool {
        self.taken().iter().any(|(_, taken)| *taken == packet)
    }

    /// Waits until a packet has been taken.
    pub(super) fn until(&self, packet: Packet) {
        while !self.has(packet) {
            thread::yield_now();
        }
    }

    /// No packet is lost or doubled.
    pub(super) fn check(&self, posted: impl IntoIterator<Item = Packet>) {
        let mut taken: Vec<Packet> = self.taken().iter().map(|(_, packet)| *packet).collect();
        let mut posted: Vec<Packet> = posted.into_iter().collect();
        taken.sort();
        posted.sort();
        assert_eq!(taken, posted, "every packet is taken once");
    }

    /// Each thread has each poster's packets in the order in which they were posted. (Events of
    /// the engine have none: the monitor and a driver may bring some at the same time.)
    pub(super) fn check_order(&self) {
        let taken = self.taken();
        for (at, (thread, packet)) in taken.iter().enumerate() {
            let late = taken[at..].iter().find(|(by, later)| {
                by == thread && later.poster == packet.poster && later.number < packet.number
            });
            assert_eq!(late, None, "after {packet:?}, which was posted later");
        }
    }
}

/// Takes packets until the port is closed, and closes it when that was the last.
pub(super) struct Worker {
    pub(super) port: Arc<Port>,
    pub(super) log: Arc<Log>,
    pub(super) name: usize,
    pub(super) max: usize,
    /// The number of packets after which the port is closed.
    pub(super) last: usize,
    /// Calls have a deadline.
    pub(super) impatient: bool,
}

impl Worker {
    pub(super) fn run(&self, mut work: impl FnMut(&Self, &[Packet])) {
        loop {
            let deadline = if self.impatient {
                some_time()
            } else {
                Deadline::Never
            };
            match self.port.get(self.max, deadline) {
                Ok(packets) => {
                    assert!((1..=self.max).contains(&packets.len()), "S-120");
                    self.log.begin();
                    work(self, &packets);
                    self.log.end();
                    if self.log.note(self.name, &packets) == self.last {
                        self.port.close();
                    }
                }
                Err(Ended::TimedOut) => assert!(self.impatient),
                Err(Ended::Closed) => return,
            }
        }
    }
}

/// A blocking scope in whatever port the thread belongs to.
pub(super) fn blocking<T>(run: impl FnOnce() -> T) -> T {
    let _scope = Scope::begin();
    run()
}
