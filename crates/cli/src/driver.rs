//! `iocp cc`, `c++`, `run` and `build`: the system's compiler for sources from Windows.
//!
//! The sources are taken as they come. What Microsoft's compiler accepts and the system's does not
//! is changed in copies; the user's files are never touched, and messages of the compiler name the
//! user's files and lines. What was changed is told in a line for each file.
//!
//! The way of a source: `arguments` reads the command line, `home` finds headers and library,
//! `program` follows the includes with `folders` and reads the files with `encoding`, `lexer` turns
//! them into tokens, `dialect` finds what must be said otherwise, `edits` makes the copies,
//! `prelude` writes what comes in front, `compiler` and `compile` call the compiler. `run` keeps
//! programs in a cache; `project` reads the files of Visual Studio.

mod arguments;
mod charset;
mod compile;
mod compiler;
mod dialect;
mod edits;
mod encoding;
mod folders;
mod home;
mod lexer;
mod pragma;
mod prelude;
mod program;
mod project;
mod run;

use std::ffi::OsString;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGINT;

use crate::failure::{Failure, Tried};
use arguments::{CommandLine, Stage};
use compile::Job;
use compiler::Compiler;
use home::Home;
pub(crate) use lexer::Language;

pub(crate) use project::build;
pub(crate) use run::run;

/// `iocp cc` and `iocp c++`.
pub(crate) fn compile(words: &[OsString], language: Language) -> Result<ExitCode, Failure> {
    let line = CommandLine::read(words, language)?;
    let compiler = Compiler::find(language, line.own.compiler.as_deref())?;
    if line.stage == Stage::Asked {
        let error = compiler.command().args(&line.words).exec();
        return Err(Failure::of("run the compiler", error));
    }
    outlive_interrupts()?;
    let home = Home::find()?;
    let job = Job {
        line: &line,
        language,
        compiler,
        home: &home,
        provided: &[],
        charset_decided: false,
    };
    Ok(exit_code(job.run()?))
}

/// An error that says why if C cannot be compiled here.
pub(crate) fn can_compile() -> Result<(), Failure> {
    Compiler::find(Language::C, None)?;
    Home::find()?.library(home::Linkage::Static).map(drop)
}

/// The folder with the examples, in a source tree.
pub(crate) fn examples() -> Option<std::path::PathBuf> {
    let examples = Home::find().ok()?.include.parent()?.join("examples");
    examples.is_dir().then_some(examples)
}

/// Ctrl-C ends the compiler, which is our child; we end after it and remove the copies.
fn outlive_interrupts() -> Result<(), Failure> {
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))
        .map(drop)
        .tried("listen for signals")
}

/// A child's exit code, as a shell counts it.
fn code_of(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
