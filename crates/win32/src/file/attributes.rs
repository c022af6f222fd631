//! Attributes by name.

use std::ffi::CStr;
use std::os::fd::AsRawFd;

use super::facts::{self, Facts, FileTime};
use crate::abi::{Bool, Dword, FALSE};
use crate::code::{code_bool, code_door};
use crate::path::{Device, Last, Name, as_path, parse, parse_file, spelled};
use crate::status::Status;
use crate::text::{Out, Text, Unit, exports};

/// `INVALID_FILE_ATTRIBUTES`.
const INVALID: Dword = 0xffff_ffff;

/// The facts about what a program names.
pub(super) fn facts_of<U: Unit>(name: Text<U>) -> Result<Facts, Status> {
    match parse(name)? {
        Name::File(path) => spelled(&path, Last::Exists, facts::of_name),
        Name::Device(Device::Null) => facts::of_name(c"/dev/null").map_err(Status::of_file),
        _ => Err(Status::OBJECT_NAME_NOT_FOUND),
    }
}

/// `WIN32_FILE_ATTRIBUTE_DATA`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct AttributeData {
    attributes: Dword,
    created: FileTime,
    accessed: FileTime,
    written: FileTime,
    size_high: Dword,
    size_low: Dword,
}

const _: () = assert!(size_of::<AttributeData>() == 36);

fn set_attributes(path: &CStr, attributes: Dword) -> Result<(), i32> {
    // Reading needs fewer permissions than the file may give, but changing permissions and
    // extended attributes needs no more than its owner has.
    let file = std::fs::File::open(as_path(path));
    let file = file.map_err(|error| Status::errno(&error))?;
    facts::set_attributes(file.as_raw_fd(), attributes)
}

exports! {
    GetFileAttributesA, GetFileAttributesW, GetFileAttributesW_16:
    fn get_file_attributes<U>(name: Text<U>) -> Dword = INVALID; {
        code_door(INVALID, || Ok(facts_of(name)?.attributes))
    }

    GetFileAttributesExA, GetFileAttributesExW, GetFileAttributesExW_16:
    fn get_file_attributes_ex<U>(
        name: Text<U>, level: Dword, data: Out<AttributeData>,
    ) -> Bool = FALSE; {
        code_bool(|| {
            if level != 0 || data.is_null() {
                return Err(Status::INVALID_PARAMETER.into());
            }
            let facts = facts_of(name)?;
            data.set(AttributeData {
                attributes: facts.attributes,
                created: facts.created,
                accessed: facts.accessed,
                written: facts.written,
                size_high: (facts.size >> 32) as Dword,
                size_low: facts.size as Dword,
            });
            Ok(())
        })
    }

    SetFileAttributesA, SetFileAttributesW, SetFileAttributesW_16:
    fn set_file_attributes<U>(name: Text<U>, attributes: Dword) -> Bool = FALSE; {
        code_bool(|| {
            let path = parse_file(name)?;
            let set = |path: &CStr| set_attributes(path, attributes);
            Ok(spelled(&path, Last::Exists, set)?)
        })
    }
}
