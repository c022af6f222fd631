//! Sending files: `TransmitFile`, `TransmitPackets`.
//!
//! A transmission is several sends: memory, parts of files. All of them are put into the
//! socket's queue within the call, one after the other, so that no later send comes in between;
//! the last one that ends reports the end of the whole.

use std::mem::{offset_of, size_of};
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::Arc;

use completion_port::{
    Outcome, RawExtra, RawHandle, RawKind, RawMemory, RawNature, RawOp, RawSpan, Status as Ended,
    Tag, Then,
};
use parking_lot::{Condvar, Mutex};

use super::disconnect::{TF_DISCONNECT, TF_REUSE_SOCKET, disconnect};
use super::object::{CONNECTED, Socket};
use super::{Used, Wsa, lookup, wsa_bool_door};
use crate::abi::{Bool, Handle, INVALID_HANDLE, Overlapped};
use crate::file::File;
use crate::handle::{self, Object};
use crate::overlapped::{Request, complete};
use crate::status::Status;
use crate::text::In;

/// One send of a transmission.
enum Part {
    Memory(RawSpan),
    /// So many bytes of a file, from an offset on.
    File(RawHandle, u64, u64),
}

/// What the parts have in common.
struct Transmission {
    socket: Arc<Socket>,
    flags: u32,
    progress: Mutex<Progress>,
    /// For a call that waits.
    ended: Condvar,
}

struct Progress {
    /// Parts in flight, and one more while they are being submitted.
    left: usize,
    bytes: usize,
    status: Status,
    request: Option<Request>,
}

impl Transmission {
    /// A part has ended; the last one ends the whole.
    fn part_ended(&self, outcome: Outcome) {
        let mut progress = self.progress.lock();
        progress.bytes += outcome.bytes;
        if let Ended::Error(errno) = outcome.status
            && progress.status == Status::SUCCESS
        {
            progress.status = Status::of_socket(errno);
        }
        if progress.left > 1 {
            progress.left -= 1;
            return;
        }
        let request = progress.request.take();
        let (mut status, bytes) = (progress.status, progress.bytes);
        drop(progress);
        if status == Status::SUCCESS && self.flags & TF_DISCONNECT != 0 {
            let reuse = self.flags & TF_REUSE_SOCKET != 0;
            if let Err(lacking) = disconnect(&self.socket, reuse) {
                status = lacking;
            }
        }
        match request {
            Some(request) => complete(self.socket.io(), request, status, bytes),
            None => {
                let mut progress = self.progress.lock();
                // Not before: it is what the call waits for.
                (progress.left, progress.status) = (0, status);
                drop(progress);
                self.ended.notify_all();
            }
        }
    }

    /// Waits for the end: bytes, or the error.
    fn wait(&self) -> Result<usize, Wsa> {
        completion_port::blocking(|| {
            let mut progress = self.progress.lock();
            while progress.left > 0 {
                self.ended.wait(&mut progress);
            }
            match progress.status {
                Status::SUCCESS => Ok(progress.bytes),
                status => Err(status.into()),
            }
        })
    }
}

/// A part in flight.
struct InFlight {
    transmission: Arc<Transmission>,
    memory: Option<RawSpan>,
    tag: Tag,
}

// SAFETY: the pointers are the program's, used as its contract allows to any thread.
unsafe impl Send for InFlight {}

// SAFETY: the program keeps what it sends valid and in place until the end is reported.
unsafe impl RawOp for InFlight {
    fn memory(&self) -> RawMemory<'_> {
        self.memory.map_or(RawMemory::None, RawMemory::One)
    }

    fn tag(&self) -> Tag {
        self.tag
    }

    fn finished(&mut self, outcome: Outcome, _extra: RawExtra) -> Then {
        self.transmission.part_ended(outcome);
        Then::Nothing
    }
}

