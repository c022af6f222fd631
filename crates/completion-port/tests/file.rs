//! Files: offsets, ends, appending, direct access, and both engines.

mod common;

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::thread;

use common::files::{SECTOR, Scene, on_each_engine, through};
use common::process::{has_run_alone, has_run_alone_with, thread_names, undemanded};
use common::raw::limit_file_sizes;
use common::{
    assert_empty, assert_same, code_of, complete, failure, finish, pattern, refusal, roomy_port,
    take, take_done,
};
use completion_port::{
    CompletionPort, Engine, File, IoBuf, Outcome, Rejected, Status, Submitted, engine_report,
};

const MIB: usize = 1 << 20;

#[test]
fn s_250_every_operation_names_its_offset_and_moves_no_file_pointer() {
    let scene = Scene::new(b"0123456789");
    let mut seen = scene.std.try_clone().unwrap();
    std::io::Seek::seek(&mut seen, std::io::SeekFrom::Start(3)).unwrap();
    assert_eq!(complete(scene.file.read_at(vec![0; 4], 2)).buf, b"2345");
    assert_eq!(complete(scene.file.read_at(vec![0; 4], 2)).buf, b"2345");
    assert_eq!(complete(scene.file.write_at("ab", 8)).result.unwrap(), 2);
    assert_eq!(complete(scene.file.append("cd")).result.unwrap(), 2);
    assert_eq!(std::io::Seek::stream_position(&mut seen).unwrap(), 3);
    assert_eq!(scene.contents(), b"01234567abcd");
}

#[test]
fn s_150_a_finished_operation_posts_one_packet_with_everything_in_it() {
    let scene = Scene::new(b"0123456789");
    on_each_engine(|port, _| {
        let file = scene.cold();
        port.associate(&file, 6).unwrap();
        for _ in 0..3 {
            file.read_at(vec![9; 4], 3).submit("state").unwrap();
            let packet = take(port);
            assert_eq!((packet.key(), packet.bytes()), (6, 4));
            let done = packet.into_done::<Vec<u8>, &str>().unwrap();
            assert_eq!((&done.buf[..], done.state), (&b"3456"[..], "state"));
            assert_empty(port);
        }
    });
}

#[test]
fn s_253_an_append_goes_to_the_end() {
    on_each_engine(|port, _| {
        let scene = Scene::new(b"begin");
        port.associate(&scene.file, 0).unwrap();
        for i in 0..10u8 {
            let done = through(port, scene.file.append([b'0' + i]));
            assert_eq!(done.result.unwrap(), 1);
        }
        // The file's end moves by other means, and the next append finds it.
        scene.std.set_len(7).unwrap();
        through(port, scene.file.append("end")).result.unwrap();
        assert_eq!(scene.contents(), b"begin01end");
    });
}

/// Appends of several threads at once, each of one byte repeated; none may be torn.
fn appends_do_not_overlap(open: impl Fn(&Scene) -> File) {
    const THREADS: u8 = 4;
    const EACH: usize = 60;
    const BYTES: usize = 4_000;
    on_each_engine(|port, _| {
        let scene = Scene::new(b"");
        let file = open(&scene);
        port.associate(&file, 0).unwrap();
        thread::scope(|scope| {
            for byte in 1..=THREADS {
                let file = &file;
                scope.spawn(move || {
                    for _ in 0..EACH {
                        file.append(vec![byte; BYTES]).submit(byte).unwrap();
                    }
                });
            }
            for _ in 0..usize::from(THREADS) * EACH {
                assert_eq!(take_done::<Vec<u8>, u8>(port).result.unwrap(), BYTES);
            }
        });
        let contents = scene.contents();
        assert_eq!(contents.len(), usize::from(THREADS) * EACH * BYTES);
        for chunk in contents.chunks(BYTES) {
            assert!(chunk.iter().all(|byte| *byte == chunk[0]), "torn");
        }
        for byte in 1..=THREADS {
            let count = contents.iter().filter(|found| **found == byte).count();
            assert_eq!(count, EACH * BYTES);
        }
    });
}

#[test]
fn s_253_appends_of_several_threads_do_not_overlap() {
    appends_do_not_overlap(|scene| scene.file.clone());
}

