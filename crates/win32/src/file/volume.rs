//! File systems: how much room there is, what kind of drive it is.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use super::facts::errno;
use crate::abi::{Bool, Dword, FALSE};
use crate::code::code_bool;
use crate::door;
use crate::path::{Last, parse_file, spelled};
use crate::status::Status;
use crate::text::{Out, Text, Unit, exports};

/// Windows counts in these.
const SECTOR: u64 = 512;

fn statvfs(path: &CStr) -> Result<libc::statvfs, i32> {
    let mut found = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: a string that ends with zero and room for the answer are passed.
    let result = unsafe { libc::statvfs(path.as_ptr(), found.as_mut_ptr()) };
    if result == 0 {
        // SAFETY: the call has filled it in, and all zeros would be valid too.
        Ok(unsafe { found.assume_init() })
    } else {
        Err(errno())
    }
}

/// The file system of a directory; of the working directory without a name.
fn space<U: Unit>(folder: Text<U>) -> Result<libc::statvfs, Status> {
    if folder.is_null() {
        return statvfs(c".").map_err(Status::of_file);
    }
    spelled(&parse_file(folder)?, Last::Exists, statvfs)
}

fn fitting(number: u64) -> Dword {
    Dword::try_from(number).unwrap_or(Dword::MAX)
}

const NO_ROOT: Dword = 1;
const FIXED: Dword = 3;
const REMOTE: Dword = 4;
const RAM: Dword = 6;

/// What kind of drive a directory is on.
fn kind_of(path: &CStr) -> Result<Dword, i32> {
    let mut found = MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: a string that ends with zero and room for the answer are passed.
    if unsafe { libc::statfs(path.as_ptr(), found.as_mut_ptr()) } != 0 {
        return Err(errno());
    }
    // SAFETY: the call has filled it in.
    let kind = unsafe { found.assume_init() }.f_type;
    const SMB2: i64 = 0xfe53_4d42;
    const CIFS: i64 = 0xff53_4d42;
    Ok(match kind {
        libc::NFS_SUPER_MAGIC | SMB2 | CIFS => REMOTE,
        libc::TMPFS_MAGIC => RAM,
        _ => FIXED,
    })
}

exports! {
    GetDiskFreeSpaceExA, GetDiskFreeSpaceExW, GetDiskFreeSpaceExW_16:
    fn free_space_ex<U>(
        folder: Text<U>, available: Out<u64>, total: Out<u64>, free: Out<u64>,
    ) -> Bool = FALSE; {
        code_bool(|| {
            let space = space(folder)?;
            available.set(space.f_bavail * space.f_frsize);
            total.set(space.f_blocks * space.f_frsize);
            free.set(space.f_bfree * space.f_frsize);
            Ok(())
        })
    }

    GetDiskFreeSpaceA, GetDiskFreeSpaceW, GetDiskFreeSpaceW_16:
    fn free_space<U>(
        root: Text<U>, sectors: Out<Dword>, bytes: Out<Dword>, free: Out<Dword>,
        clusters: Out<Dword>,
    ) -> Bool = FALSE; {
        code_bool(|| {
            let space = space(root)?;
            sectors.set(fitting((space.f_frsize / SECTOR).max(1)));
            bytes.set(fitting(SECTOR));
            free.set(fitting(space.f_bavail));
            clusters.set(fitting(space.f_blocks));
            Ok(())
        })
    }

    GetDriveTypeA, GetDriveTypeW, GetDriveTypeW_16:
    fn drive_type<U>(root: Text<U>) -> Dword = NO_ROOT; {
        door(NO_ROOT, || {
            if root.is_null() {
                return kind_of(c".").unwrap_or(NO_ROOT);
            }
            let path = parse_file(root);
            let kind = path.and_then(|path| spelled(&path, Last::Exists, kind_of));
            kind.unwrap_or(NO_ROOT)
        })
    }
}

/// The drives that have a place of their own, and C.
#[unsafe(no_mangle)]
unsafe extern "C" fn GetLogicalDrives() -> Dword {
    door(0, || {
        let has = |letter: char| std::env::var_os(format!("IOCP_DRIVE_{letter}")).is_some();
        ('A'..='Z')
            .zip(0..)
            .filter(|(letter, _)| *letter == 'C' || has(*letter))
            .fold(0, |drives, (_, bit)| drives | 1 << bit)
    })
}
