//! What the headers declare is what the library exports, no more and no less.
//!
//! The compiler itself lists the declarations (`-aux-info`), `nm` the symbols. A declaration may
//! be bound to another symbol than its name; the headers do that by three rules, which are the
//! only ones accepted here: `name`, `iocp_name` (names that the C library has, too), and, with
//! 16-bit `wchar_t`, either with `_16` behind it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

fn library() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    // Beside the test: only `cargo build` puts a copy one folder higher.
    test.parent().expect("a build folder").join("libiocp.a")
}

/// Headers that are not for C programs to include: for C++ alone, or parts of others.
const NOT_FOR_C: &[&str] = &["comdef", "concurrent_", "new.h", "ppl", "iocp"];

/// Declared under another name than they have in the C library, which defines them.
const OF_THE_C_LIBRARY: &str = "iocp_c_";
/// Defined by the program, or by the C library under this very name.
const OF_OTHERS: &[&str] = &["WinMain", "wWinMain", "_exit"];
/// Called by what the C++ compiler makes; programs set what it calls.
const OF_THE_COMPILER: &[&str] = &["__cxa_pure_virtual"];

/// Functions that some header of ours declares and does not define itself.
fn declared(flags: &[&str]) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, list) = (folder.path().join("all.c"), folder.path().join("list"));
    let mut text = String::from("#include <winsock2.h>\n#include <windows.h>\n");
    let for_c = |header: &String| !NOT_FOR_C.iter().any(|name| header.starts_with(name));
    for header in headers().into_iter().filter(for_c) {
        text += &format!("#include <{header}>\n");
    }
    fs::write(&source, text).expect("a C file");
    let status = Command::new("gcc")
        .args(["-std=gnu11", "-fsyntax-only", "-w", "-I"])
        .arg(include())
        .args(flags)
        .arg("-aux-info")
        .args([&list, &source])
        .status()
        .expect("gcc");
    assert!(status.success(), "the headers do not compile together");
    let ours = include();
    let list = fs::read_to_string(list).expect("the compiler's list");
    let lines = list.lines().filter_map(|line| {
        // /* FILE:LINE:NC */ extern TYPE name (ARGUMENTS);
        let (place, declaration) = line.strip_prefix("/* ")?.split_once(" */ ")?;
        let declares = place.ends_with('C') && place.starts_with(ours.to_str()?);
        (declares && !declaration.starts_with("static")).then(|| name_in(declaration))
    });
    let is_ours =
        |name: &String| !name.starts_with(OF_THE_C_LIBRARY) && !OF_OTHERS.contains(&name.as_str());
    lines.flatten().filter(is_ours).collect()
}

/// The name before the first parenthesis that follows a name.
fn name_in(declaration: &str) -> Option<String> {
    let end = declaration.find(" (")?;
    let name = declaration[..end].rsplit([' ', '*']).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn headers() -> Vec<String> {
    let entries = fs::read_dir(include()).expect("the headers");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.ends_with(".h"))
        .collect();
    names.sort();
    names
}

/// The names that a header binds by `MACRO(name)`.
fn bound_by(macro_name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for header in headers() {
        let text = fs::read_to_string(include().join(header)).expect("a header");
        for rest in text.split(&format!("{macro_name}(")).skip(1) {
            if let Some((name, _)) = rest.split_once(')') {
                found.insert(name.trim().to_owned());
            }
        }
    }
    found
}

/// Global functions of the library that have a name as C programs know them.
fn exported() -> BTreeSet<String> {
    let output = Command::new("nm")
        .args(["--defined-only", "--extern-only", "--no-demangle"])
        .arg(library())
        .output()
        .expect("nm");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut object = String::new();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if let Some(name) = line.strip_suffix(':') {
            object = name.to_owned();
        } else if object.starts_with("iocp-") || object.starts_with("iocp.") {
            let mut words = line.split_whitespace().skip(1);
            let (kind, name) = (words.next(), words.next().unwrap_or_default());
            let internal = name.starts_with("_ZN") || name.starts_with("_R") || name.contains('.');
            if kind == Some("T") && !internal {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

fn is_bound(name: &str, exported: &BTreeSet<String>) -> bool {
    exported.contains(name) || exported.contains(&format!("iocp_{name}"))
}

#[test]
fn what_the_headers_declare_is_exported() {
    let exported = exported();
    assert!(
        exported.len() > 500,
        "only {} symbols were found",
        exported.len()
    );
    let missing: Vec<String> = declared(&[])
        .into_iter()
        .filter(|name| !is_bound(name, &exported))
        .collect();
    assert!(
        missing.is_empty(),
        "{} declared, not exported: {missing:?}",
        missing.len()
    );
}

#[test]
fn what_has_wide_characters_is_exported_for_both_widths() {
    let exported = exported();
    let missing: Vec<String> = bound_by("IOCP_WIDE")
        .into_iter()
        .filter(|name| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name != "name"
        })
        .filter(|name| {
            let narrow = is_bound(name, &exported);
            let short = exported.contains(&format!("{name}_16"));
            !narrow || !(short || exported.contains(&format!("iocp_{name}_16")))
        })
        .collect();
    assert!(
        missing.is_empty(),
        "{} not exported for both: {missing:?}",
        missing.len()
    );
}

#[test]
fn functions_of_both_kinds_have_a_name_for_the_programs_own_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("names.c");
    let declared = declared(&[]);
    let mut text = String::from("#include <winsock2.h>\n#include <windows.h>\n");
    for header in ["psapi", "shlwapi", "strsafe", "dbghelp", "ws2tcpip"] {
        text += &format!("#include <{header}.h>\n");
    }
    let mut pairs = 0;
    for name in declared.iter().filter_map(|name| name.strip_suffix('W')) {
        if declared.contains(&format!("{name}A")) {
            text += &format!("#ifndef {name}\n#error {name}\n#endif\n");
            pairs += 1;
        }
    }
    assert!(pairs > 100, "only {pairs} pairs were found");
    fs::write(&source, text).expect("a C file");
    for unicode in [&[][..], &["-DUNICODE"]] {
        let output = Command::new("gcc")
            .args(["-std=gnu11", "-fsyntax-only", "-w", "-I"])
            .arg(include())
            .args(unicode)
            .arg(&source)
            .output()
            .expect("gcc");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "without a name: {told}");
    }
}

#[test]
fn what_is_exported_is_declared() {
    let mut known = declared(&[]);
    known.extend(declared(&["-fshort-wchar"]));
    let strange: Vec<String> = exported()
        .into_iter()
        .filter(|symbol| {
            if OF_THE_COMPILER.contains(&symbol.as_str()) {
                return false;
            }
            let base = symbol.strip_suffix("_16").unwrap_or(symbol);
            let bare = base.strip_prefix("iocp_").unwrap_or(base);
            ![base, bare, symbol]
                .iter()
                .any(|name| known.contains(*name))
        })
        .collect();
    assert!(
        strange.is_empty(),
        "{} exported, not declared: {strange:?}",
        strange.len()
    );
}
