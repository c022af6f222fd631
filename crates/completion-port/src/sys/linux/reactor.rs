//! Readiness for pollable handles: one epoll instance a port, edge-triggered.
//!
//! Nothing is armed in the kernel but the registration of each handle, made once. Transfers are
//! done by the library itself: by the thread that issues an operation, or by the thread that
//! reaps the readiness event. That is why nothing here belongs to a thread: the issuer may
//! compute, sleep or exit.
//!
//! Who waits in `epoll_wait`:
//!
//! * the port's *driver*, one of the threads that wait for packets;
//! * the monitor, for a port whose threads are all busy elsewhere or where little happens
//!   (`adopted`), and always for handles without a port.
//!
//! # Invariants
//!
//! 1. A handle's registration key is never reused while an event for it may be on its way: keys
//!    carry a generation.
//! 2. Whenever something could happen late (a packet queued for a thread that runs, nobody in
//!    `epoll_wait`), the timer is armed, the monitor ticks, or the port is adopted.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use slab::Slab;

use super::aio::{self, Aio};
use super::files::File;
use super::load::Load;
use super::monitor;
use super::os::{Epoll, EventFd, EventList, TimerFd};
use super::port::Batch;
use super::socket::Socket;
use crate::op::OpBox;
use crate::sched::{Deadline, now_ns};

/// Events taken from the kernel in one call.
const EVENTS_MAX: usize = 64;
/// The monitor looks so long after something began that must not take long.
const LOOK_AFTER: Duration = Duration::from_micros(700);
/// A driver that passes by puts the look off: programming a timer costs up to 20 µs on a virtual
/// machine, waking the monitor more, so neither may happen often while threads come and go.
const PUT_OFF_BY: Duration = Duration::from_millis(5);
/// It does so if the last time was longer ago than this.
const PUT_OFF_AFTER_NS: u64 = 3_000_000;
/// The key of the descriptor that calls the driver out of its wait.
const KICK_KEY: u64 = u64::MAX;
/// The key of the descriptor that tells of finished direct access.
const DIRECT_KEY: u64 = u64::MAX - 1;
/// So often in a row a driver takes finished direct access without asking for other events.
const DIRECT_TURNS_MAX: u32 = 16;

#[derive(Debug)]
struct Source {
    generation: u32,
    socket: Arc<Socket>,
}

/// One epoll instance with its registrations, timer and wake-up descriptor.
#[derive(Debug)]
pub(super) struct Reactor {
    epoll: Epoll,
    kick: EventFd,
    timer: TimerFd,
    sources: Mutex<(Slab<Source>, u32)>,
    /// Direct access to files; `None` where the system does not give it. Made when first used.
    direct: OnceLock<Option<Aio>>,
    direct_turns: AtomicU32,
    /// Handles whose sends wait for something that causes no event; tried at each look.
    unheard: Mutex<Vec<Weak<Socket>>>,
    armed: AtomicBool,
    /// When a driver last put the timer off.
    put_off_ns: AtomicU64,
    /// A thread waits in `epoll_wait`, or is on its way there.
    driven: AtomicBool,
    adopted: AtomicBool,
    /// Held while `adopted` and the monitor's interest in our events change together. True if
    /// the monitor, while it drove, took a kick that was meant for a thread on its way here.
    kick_owed: Mutex<bool>,
    /// Place at the monitor.
    ward: monitor::Ward,
    load: Load,
}

impl Reactor {
    /// Makes a reactor and puts it under the monitor's eyes.
    pub(super) fn new(owner: monitor::Owner) -> io::Result<Arc<Self>> {
        let epoll = Epoll::new()?;
        let kick = EventFd::new()?;
        let timer = TimerFd::new()?;
        let flags = (libc::EPOLLIN | libc::EPOLLET).cast_unsigned();
        epoll.add(kick.as_raw_fd(), flags, KICK_KEY)?;
        let ward = monitor::admit(owner, timer.as_raw_fd(), epoll.as_raw_fd())?;
        Ok(Arc::new(Self {
            epoll,
            kick,
            timer,
            sources: Mutex::new((Slab::new(), 0)),
            direct: OnceLock::new(),
            direct_turns: AtomicU32::new(0),
            unheard: Mutex::default(),
            armed: AtomicBool::new(false),
            put_off_ns: AtomicU64::new(0),
            driven: AtomicBool::new(false),
            adopted: AtomicBool::new(false),
            kick_owed: Mutex::new(false),
            ward,
            load: Load::default(),
        }))
    }

