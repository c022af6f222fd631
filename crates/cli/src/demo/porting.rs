//! The third scene: a C source for Windows, compiled as it is by the system's compiler, and run.

use std::env;
use std::fs;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Outcome, Stage};
use crate::driver;
use crate::failure::{Failure, Tried};
use crate::interrupt::Interrupt;
use crate::screen::{Row, Table, units};

/// The source, and beside it what it prints.
const SOURCE: &str = "echo_acceptex.c";
const PRINTED: &str = "echo_acceptex.out";

/// A command that has ended.
struct Ended {
    status: ExitStatus,
    printed: String,
    complained: String,
    took: Duration,
}

/// Plays the scene; `None` where there is no compiler, or no source to show.
pub(super) fn play(stage: &Stage) -> Result<Option<Outcome>, Failure> {
    let screen = stage.screen;
    screen.heading("Scene 3: an echo server for Windows, in C, unchanged")?;
    if let Err(Failure::Problem(why)) = driver::can_compile() {
        screen.aside(&format!("Left out: {why}."))?;
        return Ok(None);
    }
    let Some(examples) = driver::examples() else {
        screen.aside("Left out: the examples are not beside this program.")?;
        return Ok(None);
    };
    let source = examples.join(SOURCE);
    let text = fs::read_to_string(&source).tried(format_args!("read {}", source.display()))?;
    let expected = fs::read_to_string(examples.join(PRINTED)).unwrap_or_default();
    screen.say(&format!(
        "{SOURCE}, {}, includes {} and is given to the system's compiler as it is. It serves with \
         AcceptEx, WSARecv and two threads on a completion port; then it is its own clients.",
        units::of(text.lines().count() as u64, "line"),
        headers(&text).join(", "),
    ))?;

    let folder = tempfile::Builder::new()
        .prefix("iocp-demo-")
        .tempdir()
        .tried("make a folder for the program")?;
    let program = folder.path().join("echo_acceptex");
    let mut compile = Command::new(env::current_exe().tried("find this program's own place")?);
    compile
        .arg("cc")
        .arg("-O2")
        .arg("-o")
        .arg(&program)
        .arg(&source);
    let progress = screen.busy("compiling");
    let compiled = run(&stage.interrupt, &mut compile);
    drop(progress);
    stage.interrupt.check()?;
    let compiled = compiled.tried("run the compiler")?;
    let mut lost = Vec::new();
    if !compiled.status.success() {
        lost.push(complaint("the compiler", &compiled));
        return Ok(Some(Outcome {
            checked: String::new(),
            lost,
        }));
    }
    let ran = run(&stage.interrupt, &mut Command::new(&program));
    stage.interrupt.check()?;
    let ran = ran.tried("run the program")?;
    if !ran.status.success() || ran.printed != expected {
        lost.push(complaint(SOURCE, &ran));
    }
    show(stage, &compiled, &ran)?;
    let checked = format!(
        "{SOURCE} says: {}",
        ran.printed.trim_end().replace('\n', ", ")
    );
    Ok(Some(Outcome { checked, lost }))
}

/// The headers that a source names with angle brackets.
fn headers(text: &str) -> Vec<&str> {
    let header =
        |line| str::strip_prefix(line, "#include <").and_then(|rest| rest.split('>').next());
    text.lines().filter_map(header).collect()
}

fn show(stage: &Stage, compiled: &Ended, ran: &Ended) -> Result<(), Failure> {
    let mut table = Table::new(["", "time", "what came of it"]);
    let made = "a program, with the library in it".to_owned();
    table.row(Row::of([
        "compile".into(),
        units::time(compiled.took),
        made,
    ]));
    let mut said = ran.printed.lines().map(str::to_owned);
    let first = said.next().unwrap_or_else(|| "nothing".into());
    table.row(Row::of(["run".into(), units::time(ran.took), first]));
    for line in said {
        table.row(Row::of([String::new(), String::new(), line]));
    }
    stage.screen.table(&table)
}

/// Runs a command to its end, or to that of the demo.
fn run(interrupt: &Interrupt, command: &mut Command) -> io::Result<Ended> {
    let begin = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C is for us alone; we end the child.
        .process_group(0)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let child = Arc::new(Mutex::new(child));
    let its = Arc::clone(&child);
    interrupt.then(move || {
        // An error means that it has ended by itself.
        let _ = its.lock().unwrap_or_else(PoisonError::into_inner).kill();
    });
    let (mut printed, mut complained) = (String::new(), String::new());
    std::thread::scope(|scope| {
        let errors =
            scope.spawn(|| stderr.map_or(Ok(0), |mut from| from.read_to_string(&mut complained)));
        stdout.map_or(Ok(0), |mut from| from.read_to_string(&mut printed))?;
        errors
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("a reader panicked")))
    })?;
    let status = child
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .wait()?;
    Ok(Ended {
        status,
        printed,
        complained,
        took: begin.elapsed(),
    })
}

/// What went wrong, in a line.
fn complaint(who: &str, ended: &Ended) -> String {
    let how = match (ended.status.code(), ended.status.signal()) {
        (Some(0), _) => "printed something else than it should".to_owned(),
        (Some(code), _) => format!("ended with code {code}"),
        (None, signal) => format!("was ended by signal {}", signal.unwrap_or(0)),
    };
    let said = ended.complained.lines().chain(ended.printed.lines());
    let said: Vec<&str> = said.take(3).collect();
    format!("{who} {how}: {}", said.join(" / "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_are_those_of_the_system() {
        let text = "#include <winsock2.h>\n#include \"echo.h\"\n  #include <no.h>\n\
                    int a;\n#include <windows.h>";
        assert_eq!(headers(text), ["winsock2.h", "windows.h"]);
    }
}
