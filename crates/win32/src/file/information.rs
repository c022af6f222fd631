//! What is known about an open file, by class.

use std::os::unix::ffi::OsStrExt;

use super::facts::{self, Facts, FileTime};
use super::listing::{self, Form};
use super::node::path_of;
use super::{File, with_file};
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::code::{Code, code_bool};
use crate::path::shown;
use crate::status::Status;
use crate::text::{Out, Unit, exports};

/// `BY_HANDLE_FILE_INFORMATION`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct ByHandle {
    attributes: Dword,
    created: FileTime,
    accessed: FileTime,
    written: FileTime,
    volume: Dword,
    size_high: Dword,
    size_low: Dword,
    links: Dword,
    index_high: Dword,
    index_low: Dword,
}

/// `FILE_BASIC_INFO`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Basic {
    pub(super) created: u64,
    pub(super) accessed: u64,
    pub(super) written: u64,
    pub(super) changed: u64,
    pub(super) attributes: Dword,
}

/// `FILE_STANDARD_INFO`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Standard {
    allocated: u64,
    end: u64,
    links: Dword,
    delete_pending: u8,
    directory: u8,
}

/// `FILE_ATTRIBUTE_TAG_INFO`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct AttributeTag {
    attributes: Dword,
    tag: Dword,
}

/// `FILE_ID_INFO`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Identity {
    volume: u64,
    id: [u64; 2],
}

const _: () = {
    assert!(size_of::<ByHandle>() == 52);
    assert!(size_of::<Basic>() == 40);
    assert!(size_of::<Standard>() == 24);
    assert!(size_of::<Identity>() == 24);
};

/// Room for information, of a size that the program tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    start: *mut u8,
    length: usize,
}

impl Area {
    /// # Safety
    ///
    /// So many bytes are writable there while the value is used.
    pub(super) unsafe fn new(start: *mut u8, length: Dword) -> Self {
        let length = if start.is_null() { 0 } else { length as usize };
        Self { start, length }
    }

    pub(super) fn length(self) -> usize {
        self.length
    }

    /// Writes a structure at the beginning.
    fn put<T>(self, value: T) -> Result<(), Code> {
        if self.length < size_of::<T>() {
            return Err(Code::BAD_LENGTH);
        }
        // SAFETY: so many bytes are writable there, by the promise of `new`.
        unsafe { self.start.cast::<T>().write_unaligned(value) };
        Ok(())
    }

    /// Writes bytes at a place, as far as they fit.
    pub(super) fn put_bytes(self, at: usize, bytes: &[u8]) {
        let count = bytes.len().min(self.length.saturating_sub(at));
        let place = self.start.wrapping_add(at);
        // SAFETY: the place and as many bytes after it are within the room.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, count) };
    }
}

/// The bytes of some units.
pub(super) fn bytes_of_units<U: Unit>(units: &[U]) -> Vec<u8> {
    let code = |unit: &U| unit.code().to_ne_bytes();
    // The lowest bytes of a number come first on the machines that this is for.
    let mut bytes = Vec::with_capacity(size_of_val(units));
    units
        .iter()
        .for_each(|unit| bytes.extend_from_slice(&code(unit)[..size_of::<U>()]));
    bytes
}

const _: () = assert!(cfg!(target_endian = "little"));

impl File {
    fn facts(&self) -> Result<Facts, Status> {
        facts::of_open(self.fd()).map_err(Status::of_file)
    }

    fn standard(&self) -> Result<Standard, Status> {
        let facts = self.facts()?;
        let doomed = self.node.as_ref().is_some_and(|node| node.is_doomed());
        Ok(Standard {
            allocated: facts.allocated,
            end: facts.size,
            links: facts.links,
            delete_pending: u8::from(doomed),
            directory: u8::from(facts.is_directory()),
        })
    }

    fn name<U: Unit>(&self, area: Area) -> Result<(), Code> {
        let path = path_of(self.fd()).ok_or(Status::OBJECT_NAME_NOT_FOUND)?;
        let units = shown::<U>(path.as_os_str().as_bytes());
        let bytes = bytes_of_units(&units);
        area.put(bytes.len() as Dword)?;
        area.put_bytes(4, &bytes);
        match area.length() >= 4 + bytes.len() {
            true => Ok(()),
            false => Err(Status::BUFFER_OVERFLOW.into()),
        }
    }

    fn information<U: Unit>(&self, class: Dword, area: Area) -> Result<(), Code> {
        match class {
            0 => {
                let facts = self.facts()?;
                area.put(Basic {
                    created: facts.created.number(),
                    accessed: facts.accessed.number(),
                    written: facts.written.number(),
                    changed: facts.changed.number(),
                    attributes: facts.attributes,
                })
            }
            1 => area.put(self.standard()?),
            2 => self.name::<U>(area),
            9 => {
                let attributes = self.facts()?.attributes;
                area.put(AttributeTag { attributes, tag: 0 })
            }
            10 => listing::fill::<U>(self, area, Form::IdBoth, false),
            11 => listing::fill::<U>(self, area, Form::IdBoth, true),
            14 => listing::fill::<U>(self, area, Form::Full, false),
            15 => listing::fill::<U>(self, area, Form::Full, true),
            18 => {
                let facts = self.facts()?;
                area.put(Identity {
                    volume: facts.device,
                    id: [facts.inode, 0],
                })
            }
            _ => Err(Status::INVALID_PARAMETER.into()),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetFileInformationByHandle(file: Handle, information: Out<ByHandle>) -> Bool {
    code_bool(|| {
        with_file(file, |file| {
            let facts = file.facts()?;
            information.set(ByHandle {
                attributes: facts.attributes,
                created: facts.created,
                accessed: facts.accessed,
                written: facts.written,
                volume: facts.device as Dword,
                size_high: (facts.size >> 32) as Dword,
                size_low: facts.size as Dword,
                links: facts.links,
                index_high: (facts.inode >> 32) as Dword,
                index_low: facts.inode as Dword,
            });
            Ok(())
        })
    })
}

exports! {
    GetFileInformationByHandleEx, GetFileInformationByHandleEx_16:
    fn information_ex<U>(
        file: Handle, class: Dword, start: *mut u8, length: Dword,
    ) -> Bool = FALSE; {
        // SAFETY: the program passes room for so many bytes, by contract.
        let area = unsafe { Area::new(start, length) };
        code_bool(|| with_file(file, |file| file.information::<U>(class, area)))
    }
}