    /// Starts watching a handle; the current readiness is reported as an event.
    pub(super) fn register(&self, socket: &Arc<Socket>) -> io::Result<u64> {
        let mut sources = self.sources.lock();
        let (slab, generations) = &mut *sources;
        *generations = generations.wrapping_add(1);
        let generation = *generations;
        let index = slab.insert(Source { generation, socket: Arc::clone(socket) });
        let key = (u64::from(generation) << 32) | index as u64;
        let flags = libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT | libc::EPOLLRDHUP;
        let flags = flags | libc::EPOLLET;
        let added = self.epoll.add(socket.as_raw_fd(), flags.cast_unsigned(), key);
        if let Err(error) = added {
            slab.remove(index);
            return Err(error);
        }
        Ok(key)
    }

    /// Stops watching a handle.
    pub(super) fn deregister(&self, key: u64, socket: &Socket) {
        // The descriptor is open (the socket is borrowed), so the call can fail only for a
        // process that shares the registration after a fork; there is nothing to do about it.
        let _ = self.epoll.delete(socket.as_raw_fd());
        let index = (key & 0xffff_ffff) as usize;
        let mut sources = self.sources.lock();
        if sources.0.get(index).is_some_and(|s| s.generation == (key >> 32) as u32) {
            let source = sources.0.remove(index);
            drop(sources);
            drop(source);
        }
    }

    /// Hands direct access to the device, if the system can do that; else gives it back.
    pub(super) fn submit_direct(&self, file: &Arc<File>, op: OpBox) -> Result<(), OpBox> {
        let direct = self.direct.get_or_init(|| {
            let direct = Aio::new().ok()?;
            let flags = (libc::EPOLLIN | libc::EPOLLET).cast_unsigned();
            self.epoll.add(direct.as_raw_fd(), flags, DIRECT_KEY).ok()?;
            Some(direct)
        });
        let Some(direct) = direct else { return Err(op) };
        direct.submit(file, op)?;
        self.expect_events();
        Ok(())
    }

    /// Calls the driver out of its wait.
    pub(super) fn kick(&self) {
        self.kick.signal();
    }

    /// Has the monitor look after this reactor soon: invariant 2.
    pub(super) fn arm(&self) {
        if self.armed.load(Ordering::Relaxed) {
            return;
        }
        if !self.armed.swap(true, Ordering::AcqRel) {
            self.timer.set(LOOK_AFTER);
        }
    }

    /// Has a handle tried again soon, since no event will tell when that is worth it.
    pub(super) fn try_soon(&self, socket: &Arc<Socket>) {
        self.unheard.lock().push(Arc::downgrade(socket));
        self.arm();
    }

    /// Tries what no event tells of. What is still in vain comes again by [`Self::try_soon`].
    pub(super) fn try_unheard(&self, batch: &mut Batch<'_>) {
        let unheard = std::mem::take(&mut *self.unheard.lock());
        for socket in unheard.iter().filter_map(Weak::upgrade) {
            socket.try_again(batch);
        }
    }

    /// An operation now waits for readiness: somebody must be there to see it.
    pub(super) fn expect_events(&self) {
        if !self.driven.load(Ordering::Relaxed) && !self.adopted.load(Ordering::Relaxed) {
            self.arm();
        }
    }

