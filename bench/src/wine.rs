//! Wine: a prefix and a server of its own for each cell, ended with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::built::{self, Kind};
use crate::child::Process;

/// Why Wine cannot take part, and how to change that.
pub(crate) fn missing() -> Option<String> {
    if !built::is_installed("wine") || !built::is_installed("wineserver") {
        let how = "Wine is not installed (Debian: apt-get install --no-install-recommends wine \
                   wine64)";
        return Some(how.to_owned());
    }
    Kind::Windows.missing()
}

/// A program under Wine. It ends before the server does, which ends all the rest.
pub(crate) struct Running {
    pub(crate) program: Process,
    server: Process,
}

impl Running {
    /// The processes that do the program's work.
    pub(crate) fn ids(&self) -> Vec<u32> {
        vec![self.program.id(), self.server.id()]
    }
}

pub(crate) fn start(
    program: &Path,
    args: &[String],
    cpu: Option<usize>,
    dir: &Path,
) -> Result<Running> {
    let prefix = std::path::absolute(dir)?.join("wine-prefix");
    if !prefix.join("system.reg").exists() {
        std::fs::create_dir_all(&prefix)?;
        run(&prefix, "wineboot", &["-i"])?;
        run(&prefix, "wineserver", &["-w"])?;
    }
    let mut command = Process::outside("wineserver".as_ref(), cpu)?;
    command.args(["-f", "-p"]);
    let server = Process::start(in_prefix(command, &prefix))?;
    // Wine's own services would otherwise be started by the program and share its output.
    run(&prefix, "wine", &["cmd", "/c", "rem"])?;
    let mut command = Process::outside("wine".as_ref(), cpu)?;
    command.arg(program).args(args);
    let program = Process::start(in_prefix(command, &prefix))?;
    Ok(Running { program, server })
}

fn in_prefix(mut command: Command, prefix: &PathBuf) -> Command {
    command
        .env("WINEPREFIX", prefix)
        .env("WINEDEBUG", "-all")
        .env("WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe=")
        .env_remove("DISPLAY");
    command
}

/// Runs one of Wine's programs to its end.
fn run(prefix: &PathBuf, program: &str, args: &[&str]) -> Result<()> {
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = in_prefix(command, prefix).spawn()?;
    for _ in 0..1200 {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill()?;
    Err(format!("{program} does not end").into())
}
