//! Security descriptors: they are filled in and carried along. What may be accessed is decided by
//! Linux's permissions.

use std::ffi::c_void;

use crate::abi::{Bool, Dword, FALSE};
use crate::code::{Code, code_bool};
use crate::door;
use crate::text::Out;

const REVISION: u8 = 1;
const DACL_PRESENT: u16 = 4;
const DACL_DEFAULTED: u16 = 8;

/// `SECURITY_DESCRIPTOR`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Descriptor {
    revision: u8,
    reserved: u8,
    control: u16,
    owner: *mut c_void,
    group: *mut c_void,
    audited: *mut c_void,
    allowed: *mut c_void,
}

const _: () = assert!(size_of::<Descriptor>() == 40);

/// `ERROR_UNKNOWN_REVISION`.
const UNKNOWN_REVISION: Code = Code(1305);
/// `ERROR_INVALID_SECURITY_DESCR`.
const INVALID_DESCRIPTOR: Code = Code(1338);

#[unsafe(no_mangle)]
unsafe extern "C" fn InitializeSecurityDescriptor(into: Out<Descriptor>, revision: Dword) -> Bool {
    code_bool(|| {
        if into.is_null() {
            return Err(Code::INVALID_PARAMETER);
        }
        if revision != REVISION.into() {
            return Err(UNKNOWN_REVISION);
        }
        let none = std::ptr::null_mut();
        into.set(Descriptor {
            revision: REVISION,
            reserved: 0,
            control: 0,
            owner: none,
            group: none,
            audited: none,
            allowed: none,
        });
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetSecurityDescriptorDacl(
    descriptor: Out<Descriptor>,
    present: Bool,
    list: *mut c_void,
    defaulted: Bool,
) -> Bool {
    code_bool(|| {
        let mut changed = descriptor.get().ok_or(Code::INVALID_PARAMETER)?;
        if changed.revision != REVISION {
            return Err(INVALID_DESCRIPTOR);
        }
        changed.control &= !(DACL_PRESENT | DACL_DEFAULTED);
        if present != FALSE {
            changed.control |= DACL_PRESENT;
            changed.allowed = list;
            if defaulted != FALSE {
                changed.control |= DACL_DEFAULTED;
            }
        }
        descriptor.set(changed);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn IsValidSecurityDescriptor(descriptor: Out<Descriptor>) -> Bool {
    door(FALSE, || {
        Bool::from(
            descriptor
                .get()
                .is_some_and(|known| known.revision == REVISION),
        )
    })
}
