//! A program's own files: found, read, bridged, and written as copies for the compiler.
//!
//! From each source the includes are followed, as Windows finds them: in any case, with `\`, and
//! for quoted names also in the folders of the files that led there. What lies in the system's
//! folders or in ours is nobody's own and left to the compiler, but for the spelling of its name.
//!
//! A file is copied if something in it must change, and with it all that include it or are
//! included by it. The copies stand in a folder that ends with the compilation; a `#line` in their
//! first line names the user's file. The others are compiled where they are.

mod include;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::arguments::Search;
use super::charset::Votes;
use super::dialect::{self, Changes, Facts, Family, Subject};
use super::encoding::{self, Charset, Scores};
use super::folders::{Folders, Found, tidied};
use super::lexer::{Language, Lexed};
use super::pragma;
use super::prelude::{self, Std};
use crate::failure::{Failure, Tried};
use include::{Include, Place, Target};

pub(crate) use include::System;

/// A file of the program.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How messages name it.
    pub(crate) name: String,
    /// Its text in UTF-8, unchanged otherwise.
    pub(crate) text: String,
    bytes: Vec<u8>,
    charset: Charset,
    includes: Vec<Include>,
    /// Its own folder first, then those of the files that led here.
    folders: Vec<Place>,
}

/// What is told of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// The file.
    pub(crate) file: String,
    /// What was bridged in it.
    pub(crate) what: Vec<String>,
}

/// All files of a program in one language.
#[derive(Debug)]
pub(crate) struct Program {
    /// The files, in the order in which they were met.
    pub(crate) files: Vec<File>,
    /// Those that were given, in order: their indices, and how they were named.
    given: Vec<(usize, PathBuf)>,
    language: Language,
}

/// Which files, and how they are read.
pub(crate) struct Request<'a> {
    /// The sources and the files of `-include`.
    pub(crate) given: Vec<&'a Path>,
    /// The language of all of them.
    pub(crate) language: Language,
    /// Where includes are looked for.
    pub(crate) search: &'a Search,
    /// The character set of what is not Unicode, if it was named.
    pub(crate) charset: Option<Charset>,
}

/// A program's files as the compiler is given them.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Where each given file is now, in order.
    pub(crate) given: Vec<PathBuf>,
    /// What was bridged, file by file.
    pub(crate) notes: Vec<Note>,
}

/// A file to which an include leads.
struct Hit {
    found: Found,
    /// What to call it.
    name: String,
    /// Whether the compiler looks in that folder.
    searched: bool,
}

struct Walk<'a, 's> {
    folders: Folders,
    request: &'a Request<'a>,
    system: &'s System<'s>,
    files: Vec<File>,
    /// By their paths without detours.
    known: HashMap<PathBuf, usize>,
}

impl Program {
    /// Follows the includes and reads everything.
    pub(crate) fn read(request: &Request<'_>, system: &System<'_>) -> Result<Self, Failure> {
        let mut walk = Walk {
            folders: Folders::default(),
            request,
            system,
            files: Vec::new(),
            known: HashMap::new(),
        };
        let mut given = Vec::new();
        for path in &request.given {
            let name = path.display().to_string();
            let index = walk.visit(path, name, &[]);
            let index = index.tried(format_args!("read {}", path.display()))?;
            given.push((index, path.to_path_buf()));
        }
        walk.agree_on_charset();
        Ok(Self {
            files: walk.files,
            given,
            language: request.language,
        })
    }

