//! `CreateFile`: rights, sharing, dispositions, flags (S-280 to S-290).
//!
//! What is done to the file comes after the question whether others permit it (S-285): a file
//! that exists is opened as it is, entered in the table of opens, and only then emptied.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use completion_port::{RawHandle, RawNature};
use parking_lot::Mutex;

use super::facts::{self, Facts, errno};
use super::node::{self, MAKING, Node, Opener};
use super::{File, Nature, access, listing};
use crate::abi::{Dword, Handle, INVALID_HANDLE};
use crate::code::{Code, code_door};
use crate::handle::{self, Object};
use crate::io_object::Io;
use crate::path::{self, Device, Last, Name, spelled};
use crate::pipe;
use crate::status::{Status, set_last_error};
use crate::text::{In, Text, Unit, exports};

const CREATE_NEW: u32 = 1;
pub(super) const CREATE_ALWAYS: u32 = 2;
pub(super) const OPEN_EXISTING: u32 = 3;
const OPEN_ALWAYS: u32 = 4;
const TRUNCATE_EXISTING: u32 = 5;

/// `ERROR_ALREADY_EXISTS`, which goes with success.
const ALREADY_EXISTS: u32 = 183;

/// What is asked of `CreateFile`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Specific rights.
    pub(crate) access: u32,
    pub(crate) share: u32,
    pub(crate) disposition: u32,
    pub(crate) flags: u32,
}

impl Wanted {
    /// # Errors
    ///
    /// The numbers make no sense.
    fn new(access: u32, share: u32, disposition: u32, flags: u32) -> Result<Self, Status> {
        let sensible = (CREATE_NEW..=TRUNCATE_EXISTING).contains(&disposition)
            && share & !access::SHARE_ALL == 0
            && (disposition != TRUNCATE_EXISTING
                || access::specific(access) & access::WRITE_DATA != 0);
        if !sensible {
            return Err(Status::INVALID_PARAMETER);
        }
        let mut access = access::specific(access);
        if flags & access::FLAG_DELETE_ON_CLOSE != 0 {
            access |= access::DELETE;
        }
        Ok(Self {
            access,
            share,
            disposition,
            flags,
        })
    }

    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn reads(&self) -> bool {
        self.access & (access::READ_DATA | access::EXECUTE) != 0
    }

    fn writes(&self) -> bool {
        self.access & (access::WRITE_DATA | access::APPEND_DATA) != 0
    }

    /// The existing content goes.
    fn empties(&self) -> bool {
        matches!(self.disposition, CREATE_ALWAYS | TRUNCATE_EXISTING)
    }

    /// A missing file is made.
    fn makes(&self) -> bool {
        matches!(self.disposition, CREATE_NEW | CREATE_ALWAYS | OPEN_ALWAYS)
    }

    /// The system's flags.
    fn system_flags(&self) -> libc::c_int {
        let mut flags = match (self.reads(), self.writes()) {
            (true, true) => libc::O_RDWR,
            (false, true) => libc::O_WRONLY,
            (_, false) => libc::O_RDONLY,
        };
        // Devices and pipes that have no other end yet must not keep the program waiting.
        flags |= libc::O_CLOEXEC | libc::O_NOCTTY | libc::O_NONBLOCK;
        if self.has(access::FLAG_WRITE_THROUGH) {
            flags |= libc::O_DSYNC;
        }
        if self.has(access::FLAG_OPEN_REPARSE_POINT) {
            flags |= libc::O_NOFOLLOW;
        }
        flags
    }
}

/// Calls `open`; the error number if it fails.
fn open_call(path: &CStr, flags: libc::c_int, mode: libc::mode_t) -> Result<OwnedFd, i32> {
    loop {
        // SAFETY: a string that ends with zero is passed.
        let fd = unsafe { libc::open(path.as_ptr(), flags, mode) };
        if fd >= 0 {
            // SAFETY: the call has just made this descriptor, and nobody else knows it.
            return Ok(unsafe { OwnedFd::from_raw_fd(fd) });
        }
        match errno() {
            libc::EINTR => {}
            code => return Err(code),
        }
    }
}

/// Opens what exists; directories for reading their names, whatever the access.
fn open_existing(path: &CStr, wanted: &Wanted) -> Result<OwnedFd, i32> {
    let flags = wanted.system_flags();
    match open_call(path, flags, 0) {
        Err(libc::EISDIR) => {
            let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
            open_call(path, flags, 0)
        }
        // A link itself has no content; neither has what nobody may read, but it has attributes.
        Err(code @ (libc::ELOOP | libc::EACCES | libc::ENXIO))
            if !wanted.writes() && (code == libc::ELOOP || !wanted.reads()) =>
        {
            open_call(path, libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC, 0)
        }
        opened => opened,
    }
}

