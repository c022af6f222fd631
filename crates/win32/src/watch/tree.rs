//! The directories that are watched, and what the system's events about them mean.
//!
//! | event | change |
//! |---|---|
//! | created, moved in | `ADDED` |
//! | deleted, moved out | `REMOVED` |
//! | moved within one directory | `RENAMED_OLD_NAME`, `RENAMED_NEW_NAME` |
//! | moved between two watched directories | `REMOVED`, `ADDED` |
//! | written, its attributes changed | `MODIFIED` |
//!
//! The system watches directories, not trees: each one below gets a watch of its own, also those
//! that come later. What has been put into a new directory before it is watched is found by
//! looking into it.

use std::collections::{HashMap, HashSet};
use std::ffi::{CString, OsStr};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::pack::{Action, Change, Queue};
use crate::file::facts::errno;
use crate::path::{as_path, to_c};

const FILE_NAME: u32 = 0x1;
const DIR_NAME: u32 = 0x2;
const ATTRIBUTES: u32 = 0x4;
const SIZE: u32 = 0x8;
const LAST_WRITE: u32 = 0x10;
const LAST_ACCESS: u32 = 0x20;
const CREATION: u32 = 0x40;
const SECURITY: u32 = 0x100;
/// All filters that there are.
pub(super) const FILTERS: u32 = 0x17f;

/// A directory: where it is, by the watch of the one above it. The root has no name.
struct Folder {
    above: i32,
    name: Vec<u8>,
}

/// A name that something was moved away from; where to is told next, if at all.
struct Half {
    cookie: u32,
    watch: i32,
    name: Vec<u8>,
    is_folder: bool,
}

/// See the head of this file.
pub(super) struct Tree {
    fd: RawFd,
    path: CString,
    subtree: bool,
    filter: u32,
    root: i32,
    folders: HashMap<i32, Folder>,
    half: Option<Half>,
    /// Entries that were found by looking, and whose event may still come.
    found: HashSet<(i32, Vec<u8>)>,
    gone: bool,
}

/// One event of the system.
struct Event<'a> {
    watch: i32,
    mask: u32,
    cookie: u32,
    name: &'a [u8],
}

/// Takes the events apart.
fn events(mut bytes: &[u8]) -> impl Iterator<Item = Event<'_>> {
    const HEAD: usize = size_of::<libc::inotify_event>();
    std::iter::from_fn(move || {
        let number = |at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let length = number(12)? as usize;
        let name = bytes.get(HEAD..HEAD + length)?;
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(length);
        let event = Event {
            watch: number(0)?.cast_signed(),
            mask: number(4)?,
            cookie: number(8)?,
            name: &name[..end],
        };
        bytes = &bytes[HEAD + length..];
        Some(event)
    })
}

impl Tree {
    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// The system's number.
    pub(super) fn new(fd: RawFd, path: CString, subtree: bool, filter: u32) -> Result<Self, i32> {
        let mut tree = Self {
            fd,
            path,
            subtree,
            filter,
            root: 0,
            folders: HashMap::new(),
            half: None,
            found: HashSet::new(),
            gone: false,
        };
        let root = tree.path.clone();
        tree.root = tree.watch(&root)?;
        tree.folders.insert(
            tree.root,
            Folder {
                above: 0,
                name: Vec::new(),
            },
        );
        if subtree {
            tree.watch_below(tree.root, &mut None)?;
        }
        Ok(tree)
    }

    fn wants(&self, filters: u32) -> bool {
        self.filter & filters != 0
    }

    /// The system's events that the filters ask for.
    fn mask(&self) -> u32 {
        let names = self.wants(FILE_NAME | DIR_NAME | CREATION) || self.subtree;
        let choices = [
            (names, libc::IN_CREATE | libc::IN_DELETE | libc::IN_MOVE),
            (self.wants(SIZE | LAST_WRITE), libc::IN_MODIFY),
            (
                self.wants(ATTRIBUTES | SECURITY | LAST_WRITE | CREATION | LAST_ACCESS),
                libc::IN_ATTRIB,
            ),
            (self.wants(LAST_ACCESS), libc::IN_ACCESS),
        ];
        let chosen = choices.into_iter().filter(|(wanted, _)| *wanted);
        let always = libc::IN_DELETE_SELF | libc::IN_ONLYDIR | libc::IN_DONT_FOLLOW;
        chosen.fold(always | libc::IN_EXCL_UNLINK, |all, (_, events)| {
            all | events
        })
    }

