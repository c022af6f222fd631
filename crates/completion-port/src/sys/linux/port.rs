//! A port on Linux: the scheduler, and the loop in which a waiting thread parks or drives.

use std::cell::{Cell, RefCell};
use std::io;
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::files::Engine;
use super::monitor::Owner;
use super::observer;
use super::os;
use super::reactor::Reactor;
use crate::op::{Body, OpBox, Packet, Target, Then};
use crate::sched::{
    self, After, Bindable, Deadline, Next, Scheduler, Seat, Snapshot, Take, forget, running_seat,
    seat_in,
};

/// Why a wait ended without a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    TimedOut,
    Closed,
    /// The port belongs to the process that this one was forked from.
    Forked,
}

/// How a port is to behave; see the public builder.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) concurrency: usize,
    pub(crate) strict: bool,
    pub(crate) engine: Option<Engine>,
    /// Leave threads that block in foreign calls alone.
    pub(crate) unobserved: bool,
    /// After so long a wait a thread gives back the stack that it does not use.
    pub(crate) trim_after: Option<Duration>,
}

#[derive(Debug)]
pub(crate) struct Port {
    sched: Scheduler<Packet>,
    reactor: OnceLock<Arc<Reactor>>,
    making_reactor: Mutex<()>,
    engine: Option<Engine>,
    trim_after: Option<Duration>,
    forks: u64,
    me: Weak<Port>,
}

impl Port {
    pub(crate) fn new(options: Options) -> Arc<Self> {
        os::watch_forks();
        let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
        let limit = match options.concurrency {
            0 => processors(),
            limit => limit,
        };
        let observable =
            !options.unobserved && observer::is_wanted() && observer::source().is_some();
        Arc::new_cyclic(|me| Self {
            sched: Scheduler::new(limit, options.strict, observable),
            trim_after: options.trim_after,
            reactor: OnceLock::new(),
            making_reactor: Mutex::new(()),
            engine: options.engine,
            forks: os::fork_count(),
            me: me.clone(),
        })
    }

    pub(super) fn sched(&self) -> &Scheduler<Packet> {
        &self.sched
    }

    pub(super) fn reactor(&self) -> Option<&Arc<Reactor>> {
        self.reactor.get()
    }

    pub(super) fn engine(&self) -> Option<Engine> {
        self.engine
    }

    /// Whether this is another process than the one that made the port. The port is then a copy of
    /// the parent's: its locks may be held by threads that the child does not have, and its
    /// descriptors are shared with the parent.
    #[inline]
    pub(crate) fn is_forked(&self) -> bool {
        self.forks != os::fork_count()
    }

    /// The reactor, made when the first handle is associated.
    pub(super) fn need_reactor(&self) -> io::Result<&Arc<Reactor>> {
        if let Some(reactor) = self.reactor.get() {
            return Ok(reactor);
        }
        let _one_at_a_time = self.making_reactor.lock();
        if self.reactor.get().is_none() {
            let reactor = Reactor::new(Owner::Port(self.me.clone()))?;
            // Set under the lock by this thread alone.
            let _ = self.reactor.set(reactor);
            let after = self.sched.set_drivable();
            self.follow_up(after);
            self.adopt_if_abandoned();
        }
        Ok(self.reactor.get().expect("set above"))
    }

    /// Does what a scheduler step leaves to the shell.
    #[inline]
    pub(super) fn follow_up(&self, after: After) {
        if after != After::default() {
            self.carry_out(after);
        }
    }

    fn carry_out(&self, after: After) {
        if after.observe {
            observer::call(&self.me);
        }
        if let Some(reactor) = self.reactor.get() {
            if after.kick {
                reactor.kick();
            }
            if after.watch {
                self.look_after(reactor);
            }
        }
    }

    /// Something could happen late: has the monitor see to it.
    fn look_after(&self, reactor: &Reactor) {
        if !reactor.load_is_low() || self.sched.has_debt() {
            reactor.arm();
        } else if !reactor.is_adopted() {
            self.have_driven(reactor);
        }
    }

