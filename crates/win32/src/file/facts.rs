//! What is known about a file: its kind, size and times, and its attributes.
//!
//! | attribute | here |
//! |---|---|
//! | `READONLY` | nobody has the permission to write |
//! | `HIDDEN`, `SYSTEM`, `ARCHIVE` | the extended attribute `user.DOSATTRIB`, as Samba reads it |
//! | `REPARSE_POINT` | the name is a symbolic link; the rest is said of what it leads to |

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use crate::abi::Dword;
use crate::status::Status;

pub(crate) const READONLY: u32 = 0x1;
pub(crate) const HIDDEN: u32 = 0x2;
pub(crate) const SYSTEM: u32 = 0x4;
pub(crate) const DIRECTORY: u32 = 0x10;
pub(crate) const ARCHIVE: u32 = 0x20;
pub(crate) const NORMAL: u32 = 0x80;
pub(crate) const REPARSE_POINT: u32 = 0x400;
/// Those that are kept beside the file.
const KEPT: u32 = HIDDEN | SYSTEM | ARCHIVE;

/// `FILETIME`: tenths of microseconds since 1601, in two halves.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileTime {
    pub(crate) low: Dword,
    pub(crate) high: Dword,
}

/// Seconds from 1601 to 1970.
const EPOCH: i64 = 11_644_473_600;

impl FileTime {
    pub(crate) fn number(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }

    pub(crate) fn of_number(number: u64) -> Self {
        Self {
            low: number as u32,
            high: (number >> 32) as u32,
        }
    }

    pub(crate) fn of_unix(seconds: i64, nanoseconds: u32) -> Self {
        let since = seconds.saturating_add(EPOCH).max(0).cast_unsigned();
        let tenths = u64::from(nanoseconds / 100);
        Self::of_number(since.saturating_mul(10_000_000).saturating_add(tenths))
    }

    /// For the system; 0 and -1 leave a time as it is.
    pub(crate) fn to_timespec(self) -> libc::timespec {
        let number = self.number();
        if number == 0 || number == u64::MAX {
            return libc::timespec {
                tv_sec: 0,
                tv_nsec: libc::UTIME_OMIT,
            };
        }
        libc::timespec {
            tv_sec: (number / 10_000_000) as i64 - EPOCH,
            tv_nsec: (number % 10_000_000) as i64 * 100,
        }
    }
}

/// What the system says about a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) attributes: u32,
    pub(crate) created: FileTime,
    pub(crate) accessed: FileTime,
    pub(crate) written: FileTime,
    pub(crate) changed: FileTime,
    pub(crate) size: u64,
    pub(crate) allocated: u64,
    pub(crate) links: u32,
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) mode: u32,
    /// What offsets and addresses of direct access must be aligned to; 0 if the system does not
    /// say.
    pub(crate) direct_alignment: (u32, u32),
}

/// The part of `statx` that is asked for.
const MASK: libc::c_uint = libc::STATX_BASIC_STATS | libc::STATX_BTIME | DIOALIGN;
const DIOALIGN: libc::c_uint = 0x2000;

fn statx(dir: RawFd, path: &CStr, flags: libc::c_int) -> Result<libc::statx, i32> {
    let mut found = MaybeUninit::<libc::statx>::zeroed();
    // SAFETY: a string that ends with zero and room for the answer are passed.
    let result = unsafe { libc::statx(dir, path.as_ptr(), flags, MASK, found.as_mut_ptr()) };
    if result != 0 {
        return Err(errno());
    }
    // SAFETY: the call has filled it in, and all zeros would be valid too.
    Ok(unsafe { found.assume_init() })
}

/// The error number of the last system call of this thread.
pub(crate) fn errno() -> i32 {
    Status::errno(&std::io::Error::last_os_error())
}

fn facts_of(found: &libc::statx, kept: Option<u32>) -> Facts {
    let time = |t: libc::statx_timestamp| FileTime::of_unix(t.tv_sec, t.tv_nsec);
    let has = |mask: libc::c_uint| found.stx_mask & mask != 0;
    let (written, changed) = (time(found.stx_mtime), time(found.stx_ctime));
    let oldest = if written.number() < changed.number() {
        written
    } else {
        changed
    };
    let device = libc::makedev(found.stx_dev_major, found.stx_dev_minor);
    let mode = u32::from(found.stx_mode);
    Facts {
        attributes: attributes_of(mode, kept),
        created: if has(libc::STATX_BTIME) {
            time(found.stx_btime)
        } else {
            oldest
        },
        accessed: time(found.stx_atime),
        written,
        changed,
        size: if is_directory(mode) {
            0
        } else {
            found.stx_size
        },
        allocated: found.stx_blocks * 512,
        links: found.stx_nlink,
        device,
        inode: found.stx_ino,
        mode,
        direct_alignment: match has(DIOALIGN) {
            true => (found.stx_dio_offset_align, found.stx_dio_mem_align),
            false => (0, 0),
        },
    }
}

pub(crate) fn is_directory(mode: u32) -> bool {
    mode & libc::S_IFMT == libc::S_IFDIR
}

/// Nobody may write there.
pub(crate) fn is_read_only(mode: u32) -> bool {
    mode & 0o222 == 0
}

fn attributes_of(mode: u32, kept: Option<u32>) -> u32 {
    let mut attributes = match is_directory(mode) {
        true => DIRECTORY | kept.unwrap_or(0) & KEPT,
        false => kept.unwrap_or(ARCHIVE) & KEPT,
    };
    // Directories without permission to write are no read-only ones: the attribute would say
    // nothing about what is in them.
    if is_read_only(mode) && !is_directory(mode) {
        attributes |= READONLY;
    }
    if attributes == 0 { NORMAL } else { attributes }
}

