//! Comparing strings: unit by unit, without regard to case, and as people order them.

use std::cmp::Ordering;

use super::{Text, Unit, characters, exports, lower, upper};
use crate::abi::{Bool, Dword, FALSE};
use crate::status::set_last_error;

const NORM_IGNORECASE: u32 = 1;
const LINGUISTIC_IGNORECASE: u32 = 0x10;
const CSTR_EQUAL: i32 = 2;
const INVALID_PARAMETER: u32 = 87;

/// The order of two texts without regard to case, by the units' numbers in lower case.
pub(crate) fn fold_order<U: Unit>(first: &[U], second: &[U]) -> Ordering {
    let folded = |text| <[U]>::iter(text).map(|&unit| lower(unit));
    folded(first).cmp(folded(second))
}

/// Are two texts the same but for case?
pub(crate) fn fold_eq<U: Unit>(first: &[U], second: &[U]) -> bool {
    first.len() == second.len() && fold_order(first, second) == Ordering::Equal
}

/// Where a character stands among people: what is no letter or digit, digits, letters.
fn rank(character: char) -> (u8, char) {
    let class = match character {
        _ if character.is_alphabetic() => 2,
        _ if character.is_numeric() => 1,
        _ => 0,
    };
    (class, character)
}

/// The order of words: letters first without regard to case, and where nothing else differs, lower
/// case before upper.
fn linguistic<U: Unit>(first: &[U], second: &[U], ignore_case: bool) -> Ordering {
    let ranks = |text| characters::<U>(text).flat_map(char::to_lowercase).map(rank);
    let order = ranks(first).cmp(ranks(second));
    if ignore_case || order != Ordering::Equal {
        return order;
    }
    let cases = |text| characters::<U>(text).map(char::is_uppercase);
    cases(first).cmp(cases(second))
}

fn compare_texts<U: Unit>(first: Text<U>, second: Text<U>, ignore_case: bool) -> i32 {
    match (first.get(), second.get()) {
        (Some(first), Some(second)) => linguistic(first, second, ignore_case) as i32,
        // Null stands before every string.
        (first, second) => first.is_some().cmp(&second.is_some()) as i32,
    }
}

/// A string whose length is told, or whose end is marked if that is negative.
///
/// # Safety
///
/// The program promised so many units.
pub(super) unsafe fn counted<'a, U: Unit>(text: Text<U>, length: i32) -> Option<&'a [U]> {
    match usize::try_from(length) {
        // SAFETY: as promised.
        Ok(length) => unsafe { text.exactly(length) },
        Err(_) => text.get(),
    }
}

fn answer(order: Option<Ordering>) -> i32 {
    if let Some(order) = order {
        return CSTR_EQUAL + order as i32;
    }
    set_last_error(INVALID_PARAMETER);
    0
}

exports! {
    lstrcmpA, lstrcmpW, lstrcmpW_16:
    fn lstrcmp<U>(first: Text<U>, second: Text<U>) -> i32 = 0; {
        compare_texts(first, second, false)
    }

    lstrcmpiA, lstrcmpiW, lstrcmpiW_16:
    fn lstrcmpi<U>(first: Text<U>, second: Text<U>) -> i32 = 0; {
        compare_texts(first, second, true)
    }

    CompareStringA, CompareStringW, CompareStringW_16:
    fn compare_string<U>(
        _locale: Dword, flags: Dword, first: Text<U>, first_length: i32, second: Text<U>,
        second_length: i32,
    ) -> i32 = 0; {
        let ignore_case = flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE) != 0;
        // SAFETY: the lengths are the strings', as documented.
        let first = unsafe { counted(first, first_length) };
        // SAFETY: as above.
        let second = unsafe { counted(second, second_length) };
        answer(first.zip(second).map(|(first, second)| linguistic(first, second, ignore_case)))
    }

    CompareStringOrdinal, CompareStringOrdinal_16:
    fn compare_string_ordinal<U>(
        first: Text<U>, first_length: i32, second: Text<U>, second_length: i32, ignore_case: Bool,
    ) -> i32 = 0; {
        // SAFETY: the lengths are the strings', as documented.
        let first = unsafe { counted(first, first_length) };
        // SAFETY: as above.
        let second = unsafe { counted(second, second_length) };
        let folded = |text: &[U]| -> Vec<U> {
            text.iter().map(|&unit| if ignore_case == FALSE { unit } else { upper(unit) }).collect()
        };
        answer(first.zip(second).map(|(first, second)| folded(first).cmp(&folded(second))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(first: &str, second: &str) -> Ordering {
        linguistic(first.as_bytes(), second.as_bytes(), false)
    }

    #[test]
    fn words_are_ordered_as_in_a_dictionary() {
        assert_eq!(order("apple", "Banana"), Ordering::Less);
        assert_eq!(order("a", "A"), Ordering::Less);
        assert_eq!(order("A", "b"), Ordering::Less);
        assert_eq!(order("_x", "1"), Ordering::Less);
        assert_eq!(order("9", "a"), Ordering::Less);
        assert_eq!(order("same", "same"), Ordering::Equal);
    }

    #[test]
    fn without_case_only_case_is_left_out() {
        assert!(fold_eq(b"HeLLo", b"hEllO"));
        assert!(!fold_eq(b"hello", b"hello "));
        assert_eq!(fold_order(b"a_", b"AB"), Ordering::Less);
    }
}
