//! Keys, one by one: from the terminal at standard input, or the bytes of whatever is there.
//!
//! A terminal is switched to single keys for as long as one is waited for or looked for, so that
//! a program may also read lines.

use std::collections::VecDeque;

use parking_lot::Mutex;

use super::terminal::{self, Raw};
use crate::text::Unit;

const INPUT: i32 = 0;

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Character(char),
    /// A key without a character: what `_getch` gives for it first, and then.
    Special(u8, u8),
}

/// What was read and not taken yet.
struct Waiting {
    keys: VecDeque<Key>,
    /// The rest of a key of which bytes were taken.
    bytes: VecDeque<u8>,
    /// The rest of a key of which wide characters were taken.
    units: VecDeque<u32>,
    given_back: Option<u32>,
}

static WAITING: Mutex<Waiting> = Mutex::new(Waiting {
    keys: VecDeque::new(),
    bytes: VecDeque::new(),
    units: VecDeque::new(),
    given_back: None,
});

/// A terminal's sequences behind escape, and the codes of the keys that send them.
const SEQUENCES: &[(&[u8], u8, u8)] = &[
    (b"[A", 0xe0, 72),
    (b"[B", 0xe0, 80),
    (b"[C", 0xe0, 77),
    (b"[D", 0xe0, 75),
    (b"[H", 0xe0, 71),
    (b"[F", 0xe0, 79),
    (b"OA", 0xe0, 72),
    (b"OB", 0xe0, 80),
    (b"OC", 0xe0, 77),
    (b"OD", 0xe0, 75),
    (b"OH", 0xe0, 71),
    (b"OF", 0xe0, 79),
    (b"[1~", 0xe0, 71),
    (b"[2~", 0xe0, 82),
    (b"[3~", 0xe0, 83),
    (b"[4~", 0xe0, 79),
    (b"[5~", 0xe0, 73),
    (b"[6~", 0xe0, 81),
    (b"OP", 0, 59),
    (b"OQ", 0, 60),
    (b"OR", 0, 61),
    (b"OS", 0, 62),
    (b"[15~", 0, 63),
    (b"[17~", 0, 64),
    (b"[18~", 0, 65),
    (b"[19~", 0, 66),
    (b"[20~", 0, 67),
    (b"[21~", 0, 68),
    (b"[23~", 0xe0, 133),
    (b"[24~", 0xe0, 134),
];

/// Windows' number for each of these keys.
const VIRTUAL: &[(i32, u8, u8)] = &[
    (0x21, 0xe0, 73),
    (0x22, 0xe0, 81),
    (0x23, 0xe0, 79),
    (0x24, 0xe0, 71),
    (0x25, 0xe0, 75),
    (0x26, 0xe0, 72),
    (0x27, 0xe0, 77),
    (0x28, 0xe0, 80),
    (0x2d, 0xe0, 82),
    (0x2e, 0xe0, 83),
    (0x70, 0, 59),
    (0x71, 0, 60),
    (0x72, 0, 61),
    (0x73, 0, 62),
    (0x74, 0, 63),
    (0x75, 0, 64),
    (0x76, 0, 65),
    (0x77, 0, 66),
    (0x78, 0, 67),
    (0x79, 0, 68),
    (0x7a, 0xe0, 133),
    (0x7b, 0xe0, 134),
];

const ESCAPE: u8 = 0x1b;

/// The keys behind the bytes that a terminal sent at once.
fn keys_of(mut bytes: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    while let Some(&first) = bytes.first() {
        let special = SEQUENCES
            .iter()
            .find(|row| first == ESCAPE && bytes[1..].starts_with(row.0));
        if let Some((sequence, prefix, code)) = special {
            keys.push(Key::Special(*prefix, *code));
            bytes = &bytes[1 + sequence.len()..];
            continue;
        }
        let Some((character, length)) = u8::decode(bytes) else {
            break;
        };
        bytes = &bytes[length..];
        keys.push(Key::Character(match character {
            Ok('\n') => '\r',
            Ok('\u{7f}') => '\u{8}',
            Ok(character) => character,
            Err(_) => crate::text::REPLACEMENT,
        }));
    }
    keys
}

