//! Strings: of bytes (UTF-8, the ANSI code page here), of 16-bit and of 32-bit units.
//!
//! Whether `wchar_t` has 16 or 32 bits is the program's choice. What concerns wide characters is
//! therefore written once, generic over the unit, and exported for both: `NameW` takes 32-bit
//! units, `NameW_16` takes 16-bit ones (see [`exports`]).
//!
//! | file | holds |
//! |---|---|
//! | `pointer` | what a C pointer to a string, a room or a variable promises |
//! | `codepage` | conversions between code pages |
//! | `case` | upper and lower case, kinds of characters |
//! | `compare` | comparing strings as people order them |
//! | `arguments`, `format`, `wsprintf` | what is printed by a format |
//! | `lstr` | `lstrcpyA` and its like |
//! | `shell_text`, `shell_path` | what programs use of `shlwapi.h` |

pub(crate) mod arguments;
mod case;
mod codepage;
mod compare;
pub(crate) mod format;
mod lstr;
pub(crate) mod pointer;
mod shell_path;
mod shell_text;
mod wsprintf;

pub(crate) use case::{lower, upper};
pub(crate) use codepage::is_code_page;
pub(crate) use compare::{fold_eq, fold_order};
pub(crate) use pointer::{In, Out, Room, Text};

use std::fmt::Debug;

/// What replaces text that makes no sense.
pub(crate) const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// A unit of text: `char`, or `wchar_t` in one of its two widths.
pub(crate) trait Unit: Copy + Eq + Ord + Debug + Default + Send + Sync + 'static {
    /// `wchar_t`, not `char`.
    const WIDE: bool;
    /// The unit's number.
    fn code(self) -> u32;
    /// The unit with that number, of which the excess bits are dropped.
    fn of_code(code: u32) -> Self;
    /// Appends a character.
    fn encode(character: char, into: &mut Vec<Self>);
    /// The first character and how many units it takes; an error if these units mean nothing.
    fn decode(units: &[Self]) -> Option<(Result<char, usize>, usize)>;
}

/// A unit of `wchar_t`.
pub(crate) trait Wide: Unit {}
impl Wide for u16 {}
impl Wide for u32 {}

