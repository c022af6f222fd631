//! `ReadFile`, `WriteFile` and their like: which room does it, and overlapped transfers of files.

use std::ptr::NonNull;
use std::sync::Arc;

use completion_port::{Outcome, RawExtra, RawKind, RawSpan, Status as Ended};

use super::bounce::Bounce;
use super::lock::Range;
use super::pending::Pending;
use super::{File, Nature, access, facts};
use crate::abi::{Bool, Dword, FALSE, Handle, Overlapped, TRUE};
use crate::door;
use crate::handle::{self, Object};
use crate::io_object::Io;
use crate::overlapped::{self, AtOnce, Details, Memory, Refused};
use crate::pipe;
use crate::socket::{self, FileCall, Tell};
use crate::status::{Status, set_last_error};
use crate::text::Out;
use crate::transfer::{CompletionRoutine, Transfer};

/// The direction of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Read,
    Write,
}

/// Offsets that mean a place and no number (S-253, S-254).
pub(super) const AT_END: u64 = u64::MAX;
pub(super) const AT_POINTER: u64 = u64::MAX - 1;

impl File {
    fn transfer(&self, way: Way, call: &Transfer) -> Result<(), Status> {
        self.check(way, call)?;
        match &self.io {
            Some(io) if self.is_overlapped() => self.start(way, io, call, call.memory()),
            _ => self.transfer_now(way, call),
        }
    }

    /// What is wrong with a call before any byte moves.
    pub(super) fn check(&self, way: Way, call: &Transfer) -> Result<(), Status> {
        if self.nature == Nature::Directory {
            return Err(Status::INVALID_DEVICE_REQUEST);
        }
        let rights = match way {
            Way::Read => access::READ_DATA | access::EXECUTE,
            Way::Write => access::WRITE_DATA | access::APPEND_DATA,
        };
        self.permits(rights)?;
        if call.start.is_null() && call.length > 0 {
            return Err(match way {
                Way::Read => Status::ACCESS_VIOLATION,
                Way::Write => Status::INVALID_USER_BUFFER,
            });
        }
        Ok(())
    }

    /// Unbuffered transfers move whole sectors (S-269).
    pub(super) fn check_alignment(&self, offset: u64, length: usize) -> Result<(), Status> {
        let aligned = (length as u64 | offset).is_multiple_of(self.sector);
        if aligned {
            Ok(())
        } else {
            Err(Status::INVALID_PARAMETER)
        }
    }

    /// Whether the locks of others let a transfer pass (S-296).
    pub(super) fn check_locks(&self, way: Way, offset: u64, length: usize) -> Result<(), Status> {
        match &self.node {
            Some(node) if length > 0 => {
                let range = Range::new(offset, length as u64);
                node.locks.allow(self.opener, range, way == Way::Write)
            }
            _ => Ok(()),
        }
    }

    /// Writes go to the end of the file, whatever the offset (S-255).
    pub(super) fn only_appends(&self) -> bool {
        self.access & (access::WRITE_DATA | access::APPEND_DATA) == access::APPEND_DATA
    }

    /// The present end, to see whether somebody has locked what is beyond.
    pub(super) fn end(&self) -> Result<u64, Status> {
        let facts = facts::of_open_plain(self.fd).map_err(Status::of_file)?;
        Ok(facts.size)
    }

    /// What is asked of the library, after everything that may forbid it.
    fn kind(&self, way: Way, offset: u64, length: usize) -> Result<RawKind, Status> {
        if self.nature == Nature::Device {
            return Ok(match way {
                Way::Read => RawKind::Receive {
                    peek: false,
                    all: false,
                },
                Way::Write => RawKind::Send,
            });
        }
        if way == Way::Write && (offset == AT_END || self.only_appends()) {
            self.check_alignment(0, length)?;
            if self.has_locks() {
                self.check_locks(way, self.end()?, length)?;
            }
            return Ok(RawKind::Append);
        }
        if offset > i64::MAX as u64 {
            return Err(Status::INVALID_PARAMETER);
        }
        self.check_alignment(offset, length)?;
        self.check_locks(way, offset, length)?;
        Ok(match way {
            Way::Read => RawKind::ReadAt(offset),
            Way::Write => RawKind::WriteAt(offset),
        })
    }

    pub(super) fn has_locks(&self) -> bool {
        self.node.as_ref().is_some_and(|node| node.locks.any())
    }

