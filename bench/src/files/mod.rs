//! Reads and writes of one large file, from the page cache and past it.
//!
//! A virtual machine may take idle page cache away within seconds, so a cached cell reads the
//! whole file before its window.

mod compio_fs;
mod fio;
mod pool;
mod pread;
mod tokio_fs;
mod windows;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;

use crate::built::Kind;
use crate::child::{self, Process};
use crate::ours::reads as ours;
use crate::sample::{self, FOREIGN, Sample};
use crate::suite::{Case, Contender};
use crate::{Result, columns, wine};

/// Bytes of a small read or write.
pub(crate) const BLOCK_BYTES: usize = 4096;
const FILE_BYTES: u64 = 1 << 30;
/// A small disk makes do with this.
const FILE_BYTES_MIN: u64 = 256 << 20;
const WARM: Duration = Duration::from_millis(300);
const WINDOW: Duration = Duration::from_secs(1);

/// What is asked of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Blocks at random places.
    Random,
    /// Block after block; each thread begins elsewhere.
    Sequential,
    /// Blocks written at random places, each followed by fdatasync.
    WriteSync,
}

/// How a case reads or writes.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    name: &'static str,
    about: &'static str,
    pub(crate) work: Work,
    /// Bytes at once.
    pub(crate) bytes: usize,
    /// Past the page cache.
    pub(crate) direct: bool,
    /// Operations in flight for each thread.
    pub(crate) depth: usize,
    /// Threads of a contender that can have many operations in flight in one thread; others have
    /// one for each operation in flight.
    pub(crate) threads: usize,
    contenders: &'static [(&'static str, By)],
}

impl Shape {
    pub(crate) fn in_flight(&self) -> usize {
        self.depth * self.threads
    }

    /// One operation in so many is timed, and the clock looked at, where they are so short that
    /// more of it would show.
    pub(crate) fn timed_every(&self) -> u64 {
        if self.direct || self.work == Work::WriteSync {
            1
        } else {
            (16 * BLOCK_BYTES / self.bytes).max(1) as u64
        }
    }
}

/// Where one thread, or one in flight, reads next.
pub(crate) struct Places {
    random: Option<Random>,
    block: u64,
    blocks: u64,
    bytes: u64,
}

impl Places {
    /// For number `index` of `count`.
    pub(crate) fn new(shape: &Shape, blocks: u64, index: usize, count: usize) -> Self {
        let random = shape.work != Work::Sequential;
        Self {
            random: random.then(|| Random::new(index as u64 + 1)),
            block: blocks * index as u64 / count as u64,
            blocks,
            bytes: shape.bytes as u64,
        }
    }

    /// A place in bytes.
    pub(crate) fn next(&mut self) -> u64 {
        self.block = match &mut self.random {
            Some(random) => random.below(self.blocks),
            None => (self.block + 1) % self.blocks,
        };
        self.block * self.bytes
    }
}

