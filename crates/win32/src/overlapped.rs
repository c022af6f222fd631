//! The life of an OVERLAPPED. This is the only place that writes one.
//!
//! | moment | `Internal` | `InternalHigh` | event |
//! |---|---|---|---|
//! | accepted | `STATUS_PENDING` (S-170) | untouched | reset (S-174) |
//! | refused | stays `STATUS_PENDING` (S-176) | untouched | stays reset |
//! | finished | the status, written last (S-003) | bytes | set with the status (S-158) |
//!
//! After that comes the packet, and from then on the structure is the program's again: it is not
//! touched any more.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use completion_port::{
    Deadline, Outcome, RawExtra, RawHandle, RawKind, RawMemory, RawOp, RawSpan, RawSubmitted,
    Status as Ended, Tag, Then,
};

use crate::abi::{Bool, Dword, FALSE, Handle, Overlapped, TRUE};
use crate::handle::{self, Object};
use crate::io_object::{Io, io_of};
use crate::status::{Status, set_last_error};
use crate::wait::{self, Apc, Thread};
use crate::{bool_door, door, port, thread};

/// How the end of an operation is to be reported, as its OVERLAPPED says when it begins.
#[derive(Clone, Copy)]
pub(crate) struct Report {
    overlapped: NonNull<Overlapped>,
    /// The event, or null.
    event: Handle,
    /// Whether a packet is wanted, if there is a port (S-153).
    packet: bool,
    /// Whether the state of the handle is set instead of an event.
    sets_handle: bool,
}

impl Report {
    /// Begins an operation whose end is reported by event and packet.
    ///
    /// # Errors
    ///
    /// What stands in the place of an event is none.
    ///
    /// # Safety
    ///
    /// `overlapped` points to an OVERLAPPED that stays valid until the end is reported (S-178).
    #[inline]
    pub(crate) unsafe fn begin(io: &Io, overlapped: NonNull<Overlapped>) -> Result<Self, NoEvent> {
        // SAFETY: the caller says that it is valid.
        let wanted = unsafe { (*overlapped.as_ptr()).event };
        let event = wanted.map_addr(|addr| addr & !1);
        let packet = wanted.addr() & 1 == 0;
        let mut sets_handle = false;
        if event.is_null() {
            io.state.begun();
            sets_handle = io.is_set_at_the_end();
        } else if !wait::reset_event(event) {
            return Err(NoEvent);
        }
        if !io.has_port() {
            thread::note_operation();
        }
        let report = Self {
            overlapped,
            event,
            packet,
            sets_handle,
        };
        report.publish(Status::PENDING);
        Ok(report)
    }

    /// Keeps what is needed until the end.
    pub(crate) fn request(self, io: &Arc<Io>) -> Request {
        Request {
            report: self,
            apc: None,
            io: self.sets_handle.then(|| Arc::clone(io)),
            thread: wait::current_thread_id(),
            status: Status::PENDING,
            bytes: 0,
        }
    }

    fn publish(self, status: Status) {
        let internal = internal_of(self.overlapped);
        // SAFETY: the OVERLAPPED is valid until the end is reported, which is now at the latest;
        // the program reads the field at any time (S-003), hence an atomic.
        let internal = unsafe { AtomicUsize::from_ptr(internal) };
        internal.store(status.0 as usize, Ordering::Release);
    }

    /// Reports the end by the fields, and by the event or the state of the handle.
    #[inline]
    fn end(self, io: Option<&Io>, status: Status, bytes: usize) {
        let high = internal_of(self.overlapped).wrapping_add(1);
        // SAFETY: the OVERLAPPED is valid until the end is reported, which is now.
        unsafe { high.write(bytes) };
        // Together: who polls the status may begin the next operation with the same event, which
        // this one is not to signal.
        if !self.event.is_null() {
            wait::set_event_with(self.event, || self.publish(status));
            return wait::finished(self.overlapped.addr().get());
        }
        let Some(io) = io.filter(|_| self.sets_handle) else {
            self.publish(status);
            return wait::finished(self.overlapped.addr().get());
        };
        if io.has_port() {
            // Whoever has a port waits there, and does not pay for the lock.
            self.publish(status);
            io.state.finished();
            wait::finished(self.overlapped.addr().get());
            io.state.tell();
        } else {
            io.state.finished_with(|| self.publish(status));
            wait::finished(self.overlapped.addr().get());
        }
    }
}

