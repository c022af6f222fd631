//! Tests that change what belongs to a whole process, run in a process of their own.

use std::fmt::Write as _;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Set in such a process, to the test's name.
const MARK: &str = "COMPLETION_PORT_TEST_PROCESS";
/// A process that takes longer than this hangs.
const PROCESS_MAX: Duration = Duration::from_secs(60);

/// In the process that was started for the test `name` alone: returns false. Anywhere else:
/// starts that process, sees it succeed and returns true, so that the caller has nothing left
/// to do. `module` is the caller's `module_path!()`.
#[track_caller]
pub(crate) fn has_run_alone(module: &str, name: &str) -> bool {
    has_run_alone_with(module, name, |_| {})
}

/// For [`has_run_alone_with`]: the environment demands no engine.
pub(crate) fn undemanded(command: &mut Command) {
    command.env_remove("COMPLETION_PORT_ENGINE");
}

/// As [`has_run_alone`], with more settings of the process.
#[track_caller]
pub(crate) fn has_run_alone_with(
    module: &str,
    name: &str,
    prepare: impl FnOnce(&mut Command),
) -> bool {
    let test = match module.split_once("::") {
        Some((_, inner)) => format!("{inner}::{name}"),
        None => name.to_owned(),
    };
    if std::env::var(MARK).is_ok_and(|mark| mark == test) {
        return false;
    }
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args([&test, "--exact", "--nocapture", "--test-threads=1"])
        .env(MARK, &test);
    prepare(&mut command);
    let output = succeed(&mut command);
    assert!(output.contains("1 passed"), "{test} was not run:\n{output}");
    print!("{}", facts(&output));
    true
}

/// What a test printed for the reader: its own lines, which are indented.
fn facts(output: &str) -> String {
    let lines = output.lines().filter(|line| line.starts_with("  "));
    lines.fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "{line}");
        all
    })
}

/// Runs a program that must end well and soon; returns what it printed.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> String {
    let mut printed = tempfile::tempfile().expect("a file for the output");
    let out = printed.try_clone().expect("a duplicate");
    let err = printed.try_clone().expect("a duplicate");
    let spawned = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
    let mut child = spawned.expect("a process");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the process's status") {
            break Some(status);
        }
        if started.elapsed() > PROCESS_MAX {
            child.kill().expect("its end");
            child.wait().expect("its status");
            break None;
        }
        std::thread::sleep(Duration::from_millis(2)); // not for order: between two looks
    };
    let mut text = String::new();
    printed.rewind().expect("the output from its start");
    printed.read_to_string(&mut text).expect("the output");
    match status {
        Some(status) if status.success() => text,
        Some(status) => panic!("the process ended with {status}:\n{text}"),
        None => panic!("the process did not end within {PROCESS_MAX:?}:\n{text}"),
    }
}

/// Denies this process some system calls with that error, for ever, as a container does.
pub(crate) fn deny_calls(calls: &[i64], code: i32) {
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect();
    let arch = TargetArch::try_from(std::env::consts::ARCH).expect("a known processor");
    let error = SeccompAction::Errno(code.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, error, arch).expect("a filter");
    let program: BpfProgram = filter.try_into().expect("a short filter");
    seccompiler::apply_filter_all_threads(&program).expect("an accepted filter");
}

/// What the system tells of each of this process's threads under that name.
fn of_each_thread(file: &str) -> impl Iterator<Item = String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("a list of threads");
    // A thread may end between the two.
    tasks
        .flatten()
        .filter_map(move |task| std::fs::read_to_string(task.path().join(file)).ok())
}

/// The names of this process's threads.
pub(crate) fn thread_names() -> Vec<String> {
    let names = of_each_thread("comm");
    names.map(|name| name.trim().to_owned()).collect()
}

/// How often the thread of that name has gone to sleep.
pub(crate) fn sleeps_of(name: &str) -> u64 {
    let is_its = |status: &String| status.lines().next() == Some(&format!("Name:\t{name}"));
    let status = of_each_thread("status").find(is_its).expect("the thread");
    let mut lines = status.lines();
    let count = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    let count = count.expect("a count of switches").trim();
    count.parse().expect("a number")
}
