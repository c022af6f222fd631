//! What arrives at one end of a connection: bytes, or messages, each after its length.

use std::os::fd::RawFd;

use crate::file::facts::errno;
use crate::status::Status;

/// A message follows its length, in so many bytes.
pub(super) const HEAD_BYTES: usize = 4;

/// What a read asks for, and how far it has got.
pub(super) struct Asked {
    pub(super) start: *mut u8,
    pub(super) length: usize,
    /// One message, not bytes.
    pub(super) message: bool,
    got: usize,
}

// SAFETY: the memory is the program's, which leaves it to the read until that has ended (S-178).
unsafe impl Send for Asked {}

impl Asked {
    pub(super) fn new(start: *mut u8, length: usize, message: bool) -> Self {
        Self {
            start,
            length,
            message,
            got: 0,
        }
    }

    /// How the read ends if it is called off. The part of a message that it has taken is not lost
    /// (S-218).
    pub(super) fn broken_off(&self, status: Status) -> (Status, usize) {
        match self.got {
            0 => (status, 0),
            got => (Status::BUFFER_OVERFLOW, got),
        }
    }
}

/// How far the reader has got in what arrives.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reader {
    /// The messages have lengths.
    framed: bool,
    head: [u8; HEAD_BYTES],
    head_got: usize,
    /// In a message, so many bytes before its end.
    inside: Option<usize>,
}

/// What an attempt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Ended(Status, usize),
    NotReady,
}

/// What a call of the system says.
enum Got {
    Bytes(usize),
    Nothing,
    End,
    Failed(Status),
}

fn receive(fd: RawFd, start: *mut u8, length: usize, flags: libc::c_int) -> Got {
    loop {
        let flags = libc::MSG_DONTWAIT | flags;
        // SAFETY: the kernel checks the program's buffer; our own is as long as said.
        let got = unsafe { libc::recv(fd, start.cast(), length, flags) };
        match usize::try_from(got) {
            Ok(0) => return Got::End,
            Ok(bytes) => return Got::Bytes(bytes),
            // A peer that closes without having read everything is told of first; what it sent
            // before comes after that.
            Err(_) => match errno() {
                libc::EINTR | libc::ECONNRESET => {}
                libc::EAGAIN => return Got::Nothing,
                code => return Got::Failed(Status::of_pipe(code)),
            },
        }
    }
}

/// The other end is gone, and everything it sent is read (S-383).
const END: Attempt = Attempt::Ended(Status::PIPE_BROKEN, 0);

impl Reader {
    pub(super) fn new(framed: bool) -> Self {
        Self {
            framed,
            ..Self::default()
        }
    }

    /// Whether the middle of a message has been reached.
    pub(super) fn is_inside(&self) -> bool {
        self.inside.is_some() || self.head_got > 0
    }

    /// Reads as much as there is.
    pub(super) fn read(&mut self, fd: RawFd, asked: &mut Asked) -> Attempt {
        if !self.framed {
            return read_bytes(fd, asked);
        }
        if asked.message {
            self.read_message(fd, asked)
        } else {
            self.read_across(fd, asked)
        }
    }

    /// Gets to the inside of a message; `None` if it is there.
    fn enter(&mut self, fd: RawFd) -> Option<Attempt> {
        while self.inside.is_none() {
            let rest = &mut self.head[self.head_got..];
            match receive(fd, rest.as_mut_ptr(), rest.len(), 0) {
                Got::Bytes(bytes) => self.head_got += bytes,
                Got::Nothing => return Some(Attempt::NotReady),
                Got::End => return Some(END),
                Got::Failed(status) => return Some(Attempt::Ended(status, 0)),
            }
            if self.head_got == HEAD_BYTES {
                self.head_got = 0;
                self.inside = Some(u32::from_ne_bytes(self.head) as usize);
            }
        }
        None
    }

    /// One message, or as much of it as there is room for (S-381).
    fn read_message(&mut self, fd: RawFd, asked: &mut Asked) -> Attempt {
        if let Some(attempt) = self.enter(fd) {
            return attempt;
        }
        loop {
            let left = self.inside.unwrap_or(0);
            let wanted = left.min(asked.length - asked.got);
            if wanted == 0 {
                if left > 0 {
                    return Attempt::Ended(Status::BUFFER_OVERFLOW, asked.got);
                }
                self.inside = None;
                return Attempt::Ended(Status::SUCCESS, asked.got);
            }
            match self.take(fd, asked, wanted) {
                Got::Bytes(bytes) => self.inside = Some(left - bytes),
                Got::Nothing => return Attempt::NotReady,
                Got::End => return Attempt::Ended(Status::PIPE_BROKEN, asked.got),
                Got::Failed(status) => return Attempt::Ended(status, asked.got),
            }
        }
    }

