//! One call of the compiler, with the sources bridged.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::arguments::{CommandLine, Item, Stage, language_of};
use super::compiler::{self, Compiler};
use super::home::{Home, Linkage};
use super::lexer::Language;
use super::pragma;
use super::program::{Note, Program, Request, System};
use super::project;
use crate::failure::{Failure, Tried};
use crate::screen;

/// What the library itself needs.
const NEEDED: &[&str] = &["-lpthread", "-ldl", "-lm"];

/// A command line, and what carries it out.
pub(crate) struct Job<'a> {
    /// What is to be done.
    pub(crate) line: &'a CommandLine,
    /// The language of the compiler that was called: `cc` or `c++`.
    pub(crate) language: Language,
    /// The compiler.
    pub(crate) compiler: Compiler,
    /// The headers and the library.
    pub(crate) home: &'a Home,
    /// Libraries that the sources may ask for, since a project provides them.
    pub(crate) provided: &'a [String],
    /// Whether the project has decided about `UNICODE`.
    pub(crate) charset_decided: bool,
}

/// The sources in one language, ready to be compiled.
struct Group {
    language: Language,
    /// Where each source is now, in order.
    sources: Vec<PathBuf>,
    /// Where each file of `-include` is now.
    forced: Vec<PathBuf>,
    /// What the compiler must be told besides.
    options: Vec<OsString>,
}

/// A program's bridged files, before the compiler runs.
pub(crate) struct Bridged {
    groups: Vec<Group>,
    /// The user's files, with those of the system left out.
    pub(crate) read: Vec<PathBuf>,
    notes: Vec<String>,
}

impl Bridged {
    /// What was bridged, a line for each file.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl Job<'_> {
    /// Bridges and compiles. Returns the compiler's exit code.
    pub(crate) fn run(&self) -> Result<i32, Failure> {
        if self.line.stage == Stage::Link && !self.line.bare {
            // Better said now than after a long compilation.
            self.home.library(self.line.own.linkage)?;
        }
        let folder = tempfile::Builder::new()
            .prefix("iocp-")
            .tempdir()
            .tried("make a folder for bridged sources")?;
        let bridged = self.bridge(folder.path())?;
        self.tell(&bridged);
        self.compile(&bridged, &folder)
    }

    /// Bridges the sources into a folder.
    pub(crate) fn bridge(&self, folder: &Path) -> Result<Bridged, Failure> {
        let mut bridged = Bridged {
            groups: Vec::new(),
            read: Vec::new(),
            notes: Vec::new(),
        };
        for language in [Language::C, Language::Cxx] {
            let mine = self.line.sources().filter(|(_, of)| *of == language);
            let mine: Vec<&Path> = mine.map(|(path, _)| path).collect();
            if !mine.is_empty() {
                let inside = folder.join(compiler::word(language));
                self.bridge_group(language, &mine, &inside, &mut bridged)?;
            }
        }
        Ok(bridged)
    }

    fn bridge_group(
        &self,
        language: Language,
        sources: &[&Path],
        folder: &Path,
        bridged: &mut Bridged,
    ) -> Result<(), Failure> {
        fs::create_dir_all(folder).tried(format_args!("make {}", folder.display()))?;
        let system = System::new(&self.home.include, || {
            self.compiler.include_folders(language)
        });
        let forced: Vec<&Path> = self.line.forced().collect();
        // A file of `-include` that is in none of the places looked at is the compiler's to find.
        let known: Vec<&Path> = forced
            .iter()
            .copied()
            .filter(|path| path.is_file())
            .collect();
        let request = Request {
            given: known.iter().chain(sources).copied().collect(),
            language,
            search: &self.line.search,
            charset: self.line.own.charset,
        };
        let program = Program::read(&request, &system)?;
        let prepared = program.prepare(folder, self.compiler.family)?;
        let mut places = prepared.given.into_iter();
        let forced = forced.iter().map(|path| match known.contains(path) {
            true => places.next().unwrap_or_else(|| path.to_path_buf()),
            false => path.to_path_buf(),
        });
        let forced: Vec<PathBuf> = forced.collect();
        let mut options = self.options(language, folder);
        options.extend([
            OsString::from("-include"),
            program.standard_headers().write(folder)?.into(),
        ]);
        for source in sources {
            // For includes that only the preprocessor can read: `#include NAME`.
            let parent = source
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let place = parent.unwrap_or(Path::new(".")).as_os_str().to_owned();
            if !options.contains(&place) {
                options.extend(["-iquote".into(), place]);
            }
        }
        bridged.notes.extend(prepared.notes.iter().map(told));
        bridged
            .notes
            .extend(self.charset(&program, sources, &mut options));
        bridged.notes.extend(self.libraries(&program));
        bridged
            .read
            .extend(program.files.iter().map(|file| file.path.clone()));
        bridged.groups.push(Group {
            language,
            sources: places.collect(),
            forced,
            options,
        });
        Ok(())
    }

