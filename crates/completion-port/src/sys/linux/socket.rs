//! A pollable handle: its operations in order, receiving and sending apart.
//!
//! Each direction is a FIFO (S-324, S-325). Only its head is ever tried, under the direction's
//! lock, so bytes go in call order and sends stay whole; an operation that finds others before
//! it queues behind them. Nothing is in the kernel's hands, so cancelling is local and at once.
//!
//! # Invariants
//!
//! 1. `ready` is false only if an attempt said "not ready" (or drained the socket) after the
//!    last readiness event that was noted; so whenever a direction's queue is not empty and
//!    `ready` is false, an event is still to come, or `unheard` is set and the reactor will try.
//! 2. A queue is not empty only if the handle is registered with a reactor.
//! 3. Once closed, both queues are empty and stay so.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use parking_lot::{Mutex, MutexGuard};

use super::line::Line;
use super::monitor;
use super::os::{self, check};
use super::place::{Attempted, Place};
use super::port::{Association, Batch, Port};
use super::reactor::Reactor;
use super::transfer::{Attempt, attempt, attempt_one};
use crate::op::{Address, Kind, OpBox, OpId, Operation, Outcome, Status, Tag, Target};

/// What kind of thing the descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// A TCP connection, or a listener for such. A receive that leaves room in its buffer has
    /// drained it, unless urgent data stands in between.
    Tcp,
    /// Another connection-oriented byte stream. A receive may stop before the end of what has
    /// arrived: where passed descriptors or credentials begin.
    Stream,
    /// Messages.
    Datagram,
    /// One end of a pipe.
    Pipe,
}

/// What became of an accepted operation.
#[derive(Debug)]
pub(crate) enum Submitted {
    /// It will complete, or has completed, by its target.
    InFlight(OpId),
    /// It is finished, and the caller asked to have it back in that case.
    Done(OpBox),
}

/// A refused operation and the reason.
pub(crate) type Refused = (io::Error, OpBox);

/// One direction of a handle.
#[derive(Debug)]
pub(crate) struct Side {
    queue: Line,
    ready: bool,
    /// Shut down by the program: nothing new is accepted (S-333, S-334).
    shut: bool,
    closed: bool,
    submitted: u64,
}

impl Side {
    /// A shutdown that has succeeded at once closes the side for what comes later.
    fn note_shutdown(&mut self, op: &Operation, outcome: Outcome) {
        let shuts = matches!(op.head().kind, Kind::ShutdownWrite);
        self.shut |= shuts && outcome.status == Status::Success;
    }

    /// Refuses what is new on a side that was shut or closed.
    fn accepts(&self) -> io::Result<()> {
        let code = match (self.closed, self.shut) {
            (true, _) => libc::EBADF,
            (_, true) => libc::ESHUTDOWN,
            _ => return Ok(()),
        };
        Err(io::Error::from_raw_os_error(code))
    }

    /// Takes out what is to be cancelled. A shutdown never is: it is a promise to the peer and no
    /// operation of the program's.
    fn take_cancellable(&mut self, wanted: impl Fn(&OpBox) -> bool) -> Line {
        let is_shutdown = |op: &OpBox| matches!(op.head().kind, Kind::ShutdownWrite);
        self.queue.take_all(|op| wanted(op) && !is_shutdown(op))
    }

    fn new() -> Self {
        let queue = Line::default();
        Self { queue, ready: true, shut: false, closed: false, submitted: 0 }
    }
}

impl Nature {
    pub(super) fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::Stream)
    }
}

