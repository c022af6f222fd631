//! A bounded pool of threads for file operations that make a thread wait in any case, and for all
//! where the system allows no ring or the user asks for it. Threads start as jobs come and end when
//! there has been nothing to do for long.
//!
//! The locks are the standard library's: threads wait here for long, and another library's lists
//! of waiting threads would name threads that a forked child does not have.

use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::files::{self, File};
use super::os::{self, PerProcess};
use super::port::Harvesting;
use super::socket::Refused;
use crate::op::{OpBox, OpId, Outcome};

/// As many operations run at once; more wait in order.
const THREADS_MAX: usize = 16;
/// A thread without work ends after so long.
const IDLE: Duration = Duration::from_secs(10);

struct Job {
    file: Arc<File>,
    op: OpBox,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

#[derive(Default)]
struct Pool {
    state: Mutex<State>,
    work: Condvar,
}

static POOL: PerProcess<Pool> = PerProcess::new();

impl Pool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Queues an operation. Refused only if no thread runs and none can be started.
pub(super) fn submit(file: Arc<File>, op: OpBox) -> Result<(), Refused> {
    let pool = POOL.get();
    let mut state = pool.lock();
    if state.idle <= state.jobs.len() && state.threads < THREADS_MAX {
        match os::spawn("iocp-file", 256 * 1024, || work(pool)) {
            Ok(()) => state.threads += 1,
            Err(error) if state.threads == 0 => return Err((error, op)),
            Err(_) => {}
        }
    }
    state.jobs.push_back(Job { file, op });
    let wake = state.idle > 0;
    drop(state);
    if wake {
        pool.work.notify_one();
    }
    Ok(())
}

/// Takes an operation that has not begun out of the queue and completes it as cancelled.
pub(super) fn cancel(file: &Arc<File>, id: OpId) {
    let mut state = POOL.get().lock();
    let place = state
        .jobs
        .iter()
        .position(|job| Arc::ptr_eq(&job.file, file) && job.op.head().id == id);
    let job = place.and_then(|place| state.jobs.remove(place));
    drop(state);
    if let Some(job) = job {
        let moved = job.op.head().moved;
        finish(job, Outcome::error(libc::ECANCELED, moved));
    }
}

fn finish(mut job: Job, outcome: Outcome) {
    job.op.finish(outcome);
    job.file.engine_finished(&job.op);
    job.file.association().deliver(job.op);
}

fn work(pool: &Pool) {
    let _harvesting = Harvesting::begin();
    let mut state = pool.lock();
    loop {
        if let Some(mut job) = state.jobs.pop_front() {
            drop(state);
            let outcome = files::run(job.file.as_raw_fd(), &mut *job.op, 0);
            finish(job, outcome);
            state = pool.lock();
            continue;
        }
        state.idle += 1;
        let (back, waited) =
            pool.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
        state = back;
        state.idle -= 1;
        if waited.timed_out() && state.jobs.is_empty() {
            state.threads -= 1;
            return;
        }
    }
}