#[test]
fn s_253_appends_that_the_engine_carries_out_do_not_overlap() {
    // Writes that wait for the device go to the engine.
    appends_do_not_overlap(|scene| {
        let mut options = OpenOptions::new();
        let options = options.write(true).custom_flags(libc::O_DSYNC);
        options.open(scene.path()).unwrap().try_into().unwrap()
    });
}

#[test]
fn s_259_a_transfer_of_nothing_succeeds_and_changes_nothing() {
    let port = roomy_port();
    let scene = Scene::new(b"data");
    port.associate(&scene.file, 0).unwrap();
    for offset in [0, 2, 4, 1_000, i64::MAX.cast_unsigned()] {
        let write = through(&port, scene.file.write_at("", offset));
        let read = through(&port, scene.file.read_at(Vec::new(), offset));
        for outcome in [write.outcome, read.outcome] {
            assert_eq!((outcome.status, outcome.bytes), (Status::Success, 0));
        }
    }
    through(&port, scene.file.append("")).result.unwrap();
    let none = through(&port, scene.file.write_vectored_at(vec!["", ""], 9));
    assert_eq!(none.result.unwrap(), 0);
    assert_eq!(scene.contents(), b"data");
}

#[test]
fn s_260_263_a_read_is_short_at_the_end_and_then_says_so() {
    let scene = Scene::new(b"0123456789");
    on_each_engine(|port, _| {
        for cold in [false, true] {
            let file = if cold {
                scene.cold()
            } else {
                File::open(scene.path()).unwrap()
            };
            port.associate(&file, 0).unwrap();
            let done = through(port, file.read_at(vec![0; 100], 6));
            assert_eq!(done.outcome.status, Status::Success);
            assert_eq!((done.result.unwrap(), &done.buf[..]), (4, &b"6789"[..]));
            for offset in [10, 11, 1 << 40] {
                let done = through(port, file.read_at(vec![0; 4], offset));
                assert_eq!(done.outcome.status, Status::EndOfFile);
                assert_eq!((done.result.unwrap(), done.buf.len()), (0, 0));
            }
        }
    });
}

#[test]
fn s_266_what_is_written_behind_the_end_leaves_a_gap_of_zeros() {
    on_each_engine(|port, _| {
        let scene = Scene::new(b"data");
        port.associate(&scene.file, 0).unwrap();
        through(port, scene.file.write_at("behind", 100_000))
            .result
            .unwrap();
        let contents = scene.contents();
        assert_eq!(contents.len(), 100_006);
        assert_eq!(&contents[..4], b"data");
        assert!(contents[4..100_000].iter().all(|byte| *byte == 0));
        assert_eq!(&contents[100_000..], b"behind");
    });
}

#[test]
fn offsets_have_64_bits() {
    on_each_engine(|port, _| {
        let scene = Scene::new(b"start");
        port.associate(&scene.file, 0).unwrap();
        let far = [1u64 << 31, (1 << 32) + 1, (1 << 32) * 5 + 12_345];
        for offset in far {
            let written = through(port, scene.file.write_at(offset.to_le_bytes(), offset));
            assert_eq!(written.result.unwrap(), 8);
        }
        assert_eq!(scene.std.metadata().unwrap().len(), far[2] + 8);
        let cold = scene.cold();
        port.associate(&cold, 0).unwrap();
        for offset in far {
            let read = through(port, cold.read_at([0; 8], offset));
            assert_eq!(u64::from_le_bytes(read.buf), offset);
            let across = through(port, cold.read_at([9; 6], offset - 4));
            assert_eq!(across.buf[..4], [0; 4]);
        }
        assert_eq!(&through(port, cold.read_at([0; 5], 0)).buf, b"start");
    });
}

#[test]
fn an_offset_beyond_what_the_system_knows_is_refused_with_the_buffer() {
    let scene = Scene::new(b"data");
    for offset in [i64::MAX.cast_unsigned() + 1, u64::MAX - 1, u64::MAX] {
        let read = scene.file.read_at(vec![7; 4], offset).start().unwrap_err();
        assert_eq!(read.error.raw_os_error(), Some(libc::EINVAL));
        assert_eq!(read.buf, [7; 4]);
        let write = scene.file.write_at("data", offset).start().unwrap_err();
        assert_eq!(
            (write.error.raw_os_error(), write.buf),
            (Some(libc::EINVAL), "data")
        );
        assert_eq!(refusal(scene.file.allocate(offset, 1)), libc::EINVAL);
    }
    // The last that it knows is far behind every file's end.
    let last = i64::MAX.cast_unsigned() - 8;
    failure(scene.file.write_at("data", last));
    assert_eq!(
        complete(scene.file.read_at(vec![0; 4], last))
            .outcome
            .status,
        Status::EndOfFile
    );
    assert_eq!(scene.contents(), b"data");
}

