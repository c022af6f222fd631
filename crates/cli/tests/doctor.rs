//! `iocp doctor` on the machine that the tests run on, whatever that allows.

mod common;

use common::{iocp, run, text};
use serde_json::Value;

#[test]
fn completion_ports_work_here() {
    let output = run(&["doctor"]);
    assert_eq!(output.status.code(), Some(0));
    let report = text(&output.stdout);
    assert!(report.contains("Sockets and pipes: epoll"), "{report}");
    assert!(report.contains("ok All is well"), "{report}");
    assert!(!report.contains('\x1b'), "{report}");
}

#[test]
fn the_report_for_machines_is_json_with_the_facts() {
    let output = run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["healthy"], true);
    assert_eq!(report["trials"]["sockets"], "ok");
    assert_eq!(report["trials"]["files"], "ok");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert_eq!(report["kernel"], kernel.trim());
    let refused = !report["engine"]["ring_error"].is_null();
    assert_eq!(report["engine"]["files"] == "threads", refused);
}

#[test]
fn a_demanded_engine_is_used_and_mentioned() {
    let output = iocp(&["doctor", "--json"])
        .env("COMPLETION_PORT_ENGINE", "threads")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["engine"]["files"], "threads");
    assert_eq!(report["engine"]["demanded"], "threads");
    let advice = report["advice"].to_string();
    assert!(advice.contains("unset COMPLETION_PORT_ENGINE"), "{advice}");
}
