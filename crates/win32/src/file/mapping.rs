//! Memory that files or nothing stand behind, and its names.
//!
//! Memory without a file that has a name is a file in the system's own memory file system, so
//! that all processes of the user find it. Each who has it open holds a shared lock; who closes
//! it and gets the exclusive one was the last, and takes the name away.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;

use super::facts::{self, errno};
use super::open::{SecurityAttributes, inherits, insert};
use super::{File, Nature, access, with_file};
use crate::abi::{Bool, Dword, Handle, INVALID_HANDLE};
use crate::code::{Code, code_door};
use crate::handle::{self, Object};
use crate::path::to_bytes;
use crate::status::{Status, set_last_error};
use crate::text::{In, Text, Unit, exports};

const ALREADY_EXISTS: u32 = 183;

/// What may be done with the memory, of the page protections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Protection {
    pub(super) write: bool,
    /// Changes stay in the view.
    pub(super) copy: bool,
    pub(super) execute: bool,
}

impl Protection {
    fn new(protect: Dword) -> Result<Self, Status> {
        const IMAGE: Dword = 0x0100_0000;
        let of = |write, copy, execute| {
            Ok(Self {
                write,
                copy,
                execute,
            })
        };
        match protect & 0xff {
            _ if protect & IMAGE != 0 => Err(Status::INVALID_PARAMETER),
            0x02 => of(false, false, false),
            0x04 => of(true, false, false),
            0x08 => of(false, true, false),
            0x20 => of(false, false, true),
            0x40 => of(true, false, true),
            0x80 => of(false, true, true),
            _ => Err(Status::INVALID_PARAMETER),
        }
    }
}

/// A file mapping object.
pub(super) struct Mapping {
    fd: OwnedFd,
    pub(super) size: u64,
    pub(super) protection: Protection,
    /// The name in the memory file system.
    shared: Option<CString>,
}

