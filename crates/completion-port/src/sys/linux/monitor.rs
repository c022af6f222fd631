//! One thread of the library for the whole process: it bounds every delay and drives what nobody
//! else drives. It sleeps in `epoll_wait` without a timeout; what wakes it is a port's timer
//! (armed only while something could happen late) or an event of an adopted port.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use slab::Slab;

use super::os::{self, Epoll, EventList};
use super::port::{Batch, Port};
use super::reactor::Reactor;
use crate::sched::Watch;

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

impl Drop for Ward {
    fn drop(&mut self) {
        // The descriptors close right after and leave the monitor's epoll by themselves.
        self.monitor.wards.lock().remove(self.index);
    }
}

#[derive(Debug)]
struct Monitor {
    epoll: Epoll,
    wards: Mutex<Slab<Owner>>,
    /// The fork count of the process that has the thread.
    forks: u64,
}

static MONITOR: Mutex<Option<Arc<Monitor>>> = Mutex::new(None);
static LONE: Mutex<Option<(u64, Arc<Reactor>)>> = Mutex::new(None);

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
    os::watch_forks();
    let mut place = MONITOR.lock();
    if let Some(monitor) = place.as_ref().filter(|m| m.forks == os::fork_count()) {
        return Ok(Arc::clone(monitor));
    }
    let monitor = Arc::new(Monitor {
        epoll: Epoll::new()?,
        wards: Mutex::new(Slab::new()),
        forks: os::fork_count(),
    });
    let its = Arc::clone(&monitor);
    std::thread::Builder::new()
        .name("iocp-monitor".into())
        .stack_size(256 * 1024)
        .spawn(move || its.run())?;
    // A monitor of the parent process is forgotten, not dropped: its descriptors are shared.
    if let Some(parents) = place.replace(Arc::clone(&monitor)) {
        std::mem::forget(parents);
    }
    Ok(monitor)
}

/// The reactor for handles that belong to no port; the monitor drives it.
pub(super) fn lone_reactor() -> io::Result<Arc<Reactor>> {
    let mut place = LONE.lock();
    if let Some((_, reactor)) = place.as_ref().filter(|(forks, _)| *forks == os::fork_count()) {
        return Ok(Arc::clone(reactor));
    }
    let reactor = Reactor::new(Owner::Nobody)?;
    reactor.adopt();
    if let Some(parents) = place.replace((os::fork_count(), Arc::clone(&reactor))) {
        std::mem::forget(parents);
    }
    Ok(reactor)
}

impl Monitor {
    fn run(&self) {
        let mut events = EventList::new(32);
        loop {
            if self.epoll.wait(&mut events, crate::sched::Deadline::Never).is_err() {
                // Cannot happen while the descriptor is open; never spin on it.
                return;
            }
            for (_, key) in events.iter() {
                let owner = self.wards.lock().get((key >> 1) as usize).cloned();
                match owner {
                    None => {}
                    Some(Owner::Nobody) => Self::look_after_lone(key & 1 == 0),
                    Some(Owner::Port(port)) => {
                        if let Some(port) = port.upgrade() {
                            Self::look_after(&port, key & 1 == 0);
                        }
                    }
                }
            }
        }
    }

    fn look_after_lone(timer: bool) {
        let lone = LONE.lock().as_ref().map(|(_, reactor)| Arc::clone(reactor));
        let Some(reactor) = lone else { return };
        if timer {
            reactor.timer_fired();
            return;
        }
        let mut batch = Batch::for_nobody();
        reactor.harvest_adopted(&mut batch);
        batch.deliver();
    }

    fn look_after(port: &Arc<Port>, timer: bool) {
        let Some(reactor) = port.reactor() else { return };
        if timer {
            reactor.timer_fired();
            let (watch, after) = port.sched().tick();
            match watch {
                Watch::Rest => {}
                Watch::Again => reactor.rearm(),
                Watch::Adopt => reactor.adopt(),
            }
            port.follow_up(after);
        } else {
            let mut batch = Batch::for_port(port);
            reactor.harvest_adopted(&mut batch);
            batch.deliver();
        }
    }
}

impl AsRawFd for Monitor {
    fn as_raw_fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }
}
