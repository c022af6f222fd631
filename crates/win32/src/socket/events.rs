//! Network events: `WSAEventSelect`, `WSAEnumNetworkEvents`, and events as Winsock calls them.
//!
//! One thread of the process watches the sockets of which a program has asked this. An event is
//! recorded once and then not again until the call that enables it anew: a receive, a send that
//! found no room, an accept.
//!
//! # Invariants
//!
//! 1. An event that is armed is not recorded, and is being watched for.
//! 2. Recording and enumerating hold the socket's lock together with the change of the event
//!    object, so that an event that is set has something to enumerate.

use std::collections::HashMap;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use completion_port::RawKind;
use parking_lot::Mutex;

use super::blocking::{Failed, perform};
use super::buffers::{Buffers, WsaBuf};
use super::object::{CONNECTED, CONNECTING, LISTENING, NONBLOCKING, SELECTED, Socket};
use super::{Wsa, check, connect, lookup, of_errno, unit_door, wsa_bool_door};
use crate::abi::{Bool, FALSE, Handle};
use crate::door;
use crate::handle::{self, Object};
use crate::overlapped::deadline_of;
use crate::status::{Status, set_last_error};
use crate::text::{In, Out};
use crate::wait::{self, Kind};

/// Network events.
pub(super) const READ: u32 = 1 << 0;
pub(super) const WRITE: u32 = 1 << 1;
pub(super) const OUT_OF_BAND: u32 = 1 << 2;
pub(super) const ACCEPT: u32 = 1 << 3;
pub(super) const CONNECT: u32 = 1 << 4;
pub(super) const CLOSE: u32 = 1 << 5;
const EVENTS_MAX: usize = 10;

/// What a program has asked about a socket, and what there is to tell.
#[derive(Default)]
pub(super) struct Selection {
    /// The value of the event's handle.
    event: usize,
    mask: u32,
    armed: u32,
    recorded: u32,
    errors: [u32; EVENTS_MAX],
    /// Among the watched sockets.
    key: u64,
}

impl Selection {
    /// Notes what has happened, if it was awaited.
    fn record(&mut self, events: u32, error: Wsa) {
        let new = events & self.armed;
        if new == 0 {
            return;
        }
        self.armed &= !new;
        self.recorded |= new;
        for bit in (0..EVENTS_MAX).filter(|bit| new & 1 << bit != 0) {
            self.errors[bit] = error.0;
        }
        wait::set_event(handle_of(self.event));
    }
}

fn handle_of(value: usize) -> Handle {
    std::ptr::without_provenance_mut(value)
}

/// The thread that watches, and whom.
struct Watcher {
    epoll: OwnedFd,
    sockets: Mutex<HashMap<u64, Weak<Socket>>>,
    next: AtomicU64,
}

fn watcher() -> Result<&'static Watcher, Wsa> {
    static WATCHER: OnceLock<Option<Watcher>> = OnceLock::new();
    let made = WATCHER.get_or_init(|| {
        // SAFETY: no pointers are passed.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }).ok()?;
        // SAFETY: the call has just created this descriptor.
        let epoll = unsafe { OwnedFd::from_raw_fd(fd) };
        Some(Watcher {
            epoll,
            sockets: Mutex::new(HashMap::new()),
            next: AtomicU64::new(1),
        })
    });
    let watcher = made.as_ref().ok_or(Wsa::NO_BUFFERS)?;
    static THREAD: OnceLock<bool> = OnceLock::new();
    let runs = THREAD.get_or_init(|| {
        let thread = std::thread::Builder::new().name("iocp-sockets".into());
        thread
            .stack_size(256 * 1024)
            .spawn(|| watcher.run())
            .is_ok()
    });
    if *runs {
        Ok(watcher)
    } else {
        Err(Wsa::NO_BUFFERS)
    }
}

