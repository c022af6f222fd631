//! The practical limit: one thread, one edge-triggered epoll loop, nothing else. And the same with
//! what every port needs besides: a second thread in the process, which sleeps, and a buffer for
//! each connection that waits.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use super::{RECEIVE_BYTES, ServeArgs, announce, listen};
use crate::Result;
use crate::os::{self, Epoll, Event};

const LISTENER: u64 = u64::MAX;

struct Connection {
    stream: TcpStream,
    /// Received but not yet sent, because the send queue was full. Nothing is received meanwhile.
    unsent: Vec<u8>,
    /// Its own, where each has one.
    buf: Option<Vec<u8>>,
}

pub(super) fn serve(_: &ServeArgs) -> Result<()> {
    run(|| None)
}

pub(super) fn serve_as_a_port(_: &ServeArgs) -> Result<()> {
    // A call on a descriptor counts a reference to it if the process has several threads.
    std::thread::spawn(|| {
        loop {
            std::thread::park();
        }
    });
    run(|| Some(vec![0; RECEIVE_BYTES]))
}

fn run(buf_of_each: fn() -> Option<Vec<u8>>) -> Result<()> {
    let listener = listen()?;
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new()?;
    epoll.add(&listener, LISTENER, os::READABLE)?;
    announce(listener.local_addr()?.port())?;

    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let mut events = [Event::EMPTY; 256];
    let mut buf = [0u8; RECEIVE_BYTES];
    loop {
        let count = epoll.wait(&mut events, None)?;
        for event in &events[..count] {
            if event.token() == LISTENER {
                accept_all(&listener, &epoll, &mut connections, &mut free, buf_of_each)?;
                continue;
            }
            let index = event.token() as usize;
            let Some(connection) = &mut connections[index] else {
                continue;
            };
            let mut own = connection.buf.take();
            let into = own.as_deref_mut().unwrap_or(&mut buf);
            let goes_on = connection.pump(into, event.flags() & os::HANGUP != 0);
            connection.buf = own;
            if !goes_on {
                connections[index] = None;
                free.push(index);
            }
        }
    }
}

fn accept_all(
    listener: &TcpListener,
    epoll: &Epoll,
    connections: &mut Vec<Option<Connection>>,
    free: &mut Vec<usize>,
    buf_of_each: fn() -> Option<Vec<u8>>,
) -> Result<()> {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let index = free.pop().unwrap_or_else(|| {
            connections.push(None);
            connections.len() - 1
        });
        let flags = os::READABLE | os::WRITABLE | os::PEER_DONE | os::EDGE;
        epoll.add(&stream, index as u64, flags)?;
        connections[index] = Some(Connection {
            stream,
            unsent: Vec::new(),
            buf: buf_of_each(),
        });
    }
}

impl Connection {
    /// Echoes what has arrived; `false` when the connection is over.
    ///
    /// A receive that does not fill the buffer has emptied the queue, and a later arrival is a
    /// new edge; only the end of the stream may already have been reported (`hangup`).
    fn pump(&mut self, buf: &mut [u8], hangup: bool) -> bool {
        loop {
            while !self.unsent.is_empty() {
                match self.stream.write(&self.unsent) {
                    Ok(bytes) => drop(self.unsent.drain(..bytes)),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                    Err(_) => return false,
                }
            }
            let received = match self.stream.read(buf) {
                Ok(0) => return false,
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            };
            let sent = match self.stream.write(&buf[..received]) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(_) => return false,
            };
            if sent < received {
                self.unsent.extend_from_slice(&buf[sent..received]);
            } else if received < buf.len() && !hangup {
                return true;
            }
        }
    }
}
