//! Control events: Ctrl-C and the other ways to tell a program to end.
//!
//! | signal | event |
//! |---|---|
//! | SIGINT (Ctrl-C) | `CTRL_C_EVENT` |
//! | SIGQUIT (Ctrl-\\) | `CTRL_BREAK_EVENT` |
//! | SIGTERM, SIGHUP | `CTRL_CLOSE_EVENT` |
//!
//! The signals are ours from the first handler to the last. A signal only writes its number into
//! a pipe; a thread of ours reads it and starts another, which calls the handlers, newest first,
//! as documented. If none of them handles the event, the process ends by the signal itself, so
//! that who waits for it sees the truth.
//!
//! After `CTRL_CLOSE_EVENT` a process has to end. Windows ends it as soon as a handler returns;
//! here it gets the time that Windows gives a handler that does not return, because on Linux
//! SIGTERM is how servers are told to end in good order.

use std::ffi::c_void;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::abi::{Bool, Dword, FALSE};
use crate::code::{Code, code_bool};
use crate::wait::clock;

const C_EVENT: u32 = 0;
const BREAK_EVENT: u32 = 1;
const CLOSE_EVENT: u32 = 2;

/// How long a process may live after it was told to end.
const CLOSING_MAX: Duration = Duration::from_secs(5);

/// `PHANDLER_ROUTINE`.
type Routine = unsafe extern "C-unwind" fn(Dword) -> Bool;

/// The signals that are events.
const SIGNALS: [(libc::c_int, u32); 4] = [
    (libc::SIGINT, C_EVENT),
    (libc::SIGQUIT, BREAK_EVENT),
    (libc::SIGTERM, CLOSE_EVENT),
    (libc::SIGHUP, CLOSE_EVENT),
];

/// What a signal does now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    /// What it did before the program asked for events.
    Former,
    Event,
    Nothing,
}

struct Handlers {
    /// The newest last.
    routines: Vec<Routine>,
    /// `SetConsoleCtrlHandler(NULL, TRUE)`: Ctrl-C is nothing.
    ignores_c: bool,
    /// Does the thread that reads the pipe run?
    listens: bool,
    /// For each of [`SIGNALS`], what it does, and what it did before if that is something else.
    actions: [(Action, Option<libc::sigaction>); 4],
}

static HANDLERS: Mutex<Handlers> = Mutex::new(Handlers {
    routines: Vec::new(),
    ignores_c: false,
    listens: false,
    actions: [(Action::Former, None); 4],
});

/// Where signals write their numbers.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// What a signal does: it may interrupt anything, so it does next to nothing.
extern "C" fn on_signal(signal: libc::c_int) {
    let number = signal as u8;
    // SAFETY: the C library's place for the thread's error number.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *errno };
    // SAFETY: one byte is there; a full pipe or none only loses it.
    unsafe { libc::write(PIPE.load(Ordering::Acquire), (&raw const number).cast(), 1) };
    // SAFETY: as above.
    unsafe { *errno = before };
}

/// Sets what a signal does; what it did before.
fn set_action(signal: libc::c_int, action: &libc::sigaction) -> libc::sigaction {
    // SAFETY: a structure of numbers.
    let mut before: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: both are there, and the action a function that may be called at any time.
    unsafe { libc::sigaction(signal, &raw const *action, &raw mut before) };
    before
}

fn simple_action(handler: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: a structure of numbers.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_RESTART;
    action
}

impl Handlers {
    fn wanted(&self, signal: libc::c_int) -> Action {
        match (signal, self.routines.is_empty()) {
            (libc::SIGINT, _) if self.ignores_c => Action::Nothing,
            (_, true) => Action::Former,
            (_, false) => Action::Event,
        }
    }

    /// Makes the signals what the program asked for.
    fn apply(&mut self) {
        for (place, (signal, _)) in SIGNALS.into_iter().enumerate() {
            let wanted = self.wanted(signal);
            let (now, former) = self.actions[place];
            let new = match wanted {
                _ if wanted == now => continue,
                Action::Former => former.unwrap_or_else(|| simple_action(libc::SIG_DFL)),
                Action::Event => simple_action(on_signal as *const () as libc::sighandler_t),
                Action::Nothing => simple_action(libc::SIG_IGN),
            };
            let before = set_action(signal, &new);
            let former = former.unwrap_or(before);
            // Who started the program with `nohup` does not want it to end with the terminal.
            let outlives = signal == libc::SIGHUP && former.sa_sigaction == libc::SIG_IGN;
            if outlives && wanted == Action::Event {
                set_action(signal, &former);
            }
            self.actions[place] = (wanted, Some(former));
        }
    }
}

fn event_of(signal: libc::c_int) -> u32 {
    let found = SIGNALS.iter().find(|row| row.0 == signal);
    found.map_or(CLOSE_EVENT, |row| row.1)
}

/// Ends the process by a signal.
fn end_by(signal: libc::c_int) {
    set_action(signal, &simple_action(libc::SIG_DFL));
    // SAFETY: a set of signals is numbers.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is there.
    unsafe { libc::sigemptyset(&raw mut set) };
    // SAFETY: as above.
    unsafe { libc::sigaddset(&raw mut set, signal) };
    // SAFETY: as above.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut()) };
    // SAFETY: no pointers are passed.
    let own = unsafe { libc::getpid() };
    // SAFETY: as above.
    unsafe { libc::kill(own, signal) };
}

