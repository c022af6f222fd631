//! `FormatMessage`: what a code means, or a text of the program's, with its inserts filled in.

mod table;

use std::ffi::c_void;

use crate::abi::Dword;
use crate::code::Code;
use crate::memory::local_alloc;
use crate::module;
use crate::status::{Status, set_last_error};
use crate::text::arguments::Arguments;
use crate::text::format::{self, Spec};
use crate::text::{Room, Text, Unit, Wide, convert, exports};

const ALLOCATE_BUFFER: u32 = 0x100;
const IGNORE_INSERTS: u32 = 0x200;
const FROM_STRING: u32 = 0x400;
const FROM_HMODULE: u32 = 0x800;
const FROM_SYSTEM: u32 = 0x1000;
const ARGUMENT_ARRAY: u32 = 0x2000;
const WIDTH_MASK: u32 = 0xff;

/// The sentence for a code of the system, or for one that an HRESULT holds.
fn system_sentence(code: u32) -> Option<&'static str> {
    /// An HRESULT's upper half when a Win32 code is in the lower one.
    const FACILITY_WIN32: u32 = 0x8007;
    if code >> 16 == FACILITY_WIN32 {
        return table::sentence(code & 0xffff);
    }
    table::sentence(code)
}

/// The definition of a message, as it is before anything is filled in.
///
/// # Safety
///
/// With `FROM_STRING` the source is a string, as documented.
unsafe fn definition<U: Unit>(flags: u32, source: *const c_void, id: u32) -> Result<Vec<U>, Code> {
    let from = flags & (FROM_STRING | FROM_HMODULE | FROM_SYSTEM);
    if from == FROM_STRING {
        // SAFETY: as promised.
        let text = unsafe { Text::<U>::new(source.cast()) };
        return text.get().map(<[U]>::to_vec).ok_or(Code::INVALID_PARAMETER);
    }
    if from == 0 || from & FROM_STRING != 0 {
        return Err(Code::INVALID_PARAMETER);
    }
    let mut found = None;
    if from & FROM_HMODULE != 0 && module::is_ntdll(source.addr()) {
        found = table::sentence(Status(id).win32()).filter(|_| Status(id).is_known());
    }
    if found.is_none() && from & FROM_SYSTEM != 0 {
        found = system_sentence(id);
    }
    let sentence = found.ok_or(Code::MR_MID_NOT_FOUND)?;
    Ok(convert(format!("{sentence}\r\n").as_bytes()))
}

/// The arguments of a call, which inserts name by number.
struct Inserts {
    arguments: Arguments,
    taken: Vec<u64>,
}

impl Inserts {
    /// Appends the insert with a number from 1 on.
    ///
    /// # Safety
    ///
    /// The arguments are those that the message asks for.
    unsafe fn append<U: Unit, W: Wide>(
        &mut self,
        number: usize,
        spec: Spec,
        into: &mut Vec<U>,
    ) -> Result<(), Code> {
        while self.taken.len() < number + spec.extra_arguments() {
            // SAFETY: as promised.
            let next = unsafe { self.arguments.next() };
            self.taken.push(next.ok_or(Code::INVALID_PARAMETER)?);
        }
        let mut from_here = Arguments::Array(self.taken[number - 1..].as_ptr());
        // SAFETY: as promised; so many have been taken.
        unsafe { spec.append::<U, W>(&mut from_here, into) };
        Ok(())
    }
}

/// A message that grows, in lines of a limited width.
struct Message<U> {
    units: Vec<U>,
    line_start: usize,
    width: usize,
}

impl<U: Unit> Message<U> {
    fn hard_break(&mut self) {
        self.units.extend(convert::<u8, U>(b"\r\n"));
        self.line_start = self.units.len();
    }

    /// Breaks the line at its last blank if it has become too long.
    fn wrap(&mut self) {
        let blank = U::of_code(u32::from(b' '));
        while self.units.len() - self.line_start > self.width {
            let line = &self.units[self.line_start..];
            let head = &line[..(self.width + 1).min(line.len())];
            // A word that is too long for any line stands alone.
            let last = head.iter().rposition(|&unit| unit == blank);
            let Some(at) = last.or_else(|| line.iter().position(|&unit| unit == blank)) else {
                return;
            };
            let (rest, at) = (line[at + 1..].to_vec(), self.line_start + at);
            self.units.truncate(at);
            self.hard_break();
            self.units.extend(rest);
        }
    }