impl Watcher {
    fn run(&self) {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 32];
        let room = events.len() as i32;
        loop {
            let start = events.as_mut_ptr();
            // SAFETY: there is room for so many events.
            let wait = unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), start, room, -1) };
            for event in &events[..usize::try_from(wait).unwrap_or(0)] {
                let (flags, key) = (event.events, event.u64);
                let socket = self.sockets.lock().get(&key).and_then(Weak::upgrade);
                if let Some(socket) = socket {
                    happened(&socket, flags.cast_signed());
                }
            }
        }
    }

    /// Watches for the armed events, once.
    fn arm(&self, socket: &Socket, selection: &Selection) {
        let fd = socket.with_fd(|fd| fd);
        let epoll = self.epoll.as_raw_fd();
        let Some(interest) = interest(socket, selection) else {
            // It may not be there.
            // SAFETY: no event is passed, and none is wanted.
            unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut()) };
            return;
        };
        let mut event = libc::epoll_event {
            events: (interest | libc::EPOLLONESHOT).cast_unsigned(),
            u64: selection.key,
        };
        for change in [libc::EPOLL_CTL_MOD, libc::EPOLL_CTL_ADD] {
            // SAFETY: a valid event is passed.
            if unsafe { libc::epoll_ctl(epoll, change, fd, &raw mut event) } == 0 {
                return;
            }
        }
    }
}

/// What to watch for; `None` for nothing at all.
fn interest(socket: &Socket, selection: &Selection) -> Option<i32> {
    let armed = |event| selection.armed & event != 0;
    let either = |event, flags| if armed(event) { flags } else { 0 };
    if socket.has(LISTENING) {
        return armed(ACCEPT).then_some(libc::EPOLLIN);
    }
    if !socket.is_stream() {
        let flags = either(READ, libc::EPOLLIN) | either(WRITE, libc::EPOLLOUT);
        return (flags != 0).then_some(flags);
    }
    if socket.has(CONNECTING) {
        return armed(CONNECT | WRITE | READ | CLOSE).then_some(libc::EPOLLOUT);
    }
    if !socket.has(CONNECTED) {
        return None;
    }
    // The end of the stream is found by receiving, if the program receives by these events.
    let end = if selection.mask & READ == 0 {
        either(CLOSE, libc::EPOLLRDHUP)
    } else {
        0
    };
    let flags = either(READ, libc::EPOLLIN | libc::EPOLLRDHUP)
        | either(WRITE | CONNECT, libc::EPOLLOUT)
        | either(OUT_OF_BAND, libc::EPOLLPRI)
        | end;
    // With no flags an error is still told.
    (flags != 0 || armed(CLOSE)).then_some(flags)
}

/// What a look at the receiving side shows.
enum Seen {
    Data,
    Nothing,
    End,
    Broken(Wsa),
}

fn look(socket: &Socket) -> Seen {
    let mut byte = 0u8;
    let buffers = Buffers::One(WsaBuf {
        length: 1,
        start: &raw mut byte,
    });
    let kind = || RawKind::Receive {
        peek: true,
        all: false,
    };
    // A socket that is watched does not wait.
    // SAFETY: the byte outlives the call.
    match unsafe { perform(socket, kind, buffers, 1) } {
        Ok((outcome, _)) if outcome.bytes > 0 => Seen::Data,
        Ok(_) => Seen::End,
        Err(Failed::System(libc::EAGAIN)) => Seen::Nothing,
        Err(failed) => Seen::Broken(failed.into()),
    }
}

