//! The practical limits: threads that do nothing but `pread`, or `pwrite` and `fdatasync`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use completion_port::AlignedBuf;

use super::{BLOCK_BYTES, Places, Reads, Shape, Work, blocks, open};
use crate::Result;

pub(super) fn run(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let file = &open(path, shape)?;
    let blocks = blocks(file, shape)?;
    let end = Instant::now() + time;
    let count = shape.in_flight();
    let places = |index| Places::new(shape, blocks, index, count);
    if count == 1 {
        return until(end, file, shape, places(0));
    }
    let mut reads = Reads::none();
    thread::scope(|scope| {
        let reader = |index| {
            let places = places(index);
            scope.spawn(move || until(end, file, shape, places))
        };
        let readers: Vec<_> = (0..count).map(reader).collect();
        for reader in readers {
            reads.merge(&reader.join().map_err(|_| "a reader panicked")??)?;
        }
        Ok(reads)
    })
}

fn until(end: Instant, file: &File, shape: &Shape, mut places: Places) -> Result<Reads> {
    let mut buf = block(shape)?;
    let mut reads = Reads::none();
    loop {
        let begin = reads
            .count
            .is_multiple_of(shape.timed_every())
            .then(Instant::now);
        if begin.is_some_and(|now| now >= end) {
            return Ok(reads);
        }
        reads.add(transfer(file, shape, &mut buf, places.next())?, begin)?;
    }
}

/// Memory for one transfer, placed as O_DIRECT wants it.
pub(super) fn block(shape: &Shape) -> Result<AlignedBuf> {
    Ok(AlignedBuf::new(shape.bytes, BLOCK_BYTES)?)
}

/// One operation; whether it was whole.
pub(super) fn transfer(
    file: &File,
    shape: &Shape,
    buf: &mut AlignedBuf,
    offset: u64,
) -> Result<bool> {
    let bytes = match shape.work {
        Work::WriteSync => {
            let bytes = file.write_at(buf, offset)?;
            file.sync_data()?;
            bytes
        }
        Work::Random | Work::Sequential => file.read_at(buf, offset)?,
    };
    Ok(bytes == shape.bytes)
}
