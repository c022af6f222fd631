//! Position, size, and what is on the device.
//!
//! The position is ours: overlapped handles never use it for transfers, but it can be set and
//! asked for all the same (S-250).

use std::os::fd::RawFd;

use super::facts::{self, errno};
use super::{File, Nature, access, with_file};
use crate::abi::{Bool, Dword, Handle};
use crate::code::{Code, code_bool, code_door};
use crate::handle::{self, Object};
use crate::pipe;
use crate::status::{Status, set_last_error};
use crate::text::Out;

/// `INVALID_SET_FILE_POINTER` and `INVALID_FILE_SIZE`.
const INVALID: Dword = 0xffff_ffff;

impl File {
    fn size(&self) -> Result<u64, Status> {
        match self.nature {
            Nature::Disk | Nature::Standard => self.end(),
            Nature::Directory => Ok(0),
            Nature::Device => Err(Status::INVALID_DEVICE_REQUEST),
        }
    }

    /// Moves the position; where it is then.
    fn seek(&self, distance: i64, method: Dword) -> Result<u64, Code> {
        if self.nature == Nature::Device {
            return Err(Status::INVALID_DEVICE_REQUEST.into());
        }
        if self.nature == Nature::Standard {
            return seek_stream(self.fd, distance, method);
        }
        let mut position = self.position.lock();
        let start = match method {
            0 => 0,
            1 => *position,
            2 => self.size()?,
            _ => return Err(Status::INVALID_PARAMETER.into()),
        };
        let to = i128::from(start) + i128::from(distance);
        if to < 0 {
            return Err(Code::NEGATIVE_SEEK);
        }
        let to = i64::try_from(to).map_err(|_| Status::INVALID_PARAMETER)?;
        *position = to.cast_unsigned();
        Ok(*position)
    }

    /// Makes the file end somewhere; what is added reads as zeros (S-266).
    pub(super) fn set_end(&self, end: u64) -> Result<(), Status> {
        self.permits(access::WRITE_DATA)?;
        if self.nature == Nature::Directory {
            return Err(Status::INVALID_PARAMETER);
        }
        let end = i64::try_from(end).map_err(|_| Status::INVALID_PARAMETER)?;
        // SAFETY: no pointers are passed.
        match completion_port::blocking(|| unsafe { libc::ftruncate(self.fd, end) }) {
            0 => Ok(()),
            _ => Err(Status::of_file(errno())),
        }
    }

    /// Reserves space up to a length, so that writing there does not extend the file any more.
    pub(super) fn reserve(&self, length: u64, keep_size: bool) -> Result<(), Status> {
        let length = i64::try_from(length).map_err(|_| Status::INVALID_PARAMETER)?;
        if length == 0 {
            return Ok(());
        }
        let mode = if keep_size {
            libc::FALLOC_FL_KEEP_SIZE
        } else {
            0
        };
        // SAFETY: no pointers are passed.
        let reserve = || unsafe { libc::fallocate(self.fd, mode, 0, length) };
        match completion_port::blocking(reserve) {
            0 => Ok(()),
            _ => match errno() {
                // Nothing can be reserved there, and nothing is lost by that.
                libc::EOPNOTSUPP | libc::ENOSYS => Ok(()),
                code => Err(Status::of_file(code)),
            },
        }
    }

    fn set_valid_data(&self, length: i64) -> Result<(), Status> {
        self.permits(access::WRITE_DATA)?;
        match u64::try_from(length) {
            Ok(length) if length <= self.size()? => self.reserve(length, true),
            _ => Err(Status::INVALID_PARAMETER),
        }
    }

    fn flush(&self) -> Result<(), Status> {
        self.permits(access::WRITE_DATA | access::APPEND_DATA)?;
        // SAFETY: no pointers are passed.
        let flushed = completion_port::blocking(|| unsafe { libc::fsync(self.fd) });
        match if flushed == 0 { 0 } else { errno() } {
            // Terminals and pipes keep nothing back.
            0 | libc::EINVAL | libc::EROFS => Ok(()),
            code => Err(Status::of_file(code)),
        }
    }
}

