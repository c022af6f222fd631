//! Files: offsets, ends, appending, direct access, engines.

mod common;

use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::thread;

use common::{
    assert_empty, assert_same, code_of, complete, create, engines, finish, pattern, refusal,
    roomy_port, scratch, take, take_done,
};
use completion_port::{
    AlignedBuf, AsHandle, CompletionPort, Deadline, Engine, File, IoBuf, Rejected, Status,
    Submitted,
};

const MIB: usize = 1 << 20;

/// A file with those contents, open for reading and writing.
fn file_with(contents: &[u8]) -> (tempfile::TempDir, File) {
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, contents).unwrap();
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    (directory, file.try_into().unwrap())
}

fn contents(directory: &tempfile::TempDir) -> Vec<u8> {
    std::fs::read(directory.path().join("file")).unwrap()
}

#[test]
fn s_250_operations_go_to_their_offsets_and_no_pointer_moves() {
    let (directory, file) = file_with(b"0123456789");
    assert_eq!(complete(file.read_at(vec![0; 3], 4)).buf, b"456");
    assert_eq!(complete(file.write_at("xy", 8)).result.unwrap(), 2);
    assert_eq!(complete(file.read_at(vec![0; 2], 0)).buf, b"01");
    assert_eq!(contents(&directory), b"01234567xy");
    let mut behind = std::fs::File::from(
        std::os::fd::AsFd::as_fd(&file)
            .try_clone_to_owned()
            .unwrap(),
    );
    let mut all = String::new();
    behind.read_to_string(&mut all).unwrap();
    assert_eq!(
        all, "01234567xy",
        "the descriptor's own pointer has not moved"
    );
}

#[test]
fn completions_come_by_the_port_with_buffer_and_state() {
    let port = roomy_port();
    let (_directory, file) = file_with(b"abc");
    port.associate(&file, 77).unwrap();
    file.read_at(Vec::with_capacity(8), 1).submit(5u8).unwrap();
    let packet = take(&port);
    assert_eq!((packet.key(), packet.bytes()), (77, 2));
    let done = packet.into_done::<Vec<u8>, u8>().unwrap();
    assert_eq!((&done.buf[..], done.state), (&b"bc"[..], 5));
    assert_empty(&port);
}

#[test]
fn s_152_what_is_done_at_once_can_be_taken_at_once() {
    let port = roomy_port();
    let (_directory, file) = file_with(b"abc");
    port.associate(&file, 0).unwrap();
    complete(file.read_at(vec![0; 3], 0));
    let Submitted::Done(done) = file.read_at(vec![0; 3], 0).submit_or_take(9).unwrap() else {
        panic!("what is in the page cache is read at once");
    };
    assert_eq!((&done.buf[..], done.state), (&b"abc"[..], 9));
    assert_empty(&port);
}

#[test]
fn s_253_concurrent_appends_do_not_overlap() {
    let (directory, file) = file_with(b"");
    thread::scope(|scope| {
        for letter in b'a'..b'e' {
            let file = file.clone();
            scope.spawn(move || {
                for _ in 0..200 {
                    assert_eq!(complete(file.append(vec![letter; 37])).result.unwrap(), 37);
                }
            });
        }
    });
    let all = contents(&directory);
    assert_eq!(all.len(), 4 * 200 * 37);
    assert!(
        all.chunks(37)
            .all(|chunk| chunk.iter().all(|byte| *byte == chunk[0]))
    );
}

#[test]
fn s_259_empty_transfers_change_nothing() {
    let (directory, file) = file_with(b"abc");
    assert_eq!(complete(file.write_at(Vec::new(), 100)).result.unwrap(), 0);
    assert_eq!(complete(file.append(Vec::new())).result.unwrap(), 0);
    let done = complete(file.read_at(Vec::new(), 100));
    assert_eq!(
        (done.result.unwrap(), done.outcome.status),
        (0, Status::Success)
    );
    assert_eq!(contents(&directory), b"abc");
}

#[test]
fn s_260_263_a_read_across_the_end_is_short_and_one_behind_it_ends() {
    let (_directory, file) = file_with(b"abc");
    let done = complete(file.read_at(vec![0; 10], 1));
    assert_eq!(
        (done.result.unwrap(), done.outcome.status),
        (2, Status::Success)
    );
    for offset in [3, 4, 1 << 40] {
        let done = complete(file.read_at(vec![0; 10], offset));
        assert_eq!(
            (done.result.unwrap(), done.outcome.status),
            (0, Status::EndOfFile)
        );
    }
}

