//! Names: what a program calls a file, and what the system calls it.
//!
//! | a program says | the system hears |
//! |---|---|
//! | `dir\file`, `dir/file` | `dir/file` |
//! | `C:\dir\file`, `\\?\C:\dir\file` | `/dir/file`, or under `$IOCP_DRIVE_C` if that is set |
//! | `C:file` | `file` |
//! | `\\.\pipe\name` | a pipe; names of pipes have no case |
//! | `NUL`, `CON`, `CONIN$`, `CONOUT$` | a device |
//!
//! A name that exists only in another mixture of upper and lower case is found, unless the call
//! is to make a new file. Names that go back to a program have `\` again: it may cut them there.

mod calls;
mod lookup;
mod temporary;

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(crate) use calls::give;
pub(crate) use lookup::{Last, spelled};

use crate::status::Status;
use crate::text::{Text, Unit};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A file or directory, in the system's form.
    File(CString),
    /// A named pipe, in lower case.
    Pipe(String),
    /// A mailslot, in lower case.
    Mailslot(String),
    Device(Device),
}

/// A device that has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Null,
    /// `CON`: the one or the other, as the access asks.
    Console,
    ConsoleInput,
    ConsoleOutput,
}

fn is_separator(byte: u8) -> bool {
    byte == b'/' || byte == b'\\'
}

/// Takes a name apart.
///
/// # Errors
///
/// It is empty, or no name can look like this (S-288).
pub(crate) fn parse<U: Unit>(name: Text<U>) -> Result<Name, Status> {
    parse_bytes(&to_bytes(name.or_empty()))
}

/// As [`parse`], where only a file or directory will do.
pub(crate) fn parse_file<U: Unit>(name: Text<U>) -> Result<CString, Status> {
    parse_name(name.or_empty())
}

/// As [`parse_file`], for a name without a zero at its end.
pub(crate) fn parse_name<U: Unit>(name: &[U]) -> Result<CString, Status> {
    match parse_bytes(&to_bytes(name))? {
        Name::File(path) => Ok(path),
        Name::Pipe(_) | Name::Mailslot(_) | Name::Device(_) => Err(Status::OBJECT_NAME_INVALID),
    }
}

fn parse_bytes(name: &[u8]) -> Result<Name, Status> {
    if name.is_empty() {
        return Err(Status::OBJECT_PATH_NOT_FOUND);
    }
    if let [first, second, third, fourth, rest @ ..] = name
        && [*first, *second, *fourth].into_iter().all(is_separator)
    {
        match third {
            b'.' => return parse_device_path(rest),
            b'?' => return parse_long_path(rest),
            _ => {}
        }
    }
    if let Some(rest) = name.strip_prefix(br"\\") {
        return parse_network_path(rest);
    }
    match device(name) {
        Some(device) => Ok(Name::Device(device)),
        None => file(name),
    }
}

/// What follows `\\.\`.
fn parse_device_path(rest: &[u8]) -> Result<Name, Status> {
    if let Some(found) = parse_server_object(rest) {
        return found;
    }
    match device(rest) {
        Some(device) => Ok(Name::Device(device)),
        None => Err(Status::OBJECT_NAME_NOT_FOUND),
    }
}

/// What follows `\\?\`.
fn parse_long_path(rest: &[u8]) -> Result<Name, Status> {
    if let Some(found) = parse_server_object(rest) {
        return found;
    }
    match rest {
        [b'u' | b'U', b'n' | b'N', b'c' | b'C', separator, rest @ ..]
            if is_separator(*separator) =>
        {
            parse_network_path(rest)
        }
        _ => file(rest),
    }
}

/// What follows `\\`: the name of a computer, of which only this one is known.
fn parse_network_path(rest: &[u8]) -> Result<Name, Status> {
    let mut parts = rest.splitn(2, |byte| is_separator(*byte));
    let (server, rest) = (parts.next().unwrap_or(b""), parts.next().unwrap_or(b""));
    let here = server.eq_ignore_ascii_case(b"localhost")
        || server == b"127.0.0.1"
        || server.eq_ignore_ascii_case(&computer_name());
    let found = if here {
        parse_server_object(rest)
    } else {
        None
    };
    found.unwrap_or(Err(Status::BAD_NETWORK_PATH))
}

