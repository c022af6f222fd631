//! The port alone, without I/O, against channels that any thread may send to and receive from.
//!
//! A packet is three words, as the port's: key, byte count, token. All queues are unbounded.

mod queues;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::Result;
use crate::child::{self, Process};
use crate::ours::queue::Port;
use crate::proc::{Machine, Snapshot};
use crate::sample::{self, FOREIGN, Sample};
use crate::suite::{Case, Column, Contender};

use queues::{AsyncChannel, Crossbeam, Flume, Kanal};

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

/// The contenders. This is the place to add one: a name and its queue.
const CONTENDERS: &[(&str, Cell)] = &[
    ("ours", cell_with::<Port>),
    ("crossbeam", cell_with::<Crossbeam>),
    ("kanal", cell_with::<Kanal>),
    ("flume", cell_with::<Flume>),
    ("async-channel", cell_with::<AsyncChannel>),
];

/// What the threads of a case do.
#[derive(Clone, Copy)]
enum Work {
    /// One thread posts and gets, `batch` packets at a time.
    OneThread { batch: usize },
    /// Some threads post while others get.
    Threads { producers: usize, consumers: usize },
    /// Many threads wait while packets are posted one at a time.
    Waiters { waiters: usize, posts: usize },
}

struct Shape {
    name: &'static str,
    about: &'static str,
    work: Work,
    cpu: Option<usize>,
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "port1",
        about: "post and get on one thread",
        work: Work::OneThread { batch: 1 },
        cpu: Some(0),
    },
    Shape {
        name: "port64",
        about: "post 64 and get 64 on one thread",
        work: Work::OneThread { batch: 64 },
        cpu: Some(0),
    },
    Shape {
        name: "port1to1",
        about: "1 thread posts, 1 gets, nothing pinned",
        work: Work::Threads {
            producers: 1,
            consumers: 1,
        },
        cpu: None,
    },
    Shape {
        name: "port4to4",
        about: "4 threads post, 4 get, nothing pinned",
        work: Work::Threads {
            producers: 4,
            consumers: 4,
        },
        cpu: None,
    },
    Shape {
        name: "port8to1",
        about: "8 threads post, 1 gets, nothing pinned; ratios of CPU per packet",
        work: Work::Threads {
            producers: 8,
            consumers: 1,
        },
        cpu: None,
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

const COLUMNS: &[Column] = &[
    Column {
        key: "ns_per_op",
        head: "ns/packet",
        decimals: 1,
    },
    Column {
        key: "cpu_ns_per_op",
        head: "CPU ns/packet",
        decimals: 1,
    },
    Column {
        key: "voluntary_per_op",
        head: "vol/packet",
        decimals: 4,
    },
    Column {
        key: "involuntary_per_op",
        head: "invol/packet",
        decimals: 4,
    },
];

const WAITERS_COLUMNS: &[Column] = &[
    Column {
        key: "threads",
        head: "threads that ran",
        decimals: 0,
    },
    Column {
        key: "threads_got",
        head: "that got a packet",
        decimals: 0,
    },
    Column {
        key: "cpu_us_per_op",
        head: "CPU µs/packet",
        decimals: 1,
    },
    Column {
        key: "voluntary_per_op",
        head: "vol/packet",
        decimals: 2,
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
        let contender = |&(contender, _): &(&'static str, Cell)| {
            let args = ["__port", shape.name, contender].map(str::to_owned);
            Contender::new(contender, move || {
                Sample::parse(&Process::again(&args)?.line(Duration::from_secs(30))?)
            })
        };
        let (main, columns) = match shape.work {
            Work::OneThread { .. } => ("ns_per_op", COLUMNS),
            Work::Threads {
                consumers: 1,
                producers: 2..,
            } => ("cpu_ns_per_op", COLUMNS),
            Work::Threads { .. } => ("ns_per_op", COLUMNS),
            Work::Waiters { .. } => ("threads", WAITERS_COLUMNS),
        };
        Case {
            name: shape.name.to_owned(),
            about: shape.about.to_owned(),
            main,
            columns,
            contenders: CONTENDERS.iter().map(contender).collect(),
        }
    };
    SHAPES.iter().map(case).collect()
}

/// The measuring process.
pub(crate) fn cell(args: &CellArgs) -> Result<()> {
    let shape = SHAPES
        .iter()
        .find(|shape| shape.name == args.case)
        .ok_or("no such case")?;
    let known = CONTENDERS.iter().find(|(name, _)| *name == args.contender);
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
        Work::Waiters { waiters, posts } => waiting(&Arc::new(Q::new(2)?), waiters, posts),
    }
}

