//! An echo server on a completion port: what comes on a connection is sent back on it.
//!
//! A connection is a *turn*: exactly one operation of it is in flight, a receive or a send, and
//! the state of that operation is all there is of the connection. So the threads share nothing
//! but the port, and which of them takes a packet does not matter.
//!
//! # Invariants
//!
//! 1. `open` counts the turns, the accepts in flight, and 1 until the server is told to stop.
//!    Whoever takes it to 0 closes the port; so when the threads see the port closed every
//!    packet has been taken.
//! 2. An operation submitted after `stopping` was set is cancelled by its submitter; one
//!    submitted before, by the thread that stops. Both look after they wrote, so at least one of
//!    them sees the other.

mod accepting;
mod lanes;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use completion_port::{
    Accepted, AsHandle, Completion, CompletionPort, Deadline, Done, Rejected, Snapshot, Submitted,
    TcpListener, TcpStream,
};
use rustix::io::Errno;

use accepting::Accept;
pub(crate) use lanes::Tally;
use lanes::{Count, Lane};

/// The listener's key; connections count from 1.
const LISTENER: usize = 0;

/// How the server works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Threads that take packets.
    pub(crate) threads: usize,
    /// How many of them run at once; 0 means the number of processors.
    pub(crate) concurrency: usize,
    /// Size of a connection's buffer.
    pub(crate) buffer_bytes: usize,
}

/// A running echo server.
pub(crate) struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    notes: Sender<Note>,
    threads: Vec<JoinHandle<()>>,
}

/// What the thread that looks after the accepts is told.
enum Note {
    /// An accept failed and is to be repeated later.
    Failed(io::Error),
    Stop,
}

struct Shared {
    port: CompletionPort,
    /// Gone when the server stops.
    listener: Mutex<Option<TcpListener>>,
    streams: Mutex<HashMap<usize, TcpStream>>,
    last_key: AtomicUsize,
    open: AtomicUsize,
    stopping: AtomicBool,
    lanes: Vec<Lane>,
    buffer_bytes: usize,
}

/// A connection, travelling with its one operation.
struct Turn {
    key: usize,
    stream: TcpStream,
    doing: Doing,
}

enum Doing {
    Receiving,
    Sending,
}

/// What to do next with a connection, so that one loop does it all without growing the stack.
enum Next {
    Receive(Turn, Vec<u8>),
    Send(Turn, Vec<u8>),
    /// Its operation is in flight.
    Wait,
    End(Turn, Option<io::Error>),
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No step under these locks can leave its value half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Listens and serves. `starving` is told, once, if accepting fails for want of something.
    pub(crate) fn start(
        listen: SocketAddr,
        settings: Settings,
        starving: impl FnOnce(&io::Error) + Send + 'static,
    ) -> io::Result<Self> {
        let port = CompletionPort::new(settings.concurrency)?;
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        port.associate(&listener, LISTENER)?;
        let (notes, noted) = mpsc::channel();
        let shared = Arc::new(Shared {
            port,
            listener: Mutex::new(Some(listener)),
            streams: Mutex::default(),
            last_key: AtomicUsize::new(LISTENER),
            open: AtomicUsize::new(1),
            stopping: AtomicBool::new(false),
            lanes: (0..settings.threads).map(|_| Lane::default()).collect(),
            buffer_bytes: settings.buffer_bytes,
        });
        let mut server = Self {
            shared,
            address,
            notes,
            threads: Vec::new(),
        };
        // First, so that a server of which the rest cannot be started can be stopped.
        let shared = Arc::clone(&server.shared);
        server.spawn("echo-accepts".into(), move || {
            accepting::run(&shared, &noted, starving)
        })?;
        for lane in 0..settings.threads {
            let shared = Arc::clone(&server.shared);
            let notes = server.notes.clone();
            let name = format!("echo-{}", lane + 1);
            server.spawn(name, move || {
                Worker {
                    shared,
                    lane,
                    notes,
                }
                .work()
            })?;
        }
        Ok(server)
    }

    fn spawn(&mut self, name: String, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.threads
            .push(thread::Builder::new().name(name).spawn(run)?);
        Ok(())
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether no client is connected and every thread waits for a packet.
    pub(crate) fn is_idle(&self) -> bool {
        let connected = locked(&self.shared.streams).len();
        connected == 0 && self.snapshot().waiting == self.shared.lanes.len()
    }

    /// What the port says of itself.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.shared.port.snapshot()
    }

    /// What each thread has done so far.
    pub(crate) fn tallies(&self) -> Vec<Tally> {
        self.shared.lanes.iter().map(Lane::tally).collect()
    }

    /// Stops accepting, cancels what is in flight, takes every packet, closes, and waits for the
    /// threads. Returns what each has done.
    pub(crate) fn stop(mut self) -> Vec<Tally> {
        self.halt();
        self.tallies()
    }

    fn halt(&mut self) {
        // Refused only if that thread is gone already, which is as good.
        let _ = self.notes.send(Note::Stop);
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so on standard error.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.halt();
    }
}

impl Shared {
    /// One turn or accept less: invariant 1.
    fn leave(&self) {
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.port.close();
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        // The last handle of the listener: its accepts are cancelled and the socket closes.
        drop(locked(&self.listener).take());
        let streams: Vec<TcpStream> = locked(&self.streams).values().cloned().collect();
        for stream in streams {
            stream.cancel_all();
        }
        self.leave();
    }
}

