//! The port alone, without I/O, against channels that any thread may send to and receive from.
//!
//! A packet is three words, as the port's: key, byte count, token. All queues are unbounded.

mod queues;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;

use crate::built::Kind;
use crate::child::{self, Process};
use crate::ours::queue::Port;
use crate::proc::{Machine, Snapshot};
use crate::sample::{self, FOREIGN, Sample};
use crate::suite::{Case, Contender};
use crate::{Result, columns, windows, wine};

use queues::{AsyncChannel, Crossbeam, Flume, Kanal, TokioMpsc};

/// What goes through a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) key: usize,
    pub(crate) bytes: usize,
    pub(crate) token: usize,
}

/// Ends a consumer.
const LAST: usize = usize::MAX;

/// A queue of packets that many threads post to and get from.
pub(crate) trait Queue: Send + Sync + 'static {
    /// A queue from which `consumers` threads will get.
    fn new(consumers: usize) -> Result<Self>
    where
        Self: Sized;
    fn post(&self, packet: Packet);
    /// Waits for a packet.
    fn get(&self) -> Packet;
    /// Posts several; one by one where a queue knows no better.
    fn post_all(&self, packets: &[Packet]) {
        packets.iter().for_each(|&packet| self.post(packet));
    }
    /// What comes out of the queue in a batch.
    type Got;
    /// Waits for a packet and takes those behind it as well, up to `most` together.
    fn get_all(&self, got: &mut Vec<Self::Got>, most: usize);
    /// The packet in it.
    fn packet(got: &Self::Got) -> Packet;
}

/// Measures one case with one kind of queue.
type Cell = fn(&Shape) -> Result<Sample>;

/// The contenders. This is the place to add one: a name, its queue, and how many threads may
/// get from it.
const CONTENDERS: &[(&str, Cell, usize)] = &[
    ("ours", cell_with::<Port>, usize::MAX),
    ("crossbeam", cell_with::<Crossbeam>, usize::MAX),
    ("kanal", cell_with::<Kanal>, usize::MAX),
    ("flume", cell_with::<Flume>, usize::MAX),
    ("async-channel", cell_with::<AsyncChannel>, usize::MAX),
    ("tokio", cell_with::<TokioMpsc>, 1),
];

/// What the threads of a case do.
#[derive(Clone, Copy)]
enum Work {
    /// One thread posts and gets, `batch` packets at a time.
    OneThread { batch: usize },
    /// Some threads post while others get.
    Threads { producers: usize, consumers: usize },
    /// One thread waits while packets are posted one at a time.
    Wake,
    /// Many threads wait while packets are posted one at a time.
    Waiters { waiters: usize, posts: usize },
}

impl Work {
    fn consumers(self) -> usize {
        match self {
            Self::OneThread { .. } | Self::Wake => 1,
            Self::Threads { consumers, .. } => consumers,
            Self::Waiters { waiters, .. } => waiters,
        }
    }
}

struct Shape {
    name: &'static str,
    about: &'static str,
    work: Work,
    cpu: Option<usize>,
}

const fn between(
    name: &'static str,
    about: &'static str,
    producers: usize,
    consumers: usize,
    cpu: Option<usize>,
) -> Shape {
    Shape {
        name,
        about,
        work: Work::Threads {
            producers,
            consumers,
        },
        cpu,
    }
}

const ONE_TO_ONE: &str = "1 thread posts, 1 gets";
const FOUR_TO_FOUR: &str = "4 threads post, 4 get";
const EIGHT_TO_ONE: &str = "8 threads post, 1 gets; ratios of CPU per packet";
const WAKE: &str = "one thread waits, packets are posted one at a time: how long until it has it";

