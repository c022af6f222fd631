//! Finding a name that exists in another spelling: Windows does not tell `File` from `file`.

use std::ffi::{CStr, CString, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::{as_path, to_c};
use crate::status::Status;

/// What is expected of the last component of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// It exists.
    Exists,
    /// It is to be made; what its name is, is up to the program.
    New,
}

/// Runs something with a path. If it finds nothing there, runs it again with the path in the
/// spelling that exists, if there is one.
///
/// # Errors
///
/// What it said, as a status: a missing file is told from a missing directory on the way
/// (S-280).
pub(crate) fn spelled<T>(
    path: &CStr,
    last: Last,
    mut run: impl FnMut(&CStr) -> Result<T, i32>,
) -> Result<T, Status> {
    let errno = match run(path) {
        Ok(done) => return Ok(done),
        Err(errno) => errno,
    };
    if !matches!(errno, libc::ENOENT | libc::ENOTDIR) {
        return Err(Status::of_file(errno));
    }
    if let Some(other) = respell(path, last) {
        let failed = match run(&other) {
            Ok(done) => return Ok(done),
            Err(errno) => errno,
        };
        if !matches!(failed, libc::ENOENT | libc::ENOTDIR) {
            return Err(Status::of_file(failed));
        }
    }
    Err(missing(as_path(path)))
}

/// Says what is missing: the thing itself or a directory on the way to it.
fn missing(path: &Path) -> Status {
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Status::OBJECT_NAME_NOT_FOUND,
    };
    match to_c(parent).ok().and_then(|c| respell(&c, Last::Exists)) {
        Some(other) if as_path(&other).is_dir() => Status::OBJECT_NAME_NOT_FOUND,
        _ if parent.is_dir() => Status::OBJECT_NAME_NOT_FOUND,
        _ => Status::OBJECT_PATH_NOT_FOUND,
    }
}

/// The path as its components are spelled on disk; `None` if it does not exist in any spelling,
/// or only in this one.
fn respell(path: &CStr, last: Last) -> Option<CString> {
    let asked = as_path(path);
    let mut found = PathBuf::new();
    let mut components = asked.components().peekable();
    while let Some(component) = components.next() {
        let is_last = components.peek().is_none();
        let Component::Normal(name) = component else {
            // Windows takes `..` as text, so that what it leaves need not exist.
            if component != Component::ParentDir || !leave(&mut found) {
                found.push(component);
            }
            continue;
        };
        let exact = found.join(name);
        if (is_last && last == Last::New) || exact.symlink_metadata().is_ok() {
            found = exact;
            continue;
        }
        match in_other_case(&found, name.as_bytes()) {
            Some(name) => found.push(name),
            // What is left again need not exist.
            None if components.peek() == Some(&Component::ParentDir) => found = exact,
            None => return None,
        }
    }
    let found = to_c(found).ok()?;
    (found.as_bytes() != path.to_bytes()).then_some(found)
}

/// Takes the last component off a path, if it is a name.
fn leave(path: &mut PathBuf) -> bool {
    let is_name = matches!(path.components().next_back(), Some(Component::Normal(_)));
    is_name && path.pop()
}

/// The first entry of a directory that has this name but for upper and lower case.
fn in_other_case(folder: &Path, name: &[u8]) -> Option<OsString> {
    let wanted = String::from_utf8_lossy(name).to_lowercase();
    let here = Path::new(".");
    let folder = if folder.as_os_str().is_empty() {
        here
    } else {
        folder
    };
    let entries = fs::read_dir(folder).ok()?;
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    names
        .filter(|name| name.to_string_lossy().to_lowercase() == wanted)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &CStr) -> Result<(), i32> {
        fs::metadata(as_path(path))
            .map(drop)
            .map_err(|error| error.raw_os_error().unwrap())
    }

    #[test]
    fn another_case_is_found_and_what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("Dir")).unwrap();
        fs::write(folder.path().join("Dir/File.TXT"), "x").unwrap();
        let at = |name: &str| to_c(folder.path().join(name)).unwrap();
        let look = |name: &str, last| spelled(&at(name), last, open);
        assert_eq!(look("Dir/File.TXT", Last::Exists), Ok(()));
        assert_eq!(look("dir/file.txt", Last::Exists), Ok(()));
        assert_eq!(look("nowhere/../dir/FILE.txt", Last::Exists), Ok(()));
        let missing = Err(Status::OBJECT_NAME_NOT_FOUND);
        assert_eq!(look("dir/other", Last::Exists), missing);
        assert_eq!(look("dir/file.txt", Last::New), missing);
        let no_way = Err(Status::OBJECT_PATH_NOT_FOUND);
        assert_eq!(look("nowhere/file", Last::Exists), no_way);
        assert_eq!(look("dir/file.txt/below", Last::Exists), no_way);
    }
}
