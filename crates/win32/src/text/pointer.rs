//! Pointers that a program passes, by what Microsoft's documentation makes it promise.
//!
//! A value of these types comes from a program only: it stands in the signature of an exported
//! function, and whoever calls that promises what the type says. So reading through it is sound
//! wherever the promise is all that is needed, and those methods are safe to call.
//!
//! # Invariants
//!
//! 1. A pointer is null, or valid for what its type says during the call.
//! 2. References made here do not outlive the call.
//!
//! Strings of wide characters may lie anywhere in memory, since programs keep them in packed
//! structures: those at odd places are read from a copy.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ptr::NonNull;

use super::Unit;

/// How many strings a call takes at most.
const STRINGS_MAX: usize = 8;

thread_local! {
    /// Copies of the strings that the thread's last calls took from odd places; in words, so that
    /// every unit finds its place.
    static COPIES: RefCell<VecDeque<Box<[u64]>>> = const { RefCell::new(VecDeque::new()) };
}

/// So many units from a place.
///
/// # Safety
///
/// They are there during the call (invariant 1).
unsafe fn units_at<'a, U: Unit>(place: *const U, count: usize) -> &'a [U] {
    if place.is_aligned() {
        // SAFETY: as promised.
        return unsafe { std::slice::from_raw_parts(place, count) };
    }
    let bytes = count * size_of::<U>();
    let mut copy = vec![0_u64; bytes.div_ceil(size_of::<u64>())].into_boxed_slice();
    let into = copy.as_mut_ptr();
    // SAFETY: the copy is as long, and as promised.
    unsafe { std::ptr::copy_nonoverlapping(place.cast::<u8>(), into.cast::<u8>(), bytes) };
    COPIES.with_borrow_mut(|copies| {
        copies.truncate(STRINGS_MAX - 1);
        copies.push_front(copy);
    });
    // SAFETY: the copy stays until the thread has taken so many others, in later calls.
    unsafe { std::slice::from_raw_parts(into.cast::<U>().cast_const(), count) }
}

/// A string that ends with a zero unit, to be read; or null.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<U>(*const U);

impl<U: Unit> Text<U> {
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    pub(crate) fn as_ptr(self) -> *const U {
        self.0
    }

    /// For numbers that some functions take in place of a string.
    pub(crate) fn addr(self) -> usize {
        self.0.addr()
    }

    /// A string that another promise than a signature's vouches for.
    ///
    /// # Safety
    ///
    /// The pointer is null or leads to a string that ends with zero and outlives the value.
    pub(crate) unsafe fn new(pointer: *const U) -> Self {
        Self(pointer)
    }

    /// The string without its zero.
    pub(crate) fn get<'a>(self) -> Option<&'a [U]> {
        if self.0.is_null() {
            return None;
        }
        let mut length = 0;
        loop {
            // SAFETY: up to its zero the string is valid (invariant 1).
            let place = unsafe { self.0.add(length) };
            // SAFETY: as above.
            if unsafe { place.read_unaligned() } == U::default() {
                break;
            }
            length += 1;
        }
        // SAFETY: so many units were read just now.
        Some(unsafe { units_at(self.0, length) })
    }

    /// The string, or an empty one for null.
    pub(crate) fn or_empty<'a>(self) -> &'a [U] {
        self.get().unwrap_or(&[])
    }

    /// At most so many units of the string, of which no more need be readable.
    pub(crate) fn up_to<'a>(self, max: usize) -> Option<&'a [U]> {
        if self.0.is_null() {
            return None;
        }
        let mut length = 0;
        while length < max {
            // SAFETY: the zero has not been met, nor the limit (invariant 1).
            let place = unsafe { self.0.add(length) };
            // SAFETY: as above.
            if unsafe { place.read_unaligned() } == U::default() {
                break;
            }
            length += 1;
        }
        // SAFETY: so many units were read just now.
        Some(unsafe { units_at(self.0, length) })
    }

    /// Exactly so many units, zeros among them.
    ///
    /// # Safety
    ///
    /// The program promised so many.
    pub(crate) unsafe fn exactly<'a>(self, count: usize) -> Option<&'a [U]> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: as promised.
        Some(unsafe { units_at(self.0, count) })
    }
}

/// Room for units, whose size another argument tells; or null.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room<U>(*mut U);

