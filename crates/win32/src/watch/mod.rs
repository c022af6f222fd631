//! `ReadDirectoryChangesW`, over inotify (S-160, S-297).
//!
//! | file | holds |
//! |---|---|
//! | `tree` | the directories that are watched, and what the system's events mean |
//! | `pack` | changes as a program reads them |
//! | `calls` | `ReadDirectoryChangesW` |
//! | `notice` | `FindFirstChangeNotification` and its like |
//!
//! The first call for a handle begins the watching; from then on changes are kept between calls,
//! in a queue as large as the buffer of that call. When it overflows everything in it is lost,
//! and the next call says so. The directory is listened to by a descriptor of its own, so that
//! a burst in one directory takes nothing from another.

mod calls;
mod notice;
mod pack;
mod tree;

use std::collections::VecDeque;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use completion_port::{RawHandle, RawNature, Tag};
use parking_lot::Mutex;

use crate::file::facts::errno;
use crate::readiness::{Next, Served, Service, serve};
use crate::status::Status;
use crate::waiter::{Gate, Waiter};
use pack::Queue;
use tree::Tree;

/// What the system tells in one go.
const READ_BYTES: usize = 64 * 1024;
/// How often it is read in one go. Where something changes all the time there is no end to it.
const READS_MAX: usize = 8;

/// A directory that is watched.
pub(crate) struct Watch {
    raw: RawHandle,
    service: Service,
    state: Mutex<State>,
}

struct State {
    tree: Tree,
    queue: Queue,
    calls: VecDeque<Call>,
    /// Is told that something has changed, where nobody asks what.
    notify: Option<Arc<Notify>>,
    /// Ends every call at once.
    ended: Option<Status>,
}

/// Hears of changes.
type Notify = dyn Fn() + Send + Sync;

/// Where changes are to go.
struct Place {
    start: *mut u8,
    length: usize,
    /// The size of a unit of the names.
    unit: usize,
}

// SAFETY: the memory is the program's, which leaves it to the call until that has ended (S-178).
unsafe impl Send for Place {}

struct Call {
    place: Place,
    waiter: Waiter,
}

/// Calls that have ended, to be told so once no lock is held.
type Finished = Vec<(Waiter, Status, usize)>;

impl State {
    /// Ends calls as far as there are changes for them.
    fn satisfy(&mut self) -> Finished {
        let mut finished = Vec::new();
        while let Some(call) = self.calls.pop_front() {
            let (status, bytes) = match self.ended {
                Some(status) => (status, 0),
                None if self.queue.is_empty() => {
                    self.calls.push_front(call);
                    break;
                }
                None => self.queue.deliver(&call.place),
            };
            finished.push((call.waiter, status, bytes));
        }
        finished
    }
}

fn tell(finished: Finished) {
    for (waiter, status, bytes) in finished {
        waiter.end(status, bytes);
    }
}

impl Watch {
    /// Begins to watch a directory.
    ///
    /// # Errors
    ///
    /// The system has no more watches to give, or the directory is gone.
    fn new(
        folder: CString,
        subtree: bool,
        filter: u32,
        queue_bytes: usize,
        unit: usize,
    ) -> Result<Arc<Self>, Status> {
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK) };
        if fd < 0 {
            return Err(Status::of_file(errno()));
        }
        // SAFETY: the call has just made this descriptor, and nobody else knows it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let tree = Tree::new(fd.as_raw_fd(), folder, subtree, filter).map_err(|errno| {
            match errno {
                // The system's limit of watches.
                libc::ENOSPC => Status::INSUFFICIENT_RESOURCES,
                errno => Status::of_file(errno),
            }
        })?;
        let raw = RawHandle::new(fd, RawNature::Pipe);
        let raw = raw.map_err(|error| Status::of_file(Status::errno(&error)))?;
        let watch = Arc::new(Self {
            raw,
            service: Service::default(),
            state: Mutex::new(State {
                tree,
                queue: Queue::new(queue_bytes, unit),
                calls: VecDeque::new(),
                notify: None,
                ended: None,
            }),
        });
        serve(&watch);
        Ok(watch)
    }

    fn fd(&self) -> RawFd {
        self.raw.as_fd().as_raw_fd()
    }

    /// Has somebody told of changes instead of keeping them.
    fn notify(&self, notify: Box<Notify>) {
        self.state.lock().notify = Some(notify.into());
    }

    /// Takes a call. What has happened already ends it at once; the caller is not told so, and
    /// has its packet even where success at once has none (S-160).
    fn ask(&self, place: Place, waiter: Waiter) {
        let mut state = self.state.lock();
        let first = state.calls.is_empty();
        state.calls.push_back(Call { place, waiter });
        let finished = if first { state.satisfy() } else { Vec::new() };
        drop(state);
        tell(finished);
    }

    /// Cancels the operations that have such a tag; how many those were.
    pub(crate) fn cancel(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        self.call_off(|waiter| waiter.is_meant(wanted))
    }

    fn cancel_thread(&self, gate: &Arc<Gate>) -> bool {
        self.call_off(|waiter| waiter.is_at(gate)) > 0
    }

    fn call_off(&self, is_meant: impl Fn(&Waiter) -> bool) -> usize {
        let mut state = self.state.lock();
        let calls = std::mem::take(&mut state.calls);
        let (meant, kept): (VecDeque<_>, _) = calls.into_iter().partition(|c| is_meant(&c.waiter));
        state.calls = kept;
        drop(state);
        let count = meant.len();
        let cancelled = meant.into_iter().map(|c| (c.waiter, Status::CANCELLED, 0));
        tell(cancelled.collect());
        count
    }

    /// The last handle is closed: nothing is listened to any more.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.ended = Some(Status::CANCELLED);
        let finished = state.satisfy();
        drop(state);
        self.raw.close();
        tell(finished);
    }

    /// Reads what the system has to tell; 0 if that is nothing.
    fn read(&self, room: &mut [u8]) -> usize {
        // SAFETY: room of so many bytes is passed.
        let read = unsafe { libc::read(self.fd(), room.as_mut_ptr().cast(), room.len()) };
        usize::try_from(read).unwrap_or(0)
    }

    /// Whether more comes within a moment: a rename is told in two parts, and between them the
    /// system may be interrupted.
    fn has_more(&self) -> bool {
        let mut poll = libc::pollfd {
            fd: self.fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one valid entry is passed.
        unsafe { libc::poll(&raw mut poll, 1, 1) > 0 }
    }
}

impl Served for Watch {
    fn service(&self) -> &Service {
        &self.service
    }

    fn raw(&self) -> &RawHandle {
        &self.raw
    }

    fn serve(&self) -> Next {
        let mut room = vec![0; READ_BYTES];
        for _ in 0..READS_MAX {
            let read = self.read(&mut room);
            let mut state = self.state.lock();
            if state.ended.is_some() {
                return Next::Rest;
            }
            let State { tree, queue, .. } = &mut *state;
            tree.take(&room[..read], queue);
            if tree.half_renamed() && self.has_more() {
                continue;
            }
            tree.settle(queue);
            if tree.is_gone() {
                state.ended = Some(Status::ACCESS_DENIED);
            }
            let finished = state.satisfy();
            let goes_on = state.ended.is_none();
            let notify = state.notify.clone().filter(|_| state.queue.forget());
            drop(state);
            tell(finished);
            if let Some(notify) = notify {
                notify();
            }
            if read == 0 || !goes_on {
                return Next::watch_if(goes_on);
            }
        }
        Next::More
    }
}
