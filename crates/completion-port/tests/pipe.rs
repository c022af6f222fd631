//! Pipes.

mod common;

use std::io::{Read, Write};
use std::thread;

use common::raw::sigpipe_is_pending;
use common::{
    assert_empty, assert_same, code_of, complete, finish, pattern, refusal, roomy_port, scratch,
    take_done,
};
use completion_port::{AsHandle, PipeReader, PipeWriter, Status, pipe};

const MIB: usize = 1 << 20;

/// A reading end of the library's and a writing end of the standard library's.
fn inward() -> (PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    (PipeReader::from_fd(reader.into()).unwrap(), writer)
}

/// The other way round.
fn outward() -> (std::io::PipeReader, PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    (reader, PipeWriter::from_fd(writer.into()).unwrap())
}

#[test]
fn reads_are_filled_in_call_order() {
    let port = roomy_port();
    let (reader, mut writer) = inward();
    port.associate(&reader, 0).unwrap();
    for i in 0..100usize {
        reader.read_full(vec![0; 100]).submit(i).unwrap();
    }
    let sent = pattern(10_000, 1);
    writer.write_all(&sent).unwrap();
    for (i, expected) in sent.chunks(100).enumerate() {
        let done = take_done::<Vec<u8>, usize>(&port);
        assert_eq!((done.state, &done.buf[..]), (i, expected));
    }
}

#[test]
fn a_read_takes_what_is_there() {
    let (reader, mut writer) = inward();
    let pending = reader.read(vec![0; 100]).start().unwrap();
    assert!(!pending.is_done());
    writer.write_all(b"some").unwrap();
    assert_eq!(finish(pending).buf, b"some");
    writer.write_all(b"more").unwrap();
    assert_eq!(complete(reader.read(vec![0; 3])).buf, b"mor");
    assert_eq!(complete(reader.read(vec![0; 3])).buf, b"e");
}

#[test]
fn read_full_waits_for_all_and_ends_with_the_last_writer() {
    let (reader, mut writer) = inward();
    let pending = reader.read_full(vec![0; 6]).start().unwrap();
    for part in [&b"a"[..], b"bcd", b"efg"] {
        assert!(!pending.is_done());
        writer.write_all(part).unwrap();
    }
    assert_eq!(finish(pending).buf, b"abcdef");
    let rest = reader.read_full(vec![0; 6]).start().unwrap();
    drop(writer);
    assert_eq!(finish(rest).buf, b"g");
}

#[test]
fn the_end_is_0_bytes_again_and_again_and_what_was_written_comes_first() {
    let port = roomy_port();
    let (reader, mut writer) = inward();
    port.associate(&reader, 0).unwrap();
    let second = writer.try_clone().unwrap();
    for i in 0..3 {
        reader.read(vec![0; 4]).submit(i).unwrap();
    }
    writer.write_all(b"last").unwrap();
    drop(writer);
    assert_eq!(take_done::<Vec<u8>, i32>(&port).buf, b"last");
    assert_empty(&port);
    drop(second);
    for i in 1..3 {
        let done = take_done::<Vec<u8>, i32>(&port);
        assert_eq!((done.result.unwrap(), done.state), (0, i));
        assert_eq!(done.outcome.status, Status::Success);
    }
    for _ in 0..3 {
        assert_eq!(complete(reader.read(vec![0; 4])).result.unwrap(), 0);
    }
}

#[test]
fn s_329_a_read_without_room_waits_and_takes_nothing() {
    let (reader, mut writer) = inward();
    for _ in 0..3 {
        let pending = reader.read(Vec::new()).start().unwrap();
        assert!(!pending.is_done());
        writer.write_all(b"abc").unwrap();
        assert_eq!(finish(pending).result.unwrap(), 0);
        assert_eq!(complete(reader.read_full(vec![0; 3])).buf, b"abc");
    }
    let pending = reader.read(Vec::new()).start().unwrap();
    drop(writer);
    assert_eq!(finish(pending).result.unwrap(), 0);
}

#[test]
fn s_325_big_writes_complete_whole_and_do_not_interleave() {
    let port = roomy_port();
    let (mut reader, writer) = outward();
    port.associate(&writer, 0).unwrap();
    thread::scope(|scope| {
        for byte in [1u8, 2, 3] {
            let writer = &writer;
            scope.spawn(move || writer.write(vec![byte; MIB]).submit(byte).unwrap());
        }
        let mut received = vec![0; 3 * MIB];
        reader.read_exact(&mut received).unwrap();
        let switches = received
            .windows(2)
            .filter(|pair| pair[0] != pair[1])
            .count();
        assert_eq!(switches, 2);
        let ends = [(); 3].map(|()| take_done::<Vec<u8>, u8>(&port));
        assert!(ends.iter().all(|done| done.outcome.bytes == MIB));
        assert_eq!(
            ends.iter().map(|done| u32::from(done.state)).sum::<u32>(),
            6
        );
    });
    assert_empty(&port);
}