    fn options(&self, language: Language, folder: &Path) -> Vec<OsString> {
        let mut options = self.compiler.options(language, self.line.standard);
        options.extend([
            "-isystem".into(),
            self.home.include.clone().into_os_string(),
        ]);
        let mut map = OsString::from("-ffile-prefix-map=");
        map.push(folder);
        map.push("=");
        options.push(map);
        options
    }

    /// Decides about `UNICODE` where nobody has; tells why.
    fn charset(
        &self,
        program: &Program,
        sources: &[&Path],
        options: &mut Vec<OsString>,
    ) -> Option<String> {
        let said = ["UNICODE", "_UNICODE"]
            .iter()
            .any(|name| self.line.names(name));
        if said || self.charset_decided || program.defines_unicode() {
            return None;
        }
        let first = sources.first()?;
        let (unicode, why) = match project::charset_near(first) {
            Some((unicode, project)) => (unicode, format!("as {} has it", project.display())),
            None => {
                let votes = program.votes();
                (votes.unicode(), "as its wide literals show".to_owned())
            }
        };
        unicode.then(|| {
            options.extend(["-DUNICODE".into(), "-D_UNICODE".into()]);
            format!("{}: Unicode, {why}", first.display())
        })
    }

    /// What is said of libraries that Windows does not ship.
    fn libraries(&self, program: &Program) -> Vec<String> {
        let mut told = Vec::new();
        for (file, line, name) in program.libraries() {
            let is_given = self.line.items.iter().any(|item| match item {
                Item::Option(words) => words.len() == 2 && words[0] == "-l" && *words[1] == *name,
                Item::Input(input) => input.to_string_lossy().contains(&name),
                _ => false,
            });
            let is_provided = self
                .provided
                .iter()
                .any(|own| own.eq_ignore_ascii_case(&name));
            if !(pragma::is_of_windows(&name) || is_given || is_provided) {
                told.push(format!(
                    "{file}:{line}: #pragma comment(lib): {name} is no library of Windows; if \
                     there is one for Linux, add it with -l"
                ));
            }
        }
        told
    }

    /// Prints what was bridged.
    pub(crate) fn tell(&self, bridged: &Bridged) {
        if self.line.own.quiet {
            return;
        }
        for note in &bridged.notes {
            screen::complain(note);
        }
    }

    /// Runs the compiler, once if it can be.
    pub(crate) fn compile(&self, bridged: &Bridged, folder: &TempDir) -> Result<i32, Failure> {
        let mut objects = Vec::new();
        let code = match &bridged.groups[..] {
            [] => self.call(None, &[], &[])?,
            [group] => self.call(Some(group), &[], &[])?,
            // Two languages need different options.
            groups if self.line.stage == Stage::Link => {
                for (number, group) in groups.iter().enumerate() {
                    let code = self.objects(group, number, folder.path(), &mut objects)?;
                    if code != 0 {
                        return Ok(code);
                    }
                }
                self.call(None, &[], &objects)?
            }
            groups => {
                let mut worst = 0;
                for group in groups {
                    worst = worst.max(self.call(Some(group), &[], &[])?);
                }
                worst
            }
        };
        for group in &bridged.groups {
            self.mend_dependencies(group, folder.path());
        }
        Ok(code)
    }

    /// Compiles each source of a group to an object.
    fn objects(
        &self,
        group: &Group,
        number: usize,
        folder: &Path,
        objects: &mut Vec<PathBuf>,
    ) -> Result<i32, Failure> {
        for (index, source) in group.sources.iter().enumerate() {
            let object = folder.join(format!("{number}-{index}.o"));
            let single = Group {
                language: group.language,
                sources: vec![source.clone()],
                forced: group.forced.clone(),
                options: group.options.clone(),
            };
            let to = [OsString::from("-c"), "-o".into(), object.clone().into()];
            let code = self.call(Some(&single), &to, &[])?;
            if code != 0 {
                return Ok(code);
            }
            objects.push(object);
        }
        Ok(0)
    }

