//! An echo server of tasks, one a connection, whose executor is the port.

use std::thread;

use completion_port::{CompletionPort, TcpListener, TcpStream};

use crate::Result;
use crate::echo::{RECEIVE_BYTES, ServeArgs, announce, listen};

pub(crate) fn serve(args: &ServeArgs) -> Result<()> {
    let port = CompletionPort::new(args.concurrency)?;
    let listener = TcpListener::try_from(listen()?)?;
    port.associate(&listener, 0)?;
    announce(listener.local_addr()?.port())?;
    let accepts = port.spawn(accept(port.clone(), listener));
    thread::scope(|scope| {
        for _ in 0..args.workers {
            scope.spawn(|| port.run(drop));
        }
    });
    drop(accepts);
    Ok(())
}

async fn accept(port: CompletionPort, listener: TcpListener) -> std::io::Result<()> {
    loop {
        let accepted = listener.accept().await;
        accepted.result?;
        if let Some((stream, _)) = accepted.buf.into_stream() {
            stream.set_nodelay(true)?;
            port.associate(&stream, 1)?;
            port.spawn(echo(stream)).detach();
        }
    }
}

async fn echo(stream: TcpStream) -> std::io::Result<()> {
    let mut buf = Vec::with_capacity(RECEIVE_BYTES);
    loop {
        let received = stream.recv(buf).await;
        if received.result? == 0 {
            return Ok(());
        }
        let sent = stream.send(received.buf).await;
        sent.result?;
        buf = sent.buf;
    }
}
