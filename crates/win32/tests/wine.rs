//! A second opinion: the programs in `tests/c`, built with mingw-w64, under Wine.
//!
//! Wine is another implementation of what the programs hold to be true, and not Windows: where it
//! differs, `wine.txt` lists the conditions that fail there, who is right, and why. A condition
//! that fails and is not listed is a fault, in the program or in this library; so is one that is
//! listed and does not fail any more under the version for which the list was made.
//!
//! Where Wine or mingw-w64 is not installed, one line says so and nothing is tried.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use common::{RUN_MAX, SKIPPED, directive, extension, name_of, sources, told};

const C: &str = "x86_64-w64-mingw32-gcc";
const CXX: &str = "x86_64-w64-mingw32-g++";
/// The list is of this version; of others only what fails more is told.
const LISTED_VERSION: &str = "wine-8.";
/// How long a program may take that is listed as one that hangs.
const HANG: Duration = Duration::from_secs(12);
/// Most of the time passes in waiting.
const AT_ONCE: usize = 6;
/// What the names in the headers come from.
const LIBRARIES: &[&str] = &[
    "-lmswsock",
    "-lws2_32",
    "-lwinmm",
    "-lpsapi",
    "-lshlwapi",
    "-ldbghelp",
    "-lrpcrt4",
    "-lole32",
    "-luuid",
    "-lntdll",
    "-lbcrypt",
    "-lsynchronization",
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let list = match list(include_str!("wine.txt")) {
        Ok(list) => list,
        Err(wrong) => {
            eprintln!("wine.txt: {wrong}");
            return ExitCode::FAILURE;
        }
    };
    let programs = sources("tests/c");
    let unknown = |name: &&String| !programs.iter().any(|source| name_of(source) == **name);
    if let Some(name) = list.keys().find(unknown) {
        eprintln!("wine.txt: there is no program {name}");
        return ExitCode::FAILURE;
    }
    let needed = [C, CXX, "wine", "wineserver"];
    if let Some(missing) = needed.iter().find(|tool| version_of(tool).is_none()) {
        println!("Wine's second opinion was skipped: {missing} is not installed");
        return ExitCode::SUCCESS;
    }
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(programs, list, None)).exit_code();
    }
    let server = match Server::start() {
        Ok(server) => Arc::new(server),
        Err(failed) => {
            eprintln!("Wine does not start: {failed:?}");
            return ExitCode::FAILURE;
        }
    };
    let trials = trials(programs, list, Some(&server));
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(server);
    conclusion.exit_code()
}

fn version_of(tool: &str) -> Option<String> {
    let output = Command::new(tool).arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// How a program ends that does not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Hangs,
    Crashes,
}

/// What differs under Wine in one program.
#[derive(Debug, Default)]
struct Differences {
    /// Conditions, and whether they always fail.
    fails: BTreeMap<String, bool>,
    /// The condition with which it ends, because what comes behind it makes no sense then.
    last: Option<String>,
    ending: Option<Ending>,
    /// Whether it ends so only at times.
    at_times: bool,
}

/// Reads the list: names of programs, and indented what differs in them.
fn list(text: &str) -> Result<BTreeMap<String, Differences>, String> {
    let mut list: BTreeMap<String, Differences> = BTreeMap::new();
    let (mut name, mut has_reason) = (None, false);
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some(line) = line.strip_prefix("    ") else {
            if list
                .insert(line.to_owned(), Differences::default())
                .is_some()
            {
                return Err(format!("line {number}: {line} stands twice"));
            }
            (name, has_reason) = (Some(line.to_owned()), false);
            continue;
        };
        let current = name.as_ref().and_then(|name| list.get_mut(name));
        let current = current.ok_or(format!("line {number}: of no program"))?;
        let verdicts = ["Windows: ", "Wine: ", "both: ", "unknown: "];
        if verdicts.iter().any(|verdict| line.starts_with(verdict)) {
            has_reason = true;
        } else if !has_reason {
            return Err(format!("line {number}: who is right, and why?"));
        } else if let Some(condition) = line.strip_prefix("- ") {
            current.fails.insert(condition.to_owned(), true);
        } else if let Some(condition) = line.strip_prefix("! ") {
            current.last = Some(condition.to_owned());
        } else {
            let sometimes = line.strip_prefix("~ ");
            let ending = match sometimes.unwrap_or(line) {
                "hangs" => Some(Ending::Hangs),
                "crashes" => Some(Ending::Crashes),
                _ => None,
            };
            match (ending, sometimes) {
                (Some(_), _) => {
                    (current.ending, current.at_times) = (ending, sometimes.is_some());
                }
                (None, Some(condition)) => {
                    current.fails.insert(condition.to_owned(), false);
                }
                (None, None) => return Err(format!("line {number}: what is {line}?")),
            }
        }
    }
    Ok(list)
}

/// A Wine of its own, which ends with this.
struct Server {
    prefix: tempfile::TempDir,
    /// Whether the list was made for it.
    is_listed: bool,
}

