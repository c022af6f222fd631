//! What one cell (one contender, one case, one round) measured.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::proc::{self, Machine, Usage};
use crate::{Result, os};

/// Named figures; the names are the keys of [`Column`](crate::suite::Column)s and of the JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sample(BTreeMap<String, f64>);

/// Share of one CPU that others used, in per cent.
pub(crate) const FOREIGN: &str = "foreign_percent";

impl Sample {
    pub(crate) fn set(&mut self, key: &str, value: f64) {
        self.0.insert(key.to_owned(), value);
    }

    pub(crate) fn get(&self, key: &str) -> Option<f64> {
        self.0.get(key).copied()
    }

    /// Sets p50, p99 and p99.9 in µs, if anything was recorded.
    pub(crate) fn set_latencies(&mut self, latency_ns: &Histogram<u64>) {
        if !latency_ns.is_empty() {
            for (key, quantile) in [("p50_us", 0.5), ("p99_us", 0.99), ("p999_us", 0.999)] {
                self.set(key, latency_ns.value_at_quantile(quantile) as f64 / 1e3);
            }
        }
    }

    /// Sets CPU time, switches and wake-ups per operation.
    pub(crate) fn set_usage(&mut self, usage: &Usage, ops: f64) {
        self.set("cpu_us_per_op", usage.cpu_ns as f64 / 1e3 / ops);
        self.set("user_us_per_op", usage.user_ns as f64 / 1e3 / ops);
        self.set("system_us_per_op", usage.system_ns as f64 / 1e3 / ops);
        self.set("voluntary_per_op", usage.voluntary as f64 / ops);
        self.set("involuntary_per_op", usage.involuntary as f64 / ops);
        self.set("wakeups_per_op", usage.wakeups as f64 / ops);
    }

    /// Sets the most memory that the processes ever had resident.
    pub(crate) fn set_peak(&mut self, pids: &[u32]) -> Result<()> {
        let kib = proc::peak_rss_kib(pids)?;
        self.set("peak_rss_mib", kib as f64 / 1024.0);
        Ok(())
    }

    /// Prints the one line that the parent process waits for.
    pub(crate) fn print(&self) -> Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }

    pub(crate) fn parse(line: &str) -> Result<Self> {
        Ok(serde_json::from_str(line).map_err(|_| format!("no figures but: {line}"))?)
    }
}

/// An empty histogram for 1 ns to 100 s, exact to a thousandth.
pub(crate) fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 100_000_000_000, 3).expect("the bounds are in order")
}

/// Usage of the calling process over a window that is exact even if threads end meanwhile.
///
/// Of a thread that has ended nobody knows how often it was woken; here every voluntary switch
/// counts as one wake-up.
pub(crate) struct OwnWindow(Usage);

impl OwnWindow {
    pub(crate) fn start() -> Result<Self> {
        Ok(Self(os::own_usage()?))
    }

    pub(crate) fn end(&self) -> Result<Usage> {
        Ok(os::own_usage()?.less(&self.0))
    }
}

/// Measures a stretch of work of this process: usage and how much others disturbed it.
pub(crate) fn measure<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Usage, f64)> {
    let machine = Machine::start()?;
    let window = OwnWindow::start()?;
    let value = work()?;
    let usage = window.end()?;
    Ok((value, usage, machine.foreign_percent(usage.cpu_ns)?))
}
