//! A ring for file operations, owned by one thread that never exits.
//!
//! Only the owner enters the ring, so a request belongs to a thread that lives as long as the
//! process: it cannot die with the thread that asked for it, and no other thread is interrupted
//! for its completion. Submitters put operations into an inbox and wake the owner if it sleeps.
//!
//! # Invariants
//!
//! 1. At most `IN_FLIGHT_MAX` requests are in the ring, which is what the completion queue
//!    holds: it cannot overflow. The rest waits in the owner's backlog.
//! 2. A node whose memory the kernel has is in `requests` and is not touched, moved out or
//!    dropped until its completion has been reaped.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::{Arc, Weak, mpsc};

use io_uring::{IoUring, cqueue, opcode, squeue, types};
use parking_lot::Mutex;
use slab::Slab;

use super::files::{self, Engine, File, Step};
use super::os::{self, EventFd, PerProcess};
use super::pool;
use super::port::{Harvesting, Port, discard};
use super::socket::Refused;
use crate::buf::Memory;
use crate::op::{Kind, OpBox, OpId, Operation, Outcome, Packet};

/// Entries of the submission queue; the completion queue has twice as many.
const ENTRIES: u32 = 512;
const IN_FLIGHT_MAX: usize = 1000;
/// User data that are no index of a request.
const WAKE: u64 = u64::MAX;
const CANCEL: u64 = u64::MAX - 1;
const CALL_BYTES_MAX: usize = 0x7fff_f000;
const VECTORS_MAX: usize = 1024;

enum Command {
    Submit(Arc<File>, OpBox),
    Cancel(Arc<File>, OpId),
}

#[derive(Default)]
struct Inbox {
    commands: Vec<Command>,
    /// The owner waits in the ring and must be woken for a new command.
    asleep: bool,
    /// The process may not enter the ring any more; nobody takes commands.
    forbidden: bool,
}

/// The submitters' end of the ring.
pub(super) struct Ring {
    inbox: Mutex<Inbox>,
    wake: EventFd,
    /// What the kernel granted, for the report.
    pub(super) mode: &'static str,
}

/// The one ring of this process, or why there is none.
static RING: PerProcess<Mutex<Option<RingOrWhyNot>>> = PerProcess::new();

/// A ring, or the error number and text of the attempt to make one.
type RingOrWhyNot = Result<Arc<Ring>, (i32, String)>;

/// The engine to use: `Ok(None)` means the pool. An error only if a ring was demanded and there
/// is none.
pub(super) fn chosen(wanted: Option<Engine>) -> io::Result<Option<Arc<Ring>>> {
    match demanded(wanted) {
        Some(Engine::Threads) => Ok(None),
        Some(Engine::Uring) => ring().map(Some).map_err(|(code, _)| unavailable(code)),
        None => Ok(ring().ok()),
    }
}

/// The engine that must be used, if that is not left to us.
pub(super) fn demanded(wanted: Option<Engine>) -> Option<Engine> {
    wanted.or_else(demanded_by_environment)
}

fn unavailable(code: i32) -> io::Error {
    let reason = io::Error::from_raw_os_error(code);
    io::Error::new(reason.kind(), format!("io_uring was demanded but is not available: {reason}"))
}

/// `COMPLETION_PORT_ENGINE`: `uring`, `threads`, or anything else for the best there is.
pub(super) fn demanded_by_environment() -> Option<Engine> {
    static WORD: std::sync::OnceLock<Option<Engine>> = std::sync::OnceLock::new();
    *WORD.get_or_init(|| match std::env::var("COMPLETION_PORT_ENGINE").as_deref() {
        Ok("uring") => Some(Engine::Uring),
        Ok("threads") => Some(Engine::Threads),
        _ => None,
    })
}

/// The ring, started when first asked for.
pub(super) fn ring() -> RingOrWhyNot {
    let mut place = RING.get().lock();
    if let Some(ring) = place.as_ref() {
        return ring.clone();
    }
    let started = start().map_err(|e| (e.raw_os_error().unwrap_or(libc::ENOSYS), e.to_string()));
    if matches!(started, Err((libc::EMFILE | libc::ENFILE | libc::EAGAIN, _))) {
        // No descriptors or threads just now: that is no reason never to try again.
        return started;
    }
    *place = Some(started.clone());
    started
}

