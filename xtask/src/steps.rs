//! The steps of `ci` and `test`, as two tables, and what runs them.
//!
//! Steps run one after another and the first that fails ends the run with its own exit code.
//! Test steps are streamed to the user and read at the same time, so that the run can close with
//! one honest sum. Two things count as a failure although no test reports them: a step that
//! breaks before it can count, and a step in which no test ran at all, because a filter that
//! matches nothing must not look like a success.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use crate::tidy;

/// One line of a table: something to run, in the repository's top folder.
#[derive(Debug)]
pub enum Step {
    /// Cargo, with these variables added to the environment and these arguments.
    Cargo(
        &'static [(&'static str, &'static str)],
        &'static [&'static str],
    ),
    /// The tidy check, called without another process.
    Tidy,
}

/// Everything `ci` does before the tests.
pub const CI: &[Step] = &[
    Step::Cargo(&[], &["fmt", "--all", "--check"]),
    Step::Cargo(
        &[],
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ),
    // The models are a build of their own, which the line above never compiles. The test
    // profile, because the models live in the library's tests.
    Step::Cargo(
        MODEL,
        &[
            "clippy",
            "-p",
            "completion-port",
            "--lib",
            "--profile",
            "test",
            "--",
            "-D",
            "warnings",
        ],
    ),
    Step::Tidy,
    Step::Cargo(
        &[("RUSTDOCFLAGS", "-D warnings")],
        &["doc", "--no-deps", "--workspace", "--exclude", "bench"],
    ),
];

/// Everything `test` does. The first step contains the documentation's examples.
pub const TEST: &[Step] = &[
    Step::Cargo(&[], &["test", "--workspace", "--exclude", "bench"]),
    Step::Cargo(
        &[("COMPLETION_PORT_ENGINE", "uring")],
        &["test", "-p", "completion-port", "--tests"],
    ),
    Step::Cargo(
        &[("COMPLETION_PORT_ENGINE", "threads")],
        &["test", "-p", "completion-port", "--tests"],
    ),
    Step::Cargo(
        MODEL,
        &[
            "test",
            "-p",
            "completion-port",
            "--lib",
            "--release",
            "sched",
        ],
    ),
];

/// The environment of the model build: a folder of its own, so that the changed flags do not
/// throw away the ordinary build each time.
const MODEL: &[(&str, &str)] = &[
    ("RUSTFLAGS", "--cfg shuttle"),
    ("CARGO_TARGET_DIR", "target/model"),
];

impl fmt::Display for Step {
    /// Writes the step as a line that can be pasted into a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Step::Cargo(env, args) = self else {
            return f.write_str("cargo xtask tidy");
        };
        for (name, value) in *env {
            if value.contains(' ') {
                write!(f, "{name}=\"{value}\" ")?;
            } else {
                write!(f, "{name}={value} ")?;
            }
        }
        write!(f, "cargo {}", args.join(" "))
    }
}

/// Runs steps and shows what they do.
#[derive(Debug)]
pub struct Runner<W> {
    cargo: OsString,
    root: PathBuf,
    out: W,
    terminal: bool,
}

impl<W: Write> Runner<W> {
    /// A runner that starts `cargo` in `root` and writes to `out`, in colour on a `terminal`.
    pub fn new(cargo: OsString, root: PathBuf, out: W, terminal: bool) -> Self {
        Self {
            cargo,
            root,
            out,
            terminal,
        }
    }

    /// Runs the steps and returns the exit code of the first that fails, or 0.
    ///
    /// # Errors
    ///
    /// A step that cannot be started, or output that cannot be written.
    pub fn run(&mut self, steps: &[Step]) -> io::Result<u8> {
        for step in steps {
            self.announce(step)?;
            let code = match self.command(step) {
                Some(mut command) => exit_code(command.status()?),
                None => tidy::report(&self.root)?,
            };
            if code != 0 {
                writeln!(self.out, "xtask: failed: {step}")?;
                return Ok(code);
            }
        }
        Ok(0)
    }

    /// Runs the steps as tests, prints the sum of their results as the last line, and returns
    /// the exit code: that of the first step that fails, or 0.
    ///
    /// # Errors
    ///
    /// A step that cannot be started, or output that cannot be read or written.
    pub fn test(&mut self, steps: &[Step]) -> io::Result<u8> {
        let mut total = Tally::default();
        let mut code = 0;
        for step in steps {
            self.announce(step)?;
            let Some(command) = self.command(step) else {
                continue;
            };
            let (mut tally, status) = self.tee(command)?;
            code = status;
            if code != 0 {
                tally.failed = tally.failed.max(1);
                writeln!(self.out, "xtask: failed: {step}")?;
            } else if tally.failed > 0 || tally.passed == 0 {
                tally.failed = tally.failed.max(1);
                code = 1;
                writeln!(
                    self.out,
                    "xtask: no test passed, or one failed unnoticed: {step}"
                )?;
            }
            total.add(&tally);
            if code != 0 {
                break;
            }
        }
        if code == 0 && total.passed == 0 {
            code = 1;
        }
        if total.ignored > 0 {
            writeln!(self.out, "\n{} ignored", total.ignored)?;
        }
        writeln!(
            self.out,
            "\n{} passed, {} failed",
            total.passed, total.failed
        )?;
        Ok(code)
    }

    fn announce(&mut self, step: &Step) -> io::Result<()> {
        writeln!(self.out, "\n$ {step}")?;
        self.out.flush()
    }