/// One use of an OVERLAPPED by an operation that may outlast the call.
pub(crate) struct Request {
    report: Report,
    /// A completion routine and the thread that is to run it.
    apc: Option<Box<Routine>>,
    /// Kept until the end if its state has to be set then.
    io: Option<Arc<Io>>,
    thread: u32,
    status: Status,
    bytes: usize,
}

// SAFETY: the pointers are used only as the contract of an OVERLAPPED allows to any thread of
// the process.
unsafe impl Send for Request {}

/// The event of an OVERLAPPED is no event. As after every refusal by the system below, the program
/// hears of an invalid handle; here it is not the handle of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoEvent;

impl From<NoEvent> for Status {
    fn from(_: NoEvent) -> Self {
        Self::INVALID_HANDLE
    }
}

/// A completion routine: called with status, bytes and OVERLAPPED on the thread that issued the
/// operation, when that waits alertably (S-301).
pub(crate) struct Routine {
    thread: Arc<Thread>,
    call: Box<dyn FnOnce(Status, usize, *mut Overlapped) + Send>,
}

impl Request {
    /// As [`Report::begin`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Safety
    ///
    /// As there.
    pub(crate) unsafe fn begin(
        io: &Arc<Io>,
        overlapped: NonNull<Overlapped>,
    ) -> Result<Self, NoEvent> {
        // SAFETY: as the caller says.
        Ok(unsafe { Report::begin(io, overlapped) }?.request(io))
    }

    /// Begins an operation whose end is reported by a completion routine; the event is the
    /// program's own affair (S-300).
    ///
    /// # Safety
    ///
    /// As [`Self::begin`].
    pub(crate) unsafe fn begin_routine(
        overlapped: NonNull<Overlapped>,
        call: impl FnOnce(Status, usize, *mut Overlapped) + Send + 'static,
    ) -> Self {
        let routine = Routine {
            thread: wait::current_thread(),
            call: Box::new(call),
        };
        // A handle with a port has no routines (S-023).
        thread::note_operation();
        let report = Report {
            overlapped,
            event: std::ptr::null_mut(),
            packet: false,
            sets_handle: false,
        };
        report.publish(Status::PENDING);
        Self {
            report,
            apc: Some(Box::new(routine)),
            io: None,
            thread: wait::current_thread_id(),
            status: Status::PENDING,
            bytes: 0,
        }
    }

    /// Where the program's structure is.
    pub(crate) fn overlapped(&self) -> *mut Overlapped {
        self.report.overlapped.as_ptr()
    }

    /// By what a cancel finds the operation.
    pub(crate) fn tag(&self) -> Tag {
        Tag {
            token: self.overlapped().addr(),
            group: self.thread as usize,
        }
    }

    /// Reports the end: fields, event or routine; says whether a packet follows.
    fn finish(&mut self, status: Status, bytes: usize) -> Then {
        (self.status, self.bytes) = (status, bytes);
        self.report.end(self.io.take().as_deref(), status, bytes);
        if let Some(routine) = self.apc.take() {
            let Routine { thread, call } = *routine;
            let at = self.overlapped().expose_provenance();
            thread.queue_apc(Apc::new(move || {
                call(status, bytes, std::ptr::with_exposed_provenance_mut(at));
            }));
        }
        if self.report.packet {
            Then::Packet
        } else {
            Then::Nothing
        }
    }
}

/// The memory of a transfer.
pub(crate) enum Memory {
    One(RawSpan),
    Many(Box<[RawSpan]>),
}

