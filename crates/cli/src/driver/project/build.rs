//! Builds projects, one after the other, each with its files side by side.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::msbuild::{Choice, Kind, Project, Settings, Source};
use super::{has_ending, is_project, solution};
use crate::args;
use crate::driver::arguments::{CommandLine, language_of};
use crate::driver::compile::Job;
use crate::driver::compiler::{self, Compiler};
use crate::driver::folders::Folders;
use crate::driver::home::{Home, Linkage};
use crate::driver::lexer::Language;
use crate::driver::{exit_code, outlive_interrupts, pragma};
use crate::failure::{Failure, Tried};
use crate::screen;

/// A project in the order of building.
struct Step {
    project: Project,
    /// Steps that it needs.
    needs: Vec<usize>,
}

/// What `iocp build` was told, and what it needs throughout.
struct Build<'a> {
    args: &'a args::Build,
    home: Home,
    linkage: Linkage,
    steps: Vec<Step>,
    /// The libraries that the projects make, by the name under which sources ask for them.
    provided: Vec<String>,
    /// What was told already: files share headers.
    told: Mutex<BTreeSet<String>>,
}

/// Builds a project or all of a solution.
pub(crate) fn build(args: &args::Build) -> Result<ExitCode, Failure> {
    outlive_interrupts()?;
    let home = Home::find()?;
    if has_ending(&args.project, "sln") {
        let others = solution::read(&args.project, &Choice::default(), &mut Folders::default())?.1;
        for other in others {
            screen::complain(format_args!("{other} is no C++ project and is left out"));
        }
    }
    let steps = steps(args)?;
    let shared = steps.iter().any(|step| step.project.kind == Kind::Shared);
    // A process with the library in it twice would have two sets of handles.
    let linkage = match shared || args.shared_iocp {
        true => Linkage::Shared,
        false => Linkage::Static,
    };
    let makes_programs = steps
        .iter()
        .any(|s| matches!(s.project.kind, Kind::Program | Kind::Shared));
    if makes_programs && !args.syntax_only {
        home.library(linkage)?;
    }
    let libraries = steps
        .iter()
        .filter(|step| step.project.kind == Kind::Static);
    let provided = libraries.map(|step| step.project.target.clone()).collect();
    let build = Build {
        args,
        home,
        linkage,
        steps,
        provided,
        told: Mutex::new(BTreeSet::new()),
    };
    fs::create_dir_all(&args.output).tried(format_args!("make {}", args.output.display()))?;
    for step in &build.steps {
        let code = build.step(step)?;
        if code != 0 {
            return Ok(exit_code(code));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the projects and puts each behind those that it needs.
fn steps(args: &args::Build) -> Result<Vec<Step>, Failure> {
    let file = &args.project;
    let mut folders = Folders::default();
    if !(has_ending(file, "sln") || is_project(file)) {
        return Err(Failure::Problem(format!(
            "{} is neither a .vcxproj, a .vcproj nor a .sln",
            file.display()
        )));
    }
    // A name alone has no folder, and a solution's folder is asked for.
    let file = &std::path::absolute(file).tried("find the current folder")?;
    let default = Choice::default();
    let asked = Choice {
        configuration: args.configuration.clone().unwrap_or(default.configuration),
        platform: args.platform.clone().unwrap_or(default.platform),
    };
    let solution = match is_project(file) {
        true => super::solution_of(file),
        false => Some(file.clone()),
    };
    let solution = solution.as_deref();
    let mut best = read(file, solution, &asked, &mut folders)?;
    let fits = |name: &Option<String>, other: &str| {
        name.as_ref()
            .is_none_or(|name| name.eq_ignore_ascii_case(other))
    };
    for choice in choices(&best)? {
        if fits(&args.configuration, &choice.configuration)
            && fits(&args.platform, &choice.platform)
        {
            let other = read(file, solution, &choice, &mut folders)?;
            if rank_of(&other) > rank_of(&best) {
                best = other;
            }
        }
    }
    Ok(in_order(best))
}

fn rank_of(steps: &[Step]) -> (usize, std::cmp::Reverse<usize>) {
    let projects: Vec<Project> = steps.iter().map(|step| step.project.clone()).collect();
    super::rank(&projects)
}

/// The configurations of all projects.
fn choices(steps: &[Step]) -> Result<Vec<Choice>, Failure> {
    let mut all: Vec<Choice> = Vec::new();
    for step in steps {
        for choice in Project::choices(&step.project.path)? {
            if !all.contains(&choice) {
                all.push(choice);
            }
        }
    }
    Ok(all)
}

/// Reads all projects in one configuration.
fn read(
    file: &Path,
    solution: Option<&Path>,
    choice: &Choice,
    folders: &mut Folders,
) -> Result<Vec<Step>, Failure> {
    let mut read: Vec<Step> = Vec::new();
    if is_project(file) {
        let project = Project::read(file, solution, choice, folders)?;
        let needs = Vec::new();
        read.push(Step { project, needs });
    } else {
        for member in solution::read(file, choice, folders)?.0 {
            let project = Project::read(&member.path, Some(file), &member.choice, folders)?;
            let needs = member.needs;
            read.push(Step { project, needs });
        }
    }
    add_references(&mut read, solution, choice, folders)?;
    Ok(read)
}

/// Projects that others refer to are built too, listed or not.
fn add_references(
    read: &mut Vec<Step>,
    solution: Option<&Path>,
    choice: &Choice,
    folders: &mut Folders,
) -> Result<(), Failure> {
    let mut at = 0;
    while at < read.len() {
        for path in read[at].project.references.clone() {
            let known = read.iter().position(|step| step.project.path == path);
            let needed = match known {
                Some(known) => known,
                None => {
                    let project = Project::read(&path, solution, choice, folders)?;
                    read.push(Step {
                        project,
                        needs: Vec::new(),
                    });
                    read.len() - 1
                }
            };
            read[at].needs.push(needed);
        }
        // A solution often orders its projects by nothing but the libraries they name.
        for name in read[at].project.libraries.clone() {
            let provider = read.iter().position(|step| {
                step.project.kind == Kind::Static && step.project.target.eq_ignore_ascii_case(&name)
            });
            read[at]
                .needs
                .extend(provider.filter(|&provider| provider != at));
        }
        at += 1;
    }
    Ok(())
}

/// Needed ones first; among the rest, libraries first, since sources ask for them by name.
fn in_order(steps: Vec<Step>) -> Vec<Step> {
    let mut order: Vec<usize> = Vec::new();
    let is_library = |&at: &usize| steps[at].project.kind == Kind::Static;
    let (libraries, others): (Vec<usize>, Vec<usize>) = (0..steps.len()).partition(is_library);
    let mut open: Vec<usize> = Vec::new();
    for at in libraries.into_iter().chain(others) {
        visit(&steps, at, &mut order, &mut open);
    }
    let mut taken: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let place = |old: &usize| order.iter().position(|at| at == old);
    order
        .iter()
        .filter_map(|&at| taken[at].take())
        .map(|step| Step {
            needs: step.needs.iter().filter_map(place).collect(),
            project: step.project,
        })
        .collect()
}

fn visit(steps: &[Step], at: usize, order: &mut Vec<usize>, open: &mut Vec<usize>) {
    if order.contains(&at) || open.contains(&at) {
        return;
    }
    open.push(at);
    for &need in &steps[at].needs {
        visit(steps, need, order, open);
    }
    open.pop();
    order.push(at);
}

impl Build<'_> {
    fn step(&self, step: &Step) -> Result<i32, Failure> {
        let project = &step.project;
        let name = project
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        for missing in &project.missing {
            screen::complain(format_args!("{name}: {missing} is not there"));
        }
        if project.kind == Kind::Other || project.sources.is_empty() {
            self.tell(format!("{name}: nothing to compile"));
            return Ok(i32::from(!project.missing.is_empty()));
        }
        self.tell(format!(
            "{name}: {}|{}{}",
            project.choice.configuration,
            project.choice.platform,
            if project.unicode == Some(true) {
                "; Unicode"
            } else {
                ""
            }
        ));
        if !project.missing.is_empty() {
            return Ok(1);
        }
        let folder = tempfile::Builder::new()
            .prefix("iocp-")
            .tempdir()
            .tried("make a folder for objects")?;
        let code = self.compile(project, folder.path())?;
        if code != 0 || self.args.syntax_only {
            return Ok(code);
        }
        let objects = (0..project.sources.len()).map(|at| object(folder.path(), at));
        self.link(step, objects.collect())
    }

    /// Compiles the sources, as many at once as there are processors.
    fn compile(&self, project: &Project, folder: &Path) -> Result<i32, Failure> {
        let next = AtomicUsize::new(0);
        let worst = Mutex::new(Ok(0));
        let at_once = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..at_once.min(project.sources.len()) {
                scope.spawn(|| {
                    loop {
                        // Only the count matters; the threads share nothing else through it.
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(source) = project.sources.get(at) else {
                            return;
                        };
                        let done = self.source(project, source, &object(folder, at));
                        let mut worst = worst.lock().expect("no thread panics with it");
                        *worst = match (std::mem::replace(&mut *worst, Ok(0)), done) {
                            (Err(failure), _) | (Ok(_), Err(failure)) => Err(failure),
                            (Ok(a), Ok(b)) => Ok(a.max(b)),
                        };
                    }
                });
            }
        });
        worst.into_inner().expect("no thread panics with it")
    }

    fn source(&self, project: &Project, source: &Source, object: &Path) -> Result<i32, Failure> {
        let path = shown(&source.path);
        let Some(language) = source.language.or_else(|| language_of(&path, Language::C)) else {
            self.tell(format!("{}: no C or C++, left out", path.display()));
            return Ok(0);
        };
        let mut words = self.common();
        words.extend(options(&source.options, project, language));
        if source.language.is_some() {
            words.extend(["-x".into(), compiler::word(language).into()]);
        }
        words.push(path.into());
        if self.args.syntax_only {
            words.push("-fsyntax-only".into());
        } else {
            words.extend(["-c".into(), "-o".into(), object.into()]);
        }
        // A static library may go into a shared one.
        if project.kind != Kind::Program && self.linkage == Linkage::Shared {
            words.push("-fPIC".into());
        }
        let line = CommandLine::read(&words, Language::C)?;
        let folder = tempfile::Builder::new()
            .prefix("iocp-")
            .tempdir()
            .tried("make a folder for bridged sources")?;
        let job = self.job(&line, language)?;
        let bridged = job.bridge(folder.path())?;
        for note in bridged.notes() {
            self.tell(note.clone());
        }
        job.compile(&bridged, &folder)
    }

    fn job<'l>(&'l self, line: &'l CommandLine, language: Language) -> Result<Job<'l>, Failure> {
        Ok(Job {
            line,
            language,
            compiler: Compiler::find(language, line.own.compiler.as_deref())?,
            home: &self.home,
            provided: &self.provided,
            charset_decided: true,
        })
    }

    /// Options for each call of the compiler.
    fn common(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        if let Some(compiler) = &self.args.compiler {
            words.extend(["--compiler".into(), compiler.into()]);
        }
        if let Some(charset) = &self.args.charset {
            words.extend(["--charset".into(), charset.into()]);
        }
        if self.linkage == Linkage::Shared {
            words.push("--shared-iocp".into());
        }
        if self.args.verbose {
            words.push("-v".into());
        }
        words
    }

    fn link(&self, step: &Step, objects: Vec<PathBuf>) -> Result<i32, Failure> {
        let project = &step.project;
        let objects: Vec<PathBuf> = objects
            .into_iter()
            .filter(|object| object.exists())
            .collect();
        let result = self.args.output.join(match project.kind {
            Kind::Static => format!("lib{}.a", project.target),
            Kind::Shared => format!("lib{}.so", project.target),
            _ => project.target.clone(),
        });
        let result = beside_folder(result);
        if project.kind == Kind::Static {
            // `ar` adds to an archive that is there.
            if result.exists() {
                fs::remove_file(&result).tried(format_args!("replace {}", result.display()))?;
            }
            let mut archive = Command::new("ar");
            archive.arg("rcs").arg(&result).args(&objects);
            return compiler::run(&mut archive, self.args.verbose).map(super::super::code_of);
        }
        let mut words = self.common();
        words.extend(["-o".into(), result.clone().into()]);
        if project.kind == Kind::Shared {
            words.push("-shared".into());
        }
        words.extend(objects.into_iter().map(OsString::from));
        words.extend(self.libraries(step));
        let is_cxx = |source: &Source| {
            source
                .language
                .or_else(|| language_of(&source.path, Language::C))
                == Some(Language::Cxx)
        };
        let language = match project.sources.iter().any(is_cxx) {
            true => Language::Cxx,
            false => Language::C,
        };
        let line = CommandLine::read(&words, language)?;
        let code = self.job(&line, language)?.run()?;
        if code == 0 {
            self.tell(format!("made {}", result.display()));
        }
        Ok(code)
    }

    /// What a program is linked with besides its objects: the libraries of the other projects.
    fn libraries(&self, step: &Step) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        let output = &self.args.output;
        // In reverse: who needs comes before what is needed.
        for other in self.steps.iter().rev() {
            let target = &other.project.target;
            match other.project.kind {
                Kind::Static => {
                    let archive = output.join(format!("lib{target}.a"));
                    words.extend(archive.exists().then(|| archive.into()));
                }
                Kind::Shared if self.needs(step, &other.project) => {
                    let place = format!("-Wl,-rpath,$ORIGIN,-rpath-link,{}", output.display());
                    words.push(output.join(format!("lib{target}.so")).into());
                    words.push(place.into());
                }
                _ => {}
            }
        }
        for name in &step.project.libraries {
            let own = self
                .steps
                .iter()
                .any(|s| s.project.target.eq_ignore_ascii_case(name));
            if !(own || pragma::is_of_windows(name)) {
                self.tell(format!("{name} is no library of Windows and is left out"));
            }
        }
        words
    }

    fn needs(&self, step: &Step, other: &Project) -> bool {
        let mut needed = step.needs.iter().map(|&at| &self.steps[at].project);
        needed.any(|project| project.path == other.path)
    }

    fn tell(&self, what: String) {
        if self.args.quiet {
            return;
        }
        let is_new = {
            let mut told = self.told.lock().expect("no thread panics with it");
            told.insert(what.clone())
        };
        if is_new {
            screen::complain(what);
        }
    }
}

