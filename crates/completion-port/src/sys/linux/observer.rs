//! Sees threads block in what is none of ours: a foreign lock, a look-up, a page that is not
//! there (S-067).
//!
//! One thread for the process. It sleeps without a timer until a port has a *backlog*: packets
//! queued, a thread waiting for them, and the limit reached. Then it looks at the threads that
//! hold the slots, once a tick; one that sleeps in the kernel loses its slot to the newest waiter,
//! and has it back when it is seen to run. A thread that is ready to run but is given no processor
//! reads as running, and so does one that spins: neither is blocked.
//!
//! What the kernel says of a thread is read from `/proc`. The first of these that can be read is
//! used; without any, only the blocking calls of the library's own and explicit scopes count.
//!
//! | file in `/proc/self/task/N` | says "runs" by |
//! |---|---|
//! | `syscall` | the word `running`; cheapest, closed to a process that may not be traced |
//! | `wchan` | `0` |
//! | `stat` | the state letter `R` |

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::os::{self, PerProcess};
use super::port::Port;
use crate::sched::{Seen, Suspect, Waker};

/// Time between two looks when they find nothing.
const TICK: Duration = Duration::from_millis(1);
/// And after one that has found a thread blocked.
const TICK_MIN: Duration = Duration::from_micros(250);
/// Without a backlog, only threads that were seen blocked are looked at, less and less often.
const TICK_MAX: Duration = Duration::from_millis(32);
/// Looks without a backlog before the observer goes to sleep.
const LINGER: u32 = 4;
/// So many files stay open at most.
const FILES_MAX: usize = 256;
/// A thread that has held its slot for so long while packets waited is worth a word.
const STARVED: Duration = Duration::from_secs(1);
/// But only one such word in this time.
const WORD_EVERY: Duration = Duration::from_secs(10);

/// Where the kernel tells whether a thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Syscall,
    Wchan,
    Stat,
}

impl Source {
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Syscall => "syscall",
            Self::Wchan => "wchan",
            Self::Stat => "stat",
        }
    }

    /// What the file's text says; `None` if it is not understood.
    fn judge(self, text: &[u8]) -> Option<Seen> {
        let runs = match self {
            Self::Syscall => text.starts_with(b"running"),
            Self::Wchan => text == b"0",
            Self::Stat => {
                // The name before may hold anything, parentheses too.
                let after_name = text.iter().rposition(|byte| *byte == b')')? + 2;
                *text.get(after_name)? == b'R'
            }
        };
        (!text.is_empty()).then_some(if runs { Seen::Running } else { Seen::Blocked })
    }

    /// The best source that this process can read, tried on the calling thread, which runs.
    fn find() -> Option<Self> {
        let of_us = |source: &Self| {
            let file = File::open(format!("/proc/thread-self/{}", source.file())).ok()?;
            source.judge(read(&file, &mut [0; 512])?)
        };
        let all = [Self::Syscall, Self::Wchan, Self::Stat];
        all.into_iter().find(|source| of_us(source) == Some(Seen::Running))
    }
}

fn read<'t>(file: &File, text: &'t mut [u8]) -> Option<&'t [u8]> {
    let bytes = file.read_at(text, 0).ok()?;
    Some(&text[..bytes])
}

/// The source that is used, if there is any.
pub(super) fn source() -> Option<Source> {
    static SOURCE: OnceLock<Option<Source>> = OnceLock::new();
    *SOURCE.get_or_init(Source::find)
}

/// Whether `COMPLETION_PORT_OBSERVE` leaves observing on.
pub(super) fn is_wanted() -> bool {
    static WANTED: OnceLock<bool> = OnceLock::new();
    *WANTED.get_or_init(|| {
        let value = std::env::var_os("COMPLETION_PORT_OBSERVE");
        !value.is_some_and(|value| value == "off" || value == "0")
    })
}

/// The ports that are looked at.
#[derive(Default)]
struct Observer {
    ports: Mutex<Ports>,
    called: Condvar,
}

#[derive(Default)]
struct Ports {
    list: Vec<Weak<Port>>,
    /// The thread exists.
    started: bool,
}