/// The letter at the end of a name: everything on one CPU.
const SHAPES: &[Shape] = &[
    Shape {
        name: "port1s",
        about: "post and get on one thread",
        work: Work::OneThread { batch: 1 },
        cpu: Some(0),
    },
    Shape {
        name: "port64s",
        about: "post 64 and get 64 on one thread",
        work: Work::OneThread { batch: 64 },
        cpu: Some(0),
    },
    between("port1to1", ONE_TO_ONE, 1, 1, None),
    between("port1to1s", ONE_TO_ONE, 1, 1, Some(0)),
    between("port4to4", FOUR_TO_FOUR, 4, 4, None),
    between("port4to4s", FOUR_TO_FOUR, 4, 4, Some(0)),
    between("port8to1", EIGHT_TO_ONE, 8, 1, None),
    between("port8to1s", EIGHT_TO_ONE, 8, 1, Some(0)),
    Shape {
        name: "portwake",
        about: WAKE,
        work: Work::Wake,
        cpu: None,
    },
    Shape {
        name: "portwakes",
        about: WAKE,
        work: Work::Wake,
        cpu: Some(0),
    },
    Shape {
        name: "waiters",
        about: "1,000 threads wait, 1,000 packets are posted one at a time, 0.1 ms apart; \
                how many threads ran",
        work: Work::Waiters {
            waiters: 1000,
            posts: 1000,
        },
        cpu: None,
    },
];

/// Beside the figures of every row.
type More = &'static [(&'static str, &'static str, usize)];
const NS: More = &[("ns_per_op", "ns/packet", 1)];
const WAITERS: More = &[
    ("threads", "threads that ran", 0),
    ("threads_got", "that got a packet", 0),
];

/// Names a cell.
#[derive(Args)]
pub(crate) struct CellArgs {
    case: String,
    contender: String,
}

pub(crate) fn cases(dir: &Path) -> Vec<Case> {
    let case = |shape: &Shape| {
        let contender = |&(contender, ..): &(&'static str, Cell, usize)| {
            let args = ["__port", shape.name, contender].map(str::to_owned);
            Contender::new(contender, move || {
                Sample::parse(&Process::again(&args)?.line(Duration::from_secs(30))?)
            })
        };
        let (main, more): (_, More) = match shape.work {
            Work::Threads {
                consumers: 1,
                producers: 2..,
            } => ("cpu_us_per_op", NS),
            Work::OneThread { .. } | Work::Threads { .. } => ("ns_per_op", NS),
            Work::Wake => ("p50_us", &[]),
            Work::Waiters { .. } => ("threads", WAITERS),
        };
        Case {
            name: shape.name.to_owned(),
            about: format!("{}, {}", shape.about, place(shape.cpu)),
            main,
            columns: columns::with("packet", more),
            growth: None,
            contenders: CONTENDERS
                .iter()
                .filter(|(.., most)| shape.work.consumers() <= *most)
                .map(contender)
                .chain(in_c(shape, dir))
                .collect(),
        }
    };
    SHAPES.iter().map(case).collect()
}

/// The same in C, by the library's C interface and under Wine, where one thread posts and gets.
fn in_c(shape: &Shape, dir: &Path) -> Vec<Contender> {
    if !matches!(shape.work, Work::OneThread { batch: 1 }) {
        return Vec::new();
    }
    let contender = |name, under_wine: bool, missing| {
        let (dir, cpu) = (dir.to_owned(), shape.cpu);
        Contender {
            missing,
            ..Contender::new(name, move || {
                let window_ms = if child::is_brief() { 50 } else { 500 };
                let args = [window_ms.to_string()];
                let mut sample = windows::run("post_iocp", &args, cpu, under_wine, &dir)?;
                let ops_per_s = sample.get("ops_per_s").ok_or("no rate")?;
                sample.set("ns_per_op", 1e9 / ops_per_s);
                Ok(sample)
            })
        }
    };
    vec![
        contender("ours-c", false, Kind::Ours.missing()),
        contender("wine", true, wine::missing()),
    ]
}

fn place(cpu: Option<usize>) -> &'static str {
    match cpu {
        Some(_) => "everything on one CPU",
        None => "nothing pinned",
    }
}

/// The measuring process.
pub(crate) fn cell(args: &CellArgs) -> Result<()> {
    let shape = SHAPES
        .iter()
        .find(|shape| shape.name == args.case)
        .ok_or("no such case")?;
    let known = CONTENDERS.iter().find(|(name, ..)| *name == args.contender);
    child::begin(shape.cpu)?;
    known.ok_or("no such queue")?.1(shape)?.print()
}

fn cell_with<Q: Queue>(shape: &Shape) -> Result<Sample> {
    match shape.work {
        Work::OneThread { batch: 1 } => one_by_one(&Q::new(1)?),
        Work::OneThread { batch } => in_batches(&Q::new(1)?, batch),
        Work::Threads {
            producers,
            consumers,
        } => threads(&Arc::new(Q::new(consumers)?), producers, consumers),
        Work::Wake => waiting(&Arc::new(Q::new(1)?), 1, WAKES),
        Work::Waiters { waiters, posts } => waiting(&Arc::new(Q::new(2)?), waiters, posts),
    }
}

