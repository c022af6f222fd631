//! `cargo xtask tsan`: the C programs and the tests in Rust under ThreadSanitizer.
//!
//! A sanitizer that sees only a part of what runs tells of races that are none. Here everything is
//! instrumented: the library, the programs, and the standard library, which comes compiled without
//! but brings its bitcode along (`tsan/instrument.c`). What the runtime does not understand it is
//! told (`tsan/runtime.c`). What is then reported and is no fault stands, with its reason, in
//! `crates/win32/tests/tsan.supp`, and a program that cannot run so says `// tsan: no` in its head.
//!
//! This needs Rust's own runtime for it and its LLVM as a shared library, as rustup installs them
//! for x86-64 Linux, and gcc with binutils. Where one is missing, a line says which.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-gnu";
/// The sanitizer is an unstable option; `RUSTC_BOOTSTRAP` has the stable compiler take it. The
/// standard library lacks the instrumentation that the rest has, until it is linked here.
const FLAGS: &str = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer";
const WRAPPED: &str = "-Wl,--wrap=__tsan_atomic64_fetch_sub,--wrap=__tsan_atomic_thread_fence";
/// What comes compiled and has its bitcode: whatever could let one thread hear of another. The rest
/// of it is called from the library only, and computes.
const PARTS: &[&str] = &["std", "alloc", "test"];
/// The library's tests. Those are missing in which processes are forked, which the sanitizer does
/// not survive, or have little memory, of which it needs much.
const TESTS: &[&str] = &[
    "buffers",
    "cancel",
    "connect",
    "datagram",
    "direct",
    "executor",
    "file",
    "future",
    "pipe",
    "port",
    "promptness",
    "scheduling",
    "socket",
    "stress",
];

/// What is not there, and how to get it.
struct Missing(String);

/// The parts of the toolchain that are needed.
struct Tools {
    runtime: PathBuf,
    llvm: PathBuf,
    /// In the order of [`PARTS`].
    parts: Vec<PathBuf>,
}

/// Runs everything in `root` with this `cargo`, and returns the exit code.
///
/// # Errors
///
/// A tool that cannot be started, or files that cannot be written.
pub fn run(cargo: &OsString, root: &Path) -> io::Result<u8> {
    let tools = match tools() {
        Ok(tools) => tools,
        Err(Missing(what)) => {
            println!("xtask: ThreadSanitizer was skipped: {what}");
            return Ok(0);
        }
    };
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = std::path::absolute(target)?.join("tsan");
    fs::create_dir_all(&folder)?;
    if !prepare(&tools, root, &folder)? {
        return Ok(1);
    }

    let mut build = Command::new(cargo);
    build.args(["build", "-p", "win32", "--target", TARGET]);
    instrumented(&mut build, &folder, FLAGS);
    let mut programs = Command::new(cargo);
    // Built as ever: the test only starts the programs.
    programs.args(["test", "-p", "win32", "--test", "c"]);
    programs.env("IOCP_TSAN", &folder);
    let mut steps = vec![build, programs];
    steps.extend(tests(cargo, &folder));

    for mut step in steps {
        if !succeeds(step.current_dir(root))? {
            return Ok(1);
        }
    }
    Ok(0)
}

/// The tests in Rust, of both packages; the library's with each engine.
fn tests(cargo: &OsString, folder: &Path) -> Vec<Command> {
    let mut flags = format!("{FLAGS} -Clink-arg={WRAPPED}");
    for part in PARTS.iter().chain(&["runtime"]) {
        let part = folder.join(part).with_extension("o");
        flags += &format!(" -Zpre-link-args={}", part.display());
    }
    let test = |package, engine: Option<&str>| {
        let mut test = Command::new(cargo);
        test.args(["test", "-p", package, "--target", TARGET, "--lib"]);
        instrumented(&mut test, &folder.join("tests"), &flags);
        // One of them asks for more memory than there is.
        test.env("TSAN_OPTIONS", "allocator_may_return_null=1");
        test.envs(engine.map(|engine| ("COMPLETION_PORT_ENGINE", engine)));
        test
    };
    let mut all = vec![test("win32", None)];
    for engine in ["auto", "threads"] {
        let mut with_engine = test("completion-port", Some(engine));
        with_engine.args(TESTS.iter().flat_map(|name| ["--test", name]));
        all.push(with_engine);
    }
    all
}

