//! Connections for runtimes in which every thread has its own: one thread accepts and deals them
//! out in turn, so that each worker has its share of any number.

use std::net::TcpStream;
use std::thread;

use super::{ServeArgs, announce, listen};
use crate::Result;

/// Connections for one worker.
pub(super) type Share = async_channel::Receiver<TcpStream>;

/// Runs `work` on each of the workers' threads, with its share, and accepts for ever.
pub(super) fn run(args: &ServeArgs, work: fn(Share) -> Result<()>) -> Result<()> {
    let listener = listen()?;
    let mut shares = Vec::new();
    for _ in 0..args.workers {
        let (sender, share) = async_channel::unbounded();
        shares.push(sender);
        thread::spawn(move || work(share).inspect_err(|error| eprintln!("bench: {error}")));
    }
    announce(listener.local_addr()?.port())?;
    for index in 0.. {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        shares[index % args.workers].send_blocking(stream)?;
    }
    Ok(())
}
