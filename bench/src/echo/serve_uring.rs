//! The other practical limit: one thread, one bare io_uring with everything that is fast in it:
//! multishot receives into provided buffers, DEFER_TASKRUN, what was received sent from where it
//! lies.

use std::collections::VecDeque;
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use super::{RECEIVE_BYTES, ServeArgs, announce, listen};
use crate::Result;
use crate::os::{Ended, Part, Ring};

const BUFFERS: u16 = 4096;
const LISTENER: u64 = 0;
const RECEIVE: u64 = 1;
const SEND: u64 = 2;

/// What a request's token holds: its kind in the low bits, the connection above.
const fn token(kind: u64, index: usize) -> u64 {
    (index as u64) << 2 | kind
}

struct Connection {
    stream: TcpStream,
    /// What is still to be sent, in order; the first is on its way.
    unsent: VecDeque<Part>,
    over: bool,
}

struct Server {
    ring: Ring,
    connections: Vec<Option<Connection>>,
    /// Connections for whose bytes there was no buffer.
    starved: Vec<usize>,
}

pub(super) fn serve(_: &ServeArgs) -> Result<()> {
    let listener = listen()?;
    let mut server = Server {
        ring: Ring::new(BUFFERS, RECEIVE_BYTES)?,
        connections: Vec::new(),
        starved: Vec::new(),
    };
    server.ring.accept(&listener, LISTENER)?;
    announce(listener.local_addr()?.port())?;
    let mut done = Vec::new();
    loop {
        server.ring.wait(&mut done)?;
        for ended in done.drain(..) {
            let index = (ended.token >> 2) as usize;
            match ended.token & 3 {
                LISTENER => {
                    let stream = server.ring.accepted(&ended)?;
                    if !ended.more {
                        server.ring.accept(&listener, LISTENER)?;
                    }
                    server.add(stream)?;
                }
                RECEIVE => {
                    let part = server.ring.part(&ended);
                    server.received(index, part, &ended)?;
                }
                _ => server.sent(index, ended.result)?,
            }
        }
        while server.ring.buffers_free() > 0
            && let Some(index) = server.starved.pop()
        {
            server.receive(index)?;
        }
    }
}

impl Server {
    fn add(&mut self, stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let connection = Connection {
            stream,
            unsent: VecDeque::new(),
            over: false,
        };
        // A place is never used again, so that a late completion finds nobody.
        self.connections.push(Some(connection));
        self.receive(self.connections.len() - 1)
    }

    fn receive(&mut self, index: usize) -> Result<()> {
        if let Some(connection) = &self.connections[index] {
            let fd = connection.stream.as_raw_fd();
            self.ring.receive(fd, token(RECEIVE, index))?;
        }
        Ok(())
    }

    fn received(&mut self, index: usize, part: Option<Part>, ended: &Ended) -> Result<()> {
        let Some(connection) = &mut self.connections[index] else {
            part.into_iter().for_each(|part| self.ring.give_back(part));
            return Ok(());
        };
        match part {
            Some(part) => {
                connection.unsent.push_back(part);
                if connection.unsent.len() == 1 {
                    let fd = connection.stream.as_raw_fd();
                    self.ring.send(fd, &part, token(SEND, index))?;
                }
                if !ended.more {
                    self.receive(index)?;
                }
            }
            None if ended.is_starved() => self.starved.push(index),
            // The end of the stream, or an error.
            None => {
                connection.over = true;
                self.drop_if_over(index);
            }
        }
        Ok(())
    }

    fn sent(&mut self, index: usize, result: i32) -> Result<()> {
        let Some(connection) = &mut self.connections[index] else {
            return Ok(());
        };
        let Some(mut part) = connection.unsent.pop_front() else {
            return Ok(());
        };
        if result < 0 {
            connection.over = true;
            self.ring.give_back(part);
        } else if part.skip(result as usize) {
            connection.unsent.push_front(part);
        } else {
            self.ring.give_back(part);
        }
        if connection.over && result < 0 {
            let rest: Vec<Part> = connection.unsent.drain(..).collect();
            rest.into_iter().for_each(|part| self.ring.give_back(part));
        }
        if let Some(part) = connection.unsent.front() {
            let fd = connection.stream.as_raw_fd();
            self.ring.send(fd, part, token(SEND, index))?;
        }
        self.drop_if_over(index);
        Ok(())
    }

    fn drop_if_over(&mut self, index: usize) {
        if self.connections[index]
            .as_ref()
            .is_some_and(|connection| connection.over && connection.unsent.is_empty())
        {
            self.connections[index] = None;
        }
    }
}