    /// Waits as the driver and performs what became possible. Returns the time at which the wait
    /// ended. `needs_watch` tells whether anything must still be bounded.
    pub(super) fn drive(
        &self,
        deadline: Deadline,
        batch: &mut Batch<'_>,
        needs_watch: impl Fn() -> bool,
    ) -> io::Result<u64> {
        self.driven.store(true, Ordering::Relaxed);
        let called = self.adopted.load(Ordering::Relaxed) && self.set_adopted(false);
        if called || deadline == Deadline::Now {
            let harvested = self.harvest(Deadline::Now, batch);
            self.driven.store(false, Ordering::Relaxed);
            return harvested.map(|_| now_ns());
        }
        if self.take_direct(batch) {
            self.driven.store(false, Ordering::Relaxed);
            return Ok(now_ns());
        }
        if self.armed.load(Ordering::Relaxed) && self.load.is_low() {
            self.disarm(needs_watch);
        }
        let turn = self.load.enter();
        let mut scratch = Scratch::borrow();
        let waited = self.epoll.wait(&mut scratch.events, deadline);
        // Before the scheduler is asked who drives next: that thread sets the flag again.
        self.driven.store(false, Ordering::Relaxed);
        let woke_ns = self.load.woke(&turn, scratch.events.len());
        self.put_off(woke_ns);
        self.perform(&mut scratch, batch);
        scratch.give_back();
        waited.map(|()| woke_ns)
    }

    /// Takes the direct access that has finished, which is seen without asking the kernel. False if
    /// it should be asked, since there is none or others' events may have come meanwhile.
    fn take_direct(&self, batch: &mut Batch<'_>) -> bool {
        let Some(direct) = self.direct.get().and_then(Option::as_ref) else { return false };
        let turns = self.direct_turns.load(Ordering::Relaxed);
        if turns >= DIRECT_TURNS_MAX || !direct.has_events() {
            self.direct_turns.store(0, Ordering::Relaxed);
            return false;
        }
        self.direct_turns.store(turns + 1, Ordering::Relaxed);
        let mut scratch = Scratch::borrow();
        let found = direct.reap(&mut scratch.taken, batch);
        scratch.give_back();
        found
    }

    /// The driver passes by: nothing has been late so far.
    fn put_off(&self, now_ns: u64) {
        let since_ns = now_ns.saturating_sub(self.put_off_ns.load(Ordering::Relaxed));
        if since_ns > PUT_OFF_AFTER_NS
            && self.armed.load(Ordering::Relaxed)
            && !self.load.is_low()
        {
            self.put_off_ns.store(now_ns, Ordering::Relaxed);
            self.timer.set(PUT_OFF_BY);
        }
    }

    /// Whether the monitor should rather take the events of a driver that is away than be woken by
    /// a timer to look for it.
    pub(super) fn load_is_low(&self) -> bool {
        self.load.is_low()
    }

    /// Whether waiters should be woken for whatever there is.
    pub(super) fn load_is_high(&self) -> bool {
        self.load.is_high()
    }

    /// Stops the timer. Whoever needed it meanwhile is found by looking once more.
    ///
    /// In this order: were the flag cleared first, another could arm in between, and the timer
    /// that the flag then stands for would be stopped.
    fn disarm(&self, needs_watch: impl Fn() -> bool) {
        self.timer.set(Duration::ZERO);
        self.armed.store(false, Ordering::Release);
        if needs_watch() || !self.unheard.lock().is_empty() {
            self.arm();
        }
    }

    /// Takes events from the kernel and performs the operations they allow. Returns whether the
    /// driver's kick was among them.
    fn harvest(&self, deadline: Deadline, batch: &mut Batch<'_>) -> io::Result<bool> {
        let mut scratch = Scratch::borrow();
        let waited = self.epoll.wait(&mut scratch.events, deadline);
        let kicked = scratch.events.iter().any(|(_, key)| key == KICK_KEY);
        self.perform(&mut scratch, batch);
        scratch.give_back();
        waited.map(|()| kicked)
    }

