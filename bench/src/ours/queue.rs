//! A port as a queue of packets.

use completion_port::{Completion, CompletionPort, Deadline};

use crate::Result;
use crate::port::{Packet, Queue};

pub(crate) struct Port(CompletionPort);

const OPEN: &str = "the port is not closed";

impl Queue for Port {
    type Got = Completion;

    fn new(consumers: usize) -> Result<Self> {
        Ok(Self(CompletionPort::new(consumers)?))
    }
    fn post(&self, packet: Packet) {
        self.0
            .post(packet.key, packet.bytes, packet.token)
            .expect(OPEN);
    }
    fn get(&self) -> Packet {
        Self::packet(&self.0.get(Deadline::Never).expect(OPEN))
    }
    fn get_all(&self, got: &mut Vec<Completion>, most: usize) {
        self.0.get_many(got, most, Deadline::Never).expect(OPEN);
    }
    fn packet(got: &Completion) -> Packet {
        let token = got.token().expect("only posted packets are in the port");
        Packet {
            key: got.key(),
            bytes: got.bytes(),
            token,
        }
    }
}
