//! The peers: five channels as queues of packets.

use std::sync::Mutex;

use tokio::sync::mpsc;

use super::{Packet, Queue};
use crate::Result;

/// The channel behind a peer is closed only if this program is wrong.
const OPEN: &str = "both ends are alive";

pub(super) struct Crossbeam {
    sender: crossbeam_channel::Sender<Packet>,
    receiver: crossbeam_channel::Receiver<Packet>,
}

impl Queue for Crossbeam {
    type Got = Packet;

    fn new(_: usize) -> Result<Self> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        Ok(Self { sender, receiver })
    }
    fn post(&self, packet: Packet) {
        self.sender.send(packet).expect(OPEN);
    }
    fn get(&self) -> Packet {
        self.receiver.recv().expect(OPEN)
    }
    fn packet(got: &Packet) -> Packet {
        *got
    }
    fn get_all(&self, packets: &mut Vec<Packet>, most: usize) {
        packets.push(self.get());
        packets.extend(self.receiver.try_iter().take(most - 1));
    }
}

pub(super) struct Kanal {
    sender: kanal::Sender<Packet>,
    receiver: kanal::Receiver<Packet>,
}

impl Queue for Kanal {
    type Got = Packet;

    fn new(_: usize) -> Result<Self> {
        let (sender, receiver) = kanal::unbounded();
        Ok(Self { sender, receiver })
    }
    fn post(&self, packet: Packet) {
        self.sender.send(packet).expect(OPEN);
    }
    fn get(&self) -> Packet {
        self.receiver.recv().expect(OPEN)
    }
    fn packet(got: &Packet) -> Packet {
        *got
    }
    fn get_all(&self, packets: &mut Vec<Packet>, most: usize) {
        packets.push(self.get());
        let more = || self.receiver.try_recv().expect(OPEN);
        packets.extend(std::iter::from_fn(more).take(most - 1));
    }
}

pub(super) struct Flume {
    sender: flume::Sender<Packet>,
    receiver: flume::Receiver<Packet>,
}

impl Queue for Flume {
    type Got = Packet;

    fn new(_: usize) -> Result<Self> {
        let (sender, receiver) = flume::unbounded();
        Ok(Self { sender, receiver })
    }
    fn post(&self, packet: Packet) {
        self.sender.send(packet).expect(OPEN);
    }
    fn get(&self) -> Packet {
        self.receiver.recv().expect(OPEN)
    }
    fn packet(got: &Packet) -> Packet {
        *got
    }
    fn get_all(&self, packets: &mut Vec<Packet>, most: usize) {
        packets.push(self.get());
        packets.extend(self.receiver.try_iter().take(most - 1));
    }
}

pub(super) struct AsyncChannel {
    sender: async_channel::Sender<Packet>,
    receiver: async_channel::Receiver<Packet>,
}

impl Queue for AsyncChannel {
    type Got = Packet;

    fn new(_: usize) -> Result<Self> {
        let (sender, receiver) = async_channel::unbounded();
        Ok(Self { sender, receiver })
    }
    fn post(&self, packet: Packet) {
        self.sender.send_blocking(packet).expect(OPEN);
    }
    fn get(&self) -> Packet {
        self.receiver.recv_blocking().expect(OPEN)
    }
    fn packet(got: &Packet) -> Packet {
        *got
    }
    fn get_all(&self, packets: &mut Vec<Packet>, most: usize) {
        packets.push(self.get());
        packets.extend(std::iter::from_fn(|| self.receiver.try_recv().ok()).take(most - 1));
    }
}

/// A channel whose receiving end belongs to one thread. The lock around it is never contended
/// and costs some nanoseconds that a program with the end in its hand would not pay.
pub(super) struct TokioMpsc {
    sender: mpsc::UnboundedSender<Packet>,
    receiver: Mutex<mpsc::UnboundedReceiver<Packet>>,
}

impl TokioMpsc {
    fn with<T>(&self, receive: impl FnOnce(&mut mpsc::UnboundedReceiver<Packet>) -> T) -> T {
        receive(&mut self.receiver.lock().expect("nobody panics"))
    }
}

impl Queue for TokioMpsc {
    type Got = Packet;

    fn new(_: usize) -> Result<Self> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let receiver = Mutex::new(receiver);
        Ok(Self { sender, receiver })
    }
    fn post(&self, packet: Packet) {
        self.sender.send(packet).expect(OPEN);
    }
    fn get(&self) -> Packet {
        self.with(|receiver| receiver.blocking_recv()).expect(OPEN)
    }
    fn packet(got: &Packet) -> Packet {
        *got
    }
    fn get_all(&self, packets: &mut Vec<Packet>, most: usize) {
        self.with(|receiver| receiver.blocking_recv_many(packets, most));
    }
}