/// One of the threads that take packets.
struct Worker {
    shared: Arc<Shared>,
    lane: usize,
    notes: Sender<Note>,
}

impl Worker {
    fn work(&self) {
        self.lane().begin();
        // Without a deadline: a thread that wakes for nothing would become the newest waiter
        // and be given the next packet, and so all of them would take turns.
        while let Ok(packet) = self.shared.port.get(Deadline::Never) {
            self.lane().add(Count::Packets, 1);
            self.take(packet);
        }
    }

    fn lane(&self) -> &Lane {
        &self.shared.lanes[self.lane]
    }

    fn take(&self, packet: Completion) {
        match packet.into_done::<Vec<u8>, Turn>() {
            Ok(done) => self.serve(self.finished(done)),
            Err(packet) => {
                if let Ok(done) = packet.into_done::<Accepted<TcpStream>, Accept>() {
                    self.accepted(done);
                }
            }
        }
    }

    /// An accept has ended: it is repeated, and a new turn begins.
    fn accepted(&self, done: Done<Accepted<TcpStream>, Accept>) {
        let mut again = match done.result {
            Err(error) => Err(error),
            Ok(_) => self.shared.accept(),
        };
        while let Err(error) = again {
            if self.shared.is_stopping() {
                break;
            }
            if accepting::is_about_one_connection(&error) {
                self.lane().add(Count::Errors, 1);
                again = self.shared.accept();
                continue;
            }
            // Refused only when the server has stopped.
            let _ = self.notes.send(Note::Failed(error));
            break;
        }
        if let Some((stream, _)) = done.buf.into_stream() {
            self.welcome(stream);
        }
        self.shared.leave();
    }

    fn welcome(&self, stream: TcpStream) {
        let key = self.shared.last_key.fetch_add(1, Ordering::Relaxed) + 1;
        self.shared.open.fetch_add(1, Ordering::Relaxed);
        self.lane().add(Count::Connections, 1);
        let turn = Turn {
            key,
            stream,
            doing: Doing::Receiving,
        };
        locked(&self.shared.streams).insert(key, turn.stream.clone());
        // Small answers are not held back for more to come.
        let ready = turn.stream.set_nodelay(true);
        match ready.and_then(|()| self.shared.port.associate(&turn.stream, key)) {
            Ok(()) => {
                let buf = Vec::with_capacity(self.shared.buffer_bytes);
                self.serve(Next::Receive(turn, buf));
            }
            Err(error) => self.serve(Next::End(turn, Some(error))),
        }
    }

    /// What follows from a finished receive or send.
    fn finished(&self, done: Done<Vec<u8>, Turn>) -> Next {
        let Done {
            result,
            buf,
            state: turn,
            ..
        } = done;
        match (result, &turn.doing) {
            (Ok(0), Doing::Receiving) => Next::End(turn, None),
            (Ok(bytes), Doing::Receiving) => {
                self.lane().add(Count::Messages, 1);
                self.lane().add(Count::BytesReceived, bytes as u64);
                Next::Send(turn, buf)
            }
            (Ok(bytes), Doing::Sending) => {
                self.lane().add(Count::BytesSent, bytes as u64);
                Next::Receive(turn, buf)
            }
            (Err(error), _) => Next::End(turn, Some(error)),
        }
    }

    /// Carries a connection on until its next operation is in flight.
    fn serve(&self, mut next: Next) {
        loop {
            next = match next {
                Next::Receive(turn, _) if self.shared.is_stopping() => Next::End(turn, None),
                Next::Receive(turn, buf) => self.receive(turn, buf),
                Next::Send(turn, buf) => self.send(turn, buf),
                Next::End(turn, error) => return self.end(turn, error),
                Next::Wait => return,
            }
        }
    }

    fn receive(&self, mut turn: Turn, buf: Vec<u8>) -> Next {
        turn.doing = Doing::Receiving;
        let stream = turn.stream.clone();
        // Always by way of the port, so that a client that never pauses keeps no thread.
        let submitted = stream.recv(buf).submit(turn);
        self.watch(&stream);
        match submitted {
            Ok(_) => Next::Wait,
            Err(Rejected { error, state, .. }) => Next::End(state, Some(error)),
        }
    }

    fn send(&self, mut turn: Turn, buf: Vec<u8>) -> Next {
        turn.doing = Doing::Sending;
        let stream = turn.stream.clone();
        let submitted = stream.send(buf).submit_or_take(turn);
        self.watch(&stream);
        match submitted {
            Ok(Submitted::InFlight(_)) => Next::Wait,
            Ok(Submitted::Done(done)) => self.finished(done),
            Err(Rejected { error, state, .. }) => Next::End(state, Some(error)),
        }
    }

    /// Invariant 2.
    fn watch(&self, stream: &TcpStream) {
        if self.shared.is_stopping() {
            stream.cancel_all();
        }
    }

    fn end(&self, turn: Turn, error: Option<io::Error>) {
        let cancelled =
            |error: &io::Error| error.raw_os_error() == Some(Errno::CANCELED.raw_os_error());
        if error.is_some_and(|error| !cancelled(&error)) {
            self.lane().add(Count::Errors, 1);
        }
        locked(&self.shared.streams).remove(&turn.key);
        drop(turn);
        self.shared.leave();
    }
}
