//! A socket: what the library's handle does not know of it.
//!
//! # Invariants
//!
//! 1. `CONNECTED` and `CONNECTING` exclude each other; `LISTENING` excludes both.
//! 2. `ACCEPTING` is set exactly while an AcceptEx has the socket as its accept socket.
//! 3. `CLOSED` is set before what is in flight is cancelled, so that whoever puts something in
//!    flight afterwards sees it.

use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use arc_swap::Guard;
use completion_port::{RawHandle, RawNature, Tag};
use parking_lot::{Mutex, MutexGuard};

use super::addresses::RawAddress;
use super::events::{self, Selection};
use super::options::Kept;
use super::waiting::{self, Wait};
use super::{Wsa, accept, disconnect};
use crate::handle::{self, Object};
use crate::io_object::Io;

/// `FIONBIO`: calls without an OVERLAPPED do not wait.
pub(super) const NONBLOCKING: u32 = 1 << 0;
/// It has a local address.
pub(super) const BOUND: u32 = 1 << 1;
pub(super) const LISTENING: u32 = 1 << 2;
pub(super) const CONNECTED: u32 = 1 << 3;
/// A connect that does not wait is under way; how it ended has not been asked yet.
pub(super) const CONNECTING: u32 = 1 << 4;
/// The accept socket of an AcceptEx in flight.
pub(super) const ACCEPTING: u32 = 1 << 5;
/// Given back by `TF_REUSE_SOCKET`: counts as bound and as not bound.
pub(super) const REUSED: u32 = 1 << 6;
/// Events are associated with it (`WSAEventSelect`).
pub(super) const SELECTED: u32 = 1 << 7;
/// The last handle is closed.
pub(super) const CLOSED: u32 = 1 << 8;
/// `SIO_UDP_CONNRESET` is off.
pub(super) const IGNORES_UNREACHABLE: u32 = 1 << 9;

/// A socket. What every transfer reads comes first and fits into one cache line: with a thousand
/// connections each line that a call touches has to be fetched.
#[repr(C)]
pub(crate) struct Socket {
    io: Arc<Io>,
    pub(super) kind: i32,
    state: AtomicU32,
    /// The kernel's number of the address family.
    pub(super) family: i32,
    pub(super) protocol: i32,
    /// `SO_RCVTIMEO`, `SO_SNDTIMEO`; 0 is for ever.
    pub(super) receive_timeout_ms: AtomicU32,
    pub(super) send_timeout_ms: AtomicU32,
    /// When it was connected, in milliseconds of [`now_ms`]; 0 if it is not.
    connected_at_ms: AtomicU64,
    rare: Mutex<Rare>,
}

/// What most sockets never need.
#[derive(Default)]
pub(super) struct Rare {
    /// Operations of two parts in flight: of a listener, the AcceptExes that are to bring data; of
    /// another socket, a ConnectEx that is to send some.
    pub(super) chains: Vec<Chain>,
    /// Of an accept socket: the listener and the OVERLAPPED of the AcceptEx in flight.
    pub(super) acceptor_of: Option<(Weak<Socket>, usize)>,
    /// Of a listener: connections that a condition function has put off.
    pub(super) deferred: VecDeque<(OwnedFd, RawAddress)>,
    /// Options that another descriptor in this socket's place is to have, too.
    pub(super) kept: Vec<Kept>,
    /// Options that have no effect of their own, by level and name.
    pub(super) noted: Vec<((i32, i32), u32)>,
    /// `SO_LINGER` with a time: seconds.
    pub(super) linger_seconds: Option<u16>,
    /// The system's error of a connect that did not wait, until it is asked for.
    pub(super) connect_error: i32,
    pub(super) selection: Selection,
    /// Threads that wait in a call of their own.
    pub(super) waits: Vec<Arc<Wait>>,
}

/// An operation of two parts: it waits for a connection, and then moves data over it.
pub(super) struct Chain {
    pub(super) tag: Tag,
    /// Of an AcceptEx: the connection of which it awaits the first bytes, once that is there.
    pub(super) connection: Option<RawHandle>,
    /// It was cancelled. Between its parts it is in no queue: who puts it into the second sees
    /// this.
    pub(super) cancelled: bool,
}

impl Chain {
    /// What it waits for on a connection: that, and by what the operation is found there. Others
    /// are not meant: the connection may be the accept socket's in a moment.
    pub(super) fn awaited(&self) -> Option<(RawHandle, Tag)> {
        Some((self.connection.clone()?, self.tag))
    }
}

/// A clock for [`Socket::connected_for_seconds`]; never 0.
fn now_ms() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    1 + u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
}

impl Rare {
    /// What is known of an operation of two parts that is in flight.
    pub(super) fn chain_of(&mut self, tag: Tag) -> Option<&mut Chain> {
        let mut chains = self.chains.iter_mut();
        chains.find(|chain| chain.tag.token == tag.token)
    }
}