impl<U: Unit> Room<U> {
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    pub(crate) fn as_ptr(self) -> *mut U {
        self.0
    }

    /// A room that another promise than a signature's vouches for.
    ///
    /// # Safety
    ///
    /// The pointer is null or leads to the room of which the methods below are told.
    pub(crate) unsafe fn new(pointer: *mut U) -> Self {
        Self(pointer)
    }

    /// The string in it now.
    ///
    /// # Safety
    ///
    /// There is one, and it ends with zero.
    pub(crate) unsafe fn text(self) -> Text<U> {
        Text(self.0)
    }

    /// Writes units at a place.
    ///
    /// # Safety
    ///
    /// The room has place for them.
    pub(crate) unsafe fn write_at(self, at: usize, units: &[U]) {
        // SAFETY: as promised.
        let place = unsafe { self.0.add(at) };
        let (from, bytes) = (units.as_ptr().cast::<u8>(), size_of_val(units));
        // `copy`, not `copy_nonoverlapping`: programs pass overlapping strings. By bytes, since a
        // packed structure's place may be odd.
        // SAFETY: as promised.
        unsafe { std::ptr::copy(from, place.cast::<u8>(), bytes) };
    }

    /// Writes units and a zero after them.
    ///
    /// # Safety
    ///
    /// The room has place for them.
    pub(crate) unsafe fn write(self, units: &[U]) {
        // SAFETY: as promised.
        unsafe { self.write_at(0, units) };
        // SAFETY: as promised.
        unsafe { self.write_at(units.len(), &[U::default()]) };
    }

    /// Writes as much as fits together with a zero; whether all did. A room of none is left alone.
    ///
    /// # Safety
    ///
    /// The room has place for `capacity` units.
    pub(crate) unsafe fn write_fitting(self, units: &[U], capacity: usize) -> bool {
        if capacity == 0 || self.0.is_null() {
            return false;
        }
        let fits = units.len() < capacity;
        let part = &units[..units.len().min(capacity - 1)];
        // SAFETY: the part and its zero are within the capacity.
        unsafe { self.write(part) };
        fits
    }
}

/// A variable to be written, and perhaps read first; or null.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Out<T> {}

impl<T> Out<T> {
    /// No variable: the value is not asked for.
    pub(crate) const fn nowhere() -> Self {
        Self(std::ptr::null_mut())
    }

    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    pub(crate) fn as_ptr(self) -> *mut T {
        self.0
    }

    /// Sets the variable, if there is one.
    pub(crate) fn set(self, value: T) {
        if let Some(place) = NonNull::new(self.0) {
            // SAFETY: valid (invariant 1); whatever was there has no destructor.
            unsafe { place.write_unaligned(value) };
        }
    }
}

impl<T: Copy> Out<T> {
    /// What the variable holds, if there is one. Only for variables that go in as well.
    pub(crate) fn get(self) -> Option<T> {
        let place = NonNull::new(self.0)?;
        // SAFETY: valid (invariant 1), and set by the program, as documented.
        Some(unsafe { place.read_unaligned() })
    }
}

/// A variable to be read; or null.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct In<T>(*const T);

impl<T> Clone for In<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for In<T> {}

impl<T> In<T> {
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    pub(crate) fn as_ptr(self) -> *const T {
        self.0
    }
}

impl<T: Copy> In<T> {
    /// What the variable holds, if there is one.
    pub(crate) fn get(self) -> Option<T> {
        let place = NonNull::new(self.0.cast_mut())?;
        // SAFETY: valid (invariant 1).
        Some(unsafe { place.read_unaligned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_at_an_odd_place_is_read_and_written() {
        let mut memory = [0_u8; 32];
        let start = memory.as_mut_ptr().addr() % 2;
        // The first odd place in it.
        let place = memory.as_mut_ptr().wrapping_add(1 - start).cast::<u16>();
        // SAFETY: the memory is large enough for what is written below.
        let room = unsafe { Room::new(place) };
        // SAFETY: as above.
        unsafe { room.write(&[0x41, 0x42]) };
        // SAFETY: a string was written.
        let text = unsafe { room.text() };
        assert_eq!(text.get(), Some(&[0x41, 0x42][..]));
        assert_eq!(text.up_to(1), Some(&[0x41][..]));
    }
}
