//! The table of functions for `GetProcAddress` is what the library exports.
//!
//! It is made from the built library, since only that knows all names: run this test with the
//! variable `IOCP_BLESS` set to write it anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const LINE_MAX: usize = 100;
const INDENT: &str = "    ";

/// The shared library that this build has made: it lies beside the test.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    test.with_file_name("libiocp.so")
}

/// The functions that the library exports.
fn exported() -> BTreeSet<String> {
    let listed = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(library())
        .output()
        .expect("nm, which comes with the compiler");
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let text = String::from_utf8(listed.stdout).expect("names");
    let function = |line: &str| {
        let (_, rest) = line.split_once(' ')?;
        rest.strip_prefix("T ").map(str::to_owned)
    };
    // What languages' run-time libraries ask of each other is no program's business.
    let is_own = |name: &String| !name.starts_with("rust_") && !name.starts_with("__cxa");
    text.lines().filter_map(function).filter(is_own).collect()
}

/// The names in lines of the allowed length.
fn lines_of(names: &BTreeSet<String>) -> String {
    let mut lines = String::new();
    let mut line = String::from(INDENT);
    for name in names {
        if line.len() + 1 + name.len() > LINE_MAX {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line = String::from(INDENT);
        }
        line.push_str(name);
        line.push(' ');
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines
}

#[test]
fn the_table_for_get_proc_address_names_every_export() {
    const START: &str = "table! {\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/module/exports.rs");
    let text = std::fs::read_to_string(&path).expect("the table");
    let (head, rest) = text.split_once(START).expect("the table's beginning");
    let (body, _) = rest.split_once('}').expect("the table's end");
    let names = exported();
    if std::env::var_os("IOCP_BLESS").is_some() {
        let new = format!("{head}{START}{}}}\n", lines_of(&names));
        std::fs::write(&path, new).expect("the table is written");
        return;
    }
    let listed: BTreeSet<String> = body.split_whitespace().map(str::to_owned).collect();
    let missing: Vec<_> = names.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&names).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "run this test once with IOCP_BLESS=1: missing {missing:?}, gone {gone:?}"
    );
}
