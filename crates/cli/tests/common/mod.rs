//! The program as a child process: started, read line by line, ended.
#![allow(dead_code, reason = "each test program uses what it needs")]

pub(crate) mod driver;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Nothing here takes so long, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program, with a plain environment.
pub(crate) fn iocp(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iocp"));
    command.args(args).stdin(Stdio::null());
    for name in ["NO_COLOR", "COMPLETION_PORT_ENGINE"] {
        command.env_remove(name);
    }
    command
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .env_remove("LC_ALL");
    command
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Output {
    iocp(args).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Runs the program with a terminal as its standard output; returns what it showed.
pub(crate) fn run_in_terminal(mut command: Command) -> (ExitStatus, String) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let screen = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    let mut child = command.stdout(screen).spawn().unwrap();
    // The command holds our copy of the screen, without which the terminal hangs up at the end.
    drop(command);
    let mut shown = Vec::new();
    // The end of a terminal is an error, after all that was shown.
    let _ = File::from(terminal).read_to_end(&mut shown);
    (child.wait().unwrap(), String::from_utf8(shown).unwrap())
}

/// Looks until it is so.
pub(crate) fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come");
        thread::yield_now();
    }
}

/// How many threads a process has; 0 if it is gone.
pub(crate) fn threads_of(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/task")).map_or(0, Iterator::count)
}

/// The writing end of a pipe that nobody reads.
pub(crate) fn unread_pipe() -> OwnedFd {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A running program; killed if the test fails before its end.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines_ = lines(child.stdout.take().unwrap());
        let errors = lines(child.stderr.take().unwrap());
        Self {
            child,
            lines: lines_,
            errors,
        }
    }

    /// The next line of standard output.
    pub(crate) fn line(&self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .expect("a line was expected")
    }

    /// The next line of standard error.
    pub(crate) fn error_line(&self) -> String {
        self.errors
            .recv_timeout(PATIENCE)
            .expect("a line on standard error was expected")
    }

    /// Lines of standard output up to one that contains `word`.
    pub(crate) fn until(&self, word: &str) {
        while !self.line().contains(word) {}
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The processes that its first thread has started.
    pub(crate) fn children(&self) -> Vec<u32> {
        let process = self.child.id();
        let path = format!("/proc/{process}/task/{process}/children");
        let children = fs::read_to_string(path).unwrap();
        children
            .split_whitespace()
            .map(|child| child.parse().unwrap())
            .collect()
    }

    /// Waits for the end; returns the exit code and the rest of both outputs.
    pub(crate) fn end(mut self) -> (Option<i32>, String, String) {
        let deadline = Instant::now() + PATIENCE;
        let rest = |lines: &Receiver<String>| {
            let mut text = String::new();
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                match lines.recv_timeout(left) {
                    Ok(line) => text = text + &line + "\n",
                    Err(mpsc::RecvTimeoutError::Disconnected) => return text,
                    Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not end: {text}"),
                }
            }
        };
        let out = rest(&self.lines);
        let err = rest(&self.errors);
        (self.child.wait().unwrap().code(), out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
