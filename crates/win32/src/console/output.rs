//! Text for the console, its colours, the cursor.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU16, Ordering};

use super::terminal::{self, Raw};
use super::{keyboard, terminal_of};
use crate::abi::{Bool, Dword, Handle};
use crate::code::{Code, code_bool};
use crate::crt::{flush_output, write_all};
use crate::text::{In, Out, Text, bytes_of, exports};

/// Light grey on black, which is what a console begins with; here, the terminal's own colours.
const DEFAULT_ATTRIBUTES: u16 = 7;
const INTENSE: u16 = 8;
const REVERSED: u16 = 0x4000;
const UNDERLINED: u16 = 0x8000;

static ATTRIBUTES: AtomicU16 = AtomicU16::new(DEFAULT_ATTRIBUTES);

/// `COORD`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct Coordinates {
    x: i16,
    y: i16,
}

/// `SMALL_RECT`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct Rectangle {
    left: i16,
    top: i16,
    right: i16,
    bottom: i16,
}

/// `CONSOLE_SCREEN_BUFFER_INFO`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Screen {
    size: Coordinates,
    cursor: Coordinates,
    attributes: u16,
    window: Rectangle,
    window_max: Coordinates,
}

const _: () = assert!(size_of::<Screen>() == 22);

/// `CONSOLE_CURSOR_INFO`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Cursor {
    size: u32,
    is_visible: Bool,
}

/// Writes after what the C library holds back.
fn show(fd: i32, bytes: &[u8]) -> Result<(), Code> {
    flush_output();
    if write_all(fd, bytes) {
        Ok(())
    } else {
        Err(Code::INVALID_HANDLE)
    }
}

/// The order of a terminal's colours has red and blue the other way round.
fn terminal_colour(bits: u16) -> u16 {
    (bits & 2) | (bits & 1) << 2 | (bits & 4) >> 2
}

/// The control sequence for attributes.
fn sequence(attributes: u16) -> String {
    let mut codes = vec!["0".to_owned()];
    let halves = [(attributes & 15, 30, 90), (attributes >> 4 & 15, 40, 100)];
    if attributes & 0xff != DEFAULT_ATTRIBUTES {
        for (half, plain, intense) in halves {
            let first = if half & INTENSE == 0 { plain } else { intense };
            codes.push((first + terminal_colour(half & 7)).to_string());
        }
    }
    if attributes & REVERSED != 0 {
        codes.push("7".to_owned());
    }
    if attributes & UNDERLINED != 0 {
        codes.push("4".to_owned());
    }
    format!("\x1b[{}m", codes.join(";"))
}

/// Asks the terminal where its cursor is. Keys that come in between are kept.
fn cursor_of(fd: i32) -> Option<Coordinates> {
    const ANSWER_MAX_MS: i32 = 200;
    if !terminal::is_terminal(0) {
        return None;
    }
    let _raw = Raw::enter(0);
    show(fd, b"\x1b[6n").ok()?;
    let mut answer = Vec::new();
    loop {
        if !terminal::is_readable(0, ANSWER_MAX_MS) {
            keyboard::add(&answer);
            return None;
        }
        let mut buffer = [0; 64];
        let length = terminal::read(0, &mut buffer);
        answer.extend_from_slice(&buffer[..length]);
        if let Some((place, rest)) = place_in(&answer) {
            keyboard::add(&rest);
            return Some(place);
        }
        if length == 0 {
            return None;
        }
    }
}

/// The place in a terminal's answer `ESC [ row ; column R`, and the bytes around it.
fn place_in(answer: &[u8]) -> Option<(Coordinates, Vec<u8>)> {
    let end = answer.iter().position(|&byte| byte == b'R')?;
    let start = answer[..end]
        .windows(2)
        .rposition(|pair| pair == b"\x1b[")?;
    let text = std::str::from_utf8(&answer[start + 2..end]).ok()?;
    let (row, column) = text.split_once(';')?;
    let place = Coordinates {
        x: column.parse::<i16>().ok()?.saturating_sub(1),
        y: row.parse::<i16>().ok()?.saturating_sub(1),
    };
    Some((place, [&answer[..start], &answer[end + 1..]].concat()))
}

exports! {
    WriteConsoleA, WriteConsoleW, WriteConsoleW_16:
    fn write_console<U>(
        console: Handle, text: Text<U>, length: Dword, written: Out<Dword>,
        _reserved: *const c_void,
    ) -> Bool = 0; {
        code_bool(|| {
            let fd = terminal_of(console)?;
            // SAFETY: the program passes so many units.
            let units = unsafe { text.exactly(length as usize) }.unwrap_or(&[]);
            show(fd, &bytes_of(units))?;
            written.set(units.len() as Dword);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetConsoleTextAttribute(console: Handle, attributes: u16) -> Bool {
    code_bool(|| {
        let fd = terminal_of(console)?;
        ATTRIBUTES.store(attributes, Ordering::Relaxed);
        show(fd, sequence(attributes).as_bytes())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetConsoleScreenBufferInfo(console: Handle, screen: Out<Screen>) -> Bool {
    code_bool(|| {
        let fd = terminal_of(console)?;
        let (columns, rows) = terminal::size(fd).unwrap_or((80, 25));
        let size = Coordinates {
            x: columns as i16,
            y: rows as i16,
        };
        screen.set(Screen {
            size,
            cursor: cursor_of(fd).unwrap_or_default(),
            attributes: ATTRIBUTES.load(Ordering::Relaxed),
            window: Rectangle {
                left: 0,
                top: 0,
                right: size.x - 1,
                bottom: size.y - 1,
            },
            window_max: size,
        });
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetConsoleCursorPosition(console: Handle, place: Coordinates) -> Bool {
    code_bool(|| {
        let fd = terminal_of(console)?;
        let (columns, rows) = terminal::size(fd).unwrap_or((80, 25));
        let inside = (0..columns as i16).contains(&place.x) && (0..rows as i16).contains(&place.y);
        if !inside {
            return Err(Code::INVALID_PARAMETER);
        }
        show(
            fd,
            format!("\x1b[{};{}H", place.y + 1, place.x + 1).as_bytes(),
        )
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetConsoleCursorInfo(console: Handle, cursor: In<Cursor>) -> Bool {
    code_bool(|| {
        let fd = terminal_of(console)?;
        let cursor = cursor.get().ok_or(Code::INVALID_PARAMETER)?;
        if !(1..=100).contains(&cursor.size) {
            return Err(Code::INVALID_PARAMETER);
        }
        let shown = cursor.is_visible != 0;
        show(fd, if shown { b"\x1b[?25h" } else { b"\x1b[?25l" })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_told_in_the_terminals_order() {
        assert_eq!(sequence(7), "\x1b[0m");
        assert_eq!(sequence(4), "\x1b[0;31;40m");
        assert_eq!(sequence(0x0a), "\x1b[0;92;40m");
        assert_eq!(sequence(0x1f), "\x1b[0;97;44m");
        assert_eq!(sequence(7 | UNDERLINED), "\x1b[0;4m");
    }

    #[test]
    fn the_cursors_place_is_found_among_keys() {
        let (place, rest) = place_in(b"ab\x1b[12;40Rc").unwrap();
        assert_eq!((place.x, place.y), (39, 11));
        assert_eq!(rest, b"abc");
        assert!(place_in(b"\x1b[12;4").is_none());
    }
}
