//! The load: connects, has one message echoed on each connection, then keeps one busy.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use socket2::{Domain, Socket, Type};

use crate::child;
use crate::proc::{self, Machine, Snapshot};
use crate::sample::{self, FOREIGN, Sample};
use crate::{Result, os};

const MESSAGE_BYTES: usize = 64;
/// Connections that are made before the first of them is used: less than any backlog.
const BATCH: usize = 500;
/// Connections from one address of the loopback network, far fewer than it has ports: the kernel
/// searches long for a free one among many that are taken.
const PER_ADDRESS: usize = 1000;
/// Silence after which the load gives up.
const STALLED: Duration = Duration::from_secs(20);
const WARM: Duration = Duration::from_millis(200);
const WINDOW: Duration = Duration::from_secs(1);

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
    pub(super) cpu: Option<usize>,
}

pub(super) fn run(args: &LoadArgs) -> Result<Sample> {
    let servers = &args.servers;
    let empty_kib = proc::rss_kib(servers)?;
    let (before, begin) = (Snapshot::take(servers)?, Instant::now());
    let mut connections = connect_all(args)?;
    let (accepting, usage) = (begin.elapsed(), Snapshot::take(servers)?.since(&before, 0));
    // Whatever a server does behind the last answer.
    thread::sleep(Duration::from_millis(300));
    let full_kib = proc::rss_kib(servers)?;

    let middle = connections.len() / 2;
    let active = &mut connections[middle];
    let mut sample = exchange(active, servers)?;
    let count = args.connections as f64;
    let kib = full_kib as f64 - empty_kib as f64;
    sample.set("connections", count);
    sample.set("kib_per_connection", kib / count);
    sample.set("accept_us", accepting.as_nanos() as f64 / 1e3 / count);
    sample.set("accept_cpu_us", usage.cpu_ns as f64 / 1e3 / count);
    sample.set_peak(servers)?;
    // They have only been silent if each still answers.
    for (index, connection) in connections.iter_mut().enumerate() {
        echo(connection, index as u64)?;
    }
    Ok(sample)
}

fn connect_all(args: &LoadArgs) -> Result<Vec<TcpStream>> {
    let mut connections: Vec<TcpStream> = Vec::with_capacity(args.connections);
    while connections.len() < args.connections {
        let batch = connections.len()..args.connections.min(connections.len() + BATCH);
        for index in batch.clone() {
            connections.push(connect(index, args.port)?);
        }
        for index in batch.clone() {
            connections[index].write_all(&message(index as u64))?;
        }
        for index in batch {
            receive(&mut connections[index], &message(index as u64))?;
        }
    }
    Ok(connections)
}

fn connect(index: usize, port: u16) -> Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let address = Ipv4Addr::new(127, 0, 0, 2 + (index / PER_ADDRESS) as u8);
    socket.bind(&SocketAddr::from((address, 0)).into())?;
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.set_tcp_nodelay(true)?;
    // Nothing shall be left of a connection for the next round to stumble over.
    socket.set_linger(Some(Duration::ZERO))?;
    socket.set_read_timeout(Some(STALLED))?;
    Ok(socket.into())
}

fn message(number: u64) -> [u8; MESSAGE_BYTES] {
    std::array::from_fn(|byte| (number.wrapping_mul(31) + byte as u64) as u8)
}

fn receive(connection: &mut TcpStream, wanted: &[u8]) -> Result<()> {
    let mut got = [0; MESSAGE_BYTES];
    connection.read_exact(&mut got)?;
    if got != wanted {
        return Err("the server returned other bytes than it was sent".into());
    }
    Ok(())
}

fn echo(connection: &mut TcpStream, number: u64) -> Result<()> {
    let message = message(number);
    connection.write_all(&message)?;
    receive(connection, &message)
}

/// One connection, one request at a time.
fn exchange(active: &mut TcpStream, servers: &[u32]) -> Result<Sample> {
    let mut until = |end: Instant| {
        let mut latency_ns = sample::latencies();
        let mut begin = Instant::now();
        while begin < end {
            echo(active, latency_ns.len())?;
            let now = Instant::now();
            latency_ns.saturating_record((now - begin).as_nanos() as u64);
            begin = now;
        }
        Ok::<_, crate::Error>(latency_ns)
    };
    until(Instant::now() + child::window(WARM))?;
    let (machine, own) = (Machine::start()?, std::process::id());
    let (before, own_before_ns) = (Snapshot::take(servers)?, os::cpu_ns(own)?);
    let begin = Instant::now();
    let latency_ns = until(begin + child::window(WINDOW))?;
    let wall = begin.elapsed();
    let own_ns = os::cpu_ns(own)? - own_before_ns;
    let usage = Snapshot::take(servers)?.since(&before, u64::MAX);
    let ops = latency_ns.len() as f64;
    let mut sample = Sample::default();
    sample.set("ops_per_s", ops / wall.as_secs_f64());
    sample.set_usage(&usage, ops);
    sample.set_latencies(&latency_ns);
    sample.set(FOREIGN, machine.foreign_percent(usage.cpu_ns + own_ns)?);
    Ok(sample)
}
