//! Calls that act on names: removing, moving, making directories.

use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use super::copying::copy_over;
use super::facts::{self, Facts, errno};
use super::{access, node};
use crate::abi::{Bool, Dword, FALSE};
use crate::code::{Code, code_bool};
use crate::path::{Last, as_path, parse_file, spelled};
use crate::status::Status;
use crate::text::{In, Text, Unit, exports};

const REPLACE_EXISTING: Dword = 1;
const COPY_ALLOWED: Dword = 2;
const WRITE_THROUGH: Dword = 8;

fn done(result: io::Result<()>) -> Result<(), i32> {
    result.map_err(|error| Status::errno(&error))
}

/// Whether those who have the file open let its name be taken away.
fn check_free(facts: &Facts) -> Result<(), Status> {
    let key = (facts.device, facts.inode);
    node::probe(key, access::DELETE, access::SHARE_ALL)
}

/// The name itself, not what a link leads to.
fn facts_of_entry(path: &CStr) -> Result<Facts, i32> {
    let facts = facts::of_name(path)?;
    if facts.attributes & facts::REPARSE_POINT == 0 {
        return Ok(facts);
    }
    let own = as_path(path).symlink_metadata();
    let own = own.map_err(|error| Status::errno(&error))?;
    Ok(Facts {
        device: own.dev(),
        inode: own.ino(),
        mode: own.mode(),
        attributes: facts::REPARSE_POINT,
        ..facts
    })
}

/// The name disappears at once, though who has the file open may go on using it.
fn delete_file(path: &CStr) -> Result<(), Code> {
    // Found first and removed then, so that the right spelling is removed.
    let (found, facts) = find(path)?;
    if facts.is_directory() || facts.attributes & facts::READONLY != 0 {
        return Err(Status::ACCESS_DENIED.into());
    }
    check_free(&facts)?;
    let removed = done(fs::remove_file(as_path(&found)));
    Ok(removed.map_err(Status::of_file)?)
}

/// A name in the spelling that exists, and what it stands for.
fn find(path: &CStr) -> Result<(CString, Facts), Status> {
    spelled(path, Last::Exists, |path| {
        Ok((path.to_owned(), facts_of_entry(path)?))
    })
}

fn remove_directory(path: &CStr) -> Result<(), Code> {
    let (found, facts) = find(path)?;
    if facts.attributes & facts::REPARSE_POINT != 0 && as_path(&found).is_dir() {
        // A link to a directory counts as one, and goes alone.
        let removed = done(fs::remove_file(as_path(&found)));
        return Ok(removed.map_err(Status::of_file)?);
    }
    if !facts.is_directory() {
        return Err(Code::DIRECTORY);
    }
    check_free(&facts)?;
    let removed = done(fs::remove_dir(as_path(&found)));
    Ok(removed.map_err(Status::of_file)?)
}

fn create_directory(path: &CStr) -> Result<(), Status> {
    spelled(path, Last::New, |path| done(fs::create_dir(as_path(path))))
}

/// `renameat2`, which tells whether something is in the way.
fn rename(from: &CStr, to: &CStr, replace: bool) -> Result<(), i32> {
    let flags = if replace { 0 } else { libc::RENAME_NOREPLACE };
    let here = libc::AT_FDCWD;
    // SAFETY: two strings that end with zero are passed.
    let renamed = unsafe { libc::renameat2(here, from.as_ptr(), here, to.as_ptr(), flags) };
    if renamed == 0 {
        return Ok(());
    }
    match errno() {
        // The file system cannot refuse: look first, then.
        libc::EINVAL | libc::ENOSYS if !replace => {
            if as_path(to).symlink_metadata().is_ok() {
                return Err(libc::EEXIST);
            }
            done(fs::rename(as_path(from), as_path(to)))
        }
        code => Err(code),
    }
}

/// Gives a file another name.
pub(super) fn move_file(from: &CStr, to: &CStr, flags: Dword) -> Result<(), Code> {
    let (from, facts) = find(from)?;
    check_free(&facts)?;
    let replaces = flags & REPLACE_EXISTING != 0;
    if let Ok(there) = facts_of_entry(to)
        && (there.device, there.inode) != (facts.device, facts.inode)
        && replaces
    {
        // A directory replaces nothing and is not replaced, nor is what may not be written.
        let fixed = there.is_directory() || facts.is_directory();
        if fixed || there.attributes & facts::READONLY != 0 {
            return Err(Status::ACCESS_DENIED.into());
        }
        check_free(&there)?;
    }
    // Another spelling of the same name is no name that is in the way.
    let same = from.as_bytes().eq_ignore_ascii_case(to.to_bytes());
    let moved = spelled(to, Last::New, |to| rename(&from, to, replaces || same));
    match moved {
        Err(Status::NOT_SAME_DEVICE) if flags & COPY_ALLOWED != 0 && !facts.is_directory() => {
            copy_over(&from, to, replaces)?;
            let removed = done(fs::remove_file(as_path(&from)));
            removed.map_err(Status::of_file)?;
        }
        moved => moved?,
    }
    if flags & WRITE_THROUGH != 0 {
        // SAFETY: no pointers are passed.
        completion_port::blocking(|| unsafe { libc::sync() });
    }
    Ok(())
}

fn move_by_name<U: Unit>(from: Text<U>, to: Text<U>, flags: Dword) -> Bool {
    code_bool(|| {
        if flags & !(REPLACE_EXISTING | COPY_ALLOWED | WRITE_THROUGH) != 0 {
            return Err(Status::INVALID_PARAMETER.into());
        }
        move_file(&parse_file(from)?, &parse_file(to)?, flags)
    })
}

exports! {
    DeleteFileA, DeleteFileW, DeleteFileW_16:
    fn delete<U>(name: Text<U>) -> Bool = FALSE; {
        code_bool(|| delete_file(&parse_file(name)?))
    }

    RemoveDirectoryA, RemoveDirectoryW, RemoveDirectoryW_16:
    fn remove<U>(name: Text<U>) -> Bool = FALSE; {
        code_bool(|| remove_directory(&parse_file(name)?))
    }

    CreateDirectoryA, CreateDirectoryW, CreateDirectoryW_16:
    fn make<U>(name: Text<U>, _attributes: In<u8>) -> Bool = FALSE; {
        code_bool(|| Ok(create_directory(&parse_file(name)?)?))
    }

    MoveFileA, MoveFileW, MoveFileW_16:
    fn move_plain<U>(from: Text<U>, to: Text<U>) -> Bool = FALSE; {
        move_by_name(from, to, COPY_ALLOWED)
    }

    MoveFileExA, MoveFileExW, MoveFileExW_16:
    fn move_ex<U>(from: Text<U>, to: Text<U>, flags: Dword) -> Bool = FALSE; {
        move_by_name(from, to, flags)
    }
}
