//! Files: handles with offsets.
//!
//! The issuing thread first tries what cannot wait: a read from the page cache (`preadv2` with
//! `RWF_NOWAIT`), a buffered write (which copies into the page cache; a ring would send it to
//! another kernel thread for that). What is left goes to the engine: a ring owned by one thread
//! of the library, or a pool of threads where the system does not allow that. No user thread
//! ever submits to a ring, so no request dies with its issuer and no user thread is woken for a
//! completion.

use std::any::Any;
use std::collections::HashMap;
use std::io;
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::os::{self, check, check_bytes};
use super::port::{Association, Port};
use super::socket::{Refused, Submitted, forked, unassociated};
use super::{pool, uring};
use crate::buf::{Memory, Span};
use crate::op::{AsFile, Kind, OpBox, OpId, Operation, Outcome, Status, Tag, Target};

const _: () = {
    assert!(size_of::<Span>() == size_of::<libc::iovec>());
    assert!(offset_of!(Span, start) == offset_of!(libc::iovec, iov_base));
    assert!(offset_of!(Span, bytes) == offset_of!(libc::iovec, iov_len));
};

/// The kernel moves at most so many bytes in one call.
const CALL_BYTES_MAX: usize = 0x7fff_f000;
/// And takes at most so many I/O vectors.
const VECTORS_MAX: usize = 1024;

/// The name of every operation that was finished by the call that submitted it: there is
/// nothing left to cancel.
const FINISHED: OpId = OpId(0);

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
    /// The file system knows no `RWF_NOWAIT`.
    no_nowait: AtomicBool,
    submitted: AtomicU64,
    /// What the engine has.
    in_flight: Mutex<HashMap<OpId, Tag>>,
    association: Association,
    forks: u64,
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
        Ok(Arc::new(Self {
            fd,
            direct: flags & libc::O_DIRECT != 0,
            synchronous: flags & (libc::O_SYNC | libc::O_DSYNC) != 0,
            no_nowait: AtomicBool::new(false),
            submitted: AtomicU64::new(0),
            in_flight: Mutex::new(HashMap::new()),
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
    pub(crate) fn attempt(&self, op: &mut dyn Operation) -> io::Result<Option<Outcome>> {
        if self.is_forked() {
            return Err(forked());
        }
        if matches!(op.head().target, Target::Port) && !self.is_associated() {
            return Err(unassociated());
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
    pub(crate) fn submit(self: &Arc<Self>, mut op: OpBox) -> Result<Submitted, Refused> {
        match self.attempt(&mut *op) {
            Err(error) => Err((error, op)),
            Ok(None) => self.hand_to_engine(op),
            Ok(Some(outcome)) => {
                op.finish(outcome);
                self.association.deliver_own(op);
                Ok(Submitted::InFlight(FINISHED))
            }
        }
    }

    /// Gives an operation that was attempted in vain to the ring or the pool.
    pub(crate) fn hand_to_engine(self: &Arc<Self>, mut op: OpBox) -> Result<Submitted, Refused> {
        let id = OpId(self.submitted.fetch_add(1, Ordering::Relaxed) + 1);
        op.head_mut().id = id;
        let wanted = self.association.get().and_then(|(port, _)| port.engine());
        self.in_flight.lock().insert(id, op.tag());
        let handed = match uring::chosen(wanted) {
            Ok(Some(ring)) => ring.submit(Arc::clone(self), op),
            Ok(None) => pool::submit(Arc::clone(self), op),
            Err(error) => Err((error, op)),
        };
        match handed {
            Ok(()) => Ok(Submitted::InFlight(id)),
            Err(refused) => {
                self.in_flight.lock().remove(&id);
                Err(refused)
            }
        }
    }

    /// What can be done without waiting for a device, or a refusal.
    fn try_at_once(&self, op: &mut dyn Operation) -> Option<Outcome> {
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
    fn read_cached(&self, op: &mut dyn Operation) -> Option<Outcome> {
        if self.direct || self.no_nowait.load(Ordering::Relaxed) {
            return None;
        }
        let outcome = run(self.as_raw_fd(), op, libc::RWF_NOWAIT);
        match outcome.status {
            Status::Error(libc::EAGAIN) => None,
            Status::Error(libc::EOPNOTSUPP | libc::EINVAL | libc::ENOSYS) => {
                self.no_nowait.store(true, Ordering::Relaxed);
                None
            }
            _ => Some(outcome),
        }
    }

    /// The engine has finished an operation.
    pub(super) fn engine_finished(&self, op: &OpBox) {
        self.in_flight.lock().remove(&op.head().id);
    }

    /// Asks for an operation to be cancelled; false if it is not in flight any more. An
    /// operation that the device is at finishes normally (S-220).
    pub(crate) fn cancel(self: &Arc<Self>, id: OpId) -> bool {
        if self.is_forked() {
            return false;
        }
        let known = self.in_flight.lock().contains_key(&id);
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
        let in_flight = self.in_flight.lock();
        let found = in_flight.iter().filter(|(_, tag)| wanted(**tag));
        let ids: Vec<OpId> = found.map(|(id, _)| *id).collect();
        drop(in_flight);
        for id in &ids {
            self.cancel_in_engines(*id);
        }
        ids.len()
    }

    fn cancel_in_engines(self: &Arc<Self>, id: OpId) {
        uring::cancel(self, id);
        pool::cancel(self, id);
    }

    /// The last handle is gone. The descriptor closes once the engine has let go of it.
    pub(crate) fn close(self: &Arc<Self>) {
        self.cancel_all();
    }

    /// Whether a short read means the end of the file: with direct access the next offset would
    /// not be a multiple of a sector any more (S-269).
    pub(super) fn short_read_ends(&self) -> bool {
        self.direct
    }
}

/// Runs an operation to its end with ordinary calls, continuing after short transfers.
///
/// With `RWF_NOWAIT` in `flags` it stops with `EAGAIN` where it would wait.
pub(super) fn run(fd: RawFd, op: &mut dyn Operation, flags: libc::c_int) -> Outcome {
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

/// What follows from the result of one call.
#[must_use]
pub(super) enum Step {
    Finished(Outcome),
    Continue,
}

/// Interprets one result: end of file, short transfer, interruption.
pub(super) fn step(
    op: &mut dyn Operation,
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
    match memory {
        Memory::None => (std::ptr::null(), 0),
        Memory::One(span) => {
            span.bytes = span.bytes.min(CALL_BYTES_MAX);
            ((&raw const *span).cast(), 1)
        }
        Memory::Many(spans) => {
            spans.truncate(VECTORS_MAX);
            let count = libc::c_int::try_from(spans.len()).expect("cut to 1,024");
            (spans.as_ptr().cast(), count)
        }
    }
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
    check_bytes(unsafe { os::preadv2(fd, start, count, offset, flags) })
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