    fn perform(&self, scratch: &mut Scratch, batch: &mut Batch<'_>) {
        let find = |sources: &Slab<Source>, key: u64| {
            let generation = (key >> 32) as u32;
            let source = sources.get((key & 0xffff_ffff) as usize)?;
            (source.generation == generation).then(|| Arc::clone(&source.socket))
        };
        match scratch.events.filled() {
            [] => return,
            [one] => {
                let socket = find(&self.sources.lock().0, one.u64);
                if let Some(socket) = socket {
                    socket.ready(one.events, batch);
                }
            }
            several => {
                let sources = self.sources.lock();
                let found = several
                    .iter()
                    .filter_map(|event| Some((event.events, find(&sources.0, event.u64)?)));
                scratch.ready.extend(found);
                drop(sources);
                for (flags, socket) in scratch.ready.drain(..) {
                    socket.ready(flags, batch);
                }
            }
        }
        if let Some(direct) = self.direct.get().and_then(Option::as_ref) {
            direct.reap(&mut scratch.taken, batch);
        }
    }

    /// The monitor's timer has fired.
    pub(super) fn timer_fired(&self) {
        self.timer.clear();
    }

    /// The monitor is about to look; who arms from now on is seen by its next look. False if
    /// the timer was stopped meanwhile.
    pub(super) fn begin_look(&self) -> bool {
        self.armed.swap(false, Ordering::AcqRel)
    }

    /// The monitor will look again by itself.
    pub(super) fn keep_armed(&self) {
        self.armed.store(true, Ordering::Release);
    }

    /// Whether the monitor drives this reactor.
    pub(super) fn is_adopted(&self) -> bool {
        self.adopted.load(Ordering::Relaxed)
    }

    /// The monitor drives this reactor from now on.
    pub(super) fn adopt(&self) {
        self.set_adopted(true);
    }

    /// A thread drives already. If the monitor has taken its kick meanwhile, it is kicked again.
    pub(super) fn give_back(&self) {
        if self.set_adopted(false) {
            self.kick.signal();
        }
    }

    /// Returns whether the caller, if it is the driver, has been called out already.
    fn set_adopted(&self, adopted: bool) -> bool {
        let mut kick_owed = self.kick_owed.lock();
        if self.adopted.swap(adopted, Ordering::AcqRel) != adopted {
            self.ward.set_adopted(self.epoll.as_raw_fd(), adopted);
        }
        !adopted && std::mem::take(&mut *kick_owed)
    }

    /// The monitor has taken a kick, and the driver has been called out but is not back: it
    /// sleeps and must be kicked again, or it is on its way here and must not fall asleep.
    pub(super) fn return_kick(&self) {
        let mut kick_owed = self.kick_owed.lock();
        if self.adopted.load(Ordering::Acquire) {
            *kick_owed = true;
        } else {
            self.kick.signal();
        }
    }

    /// The monitor has been told of events; harvests them if it still is the driver. Returns
    /// whether it has thereby taken a kick.
    pub(super) fn harvest_adopted(&self, batch: &mut Batch<'_>) -> bool {
        // An epoll instance that is open cannot fail to be polled; and the monitor has nobody
        // to tell.
        self.adopted.load(Ordering::Acquire)
            && self.harvest(Deadline::Now, batch).unwrap_or(false)
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        self.ward.discharge(self.timer.as_raw_fd(), self.epoll.as_raw_fd());
    }
}

/// Lists that keep their memory from one harvest to the next.
struct Scratch {
    events: EventList,
    ready: Vec<(u32, Arc<Socket>)>,
    taken: aio::Taken,
}

thread_local! {
    static SCRATCH: std::cell::Cell<Option<Box<Scratch>>> = const { std::cell::Cell::new(None) };
}

impl Scratch {
    /// The thread's lists, or new ones if they are in use (a destructor that takes packets).
    fn borrow() -> Box<Self> {
        let kept = SCRATCH.try_with(std::cell::Cell::take).ok().flatten();
        kept.unwrap_or_else(|| {
            let ready = Vec::with_capacity(EVENTS_MAX);
            let events = EventList::new(EVENTS_MAX);
            Box::new(Self { events, ready, taken: aio::Taken::default() })
        })
    }

    fn give_back(self: Box<Self>) {
        // In an exiting thread there is nothing to keep them for.
        let _ = SCRATCH.try_with(|place| place.set(Some(self)));
    }
}