/// Asks the ring, if it runs, to cancel an operation.
pub(super) fn cancel(file: &Arc<File>, id: OpId) {
    let place = RING.get().lock();
    if let Some(Ok(ring)) = place.as_ref() {
        let ring = Arc::clone(ring);
        drop(place);
        // A cancellation is never refused.
        let _ = ring.command(Command::Cancel(Arc::clone(file), id));
    }
}

/// All gates in one place: which kinds of ring are tried, best first.
///
/// `SINGLE_ISSUER` and `DEFER_TASKRUN` need Linux 6.1, `COOP_TASKRUN` 5.19; a plain ring with
/// the operations used here needs 5.6 (io_uring_setup(2), io_uring_enter(2)).
fn open_ring() -> io::Result<(IoUring, &'static str)> {
    let best = || {
        let mut builder = IoUring::builder();
        builder.setup_single_issuer().setup_defer_taskrun().setup_clamp().dontfork();
        builder.build(ENTRIES)
    };
    let good = || {
        let mut builder = IoUring::builder();
        builder.setup_coop_taskrun().setup_clamp().dontfork();
        builder.build(ENTRIES)
    };
    let plain = || IoUring::builder().setup_clamp().dontfork().build(ENTRIES);
    let refused = |e: &io::Error| e.raw_os_error() == Some(libc::EINVAL);
    match best() {
        Err(e) if refused(&e) => match good() {
            Err(e) if refused(&e) => plain().map(|ring| (ring, "plain")),
            other => other.map(|ring| (ring, "cooperative")),
        },
        other => other.map(|ring| (ring, "single issuer, deferred")),
    }
}

fn start() -> io::Result<Arc<Ring>> {
    let wake = EventFd::new()?;
    let (tell, told) = mpsc::channel();
    os::spawn("iocp-ring", 256 * 1024, move || {
        // The ring is opened here because it belongs to the thread that opens it.
        match open_ring() {
            Err(error) => drop(tell.send(Err(error))),
            Ok((uring, mode)) => {
                let ring = Arc::new(Ring { inbox: Mutex::default(), wake, mode });
                let mut owner = Box::new(Owner::new(uring, Arc::clone(&ring)));
                if tell.send(Ok(ring)).is_ok() {
                    owner.run();
                }
            }
        }
    })?;
    told.recv().unwrap_or_else(|_| Err(io::Error::other("the ring's thread did not start")))
}

impl Ring {
    pub(super) fn submit(&self, file: Arc<File>, op: OpBox) -> Result<(), Refused> {
        self.command(Command::Submit(file, op))
    }

    fn command(&self, command: Command) -> Result<(), Refused> {
        let mut inbox = self.inbox.lock();
        if inbox.forbidden {
            drop(inbox);
            return match command {
                Command::Submit(file, op) => pool::submit(file, op),
                Command::Cancel(..) => Ok(()),
            };
        }
        inbox.commands.push(command);
        let wake = std::mem::replace(&mut inbox.asleep, false);
        drop(inbox);
        if wake {
            self.wake.signal();
        }
        Ok(())
    }
}

/// A request in the kernel's hands.
struct Request {
    file: Arc<File>,
    op: NonNull<Operation>,
    /// The vectors that the kernel reads, if the operation has several buffers.
    memory: Memory,
    wanted: usize,
    /// What one call takes of that.
    asked: usize,
    /// Somebody has asked for it to be cancelled.
    cancelled: bool,
}

/// The thread that owns the ring.
struct Owner {
    ring: Arc<Ring>,
    uring: IoUring,
    requests: Slab<Request>,
    backlog: VecDeque<(Arc<File>, OpBox)>,
    /// The user data of the entries that the kernel has not taken yet.
    pushed: Vec<u64>,
    /// Where the kernel puts the counter of the wake-up descriptor.
    wake_count: [u8; 8],
    wake_armed: bool,
    outgoing: Outgoing,
    commands: Vec<Command>,
}

