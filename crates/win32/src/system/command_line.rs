//! The command line as Windows gives it: one string, and the rules by which it is taken apart.

use std::sync::OnceLock;

use crate::code::Code;
use crate::memory::local_alloc;
use crate::status::set_last_error;
use crate::text::{Out, Text, Unit, convert, exports};

/// The arguments with which the process was started.
fn arguments() -> Vec<Vec<u8>> {
    let bytes = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let Some(all) = bytes.strip_suffix(&[0]) else {
        return Vec::new();
    };
    all.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect()
}

/// One string from which the same arguments come back.
fn joined(arguments: &[Vec<u8>]) -> Vec<u8> {
    let mut line = Vec::new();
    for (i, argument) in arguments.iter().enumerate() {
        if i > 0 {
            line.push(b' ');
        }
        let is_plain = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'"');
        if !argument.is_empty() && argument.iter().all(is_plain) {
            line.extend_from_slice(argument);
            continue;
        }
        line.push(b'"');
        let mut backslashes = 0;
        for &byte in argument {
            if byte == b'"' {
                // Those before a quote are doubled, and one more makes it a plain character.
                line.extend(std::iter::repeat_n(b'\\', backslashes + 1));
            }
            backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
            line.push(byte);
        }
        line.extend(std::iter::repeat_n(b'\\', backslashes));
        line.push(b'"');
    }
    line
}

/// Takes a command line apart by the documented rules. The first word has simpler ones, since a
/// path may end in a backslash.
fn split<U: Unit>(line: &[U]) -> Vec<Vec<U>> {
    let is = |unit: U, byte: u8| unit.code() == u32::from(byte);
    let is_blank = |unit: &U| is(*unit, b' ') || is(*unit, b'\t');
    let quoted = line.first().is_some_and(|&unit| is(unit, b'"'));
    let (head, mut rest) = if quoted {
        let inner = &line[1..];
        let end = inner
            .iter()
            .position(|&unit| is(unit, b'"'))
            .unwrap_or(inner.len());
        (&inner[..end], &inner[(end + 1).min(inner.len())..])
    } else {
        line.split_at(line.iter().position(is_blank).unwrap_or(line.len()))
    };
    let mut words = vec![head.to_vec()];
    loop {
        let blanks = rest.iter().take_while(|unit| is_blank(unit)).count();
        rest = &rest[blanks..];
        if rest.is_empty() {
            return words;
        }
        let (mut word, mut in_quotes, mut at) = (Vec::new(), false, 0);
        while at < rest.len() && (in_quotes || !is_blank(&rest[at])) {
            let backslashes = rest[at..]
                .iter()
                .take_while(|&&unit| is(unit, b'\\'))
                .count();
            let quote_follows = rest
                .get(at + backslashes)
                .is_some_and(|&unit| is(unit, b'"'));
            let kept = if quote_follows {
                backslashes / 2
            } else {
                backslashes
            };
            word.extend(std::iter::repeat_n(U::of_code(u32::from(b'\\')), kept));
            at += backslashes;
            if !quote_follows {
                if backslashes == 0 {
                    word.push(rest[at]);
                    at += 1;
                }
                continue;
            }
            let doubled = in_quotes && rest.get(at + 1).is_some_and(|&unit| is(unit, b'"'));
            if backslashes % 2 == 1 {
                word.push(rest[at]);
            } else if doubled {
                word.push(rest[at]);
                at += 1;
            } else {
                in_quotes = !in_quotes;
            }
            at += 1;
        }
        words.push(word);
        rest = &rest[at..];
    }
}

/// The words in one block for `LocalFree`: first the pointers, then the strings.
fn block<U: Unit>(words: &[Vec<U>]) -> *mut *mut U {
    let pointers = (words.len() + 1) * size_of::<*mut U>();
    let units: usize = words.iter().map(|word| word.len() + 1).sum();
    let block = local_alloc(pointers + units * size_of::<U>()).cast::<*mut U>();
    if block.is_null() {
        set_last_error(Code::NOT_ENOUGH_MEMORY.0);
        return block;
    }
    let mut text = block.cast::<u8>().wrapping_add(pointers).cast::<U>();
    for (i, word) in words.iter().enumerate() {
        let place = block.wrapping_add(i);
        // SAFETY: the block has place for all pointers.
        unsafe { place.write(text) };
        // SAFETY: and behind them for all words and their zeros.
        unsafe { text.copy_from_nonoverlapping(word.as_ptr(), word.len()) };
        let end = text.wrapping_add(word.len());
        // SAFETY: as above.
        unsafe { end.write(U::default()) };
        text = end.wrapping_add(1);
    }
    let last = block.wrapping_add(words.len());
    // SAFETY: the last pointer's place.
    unsafe { last.write(std::ptr::null_mut()) };
    block
}

/// The process's command line in one kind of unit, with a zero, for as long as the process lives.
macro_rules! lasting_line {
    ($unit:ty) => {{
        static LINE: OnceLock<Vec<$unit>> = OnceLock::new();
        let line = LINE.get_or_init(|| {
            let mut line = convert::<u8, $unit>(&joined(&arguments()));
            line.push(0);
            line
        });
        line.as_ptr().cast_mut()
    }};
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetCommandLineA() -> *mut u8 {
    crate::door(std::ptr::null_mut(), || lasting_line!(u8))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetCommandLineW() -> *mut u32 {
    crate::door(std::ptr::null_mut(), || lasting_line!(u32))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetCommandLineW_16() -> *mut u16 {
    crate::door(std::ptr::null_mut(), || lasting_line!(u16))
}

exports! {
    CommandLineToArgvW, CommandLineToArgvW_16:
    fn command_line_to_argv<U>(line: Text<U>, count: Out<i32>) -> *mut *mut U
    = std::ptr::null_mut(); {
        if line.is_null() || count.is_null() {
            set_last_error(Code::INVALID_PARAMETER.0);
            return std::ptr::null_mut();
        }
        let words = match line.or_empty() {
            // An empty line stands for the program itself.
            [] => arguments().into_iter().take(1).map(|name| convert(&name)).collect(),
            line => split(line),
        };
        count.set(words.len() as i32);
        block(&words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let words = split(line.as_bytes());
        words
            .into_iter()
            .map(|word| String::from_utf8(word).unwrap())
            .collect()
    }

    #[test]
    fn quotes_and_backslashes_follow_the_documented_rules() {
        assert_eq!(words(r#"p "abc" d e"#), ["p", "abc", "d", "e"]);
        assert_eq!(words(r#"p a\\b d"e f"g h"#), ["p", r"a\\b", "de fg", "h"]);
        assert_eq!(words(r#"p a\\\"b c d"#), ["p", r#"a\"b"#, "c", "d"]);
        assert_eq!(words(r#"p a\\\\"b c" d e"#), ["p", r"a\\b c", "d", "e"]);
        assert_eq!(words(r#""C:\x y\" z"#), [r"C:\x y\", "z"]);
        assert_eq!(words(r#"p "a""b" "" "#), ["p", r#"a"b"#, ""]);
    }

    #[test]
    fn what_is_joined_comes_apart_again() {
        let arguments = [
            "prog",
            "",
            "a b",
            r#"q"q"#,
            r"\",
            r"x\ y\",
            r#"\""#,
            "tab\there",
            r"C:\dir\",
        ];
        let bytes: Vec<Vec<u8>> = arguments.iter().map(|a| a.as_bytes().to_vec()).collect();
        let line = String::from_utf8(joined(&bytes)).unwrap();
        assert_eq!(words(&line), arguments);
    }
}
