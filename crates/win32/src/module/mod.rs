//! Modules: the program, libraries that it loads, and the system's own under their Windows names.
//!
//! What stands in `kernel32.dll` and its like is in this library. A handle for one of them leads to
//! a table of all functions that the library exports; which of them stands in which module on
//! Windows is not told apart.
//!
//! A path is given out with Windows' separators, since programs look for the last of them.

mod exports;
mod lookup;

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::sync::LazyLock;

use parking_lot::Mutex;

use crate::abi::{Bool, Dword, FALSE};
use crate::code::{Code, code_bool, code_door};
use crate::text::{Out, Room, Text, Unit, bytes_of, exports};

/// `HMODULE`.
type Module = *mut c_void;

/// The system's modules whose functions are here, as far as they are.
static KNOWN: [&CStr; 24] = [
    c"kernel32",
    c"kernelbase",
    c"ntdll",
    c"ws2_32",
    c"mswsock",
    c"wsock32",
    c"user32",
    c"advapi32",
    c"msvcrt",
    c"ucrtbase",
    c"winmm",
    c"shlwapi",
    c"shell32",
    c"rpcrt4",
    c"ole32",
    c"dbghelp",
    c"psapi",
    c"vcruntime140",
    c"msvcp140",
    c"gdi32",
    c"bcrypt",
    c"iphlpapi",
    c"crypt32",
    c"secur32",
];
const NTDLL: usize = 2;

/// Libraries that were loaded, and how often.
static LOADED: LazyLock<Mutex<HashMap<usize, usize>>> = LazyLock::new(Mutex::default);

/// A module, by its handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Program,
    Known,
    Library,
}

fn known_handle(place: usize) -> Module {
    std::ptr::from_ref(&KNOWN[place]).cast_mut().cast()
}

/// Does a handle stand for `ntdll.dll`?
pub(crate) fn is_ntdll(module: usize) -> bool {
    module == known_handle(NTDLL).addr()
}

/// The program's own handle: where it lies in memory.
fn program() -> Module {
    // SAFETY: no pointers are passed.
    let headers = unsafe { libc::getauxval(libc::AT_PHDR) } as usize;
    let page = crate::memory::page_size();
    std::ptr::with_exposed_provenance_mut(headers / page * page)
}

fn kind_of(module: Module) -> Option<Kind> {
    let all = KNOWN.as_ptr_range();
    if module.is_null() || module == program() {
        Some(Kind::Program)
    } else if (all.start.addr()..all.end.addr()).contains(&module.addr()) {
        Some(Kind::Known)
    } else {
        LOADED
            .lock()
            .contains_key(&module.addr())
            .then_some(Kind::Library)
    }
}

/// A file's name without its folder and, if it is one of these, its extension; in lower case.
fn base_name(name: &[u8]) -> Vec<u8> {
    let start = name.iter().rposition(|byte| matches!(byte, b'\\' | b'/'));
    let mut base = name[start.map_or(0, |at| at + 1)..].to_ascii_lowercase();
    for extension in [&b".dll"[..], b".exe", b"."] {
        if base.ends_with(extension) {
            base.truncate(base.len() - extension.len());
            break;
        }
    }
    base
}

/// One of the system's modules, by its name.
fn known(name: &[u8]) -> Option<Module> {
    let base = base_name(name);
    // The sets of functions into which Windows divides these modules.
    let base = if base.starts_with(b"api-ms-win-") {
        b"kernelbase".to_vec()
    } else {
        base
    };
    let place = KNOWN.iter().position(|known| known.to_bytes() == base)?;
    Some(known_handle(place))
}

/// The path of the program.
fn program_path() -> Vec<u8> {
    let path = std::fs::read_link("/proc/self/exe").unwrap_or_default();
    path.as_os_str().as_bytes().to_vec()
}

/// The names under which the system may have a library that Windows calls so.
fn candidates(name: &[u8]) -> Vec<CString> {
    let path = crate::path::system_form(name);
    let mut names = vec![path.clone()];
    let lower = path.to_ascii_lowercase();
    if lower.ends_with(b".dll") {
        let stem = &path[..path.len() - 4];
        let start = stem
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |at| at + 1);
        names.push([stem, b".so"].concat());
        names.push([&stem[..start], b"lib", &stem[start..], b".so"].concat());
    } else if !lower[lower.iter().rposition(|&b| b == b'/').unwrap_or(0)..].contains(&b'.') {
        names.push([&path, &b".so"[..]].concat());
    }
    names
        .into_iter()
        .filter_map(|name| CString::new(name).ok())
        .collect()
}

/// Opens a library by the first of its names that works.
fn open(name: &[u8], flags: libc::c_int) -> Option<Module> {
    let opened = candidates(name).into_iter().map(|name| {
        // SAFETY: a string; what the library does when it is loaded is the program's wish.
        completion_port::blocking(|| unsafe { libc::dlopen(name.as_ptr(), flags) })
    });
    opened.into_iter().find(|library| !library.is_null())
}

