//! `iocp cc` and `iocp c++`: every source of `corpus` is bridged, compiled and run.
//!
//! What must be seen stands in the first lines of each source:
//!
//! | line | meaning |
//! |---|---|
//! | `// encoding: 949` | how the file is stored before it is compiled; UTF-8 otherwise |
//! | `// options: …` | given to the driver |
//! | `// bridged: a; b` | what is told, in this order, after the file's name; nothing otherwise |
//! | `// arguments: …` | given to the program |
//! | `// prints: …` | one line on the program's standard output; nothing otherwise |
//! | `// exit: 3` | the program's exit code; 0 otherwise |
//! | `// only: gcc` | other compilers are not tried |
//! | `// links: no` | it needs the library, so it is only compiled |

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::driver::{available, driver, encoded, is_cxx, store, text};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");

/// What a source of the corpus says about itself.
struct Expected {
    encoding: Option<String>,
    options: Vec<String>,
    bridged: Option<String>,
    arguments: Vec<String>,
    prints: String,
    exit: i32,
    links: bool,
    only: Option<String>,
}

impl Expected {
    fn of(source: &str) -> Self {
        let get = |name: &str| {
            let prefix = format!("// {name}: ");
            let mut lines = source.lines();
            lines
                .find_map(|line| line.strip_prefix(&prefix))
                .map(str::to_owned)
        };
        let words = |name: &str| -> Vec<String> {
            let words = get(name).unwrap_or_default();
            words.split_whitespace().map(str::to_owned).collect()
        };
        Self {
            encoding: get("encoding"),
            options: words("options"),
            bridged: get("bridged"),
            arguments: words("arguments"),
            prints: get("prints").map(|line| line + "\n").unwrap_or_default(),
            exit: get("exit").map_or(0, |code| code.parse().unwrap()),
            links: get("links").is_none(),
            only: get("only"),
        }
    }
}

/// A copy of the corpus, with each source in its encoding.
fn stored() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    store(Path::new(CORPUS), folder.path(), |source| {
        encoded(source, Expected::of(source).encoding.as_deref())
    });
    folder
}

fn sources() -> Vec<PathBuf> {
    let mut sources: Vec<PathBuf> = fs::read_dir(CORPUS)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    sources.sort();
    assert!(sources.len() > 30, "the corpus is not there");
    sources
}

/// Bridges, compiles and runs one source; returns what is wrong.
fn check(folder: &Path, source: &Path, compiler: &str) -> Result<(), String> {
    let name = source.file_name().unwrap().to_str().unwrap();
    let expected = Expected::of(&fs::read_to_string(source).unwrap());
    if expected
        .only
        .as_deref()
        .is_some_and(|only| only != compiler)
    {
        return Ok(());
    }
    let object = format!("{name}.o");
    let mut command = driver(name);
    command
        .current_dir(folder)
        .args(["--compiler", compiler, "-c", name, "-o", &object]);
    let output = command.args(&expected.options).output().unwrap();
    let told = text(&output.stderr);
    if !output.status.success() {
        return Err(format!("does not compile:\n{told}"));
    }
    let ours: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("iocp: "))
        .collect();
    let in_order = match &expected.bridged {
        None => ours.is_empty(),
        Some(bridged) => {
            let line = ours
                .iter()
                .find(|line| line.starts_with(&format!("iocp: {name}:")));
            line.is_some_and(|line| line.contains(bridged.as_str()))
        }
    };
    if !in_order {
        return Err(format!("tells {ours:?}, not {:?}", expected.bridged));
    }
    if !expected.links {
        return Ok(());
    }
    let linker = match is_cxx(name) {
        true => "g++",
        false => "gcc",
    };
    let program = folder.join(format!("{name}.out"));
    let mut link = Command::new(linker);
    link.current_dir(folder)
        .arg(&object)
        .arg("-o")
        .arg(&program)
        .args(["-pthread", "-lm"]);
    let output = link.output().unwrap();
    if !output.status.success() {
        return Err(format!("does not link:\n{}", text(&output.stderr)));
    }
    let output = Command::new(&program)
        .args(&expected.arguments)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let seen = (text(&output.stdout).to_owned(), output.status.code());
    if seen != (expected.prints.clone(), Some(expected.exit)) {
        return Err(format!("gives {seen:?}"));
    }
    Ok(())
}

fn check_all(compiler: &str) {
    if !available(compiler) {
        eprintln!("{compiler} is not here; nothing was tried with it");
        return;
    }
    let folder = stored();
    let failures: Vec<String> = sources()
        .iter()
        .filter_map(|source| {
            let name = source.file_name().unwrap().to_str().unwrap();
            let wrong = check(folder.path(), source, compiler).err()?;
            Some(format!("{name} {wrong}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_trap_of_the_corpus_is_bridged_for_gcc() {
    check_all("gcc");
}

#[test]
fn every_trap_of_the_corpus_is_bridged_for_clang() {
    check_all("clang");
}
