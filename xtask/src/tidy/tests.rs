//! A bad sample for each rule, and next to it the good one that must pass.

use super::*;

const OP: &str = "crates/completion-port/src/op.rs";
const SCHED: &str = "crates/completion-port/src/sched/mod.rs";
const PORT: &str = "crates/completion-port/src/port.rs";
const SYS: &str = "crates/completion-port/src/sys/linux/uring.rs";
const CLI: &str = "crates/cli/src/main.rs";
const TEST: &str = "crates/completion-port/tests/port.rs";

fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

/// Lines and words of the faults in `files`, those about rows without a room left out.
fn faults(files: &[File]) -> Vec<(usize, String)> {
    check(files)
        .into_iter()
        .filter(|fault| fault.path != "xtask/src/tidy.rs")
        .map(|fault| (fault.line, fault.what))
        .collect()
}

/// The Rust file `path` with this code below its head line has a fault in exactly these lines
/// (the first line of the code is 2), and each says `what`.
#[track_caller]
fn check_code(path: &str, code: &str, lines: &[usize], what: &str) {
    let found = faults(&[file(path, &format!("//! A sample.\n{code}\n"))]);
    let at: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(at, lines, "in {path}: {code}\n{found:?}");
    assert!(
        found.iter().all(|(_, said)| said.contains(what)),
        "{found:?}"
    );
}

#[track_caller]
fn check_good(path: &str, code: &str) {
    check_code(path, code, &[], "");
}

#[test]
fn the_scheduler_knows_nobody() {
    check_code(SCHED, "use crate::op::Op;", &[2], "names `crate::op::Op`");
    check_code(SCHED, "use super::{sched, trace};", &[2], "`crate::trace`");
    check_code(SCHED, "fn f() { libc::read(); }", &[2], "libc");
    check_code(SCHED, "use std::{net, sync};", &[2], "std::net");
    check_code(SCHED, "use std::fs::File;", &[2], "std::fs");
    check_code(SCHED, "use crate::*;", &[2], "crate::*");
    check_good(
        SCHED,
        "use crate::sched::state; pub(crate) use self::sync::Mutex; use std::mem;",
    );
    check_good(SCHED, "mod tests { use super::*; }");
    check_good("crates/completion-port/src/sched/tests.rs", "use super::*;");
}

#[test]
fn operations_and_buffers_name_no_engine() {
    for path in [
        OP,
        "crates/completion-port/src/op/node.rs",
        "crates/completion-port/src/buf.rs",
    ] {
        check_code(path, "use crate::sys::Port;", &[2], "crate::sys::Port");
        check_code(
            path,
            "use crate::{\n    sched,\n    port::Key,\n};",
            &[3, 4],
            "crate::",
        );
        check_code(path, "type F = libc::c_int;", &[2], "libc");
        check_good(
            path,
            "use crate::buf::IoBuf; // crate::sys drives it\nconst S: &str = \"libc\";",
        );
    }
    check_code(OP, "use super::sys;", &[2], "crate::sys");
    check_code(OP, "use crate::*;", &[2], "crate::*");
}

#[test]
fn what_the_root_exports_is_known_by_where_it_comes_from() {
    let root = file(
        "crates/completion-port/src/lib.rs",
        "//! Root.\nmod port;\npub use port::{CompletionPort as Port, Key};\npub use op::Op;\n",
    );
    let op = file(OP, "//! Op.\nuse crate::{Op, Port};\n");
    let found = faults(&[root, op]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("names `crate::Port`"), "{found:?}");
}

#[test]
fn the_safe_doors_make_no_system_calls() {
    for name in ["net", "file", "pipe", "port", "net/tcp"] {
        let path = format!("crates/completion-port/src/{name}.rs");
        check_code(&path, "use libc as c;", &[2], "libc");
        check_code(&path, "use io_uring::opcode;", &[2], "io_uring");
        check_good(&path, "use crate::sys::linux;");
    }
}

#[test]
fn the_program_uses_the_public_items_only() {
    check_code(CLI, "use libc::c_int;", &[2], "libc");
    check_code(
        CLI,
        "fn f() { unsafe { g() } }",
        &[2],
        "`unsafe` outside its rooms",
    );
    check_code(
        CLI,
        "use completion_port::sys::Port;",
        &[2],
        "completion_port::sys",
    );
    check_code(
        CLI,
        "#[path = \"../../completion-port/src/sys.rs\"]\nmod sys;",
        &[2],
        "#[path",
    );
    check_code(CLI, "include!(\"x.rs\");", &[2], "include!");
    check_good(
        CLI,
        "use completion_port::CompletionPort; const T: &str = include_str!(\"x\");",
    );
}