/// In the order in which a request touches it: among many connections none is warm in a cache.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Socket {
    inbound: Mutex<Side>,
    association: Association,
    fd: OwnedFd,
    /// The error that broke the connection; the kernel tells it only once (S-328).
    broken: AtomicI32,
    nature: Nature,
    /// The peer has finished, the connection broke or urgent data came: a short read no longer
    /// means "drained".
    hung_up: AtomicBool,
    registered: AtomicBool,
    /// The sending side is waiting for room. Set before the attempt that must say so, cleared
    /// when nothing waits any more; while it is clear, events for that side may be ignored.
    outbound_waits: AtomicBool,
    /// What the sending side waits for causes no event, and an attempt in vain causes one: events
    /// are ignored, and the reactor has it tried now and then. Changed under that side's lock.
    unheard: AtomicBool,
    /// A connection has been made; before, a broken pipe means "not connected" (S-332).
    connected: AtomicBool,
    forks: u64,
    outbound: Mutex<Side>,
    registration: Mutex<Option<(Arc<Reactor>, u64)>>,
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl Socket {
    /// Takes a descriptor, which is made non-blocking.
    pub(crate) fn new(fd: OwnedFd, nature: Nature) -> io::Result<Arc<Self>> {
        // SAFETY: no pointers are passed.
        let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
        if flags & libc::O_NONBLOCK == 0 {
            let flags = flags | libc::O_NONBLOCK;
            // SAFETY: no pointers are passed.
            check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags) })?;
        }
        Ok(Self::adopt(fd, nature))
    }

    /// Takes a descriptor that is known not to block.
    pub(crate) fn adopt(fd: OwnedFd, nature: Nature) -> Arc<Self> {
        os::watch_forks();
        Arc::new(Self {
            fd,
            nature,
            inbound: Mutex::new(Side::new()),
            outbound: Mutex::new(Side::new()),
            hung_up: AtomicBool::new(false),
            broken: AtomicI32::new(0),
            outbound_waits: AtomicBool::new(false),
            unheard: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            registration: Mutex::new(None),
            registered: AtomicBool::new(false),
            association: Association::default(),
            forks: os::fork_count(),
        })
    }

    /// Ties the handle to a port. Operations that are in flight already complete there, too
    /// (S-022).
    pub(crate) fn associate(self: &Arc<Self>, port: &Arc<Port>, key: usize) -> io::Result<()> {
        if self.is_forked() || port.is_forked() {
            return Err(forked());
        }
        let reactor = port.need_reactor()?;
        let mut registration = self.registration.lock();
        if self.is_associated() {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        // Before anything changes, since it may fail. It reports the present readiness, so no
        // event is lost; one that both registrations report is dealt with twice, in vain.
        let new = match *registration {
            Some(_) => Some((Arc::clone(reactor), reactor.register(self)?)),
            None => None,
        };
        self.association.set(port, key)?;
        if new.is_some()
            && let Some((old, old_key)) = std::mem::replace(&mut *registration, new)
        {
            old.deregister(old_key, self);
            reactor.expect_events();
        }
        Ok(())
    }

    pub(crate) fn is_associated(&self) -> bool {
        self.association.get().is_some()
    }

    pub(crate) fn association(&self) -> &Association {
        &self.association
    }

    /// Whether this is another process than the one that made the handle. What is here is then a
    /// copy of the parent's, whose locks may be held by threads that do not exist in the child.
    fn is_forked(&self) -> bool {
        self.forks != os::fork_count()
    }

    fn side(&self, inbound: bool) -> &Mutex<Side> {
        if inbound { &self.inbound } else { &self.outbound }
    }

    /// Accepts an operation, or refuses it together with its memory. One that finishes at once is
    /// delivered.
    pub(crate) fn submit(self: &Arc<Self>, mut op: OpBox) -> Result<OpId, Refused> {
        match self.attempt(&mut *op) {
            Err(error) => return Err((error, op)),
            Ok(Attempted::Finished(outcome)) => op.finish(outcome),
            Ok(Attempted::Waits(place)) => match place.put(op)? {
                Submitted::InFlight(id) => return Ok(id),
                Submitted::Done(done) => op = done,
            },
        }
        let id = op.head().id;
        self.association.deliver_own(op);
        Ok(id)
    }

    /// Tries an operation, which need not be on the heap yet, unless others come before it. If it
    /// has to wait it is to be put into the place that is returned.
    pub(crate) fn attempt(self: &Arc<Self>, op: &mut Operation) -> io::Result<Attempted<'_>> {
        if self.is_forked() {
            return Err(forked());
        }
        let head = op.head();
        if matches!(head.target, Target::Port) && !self.is_associated() {
            return Err(unassociated());
        }
        let inbound = head.kind.is_inbound();
        let mut side = self.side(inbound).lock();
        side.accepts()?;
        side.submitted += 1;
        op.head_mut().id = OpId(side.submitted << 1 | u64::from(inbound));
        let mut outcome = None;
        if side.queue.is_empty() && self.worth_trying(&side) {
            outcome = self.try_now(&mut side, op);
            side.ready &= outcome.is_some();
        }
        if outcome.is_none() && !inbound && side.queue.is_empty() {
            // Room may have come between the attempt and now, and its event been ignored.
            self.outbound_waits.store(true, Ordering::SeqCst);
            outcome = self.try_any(&mut side, op);
            side.ready |= outcome.is_some();
        }
        match outcome {
            None => Ok(Attempted::Waits(Place::Queue(self, side))),
            Some(Outcome { status: Status::Error(code), bytes: 0 }) => {
                Err(io::Error::from_raw_os_error(code))
            }
            // What has moved bytes is not refused: the packet tells how many.
            Some(outcome) => {
                side.note_shutdown(op, outcome);
                Ok(Attempted::Finished(outcome))
            }
        }
    }

    /// Queues an operation that has been tried; see [`Place::put`].
    #[inline]
    pub(super) fn queue(
        self: &Arc<Self>,
        mut side: MutexGuard<'_, Side>,
        mut op: OpBox,
    ) -> Result<Submitted, Refused> {
        if let Err(error) = self.ensure_registered() {
            drop(side);
            return match (error.raw_os_error(), bytes_moved(&op)) {
                (Some(code), bytes) if bytes > 0 => {
                    op.finish(Outcome::error(code, bytes));
                    Ok(Submitted::Done(op))
                }
                _ => Err((error, op)),
            };
        }
        let head = op.head();
        let (id, inbound) = (head.id, head.kind.is_inbound());
        side.shut |= matches!(head.kind, Kind::ShutdownWrite);
        side.queue.push_back(op);
        if !inbound {
            self.hear_of(&side);
        }
        Ok(Submitted::InFlight(id))
    }

    fn worth_trying(&self, side: &Side) -> bool {
        side.ready
            || self.hung_up.load(Ordering::Relaxed)
            || self.broken.load(Ordering::Relaxed) != 0
    }

    /// Tries an operation once, unless others come before it; it is never queued. `None` if it
    /// would have to wait. `again` tells that it was tried before, so that a shutdown since then
    /// does not concern it (S-333).
    pub(crate) fn attempt_only(
        &self,
        op: &mut Operation,
        again: bool,
    ) -> io::Result<Option<Outcome>> {
        if self.is_forked() {
            return Err(forked());
        }
        let inbound = op.head().kind.is_inbound();
        let mut side = self.side(inbound).lock();
        match side.accepts() {
            Err(error) if !again || side.closed => return Err(error),
            _ => {}
        }
        // `ready` is not asked: a handle that is not registered hears of no event.
        if !side.queue.is_empty() {
            return Ok(None);
        }
        match self.try_any(&mut side, op) {
            Some(Outcome { status: Status::Error(code), bytes: 0 }) => {
                Err(io::Error::from_raw_os_error(code))
            }
            outcome => Ok(outcome),
        }
    }

    /// Tries an operation that is at the head of its direction.
    #[inline(always)]
    fn try_now(&self, side: &mut Side, op: &mut Operation) -> Option<Outcome> {
        match attempt_one(self.as_raw_fd(), self.nature, op) {
            Some(attempt) => self.conclude(side, op, attempt),
            None => self.try_any(side, op),
        }
    }

    /// As [`Self::try_now`], for what is rare.
    #[inline(never)]
    fn try_any(&self, side: &mut Side, op: &mut Operation) -> Option<Outcome> {
        let attempt = attempt(self.as_raw_fd(), self.nature, op);
        self.conclude(side, op, attempt)
    }

    #[inline(always)]
    fn conclude(&self, side: &mut Side, op: &mut Operation, attempt: Attempt) -> Option<Outcome> {
        let Attempt::Done { outcome, drained } = attempt else { return None };
        if drained && !self.hung_up.load(Ordering::Relaxed) {
            side.ready = false;
        }
        let fine = outcome.status == Status::Success
            && self.broken.load(Ordering::Relaxed) == 0
            && !matches!(op.head().kind, Kind::Connect(_));
        Some(if fine { outcome } else { self.latch(op, outcome) })
    }

    /// Keeps the error that broke a connection, and reports it in place of what the kernel says
    /// once it has forgotten it: an end of the stream, a broken pipe (S-328).
    fn latch(&self, op: &mut Operation, outcome: Outcome) -> Outcome {
        if !self.nature.is_stream() {
            return outcome;
        }
        let broken = self.broken.load(Ordering::Relaxed);
        let bytes = outcome.bytes;
        match (outcome.status, &op.head().kind) {
            (Status::Success, Kind::Connect(_)) => {
                self.connected.store(true, Ordering::Relaxed);
                outcome
            }
            (_, Kind::Connect(_)) => outcome,
            (Status::Error(code @ (libc::ECONNRESET | libc::ETIMEDOUT)), _) => {
                self.broken.store(code, Ordering::Relaxed);
                outcome
            }
            (Status::Error(libc::EPIPE), _) if !self.connected.load(Ordering::Relaxed) => {
                Outcome::error(libc::ENOTCONN, bytes)
            }
            (Status::Error(libc::EPIPE), _) => {
                let code = if broken == 0 { libc::ECONNRESET } else { broken };
                self.broken.store(code, Ordering::Relaxed);
                Outcome::error(code, bytes)
            }
            // Whatever else the kernel calls it: an unreachable host, a connection destroyed.
            (Status::Error(code), _)
                if broken == 0
                    && self.nature == Nature::Tcp
                    && self.connected.load(Ordering::Relaxed)
                    && os::is_closed_tcp(self.as_raw_fd()) =>
            {
                self.broken.store(code, Ordering::Relaxed);
                outcome
            }
            (Status::Success, Kind::Receive { all, .. }) if broken != 0 => {
                let all = *all;
                if bytes == 0 || (all && bytes < op.head().moved + op.memory().bytes()) {
                    return Outcome::error(broken, bytes);
                }
                outcome
            }
            _ => outcome,
        }
    }

    /// Whether operations are queued in one direction.
    pub(crate) fn is_queued(&self, inbound: bool) -> bool {
        !self.is_forked() && !self.side(inbound).lock().queue.is_empty()
    }

    /// The descriptor is known to be connected.
    pub(crate) fn mark_connected(&self) {
        self.connected.store(true, Ordering::Relaxed);
    }

    fn ensure_registered(self: &Arc<Self>) -> io::Result<()> {
        if self.registered.load(Ordering::Acquire) {
            if let Some((port, _)) = self.association.get()
                && let Some(reactor) = port.reactor()
            {
                reactor.expect_events();
            }
            return Ok(());
        }
        let mut registration = self.registration.lock();
        if registration.is_none() {
            let reactor = match self.association.get() {
                Some((port, _)) => Arc::clone(port.need_reactor()?),
                None => monitor::lone_reactor()?,
            };
            let key = reactor.register(self)?;
            reactor.expect_events();
            *registration = Some((reactor, key));
            self.registered.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Has the reactor try what waits first to be sent if no event will tell when that is possible:
    /// a message for another socket than the connected one on this machine, whose queue is full.
    fn hear_of(self: &Arc<Self>, side: &Side) {
        let is_unheard = |op: &OpBox| match &op.head().kind {
            Kind::SendTo(to) => matches!(**to, Address::Path(_) | Address::Abstract(_)),
            _ => false,
        };
        if side.queue.first().is_some_and(is_unheard)
            && !self.unheard.swap(true, Ordering::Relaxed)
            && let Some((reactor, _)) = &*self.registration.lock()
        {
            reactor.try_soon(self);
        }
    }

    /// Some time has passed since an attempt was in vain that no event follows.
    pub(super) fn try_again(self: &Arc<Self>, batch: &mut Batch<'_>) {
        let side = self.outbound.lock();
        self.unheard.store(false, Ordering::Relaxed);
        self.run(side, batch);
    }

    /// The reactor has seen events.
    pub(super) fn ready(self: &Arc<Self>, flags: u32, batch: &mut Batch<'_>) {
        let has = |bits: libc::c_int| flags & bits.cast_unsigned() != 0;
        if has(libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR | libc::EPOLLPRI) {
            self.hung_up.store(true, Ordering::Relaxed);
        }
        let inbound = libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR;
        if has(inbound | libc::EPOLLPRI) {
            self.run(self.inbound.lock(), batch);
        }
        if has(libc::EPOLLOUT | libc::EPOLLHUP | libc::EPOLLERR)
            && self.outbound_waits.load(Ordering::SeqCst)
            && !self.unheard.load(Ordering::Relaxed)
        {
            self.run(self.outbound.lock(), batch);
        }
    }

    /// Performs a direction's operations until it is not ready any more.
    fn run(self: &Arc<Self>, mut side: MutexGuard<'_, Side>, batch: &mut Batch<'_>) {
        side.ready = true;
        let is_outbound = std::ptr::eq(MutexGuard::mutex(&side), &raw const self.outbound);
        // Delivered after the lock is released: a receiver may submit the next operation.
        let mut finished = Line::default();
        while let Some(mut op) = side.queue.pop_front() {
            let worth = self.worth_trying(&side);
            let outcome = if worth { self.try_now(&mut side, &mut *op) } else { None };
            match outcome {
                Some(outcome) => {
                    op.finish(outcome);
                    finished.push_back(op);
                }
                None => {
                    side.ready = false;
                    batch.is_urgent |= is_outbound || op.head().moved > 0;
                    side.queue.push_front(op);
                    break;
                }
            }
        }
        if is_outbound {
            if side.queue.is_empty() {
                self.outbound_waits.store(false, Ordering::SeqCst);
            }
            self.hear_of(&side);
        }
        drop(side);
        while let Some(op) = finished.pop_front() {
            batch.finish(&self.association, op);
        }
    }

    /// Cancels one operation; false if it is not in flight any more (S-210, S-213).
    pub(crate) fn cancel(&self, id: OpId) -> bool {
        if self.is_forked() {
            return false;
        }
        let mut side = self.side(id.0 & 1 == 1).lock();
        let Some(op) = side.queue.take(|op| op.head().id == id) else { return false };
        self.run_freed(side);
        self.deliver_cancelled(op);
        true
    }

    /// Cancels everything in flight; returns how many operations that were.
    pub(crate) fn cancel_all(&self) -> usize {
        self.cancel_every(|_| true)
    }

    /// Cancels what has such a tag; returns how many operations that were.
    pub(crate) fn cancel_where(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        self.cancel_every(|op| wanted(op.tag()))
    }

    fn cancel_every(&self, wanted: impl Fn(&OpBox) -> bool) -> usize {
        if self.is_forked() {
            return 0;
        }
        let mut side = self.inbound.lock();
        let inbound = side.take_cancellable(&wanted);
        drop(side);
        let mut side = self.outbound.lock();
        let outbound = side.take_cancellable(&wanted);
        self.run_freed(side);
        let count = inbound.len() + outbound.len();
        inbound
            .into_iter()
            .chain(outbound)
            .for_each(|op| self.deliver_cancelled(op));
        count
    }

    /// A queued shutdown may now have nothing before it any more; it needs no readiness.
    fn run_freed(&self, mut side: MutexGuard<'_, Side>) {
        let is_shutdown = |op: &OpBox| matches!(op.head().kind, Kind::ShutdownWrite);
        if side.queue.first().is_some_and(is_shutdown)
            && let Some(mut op) = side.queue.pop_front()
        {
            // Nobody hears of the outcome; a connection that is gone needs no end.
            let _ = attempt(self.as_raw_fd(), self.nature, &mut *op);
        }
    }

    fn deliver_cancelled(&self, mut op: OpBox) {
        let bytes = bytes_moved(&op);
        op.finish(Outcome::error(libc::ECANCELED, bytes));
        self.association.deliver(op);
    }

    /// New receives fail from now on; those in flight stay and still get data (S-333).
    pub(crate) fn shut_inbound(&self) {
        if self.is_forked() {
            return;
        }
        self.inbound.lock().shut = true;
    }

    /// The last handle is gone: everything in flight is cancelled and delivered (S-230), and the
    /// descriptor closes as soon as no other thread is in the middle of using it.
    pub(crate) fn close(&self) {
        if self.is_forked() {
            return;
        }
        self.inbound.lock().closed = true;
        self.outbound.lock().closed = true;
        // A shutdown that is still queued is overtaken by the close.
        self.cancel_all();
        let registration = self.registration.lock().take();
        if let Some((reactor, key)) = registration {
            reactor.deregister(key, self);
        }
    }
}

/// The bytes that earlier attempts have moved.
fn bytes_moved(op: &OpBox) -> usize {
    match op.head().kind {
        // It notes there that it has begun.
        Kind::Connect(_) => 0,
        _ => op.head().moved,
    }
}

pub(super) fn forked() -> io::Error {
    io::Error::other("the handle or port belongs to the process that this one was forked from")
}

pub(super) fn unassociated() -> io::Error {
    let text = "the handle is not associated with a port; associate it, or use start()";
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::buf;
    use crate::op::{Access, Node};

    fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (ours, listener.accept().unwrap().0)
    }

    /// What the second of two receives tells if the kernel tells those outcomes.
    fn second(ours: &Arc<Socket>, first: Outcome, second: Outcome) -> Outcome {
        let kind = Kind::Receive { peek: false, all: false };
        let mut op = Node::new(kind, Target::Nobody, Access::none(), (), ());
        assert_eq!(ours.latch(&mut op, first), first);
        ours.latch(&mut op, second)
    }

    #[test]
    fn s_328_any_error_that_ended_a_connection_stays() {
        let (ours, peer) = connection();
        socket2::SockRef::from(&peer).set_linger(Some(std::time::Duration::ZERO)).unwrap();
        drop(peer);
        // The test takes the error that the kernel tells once; what it calls it is no matter.
        (&ours).read(&mut [0]).unwrap_err();
        let ours = Socket::new(ours.into(), Nature::Tcp).unwrap();
        ours.mark_connected();
        let unreachable = Outcome::error(libc::EHOSTUNREACH, 0);
        assert_eq!(second(&ours, unreachable, Outcome::success(0)), unreachable);
    }

    fn send(bytes: Vec<u8>) -> Node<Vec<u8>, ()> {
        let access = Access { memory: buf::source, ..Access::none() };
        Node::new(Kind::Send, Target::Nobody, access, bytes, ())
    }

    #[test]
    fn s_325_nothing_is_sent_between_the_parts_of_a_send() {
        const BYTES: usize = 1 << 24;
        let (ours, mut peer) = connection();
        let ours = Socket::new(ours.into(), Nature::Tcp).unwrap();
        let mut big = send(vec![1; BYTES]);
        let Attempted::Waits(place) = ours.attempt(&mut big).unwrap() else {
            panic!("nobody receives")
        };
        let moved = big.head().moved;
        assert!(moved > 0);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| ours.attempt_only(&mut send(vec![2; 10]), false));
            // Now there would be room for it.
            let mut received = vec![0; BYTES];
            peer.read_exact(&mut received[..moved]).unwrap();
            assert!(matches!(place.put(Box::new(big)), Ok(Submitted::InFlight(_))));
            assert!(other.join().unwrap().unwrap().is_none());
            peer.read_exact(&mut received[moved..]).unwrap();
            assert!(received.iter().all(|byte| *byte == 1));
        });
    }

    #[test]
    fn an_error_that_a_connection_survives_is_told_once() {
        let (ours, _peer) = connection();
        let ours = Socket::new(ours.into(), Nature::Tcp).unwrap();
        ours.mark_connected();
        let end = Outcome::success(0);
        assert_eq!(second(&ours, Outcome::error(libc::EHOSTUNREACH, 0), end), end);
    }
}
