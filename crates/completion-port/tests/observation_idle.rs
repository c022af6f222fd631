//! Without a backlog nobody observes: a process of its own, since the observer stays once it is
//! there.

mod common;

use std::thread;

use common::process::thread_names;
use common::{take, until_waiting};
use completion_port::CompletionPort;

#[test]
fn the_observer_does_not_exist_before_the_first_backlog() {
    let port = CompletionPort::new(2).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| while take(&port).token() != Some(0) {});
        }
        for token in 1..1_000 {
            until_waiting(&port, 8);
            port.post(0, 0, token).unwrap();
        }
        let has_observer = thread_names().iter().any(|name| name == "iocp-observer");
        assert!(!has_observer, "no packet has had to wait for a slot");
        (0..8).for_each(|_| port.post(0, 0, 0).unwrap());
    });
}
