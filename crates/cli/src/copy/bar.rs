//! The line that shows how far the copy has come, on a terminal.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::crew::Crew;
use crate::screen::units;

/// How often the line changes.
const TICK: Duration = Duration::from_millis(100);

const TEMPLATE: &str = "  {bar:24} {bytes} of {msg}  {binary_bytes_per_sec}  {prefix}  eta {eta}";

/// A bar on standard error, or one that is never seen where that is no terminal.
pub(super) fn new(quiet: bool) -> ProgressBar {
    let bar = ProgressBar::no_length();
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if quiet || dumb || !io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        return bar;
    }
    bar.set_draw_target(ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("## "));
    }
    bar
}

/// Shows the counts until all is done. Meanwhile it finds out how much there is, for the time
/// left: beside the copy, because what it looks up the copy needs as well.
pub(super) fn watch(bar: &ProgressBar, crew: &Crew, sources: &[PathBuf]) {
    if bar.is_hidden() {
        return;
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let total = survey(sources.to_vec(), crew);
            bar.set_length(total);
            bar.set_message(units::bytes(total));
        });
        bar.set_message("…");
        while !crew.over.wait(TICK) {
            let (bytes, files) = crew.counts.so_far();
            bar.set_prefix(units::of(files, "file"));
            bar.set_position(bytes);
        }
    });
    bar.finish_and_clear();
}

/// How many bytes there are to be copied. What cannot be looked at is left out here; copying it
/// will tell.
fn survey(mut paths: Vec<PathBuf>, crew: &Crew) -> u64 {
    let mut bytes = 0;
    while let Some(path) = paths.pop() {
        if crew.is_stopped() || crew.over.wait(Duration::ZERO) {
            break;
        }
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => bytes += metadata.len(),
            Ok(metadata) if metadata.is_dir() => {
                let entries = path.read_dir().into_iter().flatten().flatten();
                paths.extend(entries.map(|entry| entry.path()));
            }
            _ => {}
        }
    }
    bytes
}
