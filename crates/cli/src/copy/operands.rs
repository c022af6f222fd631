//! What the command line names: which things are to be copied, and what their copies are called.
//!
//! As with `cp -r`: into `DST` if that is a directory, else as `DST`. What ends in `.` or `..`
//! has no name of its own; its contents are copied.

use std::collections::HashSet;
use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::attributes::is_same;
use super::faults::Reason;
use super::folder::{Name, Pair};
use super::walk::Kind;

/// Something to be copied.
#[derive(Debug)]
pub(super) struct Root {
    /// The directory that it is in, and the one that its copy will be in.
    pub(super) pair: Pair,
    /// The paths of these, for messages.
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    pub(super) name: Name,
    pub(super) kind: Kind,
}

/// Something that will not be copied, and why.
pub(super) type Refused = (PathBuf, Reason);

/// A path, cut before its last name.
#[derive(Debug, PartialEq, Eq)]
struct Cut<'a> {
    /// Empty for a name in the current directory.
    parent: &'a OsStr,
    name: &'a OsStr,
    /// It ended in a slash, so it means a directory, also behind a symbolic link.
    slash: bool,
}

impl<'a> Cut<'a> {
    fn new(path: &'a Path) -> Self {
        let bytes = path.as_os_str().as_bytes();
        let end = bytes
            .iter()
            .rposition(|&byte| byte != b'/')
            .map_or(0, |last| last + 1);
        let start = bytes[..end]
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |at| at + 1);
        let part = |range: &'a [u8]| OsStr::from_bytes(range);
        if end == 0 && !bytes.is_empty() {
            return Self {
                parent: part(bytes),
                name: OsStr::new("."),
                slash: true,
            };
        }
        Self {
            parent: part(&bytes[..start]),
            name: part(&bytes[start..end]),
            slash: end < bytes.len(),
        }
    }

    /// Whether the name says where a directory is, not what it is called.
    fn is_dots(&self) -> bool {
        self.name == "." || self.name == ".."
    }

    /// Opens the parent, for what is looked up in it only.
    fn open_parent(&self) -> Result<OwnedFd, Errno> {
        let parent = if self.parent.is_empty() {
            OsStr::new(".")
        } else {
            self.parent
        };
        open(Path::new(parent))
    }

    /// The name to open it by.
    fn name(&self) -> Result<CString, Errno> {
        let mut name = self.name.as_bytes().to_vec();
        if name.is_empty() {
            return Err(Errno::NOENT);
        }
        if self.slash {
            name.push(b'/');
        }
        CString::new(name).map_err(|_| Errno::INVAL)
    }
}

fn open(directory: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    fs::openat(CWD, directory, flags, Mode::empty())
}

