//! The functions that take a thread's handle.

use std::sync::Arc;

use super::{Apc, Thread, by_id, children, control, create, current_thread, suspend};
use crate::abi::{Bool, Dword, FALSE, Handle, TRUE, UlongPtr};
use crate::handle::{self, Object};
use crate::status::{Status, set_last_error};
use crate::text::{Out, Text, Unit, exports};
use crate::wait::{CURRENT_THREAD, Kind, Waitable};
use crate::{bool_door, door};

/// The thread behind a handle.
pub(super) fn of_handle(handle: Handle) -> Result<Arc<Thread>, Status> {
    if handle.addr() == CURRENT_THREAD {
        return Ok(current_thread());
    }
    match handle::get(handle).as_deref() {
        Some(Object::Waitable(waitable)) => match waitable.kind() {
            Kind::Thread(thread) => Ok(Arc::clone(thread)),
            _ => Err(Status::OBJECT_TYPE_MISMATCH),
        },
        Some(_) => Err(Status::OBJECT_TYPE_MISMATCH),
        None => Err(Status::INVALID_HANDLE),
    }
}

/// A door for functions that return a number, or another in place of it when they fail.
fn number_door<T>(failed: T, run: impl FnOnce() -> Result<T, Status>) -> T
where
    T: Copy,
{
    door(failed, || {
        run().unwrap_or_else(|status| {
            set_last_error(status.win32());
            failed
        })
    })
}

#[unsafe(no_mangle)]
extern "C" fn GetCurrentThread() -> Handle {
    std::ptr::without_provenance_mut(CURRENT_THREAD)
}

