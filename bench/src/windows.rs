//! A C program for Windows that measures, by the library's C interface or under Wine.
//!
//! It prints a line when its window begins and one with its figures when that ends, and then
//! stays, so that its counters can be read at both moments.

use std::path::Path;
use std::time::Duration;

use crate::Result;
use crate::built::{self, Kind};
use crate::child::Process;
use crate::proc::{Machine, Snapshot};
use crate::sample::{FOREIGN, Sample};
use crate::wine;

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `c/NAME.c` on that CPU, if it is to be one.
pub(crate) fn run(
    name: &str,
    args: &[String],
    cpu: Option<usize>,
    under_wine: bool,
    dir: &Path,
) -> Result<Sample> {
    if under_wine {
        let program = built::build(Kind::Windows, name, dir)?;
        let running = wine::start(&program, args, cpu, dir)?;
        return measure(&running.program, &running.ids());
    }
    let program = built::build(Kind::Ours, name, dir)?;
    let mut command = Process::outside(program.as_ref(), cpu)?;
    command.args(args);
    let program = Process::start(command)?;
    measure(&program, &[program.id()])
}

fn measure(program: &Process, ids: &[u32]) -> Result<Sample> {
    let line = program.line(PATIENCE)?;
    if line.trim() != "begin" {
        return Err(format!("no beginning but: {line}").into());
    }
    let (machine, before) = (Machine::start()?, Snapshot::take(ids)?);
    let line = program.line(PATIENCE)?;
    let usage = Snapshot::take(ids)?.since(&before, u64::MAX);
    let words = line.split_whitespace().map(str::parse::<f64>);
    let numbers: Vec<f64> = words
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| format!("no figures but: {line}"))?;
    let &[ops, seconds, p50_us, p99_us, p999_us] = &*numbers else {
        return Err(format!("not five figures: {line}").into());
    };
    let mut sample = Sample::default();
    sample.set("ops_per_s", ops / seconds);
    sample.set_usage(&usage, ops);
    sample.set("p50_us", p50_us);
    sample.set("p99_us", p99_us);
    sample.set("p999_us", p999_us);
    sample.set_peak(ids)?;
    sample.set(FOREIGN, machine.foreign_percent(usage.cpu_ns)?);
    Ok(sample)
}