    /// One call. `to` replaces the output; `objects` stand in for sources.
    fn call(
        &self,
        group: Option<&Group>,
        to: &[OsString],
        objects: &[PathBuf],
    ) -> Result<i32, Failure> {
        let mut command = self.compiler.command();
        let mut sources = group.map(|group| group.sources.iter()).unwrap_or_default();
        let mut forced = group.map(|group| group.forced.iter()).unwrap_or_default();
        if let Some(group) = group {
            command.args(&group.options);
        }
        let mut objects = objects.iter();
        for item in &self.line.items {
            match item {
                Item::Option(words) if !to.is_empty() && is_for_linking(words) => {}
                Item::Option(words) => add(&mut command, words),
                Item::Forced(_) => {
                    if let Some(path) = forced.next() {
                        command.arg("-include").arg(path);
                    }
                }
                Item::Input(_) if !to.is_empty() => {}
                Item::Input(input) => {
                    command.arg(input);
                }
                Item::Source(_, language) => match group {
                    Some(group) if group.language == *language => {
                        if let Some(path) = sources.next() {
                            self.add_source(&mut command, path, *language);
                        }
                    }
                    _ => {
                        command.args(objects.next());
                    }
                },
            }
        }
        command.args(to);
        if self.line.stage == Stage::Link && to.is_empty() {
            self.add_libraries(&mut command)?;
        }
        let status = compiler::run(&mut command, self.line.own.verbose)?;
        Ok(super::code_of(status))
    }

    fn add_source(&self, command: &mut Command, path: &Path, language: Language) {
        if language_of(path, self.language) == Some(language) {
            command.arg(path);
        } else {
            let word = compiler::word(language);
            command.args(["-x", word]).arg(path).args(["-x", "none"]);
        }
    }

    fn add_libraries(&self, command: &mut Command) -> Result<(), Failure> {
        if self.line.bare {
            return Ok(());
        }
        let linkage = self.line.own.linkage;
        let folder = self.home.library(linkage)?;
        match linkage {
            // By its file: `-liocp` would prefer the shared one beside it.
            Linkage::Static => command.arg(folder.join(linkage.file())),
            Linkage::Shared => {
                let mut place = OsString::from("-Wl,-rpath,");
                place.push(folder);
                command.arg("-L").arg(folder).arg("-liocp").arg(place)
            }
        };
        command.args(NEEDED);
        let cxx = self
            .line
            .sources()
            .any(|(_, language)| language == Language::Cxx);
        if self.language == Language::C && cxx {
            command.arg("-lstdc++");
        }
        Ok(())
    }

    /// `-MD` names the copies; what `make` must watch are the user's files.
    fn mend_dependencies(&self, group: &Group, folder: &Path) {
        if !self.line.dependencies {
            return;
        }
        let prefix = folder
            .join(compiler::word(group.language))
            .display()
            .to_string();
        for source in &group.sources {
            let Some(path) = self.dependency_file(source) else {
                continue;
            };
            // Where the compiler wrote none, or could not, there is nothing to mend.
            if let Ok(text) = fs::read_to_string(&path) {
                let prelude = format!("{prefix}/iocp-prelude.h");
                let mended = text.replace(&prelude, "").replace(&prefix, "");
                let _ = fs::write(&path, mended);
            }
        }
    }

    fn dependency_file(&self, source: &Path) -> Option<PathBuf> {
        if let Some(named) = &self.line.dependency_file {
            return Some(named.clone());
        }
        let base = match (&self.line.output, self.line.stage) {
            (Some(output), Stage::Compile) => PathBuf::from(output),
            _ => PathBuf::from(source.file_name()?),
        };
        Some(base.with_extension("d"))
    }
}

/// Headers that the C library includes in its own, by names that programs for Windows use freely.
const INNER: &[&str] = &[
    "features.h",
    "endian.h",
    "byteswap.h",
    "alloca.h",
    "sched.h",
];

/// Whether a folder has a header of which the C library would take it for its own.
fn hides_system(folder: &Path) -> bool {
    INNER.iter().any(|name| folder.join(name).exists())
}

fn add(command: &mut Command, words: &[OsString]) {
    match words {
        // The program's quotes still find it first, and its brackets what is not the system's.
        [option, folder] if option == "-I" && hides_system(Path::new(folder)) => {
            command
                .arg("-iquote")
                .arg(folder)
                .arg("-idirafter")
                .arg(folder);
        }
        // `-I` and its value read better in one word.
        [option, value] if option.len() == 2 && option != "-o" => {
            let mut word = option.clone();
            word.push(value);
            command.arg(word);
        }
        words => {
            command.args(words);
        }
    }
}

/// Whether an option says something about a program, not about an object.
fn is_for_linking(words: &[OsString]) -> bool {
    let first = words[0].to_string_lossy();
    matches!(&*first, "-o" | "-l" | "-L" | "-shared" | "-static") || first.starts_with("-Wl,")
}

fn told(note: &Note) -> String {
    format!("{}: {}", note.file, note.what.join("; "))
}