unsafe extern "C" {
    /// The C library's standard input.
    static mut stdin: *mut libc::FILE;
}

fn input_stream() -> *mut libc::FILE {
    // SAFETY: the C library sets it before a program starts.
    unsafe { stdin }
}

/// The next byte of a stream that is no terminal, through the C library, which may have read
/// ahead for the program.
fn next_byte() -> Option<u8> {
    let stream = input_stream();
    // SAFETY: a stream of the C library's.
    let byte = completion_port::blocking(|| unsafe { libc::fgetc(stream) });
    u8::try_from(byte).ok()
}

/// The beginning of the GNU C library's stream, which has not changed since 1999.
#[repr(C)]
struct StreamHead {
    _flags: i32,
    read_from: *const u8,
    read_to: *const u8,
}

/// How many bytes the C library has read ahead.
fn read_ahead() -> usize {
    if cfg!(not(target_env = "gnu")) {
        return 0;
    }
    // SAFETY: a stream of the GNU C library's begins like this.
    let head = unsafe { &*input_stream().cast::<StreamHead>() };
    head.read_to.addr().saturating_sub(head.read_from.addr())
}

/// Does a stream that is no terminal have a byte? At its end it has none.
fn has_byte() -> bool {
    if read_ahead() > 0 {
        return true;
    }
    let mut count: libc::c_int = 0;
    // SAFETY: the number is there to be written.
    let told = unsafe { libc::ioctl(INPUT, libc::FIONREAD, &raw mut count) } == 0;
    told && count > 0
}

/// Takes what the terminal has, or waits for something; whether there was anything.
fn fill(wait: bool) -> bool {
    let _raw = Raw::enter(INPUT);
    let timeout_ms = if wait { -1 } else { 0 };
    let ready = || terminal::is_readable(INPUT, timeout_ms);
    let ready = if wait {
        completion_port::blocking(ready)
    } else {
        ready()
    };
    if !ready {
        return wait;
    }
    let mut buffer = [0; 256];
    let length = terminal::read(INPUT, &mut buffer);
    WAITING.lock().keys.extend(keys_of(&buffer[..length]));
    length > 0
}

impl Waiting {
    fn next_byte(&mut self) -> Option<u8> {
        if let Some(unit) = self.given_back.take() {
            return Some(unit as u8);
        }
        if self.bytes.is_empty() {
            match self.keys.pop_front()? {
                Key::Character(character) => {
                    self.bytes
                        .extend(character.encode_utf8(&mut [0; 4]).bytes());
                }
                Key::Special(prefix, code) => self.bytes.extend([prefix, code]),
            }
        }
        self.bytes.pop_front()
    }

    fn next_unit<U: Unit>(&mut self) -> Option<u32> {
        if let Some(unit) = self.given_back.take() {
            return Some(unit);
        }
        if self.units.is_empty() {
            match self.keys.pop_front()? {
                Key::Character(character) => {
                    let mut units = Vec::<U>::new();
                    U::encode(character, &mut units);
                    self.units.extend(units.into_iter().map(Unit::code));
                }
                Key::Special(prefix, code) => self.units.extend([prefix, code].map(u32::from)),
            }
        }
        self.units.pop_front()
    }

    fn is_empty(&self) -> bool {
        self.keys.is_empty()
            && self.bytes.is_empty()
            && self.units.is_empty()
            && self.given_back.is_none()
    }
}

/// The next key's next byte; `None` at the end of the input.
pub(crate) fn take_byte() -> Option<i32> {
    crate::crt::flush_output();
    loop {
        if let Some(byte) = WAITING.lock().next_byte() {
            return Some(byte.into());
        }
        if !terminal::is_terminal(INPUT) {
            return next_byte().map(i32::from);
        }
        if !fill(true) {
            return None;
        }
    }
}

/// The next key's next wide character; `None` at the end of the input.
pub(crate) fn take_unit<U: Unit>() -> Option<u32> {
    crate::crt::flush_output();
    loop {
        if let Some(unit) = WAITING.lock().next_unit::<U>() {
            return Some(unit);
        }
        if terminal::is_terminal(INPUT) {
            if !fill(true) {
                return None;
            }
            continue;
        }
        let mut bytes = vec![next_byte()?];
        // A first byte tells how many follow.
        for _ in 1..bytes[0].leading_ones().min(4) {
            bytes.extend(next_byte());
        }
        WAITING.lock().keys.extend(characters_of(&bytes));
    }
}

