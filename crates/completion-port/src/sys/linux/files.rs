//! Files: handles with offsets.
//!
//! The issuing thread first tries what cannot wait: a read from the page cache (`preadv2` with
//! `RWF_NOWAIT`), a buffered write (which copies into the page cache; a ring would send it to
//! another kernel thread for that). What is left goes to the engine: direct access to the device
//! itself, whose interrupt is an event of the port; else a ring owned by one thread of the library,
//! or a pool of threads where the system does not allow that, and always for what a ring would have
//! a thread wait for (flushing, reserving space). No user thread ever submits to a ring, so no
//! request dies with its issuer and no user thread is woken for a completion.

use std::any::Any;
use std::io;
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use parking_lot::Mutex;
use slab::Slab;

use super::os::{self, check, check_bytes};
use super::port::{Association, Batch, Port};
use super::socket::{Refused, forked, unassociated};
use super::{pool, uring};
use crate::buf::{Memory, Span};
use crate::op::{AsFile, Kind, OpBox, OpId, Operation, Outcome, Status, Tag, Target};

const _: () = {
    assert!(size_of::<Span>() == size_of::<libc::iovec>());
    assert!(offset_of!(Span, start) == offset_of!(libc::iovec, iov_base));
    assert!(offset_of!(Span, bytes) == offset_of!(libc::iovec, iov_len));
};

/// The kernel moves at most so many bytes in one call.
pub(super) const CALL_BYTES_MAX: usize = 0x7fff_f000;
/// And takes at most so many I/O vectors.
pub(super) const VECTORS_MAX: usize = 1024;

/// Reads of this file are not tried at once.
const NOT_AT_ONCE: libc::c_int = -1;

/// The name of every operation that was finished by the call that submitted it: there is
/// nothing left to cancel.
pub(crate) const FINISHED: OpId = OpId(0);

/// Who does what a file cannot do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A ring; fails where the system has none.
    Uring,
    /// A pool of threads.
    Threads,
}

#[derive(Debug)]
pub(crate) struct File {
    fd: OwnedFd,
    /// Opened with `O_DIRECT`: sizes and offsets are multiples of a sector.
    direct: bool,
    /// Writes wait for the device.
    synchronous: bool,
    /// The file system does not hand direct access to the device without waiting.
    no_aio: AtomicBool,
    /// How a read is tried at once: the flags of `preadv2`, or [`NOT_AT_ONCE`].
    at_once: AtomicI32,
    /// Nothing new is accepted.
    closed: AtomicBool,
    /// What the engine has.
    in_flight: Mutex<InFlight>,
    association: Association,
    forks: u64,
}

/// The operations that the engine has, by name. A name is a place in the list and the number of the
/// operation, so that it never names another one.
#[derive(Debug, Default)]
struct InFlight {
    places: Slab<(u32, Tag)>,
    submitted: u32,
}

impl InFlight {
    fn insert(&mut self, tag: Tag) -> OpId {
        // Never 0, which would allow for `FINISHED`.
        self.submitted = self.submitted.checked_add(1).unwrap_or(1);
        let number = self.submitted;
        Self::name(self.places.insert((number, tag)), number)
    }

    fn name(place: usize, number: u32) -> OpId {
        OpId(u64::from(number) << 32 | place as u64)
    }

    fn place(id: OpId) -> usize {
        (id.0 & 0xffff_ffff) as usize
    }

    fn contains(&self, id: OpId) -> bool {
        let found = self.places.get(Self::place(id));
        found.is_some_and(|(number, _)| Self::name(Self::place(id), *number) == id)
    }

    fn remove(&mut self, id: OpId) {
        if self.contains(id) {
            self.places.remove(Self::place(id));
        }
    }

