//! Direct access to files, past the page cache.

mod common;

use common::files::{SECTOR, Scene, aligned, on_each_engine, through};
use common::{LONG, assert_empty, assert_same, pattern};
use completion_port::{AlignedBuf, AsHandle, IoBuf, Status};

#[test]
fn direct_access_reads_and_writes_whole_sectors() {
    let contents = pattern(64 * SECTOR, 4);
    let scene = Scene::new(&contents);
    if scene.direct().is_none() {
        return;
    }
    on_each_engine(|port, _| {
        let file = scene.direct().unwrap();
        port.associate(&file, 0).unwrap();
        let new = pattern(4 * SECTOR, 5);
        let offset = 8 * SECTOR;
        let done = through(port, file.write_at(aligned(&new), offset as u64));
        assert_eq!(done.result.unwrap(), 4 * SECTOR);
        let buf = AlignedBuf::new(6 * SECTOR, SECTOR).unwrap();
        let done = through(port, file.read_at(buf, (offset - SECTOR) as u64));
        assert_same(&done.buf[..SECTOR], &contents[offset - SECTOR..offset]);
        assert_same(&done.buf[SECTOR..5 * SECTOR], &new);
        assert_same(
            &done.buf[5 * SECTOR..],
            &contents[offset + 4 * SECTOR..offset + 5 * SECTOR],
        );
        // Several buffers, too.
        let bufs = (0..3)
            .map(|_| AlignedBuf::new(SECTOR, SECTOR).unwrap())
            .collect();
        let done = through(port, file.read_vectored_at(bufs, offset as u64));
        assert_eq!(done.result.unwrap(), 3 * SECTOR);
        let read: Vec<u8> = done.buf.iter().flat_map(|buf| buf.to_vec()).collect();
        assert_same(&read, &new[..3 * SECTOR]);
        through(
            port,
            file.write_at(
                aligned(&contents[offset..offset + 4 * SECTOR]),
                offset as u64,
            ),
        );
    });
    assert_same(&scene.contents(), &contents);
}

#[test]
fn s_269_direct_access_is_short_at_the_end() {
    let contents = pattern(3 * SECTOR + 1_000, 6);
    let scene = Scene::new(&contents);
    if scene.direct().is_none() {
        return;
    }
    on_each_engine(|port, _| {
        let file = scene.direct().unwrap();
        port.associate(&file, 0).unwrap();
        let buf = AlignedBuf::new(8 * SECTOR, SECTOR).unwrap();
        let done = through(port, file.read_at(buf, 2 * SECTOR as u64));
        assert_eq!(done.result.unwrap(), SECTOR + 1_000);
        assert_same(&done.buf[..SECTOR + 1_000], &contents[2 * SECTOR..]);
        let buf = AlignedBuf::new(SECTOR, SECTOR).unwrap();
        let done = through(port, file.read_at(buf, 4 * SECTOR as u64));
        assert_eq!(done.outcome.status, Status::EndOfFile);
    });
}

#[test]
fn s_269_what_is_not_aligned_fails_with_its_buffer_or_works_but_never_lies() {
    let contents = pattern(4 * SECTOR, 7);
    let scene = Scene::new(&contents);
    if scene.direct().is_none() {
        return;
    }
    on_each_engine(|port, _| {
        let file = scene.direct().unwrap();
        port.associate(&file, 0).unwrap();
        for (offset, bytes) in [(1, SECTOR), (0, 100), (513, 77)] {
            let done = through(port, file.read_at(vec![0; bytes].slice(..), offset));
            let first = usize::try_from(offset).unwrap();
            match done.outcome.status {
                Status::Success => {
                    assert_same(&done.buf, &contents[first..first + done.outcome.bytes])
                }
                status => assert_eq!(status, Status::Error(libc::EINVAL)),
            }
        }
    });
}

#[test]
fn ten_thousand_operations_are_in_flight_at_once() {
    const COUNT: usize = 10_000;
    const SECTORS: usize = 1_024;
    const BIG: usize = 40;
    let contents = pattern(SECTORS * SECTOR, 9);
    let scene = Scene::new(&contents);
    on_each_engine(|port, engine| {
        let file = scene.direct().unwrap_or_else(|| scene.cold());
        port.associate(&file, 0).unwrap();
        let new = |sectors: usize| AlignedBuf::new(sectors * SECTOR, SECTOR).unwrap();
        // Big ones first, so that the device is busy while the others are submitted.
        let bufs: Vec<AlignedBuf> = (0..COUNT)
            .map(|i| new(if i < BIG { SECTORS } else { 1 }))
            .collect();
        let place = |i: usize| if i < BIG { 0 } else { i % SECTORS * SECTOR };
        for (i, buf) in bufs.into_iter().enumerate() {
            file.read_at(buf, place(i) as u64).submit(i).unwrap();
        }
        let ended = port.snapshot().counters.packets;
        let left = COUNT as u64 - ended;
        println!("  {engine:?}: {left} in flight when the last was submitted");
        let mut seen = vec![false; COUNT];
        let mut packets = Vec::new();
        for _ in 0..COUNT {
            if packets.is_empty() {
                port.get_many(&mut packets, 100, LONG).unwrap();
            }
            let packet = packets.pop().expect("one at least");
            let done = packet.into_done::<AlignedBuf, usize>().unwrap();
            assert_eq!(done.result.unwrap(), done.buf.len());
            let place = place(done.state);
            assert_same(&done.buf, &contents[place..place + done.buf.len()]);
            let twice = std::mem::replace(&mut seen[done.state], true);
            assert!(!twice, "twice: {}", done.state);
        }
        assert_empty(port);
        assert_eq!(file.cancel_all(), 0);
    });
}