    /// The monitor drives until a thread comes to do so.
    pub(super) fn have_driven(&self, reactor: &Reactor) {
        loop {
            reactor.adopt();
            // A thread that began to drive before this does not know that the monitor does.
            if !self.sched.is_driven() {
                return;
            }
            reactor.give_back();
            // It may have left meanwhile, and what was given back was its own adoption.
            if self.sched.is_driven() {
                return;
            }
        }
    }

    /// The monitor has driven, and stops doing so until its next tick.
    pub(super) fn rest(&self, reactor: &Reactor) {
        reactor.keep_armed();
        reactor.give_back();
        // It does not look after a closed port.
        self.adopt_if_abandoned();
    }

    /// Posts a packet; a closed port gives it back, and so does another process's.
    pub(crate) fn post(&self, packet: Packet) -> Result<(), Packet> {
        if self.is_forked() {
            return Err(packet);
        }
        let after = self.sched.post(packet)?;
        self.follow_up(after);
        Ok(())
    }

    /// Posts the packet that `make` makes if that wakes nobody; says no otherwise.
    #[inline]
    pub(crate) fn queue_up(&self, make: impl FnOnce() -> Packet) -> bool {
        !self.is_forked() && self.sched.queue_up(make)
    }

    /// Posts several packets; a closed port swallows them (S-031).
    pub(super) fn post_many(&self, packets: &mut Vec<Packet>) {
        let after = self.sched.post_many(packets);
        self.follow_up(after);
        packets.drain(..).for_each(discard);
    }

    /// Posts a task that has been woken; a closed port gives it back, and so does another
    /// process's.
    ///
    /// In the middle of the driver's harvest it goes the way of what is harvested. Otherwise a
    /// thread that runs will be back for it in a moment.
    pub(crate) fn post_task(self: &Arc<Self>, body: Body) -> Result<(), Packet> {
        let packet = Packet { key: 0, body };
        if self.is_forked() {
            return Err(packet);
        }
        let Err(packet) = Woken::add(self, packet) else { return Ok(()) };
        let after = match running_seat(self) {
            Some(seat) if !Harvesting::is_going_on() => self.sched.post_own(seat, packet)?,
            _ => self.sched.post(packet)?,
        };
        self.follow_up(after);
        Ok(())
    }

    /// Delivers the completion of an operation that this very call has carried out.
    ///
    /// A closed port swallows it (S-031).
    pub(super) fn post_own(self: &Arc<Self>, packet: Packet) {
        let posted = match running_seat(self) {
            Some(seat) => self.sched.post_own(seat, packet),
            None => self.sched.post(packet),
        };
        match posted {
            Ok(after) => self.follow_up(after),
            Err(packet) => drop(packet),
        }
    }

    /// A packet for the calling thread, if it runs and there is one for it without further ado.
    #[inline]
    pub(crate) fn take_next(self: &Arc<Self>) -> Option<Packet> {
        if self.is_forked() {
            return None;
        }
        self.sched.take_next(running_seat(self)?)
    }

    /// Takes up to `max` packets, waiting until the deadline for the first.
    pub(crate) fn get(
        self: &Arc<Self>,
        out: &mut impl Take<Packet>,
        max: usize,
        deadline: Deadline,
    ) -> Result<(), Ended> {
        self.get_alertable(out, max, deadline, None)
    }

    /// As [`Self::get`], but an alert ends the wait as the deadline does.
    pub(crate) fn get_alertable(
        self: &Arc<Self>,
        out: &mut impl Take<Packet>,
        max: usize,
        deadline: Deadline,
        alert: Option<&Alert>,
    ) -> Result<(), Ended> {
        if self.is_forked() {
            return Err(Ended::Forked);
        }
        // The program's code in the middle of a harvest finds its thread's seat waiting.
        let bound = if Harvesting::is_going_on() { None } else { seat_in(self) };
        let seat = bound.unwrap_or_else(|| self.sched.bind(os::thread_name()));
        let called_off = || alert.is_some_and(Alert::is_raised);
        if let Some(alert) = alert {
            alert.attach(self, seat);
        }
        let result = self.get_from(seat, out, max, deadline, called_off);
        if let Some(alert) = alert {
            alert.detach();
        }
        if bound.is_none() && result != Err(Ended::Closed) {
            Bindable::leave(&**self, seat);
        }
        result
    }

