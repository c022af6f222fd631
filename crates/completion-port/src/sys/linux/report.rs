//! What runs and why: facts for an operator.

use std::io;

use super::aio;
use super::files::Engine;
use super::observer::{self, Source};
use super::uring;

/// Which engine carries out file operations in this process, and why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineReport {
    /// The engine for files: "io_uring" or "threads".
    pub files: &'static str,
    /// Who does direct access (`O_DIRECT`) for handles that belong to a port: "device" if it is
    /// handed to the device by io_submit(2) and no thread waits for it, else as `files`.
    pub direct: &'static str,
    /// The engine for sockets and pipes.
    pub sockets: &'static str,
    /// The kind of ring that the kernel granted.
    pub ring_mode: Option<&'static str>,
    /// Why there is no ring, if there is none.
    pub ring_error: Option<RingError>,
    /// The file in `/proc/self/task/N` by which threads are seen to block in foreign calls; `None`
    /// if there is none, or `COMPLETION_PORT_OBSERVE=off` forbids it.
    pub observes_by: Option<&'static str>,
    /// What `COMPLETION_PORT_ENGINE` demands, if it demands something.
    pub demanded: Option<&'static str>,
}

/// Why io_uring cannot be used.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RingError {
    /// The system's error number.
    pub code: i32,
    /// Its text.
    pub text: String,
}

impl From<&RingError> for io::Error {
    fn from(error: &RingError) -> Self {
        Self::from_raw_os_error(error.code)
    }
}

/// Finds out which engines this process uses; starts the ring if there can be one.
pub fn engine_report() -> EngineReport {
    let demanded = uring::demanded_by_environment();
    let ring = uring::ring();
    let uses_ring = ring.is_ok() && demanded != Some(Engine::Threads);
    let files = if uses_ring { "io_uring" } else { "threads" };
    EngineReport {
        files,
        direct: if demanded.is_none() && aio::is_available() { "device" } else { files },
        sockets: "epoll",
        ring_mode: ring.as_ref().ok().map(|ring| ring.mode),
        ring_error: ring.err().map(|(code, text)| RingError { code, text }),
        observes_by: observer::source().filter(|_| observer::is_wanted()).map(Source::file),
        demanded: demanded.map(|engine| match engine {
            Engine::Uring => "uring",
            Engine::Threads => "threads",
        }),
    }
}
