//! From facts to what to do: pure, so that every case is tested anywhere.

use rustix::io::Errno;
use serde::Serialize;

use super::facts::Facts;

/// Open descriptors below which a server soon runs out.
const OPEN_FILES_FEW: u64 = 4096;

/// Something worth knowing, and how to change it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Advice {
    /// What it is about, in a few words.
    pub(super) about: String,
    /// What is so, and why, and what follows.
    pub(super) why: String,
    /// Ways to change it.
    pub(super) fixes: Vec<Fix>,
}

/// One way to change it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Fix {
    /// Where this is the way.
    pub(super) when: String,
    /// What to type or write.
    pub(super) lines: Vec<String>,
}

impl Fix {
    fn new<const N: usize>(when: &str, lines: [&str; N]) -> Self {
        Self {
            when: when.to_owned(),
            lines: lines.map(str::to_owned).into(),
        }
    }
}

/// Everything that can be said about these facts.
pub(super) fn advise(facts: &Facts) -> Vec<Advice> {
    let mut advice = Vec::new();
    if let Some(error) = &facts.engine.ring_error {
        let (why, fixes) = refusal(facts, error.code);
        let consequence = match facts.engine.demanded {
            Some("uring") => {
                "COMPLETION_PORT_ENGINE=uring forbids to do without, so file operations that \
                 need the disk fail."
            }
            _ => {
                "Everything works without: a pool of threads does what needs the disk. It costs \
                 more CPU and more thread switches."
            }
        };
        let about = format!("io_uring is refused: {}", error.text);
        advice.push(Advice {
            about,
            why: format!("{why} {consequence}"),
            fixes,
        });
    }
    if let Some(demanded) = facts.engine.demanded {
        let why = format!("COMPLETION_PORT_ENGINE is set to `{demanded}` in the environment.");
        let fixes = vec![Fix::new(
            "To let the library choose:",
            ["unset COMPLETION_PORT_ENGINE"],
        )];
        advice.push(Advice {
            about: "The engine is prescribed".into(),
            why,
            fixes,
        });
    }
    advice.extend(few_open_files(facts));
    advice
}

/// Why there is no ring, and what would give one.
fn refusal(facts: &Facts, code: i32) -> (String, Vec<Fix>) {
    let is = |errno: Errno| errno.raw_os_error() == code;
    let filtered = facts.seccomp == "filter";
    let old = facts
        .kernel_version()
        .is_some_and(|version| version < (5, 1));
    if is(Errno::PERM) && facts.io_uring_disabled.is_some_and(|value| value > 0) {
        return sysctl(facts);
    }
    if is(Errno::NOSYS) && old {
        let why = format!(
            "The kernel {} is older than io_uring (Linux 5.1).",
            facts.kernel
        );
        let fix = Fix::new("Any newer kernel helps; 6.1 and later serve best.", []);
        return (why, vec![fix]);
    }
    if (is(Errno::PERM) || is(Errno::ACCESS) || is(Errno::NOSYS)) && filtered {
        return seccomp(facts);
    }
    if is(Errno::PERM) || is(Errno::ACCESS) {
        let why = "Neither a seccomp filter nor the sysctl forbids it, so a security module \
                   (SELinux, AppArmor, …) does.";
        let fix = Fix::new("Its log tells which rule:", ["ausearch -m avc -ts recent"]);
        return (why.into(), vec![fix]);
    }
    if is(Errno::NOSYS) {
        let why = "The kernel was built without it (CONFIG_IO_URING), or a sandbox such as \
                   gVisor stands in for the kernel.";
        return (
            why.into(),
            vec![Fix::new("Use another kernel or sandbox.", [])],
        );
    }
    if is(Errno::NOMEM) {
        return locked_memory();
    }
    if is(Errno::MFILE) || is(Errno::NFILE) {
        let why = "No descriptor is left for the ring.";
        return (
            why.into(),
            vec![Fix::new("In the shell:", ["ulimit -n 65536"])],
        );
    }
    if is(Errno::INVAL) {
        let why = format!("The io_uring of this kernel ({}) is too old.", facts.kernel);
        return (
            why,
            vec![Fix::new(
                "Linux 5.6 is enough; 6.1 and later serve best.",
                [],
            )],
        );
    }
    ("The kernel gives no further reason.".into(), Vec::new())
}

