//! What the kernel says about a process and about the machine.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::os;

/// One thread's counters since it started.
#[derive(Clone, Copy, Default)]
struct Counters {
    run_ns: u64,
    /// How often it was given a CPU.
    slices: u64,
    voluntary: u64,
    involuntary: u64,
}

/// A process, or several that do one job together, at one moment.
pub(crate) struct Snapshot {
    cpu_ns: u64,
    /// Time in user and system mode, in ticks: good for their ratio only.
    ticks: (u64, u64),
    threads: HashMap<PathBuf, Counters>,
}

/// What a process did between two moments.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_ns: u64,
    pub(crate) user_ns: u64,
    pub(crate) system_ns: u64,
    pub(crate) voluntary: u64,
    pub(crate) involuntary: u64,
    /// How often a thread that slept was given a CPU again.
    pub(crate) wakeups: u64,
    /// Threads that ran at all.
    pub(crate) threads: u64,
    /// Threads that were switched in more than `often` times.
    pub(crate) threads_often: u64,
}

impl Usage {
    /// What was added since `earlier`, threads aside.
    pub(crate) fn less(&self, earlier: &Self) -> Self {
        Self {
            cpu_ns: self.cpu_ns - earlier.cpu_ns,
            user_ns: self.user_ns.saturating_sub(earlier.user_ns),
            system_ns: self.system_ns.saturating_sub(earlier.system_ns),
            voluntary: self.voluntary - earlier.voluntary,
            involuntary: self.involuntary - earlier.involuntary,
            wakeups: self.wakeups - earlier.wakeups,
            ..Self::default()
        }
    }

    /// What both did together, threads aside.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            cpu_ns: self.cpu_ns + other.cpu_ns,
            user_ns: self.user_ns + other.user_ns,
            system_ns: self.system_ns + other.system_ns,
            voluntary: self.voluntary + other.voluntary,
            involuntary: self.involuntary + other.involuntary,
            wakeups: self.wakeups + other.wakeups,
            ..Self::default()
        }
    }
}

impl Snapshot {
    /// Reads `/proc/PID/task/*/{schedstat,status}` and the processes' CPU clocks.
    pub(crate) fn take(pids: &[u32]) -> io::Result<Self> {
        let mut snapshot = Self {
            cpu_ns: 0,
            ticks: (0, 0),
            threads: HashMap::new(),
        };
        for &pid in pids {
            for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
                let path = entry?.path();
                // A thread may end between the listing and the reading.
                if let Ok(thread) = read_thread(&path) {
                    snapshot.threads.insert(path, thread);
                }
            }
            let (user, system) = ticks(pid)?;
            snapshot.ticks = (snapshot.ticks.0 + user, snapshot.ticks.1 + system);
            snapshot.cpu_ns += os::cpu_ns(pid)?;
        }
        Ok(snapshot)
    }

    /// The difference to an `earlier` snapshot. A thread counts as running often when it was
    /// switched in more than `often` times.
    pub(crate) fn since(&self, earlier: &Self, often: u64) -> Usage {
        let mut usage = Usage {
            cpu_ns: self.cpu_ns - earlier.cpu_ns,
            ..Usage::default()
        };
        let user = self.ticks.0.saturating_sub(earlier.ticks.0) as f64;
        let system = self.ticks.1.saturating_sub(earlier.ticks.1) as f64;
        if user + system > 0.0 {
            usage.user_ns = (usage.cpu_ns as f64 * user / (user + system)) as u64;
            usage.system_ns = usage.cpu_ns - usage.user_ns;
        }
        for (path, now) in &self.threads {
            let before = earlier.threads.get(path).copied().unwrap_or_default();
            let voluntary = now.voluntary - before.voluntary;
            let involuntary = now.involuntary - before.involuntary;
            usage.voluntary += voluntary;
            usage.involuntary += involuntary;
            // A slice begins after a sleep or after having been put off the CPU.
            usage.wakeups += (now.slices - before.slices).saturating_sub(involuntary);
            usage.threads += u64::from(now.run_ns > before.run_ns);
            usage.threads_often += u64::from(voluntary + involuntary > often);
        }
        usage
    }
}

