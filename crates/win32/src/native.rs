//! The native calls of completion ports: what the others are made of on Windows, and what
//! programs find by name.

use std::ffi::c_void;
use std::sync::{Arc, Weak};

use completion_port::{Deadline, WaitError};
use parking_lot::Mutex;

use crate::abi::{Handle, Overlapped, UlongPtr};
use crate::door;
use crate::handle::{self, Object};
use crate::io_object::io_of;
use crate::port::{self, Packet, Port, with_port};
use crate::status::Status;
use crate::text::{In, Out};
use crate::wait::{self, Outcome, Registered, Target, clock};

/// The way in: these functions return an NTSTATUS and leave the last error alone.
fn status_door(run: impl FnOnce() -> Result<Status, Status>) -> u32 {
    door(Status::UNSUCCESSFUL.0, || {
        run().unwrap_or_else(|status| status).0
    })
}

/// `OBJECT_ATTRIBUTES`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Attributes {
    length: u32,
    root: Handle,
    name: *const c_void,
    flags: u32,
    security: *const c_void,
    quality: *const c_void,
}

const _: () = assert!(size_of::<Attributes>() == 48);

/// `OBJ_INHERIT`.
const INHERIT: u32 = 2;

/// Gives a new handle what its attributes ask for.
///
/// # Errors
///
/// They ask for a name: these objects have none here.
fn with_attributes(
    attributes: In<Attributes>,
    make: impl FnOnce() -> Result<Handle, Status>,
) -> Result<Handle, Status> {
    let attributes = attributes.get();
    if attributes.is_some_and(|attributes| !attributes.name.is_null()) {
        return Err(Status::NOT_SUPPORTED);
    }
    let handle = make()?;
    let inherit = attributes.is_some_and(|attributes| attributes.flags & INHERIT != 0);
    wait::set_inherit(handle, inherit);
    Ok(handle)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtClose(handle: Handle) -> u32 {
    status_door(|| wait::close(handle).map(|()| Status::SUCCESS))
}

#[unsafe(no_mangle)]
extern "C" fn RtlNtStatusToDosError(status: u32) -> u32 {
    Status(status).win32()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtCreateIoCompletion(
    port: Out<Handle>,
    _access: u32,
    attributes: In<Attributes>,
    threads: u32,
) -> u32 {
    status_door(|| {
        port.set(with_attributes(attributes, || port::create(threads))?);
        Ok(Status::SUCCESS)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtSetIoCompletion(
    port: Handle,
    key: UlongPtr,
    context: *mut Overlapped,
    status: u32,
    information: usize,
) -> u32 {
    status_door(|| {
        with_port(port, |port| {
            port::post(port, key, context, Status(status), information)
        })?;
        Ok(Status::SUCCESS)
    })
}

/// `IO_STATUS_BLOCK`.
#[repr(C)]
struct StatusBlock {
    status: usize,
    information: usize,
}

impl StatusBlock {
    fn of(packet: &Packet) -> Self {
        Self {
            status: packet.status.0 as usize,
            information: packet.bytes,
        }
    }
}

/// `FILE_IO_COMPLETION_INFORMATION`.
#[repr(C)]
struct Entry {
    key: UlongPtr,
    context: *mut Overlapped,
    block: StatusBlock,
}

const _: () = assert!(size_of::<Entry>() == 32);

/// How long a time of the native calls lets a call wait.
fn deadline_of(timeout: In<i64>) -> Deadline {
    match timeout.get() {
        None => Deadline::Never,
        Some(0) => Deadline::Now,
        Some(due) => clock::moment(due).map_or(Deadline::Never, Deadline::At),
    }
}

/// The status of a wait that brought no packet (S-030).
fn status_of(error: WaitError) -> Status {
    match error {
        WaitError::TimedOut => Status::TIMEOUT,
        WaitError::Closed => Status::ABANDONED_WAIT_0,
        WaitError::Alerted => Status::USER_APC,
        _ => Status::INVALID_HANDLE,
    }
}

/// The port behind a handle, kept while a call waits on it.
fn port_of(handle: Handle) -> Result<Arc<Port>, Status> {
    with_port(handle, |port| Ok(Arc::clone(port)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtRemoveIoCompletion(
    port: Handle,
    key: Out<UlongPtr>,
    context: Out<*mut Overlapped>,
    block: Out<StatusBlock>,
    timeout: In<i64>,
) -> u32 {
    status_door(|| {
        let port = port_of(port)?;
        let mut taken = None;
        let result = port::take_many(&port, 1, deadline_of(timeout), false, |_, packet| {
            taken = Some(packet);
        });
        let Some(packet) = taken else {
            return Err(result.map_or_else(status_of, |_| Status::UNSUCCESSFUL));
        };
        key.set(packet.key);
        context.set(packet.overlapped);
        block.set(StatusBlock::of(&packet));
        Ok(Status::SUCCESS)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtRemoveIoCompletionEx(
    port: Handle,
    entries: *mut Entry,
    count: u32,
    removed: Out<u32>,
    timeout: In<i64>,
    alertable: u8,
) -> u32 {
    status_door(|| {
        if entries.is_null() || count == 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        let port = port_of(port)?;
        let (max, deadline) = (count as usize, deadline_of(timeout));
        let taken = port::take_many(&port, max, deadline, alertable != 0, |i, packet| {
            // SAFETY: the program passes room for `count` entries, and not more are taken.
            let place = unsafe { entries.add(i) };
            let entry = Entry {
                key: packet.key,
                context: packet.overlapped,
                block: StatusBlock::of(&packet),
            };
            // SAFETY: as above.
            unsafe { place.write(entry) };
        });
        let taken = taken.map_err(status_of)?;
        removed.set(taken as u32);
        Ok(Status::SUCCESS)
    })
}

/// `IoCompletionBasicInformation`.
const BASIC: u32 = 0;

#[unsafe(no_mangle)]
unsafe extern "C" fn NtQueryIoCompletion(
    port: Handle,
    what: u32,
    depth: Out<i32>,
    length: u32,
    returned: Out<u32>,
) -> u32 {
    status_door(|| {
        if what != BASIC {
            return Err(Status::INVALID_INFO_CLASS);
        }
        if length as usize != size_of::<i32>() {
            return Err(Status::INFO_LENGTH_MISMATCH);
        }
        let queued = with_port(port, |port| Ok(port.port.snapshot().queued))?;
        // More than the number can hold are not to be had.
        depth.set(i32::try_from(queued).unwrap_or(i32::MAX));
        returned.set(length);
        Ok(Status::SUCCESS)
    })
}

/// A wait that ends in a packet (S-400): one at a time, for one time.
#[derive(Default)]
struct WaitPacket(Mutex<Phase>);

#[derive(Default)]
enum Phase {
    #[default]
    Idle,
    /// It is being tied to something; the number tells the occasion from others.
    Beginning(u64),
    Waiting(u64, Registered),
    /// What it waited for is signaled, and its packet is in the queue.
    Queued(u64),
}

/// What the packet says.
struct Says {
    port: Arc<Port>,
    key: UlongPtr,
    context: usize,
    status: Status,
    information: usize,
}

impl WaitPacket {
    fn of_handle(handle: Handle) -> Result<Arc<Self>, Status> {
        match handle::get(handle).as_deref() {
            Some(Object::Other(any)) => Arc::clone(any)
                .downcast()
                .map_err(|_| Status::OBJECT_TYPE_MISMATCH),
            Some(_) => Err(Status::OBJECT_TYPE_MISMATCH),
            None => Err(Status::INVALID_HANDLE),
        }
    }

    /// Ties it to a target; whether that was signaled already.
    fn associate(self: &Arc<Self>, target: Target, says: Says) -> Result<bool, Status> {
        static OCCASIONS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let occasion = OCCASIONS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut phase = self.0.lock();
        if !matches!(*phase, Phase::Idle) {
            return Err(Status::INVALID_PARAMETER_1);
        }
        *phase = Phase::Beginning(occasion);
        drop(phase);
        let weak = Arc::downgrade(self);
        let call = Box::new(move |_: Outcome| Self::signaled(&weak, occasion, says));
        // Not under the lock: it may be over at once.
        let registered = Registered::new(target, call);
        let mut phase = self.0.lock();
        let waits = matches!(*phase, Phase::Beginning(at) if at == occasion);
        if waits {
            *phase = Phase::Waiting(occasion, registered);
        }
        Ok(!waits)
    }

    fn signaled(packet: &Weak<Self>, occasion: u64, says: Says) {
        let Some(me) = packet.upgrade() else { return };
        let mut phase = me.0.lock();
        match *phase {
            Phase::Beginning(at) | Phase::Waiting(at, _) if at == occasion => {}
            _ => return,
        }
        *phase = Phase::Queued(occasion);
        drop(phase);
        let weak = Weak::clone(packet);
        let answer = move || {
            let me = weak.upgrade()?;
            let mut phase = me.0.lock();
            let is_it = matches!(*phase, Phase::Queued(at) if at == occasion);
            is_it.then(|| {
                *phase = Phase::Idle;
                (says.status, says.information)
            })
        };
        let context = std::ptr::with_exposed_provenance_mut(says.context);
        // A closed port has no packets (S-031).
        let _ = port::post_long(&says.port, says.key, context, Box::new(answer));
    }

    fn cancel(&self, remove: bool) -> Result<Status, Status> {
        let mut phase = self.0.lock();
        match *phase {
            Phase::Idle => Err(Status::CANCELLED),
            Phase::Waiting(_, registered) if registered.cancel() => {
                *phase = Phase::Idle;
                Ok(Status::SUCCESS)
            }
            Phase::Queued(_) if remove => {
                // The packet in the queue finds that it is not wanted.
                *phase = Phase::Idle;
                Ok(Status::SUCCESS)
            }
            // Its packet is on the way.
            _ => Ok(Status::PENDING),
        }
    }
}

impl Drop for WaitPacket {
    fn drop(&mut self) {
        if let Phase::Waiting(_, registered) = *self.0.get_mut() {
            registered.cancel();
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtCreateWaitCompletionPacket(
    packet: Out<Handle>,
    _access: u32,
    attributes: In<Attributes>,
) -> u32 {
    status_door(|| {
        let make = || handle::insert(Object::Other(Arc::new(WaitPacket::default())));
        packet.set(with_attributes(attributes, make)?);
        Ok(Status::SUCCESS)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtAssociateWaitCompletionPacket(
    packet: Handle,
    port: Handle,
    object: Handle,
    key: UlongPtr,
    context: *mut Overlapped,
    status: u32,
    information: usize,
    signaled: Out<u8>,
) -> u32 {
    status_door(|| {
        let says = Says {
            port: port_of(port)?,
            key,
            context: context.expose_provenance(),
            status: Status(status),
            information,
        };
        let target = Target::of(object)?;
        let packet = WaitPacket::of_handle(packet)?;
        signaled.set(packet.associate(target, says)?.into());
        Ok(Status::SUCCESS)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtCancelWaitCompletionPacket(packet: Handle, remove_signaled: u8) -> u32 {
    status_door(|| WaitPacket::of_handle(packet)?.cancel(remove_signaled != 0))
}

/// `FileCompletionInformation`, `FileIoCompletionNotificationInformation`,
/// `FileReplaceCompletionInformation`.
const COMPLETION: u32 = 30;
const NOTIFICATION: u32 = 41;
const REPLACE_COMPLETION: u32 = 61;

/// `FILE_COMPLETION_INFORMATION`.
#[repr(C)]
#[derive(Clone, Copy)]
struct FileCompletion {
    port: Handle,
    key: UlongPtr,
}

#[unsafe(no_mangle)]
unsafe extern "C" fn NtSetInformationFile(
    file: Handle,
    block: Out<StatusBlock>,
    information: *const c_void,
    length: u32,
    what: u32,
) -> u32 {
    status_door(|| {
        let object = handle::get(file).ok_or(Status::INVALID_HANDLE)?;
        let io = io_of(&object).ok_or(Status::OBJECT_TYPE_MISMATCH)?;
        let wanted = match what {
            COMPLETION | REPLACE_COMPLETION => size_of::<FileCompletion>(),
            NOTIFICATION => size_of::<u32>(),
            _ => return Err(Status::INVALID_INFO_CLASS),
        };
        if (length as usize) < wanted || information.is_null() {
            return Err(Status::INFO_LENGTH_MISMATCH);
        }
        if what == NOTIFICATION {
            // SAFETY: so many bytes are there, as the program says.
            let modes = unsafe { information.cast::<u32>().read_unaligned() };
            io.add_modes(modes as u8)?;
        } else {
            // SAFETY: as above.
            let tie = unsafe { information.cast::<FileCompletion>().read_unaligned() };
            if what == REPLACE_COMPLETION && io.has_port() {
                // A handle stays with its port here.
                return Err(Status::NOT_SUPPORTED);
            }
            if what == COMPLETION || !tie.port.is_null() {
                port::associate(file, tie.port, tie.key)?;
            }
        }
        block.set(StatusBlock {
            status: 0,
            information: 0,
        });
        Ok(Status::SUCCESS)
    })
}
