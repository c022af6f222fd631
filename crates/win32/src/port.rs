//! Completion ports: creating, associating, taking and posting packets.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use completion_port::{Completion, CompletionPort, Deadline, WaitError};

use crate::abi::{Bool, Dword, FALSE, Handle, INVALID_HANDLE, Overlapped, OverlappedEntry};
use crate::abi::{TRUE, UlongPtr};
use crate::handle::{self, Object};
use crate::io_object::io_of;
use crate::overlapped::{Op, Reported, deadline_of};
use crate::status::{Status, set_last_error};
use crate::wait::{Asked, Lookout};
use crate::{bool_door, door, thread, wait};

/// A port and what the layer keeps beside it.
pub(crate) struct Port {
    pub(crate) port: CompletionPort,
    /// For those who wait for its handle.
    lookout: Lookout,
}

/// How soon those who wait for a port's handle hear of a completion, so that nobody who completes
/// something has to think of them. Of a post they hear at once.
const LOOK: Duration = Duration::from_millis(1);

impl Asked for Port {
    fn lookout(&self) -> &Lookout {
        &self.lookout
    }

    /// Packets are queued, or the port is closed (S-035).
    fn is_signaled(&self) -> bool {
        self.port.snapshot().queued > 0 || self.port.is_closed()
    }
}

impl Port {
    pub(crate) fn new(port: CompletionPort) -> Arc<Self> {
        Arc::new(Self {
            port,
            lookout: Lookout::new(LOOK),
        })
    }

    /// Everyone who waits is released with 735, though duplicates of the library's handle may
    /// live on in associated files (S-030, S-031).
    pub(crate) fn last_handle_closed(&self) {
        self.port.close();
        self.lookout.changed();
    }
}

/// What a packet says, whatever its origin.
pub(crate) struct Packet {
    pub(crate) key: UlongPtr,
    pub(crate) overlapped: *mut Overlapped,
    pub(crate) status: Status,
    pub(crate) bytes: usize,
}

impl Packet {
    /// What a packet of the library's says; `None` if it was taken back after it was queued.
    ///
    /// Read where it lies: a copy of what another function has just written waits until that is
    /// there, which took a fifth of a post and a get.
    ///
    /// # Safety
    ///
    /// It is asked once.
    #[inline]
    pub(crate) unsafe fn of(completion: &Completion) -> Option<Self> {
        let Some(token) = completion.token() else {
            return Some(Self::of_operation(completion));
        };
        // SAFETY: posted here, and asked once, as the caller says.
        let (status, bytes) = unsafe { unpack(completion.bytes()) }?;
        Some(Self {
            key: completion.key(),
            overlapped: std::ptr::with_exposed_provenance_mut(token),
            status,
            bytes,
        })
    }

    #[inline(never)]
    fn of_operation(completion: &Completion) -> Self {
        let (overlapped, status, bytes) = match (completion.raw::<Op>(), completion.raw()) {
            (Some(op), _) => op.result(),
            (None, Some(reported)) => Reported::result(reported),
            (None, None) => unreachable!("there is no third kind of operation"),
        };
        Self {
            key: completion.key(),
            overlapped,
            status,
            bytes,
        }
    }
}

/// What is asked of a packet that says more than fits into a word, when it is taken: status and
/// information, or `None` if it was taken back meanwhile.
pub(crate) type Long = Box<dyn FnOnce() -> Option<(Status, usize)> + Send>;

/// A posted packet carries a status above its number of bytes; `None` if they do not fit.
#[inline]
pub(crate) fn pack(status: Status, bytes: usize) -> Option<usize> {
    let packed = (status.0 as usize) << 32 | u32::try_from(bytes).ok()? as usize;
    (packed & LONG == 0).then_some(packed)
}

/// The bit that is always zero in a status that means anything. Where it is set, the rest is the
/// address of a [`Long`].
const LONG: usize = 1 << 60;

/// Every address of a program is smaller.
const ADDRESS: usize = (1 << 56) - 1;