#[test]
fn s_263_the_end_is_told_by_every_engine() {
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let (_directory, file) = file_with(&pattern(5_000, 3));
        port.associate(&file, 0).unwrap();
        common::raw::forget_pages(&file);
        file.read_at(vec![0; 8_000], 4_000).submit(1).unwrap();
        let done = take_done::<Vec<u8>, i32>(&port);
        assert_eq!(
            (done.result.unwrap(), done.outcome.status),
            (1_000, Status::Success)
        );
        file.read_at(vec![0; 8_000], 5_000).submit(2).unwrap();
        let done = take_done::<Vec<u8>, i32>(&port);
        assert_eq!(
            (done.result.unwrap(), done.outcome.status),
            (0, Status::EndOfFile)
        );
    }
}

#[test]
fn s_266_a_gap_reads_as_zeros_and_offsets_have_64_bits() {
    let (_directory, file) = file_with(b"start");
    let far = 5 << 30;
    assert_eq!(complete(file.write_at("far away", far)).result.unwrap(), 8);
    assert_eq!(complete(file.read_at(vec![1; 8], far)).buf, b"far away");
    assert_eq!(complete(file.read_at(vec![1; 4], far - 4)).buf, [0; 4]);
}

#[test]
fn s_254_offsets_that_no_file_has_are_refused_with_everything() {
    let (_directory, file) = file_with(b"abc");
    for offset in [u64::MAX, u64::MAX - 1, 1 << 63] {
        let Rejected { error, buf, .. } = file.read_at(vec![7; 3], offset).start().unwrap_err();
        assert_eq!(
            (error.raw_os_error(), buf),
            (Some(libc::EINVAL), vec![7; 3])
        );
        assert_eq!(refusal(file.write_at("abc", offset)), libc::EINVAL);
    }
    assert_eq!(refusal(file.allocate(u64::MAX, 2)), libc::EINVAL);
}

#[test]
fn s_267_access_that_was_not_asked_for_is_refused() {
    let (directory, _file) = file_with(b"abc");
    let path = directory.path().join("file");
    let reader = File::open(&path).unwrap();
    assert_eq!(refusal(reader.write_at("x", 0)), libc::EBADF);
    let writer: File = std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(refusal(writer.read_at(vec![0; 3], 0)), libc::EBADF);
    assert_eq!(contents(&directory), b"abc");
}

#[test]
fn more_vectors_than_one_call_takes_are_moved_whole() {
    let bytes = pattern(3_000 * 7, 9);
    let (directory, file) = file_with(b"");
    let bufs: Vec<Vec<u8>> = bytes.chunks(7).map(<[u8]>::to_vec).collect();
    assert_eq!(
        complete(file.write_vectored_at(bufs, 3)).result.unwrap(),
        bytes.len()
    );
    assert_same(&contents(&directory)[3..], &bytes);
    for cold in [false, true] {
        if cold {
            common::raw::forget_pages(&file);
        }
        let bufs: Vec<Vec<u8>> = (0..3_000).map(|_| vec![0; 7]).collect();
        let done = complete(file.read_vectored_at(bufs, 3));
        assert_eq!(done.result.unwrap(), bytes.len());
        assert_same(&done.buf.concat(), &bytes);
    }
}

#[test]
fn what_is_not_in_memory_is_read_by_every_engine() {
    let bytes = pattern(8 * MIB, 4);
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let (_directory, file) = file_with(&bytes);
        port.associate(&file, 0).unwrap();
        common::raw::forget_pages(&file);
        let step = 64 * 1024;
        for offset in (0..bytes.len()).step_by(step) {
            file.read_at(vec![0; step], offset as u64)
                .submit(offset)
                .unwrap();
        }
        for _ in 0..bytes.len() / step {
            let done = take_done::<Vec<u8>, usize>(&port);
            assert_eq!(done.result.unwrap(), step);
            assert_same(&done.buf, &bytes[done.state..done.state + step]);
        }
        assert_empty(&port);
    }
}

#[test]
fn s_269_direct_access_reads_and_writes_aligned_memory() {
    let (directory, _file) = file_with(&pattern(3 * 4096 + 100, 5));
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_DIRECT);
    let Ok(direct) = options.open(directory.path().join("file")) else {
        println!("this file system refuses direct access");
        return;
    };
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let file: File = direct.try_clone().unwrap().try_into().unwrap();
        port.associate(&file, 0).unwrap();
        let mut page = AlignedBuf::new(4096, 4096).unwrap();
        page.fill(7);
        file.write_at(page, 4096).submit(1).unwrap();
        assert_eq!(take_done::<AlignedBuf, i32>(&port).result.unwrap(), 4096);
        file.read_at(AlignedBuf::new(4 * 4096, 4096).unwrap(), 0)
            .submit(2)
            .unwrap();
        let done = take_done::<AlignedBuf, i32>(&port);
        assert_eq!(done.result.unwrap(), 3 * 4096 + 100, "the tail is short");
        assert!(done.buf[4096..8192].iter().all(|byte| *byte == 7));
        file.read_at(AlignedBuf::new(4096, 4096).unwrap(), 4 * 4096)
            .submit(3)
            .unwrap();
        assert_eq!(
            take_done::<AlignedBuf, i32>(&port).outcome.status,
            Status::EndOfFile
        );
    }
}

