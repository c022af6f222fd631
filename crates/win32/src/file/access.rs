//! Rights, shares and flags, by Microsoft's numbers.

pub(crate) const READ_DATA: u32 = 0x1;
pub(crate) const WRITE_DATA: u32 = 0x2;
pub(crate) const APPEND_DATA: u32 = 0x4;
pub(crate) const EXECUTE: u32 = 0x20;
pub(crate) const READ_ATTRIBUTES: u32 = 0x80;
pub(crate) const WRITE_ATTRIBUTES: u32 = 0x100;
pub(crate) const DELETE: u32 = 0x1_0000;
const SYNCHRONIZE: u32 = 0x10_0000;
const MAXIMUM_ALLOWED: u32 = 0x0200_0000;

pub(crate) const GENERIC_READ: u32 = 0x8000_0000;
pub(crate) const GENERIC_WRITE: u32 = 0x4000_0000;
const GENERIC_EXECUTE: u32 = 0x2000_0000;
const GENERIC_ALL: u32 = 0x1000_0000;

pub(crate) const ALL: u32 = 0x1f_01ff;

/// What each generic right stands for (S-284).
const GENERIC: [(u32, u32); 5] = [
    (GENERIC_READ, 0x12_0089),
    (GENERIC_WRITE, 0x12_0116),
    (GENERIC_EXECUTE, 0x12_00a0),
    (GENERIC_ALL, ALL),
    (MAXIMUM_ALLOWED, ALL),
];

pub(crate) const SHARE_READ: u32 = 1;
pub(crate) const SHARE_WRITE: u32 = 2;
pub(crate) const SHARE_DELETE: u32 = 4;
pub(crate) const SHARE_ALL: u32 = 7;

pub(crate) const FLAG_WRITE_THROUGH: u32 = 0x8000_0000;
pub(crate) const FLAG_OVERLAPPED: u32 = 0x4000_0000;
pub(crate) const FLAG_NO_BUFFERING: u32 = 0x2000_0000;
pub(crate) const FLAG_RANDOM_ACCESS: u32 = 0x1000_0000;
pub(crate) const FLAG_SEQUENTIAL_SCAN: u32 = 0x0800_0000;
pub(crate) const FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
pub(crate) const FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
pub(crate) const FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
pub(crate) const FLAG_FIRST_PIPE_INSTANCE: u32 = 0x0008_0000;

/// Rights with the generic ones written out; every handle may be waited for and asked.
pub(crate) fn specific(access: u32) -> u32 {
    let generic = GENERIC.iter().fold(0, |all, (bit, _)| all | bit);
    let mapped = GENERIC.iter().filter(|(bit, _)| access & bit != 0);
    let mapped = mapped.fold(0, |all, (_, rights)| all | rights);
    access & !generic | mapped | SYNCHRONIZE | READ_ATTRIBUTES
}
