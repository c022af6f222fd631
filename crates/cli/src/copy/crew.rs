//! The threads, the port that they share, and what they all need.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use completion_port::{CompletionPort, Deadline, Slice};

use super::cursor::PIECE_BYTES;
use super::desk::{Desk, Task};
use super::draft::Drafts;
use super::faults::{Faults, Trouble};
use super::folder::{Folder, Name, Recent, lock};
use crate::interrupt::Interrupt;

/// How a copy is to be made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settings {
    pub(super) verify: bool,
    pub(super) sync: bool,
    pub(super) no_clobber: bool,
    pub(super) reflink: bool,
}

impl Settings {
    /// Whether a copy may share its blocks with the source. Then nothing would be read, and so
    /// nothing could be compared.
    pub(super) fn shares_blocks(&self) -> bool {
        self.reflink && !self.verify
    }
}

/// What has been copied so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    bytes: AtomicU64,
    files: AtomicU64,
}

impl Counts {
    pub(super) fn bytes(&self, more: u64) {
        self.bytes.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes and files.
    pub(super) fn so_far(&self) -> (u64, u64) {
        (
            self.bytes.load(Ordering::Relaxed),
            self.files.load(Ordering::Relaxed),
        )
    }
}

/// All that the threads share.
pub(super) struct Crew {
    pub(super) port: CompletionPort,
    pub(super) desk: Desk,
    pub(super) drafts: Drafts,
    pub(super) recent: Recent,
    pub(super) settings: Settings,
    pub(super) counts: Counts,
    pub(super) faults: Faults,
    pub(super) interrupt: Interrupt,
    /// What the command line names and is not done yet.
    pub(super) roots_left: AtomicUsize,
    pub(super) over: Over,
}

/// Whether all is done.
#[derive(Debug, Default)]
pub(super) struct Over {
    is_over: Mutex<bool>,
    came: Condvar,
}

impl Over {
    fn set(&self) {
        *lock(&self.is_over) = true;
        self.came.notify_all();
    }

    /// Waits so long for the end; whether it has come.
    pub(super) fn wait(&self, at_most: Duration) -> bool {
        let is_over = lock(&self.is_over);
        match self
            .came
            .wait_timeout_while(is_over, at_most, |is_over| !*is_over)
        {
            Ok((is_over, _)) => *is_over,
            Err(poisoned) => *poisoned.into_inner().0,
        }
    }
}

impl Crew {
    /// Whether the user wants no more.
    pub(super) fn is_stopped(&self) -> bool {
        self.interrupt.came()
    }

    /// Tells what went wrong with something in a folder, or with the folder.
    pub(super) fn tell(&self, folder: &Folder, name: Option<&Name>, trouble: &Trouble) {
        self.faults
            .tell(&folder.path(trouble.side, name), &trouble.reason);
    }

    /// What the command line named is done. After the last the threads go home.
    pub(super) fn root_done(&self) {
        if self.roots_left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.finish();
        }
    }

    fn finish(&self) {
        self.port.close();
        self.over.set();
    }
}

/// One thread of the crew.
pub(super) struct Worker<'a> {
    pub(super) crew: &'a Crew,
    /// The buffer it used last, which is in its processor's cache.
    buffer: Option<Vec<u8>>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(crew: &'a Crew) -> Self {
        Self { crew, buffer: None }
    }

    /// Works until the port is closed. A panic closes it, so that nobody waits for what this
    /// thread has left undone.
    pub(super) fn work(&mut self) {
        struct Closing<'a>(&'a Crew);
        impl Drop for Closing<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.finish();
                }
            }
        }
        let closing = Closing(self.crew);
        while let Ok(packet) = closing.0.port.get(Deadline::Never) {
            match packet.token() {
                Some(_) => self.take_turn(),
                None => self.completed(packet),
            }
        }
    }

    fn take_turn(&mut self) {
        match self.crew.desk.take() {
            Some(Task::Folder { parent, name }) => {
                if self.crew.is_stopped() {
                    parent.done(1, self.crew);
                } else {
                    self.copy_folder(&parent, name);
                }
            }
            Some(Task::Entries(batch)) => self.copy_entries(batch),
            Some(Task::Lane(transfer)) => self.run_lane(transfer),
            None => {}
        }
    }

    /// An empty buffer.
    pub(super) fn buffer(&mut self) -> Vec<u8> {
        let spare = self.buffer.take().or_else(|| self.crew.desk.spare_buffer());
        spare.unwrap_or_else(|| Vec::with_capacity(PIECE_BYTES))
    }

    /// Takes a buffer back.
    pub(super) fn keep_buffer(&mut self, buffer: Slice<Vec<u8>>) {
        let mut buffer = buffer.into_inner();
        buffer.clear();
        if let Some(colder) = self.buffer.replace(buffer) {
            self.crew.desk.keep_buffer(colder);
        }
    }
}
