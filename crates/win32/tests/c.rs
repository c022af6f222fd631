//! Builds and runs every program in `tests/c` against the headers and the shared library, and the
//! examples with the static one.
//!
//! A program is one clause or a small group of them: it exits with 0 if they hold, 1 if not, 77
//! if it cannot tell here. Its first lines may hold directives:
//!
//! * `// flags: …` further arguments of the compiler;
//! * `// variants: short` builds it also with 16-bit `wchar_t`, `clang` with the other compiler.
//!
//! `IOCP_SANITIZE=address,undefined` builds them all with the compiler's sanitizers. These watch
//! the programs, and the calls of the C library that this library makes with their memory.
//!
//! `IOCP_TSAN=FOLDER` builds them with ThreadSanitizer, and with what `cargo xtask tsan` has put in
//! the folder: the library and its standard library, both instrumented. A program in whose head
//! stands `// tsan: no` is left out, with the reason behind it.
//!
//! The programs in `examples` must print what stands beside them in `NAME.out`, which is what they
//! print under Wine.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::{Arguments, Failed, Trial};

use common::{RUN_MAX, SKIPPED, directive, extension, name_of, sources, told};

fn main() {
    let arguments = Arguments::from_args();
    let programs = sources("tests/c");
    let tests = programs.iter().flat_map(|source| trials_of(source));
    let trials = tests
        .chain(sources("examples").into_iter().map(example))
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn example(source: PathBuf) -> Trial {
    let name = name_of(&source);
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

fn trials_of(source: &Path) -> Vec<Trial> {
    let text = fs::read_to_string(source).expect("a C program");
    let flags = directive(&text, "// flags:");
    let mut variants = directive(&text, "// variants:");
    if tsan().is_some() {
        // The library is what is watched, and it is the same in all of them.
        variants.clear();
        if text
            .lines()
            .take(10)
            .any(|line| line.starts_with("// tsan: no"))
        {
            return Vec::new();
        }
    }
    let name = name_of(source);
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
    let sanitizers = std::env::var("IOCP_SANITIZE").ok();
    let mut command = Command::new(compiler);
    command
        .args([standard, "-g", "-Wall", "-Wextra", "-Wno-unknown-pragmas"])
        .args(sanitizers.iter().map(|names| format!("-fsanitize={names}")))
        .args(sanitizers.iter().map(|_| "-fno-sanitize-recover=all"))
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include"))
        .args(flags)
        .arg(source);
    if let Some(folder) = tsan() {
        link_with_tsan(&mut command, &folder, is_cpp);
    } else {
        command
            .arg(format!("-L{}", libraries_at().display()))
            .arg(format!("-Wl,-rpath,{}", libraries_at().display()))
            .args(libraries);
    }
    command
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program);
    let built = command.output();
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

/// Where `cargo xtask tsan` has put what a program under ThreadSanitizer consists of.
fn tsan() -> Option<PathBuf> {
    std::env::var_os("IOCP_TSAN").map(PathBuf::from)
}

fn link_with_tsan(command: &mut Command, folder: &Path, is_cpp: bool) {
    let watched = ["-fsanitize=thread", "--param=tsan-distinguish-volatile=1"];
    command
        .args(watched)
        // One runtime, Rust's: without the first gcc would add its own. The C library has to find
        // its functions, hence the second.
        .args(["-nodefaultlibs", "-rdynamic"])
        // First, so that its functions are taken and not those in the library that lack it.
        .args(["std.o", "alloc.o", "runtime.o"].map(|part| folder.join(part)))
        .arg("-Wl,--wrap=__tsan_atomic64_fetch_sub,--wrap=__tsan_atomic_thread_fence")
        .arg(folder.join("x86_64-unknown-linux-gnu/debug/libiocp.a"))
        .arg("-Wl,--whole-archive")
        .arg(folder.join("librt.tsan.a"))
        .arg("-Wl,--no-whole-archive")
        .args(is_cpp.then_some("-lstdc++"))
        .args(["-lgcc_s", "-lgcc", "-lc"]);
}

/// Where this build has put the libraries.
fn libraries_at() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    // Beside the test: only `cargo build` puts a copy one folder higher.
    test.parent().expect("a build folder").to_owned()
}

fn run(program: &Path, folder: &Path) -> Result<Output, Failed> {
    let mut command = Command::new(program);
    // Cargo names folders in it that may hold an older library.
    command.env_remove("LD_LIBRARY_PATH");
    // The programs leave to their end what they have.
    command.env("ASAN_OPTIONS", "detect_leaks=0");
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tsan.supp");
    // It would wait a second at the end of each, for what threads still do then.
    let options = format!("atexit_sleep_ms=50:suppressions={}", known.display());
    command.env("TSAN_OPTIONS", options);
    common::run(&mut command, folder, RUN_MAX)
}
