//! Between bytes and wide characters by the C library's names, but UTF-8 whatever the locale.

use crate::text::{Room, Text, Unit, exports};

/// What a lone surrogate becomes among bytes.
const NO_CHARACTER: u8 = b'?';

/// The bytes of one character; a lone surrogate is a question mark.
fn bytes_of<U: Unit>(units: &[U], into: &mut Vec<u8>) -> Option<usize> {
    let (character, length) = U::decode(units)?;
    match character {
        Ok(character) => u8::encode(character, into),
        Err(_) => into.push(NO_CHARACTER),
    }
    Some(length)
}

/// Writes pieces as long as they fit whole, and a zero if that fits too; the length without it.
///
/// # Safety
///
/// The room is null, and the pieces are only counted, or has place for `size` units.
unsafe fn store<U: Unit>(pieces: impl Iterator<Item = Vec<U>>, to: Room<U>, size: usize) -> usize {
    let mut length = 0;
    for piece in pieces {
        if !to.is_null() {
            if length + piece.len() > size {
                return length;
            }
            // SAFETY: within the room.
            unsafe { to.write_at(length, &piece) };
        }
        length += piece.len();
    }
    if !to.is_null() && length < size {
        // SAFETY: as above.
        unsafe { to.write_at(length, &[U::default()]) };
    }
    length
}

exports! {
    iocp_mbtowc, iocp_mbtowc_16:
    fn mbtowc<U>(to: Room<U>, from: Text<u8>, size: usize) -> i32 = -1; {
        let Some(bytes) = from.up_to(size.min(4)) else {
            // There are no shift states.
            return 0;
        };
        let Some((character, length)) = u8::decode(bytes) else {
            // The zero itself is a character of no length, if it may be looked at.
            if size == 0 {
                return -1;
            }
            if !to.is_null() {
                // SAFETY: the program passes place for one.
                unsafe { to.write_at(0, &[U::default()]) };
            }
            return 0;
        };
        let Ok(character) = character else {
            return -1;
        };
        let mut units = Vec::new();
        U::encode(character, &mut units);
        if units.len() > 1 {
            // One wide character of 16 bits cannot hold it.
            return -1;
        }
        if !to.is_null() {
            // SAFETY: the program passes place for one.
            unsafe { to.write_at(0, &units) };
        }
        length as i32
    }

    iocp_wctomb, iocp_wctomb_16:
    fn wctomb<U>(to: Room<u8>, unit: U) -> i32 = -1; {
        if to.is_null() {
            return 0;
        }
        let mut bytes = Vec::new();
        bytes_of(&[unit], &mut bytes);
        // SAFETY: the program passes place for the longest character.
        unsafe { to.write_at(0, &bytes) };
        bytes.len() as i32
    }

    iocp_mbstowcs, iocp_mbstowcs_16:
    fn mbstowcs<U>(to: Room<U>, from: Text<u8>, size: usize) -> usize = usize::MAX; {
        let pieces = crate::text::characters(from.or_empty()).map(|character| {
            let mut units = Vec::new();
            U::encode(character, &mut units);
            units
        });
        // SAFETY: the program passes place for `size`.
        unsafe { store(pieces, to, size) }
    }

    iocp_wcstombs, iocp_wcstombs_16:
    fn wcstombs<U>(to: Room<u8>, from: Text<U>, size: usize) -> usize = usize::MAX; {
        let mut rest = from.or_empty();
        let pieces = std::iter::from_fn(move || {
            let mut bytes = Vec::new();
            rest = &rest[bytes_of(rest, &mut bytes)?..];
            Some(bytes)
        });
        // SAFETY: the program passes place for `size`.
        unsafe { store(pieces, to, size) }
    }
}
