//! Direct access to files, past the page cache.

mod common;

use common::files::{SECTOR, Scene, aligned, on_each_engine, through};
use common::process::{deny_calls, has_run_alone_with, thread_names, undemanded};
use common::raw::CountedBuf;
use common::{
    Drops, LONG, assert_empty, assert_same, blind_port, eventually, pattern, take, take_done,
};
use completion_port::{AlignedBuf, AsHandle, CompletionPort, File, IoBuf, Status, engine_report};

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

/// Reads the whole file sector by sector, many at a time, and compares.
fn read_all(port: &CompletionPort, file: &File, contents: &[u8]) {
    let sectors = contents.len() / SECTOR;
    for sector in 0..sectors {
        let buf = AlignedBuf::new(SECTOR, SECTOR).unwrap();
        file.read_at(buf, (sector * SECTOR) as u64)
            .submit(sector)
            .unwrap();
    }
    for _ in 0..sectors {
        let done = take_done::<AlignedBuf, usize>(port);
        assert_eq!(done.result.unwrap(), SECTOR);
        assert_same(&done.buf, &contents[done.state * SECTOR..][..SECTOR]);
    }
    assert_empty(port);
}

#[test]
fn direct_access_takes_no_thread_where_the_device_is_asked() {
    let name = "direct_access_takes_no_thread_where_the_device_is_asked";
    if has_run_alone_with(module_path!(), name, undemanded) {
        return;
    }
    let contents = pattern(100 * SECTOR, 10);
    let scene = Scene::new(&contents);
    let Some(file) = scene.direct() else { return };
    let port = CompletionPort::new(1).unwrap();
    port.associate(&file, 0).unwrap();
    // Not written to the device yet, the file would have to be waited for.
    scene.std.sync_all().unwrap();
    read_all(&port, &file, &contents);
    // A thread names itself, and until then has its maker's name.
    eventually("the monitor runs", || {
        thread_names().iter().any(|name| name == "iocp-monitor")
    });
    let before = thread_names();
    for _ in 0..10 {
        read_all(&port, &file, &contents);
    }
    let after = thread_names();
    assert_eq!(before, after);
    // After `thread_names`, for asking starts the ring.
    if engine_report().direct != "device" {
        println!("  no direct access without threads here");
        return;
    }
    let of_files = |name: &&String| *name == "iocp-ring" || *name == "iocp-file";
    println!("  threads for files: {:?}", after.iter().find(of_files));
    // The file system knows the place of what was just written.
    assert_eq!(after.iter().filter(of_files).count(), 0);
}

#[test]
fn whoever_denies_io_submit_gets_another_engine() {
    let name = "whoever_denies_io_submit_gets_another_engine";
    if has_run_alone_with(module_path!(), name, undemanded) {
        return;
    }
    let contents = pattern(64 * SECTOR, 11);
    let scene = Scene::new(&contents);
    let Some(file) = scene.direct() else { return };
    let port = CompletionPort::new(1).unwrap();
    port.associate(&file, 0).unwrap();
    read_all(&port, &file, &contents);
    println!("  at first: {}", engine_report().direct);
    // For a port that has the kernel's queues already, and for one that will not get them.
    deny_calls(&[libc::SYS_io_submit], libc::EPERM);
    read_all(&port, &file, &contents);
    deny_calls(&[libc::SYS_io_setup], libc::ENOSYS);
    let port = CompletionPort::new(1).unwrap();
    let file = scene.direct().unwrap();
    port.associate(&file, 0).unwrap();
    read_all(&port, &file, &contents);
    let report = engine_report();
    assert_eq!(report.direct, report.files);
}

#[test]
fn what_is_in_flight_outlives_handles_and_port() {
    const COUNT: usize = 300;
    let contents = pattern(COUNT * SECTOR, 12);
    let scene = Scene::new(&contents);
    on_each_engine(|_, engine| {
        let Some(file) = scene.direct() else { return };
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        port.associate(&file, 0).unwrap();
        let drops = Drops::new();
        for sector in 0..COUNT {
            let buf: CountedBuf<AlignedBuf> = drops.buf(AlignedBuf::new(SECTOR, SECTOR).unwrap());
            let offset = (sector * SECTOR) as u64;
            file.read_at(buf, offset).submit(drops.state()).unwrap();
        }
        drop(file);
        drop(port);
        // Nobody hears of them, and all that was moved in is given up once.
        eventually("everything is dropped", || drops.count() == 2 * COUNT);
    });
}

