//! Upper and lower case, and kinds of characters.
//!
//! A character keeps its length: where Unicode's counterpart takes more than one character, or is
//! not in the unit's range, it stays as it is, as on Windows. Of bytes only ASCII letters change,
//! since a byte of UTF-8 is no character.

use super::{In, Room, Text, Unit, exports};
use crate::abi::{Bool, Dword};

fn mapped<U: Unit, I: Iterator<Item = char>>(unit: U, to: impl Fn(char) -> I) -> U {
    let Some(from) = char::from_u32(unit.code()) else {
        return unit;
    };
    if !U::WIDE && !from.is_ascii() {
        return unit;
    }
    let mut into = to(from);
    match (into.next(), into.next()) {
        (Some(only), None) if U::of_code(u32::from(only)).code() == u32::from(only) => {
            U::of_code(u32::from(only))
        }
        _ => unit,
    }
}

/// The unit in upper case.
pub(crate) fn upper<U: Unit>(unit: U) -> U {
    mapped(unit, char::to_uppercase)
}

/// The unit in lower case.
pub(crate) fn lower<U: Unit>(unit: U) -> U {
    mapped(unit, char::to_lowercase)
}

fn is<U: Unit>(unit: U, kind: impl Fn(char) -> bool) -> Bool {
    let character = char::from_u32(unit.code()).filter(|c| U::WIDE || c.is_ascii());
    Bool::from(character.is_some_and(kind))
}

/// Changes a string in its place; a number in the place of a string is a single character.
fn change<U: Unit>(text: Room<U>, to: impl Fn(U) -> U) -> Room<U> {
    let value = text.as_ptr().addr();
    if value >> 16 == 0 {
        let unit = to(U::of_code(value as u32));
        let pointer = std::ptr::without_provenance_mut(unit.code() as usize);
        // SAFETY: it is not read through: the program knows that it passed a character.
        return unsafe { Room::new(pointer) };
    }
    // SAFETY: the documentation asks for a string that ends with zero.
    let length = unsafe { text.text() }.or_empty().len();
    change_units(text, length, to);
    text
}

/// Changes so many units, which the program vouches for.
fn change_units<U: Unit>(text: Room<U>, count: usize, to: impl Fn(U) -> U) {
    for i in 0..count {
        // SAFETY: within what the program passed.
        let place = unsafe { text.as_ptr().add(i) };
        // SAFETY: as above.
        let unit = unsafe { place.read_unaligned() };
        // SAFETY: as above.
        unsafe { place.write_unaligned(to(unit)) };
    }
}

exports! {
    CharUpperA, CharUpperW, CharUpperW_16:
    fn char_upper<U>(text: Room<U>) -> Room<U> = text; { change(text, upper) }

    CharLowerA, CharLowerW, CharLowerW_16:
    fn char_lower<U>(text: Room<U>) -> Room<U> = text; { change(text, lower) }

    CharUpperBuffA, CharUpperBuffW, CharUpperBuffW_16:
    fn char_upper_buff<U>(text: Room<U>, count: Dword) -> Dword = 0; {
        if text.is_null() {
            return 0;
        }
        change_units(text, count as usize, upper);
        count
    }

    CharLowerBuffA, CharLowerBuffW, CharLowerBuffW_16:
    fn char_lower_buff<U>(text: Room<U>, count: Dword) -> Dword = 0; {
        if text.is_null() {
            return 0;
        }
        change_units(text, count as usize, lower);
        count
    }

    CharNextA, CharNextW, CharNextW_16:
    fn char_next<U>(text: Text<U>) -> *const U = text.as_ptr(); {
        // As far as one character goes: the program may hold only the rest of a string.
        let head = text.up_to(4).unwrap_or(&[]);
        let length = U::decode(head).map_or(0, |(_, length)| length);
        text.as_ptr().wrapping_add(length)
    }

    CharPrevA, CharPrevW, CharPrevW_16:
    fn char_prev<U>(start: Text<U>, now: In<U>) -> *const U = start.as_ptr(); {
        let units = start.or_empty();
        let at = (now.as_ptr().addr().saturating_sub(start.addr()) / size_of::<U>())
            .min(units.len());
        let back = (1..=at.min(4)).find(|&back| {
            U::decode(&units[at - back..at]).is_some_and(|(c, length)| c.is_ok() && length == back)
        });
        start.as_ptr().wrapping_add(at - back.unwrap_or(at.min(1)))
    }

    IsCharAlphaA, IsCharAlphaW, IsCharAlphaW_16:
    fn is_char_alpha<U>(unit: U) -> Bool = 0; { is(unit, char::is_alphabetic) }

    IsCharAlphaNumericA, IsCharAlphaNumericW, IsCharAlphaNumericW_16:
    fn is_char_alpha_numeric<U>(unit: U) -> Bool = 0; { is(unit, char::is_alphanumeric) }

    IsCharUpperA, IsCharUpperW, IsCharUpperW_16:
    fn is_char_upper<U>(unit: U) -> Bool = 0; { is(unit, char::is_uppercase) }

    IsCharLowerA, IsCharLowerW, IsCharLowerW_16:
    fn is_char_lower<U>(unit: U) -> Bool = 0; { is(unit, char::is_lowercase) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_changes_only_what_keeps_its_length() {
        assert_eq!(upper(b'a'), b'A');
        assert_eq!(upper(0xe9_u8), 0xe9);
        assert_eq!(upper(0xe9_u16), 0xc9);
        assert_eq!(upper(0xdf_u32), 0xdf);
        assert_eq!(lower(0x0416_u32), 0x0436);
        assert_eq!(lower(0xd800_u16), 0xd800);
    }
}
