//! Every kind of buffer, sent and received.

mod common;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use common::{Drops, complete, finish, roomy_port, take, take_done};
use completion_port::{AlignedBuf, CompletionPort, Deadline, IoBuf, IoBufMut, UnixStream, pipe};

/// Sends `buf` and checks what arrives.
fn sent<B: IoBuf>(buf: B, expected: &[u8]) -> B {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let done = complete(ours.send(buf));
    assert_eq!(done.result.unwrap(), expected.len());
    assert_eq!(
        complete(theirs.recv_full(vec![0; expected.len()])).buf,
        expected
    );
    done.buf
}

/// Receives four bytes into `buf`.
fn received<B: IoBufMut>(buf: B) -> B {
    let (ours, theirs) = UnixStream::pair().unwrap();
    complete(theirs.send("data"));
    let done = complete(ours.recv(buf));
    assert_eq!(done.result.unwrap(), 4);
    done.buf
}

#[test]
fn every_kind_of_buffer_can_be_sent() {
    sent(b"vec".to_vec(), b"vec");
    sent(b"box".to_vec().into_boxed_slice(), b"box");
    sent(*b"array", b"array");
    sent(&b"static"[..], b"static");
    sent("text", b"text");
    sent(Arc::<[u8]>::from(&b"shared"[..]), b"shared");
    sent(Bytes::from_static(b"bytes"), b"bytes");
    sent(BytesMut::from(&b"mutable"[..]), b"mutable");
    assert_eq!(
        sent(b"a slice".to_vec().slice(2..=5), b"slic").into_inner(),
        b"a slice"
    );
    let mut aligned = AlignedBuf::new(8, 512).unwrap();
    aligned.copy_from_slice(b"aligned!");
    sent(aligned, b"aligned!");
}

#[test]
fn every_kind_of_buffer_can_be_received_into() {
    assert_eq!(received(Vec::with_capacity(100)), b"data");
    assert_eq!(received(b"longer than that".to_vec()), b"data");
    assert_eq!(&received(vec![b'.'; 6].into_boxed_slice())[..], b"data..");
    assert_eq!(&received([b'.'; 5]), b"data.");
    assert_eq!(&received(BytesMut::with_capacity(64))[..], b"data");
    let mut head = Vec::with_capacity(16);
    head.extend_from_slice(b"head");
    assert_eq!(received(head.slice(4..)).into_inner(), b"headdata");
    assert_eq!(&received(AlignedBuf::new(4, 4096).unwrap())[..], b"data");
}

#[test]
fn memory_stays_where_it_is() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let buf: Vec<u8> = Vec::with_capacity(4_096);
    let start = buf.as_ptr();
    let pending = ours.recv(buf).start().unwrap();
    complete(theirs.send("data")).result.unwrap();
    let buf = finish(pending).buf;
    assert_eq!(
        (buf.as_ptr(), buf.capacity(), &buf[..]),
        (start, 4_096, &b"data"[..])
    );
    let page = AlignedBuf::new(8_192, 4_096).unwrap();
    let start = page.as_ptr();
    assert_eq!(sent(page, &[0; 8_192]).as_ptr(), start);
}

#[test]
fn an_array_is_filled_though_it_travels() {
    // Its bytes are part of the operation itself, which changes hands on its way.
    let port = roomy_port();
    let (ours, theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 0).unwrap();
    let expected: [u8; 1_000] = std::array::from_fn(|i| (i % 251) as u8);
    for _ in 0..3 {
        ours.recv_full([0u8; 1_000]).submit([7u8; 300]).unwrap();
    }
    for _ in 0..3 {
        complete(theirs.send(expected)).result.unwrap();
    }
    for _ in 0..3 {
        let done = take_done::<[u8; 1_000], [u8; 300]>(&port);
        assert_eq!((done.buf, done.state), (expected, [7; 300]));
    }
}

#[test]
fn a_buffer_keeps_what_nothing_new_was_written_over() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    complete(theirs.send("ab")).result.unwrap();
    let done = complete(ours.recv(*b"......"));
    assert_eq!((done.result.unwrap(), &done.buf), (2, b"ab...."));
    // A vector's length is what came, also if it came to nothing.
    drop(theirs);
    assert!(complete(ours.recv(vec![1; 6])).buf.is_empty());
}

#[test]
fn bytes_that_are_shared_are_sent_from_many_handles_at_once() {
    let shared: Arc<[u8]> = Arc::from(vec![5; 100_000]);
    let bytes = Bytes::from(vec![6; 100_000]);
    let pipes: Vec<_> = (0..8).map(|_| pipe().unwrap()).collect();
    let sends: Vec<_> = pipes
        .iter()
        .map(|(_, writer)| {
            let first = writer.write(Arc::clone(&shared)).start().unwrap();
            (first, writer.write(bytes.clone()).start().unwrap())
        })
        .collect();
    for ((reader, _), (first, second)) in pipes.iter().zip(sends) {
        assert_eq!(
            complete(reader.read_full(vec![0; 100_000])).buf,
            vec![5; 100_000]
        );
        assert_eq!(
            complete(reader.read_full(vec![0; 100_000])).buf,
            vec![6; 100_000]
        );
        assert!(Arc::ptr_eq(&finish(first).buf, &shared));
        assert_eq!(finish(second).result.unwrap(), 100_000);
    }
    assert_eq!(Arc::strong_count(&shared), 1);
}

