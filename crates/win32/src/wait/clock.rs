//! What is to happen at a time: one thread that sleeps until the next of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::{Condvar, Mutex};

use crate::status::Status;
use crate::thread::{file_time, service};

/// What is done then. It runs on the clock's thread and must not block.
type Call = Box<dyn FnOnce() + Send>;

struct Clock {
    alarms: Mutex<Alarms>,
    /// The first alarm is another, or there is one again.
    changed: Condvar,
}

struct Alarms {
    /// By time, and among equals in the order of their being set.
    set: BTreeMap<(Instant, u64), Call>,
    next: u64,
    /// Whether the thread runs.
    started: bool,
}

static CLOCK: Clock = Clock {
    alarms: Mutex::new(Alarms {
        set: BTreeMap::new(),
        next: 0,
        started: false,
    }),
    changed: Condvar::new(),
};

/// Something that is to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alarm((Instant, u64));

/// Has something done at a time.
///
/// # Errors
///
/// The system gives no thread.
pub(crate) fn at(when: Instant, call: impl FnOnce() + Send + 'static) -> Result<Alarm, Status> {
    let mut alarms = CLOCK.alarms.lock();
    if !alarms.started {
        service("clock", run).map_err(|_| Status::NO_MEMORY)?;
        alarms.started = true;
    }
    alarms.next += 1;
    let key = (when, alarms.next);
    alarms.set.insert(key, Box::new(call));
    let is_first = alarms
        .set
        .first_key_value()
        .is_some_and(|(first, _)| *first == key);
    drop(alarms);
    if is_first {
        CLOCK.changed.notify_one();
    }
    Ok(Alarm(key))
}

/// Calls it off: true if it will not happen, false if it has or is about to.
pub(crate) fn cancel(alarm: Alarm) -> bool {
    let removed = CLOCK.alarms.lock().set.remove(&alarm.0);
    // Outside the lock: it may hold anything.
    removed.is_some()
}

fn run() {
    let mut alarms = CLOCK.alarms.lock();
    loop {
        let Some((&(when, _), _)) = alarms.set.first_key_value() else {
            CLOCK.changed.wait(&mut alarms);
            continue;
        };
        if when > Instant::now() {
            CLOCK.changed.wait_until(&mut alarms, when);
            continue;
        }
        let due = alarms.set.pop_first();
        drop(alarms);
        if let Some((_, call)) = due {
            call();
        }
        alarms = CLOCK.alarms.lock();
    }
}

/// The moment that a due time of Windows means: positive, a FILETIME; else so many units of
/// 100 ns from now. `None` lies beyond all clocks.
///
/// A point in time is taken for a distance from now: setting the system's clock later does not
/// move it.
pub(crate) fn moment(due: i64) -> Option<Instant> {
    let units = if due > 0 {
        due.cast_unsigned()
            .saturating_sub(file_time(SystemTime::now()))
    } else {
        due.unsigned_abs()
    };
    let nanos = (units % 10_000_000) * 100;
    let distance = Duration::new(units / 10_000_000, nanos as u32);
    Instant::now().checked_add(distance)
}

/// The next moment of something that repeats: one that has not passed.
pub(crate) fn next(before: Instant, period: Duration) -> Instant {
    let next = before + period;
    let now = Instant::now();
    // What could not be done in time is left out.
    if next < now { now + period } else { next }
}
