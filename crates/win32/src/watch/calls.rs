//! `ReadDirectoryChangesW`.

use std::ffi::CString;
use std::ptr::NonNull;
use std::sync::Arc;

use super::tree::FILTERS;
use super::{Place, Watch};
use crate::abi::{Bool, Dword, FALSE, Handle, Overlapped};
use crate::code::code_bool;
use crate::file::{File, Nature, access, with_file};
use crate::io_object::Io;
use crate::status::Status;
use crate::synchronous::cancellable;
use crate::text::{Out, exports};
use crate::transfer::{CompletionRoutine, Transfer};
use crate::waiter::{Gate, Waiter};

/// What a program asks for.
struct Asked {
    place: Place,
    subtree: bool,
    filter: Dword,
}

/// The watch of a directory, begun by the first call (S-297).
fn watch_of(file: &File, asked: &Asked) -> Result<Arc<Watch>, Status> {
    if let Some(watch) = file.watch().get() {
        return Ok(Arc::clone(watch));
    }
    let folder = CString::new(format!("/proc/self/fd/{}", file.fd()));
    let folder = folder.map_err(|_| Status::OBJECT_NAME_INVALID)?;
    let Place { length, unit, .. } = asked.place;
    let made = Watch::new(folder, asked.subtree, asked.filter, length, unit)?;
    // Another thread may have been faster: its watch then serves both.
    let kept = file.watch().get_or_init(|| Arc::clone(&made));
    if !Arc::ptr_eq(kept, &made) {
        made.close();
    }
    Ok(Arc::clone(kept))
}

fn check(file: &File, asked: &Asked) -> Result<(), Status> {
    if file.nature() != Nature::Directory || asked.filter == 0 || asked.filter & !FILTERS != 0 {
        return Err(Status::INVALID_PARAMETER);
    }
    file.permits(access::READ_DATA)?;
    let start = asked.place.start.addr();
    if !start.is_multiple_of(4) || (start == 0 && asked.place.length > 0) {
        return Err(Status::ACCESS_VIOLATION);
    }
    Ok(())
}

/// Queued is success already (S-160).
fn read_changes(file: &File, asked: Asked, call: &Transfer) -> Result<(), Status> {
    check(file, &asked)?;
    let io: &Arc<Io> = file.io().ok_or(Status::INVALID_PARAMETER)?;
    if io.is_overlapped {
        let request = call.request(io)?;
        let watch = watch_of(file, &asked)?;
        watch.ask(asked.place, Waiter::Request(Arc::clone(io), request));
        if file.is_closed() {
            watch.close();
        }
        return Ok(());
    }
    let watch = watch_of(file, &asked)?;
    let gate = Arc::new(Gate::default());
    watch.ask(asked.place, Waiter::Thread(Arc::clone(&gate)));
    if file.is_closed() {
        watch.close();
    }
    let (other, seen) = (Arc::clone(&watch), Arc::clone(&gate));
    let (status, bytes) = cancellable(move || other.cancel_thread(&seen), || gate.wait());
    call.bytes.set(bytes as Dword);
    // The caller is here to be told that something was lost.
    if status == Status::SUCCESS {
        Ok(())
    } else {
        Err(status)
    }
}

exports! {
    ReadDirectoryChangesW, ReadDirectoryChangesW_16:
    fn read_directory_changes<U>(
        directory: Handle, buffer: *mut u8, length: Dword, subtree: Bool, filter: Dword,
        bytes: Out<Dword>, overlapped: *mut Overlapped, routine: Option<CompletionRoutine>,
    ) -> Bool = FALSE; {
        let call = Transfer {
            start: buffer,
            length: length as usize,
            bytes,
            overlapped: NonNull::new(overlapped),
            routine,
        };
        let place = Place { start: buffer, length: length as usize, unit: size_of::<U>() };
        let asked = Asked { place, subtree: subtree != FALSE, filter };
        code_bool(|| with_file(directory, |file| {
            Ok(read_changes(file, asked, &call)?)
        }))
    }
}
