//! A hundred files at once: is a thread per file needed?
//!
//! Each of 100 cached files of 1 MiB is opened, copied in blocks of 64 KiB to a new file, and
//! both are closed. A pass copies all of them; its time runs from the moment work is handed to
//! threads that already wait until the last file is closed. The copies are removed between
//! passes, outside the measured time and before the kernel writes them to the disk.

mod threads;
mod tokio_fs;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use crate::child::{self, Process};
use crate::ours::copy as ours;
use crate::proc::{self, Machine};
use crate::sample::{FOREIGN, OwnWindow, Sample};
use crate::suite::{Case, Column, Contender};
use crate::{Result, os};

/// Bytes per read and write.
pub(crate) const BLOCK_BYTES: usize = 64 << 10;
const FILES: usize = 100;
const FILE_BYTES: usize = 1 << 20;
const WINDOW: Duration = Duration::from_secs(1);

/// One file's work.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) source: PathBuf,
    pub(crate) copy: PathBuf,
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

const COLUMNS: &[Column] = &[
    Column {
        key: "ops_per_s",
        head: "files/s",
        decimals: 0,
    },
    Column {
        key: "cpu_us_per_op",
        head: "CPU µs/file",
        decimals: 1,
    },
    Column {
        key: "voluntary_per_op",
        head: "vol/file",
        decimals: 2,
    },
    Column {
        key: "involuntary_per_op",
        head: "invol/file",
        decimals: 2,
    },
    Column {
        key: "peak_rss_mib",
        head: "RSS MiB",
        decimals: 1,
    },
];

/// Names a cell.
#[derive(Args)]
pub(crate) struct CellArgs {
    contender: String,
    dir: PathBuf,
}

pub(crate) fn cases(dir: &Path) -> Vec<Case> {
    let contender = |&(name, _): &(&'static str, Prepare)| {
        let dir = dir.join("many-files");
        Contender::new(name, move || {
            create(&dir)?;
            let dir = dir.to_str().ok_or("the directory's name is not UTF-8")?;
            let child = Process::again(&["__manyfiles", name, dir].map(str::to_owned))?;
            Sample::parse(&child.line(Duration::from_secs(30))?)
        })
    };
    vec![Case {
        name: "manyfiles".to_owned(),
        about: "copy of 100 cached files of 1 MiB, blocks of 64 KiB; 100 threads against \
                10 on one port with concurrency 2"
            .to_owned(),
        main: "ops_per_s",
        columns: COLUMNS,
        contenders: CONTENDERS.iter().map(contender).collect(),
    }]
}

fn jobs(dir: &Path) -> Vec<Job> {
    let job = |index| Job {
        source: dir.join(format!("source-{index:02}")),
        copy: dir.join(format!("copy-{index:02}")),
    };
    (0..FILES).map(job).collect()
}

/// Writes the sources, once.
fn create(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    for (index, job) in jobs(dir).into_iter().enumerate() {
        if fs::metadata(&job.source).is_ok_and(|m| m.len() == FILE_BYTES as u64) {
            continue;
        }
        let bytes: Vec<u8> = (0..FILE_BYTES)
            .map(|byte| (byte / 7 + index) as u8)
            .collect();
        fs::write(&job.source, bytes)?;
    }
    Ok(())
}

/// The measuring process.
pub(crate) fn cell(args: &CellArgs) -> Result<()> {
    child::begin(None)?;
    let known = CONTENDERS.iter().find(|(name, _)| *name == args.contender);
    let jobs = jobs(&args.dir);
    for job in &jobs {
        fs::read(&job.source)?;
    }
    let mut pass = known.ok_or("no such contender")?.1(&jobs)?;
    remove_copies(&jobs)?;
    pass()?;
    verify(&jobs)?;
    let sample = measure(&jobs, &mut pass)?;
    verify(&jobs)?;
    remove_copies(&jobs)?;
    sample.print()
}

fn measure(jobs: &[Job], pass: &mut Pass) -> Result<Sample> {
    let own = std::process::id();
    let (machine, cpu_before_ns) = (Machine::start()?, os::cpu_ns(own)?);
    let (mut wall, mut files) = (Duration::ZERO, 0);
    let (mut cpu_ns, mut voluntary, mut involuntary) = (0, 0, 0);
    while wall < WINDOW {
        remove_copies(jobs)?;
        let window = OwnWindow::start()?;
        let begin = Instant::now();
        pass()?;
        wall += begin.elapsed();
        let usage = window.end()?;
        files += jobs.len();
        cpu_ns += usage.cpu_ns;
        voluntary += usage.voluntary;
        involuntary += usage.involuntary;
    }
    let files = files as f64;
    let mut sample = Sample::default();
    sample.set("ops_per_s", files / wall.as_secs_f64());
    sample.set("cpu_us_per_op", cpu_ns as f64 / 1e3 / files);
    sample.set("voluntary_per_op", voluntary as f64 / files);
    sample.set("involuntary_per_op", involuntary as f64 / files);
    sample.set("peak_rss_mib", proc::peak_rss_kib(own)? as f64 / 1024.0);
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
