//! `FindFirstChangeNotification`: a handle that is signaled when something changes.

use std::ffi::CString;
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use super::Watch;
use super::tree::FILTERS;
use crate::abi::{Bool, Dword, FALSE, Handle, INVALID_HANDLE};
use crate::bool_door;
use crate::code::{Code, code_door};
use crate::file::facts;
use crate::handle::{self, Object};
use crate::path::{Last, parse_file, spelled};
use crate::status::Status;
use crate::text::{Text, Unit, exports};
use crate::wait::Waitable;

/// What is kept beside the state of the handle.
#[derive(Default)]
struct Notice {
    watch: OnceLock<Arc<Watch>>,
    told: Mutex<Told>,
}

/// What the program knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    /// The handle is signaled.
    Once,
    /// And something more has changed since.
    Again,
}

fn notice_of(waitable: &Waitable) -> Option<&Notice> {
    waitable.extra()?.downcast_ref::<Notice>()
}

/// Something has changed.
fn tell(waitable: &Weak<Waitable>) {
    let Some(waitable) = waitable.upgrade() else {
        return;
    };
    let Some(notice) = notice_of(&waitable) else {
        return;
    };
    let mut told = notice.told.lock();
    *told = match *told {
        Told::Nothing => Told::Once,
        Told::Once | Told::Again => Told::Again,
    };
    waitable.source().set();
}

/// The room that the changes need, which nobody reads, is none; but they are not to overflow.
const QUEUE_BYTES: usize = 1 << 20;

fn first(folder: CString, subtree: bool, filter: Dword) -> Result<Handle, Code> {
    if filter == 0 || filter & !FILTERS != 0 {
        return Err(Status::INVALID_PARAMETER.into());
    }
    let waitable = Waitable::notification_with(false, Box::new(Notice::default()));
    let told = Arc::downgrade(&waitable);
    let watch = Watch::new(folder, subtree, filter, QUEUE_BYTES, 4)?;
    watch.notify(Box::new(move || tell(&told)));
    if let Some(notice) = notice_of(&waitable) {
        // Set once, by the one who has made both.
        let _ = notice.watch.set(watch);
    }
    Ok(handle::insert(Object::Waitable(waitable))?)
}

/// A directory by its name.
fn folder_of<U: Unit>(name: Text<U>) -> Result<CString, Status> {
    spelled(&parse_file(name)?, Last::Exists, |path| {
        let facts = facts::of_name(path)?;
        if facts.is_directory() {
            Ok(path.to_owned())
        } else {
            Err(libc::ENOENT)
        }
    })
}

exports! {
    FindFirstChangeNotificationA, FindFirstChangeNotificationW, FindFirstChangeNotificationW_16:
    fn find_first<U>(
        folder: Text<U>, subtree: Bool, filter: Dword,
    ) -> Handle = std::ptr::without_provenance_mut(INVALID_HANDLE); {
        code_door(std::ptr::without_provenance_mut(INVALID_HANDLE), || {
            first(folder_of(folder)?, subtree != FALSE, filter)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FindNextChangeNotification(change: Handle) -> Bool {
    bool_door(|| match handle::get(change).as_deref() {
        Some(Object::Waitable(waitable)) => {
            let notice = notice_of(waitable).ok_or(Status::INVALID_HANDLE)?;
            let mut told = notice.told.lock();
            // What has changed since the program was told, it is told now.
            if *told == Told::Again {
                *told = Told::Once;
            } else {
                *told = Told::Nothing;
                waitable.source().reset();
            }
            Ok(())
        }
        _ => Err(Status::INVALID_HANDLE),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FindCloseChangeNotification(change: Handle) -> Bool {
    bool_door(|| {
        handle::close(change, |object| match object {
            Object::Waitable(waitable) => notice_of(waitable).is_some(),
            _ => false,
        })
    })
}
