//! What cannot be brought about from outside: a copy that reads back differently.

use std::path::{Path, PathBuf};

use completion_port::CompletionPort;
use indicatif::ProgressBar;

use super::super::crew::{Counts, Over, Settings};
use super::super::cursor::PIECE_BYTES;
use super::super::desk::{Desk, Limits};
use super::super::draft::Drafts;
use super::super::faults::Faults;
use super::super::folder::Recent;
use super::*;
use crate::interrupt::Interrupt;

fn crew(settings: Settings) -> Crew {
    let port = CompletionPort::new(1).unwrap();
    let limits = Limits::new(1, 64);
    Crew {
        desk: Desk::new(port.clone(), limits),
        port,
        drafts: Drafts::new(settings.verify),
        recent: Recent::new(limits.folders),
        settings,
        counts: Counts::default(),
        faults: Faults::new(ProgressBar::hidden()),
        interrupt: Interrupt::listen().unwrap(),
        roots_left: AtomicUsize::new(1),
        over: Over::default(),
    }
}

/// Copies `it` from `from` to `to`, after `meddle` has had its way with the transfer.
fn copy(crew: &Crew, from: &Path, to: &Path, meddle: impl FnOnce(&Transfer)) {
    let open = |path: &Path| {
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        fs::openat(fs::CWD, path, flags, Mode::empty()).unwrap()
    };
    let pair = Arc::new(Pair {
        from: open(from),
        to: open(to),
    });
    let folder = Folder::root(Arc::clone(&pair), PathBuf::from(from), PathBuf::from(to), 1);
    let mut worker = Worker::new(crew);
    let transfer = worker
        .open(&folder, &pair, &Name::same(c"it"))
        .unwrap()
        .unwrap();
    assert_eq!(crew.desk.more_lanes(1), 1);
    meddle(&transfer);
    worker.start(transfer);
    worker.work();
}

fn verified(bytes: usize, meddle: impl FnOnce(&Transfer)) -> (bool, bool) {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(from.path().join("it"), vec![7; bytes]).unwrap();
    let crew = crew(Settings {
        verify: true,
        ..Settings::default()
    });
    copy(&crew, from.path(), to.path(), meddle);
    let names = std::fs::read_dir(to.path()).unwrap().count();
    let copied = to.path().join("it").exists();
    assert_eq!(names, usize::from(copied), "something else was left");
    (copied, crew.faults.is_empty())
}

#[test]
fn what_reads_back_as_it_was_written_is_published() {
    for bytes in [0, 1, PIECE_BYTES, 5 * PIECE_BYTES + 1] {
        assert_eq!(verified(bytes, |_| {}), (true, true), "{bytes} bytes");
    }
}

#[test]
fn what_reads_back_differently_is_told_and_not_published() {
    for bytes in [0, 1, PIECE_BYTES, 5 * PIECE_BYTES + 1] {
        // As if another byte had been written than is read back.
        let meddle = |transfer: &Transfer| transfer.read.add(0, b"\x01");
        assert_eq!(verified(bytes, meddle), (false, false), "{bytes} bytes");
    }
}

#[test]
fn a_source_that_becomes_shorter_is_told_and_its_copy_not_published() {
    for bytes in [100, 5 * PIECE_BYTES + 1] {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let it = from.path().join("it");
        std::fs::write(&it, vec![7; bytes]).unwrap();
        let crew = crew(Settings::default());
        copy(&crew, from.path(), to.path(), |_| {
            std::fs::write(&it, [7; 10]).unwrap();
        });
        assert!(!crew.faults.is_empty(), "{bytes} bytes");
        assert!(!to.path().join("it").exists(), "{bytes} bytes");
    }
}
