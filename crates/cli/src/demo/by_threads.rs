//! The copy as one writes it without a port: a thread for each file, which reads and writes and
//! waits for both.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;

use super::by_port::BLOCK_BYTES;
use super::files::{FileSet, Target};
use super::usage::{Meter, Usage};
use crate::interrupt::Interrupt;

/// Copies all files; returns the cost and what failed.
pub(super) fn copy(
    set: &FileSet,
    target: &Target,
    interrupt: &Interrupt,
) -> io::Result<(Usage, Vec<String>)> {
    let meter = Meter::start()?;
    let failed = thread::scope(|scope| {
        let mut threads = Vec::with_capacity(set.sources.len());
        for source in &set.sources {
            let run = move || {
                let (from, to) = (set.source_path(&source.name), target.path(&source.name));
                copy_one(&from, &to, interrupt)
            };
            threads.push((source, thread::Builder::new().spawn_scoped(scope, run)));
        }
        let mut failed = Vec::new();
        for (source, thread) in threads {
            let result = match thread {
                Ok(thread) => thread
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("panic"))),
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                failed.push(format!("file {}: {error}", source.name));
            }
        }
        failed
    });
    Ok((meter.stop()?, failed))
}

fn copy_one(from: &Path, to: &Path, interrupt: &Interrupt) -> io::Result<()> {
    let mut from = File::open(from)?;
    let mut to = File::create(to)?;
    let mut block = vec![0; BLOCK_BYTES];
    while !interrupt.came() {
        match from.read(&mut block)? {
            0 => break,
            bytes => to.write_all(&block[..bytes])?,
        }
    }
    Ok(())
}
