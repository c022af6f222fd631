//! Where the system has no more descriptors, threads, memory or registrations to give: what needs
//! one is refused with everything that was moved in, and works as soon as there is one again.

mod common;

use std::io::Write;

use common::process::has_run_alone;
use common::raw::{forget_pages, set_addresses_max, set_descriptors_max};
use common::stream::tcp_pair;
use common::{
    any_port, assert_empty, assert_same, code_of, complete, engines, finish, pattern, roomy_port,
    scratch, take, take_done,
};
use completion_port::{
    Accepted, AlignedBuf, CompletionPort, Engine, File, Rejected, TcpListener, TcpStream,
    UnixStream, engine_report, pipe,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use socket2::{Domain, Socket, Type};

type AcceptedTcp = Accepted<TcpStream>;

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

/// As where the user may not have one more thread. Only for a thread that starts none itself.
fn without_threads<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let calls = [libc::SYS_clone, libc::SYS_clone3].map(|call| (call, Vec::new()));
    denied(calls, libc::EAGAIN, run)
}

/// As where hardly any memory is left: too little for a thread's stack.
fn without_memory<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let short = || {
        let facts = std::fs::read_to_string("/proc/self/statm").expect("what is in use");
        let pages: u64 = facts.split(' ').next().unwrap().parse().unwrap();
        set_addresses_max(Some(pages * 4096 + (64 << 10)));
        let result = run();
        set_addresses_max(None);
        result
    };
    // In another thread than the first, small pieces come from what was set aside for it.
    std::thread::scope(|scope| scope.spawn(short).join().expect("no panic"))
}

/// That an operation was refused for want of a thread, and everything came back.
fn assert_refused<T: std::fmt::Debug>(refused: Result<T, Rejected<Vec<u8>>>, buf: &[u8]) {
    let refused = refused.expect_err("a refusal");
    assert_eq!(refused.error.kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(refused.buf, buf);
}

/// What needs a thread of the library before it has one.
fn everything_is_refused(left: &TcpStream, file: &File) {
    assert_refused(left.recv(vec![7; 8]).start(), &[7; 8]);
    let (_reader, writer) = pipe().unwrap();
    let written = writer.write(vec![7; 1 << 20]).start().map(finish);
    let written = written.expect("a part of it is in the pipe");
    assert_eq!(code_of(&written), libc::EAGAIN);
    assert!(0 < written.outcome.bytes && written.outcome.bytes < 1 << 20);
    for engine in engines_wanted() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let error = port.associate(left, 1).expect_err("a refusal");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        assert!(port.associate(file, 1).is_err());
        // Packets need none.
        port.post(1, 2, 3).unwrap();
        assert_eq!(take(&port).token(), Some(3));
    }
    assert_refused(file.read_at(vec![7; 8], 0).start(), &[7; 8]);
    assert!(file.sync_all().start().is_err());
}

fn engines_wanted() -> [Engine; 3] {
    [Engine::Auto, Engine::Uring, Engine::Threads]
}

#[test]
fn without_threads_everything_is_refused_and_works_later() {
    let name = "without_threads_everything_is_refused_and_works_later";
    if !has_run_alone(module_path!(), name) {
        refused_and_works_later(|run| without_threads(run));
    }
}

#[test]
fn without_memory_everything_is_refused_and_works_later() {
    let name = "without_memory_everything_is_refused_and_works_later";
    if !has_run_alone(module_path!(), name) {
        refused_and_works_later(|run| {
            without_memory(|| {
                let error = AlignedBuf::new(1 << 30, 4096).expect_err("too much");
                assert_eq!(error.kind(), std::io::ErrorKind::OutOfMemory);
                run();
            });
        });
    }
}

fn refused_and_works_later(short: impl FnOnce(&(dyn Fn() + Sync))) {
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(1 << 20, 1);
    std::fs::write(&path, &contents).unwrap();
    let cold = || {
        let file = std::fs::File::open(&path).unwrap();
        forget_pages(&file);
        File::try_from(file).unwrap()
    };
    let (left, right) = tcp_pair();
    let file = cold();
    short(&|| everything_is_refused(&left, &file));

    let pending = left.recv(vec![0; 8]).start().unwrap();
    complete(right.send("hello")).result.unwrap();
    assert_eq!(finish(pending).buf, b"hello");
    assert_same(&complete(file.read_at(vec![0; 1 << 20], 0)).buf, &contents);
    // The shortage is no reason to do without io_uring for ever.
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let file = cold();
        port.associate(&file, 2).unwrap();
        file.read_at(vec![0; 1 << 20], 0).submit(()).unwrap();
        assert_same(&take_done::<Vec<u8>, ()>(&port).buf, &contents);
    }
    let code = engine_report().ring_error.map(|why| why.code);
    assert_ne!(code, Some(libc::EAGAIN));
}

/// Takes every descriptor that this process may still have.
fn take_all_descriptors() -> Vec<std::fs::File> {
    let mut all = Vec::new();
    loop {
        match std::fs::File::open("/dev/null") {
            Ok(file) => all.push(file),
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
                return all;
            }
        }
    }
}