static OBSERVER: PerProcess<Observer> = PerProcess::new();

/// Has the observer look at a port that has a backlog.
pub(super) fn call(port: &Weak<Port>) {
    let observer = OBSERVER.get();
    let mut ports = observer.lock();
    if !ports.started {
        let thread = os::spawn("iocp-observer", 128 * 1024, || observer.run());
        if thread.is_err() {
            // Nothing is observed for now; the next backlog tries again.
            drop(ports);
            if let Some(port) = port.upgrade() {
                port.sched().end_observation(true);
            }
            return;
        }
        ports.started = true;
    }
    ports.list.push(Weak::clone(port));
    drop(ports);
    observer.called.notify_one();
}

impl Observer {
    fn lock(&self) -> MutexGuard<'_, Ports> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        os::sharpen_timers();
        let mut eyes = Eyes::default();
        let mut watches: Vec<Watch> = Vec::new();
        loop {
            let now = Instant::now();
            watches.retain_mut(|watch| watch.at > now || watch.look(&mut eyes));
            let next = watches.iter().map(|watch| watch.at).min();
            let mut ports = self.lock();
            if ports.list.is_empty() {
                ports = match next {
                    None => {
                        eyes.files.clear();
                        self.called.wait(ports).unwrap_or_else(PoisonError::into_inner)
                    }
                    Some(at) => {
                        let wait = at.saturating_duration_since(Instant::now());
                        let woken = self.called.wait_timeout(ports, wait);
                        woken.unwrap_or_else(PoisonError::into_inner).0
                    }
                };
            }
            for port in ports.list.drain(..) {
                // It may be known already, and have dozed.
                watches.retain(|watch| !watch.port.ptr_eq(&port));
                watches.push(Watch::new(port));
            }
        }
    }
}

/// One port under observation.
struct Watch {
    port: Weak<Port>,
    /// When to look next.
    at: Instant,
    tick: Duration,
    /// Looks without a backlog so far.
    idle_looks: u32,
    suspects: Vec<Suspect<Waker>>,
    /// Since when a seat has been seen with the same packet.
    holders: HashMap<usize, (u32, Instant)>,
}

impl Watch {
    fn new(port: Weak<Port>) -> Self {
        Self {
            port,
            at: Instant::now() + TICK,
            tick: TICK,
            idle_looks: 0,
            suspects: Vec::new(),
            holders: HashMap::new(),
        }
    }

    /// Looks at the port's threads; false if there is no need to look again.
    fn look(&mut self, eyes: &mut Eyes) -> bool {
        let Some(port) = self.port.upgrade() else { return false };
        self.suspects.clear();
        let backlog = port.sched().suspects(&mut self.suspects);
        let (mut hits, mut sleepers) = (0, 0);
        for suspect in self.suspects.iter().filter(|suspect| backlog || suspect.observed) {
            let Some(seen) = eyes.look_at(suspect.name()) else { continue };
            let is_news = suspect.observed == (seen == Seen::Running);
            if is_news {
                hits += usize::from(seen == Seen::Blocked);
                port.follow_up(port.sched().seen(suspect, seen));
            }
            sleepers += usize::from(seen == Seen::Blocked);
        }
        if backlog {
            self.idle_looks = 0;
            self.tick = if hits > 0 { TICK_MIN } else { TICK.min(self.tick * 2) };
        } else {
            self.idle_looks += 1;
            if self.idle_looks >= LINGER && port.sched().end_observation(false) {
                return false;
            }
            let may_doze = sleepers > 0 && port.sched().doze();
            self.tick = if may_doze { TICK_MAX.min(self.tick * 2) } else { TICK };
        }
        self.note_holders(&port, backlog && sleepers == 0, eyes);
        self.at = Instant::now() + self.tick;
        true
    }

