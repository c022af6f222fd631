//! Code pages: `MultiByteToWideChar`, `WideCharToMultiByte` and what goes with them.
//!
//! The system's own page is UTF-8, so `CP_ACP` and its like mean that. Programs that know another
//! system pass flags for `CP_ACP` which UTF-8 does not take; these are let pass, while an
//! explicit `CP_UTF8` is as strict as Microsoft's.

use encoding_rs::{EncoderResult, Encoding};

use super::compare::counted;
use super::{In, Out, REPLACEMENT, Room, Text, Unit, exports};
use crate::abi::{Bool, Dword, FALSE};
use crate::code::Code;
use crate::status::set_last_error;
use crate::{bool_door, door};

pub(crate) const UTF8: u32 = 65001;
const ASCII: u32 = 20127;
const LATIN1: u32 = 28591;

const MB_ERR_INVALID_CHARS: u32 = 8;
/// With `MB_PRECOMPOSED`, `MB_COMPOSITE`, `MB_USEGLYPHCHARS`.
const MB_ALL: u32 = 0xf;
const WC_ERR_INVALID_CHARS: u32 = 0x80;
/// With `WC_DISCARDNS`, `WC_SEPCHARS`, `WC_DEFAULTCHAR`, `WC_COMPOSITECHECK`,
/// `WC_NO_BEST_FIT_CHARS`.
const WC_ALL: u32 = 0x6f0;

