//! An echo server of tasks: `cargo run --release --example async_echo`, then `nc 127.0.0.1 7777`.
//!
//! Eight threads serve one port, and two of them may run at once; the others sleep until one of the
//! two blocks.

use std::io;
use std::thread;

use completion_port::{CompletionPort, TcpListener, TcpStream};

fn main() -> io::Result<()> {
    let port = CompletionPort::new(2)?;
    let listener = TcpListener::bind(([127, 0, 0, 1], 7777).into())?;
    port.associate(&listener, 0)?;
    println!("listening on {}", listener.local_addr()?);
    let accepts = port.spawn(accept(port.clone(), listener));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| port.run(drop));
        }
    });
    accepts.detach();
    Ok(())
}

async fn accept(port: CompletionPort, listener: TcpListener) -> io::Result<()> {
    loop {
        let accepted = listener.accept().await;
        accepted.result?;
        let Some((stream, peer)) = accepted.buf.into_stream() else {
            continue;
        };
        port.associate(&stream, 0)?;
        port.spawn(async move {
            match echo(stream).await {
                Ok(bytes) => println!("{peer:?}: {bytes} bytes"),
                Err(error) => println!("{peer:?}: {error}"),
            }
        })
        .detach();
    }
}

async fn echo(stream: TcpStream) -> io::Result<u64> {
    let mut buf = Vec::with_capacity(4096);
    let mut echoed = 0;
    loop {
        let received = stream.recv(buf).await;
        match received.result? {
            0 => return Ok(echoed),
            bytes => echoed += bytes as u64,
        }
        let sent = stream.send(received.buf).await;
        sent.result?;
        buf = sent.buf;
    }
}