impl Socket {
    pub(super) fn new(
        raw: RawHandle,
        (family, kind, protocol): (i32, i32, i32),
        is_overlapped: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            io: Io::new(raw, is_overlapped),
            family,
            kind,
            protocol,
            state: AtomicU32::new(0),
            receive_timeout_ms: AtomicU32::new(0),
            send_timeout_ms: AtomicU32::new(0),
            connected_at_ms: AtomicU64::new(0),
            rare: Mutex::new(Rare::default()),
        })
    }

    pub(super) fn insert(self: Arc<Self>) -> Result<usize, Wsa> {
        Ok(handle::insert(Object::Socket(self))?.addr())
    }

    pub(crate) fn io(&self) -> &Arc<Io> {
        &self.io
    }

    pub(super) fn rare(&self) -> MutexGuard<'_, Rare> {
        self.rare.lock()
    }

    /// The library's handle at this moment; it stays open for as long as this is held.
    pub(super) fn raw(&self) -> Arc<RawHandle> {
        Guard::into_inner(self.io.raw())
    }

    /// Runs something with the descriptor.
    pub(super) fn with_fd<T>(&self, run: impl FnOnce(RawFd) -> T) -> T {
        let raw = self.io.raw();
        run(raw.as_fd().as_raw_fd())
    }

    #[inline]
    pub(super) fn has(&self, bits: u32) -> bool {
        self.state.load(Ordering::Acquire) & bits != 0
    }

    /// Sets bits; those that were set before.
    pub(super) fn set(&self, bits: u32) -> u32 {
        self.state.fetch_or(bits, Ordering::SeqCst)
    }

    /// Clears bits; those that were set before.
    pub(super) fn clear(&self, bits: u32) -> u32 {
        self.state.fetch_and(!bits, Ordering::SeqCst)
    }

    pub(super) fn is_stream(&self) -> bool {
        self.kind == libc::SOCK_STREAM
    }

    pub(super) fn nature(&self) -> RawNature {
        match self.kind {
            libc::SOCK_STREAM if self.family == libc::AF_UNIX => RawNature::Stream,
            libc::SOCK_STREAM => RawNature::Tcp,
            _ => RawNature::Datagram,
        }
    }

    /// It has become connected.
    pub(super) fn note_connected(&self) {
        self.connected_at_ms.store(now_ms(), Ordering::Relaxed);
        self.clear(CONNECTING);
        self.set(CONNECTED | BOUND);
    }

    /// It is not connected any more, and as good as new.
    pub(super) fn note_reusable(&self) {
        self.connected_at_ms.store(0, Ordering::Relaxed);
        self.clear(CONNECTED | CONNECTING | BOUND);
        self.set(REUSED);
    }

    /// `SO_CONNECT_TIME` (S-352).
    pub(super) fn connected_for_seconds(&self) -> u32 {
        match self.connected_at_ms.load(Ordering::Relaxed) {
            0 => u32::MAX,
            since => u32::try_from((now_ms() - since) / 1000).unwrap_or(u32::MAX - 1),
        }
    }

    /// Puts another descriptor in the place of the present one, with the options that were set.
    pub(super) fn replace(&self, raw: RawHandle) -> Result<(), Wsa> {
        for kept in &self.rare().kept {
            kept.apply(raw.as_fd().as_raw_fd());
        }
        self.io.replace(raw)?;
        waiting::replaced(self);
        events::rearm(self, 0);
        if self.has(CLOSED) {
            self.io.close();
        }
        Ok(())
    }

    pub(crate) fn last_handle_closed(&self) {
        self.set(CLOSED);
        accept::abandon(self);
        events::forget(self);
        disconnect::before_close(self);
        self.io.close();
        waiting::closed(self);
    }

    /// An operation of two parts begins.
    pub(super) fn begin_chain(&self, tag: Tag) {
        self.rare().chains.push(Chain {
            tag,
            connection: None,
            cancelled: false,
        });
    }

    /// Whether an operation of two parts was cancelled while it was in no queue.
    pub(super) fn is_cancelled(&self, tag: Tag) -> bool {
        let mut rare = self.rare();
        rare.chain_of(tag).is_some_and(|chain| chain.cancelled)
    }

    /// An operation of two parts ends; its connection, if it has one.
    pub(super) fn forget_chain(&self, tag: Tag) -> Option<RawHandle> {
        let mut rare = self.rare();
        let mut chains = rare.chains.iter();
        let place = chains.position(|chain| chain.tag.token == tag.token)?;
        rare.chains.swap_remove(place).connection
    }

    /// Cancels operations of this socket that another handle carries out at present, or none.
    pub(crate) fn cancel_own(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        let (mut cancelled, mut connections) = (0, Vec::new());
        for chain in &mut self.rare().chains {
            if wanted(chain.tag) {
                chain.cancelled = true;
                cancelled += 1;
                connections.extend(chain.awaited());
            }
        }
        // Outside the lock: what is cancelled ends here and now.
        for (raw, its) in connections {
            raw.cancel_where(|tag| tag == its);
        }
        // Whoever cancels everything cancels calls that wait, too (S-215).
        let waits = if wanted(Tag::default()) {
            waiting::cancel(self)
        } else {
            0
        };
        cancelled + waits
    }
}
