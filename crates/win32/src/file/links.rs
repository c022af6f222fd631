//! Hard and symbolic links, and what an open file is called.

use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs as unix;

use super::node::path_of;
use super::with_file;
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::code::{code_bool, code_door};
use crate::door;
use crate::path::{Last, as_path, give, parse_file, spelled, system_form, to_bytes};
use crate::status::{Status, set_last_error};
use crate::text::{In, Room, Text, Unit, exports};

const VOLUME_NAME_NONE: Dword = 4;

fn hard_link(link: &CStr, file: &CStr) -> Result<(), Status> {
    let found = spelled(file, Last::Exists, |path| match as_path(path).metadata() {
        Ok(facts) if facts.is_dir() => Err(libc::EACCES),
        Ok(_) => Ok(path.to_owned()),
        Err(error) => Err(Status::errno(&error)),
    })?;
    spelled(link, Last::New, |link| {
        let linked = std::fs::hard_link(as_path(&found), as_path(link));
        linked.map_err(|error| Status::errno(&error))
    })
}

/// A link to a name, which need not exist; whether to a file or a directory makes no difference
/// here.
fn symbolic_link<U: Unit>(link: Text<U>, file: Text<U>) -> Result<(), Status> {
    let target = system_form(&to_bytes(file.or_empty()));
    let target = CString::new(target).map_err(|_| Status::OBJECT_NAME_INVALID)?;
    spelled(&parse_file(link)?, Last::New, |link| {
        let linked = unix::symlink(as_path(&target), as_path(link));
        linked.map_err(|error| Status::errno(&error))
    })
}

exports! {
    CreateHardLinkA, CreateHardLinkW, CreateHardLinkW_16:
    fn create_hard_link<U>(
        link: Text<U>, file: Text<U>, _attributes: In<u8>,
    ) -> Bool = FALSE; {
        code_bool(|| Ok(hard_link(&parse_file(link)?, &parse_file(file)?)?))
    }

    CreateSymbolicLinkA, CreateSymbolicLinkW, CreateSymbolicLinkW_16:
    fn create_symbolic_link<U>(link: Text<U>, file: Text<U>, _flags: Dword) -> u8 = 0; {
        door(0, || match symbolic_link(link, file) {
            Ok(()) => 1,
            Err(status) => {
                set_last_error(status.win32());
                0
            }
        })
    }

    GetFinalPathNameByHandleA, GetFinalPathNameByHandleW, GetFinalPathNameByHandleW_16:
    fn final_name<U>(
        file: Handle, room: Room<U>, capacity: Dword, flags: Dword,
    ) -> Dword = 0; {
        code_door(0, || with_file(file, |file| {
            let path = path_of(file.fd()).ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
            let mut name = Vec::new();
            if flags & VOLUME_NAME_NONE == 0 {
                name.extend(br"\\?\");
            }
            name.extend(path.as_os_str().as_bytes());
            Ok(give(&name, room, capacity))
        }))
    }
}
