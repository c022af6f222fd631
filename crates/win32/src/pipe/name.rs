//! Named pipes: instances, and who finds them.
//!
//! | state of an instance | a client | `ConnectNamedPipe` |
//! |---|---|---|
//! | listening, from the start | gets in: connected | waits |
//! | connected | – | 535; 232 once the client is gone (S-380) |
//! | disconnected | – | listens again |
//!
//! Clients of the same process find instances here, those of others through a socket (see
//! `remote`). A process counts its own instances only.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Weak};
use std::time::Instant;

use completion_port::Tag;
use parking_lot::{Condvar, Mutex};

use super::link::Link;
use super::remote::Listener;
use crate::status::Status;
use crate::waiter::{Gate, Waiter};

/// What all instances of a pipe have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) messages: bool,
    /// `PIPE_ACCESS_INBOUND` 1, `PIPE_ACCESS_OUTBOUND` 2.
    pub(super) direction: u32,
    pub(super) instances_max: u32,
    pub(super) out_bytes: u32,
    pub(super) in_bytes: u32,
    /// How long `WaitNamedPipe` waits unless it is told.
    pub(super) wait_ms: u32,
}

/// `PIPE_UNLIMITED_INSTANCES`.
const UNLIMITED: u32 = 255;

/// A pipe, for as long as it has instances.
pub(super) struct NamedPipe {
    name: String,
    pub(super) shape: Shape,
    instances: Mutex<Vec<Arc<Instance>>>,
    /// Counts how often an instance has begun to listen.
    listening: Mutex<u64>,
    changed: Condvar,
    /// Lets clients of other processes in.
    listener: Arc<Listener>,
}

static PIPES: LazyLock<Mutex<HashMap<String, Arc<NamedPipe>>>> = LazyLock::new(Mutex::default);

/// The pipe of that name in this process.
pub(super) fn find(name: &str) -> Option<Arc<NamedPipe>> {
    PIPES.lock().get(name).cloned()
}

/// An instance, and whether it is the first.
///
/// # Errors
///
/// The pipe exists and is another one, or has as many instances as it may.
pub(super) fn create(
    name: &str,
    shape: Shape,
    must_be_first: bool,
) -> Result<(Arc<Instance>, bool), Status> {
    let mut pipes = PIPES.lock();
    if let Some(pipe) = pipes.get(name) {
        let same = shape.messages == pipe.shape.messages && shape.direction == pipe.shape.direction;
        if must_be_first || !same {
            return Err(Status::ACCESS_DENIED);
        }
        return Ok((pipe.add()?, false));
    }
    let pipe = Arc::new(NamedPipe {
        name: name.to_owned(),
        shape,
        instances: Mutex::default(),
        listening: Mutex::new(0),
        changed: Condvar::new(),
        listener: Listener::new(name, must_be_first)?,
    });
    pipe.listener.serve_for(&pipe);
    let instance = pipe.add()?;
    pipes.insert(name.to_owned(), pipe);
    Ok((instance, true))
}

impl NamedPipe {
    fn add(self: &Arc<Self>) -> Result<Arc<Instance>, Status> {
        let mut instances = self.instances.lock();
        let max = self.shape.instances_max;
        if max != UNLIMITED && instances.len() >= max as usize {
            return Err(Status::INSTANCE_NOT_AVAILABLE);
        }
        let instance = Arc::new(Instance {
            pipe: Arc::downgrade(self),
            shape: self.shape,
            state: Mutex::new(State::Listening(VecDeque::new())),
        });
        instances.push(Arc::clone(&instance));
        drop(instances);
        self.listens();
        Ok(instance)
    }

    pub(super) fn count(&self) -> usize {
        self.instances.lock().len()
    }

    /// An instance has begun to listen.
    fn listens(&self) {
        *self.listening.lock() += 1;
        self.changed.notify_all();
        if self.is_available() {
            self.listener.tell_waiting();
        }
    }

    /// Whether a client could get in.
    pub(super) fn is_available(&self) -> bool {
        let instances = self.instances.lock();
        instances.iter().any(|instance| instance.is_listening())
    }

    /// Waits until a client could get in.
    ///
    /// # Errors
    ///
    /// The time is over, or the pipe is gone.
    pub(super) fn wait(&self, until: Option<Instant>) -> Result<(), Status> {
        let mut listening = self.listening.lock();
        loop {
            if self.is_available() {
                return Ok(());
            }
            if self.count() == 0 {
                return Err(Status::OBJECT_NAME_NOT_FOUND);
            }
            match until {
                None => self.changed.wait(&mut listening),
                Some(until) => {
                    if self.changed.wait_until(&mut listening, until).timed_out() {
                        let available = self.is_available();
                        return available.then_some(()).ok_or(Status::IO_TIMEOUT);
                    }
                }
            }
        }
    }

