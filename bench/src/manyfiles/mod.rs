//! A hundred files at once: is a thread per file needed?
//!
//! Each of 100 cached files of 1 MiB is opened, copied in blocks of 64 KiB to a new file, and
//! both are closed. A pass copies all of them; its time runs from the moment work is handed to
//! threads that already wait until the last file is closed; a file's latency is the time until
//! that file is closed. The copies are removed between
//! passes, outside the measured time and before the kernel writes them to the disk.

mod threads;
mod tokio_fs;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;

use crate::child::{self, Process};
use crate::ours::copy as ours;
use crate::proc::{Machine, Usage};
use crate::sample::{self, FOREIGN, OwnWindow, Sample};
use crate::suite::{Case, Contender};
use crate::{Result, columns, os};

/// Bytes per read and write.
pub(crate) const BLOCK_BYTES: usize = 64 << 10;
/// Where direct access wants memory to lie.
pub(crate) const SECTOR_BYTES: usize = 4096;
const FILES: usize = 100;
const FILE_BYTES: usize = 1 << 20;
const WINDOW: Duration = Duration::from_secs(1);

/// One file's work.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) source: PathBuf,
    pub(crate) copy: PathBuf,
    /// Past the page cache, both ways.
    pub(crate) direct: bool,
    times: Arc<Times>,
}

impl Job {
    pub(crate) fn open_source(&self) -> io::Result<File> {
        self.options().read(true).open(&self.source)
    }

    pub(crate) fn create_copy(&self) -> io::Result<File> {
        let mut options = self.options();
        options.write(true).create(true).truncate(!self.direct);
        options.open(&self.copy)
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        if self.direct {
            options.custom_flags(libc::O_DIRECT);
        }
        options
    }

    /// Notes that the copy is closed.
    pub(crate) fn done(&self) {
        let mut times = self.times.0.lock().expect(NO_PANIC);
        let ns = times.0.elapsed().as_nanos() as u64;
        times.1.saturating_record(ns);
    }
}

const NO_PANIC: &str = "nobody panics while holding it";

/// When the pass began, and how long after that each file was done.
struct Times(Mutex<(Instant, Histogram<u64>)>);

impl Times {
    fn begin(&self) {
        self.0.lock().expect(NO_PANIC).0 = Instant::now();
    }

    fn clear(&self) {
        self.0.lock().expect(NO_PANIC).1.reset();
    }
}

/// Does all jobs once, with threads that it started before.
pub(crate) type Pass = Box<dyn FnMut() -> Result<()>>;

/// Starts the threads.
type Prepare = fn(&[Job]) -> Result<Pass>;

/// The contenders. This is the place to add one: a name and a function.
const CONTENDERS: &[(&str, Prepare)] = &[
    ("threads100", threads::prepare),
    ("tokio", tokio_fs::prepare),
    ("ours", ours::prepare),
    ("ours-packets", ours::prepare_by_packets),
];

/// Names a cell.
#[derive(Args)]
pub(crate) struct CellArgs {
    case: String,
    contender: String,
    dir: PathBuf,
}

const COLD: &str = "manyfilescold";
const DIRECT: &str = "manyfilesdirect";

const CASES: &[(&str, &str)] = &[
    ("manyfiles", "cached"),
    (COLD, "dropped from the page cache before each pass"),
    (
        DIRECT,
        "with O_DIRECT both ways, at most 10 at a time on the port",
    ),
];