#[test]
fn a_big_write_arrives_as_it_was() {
    let (mut reader, writer) = outward();
    let sent = pattern(4 * MIB, 2);
    let pending = writer.write(sent.clone()).start().unwrap();
    let after = writer.write("after").start().unwrap();
    assert!(!pending.is_done());
    let mut received = vec![0; 4 * MIB];
    received
        .chunks_mut(777)
        .for_each(|chunk| reader.read_exact(chunk).unwrap());
    assert_same(&received, &sent);
    assert_eq!(finish(pending).result.unwrap(), 4 * MIB);
    assert_eq!(finish(after).result.unwrap(), 5);
    assert_eq!(complete(writer.write("")).result.unwrap(), 0);
}

#[test]
fn small_writes_wait_for_room_in_order() {
    let port = roomy_port();
    let (mut reader, writer) = outward();
    port.associate(&writer, 0).unwrap();
    const COUNT: usize = 3_000;
    for i in 0..COUNT {
        writer
            .write([u8::try_from(i % 251).unwrap(); 100])
            .submit(i)
            .unwrap();
    }
    for i in 0..COUNT {
        let mut bytes = [0; 100];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, [u8::try_from(i % 251).unwrap(); 100]);
    }
    for i in 0..COUNT {
        assert_eq!(take_done::<[u8; 100], usize>(&port).state, i);
    }
}

#[test]
fn without_a_reader_a_write_is_refused_and_no_signal_raised() {
    let (reader, writer) = outward();
    drop(reader);
    for _ in 0..3 {
        assert_eq!(refusal(writer.write("nobody")), libc::EPIPE);
    }
    assert!(!sigpipe_is_pending());
}

#[test]
fn a_waiting_write_breaks_when_the_last_reader_goes() {
    let port = roomy_port();
    let (mut reader, writer) = outward();
    port.associate(&writer, 0).unwrap();
    writer.write(vec![7; 4 * MIB]).submit("first").unwrap();
    writer.write(vec![7; 4]).submit("second").unwrap();
    reader.read_exact(&mut [0; 1_000]).unwrap();
    assert_empty(&port);
    drop(reader);
    let first = take_done::<Vec<u8>, &str>(&port);
    assert_eq!((code_of(&first), first.state), (libc::EPIPE, "first"));
    assert!((1_000..4 * MIB).contains(&first.outcome.bytes));
    let second = take_done::<Vec<u8>, &str>(&port);
    assert_eq!((code_of(&second), second.state), (libc::EPIPE, "second"));
    assert_eq!(second.outcome.bytes, 0);
}

#[test]
fn dropping_an_end_cancels_its_operations_and_closes_it() {
    let port = roomy_port();
    let (reader, mut writer) = inward();
    port.associate(&reader, 3).unwrap();
    reader.read(vec![0; 4]).submit(()).unwrap();
    drop(reader);
    assert_eq!(code_of(&take_done::<Vec<u8>, ()>(&port)), libc::ECANCELED);
    assert_eq!(
        writer.write(b"x").unwrap_err().kind(),
        std::io::ErrorKind::BrokenPipe
    );

    let (mut reader, writer) = outward();
    let written = writer.write(vec![1; 4 * MIB]).start().unwrap();
    drop(writer);
    let mut received = Vec::new();
    reader.read_to_end(&mut received).unwrap();
    let done = finish(written);
    assert_eq!(
        (code_of(&done), done.outcome.bytes),
        (libc::ECANCELED, received.len())
    );
    assert_eq!(done.buf.len(), 4 * MIB);
}

#[test]
fn both_ends_in_one_program() {
    let port = roomy_port();
    let (reader, writer) = pipe().unwrap();
    port.associate(&reader, 1).unwrap();
    port.associate(&writer, 2).unwrap();
    let sent = pattern(2 * MIB, 3);
    writer.write(sent.clone()).submit("write").unwrap();
    reader
        .read_full(Vec::with_capacity(2 * MIB))
        .submit("read")
        .unwrap();
    for _ in 0..2 {
        let done = take_done::<Vec<u8>, &str>(&port);
        assert_eq!(done.result.unwrap(), 2 * MIB);
        assert_same(&done.buf, &sent);
    }
}

#[test]
fn a_named_pipe_is_a_pipe_too() {
    let directory = scratch();
    let path = directory.path().join("fifo");
    common::raw::make_fifo(&path);
    let open = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let reader = PipeReader::from_fd(open.try_clone().unwrap().into()).unwrap();
    let writer = PipeWriter::from_fd(open.into()).unwrap();
    let pending = reader.read(vec![0; 9]).start().unwrap();
    complete(writer.write("named")).result.unwrap();
    assert_eq!(finish(pending).buf, b"named");
    assert!(reader.cancel_all() == 0);
}
