//! Direct access to files by the kernel's own asynchronous I/O: io_submit(2).
//!
//! What reads and writes past the page cache needs no thread at all: the thread that asks hands
//! it to the device, and the device's interrupt makes the port's events readable. Nothing of it
//! belongs to a thread, not even to the one that asked: that may exit. So the way from a device to
//! the thread that waits is as short as a socket's, without the ring's owner in between.
//!
//! Everything else (buffered access, which this interface would carry out within the call, and
//! whatever the kernel refuses here) goes to the ring or the pool.
//!
//! # Invariants
//!
//! 1. A node whose memory the kernel has is in `requests` and is not touched, moved out or
//!    dropped until its event has been taken.
//! 2. At most `IN_FLIGHT_MAX` requests are in the kernel's hands; it refuses more.
//! 3. A request holds its file, the file its port, the port these queues: they outlive every
//!    request.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;
use slab::Slab;

use super::files::{self, File, Step};
use super::os::{self, EventFd};
use super::port::Batch;
use crate::buf::Memory;
use crate::op::{Kind, OpBox, Operation};

/// What a port asks the kernel to hold; the system has 65,536 for all (`fs.aio-max-nr`).
const IN_FLIGHT_MAX: u32 = 512;

/// `struct iocb`, linux/aio_abi.h.
#[repr(C)]
#[derive(Default)]
struct Iocb {
    data: u64,
    #[cfg(target_endian = "little")]
    key: u32,
    rw_flags: i32,
    #[cfg(target_endian = "big")]
    key: u32,
    opcode: u16,
    priority: i16,
    fd: u32,
    buf: u64,
    bytes: u64,
    offset: i64,
    reserved: u64,
    flags: u32,
    event_fd: u32,
}

const READ: u16 = 0;
const WRITE: u16 = 1;
const READ_VECTORED: u16 = 7;
const WRITE_VECTORED: u16 = 8;
/// `event_fd` is to be told.
const FLAG_EVENT_FD: u32 = 1;

/// `struct io_event`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Event {
    data: u64,
    iocb: u64,
    result: i64,
    result_more: i64,
}

/// The head of the queue of events, which the kernel lets a process see: `struct aio_ring` of
/// fs/aio.c.
#[repr(C)]
struct Head {
    id: u32,
    count: u32,
    head: AtomicU32,
    tail: AtomicU32,
    magic: u32,
    compat_features: u32,
    incompat_features: u32,
    header_bytes: u32,
}

/// What `magic` is where the rest is as described here.
const MAGIC: u32 = 0xa10a_10a1;

const _: () = {
    assert!(size_of::<Iocb>() == 64);
    assert!(size_of::<Event>() == 32 && size_of::<Head>() == 32);
};

/// A request in the kernel's hands.
struct Request {
    file: Arc<File>,
    op: NonNull<Operation>,
    wanted: usize,
    /// What one call takes of that.
    asked: usize,
}

// SAFETY: the node is owned by the request, and may move between threads as its box may.
unsafe impl Send for Request {}

/// The queues of one port.
pub(super) struct Aio {
    /// `aio_context_t`: the address of the head.
    context: usize,
    event: EventFd,
    requests: Mutex<Slab<Request>>,
    forks: u64,
}

/// What was taken from the queue: kept between two looks for its memory.
#[derive(Default)]
pub(super) struct Taken(Vec<(Request, i64)>);

impl Aio {
    /// # Errors
    ///
    /// The system has none to give, or does not allow it.
    pub(super) fn new() -> io::Result<Self> {
        let event = EventFd::new()?;
        let mut context = 0usize;
        // SAFETY: a word is there for the answer.
        let made = unsafe { libc::syscall(libc::SYS_io_setup, IN_FLIGHT_MAX, &raw mut context) };
        if made < 0 {
            return Err(io::Error::last_os_error());
        }
        let forks = os::fork_count();
        let aio = Self { context, event, requests: Mutex::default(), forks };
        let head = aio.head();
        let known = head.magic == MAGIC
            && head.incompat_features == 0
            && head.header_bytes as usize == size_of::<Head>();
        if known { Ok(aio) } else { Err(io::Error::from_raw_os_error(libc::ENOSYS)) }
    }

    /// The kernel's queue of events. `new` has seen that it has the shape that is known here.
    fn head(&self) -> &Head {
        let head = std::ptr::with_exposed_provenance::<Head>(self.context);
        // SAFETY: io_setup has mapped at least a page there, for as long as the context exists.
        // The kernel writes `tail` and nothing else.
        unsafe { &*head }
    }

    /// Whether there are events. A look at memory, no call.
    pub(super) fn has_events(&self) -> bool {
        let Head { head, tail, .. } = self.head();
        head.load(Ordering::Relaxed) != tail.load(Ordering::Relaxed)
    }

