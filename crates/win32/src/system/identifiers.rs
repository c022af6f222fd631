//! UUIDs: made by chance, as texts, and back.

use crate::door;
use crate::memory::{local_copy, local_free};
use crate::text::{In, Out, Room, Text, Unit, exports, string_of, units_of};

const RPC_OK: i32 = 0;
const RPC_INVALID_ARGUMENT: i32 = 87;
const RPC_INVALID_STRING_UUID: i32 = 1705;
const RPC_OUT_OF_MEMORY: i32 = 14;

/// `UUID`, `GUID`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Identifier {
    first: u32,
    second: u16,
    third: u16,
    rest: [u8; 8],
}

/// A new one: 122 bits of chance, and 6 that say so.
fn random() -> Option<Identifier> {
    let mut bytes = [0_u8; 16];
    let room = bytes.as_mut_ptr().cast();
    // SAFETY: the room is that long.
    let got = unsafe { libc::getrandom(room, bytes.len(), 0) };
    if got != bytes.len().cast_signed() {
        return None;
    }
    const RANDOM_VERSION: u16 = 0x4000;
    const VARIANT: u8 = 0x80;
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let mut made = Identifier {
        first: u32::from_le_bytes([a, b, c, d]),
        second: u16::from_le_bytes([e, f]),
        third: u16::from_le_bytes([g, h]) & 0x0fff | RANDOM_VERSION,
        rest,
    };
    made.rest[0] = made.rest[0] & 0x3f | VARIANT;
    Some(made)
}

impl Identifier {
    fn text(&self) -> String {
        let [a, b, rest @ ..] = self.rest;
        let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        let Self {
            first,
            second,
            third,
            ..
        } = self;
        format!("{first:08x}-{second:04x}-{third:04x}-{a:02x}{b:02x}-{rest}")
    }

    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let [first, second, third, fourth, fifth] = parts[..] else {
            return None;
        };
        let lengths = [first, second, third, fourth, fifth].map(str::len);
        let is_hexadecimal = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        if lengths != [8, 4, 4, 4, 12] || !parts.iter().all(is_hexadecimal) {
            return None;
        }
        let rest = u64::from_str_radix(&format!("{fourth}{fifth}"), 16).ok()?;
        Some(Self {
            first: u32::from_str_radix(first, 16).ok()?,
            second: u16::from_str_radix(second, 16).ok()?,
            third: u16::from_str_radix(third, 16).ok()?,
            rest: rest.to_be_bytes(),
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UuidCreate(into: Out<Identifier>) -> i32 {
    door(RPC_OUT_OF_MEMORY, || {
        let Some(made) = random() else {
            return RPC_OUT_OF_MEMORY;
        };
        into.set(made);
        RPC_OK
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UuidCreateNil(into: Out<Identifier>) -> i32 {
    into.set(Identifier::default());
    RPC_OK
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UuidEqual(
    first: In<Identifier>,
    second: In<Identifier>,
    status: Out<i32>,
) -> i32 {
    status.set(RPC_OK);
    // A null pointer is the one of zeros.
    i32::from(first.get().unwrap_or_default() == second.get().unwrap_or_default())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UuidIsNil(identifier: In<Identifier>, status: Out<i32>) -> i32 {
    status.set(RPC_OK);
    i32::from(identifier.get().unwrap_or_default() == Identifier::default())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CoCreateGuid(into: Out<Identifier>) -> i32 {
    /// `E_INVALIDARG`, `E_UNEXPECTED`.
    const INVALID: i32 = 0x8007_0057_u32.cast_signed();
    const UNEXPECTED: i32 = 0x8000_ffff_u32.cast_signed();
    door(UNEXPECTED, || {
        if into.is_null() {
            return INVALID;
        }
        let Some(made) = random() else {
            return UNEXPECTED;
        };
        into.set(made);
        0
    })
}

fn give_text<U: Unit>(identifier: In<Identifier>, into: Out<*mut U>) -> i32 {
    let text = identifier.get().unwrap_or_default().text();
    let copy = local_copy(&units_of::<U>(&text));
    if into.is_null() {
        return RPC_INVALID_ARGUMENT;
    }
    into.set(copy);
    if copy.is_null() {
        RPC_OUT_OF_MEMORY
    } else {
        RPC_OK
    }
}

exports! {
    UuidToStringA, UuidToStringW, UuidToStringW_16:
    fn uuid_to_string<U>(identifier: In<Identifier>, into: Out<*mut U>) -> i32
    = RPC_OUT_OF_MEMORY; {
        give_text(identifier, into)
    }

    RpcStringFreeA, RpcStringFreeW, RpcStringFreeW_16:
    fn rpc_string_free<U>(text: Out<*mut U>) -> i32 = RPC_OUT_OF_MEMORY; {
        if let Some(block) = text.get() {
            // SAFETY: the program passes a text that it got from us, and uses it no more.
            unsafe { local_free(block.cast()) };
            text.set(std::ptr::null_mut());
        }
        RPC_OK
    }

    UuidFromStringA, UuidFromStringW, UuidFromStringW_16:
    fn uuid_from_string<U>(text: Text<U>, into: Out<Identifier>) -> i32 = RPC_OUT_OF_MEMORY; {
        let parsed = match text.get() {
            Some(text) => Identifier::parse(&string_of(text)),
            // No text is the one of zeros.
            None => Some(Identifier::default()),
        };
        let Some(parsed) = parsed else {
            return RPC_INVALID_STRING_UUID;
        };
        into.set(parsed);
        RPC_OK
    }

    StringFromGUID2, StringFromGUID2_16:
    fn string_from_guid2<U>(identifier: In<Identifier>, buffer: Room<U>, length: i32) -> i32 = 0; {
        let text = identifier.get().unwrap_or_default().text().to_uppercase();
        let units = units_of::<U>(&format!("{{{text}}}"));
        if buffer.is_null() || (length as isize) <= units.len().cast_signed() {
            return 0;
        }
        // SAFETY: the buffer has place for `length` units.
        unsafe { buffer.write(&units) };
        units.len() as i32 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_the_identifier_it_came_from() {
        let made = random().unwrap();
        assert_eq!(Identifier::parse(&made.text()), Some(made));
        assert_eq!(made.third >> 12, 4);
        assert_eq!(made.rest[0] >> 6, 2);
        assert_ne!(random(), Some(made));
    }

    #[test]
    fn the_parts_are_in_the_usual_order() {
        let text = "00112233-4455-6677-8899-aabbccddeeff";
        let parsed = Identifier::parse(text).unwrap();
        assert_eq!(
            (parsed.first, parsed.second, parsed.third),
            (0x0011_2233, 0x4455, 0x6677)
        );
        assert_eq!(
            parsed.rest,
            [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]
        );
        assert_eq!(parsed.text(), text);
    }

    #[test]
    fn what_is_written_otherwise_is_refused() {
        for text in [
            "",
            "00112233-4455-6677-8899",
            "0011223g-4455-6677-8899-aabbccddeeff",
        ] {
            assert_eq!(Identifier::parse(text), None, "{text}");
        }
        assert_eq!(
            Identifier::parse("+0112233-4455-6677-8899-aabbccddeeff"),
            None
        );
    }
}
