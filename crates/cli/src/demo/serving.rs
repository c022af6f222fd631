//! The second scene: an echo server whose threads mostly sleep, and clients that check it.

use std::env;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use completion_port::Counters;

use super::clients::Report;
use super::{Outcome, Stage};
use crate::failure::{Failure, Tried};
use crate::interrupt::Interrupt;
use crate::screen::{Row, Table, units};
use crate::server::{Server, Settings, Tally};

const SETTINGS: Settings = Settings {
    threads: 8,
    concurrency: 2,
    buffer_bytes: 64 << 10,
};
/// One client, small messages: what a single thread does with ease.
const QUIET: Crowd = Crowd {
    connections: 1,
    messages: 2000,
    bytes_max: 64,
};
/// The largest message of the many clients.
const BYTES_MAX: u32 = 64 << 10;

/// The clients of one act.
#[derive(Clone, Copy, Debug)]
struct Crowd {
    connections: u32,
    messages: u32,
    bytes_max: u32,
}

/// What one act has shown.
struct Act {
    report: Report,
    /// What each thread did during it.
    tallies: Vec<Tally>,
    counters: Counters,
}

/// Plays the scene.
pub(super) fn play(stage: &Stage) -> Result<Outcome, Failure> {
    let screen = stage.screen;
    let Settings {
        threads,
        concurrency,
        ..
    } = SETTINGS;
    screen.heading(&format!(
        "Scene 2: an echo server, {threads} threads, of which {concurrency} may run at once"
    ))?;
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start(any_port, SETTINGS, |error| {
        crate::screen::complain(format_args!("cannot accept connections: {error}"));
    })
    .tried("start the echo server")?;
    wait_until_idle(&server);

    let quiet = perform(stage, &server, QUIET)?;
    show_quiet(stage, &quiet)?;
    let crowd = Crowd {
        connections: stage.args.connections,
        messages: stage.args.messages,
        bytes_max: BYTES_MAX,
    };
    let busy = perform(stage, &server, crowd)?;
    show_busy(stage, crowd, &busy)?;
    show_counters(stage, &quiet.counters, &busy.counters)?;
    let sum = Tally::sum(&server.stop());
    Ok(judge(&[(QUIET, quiet.report), (crowd, busy.report)], &sum))
}

/// Waits until nobody is connected and all threads wait for packets: what an act has caused is
/// over, and which thread is the newest is settled.
fn wait_until_idle(server: &Server) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !server.is_idle() && Instant::now() < deadline {
        thread::yield_now();
    }
}

fn perform(stage: &Stage, server: &Server, crowd: Crowd) -> Result<Act, Failure> {
    let connections = units::of(u64::from(crowd.connections), "connection");
    let progress = stage.screen.busy(&format!("serving {connections}"));
    let before = (server.tallies(), server.snapshot().counters);
    let report = run_clients(&stage.interrupt, server.address(), crowd);
    drop(progress);
    stage.interrupt.check()?;
    let report = report.tried("run the clients")?;
    wait_until_idle(server);
    let since = |(now, before): (Tally, &Tally)| now.since(*before);
    Ok(Act {
        report,
        tallies: server
            .tallies()
            .into_iter()
            .zip(&before.0)
            .map(since)
            .collect(),
        counters: counters_since(server.snapshot().counters, before.1),
    })
}

fn counters_since(now: Counters, before: Counters) -> Counters {
    let mut since = now;
    since.packets -= before.packets;
    since.hand_overs -= before.hand_overs;
    since.thread_wakes -= before.thread_wakes;
    since.driver_kicks -= before.driver_kicks;
    since.deferred -= before.deferred;
    since.rescues -= before.rescues;
    since
}

