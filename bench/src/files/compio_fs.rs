//! compio: a runtime with a ring of its own in each thread, a task for each operation in flight.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use compio::buf::{IntoInner, IoBuf};
use compio::fs::{File, OpenOptions};
use compio::io::{AsyncReadAt, AsyncWriteAt};
use compio::runtime::Runtime;

use super::{BLOCK_BYTES, Places, Reads, Shape, Work};
use crate::Result;

pub(super) fn run(path: &Path, shape: &Shape, time: Duration) -> Result<Reads> {
    let end = Instant::now() + time;
    if shape.threads == 1 {
        return one_thread(path.to_owned(), *shape, 0, end);
    }
    let mut reads = Reads::none();
    thread::scope(|scope| {
        let thread = |index| scope.spawn(move || one_thread(path.to_owned(), *shape, index, end));
        let threads: Vec<_> = (0..shape.threads).map(thread).collect();
        for thread in threads {
            reads.merge(&thread.join().map_err(|_| "a thread panicked")??)?;
        }
        Ok(reads)
    })
}

fn one_thread(path: PathBuf, shape: Shape, thread: usize, end: Instant) -> Result<Reads> {
    Runtime::new()?.block_on(async {
        let mut options = OpenOptions::new();
        options.read(true).write(shape.work == Work::WriteSync);
        if shape.direct {
            options.custom_flags(libc::O_DIRECT);
        }
        let file = Rc::new(options.open(&path).await?);
        let blocks = file.metadata().await?.len() / shape.bytes as u64;
        let task = |index| {
            let number = thread * shape.depth + index;
            let places = Places::new(&shape, blocks, number, shape.in_flight());
            compio::runtime::spawn(until(end, Rc::clone(&file), shape, places))
        };
        let tasks: Vec<_> = (0..shape.depth).map(task).collect();
        let mut reads = Reads::none();
        for task in tasks {
            reads.merge(&task.await.map_err(|_| "a task panicked")??)?;
        }
        Ok(reads)
    })
}

async fn until(end: Instant, file: Rc<File>, shape: Shape, mut places: Places) -> Result<Reads> {
    let mut buf = vec![0; shape.bytes + BLOCK_BYTES];
    // Where O_DIRECT wants it.
    let begin = buf.as_ptr().align_offset(BLOCK_BYTES);
    let part = begin..begin + shape.bytes;
    let mut reads = Reads::none();
    loop {
        let timed = reads.count.is_multiple_of(shape.timed_every());
        let begin = timed.then(Instant::now);
        if begin.is_some_and(|now| now >= end) {
            return Ok(reads);
        }
        let (slice, offset) = (buf.slice(part.clone()), places.next());
        let done = if shape.work == Work::WriteSync {
            let done = (&*file).write_at(slice, offset).await;
            file.sync_data().await?;
            done
        } else {
            file.read_at(slice, offset).await
        };
        reads.add(done.0? == shape.bytes, begin)?;
        buf = done.1.into_inner();
    }
}
