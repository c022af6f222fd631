//! The first scene: many files, copied by few threads on a port and by many threads without.

use std::env;
use std::io;

use super::files::FileSet;
use super::usage::Usage;
use super::{Outcome, Stage, by_port, by_threads};
use crate::failure::{Failure, Tried};
use crate::screen::{Row, Table, units};

/// The note that this scene is after says ten.
const THREADS: usize = 10;
/// Each way is taken so often, in turns.
const ROUNDS: usize = 5;

/// Everything that was measured.
#[derive(Default)]
struct Measured {
    by_port: Vec<Usage>,
    by_threads: Vec<Usage>,
    /// Of the last round on the port.
    packets: Vec<u64>,
    lost: Vec<String>,
}

/// Plays the scene.
pub(super) fn play(stage: &Stage) -> Result<Outcome, Failure> {
    let screen = stage.screen;
    let files = u64::from(stage.args.files);
    screen.heading(&format!(
        "Scene 1: {}, {THREADS} threads on one port or {}",
        units::of(files, "file"),
        units::of(files, "thread"),
    ))?;
    let set = make(stage)?;
    let largest = set
        .sources
        .iter()
        .map(|source| source.bytes)
        .max()
        .unwrap_or(0);
    screen.say(&format!(
        "{} from empty to {}, {} in all, copied {ROUNDS} times each way, in turns; the medians:",
        units::of(files, "file"),
        units::bytes(largest),
        units::bytes(set.bytes()),
    ))?;
    let measured = measure(stage, &set).tried("copy the files")?;
    stage.interrupt.check()?;
    let (port, threads) = (
        Usage::median(&measured.by_port),
        Usage::median(&measured.by_threads),
    );
    show(stage, &set, &port, &threads)?;
    explain(stage, &set, &measured, &port, &threads)?;
    let copies = files * 2 * ROUNDS as u64;
    let bytes = set.bytes() * 2 * ROUNDS as u64;
    Ok(Outcome {
        checked: format!(
            "{} of {} have the checksum of what they are copies of",
            units::of(copies, "file"),
            units::bytes(bytes)
        ),
        lost: measured.lost,
    })
}

fn make(stage: &Stage) -> Result<FileSet, Failure> {
    let within = stage.args.dir.clone().unwrap_or_else(env::temp_dir);
    let tried = || format!("make files in {}", within.display());
    let mut set = FileSet::new(&within).tried(tried())?;
    let progress = stage
        .screen
        .steps(u64::from(stage.args.files), "making files");
    for _ in 0..stage.args.files {
        stage.interrupt.check()?;
        set.make().tried(tried())?;
        progress.step();
    }
    Ok(set)
}

fn measure(stage: &Stage, set: &FileSet) -> io::Result<Measured> {
    let mut measured = Measured::default();
    let progress = stage.screen.steps(2 * ROUNDS as u64, "copying");
    for _ in 0..ROUNDS {
        if stage.interrupt.came() {
            break;
        }
        progress.now("copying on a port");
        let target = set.target()?;
        let round = by_port::copy(set, &target, THREADS, &stage.interrupt)?;
        measured.by_port.push(round.usage);
        measured.packets = round.packets;
        measured.lost.extend(round.failed);
        progress.now("checking");
        measured.lost.extend(set.damaged(&target));
        drop(target);
        progress.step();

        progress.now("copying by threads");
        let target = set.target()?;
        let (usage, failed) = by_threads::copy(set, &target, &stage.interrupt)?;
        measured.by_threads.push(usage);
        measured.lost.extend(failed);
        progress.now("checking");
        measured.lost.extend(set.damaged(&target));
        progress.step();
    }
    Ok(measured)
}

fn show(stage: &Stage, set: &FileSet, port: &Usage, threads: &Usage) -> Result<(), Failure> {
    let mut table = Table::new(["", "time", "rate", "CPU", "switches"]);
    let row = |name: String, usage: &Usage| {
        Row::of([
            name,
            units::time(usage.elapsed),
            units::rate(set.bytes(), usage.elapsed),
            units::time(usage.cpu),
            units::count(usage.switches()),
        ])
        .bar(usage.elapsed.as_secs_f64())
    };
    table.row(row(format!("{THREADS} threads, one port"), port).strong(true));
    let files = u64::from(stage.args.files);
    table.row(row(
        format!("{}, blocking", units::of(files, "thread")),
        threads,
    ));
    stage.screen.table(&table)?;
    stage.screen.gap()
}

fn explain(
    stage: &Stage,
    set: &FileSet,
    measured: &Measured,
    port: &Usage,
    threads: &Usage,
) -> Result<(), Failure> {
    let screen = stage.screen;
    screen.say(&format!(
        "The port took {} of the time, {} of the CPU and {} of the thread switches. {} of its \
         {THREADS} threads did the work: no more may run at once than there are processors, and \
         the others sleep.",
        percent(port.elapsed.as_secs_f64(), threads.elapsed.as_secs_f64()),
        percent(port.cpu.as_secs_f64(), threads.cpu.as_secs_f64()),
        percent(port.switches() as f64, threads.switches() as f64),
        measured
            .packets
            .iter()
            .filter(|&&packets| packets > 0)
            .count(),
    ))?;
    if port.elapsed > threads.elapsed && port.cpu < threads.cpu {
        screen.say(
            "That it took longer with less CPU means that the machine is busy with other things: \
             many threads then get more of it than few.",
        )?;
    }
    let blocks = |bytes: u64| bytes.div_ceil(by_port::BLOCK_BYTES as u64);
    let operations: u64 = set
        .sources
        .iter()
        .map(|source| 2 * blocks(source.bytes))
        .sum();
    let packets: u64 = measured.packets.iter().sum();
    screen.aside(&format!(
        "Of {} reads and writes, {} had to wait and came back as packets; the page cache \
         answered the others at once.",
        units::count(operations),
        units::count(packets.saturating_sub(set.sources.len() as u64)),
    ))
}

fn percent(of: f64, to: f64) -> String {
    format!("{:.0} %", 100.0 * of / to.max(1e-9))
}
