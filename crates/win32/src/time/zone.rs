//! Time zones: the system's, told by Windows' rules, and zones that a program describes.

use crate::abi::{Bool, Dword};
use crate::status::set_last_error;
use crate::text::{In, Out, Unit, exports, units_of};

use super::calendar::{SystemTime, TICKS_PER_SECOND, days_to, ticks_of_unix, unix_of_ticks};
use super::now;

const INVALID_PARAMETER: u32 = 87;
const ZONE_UNKNOWN: u32 = 0;
const ZONE_STANDARD: u32 = 1;
const ZONE_DAYLIGHT: u32 = 2;
const ZONE_INVALID: u32 = 0xffff_ffff;

const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
const TICKS_PER_DAY: i64 = 1_440 * TICKS_PER_MINUTE;
const SECONDS_PER_DAY: i64 = 86_400;

/// `TIME_ZONE_INFORMATION`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Zone<U> {
    bias: i32,
    standard_name: [U; 32],
    standard_date: SystemTime,
    standard_bias: i32,
    daylight_name: [U; 32],
    daylight_date: SystemTime,
    daylight_bias: i32,
}

const _: () = assert!(size_of::<Zone<u16>>() == 172);

/// What the system says of a moment: seconds east of Greenwich, whether it is summer time, name.
fn local(seconds: i64) -> (i64, bool, String) {
    // SAFETY: a structure of numbers and a pointer that is only read once it has been set.
    let mut broken: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both are there.
    let known = unsafe { libc::localtime_r(&raw const seconds, &raw mut broken) };
    if known.is_null() || broken.tm_zone.is_null() {
        return (0, false, "UTC".to_owned());
    }
    // SAFETY: the C library sets it to a name that it keeps.
    let name = unsafe { std::ffi::CStr::from_ptr(broken.tm_zone) };
    let name = name.to_string_lossy().into_owned();
    (broken.tm_gmtoff, broken.tm_isdst > 0, name)
}

/// Seconds east of Greenwich, at a moment of the system's time.
pub(super) fn offset_seconds(seconds: i64) -> i64 {
    local(seconds).0
}

/// The moments of a span at which the offset changes.
fn changes(from: i64, to: i64) -> Vec<i64> {
    let mut found = Vec::new();
    let mut day = from;
    while day < to {
        let (mut low, mut high) = (day, (day + SECONDS_PER_DAY).min(to));
        let before = local(low).0;
        if local(high).0 != before {
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                let moves = local(middle).0 == before;
                (low, high) = if moves { (middle, high) } else { (low, middle) };
            }
            found.push(high);
        }
        day += SECONDS_PER_DAY;
    }
    found
}

/// The yearly rule for a moment that local clocks show as these words: "the last Sunday in March,
/// at 2 o'clock".
fn rule(shown: SystemTime) -> SystemTime {
    let next_week = SystemTime {
        day: shown.day + 7,
        ..shown
    };
    let is_last = next_week.ticks().is_none();
    SystemTime {
        year: 0,
        day: if is_last { 5 } else { (shown.day - 1) / 7 + 1 },
        ..shown
    }
}

/// The system's zone, in this year.
fn own_zone<U: Unit>() -> (u32, Zone<U>) {
    let now = unix_of_ticks(now() as i64);
    let year = SystemTime::of_ticks(ticks_of_unix(now, 0) as i64)
        .unwrap_or_default()
        .year;
    let start_of = |year: u16| {
        let days = days_to(i64::from(year), 1, 1);
        unix_of_ticks(days * TICKS_PER_DAY)
    };
    let (mut standard, mut daylight) = (None, None);
    let mut dates = [SystemTime::default(); 2];
    for change in changes(start_of(year), start_of(year + 1)) {
        let (before, after) = (local(change - 1), local(change));
        // The clock before the change shows the moment of it.
        let shown = ticks_of_unix(change + before.0, 0) as i64;
        let shown = SystemTime::of_ticks(shown).unwrap_or_default();
        dates[usize::from(after.1)] = rule(shown);
        for side in [before, after] {
            let place = if side.1 { &mut daylight } else { &mut standard };
            *place = Some(side);
        }
    }
    let here = local(now);
    let seasons = standard.is_some() && daylight.is_some();
    let standard = standard.filter(|_| seasons).unwrap_or_else(|| here.clone());
    let daylight = daylight
        .filter(|_| seasons)
        .unwrap_or_else(|| standard.clone());
    let id = match (seasons, here.1) {
        (false, _) => ZONE_UNKNOWN,
        (true, false) => ZONE_STANDARD,
        (true, true) => ZONE_DAYLIGHT,
    };
    let none = SystemTime::default();
    let zone = Zone {
        bias: (-standard.0 / 60) as i32,
        standard_name: name_of(&standard.2),
        standard_date: if seasons { dates[0] } else { none },
        standard_bias: 0,
        daylight_name: name_of(&daylight.2),
        daylight_date: if seasons { dates[1] } else { none },
        daylight_bias: ((standard.0 - daylight.0) / 60) as i32,
    };
    (id, zone)
}

