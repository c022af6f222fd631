//! One end of a connection.
//!
//! Reads are served in call order by whoever sees that something has arrived; they are ours
//! alone. Writes are the library's, which keeps them in order and whole; a lock keeps the first
//! attempt and the queueing of what is left together.

use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use completion_port::{
    Outcome, RawAttempt, RawExtra, RawHandle, RawKind, RawMemory, RawNature, RawOp, RawSpan,
    Status as Ended, Tag, Then,
};
use parking_lot::Mutex;

use super::incoming::{Asked, Attempt, HEAD_BYTES, Reader, Seen};
use crate::abi::Dword;
use crate::file::facts::errno;
use crate::readiness::{NOBODY, Next, Served, Service, serve};
use crate::status::Status;
use crate::synchronous::cancellable;
use crate::transfer::Transfer;
use crate::waiter::{Gate, Waiter};

/// What became of an operation that was accepted.
pub(super) enum Taken {
    /// It has ended, and nobody has been told yet.
    Ended(Waiter, Status, usize),
    /// Its end will be told.
    Queued,
}

/// See the head of this file.
pub(super) struct Link {
    raw: RawHandle,
    service: Service,
    incoming: Mutex<Incoming>,
    /// Held from a write's first attempt until what is left of it is queued.
    outgoing: Mutex<()>,
    framed: bool,
    /// The server has disconnected; known to both ends if they are in one process.
    dropped: Arc<AtomicBool>,
}

struct Incoming {
    reader: Reader,
    reads: VecDeque<(Asked, Waiter)>,
    /// Nothing is read any more, for this reason.
    ended: Option<Status>,
}

type Finished = Vec<(Waiter, Status, usize)>;

fn tell(finished: Finished) {
    for (waiter, status, bytes) in finished {
        waiter.end(status, bytes);
    }
}

impl Link {
    pub(super) fn new(fd: OwnedFd, framed: bool, dropped: Arc<AtomicBool>) -> Arc<Self> {
        Arc::new(Self {
            raw: RawHandle::connected(fd, RawNature::Stream),
            service: Service::default(),
            incoming: Mutex::new(Incoming {
                reader: Reader::new(framed),
                reads: VecDeque::new(),
                ended: None,
            }),
            outgoing: Mutex::new(()),
            framed,
            dropped,
        })
    }

