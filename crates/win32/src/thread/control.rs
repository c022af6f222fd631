//! Priority, processors, names and times of threads.

use std::fs;
use std::mem::MaybeUninit;

use super::Thread;
use super::process::{now, time_of};
use crate::status::Status;

/// What a program has set or may ask for.
pub(super) struct Control {
    pub(super) priority: i32,
    pub(super) boost_disabled: bool,
    ideal_processor: u32,
    description: String,
    /// As a FILETIME; when the thread was first seen.
    created: u64,
    /// Times at the end, which can be asked for then no more.
    last: Option<Times>,
}

impl Control {
    pub(super) fn new() -> Self {
        Self {
            priority: 0,
            boost_disabled: false,
            ideal_processor: 0,
            description: String::new(),
            created: now(),
            last: None,
        }
    }
}

/// What `GetThreadTimes` tells, in units of 100 ns.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) created: u64,
    pub(super) ended: u64,
    pub(super) kernel: u64,
    pub(super) user: u64,
}

/// The priorities, and how nice a thread of each is to the others.
const PRIORITIES: &[(i32, i32)] = &[
    (-15, 19),
    (-2, 10),
    (-1, 5),
    (0, 0),
    (1, -5),
    (2, -10),
    (15, -20),
];

/// Background mode, which ends with the second number; a thread is then as nice as can be.
const BACKGROUND_BEGIN: i32 = 0x1_0000;
const BACKGROUND_END: i32 = 0x2_0000;

/// Sets a priority. Whether the system follows depends on the user's rights; that it does not is
/// no error, as with Windows' own limits.
pub(super) fn set_priority(thread: &Thread, priority: i32) -> Result<(), Status> {
    let nice = match priority {
        BACKGROUND_BEGIN => 19,
        BACKGROUND_END => nice_of(thread.control.lock().priority)?,
        _ => {
            let nice = nice_of(priority)?;
            thread.control.lock().priority = priority;
            nice
        }
    };
    // SAFETY: no pointers are passed.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, thread.id(), nice) };
    Ok(())
}

fn nice_of(priority: i32) -> Result<i32, Status> {
    let row = PRIORITIES.iter().find(|row| row.0 == priority);
    Ok(row.ok_or(Status::INVALID_PARAMETER)?.1)
}

/// `MAXIMUM_PROCESSORS`: no ideal processor, or a question.
const NO_PROCESSOR: u32 = 64;

/// Notes the ideal processor, a hint that the system's scheduler takes from nobody; the previous.
pub(super) fn set_ideal_processor(thread: &Thread, processor: u32) -> Result<u32, Status> {
    let mut control = thread.control.lock();
    let before = control.ideal_processor;
    if processor > NO_PROCESSOR {
        return Err(Status::INVALID_PARAMETER);
    }
    if processor < NO_PROCESSOR {
        control.ideal_processor = processor;
    }
    Ok(before)
}

/// The first 64 processors that the thread may use, as bits; there is one group.
pub(super) fn affinity(thread: &Thread) -> Result<u64, Status> {
    affinity_of(thread.id().cast_signed())
}

fn affinity_of(id: i32) -> Result<u64, Status> {
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    let bytes = size_of::<libc::cpu_set_t>();
    // SAFETY: there is room for so many bytes.
    if unsafe { libc::sched_getaffinity(id, bytes, set.as_mut_ptr()) } != 0 {
        return Err(Status::ACCESS_DENIED);
    }
    // SAFETY: the bits were zeroed and then written by the call.
    let set = unsafe { set.assume_init() };
    let has = |processor: &usize| {
        // SAFETY: within the set.
        unsafe { libc::CPU_ISSET(*processor, &set) }
    };
    Ok((0..64)
        .filter(has)
        .fold(0, |mask, processor| mask | 1 << processor))
}

pub(super) fn set_affinity(thread: &Thread, mask: u64) -> Result<(), Status> {
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: all zeros are an empty set.
    let set = unsafe { set.assume_init_mut() };
    for processor in (0..64).filter(|processor| mask >> processor & 1 != 0) {
        // SAFETY: within the set.
        unsafe { libc::CPU_SET(processor, set) };
    }
    // A processor that is not there is refused, though the system would only ignore it.
    // SAFETY: no pointers are passed.
    let there = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    let beyond = u32::try_from(there)
        .ok()
        .and_then(|count| mask.checked_shr(count));
    if mask == 0 || beyond.is_some_and(|bits| bits != 0) {
        return Err(Status::INVALID_PARAMETER);
    }
    let bytes = size_of::<libc::cpu_set_t>();
    // SAFETY: the set is so long.
    match unsafe { libc::sched_setaffinity(thread.id().cast_signed(), bytes, set) } {
        0 => Ok(()),
        _ => Err(Status::INVALID_PARAMETER),
    }
}

/// Gives the thread a name, of which the system keeps the first 15 bytes.
pub(super) fn describe(thread: &Thread, description: &str) {
    let mut short = description;
    while short.len() > 15 {
        short = &short[..short.char_indices().next_back().map_or(0, |(at, _)| at)];
    }
    // Nobody depends on it.
    let _ = fs::write(format!("/proc/self/task/{}/comm", thread.id()), short);
    thread.control.lock().description = description.to_owned();
}

impl Thread {
    pub(super) fn description(&self) -> String {
        self.control.lock().description.clone()
    }

    /// Notes the times of the calling thread, which this is and which ends.
    pub(super) fn note_last_times(&self) {
        if let Ok(mut times) = times(self) {
            times.ended = now();
            self.control.lock().last = Some(times);
        }
    }
}

pub(super) fn times(thread: &Thread) -> Result<Times, Status> {
    let control = thread.control.lock();
    if let Some(last) = control.last {
        return Ok(last);
    }
    let created = control.created;
    drop(control);
    let (user, kernel) = times_in(&format!("/proc/self/task/{}/stat", thread.id()))?;
    Ok(Times {
        created,
        ended: 0,
        kernel,
        user,
    })
}

/// User and kernel time in a `stat` file.
fn times_in(path: &str) -> Result<(u64, u64), Status> {
    let gone = Status::ACCESS_DENIED;
    let stat = fs::read_to_string(path).map_err(|_| gone)?;
    // The name before the last parenthesis may contain anything.
    let (_, fields) = stat.rsplit_once(')').ok_or(gone)?;
    // The numbers 14 and 15 of all fields; two are before the parenthesis.
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    let (user, kernel) = (next().ok_or(gone)?, next().ok_or(gone)?);
    // SAFETY: no pointers are passed.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    let unit =
        time_of(std::time::Duration::from_secs(1)) / u64::try_from(ticks.max(1)).unwrap_or(1);
    Ok((user * unit, kernel * unit))
}
