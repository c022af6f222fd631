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
//! * the monitor, for a port whose threads are all busy elsewhere (`adopted`), and always for
//!   handles without a port.
//!
//! # Invariants
//!
//! 1. A handle's registration key is never reused while an event for it may be on its way: keys
//!    carry a generation.
//! 2. Whenever something could happen late (a packet queued for a thread that runs, nobody in
//!    `epoll_wait`), the timer is armed or the port is adopted.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use slab::Slab;

use super::monitor;
use super::os::{Epoll, EventFd, EventList, TimerFd};
use super::port::Batch;
use super::socket::Socket;
use crate::sched::{Deadline, now_ns};

/// Events taken from the kernel in one call.
const EVENTS_MAX: usize = 64;
/// First look of the monitor after something began that must not take long.
const FIRST_TICK: Duration = Duration::from_micros(300);
/// Further looks while the port stays busy.
const TICK: Duration = Duration::from_millis(1);
/// The key of the descriptor that calls the driver out of its wait.
const KICK_KEY: u64 = u64::MAX;
/// A driver that sleeps longer than this on average stops the timer before it sleeps.
const DISARM_SLEEP_NS: u64 = 200_000;
/// Events per harvest (times 16) from which on waiters are woken eagerly.
const EAGER_EVENTS_X16: u32 = 4 * 16;
/// Time per packet from which on waiters are woken eagerly.
const EAGER_HANDLER_NS: u64 = 40_000;

#[derive(Debug)]
struct Source {
    generation: u32,
    socket: Arc<Socket>,
}

/// What the driver has observed of the load; smoothed, approximate, only ever a hint.
#[derive(Debug, Default)]
struct Load {
    events_x16: AtomicU32,
    sleep_ns: AtomicU64,
    handler_ns: AtomicU64,
    left_at_ns: AtomicU64,
    left_with: AtomicU64,
}

fn smooth(average: &AtomicU64, sample: u64) -> u64 {
    let old = average.load(Ordering::Relaxed);
    let new = old - old / 8 + sample / 8;
    average.store(new, Ordering::Relaxed);
    new
}

/// One epoll instance with its registrations, timer and wake-up descriptor.
#[derive(Debug)]
pub(super) struct Reactor {
    epoll: Epoll,
    kick: EventFd,
    timer: TimerFd,
    sources: Mutex<(Slab<Source>, u32)>,
    armed: AtomicBool,
    /// A thread waits in `epoll_wait`, or is on its way there.
    driven: AtomicBool,
    adopted: AtomicBool,
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
            armed: AtomicBool::new(false),
            driven: AtomicBool::new(false),
            adopted: AtomicBool::new(false),
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
        let flags = libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET;
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

    /// Calls the driver out of its wait.
    pub(super) fn kick(&self) {
        self.kick.signal();
    }

    /// Has the monitor look after this reactor soon: invariant 2.
    pub(super) fn arm(&self) {
        if self.armed.load(Ordering::Relaxed) || self.adopted.load(Ordering::Relaxed) {
            return;
        }
        if !self.armed.swap(true, Ordering::AcqRel) {
            self.timer.set(FIRST_TICK);
        }
    }

    /// An operation now waits for readiness: somebody must be there to see it.
    pub(super) fn expect_events(&self) {
        if !self.driven.load(Ordering::Relaxed) {
            self.arm();
        }
    }

