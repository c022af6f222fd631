//! Environment variables. Their names are found in any case if not as they are written.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::abi::{Bool, Dword, FALSE, TRUE};
use crate::code::{Code, code_bool};
use crate::memory::{local_copy, local_free};
use crate::status::set_last_error;
use crate::text::{Room, Text, Unit, bytes_of, convert, exports};

/// The variable's own name and value.
fn find(name: &[u8]) -> Option<(OsString, OsString)> {
    let wanted = OsStr::from_bytes(name);
    if name.is_empty() || name.contains(&0) || name.contains(&b'=') {
        return None;
    }
    if let Some(value) = std::env::var_os(wanted) {
        return Some((wanted.to_owned(), value));
    }
    std::env::vars_os().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name))
}

/// Puts a text into a buffer of a given length: the text's length, or if it does not fit, the
/// length that it takes.
///
/// # Safety
///
/// The buffer is that long.
unsafe fn give<U: Unit>(text: &[U], buffer: Room<U>, length: Dword) -> Dword {
    // SAFETY: as promised.
    let fits = text.len() < length as usize && unsafe { buffer.write_fitting(text, length as _) };
    text.len() as Dword + Dword::from(!fits)
}

/// A text with every `%NAME%` that is a variable replaced by its value.
fn expanded(text: &[u8]) -> Vec<u8> {
    let mut made = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.iter().position(|&byte| byte == b'%') {
        made.extend_from_slice(&rest[..start]);
        let inner = &rest[start + 1..];
        let end = inner.iter().position(|&byte| byte == b'%');
        match end.and_then(|end| Some((end, find(&inner[..end])?.1))) {
            Some((end, value)) => {
                made.extend_from_slice(value.as_bytes());
                rest = &inner[end + 1..];
            }
            None => {
                // No variable: the sign stands for itself, and the next may begin a name.
                made.push(b'%');
                rest = inner;
            }
        }
    }
    made.extend_from_slice(rest);
    made
}

/// All variables, each with a zero behind it, and one more at the end.
fn block<U: Unit>() -> Vec<U> {
    let mut units = Vec::new();
    for (name, value) in std::env::vars_os() {
        let line = [name.as_bytes(), b"=", value.as_bytes()].concat();
        units.extend(convert::<u8, U>(&line));
        units.push(U::default());
    }
    units
}

fn set(name: &[u8], value: Option<&[u8]>) -> Result<(), Code> {
    if name.is_empty() || name.contains(&b'=') {
        return Err(Code::INVALID_PARAMETER);
    }
    let known = find(name).map(|(known, _)| known);
    if value.is_none() && known.is_none() {
        return Err(Code::ENVVAR_NOT_FOUND);
    }
    let name = known.unwrap_or_else(|| OsString::from_vec(name.to_vec()));
    match value {
        // SAFETY: a program that changes its environment while others read it through the C
        // library breaks that library's rules; readers through us are kept apart.
        Some(value) => unsafe { std::env::set_var(name, OsStr::from_bytes(value)) },
        // SAFETY: as above.
        None => unsafe { std::env::remove_var(name) },
    }
    Ok(())
}

exports! {
    GetEnvironmentVariableA, GetEnvironmentVariableW, GetEnvironmentVariableW_16:
    fn get_environment_variable<U>(name: Text<U>, buffer: Room<U>, length: Dword) -> Dword = 0; {
        let Some((_, value)) = find(&bytes_of(name.or_empty())) else {
            set_last_error(Code::ENVVAR_NOT_FOUND.0);
            return 0;
        };
        // Nothing found and found empty look the same but for this.
        set_last_error(0);
        // SAFETY: the buffer is as long as the program says.
        unsafe { give(&convert::<u8, U>(value.as_bytes()), buffer, length) }
    }

    SetEnvironmentVariableA, SetEnvironmentVariableW, SetEnvironmentVariableW_16:
    fn set_environment_variable<U>(name: Text<U>, value: Text<U>) -> Bool = FALSE; {
        code_bool(|| {
            let name = bytes_of(name.get().ok_or(Code::INVALID_PARAMETER)?);
            let value = value.get().map(bytes_of);
            set(&name, value.as_deref())
        })
    }

    ExpandEnvironmentStringsA, ExpandEnvironmentStringsW, ExpandEnvironmentStringsW_16:
    fn expand_environment_strings<U>(from: Text<U>, to: Room<U>, length: Dword) -> Dword = 0; {
        let Some(from) = from.get() else {
            set_last_error(Code::INVALID_PARAMETER.0);
            return 0;
        };
        let made = convert::<u8, U>(&expanded(&bytes_of(from)));
        if made.len() < length as usize && !to.is_null() {
            // SAFETY: the buffer is as long as the program says.
            unsafe { to.write(&made) };
        }
        made.len() as Dword + 1
    }

    GetEnvironmentStrings, GetEnvironmentStringsW, GetEnvironmentStringsW_16:
    fn get_environment_strings<U>() -> *mut U = std::ptr::null_mut(); { local_copy(&block::<U>()) }

    FreeEnvironmentStringsA, FreeEnvironmentStringsW, FreeEnvironmentStringsW_16:
    fn free_environment_strings<U>(block: *mut U) -> Bool = FALSE; {
        // SAFETY: the program passes a block that it got from us, and uses it no more.
        if unsafe { local_free(block.cast()) } { TRUE } else { FALSE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_between_percent_signs_are_replaced_if_they_are_variables() {
        set(b"IOCP_TEST_EXPAND", Some(b"value")).unwrap();
        assert_eq!(expanded(b"a%iocp_test_expand%b"), b"avalueb");
        assert_eq!(expanded(b"50%% %IOCP_NONE% x"), b"50%% %IOCP_NONE% x");
        assert_eq!(
            expanded(b"%IOCP_NONE%IOCP_TEST_EXPAND%"),
            b"%IOCP_NONEvalue"
        );
        set(b"iocp_test_EXPAND", None).unwrap();
        assert_eq!(expanded(b"%IOCP_TEST_EXPAND%"), b"%IOCP_TEST_EXPAND%");
    }
}
