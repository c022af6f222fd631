//! A bounded pool of threads for file operations, where the system allows no ring or the user
//! asks for it. Threads start as jobs come and end when there has been nothing to do for long.

use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::files::{self, File};
use super::os;
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

struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// The fork count of the process that has the threads.
    forks: u64,
}

static STATE: Mutex<State> =
    Mutex::new(State { jobs: VecDeque::new(), threads: 0, idle: 0, forks: 0 });
static WORK: Condvar = Condvar::new();

/// Queues an operation. Refused only if no thread runs and none can be started.
pub(super) fn submit(file: Arc<File>, op: OpBox) -> Result<(), Refused> {
    let mut state = STATE.lock();
    if state.forks != os::fork_count() {
        // The parent's threads and jobs do not exist here. Its memory is left alone.
        std::mem::forget(std::mem::take(&mut state.jobs));
        state.threads = 0;
        state.idle = 0;
        state.forks = os::fork_count();
    }
    if state.idle <= state.jobs.len() && state.threads < THREADS_MAX {
        let started = std::thread::Builder::new()
            .name("iocp-file".into())
            .stack_size(256 * 1024)
            .spawn(work);
        match started {
            Ok(_) => state.threads += 1,
            Err(error) if state.threads == 0 => return Err((error, op)),
            Err(_) => {}
        }
    }
    state.jobs.push_back(Job { file, op });
    drop(state);
    WORK.notify_one();
    Ok(())
}

/// Takes an operation that has not begun out of the queue and completes it as cancelled.
pub(super) fn cancel(file: &Arc<File>, id: OpId) {
    let mut state = STATE.lock();
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

fn work() {
    let mut state = STATE.lock();
    loop {
        if let Some(mut job) = state.jobs.pop_front() {
            drop(state);
            let outcome = files::run(job.file.as_raw_fd(), &mut *job.op, 0);
            finish(job, outcome);
            state = STATE.lock();
            continue;
        }
        state.idle += 1;
        let waited = WORK.wait_for(&mut state, IDLE);
        state.idle -= 1;
        if waited.timed_out() && state.jobs.is_empty() {
            state.threads -= 1;
            return;
        }
    }
}