#[unsafe(no_mangle)]
extern "C" fn GetCurrentThreadId() -> Dword {
    super::current_thread_id()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetThreadId(thread: Handle) -> Dword {
    number_door(0, || Ok(of_handle(thread)?.id()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn OpenThread(_access: Dword, inherit: Bool, id: Dword) -> Handle {
    number_door(std::ptr::null_mut(), || {
        let thread = match by_id(id) {
            Some(thread) => thread,
            // One that has not called in yet; it is watched from outside.
            None => children::open_thread(id)?,
        };
        let handle = handle::insert(Object::Waitable(Waitable::new(Kind::Thread(thread))))?;
        crate::wait::set_inherit(handle, inherit != FALSE);
        Ok(handle)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetExitCodeThread(thread: Handle, code: Out<Dword>) -> Bool {
    bool_door(|| {
        code.set(of_handle(thread)?.exit_code());
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SuspendThread(thread: Handle) -> Dword {
    number_door(u32::MAX, || suspend::suspend(&*of_handle(thread)?))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ResumeThread(thread: Handle) -> Dword {
    number_door(u32::MAX, || Ok(of_handle(thread)?.suspension.resume()))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn TerminateThread(thread: Handle, code: Dword) -> Bool {
    // Nothing of ours is on the stack when the calling thread ends itself.
    let itself = door(false, || {
        of_handle(thread).is_ok_and(|thread| thread.id() == super::current_thread_id())
    });
    if itself {
        create::exit(code);
    }
    bool_door(|| suspend::terminate(&of_handle(thread)?, code))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CancelSynchronousIo(thread: Handle) -> Bool {
    bool_door(|| {
        let id = of_handle(thread)?.id();
        if crate::synchronous::cancel(id) {
            Ok(())
        } else {
            Err(Status::NOT_FOUND)
        }
    })
}

/// `PAPCFUNC`.
type ApcFunction = unsafe extern "C-unwind" fn(UlongPtr);

#[unsafe(no_mangle)]
unsafe extern "C" fn QueueUserAPC(
    function: Option<ApcFunction>,
    thread: Handle,
    argument: UlongPtr,
) -> Dword {
    number_door(0, || {
        let function = function.ok_or(Status::INVALID_PARAMETER)?;
        let apc = Apc::new(move || {
            // SAFETY: the program wants it called with that argument.
            unsafe { function(argument) };
        });
        if of_handle(thread)?.queue_apc(apc) {
            Ok(1)
        } else {
            Err(Status::UNSUCCESSFUL)
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn SwitchToThread() -> Bool {
    std::thread::yield_now();
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadPriority(thread: Handle, priority: i32) -> Bool {
    bool_door(|| control::set_priority(&*of_handle(thread)?, priority))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetThreadPriority(thread: Handle) -> i32 {
    number_door(i32::MAX, || Ok(of_handle(thread)?.control.lock().priority))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadPriorityBoost(thread: Handle, disable: Bool) -> Bool {
    bool_door(|| {
        of_handle(thread)?.control.lock().boost_disabled = disable != FALSE;
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetThreadPriorityBoost(thread: Handle, disabled: Out<Bool>) -> Bool {
    bool_door(|| {
        disabled.set(of_handle(thread)?.control.lock().boost_disabled.into());
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadIdealProcessor(thread: Handle, processor: Dword) -> Dword {
    number_door(u32::MAX, || {
        control::set_ideal_processor(&*of_handle(thread)?, processor)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadAffinityMask(thread: Handle, mask: UlongPtr) -> UlongPtr {
    number_door(0, || {
        let thread = of_handle(thread)?;
        let before = control::affinity(&thread)?;
        control::set_affinity(&thread, mask as u64)?;
        Ok(before as usize)
    })
}

/// `GROUP_AFFINITY`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct GroupAffinity {
    mask: u64,
    group: u16,
    reserved: [u16; 3],
}

const _: () = assert!(size_of::<GroupAffinity>() == 16);

impl GroupAffinity {
    fn of(thread: &Thread) -> Result<Self, Status> {
        Ok(Self {
            mask: control::affinity(thread)?,
            group: 0,
            reserved: [0; 3],
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetThreadGroupAffinity(thread: Handle, affinity: Out<GroupAffinity>) -> Bool {
    bool_door(|| {
        affinity.set(GroupAffinity::of(&*of_handle(thread)?)?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetThreadGroupAffinity(
    thread: Handle,
    affinity: crate::text::In<GroupAffinity>,
    previous: Out<GroupAffinity>,
) -> Bool {
    bool_door(|| {
        let thread = of_handle(thread)?;
        let wanted = affinity.get().ok_or(Status::INVALID_PARAMETER)?;
        if wanted.group != 0 || wanted.reserved != [0; 3] {
            return Err(Status::INVALID_PARAMETER);
        }
        let before = GroupAffinity::of(&thread)?;
        control::set_affinity(&thread, wanted.mask)?;
        previous.set(before);
        Ok(())
    })
}

/// `FILETIME`, as one number, which need not be aligned.
#[repr(C, packed(4))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileTime(pub(crate) u64);

#[unsafe(no_mangle)]
unsafe extern "C" fn GetThreadTimes(
    thread: Handle,
    created: Out<FileTime>,
    ended: Out<FileTime>,
    kernel: Out<FileTime>,
    user: Out<FileTime>,
) -> Bool {
    bool_door(|| {
        let times = control::times(&*of_handle(thread)?)?;
        created.set(FileTime(times.created));
        ended.set(FileTime(times.ended));
        kernel.set(FileTime(times.kernel));
        user.set(FileTime(times.user));
        Ok(())
    })
}

/// An HRESULT of a Win32 code.
fn hresult(status: Status) -> i32 {
    (0x8007_0000 | status.win32()).cast_signed()
}

exports! {
    SetThreadDescription, SetThreadDescription_16:
    fn set_description<U>(thread: Handle, description: Text<U>) -> i32 = hresult(
        Status::UNSUCCESSFUL
    );
    {
        match of_handle(thread) {
            Ok(thread) => {
                control::describe(&thread, &crate::text::string_of(description.or_empty()));
                0
            }
            Err(status) => hresult(status),
        }
    }

    GetThreadDescription, GetThreadDescription_16:
    fn get_description<U>(thread: Handle, description: Out<*mut U>) -> i32 = hresult(
        Status::UNSUCCESSFUL
    );
    {
        match of_handle(thread).and_then(|thread| copy_of::<U>(&thread.description())) {
            Ok(text) => {
                description.set(text);
                0
            }
            Err(status) => hresult(status),
        }
    }
}

/// The text in memory that the program frees.
fn copy_of<U: Unit>(text: &str) -> Result<*mut U, Status> {
    let copy = crate::memory::local_copy(&crate::text::units_of::<U>(text));
    if copy.is_null() {
        Err(Status::NO_MEMORY)
    } else {
        Ok(copy)
    }
}
