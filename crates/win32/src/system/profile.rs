//! Settings in INI files.
//!
//! A name without a folder means the current folder, where Windows means its own.

use std::ffi::CString;

use crate::abi::{Bool, Dword, FALSE};
use crate::code::{Code, code_bool};
use crate::path;
use crate::status::{Status, set_last_error};
use crate::text::{Room, Text, Unit, bytes_of, exports, units_of};

/// A line of a file, by its meaning.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Section(&'a str),
    Pair(&'a str, &'a str),
    Other,
}

fn line(text: &str) -> Line<'_> {
    let text = text.trim();
    if text.starts_with([';', '#']) {
        return Line::Other;
    }
    if let Some(inner) = text.strip_prefix('[') {
        let name = inner.split(']').next().unwrap_or("");
        return Line::Section(name.trim());
    }
    match text.split_once('=') {
        Some((key, value)) => Line::Pair(key.trim(), value.trim()),
        None => Line::Other,
    }
}

fn same(first: &str, second: &str) -> bool {
    first.to_lowercase() == second.to_lowercase()
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    value
}

/// The text of a file, whatever of the usual encodings it is in.
fn read(path: &CString) -> Result<String, Code> {
    let bytes = std::fs::read(path::as_path(path)).map_err(|error| {
        let status = Status::of_file(Status::errno(&error));
        Code(status.win32())
    })?;
    let (encoding, length) =
        encoding_rs::Encoding::for_bom(&bytes).unwrap_or((encoding_rs::UTF_8, 0));
    let (text, _) = encoding.decode_without_bom_handling(&bytes[length..]);
    Ok(text.into_owned())
}

/// The pairs of a section.
fn pairs<'a>(text: &'a str, section: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut lines = text.lines().map(line);
    let wanted = section.trim().to_owned();
    let found = lines.any(|line| matches!(line, Line::Section(name) if same(name, &wanted)));
    let own = lines.take_while(|line| !matches!(line, Line::Section(_)));
    own.filter(move |_| found).filter_map(|line| match line {
        Line::Pair(key, value) => Some((key, value)),
        _ => None,
    })
}

fn value<'a>(text: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let found = pairs(text, section).find(|(known, _)| same(known, key.trim()))?;
    Some(unquoted(found.1))
}

/// The number that a value begins with: decimal, or hexadecimal, octal, binary after `0x`, `0o`,
/// `0b`.
fn number(value: &str) -> u32 {
    let value = value.trim_start();
    let (negative, value) = match value.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    let found = prefixes
        .iter()
        .find_map(|(prefix, radix)| Some((value.strip_prefix(prefix)?, *radix)));
    let (digits, radix) = found.unwrap_or((value, 10));
    let digits = digits.chars().map_while(|c| c.to_digit(radix));
    let sum = digits.fold(0_u32, |sum, digit| {
        sum.wrapping_mul(radix).wrapping_add(digit)
    });
    if negative { sum.wrapping_neg() } else { sum }
}

/// The file's text with one value changed, or without the key or the section.
fn changed(text: &str, section: &str, key: Option<&str>, value: Option<&str>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let is_section = |text: &String| matches!(line(text), Line::Section(_));
    let is_wanted = |text: &String| matches!(line(text), Line::Section(n) if same(n, section));
    let start = lines.iter().position(is_wanted);
    let end = start.map(|start| {
        let next = lines[start + 1..].iter().position(is_section);
        next.map_or(lines.len(), |next| start + 1 + next)
    });
    match (start.zip(end), key, value) {
        (Some((start, end)), None, _) => {
            lines.drain(start..end);
        }
        (Some((start, end)), Some(key), value) => {
            let is_key = |text: &String| matches!(line(text), Line::Pair(k, _) if same(k, key));
            let at = lines[start..end]
                .iter()
                .position(is_key)
                .map(|at| start + at);
            match (at, value) {
                (Some(at), Some(value)) => lines[at] = format!("{key}={value}"),
                (Some(at), None) => {
                    lines.remove(at);
                }
                (None, Some(value)) => {
                    let blank = |text: &&String| text.trim().is_empty();
                    let blanks = lines[start..end].iter().rev().take_while(blank).count();
                    lines.insert(end - blanks, format!("{key}={value}"));
                }
                (None, None) => {}
            }
        }
        (None, Some(key), Some(value)) => {
            lines.extend([format!("[{section}]"), format!("{key}={value}")]);
        }
        (None, ..) => {}
    }
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

/// Texts with a zero behind each, for a list that ends with another.
fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(|text| format!("{text}\0")).collect()
}

/// Gives what was found to the program; how many units, without the zero.
///
/// # Safety
///
/// The buffer has place for `length` units.
unsafe fn give<U: Unit>(found: &str, is_list: bool, buffer: Room<U>, length: Dword) -> Dword {
    let mut units = units_of::<U>(found);
    // A list that is cut off ends with two zeros as well.
    let zeros = if is_list { 2 } else { 1 };
    let room = (length as usize).saturating_sub(zeros);
    if buffer.is_null() || (length as usize) < zeros {
        return 0;
    }
    if is_list {
        // The last text's own zero is one of the two.
        units.pop();
    }
    units.truncate(room);
    let count = units.len();
    units.extend(std::iter::repeat_n(U::default(), zeros));
    // SAFETY: not more than the room and its zeros.
    unsafe { buffer.write_at(0, &units) };
    count as Dword + Dword::from(is_list && count > 0 && count < room)
}