    fn get_from(
        self: &Arc<Self>,
        seat: Seat,
        out: &mut impl Take<Packet>,
        max: usize,
        deadline: Deadline,
        called_off: impl Fn() -> bool,
    ) -> Result<(), Ended> {
        let (mut next, after) = self.sched.enter(seat, max, out);
        self.follow_up(after);
        let idle = self.trim_after.map(|after| (after, os::trim_stack as fn()));
        loop {
            next = match next {
                Next::Took => return Ok(()),
                Next::TimedOut => return Err(Ended::TimedOut),
                Next::Closed => {
                    forget(self, seat);
                    self.adopt_if_abandoned();
                    return Err(Ended::Closed);
                }
                Next::Park => {
                    let parked = self.sched.park(seat, max, out, deadline, &called_off, idle);
                    self.follow_up(parked.1);
                    parked.0
                }
                Next::Drive => self.drive(seat, out, max, deadline, &called_off),
            };
        }
    }

    /// One turn in the engine's wait.
    fn drive(
        self: &Arc<Self>,
        seat: Seat,
        out: &mut impl Take<Packet>,
        max: usize,
        deadline: Deadline,
        called_off: impl Fn() -> bool,
    ) -> Next {
        let reactor = self.reactor.get().expect("only a port with a reactor is driven");
        let mut batch = Batch::for_port(self);
        // Called off later, the thread is kicked out of the engine's wait.
        let deadline = if called_off() { Deadline::Now } else { deadline };
        let harvesting = Harvesting::begin();
        let woken = Woken::begin(self);
        let woke_ns = reactor
            .drive(deadline, &mut batch, || self.sched.needs_watch())
            .unwrap_or_else(|_| sched::now_ns());
        woken.end(&mut batch.packets);
        drop(harvesting);
        let eager = reactor.load_is_high();
        let (mut next, after) =
            self.sched.harvested(seat, &mut batch.packets, max, out, eager, woke_ns);
        self.follow_up(after);
        if next == Next::Drive && (sched::passed(deadline) || called_off()) {
            let (ended, after) = self.sched.timeout(seat, max, out);
            self.follow_up(after);
            next = ended;
        }
        if next == Next::Closed {
            // What is swallowed now may ask the port in its destructor; the seat is no more.
            forget(self, seat);
        }
        batch.deliver();
        next
    }

    /// A thread that waits on that seat looks whether its wait has been called off.
    fn call_off(&self, seat: Seat) {
        let after = self.sched.call_off(seat);
        self.follow_up(after);
    }

    /// Closes the port: every waiter is called out, what was queued is dropped.
    pub(crate) fn close(&self) {
        if self.is_forked() {
            return;
        }
        let (packets, after) = self.sched.close();
        self.follow_up(after);
        self.adopt_if_abandoned();
        drop(packets);
    }

    /// Operations in flight on a closed port are still carried out, though nobody will hear of
    /// them. Not before the driver is back: the monitor would take the call that is meant for it
    /// out of the engine, and the driver would wait for ever.
    pub(super) fn adopt_if_abandoned(&self) {
        if let Some(reactor) = self.reactor.get()
            && self.sched.is_abandoned()
        {
            reactor.adopt();
        }
    }

    /// In another process than the one that made it, a port is as good as closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_forked() || self.sched.is_closed()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        if self.is_forked() {
            return Snapshot::default();
        }
        self.sched.snapshot()
    }
}

impl Bindable for Port {
    fn bind(&self) -> Seat {
        self.sched.bind(os::thread_name())
    }

    fn leave(&self, seat: Seat) {
        // The scheduler may have been in the middle of a step when the process was forked, and
        // the descriptors are the parent's.
        if self.is_forked() {
            return;
        }
        let after = self.sched.leave(seat);
        self.follow_up(after);
        self.adopt_if_abandoned();
    }

