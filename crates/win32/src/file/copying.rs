//! Copying files.

use std::ffi::{CStr, c_void};
use std::sync::Arc;

use super::facts;
use super::open::{self, Wanted, open_file};
use super::{File, access};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::code::{Code, code_bool};
use crate::handle::{self, Object};
use crate::path::{parse_file, spelled};
use crate::status::Status;
use crate::text::{Out, Text, Unit, exports};

/// So much is copied between two looks at whether to go on.
const CHUNK_BYTES: usize = 1 << 20;

const FAIL_IF_EXISTS: Dword = 1;

/// `LPPROGRESS_ROUTINE`.
type Progress = unsafe extern "C-unwind" fn(
    i64,
    i64,
    i64,
    i64,
    Dword,
    Dword,
    Handle,
    Handle,
    *mut c_void,
) -> Dword;

const CONTINUE: Dword = 0;
const CANCEL: Dword = 1;
const STOP: Dword = 2;
const QUIET: Dword = 3;
const CHUNK_FINISHED: Dword = 0;
const STREAM_SWITCH: Dword = 1;

/// Who is asked during a long copy.
struct Watcher {
    routine: Option<Progress>,
    data: *mut c_void,
    cancel: Out<Bool>,
    source: Handle,
    target: Handle,
}

/// What a copy is to do next.
enum Next {
    GoOn,
    /// Leave what is there.
    Stop,
    /// Remove it.
    Cancel,
}

impl Watcher {
    fn ask(&mut self, size: u64, done: u64, reason: Dword) -> Next {
        if self.cancel.get().is_some_and(|cancel| cancel != FALSE) {
            return Next::Cancel;
        }
        let Some(routine) = self.routine else {
            return Next::GoOn;
        };
        let (size, done) = (size.cast_signed(), done.cast_signed());
        let (from, to, data) = (self.source, self.target, self.data);
        // SAFETY: the program's function, called as documented.
        match unsafe { routine(size, done, size, done, 1, reason, from, to, data) } {
            CONTINUE => Next::GoOn,
            CANCEL => Next::Cancel,
            STOP => Next::Stop,
            QUIET => {
                self.routine = None;
                Next::GoOn
            }
            _ => Next::GoOn,
        }
    }
}

/// Copies some bytes; how many, 0 at the end.
fn copy_chunk(from: &File, to: &File, offset: u64) -> Result<usize, i32> {
    let at = || i64::try_from(offset).map_err(|_| libc::EFBIG);
    let (mut source, mut target) = (at()?, at()?);
    let (source, target) = (&raw mut source, &raw mut target);
    let copy = || {
        // SAFETY: two valid offsets are passed.
        unsafe { libc::copy_file_range(from.fd(), source, to.fd(), target, CHUNK_BYTES, 0) }
    };
    match usize::try_from(completion_port::blocking(copy)).map_err(|_| facts::errno()) {
        Err(libc::EXDEV | libc::EINVAL | libc::EOPNOTSUPP | libc::ENOSYS) => {
            copy_by_hand(from, to, at()?)
        }
        // Files of some pseudo file systems say that they are empty.
        Ok(0) => copy_by_hand(from, to, at()?),
        copied => copied,
    }
}

fn copy_by_hand(from: &File, to: &File, offset: i64) -> Result<usize, i32> {
    let mut room = vec![0_u8; CHUNK_BYTES];
    let start = room.as_mut_ptr().cast();
    // SAFETY: room for so many bytes is passed.
    let read = || unsafe { libc::pread64(from.fd(), start, CHUNK_BYTES, offset) };
    let read = completion_port::blocking(read);
    let read = usize::try_from(read).map_err(|_| facts::errno())?;
    let mut written = 0;
    while written < read {
        let rest = &room[written..read];
        let at = offset + written as i64;
        // SAFETY: so many bytes are there.
        let wrote = unsafe { libc::pwrite64(to.fd(), rest.as_ptr().cast(), rest.len(), at) };
        written += usize::try_from(wrote).map_err(|_| facts::errno())?;
    }
    Ok(read)
}

/// A file that is opened for the time of a copy.
struct Held(Handle, Arc<File>);

impl Held {
    fn new(path: &CStr, wanted: &Wanted) -> Result<Self, Code> {
        let (file, _) = open_file(path, wanted)?;
        let file = Arc::new(file);
        let handle = handle::insert(Object::File(Arc::clone(&file)))?;
        Ok(Self(handle, file))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The program may have closed it itself: it was told the value.
        let _ = handle::close(self.0, |_| true);
    }
}

