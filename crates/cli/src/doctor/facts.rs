//! What the system says of itself.

use std::env;
use std::fs;
use std::path::Path;
use std::thread;

use completion_port::engine_report;
use serde::Serialize;

/// Everything from which a diagnosis is made.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Facts {
    pub(super) version: &'static str,
    pub(super) engine: Engine,
    pub(super) kernel: String,
    pub(super) processors: usize,
    /// The sysctl kernel.io_uring_disabled; absent before Linux 6.6.
    pub(super) io_uring_disabled: Option<i64>,
    /// The sysctl kernel.io_uring_group.
    pub(super) io_uring_group: Option<i64>,
    /// What filters this process's system calls: `none`, `strict`, `filter`, `unknown`.
    pub(super) seccomp: &'static str,
    pub(super) open_files: Option<Limit>,
    /// In bytes.
    pub(super) locked_memory: Option<Limit>,
    /// What hints at a container.
    pub(super) container: Option<String>,
}

/// The library's own report.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Engine {
    pub(super) files: &'static str,
    pub(super) direct: &'static str,
    pub(super) sockets: &'static str,
    pub(super) ring_mode: Option<&'static str>,
    pub(super) ring_error: Option<RingError>,
    pub(super) observes_by: Option<&'static str>,
    pub(super) demanded: Option<&'static str>,
}

/// Why there is no ring.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RingError {
    pub(super) code: i32,
    pub(super) text: String,
}

/// A resource limit; `None` means unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Limit {
    pub(super) soft: Option<u64>,
    pub(super) hard: Option<u64>,
}

impl Facts {
    pub(super) fn gather() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let limits = read("/proc/self/limits");
        Self {
            version: env!("CARGO_PKG_VERSION"),
            engine: Engine::ask(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            processors: thread::available_parallelism().map_or(1, usize::from),
            io_uring_disabled: read("/proc/sys/kernel/io_uring_disabled")
                .trim()
                .parse()
                .ok(),
            io_uring_group: read("/proc/sys/kernel/io_uring_group").trim().parse().ok(),
            seccomp: seccomp(&read("/proc/self/status")),
            open_files: limit(&limits, "Max open files"),
            locked_memory: limit(&limits, "Max locked memory"),
            container: container(&read("/proc/self/cgroup")),
        }
    }

    /// Major and minor version of the kernel.
    pub(super) fn kernel_version(&self) -> Option<(u32, u32)> {
        let mut numbers = self.kernel.split(|c: char| !c.is_ascii_digit());
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    }
}

impl Engine {
    fn ask() -> Self {
        let report = engine_report();
        Self {
            files: report.files,
            direct: report.direct,
            sockets: report.sockets,
            ring_mode: report.ring_mode,
            observes_by: report.observes_by,
            ring_error: report.ring_error.map(|error| RingError {
                code: error.code,
                text: error.text,
            }),
            demanded: report.demanded,
        }
    }
}

/// The mode in /proc/self/status; seccomp(2).
fn seccomp(status: &str) -> &'static str {
    let mode = status
        .lines()
        .find_map(|line| line.strip_prefix("Seccomp:"));
    match mode.map(str::trim) {
        Some("0") => "none",
        Some("1") => "strict",
        Some("2") => "filter",
        _ => "unknown",
    }
}

/// One line of /proc/self/limits: name, soft limit, hard limit, unit.
fn limit(limits: &str, name: &str) -> Option<Limit> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    let mut words = line.split_whitespace();
    let mut value = || match words.next()? {
        "unlimited" => Some(None),
        number => number.parse().ok().map(Some),
    };
    Some(Limit {
        soft: value()?,
        hard: value()?,
    })
}

/// The first sign of a container, if there is one.
fn container(cgroup: &str) -> Option<String> {
    let files = [("/.dockerenv", "Docker"), ("/run/.containerenv", "Podman")];
    for (file, engine) in files {
        if Path::new(file).exists() {
            return Some(format!("{engine} ({file})"));
        }
    }
    if let Some(engine) = env::var("container").ok().filter(|name| !name.is_empty()) {
        return Some(format!("{engine} (environment variable `container`)"));
    }
    if env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        return Some("Kubernetes (environment variable KUBERNETES_SERVICE_HOST)".into());
    }
    let signs = ["docker", "kubepods", "containerd", "libpod", "lxc"];
    let sign = signs.into_iter().find(|sign| cgroup.contains(sign))?;
    Some(format!("{sign} (control group)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_found_by_name() {
        let text = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max locked memory         8388608              unlimited            bytes\n\
                    Max open files            1024                 524288               files\n";
        let open = Limit {
            soft: Some(1024),
            hard: Some(524_288),
        };
        assert_eq!(limit(text, "Max open files"), Some(open));
        let locked = Limit {
            soft: Some(8_388_608),
            hard: None,
        };
        assert_eq!(limit(text, "Max locked memory"), Some(locked));
        assert_eq!(limit(text, "Max fun"), None);
    }

    #[test]
    fn the_seccomp_mode_is_not_taken_from_a_similar_line() {
        assert_eq!(seccomp("Seccomp_filters:\t0\nSeccomp:\t2\n"), "filter");
        assert_eq!(seccomp("NoNewPrivs:\t0\n"), "unknown");
    }

    #[test]
    fn a_control_group_tells_of_its_container() {
        let found = container("0::/kubepods/besteffort/pod1\n");
        // On a machine that has other signs these come first.
        assert!(found.is_some());
    }
}