    /// Waits as the driver and performs what became possible. Returns whether waiters should
    /// be woken eagerly. `needs_watch` tells whether anything must still be bounded.
    pub(super) fn drive(
        &self,
        deadline: Deadline,
        batch: &mut Batch,
        needs_watch: impl Fn() -> bool,
    ) -> io::Result<bool> {
        let entered_ns = now_ns();
        self.driven.store(true, Ordering::Relaxed);
        if self.adopted.load(Ordering::Relaxed) && self.adopted.swap(false, Ordering::AcqRel) {
            self.ward.set_adopted(self.epoll.as_raw_fd(), false);
        }
        self.note_handler_time(entered_ns);
        let sleepy = self.load.sleep_ns.load(Ordering::Relaxed) > DISARM_SLEEP_NS;
        if sleepy && deadline != Deadline::Now && self.armed.load(Ordering::Relaxed) {
            self.disarm(needs_watch);
        }
        let harvested = self.harvest(deadline, batch);
        // Before the scheduler is asked who drives next: that thread sets the flag again.
        self.driven.store(false, Ordering::Relaxed);
        let events = harvested?;
        let woke_ns = now_ns();
        if deadline != Deadline::Now {
            smooth(&self.load.sleep_ns, woke_ns - entered_ns);
        }
        let average = self.load.events_x16.load(Ordering::Relaxed);
        let average = average - average / 8 + u32::try_from(events * 2).unwrap_or(0);
        self.load.events_x16.store(average, Ordering::Relaxed);
        self.load.left_at_ns.store(woke_ns, Ordering::Relaxed);
        self.load.left_with.store(events as u64, Ordering::Relaxed);
        let long_handlers = self.load.handler_ns.load(Ordering::Relaxed) > EAGER_HANDLER_NS;
        Ok(average >= EAGER_EVENTS_X16 || long_handlers)
    }

    fn note_handler_time(&self, now_ns: u64) {
        let packets = self.load.left_with.swap(0, Ordering::Relaxed);
        if packets > 0 {
            let busy = now_ns.saturating_sub(self.load.left_at_ns.load(Ordering::Relaxed));
            smooth(&self.load.handler_ns, busy / packets);
        }
    }

    /// Stops the timer. Whoever needed it meanwhile is found by looking once more.
    fn disarm(&self, needs_watch: impl Fn() -> bool) {
        self.armed.store(false, Ordering::Release);
        self.timer.set(Duration::ZERO);
        if needs_watch() {
            self.armed.store(true, Ordering::Release);
            self.timer.set(FIRST_TICK);
        }
    }

    /// Takes events from the kernel and performs the operations they allow. Returns the number
    /// of handles that became ready.
    fn harvest(&self, deadline: Deadline, batch: &mut Batch) -> io::Result<usize> {
        let mut scratch = Scratch::borrow();
        let waited = self.epoll.wait(&mut scratch.events, deadline);
        let ready = scratch.events.len();
        if waited.is_ok() && ready > 0 {
            self.perform(&mut scratch, batch);
        }
        scratch.give_back();
        waited.map(|()| ready)
    }

    fn perform(&self, scratch: &mut Scratch, batch: &mut Batch) {
        let sources = self.sources.lock();
        for (flags, key) in scratch.events.iter() {
            let index = (key & 0xffff_ffff) as usize;
            let generation = (key >> 32) as u32;
            if let Some(source) = sources.0.get(index).filter(|s| s.generation == generation) {
                scratch.ready.push((flags, Arc::clone(&source.socket)));
            }
        }
        drop(sources);
        for (flags, socket) in scratch.ready.drain(..) {
            socket.ready(flags, batch);
        }
    }

    /// The monitor's timer has fired.
    pub(super) fn timer_fired(&self) {
        self.timer.clear();
        self.armed.store(false, Ordering::Release);
    }

    /// The monitor wants to look again.
    pub(super) fn rearm(&self) {
        if !self.armed.swap(true, Ordering::AcqRel) {
            self.timer.set(TICK);
        }
    }

    /// The monitor drives this reactor from now on.
    pub(super) fn adopt(&self) {
        if !self.adopted.swap(true, Ordering::AcqRel) {
            self.ward.set_adopted(self.epoll.as_raw_fd(), true);
        }
    }

    /// The monitor has been told of events; harvests them if it still is the driver.
    pub(super) fn harvest_adopted(&self, batch: &mut Batch) {
        if self.adopted.load(Ordering::Acquire) {
            // An epoll instance that is open cannot fail to be polled; and the monitor has
            // nobody to tell.
            let _ = self.harvest(Deadline::Now, batch);
        } else {
            self.ward.set_adopted(self.epoll.as_raw_fd(), false);
        }
    }
}

/// Lists that keep their memory from one harvest to the next.
struct Scratch {
    events: EventList,
    ready: Vec<(u32, Arc<Socket>)>,
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
            Box::new(Self { events: EventList::new(EVENTS_MAX), ready })
        })
    }

    fn give_back(self: Box<Self>) {
        // In an exiting thread there is nothing to keep them for.
        let _ = SCRATCH.try_with(|place| place.set(Some(self)));
    }
}
