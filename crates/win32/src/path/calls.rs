//! The calls about names: full names, the working directory, the place for temporary files.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use super::{Last, as_path, is_separator, parse_file, shown, spelled, system_form, to_bytes};
use crate::abi::{Bool, Dword, FALSE};
use crate::code::{Code, code_bool, code_door};
use crate::status::Status;
use crate::text::{Out, Room, Text, Unit, exports};

/// Gives a name to a program: how many units it has, or how much room it would need.
pub(crate) fn give<U: Unit>(name: &[u8], room: Room<U>, capacity: Dword) -> Dword {
    let units = shown::<U>(name);
    if units.len() >= capacity as usize || room.is_null() {
        return units.len() as Dword + 1;
    }
    // SAFETY: the program passes room for `capacity` units, and that suffices.
    unsafe { room.write(&units) };
    units.len() as Dword
}

/// A name made absolute, by its text alone.
fn full(name: &[u8]) -> Result<Vec<u8>, Status> {
    if let [first, second, b'.' | b'?', fourth, ..] = name
        && [*first, *second, *fourth].into_iter().all(is_separator)
    {
        return Ok(name.to_vec());
    }
    let path = system_form(name);
    let ends_open = path.ends_with(b"/");
    let here = std::env::current_dir();
    let here = here.map_err(|error| Status::of_file(Status::errno(&error)))?;
    let mut whole = PathBuf::from("/");
    let path = here.join(Path::new(std::ffi::OsStr::from_bytes(&path)));
    for component in path.components() {
        match component {
            Component::Normal(name) => whole.push(name),
            Component::ParentDir => drop(whole.pop()),
            _ => {}
        }
    }
    let mut whole = whole.into_os_string().into_vec();
    if ends_open && whole != b"/" {
        whole.push(b'/');
    }
    Ok(whole)
}

unsafe fn full_path_name<U: Unit>(
    name: Text<U>,
    capacity: Dword,
    room: Room<U>,
    part: Out<*mut U>,
) -> Dword {
    code_door(0, || {
        let name = to_bytes(name.or_empty());
        if name.is_empty() {
            return Err(Status::OBJECT_NAME_INVALID.into());
        }
        let whole = full(&name)?;
        let length = give(&whole, room, capacity);
        let last = whole.iter().rposition(|byte| is_separator(*byte));
        let start = last.map_or(0, |at| at + 1);
        let place = if length < capacity && !room.is_null() && start < whole.len() {
            let before = shown::<U>(&whole[..start]).len();
            room.as_ptr().wrapping_add(before)
        } else {
            std::ptr::null_mut()
        };
        part.set(place);
        Ok(length)
    })
}

/// An existing name, as it is spelled on disk.
fn existing<U: Unit>(name: Text<U>, room: Room<U>, capacity: Dword) -> Dword {
    code_door(0, || {
        let path = parse_file(name)?;
        let found = spelled(&path, Last::Exists, |path| {
            let there = as_path(path).symlink_metadata();
            there.map_err(|error| Status::errno(&error))?;
            Ok(path.to_owned())
        })?;
        Ok(give(found.as_bytes(), room, capacity))
    })
}

fn set_current_directory<U: Unit>(name: Text<U>) -> Bool {
    code_bool(|| {
        let path = parse_file(name)?;
        let changed = spelled(&path, Last::Exists, |path| {
            let path = as_path(path);
            let changed = std::env::set_current_dir(path);
            match changed.map_err(|error| Status::errno(&error)) {
                // It exists; that it is no directory has a code of its own.
                Err(libc::ENOTDIR) if path.exists() => Ok(Err(Code::DIRECTORY)),
                changed => changed.map(Ok),
            }
        });
        changed?
    })
}

/// The place for temporary files, with a separator at its end.
fn temporary_place() -> Vec<u8> {
    let set = ["TMP", "TEMP", "TMPDIR"].into_iter().find_map(|name| {
        let value = std::env::var_os(name)?;
        (!value.is_empty()).then(|| system_form(value.as_bytes()))
    });
    let mut place = set.unwrap_or_else(|| b"/tmp".to_vec());
    if !place.ends_with(b"/") {
        place.push(b'/');
    }
    place
}

exports! {
    GetFullPathNameA, GetFullPathNameW, GetFullPathNameW_16:
    fn get_full_path_name<U>(
        name: Text<U>, capacity: Dword, room: Room<U>, part: Out<*mut U>,
    ) -> Dword = 0; {
        // SAFETY: the program's arguments, passed on.
        unsafe { full_path_name(name, capacity, room, part) }
    }

    GetLongPathNameA, GetLongPathNameW, GetLongPathNameW_16:
    fn get_long_path_name<U>(name: Text<U>, room: Room<U>, capacity: Dword) -> Dword = 0; {
        existing(name, room, capacity)
    }

    GetShortPathNameA, GetShortPathNameW, GetShortPathNameW_16:
    fn get_short_path_name<U>(name: Text<U>, room: Room<U>, capacity: Dword) -> Dword = 0; {
        existing(name, room, capacity)
    }

    GetCurrentDirectoryA, GetCurrentDirectoryW, GetCurrentDirectoryW_16:
    fn get_current_directory<U>(capacity: Dword, room: Room<U>) -> Dword = 0; {
        code_door(0, || {
            let here = std::env::current_dir();
            let here = here.map_err(|error| Status::of_file(Status::errno(&error)))?;
            Ok(give(here.as_os_str().as_bytes(), room, capacity))
        })
    }

    SetCurrentDirectoryA, SetCurrentDirectoryW, SetCurrentDirectoryW_16:
    fn set_directory<U>(name: Text<U>) -> Bool = FALSE; {
        set_current_directory(name)
    }

    GetTempPathA, GetTempPathW, GetTempPathW_16:
    fn get_temp_path<U>(capacity: Dword, room: Room<U>) -> Dword = 0; {
        give(&temporary_place(), room, capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_made_of_text_alone() {
        let full = |name: &str| String::from_utf8(full(name.as_bytes()).unwrap()).unwrap();
        assert_eq!(full(r"C:\a\..\b\.\c.txt"), "/b/c.txt");
        assert_eq!(full(r"C:\..\x\"), "/x/");
        assert_eq!(full("/"), "/");
        let here = std::env::current_dir().unwrap();
        assert_eq!(full(r"x\*.txt"), here.join("x/*.txt").to_str().unwrap());
    }
}
