//! A list of the system's threads, as they were at one moment.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::abi::{Bool, Dword, Handle, INVALID_HANDLE};
use crate::code::{Code, code_bool, code_door};
use crate::handle::{self, Object};
use crate::text::Out;

const THREADS: u32 = 4;

/// `THREADENTRY32`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Entry {
    size: u32,
    usage: u32,
    thread: u32,
    process: u32,
    priority: i32,
    priority_change: i32,
    flags: u32,
}

const _: () = assert!(size_of::<Entry>() == 28);

/// Threads and their processes, and how many have been told.
struct Snapshot {
    threads: Vec<(u32, u32)>,
    told: Mutex<usize>,
}

/// The numbers that name entries of a folder.
fn numbers_in(folder: &str) -> impl Iterator<Item = u32> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn all_threads() -> Vec<(u32, u32)> {
    let threads_of =
        |process| numbers_in(&format!("/proc/{process}/task")).map(move |thread| (thread, process));
    numbers_in("/proc").flat_map(threads_of).collect()
}

/// What Windows calls the base priority: 8 is normal, and higher is more.
fn priority_of(thread: u32) -> i32 {
    const NORMAL: i32 = 8;
    // SAFETY: no pointers are passed.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, thread) };
    NORMAL - nice * 7 / 20
}

/// Tells the next thread; `again` begins at the first.
fn tell(snapshot: Handle, entry: Out<Entry>, again: bool) -> Result<(), Code> {
    let object = handle::get(snapshot).ok_or(Code::INVALID_HANDLE)?;
    let Object::Other(other) = &*object else {
        return Err(Code::INVALID_HANDLE);
    };
    let snapshot = other
        .downcast_ref::<Snapshot>()
        .ok_or(Code::INVALID_HANDLE)?;
    // SAFETY: a pointer that is not null leads to a structure, which begins with its size.
    let size = unsafe { entry.as_ptr().cast::<u32>().as_ref() }.copied();
    let size = size.ok_or(Code::INVALID_PARAMETER)?;
    if (size as usize) < size_of::<Entry>() {
        return Err(Code::BAD_LENGTH);
    }
    let mut told = snapshot.told.lock();
    let at = if again { 0 } else { *told };
    let &(thread, process) = snapshot.threads.get(at).ok_or(Code::NO_MORE_FILES)?;
    *told = at + 1;
    entry.set(Entry {
        size,
        usage: 0,
        thread,
        process,
        priority: priority_of(thread),
        priority_change: 0,
        flags: 0,
    });
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateToolhelp32Snapshot(flags: Dword, _process: Dword) -> Handle {
    code_door(std::ptr::without_provenance_mut(INVALID_HANDLE), || {
        if flags & THREADS == 0 {
            return Err(Code::INVALID_PARAMETER);
        }
        let snapshot = Snapshot {
            threads: all_threads(),
            told: Mutex::new(0),
        };
        Ok(handle::insert(Object::Other(Arc::new(snapshot)))?)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn Thread32First(snapshot: Handle, entry: Out<Entry>) -> Bool {
    code_bool(|| tell(snapshot, entry, true))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn Thread32Next(snapshot: Handle, entry: Out<Entry>) -> Bool {
    code_bool(|| tell(snapshot, entry, false))
}
