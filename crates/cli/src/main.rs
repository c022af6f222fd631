//! `iocp`: completion ports at work.
//!
//! This file only chooses which command runs, and with which code the process ends:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done, nothing lost; also when the reader of the output has left early |
//! | 1 | something failed or was lost; standard error says what |
//! | 2 | the command line is wrong |
//! | 130 | ended by Ctrl-C or a signal before it was finished |
//!
//! `cc`, `c++` and `build` end with the compiler's code, `run` with the program's.

mod args;
mod copy;
mod demo;
mod doctor;
mod driver;
mod echo;
mod failure;
mod interrupt;
mod limits;
mod pattern;
mod screen;
mod server;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use driver::Language;
use failure::Failure;

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Echo(args) => echo::run(&args),
        Command::Copy(args) => return copy::run(args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Cc(args) => driver::compile(&args.words, Language::C),
        Command::Cxx(args) => driver::compile(&args.words, Language::Cxx),
        Command::Run(args) => driver::run(&args.words),
        Command::Build(args) => driver::build(&args),
        Command::DemoClients(args) => demo::clients(&args),
    };
    match done {
        Ok(code) => code,
        Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(Failure::Interrupted) => ExitCode::from(130),
        Err(Failure::Problem(what)) => {
            screen::complain(&what);
            ExitCode::FAILURE
        }
    }
}
