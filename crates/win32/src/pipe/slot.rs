//! What arrives in a mailslot: whole messages, from this process and from others.

use std::collections::{HashMap, VecDeque};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Weak};

use completion_port::{RawHandle, RawNature, Tag};
use parking_lot::Mutex;

use super::remote::{Address, socket};
use crate::readiness::{Next, Served, Service, serve};
use crate::status::Status;
use crate::waiter::{Gate, Waiter};

/// The longest message that comes from another process.
const DATAGRAM_MAX: usize = 65_536;

/// How many messages are taken in one go: others may send without end.
const MESSAGES_AT_ONCE_MAX: usize = 64;

/// Where a message is to go.
pub(super) struct Place {
    pub(super) start: *mut u8,
    pub(super) length: usize,
}

// SAFETY: the memory is the program's, which leaves it to the read until that has ended (S-178).
unsafe impl Send for Place {}

/// A mailslot.
pub(super) struct Slot {
    name: String,
    /// The longest message; 0 for any.
    pub(super) message_max: u32,
    /// How long a read waits, in milliseconds; all ones for ever.
    pub(super) wait_ms: AtomicU32,
    raw: RawHandle,
    service: Service,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Vec<u8>>,
    reads: VecDeque<(Place, Waiter)>,
    closed: bool,
}

static SLOTS: LazyLock<Mutex<HashMap<String, Weak<Slot>>>> = LazyLock::new(Mutex::default);

/// The mailslot of that name in this process.
pub(super) fn find(name: &str) -> Option<Arc<Slot>> {
    SLOTS.lock().get(name).and_then(Weak::upgrade)
}

impl State {
    /// Takes a message into a buffer; `None` if there is none. One that is too long for the
    /// buffer stays.
    fn take(&mut self, place: &Place) -> Option<(Status, usize)> {
        let message = self.messages.front()?;
        if message.len() > place.length {
            return Some((Status::BUFFER_TOO_SMALL, 0));
        }
        let (from, bytes) = (message.as_ptr(), message.len());
        // SAFETY: the buffer is the program's for at least so many bytes.
        unsafe { std::ptr::copy_nonoverlapping(from, place.start, bytes) };
        self.messages.pop_front();
        Some((Status::SUCCESS, bytes))
    }
}

impl Slot {
    /// # Errors
    ///
    /// There is a mailslot of that name.
    pub(super) fn new(name: &str, message_max: u32, wait_ms: u32) -> Result<Arc<Self>, Status> {
        let fd = socket(libc::SOCK_DGRAM | libc::SOCK_NONBLOCK)?;
        let bound = Address::of("slot", name).bind(fd.as_raw_fd());
        bound.map_err(|errno| match errno {
            libc::EADDRINUSE => Status::OBJECT_NAME_COLLISION,
            errno => Status::of_pipe(errno),
        })?;
        // Only watched through this handle; what arrives is taken by hand.
        let raw = RawHandle::new(fd, RawNature::Stream);
        let raw = raw.map_err(|error| Status::of_pipe(Status::errno(&error)))?;
        let slot = Arc::new(Self {
            name: name.to_owned(),
            message_max,
            wait_ms: AtomicU32::new(wait_ms),
            raw,
            service: Service::default(),
            state: Mutex::default(),
        });
        SLOTS.lock().insert(name.to_owned(), Arc::downgrade(&slot));
        serve(&slot);
        Ok(slot)
    }

    /// Puts a message into the slot.
    pub(super) fn deliver(&self, message: Vec<u8>) -> Result<(), Status> {
        if self.message_max != 0 && message.len() > self.message_max as usize {
            return Err(Status::INVALID_PARAMETER);
        }
        let mut state = self.state.lock();
        if state.closed {
            return Err(Status::OBJECT_NAME_NOT_FOUND);
        }
        state.messages.push_back(message);
        let mut ended = Vec::new();
        while let Some((place, waiter)) = state.reads.pop_front() {
            match state.take(&place) {
                Some((status, bytes)) => ended.push((waiter, status, bytes)),
                None => {
                    state.reads.push_front((place, waiter));
                    break;
                }
            }
        }
        drop(state);
        for (waiter, status, bytes) in ended {
            waiter.end(status, bytes);
        }
        Ok(())
    }

    /// Takes a message, or has the reader wait: then he is gone from here.
    pub(super) fn read(
        &self,
        place: Place,
        waiter: Waiter,
    ) -> Result<Option<(Waiter, usize)>, Status> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Status::INVALID_HANDLE);
        }
        if state.reads.is_empty()
            && let Some((status, bytes)) = state.take(&place)
        {
            return match status {
                Status::SUCCESS => Ok(Some((waiter, bytes))),
                status => Err(status),
            };
        }
        if self.wait_ms.load(Ordering::Relaxed) == 0 {
            return Err(Status::IO_TIMEOUT);
        }
        state.reads.push_back((place, waiter));
        Ok(None)
    }

    /// How many messages there are, and how long the next is.
    pub(super) fn messages(&self) -> (usize, Option<usize>) {
        let state = self.state.lock();
        (state.messages.len(), state.messages.front().map(Vec::len))
    }

    pub(super) fn cancel(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        self.call_off(Status::CANCELLED, |waiter| waiter.is_meant(wanted))
    }

    /// Ends the wait of a thread; whether it still waited.
    pub(super) fn end_thread(&self, gate: &Arc<Gate>, status: Status) -> bool {
        self.call_off(status, |waiter| waiter.is_at(gate)) > 0
    }

    fn call_off(&self, status: Status, is_meant: impl Fn(&Waiter) -> bool) -> usize {
        let mut state = self.state.lock();
        let reads = std::mem::take(&mut state.reads);
        let (meant, kept): (VecDeque<_>, _) = reads.into_iter().partition(|(_, w)| is_meant(w));
        state.reads = kept;
        drop(state);
        let count = meant.len();
        meant
            .into_iter()
            .for_each(|(_, waiter)| waiter.end(status, 0));
        count
    }

    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        let mut slots = SLOTS.lock();
        let is_this = |slot: &Weak<Self>| std::ptr::eq(slot.as_ptr(), self);
        if slots.get(&self.name).is_some_and(is_this) {
            slots.remove(&self.name);
        }
        drop(slots);
        self.call_off(Status::CANCELLED, |_| true);
        self.raw.close();
    }

    /// The next message from another process.
    fn receive(&self) -> Option<Vec<u8>> {
        let mut room = vec![0; DATAGRAM_MAX];
        let fd = self.raw.as_fd().as_raw_fd();
        let start = room.as_mut_ptr().cast();
        // SAFETY: room of that length is passed.
        let got = unsafe { libc::recv(fd, start, room.len(), libc::MSG_DONTWAIT) };
        room.truncate(usize::try_from(got).ok()?);
        Some(room)
    }
}

impl Served for Slot {
    fn service(&self) -> &Service {
        &self.service
    }

    fn raw(&self) -> &RawHandle {
        &self.raw
    }

    fn serve(&self) -> Next {
        for _ in 0..MESSAGES_AT_ONCE_MAX {
            let Some(message) = self.receive() else {
                return Next::watch_if(!self.state.lock().closed);
            };
            // One that is too long was refused to its sender, were he here.
            let _ = self.deliver(message);
        }
        Next::More
    }
}
