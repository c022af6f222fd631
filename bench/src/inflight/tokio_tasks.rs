//! tokio: a task for each receive. A connection's tasks all wait for it to become readable, and
//! which of them gets which message is left to chance.

use std::io::ErrorKind;
use std::sync::Arc;

use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::{MESSAGE_BYTES, RECEIVES, Trial};
use crate::Result;

pub(super) fn run(
    trial: &'static Trial,
    receivers: Vec<std::os::unix::net::UnixStream>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for receiver in receivers {
            receiver.set_nonblocking(true)?;
            let receiver = Arc::new(UnixStream::from_std(receiver)?);
            for _ in 0..RECEIVES {
                tasks.spawn(receive(Arc::clone(&receiver), trial));
            }
        }
        // This thread is none of the workers.
        trial.started()?;
        while let Some(task) = tasks.join_next().await {
            task??;
        }
        Ok(())
    })
}

async fn receive(receiver: Arc<UnixStream>, trial: &Trial) -> Result<()> {
    let mut buf = vec![0; MESSAGE_BYTES];
    loop {
        receiver.readable().await?;
        match receiver.try_read(&mut buf) {
            Ok(bytes) => return trial.ended(&buf[..bytes], None),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}