    fn watch(&self, path: &CString) -> Result<i32, i32> {
        let mut mask = self.mask();
        if *path == self.path {
            // The program may well have named it by a link.
            mask &= !libc::IN_DONT_FOLLOW;
        }
        // SAFETY: a string that ends with zero is passed.
        match unsafe { libc::inotify_add_watch(self.fd, path.as_ptr(), mask) } {
            watch @ 1.. => Ok(watch),
            _ => Err(errno()),
        }
    }

    /// The names from the root down to an entry.
    fn names(&self, watch: i32, name: &[u8]) -> Vec<Vec<u8>> {
        let mut names = vec![name.to_vec()];
        let mut at = watch;
        while at != self.root {
            let Some(folder) = self.folders.get(&at) else {
                break;
            };
            names.push(folder.name.clone());
            at = folder.above;
        }
        names.reverse();
        names
    }

    fn path_of(&self, watch: i32, name: &[u8]) -> PathBuf {
        let names = self.names(watch, name);
        let mut path = as_path(&self.path).to_owned();
        path.extend(names.iter().map(|name| OsStr::from_bytes(name)));
        path
    }

    fn change(&self, action: Action, watch: i32, name: &[u8]) -> Change {
        Change {
            action,
            name: self.names(watch, name).join(&b'\\'),
        }
    }