    /// Two ends that are joined.
    pub(super) fn pair(framed: bool, bytes: usize) -> Result<(Arc<Self>, Arc<Self>), Status> {
        let mut fds = [-1; 2];
        let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: room for two descriptors is passed.
        if unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) } != 0 {
            return Err(Status::of_pipe(errno()));
        }
        let dropped = Arc::new(AtomicBool::new(false));
        let end = |fd: RawFd| {
            // SAFETY: the call has just made this descriptor, and nobody else knows it.
            let fd = unsafe { OwnedFd::from_raw_fd(fd) };
            make_room(fd.as_raw_fd(), bytes);
            Self::new(fd, framed, Arc::clone(&dropped))
        };
        Ok((end(fds[0]), end(fds[1])))
    }

    pub(super) fn fd(&self) -> RawFd {
        self.raw.as_fd().as_raw_fd()
    }

    pub(super) fn is_framed(&self) -> bool {
        self.framed
    }

    /// Whether the other end is gone.
    pub(super) fn is_closing(&self) -> bool {
        let mut poll = libc::pollfd {
            fd: self.fd(),
            events: libc::POLLRDHUP,
            revents: 0,
        };
        // SAFETY: one valid entry is passed; the call does not wait.
        let ready = unsafe { libc::poll(&raw mut poll, 1, 0) };
        ready > 0
    }

    /// The process at the other end.
    pub(super) fn peer(&self) -> Option<u32> {
        super::remote::peer_of(self.fd()).map(|(process, _)| process)
    }

    fn is_dropped(&self) -> bool {
        self.dropped.load(Ordering::SeqCst)
    }

    /// Why a link that does not work any more does not.
    fn broken(&self, otherwise: Status) -> Status {
        if self.is_dropped() {
            Status::PIPE_DISCONNECTED
        } else {
            otherwise
        }
    }

    fn attempt(&self, incoming: &mut Incoming, asked: &mut Asked) -> Attempt {
        if let Some(status) = incoming.ended {
            return Attempt::Ended(status, 0);
        }
        // What has been sent before a disconnect is lost.
        if self.is_dropped() {
            return Attempt::Ended(Status::PIPE_DISCONNECTED, 0);
        }
        match incoming.reader.read(self.fd(), asked) {
            Attempt::Ended(Status::PIPE_BROKEN, bytes) => {
                Attempt::Ended(self.broken(Status::PIPE_BROKEN), bytes)
            }
            attempt => attempt,
        }
    }

    /// Reads; behind the reads that are in flight.
    pub(super) fn read(
        self: &Arc<Self>,
        call: &Transfer,
        message: bool,
        waiter: Waiter,
    ) -> Result<Taken, Status> {
        let mut asked = Asked::new(call.start, call.length, message);
        let mut incoming = self.incoming.lock();
        if incoming.reads.is_empty()
            && let Attempt::Ended(status, bytes) = self.attempt(&mut incoming, &mut asked)
        {
            return match status.is_error() {
                true => Err(status),
                false => Ok(Taken::Ended(waiter, status, bytes)),
            };
        }
        incoming.reads.push_back((asked, waiter));
        drop(incoming);
        serve(self);
        Ok(Taken::Queued)
    }

    /// Reads what there is, or nothing (`PIPE_NOWAIT`).
    pub(super) fn read_now(&self, call: &Transfer, message: bool) -> Result<(), Status> {
        let mut asked = Asked::new(call.start, call.length, message);
        let mut incoming = self.incoming.lock();
        let attempt = match incoming.reads.is_empty() {
            true => self.attempt(&mut incoming, &mut asked),
            false => Attempt::NotReady,
        };
        let (status, bytes) = match attempt {
            Attempt::NotReady => asked.broken_off(Status::PIPE_EMPTY),
            Attempt::Ended(status, bytes) => (status, bytes),
        };
        call.bytes.set(bytes as Dword);
        if status.is_success() {
            Ok(())
        } else {
            Err(status)
        }
    }

    pub(super) fn peek(&self, call: &Transfer, message: bool) -> Result<Seen, Status> {
        let mut asked = Asked::new(call.start, call.length, message);
        let incoming = self.incoming.lock();
        if let Some(status) = incoming.ended {
            return Err(status);
        }
        if self.is_dropped() {
            return Err(Status::PIPE_DISCONNECTED);
        }
        incoming.reader.peek(self.fd(), &mut asked)
    }

    /// Whether something waits to be read.
    pub(super) fn has_unread(&self) -> bool {
        let incoming = self.incoming.lock();
        let arrived = super::incoming::arrived(self.fd());
        incoming.reader.is_inside() || arrived.is_ok_and(|bytes| bytes > 0)
    }

    /// Tries a write once; how many bytes of it have gone, with the frame's head.
    fn try_write(&self, parts: &Parts) -> Result<Option<usize>, Status> {
        if self.is_dropped() {
            return Err(Status::PIPE_DISCONNECTED);
        }
        let spans = Spans(parts.spans.as_ptr(), parts.spans.len());
        // SAFETY: the memory is there during the call.
        match unsafe { self.raw.attempt(RawKind::Send, spans) } {
            Ok(RawAttempt::Finished(outcome, _)) => match outcome.status {
                Ended::Error(errno) => Err(self.failed(errno)),
                _ => Ok(None),
            },
            Ok(RawAttempt::WouldWait(moved)) => Ok(Some(moved)),
            Err(error) => Err(self.failed(Status::errno(&error))),
        }
    }

    fn failed(&self, errno: i32) -> Status {
        match errno {
            libc::EPIPE | libc::ECONNRESET | libc::ENOTCONN | libc::EBADF | libc::ESHUTDOWN => {
                self.broken(Status::PIPE_CLOSING)
            }
            errno => Status::of_pipe(errno),
        }
    }

    /// Writes; behind the writes that are in flight.
    pub(super) fn write(
        self: &Arc<Self>,
        call: &Transfer,
        waiter: Waiter,
    ) -> Result<Taken, Status> {
        let parts = Parts::new(self.framed, call.start, call.length);
        if parts.bytes == 0 {
            return match self.is_closing() {
                true => Err(self.broken(Status::PIPE_CLOSING)),
                false => Ok(Taken::Ended(waiter, Status::SUCCESS, 0)),
            };
        }
        let _in_order = self.outgoing.lock();
        match self.try_write(&parts)? {
            None => Ok(Taken::Ended(waiter, Status::SUCCESS, call.length)),
            Some(moved) => {
                self.queue(parts, moved, Some(waiter), call.length)?;
                Ok(Taken::Queued)
            }
        }
    }

    /// Hands what is left of a write to the library.
    fn queue(
        self: &Arc<Self>,
        mut parts: Parts,
        moved: usize,
        waiter: Option<Waiter>,
        content: usize,
    ) -> Result<(), Status> {
        parts.skip(moved);
        let write = Write {
            link: Arc::clone(self),
            parts,
            begun: moved > 0,
            waiter,
            content,
        };
        // SAFETY: the parts name memory of the program's, which it leaves to the write until its
        // end, or of their own, on the heap.
        match unsafe { self.raw.submit(RawKind::Send, write, true) } {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(self.failed(Status::errno(&error))),
        }
    }

    /// Writes what there is room for (`PIPE_NOWAIT`): a message wholly or not at all.
    pub(super) fn write_now(self: &Arc<Self>, call: &Transfer) -> Result<usize, Status> {
        let parts = Parts::new(self.framed, call.start, call.length);
        if parts.bytes == 0 {
            return Ok(0);
        }
        let _in_order = self.outgoing.lock();
        match self.try_write(&parts)? {
            None => Ok(call.length),
            Some(0) => Ok(0),
            Some(moved) if !self.framed => Ok(moved),
            Some(moved) => {
                // SAFETY: the program's buffer is valid during the call.
                let parts = unsafe { parts.copied(call) };
                self.queue(parts, moved, None, call.length)?;
                Ok(call.length)
            }
        }
    }

    /// Writes a copy of what is passed, without waiting for its end.
    pub(super) fn write_copy(self: &Arc<Self>, call: &Transfer) -> Result<(), Status> {
        let parts = Parts::new(self.framed, call.start, call.length);
        let _in_order = self.outgoing.lock();
        match self.try_write(&parts)? {
            None => Ok(()),
            Some(moved) => {
                // SAFETY: the program's buffer is valid during the call.
                let parts = unsafe { parts.copied(call) };
                self.queue(parts, moved, None, call.length)
            }
        }
    }

    /// Cancels the operations that have such a tag; how many those were.
    pub(super) fn cancel(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        let reads = self.call_off(Status::CANCELLED, &|waiter| waiter.is_meant(wanted));
        // The watcher of readiness is no operation of the program's.
        let own = |tag: Tag| tag != NOBODY && wanted(tag);
        reads + self.raw.cancel_where(own)
    }

    /// Calls a waiting thread off; whether it still waited.
    pub(super) fn cancel_thread(&self, gate: &Arc<Gate>) -> bool {
        let reads = self.call_off(Status::CANCELLED, &|waiter| waiter.is_at(gate));
        let at = Arc::as_ptr(gate).addr();
        reads > 0
            || self
                .raw
                .cancel_where(|tag| tag.token == 0 && tag.group == at)
                > 0
    }

    fn call_off(&self, status: Status, is_meant: &dyn Fn(&Waiter) -> bool) -> usize {
        let mut incoming = self.incoming.lock();
        let reads = std::mem::take(&mut incoming.reads);
        let (meant, kept): (VecDeque<_>, _) = reads.into_iter().partition(|(_, w)| is_meant(w));
        incoming.reads = kept;
        drop(incoming);
        let count = meant.len();
        let ended = meant.into_iter().map(|(asked, waiter)| {
            let (status, bytes) = asked.broken_off(status);
            (waiter, status, bytes)
        });
        tell(ended.collect());
        count
    }

    /// The end is closed: what is in flight here ends (S-230), what was sent stays readable.
    pub(super) fn close(&self) {
        self.finish(Status::PIPE_BROKEN);
    }

    /// Breaks the connection off: what has not been read is lost, at both ends (S-383).
    pub(super) fn disconnect(&self) {
        self.dropped.store(true, Ordering::SeqCst);
        self.finish(Status::PIPE_DISCONNECTED);
    }

    fn finish(&self, status: Status) {
        self.incoming.lock().ended = Some(status);
        self.call_off(status, &|_| true);
        self.raw.close();
        // Others may still be in the middle of using the descriptor, so that it closes later; the
        // other end is not to wait for that.
        // SAFETY: no pointers are passed.
        let _ = unsafe { libc::shutdown(self.fd(), libc::SHUT_RDWR) };
    }

    /// Waits until the other end has read everything.
    pub(super) fn flush(self: &Arc<Self>) -> Result<(), Status> {
        let (mut pause, longest) = (Duration::from_micros(50), Duration::from_millis(5));
        let called_off = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&called_off);
        // The system tells nobody when a socket has been emptied.
        cancellable(
            move || !seen.swap(true, Ordering::SeqCst),
            || loop {
                if called_off.load(Ordering::SeqCst) {
                    return Err(Status::CANCELLED);
                }
                if self.is_dropped() || self.is_closing() {
                    return Err(self.broken(Status::PIPE_CLOSING));
                }
                if self.unread_by_peer() == 0 {
                    return Ok(());
                }
                std::thread::sleep(pause); // no event: see above
                pause = (pause * 2).min(longest);
            },
        )
    }

    fn unread_by_peer(&self) -> i32 {
        let mut bytes: libc::c_int = 0;
        // SAFETY: a place for the number is passed.
        match unsafe { libc::ioctl(self.fd(), libc::TIOCOUTQ, &raw mut bytes) } {
            0 => bytes,
            _ => 0,
        }
    }
}

