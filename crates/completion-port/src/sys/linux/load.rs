//! What the driver observes of the load, to judge how eagerly other threads should be woken.
//!
//! Waking a thread on another processor costs as much as ten to a hundred small operations, so a
//! driver that will be done with a batch in microseconds wakes nobody for it. It does when one
//! thread is clearly not enough: the engine has a batch ready each time it is asked, without
//! sleeping, or handlers take long.
//!
//! All figures are smoothed, approximate and only ever hints; a lost update does no harm.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::sched::now_ns;

/// The clock is read in every so-manieth turn only.
const SAMPLE_EVERY: u32 = 8;
/// Events per harvest, times 16, from which on a batch is worth a second thread.
const BATCH_X16: u64 = 4 * 16;
/// A wait as short as this did not sleep.
const NO_SLEEP_NS: u64 = 3_000;
/// Share of waits without sleep, of 1,024, from which on one thread is not enough.
const SATURATED: u64 = 768;
/// Time per packet from which on another thread should not wait for this one.
const LONG_HANDLER_NS: u64 = 40_000;
/// A driver that sleeps longer than this on average leaves its place to the monitor while it is
/// away: that takes two short calls each time, where a timer would be programmed every 3 ms.
const LONG_SLEEP_NS: u64 = 500_000;

/// Smoothed observations.
#[derive(Debug, Default)]
pub(super) struct Load {
    turns: AtomicU32,
    events_x16: AtomicU64,
    sleep_ns: AtomicU64,
    awake_of_1024: AtomicU64,
    handler_ns: AtomicU64,
    /// When the driver last left with events to handle, and with how many.
    left_at_ns: AtomicU64,
    left_with: AtomicU64,
}

fn smooth(average: &AtomicU64, sample: u64) {
    let old = average.load(Ordering::Relaxed);
    average.store(old - old / 8 + sample / 8, Ordering::Relaxed);
}

/// One turn of the driver, as far as it is timed.
pub(super) struct Turn {
    entered_ns: Option<u64>,
}

impl Load {
    /// The driver is about to wait.
    pub(super) fn enter(&self) -> Turn {
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store(turns.wrapping_add(1), Ordering::Relaxed);
        let left_with = self.left_with.load(Ordering::Relaxed);
        if !turns.is_multiple_of(SAMPLE_EVERY) {
            return Turn { entered_ns: None };
        }
        let now = now_ns();
        let busy = now.saturating_sub(self.left_at_ns.load(Ordering::Relaxed));
        if let Some(each) = busy.checked_div(left_with) {
            smooth(&self.handler_ns, each);
        }
        Turn { entered_ns: Some(now) }
    }

    /// The wait is over. Returns the time.
    pub(super) fn woke(&self, turn: &Turn, events: usize) -> u64 {
        let now = now_ns();
        if let Some(entered) = turn.entered_ns {
            let slept = now.saturating_sub(entered);
            smooth(&self.sleep_ns, slept);
            smooth(&self.awake_of_1024, if slept < NO_SLEEP_NS { 1024 } else { 0 });
        }
        smooth(&self.events_x16, events as u64 * 16);
        self.left_at_ns.store(now, Ordering::Relaxed);
        self.left_with.store(events as u64, Ordering::Relaxed);
        now
    }

    /// Whether waiters should be woken for whatever there is.
    pub(super) fn is_high(&self) -> bool {
        let busy = self.events_x16.load(Ordering::Relaxed) >= BATCH_X16
            && self.awake_of_1024.load(Ordering::Relaxed) >= SATURATED;
        busy || self.handler_ns.load(Ordering::Relaxed) >= LONG_HANDLER_NS
    }

    /// Whether so little happens that a timer, which costs more than handling an event, is not
    /// worth running.
    pub(super) fn is_low(&self) -> bool {
        self.sleep_ns.load(Ordering::Relaxed) >= LONG_SLEEP_NS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(load: &Load, count: usize, events: usize) {
        for _ in 0..count {
            let turn = load.enter();
            load.woke(&turn, events);
        }
    }

    #[test]
    fn batches_without_sleep_are_a_high_load() {
        let load = Load::default();
        assert!(!load.is_high() && !load.is_low());
        turns(&load, 800, 20);
        assert!(load.events_x16.load(Ordering::Relaxed) >= BATCH_X16);
        // One event at a time is none, however fast they come.
        turns(&load, 800, 1);
        assert!(load.events_x16.load(Ordering::Relaxed) < BATCH_X16);
    }

    #[test]
    fn long_handlers_are_a_high_load() {
        let load = Load::default();
        smooth(&load.handler_ns, 16 * LONG_HANDLER_NS);
        assert!(load.is_high());
    }
}
