//! Programs that copy trees: `iocp copy` beside cp and rsync.
//!
//! The source is in the page cache, and what the last copy has left to write is on the disk
//! before the next begins. A copy's time is that of its process, from start to end; nobody waits
//! for the disk. Every copy is compared with its source, byte by byte.

mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::child::Process;
use crate::proc::{Machine, PeakWatch};
use crate::sample::{FOREIGN, Sample};
use crate::suite::{Case, Contender};
use crate::{Result, built, columns, os};

use tree::Tree;

/// What is copied.
const TREES: &[(&str, &str, Tree)] = &[
    (
        "copysmall",
        "10,000 files of 4 KiB in 100 folders",
        tree::SMALL,
    ),
    ("copylarge", "one file of 2 GiB", tree::LARGE),
    (
        "copymixed",
        "2,000 files of 1 byte to 16 MiB in nested folders",
        tree::MIXED,
    ),
];

/// A program and what stands before source and target; the first is this workspace's own.
const CONTENDERS: &[(&str, &str, &[&str])] = &[
    ("ours", "iocp", &["copy"]),
    ("cp", "cp", &["-r"]),
    ("rsync", "rsync", &["-r"]),
];

const MORE: &[(&str, &str, usize)] = &[("seconds", "s", 3), ("mib_per_s", "MiB/s", 0)];

pub(crate) fn cases(dir: &Path) -> Vec<Case> {
    let case = |&(name, about, tree): &(&'static str, &str, Tree)| {
        let contender = |&(program, command, words): &(&'static str, &'static str, _)| {
            let dir = dir.join(name);
            let missing = program != "ours" && !built::is_installed(command);
            Contender {
                missing: missing
                    .then(|| format!("it is not installed (Debian: apt-get install {command})")),
                ..Contender::new(program, move || {
                    let program = match program {
                        "ours" => built::package(command)?.join(command),
                        _ => PathBuf::from(command),
                    };
                    round(&program, words, &tree, &dir)
                })
            }
        };
        Case {
            name: name.to_owned(),
            about: format!("{about}, cached, nothing pinned"),
            main: "seconds",
            columns: columns::with("file", MORE),
            growth: None,
            contenders: CONTENDERS.iter().map(contender).collect(),
        }
    };
    TREES.iter().map(case).collect()
}

fn round(program: &Path, words: &[&str], tree: &Tree, dir: &Path) -> Result<Sample> {
    let (source, target) = (dir.join("source"), dir.join("target"));
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    tree.create(&source)?;
    // Reads all of it, too.
    let size = tree::compare(&source, &source)?;
    Command::new("sync").status()?;

    let mut command = Process::outside(program.as_ref(), None)?;
    command.args(words);
    // rsync would otherwise make a folder in the target.
    let slash = if program.ends_with("rsync") { "/" } else { "" };
    command
        .arg(format!("{}{slash}", source.display()))
        .arg(&target)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let (machine, begin) = (Machine::start()?, Instant::now());
    let child = command.spawn()?;
    let peak = PeakWatch::start(child.id());
    let (status, usage) = os::wait_for(child)?;
    let wall = begin.elapsed();
    let peak_kib = peak.end();
    let foreign = machine.foreign_percent(usage.cpu_ns)?;
    if !status.success() {
        return Err(format!("{} ended with {status}", program.display()).into());
    }
    tree::compare(&source, &target)?;
    fs::remove_dir_all(&target)?;

    let files = size.files as f64;
    let mut sample = Sample::default();
    sample.set("seconds", wall.as_secs_f64());
    sample.set("ops_per_s", files / wall.as_secs_f64());
    sample.set(
        "mib_per_s",
        size.bytes as f64 / 1024.0 / 1024.0 / wall.as_secs_f64(),
    );
    sample.set_usage(&usage, files);
    sample.set("peak_rss_mib", peak_kib as f64 / 1024.0);
    sample.set(FOREIGN, foreign);
    Ok(sample)
}