/// The position of a standard stream is the system's.
fn seek_stream(fd: RawFd, distance: i64, method: Dword) -> Result<u64, Code> {
    let whence = match method {
        0 => libc::SEEK_SET,
        1 => libc::SEEK_CUR,
        2 => libc::SEEK_END,
        _ => return Err(Status::INVALID_PARAMETER.into()),
    };
    // SAFETY: no pointers are passed.
    let to = unsafe { libc::lseek64(fd, distance, whence) };
    match u64::try_from(to) {
        Ok(to) => Ok(to),
        Err(_) if errno() == libc::EINVAL => Err(Code::NEGATIVE_SEEK),
        Err(_) => Err(Status::of_file(errno()).into()),
    }
}

/// A number in two halves, the upper of which may be wanted or not; the lower one is returned,
/// and success told by the last error where it could be taken for failure.
fn halves(number: u64, high: Out<Dword>) -> Dword {
    high.set((number >> 32) as Dword);
    if number as Dword == INVALID {
        set_last_error(0);
    }
    number as Dword
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetFilePointer(
    file: Handle,
    distance: i32,
    high: Out<Dword>,
    method: Dword,
) -> Dword {
    code_door(INVALID, || {
        with_file(file, |file| {
            let wide = high.get().map(|high| u64::from(high) << 32);
            let distance = match wide {
                Some(high) => (high | u64::from(distance.cast_unsigned())).cast_signed(),
                None => i64::from(distance),
            };
            let before = *file.position.lock();
            let to = file.seek(distance, method)?;
            if wide.is_none() && to > u64::from(u32::MAX) {
                *file.position.lock() = before;
                return Err(Status::INVALID_PARAMETER.into());
            }
            Ok(halves(to, high))
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetFilePointerEx(
    file: Handle,
    distance: i64,
    position: Out<i64>,
    method: Dword,
) -> Bool {
    code_bool(|| {
        with_file(file, |file| {
            position.set(file.seek(distance, method)?.cast_signed());
            Ok(())
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetEndOfFile(file: Handle) -> Bool {
    code_bool(|| {
        with_file(file, |file| {
            let end = match file.nature {
                Nature::Standard => seek_stream(file.fd, 0, 1)?,
                _ => *file.position.lock(),
            };
            Ok(file.set_end(end)?)
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetFileValidData(file: Handle, length: i64) -> Bool {
    code_bool(|| with_file(file, |file| Ok(file.set_valid_data(length)?)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetFileSize(file: Handle, high: Out<Dword>) -> Dword {
    code_door(INVALID, || {
        with_file(file, |file| Ok(halves(file.size()?, high)))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetFileSizeEx(file: Handle, size: Out<i64>) -> Bool {
    code_bool(|| {
        with_file(file, |file| {
            size.set(file.size()?.cast_signed());
            Ok(())
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FlushFileBuffers(file: Handle) -> Bool {
    code_bool(|| match handle::get(file).as_deref() {
        Some(Object::File(file)) => Ok(file.flush()?),
        Some(Object::Pipe(pipe)) => Ok(pipe::flush(pipe)?),
        _ => Err(Status::INVALID_HANDLE.into()),
    })
}

const TYPE_UNKNOWN: Dword = 0;
const TYPE_DISK: Dword = 1;
const TYPE_CHAR: Dword = 2;
const TYPE_PIPE: Dword = 3;

fn type_of(fd: RawFd) -> Result<Dword, Status> {
    let facts = facts::of_open_plain(fd).map_err(Status::of_file)?;
    Ok(match facts.mode & libc::S_IFMT {
        libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK | libc::S_IFLNK => TYPE_DISK,
        libc::S_IFCHR => TYPE_CHAR,
        _ => TYPE_PIPE,
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetFileType(file: Handle) -> Dword {
    code_door(TYPE_UNKNOWN, || match handle::get(file).as_deref() {
        Some(Object::File(file)) => Ok(type_of(file.fd)?),
        Some(Object::Pipe(_) | Object::Socket(_)) => Ok(TYPE_PIPE),
        _ => Err(Status::INVALID_HANDLE.into()),
    })
}
