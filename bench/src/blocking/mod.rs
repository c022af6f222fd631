//! Handlers that block: what becomes of the others' packets?
//!
//! 64 packets go round: a handler computes for 50 µs and posts its packet again. One handler in
//! ten blocks for about 5 ms in the middle, in a different way in each case. Two processors'
//! worth of handlers may run at once; what counts is how many packets are handled, and how long
//! a packet waits between being posted and its handler's start.

mod tokio_tasks;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;

use crate::child::{self, Process};
use crate::os::ColdPages;
use crate::ours::blocking as ours;
use crate::sample::{Sample, latencies, measure};
use crate::suite::{Case, Contender};
use crate::{Result, columns, files};

/// Packets that go round.
pub(crate) const PACKETS: usize = 64;
/// Handlers that may run at once.
pub(crate) const LIMIT: usize = 2;
/// Threads of those who can have more than run.
pub(crate) const THREADS: usize = 16;
/// The file of the files group.
const FILE: &str = "random-reads";
const COMPUTE: Duration = Duration::from_micros(50);
const BLOCK: Duration = Duration::from_millis(5);
/// How long the lock is free between two times.
const GAP: Duration = Duration::from_millis(1);
const ONE_IN: u64 = 10;
const WARM_UP: Duration = Duration::from_millis(500);
const WINDOW: Duration = Duration::from_secs(3);

/// How a handler blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Asleep, and says so if there is a way to say it.
    Scope,
    Sleep,
    /// On a lock that another thread holds for 5 ms at a time, and then leaves for a moment: a lock
    /// of the standard library is not fair, and would hardly ever be another's without that.
    Lock,
    /// On a page of a mapped file that must be read from the disk.
    Page,
}

const CASES: &[(&str, How, &str)] = &[
    (
        "blockscope",
        How::Scope,
        "asleep for 5 ms, in a scope where there are such",
    ),
    ("blocksleep", How::Sleep, "asleep for 5 ms"),
    (
        "blocklock",
        How::Lock,
        "on a foreign lock, held for 5 ms and free for 1 ms in turn",
    ),
    ("blockpage", How::Page, "on a cold page of a mapped file"),
];

/// Runs handlers until the flag is set; they call [`Work::handle`].
type Contend = fn(&Arc<Work>) -> Result<()>;

const CONTENDERS: &[(&str, Contend)] = &[
    ("ours", ours::observed),
    ("ours-blind", ours::blind),
    ("threads16", ours::unbounded),
    ("tokio", tokio_tasks::plain),
    ("tokio-inplace", tokio_tasks::in_place),
];

/// Names a cell.
#[derive(Args)]
pub(crate) struct CellArgs {
    case: String,
    contender: String,
    dir: PathBuf,
}

pub(crate) fn cases(dir: &Path) -> Vec<Case> {
    let case = |&(case, _, about): &(&'static str, How, &'static str)| {
        let contender = |&(name, _): &(&'static str, Contend)| {
            let dir = dir.to_owned();
            Contender::new(name, move || {
                files::create(&dir.join(FILE))?;
                let path = dir.to_str().ok_or("the directory's name is not UTF-8")?;
                let args = ["__blocking", case, name, path].map(str::to_owned);
                Sample::parse(&Process::again(&args)?.line(Duration::from_secs(30))?)
            })
        };
        Case {
            name: case.to_owned(),
            about: format!("one handler in ten blocks {about}; limit {LIMIT}, {THREADS} threads"),
            main: "ops_per_s",
            columns: columns::with(
                "packet",
                &[("inside", "at work", 2), ("inside_max", "max", 0)],
            ),
            growth: None,
            contenders: CONTENDERS.iter().map(contender).collect(),
        }
    };
    CASES.iter().map(case).collect()
}

/// What handlers do, and what is noted of them.
pub(crate) struct Work {
    how: How,
    pub(crate) over: AtomicBool,
    measuring: AtomicBool,
    start: Instant,
    handled: AtomicU64,
    /// Handlers that compute now.
    inside: AtomicU64,
    inside_max: AtomicU64,
    /// The sum of looks at `inside`, and their number.
    looks: Mutex<(u64, u64)>,
    waits_ns: Mutex<Histogram<u64>>,
    lock: Mutex<()>,
    pages: Option<ColdPages>,
}

