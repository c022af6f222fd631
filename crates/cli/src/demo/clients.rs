//! The clients of the second scene: another process, with a port of its own, that knows what it
//! has sent and so what must come back.
//!
//! Each client sends a message, waits for all of it, compares, and sends the next, as often as
//! it was told. The report goes to standard output as one line of JSON.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use completion_port::{
    Completion, CompletionPort, Deadline, Done, Rejected, Submitted, TcpStream, WaitError,
};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::args;
use crate::failure::{Failure, Tried};
use crate::limits;
use crate::pattern::Pattern;
use crate::screen;

/// Threads of the clients' process.
const THREADS: usize = 2;
/// When nothing has come for so long, nothing more will.
const PATIENCE: Duration = Duration::from_secs(10);
/// Room for what comes back.
const BUFFER_BYTES: usize = 64 << 10;

/// What the clients have seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) messages_sent: u64,
    pub(super) messages_echoed: u64,
    pub(super) bytes_sent: u64,
    pub(super) bytes_echoed: u64,
    /// What went wrong, as sentences.
    pub(super) lost: Vec<String>,
    pub(super) elapsed_ns: u64,
    pub(super) latency: Latency,
}

/// From the beginning of a send to the arrival of the last byte of its echo.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Latency {
    pub(super) p50_ns: u64,
    pub(super) p90_ns: u64,
    pub(super) p99_ns: u64,
    pub(super) p999_ns: u64,
    pub(super) max_ns: u64,
}

