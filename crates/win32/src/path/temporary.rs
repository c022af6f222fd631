//! Names for temporary files.

use std::fs::OpenOptions;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{as_path, parse_file, shown, to_bytes};
use crate::abi::Dword;
use crate::code::{Code, code_door};
use crate::status::Status;
use crate::text::{Room, Text, Unit, exports};

/// `MAX_PATH`: the room that the caller has for the name.
const MAX_PATH: usize = 260;

/// Numbers are drawn from here, so that two calls do not try the same one first.
static NEXT: AtomicU32 = AtomicU32::new(0);

fn next_number() -> u32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let start = now.map_or(1, |now| now.subsec_nanos() >> 8);
    let drawn = NEXT.fetch_add(1, Ordering::Relaxed);
    (start.wrapping_add(drawn.wrapping_mul(7)) & 0xffff).max(1)
}

/// The name, and its number; with number 0 one is found that no file has yet, and the file made.
fn temporary_name(folder: &Path, prefix: &str, number: u32) -> Result<(Vec<u8>, u32), Code> {
    let name_of = |number: u32| folder.join(format!("{prefix}{number:X}.tmp"));
    if number != 0 {
        let number = number & 0xffff;
        return Ok((name_of(number).as_os_str().as_bytes().to_vec(), number));
    }
    if !folder.is_dir() {
        return Err(Code::DIRECTORY);
    }
    for _ in 0..=0xffff {
        let number = next_number();
        let name = name_of(number);
        let made = OpenOptions::new().write(true).create_new(true).open(&name);
        match made.map_err(|error| Status::errno(&error)) {
            Ok(_) => return Ok((name.as_os_str().as_bytes().to_vec(), number)),
            Err(libc::EEXIST) => {}
            Err(errno) => return Err(Status::of_file(errno).into()),
        }
    }
    Err(Code::FILE_EXISTS)
}

fn get_temporary<U: Unit>(folder: Text<U>, prefix: Text<U>, number: u32, room: Room<U>) -> u32 {
    code_door(0, || {
        let folder = parse_file(folder)?;
        let prefix = to_bytes(prefix.or_empty());
        let prefix: String = String::from_utf8_lossy(&prefix).chars().take(3).collect();
        let (name, number) = temporary_name(as_path(&folder), &prefix, number)?;
        let units = shown::<U>(&name);
        if units.len() >= MAX_PATH || room.is_null() {
            return Err(Code::BUFFER_OVERFLOW);
        }
        // SAFETY: the program passes room for MAX_PATH units, by contract.
        unsafe { room.write(&units) };
        Ok(number)
    })
}

exports! {
    GetTempFileNameA, GetTempFileNameW, GetTempFileNameW_16:
    fn get_temp_file_name<U>(
        folder: Text<U>, prefix: Text<U>, number: Dword, room: Room<U>,
    ) -> Dword = 0; {
        get_temporary(folder, prefix, number, room)
    }
}
