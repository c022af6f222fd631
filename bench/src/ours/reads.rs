//! Random reads through one port.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use completion_port::{AlignedBuf, CompletionPort, Deadline, File, Submitted, WaitError};

use crate::Result;
use crate::files::{BLOCK_BYTES, Random, Reads, Shape, TIMED_EVERY, blocks, open};

/// The state of a read: when it was submitted, if that was noted.
type Begin = Option<Instant>;

struct Reader {
    port: CompletionPort,
    file: File,
    blocks: u64,
    end: Instant,
    in_flight: AtomicUsize,
    /// One read in so many is timed, and the clock looked at.
    timed_every: u64,
}

/// A read that is done at once needs no packet. For one read at a time.
pub(crate) fn read(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let reader = Reader::new(path, shape, time)?;
    let mut random = Random::new(1);
    let mut buf = AlignedBuf::new(BLOCK_BYTES, BLOCK_BYTES)?;
    let mut reads = Reads::none();
    loop {
        let begin = reads
            .count
            .is_multiple_of(reader.timed_every)
            .then(Instant::now);
        if begin.is_some_and(|now| now >= reader.end) {
            return Ok(reads);
        }
        let request = reader
            .file
            .read_at(buf, random.below(reader.blocks) * BLOCK_BYTES as u64);
        let done = match request
            .submit_or_take(begin)
            .map_err(|rejected| rejected.error)?
        {
            Submitted::Done(done) => done,
            Submitted::InFlight(_) => {
                let completion = reader.port.get(Deadline::Never)?;
                completion
                    .into_done()
                    .map_err(|_| "an unknown completion")?
            }
        };
        reads.add(done.result?, done.state)?;
        buf = done.buf;
    }
}

/// Every completion comes by the port, from which `workers` threads take.
pub(crate) fn read_by_packets(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let reader = &Reader::new(path, shape, time)?;
    let mut random = Random::new(0);
    reader.in_flight.store(shape.depth, Ordering::Relaxed);
    for _ in 0..shape.depth {
        let buf = AlignedBuf::new(BLOCK_BYTES, BLOCK_BYTES)?;
        reader.submit(buf, &mut random, Some(Instant::now()))?;
    }
    if shape.workers == 1 {
        return reader.work(1);
    }
    let mut reads = Reads::none();
    thread::scope(|scope| {
        let worker = |seed| scope.spawn(move || reader.work(seed));
        let workers: Vec<_> = (1..=shape.workers as u64).map(worker).collect();
        for worker in workers {
            reads.merge(&worker.join().map_err(|_| "a worker panicked")??)?;
        }
        Ok(reads)
    })
}

impl Reader {
    fn new(path: &Path, shape: &Shape, time: Duration) -> Result<Self> {
        let file = open(path, shape)?;
        let blocks = blocks(&file)?;
        let file = File::try_from(file)?;
        let port = CompletionPort::new(shape.workers)?;
        port.associate(&file, 1)?;
        Ok(Self {
            port,
            file,
            blocks,
            end: Instant::now() + time,
            in_flight: AtomicUsize::new(0),
            timed_every: if shape.direct { 1 } else { TIMED_EVERY },
        })
    }

    fn submit(&self, buf: AlignedBuf, random: &mut Random, begin: Begin) -> Result<()> {
        let offset = random.below(self.blocks) * BLOCK_BYTES as u64;
        let request = self.file.read_at(buf, offset);
        request.submit(begin).map_err(|rejected| rejected.error)?;
        Ok(())
    }

    /// Until the time is over and nothing is in flight; whoever takes the last read closes the
    /// port, which ends the others.
    fn work(&self, seed: u64) -> Result<Reads> {
        let mut random = Random::new(seed);
        let mut reads = Reads::none();
        let mut over = false;
        loop {
            let completion = match self.port.get(Deadline::Never) {
                Ok(completion) => completion,
                Err(WaitError::Closed) => return Ok(reads),
                Err(error) => return Err(error.into()),
            };
            let done = completion.into_done::<AlignedBuf, Begin>();
            let done = done.map_err(|_| "an unknown completion")?;
            reads.add(done.result?, done.state)?;
            let begin = reads
                .count
                .is_multiple_of(self.timed_every)
                .then(Instant::now);
            over |= begin.is_some_and(|now| now >= self.end);
            if !over {
                self.submit(done.buf, &mut random, begin)?;
            } else if self.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.port.close();
            }
        }
    }
}