fn read_thread(task: &std::path::Path) -> io::Result<Counters> {
    let schedstat = fs::read_to_string(task.join("schedstat"))?;
    let status = fs::read_to_string(task.join("status"))?;
    // Time on a CPU, time spent waiting for one, slices.
    let mut words = schedstat
        .split_whitespace()
        .map(|word| word.parse().unwrap_or(0));
    Ok(Counters {
        run_ns: words.next().unwrap_or(0),
        slices: words.nth(1).unwrap_or(0),
        voluntary: field(&status, "voluntary_ctxt_switches:"),
        involuntary: field(&status, "nonvoluntary_ctxt_switches:"),
    })
}

/// User and system time of a process in ticks of the clock.
fn ticks(pid: u32) -> io::Result<(u64, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold spaces; it ends at the last parenthesis, before the third field.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut words = rest.split_whitespace().skip(11);
    let mut next = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    Ok((next(), next()))
}

/// The number behind `name` at the start of a line, or zero.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// The most memory that processes ever had resident, in KiB.
pub(crate) fn peak_rss_kib(pids: &[u32]) -> io::Result<u64> {
    sum_of_status(pids, "VmHWM:")
}

/// The memory that processes have resident now, in KiB.
pub(crate) fn rss_kib(pids: &[u32]) -> io::Result<u64> {
    sum_of_status(pids, "VmRSS:")
}

/// Watches how much memory a process and its children have resident at once, as far as looking
/// every few milliseconds shows.
pub(crate) struct PeakWatch {
    over: Sender<()>,
    watching: JoinHandle<u64>,
}

impl PeakWatch {
    pub(crate) fn start(id: u32) -> Self {
        let (over, ends) = mpsc::channel();
        let watching = thread::spawn(move || {
            let mut peak_kib = 0;
            while ends.recv_timeout(Duration::from_millis(5)) == Err(RecvTimeoutError::Timeout) {
                let kib = rss_kib(&family(id)).unwrap_or(0);
                peak_kib = kib.max(peak_kib);
            }
            peak_kib
        });
        Self { over, watching }
    }

    /// In KiB.
    pub(crate) fn end(self) -> u64 {
        drop(self.over);
        self.watching.join().unwrap_or(0)
    }
}

/// A process and all that it has started and that are still there.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&pid) = family.get(next) {
        let path = format!("/proc/{pid}/task/{pid}/children");
        let children = fs::read_to_string(path).unwrap_or_default();
        family.extend(
            children
                .split_whitespace()
                .filter_map(|id| id.parse::<u32>().ok()),
        );
        next += 1;
    }
    family
}

fn sum_of_status(pids: &[u32], name: &str) -> io::Result<u64> {
    let read = |pid| fs::read_to_string(format!("/proc/{pid}/status"));
    pids.iter().map(|pid| Ok(field(&read(pid)?, name))).sum()
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
        let pid = &[std::process::id()];
        let before = Snapshot::take(pid).unwrap();
        let end = Instant::now() + Duration::from_millis(30);
        while Instant::now() < end {}
        let usage = Snapshot::take(pid).unwrap().since(&before, 1_000_000);
        assert!(usage.cpu_ns > 10_000_000, "{} ns", usage.cpu_ns);
        assert!(usage.threads >= 1 && usage.threads_often == 0);
        assert_eq!(usage.user_ns + usage.system_ns, usage.cpu_ns);
        assert!(peak_rss_kib(pid).unwrap() >= rss_kib(pid).unwrap());
        assert!(rss_kib(pid).unwrap() > 100);
    }

    #[test]
    fn fields_are_found_at_the_start_of_a_line_only() {
        let text = "nonvoluntary_ctxt_switches:\t7\nvoluntary_ctxt_switches:\t5\n";
        assert_eq!(field(text, "voluntary_ctxt_switches:"), 5);
        assert_eq!(field(text, "missing:"), 0);
    }
}
