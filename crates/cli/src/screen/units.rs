//! Numbers as people read them.

use std::time::Duration;

use indicatif::{BinaryBytes, HumanCount};

/// `12,345`
pub(crate) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// `1.50 MiB`
pub(crate) fn bytes(number: u64) -> String {
    BinaryBytes(number).to_string()
}

/// `1.50 GiB/s`
pub(crate) fn rate(bytes_moved: u64, elapsed: Duration) -> String {
    let per_second = bytes_moved as f64 / elapsed.as_secs_f64().max(1e-9);
    format!("{}/s", bytes(per_second as u64))
}

/// `61.3 ms`: three digits that count, in the unit that suits them.
pub(crate) fn time(elapsed: Duration) -> String {
    let ns = elapsed.as_nanos() as f64;
    let (value, unit) = match ns {
        ..1e3 => (ns, "ns"),
        ..1e6 => (ns / 1e3, "µs"),
        ..1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let digits = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// `3 files`, `1 file`
pub(crate) fn of(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_their_unit() {
        let text = |ns| time(Duration::from_nanos(ns));
        assert_eq!(text(0), "0.00 ns");
        assert_eq!(text(999), "999 ns");
        assert_eq!(text(1_234), "1.23 µs");
        assert_eq!(text(61_300_000), "61.3 ms");
        assert_eq!(text(12_000_000_000), "12.0 s");
    }

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(of(1, "file"), "1 file");
        assert_eq!(of(1200, "file"), "1,200 files");
    }
}
