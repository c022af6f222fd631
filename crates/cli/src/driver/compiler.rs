//! The system's compiler: which one, and what it must be told for sources from Windows.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use super::dialect::Family;
use super::lexer::Language;
use crate::failure::{Failure, Tried};
use crate::screen;

/// A compiler and how it is called.
#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    /// The program, with arguments if `CC` has some.
    words: Vec<OsString>,
    /// Who made it.
    pub(crate) family: Family,
}

impl Compiler {
    /// The one that was named, that of `CC` or `CXX`, or the system's. `named` may be the C or
    /// the C++ compiler of a pair, whichever is wanted.
    pub(crate) fn find(language: Language, named: Option<&OsStr>) -> Result<Self, Failure> {
        let words = named
            .and_then(|named| words_of(named, language))
            .or_else(|| {
                let variable = match language {
                    Language::C => "CC",
                    Language::Cxx => "CXX",
                };
                let words = words_of(&env::var_os(variable)?, language)?;
                // A build under `CC="iocp cc"` must not lead back here.
                let ours = Path::new(&words[0]).file_name() == Some(OsStr::new("iocp"));
                (!ours).then_some(words)
            });
        let candidates = match (words, language) {
            (Some(words), _) => vec![words],
            (None, Language::C) => ["gcc", "cc", "clang"].map(|name| vec![name.into()]).into(),
            (None, Language::Cxx) => ["g++", "c++", "clang++"]
                .map(|name| vec![name.into()])
                .into(),
        };
        for words in &candidates {
            if let Some(family) = family_of(words) {
                return Ok(Self {
                    words: words.clone(),
                    family,
                });
            }
        }
        let tried: Vec<_> = candidates
            .iter()
            .map(|words| words[0].to_string_lossy())
            .collect();
        Err(Failure::Problem(format!(
            "no compiler is found: {} cannot be run; install gcc and g++, or name one with \
             --compiler",
            tried.join(", ")
        )))
    }

    /// A command to which arguments can be added.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        command
    }

    /// What tells this compiler from another: its name and its version.
    pub(crate) fn identity(&self) -> String {
        let version = self
            .command()
            .arg("-v")
            .arg("-E")
            .arg("-")
            .stdin(Stdio::null())
            .output();
        let version = version.map(|output| output.stderr).unwrap_or_default();
        format!("{:?} {}", self.words, String::from_utf8_lossy(&version))
    }

    /// The folders in which it looks for its headers.
    pub(crate) fn include_folders(&self, language: Language) -> Vec<PathBuf> {
        let mut command = self.command();
        command
            .args(["-E", "-v", "-x", word(language), "-"])
            .env("LC_ALL", "C");
        let output = command.stdin(Stdio::null()).output();
        let told = output.map(|output| output.stderr).unwrap_or_default();
        let told = String::from_utf8_lossy(&told).into_owned();
        told.lines()
            .skip_while(|line| !line.starts_with("#include <"))
            .skip(1)
            .take_while(|line| line.starts_with(' '))
            .map(|line| PathBuf::from(line.trim()))
            .collect()
    }

    /// What makes it accept what Microsoft's compiler accepts.
    pub(crate) fn options(&self, language: Language, standard: bool) -> Vec<OsString> {
        let mut options = vec!["-fms-extensions"];
        match language {
            // C++20 makes most of the `typename`s optional that Microsoft's compiler does without.
            Language::Cxx if !standard => options.push("-std=gnu++20"),
            Language::C if !standard => options.push("-std=gnu17"),
            _ => {}
        }
        let lenient = match (language, self.family) {
            (Language::Cxx, Family::Gcc) => GCC_CXX,
            (Language::C, Family::Gcc) => GCC_C,
            (Language::Cxx, Family::Clang) => CLANG_CXX,
            (Language::C, Family::Clang) => CLANG_C,
        };
        options.extend(lenient.split_whitespace());
        options.into_iter().map(OsString::from).collect()
    }
}

/// What is an error to GCC and none to Microsoft's compiler becomes a warning or nothing; what all
/// such programs do, as to take an OVERLAPPED's place in a class with a base, is no warning.
const GCC_CXX: &str = "-fpermissive -fno-char8_t -Wno-unknown-pragmas -Wno-write-strings \
    -Wno-narrowing -Wno-conversion-null -Wno-volatile -Wno-register -Wno-invalid-offsetof";