pub(crate) fn cases(dir: &Path) -> Vec<Case> {
    let case = |&(case, state): &(&'static str, &str)| {
        let contender = |&(name, _): &(&'static str, Prepare)| {
            let dir = dir.join("many-files");
            Contender::new(name, move || {
                create(&dir)?;
                let dir = dir.to_str().ok_or("the directory's name is not UTF-8")?;
                let child = Process::again(&["__manyfiles", case, name, dir].map(str::to_owned))?;
                Sample::parse(&child.line(Duration::from_secs(30))?)
            })
        };
        Case {
            name: case.to_owned(),
            about: format!(
                "copy of 100 files of 1 MiB, {state}, blocks of 64 KiB; 100 threads against 10 \
                 on one port with concurrency 2"
            ),
            main: "ops_per_s",
            columns: columns::standard("file"),
            growth: None,
            contenders: CONTENDERS
                .iter()
                // tokio's files have no say in where their memory lies.
                .filter(|(name, _)| case != DIRECT || *name != "tokio")
                .map(contender)
                .collect(),
        }
    };
    CASES.iter().map(case).collect()
}

fn jobs(dir: &Path, direct: bool) -> Vec<Job> {
    let times = Arc::new(Times(Mutex::new((Instant::now(), sample::latencies()))));
    let job = |index| Job {
        times: Arc::clone(&times),
        direct,
        source: dir.join(format!("source-{index:02}")),
        copy: dir.join(format!("copy-{index:02}")),
    };
    (0..FILES).map(job).collect()
}

/// Writes the sources, once.
fn create(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    for (index, job) in jobs(dir, false).into_iter().enumerate() {
        if fs::metadata(&job.source).is_ok_and(|m| m.len() == FILE_BYTES as u64) {
            continue;
        }
        let bytes: Vec<u8> = (0..FILE_BYTES)
            .map(|byte| (byte / 7 + index) as u8)
            .collect();
        let mut file = File::create(&job.source)?;
        file.write_all(&bytes)?;
        // Only what is on the disk can be dropped from the page cache.
        file.sync_all()?;
    }
    Ok(())
}

/// The measuring process.
pub(crate) fn cell(args: &CellArgs) -> Result<()> {
    child::begin(None)?;
    let known = CONTENDERS.iter().find(|(name, _)| *name == args.contender);
    let jobs = jobs(&args.dir, args.case == DIRECT);
    for job in &jobs {
        fs::read(&job.source)?;
    }
    let mut pass = known.ok_or("no such contender")?.1(&jobs)?;
    remove_copies(&jobs)?;
    pass()?;
    verify(&jobs)?;
    let sample = measure(&jobs, &mut pass, args.case == COLD)?;
    verify(&jobs)?;
    remove_copies(&jobs)?;
    sample.print()
}

fn measure(jobs: &[Job], pass: &mut Pass, cold: bool) -> Result<Sample> {
    let own = std::process::id();
    let (machine, cpu_before_ns) = (Machine::start()?, os::cpu_ns(own)?);
    let (mut wall, mut files) = (Duration::ZERO, 0);
    let mut usage = Usage::default();
    let times = &jobs[0].times;
    times.clear();
    while wall < child::window(WINDOW) {
        if !jobs[0].direct {
            remove_copies(jobs)?;
        }
        if cold {
            for job in jobs {
                os::drop_cached(&File::open(&job.source)?);
            }
        }
        let window = OwnWindow::start()?;
        times.begin();
        let begin = Instant::now();
        pass()?;
        wall += begin.elapsed();
        usage = usage.plus(&window.end()?);
        files += jobs.len();
    }
    let ops = files as f64;
    let mut sample = Sample::default();
    sample.set("ops_per_s", ops / wall.as_secs_f64());
    sample.set_usage(&usage, ops);
    sample.set_latencies(&times.0.lock().expect(NO_PANIC).1);
    sample.set_peak(&[own])?;
    sample.set(
        FOREIGN,
        machine.foreign_percent(os::cpu_ns(own)? - cpu_before_ns)?,
    );
    Ok(sample)
}

fn remove_copies(jobs: &[Job]) -> Result<()> {
    for job in jobs {
        match fs::remove_file(&job.copy) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn verify(jobs: &[Job]) -> Result<()> {
    for job in jobs {
        if fs::read(&job.source)? != fs::read(&job.copy)? {
            return Err(format!("{} is not a copy", job.copy.display()).into());
        }
    }
    Ok(())
}