    /// Starts an overlapped transfer.
    pub(super) fn start(
        &self,
        way: Way,
        io: &Arc<Io>,
        call: &Transfer,
        memory: Memory,
    ) -> Result<(), Status> {
        let offset = call.offset().ok_or(Status::INVALID_PARAMETER)?;
        let kind = self.kind(way, offset, call.length)?;
        let told = call.begin(io)?;
        let kept = Kept::new(self, way, call)?;
        let (memory, buffer) = match kept.between.is_null() {
            true => (memory, std::ptr::null_mut()),
            false => (
                Memory::One(RawSpan::new(kept.between, call.length)),
                call.start,
            ),
        };
        let details = Details {
            pointers: [kept.between, buffer, kept.pending],
            wanted: call.length,
            at_once: AtOnce::UNWANTED,
        };
        let convert = match (way, self.nature) {
            (Way::Read, Nature::Disk) => read_ended,
            _ => transfer_ended,
        };
        let skips = io.skips_packet();
        // SAFETY: the program keeps the buffer valid until the end is reported (S-178), and the
        // conversion what lies in between.
        let started = unsafe { overlapped::start(io, kind, told, memory, (convert, details)) };
        let started = started.map_err(|Refused(errno)| {
            kept.drop(call.length);
            Status::of_file(errno)
        })?;
        call.accepted(started, skips)
    }

    /// Whether the device can reach a buffer.
    pub(super) fn reaches(&self, start: *mut u8) -> bool {
        start.addr().is_multiple_of(self.reach)
    }

    /// Whether a write may have to wait for the device.
    fn writes_slowly(&self) -> bool {
        self.flags & (access::FLAG_NO_BUFFERING | access::FLAG_WRITE_THROUGH) != 0
    }
}

/// What an operation keeps until its end, in the places of its [`Details`].
#[derive(Clone, Copy)]
struct Kept {
    /// Memory that the device reaches, or null.
    between: *mut u8,
    /// Where the end of a slow write is noted, or null.
    pending: *mut u8,
}

impl Kept {
    fn new(file: &File, way: Way, call: &Transfer) -> Result<Self, Status> {
        let mut between = std::ptr::null_mut();
        if !file.reaches(call.start) {
            let memory = Bounce::new(call.length)?;
            if way == Way::Write {
                // SAFETY: the program's buffer has so many bytes.
                unsafe { memory.fill(call.start, call.length) };
            }
            between = memory.into_raw();
        }
        let pending = match way == Way::Write && file.writes_slowly() {
            true => file.writes.begin(),
            false => std::ptr::null_mut(),
        };
        Ok(Self { between, pending })
    }

    /// Takes what stands in the details, which are empty from then on.
    fn take(details: &mut Details) -> Self {
        let [between, buffer, pending] = details.pointers;
        details.pointers = [std::ptr::null_mut(), buffer, std::ptr::null_mut()];
        Self { between, pending }
    }

    /// The operation is over, or was refused.
    fn drop(self, bytes: usize) {
        // SAFETY: given away by `new` for that many bytes; nobody else takes it back.
        drop(unsafe { Bounce::from_raw(self.between, bytes) });
        if !self.pending.is_null() {
            // SAFETY: likewise.
            unsafe { Pending::end(self.pending) };
        }
    }
}

/// How the reading of a file ends: at its end with an error, unless nothing was asked for (S-259,
/// S-263).
fn read_ended(details: &mut Details, outcome: Outcome, _: RawExtra) -> (Status, usize) {
    let kept = Kept::take(details);
    if !kept.between.is_null() {
        let (from, to) = (kept.between, details.pointers[1]);
        // SAFETY: the program keeps its buffer valid until the end is reported (S-178), and no
        // more has been read than there is room for in either.
        unsafe { std::ptr::copy_nonoverlapping(from, to, outcome.bytes) };
    }
    kept.drop(details.wanted);
    match outcome.status {
        Ended::EndOfFile if details.wanted > 0 => (Status::END_OF_FILE, 0),
        _ => ended(outcome),
    }
}

fn transfer_ended(details: &mut Details, outcome: Outcome, _: RawExtra) -> (Status, usize) {
    Kept::take(details).drop(details.wanted);
    ended(outcome)
}