/// The watched descriptor has something to say.
fn happened(socket: &Socket, flags: i32) {
    let has = |flag: i32| flags & flag != 0;
    let mut told: Vec<(u32, Wsa)> = Vec::new();
    let fine = Wsa(0);
    let broken = has(libc::EPOLLERR | libc::EPOLLHUP);
    if socket.has(CONNECTING) && (broken || has(libc::EPOLLOUT)) {
        match connect::settle(socket) {
            Ok(()) => told.push((CONNECT | WRITE, fine)),
            Err(errno) => told.push((CONNECT, of_errno(errno))),
        }
    } else if socket.has(LISTENING) {
        told.push((ACCEPT, fine));
    } else if !socket.is_stream() {
        if has(libc::EPOLLIN | libc::EPOLLERR) {
            told.push((READ, fine));
        }
        if has(libc::EPOLLOUT) {
            told.push((WRITE, fine));
        }
    } else if socket.has(CONNECTED) {
        if has(libc::EPOLLOUT) && !broken {
            told.push((CONNECT | WRITE, fine));
        }
        if has(libc::EPOLLPRI) {
            told.push((OUT_OF_BAND, fine));
        }
        if broken || has(libc::EPOLLIN | libc::EPOLLRDHUP) {
            match look(socket) {
                Seen::Data => told.push((READ, fine)),
                Seen::Nothing => {}
                Seen::End => told.push((CLOSE, fine)),
                Seen::Broken(error) => told.push((CLOSE, error)),
            }
        }
    }
    let mut rare = socket.rare();
    let selection = &mut rare.selection;
    if has(libc::EPOLLRDHUP) && selection.mask & READ == 0 {
        told.push((CLOSE, fine));
    }
    for (events, error) in told {
        selection.record(events, error);
    }
    // A hang-up while nobody wants data would be told again and again.
    let only_hung_up = broken && !has(libc::EPOLLERR) && selection.armed & (READ | WRITE) == 0;
    if let (Ok(watcher), false) = (watcher(), only_hung_up) {
        watcher.arm(socket, selection);
    }
}

/// Something about the socket has changed: it connects, listens, accepts, or has another
/// descriptor. The events that go with it are to be told again.
pub(super) fn rearm(socket: &Socket, events: u32) {
    if !socket.has(SELECTED) {
        return;
    }
    let mut rare = socket.rare();
    let selection = &mut rare.selection;
    selection.armed |= match events {
        CONNECT => selection.mask & (CONNECT | WRITE | READ | CLOSE | OUT_OF_BAND),
        0 => selection.mask & !CONNECT,
        events => selection.mask & events,
    };
    selection.armed &= !selection.recorded;
    if let Ok(watcher) = watcher() {
        watcher.arm(socket, selection);
    }
}

/// A receive has been called: data is to be told of again.
#[cold]
pub(super) fn reenable_receive(socket: &Socket) {
    reenable(socket, READ | OUT_OF_BAND);
}

/// A send has found no room: it is to be told when there is some.
pub(super) fn reenable_send(socket: &Socket) {
    reenable(socket, WRITE);
}

fn reenable(socket: &Socket, events: u32) {
    let mut rare = socket.rare();
    let selection = &mut rare.selection;
    let new = selection.mask & events & !selection.armed;
    if new == 0 {
        return;
    }
    selection.armed |= new;
    if let Ok(watcher) = watcher() {
        watcher.arm(socket, selection);
    }
}

/// Begins to watch a socket.
fn watch(socket: &Arc<Socket>, event: usize, mask: u32) -> Result<(), Wsa> {
    let watcher = watcher()?;
    socket.set(SELECTED | NONBLOCKING);
    let mut rare = socket.rare();
    let selection = &mut rare.selection;
    let key = match selection.key {
        0 => watcher.next.fetch_add(1, Ordering::Relaxed),
        key => key,
    };
    // A connection that is there is not news.
    let news = if socket.has(CONNECTED) { !CONNECT } else { !0 };
    *selection = Selection {
        event,
        mask,
        armed: mask & news,
        key,
        ..Selection::default()
    };
    watcher.sockets.lock().insert(key, Arc::downgrade(socket));
    watcher.arm(socket, selection);
    Ok(())
}