    fn push(&mut self, unit: U) {
        self.units.push(unit);
        if self.width > 0 && unit != U::of_code(u32::from(b' ')) {
            self.wrap();
        }
    }
}

/// Reads an insert behind its `%`: its number, its form, its length.
fn insert<U: Unit>(text: &[U]) -> Result<(usize, Spec, usize), Code> {
    let digit = |at: usize| -> Option<usize> {
        let code = text.get(at)?.code();
        char::from_u32(code)?.to_digit(10).map(|d| d as usize)
    };
    let mut number = digit(0).ok_or(Code::INVALID_PARAMETER)?;
    let mut at = 1;
    if let Some(second) = digit(1) {
        number = number * 10 + second;
        at = 2;
    }
    let mark = U::of_code(u32::from(b'!'));
    if text.get(at) != Some(&mark) {
        return Ok((number, Spec::string(), at));
    }
    let (spec, length) = format::parse(&text[at + 1..]).ok_or(Code::INVALID_PARAMETER)?;
    at += 1 + length;
    if text.get(at) != Some(&mark) {
        return Err(Code::INVALID_PARAMETER);
    }
    Ok((number, spec, at + 1))
}

/// Fills a definition in.
///
/// # Safety
///
/// The arguments are those that the message asks for.
unsafe fn filled<U: Unit, W: Wide>(
    definition: &[U],
    flags: u32,
    arguments: Arguments,
) -> Result<Vec<U>, Code> {
    let width = (flags & WIDTH_MASK) as usize;
    let mut inserts = Inserts {
        arguments,
        taken: Vec::new(),
    };
    let mut message = Message {
        units: Vec::new(),
        line_start: 0,
        // The highest value asks for no other breaks than the message's own `%n`.
        width: if width == WIDTH_MASK as usize {
            usize::MAX
        } else {
            width
        },
    };
    let ascii = |unit: U| u8::try_from(unit.code()).unwrap_or(0);
    let unit = |byte: u8| U::of_code(u32::from(byte));
    let mut text = definition;
    while let Some((&first, rest)) = text.split_first() {
        text = rest;
        match ascii(first) {
            b'\r' | b'\n' => {
                if ascii(first) == b'\r' {
                    text = text.strip_prefix(&[unit(b'\n')]).unwrap_or(text);
                }
                if width == 0 {
                    message.hard_break();
                } else {
                    message.push(unit(b' '));
                }
            }
            b'%' => {
                let (&second, rest) = text.split_first().ok_or(Code::INVALID_PARAMETER)?;
                match ascii(second) {
                    b'0' => break,
                    b'1'..=b'9' if flags & IGNORE_INSERTS != 0 => {
                        message.push(first);
                        message.push(second);
                    }
                    b'1'..=b'9' => {
                        let (number, spec, length) = insert(text)?;
                        text = &text[length..];
                        let mut made = Vec::new();
                        // SAFETY: as promised.
                        unsafe { inserts.append::<U, W>(number, spec, &mut made) }?;
                        made.into_iter().for_each(|unit| message.push(unit));
                        continue;
                    }
                    b'n' => message.hard_break(),
                    b'r' => message.push(unit(b'\r')),
                    b't' => message.push(unit(b'\t')),
                    b'b' => message.push(unit(b' ')),
                    _ => message.push(second),
                }
                text = rest;
            }
            _ => message.push(first),
        }
    }
    Ok(message.units)
}

/// Gives the message to the program's buffer, or in one of ours.
///
/// # Safety
///
/// The buffer is what the flags say.
unsafe fn give<U: Unit>(
    message: &[U],
    flags: u32,
    buffer: Room<U>,
    size: u32,
) -> Result<u32, Code> {
    let length = u32::try_from(message.len()).map_err(|_| Code::INVALID_PARAMETER)?;
    if flags & ALLOCATE_BUFFER == 0 {
        if message.len() >= size as usize {
            return Err(Code::INSUFFICIENT_BUFFER);
        }
        // SAFETY: the buffer has place for `size` units.
        unsafe { buffer.write(message) };
        return Ok(length);
    }
    let units = (message.len() + 1).max(size as usize);
    let made = local_alloc(units * size_of::<U>()).cast::<U>();
    // SAFETY: the buffer is a pointer's place.
    unsafe { buffer.as_ptr().cast::<*mut U>().write_unaligned(made) };
    if made.is_null() {
        return Err(Code::NOT_ENOUGH_MEMORY);
    }
    // SAFETY: it was made so large just now.
    let room = unsafe { Room::new(made) };
    // SAFETY: as above.
    unsafe { room.write(message) };
    Ok(length)
}