/// Loads a library, or finds the module that is there already.
fn load<U: Unit>(name: Text<U>) -> Result<Module, Code> {
    let name = bytes_of(name.get().ok_or(Code::INVALID_PARAMETER)?);
    if let Some(module) = known(&name) {
        return Ok(module);
    }
    let library = open(&name, libc::RTLD_NOW).ok_or(Code::MOD_NOT_FOUND)?;
    *LOADED
        .lock()
        .entry(library.expose_provenance())
        .or_insert(0) += 1;
    Ok(library)
}

/// A module that is there already.
fn find<U: Unit>(name: Text<U>) -> Result<Module, Code> {
    let Some(name) = name.get() else {
        return Ok(program());
    };
    let name = bytes_of(name);
    if let Some(module) = known(&name) {
        return Ok(module);
    }
    if base_name(&name) == base_name(&program_path()) {
        return Ok(program());
    }
    let library = open(&name, libc::RTLD_NOW | libc::RTLD_NOLOAD).ok_or(Code::MOD_NOT_FOUND)?;
    // Asking counted it as opened once more.
    // SAFETY: opened just now.
    unsafe { libc::dlclose(library) };
    LOADED
        .lock()
        .entry(library.expose_provenance())
        .or_insert(0);
    Ok(library)
}

/// The module in which an address lies.
fn around(address: *const c_void) -> Result<Module, Code> {
    // SAFETY: a structure of numbers.
    let mut found: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: the structure is there to be written; any address may be asked about.
    let known = unsafe { libc::dladdr(address, &raw mut found) } != 0;
    if !known || found.dli_fname.is_null() {
        return Err(Code::MOD_NOT_FOUND);
    }
    let base = found.dli_fbase.addr();
    if base == program().addr() {
        return Ok(program());
    }
    // SAFETY: the path that the loader keeps.
    let path = unsafe { CStr::from_ptr(found.dli_fname) };
    if base == own_base() {
        return Ok(known_handle(0));
    }
    // SAFETY: the path of a library that is loaded.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
    if library.is_null() {
        return Err(Code::MOD_NOT_FOUND);
    }
    // SAFETY: opened just now.
    unsafe { libc::dlclose(library) };
    LOADED
        .lock()
        .entry(library.expose_provenance())
        .or_insert(0);
    Ok(library)
}

/// Where this library lies, which is the program itself if it is linked into it.
fn own_base() -> usize {
    // SAFETY: a structure of numbers.
    let mut found: libc::Dl_info = unsafe { std::mem::zeroed() };
    let own = GetProcAddress as *const c_void;
    // SAFETY: the structure is there to be written.
    unsafe { libc::dladdr(own, &raw mut found) };
    found.dli_fbase.addr()
}

/// Takes one use of a library back.
fn free(module: Module) -> Result<(), Code> {
    match kind_of(module)
        .filter(|_| !module.is_null())
        .ok_or(Code::MOD_NOT_FOUND)?
    {
        Kind::Program | Kind::Known => Ok(()),
        Kind::Library => {
            let mut loaded = LOADED.lock();
            let uses = loaded.get_mut(&module.addr()).filter(|uses| **uses > 0);
            let uses = uses.ok_or(Code::MOD_NOT_FOUND)?;
            *uses -= 1;
            if *uses == 0 {
                loaded.remove(&module.addr());
            }
            drop(loaded);
            // SAFETY: it was opened as often as it is closed.
            unsafe { libc::dlclose(module) };
            Ok(())
        }
    }
}

/// The path of the file in which a module is.
fn path_of(module: Module) -> Result<Vec<u8>, Code> {
    match kind_of(module).ok_or(Code::MOD_NOT_FOUND)? {
        Kind::Program => Ok(program_path()),
        Kind::Known => {
            // SAFETY: a structure of numbers.
            let mut found: libc::Dl_info = unsafe { std::mem::zeroed() };
            let own = GetProcAddress as *const c_void;
            // SAFETY: the structure is there to be written.
            unsafe { libc::dladdr(own, &raw mut found) };
            if found.dli_fname.is_null() || own_base() == program().addr() {
                return Ok(program_path());
            }
            // SAFETY: the path that the loader keeps.
            Ok(unsafe { CStr::from_ptr(found.dli_fname) }
                .to_bytes()
                .to_vec())
        }
        Kind::Library => lookup::path_of_library(module),
    }
}

/// `GET_MODULE_HANDLE_EX_FLAG_…`.
const PIN: u32 = 1;
const UNCHANGED_REFCOUNT: u32 = 2;
const FROM_ADDRESS: u32 = 4;

fn find_ex<U: Unit>(flags: u32, name: Text<U>) -> Result<Module, Code> {
    if flags & !(PIN | UNCHANGED_REFCOUNT | FROM_ADDRESS) != 0
        || flags & (PIN | UNCHANGED_REFCOUNT) == PIN | UNCHANGED_REFCOUNT
    {
        return Err(Code::INVALID_PARAMETER);
    }
    let module = if flags & FROM_ADDRESS == 0 {
        find(name)?
    } else {
        around(name.as_ptr().cast())?
    };
    if flags & UNCHANGED_REFCOUNT == 0 && kind_of(module) == Some(Kind::Library) {
        let path = CString::new(path_of(module)?).map_err(|_| Code::MOD_NOT_FOUND)?;
        // SAFETY: the path of a library that is loaded.
        unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        *LOADED.lock().entry(module.expose_provenance()).or_insert(0) += 1;
    }
    Ok(module)
}