/// Times from post to get. One packet in so many carries the moment of its posting.
struct Stopwatch {
    start: Instant,
    latency_ns: Histogram<u64>,
}

/// More would show in what a packet costs.
const TIMED_EVERY: usize = 64;

impl Stopwatch {
    fn new(start: Instant) -> Self {
        Self {
            start,
            latency_ns: sample::latencies(),
        }
    }

    fn post(&self, queue: &impl Queue, key: usize, token: usize, timed: bool) {
        let bytes = if timed {
            self.start.elapsed().as_nanos() as usize
        } else {
            0
        };
        queue.post(Packet { key, bytes, token });
    }

    fn got(&mut self, packet: Packet) {
        if packet.bytes > 0 {
            let now_ns = self.start.elapsed().as_nanos() as u64;
            self.latency_ns
                .saturating_record(now_ns.saturating_sub(packet.bytes as u64));
        }
    }
}

/// Measures `packets` packets that `work` moves; it returns what it timed.
fn per_packet(packets: usize, work: impl FnOnce() -> Result<Histogram<u64>>) -> Result<Sample> {
    let ((wall, latency_ns), usage, foreign) = sample::measure(|| {
        let begin = Instant::now();
        let latency_ns = work()?;
        Ok((begin.elapsed(), latency_ns))
    })?;
    let packets = packets as f64;
    let mut sample = Sample::default();
    sample.set("ns_per_op", wall.as_nanos() as f64 / packets);
    sample.set("ops_per_s", packets / wall.as_secs_f64());
    sample.set_usage(&usage, packets);
    sample.set_latencies(&latency_ns);
    sample.set_peak(&[std::process::id()])?;
    sample.set(FOREIGN, foreign);
    Ok(sample)
}

const ONE_THREAD_PACKETS: usize = 1 << 23;
const THREADS_PACKETS: usize = 1 << 20;
const WAKES: usize = 2000;

fn packets(right: usize) -> usize {
    if child::is_brief() { right / 8 } else { right }
}

fn one_by_one<Q: Queue>(queue: &Q) -> Result<Sample> {
    let exchange = |packets: usize| {
        let mut watch = Stopwatch::new(Instant::now());
        for token in 0..packets {
            watch.post(queue, 1, token, token % TIMED_EVERY == 0);
            let packet = queue.get();
            if packet.token != token {
                return Err("a packet is lost".into());
            }
            watch.got(packet);
        }
        Ok(watch.latency_ns)
    };
    exchange(ONE_THREAD_PACKETS / 16)?;
    let packets = packets(ONE_THREAD_PACKETS);
    per_packet(packets, || exchange(packets))
}

/// A latency is that of a whole batch: from the first post until the last packet is there.
fn in_batches<Q: Queue>(queue: &Q, batch: usize) -> Result<Sample> {
    let sent: Vec<Packet> = (0..batch)
        .map(|token| Packet {
            key: 1,
            bytes: 2,
            token,
        })
        .collect();
    let mut received = Vec::with_capacity(batch);
    let mut exchange = |packets: usize| {
        let mut latency_ns = sample::latencies();
        for number in 0..packets / batch {
            let begin = (number % TIMED_EVERY == 0).then(Instant::now);
            queue.post_all(&sent);
            received.clear();
            while received.len() < batch {
                let most = batch - received.len();
                queue.get_all(&mut received, most);
            }
            if let Some(begin) = begin {
                latency_ns.saturating_record(begin.elapsed().as_nanos() as u64);
            }
            if Q::packet(&received[batch - 1]).token != batch - 1 {
                return Err("packets are not in order".into());
            }
        }
        Ok(latency_ns)
    };
    exchange(ONE_THREAD_PACKETS / 16)?;
    let packets = packets(ONE_THREAD_PACKETS);
    per_packet(packets, || exchange(packets))
}

