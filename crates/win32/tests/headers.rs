//! Every header stands alone, may come twice, and brings no warning.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// The names that programs include. The other spellings of a name only forward to it, and what
/// begins with `iocp` is a part of one.
fn headers() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let entries = fs::read_dir(folder).expect("the folder of headers");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".h") && *name == name.to_lowercase())
        .filter(|name| !name.starts_with("iocp"))
        .collect();
    names.sort();
    assert!(names.len() > 50, "{} headers found", names.len());
    names
}

fn each_compiles(compiler: &str, extension: &str, flags: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let mut failed = String::new();
    for header in headers() {
        let text = fs::read_to_string(include.join(&header)).expect("a header");
        if extension == "c" && text.contains("is for C++") {
            continue;
        }
        let source = folder.path().join("header").with_extension(extension);
        let text = format!("#include <{header}>\n#include <{header}>\nint present;\n");
        fs::write(&source, text).expect("a file in the temporary folder");
        let output = Command::new(compiler)
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
            .args(flags)
            .arg("-I")
            .arg(&include)
            .arg(&source)
            .output();
        let output = match output {
            Err(error) if error.kind() == ErrorKind::NotFound && compiler.contains("clang") => {
                eprintln!("{compiler} is not installed: skipped");
                return;
            }
            output => output.expect("the compiler starts"),
        };
        if !output.status.success() {
            failed += &format!("{header}:\n{}\n", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert!(failed.is_empty(), "{compiler} {flags:?}\n{failed}");
}

#[test]
fn each_stands_alone_in_c() {
    each_compiles("cc", "c", &["-std=c11"]);
}

#[test]
fn each_stands_alone_in_c_with_wide_names_and_a_short_wchar() {
    let flags = ["-std=c11", "-DUNICODE", "-D_UNICODE", "-fshort-wchar"];
    each_compiles("cc", "c", &flags);
}

#[test]
fn each_stands_alone_in_cpp() {
    each_compiles("c++", "cpp", &["-std=c++17"]);
}

#[test]
fn each_stands_alone_in_c_by_clang() {
    each_compiles("clang", "c", &["-std=c11"]);
}

#[test]
fn each_stands_alone_in_c17_by_clang_with_wide_names_and_a_short_wchar() {
    let flags = ["-std=c17", "-DUNICODE", "-D_UNICODE", "-fshort-wchar"];
    each_compiles("clang", "c", &flags);
}

#[test]
fn each_stands_alone_in_cpp_by_clang_with_wide_names() {
    let flags = ["-std=c++17", "-DUNICODE", "-D_UNICODE"];
    each_compiles("clang++", "cpp", &flags);
}

#[test]
fn each_stands_alone_in_cpp20_by_clang_with_a_short_wchar() {
    each_compiles("clang++", "cpp", &["-std=c++20", "-fshort-wchar"]);
}
