//! Programs in C and C++ that take part, compiled when they are first needed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::Result;

const BENCH: &str = env!("CARGO_MANIFEST_DIR");

/// How a program is made from a source in `c`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// C for Windows, against the library's headers.
    Ours,
    /// The same for Windows itself, to be run by Wine.
    Windows,
    /// C++ with standalone Asio.
    Asio,
}

impl Kind {
    /// Why it cannot be made here, and how to change that.
    pub(crate) fn missing(self) -> Option<String> {
        let lacks = |tool: &str| !is_installed(tool);
        match self {
            Self::Ours if lacks("gcc") => Some("there is no gcc (Debian: apt-get install gcc)"),
            Self::Windows if lacks("x86_64-w64-mingw32-gcc") => Some(
                "there is no mingw (Debian: apt-get install --no-install-recommends \
                 gcc-mingw-w64-x86-64-win32)",
            ),
            Self::Asio if lacks("g++") => Some("there is no g++ (Debian: apt-get install g++)"),
            Self::Asio if !Path::new("/usr/include/asio.hpp").exists() => {
                Some("there is no Asio (Debian: apt-get install libasio-dev)")
            }
            _ => None,
        }
        .map(str::to_owned)
    }
}

/// Whether a program can be found by its name.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Compiles `c/NAME.c` or `.cpp` into a folder, once in the life of this process.
pub(crate) fn build(kind: Kind, name: &str, dir: &Path) -> Result<PathBuf> {
    static BUILT: Mutex<BTreeSet<(Kind, String)>> = Mutex::new(BTreeSet::new());
    let (folder, suffix) = match kind {
        Kind::Ours => ("ours", ""),
        Kind::Windows => ("windows", ".exe"),
        Kind::Asio => ("asio", ""),
    };
    let folder = std::path::absolute(dir)?.join("built").join(folder);
    let program = folder.join(format!("{name}{suffix}"));
    let mut built = BUILT.lock().expect("nobody panics while holding it");
    if built.contains(&(kind, name.to_owned())) {
        return Ok(program);
    }
    fs::create_dir_all(&folder)?;
    let source = Path::new(BENCH).join("c").join(name);
    let mut command = match kind {
        Kind::Ours => ours(&source)?,
        Kind::Windows => windows(&source),
        Kind::Asio => asio(&source),
    };
    run(command.arg("-o").arg(&program))?;
    built.insert((kind, name.to_owned()));
    Ok(program)
}

fn ours(source: &Path) -> Result<Command> {
    let libraries = package("win32")?;
    let mut command = Command::new("gcc");
    command
        .args(["-std=gnu11", "-O2", "-Wall", "-Wno-unknown-pragmas", "-I"])
        .arg(Path::new(BENCH).join("../crates/win32/include"))
        .arg(source.with_extension("c"))
        .arg(format!("-L{}", libraries.display()))
        .args(["-l:libiocp.a", "-lpthread", "-ldl", "-lm"]);
    Ok(command)
}

fn windows(source: &Path) -> Command {
    let mut command = Command::new("x86_64-w64-mingw32-gcc");
    command
        .args(["-O2", "-Wall", "-D_WIN32_WINNT=0x0601"])
        .arg(source.with_extension("c"))
        .args(["-lws2_32", "-lmswsock"]);
    command
}

fn asio(source: &Path) -> Command {
    let mut command = Command::new("g++");
    command
        .args(["-std=c++17", "-O2", "-DASIO_STANDALONE"])
        .arg(source.with_extension("cpp"))
        .arg("-lpthread");
    command
}

/// Builds a package of this workspace as this program was built; says where its products are.
pub(crate) fn package(name: &str) -> Result<PathBuf> {
    let own = env::current_exe()?;
    let folder = own.parent().ok_or("this program is in no folder")?;
    let is_built_here = folder.ends_with("release") || folder.ends_with("debug");
    let target = folder.parent().filter(|_| is_built_here);
    let target = target.ok_or("run this program with cargo, from where it was built")?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--package", name, "--target-dir"])
        .arg(target)
        .arg("--manifest-path")
        .arg(Path::new(BENCH).join("../Cargo.toml"));
    if folder.ends_with("release") {
        command.arg("--release");
    }
    run(&mut command)?;
    Ok(folder.to_owned())
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{program} ended with {}:\n{said}", output.status).into())
}
