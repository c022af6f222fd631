//! `iocp demo`, small: it succeeds, decorates terminals only, and leaves nothing behind.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use common::{Running, iocp, run_in_terminal, text, threads_of, wait_until};
use rustix::process::Signal;
use serde_json::Value;
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
fn the_scenes_succeed_on_either_engine_without_decoration() {
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
        // Where there is a compiler, and the library has been built.
        let is_ported = words.contains("says: 1000 of 1000 echoes are right, shut down");
        assert!(is_ported || words.contains("Left out: "), "{shown}");
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
    for scene in ["Scene 1", "Scene 2", "There and back"] {
        let dir = tempfile::tempdir().unwrap();
        let mut command = iocp(&["demo", "--messages", "1000000", "--connections", "50"]);
        command.arg("--dir").arg(dir.path());
        let demo = Running::start(command);
        demo.until(scene);
        if scene == "There and back" {
            // Now come the clients that would take minutes.
            wait_until(|| demo.children().iter().any(|&child| threads_of(child) > 2));
        }
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

/// What the demo's clients report of a server that lets `spoil` at each piece it sends back;
/// `false` ends the connection instead.
fn clients_of(mut spoil: impl FnMut(u32, &mut [u8]) -> bool + Send + 'static) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut piece = vec![0; 65_536];
        for index in 0.. {
            let bytes = stream.read(&mut piece).unwrap();
            if bytes == 0 || !spoil(index, &mut piece[..bytes]) {
                return;
            }
            stream.write_all(&piece[..bytes]).unwrap();
        }
    });
    let args = [
        "demo-clients",
        "--connections",
        "1",
        "--messages",
        "20",
        "--bytes-max",
        "64",
    ];
    let output = iocp(&args).args(["--server", &address]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_clients_accept_an_honest_server() {
    let report = clients_of(|_, _| true);
    assert_eq!(report["messages_echoed"], 20);
    assert_eq!(report["bytes_echoed"], report["bytes_sent"]);
    assert_eq!(report["lost"].as_array().unwrap().len(), 0);
}

#[test]
fn the_clients_notice_one_changed_bit_and_one_lost_connection() {
    let report = clients_of(|index, piece| {
        if index == 7 {
            piece[piece.len() / 2] ^= 1;
        }
        true
    });
    let lost = report["lost"][0].as_str().unwrap();
    assert!(
        lost.contains("client 0, message 7: the echo differs"),
        "{lost}"
    );
    let report = clients_of(|index, _| index < 5);
    let lost = report["lost"][0].as_str().unwrap();
    assert!(lost.contains("client 0, message 5: "), "{lost}");
    assert_eq!(report["messages_echoed"], 5);
}
