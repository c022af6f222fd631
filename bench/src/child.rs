//! Copies of this program that serve, load or measure in a process of their own.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

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
        Self::start(command)
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

/// What every child does first.
pub(crate) fn begin(cpu: Option<usize>) -> Result<()> {
    os::die_with_parent();
    os::raise_open_files();
    if let Some(cpu) = cpu {
        os::pin(cpu)?;
    }
    Ok(())
}