const GCC_C: &str = "-Wno-unknown-pragmas -Wno-error=incompatible-pointer-types \
    -Wno-error=int-conversion -Wno-error=implicit-function-declaration -Wno-error=implicit-int";
const CLANG_CXX: &str = "-fdelayed-template-parsing -fno-char8_t -Wno-unknown-pragmas \
    -Wno-ignored-pragmas -Wno-writable-strings -Wno-c++11-narrowing -Wno-deprecated-volatile \
    -Wno-register -Wno-invalid-offsetof -Wno-address-of-temporary -Wno-microsoft";
const CLANG_C: &str = "-Wno-unknown-pragmas -Wno-ignored-pragmas \
    -Wno-error=incompatible-pointer-types -Wno-error=int-conversion \
    -Wno-error=implicit-function-declaration -Wno-error=implicit-int -Wno-microsoft";

/// A language as `-x` names it.
pub(crate) fn word(language: Language) -> &'static str {
    match language {
        Language::C => "c",
        Language::Cxx => "c++",
    }
}

/// A name of a C or C++ compiler as the words of a command for `language`.
fn words_of(named: &OsStr, language: Language) -> Option<Vec<OsString>> {
    let text = named.to_str()?;
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let last = words.iter().rposition(|word| !word.starts_with('-'))?;
    words[last] = partner(&words[last], language);
    Some(words.into_iter().map(OsString::from).collect())
}

/// `g++-13` for `gcc-13` and the like.
fn partner(program: &str, language: Language) -> String {
    let (folder, name) = program
        .rsplit_once('/')
        .map_or(("", program), |(f, n)| (f, n));
    let other = match language {
        Language::Cxx if name.contains("++") => name.to_owned(),
        Language::Cxx if name.contains("gcc") => name.replacen("gcc", "g++", 1),
        Language::Cxx if name.contains("clang") => name.replacen("clang", "clang++", 1),
        Language::C if name.contains("clang++") => name.replacen("clang++", "clang", 1),
        Language::C if name.contains("g++") => name.replacen("g++", "gcc", 1),
        _ => name.to_owned(),
    };
    match program.len() - name.len() {
        0 => other,
        _ => format!("{folder}/{other}"),
    }
}

fn family_of(words: &[OsString]) -> Option<Family> {
    let mut command = Command::new(&words[0]);
    let output = command
        .args(&words[1..])
        .arg("--version")
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    let version = String::from_utf8_lossy(&output.stdout).to_lowercase();
    output
        .status
        .success()
        .then(|| match version.contains("clang") {
            true => Family::Clang,
            false => Family::Gcc,
        })
}

/// Runs a command to its end; shows it first if asked to.
pub(crate) fn run(command: &mut Command, verbose: bool) -> Result<ExitStatus, Failure> {
    if verbose {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
        screen::complain(words.join(" "));
    }
    let name = command.get_program().to_string_lossy().into_owned();
    command.status().tried(format_args!("run {name}"))
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+./,:@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::{partner, quoted, words_of};
    use crate::driver::lexer::Language;

    #[test]
    fn either_compiler_of_a_pair_names_the_pair() {
        for (named, c, cxx) in [
            ("gcc", "gcc", "g++"),
            ("g++-13", "gcc-13", "g++-13"),
            (
                "/opt/bin/clang-14",
                "/opt/bin/clang-14",
                "/opt/bin/clang++-14",
            ),
            (
                "x86_64-linux-gnu-gcc",
                "x86_64-linux-gnu-gcc",
                "x86_64-linux-gnu-g++",
            ),
            ("clang++", "clang", "clang++"),
            ("tcc", "tcc", "tcc"),
        ] {
            assert_eq!(partner(named, Language::C), c);
            assert_eq!(partner(named, Language::Cxx), cxx);
        }
        let words = words_of("ccache gcc -m64".as_ref(), Language::Cxx).unwrap();
        assert_eq!(words, ["ccache", "g++", "-m64"]);
    }

    #[test]
    fn words_are_shown_as_a_shell_reads_them() {
        assert_eq!(quoted("-DA=1"), "-DA=1");
        assert_eq!(quoted("a b'c"), "'a b'\\''c'");
    }
}