exports! {
    LoadLibraryA, LoadLibraryW, LoadLibraryW_16:
    fn load_library<U>(name: Text<U>) -> Module = std::ptr::null_mut(); {
        code_door(std::ptr::null_mut(), || load(name))
    }

    LoadLibraryExA, LoadLibraryExW, LoadLibraryExW_16:
    fn load_library_ex<U>(name: Text<U>, _file: *mut c_void, _flags: Dword) -> Module
    = std::ptr::null_mut(); {
        // The flags say where to look, which the system's loader decides here.
        code_door(std::ptr::null_mut(), || load(name))
    }

    GetModuleHandleA, GetModuleHandleW, GetModuleHandleW_16:
    fn get_module_handle<U>(name: Text<U>) -> Module = std::ptr::null_mut(); {
        code_door(std::ptr::null_mut(), || find(name))
    }

    GetModuleHandleExA, GetModuleHandleExW, GetModuleHandleExW_16:
    fn get_module_handle_ex<U>(flags: Dword, name: Text<U>, module: Out<Module>) -> Bool = FALSE; {
        module.set(std::ptr::null_mut());
        code_bool(|| {
            module.set(find_ex(flags, name)?);
            Ok(())
        })
    }

    GetModuleFileNameA, GetModuleFileNameW, GetModuleFileNameW_16:
    fn get_module_file_name<U>(module: Module, buffer: Room<U>, length: Dword) -> Dword = 0; {
        code_door(0, || {
            let path = crate::path::shown::<U>(&path_of(module)?);
            // SAFETY: the buffer is as long as the program says.
            let fits = unsafe { buffer.write_fitting(&path, length as usize) };
            if fits {
                return Ok(path.len() as Dword);
            }
            crate::status::set_last_error(Code::INSUFFICIENT_BUFFER.0);
            Ok(length)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FreeLibrary(module: Module) -> Bool {
    code_bool(|| free(module))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DisableThreadLibraryCalls(module: Module) -> Bool {
    // There are no such calls.
    code_bool(|| kind_of(module).map(|_| ()).ok_or(Code::MOD_NOT_FOUND))
}

unsafe extern "C-unwind" {
    fn ExitThread(code: Dword) -> !;
}

/// The thread's stack is unwound from here on, so that nothing is left to be cleaned up.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn FreeLibraryAndExitThread(module: Module, code: Dword) -> ! {
    // SAFETY: the program passes a module.
    unsafe { FreeLibrary(module) };
    // SAFETY: any code will do.
    unsafe { ExitThread(code) }
}

/// A function by its name; by a number there is none.
fn procedure(module: Module, name: *const c_char, is_short: bool) -> *mut c_void {
    code_door(std::ptr::null_mut(), || {
        /// `ERROR_INVALID_ORDINAL`.
        const INVALID_ORDINAL: Code = Code(182);
        let kind = kind_of(module).ok_or(Code::MOD_NOT_FOUND)?;
        if name.addr() >> 16 == 0 {
            return Err(INVALID_ORDINAL);
        }
        // SAFETY: a string, as it is no number.
        let name = unsafe { CStr::from_ptr(name) };
        let found = match kind {
            Kind::Known => lookup::exported(name, is_short),
            Kind::Program => lookup::symbol(libc::RTLD_DEFAULT, name),
            Kind::Library => lookup::symbol(module, name),
        };
        found.ok_or(Code::PROC_NOT_FOUND)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetProcAddress(module: Module, name: *const c_char) -> *mut c_void {
    procedure(module, name, false)
}

/// For programs with 16-bit `wchar_t`, who want the functions that go with it.
#[unsafe(no_mangle)]
unsafe extern "C" fn GetProcAddress_16(module: Module, name: *const c_char) -> *mut c_void {
    procedure(module, name, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_modules_are_known_in_any_spelling() {
        assert_eq!(known(b"KERNEL32.DLL"), known(b"kernel32"));
        assert_eq!(known(br"C:\Windows\System32\Ws2_32.dll"), known(b"ws2_32"));
        assert!(known(b"api-ms-win-core-file-l1-1-0.dll").is_some());
        assert!(known(b"mylib.dll").is_none());
        assert!(is_ntdll(known(b"ntdll.dll").unwrap().addr()));
    }

    #[test]
    fn a_library_may_have_a_name_of_linux() {
        let names = candidates(br"plugins\math.dll");
        assert_eq!(
            names,
            [
                c"plugins/math.dll",
                c"plugins/math.so",
                c"plugins/libmath.so"
            ]
        );
        assert_eq!(candidates(b"libm.so.6"), [c"libm.so.6"]);
        assert_eq!(candidates(b"math"), [c"math", c"math.so"]);
    }
}
