//! The compiler driver as a child process, and sources in old encodings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use encoding_rs::{BIG5, EUC_KR, GBK, SHIFT_JIS};

pub(crate) use super::text;

/// The tree of this package.
pub(crate) fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Whether a compiler is on this machine.
pub(crate) fn available(compiler: &str) -> bool {
    Command::new(compiler)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

pub(crate) fn is_cxx(file: &str) -> bool {
    file.ends_with(".cpp")
}

/// The driver for a file, with the headers of this tree.
pub(crate) fn driver(file: &str) -> Command {
    iocp(&[if is_cxx(file) { "c++" } else { "cc" }])
}

pub(crate) fn iocp(args: &[&str]) -> Command {
    let mut command = super::iocp(args);
    command
        .env("IOCP_HOME", tree())
        .env_remove("CC")
        .env_remove("CXX");
    command
}

/// A text in an encoding that is named as in the corpus.
pub(crate) fn encoded(text: &str, encoding: Option<&str>) -> Vec<u8> {
    let page = match encoding {
        None => return text.into(),
        Some("utf-8-bom") => return format!("\u{feff}{text}").into(),
        Some("utf-16le") => {
            return format!("\u{feff}{text}")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
        }
        Some("utf-16be") => {
            return format!("\u{feff}{text}")
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect();
        }
        Some("949") => EUC_KR,
        Some("936") => GBK,
        Some("932") => SHIFT_JIS,
        Some("950") => BIG5,
        Some(other) => panic!("unknown encoding {other}"),
    };
    let (bytes, _, unmappable) = page.encode(text);
    assert!(!unmappable, "{text}");
    bytes.into_owned()
}

/// A folder with files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Copies a tree of files, each changed by `change`.
pub(crate) fn store(from: &Path, to: &Path, change: fn(&str) -> Vec<u8>) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            store(&path, &to, change);
        } else {
            fs::write(&to, change(&fs::read_to_string(&path).unwrap())).unwrap();
        }
    }
}

/// Runs a command in a folder; returns its output, which must be of success.
pub(crate) fn done(command: &mut Command, folder: &Path) -> Output {
    let output = command.current_dir(folder).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        text(&output.stderr)
    );
    output
}
