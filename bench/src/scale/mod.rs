//! Many connections that say nothing: what each costs, and what one among them that does costs.
//!
//! The servers are those of the echo group. The load connects in batches and has one message
//! echoed on each connection, which proves that it was accepted; then all but one fall silent.

mod load;

use std::path::Path;
use std::time::Duration;

use crate::child::{self, Process};
use crate::echo::{self, ServeArgs, Server, option};
use crate::sample::Sample;
use crate::suite::{Case, Contender, Growing};
use crate::{Result, columns, os};

pub(crate) use load::LoadArgs;

/// Connections, and what a case with so many is called.
const SIZES: &[(usize, &str)] = &[
    (100, "idle100"),
    (1000, "idle1k"),
    (10_000, "idle10k"),
    (50_000, "idle50k"),
];
/// Descriptors that a process needs beside its connections.
const SPARE_FILES: usize = 300;

/// Beside the figures of every row, which are those of the one active connection.
const MORE: &[(&str, &str, usize)] = &[
    ("connections", "connections", 0),
    ("kib_per_connection", "KiB/connection", 2),
    ("accept_us", "accept µs", 1),
    ("accept_cpu_us", "server CPU µs/accept", 1),
];

pub(crate) fn cases(dir: &Path) -> Vec<Case> {
    let files_max = os::open_files_max();
    let sizes = SIZES
        .iter()
        .flat_map(|&size| [(size, None), (size, Some(0))]);
    let case = |((wanted, name), cpu): ((usize, &str), Option<usize>)| {
        let connections = wanted.min(files_max.saturating_sub(SPARE_FILES));
        let contender = |(name, missing): (&'static str, Option<String>)| {
            let dir = dir.to_owned();
            Contender {
                missing,
                ..Contender::new(name, move || round(name, connections, cpu, &dir))
            }
        };
        let less = if connections < wanted {
            format!(" (as many as `ulimit -Hn` lets: {connections})")
        } else {
            String::new()
        };
        let (letter, place) = match cpu {
            Some(_) => ("s", "server and load on CPU 0"),
            None => ("", "nothing pinned"),
        };
        Case {
            name: format!("{name}{letter}"),
            about: format!(
                "{wanted} connections{less}, all but one silent; 2 workers, {place}; ratios of \
                 memory"
            ),
            main: "kib_per_connection",
            columns: columns::with("req", MORE),
            growth: Some(Growing {
                size: "connections",
                keys: &["kib_per_connection", "accept_us", "p50_us"],
                suffix: if cpu.is_some() { "-s" } else { "" },
            }),
            contenders: echo::contenders().map(contender).collect(),
        }
    };
    sizes.map(case).collect()
}

fn round(contender: &str, connections: usize, cpu: Option<usize>, dir: &Path) -> Result<Sample> {
    let server = Server::start(&ServeArgs::of(contender, 2, 2, cpu), dir)?;
    let mut args = vec!["__idle".to_owned()];
    option(&mut args, "--port", Some(server.port));
    for id in server.ids() {
        option(&mut args, "--server", Some(id));
    }
    option(&mut args, "--connections", Some(connections));
    option(&mut args, "--cpu", cpu);
    let load = Process::again(&args)?;
    Sample::parse(&load.line(Duration::from_secs(120))?)
}

/// The load process.
pub(crate) fn load(args: &LoadArgs) -> Result<()> {
    child::begin(args.cpu)?;
    load::run(args)?.print()
}
