//! `iocp echo` as its users meet it: over TCP, and by signals.

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;

use common::{PATIENCE, Running, iocp};
use rustix::process::Signal;

/// A server, and the address it listens on.
fn serve(command: Command) -> (Running, String) {
    let server = Running::start(command);
    let line = server.line();
    let address = line
        .strip_prefix("listening on ")
        .expect("the first line has the address");
    let address = address.to_owned();
    server.until("Ctrl-C ends");
    (server, address)
}

fn server(args: &[&str]) -> (Running, String) {
    let args = [&["echo", "--listen", "127.0.0.1:0"], args].concat();
    serve(iocp(&args))
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends and expects the same back.
fn check(stream: &mut TcpStream, message: &[u8]) {
    stream.write_all(message).unwrap();
    let mut echo = vec![0; message.len()];
    stream.read_exact(&mut echo).unwrap();
    assert!(
        echo == message,
        "the echo of {} bytes differs",
        message.len()
    );
}

/// Ends the server by a signal; returns what it says in the end.
fn stop(server: Running, signal: Signal) -> String {
    server.signal(signal);
    let (code, out, err) = server.end();
    assert_eq!((code, &*err), (Some(0), ""), "{out}");
    out
}

#[test]
fn what_is_sent_comes_back_until_the_client_has_finished() {
    let (server, address) = server(&[]);
    let mut stream = connect(&address);
    check(&mut stream, b"hello, port\n");
    let large: Vec<u8> = (0..300_000u32).map(|n| n as u8 ^ (n >> 8) as u8).collect();
    let mut sender = stream.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sender.write_all(&large).unwrap();
            sender.shutdown(Shutdown::Write).unwrap();
        });
        let mut echo = Vec::new();
        stream.read_to_end(&mut echo).unwrap();
        assert!(echo == large, "the echo of many pieces differs");
    });
    let out = stop(server, Signal::INT);
    let bytes = "300,012 bytes received, 300,012 bytes sent, 0 errors";
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("1 connection,") && words.contains(bytes),
        "{out}"
    );
}

#[test]
fn a_small_buffer_and_one_thread_are_enough() {
    let (server, address) = server(&["--threads", "1", "--concurrency", "1", "--buffer", "7"]);
    let mut streams: Vec<_> = (0..30).map(|_| connect(&address)).collect();
    for stream in &mut streams {
        check(stream, &[b'x'; 1000]);
    }
    drop(streams);
    stop(server, Signal::TERM);
}

#[test]
fn a_signal_ends_open_connections_at_once_and_in_order() {
    let (server, address) = server(&["--threads", "3"]);
    let mut streams: Vec<_> = (0..20).map(|_| connect(&address)).collect();
    for stream in &mut streams {
        check(stream, b"x");
    }
    // One that sends and does not read on, so that a send may be in flight as well.
    let mut stuffed = connect(&address);
    check(&mut stuffed, b"x");
    stuffed.set_nonblocking(true).unwrap();
    while stuffed.write(&[0; 65_536]).is_ok() {}
    let out = stop(server, Signal::INT);
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("21 connections,") && words.contains(" 0 errors"),
        "{out}"
    );
    for stream in &mut streams {
        match stream.read(&mut [0]) {
            Ok(0) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("the connection is open: {other:?}"),
        }
    }
    let refused = TcpStream::connect(&address).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_reset_disturbs_no_other_connection() {
    let (server, address) = server(&["--threads", "2"]);
    let mut steady = connect(&address);
    for _ in 0..10 {
        let mut rude = connect(&address);
        // Closing with bytes unread resets.
        rude.write_all(b"never read").unwrap();
        rude.peek(&mut [0]).unwrap();
        drop(rude);
        check(&mut steady, b"still here");
    }
    drop(steady);
    let out = stop(server, Signal::INT);
    assert!(out.contains("11 connections"), "{out}");
}

#[test]
fn running_out_of_descriptors_is_said_once_and_is_not_the_end() {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "ulimit -n 24; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_iocp"),
    ]);
    shell.args(["echo", "--listen", "127.0.0.1:0"]);
    let (server, address) = serve(shell);
    let mut streams: Vec<_> = (0..24).map(|_| connect(&address)).collect();
    let complaint = server.error_line();
    assert!(
        complaint.contains("cannot accept connections"),
        "{complaint}"
    );
    // The first have been accepted; when they leave, the others' turn comes.
    check(&mut streams[0], b"x");
    let others = streams.split_off(20);
    drop(streams);
    for mut stream in others {
        check(&mut stream, b"my turn");
    }
    stop(server, Signal::INT);
}

#[test]
fn an_address_in_use_is_a_failure_that_names_it() {
    let (_server, address) = server(&[]);
    let output = iocp(&["echo", "--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = common::text(&output.stderr);
    assert!(
        error.contains(&address) && error.contains("in use"),
        "{error}"
    );
}
