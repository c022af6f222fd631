//! Time: clocks, the calendar, time zones.
//!
//! | file | holds |
//! |---|---|
//! | this one | ticks, counters, the time now |
//! | `calendar` | FILETIME and SYSTEMTIME |
//! | `zone` | time zones by their rules |

mod calendar;
mod zone;

pub(crate) use calendar::{FileTime, ticks_of_unix};

use crate::abi::{Bool, Dword, TRUE};
use crate::code::{Code, code_bool};
use crate::door;
use crate::text::Out;

/// The performance counter counts in 100 nanoseconds, as on most Windows machines.
const COUNTER_HERTZ: i64 = 10_000_000;

/// A clock of the system, in nanoseconds.
pub(crate) fn clock(which: libc::clockid_t) -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the structure is there to be written.
    unsafe { libc::clock_gettime(which, &raw mut time) };
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// The time since the system started, sleep included.
fn ticks_ms() -> u64 {
    clock(libc::CLOCK_BOOTTIME) / 1_000_000
}

/// The time now, as FILETIMEs count it.
pub(crate) fn now() -> u64 {
    let nanoseconds = clock(libc::CLOCK_REALTIME);
    ticks_of_unix(
        (nanoseconds / 1_000_000_000) as i64,
        (nanoseconds % 1_000_000_000) as i64,
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetTickCount() -> Dword {
    ticks_ms() as Dword
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetTickCount64() -> u64 {
    ticks_ms()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn timeGetTime() -> Dword {
    ticks_ms() as Dword
}

#[unsafe(no_mangle)]
unsafe extern "C" fn QueryPerformanceCounter(count: Out<i64>) -> Bool {
    count.set((clock(libc::CLOCK_MONOTONIC) / 100) as i64);
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn QueryPerformanceFrequency(frequency: Out<i64>) -> Bool {
    frequency.set(COUNTER_HERTZ);
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn QueryUnbiasedInterruptTime(time: Out<u64>) -> Bool {
    code_bool(|| {
        if time.is_null() {
            return Err(Code::INVALID_PARAMETER);
        }
        // Unbiased: without the time asleep.
        time.set(clock(libc::CLOCK_MONOTONIC) / 100);
        Ok(())
    })
}

/// `TIMECAPS`.
#[repr(C)]
#[derive(Clone, Copy)]
struct TimeCaps {
    period_min: u32,
    period_max: u32,
}

const PERIOD_MIN: u32 = 1;
const PERIOD_MAX: u32 = 1_000_000;
const TIMERR_NOERROR: u32 = 0;
const TIMERR_NOCANDO: u32 = 97;
const TIMERR_STRUCT: u32 = 129;

#[unsafe(no_mangle)]
unsafe extern "C" fn timeGetDevCaps(caps: Out<TimeCaps>, length: u32) -> u32 {
    door(TIMERR_STRUCT, || {
        if caps.is_null() || (length as usize) < size_of::<TimeCaps>() {
            return TIMERR_STRUCT;
        }
        caps.set(TimeCaps {
            period_min: PERIOD_MIN,
            period_max: PERIOD_MAX,
        });
        TIMERR_NOERROR
    })
}

/// Waits end as precisely as the system can, always: there is nothing to turn up or down.
fn period(milliseconds: u32) -> u32 {
    if (PERIOD_MIN..=PERIOD_MAX).contains(&milliseconds) {
        TIMERR_NOERROR
    } else {
        TIMERR_NOCANDO
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn timeBeginPeriod(milliseconds: u32) -> u32 {
    period(milliseconds)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn timeEndPeriod(milliseconds: u32) -> u32 {
    period(milliseconds)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetSystemTimeAdjustment(
    adjustment: Out<Dword>,
    increment: Out<Dword>,
    disabled: Out<Bool>,
) -> Bool {
    // What one tick of the clock adds, in 100 nanoseconds; the system steers its clock by itself.
    let mut resolution = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the structure is there to be written.
    unsafe { libc::clock_getres(libc::CLOCK_REALTIME_COARSE, &raw mut resolution) };
    let tick = (resolution.tv_nsec / 100) as Dword;
    adjustment.set(tick);
    increment.set(tick);
    disabled.set(TRUE);
    TRUE
}
