//! Processors and memory.

use std::sync::OnceLock;

use super::system_file;
use crate::abi::{Bool, Dword};
use crate::code::{Code, code_bool};
use crate::door;
use crate::memory::{GRANULARITY, page_size};
use crate::text::Out;

/// A set of processors, as far as a mask of 64 bits can tell them apart.
pub(super) type Mask = u64;

/// `SYSTEM_INFO`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct SystemInfo {
    architecture: u16,
    reserved: u16,
    page_size: u32,
    address_min: usize,
    address_max: usize,
    processor_mask: Mask,
    processors: u32,
    processor_type: u32,
    granularity: u32,
    processor_level: u16,
    processor_revision: u16,
}

const _: () = assert!(size_of::<SystemInfo>() == 48);

/// `PROCESSOR_ARCHITECTURE_…`, and the number of old for 64-bit Intel processors.
const ARCHITECTURE: (u16, u32) = if cfg!(target_arch = "aarch64") {
    (12, 0)
} else {
    (9, 8664)
};

/// The processors that a process or thread may use.
pub(super) fn affinity(id: libc::pid_t) -> Option<libc::cpu_set_t> {
    // SAFETY: a set of processors is numbers.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: the set is there to be written.
    let got = unsafe { libc::sched_getaffinity(id, size, &raw mut set) } == 0;
    got.then_some(set)
}

pub(super) fn mask_of(set: &libc::cpu_set_t) -> Mask {
    let has = |processor: &usize| {
        // SAFETY: the number is within the set.
        unsafe { libc::CPU_ISSET(*processor, set) }
    };
    (0..64)
        .filter(has)
        .fold(0, |mask, processor| mask | 1 << processor)
}

/// The processors that the process could use when it first asked, and how many they are. What it
/// forbids itself later does not change the machine.
pub(super) fn processors() -> (Mask, u32) {
    static PROCESSORS: OnceLock<(Mask, u32)> = OnceLock::new();
    *PROCESSORS.get_or_init(|| {
        affinity(0).map_or((1, 1), |set| {
            // SAFETY: the set is there.
            let count = unsafe { libc::CPU_COUNT(&set) };
            (mask_of(&set), count.max(1).unsigned_abs())
        })
    })
}

/// How many processors the machine has or could have.
fn configured(which: libc::c_int) -> u32 {
    // SAFETY: no pointers are passed.
    let count = unsafe { libc::sysconf(which) };
    u32::try_from(count).unwrap_or(1).max(1)
}

/// Family, model and stepping, as Windows packs them.
fn processor_kind() -> (u16, u16) {
    let text = system_file("/proc/cpuinfo");
    let number = |name: &str| -> u16 {
        let mut lines = text.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
        found
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(0)
    };
    let (family, model, stepping) = (number("cpu family"), number("model\t"), number("stepping"));
    (family, (model & 0xff) << 8 | stepping & 0xff)
}

fn system_info() -> SystemInfo {
    let (processor_mask, processors) = processors();
    let (processor_level, processor_revision) = processor_kind();
    SystemInfo {
        architecture: ARCHITECTURE.0,
        reserved: 0,
        page_size: page_size() as u32,
        address_min: GRANULARITY,
        address_max: 0x7fff_fffe_ffff,
        processor_mask,
        processors,
        processor_type: ARCHITECTURE.1,
        granularity: GRANULARITY as u32,
        processor_level,
        processor_revision,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetSystemInfo(information: Out<SystemInfo>) {
    door((), || information.set(system_info()));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetNativeSystemInfo(information: Out<SystemInfo>) {
    door((), || information.set(system_info()));
}

/// `ALL_PROCESSOR_GROUPS`.
const ALL_GROUPS: u16 = 0xffff;

/// There is one group, whose number is 0.
fn count_in(group: u16, count: impl FnOnce() -> u32) -> u32 {
    door(0, || {
        if group == 0 || group == ALL_GROUPS {
            return count();
        }
        crate::status::set_last_error(Code::INVALID_PARAMETER.0);
        0
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetActiveProcessorCount(group: u16) -> Dword {
    count_in(group, || processors().1)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetMaximumProcessorCount(group: u16) -> Dword {
    count_in(group, || {
        configured(libc::_SC_NPROCESSORS_CONF).max(processors().1)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetActiveProcessorGroupCount() -> u16 {
    1
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetMaximumProcessorGroupCount() -> u16 {
    1
}

/// `MEMORYSTATUSEX`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct MemoryStatus {
    length: u32,
    load: u32,
    total: u64,
    available: u64,
    total_page_file: u64,
    available_page_file: u64,
    total_virtual: u64,
    available_virtual: u64,
    available_extended: u64,
}

const _: () = assert!(size_of::<MemoryStatus>() == 64);

#[unsafe(no_mangle)]
unsafe extern "C" fn GlobalMemoryStatusEx(status: Out<MemoryStatus>) -> Bool {
    code_bool(|| {
        // Only the length has to be set.
        // SAFETY: a pointer that is not null leads to a structure, which begins with the length.
        let length = unsafe { status.as_ptr().cast::<u32>().as_ref() }.copied();
        if length != Some(size_of::<MemoryStatus>() as u32) {
            return Err(Code::INVALID_PARAMETER);
        }
        let text = system_file("/proc/meminfo");
        let bytes = |name: &str| -> u64 {
            let found = text.lines().find_map(|line| line.strip_prefix(name));
            let number = found.and_then(|value| value.split_ascii_whitespace().next());
            number.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
        };
        let (total, available) = (bytes("MemTotal:"), bytes("MemAvailable:"));
        let swap = (bytes("SwapTotal:"), bytes("SwapFree:"));
        let used = total.saturating_sub(available);
        let own = system_file("/proc/self/statm");
        let pages = own
            .split_ascii_whitespace()
            .next()
            .and_then(|pages| pages.parse().ok());
        let own_virtual = pages.unwrap_or(0_u64) * page_size() as u64;
        let total_virtual = 0x7fff_fffe_0000_u64;
        status.set(MemoryStatus {
            length: size_of::<MemoryStatus>() as u32,
            load: (used * 100 / total.max(1)) as u32,
            total,
            available,
            // Windows' "page file" is what can be promised: memory and swap.
            total_page_file: total + swap.0,
            available_page_file: available + swap.1,
            total_virtual,
            available_virtual: total_virtual.saturating_sub(own_virtual),
            available_extended: 0,
        });
        Ok(())
    })
}