/// What happens after the handlers.
fn settle(signal: libc::c_int, is_handled: bool) {
    if !is_handled {
        end_by(signal);
        return;
    }
    if event_of(signal) == CLOSE_EVENT {
        let end = Instant::now() + CLOSING_MAX;
        if clock::at(end, move || end_by(signal)).is_err() {
            end_by(signal);
        }
    }
}

/// The `at`-th newest handler.
fn routine(at: usize) -> Option<Routine> {
    HANDLERS.lock().routines.iter().rev().nth(at).copied()
}

/// A thread that calls the handlers. A handler may end its thread, so nothing here has to be
/// cleaned up while one runs.
unsafe extern "C-unwind" fn call_handlers(signal: *mut c_void) -> *mut c_void {
    let signal = signal.addr() as libc::c_int;
    // Not one of the library's own threads, whose name it would inherit.
    // SAFETY: a string.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"control".as_ptr()) };
    let mut at = 0;
    let mut is_handled = false;
    while let Some(routine) = routine(at) {
        // SAFETY: the program set it for this.
        is_handled = unsafe { routine(event_of(signal)) } != FALSE;
        if is_handled {
            break;
        }
        at += 1;
    }
    settle(signal, is_handled);
    std::ptr::null_mut()
}

unsafe extern "C" {
    /// The C library's, with an entry that a forced unwinding may leave.
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attributes: *const libc::pthread_attr_t,
        entry: unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> libc::c_int;
}

fn start_handlers(signal: libc::c_int) {
    let mut thread: libc::pthread_t = 0;
    let argument = std::ptr::without_provenance_mut(signal as usize);
    let place = &raw mut thread;
    // SAFETY: the entry takes a number in its pointer's place.
    let failed = unsafe { pthread_create(place, std::ptr::null(), call_handlers, argument) } != 0;
    if failed {
        end_by(signal);
    } else {
        // SAFETY: the thread was created just now and is joined by nobody.
        unsafe { libc::pthread_detach(thread) };
    }
}

/// The thread that reads the pipe.
fn listen(from: RawFd) {
    loop {
        let mut number = 0_u8;
        // SAFETY: one byte is there to be written.
        let read = unsafe { libc::read(from, (&raw mut number).cast(), 1) };
        match read {
            1 => start_handlers(libc::c_int::from(number)),
            0 => return,
            _ => {}
        }
    }
}

fn new_pipe() -> Result<(OwnedFd, OwnedFd), Code> {
    let mut ends = [-1; 2];
    // SAFETY: two numbers are there to be written.
    let failed = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0;
    if failed {
        return Err(Code::NOT_ENOUGH_MEMORY);
    }
    // SAFETY: opened just now, and owned by nobody else.
    let from = unsafe { OwnedFd::from_raw_fd(ends[0]) };
    // SAFETY: as above.
    let to = unsafe { OwnedFd::from_raw_fd(ends[1]) };
    // A signal must not wait, however many came before.
    // SAFETY: no pointers are passed.
    unsafe { libc::fcntl(ends[1], libc::F_SETFL, libc::O_NONBLOCK) };
    Ok((from, to))
}

/// Starts the thread that reads the pipe, once.
fn listen_once(handlers: &mut Handlers) -> Result<(), Code> {
    if handlers.listens {
        return Ok(());
    }
    let (from, to) = new_pipe()?;
    let from = from.into_raw_fd();
    let thread = std::thread::Builder::new().name("iocp-control".to_owned());
    let started = thread.spawn(move || listen(from));
    started.map_err(|_| Code::NOT_ENOUGH_MEMORY)?;
    PIPE.store(to.into_raw_fd(), Ordering::Release);
    handlers.listens = true;
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetConsoleCtrlHandler(routine: Option<Routine>, add: Bool) -> Bool {
    code_bool(|| {
        let mut handlers = HANDLERS.lock();
        match (routine, add != FALSE) {
            (None, ignores) => handlers.ignores_c = ignores,
            (Some(routine), true) => {
                listen_once(&mut handlers)?;
                handlers.routines.push(routine);
            }
            (Some(routine), false) => {
                let address = routine as *const ();
                let is_it = |known: &Routine| *known as *const () == address;
                let newest = handlers.routines.iter().rposition(is_it);
                handlers
                    .routines
                    .remove(newest.ok_or(Code::INVALID_PARAMETER)?);
            }
        }
        handlers.apply();
        Ok(())
    })
}

/// Group 0 is this process alone here: on Linux a group is often shared with who started it, who
/// must not be told to end.
#[unsafe(no_mangle)]
unsafe extern "C" fn GenerateConsoleCtrlEvent(event: Dword, group: Dword) -> Bool {
    code_bool(|| {
        let signal = match event {
            C_EVENT => libc::SIGINT,
            BREAK_EVENT => libc::SIGQUIT,
            _ => return Err(Code::INVALID_PARAMETER),
        };
        // SAFETY: no pointers are passed.
        let own = unsafe { libc::getpid() };
        let group = i32::try_from(group).map_err(|_| Code::INVALID_PARAMETER)?;
        let to = if group == 0 || group == own {
            own
        } else {
            -group
        };
        // SAFETY: as above.
        let sent = unsafe { libc::kill(to, signal) } == 0;
        if sent {
            Ok(())
        } else {
            Err(Code::INVALID_PARAMETER)
        }
    })
}
