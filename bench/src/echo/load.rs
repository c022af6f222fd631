//! The load: one thread, one edge-triggered epoll loop, no allocation inside the window.
//!
//! Closed loop: every connection keeps `in_flight` requests on their way; an answer is the next
//! request's cause, and the answers of one harvest are all received before the next requests
//! are sent. Open loop: requests are sent at a fixed pace whatever the answers do. A latency
//! counts from the moment of sending, which never waits for the server, so that a stalled server
//! cannot hide it; the load's own late timers are not the server's.
//! Every byte that comes back is compared with what was sent.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;
use socket2::SockRef;

use crate::Result;
use crate::child;
use crate::os::{self, Epoll, Event};
use crate::proc::{Machine, Snapshot};
use crate::sample::{self, FOREIGN, Sample};

/// Requests that may wait on one connection in an open loop.
const QUEUED_MAX: usize = 64;
/// What a new socket's send queue takes without being asked.
const SEND_QUEUE_BYTES: usize = 16 << 10;
/// Readiness reports taken at once.
const EVENTS: usize = 256;
/// Silence after which the load gives up.
const STALLED: Duration = Duration::from_secs(5);

/// What the load shall do.
#[derive(Args)]
pub(crate) struct LoadArgs {
    #[arg(long)]
    port: u16,
    /// The server's processes
    #[arg(long = "server")]
    servers: Vec<u32>,
    #[arg(long)]
    connections: usize,
    #[arg(long)]
    in_flight: usize,
    /// Requests per second; without it, a closed loop
    #[arg(long)]
    pace: Option<u32>,
    #[arg(long)]
    pub(super) cpu: Option<usize>,
    #[arg(long, default_value_t = 64)]
    message_bytes: usize,
    #[arg(long, default_value_t = 300)]
    warm_ms: u64,
    #[arg(long, default_value_t = 1000)]
    window_ms: u64,
}

struct Connection {
    stream: TcpStream,
    /// When each request that has no answer yet was sent.
    started: VecDeque<Instant>,
    /// Bytes of an answer that has only partly arrived.
    partial_bytes: usize,
    /// The same message again and again, one time more than can be in flight.
    pattern: Vec<u8>,
}

/// What has been counted since the window began.
struct Counts {
    answers: u64,
    latency_ns: Histogram<u64>,
}

/// The state of things when the window began.
struct Begin {
    at: Instant,
    server: Snapshot,
    client_cpu_ns: u64,
    machine: Machine,
}

/// An open loop's timetable.
struct Timetable {
    interval: Duration,
    due: Instant,
    next: usize,
}

struct Load<'a> {
    args: &'a LoadArgs,
    epoll: Epoll,
    connections: Vec<Connection>,
    counts: Counts,
    timetable: Option<Timetable>,
    /// Connections whose next requests are to be sent, and how many.
    owed: Vec<(usize, usize)>,
}

pub(super) fn run(args: &LoadArgs) -> Result<Sample> {
    let mut load = Load::connect(args)?;
    if args.pace.is_none() {
        for connection in &mut load.connections {
            connection.send(args.in_flight, Instant::now(), args.message_bytes)?;
        }
    }
    let now = Instant::now();
    load.timetable = args.pace.map(|pace| Timetable {
        interval: Duration::from_secs(1) / pace,
        due: now,
        next: 0,
    });
    load.until(now + child::window(Duration::from_millis(args.warm_ms)))?;
    load.counts = Counts {
        answers: 0,
        latency_ns: sample::latencies(),
    };
    let begin = Begin::note(&args.servers)?;
    load.until(begin.at + child::window(Duration::from_millis(args.window_ms)))?;
    begin.end(&args.servers, &load.counts)
}

impl Begin {
    fn note(servers: &[u32]) -> Result<Self> {
        Ok(Self {
            machine: Machine::start()?,
            server: Snapshot::take(servers)?,
            client_cpu_ns: os::cpu_ns(std::process::id())?,
            at: Instant::now(),
        })
    }

    fn end(&self, servers: &[u32], counts: &Counts) -> Result<Sample> {
        let wall = self.at.elapsed();
        let client_ns = os::cpu_ns(std::process::id())? - self.client_cpu_ns;
        let usage = Snapshot::take(servers)?.since(&self.server, counts.answers / 100);
        let ops = counts.answers as f64;
        let mut sample = Sample::default();
        sample.set("ops_per_s", ops / wall.as_secs_f64());
        sample.set_usage(&usage, ops);
        sample.set(
            "total_us_per_op",
            (usage.cpu_ns + client_ns) as f64 / 1e3 / ops,
        );
        sample.set("threads", usage.threads as f64);
        sample.set("threads_often", usage.threads_often as f64);
        sample.set_peak(servers)?;
        sample.set(
            FOREIGN,
            self.machine.foreign_percent(usage.cpu_ns + client_ns)?,
        );
        sample.set_latencies(&counts.latency_ns);
        Ok(sample)
    }
}

