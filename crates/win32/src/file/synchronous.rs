//! Transfers whose caller waits: at the file pointer, which is ours, or where an OVERLAPPED says.

use std::os::fd::RawFd;
use std::sync::Arc;

use super::bounce::Bounce;
use super::facts::errno;
use super::transfer::{AT_END, AT_POINTER, Way};
use super::{File, Nature};
use crate::abi::Dword;
use crate::overlapped::{self, Request};
use crate::quiet::without_sigpipe;
use crate::status::Status;
use crate::synchronous::cancellable;
use crate::transfer::Transfer;
use crate::wake::Wake;

/// The kernel moves at most so many bytes in one call.
const CALL_BYTES_MAX: usize = 0x7fff_f000;

impl File {
    /// A transfer on a handle without `FILE_FLAG_OVERLAPPED`.
    pub(super) fn transfer_now(&self, way: Way, call: &Transfer) -> Result<(), Status> {
        match self.nature {
            Nature::Device | Nature::Standard => self.transfer_stream(way, call),
            Nature::Disk | Nature::Directory => self.transfer_at(way, call),
        }
    }

    /// One after the other, at offsets.
    fn transfer_at(&self, way: Way, call: &Transfer) -> Result<(), Status> {
        let mut position = self.position.lock();
        let offset = match call.offset() {
            None | Some(AT_POINTER) => *position,
            Some(offset) => offset,
        };
        let appends = way == Way::Write && (offset == AT_END || self.only_appends());
        if appends {
            self.check_alignment(0, call.length)?;
            if self.has_locks() {
                self.check_locks(way, self.end()?, call.length)?;
            }
        } else {
            if offset > i64::MAX as u64 {
                return Err(Status::INVALID_PARAMETER);
            }
            self.check_alignment(offset, call.length)?;
            self.check_locks(way, offset, call.length)?;
        }
        let request = self.begin(call)?;
        let moved = if call.length == 0 {
            Ok(0)
        } else {
            self.move_reachable(way, call, (!appends).then_some(offset))
        };
        let bytes = moved.map_err(Status::of_file)?;
        *position = if appends {
            self.end()?
        } else {
            offset + bytes as u64
        };
        drop(position);
        call.bytes.set(bytes as Dword);
        self.tell(way, call, request, bytes)
    }

    fn begin(&self, call: &Transfer) -> Result<Option<Request>, Status> {
        match (&self.io, call.overlapped) {
            (Some(io), Some(_)) => call.request(io).map(Some),
            _ => Ok(None),
        }
    }

    /// The end of a file is an error with an OVERLAPPED, and none without (S-261, S-262).
    fn tell(
        &self,
        way: Way,
        call: &Transfer,
        request: Option<Request>,
        bytes: usize,
    ) -> Result<(), Status> {
        let (Some(io), Some(request)) = (&self.io, request) else {
            return Ok(());
        };
        let ends = way == Way::Read && bytes == 0 && call.length > 0;
        let status = if ends {
            Status::END_OF_FILE
        } else {
            Status::SUCCESS
        };
        overlapped::complete(io, request, status, bytes);
        match ends && call.routine.is_none() {
            true => Err(status),
            false => Ok(()),
        }
    }

    /// Moves everything, by way of other memory if the device cannot reach the program's.
    fn move_reachable(&self, way: Way, call: &Transfer, offset: Option<u64>) -> Result<usize, i32> {
        if self.reaches(call.start) {
            return self.move_all(way, call, offset);
        }
        let between = Bounce::new(call.length).map_err(|_| libc::ENOMEM)?;
        let same = Transfer {
            start: between.start(),
            ..*call
        };
        if way == Way::Write {
            // SAFETY: the program's buffer has so many bytes.
            unsafe { between.fill(call.start, call.length) };
        }
        let moved = self.move_all(way, &same, offset)?;
        if way == Way::Read {
            // SAFETY: the program's buffer has room for so many bytes.
            unsafe { between.drain(call.start, moved) };
        }
        Ok(moved)
    }

    /// Moves everything, or as much as there is; at the end of the file without an offset.
    fn move_all(&self, way: Way, call: &Transfer, offset: Option<u64>) -> Result<usize, i32> {
        let mut moved = 0;
        // What is in the page cache is read without giving the port's slot up.
        if let (Way::Read, Some(offset)) = (way, offset) {
            match self.move_once(way, call, 0, Some(offset), libc::RWF_NOWAIT) {
                Ok(bytes) if bytes == call.length || bytes == 0 => return Ok(bytes),
                Ok(bytes) => moved = bytes,
                Err(_) => {}
            }
        }
        completion_port::blocking(|| {
            while moved < call.length {
                let at = offset.map(|offset| offset + moved as u64);
                match self.move_once(way, call, moved, at, 0) {
                    Ok(0) if way == Way::Read => break,
                    Ok(0) => {
                        return if moved > 0 {
                            Ok(moved)
                        } else {
                            Err(libc::ENOSPC)
                        };
                    }
                    Ok(bytes) => moved += bytes,
                    Err(libc::EINTR) => {}
                    // What has moved counts. A direct read that has met the end, for one, stands
                    // at no sector any more.
                    Err(_) if moved > 0 => break,
                    Err(errno) => return Err(errno),
                }
            }
            Ok(moved)
        })
    }

