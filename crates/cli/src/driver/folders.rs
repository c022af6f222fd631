//! Files found as Windows finds them: without regard to case, with `\` between folders.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// How far above a project the rest of its tree may begin.
const ABOVE_MAX: usize = 5;

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How it was reached from the folder in which the search began, as this system spells it.
    pub(crate) name: String,
    /// Whether the name was spelled so.
    pub(crate) exact: bool,
}

/// What is in folders, read once.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    /// By folder: the names there, by how they read in lower case.
    listings: HashMap<PathBuf, HashMap<String, Vec<OsString>>>,
}

impl Folders {
    /// Finds the file that `name` means, seen from `folder`.
    pub(crate) fn find(&mut self, folder: &Path, name: &str) -> Option<Found> {
        let asked = name;
        let name = asked.replace('\\', "/");
        let plain = folder.join(&name);
        if plain.is_file() {
            return Some(Found {
                path: plain,
                exact: name == asked,
                name,
            });
        }
        let (path, spelled) = self.walk(folder, &name, true)?;
        path.is_file().then_some(Found {
            path,
            name: spelled,
            exact: false,
        })
    }

    /// Finds the folder that `name` means, seen from `folder`.
    pub(crate) fn find_folder(&mut self, folder: &Path, name: &str) -> Option<PathBuf> {
        let (path, _) = self.walk(folder, &name.replace('\\', "/"), false)?;
        path.is_dir().then_some(path)
    }

    /// Finds the folder or file that an absolute path of another machine (`C:\src\game\lib`) most
    /// likely means here: its longest end that exists in `folder` or one of those above.
    pub(crate) fn find_foreign(
        &mut self,
        folder: &Path,
        name: &str,
        to_file: bool,
    ) -> Option<PathBuf> {
        let name = name.replace('\\', "/");
        let (drive, mut rest) = name.split_once(":/")?;
        if drive.len() != 1 {
            return None;
        }
        loop {
            for above in folder.ancestors().take(ABOVE_MAX) {
                if let Some((path, _)) = self.walk(above, rest, to_file)
                    && path.is_file() == to_file
                    && path != folder
                {
                    return Some(path);
                }
            }
            rest = rest.split_once('/')?.1;
        }
    }

    /// Goes step by step; returns the path, and its part behind `folder`.
    fn walk(&mut self, folder: &Path, name: &str, to_file: bool) -> Option<(PathBuf, String)> {
        let root = if name.starts_with('/') { "/" } else { "" };
        let mut path = match root {
            "" => folder.to_path_buf(),
            root => PathBuf::from(root),
        };
        let mut spelled: Vec<String> = Vec::new();
        let mut steps = name.split('/').filter(|step| !step.is_empty()).peekable();
        while let Some(step) = steps.next() {
            let wants_file = to_file && steps.peek().is_none();
            let step = match step {
                "." | ".." => step.to_owned(),
                _ => self.spelling(&path, step, wants_file)?,
            };
            path.push(&step);
            spelled.push(step);
        }
        Some((path, format!("{root}{}", spelled.join("/"))))
    }

    /// How an entry of a folder is spelled. Where several differ in case only, the one that was
    /// asked for, or the first in order.
    fn spelling(&mut self, folder: &Path, name: &str, is_file: bool) -> Option<String> {
        let listing = self
            .listings
            .entry(folder.to_path_buf())
            .or_insert_with(|| {
                let mut listing: HashMap<String, Vec<OsString>> = HashMap::new();
                // A folder that cannot be read holds nothing that the compiler could include.
                for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                    let name = entry.file_name();
                    let folded = name.to_string_lossy().to_lowercase();
                    listing.entry(folded).or_default().push(name);
                }
                listing
            });
        let mut names: Vec<&OsString> = listing
            .get(&name.to_lowercase())?
            .iter()
            .filter(|entry| folder.join(entry).is_file() == is_file)
            .collect();
        names.sort();
        let exact = names.iter().find(|entry| ***entry == *name);
        let chosen = exact.or(names.first())?;
        Some(chosen.to_str()?.to_owned())
    }
}

/// A path without `.` and without `x/..`, as far as the text alone tells: links are not followed.
pub(crate) fn tidied(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(tidy.components().next_back(), Some(Component::Normal(_))) =>
            {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Folders, tidied};

    fn tree() -> tempfile::TempDir {
        let top = tempfile::tempdir().unwrap();
        for file in ["Iocp/Server.h", "common/define.h", "a.h", "A.h", "dir.h/x"] {
            let path = top.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        top
    }

    #[test]
    fn names_are_found_in_any_case_and_with_backslashes() {
        let top = tree();
        let mut folders = Folders::default();
        let mut find = |name: &str| {
            let found = folders.find(top.path(), name)?;
            assert!(found.path.is_file());
            Some((found.name, found.exact))
        };
        let found = |name: &str, exact: bool| Some((name.to_owned(), exact));
        assert_eq!(find("Iocp/Server.h"), found("Iocp/Server.h", true));
        assert_eq!(find("IOCP\\SERVER.H"), found("Iocp/Server.h", false));
        assert_eq!(
            find("iocp/../Common\\Define.h"),
            found("Iocp/../common/define.h", false)
        );
        assert_eq!(
            find(".\\common\\define.h"),
            found("./common/define.h", false)
        );
        assert_eq!(find("a.h"), found("a.h", true));
        assert_eq!(find("A.h"), found("A.h", true));
        assert_eq!(find("A.H"), found("A.h", false));
        assert_eq!(find("dir.h"), None);
        assert_eq!(find("missing.h"), None);
        assert_eq!(find("a.h/b.h"), None);
    }

    #[test]
    fn a_path_of_another_machine_is_found_by_its_end() {
        let top = tree();
        let own = top.path().join("Iocp");
        let mut folders = Folders::default();
        let mut find = |name: &str, to_file| folders.find_foreign(&own, name, to_file);
        assert_eq!(
            find("D:\\Work\\Common", false),
            Some(top.path().join("common"))
        );
        assert_eq!(find("C:/x/iocp/server.h", true), Some(own.join("Server.h")));
        assert_eq!(find("C:\\Program Files\\gone", false), None);
        assert_eq!(find("Common", false), None);
    }

    #[test]
    fn tidied_paths_have_no_detours() {
        for (path, tidy) in [
            ("/a/./b/../c", "/a/c"),
            ("../a", "../a"),
            ("a/../../b", "../b"),
        ] {
            assert_eq!(tidied(Path::new(path)), PathBuf::from(tidy), "{path}");
        }
    }
}
