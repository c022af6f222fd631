//! Waiting: for objects, for time, for calls from other threads.
//!
//! | file | holds |
//! |---|---|
//! | `source` | the state of one thing, in a word |
//! | `idle` | the state of a file, a socket, a pipe |
//! | `dispatcher` | who waits for what |
//! | `object` | events, mutexes, semaphores, timers, threads, processes behind one handle type |
//! | `names` | objects found by name |
//! | `block` | how a thread waits |
//! | `crowd` | waiting for an OVERLAPPED |
//! | `clock` | what is to happen at a time |
//! | `lookout` | what has no state of its own and must be asked |
//! | `event`, `mutex`, `semaphore`, `timer` | the functions of these |
//! | `calls` | `WaitForSingleObject` and its like |
//! | `handles` | closing and duplicating handles of every kind |
//!
//! Every wait gives up the slot that the thread holds in a port (S-067). Asynchronous calls
//! (APCs) run in alertable waits only, on the thread they are for, outside every lock (S-300 to
//! S-308).

mod block;
mod calls;
pub(crate) mod clock;
mod crowd;
mod dispatcher;
mod event;
mod handles;
mod idle;
mod lookout;
mod mutex;
mod names;
mod object;
mod semaphore;
mod source;
#[cfg(test)]
mod tests;
mod timer;

use std::sync::Arc;

pub(crate) use block::{Ended, sleep, wait};
pub(crate) use crowd::{alertably, finished, patiently};
pub(crate) use dispatcher::{Outcome, Registered};
pub(crate) use event::new as new_event;
pub(crate) use handles::{Security, close, give_handle, set_inherit};
pub(crate) use idle::Idle;
pub(crate) use lookout::{Asked, Lookout};
pub(crate) use mutex::{abandon_all, release as release_mutex};
pub(crate) use object::{Kind, Waitable};
pub(crate) use semaphore::release as release_semaphore;
pub(crate) use source::{Rule, Source};

pub(crate) use crate::thread::{Apc, Thread, current_thread, current_thread_id, run_apcs};

use crate::abi::{Handle, INVALID_HANDLE};
use crate::handle::{self, Object};
use crate::io_object::{Io, io_of};
use crate::port::Port;
use crate::status::Status;

use lookout::Stream;

/// `MAXIMUM_WAIT_OBJECTS`.
pub(crate) const TARGETS_MAX: usize = 64;

/// `GetCurrentThread()`.
pub(crate) const CURRENT_THREAD: usize = usize::MAX - 1;

/// What can be waited for.
#[derive(Clone)]
pub(crate) enum Target {
    Waitable(Arc<Waitable>),
    Thread(Arc<Thread>),
    /// A file, a socket, a pipe: signaled when an operation without an event has finished.
    Io(Arc<Io>),
    /// A port, signaled while packets are queued (S-035); a stream that can be read.
    Asked(Arc<dyn Asked>),
    /// This process, which is never signaled to itself.
    Process,
}

static NEVER: Source = Source::new(false);

impl Target {
    /// What a handle stands for.
    ///
    /// # Errors
    ///
    /// It is none, or none of something that can be waited for.
    pub(crate) fn of(handle: Handle) -> Result<Self, Status> {
        match handle.addr() {
            INVALID_HANDLE => Ok(Self::Process),
            CURRENT_THREAD => Ok(Self::Thread(current_thread())),
            _ => {
                let object = handle::get(handle).ok_or(Status::INVALID_HANDLE)?;
                Self::of_object(&object)
            }
        }
    }

    fn of_object(object: &Object) -> Result<Self, Status> {
        match object {
            Object::Waitable(waitable) => Ok(match waitable.kind() {
                Kind::Thread(thread) => Self::Thread(Arc::clone(thread)),
                _ => Self::Waitable(Arc::clone(waitable)),
            }),
            Object::Port(port) => Ok(Self::Asked(Arc::<Port>::clone(port))),
            other => match (io_of(other), other) {
                (Some(io), _) => Ok(Self::Io(Arc::clone(io))),
                (None, Object::File(file)) => Ok(Self::Asked(Stream::new(file))),
                _ => Err(Status::OBJECT_TYPE_MISMATCH),
            },
        }
    }