    fn find(&self, wanted: &dyn Fn(Tag) -> bool) -> Vec<OpId> {
        let found = self.places.iter().filter(|(_, (_, tag))| wanted(*tag));
        found.map(|(place, (number, _))| Self::name(place, *number)).collect()
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl AsFile for File {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl File {
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Arc<Self>> {
        os::watch_forks();
        // SAFETY: no pointers are passed.
        let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
        let direct = flags & libc::O_DIRECT != 0;
        Ok(Arc::new(Self {
            fd,
            direct,
            synchronous: flags & (libc::O_SYNC | libc::O_DSYNC) != 0,
            no_aio: AtomicBool::new(false),
            at_once: AtomicI32::new(if direct { NOT_AT_ONCE } else { libc::RWF_NOWAIT }),
            closed: AtomicBool::new(false),
            in_flight: Mutex::default(),
            association: Association::default(),
            forks: os::fork_count(),
        }))
    }

    pub(crate) fn associate(&self, port: &Arc<Port>, key: usize) -> io::Result<()> {
        if self.is_forked() || port.is_forked() {
            return Err(forked());
        }
        port.need_reactor()?;
        self.association.set(port, key)
    }

    /// Whether this is another process than the one that made the handle; see the socket's.
    fn is_forked(&self) -> bool {
        self.forks != os::fork_count()
    }

    pub(crate) fn is_associated(&self) -> bool {
        self.association.get().is_some()
    }

    pub(crate) fn association(&self) -> &Association {
        &self.association
    }

    /// Tries what can be done without waiting for a device; `None` leaves the rest to
    /// [`Self::hand_to_engine`].
    pub(crate) fn attempt(&self, op: &mut Operation) -> io::Result<Option<Outcome>> {
        if self.is_forked() {
            return Err(forked());
        }
        if matches!(op.head().target, Target::Port) && !self.is_associated() {
            return Err(unassociated());
        }
        if self.closed.load(Ordering::Relaxed) {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        match self.try_at_once(op) {
            // What has moved bytes is not refused: the packet tells how many.
            Some(Outcome { status: Status::Error(code), bytes: 0 }) => {
                Err(io::Error::from_raw_os_error(code))
            }
            outcome => Ok(outcome),
        }
    }

    /// Accepts an operation, or refuses it together with its memory.
    pub(crate) fn submit(self: &Arc<Self>, mut op: OpBox) -> Result<OpId, Refused> {
        match self.attempt(&mut *op) {
            Err(error) => Err((error, op)),
            Ok(None) => self.hand_to_engine(op),
            Ok(Some(outcome)) => {
                op.finish(outcome);
                self.association.deliver_own(op);
                Ok(FINISHED)
            }
        }
    }

    /// Gives an operation that was attempted in vain to the device, the ring or the pool.
    pub(crate) fn hand_to_engine(self: &Arc<Self>, mut op: OpBox) -> Result<OpId, Refused> {
        let tag = op.tag();
        let id = self.in_flight.lock().insert(tag);
        op.head_mut().id = id;
        match self.hand_to_device(op).or_else(|op| self.hand_to_threads(op)) {
            Ok(()) => Ok(id),
            Err(refused) => {
                self.in_flight.lock().remove(id);
                Err(refused)
            }
        }
    }

    /// Direct access whose end is a matter for the port: its events tell of it.
    fn hand_to_device(self: &Arc<Self>, op: OpBox) -> Result<(), OpBox> {
        let reads = matches!(op.head().kind, Kind::ReadAt(_));
        let suits = self.direct
            && (reads || !self.synchronous)
            && matches!(op.head().target, Target::Port | Target::Itself)
            && !self.no_aio.load(Ordering::Relaxed);
        match self.association.get() {
            Some((port, _)) if suits && uring::demanded(port.engine()).is_none() => {
                match port.reactor() {
                    Some(reactor) => reactor.submit_direct(self, op),
                    None => Err(op),
                }
            }
            _ => Err(op),
        }
    }

    /// Gives an operation to the ring or the pool.
    fn hand_to_threads(self: &Arc<Self>, mut op: OpBox) -> Result<(), Refused> {
        let wanted = self.association.get().and_then(|(port, _)| port.engine());
        // What the ring gives to a thread of the kernel's anyway has a shorter way to ours.
        let blocks = matches!(op.head().kind, Kind::Sync { .. } | Kind::Allocate { .. });
        if blocks && uring::demanded(wanted).is_none() {
            match pool::submit(Arc::clone(self), op) {
                Ok(()) => return Ok(()),
                Err((_, back)) => op = back,
            }
        }
        match uring::chosen(wanted) {
            Ok(Some(ring)) => ring.submit(Arc::clone(self), op),
            Ok(None) => pool::submit(Arc::clone(self), op),
            Err(error) => Err((error, op)),
        }
    }

    /// The kernel has given back an operation that the device was to do.
    pub(super) fn go_on_elsewhere(self: &Arc<Self>, op: OpBox, batch: &mut Batch<'_>) {
        if let Err((error, mut op)) = self.hand_to_threads(op) {
            let code = error.raw_os_error().unwrap_or(libc::EAGAIN);
            let moved = op.head().moved;
            op.finish(Outcome::error(code, moved));
            self.engine_finished(&op);
            batch.finish(&self.association, op);
        }
    }

    /// The file system does not hand direct access to the device.
    pub(super) fn refuses_aio(&self) {
        self.no_aio.store(true, Ordering::Relaxed);
    }

    /// What can be done without waiting for a device, or a refusal.
    fn try_at_once(&self, op: &mut Operation) -> Option<Outcome> {
        let range_error = Some(Outcome::error(libc::EINVAL, 0));
        match op.head().kind {
            Kind::ReadAt(offset) | Kind::WriteAt(offset) => {
                let bytes = op.memory().bytes();
                if i64::try_from(offset).is_err() || bytes > isize::MAX as usize {
                    return range_error;
                }
                if bytes == 0 {
                    return Some(Outcome::success(0));
                }
                if matches!(op.head().kind, Kind::ReadAt(_)) {
                    return self.read_cached(op);
                }
                self.writes_at_once().then(|| run(self.as_raw_fd(), op, 0))
            }
            Kind::Append => match op.memory().bytes() {
                0 => Some(Outcome::success(0)),
                _ => self.writes_at_once().then(|| run(self.as_raw_fd(), op, 0)),
            },
            Kind::Allocate { offset, bytes } => {
                let end = offset.checked_add(bytes).and_then(|end| i64::try_from(end).ok());
                if end.is_none() || bytes == 0 { range_error } else { None }
            }
            Kind::Sync { .. } => None,
            _ => range_error,
        }
    }

    fn writes_at_once(&self) -> bool {
        !self.direct && !self.synchronous
    }

    /// Reads as much as the page cache has; `None` when the rest needs the device.
    fn read_cached(&self, op: &mut Operation) -> Option<Outcome> {
        let flags = self.at_once.load(Ordering::Relaxed);
        if flags == NOT_AT_ONCE {
            return None;
        }
        let outcome = run(self.as_raw_fd(), op, flags);
        match outcome.status {
            Status::Error(libc::EAGAIN) => None,
            Status::Error(code) if self.is_refused(code, flags) => self.read_cached(op),
            _ => Some(outcome),
        }
    }

    /// The usual read, all of which is in the page cache, on the shortest way. Nothing has happened
    /// unless it is `All`.
    #[inline]
    pub(crate) fn read_at_once(
        &self,
        kind: &Kind,
        to_port: bool,
        memory: impl FnOnce() -> Memory,
    ) -> ReadNow {
        let flags = self.at_once.load(Ordering::Relaxed);
        let refused = self.is_forked() || to_port && !self.is_associated();
        if flags == NOT_AT_ONCE || refused {
            return ReadNow::NotTried;
        }
        let &Kind::ReadAt(offset) = kind else { return ReadNow::NotTried };
        let Memory::One(mut span) = memory() else { return ReadNow::NotTried };
        if span.bytes == 0 || span.bytes > CALL_BYTES_MAX {
            return ReadNow::NotTried;
        }
        match read_span(self.as_raw_fd(), &mut span, offset, flags) {
            Ok(bytes) if bytes == span.bytes => ReadNow::All(bytes),
            Err(libc::EAGAIN) => ReadNow::Waits,
            _ => ReadNow::NotTried,
        }
    }

    /// Whether a read was refused because of its flags; then others are used from now on.
    fn is_refused(&self, code: i32, flags: libc::c_int) -> bool {
        let known = matches!(code, libc::EOPNOTSUPP | libc::EINVAL | libc::ENOSYS);
        if !known || flags == 0 {
            return false;
        }
        let other = if self.is_in_memory() { 0 } else { NOT_AT_ONCE };
        self.at_once.store(other, Ordering::Relaxed);
        true
    }

    /// Whether the file system keeps its files in memory: it knows no `RWF_NOWAIT`, and does not
    /// need it.
    fn is_in_memory(&self) -> bool {
        // SAFETY: a structure of numbers.
        let mut facts: libc::statfs = unsafe { std::mem::zeroed() };
        // SAFETY: the structure is there.
        let asked = unsafe { libc::fstatfs(self.as_raw_fd(), &raw mut facts) };
        const RAMFS_MAGIC: i64 = 0x8584_58f6;
        asked == 0 && matches!(facts.f_type, libc::TMPFS_MAGIC | RAMFS_MAGIC)
    }

    /// The engine has finished an operation.
    pub(super) fn engine_finished(&self, op: &OpBox) {
        self.in_flight.lock().remove(op.head().id);
    }

    /// Asks for an operation to be cancelled; false if it is not in flight any more. An
    /// operation that the device is at finishes normally (S-220).
    pub(crate) fn cancel(self: &Arc<Self>, id: OpId) -> bool {
        if self.is_forked() {
            return false;
        }
        let known = self.in_flight.lock().contains(id);
        if known {
            self.cancel_in_engines(id);
        }
        known
    }

    /// As [`Self::cancel`], for everything in flight.
    pub(crate) fn cancel_all(self: &Arc<Self>) -> usize {
        self.cancel_where(&|_| true)
    }

    /// As [`Self::cancel`], for everything in flight that has such a tag.
    pub(crate) fn cancel_where(self: &Arc<Self>, wanted: &dyn Fn(Tag) -> bool) -> usize {
        if self.is_forked() {
            return 0;
        }
        let ids = self.in_flight.lock().find(wanted);
        for id in &ids {
            self.cancel_in_engines(*id);
        }
        ids.len()
    }

    fn cancel_in_engines(self: &Arc<Self>, id: OpId) {
        uring::cancel(self, id);
        pool::cancel(self, id);
    }

    /// Nothing new is accepted, and what is in flight cancelled. The descriptor closes when the
    /// last handle is gone and the engine has let go of it.
    pub(crate) fn close(self: &Arc<Self>) {
        self.closed.store(true, Ordering::Relaxed);
        self.cancel_all();
    }

    /// Whether a read that has given less than it was asked for ends the operation: with direct
    /// access it has met the end of the file, and the next offset would not be a multiple of a
    /// sector any more (S-269).
    pub(super) fn read_ends(&self, result: Result<usize, i32>, asked: usize) -> bool {
        self.direct && result.is_ok_and(|bytes| bytes < asked)
    }
}

/// Runs an operation to its end with ordinary calls, continuing after short transfers.
///
/// With `RWF_NOWAIT` in `flags` it stops with `EAGAIN` where it would wait.
pub(super) fn run(fd: RawFd, op: &mut Operation, flags: libc::c_int) -> Outcome {
    loop {
        let moved = op.head().moved;
        let (result, wanted) = match op.head().kind {
            Kind::ReadAt(offset) => {
                let mut memory = op.memory();
                let wanted = memory.bytes();
                (read_once(fd, &mut memory, offset + moved as u64, flags), wanted)
            }
            Kind::WriteAt(offset) => {
                let mut memory = op.memory();
                let wanted = memory.bytes();
                (write_once(fd, &mut memory, offset + moved as u64, flags), wanted)
            }
            Kind::Append => {
                let mut memory = op.memory();
                let wanted = memory.bytes();
                (write_once(fd, &mut memory, 0, flags | libc::RWF_APPEND), wanted)
            }
            Kind::Sync { data_only } => (sync(fd, data_only), 0),
            Kind::Allocate { offset, bytes } => (allocate(fd, offset, bytes), 0),
            _ => return Outcome::error(libc::EINVAL, 0),
        };
        match step(op, result, wanted, false) {
            Step::Finished(outcome) => return outcome,
            Step::Continue => {}
        }
    }
}

/// What a read on the shortest way has led to.
pub(crate) enum ReadNow {
    /// Everything was read.
    All(usize),
    /// Not even the first byte is in memory.
    Waits,
    /// It is to go the usual way.
    NotTried,
}

/// What follows from the result of one call.
#[must_use]
pub(super) enum Step {
    Finished(Outcome),
    Continue,
}

/// Interprets one result: end of file, short transfer, interruption.
pub(super) fn step(
    op: &mut Operation,
    result: Result<usize, i32>,
    wanted: usize,
    short_read_ends: bool,
) -> Step {
    let moved = op.head().moved;
    let is_read = matches!(op.head().kind, Kind::ReadAt(_));
    match result {
        Err(libc::EINTR) => Step::Continue,
        Err(code) => Step::Finished(Outcome::error(code, moved)),
        Ok(0) if wanted > 0 && is_read && moved == 0 => {
            Step::Finished(Outcome { status: Status::EndOfFile, bytes: 0 })
        }
        Ok(0) if wanted > 0 && !is_read => Step::Finished(Outcome::error(libc::ENOSPC, moved)),
        Ok(0) => Step::Finished(Outcome::success(moved)),
        Ok(bytes) if bytes >= wanted || (is_read && short_read_ends) => {
            Step::Finished(Outcome::success(moved + bytes))
        }
        Ok(bytes) => {
            op.head_mut().moved += bytes;
            Step::Continue
        }
    }
}

/// The vectors of one call, cut to what it takes; the slice lives in `memory`.
fn vectors(memory: &mut Memory) -> (*const libc::iovec, libc::c_int) {
    memory.cut(VECTORS_MAX);
    match memory {
        Memory::None => (std::ptr::null(), 0),
        Memory::One(span) => {
            span.bytes = span.bytes.min(CALL_BYTES_MAX);
            ((&raw const *span).cast(), 1)
        }
        Memory::Many(spans) => {
            let count = libc::c_int::try_from(spans.len()).expect("cut to 1,024");
            (spans.as_ptr().cast(), count)
        }
    }
}

fn read_span(
    fd: RawFd,
    span: &mut Span,
    offset: u64,
    flags: libc::c_int,
) -> Result<usize, i32> {
    let offset = libc::off64_t::try_from(offset).map_err(|_| libc::EINVAL)?;
    // SAFETY: the span names memory that the operation owns for writing.
    unsafe { os::preadv2(fd, (&raw const *span).cast(), 1, offset, flags) }
}

fn read_once(
    fd: RawFd,
    memory: &mut Memory,
    offset: u64,
    flags: libc::c_int,
) -> Result<usize, i32> {
    let offset = libc::off64_t::try_from(offset).map_err(|_| libc::EINVAL)?;
    let (start, count) = vectors(memory);
    // SAFETY: the vectors name memory that the operation owns for writing.
    unsafe { os::preadv2(fd, start, count, offset, flags) }
}

fn write_once(
    fd: RawFd,
    memory: &mut Memory,
    offset: u64,
    flags: libc::c_int,
) -> Result<usize, i32> {
    let offset = libc::off64_t::try_from(offset).map_err(|_| libc::EFBIG)?;
    let (start, count) = vectors(memory);
    // SAFETY: the vectors name memory that the operation owns; the kernel only reads it.
    check_bytes(unsafe { libc::pwritev2(fd, start, count, offset, flags) })
}

fn sync(fd: RawFd, data_only: bool) -> Result<usize, i32> {
    let call = if data_only { libc::fdatasync } else { libc::fsync };
    // SAFETY: no pointers are passed.
    let result = unsafe { call(fd) };
    check_bytes(result as isize)
}

fn allocate(fd: RawFd, offset: u64, bytes: u64) -> Result<usize, i32> {
    let number = |n: u64| libc::off64_t::try_from(n).map_err(|_| libc::EFBIG);
    let (offset, bytes) = (number(offset)?, number(bytes)?);
    // SAFETY: no pointers are passed.
    check_bytes(unsafe { libc::fallocate64(fd, 0, offset, bytes) } as isize)
}
