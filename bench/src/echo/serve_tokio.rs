//! tokio's multi-thread runtime, one task per connection.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{RECEIVE_BYTES, ServeArgs, announce, listen};
use crate::Result;

pub(super) fn serve(args: &ServeArgs) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(args.workers)
        .enable_io()
        .build()?;
    runtime.block_on(accept_all())
}

async fn accept_all() -> Result<()> {
    let listener = listen()?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    announce(listener.local_addr()?.port())?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(echo(stream));
    }
}

async fn echo(mut stream: TcpStream) {
    let mut buf = vec![0u8; RECEIVE_BYTES];
    // A reset ends the connection as the end of the stream does.
    while let Ok(bytes @ 1..) = stream.read(&mut buf).await {
        if stream.write_all(&buf[..bytes]).await.is_err() {
            return;
        }
    }
}