#[test]
fn without_descriptors_an_accept_fails_and_no_connection_is_lost() {
    let name = "without_descriptors_an_accept_fails_and_no_connection_is_lost";
    if has_run_alone(module_path!(), name) {
        return;
    }
    set_descriptors_max(100);
    let port = roomy_port();
    let listener = TcpListener::bind(any_port()).unwrap();
    port.associate(&listener, 1).unwrap();
    let address = listener.local_addr().unwrap().into();
    let clients: Vec<Socket> = (0..8)
        .map(|_| Socket::new(Domain::IPV4, Type::STREAM, None).unwrap())
        .collect();

    // Accepts that wait when the last descriptor goes fail one by one as connections come.
    for _ in 0..4 {
        listener.accept().submit(()).unwrap();
    }
    let all = take_all_descriptors();
    for client in &clients {
        client.connect(&address).unwrap();
    }
    for _ in 0..4 {
        let done = take_done::<AcceptedTcp, ()>(&port);
        assert_eq!(code_of(&done), libc::EMFILE);
        assert!(done.buf.into_stream().is_none());
    }
    assert_empty(&port);
    // One that would be served at once is refused.
    let refused = listener.accept().submit("my state").expect_err("a refusal");
    assert_eq!(refused.error.raw_os_error(), Some(libc::EMFILE));
    assert_eq!(refused.state, "my state");

    // Every connection is still there.
    drop(all);
    for (index, client) in clients.iter().enumerate() {
        let mut client = client;
        client.write_all(&[u8::try_from(index).unwrap()]).unwrap();
    }
    let mut seen: Vec<u8> = clients
        .iter()
        .map(|_| {
            listener.accept().submit(()).unwrap();
            let done = take_done::<AcceptedTcp, ()>(&port);
            done.result.unwrap();
            let (stream, _) = done.buf.into_stream().unwrap();
            let done = complete(stream.recv(vec![0; 8]));
            assert_eq!(done.result.unwrap(), 1);
            done.buf[0]
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..8).collect::<Vec<u8>>());
}

#[test]
fn without_descriptors_nothing_can_be_made_but_everything_works_later() {
    let name = "without_descriptors_nothing_can_be_made_but_everything_works_later";
    if has_run_alone(module_path!(), name) {
        return;
    }
    set_descriptors_max(100);
    let directory = scratch();
    let path = directory.path().join("file");
    let contents = pattern(1 << 20, 1);
    std::fs::write(&path, &contents).unwrap();
    let (left, right) = tcp_pair();
    let file = std::fs::File::open(&path).unwrap();
    forget_pages(&file);
    let file = File::try_from(file).unwrap();
    let all = take_all_descriptors();

    // What needs an engine that cannot be made is refused, with its buffer.
    let refused = left.recv(vec![7; 8]).start().expect_err("a refusal");
    assert_eq!(refused.error.raw_os_error(), Some(libc::EMFILE));
    assert_eq!(refused.buf, [7; 8]);
    let port = CompletionPort::new(2).unwrap();
    let error = port
        .associate(&left, 1)
        .expect_err("an engine needs descriptors");
    assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
    assert!(pipe().is_err());
    // Posting needs none. Files are read by threads then, or refused.
    port.post(3, 2, 1).unwrap();
    assert_eq!(take(&port).key(), 3);
    match file.read_at(vec![0; 1 << 20], 0).start() {
        Ok(pending) => assert_same(&finish(pending).buf, &contents),
        Err(refused) => assert_eq!(refused.buf.len(), 1 << 20),
    }

    drop(all);
    port.associate(&left, 1).unwrap();
    port.associate(&file, 2).unwrap();
    left.recv(vec![0; 8]).submit(()).unwrap();
    complete(right.send("hello")).result.unwrap();
    assert_eq!(take_done::<Vec<u8>, ()>(&port).buf, b"hello");
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let file = std::fs::File::open(&path).unwrap();
        forget_pages(&file);
        let file = File::try_from(file).unwrap();
        port.associate(&file, 2).unwrap();
        file.read_at(vec![0; 1 << 20], 0).submit(()).unwrap();
        assert_same(&take_done::<Vec<u8>, ()>(&port).buf, &contents);
    }
    // The shortage is no reason to do without io_uring for ever.
    let report = engine_report();
    println!("  after the shortage files are served by {}", report.files);
    let code = report.ring_error.map(|why| why.code);
    assert_ne!(code, Some(libc::EMFILE));
}

#[test]
fn s_218_without_descriptors_a_transfer_that_has_begun_tells_how_far_it_came() {
    let name = "s_218_without_descriptors_a_transfer_that_has_begun_tells_how_far_it_came";
    if has_run_alone(module_path!(), name) {
        return;
    }
    set_descriptors_max(100);
    let contents = pattern(4 << 20, 4);
    let (left, right) = UnixStream::pair().unwrap();
    let all = take_all_descriptors();

    // The rest of it would need an engine, which cannot be made. What has gone out is gone.
    let sent = complete(left.send(contents.clone()));
    assert_eq!(code_of(&sent), libc::EMFILE);
    assert!(0 < sent.outcome.bytes && sent.outcome.bytes < contents.len());
    let found = complete(right.recv(vec![0; contents.len()]));
    assert_same(&found.buf, &contents[..sent.outcome.bytes]);

    // What has come in is in the buffer.
    complete(left.send("abc")).result.unwrap();
    let found = complete(right.recv_full(Vec::with_capacity(100)));
    assert_eq!(code_of(&found), libc::EMFILE);
    assert_eq!(found.buf, b"abc");
    drop(all);
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
