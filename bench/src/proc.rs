//! What the kernel says about a process and about the machine.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::time::Instant;

use crate::os;

/// One thread's counters since it started.
#[derive(Clone, Copy, Default)]
struct Thread {
    run_ns: u64,
    voluntary: u64,
    involuntary: u64,
}

/// A process at one moment.
pub(crate) struct Snapshot {
    cpu_ns: u64,
    threads: HashMap<String, Thread>,
}

/// What a process did between two moments.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_ns: u64,
    pub(crate) voluntary: u64,
    pub(crate) involuntary: u64,
    /// Threads that ran at all.
    pub(crate) threads: u64,
    /// Threads that were switched in more than `often` times.
    pub(crate) threads_often: u64,
}

impl Snapshot {
    /// Reads `/proc/PID/task/*/{schedstat,status}` and the process's CPU clock.
    pub(crate) fn take(pid: u32) -> io::Result<Self> {
        let mut threads = HashMap::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            // A thread may end between the listing and the reading.
            if let Ok(thread) = read_thread(&path) {
                threads.insert(name, thread);
            }
        }
        Ok(Self {
            cpu_ns: os::cpu_ns(pid)?,
            threads,
        })
    }

    /// The difference to an `earlier` snapshot. A thread counts as running often when it was
    /// switched in more than `often` times.
    pub(crate) fn since(&self, earlier: &Self, often: u64) -> Usage {
        let mut usage = Usage {
            cpu_ns: self.cpu_ns - earlier.cpu_ns,
            ..Usage::default()
        };
        for (name, now) in &self.threads {
            let before = earlier.threads.get(name).copied().unwrap_or_default();
            let voluntary = now.voluntary - before.voluntary;
            let involuntary = now.involuntary - before.involuntary;
            usage.voluntary += voluntary;
            usage.involuntary += involuntary;
            usage.threads += u64::from(now.run_ns > before.run_ns);
            usage.threads_often += u64::from(voluntary + involuntary > often);
        }
        usage
    }
}

fn read_thread(task: &std::path::Path) -> io::Result<Thread> {
    let schedstat = fs::read_to_string(task.join("schedstat"))?;
    let status = fs::read_to_string(task.join("status"))?;
    let run_ns = schedstat
        .split_whitespace()
        .next()
        .and_then(|word| word.parse().ok());
    Ok(Thread {
        run_ns: run_ns.unwrap_or(0),
        voluntary: field(&status, "voluntary_ctxt_switches:"),
        involuntary: field(&status, "nonvoluntary_ctxt_switches:"),
    })
}

/// The number behind `name` at the start of a line, or zero.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// The memory that a process has resident, in KiB.
pub(crate) fn rss_kib(pid: u32) -> io::Result<u64> {
    Ok(field(
        &fs::read_to_string(format!("/proc/{pid}/status"))?,
        "VmRSS:",
    ))
}

/// The most memory a process ever had resident, in KiB.
pub(crate) fn peak_rss_kib(pid: u32) -> io::Result<u64> {
    Ok(field(
        &fs::read_to_string(format!("/proc/{pid}/status"))?,
        "VmHWM:",
    ))
}

/// Measures how much CPU others used meanwhile: a round with much of it is worth little.
pub(crate) struct Machine {
    busy_ns: u64,
    since: Instant,
}

impl Machine {
    pub(crate) fn start() -> io::Result<Self> {
        Ok(Self {
            busy_ns: busy_ns()?,
            since: Instant::now(),
        })
    }

    /// Share of one CPU, in per cent, that was used by others than the measured processes.
    ///
    /// The kernel counts the machine's time in ticks, so a few per cent mean nothing.
    pub(crate) fn foreign_percent(&self, measured_ns: u64) -> io::Result<f64> {
        let busy_ns = busy_ns()?.saturating_sub(self.busy_ns);
        let wall_ns = self.since.elapsed().as_nanos() as f64;
        Ok(100.0 * busy_ns.saturating_sub(measured_ns) as f64 / wall_ns)
    }
}

/// Time that all CPUs together spent neither idle nor waiting for a device.
fn busy_ns() -> io::Result<u64> {
    const NS_PER_TICK: u64 = 10_000_000;
    let stat = fs::read_to_string("/proc/stat")?;
    let cpu = stat.lines().next().unwrap_or_default();
    let ticks = cpu
        .split_whitespace()
        .skip(1)
        .map(|word| word.parse::<u64>().unwrap_or(0));
    // user nice system idle iowait irq softirq steal; guest time is part of user.
    let busy = ticks
        .enumerate()
        .filter(|(i, _)| !matches!(i, 3 | 4 | 8..))
        .map(|(_, n)| n);
    Ok(busy.sum::<u64>() * NS_PER_TICK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_sees_its_own_work() {
        let pid = std::process::id();
        let before = Snapshot::take(pid).unwrap();
        let end = Instant::now() + std::time::Duration::from_millis(30);
        while Instant::now() < end {}
        let usage = Snapshot::take(pid).unwrap().since(&before, 1_000_000);
        assert!(usage.cpu_ns > 10_000_000, "{} ns", usage.cpu_ns);
        assert!(usage.threads >= 1 && usage.threads_often == 0);
        assert!(peak_rss_kib(pid).unwrap() > 100);
    }

    #[test]
    fn fields_are_found_at_the_start_of_a_line_only() {
        let text = "nonvoluntary_ctxt_switches:\t7\nvoluntary_ctxt_switches:\t5\n";
        assert_eq!(field(text, "voluntary_ctxt_switches:"), 5);
        assert_eq!(field(text, "missing:"), 0);
    }
}
