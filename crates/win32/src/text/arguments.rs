//! Arguments of a C function that takes any number of them.

use std::ffi::c_void;

/// What a `va_list` points to: where arguments in registers were saved, and those on the stack.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
struct List {
    general_offset: u32,
    _float_offset: u32,
    stack: *const u64,
    saved: *const u8,
}

#[cfg(target_arch = "x86_64")]
impl List {
    /// Where the next argument of 8 bytes is.
    fn next(&mut self) -> *const u64 {
        /// Six registers of 8 bytes.
        const GENERAL_END: u32 = 48;
        if self.general_offset < GENERAL_END {
            let place = self.saved.wrapping_add(self.general_offset as usize);
            self.general_offset += 8;
            return place.cast();
        }
        let place = self.stack;
        self.stack = place.wrapping_add(1);
        place
    }
}

/// What a `va_list` points to: the stack, the ends of the saved registers, and offsets from there.
#[cfg(target_arch = "aarch64")]
#[repr(C)]
struct List {
    stack: *const u64,
    general_end: *const u8,
    _vector_end: *const u8,
    general_offset: i32,
    _vector_offset: i32,
}

#[cfg(target_arch = "aarch64")]
impl List {
    /// Where the next argument of 8 bytes is.
    fn next(&mut self) -> *const u64 {
        if self.general_offset < 0 {
            let place = self
                .general_end
                .wrapping_offset(self.general_offset as isize);
            self.general_offset += 8;
            return place.cast();
        }
        let place = self.stack;
        self.stack = place.wrapping_add(1);
        place
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("how this machine passes variable arguments is not known here");

/// The arguments of a call, taken one after another. None of them is a floating-point number: the
/// functions that take them know no such format.
pub(crate) enum Arguments {
    /// There are none.
    None,
    /// A `va_list`.
    List(*mut c_void),
    /// An array of `DWORD_PTR`.
    Array(*const u64),
}

impl Arguments {
    /// The next argument, as the 64 bits in which it was passed.
    ///
    /// # Safety
    ///
    /// The pointer is what its name says, and there is another argument, as the format tells.
    pub(crate) unsafe fn next(&mut self) -> Option<u64> {
        let place = match self {
            Self::None => return None,
            Self::List(list) => {
                // SAFETY: as promised.
                let list = unsafe { &mut *list.cast::<List>() };
                list.next()
            }
            Self::Array(next) => {
                let place = *next;
                *next = place.wrapping_add(1);
                place
            }
        };
        // SAFETY: there is another argument, as promised.
        Some(unsafe { place.read_unaligned() })
    }
}