impl Work {
    /// The time that a packet carries from its posting to its handler.
    pub(crate) fn now_ns(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Handles a packet that was posted at that time. Where blocks are announced in this case, or
    /// the contender always announces them, it blocks within `scope`.
    pub(crate) fn handle(&self, posted_ns: u64, always: bool, scope: impl FnOnce(&dyn Fn())) {
        let waited_ns = self.now_ns().saturating_sub(posted_ns);
        if self.measuring.load(Ordering::Relaxed) {
            self.waits_ns
                .lock()
                .expect("nobody panics")
                .saturating_record(waited_ns);
        }
        let number = self.handled.fetch_add(1, Ordering::Relaxed);
        self.compute(COMPUTE / 2);
        if number.is_multiple_of(ONE_IN) {
            let block = || self.block(number);
            if always || self.how == How::Scope {
                scope(&block)
            } else {
                block()
            }
        }
        self.compute(COMPUTE / 2);
    }

    fn compute(&self, time: Duration) {
        let inside = self.inside.fetch_add(1, Ordering::Relaxed) + 1;
        self.inside_max.fetch_max(inside, Ordering::Relaxed);
        let end = Instant::now() + time;
        while Instant::now() < end {
            std::hint::spin_loop();
        }
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }

    fn block(&self, number: u64) {
        match self.how {
            How::Scope | How::Sleep => thread::sleep(BLOCK),
            How::Lock => drop(self.lock.lock().expect("nobody panics")),
            How::Page => {
                let pages = self.pages.as_ref().expect("mapped for this case");
                std::hint::black_box(pages.touch(number / ONE_IN));
            }
        }
    }

    /// Holds the lock most of the time.
    fn hold(&self) {
        while !self.over.load(Ordering::Relaxed) {
            let held = self.lock.lock().expect("nobody panics");
            thread::sleep(BLOCK);
            drop(held);
            thread::sleep(GAP);
        }
    }

    fn look(&self) {
        let mut looks = self.looks.lock().expect("nobody panics");
        *looks = (looks.0 + self.inside.load(Ordering::Relaxed), looks.1 + 1);
    }

    fn measure(&self) -> Result<Sample> {
        thread::sleep(WARM_UP);
        let before = self.handled.load(Ordering::Relaxed);
        self.inside_max.store(0, Ordering::Relaxed);
        self.measuring.store(true, Ordering::Relaxed);
        let begin = Instant::now();
        let ((), usage, foreign) = measure(|| {
            while begin.elapsed() < WINDOW {
                thread::sleep(Duration::from_millis(5));
                self.look();
            }
            Ok(())
        })?;
        let wall = begin.elapsed();
        let ops = (self.handled.load(Ordering::Relaxed) - before) as f64;
        let mut sample = Sample::default();
        sample.set("ops_per_s", ops / wall.as_secs_f64());
        sample.set_usage(&usage, ops);
        sample.set_peak(&[std::process::id()])?;
        sample.set_latencies(&self.waits_ns.lock().expect("nobody panics"));
        let looks = self.looks.lock().expect("nobody panics");
        sample.set("inside", looks.0 as f64 / looks.1 as f64);
        sample.set("inside_max", self.inside_max.load(Ordering::Relaxed) as f64);
        sample.set(crate::sample::FOREIGN, foreign);
        Ok(sample)
    }
}

/// The measuring process.
pub(crate) fn cell(args: &CellArgs) -> Result<()> {
    child::begin(None)?;
    let known = CASES.iter().find(|(name, ..)| *name == args.case);
    let how = known.ok_or("no such case")?.1;
    let known = CONTENDERS.iter().find(|(name, _)| *name == args.contender);
    let contend = known.ok_or("no such contender")?.1;
    let pages = match how {
        How::Page => Some(ColdPages::map(&args.dir.join(FILE))?),
        _ => None,
    };
    let work = Arc::new(Work {
        how,
        over: AtomicBool::new(false),
        measuring: AtomicBool::new(false),
        start: Instant::now(),
        handled: AtomicU64::new(0),
        inside: AtomicU64::new(0),
        inside_max: AtomicU64::new(0),
        looks: Mutex::new((0, 0)),
        waits_ns: Mutex::new(latencies()),
        lock: Mutex::new(()),
        pages,
    });
    let holder = Arc::clone(&work);
    thread::spawn(move || {
        if how == How::Lock {
            holder.hold();
        }
    });
    let measured = Arc::clone(&work);
    let measuring = thread::spawn(move || {
        let sample = measured.measure();
        measured.over.store(true, Ordering::Relaxed);
        sample
    });
    contend(&work)?;
    measuring
        .join()
        .map_err(|_| "the measuring thread has panicked")??
        .print()
}