impl Served for Link {
    fn service(&self) -> &Service {
        &self.service
    }

    fn raw(&self) -> &RawHandle {
        &self.raw
    }

    fn serve(&self) -> Next {
        let mut finished = Finished::new();
        let mut incoming = self.incoming.lock();
        while let Some((mut asked, waiter)) = incoming.reads.pop_front() {
            match self.attempt(&mut incoming, &mut asked) {
                Attempt::Ended(status, bytes) => finished.push((waiter, status, bytes)),
                Attempt::NotReady => {
                    incoming.reads.push_front((asked, waiter));
                    break;
                }
            }
        }
        let waits = !incoming.reads.is_empty();
        drop(incoming);
        tell(finished);
        // No more than the reads that waited.
        Next::watch_if(waits)
    }
}

/// Makes room for as much as the program means to send without being read.
fn make_room(fd: RawFd, bytes: usize) {
    /// What a socket has anyway, roughly.
    const USUAL: usize = 100_000;
    if bytes <= USUAL {
        return;
    }
    let wanted = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    let (level, option) = (libc::SOL_SOCKET, libc::SO_SNDBUF);
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: a number and its size are passed. More than the system allows is cut.
    let _ = unsafe { libc::setsockopt(fd, level, option, (&raw const wanted).cast(), length) };
}

