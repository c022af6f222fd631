//! A small operation on each engine: what works is better known than what is configured.

use std::io;
use std::time::{Duration, Instant};

use completion_port::{
    AsHandle, Completion, CompletionPort, Deadline, Done, File, TcpListener, TcpStream,
};
use serde::{Serialize, Serializer};

/// No trial takes so long, unless something hangs.
const PATIENCE: Duration = Duration::from_secs(10);
const TEXT: &str = "completion port";

/// How each engine did.
#[derive(Debug, Serialize)]
pub(super) struct Trials {
    #[serde(serialize_with = "outcome")]
    pub(super) sockets: Result<(), String>,
    #[serde(serialize_with = "outcome")]
    pub(super) files: Result<(), String>,
}

/// `"ok"`, or the error.
fn outcome<S: Serializer>(result: &Result<(), String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(
        result
            .as_ref()
            .map_or_else(|error| error.as_str(), |_| "ok"),
    )
}

impl Trials {
    pub(super) fn run() -> Self {
        Self {
            sockets: sockets().map_err(|error| error.to_string()),
            files: files().map_err(|error| error.to_string()),
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        self.sockets.is_ok() && self.files.is_ok()
    }
}

fn lost(what: &str) -> io::Error {
    io::Error::other(format!("{what} came back changed"))
}

fn next(port: &CompletionPort) -> io::Result<Completion> {
    Ok(port.get(Deadline::At(Instant::now() + PATIENCE))?)
}

fn port_for(handle: &impl AsHandle) -> io::Result<CompletionPort> {
    let port = CompletionPort::new(0)?;
    port.associate(handle, 0)?;
    Ok(port)
}

/// One message over a connection to ourselves.
fn sockets() -> io::Result<()> {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    let accepting = listener.accept().start()?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let Ok(accepted) = accepting.wait_until(PATIENCE) else {
        return Err(io::ErrorKind::TimedOut.into());
    };
    accepted.result?;
    let Some((server, _)) = accepted.buf.into_stream() else {
        return Err(lost("an accepted connection"));
    };
    let port = port_for(&server)?;
    server
        .recv_full(vec![0; TEXT.len()].into_boxed_slice())
        .submit(())?;
    client.send(TEXT).start()?.wait().result?;
    let done: Done<Box<[u8]>> = next(&port)?.into_done().map_err(|_| lost("a packet"))?;
    done.result?;
    if *done.buf != *TEXT.as_bytes() {
        return Err(lost("a message"));
    }
    Ok(())
}

/// Writes, flushes and reads a nameless file. The flush is what no page cache can answer, so it
/// shows whether the engine behind works.
fn files() -> io::Result<()> {
    let file = File::try_from(tempfile::tempfile()?)?;
    let port = port_for(&file)?;
    file.write_at(TEXT, 0).submit(())?;
    next(&port)?
        .outcome()
        .ok_or_else(|| lost("a packet"))?
        .to_result()?;
    file.sync_data().submit(())?;
    next(&port)?
        .outcome()
        .ok_or_else(|| lost("a packet"))?
        .to_result()?;
    file.read_at(Vec::with_capacity(TEXT.len()), 0).submit(())?;
    let done: Done<Vec<u8>> = next(&port)?.into_done().map_err(|_| lost("a packet"))?;
    done.result?;
    if done.buf != TEXT.as_bytes() {
        return Err(lost("a file"));
    }
    Ok(())
}
