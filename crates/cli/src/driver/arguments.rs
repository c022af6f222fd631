//! A compiler's command line, read as far as the driver must know it.
//!
//! What it does not know it hands on. The tables below say which options take the next word along,
//! so that a word is not mistaken for a file.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::encoding::Charset;
use super::home::Linkage;
use super::lexer::Language;
use crate::failure::Failure;

/// How far the compiler goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It prints something, or reads standard input: none of the driver's business.
    Asked,
    /// `-E`, `-M`: the preprocessor only.
    Preprocess,
    /// `-fsyntax-only`.
    Check,
    /// `-S` and `-c`.
    Compile,
    /// All the way to a program or a shared library.
    Link,
}

/// A word of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// Handed on as it is, with its value if it takes one.
    Option(Vec<OsString>),
    /// `-include FILE`.
    Forced(PathBuf),
    /// A source file.
    Source(PathBuf, Language),
    /// An object, a library, anything for the linker.
    Input(OsString),
}

/// Where includes are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Search {
    /// `-iquote`.
    pub(crate) quoted: Vec<PathBuf>,
    /// `-I`, then `-isystem`.
    pub(crate) all: Vec<PathBuf>,
    /// How many of them are of `-I`.
    own_count: usize,
}

/// What the command line says.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    /// Its words in order, without the driver's own.
    pub(crate) items: Vec<Item>,
    /// The same words as they came, `-v` among them.
    pub(crate) words: Vec<OsString>,
    /// How far the compiler goes.
    pub(crate) stage: Stage,
    /// `-o`.
    pub(crate) output: Option<OsString>,
    /// Where includes are looked for.
    pub(crate) search: Search,
    /// `-std=…` is given.
    pub(crate) standard: bool,
    /// `-D` with its name, `-U` with an empty one.
    pub(crate) defined: Vec<String>,
    /// `-nostdlib`, `-nodefaultlibs`, `-r`: no library but those that are named.
    pub(crate) bare: bool,
    /// `-M…`: a file with dependencies is written.
    pub(crate) dependencies: bool,
    /// `-MF`.
    pub(crate) dependency_file: Option<PathBuf>,
    /// The driver's own options.
    pub(crate) own: Own,
}

/// The driver's own options.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    /// `--compiler`.
    pub(crate) compiler: Option<OsString>,
    /// `--charset`, `-finput-charset`.
    pub(crate) charset: Option<Charset>,
    /// `--shared-iocp`.
    pub(crate) linkage: Linkage,
    /// `--quiet`, `-w`.
    pub(crate) quiet: bool,
    /// `-v`.
    pub(crate) verbose: bool,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            compiler: None,
            charset: None,
            linkage: Linkage::Static,
            quiet: false,
            verbose: false,
        }
    }
}

/// Options whose value is the next word, always.
const WITH_VALUE: &str = "-MF -MT -MQ -Xlinker -Xassembler -Xpreprocessor -Xclang -T -u -z -A \
    -imacros -idirafter -iprefix -iwithprefix -isysroot -imultilib -aux-info --param \
    -dumpbase -dumpdir -dumpbase-ext -wrapper -target -arch -e -h -mllvm -G --sysroot";

/// Options whose value is in the same word or is the next one.
const JOINED: &[&str] = &[
    "-iquote", "-isystem", "-include", "-o", "-I", "-D", "-U", "-L", "-l", "-x",
];

/// Options after which the compiler only tells something.
const QUESTIONS: &[&str] = &[
    "--version",
    "--help",
    "-dumpversion",
    "-dumpfullversion",
    "-dumpmachine",
    "-dumpspecs",
    "-###",
    "--target-help",
];

/// Reads the words one after the other.
struct Words<'a> {
    rest: &'a [OsString],
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a OsString> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn value(&mut self, option: &str) -> Result<&'a OsString, Failure> {
        self.next()
            .ok_or_else(|| Failure::Problem(format!("{option} needs a value")))
    }
}

impl CommandLine {
    /// Reads it. `default` is the language of a `.c` file: the C++ compiler takes it as C++.
    pub(crate) fn read(words: &[OsString], default: Language) -> Result<Self, Failure> {
        let mut line = Self::empty();
        let mut forced = None;
        let mut words = Words { rest: words };
        let mut stage = Stage::Link;
        loop {
            let from = words.rest;
            let Some(word) = words.next() else {
                break;
            };
            let text = word.to_str().unwrap_or("");
            if line.own_option(text, &mut words)? {
                line.words.extend((text == "-v").then(|| word.clone()));
                continue;
            }
            if text == "-" {
                line.stage = Stage::Asked;
                line.items.push(Item::Input(word.clone()));
            } else if !text.starts_with('-') || text.is_empty() {
                line.items.push(input(word, forced, default));
            } else if let Some((option, value)) = joined(text, &mut words)? {
                if option == "-x" {
                    forced = language_named(&value);
                }
                line.valued(option, &value);
            } else if WITH_VALUE.split_whitespace().any(|option| option == text) {
                let value = words.value(text)?.clone();
                if text == "-MF" {
                    line.dependency_file = Some(value.clone().into());
                }
                line.items.push(Item::Option(vec![word.clone(), value]));
            } else {
                stage = later(stage, line.plain(text));
                line.items.push(Item::Option(vec![word.clone()]));
            }
            let taken = from.len() - words.rest.len();
            line.words.extend_from_slice(&from[..taken]);
        }
        let has_input = line
            .items
            .iter()
            .any(|item| !matches!(item, Item::Option(_)));
        if line.stage != Stage::Asked && has_input {
            line.stage = stage;
        } else {
            line.stage = Stage::Asked;
        }
        Ok(line)
    }

