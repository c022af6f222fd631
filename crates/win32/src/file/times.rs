//! The times of a file.

use super::facts::{self, FileTime};
use super::{access, with_file};
use crate::abi::{Bool, Handle};
use crate::bool_door;
use crate::status::Status;
use crate::text::{In, Out};

#[unsafe(no_mangle)]
unsafe extern "C" fn GetFileTime(
    file: Handle,
    created: Out<FileTime>,
    accessed: Out<FileTime>,
    written: Out<FileTime>,
) -> Bool {
    bool_door(|| {
        with_file(file, |file| {
            let facts = facts::of_open_plain(file.fd()).map_err(Status::of_file)?;
            created.set(facts.created);
            accessed.set(facts.accessed);
            written.set(facts.written);
            Ok(())
        })
    })
}

/// The time of creation is accepted and has no effect: the system sets it itself.
#[unsafe(no_mangle)]
unsafe extern "C" fn SetFileTime(
    file: Handle,
    _created: In<FileTime>,
    accessed: In<FileTime>,
    written: In<FileTime>,
) -> Bool {
    bool_door(|| {
        with_file(file, |file| {
            file.permits(access::WRITE_ATTRIBUTES)?;
            let (accessed, written) = (accessed.get(), written.get());
            facts::set_times(file.fd(), accessed, written).map_err(Status::of_file)
        })
    })
}
