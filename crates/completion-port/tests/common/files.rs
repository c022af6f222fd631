//! Files for tests: made for one test, cold, direct, and read through each engine.

use std::fs::OpenOptions;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use completion_port::{AlignedBuf, CompletionPort, Done, Engine, File, Request};
use tempfile::TempDir;

use super::raw::forget_pages;
use super::{create, engines, scratch, take_done};

/// What direct access asks for on every usual device.
pub(crate) const SECTOR: usize = 4096;

/// A file for one test, and the standard library's view of it.
pub(crate) struct Scene {
    pub(crate) directory: TempDir,
    pub(crate) std: std::fs::File,
    pub(crate) file: File,
}

impl Scene {
    pub(crate) fn new(contents: &[u8]) -> Self {
        let directory = scratch();
        let std = create(&directory.path().join("file"));
        std.write_all_at(contents, 0).unwrap();
        let file = std.try_clone().unwrap().try_into().unwrap();
        Self {
            directory,
            std,
            file,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("file")
    }

    pub(crate) fn contents(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    /// The file once more, not in memory, so that reading it takes an engine.
    pub(crate) fn cold(&self) -> File {
        forget_pages(&self.std);
        File::open(self.path()).unwrap()
    }

    /// The file for direct access, if the file system has that.
    pub(crate) fn direct(&self) -> Option<File> {
        open_direct(&self.path())
    }
}

pub(crate) fn open_direct(path: &Path) -> Option<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).custom_flags(libc::O_DIRECT);
    match options.open(path) {
        Ok(file) => Some(file.try_into().unwrap()),
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            println!("  this file system has no direct access");
            None
        }
        Err(error) => panic!("not opened: {error}"),
    }
}

pub(crate) fn aligned(contents: &[u8]) -> AlignedBuf {
    let mut buf = AlignedBuf::new(contents.len(), SECTOR).unwrap();
    buf.copy_from_slice(contents);
    buf
}

/// Runs a test once on each engine, with a port that uses it.
pub(crate) fn on_each_engine(test: impl Fn(&CompletionPort, Engine)) {
    for engine in engines() {
        let builder = CompletionPort::builder().concurrency(64).engine(engine);
        test(&builder.build().unwrap(), engine);
    }
}

/// Submits an operation and takes its end.
#[track_caller]
pub(crate) fn through<B: Send + 'static>(
    port: &CompletionPort,
    request: Request<'_, B>,
) -> Done<B> {
    if let Err(rejected) = request.submit(()) {
        panic!("not accepted: {}", rejected.error);
    }
    take_done(port)
}
