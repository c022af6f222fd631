//! Tasks on tokio's runtime with two workers: one task a packet, which yields where a port's
//! handler would post its packet again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{LIMIT, PACKETS, Work};
use crate::Result;

/// As programs are written that do not know that they block.
pub(super) fn plain(work: &Arc<Work>) -> Result<()> {
    run(work, false, |block| block())
}

/// Blocking announced, where that is known to be coming.
pub(super) fn in_place(work: &Arc<Work>) -> Result<()> {
    run(work, true, |block| tokio::task::block_in_place(block))
}

fn run(work: &Arc<Work>, always: bool, scope: fn(&dyn Fn())) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(LIMIT)
        .build()?;
    let task = |work: Arc<Work>| async move {
        while !work.over.load(Ordering::Relaxed) {
            let posted_ns = work.now_ns();
            tokio::task::yield_now().await;
            work.handle(posted_ns, always, scope);
        }
    };
    let tasks: Vec<_> = (0..PACKETS)
        .map(|_| runtime.spawn(task(Arc::clone(work))))
        .collect();
    runtime.block_on(async {
        for task in tasks {
            task.await?;
        }
        Ok(())
    })
}
