//! `iocp run`: compiles a source once and runs it.
//!
//! The program is kept in a cache under a name that is a digest of all it was made from: the
//! sources and their headers, ours included, the library, the options and the compiler. So it is
//! made again when one of them changes, and never run stale. The process becomes the program:
//! signals and the exit code are the program's own.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::arguments::{CommandLine, Stage, language_of};
use super::compile::Job;
use super::compiler::Compiler;
use super::home::Home;
use super::lexer::Language;
use super::{exit_code, outlive_interrupts};
use crate::failure::{Failure, Tried};

/// A program that nobody has run for so long is removed when the next one is compiled.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What `iocp run` is told: options for the compiler, the source, arguments for the program.
struct Words<'a> {
    options: &'a [OsString],
    source: &'a Path,
    arguments: &'a [OsString],
}

/// Compiles if need be, and becomes the program.
pub(crate) fn run(words: &[OsString]) -> Result<ExitCode, Failure> {
    let words = Words::read(words)?;
    let language = language_of(words.source, Language::C).unwrap_or(Language::C);
    let all = [words.options, &[words.source.into()]].concat();
    let line = CommandLine::read(&all, language)?;
    if line.stage != Stage::Link || line.output.is_some() {
        return Err(Failure::Problem(
            "`iocp run` makes a program and runs it; to stop earlier or to keep it, use \
             `iocp cc` or `iocp c++`"
                .into(),
        ));
    }
    let home = Home::find()?;
    let library = home
        .library(line.own.linkage)?
        .join(line.own.linkage.file());
    let job = Job {
        line: &line,
        language,
        compiler: Compiler::find(language, line.own.compiler.as_deref())?,
        home: &home,
        provided: &[],
        charset_decided: false,
    };
    let folder = tempfile::Builder::new()
        .prefix("iocp-")
        .tempdir()
        .tried("make a folder for bridged sources")?;
    let bridged = job.bridge(folder.path())?;
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    digest.update(job.compiler.identity());
    digest.update(format!("{:?}", words.options));
    for file in bridged.read.iter().chain(&files(&home.include)) {
        add(&mut digest, file)?;
    }
    // Large, and written by nobody but a compiler: when and how long is enough.
    let data = fs::metadata(&library).tried(format_args!("read {}", library.display()))?;
    digest.update(format!(
        "{library:?} {} {:?}",
        data.len(),
        data.modified().ok()
    ));
    let cache = cache()?;
    let place = cache.join(hex(&digest.finalize()));
    let name = words.source.file_stem().unwrap_or_default();
    let program = place.join(name);
    if !program.is_file() {
        outlive_interrupts()?;
        prune(&cache);
        job.tell(&bridged);
        let made = folder.path().join("program");
        let to: OsString = made.clone().into();
        let all = [words.options, &["-o".into(), to, words.source.into()]].concat();
        let line = CommandLine::read(&all, language)?;
        let code = Job { line: &line, ..job }.compile(&bridged, &folder)?;
        if code != 0 {
            return Ok(exit_code(code));
        }
        keep(&made, &place, &program)?;
    }
    // Removed now: what follows does not return.
    drop(folder);
    // It was used today. If that cannot be noted, it is made again some day.
    let _ = fs::File::open(&place).and_then(|place| place.set_modified(SystemTime::now()));
    let error = Command::new(&program).args(words.arguments).exec();
    Err(Failure::of(
        format_args!("run {}", program.display()),
        error,
    ))
}

impl<'a> Words<'a> {
    /// The source is the first file; what is before it is for the compiler, what is behind it for
    /// the program.
    fn read(words: &'a [OsString]) -> Result<Self, Failure> {
        for at in 0..words.len() {
            let line = CommandLine::read(&words[..=at], Language::C);
            // An option without its value yet is no line.
            let Ok(line) = line else {
                continue;
            };
            if line.sources().next().is_some() {
                return Ok(Self {
                    options: &words[..at],
                    source: Path::new(&words[at]),
                    arguments: &words[at + 1..],
                });
            }
        }
        Err(Failure::Problem(
            "there is no .c or .cpp file to run".into(),
        ))
    }
}

/// The folder for programs that were made.
fn cache() -> Result<PathBuf, Failure> {
    let named = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let folder = named("XDG_CACHE_HOME")
        .or_else(|| Some(named("HOME")?.join(".cache")))
        .map(|folder| folder.join("iocp/run"))
        .ok_or_else(|| Failure::Problem("neither XDG_CACHE_HOME nor HOME is set".into()))?;
    fs::create_dir_all(&folder).tried(format_args!("make {}", folder.display()))?;
    Ok(folder)
}

/// Puts a program into the cache in one step, so that nobody runs half of it.
fn keep(made: &Path, place: &Path, program: &Path) -> Result<(), Failure> {
    let tried = format!("write to {}", place.display());
    fs::create_dir_all(place).tried(&tried)?;
    let draft = tempfile::NamedTempFile::new_in(place).tried(&tried)?;
    fs::copy(made, draft.path()).tried(&tried)?;
    let file = draft.into_temp_path();
    file.persist(program).tried(&tried)
}

/// Removes what was not run for long. What cannot be removed stays.
fn prune(cache: &Path) {
    let Some(oldest) = SystemTime::now().checked_sub(KEPT) else {
        return;
    };
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let used = fs::metadata(entry.path()).and_then(|data| data.modified());
        if used.is_ok_and(|used| used < oldest) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// All files of a folder and those below it, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn add(digest: &mut Sha256, file: &Path) -> Result<(), Failure> {
    let bytes = fs::read(file).tried(format_args!("read {}", file.display()))?;
    digest.update(file.as_os_str().as_encoded_bytes());
    digest.update(bytes.len().to_le_bytes());
    digest.update(bytes);
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
