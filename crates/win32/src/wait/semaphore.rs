//! Semaphores.

use std::sync::Arc;

use super::handles::Security;
use super::{Kind, Rule, Source, Waitable, names};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::bool_door;
use crate::handle::{self, Object};
use crate::status::Status;
use crate::text::{Out, Text, exports};

fn new(initial: i32, most: i32) -> Result<Arc<Waitable>, Status> {
    let (Ok(count), Ok(most)) = (u32::try_from(initial), u32::try_from(most)) else {
        return Err(Status::INVALID_PARAMETER);
    };
    if most == 0 || count > most {
        return Err(Status::INVALID_PARAMETER);
    }
    let source = Source::with(Rule::Take, count);
    Ok(Waitable::with(Kind::Semaphore(most), source))
}

fn is_semaphore(waitable: &Waitable) -> bool {
    matches!(waitable.kind(), Kind::Semaphore(_))
}

/// Adds to a semaphore's count; what it was before.
pub(crate) fn release(semaphore: Handle, count: i32) -> Result<i32, Status> {
    let used = handle::get(semaphore);
    let Some(Object::Waitable(waitable)) = used.as_deref() else {
        return Err(Status::INVALID_HANDLE);
    };
    let Kind::Semaphore(most) = waitable.kind() else {
        return Err(Status::OBJECT_TYPE_MISMATCH);
    };
    let count = u32::try_from(count).ok().filter(|count| *count > 0);
    let count = count.ok_or(Status::INVALID_PARAMETER)?;
    let before = waitable.source().add(count, *most);
    // Neither is beyond the most that there is.
    before
        .map(u32::cast_signed)
        .ok_or(Status::SEMAPHORE_LIMIT_EXCEEDED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ReleaseSemaphore(semaphore: Handle, count: i32, previous: Out<i32>) -> Bool {
    bool_door(|| {
        previous.set(release(semaphore, count)?);
        Ok(())
    })
}

exports! {
    CreateSemaphoreA, CreateSemaphoreW, CreateSemaphoreW_16:
    fn create<U>(security: *const Security, initial: i32, most: i32, name: Text<U>) -> Handle
        = std::ptr::null_mut();
    {
        names::create(name, security, new(initial, most))
    }

    CreateSemaphoreExA, CreateSemaphoreExW, CreateSemaphoreExW_16:
    fn create_ex<U>(
        security: *const Security,
        initial: i32,
        most: i32,
        name: Text<U>,
        flags: Dword,
        _access: Dword,
    ) -> Handle = std::ptr::null_mut();
    {
        let none = if flags == 0 { Ok(()) } else { Err(Status::INVALID_PARAMETER) };
        names::create(name, security, none.and_then(|()| new(initial, most)))
    }

    OpenSemaphoreA, OpenSemaphoreW, OpenSemaphoreW_16:
    fn open<U>(_access: Dword, inherit: Bool, name: Text<U>) -> Handle = std::ptr::null_mut();
    {
        names::open(name, inherit != FALSE, is_semaphore)
    }
}