impl Mapping {
    pub(super) fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let Some(name) = &self.shared else { return };
        // SAFETY: no pointers are passed.
        let is_last = unsafe { libc::flock(self.fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0;
        if is_last {
            // SAFETY: a string that ends with zero is passed.
            unsafe { libc::shm_unlink(name.as_ptr()) };
        }
    }
}

/// The named mappings of files: their names are known in this process only.
static NAMES: LazyLock<Mutex<HashMap<Vec<u8>, Weak<Mapping>>>> = LazyLock::new(Mutex::default);

/// A name without the name space that Windows puts it in.
fn plain_name(name: &[u8]) -> &[u8] {
    let stripped = [r"Local\", r"Global\"];
    let stripped = stripped
        .iter()
        .find_map(|s| name.strip_prefix(s.as_bytes()));
    stripped.unwrap_or(name)
}

/// What memory of that name is called in the memory file system.
fn shared_name(name: &[u8]) -> Result<CString, Status> {
    // SAFETY: no pointers are passed.
    let user = unsafe { libc::geteuid() };
    let mut text = format!("/iocp-{user}-").into_bytes();
    for byte in name {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => text.push(*byte),
            other => text.extend(format!("%{other:02x}").bytes()),
        }
    }
    if text.len() > 250 {
        return Err(Status::OBJECT_NAME_INVALID);
    }
    CString::new(text).map_err(|_| Status::OBJECT_NAME_INVALID)
}

fn owned(fd: libc::c_int) -> Result<OwnedFd, Status> {
    match fd {
        // SAFETY: a call has just made this descriptor, and nobody else knows it.
        0.. => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(Status::of_file(errno())),
    }
}

fn set_size(fd: RawFd, size: u64) -> Result<(), Status> {
    let size = i64::try_from(size).map_err(|_| Status::INVALID_PARAMETER)?;
    // SAFETY: no pointers are passed.
    match unsafe { libc::ftruncate(fd, size) } {
        0 => Ok(()),
        _ => Err(Status::of_file(errno())),
    }
}

fn size_of_file(fd: RawFd) -> Result<u64, Status> {
    let facts = facts::of_open_plain(fd).map_err(Status::of_file)?;
    Ok(facts.size)
}

/// Opens named memory; `None` if it vanished in between.
fn open_shared(name: &CString, flags: libc::c_int) -> Result<Option<OwnedFd>, Status> {
    let flags = flags | libc::O_RDWR | libc::O_CLOEXEC;
    // SAFETY: a string that ends with zero is passed.
    let fd = owned(unsafe { libc::shm_open(name.as_ptr(), flags, 0o600) })?;
    // SAFETY: no pointers are passed.
    let locked =
        completion_port::blocking(|| unsafe { libc::flock(fd.as_raw_fd(), libc::LOCK_SH) });
    if locked != 0 {
        return Err(Status::of_file(errno()));
    }
    let facts = facts::of_open_plain(fd.as_raw_fd()).map_err(Status::of_file)?;
    Ok((facts.links > 0).then_some(fd))
}

/// Memory of that name, made if there is none and a size is given; whether it existed.
fn shared(
    name: &[u8],
    size: Option<u64>,
    protection: Protection,
) -> Result<(Mapping, bool), Status> {
    let name = shared_name(name)?;
    loop {
        let made = size.map(|_| open_shared(&name, libc::O_CREAT | libc::O_EXCL));
        let (fd, existed) = match made {
            Some(Ok(Some(fd))) => (fd, false),
            None | Some(Err(Status::OBJECT_NAME_COLLISION)) => match open_shared(&name, 0) {
                Ok(Some(fd)) => (fd, true),
                Ok(None) => continue,
                Err(Status::OBJECT_NAME_NOT_FOUND) if size.is_some() => continue,
                Err(status) => return Err(status),
            },
            Some(Ok(None)) => continue,
            Some(Err(status)) => return Err(status),
        };
        if let (false, Some(size)) = (existed, size) {
            set_size(fd.as_raw_fd(), size)?;
        }
        let size = size_of_file(fd.as_raw_fd())?;
        let mapping = Mapping {
            fd,
            size,
            protection,
            shared: Some(name),
        };
        return Ok((mapping, existed));
    }
}

/// Memory without a file and without a name.
fn anonymous(size: u64, protection: Protection) -> Result<Mapping, Status> {
    // SAFETY: a string that ends with zero is passed.
    let fd = owned(unsafe { libc::memfd_create(c"iocp".as_ptr(), libc::MFD_CLOEXEC) })?;
    set_size(fd.as_raw_fd(), size)?;
    Ok(Mapping {
        fd,
        size,
        protection,
        shared: None,
    })
}

impl File {
    fn map(&self, size: u64, protection: Protection) -> Result<Mapping, Code> {
        self.permits(access::READ_DATA)?;
        if protection.write {
            self.permits(access::WRITE_DATA)?;
        }
        if self.nature != Nature::Disk {
            return Err(Code::FILE_INVALID);
        }
        let end = self.end()?;
        let size = if size == 0 { end } else { size };
        if size == 0 {
            return Err(Code::FILE_INVALID);
        }
        if size > end {
            if !protection.write {
                return Err(Code::NOT_ENOUGH_MEMORY);
            }
            set_size(self.fd(), size)?;
        }
        // SAFETY: no pointers are passed.
        let fd = owned(unsafe { libc::fcntl(self.fd(), libc::F_DUPFD_CLOEXEC, 3) })?;
        Ok(Mapping {
            fd,
            size,
            protection,
            shared: None,
        })
    }
}

/// A mapping object, and whether it existed already.
fn create(
    file: Handle,
    protect: Dword,
    size: u64,
    name: &[u8],
) -> Result<(Arc<Mapping>, bool), Code> {
    let protection = Protection::new(protect)?;
    if file.addr() == INVALID_HANDLE {
        if size == 0 {
            return Err(Status::INVALID_PARAMETER.into());
        }
        let (mapping, existed) = match name {
            [] => (anonymous(size, protection)?, false),
            name => shared(name, Some(size), protection)?,
        };
        return Ok((Arc::new(mapping), existed));
    }
    let make = || with_file(file, |file| Ok(Arc::new(file.map(size, protection)?)));
    if name.is_empty() {
        return Ok((make()?, false));
    }
    let mut names = NAMES.lock();
    if let Some(found) = names.get(name).and_then(Weak::upgrade) {
        return Ok((found, true));
    }
    let made: Result<Arc<Mapping>, Code> = make();
    let made = made?;
    names.retain(|_, mapping| mapping.strong_count() > 0);
    names.insert(name.to_vec(), Arc::downgrade(&made));
    Ok((made, false))
}

/// The mapping behind a handle.
pub(super) fn mapping_of(handle: Handle) -> Result<Arc<Mapping>, Status> {
    match handle::get(handle).as_deref() {
        Some(Object::Other(other)) => {
            let mapping = Arc::clone(other).downcast::<Mapping>();
            mapping.map_err(|_| Status::INVALID_HANDLE)
        }
        _ => Err(Status::INVALID_HANDLE),
    }
}

fn open<U: Unit>(wanted: Dword, name: Text<U>) -> Result<Handle, Code> {
    const MAP_WRITE: Dword = 2;
    let name = to_bytes(name.or_empty());
    let name = plain_name(&name);
    if name.is_empty() {
        return Err(Status::INVALID_PARAMETER.into());
    }
    let found = NAMES.lock().get(name).and_then(Weak::upgrade);
    let mapping = match found {
        Some(found) => found,
        None => {
            let protection = Protection {
                write: wanted & MAP_WRITE != 0,
                copy: false,
                execute: false,
            };
            Arc::new(shared(name, None, protection)?.0)
        }
    };
    Ok(handle::insert(Object::Other(mapping))?)
}

exports! {
    CreateFileMappingA, CreateFileMappingW, CreateFileMappingW_16:
    fn create_mapping<U>(
        file: Handle, attributes: In<SecurityAttributes>, protect: Dword, size_high: Dword,
        size_low: Dword, name: Text<U>,
    ) -> Handle = std::ptr::null_mut(); {
        code_door(std::ptr::null_mut(), || {
            let size = u64::from(size_high) << 32 | u64::from(size_low);
            let name = to_bytes(name.or_empty());
            let (mapping, existed) = create(file, protect, size, plain_name(&name))?;
            let handle = insert(Object::Other(mapping), inherits(attributes))?;
            set_last_error(if existed { ALREADY_EXISTS } else { 0 });
            Ok(handle)
        })
    }

    OpenFileMappingA, OpenFileMappingW, OpenFileMappingW_16:
    fn open_mapping<U>(
        access: Dword, _inherit: Bool, name: Text<U>,
    ) -> Handle = std::ptr::null_mut(); {
        code_door(std::ptr::null_mut(), || open(access, name))
    }
}
