//! What a piece of work has cost this process, by the kernel's count.

use std::io;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// Time and effort of all threads, those that have ended included.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) elapsed: Duration,
    /// User and system time.
    pub(super) cpu: Duration,
    /// How often a thread gave up its processor in order to wait.
    pub(super) voluntary: u64,
    /// How often a thread was made to give it up.
    pub(super) involuntary: u64,
}

/// The moment at which the work began.
pub(super) struct Meter {
    began: Instant,
    before: Usage,
}

fn so_far() -> io::Result<Usage> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let time = usage.user_time() + usage.system_time();
    let micros = u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0);
    Ok(Usage {
        elapsed: Duration::ZERO,
        cpu: Duration::from_micros(micros),
        voluntary: u64::try_from(usage.voluntary_context_switches()).unwrap_or(0),
        involuntary: u64::try_from(usage.involuntary_context_switches()).unwrap_or(0),
    })
}

impl Meter {
    pub(super) fn start() -> io::Result<Self> {
        let before = so_far()?;
        Ok(Self {
            began: Instant::now(),
            before,
        })
    }

    pub(super) fn stop(self) -> io::Result<Usage> {
        let elapsed = self.began.elapsed();
        let now = so_far()?;
        Ok(Usage {
            elapsed,
            cpu: now.cpu.saturating_sub(self.before.cpu),
            voluntary: now.voluntary.saturating_sub(self.before.voluntary),
            involuntary: now.involuntary.saturating_sub(self.before.involuntary),
        })
    }
}

impl Usage {
    pub(super) fn switches(&self) -> u64 {
        self.voluntary + self.involuntary
    }

    /// The median of each figure by itself.
    pub(super) fn median(of: &[Self]) -> Self {
        fn middle<T: Copy + Ord>(of: &[Usage], figure: impl Fn(&Usage) -> T) -> Option<T> {
            let mut all: Vec<T> = of.iter().map(figure).collect();
            all.sort();
            all.get(all.len() / 2).copied()
        }
        Self {
            elapsed: middle(of, |usage| usage.elapsed).unwrap_or_default(),
            cpu: middle(of, |usage| usage.cpu).unwrap_or_default(),
            voluntary: middle(of, |usage| usage.voluntary).unwrap_or_default(),
            involuntary: middle(of, |usage| usage.involuntary).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_has_its_own_median() {
        let usage = |voluntary, involuntary| Usage {
            voluntary,
            involuntary,
            ..Usage::default()
        };
        let median = Usage::median(&[usage(1, 30), usage(2, 10), usage(9, 20)]);
        assert_eq!((median.voluntary, median.involuntary), (2, 20));
    }

    #[test]
    fn work_is_seen() {
        let meter = Meter::start().unwrap();
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(20) {}
        let usage = meter.stop().unwrap();
        assert!(usage.elapsed >= Duration::from_millis(20));
        assert!(usage.cpu > Duration::ZERO);
    }
}