impl<'a> Load<'a> {
    fn connect(args: &'a LoadArgs) -> Result<Self> {
        let epoll = Epoll::new()?;
        let in_flight_max = if args.pace.is_some() {
            QUEUED_MAX
        } else {
            args.in_flight
        };
        let mut connections = Vec::with_capacity(args.connections);
        for index in 0..args.connections {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, args.port))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let bytes = args.message_bytes * in_flight_max;
            if bytes > SEND_QUEUE_BYTES {
                SockRef::from(&stream).set_send_buffer_size(2 * bytes)?;
            }
            epoll.add(&stream, index as u64, os::READABLE | os::EDGE)?;
            let message: Vec<u8> = (0..args.message_bytes)
                .map(|byte| (byte * 7 + index) as u8)
                .collect();
            connections.push(Connection {
                stream,
                started: VecDeque::with_capacity(in_flight_max),
                partial_bytes: 0,
                pattern: message.repeat(in_flight_max + 1),
            });
        }
        let counts = Counts {
            answers: 0,
            latency_ns: sample::latencies(),
        };
        Ok(Self {
            args,
            epoll,
            connections,
            counts,
            timetable: None,
            owed: Vec::with_capacity(2 * EVENTS),
        })
    }

    /// Keeps the server busy until then.
    fn until(&mut self, end: Instant) -> Result<()> {
        let mut events = [Event::EMPTY; EVENTS];
        let mut buf = [0u8; 64 * 1024];
        let mut last_answer = Instant::now();
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            if now - last_answer > STALLED {
                return Err("the server has stopped answering".into());
            }
            let wake = self.send_due(now)?.unwrap_or(end).min(end);
            let limit = match self.timetable {
                Some(_) => wake.saturating_duration_since(Instant::now()),
                None => STALLED,
            };
            let count = self.epoll.wait(&mut events, Some(limit))?;
            for event in &events[..count] {
                self.receive(event.token() as usize, &mut buf)?;
            }
            for (index, answers) in self.owed.drain(..) {
                let connection = &mut self.connections[index];
                connection.send(answers, Instant::now(), self.args.message_bytes)?;
            }
            if count > 0 {
                last_answer = now;
            }
        }
    }

    /// Open loop: sends what is due; says when the next request will be.
    fn send_due(&mut self, now: Instant) -> Result<Option<Instant>> {
        let Some(timetable) = &mut self.timetable else {
            return Ok(None);
        };
        while timetable.due <= now {
            let connection = &mut self.connections[timetable.next];
            // A request that finds too many before it is lost, and missing in the rate.
            if connection.started.len() < QUEUED_MAX {
                connection.send(1, Instant::now(), self.args.message_bytes)?;
            }
            timetable.due += timetable.interval;
            timetable.next = (timetable.next + 1) % self.args.connections;
        }
        Ok(Some(timetable.due))
    }

    fn receive(&mut self, index: usize, buf: &mut [u8]) -> Result<()> {
        let message_bytes = self.args.message_bytes;
        let connection = &mut self.connections[index];
        loop {
            let bytes = match connection.stream.read(buf) {
                Ok(0) => return Err("the server has closed a connection".into()),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let now = Instant::now();
            let answers = connection.check(&buf[..bytes], message_bytes)?;
            for _ in 0..answers {
                let started = connection
                    .started
                    .pop_front()
                    .ok_or("an answer to nothing")?;
                let latency_ns = now.saturating_duration_since(started).as_nanos() as u64;
                self.counts.latency_ns.saturating_record(latency_ns);
            }
            self.counts.answers += answers as u64;
            if self.timetable.is_none() && answers > 0 {
                self.owed.push((index, answers));
            }
            if bytes < buf.len() {
                return Ok(());
            }
        }
    }
}

impl Connection {
    /// Sends `count` requests at once.
    fn send(&mut self, count: usize, started: Instant, message_bytes: usize) -> Result<()> {
        let bytes = count * message_bytes;
        // What may be in flight fits the send queue by far.
        if self.stream.write(&self.pattern[..bytes])? != bytes {
            return Err("a short send".into());
        }
        self.started.extend(std::iter::repeat_n(started, count));
        Ok(())
    }

    /// Compares received bytes with the messages sent; returns how many are complete.
    fn check(&mut self, received: &[u8], message_bytes: usize) -> Result<usize> {
        let begin = self.partial_bytes;
        let end = begin + received.len();
        if self.pattern.get(begin..end) != Some(received) {
            return Err("the server returned other bytes than it was sent".into());
        }
        self.partial_bytes = end % message_bytes;
        Ok(end / message_bytes)
    }
}
