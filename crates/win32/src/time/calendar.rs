//! FILETIME: 100 nanoseconds since 1601. SYSTEMTIME: the calendar's words for it.

use crate::abi::Bool;
use crate::code::{Code, code_bool};
use crate::text::{In, Out};

use super::{now, zone};

pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// 1970, counted from 1601.
const UNIX_EPOCH_SECONDS: i64 = 11_644_473_600;

/// `FILETIME`: the halves of one number.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileTime {
    low: u32,
    high: u32,
}

impl From<u64> for FileTime {
    fn from(ticks: u64) -> Self {
        Self {
            low: ticks as u32,
            high: (ticks >> 32) as u32,
        }
    }
}

impl From<FileTime> for u64 {
    fn from(time: FileTime) -> Self {
        Self::from(time.high) << 32 | Self::from(time.low)
    }
}

/// A time of the system as a FILETIME's number.
pub(crate) fn ticks_of_unix(seconds: i64, nanoseconds: i64) -> u64 {
    let ticks = (seconds + UNIX_EPOCH_SECONDS) * TICKS_PER_SECOND + nanoseconds / 100;
    u64::try_from(ticks).unwrap_or(0)
}

/// A FILETIME's number as seconds of the system, rounded down.
pub(super) fn unix_of_ticks(ticks: i64) -> i64 {
    ticks.div_euclid(TICKS_PER_SECOND) - UNIX_EPOCH_SECONDS
}

/// `SYSTEMTIME`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SystemTime {
    pub(super) year: u16,
    pub(super) month: u16,
    pub(super) day_of_week: u16,
    pub(super) day: u16,
    pub(super) hour: u16,
    pub(super) minute: u16,
    pub(super) second: u16,
    pub(super) millisecond: u16,
}

/// Days from 1601-01-01 to a date. March is the first month of such a year, so that a leap day is
/// its last.
pub(super) fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    // 584694: what this formula gives for 1601-01-01.
    year * 365 + leaps + day_of_year - 584_694
}