/// Takes back what only opening needed; has transfers bypass the page cache if they shall and the
/// file system can do that (S-269).
fn settle(fd: RawFd, direct: bool) {
    let set = |flags: libc::c_int| {
        // SAFETY: no pointers are passed.
        unsafe { libc::fcntl(fd, libc::F_SETFL, flags) }
    };
    // Of what was asked for when opening, only these can be set so; the rest stays.
    if !direct || set(libc::O_DIRECT) != 0 {
        let _ = set(0);
    }
}

fn advise(fd: RawFd, flags: u32) {
    let advice = if flags & access::FLAG_SEQUENTIAL_SCAN != 0 {
        libc::POSIX_FADV_SEQUENTIAL
    } else if flags & access::FLAG_RANDOM_ACCESS != 0 {
        libc::POSIX_FADV_RANDOM
    } else {
        return;
    };
    // SAFETY: no pointers are passed. It is a hint, so that its failure means nothing.
    let _ = unsafe { libc::posix_fadvise(fd, 0, 0, advice) };
}

/// Whether a file that exists may be opened so, apart from what others do with it.
fn check_existing(facts: &Facts, wanted: &Wanted) -> Result<(), Code> {
    if facts.is_directory() {
        if wanted.disposition == CREATE_NEW {
            return Err(Code::FILE_EXISTS);
        }
        let allowed = wanted.has(access::FLAG_BACKUP_SEMANTICS) && !wanted.empties();
        return match allowed {
            true => Ok(()),
            false => Err(Status::ACCESS_DENIED.into()),
        };
    }
    let read_only = facts.attributes & facts::READONLY != 0;
    let changes = wanted.writes() || wanted.empties();
    if read_only && (changes || wanted.has(access::FLAG_DELETE_ON_CLOSE)) {
        return Err(Status::ACCESS_DENIED.into());
    }
    // Who empties a hidden file must say that he knows what it is (S-281).
    let special = facts::HIDDEN | facts::SYSTEM;
    if wanted.disposition == CREATE_ALWAYS && facts.attributes & special & !wanted.flags != 0 {
        return Err(Status::ACCESS_DENIED.into());
    }
    Ok(())
}

/// Takes the content away.
fn empty(fd: RawFd, wanted: &Wanted) -> Result<(), Status> {
    let result = if wanted.writes() {
        // SAFETY: no pointers are passed.
        unsafe { libc::ftruncate(fd, 0) }
    } else {
        let name = CString::new(format!("/proc/self/fd/{fd}")).unwrap_or_default();
        // SAFETY: a string that ends with zero is passed.
        unsafe { libc::truncate(name.as_ptr(), 0) }
    };
    match result {
        0 => Ok(()),
        _ => Err(Status::of_file(errno())),
    }
}

/// A file that has been opened, and whether it existed.
struct Opened {
    fd: OwnedFd,
    facts: Facts,
    opener: Opener,
    node: Option<Arc<Node>>,
    existed: bool,
}

fn enter(facts: &Facts, opener: Opener, wanted: &Wanted) -> Result<Option<Arc<Node>>, Status> {
    let kind = facts.mode & libc::S_IFMT;
    if kind != libc::S_IFREG && kind != libc::S_IFDIR {
        return Ok(None);
    }
    let key = (facts.device, facts.inode);
    node::join(key, opener, wanted.access, wanted.share).map(Some)
}

fn take_existing(path: &CStr, wanted: &Wanted) -> Result<Opened, Code> {
    let last = Last::Exists;
    let making = MAKING.read();
    let fd = match wanted.disposition {
        // The name of a file that may have to be made is the program's choice.
        CREATE_ALWAYS => spelled(path, Last::New, |path| open_existing(path, wanted)),
        _ => spelled(path, last, |path| open_existing(path, wanted)),
    }?;
    let asked = if wanted.disposition == CREATE_ALWAYS || !wanted.reads() {
        facts::of_open(fd.as_raw_fd())
    } else {
        facts::of_open_plain(fd.as_raw_fd())
    };
    let facts = asked.map_err(Status::of_file)?;
    check_existing(&facts, wanted)?;
    let opener = Opener::new();
    let node = enter(&facts, opener, wanted)?;
    drop(making);
    let opened = Opened {
        fd,
        facts,
        opener,
        node,
        existed: true,
    };
    if wanted.empties() {
        let emptied = empty(opened.fd.as_raw_fd(), wanted);
        emptied.inspect_err(|_| opened.give_up())?;
    }
    if wanted.disposition == CREATE_ALWAYS {
        opened.keep_attributes(wanted.flags);
    }
    Ok(opened)
}

