//! Threads that wait, and threads that block: what the former cost, and how soon somebody takes
//! the place of the latter.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use completion_port::{CompletionPort, Deadline};

use crate::child::{self, Process};
use crate::proc::{Machine, Snapshot, rss_kib};
use crate::sample::{FOREIGN, Sample, latencies};
use crate::suite::{Case, Contender};
use crate::{Result, columns};

/// Packets of one round, one at a time.
const PACKETS: u64 = 1 << 18;
/// Blocks of one round.
const BLOCKS: usize = 400;
const BLOCK: Duration = Duration::from_millis(20);
/// Stack that each waiting thread has used before it waits.
const STACK_BYTES: usize = 64 << 10;

/// Measures one cell.
type Measure = fn() -> Result<Sample>;

struct Shape {
    name: &'static str,
    about: &'static str,
    main: &'static str,
    /// Figures beside those that every row has.
    more: &'static [(&'static str, &'static str, usize)],
    contenders: &'static [(&'static str, Measure)],
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "sleepers",
        about: "one packet at a time, there and back, to a port at which so many threads wait",
        main: "ns_per_op",
        more: &[
            ("ns_per_op", "ns/packet", 0),
            ("threads", "waiters that ran", 0),
            ("kib_per_thread", "KiB/waiter", 1),
        ],
        contenders: &[
            ("waiters4", || idle(4, None)),
            ("waiters1000", || idle(1000, None)),
            ("waiters1000-trimmed", || {
                idle(1000, Some(Duration::from_millis(100)))
            }),
        ],
    },
    Shape {
        name: "release",
        about: "limit 1, a packet waits: time from a handler's blocking for 20 ms to the next \
handler's start",
        main: "p50_us",
        more: &[],
        contenders: &[("observed", || release(false)), ("scope", || release(true))],
    },
];

/// Names a cell.
#[derive(Args)]
pub(crate) struct CellArgs {
    case: String,
    contender: String,
}

pub(crate) fn cases() -> Vec<Case> {
    let case = |shape: &Shape| {
        let contender = |&(contender, _): &(&'static str, Measure)| {
            let args = ["__waiting", shape.name, contender].map(str::to_owned);
            Contender::new(contender, move || {
                Sample::parse(&Process::again(&args)?.line(Duration::from_secs(120))?)
            })
        };
        Case {
            name: shape.name.to_owned(),
            about: shape.about.to_owned(),
            main: shape.main,
            columns: columns::with("packet", shape.more),
            growth: None,
            contenders: shape.contenders.iter().map(contender).collect(),
        }
    };
    SHAPES.iter().map(case).collect()
}

/// The measuring process.
pub(crate) fn cell(args: &CellArgs) -> Result<()> {
    child::begin(None)?;
    let shape = SHAPES.iter().find(|shape| shape.name == args.case);
    let contenders = shape.ok_or("no such case")?.contenders;
    let known = contenders.iter().find(|(name, _)| *name == args.contender);
    known.ok_or("no such contender")?.1()?.print()
}

/// Uses some of the stack, as a handler does.
#[inline(never)]
fn use_stack() {
    let mut room = [0_u8; STACK_BYTES];
    for page in room.chunks_mut(4096) {
        page[0] = 1;
    }
    black_box(&room);
}

