//! An echo server whose workers all take from one port.

use std::thread;

use completion_port::{
    Accepted, Completion, CompletionPort, Deadline, Submitted, TcpListener, TcpStream,
};

use crate::Result;
use crate::echo::{RECEIVE_BYTES, ServeArgs, announce, listen};

/// Requests of one connection that are answered before the others have their turn.
const TURNS_MAX: usize = 64;

/// The state of a receive.
struct Received(TcpStream);
/// The state of a send.
struct Sent(TcpStream);

struct Server {
    port: CompletionPort,
    listener: TcpListener,
    /// What is done at once needs no packet.
    take: bool,
}

pub(crate) fn serve(args: &ServeArgs) -> Result<()> {
    run(args, true)
}

pub(crate) fn serve_by_packets(args: &ServeArgs) -> Result<()> {
    run(args, false)
}

fn run(args: &ServeArgs, take: bool) -> Result<()> {
    let port = CompletionPort::new(args.concurrency)?;
    let listener = TcpListener::try_from(listen()?)?;
    port.associate(&listener, 0)?;
    announce(listener.local_addr()?.port())?;
    listener
        .accept()
        .submit(())
        .map_err(|rejected| rejected.error)?;
    let server = &Server {
        port,
        listener,
        take,
    };
    thread::scope(|scope| {
        let worker = |_| scope.spawn(move || server.work());
        let workers: Vec<_> = (0..args.workers).map(worker).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?)
    })
}

impl Server {
    fn work(&self) -> Result<()> {
        loop {
            let completion = self.port.get(Deadline::Never)?;
            let completion = match completion.into_done::<Vec<u8>, Received>() {
                Ok(done) => {
                    // No bytes or an error: the connection is over, and goes with its state.
                    if done.result.is_ok_and(|bytes| bytes > 0) {
                        self.answer(done.state.0, done.buf);
                    }
                    continue;
                }
                Err(other) => other,
            };
            match completion.into_done::<Vec<u8>, Sent>() {
                Ok(done) if done.result.is_ok() => receive(done.state.0, done.buf),
                Ok(_) => {}
                Err(other) => self.accepted(other)?,
            }
        }
    }

    fn accepted(&self, completion: Completion) -> Result<()> {
        let done = completion.into_done::<Accepted<TcpStream>, ()>();
        let done = done.map_err(|_| "an unknown completion")?;
        done.result?;
        self.listener
            .accept()
            .submit(())
            .map_err(|rejected| rejected.error)?;
        let (stream, _) = done.buf.into_stream().ok_or("no connection")?;
        stream.set_nodelay(true)?;
        self.port.associate(&stream, 1)?;
        receive(stream, Vec::with_capacity(RECEIVE_BYTES));
        Ok(())
    }

    /// Sends back what has come. A refused operation hands everything back, to be dropped: the
    /// connection is over.
    fn answer(&self, mut stream: TcpStream, mut buf: Vec<u8>) {
        let handle = stream.clone();
        if !self.take {
            let _ = handle.send(buf).submit(Sent(stream));
            return;
        }
        for _ in 0..TURNS_MAX {
            let sent = match handle.send(buf).submit_or_take(Sent(stream)) {
                Ok(Submitted::Done(done)) if done.result.is_ok() => done,
                _ => return,
            };
            let next = handle.recv(sent.buf);
            let received = match next.submit_or_take(Received(sent.state.0)) {
                Ok(Submitted::Done(done)) if done.result.as_ref().is_ok_and(|b| *b > 0) => done,
                _ => return,
            };
            (stream, buf) = (received.state.0, received.buf);
        }
        let _ = handle.send(buf).submit(Sent(stream));
    }
}

fn receive(stream: TcpStream, buf: Vec<u8>) {
    let handle = stream.clone();
    let _ = handle.recv(buf).submit(Received(stream));
}
