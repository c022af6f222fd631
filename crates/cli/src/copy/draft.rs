//! The copy of a file before it is complete.
//!
//! Nobody sees a file that is half copied, whatever happens meanwhile: a draft has no name, or
//! one that says what it is, and takes the copy's name at the very end, in one step.
//!
//! Most file systems know files without a name (`O_TMPFILE`). The system removes them by itself
//! when they are closed without having been given one, so nothing is left behind even by a
//! `kill -9` or a power cut. Elsewhere a draft is called `.NAME.iocp-….part`, stands beside the
//! copy's place and is removed when it is dropped.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use completion_port::File;
use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::folder::Pair;

/// How drafts are made, as far as that has been found out.
#[derive(Debug)]
pub(super) struct Drafts {
    /// Files without a name can be had, and be given one.
    nameless: AtomicBool,
    /// A descriptor can be linked directly; else by way of /proc. (It needs a capability, or
    /// Linux 6.10.)
    links_directly: AtomicBool,
    /// How many names have been made up.
    names: AtomicU64,
    /// They are read back, too.
    readable: bool,
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Published {
    /// It has the name now.
    New,
    /// Something else had the name and was to keep it.
    Kept,
}

impl Drafts {
    pub(super) fn new(readable: bool) -> Self {
        Self {
            nameless: AtomicBool::new(Path::new("/proc/self/fd").exists()),
            links_directly: AtomicBool::new(true),
            names: AtomicU64::new(0),
            readable,
        }
    }

    /// A draft of what will be called `name` in the directory `pair.to`.
    pub(super) fn create(&self, pair: &Arc<Pair>, name: &CStr, mode: Mode) -> Result<Draft, Errno> {
        let access = if self.readable {
            OFlags::RDWR
        } else {
            OFlags::WRONLY
        };
        let flags = access | OFlags::CLOEXEC;
        if self.nameless.load(Ordering::Relaxed) {
            match fs::openat(&pair.to, c".", flags | OFlags::TMPFILE, mode) {
                // Not with this file system, or not with this kernel: the next will not try.
                Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                    self.nameless.store(false, Ordering::Relaxed);
                }
                other => return Draft::new(other?, pair, None),
            }
        }
        let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let (part, fd) =
            self.under_new_name(name, |part| fs::openat(&pair.to, part, flags, mode))?;
        Draft::new(fd, pair, Some(part))
    }

    /// Makes something with `make` under a name that nothing has yet.
    pub(super) fn under_new_name<T>(
        &self,
        name: &CStr,
        mut make: impl FnMut(&CStr) -> Result<T, Errno>,
    ) -> Result<(CString, T), Errno> {
        loop {
            let part = self.new_name(name);
            match make(&part) {
                Err(Errno::EXIST) => {}
                other => return other.map(|made| (part, made)),
            }
        }
    }

    fn new_name(&self, name: &CStr) -> CString {
        // A name has at most 255 bytes, with ours around it too.
        const NAME_BYTES_KEPT: usize = 200;
        let name = name.to_bytes();
        let mut part = vec![b'.'];
        part.extend(&name[..name.len().min(NAME_BYTES_KEPT)]);
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        part.extend(format!(".iocp-{:x}-{number:x}.part", process::id()).into_bytes());
        CString::new(part).expect("the name has no NUL in it, nor has what is around")
    }

    /// Gives a draft the name that it was made for. With `keep` it does so only if nothing has
    /// that name, else it takes the place of what has.
    pub(super) fn publish(
        &self,
        draft: &Draft,
        name: &CStr,
        keep: bool,
    ) -> Result<Published, Errno> {
        let to = &draft.pair.to;
        let result = match &draft.part {
            None => match self.link(draft, name) {
                Err(Errno::EXIST) if !keep => {
                    let (part, ()) = self.under_new_name(name, |part| self.link(draft, part))?;
                    fs::renameat(to, &part, to, name).inspect_err(|_| remove(to, &part))
                }
                other => other,
            },
            Some(part) if keep => rename_if_free(to, part, name),
            Some(part) => fs::renameat(to, part, to, name),
        };
        match result {
            Err(Errno::EXIST) if keep => Ok(Published::Kept),
            other => {
                other?;
                draft.published.store(true, Ordering::Relaxed);
                Ok(Published::New)
            }
        }
    }

    /// Gives a nameless draft a name.
    fn link(&self, draft: &Draft, name: &CStr) -> Result<(), Errno> {
        let (file, to) = (draft.as_fd(), &draft.pair.to);
        if self.links_directly.load(Ordering::Relaxed) {
            match fs::linkat(file, c"", to, name, AtFlags::EMPTY_PATH) {
                // What it says when it is not allowed.
                Err(Errno::NOENT) => self.links_directly.store(false, Ordering::Relaxed),
                other => return other,
            }
        }
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        fs::linkat(CWD, path.as_str(), to, name, AtFlags::SYMLINK_FOLLOW)
    }
}

/// Removes what is not wanted any more. Nothing can be done if that fails.
pub(super) fn remove(directory: &OwnedFd, name: &CStr) {
    let _ = fs::unlinkat(directory, name, AtFlags::empty());
}

fn rename_if_free(to: &OwnedFd, part: &CStr, name: &CStr) -> Result<(), Errno> {
    match fs::renameat_with(to, part, to, name, RenameFlags::NOREPLACE) {
        // Not with this file system. A link is never made over something, either.
        Err(Errno::INVAL | Errno::NOSYS) => {
            fs::linkat(to, part, to, name, AtFlags::empty())?;
            fs::unlinkat(to, part, AtFlags::empty())
        }
        other => other,
    }
}

/// A file that is being filled; without a trace if dropped before it was published.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) file: File,
    pair: Arc<Pair>,
    /// Its name, if it needs one.
    part: Option<CString>,
    published: AtomicBool,
}

impl Draft {
    fn new(fd: OwnedFd, pair: &Arc<Pair>, part: Option<CString>) -> Result<Self, Errno> {
        let file = File::from_fd(fd).map_err(|error| {
            if let Some(part) = &part {
                remove(&pair.to, part);
            }
            Errno::from_io_error(&error).unwrap_or(Errno::IO)
        })?;
        Ok(Self {
            file,
            pair: Arc::clone(pair),
            part,
            published: AtomicBool::new(false),
        })
    }
}

impl AsFd for Draft {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(part) = &self.part
            && !*self.published.get_mut()
        {
            remove(&self.pair.to, part);
        }
    }
}

#[cfg(test)]
mod tests;
