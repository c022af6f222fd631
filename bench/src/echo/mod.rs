//! Echo over loopback TCP: a server process and a load process.
//!
//! The load measures: it reads the server's counters at both ends of its window. On two CPUs the
//! kernel's share of a loopback packet is charged to whichever process runs just then, so the
//! CPU time of server and client together says more than the server's alone.

mod hand_out;
mod load;
mod serve_compio;
mod serve_epoll;
mod serve_monoio;
mod serve_tokio;
mod serve_uring;
mod shapes;

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::built::{self, Kind};
use crate::child::{self, Process};
use crate::ours::{echo as ours, echo_tasks as ours_tasks};
use crate::sample::Sample;
use crate::suite::{Case, Contender};
use crate::{Result, columns, os, wine};

pub(crate) use load::LoadArgs;
use shapes::Shape;

/// Bytes that a server receives at once.
pub(crate) const RECEIVE_BYTES: usize = 4096;
/// The server in C for Windows; it announces itself as ours do.
const C_SERVER: &str = "echo_iocp";

/// An echo server: binds with [`listen`], says so with [`announce`], then serves for ever.
type Serve = fn(&ServeArgs) -> Result<()>;

/// Who serves.
#[derive(Clone, Copy)]
enum By {
    /// A function of this program, in a process of its own.
    Us(Serve),
    /// The C server by the library's C interface, and its last argument.
    C(&'static str),
    /// The same C server under Wine.
    Wine,
    Asio,
}

/// The contenders. This is the place to add one: a name and a function.
const CONTENDERS: &[(&str, By)] = &[
    ("epoll", By::Us(serve_epoll::serve)),
    ("epoll-as-port", By::Us(serve_epoll::serve_as_a_port)),
    ("uring", By::Us(serve_uring::serve)),
    ("tokio", By::Us(serve_tokio::serve)),
    ("compio", By::Us(serve_compio::serve)),
    ("monoio", By::Us(serve_monoio::serve)),
    ("asio", By::Asio),
    ("ours", By::Us(ours::serve)),
    ("ours-packets", By::Us(ours::serve_by_packets)),
    ("ours-async", By::Us(ours_tasks::serve)),
    ("ours-c", By::C("skip")),
    ("ours-c-packets", By::C("packets")),
    ("wine", By::Wine),
];

/// Those that know one thread only.
const ONE_THREAD: &[&str] = &["epoll", "epoll-as-port", "uring"];

/// Beside the figures of every row.
const MORE: &[(&str, &str, usize)] = &[
    ("total_us_per_op", "server+client µs/req", 2),
    ("threads", "threads", 0),
    ("threads_often", "often", 0),
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

pub(crate) fn cases(dir: &Path) -> Vec<Case> {
    let case = |shape: Shape| {
        // One bare loop is enough to compare eight workers with.
        let takes_part = |name: &str| shape.workers == 2 || name == "epoll" || !is_bare(name);
        let contender = |&(name, by): &(&'static str, By)| {
            let (shape, dir) = (shape.clone(), dir.to_owned());
            Contender {
                missing: by.missing(),
                ..Contender::new(name, move || round(name, &shape, &dir))
            }
        };
        Case {
            name: shape.name.clone(),
            about: shape.about.clone(),
            main: if shape.pace.is_some() {
                "cpu_us_per_op"
            } else {
                "ops_per_s"
            },
            columns: columns::with("req", MORE),
            growth: None,
            contenders: CONTENDERS
                .iter()
                .filter(|(name, _)| takes_part(name))
                .map(contender)
                .collect(),
        }
    };
    shapes::all().into_iter().map(case).collect()
}

/// Everybody who can serve, and why those who cannot do not.
pub(crate) fn contenders() -> impl Iterator<Item = (&'static str, Option<String>)> {
    CONTENDERS.iter().map(|&(name, by)| (name, by.missing()))
}

impl ServeArgs {
    pub(crate) fn of(
        contender: &str,
        workers: usize,
        concurrency: usize,
        cpu: Option<usize>,
    ) -> Self {
        Self {
            contender: contender.to_owned(),
            workers,
            concurrency,
            cpu,
        }
    }
}

fn is_bare(name: &str) -> bool {
    ONE_THREAD.contains(&name)
}

impl By {
    fn missing(self) -> Option<String> {
        match self {
            Self::Us(_) => None,
            Self::C(_) => Kind::Ours.missing(),
            Self::Wine => wine::missing(),
            Self::Asio => Kind::Asio.missing(),
        }
    }
}

/// A server that runs and has said where.
pub(crate) struct Server {
    running: Running,
    pub(crate) port: u16,
}

enum Running {
    Alone(Process),
    Wine(wine::Running),
}

impl Server {
    /// Starts a contender's server.
    pub(crate) fn start(args: &ServeArgs, dir: &Path) -> Result<Self> {
        let known = CONTENDERS.iter().find(|(name, _)| *name == args.contender);
        let &(_, by) = known.ok_or("no such server")?;
        let mut numbers = vec![args.workers.to_string(), args.concurrency.to_string()];
        let running = match by {
            By::Us(_) => {
                let mut words = vec!["__serve".to_owned(), args.contender.clone()];
                option(&mut words, "--workers", Some(args.workers));
                option(&mut words, "--concurrency", Some(args.concurrency));
                option(&mut words, "--cpu", args.cpu);
                Running::Alone(Process::again(&words)?)
            }
            By::C(how) => {
                let program = built::build(Kind::Ours, C_SERVER, dir)?;
                let mut command = Process::outside(program.as_ref(), args.cpu)?;
                command.args(numbers).arg(how);
                Running::Alone(Process::start(command)?)
            }
            By::Asio => {
                let program = built::build(Kind::Asio, "echo_asio", dir)?;
                let mut command = Process::outside(program.as_ref(), args.cpu)?;
                command.args(numbers);
                Running::Alone(Process::start(command)?)
            }
            By::Wine => {
                let program = built::build(Kind::Windows, C_SERVER, dir)?;
                numbers.push("packets".to_owned());
                Running::Wine(wine::start(&program, &numbers, args.cpu, dir)?)
            }
        };
        let first = running.process().line(Duration::from_secs(20))?;
        let port = first.trim().strip_prefix("port ");
        let port = port.ok_or("the server names no port")?.parse()?;
        Ok(Self { running, port })
    }

    /// The processes whose CPU time is the server's.
    pub(crate) fn ids(&self) -> Vec<u32> {
        match &self.running {
            Running::Alone(process) => vec![process.id()],
            Running::Wine(running) => running.ids(),
        }
    }
}

impl Running {
    fn process(&self) -> &Process {
        match self {
            Self::Alone(process) => process,
            Self::Wine(running) => &running.program,
        }
    }
}

/// One server, one load, one window.
fn round(contender: &str, shape: &Shape, dir: &Path) -> Result<Sample> {
    let cpu = shape.place.server_cpu();
    let args = ServeArgs::of(contender, shape.workers, shape.concurrency, cpu);
    let server = Server::start(&args, dir)?;
    let mut args = vec!["__load".to_owned()];
    option(&mut args, "--port", Some(server.port));
    for id in server.ids() {
        option(&mut args, "--server", Some(id));
    }
    option(&mut args, "--connections", Some(shape.connections));
    option(&mut args, "--in-flight", Some(shape.in_flight));
    option(&mut args, "--message-bytes", Some(shape.message_bytes));
    option(&mut args, "--pace", shape.pace);
    option(&mut args, "--cpu", shape.place.load_cpu());
    let load = Process::again(&args)?;
    Sample::parse(&load.line(Duration::from_secs(60))?)
}

pub(crate) fn option(args: &mut Vec<String>, name: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        args.extend([name.to_owned(), value.to_string()]);
    }
}

/// The server process.
pub(crate) fn serve(args: &ServeArgs) -> Result<()> {
    child::begin(args.cpu)?;
    let known = CONTENDERS.iter().find_map(|&(name, by)| match by {
        By::Us(serve) if name == args.contender => Some(serve),
        _ => None,
    });
    known.ok_or("no such server")?(args)
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
