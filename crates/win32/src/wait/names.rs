//! Objects that are found by name, within the process.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Waitable;
use super::handles::{Security, give_handle, set_inherit};
use crate::abi::Handle;
use crate::handle::{self, Handles, Object};
use crate::status::{Status, set_last_error};
use crate::text::{Text, Unit, string_of};

/// A name, and what it stands for as long as the object has a handle.
struct Named {
    object: Arc<Waitable>,
    handles: Handles,
}

static NAMES: Mutex<BTreeMap<String, Named>> = Mutex::new(BTreeMap::new());

/// `ERROR_INVALID_NAME` is what a backslash in a name gives.
const BAD_NAME: Status = Status::OBJECT_PATH_NOT_FOUND;

/// A name as it is kept. There is one session, so that its prefixes mean nothing.
fn name_of<U: Unit>(name: Text<U>) -> Result<Option<String>, Status> {
    let Some(units) = name.get().filter(|units| !units.is_empty()) else {
        return Ok(None);
    };
    let name = string_of(units);
    let bare = name
        .strip_prefix("Global\\")
        .or_else(|| name.strip_prefix("Local\\"));
    let bare = bare.unwrap_or(&name);
    if bare.contains('\\') {
        return Err(BAD_NAME);
    }
    Ok(Some(bare.to_owned()))
}

/// Whether two objects are of one kind.
fn are_alike(one: &Waitable, other: &Waitable) -> bool {
    std::mem::discriminant(one.kind()) == std::mem::discriminant(other.kind())
}

/// A handle of a new object, or of that which has the name already: then the last error says so.
pub(super) fn create<U: Unit>(
    name: Text<U>,
    security: *const Security,
    object: Result<Arc<Waitable>, Status>,
) -> Handle {
    let made = object.and_then(|object| match name_of(name)? {
        None => give_handle(Object::Waitable(object), security).map(|handle| (handle, false)),
        Some(name) => create_named(name, security, object),
    });
    match made {
        Ok((handle, existed)) => {
            let code = if existed {
                Status::OBJECT_NAME_COLLISION.win32()
            } else {
                0
            };
            set_last_error(code);
            handle
        }
        Err(status) => {
            set_last_error(status.win32());
            std::ptr::null_mut()
        }
    }
}

fn create_named(
    name: String,
    security: *const Security,
    object: Arc<Waitable>,
) -> Result<(Handle, bool), Status> {
    let mut names = NAMES.lock();
    if let Some(named) = names.get(&name) {
        if !are_alike(&named.object, &object) {
            return Err(Status::OBJECT_TYPE_MISMATCH);
        }
        // One whose last handle is being closed is as good as gone.
        if let Some(handle) = reopen(named)? {
            return Ok((handle, true));
        }
    }
    let handle = give_handle(Object::Waitable(Arc::clone(&object)), security)?;
    let handles = handle::handles_of(handle).ok_or(Status::INVALID_HANDLE)?;
    // A new object has no name yet.
    let _ = object.name.set(name.clone());
    let before = names.insert(name, Named { object, handles });
    drop(names);
    // What had the name is gone, but for this.
    drop(before);
    Ok((handle, false))
}

fn reopen(named: &Named) -> Result<Option<Handle>, Status> {
    let object = Object::Waitable(Arc::clone(&named.object));
    handle::reopen(object, &named.handles)
}

/// A handle of the object of that name and kind.
pub(super) fn open<U: Unit>(
    name: Text<U>,
    inherit: bool,
    kind: impl Fn(&Waitable) -> bool,
) -> Handle {
    let opened = name_of(name).and_then(|name| {
        let name = name.ok_or(Status::INVALID_PARAMETER)?;
        let names = NAMES.lock();
        let named = names.get(&name).ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
        if !kind(&named.object) {
            return Err(Status::OBJECT_TYPE_MISMATCH);
        }
        reopen(named)?.ok_or(Status::OBJECT_NAME_NOT_FOUND)
    });
    match opened {
        Ok(handle) => {
            set_inherit(handle, inherit);
            handle
        }
        Err(status) => {
            set_last_error(status.win32());
            std::ptr::null_mut()
        }
    }
}

/// The object has no handle any more.
pub(super) fn forget(object: &Waitable) {
    let Some(name) = object.name.get() else {
        return;
    };
    let mut names = NAMES.lock();
    // The name may be another's by now.
    let removed = names
        .get(name)
        .is_some_and(|named| std::ptr::eq(&*named.object, object))
        .then(|| names.remove(name));
    drop(names);
    drop(removed);
}