/// How the end of a transfer is told in the language of its kind: the status and the number of
/// bytes, after anything else that it brings has been written to where the program wants it.
pub(crate) type Convert = fn(&mut Details, Outcome, RawExtra) -> (Status, usize);

/// What a conversion needs to know; the meaning is the converter's.
#[derive(Clone, Copy)]
pub(crate) struct Details {
    pub(crate) pointers: [*mut u8; 3],
    /// Bytes asked for.
    pub(crate) wanted: usize,
    pub(crate) at_once: AtOnce,
}

impl Details {
    pub(crate) const NONE: Self = Self {
        pointers: [std::ptr::null_mut(); 3],
        wanted: 0,
        at_once: AtOnce::UNWANTED,
    };

    /// Whether nothing is told at the end but what all operations tell.
    fn is_plain(&self) -> bool {
        self.pointers.iter().all(|pointer| pointer.is_null())
    }
}

/// Where the issuing call tells what has ended within it: bytes and flags, or null. They may lie
/// beside the OVERLAPPED, which is another thread's as soon as the packet is there (S-157).
#[derive(Clone, Copy)]
pub(crate) struct AtOnce {
    pub(crate) bytes: *mut u32,
    pub(crate) flags: *mut u32,
}

impl AtOnce {
    pub(crate) const UNWANTED: Self = Self {
        bytes: std::ptr::null_mut(),
        flags: std::ptr::null_mut(),
    };

    /// Tells how an operation has ended; nobody else has been told yet.
    #[inline]
    fn tell(self, status: Status, moved: usize) {
        // One that has moved bytes and failed is told by its packet alone (S-150).
        if status.is_error() {
            return;
        }
        if !self.bytes.is_null() {
            // SAFETY: the issuing call passed it, and has not returned.
            unsafe { self.bytes.write_unaligned(moved as u32) };
        }
        if !self.flags.is_null() {
            let partial = status == Status::BUFFER_OVERFLOW;
            // SAFETY: as above.
            unsafe {
                self.flags
                    .write_unaligned(if partial { MSG_PARTIAL } else { 0 })
            };
        }
    }
}

/// The flag of a message that did not fit.
pub(crate) const MSG_PARTIAL: u32 = 0x8000;

/// An operation as the library sees it.
pub(crate) struct Op {
    request: Request,
    memory: Memory,
    convert: Convert,
    details: Details,
}

// SAFETY: the pointers are the program's, used as its contract allows to any thread.
unsafe impl Send for Op {}

// SAFETY: the program keeps buffers valid and in place until the end is reported (S-178); the
// list of stretches is the operation's own and does not change.
unsafe impl RawOp for Op {
    fn memory(&self) -> RawMemory<'_> {
        match &self.memory {
            Memory::One(span) => RawMemory::One(*span),
            Memory::Many(spans) => RawMemory::Many(spans),
        }
    }

    fn tag(&self) -> Tag {
        self.request.tag()
    }

    fn at_once(&mut self, outcome: Outcome) {
        let (status, bytes) = for_status_alone(self.convert, self.details.wanted, outcome);
        self.details.at_once.tell(status, bytes);
    }

    fn finished(&mut self, outcome: Outcome, extra: RawExtra) -> Then {
        let (status, bytes) = (self.convert)(&mut self.details, outcome, extra);
        self.request.finish(status, bytes)
    }
}

impl Op {
    /// What a packet with this operation says: OVERLAPPED, status, bytes.
    pub(crate) fn result(&self) -> (*mut Overlapped, Status, usize) {
        let request = &self.request;
        (request.overlapped(), request.status, request.bytes)
    }
}

/// What became of an operation that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// It is in flight, or its end has been reported by another thread.
    Pending,
    /// Its end has been reported within the call, by all means that apply.
    Done(Status, usize),
}

/// Who is to hear of the end of an operation.
pub(crate) enum Told {
    /// Whoever waits for event, handle or packet.
    Usual(Report),
    /// A completion routine; rare, and so no burden to the rest.
    Routine(Box<Request>),
}

