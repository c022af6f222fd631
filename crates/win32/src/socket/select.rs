//! Readiness asked for by waiting: `select`, `WSAPoll`.

use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

use completion_port::{Deadline, RawHandle};

use super::object::{CLOSED, CONNECTED, CONNECTING, LISTENING, Socket};
use super::waiting::{InCrowd, interest, is_over, poll};
use super::{Used, Wsa, connect, int_door, lookup, of_errno, startup};

/// The three questions of `select`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    Read,
    Write,
    Except,
}

impl Question {
    fn events(self) -> i16 {
        match self {
            Self::Read => libc::POLLIN,
            Self::Write => libc::POLLOUT,
            Self::Except => libc::POLLPRI,
        }
    }
}

/// A stream socket that is nothing yet is never ready; the kernel thinks otherwise.
fn is_idle(socket: &Socket) -> bool {
    socket.is_stream() && !socket.has(CONNECTED | CONNECTING | LISTENING)
}

/// A socket and what is asked about it.
struct Asked {
    socket: Used,
    raw: Arc<RawHandle>,
    value: usize,
    question: Question,
}

impl Asked {
    fn new(value: usize, question: Question) -> Result<Self, Wsa> {
        let socket = lookup(value)?;
        let raw = socket.raw();
        Ok(Self {
            socket,
            raw,
            value,
            question,
        })
    }

    fn entry(&self) -> libc::pollfd {
        let events = self.question.events();
        let fd = if is_idle(&self.socket) {
            -1
        } else {
            self.raw.as_fd().as_raw_fd()
        };
        interest(fd, events)
    }

    /// What the kernel's answer means.
    fn answer(&self, ready: i16) -> bool {
        let broken = ready & (libc::POLLERR | libc::POLLHUP) != 0;
        if self.socket.has(CONNECTING) && (broken || ready & libc::POLLOUT != 0) {
            let failed = connect::settle(&self.socket).is_err();
            return match self.question {
                Question::Except => failed,
                Question::Write => !failed,
                Question::Read => !failed && ready & libc::POLLIN != 0,
            };
        }
        match self.question {
            Question::Except => ready & libc::POLLPRI != 0 || self.has_failed(),
            Question::Write => ready & libc::POLLOUT != 0 || broken,
            Question::Read => ready & libc::POLLIN != 0 || broken,
        }
    }

    /// A connect has failed, and the program has not been told why.
    fn has_failed(&self) -> bool {
        self.question == Question::Except && self.socket.rare().connect_error != 0
    }
}

/// `fd_set`: a count and an array whose length the program chose.
#[repr(C)]
struct FdSet {
    count: u32,
    first: [usize; 1],
}

const _: () = assert!(size_of::<FdSet>() == 16);

/// The sockets in a set.
///
/// # Safety
///
/// The pointer is null or valid.
unsafe fn members<'a>(set: *mut FdSet) -> &'a [usize] {
    if set.is_null() {
        return &[];
    }
    // SAFETY: valid, says the caller.
    let count = unsafe { (*set).count } as usize;
    // SAFETY: as above; only the place is taken.
    let first = unsafe { &raw const (*set).first }.cast();
    // SAFETY: as many are there as the count says.
    unsafe { std::slice::from_raw_parts(first, count) }
}

/// Leaves the ready ones in a set.
///
/// # Safety
///
/// As [`members`]; there are not more than before.
unsafe fn leave(set: *mut FdSet, ready: &[usize]) {
    if set.is_null() {
        return;
    }
    // SAFETY: valid, says the caller; only the place is taken.
    let first: *mut usize = unsafe { &raw mut (*set).first }.cast();
    // SAFETY: there is room for as many as there were.
    unsafe { first.copy_from_nonoverlapping(ready.as_ptr(), ready.len()) };
    // SAFETY: valid, says the caller.
    unsafe { (*set).count = ready.len() as u32 };
}

