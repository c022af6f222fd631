//! tokio::fs: a task per file, on a runtime with two workers and its pool of blocking threads.

use std::sync::Arc;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{BLOCK_BYTES, Job, Pass};
use crate::Result;

pub(super) fn prepare(jobs: &[Job]) -> Result<Pass> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    let jobs: Vec<Arc<Job>> = jobs.iter().cloned().map(Arc::new).collect();
    Ok(Box::new(move || {
        let spawn = |job: &Arc<Job>| runtime.spawn(copy(Arc::clone(job)));
        let tasks: Vec<_> = jobs.iter().map(spawn).collect();
        runtime.block_on(async {
            for task in tasks {
                task.await??;
            }
            Ok(())
        })
    }))
}

async fn copy(job: Arc<Job>) -> Result<()> {
    let mut source = File::open(&job.source).await?;
    let mut copy = File::create(&job.copy).await?;
    let mut buf = vec![0u8; BLOCK_BYTES];
    loop {
        match source.read(&mut buf).await? {
            0 => {
                copy.flush().await?;
                drop((source, copy));
                job.done();
                return Ok(());
            }
            bytes => copy.write_all(&buf[..bytes]).await?,
        }
    }
}