    fn block(&self, seat: Seat) -> bool {
        if self.is_forked() {
            return false;
        }
        let Some(after) = self.sched.block(seat) else { return false };
        self.follow_up(after);
        true
    }

    fn unblock(&self, seat: Seat) {
        if self.is_forked() {
            return;
        }
        let after = self.sched.unblock(seat);
        self.follow_up(after);
    }
}

/// The calling thread drives, and its seat counts as waiting; or it is the library's, and never has
/// one. Code of the program may run in there: an operation that is told of its end, a destructor.
/// If it takes packets, it does so like an exiting thread, from a seat for that one call.
pub(super) struct Harvesting {
    before: bool,
}

thread_local! {
    static HARVESTING: Cell<bool> = const { Cell::new(false) };
}

impl Harvesting {
    pub(super) fn begin() -> Self {
        Self { before: HARVESTING.replace(true) }
    }

    fn is_going_on() -> bool {
        HARVESTING.get()
    }
}

impl Drop for Harvesting {
    fn drop(&mut self) {
        HARVESTING.set(self.before);
    }
}

/// The tasks of the port that the calling thread drives which are woken meanwhile.
struct Woken {
    /// The port that was driven before, when code of the program's drives in the middle of that.
    before: usize,
    /// How many of its tasks lie in the list, before those of this one.
    start: usize,
}

thread_local! {
    /// The port that is driven, by its address, and the tasks.
    static WOKEN: RefCell<(usize, Vec<Packet>)> = const { RefCell::new((0, Vec::new())) };
}

impl Woken {
    fn begin(port: &Arc<Port>) -> Self {
        let begun = WOKEN.try_with(|woken| {
            let (driven, packets) = &mut *woken.borrow_mut();
            let before = std::mem::replace(driven, Arc::as_ptr(port).addr());
            Self { before, start: packets.len() }
        });
        // In an exiting thread nothing is added either.
        begun.unwrap_or(Self { before: 0, start: 0 })
    }

    /// Adds a task, if its port is the one that is driven; else gives it back.
    fn add(port: &Arc<Port>, packet: Packet) -> Result<(), Packet> {
        let mut packet = Some(packet);
        let _ = WOKEN.try_with(|woken| {
            let (driven, packets) = &mut *woken.borrow_mut();
            if *driven == Arc::as_ptr(port).addr() {
                packets.extend(packet.take());
            }
        });
        packet.map_or(Ok(()), Err)
    }

    fn end(self, into: &mut Vec<Packet>) {
        let _ = WOKEN.try_with(|woken| {
            let (driven, packets) = &mut *woken.borrow_mut();
            *driven = self.before;
            if packets.len() > self.start {
                into.extend(packets.drain(self.start..));
            }
        });
    }
}

/// Calls a thread out of its wait for packets.
#[derive(Debug, Default)]
pub(crate) struct Alert {
    raised: AtomicBool,
    /// Where the thread waits, or is about to. Held while it is called, so that a seat that is
    /// given up is not another thread's by then.
    waits: Mutex<Option<(Arc<Port>, Seat)>>,
}

impl Alert {
    pub(crate) fn raise(&self) {
        // Raised first: a thread that attaches itself after we have looked sees it.
        self.raised.store(true, Ordering::SeqCst);
        if let Some((port, seat)) = &*self.waits.lock() {
            port.call_off(*seat);
        }
    }

    pub(crate) fn lower(&self) -> bool {
        self.raised.swap(false, Ordering::SeqCst)
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::SeqCst)
    }

    fn attach(&self, port: &Arc<Port>, seat: Seat) {
        *self.waits.lock() = Some((Arc::clone(port), seat));
    }

    fn detach(&self) {
        *self.waits.lock() = None;
    }
}

/// Drops what the program moved in, where nobody takes it.
///
/// Its destructors run here, in a thread of the library or in the middle of another's work. A panic
/// in one, of which the hook has told already, must not end that.
pub(crate) fn discard<T>(value: T) {
    guard(|| drop(value));
}

