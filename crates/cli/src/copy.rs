//! `iocp copy`: files and trees, copied by a few threads through one completion port.
//!
//! | file | holds |
//! |---|---|
//! | `operands` | what the command line names |
//! | `crew` | the threads, and what they share |
//! | `desk` | what is to be done next, and how much at once |
//! | `folder`, `walk` | directories: opened, read, divided among the threads, finished |
//! | `transfer` | a file on its way, from the first read to its name |
//! | `cursor` | which piece of it comes next, holes left out |
//! | `draft` | the copy before it is complete |
//! | `attributes` | permissions and times |
//! | `tally` | the checksum of `--verify` |
//! | `faults`, `bar` | what the user sees |
//!
//! # Why the bytes go through the port
//!
//! The kernel can copy by itself (`copy_file_range`), and some file systems can let two files
//! share their blocks. But a copy that shares blocks is not a second copy: the disk error that
//! takes one takes both. And `copy_file_range` blocks the thread that calls it and moves 64 KiB
//! at a time; reading and writing a piece that fits the processor's cache is as fast, can be
//! done for many files at once, can be interrupted, counted and verified. Blocks are shared only
//! on demand (`--reflink=auto`).

mod attributes;
mod bar;
mod crew;
mod cursor;
mod desk;
mod draft;
mod faults;
mod folder;
mod operands;
mod tally;
mod transfer;
mod walk;

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicUsize;
use std::thread;

use completion_port::CompletionPort;
use indicatif::ProgressBar;
use rustix::process::{Resource, getrlimit};

use crate::interrupt::Interrupt;
use crew::{Counts, Crew, Over, Settings, Worker};
use desk::{Desk, Limits, Task};
use draft::Drafts;
use faults::{Faults, complain};
use folder::{Folder, Recent};
use operands::Root;
use walk::{Batch, Entry, Kind};

const EXAMPLES: &str = "\
Examples:
  iocp copy notes.txt backup.txt          a file, under another name
  iocp copy photos music /mnt/disk        trees, into a directory
  iocp copy --verify --sync photos /mnt   read back from the device what was written

Each file appears complete or not at all: it is written without a name (or, where the file system
knows no such files, as .NAME.iocp-….part) and named at the end. What was interrupted can simply
be started again; with --no-clobber it goes on with what is missing.

Kept are contents, holes, permissions and times (to the nanosecond). Not kept are owners, access
lists and extended attributes; hard links become files of their own. Symbolic links are copied as
links, and one that is in the way is replaced, not followed. FIFOs, sockets and devices are
reported and left out.

The exit code is 0 when all was copied, 1 when something was not (standard error says what; the
rest is copied), 130 after Ctrl-C.";

/// What `iocp copy` is told.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and directories to copy.
    #[arg(required = true, value_name = "SRC")]
    sources: Vec<PathBuf>,

    /// Where to: a directory to copy into, or the name of the copy.
    #[arg(required = true, value_name = "DST")]
    target: PathBuf,

    /// How many threads take packets from the port [default: processors + 2]. There are fewer if
    /// not enough descriptors may be open for so many.
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Read every copy back and compare checksums; with --sync it is read from the device.
    #[arg(long)]
    verify: bool,

    /// Have every file and directory on the device before it counts as copied.
    #[arg(long)]
    sync: bool,

    /// Leave alone what is there already.
    #[arg(short, long)]
    no_clobber: bool,

    /// Whether a copy may share its blocks with the source where the file system can do that.
    #[arg(long, value_enum, value_name = "WHEN", default_value = "never")]
    reflink: Reflink,

    /// Show no progress.
    #[arg(short, long)]
    quiet: bool,
}

/// Whether copies share blocks with their sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Reflink {
    /// If possible, except with --verify.
    Auto,
    /// Every copy has its own bytes.
    Never,
}

/// Copies, and says how it went.
pub(crate) fn run(args: Args) -> ExitCode {
    let (roots, refused) = match operands::plan(&args.sources, &args.target) {
        Ok(plan) => plan,
        Err(refused) => (Vec::new(), vec![refused]),
    };
    let bar = bar::new(args.quiet);
    let faults = Faults::new(bar.clone());
    for (path, reason) in &refused {
        faults.tell(path, reason);
    }
    if roots.is_empty() {
        return ExitCode::FAILURE;
    }
    let crew = match crew(&args, roots.len(), faults) {
        Ok(crew) => crew,
        Err(error) => {
            complain(format_args!("cannot set up the completion port: {error}"));
            return ExitCode::FAILURE;
        }
    };
    for root in roots {
        begin(&crew, root);
    }
    if let Err(error) = work(&crew, &bar, &args) {
        complain(format_args!("cannot start a thread: {error}"));
        return ExitCode::FAILURE;
    }
    if crew.is_stopped() {
        ExitCode::from(130)
    } else if crew.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Has the threads do all there is to do. Fewer than were asked for do, too, if there is one.
fn work(crew: &Crew, bar: &ProgressBar, args: &Args) -> io::Result<()> {
    thread::scope(|scope| {
        for number in 0..limits(args).threads {
            let builder = thread::Builder::new().name(format!("copy {number}"));
            let spawned = builder.spawn_scoped(scope, || Worker::new(crew).work());
            if number == 0 {
                spawned?;
            } else if spawned.is_err() {
                break;
            }
        }
        bar::watch(bar, crew, &args.sources);
        Ok(())
    })
}

fn limits(args: &Args) -> Limits {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = args.threads.map_or(processors + 2, usize::from);
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    Limits::new(threads, usize::try_from(descriptors).unwrap_or(usize::MAX))
}

fn crew(args: &Args, roots: usize, faults: Faults) -> io::Result<Crew> {
    let limits = limits(args);
    let port = CompletionPort::new(0)?;
    Ok(Crew {
        desk: Desk::new(port.clone(), limits),
        port,
        drafts: Drafts::new(args.verify),
        recent: Recent::new(limits.folders),
        settings: Settings {
            verify: args.verify,
            sync: args.sync,
            no_clobber: args.no_clobber,
            reflink: args.reflink == Reflink::Auto,
        },
        counts: Counts::default(),
        faults,
        interrupt: Interrupt::listen()?,
        roots_left: AtomicUsize::new(roots),
        over: Over::default(),
    })
}

/// Puts what the command line names on the desk.
fn begin(crew: &Crew, root: Root) {
    let (pair, from, to, name, kind) = root.into_parts();
    let folder = Folder::root(pair.clone(), from, to, 1);
    crew.desk.add(match kind {
        Kind::Folder => Task::Folder {
            parent: folder,
            name,
        },
        _ => Task::Entries(Batch {
            folder,
            pair: Some(pair),
            entries: vec![Entry { name, kind }],
        }),
    });
}
