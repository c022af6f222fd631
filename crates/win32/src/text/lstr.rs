//! `lstrlen`, `lstrcpy`, `lstrcat`: they take null for an empty string, and never fail loudly.

use super::{Room, Text, exports};

exports! {
    lstrlenA, lstrlenW, lstrlenW_16:
    fn lstrlen<U>(text: Text<U>) -> i32 = 0; { text.or_empty().len() as i32 }

    lstrcpyA, lstrcpyW, lstrcpyW_16:
    fn lstrcpy<U>(to: Room<U>, from: Text<U>) -> *mut U = std::ptr::null_mut(); {
        let Some(from) = from.get() else {
            return std::ptr::null_mut();
        };
        if to.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: the program promised place for the string and its zero.
        unsafe { to.write(from) };
        to.as_ptr()
    }

    lstrcpynA, lstrcpynW, lstrcpynW_16:
    fn lstrcpyn<U>(to: Room<U>, from: Text<U>, count: i32) -> *mut U = std::ptr::null_mut(); {
        let count = usize::try_from(count).unwrap_or(0);
        let Some(from) = from.up_to(count.saturating_sub(1)) else {
            return std::ptr::null_mut();
        };
        if to.is_null() {
            return std::ptr::null_mut();
        }
        if count > 0 {
            // SAFETY: the program promised place for `count` units.
            unsafe { to.write(from) };
        }
        to.as_ptr()
    }

    lstrcatA, lstrcatW, lstrcatW_16:
    fn lstrcat<U>(to: Room<U>, from: Text<U>) -> *mut U = std::ptr::null_mut(); {
        let Some(from) = from.get() else {
            return std::ptr::null_mut();
        };
        if to.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: it holds a string, as documented.
        let end = unsafe { to.text() }.or_empty().len();
        // SAFETY: the program promised place for both strings.
        unsafe { to.write_at(end, from) };
        // SAFETY: as above, and for the zero.
        unsafe { to.write_at(end + from.len(), &[U::default()]) };
        to.as_ptr()
    }
}
