//! A line that moves while something takes its time.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Look, Screen};

const TICK: Duration = Duration::from_millis(80);

/// A spinner or a bar on the last line, gone when dropped.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Screen {
    /// Shows that something of unknown length is going on.
    pub(crate) fn busy(self, what: &str) -> Progress {
        let style = match self.look {
            Look::Full => ProgressStyle::with_template("  {spinner:.cyan} {msg:.dim}"),
            Look::Plain | Look::Ascii => ProgressStyle::with_template("  {spinner} {msg}")
                .map(|style| style.tick_chars("|/-\\ ")),
        };
        self.progress(ProgressBar::no_length(), style.ok(), what)
    }

    /// Shows how far something of `steps` steps has come.
    pub(crate) fn steps(self, steps: u64, what: &str) -> Progress {
        let template = "  {spinner:.cyan} {msg:.dim} {bar:24.cyan} {pos}/{len}";
        let style = ProgressStyle::with_template(template).map(|style| match self.look {
            Look::Full => style.progress_chars("█▉▊▋▌▍▎▏ "),
            Look::Plain | Look::Ascii => style.tick_chars("|/-\\ ").progress_chars("## "),
        });
        self.progress(ProgressBar::new(steps), style.ok(), what)
    }

    fn progress(self, bar: ProgressBar, style: Option<ProgressStyle>, what: &str) -> Progress {
        if !self.is_decorated() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            return Progress(bar);
        }
        bar.set_draw_target(ProgressDrawTarget::stdout());
        if let Some(style) = style {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Progress(bar)
    }
}

impl Progress {
    /// One step is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// Something else is going on.
    pub(crate) fn now(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
