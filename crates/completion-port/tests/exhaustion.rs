//! Where the system has no more threads, memory or registrations to give: what needs one is
//! refused with everything that was moved in, and goes on as soon as there is one again.

mod common;

use common::stream::tcp_pair;
use common::{complete, finish, roomy_port, take_done};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// Runs something in a thread for which those calls fail with that error.
fn denied<T: Send>(
    calls: impl IntoIterator<Item = (i64, Vec<SeccompRule>)>,
    code: i32,
    run: impl FnOnce() -> T + Send,
) -> T {
    let rules = calls.into_iter().collect();
    let arch = TargetArch::try_from(std::env::consts::ARCH).expect("a known processor");
    let error = SeccompAction::Errno(code.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, error, arch).expect("a filter");
    let program: BpfProgram = filter.try_into().expect("a short filter");
    let denied = move || {
        seccompiler::apply_filter(&program).expect("an accepted filter");
        run()
    };
    std::thread::scope(|scope| scope.spawn(denied).join().expect("no panic"))
}

/// As where the user may not watch one more descriptor.
fn without_registrations<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let add = u64::from(libc::EPOLL_CTL_ADD.cast_unsigned());
    let adds = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, add);
    let rule = SeccompRule::new(vec![adds.expect("a condition")]).expect("a rule");
    denied([(libc::SYS_epoll_ctl, vec![rule])], libc::ENOSPC, run)
}

#[test]
fn s_022_a_handle_that_cannot_be_moved_to_a_port_stays_where_it_was() {
    let port = roomy_port();
    let (other, _its_peer) = tcp_pair();
    port.associate(&other, 1).unwrap();
    let (left, right) = tcp_pair();
    let pending = left.recv(vec![0; 8]).start().unwrap();
    let error = without_registrations(|| port.associate(&left, 2)).expect_err("a refusal");
    assert_eq!(error.raw_os_error(), Some(libc::ENOSPC));

    // What is in flight completes, what comes later too.
    complete(right.send("hello")).result.unwrap();
    assert_eq!(finish(pending).buf, b"hello");
    let pending = left.recv(vec![0; 8]).start().unwrap();
    complete(right.send("again")).result.unwrap();
    assert_eq!(finish(pending).buf, b"again");
    port.associate(&left, 2).unwrap();
    left.recv(vec![0; 8]).submit(()).unwrap();
    complete(right.send("there")).result.unwrap();
    assert_eq!(take_done::<Vec<u8>, ()>(&port).buf, b"there");
}
