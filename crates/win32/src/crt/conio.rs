//! `conio.h`: the console, key by key.

use crate::console::keyboard;
use crate::door;
use crate::text::{Text, bytes_of, exports};

use super::{flush_output, write_all};

/// `EOF`, and as an unsigned number `WEOF`.
const EOF: i32 = -1;
const WEOF: u32 = 0xffff_ffff;

fn show(bytes: &[u8]) -> bool {
    flush_output();
    write_all(1, bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _kbhit() -> i32 {
    door(0, || i32::from(keyboard::is_waiting()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _getch() -> i32 {
    door(EOF, || keyboard::take_byte().unwrap_or(EOF))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _getche() -> i32 {
    door(EOF, || {
        let byte = keyboard::take_byte().unwrap_or(EOF);
        if let Ok(byte) = u8::try_from(byte) {
            show(&[byte]);
        }
        byte
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _ungetch(byte: i32) -> i32 {
    door(EOF, || if keyboard::give_back(byte) { byte } else { EOF })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _putch(byte: i32) -> i32 {
    door(EOF, || if show(&[byte as u8]) { byte } else { EOF })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _cputs(text: Text<u8>) -> i32 {
    door(EOF, || {
        let written = text.get().is_some_and(show);
        if written { 0 } else { EOF }
    })
}

exports! {
    _getwch, _getwch_16:
    fn getwch<U>() -> u32 = WEOF; { keyboard::take_unit::<U>().unwrap_or(WEOF) }

    _getwche, _getwche_16:
    fn getwche<U>() -> u32 = WEOF; {
        let unit = keyboard::take_unit::<U>();
        if let Some(unit) = unit {
            show(&bytes_of(&[U::of_code(unit)]));
        }
        unit.unwrap_or(WEOF)
    }

    _ungetwch, _ungetwch_16:
    fn ungetwch<U>(unit: u32) -> u32 = WEOF; {
        if unit != WEOF && keyboard::give_back_unit(unit) { unit } else { WEOF }
    }

    _putwch, _putwch_16:
    fn putwch<U>(unit: U) -> u32 = WEOF; {
        if show(&bytes_of(&[unit])) { unit.code() } else { WEOF }
    }

    _cputws, _cputws_16:
    fn cputws<U>(text: Text<U>) -> i32 = EOF; {
        let written = text.get().is_some_and(|text| show(&bytes_of(text)));
        if written { 0 } else { EOF }
    }
}
