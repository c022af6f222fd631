//! Searching directories, with Microsoft's wildcards.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::facts::{Facts, FileTime, REPARSE_POINT};
use super::listing::{facts_of_entry, names_in};
use crate::abi::{Bool, Dword, FALSE, Handle, INVALID_HANDLE};
use crate::bool_door;
use crate::code::{Code, code_bool, code_door};
use crate::handle::{self, Object};
use crate::path::{Last, as_path, spelled, system_form, to_bytes, to_c, to_units};
use crate::status::Status;
use crate::text::{Out, Text, Unit, exports};

const MAX_PATH: usize = 260;
/// `IO_REPARSE_TAG_SYMLINK`.
const SYMBOLIC_LINK: Dword = 0xa000_000c;

/// `WIN32_FIND_DATA`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct FindData<U> {
    attributes: Dword,
    created: FileTime,
    accessed: FileTime,
    written: FileTime,
    size_high: Dword,
    size_low: Dword,
    reserved: [Dword; 2],
    name: [U; MAX_PATH],
    short_name: [U; 14],
}

const _: () = {
    assert!(size_of::<FindData<u8>>() == 320);
    assert!(size_of::<FindData<u16>>() == 592);
    assert!(size_of::<FindData<u32>>() == 1140);
};

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Character(char),
    /// `?`: any one, or none at the end of the name or before a dot.
    One,
    /// `*`.
    Many,
    /// `*` before a dot: as much as leaves the last dot.
    ManyToLastDot,
    /// A dot before a wildcard: a dot, or the end of the name.
    Dot,
}

/// A pattern, as Windows reads one.
#[derive(Clone, Debug)]
struct Pattern(Vec<Part>);

impl Pattern {
    fn new(text: &str) -> Self {
        // These two have always meant everything.
        if text == "*" || text == "*.*" {
            return Self(vec![Part::Many]);
        }
        let characters: Vec<char> = text.chars().collect();
        let is_wild = |i: usize| matches!(characters.get(i), Some('?' | '*'));
        let part = |(i, character): (usize, &char)| match character {
            '?' => Part::One,
            '*' if characters.get(i + 1) == Some(&'.') => Part::ManyToLastDot,
            '*' => Part::Many,
            '.' if is_wild(i + 1) => Part::Dot,
            // A pattern that ends with a dot wants names without one.
            '.' if i > 0 && i + 1 == characters.len() && is_wild(i - 1) => Part::Dot,
            character => Part::Character(folded(*character)),
        };
        Self(characters.iter().enumerate().map(part).collect())
    }

    fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().map(folded).collect();
        matches(&self.0, &name)
    }
}

fn folded(character: char) -> char {
    character.to_uppercase().next().unwrap_or(character)
}

fn matches(pattern: &[Part], name: &[char]) -> bool {
    let Some((part, rest)) = pattern.split_first() else {
        return name.is_empty();
    };
    match part {
        Part::Character(character) => name.first() == Some(character) && matches(rest, &name[1..]),
        Part::One => match name.first() {
            None => matches(rest, name),
            Some('.') => matches(rest, name) || matches(rest, &name[1..]),
            Some(_) => matches(rest, &name[1..]),
        },
        Part::Dot => match name.first() {
            None => matches(rest, name),
            Some('.') => matches(rest, &name[1..]),
            Some(_) => false,
        },
        Part::Many => (0..=name.len()).any(|i| matches(rest, &name[i..])),
        Part::ManyToLastDot => {
            let last = name.iter().rposition(|c| *c == '.').unwrap_or(name.len());
            (0..=last).any(|i| matches(rest, &name[i..]))
        }
    }
}

/// A search that is under way: what is left to be told.
struct Search {
    folder: PathBuf,
    names: std::vec::IntoIter<OsString>,
    only_directories: bool,
}

impl Search {
    /// The next entry; what has vanished meanwhile is left out.
    fn next(&mut self) -> Option<(OsString, Facts)> {
        let (folder, only) = (&self.folder, self.only_directories);
        self.names.find_map(|name| {
            let facts = facts_of_entry(folder, &name)?;
            (!only || facts.is_directory()).then_some((name, facts))
        })
    }
}

/// Splits a name into folder and pattern.
fn split(name: &[u8]) -> (PathBuf, Vec<u8>) {
    let path = system_form(name);
    let cut = path.iter().rposition(|byte| *byte == b'/');
    let (folder, pattern) = match cut {
        Some(at) => (path[..=at].to_vec(), path[at + 1..].to_vec()),
        None => (b".".to_vec(), path),
    };
    (PathBuf::from(OsString::from_vec(folder)), pattern)
}

