//! The scheduler's only door to locks, threads and time: the standard library's, or the model
//! checker's when built with `--cfg shuttle`.

#[cfg(not(shuttle))]
mod real {
    use std::time::Instant;

    pub(crate) use parking_lot::Mutex;
    pub(crate) use std::sync::Arc;
    pub(crate) use std::thread::{Thread, current};
    pub(crate) use std::thread_local;

    use super::super::Deadline;

    /// Sleeps until unparked or until the deadline; may return early.
    pub(crate) fn park(deadline: Deadline) {
        match deadline.instant() {
            None => std::thread::park(),
            Some(at) => {
                std::thread::park_timeout(at.saturating_duration_since(Instant::now()));
            }
        }
    }

    /// Whether the deadline lies in the past.
    pub(crate) fn passed(deadline: Deadline) -> bool {
        match deadline {
            Deadline::Never => false,
            Deadline::Now => true,
            Deadline::At(at) => at <= Instant::now(),
        }
    }

    /// Nanoseconds on a monotonic clock.
    pub(crate) fn now_ns() -> u64 {
        use std::sync::OnceLock;
        static START: OnceLock<Instant> = OnceLock::new();
        let start = START.get_or_init(Instant::now);
        let elapsed = start.elapsed();
        elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos())
    }
}

#[cfg(shuttle)]
mod model {
    use std::sync::PoisonError;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::super::Deadline;
    use shuttle::rand::Rng;

    pub(crate) use shuttle::sync::Arc;
    pub(crate) use shuttle::thread::{Thread, current};
    pub(crate) use shuttle::thread_local;

    /// The checker's mutex with the face of the real one, which knows no poison.
    #[derive(Debug)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }
        pub(crate) fn lock(&self) -> shuttle::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// Without a deadline a real park; with one, a moment in which the others may run.
    pub(crate) fn park(deadline: Deadline) {
        match deadline {
            Deadline::Never => shuttle::thread::park(),
            _ => shuttle::thread::yield_now(),
        }
    }

    /// Time passes when the checker says so.
    pub(crate) fn passed(deadline: Deadline) -> bool {
        match deadline {
            Deadline::Never => false,
            Deadline::Now => true,
            Deadline::At(_) => shuttle::rand::thread_rng().gen_ratio(1, 4),
        }
    }

    shuttle::lazy_static! {
        static ref CLOCK_NS: AtomicU64 = AtomicU64::new(0);
    }

    /// The clock stands still or leaps.
    pub(crate) fn now_ns() -> u64 {
        let leap = shuttle::rand::thread_rng().gen_ratio(1, 2);
        let step = if leap { 1_000_000 } else { 0 };
        CLOCK_NS.fetch_add(step, Ordering::SeqCst) + step
    }
}

#[cfg(shuttle)]
pub(crate) use model::*;
#[cfg(not(shuttle))]
pub(crate) use real::*;