#[test]
fn a_row_without_a_room_is_a_fault() {
    let found = check(&[]);
    assert_eq!(found.len(), ROOMS.len());
    assert!(found[0].what.contains("does not exist"), "{found:?}");
}

#[test]
fn platforms_are_chosen_under_sys() {
    let what = "chooses a platform";
    check_code(PORT, "#[cfg(unix)]\nfn f() {}", &[2], what);
    check_code(
        PORT,
        "#[cfg(any(test, not(windows)))]\nfn f() {}",
        &[2],
        what,
    );
    check_code(
        PORT,
        "#[cfg_attr(\n    linux,\n    inline\n)]\nfn f() {}",
        &[3],
        what,
    );
    check_code(
        PORT,
        "fn f() { if cfg!(target_os = \"linux\") {} }",
        &[2],
        what,
    );
    check_code(PORT, "cfg_select! { windows => {} _ => {} }", &[2], what);
    check_code(
        "xtask/src/steps.rs",
        "#[cfg(windows)]\nfn f() {}",
        &[2],
        what,
    );
    check_code("bench/sys.rs", "#[cfg(windows)]\nfn f() {}", &[2], what);
    check_good(
        PORT,
        "cfg_select! { test => { use std::os::unix::fs; } _ => {} }",
    );
    check_good(
        PORT,
        "#[cfg(test)]\nuse std::os::unix::fs::FileExt; // cfg(unix)",
    );
    check_good(
        "crates/completion-port/src/sys/mod.rs",
        "#[cfg(target_os = \"linux\")]\nmod l;",
    );
}

#[test]
fn files_and_lines_are_short() {
    check_code(
        PORT,
        &"\n".repeat(LINES_MAX),
        &[LINES_MAX + 1],
        "split the file",
    );
    check_good(PORT, &"\n".repeat(LINES_MAX - 2));
    check_code(
        PORT,
        &format!("//{}", "é".repeat(COLUMNS_MAX - 1)),
        &[2],
        "101 columns",
    );
    check_good(PORT, &format!("//{}", "é".repeat(COLUMNS_MAX - 2)));
    check_good(PORT, &format!("// https://{}", "x".repeat(COLUMNS_MAX)));
}

#[test]
fn unsafe_stands_in_its_rooms_with_a_reason() {
    let reason = "#![expect(\n    unsafe_code,\n    reason = \"the kernel writes\"\n)]\n";
    check_code(
        PORT,
        "unsafe fn f() {}\nunsafe impl Send for X {}",
        &[2, 3],
        "outside its rooms",
    );
    check_code(TEST, "fn f() { unsafe { g() } }", &[2], "outside its rooms");
    check_code(
        "crates/completion-port/src/system.rs",
        "unsafe fn f() {}",
        &[2],
        "outside",
    );
    check_code(SYS, "unsafe fn f() {}", &[2], "without its reason");
    check_code(
        SYS,
        "#![expect(unsafe_code)]\nunsafe fn f() {}",
        &[3],
        "without its reason",
    );
    check_good(SYS, &format!("{reason}unsafe fn f() {{}}"));
    check_good("bench/src/os.rs", &format!("{reason}unsafe fn f() {{}}"));
    check_good(PORT, "#![forbid(unsafe_code)] // unsafe is for others");

    let code = file(SYS, "//! Ring.\nunsafe fn f() {}\n");
    let head = format!("//! Linux.\n{reason}");
    let folder = file("crates/completion-port/src/sys/linux/mod.rs", &head);
    assert_eq!(
        faults(&[code, folder]),
        [],
        "the folder's head speaks for the files in it"
    );

    let code = file(SYS, "//! Ring.\nunsafe fn f() {}\n");
    let outside = file("crates/completion-port/src/mod.rs", &head);
    assert_eq!(
        faults(&[code, outside]).len(),
        1,
        "a head outside the room does not"
    );
}

#[test]
fn nothing_is_left_unfinished() {
    for path in [PORT, TEST, CLI] {
        check_code(path, "fn f() { todo!() }", &[2], "`todo!`");
        check_code(
            path,
            "fn f() { unimplemented!(\"x\") }",
            &[2],
            "`unimplemented!`",
        );
        check_code(path, "fn f() {\n    dbg!(1);\n}", &[3], "`dbg!`");
        check_code(path, "// FIXME: soon", &[2], "`FIXME`");
        check_code(path, "#[ignore = \"slow\"]\nfn f() {}", &[2], "`#[ignore`");
        check_good(path, "// not a todo!() but a comment about dbg!");
    }
}