    fn move_once(
        &self,
        way: Way,
        call: &Transfer,
        done: usize,
        offset: Option<u64>,
        flags: libc::c_int,
    ) -> Result<usize, i32> {
        let part = libc::iovec {
            iov_base: call.start.wrapping_add(done).cast(),
            iov_len: (call.length - done).min(CALL_BYTES_MAX),
        };
        let flags = if offset.is_none() {
            flags | libc::RWF_APPEND
        } else {
            flags
        };
        let at = i64::try_from(offset.unwrap_or(0)).map_err(|_| libc::EFBIG)?;
        let moved = match way {
            // SAFETY: the kernel checks the program's buffer; one vector is passed.
            Way::Read => unsafe { libc::preadv2(self.fd, &raw const part, 1, at, flags) },
            // SAFETY: as above.
            Way::Write => unsafe { libc::pwritev2(self.fd, &raw const part, 1, at, flags) },
        };
        usize::try_from(moved).map_err(|_| errno())
    }

    /// Bytes in a row: terminals, pipes, the standard streams.
    fn transfer_stream(&self, way: Way, call: &Transfer) -> Result<(), Status> {
        let bytes = match way {
            Way::Read => read_stream(self.fd, call),
            Way::Write => write_stream(self.fd, call),
        };
        let bytes = bytes.map_err(|errno| match errno {
            libc::ECANCELED => Status::CANCELLED,
            errno => Status::of_pipe(errno),
        })?;
        let ended = way == Way::Read && bytes == 0 && call.length > 0;
        if ended && is_pipe(self.fd) {
            return Err(Status::PIPE_BROKEN);
        }
        call.bytes.set(bytes as Dword);
        Ok(())
    }
}

fn is_pipe(fd: RawFd) -> bool {
    let kind = super::facts::of_open_plain(fd).map_or(0, |facts| facts.mode & libc::S_IFMT);
    kind == libc::S_IFIFO || kind == libc::S_IFSOCK
}

/// Waits until there is something to read or write, or the call is called off (S-216).
fn wait_for(fd: RawFd, events: libc::c_short) -> Result<(), i32> {
    let poll = |wake: Option<&Wake>, timeout| {
        let of = |fd, events| libc::pollfd {
            fd,
            events,
            revents: 0,
        };
        let mut fds = [of(fd, events), of(wake.map_or(-1, Wake::fd), libc::POLLIN)];
        // SAFETY: two valid entries are passed.
        let ready = unsafe { libc::poll(fds.as_mut_ptr(), 2, timeout) };
        (ready, fds[1].revents != 0)
    };
    if poll(None, 0).0 != 0 {
        return Ok(());
    }
    let wake = Arc::new(Wake::new()?);
    let cancel = Arc::clone(&wake);
    cancellable(
        move || cancel.raise(),
        || loop {
            match poll(Some(&wake), -1) {
                (_, true) => return Err(libc::ECANCELED),
                (1.., _) => return Ok(()),
                (0, _) => {}
                _ if errno() == libc::EINTR => {}
                _ => return Err(errno()),
            }
        },
    )
}

fn read_stream(fd: RawFd, call: &Transfer) -> Result<usize, i32> {
    if call.length == 0 {
        return Ok(0);
    }
    loop {
        wait_for(fd, libc::POLLIN)?;
        // SAFETY: the kernel checks the program's buffer.
        let moved = unsafe { libc::read(fd, call.start.cast(), call.length.min(CALL_BYTES_MAX)) };
        match usize::try_from(moved).map_err(|_| errno()) {
            Err(libc::EINTR | libc::EAGAIN) => {}
            moved => return moved,
        }
    }
}

fn write_stream(fd: RawFd, call: &Transfer) -> Result<usize, i32> {
    let mut done = 0;
    while done < call.length {
        wait_for(fd, libc::POLLOUT)?;
        let start = call.start.wrapping_add(done).cast();
        let length = (call.length - done).min(CALL_BYTES_MAX);
        let moved = without_sigpipe(|| {
            // SAFETY: the kernel checks the program's buffer.
            let moved = unsafe { libc::write(fd, start, length) };
            usize::try_from(moved).map_err(|_| errno())
        });
        match moved {
            Err(libc::EINTR | libc::EAGAIN) => {}
            Err(_) if done > 0 => break,
            moved => done += moved?,
        }
    }
    Ok(done)
}