    /// What all files show together.
    pub(crate) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        self.each(|lexed| facts.add(lexed));
        facts
    }

    /// What they show of `UNICODE`.
    pub(crate) fn votes(&self) -> Votes {
        let mut votes = Votes::default();
        self.each(|lexed| votes = votes.with(Votes::of(lexed)));
        votes
    }

    /// Whether they decide about `UNICODE` themselves.
    pub(crate) fn defines_unicode(&self) -> bool {
        let mut defines = false;
        self.each(|lexed| {
            defines |= lexed.directives.iter().any(|directive| {
                let name = directive.tokens.first();
                matches!(&*directive.name, "define" | "undef")
                    && name.is_some_and(|&name| {
                        lexed.is(name, "UNICODE") || lexed.is(name, "_UNICODE")
                    })
            });
        });
        defines
    }

    /// The standard headers that they name.
    pub(crate) fn standard_headers(&self) -> Std {
        let mut headers = Std::of(self.language);
        for include in self.files.iter().flat_map(|file| &file.includes) {
            headers.add(&include.name);
        }
        self.each(|lexed| headers.add_used(lexed));
        let mut own = BTreeSet::new();
        let mut uses_std = false;
        self.each(|lexed| uses_std |= prelude::own_names(lexed, &mut own));
        if uses_std {
            self.each(|lexed| headers.add_bare(lexed, &own));
        }
        headers
    }

    /// The libraries that they ask for, with the file and the line.
    pub(crate) fn libraries(&self) -> Vec<(String, usize, String)> {
        let mut found = Vec::new();
        for file in &self.files {
            let lexed = Lexed::of(&file.text, self.language);
            for library in pragma::libraries(&lexed) {
                found.push((file.name.clone(), library.line, library.name));
            }
        }
        found
    }

    fn each(&self, mut look: impl FnMut(&Lexed<'_>)) {
        for file in &self.files {
            look(&Lexed::of(&file.text, self.language));
        }
    }

    /// Bridges the files and writes what must be copied below `folder`.
    pub(crate) fn prepare(&self, folder: &Path, family: Family) -> Result<Prepared, Failure> {
        let facts = self.facts();
        let mut changes: Vec<Changes> = self
            .files
            .iter()
            .map(|file| self.changes(file, family, &facts))
            .collect();
        let copied = self.copied(&changes);
        // What is copied leads to copies only.
        let place = |index: usize| copy_of(folder, &self.files[index].path);
        let mut notes = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let Changes {
                mut edits,
                notes: mut what,
            } = std::mem::take(&mut changes[index]);
            what.splice(0..0, file.told());
            if !what.is_empty() {
                notes.push(Note {
                    file: file.name.clone(),
                    what,
                });
            }
            if !copied[index] {
                continue;
            }
            for include in &file.includes {
                if let Some(named) = include.instead(place) {
                    edits.replace(include.range.clone(), named);
                }
            }
            let text = format!(
                "#line 1 \"{}\"\n{}",
                escaped(&file.name),
                edits.apply(&file.text)
            );
            write(&place(index), &text)?;
        }
        Ok(Prepared {
            given: self
                .given
                .iter()
                .map(|(index, named)| match copied[*index] {
                    true => place(*index),
                    false => named.clone(),
                })
                .collect(),
            notes,
        })
    }

    fn changes(&self, file: &File, family: Family, facts: &Facts) -> Changes {
        let lexed = Lexed::of(&file.text, self.language);
        dialect::bridge(&Subject {
            lexed: &lexed,
            language: self.language,
            name: &file.name,
            family,
            facts,
        })
    }

    /// Which files must be copied.
    fn copied(&self, changes: &[Changes]) -> Vec<bool> {
        let mut copied: Vec<bool> = self
            .files
            .iter()
            .zip(changes)
            .map(|(file, changes)| {
                !changes.edits.is_empty()
                    || file.charset != Charset::Utf8
                    || !is_lower_ending(&file.path)
                    || file.includes.iter().any(Include::is_respelled)
            })
            .collect();
        loop {
            let before = copied.clone();
            for (index, file) in self.files.iter().enumerate() {
                for target in file.includes.iter().filter_map(Include::own) {
                    let either = copied[index] || copied[target];
                    copied[index] = either;
                    copied[target] = either;
                }
            }
            if copied == before {
                return copied;
            }
        }
    }
}

impl Walk<'_, '_> {
    /// Reads a file and what it includes; returns its index.
    fn visit(
        &mut self,
        path: &Path,
        name: String,
        from: &[Place],
    ) -> Result<usize, std::io::Error> {
        let absolute = tidied(&std::path::absolute(path)?);
        if let Some(&index) = self.known.get(&absolute) {
            return Ok(index);
        }
        let bytes = fs::read(path)?;
        let charset = self.guess(&bytes);
        let own = Place::of_file(path, &name);
        let further = from.iter().filter(|place| **place != own).cloned();
        let folders = std::iter::once(own.clone()).chain(further).collect();
        let index = self.files.len();
        self.known.insert(absolute.clone(), index);
        self.files.push(File {
            path: absolute,
            name,
            text: charset.decode(&bytes).into_owned(),
            bytes,
            charset,
            includes: Vec::new(),
            folders,
        });
        self.follow(index);
        Ok(index)
    }

    /// Finds what a file includes.
    fn follow(&mut self, index: usize) {
        let named = include::named(&self.files[index].text, self.request.language);
        let places = self.files[index].folders.clone();
        let mut includes = Vec::new();
        for mut include in named {
            match self.resolve(&include, &places) {
                Some(hit) if !self.system.owns(&hit.found.path) => {
                    include.spelled = hit.found.exact;
                    include.searched = hit.searched;
                    // What cannot be read, the compiler will complain of.
                    if let Ok(own) = self.visit(&hit.found.path, hit.name, &places) {
                        include.target = Target::Own(own);
                    }
                }
                Some(hit) if !hit.found.exact => {
                    include.spelled = false;
                    include.target = Target::Spelled(hit.found.path);
                }
                Some(_) => {}
                None => {
                    if let Some(spelled) = self.system.spelled(&mut self.folders, &include.name) {
                        include.target = Target::System(spelled);
                    }
                }
            }
            includes.push(include);
        }
        self.files[index].includes = includes;
    }

