//! Reads and writes through one port.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use completion_port::{
    AlignedBuf, Completion, CompletionPort, Deadline, File, Submitted, WaitError,
};

use crate::Result;
use crate::files::{BLOCK_BYTES, Places, Reads, Shape, Work, blocks, open};

/// When an operation was submitted, if that was noted.
type Begin = Option<Instant>;

/// The state of a write that has been followed by an fdatasync.
struct Synced(Begin, AlignedBuf);

struct Reader {
    port: CompletionPort,
    file: File,
    shape: Shape,
    blocks: u64,
    end: Instant,
    in_flight: AtomicUsize,
}

/// A read that is done at once needs no packet. Each thread has one in flight, on a port and a
/// handle of its own.
pub(crate) fn read(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let end = Instant::now() + time;
    if shape.threads == 1 {
        return Reader::new(path, shape, end)?.take(0);
    }
    thread::scope(|scope| {
        let reader = |index| scope.spawn(move || Reader::new(path, shape, end)?.take(index));
        let readers: Vec<_> = (0..shape.threads).map(reader).collect();
        let mut reads = Reads::none();
        for reader in readers {
            reads.merge(&reader.join().map_err(|_| "a reader panicked")??)?;
        }
        Ok(reads)
    })
}

/// Every completion comes by the port, from which all threads take.
pub(crate) fn by_packets(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let reader = &Reader::new(path, shape, Instant::now() + time)?;
    reader.in_flight.store(shape.in_flight(), Ordering::Relaxed);
    let mut places = reader.places(0);
    for _ in 0..shape.in_flight() {
        let buf = AlignedBuf::new(shape.bytes, BLOCK_BYTES)?;
        reader.submit(buf, &mut places, Some(Instant::now()))?;
    }
    if shape.threads == 1 {
        return reader.work(places);
    }
    let mut reads = Reads::none();
    thread::scope(|scope| {
        let worker = |index| scope.spawn(move || reader.work(reader.places(index)));
        let workers: Vec<_> = (0..shape.threads).map(worker).collect();
        for worker in workers {
            reads.merge(&worker.join().map_err(|_| "a worker panicked")??)?;
        }
        Ok(reads)
    })
}

impl Reader {
    fn new(path: &Path, shape: &Shape, end: Instant) -> Result<Self> {
        let file = open(path, shape)?;
        let blocks = blocks(&file, shape)?;
        let file = File::try_from(file)?;
        let port = CompletionPort::new(shape.threads)?;
        port.associate(&file, 1)?;
        Ok(Self {
            port,
            file,
            shape: *shape,
            blocks,
            end,
            in_flight: AtomicUsize::new(0),
        })
    }

    fn places(&self, index: usize) -> Places {
        Places::new(&self.shape, self.blocks, index, self.shape.threads)
    }

    fn take(&self, index: usize) -> Result<Reads> {
        let mut places = self.places(index);
        let mut buf = AlignedBuf::new(self.shape.bytes, BLOCK_BYTES)?;
        let mut reads = Reads::none();
        loop {
            let timed = reads.count.is_multiple_of(self.shape.timed_every());
            let begin = timed.then(Instant::now);
            if begin.is_some_and(|now| now >= self.end) {
                return Ok(reads);
            }
            let request = self.file.read_at(buf, places.next());
            let done = match request
                .submit_or_take(begin)
                .map_err(|rejected| rejected.error)?
            {
                Submitted::Done(done) => done,
                Submitted::InFlight(_) => {
                    let completion = self.port.get(Deadline::Never)?;
                    completion
                        .into_done()
                        .map_err(|_| "an unknown completion")?
                }
            };
            reads.add(done.result? == self.shape.bytes, done.state)?;
            buf = done.buf;
        }
    }

    fn submit(&self, buf: AlignedBuf, places: &mut Places, begin: Begin) -> Result<()> {
        let offset = places.next();
        let submitted = if self.shape.work == Work::WriteSync {
            self.file.write_at(buf, offset).submit(begin)
        } else {
            self.file.read_at(buf, offset).submit(begin)
        };
        submitted.map_err(|rejected| rejected.error)?;
        Ok(())
    }

    /// What has ended: the memory, and when its operation began. A write has not ended before
    /// its fdatasync has.
    fn ended(&self, completion: Completion) -> Result<Option<(AlignedBuf, Begin)>> {
        match completion.into_done::<AlignedBuf, Begin>() {
            Ok(done) => {
                if done.result? != self.shape.bytes {
                    return Err("a short transfer".into());
                }
                if self.shape.work != Work::WriteSync {
                    return Ok(Some((done.buf, done.state)));
                }
                let sync = self.file.sync_data().submit(Synced(done.state, done.buf));
                sync.map_err(|rejected| rejected.error)?;
                Ok(None)
            }
            Err(other) => {
                let done = other.into_done::<(), Synced>();
                let done = done.map_err(|_| "an unknown completion")?;
                done.result?;
                Ok(Some((done.state.1, done.state.0)))
            }
        }
    }

    /// Until the time is over and nothing is in flight; whoever takes the last read closes the
    /// port, which ends the others.
    fn work(&self, mut places: Places) -> Result<Reads> {
        let mut reads = Reads::none();
        let mut over = false;
        loop {
            let completion = match self.port.get(Deadline::Never) {
                Ok(completion) => completion,
                Err(WaitError::Closed) => return Ok(reads),
                Err(error) => return Err(error.into()),
            };
            let Some((buf, begin)) = self.ended(completion)? else {
                continue;
            };
            reads.add(true, begin)?;
            let timed = reads.count.is_multiple_of(self.shape.timed_every());
            let begin = timed.then(Instant::now);
            over |= begin.is_some_and(|now| now >= self.end);
            if !over {
                self.submit(buf, &mut places, begin)?;
            } else if self.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.port.close();
            }
        }
    }
}
