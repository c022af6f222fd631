//! The handle table: `HANDLE` and `SOCKET` values, and the objects behind them.
//!
//! Looking a handle up takes no lock: a slot's word holds a generation, whether the slot is open,
//! and how many threads use its object at the moment. Opening and closing take one.
//!
//! A value is a multiple of 4 below 2^31, never 0:
//!
//! | bits | |
//! |---|---|
//! | 0, 1 | zero; programs use the lowest for their own ends (S-153) |
//! | 2 to 19 | place in the table |
//! | 20 to 30 | generation of the place |
//!
//! # Invariants
//!
//! 1. The object in a slot is there while the slot is open or its count of users is not 0.
//! 2. A slot is reused only under the next generation, and the slot freed first is reused first,
//!    so that a stale value is noticed (S-233).

use std::any::Any;
use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::abi::Handle;
use crate::file::File;
use crate::pipe::Pipe;
use crate::port::{self, Port};
use crate::socket::Socket;
use crate::status::Status;
use crate::wait::Waitable;

/// What a handle stands for.
#[derive(Clone)]
pub(crate) enum Object {
    /// A completion port.
    Port(Arc<Port>),
    /// A socket.
    Socket(Arc<Socket>),
    /// A file, a directory, a console.
    File(Arc<File>),
    /// One end of a named or anonymous pipe.
    Pipe(Arc<Pipe>),
    /// What threads wait for: events, mutexes, semaphores, timers, threads, processes.
    Waitable(Arc<Waitable>),
    /// Something that only the room that made it knows.
    Other(Arc<dyn Any + Send + Sync>),
}

impl Object {
    /// The last handle is gone: what is in flight is cancelled, who waits is released.
    fn last_handle_closed(&self) {
        match self {
            Self::Port(port) => port.last_handle_closed(),
            Self::Socket(socket) => socket.last_handle_closed(),
            Self::File(file) => file.last_handle_closed(),
            Self::Pipe(pipe) => pipe.last_handle_closed(),
            Self::Waitable(waitable) => waitable.last_handle_closed(),
            Self::Other(_) => {}
        }
    }
}

/// How many handles stand for an object.
pub(crate) type Handles = Arc<AtomicUsize>;

/// An object, and what belongs to one handle of it.
pub(crate) struct Entry {
    object: Object,
    handles: Handles,
    /// `HANDLE_FLAG_INHERIT`, `HANDLE_FLAG_PROTECT_FROM_CLOSE`.
    pub(crate) flags: AtomicU32,
}

/// The handle must not be closed: `HANDLE_FLAG_PROTECT_FROM_CLOSE`.
pub(crate) const PROTECT_FROM_CLOSE: u32 = 2;

const INDEX_BITS: u32 = 18;
const GENERATION_BITS: u32 = 11;
const CHUNK: usize = 1024;
const CHUNKS: usize = (1 << INDEX_BITS) / CHUNK;
/// The lowest places stay free, so that small numbers are never handles.
const FIRST: u32 = 16;

const OPEN: u64 = 1 << 32;
const USERS: u64 = OPEN - 1;
const GENERATION_SHIFT: u32 = 33;

/// In a cache line of its own: threads that use neighbours do not wait for each other.
#[repr(align(64))]
struct Slot {
    /// Users in the lower half, then the open bit, then the generation.
    word: AtomicU64,
    entry: UnsafeCell<Option<Entry>>,
}

// SAFETY: the entry is written only by the thread that opens or frees the slot, while nobody uses
// it (invariant 1); what is in it is `Send` and `Sync`.
unsafe impl Sync for Slot {}

impl Slot {
    fn new() -> Self {
        Self {
            word: AtomicU64::new(0),
            entry: UnsafeCell::new(None),
        }
    }
}

struct Table {
    chunks: [OnceLock<Box<[Slot]>>; CHUNKS],
    free: Mutex<Free>,
}

struct Free {
    /// Places that were used before, the one freed first in front.
    used: VecDeque<u32>,
    /// The first place that has never been used.
    fresh: u32,
}

/// Reuse begins only when so many places are free: their generations then last longer.
const RESERVE: usize = 64;

static TABLE: Table = Table {
    chunks: [const { OnceLock::new() }; CHUNKS],
    free: Mutex::new(Free {
        used: VecDeque::new(),
        fresh: FIRST,
    }),
};

impl Table {
    fn slot(&self, index: u32) -> Option<&Slot> {
        let chunk = self.chunks.get(index as usize / CHUNK)?.get()?;
        chunk.get(index as usize % CHUNK)
    }

    fn take_place(&self) -> Option<u32> {
        let mut free = self.free.lock();
        if free.used.len() < RESERVE && free.fresh < 1 << INDEX_BITS {
            let index = free.fresh;
            free.fresh += 1;
            let chunk = &self.chunks[index as usize / CHUNK];
            chunk.get_or_init(|| (0..CHUNK).map(|_| Slot::new()).collect());
            return Some(index);
        }
        free.used.pop_front()
    }