    /// Says which thread keeps packets waiting although it does not block.
    fn note_holders(&mut self, port: &Port, starving: bool, eyes: &mut Eyes) {
        if !starving {
            self.holders.clear();
            return;
        }
        let now = Instant::now();
        for suspect in &self.suspects {
            let fresh = (suspect.epoch, now);
            let (epoch, since) = self.holders.entry(suspect.seat).or_insert(fresh);
            if *epoch != suspect.epoch {
                (*epoch, *since) = fresh;
            }
            let held = now.duration_since(*since);
            if held >= STARVED {
                *since = now;
                port.sched().note_starvation();
                eyes.say_who_holds(suspect.name(), held);
            }
        }
    }
}

/// Reads what the kernel says of threads.
#[derive(Default)]
struct Eyes {
    files: HashMap<u32, File>,
    last_word: Option<Instant>,
}

impl Eyes {
    /// `None` if the thread is gone or nothing can be read.
    fn look_at(&mut self, thread: u32) -> Option<Seen> {
        let source = source()?;
        let mut text = [0; 512];
        if let Some(file) = self.files.get(&thread)
            && let Some(text) = read(file, &mut text)
            && let Some(seen) = source.judge(text)
        {
            return Some(seen);
        }
        // Another thread may have the number by now.
        let file = File::open(format!("/proc/self/task/{thread}/{}", source.file())).ok()?;
        let seen = source.judge(read(&file, &mut text)?);
        if self.files.len() >= FILES_MAX {
            self.files.clear();
        }
        self.files.insert(thread, file);
        seen
    }

    fn say_who_holds(&mut self, thread: u32, held: Duration) {
        let now = Instant::now();
        if self.last_word.is_some_and(|last| now.duration_since(last) < WORD_EVERY) {
            return;
        }
        self.last_word = Some(now);
        let held_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(
            thread,
            held_ms,
            "packets wait: the concurrency limit is reached and this thread neither blocks nor \
             asks for its next packet"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_is_understood() {
        let judge = |source: Source, text: &str| source.judge(text.as_bytes());
        assert_eq!(judge(Source::Syscall, "running\n"), Some(Seen::Running));
        assert_eq!(judge(Source::Syscall, "202 0x7f 0x80 0x0\n"), Some(Seen::Blocked));
        // A page fault.
        assert_eq!(judge(Source::Syscall, "-1 0x7ffd 0x7f\n"), Some(Seen::Blocked));
        assert_eq!(judge(Source::Wchan, "0"), Some(Seen::Running));
        assert_eq!(judge(Source::Wchan, "futex_wait_queue"), Some(Seen::Blocked));
        assert_eq!(judge(Source::Stat, "7 (a) R) R 1 2 3"), Some(Seen::Running));
        assert_eq!(judge(Source::Stat, "7 (x R) S 1 2 3"), Some(Seen::Blocked));
        assert_eq!(judge(Source::Stat, "7"), None);
        assert_eq!(judge(Source::Syscall, ""), None);
    }

    #[test]
    fn every_source_that_can_be_read_tells_a_sleeper_from_a_spinner() {
        use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
        let (stop, number) = (AtomicBool::new(false), AtomicU32::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                number.store(os::thread_name(), Ordering::SeqCst);
                while !stop.load(Ordering::SeqCst) {
                    std::hint::spin_loop();
                }
            });
            while number.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            let (sleeper_says, sleeper) = std::sync::mpsc::channel();
            let (wake, sleeps) = std::sync::mpsc::channel::<()>();
            scope.spawn(move || {
                sleeper_says.send(os::thread_name()).unwrap();
                sleeps.recv().unwrap();
            });
            let sleeper = sleeper.recv().unwrap();
            for source in [Source::Syscall, Source::Wchan, Source::Stat] {
                let look = |thread: u32| {
                    let path = format!("/proc/self/task/{thread}/{}", source.file());
                    source.judge(read(&File::open(path).ok()?, &mut [0; 512])?)
                };
                if look(os::thread_name()) != Some(Seen::Running) {
                    println!("{source:?} cannot be read here");
                    continue;
                }
                assert_eq!(look(number.load(Ordering::SeqCst)), Some(Seen::Running));
                while look(sleeper) != Some(Seen::Blocked) {
                    std::thread::yield_now();
                }
            }
            stop.store(true, Ordering::SeqCst);
            wake.send(()).unwrap();
        });
    }
}
