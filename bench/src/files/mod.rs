//! Random 4 KiB reads of one large file, from the page cache and past it.
//!
//! A virtual machine may take idle page cache away within seconds, so a cached cell reads the
//! whole file before its window.

mod fio;
mod pread;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;

use crate::child::{self, Process};
use crate::ours::reads as ours;
use crate::sample::{self, FOREIGN, Sample};
use crate::suite::{Case, Contender};
use crate::{Result, columns};

/// Bytes per read.
pub(crate) const BLOCK_BYTES: usize = 4096;
const FILE_BYTES: u64 = 1 << 30;
/// A small disk makes do with this.
const FILE_BYTES_MIN: u64 = 256 << 20;
/// One read in so many is timed, and the clock looked at, where reads are so short that more of
/// it would show.
pub(crate) const TIMED_EVERY: u64 = 16;
const WARM: Duration = Duration::from_millis(300);
const WINDOW: Duration = Duration::from_secs(1);

/// How a case reads.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    name: &'static str,
    about: &'static str,
    /// Past the page cache.
    pub(crate) direct: bool,
    /// Reads in flight.
    pub(crate) depth: usize,
    /// Threads of a contender that can have many reads in flight in one thread.
    pub(crate) workers: usize,
    contenders: &'static [(&'static str, By)],
}

/// Who reads.
#[derive(Clone, Copy)]
enum By {
    /// A function of this program, in a process of its own.
    Us(Read4k),
    /// The program fio with this engine.
    Fio(&'static str),
}

/// Reads as the shape says until the time has passed.
type Read4k = fn(&Path, &Shape, Duration) -> Result<Reads>;

/// What was read.
pub(crate) struct Reads {
    pub(crate) count: u64,
    pub(crate) latency_ns: Histogram<u64>,
}

impl Reads {
    pub(crate) fn none() -> Self {
        Self {
            count: 0,
            latency_ns: sample::latencies(),
        }
    }

    /// Counts one read, and its time if it was noted when it began.
    pub(crate) fn add(&mut self, bytes: usize, begin: Option<Instant>) -> Result<()> {
        if bytes != BLOCK_BYTES {
            return Err("a short read".into());
        }
        self.count += 1;
        if let Some(begin) = begin {
            self.latency_ns
                .saturating_record(begin.elapsed().as_nanos() as u64);
        }
        Ok(())
    }

    /// Adds what another thread has read.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        self.count += other.count;
        Ok(self
            .latency_ns
            .add(&other.latency_ns)
            .map_err(|_| "histograms differ")?)
    }
}

/// Opens the test file as the shape says.
pub(crate) fn open(path: &Path, shape: &Shape) -> Result<File> {
    let flags = if shape.direct { libc::O_DIRECT } else { 0 };
    Ok(OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?)
}

/// How many blocks there are to choose from.
pub(crate) fn blocks(file: &File) -> Result<u64> {
    Ok(file.metadata()?.len() / BLOCK_BYTES as u64)
}

/// The cases with their contenders. This is the place to add either.
const SHAPES: &[Shape] = &[
    Shape {
        name: "cached1",
        about: "4 KiB random reads from the page cache, one at a time",
        direct: false,
        depth: 1,
        workers: 1,
        contenders: &[
            ("pread", By::Us(pread::read)),
            ("ours", By::Us(ours::read)),
            ("ours-packets", By::Us(ours::read_by_packets)),
        ],
    },
    Shape {
        name: "direct32",
        about: "4 KiB random reads with O_DIRECT, 32 in flight (pread: 32 threads)",
        direct: true,
        depth: 32,
        workers: 2,
        contenders: &[
            ("fio", By::Fio("io_uring")),
            ("pread", By::Us(pread::read)),
            ("ours", By::Us(ours::read_by_packets)),
        ],
    },
];

/// Names a cell.
#[derive(Args)]
pub(crate) struct CellArgs {
    case: String,
    contender: String,
    file: PathBuf,
}

