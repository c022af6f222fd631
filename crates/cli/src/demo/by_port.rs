//! The copy by a few threads on one port, all files at once.
//!
//! A file has a few *strands*, each of which reads a block, writes it, and goes on with the
//! next block that nobody has yet. A strand is what travels with its operation; the file's two
//! handles are shared by its strands and close with the last of them.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use completion_port::{Completion, CompletionPort, Deadline, Done, File, Rejected, Submitted};

use super::files::{FileSet, Source, Target};
use super::usage::{Meter, Usage};
use crate::interrupt::Interrupt;

/// How much is read or written at once.
pub(super) const BLOCK_BYTES: usize = 256 << 10;
/// How many blocks of one file are on their way at once.
const STRANDS: usize = 4;

/// What a round on the port has cost and done.
pub(super) struct Round {
    pub(super) usage: Usage,
    pub(super) failed: Vec<String>,
    /// Packets taken by each thread: one for each file, and one for each operation that could
    /// not be done at once.
    pub(super) packets: Vec<u64>,
}

struct Work<'w> {
    set: &'w FileSet,
    target: &'w Target,
    shared: Arc<Shared>,
}

struct Shared {
    port: CompletionPort,
    /// Files that are not finished yet.
    left: AtomicUsize,
    failed: Mutex<Vec<String>>,
}

/// A file on its way.
struct Job {
    name: String,
    from: File,
    to: File,
    bytes: u64,
    /// Where the next strand goes on.
    next: AtomicU64,
    ticket: Ticket,
}

/// One file that is not finished; whoever drops the last one closes the port.
struct Ticket(Arc<Shared>);

/// One block on its way.
struct Strand {
    job: Arc<Job>,
    offset: u64,
    doing: Doing,
}

enum Doing {
    Reading,
    Writing,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.0.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.port.close();
        }
    }
}

impl Shared {
    fn fail(&self, name: &str, error: &io::Error) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.push(format!("file {name}: {error}"));
    }
}

/// Copies all files by `threads` threads.
pub(super) fn copy(
    set: &FileSet,
    target: &Target,
    threads: usize,
    interrupt: &Interrupt,
) -> io::Result<Round> {
    let meter = Meter::start()?;
    let port = CompletionPort::new(0)?;
    let shared = Arc::new(Shared {
        port: port.clone(),
        left: AtomicUsize::new(set.sources.len()),
        failed: Mutex::default(),
    });
    let closing = port.clone();
    interrupt.then(move || closing.close());
    for index in 0..set.sources.len() {
        // A file that is still to be opened: the port carries the program's own packets, too.
        port.post(index, 0, 0)?;
    }
    let work = Work {
        set,
        target,
        shared,
    };
    let packets = thread::scope(|scope| {
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, || work.take_packets());
        let spawned: Vec<_> = (0..threads).map(spawn).collect();
        if spawned.iter().all(Result::is_err) {
            port.close();
        }
        let joined = |thread: io::Result<thread::ScopedJoinHandle<'_, u64>>| {
            thread?
                .join()
                .map_err(|_| io::Error::other("a copying thread panicked"))
        };
        spawned
            .into_iter()
            .map(joined)
            .collect::<io::Result<Vec<u64>>>()
    })?;
    let usage = meter.stop()?;
    let mut failed = work
        .shared
        .failed
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    Ok(Round {
        usage,
        failed: std::mem::take(&mut failed),
        packets,
    })
}

impl Work<'_> {
    /// One of the threads: takes packets until the port is closed; returns how many.
    fn take_packets(&self) -> u64 {
        let mut packets = 0;
        while let Ok(packet) = self.shared.port.get(Deadline::Never) {
            packets += 1;
            self.take(packet);
        }
        packets
    }

    fn take(&self, packet: Completion) {
        let key = packet.key();
        match packet.into_done::<Vec<u8>, Strand>() {
            Ok(done) => carry_on(finished(done)),
            Err(_) => self.begin(&self.set.sources[key]),
        }
    }

    /// Opens a file and sends its strands on their way.
    fn begin(&self, source: &Source) {
        let ticket = Ticket(Arc::clone(&self.shared));
        let job = match self.open(source, ticket) {
            Ok(job) => Arc::new(job),
            Err(error) => return self.shared.fail(&source.name, &error),
        };
        let bytes = usize::try_from(source.bytes)
            .unwrap_or(usize::MAX)
            .min(BLOCK_BYTES);
        for _ in 0..STRANDS {
            if job.next.load(Ordering::Relaxed) >= job.bytes {
                break;
            }
            carry_on(Next::Read(Arc::clone(&job), Vec::with_capacity(bytes)));
        }
    }

    fn open(&self, source: &Source, ticket: Ticket) -> io::Result<Job> {
        let from = File::open(self.set.source_path(&source.name))?;
        let to = File::create(self.target.path(&source.name))?;
        self.shared.port.associate(&from, 0)?;
        self.shared.port.associate(&to, 0)?;
        let (name, bytes, next) = (source.name.clone(), source.bytes, AtomicU64::new(0));
        Ok(Job {
            name,
            from,
            to,
            bytes,
            next,
            ticket,
        })
    }
}

/// What a strand does next, so that one loop does it all without growing the stack.
enum Next {
    Read(Arc<Job>, Vec<u8>),
    Write(Strand, Vec<u8>),
    /// Its operation is in flight.
    Wait,
    /// There is nothing left for it.
    End,
}

/// Carries a strand on until its next operation is in flight. What need not wait (a read from
/// the page cache, a write into it) is done at once, while the block is still in the processor's
/// cache, and needs no packet.
fn carry_on(mut next: Next) {
    loop {
        next = match next {
            Next::Read(job, buf) => read_next(job, buf),
            Next::Write(strand, buf) => write(strand, buf),
            Next::Wait | Next::End => return,
        }
    }
}

/// A block has been read or written.
fn finished(done: Done<Vec<u8>, Strand>) -> Next {
    let Done {
        result,
        buf,
        state: strand,
        ..
    } = done;
    match (result, &strand.doing) {
        (Err(error), _) => strand.fail(&error),
        (Ok(0), Doing::Reading) => strand.fail(&io::ErrorKind::UnexpectedEof.into()),
        (Ok(_), Doing::Reading) => Next::Write(strand, buf),
        (Ok(_), Doing::Writing) => Next::Read(strand.job, buf),
    }
}

/// Goes on with the next block, if there is one.
fn read_next(job: Arc<Job>, buf: Vec<u8>) -> Next {
    let offset = job.next.fetch_add(BLOCK_BYTES as u64, Ordering::Relaxed);
    if offset >= job.bytes {
        return Next::End;
    }
    let strand = Strand {
        job: Arc::clone(&job),
        offset,
        doing: Doing::Reading,
    };
    after(job.from.read_at(buf, offset).submit_or_take(strand))
}

fn write(mut strand: Strand, buf: Vec<u8>) -> Next {
    strand.doing = Doing::Writing;
    let (job, offset) = (Arc::clone(&strand.job), strand.offset);
    after(job.to.write_at(buf, offset).submit_or_take(strand))
}

fn after(submitted: Result<Submitted<Vec<u8>, Strand>, Rejected<Vec<u8>, Strand>>) -> Next {
    match submitted {
        Ok(Submitted::InFlight(_)) => Next::Wait,
        Ok(Submitted::Done(done)) => finished(done),
        Err(Rejected { error, state, .. }) => state.fail(&error),
    }
}

impl Strand {
    fn fail(&self, error: &io::Error) -> Next {
        self.job.ticket.0.fail(&self.job.name, error);
        Next::End
    }
}