impl Owner {
    fn new(uring: IoUring, ring: Arc<Ring>) -> Self {
        Self {
            ring,
            uring,
            requests: Slab::new(),
            backlog: VecDeque::new(),
            pushed: Vec::new(),
            wake_count: [0; 8],
            wake_armed: false,
            outgoing: Outgoing::default(),
            commands: Vec::new(),
        }
    }

    fn run(&mut self) {
        let _harvesting = Harvesting::begin();
        loop {
            self.arm_wake();
            self.take_commands();
            self.start_backlog();
            // What was cancelled before the kernel had it: nothing else may ever wake the owner.
            self.outgoing.deliver();
            let idle = self.fall_asleep();
            if let Err(error) = self.enter(usize::from(idle))
                && !matches!(error.raw_os_error(), Some(libc::EINTR | libc::EBUSY | libc::EAGAIN))
            {
                if is_forbidden(&error) {
                    self.give_up(&error, None);
                }
                self.fail_backlog(&error);
            }
            self.reap();
            self.outgoing.deliver();
        }
    }

    /// Gives the kernel what is pushed, and waits for so many completions.
    fn enter(&mut self, completions: usize) -> io::Result<()> {
        let taken = self.uring.submit_and_wait(completions)?;
        self.pushed.drain(..taken.min(self.pushed.len()));
        Ok(())
    }

    /// Announces that the owner will wait, unless there is something to do.
    fn fall_asleep(&mut self) -> bool {
        let mut inbox = self.ring.inbox.lock();
        inbox.asleep = inbox.commands.is_empty();
        inbox.asleep
    }

    fn take_commands(&mut self) {
        {
            let mut inbox = self.ring.inbox.lock();
            inbox.asleep = false;
            std::mem::swap(&mut inbox.commands, &mut self.commands);
        }
        let mut commands = std::mem::take(&mut self.commands);
        for command in commands.drain(..) {
            match command {
                Command::Submit(file, op) => self.backlog.push_back((file, op)),
                Command::Cancel(file, id) => self.cancel(&file, id),
            }
        }
        self.commands = commands;
    }

    fn cancel(&mut self, file: &Arc<File>, id: OpId) {
        let waiting = self
            .backlog
            .iter()
            .position(|(other, op)| Arc::ptr_eq(other, file) && op.head().id == id);
        if let Some((file, op)) = waiting.and_then(|place| self.backlog.remove(place)) {
            let moved = op.head().moved;
            self.finish(&file, op, Outcome::error(libc::ECANCELED, moved));
            return;
        }
        let running = self.requests.iter_mut().find(|(_, request)| {
            // SAFETY: the node is alive as long as it is listed (invariant 2), and the kernel
            // has pointers to its buffer only, not to its head.
            Arc::ptr_eq(&request.file, file) && unsafe { request.op.as_ref() }.head().id == id
        });
        if let Some((index, request)) = running {
            request.cancelled = true;
            let entry = opcode::AsyncCancel::new(index as u64).build().user_data(CANCEL);
            // SAFETY: the entry names no memory.
            unsafe { self.push(&entry) };
        }
    }

    fn start_backlog(&mut self) {
        while self.requests.len() < IN_FLIGHT_MAX {
            let Some((file, op)) = self.backlog.pop_front() else { return };
            self.start(file, op);
        }
    }

    /// Gives an operation to the kernel.
    fn start(&mut self, file: Arc<File>, op: OpBox) {
        // From here on the node is known by a raw pointer only, so that nothing claims to own
        // it exclusively while the kernel writes into it.
        let op = NonNull::from(Box::leak(op));
        let place = self.requests.vacant_entry();
        let index = place.key();
        let memory = Memory::None;
        let request =
            place.insert(Request { file, op, memory, wanted: 0, asked: 0, cancelled: false });
        match prepare(request) {
            Some(entry) => {
                let entry = entry.user_data(index as u64);
                // SAFETY: the memory that the entry names belongs to the node and to the
                // request, which both stay where they are until the completion is reaped
                // (invariant 2; a `Vec` of vectors does not move its elements with itself, a
                // single span is copied into the entry).
                unsafe { self.push(&entry) };
            }
            None => self.complete(index, Err(libc::EINVAL)),
        }
    }