fn string<U: Unit>(text: Text<U>) -> Option<String> {
    text.get()
        .map(|text| String::from_utf8_lossy(&bytes_of(text)).into_owned())
}

exports! {
    GetPrivateProfileStringA, GetPrivateProfileStringW, GetPrivateProfileStringW_16:
    fn get_private_profile_string<U>(
        section: Text<U>, key: Text<U>, default: Text<U>, buffer: Room<U>, length: Dword,
        file: Text<U>,
    ) -> Dword = 0; {
        let text = path::parse_file(file).map_err(Code::from).and_then(|file| read(&file));
        set_last_error(text.as_ref().err().map_or(0, |code| code.0));
        let text = text.unwrap_or_default();
        let found = match (string(section), string(key)) {
            (None, _) => {
                let names = text.lines().filter_map(|text| match line(text) {
                    Line::Section(name) => Some(name),
                    _ => None,
                });
                // SAFETY: the buffer is as long as the program says.
                return unsafe { give(&list(names), true, buffer, length) };
            }
            (Some(section), None) => {
                let keys = list(pairs(&text, &section).map(|(key, _)| key));
                // SAFETY: as above.
                return unsafe { give(&keys, true, buffer, length) };
            }
            (Some(section), Some(key)) => value(&text, &section, &key).map(str::to_owned),
        };
        // Blanks at the end of a default are cut off, as documented.
        let default = || string(default).unwrap_or_default().trim_end().to_owned();
        // SAFETY: as above.
        unsafe { give(&found.unwrap_or_else(default), false, buffer, length) }
    }

    GetPrivateProfileIntA, GetPrivateProfileIntW, GetPrivateProfileIntW_16:
    fn get_private_profile_int<U>(section: Text<U>, key: Text<U>, default: i32, file: Text<U>)
    -> u32 = 0; {
        let text = path::parse_file(file).ok().and_then(|file| read(&file).ok());
        let names = string(section).zip(string(key));
        let found = text.zip(names).and_then(|(text, (section, key))| {
            let value = value(&text, &section, &key)?;
            (!value.is_empty()).then(|| number(value))
        });
        found.unwrap_or(default.cast_unsigned())
    }

    WritePrivateProfileStringA, WritePrivateProfileStringW, WritePrivateProfileStringW_16:
    fn write_private_profile_string<U>(
        section: Text<U>, key: Text<U>, value: Text<U>, file: Text<U>,
    ) -> Bool = FALSE; {
        code_bool(|| {
            let file = path::parse_file(file)?;
            let Some(section) = string(section) else {
                // There is no cache that could be emptied.
                return Err(Code::FILE_NOT_FOUND);
            };
            let (key, value) = (string(key), string(value));
            let text = read(&file).unwrap_or_default();
            let key = key.as_deref().map(str::trim);
            let new = changed(&text, section.trim(), key, value.as_deref());
            std::fs::write(path::as_path(&file), new).map_err(|error| {
                Code(Status::of_file(Status::errno(&error)).win32())
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "; a comment\r\n[Server]\r\nPort = 9000\r\nName=\"the one\"\r\n\r\n\
                        [Other]\r\nport=0x1F\r\n";

    #[test]
    fn values_are_found_in_any_case_and_without_quotes() {
        assert_eq!(value(FILE, "server", "PORT"), Some("9000"));
        assert_eq!(value(FILE, "Server", "name"), Some("the one"));
        assert_eq!(value(FILE, "Server", "missing"), None);
        assert_eq!(value(FILE, "missing", "port"), None);
        assert_eq!(value(FILE, "other", "Port"), Some("0x1F"));
    }

    #[test]
    fn numbers_have_signs_and_prefixes() {
        assert_eq!(number("9000x"), 9000);
        assert_eq!(number("0x1f"), 31);
        assert_eq!(number("-1"), u32::MAX);
        assert_eq!(number("none"), 0);
    }

    #[test]
    fn writing_changes_one_line() {
        let new = changed(FILE, "SERVER", Some("port"), Some("1"));
        assert_eq!(value(&new, "server", "port"), Some("1"));
        assert_eq!(value(&new, "other", "port"), Some("0x1F"));
        let new = changed(&new, "Server", Some("added"), Some("x"));
        assert!(
            new.contains("Name=\"the one\"\r\nadded=x\r\n\r\n[Other]"),
            "{new}"
        );
        let new = changed(&new, "Server", Some("port"), None);
        assert_eq!(value(&new, "server", "port"), None);
        let new = changed(&new, "Server", None, None);
        assert_eq!(new, "; a comment\r\n[Other]\r\nport=0x1F\r\n");
        let new = changed(&new, "New", Some("a"), Some("b"));
        assert_eq!(value(&new, "new", "a"), Some("b"));
    }

    #[test]
    fn lists_end_with_two_zeros() {
        let mut buffer = [0x55_u8; 16];
        // SAFETY: the array is there, and as long as is said below.
        let room = unsafe { Room::new(buffer.as_mut_ptr()) };
        // SAFETY: as above.
        let count = unsafe { give(&list(["ab", "c"].into_iter()), true, room, 16) };
        assert_eq!((count, &buffer[..6]), (5, &b"ab\0c\0\0"[..]));
        // SAFETY: as above.
        let count = unsafe { give(&list(["ab", "c"].into_iter()), true, room, 4) };
        assert_eq!((count, &buffer[..4]), (2, &b"ab\0\0"[..]));
    }
}
