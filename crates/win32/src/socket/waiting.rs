//! Threads that wait in `poll`: for one socket, or for many.
//!
//! A socket that another thread closes meanwhile keeps its descriptor until the wait is over, so
//! `poll` would not notice. Every thread that waits has a descriptor of its own in the list, by
//! which it is woken.

use std::cell::OnceCell;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use completion_port::{Deadline, RawHandle};
use parking_lot::Mutex;

use super::blocking::Failed;
use super::object::{CLOSED, Socket};
use super::{Wsa, check};
use crate::synchronous::cancellable;

/// Wakes a thread out of `poll`.
pub(super) struct Waker(OwnedFd);

impl Waker {
    /// That of the calling thread.
    pub(super) fn current() -> Result<Arc<Self>, i32> {
        thread_local! {
            static WAKER: OnceCell<Arc<Waker>> = const { OnceCell::new() };
        }
        WAKER.with(|place| {
            if let Some(waker) = place.get() {
                return Ok(Arc::clone(waker));
            }
            let flags = libc::EFD_CLOEXEC | libc::EFD_NONBLOCK;
            // SAFETY: no pointers are passed.
            let fd = check(unsafe { libc::eventfd(0, flags) })?;
            // SAFETY: the call has just created this descriptor.
            let waker = Self(unsafe { OwnedFd::from_raw_fd(fd) });
            Ok(Arc::clone(place.get_or_init(|| Arc::new(waker))))
        })
    }

    fn raise(&self) {
        let one = 1u64.to_ne_bytes();
        // A full counter wakes just as well.
        // SAFETY: eight bytes are passed.
        let _ = unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Takes back what has been raised.
    pub(super) fn lower(&self) {
        let mut count = [0u8; 8];
        // SAFETY: there is room for eight bytes.
        let _ = unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), 8) };
    }

    /// For the list of `poll`.
    pub(super) fn entry(&self) -> libc::pollfd {
        interest(self.0.as_raw_fd(), libc::POLLIN)
    }
}

/// Threads that wait for many sockets: the closing of any socket wakes all of them.
static CROWD: Mutex<Vec<Arc<Waker>>> = Mutex::new(Vec::new());
static CROWD_COUNT: AtomicUsize = AtomicUsize::new(0);

/// The calling thread's place among those.
pub(super) struct InCrowd(pub(super) Arc<Waker>);

impl InCrowd {
    pub(super) fn new() -> Result<Self, i32> {
        let waker = Waker::current()?;
        CROWD.lock().push(Arc::clone(&waker));
        // In sequence with the bit that closing sets: either that is seen, or this.
        CROWD_COUNT.fetch_add(1, Ordering::SeqCst);
        Ok(Self(waker))
    }
}

impl Drop for InCrowd {
    fn drop(&mut self) {
        CROWD.lock().retain(|known| !Arc::ptr_eq(known, &self.0));
        CROWD_COUNT.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A thread that waits for one socket.
pub(super) struct Wait {
    waker: Arc<Waker>,
    cancelled: AtomicBool,
}

impl Wait {
    fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.waker.raise();
    }
}

/// The socket has another descriptor: whoever waits for it looks again.
pub(super) fn replaced(socket: &Socket) {
    for wait in &socket.rare().waits {
        wait.waker.raise();
    }
}

/// The socket has been closed: whoever waits for it, or for many, looks again.
pub(super) fn closed(socket: &Socket) {
    replaced(socket);
    if CROWD_COUNT.load(Ordering::SeqCst) > 0 {
        for waker in CROWD.lock().iter() {
            waker.raise();
        }
    }
}

/// Calls off the waits for a socket; how many those were (S-215).
pub(super) fn cancel(socket: &Socket) -> usize {
    let rare = socket.rare();
    rare.waits.iter().for_each(|wait| wait.cancel());
    rare.waits.len()
}

pub(super) fn interest(fd: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd {
        fd,
        events,
        revents: 0,
    }
}

/// One call of `poll`; how many entries are ready, also 0 if a signal came.
pub(super) fn poll(entries: &mut [libc::pollfd], deadline: Deadline) -> Result<usize, i32> {
    let timeout_ms = match deadline {
        Deadline::Never => -1,
        Deadline::Now => 0,
        Deadline::At(at) => {
            // Rounded up: a wait does not end early.
            let left = at.saturating_duration_since(Instant::now()) + Duration::from_nanos(999_999);
            i32::try_from(left.as_millis()).unwrap_or(i32::MAX)
        }
    };
    let count = entries.len() as libc::nfds_t;
    // SAFETY: as many valid entries as the length says.
    let mut call = || unsafe { libc::poll(entries.as_mut_ptr(), count, timeout_ms) };
    let result = if timeout_ms == 0 {
        call()
    } else {
        completion_port::blocking(call)
    };
    match check(result) {
        Err(libc::EINTR) => Ok(0),
        result => result.map(|count| count as usize),
    }
}

/// The present readiness of a descriptor.
pub(super) fn ready_now(fd: RawFd, events: i16) -> i16 {
    let mut entries = [interest(fd, events)];
    match poll(&mut entries, Deadline::Now) {
        Ok(1) => entries[0].revents,
        _ => 0,
    }
}

pub(super) fn is_over(deadline: Deadline) -> bool {
    match deadline {
        Deadline::Never => false,
        Deadline::Now => true,
        Deadline::At(at) => Instant::now() >= at,
    }
}

/// The end of a wait of so many milliseconds; 0 is for ever.
pub(super) fn deadline_of(timeout_ms: u32) -> Deadline {
    match timeout_ms {
        0 => Deadline::Never,
        ms => Duration::from_millis(ms.into()).into(),
    }
}

/// Waits until a socket is ready, without a slot in a port (S-067).
///
/// # Errors
///
/// The time is over, the wait was cancelled (S-215, S-216), or the socket closed.
pub(super) fn until_ready(
    socket: &Socket,
    raw: &Arc<RawHandle>,
    events: i16,
    deadline: Deadline,
) -> Result<(), Failed> {
    let wait = Arc::new(Wait {
        waker: Waker::current().map_err(Failed::System)?,
        cancelled: AtomicBool::new(false),
    });
    socket.rare().waits.push(Arc::clone(&wait));
    let its = Arc::clone(&wait);
    let cancel = move || {
        its.cancel();
        true
    };
    let fd = raw.as_fd().as_raw_fd();
    let result = cancellable(cancel, || {
        loop {
            // Closed, or given another connection.
            if socket.has(CLOSED) || !Arc::ptr_eq(raw, &socket.io().raw()) {
                return Err(Failed::Winsock(Wsa::INTERRUPTED));
            }
            if wait.cancelled.load(Ordering::SeqCst) {
                return Err(Failed::System(libc::ECANCELED));
            }
            let mut entries = [interest(fd, events), wait.waker.entry()];
            poll(&mut entries, deadline).map_err(Failed::System)?;
            if entries[1].revents != 0 {
                wait.waker.lower();
            }
            if entries[0].revents != 0 {
                return Ok(());
            }
            if is_over(deadline) {
                return Err(Failed::Winsock(Wsa::TIMED_OUT));
            }
        }
    });
    socket
        .rare()
        .waits
        .retain(|known| !Arc::ptr_eq(known, &wait));
    result
}
