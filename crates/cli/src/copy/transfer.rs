//! A file on its way: what is read, what is written, and what comes after the last byte.
//!
//! A transfer is cut into pieces. Its *lanes* carry them, each one piece at a time: take the next
//! from the cursor, read it, write it, again. What is in the page cache is read and written
//! within the two calls, by the thread that makes them, while the bytes are in its processor's
//! cache; what is not waits at the port, and the thread turns to something else. A file of one
//! piece has one lane. A long one has several, so that the next piece is read (by another thread,
//! or by the disk) while this one is written; after each piece they pass the port, so that other
//! work gets its turn in between.
//!
//! # The pen
//!
//! The kernel lets one thread at a time write to a file, and makes the others spin or sleep at
//! its lock. So of the threads that have read a piece of a long file one, the holder of the pen,
//! writes whatever is ready; the others leave theirs to it and read on. When all that was ready
//! is written, the lanes are let go together, so that sleepers are woken once for all of them.
//!
//! | stage | what the lanes do | next |
//! |---|---|---|
//! | `Copying` | read the source, write the draft | with `--verify` `Flushing` or `Checking` |
//! | `Flushing` | nothing; the draft goes to the device (with `--sync` only) | `Checking` |
//! | `Checking` | read the draft back | with `--sync` `Syncing` |
//! | `Syncing` | nothing; the draft goes to the device, with its times | published |
//!
//! # Invariants
//!
//! 1. Whoever brings `lanes` to zero owns the transfer: it alone goes on to the next stage.
//! 2. Pieces are handed out only while there is no `failure`; so after one the lanes run dry,
//!    and what is then owned is given up. The first failure is the one that is told.
//! 3. A transfer ends once, in [`Worker::settle`], which counts it as done in its folder and
//!    returns the lane that was left.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use completion_port::{Completion, Done, File, IoBuf, Rejected, Slice, Submitted};
use rustix::fs::{self, Advice, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::attributes::{Attributes, is_same};
use super::crew::{Crew, Worker};
use super::cursor::Cursor;
use super::desk::Task;
use super::draft::{Draft, Published};
use super::faults::{On, Reason, Side, Trouble};
use super::folder::{Folder, Name, Pair, lock};
use super::tally::Tally;

/// A buffer, or the part of it that is to be filled or has been.
pub(super) type Chunk = Slice<Vec<u8>>;

/// The key of the files. Nothing hangs on it: a completion carries its piece.
const FILE: usize = 2;

/// What is being done with the transfer as a whole; see the table above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Copying,
    Flushing,
    Checking,
    Syncing,
}

#[derive(Debug)]
struct Course {
    stage: Stage,
    cursor: Cursor,
}

/// Who writes the pieces of a long file.
#[derive(Debug, Default)]
struct Pen {
    /// Some thread writes, and will look at `ready` again before it stops.
    is_taken: bool,
    /// Pieces that have been read. There are never more than lanes.
    ready: Vec<(Piece, Chunk)>,
}

/// A file and its copy.
#[derive(Debug)]
pub(super) struct Transfer {
    folder: Arc<Folder>,
    name: Name,
    source: File,
    draft: Draft,
    stat: Stat,
    course: Mutex<Course>,
    pen: Mutex<Pen>,
    /// It has several pieces, and so may have several lanes.
    is_long: bool,
    /// Lanes that carry pieces, or the one that waits for the device.
    lanes: AtomicUsize,
    failure: OnceLock<Trouble>,
    read: Tally,
    read_back: Tally,
}

/// What is being done with a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Read from the source.
    Read,
    /// Written to the draft.
    Write,
    /// Read back from the draft.
    ReadBack,
}

/// A piece of a transfer, on its way.
#[derive(Debug)]
pub(super) struct Piece {
    transfer: Arc<Transfer>,
    step: Step,
    offset: u64,
    bytes: usize,
}

/// Whether a lane can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
enum Flow {
    /// Its completion will come by the port.
    Waits,
    /// It can take the next piece.
    Goes,
}

impl Transfer {
    /// The next piece to be carried, if there is one.
    fn next(self: &Arc<Self>, crew: &Crew) -> Option<Piece> {
        if crew.is_stopped() || self.failure.get().is_some() {
            return None;
        }
        let mut course = lock(&self.course);
        let step = match course.stage {
            Stage::Checking => Step::ReadBack,
            _ => Step::Read,
        };
        match course.cursor.next(self.source.as_fd()) {
            Ok(part) => {
                let (offset, bytes) = part?;
                let transfer = Arc::clone(self);
                Some(Piece {
                    transfer,
                    step,
                    offset,
                    bytes,
                })
            }
            Err(error) => {
                self.fail(Side::From, error);
                None
            }
        }
    }

