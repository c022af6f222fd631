//! Events.

use std::sync::Arc;

use super::handles::Security;
use super::{Kind, Rule, Source, Waitable, names};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::bool_door;
use crate::handle::{self, Object};
use crate::status::Status;
use crate::text::{Text, exports};

/// `CREATE_EVENT_MANUAL_RESET`, `CREATE_EVENT_INITIAL_SET`.
const MANUAL_RESET: u32 = 1;
const INITIAL_SET: u32 = 2;

/// An event.
pub(crate) fn new(manual: bool, set: bool) -> Arc<Waitable> {
    let rule = if manual { Rule::Keep } else { Rule::Take };
    Waitable::with(Kind::Event, Source::with(rule, set.into()))
}

fn is_event(waitable: &Waitable) -> bool {
    matches!(waitable.kind(), Kind::Event)
}

/// Runs something with the state of an event.
fn with_event(event: Handle, run: impl FnOnce(&Source)) -> Bool {
    bool_door(|| match handle::get(event).as_deref() {
        Some(Object::Waitable(waitable)) if is_event(waitable) => {
            run(waitable.source());
            Ok(())
        }
        _ => Err(Status::INVALID_HANDLE),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetEvent(event: Handle) -> Bool {
    with_event(event, Source::set)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ResetEvent(event: Handle) -> Bool {
    with_event(event, Source::reset)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn PulseEvent(event: Handle) -> Bool {
    with_event(event, Source::pulse)
}

exports! {
    CreateEventA, CreateEventW, CreateEventW_16:
    fn create<U>(security: *const Security, manual: Bool, set: Bool, name: Text<U>) -> Handle
        = std::ptr::null_mut();
    {
        names::create(name, security, Ok(new(manual != FALSE, set != FALSE)))
    }

    CreateEventExA, CreateEventExW, CreateEventExW_16:
    fn create_ex<U>(security: *const Security, name: Text<U>, flags: Dword, _access: Dword)
        -> Handle = std::ptr::null_mut();
    {
        let known = flags & !(MANUAL_RESET | INITIAL_SET) == 0;
        let event = || new(flags & MANUAL_RESET != 0, flags & INITIAL_SET != 0);
        names::create(name, security, known.then(event).ok_or(Status::INVALID_PARAMETER))
    }

    OpenEventA, OpenEventW, OpenEventW_16:
    fn open<U>(_access: Dword, inherit: Bool, name: Text<U>) -> Handle = std::ptr::null_mut();
    {
        names::open(name, inherit != FALSE, is_event)
    }
}