    /// Adds an entry, making room if need be.
    ///
    /// # Safety
    ///
    /// The memory that the entry names must stay valid until its completion has been reaped.
    unsafe fn push(&mut self, entry: &squeue::Entry) {
        loop {
            // SAFETY: by this function's contract.
            if unsafe { self.uring.submission().push(entry) }.is_ok() {
                self.pushed.push(entry.get_user_data());
                return;
            }
            // Full: have the kernel take what is there. It takes at least one entry unless it
            // is out of memory for a moment; then try again.
            match self.enter(0) {
                Err(error) if is_forbidden(&error) => {
                    self.give_up(&error, Some(entry.get_user_data()))
                }
                Err(_) => std::thread::yield_now(),
                Ok(()) => {}
            }
        }
    }

    /// Keeps a read of the wake-up descriptor in the ring.
    fn arm_wake(&mut self) {
        if self.wake_armed {
            return;
        }
        let fd = types::Fd(self.ring.wake.as_raw_fd());
        let bytes = 8;
        let entry = opcode::Read::new(fd, self.wake_count.as_mut_ptr(), bytes).build();
        self.wake_armed = true;
        // SAFETY: the owner is boxed, never moves and never ends while the ring exists.
        unsafe { self.push(&entry.user_data(WAKE)) };
    }

    fn reap(&mut self) {
        loop {
            let next = self.uring.completion().next();
            let Some(completion) = next else { return };
            self.reaped(&completion);
        }
    }

    fn reaped(&mut self, completion: &cqueue::Entry) {
        match completion.user_data() {
            WAKE => self.wake_armed = false,
            CANCEL => {}
            index => {
                let result = completion.result();
                let result = usize::try_from(result).map_err(|_| -result);
                self.complete(usize::try_from(index).expect("an index of `requests`"), result);
            }
        }
    }

    /// The kernel has let go of a request: finish it, or go on after a short transfer.
    fn complete(&mut self, index: usize, result: Result<usize, i32>) {
        let Request { file, op, wanted, asked, cancelled, .. } = self.requests.remove(index);
        // SAFETY: leaked from a box in `start`, and the kernel has let go of it.
        let mut op = unsafe { Box::from_raw(op.as_ptr()) };
        // The ring could not make the kernel thread that it needs. Nobody asked for that.
        let starved = match result {
            Err(libc::EAGAIN) => true,
            Err(libc::ECANCELED) => !cancelled,
            _ => false,
        };
        if starved {
            return self.hand_to_pool(file, op);
        }
        match files::step(&mut *op, result, wanted, file.read_ends(result, asked)) {
            Step::Continue => self.backlog.push_front((file, op)),
            Step::Finished(outcome) => self.finish(&file, op, outcome),
        }
    }

    /// Has a thread of ours do what the kernel finds no thread for.
    fn hand_to_pool(&mut self, file: Arc<File>, op: OpBox) {
        if let Err((error, op)) = pool::submit(Arc::clone(&file), op) {
            let code = error.raw_os_error().unwrap_or(libc::EAGAIN);
            let moved = op.head().moved;
            self.finish(&file, op, Outcome::error(code, moved));
        }
    }

    fn finish(&mut self, file: &File, mut op: OpBox, outcome: Outcome) {
        op.finish(outcome);
        file.engine_finished(&op);
        self.outgoing.add(file, op);
    }

    /// The process has forbidden itself the ring, by a filter of system calls: threads do what the
    /// kernel has not got yet, and whatever comes later. What it has got may never be heard of,
    /// so its memory stays, and so does the owner. `refused` names an entry for which there was no
    /// room.
    fn give_up(&mut self, error: &io::Error, refused: Option<u64>) -> ! {
        self.reap();
        let why = (error.raw_os_error().unwrap_or(libc::ENOSYS), error.to_string());
        *RING.get().lock() = Some(Err(why));
        let mut inbox = self.ring.inbox.lock();
        inbox.forbidden = true;
        let commands = std::mem::take(&mut inbox.commands);
        drop(inbox);
        let taken = self.pushed.len().saturating_sub(self.uring.submission().len());
        for user_data in self.pushed.split_off(taken).into_iter().chain(refused) {
            if user_data < CANCEL {
                // Nobody enters the ring any more, so the kernel will not get it.
                self.complete(usize::try_from(user_data).expect("an index"), Err(libc::EAGAIN));
            }
        }
        for (file, op) in std::mem::take(&mut self.backlog) {
            self.hand_to_pool(file, op);
        }
        for command in commands {
            if let Command::Submit(file, op) = command {
                self.hand_to_pool(file, op);
            }
        }
        self.outgoing.deliver();
        loop {
            std::thread::park();
        }
    }

