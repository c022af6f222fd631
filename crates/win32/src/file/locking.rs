//! `LockFile` and its like (S-295, S-296); the locks themselves are in `lock`.

use std::ptr::NonNull;
use std::sync::Arc;

use super::lock::{Lock, Range};
use super::node::Node;
use super::{File, access, with_file};
use crate::abi::{Bool, Dword, Handle, Overlapped};
use crate::bool_door;
use crate::io_object::Io;
use crate::overlapped::{self, Request};
use crate::status::Status;
use crate::synchronous::cancellable;
use crate::waiter::{Gate, Waiter};

const FAIL_IMMEDIATELY: Dword = 1;
const EXCLUSIVE: Dword = 2;

fn wide(low: Dword, high: Dword) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// An operation whose end is to be reported.
type Begun = Option<(Arc<Io>, Request)>;

fn report(begun: Begun) {
    if let Some((io, request)) = begun {
        overlapped::complete_at_once(&io, request, Status::SUCCESS, 0);
    }
}

/// Takes a lock now (then the waiter is given back) or when it becomes free.
fn take_or_wait(file: &File, node: &Node, lock: Lock, waiter: Waiter) -> Option<Waiter> {
    let given_back = node.locks.take_or_wait(lock, waiter);
    if file.is_closed() {
        node.locks.leave(file.opener);
    }
    given_back
}

/// Takes a lock now, or when it becomes free; the packet comes in both cases.
fn lock_later(
    file: &File,
    node: &Node,
    lock: Lock,
    (io, request): (Arc<Io>, Request),
) -> Result<(), Status> {
    match take_or_wait(file, node, lock, Waiter::Request(io, request)) {
        Some(waiter) => {
            waiter.end_at_once(Status::SUCCESS, 0);
            Ok(())
        }
        None => Err(Status::PENDING),
    }
}

/// Takes a lock, waiting for it if need be.
fn lock_now(file: &File, node: &Arc<Node>, lock: Lock) -> Result<(), Status> {
    let gate = Arc::new(Gate::default());
    let waiter = Waiter::Thread(Arc::clone(&gate));
    if take_or_wait(file, node, lock, waiter).is_some() {
        return Ok(());
    }
    let (other, seen) = (Arc::clone(node), Arc::clone(&gate));
    let (status, _) = cancellable(move || other.locks.cancel_thread(&seen), || gate.wait());
    if status.is_success() {
        Ok(())
    } else {
        Err(status)
    }
}

impl File {
    fn lockable(&self) -> Result<&Arc<Node>, Status> {
        self.permits(access::READ_DATA | access::WRITE_DATA)?;
        self.node.as_ref().ok_or(Status::INVALID_DEVICE_REQUEST)
    }

    fn lock(
        &self,
        flags: Dword,
        range: Range,
        overlapped: Option<NonNull<Overlapped>>,
    ) -> Result<(), Status> {
        let node = self.lockable()?;
        let lock = Lock {
            opener: self.opener,
            range,
            exclusive: flags & EXCLUSIVE != 0,
        };
        let begun = match (&self.io, overlapped) {
            // SAFETY: the program keeps the OVERLAPPED valid until the end (S-178).
            (Some(io), Some(at)) => Some((Arc::clone(io), unsafe { Request::begin(io, at) }?)),
            _ => None,
        };
        if flags & FAIL_IMMEDIATELY != 0 {
            node.locks.try_take(lock)?;
            if self.is_closed() {
                node.locks.leave(self.opener);
            }
            report(begun);
            return Ok(());
        }
        match begun {
            Some(begun) if self.is_overlapped() => lock_later(self, node, lock, begun),
            begun => {
                lock_now(self, node, lock)?;
                report(begun);
                Ok(())
            }
        }
    }

    fn unlock(&self, range: Range) -> Result<(), Status> {
        self.lockable()?.locks.release(self.opener, range)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LockFile(
    file: Handle,
    offset_low: Dword,
    offset_high: Dword,
    length_low: Dword,
    length_high: Dword,
) -> Bool {
    let range = Range::new(wide(offset_low, offset_high), wide(length_low, length_high));
    bool_door(|| {
        with_file(file, |file| {
            file.lock(FAIL_IMMEDIATELY | EXCLUSIVE, range, None)
        })
    })
}

/// The range that begins where an OVERLAPPED says.
unsafe fn range_at(
    overlapped: *mut Overlapped,
    low: Dword,
    high: Dword,
) -> Result<(NonNull<Overlapped>, Range), Status> {
    let overlapped = NonNull::new(overlapped).ok_or(Status::INVALID_PARAMETER)?;
    // SAFETY: the program passes a valid OVERLAPPED.
    let start = unsafe { (*overlapped.as_ptr()).offset };
    Ok((overlapped, Range::new(start, wide(low, high))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn LockFileEx(
    file: Handle,
    flags: Dword,
    reserved: Dword,
    length_low: Dword,
    length_high: Dword,
    overlapped: *mut Overlapped,
) -> Bool {
    bool_door(|| {
        if reserved != 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        // SAFETY: the program's pointer, passed on.
        let (overlapped, range) = unsafe { range_at(overlapped, length_low, length_high) }?;
        with_file(file, |file| file.lock(flags, range, Some(overlapped)))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UnlockFile(
    file: Handle,
    offset_low: Dword,
    offset_high: Dword,
    length_low: Dword,
    length_high: Dword,
) -> Bool {
    let range = Range::new(wide(offset_low, offset_high), wide(length_low, length_high));
    bool_door(|| with_file(file, |file| file.unlock(range)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn UnlockFileEx(
    file: Handle,
    reserved: Dword,
    length_low: Dword,
    length_high: Dword,
    overlapped: *mut Overlapped,
) -> Bool {
    bool_door(|| {
        if reserved != 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        // SAFETY: the program's pointer, passed on.
        let (_, range) = unsafe { range_at(overlapped, length_low, length_high) }?;
        with_file(file, |file| file.unlock(range))
    })
}