/// Sends the parts.
///
/// # Errors
///
/// Nothing was accepted; without an OVERLAPPED also what went wrong later. With one, that what
/// was accepted is in flight.
///
/// # Safety
///
/// The memory, and the OVERLAPPED, stay valid until the end is reported.
unsafe fn transmit(
    socket: &Used,
    parts: Vec<Part>,
    flags: u32,
    overlapped: Option<NonNull<Overlapped>>,
) -> Result<usize, Wsa> {
    // SAFETY: as the caller says.
    let request = overlapped.map(|at| unsafe { Request::begin(socket.io(), at) });
    let request = request.transpose()?;
    let tag = request.as_ref().map_or(Tag::default(), Request::tag);
    let waits = request.is_none();
    let transmission = Arc::new(Transmission {
        socket: Arc::clone(socket),
        flags,
        progress: Mutex::new(Progress {
            left: 1,
            bytes: 0,
            status: Status::SUCCESS,
            request,
        }),
        ended: Condvar::new(),
    });
    let raw = socket.raw();
    let mut is_first = true;
    for part in parts {
        let (kind, memory) = match part {
            Part::Memory(span) => (RawKind::Send, Some(span)),
            Part::File(file, offset, bytes) => (RawKind::SendFile(file, offset, bytes), None),
        };
        let op = InFlight {
            transmission: Arc::clone(&transmission),
            memory,
            tag,
        };
        transmission.progress.lock().left += 1;
        // SAFETY: as the caller says.
        if let Err((error, _)) = unsafe { raw.submit(kind, op, true) } {
            if is_first {
                return Err(error.into());
            }
            let status = Ended::Error(Status::errno(&error));
            transmission.part_ended(Outcome { status, bytes: 0 });
            break;
        }
        is_first = false;
    }
    // The one more.
    transmission.part_ended(Outcome {
        status: Ended::Success,
        bytes: 0,
    });
    if waits {
        return transmission.wait();
    }
    Err(Wsa::IO_PENDING)
}

/// What a file handle stands for.
fn with_file<T>(handle: Handle, run: impl FnOnce(&File) -> Result<T, Wsa>) -> Result<T, Wsa> {
    match handle::get(handle).as_deref() {
        Some(Object::File(file)) => run(file),
        _ => Err(Wsa::INVALID_HANDLE),
    }
}

/// Part of a file for the library; 0 bytes is up to its end.
fn file_part(file: &File, offset: u64, bytes: u64) -> Result<Part, Wsa> {
    /// `FILE_READ_DATA`.
    const READ_DATA: u32 = 1;
    file.permits(READ_DATA)?;
    let raw = match file.io() {
        Some(io) => RawHandle::clone(&io.raw()),
        None => {
            // SAFETY: the descriptor is open as long as the object lives.
            let fd = unsafe { BorrowedFd::borrow_raw(file.fd()) };
            RawHandle::new(fd.try_clone_to_owned()?, RawNature::File)?
        }
    };
    let bytes = if bytes > 0 {
        bytes
    } else {
        // SAFETY: an all-zero status is a valid value of this plain C struct.
        let mut facts: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: room for the status is passed.
        super::check(unsafe { libc::fstat(file.fd(), &raw mut facts) }).map_err(super::of_errno)?;
        u64::try_from(facts.st_size)
            .unwrap_or(0)
            .saturating_sub(offset)
    };
    Ok(Part::File(raw, offset, bytes))
}

/// `TRANSMIT_FILE_BUFFERS`: what goes before and after the file.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct HeadAndTail {
    head: *mut u8,
    head_bytes: u32,
    tail: *mut u8,
    tail_bytes: u32,
}

const _: () = assert!(size_of::<HeadAndTail>() == 32);

/// More than that is refused.
const BYTES_MAX: u32 = 0x7fff_fffe;

fn is_no_file(file: Handle) -> bool {
    file.is_null() || file.addr() == INVALID_HANDLE
}