/// The memory of a write: a message's length, and its content.
struct Parts {
    spans: Vec<RawSpan>,
    bytes: usize,
    _head: Option<Box<[u8; HEAD_BYTES]>>,
    _copy: Option<Box<[u8]>>,
    places: [(*mut u8, usize); 2],
}

impl Parts {
    fn new(framed: bool, start: *mut u8, length: usize) -> Self {
        let mut head = framed.then(|| Box::new((length as u32).to_ne_bytes()));
        let head_at = head
            .as_mut()
            .map_or(std::ptr::null_mut(), |head| head.as_mut_ptr());
        let head_bytes = if framed { HEAD_BYTES } else { 0 };
        let mut parts = Self {
            spans: Vec::new(),
            bytes: head_bytes + length,
            _head: head,
            _copy: None,
            places: [(head_at, head_bytes), (start, length)],
        };
        parts.skip(0);
        parts
    }

    /// The stretches that are left after so many bytes.
    fn skip(&mut self, moved: usize) {
        let mut gone = moved;
        let left = self.places.map(|(start, bytes)| {
            let here = gone.min(bytes);
            gone -= here;
            (start.wrapping_add(here), bytes - here)
        });
        let left = left.into_iter().filter(|(_, bytes)| *bytes > 0);
        self.spans = left
            .map(|(start, bytes)| RawSpan::new(start, bytes))
            .collect();
    }