    /// Watches everything below a directory. With a queue, what is there already is new.
    fn watch_below(&mut self, watch: i32, queue: &mut Option<&mut Queue>) -> Result<(), i32> {
        let is_root = watch == self.root;
        let path = match is_root {
            true => as_path(&self.path).to_owned(),
            false => {
                let Some(folder) = self.folders.get(&watch) else {
                    return Ok(());
                };
                self.path_of(folder.above, &folder.name)
            }
        };
        // A directory that vanishes meanwhile is told of by its event.
        let Ok(entries) = std::fs::read_dir(&path) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let name = entry.file_name().as_bytes().to_vec();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if let Some(queue) = queue {
                self.added(queue, watch, &name, is_folder);
                self.found.insert((watch, name.clone()));
                // What is in it was written before anybody looked.
                let is_written = || entry.metadata().is_ok_and(|facts| facts.len() > 0);
                if !is_folder && self.wants(SIZE | LAST_WRITE) && is_written() {
                    queue.add(self.change(Action::Modified, watch, &name));
                }
            }
            if is_folder {
                self.watch_folder(watch, &name, queue)?;
            }
        }
        Ok(())
    }

    /// Watches a directory in a watched one, and everything below it.
    fn watch_folder(
        &mut self,
        above: i32,
        name: &[u8],
        queue: &mut Option<&mut Queue>,
    ) -> Result<(), i32> {
        let Ok(path) = to_c(self.path_of(above, name)) else {
            return Ok(());
        };
        match self.watch(&path) {
            Ok(watch) => {
                let name = name.to_vec();
                self.folders.insert(watch, Folder { above, name });
                self.watch_below(watch, queue)
            }
            Err(code @ libc::ENOSPC) => Err(code),
            // Gone again, or not for this user's eyes.
            Err(_) => Ok(()),
        }
    }

    /// Forgets a directory that has left the tree, and those below it.
    fn forget(&mut self, above: i32, name: &[u8]) {
        let found = self
            .folders
            .iter()
            .find(|(_, f)| f.above == above && f.name == name);
        let Some(watch) = found.map(|(watch, _)| *watch) else {
            return;
        };
        let mut doomed = vec![watch];
        while let Some(watch) = doomed.pop() {
            self.folders.remove(&watch);
            // SAFETY: no pointers are passed. A watch that has ended by itself is no loss.
            let _ = unsafe { libc::inotify_rm_watch(self.fd, watch) };
            let below = self
                .folders
                .iter()
                .filter(|(_, folder)| folder.above == watch);
            doomed.extend(below.map(|(watch, _)| *watch));
        }
    }

    fn names_matter(&self, is_folder: bool) -> bool {
        self.wants(if is_folder { DIR_NAME } else { FILE_NAME })
    }

    fn added(&self, queue: &mut Queue, watch: i32, name: &[u8], is_folder: bool) {
        if self.names_matter(is_folder) || (self.wants(CREATION) && !is_folder) {
            queue.add(self.change(Action::Added, watch, name));
        }
    }

    /// Something was moved away, and not to a place that is watched.
    fn removed(&mut self, queue: &mut Queue, watch: i32, name: &[u8], is_folder: bool) {
        if self.names_matter(is_folder) {
            queue.add(self.change(Action::Removed, watch, name));
        }
        if is_folder {
            self.forget(watch, name);
        }
    }

    /// A new directory may hold something already.
    fn enter(&mut self, queue: &mut Queue, watch: i32, name: &[u8], tells: bool) {
        if self.subtree {
            let entered = match tells {
                true => self.watch_folder(watch, name, &mut Some(&mut *queue)),
                false => self.watch_folder(watch, name, &mut None),
            };
            if entered.is_err() {
                queue.overflow();
            }
        }
    }

    /// Takes what the system has told.
    pub(super) fn take(&mut self, bytes: &[u8], queue: &mut Queue) {
        for event in events(bytes) {
            let moved_to = event.mask & libc::IN_MOVED_TO != 0;
            let completes = |half: &Half| moved_to && half.cookie == event.cookie;
            if !self.half.as_ref().is_some_and(completes) {
                self.settle(queue);
            }
            self.take_one(&event, queue);
        }
    }

    fn take_one(&mut self, event: &Event<'_>, queue: &mut Queue) {
        let has = |bits: u32| event.mask & bits != 0;
        let (watch, name, is_folder) = (event.watch, event.name, has(libc::IN_ISDIR));
        if has(libc::IN_Q_OVERFLOW) {
            queue.overflow();
        } else if has(libc::IN_IGNORED | libc::IN_DELETE_SELF | libc::IN_UNMOUNT) {
            self.gone |= watch == self.root;
            self.folders.remove(&watch);
            self.found.retain(|(folder, _)| *folder != watch);
        } else if !self.folders.contains_key(&watch) || name.is_empty() {
            // About the directory itself, or one that has left the tree.
        } else if has(libc::IN_CREATE) {
            if self.found.remove(&(watch, name.to_vec())) {
                return;
            }
            self.added(queue, watch, name, is_folder);
            if is_folder {
                self.enter(queue, watch, name, true);
            }
        } else if has(libc::IN_DELETE) {
            self.found.remove(&(watch, name.to_vec()));
            self.removed(queue, watch, name, is_folder);
        } else if has(libc::IN_MOVED_FROM) {
            self.half = Some(Half {
                cookie: event.cookie,
                watch,
                name: name.to_vec(),
                is_folder,
            });
        } else if has(libc::IN_MOVED_TO) {
            match self.half.take() {
                Some(half) => self.renamed(queue, half, watch, name),
                None => {
                    self.added(queue, watch, name, is_folder);
                    if is_folder {
                        self.enter(queue, watch, name, false);
                    }
                }
            }
        } else if has(libc::IN_MODIFY | libc::IN_ATTRIB | libc::IN_ACCESS) {
            queue.add(self.change(Action::Modified, watch, name));
        }
    }

    fn renamed(&mut self, queue: &mut Queue, from: Half, watch: i32, name: &[u8]) {
        if self.names_matter(from.is_folder) {
            let (old, new) = match from.watch == watch {
                true => (Action::RenamedOldName, Action::RenamedNewName),
                false => (Action::Removed, Action::Added),
            };
            queue.add(self.change(old, from.watch, &from.name));
            queue.add(self.change(new, watch, name));
        }
        let was = |folder: &Folder| folder.above == from.watch && folder.name == from.name;
        if from.is_folder
            && let Some(folder) = self.folders.values_mut().find(|folder| was(folder))
        {
            // Its watch goes with it, and so do those below.
            (folder.above, folder.name) = (watch, name.to_vec());
        }
    }

    /// Whether the second part of a rename may be yet to come.
    pub(super) fn half_renamed(&self) -> bool {
        self.half.is_some()
    }

    /// What was moved away did not arrive anywhere that is watched.
    pub(super) fn settle(&mut self, queue: &mut Queue) {
        if let Some(half) = self.half.take() {
            self.removed(queue, half.watch, &half.name, half.is_folder);
        }
    }

    /// Whether the directory itself is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }
}
