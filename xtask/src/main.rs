//! `cargo xtask`: what continuous integration does, one command does here.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use xtask::steps::{CI, Runner, TEST};
use xtask::{install, tidy};

const USAGE: &str = "\
usage: cargo xtask <command>

  tidy        check the house rules that no compiler checks
  test        run every test, on every engine, and the scheduler's models
  ci          formatting, lints, tidy, documentation, then `test`
  ci --list   print the steps of `ci`, run nothing
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
        // Cargo tells its children which cargo it is; without it the one in the path will do.
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Runner::new(cargo, root.clone(), stdout, terminal)
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
        ["install", "--prefix", prefix] => {
            let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
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