    fn fail(&self, side: Side, reason: impl Into<Reason>) {
        // Only the first is told.
        let _ = self.failure.set(side.trouble(reason));
    }

    fn is_unsized(&self) -> bool {
        self.stat.st_size == 0
    }

    /// The stage after this one.
    fn advance(&self, crew: &Crew) -> Option<Stage> {
        let mut course = lock(&self.course);
        let (verify, sync) = (crew.settings.verify, crew.settings.sync);
        let next = match course.stage {
            Stage::Copying if verify && sync => Some(Stage::Flushing),
            Stage::Copying | Stage::Flushing if verify => Some(Stage::Checking),
            Stage::Syncing => None,
            _ => sync.then_some(Stage::Syncing),
        };
        if let Some(stage) = next {
            course.stage = stage;
        }
        if next == Some(Stage::Checking) {
            course.cursor = Cursor::new(&self.stat);
        }
        next
    }

    /// Whether what was read back is what was written.
    fn check(&self) -> Result<(), Trouble> {
        if self.read.sum() == self.read_back.sum() {
            return Ok(());
        }
        Err(Side::To.trouble("reads back differently from what was written"))
    }
}

/// Whether the place of the copy is taken and is to stay so. An error if it cannot be replaced.
pub(super) fn is_in_the_way(
    crew: &Crew,
    folder: &Folder,
    pair: &Pair,
    name: &Name,
    source: &Stat,
) -> Result<bool, Trouble> {
    if folder.is_new() {
        return Ok(false);
    }
    match fs::statat(&pair.to, name.to(), AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(Side::To.trouble(error)),
        Ok(present) if is_same(&present, source) => {
            Err(Side::From.trouble("is the very file that it would be copied to"))
        }
        Ok(_) if crew.settings.no_clobber => Ok(true),
        Ok(present) if FileType::from_raw_mode(present.st_mode) == FileType::Directory => {
            Err(Side::To.trouble("is a directory, and a file is to be copied there"))
        }
        Ok(_) => Ok(false),
    }
}

fn open_source(pair: &Pair, name: &Name) -> Result<(File, Stat), Trouble> {
    // Without waiting: what was a file in the listing may be a FIFO by now.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = fs::openat(&pair.from, name.from(), flags, Mode::empty()).on(Side::From)?;
    let stat = fs::fstat(&fd).on(Side::From)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Side::From.trouble("is no file any more"));
    }
    // Some file systems would take that for a wish not to wait for the disk either.
    fs::fcntl_setfl(&fd, OFlags::empty()).on(Side::From)?;
    Ok((File::from_fd(fd).on(Side::From)?, stat))
}

