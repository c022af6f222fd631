//! `iocp demo`, small: it succeeds, decorates terminals only, and leaves nothing behind.

mod common;

use std::fs;
use std::process::Command;

use common::{Running, iocp, run_in_terminal, text};
use rustix::process::Signal;
use tempfile::TempDir;

fn small(dir: &TempDir) -> Command {
    let mut command = iocp(&[
        "demo",
        "--files",
        "12",
        "--connections",
        "20",
        "--messages",
        "20",
    ]);
    command.arg("--dir").arg(dir.path());
    command
}

fn is_empty(dir: &TempDir) -> bool {
    fs::read_dir(dir.path()).unwrap().next().is_none()
}

#[test]
fn both_scenes_succeed_on_either_engine_without_decoration() {
    for engine in ["auto", "threads"] {
        let dir = tempfile::tempdir().unwrap();
        let output = small(&dir)
            .env("COMPLETION_PORT_ENGINE", engine)
            .output()
            .unwrap();
        let (shown, errors) = (text(&output.stdout), text(&output.stderr));
        assert_eq!((output.status.code(), errors), (Some(0), ""), "{shown}");
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("ok No: 120 files of"), "{shown}");
        assert!(words.contains("ok No: 2,400 messages with"), "{shown}");
        let decoration = ['\x1b', '\r', '█', '▏', '─', '✔'];
        assert!(!shown.contains(decoration), "{shown}");
        assert!(is_empty(&dir));
    }
}

#[test]
fn a_terminal_gets_colours_and_bars_unless_it_wants_none() {
    let dir = tempfile::tempdir().unwrap();
    let (status, shown) = run_in_terminal(small(&dir));
    assert!(status.success(), "{shown}");
    for sign in ["\x1b[", "█", "─", "✔"] {
        assert!(shown.contains(sign), "{shown}");
    }
    let mut command = small(&dir);
    command.env("NO_COLOR", "1");
    let (status, shown) = run_in_terminal(command);
    assert!(
        status.success() && !shown.contains(['\x1b', '█']),
        "{shown}"
    );
}

#[test]
fn a_signal_ends_it_and_nothing_stays_behind() {
    for scene in ["Scene 1", "Scene 2"] {
        let dir = tempfile::tempdir().unwrap();
        let mut command = iocp(&["demo", "--messages", "1000000", "--connections", "2"]);
        command.arg("--dir").arg(dir.path());
        let demo = Running::start(command);
        demo.until(scene);
        demo.signal(Signal::TERM);
        let (code, out, err) = demo.end();
        assert_eq!((code, &*err), (Some(130), ""), "{out}");
        assert!(is_empty(&dir));
    }
}

#[test]
fn a_folder_that_is_not_there_is_a_failure_that_names_it() {
    let output = iocp(&["demo", "--dir", "/nowhere/at-all"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/at-all"));
}
