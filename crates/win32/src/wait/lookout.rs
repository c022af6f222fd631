//! Things whose state nobody sets: it must be asked for, and is, as long as somebody waits.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Rule, Source, clock, dispatcher};
use crate::file::File;

/// Something to ask.
pub(crate) trait Asked: Send + Sync + 'static {
    fn lookout(&self) -> &Lookout;
    /// Whether a wait for it ends now.
    fn is_signaled(&self) -> bool;
}

/// What such a thing has besides itself.
#[derive(Debug)]
pub(crate) struct Lookout {
    pub(super) source: Source,
    /// Somebody waits.
    watched: AtomicBool,
    /// The clock will ask.
    alarmed: AtomicBool,
    /// How long between two questions.
    period: Duration,
}

impl Lookout {
    pub(crate) const fn new(period: Duration) -> Self {
        Self {
            source: Source::with(Rule::Ask, 0),
            watched: AtomicBool::new(false),
            alarmed: AtomicBool::new(false),
            period,
        }
    }

    /// Something has happened to it: it is asked at once, if somebody waits. It costs a load if
    /// not.
    #[inline]
    pub(crate) fn changed(&self) {
        // A waiter that is just coming and not seen here asks itself after it has come.
        if self.watched.load(Ordering::SeqCst) {
            dispatcher::changed(&self.source, || {});
        }
    }

    pub(super) fn unwatch(&self) {
        self.watched.store(false, Ordering::SeqCst);
    }
}

/// Somebody waits for it: from now on it is asked now and then.
pub(super) fn watch(it: &Arc<dyn Asked>) {
    it.lookout().watched.store(true, Ordering::SeqCst);
    set_alarm(it);
}

fn set_alarm(it: &Arc<dyn Asked>) {
    let lookout = it.lookout();
    if lookout.alarmed.swap(true, Ordering::SeqCst) {
        return;
    }
    let weak = Arc::downgrade(it);
    let call = move || {
        let Some(it) = weak.upgrade() else { return };
        let lookout = it.lookout();
        if it.is_signaled() {
            lookout.changed();
        }
        lookout.alarmed.store(false, Ordering::SeqCst);
        if lookout.watched.load(Ordering::SeqCst) {
            set_alarm(&it);
        }
    };
    if clock::at(Instant::now() + lookout.period, call).is_err() {
        lookout.alarmed.store(false, Ordering::SeqCst);
    }
}

/// A stream that takes no overlapped operations, as one wait sees it: a terminal, a standard
/// stream. It is signaled when a read would not block.
pub(super) struct Stream {
    file: Arc<File>,
    lookout: Lookout,
}

/// Nobody types faster.
const TYPING: Duration = Duration::from_millis(5);

impl Stream {
    pub(super) fn new(file: &Arc<File>) -> Arc<Self> {
        Arc::new(Self {
            file: Arc::clone(file),
            lookout: Lookout::new(TYPING),
        })
    }
}

impl Asked for Stream {
    fn lookout(&self) -> &Lookout {
        &self.lookout
    }

    fn is_signaled(&self) -> bool {
        is_readable(self.file.fd())
    }
}

fn is_readable(fd: RawFd) -> bool {
    let mut poll = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry is passed.
    unsafe { libc::poll(&raw mut poll, 1, 0) > 0 }
}
