//! Completion ports: creating, associating, taking and posting packets.

use std::cell::Cell;
use std::sync::Arc;
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
    pub(crate) fn of(completion: Completion) -> Option<Self> {
        let key = completion.key();
        if let Some(token) = completion.token() {
            let overlapped = std::ptr::with_exposed_provenance_mut(token);
            let (status, bytes) = match unpack(completion.bytes()) {
                Unpacked::Short(status, bytes) => (status, bytes),
                Unpacked::Long(long) => long()?,
            };
            return Some(Self {
                key,
                overlapped,
                status,
                bytes,
            });
        }
        let (overlapped, status, bytes) = match (completion.raw::<Op>(), completion.raw()) {
            (Some(op), _) => op.result(),
            (None, Some(reported)) => Reported::result(reported),
            (None, None) => unreachable!("there is no third kind of operation"),
        };
        Some(Self {
            key,
            overlapped,
            status,
            bytes,
        })
    }
}

/// What is asked of a packet that says more than fits into a word, when it is taken: status and
/// information, or `None` if it was taken back meanwhile.
pub(crate) type Long = Box<dyn FnOnce() -> Option<(Status, usize)> + Send>;

enum Unpacked {
    Short(Status, usize),
    Long(Long),
}

/// A posted packet carries a status above its number of bytes.
fn pack(status: Status, bytes: u32) -> usize {
    (status.0 as usize) << 32 | bytes as usize
}

/// The bit that is always zero in a status that means anything. Where it is set, the rest is the
/// address of a [`Long`].
const LONG: usize = 1 << 60;

/// Every address of a program is smaller.
const ADDRESS: usize = (1 << 56) - 1;

fn unpack(packed: usize) -> Unpacked {
    if packed & LONG == 0 {
        let status = Status((packed >> 32) as u32);
        return Unpacked::Short(status, packed & 0xffff_ffff);
    }
    let long: *mut Long = std::ptr::with_exposed_provenance_mut(packed & ADDRESS);
    // SAFETY: `post_long` made it, and a packet is taken once.
    Unpacked::Long(*unsafe { Box::from_raw(long) })
}

/// Posts a packet with a status of its own.
pub(crate) fn post(
    port: &Port,
    key: UlongPtr,
    overlapped: *mut Overlapped,
    status: Status,
    information: usize,
) -> Result<(), Status> {
    match u32::try_from(information) {
        Ok(bytes) if pack(status, bytes) & LONG == 0 => {
            post_packed(port, key, overlapped, pack(status, bytes))
        }
        _ => post_long(
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

/// Runs something with the port behind a handle.
pub(crate) fn with_port<T>(
    port: Handle,
    run: impl FnOnce(&Arc<Port>) -> Result<T, Status>,
) -> Result<T, Status> {
    match handle::get(port).as_deref() {
        Some(Object::Port(port)) => run(port),
        _ => Err(Status::INVALID_HANDLE),
    }
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

/// The code of a wait that brought no packet.
fn code_of(error: WaitError) -> u32 {
    match error {
        WaitError::TimedOut => Status::TIMEOUT.win32(),
        WaitError::Closed => Status::ABANDONED_WAIT_0.win32(),
        WaitError::Alerted => Status::USER_APC.win32(),
        _ => Status::INVALID_HANDLE.win32(),
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
        let used = handle::get(port);
        let Some(Object::Port(port)) = used.as_deref() else {
            set_last_error(Status::INVALID_HANDLE.win32());
            return FALSE;
        };
        LAST_PORT.set(Arc::as_ptr(port).addr());
        let packet = match take(port, deadline_of(milliseconds)) {
            Ok(packet) => packet,
            Err(error) => {
                set_last_error(code_of(error));
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
    static LAST_PORT: Cell<usize> = const { Cell::new(0) };
    /// The packets of the thread's last batch, kept for its memory.
    static BATCH: Cell<Vec<Completion>> = const { Cell::new(Vec::new()) };
}

/// Takes a packet.
pub(crate) fn take(port: &Port, deadline: Deadline) -> Result<Packet, WaitError> {
    loop {
        let packet = Packet::of(port.port.get(deadline)?);
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
        let packets = batch.drain(..).filter_map(Packet::of);
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
    let was_bound = LAST_PORT.replace(Arc::as_ptr(port).addr()) == Arc::as_ptr(port).addr();
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
        let used = handle::get(port);
        let Some(Object::Port(port)) = used.as_deref() else {
            set_last_error(Status::INVALID_HANDLE.win32());
            return FALSE;
        };
        let deadline = deadline_of(milliseconds);
        let max = count as usize;
        let taken = take_many(port, max, deadline, alertable != FALSE, |i, packet| {
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
        });
        // SAFETY: a pointer that is not null is valid, by contract.
        unsafe { removed.write(*taken.as_ref().unwrap_or(&0) as Dword) };
        match taken {
            Ok(_) => TRUE,
            Err(error) => {
                set_last_error(code_of(error));
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
            post_packed(port, key, overlapped, pack(Status::SUCCESS, bytes))
        })
    })
}
