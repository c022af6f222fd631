//! compio: a runtime with a ring of its own in each thread, one task per connection.

use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::TcpStream;
use compio::runtime::Runtime;

use super::hand_out::{self, Share};
use super::{RECEIVE_BYTES, ServeArgs};
use crate::Result;

pub(super) fn serve(args: &ServeArgs) -> Result<()> {
    hand_out::run(args, work)
}

fn work(share: Share) -> Result<()> {
    Runtime::new()?.block_on(async {
        while let Ok(stream) = share.recv().await {
            let stream = TcpStream::from_std(stream)?;
            compio::runtime::spawn(echo(stream)).detach();
        }
        Ok(())
    })
}

async fn echo(mut stream: TcpStream) {
    let mut buf = Vec::with_capacity(RECEIVE_BYTES);
    loop {
        buf.clear();
        let received = stream.read(buf).await;
        // A reset ends the connection as the end of the stream does.
        let Ok(1..) = received.0 else { return };
        let sent = stream.write_all(received.1).await;
        if sent.0.is_err() {
            return;
        }
        buf = sent.1;
    }
}
