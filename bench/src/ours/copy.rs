//! Many files at once: ten threads on one port, two of which should run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use completion_port::{Completion, CompletionPort, Deadline, File, Submitted};

use crate::manyfiles::{BLOCK_BYTES, Job, Pass};
use crate::{Error, Result};

const THREADS: usize = 10;
const CONCURRENCY: usize = 2;

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
    failure: Mutex<Option<Error>>,
    over: Sender<()>,
    /// An operation that is done at once needs no packet.
    take: bool,
}

pub(crate) fn prepare(jobs: &[Job]) -> Result<Pass> {
    start(jobs, true)
}

pub(crate) fn prepare_by_packets(jobs: &[Job]) -> Result<Pass> {
    start(jobs, false)
}

fn start(jobs: &[Job], take: bool) -> Result<Pass> {
    let (over, ends) = mpsc::channel();
    let copier = Arc::new(Copier {
        port: CompletionPort::new(CONCURRENCY)?,
        jobs: jobs.to_vec(),
        left: AtomicUsize::new(0),
        failure: Mutex::new(None),
        over,
        take,
    });
    for _ in 0..THREADS {
        let copier = Arc::clone(&copier);
        thread::spawn(move || copier.work());
    }
    Ok(Box::new(move || {
        copier.left.store(copier.jobs.len(), Ordering::Release);
        for index in 0..copier.jobs.len() {
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
    fn work(&self) {
        while let Ok(completion) = self.port.get(Deadline::Never) {
            let finished = self.step(completion);
            if let Ok(false) = finished {
                continue;
            }
            if let Err(error) = finished {
                *self.failure.lock().expect("nobody panics while holding it") = Some(error);
            }
            if self.left.fetch_sub(1, Ordering::AcqRel) == 1 && self.over.send(()).is_err() {
                return;
            }
        }
    }

    /// Goes on with one file; `true` when that was its end.
    fn step(&self, completion: Completion) -> Result<bool> {
        if let Some(index) = completion.token() {
            let job = &self.jobs[index];
            let (source, copy) = (File::open(&job.source)?, File::create(&job.copy)?);
            self.port.associate(&source, 1)?;
            self.port.associate(&copy, 2)?;
            let copy = Box::new(Copy {
                index,
                source,
                copy,
                offset: 0,
            });
            return self.read(copy, Vec::with_capacity(BLOCK_BYTES));
        }
        match completion.into_done::<Vec<u8>, Filled>() {
            Ok(done) => self.filled(done.result?, done.state.0, done.buf),
            Err(other) => {
                let done = other.into_done::<Vec<u8>, Drained>();
                let done = done.map_err(|_| "an unknown completion")?;
                self.drained(done.result?, done.state.0, done.buf)
            }
        }
    }

    fn read(&self, copy: Box<Copy>, buf: Vec<u8>) -> Result<bool> {
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

    fn filled(&self, bytes: usize, copy: Box<Copy>, buf: Vec<u8>) -> Result<bool> {
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

    fn drained(&self, bytes: usize, mut copy: Box<Copy>, buf: Vec<u8>) -> Result<bool> {
        copy.offset += bytes as u64;
        self.read(copy, buf)
    }
}
