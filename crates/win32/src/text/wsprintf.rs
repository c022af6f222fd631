//! `wvsprintf`, and through the headers `wsprintf`.

use std::ffi::c_void;

use super::arguments::Arguments;
use super::{Room, Text, Unit, Wide, exports, format};

/// The longest output, with its zero: programs pass rooms of this size, as documented.
const OUTPUT_MAX: usize = 1024;

/// Puts a format and its arguments together.
///
/// # Safety
///
/// The arguments are a `va_list` of what the format asks for.
unsafe fn formatted<U: Unit, W: Wide>(mut text: &[U], list: *mut c_void) -> Vec<U> {
    let mut arguments = Arguments::List(list);
    let percent = U::of_code(u32::from(b'%'));
    let mut into = Vec::new();
    while let Some((&first, rest)) = text.split_first() {
        text = rest;
        if first != percent {
            into.push(first);
            continue;
        }
        match format::parse(rest) {
            Some((spec, length)) => {
                text = &rest[length..];
                // SAFETY: as promised.
                unsafe { spec.append::<U, W>(&mut arguments, &mut into) };
            }
            // Not a format: its characters stand for themselves, and a doubled sign for one.
            None => {
                into.push(percent);
                text = rest.strip_prefix(&[percent]).unwrap_or(rest);
            }
        }
    }
    into.truncate(OUTPUT_MAX - 1);
    into
}

/// # Safety
///
/// As documented for `wvsprintf`.
unsafe fn print<U: Unit, W: Wide>(to: Room<U>, format: Text<U>, list: *mut c_void) -> i32 {
    // SAFETY: as promised.
    let made = unsafe { formatted::<U, W>(format.or_empty(), list) };
    if to.is_null() {
        return 0;
    }
    // SAFETY: the room is large enough, as documented.
    unsafe { to.write(&made) };
    made.len() as i32
}

exports! {
    wvsprintfA, wvsprintfA_16:
    fn wvsprintf_a<W: Wide>(to: Room<u8>, format: Text<u8>, arguments: *mut c_void) -> i32 = 0; {
        // SAFETY: the program keeps the documented promises.
        unsafe { print::<u8, W>(to, format, arguments) }
    }

    wvsprintfW, wvsprintfW_16:
    fn wvsprintf_w<W: Wide>(to: Room<W>, format: Text<W>, arguments: *mut c_void) -> i32 = 0; {
        // SAFETY: as above.
        unsafe { print::<W, W>(to, format, arguments) }
    }
}
