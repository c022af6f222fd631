//! Functions by their names, and a library's path.

use std::ffi::{CStr, c_char, c_void};

use super::Module;
use super::exports::EXPORTS;
use crate::code::Code;

/// A function of this library.
fn own(name: &str) -> Option<*mut c_void> {
    let place = EXPORTS.binary_search_by_key(&name, |row| row.0).ok()?;
    Some(EXPORTS[place].1 as *mut c_void)
}

/// A function of this library, by Microsoft's name: with 16-bit units where the program has those,
/// and also if the C library has another function of that name, which is why ours has a prefix.
pub(super) fn exported(name: &CStr, is_short: bool) -> Option<*mut c_void> {
    let name = name.to_str().ok()?;
    let short = || own(&format!("{name}_16")).or_else(|| own(&format!("iocp_{name}_16")));
    let found = if is_short { short() } else { None };
    found
        .or_else(|| own(name))
        .or_else(|| own(&format!("iocp_{name}")))
}

/// A symbol that a library of the system's loader exports.
pub(super) fn symbol(library: Module, name: &CStr) -> Option<*mut c_void> {
    // SAFETY: a library's handle and a string.
    let found = unsafe { libc::dlsym(library, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// What the loader keeps for each library, as far as it is told.
#[repr(C)]
struct LinkMap {
    address: usize,
    name: *const c_char,
}

pub(super) fn path_of_library(library: Module) -> Result<Vec<u8>, Code> {
    const LINKMAP: libc::c_int = 2;
    let mut map: *const LinkMap = std::ptr::null();
    // SAFETY: a library's handle, and a pointer's place.
    let told = unsafe { libc::dlinfo(library, LINKMAP, (&raw mut map).cast()) } == 0;
    if !told || map.is_null() {
        return Err(Code::MOD_NOT_FOUND);
    }
    // SAFETY: the loader's own entry, which stays while the library does.
    let name = unsafe { (*map).name };
    // SAFETY: as above: its path.
    Ok(unsafe { CStr::from_ptr(name) }.to_bytes().to_vec())
}
