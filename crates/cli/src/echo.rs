//! `iocp echo`: a server that one can talk to, and what its threads did.

use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use crate::args;
use crate::failure::{Failure, Tried};
use crate::interrupt::Interrupt;
use crate::limits;
use crate::screen::{self, Row, Screen, Table, units};
use crate::server::{Server, Settings, Tally};

/// Serves until a signal comes.
pub(crate) fn run(args: &args::Echo) -> Result<ExitCode, Failure> {
    let screen = Screen::new();
    let interrupt = Interrupt::listen().tried("listen for signals")?;
    let (ask, asked) = mpsc::channel();
    interrupt.then(move || {
        // Refused only if the server has failed meanwhile, and says so.
        let _ = ask.send(());
    });
    limits::raise_open_files();
    let settings = settings(args);
    let server = Server::start(args.listen, settings, |error| {
        screen::complain(format_args!(
            "cannot accept connections: {error}; trying again until it works"
        ));
    })
    .tried(format_args!("listen on {}", args.listen))?;
    // In one piece: a reader that wants only the first line does not end the server.
    screen.put(&format!(
        "listening on {}\n{} take packets, {} at once; Ctrl-C ends\n",
        server.address(),
        units::of(settings.threads as u64, "thread"),
        server.snapshot().limit,
    ))?;
    // An error would mean that the sender is gone; then there is nothing to wait for either.
    let _ = asked.recv();
    let counters = server.snapshot().counters;
    report(screen, &server.stop())?;
    screen.say(&format!(
        "{} given straight to a waiting thread, which had to be woken {} times",
        units::of(counters.hand_overs, "packet"),
        units::count(counters.thread_wakes + counters.driver_kicks),
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn settings(args: &args::Echo) -> Settings {
    let concurrency = usize::from(args.concurrency);
    let at_once = match concurrency {
        0 => thread::available_parallelism().map_or(1, usize::from),
        limit => limit,
    };
    Settings {
        threads: args.threads.map_or(2 * at_once, usize::from),
        concurrency,
        buffer_bytes: args.buffer as usize,
    }
}

fn report(screen: Screen, tallies: &[Tally]) -> Result<(), Failure> {
    let mut table = Table::new(["thread", "packets", "connections", "messages", "received"]);
    let row = |name: String, tally: &Tally| {
        Row::of([
            name,
            units::count(tally.packets),
            units::count(tally.connections),
            units::count(tally.messages),
            units::bytes(tally.bytes_received),
        ])
    };
    for (index, tally) in tallies.iter().enumerate() {
        table.row(row((index + 1).to_string(), tally).bar(tally.packets as f64));
    }
    let sum = Tally::sum(tallies);
    table.row(row("all".into(), &sum).strong(true));
    screen.table(&table)?;
    screen.gap()?;
    screen.say(&format!(
        "{}, {}, {} bytes received, {} bytes sent, {}",
        units::of(sum.connections, "connection"),
        units::of(sum.messages, "message"),
        units::count(sum.bytes_received),
        units::count(sum.bytes_sent),
        units::of(sum.errors, "error"),
    ))
}