/// Runs the clients; the hidden half of the demo.
pub(crate) fn run(args: &args::DemoClients) -> Result<ExitCode, Failure> {
    limits::raise_open_files();
    let load = Load::connect(args).tried(format_args!("connect to {}", args.server))?;
    let report = load.run().tried("run the clients")?;
    let mut line = serde_json::to_string(&report).tried("write the report as JSON")?;
    line.push('\n');
    io::stdout()
        .write_all(line.as_bytes())
        .map_err(|error| Failure::of_output(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// All clients and their port.
struct Load {
    port: CompletionPort,
    streams: Vec<TcpStream>,
    messages: u32,
    bytes_max: u32,
    /// Clients that are not done.
    left: AtomicUsize,
}

/// A client, travelling with its one operation.
struct Client {
    key: usize,
    /// Which message it is at, from 0.
    message: u32,
    /// What was sent; empty while the send has it.
    sent: Vec<u8>,
    /// How much of it came back.
    echoed: usize,
    began: Instant,
}

/// A send is in flight. The state of a receive is the client itself.
struct Sending {
    client: Client,
    /// Where the echo will go.
    inbox: Vec<u8>,
}

/// What one thread has seen.
struct Witness {
    report: Report,
    latency: Histogram<u64>,
}

impl Load {
    fn connect(args: &args::DemoClients) -> io::Result<Self> {
        let port = CompletionPort::new(THREADS)?;
        let connect = |key: u32| {
            let stream = TcpStream::connect(args.server)?;
            stream.set_nodelay(true)?;
            port.associate(&stream, key as usize)?;
            Ok(stream)
        };
        let streams: Vec<_> = (0..args.connections)
            .map(connect)
            .collect::<io::Result<_>>()?;
        let left = AtomicUsize::new(streams.len());
        let (messages, bytes_max) = (args.messages, args.bytes_max);
        Ok(Self {
            port,
            streams,
            messages,
            bytes_max,
            left,
        })
    }

    fn run(&self) -> io::Result<Report> {
        let began = Instant::now();
        for key in 0..self.streams.len() {
            self.port.post(key, 0, 0)?;
        }
        let witnesses = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| self.watch())).collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined.collect::<Result<Vec<Witness>, _>>()
        });
        let witnesses = witnesses.map_err(|_| io::Error::other("a client thread panicked"))?;
        let mut sum = Witness::new();
        for witness in witnesses {
            sum.add(witness);
        }
        let mut report = sum.into_report();
        report.elapsed_ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Ok(report)
    }

    /// One of the threads.
    fn watch(&self) -> Witness {
        let mut witness = Witness::new();
        loop {
            match self.port.get(Deadline::At(Instant::now() + PATIENCE)) {
                Ok(packet) => self.take(packet, &mut witness),
                Err(WaitError::TimedOut) => {
                    let left = self.left.load(Ordering::Relaxed);
                    let what = format!("{left} clients wait in vain for an echo");
                    witness.report.lost.push(what);
                    self.port.close();
                }
                Err(_) => return witness,
            }
        }
    }

    fn take(&self, packet: Completion, witness: &mut Witness) {
        let key = packet.key();
        let packet = match packet.into_done::<Vec<u8>, Client>() {
            Ok(received) => return self.received(received, witness),
            Err(packet) => packet,
        };
        match packet.into_done::<Vec<u8>, Sending>() {
            Ok(sent) => self.sent(sent, witness),
            Err(_) => {
                let (sent, began) = (Vec::new(), Instant::now());
                let client = Client {
                    key,
                    message: 0,
                    sent,
                    echoed: 0,
                    began,
                };
                self.send(client, Vec::with_capacity(BUFFER_BYTES), witness);
            }
        }
    }

    /// Sends the client's next message.
    fn send(&self, mut client: Client, inbox: Vec<u8>, witness: &mut Witness) {
        let seed = (client.key as u64) << 32 | u64::from(client.message);
        let mut pattern = Pattern::new(seed);
        let bytes = pattern.size(u64::from(self.bytes_max));
        let mut outbox = std::mem::take(&mut client.sent);
        outbox.resize(usize::try_from(bytes).unwrap_or(1), 0);
        pattern.fill(&mut outbox);
        client.echoed = 0;
        client.began = Instant::now();
        witness.report.messages_sent += 1;
        witness.report.bytes_sent += bytes;
        let stream = &self.streams[client.key];
        match stream
            .send(outbox)
            .submit_or_take(Sending { client, inbox })
        {
            Ok(Submitted::InFlight(_)) => {}
            Ok(Submitted::Done(done)) => self.sent(done, witness),
            Err(Rejected { error, state, .. }) => self.broken(&state.client, &error, witness),
        }
    }

    fn sent(&self, done: Done<Vec<u8>, Sending>, witness: &mut Witness) {
        let Sending { mut client, inbox } = done.state;
        client.sent = done.buf;
        match done.result {
            Ok(_) => self.receive(client, inbox, witness),
            Err(error) => self.broken(&client, &error, witness),
        }
    }

    fn receive(&self, client: Client, inbox: Vec<u8>, witness: &mut Witness) {
        let stream = &self.streams[client.key];
        if let Err(Rejected { error, state, .. }) = stream.recv(inbox).submit(client) {
            self.broken(&state, &error, witness);
        }
    }

    fn received(&self, done: Done<Vec<u8>, Client>, witness: &mut Witness) {
        let Done {
            result,
            buf,
            state: mut client,
            ..
        } = done;
        if let Err(error) = result {
            return self.broken(&client, &error, witness);
        }
        if buf.is_empty() {
            return self.broken(&client, &io::ErrorKind::UnexpectedEof.into(), witness);
        }
        let expected = &client.sent[client.echoed..];
        if !expected.starts_with(&buf) {
            let what = format!(
                "client {}, message {}: the echo differs from what was sent",
                client.key, client.message
            );
            witness.report.lost.push(what);
            return self.leave();
        }
        client.echoed += buf.len();
        witness.report.bytes_echoed += buf.len() as u64;
        if client.echoed < client.sent.len() {
            return self.receive(client, buf, witness);
        }
        witness.echoed(client.began.elapsed());
        client.message += 1;
        if client.message < self.messages {
            self.send(client, buf, witness);
        } else {
            self.leave();
        }
    }

    fn broken(&self, client: &Client, error: &io::Error, witness: &mut Witness) {
        let what = format!("client {}, message {}: {error}", client.key, client.message);
        witness.report.lost.push(what);
        self.leave();
    }

    /// One client less.
    fn leave(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.port.close();
        }
    }
}

impl Witness {
    fn new() -> Self {
        let latency = Histogram::new(3).expect("three digits are within what it allows");
        Self {
            report: Report::default(),
            latency,
        }
    }

    fn echoed(&mut self, after: Duration) {
        self.report.messages_echoed += 1;
        // Cannot fail: this histogram grows as needed.
        let _ = self
            .latency
            .record(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX));
    }

    fn add(&mut self, other: Self) {
        let (sum, report) = (&mut self.report, other.report);
        sum.messages_sent += report.messages_sent;
        sum.messages_echoed += report.messages_echoed;
        sum.bytes_sent += report.bytes_sent;
        sum.bytes_echoed += report.bytes_echoed;
        sum.lost.extend(report.lost);
        if let Err(error) = self.latency.add(&other.latency) {
            screen::complain(format_args!("latencies are missing: {error}"));
        }
    }

    fn into_report(self) -> Report {
        let at = |part| self.latency.value_at_quantile(part);
        let latency = Latency {
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: self.latency.max(),
        };
        Report {
            latency,
            ..self.report
        }
    }
}
