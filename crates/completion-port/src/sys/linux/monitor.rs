//! One thread of the library for the whole process: it bounds every delay and drives what nobody
//! else drives. It sleeps in `epoll_wait` without a timeout; what wakes it is a port's timer
//! (armed only while something could happen late) or an event of an adopted port. Where little
//! happens a port is adopted whenever its driver is away, which takes no timer.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use slab::Slab;

use super::os::{self, Epoll, EventList, PerProcess};
use super::port::{Batch, Harvesting, Port};
use super::reactor::Reactor;
use crate::sched::{Deadline, Watch};

/// Time between two looks at a busy port.
const TICK: Duration = Duration::from_millis(1);

/// Whom a reactor belongs to.
#[derive(Clone, Debug)]
pub(super) enum Owner {
    Port(Weak<Port>),
    /// Handles without a port.
    Nobody,
}

/// A reactor's place at the monitor; given up when dropped.
#[derive(Debug)]
pub(super) struct Ward {
    monitor: Arc<Monitor>,
    index: usize,
}

impl Ward {
    /// Has the monitor wake for the reactor's events, or not.
    pub(super) fn set_adopted(&self, epoll: RawFd, adopted: bool) {
        let events = if adopted { libc::EPOLLIN.cast_unsigned() } else { 0 };
        // Both descriptors are open for as long as the reactor that calls this exists.
        let _ = self.monitor.epoll.modify(epoll, events, (self.index as u64) << 1 | 1);
    }
}

impl Ward {
    /// The reactor ends. Its descriptors are taken out of the monitor's epoll by hand: a forked
    /// child may have copies, and then closing ours does not take them out.
    pub(super) fn discharge(&self, timer: RawFd, epoll: RawFd) {
        if self.monitor.forks == os::fork_count() {
            // Both are open and were added by `admit`.
            let _ = self.monitor.epoll.delete(timer);
            let _ = self.monitor.epoll.delete(epoll);
        }
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        // In a forked child the list is a copy of the parent's, and perhaps locked by a thread that
        // does not exist here.
        if self.monitor.forks == os::fork_count() {
            self.monitor.wards.lock().remove(self.index);
        }
    }
}

#[derive(Debug)]
struct Monitor {
    epoll: Epoll,
    wards: Mutex<Slab<Owner>>,
    /// The fork count of the process that has the thread.
    forks: u64,
}

static MONITOR: PerProcess<Mutex<Option<Arc<Monitor>>>> = PerProcess::new();
static LONE: PerProcess<Mutex<Option<Arc<Reactor>>>> = PerProcess::new();

/// Puts a reactor under the monitor's eyes; starts the monitor if it is the first.
pub(super) fn admit(owner: Owner, timer: RawFd, epoll: RawFd) -> io::Result<Ward> {
    let monitor = running()?;
    let index = monitor.wards.lock().insert(owner);
    let ward = Ward { monitor, index };
    let key = (index as u64) << 1;
    ward.monitor.epoll.add(timer, libc::EPOLLIN.cast_unsigned(), key)?;
    ward.monitor.epoll.add(epoll, 0, key | 1)?;
    Ok(ward)
}

fn running() -> io::Result<Arc<Monitor>> {
    let mut place = MONITOR.get().lock();
    if let Some(monitor) = place.as_ref() {
        return Ok(Arc::clone(monitor));
    }
    let monitor = Arc::new(Monitor {
        epoll: Epoll::new()?,
        wards: Mutex::new(Slab::new()),
        forks: os::fork_count(),
    });
    let its = Arc::clone(&monitor);
    os::spawn("iocp-monitor", 256 * 1024, move || its.run())?;
    *place = Some(Arc::clone(&monitor));
    Ok(monitor)
}

/// The reactor for handles that belong to no port; the monitor drives it.
pub(super) fn lone_reactor() -> io::Result<Arc<Reactor>> {
    let mut place = LONE.get().lock();
    if let Some(reactor) = place.as_ref() {
        return Ok(Arc::clone(reactor));
    }
    let reactor = Reactor::new(Owner::Nobody)?;
    reactor.adopt();
    *place = Some(Arc::clone(&reactor));
    Ok(reactor)
}

impl Monitor {
    fn run(&self) {
        let _harvesting = Harvesting::begin();
        let mut events = EventList::new(32);
        // Ports that are looked at every tick, until a look finds nothing to bound.
        let mut ticking: Vec<Arc<Port>> = Vec::new();
        let mut next_tick = Instant::now();
        loop {
            let deadline =
                if ticking.is_empty() { Deadline::Never } else { Deadline::At(next_tick) };
            if self.epoll.wait(&mut events, deadline).is_err() {
                // Cannot happen while the descriptor is open; never spin on it.
                return;
            }
            for (_, key) in events.iter() {
                let owner = self.wards.lock().get((key >> 1) as usize).cloned();
                let is_timer = key & 1 == 0;
                match owner {
                    None => {}
                    Some(Owner::Nobody) => harvest_lone(is_timer),
                    Some(Owner::Port(port)) => {
                        let Some(port) = port.upgrade() else { continue };
                        let ticks =
                            if is_timer { timer_fired(&port) } else { harvest_adopted(&port) };
                        if ticks && !ticking.iter().any(|known| Arc::ptr_eq(known, &port)) {
                            if ticking.is_empty() {
                                next_tick = Instant::now() + TICK;
                            }
                            ticking.push(port);
                        }
                    }
                }
            }
            if !ticking.is_empty() && Instant::now() >= next_tick {
                ticking.retain(look);
                next_tick = Instant::now() + TICK;
            }
        }
    }
}

fn harvest_lone(is_timer: bool) {
    let lone = LONE.get().lock().as_ref().map(Arc::clone);
    let Some(reactor) = lone else { return };
    let mut batch = Batch::for_nobody();
    if is_timer {
        reactor.timer_fired();
        reactor.begin_look();
        reactor.try_unheard(&mut batch);
    } else {
        reactor.harvest_adopted(&mut batch);
    }
    batch.deliver();
}

/// An adopted port has events. Returns whether to look after it by ticks from now on, instead of
/// being woken by each event: those of connections that the port's threads are busy with come by
/// the ten thousand a second, and there is nothing to do for them.
fn harvest_adopted(port: &Arc<Port>) -> bool {
    let Some(reactor) = port.reactor() else { return false };
    let mut batch = Batch::for_port(port);
    let kicked = reactor.harvest_adopted(&mut batch);
    let ticks = !batch.is_urgent && !port.sched().can_release();
    batch.deliver();
    // A thread may have begun to drive meanwhile, and the kick was meant for it.
    if kicked && port.sched().driver_is_called() {
        reactor.return_kick();
    }
    if ticks {
        port.rest(reactor);
    }
    ticks
}

/// The port's timer has fired: the first look. Returns whether to look again.
fn timer_fired(port: &Arc<Port>) -> bool {
    let Some(reactor) = port.reactor() else { return false };
    reactor.timer_fired();
    look(port)
}

/// Looks after a port; returns whether to look again after a tick.
fn look(port: &Arc<Port>) -> bool {
    let Some(reactor) = port.reactor() else { return false };
    if !reactor.begin_look() {
        return false;
    }
    let mut batch = Batch::for_port(port);
    reactor.try_unheard(&mut batch);
    batch.deliver();
    let (watch, after) = port.sched().tick();
    port.follow_up(after);
    match watch {
        Watch::Rest => false,
        Watch::Again => {
            reactor.keep_armed();
            true
        }
        Watch::Adopt => {
            port.have_driven(reactor);
            false
        }
    }
}

impl AsRawFd for Monitor {
    fn as_raw_fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }
}
