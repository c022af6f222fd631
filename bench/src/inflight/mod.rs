//! A hundred thousand operations at once: 1,000 connections with 100 receives on each.
//!
//! All receives are started before anything is sent, then every connection is sent 100 messages.
//! An operation costs what starting and ending it costs together; its latency counts from the
//! first message of all.

mod compio_tasks;
mod tokio_tasks;

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;

use crate::child::{self, Process};
use crate::ours::inflight as ours;
use crate::proc;
use crate::sample::{self, FOREIGN, Sample};
use crate::suite::{Case, Contender};
use crate::{Result, columns};

pub(crate) const CONNECTIONS: usize = 1000;
/// Receives on each connection.
pub(crate) const RECEIVES: usize = 100;
pub(crate) const MESSAGE_BYTES: usize = 64;
const OPERATIONS: usize = CONNECTIONS * RECEIVES;

/// Starts all receives, calls [`Trial::started`], and returns when all have ended, each reported
/// by [`Trial::ended`].
type Contend = fn(&'static Trial, Vec<UnixStream>) -> Result<()>;

const CONTENDERS: &[(&str, Contend)] = &[
    ("tokio", tokio_tasks::run),
    ("compio", compio_tasks::run),
    ("ours", ours::run),
];

const MORE: &[(&str, &str, usize)] = &[
    ("ns_per_op", "ns/op", 0),
    ("start_ns", "to start", 0),
    ("end_ns", "to end", 0),
    ("bytes_per_op", "bytes/op", 0),
];

/// Names a cell.
#[derive(Args)]
pub(crate) struct CellArgs {
    contender: String,
}

pub(crate) fn cases() -> Vec<Case> {
    let contender = |&(name, _): &(&'static str, Contend)| {
        Contender::new(name, move || {
            let child = Process::again(&["__inflight", name].map(str::to_owned))?;
            Sample::parse(&child.line(Duration::from_secs(60))?)
        })
    };
    vec![Case {
        name: "inflight100k".to_owned(),
        about: format!(
            "{CONNECTIONS} connections with {RECEIVES} receives pending on each, then as many \
             messages; nothing pinned"
        ),
        main: "ns_per_op",
        columns: columns::with("op", MORE),
        growth: None,
        contenders: CONTENDERS.iter().map(contender).collect(),
    }]
}

/// What is noted of one contender.
pub(crate) struct Trial {
    senders: Mutex<Vec<UnixStream>>,
    state: Mutex<State>,
    empty_kib: u64,
}

struct State {
    begin: Instant,
    starting: Duration,
    full_kib: u64,
    latency_ns: Histogram<u64>,
}

const NO_PANIC: &str = "nobody panics while holding it";

impl Trial {
    /// Everything is in flight: sends the messages. Must not be called by a thread that is
    /// needed to receive them.
    pub(crate) fn started(&self) -> Result<()> {
        let full_kib = proc::rss_kib(&[std::process::id()])?;
        {
            let mut state = self.state.lock().expect(NO_PANIC);
            state.starting = state.begin.elapsed();
            state.full_kib = full_kib;
            state.begin = Instant::now();
        }
        let messages: Vec<u8> = (0..RECEIVES).flat_map(message).collect();
        for sender in &mut *self.senders.lock().expect(NO_PANIC) {
            sender.write_all(&messages)?;
        }
        Ok(())
    }

    /// One message has come; `number` is its place on its connection, where that is certain.
    pub(crate) fn ended(&self, received: &[u8], number: Option<usize>) -> Result<()> {
        let first = received.first().copied().unwrap_or_default();
        let number = number.unwrap_or(usize::from(first));
        if received != message(number) {
            return Err("a receive has brought other bytes than were sent".into());
        }
        let mut state = self.state.lock().expect(NO_PANIC);
        let ns = state.begin.elapsed().as_nanos() as u64;
        state.latency_ns.saturating_record(ns);
        Ok(())
    }

    pub(crate) fn is_over(&self) -> bool {
        let state = self.state.lock().expect(NO_PANIC);
        state.latency_ns.len() == OPERATIONS as u64
    }
}

fn message(number: usize) -> [u8; MESSAGE_BYTES] {
    [number as u8; MESSAGE_BYTES]
}

/// The measuring process.
pub(crate) fn cell(args: &CellArgs) -> Result<()> {
    child::begin(None)?;
    let known = CONTENDERS.iter().find(|(name, _)| *name == args.contender);
    let contend = known.ok_or("no such contender")?.1;
    let (mut senders, mut receivers) = (Vec::new(), Vec::new());
    for _ in 0..CONNECTIONS {
        let (sender, receiver) = UnixStream::pair()?;
        senders.push(sender);
        receivers.push(receiver);
    }
    let trial: &'static Trial = Box::leak(Box::new(Trial {
        senders: Mutex::new(senders),
        state: Mutex::new(State {
            begin: Instant::now(),
            starting: Duration::ZERO,
            full_kib: 0,
            latency_ns: sample::latencies(),
        }),
        empty_kib: proc::rss_kib(&[std::process::id()])?,
    }));
    let ((), usage, foreign) = sample::measure(|| {
        trial.state.lock().expect(NO_PANIC).begin = Instant::now();
        contend(trial, receivers)
    })?;
    if !trial.is_over() {
        return Err("operations are lost".into());
    }
    let state = trial.state.lock().expect(NO_PANIC);
    let ops = OPERATIONS as f64;
    let (starting, ending) = (state.starting, Duration::from_nanos(state.latency_ns.max()));
    let mut sample = Sample::default();
    sample.set("ops_per_s", ops / (starting + ending).as_secs_f64());
    sample.set("ns_per_op", (starting + ending).as_nanos() as f64 / ops);
    sample.set("start_ns", starting.as_nanos() as f64 / ops);
    sample.set("end_ns", ending.as_nanos() as f64 / ops);
    let kib = state.full_kib.saturating_sub(trial.empty_kib);
    sample.set("bytes_per_op", kib as f64 * 1024.0 / ops);
    sample.set_usage(&usage, ops);
    sample.set_latencies(&state.latency_ns);
    sample.set_peak(&[std::process::id()])?;
    sample.set(FOREIGN, foreign);
    sample.print()
}
