//! Why a command ended early.

use std::fmt;
use std::io;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of standard output has left, as in `iocp demo | head -1`. Nobody is told.
    NobodyReads,
    /// Ctrl-C or another signal.
    Interrupted,
    /// Anything else, as a sentence for standard error.
    Problem(String),
}

impl Failure {
    /// What was tried, and what the system said.
    pub(crate) fn of(tried: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::Problem(format!("cannot {tried}: {error}"))
    }

    /// Standard output could not be written.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::of("write to standard output", error),
        }
    }
}

/// Says what was tried when an error came.
pub(crate) trait Tried<T> {
    /// Turns the error into a [`Failure`]: "cannot `tried`: …".
    fn tried(self, tried: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> Tried<T> for Result<T, E> {
    fn tried(self, tried: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| Failure::of(tried, error))
    }
}