/// A source as messages name it: seen from the current folder, if it lies there.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).to_path_buf()
}

/// Where a program goes: a project's folder often has the project's name, and lies where programs
/// are put unless said otherwise. Then the program keeps the ending that it has on Windows.
fn beside_folder(program: PathBuf) -> PathBuf {
    match program.is_dir() {
        true => {
            let mut name = program.into_os_string();
            name.push(".exe");
            name.into()
        }
        false => program,
    }
}

fn object(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number}.o"))
}

/// The compiler's options for what a project says.
fn options(settings: &Settings, project: &Project, language: Language) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    words.extend(standard(settings, language).map(OsString::from));
    words.push(
        match settings.optimization.as_str() {
            "Disabled" => "-O0",
            "MinSpace" => "-Os",
            "" if project
                .choice
                .configuration
                .to_lowercase()
                .contains("debug") =>
            {
                "-O0"
            }
            _ => "-O2",
        }
        .into(),
    );
    if project
        .choice
        .configuration
        .to_lowercase()
        .contains("debug")
    {
        words.push("-g".into());
    }
    let set: &[&str] = match project.unicode {
        Some(true) => &["UNICODE", "_UNICODE"],
        Some(false) => &["_MBCS"],
        None => &[],
    };
    let defines = set
        .iter()
        .copied()
        .map(str::to_owned)
        .chain(settings.defines.clone());
    words.extend(defines.map(|define| format!("-D{define}").into()));
    for folder in &settings.include {
        words.extend(["-I".into(), folder.clone().into_os_string()]);
    }
    for folder in &settings.quoted {
        words.extend(["-iquote".into(), folder.clone().into_os_string()]);
    }
    for file in &settings.forced {
        let folder = project.path.parent().unwrap_or(Path::new("."));
        let found = Folders::default().find(folder, file);
        let path = found.map_or_else(|| PathBuf::from(file), |found| found.path);
        words.extend(["-include".into(), path.into_os_string()]);
    }
    words
}

/// The language standard; none where the project leaves it open, for then ours is the more lenient.
fn standard(settings: &Settings, language: Language) -> Option<&'static str> {
    match language {
        Language::Cxx => match settings.standard_cxx.to_ascii_lowercase().as_str() {
            "stdcpp17" => Some("-std=gnu++17"),
            "stdcpp20" => Some("-std=gnu++20"),
            "stdcpplatest" | "stdcpp23" => Some("-std=gnu++2b"),
            _ => None,
        },
        Language::C => match settings.standard_c.to_ascii_lowercase().as_str() {
            "stdc11" => Some("-std=gnu11"),
            "stdc17" => Some("-std=gnu17"),
            _ => None,
        },
    }
}
