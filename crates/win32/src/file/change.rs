//! `SetFileInformationByHandle`: what can be changed about an open file, by class.

use std::ffi::CString;
use std::os::unix::fs::MetadataExt;

use super::facts::{self, FileTime};
use super::information::Basic;
use super::names::move_file;
use super::node::path_of;
use super::{File, access, with_file};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::code::{Code, code_bool};
use crate::path::{as_path, parse_name, to_c};
use crate::status::Status;
use crate::text::{Unit, exports};

/// What a program passes, of a size that it tells.
#[derive(Clone, Copy, Debug)]
struct Given {
    start: *const u8,
    length: usize,
}

impl Given {
    /// Reads a structure at a place.
    fn get<T: Copy>(self, at: usize) -> Result<T, Code> {
        if self.start.is_null() || self.length < at + size_of::<T>() {
            return Err(Code::BAD_LENGTH);
        }
        let place = self.start.wrapping_add(at).cast::<T>();
        // SAFETY: so many bytes are readable there, by contract; only numbers are read.
        Ok(unsafe { place.read_unaligned() })
    }

    /// The units of a name at a place.
    fn units<U: Unit>(self, at: usize, bytes: usize) -> Result<Vec<U>, Code> {
        let places = (0..bytes / size_of::<U>()).map(|i| at + i * size_of::<U>());
        places.map(|at| self.get::<U>(at)).collect()
    }
}

const REPLACE_EXISTING: Dword = 1;

impl File {
    fn change<U: Unit>(&self, class: Dword, given: Given) -> Result<(), Code> {
        match class {
            0 => self.change_basic(given.get(0)?),
            3 => self.rename::<U>(given),
            4 => Ok(self.dispose(given.get::<u8>(0)? != 0)?),
            5 => self.change_allocation(given.get(0)?),
            6 => {
                let end: i64 = given.get(0)?;
                let end = u64::try_from(end).map_err(|_| Status::INVALID_PARAMETER)?;
                Ok(self.set_end(end)?)
            }
            // A hint, which nothing here listens to.
            12 => given.get::<u32>(0).map(drop),
            _ => Err(Status::INVALID_PARAMETER.into()),
        }
    }

    fn change_basic(&self, basic: Basic) -> Result<(), Code> {
        self.permits(access::WRITE_ATTRIBUTES)?;
        let time = |number| Some(FileTime::of_number(number));
        let (accessed, written) = (time(basic.accessed), time(basic.written));
        facts::set_times(self.fd(), accessed, written).map_err(Status::of_file)?;
        if basic.attributes != 0 {
            let set = facts::set_attributes(self.fd(), basic.attributes);
            set.map_err(Status::of_file)?;
        }
        Ok(())
    }

    /// Space is reserved, or, if the file has more, given back.
    fn change_allocation(&self, size: i64) -> Result<(), Code> {
        self.permits(access::WRITE_DATA)?;
        let size = u64::try_from(size).map_err(|_| Status::INVALID_PARAMETER)?;
        match size < self.end()? {
            true => Ok(self.set_end(size)?),
            false => Ok(self.reserve(size, true)?),
        }
    }

    /// The file vanishes with its last handle, or does not (S-287).
    fn dispose(&self, doomed: bool) -> Result<(), Status> {
        self.permits(access::DELETE)?;
        let node = self.node.as_ref().ok_or(Status::INVALID_PARAMETER)?;
        let facts = facts::of_open(self.fd()).map_err(Status::of_file)?;
        if doomed && facts.attributes & facts::READONLY != 0 {
            return Err(Status::CANNOT_DELETE);
        }
        if doomed && facts.is_directory() {
            let path = path_of(self.fd()).ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
            if std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
                return Err(Status::DIRECTORY_NOT_EMPTY);
            }
        }
        node.doom(doomed);
        Ok(())
    }

    fn rename<U: Unit>(&self, given: Given) -> Result<(), Code> {
        self.permits(access::DELETE)?;
        let flags: u32 = given.get(0)?;
        let folder: usize = given.get(8)?;
        if folder != 0 {
            return Err(Status::INVALID_PARAMETER.into());
        }
        let length: u32 = given.get(16)?;
        let units = given.units::<U>(20, length as usize)?;
        let to = parse_name(&units)?;
        let from = path_of(self.fd()).ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
        let here = facts::of_open_plain(self.fd()).map_err(Status::of_file)?;
        let there = from
            .symlink_metadata()
            .map(|there| (there.dev(), there.ino()));
        if there.ok() != Some((here.device, here.inode)) {
            return Err(Status::OBJECT_NAME_NOT_FOUND.into());
        }
        let to = beside(&to_c(&from)?, to)?;
        move_file(
            &to_c(from)?,
            &to,
            if flags & 1 != 0 { REPLACE_EXISTING } else { 0 },
        )
    }
}

/// A name without a folder stays in the folder where the file is.
fn beside(from: &CString, to: CString) -> Result<CString, Status> {
    let (from, name) = (as_path(from), as_path(&to));
    match (name.components().count(), from.parent()) {
        (1, Some(folder)) if !name.has_root() => to_c(folder.join(name)),
        _ => Ok(to),
    }
}

exports! {
    SetFileInformationByHandle, SetFileInformationByHandle_16:
    fn set_information<U>(
        file: Handle, class: Dword, start: *const u8, length: Dword,
    ) -> Bool = FALSE; {
        let given = Given { start, length: length as usize };
        code_bool(|| with_file(file, |file| file.change::<U>(class, given)))
    }
}