    /// Nobody uses the slot and it is closed: empties it and gives its place back.
    fn release(&self, index: u32, slot: &Slot) {
        // SAFETY: the slot is closed and without users, and only the thread that made it so gets
        // here, so that this is the only access.
        let entry = unsafe { &mut *slot.entry.get() }.take();
        let word = slot.word.load(Ordering::Relaxed);
        let generation = (word >> GENERATION_SHIFT) + 1;
        let generation = generation & ((1 << GENERATION_BITS) - 1);
        slot.word
            .store(generation << GENERATION_SHIFT, Ordering::Release);
        self.free.lock().used.push_back(index);
        // Outside the lock: destructors may open and close handles.
        drop(entry);
    }
}

fn value(index: u32, generation: u64) -> Handle {
    let value = (generation as usize) << (INDEX_BITS + 2) | (index as usize) << 2;
    std::ptr::without_provenance_mut(value)
}

fn split(value: usize) -> Option<(u32, u64)> {
    if value & 3 != 0 || value >> (INDEX_BITS + 2 + GENERATION_BITS) != 0 {
        return None;
    }
    let index = (value >> 2) & ((1 << INDEX_BITS) - 1);
    Some((index as u32, (value >> (INDEX_BITS + 2)) as u64))
}

/// The use of a handle's object: it stays in place until this is dropped, even if the handle is
/// closed meanwhile.
pub(crate) struct Use {
    slot: &'static Slot,
    index: u32,
}

impl Use {
    fn entry(&self) -> &Entry {
        // SAFETY: while there are users nobody writes the entry (invariant 1).
        let entry = unsafe { &*self.slot.entry.get() };
        entry.as_ref().expect("an open slot has an entry")
    }

    pub(crate) fn flags(&self) -> &AtomicU32 {
        &self.entry().flags
    }
}

impl Deref for Use {
    type Target = Object;
    #[inline]
    fn deref(&self) -> &Object {
        &self.entry().object
    }
}

impl Drop for Use {
    #[inline]
    fn drop(&mut self) {
        let before = self.slot.word.fetch_sub(1, Ordering::AcqRel);
        if before & (USERS | OPEN) == 1 {
            TABLE.release(self.index, self.slot);
        }
    }
}

/// The object of a handle; `None` if the value is no open handle.
#[inline]
pub(crate) fn get(handle: Handle) -> Option<Use> {
    let (index, generation) = split(handle.addr())?;
    let slot = TABLE.slot(index)?;
    let mut word = slot.word.load(Ordering::Relaxed);
    loop {
        if word >> GENERATION_SHIFT != generation || word & OPEN == 0 {
            return None;
        }
        let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
        match slot
            .word
            .compare_exchange_weak(word, word + 1, success, failure)
        {
            Ok(_) => return Some(Use { slot, index }),
            Err(now) => word = now,
        }
    }
}

fn open(entry: Entry) -> Result<Handle, Status> {
    let index = TABLE.take_place().ok_or(Status::TOO_MANY_OPENED_FILES)?;
    let slot = TABLE.slot(index).expect("a place that was given out");
    // SAFETY: the place was given to this thread alone, and the slot is not open yet.
    let place = unsafe { &mut *slot.entry.get() };
    *place = Some(entry);
    let word = slot.word.load(Ordering::Relaxed);
    // From here on others may use it.
    slot.word.store(word | OPEN, Ordering::Release);
    Ok(value(index, word >> GENERATION_SHIFT))
}

/// A first handle of a new object.
///
/// # Errors
///
/// The table is full.
pub(crate) fn insert(object: Object) -> Result<Handle, Status> {
    open(Entry {
        object,
        handles: Arc::new(AtomicUsize::new(1)),
        flags: AtomicU32::new(0),
    })
}

/// A further handle of the same object (S-231).
///
/// # Errors
///
/// The value is no handle, or the table is full.
pub(crate) fn duplicate(handle: Handle) -> Result<Handle, Status> {
    let from = get(handle).ok_or(Status::INVALID_HANDLE)?;
    let entry = from.entry();
    // Another thread may have closed the last one since: its object has come to its end.
    reopen(entry.object.clone(), &entry.handles)?.ok_or(Status::INVALID_HANDLE)
}

/// The count of the handles that stand for a handle's object.
pub(crate) fn handles_of(handle: Handle) -> Option<Handles> {
    Some(Arc::clone(&get(handle)?.entry().handles))
}