/// Runs code of the program's in the middle of something else, which its panic must not end.
pub(crate) fn guard(run: impl FnOnce()) {
    let ran = panic::catch_unwind(AssertUnwindSafe(run));
    // What was panicked with may have a destructor, too.
    ran.unwrap_or_else(std::mem::forget);
}

/// Association of a handle: its port and key, set once (S-016, S-021).
#[derive(Debug, Default)]
pub(crate) struct Association(OnceLock<(Arc<Port>, usize)>);

impl Association {
    pub(super) fn get(&self) -> Option<&(Arc<Port>, usize)> {
        self.0.get()
    }

    pub(super) fn set(&self, port: &Arc<Port>, key: usize) -> io::Result<()> {
        self.0
            .set((Arc::clone(port), key))
            .map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
    }

    /// Delivers an operation that the calling thread has just carried out itself.
    pub(crate) fn deliver_own(&self, op: OpBox) {
        self.route(op, |port, packet| port.post_own(packet));
    }

    /// A packet for what the calling thread has just carried out itself, without an operation.
    #[inline]
    pub(crate) fn post_own(&self, bytes: usize, token: usize) {
        if let Some((port, key)) = self.get() {
            port.post_own(Packet { key: *key, body: Body::Posted { bytes, token } });
        }
    }

    /// Delivers an operation that was carried out on behalf of somebody else.
    pub(crate) fn deliver(&self, op: OpBox) {
        self.route(op, |port, packet| port.post(packet).unwrap_or_else(discard));
    }

    /// Gives a finished operation to whom it is for; a packet to `post`.
    pub(super) fn route(&self, mut op: OpBox, post: impl FnOnce(&Arc<Port>, Packet)) {
        match std::mem::replace(&mut op.head_mut().target, Target::Nobody) {
            Target::Port => {
                if let Some((port, key)) = self.get() {
                    post(port, Packet { key: *key, body: Body::Finished(op) });
                }
            }
            Target::Cell(receiver) => {
                receiver.finished(op);
                // Nobody else may have it any more; then the operation goes with it.
                discard(receiver);
            }
            Target::Itself => {
                if op.told() == Then::Packet
                    && let Some((port, key)) = self.get()
                {
                    post(port, Packet { key: *key, body: Body::Finished(op) });
                } else {
                    discard(op);
                }
            }
            Target::Nobody => discard(op),
        }
    }
}

/// Finished operations on their way out of a harvest: packets of the harvesting port together,
/// everything else one by one.
pub(super) struct Batch<'p> {
    port: Option<&'p Arc<Port>>,
    pub(super) packets: Vec<Packet>,
    /// Something was finished for somebody who takes no packets of that port, or can only go on
    /// when the next event is seen.
    pub(super) is_urgent: bool,
}

thread_local! {
    /// The list of the thread's last batch, kept for its memory.
    static PACKETS: Cell<Vec<Packet>> = const { Cell::new(Vec::new()) };
}

impl<'p> Batch<'p> {
    pub(super) fn for_port(port: &'p Arc<Port>) -> Self {
        let packets = PACKETS.try_with(Cell::take).unwrap_or_default();
        Self { port: Some(port), packets, is_urgent: false }
    }

    pub(super) fn for_nobody() -> Self {
        Self { port: None, packets: Vec::new(), is_urgent: false }
    }

    /// Adds a finished operation of a handle with that association.
    pub(super) fn finish(&mut self, association: &Association, op: OpBox) {
        let mine = self.port;
        let before = self.packets.len();
        association.route(op, |port, packet| {
            if mine.is_some_and(|mine| Arc::ptr_eq(mine, port)) {
                self.packets.push(packet);
            } else {
                port.post(packet).unwrap_or_else(discard);
            }
        });
        self.is_urgent |= self.packets.len() == before;
    }

    /// Posts what the scheduler has not taken yet; a closed port swallows it (S-031).
    pub(super) fn deliver(mut self) {
        if let Some(port) = self.port {
            if !self.packets.is_empty() {
                port.post_many(&mut self.packets);
            }
            // In an exiting thread there is nothing to keep it for.
            let _ = PACKETS.try_with(|place| place.set(self.packets));
        }
    }
}
