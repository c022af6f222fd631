//! Builds and runs every program in `tests/c` against the headers and the shared library, and the
//! examples with the static one.
//!
//! A program is one clause or a small group of them: it exits with 0 if they hold, 1 if not, 77
//! if it cannot tell here. Its first lines may hold directives:
//!
//! * `// flags: …` further arguments of the compiler;
//! * `// variants: short` builds it also with 16-bit `wchar_t`, `clang` with the other compiler.
//!
//! The programs in `examples` must print what stands beside them in `NAME.out`, which is what they
//! print under Wine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

/// No program takes longer, unless it hangs.
const RUN_MAX: Duration = Duration::from_secs(60);
const SKIPPED: i32 = 77;

fn main() {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
    let mut sources: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of C programs")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| matches!(extension(path), "c" | "cpp"))
        .collect();
    sources.sort();
    let tests = sources.iter().flat_map(|source| trials_of(source));
    let trials = tests.chain(examples().into_iter().map(example)).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = fs::read_dir(folder).expect("the examples");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut sources: Vec<PathBuf> = paths
        .filter(|path| matches!(extension(path), "c" | "cpp"))
        .collect();
    sources.sort();
    sources
}

fn example(source: PathBuf) -> Trial {
    let name = source.file_stem().expect("a name").to_string_lossy();
    Trial::test(format!("example/{name}"), move || {
        let compiler = if extension(&source) == "cpp" {
            "g++"
        } else {
            "gcc"
        };
        let folder = tempfile::tempdir()?;
        let libraries = ["-l:libiocp.a"];
        let Some(program) = build(&source, compiler, &[], &libraries, folder.path())? else {
            return Ok(());
        };
        let ran = run(&program, folder.path())?;
        let wanted = fs::read(source.with_extension("out"))?;
        if ran.status.success() && ran.stdout == wanted {
            return Ok(());
        }
        Err(told(&format!("it ended with {}", ran.status), &ran).into())
    })
}

fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|name| name.to_str())
        .unwrap_or("")
}

fn trials_of(source: &Path) -> Vec<Trial> {
    let text = fs::read_to_string(source).expect("a C program");
    let directive = |name: &str| -> Vec<String> {
        let head = text.lines().take(10);
        let found = head.filter_map(|line| line.strip_prefix(name));
        found
            .flat_map(str::split_whitespace)
            .map(str::to_owned)
            .collect()
    };
    let flags = directive("// flags:");
    let variants = directive("// variants:");
    let name = source.file_stem().expect("a name").to_string_lossy();
    let is_cpp = extension(source) == "cpp";
    let mut builds = vec![(name.to_string(), if is_cpp { "g++" } else { "gcc" }, None)];
    for variant in variants {
        match (&*variant, is_cpp) {
            ("short", false) => {
                builds.push((format!("{name}/short"), "gcc", Some("-fshort-wchar")))
            }
            ("short", true) => builds.push((format!("{name}/short"), "g++", Some("-fshort-wchar"))),
            ("clang", false) => builds.push((format!("{name}/clang"), "clang", None)),
            ("clang", true) => builds.push((format!("{name}/clang"), "clang++", None)),
            (other, _) => panic!("{}: unknown variant {other}", source.display()),
        }
    }
    let trial = |(name, compiler, flag): (String, &'static str, Option<&'static str>)| {
        let (source, mut flags) = (source.to_owned(), flags.clone());
        flags.extend(flag.map(str::to_owned));
        Trial::test(name, move || check(&source, compiler, &flags))
    };
    builds.into_iter().map(trial).collect()
}

/// Compiles a program; `None` if the compiler is clang and is not there.
fn build(
    source: &Path,
    compiler: &str,
    flags: &[String],
    libraries: &[&str],
    folder: &Path,
) -> Result<Option<PathBuf>, Failed> {
    let program = folder.join("program");
    let is_cpp = extension(source) == "cpp";
    let standard = if is_cpp { "-std=c++17" } else { "-std=gnu11" };
    let built = Command::new(compiler)
        .args([standard, "-g", "-Wall", "-Wextra", "-Wno-unknown-pragmas"])
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include"))
        .args(flags)
        .arg(source)
        .arg(format!("-L{}", libraries_at().display()))
        .arg(format!("-Wl,-rpath,{}", libraries_at().display()))
        .args(libraries)
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program)
        .output();
    let is_missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    let built = match built {
        Err(error) if is_missing(&error) && compiler.contains("clang") => {
            eprintln!("{compiler} is not installed: skipped");
            return Ok(None);
        }
        built => built?,
    };
    if !built.status.success() || !built.stderr.is_empty() {
        return Err(told("the compiler says", &built).into());
    }
    Ok(Some(program))
}

fn check(source: &Path, compiler: &str, flags: &[String]) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let Some(program) = build(source, compiler, flags, &["-liocp"], folder.path())? else {
        return Ok(());
    };
    let ran = run(&program, folder.path())?;
    match ran.status.code() {
        Some(0) => Ok(()),
        Some(SKIPPED) => {
            let why = String::from_utf8_lossy(&ran.stdout);
            eprintln!("{}: skipped: {why}", source.display());
            Ok(())
        }
        _ => Err(told(&format!("it ended with {}", ran.status), &ran).into()),
    }
}

/// Where this build has put the libraries.
fn libraries_at() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    // Beside the test: only `cargo build` puts a copy one folder higher.
    test.parent().expect("a build folder").to_owned()
}

/// Runs a program in a folder of its own; kills it when it takes too long.
fn run(program: &Path, folder: &Path) -> Result<Output, Failed> {
    let output = fs::File::create(folder.join("output"))?;
    let mut child = Command::new(program)
        .current_dir(folder)
        // Cargo names folders in it that may hold an older library.
        .env_remove("LD_LIBRARY_PATH")
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()?;
    let end = Instant::now() + RUN_MAX;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() >= end => {
                child.kill()?;
                break child.wait()?;
            }
            // Between two looks.
            None => std::thread::sleep(Duration::from_millis(2)), // not for order: a pause
        }
    };
    let stdout = fs::read(folder.join("output"))?;
    Ok(Output {
        status,
        stdout,
        stderr: Vec::new(),
    })
}

fn told(what: &str, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{what}:\n{}{}", text(&output.stdout), text(&output.stderr))
}
