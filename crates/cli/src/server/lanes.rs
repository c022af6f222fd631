//! What each thread counts, each in a cache line of its own.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    Packets,
    Connections,
    Messages,
    BytesReceived,
    BytesSent,
    Errors,
}

const COUNTS: usize = Count::Errors as usize + 1;

/// One thread's counters. Only that thread writes them; anybody may read.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Lane {
    counts: [AtomicU64; COUNTS],
    /// The thread's folder in /proc, once it runs.
    folder: OnceLock<String>,
}

/// What a thread has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Packets taken from the port.
    pub(crate) packets: u64,
    /// Connections accepted.
    pub(crate) connections: u64,
    /// Receives that brought something.
    pub(crate) messages: u64,
    /// What they brought.
    pub(crate) bytes_received: u64,
    /// What was sent back.
    pub(crate) bytes_sent: u64,
    /// Connections that broke.
    pub(crate) errors: u64,
    /// How often the thread has gone to sleep, by the kernel's count; 0 when it has ended.
    pub(crate) sleeps: u64,
}

impl Lane {
    /// The thread that counts here has begun.
    pub(super) fn begin(&self) {
        if let Ok(task) = fs::read_link("/proc/thread-self") {
            // The link reads `PID/task/TID`.
            let _ = self.folder.set(format!("/proc/{}", task.display()));
        }
    }

    pub(super) fn add(&self, count: Count, number: u64) {
        // Relaxed: a sum that orders nothing; the reader joins the thread when it must be exact.
        self.counts[count as usize].fetch_add(number, Ordering::Relaxed);
    }

    pub(super) fn tally(&self) -> Tally {
        let of = |count: Count| self.counts[count as usize].load(Ordering::Relaxed);
        Tally {
            packets: of(Count::Packets),
            connections: of(Count::Connections),
            messages: of(Count::Messages),
            bytes_received: of(Count::BytesReceived),
            bytes_sent: of(Count::BytesSent),
            errors: of(Count::Errors),
            sleeps: self.sleeps().unwrap_or(0),
        }
    }

    fn sleeps(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("{}/status", self.folder.get()?)).ok()?;
        let line = status
            .lines()
            .find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse().ok()
    }
}

impl Tally {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        self.each(other, u64::wrapping_add)
    }

    /// What came since an earlier look.
    pub(crate) fn since(self, earlier: Self) -> Self {
        self.each(earlier, u64::saturating_sub)
    }

    fn each(self, other: Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            packets: combine(self.packets, other.packets),
            connections: combine(self.connections, other.connections),
            messages: combine(self.messages, other.messages),
            bytes_received: combine(self.bytes_received, other.bytes_received),
            bytes_sent: combine(self.bytes_sent, other.bytes_sent),
            errors: combine(self.errors, other.errors),
            sleeps: combine(self.sleeps, other.sleeps),
        }
    }

    /// The sum of all.
    pub(crate) fn sum<'t>(tallies: impl IntoIterator<Item = &'t Self>) -> Self {
        tallies
            .into_iter()
            .fold(Self::default(), |sum, &tally| sum.plus(tally))
    }
}
