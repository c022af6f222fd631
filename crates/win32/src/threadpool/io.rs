//! Completions of handles that belong to the pool: `CreateThreadpoolIo`, and the older
//! `BindIoCompletionCallback`.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::Arc;

use parking_lot::Mutex;

use super::environment::{Environment, Raw};
use super::instance::Instance;
use super::object::{self, Kind, Object};
use super::pool::Pool;
use crate::abi::{Bool, Dword, FALSE, Handle, Overlapped};
use crate::handle;
use crate::io_object::io_of;
use crate::port::Packet;
use crate::status::{Status, set_last_error};
use crate::text::In;
use crate::thread::outside;
use crate::{bool_door, door};

/// `PTP_WIN32_IO_CALLBACK`: context, OVERLAPPED, Win32 code, bytes (S-392).
type Callback = unsafe extern "C-unwind" fn(
    *const Instance,
    *mut c_void,
    *mut Overlapped,
    u32,
    usize,
    *const Object,
);

/// `LPOVERLAPPED_COMPLETION_ROUTINE`: Win32 code, bytes, OVERLAPPED (S-390).
type Routine = unsafe extern "C-unwind" fn(Dword, Dword, *mut Overlapped);

/// What `CreateThreadpoolIo` makes of an object.
pub(super) struct Io {
    callback: Callback,
    key: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Operations whose callback was cancelled; their completions are yet to come (S-393).
    dropped: usize,
    closed: bool,
}

/// What a key stands for.
#[derive(Clone)]
enum Bound {
    Io(Arc<Object>),
    Routine(Routine),
}

/// The keys of handles that belong to pools. A key is never used again: a packet of a handle
/// that outlives its object finds nothing.
static KEYS: Mutex<Keys> = Mutex::new(Keys {
    bound: BTreeMap::new(),
    routines: BTreeMap::new(),
    last: 0,
});

struct Keys {
    bound: BTreeMap<usize, Bound>,
    /// The keys of routines, by address: one serves all handles with the same.
    routines: BTreeMap<usize, usize>,
    last: usize,
}

impl Keys {
    fn next(&mut self) -> usize {
        self.last += 1;
        self.last
    }
}

/// A pool's thread has taken a packet of a handle.
pub(super) fn completed(key: usize, packet: &Packet) {
    let bound = KEYS.lock().bound.get(&key).cloned();
    match bound {
        Some(Bound::Io(object)) => called_for(&object, packet),
        Some(Bound::Routine(routine)) => {
            let (code, bytes) = (packet.status.win32(), packet.bytes as Dword);
            // SAFETY: the program's routine, with the OVERLAPPED of its operation.
            outside(|| unsafe { routine(code, bytes, packet.overlapped) });
        }
        None => {}
    }
}

fn called_for(object: &Arc<Object>, packet: &Packet) {
    let Kind::Io(io) = &object.kind else { return };
    let mut state = io.state.lock();
    let dropped = state.dropped > 0;
    state.dropped -= usize::from(dropped);
    // Who has not said that an operation starts gets its callback all the same.
    let begins = !dropped && (object.begins() || (object.promise() && object.begins()));
    drop(state);
    if begins {
        let context = object.context();
        let (code, bytes) = (packet.status.win32(), packet.bytes);
        let (overlapped, me) = (packet.overlapped, Arc::as_ptr(object));
        // SAFETY: the program's callback, with the OVERLAPPED of its operation.
        object.call(|instance| unsafe {
            (io.callback)(instance, context, overlapped, code, bytes, me);
        });
    }
    io.forget_if_done(object);
}

impl Io {
    /// Nobody is to be called for what has not completed yet.
    pub(super) fn cancel(&self, object: &Object) {
        // Together: a completion that comes now is either called for or dropped.
        let mut state = self.state.lock();
        state.dropped += object.cancel();
    }

    /// The program has closed it, or its group has.
    pub(super) fn close(&self, object: &Object) {
        self.state.lock().closed = true;
        self.forget_if_done(object);
    }

    /// After the last completion of a closed one its key means nothing.
    fn forget_if_done(&self, object: &Object) {
        let state = self.state.lock();
        let done = state.closed && state.dropped == 0 && object.outstanding() == 0;
        drop(state);
        if done {
            let forgotten = KEYS.lock().bound.remove(&self.key);
            drop(forgotten);
        }
    }
}

/// Has a handle's completions come to a pool, and lead to what its key stands for.
fn adopt(file: Handle, pool: &Pool, key: usize) -> Result<(), Status> {
    let object = handle::get(file).ok_or(Status::INVALID_HANDLE)?;
    pool.adopt(io_of(&object).ok_or(Status::INVALID_HANDLE)?, key)
}

/// # Safety
///
/// What the environment names has not been closed.
unsafe fn create(
    file: Handle,
    callback: Option<Callback>,
    context: *mut c_void,
    environment: In<Raw>,
) -> Result<Arc<Object>, Status> {
    let callback = callback.ok_or(Status::INVALID_PARAMETER)?;
    // SAFETY: as the caller says.
    let environment = unsafe { Environment::of(environment) }?;
    let pool = Arc::clone(&environment.pool);
    let key = KEYS.lock().next();
    let kind = Kind::Io(Io {
        callback,
        key,
        state: Mutex::default(),
    });
    let object = Object::new(environment, kind, context);
    KEYS.lock()
        .bound
        .insert(key, Bound::Io(Arc::clone(&object)));
    adopt(file, &pool, key).inspect_err(|_| {
        let forgotten = KEYS.lock().bound.remove(&key);
        drop(forgotten);
        if let Some(group) = &object.environment.group {
            group.remove(&object);
        }
    })?;
    Ok(object)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreateThreadpoolIo(
    file: Handle,
    callback: Option<Callback>,
    context: *mut c_void,
    environment: In<Raw>,
) -> *const Object {
    door(std::ptr::null(), || {
        // SAFETY: the program's arguments, passed on.
        match unsafe { create(file, callback, context, environment) } {
            Ok(object) => Arc::into_raw(object),
            Err(status) => {
                set_last_error(status.win32());
                std::ptr::null()
            }
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn StartThreadpoolIo(io: *const Object) {
    door((), || {
        // SAFETY: the program's object.
        unsafe { object::of_pointer(io) }.promise();
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CancelThreadpoolIo(io: *const Object) {
    // SAFETY: the program's object.
    door((), || unsafe { object::of_pointer(io) }.withdraw());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WaitForThreadpoolIoCallbacks(io: *const Object, cancel: Bool) {
    door((), || {
        // SAFETY: the program's object.
        let object = unsafe { object::of_pointer(io) };
        if cancel != FALSE {
            object.cancel_all();
        }
        object.wait(false);
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CloseThreadpoolIo(io: *const Object) {
    door((), || {
        // SAFETY: the program's object.
        let object = unsafe { object::of_pointer(io) };
        if let Kind::Io(io) = &object.kind {
            io.close(&object);
        }
        // SAFETY: as above.
        unsafe { object::close(io) };
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn BindIoCompletionCallback(
    file: Handle,
    routine: Option<Routine>,
    flags: u32,
) -> Bool {
    bool_door(|| {
        let routine = routine.ok_or(Status::INVALID_PARAMETER)?;
        if flags != 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        let mut keys = KEYS.lock();
        let address = routine as usize;
        let key = match keys.routines.get(&address) {
            Some(key) => *key,
            None => {
                let key = keys.next();
                keys.routines.insert(address, key);
                keys.bound.insert(key, Bound::Routine(routine));
                key
            }
        };
        drop(keys);
        adopt(file, &*Pool::process()?, key)
    })
}
