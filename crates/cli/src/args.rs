//! The command line: every flag, its default and its words. Nothing is done here.

use std::ffi::OsString;
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
  iocp c++ -o server main.cpp          a program written for Windows, as it is
  iocp run client.c 127.0.0.1          compile and run
  iocp build Server.sln                projects of Visual Studio

Environment:
  COMPLETION_PORT_ENGINE=uring|threads   which engine carries out file operations
  CC, CXX                                the compilers under cc, c++, run and build
  IOCP_HOME=DIR                          where headers and library are, if not beside iocp
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

const COMPILE_EXAMPLES: &str = "\
Examples:
  iocp cc -O2 -o copy copy.c
  iocp c++ -c -DUNICODE -D_UNICODE Server.cpp
  iocp c++ --charset 949 main.cpp IocpServer.cpp -o server

ARGS are gcc's, and these of its own:
  --compiler NAME    gcc, clang, gcc-13, … instead of CC, CXX or the system's
  --charset NAME     the code page of sources that are no Unicode (949, 936, 932, 950, …),
                     which is found out otherwise; -finput-charset is the same
  --shared-iocp      link libiocp.so instead of libiocp.a
  --quiet, -w        do not tell what was bridged
  -v                 show the whole command

The sources are not changed: what Microsoft's compiler accepts and this system's does not is
changed in copies. Narrow literals are UTF-8 at run time. UNICODE is set if ARGS say so, else if a
.vcxproj beside or above the file says so, else if the file's wide literals ask for it.
The exit code is the compiler's.";

const RUN_EXAMPLES: &str = "\
Examples:
  iocp run echo.c 7777
  iocp run -O2 -DUNICODE main.cpp first second

What stands before FILE goes to the compiler (see `iocp cc --help`), what stands behind it to the
program. Programs are kept in $XDG_CACHE_HOME/iocp and made again when anything they are made from
changes. The exit code is the program's.";

const BUILD_EXAMPLES: &str = "\
Examples:
  iocp build Server.vcxproj
  iocp build Game.sln -o bin --configuration Debug

Sources, folders, definitions, the character set, the language standard, libraries and references
are taken from the project. Resources and build steps are not carried out.
The exit code is the compiler's.";

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
    /// Compile C written for Windows, as it is.
    #[command(after_help = COMPILE_EXAMPLES)]
    Cc(Words),
    /// Compile C++ written for Windows, as it is.
    #[command(name = "c++", after_help = COMPILE_EXAMPLES)]
    Cxx(Words),
    /// Compile a source written for Windows, once, and run it.
    #[command(after_help = RUN_EXAMPLES)]
    Run(Words),
    /// Build a project or a solution of Visual Studio.
    Build(Build),
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

/// Words for somebody else.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Words {
    /// Options and files, as gcc takes them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    #[arg(value_name = "ARGS")]
    pub(crate) words: Vec<OsString>,
}

/// What `iocp build` is told.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = BUILD_EXAMPLES)]
pub(crate) struct Build {
    /// A .vcxproj, a .vcproj or a .sln.
    #[arg(value_name = "PROJECT")]
    pub(crate) project: PathBuf,

    /// Which of its configurations [default: Release, or the one that says most].
    #[arg(long, value_name = "NAME")]
    pub(crate) configuration: Option<String>,

    /// For which of its platforms [default: x64, or the one that says most].
    #[arg(long, value_name = "NAME")]
    pub(crate) platform: Option<String>,

    /// Where programs and libraries go.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,

    /// The compiler: gcc, clang, gcc-13, … [default: CC, CXX, or the system's].
    #[arg(long, value_name = "NAME")]
    pub(crate) compiler: Option<OsString>,

    /// The code page of sources that are no Unicode [default: found out].
    #[arg(long, value_name = "NAME")]
    pub(crate) charset: Option<OsString>,

    /// Link libiocp.so instead of libiocp.a.
    #[arg(long)]
    pub(crate) shared_iocp: bool,

    /// Only check the sources, make nothing.
    #[arg(long)]
    pub(crate) syntax_only: bool,

    /// Do not tell what was bridged.
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Show every command.
    #[arg(short, long)]
    pub(crate) verbose: bool,
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