    /// Gives an operation to the kernel. What it does not take comes back: the ring or the pool is
    /// to say what is wrong with it, or to do it.
    pub(super) fn submit(&self, file: &Arc<File>, mut op: OpBox) -> Result<(), OpBox> {
        let mut memory = op.memory();
        let wanted = memory.bytes();
        let Some(mut iocb) = describe(&*op, &mut memory, file.as_raw_fd()) else { return Err(op) };
        let asked = memory.bytes().min(files::CALL_BYTES_MAX);
        iocb.flags = FLAG_EVENT_FD;
        iocb.event_fd = self.event.as_raw_fd().cast_unsigned();
        // From here on the node is known by a raw pointer only, so that nothing claims to own it
        // exclusively while the kernel writes into it.
        let op = NonNull::from(Box::leak(op));
        let request = Request { file: Arc::clone(file), op, wanted, asked };
        let place = self.requests.lock().insert(request);
        iocb.data = place as u64;
        let mut list = &raw mut iocb;
        // SAFETY: the control block, and the vectors that it may name (in `memory`), live through
        // the call, which copies them. What they name belongs to the node, which is listed until
        // its event has been taken (invariant 1).
        let taken = unsafe {
            let (one, list) = (1usize, &raw mut list);
            libc::syscall(libc::SYS_io_submit, self.context, one, list)
        };
        if taken == 1 {
            return Ok(());
        }
        if matches!(os::errno(), libc::EINVAL | libc::EOPNOTSUPP) {
            file.refuses_aio();
        }
        let request = self.requests.lock().remove(place);
        // SAFETY: leaked from a box above; the kernel has not taken it.
        Err(unsafe { Box::from_raw(request.op.as_ptr()) })
    }

    /// Takes events and finishes their operations; whether there were any.
    pub(super) fn reap(&self, taken: &mut Taken, batch: &mut Batch<'_>) -> bool {
        if !self.has_events() {
            return false;
        }
        self.take(&mut taken.0);
        let found = !taken.0.is_empty();
        for (request, result) in taken.0.drain(..) {
            complete(request, result, batch);
        }
        found
    }

    fn take(&self, into: &mut Vec<(Request, i64)>) {
        let queue = self.head();
        // The lock of the list is that of the reader's end, too.
        let mut requests = self.requests.lock();
        let mut head = queue.head.load(Ordering::Relaxed);
        // Pairs with the kernel's barrier between writing an event and moving the tail.
        let tail = queue.tail.load(Ordering::Acquire);
        while head != tail {
            let at = self.context + size_of::<Head>() + head as usize * size_of::<Event>();
            let event = std::ptr::with_exposed_provenance::<Event>(at);
            // SAFETY: `count` events follow the head, mapped as it is; this one is complete, since
            // the tail is behind it, and is not overwritten before `head` has passed it.
            let event = unsafe { event.read() };
            head = if head + 1 == queue.count { 0 } else { head + 1 };
            let place = usize::try_from(event.data).expect("a place in `requests`");
            into.push((requests.remove(place), event.result));
        }
        // Pairs with the kernel's reading of `head` before it writes the next event: ours is read
        // by then.
        queue.head.store(head, Ordering::Release);
    }
}

impl AsRawFd for Aio {
    fn as_raw_fd(&self) -> RawFd {
        self.event.as_raw_fd()
    }
}

impl std::fmt::Debug for Aio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Aio")
    }
}

impl Drop for Aio {
    fn drop(&mut self) {
        // A forked child has the parent's number, but not its context.
        if self.forks == os::fork_count() {
            // SAFETY: nothing is in flight (invariant 3), and nobody else has the context.
            unsafe { libc::syscall(libc::SYS_io_destroy, self.context) };
        }
    }
}

/// Whether the system gives such queues; for the report.
pub(super) fn is_available() -> bool {
    Aio::new().is_ok()
}

/// The control block of an operation; `None` for one that is not done this way. The vectors stay in
/// `memory`.
fn describe(op: &Operation, memory: &mut Memory, fd: RawFd) -> Option<Iocb> {
    let head = op.head();
    let (offset, reads) = match head.kind {
        Kind::ReadAt(offset) => (offset, true),
        Kind::WriteAt(offset) => (offset, false),
        _ => return None,
    };
    let offset = i64::try_from(offset.checked_add(head.moved as u64)?).ok()?;
    memory.cut(files::VECTORS_MAX);
    let (opcode, start, bytes) = match memory {
        Memory::None => return None,
        Memory::One(span) => {
            let bytes = span.bytes.min(files::CALL_BYTES_MAX);
            (if reads { READ } else { WRITE }, span.start.expose_provenance(), bytes)
        }
        Memory::Many(spans) => {
            let start = spans.as_ptr().expose_provenance();
            (if reads { READ_VECTORED } else { WRITE_VECTORED }, start, spans.len())
        }
    };
    Some(Iocb {
        // What cannot be handed to the device at once is refused, and does not wait in the call.
        rw_flags: libc::RWF_NOWAIT,
        opcode,
        fd: fd.cast_unsigned(),
        buf: start as u64,
        bytes: bytes as u64,
        offset,
        ..Iocb::default()
    })
}

/// The kernel has let go of a request: finish it, or have others go on with it.
fn complete(request: Request, result: i64, batch: &mut Batch<'_>) {
    let Request { file, op, wanted, asked } = request;
    // SAFETY: leaked from a box in `submit`, and the kernel has let go of it.
    let mut op = unsafe { Box::from_raw(op.as_ptr()) };
    let result = usize::try_from(result)
        .map_err(|_| i32::try_from(result.unsigned_abs()).unwrap_or(libc::EIO));
    if result == Err(libc::EOPNOTSUPP) {
        file.refuses_aio();
    }
    let outcome = match result {
        // It would have had to wait for something else than the device.
        Err(libc::EAGAIN | libc::EOPNOTSUPP) => None,
        _ => match files::step(&mut *op, result, wanted, file.read_ends(result, asked)) {
            Step::Finished(outcome) => Some(outcome),
            Step::Continue => None,
        },
    };
    match outcome {
        Some(outcome) => {
            op.finish(outcome);
            file.engine_finished(&op);
            batch.finish(file.association(), op);
        }
        None => file.go_on_elsewhere(op, batch),
    }
}
