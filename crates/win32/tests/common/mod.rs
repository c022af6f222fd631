//! The C and C++ programs that are tests: finding them, what their first lines ask for, running
//! them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

/// No program takes longer, unless it hangs.
pub(crate) const RUN_MAX: Duration = Duration::from_secs(60);
/// The exit code of a program that cannot tell here.
pub(crate) const SKIPPED: i32 = 77;

/// The programs in a folder of this package, by name.
pub(crate) fn sources(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("a folder of C programs");
    let mut sources: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| matches!(extension(path), "c" | "cpp"))
        .collect();
    sources.sort();
    sources
}

pub(crate) fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|name| name.to_str())
        .unwrap_or("")
}

pub(crate) fn name_of(source: &Path) -> String {
    let name = source.file_stem().expect("a name");
    name.to_string_lossy().into_owned()
}

/// The words behind a directive in a program's first lines.
pub(crate) fn directive(text: &str, name: &str) -> Vec<String> {
    let head = text.lines().take(10);
    let found = head.filter_map(|line| line.strip_prefix(name));
    found
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

/// Runs a program in a folder of its own; kills it when it takes longer than `limit`. All that it
/// wrote is in `stdout`.
pub(crate) fn run(command: &mut Command, folder: &Path, limit: Duration) -> Result<Output, Failed> {
    let output = fs::File::create(folder.join("output"))?;
    let mut child = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()?;
    let end = Instant::now() + limit;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() >= end => {
                child.kill()?;
                break child.wait()?;
            }
            // Between two looks.
            None => std::thread::sleep(Duration::from_millis(2)), // not for order: a pause
        }
    };
    let stdout = fs::read(folder.join("output"))?;
    Ok(Output {
        status,
        stdout,
        stderr: Vec::new(),
    })
}

pub(crate) fn told(what: &str, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{what}:\n{}{}", text(&output.stdout), text(&output.stderr))
}
