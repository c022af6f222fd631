//! Files, directories, devices.
//!
//! | file | holds |
//! |---|---|
//! | `access` | rights, shares, flags |
//! | `node`, `lock` | what all opens of a file have in common: sharing, the end, locked ranges |
//! | `open` | `CreateFile` |
//! | `transfer`, `synchronous`, `scatter`, `bounce`, `pending` | reading and writing |
//! | `pointer` | position, size, flushing |
//! | `locking` | `LockFile` and its like |
//! | `facts`, `times`, `attributes` | what is known about a file, and changing it |
//! | `information`, `change`, `listing` | the same by handle and class |
//! | `names`, `copying`, `links` | calls that act on names |
//! | `find` | searching directories |
//! | `volume` | file systems |
//! | `mapping`, `view` | files as memory |
//! | `standard` | the standard streams |
//! | `control` | `DeviceIoControl` |
//!
//! # Invariants
//!
//! 1. The descriptor in `fd` is open as long as the object lives: it belongs to `io`, to `owned`,
//!    or is one of the process's three standard streams.
//! 2. `position` is locked during a synchronous transfer, so that those of one file object come
//!    one after the other.

pub(crate) mod access;
mod attributes;
mod bounce;
mod change;
mod control;
mod copying;
pub(crate) mod facts;
mod find;
mod information;
mod links;
mod listing;
mod lock;
mod locking;
mod mapping;
mod names;
pub(crate) mod node;
mod open;
mod pending;
mod pointer;
mod scatter;
mod standard;
mod synchronous;
mod times;
mod transfer;
mod view;
mod volume;

use std::os::fd::{OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, OnceLock};

use completion_port::Tag;
use parking_lot::Mutex;

pub(crate) use open::{SecurityAttributes, Wanted, inherits, insert as insert_object};

use crate::abi::Handle;
use crate::handle::{self, Object};
use crate::io_object::Io;
use crate::status::Status;
use crate::watch::Watch;
use node::{Node, Opener};
use pending::Pending;

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Has a size and offsets.
    Disk,
    Directory,
    /// A terminal or another device, a pipe that was opened by its name: bytes in a row.
    Device,
    /// A standard stream, whose position the system keeps: the C library and other processes
    /// share it.
    Standard,
}

/// A file, directory or device.
pub(crate) struct File {
    /// For overlapped operations, and everything that is waited for.
    io: Option<Arc<Io>>,
    fd: RawFd,
    /// The descriptor of a file without `io`.
    _owned: Option<OwnedFd>,
    nature: Nature,
    /// Specific rights.
    access: u32,
    /// As given to `CreateFile`.
    flags: u32,
    /// What offsets and sizes must be multiples of; 1 for a buffered file.
    sector: u64,
    /// What the addresses of buffers must be multiples of, or the device cannot reach them.
    reach: usize,
    position: Mutex<u64>,
    writes: Arc<Pending>,
    opener: Opener,
    node: Option<Arc<Node>>,
    watch: OnceLock<Arc<Watch>>,
    /// Where the listing of the directory by handle has got to.
    listing: Mutex<listing::Progress>,
    /// The last handle is closed. Set before what is in flight is cancelled: a call that had the
    /// file before sees it after it has put something in flight, and cancels that itself.
    closed: AtomicBool,
}

impl File {
    pub(crate) fn io(&self) -> Option<&Arc<Io>> {
        self.io.as_ref()
    }

    /// The descriptor, for rooms that know what to do with it; valid while the object lives.
    pub(crate) fn fd(&self) -> RawFd {
        self.fd
    }

    pub(crate) fn nature(&self) -> Nature {
        self.nature
    }

    /// Whether the handle was opened with one of these rights.
    pub(crate) fn permits(&self, rights: u32) -> Result<(), Status> {
        match self.access & rights {
            0 => Err(Status::ACCESS_DENIED),
            _ => Ok(()),
        }
    }

    /// The file pointer, for transfers that begin there and are carried out elsewhere.
    pub(crate) fn position(&self) -> &Mutex<u64> {
        &self.position
    }

    fn is_overlapped(&self) -> bool {
        self.flags & access::FLAG_OVERLAPPED != 0
    }

    pub(crate) fn watch(&self) -> &OnceLock<Arc<Watch>> {
        &self.watch
    }

    pub(crate) fn is_closed(&self) -> bool {
        // Pairs with the fence in `last_handle_closed`.
        fence(Ordering::SeqCst);
        self.closed.load(Ordering::Relaxed)
    }

    pub(crate) fn last_handle_closed(&self) {
        self.closed.store(true, Ordering::Relaxed);
        // Pairs with the fence in `is_closed`: either this is seen, or what came before.
        fence(Ordering::SeqCst);
        if let Some(watch) = self.watch.get() {
            watch.close();
        }
        self.writes.wait();
        if let Some(io) = &self.io {
            io.close();
        }
        if let Some(node) = &self.node {
            node.locks.leave(self.opener);
            if self.flags & access::FLAG_DELETE_ON_CLOSE != 0 {
                node.doom(true);
            }
            node.leave(self.opener, self.fd);
        }
    }

    /// Cancels what the library's handle does not know of.
    pub(crate) fn cancel_own(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        let locks = self.node.as_ref();
        let locks = locks.map_or(0, |node| node.locks.cancel(self.opener, wanted));
        let changes = self.watch.get().map_or(0, |watch| watch.cancel(wanted));
        locks + changes
    }
}

/// Runs something with the file behind a handle.
pub(crate) fn with_file<T, E: From<Status>>(
    handle: Handle,
    run: impl FnOnce(&File) -> Result<T, E>,
) -> Result<T, E> {
    match handle::get(handle).as_deref() {
        Some(Object::File(file)) => run(file),
        _ => Err(Status::INVALID_HANDLE.into()),
    }
}