fn threads<Q: Queue>(queue: &Arc<Q>, producers: usize, consumers: usize) -> Result<Sample> {
    let each = packets(THREADS_PACKETS) / producers;
    let begin = Arc::new(Barrier::new(producers + consumers + 1));
    let start = Instant::now();
    let consumer = |_| {
        let (queue, begin) = (Arc::clone(queue), Arc::clone(&begin));
        thread::spawn(move || {
            let mut watch = Stopwatch::new(start);
            begin.wait();
            let mut packets = 0;
            loop {
                let packet = queue.get();
                if packet.token == LAST {
                    return (packets, watch.latency_ns);
                }
                watch.got(packet);
                packets += 1;
            }
        })
    };
    let producer = |key| {
        let (queue, begin) = (Arc::clone(queue), Arc::clone(&begin));
        thread::spawn(move || {
            let watch = Stopwatch::new(start);
            begin.wait();
            for token in 0..each {
                watch.post(&*queue, key, token, token % TIMED_EVERY == 0);
            }
        })
    };
    let getting: Vec<_> = (0..consumers).map(consumer).collect();
    let posting: Vec<_> = (0..producers).map(producer).collect();
    per_packet(producers * each, || {
        begin.wait();
        for thread in posting {
            thread.join().map_err(|_| "a producer panicked")?;
        }
        for _ in 0..consumers {
            queue.post(Packet {
                key: 0,
                bytes: 0,
                token: LAST,
            });
        }
        let (mut packets, mut latency_ns) = (0, sample::latencies());
        for thread in getting {
            let (got, timed) = thread.join().map_err(|_| "a consumer panicked")?;
            packets += got;
            latency_ns.add(&timed).map_err(|_| "histograms differ")?;
        }
        if packets == producers * each {
            Ok(latency_ns)
        } else {
            Err("packets are lost".into())
        }
    })
}

/// Threads that wait for packets which come one at a time.
struct Waiting {
    got: Vec<AtomicU64>,
    done: AtomicU64,
    /// Nobody else wants it while it is used.
    watch: Mutex<Stopwatch>,
}

/// The waiting threads are never joined: the process ends under them.
fn waiting<Q: Queue>(queue: &Arc<Q>, waiters: usize, posts: usize) -> Result<Sample> {
    let start = Instant::now();
    let shared = Arc::new(Waiting {
        got: (0..waiters).map(|_| AtomicU64::new(0)).collect(),
        done: AtomicU64::new(0),
        watch: Mutex::new(Stopwatch::new(start)),
    });
    let waiting = Arc::new(Barrier::new(waiters + 1));
    let main = thread::current();
    for index in 0..waiters {
        let (queue, shared, waiting) =
            (Arc::clone(queue), Arc::clone(&shared), Arc::clone(&waiting));
        let main = main.clone();
        thread::Builder::new()
            .stack_size(64 * 1024)
            .spawn(move || {
                waiting.wait();
                loop {
                    let packet = queue.get();
                    shared.watch.lock().expect("nobody panics").got(packet);
                    shared.got[index].fetch_add(1, Ordering::Relaxed);
                    // Pairs with the load below: who sees the count sees `got`, too.
                    shared.done.fetch_add(1, Ordering::Release);
                    main.unpark();
                }
            })?;
    }
    waiting.wait();
    // There is no way to see from outside that all have gone to wait.
    thread::sleep(Duration::from_millis(300));

    let own = std::process::id();
    let machine = Machine::start()?;
    let (before, begin) = (Snapshot::take(&[own])?, Instant::now());
    let watch = Stopwatch::new(start);
    for token in 0..posts {
        watch.post(&**queue, 0, token, true);
        while shared.done.load(Ordering::Acquire) <= token as u64 {
            thread::park_timeout(Duration::from_secs(5));
        }
        // The thread that got the packet shall be waiting again before the next.
        thread::sleep(Duration::from_micros(100));
    }
    let wall = begin.elapsed();
    let usage = Snapshot::take(&[own])?.since(&before, u64::MAX);
    let ops = posts as f64;
    let mut sample = Sample::default();
    sample.set("ops_per_s", ops / wall.as_secs_f64());
    // Without the posting thread.
    sample.set("threads", usage.threads.saturating_sub(1) as f64);
    let threads_got = shared
        .got
        .iter()
        .filter(|count| count.load(Ordering::Relaxed) > 0)
        .count();
    sample.set("threads_got", threads_got as f64);
    sample.set_usage(&usage, ops);
    sample.set_latencies(&shared.watch.lock().expect("nobody panics").latency_ns);
    sample.set_peak(&[own])?;
    sample.set(FOREIGN, machine.foreign_percent(usage.cpu_ns)?);
    Ok(sample)
}
