//! The names of the computer and of the user.

use std::ffi::CStr;

use super::{Counted, give_text};
use crate::abi::{Bool, FALSE};
use crate::code::{Code, code_bool};
use crate::text::{Out, Room, convert, exports, units_of};

/// The computer's name on the network.
fn host_name() -> String {
    let mut buffer = [0_u8; 256];
    let room = buffer.as_mut_ptr().cast();
    // The last byte stays zero, so that the name has an end.
    // SAFETY: the buffer is longer than it is said to be.
    unsafe { libc::gethostname(room, buffer.len() - 1) };
    let name = CStr::from_bytes_until_nul(&buffer).unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The short name in capitals, as old networks know the computer.
fn netbios_name() -> String {
    const NAME_MAX: usize = 15;
    let name = host_name();
    let short = name.split('.').next().unwrap_or("");
    short
        .chars()
        .take(NAME_MAX)
        .collect::<String>()
        .to_uppercase()
}

/// `COMPUTER_NAME_FORMAT`. The physical names are those without a cluster, of which none is known
/// here.
fn computer_name(format: u32) -> Option<String> {
    let full = host_name();
    let (host, domain) = full.split_once('.').unwrap_or((&full, ""));
    Some(match format {
        0 | 4 => netbios_name(),
        1 | 5 => host.to_owned(),
        2 | 6 => domain.to_owned(),
        3 | 7 => full,
        _ => return None,
    })
}

/// The name of the user under whom the process runs.
fn user_name() -> Vec<u8> {
    let mut entry = std::mem::MaybeUninit::<libc::passwd>::uninit();
    let mut buffer = vec![0_u8; 4096];
    let mut found = std::ptr::null_mut();
    // SAFETY: no pointers are passed.
    let user = unsafe { libc::geteuid() };
    let (into, room) = (entry.as_mut_ptr(), buffer.as_mut_ptr().cast());
    // SAFETY: all that is to be written is there.
    unsafe { libc::getpwuid_r(user, into, room, buffer.len(), &raw mut found) };
    if found.is_null() {
        // A user without an entry has a number.
        return user.to_string().into_bytes();
    }
    // SAFETY: the call has written it.
    let name = unsafe { (*found).pw_name };
    // SAFETY: it leads into the buffer.
    unsafe { CStr::from_ptr(name) }.to_bytes().to_vec()
}

exports! {
    GetComputerNameA, GetComputerNameW, GetComputerNameW_16:
    fn get_computer_name<U>(buffer: Room<U>, length: Out<u32>) -> Bool = FALSE; {
        code_bool(|| {
            let name = units_of::<U>(&netbios_name());
            let short = Code::BUFFER_OVERFLOW;
            // SAFETY: the buffer is as long as the program says.
            unsafe { give_text(&name, buffer, length, Counted::WithoutZero, short) }
        })
    }

    GetComputerNameExA, GetComputerNameExW, GetComputerNameExW_16:
    fn get_computer_name_ex<U>(format: u32, buffer: Room<U>, length: Out<u32>) -> Bool = FALSE; {
        code_bool(|| {
            let name = computer_name(format).ok_or(Code::INVALID_PARAMETER)?;
            let name = units_of::<U>(&name);
            let short = Code::MORE_DATA;
            // SAFETY: the buffer is as long as the program says.
            unsafe { give_text(&name, buffer, length, Counted::WithoutZero, short) }
        })
    }

    GetUserNameA, GetUserNameW, GetUserNameW_16:
    fn get_user_name<U>(buffer: Room<U>, length: Out<u32>) -> Bool = FALSE; {
        code_bool(|| {
            let name = convert::<u8, U>(&user_name());
            let short = Code::INSUFFICIENT_BUFFER;
            // SAFETY: the buffer is as long as the program says.
            unsafe { give_text(&name, buffer, length, Counted::WithZero, short) }
        })
    }
}