#[test]
fn lints_are_lifted_with_a_reason() {
    check_code(
        PORT,
        "#[allow(dead_code)]\nfn f() {}",
        &[2],
        "`allow(…)` without",
    );
    check_code(PORT, "#![allow(dead_code)]", &[2], "`allow(…)` without");
    check_code(
        PORT,
        "#[cfg_attr(test, allow(dead_code))]\nfn f() {}",
        &[2],
        "`allow(…)` without",
    );
    check_good(
        PORT,
        "#[allow(dead_code, reason = \"kept for x\")]\nfn f() { allow(1) }",
    );
}

#[test]
fn nothing_waits_by_sleeping() {
    let inline = "fn f() {}\n#[cfg(test)]\nmod tests { fn g() {\nthread::sleep(d);\n} }";
    let excused = "fn g() { std::thread::sleep(d); } // not for order: spends CPU time of nobody";
    check_code(
        PORT,
        "fn f() { std::thread::sleep(d); }",
        &[2],
        "in the product",
    );
    check_code(PORT, excused, &[2], "in the product");
    check_code(
        PORT,
        "use std::{thread::{self, sleep}};",
        &[2],
        "in the product",
    );
    check_code(PORT, inline, &[5], "in a test");
    check_code(TEST, "fn f() { thread::sleep(d); }", &[2], "in a test");
    check_code(
        TEST,
        "fn f() { thread::sleep(d); } // not for order: ",
        &[2],
        "in a test",
    );
    check_good(TEST, excused);
    check_good("crates/completion-port/src/sched/tests.rs", excused);
    check_good(PORT, "fn f() { clock.sleep(d); thread::park(); }");
}

#[test]
fn a_file_says_first_what_it_is_for() {
    let found = faults(&[file(PORT, "use std::mem;\n//! Late.\n")]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("`//!`"), "{found:?}");
    assert_eq!(
        faults(&[file(TEST, "use std::mem;\n")]),
        [],
        "tests need not"
    );
}

#[test]
fn every_dependency_has_its_line() {
    let manifest = "[package]\nname = \"x\"\n\n[dependencies]\nlibc.workspace = true\n\
                    iocp = { path = \"../cli\" }\nslab = { version = \"1\", features = [\n\
                    \x20   \"std\",\n] }\n# why = not\n\n[target.'cfg(shuttle)'.dependencies]\n\
                    shuttle = \"0.9\"\n\n[dev-dependencies.tempfile]\nversion = \"3\"\n\n\
                    [features]\nbytes = [\"dep:bytes\"]\n";
    let names: Vec<&str> = dependency_names(manifest)
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    assert_eq!(names, ["libc", "iocp", "slab", "shuttle", "tempfile"]);

    let files = [
        file(
            "ARCHITECTURE.md",
            "- `libc`: calls.\n- `slab`: table.\n- `shuttle`: models.\n",
        ),
        file("crates/x/Cargo.toml", manifest),
        file("crates/iocp/Cargo.toml", ""),
        file("bench/Cargo.toml", "[dependencies]\ntokio = \"1\"\n"),
    ];
    let found = faults(&files);
    assert_eq!(
        found.len(),
        1,
        "our own crates and the benchmarks need no line: {found:?}"
    );
    assert!(found[0].1.contains("`tempfile`"), "{found:?}");
    assert_eq!(
        faults(&files[1..]).len(),
        4,
        "no ARCHITECTURE.md, no excuse"
    );
}

#[test]
fn no_file_names_a_machine() {
    // Put together here, so that this file does not break the rule itself.
    for folder in ["work", "farm", "home", "root", "Users"] {
        let path = format!("/{folder}/x");
        for text in [format!("cd {path}"), format!("(\"{path}\")"), path.clone()] {
            let found = faults(&[file("docs/notes.md", &format!("first\n{text}\n"))]);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].0, 2, "{text}");
        }
        for text in [
            format!("crates{path}"),
            format!("https://a.b{path}"),
            format!("${{A}}{path}"),
        ] {
            assert_eq!(faults(&[file("docs/notes.md", &text)]), [], "{text}");
        }
    }
}

#[test]
fn a_fault_prints_where_and_what() {
    let fault = Fault {
        path: "a/b.rs".into(),
        line: 3,
        what: "bad; be good".into(),
    };
    assert_eq!(fault.to_string(), "a/b.rs:3: bad; be good");
}
