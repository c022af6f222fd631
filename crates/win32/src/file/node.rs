//! What all opens of one file in this process have in common: who may open it further, whether it
//! is to vanish, which of its ranges are locked.
//!
//! A node is found by device and inode, so that it does not matter by which name a file is opened.
//! Other processes are not seen: Linux has nothing that forbids them to open a file.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::fd::RawFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};

use super::access;
use super::lock::Locks;
use crate::status::Status;

/// Device and inode.
pub(crate) type Key = (u64, u64);

/// One open of a file: a file object in Microsoft's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opener(usize);

impl Opener {
    /// A number that nobody has had.
    pub(super) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

struct Open {
    opener: Opener,
    access: u32,
    share: u32,
}

/// See the head of this file.
pub(crate) struct Node {
    key: Key,
    state: Mutex<State>,
    pub(super) locks: Locks,
}

#[derive(Default)]
struct State {
    opens: Vec<Open>,
    /// The file vanishes when the last of its opens ends; until then it cannot be opened (S-287).
    doomed: bool,
}

static NODES: LazyLock<Mutex<HashMap<Key, Arc<Node>>>> = LazyLock::new(Mutex::default);

/// Written while a file is made, read while one is opened: who makes a file also gets it, even if
/// another thread wants to open it before its maker stands in the table.
pub(super) static MAKING: RwLock<()> = RwLock::new(());

/// Each right, and the permission that another open must have given for it (S-284).
const RIGHTS: [(u32, u32); 3] = [
    (access::READ_DATA | access::EXECUTE, access::SHARE_READ),
    (
        access::WRITE_DATA | access::APPEND_DATA,
        access::SHARE_WRITE,
    ),
    (access::DELETE, access::SHARE_DELETE),
];

/// Whether two opens of a file exclude each other (S-284). Rights that are not about the data
/// conflict with nothing (S-283).
fn conflict((access, share): (u32, u32), (other_access, other_share): (u32, u32)) -> bool {
    let concerned = |access: u32| RIGHTS.iter().any(|(right, _)| access & right != 0);
    concerned(access)
        && concerned(other_access)
        && RIGHTS.iter().any(|(right, permission)| {
            (access & right != 0 && other_share & permission == 0)
                || (other_access & right != 0 && share & permission == 0)
        })
}

impl State {
    fn admits(&self, access: u32, share: u32) -> Result<(), Status> {
        if self.doomed {
            return Err(Status::DELETE_PENDING);
        }
        let excludes = |open: &Open| conflict((access, share), (open.access, open.share));
        if self.opens.iter().any(excludes) {
            return Err(Status::SHARING_VIOLATION);
        }
        Ok(())
    }
}

/// Enters an open in the table.
///
/// # Errors
///
/// An open that is there excludes it, or the file is about to vanish.
pub(super) fn join(key: Key, opener: Opener, access: u32, share: u32) -> Result<Arc<Node>, Status> {
    let mut nodes = NODES.lock();
    let node = nodes.entry(key).or_insert_with(|| {
        Arc::new(Node {
            key,
            state: Mutex::default(),
            locks: Locks::default(),
        })
    });
    let mut state = node.state.lock();
    state.admits(access, share)?;
    state.opens.push(Open {
        opener,
        access,
        share,
    });
    drop(state);
    Ok(Arc::clone(node))
}

/// Whether a file could be opened so: for calls that act on a name.
///
/// # Errors
///
/// As [`join`].
pub(super) fn probe(key: Key, access: u32, share: u32) -> Result<(), Status> {
    let nodes = NODES.lock();
    match nodes.get(&key) {
        Some(node) => node.state.lock().admits(access, share),
        None => Ok(()),
    }
}

impl Node {
    /// Has the file vanish with its last open, or not.
    pub(super) fn doom(&self, doomed: bool) {
        self.state.lock().doomed = doomed;
    }

    pub(super) fn is_doomed(&self) -> bool {
        self.state.lock().doomed
    }

    /// Takes an open out of the table; with the last one a doomed file vanishes.
    pub(super) fn leave(&self, opener: Opener, fd: RawFd) {
        let mut nodes = NODES.lock();
        let mut state = self.state.lock();
        state.opens.retain(|open| open.opener != opener);
        if !state.opens.is_empty() {
            return;
        }
        nodes.remove(&self.key);
        if state.doomed {
            // Under the table's lock: nobody opens the file between this and its end.
            self.vanish(fd);
        }
    }

    /// Removes the name that the file has now.
    fn vanish(&self, fd: RawFd) {
        let Some(path) = path_of(fd) else { return };
        let Ok(there) = path.symlink_metadata() else {
            return;
        };
        if (there.dev(), there.ino()) != self.key {
            return;
        }
        let removed = match there.is_dir() {
            true => std::fs::remove_dir(&path),
            false => std::fs::remove_file(&path),
        };
        // There is nobody who could be told, on Windows neither.
        drop(removed);
    }
}

/// The name under which the system knows an open file at the moment, unless it has lost it.
pub(crate) fn path_of(fd: RawFd) -> Option<PathBuf> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let path = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
    if path.symlink_metadata().is_ok() {
        return Some(path);
    }
    let bytes = path.as_os_str().as_bytes();
    let kept = bytes.strip_suffix(b" (deleted)").unwrap_or(bytes);
    Some(PathBuf::from(OsString::from_vec(kept.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-284, written out a second time: what each open does, and what it lets others do.
    fn compatible(access: u32, share: u32, other_access: u32, other_share: u32) -> bool {
        let acts = |a: u32| [a & 0x21 != 0, a & 0x6 != 0, a & 0x1_0000 != 0];
        let lets = |s: u32| [s & 1 != 0, s & 2 != 0, s & 4 != 0];
        if !acts(access).contains(&true) || !acts(other_access).contains(&true) {
            return true;
        }
        (0..3).all(|i| {
            (!acts(access)[i] || lets(other_share)[i]) && (!acts(other_access)[i] || lets(share)[i])
        })
    }

    #[test]
    fn s_284_every_pair_of_accesses_and_shares() {
        let accesses: Vec<u32> = (0..64)
            .map(|bits: u32| {
                let set = |i: u32, right: u32| if bits >> i & 1 == 1 { right } else { 0 };
                set(0, 1) | set(1, 2) | set(2, 4) | set(3, 0x20) | set(4, 0x1_0000) | set(5, 0x80)
            })
            .collect();
        for access in &accesses {
            for other in &accesses {
                for shares in 0..64 {
                    let (share, other_share) = (shares & 7, shares >> 3);
                    assert_eq!(
                        conflict((*access, share), (*other, other_share)),
                        !compatible(*access, share, *other, other_share),
                        "{access:x}/{share} against {other:x}/{other_share}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_open_that_has_left_excludes_nobody() {
        let key = (u64::MAX, 1);
        let (first, second) = (Opener::new(), Opener::new());
        let node = join(key, first, access::READ_DATA, 0).unwrap();
        let refused = join(key, second, access::READ_DATA, 7).map(drop);
        assert_eq!(refused, Err(Status::SHARING_VIOLATION));
        assert_eq!(probe(key, access::READ_ATTRIBUTES, 0), Ok(()));
        node.leave(first, -1);
        join(key, second, access::READ_DATA, 7)
            .unwrap()
            .leave(second, -1);
        assert!(NODES.lock().get(&key).is_none());
    }
}