/// Runs this program once more, as the clients.
fn run_clients(interrupt: &Interrupt, server: SocketAddr, crowd: Crowd) -> io::Result<Report> {
    let mut child = Command::new(env::current_exe()?)
        .arg("demo-clients")
        .args(["--server", &server.to_string()])
        .args(["--connections", &crowd.connections.to_string()])
        .args(["--messages", &crowd.messages.to_string()])
        .args(["--bytes-max", &crowd.bytes_max.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Ctrl-C is for us alone; we end the clients.
        .process_group(0)
        .spawn()?;
    let stdout = child.stdout.take();
    let child = Arc::new(Mutex::new(child));
    let its = Arc::clone(&child);
    interrupt.then(move || {
        // An error means that it has ended by itself.
        let _ = locked(&its).kill();
    });
    let mut text = String::new();
    let read = stdout.map_or(Ok(0), |mut stdout| stdout.read_to_string(&mut text));
    let status = locked(&child).wait()?;
    read?;
    if !status.success() {
        return Err(io::Error::other(format!("they ended with {status}")));
    }
    Ok(serde_json::from_str(&text)?)
}

fn locked(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

fn table(tallies: &[Tally]) -> Table {
    let mut table = Table::new(["thread", "packets", "fell asleep"]);
    let most = tallies.iter().map(|tally| tally.packets).max().unwrap_or(0);
    for (index, tally) in tallies.iter().enumerate() {
        let cells = [
            (index + 1).to_string(),
            units::count(tally.packets),
            units::count(tally.sleeps),
        ];
        // What works shows: more than a tenth of what the busiest does.
        let strong = tally.packets > most / 10;
        table.row(Row::of(cells).strong(strong).bar(tally.packets as f64));
    }
    table
}

/// How many threads share all but a thousandth of the packets.
fn workers(tallies: &[Tally]) -> usize {
    let mut packets: Vec<u64> = tallies.iter().map(|tally| tally.packets).collect();
    packets.sort_unstable_by(|a, b| b.cmp(a));
    let all: u64 = packets.iter().sum();
    let mut seen = 0;
    let enough = packets.iter().position(|packets| {
        seen += packets;
        seen * 1000 >= all * 999
    });
    enough.map_or(0, |index| index + 1)
}

fn show_quiet(stage: &Stage, act: &Act) -> Result<(), Failure> {
    let screen = stage.screen;
    screen.say(&format!(
        "Quiet. One connection, one small message at a time, {} in all:",
        units::of(act.report.messages_sent, "message")
    ))?;
    screen.table(&table(&act.tallies))?;
    screen.gap()?;
    let took = act.tallies.iter().filter(|tally| tally.packets > 0).count();
    let slept = act
        .tallies
        .iter()
        .filter(|tally| tally.packets + tally.sleeps == 0)
        .count();
    let all = Tally::sum(&act.tallies).packets;
    let most = act
        .tallies
        .iter()
        .map(|tally| tally.packets)
        .max()
        .unwrap_or(0);
    let who = match took {
        1 => format!("One thread has taken all {} packets.", units::count(all)),
        _ => format!(
            "One thread has taken {} of {} packets; another is woken only when the first is not \
             back in time.",
            units::count(most),
            units::count(all)
        ),
    };
    screen.say(&format!(
        "{who} The kernel says that {slept} never woke at all. A packet goes to the thread that \
         began to wait last: with so little to do, the same one again and again. The stacks and \
         caches of the others stay untouched.",
    ))?;
    let latency = &act.report.latency;
    screen.aside(&format!(
        "There and back: {} at the median, {} in 99 of 100 cases.",
        time(latency.p50_ns),
        time(latency.p99_ns)
    ))?;
    screen.gap()
}

fn show_busy(stage: &Stage, crowd: Crowd, act: &Act) -> Result<(), Failure> {
    let screen = stage.screen;
    screen.say(&format!(
        "Busy. {} at once, {} each, from 1 byte to {}:",
        units::of(u64::from(crowd.connections), "connection"),
        units::of(u64::from(crowd.messages), "message"),
        units::bytes(u64::from(crowd.bytes_max)),
    ))?;
    screen.table(&table(&act.tallies))?;
    screen.gap()?;
    screen.say(&format!(
        "{} of {} threads did the work: no more than {} may run at once, and those that began to \
         wait last are taken first.",
        workers(&act.tallies),
        SETTINGS.threads,
        SETTINGS.concurrency,
    ))?;
    show_latency(stage, &act.report)
}

fn show_latency(stage: &Stage, report: &Report) -> Result<(), Failure> {
    let screen = stage.screen;
    let latency = &report.latency;
    let mut table = Table::new(["latency", "median", "90 %", "99 %", "99.9 %", "longest"]);
    let quantiles = [
        latency.p50_ns,
        latency.p90_ns,
        latency.p99_ns,
        latency.p999_ns,
        latency.max_ns,
    ];
    let cells = ["there and back".to_owned()]
        .into_iter()
        .chain(quantiles.map(time));
    table.row(Row::of(cells));
    screen.table(&table)?;
    screen.gap()?;
    let elapsed = Duration::from_nanos(report.elapsed_ns);
    screen.aside(&format!(
        "{} echoes a second, {} each way; clients and server share the processors.",
        units::count((report.messages_echoed as f64 / elapsed.as_secs_f64().max(1e-9)) as u64),
        units::rate(report.bytes_echoed, elapsed),
    ))
}

/// What the port itself has counted, in both acts.
fn show_counters(stage: &Stage, quiet: &Counters, busy: &Counters) -> Result<(), Failure> {
    let mut table = Table::new(["what the port counted", "quiet", "busy"]);
    let mut row = |what: &str, figure: fn(&Counters) -> u64| {
        let cells = [
            what.to_owned(),
            units::count(figure(quiet)),
            units::count(figure(busy)),
        ];
        table.row(Row::of(cells));
    };
    row("packets", |counters| counters.packets);
    row("handed to a waiting thread", |counters| counters.hand_overs);
    row("threads woken for that", |counters| {
        counters.thread_wakes + counters.driver_kicks
    });
    row("left for a running thread", |counters| counters.deferred);
    row("found late by the monitor", |counters| counters.rescues);
    stage.screen.table(&table)?;
    stage.screen.gap()?;
    stage.screen.say(
        "A thread that is awake takes the next packet from the queue, which costs no switch; \
         that is why few threads are woken for many packets.",
    )
}

fn time(ns: u64) -> String {
    units::time(Duration::from_nanos(ns))
}

/// Compares what was sent, what came back, and what the server counted.
fn judge(acts: &[(Crowd, Report)], server: &Tally) -> Outcome {
    let mut lost = Vec::new();
    let mut check = |what: &str, is: u64, should: u64| {
        if is != should {
            lost.push(format!(
                "{what}: {} instead of {}",
                units::count(is),
                units::count(should)
            ));
        }
    };
    let sum = |figure: fn(&(Crowd, Report)) -> u64| acts.iter().map(figure).sum::<u64>();
    let messages = sum(|(crowd, _)| u64::from(crowd.connections) * u64::from(crowd.messages));
    let bytes = sum(|(_, report)| report.bytes_sent);
    check(
        "messages sent",
        sum(|(_, report)| report.messages_sent),
        messages,
    );
    check(
        "messages that came back",
        sum(|(_, report)| report.messages_echoed),
        messages,
    );
    check(
        "bytes that came back",
        sum(|(_, report)| report.bytes_echoed),
        bytes,
    );
    check("bytes the server received", server.bytes_received, bytes);
    check("bytes the server sent", server.bytes_sent, bytes);
    let connections = sum(|(crowd, _)| u64::from(crowd.connections));
    check(
        "connections the server accepted",
        server.connections,
        connections,
    );
    check("connections that broke", server.errors, 0);
    lost.extend(
        acts.iter()
            .flat_map(|(_, report)| report.lost.iter().cloned()),
    );
    Outcome {
        checked: format!(
            "{} with {} came back, each byte as it was sent",
            units::of(messages, "message"),
            units::bytes(bytes)
        ),
        lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CROWD: Crowd = Crowd {
        connections: 2,
        messages: 3,
        bytes_max: 9,
    };

    fn flawless() -> (Report, Tally) {
        let report = Report {
            messages_sent: 6,
            messages_echoed: 6,
            bytes_sent: 30,
            bytes_echoed: 30,
            ..Report::default()
        };
        let tally = Tally {
            connections: 2,
            bytes_received: 30,
            bytes_sent: 30,
            ..Tally::default()
        };
        (report, tally)
    }

    fn lost(spoil: impl Fn(&mut Report, &mut Tally)) -> usize {
        let (mut report, mut tally) = flawless();
        spoil(&mut report, &mut tally);
        judge(&[(CROWD, report)], &tally).lost.len()
    }

    #[test]
    fn every_figure_that_is_not_what_it_should_be_is_a_loss() {
        assert_eq!(lost(|_, _| {}), 0);
        assert_eq!(lost(|report, _| report.messages_sent -= 1), 1);
        assert_eq!(lost(|report, _| report.messages_echoed -= 1), 1);
        assert_eq!(lost(|report, _| report.bytes_echoed += 1), 1);
        assert_eq!(lost(|report, _| report.lost.push("client 1".into())), 1);
        assert_eq!(lost(|_, server| server.bytes_received += 1), 1);
        assert_eq!(lost(|_, server| server.bytes_sent -= 1), 1);
        assert_eq!(lost(|_, server| server.connections += 1), 1);
        assert_eq!(lost(|_, server| server.errors += 1), 1);
    }

    #[test]
    fn threads_that_took_next_to_nothing_are_no_workers() {
        let tallies = |packets: &[u64]| -> Vec<Tally> {
            let tally = |&packets| Tally {
                packets,
                ..Tally::default()
            };
            packets.iter().map(tally).collect()
        };
        assert_eq!(workers(&tallies(&[0, 5000, 1, 5000])), 2);
        assert_eq!(workers(&tallies(&[0, 1, 1])), 2);
        assert_eq!(workers(&[]), 0);
    }
}
