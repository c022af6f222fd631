//! How a thread waits.

use std::sync::Arc;

use completion_port::Deadline;

use super::Target;
use super::dispatcher::{self, Outcome, Who};
use crate::thread::{self, Thread};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Satisfied(Outcome),
    /// Calls have been run (S-304).
    Called,
    TimedOut,
}

impl Ended {
    /// The one thing that was waited for was there.
    pub(super) const AT_ONCE: Self = Self::Satisfied(Outcome {
        index: 0,
        abandoned: false,
    });

    /// What `WaitForMultipleObjects` returns.
    pub(crate) fn code(self) -> u32 {
        match self {
            Self::Satisfied(outcome) => outcome.code(),
            Self::Called => 0xc0,
            Self::TimedOut => 0x102,
        }
    }
}

/// Waits for one or all of the targets.
///
/// What is signaled already wins over queued calls, as it may (S-304).
pub(crate) fn wait(targets: &[Target], all: bool, deadline: Deadline, alertable: bool) -> Ended {
    // One thing that nobody else waits for needs no lock; if it is not there, that is known too.
    if let [target] = targets {
        match target.source().try_take() {
            Ok(true) => return Ended::AT_ONCE,
            Ok(false) if deadline == Deadline::Now && !alertable => return Ended::TimedOut,
            _ => {}
        }
    }
    let thread = thread::current_thread();
    let ended = if deadline == Deadline::Now {
        match dispatcher::attempt(targets, all, &thread) {
            Some(outcome) => Ended::Satisfied(outcome),
            _ if alertable && thread.has_apcs() => Ended::Called,
            _ => Ended::TimedOut,
        }
    } else {
        blocked(targets, all, deadline, alertable, &thread)
    };
    if ended == Ended::Called {
        thread::run_apcs();
    }
    ended
}

/// Sleeps; calls may end an alertable sleep.
pub(crate) fn sleep(deadline: Deadline, alertable: bool) -> Ended {
    wait(&[], false, deadline, alertable)
}

fn blocked(
    targets: &[Target],
    all: bool,
    deadline: Deadline,
    alertable: bool,
    thread: &Arc<Thread>,
) -> Ended {
    let who = Who::Thread(Arc::clone(thread));
    let listed = match dispatcher::begin(targets, all, who) {
        Ok((outcome, _)) => return Ended::Satisfied(outcome),
        Err(listed) => listed,
    };
    let early = completion_port::blocking(|| thread.sleep(deadline, alertable));
    match early {
        thread::Woken::Satisfied(outcome) => Ended::Satisfied(outcome),
        // It may have been satisfied since.
        early => match dispatcher::withdraw(listed, thread) {
            Some(outcome) => Ended::Satisfied(outcome),
            None if early == thread::Woken::Called => Ended::Called,
            None => Ended::TimedOut,
        },
    }
}