    /// Bytes, whichever messages they belong to.
    fn read_across(&mut self, fd: RawFd, asked: &mut Asked) -> Attempt {
        loop {
            let so_far = |got: usize| Attempt::Ended(Status::SUCCESS, got);
            match self.enter(fd) {
                Some(_) if asked.got > 0 => return so_far(asked.got),
                Some(attempt) => return attempt,
                None => {}
            }
            let left = self.inside.unwrap_or(0);
            if left == 0 {
                // The end of a message, or an empty one, is nothing to a reader of bytes.
                self.inside = None;
                continue;
            }
            let wanted = left.min(asked.length - asked.got);
            if wanted == 0 {
                return so_far(asked.got);
            }
            match self.take(fd, asked, wanted) {
                Got::Bytes(bytes) => self.inside = Some(left - bytes),
                Got::Nothing if asked.got == 0 => return Attempt::NotReady,
                Got::Failed(status) if asked.got == 0 => return Attempt::Ended(status, 0),
                Got::End if asked.got == 0 => return END,
                _ => return so_far(asked.got),
            }
        }
    }

    fn take(&self, fd: RawFd, asked: &mut Asked, wanted: usize) -> Got {
        let got = receive(fd, asked.start.wrapping_add(asked.got), wanted, 0);
        if let Got::Bytes(bytes) = got {
            asked.got += bytes;
        }
        got
    }

    /// Looks at what has arrived without taking it: bytes in all, those of the first message that
    /// are yet to come after what is copied, and the bytes copied.
    pub(super) fn peek(&self, fd: RawFd, asked: &mut Asked) -> Result<Seen, Status> {
        let arrived = arrived(fd)?;
        let mut bytes = vec![0; arrived];
        let got = match receive(fd, bytes.as_mut_ptr(), arrived, libc::MSG_PEEK) {
            _ if arrived == 0 => 0,
            Got::Bytes(got) => got,
            Got::Nothing | Got::End => 0,
            Got::Failed(status) => return Err(status),
        };
        bytes.truncate(got);
        if bytes.is_empty() && self.inside.is_none() && is_ended(fd) {
            return Err(Status::PIPE_BROKEN);
        }
        let (content, first) = self.unframed(&bytes);
        let most = if asked.message {
            first.unwrap_or(0).min(content.len())
        } else {
            content.len()
        };
        let copied = most.min(asked.length);
        if copied > 0 {
            // SAFETY: so many bytes are the program's room, by contract.
            unsafe { std::ptr::copy_nonoverlapping(content.as_ptr(), asked.start, copied) };
        }
        Ok(Seen {
            copied,
            available: content.len(),
            left: first.map_or(0, |first| first.saturating_sub(copied)),
        })
    }

    /// The bytes without lengths, and how many of the first message are still to be read.
    fn unframed(&self, mut bytes: &[u8]) -> (Vec<u8>, Option<usize>) {
        if !self.framed {
            return (bytes.to_vec(), None);
        }
        let (mut content, mut first) = (Vec::new(), self.inside);
        let mut head = self.head[..self.head_got].to_vec();
        if let Some(left) = self.inside {
            let (part, rest) = bytes.split_at(left.min(bytes.len()));
            content.extend(part);
            bytes = rest;
        }
        loop {
            let (part, rest) = bytes.split_at((HEAD_BYTES - head.len()).min(bytes.len()));
            head.extend(part);
            let Ok(length) = <[u8; HEAD_BYTES]>::try_from(&head[..]) else {
                return (content, first);
            };
            let length = u32::from_ne_bytes(length) as usize;
            first = first.or(Some(length));
            let (part, rest) = rest.split_at(length.min(rest.len()));
            content.extend(part);
            (bytes, head) = (rest, Vec::new());
        }
    }
}

/// What there is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) copied: usize,
    pub(super) available: usize,
    pub(super) left: usize,
}

fn read_bytes(fd: RawFd, asked: &mut Asked) -> Attempt {
    // A read of nothing ends when there is something to read.
    let mut byte = 0;
    let got = match asked.length {
        0 => receive(fd, &raw mut byte, 1, libc::MSG_PEEK),
        length => receive(fd, asked.start, length, 0),
    };
    match got {
        Got::Bytes(_) if asked.length == 0 => Attempt::Ended(Status::SUCCESS, 0),
        Got::Bytes(bytes) => Attempt::Ended(Status::SUCCESS, bytes),
        Got::Nothing => Attempt::NotReady,
        Got::End => END,
        Got::Failed(status) => Attempt::Ended(status, 0),
    }
}

/// How many bytes have arrived.
pub(super) fn arrived(fd: RawFd) -> Result<usize, Status> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: a place for the number is passed.
    match unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut bytes) } {
        0 => Ok(usize::try_from(bytes).unwrap_or(0)),
        _ => Err(Status::of_pipe(errno())),
    }
}

/// Whether the other end is gone and has left nothing.
fn is_ended(fd: RawFd) -> bool {
    let mut byte = 0;
    matches!(receive(fd, &raw mut byte, 1, libc::MSG_PEEK), Got::End)
}