pub(crate) fn cases(dir: &Path) -> Vec<Case> {
    let file = dir.join("random-reads");
    let case = |shape: &'static Shape| {
        let contender = |&(name, by): &(&'static str, By)| {
            let file = file.clone();
            let missing = match by {
                By::Us(_) => None,
                By::Fio(_) => fio::missing(),
            };
            let run = move || {
                create(&file)?;
                match by {
                    By::Us(_) => measure_in_child(shape, name, &file),
                    By::Fio(engine) => fio::run(engine, shape, &file, WARM, WINDOW),
                }
            };
            Contender {
                missing,
                ..Contender::new(name, run)
            }
        };
        Case {
            name: shape.name.to_owned(),
            about: shape.about.to_owned(),
            main: "ops_per_s",
            columns: columns::standard("read"),
            contenders: shape.contenders.iter().map(contender).collect(),
        }
    };
    SHAPES.iter().map(case).collect()
}

fn measure_in_child(shape: &Shape, contender: &str, file: &Path) -> Result<Sample> {
    let mut args = ["__files", shape.name, contender]
        .map(str::to_owned)
        .to_vec();
    args.push(
        file.to_str()
            .ok_or("the directory's name is not UTF-8")?
            .to_owned(),
    );
    Sample::parse(&Process::again(&args)?.line(Duration::from_secs(30))?)
}

/// The measuring process.
pub(crate) fn cell(args: &CellArgs) -> Result<()> {
    child::begin(None)?;
    let shape = SHAPES
        .iter()
        .find(|shape| shape.name == args.case)
        .ok_or("no such case")?;
    let known = shape.contenders.iter().find_map(|&(name, by)| match by {
        By::Us(read) if name == args.contender => Some(read),
        _ => None,
    });
    let read = known.ok_or("no such reader")?;
    if !shape.direct {
        warm(&args.file)?;
    }
    read(&args.file, shape, WARM)?;
    if !shape.direct {
        // What was taken away meanwhile; from here on the reads themselves keep it.
        warm(&args.file)?;
    }
    let ((reads, wall), usage, foreign) = sample::measure(|| {
        let begin = Instant::now();
        let reads = read(&args.file, shape, WINDOW)?;
        Ok((reads, begin.elapsed()))
    })?;
    let ops = reads.count as f64;
    let mut sample = Sample::default();
    sample.set("ops_per_s", ops / wall.as_secs_f64());
    sample.set_usage(&usage, ops);
    sample.set_peak(&[std::process::id()])?;
    sample.set_latencies(&reads.latency_ns);
    sample.set(FOREIGN, foreign);
    sample.print()
}

/// Brings the whole file into the page cache.
fn warm(path: &Path) -> Result<()> {
    let mut file = File::open(path)?;
    let mut buf = vec![0u8; 1 << 20];
    while file.read(&mut buf)? > 0 {}
    Ok(())
}

/// Writes the test file, once.
pub(crate) fn create(path: &Path) -> Result<()> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() >= FILE_BYTES_MIN) {
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    println!("  (writing {}, once)", path.display());
    let unfinished = path.with_extension("unfinished");
    let mut file = File::create(&unfinished)?;
    let mut random = Random::new(1);
    let block: Vec<u8> = (0..1 << 20).map(|_| random.below(256) as u8).collect();
    let mut bytes = 0;
    while bytes < FILE_BYTES {
        match file.write_all(&block) {
            Ok(()) => bytes += block.len() as u64,
            Err(error) if error.kind() == ErrorKind::StorageFull && bytes >= FILE_BYTES_MIN => {
                file.set_len(bytes)?;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    file.sync_all()?;
    Ok(fs::rename(unfinished, path)?)
}

/// A small, fast generator (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        ((u128::from(value) * u128::from(limit)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_stay_below_the_limit_and_reach_all_of_it() {
        let mut random = Random::new(7);
        let mut seen = [false; 10];
        (0..1000).for_each(|_| seen[random.below(10) as usize] = true);
        assert_eq!(seen, [true; 10]);
    }
}
