//! Files, read and written at offsets.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use crate::buf::{self, IoBuf, IoBufMut};
use crate::handle::{Handle, handle_type};
use crate::op::{Access, AsFile, Kind};
use crate::request::Request;
use crate::sys;

/// An open file. Every operation names its offset; there is no file pointer (S-250).
///
/// Operations on one file may complete in any order; overlapping ones are not ordered (S-268).
///
/// A read from the page cache and a buffered write are carried out within the call that submits
/// them; everything else by io_uring or a pool of threads.
///
/// ```
/// use completion_port::{CompletionPort, Deadline, File};
///
/// let path = std::env::temp_dir().join(format!("completion-port-doc-{}", std::process::id()));
/// std::fs::write(&path, "hello, port")?;
/// let port = CompletionPort::new(1)?;
/// let file = File::open(&path)?;
/// port.associate(&file, 1)?;
/// file.read_at(Vec::with_capacity(64), 7).submit("state")?;
/// let done = port.get(Deadline::Never)?.into_done::<Vec<u8>, &str>().unwrap();
/// assert_eq!((done.result?, &done.buf[..], done.state), (4, &b"port"[..], "state"));
/// # std::fs::remove_file(&path)?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct File(Handle);

handle_type!(File);

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::open`].
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        std::fs::File::open(path)?.try_into()
    }

    /// Creates or empties a file, for writing.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::create`].
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        std::fs::File::create(path)?.try_into()
    }

    /// Takes an open file. How it was opened decides how it is used: with `O_DIRECT` nothing is
    /// cached, and buffers, sizes and offsets must be aligned (see
    /// [`AlignedBuf`](crate::AlignedBuf)); with `O_DSYNC` or `O_SYNC` writes wait for the
    /// device.
    ///
    /// # Errors
    ///
    /// Those of the system for a bad descriptor.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self(Handle::file(sys::File::new(fd)?)))
    }

    /// Reads at an offset, until the buffer is full or the file ends.
    ///
    /// At or behind the end the result is `Ok(0)`; the outcome tells it from an empty buffer as
    /// [`EndOfFile`](crate::Status::EndOfFile) (S-263). A read across the end is short (S-260).
    #[doc(alias = "ReadFile")]
    pub fn read_at<B: IoBufMut>(&self, buf: B, offset: u64) -> Request<'_, B> {
        let access = Access {
            memory: buf::sink,
            filled: buf::filled,
            extra: |_| None,
        };
        Request::new(&self.0, Kind::ReadAt(offset), access, buf)
    }

    /// Reads at an offset into several buffers, filled in order.
    #[doc(alias = "ReadFileScatter")]
    pub fn read_vectored_at<B: IoBufMut>(&self, bufs: Vec<B>, offset: u64) -> Request<'_, Vec<B>> {
        let access = Access {
            memory: buf::sinks,
            filled: buf::filled_all,
            extra: |_| None,
        };
        Request::new(&self.0, Kind::ReadAt(offset), access, bufs)
    }

    /// Writes the whole buffer at an offset. Behind the end the file grows, and the gap reads as
    /// zeros (S-266). An empty buffer changes nothing (S-259).
    #[doc(alias = "WriteFile")]
    pub fn write_at<B: IoBuf>(&self, buf: B, offset: u64) -> Request<'_, B> {
        let access = Access {
            memory: buf::source,
            filled: |_, _| {},
            extra: |_| None,
        };
        Request::new(&self.0, Kind::WriteAt(offset), access, buf)
    }

    /// Writes several buffers, one after the other, at an offset.
    #[doc(alias = "WriteFileGather")]
    pub fn write_vectored_at<B: IoBuf>(&self, bufs: Vec<B>, offset: u64) -> Request<'_, Vec<B>> {
        let access = Access {
            memory: buf::sources,
            filled: |_, _| {},
            extra: |_| None,
        };
        Request::new(&self.0, Kind::WriteAt(offset), access, bufs)
    }

    /// Writes the whole buffer at what is the end of the file at that moment (S-253).
    pub fn append<B: IoBuf>(&self, buf: B) -> Request<'_, B> {
        let access = Access {
            memory: buf::source,
            filled: |_, _| {},
            extra: |_| None,
        };
        Request::new(&self.0, Kind::Append, access, buf)
    }

    /// Flushes data and metadata to the device: everything whose completion came before.
    #[doc(alias = "FlushFileBuffers")]
    pub fn sync_all(&self) -> Request<'_, ()> {
        Request::new(&self.0, Kind::Sync { data_only: false }, Access::none(), ())
    }

    /// As [`sync_all`](Self::sync_all), without metadata that is not needed to read the data.
    pub fn sync_data(&self) -> Request<'_, ()> {
        Request::new(&self.0, Kind::Sync { data_only: true }, Access::none(), ())
    }

    /// Reserves space for a range, growing the file if need be, so that writing there later
    /// neither extends it nor runs out of space.
    #[doc(alias = "SetFileValidData")]
    pub fn allocate(&self, offset: u64, bytes: u64) -> Request<'_, ()> {
        Request::new(
            &self.0,
            Kind::Allocate { offset, bytes },
            Access::none(),
            (),
        )
    }

    pub(crate) fn as_sendable(&self) -> Arc<dyn AsFile> {
        Arc::<sys::File>::clone(self.0.as_file())
    }
}

impl AsFd for File {
    /// The descriptor, for what has no operation here: metadata, truncation, locks.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_file().as_fd()
    }
}

impl TryFrom<std::fs::File> for File {
    type Error = io::Error;
    fn try_from(file: std::fs::File) -> io::Result<Self> {
        Self::from_fd(file.into())
    }
}