fn name_of<U: Unit>(name: &str) -> [U; 32] {
    let mut units = [U::default(); 32];
    let from: Vec<U> = units_of(name);
    let length = from.len().min(31);
    units[..length].copy_from_slice(&from[..length]);
    units
}

/// What local clocks show when a rule strikes in a year.
fn strike(rule: SystemTime, year: u16) -> Option<i64> {
    if rule.year != 0 {
        return rule.ticks();
    }
    let first = SystemTime {
        year,
        day: 1,
        ..rule
    };
    let first_ticks = first.ticks()?;
    let first_weekday = SystemTime::of_ticks(first_ticks)?.day_of_week;
    let to_weekday = (7 + rule.day_of_week - first_weekday) % 7;
    let mut days = i64::from(to_weekday) + 7 * (i64::from(rule.day.clamp(1, 5)) - 1);
    // The fifth is the last, though a month may have four.
    while SystemTime::of_ticks(first_ticks + days * TICKS_PER_DAY)?.month != rule.month {
        days -= 7;
    }
    Some(first_ticks + days * TICKS_PER_DAY)
}

impl<U: Unit> Zone<U> {
    /// Ticks from local to universal time, in winter and in summer.
    fn biases(&self) -> (i64, i64) {
        let ticks = |bias: i32| (i64::from(self.bias) + i64::from(bias)) * TICKS_PER_MINUTE;
        (ticks(self.standard_bias), ticks(self.daylight_bias))
    }

    /// The span of summer time in a year, as local clocks show its ends.
    fn summer(&self, year: u16) -> Option<(i64, i64)> {
        if self.standard_date.month == 0 || self.daylight_date.month == 0 {
            return None;
        }
        strike(self.daylight_date, year).zip(strike(self.standard_date, year))
    }

    fn local_of(&self, universal: i64) -> Option<i64> {
        let (winter_bias, summer_bias) = self.biases();
        let year = SystemTime::of_ticks(universal - winter_bias)?.year;
        let is_summer = self
            .summer(year)
            .is_some_and(|(start, end)| within(universal, start + winter_bias, end + summer_bias));
        Some(universal - if is_summer { summer_bias } else { winter_bias })
    }

    fn universal_of(&self, local: i64) -> Option<i64> {
        let (winter_bias, summer_bias) = self.biases();
        let year = SystemTime::of_ticks(local)?.year;
        let is_summer = self
            .summer(year)
            .is_some_and(|(start, end)| within(local, start, end));
        Some(local + if is_summer { summer_bias } else { winter_bias })
    }
}

/// Is a moment in the span, which goes around the year's end in the south?
fn within(moment: i64, start: i64, end: i64) -> bool {
    if start <= end {
        (start..end).contains(&moment)
    } else {
        moment >= start || moment < end
    }
}

/// Universal time of what the system's local clocks show.
fn system_universal_of(shown: SystemTime) -> Option<i64> {
    shown.ticks()?;
    // SAFETY: a structure of numbers and a pointer that is not read.
    let mut broken: libc::tm = unsafe { std::mem::zeroed() };
    broken.tm_year = i32::from(shown.year) - 1_900;
    broken.tm_mon = i32::from(shown.month) - 1;
    broken.tm_mday = i32::from(shown.day);
    broken.tm_hour = i32::from(shown.hour);
    broken.tm_min = i32::from(shown.minute);
    broken.tm_sec = i32::from(shown.second);
    broken.tm_isdst = -1;
    // SAFETY: the structure is there.
    let seconds = unsafe { libc::mktime(&raw mut broken) };
    Some(ticks_of_unix(seconds, 0) as i64 + i64::from(shown.millisecond) * 10_000)
}