fn sysctl(facts: &Facts) -> (String, Vec<Fix>) {
    let value = facts.io_uring_disabled.unwrap_or_default();
    let why = format!("The sysctl kernel.io_uring_disabled is {value}.");
    let mut fixes = vec![Fix::new(
        "To allow it, as root; the second line keeps it after a restart:",
        [
            "sysctl -w kernel.io_uring_disabled=0",
            "echo kernel.io_uring_disabled=0 > /etc/sysctl.d/99-io-uring.conf",
        ],
    )];
    if value == 1 {
        fixes.push(Fix::new(
            "Or only for one group, of which the user then has to be a member:",
            ["sysctl -w kernel.io_uring_group=GID"],
        ));
    }
    (why, fixes)
}

fn seccomp(facts: &Facts) -> (String, Vec<Fix>) {
    let mut why = "A seccomp filter forbids io_uring_setup.".to_owned();
    if let Some(container) = &facts.container {
        why.push_str(&format!(" This is a container: {container}."));
    }
    let fixes = vec![
        Fix::new(
            "Docker, Podman: take the engine's default profile, add this to its `syscalls`, and \
             start with it:",
            [
                r#"{"action": "SCMP_ACT_ALLOW","#,
                r#" "names": ["io_uring_setup", "io_uring_enter", "io_uring_register"]}"#,
                "docker run --security-opt seccomp=profile.json …",
            ],
        ),
        Fix::new(
            "Kubernetes: install that profile on the nodes and name it in the pod:",
            [
                "securityContext:",
                "  seccompProfile: {type: Localhost, localhostProfile: profile.json}",
            ],
        ),
        Fix::new(
            "A systemd service with a SystemCallFilter:",
            ["SystemCallFilter=io_uring_setup io_uring_enter io_uring_register"],
        ),
        Fix::new(
            "To see whether that is all, without any filter:",
            ["docker run --security-opt seccomp=unconfined …"],
        ),
    ];
    (why, fixes)
}

fn locked_memory() -> (String, Vec<Fix>) {
    let why = "The ring's memory exceeds what this user may lock (before Linux 5.12 it counts \
               against RLIMIT_MEMLOCK).";
    let fixes = vec![
        Fix::new("In the shell:", ["ulimit -l unlimited"]),
        Fix::new("In a systemd service:", ["LimitMEMLOCK=infinity"]),
        Fix::new("In a container:", ["docker run --ulimit memlock=-1 …"]),
    ];
    (why.into(), fixes)
}

fn few_open_files(facts: &Facts) -> Option<Advice> {
    let limit = facts.open_files?;
    let soft = limit.soft.filter(|&soft| soft < OPEN_FILES_FEW)?;
    let more = limit
        .hard
        .map_or("unlimited".to_owned(), |hard| hard.to_string());
    let mut fixes = vec![
        Fix::new("In a systemd service:", ["LimitNOFILE=65536"]),
        Fix::new("In a container:", ["docker run --ulimit nofile=65536 …"]),
    ];
    if limit.hard != limit.soft {
        let line = format!("ulimit -n {more}");
        fixes.insert(0, Fix::new("In the shell:", [&line]));
    }
    Some(Advice {
        about: "Few open files are allowed".into(),
        why: format!(
            "A program may open {soft} files, and each connection is one. `iocp` raises its own \
             limit as far as it may; other programs have to."
        ),
        fixes,
    })
}

#[cfg(test)]
mod tests;
