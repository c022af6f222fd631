//! Copies of this program that serve, load or measure in a process of their own.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Args;

use crate::{Result, os};

/// A child that is ended when this value goes.
pub(crate) struct Process {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Process {
    /// Starts this program again with other arguments.
    pub(crate) fn again(args: &[String]) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args(args);
        if is_brief() {
            command.env(BRIEF, "1");
        }
        Self::start(command)
    }

    /// A command for another program, which will run on that CPU and end with this process.
    pub(crate) fn outside(program: &OsStr, cpu: Option<usize>) -> Result<Command> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("__exec");
        if let Some(cpu) = cpu {
            command.args(["--cpu", &cpu.to_string()]);
        }
        command.arg("--").arg(program);
        Ok(command)
    }

    /// Starts a program whose lines will be read.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the child has no output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(stdout)
                .lines()
                .map_while(std::result::Result::ok);
            lines
                .take_while(|line| sender.send(line.clone()).is_ok())
                .for_each(drop);
        });
        Ok(Self { child, lines })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that the child prints.
    pub(crate) fn line(&self, limit: Duration) -> Result<String> {
        self.lines.recv_timeout(limit).map_err(|error| match error {
            mpsc::RecvTimeoutError::Timeout => format!("no answer within {limit:?}").into(),
            mpsc::RecvTimeoutError::Disconnected => "the process ended without an answer".into(),
        })
    }

    /// All lines until the child ends, each of which may take up to `limit`.
    pub(crate) fn text(&self, limit: Duration) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.lines.recv_timeout(limit) {
                Ok(line) => text += &(line + "\n"),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(text),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    return Err(format!("no end within {limit:?}").into());
                }
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails when the child has already ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Set in the environment of all children of a run with `--brief`.
const BRIEF: &str = "BENCH_BRIEF";

static IS_BRIEF: AtomicBool = AtomicBool::new(false);

/// From here on this process and its children only see whether everything works.
pub(crate) fn be_brief() {
    IS_BRIEF.store(true, Ordering::Relaxed);
}

/// Whether figures do not matter.
pub(crate) fn is_brief() -> bool {
    IS_BRIEF.load(Ordering::Relaxed) || env::var_os(BRIEF).is_some()
}

/// How long to measure, where so long would be right.
pub(crate) fn window(right: Duration) -> Duration {
    if is_brief() { right / 5 } else { right }
}

/// Another program in place of this one.
#[derive(Args)]
pub(crate) struct ExecArgs {
    #[arg(long)]
    cpu: Option<usize>,
    #[arg(last = true, required = true)]
    words: Vec<OsString>,
}

/// Becomes the other program.
pub(crate) fn exec(args: &ExecArgs) -> Result<()> {
    begin(args.cpu)?;
    let (program, rest) = args.words.split_first().ok_or("no program")?;
    Err(Command::new(program).args(rest).exec().into())
}

/// What every child does first.
pub(crate) fn begin(cpu: Option<usize>) -> Result<()> {
    os::die_with_parent();
    os::raise_open_files();
    if let Some(cpu) = cpu {
        os::pin(cpu)?;
    }
    Ok(())
}
