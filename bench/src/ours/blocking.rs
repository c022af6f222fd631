//! Handlers on a port, with and without an eye on them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use completion_port::{CompletionPort, Deadline};

use crate::Result;
use crate::blocking::{LIMIT, PACKETS, THREADS, Work};

/// As the port is by default.
pub(crate) fn observed(work: &Arc<Work>) -> Result<()> {
    let port = CompletionPort::builder().concurrency(LIMIT).build()?;
    run(&port, work);
    Ok(())
}

/// A port that only knows what it is told.
pub(crate) fn blind(work: &Arc<Work>) -> Result<()> {
    let builder = CompletionPort::builder().concurrency(LIMIT);
    run(&builder.observe(false).build()?, work);
    Ok(())
}

/// As many handlers at once as there are threads.
pub(crate) fn unbounded(work: &Arc<Work>) -> Result<()> {
    run(&CompletionPort::new(THREADS)?, work);
    Ok(())
}

fn run(port: &CompletionPort, work: &Arc<Work>) {
    let post = |packet: usize| {
        // Refused only when the port has been closed, and then all is over.
        let _ = port.post(packet, 0, work.now_ns() as usize);
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Ok(packet) = port.get(Deadline::Never) {
                    let posted_ns = packet.token().unwrap_or_default() as u64;
                    work.handle(posted_ns, false, |block| port.blocking(block));
                    if work.over.load(Ordering::Relaxed) {
                        port.close();
                    }
                    post(packet.key());
                }
            });
        }
        (0..PACKETS).for_each(post);
    });
}