#[test]
fn s_231_closing_the_last_handle_delivers_what_is_in_flight() {
    const COUNT: usize = 300;
    let contents = pattern(COUNT * SECTOR, 13);
    let scene = Scene::new(&contents);
    on_each_engine(|port, engine| {
        let Some(file) = scene.direct() else { return };
        port.associate(&file, 7).unwrap();
        for sector in 0..COUNT {
            let buf = AlignedBuf::new(SECTOR, SECTOR).unwrap();
            let offset = (sector * SECTOR) as u64;
            file.read_at(buf, offset).submit(sector).unwrap();
        }
        drop(file);
        let mut cancelled = 0;
        for _ in 0..COUNT {
            let packet = take(port);
            assert_eq!(packet.key(), 7);
            let done = packet.into_done::<AlignedBuf, usize>().unwrap();
            match done.outcome.status {
                Status::Error(code) => {
                    assert_eq!(code, libc::ECANCELED);
                    cancelled += 1;
                }
                _ => assert_same(&done.buf, &contents[done.state * SECTOR..][..SECTOR]),
            }
        }
        assert_empty(port);
        println!("  {engine:?}: {cancelled} of {COUNT} cancelled");
    });
}

#[test]
fn direct_access_and_posts_come_out_together_while_every_thread_is_busy() {
    // One thread may run, and it computes: the other brings in what the device has finished.
    const COUNT: usize = 64;
    let contents = pattern(COUNT * SECTOR, 14);
    let scene = Scene::new(&contents);
    let Some(file) = scene.direct() else { return };
    let port = blind_port(1);
    port.associate(&file, 0).unwrap();
    port.post(1, 0, 0).unwrap();
    assert_eq!(take(&port).key(), 1);
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| read_done(&port, COUNT, &contents));
        for sector in 0..COUNT {
            let buf = AlignedBuf::new(SECTOR, SECTOR).unwrap();
            let offset = (sector * SECTOR) as u64;
            file.read_at(buf, offset).submit(sector).unwrap();
        }
        eventually("all are queued", || port.snapshot().queued == COUNT);
        // The slot is free from here on.
        port.blocking(|| waiter.join().unwrap());
    });
}

fn read_done(port: &CompletionPort, count: usize, contents: &[u8]) {
    for _ in 0..count {
        let done = take_done::<AlignedBuf, usize>(port);
        assert_eq!(done.result.unwrap(), SECTOR);
        assert_same(&done.buf, &contents[done.state * SECTOR..][..SECTOR]);
    }
}

#[test]
fn writes_that_make_a_file_longer_are_direct_too() {
    const COUNT: usize = 64;
    let contents = pattern(COUNT * SECTOR, 15);
    on_each_engine(|port, _| {
        let scene = Scene::new(b"");
        let Some(file) = scene.direct() else { return };
        port.associate(&file, 0).unwrap();
        for sector in (0..COUNT).rev() {
            let buf = aligned(&contents[sector * SECTOR..][..SECTOR]);
            let offset = (sector * SECTOR) as u64;
            file.write_at(buf, offset).submit(sector).unwrap();
        }
        for _ in 0..COUNT {
            let done = take_done::<AlignedBuf, usize>(port);
            assert_eq!(done.result.unwrap(), SECTOR);
        }
        assert_same(&scene.contents(), &contents);
        // Over what is there now.
        let new = pattern(COUNT * SECTOR, 16);
        for sector in 0..COUNT {
            let buf = aligned(&new[sector * SECTOR..][..SECTOR]);
            file.write_at(buf, (sector * SECTOR) as u64)
                .submit(sector)
                .unwrap();
        }
        for _ in 0..COUNT {
            let done = take_done::<AlignedBuf, usize>(port);
            assert_eq!(done.result.unwrap(), SECTOR);
        }
        assert_same(&scene.contents(), &new);
    });
}

#[test]
fn what_the_device_has_finished_is_brought_in_though_nobody_waits() {
    let contents = pattern(8 * SECTOR, 17);
    let scene = Scene::new(&contents);
    on_each_engine(|port, _| {
        let Some(file) = scene.direct() else { return };
        port.associate(&file, 0).unwrap();
        for sector in 0..8 {
            // A thread waits for one, and then does something else.
            for _ in 0..2 {
                let buf = AlignedBuf::new(SECTOR, SECTOR).unwrap();
                let offset = (sector * SECTOR) as u64;
                file.read_at(buf, offset).submit(sector).unwrap();
            }
            take_done::<AlignedBuf, usize>(port);
            eventually("the other is queued", || port.snapshot().queued == 1);
            take_done::<AlignedBuf, usize>(port);
        }
    });
}

#[test]
fn more_buffers_than_one_call_takes_are_filled() {
    const COUNT: usize = 1_100;
    let contents = pattern(COUNT * SECTOR, 18);
    let scene = Scene::new(&contents);
    on_each_engine(|port, _| {
        let Some(file) = scene.direct() else { return };
        port.associate(&file, 0).unwrap();
        let new = |_| AlignedBuf::new(SECTOR, SECTOR).unwrap();
        let bufs: Vec<AlignedBuf> = (0..COUNT).map(new).collect();
        let done = through(port, file.read_vectored_at(bufs, 0));
        assert_eq!(done.result.unwrap(), COUNT * SECTOR);
        let read: Vec<u8> = done.buf.iter().flat_map(|buf| buf.to_vec()).collect();
        assert_same(&read, &contents);
    });
}
