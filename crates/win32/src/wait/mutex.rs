//! Mutexes: who owns them, how often, and what becomes of them when the owner dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use super::handles::Security;
use super::{Kind, Waitable, current_thread, dispatcher, names};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::bool_door;
use crate::handle::{self, Object};
use crate::status::Status;
use crate::text::{Text, Unit, exports};
use crate::thread::Thread;

/// What a mutex has besides its state; all of it changes under the dispatcher's lock only, which
/// orders everything.
#[derive(Debug)]
pub(crate) struct Mutant {
    /// The owning thread's address, which is its own as long as it owns something.
    owner: AtomicPtr<Thread>,
    /// How often it owns it.
    depth: AtomicU32,
    /// The last owner has died.
    abandoned: AtomicBool,
}

impl Mutant {
    fn new() -> Self {
        Self {
            owner: AtomicPtr::new(std::ptr::null_mut()),
            depth: AtomicU32::new(0),
            abandoned: AtomicBool::new(false),
        }
    }

    pub(super) fn is_owned_by(&self, thread: Option<&Arc<Thread>>) -> bool {
        thread.is_some_and(|thread| {
            std::ptr::eq(self.owner.load(Ordering::Relaxed), Arc::as_ptr(thread))
        })
    }

    /// Takes the owner away.
    fn free(&self) {
        self.owner.store(std::ptr::null_mut(), Ordering::Relaxed);
        self.depth.store(0, Ordering::Relaxed);
    }
}

/// The thread becomes the owner, or once more; whether the owner before it has died. Nobody
/// becomes the owner of what only a callback waits for.
pub(super) fn take(waitable: &Arc<Waitable>, thread: Option<&Arc<Thread>>) -> bool {
    let (Kind::Mutex(mutant), Some(thread)) = (waitable.kind(), thread) else {
        return false;
    };
    if mutant.owner.load(Ordering::Relaxed).is_null() {
        waitable.source().set_count(0);
        mutant
            .owner
            .store(Arc::as_ptr(thread).cast_mut(), Ordering::Relaxed);
        thread.owned.lock().push(Arc::clone(waitable));
    }
    let depth = mutant.depth.load(Ordering::Relaxed);
    mutant
        .depth
        .store(depth.saturating_add(1), Ordering::Relaxed);
    mutant.abandoned.swap(false, Ordering::Relaxed)
}

/// The thread releases a mutex once.
pub(crate) fn release(mutex: Handle) -> Result<(), Status> {
    let used = handle::get(mutex);
    let Some(Object::Waitable(waitable)) = used.as_deref() else {
        return Err(Status::INVALID_HANDLE);
    };
    let Kind::Mutex(mutant) = waitable.kind() else {
        return Err(Status::OBJECT_TYPE_MISMATCH);
    };
    let thread = current_thread();
    let source = waitable.source();
    let released = dispatcher::changed(source, || {
        if !mutant.is_owned_by(Some(&thread)) {
            return Err(Status::MUTANT_NOT_OWNED);
        }
        let depth = mutant.depth.load(Ordering::Relaxed) - 1;
        mutant.depth.store(depth, Ordering::Relaxed);
        if depth > 0 {
            return Ok(None);
        }
        mutant.free();
        source.set_count(1);
        let mut owned = thread.owned.lock();
        let place = owned.iter().position(|one| Arc::ptr_eq(one, waitable));
        Ok(place.map(|place| owned.swap_remove(place)))
    });
    // What the thread held of it is dropped outside the lock.
    released.map(drop)
}

/// A thread has ended: what it owned is free, and the next owner is told (0x80).
pub(crate) fn abandon_all(thread: &Arc<Thread>) {
    loop {
        let Some(waitable) = thread.owned.lock().pop() else {
            return;
        };
        if let Kind::Mutex(mutant) = waitable.kind() {
            let source = waitable.source();
            dispatcher::changed(source, || {
                // It may have been released a moment ago, by a thread that was declared dead.
                if mutant.is_owned_by(Some(thread)) {
                    mutant.free();
                    mutant.abandoned.store(true, Ordering::Relaxed);
                    source.set_count(1);
                }
            });
        }
    }
}

fn new(owned: bool) -> Arc<Waitable> {
    let waitable = Waitable::new(Kind::Mutex(Mutant::new()));
    if owned {
        let thread = current_thread();
        dispatcher::changed(waitable.source(), || take(&waitable, Some(&thread)));
    }
    waitable
}

fn is_mutex(waitable: &Waitable) -> bool {
    matches!(waitable.kind(), Kind::Mutex(_))
}

/// `CREATE_MUTEX_INITIAL_OWNER`.
const INITIAL_OWNER: u32 = 1;

#[unsafe(no_mangle)]
unsafe extern "C" fn ReleaseMutex(mutex: Handle) -> Bool {
    bool_door(|| release(mutex))
}

exports! {
    CreateMutexA, CreateMutexW, CreateMutexW_16:
    fn create<U>(security: *const Security, owned: Bool, name: Text<U>) -> Handle
        = std::ptr::null_mut();
    {
        create_owned(name, security, owned != FALSE)
    }

    CreateMutexExA, CreateMutexExW, CreateMutexExW_16:
    fn create_ex<U>(security: *const Security, name: Text<U>, flags: Dword, _access: Dword)
        -> Handle = std::ptr::null_mut();
    {
        create_owned(name, security, flags & INITIAL_OWNER != 0)
    }

    OpenMutexA, OpenMutexW, OpenMutexW_16:
    fn open<U>(_access: Dword, inherit: Bool, name: Text<U>) -> Handle = std::ptr::null_mut();
    {
        names::open(name, inherit != FALSE, is_mutex)
    }
}

fn create_owned<U: Unit>(name: Text<U>, security: *const Security, owned: bool) -> Handle {
    // It is owned before anybody can find it by its name.
    let mutex = new(owned);
    let handle = names::create(name, security, Ok(Arc::clone(&mutex)));
    let is_it = match handle::get(handle).as_deref() {
        Some(Object::Waitable(waitable)) => Arc::ptr_eq(waitable, &mutex),
        _ => false,
    };
    if owned && !is_it {
        // Another had the name; that one is not owned by asking for it.
        let thread = current_thread();
        let mut list = thread.owned.lock();
        let place = list.iter().position(|one| Arc::ptr_eq(one, &mutex));
        let dropped = place.map(|place| list.swap_remove(place));
        drop(list);
        drop(dropped);
    }
    handle
}
