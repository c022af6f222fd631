//! The accepts of the server, and what happens when the system has nothing left for one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::{Note, Shared, locked};

/// How many accepts are in flight, so that a burst of connections meets enough of them.
const ACCEPTS: usize = 16;
/// When an accept that failed for want of something is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The state of an accept: there is nothing to remember.
pub(super) struct Accept;

/// Whether only the connection that was to be accepted is lost, so that the next one may come at
/// once; accept(2) names these.
pub(super) fn is_about_one_connection(error: &io::Error) -> bool {
    const THEIRS: [Errno; 10] = [
        Errno::CONNABORTED,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::INTR,
        Errno::NETDOWN,
        Errno::NETUNREACH,
        Errno::NONET,
        Errno::NOPROTOOPT,
        Errno::OPNOTSUPP,
        Errno::PROTO,
    ];
    let code = error.raw_os_error();
    THEIRS
        .iter()
        .any(|&theirs| code == Some(theirs.raw_os_error()))
}

impl Shared {
    /// Submits an accept. On failure nothing is in flight, and `open` is as it was.
    pub(super) fn accept(&self) -> io::Result<()> {
        // Held over the submission: whoever stops the server takes the listener, and with it
        // every accept, before or after this one.
        let listener = locked(&self.listener);
        let Some(listener) = &*listener else {
            return Err(Errno::CANCELED.into());
        };
        self.open.fetch_add(1, Ordering::Relaxed);
        if let Err(refused) = listener.accept().submit(Accept) {
            self.leave();
            return Err(refused.into());
        }
        Ok(())
    }
}

/// Submits the first accepts, repeats those that failed, and stops the server when told to.
pub(super) fn run(shared: &Arc<Shared>, notes: &Receiver<Note>, starving: impl FnOnce(&io::Error)) {
    let mut starving = Some(starving);
    let mut waiting = ACCEPTS;
    let mut retry_at = Instant::now();
    loop {
        let note = if waiting == 0 {
            notes.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            notes.recv_timeout(retry_at.saturating_duration_since(Instant::now()))
        };
        let failed = match note {
            Ok(Note::Failed(error)) => {
                waiting += 1;
                Some(error)
            }
            Ok(Note::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => retry(shared, &mut waiting),
        };
        if let Some(error) = failed {
            if let Some(starving) = starving.take() {
                starving(&error);
            }
            retry_at = Instant::now() + RETRY_AFTER;
        }
    }
    shared.stop();
}

/// Submits what waits, up to the first that is refused.
fn retry(shared: &Shared, waiting: &mut usize) -> Option<io::Error> {
    while *waiting > 0 {
        if let Err(error) = shared.accept() {
            return Some(error);
        }
        *waiting -= 1;
    }
    None
}