fn check_transmission(socket: &Socket, flags: u32) -> Result<(), Wsa> {
    if !socket.is_stream() || !socket.has(CONNECTED) {
        return Err(Wsa::NOT_CONNECTED);
    }
    if flags & TF_REUSE_SOCKET != 0 && flags & TF_DISCONNECT == 0 {
        return Err(Wsa::INVALID);
    }
    Ok(())
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn TransmitFile(
    s: usize,
    file: Handle,
    bytes: u32,
    _bytes_per_send: u32,
    overlapped: *mut Overlapped,
    around: In<HeadAndTail>,
    flags: u32,
) -> Bool {
    wsa_bool_door(|| {
        let socket = lookup(s)?;
        check_transmission(&socket, flags)?;
        if bytes > BYTES_MAX {
            return Err(Wsa::INVALID);
        }
        let overlapped = NonNull::new(overlapped).filter(|_| socket.io().is_overlapped);
        let around = around.get();
        let memory = |start: *mut u8, bytes: u32| {
            let is_wanted = !start.is_null() && bytes > 0;
            is_wanted.then(|| Part::Memory(RawSpan::new(start, bytes as usize)))
        };
        let mut parts = Vec::new();
        parts.extend(around.and_then(|around| memory(around.head, around.head_bytes)));
        let in_memory: u32 = around.map_or(0, |a| a.head_bytes.saturating_add(a.tail_bytes));
        if !is_no_file(file) {
            let part = with_file(file, |file| {
                let offset = match overlapped {
                    // SAFETY: the program's OVERLAPPED, by contract.
                    Some(at) => unsafe { (*at.as_ptr()).offset },
                    None => *file.position().lock(),
                };
                file_part(file, offset, bytes.into())
            })?;
            parts.push(part);
        }
        parts.extend(around.and_then(|around| memory(around.tail, around.tail_bytes)));
        // SAFETY: the program keeps everything valid until the end is reported (S-178).
        let sent = unsafe { transmit(&socket, parts, flags, overlapped) }?;
        if !is_no_file(file) {
            let of_file = (sent as u64).saturating_sub(in_memory.into());
            with_file(file, |file| {
                *file.position().lock() += of_file;
                Ok(())
            })?;
        }
        Ok(())
    })
}

/// `TRANSMIT_PACKETS_ELEMENT`: memory, or part of a file.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Element {
    flags: u32,
    bytes: u32,
    /// The memory, or the offset in the file.
    place: Place,
    file: Handle,
}

#[repr(C)]
#[derive(Clone, Copy)]
union Place {
    memory: *mut u8,
    offset: i64,
}

const _: () = assert!(size_of::<Element>() == 24 && offset_of!(Element, file) == 16);

/// `TP_ELEMENT_MEMORY`, `TP_ELEMENT_FILE`.
const ELEMENT_MEMORY: u32 = 1;
const ELEMENT_FILE: u32 = 2;

impl Element {
    fn part(&self) -> Result<Part, Wsa> {
        match self.flags & (ELEMENT_MEMORY | ELEMENT_FILE) {
            ELEMENT_MEMORY => {
                // SAFETY: the flag says so; any bits are a pointer.
                let start = unsafe { self.place.memory };
                Ok(Part::Memory(RawSpan::new(start, self.bytes as usize)))
            }
            ELEMENT_FILE => with_file(self.file, |file| {
                // SAFETY: the flag says so; any bits are a number.
                let offset = match unsafe { self.place.offset } {
                    -1 => *file.position().lock(),
                    offset => u64::try_from(offset).map_err(|_| Wsa::INVALID)?,
                };
                file_part(file, offset, self.bytes.into())
            }),
            _ => Err(Wsa::INVALID),
        }
    }
}

/// `TransmitPackets`, which programs reach through `WSAIoctl`.
pub(super) unsafe extern "C" fn transmit_packets(
    s: usize,
    elements: In<Element>,
    count: u32,
    _send_size: u32,
    overlapped: *mut Overlapped,
    flags: u32,
) -> Bool {
    wsa_bool_door(|| {
        let socket = lookup(s)?;
        check_transmission(&socket, flags)?;
        if elements.is_null() && count > 0 {
            return Err(Wsa::FAULT);
        }
        let overlapped = NonNull::new(overlapped).filter(|_| socket.io().is_overlapped);
        let mut parts = Vec::new();
        if count > 0 {
            // SAFETY: so many elements are there, by contract.
            let all = unsafe { std::slice::from_raw_parts(elements.as_ptr(), count as usize) };
            for element in all {
                parts.push(element.part()?);
            }
        }
        // SAFETY: the program keeps everything valid until the end is reported (S-178).
        unsafe { transmit(&socket, parts, flags, overlapped) }.map(drop)
    })
}
