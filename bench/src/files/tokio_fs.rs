//! tokio::fs: a task, and a file of its own, for each operation in flight.

use std::io::SeekFrom;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::{Places, Reads, Shape, Work, blocks, open};
use crate::Result;

pub(super) fn run(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(shape.threads)
        .build()?;
    let end = Instant::now() + time;
    let mut tasks = Vec::new();
    for index in 0..shape.in_flight() {
        let file = open(path, shape)?;
        let places = Places::new(shape, blocks(&file, shape)?, index, shape.in_flight());
        tasks.push(runtime.spawn(until(end, File::from_std(file), *shape, places)));
    }
    runtime.block_on(async {
        let mut reads = Reads::none();
        for task in tasks {
            reads.merge(&task.await??)?;
        }
        Ok(reads)
    })
}

async fn until(end: Instant, mut file: File, shape: Shape, mut places: Places) -> Result<Reads> {
    let mut buf = vec![0; shape.bytes];
    let mut reads = Reads::none();
    loop {
        let timed = reads.count.is_multiple_of(shape.timed_every());
        let begin = timed.then(Instant::now);
        if begin.is_some_and(|now| now >= end) {
            return Ok(reads);
        }
        file.seek(SeekFrom::Start(places.next())).await?;
        if shape.work == Work::WriteSync {
            file.write_all(&buf).await?;
            file.sync_data().await?;
        } else {
            file.read_exact(&mut buf).await?;
        }
        reads.add(true, begin)?;
    }
}
