//! The last error, the error mode, a calculation.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::abi::Dword;
use crate::status;

/// What the program set; there are no boxes that it could suppress.
static MODE: AtomicU32 = AtomicU32::new(0);

#[unsafe(no_mangle)]
unsafe extern "C" fn GetLastError() -> Dword {
    status::last_error()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetLastError(code: Dword) {
    status::set_last_error(code);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetErrorMode(mode: u32) -> u32 {
    MODE.swap(mode, Ordering::Relaxed)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetErrorMode() -> u32 {
    MODE.load(Ordering::Relaxed)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn MulDiv(number: i32, numerator: i32, denominator: i32) -> i32 {
    /// The documented answer where there is none.
    const FAILED: i32 = -1;
    let product = i64::from(number) * i64::from(numerator);
    let denominator = i64::from(denominator);
    if denominator == 0 {
        return FAILED;
    }
    // Half of the denominator away from zero rounds to the nearest.
    let half = denominator.abs() / 2;
    let magnitude = (product.abs() + half) / denominator.abs();
    let is_negative = (product < 0) != (denominator < 0);
    i32::try_from(if is_negative { -magnitude } else { magnitude }).unwrap_or(FAILED)
}