#[test]
fn s_267_what_the_file_was_not_opened_for_is_refused() {
    let scene = Scene::new(b"data");
    let read_only = File::open(scene.path()).unwrap();
    let rejected = read_only.write_at(vec![1, 2], 0).start().unwrap_err();
    assert_eq!(
        (rejected.error.raw_os_error(), rejected.buf),
        (Some(libc::EBADF), vec![1, 2])
    );
    assert_eq!(failure(read_only.append("x")), libc::EBADF);
    assert_eq!(failure(read_only.allocate(0, 100)), libc::EBADF);
    complete(read_only.sync_all()).result.unwrap();
    let write_only: File = OpenOptions::new()
        .write(true)
        .open(scene.path())
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(failure(write_only.read_at(vec![0; 4], 0)), libc::EBADF);
    assert_eq!(scene.contents(), b"data");
}

#[test]
fn what_has_no_offsets_is_refused_as_a_file() {
    let (reader, writer) = std::io::pipe().unwrap();
    let (reader, writer) = (
        File::from_fd(reader.into()).unwrap(),
        File::from_fd(writer.into()).unwrap(),
    );
    assert_eq!(failure(reader.read_at(vec![0; 4], 0)), libc::ESPIPE);
    assert_eq!(failure(writer.write_at("data", 0)), libc::ESPIPE);
}

/// Contents cut into buffers of growing sizes, some of them empty.
fn cut(contents: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    let mut rest = contents;
    while !rest.is_empty() {
        let (part, behind) = rest.split_at((parts.len() % step).min(rest.len()));
        parts.push(part.to_vec());
        rest = behind;
    }
    parts
}

#[test]
fn several_buffers_are_written_and_filled_in_order() {
    let contents = pattern(100_000, 1);
    on_each_engine(|port, _| {
        let scene = Scene::new(b"");
        port.associate(&scene.file, 0).unwrap();
        // Far more of them than one call takes.
        let parts = cut(&contents, 40);
        assert!(parts.len() > 4 * 1_024);
        let count = parts.len();
        let done = through(port, scene.file.write_vectored_at(parts, 3));
        assert_eq!(
            (done.result.unwrap(), done.buf.len()),
            (contents.len(), count)
        );
        assert_same(&scene.contents()[3..], &contents);
        for cold in [false, true] {
            let file = if cold {
                scene.cold()
            } else {
                scene.file.clone()
            };
            if cold {
                port.associate(&file, 0).unwrap();
            }
            // One byte more than there is.
            let mut bufs: Vec<Vec<u8>> = cut(&contents, 50)
                .iter()
                .map(|part| Vec::with_capacity(part.len()))
                .collect();
            bufs.push(Vec::with_capacity(1));
            let done = through(port, file.read_vectored_at(bufs, 3));
            assert_eq!(done.result.unwrap(), contents.len());
            assert_same(&done.buf.concat(), &contents);
        }
    });
}

#[test]
fn a_file_in_memory_is_read_at_once() {
    let Ok(directory) = tempfile::tempdir_in("/dev/shm") else {
        println!("  no file system in memory here");
        return;
    };
    let path = directory.path().join("file");
    std::fs::write(&path, b"0123456789").unwrap();
    on_each_engine(|port, _| {
        let file = File::open(&path).unwrap();
        port.associate(&file, 6).unwrap();
        for offset in [3, 0, 6] {
            match file.read_at(vec![0; 4], offset).submit_or_take(()).unwrap() {
                Submitted::Done(done) => assert_eq!(done.result.unwrap(), 4),
                Submitted::InFlight(_) => panic!("it went to an engine"),
            }
        }
        let done = through(port, file.read_at(vec![0; 8], 6));
        assert_eq!((done.result.unwrap(), &done.buf[..]), (4, &b"6789"[..]));
        let done = through(port, file.read_at(vec![0; 8], 10));
        assert_eq!(done.outcome.status, Status::EndOfFile);
        assert_empty(port);
    });
}

