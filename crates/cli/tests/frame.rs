//! What all commands share: help, exit codes, a reader that leaves.

mod common;

use common::{iocp, run, text, unread_pipe};

#[test]
fn help_shows_examples_and_succeeds() {
    for args in [
        &["--help"][..],
        &["demo", "--help"],
        &["echo", "--help"],
        &["doctor", "--help"],
    ] {
        let output = run(args);
        assert!(output.status.success());
        let help = text(&output.stdout);
        assert!(help.contains("Examples:\n  iocp "), "{args:?}: {help}");
        assert!(
            !help.contains("demo-clients"),
            "the clients are hidden: {help}"
        );
    }
}

#[test]
fn a_wrong_command_line_is_told_from_a_failure() {
    for args in [
        &[][..],
        &["sing"],
        &["echo"],
        &["echo", "--listen", "nowhere"],
        &["echo", "--listen", "127.0.0.1:0", "--threads", "0"],
        &["demo", "--files", "0"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{args:?}"
        );
    }
}

#[test]
fn a_reader_that_has_left_is_no_failure() {
    let files = [
        "demo",
        "--files",
        "1",
        "--connections",
        "1",
        "--messages",
        "1",
    ];
    for args in [&["doctor"][..], &["doctor", "--json"], &["--help"], &files] {
        let output = iocp(args).stdout(unread_pipe()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(
            output.stderr.is_empty(),
            "{args:?}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = iocp(&["doctor"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("standard output"));
}