/// Where the copies go.
enum Target<'a> {
    /// Into this directory, under their own names.
    Into(&'a Path),
    /// There, under this name.
    As(Cut<'a>),
}

/// Looks at what the command line names.
///
/// # Errors
///
/// Nothing at all can be copied.
pub(super) fn plan(
    sources: &[PathBuf],
    target: &Path,
) -> Result<(Vec<Root>, Vec<Refused>), Refused> {
    let refused = |reason: Reason| (target.to_owned(), reason);
    let is_directory = |stat: &Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    let target = match fs::stat(target) {
        Ok(stat) if is_directory(&stat) => Target::Into(target),
        Err(error) if error != Errno::NOENT => return Err(refused(error.into())),
        _ if sources.len() > 1 => {
            return Err(refused(
                "is not a directory, and several things are to be copied".into(),
            ));
        }
        _ => Target::As(Cut::new(target)),
    };
    let mut names = HashSet::new();
    let mut roots = Vec::new();
    let mut faults = Vec::new();
    for source in sources {
        match root(source, &target) {
            Ok(root) if names.insert(root.name.to().to_owned()) => roots.push(root),
            Ok(root) => {
                let copy = root.to.join(OsStr::from_bytes(root.name.to().to_bytes()));
                let rule = "would be the copy of two of the sources; the first is copied";
                faults.push((copy, rule.into()));
            }
            Err(refused) => faults.push(refused),
        }
    }
    Ok((roots, faults))
}

fn root(source: &Path, target: &Target<'_>) -> Result<Root, Refused> {
    let cut = Cut::new(source);
    let at_source = |error: Errno| (source.to_owned(), error.into());
    let from = cut.open_parent().map_err(at_source)?;
    let name = cut.name().map_err(at_source)?;
    let stat = fs::statat(&from, &name, AtFlags::SYMLINK_NOFOLLOW).map_err(at_source)?;
    let kind = Kind::of(FileType::from_raw_mode(stat.st_mode));

    let (to, to_path, to_name) = match target {
        Target::Into(directory) => {
            let own = if cut.is_dots() {
                OsStr::new(".")
            } else {
                cut.name
            };
            (open(directory), directory.to_path_buf(), own)
        }
        Target::As(cut) => (cut.open_parent(), PathBuf::from(cut.parent), cut.name),
    };
    let copy = to_path.join(to_name);
    let at_copy = |error: Errno| (copy.clone(), error.into());
    let to = to.map_err(at_copy)?;
    if let Target::As(Cut { slash: true, .. }) = target
        && kind != Kind::Folder
    {
        return Err(at_copy(Errno::NOTDIR));
    }
    let to_name = CString::new(to_name.as_bytes()).map_err(|_| at_copy(Errno::INVAL))?;
    if to_name.is_empty() {
        return Err(at_copy(Errno::NOENT));
    }
    if kind == Kind::Folder && is_within(&to, &stat).map_err(at_copy)? {
        let rule = "is a directory that cannot be copied into itself";
        return Err((source.to_owned(), rule.into()));
    }
    // A link to the source counts as the source, too, which would be gone otherwise.
    let present = fs::statat(&to, &to_name, AtFlags::empty());
    if present.is_ok_and(|present| is_same(&present, &stat)) {
        let rule = format!("and {} are the same", copy.display());
        return Err((source.to_owned(), rule.into()));
    }
    Ok(Root {
        pair: Pair { from, to },
        from: PathBuf::from(cut.parent),
        to: to_path,
        name: Name::pair(name, to_name),
        kind,
    })
}

/// Whether `directory` is the one that `around` describes, or somewhere within it.
fn is_within(directory: &impl AsFd, around: &Stat) -> Result<bool, Errno> {
    let up = |from: &dyn AsFd, name| {
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        fs::openat(from.as_fd(), name, flags, Mode::empty())
    };
    let mut here = up(directory, c".")?;
    let mut stat = fs::fstat(&here)?;
    loop {
        if is_same(&stat, around) {
            return Ok(true);
        }
        let above = up(&here, c"..")?;
        let above_stat = fs::fstat(&above)?;
        // Only the top is above itself.
        if is_same(&above_stat, &stat) {
            return Ok(false);
        }
        (here, stat) = (above, above_stat);
    }
}

impl Root {
    /// For the folder that stands for where it is.
    pub(super) fn into_parts(self) -> (Arc<Pair>, PathBuf, PathBuf, Name, Kind) {
        (
            Arc::new(self.pair),
            self.from,
            self.to,
            self.name,
            self.kind,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(path: &str) -> (&str, &str, bool) {
        let Cut {
            parent,
            name,
            slash,
        } = Cut::new(Path::new(path));
        (parent.to_str().unwrap(), name.to_str().unwrap(), slash)
    }

    #[test]
    fn paths_are_cut_before_the_last_name() {
        assert_eq!(cut("a"), ("", "a", false));
        assert_eq!(cut("a/b"), ("a/", "b", false));
        assert_eq!(cut("/a"), ("/", "a", false));
        assert_eq!(cut("a/b//"), ("a/", "b", true));
        assert_eq!(cut("a/."), ("a/", ".", false));
        assert_eq!(cut(".."), ("", "..", false));
        assert_eq!(cut("//"), ("//", ".", true));
        assert_eq!(cut(""), ("", "", false));
    }

    #[test]
    fn a_directory_lies_within_itself_and_what_is_around_it() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let inner = open(&inner).unwrap();
        let stat = |path: &Path| fs::stat(path).unwrap();
        assert!(is_within(&inner, &stat(outer.path())).unwrap());
        assert!(is_within(&inner, &fs::fstat(&inner).unwrap()).unwrap());
        let other = tempfile::tempdir().unwrap();
        assert!(!is_within(&inner, &stat(other.path())).unwrap());
    }
}