    pub(crate) fn source(&self) -> &Source {
        match self {
            Self::Waitable(waitable) => waitable.source(),
            Self::Thread(thread) => thread.source(),
            Self::Io(io) => &io.state.source,
            Self::Asked(asked) => &asked.lookout().source,
            Self::Process => &NEVER,
        }
    }

    /// Whether both are one and the same.
    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.source(), other.source())
    }

    /// From now on every change goes through the dispatcher; under its lock.
    fn watch(&self) {
        self.source().watch();
        if let Self::Io(io) = self {
            io.state.watch();
        }
    }

    /// Somebody waits for it from now on; under the dispatcher's lock.
    fn listen(&self) {
        if let Self::Asked(asked) = self {
            lookout::watch(asked);
        }
    }

    /// Nobody waits for it any more; under the dispatcher's lock.
    fn unwatch(&self) {
        self.source().unwatch();
        match self {
            Self::Asked(asked) => asked.lookout().unwatch(),
            Self::Io(io) => io.state.unwatch(),
            _ => {}
        }
    }

    /// Whether it satisfies a wait of that thread; watched, under the dispatcher's lock.
    fn is_ready(&self, thread: Option<&Arc<Thread>>) -> bool {
        match self {
            Self::Asked(asked) => asked.is_signaled(),
            Self::Io(io) => io.state.is_signaled(),
            Self::Waitable(waitable) => waitable.is_ready(thread),
            _ => self.source().count() > 0,
        }
    }

    /// Takes what a wait takes; whether that was a mutex whose owner has died. It is ready;
    /// under the dispatcher's lock.
    fn take(&self, thread: Option<&Arc<Thread>>) -> bool {
        let source = self.source();
        match (source.rule(), self) {
            (Rule::Take, _) => source.set_count(source.count() - 1),
            (Rule::Own, Self::Waitable(waitable)) => return mutex::take(waitable, thread),
            _ => {}
        }
        false
    }
}

/// The targets of several handles.
///
/// # Errors
///
/// One of them cannot be waited for, or there are none or too many.
pub(crate) fn targets_of(handles: &[Handle]) -> Result<Vec<Target>, Status> {
    if handles.is_empty() || handles.len() > TARGETS_MAX {
        return Err(Status::INVALID_PARAMETER);
    }
    handles.iter().map(|handle| Target::of(*handle)).collect()
}

/// Waits for one or all of several things, as `WaitForMultipleObjectsEx` does.
///
/// # Errors
///
/// A bad handle, none or too many; with `all` also one thing twice.
pub(crate) fn wait_for_handles(
    handles: &[Handle],
    all: bool,
    deadline: completion_port::Deadline,
    alertable: bool,
) -> Result<Ended, Status> {
    let targets = targets_of(handles)?;
    let twice = |(i, target): (usize, &Target)| targets[..i].iter().any(|one| one.is(target));
    if all && targets.iter().enumerate().any(twice) {
        return Err(Status::INVALID_PARAMETER);
    }
    Ok(wait(&targets, all, deadline, alertable))
}

/// Sets the event behind a handle, if it is one.
pub(crate) fn set_event(event: Handle) {
    if let Some(Object::Waitable(waitable)) = handle::get(event).as_deref()
        && matches!(waitable.kind(), Kind::Event)
    {
        waitable.source().set();
    }
}

/// Sets the event behind a handle together with something else; see [`Source::set_with`].
pub(crate) fn set_event_with(event: Handle, tell: impl FnOnce()) {
    match handle::get(event).as_deref() {
        Some(Object::Waitable(waitable)) if matches!(waitable.kind(), Kind::Event) => {
            waitable.source().set_with(tell);
        }
        _ => tell(),
    }
}

/// Resets the event behind a handle; whether it is one.
pub(crate) fn reset_event(event: Handle) -> bool {
    match handle::get(event).as_deref() {
        Some(Object::Waitable(waitable)) if matches!(waitable.kind(), Kind::Event) => {
            waitable.source().reset();
            true
        }
        _ => false,
    }
}
