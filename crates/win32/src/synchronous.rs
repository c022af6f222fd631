//! Synchronous calls that can be called off from outside: by `CancelSynchronousIo`.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::wait;

/// Calls off what a thread is blocked in; whether there was anything.
type Cancel = Arc<dyn Fn() -> bool + Send + Sync>;

/// The threads that are blocked, by the system's numbers.
static BLOCKED: Mutex<Option<HashMap<u32, Cancel>>> = Mutex::new(None);

/// Runs something that blocks without holding a port's slot (S-067). Meanwhile
/// `CancelSynchronousIo` on this thread calls `cancel` (S-216).
pub(crate) fn cancellable<T>(
    cancel: impl Fn() -> bool + Send + Sync + 'static,
    run: impl FnOnce() -> T,
) -> T {
    let thread = wait::current_thread_id();
    let set = |cancel: Option<Cancel>| {
        let mut blocked = BLOCKED.lock();
        let blocked = blocked.get_or_insert_with(HashMap::new);
        match cancel {
            Some(cancel) => blocked.insert(thread, cancel),
            None => blocked.remove(&thread),
        }
    };
    drop(set(Some(Arc::new(cancel))));
    let done = completion_port::blocking(run);
    drop(set(None));
    done
}

/// Calls off what a thread is blocked in; false if that is nothing.
pub(crate) fn cancel(thread: u32) -> bool {
    let cancel = BLOCKED
        .lock()
        .as_ref()
        .and_then(|b| b.get(&thread).cloned());
    cancel.is_some_and(|cancel| cancel())
}
