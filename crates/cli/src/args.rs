//! The command line: every flag, its default and its words. Nothing is done here.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::copy;

const EXAMPLES: &str = "\
Examples:
  iocp demo                            see a completion port at work, in under 20 seconds
  iocp echo --listen 127.0.0.1:7777    a server; talk to it with: nc 127.0.0.1 7777
  iocp copy photos backup              files and trees, many operations in flight
  iocp doctor                          which engine runs here, and why

Environment:
  COMPLETION_PORT_ENGINE=uring|threads   which engine carries out file operations
  NO_COLOR=1                             no colour, bars or spinners";

const DEMO_EXAMPLES: &str = "\
Examples:
  iocp demo
  iocp demo --files 20 --connections 50     a short one
  iocp demo --dir /mnt/scratch              copy on another file system

The exit code is 0 when every byte and every message was found again, else 1.";

const ECHO_EXAMPLES: &str = "\
Examples:
  iocp echo --listen 127.0.0.1:7777
  iocp echo --listen [::]:7777 --threads 8 --concurrency 2

Talk to it with `nc 127.0.0.1 7777`. Ctrl-C ends it and shows what each thread did; a second
Ctrl-C ends it at once.";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  iocp doctor
  iocp doctor --json | jq .engine

The exit code is 0 when completion ports work here, with either engine for files.";

/// Completion ports at work.
#[derive(Parser)]
#[command(name = "iocp", version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Copy files and serve connections through a port, and check every byte.
    Demo(Demo),
    /// Run an echo server.
    Echo(Echo),
    /// Copy files and trees.
    Copy(copy::Args),
    /// Tell which engine runs here and why, and what to do about it.
    Doctor(Doctor),
    /// The clients of the demo's server, which runs this program a second time.
    #[command(hide = true)]
    DemoClients(DemoClients),
}

/// What `iocp demo` is told.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = DEMO_EXAMPLES)]
pub(crate) struct Demo {
    /// How many files are copied.
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) files: u32,

    /// How many clients are connected at once.
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub(crate) connections: u32,

    /// How many messages each client sends and expects back.
    #[arg(long, value_name = "N", default_value_t = 500)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) messages: u32,

    /// Where to make the files; a new folder there is removed at the end [default: the system's
    /// folder for temporary files].
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// What `iocp echo` is told.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = ECHO_EXAMPLES)]
pub(crate) struct Echo {
    /// The address to listen on; port 0 has the system choose one.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: SocketAddr,

    /// How many threads take packets from the port [default: twice the concurrency].
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// How many of them may run at once; 0 means the number of processors.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) concurrency: u16,

    /// Size of the buffer of each connection.
    #[arg(long, value_name = "BYTES", default_value_t = 65_536)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    pub(crate) buffer: u32,
}

/// What `iocp doctor` is told.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
pub(crate) struct Doctor {
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the demo tells its clients.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DemoClients {
    /// The server.
    #[arg(long)]
    pub(crate) server: SocketAddr,

    /// How many connections to make.
    #[arg(long)]
    pub(crate) connections: u32,

    /// How many messages each connection sends, one after the other.
    #[arg(long)]
    pub(crate) messages: u32,

    /// The size of the largest message; smaller ones are more frequent.
    #[arg(long)]
    pub(crate) bytes_max: u32,
}