    /// The process of a step, if it is one.
    fn command(&self, step: &Step) -> Option<Command> {
        let Step::Cargo(env, args) = step else {
            return None;
        };
        let mut command = Command::new(&self.cargo);
        command
            .current_dir(&self.root)
            .args(*args)
            .envs(env.iter().copied());
        if self.terminal {
            // Cargo's output is read by us, so it would take itself to be in a pipe.
            command.env("CARGO_TERM_COLOR", "always");
        }
        Some(command)
    }

    /// Copies the command's output as it comes, counting the results that pass by.
    fn tee(&mut self, mut command: Command) -> io::Result<(Tally, u8)> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut stdout = child
            .stdout
            .take()
            .expect("the output was asked to be a pipe");
        let mut tally = Tally::default();
        let mut line = Vec::new();
        let mut chunk = [0; 8192];
        loop {
            let bytes = match stdout.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => &chunk[..count],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.out.write_all(bytes)?;
            self.out.flush()?;
            for &byte in bytes {
                if byte == b'\n' {
                    tally.line(&String::from_utf8_lossy(&line));
                    line.clear();
                } else {
                    line.push(byte);
                }
            }
        }
        tally.line(&String::from_utf8_lossy(&line));
        Ok((tally, exit_code(child.wait()?)))
    }
}

/// A process ended by a signal has no code of its own; it failed all the same.
fn exit_code(status: ExitStatus) -> u8 {
    status
        .code()
        .map_or(1, |code| u8::try_from(code).unwrap_or(1))
}

/// What the test programs say of themselves.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }

    /// Counts a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`, and no other.
    /// In colour only the `ok` is different.
    fn line(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let Some((_, counts)) = result.split_once(". ") else {
            return;
        };
        for count in counts.split(';') {
            let Some((number, what)) = count.trim().split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs shell lines as test steps, the shell standing in for cargo.
    fn check_test(steps: &[Step], code: u8, last: &str) -> String {
        let mut runner = Runner::new("sh".into(), ".".into(), Vec::new(), false);
        assert_eq!(runner.test(steps).unwrap(), code);
        let output = String::from_utf8(runner.out).unwrap();
        assert_eq!(output.lines().last(), Some(last), "in: {output}");
        output
    }

    const TWO_PASS: Step = Step::Cargo(
        &[],
        &[
            "-c",
            "echo 'test result: ok. 2 passed; 0 failed; 1 ignored; x'",
        ],
    );
    const ONE_FAILS: Step = Step::Cargo(
        &[],
        &[
            "-c",
            "echo 'test result: FAILED. 1 passed; 1 failed; 0 ignored; x'; exit 101",
        ],
    );
    const DOES_NOT_BUILD: Step = Step::Cargo(&[], &["-c", "exit 7"]);
    const MATCHES_NOTHING: Step = Step::Cargo(
        &[],
        &[
            "-c",
            "echo 'test result: ok. 0 passed; 0 failed; 0 ignored'",
        ],
    );

    #[test]
    fn results_of_all_steps_are_summed_in_the_last_line() {
        let output = check_test(&[TWO_PASS, TWO_PASS], 0, "4 passed, 0 failed");
        assert!(
            output.contains("$ cargo -c echo"),
            "each step is announced: {output}"
        );
        assert!(
            output.contains("test result: ok. 2 passed"),
            "and shown: {output}"
        );
        assert!(
            output.contains("2 ignored"),
            "what was ignored is not hidden: {output}"
        );
    }

    #[test]
    fn the_first_failure_ends_the_run_with_its_code() {
        check_test(&[TWO_PASS, ONE_FAILS, TWO_PASS], 101, "3 passed, 1 failed");
    }

    #[test]
    fn a_step_that_breaks_counts_as_a_failure() {
        check_test(
            &[TWO_PASS, DOES_NOT_BUILD, TWO_PASS],
            7,
            "2 passed, 1 failed",
        );
    }

    #[test]
    fn a_step_without_a_test_counts_as_a_failure() {
        check_test(&[TWO_PASS, MATCHES_NOTHING], 1, "2 passed, 1 failed");
    }

    #[test]
    fn no_steps_are_no_success() {
        check_test(&[], 1, "0 passed, 0 failed");
    }

    #[test]
    fn a_plain_run_stops_at_the_first_failure() {
        let steps = [
            Step::Cargo(&[("STEP", "set")], &["-c", "test \"$STEP\" = set"]),
            DOES_NOT_BUILD,
            Step::Cargo(&[], &["-c", "exit 1"]),
        ];
        let mut runner = Runner::new("sh".into(), ".".into(), Vec::new(), false);
        assert_eq!(runner.run(&steps).unwrap(), 7);
        assert!(
            String::from_utf8(runner.out)
                .unwrap()
                .ends_with("failed: cargo -c exit 7\n")
        );
    }

    #[test]
    fn results_are_read_through_colours_and_only_at_the_start_of_a_line() {
        let mut tally = Tally::default();
        tally.line("test result: \x1b[32mok\x1b[m. 12 passed; 0 failed; 3 ignored; 0 measured");
        tally.line("expected `test result: ok. 1 passed; 0 failed`");
        tally.line("test result ... ok");
        assert_eq!(
            tally,
            Tally {
                passed: 12,
                failed: 0,
                ignored: 3
            }
        );
    }

    #[test]
    fn a_step_prints_as_a_shell_line() {
        let step = Step::Cargo(&[("A", "b c"), ("D", "e")], &["test", "--lib"]);
        assert_eq!(step.to_string(), "A=\"b c\" D=e cargo test --lib");
        assert_eq!(Step::Tidy.to_string(), "cargo xtask tidy");
    }
}
