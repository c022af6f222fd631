//! compio: a task for each receive, on one thread and one ring, where a connection's receives may
//! end in any order.

use std::thread;

use compio::io::AsyncRead;
use compio::net::UnixStream;
use compio::runtime::Runtime;

use super::{MESSAGE_BYTES, RECEIVES, Trial};
use crate::Result;

pub(super) fn run(
    trial: &'static Trial,
    receivers: Vec<std::os::unix::net::UnixStream>,
) -> Result<()> {
    Runtime::new()?.block_on(async {
        let mut tasks = Vec::new();
        for receiver in receivers {
            let receiver = UnixStream::from_std(receiver)?;
            for _ in 0..RECEIVES {
                tasks.push(compio::runtime::spawn(receive(receiver.clone(), trial)));
            }
        }
        // Tasks start when this one yields, in the order in which they were spawned; the last
        // one to be spawned knows that all have started.
        let sending = compio::runtime::spawn(async { thread::spawn(|| trial.started()) }).await;
        let sending = sending.map_err(|_| "a task panicked")?;
        for task in tasks {
            task.await.map_err(|_| "a task panicked")??;
        }
        sending.join().map_err(|_| "the sender panicked")?
    })
}

async fn receive(mut receiver: UnixStream, trial: &Trial) -> Result<()> {
    let received = receiver.read(Vec::with_capacity(MESSAGE_BYTES)).await;
    received.0?;
    trial.ended(&received.1, None)
}
