//! The C program for Windows that reads, by the library's C interface or under Wine.

use std::path::Path;
use std::time::Duration;

use super::{Shape, Work, warm};
use crate::sample::Sample;
use crate::{Result, windows};

pub(super) fn run(
    shape: &Shape,
    file: &Path,
    under_wine: bool,
    window: Duration,
    dir: &Path,
) -> Result<Sample> {
    if !shape.direct {
        warm(file)?;
    }
    let mut path = std::path::absolute(file)?.display().to_string();
    if under_wine {
        // Wine shows the whole file system as this drive.
        path.insert_str(0, "z:");
    }
    let mut args = vec![path];
    args.extend(
        [
            window.as_millis() as usize,
            shape.threads,
            shape.depth,
            shape.bytes,
            usize::from(shape.direct),
            usize::from(shape.work == Work::Sequential),
        ]
        .map(|number| number.to_string()),
    );
    windows::run("read_iocp", &args, None, under_wine, dir)
}