/// A call's arguments, which the two functions share.
struct Call<U> {
    flags: u32,
    source: *const c_void,
    id: u32,
    buffer: Room<U>,
    size: u32,
    arguments: *mut c_void,
}

/// # Safety
///
/// As documented for `FormatMessage`.
unsafe fn format_message<U: Unit, W: Wide>(call: Call<U>) -> Result<u32, Code> {
    if call.buffer.is_null() {
        return Err(Code::INVALID_PARAMETER);
    }
    let arguments = match call.arguments {
        pointer if pointer.is_null() => Arguments::None,
        pointer if call.flags & ARGUMENT_ARRAY != 0 => Arguments::Array(pointer.cast()),
        pointer => Arguments::List(pointer),
    };
    // SAFETY: as promised.
    let definition = unsafe { definition::<U>(call.flags, call.source, call.id) }?;
    // SAFETY: as promised.
    let message = unsafe { filled::<U, W>(&definition, call.flags, arguments) }?;
    // SAFETY: as promised.
    unsafe { give(&message, call.flags, call.buffer, call.size) }
}

fn length_or_error(result: Result<u32, Code>) -> u32 {
    result.unwrap_or_else(|Code(code)| {
        set_last_error(code);
        0
    })
}

exports! {
    FormatMessageA, FormatMessageA_16:
    fn format_message_a<W: Wide>(
        flags: Dword, source: *const c_void, id: Dword, _language: Dword, buffer: Room<u8>,
        size: Dword, arguments: *mut c_void,
    ) -> Dword = 0; {
        let call = Call { flags, source, id, buffer, size, arguments };
        // SAFETY: the program keeps the documented promises.
        length_or_error(unsafe { format_message::<u8, W>(call) })
    }

    FormatMessageW, FormatMessageW_16:
    fn format_message_w<W: Wide>(
        flags: Dword, source: *const c_void, id: Dword, _language: Dword, buffer: Room<W>,
        size: Dword, arguments: *mut c_void,
    ) -> Dword = 0; {
        let call = Call { flags, source, id, buffer, size, arguments };
        // SAFETY: as above.
        length_or_error(unsafe { format_message::<W, W>(call) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, flags: u32, values: &[u64]) -> Result<String, Code> {
        let arguments = match values {
            [] => Arguments::None,
            _ => Arguments::Array(values.as_ptr()),
        };
        // SAFETY: the tests pass what their messages ask for.
        let made = unsafe { filled::<u8, u32>(text.as_bytes(), flags, arguments) };
        made.map(|units| String::from_utf8(units).unwrap())
    }

    fn address(text: &[u8]) -> u64 {
        text.as_ptr().expose_provenance() as u64
    }

    #[test]
    fn inserts_are_taken_by_number() {
        let values = [address(b"one\0"), 2, address(b"three\0")];
        assert_eq!(fill("%3 %1 %2!03d!", 0, &values).unwrap(), "three one 002");
        let star = [
            4,
            2,
            address(b"Bill\0"),
            address(b"Bob\0"),
            6,
            address(b"Bill\0"),
        ];
        assert_eq!(
            fill("%1!*.*s! %4 %5!*s!", 0, &star).unwrap(),
            "  Bi Bob   Bill"
        );
        assert_eq!(fill("%1", 0, &[]), Err(Code::INVALID_PARAMETER));
        assert_eq!(fill("%1 %12", IGNORE_INSERTS, &[]).unwrap(), "%1 %12");
        assert_eq!(fill("%1!d", 0, &[1]), Err(Code::INVALID_PARAMETER));
    }

    #[test]
    fn escapes_and_line_breaks() {
        assert_eq!(fill("a%%b%n%tc%.%!%0rest", 0, &[]).unwrap(), "a%b\r\n\tc.!");
        assert_eq!(fill("a\nb\r\nc\rd", 0, &[]).unwrap(), "a\r\nb\r\nc\r\nd");
        assert_eq!(fill("a.\r\n", 0xff, &[]).unwrap(), "a. ");
        assert_eq!(fill("a%", 0, &[]), Err(Code::INVALID_PARAMETER));
    }

    #[test]
    fn lines_are_no_longer_than_asked_for() {
        let made = fill("aaa bbb ccc dddddddddd ee", 8, &[]).unwrap();
        assert_eq!(made, "aaa bbb\r\nccc\r\ndddddddddd\r\nee");
    }
}
