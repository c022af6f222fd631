//! What belongs to a console's window, or to windows at all: titles, code pages, boxes, keys.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{keyboard, terminal};
use crate::abi::{Bool, Handle};
use crate::code::{Code, code_bool};
use crate::crt::{flush_output, write_all};
use crate::door;
use crate::text::{Text, exports, is_code_page, string_of};

/// UTF-8. What a program sets is kept for it; the terminal takes UTF-8 whatever it says.
static INPUT_PAGE: AtomicU32 = AtomicU32::new(65001);
static OUTPUT_PAGE: AtomicU32 = AtomicU32::new(65001);

#[unsafe(no_mangle)]
unsafe extern "C" fn GetConsoleCP() -> u32 {
    INPUT_PAGE.load(Ordering::Relaxed)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetConsoleOutputCP() -> u32 {
    OUTPUT_PAGE.load(Ordering::Relaxed)
}

fn set_page(place: &AtomicU32, page: u32) -> Bool {
    code_bool(|| {
        if !is_code_page(page) {
            return Err(Code::INVALID_PARAMETER);
        }
        place.store(page, Ordering::Relaxed);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetConsoleCP(page: u32) -> Bool {
    set_page(&INPUT_PAGE, page)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetConsoleOutputCP(page: u32) -> Bool {
    set_page(&OUTPUT_PAGE, page)
}

/// The button that a box's Enter key would press, by the box's type.
fn default_button(kind: u32) -> i32 {
    const OK: i32 = 1;
    const CANCEL: i32 = 2;
    const ABORT: i32 = 3;
    const RETRY: i32 = 4;
    const IGNORE: i32 = 5;
    const YES: i32 = 6;
    const NO: i32 = 7;
    let buttons: &[i32] = match kind & 15 {
        1 => &[OK, CANCEL],
        2 => &[ABORT, RETRY, IGNORE],
        3 => &[YES, NO, CANCEL],
        4 => &[YES, NO],
        5 => &[RETRY, CANCEL],
        _ => &[OK],
    };
    let place = (kind >> 8 & 3) as usize;
    *buttons.get(place).unwrap_or(&buttons[0])
}

exports! {
    SetConsoleTitleA, SetConsoleTitleW, SetConsoleTitleW_16:
    fn set_console_title<U>(title: Text<U>) -> Bool = 0; {
        code_bool(|| {
            let title = string_of(title.get().ok_or(Code::INVALID_PARAMETER)?);
            let fd = [1, 2, 0].into_iter().find(|&fd| terminal::is_terminal(fd));
            let fd = fd.ok_or(Code::INVALID_HANDLE)?;
            // Control characters would end the sequence, or begin another.
            let title: String = title.chars().filter(|c| !c.is_control()).collect();
            flush_output();
            write_all(fd, format!("\x1b]0;{title}\x07").as_bytes());
            Ok(())
        })
    }

    MessageBoxA, MessageBoxW, MessageBoxW_16:
    fn message_box<U>(_owner: Handle, text: Text<U>, caption: Text<U>, kind: u32) -> i32 = 0; {
        let caption = match caption.get() {
            Some(caption) => string_of(caption),
            None => "Error".to_owned(),
        };
        let line = format!("{caption}: {}\n", string_of(text.or_empty()));
        flush_output();
        write_all(2, line.as_bytes());
        default_button(kind)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetAsyncKeyState(key: i32) -> i16 {
    /// The key is down, and was pressed since the last call.
    const PRESSED: i16 = 0x8001_u16.cast_signed();
    door(0, || {
        if keyboard::was_pressed(key) {
            PRESSED
        } else {
            0
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_answers_with_its_default_button() {
        assert_eq!(default_button(0x10), 1);
        assert_eq!(default_button(4), 6);
        assert_eq!(default_button(4 | 0x100), 7);
        assert_eq!(default_button(2 | 0x200), 5);
        assert_eq!(default_button(5), 4);
    }
}