fn search(name: &[u8], only_directories: bool) -> Result<Search, Code> {
    let missing = Status::OBJECT_NAME_NOT_FOUND;
    if name.is_empty() {
        return Err(Status::OBJECT_PATH_NOT_FOUND.into());
    }
    let name = name.strip_prefix(br"\\?\").unwrap_or(name);
    let (folder, pattern) = split(name);
    if pattern.is_empty() {
        return Err(missing.into());
    }
    if pattern.iter().any(|byte| b"<>\"|:".contains(byte)) {
        return Err(Status::OBJECT_NAME_INVALID.into());
    }
    if !pattern.iter().any(|byte| b"*?".contains(byte)) {
        return exact(&folder.join(OsString::from_vec(pattern)), only_directories);
    }
    let pattern = Pattern::new(&String::from_utf8_lossy(&pattern));
    let folder = to_c(folder)?;
    let (folder, names) = spelled(&folder, Last::Exists, |path| {
        Ok((as_path(path).to_owned(), names_in(as_path(path))?))
    })
    // What is missing is the way to what is searched for.
    .map_err(|status| {
        if status == missing {
            Status::OBJECT_PATH_NOT_FOUND
        } else {
            status
        }
    })?;
    let fits = |name: &OsString| pattern.matches(&name.to_string_lossy());
    let names: Vec<_> = names.into_iter().filter(fits).collect();
    Ok(Search {
        folder,
        names: names.into_iter(),
        only_directories,
    })
}

/// A search for one name, which is told as it is spelled.
fn exact(path: &Path, only_directories: bool) -> Result<Search, Code> {
    let path: CString = to_c(path)?;
    let found = spelled(&path, Last::Exists, |path| {
        let there = as_path(path).symlink_metadata();
        there.map_err(|error| Status::errno(&error))?;
        Ok(as_path(path).to_owned())
    })?;
    let folder = found.parent().map(Path::to_owned).unwrap_or_default();
    // `.` and `..` have no name but this.
    let name = found.file_name().map(OsString::from);
    let name = name.unwrap_or_else(|| OsString::from("."));
    let folder = if folder.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        folder
    };
    Ok(Search {
        folder,
        names: vec![name].into_iter(),
        only_directories,
    })
}

fn data_of<U: Unit>(name: &OsString, facts: &Facts) -> FindData<U> {
    let mut data = FindData {
        attributes: facts.attributes,
        created: facts.created,
        accessed: facts.accessed,
        written: facts.written,
        size_high: (facts.size >> 32) as Dword,
        size_low: facts.size as Dword,
        reserved: [0; 2],
        name: [U::default(); MAX_PATH],
        short_name: [U::default(); 14],
    };
    if facts.attributes & REPARSE_POINT != 0 {
        data.reserved[0] = SYMBOLIC_LINK;
    }
    // The system's names are shorter than the room, in any unit.
    let units = to_units::<U>(name.as_bytes());
    for (to, unit) in data.name.iter_mut().take(MAX_PATH - 1).zip(units) {
        *to = unit;
    }
    data
}

fn find_first<U: Unit>(name: Text<U>, only_directories: bool, data: Out<FindData<U>>) -> Handle {
    code_door(std::ptr::without_provenance_mut(INVALID_HANDLE), || {
        let mut search = search(&to_bytes(name.or_empty()), only_directories)?;
        let (name, facts) = search.next().ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
        let found = Arc::new(Mutex::new(search));
        let handle = handle::insert(Object::Other(found))?;
        data.set(data_of(&name, &facts));
        Ok(handle)
    })
}

fn with_search<T>(
    find: Handle,
    run: impl FnOnce(&mut Search) -> Result<T, Code>,
) -> Result<T, Code> {
    match handle::get(find).as_deref() {
        Some(Object::Other(other)) => match other.downcast_ref::<Mutex<Search>>() {
            Some(search) => run(&mut search.lock()),
            None => Err(Status::INVALID_HANDLE.into()),
        },
        _ => Err(Status::INVALID_HANDLE.into()),
    }
}

exports! {
    FindFirstFileA, FindFirstFileW, FindFirstFileW_16:
    fn find_first_file<U>(
        name: Text<U>, data: Out<FindData<U>>,
    ) -> Handle = std::ptr::without_provenance_mut(INVALID_HANDLE); {
        find_first(name, false, data)
    }

    FindFirstFileExA, FindFirstFileExW, FindFirstFileExW_16:
    fn find_first_file_ex<U>(
        name: Text<U>, level: Dword, data: Out<FindData<U>>, operation: Dword,
        _filter: *mut u8, _flags: Dword,
    ) -> Handle = std::ptr::without_provenance_mut(INVALID_HANDLE); {
        code_door(std::ptr::without_provenance_mut(INVALID_HANDLE), || {
            if level > 1 || operation > 1 {
                return Err(Status::INVALID_PARAMETER.into());
            }
            Ok(find_first(name, operation == 1, data))
        })
    }

    FindNextFileA, FindNextFileW, FindNextFileW_16:
    fn find_next_file<U>(find: Handle, data: Out<FindData<U>>) -> Bool = FALSE; {
        code_bool(|| with_search(find, |search| {
            let (name, facts) = search.next().ok_or(Status::NO_MORE_FILES)?;
            data.set(data_of(&name, &facts));
            Ok(())
        }))
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FindClose(find: Handle) -> Bool {
    bool_door(|| {
        handle::close(find, |object| match object {
            Object::Other(other) => other.is::<Mutex<Search>>(),
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_on_windows() {
        for (pattern, name, fits) in [
            ("*", "anything.at.all", true),
            ("*.*", "noextension", true),
            ("*.txt", "A.TXT", true),
            ("*.txt", "a.txt.bak", false),
            ("*.txt", "a.b.txt", true),
            ("a*", "abc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a??", "a", true),
            ("a??", "abcd", false),
            ("a??.txt", "a.txt", true),
            ("*.", "noextension", true),
            ("*.", "an.extension", false),
            ("file.?", "file", true),
            ("file.*", "file", true),
            ("file.*", "file.a.b", true),
            ("f*.c", "foo.c", true),
            ("f*.c", "foo.cpp", false),
            ("\u{e4}*", "\u{c4}b", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(name),
                fits,
                "{pattern} {name}"
            );
        }
    }
}