/// The waiting threads are never joined: the process ends under them.
fn idle(waiters: usize, trim_after: Option<Duration>) -> Result<Sample> {
    let mut builder = CompletionPort::builder().concurrency(2);
    if let Some(after) = trim_after {
        builder = builder.trim_stacks_after(after);
    }
    let port = builder.build()?;
    let answers = CompletionPort::new(1)?;
    let me = std::process::id();
    let empty_kib = rss_kib(&[me])?;
    let begun = Arc::new(Barrier::new(waiters + 1));
    for _ in 0..waiters {
        let (port, answers, begun) = (port.clone(), answers.clone(), Arc::clone(&begun));
        thread::Builder::new()
            .stack_size(256 << 10)
            .spawn(move || {
                use_stack();
                begun.wait();
                while let Ok(packet) = port.get(Deadline::Never) {
                    // Refused by a closed port only.
                    let _ = answers.post(packet.key(), packet.bytes(), 0);
                }
            })?;
    }
    begun.wait();
    while port.snapshot().waiting < waiters {
        thread::yield_now();
    }
    // Threads that wait for long give back what they do not use; there is no way to see when.
    thread::sleep(Duration::from_millis(500));
    let kib = rss_kib(&[me])?.saturating_sub(empty_kib);

    let exchange = |packets: u64| -> Result<()> {
        for number in 0..packets {
            // Else a thread on its way back would be passed over for the next.
            while port.snapshot().waiting < waiters {
                std::hint::spin_loop();
            }
            port.post(number as usize, 1, 0)?;
            if answers.get(Duration::from_secs(5))?.key() != number as usize {
                return Err("a packet is lost".into());
            }
        }
        Ok(())
    };
    exchange(PACKETS / 16)?;
    let machine = Machine::start()?;
    let before = Snapshot::take(&[me])?;
    let begin = Instant::now();
    exchange(PACKETS)?;
    let wall = begin.elapsed();
    let usage = Snapshot::take(&[me])?.since(&before, u64::MAX);
    let packets = PACKETS as f64;
    let mut sample = Sample::default();
    sample.set("ns_per_op", wall.as_nanos() as f64 / packets);
    sample.set("ops_per_s", packets / wall.as_secs_f64());
    sample.set_usage(&usage, packets);
    sample.set_peak(&[me])?;
    // Without the posting thread.
    sample.set("threads", usage.threads.saturating_sub(1) as f64);
    sample.set("kib_per_thread", kib as f64 / waiters as f64);
    sample.set(FOREIGN, machine.foreign_percent(usage.cpu_ns)?);
    Ok(sample)
}

const BLOCKER: usize = 1;
const NEXT: usize = 2;

/// Of two threads one blocks, and the packet that waits meanwhile is the other's. The threads are
/// never joined.
fn release(announced: bool) -> Result<Sample> {
    let port = CompletionPort::new(1)?;
    let answers = CompletionPort::new(1)?;
    let start = Instant::now();
    let now_ns = move || start.elapsed().as_nanos() as usize;
    for _ in 0..2 {
        let (port, answers) = (port.clone(), answers.clone());
        thread::spawn(move || {
            while let Ok(packet) = port.get(Deadline::Never) {
                let began_ns = now_ns();
                let mut blocked_ns = 0;
                if packet.key() == BLOCKER {
                    // Its successor is queued before it blocks.
                    let posted = port.post(NEXT, 0, 0);
                    blocked_ns = now_ns();
                    match announced {
                        true => port.blocking(|| thread::sleep(BLOCK)),
                        false => thread::sleep(BLOCK),
                    }
                    posted.expect("nobody closes the port");
                }
                let time_ns = if packet.key() == BLOCKER {
                    blocked_ns
                } else {
                    began_ns
                };
                let answered = answers.post(packet.key(), 0, time_ns);
                answered.expect("nobody closes the port");
            }
        });
    }
    let mut waits_ns = latencies();
    for round in 0..BLOCKS + BLOCKS / 10 {
        while port.snapshot().waiting < 2 {
            thread::yield_now();
        }
        port.post(BLOCKER, 0, 0)?;
        let (mut blocked_ns, mut began_ns) = (0, 0);
        for _ in 0..2 {
            let answer = answers.get(Duration::from_secs(5))?;
            let time_ns = answer.token().ok_or("not a posted packet")?;
            match answer.key() {
                BLOCKER => blocked_ns = time_ns,
                _ => began_ns = time_ns,
            }
        }
        // The first ones only make the threads that are needed.
        if round >= BLOCKS / 10 {
            waits_ns.saturating_record(began_ns.saturating_sub(blocked_ns) as u64);
        }
    }
    let mut sample = Sample::default();
    sample.set_latencies(&waits_ns);
    Ok(sample)
}