impl Unit for u8 {
    const WIDE: bool = false;
    fn code(self) -> u32 {
        u32::from(self)
    }
    fn of_code(code: u32) -> Self {
        code as Self
    }
    fn encode(character: char, into: &mut Vec<Self>) {
        into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    fn decode(units: &[Self]) -> Option<(Result<char, usize>, usize)> {
        let first = *units.first()?;
        let length = match first {
            0..0x80 => return Some((Ok(char::from(first)), 1)),
            0xc2..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf5 => 4,
            _ => return Some((Err(1), 1)),
        };
        let head = &units[..length.min(units.len())];
        Some(match std::str::from_utf8(head) {
            Ok(text) => (text.chars().next().ok_or(1), length),
            Err(error) => {
                let bad = error.error_len().unwrap_or(head.len());
                (Err(bad), bad)
            }
        })
    }
}

impl Unit for u16 {
    const WIDE: bool = true;
    fn code(self) -> u32 {
        u32::from(self)
    }
    fn of_code(code: u32) -> Self {
        code as Self
    }
    fn encode(character: char, into: &mut Vec<Self>) {
        into.extend_from_slice(character.encode_utf16(&mut [0; 2]));
    }
    fn decode(units: &[Self]) -> Option<(Result<char, usize>, usize)> {
        let head = &units[..units.len().min(2)];
        let first = char::decode_utf16(head.iter().copied()).next()?;
        Some(match first {
            Ok(character) => (Ok(character), character.len_utf16()),
            Err(_) => (Err(1), 1),
        })
    }
}

impl Unit for u32 {
    const WIDE: bool = true;
    fn code(self) -> u32 {
        self
    }
    fn of_code(code: u32) -> Self {
        code
    }
    fn encode(character: char, into: &mut Vec<Self>) {
        into.push(u32::from(character));
    }
    fn decode(units: &[Self]) -> Option<(Result<char, usize>, usize)> {
        let first = *units.first()?;
        Some((char::from_u32(first).ok_or(1), 1))
    }
}

/// The characters of a text; what means nothing becomes U+FFFD.
pub(crate) fn characters<U: Unit>(mut units: &[U]) -> impl Iterator<Item = char> {
    std::iter::from_fn(move || {
        let (character, length) = U::decode(units)?;
        units = &units[length..];
        Some(character.unwrap_or(REPLACEMENT))
    })
}

/// A text as a string of ours.
pub(crate) fn string_of<U: Unit>(units: &[U]) -> String {
    characters(units).collect()
}

/// A string of ours as a text, without a terminator.
pub(crate) fn units_of<U: Unit>(text: &str) -> Vec<U> {
    let mut units = Vec::with_capacity(text.len());
    text.chars().for_each(|c| U::encode(c, &mut units));
    units
}

/// A text in another unit. Bytes that are no UTF-8 are kept as they are between byte strings.
pub(crate) fn convert<F: Unit, T: Unit>(from: &[F]) -> Vec<T> {
    if size_of::<F>() == size_of::<T>() {
        return from.iter().map(|unit| T::of_code(unit.code())).collect();
    }
    let mut units = Vec::with_capacity(from.len());
    characters(from).for_each(|c| T::encode(c, &mut units));
    units
}

/// The bytes of a text, for the system: UTF-8, or what a program of bytes passed.
pub(crate) fn bytes_of<U: Unit>(units: &[U]) -> Vec<u8> {
    convert(units)
}

/// Does the text equal a literal of ASCII characters?
pub(crate) fn is_ascii_text<U: Unit>(units: &[U], literal: &str) -> bool {
    units.len() == literal.len()
        && units
            .iter()
            .zip(literal.bytes())
            .all(|(unit, byte)| unit.code() == u32::from(byte))
}

/// Exports a function once for each unit of text.
///
/// `exports! { lstrlenA, lstrlenW, lstrlenW_16: fn lstrlen<U>(text: Text<U>) -> i32 = 0 { … } }`
/// makes three C functions of one body in which `U` is the unit; without the first name, two,
/// for wide characters only (then the unit may be declared as `W: Wide`). The value after `=` is
/// what a program gets if ours is at fault.
macro_rules! exports {
    ($(
        $($symbol:ident),+:
        fn $name:ident<$unit:ident $(: $bound:ident)?>($($argument:ident: $type:ty),* $(,)?)
        $(-> $result:ty)? = $failed:expr; $body:block
    )*) => {$(
        const _: () = {
            #[expect(clippy::allow_attributes, reason = "not every body needs them")]
            #[allow(clippy::too_many_arguments, reason = "Microsoft's signature")]
            unsafe fn $name<$unit: $crate::text::Unit $(+ $crate::text::$bound)?>(
                $($argument: $type),*
            ) $(-> $result)? $body
            $crate::text::exports!(@each ($($symbol),+) $name $unit
                ($($argument: $type),*) ($($result)?) $failed);
        };
    )*};
    (@each ($narrow:ident, $wide:ident, $short:ident) $($rest:tt)*) => {
        $crate::text::exports!(@one $narrow u8 $($rest)*);
        $crate::text::exports!(@each ($wide, $short) $($rest)*);
    };
    (@each ($wide:ident, $short:ident) $($rest:tt)*) => {
        $crate::text::exports!(@one $wide u32 $($rest)*);
        $crate::text::exports!(@one $short u16 $($rest)*);
    };
    (@each ($narrow:ident) $($rest:tt)*) => {
        $crate::text::exports!(@one $narrow u8 $($rest)*);
    };
    (@one $symbol:ident $of:ident $name:ident $unit:ident
        ($($argument:ident: $type:ty),*) () $failed:expr
    ) => {
        $crate::text::exports!(@one $symbol $of $name $unit
            ($($argument: $type),*) (()) $failed);
    };
    (@one $symbol:ident $of:ident $name:ident $unit:ident
        ($($argument:ident: $type:ty),*) ($result:ty) $failed:expr
    ) => {
        const _: () = {
            type $unit = $of;
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $symbol($($argument: $type),*) -> $result {
                // SAFETY: the program keeps the promises of the function's documentation.
                $crate::door($failed, || unsafe { $name::<$unit>($($argument),*) })
            }
        };
    };
}
pub(crate) use exports;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_every_pair_of_units() {
        let text = "a\u{e9}\u{d55c}\u{1f980}z";
        let bytes: Vec<u8> = units_of(text);
        let short: Vec<u16> = units_of(text);
        let long: Vec<u32> = units_of(text);
        assert_eq!((short.len(), long.len()), (6, 5));
        assert_eq!(convert::<u8, u16>(&bytes), short);
        assert_eq!(convert::<u16, u32>(&short), long);
        assert_eq!(convert::<u32, u8>(&long), bytes);
        assert_eq!(string_of(&short), text);
    }

    #[test]
    fn what_means_nothing_becomes_a_mark_for_each_bad_part() {
        assert_eq!(string_of(&b"a\xff\xe3\x81"[..]), "a\u{fffd}\u{fffd}");
        assert_eq!(string_of(&[0xd800_u16, 0x41]), "\u{fffd}A");
        assert_eq!(string_of(&[0x11_0000_u32, 0x41]), "\u{fffd}A");
    }

    #[test]
    fn bytes_that_are_no_text_stay_themselves_among_bytes() {
        assert_eq!(bytes_of(&b"\xff\xfe"[..]), b"\xff\xfe");
    }
}
