//! The names in a directory: in order, and packed as `GetFileInformationByHandleEx` gives them.

use std::ffi::{CString, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::facts::{self, Facts};
use super::information::{Area, bytes_of_units};
use super::{File, Nature, access};
use crate::code::Code;
use crate::path::{to_c, to_units};
use crate::status::Status;
use crate::text::Unit;

/// Everything in a directory, `.` and `..` first, then in alphabetical order without regard to
/// case, as NTFS has it.
pub(super) fn names_in(folder: &Path) -> Result<Vec<OsString>, i32> {
    let entries = fs::read_dir(folder).map_err(|error| Status::errno(&error))?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .map(|name| (name.to_string_lossy().to_uppercase(), name))
        .collect();
    names.sort();
    let dots = [".", ".."].map(OsString::from);
    let names = names.into_iter().map(|(_, name)| name);
    Ok(dots.into_iter().chain(names).collect())
}

/// The facts about an entry; `None` if it has gone meanwhile.
pub(super) fn facts_of_entry(folder: &Path, name: &OsString) -> Option<Facts> {
    let path: CString = to_c(folder.join(name)).ok()?;
    facts::of_name(&path).ok()
}

/// How far a listing by handle has got.
#[derive(Default)]
pub(super) struct Progress {
    names: Option<Vec<OsString>>,
    next: usize,
}

/// Which structure an entry has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `FILE_FULL_DIR_INFO`.
    Full,
    /// `FILE_ID_BOTH_DIR_INFO`.
    IdBoth,
}

impl Form {
    /// Where the file's number and its name stand.
    fn places<U: Unit>(self) -> (Option<usize>, usize) {
        match (self, size_of::<U>()) {
            (Self::Full, _) => (None, 68),
            // Between them lies the short name, of twelve units.
            (Self::IdBoth, 2) => (Some(96), 104),
            (Self::IdBoth, _) => (Some(120), 128),
        }
    }

    fn pack<U: Unit>(self, name: &OsString, facts: &Facts) -> Vec<u8> {
        let (number_at, name_at) = self.places::<U>();
        let text = bytes_of_units(&to_units::<U>(name.as_bytes()));
        let mut entry = vec![0; name_at + text.len()];
        let mut put = |at: usize, bytes: &[u8]| entry[at..at + bytes.len()].copy_from_slice(bytes);
        let times = [facts.created, facts.accessed, facts.written, facts.changed];
        for (i, time) in times.into_iter().enumerate() {
            put(8 + 8 * i, &time.number().to_ne_bytes());
        }
        put(40, &facts.size.to_ne_bytes());
        put(48, &facts.allocated.to_ne_bytes());
        put(56, &facts.attributes.to_ne_bytes());
        put(60, &(text.len() as u32).to_ne_bytes());
        if let Some(at) = number_at {
            put(at, &facts.inode.to_ne_bytes());
        }
        put(name_at, &text);
        entry
    }
}

/// Fills the room with as many entries as fit.
pub(super) fn fill<U: Unit>(
    file: &File,
    area: Area,
    form: Form,
    restart: bool,
) -> Result<(), Code> {
    if file.nature() != Nature::Directory {
        return Err(Status::INVALID_PARAMETER.into());
    }
    file.permits(access::READ_DATA)?;
    let folder = PathBuf::from(format!("/proc/self/fd/{}", file.fd()));
    let mut progress = file.listing.lock();
    if restart || progress.names.is_none() {
        let names = names_in(&folder).map_err(Status::of_file)?;
        *progress = Progress {
            names: Some(names),
            next: 0,
        };
    }
    let Progress { names, next } = &mut *progress;
    let names = names.as_deref().unwrap_or(&[]);
    let (mut at, mut previous) = (0, None);
    while let Some(name) = names.get(*next) {
        let Some(facts) = facts_of_entry(&folder, name) else {
            *next += 1;
            continue;
        };
        let entry = form.pack::<U>(name, &facts);
        if at + entry.len() > area.length() {
            break;
        }
        area.put_bytes(at, &entry);
        if let Some(previous) = previous {
            let distance = (at - previous) as u32;
            area.put_bytes(previous, &distance.to_ne_bytes());
        }
        previous = Some(at);
        at = (at + entry.len()).next_multiple_of(8);
        *next += 1;
    }
    match previous {
        Some(_) => Ok(()),
        None if *next < names.len() => Err(Status::BUFFER_OVERFLOW.into()),
        None => Err(Status::NO_MORE_FILES.into()),
    }
}
