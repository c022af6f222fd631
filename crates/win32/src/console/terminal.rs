//! The modes of a terminal.
//!
//! A mode that a program sets stays until it ends; then the terminal gets back the one that it had
//! at first, since a shell would otherwise be left without echo.

use std::os::fd::RawFd;
use std::sync::OnceLock;

use parking_lot::Mutex;

pub(super) fn is_terminal(fd: RawFd) -> bool {
    // SAFETY: no pointers are passed.
    unsafe { libc::isatty(fd) == 1 }
}

/// The terminal's modes now.
pub(super) fn modes(fd: RawFd) -> Option<libc::termios> {
    // SAFETY: a structure of numbers.
    let mut modes: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: the structure is there to be written.
    let got = unsafe { libc::tcgetattr(fd, &raw mut modes) } == 0;
    got.then_some(modes)
}

pub(super) fn set_modes(fd: RawFd, modes: &libc::termios) -> bool {
    // SAFETY: the structure is there.
    unsafe { libc::tcsetattr(fd, libc::TCSANOW, &raw const *modes) == 0 }
}

/// The terminal and the modes that it had before the program changed them.
static FIRST: OnceLock<(RawFd, libc::termios)> = OnceLock::new();

extern "C" fn put_back() {
    if let Some((fd, modes)) = FIRST.get() {
        set_modes(*fd, modes);
    }
}

/// Sets modes that stay, until the process ends.
pub(super) fn keep_modes(fd: RawFd, new: &libc::termios) -> bool {
    if let Some(now) = modes(fd) {
        FIRST.get_or_init(|| {
            // SAFETY: the function may be called at any time.
            unsafe { libc::atexit(put_back) };
            (fd, now)
        });
    }
    set_modes(fd, new)
}

/// How many want single keys now, and the modes to return to.
static RAW: Mutex<(usize, Option<libc::termios>)> = Mutex::new((0, None));

/// While it lives, the terminal gives keys as they are pressed, and does not show them.
pub(super) struct Raw(RawFd);

impl Raw {
    pub(super) fn enter(fd: RawFd) -> Self {
        let mut raw = RAW.lock();
        raw.0 += 1;
        if raw.0 == 1 {
            raw.1 = modes(fd);
            if let Some(mut single) = raw.1 {
                single.c_lflag &= !(libc::ICANON | libc::ECHO);
                single.c_cc[libc::VMIN] = 1;
                single.c_cc[libc::VTIME] = 0;
                set_modes(fd, &single);
            }
        }
        Self(fd)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let mut raw = RAW.lock();
        raw.0 -= 1;
        if raw.0 == 0
            && let Some(before) = raw.1.take()
        {
            set_modes(self.0, &before);
        }
    }
}

/// Can bytes be read without waiting? `timeout_ms` -1 waits for them.
pub(super) fn is_readable(fd: RawFd, timeout_ms: i32) -> bool {
    let mut poll = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one structure is there.
    unsafe { libc::poll(&raw mut poll, 1, timeout_ms) > 0 }
}

/// Reads what there is, at most a buffer full; nothing at the end.
pub(super) fn read(fd: RawFd, buffer: &mut [u8]) -> usize {
    loop {
        // SAFETY: the buffer is that long.
        let read = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
        match usize::try_from(read) {
            Ok(read) => return read,
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {
            }
            Err(_) => return 0,
        }
    }
}

/// Columns and rows.
pub(super) fn size(fd: RawFd) -> Option<(u16, u16)> {
    // SAFETY: a structure of numbers.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: the structure is there to be written.
    let got = unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size) } == 0;
    (got && size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}
