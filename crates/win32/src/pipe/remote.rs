//! Clients and servers in different processes of one user.
//!
//! A pipe has a listening socket in the abstract name space, so that nothing stays behind when
//! its process dies. A client says what it wants by the name that it gives its own socket, and is
//! answered by a few numbers; after those the connection is the pipe's. Users other than the
//! server's, the administrator apart, are turned away.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use completion_port::{RawHandle, RawNature};
use parking_lot::Mutex;

use super::link::Link;
use super::name::{NamedPipe, Shape};
use crate::file::access;
use crate::file::facts::errno;
use crate::readiness::{Next, Served, Service, serve};
use crate::status::Status;

/// A socket address in the abstract name space.
pub(super) struct Address {
    raw: libc::sockaddr_un,
    length: libc::socklen_t,
}

/// The room for a name, after the zero with which abstract names begin.
const NAME_MAX: usize = 107;

impl Address {
    fn new(name: &[u8]) -> Self {
        let mut raw = libc::sockaddr_un {
            sun_family: libc::AF_UNIX as libc::sa_family_t,
            sun_path: [0; 108],
        };
        let name = &name[..name.len().min(NAME_MAX)];
        for (to, byte) in raw.sun_path[1..].iter_mut().zip(name) {
            *to = byte.cast_signed();
        }
        let head = std::mem::offset_of!(libc::sockaddr_un, sun_path) + 1;
        let length = (head + name.len()) as libc::socklen_t;
        Self { raw, length }
    }

    /// Where a server is found: by kind, user and name; long names by a number made of them.
    pub(super) fn of(kind: &str, name: &str) -> Self {
        // SAFETY: no pointers are passed.
        let user = unsafe { libc::geteuid() };
        let whole = format!("iocp-{kind}-{user}-{name}");
        if whole.len() <= NAME_MAX {
            return Self::new(whole.as_bytes());
        }
        let hash = |start: u64| {
            let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            name.bytes().fold(start, step)
        };
        let (first, second) = (hash(0xcbf2_9ce4_8422_2325), hash(0x6c62_272e_07bb_0142));
        Self::new(format!("iocp-{kind}-{user}-{first:016x}{second:016x}").as_bytes())
    }

    fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.raw).cast()
    }

    pub(super) fn bind(&self, fd: RawFd) -> Result<(), i32> {
        // SAFETY: a valid address with its length is passed.
        match unsafe { libc::bind(fd, self.as_ptr(), self.length) } {
            0 => Ok(()),
            _ => Err(errno()),
        }
    }

    pub(super) fn connect(&self, fd: RawFd) -> Result<(), i32> {
        // SAFETY: a valid address with its length is passed.
        match unsafe { libc::connect(fd, self.as_ptr(), self.length) } {
            0 => Ok(()),
            _ => Err(errno()),
        }
    }
}

/// A Unix socket.
pub(super) fn socket(kind: libc::c_int) -> Result<OwnedFd, Status> {
    // SAFETY: no pointers are passed.
    let fd = unsafe { libc::socket(libc::AF_UNIX, kind | libc::SOCK_CLOEXEC, 0) };
    match fd {
        // SAFETY: the call has just made this descriptor, and nobody else knows it.
        0.. => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(Status::of_pipe(errno())),
    }
}

/// Process and user at the other end of a connection.
pub(super) fn peer_of(fd: RawFd) -> Option<(u32, u32)> {
    let mut found = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_PEERCRED);
    let to = (&raw mut found).cast();
    // SAFETY: room for the answer and its size are passed.
    let asked = unsafe { libc::getsockopt(fd, level, option, to, &raw mut length) };
    (asked == 0).then_some((found.pid.cast_unsigned(), found.uid))
}

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// To be connected, with these rights.
    Open(u32),
    /// To hear when it could be.
    Wait,
}

impl Wish {
    /// A name for the client's socket that nobody else has.
    fn to_name(self) -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        match self {
            Self::Open(rights) => format!("iocp-client-{process}-{number}-o{rights}"),
            Self::Wait => format!("iocp-client-{process}-{number}-w"),
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let (_, wish) = name.strip_prefix("iocp-client-")?.rsplit_once('-')?;
        match wish.strip_prefix('o') {
            Some(rights) => Some(Self::Open(rights.parse().ok()?)),
            None => (wish == "w").then_some(Self::Wait),
        }
    }
}