/// A further handle of an object that is known by other means than a handle; `None` if the last
/// one has been closed.
///
/// # Errors
///
/// The table is full.
pub(crate) fn reopen(object: Object, handles: &Handles) -> Result<Option<Handle>, Status> {
    let more = |count: usize| (count > 0).then_some(count + 1);
    let order = Ordering::AcqRel;
    if handles
        .fetch_update(order, Ordering::Relaxed, more)
        .is_err()
    {
        return Ok(None);
    }
    let opened = open(Entry {
        object: object.clone(),
        handles: Arc::clone(handles),
        flags: AtomicU32::new(0),
    });
    // The others may have been closed meanwhile.
    if opened.is_err() && handles.fetch_sub(1, Ordering::AcqRel) == 1 {
        object.last_handle_closed();
    }
    opened.map(Some)
}

/// Runs something with every object, once for each of its handles.
pub(crate) fn for_each(mut run: impl FnMut(&Object)) {
    let end = TABLE.free.lock().fresh;
    for index in FIRST..end {
        let Some(slot) = TABLE.slot(index) else {
            continue;
        };
        let generation = slot.word.load(Ordering::Relaxed) >> GENERATION_SHIFT;
        if let Some(used) = get(value(index, generation)) {
            run(&used);
        }
    }
}

/// How many handles are open.
pub(crate) fn count() -> u32 {
    let free = TABLE.free.lock();
    free.fresh - FIRST - free.used.len() as u32
}

/// Closes a handle whose object satisfies the condition. With the last one the object's
/// operations are cancelled (S-230) and its waiters released (S-030).
///
/// # Errors
///
/// The value is no handle, or the condition is not satisfied.
pub(crate) fn close(handle: Handle, wanted: impl FnOnce(&Object) -> bool) -> Result<(), Status> {
    let used = get(handle).ok_or(Status::INVALID_HANDLE)?;
    if !wanted(&used) {
        return Err(Status::INVALID_HANDLE);
    }
    if used.flags().load(Ordering::Relaxed) & PROTECT_FROM_CLOSE != 0 {
        return Err(Status::HANDLE_NOT_CLOSABLE);
    }
    let before = used.slot.word.fetch_and(!OPEN, Ordering::AcqRel);
    if before & OPEN == 0 {
        // Another thread was faster.
        return Err(Status::INVALID_HANDLE);
    }
    if matches!(*used, Object::Port(_)) {
        port::handle_closed();
    }
    if used.entry().handles.fetch_sub(1, Ordering::AcqRel) == 1 {
        used.last_handle_closed();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(value: u32) -> Object {
        Object::Other(Arc::new(value))
    }

    #[test]
    fn values_are_multiples_of_4_and_never_0() {
        let handle = insert(other(1)).unwrap();
        assert!(handle.addr().is_multiple_of(4) && handle.addr() >= 64 && handle.addr() < 1 << 31);
        close(handle, |_| true).unwrap();
    }

    #[test]
    fn s_233_a_stale_value_is_never_another_object() {
        let mut seen = std::collections::HashSet::new();
        for round in 0..1_000 {
            let handle = insert(other(round)).unwrap();
            assert!(seen.insert(handle.addr()), "reused after {round} rounds");
            close(handle, |_| true).unwrap();
            assert!(get(handle).is_none());
            assert!(matches!(
                close(handle, |_| true),
                Err(Status::INVALID_HANDLE)
            ));
        }
    }

    #[test]
    fn an_object_stays_while_it_is_used() {
        let object = Arc::new(7_u32);
        let handle = insert(Object::Other(object.clone())).unwrap();
        let used = get(handle).unwrap();
        close(handle, |_| true).unwrap();
        assert!(get(handle).is_none());
        assert_eq!(Arc::strong_count(&object), 2);
        drop(used);
        assert_eq!(Arc::strong_count(&object), 1);
    }

    #[test]
    fn s_231_the_last_handle_cannot_be_duplicated_once_it_is_being_closed() {
        let handle = insert(other(1)).unwrap();
        let used = get(handle).unwrap();
        let handles = handles_of(handle).unwrap();
        // What another thread comes to see that closes between two steps of the duplication.
        assert_eq!(handles.swap(0, Ordering::Relaxed), 1);
        assert!(matches!(duplicate(handle), Err(Status::INVALID_HANDLE)));
        assert_eq!(handles.swap(1, Ordering::Relaxed), 0);
        let copy = duplicate(handle).unwrap();
        assert_eq!(handles.load(Ordering::Relaxed), 2);
        drop(used);
        close(handle, |_| true).unwrap();
        close(copy, |_| true).unwrap();
    }

    #[test]
    fn no_value_that_was_not_given_out_is_a_handle() {
        for value in [
            0,
            1,
            2,
            3,
            4,
            64 + 1,
            usize::MAX,
            usize::MAX - 1,
            1 << 31,
            1 << 40,
        ] {
            assert!(get(std::ptr::without_provenance_mut(value)).is_none());
        }
    }
}