/// Measures `packets` packets that `work` moves.
fn per_packet(packets: usize, work: impl FnOnce() -> Result<()>) -> Result<Sample> {
    let (wall, usage, foreign) = sample::measure(|| {
        let begin = Instant::now();
        work()?;
        Ok(begin.elapsed())
    })?;
    let packets = packets as f64;
    let mut sample = Sample::default();
    sample.set("ns_per_op", wall.as_nanos() as f64 / packets);
    sample.set("cpu_ns_per_op", usage.cpu_ns as f64 / packets);
    sample.set_switches(&usage, packets);
    sample.set(FOREIGN, foreign);
    Ok(sample)
}

const ONE_THREAD_PACKETS: usize = 1 << 23;
const THREADS_PACKETS: usize = 1 << 20;

fn one_by_one<Q: Queue>(queue: &Q) -> Result<Sample> {
    let exchange = |packets: usize| {
        for token in 0..packets {
            queue.post(Packet {
                key: 1,
                bytes: 2,
                token,
            });
            if queue.get().token != token {
                return Err("a packet is lost".into());
            }
        }
        Ok(())
    };
    exchange(ONE_THREAD_PACKETS / 16)?;
    per_packet(ONE_THREAD_PACKETS, || exchange(ONE_THREAD_PACKETS))
}

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
        for _ in 0..packets / batch {
            queue.post_all(&sent);
            received.clear();
            while received.len() < batch {
                let most = batch - received.len();
                queue.get_all(&mut received, most);
            }
            if Q::packet(&received[batch - 1]).token != batch - 1 {
                return Err("packets are not in order".into());
            }
        }
        Ok(())
    };
    exchange(ONE_THREAD_PACKETS / 16)?;
    per_packet(ONE_THREAD_PACKETS, || exchange(ONE_THREAD_PACKETS))
}

fn threads<Q: Queue>(queue: &Arc<Q>, producers: usize, consumers: usize) -> Result<Sample> {
    let each = THREADS_PACKETS / producers;
    let begin = Arc::new(Barrier::new(producers + consumers + 1));
    let consumer = |_| {
        let (queue, begin) = (Arc::clone(queue), Arc::clone(&begin));
        thread::spawn(move || {
            begin.wait();
            let mut packets = 0;
            while queue.get().token != LAST {
                packets += 1;
            }
            packets
        })
    };
    let producer = |key| {
        let (queue, begin) = (Arc::clone(queue), Arc::clone(&begin));
        thread::spawn(move || {
            begin.wait();
            (0..each).for_each(|token| {
                queue.post(Packet {
                    key,
                    bytes: 0,
                    token,
                })
            });
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
        let mut packets = 0;
        for thread in getting {
            packets += thread.join().map_err(|_| "a consumer panicked")?;
        }
        if packets == producers * each {
            Ok(())
        } else {
            Err("packets are lost".into())
        }
    })
}

/// The waiting threads are never joined: the process ends under them.
fn waiting<Q: Queue>(queue: &Arc<Q>, waiters: usize, posts: usize) -> Result<Sample> {
    let got: Arc<Vec<AtomicU64>> = Arc::new((0..waiters).map(|_| AtomicU64::new(0)).collect());
    let done = Arc::new(AtomicU64::new(0));
    let waiting = Arc::new(Barrier::new(waiters + 1));
    let main = thread::current();
    for index in 0..waiters {
        let (queue, got, waiting) = (Arc::clone(queue), Arc::clone(&got), Arc::clone(&waiting));
        let (done, main) = (Arc::clone(&done), main.clone());
        thread::Builder::new()
            .stack_size(64 * 1024)
            .spawn(move || {
                waiting.wait();
                loop {
                    queue.get();
                    got[index].fetch_add(1, Ordering::Relaxed);
                    // Pairs with the load below: who sees the count sees `got`, too.
                    done.fetch_add(1, Ordering::Release);
                    main.unpark();
                }
            })?;
    }
    waiting.wait();
    // There is no way to see from outside that all have gone to wait.
    thread::sleep(Duration::from_millis(300));

    let machine = Machine::start()?;
    let before = Snapshot::take(std::process::id())?;
    for token in 0..posts {
        queue.post(Packet {
            key: 0,
            bytes: 0,
            token,
        });
        while done.load(Ordering::Acquire) <= token as u64 {
            thread::park_timeout(Duration::from_secs(5));
        }
        // The thread that got the packet shall be waiting again before the next.
        thread::sleep(Duration::from_micros(100));
    }
    let usage = Snapshot::take(std::process::id())?.since(&before, u64::MAX);
    let posts = posts as f64;
    let mut sample = Sample::default();
    // Without the posting thread.
    sample.set("threads", usage.threads.saturating_sub(1) as f64);
    let threads_got = got
        .iter()
        .filter(|count| count.load(Ordering::Relaxed) > 0)
        .count();
    sample.set("threads_got", threads_got as f64);
    sample.set("cpu_us_per_op", usage.cpu_ns as f64 / 1e3 / posts);
    sample.set_switches(&usage, posts);
    sample.set(FOREIGN, machine.foreign_percent(usage.cpu_ns)?);
    Ok(sample)
}