/// The answer to a client.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Answer {
    /// So that nobody takes something else for one.
    mark: u32,
    status: u32,
    messages: u32,
    direction: u32,
    instances_max: u32,
    out_bytes: u32,
    in_bytes: u32,
    wait_ms: u32,
}

const MARK: u32 = 0x4950_4331;
const ANSWER_BYTES: usize = size_of::<Answer>();

impl Answer {
    fn new(status: Status, shape: &Shape) -> Self {
        Self {
            mark: MARK,
            status: status.0,
            messages: u32::from(shape.messages),
            direction: shape.direction,
            instances_max: shape.instances_max,
            out_bytes: shape.out_bytes,
            in_bytes: shape.in_bytes,
            wait_ms: shape.wait_ms,
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            messages: self.messages != 0,
            direction: self.direction,
            instances_max: self.instances_max,
            out_bytes: self.out_bytes,
            in_bytes: self.in_bytes,
            wait_ms: self.wait_ms,
        }
    }

    /// Sends it over a connection that is new, so that there is room.
    fn send(self, fd: RawFd) {
        let (start, flags) = (
            (&raw const self).cast(),
            libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT,
        );
        // SAFETY: so many bytes are there. A client that is gone need not be answered.
        let _ = unsafe { libc::send(fd, start, ANSWER_BYTES, flags) };
    }
}

/// The rights that a client may have.
pub(super) fn permitted(shape: &Shape, rights: u32) -> bool {
    let reads = rights & access::READ_DATA == 0 || shape.direction & 2 != 0;
    let writes = rights & access::WRITE_DATA == 0 || shape.direction & 1 != 0;
    reads && writes
}

/// Lets clients of other processes in.
pub(super) struct Listener {
    raw: RawHandle,
    service: Service,
    pipe: OnceLock<Weak<NamedPipe>>,
    /// Connections of those who wait for an instance.
    waiting: Mutex<Vec<OwnedFd>>,
}

/// So many clients are let in in one go: others may come without end.
const CLIENTS_AT_ONCE_MAX: usize = 64;
/// So many processes may have instances of one pipe; clients ask one after the other.
const PROCESSES_MAX: usize = 8;

/// Where one of the processes that have instances of a pipe is found.
fn place(name: &str, process: usize) -> Address {
    Address::of(&format!("pipe{process}"), name)
}

/// Takes a place that no other process has.
fn bind_free(fd: RawFd, name: &str, must_be_first: bool) -> Result<(), Status> {
    for process in 0..PROCESSES_MAX {
        match place(name, process).bind(fd) {
            Err(libc::EADDRINUSE) if !must_be_first => {}
            Err(libc::EADDRINUSE) => return Err(Status::ACCESS_DENIED),
            bound => return bound.map_err(Status::of_pipe),
        }
    }
    Err(Status::INSTANCE_NOT_AVAILABLE)
}

impl Listener {
    /// # Errors
    ///
    /// Other processes have a pipe of that name: one if this is to be the first, or too many.
    pub(super) fn new(name: &str, must_be_first: bool) -> Result<Arc<Self>, Status> {
        let fd = socket(libc::SOCK_STREAM | libc::SOCK_NONBLOCK)?;
        bind_free(fd.as_raw_fd(), name, must_be_first)?;
        // SAFETY: no pointers are passed.
        if unsafe { libc::listen(fd.as_raw_fd(), 128) } != 0 {
            return Err(Status::of_pipe(errno()));
        }
        // Polled like a pipe: a listening socket has nothing to receive.
        let raw = RawHandle::new(fd, RawNature::Pipe);
        let raw = raw.map_err(|error| Status::of_pipe(Status::errno(&error)))?;
        Ok(Arc::new(Self {
            raw,
            service: Service::default(),
            pipe: OnceLock::new(),
            waiting: Mutex::default(),
        }))
    }

    pub(super) fn serve_for(self: &Arc<Self>, pipe: &Arc<NamedPipe>) {
        // Set once, by the one who has made both.
        let _ = self.pipe.set(Arc::downgrade(pipe));
        serve(self);
    }