/// The characters of a stream that is no terminal, which are taken as they are.
fn characters_of(bytes: &[u8]) -> impl Iterator<Item = Key> {
    crate::text::characters(bytes).map(Key::Character)
}

/// Is there a key that need not be waited for?
pub(crate) fn is_waiting() -> bool {
    if !WAITING.lock().is_empty() {
        return true;
    }
    if terminal::is_terminal(INPUT) {
        fill(false)
    } else {
        has_byte()
    }
}

/// Puts a byte in front; whether there was room for it.
pub(crate) fn give_back(byte: i32) -> bool {
    u8::try_from(byte).is_ok_and(|byte| give_back_unit(byte.into()))
}

/// Puts a wide character in front; whether there was room for it.
pub(crate) fn give_back_unit(unit: u32) -> bool {
    let place = &mut WAITING.lock().given_back;
    let is_free = place.is_none();
    if is_free {
        *place = Some(unit);
    }
    is_free
}

/// Forgets what nobody took.
pub(super) fn forget() {
    let mut waiting = WAITING.lock();
    waiting.keys.clear();
    waiting.bytes.clear();
    waiting.units.clear();
    waiting.given_back = None;
}

/// Is it that key, by Windows' number?
fn is_key(key: Key, number: i32) -> bool {
    match key {
        Key::Special(prefix, code) => VIRTUAL.contains(&(number, prefix, code)),
        Key::Character(character) => {
            // Other characters stand for other keys on every keyboard.
            let has_number = character.is_ascii_alphanumeric() || character <= ' ';
            has_number && u32::from(character.to_ascii_uppercase()) as i32 == number
        }
    }
}

/// Was the key pressed? A terminal tells only that, once, not for how long: the key is taken.
pub(super) fn was_pressed(number: i32) -> bool {
    if !terminal::is_terminal(INPUT) {
        return false;
    }
    fill(false);
    let keys = &mut WAITING.lock().keys;
    let found = keys.iter().position(|&key| is_key(key, number));
    found.and_then(|at| keys.remove(at)).is_some()
}

/// Adds what came in among other things.
pub(super) fn add(bytes: &[u8]) {
    WAITING.lock().keys.extend(keys_of(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_become_keys_and_the_rest_characters() {
        assert_eq!(
            keys_of("a\x1b[A\u{e9}\n\x1b\x1bOP\x7f".as_bytes()),
            [
                Key::Character('a'),
                Key::Special(0xe0, 72),
                Key::Character('é'),
                Key::Character('\r'),
                Key::Character('\x1b'),
                Key::Special(0, 59),
                Key::Character('\u{8}'),
            ]
        );
    }

    #[test]
    fn keys_have_windows_numbers() {
        assert!(is_key(Key::Character('q'), i32::from(b'Q')));
        assert!(is_key(Key::Character('\x1b'), 0x1b));
        assert!(is_key(Key::Special(0xe0, 72), 0x26));
        assert!(!is_key(Key::Character('&'), 0x26));
    }

    #[test]
    fn every_special_key_has_a_number() {
        for (_, prefix, code) in SEQUENCES {
            assert!(
                VIRTUAL.iter().any(|row| (row.1, row.2) == (*prefix, *code)),
                "{code}"
            );
        }
    }

    #[test]
    fn a_key_is_given_in_parts() {
        let mut waiting = Waiting {
            keys: VecDeque::from([Key::Special(0xe0, 72), Key::Character('\u{1f980}')]),
            bytes: VecDeque::new(),
            units: VecDeque::new(),
            given_back: Some(u32::from(b'x')),
        };
        let bytes: Vec<u8> = (0..3).filter_map(|_| waiting.next_byte()).collect();
        assert_eq!(bytes, [b'x', 0xe0, 72]);
        let units: Vec<u32> = (0..2).filter_map(|_| waiting.next_unit::<u16>()).collect();
        assert_eq!(units, [0xd83e, 0xdd80]);
        assert!(waiting.is_empty());
    }
}
