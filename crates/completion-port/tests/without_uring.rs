//! Without io_uring: where the system denies it, everything else works as before.
//!
//! Denied the way a container denies it: by a filter of system calls, which a process keeps
//! through `exec`. So the other test programs of this crate run under it unchanged.

mod common;

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use common::process::{deny_calls, has_run_alone_with, succeed, undemanded};
use common::raw::forget_pages;
use common::{assert_empty, assert_same, complete, pattern, scratch, take, take_done};
use completion_port::{CompletionPort, Engine, File, engine_report};

/// The error number with which a helper process is to deny the calls, and what it then becomes.
const DENY: &str = "COMPLETION_PORT_TEST_DENY";
const BECOME: &str = "COMPLETION_PORT_TEST_BECOME";
/// Demands an engine of every process.
const ENGINE: &str = "COMPLETION_PORT_ENGINE";

/// Denies this process the three calls of io_uring with that error, for ever.
fn deny(code: i32) {
    let calls = [
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
    ];
    deny_calls(&calls, code);
}

/// The newest program of that test file, if it has been built.
fn program(name: &str) -> Option<PathBuf> {
    let this = std::env::current_exe().expect("this program");
    let beside = std::fs::read_dir(this.parent().expect("its directory")).expect("its neighbours");
    let is_it = |path: &PathBuf| {
        let hash = path
            .file_name()
            .and_then(OsStr::to_str)
            .and_then(|file| file.strip_prefix(name)?.strip_prefix('-'));
        // What cargo puts there: sixteen hexadecimal digits, and no extension.
        hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let changed = |path: &PathBuf| {
        let facts = path.metadata().and_then(|facts| facts.modified());
        facts.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let found = beside.flatten().map(|entry| entry.path()).filter(is_it);
    found.max_by_key(changed)
}

/// In a helper process: denies, becomes the other program and does not return.
fn become_another_if_told() {
    let (Ok(code), Some(program)) = (std::env::var(DENY), std::env::var_os(BECOME)) else {
        return;
    };
    deny(code.parse().expect("an error number"));
    let error = Command::new(program)
        .args(["--test-threads=2", "--quiet"])
        .env_remove(DENY)
        .env_remove(BECOME)
        .exec();
    panic!("not another program: {error}");
}

/// Runs the tests of those files with io_uring denied; `test` is the caller.
fn suite(test: &str, code: i32, names: &[&str]) {
    become_another_if_told();
    for name in names {
        let Some(path) = program(name) else {
            assert_ne!(*name, "port", "the tests of the port must have been built");
            println!("  {name}: not built, so not run");
            continue;
        };
        println!("  {name}: runs with error {code} from io_uring");
        let mut helper = Command::new(std::env::current_exe().expect("this program"));
        helper
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env_remove(ENGINE)
            .env(DENY, code.to_string())
            .env(BECOME, path);
        let output = succeed(&mut helper);
        assert!(output.contains("test result: ok"), "{name}:\n{output}");
    }
}

const OF_PORTS_AND_FILES: [&str; 6] = ["port", "scheduling", "stress", "file", "direct", "cancel"];
/// No operation is carried out there, or the suite would be run in itself, or time matters.
const SPECIAL: [&str; 4] = [
    "observation",
    "observation_idle",
    "promptness",
    "without_uring",
];
const OF_SOCKETS: [&str; 9] = [
    "future",
    "executor",
    "socket",
    "connect",
    "datagram",
    "pipe",
    "buffers",
    "faults",
    "exhaustion",
];

#[test]
fn the_port_tests_pass_where_io_uring_is_forbidden() {
    let test = "the_port_tests_pass_where_io_uring_is_forbidden";
    suite(test, libc::EPERM, &OF_PORTS_AND_FILES);
}

#[test]
fn the_socket_tests_pass_where_io_uring_is_forbidden() {
    let test = "the_socket_tests_pass_where_io_uring_is_forbidden";
    suite(test, libc::EPERM, &OF_SOCKETS);
}

#[test]
fn no_test_file_is_left_out() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"));
    for path in files
        .expect("the test files")
        .flatten()
        .map(|entry| entry.path())
    {
        let name = path.file_stem().and_then(OsStr::to_str).expect("a name");
        let listed = OF_PORTS_AND_FILES.contains(&name) || OF_SOCKETS.contains(&name);
        let special = SPECIAL.contains(&name);
        assert!(
            path.is_dir() || listed || special,
            "{name} is not run without io_uring"
        );
    }
}

#[test]
fn completions_are_prompt_where_io_uring_is_forbidden() {
    let test = "completions_are_prompt_where_io_uring_is_forbidden";
    suite(test, libc::EPERM, &["promptness"]);
}

#[test]
fn the_tests_pass_where_the_kernel_has_no_io_uring() {
    let test = "the_tests_pass_where_the_kernel_has_no_io_uring";
    suite(test, libc::ENOSYS, &["file", "port"]);
}

/// What a process finds that was denied io_uring.
fn threads_take_over(code: i32) {
    deny(code);
    let report = engine_report();
    assert_eq!(report.files, "threads");
    assert_eq!(report.ring_mode, None);
    let why = report.ring_error.expect("a reason");
    assert_eq!(why.code, code);
    assert!(!why.text.is_empty());
    println!("  the report says: {}", why.text);

    let directory = scratch();
    let path = directory.path().join("cold");
    let contents = pattern(1 << 20, 1);
    std::fs::write(&path, &contents).unwrap();
    let open = || {
        let file = std::fs::File::open(&path).unwrap();
        forget_pages(&file);
        File::try_from(file).unwrap()
    };
    let port = CompletionPort::new(1).unwrap();
    let file = open();
    port.associate(&file, 1).unwrap();
    file.read_at(vec![0; 1 << 20], 0).submit(()).unwrap();
    let done = take_done::<Vec<u8>, ()>(&port);
    assert_eq!(done.result.unwrap(), 1 << 20);
    assert_same(&done.buf, &contents);
    complete(file.sync_all()).result.unwrap();

    // Demanded, io_uring is not replaced in silence.
    let builder = CompletionPort::builder().engine(Engine::Uring);
    let port = builder.build().unwrap();
    let file = open();
    port.associate(&file, 1).unwrap();
    let refused = file.sync_data().submit("my state").expect_err("a refusal");
    let text = refused.error.to_string();
    assert!(text.contains("io_uring was demanded"), "{text}");
    println!("  the refusal says: {text}");
    assert_eq!(refused.state, "my state");
    assert!(file.sync_data().start().is_err());
    assert_empty(&port);
}

#[test]
fn the_report_says_why_there_is_no_ring_and_threads_read_files() {
    let name = "the_report_says_why_there_is_no_ring_and_threads_read_files";
    if !has_run_alone_with(module_path!(), name, undemanded) {
        threads_take_over(libc::EPERM);
    }
}

#[test]
fn a_kernel_without_io_uring_is_no_error_either() {
    let name = "a_kernel_without_io_uring_is_no_error_either";
    if !has_run_alone_with(module_path!(), name, undemanded) {
        threads_take_over(libc::ENOSYS);
    }
}

#[test]
fn a_process_that_forbids_itself_io_uring_later_goes_on_with_threads() {
    let name = "a_process_that_forbids_itself_io_uring_later_goes_on_with_threads";
    if has_run_alone_with(module_path!(), name, undemanded) {
        return;
    }
    println!("  at first files are served by {}", engine_report().files);
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(1 << 16, 2);
    std::fs::write(&path, &contents).unwrap();
    let serve = |port: &CompletionPort| {
        let file = std::fs::File::open(&path).unwrap();
        forget_pages(&file);
        let file = File::try_from(file).unwrap();
        port.associate(&file, 1).unwrap();
        file.read_at(vec![0; 1 << 16], 0).submit(()).unwrap();
        // More than there is room for at once.
        for _ in 0..2_000 {
            file.sync_data().submit(()).unwrap();
        }
        let bytes: usize = (0..2_001).map(|_| take(port).bytes()).sum();
        assert_eq!(bytes, 1 << 16);
    };
    let port = CompletionPort::new(1).unwrap();
    serve(&port);
    deny(libc::EPERM);
    serve(&port);
    serve(&CompletionPort::new(1).unwrap());
    let report = engine_report();
    assert_eq!(report.files, "threads");
    assert_eq!(report.ring_error.map(|why| why.code), Some(libc::EPERM));
}

#[test]
fn an_environment_that_demands_a_ring_gets_refusals_without_one() {
    let name = "an_environment_that_demands_a_ring_gets_refusals_without_one";
    let settle = |command: &mut Command| _ = command.env(ENGINE, "uring");
    if has_run_alone_with(module_path!(), name, settle) {
        return;
    }
    deny(libc::EPERM);
    let report = engine_report();
    assert_eq!((report.files, report.demanded), ("threads", Some("uring")));
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, "contents").unwrap();
    let file = File::open(&path).unwrap();
    let refused = file.sync_all().start().expect_err("a refusal");
    let text = refused.error.to_string();
    assert!(text.contains("io_uring was demanded"), "{text}");
    // What needs no engine is done all the same.
    let done = complete(file.read_at(vec![0; 8], 0));
    assert_eq!(done.buf, b"contents");
}