fn computer_name() -> Vec<u8> {
    let name = std::fs::read("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim_ascii_end().to_vec()
}

/// `pipe\name` or `mailslot\name`.
fn parse_server_object(rest: &[u8]) -> Option<Result<Name, Status>> {
    let at = rest.iter().position(|byte| is_separator(*byte))?;
    let (kind, name) = (&rest[..at], &rest[at + 1..]);
    let name = String::from_utf8_lossy(name).to_lowercase();
    let make = if kind.eq_ignore_ascii_case(b"pipe") {
        Name::Pipe
    } else if kind.eq_ignore_ascii_case(b"mailslot") {
        Name::Mailslot
    } else {
        return None;
    };
    Some(match name.is_empty() {
        true => Err(Status::OBJECT_NAME_INVALID),
        false => Ok(make(name)),
    })
}

fn device(name: &[u8]) -> Option<Device> {
    let known = [
        ("nul", Device::Null),
        ("con", Device::Console),
        ("conin$", Device::ConsoleInput),
        ("conout$", Device::ConsoleOutput),
    ];
    let found = known
        .into_iter()
        .find(|(text, _)| name.eq_ignore_ascii_case(text.as_bytes()));
    found.map(|(_, device)| device)
}

/// The root of a name's drive, if it has one and is absolute, and what comes after the drive.
fn split_drive(name: &[u8]) -> (Vec<u8>, &[u8]) {
    match name {
        [letter, b':', rest @ ..] if letter.is_ascii_alphabetic() => {
            let is_absolute = rest.first().is_some_and(|byte| is_separator(*byte));
            let root = if is_absolute {
                drive(*letter)
            } else {
                Vec::new()
            };
            (root, rest)
        }
        _ => (Vec::new(), name),
    }
}

/// A name with its drive replaced and its separators the system's; its characters may be any.
pub(crate) fn system_form(name: &[u8]) -> Vec<u8> {
    let (mut path, rest) = split_drive(name);
    let separated = |byte: &u8| if *byte == b'\\' { b'/' } else { *byte };
    path.extend(rest.iter().map(separated));
    if path.is_empty() {
        path.push(b'.');
    }
    path
}

/// A name of a file.
fn file(name: &[u8]) -> Result<Name, Status> {
    let (_, rest) = split_drive(name);
    if rest.iter().any(|byte| is_forbidden(*byte)) {
        return Err(Status::OBJECT_NAME_INVALID);
    }
    let path = CString::new(system_form(name)).map_err(|_| Status::OBJECT_NAME_INVALID)?;
    Ok(Name::File(path))
}

/// No name may have these in it (S-288).
fn is_forbidden(byte: u8) -> bool {
    byte < 0x20 || b"<>:\"|?*".contains(&byte)
}

/// What stands before the first separator of an absolute path on this drive.
fn drive(letter: u8) -> Vec<u8> {
    let variable = format!("IOCP_DRIVE_{}", letter.to_ascii_uppercase() as char);
    let root = std::env::var_os(variable).unwrap_or_default();
    let root = root.as_bytes();
    root.strip_suffix(b"/").unwrap_or(root).to_vec()
}

/// The first of the codes for bytes that are no text: bytes 0x80 to 0xff become 0xdc80 to 0xdcff.
const ESCAPE: u32 = 0xdc00;

/// The bytes of a name that a program passed.
pub(crate) fn to_bytes<U: Unit>(mut units: &[U]) -> Vec<u8> {
    if !U::WIDE {
        return units.iter().map(|unit| unit.code() as u8).collect();
    }
    let mut bytes = Vec::with_capacity(units.len());
    while let Some((character, length)) = U::decode(units) {
        let code = units[0].code();
        match character {
            Ok(character) => u8::encode(character, &mut bytes),
            Err(_) if (0xdc80..=0xdcff).contains(&code) => bytes.push((code - ESCAPE) as u8),
            Err(_) => u8::encode(crate::text::REPLACEMENT, &mut bytes),
        }
        units = &units[length..];
    }
    bytes
}

/// The units of a name for a program. Bytes that are no text come back by [`to_bytes`].
pub(crate) fn to_units<U: Unit>(mut bytes: &[u8]) -> Vec<U> {
    if !U::WIDE {
        return bytes
            .iter()
            .map(|byte| U::of_code(u32::from(*byte)))
            .collect();
    }
    let mut units = Vec::with_capacity(bytes.len());
    while let Some((character, length)) = u8::decode(bytes) {
        match character {
            Ok(character) => U::encode(character, &mut units),
            Err(bad) => {
                let escaped = bytes[..bad].iter().map(|byte| u32::from(*byte) + ESCAPE);
                units.extend(escaped.map(U::of_code));
            }
        }
        bytes = &bytes[length..];
    }
    units
}

/// The units of a path for a program, with the separators that it knows.
pub(crate) fn shown<U: Unit>(path: &[u8]) -> Vec<U> {
    let separated = |byte: &u8| if *byte == b'/' { b'\\' } else { *byte };
    to_units(&path.iter().map(separated).collect::<Vec<u8>>())
}

/// The same path for the standard library.
pub(crate) fn as_path(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}

/// A path as the system's calls take it.
///
/// # Errors
///
/// It has a zero in it.
pub(crate) fn to_c(path: impl AsRef<Path>) -> Result<CString, Status> {
    CString::new(path.as_ref().as_os_str().as_bytes()).map_err(|_| Status::OBJECT_NAME_INVALID)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(name: &str) -> String {
        match parse_bytes(name.as_bytes()) {
            Ok(Name::File(path)) => path.into_string().unwrap(),
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn separators_and_drives_become_the_systems() {
        for (name, path) in [
            (r"dir\file.txt", "dir/file.txt"),
            ("dir/file.txt", "dir/file.txt"),
            (r"C:\dir\file", "/dir/file"),
            ("c:/dir/file", "/dir/file"),
            (r"\\?\C:\dir\file", "/dir/file"),
            (r"C:file", "file"),
            ("C:", "."),
            (r"\dir\file", "/dir/file"),
            (r"..\x", "../x"),
            ("//tmp/x", "//tmp/x"),
            ("/tmp/x", "/tmp/x"),
        ] {
            assert_eq!(file_of(name), path, "{name}");
        }
    }

    #[test]
    fn pipes_and_devices_are_told_from_files() {
        let parsed = |name: &str| parse_bytes(name.as_bytes());
        let pipe = |name: &str| Ok(Name::Pipe(name.to_owned()));
        assert_eq!(parsed(r"\\.\pipe\Some\Name"), pipe(r"some\name"));
        assert_eq!(parsed("//./PIPE/x"), pipe("x"));
        assert_eq!(parsed(r"\\localhost\pipe\x"), pipe("x"));
        let mailslot = Ok(Name::Mailslot("m".to_owned()));
        assert_eq!(parsed(r"\\.\mailslot\M"), mailslot);
        assert_eq!(parsed("Nul"), Ok(Name::Device(Device::Null)));
        assert_eq!(parsed("CONIN$"), Ok(Name::Device(Device::ConsoleInput)));
        let output = Ok(Name::Device(Device::ConsoleOutput));
        assert_eq!(parsed(r"\\.\CONOUT$"), output);
        assert_eq!(file_of("con.txt"), "con.txt");
    }

    #[test]
    fn s_288_no_name_looks_like_this() {
        for name in ["a<b", "a>b", "ab:c", "a\"b", "a|b", "a?b", "a*b", "a\tb"] {
            let status = parse_bytes(name.as_bytes());
            assert_eq!(status, Err(Status::OBJECT_NAME_INVALID), "{name}");
        }
        let status = parse_bytes(br"\\server\share\x");
        assert_eq!(status, Err(Status::BAD_NETWORK_PATH));
        assert_eq!(parse_bytes(b""), Err(Status::OBJECT_PATH_NOT_FOUND));
        assert_eq!(Status::OBJECT_NAME_INVALID.win32(), 123);
    }

    #[test]
    fn bytes_that_are_no_text_survive_wide_names() {
        let name = b"caf\xc3\xa9-\xff\xfe";
        assert_eq!(to_bytes::<u16>(&to_units(name)), name);
        assert_eq!(to_bytes::<u32>(&to_units(name)), name);
        assert_eq!(to_bytes::<u8>(&to_units(name)), name);
    }
}
