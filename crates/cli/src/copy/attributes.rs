//! What a copy keeps of a file besides its bytes: permissions and times.
//!
//! The owner is not kept: the copy belongs to whoever makes it, as with `cp -r`. So the bits that
//! lend the owner's or the group's rights to everybody who runs the file are kept only where the
//! copy has the same owner or group; otherwise root, copying somebody's program, would make one
//! that runs as root.

use std::os::fd::AsFd;

use rustix::fs::{self, Mode, RawMode, Stat, Timespec, Timestamps};
use rustix::io::Errno;

/// Permissions that everybody can give to his own files.
const PLAIN: RawMode = 0o1777;
const RUNS_AS_OWNER: RawMode = 0o4000;
const RUNS_AS_GROUP: RawMode = 0o2000;
/// All that `chmod` can set.
const ALL: RawMode = 0o7777;

/// Permissions and times of a source, as they were when it was opened.
#[derive(Clone, Debug)]
pub(super) struct Attributes {
    mode: RawMode,
    owner: u32,
    group: u32,
    times: Timestamps,
}

impl Attributes {
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            mode: stat.st_mode & ALL,
            owner: stat.st_uid,
            group: stat.st_gid,
            times: times(stat),
        }
    }

    /// The mode to create a copy with; [`apply`](Self::apply) gives what is missing.
    pub(super) fn creation_mode(&self) -> Mode {
        Mode::from_raw_mode(self.mode & 0o777)
    }

    /// The same for a directory, whose maker has to be able to fill it.
    pub(super) fn creation_mode_of_directory(&self) -> Mode {
        self.creation_mode() | Mode::RWXU
    }

    /// Gives the copy the source's permissions and times. Nothing may be written to it later,
    /// for that would change both.
    pub(super) fn apply(&self, copy: impl AsFd) -> Result<(), Errno> {
        let copy = copy.as_fd();
        let now = fs::fstat(copy)?;
        let wanted = self.mode_for(now.st_uid, now.st_gid);
        if now.st_mode & ALL != wanted {
            fs::fchmod(copy, Mode::from_raw_mode(wanted))?;
        }
        fs::futimens(copy, &self.times)
    }

    /// The mode of a copy that belongs to these.
    fn mode_for(&self, owner: u32, group: u32) -> RawMode {
        let mut kept = PLAIN;
        if owner == self.owner {
            kept |= RUNS_AS_OWNER;
        }
        if group == self.group {
            kept |= RUNS_AS_GROUP;
        }
        self.mode & kept
    }
}

/// The times of last access and last modification.
pub(super) fn times(stat: &Stat) -> Timestamps {
    Timestamps {
        last_access: Timespec {
            tv_sec: stat.st_atime,
            tv_nsec: stat.st_atime_nsec.try_into().unwrap_or(0),
        },
        last_modification: Timespec {
            tv_sec: stat.st_mtime,
            tv_nsec: stat.st_mtime_nsec.try_into().unwrap_or(0),
        },
    }
}

/// Whether two are one and the same file or directory.
pub(super) fn is_same(one: &Stat, other: &Stat) -> bool {
    one.st_dev == other.st_dev && one.st_ino == other.st_ino
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_as_its_owner_only_if_the_copy_has_the_same() {
        let file = tempfile::tempfile().unwrap();
        let mut stat = fs::fstat(&file).unwrap();
        stat.st_mode = 0o106_755;
        let attributes = Attributes::of(&stat);
        assert_eq!(attributes.mode_for(stat.st_uid, stat.st_gid), 0o6755);
        assert_eq!(attributes.mode_for(stat.st_uid + 1, stat.st_gid), 0o2755);
        assert_eq!(attributes.mode_for(stat.st_uid, stat.st_gid + 1), 0o4755);
        assert_eq!(attributes.creation_mode().as_raw_mode(), 0o755);
    }
}