#[test]
fn any_number_of_empty_buffers_may_come_first() {
    on_each_engine(|port, _| {
        let scene = Scene::new(b"");
        port.associate(&scene.file, 0).unwrap();
        let bufs = [vec![vec![]; 2_000], vec![b"hello".to_vec()]].concat();
        let done = through(port, scene.file.write_vectored_at(bufs, 0));
        assert_eq!(done.result.unwrap(), 5);
        assert_eq!(scene.contents(), b"hello");
        let cold = scene.cold();
        port.associate(&cold, 0).unwrap();
        for file in [cold, scene.file.clone()] {
            let mut bufs = vec![Vec::new(); 2_000];
            bufs.push(Vec::with_capacity(5));
            let done = through(port, file.read_vectored_at(bufs, 0));
            assert_eq!(
                done.outcome,
                Outcome {
                    status: Status::Success,
                    bytes: 5
                }
            );
            assert_eq!(done.buf[2_000], b"hello");
        }
    });
}

#[test]
fn a_cold_read_takes_the_engine_and_a_warm_one_is_done_at_once() {
    let contents = pattern(2 * MIB, 2);
    let scene = Scene::new(&contents);
    on_each_engine(|port, engine| {
        let file = scene.cold();
        port.associate(&file, 0).unwrap();
        match file
            .read_at(Vec::with_capacity(2 * MIB), 0)
            .submit_or_take("cold")
            .unwrap()
        {
            Submitted::InFlight(_) => {
                let done = take_done::<Vec<u8>, &str>(port);
                assert_same(&done.buf, &contents);
            }
            Submitted::Done(done) => {
                println!("  this file system keeps its files in memory ({engine:?})");
                assert_same(&done.buf, &contents);
            }
        }
        match file
            .read_at(vec![0; SECTOR], 0)
            .submit_or_take("warm")
            .unwrap()
        {
            Submitted::Done(done) => assert_same(&done.buf, &contents[..SECTOR]),
            Submitted::InFlight(_) => panic!("it is in memory"),
        }
        assert_empty(port);
    });
}

#[test]
fn a_read_that_is_cold_only_in_parts_is_whole() {
    let contents = pattern(4 * MIB, 3);
    let scene = Scene::new(&contents);
    on_each_engine(|port, _| {
        let file = scene.cold();
        port.associate(&file, 0).unwrap();
        // Without this the system would read ahead and nothing would be cold.
        common::raw::expect_random_access(&file);
        for hot in [0, MIB, 3 * MIB + SECTOR] {
            complete(file.read_at(vec![0; SECTOR], hot as u64))
                .result
                .unwrap();
        }
        for (offset, bytes) in [(0, MIB), (MIB - 5, 2 * MIB + 10), (3 * MIB, MIB)] {
            let done = through(port, file.read_at(Vec::with_capacity(bytes), offset as u64));
            assert_eq!(done.result.unwrap(), bytes);
            assert_same(&done.buf[..bytes], &contents[offset..offset + bytes]);
        }
    });
}

#[test]
fn syncing_waits_for_what_was_written_before() {
    on_each_engine(|port, _| {
        let scene = Scene::new(b"");
        port.associate(&scene.file, 0).unwrap();
        through(port, scene.file.write_at(vec![1; MIB], 0))
            .result
            .unwrap();
        for request in [
            scene.file.sync_data(),
            scene.file.sync_all(),
            scene.file.sync_data(),
        ] {
            let done = through(port, request);
            assert_eq!(
                (done.result.unwrap(), done.outcome.status),
                (0, Status::Success)
            );
        }
    });
    assert_eq!(
        failure(File::open("/dev/full").unwrap().sync_all()),
        libc::EINVAL
    );
}

#[test]
fn a_full_device_is_reported() {
    let full: File = OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(failure(full.write_at("data", 0)), libc::ENOSPC);
}