    /// An instance listens: those who wait for that may try.
    pub(super) fn tell_waiting(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        let Some(pipe) = self.pipe.get().and_then(Weak::upgrade) else {
            return;
        };
        let answer = Answer::new(Status::SUCCESS, &pipe.shape);
        waiting.iter().for_each(|fd| answer.send(fd.as_raw_fd()));
    }

    pub(super) fn close(&self) {
        self.raw.close();
        // SAFETY: no pointers are passed. Nobody gets in even while the descriptor is still open.
        let _ = unsafe { libc::shutdown(self.raw.as_fd().as_raw_fd(), libc::SHUT_RDWR) };
        self.waiting.lock().clear();
    }

    /// The next client, and the name that it has given itself.
    fn accept(&self) -> Option<(OwnedFd, String)> {
        let mut from = Address::new(b"");
        let mut length = size_of::<libc::sockaddr_un>() as libc::socklen_t;
        let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        let place = (&raw mut from.raw).cast();
        let listener = self.raw.as_fd().as_raw_fd();
        // SAFETY: room for an address and its size are passed.
        let fd = unsafe { libc::accept4(listener, place, &raw mut length, flags) };
        if fd < 0 {
            return None;
        }
        // SAFETY: the call has just made this descriptor, and nobody else knows it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let head = std::mem::offset_of!(libc::sockaddr_un, sun_path) + 1;
        let bytes = (length as usize).saturating_sub(head).min(NAME_MAX);
        let name = from.raw.sun_path[1..=bytes]
            .iter()
            .map(|byte| byte.cast_unsigned());
        let name: Vec<u8> = name.collect();
        Some((fd, String::from_utf8_lossy(&name).into_owned()))
    }

    fn welcome(&self, pipe: &NamedPipe, fd: OwnedFd, name: &str) {
        // SAFETY: no pointers are passed.
        let me = unsafe { libc::geteuid() };
        let user = peer_of(fd.as_raw_fd()).map(|(_, user)| user);
        if user != Some(me) && user != Some(0) {
            return Answer::new(Status::ACCESS_DENIED, &pipe.shape).send(fd.as_raw_fd());
        }
        match Wish::of_name(name) {
            Some(Wish::Open(rights)) if permitted(&pipe.shape, rights) => {
                let socket = fd.as_raw_fd();
                let answer = |status| Answer::new(status, &pipe.shape).send(socket);
                let mut client = Some(fd);
                let let_in = pipe.let_in(|| {
                    // Before anybody can write to the link.
                    answer(Status::SUCCESS);
                    let fd = client.take().ok_or(Status::PIPE_BUSY)?;
                    let dropped = Arc::new(AtomicBool::new(false));
                    Ok((Link::new(fd, pipe.shape.messages, dropped), ()))
                });
                if let Err(status) = let_in {
                    answer(status);
                }
            }
            Some(Wish::Open(_)) | None => {
                Answer::new(Status::ACCESS_DENIED, &pipe.shape).send(fd.as_raw_fd());
            }
            Some(Wish::Wait) => {
                self.waiting.lock().push(fd);
                // It may have begun to listen before the client stood in the list.
                if pipe.is_available() {
                    self.tell_waiting();
                }
            }
        }
    }
}

impl Served for Listener {
    fn service(&self) -> &Service {
        &self.service
    }

    fn raw(&self) -> &RawHandle {
        &self.raw
    }

    fn serve(&self) -> Next {
        let Some(pipe) = self.pipe.get().and_then(Weak::upgrade) else {
            return Next::Rest;
        };
        for _ in 0..CLIENTS_AT_ONCE_MAX {
            let Some((fd, name)) = self.accept() else {
                return Next::Watch;
            };
            self.welcome(&pipe, fd, &name);
        }
        Next::More
    }
}

/// Asks the servers of a pipe in other processes, until one has a place; the connection and its
/// answer.
fn ask(name: &str, wish: Wish, until: Option<Instant>) -> Result<(OwnedFd, Answer), Status> {
    let mut reason = Status::OBJECT_NAME_NOT_FOUND;
    for process in 0..PROCESSES_MAX {
        match ask_one(&place(name, process), wish, until) {
            Err(Status::OBJECT_NAME_NOT_FOUND) => {}
            Ok((_, answer)) if answer.status == Status::PIPE_NOT_AVAILABLE.0 => {
                reason = Status::PIPE_NOT_AVAILABLE;
            }
            asked => return asked,
        }
    }
    Err(reason)
}

