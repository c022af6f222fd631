//! A blocking thread per file.

use std::io::{Read, Write};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use completion_port::AlignedBuf;

use super::{BLOCK_BYTES, Job, Pass, SECTOR_BYTES};
use crate::Result;

pub(super) fn prepare(jobs: &[Job]) -> Result<Pass> {
    let begin = Arc::new(Barrier::new(jobs.len() + 1));
    let end = Arc::new(Barrier::new(jobs.len() + 1));
    let failure = Arc::new(Mutex::new(None));
    for job in jobs {
        let job = job.clone();
        let (begin, end) = (Arc::clone(&begin), Arc::clone(&end));
        let failure = Arc::clone(&failure);
        thread::spawn(move || {
            // Memory where direct access wants it, which is as good for the rest.
            let mut buf = AlignedBuf::new(BLOCK_BYTES, SECTOR_BYTES).expect("a block of memory");
            loop {
                begin.wait();
                match copy(&job, &mut buf) {
                    Ok(()) => job.done(),
                    Err(error) => {
                        *failure.lock().expect("nobody panics while holding it") = Some(error);
                    }
                }
                end.wait();
            }
        });
    }
    Ok(Box::new(move || {
        begin.wait();
        end.wait();
        failure
            .lock()
            .expect("nobody panics while holding it")
            .take()
            .map_or(Ok(()), Err)
    }))
}

fn copy(job: &Job, buf: &mut [u8]) -> Result<()> {
    let (mut source, mut copy) = (job.open_source()?, job.create_copy()?);
    loop {
        match source.read(buf)? {
            0 => return Ok(()),
            bytes => copy.write_all(&buf[..bytes])?,
        }
    }
}
