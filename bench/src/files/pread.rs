//! The practical limits: threads that do nothing but `pread`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{BLOCK_BYTES, Random, Reads, Shape, TIMED_EVERY, blocks, open};
use crate::Result;

/// Memory as O_DIRECT wants it.
#[repr(align(4096))]
struct Block([u8; BLOCK_BYTES]);

pub(super) fn read(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let file = &open(path, shape)?;
    let blocks = blocks(file)?;
    let end = Instant::now() + time;
    let timed_every = if shape.direct { 1 } else { TIMED_EVERY };
    if shape.depth == 1 {
        return read_until(end, file, blocks, 1, timed_every);
    }
    let mut reads = Reads::none();
    thread::scope(|scope| {
        let reader = |seed| scope.spawn(move || read_until(end, file, blocks, seed, timed_every));
        let readers: Vec<_> = (1..=shape.depth as u64).map(reader).collect();
        for reader in readers {
            reads.merge(&reader.join().map_err(|_| "a reader panicked")??)?;
        }
        Ok(reads)
    })
}

fn read_until(end: Instant, file: &File, blocks: u64, seed: u64, every: u64) -> Result<Reads> {
    let mut block = Box::new(Block([0; BLOCK_BYTES]));
    let mut random = Random::new(seed);
    let mut reads = Reads::none();
    loop {
        let begin = reads.count.is_multiple_of(every).then(Instant::now);
        if begin.is_some_and(|now| now >= end) {
            return Ok(reads);
        }
        let offset = random.below(blocks) * BLOCK_BYTES as u64;
        reads.add(file.read_at(&mut block.0, offset)?, begin)?;
    }
}
