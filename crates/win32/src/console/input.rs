//! Lines from the console, and its modes.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use super::{keyboard, terminal, terminal_of};
use crate::abi::{Bool, Dword, Handle};
use crate::code::{Code, code_bool};
use crate::handle::{self, Object};
use crate::text::{Out, Room, Unit, exports};

const PROCESSED_INPUT: u32 = 1;
const LINE_INPUT: u32 = 2;
const ECHO_INPUT: u32 = 4;

/// `ENABLE_PROCESSED_OUTPUT`, `ENABLE_WRAP_AT_EOL_OUTPUT`.
const OUTPUT_DEFAULT: u32 = 3;
/// All output modes that there are.
const OUTPUT_ALL: u32 = 0x1f;
/// All input modes that there are.
const INPUT_ALL: u32 = 0x3ff;

/// What the program set. A terminal acts on control sequences always, so nothing hangs on it.
static OUTPUT_MODE: AtomicU32 = AtomicU32::new(OUTPUT_DEFAULT);
/// The input modes that a terminal does not know: window and mouse events, editing.
static INPUT_MODE: AtomicU32 = AtomicU32::new(0);

/// Bytes of a line that did not fit what was read last.
static REST: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Is the handle for input? A terminal can do both; the stream's number tells, or the access.
fn is_input(console: Handle) -> bool {
    const WRITE_DATA: u32 = 2;
    match handle::get(console).as_deref() {
        Some(Object::File(file)) => match file.fd() {
            0 => true,
            1 | 2 => false,
            _ => file.permits(WRITE_DATA).is_err(),
        },
        _ => false,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetConsoleMode(console: Handle, mode: Out<Dword>) -> Bool {
    code_bool(|| {
        let fd = terminal_of(console)?;
        if !is_input(console) {
            mode.set(OUTPUT_MODE.load(Ordering::Relaxed));
            return Ok(());
        }
        let modes = terminal::modes(fd).ok_or(Code::INVALID_HANDLE)?;
        let has = |flag, mode| if modes.c_lflag & flag == 0 { 0 } else { mode };
        mode.set(
            INPUT_MODE.load(Ordering::Relaxed)
                | has(libc::ISIG, PROCESSED_INPUT)
                | has(libc::ICANON, LINE_INPUT)
                | has(libc::ECHO, ECHO_INPUT),
        );
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetConsoleMode(console: Handle, mode: Dword) -> Bool {
    code_bool(|| {
        let fd = terminal_of(console)?;
        if !is_input(console) {
            if mode & !OUTPUT_ALL != 0 {
                return Err(Code::INVALID_PARAMETER);
            }
            OUTPUT_MODE.store(mode, Ordering::Relaxed);
            return Ok(());
        }
        // Echo is of lines only, as documented.
        let lone_echo = mode & (ECHO_INPUT | LINE_INPUT) == ECHO_INPUT;
        if mode & !INPUT_ALL != 0 || lone_echo {
            return Err(Code::INVALID_PARAMETER);
        }
        let mut modes = terminal::modes(fd).ok_or(Code::INVALID_HANDLE)?;
        for (flag, of) in [
            (libc::ISIG, PROCESSED_INPUT),
            (libc::ICANON, LINE_INPUT),
            (libc::ECHO, ECHO_INPUT),
        ] {
            if mode & of == 0 {
                modes.c_lflag &= !flag;
            } else {
                modes.c_lflag |= flag;
            }
        }
        modes.c_cc[libc::VMIN] = 1;
        modes.c_cc[libc::VTIME] = 0;
        let known = PROCESSED_INPUT | LINE_INPUT | ECHO_INPUT;
        INPUT_MODE.store(mode & !known, Ordering::Relaxed);
        if terminal::keep_modes(fd, &modes) {
            Ok(())
        } else {
            Err(Code::INVALID_HANDLE)
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FlushConsoleInputBuffer(console: Handle) -> Bool {
    code_bool(|| {
        let fd = terminal_of(console)?;
        keyboard::forget();
        REST.lock().clear();
        // SAFETY: no pointers are passed.
        unsafe { libc::tcflush(fd, libc::TCIFLUSH) };
        Ok(())
    })
}

/// The bytes of the next line, or of what is there in other modes; lines end as on Windows.
fn next_bytes(fd: i32) -> Vec<u8> {
    let rest = std::mem::take(&mut *REST.lock());
    if !rest.is_empty() {
        return rest;
    }
    let by_lines = terminal::modes(fd).is_some_and(|modes| modes.c_lflag & libc::ICANON != 0);
    let mut buffer = [0; 4096];
    let length = completion_port::blocking(|| terminal::read(fd, &mut buffer));
    let mut bytes = buffer[..length].to_vec();
    if by_lines && bytes.last() == Some(&b'\n') {
        bytes.pop();
        bytes.extend(b"\r\n");
    }
    bytes
}

exports! {
    ReadConsoleA, ReadConsoleW, ReadConsoleW_16:
    fn read_console<U>(
        console: Handle, buffer: Room<U>, length: Dword, read: Out<Dword>, _control: *const c_void,
    ) -> Bool = 0; {
        code_bool(|| {
            let fd = terminal_of(console)?;
            if buffer.is_null() || read.is_null() {
                return Err(Code::NOACCESS);
            }
            let bytes = next_bytes(fd);
            let mut units = Vec::<U>::new();
            let mut left = &bytes[..];
            while let Some((character, taken)) = u8::decode(left) {
                let before = units.len();
                U::encode(character.unwrap_or(crate::text::REPLACEMENT), &mut units);
                if units.len() > length as usize {
                    units.truncate(before);
                    break;
                }
                left = &left[taken..];
            }
            *REST.lock() = left.to_vec();
            // SAFETY: the buffer has place for `length` units.
            unsafe { buffer.write_at(0, &units) };
            read.set(units.len() as Dword);
            Ok(())
        })
    }
}
