//! Each refusal leads to its own advice.

use std::io;

use rustix::io::Errno;

use super::super::facts::{Engine, Facts, Limit, RingError};
use super::*;

fn healthy() -> Facts {
    Facts {
        version: "0",
        engine: Engine {
            files: "io_uring",
            direct: "device",
            sockets: "epoll",
            ring_mode: Some("plain"),
            observes_by: Some("syscall"),
            ring_error: None,
            demanded: None,
        },
        kernel: "6.12.3-arch1".into(),
        processors: 4,
        io_uring_disabled: Some(0),
        io_uring_group: Some(-1),
        seccomp: "none",
        open_files: Some(Limit {
            soft: Some(524_288),
            hard: Some(524_288),
        }),
        locked_memory: None,
        container: None,
    }
}

fn refused(errno: Errno) -> Facts {
    let mut facts = healthy();
    facts.engine.files = "threads";
    facts.engine.ring_mode = None;
    facts.engine.ring_error = Some(RingError {
        code: errno.raw_os_error(),
        text: io::Error::from(errno).to_string(),
    });
    facts
}

/// The only advice for these facts says all of `words`, and none of `never`.
fn check(facts: &Facts, words: &[&str], never: &[&str]) {
    let advice = advise(facts);
    assert_eq!(advice.len(), 1, "{advice:?}");
    let text = format!("{advice:?}");
    for word in words {
        assert!(text.contains(word), "`{word}` is missing in {text}");
    }
    for word in never {
        assert!(!text.contains(word), "`{word}` misleads in {text}");
    }
}

#[test]
fn a_healthy_system_needs_no_advice() {
    assert!(advise(&healthy()).is_empty());
}

#[test]
fn a_seccomp_filter_is_answered_with_a_profile() {
    for errno in [Errno::PERM, Errno::NOSYS] {
        let mut facts = refused(errno);
        facts.seccomp = "filter";
        facts.container = Some("Docker (/.dockerenv)".into());
        let words = [
            "io_uring_setup",
            "io_uring_enter",
            "io_uring_register",
            "--security-opt seccomp=",
            "Docker (/.dockerenv)",
            "Everything works without",
        ];
        check(&facts, &words, &["sysctl"]);
    }
}

#[test]
fn the_sysctl_is_answered_with_the_sysctl_even_under_a_filter() {
    let mut facts = refused(Errno::PERM);
    facts.io_uring_disabled = Some(2);
    facts.seccomp = "filter";
    check(
        &facts,
        &["kernel.io_uring_disabled=0"],
        &["seccomp=", "io_uring_group"],
    );
    facts.io_uring_disabled = Some(1);
    check(
        &facts,
        &["kernel.io_uring_disabled=0", "kernel.io_uring_group="],
        &["seccomp="],
    );
}

#[test]
fn a_refusal_by_nobody_visible_leads_to_the_security_modules() {
    check(
        &refused(Errno::PERM),
        &["SELinux"],
        &["seccomp=", "sysctl -w"],
    );
}

#[test]
fn an_old_kernel_is_told_from_a_kernel_without_it() {
    let mut facts = refused(Errno::NOSYS);
    check(&facts, &["CONFIG_IO_URING"], &["older than"]);
    facts.kernel = "4.19.0".into();
    check(
        &facts,
        &["older than io_uring (Linux 5.1)"],
        &["CONFIG_IO_URING"],
    );
}

#[test]
fn too_little_memory_is_answered_with_the_limit() {
    check(
        &refused(Errno::NOMEM),
        &["ulimit -l", "LimitMEMLOCK"],
        &["seccomp"],
    );
}

#[test]
fn a_demand_that_cannot_be_met_is_not_said_to_work() {
    let mut facts = refused(Errno::PERM);
    facts.engine.demanded = Some("uring");
    let text = format!("{:?}", advise(&facts));
    assert!(text.contains("forbids to do without") && !text.contains("Everything works"));
    assert!(text.contains("unset COMPLETION_PORT_ENGINE"));
}

#[test]
fn few_descriptors_are_mentioned_with_the_limit_they_may_be_raised_to() {
    let mut facts = healthy();
    facts.open_files = Some(Limit {
        soft: Some(1024),
        hard: Some(9999),
    });
    check(&facts, &["1024", "ulimit -n 9999"], &[]);
    facts.open_files = Some(Limit {
        soft: Some(1024),
        hard: Some(1024),
    });
    check(&facts, &["LimitNOFILE"], &["ulimit -n"]);
}
