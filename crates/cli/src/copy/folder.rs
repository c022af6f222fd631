//! A directory that is being copied.
//!
//! Everything in a directory is opened by its name relative to the directory's descriptor and
//! never through a symbolic link, so that nobody who can write to the tree can lead the copy out
//! of it by exchanging a directory for a link at the right moment.
//!
//! # Descriptors
//!
//! A folder does not keep its two descriptors: a deep tree would use up all there are. Whoever
//! works in a folder holds a [`Pair`], and the last few are kept for the next ([`Recent`]). When
//! a pair is gone and wanted again it is opened anew, from the nearest folder above that still
//! has one; the root always has.
//!
//! # End
//!
//! `left` counts what is still to be done in a folder: its reading, its entries and its
//! subfolders. Whoever brings it to zero gives the copy its times and permissions, which no
//! later work can then change, and tells the folder above. That goes up in a loop, as does all
//! else here: a tree may be deeper than a thread's stack.

use std::collections::VecDeque;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::fs::{self, Mode, OFlags};
use rustix::io::Errno;

use super::attributes::{Attributes, is_same};
use super::crew::Crew;
use super::faults::{On, Side, Trouble};

const DIRECTORY: OFlags = OFlags::DIRECTORY
    .union(OFlags::RDONLY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Nothing here is left half done by a panic.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What something is called, and what its copy.
#[derive(Clone, Debug)]
pub(super) struct Name {
    from: CString,
    /// Only what the command line names may be called otherwise.
    to: Option<CString>,
}

impl Name {
    /// The same on both sides.
    pub(super) fn same(name: &CStr) -> Self {
        Self {
            from: name.to_owned(),
            to: None,
        }
    }

    pub(super) fn pair(from: CString, to: CString) -> Self {
        Self { from, to: Some(to) }
    }

    pub(super) fn from(&self) -> &CStr {
        &self.from
    }

    pub(super) fn to(&self) -> &CStr {
        self.to.as_deref().unwrap_or(&self.from)
    }

    fn on(&self, side: Side) -> &Path {
        let name = match side {
            Side::From => self.from(),
            Side::To => self.to(),
        };
        Path::new(OsStr::from_bytes(name.to_bytes()))
    }
}

/// The descriptors of a directory and of its copy.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) from: OwnedFd,
    pub(super) to: OwnedFd,
}

/// The pairs that were opened last.
#[derive(Debug)]
pub(super) struct Recent {
    pairs: Mutex<VecDeque<Arc<Pair>>>,
    pairs_max: usize,
}

impl Recent {
    pub(super) fn new(pairs_max: usize) -> Self {
        Self {
            pairs: Mutex::default(),
            pairs_max,
        }
    }

    fn keep(&self, pair: &Arc<Pair>) {
        let mut pairs = lock(&self.pairs);
        pairs.push_back(Arc::clone(pair));
        let oldest = if pairs.len() > self.pairs_max {
            pairs.pop_front()
        } else {
            None
        };
        drop(pairs);
        drop(oldest);
    }
}

#[derive(Debug)]
enum Place {
    /// Where the command line points to. Its own permissions and times are nobody's business.
    Root {
        pair: Arc<Pair>,
        from: PathBuf,
        to: PathBuf,
    },
    Inner {
        parent: Option<Arc<Folder>>,
        name: Name,
        pair: Mutex<Weak<Pair>>,
    },
}

/// A directory and its copy.
#[derive(Debug)]
pub(super) struct Folder {
    place: Place,
    attributes: Option<Attributes>,
    is_new: bool,
    left: AtomicUsize,
}

impl Folder {
    /// What the command line points into: `things` there are to be copied.
    pub(super) fn root(pair: Arc<Pair>, from: PathBuf, to: PathBuf, things: usize) -> Arc<Self> {
        Arc::new(Self {
            place: Place::Root { pair, from, to },
            attributes: None,
            is_new: false,
            left: AtomicUsize::new(things),
        })
    }