    /// Joins a client's connection to an instance that listens; the client's end is made only if
    /// there is one.
    pub(super) fn let_in<T>(
        &self,
        connect: impl FnOnce() -> Result<(Arc<Link>, T), Status>,
    ) -> Result<T, Status> {
        let instances = self.instances.lock();
        // Whoever takes an instance does so under this lock, so that only its server can make
        // that impossible.
        let free = instances.iter().find(|instance| instance.is_listening());
        let free = Arc::clone(free.ok_or(Status::PIPE_NOT_AVAILABLE)?);
        let (link, client) = connect()?;
        let waiting = free.connect(link).ok_or(Status::PIPE_NOT_AVAILABLE)?;
        drop(instances);
        for waiter in waiting {
            waiter.end(Status::SUCCESS, 0);
        }
        Ok(client)
    }

    fn remove(&self, instance: &Instance) {
        let mut pipes = PIPES.lock();
        let mut instances = self.instances.lock();
        instances.retain(|other| !std::ptr::eq(&raw const **other, instance));
        if instances.is_empty() {
            pipes.remove(&self.name);
            self.listener.close();
        }
        drop(instances);
        drop(pipes);
        // Who waits for an instance may wait in vain from now on.
        *self.listening.lock() += 1;
        self.changed.notify_all();
    }
}

enum State {
    /// With those who wait in `ConnectNamedPipe`.
    Listening(VecDeque<Waiter>),
    Connected(Arc<Link>),
    Disconnected,
    Closed,
}

/// One instance: the server's end, to which one client after the other may be connected.
pub(super) struct Instance {
    pipe: Weak<NamedPipe>,
    pub(super) shape: Shape,
    state: Mutex<State>,
}

impl Instance {
    fn is_listening(&self) -> bool {
        matches!(*self.state.lock(), State::Listening(_))
    }

    pub(super) fn pipe(&self) -> Option<Arc<NamedPipe>> {
        self.pipe.upgrade()
    }

    /// The connection to the client.
    pub(super) fn link(&self) -> Result<Arc<Link>, Status> {
        match &*self.state.lock() {
            State::Connected(link) => Ok(Arc::clone(link)),
            State::Listening(_) => Err(Status::PIPE_LISTENING),
            State::Disconnected | State::Closed => Err(Status::PIPE_DISCONNECTED),
        }
    }

    /// A client has come; those who waited for one. `None` if it does not listen any more.
    fn connect(&self, link: Arc<Link>) -> Option<VecDeque<Waiter>> {
        let mut state = self.state.lock();
        let State::Listening(waiting) = &mut *state else {
            return None;
        };
        let waiting = std::mem::take(waiting);
        *state = State::Connected(link);
        Some(waiting)
    }

    /// Listens for a client. With nobody who waits it says only whether one is there; whether the
    /// instance has begun to listen by this call.
    ///
    /// # Errors
    ///
    /// A client is there already, or was and is gone (S-380).
    pub(super) fn listen(&self, waiter: Option<Waiter>) -> Result<bool, Status> {
        let mut state = self.state.lock();
        let began = matches!(*state, State::Disconnected);
        match &mut *state {
            State::Connected(link) if link.is_closing() => return Err(Status::PIPE_CLOSING),
            State::Connected(_) => return Err(Status::PIPE_CONNECTED),
            State::Closed => return Err(Status::PIPE_DISCONNECTED),
            State::Listening(waiting) => waiting.extend(waiter),
            State::Disconnected => *state = State::Listening(waiter.into_iter().collect()),
        }
        drop(state);
        if began && let Some(pipe) = self.pipe() {
            pipe.listens();
        }
        Ok(began)
    }

    /// Breaks the connection off, or stops listening.
    pub(super) fn disconnect(&self) -> Result<(), Status> {
        let mut state = self.state.lock();
        if matches!(*state, State::Disconnected | State::Closed) {
            return Err(Status::PIPE_DISCONNECTED);
        }
        let before = std::mem::replace(&mut *state, State::Disconnected);
        drop(state);
        end(before, Status::PIPE_DISCONNECTED, Link::disconnect);
        Ok(())
    }

    /// The last handle is closed.
    pub(super) fn close(&self) {
        let before = std::mem::replace(&mut *self.state.lock(), State::Closed);
        if let Some(pipe) = self.pipe() {
            pipe.remove(self);
        }
        end(before, Status::CANCELLED, Link::close);
    }

    /// Cancels those who wait for a client and have such a tag; how many those were.
    pub(super) fn cancel(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        self.call_off(|waiter| waiter.is_meant(wanted))
    }

    pub(super) fn cancel_thread(&self, gate: &Arc<Gate>) -> bool {
        self.call_off(|waiter| waiter.is_at(gate)) > 0
    }

    fn call_off(&self, is_meant: impl Fn(&Waiter) -> bool) -> usize {
        let mut state = self.state.lock();
        let State::Listening(waiting) = &mut *state else {
            return 0;
        };
        let all = std::mem::take(waiting);
        let (meant, kept): (VecDeque<_>, _) = all.into_iter().partition(is_meant);
        *waiting = kept;
        drop(state);
        let count = meant.len();
        meant
            .into_iter()
            .for_each(|waiter| waiter.end(Status::CANCELLED, 0));
        count
    }
}

/// What an instance was is over.
fn end(state: State, status: Status, close: fn(&Link)) {
    match state {
        State::Listening(waiting) => waiting.into_iter().for_each(|waiter| waiter.end(status, 0)),
        State::Connected(link) => close(&link),
        State::Disconnected | State::Closed => {}
    }
}
