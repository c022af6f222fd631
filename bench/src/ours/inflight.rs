//! A hundred thousand receives pending on one port, from which two threads take.

use std::os::unix::net::UnixStream as StdStream;
use std::thread;

use completion_port::{CompletionPort, Deadline, UnixStream, WaitError};

use crate::Result;
use crate::inflight::{MESSAGE_BYTES, RECEIVES, Trial};

const WORKERS: usize = 2;

pub(crate) fn run(trial: &'static Trial, receivers: Vec<StdStream>) -> Result<()> {
    let port = &CompletionPort::new(WORKERS)?;
    let mut streams = Vec::new();
    for receiver in receivers {
        let stream = UnixStream::from_fd(receiver.into())?;
        port.associate(&stream, 1)?;
        for number in 0..RECEIVES {
            let request = stream.recv(Vec::with_capacity(MESSAGE_BYTES));
            request.submit(number).map_err(|rejected| rejected.error)?;
        }
        streams.push(stream);
    }
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| scope.spawn(|| work(port, trial)))
            .collect();
        trial.started()?;
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?)
    })
}

fn work(port: &CompletionPort, trial: &Trial) -> Result<()> {
    loop {
        let completion = match port.get(Deadline::Never) {
            Ok(completion) => completion,
            Err(WaitError::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let done = completion.into_done::<Vec<u8>, usize>();
        let done = done.map_err(|_| "an unknown completion")?;
        done.result?;
        trial.ended(&done.buf, Some(done.state))?;
        if trial.is_over() {
            port.close();
        }
    }
}
