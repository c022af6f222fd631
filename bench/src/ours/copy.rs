//! Many files at once: ten threads on one port, two of which should run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use completion_port::{
    AlignedBuf, Completion, CompletionPort, Deadline, File, IoBufMut, Submitted,
};

use crate::manyfiles::{BLOCK_BYTES, Job, Pass, SECTOR_BYTES};
use crate::{Error, Result};

const THREADS: usize = 10;
const CONCURRENCY: usize = 2;
/// So many files at once keep a device busy; more are only in each other's way there.
const DIRECT_FILES: usize = 10;

/// What a block is read into and written from.
trait Block: IoBufMut + Sized {
    fn new() -> Result<Self>;
}

impl Block for Vec<u8> {
    fn new() -> Result<Self> {
        Ok(Self::with_capacity(BLOCK_BYTES))
    }
}

impl Block for AlignedBuf {
    fn new() -> Result<Self> {
        Ok(Self::new(BLOCK_BYTES, SECTOR_BYTES)?)
    }
}

/// A file that is being copied: the state of its one operation in flight.
struct Copy {
    index: usize,
    source: File,
    copy: File,
    offset: u64,
}

/// The state of a read.
struct Filled(Box<Copy>);
/// The state of a write.
struct Drained(Box<Copy>);

struct Copier {
    port: CompletionPort,
    jobs: Vec<Job>,
    left: AtomicUsize,
    /// The next that is to be begun.
    next: AtomicUsize,
    failure: Mutex<Option<Error>>,
    over: Sender<()>,
    /// An operation that is done at once needs no packet.
    take: bool,
}

pub(crate) fn prepare(jobs: &[Job]) -> Result<Pass> {
    start_for(jobs, true)
}

pub(crate) fn prepare_by_packets(jobs: &[Job]) -> Result<Pass> {
    start_for(jobs, false)
}

fn start_for(jobs: &[Job], take: bool) -> Result<Pass> {
    if jobs[0].direct {
        start::<AlignedBuf>(jobs, take, DIRECT_FILES)
    } else {
        start::<Vec<u8>>(jobs, take, jobs.len())
    }
}

fn start<B: Block>(jobs: &[Job], take: bool, at_once: usize) -> Result<Pass> {
    let (over, ends) = mpsc::channel();
    let copier = Arc::new(Copier {
        port: CompletionPort::new(CONCURRENCY)?,
        jobs: jobs.to_vec(),
        left: AtomicUsize::new(0),
        next: AtomicUsize::new(0),
        failure: Mutex::new(None),
        over,
        take,
    });
    for _ in 0..THREADS {
        let copier = Arc::clone(&copier);
        thread::spawn(move || copier.work::<B>());
    }
    Ok(Box::new(move || {
        copier.left.store(copier.jobs.len(), Ordering::Release);
        copier.next.store(at_once, Ordering::Release);
        for index in 0..at_once {
            copier.port.post(0, 0, index)?;
        }
        ends.recv()?;
        copier
            .failure
            .lock()
            .expect("nobody panics while holding it")
            .take()
            .map_or(Ok(()), Err)
    }))
}

impl Copier {
    fn work<B: Block>(&self) {
        while let Ok(completion) = self.port.get(Deadline::Never) {
            let finished = self.step::<B>(completion);
            if let Ok(false) = finished {
                continue;
            }
            if let Err(error) = finished {
                *self.failure.lock().expect("nobody panics while holding it") = Some(error);
            }
            let next = self.next.fetch_add(1, Ordering::AcqRel);
            if next < self.jobs.len() && self.port.post(0, 0, next).is_err() {
                return;
            }
            if self.left.fetch_sub(1, Ordering::AcqRel) == 1 && self.over.send(()).is_err() {
                return;
            }
        }
    }

    /// Goes on with one file; `true` when that was its end.
    fn step<B: Block>(&self, completion: Completion) -> Result<bool> {
        if let Some(index) = completion.token() {
            let job = &self.jobs[index];
            let (source, copy) = (job.open_source()?, job.create_copy()?);
            let (source, copy) = (File::try_from(source)?, File::try_from(copy)?);
            self.port.associate(&source, 1)?;
            self.port.associate(&copy, 2)?;
            let copy = Box::new(Copy {
                index,
                source,
                copy,
                offset: 0,
            });
            return self.read(copy, B::new()?);
        }
        match completion.into_done::<B, Filled>() {
            Ok(done) => self.filled(done.result?, done.state.0, done.buf),
            Err(other) => {
                let done = other.into_done::<B, Drained>();
                let done = done.map_err(|_| "an unknown completion")?;
                self.drained(done.result?, done.state.0, done.buf)
            }
        }
    }

    fn read<B: Block>(&self, copy: Box<Copy>, buf: B) -> Result<bool> {
        let source = copy.source.clone();
        let request = source.read_at(buf, copy.offset);
        if !self.take {
            request
                .submit(Filled(copy))
                .map_err(|rejected| rejected.error)?;
            return Ok(false);
        }
        match request
            .submit_or_take(Filled(copy))
            .map_err(|rejected| rejected.error)?
        {
            Submitted::InFlight(_) => Ok(false),
            Submitted::Done(done) => self.filled(done.result?, done.state.0, done.buf),
        }
    }

    fn filled<B: Block>(&self, bytes: usize, copy: Box<Copy>, buf: B) -> Result<bool> {
        if bytes == 0 {
            let index = copy.index;
            drop(copy);
            self.jobs[index].done();
            return Ok(true);
        }
        let target = copy.copy.clone();
        let request = target.write_at(buf, copy.offset);
        if !self.take {
            request
                .submit(Drained(copy))
                .map_err(|rejected| rejected.error)?;
            return Ok(false);
        }
        match request
            .submit_or_take(Drained(copy))
            .map_err(|rejected| rejected.error)?
        {
            Submitted::InFlight(_) => Ok(false),
            // Sixteen blocks a file bound the depth of this recursion.
            Submitted::Done(done) => self.drained(done.result?, done.state.0, done.buf),
        }
    }

    fn drained<B: Block>(&self, bytes: usize, mut copy: Box<Copy>, buf: B) -> Result<bool> {
        copy.offset += bytes as u64;
        self.read(copy, buf)
    }
}
