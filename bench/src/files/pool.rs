//! A pool of sixteen threads behind a queue, as programs have that must not block elsewhere.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use completion_port::AlignedBuf;
use crossbeam_channel::{Sender, unbounded};

use super::pread::{block, transfer};
use super::{Places, Reads, Shape, blocks, open};
use crate::Result;

const THREADS: usize = 16;

/// What goes to the pool, and comes back to who submitted it.
struct Job {
    buf: AlignedBuf,
    offset: u64,
    begin: Option<Instant>,
    whole: Result<bool>,
    back: Sender<Job>,
}

pub(super) fn run(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let file = &open(path, shape)?;
    let blocks = blocks(file, shape)?;
    let end = Instant::now() + time;
    let (submit, queue) = unbounded::<Job>();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let queue = queue.clone();
            scope.spawn(move || {
                for mut job in queue {
                    job.whole = transfer(file, shape, &mut job.buf, job.offset);
                    let back = job.back.clone();
                    // Nobody takes it only when its submitter has failed.
                    let _ = back.send(job);
                }
            });
        }
        let submitter = |index| {
            let submit = submit.clone();
            let places = Places::new(shape, blocks, index, shape.threads);
            scope.spawn(move || submitting(shape, places, end, &submit))
        };
        let submitters: Vec<_> = (0..shape.threads).map(submitter).collect();
        drop(submit);
        let mut reads = Reads::none();
        for submitter in submitters {
            reads.merge(&submitter.join().map_err(|_| "a submitter panicked")??)?;
        }
        Ok(reads)
    })
}

/// Keeps as many jobs in the pool as the shape says for one thread.
fn submitting(
    shape: &Shape,
    mut places: Places,
    end: Instant,
    submit: &Sender<Job>,
) -> Result<Reads> {
    let (back, done) = unbounded();
    for _ in 0..shape.depth {
        submit.send(Job {
            buf: block(shape)?,
            offset: places.next(),
            begin: Some(Instant::now()),
            whole: Ok(false),
            back: back.clone(),
        })?;
    }
    let (mut reads, mut left, mut over) = (Reads::none(), shape.depth, false);
    while left > 0 {
        let mut job = done.recv()?;
        reads.add(std::mem::replace(&mut job.whole, Ok(false))?, job.begin)?;
        let timed = reads.count.is_multiple_of(shape.timed_every());
        job.begin = timed.then(Instant::now);
        over |= job.begin.is_some_and(|now| now >= end);
        if over {
            left -= 1;
        } else {
            job.offset = places.next();
            submit.send(job)?;
        }
    }
    Ok(reads)
}
