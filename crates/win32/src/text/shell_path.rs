//! The paths of `shlwapi.h`.
//!
//! Both separators are read; where one is added it is Windows', like in every path that the
//! library gives to a program.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Room, Text, Unit, bytes_of, exports, is_ascii_text, units_of};
use crate::abi::{Bool, FALSE, TRUE};
use crate::status::{Status, set_last_error};

const PATH_MAX: usize = 260;

fn is_separator<U: Unit>(unit: U) -> bool {
    unit.code() == u32::from(b'\\') || unit.code() == u32::from(b'/')
}

fn unit<U: Unit>(byte: u8) -> U {
    U::of_code(u32::from(byte))
}

/// How many units the root takes: `\`, `C:`, `C:\`.
fn root_length<U: Unit>(path: &[U]) -> usize {
    let drive = path.len() >= 2 && path[1] == unit(b':');
    let start = if drive { 2 } else { 0 };
    start + usize::from(path.get(start).is_some_and(|&u| is_separator(u)))
}

/// Where the last component begins.
fn name_start<U: Unit>(path: &[U]) -> usize {
    // A separator at the very end belongs to the name.
    let inner = &path[..path.len().saturating_sub(1)];
    inner
        .iter()
        .rposition(|&u| is_separator(u) || u == unit(b':'))
        .map_or(0, |at| at + 1)
}

/// Where the extension begins, or the end.
fn extension_start<U: Unit>(path: &[U]) -> usize {
    let stop = path
        .iter()
        .rposition(|&u| is_separator(u) || u == unit(b' '))
        .map_or(0, |at| at + 1);
    let dot = path[stop..].iter().rposition(|&u| u == unit(b'.'));
    dot.map_or(path.len(), |at| stop + at)
}

/// The path without its last component and the separator before it.
fn without_name<U: Unit>(path: &[U]) -> &[U] {
    let root = root_length(path);
    let end = path.iter().rposition(|&u| is_separator(u)).unwrap_or(0);
    &path[..end.max(root).min(path.len())]
}