fn answer(made: Option<SystemTime>, to: Out<SystemTime>) -> Bool {
    let Some(made) = made.filter(|_| !to.is_null()) else {
        set_last_error(INVALID_PARAMETER);
        return 0;
    };
    to.set(made);
    1
}

exports! {
    GetTimeZoneInformation, GetTimeZoneInformation_16:
    fn get_time_zone_information<U>(zone: Out<Zone<U>>) -> Dword = ZONE_INVALID; {
        if zone.is_null() {
            set_last_error(INVALID_PARAMETER);
            return ZONE_INVALID;
        }
        let (id, own) = own_zone();
        zone.set(own);
        id
    }

    SystemTimeToTzSpecificLocalTime, SystemTimeToTzSpecificLocalTime_16:
    fn system_time_to_tz_specific_local_time<U>(
        zone: In<Zone<U>>, universal: In<SystemTime>, to: Out<SystemTime>,
    ) -> Bool = 0; {
        let ticks = universal.get().and_then(|time| time.ticks());
        let moved = ticks.and_then(|ticks| match zone.get() {
            Some(zone) => zone.local_of(ticks),
            None => Some(ticks + offset_seconds(unix_of_ticks(ticks)) * TICKS_PER_SECOND),
        });
        answer(moved.and_then(SystemTime::of_ticks), to)
    }

    TzSpecificLocalTimeToSystemTime, TzSpecificLocalTimeToSystemTime_16:
    fn tz_specific_local_time_to_system_time<U>(
        zone: In<Zone<U>>, shown: In<SystemTime>, to: Out<SystemTime>,
    ) -> Bool = 0; {
        let shown = shown.get();
        let moved = shown.and_then(|shown| match zone.get() {
            Some(zone) => zone.universal_of(shown.ticks()?),
            None => system_universal_of(shown),
        });
        answer(moved.and_then(SystemTime::of_ticks), to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(month: u16, day: u16, hour: u16, minute: u16) -> SystemTime {
        let plain = SystemTime {
            year: 2024,
            month,
            day,
            hour,
            minute,
            ..SystemTime::default()
        };
        SystemTime::of_ticks(plain.ticks().unwrap()).unwrap()
    }

    /// Sundays: the last in March, the last in October.
    fn berlin() -> Zone<u16> {
        let on = |month, hour| SystemTime {
            month,
            day: 5,
            hour,
            ..SystemTime::default()
        };
        Zone {
            bias: -60,
            standard_name: [0; 32],
            standard_date: on(10, 3),
            standard_bias: 0,
            daylight_name: [0; 32],
            daylight_date: on(3, 2),
            daylight_bias: -60,
        }
    }

    #[test]
    fn summer_begins_and_ends_at_the_minute() {
        let zone = berlin();
        let local =
            |t: SystemTime| SystemTime::of_ticks(zone.local_of(t.ticks().unwrap()).unwrap());
        assert_eq!(local(time(3, 31, 0, 59)), Some(time(3, 31, 1, 59)));
        assert_eq!(local(time(3, 31, 1, 0)), Some(time(3, 31, 3, 0)));
        assert_eq!(local(time(10, 27, 0, 59)), Some(time(10, 27, 2, 59)));
        assert_eq!(local(time(10, 27, 1, 0)), Some(time(10, 27, 2, 0)));
        assert_eq!(
            local(time(12, 31, 23, 30)).map(|t| (t.year, t.hour)),
            Some((2025, 0))
        );
    }

    #[test]
    fn universal_time_comes_back() {
        let zone = berlin();
        for when in [time(1, 1, 12, 0), time(7, 1, 12, 0), time(3, 31, 6, 0)] {
            let ticks = when.ticks().unwrap();
            let local = zone.local_of(ticks).unwrap();
            assert_eq!(zone.universal_of(local), Some(ticks));
        }
    }

    #[test]
    fn a_rule_names_the_week_or_the_last_one() {
        assert_eq!(rule(time(3, 10, 2, 0)).day, 2);
        assert_eq!(rule(time(3, 31, 2, 0)).day, 5);
        assert_eq!(rule(time(10, 27, 3, 0)).day, 5);
        assert_eq!(strike(rule(time(10, 27, 3, 0)), 2025), {
            let next = SystemTime {
                year: 2025,
                day: 26,
                ..time(10, 27, 3, 0)
            };
            next.ticks()
        });
    }

    #[test]
    fn summer_in_the_south_goes_around_the_year() {
        assert!(within(5, 10, 8) && within(11, 10, 8) && !within(9, 10, 8));
    }
}
