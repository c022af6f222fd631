//! Echo over loopback TCP: a server process, a load process, 64-byte messages.
//!
//! The load measures: it reads the server's counters at both ends of its window. On two CPUs the
//! kernel's share of a loopback packet is charged to whichever process runs just then, so the
//! CPU time of server and client together says more than the server's alone.

mod load;
mod serve_epoll;
mod serve_tokio;

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use clap::Args;

use crate::child::{self, Process};
use crate::ours::echo as ours;
use crate::sample::Sample;
use crate::suite::{Case, Column, Contender};
use crate::{Result, os};

pub(crate) use load::LoadArgs;

/// Bytes that a server receives at once.
pub(crate) const RECEIVE_BYTES: usize = 4096;

/// An echo server: binds with [`listen`], says so with [`announce`], then serves for ever.
type Serve = fn(&ServeArgs) -> Result<()>;

/// The contenders. This is the place to add one: a name and a function.
const CONTENDERS: &[(&str, Serve)] = &[
    ("epoll", serve_epoll::serve),
    ("tokio", serve_tokio::serve),
    ("ours", ours::serve),
    ("ours-packets", ours::serve_by_packets),
];

/// One shape of load and server.
#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    about: &'static str,
    connections: u32,
    in_flight: u32,
    /// Requests per second in an open loop; else a closed loop.
    pace: Option<u32>,
    server_cpu: Option<usize>,
    client_cpu: Option<usize>,
    workers: usize,
    concurrency: usize,
}

const CLOSED: Shape = Shape {
    name: "",
    about: "",
    connections: 64,
    in_flight: 1,
    pace: None,
    server_cpu: None,
    client_cpu: None,
    workers: 2,
    concurrency: 2,
};

const PACED: Shape = Shape {
    workers: 8,
    ..CLOSED
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "echo64",
        about: "64 connections, nothing pinned",
        ..CLOSED
    },
    Shape {
        name: "echo64x",
        about: "64 connections, server on CPU 0, client on CPU 1",
        server_cpu: Some(0),
        client_cpu: Some(1),
        ..CLOSED
    },
    Shape {
        name: "echo1",
        about: "1 connection, server and client on CPU 0",
        connections: 1,
        server_cpu: Some(0),
        client_cpu: Some(0),
        ..CLOSED
    },
    Shape {
        name: "echo1x",
        about: "1 connection, server on CPU 0, client on CPU 1 (the price of waking a CPU)",
        connections: 1,
        server_cpu: Some(0),
        client_cpu: Some(1),
        ..CLOSED
    },
    Shape {
        name: "echo1000",
        about: "1,000 connections, nothing pinned",
        connections: 1000,
        ..CLOSED
    },
    Shape {
        name: "echop16",
        about: "64 connections with 16 requests in flight each, nothing pinned",
        in_flight: 16,
        ..CLOSED
    },
    Shape {
        name: "paced20k",
        about: "20,000 requests/s over 64 connections, open loop, 8 workers; ratios of server CPU",
        pace: Some(20_000),
        ..PACED
    },
    Shape {
        name: "paced500",
        about: "500 requests/s over 1 connection, open loop, 8 workers; ratios of server CPU",
        connections: 1,
        pace: Some(500),
        ..PACED
    },
];

const COLUMNS: &[Column] = &[
    Column {
        key: "ops_per_s",
        head: "req/s",
        decimals: 0,
    },
    Column {
        key: "server_us_per_op",
        head: "server µs/req",
        decimals: 2,
    },
    Column {
        key: "total_us_per_op",
        head: "server+client µs/req",
        decimals: 2,
    },
    Column {
        key: "voluntary_per_op",
        head: "vol/req",
        decimals: 3,
    },
    Column {
        key: "involuntary_per_op",
        head: "invol/req",
        decimals: 3,
    },
    Column {
        key: "threads",
        head: "threads",
        decimals: 0,
    },
    Column {
        key: "threads_often",
        head: "often",
        decimals: 0,
    },
    Column {
        key: "p50_us",
        head: "p50 µs",
        decimals: 1,
    },
    Column {
        key: "p99_us",
        head: "p99",
        decimals: 1,
    },
    Column {
        key: "p999_us",
        head: "p99.9",
        decimals: 1,
    },
    Column {
        key: "peak_rss_mib",
        head: "RSS MiB",
        decimals: 1,
    },
];

/// How a server is asked to serve.
#[derive(Args, Clone)]
pub(crate) struct ServeArgs {
    contender: String,
    /// Threads that handle requests
    #[arg(long)]
    pub(crate) workers: usize,
    /// How many of them should run at once, for servers that know the notion
    #[arg(long)]
    pub(crate) concurrency: usize,
    #[arg(long)]
    cpu: Option<usize>,
}

pub(crate) fn cases() -> Vec<Case> {
    let case = |&shape: &Shape| Case {
        name: shape.name.to_owned(),
        about: shape.about.to_owned(),
        main: if shape.pace.is_some() {
            "server_us_per_op"
        } else {
            "ops_per_s"
        },
        columns: COLUMNS,
        contenders: CONTENDERS
            .iter()
            .map(|&(name, _)| Contender::new(name, move || round(name, shape)))
            .collect(),
    };
    SHAPES.iter().map(case).collect()
}

/// One server, one load, one window.
fn round(contender: &str, shape: Shape) -> Result<Sample> {
    let mut args = vec!["__serve".to_owned(), contender.to_owned()];
    option(&mut args, "--workers", Some(shape.workers));
    option(&mut args, "--concurrency", Some(shape.concurrency));
    option(&mut args, "--cpu", shape.server_cpu);
    let server = Process::again(&args)?;
    let first = server.line(Duration::from_secs(10))?;
    let port: u16 = first
        .strip_prefix("port ")
        .ok_or("the server names no port")?
        .parse()?;

    let mut args = vec!["__load".to_owned()];
    option(&mut args, "--port", Some(port));
    option(&mut args, "--server", Some(server.id()));
    option(&mut args, "--connections", Some(shape.connections));
    option(&mut args, "--in-flight", Some(shape.in_flight));
    option(&mut args, "--pace", shape.pace);
    option(&mut args, "--cpu", shape.client_cpu);
    let load = Process::again(&args)?;
    Sample::parse(&load.line(Duration::from_secs(30))?)
}

fn option(args: &mut Vec<String>, name: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        args.extend([name.to_owned(), value.to_string()]);
    }
}

/// The server process.
pub(crate) fn serve(args: &ServeArgs) -> Result<()> {
    child::begin(args.cpu)?;
    let known = CONTENDERS.iter().find(|(name, _)| *name == args.contender);
    known.ok_or("no such server")?.1(args)
}

/// The load process.
pub(crate) fn load(args: &LoadArgs) -> Result<()> {
    child::begin(args.cpu)?;
    os::exact_timeouts();
    load::run(args)?.print()
}

/// A listening socket for any server.
pub(crate) fn listen() -> Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    os::lengthen_backlog(&listener)?;
    Ok(listener)
}

/// Tells the parent process where to connect.
pub(crate) fn announce(port: u16) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "port {port}")?;
    Ok(stdout.flush()?)
}