/// Copies a file with its attributes and the time of its last change.
fn copy_file(
    from: &CStr,
    to: &CStr,
    fail_if_exists: bool,
    mut watcher: Watcher,
) -> Result<(), Code> {
    const CREATE_NEW: u32 = 1;
    let source = Wanted {
        access: access::specific(access::GENERIC_READ),
        share: access::SHARE_READ | access::SHARE_WRITE,
        disposition: open::OPEN_EXISTING,
        flags: access::FLAG_SEQUENTIAL_SCAN,
    };
    let disposition = if fail_if_exists {
        CREATE_NEW
    } else {
        open::CREATE_ALWAYS
    };
    let target = Wanted {
        access: access::specific(access::GENERIC_WRITE) | access::DELETE,
        share: 0,
        disposition,
        flags: 0,
    };
    let source = Held::new(from, &source)?;
    let target = Held::new(to, &target)?;
    (watcher.source, watcher.target) = (source.0, target.0);
    let facts = facts::of_open(source.1.fd()).map_err(Status::of_file)?;
    let mut done = 0;
    let mut next = watcher.ask(facts.size, done, STREAM_SWITCH);
    loop {
        match next {
            Next::GoOn => {}
            Next::Stop => return Err(Code::REQUEST_ABORTED),
            Next::Cancel => {
                if let Some(node) = &target.1.node {
                    node.doom(true);
                }
                return Err(Code::REQUEST_ABORTED);
            }
        }
        match copy_chunk(&source.1, &target.1, done).map_err(Status::of_file)? {
            0 => break,
            bytes => done += bytes as u64,
        }
        next = watcher.ask(facts.size, done, CHUNK_FINISHED);
    }
    let fd = target.1.fd();
    // Permission to run it is a part of a program here.
    // SAFETY: no pointers are passed.
    let _ = unsafe { libc::fchmod(fd, facts.mode & 0o777 | 0o200) };
    // A file system that keeps none of this still has the content.
    let _ = facts::set_times(fd, None, Some(facts.written));
    let _ = facts::set_attributes(fd, facts.attributes);
    Ok(())
}

/// Copies over whatever is there, for a move to another file system.
pub(super) fn copy_over(from: &CStr, to: &CStr, replaces: bool) -> Result<(), Code> {
    copy_file(from, to, !replaces, Watcher::nobody()).map_err(|code| match code {
        Code::FILE_EXISTS => Status::OBJECT_NAME_COLLISION.into(),
        code => code,
    })
}

impl Watcher {
    fn nobody() -> Self {
        Self {
            routine: None,
            data: std::ptr::null_mut(),
            cancel: Out::nowhere(),
            source: std::ptr::null_mut(),
            target: std::ptr::null_mut(),
        }
    }
}

fn copy<U: Unit>(from: Text<U>, to: Text<U>, fail_if_exists: bool, watcher: Watcher) -> Bool {
    code_bool(|| {
        let (from, to) = (parse_file(from)?, parse_file(to)?);
        // A copy onto itself would empty the file first.
        let same = |path: &CStr| facts::of_name(path).map(|facts| (facts.device, facts.inode));
        let source = spelled(&from, crate::path::Last::Exists, same)?;
        if same(&to) == Ok(source) && !fail_if_exists {
            return Err(Status::SHARING_VIOLATION.into());
        }
        copy_file(&from, &to, fail_if_exists, watcher)
    })
}

exports! {
    CopyFileA, CopyFileW, CopyFileW_16:
    fn copy_plain<U>(from: Text<U>, to: Text<U>, fail_if_exists: Bool) -> Bool = FALSE; {
        copy(from, to, fail_if_exists != FALSE, Watcher::nobody())
    }

    CopyFileExA, CopyFileExW, CopyFileExW_16:
    fn copy_ex<U>(
        from: Text<U>, to: Text<U>, routine: Option<Progress>, data: *mut c_void,
        cancel: Out<Bool>, flags: Dword,
    ) -> Bool = FALSE; {
        let watcher = Watcher { routine, data, cancel, ..Watcher::nobody() };
        copy(from, to, flags & FAIL_IF_EXISTS != 0, watcher)
    }
}