fn ended(outcome: Outcome) -> (Status, usize) {
    let status = match outcome.status {
        Ended::Error(errno) => Status::of_file(errno),
        _ => Status::SUCCESS,
    };
    (status, outcome.bytes)
}

/// Carries a call to the room of its object.
fn dispatch(way: Way, file: Handle, call: &Transfer) -> Result<(), Status> {
    let object = handle::get(file).ok_or(Status::INVALID_HANDLE)?;
    match &*object {
        Object::File(file) => file.transfer(way, call),
        Object::Pipe(pipe) => match way {
            Way::Read => pipe::read(pipe, call),
            Way::Write => pipe::write(pipe, call),
        },
        Object::Socket(socket) => {
            let overlapped = call
                .overlapped
                .map_or(std::ptr::null_mut(), NonNull::as_ptr);
            let (to, tell) = socket_call(call);
            let done = match way {
                // SAFETY: the program keeps buffer and OVERLAPPED valid until the end.
                Way::Read => unsafe { socket::read_file(socket, to, overlapped, tell) },
                // SAFETY: as above.
                Way::Write => unsafe { socket::write_file(socket, to, overlapped, tell) },
            };
            match done {
                Err(Status::PENDING) if call.routine.is_some() => Ok(()),
                done => done,
            }
        }
        _ => Err(Status::INVALID_HANDLE),
    }
}

/// The call in the words of the sockets' room.
fn socket_call(call: &Transfer) -> (FileCall, Tell) {
    let to = FileCall {
        start: call.start,
        length: call.length as u32,
        bytes: call.bytes.as_ptr(),
    };
    let tell = match call.routine {
        None => Tell::Packet,
        Some(routine) => Tell::Routine(Box::new(move |status, bytes, overlapped| {
            // SAFETY: the program's function, called as documented (S-305).
            unsafe { routine(status.win32(), bytes as Dword, overlapped) };
        })),
    };
    (to, tell)
}

/// Runs a call; nothing is said of the last error when it succeeds (S-258).
fn run(way: Way, file: Handle, call: &Transfer) -> Bool {
    // Before anything is looked at (S-180).
    call.bytes.set(0);
    door(FALSE, || match dispatch(way, file, call) {
        Ok(()) => TRUE,
        Err(status) => {
            set_last_error(status.win32());
            FALSE
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReadFile(
    file: Handle,
    buffer: *mut u8,
    length: Dword,
    bytes: Out<Dword>,
    overlapped: *mut Overlapped,
) -> Bool {
    let call = Transfer {
        start: buffer,
        length: length as usize,
        bytes,
        overlapped: NonNull::new(overlapped),
        routine: None,
    };
    run(Way::Read, file, &call)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WriteFile(
    file: Handle,
    buffer: *const u8,
    length: Dword,
    bytes: Out<Dword>,
    overlapped: *mut Overlapped,
) -> Bool {
    let call = Transfer {
        start: buffer.cast_mut(),
        length: length as usize,
        bytes,
        overlapped: NonNull::new(overlapped),
        routine: None,
    };
    run(Way::Write, file, &call)
}

/// A call whose end a routine hears of (S-300). After success the last error says whether
/// everything went well.
fn run_ex(
    way: Way,
    file: Handle,
    (start, length): (*mut u8, Dword),
    overlapped: *mut Overlapped,
    routine: Option<CompletionRoutine>,
) -> Bool {
    if overlapped.is_null() || routine.is_none() {
        set_last_error(Status::INVALID_PARAMETER.win32());
        return FALSE;
    }
    let call = Transfer {
        start,
        length: length as usize,
        bytes: Out::nowhere(),
        overlapped: NonNull::new(overlapped),
        routine,
    };
    let done = run(way, file, &call);
    if done != FALSE {
        set_last_error(0);
    }
    done
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReadFileEx(
    file: Handle,
    buffer: *mut u8,
    length: Dword,
    overlapped: *mut Overlapped,
    routine: Option<CompletionRoutine>,
) -> Bool {
    run_ex(Way::Read, file, (buffer, length), overlapped, routine)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WriteFileEx(
    file: Handle,
    buffer: *const u8,
    length: Dword,
    overlapped: *mut Overlapped,
    routine: Option<CompletionRoutine>,
) -> Bool {
    let memory = (buffer.cast_mut(), length);
    run_ex(Way::Write, file, memory, overlapped, routine)
}