fn ask_one(
    place: &Address,
    wish: Wish,
    until: Option<Instant>,
) -> Result<(OwnedFd, Answer), Status> {
    let fd = socket(libc::SOCK_STREAM)?;
    let bound = Address::new(wish.to_name().as_bytes()).bind(fd.as_raw_fd());
    bound.map_err(Status::of_pipe)?;
    place.connect(fd.as_raw_fd()).map_err(|errno| match errno {
        libc::ECONNREFUSED | libc::ENOENT => Status::OBJECT_NAME_NOT_FOUND,
        errno => Status::of_pipe(errno),
    })?;
    let mut answer = [0_u8; ANSWER_BYTES];
    let mut got = 0;
    while got < ANSWER_BYTES {
        wait_readable(fd.as_raw_fd(), until)?;
        let rest = &mut answer[got..];
        // SAFETY: room of that length is passed.
        let bytes = unsafe { libc::recv(fd.as_raw_fd(), rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(bytes) {
            Ok(0) => return Err(Status::OBJECT_NAME_NOT_FOUND),
            Ok(bytes) => got += bytes,
            Err(_) if errno() == libc::EINTR => {}
            Err(_) => return Err(Status::OBJECT_NAME_NOT_FOUND),
        }
    }
    // SAFETY: every pattern of bits is an answer, and so many bytes are there.
    let answer = unsafe { answer.as_ptr().cast::<Answer>().read_unaligned() };
    match answer.mark {
        MARK => Ok((fd, answer)),
        _ => Err(Status::OBJECT_NAME_NOT_FOUND),
    }
}

fn wait_readable(fd: RawFd, until: Option<Instant>) -> Result<(), Status> {
    loop {
        let timeout = match until {
            None => -1,
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                libc::c_int::try_from(left.as_millis() + 1).unwrap_or(libc::c_int::MAX)
            }
        };
        let mut poll = libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one valid entry is passed.
        match unsafe { libc::poll(&raw mut poll, 1, timeout) } {
            1.. => return Ok(()),
            0 if until.is_some_and(|until| Instant::now() >= until) => {
                return Err(Status::IO_TIMEOUT);
            }
            _ => {}
        }
    }
}

/// A server that does not answer at all is not waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connects to a pipe of another process; the end, and the server's process.
pub(super) fn open(name: &str, rights: u32) -> Result<(Arc<Link>, Shape, u32), Status> {
    let until = Some(Instant::now() + PATIENCE);
    let asked = completion_port::blocking(|| ask(name, Wish::Open(rights), until));
    let (fd, answer) = asked?;
    if answer.status != Status::SUCCESS.0 {
        return Err(Status(answer.status));
    }
    // SAFETY: no pointers are passed.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    // SAFETY: as above.
    let _ = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) };
    let server = peer_of(fd.as_raw_fd()).map_or(0, |(process, _)| process);
    let shape = answer.shape();
    let link = Link::new(fd, shape.messages, Arc::new(AtomicBool::new(false)));
    Ok((link, shape, server))
}

/// Waits until a pipe of another process lets clients in.
pub(super) fn wait(name: &str, until: Option<Instant>) -> Result<(), Status> {
    completion_port::blocking(|| ask(name, Wish::Wait, until)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_understood_by_its_name() {
        for wish in [Wish::Open(3), Wish::Open(0), Wish::Wait] {
            assert_eq!(Wish::of_name(&wish.to_name()), Some(wish));
        }
        assert_eq!(Wish::of_name("something-else-o3"), None);
        assert_eq!(Wish::of_name("iocp-client-1-2-x"), None);
    }

    #[test]
    fn long_names_of_one_kind_are_told_apart() {
        let path = |name: &str| Address::of("pipe", name).raw.sun_path;
        let long = "n".repeat(200);
        assert_ne!(path(&format!("{long}a")), path(&format!("{long}b")));
        assert_eq!(path("short"), path("short"));
    }
}
