//! What went wrong, told at once, file by file, while the rest goes on.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::ProgressBar;
use rustix::io::Errno;

/// Which of the two files an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// What is copied.
    From,
    /// The copy.
    To,
}

/// An error and the side that it came from.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) side: Side,
    pub(super) reason: Reason,
}

/// Why something could not be copied.
#[derive(Debug)]
pub(super) enum Reason {
    /// The system said so.
    System(io::Error),
    /// A rule of ours, as a sentence.
    Rule(Cow<'static, str>),
}

impl From<Errno> for Reason {
    fn from(error: Errno) -> Self {
        Self::System(error.into())
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<&'static str> for Reason {
    fn from(rule: &'static str) -> Self {
        Self::Rule(rule.into())
    }
}

impl From<String> for Reason {
    fn from(rule: String) -> Self {
        Self::Rule(rule.into())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => f.write_str(rule),
            Self::System(error) => {
                let text = error.to_string();
                // The number means nothing to whoever reads the words before it.
                let number = error
                    .raw_os_error()
                    .map(|code| format!(" (os error {code})"));
                f.write_str(
                    text.strip_suffix(&number.unwrap_or_default())
                        .unwrap_or(&text),
                )
            }
        }
    }
}

impl Side {
    /// An error on this side.
    pub(super) fn trouble(self, reason: impl Into<Reason>) -> Trouble {
        Trouble {
            side: self,
            reason: reason.into(),
        }
    }
}

/// Says on which side an error came.
pub(super) trait On<T> {
    /// Turns the error into a [`Trouble`].
    fn on(self, side: Side) -> Result<T, Trouble>;
}

impl<T, E: Into<Reason>> On<T> for Result<T, E> {
    fn on(self, side: Side) -> Result<T, Trouble> {
        self.map_err(|error| side.trouble(error))
    }
}

/// A path, and why it could not be copied.
#[derive(Debug)]
pub(super) struct Fault<'a> {
    path: &'a Path,
    reason: &'a Reason,
}

impl<'a> Fault<'a> {
    pub(super) fn new(path: &'a Path, reason: &'a Reason) -> Self {
        Self { path, reason }
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown(self.path), self.reason)
    }
}

/// The path on one line: a name may contain a line break, or move the terminal's cursor.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if !text.chars().any(char::is_control) {
        return text;
    }
    text.chars()
        .flat_map(|sign| {
            let plain = (!sign.is_control()).then_some(sign);
            plain
                .into_iter()
                .chain(sign.escape_default().filter(move |_| plain.is_none()))
        })
        .collect()
}

/// Tells something on standard error. If nobody is there, nobody is told.
pub(super) fn complain(what: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "iocp copy: {what}");
}

/// Tells faults on standard error, and counts them.
#[derive(Debug)]
pub(super) struct Faults {
    count: AtomicU64,
    /// What has to make room for a line.
    bar: ProgressBar,
}

impl Faults {
    pub(super) fn new(bar: ProgressBar) -> Self {
        Self {
            count: AtomicU64::new(0),
            bar,
        }
    }

    pub(super) fn tell(&self, path: &Path, reason: &Reason) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.bar.suspend(|| complain(Fault::new(path, reason)));
    }

    /// Whether there was none.
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, reason: impl Into<Reason>) -> String {
        Fault::new(Path::new(path), &reason.into()).to_string()
    }

    #[test]
    fn a_fault_is_a_path_and_words() {
        assert_eq!(told("a/b", Errno::ACCESS), "a/b: Permission denied");
        assert_eq!(told("a", "is a FIFO"), "a: is a FIFO");
    }

    #[test]
    fn a_name_cannot_break_the_line_nor_move_the_cursor() {
        assert_eq!(
            told("a\nb\u{1b}[2J\u{e9}", "no"),
            "a\\nb\\u{1b}[2J\u{e9}: no"
        );
    }
}