    /// Opens the directory `name` of `parent` and makes its copy. One thing is left to be done
    /// in it: to read it.
    pub(super) fn enter(
        crew: &Crew,
        parent: &Arc<Self>,
        name: Name,
    ) -> Result<(Arc<Self>, Arc<Pair>), Trouble> {
        let around = parent.pair(&crew.recent)?;
        let from = fs::openat(&around.from, name.from(), DIRECTORY, Mode::empty());
        let from = from.on(Side::From)?;
        let stat = fs::fstat(&from).on(Side::From)?;
        let attributes = Attributes::of(&stat);
        let mode = attributes.creation_mode_of_directory();
        let is_new = match fs::mkdirat(&around.to, name.to(), mode) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(Side::To.trouble(error)),
        };
        let to = match fs::openat(&around.to, name.to(), DIRECTORY, Mode::empty()) {
            Err(Errno::NOTDIR | Errno::LOOP) => {
                Err("is not a directory, and a directory is to be copied there".into())
            }
            other => other.map_err(Into::into),
        };
        let to: OwnedFd = to.map_err(|reason| Trouble {
            side: Side::To,
            reason,
        })?;
        if !is_new && is_same(&fs::fstat(&to).on(Side::To)?, &stat) {
            return Err(Side::From.trouble("is the very directory that it would be copied to"));
        }
        let pair = Arc::new(Pair { from, to });
        crew.recent.keep(&pair);
        let parent = Some(Arc::clone(parent));
        let place = Place::Inner {
            parent,
            name,
            pair: Mutex::new(Arc::downgrade(&pair)),
        };
        let folder = Self {
            place,
            attributes: Some(attributes),
            is_new,
            left: AtomicUsize::new(1),
        };
        Ok((Arc::new(folder), pair))
    }

    /// Whether the copy was made just now, and so has in it what we have put there only.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// The descriptors, opened anew if need be.
    pub(super) fn pair(&self, recent: &Recent) -> Result<Arc<Pair>, Trouble> {
        let mut closed = Vec::new();
        let mut here = self;
        let mut pair = loop {
            match &here.place {
                Place::Root { pair, .. } => break Arc::clone(pair),
                Place::Inner { parent, name, pair } => {
                    if let Some(pair) = lock(pair).upgrade() {
                        break pair;
                    }
                    closed.push((name, pair));
                    here = parent.as_deref().expect("taken in `drop` only");
                }
            }
        };
        for (name, place) in closed.into_iter().rev() {
            let from = fs::openat(&pair.from, name.from(), DIRECTORY, Mode::empty());
            let to = fs::openat(&pair.to, name.to(), DIRECTORY, Mode::empty());
            pair = Arc::new(Pair {
                from: from.on(Side::From)?,
                to: to.on(Side::To)?,
            });
            *lock(place) = Arc::downgrade(&pair);
            recent.keep(&pair);
        }
        Ok(pair)
    }

    /// There is more to be done here than was known.
    pub(super) fn expect(&self, things: usize) {
        // Whoever calls this has something to do here that is counted already, so the number
        // cannot be zero meanwhile.
        self.left.fetch_add(things, Ordering::Relaxed);
    }

    /// So many things here are done, well or not.
    pub(super) fn done(self: &Arc<Self>, things: usize, crew: &Crew) {
        let mut here = Arc::clone(self);
        let mut things = things;
        loop {
            // Acquire and release: what others did in this folder comes before its end.
            if here.left.fetch_sub(things, Ordering::AcqRel) != things {
                return;
            }
            here.finish(crew);
            let parent = match &here.place {
                Place::Root { .. } => return crew.root_done(),
                Place::Inner { parent, .. } => parent.clone().expect("taken in `drop` only"),
            };
            here = parent;
            things = 1;
        }
    }

    fn finish(&self, crew: &Crew) {
        if crew.is_stopped() {
            return;
        }
        if let Err(trouble) = self.try_finish(crew) {
            crew.tell(self, None, &trouble);
        }
    }

    fn try_finish(&self, crew: &Crew) -> Result<(), Trouble> {
        let pair = self.pair(&crew.recent)?;
        if let Some(attributes) = &self.attributes {
            attributes.apply(&pair.to).on(Side::To)?;
        }
        if crew.settings.sync {
            // A root is open by its path only, which cannot be flushed.
            let whole = fs::openat(&pair.to, c".", DIRECTORY, Mode::empty()).on(Side::To)?;
            crew.port.blocking(|| fs::fsync(&whole)).on(Side::To)?;
        }
        Ok(())
    }

    /// The path of the folder, or of something in it, for a message.
    pub(super) fn path(&self, side: Side, name: Option<&Name>) -> PathBuf {
        let mut names: Vec<&Path> = name.map(|name| name.on(side)).into_iter().collect();
        let mut here = self;
        let mut path = loop {
            match &here.place {
                Place::Root { from, to, .. } => {
                    break match side {
                        Side::From => from.clone(),
                        Side::To => to.clone(),
                    };
                }
                Place::Inner { parent, name, .. } => {
                    names.push(name.on(side));
                    here = parent.as_deref().expect("taken in `drop` only");
                }
            }
        };
        path.extend(names.into_iter().rev());
        path
    }

    fn take_parent(&mut self) -> Option<Arc<Self>> {
        match &mut self.place {
            Place::Root { .. } => None,
            Place::Inner { parent, .. } => parent.take(),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let mut above = self.take_parent();
        while let Some(mut folder) = above.and_then(Arc::into_inner) {
            above = folder.take_parent();
        }
    }
}
