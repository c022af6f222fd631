//! One `#include`, and where it leads.

use std::cell::OnceCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::driver::folders::Folders;
use crate::driver::lexer::{Kind, Language, Lexed};

/// A folder, and how messages name it: empty, or with a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    name: String,
}

impl Place {
    /// The folder of a file.
    pub(super) fn of_file(path: &Path, name: &str) -> Self {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        Self {
            path: folder.unwrap_or(Path::new(".")).to_path_buf(),
            name: name
                .rfind('/')
                .map_or("", |slash| &name[..=slash])
                .to_owned(),
        }
    }

    /// A folder that was named on the command line.
    pub(super) fn of_folder(path: &Path) -> Self {
        let name = path.display().to_string();
        Self {
            path: path.to_path_buf(),
            name: format!("{}/", name.trim_end_matches('/')),
        }
    }

    /// What messages call a file there.
    pub(super) fn name_of(&self, file: &str) -> String {
        match file.starts_with('/') {
            true => file.to_owned(),
            false => format!("{}{file}", self.name),
        }
    }
}

/// Where an include leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Left to the compiler.
    Unknown,
    /// A file of the program, by its index.
    Own(usize),
    /// A file that is nobody's own, but was found only by its neighbours.
    Spelled(PathBuf),
    /// A header of the system's or ours under its proper name.
    System(String),
}

/// One `#include`.
#[derive(Clone, Debug)]
pub(super) struct Include {
    /// What it names, as it stands there.
    pub(super) name: String,
    /// Whether the name is in quotes.
    pub(super) quoted: bool,
    /// The name's place, with its quotes or brackets.
    pub(super) range: Range<usize>,
    /// Whether its name is spelled as on the disk.
    pub(super) spelled: bool,
    /// Whether the compiler looks in the folder where it is.
    pub(super) searched: bool,
    /// Where it leads.
    pub(super) target: Target,
}

/// The includes of a file.
pub(super) fn named(text: &str, language: Language) -> Vec<Include> {
    let lexed = Lexed::of(text, language);
    let directives = lexed.directives.iter();
    let includes = directives.filter(|directive| matches!(&*directive.name, "include" | "import"));
    includes
        .filter_map(|directive| {
            let token = *directive.tokens.first()?;
            if token.kind != Kind::Header {
                return None;
            }
            let text = lexed.text(token);
            let name = text.trim_matches(['"', '<', '>']).trim();
            Some(Include {
                name: name.to_owned(),
                quoted: text.starts_with('"'),
                range: token.range(),
                spelled: true,
                searched: true,
                target: Target::Unknown,
            })
        })
        .collect()
}

impl Include {
    /// The program's own file to which it leads.
    pub(super) fn own(&self) -> Option<usize> {
        match self.target {
            Target::Own(index) => Some(index),
            _ => None,
        }
    }

    /// Whether the compiler must be given another name.
    pub(super) fn is_respelled(&self) -> bool {
        match self.target {
            Target::Unknown => false,
            Target::Own(_) => !(self.spelled && self.searched),
            Target::Spelled(_) | Target::System(_) => true,
        }
    }

    /// What stands in a copy instead, which is in another folder than the file.
    pub(super) fn instead(&self, place: impl Fn(usize) -> PathBuf) -> Option<String> {
        match &self.target {
            Target::Own(index) => Some(format!("\"{}\"", place(*index).display())),
            Target::Spelled(path) => Some(format!("\"{}\"", path.display())),
            Target::System(name) => Some(format!("<{name}>")),
            Target::Unknown => None,
        }
    }

    /// Whether a backslash in its name was bridged.
    pub(super) fn has_backslash(&self) -> bool {
        self.is_respelled() && self.name.contains('\\')
    }

    /// Whether its name is spelled otherwise on the disk.
    pub(super) fn is_in_another_case(&self) -> bool {
        match &self.target {
            Target::System(name) => *name != self.name && !self.has_backslash(),
            Target::Own(_) | Target::Spelled(_) => !self.spelled && !self.has_backslash(),
            Target::Unknown => false,
        }
    }

    /// Whether it was found where only Microsoft's compiler looks.
    pub(super) fn is_elsewhere(&self) -> bool {
        matches!(self.target, Target::Own(_)) && !self.searched
    }
}

/// The headers that are nobody's own: ours and the compiler's.
pub(crate) struct System<'a> {
    /// The folder with `windows.h`.
    include: &'a Path,
    /// Asks the compiler for its folders; this takes a process and is seldom needed.
    ask: Box<dyn Fn() -> Vec<PathBuf> + 'a>,
    folders: OnceCell<Vec<PathBuf>>,
}

impl<'a> System<'a> {
    /// Our folder, and a way to ask the compiler for its own.
    pub(crate) fn new(include: &'a Path, ask: impl Fn() -> Vec<PathBuf> + 'a) -> Self {
        Self {
            include,
            ask: Box::new(ask),
            folders: OnceCell::new(),
        }
    }

    /// Whether a file is nobody's own.
    pub(super) fn owns(&self, path: &Path) -> bool {
        let system = ["/usr/include", "/usr/lib", "/usr/local/include"];
        path.starts_with(self.include) || system.iter().any(|folder| path.starts_with(folder))
    }

    /// The proper spelling of a header that has another one in a source.
    pub(super) fn spelled(&self, folders: &mut Folders, name: &str) -> Option<String> {
        let ours = folders.find(self.include, name);
        let found = ours.or_else(|| {
            let strange = name.contains(|c: char| c == '\\' || c.is_ascii_uppercase());
            let compiler = if strange { self.folders() } else { &[] };
            compiler
                .iter()
                .find_map(|folder| folders.find(folder, name))
        })?;
        (!found.exact).then_some(found.name)
    }

    /// Whether there is such a header.
    pub(super) fn has(&self, folders: &mut Folders, name: &str) -> bool {
        let mut all =
            std::iter::once(self.include).chain(self.folders().iter().map(PathBuf::as_path));
        all.any(|folder| folders.find(folder, name).is_some())
    }

    fn folders(&self) -> &[PathBuf] {
        self.folders.get_or_init(&self.ask)
    }
}