fn take_new(path: &CStr, wanted: &Wanted, exclusive: libc::c_int) -> Result<Opened, Code> {
    let flags = wanted.system_flags() | libc::O_CREAT | exclusive;
    let mode = if wanted.has(facts::READONLY) {
        0o444
    } else {
        0o666
    };
    let making = MAKING.write();
    let fd = spelled(path, Last::New, |path| open_call(path, flags, mode))?;
    let facts = facts::of_open_plain(fd.as_raw_fd()).map_err(Status::of_file)?;
    let opener = Opener::new();
    let node = enter(&facts, opener, wanted)?;
    drop(making);
    let opened = Opened {
        fd,
        facts,
        opener,
        node,
        existed: false,
    };
    opened.keep_attributes(wanted.flags);
    Ok(opened)
}

/// Between two looks at a name another process may make or remove the file; so often is tried.
const TRIES: usize = 16;

fn take(path: &CStr, wanted: &Wanted) -> Result<Opened, Code> {
    let missing = Code::from(Status::OBJECT_NAME_NOT_FOUND);
    let exists = Code::from(Status::OBJECT_NAME_COLLISION);
    if wanted.disposition == CREATE_NEW {
        let made = take_new(path, wanted, libc::O_EXCL);
        return made.map_err(|code| {
            if code == exists {
                Code::FILE_EXISTS
            } else {
                code
            }
        });
    }
    for _ in 0..TRIES {
        match take_existing(path, wanted) {
            Err(code) if code == missing && wanted.makes() => {}
            taken => return taken,
        }
        match take_new(path, wanted, libc::O_EXCL) {
            Err(code) if code == exists => {}
            taken => return taken,
        }
    }
    // A link that leads nowhere exists and does not.
    take_new(path, wanted, 0)
}

impl Opened {
    /// The attributes that the system keeps elsewhere; where it cannot, nothing is kept.
    fn keep_attributes(&self, flags: u32) {
        let special = facts::HIDDEN | facts::SYSTEM;
        if flags & special != 0 || (self.existed && self.facts.attributes & special != 0) {
            let attributes = flags & special | facts::ARCHIVE;
            let _ = facts::keep(self.fd.as_raw_fd(), attributes, false);
        }
    }

    fn give_up(&self) {
        if let Some(node) = &self.node {
            node.leave(self.opener, self.fd.as_raw_fd());
        }
    }

    fn into_file(self, wanted: &Wanted) -> Result<File, Status> {
        let fd = self.fd.as_raw_fd();
        let kind = self.facts.mode & libc::S_IFMT;
        let nature = match kind {
            libc::S_IFDIR => Nature::Directory,
            libc::S_IFCHR | libc::S_IFIFO | libc::S_IFSOCK => Nature::Device,
            _ => Nature::Disk,
        };
        let (mut sector, mut reach) = (1, 1);
        let overlapped = wanted.has(access::FLAG_OVERLAPPED);
        let (io, owned) = match nature {
            Nature::Device if !overlapped => {
                settle(fd, false);
                (None, Some(self.fd))
            }
            Nature::Device => (Some(io_of(self.fd, RawNature::Pipe, true)?), None),
            _ => {
                let direct = nature == Nature::Disk && wanted.has(access::FLAG_NO_BUFFERING);
                settle(fd, direct);
                if direct {
                    let (offset, memory) = self.facts.direct_alignment;
                    sector = u64::from(offset).max(SECTOR);
                    reach = if memory == 0 {
                        SECTOR as usize
                    } else {
                        memory as usize
                    };
                }
                advise(fd, wanted.flags);
                (Some(io_of(self.fd, RawNature::File, overlapped)?), None)
            }
        };
        Ok(File {
            io,
            fd,
            _owned: owned,
            nature,
            access: wanted.access,
            flags: wanted.flags,
            sector,
            reach,
            position: Mutex::new(0),
            writes: Arc::default(),
            closed: AtomicBool::new(false),
            opener: self.opener,
            node: self.node,
            watch: OnceLock::new(),
            listing: Mutex::new(listing::Progress::default()),
        })
    }
}

/// What unbuffered transfers must be aligned to where the system does not say.
const SECTOR: u64 = 512;

fn io_of(fd: OwnedFd, nature: RawNature, overlapped: bool) -> Result<Arc<Io>, Status> {
    let raw = RawHandle::new(fd, nature);
    let raw = raw.map_err(|error| Status::of_file(Status::errno(&error)))?;
    Ok(Io::new(raw, overlapped))
}

/// Opens a file by its name in the system's form; whether it existed.
pub(super) fn open_file(path: &CStr, wanted: &Wanted) -> Result<(File, bool), Code> {
    let opened = take(path, wanted)?;
    let (node, opener) = (opened.node.clone(), opened.opener);
    let existed = opened.existed;
    let file = opened.into_file(wanted).inspect_err(|_| {
        if let Some(node) = node {
            node.leave(opener, -1);
        }
    })?;
    Ok((file, existed))
}