impl Server {
    fn start() -> Result<Self, Failed> {
        let version = version_of("wine").unwrap_or_default();
        let server = Self {
            prefix: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?,
            is_listed: version.starts_with(LISTED_VERSION),
        };
        println!("under {}", version.trim());
        // First of all: what a Wine program starts inherits its output, and keeps it.
        server.quietly("wineserver", &["-p300"])?;
        server.quietly("wine", &["wineboot", "-i"])?;
        Ok(server)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("WINEPREFIX", self.prefix.path())
            .env("WINEDEBUG", "-all")
            // The names of files and code pages follow it.
            .env("LC_ALL", "C.UTF-8")
            // No questions, and no debugger for what crashes.
            .env("WINEDLLOVERRIDES", "mscoree=;mshtml=;winedbg.exe=")
            .env_remove("DISPLAY");
        command
    }

    fn quietly(&self, program: &str, arguments: &[&str]) -> Result<(), Failed> {
        self.command(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for argument in ["-k", "-w"] {
            let ended = self.quietly("wineserver", &[argument]);
            ended.expect("it was there a moment ago");
        }
    }
}

fn trials(
    programs: Vec<PathBuf>,
    mut list: BTreeMap<String, Differences>,
    server: Option<&Arc<Server>>,
) -> Vec<Trial> {
    let trial = |source: PathBuf| {
        let name = name_of(&source);
        let differences = list.remove(&name).unwrap_or_default();
        let server = server.map(Arc::clone);
        Trial::test(name, move || match server {
            Some(server) => check(&source, &differences, &server),
            None => Ok(()),
        })
    };
    programs.into_iter().map(trial).collect()
}

fn check(source: &Path, differences: &Differences, server: &Server) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    build(source, folder.path())?;
    // Once more, since Wine has bad moments.
    let first = outcome(differences, server, folder.path());
    if first.is_ok() {
        return Ok(());
    }
    outcome(differences, server, folder.path())
}

fn build(source: &Path, folder: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(source)?;
    let (compiler, standard) = match extension(source) {
        "cpp" => (CXX, "-std=c++17"),
        _ => (C, "-std=gnu11"),
    };
    let built = Command::new(compiler)
        .args([standard, "-w", "-static", "-D_WIN32_WINNT=0x0A00"])
        // As in Microsoft's library: %s of wprintf is wide.
        .arg("-D__USE_MINGW_ANSI_STDIO=0")
        .args(text.contains(" wmain(").then_some("-municode"))
        .args(directive(&text, "// flags:"))
        .arg(source)
        .args(LIBRARIES)
        .arg("-o")
        .arg(folder.join("program.exe"))
        .output()?;
    if built.status.success() {
        Ok(())
    } else {
        Err(told("the compiler says", &built).into())
    }
}

/// Runs it; an error if something is otherwise than the list says.
fn outcome(differences: &Differences, server: &Server, folder: &Path) -> Result<(), Failed> {
    let known: String = differences
        .fails
        .keys()
        .map(|line| format!("{line}\n"))
        .collect();
    let known_at = folder.join("known");
    fs::write(&known_at, known)?;
    let place = tempfile::tempdir_in(folder)?;
    let limit = match differences.ending {
        Some(Ending::Hangs) => HANG,
        _ => RUN_MAX,
    };
    let mut command = server.command("wine");
    command
        .arg(folder.join("program.exe"))
        .env("CHECK_KNOWN", format!("Z:{}", known_at.display()));
    let ran = common::run(&mut command, place.path(), limit)?;
    let failed = failed_conditions(&ran);
    let is_known = |condition: &&String| {
        differences.fails.contains_key(*condition) || differences.last.as_ref() == Some(condition)
    };
    if let Some(condition) = failed.iter().find(|condition| !is_known(condition)) {
        return Err(told(&format!("not listed: {condition}"), &ran).into());
    }
    let skipped = ran.status.code() == Some(SKIPPED);
    if skipped {
        let why = String::from_utf8_lossy(&ran.stdout);
        eprintln!("skipped: {}", why.lines().next_back().unwrap_or_default());
    }
    let always = differences.fails.iter().filter(|(_, always)| **always);
    let wanted = always
        .map(|(condition, _)| condition)
        .chain(&differences.last);
    let healed: Vec<_> = wanted
        .filter(|condition| !failed.contains(condition))
        .collect();
    if server.is_listed && !skipped && !healed.is_empty() {
        return Err(told(&format!("listed, and does not fail: {healed:?}"), &ran).into());
    }
    let ended_at_last = differences
        .last
        .as_ref()
        .is_some_and(|last| failed.contains(last));
    match (ran.status.code(), differences.ending) {
        (Some(0 | SKIPPED), None) => Ok(()),
        (Some(1), None) if ended_at_last => Ok(()),
        // Killed, after the time that it may take.
        (None, Some(Ending::Hangs)) => Ok(()),
        (Some(code), Some(Ending::Crashes)) if code != 0 && code != SKIPPED => Ok(()),
        (Some(0), Some(_)) if differences.at_times || !server.is_listed => Ok(()),
        _ => Err(told(&format!("it ended with {}", ran.status), &ran).into()),
    }
}

/// The conditions that a program says have failed.
fn failed_conditions(ran: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&ran.stdout).replace('\r', "");
    // FILE:LINE: CONDITION (last error NUMBER)
    let condition = |line: &str| {
        let (place, rest) = line.split_once(": ")?;
        let (condition, _) = rest.rsplit_once(" (last error ")?;
        let (file, _) = place.rsplit_once(':')?;
        let is_ours = [".c", ".cpp", ".h"].iter().any(|end| file.ends_with(end));
        is_ours.then(|| condition.to_owned())
    };
    text.lines().filter_map(condition).collect()
}