fn instrumented(command: &mut Command, folder: &Path, flags: &str) {
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", flags)
        // Lines are all that a report tells, and each program is linked with it.
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
        .env("CARGO_TARGET_DIR", folder);
}

/// Looks for what is needed.
fn tools() -> Result<Tools, Missing> {
    for tool in ["gcc", "ar", "objcopy"] {
        if said(Command::new(tool).arg("--version")).is_none() {
            return Err(Missing(format!(
                "{tool} is not installed; it comes with gcc and binutils"
            )));
        }
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let tell = |what| said(Command::new(&rustc).args(["--print", what, "--target", TARGET]));
    let (Some(sysroot), Some(libraries)) = (tell("sysroot"), tell("target-libdir")) else {
        return Err(Missing(format!("rustc cannot build for {TARGET}")));
    };
    let libraries = Path::new(&libraries);
    let sysroot = Path::new(&sysroot).join("lib");
    let part = |name: &&str| find(libraries, &format!("lib{name}-"), ".rlib");
    Ok(Tools {
        runtime: find(libraries, "librustc", "_rt.tsan.a")?,
        llvm: find(&sysroot, "libLLVM.so", "")?,
        parts: PARTS.iter().map(part).collect::<Result<_, _>>()?,
    })
}

/// The file in a folder whose name begins and ends so.
fn find(folder: &Path, begin: &str, end: &str) -> Result<PathBuf, Missing> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let found = entries.map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(begin) && name.ends_with(end)
    });
    found.ok_or_else(|| {
        let folder = folder.display();
        Missing(format!(
            "there is no {begin}*{end} in {folder}; the toolchains that rustup installs for \
             {TARGET} have it"
        ))
    })
}

/// Makes what the programs are linked with; says whether that went well.
fn prepare(tools: &Tools, root: &Path, folder: &Path) -> io::Result<bool> {
    let sources = root.join("xtask/src/tsan");
    fs::copy(&tools.runtime, folder.join("librt.tsan.a"))?;
    let runpath = tools.llvm.parent().expect("a file in a folder").display();
    let mut compile = Command::new("gcc");
    compile
        .args(["-O1", "-o", "instrument"])
        .arg(sources.join("instrument.c"))
        .arg(&tools.llvm)
        .arg(format!("-Wl,-rpath,{runpath}"));
    let mut runtime = Command::new("gcc");
    runtime
        .args(["-O1", "-c", "-o", "runtime.o"])
        .arg(sources.join("runtime.c"));
    let mut steps = vec![compile, runtime];
    for (name, library) in PARTS.iter().zip(&tools.parts) {
        let members = said(Command::new("ar").arg("t").arg(library)).unwrap_or_default();
        let objects: Vec<_> = members.lines().filter(|m| m.ends_with(".o")).collect();
        let [object] = objects[..] else {
            let count = objects.len();
            println!(
                "xtask: {} has {count} object files, not one",
                library.display()
            );
            return Ok(false);
        };
        let mut extract = Command::new("ar");
        extract.arg("x").arg(library).arg(object);
        let mut dump = Command::new("objcopy");
        let section = format!(".llvmbc={name}.bc");
        // Without the last argument the object file itself would be written anew.
        dump.args(["--dump-section", &section, object, "/dev/null"]);
        let mut instrument = Command::new(folder.join("instrument"));
        instrument.args([format!("{name}.bc"), format!("{name}.o")]);
        steps.extend([extract, dump, instrument]);
    }
    for mut step in steps {
        if !succeeds(step.current_dir(folder))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Shows a command and runs it.
fn succeeds(command: &mut Command) -> io::Result<bool> {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    let line = words.join(" ");
    println!("\n$ {line}");
    io::stdout().flush()?;
    let ended_well = command.status()?.success();
    if !ended_well {
        println!("xtask: failed: {line}");
    }
    Ok(ended_well)
}

/// What a command that succeeds says, without the end of its line.
fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_where_it_comes_from() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let found = find(&folder, "ts", ".rs").map_err(|Missing(what)| what);
        assert_eq!(found, Ok(folder.join("tsan.rs")));
        let Err(Missing(what)) = find(&folder, "librustc", "_rt.tsan.a") else {
            panic!("it is not there");
        };
        assert!(what.contains("librustc*_rt.tsan.a") && what.contains("rustup"));
    }
}