/// What was packed, or is to be asked for; `None` as with [`Packet::of`].
///
/// # Safety
///
/// It was packed here, and is unpacked once.
#[inline]
unsafe fn unpack(packed: usize) -> Option<(Status, usize)> {
    if packed & LONG == 0 {
        return Some((Status((packed >> 32) as u32), packed & 0xffff_ffff));
    }
    // SAFETY: `post_long` made it, and this is the only time that it is used.
    unsafe { ask(std::ptr::with_exposed_provenance_mut(packed & ADDRESS)) }
}

/// # Safety
///
/// The pointer comes from a box, and is not used again.
#[inline(never)]
unsafe fn ask(long: *mut Long) -> Option<(Status, usize)> {
    // SAFETY: as the caller says.
    let long = unsafe { Box::from_raw(long) };
    long()
}

/// Posts a packet with a status of its own.
pub(crate) fn post(
    port: &Port,
    key: UlongPtr,
    overlapped: *mut Overlapped,
    status: Status,
    information: usize,
) -> Result<(), Status> {
    match pack(status, information) {
        Some(packed) => post_packed(port, key, overlapped, packed),
        None => post_long(
            port,
            key,
            overlapped,
            Box::new(move || Some((status, information))),
        ),
    }
}

/// Posts a packet that is asked what it says when it is taken. One that nobody takes before the
/// port is closed is never freed.
pub(crate) fn post_long(
    port: &Port,
    key: UlongPtr,
    overlapped: *mut Overlapped,
    long: Long,
) -> Result<(), Status> {
    let long = Box::into_raw(Box::new(long));
    let posted = post_packed(port, key, overlapped, long.expose_provenance() | LONG);
    if posted.is_err() {
        // SAFETY: made above, and nobody has it.
        drop(unsafe { Box::from_raw(long) });
    }
    posted
}

#[inline]
fn post_packed(
    port: &Port,
    key: UlongPtr,
    overlapped: *mut Overlapped,
    packed: usize,
) -> Result<(), Status> {
    let token = overlapped.expose_provenance();
    let posted = port.port.post(key, packed, token);
    port.lookout.changed();
    posted.map_err(|_| Status::INVALID_HANDLE)
}

/// The port that a thread used last. As long as its handle has not been closed the thread finds it
/// here, without counting its use in a word that all the port's threads would write to.
///
/// Three cells and not one: written and read a word at a time they cost a few instructions; as a
/// structure that is moved in and out, more than the counting did.
struct Last {
    /// `None` while a call uses it, so that a call within the call cannot drop it.
    port: Cell<Option<Arc<Port>>>,
    handle: Cell<Handle>,
    /// [`CLOSINGS`] before the handle was looked up.
    closings: Cell<u64>,
}

/// Alone in its cache line: it is read by every call that names a port.
#[repr(align(64))]
struct Alone(AtomicU64);

/// How many handles of ports have been closed.
static CLOSINGS: Alone = Alone(AtomicU64::new(0));

/// A handle of a port has just been closed: no thread may find the port by it any more.
pub(crate) fn handle_closed() {
    CLOSINGS.0.fetch_add(1, Ordering::AcqRel);
    // In a thread that ends it is gone already.
    let _ = LAST.try_with(|last| last.port.take());
}

/// The port behind a handle.
fn look_up(handle: Handle) -> Result<Arc<Port>, Status> {
    match handle::get(handle).as_deref() {
        Some(Object::Port(port)) => Ok(Arc::clone(port)),
        _ => Err(Status::INVALID_HANDLE),
    }
}

/// Runs something with the port behind a handle.
#[inline]
pub(crate) fn with_port<T>(
    handle: Handle,
    run: impl FnOnce(&Arc<Port>) -> Result<T, Status>,
) -> Result<T, Status> {
    let closings = CLOSINGS.0.load(Ordering::Acquire);
    let known = LAST.try_with(|last| {
        let is_known = last.handle.get() == handle && last.closings.get() == closings;
        if is_known { last.port.take() } else { None }
    });
    let port = match known {
        Ok(Some(port)) => port,
        _ => look_up(handle)?,
    };
    let result = run(&port);
    // A thread that ends keeps nothing.
    let _ = LAST.try_with(|last| {
        last.handle.set(handle);
        last.closings.set(closings);
        last.port.set(Some(port));
    });
    result
}

