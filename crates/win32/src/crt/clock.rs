//! `clock`: on Windows it tells how long the program has been there, not how long it has computed.

use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

/// The time since the system started, sleep included: the scale on which the kernel remembers when
/// a process began.
fn since_boot() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now) };
    let seconds = Duration::from_secs(u64::try_from(now.tv_sec).unwrap_or(0));
    seconds + Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or(0))
}

/// The field of `/proc/self/stat` with the start of the process, in ticks. The name of the program
/// comes before it in parentheses and may hold anything.
fn start_in_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// When the process began, on the scale of `since_boot`.
fn start() -> Duration {
    static START: OnceLock<Duration> = OnceLock::new();
    *START.get_or_init(|| {
        let stat = fs::read_to_string("/proc/self/stat").ok();
        let ticks = stat.as_deref().and_then(start_in_ticks);
        // SAFETY: it reads no memory of ours.
        let rate = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(0);
        match ticks {
            Some(ticks) if rate > 0 => Duration::from_millis(ticks * 1000 / rate),
            _ => since_boot(),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn iocp_clock() -> libc::clock_t {
    crate::door(-1, || {
        let elapsed = since_boot().saturating_sub(start());
        libc::clock_t::try_from(elapsed.as_millis()).unwrap_or(-1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_found_behind_any_name() {
        let stat = "7 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21";
        assert_eq!(start_in_ticks(stat), Some(4242));
        assert_eq!(start_in_ticks("7 (short) S 1"), None);
    }

    #[test]
    fn time_goes_on_while_the_program_sleeps() {
        let before = iocp_clock();
        std::thread::sleep(Duration::from_millis(30)); // not for order: it is the time
        assert!(before >= 0 && iocp_clock() - before >= 29);
    }
}
