//! The strings of `shlwapi.h`.

use super::{In, Out, Room, Text, Unit, characters, exports, fold_eq, fold_order, lower};
use crate::abi::{Bool, FALSE, TRUE};
use crate::memory::local_copy;

/// Where a part stands in a text.
fn find<U: Unit>(text: &[U], part: &[U], same: impl Fn(&[U], &[U]) -> bool) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    text.windows(part.len())
        .position(|window| same(window, part))
}

/// The address of a place in a text, or null.
fn place<U: Unit>(text: Text<U>, at: Option<usize>) -> *const U {
    at.map_or(std::ptr::null(), |at| text.as_ptr().wrapping_add(at))
}

/// The number that a text begins with: blanks, a sign, digits; hexadecimal after 0x if allowed.
fn leading_number<U: Unit>(text: &[U], hexadecimal: bool) -> Option<i64> {
    let mut characters = characters(text)
        .skip_while(|c| c.is_ascii_whitespace())
        .peekable();
    let negative = characters.peek() == Some(&'-');
    characters.next_if(|c| matches!(c, '+' | '-'));
    let text: String = characters.take_while(char::is_ascii_alphanumeric).collect();
    let hexadecimal_digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal_digits.filter(|_| hexadecimal) {
        Some(digits) => (digits, 16),
        None => (&*text, 10),
    };
    let end = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    let value = digits[..end]
        .chars()
        .filter_map(|c| c.to_digit(radix))
        .fold(0_i64, |sum, d| {
            sum.wrapping_mul(i64::from(radix))
                .wrapping_add(i64::from(d))
        });
    Some(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}

const STIF_SUPPORT_HEX: u32 = 1;

exports! {
    StrStrA, StrStrW, StrStrW_16:
    fn str_str<U>(text: Text<U>, part: Text<U>) -> *const U = std::ptr::null(); {
        place(text, find(text.or_empty(), part.or_empty(), |a, b| a == b))
    }

    StrStrIA, StrStrIW, StrStrIW_16:
    fn str_str_i<U>(text: Text<U>, part: Text<U>) -> *const U = std::ptr::null(); {
        place(text, find(text.or_empty(), part.or_empty(), fold_eq))
    }

    StrDupA, StrDupW, StrDupW_16:
    fn str_dup<U>(text: Text<U>) -> *mut U = std::ptr::null_mut(); {
        text.get().map_or(std::ptr::null_mut(), local_copy)
    }

    StrToIntA, StrToIntW, StrToIntW_16:
    fn str_to_int<U>(text: Text<U>) -> i32 = 0; {
        // Unlike the other it overlooks neither blanks nor a plus.
        let text = text.or_empty();
        match characters(text).next() {
            Some('-' | '0'..='9') => leading_number(text, false).unwrap_or(0) as i32,
            _ => 0,
        }
    }

    StrToIntExA, StrToIntExW, StrToIntExW_16:
    fn str_to_int_ex<U>(text: Text<U>, flags: u32, value: Out<i32>) -> Bool = FALSE; {
        let number = leading_number(text.or_empty(), flags & STIF_SUPPORT_HEX != 0);
        value.set(number.unwrap_or(0) as i32);
        Bool::from(number.is_some())
    }

    StrCmpNA, StrCmpNW, StrCmpNW_16:
    fn str_cmp_n<U>(first: Text<U>, second: Text<U>, count: i32) -> i32 = 0; {
        let count = usize::try_from(count).unwrap_or(0);
        first.up_to(count).cmp(&second.up_to(count)) as i32
    }

    StrCmpNIA, StrCmpNIW, StrCmpNIW_16:
    fn str_cmp_n_i<U>(first: Text<U>, second: Text<U>, count: i32) -> i32 = 0; {
        let count = usize::try_from(count).unwrap_or(0);
        let head = |text: Text<U>| text.up_to(count).unwrap_or(&[]);
        fold_order(head(first), head(second)) as i32
    }

    StrTrimA, StrTrimW, StrTrimW_16:
    fn str_trim<U>(text: Room<U>, unwanted: Text<U>) -> Bool = FALSE; {
        // SAFETY: it holds a string, as documented.
        let Some(whole) = (unsafe { text.text() }).get() else {
            return FALSE;
        };
        let is_unwanted = |unit: &U| unwanted.or_empty().contains(unit);
        let start = whole.iter().take_while(|&unit| is_unwanted(unit)).count();
        let end = whole.len() - whole[start..].iter().rev().take_while(|&u| is_unwanted(u)).count();
        if start == 0 && end == whole.len() {
            return FALSE;
        }
        let rest = whole[start..end].to_vec();
        // SAFETY: it is shorter than what stood there.
        unsafe { text.write(&rest) };
        TRUE
    }

    StrChrW, StrChrW_16:
    fn str_chr_w<U>(text: Text<U>, wanted: U) -> *const U = std::ptr::null(); {
        place(text, text.or_empty().iter().position(|&unit| unit == wanted))
    }

    StrChrIW, StrChrIW_16:
    fn str_chr_i_w<U>(text: Text<U>, wanted: U) -> *const U = std::ptr::null(); {
        place(text, text.or_empty().iter().position(|&unit| lower(unit) == lower(wanted)))
    }

    StrRChrW, StrRChrW_16:
    fn str_r_chr_w<U>(text: Text<U>, end: In<U>, wanted: U) -> *const U = std::ptr::null(); {
        place(text, before(text, end).iter().rposition(|&unit| unit == wanted))
    }

    StrChrA:
    fn str_chr_a<U>(text: Text<U>, wanted: u16) -> *const U = std::ptr::null(); {
        let wanted = U::of_code(u32::from(wanted));
        place(text, text.or_empty().iter().position(|&unit| unit == wanted))
    }

    StrChrIA:
    fn str_chr_i_a<U>(text: Text<U>, wanted: u16) -> *const U = std::ptr::null(); {
        let wanted = lower(U::of_code(u32::from(wanted)));
        place(text, text.or_empty().iter().position(|&unit| lower(unit) == wanted))
    }

    StrRChrA:
    fn str_r_chr_a<U>(text: Text<U>, end: In<U>, wanted: u16) -> *const U = std::ptr::null(); {
        let wanted = U::of_code(u32::from(wanted));
        place(text, before(text, end).iter().rposition(|&unit| unit == wanted))
    }
}

/// The text up to a place in it, or all of it.
fn before<'a, U: Unit>(text: Text<U>, end: In<U>) -> &'a [U] {
    let whole = text.or_empty();
    if end.is_null() {
        return whole;
    }
    let length = end.as_ptr().addr().saturating_sub(text.addr()) / size_of::<U>();
    &whole[..length.min(whole.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_a_text() {
        let number = |text: &str, hexadecimal| leading_number(text.as_bytes(), hexadecimal);
        assert_eq!(number("  -12x", false), Some(-12));
        assert_eq!(number("0x1F", true), Some(31));
        assert_eq!(number("0x1F", false), Some(0));
        assert_eq!(number("x", true), None);
        assert_eq!(number("+7", true), Some(7));
    }
}
