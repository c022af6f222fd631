//! The standard streams as handles.

use std::os::fd::RawFd;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::node::Opener;
use super::{File, Nature, access, listing};
use crate::abi::{Bool, Dword, Handle, INVALID_HANDLE};
use crate::code::{code_bool, code_door};
use crate::handle::{self, Object};
use crate::status::Status;

/// The values for input, output and errors; `None` until somebody asks.
static STREAMS: Mutex<[Option<usize>; 3]> = Mutex::new([None; 3]);

/// Which of the three a number names.
fn place_of(which: Dword) -> Result<usize, Status> {
    match which.cast_signed() {
        -10 => Ok(0),
        -11 => Ok(1),
        -12 => Ok(2),
        _ => Err(Status::INVALID_HANDLE),
    }
}

/// The rights that a descriptor gives; `None` if it is closed.
fn rights(fd: RawFd) -> Option<u32> {
    // SAFETY: no pointers are passed.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags < 0 {
        return None;
    }
    Some(match flags & libc::O_ACCMODE {
        libc::O_RDONLY => access::specific(access::GENERIC_READ),
        libc::O_WRONLY => access::specific(access::GENERIC_WRITE),
        _ => access::specific(access::GENERIC_READ | access::GENERIC_WRITE),
    })
}

/// A handle for a standard stream; null if the process has none.
fn open(fd: RawFd) -> Result<usize, Status> {
    let Some(access) = rights(fd) else {
        return Ok(0);
    };
    let file = File {
        io: None,
        fd,
        _owned: None,
        nature: Nature::Standard,
        access,
        flags: 0,
        sector: 1,
        reach: 1,
        position: Mutex::new(0),
        writes: Arc::default(),
        closed: AtomicBool::new(false),
        opener: Opener::new(),
        node: None,
        watch: OnceLock::new(),
        listing: Mutex::new(listing::Progress::default()),
    };
    Ok(handle::insert(Object::File(Arc::new(file)))?.addr())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetStdHandle(which: Dword) -> Handle {
    code_door(std::ptr::without_provenance_mut(INVALID_HANDLE), || {
        let place = place_of(which)?;
        let mut streams = STREAMS.lock();
        let value = match streams[place] {
            Some(value) => value,
            None => *streams[place].insert(open(place as RawFd)?),
        };
        Ok(std::ptr::without_provenance_mut(value))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetStdHandle(which: Dword, stream: Handle) -> Bool {
    code_bool(|| {
        let place = place_of(which)?;
        STREAMS.lock()[place] = Some(stream.addr());
        Ok(())
    })
}