/// How the characters of a page are written.
#[derive(Clone, Copy)]
enum Page {
    Utf8,
    Ascii,
    Latin1,
    Table(&'static Encoding),
}

/// The pages that `encoding_rs` knows, by Microsoft's numbers.
const TABLES: &[(u32, &Encoding)] = &[
    (866, encoding_rs::IBM866),
    (874, encoding_rs::WINDOWS_874),
    (932, encoding_rs::SHIFT_JIS),
    (936, encoding_rs::GBK),
    (949, encoding_rs::EUC_KR),
    (950, encoding_rs::BIG5),
    (1250, encoding_rs::WINDOWS_1250),
    (1251, encoding_rs::WINDOWS_1251),
    (1252, encoding_rs::WINDOWS_1252),
    (1253, encoding_rs::WINDOWS_1253),
    (1254, encoding_rs::WINDOWS_1254),
    (1255, encoding_rs::WINDOWS_1255),
    (1256, encoding_rs::WINDOWS_1256),
    (1257, encoding_rs::WINDOWS_1257),
    (1258, encoding_rs::WINDOWS_1258),
    (20866, encoding_rs::KOI8_R),
    (20932, encoding_rs::EUC_JP),
    (21866, encoding_rs::KOI8_U),
    (28592, encoding_rs::ISO_8859_2),
    (28595, encoding_rs::ISO_8859_5),
    (28605, encoding_rs::ISO_8859_15),
    (51932, encoding_rs::EUC_JP),
    (51949, encoding_rs::EUC_KR),
    (54936, encoding_rs::GB18030),
];

/// Lead bytes of the pages with two bytes a character, as pairs of first and last.
const LEADS: &[(u32, &[u8])] = &[
    (932, &[0x81, 0x9f, 0xe0, 0xfc]),
    (936, &[0x81, 0xfe]),
    (949, &[0x81, 0xfe]),
    (950, &[0x81, 0xfe]),
];

/// Is it one of the names for the system's own page: ANSI, OEM, Macintosh, the thread's?
fn is_own(number: u32) -> bool {
    number <= 3
}

fn page_of(number: u32) -> Option<Page> {
    match number {
        UTF8 => Some(Page::Utf8),
        ASCII => Some(Page::Ascii),
        LATIN1 => Some(Page::Latin1),
        own if is_own(own) => Some(Page::Utf8),
        _ => {
            let found = TABLES.iter().find(|row| row.0 == number);
            found.map(|row| Page::Table(row.1))
        }
    }
}

/// Is it the number of a page? The names of the system's own are not.
pub(crate) fn is_code_page(number: u32) -> bool {
    !is_own(number) && page_of(number).is_some()
}

/// A text in a page, as characters; `None` for what means nothing.
fn decode(page: Page, bytes: &[u8], mut each: impl FnMut(Option<char>)) {
    match page {
        Page::Latin1 => bytes.iter().for_each(|&b| each(Some(char::from(b)))),
        Page::Ascii => bytes
            .iter()
            .for_each(|&b| each(b.is_ascii().then_some(char::from(b)))),
        Page::Utf8 => {
            let mut rest = bytes;
            while let Some((character, length)) = u8::decode(rest) {
                each(character.ok());
                rest = &rest[length..];
            }
        }
        Page::Table(encoding) => {
            let mut decoder = encoding.new_decoder_without_bom_handling();
            let mut text = String::with_capacity(bytes.len() + 8);
            let mut rest = bytes;
            loop {
                text.reserve(rest.len() * 3 + 16);
                let (result, read) =
                    decoder.decode_to_string_without_replacement(rest, &mut text, true);
                rest = &rest[read..];
                text.drain(..).for_each(|c| each(Some(c)));
                match result {
                    encoding_rs::DecoderResult::InputEmpty => break,
                    encoding_rs::DecoderResult::OutputFull => {}
                    encoding_rs::DecoderResult::Malformed(..) => each(None),
                }
            }
        }
    }
}

/// One character in a page, or false if the page lacks it.
fn encode(page: Page, character: char, into: &mut Vec<u8>) -> bool {
    match page {
        Page::Utf8 => u8::encode(character, into),
        _ if character.is_ascii() => into.push(character as u8),
        Page::Latin1 if u32::from(character) < 0x100 => into.push(u32::from(character) as u8),
        Page::Table(encoding) => {
            let (mut text, mut bytes) = ([0; 4], [0; 8]);
            let mut encoder = encoding.new_encoder();
            let text = character.encode_utf8(&mut text);
            let (result, _, written) =
                encoder.encode_from_utf8_without_replacement(text, &mut bytes, true);
            if result != EncoderResult::InputEmpty {
                return false;
            }
            into.extend_from_slice(&bytes[..written]);
        }
        _ => return false,
    }
    true
}

/// Gives a result to a room: its length, or the length asked for if there is no room.
///
/// # Safety
///
/// The room has place for `length` units.
unsafe fn give<U: Unit>(units: &[U], to: Room<U>, length: i32) -> Result<i32, Code> {
    if length > 0 {
        let room = length as usize;
        let part = &units[..units.len().min(room)];
        // SAFETY: the part is not longer than the room.
        unsafe { to.write_at(0, part) };
        if units.len() > room {
            return Err(Code::INSUFFICIENT_BUFFER);
        }
    }
    i32::try_from(units.len()).map_err(|_| Code::INVALID_PARAMETER)
}

fn number_or_error(result: Result<i32, Code>) -> i32 {
    result.unwrap_or_else(|Code(code)| {
        set_last_error(code);
        0
    })
}

/// `MultiByteToWideChar` without its room.
fn to_wide<U: Unit>(number: u32, flags: u32, from: &[u8]) -> Result<Vec<U>, Code> {
    let page = page_of(number).ok_or(Code::INVALID_PARAMETER)?;
    let allowed = if number == UTF8 {
        MB_ERR_INVALID_CHARS
    } else {
        MB_ALL
    };
    if flags & !allowed != 0 {
        return Err(Code::INVALID_FLAGS);
    }
    let mut units = Vec::with_capacity(from.len());
    let mut all_valid = true;
    decode(page, from, |character| {
        all_valid &= character.is_some();
        U::encode(character.unwrap_or(REPLACEMENT), &mut units);
    });
    if flags & MB_ERR_INVALID_CHARS != 0 && !all_valid {
        return Err(Code::NO_UNICODE_TRANSLATION);
    }
    Ok(units)
}

/// `WideCharToMultiByte` without its room; whether the default character was used.
fn to_bytes<U: Unit>(
    number: u32,
    flags: u32,
    from: &[U],
    default: &[u8],
) -> Result<(Vec<u8>, bool), Code> {
    let page = page_of(number).ok_or(Code::INVALID_PARAMETER)?;
    let is_utf8 = matches!(page, Page::Utf8);
    let allowed = match number {
        UTF8 => WC_ERR_INVALID_CHARS,
        own if is_own(own) => WC_ALL,
        _ => WC_ALL & !WC_ERR_INVALID_CHARS,
    };
    if flags & !allowed != 0 {
        return Err(Code::INVALID_FLAGS);
    }
    let mut bytes = Vec::with_capacity(from.len());
    let mut used = false;
    let mut rest = from;
    while let Some((character, length)) = U::decode(rest) {
        rest = &rest[length..];
        if character.is_err() && flags & WC_ERR_INVALID_CHARS != 0 {
            return Err(Code::NO_UNICODE_TRANSLATION);
        }
        let stands = character.is_ok() || is_utf8;
        let character = character.unwrap_or(REPLACEMENT);
        if !stands || !encode(page, character, &mut bytes) {
            bytes.extend_from_slice(default);
            used = true;
        }
    }
    Ok((bytes, used))
}

exports! {
    MultiByteToWideChar, MultiByteToWideChar_16:
    fn multi_byte_to_wide_char<U>(
        page: Dword, flags: Dword, from: Text<u8>, from_length: i32, to: Room<U>, to_length: i32,
    ) -> i32 = 0; {
        let same = from.addr() == to.as_ptr().addr();
        let no_room = to.is_null() && to_length != 0;
        if from.is_null() || from_length == 0 || to_length < 0 || same || no_room {
            return number_or_error(Err(Code::INVALID_PARAMETER));
        }
        // SAFETY: the length is the string's, as documented.
        let bytes = unsafe { with_its_zero(from, from_length) };
        // SAFETY: the room has place for its length, as documented.
        let given = to_wide::<U>(page, flags, bytes)
            .and_then(|units| unsafe { give(&units, to, to_length) });
        number_or_error(given)
    }

    WideCharToMultiByte, WideCharToMultiByte_16:
    fn wide_char_to_multi_byte<U>(
        page: Dword, flags: Dword, from: Text<U>, from_length: i32, to: Room<u8>, to_length: i32,
        default: In<u8>, used_default: Out<Bool>,
    ) -> i32 = 0; {
        let same = from.addr() == to.as_ptr().addr();
        let no_room = to.is_null() && to_length != 0;
        let unwanted = page == UTF8 && !(default.is_null() && used_default.is_null());
        if from.is_null() || from_length == 0 || to_length < 0 || same || no_room || unwanted {
            return number_or_error(Err(Code::INVALID_PARAMETER));
        }
        // SAFETY: the length is the string's, as documented.
        let units = unsafe { with_its_zero(from, from_length) };
        let default = default.get().unwrap_or(b'?');
        let made = to_bytes(page, flags, units, &[default]).and_then(|(bytes, used)| {
            used_default.set(Bool::from(used));
            // SAFETY: the room has place for its length, as documented.
            unsafe { give(&bytes, to, to_length) }
        });
        number_or_error(made)
    }
}

/// A counted string, or a string with its zero.
///
/// # Safety
///
/// The program promised so many units.
unsafe fn with_its_zero<'a, U: Unit>(text: Text<U>, length: i32) -> &'a [U] {
    if length < 0 {
        let counted = text.or_empty().len() + 1;
        // SAFETY: the string was read up to its zero.
        return unsafe { text.exactly(counted) }.unwrap_or(&[]);
    }
    // SAFETY: as promised.
    unsafe { counted(text, length) }.unwrap_or(&[])
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetACP() -> u32 {
    UTF8
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetOEMCP() -> u32 {
    UTF8
}

#[unsafe(no_mangle)]
unsafe extern "C" fn IsValidCodePage(page: u32) -> Bool {
    Bool::from(is_code_page(page))
}

fn leads_of(page: u32) -> &'static [u8] {
    LEADS
        .iter()
        .find(|row| row.0 == page)
        .map_or(&[], |row| row.1)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn IsDBCSLeadByte(_byte: u8) -> Bool {
    // UTF-8 has no double bytes.
    FALSE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn IsDBCSLeadByteEx(page: u32, byte: u8) -> Bool {
    door(FALSE, || {
        let mut ranges = leads_of(page).chunks_exact(2);
        Bool::from(ranges.any(|range| (range[0]..=range[1]).contains(&byte)))
    })
}

/// `CPINFO`.
#[repr(C)]
#[derive(Clone, Copy)]
struct CodePageInfo {
    char_size_max: u32,
    default: [u8; 2],
    leads: [u8; 12],
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetCPInfo(number: u32, information: Out<CodePageInfo>) -> Bool {
    bool_door(|| {
        use crate::status::Status;
        let page = page_of(number).ok_or(Status::INVALID_PARAMETER)?;
        if information.is_null() {
            return Err(Status::INVALID_PARAMETER);
        }
        let mut leads = [0; 12];
        let own = leads_of(number);
        leads[..own.len()].copy_from_slice(own);
        let char_size_max = match page {
            Page::Utf8 => 4,
            Page::Ascii | Page::Latin1 => 1,
            Page::Table(_) if number == 54936 => 4,
            Page::Table(_) if matches!(number, 20932 | 51932) => 3,
            Page::Table(encoding) if encoding.is_single_byte() => 1,
            Page::Table(_) => 2,
        };
        information.set(CodePageInfo {
            char_size_max,
            default: [b'?', 0],
            leads,
        });
        Ok(())
    })
}

/// English, as the texts of the system's messages here are.
const ENGLISH: u16 = 0x0409;

#[unsafe(no_mangle)]
unsafe extern "C" fn GetUserDefaultLangID() -> u16 {
    ENGLISH
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetSystemDefaultLangID() -> u16 {
    ENGLISH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_chinese_and_japanese_pages_go_both_ways() {
        for (page, bytes, text) in [
            (949, &b"\xc7\xd1\xb1\xdb a"[..], "한글 a"),
            (936, b"\xd6\xd0\xce\xc4", "中文"),
            (932, b"\x93\xfa\x96\x7b\x8c\xea", "日本語"),
            (950, b"\xa4\xa4\xa4\xe5", "中文"),
            (1252, b"caf\xe9 \x80", "café €"),
            (28591, b"\x80\xff", "\u{80}ÿ"),
        ] {
            let wide: Vec<u32> = to_wide(page, 0, bytes).unwrap();
            assert_eq!(
                wide,
                text.chars().map(u32::from).collect::<Vec<_>>(),
                "{page}"
            );
            let back = to_bytes(page, 0, &wide, b"?").unwrap();
            assert_eq!(back, (bytes.to_vec(), false), "{page}");
        }
    }

    #[test]
    fn what_a_page_lacks_becomes_the_default() {
        let wide: Vec<u16> = "a€한".encode_utf16().collect();
        assert_eq!(
            to_bytes(1252, 0, &wide, b"!").unwrap(),
            (b"a\x80!".to_vec(), true)
        );
        assert_eq!(
            to_bytes(20127, 0, &wide, b"?").unwrap(),
            (b"a??".to_vec(), true)
        );
    }

    #[test]
    fn what_means_nothing_is_an_error_only_if_asked() {
        assert_eq!(
            to_wide::<u16>(65001, 8, b"a\xff"),
            Err(Code::NO_UNICODE_TRANSLATION)
        );
        assert_eq!(to_wide::<u16>(65001, 0, b"a\xff"), Ok(vec![0x61, 0xfffd]));
        assert_eq!(
            to_wide::<u16>(949, 8, b"a\xc7"),
            Err(Code::NO_UNICODE_TRANSLATION)
        );
        assert_eq!(
            to_bytes::<u16>(65001, WC_ERR_INVALID_CHARS, &[0xd800], b"?"),
            Err(Code::NO_UNICODE_TRANSLATION)
        );
        assert_eq!(
            to_bytes::<u16>(65001, 0, &[0xd800], b"?").unwrap().0,
            "\u{fffd}".as_bytes()
        );
    }

    #[test]
    fn utf_8_takes_no_flags_of_other_pages() {
        assert_eq!(to_wide::<u32>(65001, 1, b"a"), Err(Code::INVALID_FLAGS));
        assert_eq!(to_wide::<u32>(0, 1, b"a"), Ok(vec![0x61]));
        assert_eq!(to_wide::<u32>(65000, 0, b"a"), Err(Code::INVALID_PARAMETER));
    }

    #[test]
    fn every_page_of_two_bytes_has_lead_bytes() {
        for (page, encoding) in TABLES {
            let double = [932, 936, 949, 950].contains(page);
            assert_eq!(!leads_of(*page).is_empty(), double, "{}", encoding.name());
        }
    }
}