    /// Where a named file is, among those that may be the program's own.
    fn resolve(&mut self, include: &Include, places: &[Place]) -> Option<Hit> {
        let search = self.request.search;
        let folders = |folders: &[PathBuf]| -> Vec<Place> {
            folders
                .iter()
                .map(|folder| Place::of_folder(folder))
                .collect()
        };
        let all = folders(&search.all);
        if !include.quoted {
            return self.first(&include.name, &all, true).or_else(|| {
                // Visual Studio is often told of folders of which a loose file says nothing.
                let hit = self.first(&include.name, places, false)?;
                let known = self.system.has(&mut self.folders, &include.name);
                (!known).then_some(hit)
            });
        }
        let (own, further) = places.split_first()?;
        let searched = [folders(&search.quoted), all].concat();
        if let Some(hit) = self.first(&include.name, std::slice::from_ref(own), true) {
            return Some(hit);
        }
        let Some(hit) = self.first(&include.name, further, false) else {
            return self.first(&include.name, &searched, true);
        };
        // The compiler may reach the same file by another way.
        let other = self.first(&include.name, &searched, true);
        let is_same = |other: &Hit| tidied(&other.found.path) == tidied(&hit.found.path);
        Some(other.filter(is_same).unwrap_or(hit))
    }

    fn first(&mut self, name: &str, places: &[Place], searched: bool) -> Option<Hit> {
        places.iter().find_map(|place| {
            let found = self.folders.find(&place.path, name)?;
            Some(Hit {
                name: place.name_of(&found.name),
                found,
                searched,
            })
        })
    }

    fn guess(&self, bytes: &[u8]) -> Charset {
        encoding::by_form(bytes).unwrap_or_else(|| match self.request.charset {
            Some(named) => named,
            None => Charset::Page(Scores::of(bytes).best()),
        })
    }

    /// Files of one program share a code page, unless one of them clearly does not.
    fn agree_on_charset(&mut self) {
        if self.request.charset.is_some() {
            return;
        }
        let paged = |file: &File| matches!(file.charset, Charset::Page(_));
        let scores = self
            .files
            .iter()
            .filter(|file| paged(file))
            .map(|f| Scores::of(&f.bytes));
        let program = scores.fold(Scores::none(), Scores::with);
        for index in 0..self.files.len() {
            let file = &mut self.files[index];
            if !paged(file) {
                continue;
            }
            let agreed = Charset::Page(Scores::of(&file.bytes).best_within(&program));
            if agreed != file.charset {
                file.charset = agreed;
                file.text = agreed.decode(&file.bytes).into_owned();
                self.follow(index);
            }
        }
    }
}

impl File {
    /// What is told of its encoding and its includes.
    fn told(&self) -> Vec<String> {
        let mut told: Vec<String> = self.charset.told().into_iter().collect();
        let count = |what: fn(&Include) -> bool| self.includes.iter().filter(|i| what(i)).count();
        let mut tell = |number: usize, how: &str| match number {
            0 => {}
            1 => told.push(format!("1 include {how}")),
            _ => told.push(format!("{number} includes {how}")),
        };
        tell(count(Include::has_backslash), "with \\");
        tell(count(Include::is_in_another_case), "in another case");
        tell(count(Include::is_elsewhere), "from another folder");
        told
    }
}

/// Whether the compiler knows a file's language by its ending: it does not know `.Cpp`.
fn is_lower_ending(path: &Path) -> bool {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or("");
    matches!(ending, "C" | "CPP" | "H") || !ending.chars().any(char::is_uppercase)
}

/// Where the copy of a file goes.
fn copy_of(folder: &Path, path: &Path) -> PathBuf {
    let inside = path.strip_prefix("/").unwrap_or(path);
    let mut copy = folder.join(inside);
    if !is_lower_ending(path)
        && let Some(ending) = path.extension().and_then(|ending| ending.to_str())
    {
        copy.set_extension(ending.to_lowercase());
    }
    copy
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).tried(format_args!("make {}", folder.display()))?;
    fs::write(path, text).tried(format_args!("write {}", path.display()))
}

/// A name between the quotes of a `#line`.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}