/// A handle of a new port.
pub(crate) fn create(concurrency: Dword) -> Result<Handle, Status> {
    let made = CompletionPort::new(concurrency as usize);
    let port = made.map_err(|error| Status::of_file(Status::errno(&error)))?;
    handle::insert(Object::Port(Port::new(port)))
}

/// Ties a file, socket or pipe to a port.
pub(crate) fn associate(file: Handle, port: Handle, key: UlongPtr) -> Result<(), Status> {
    let object = handle::get(file).ok_or(Status::INVALID_HANDLE)?;
    let io = io_of(&object).ok_or(Status::INVALID_HANDLE)?;
    with_port(port, |port| io.associate(&port.port, key))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateIoCompletionPort(
    file: Handle,
    port: Handle,
    key: UlongPtr,
    concurrency: Dword,
) -> Handle {
    door(std::ptr::null_mut(), || {
        let made = match (file.addr() == INVALID_HANDLE, port.is_null()) {
            (true, true) => create(concurrency),
            (true, false) => Err(Status::INVALID_PARAMETER),
            (false, false) => associate(file, port, key).map(|()| port),
            (false, true) => create(concurrency).and_then(|made| {
                associate(file, made, key).map(|()| made).inspect_err(|_| {
                    // A port that was made a moment ago can be closed.
                    let _ = handle::close(made, |_| true);
                })
            }),
        };
        made.unwrap_or_else(|status| {
            set_last_error(status.win32());
            std::ptr::null_mut()
        })
    })
}

/// What a wait that brought no packet ends with.
fn status_of(error: WaitError) -> Status {
    match error {
        WaitError::TimedOut => Status::TIMEOUT,
        WaitError::Closed => Status::ABANDONED_WAIT_0,
        WaitError::Alerted => Status::USER_APC,
        _ => Status::INVALID_HANDLE,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetQueuedCompletionStatus(
    port: Handle,
    bytes: *mut Dword,
    key: *mut UlongPtr,
    overlapped: *mut *mut Overlapped,
    milliseconds: Dword,
) -> Bool {
    if bytes.is_null() || key.is_null() || overlapped.is_null() {
        set_last_error(Status::INVALID_PARAMETER.win32());
        return FALSE;
    }
    // SAFETY: a pointer that is not null is valid, by contract; written before the wait (S-111).
    unsafe { overlapped.write(std::ptr::null_mut()) };
    door(FALSE, || {
        let taken = with_port(port, |port| {
            BOUND_TO.set(Arc::as_ptr(port).addr());
            take(port, deadline_of(milliseconds)).map_err(status_of)
        });
        let packet = match taken {
            Ok(packet) => packet,
            Err(status) => {
                set_last_error(status.win32());
                return FALSE;
            }
        };
        // SAFETY: as above.
        unsafe { bytes.write(packet.bytes as Dword) };
        // SAFETY: as above.
        unsafe { key.write(packet.key) };
        // SAFETY: as above.
        unsafe { overlapped.write(packet.overlapped) };
        if packet.status.is_success() {
            return TRUE;
        }
        set_last_error(packet.status.win32());
        FALSE
    })
}

thread_local! {
    /// The port on which the thread last waited: that to which it is bound (S-124).
    static BOUND_TO: Cell<usize> = const { Cell::new(0) };
    /// The port that the thread used last.
    static LAST: Last = const {
        Last {
            port: Cell::new(None),
            handle: Cell::new(std::ptr::null_mut()),
            closings: Cell::new(0),
        }
    };
    /// The packets of the thread's last batch, kept for its memory.
    static BATCH: Cell<Vec<Completion>> = const { Cell::new(Vec::new()) };
}

/// Takes a packet.
pub(crate) fn take(port: &Port, deadline: Deadline) -> Result<Packet, WaitError> {
    loop {
        let taken = port.port.get(deadline);
        let taken = taken.as_ref().map_err(|&error| error)?;
        // SAFETY: just taken, and dropped here.
        let packet = unsafe { Packet::of(taken) };
        if thread::is_doomed() {
            // The thread will never come to it.
            packet
                .into_iter()
                .for_each(|packet| give_back(port, &packet));
            return Err(WaitError::TimedOut);
        }
        if let Some(packet) = packet {
            return Ok(packet);
        }
    }
}

/// Somebody else is to have the packet.
fn give_back(port: &Port, packet: &Packet) {
    // A closed port has no packets.
    let _ = post(
        port,
        packet.key,
        packet.overlapped,
        packet.status,
        packet.bytes,
    );
}

/// Takes up to `max` packets, each of which is put somewhere; how many those were.
pub(crate) fn take_many(
    port: &Arc<Port>,
    max: usize,
    deadline: Deadline,
    alertable: bool,
    mut put: impl FnMut(usize, Packet),
) -> Result<usize, WaitError> {
    let mut batch = BATCH.take();
    let taken = loop {
        if let Err(error) = fill(port, &mut batch, max, deadline, alertable) {
            break Err(error);
        }
        // SAFETY: just taken, and dropped here.
        let packets = batch
            .drain(..)
            .filter_map(|taken| unsafe { Packet::of(&taken) });
        if thread::is_doomed() {
            packets.for_each(|packet| give_back(port, &packet));
            break Err(WaitError::TimedOut);
        }
        let mut count = 0;
        for packet in packets {
            put(count, packet);
            count += 1;
        }
        if count > 0 {
            break Ok(count);
        }
    };
    BATCH.set(batch);
    taken
}

fn fill(
    port: &Arc<Port>,
    into: &mut Vec<Completion>,
    max: usize,
    deadline: Deadline,
    alertable: bool,
) -> Result<usize, WaitError> {
    let address = Arc::as_ptr(port).addr();
    let was_bound = BOUND_TO.replace(address) == address;
    if !alertable {
        return port.port.get_many(into, max, deadline);
    }
    // A thread that is bound takes packets first, another its routines (S-124).
    if !was_bound && wait::run_apcs() {
        return Err(WaitError::Alerted);
    }
    let thread = wait::current_thread();
    loop {
        let taken = port.port.get_alertable(into, max, deadline, thread.alert());
        // The alert may be about a routine that has been run before it was raised (S-047).
        if taken != Err(WaitError::Alerted) || wait::run_apcs() {
            return taken;
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetQueuedCompletionStatusEx(
    port: Handle,
    entries: *mut OverlappedEntry,
    count: Dword,
    removed: *mut Dword,
    milliseconds: Dword,
    alertable: Bool,
) -> Bool {
    if entries.is_null() || removed.is_null() || count == 0 {
        set_last_error(Status::INVALID_PARAMETER.win32());
        return FALSE;
    }
    door(FALSE, || {
        let deadline = deadline_of(milliseconds);
        let max = count as usize;
        let put = |i, packet: Packet| {
            let entry = OverlappedEntry {
                key: packet.key,
                overlapped: packet.overlapped,
                internal: packet.status.0 as UlongPtr,
                bytes: packet.bytes as Dword,
            };
            // SAFETY: the program passes room for `count` entries, and not more are taken.
            let place = unsafe { entries.add(i) };
            // SAFETY: as above.
            unsafe { place.write(entry) };
        };
        let taken = with_port(port, |port| {
            take_many(port, max, deadline, alertable != FALSE, put).map_err(status_of)
        });
        // SAFETY: a pointer that is not null is valid, by contract.
        unsafe { removed.write(*taken.as_ref().unwrap_or(&0) as Dword) };
        match taken {
            Ok(_) => TRUE,
            Err(status) => {
                set_last_error(status.win32());
                FALSE
            }
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn PostQueuedCompletionStatus(
    port: Handle,
    bytes: Dword,
    key: UlongPtr,
    overlapped: *mut Overlapped,
) -> Bool {
    bool_door(|| {
        with_port(port, |port| {
            // Success is 0: nothing stands above the bytes.
            post_packed(port, key, overlapped, bytes as usize)
        })
    })
}