#[test]
fn growing_bytes_use_their_spare_capacity_and_leave_their_neighbours_alone() {
    let mut whole = BytesMut::with_capacity(64);
    whole.extend_from_slice(b"kept");
    let rest = whole.split_off(4);
    let received = received(rest);
    assert_eq!((&received[..], &whole[..]), (&b"data"[..], &b"kept"[..]));
    let (ours, theirs) = UnixStream::pair().unwrap();
    complete(theirs.send_vectored(vec![Bytes::from_static(b"da"), Bytes::from_static(b"ta")]));
    let parts = vec![BytesMut::with_capacity(3), BytesMut::with_capacity(3)];
    let done = complete(ours.recv_vectored(parts));
    assert_eq!(done.buf.concat(), b"data");
}

#[test]
fn slices_are_checked_when_they_are_made() {
    let refused = |make: fn() -> usize| std::panic::catch_unwind(make).is_err();
    assert!(refused(|| vec![0u8; 3].slice(4..).len()));
    assert!(refused(|| vec![0u8; 3]
        .slice(core::ops::Range { start: 2, end: 1 })
        .len()));
    assert!(!refused(|| vec![0u8; 3].slice(3..).len()));
    assert_eq!(vec![0u8; 3].slice(1..100).len(), 2);
    // What lies behind the end of the slice stays untouched.
    let done = received([b'.'; 9].slice(3..7));
    assert_eq!(&done.into_inner(), b"...data..");
}

#[test]
fn a_refused_operation_gives_everything_back_untouched() {
    let drops = Drops::new();
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let rejected = ours
        .send(drops.buf(b"mine".to_vec()))
        .submit(drops.state())
        .unwrap_err();
    assert_eq!((&rejected.buf.inner[..], drops.count()), (&b"mine"[..], 0));
    assert!(rejected.to_string().contains("not accepted"));
    let error = std::io::Error::from(rejected);
    assert_eq!(
        (error.kind(), drops.count()),
        (std::io::ErrorKind::InvalidInput, 2)
    );
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let rejected = writer.write(drops.buf(vec![8; 9])).start().unwrap_err();
    assert_eq!((&rejected.buf.inner[..], drops.count()), (&[8; 9][..], 2));
    // The same for what would receive: the vector keeps its length.
    drop(rejected);
    let rejected = ours.recv(vec![3; 5]).submit("state").unwrap_err();
    assert_eq!((rejected.buf, rejected.state), (vec![3; 5], "state"));
    // A request that is never submitted is only a description.
    drop(ours.recv(drops.buf(vec![0; 1])));
    assert_eq!(drops.count(), 4);
}

#[test]
fn any_state_travels_and_comes_back_as_itself() {
    let port = CompletionPort::new(1).unwrap();
    let (ours, _theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 0).unwrap();
    let call: Box<dyn FnOnce(usize) -> usize + Send> = Box::new(|bytes| bytes * 2);
    ours.send("four").submit(call).ok().unwrap();
    ours.send("four")
        .submit((String::from("text"), vec![1, 2]))
        .unwrap();
    ours.send("four").submit(ours.clone()).unwrap();
    let done = take_done::<&'static str, Box<dyn FnOnce(usize) -> usize + Send>>(&port);
    assert_eq!((done.state)(done.result.unwrap()), 8);
    let done = take_done::<&'static str, (String, Vec<i32>)>(&port);
    assert_eq!(done.state, (String::from("text"), vec![1, 2]));
    let done = take_done::<&'static str, UnixStream>(&port);
    assert_eq!(complete(done.state.send("on")).result.unwrap(), 2);
    assert!(port.get(Deadline::Now).is_err());
}

#[test]
fn a_buffer_of_ones_own_kind_is_freed_once_wherever_it_goes() {
    let drops = Drops::new();
    let port = roomy_port();
    let (ours, theirs) = UnixStream::pair().unwrap();
    port.associate(&ours, 0).unwrap();
    ours.recv(drops.buf(vec![0; 4])).submit(()).unwrap();
    ours.recv_vectored(vec![drops.buf([0; 2]), drops.buf([0; 2])])
        .submit(())
        .unwrap();
    complete(theirs.send(drops.buf(&b"datamore"[..])))
        .result
        .unwrap();
    assert_eq!(drops.count(), 1);
    let done = take_done::<common::raw::CountedBuf<Vec<u8>>, ()>(&port);
    assert_eq!((&done.buf.inner[..], drops.count()), (&b"data"[..], 1));
    drop(done);
    drop(take(&port));
    assert_eq!(drops.count(), 4);
}
