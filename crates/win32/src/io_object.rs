//! What is read and written: the part that files, sockets and pipes have in common.

use std::sync::atomic::{AtomicU8, Ordering, fence};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use completion_port::{CompletionPort, RawHandle};

use crate::handle::Object;
use crate::status::Status;
use crate::wait::Idle;

/// `FILE_SKIP_COMPLETION_PORT_ON_SUCCESS`.
pub(crate) const SKIP_PACKET_ON_SUCCESS: u8 = 1;
/// `FILE_SKIP_SET_EVENT_ON_HANDLE`.
const SKIP_SET_EVENT_ON_HANDLE: u8 = 2;

/// What the handles of one file, socket or pipe share besides the thing itself. What every transfer
/// reads comes first.
#[repr(C)]
pub(crate) struct Io {
    /// Replaced when a socket is given another connection.
    raw: ArcSwap<RawHandle>,
    /// Opened for overlapped operations (S-017, S-025).
    pub(crate) is_overlapped: bool,
    /// Completion notification modes.
    modes: AtomicU8,
    /// For those who wait for a handle itself.
    pub(crate) state: Idle,
    association: OnceLock<(CompletionPort, usize)>,
}

impl Io {
    pub(crate) fn new(raw: RawHandle, is_overlapped: bool) -> Arc<Self> {
        Arc::new(Self {
            raw: ArcSwap::from_pointee(raw),
            is_overlapped,
            modes: AtomicU8::new(0),
            association: OnceLock::new(),
            state: Idle::new(),
        })
    }

    /// The library's handle.
    pub(crate) fn raw(&self) -> arc_swap::Guard<Arc<RawHandle>> {
        self.raw.load()
    }

    /// Puts another handle in the place of the present one, which is closed; it belongs to the
    /// same port.
    pub(crate) fn replace(&self, raw: RawHandle) -> Result<(), Status> {
        self.tie(&raw)?;
        let raw = Arc::new(raw);
        self.raw.swap(Arc::clone(&raw)).close();
        // Pairs with the fence in `associate`: one of the two sees what the other has done.
        fence(Ordering::SeqCst);
        self.tie(&raw)
    }

    /// Gives a handle the association of the object, if there is one.
    fn tie(&self, raw: &RawHandle) -> Result<(), Status> {
        let Some((port, key)) = self.association.get() else {
            return Ok(());
        };
        if raw.is_associated() {
            return Ok(());
        }
        match port.associate(raw, *key) {
            // Another thread was faster.
            Err(_) if raw.is_associated() => Ok(()),
            tied => tied.map_err(|error| Status::of_file(Status::errno(&error))),
        }
    }

    /// Ties the object to a port, once and for all (S-016, S-017, S-021).
    pub(crate) fn associate(&self, port: &CompletionPort, key: usize) -> Result<(), Status> {
        if !self.is_overlapped || self.association.set((port.clone(), key)).is_err() {
            return Err(Status::INVALID_PARAMETER);
        }
        // Pairs with the fence in `replace`.
        fence(Ordering::SeqCst);
        self.tie(&self.raw())?;
        self.state.finished_with(|| {});
        Ok(())
    }

    /// Whether the object belongs to a port.
    pub(crate) fn has_port(&self) -> bool {
        self.association.get().is_some()
    }

    /// Adds completion notification modes; none is ever taken away (S-155).
    pub(crate) fn add_modes(&self, modes: u8) -> Result<(), Status> {
        if !self.is_overlapped {
            return Err(Status::INVALID_PARAMETER);
        }
        let known = SKIP_PACKET_ON_SUCCESS | SKIP_SET_EVENT_ON_HANDLE;
        self.modes.fetch_or(modes & known, Ordering::Relaxed);
        Ok(())
    }

    /// Whether what succeeds at once causes no packet (S-152).
    pub(crate) fn skips_packet(&self) -> bool {
        self.modes.load(Ordering::Relaxed) & SKIP_PACKET_ON_SUCCESS != 0
    }

    /// Whether the state of the handle tells the end of an operation without an event.
    pub(crate) fn is_set_at_the_end(&self) -> bool {
        self.modes.load(Ordering::Relaxed) & SKIP_SET_EVENT_ON_HANDLE == 0
    }

    /// The last handle is closed: what is in flight ends with 995, nothing new is accepted.
    pub(crate) fn close(&self) {
        self.raw().close();
    }
}

/// The object behind a handle that has operations.
pub(crate) fn io_of(object: &Object) -> Option<&Arc<Io>> {
    match object {
        Object::Socket(socket) => Some(socket.io()),
        Object::File(file) => file.io(),
        Object::Pipe(pipe) => pipe.io(),
        _ => None,
    }
}