/// An accepted socket is watched like its listener.
pub(super) fn inherit(listener: &Socket, socket: &Arc<Socket>) {
    let (event, mask) = {
        let rare = listener.rare();
        (rare.selection.event, rare.selection.mask)
    };
    // Without a watcher the listener could not be watched either.
    let _ = watch(socket, event, mask);
}

/// A socket is not watched any more.
pub(super) fn forget(socket: &Socket) {
    if socket.clear(SELECTED) & SELECTED == 0 {
        return;
    }
    let key = {
        let mut rare = socket.rare();
        rare.selection.armed = 0;
        rare.selection.mask = 0;
        rare.selection.key
    };
    let Ok(watcher) = watcher() else { return };
    watcher.sockets.lock().remove(&key);
    socket.with_fd(|fd| {
        let epoll = watcher.epoll.as_raw_fd();
        // SAFETY: no event is passed, and none is wanted.
        unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut()) };
    });
}

/// Runs something with an event.
fn with_event(event: Handle) -> Result<(), Wsa> {
    match handle::get(event).as_deref() {
        Some(Object::Waitable(waitable)) if matches!(waitable.kind(), Kind::Event) => Ok(()),
        _ => Err(Wsa::INVALID_HANDLE),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAEventSelect(s: usize, event: Handle, mask: i32) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        if mask == 0 {
            forget(&socket);
            return Ok(());
        }
        if with_event(event).is_err() {
            return Err(Wsa::INVALID);
        }
        watch(&socket, event.addr(), mask.cast_unsigned())
    })
}

/// `WSANETWORKEVENTS`.
#[repr(C)]
struct NetworkEvents {
    events: u32,
    errors: [u32; EVENTS_MAX],
}

const _: () = assert!(size_of::<NetworkEvents>() == 44);

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAEnumNetworkEvents(
    s: usize,
    event: Handle,
    told: Out<NetworkEvents>,
) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        if told.is_null() {
            return Err(Wsa::FAULT);
        }
        let mut rare = socket.rare();
        if !event.is_null() {
            wait::reset_event(event);
        }
        let selection = &mut rare.selection;
        told.set(NetworkEvents {
            events: std::mem::take(&mut selection.recorded) & selection.mask,
            errors: std::mem::take(&mut selection.errors),
        });
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSACreateEvent() -> Handle {
    door(std::ptr::null_mut(), || {
        let event = wait::new_event(true, false);
        handle::insert(Object::Waitable(event)).unwrap_or_else(|status| {
            set_last_error(status.wsa());
            std::ptr::null_mut()
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSACloseEvent(event: Handle) -> Bool {
    wsa_bool_door(|| wait::close(event).map_err(|_| Wsa::INVALID_HANDLE))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSASetEvent(event: Handle) -> Bool {
    wsa_bool_door(|| {
        with_event(event)?;
        wait::set_event(event);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAResetEvent(event: Handle) -> Bool {
    wsa_bool_door(|| {
        with_event(event)?;
        wait::reset_event(event);
        Ok(())
    })
}

/// `WSA_WAIT_FAILED`.
const WAIT_FAILED: u32 = u32::MAX;

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAWaitForMultipleEvents(
    count: u32,
    events: In<Handle>,
    all: Bool,
    timeout_ms: u32,
    alertable: Bool,
) -> u32 {
    door(WAIT_FAILED, || {
        let failed = |status: Status| {
            set_last_error(status.win32());
            WAIT_FAILED
        };
        if events.is_null() || count == 0 || count as usize > wait::TARGETS_MAX {
            return failed(Status::INVALID_PARAMETER);
        }
        // SAFETY: so many handles are there, by contract.
        let events = unsafe { std::slice::from_raw_parts(events.as_ptr(), count as usize) };
        let deadline = deadline_of(timeout_ms);
        let (all, alertable) = (all != FALSE, alertable != FALSE);
        match wait::wait_for_handles(events, all, deadline, alertable) {
            Ok(ended) => ended.code(),
            Err(status) => failed(status),
        }
    })
}