    fn empty() -> Self {
        Self {
            items: Vec::new(),
            words: Vec::new(),
            stage: Stage::Link,
            output: None,
            search: Search::default(),
            standard: false,
            defined: Vec::new(),
            bare: false,
            dependencies: false,
            dependency_file: None,
            own: Own::default(),
        }
    }

    /// The source files with their languages.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&Path, Language)> {
        self.items.iter().filter_map(|item| match item {
            Item::Source(path, language) => Some((path.as_path(), *language)),
            _ => None,
        })
    }

    /// The files of `-include`.
    pub(crate) fn forced(&self) -> impl Iterator<Item = &Path> {
        self.items.iter().filter_map(|item| match item {
            Item::Forced(path) => Some(path.as_path()),
            _ => None,
        })
    }

    /// Whether a macro is defined or undefined on the command line.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.defined.iter().any(|defined| defined == name)
    }

    /// Takes an option of the driver.
    fn own_option(&mut self, text: &str, words: &mut Words<'_>) -> Result<bool, Failure> {
        let (option, value) = match text.split_once('=') {
            Some((option, value)) => (option, Some(OsString::from(value))),
            None => (text, None),
        };
        match option {
            "--quiet" => self.own.quiet = true,
            "-municode" if value.is_none() => {
                for name in ["UNICODE", "_UNICODE"] {
                    self.valued("-D", OsStr::new(name));
                }
            }
            // Of consoles and windows there is one kind here.
            "-mconsole" | "-mwindows" | "-mthreads" if value.is_none() => {}
            "--shared-iocp" => self.own.linkage = Linkage::Shared,
            "-v" => self.own.verbose = true,
            "--compiler" | "--charset" => {
                let value = match value {
                    Some(value) => value,
                    None => words.value(option)?.clone(),
                };
                if option == "--compiler" {
                    self.own.compiler = Some(value);
                } else {
                    self.own.charset = Some(charset(&value)?);
                }
            }
            "-finput-charset" => {
                self.own.charset = Some(charset(&value.unwrap_or_default())?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Takes an option with a value.
    fn valued(&mut self, option: &'static str, value: &OsStr) {
        let path = PathBuf::from(value);
        match option {
            "-o" => self.output = Some(value.to_owned()),
            "-I" => {
                self.search.all.insert(self.search.own_count, path);
                self.search.own_count += 1;
            }
            "-isystem" => self.search.all.push(path),
            "-iquote" => self.search.quoted.push(path),
            "-include" => {
                self.items.push(Item::Forced(path));
                return;
            }
            "-D" | "-U" => {
                let text = value.to_string_lossy();
                let name = text.split(['=', '(']).next().unwrap_or_default();
                self.defined.push(name.to_owned());
            }
            // The files carry their language with them; see `Item::Source`.
            "-x" => return,
            _ => {}
        }
        self.items
            .push(Item::Option(vec![option.into(), value.to_owned()]));
    }

    /// Takes an option without a value; tells to which stage it leads.
    fn plain(&mut self, text: &str) -> Stage {
        match text {
            "-c" | "-S" => return Stage::Compile,
            "-E" | "-M" | "-MM" => return Stage::Preprocess,
            "-fsyntax-only" => return Stage::Check,
            "-nostdlib" | "-nodefaultlibs" | "-r" => self.bare = true,
            "-MD" | "-MMD" => self.dependencies = true,
            "-w" => self.own.quiet = true,
            _ if text.starts_with("-std=") || text == "-ansi" => self.standard = true,
            _ if QUESTIONS.contains(&text) || text.starts_with("-print-") => {
                self.stage = Stage::Asked;
            }
            _ => {}
        }
        Stage::Link
    }
}

/// The stage that ends first.
fn later(a: Stage, b: Stage) -> Stage {
    let order = [Stage::Preprocess, Stage::Check, Stage::Compile, Stage::Link];
    let first = order.into_iter().find(|stage| [a, b].contains(stage));
    first.unwrap_or(Stage::Link)
}

/// An option whose value may be in the same word.
fn joined(text: &str, words: &mut Words<'_>) -> Result<Option<(&'static str, OsString)>, Failure> {
    // `-include` before `-I` and `-i…`, `-isystem` before `-I`: the longest comes first.
    let Some(option) = JOINED.iter().find(|option| text.starts_with(**option)) else {
        return Ok(None);
    };
    let rest = &text[option.len()..];
    let whole_word = matches!(*option, "-include");
    match rest {
        "" => Ok(Some((option, words.value(option)?.clone()))),
        _ if whole_word => Ok(None),
        _ => Ok(Some((option, rest.into()))),
    }
}

fn charset(name: &OsStr) -> Result<Charset, Failure> {
    let name = name.to_string_lossy();
    Charset::named(&name)
        .ok_or_else(|| Failure::Problem(format!("no character set is known by the name {name:?}")))
}

/// What `-x` names, if sources follow that are to be looked at.
fn language_named(name: &OsStr) -> Option<Language> {
    match name.to_str() {
        Some("c") => Some(Language::C),
        Some("c++") => Some(Language::Cxx),
        _ => None,
    }
}

fn input(word: &OsStr, forced: Option<Language>, default: Language) -> Item {
    let path = PathBuf::from(word);
    match forced.or_else(|| language_of(&path, default)) {
        Some(language) => Item::Source(path, language),
        None => Item::Input(word.to_owned()),
    }
}

/// The language of a file by its name, whatever the case of its ending.
pub(crate) fn language_of(path: &Path, default: Language) -> Option<Language> {
    let ending = path.extension()?.to_str()?;
    match ending {
        "C" => Some(Language::Cxx),
        _ => match ending.to_ascii_lowercase().as_str() {
            "c" => Some(default),
            "cpp" | "cc" | "cxx" | "c++" | "cp" => Some(Language::Cxx),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::{CommandLine, Item, Stage};
    use crate::driver::lexer::Language;

    fn read(words: &[&str]) -> CommandLine {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        CommandLine::read(&words, Language::C).unwrap()
    }

    #[test]
    fn values_are_not_mistaken_for_files() {
        let line = read(&[
            "-o",
            "x.c",
            "-Iinc",
            "-I",
            "more.c",
            "-DA=1",
            "-U",
            "B",
            "-MF",
            "d.c",
            "-iquote",
            "q",
            "a.c",
            "b.CPP",
            "c.o",
            "-lm",
            "-include",
            "f.h",
            "-isystemsys",
            "-Ilast",
        ]);
        let sources: Vec<_> = line
            .sources()
            .map(|(path, language)| (path.to_str().unwrap(), language))
            .collect();
        assert_eq!(sources, [("a.c", Language::C), ("b.CPP", Language::Cxx)]);
        assert_eq!(line.output, Some("x.c".into()));
        assert_eq!(
            line.search.all,
            ["inc", "more.c", "last", "sys"].map(PathBuf::from)
        );
        assert_eq!(line.search.quoted, ["q"].map(PathBuf::from));
        assert_eq!(line.forced().collect::<Vec<_>>(), [PathBuf::from("f.h")]);
        assert!(line.names("A") && line.names("B") && !line.names("C"));
        assert!(line.items.contains(&Item::Input("c.o".into())));
        assert_eq!(line.dependency_file, Some("d.c".into()));
    }

    #[test]
    fn the_stage_is_the_one_that_ends_first() {
        assert_eq!(read(&["a.c"]).stage, Stage::Link);
        assert_eq!(read(&["-c", "a.c"]).stage, Stage::Compile);
        assert_eq!(read(&["-c", "-E", "a.c"]).stage, Stage::Preprocess);
        assert_eq!(read(&["-fsyntax-only", "-c", "a.c"]).stage, Stage::Check);
        assert_eq!(read(&["a.o", "-lx"]).stage, Stage::Link);
        for question in [
            &["--version"][..],
            &["-v"],
            &[],
            &["-print-search-dirs", "a.c"],
            &["-"],
        ] {
            assert_eq!(read(question).stage, Stage::Asked, "{question:?}");
        }
    }

    #[test]
    fn a_language_that_is_named_holds_for_what_follows() {
        let line = read(&["a.c", "-x", "c++", "b.txt", "-xnone", "c.txt", "d.c"]);
        let sources: Vec<_> = line
            .sources()
            .map(|(path, language)| (path.to_str().unwrap(), language))
            .collect();
        assert_eq!(
            sources,
            [
                ("a.c", Language::C),
                ("b.txt", Language::Cxx),
                ("d.c", Language::C)
            ]
        );
    }

    #[test]
    fn what_mingw_takes_is_understood() {
        let line = read(&["-municode", "-mconsole", "-mwindows", "-mthreads", "a.c"]);
        assert!(line.names("UNICODE") && line.names("_UNICODE"));
        assert_eq!(line.items.len(), 3, "{:?}", line.items);
        assert_eq!(line.words, ["a.c"].map(OsString::from));
    }

    #[test]
    fn the_drivers_own_options_stay_with_it() {
        let line = read(&[
            "--quiet",
            "--charset",
            "949",
            "--compiler=clang",
            "--shared-iocp",
            "-v",
            "a.c",
        ]);
        assert!(line.own.quiet && line.own.verbose && line.own.charset.is_some());
        assert_eq!(line.own.compiler, Some("clang".into()));
        assert_eq!(line.items.len(), 1);
        let words = ["--charset".into(), "nonsense".into(), "a.c".into()];
        assert!(CommandLine::read(&words, Language::C).is_err());
        assert!(CommandLine::read(&["-o".into()], Language::C).is_err());
    }
}
