//! `DeviceIoControl`: the few controls that mean something for files here.
//!
//! | control | does |
//! |---|---|
//! | `FSCTL_SET_SPARSE` | nothing: every file may have holes |
//! | `FSCTL_SET_ZERO_DATA` | makes a hole |
//! | `FSCTL_QUERY_ALLOCATED_RANGES` | tells what is no hole |
//! | `IOCTL_DISK_GET_LENGTH_INFO` | tells the size of a disk |

use std::os::fd::RawFd;
use std::ptr::NonNull;
use std::sync::Arc;

use super::facts::errno;
use super::{File, Nature, access};
use crate::abi::{Bool, Dword, Handle, Overlapped};
use crate::code::{Code, code_bool};
use crate::handle::{self, Object};
use crate::io_object::io_of;
use crate::overlapped::{self, Request};
use crate::status::Status;
use crate::text::Out;

const SET_SPARSE: Dword = 0x0009_00c4;
const SET_ZERO_DATA: Dword = 0x0009_80c8;
const QUERY_ALLOCATED_RANGES: Dword = 0x0009_40cf;
const GET_LENGTH: Dword = 0x0007_405c;

/// Two numbers, as the controls about ranges take and give them.
type Pair = [i64; 2];

/// The memory of a control.
#[derive(Clone, Copy, Debug)]
struct Buffers {
    input: *const u8,
    input_size: usize,
    output: *mut u8,
    output_size: usize,
}

impl Buffers {
    fn get(self) -> Result<Pair, Code> {
        if self.input.is_null() || self.input_size < size_of::<Pair>() {
            return Err(Code::INSUFFICIENT_BUFFER);
        }
        // SAFETY: so many bytes are readable there, by contract.
        Ok(unsafe { self.input.cast::<Pair>().read_unaligned() })
    }

    /// Writes one of several values; false if it does not fit.
    fn put<T>(self, at: usize, value: T) -> bool {
        let fits = !self.output.is_null() && (at + 1) * size_of::<T>() <= self.output_size;
        if fits {
            let place = self.output.cast::<T>().wrapping_add(at);
            // SAFETY: so many bytes are writable there, by contract.
            unsafe { place.write_unaligned(value) };
        }
        fits
    }
}

fn seek(fd: RawFd, offset: i64, whence: libc::c_int) -> Option<i64> {
    // SAFETY: no pointers are passed. The system's position of a file is used by nobody else.
    let found = unsafe { libc::lseek64(fd, offset, whence) };
    (found >= 0).then_some(found)
}

impl File {
    /// Makes zeros of the bytes from one offset to another.
    fn zero(&self, [from, to]: Pair) -> Result<usize, Code> {
        self.permits(access::WRITE_DATA)?;
        if from < 0 || to < from {
            return Err(Status::INVALID_PARAMETER.into());
        }
        let end = self.end()?.cast_signed();
        let length = to.min(end) - from;
        if length <= 0 {
            return Ok(0);
        }
        let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        // SAFETY: no pointers are passed.
        let punch = || unsafe { libc::fallocate(self.fd(), mode, from, length) };
        match completion_port::blocking(punch) {
            0 => Ok(0),
            _ => Err(Status::of_file(errno()).into()),
        }
    }

    /// The parts of a range that are no holes.
    fn allocated(&self, [from, length]: Pair, buffers: Buffers) -> Result<usize, Code> {
        self.permits(access::READ_DATA)?;
        if from < 0 || length < 0 {
            return Err(Status::INVALID_PARAMETER.into());
        }
        let end = self.end()?.cast_signed().min(from.saturating_add(length));
        let (mut at, mut count) = (from, 0);
        while at < end {
            let Some(start) = seek(self.fd(), at, libc::SEEK_DATA).filter(|s| *s < end) else {
                break;
            };
            let stop = seek(self.fd(), start, libc::SEEK_HOLE)
                .unwrap_or(end)
                .min(end);
            if !buffers.put(count, [start, stop - start]) {
                return Err(Status::BUFFER_OVERFLOW.into());
            }
            (at, count) = (stop, count + 1);
        }
        Ok(count * size_of::<Pair>())
    }

    /// How many bytes the controls gave back.
    fn control(&self, code: Dword, buffers: Buffers) -> Result<usize, Code> {
        match code {
            SET_SPARSE if self.nature == Nature::Disk => {
                self.permits(access::WRITE_DATA)?;
                Ok(0)
            }
            SET_ZERO_DATA if self.nature == Nature::Disk => self.zero(buffers.get()?),
            QUERY_ALLOCATED_RANGES if self.nature == Nature::Disk => {
                self.allocated(buffers.get()?, buffers)
            }
            GET_LENGTH if self.nature == Nature::Disk => {
                let Some(end) = seek(self.fd(), 0, libc::SEEK_END) else {
                    return Err(Status::of_file(errno()).into());
                };
                match buffers.put(0, end) {
                    true => Ok(size_of::<i64>()),
                    false => Err(Code::INSUFFICIENT_BUFFER),
                }
            }
            _ => Err(Status::INVALID_DEVICE_REQUEST.into()),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DeviceIoControl(
    device: Handle,
    code: Dword,
    input: *const u8,
    input_size: Dword,
    output: *mut u8,
    output_size: Dword,
    bytes: Out<Dword>,
    overlapped: *mut Overlapped,
) -> Bool {
    let buffers = Buffers {
        input,
        input_size: input_size as usize,
        output,
        output_size: output_size as usize,
    };
    code_bool(|| {
        let object = handle::get(device).ok_or(Status::INVALID_HANDLE)?;
        let request = match (io_of(&object), NonNull::new(overlapped)) {
            // SAFETY: the program keeps the OVERLAPPED valid until the end (S-178).
            (Some(io), Some(at)) => Some((Arc::clone(io), unsafe { Request::begin(io, at) }?)),
            _ => None,
        };
        let given = match &*object {
            Object::File(file) => file.control(code, buffers)?,
            Object::Pipe(_) | Object::Socket(_) => {
                return Err(Status::INVALID_DEVICE_REQUEST.into());
            }
            _ => return Err(Status::INVALID_HANDLE.into()),
        };
        bytes.set(given as Dword);
        if let Some((io, request)) = request {
            overlapped::complete_at_once(&io, request, Status::SUCCESS, given);
        }
        Ok(())
    })
}
