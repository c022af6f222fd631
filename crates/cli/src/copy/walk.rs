//! Reading a directory and dividing its entries among the threads.

use std::ffi::CStr;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, FileType, RawDir};
use rustix::io::Errno;

use super::attributes;
use super::crew::{Crew, Worker};
use super::desk::Task;
use super::draft::remove;
use super::faults::{On, Side, Trouble};
use super::folder::{Folder, Name, Pair};
use super::transfer;

/// Room for what one call tells of a directory: some thousand entries.
const ENTRIES_BYTES: usize = 32 * 1024;
/// So many entries go to one thread together: enough that the packet costs nothing beside them,
/// few enough that all threads have something to do.
const BATCH_ENTRIES: usize = 32;

/// What can be copied, and what cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    Link,
    /// With a sentence that says so.
    Special(&'static str),
}

impl Kind {
    pub(super) fn of(kind: FileType) -> Self {
        match kind {
            FileType::Directory => Self::Folder,
            FileType::RegularFile => Self::File,
            FileType::Symlink => Self::Link,
            FileType::Fifo => Self::Special("is a FIFO, which has no contents to copy"),
            FileType::Socket => Self::Special("is a socket, which has no contents to copy"),
            FileType::CharacterDevice | FileType::BlockDevice => {
                Self::Special("is a device, which is not copied")
            }
            FileType::Unknown => Self::Special("is of a kind that is not known"),
        }
    }
}

/// An entry of a directory that is no directory itself.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Name,
    pub(super) kind: Kind,
}

/// Entries of one folder, to be copied by one thread. They are counted in the folder's `left`.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) folder: Arc<Folder>,
    /// The folder's descriptors; `None` if they were closed while the batch waited.
    pub(super) pair: Option<Arc<Pair>>,
    /// The next is the last.
    pub(super) entries: Vec<Entry>,
}

impl Batch {
    /// The folder's descriptors, opened anew if need be.
    fn open(&mut self, crew: &Crew) -> Result<Arc<Pair>, Trouble> {
        let pair = match self.pair.take() {
            Some(pair) => pair,
            None => self.folder.pair(&crew.recent)?,
        };
        Ok(Arc::clone(self.pair.insert(pair)))
    }
}

/// What one reading has found, with the numbers of the inodes.
type Found = Vec<(u64, Entry)>;