/// The path without `.` and `..`.
fn canonical<U: Unit>(path: &[U]) -> Vec<U> {
    let root = root_length(path);
    let mut parts: Vec<&[U]> = Vec::new();
    for part in path[root..].split(|&u| is_separator(u)) {
        match part {
            _ if is_ascii_text(part, ".") => {}
            _ if is_ascii_text(part, "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let mut made = path[..root].to_vec();
    made.extend(parts.join(&unit::<U>(b'\\')));
    if made.is_empty() {
        return units_of("\\");
    }
    made
}

/// One path after another; an absolute one replaces it.
fn joined<U: Unit>(path: &[U], more: &[U]) -> Vec<U> {
    if root_length(more) == 0 {
        let mut made = path.to_vec();
        if made.last().is_some_and(|&u| !is_separator(u)) && !more.is_empty() {
            made.push(unit(b'\\'));
        }
        made.extend_from_slice(more);
        return canonical(&made);
    }
    canonical(more)
}

/// Puts a path into a room of `MAX_PATH` units.
///
/// # Safety
///
/// The room has that size, as the documentation asks for.
unsafe fn store<U: Unit>(path: &[U], to: Room<U>) -> Bool {
    if to.is_null() || path.len() >= PATH_MAX {
        return FALSE;
    }
    // SAFETY: as promised.
    unsafe { to.write(path) };
    TRUE
}

/// What is behind a path; the last error tells why nothing is.
fn metadata<U: Unit>(path: Text<U>) -> Option<std::fs::Metadata> {
    let mut bytes = bytes_of(path.get()?);
    bytes
        .iter_mut()
        .filter(|b| **b == b'\\')
        .for_each(|b| *b = b'/');
    // A drive letter has no meaning here: its root is the root.
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1..3] == *b":/";
    let path = Path::new(std::ffi::OsStr::from_bytes(
        &bytes[if drive { 2 } else { 0 }..],
    ));
    std::fs::metadata(path)
        .inspect_err(|error| set_last_error(Status::of_file(Status::errno(error)).win32()))
        .ok()
}

exports! {
    PathFileExistsA, PathFileExistsW, PathFileExistsW_16:
    fn path_file_exists<U>(path: Text<U>) -> Bool = FALSE; {
        Bool::from(metadata(path).is_some())
    }

    PathIsDirectoryA, PathIsDirectoryW, PathIsDirectoryW_16:
    fn path_is_directory<U>(path: Text<U>) -> Bool = FALSE; {
        // Microsoft's answer is FILE_ATTRIBUTE_DIRECTORY, not TRUE.
        if metadata(path).is_some_and(|found| found.is_dir()) { 0x10 } else { FALSE }
    }

    PathIsRelativeA, PathIsRelativeW, PathIsRelativeW_16:
    fn path_is_relative<U>(path: Text<U>) -> Bool = TRUE; {
        Bool::from(root_length(path.or_empty()) == 0)
    }

    PathFindFileNameA, PathFindFileNameW, PathFindFileNameW_16:
    fn path_find_file_name<U>(path: Text<U>) -> *const U = path.as_ptr(); {
        path.as_ptr().wrapping_add(name_start(path.or_empty()))
    }

    PathFindExtensionA, PathFindExtensionW, PathFindExtensionW_16:
    fn path_find_extension<U>(path: Text<U>) -> *const U = path.as_ptr(); {
        path.as_ptr().wrapping_add(extension_start(path.or_empty()))
    }

    PathRemoveFileSpecA, PathRemoveFileSpecW, PathRemoveFileSpecW_16:
    fn path_remove_file_spec<U>(path: Room<U>) -> Bool = FALSE; {
        // SAFETY: it holds a string, as documented.
        let whole = unsafe { path.text() }.or_empty();
        let (rest, before) = (without_name(whole).len(), whole.len());
        if rest == before {
            return FALSE;
        }
        // SAFETY: within the string.
        unsafe { path.write_at(rest, &[U::default()]) };
        TRUE
    }

    PathRemoveExtensionA, PathRemoveExtensionW, PathRemoveExtensionW_16:
    fn path_remove_extension<U>(path: Room<U>) = (); {
        // SAFETY: it holds a string, as documented.
        let at = extension_start(unsafe { path.text() }.or_empty());
        if !path.is_null() {
            // SAFETY: within the string or its zero.
            unsafe { path.write_at(at, &[U::default()]) };
        }
    }

    PathRenameExtensionA, PathRenameExtensionW, PathRenameExtensionW_16:
    fn path_rename_extension<U>(path: Room<U>, extension: Text<U>) -> Bool = FALSE; {
        // SAFETY: it holds a string, as documented.
        let whole = unsafe { path.text() }.or_empty();
        let made = [&whole[..extension_start(whole)], extension.or_empty()].concat();
        // SAFETY: the program passes a room of `MAX_PATH`, as documented.
        unsafe { store(&made, path) }
    }

    PathAddExtensionA, PathAddExtensionW, PathAddExtensionW_16:
    fn path_add_extension<U>(path: Room<U>, extension: Text<U>) -> Bool = FALSE; {
        // SAFETY: it holds a string, as documented.
        let whole = unsafe { path.text() }.or_empty();
        if extension_start(whole) != whole.len() {
            return FALSE;
        }
        let default = units_of(".exe");
        let made = [whole, extension.get().unwrap_or(&default)].concat();
        // SAFETY: the program passes a room of `MAX_PATH`, as documented.
        unsafe { store(&made, path) }
    }

    PathAppendA, PathAppendW, PathAppendW_16:
    fn path_append<U>(path: Room<U>, more: Text<U>) -> Bool = FALSE; {
        // SAFETY: it holds a string, as documented.
        let whole = unsafe { path.text() }.or_empty();
        // A separator in front of what is added does not make it absolute.
        let more = more.or_empty();
        let skipped = more.iter().take_while(|&&u| is_separator(u)).count();
        let made = joined(whole, &more[skipped..]);
        // SAFETY: the program passes a room of `MAX_PATH`, as documented.
        unsafe { store(&made, path) }
    }

    PathCombineA, PathCombineW, PathCombineW_16:
    fn path_combine<U>(to: Room<U>, path: Text<U>, more: Text<U>) -> *mut U
    = std::ptr::null_mut(); {
        if path.is_null() && more.is_null() {
            return std::ptr::null_mut();
        }
        let made = joined(path.or_empty(), more.or_empty());
        // SAFETY: the program passes a room of `MAX_PATH`, as documented.
        let stored = unsafe { store(&made, to) };
        if stored == FALSE { std::ptr::null_mut() } else { to.as_ptr() }
    }

    PathCanonicalizeA, PathCanonicalizeW, PathCanonicalizeW_16:
    fn path_canonicalize<U>(to: Room<U>, path: Text<U>) -> Bool = FALSE; {
        let made = canonical(path.or_empty());
        // SAFETY: the program passes a room of `MAX_PATH`, as documented.
        unsafe { store(&made, to) }
    }

    PathStripPathA, PathStripPathW, PathStripPathW_16:
    fn path_strip_path<U>(path: Room<U>) = (); {
        // SAFETY: it holds a string, as documented.
        let whole = unsafe { path.text() }.or_empty();
        let name = whole[name_start(whole)..].to_vec();
        if !path.is_null() {
            // SAFETY: it is not longer than what stood there.
            unsafe { path.write(&name) };
        }
    }

    PathAddBackslashA, PathAddBackslashW, PathAddBackslashW_16:
    fn path_add_backslash<U>(path: Room<U>) -> *mut U = std::ptr::null_mut(); {
        // SAFETY: it holds a string, as documented.
        let whole = unsafe { path.text() }.or_empty();
        let (length, last) = (whole.len(), whole.last().copied());
        let missing = last.is_some_and(|u| !is_separator(u));
        if path.is_null() || (missing && length + 1 >= PATH_MAX) {
            return std::ptr::null_mut();
        }
        if missing {
            // SAFETY: the program passes a room of `MAX_PATH`, as documented.
            unsafe { path.write_at(length, &[unit(b'\\'), U::default()]) };
        }
        path.as_ptr().wrapping_add(length + usize::from(missing))
    }

    PathRemoveBackslashA, PathRemoveBackslashW, PathRemoveBackslashW_16:
    fn path_remove_backslash<U>(path: Room<U>) -> *mut U = std::ptr::null_mut(); {
        // SAFETY: it holds a string, as documented.
        let whole = unsafe { path.text() }.or_empty();
        let length = whole.len();
        let ends_so = whole.last().is_some_and(|&u| is_separator(u));
        if path.is_null() || length == 0 {
            return path.as_ptr();
        }
        if ends_so && length > root_length(whole) {
            // SAFETY: within the string.
            unsafe { path.write_at(length - 1, &[U::default()]) };
        }
        path.as_ptr().wrapping_add(length - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_are_found_behind_either_separator() {
        assert_eq!(name_start(b"C:\\a/b.txt"), 5);
        assert_eq!(name_start(b"b.txt"), 0);
        assert_eq!(name_start(b"a\\b\\"), 2);
        assert_eq!(extension_start(b"a.b\\c"), 5);
        assert_eq!(extension_start(b"a.b\\c.d.e"), 7);
        assert_eq!(without_name(b"\\a\\b"), b"\\a");
        assert_eq!(without_name(b"C:\\a"), b"C:\\");
        assert_eq!(without_name(b"a"), b"");
    }

    #[test]
    fn joining_resolves_dots() {
        assert_eq!(joined(b"\\a\\b", b"..\\c"), b"\\a\\c");
        assert_eq!(joined(b"a/", b"./b"), b"a\\b");
        assert_eq!(joined(b"a", b"C:\\x"), b"C:\\x");
        assert_eq!(joined(b"C:\\", b"..\\.."), b"C:\\");
        assert_eq!(canonical(b"a\\.."), b"\\");
    }
}
