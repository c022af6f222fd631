//! Starting programs: `CreateProcess`.
//!
//! A handle means nothing in another process, so none is inherited but the standard streams, as
//! descriptors. They may be files, consoles and whatever else was opened by a path.

use std::ffi::{CString, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::children;
use crate::abi::{Bool, Dword, Handle};
use crate::handle::{self, Object};
use crate::path;
use crate::status::{Status, set_last_error};
use crate::text::{In, Out, Text, Unit, exports};
use crate::wait::{Kind, Waitable};

/// `STARTUPINFO`; what concerns windows is not looked at.
#[repr(C)]
#[derive(Clone, Copy)]
struct Startup {
    size: u32,
    names: [*const c_void; 3],
    places: [u32; 7],
    flags: u32,
    show: [u16; 2],
    reserved: *const c_void,
    streams: [Handle; 3],
}

const _: () = assert!(size_of::<Startup>() == 104);

/// `STARTF_USESTDHANDLES`.
const USE_STREAMS: u32 = 0x100;

/// `PROCESS_INFORMATION`.
#[repr(C)]
struct Information {
    process: Handle,
    thread: Handle,
    process_id: u32,
    thread_id: u32,
}

const _: () = assert!(size_of::<Information>() == 24);

/// `DEBUG_PROCESS`, `DEBUG_ONLY_THIS_PROCESS`, `CREATE_SUSPENDED`: not to be had.
const IMPOSSIBLE: Dword = 1 | 2 | 4;
/// `CREATE_NEW_PROCESS_GROUP`.
const NEW_GROUP: Dword = 0x200;
/// `CREATE_UNICODE_ENVIRONMENT`.
const WIDE_ENVIRONMENT: Dword = 0x400;

/// The arguments in a command line, by Microsoft's rules: quotes hold blanks together, a
/// backslash is one unless a quote follows, and `""` within quotes is a quote.
fn arguments(line: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut rest = line;
    loop {
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
        rest = &rest[blanks.count()..];
        if rest.is_empty() {
            return all;
        }
        let (argument, length) = argument(rest);
        all.push(argument);
        rest = &rest[length..];
    }
}

/// The first argument, and how long it was.
fn argument(line: &[u8]) -> (Vec<u8>, usize) {
    let (mut argument, mut quoted, mut at) = (Vec::new(), false, 0);
    while at < line.len() && (quoted || !matches!(line[at], b' ' | b'\t')) {
        let slashes = line[at..].iter().take_while(|byte| **byte == b'\\').count();
        at += slashes;
        if line.get(at) != Some(&b'"') {
            argument.extend(std::iter::repeat_n(b'\\', slashes));
            if slashes == 0 {
                argument.push(line[at]);
                at += 1;
            }
            continue;
        }
        argument.extend(std::iter::repeat_n(b'\\', slashes / 2));
        at += 1;
        if slashes % 2 == 1 {
            argument.push(b'"');
        } else if quoted && line.get(at) == Some(&b'"') {
            argument.push(b'"');
            at += 1;
        } else {
            quoted = !quoted;
        }
    }
    (argument, at)
}

fn c_string(bytes: Vec<u8>) -> Result<CString, Status> {
    CString::new(bytes).map_err(|_| Status::INVALID_PARAMETER)
}

/// The file of a program, with or without the ending that it has on Windows. `None` for a name
/// without a folder, which the system looks for in its path.
fn file_of(name: &[u8], in_path: bool) -> Option<Vec<u8>> {
    let bare = path::system_form(name);
    let mut names = vec![bare.clone()];
    match bare.len().checked_sub(4).map(|at| bare.split_at(at)) {
        Some((stem, ending)) if ending.eq_ignore_ascii_case(b".exe") => names.push(stem.to_vec()),
        _ => names.push([&bare, &b".exe"[..]].concat()),
    }
    let is_program = |name: &Vec<u8>| {
        c_string(name.clone()).is_ok_and(|name| {
            // SAFETY: a string that ends with zero.
            unsafe { libc::access(name.as_ptr(), libc::X_OK) == 0 }
        })
    };
    let here = names.iter().find(|name| is_program(name));
    if let Some(here) = here {
        // The system would look for a bare name in its path only.
        let folder: &[u8] = if here.contains(&b'/') { b"" } else { b"./" };
        return Some([folder, here].concat());
    }
    if !in_path || bare.contains(&b'/') {
        return None;
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).find_map(|folder| {
        let folder = folder.into_os_string().into_encoded_bytes();
        let in_folder = |name: &Vec<u8>| [&folder, &b"/"[..], name].concat();
        names.iter().map(in_folder).find(|name| is_program(name))
    })
}

/// The strings of an environment block, or of this process's own environment.
///
/// # Safety
///
/// The block is null, or holds strings of the unit that the flags tell and ends with two zeros.
unsafe fn environment<U: Unit>(block: *const c_void, flags: Dword) -> Result<Vec<CString>, Status> {
    if block.is_null() {
        return std::env::vars_os()
            .map(|(name, value)| {
                let (name, value) = (name.into_encoded_bytes(), value.into_encoded_bytes());
                c_string([&name, &b"="[..], &value].concat())
            })
            .collect();
    }
    match (flags & WIDE_ENVIRONMENT != 0, U::WIDE) {
        // SAFETY: as the caller says.
        (false, _) => unsafe { strings::<u8>(block.cast()) },
        // SAFETY: as the caller says.
        (true, true) => unsafe { strings::<U>(block.cast()) },
        // How wide they are, only the wide function knows.
        (true, false) => Err(Status::NOT_SUPPORTED),
    }
}

/// The strings of a block.
///
/// # Safety
///
/// The block holds strings and ends with two zeros.
unsafe fn strings<U: Unit>(block: *const U) -> Result<Vec<CString>, Status> {
    let mut strings = Vec::new();
    let mut at = block;
    loop {
        // SAFETY: within the block, whose end has not been met.
        let string = unsafe { Text::new(at) }.or_empty();
        if string.is_empty() {
            return Ok(strings);
        }
        strings.push(c_string(path::to_bytes(string))?);
        at = at.wrapping_add(string.len() + 1);
    }
}

/// The descriptor that a standard stream of the new process is to be; `None` for none.
fn descriptor_of(stream: Handle) -> Result<Option<i32>, Status> {
    if stream.is_null() || stream.addr() == crate::abi::INVALID_HANDLE {
        return Ok(None);
    }
    match handle::get(stream).as_deref() {
        Some(Object::File(file)) => Ok(Some(file.fd())),
        Some(_) => Err(Status::NOT_SUPPORTED),
        None => Err(Status::INVALID_HANDLE),
    }
}

/// What is to be started, in the system's terms.
struct Program {
    file: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    folder: Option<CString>,
    streams: [Option<i32>; 3],
    new_group: bool,
}

/// Pointers to the strings, and a null behind.
fn pointers(strings: &[CString]) -> Vec<*mut std::ffi::c_char> {
    let mut pointers: Vec<_> = strings.iter().map(|one| one.as_ptr().cast_mut()).collect();
    pointers.push(std::ptr::null_mut());
    pointers
}

impl Program {
    /// Starts it; its number.
    fn start(&self) -> Result<u32, Status> {
        let mut actions = MaybeUninit::uninit();
        let actions = actions.as_mut_ptr();
        let mut attributes = MaybeUninit::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: room for them.
        unsafe { libc::posix_spawn_file_actions_init(actions) };
        // SAFETY: room for them.
        unsafe { libc::posix_spawnattr_init(attributes) };
        // SAFETY: both were initialised just now.
        let mut error = unsafe { self.prepare(actions, attributes) };
        let (mut id, arguments) = (0, pointers(&self.arguments));
        let environment = pointers(&self.environment);
        let (file, first) = (self.file.as_ptr(), arguments.as_ptr());
        if error == 0 {
            // SAFETY: everything was made for this call, and outlives it.
            error = unsafe {
                libc::posix_spawn(
                    &raw mut id,
                    file,
                    actions,
                    attributes,
                    first,
                    environment.as_ptr(),
                )
            };
        }
        // SAFETY: initialised above, and not used any more.
        unsafe { libc::posix_spawn_file_actions_destroy(actions) };
        // SAFETY: as above.
        unsafe { libc::posix_spawnattr_destroy(attributes) };
        match error {
            0 => Ok(id.cast_unsigned()),
            error => Err(Status::of_file(error)),
        }
    }

    /// # Safety
    ///
    /// Both are initialised.
    unsafe fn prepare(
        &self,
        actions: *mut libc::posix_spawn_file_actions_t,
        attributes: *mut libc::posix_spawnattr_t,
    ) -> i32 {
        let mut error = 0;
        for (place, stream) in (0..).zip(self.streams) {
            if let Some(stream) = stream {
                // SAFETY: as the caller says.
                error |= unsafe { libc::posix_spawn_file_actions_adddup2(actions, stream, place) };
            }
        }
        if let Some(folder) = &self.folder {
            // SAFETY: as the caller says; the string is copied.
            error |=
                unsafe { libc::posix_spawn_file_actions_addchdir_np(actions, folder.as_ptr()) };
        }
        let mut none = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: room for a set.
        unsafe { libc::sigemptyset(none.as_mut_ptr()) };
        // SAFETY: as the caller says; the set was made just now.
        error |= unsafe { libc::posix_spawnattr_setsigmask(attributes, none.as_ptr()) };
        let mut flags = libc::POSIX_SPAWN_SETSIGMASK;
        if self.new_group {
            flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        // SAFETY: as the caller says.
        error | unsafe { libc::posix_spawnattr_setflags(attributes, flags as i16) }
    }
}

/// What the arguments of the call ask for.
///
/// # Safety
///
/// As [`environment`].
unsafe fn program<U: Unit>(
    file: Text<U>,
    line: Text<U>,
    (flags, block): (Dword, *const c_void),
    folder: Text<U>,
    startup: Startup,
) -> Result<Program, Status> {
    if flags & IMPOSSIBLE != 0 {
        return Err(Status::NOT_SUPPORTED);
    }
    let named = file.get().map(path::to_bytes);
    let mut arguments = arguments(&path::to_bytes(line.or_empty()));
    if arguments.is_empty() {
        arguments.extend(named.clone());
    }
    let first = arguments.first().ok_or(Status::INVALID_PARAMETER)?;
    let (name, in_path) = named.as_ref().map_or((first, true), |name| (name, false));
    let file = file_of(name, in_path).ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
    let mut streams = [None; 3];
    if startup.flags & USE_STREAMS != 0 {
        for (stream, handle) in streams.iter_mut().zip(startup.streams) {
            *stream = descriptor_of(handle)?;
        }
    }
    Ok(Program {
        file: c_string(file)?,
        arguments: arguments
            .into_iter()
            .map(c_string)
            .collect::<Result<_, _>>()?,
        // SAFETY: as the caller says.
        environment: unsafe { environment::<U>(block, flags) }?,
        folder: match folder.is_null() {
            true => None,
            false => Some(path::parse_file(folder)?),
        },
        streams,
        new_group: flags & NEW_GROUP != 0,
    })
}

/// Handles of the new process and of its first thread, which ends with it.
fn handles_of(id: u32) -> Result<Information, Status> {
    let thread = super::Thread::new(id, false);
    let first = Arc::clone(&thread);
    let process = children::open_with(id, move |code| first.finish(code.unwrap_or(0)))?;
    let process = handle::insert(Object::Waitable(process))?;
    let thread = handle::insert(Object::Waitable(Waitable::new(Kind::Thread(thread))));
    let thread = thread.inspect_err(|_| {
        // Made a moment ago, and told to nobody.
        let _ = handle::close(process, |_| true);
    })?;
    Ok(Information {
        process,
        thread,
        process_id: id,
        thread_id: id,
    })
}

exports! {
    CreateProcessA, CreateProcessW, CreateProcessW_16:
    fn create<U>(
        file: Text<U>,
        line: Text<U>,
        _process: *const c_void,
        _thread: *const c_void,
        _inherit: Bool,
        flags: Dword,
        environment: *const c_void,
        folder: Text<U>,
        startup: In<Startup>,
        information: Out<Information>,
    ) -> Bool = 0;
    {
        let made = startup.get().ok_or(Status::INVALID_PARAMETER).and_then(|startup| {
            let how = (flags, environment);
            // SAFETY: the program's arguments, passed on.
            let program = unsafe { program(file, line, how, folder, startup) }?;
            handles_of(program.start()?)
        });
        match made {
            Ok(made) => {
                information.set(made);
                1
            }
            Err(status) => {
                set_last_error(status.win32());
                0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn command_lines_are_taken_apart_by_microsofts_rules() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  a\tb  ", &["a", "b"]),
            (r#""a b" c"#, &["a b", "c"]),
            (r#"a"b c"d"#, &["ab cd"]),
            (r#""" x"#, &["", "x"]),
            (r#"a\\b c\"d"#, &[r"a\\b", "c\"d"]),
            (r#""a\\" b"#, &[r"a\", "b"]),
            (r#""a\\\"b""#, &[r#"a\"b"#]),
            (r#""a""b""#, &["a\"b"]),
        ];
        for (line, wanted) in cases {
            let found = arguments(line.as_bytes());
            let found: Vec<_> = found
                .iter()
                .map(|one| String::from_utf8_lossy(one))
                .collect();
            assert_eq!(&found, wanted, "{line}");
        }
    }
}