#[test]
fn a_write_that_is_cut_short_tells_how_far_it_came() {
    let name = "a_write_that_is_cut_short_tells_how_far_it_came";
    if has_run_alone(module_path!(), name) {
        return;
    }
    limit_file_sizes(10_000);
    on_each_engine(|port, _| {
        for flags in [0, libc::O_DSYNC] {
            let scene = Scene::new(b"");
            let mut options = OpenOptions::new();
            let options = options.write(true).custom_flags(flags);
            let file: File = options.open(scene.path()).unwrap().try_into().unwrap();
            port.associate(&file, 0).unwrap();
            let done = through(port, file.write_at(vec![1; 9_000], 4_000));
            assert_eq!(done.outcome.bytes, 6_000);
            assert_eq!((code_of(&done), done.buf.len()), (libc::EFBIG, 9_000));
            // What moves nothing at all is refused, or fails.
            assert_eq!(failure(file.append("x")), libc::EFBIG);
            assert_eq!(scene.contents().len(), 10_000);
        }
    });
}

#[test]
fn allocating_reserves_space_and_grows_the_file() {
    on_each_engine(|port, engine| {
        let scene = Scene::new(b"data");
        port.associate(&scene.file, 0).unwrap();
        let done = through(port, scene.file.allocate(2, MIB as u64));
        if done.outcome.status == Status::Error(libc::EOPNOTSUPP) {
            println!("  this file system cannot reserve space ({engine:?})");
            return;
        }
        done.result.unwrap();
        let facts = scene.std.metadata().unwrap();
        assert_eq!(facts.len(), MIB as u64 + 2);
        assert!(
            facts.blocks() * 512 >= MIB as u64,
            "{} blocks",
            facts.blocks()
        );
        assert_eq!(&scene.contents()[..6], b"data\0\0");
        assert_eq!(refusal(scene.file.allocate(0, 0)), libc::EINVAL);
        assert_eq!(refusal(scene.file.allocate(u64::MAX, 2)), libc::EINVAL);
    });
}

#[test]
fn writes_that_wait_for_the_device_are_as_whole_as_others() {
    on_each_engine(|port, _| {
        let scene = Scene::new(b"");
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).custom_flags(libc::O_SYNC);
        let file: File = options.open(scene.path()).unwrap().try_into().unwrap();
        port.associate(&file, 0).unwrap();
        let contents = pattern(3 * MIB + 17, 8);
        let done = through(port, file.write_at(contents.clone(), 1));
        assert_eq!(done.result.unwrap(), contents.len());
        assert_same(&scene.contents()[1..], &contents);
    });
}

#[test]
fn several_files_share_a_port_and_their_packets_do_not_mix() {
    let scenes: Vec<Scene> = (0..50u8).map(|i| Scene::new(&[i; 10_000])).collect();
    on_each_engine(|port, _| {
        let files: Vec<File> = scenes.iter().map(Scene::cold).collect();
        for (key, file) in files.iter().enumerate() {
            port.associate(file, key).unwrap();
        }
        for round in 0..4u64 {
            for file in &files {
                file.read_at(vec![0; 2_500], round * 2_500)
                    .submit(())
                    .unwrap();
            }
        }
        let mut each = vec![0; files.len()];
        for _ in 0..4 * files.len() {
            let packet = take(port);
            let key = packet.key();
            let done = packet.into_done::<Vec<u8>, ()>().unwrap();
            assert_eq!(done.buf, vec![u8::try_from(key).unwrap(); 2_500]);
            each[key] += 1;
        }
        assert!(each.iter().all(|count| *count == 4));
    });
}

