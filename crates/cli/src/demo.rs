//! `iocp demo`: scenes on real files and real connections, in which every byte is checked, and a
//! program for Windows.

mod by_port;
mod by_threads;
mod clients;
mod copying;
mod files;
mod porting;
mod serving;
mod usage;

use std::fs;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use completion_port::engine_report;

use crate::args;
use crate::failure::{Failure, Tried};
use crate::interrupt::Interrupt;
use crate::limits;
use crate::screen::{Screen, units};

pub(crate) use clients::run as clients;

/// Of what was lost, the first so many are named.
const LOST_SHOWN: usize = 10;

/// What a scene comes to.
struct Outcome {
    /// What was checked, as the end of a sentence.
    checked: String,
    /// Each thing that was lost or changed.
    lost: Vec<String>,
}

/// What every part of the demo needs.
struct Stage {
    screen: Screen,
    interrupt: Interrupt,
    args: args::Demo,
}

/// Plays the scenes and judges.
pub(crate) fn run(args: &args::Demo) -> Result<ExitCode, Failure> {
    let begin = Instant::now();
    limits::raise_open_files();
    let stage = Stage {
        screen: Screen::new(),
        interrupt: Interrupt::listen().tried("listen for signals")?,
        args: args.clone(),
    };
    let screen = stage.screen;
    introduce(screen)?;
    let copied = copying::play(&stage)?;
    let served = serving::play(&stage)?;
    let ported = porting::play(&stage)?;

    screen.heading("Was anything lost?")?;
    let mut good = true;
    for outcome in [Some(copied), Some(served), ported].into_iter().flatten() {
        good &= outcome.lost.is_empty();
        match outcome.lost.as_slice() {
            [] => screen.verdict(true, &format!("No: {}.", outcome.checked))?,
            lost => {
                for what in &lost[..lost.len().min(LOST_SHOWN)] {
                    screen.verdict(false, what)?;
                }
                if let Some(more @ 1..) = lost.len().checked_sub(LOST_SHOWN) {
                    screen.verdict(false, &format!("and {more} more"))?;
                }
            }
        }
    }
    screen.aside(&format!("Took {} in all.", units::time(begin.elapsed())))?;
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn introduce(screen: Screen) -> Result<(), Failure> {
    let engines = engine_report();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    screen.title("iocp demo", "a completion port at work")?;
    screen.gap()?;
    screen.say(
        "A completion port is a queue of finished operations. Any thread starts operations; \
         any thread takes what has finished. The port chooses which sleeping thread to wake, \
         and how many may run at once.",
    )?;
    screen.aside(&format!(
        "Here: {}, Linux {}, files by {}, sockets by {}.",
        units::of(
            thread::available_parallelism().map_or(1, |n| n.get() as u64),
            "processor"
        ),
        kernel.trim(),
        engines.files,
        engines.sockets,
    ))
}
