//! Completion ports side by side with their peers.
//!
//! `cargo run --release -p bench -- all` runs everything; `-- echo1 port` runs one case and one
//! group. Every figure is measured in a process of its own: this program starts itself again
//! as server, as load or as the measured cell (the hidden subcommands).
//!
//! | module | holds |
//! |---|---|
//! | `suite` `columns` `table` `plot` | cases, rounds, tables, JSON, charts; knows no bench |
//! | `echo` `port` `files` `manyfiles` `blocking` `copy` | one group of cases each |
//! | `scale` `inflight` | together the group `scale` |
//! | `ours` | every use of the library under test |
//! | `built` `wine` | programs in other languages |
//! | `child` `sample` `proc` `facts` `os` | processes, figures, the kernel's view |

mod blocking;
mod built;
mod child;
mod columns;
mod copy;
mod echo;
mod facts;
mod files;
mod inflight;
mod manyfiles;
mod os;
mod ours;
mod plot;
mod port;
mod proc;
mod sample;
mod scale;
mod suite;
mod table;
mod waiting;
mod windows;
mod wine;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use suite::{Case, Plan};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// Measures completion ports against their peers, alternately, in separate processes.
#[derive(Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
#[command(disable_help_subcommand = true)]
struct Args {
    /// Groups (echo, port, files, manyfiles, blocking, waiting, copy, scale) or single cases
    /// (`echo64*` for those that begin so); `all` for everything
    #[arg(required = true)]
    names: Vec<String>,
    /// How often each contender runs
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Writes every round to a file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the tables to a file, as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Draws a chart for each case into a folder
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
    /// Short windows and little data: shows that everything works, measures nothing
    #[arg(long)]
    brief: bool,
    /// Runs only these contenders (comma-separated)
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    contenders: Vec<String>,
    /// Where test files are kept, several GiB
    #[arg(long, default_value = "target/bench", value_name = "DIR")]
    dir: PathBuf,
    #[command(subcommand)]
    inner: Option<Inner>,
}

/// What this program does when it has started itself.
#[derive(Subcommand)]
enum Inner {
    /// An echo server
    #[command(name = "__serve", hide = true)]
    Serve(echo::ServeArgs),
    /// Another program
    #[command(name = "__exec", hide = true)]
    Exec(child::ExecArgs),
    /// The load on an echo server
    #[command(name = "__load", hide = true)]
    Load(echo::LoadArgs),
    /// The load of idle connections
    #[command(name = "__idle", hide = true)]
    Idle(scale::LoadArgs),
    /// The cell of operations in flight
    #[command(name = "__inflight", hide = true)]
    InFlight(inflight::CellArgs),
    /// One cell of the port group
    #[command(name = "__port", hide = true)]
    Port(port::CellArgs),
    /// One cell of the files group
    #[command(name = "__files", hide = true)]
    Files(files::CellArgs),
    /// One cell of the manyfiles group
    #[command(name = "__manyfiles", hide = true)]
    ManyFiles(manyfiles::CellArgs),
    /// One cell of the waiting group
    #[command(name = "__waiting", hide = true)]
    Waiting(waiting::CellArgs),
    /// One cell of the blocking group
    #[command(name = "__blocking", hide = true)]
    Blocking(blocking::CellArgs),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.inner {
        Some(Inner::Serve(args)) => echo::serve(args).map(|()| 0),
        Some(Inner::Exec(args)) => child::exec(args).map(|()| 0),
        Some(Inner::Load(args)) => echo::load(args).map(|()| 0),
        Some(Inner::Idle(args)) => scale::load(args).map(|()| 0),
        Some(Inner::InFlight(args)) => inflight::cell(args).map(|()| 0),
        Some(Inner::Port(args)) => port::cell(args).map(|()| 0),
        Some(Inner::Files(args)) => files::cell(args).map(|()| 0),
        Some(Inner::ManyFiles(args)) => manyfiles::cell(args).map(|()| 0),
        Some(Inner::Waiting(args)) => waiting::cell(args).map(|()| 0),
        Some(Inner::Blocking(args)) => blocking::cell(args).map(|()| 0),
        None => measure(args),
    };
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs what was asked for; returns how many cells failed.
fn measure(args: Args) -> Result<usize> {
    if args.brief {
        child::be_brief();
    }
    let groups: Vec<(&str, Vec<Case>)> = vec![
        ("echo", echo::cases(&args.dir)),
        ("port", port::cases(&args.dir)),
        ("files", files::cases(&args.dir)),
        ("manyfiles", manyfiles::cases(&args.dir)),
        ("blocking", blocking::cases(&args.dir)),
        ("waiting", waiting::cases()),
        ("copy", copy::cases(&args.dir)),
        ("scale", scale_cases(&args.dir)),
    ];
    for name in &args.names {
        let known = |(group, cases): &(&str, Vec<Case>)| {
            name == group || cases.iter().any(|case| matches(name, &case.name))
        };
        if name != "all" && !groups.iter().any(known) {
            return Err(format!("{name} is not known; known are all, {}", names(&groups)).into());
        }
    }
    let wanted = |name: &str| {
        args.names
            .iter()
            .any(|asked| asked == "all" || matches(asked, name))
    };
    let mut cases = Vec::new();
    for (group, all) in groups {
        let whole = wanted(group);
        let all = all.into_iter().filter(|case| whole || wanted(&case.name));
        cases.extend(all.map(|case| (group, case)));
    }
    suite::run(
        cases,
        &Plan {
            rounds: args.rounds,
            only: args.contenders,
            json: args.json,
            markdown: args.markdown,
            plot: args.plot,
        },
    )
}

/// Whether a case has that name, or begins with what stands before a `*`.
fn matches(asked: &str, case: &str) -> bool {
    match asked.strip_suffix('*') {
        Some(begin) => case.starts_with(begin),
        None => asked == case,
    }
}

fn scale_cases(dir: &Path) -> Vec<Case> {
    scale::cases(dir)
        .into_iter()
        .chain(inflight::cases())
        .collect()
}

fn names(groups: &[(&str, Vec<Case>)]) -> String {
    let group = |(name, cases): &(&str, Vec<Case>)| {
        let cases: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        if cases == [*name] {
            (*name).to_owned()
        } else {
            format!("{name} ({})", cases.join(" "))
        }
    };
    groups.iter().map(group).collect::<Vec<_>>().join(", ")
}