    /// The ring takes nothing more: say so to those who wait. What the kernel has already got
    /// stays in `requests`.
    fn fail_backlog(&mut self, error: &io::Error) {
        let code = error.raw_os_error().unwrap_or(libc::EIO);
        while let Some((file, op)) = self.backlog.pop_front() {
            self.finish(&file, op, Outcome::error(code, 0));
        }
    }
}

/// What a filter of system calls answers.
fn is_forbidden(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES | libc::ENOSYS))
}

/// Builds the entry of a request; `None` for an operation that is none of a file's.
fn prepare(request: &mut Request) -> Option<squeue::Entry> {
    let fd = types::Fd(request.file.as_raw_fd());
    // SAFETY: the kernel does not have the node yet; nobody else has it (invariant 2).
    let op = unsafe { request.op.as_mut() };
    request.memory = op.memory();
    request.wanted = request.memory.bytes();
    request.memory.cut(VECTORS_MAX);
    request.asked = request.memory.bytes().min(CALL_BYTES_MAX);
    let moved = op.head().moved as u64;
    let kind = &op.head().kind;
    let (offset, flags) = match *kind {
        Kind::ReadAt(offset) | Kind::WriteAt(offset) => (offset + moved, 0),
        Kind::Append => (0, libc::RWF_APPEND),
        Kind::Sync { data_only } => {
            let flags =
                if data_only { types::FsyncFlags::DATASYNC } else { types::FsyncFlags::empty() };
            return Some(opcode::Fsync::new(fd).flags(flags).build());
        }
        Kind::Allocate { offset, bytes } => {
            return Some(opcode::Fallocate::new(fd, bytes).offset(offset).build());
        }
        _ => return None,
    };
    let reads = matches!(*kind, Kind::ReadAt(_));
    match &mut request.memory {
        Memory::None => None,
        Memory::One(span) => {
            let bytes = span.bytes.min(CALL_BYTES_MAX);
            let count = u32::try_from(bytes).expect("cut to what one call takes");
            Some(if reads {
                opcode::Read::new(fd, span.start, count).offset(offset).build()
            } else {
                opcode::Write::new(fd, span.start, count).offset(offset).rw_flags(flags).build()
            })
        }
        Memory::Many(spans) => {
            let count = u32::try_from(spans.len()).expect("cut to 1,024");
            let start = spans.as_ptr().cast();
            Some(if reads {
                opcode::Readv::new(fd, start, count).offset(offset).build()
            } else {
                opcode::Writev::new(fd, start, count).offset(offset).rw_flags(flags).build()
            })
        }
    }
}

/// Finished operations of one round, packets grouped by port. The list must not keep a port that
/// nobody has any more: its descriptors would stay open.
#[derive(Default)]
struct Outgoing {
    ports: Vec<(Weak<Port>, Vec<Packet>)>,
}

impl Outgoing {
    fn add(&mut self, file: &File, op: OpBox) {
        file.association().route(op, |port, packet| {
            let is_it = |known: &Weak<Port>| std::ptr::eq(known.as_ptr(), Arc::as_ptr(port));
            match self.ports.iter_mut().find(|(known, _)| is_it(known)) {
                Some((_, packets)) => packets.push(packet),
                None => self.ports.push((Arc::downgrade(port), vec![packet])),
            }
        });
    }

    fn deliver(&mut self) {
        for (port, packets) in &mut self.ports {
            if packets.is_empty() {
                continue;
            }
            match port.upgrade() {
                Some(port) => port.post_many(packets),
                None => packets.drain(..).for_each(discard),
            }
        }
        // Keep the usual one or two ports and their lists; forget what has gone out of use.
        if self.ports.len() > 4 {
            self.ports.clear();
        }
    }
}
