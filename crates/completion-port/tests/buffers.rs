//! Every kind of buffer, sent and received.

mod common;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use common::complete;
use completion_port::{AlignedBuf, IoBuf, IoBufMut, UnixStream};

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