impl Worker<'_> {
    /// Copies the directory `name` of `parent`, as far as one thread does it alone. It is done
    /// when all that is in it is.
    pub(super) fn copy_folder(&mut self, parent: &Arc<Folder>, name: Name) {
        match Folder::enter(self.crew, parent, name.clone()) {
            Ok((folder, pair)) => {
                if let Err(trouble) = self.read_folder(&folder, &pair) {
                    self.crew.tell(&folder, None, &trouble);
                }
                folder.done(1, self.crew);
            }
            Err(trouble) => {
                self.crew.tell(parent, Some(&name), &trouble);
                parent.done(1, self.crew);
            }
        }
    }

    fn read_folder(&mut self, folder: &Arc<Folder>, pair: &Arc<Pair>) -> Result<(), Trouble> {
        let mut room = Vec::with_capacity(ENTRIES_BYTES);
        let mut listing = RawDir::new(&pair.from, room.spare_capacity_mut());
        let mut found = Found::new();
        while let Some(entry) = listing.next() {
            let entry = entry.on(Side::From)?;
            let name = entry.file_name();
            if name != c"." && name != c".." {
                match kind_of(pair, name, entry.file_type()) {
                    Ok(None) => {}
                    Ok(Some(kind)) => {
                        let name = Name::same(name);
                        found.push((entry.ino(), Entry { name, kind }));
                    }
                    Err(trouble) => self.crew.tell(folder, Some(&Name::same(name)), &trouble),
                }
            }
            if listing.is_buffer_empty() {
                if self.crew.is_stopped() {
                    return Ok(());
                }
                self.divide(folder, pair, std::mem::take(&mut found));
            }
        }
        Ok(())
    }

    /// Gives the entries to the threads, this one included.
    fn divide(&mut self, folder: &Arc<Folder>, pair: &Arc<Pair>, mut found: Found) {
        // Inodes with neighbouring numbers are neighbours on the disk. The next is the last.
        found.sort_unstable_by_key(|(inode, _)| std::cmp::Reverse(*inode));
        folder.expect(found.len());
        let mut batch = Vec::with_capacity(found.len().min(BATCH_ENTRIES));
        let mut left = found.len();
        for (_, entry) in found {
            left -= 1;
            if entry.kind == Kind::Folder {
                let parent = Arc::clone(folder);
                self.crew.desk.add(Task::Folder {
                    parent,
                    name: entry.name,
                });
            } else {
                batch.push(entry);
            }
            let is_last = left == 0;
            if batch.len() < BATCH_ENTRIES && !is_last || batch.is_empty() {
                continue;
            }
            let entries = std::mem::take(&mut batch);
            let (folder, pair) = (Arc::clone(folder), Arc::clone(pair));
            let batch = Batch {
                folder,
                pair: Some(pair),
                entries,
            };
            // The last batch of a reading is done here, while its directory is at hand.
            if is_last || self.crew.desk.is_full() {
                self.copy_entries(batch);
            } else {
                self.crew.desk.add(Task::Entries(batch));
            }
        }
    }

    /// Copies the entries of a batch, one after the other, as far as there are lanes.
    pub(super) fn copy_entries(&mut self, mut batch: Batch) {
        let pair = match batch.open(self.crew) {
            Ok(pair) => pair,
            Err(trouble) => {
                self.crew.tell(&batch.folder, None, &trouble);
                batch.folder.done(batch.entries.len(), self.crew);
                self.crew.desk.resume();
                return;
            }
        };
        while let Some(entry) = batch.entries.last() {
            if self.crew.is_stopped() {
                batch.folder.done(batch.entries.len(), self.crew);
                self.crew.desk.resume();
                return;
            }
            if entry.kind == Kind::File {
                let Some(with_lane) = self.crew.desk.lane_or_wait(batch) else {
                    return;
                };
                batch = with_lane;
            }
            let Some(Entry { name, kind }) = batch.entries.pop() else {
                return;
            };
            let copied = match kind {
                Kind::File => {
                    self.copy_file(&batch.folder, &pair, name);
                    continue;
                }
                Kind::Link => self.copy_link(&batch.folder, &pair, &name),
                Kind::Special(what) => Err(Side::From.trouble(what)),
                Kind::Folder => unreachable!("folders are tasks of their own"),
            };
            if let Err(trouble) = copied {
                self.crew.tell(&batch.folder, Some(&name), &trouble);
            }
            batch.folder.done(1, self.crew);
        }
    }

    /// Copies a symbolic link as what it is, with its times.
    fn copy_link(&mut self, folder: &Folder, pair: &Pair, name: &Name) -> Result<(), Trouble> {
        let crew = self.crew;
        let stat = fs::statat(&pair.from, name.from(), AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.on(Side::From)?;
        let target = fs::readlinkat(&pair.from, name.from(), Vec::new()).on(Side::From)?;
        if transfer::is_in_the_way(crew, folder, pair, name, &stat)? {
            return Ok(());
        }
        let times = attributes::times(&stat);
        let make = |name: &CStr| {
            fs::symlinkat(&target, &pair.to, name)?;
            fs::utimensat(&pair.to, name, &times, AtFlags::SYMLINK_NOFOLLOW)
                .inspect_err(|_| remove(&pair.to, name))
        };
        match make(name.to()) {
            Err(Errno::EXIST) if crew.settings.no_clobber => {}
            Err(Errno::EXIST) => {
                let (part, ()) = crew.drafts.under_new_name(name.to(), make).on(Side::To)?;
                fs::renameat(&pair.to, &part, &pair.to, name.to())
                    .inspect_err(|_| remove(&pair.to, &part))
                    .on(Side::To)?;
            }
            other => other.on(Side::To)?,
        }
        crew.counts.file();
        Ok(())
    }
}

/// What the entry is, or `None` if it is gone already.
fn kind_of(pair: &Pair, name: &CStr, told: FileType) -> Result<Option<Kind>, Trouble> {
    if told != FileType::Unknown {
        return Ok(Some(Kind::of(told)));
    }
    // Some file systems do not tell kinds with names.
    match fs::statat(&pair.from, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(Kind::of(FileType::from_raw_mode(stat.st_mode)))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(Side::From.trouble(error)),
    }
}
