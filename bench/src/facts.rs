//! The machine and the versions that the figures belong to.

use std::fs;
use std::process::Command;

use serde::Serialize;

/// The lock file of the workspace: the exact versions of the peers.
const LOCK: &str = include_str!("../../Cargo.lock");

/// Libraries whose version a reader wants to know.
const PEERS: &[&str] = &[
    "tokio",
    "compio",
    "monoio",
    "io-uring",
    "crossbeam-channel",
    "kanal",
    "flume",
    "async-channel",
];

/// What figures depend on.
#[derive(Serialize)]
pub(crate) struct Facts {
    kernel: String,
    cpu: String,
    cpus: usize,
    memory_mib: u64,
    virtual_machine: bool,
    versions: Vec<(String, String)>,
}

impl Facts {
    pub(crate) fn gather() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let value = |line: &str| line.split_once(':').map(|(_, v)| v.trim().to_owned());
        let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
        let meminfo = read("/proc/meminfo");
        let memory_kib = meminfo
            .split_whitespace()
            .nth(1)
            .and_then(|word| word.parse().ok());
        let ours = (
            "completion-port".to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        );
        let peers = PEERS
            .iter()
            .filter_map(|&name| Some((name.to_owned(), locked(name)?)));
        Self {
            kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            cpu: model
                .and_then(value)
                .unwrap_or_else(|| "unknown CPU".to_owned()),
            cpus: cpuinfo
                .lines()
                .filter(|line| line.starts_with("processor"))
                .count(),
            memory_mib: memory_kib.unwrap_or(0_u64) / 1024,
            virtual_machine: cpuinfo.lines().any(|line| {
                line.starts_with("flags") && line.split_whitespace().any(|f| f == "hypervisor")
            }),
            versions: std::iter::once(ours).chain(peers).chain(fio()).collect(),
        }
    }

    pub(crate) fn print(&self) {
        let virtual_machine = if self.virtual_machine {
            ", virtual machine"
        } else {
            ""
        };
        println!(
            "{}; {} x {}{virtual_machine}; {} MiB",
            self.kernel, self.cpus, self.cpu, self.memory_mib
        );
        let versions = self
            .versions
            .iter()
            .map(|(name, version)| format!("{name} {version}"));
        println!("{}", versions.collect::<Vec<_>>().join(", "));
    }
}

/// The version of the program fio, if there is one.
fn fio() -> Option<(String, String)> {
    let output = Command::new("fio").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some((
        "fio".to_owned(),
        text.trim().trim_start_matches("fio-").to_owned(),
    ))
}

/// The version of a package in the lock file, the newest if there are several.
fn locked(name: &str) -> Option<String> {
    let wanted = format!("name = \"{name}\"");
    let lines = LOCK.lines().zip(LOCK.lines().skip(1));
    let found = lines.filter(|(line, _)| *line == wanted);
    // They are sorted.
    let version = found.last()?.1.strip_prefix("version = ")?;
    Some(version.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_peer_has_a_version() {
        for name in PEERS {
            assert!(locked(name).is_some(), "{name} is not in the lock file");
        }
    }
}