impl Worker<'_> {
    /// Copies a file, as far as that does not have to wait. The caller has taken a lane for it.
    pub(super) fn copy_file(&mut self, folder: &Arc<Folder>, pair: &Arc<Pair>, name: Name) {
        match self.open(folder, pair, &name) {
            Ok(Some(transfer)) => return self.start(transfer),
            Ok(None) => {}
            Err(trouble) => self.crew.tell(folder, Some(&name), &trouble),
        }
        self.crew.desk.return_lane();
        folder.done(1, self.crew);
    }

    /// Opens both files; `None` if nothing is to be copied.
    fn open(
        &self,
        folder: &Arc<Folder>,
        pair: &Arc<Pair>,
        name: &Name,
    ) -> Result<Option<Arc<Transfer>>, Trouble> {
        let crew = self.crew;
        let (source, stat) = open_source(pair, name)?;
        if is_in_the_way(crew, folder, pair, name, &stat)? {
            return Ok(None);
        }
        let mode = Attributes::of(&stat).creation_mode();
        let draft = crew.drafts.create(pair, name.to(), mode).on(Side::To)?;
        let mut cursor = Cursor::new(&stat);
        if crew.settings.shares_blocks() && fs::ioctl_ficlone(&draft, &source).is_ok() {
            crew.counts.bytes(u64::try_from(stat.st_size).unwrap_or(0));
            cursor = Cursor::Ended;
        } else if cursor.is_long() || matches!(cursor, Cursor::Sparse { .. }) {
            // The pieces may come in any order, and what comes last may be a hole.
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            fs::ftruncate(&draft, size).on(Side::To)?;
            // Only advice: the kernel then reads further ahead.
            let _ = fs::fadvise(&source, 0, None, Advice::Sequential);
        }
        crew.port.associate(&source, FILE).on(Side::From)?;
        crew.port.associate(&draft.file, FILE).on(Side::To)?;
        Ok(Some(Arc::new(Transfer {
            folder: Arc::clone(folder),
            name: name.clone(),
            source,
            draft,
            stat,
            is_long: cursor.is_long(),
            course: Mutex::new(Course {
                stage: Stage::Copying,
                cursor,
            }),
            pen: Mutex::default(),
            lanes: AtomicUsize::new(0),
            failure: OnceLock::new(),
            read: Tally::default(),
            read_back: Tally::default(),
        })))
    }

    /// Starts the lanes of a stage. The caller owns the transfer.
    fn start(&mut self, transfer: Arc<Transfer>) {
        let more = match transfer.is_long {
            true => self
                .crew
                .desk
                .more_lanes(self.crew.desk.lanes_of_file() - 1),
            false => 0,
        };
        transfer.lanes.store(1 + more, Ordering::Relaxed);
        for _ in 0..more {
            self.crew.desk.add(Task::Lane(Arc::clone(&transfer)));
        }
        self.run_lane(transfer);
    }

    /// Carries pieces along a lane until one has to wait or there are no more.
    pub(super) fn run_lane(&mut self, transfer: Arc<Transfer>) {
        while let Some(piece) = transfer.next(self.crew) {
            if self.read(piece) == Flow::Waits {
                return;
            }
            if transfer.is_long {
                self.crew.desk.add(Task::Lane(transfer));
                return;
            }
        }
        // Release: what this lane did comes before the end. Acquire: what all did, before what
        // the last does now (invariant 1).
        if transfer.lanes.fetch_sub(1, Ordering::AcqRel) > 1 {
            self.crew.desk.return_lane();
        } else {
            self.stage_over(transfer);
        }
    }

    fn read(&mut self, piece: Piece) -> Flow {
        let transfer = Arc::clone(&piece.transfer);
        let file = match piece.step {
            Step::ReadBack => &transfer.draft.file,
            Step::Read | Step::Write => &transfer.source,
        };
        let room = self.buffer().slice(..piece.bytes);
        match file.read_at(room, piece.offset).submit_or_take(piece) {
            Ok(Submitted::InFlight(_)) => Flow::Waits,
            Ok(Submitted::Done(done)) => self.has_moved(done),
            Err(rejected) => self.was_rejected(rejected),
        }
    }

    /// A piece has been read or written, or could not be.
    fn has_moved(&mut self, done: Done<Chunk, Piece>) -> Flow {
        let Done {
            result,
            buf,
            state: piece,
            ..
        } = done;
        let transfer = &piece.transfer;
        let bytes = match result {
            Ok(bytes) => bytes,
            Err(error) => {
                let rejected = Rejected {
                    error,
                    buf,
                    state: piece,
                };
                return self.was_rejected(rejected);
            }
        };
        match piece.step {
            Step::Write => {
                self.crew.counts.bytes(bytes as u64);
                self.keep_buffer(buf);
                return Flow::Goes;
            }
            _ if bytes < piece.bytes && transfer.is_unsized() => {
                lock(&transfer.course).cursor = Cursor::Ended;
            }
            Step::Read if bytes < piece.bytes => {
                transfer.fail(Side::From, "became shorter while it was copied");
            }
            Step::ReadBack if bytes < piece.bytes => {
                transfer.fail(Side::To, "reads back shorter than it was written");
            }
            Step::Read | Step::ReadBack => {}
        }
        if bytes == 0 || transfer.failure.get().is_some() {
            self.keep_buffer(buf);
            return Flow::Goes;
        }
        if self.crew.settings.verify {
            let tally = match piece.step {
                Step::ReadBack => &transfer.read_back,
                Step::Read | Step::Write => &transfer.read,
            };
            tally.add(piece.offset, &buf);
        }
        if piece.step == Step::ReadBack {
            self.keep_buffer(buf);
            return Flow::Goes;
        }
        self.write(piece, buf)
    }

    /// Writes what has been read, or leaves that to who has the pen.
    fn write(&mut self, mut piece: Piece, data: Chunk) -> Flow {
        piece.step = Step::Write;
        if !piece.transfer.is_long {
            return self.write_now(piece, data);
        }
        let transfer = Arc::clone(&piece.transfer);
        let mut pen = lock(&transfer.pen);
        pen.ready.push((piece, data));
        if pen.is_taken {
            return Flow::Waits;
        }
        pen.is_taken = true;
        let mut free = 0;
        while !pen.ready.is_empty() {
            let ready = std::mem::take(&mut pen.ready);
            drop(pen);
            for (piece, data) in ready {
                free += usize::from(self.write_now(piece, data) == Flow::Goes);
            }
            pen = lock(&transfer.pen);
        }
        pen.is_taken = false;
        drop(pen);
        // The lanes of others go on by way of the port, that of this thread right here.
        for _ in 1..free {
            self.crew.desk.add(Task::Lane(Arc::clone(&transfer)));
        }
        if free > 0 { Flow::Goes } else { Flow::Waits }
    }

    fn write_now(&mut self, piece: Piece, data: Chunk) -> Flow {
        let transfer = Arc::clone(&piece.transfer);
        let write = transfer.draft.file.write_at(data, piece.offset);
        match write.submit_or_take(piece) {
            Ok(Submitted::InFlight(_)) => Flow::Waits,
            Ok(Submitted::Done(done)) => self.has_moved(done),
            Err(rejected) => self.was_rejected(rejected),
        }
    }

    fn was_rejected(&mut self, rejected: Rejected<Chunk, Piece>) -> Flow {
        let Rejected {
            error,
            buf,
            state: piece,
        } = rejected;
        let side = match piece.step {
            Step::Read => Side::From,
            Step::Write | Step::ReadBack => Side::To,
        };
        piece.transfer.fail(side, error);
        self.keep_buffer(buf);
        Flow::Goes
    }

    /// An operation has completed.
    pub(super) fn completed(&mut self, packet: Completion) {
        let packet = match packet.into_done::<Chunk, Piece>() {
            Ok(done) => {
                let transfer = Arc::clone(&done.state.transfer);
                if self.has_moved(done) == Flow::Goes {
                    self.run_lane(transfer);
                }
                return;
            }
            Err(packet) => packet,
        };
        if let Ok(Done {
            result,
            state: transfer,
            ..
        }) = packet.into_done::<(), Arc<Transfer>>()
        {
            if let Err(error) = result {
                transfer.fail(Side::To, error);
            }
            self.stage_over(transfer);
        }
    }

    /// A stage of a transfer that this thread owns is over.
    fn stage_over(&mut self, transfer: Arc<Transfer>) {
        if transfer.failure.get().is_some() || self.crew.is_stopped() {
            return self.settle(&transfer, Ok(()));
        }
        let stage = lock(&transfer.course).stage;
        if stage == Stage::Checking
            && let Err(trouble) = transfer.check()
        {
            return self.settle(&transfer, Err(trouble));
        }
        match transfer.advance(self.crew) {
            Some(Stage::Flushing) => self.flush(transfer),
            Some(Stage::Checking) => {
                if stage == Stage::Flushing {
                    // So that what is read back comes from the device. Where the system does
                    // not follow the advice it is still read back.
                    let _ = fs::fadvise(&transfer.draft, 0, None, Advice::DontNeed);
                }
                self.start(transfer);
            }
            Some(Stage::Syncing) => match transfer.give_attributes() {
                Ok(()) => self.flush(transfer),
                trouble => self.settle(&transfer, trouble),
            },
            Some(Stage::Copying) | None => {
                let published = match stage {
                    Stage::Syncing => Ok(()),
                    _ => transfer.give_attributes(),
                };
                let published = published.and_then(|()| transfer.publish(self.crew));
                self.settle(&transfer, published);
            }
        }
    }

    /// Has the draft written to the device.
    fn flush(&mut self, transfer: Arc<Transfer>) {
        let state = Arc::clone(&transfer);
        if let Err(rejected) = transfer.draft.file.sync_all().submit(state) {
            transfer.fail(Side::To, rejected.error);
            self.settle(&transfer, Ok(()));
        }
    }

    /// The end of a transfer, good or bad (invariant 3).
    fn settle(&mut self, transfer: &Transfer, outcome: Result<(), Trouble>) {
        let Transfer { folder, name, .. } = transfer;
        if let Err(trouble) = outcome {
            transfer.fail(trouble.side, trouble.reason);
        }
        if let Some(trouble) = transfer.failure.get() {
            self.crew.tell(folder, Some(name), trouble);
        }
        self.crew.desk.return_lane();
        folder.done(1, self.crew);
    }
}

impl Transfer {
    fn give_attributes(&self) -> Result<(), Trouble> {
        Attributes::of(&self.stat).apply(&self.draft).on(Side::To)
    }

    fn publish(&self, crew: &Crew) -> Result<(), Trouble> {
        let keep = crew.settings.no_clobber;
        let published = crew
            .drafts
            .publish(&self.draft, self.name.to(), keep)
            .on(Side::To)?;
        if published == Published::New {
            crew.counts.file();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