/// Waits until the answer to one of the questions is yes; those answered so.
fn ask(all: &[Asked], deadline: Deadline) -> Result<Vec<(usize, Question)>, Wsa> {
    // A look is over before anybody could close anything.
    let crowd = (deadline != Deadline::Now).then(InCrowd::new).transpose();
    let crowd = crowd.map_err(of_errno)?;
    loop {
        if all.iter().any(|asked| asked.socket.has(CLOSED)) {
            return Err(Wsa::NOT_SOCKET);
        }
        let mut entries: Vec<_> = all.iter().map(Asked::entry).collect();
        entries.extend(crowd.as_ref().map(|crowd| crowd.0.entry()));
        poll(&mut entries, deadline).map_err(of_errno)?;
        if let (Some(crowd), Some(entry)) = (&crowd, entries.get(all.len()))
            && entry.revents != 0
        {
            crowd.0.lower();
        }
        let mut ready = Vec::new();
        for (asked, entry) in all.iter().zip(&entries) {
            let failed = asked.has_failed();
            if failed || entry.revents != 0 && asked.answer(entry.revents) {
                ready.push((asked.value, asked.question));
            }
        }
        if !ready.is_empty() || is_over(deadline) {
            return Ok(ready);
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_select(
    _nfds: i32,
    read: *mut FdSet,
    write: *mut FdSet,
    except: *mut FdSet,
    timeout: *const libc::timeval,
) -> i32 {
    int_door(|| {
        if !startup::is_started() {
            return Err(Wsa::NOT_STARTED);
        }
        let sets = [
            (read, Question::Read),
            (write, Question::Write),
            (except, Question::Except),
        ];
        let mut all = Vec::new();
        for (set, question) in sets {
            // SAFETY: the program's sets, by contract.
            for value in unsafe { members(set) } {
                all.push(Asked::new(*value, question)?);
            }
        }
        if all.is_empty() {
            return Err(Wsa::INVALID);
        }
        let deadline = if timeout.is_null() {
            Deadline::Never
        } else {
            // SAFETY: not null, hence valid, by contract.
            let time = unsafe { timeout.read() };
            deadline_of(time)?
        };
        let ready = ask(&all, deadline)?;
        for (set, question) in sets {
            let its: Vec<usize> = ready
                .iter()
                .filter(|(_, asked)| *asked == question)
                .map(|(value, _)| *value)
                .collect();
            // SAFETY: the program's sets, by contract.
            unsafe { leave(set, &its) };
        }
        Ok(ready.len() as i32)
    })
}

pub(super) fn deadline_of(time: libc::timeval) -> Result<Deadline, Wsa> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Wsa::INVALID)?;
    let micros = u64::try_from(time.tv_usec).map_err(|_| Wsa::INVALID)?;
    Ok((Duration::from_secs(seconds) + Duration::from_micros(micros)).into())
}

/// `WSAPOLLFD`.
#[repr(C)]
pub(super) struct PollFd {
    socket: usize,
    events: i16,
    ready: i16,
}

const _: () = assert!(size_of::<PollFd>() == 16);

/// Windows' bits.
const POLLERR: i16 = 0x1;
const POLLHUP: i16 = 0x2;
const POLLNVAL: i16 = 0x4;
const POLLWRNORM: i16 = 0x10;
const POLLRDNORM: i16 = 0x100;
const POLLRDBAND: i16 = 0x200;

/// What `poll` is asked for; an unknown bit is refused.
fn poll_events(events: i16) -> Result<i16, Wsa> {
    if events & !(POLLRDNORM | POLLRDBAND | POLLWRNORM) != 0 {
        return Err(Wsa::INVALID);
    }
    let mut wanted = 0;
    if events & POLLRDNORM != 0 {
        wanted |= libc::POLLIN;
    }
    if events & POLLRDBAND != 0 {
        wanted |= libc::POLLPRI;
    }
    if events & POLLWRNORM != 0 {
        wanted |= libc::POLLOUT;
    }
    Ok(wanted)
}

/// What `poll` says of a socket, in Windows' bits.
fn poll_answer(socket: &Socket, ready: i16, events: i16) -> i16 {
    let mut answer = 0;
    if socket.has(CONNECTING) && ready != 0 && connect::settle(socket).is_err() {
        // The error that a failed connect leaves is not told by the kernel any more.
        return POLLERR | POLLHUP | events & POLLWRNORM;
    }
    for (linux, windows) in [
        (libc::POLLIN, POLLRDNORM),
        (libc::POLLPRI, POLLRDBAND),
        (libc::POLLOUT, POLLWRNORM),
        (libc::POLLERR, POLLERR),
        (libc::POLLHUP, POLLHUP),
    ] {
        if ready & linux != 0 {
            answer |= windows;
        }
    }
    // The peer has finished sending: that is a hang-up there.
    if ready & libc::POLLRDHUP != 0 {
        answer |= POLLHUP;
    }
    answer & (events | POLLERR | POLLHUP | POLLNVAL)
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn WSAPoll(entries: *mut PollFd, count: u32, timeout_ms: i32) -> i32 {
    int_door(|| {
        if !startup::is_started() {
            return Err(Wsa::NOT_STARTED);
        }
        if entries.is_null() {
            return Err(Wsa::FAULT);
        }
        if count == 0 {
            return Err(Wsa::INVALID);
        }
        // SAFETY: so many entries are there, by contract.
        let entries = unsafe { std::slice::from_raw_parts_mut(entries, count as usize) };
        let deadline = match u64::try_from(timeout_ms) {
            Ok(ms) => Duration::from_millis(ms).into(),
            Err(_) => Deadline::Never,
        };
        poll_all(entries, deadline)
    })
}

/// One socket of `WSAPoll`.
struct Polled {
    socket: Option<Used>,
    raw: Option<Arc<RawHandle>>,
    wanted: i16,
}

impl Polled {
    fn new(entry: &PollFd) -> Result<Self, Wsa> {
        let wanted = poll_events(entry.events)? | libc::POLLRDHUP;
        let socket = lookup(entry.socket).ok();
        let raw = socket.as_ref().map(|socket| socket.raw());
        Ok(Self {
            socket,
            raw,
            wanted,
        })
    }

    /// The socket, if it is one and open.
    fn open(&self) -> Option<&Socket> {
        let socket = self.socket.as_ref()?;
        (!socket.has(CLOSED)).then_some(&***socket)
    }

    fn entry(&self) -> libc::pollfd {
        let is_idle = self.open().is_none_or(is_idle);
        match &self.raw {
            Some(raw) if !is_idle => interest(raw.as_fd().as_raw_fd(), self.wanted),
            _ => interest(-1, 0),
        }
    }
}

fn poll_all(entries: &mut [PollFd], deadline: Deadline) -> Result<i32, Wsa> {
    let all: Vec<_> = entries.iter().map(Polled::new).collect::<Result<_, _>>()?;
    // A negative value only takes up a place.
    let is_skipped = |entry: &PollFd| entry.socket.cast_signed() < 0;
    if entries.iter().all(is_skipped) {
        return Err(Wsa::NOT_SOCKET);
    }
    // A look is over before anybody could close anything.
    let crowd = (deadline != Deadline::Now).then(InCrowd::new).transpose();
    let crowd = crowd.map_err(of_errno)?;
    loop {
        let mut kernel: Vec<_> = all.iter().map(Polled::entry).collect();
        kernel.extend(crowd.as_ref().map(|crowd| crowd.0.entry()));
        let mut given = entries.iter().zip(&all);
        let is_invalid = given.any(|(entry, its)| !is_skipped(entry) && its.open().is_none());
        let until = if is_invalid { Deadline::Now } else { deadline };
        poll(&mut kernel, until).map_err(of_errno)?;
        if let (Some(crowd), Some(entry)) = (&crowd, kernel.get(all.len()))
            && entry.revents != 0
        {
            crowd.0.lower();
        }
        let mut count = 0;
        for ((entry, its), kernel) in entries.iter_mut().zip(&all).zip(&kernel) {
            entry.ready = match its.open() {
                Some(socket) => poll_answer(socket, kernel.revents, entry.events),
                None if is_skipped(entry) => 0,
                None => POLLNVAL,
            };
            count += i32::from(entry.ready != 0);
        }
        if count > 0 || is_over(deadline) {
            return Ok(count);
        }
    }
}