/// Who reads.
#[derive(Clone, Copy)]
enum By {
    /// A function of this program, in a process of its own.
    Us(Transfer),
    /// The program fio with this engine.
    Fio(&'static str),
    /// A C program for Windows by the library's C interface.
    C,
    /// The same program under Wine.
    Wine,
}

impl By {
    fn missing(self) -> Option<String> {
        match self {
            Self::Us(_) => None,
            Self::Fio(_) => fio::missing(),
            Self::C => Kind::Ours.missing(),
            Self::Wine => wine::missing(),
        }
    }
}

/// Reads or writes as the shape says until the time has passed.
type Transfer = fn(&Path, &Shape, Duration) -> Result<Reads>;

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
    pub(crate) fn add(&mut self, done: bool, begin: Option<Instant>) -> Result<()> {
        if !done {
            return Err("a short transfer".into());
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
        .write(shape.work == Work::WriteSync)
        .custom_flags(flags)
        .open(path)?)
}

/// How many blocks there are to choose from.
pub(crate) fn blocks(file: &File, shape: &Shape) -> Result<u64> {
    Ok(file.metadata()?.len() / shape.bytes as u64)
}

/// Contenders for the page cache.
const CACHED: &[(&str, By)] = &[
    ("pread", By::Us(pread::run)),
    ("pool", By::Us(pool::run)),
    ("fio-uring", By::Fio("io_uring")),
    ("fio-fixed", By::Fio(fio::FIXED)),
    ("fio-psync", By::Fio("psync")),
    ("tokio", By::Us(tokio_fs::run)),
    ("compio", By::Us(compio_fs::run)),
    ("ours", By::Us(ours::read)),
    ("ours-packets", By::Us(ours::by_packets)),
    ("ours-c", By::C),
    ("wine", By::Wine),
];

/// Past the page cache nothing is done at once, so there is nothing to take; and tokio's files
/// have no say in where their buffers lie.
const DIRECT: &[(&str, By)] = &[
    ("pread", By::Us(pread::run)),
    ("pool", By::Us(pool::run)),
    ("fio-uring", By::Fio("io_uring")),
    ("fio-fixed", By::Fio(fio::FIXED)),
    ("fio-psync", By::Fio("psync")),
    ("compio", By::Us(compio_fs::run)),
    ("ours", By::Us(ours::by_packets)),
    ("ours-c", By::C),
    ("wine", By::Wine),
];

const WRITES: &[(&str, By)] = &[
    ("pwrite", By::Us(pread::run)),
    ("pool", By::Us(pool::run)),
    ("fio-psync", By::Fio("psync")),
    ("tokio", By::Us(tokio_fs::run)),
    ("compio", By::Us(compio_fs::run)),
    ("ours", By::Us(ours::by_packets)),
];

const fn random(name: &'static str, direct: bool, depth: usize, threads: usize) -> Shape {
    Shape {
        name,
        about: "random reads",
        work: Work::Random,
        bytes: BLOCK_BYTES,
        direct,
        depth,
        threads,
        contenders: if direct { DIRECT } else { CACHED },
    }
}

/// The cases. This is the place to add one.
const SHAPES: &[Shape] = &[
    random("cached1", false, 1, 1),
    random("cached1t4", false, 1, 4),
    random("cached32", false, 32, 1),
    random("cached32t4", false, 32, 4),
    random("direct1", true, 1, 1),
    random("direct1t4", true, 1, 4),
    random("direct32", true, 32, 1),
    random("direct32t4", true, 32, 4),
    Shape {
        about: "reads one after the other",
        work: Work::Sequential,
        bytes: 1 << 20,
        ..random("seqcached", false, 1, 1)
    },
    Shape {
        about: "reads one after the other",
        work: Work::Sequential,
        bytes: 1 << 20,
        ..random("seqdirect", true, 4, 1)
    },
    Shape {
        about: "random writes, an fdatasync after each",
        work: Work::WriteSync,
        contenders: WRITES,
        ..random("writesync1", false, 1, 1)
    },
    Shape {
        about: "random writes, an fdatasync after each",
        work: Work::WriteSync,
        contenders: WRITES,
        ..random("writesync16", false, 16, 1)
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
    let case = |shape: &'static Shape| {
        let file = dir.join(match shape.work {
            Work::WriteSync => "random-writes",
            _ => "random-reads",
        });
        let contender = |&(name, by): &(&'static str, By)| {
            let (file, dir) = (file.clone(), dir.to_owned());
            let run = move || {
                create(&file)?;
                let (warm, window) = (child::window(WARM), child::window(WINDOW));
                match by {
                    By::Us(_) => measure_in_child(shape, name, &file),
                    By::Fio(engine) => fio::run(engine, shape, &file, warm, window),
                    By::C => windows::run(shape, &file, false, window, &dir),
                    By::Wine => windows::run(shape, &file, true, window, &dir),
                }
            };
            Contender {
                missing: by.missing(),
                ..Contender::new(name, run)
            }
        };
        let cache = match (shape.work, shape.direct) {
            (Work::WriteSync, _) => "",
            (_, true) => " with O_DIRECT",
            (_, false) => " from the page cache",
        };
        Case {
            name: shape.name.to_owned(),
            about: format!(
                "{} of {} KiB{cache}, threads {}, in flight for each {}, nothing pinned",
                shape.about,
                shape.bytes >> 10,
                shape.threads,
                shape.depth
            ),
            main: "ops_per_s",
            columns: columns::standard("op"),
            growth: None,
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
    read(&args.file, shape, child::window(WARM))?;
    if !shape.direct {
        // What was taken away meanwhile; from here on the reads themselves keep it.
        warm(&args.file)?;
    }
    let ((reads, wall), usage, foreign) = sample::measure(|| {
        let begin = Instant::now();
        let reads = read(&args.file, shape, child::window(WINDOW))?;
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
pub(crate) fn warm(path: &Path) -> Result<()> {
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
