//! Ctrl-C and its relatives, as something to look at or to be told of.

use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use crate::failure::Failure;

type Hook = Box<dyn FnOnce() + Send>;

/// Whether the user wants the program to end. Clones share one state.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<Shared>);

#[derive(Default)]
struct Shared {
    came: AtomicBool,
    hooks: Mutex<Vec<Hook>>,
}

impl Shared {
    /// Hooks are added whole or not at all, so a panic elsewhere leaves the list usable.
    fn hooks(&self) -> MutexGuard<'_, Vec<Hook>> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interrupt {
    /// Has the signals that ask a program to end noted instead of ending it. A second one ends
    /// it at once, should the orderly end hang.
    pub(crate) fn listen() -> io::Result<Self> {
        let again = Arc::new(AtomicBool::new(false));
        let signals = [SIGINT, SIGTERM, SIGHUP];
        for signal in signals {
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&again))?;
            flag::register(signal, Arc::clone(&again))?;
        }
        let mut signals = Signals::new(signals)?;
        let this = Self(Arc::default());
        let its = this.clone();
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                for _ in signals.forever() {
                    its.come();
                }
            })?;
        Ok(this)
    }

    fn come(&self) {
        let mut hooks = self.0.hooks();
        // Under the lock, so that a hook is either in the list or sees the flag.
        self.0.came.store(true, Ordering::SeqCst);
        let hooks = mem::take(&mut *hooks);
        for hook in hooks {
            hook();
        }
    }

    /// Whether it came.
    pub(crate) fn came(&self) -> bool {
        self.0.came.load(Ordering::SeqCst)
    }

    /// An error if it came.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.came() {
            return Err(Failure::Interrupted);
        }
        Ok(())
    }

    /// Runs `hook` when it comes, or now if it came already.
    pub(crate) fn then(&self, hook: impl FnOnce() + Send + 'static) {
        let mut hooks = self.0.hooks();
        if self.came() {
            drop(hooks);
            hook();
        } else {
            hooks.push(Box::new(hook));
        }
    }
}
