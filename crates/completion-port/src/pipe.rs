//! Anonymous pipes.

use std::io;
use std::os::fd::OwnedFd;

use crate::buf::{self, IoBuf, IoBufMut};
use crate::handle::{Handle, handle_type};
use crate::op::{Access, Kind};
use crate::request::Request;
use crate::sys::{Nature, Socket};

/// The end of a pipe that is read from.
#[derive(Clone, Debug)]
pub struct PipeReader(Handle);

/// The end of a pipe that is written to.
#[derive(Clone, Debug)]
pub struct PipeWriter(Handle);

handle_type!(PipeReader);
handle_type!(PipeWriter);

/// Makes a pipe.
///
/// ```
/// let (reader, writer) = completion_port::pipe()?;
/// let read = reader.read(Vec::with_capacity(16)).start()?;
/// writer.write("through the pipe").start()?.wait().result?;
/// assert_eq!(read.wait().buf, b"through the pipe");
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// # Errors
///
/// Those of the system when it has no descriptors left.
pub fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    Ok((
        PipeReader::from_fd(reader.into())?,
        PipeWriter::from_fd(writer.into())?,
    ))
}

impl PipeReader {
    /// Takes the reading end of a pipe or FIFO, which is made non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the system for a descriptor that cannot be made non-blocking.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self(Handle::socket(Socket::new(fd, Nature::Pipe)?)))
    }

    /// Reads what is there, at least one byte; 0 bytes when every writer is gone. A buffer
    /// without room completes as soon as there is something to read and takes nothing.
    pub fn read<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
        let access = Access {
            memory: buf::sink,
            filled: buf::filled,
            extra: |_| None,
        };
        Request::new(
            &self.0,
            Kind::Receive {
                peek: false,
                all: false,
            },
            access,
            buf,
        )
    }

    /// Reads until the buffer is full or every writer is gone.
    pub fn read_full<B: IoBufMut>(&self, buf: B) -> Request<'_, B> {
        let access = Access {
            memory: buf::sink,
            filled: buf::filled,
            extra: |_| None,
        };
        Request::new(
            &self.0,
            Kind::Receive {
                peek: false,
                all: true,
            },
            access,
            buf,
        )
    }
}

impl PipeWriter {
    /// Takes the writing end of a pipe or FIFO, which is made non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the system for a descriptor that cannot be made non-blocking.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self(Handle::socket(Socket::new(fd, Nature::Pipe)?)))
    }

    /// Writes the whole buffer; completes when the pipe has taken all of it. `EPIPE` when every
    /// reader is gone; no signal is raised.
    pub fn write<B: IoBuf>(&self, buf: B) -> Request<'_, B> {
        let access = Access {
            memory: buf::source,
            filled: |_, _| {},
            extra: |_| None,
        };
        Request::new(&self.0, Kind::Send, access, buf)
    }
}