/// A device that is none of the standard streams, though perhaps the terminal behind them.
fn open_device(device: Device, wanted: &Wanted) -> Result<File, Code> {
    let wanted = &Wanted {
        disposition: OPEN_EXISTING,
        ..*wanted
    };
    let path = match device {
        Device::Null => c"/dev/null",
        Device::Console | Device::ConsoleInput | Device::ConsoleOutput => c"/dev/tty",
    };
    open_file(path, wanted).map(|(file, _)| file)
}

/// Opens whatever a name stands for; the last error that goes with success.
fn open(name: &Name, wanted: &Wanted) -> Result<(Object, u32), Code> {
    match name {
        Name::File(path) => {
            let (file, existed) = open_file(path, wanted)?;
            let tells = matches!(wanted.disposition, CREATE_ALWAYS | OPEN_ALWAYS);
            let code = if tells && existed { ALREADY_EXISTS } else { 0 };
            Ok((Object::File(Arc::new(file)), code))
        }
        Name::Device(device) => {
            let file = open_device(*device, wanted)?;
            Ok((Object::File(Arc::new(file)), 0))
        }
        Name::Pipe(name) => Ok((pipe::open_client(name, wanted)?, 0)),
        Name::Mailslot(name) => Ok((pipe::open_mailslot(name, wanted)?, 0)),
    }
}

/// `SECURITY_ATTRIBUTES`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecurityAttributes {
    length: Dword,
    descriptor: *mut u8,
    inherit: i32,
}

/// Whether children are to inherit what is made with such attributes.
pub(crate) fn inherits(attributes: In<SecurityAttributes>) -> bool {
    attributes.get().is_some_and(|a| a.inherit != 0)
}

/// A handle for a new object, marked if children are to inherit it.
pub(crate) fn insert(object: Object, inherited: bool) -> Result<Handle, Status> {
    const INHERIT: u32 = 1;
    let handle = handle::insert(object)?;
    if inherited && let Some(used) = handle::get(handle) {
        used.flags().fetch_or(INHERIT, Ordering::Relaxed);
    }
    Ok(handle)
}

fn create_file<U: Unit>(name: Text<U>, wanted: Result<Wanted, Status>, inherited: bool) -> Handle {
    let failed = std::ptr::without_provenance_mut(INVALID_HANDLE);
    code_door(failed, || {
        let (object, code) = open(&path::parse(name)?, &wanted?)?;
        let handle = insert(object, inherited)?;
        set_last_error(code);
        Ok(handle)
    })
}

/// Opens what a handle stands for once more.
fn reopen(original: Handle, access: u32, share: u32, flags: u32) -> Result<Handle, Code> {
    let wanted = Wanted::new(access, share, OPEN_EXISTING, flags)?;
    super::with_file(original, |file| {
        let path = CString::new(format!("/proc/self/fd/{}", file.fd()));
        let path = path.map_err(|_| Status::OBJECT_NAME_INVALID)?;
        let (file, _) = open_file(&path, &wanted)?;
        Ok(insert(Object::File(Arc::new(file)), false)?)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReOpenFile(
    original: Handle,
    access: Dword,
    share: Dword,
    flags: Dword,
) -> Handle {
    code_door(std::ptr::without_provenance_mut(INVALID_HANDLE), || {
        reopen(original, access, share, flags)
    })
}

/// `CREATEFILE2_EXTENDED_PARAMETERS`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct ExtendedParameters {
    size: Dword,
    file_attributes: Dword,
    file_flags: Dword,
    quality_of_service: Dword,
    attributes: In<SecurityAttributes>,
    template: Handle,
}

exports! {
    CreateFileA, CreateFileW, CreateFileW_16:
    fn create<U>(
        name: Text<U>, access: Dword, share: Dword, attributes: In<SecurityAttributes>,
        disposition: Dword, flags: Dword, _template: Handle,
    ) -> Handle = std::ptr::without_provenance_mut(INVALID_HANDLE); {
        create_file(name, Wanted::new(access, share, disposition, flags), inherits(attributes))
    }

    CreateFile2, CreateFile2_16:
    fn create_2<U>(
        name: Text<U>, access: Dword, share: Dword, disposition: Dword,
        parameters: In<ExtendedParameters>,
    ) -> Handle = std::ptr::without_provenance_mut(INVALID_HANDLE); {
        let parameters = parameters.get();
        let flags = parameters.map_or(0, |p| p.file_attributes | p.file_flags);
        let wanted = Wanted::new(access, share, disposition, flags);
        create_file(name, wanted, parameters.is_some_and(|p| inherits(p.attributes)))
    }
}