impl Told {
    /// Keeps what is needed until the end.
    pub(crate) fn request(self, io: &Arc<Io>) -> Request {
        match self {
            Self::Usual(report) => report.request(io),
            Self::Routine(request) => *request,
        }
    }
}

/// Hands a transfer to the library. One that succeeds at once causes no packet where none is wanted
/// for that (S-152).
///
/// # Errors
///
/// It was refused: nothing is reported anywhere (S-150).
///
/// # Safety
///
/// The memory, and what the details point to, stays valid until the end is reported.
#[inline]
pub(crate) unsafe fn start(
    io: &Arc<Io>,
    kind: RawKind,
    told: Told,
    memory: Memory,
    ending: (Convert, Details),
) -> Result<Started, Refused> {
    match (told, memory) {
        (Told::Usual(report), Memory::One(span)) if ending.1.is_plain() => {
            // SAFETY: as the caller says.
            unsafe { start_plain(io, kind, report, span, ending) }
        }
        (told, memory) => {
            let request = told.request(io);
            // SAFETY: as the caller says.
            unsafe { start_kept(io, kind, request, memory, ending) }
        }
    }
}

/// What servers live on: nothing is made for an operation that ends within the call.
#[inline]
unsafe fn start_plain(
    io: &Arc<Io>,
    kind: RawKind,
    report: Report,
    span: RawSpan,
    (convert, details): (Convert, Details),
) -> Result<Started, Refused> {
    let raw = io.raw();
    let make = || Op {
        request: report.request(io),
        memory: Memory::One(span),
        convert,
        details,
    };
    // SAFETY: the caller keeps the memory valid.
    match unsafe { raw.submit_one(kind, span, make) } {
        Ok(RawSubmitted::InFlight(_)) => Ok(Started::Pending),
        Ok(RawSubmitted::Finished(outcome)) => {
            let (status, bytes) = for_status_alone(convert, details.wanted, outcome);
            details.at_once.tell(status, bytes);
            report.end(Some(io), status, bytes);
            if report.packet && !(status.is_success() && io.skips_packet()) {
                deliver_own(&raw, report, status, bytes);
            }
            Ok(Started::Done(status, bytes))
        }
        Err(error) => Err(Refused(Status::errno(&error))),
    }
}

/// Any other, which is made first.
unsafe fn start_kept(
    io: &Arc<Io>,
    kind: RawKind,
    request: Request,
    memory: Memory,
    (convert, details): (Convert, Details),
) -> Result<Started, Refused> {
    let report = request.report;
    let wanted = details.wanted;
    let take = io.skips_packet();
    let op = Op {
        request,
        memory,
        convert,
        details,
    };
    let raw = io.raw();
    // SAFETY: the caller keeps the memory valid.
    match unsafe { raw.submit(kind, op, take) } {
        Ok(RawSubmitted::InFlight(_)) => Ok(Started::Pending),
        Ok(RawSubmitted::Finished(outcome)) => {
            let (status, bytes) = for_status_alone(convert, wanted, outcome);
            if take && !status.is_success() && report.packet {
                deliver_own(&raw, report, status, bytes);
            }
            Ok(Started::Done(status, bytes))
        }
        Err((error, _)) => Err(Refused(Status::errno(&error))),
    }
}

/// What an outcome means, without writing anything anywhere.
fn for_status_alone(convert: Convert, wanted: usize, outcome: Outcome) -> (Status, usize) {
    let mut details = Details {
        wanted,
        ..Details::NONE
    };
    convert(&mut details, outcome, RawExtra::default())
}

/// The system's error number of a refused operation; what it means depends on the kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused(pub(crate) i32);

/// A packet for what this call has reported already by all other means. Most need no memory.
#[inline]
fn deliver_own(raw: &RawHandle, report: Report, status: Status, bytes: usize) {
    match port::pack(status, bytes) {
        Some(packed) => raw.post_own(packed, report.overlapped.as_ptr().expose_provenance()),
        None => deliver_own_reported(raw, report, status, bytes),
    }
}