/// The date that so many days after 1601-01-01 is: year, month, day.
fn date_after(days: i64) -> (i64, i64, i64) {
    let days = days + 584_694;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = year + era * 400;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl SystemTime {
    /// The calendar's words for a number; `None` before 1601 or after 30827.
    pub(super) fn of_ticks(ticks: i64) -> Option<Self> {
        if ticks < 0 {
            return None;
        }
        let days = ticks / (SECONDS_PER_DAY * TICKS_PER_SECOND);
        let in_day = ticks % (SECONDS_PER_DAY * TICKS_PER_SECOND);
        let seconds = in_day / TICKS_PER_SECOND;
        let (year, month, day) = date_after(days);
        if year > 30_827 {
            return None;
        }
        Some(Self {
            year: year as u16,
            month: month as u16,
            // 1601 began with a Monday.
            day_of_week: ((days + 1) % 7) as u16,
            day: day as u16,
            hour: (seconds / 3_600) as u16,
            minute: (seconds / 60 % 60) as u16,
            second: (seconds % 60) as u16,
            millisecond: (in_day % TICKS_PER_SECOND / 10_000) as u16,
        })
    }

    /// The number for these words; `None` if they name no moment.
    pub(super) fn ticks(&self) -> Option<i64> {
        let (year, month, day) = (self.year.into(), self.month.into(), self.day.into());
        let is_date = (1_601..=30_827).contains(&year)
            && (1..=12).contains(&month)
            && (1..=month_length(year, month)).contains(&day);
        let is_time =
            self.hour < 24 && self.minute < 60 && self.second < 60 && self.millisecond < 1_000;
        if !is_date || !is_time {
            return None;
        }
        let seconds = days_to(year, month, day) * SECONDS_PER_DAY
            + i64::from(self.hour) * 3_600
            + i64::from(self.minute) * 60
            + i64::from(self.second);
        Some(seconds * TICKS_PER_SECOND + i64::from(self.millisecond) * 10_000)
    }
}

/// The words for now, in some seconds east of Greenwich.
fn now_in(offset_seconds: i64) -> SystemTime {
    let ticks = now() as i64 + offset_seconds * TICKS_PER_SECOND;
    SystemTime::of_ticks(ticks).unwrap_or_default()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetSystemTime(time: Out<SystemTime>) {
    crate::door((), || time.set(now_in(0)));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetLocalTime(time: Out<SystemTime>) {
    crate::door((), || {
        let offset = zone::offset_seconds(unix_of_ticks(now() as i64));
        time.set(now_in(offset));
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetSystemTimeAsFileTime(time: Out<FileTime>) {
    time.set(now().into());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetSystemTimePreciseAsFileTime(time: Out<FileTime>) {
    time.set(now().into());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FileTimeToSystemTime(from: In<FileTime>, to: Out<SystemTime>) -> Bool {
    code_bool(|| {
        let ticks = u64::from(from.get().ok_or(Code::INVALID_PARAMETER)?) as i64;
        if to.is_null() {
            return Err(Code::INVALID_PARAMETER);
        }
        to.set(SystemTime::of_ticks(ticks).ok_or(Code::INVALID_PARAMETER)?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SystemTimeToFileTime(from: In<SystemTime>, to: Out<FileTime>) -> Bool {
    code_bool(|| {
        let ticks = from.get().and_then(|time| time.ticks());
        if to.is_null() {
            return Err(Code::INVALID_PARAMETER);
        }
        to.set((ticks.ok_or(Code::INVALID_PARAMETER)? as u64).into());
        Ok(())
    })
}

/// Moves a time by the offset that is in force now: these functions do not look at the time's own
/// season, as documented.
fn shifted(from: In<FileTime>, to: Out<FileTime>, sign: i64) -> Result<(), Code> {
    let ticks = u64::from(from.get().ok_or(Code::INVALID_PARAMETER)?) as i64;
    let offset = zone::offset_seconds(unix_of_ticks(now() as i64));
    let moved = ticks.checked_add(sign * offset * TICKS_PER_SECOND);
    if ticks < 0 || to.is_null() {
        return Err(Code::INVALID_PARAMETER);
    }
    let moved = moved.and_then(|moved| u64::try_from(moved).ok());
    to.set(moved.ok_or(Code::INVALID_PARAMETER)?.into());
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FileTimeToLocalFileTime(from: In<FileTime>, to: Out<FileTime>) -> Bool {
    code_bool(|| shifted(from, to, 1))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LocalFileTimeToFileTime(from: In<FileTime>, to: Out<FileTime>) -> Bool {
    code_bool(|| shifted(from, to, -1))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CompareFileTime(first: In<FileTime>, second: In<FileTime>) -> i32 {
    let number = |time: In<FileTime>| time.get().map_or(0, u64::from);
    number(first).cmp(&number(second)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(year: u16, month: u16, day: u16) -> SystemTime {
        SystemTime {
            year,
            month,
            day,
            ..SystemTime::default()
        }
    }

    #[test]
    fn the_epochs_are_where_they_should_be() {
        assert_eq!(words(1601, 1, 1).ticks(), Some(0));
        let unix = words(1970, 1, 1).ticks().unwrap();
        assert_eq!(unix as u64, ticks_of_unix(0, 0));
        assert_eq!(SystemTime::of_ticks(unix).unwrap().day_of_week, 4);
        assert_eq!(unix_of_ticks(unix), 0);
    }

    #[test]
    fn every_day_of_eight_centuries_goes_both_ways() {
        let mut last_weekday = 0;
        for day in 0..292_194_i64 {
            let ticks = day * SECONDS_PER_DAY * TICKS_PER_SECOND + 12_345_678 * 10_000;
            let time = SystemTime::of_ticks(ticks).unwrap();
            assert_eq!(time.ticks(), Some(ticks), "{time:?}");
            assert_eq!(time.day_of_week, (last_weekday + 1) % 7);
            last_weekday = time.day_of_week;
        }
    }

    #[test]
    fn days_that_are_not_in_the_calendar_are_refused() {
        assert_eq!(words(2023, 2, 29).ticks(), None);
        assert!(words(2024, 2, 29).ticks().is_some());
        assert_eq!(words(2100, 2, 29).ticks(), None);
        assert_eq!(words(1600, 1, 1).ticks(), None);
        assert_eq!(words(2024, 13, 1).ticks(), None);
        assert_eq!(
            SystemTime {
                hour: 24,
                ..words(2024, 1, 1)
            }
            .ticks(),
            None
        );
    }
}
