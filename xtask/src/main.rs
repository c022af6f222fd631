//! `cargo xtask`: what continuous integration does, one command does here.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use xtask::steps::{CI, Runner, TEST};
use xtask::{install, tidy, tsan};

const USAGE: &str = "\
usage: cargo xtask <command>

  tidy        check the house rules that no compiler checks
  test        run every test, on every engine, and the scheduler's models
  ci          formatting, lints, tidy, documentation, then `test`
  ci --list   print the steps of `ci`, run nothing
  tsan        run the C programs and the tests in Rust under ThreadSanitizer
  install --prefix DIR
              build and install the program, the headers and the libraries
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> io::Result<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()?;
    let runner = || {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Runner::new(cargo(), root.clone(), stdout, terminal)
    };
    match args {
        ["tidy"] => tidy::report(&root),
        ["test"] => runner().test(TEST),
        ["ci"] => match runner().run(CI)? {
            0 => runner().test(TEST),
            code => Ok(code),
        },
        ["ci", "--list"] => {
            for step in CI.iter().chain(TEST) {
                println!("{step}");
            }
            Ok(0)
        }
        ["tsan"] => tsan::run(&cargo(), &root),
        ["install", "--prefix", prefix] => {
            let cargo = cargo();
            let prefix = std::path::absolute(prefix)?;
            install::run(&cargo, &root, &prefix)
        }
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(0)
        }
        _ => {
            eprint!("{USAGE}");
            Ok(2)
        }
    }
}

/// Cargo tells its children which cargo it is; without it the one in the path will do.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