#[cold]
fn deliver_own_reported(raw: &RawHandle, report: Report, status: Status, bytes: usize) {
    let request = Request {
        report,
        apc: None,
        io: None,
        thread: 0,
        status,
        bytes,
    };
    let outcome = Outcome {
        status: Ended::Success,
        bytes,
    };
    raw.deliver_own(Reported(request), outcome);
}

/// Reports the end of an operation that was carried out elsewhere: fields, event, routine, packet.
pub(crate) fn complete(io: &Arc<Io>, mut request: Request, status: Status, bytes: usize) {
    if request.finish(status, bytes) == Then::Packet {
        let outcome = Outcome {
            status: Ended::Success,
            bytes,
        };
        io.raw().deliver(Reported(request), outcome);
    }
}

/// As [`complete`], within the call that issued the operation: success causes no packet where
/// none is wanted for that (S-152).
pub(crate) fn complete_at_once(io: &Arc<Io>, mut request: Request, status: Status, bytes: usize) {
    request.report.packet &= !(status.is_success() && io.skips_packet());
    complete(io, request, status, bytes);
}

/// A request whose end has been reported by all means but the packet.
pub(crate) struct Reported(Request);

// SAFETY: there is no memory.
unsafe impl RawOp for Reported {
    fn memory(&self) -> RawMemory<'_> {
        RawMemory::None
    }
    fn finished(&mut self, _outcome: Outcome, _extra: RawExtra) -> Then {
        Then::Packet
    }
}

impl Reported {
    /// As [`Op::result`].
    pub(crate) fn result(&self) -> (*mut Overlapped, Status, usize) {
        let request = &self.0;
        (request.overlapped(), request.status, request.bytes)
    }
}

/// Where `Internal` is; `InternalHigh` follows it, as `abi` asserts.
fn internal_of(overlapped: NonNull<Overlapped>) -> *mut usize {
    overlapped.as_ptr().cast()
}

/// The present status of an OVERLAPPED.
///
/// # Safety
///
/// The pointer is valid.
unsafe fn status_of(overlapped: NonNull<Overlapped>) -> Status {
    let internal = internal_of(overlapped);
    // SAFETY: valid, says the caller; written atomically by us.
    let internal = unsafe { AtomicUsize::from_ptr(internal) };
    // NTSTATUS is 32 bits; programs that fill the upper half get what they ask for.
    Status((internal.load(Ordering::Acquire) & 0xffff_ffff) as u32)
}

/// What an OVERLAPPED says: its final status and bytes, or why there are none yet. Looks at
/// nothing else (S-190); waits until the deadline (S-191, S-192, S-194).
///
/// # Safety
///
/// The pointer is valid throughout.
pub(crate) unsafe fn result_of(
    overlapped: NonNull<Overlapped>,
    deadline: Deadline,
    alertable: bool,
) -> Result<(Status, usize), Status> {
    // SAFETY: as the caller says.
    if unsafe { status_of(overlapped) } == Status::PENDING && deadline != Deadline::Now {
        // SAFETY: as the caller says.
        let done = || unsafe { status_of(overlapped) } != Status::PENDING;
        let which = overlapped.addr().get();
        if alertable && wait::alertably(which, done, deadline) {
            return Err(Status::USER_APC);
        }
        if !alertable {
            wait::patiently(which, done, deadline);
        }
    }
    // SAFETY: as the caller says.
    let status = unsafe { status_of(overlapped) };
    if status == Status::PENDING {
        return Err(Status::PENDING);
    }
    let high = internal_of(overlapped).wrapping_add(1);
    // SAFETY: valid, and final: nobody writes it any more.
    Ok((status, unsafe { high.read() }))
}

/// `ERROR_IO_INCOMPLETE`.
pub(crate) const IO_INCOMPLETE: u32 = 996;
/// `WAIT_TIMEOUT`.
pub(crate) const WAIT_TIMEOUT: u32 = 258;