impl Facts {
    pub(crate) fn is_directory(&self) -> bool {
        is_directory(self.mode)
    }
}

/// The facts about an open file.
pub(crate) fn of_open(fd: RawFd) -> Result<Facts, i32> {
    let found = statx(fd, c"", libc::AT_EMPTY_PATH)?;
    Ok(facts_of(&found, read_kept(Place::Open(fd))))
}

/// As [`of_open`], without what is kept in extended attributes.
pub(crate) fn of_open_plain(fd: RawFd) -> Result<Facts, i32> {
    Ok(facts_of(&statx(fd, c"", libc::AT_EMPTY_PATH)?, None))
}

/// The facts about a name. A link that leads nowhere is a file without content.
pub(crate) fn of_name(path: &CStr) -> Result<Facts, i32> {
    let found = statx(libc::AT_FDCWD, path, libc::AT_SYMLINK_NOFOLLOW)?;
    let is_link = u32::from(found.stx_mode) & libc::S_IFMT == libc::S_IFLNK;
    if !is_link {
        return Ok(facts_of(&found, read_kept(Place::Name(path))));
    }
    let mut facts = match statx(libc::AT_FDCWD, path, 0) {
        Ok(found) => facts_of(&found, read_kept(Place::Name(path))),
        Err(_) => facts_of(&found, Some(0)),
    };
    facts.attributes = facts.attributes & !NORMAL | REPARSE_POINT;
    Ok(facts)
}

/// A file, by descriptor or name.
#[derive(Clone, Copy)]
enum Place<'a> {
    Open(RawFd),
    Name(&'a CStr),
}

const ATTRIBUTE: &CStr = c"user.DOSATTRIB";

fn read_kept(place: Place<'_>) -> Option<u32> {
    let mut text = [0_u8; 16];
    let (start, room) = (text.as_mut_ptr().cast(), text.len());
    let name = ATTRIBUTE.as_ptr();
    let length = match place {
        // SAFETY: a string that ends with zero and the room with its size are passed.
        Place::Open(fd) => unsafe { libc::fgetxattr(fd, name, start, room) },
        // SAFETY: as above.
        Place::Name(path) => unsafe { libc::getxattr(path.as_ptr(), name, start, room) },
    };
    let text = text.get(..usize::try_from(length).ok()?)?;
    let text = std::str::from_utf8(text).ok()?.trim_end_matches('\0');
    u32::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// Keeps attributes beside an open file.
///
/// # Errors
///
/// The file system keeps none.
pub(crate) fn keep(fd: RawFd, attributes: u32, is_directory: bool) -> Result<(), i32> {
    let kept = attributes & KEPT;
    let usual = if is_directory { 0 } else { ARCHIVE };
    let name = ATTRIBUTE.as_ptr();
    let result = if kept == usual {
        // SAFETY: a string that ends with zero is passed.
        unsafe { libc::fremovexattr(fd, name) }
    } else {
        let text = format!("0x{kept:x}");
        let start = text.as_ptr().cast();
        // SAFETY: a string that ends with zero and a text with its length are passed.
        unsafe { libc::fsetxattr(fd, name, start, text.len(), 0) }
    };
    match if result == 0 { 0 } else { errno() } {
        0 | libc::ENODATA => Ok(()),
        // Where nothing can be kept, nothing is: asked for the usual attributes that is no loss.
        libc::EOPNOTSUPP if kept & (HIDDEN | SYSTEM) == 0 => Ok(()),
        code => Err(code),
    }
}

/// Sets the attributes of an open file: `READONLY` and those that are kept.
pub(crate) fn set_attributes(fd: RawFd, attributes: u32) -> Result<(), i32> {
    let facts = of_open_plain(fd)?;
    if !facts.is_directory() && is_read_only(facts.mode) != (attributes & READONLY != 0) {
        let mode = match attributes & READONLY {
            0 => facts.mode | 0o200,
            _ => facts.mode & !0o222,
        };
        // SAFETY: no pointers are passed.
        if unsafe { libc::fchmod(fd, mode & 0o7777) } != 0 {
            return Err(errno());
        }
    }
    keep(fd, attributes, facts.is_directory())
}

/// Sets the times of an open file; `None` leaves one as it is. When a file was created the system
/// does not let anybody change.
pub(crate) fn set_times(
    fd: RawFd,
    accessed: Option<FileTime>,
    written: Option<FileTime>,
) -> Result<(), i32> {
    let time = |time: Option<FileTime>| time.unwrap_or_default().to_timespec();
    let times = [time(accessed), time(written)];
    // SAFETY: two times are passed, as the call expects.
    match unsafe { libc::futimens(fd, times.as_ptr()) } {
        0 => Ok(()),
        _ => Err(errno()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_1601() {
        assert_eq!(FileTime::of_unix(0, 0).number(), 116_444_736_000_000_000);
        let time = FileTime::of_unix(1_700_000_000, 123_456_700);
        let back = time.to_timespec();
        assert_eq!((back.tv_sec, back.tv_nsec), (1_700_000_000, 123_456_700));
        assert_eq!(FileTime::default().to_timespec().tv_nsec, libc::UTIME_OMIT);
    }

    #[test]
    fn attributes_follow_permissions_and_what_is_kept() {
        assert_eq!(attributes_of(libc::S_IFREG | 0o644, None), ARCHIVE);
        assert_eq!(
            attributes_of(libc::S_IFREG | 0o444, None),
            ARCHIVE | READONLY
        );
        assert_eq!(attributes_of(libc::S_IFREG | 0o644, Some(0)), NORMAL);
        assert_eq!(attributes_of(libc::S_IFREG | 0o644, Some(HIDDEN)), HIDDEN);
        assert_eq!(attributes_of(libc::S_IFDIR | 0o555, None), DIRECTORY);
    }
}