#[test]
fn flushing_and_reserving_complete_on_every_engine() {
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let (directory, file) = file_with(b"abc");
        port.associate(&file, 0).unwrap();
        file.sync_all().submit(1).unwrap();
        file.sync_data().submit(2).unwrap();
        file.allocate(0, 1 << 16).submit(3).unwrap();
        for _ in 0..3 {
            take_done::<(), i32>(&port).result.unwrap();
        }
        assert_eq!(contents(&directory).len(), 1 << 16);
    }
}

#[test]
fn ten_thousand_operations_may_be_in_flight() {
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let (_directory, file) = file_with(b"abc");
        port.associate(&file, 0).unwrap();
        for i in 0..10_000usize {
            file.sync_data().submit(i).unwrap();
        }
        let mut seen = vec![false; 10_000];
        for _ in 0..10_000 {
            let done = take_done::<(), usize>(&port);
            done.result.unwrap();
            assert!(
                !std::mem::replace(&mut seen[done.state], true),
                "twice: {}",
                done.state
            );
        }
        assert_empty(&port);
    }
}

#[test]
fn dropping_the_last_handle_completes_what_is_in_flight() {
    for engine in engines() {
        let port = CompletionPort::builder().engine(engine).build().unwrap();
        let (_directory, file) = file_with(&pattern(MIB, 8));
        port.associate(&file, 5).unwrap();
        common::raw::forget_pages(&file);
        for i in 0..200usize {
            file.sync_all().submit(i).unwrap();
        }
        let twin = file.clone();
        drop(file);
        drop(twin);
        let mut seen = [false; 200];
        for _ in 0..200 {
            let packet = take(&port);
            assert_eq!(packet.key(), 5);
            let done = packet.into_done::<(), usize>().unwrap();
            assert!(done.result.is_ok() || code_of(&done) == libc::ECANCELED);
            assert!(!std::mem::replace(&mut seen[done.state], true));
        }
        assert_empty(&port);
    }
}

#[test]
fn s_213_a_finished_operation_cannot_be_cancelled() {
    let port = roomy_port();
    let (_directory, file) = file_with(b"abc");
    port.associate(&file, 0).unwrap();
    let id = file.sync_all().submit(()).unwrap();
    let packet = port.get(Deadline::Never).unwrap();
    assert_eq!(
        file.cancel(id).unwrap_err().kind(),
        std::io::ErrorKind::NotFound
    );
    assert!(packet.into_done::<(), ()>().is_ok());
    let id = file.write_at("x", 0).submit(()).unwrap();
    assert_eq!(
        file.cancel(id).unwrap_err().kind(),
        std::io::ErrorKind::NotFound
    );
}

#[test]
fn writes_that_wait_for_the_device_do_not_wait_in_the_call() {
    let directory = scratch();
    let mut options = std::fs::OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .custom_flags(libc::O_DSYNC);
    let file: File = options
        .open(directory.path().join("file"))
        .unwrap()
        .try_into()
        .unwrap();
    let pending: Vec<_> = (0..20u64)
        .map(|i| file.write_at(vec![i as u8; 512], i * 512).start().unwrap())
        .collect();
    for pending in pending {
        assert_eq!(finish(pending).result.unwrap(), 512);
    }
    let all = contents(&directory);
    assert!(
        all.chunks(512)
            .enumerate()
            .all(|(i, chunk)| chunk == vec![i as u8; 512])
    );
}

#[test]
fn parts_of_buffers_are_read_and_written() {
    let (directory, file) = file_with(b"0123456789");
    let done = complete(file.write_at(b"abcdef".to_vec().slice(2..4), 0));
    assert_eq!(done.result.unwrap(), 2);
    assert_eq!(done.buf.into_inner(), b"abcdef");
    assert_eq!(contents(&directory), b"cd23456789");
    let done = complete(file.read_at(b"head".to_vec().slice(4..), 4));
    assert!(done.buf.into_inner().starts_with(b"head"));
}

#[test]
fn a_demanded_engine_is_used_or_refused() {
    let port = CompletionPort::builder()
        .engine(Engine::Uring)
        .build()
        .unwrap();
    let (_directory, file) = file_with(b"abc");
    port.associate(&file, 0).unwrap();
    match file.sync_all().submit("state") {
        Ok(_) => take_done::<(), &str>(&port).result.unwrap(),
        Err(Rejected { error, state, .. }) => {
            assert!(
                completion_port::engine_report().ring_error.is_some(),
                "{error}"
            );
            assert!(error.to_string().contains("io_uring"), "{error}");
            assert_eq!(state, "state");
            0
        }
    };
    drop(create(&scratch().path().join("unused")));
}