/// How long a number of milliseconds lets a call wait.
pub(crate) fn deadline_of(milliseconds: Dword) -> Deadline {
    match milliseconds {
        crate::abi::INFINITE => Deadline::Never,
        0 => Deadline::Now,
        ms => std::time::Duration::from_millis(ms.into()).into(),
    }
}

unsafe fn overlapped_result(
    overlapped: *mut Overlapped,
    bytes: *mut Dword,
    deadline: Deadline,
    alertable: bool,
) -> Bool {
    let Some(overlapped) = NonNull::new(overlapped) else {
        set_last_error(Status::INVALID_PARAMETER.win32());
        return FALSE;
    };
    // SAFETY: the program passes a valid OVERLAPPED.
    match unsafe { result_of(overlapped, deadline, alertable) } {
        Ok((status, moved)) => {
            if !bytes.is_null() {
                // SAFETY: a pointer that is not null is valid, by contract.
                unsafe { bytes.write(moved as Dword) };
            }
            if status.is_success() {
                return TRUE;
            }
            set_last_error(status.win32());
        }
        Err(Status::USER_APC) => set_last_error(Status::USER_APC.win32()),
        Err(_) if deadline == Deadline::Now => set_last_error(IO_INCOMPLETE),
        Err(_) => set_last_error(WAIT_TIMEOUT),
    }
    FALSE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetOverlappedResult(
    _file: Handle,
    overlapped: *mut Overlapped,
    bytes: *mut Dword,
    wait: Bool,
) -> Bool {
    let deadline = if wait == FALSE {
        Deadline::Now
    } else {
        Deadline::Never
    };
    // SAFETY: the program's pointers, passed on.
    door(FALSE, || unsafe {
        overlapped_result(overlapped, bytes, deadline, false)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetOverlappedResultEx(
    _file: Handle,
    overlapped: *mut Overlapped,
    bytes: *mut Dword,
    milliseconds: Dword,
    alertable: Bool,
) -> Bool {
    let deadline = deadline_of(milliseconds);
    let alertable = alertable != FALSE;
    // SAFETY: the program's pointers, passed on.
    door(FALSE, || unsafe {
        overlapped_result(overlapped, bytes, deadline, alertable)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CancelIoEx(file: Handle, overlapped: *mut Overlapped) -> Bool {
    bool_door(|| {
        let object = handle::get(file).ok_or(Status::INVALID_HANDLE)?;
        let token = overlapped.addr();
        match cancel(&object, |tag| token == 0 || tag.token == token) {
            0 => Err(Status::NOT_FOUND),
            _ => Ok(()),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CancelIo(file: Handle) -> Bool {
    bool_door(|| {
        let object = handle::get(file).ok_or(Status::INVALID_HANDLE)?;
        let thread = wait::current_thread_id() as usize;
        // None at all is as good (S-211).
        let _ = cancel(&object, |tag| tag.group == thread);
        Ok(())
    })
}

/// A thread has ended: its operations end with it, except those on handles with a port (S-225).
pub(crate) fn cancel_of_thread(thread: u32) {
    handle::for_each(|object| {
        if io_of(object).is_some_and(|io| !io.has_port()) {
            cancel(object, |tag| tag.group == thread as usize);
        }
    });
}

/// Cancels the operations of an object that satisfy the condition; how many those were.
fn cancel(object: &Object, wanted: impl Fn(Tag) -> bool) -> usize {
    let own = match object {
        Object::Socket(socket) => socket.cancel_own(&wanted),
        Object::File(file) => file.cancel_own(&wanted),
        Object::Pipe(pipe) => pipe.cancel_own(&wanted),
        _ => 0,
    };
    own + io_of(object).map_or(0, |io| io.raw().cancel_where(&wanted))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetFileCompletionNotificationModes(file: Handle, flags: u8) -> Bool {
    bool_door(|| {
        let object = handle::get(file).ok_or(Status::INVALID_HANDLE)?;
        io_of(&object)
            .ok_or(Status::INVALID_HANDLE)?
            .add_modes(flags)
    })
}