#[test]
fn a_file_works_without_a_port() {
    let contents = pattern(MIB, 10);
    let scene = Scene::new(&contents);
    let cold = scene.cold();
    let pending: Vec<_> = (0..16)
        .map(|i| {
            cold.read_at(Vec::with_capacity(MIB / 16), i * MIB as u64 / 16)
                .start()
                .unwrap()
        })
        .collect();
    let read: Vec<u8> = pending
        .into_iter()
        .flat_map(|read| finish(read).buf)
        .collect();
    assert_same(&read, &contents);
    let rejected = cold.read_at(vec![1; 4], 0).submit(()).unwrap_err();
    assert_eq!(rejected.error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn the_report_names_the_engine_that_is_used() {
    let report = engine_report();
    let demanded = std::env::var("COMPLETION_PORT_ENGINE").ok();
    let demanded = demanded
        .as_deref()
        .filter(|word| matches!(*word, "uring" | "threads"));
    assert_eq!(report.demanded, demanded);
    assert_eq!(report.ring_mode.is_some(), report.ring_error.is_none());
    match (demanded, &report.ring_error) {
        (Some("threads"), _) => assert_eq!(report.files, "threads"),
        (None, Some(why)) => {
            assert_eq!(report.files, "threads");
            assert!(why.code != 0 && !why.text.is_empty());
        }
        (_, None) => assert_eq!(report.files, "io_uring"),
        (Some(_), Some(_)) => println!("  io_uring is demanded but absent"),
    }
    assert_eq!(report.sockets, "epoll");
    println!("  {report:?}");
}

#[test]
fn a_file_may_be_used_by_its_descriptor_too() {
    let scene = Scene::new(b"0123456789");
    let duplicate = std::os::fd::AsFd::as_fd(&scene.file)
        .try_clone_to_owned()
        .unwrap();
    std::fs::File::from(duplicate).set_len(4).unwrap();
    assert_eq!(complete(scene.file.read_at(vec![0; 9], 0)).buf, b"0123");
    let created = File::create(scene.directory.path().join("new")).unwrap();
    complete(created.write_at("new", 0)).result.unwrap();
    assert_eq!(
        std::fs::read(scene.directory.path().join("new")).unwrap(),
        b"new"
    );
    assert!(File::open(scene.directory.path().join("absent")).is_err());
}

#[test]
fn parts_of_buffers_are_read_and_written() {
    let scene = Scene::new(b"0123456789");
    let done = complete(scene.file.write_at(b"abcdef".to_vec().slice(2..4), 0));
    assert_eq!(done.result.unwrap(), 2);
    assert_eq!(done.buf.into_inner(), b"abcdef");
    assert_eq!(scene.contents(), b"cd23456789");
    let done = complete(scene.file.read_at(b"head".to_vec().slice(4..), 4));
    assert!(done.buf.into_inner().starts_with(b"head"));
}

#[test]
fn s_230_dropping_the_last_handle_ends_what_is_in_flight() {
    on_each_engine(|port, _| {
        let scene = Scene::new(&pattern(MIB, 8));
        let file = scene.cold();
        port.associate(&file, 5).unwrap();
        for i in 0..200usize {
            file.sync_all().submit(i).unwrap();
        }
        let twin = file.clone();
        drop(file);
        drop(twin);
        let mut seen = [false; 200];
        for _ in 0..200 {
            let packet = take(port);
            assert_eq!(packet.key(), 5);
            let done = packet.into_done::<(), usize>().unwrap();
            assert!(done.result.is_ok() || code_of(&done) == libc::ECANCELED);
            assert!(!std::mem::replace(&mut seen[done.state], true));
        }
        assert_empty(port);
    });
}

#[test]
fn a_demanded_engine_is_used_or_refused() {
    let builder = CompletionPort::builder().engine(Engine::Uring);
    let port = builder.build().unwrap();
    let scene = Scene::new(b"abc");
    port.associate(&scene.file, 0).unwrap();
    match scene.file.sync_all().submit("state") {
        Ok(_) => assert_eq!(take_done::<(), &str>(&port).result.unwrap(), 0),
        Err(Rejected { error, state, .. }) => {
            assert!(engine_report().ring_error.is_some(), "{error}");
            assert!(error.to_string().contains("io_uring"), "{error}");
            assert_eq!(state, "state");
        }
    }
}

#[test]
fn a_flush_takes_no_ring_unless_one_is_demanded() {
    let name = "a_flush_takes_no_ring_unless_one_is_demanded";
    if has_run_alone_with(module_path!(), name, undemanded) {
        return;
    }
    let file = File::try_from(tempfile::tempfile().unwrap()).unwrap();
    let port = CompletionPort::new(1).unwrap();
    port.associate(&file, 0).unwrap();
    file.sync_data().submit(()).unwrap();
    take_done::<(), ()>(&port).result.unwrap();
    let names = thread_names();
    assert!(names.iter().any(|name| name == "iocp-file"), "{names:?}");
    assert!(!names.iter().any(|name| name == "iocp-ring"), "{names:?}");
}