    /// The same with a copy of the content.
    ///
    /// # Safety
    ///
    /// The content of the call is readable.
    unsafe fn copied(mut self, call: &Transfer) -> Self {
        // SAFETY: as the caller says.
        let content = unsafe { std::slice::from_raw_parts(call.start, call.length) };
        let mut copy: Box<[u8]> = content.into();
        self.places[1].0 = copy.as_mut_ptr();
        self._copy = Some(copy);
        self
    }
}

/// The memory of an attempt.
struct Spans(*const RawSpan, usize);

// SAFETY: used by the thread that made it, during one call.
unsafe impl Send for Spans {}

// SAFETY: the list and what it names are there during the call of which this is the operation.
unsafe impl RawOp for Spans {
    fn memory(&self) -> RawMemory<'_> {
        // SAFETY: the list is borrowed from the caller for the duration of the attempt.
        RawMemory::Many(unsafe { std::slice::from_raw_parts(self.0, self.1) })
    }

    fn finished(&mut self, _: Outcome, _: RawExtra) -> Then {
        Then::Nothing
    }
}

/// A write that waits for room.
struct Write {
    link: Arc<Link>,
    parts: Parts,
    /// Some of it had gone before.
    begun: bool,
    waiter: Option<Waiter>,
    content: usize,
}

// SAFETY: the pointers are the program's, used as its contract allows to any thread.
unsafe impl Send for Write {}

// SAFETY: the program keeps its buffer until the end is reported (S-178); the rest is on the heap
// and belongs to this; the list does not change any more.
unsafe impl RawOp for Write {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::Many(&self.parts.spans)
    }

    fn tag(&self) -> Tag {
        match &self.waiter {
            Some(Waiter::Request(_, request)) => request.tag(),
            // Found by where the thread waits; and by whoever cancels everything.
            Some(Waiter::Thread(gate)) => Tag {
                token: 0,
                group: Arc::as_ptr(gate).addr(),
            },
            None => NOBODY,
        }
    }

    fn finished(&mut self, outcome: Outcome, _: RawExtra) -> Then {
        let broken_off = self.begun || outcome.bytes > 0;
        let status = match outcome.status {
            Ended::Error(libc::ECANCELED) => Status::CANCELLED,
            Ended::Error(errno) => self.link.failed(errno),
            _ => Status::SUCCESS,
        };
        if status == Status::CANCELLED && self.link.framed && broken_off {
            // The reader cannot know where the next message would begin.
            // SAFETY: no pointers are passed.
            let _ = unsafe { libc::shutdown(self.link.fd(), libc::SHUT_WR) };
        }
        let bytes = if status.is_success() { self.content } else { 0 };
        if let Some(waiter) = self.waiter.take() {
            waiter.end(status, bytes);
        }
        Then::Nothing
    }
}
