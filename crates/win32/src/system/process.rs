//! The process's times, priority, processors and memory.

use super::machine::{Mask, affinity, mask_of, processors};
use super::system_file;
use crate::abi::{Bool, Dword, FALSE, Handle};
use crate::code::{Code, code_bool, code_door};
use crate::text::Out;
use crate::time::{FileTime, ticks_of_unix};
use crate::{door, handle};

unsafe extern "C" {
    /// The number of the process behind a handle; 0 and the last error if there is none.
    fn GetProcessId(process: Handle) -> Dword;
}

/// The system's number of the process behind a handle.
fn number_of(process: Handle) -> Result<libc::pid_t, Code> {
    // SAFETY: any value may be asked about.
    let number = unsafe { GetProcessId(process) };
    match number.cast_signed() {
        0 => Err(Code::INVALID_HANDLE),
        number => Ok(number),
    }
}

fn own_number() -> libc::pid_t {
    // SAFETY: no pointers are passed.
    unsafe { libc::getpid() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetCurrentProcessId() -> Dword {
    own_number().cast_unsigned()
}

/// What the system's clock ticks make in 100 nanoseconds.
fn of_clock_ticks(ticks: u64) -> u64 {
    // SAFETY: no pointers are passed.
    let hertz = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    ticks * 10_000_000 / u64::try_from(hertz).unwrap_or(100).max(1)
}

/// The numbers behind the name in a process's `stat`, the state being the first.
fn stat_fields(text: &str) -> Vec<u64> {
    let behind = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let words = behind.split_ascii_whitespace();
    words
        .map(|word| word.parse::<i64>().unwrap_or(0).cast_unsigned())
        .collect()
}

/// Start, kernel and user time.
fn times(process: libc::pid_t) -> Result<(u64, u64, u64), Code> {
    const USER: usize = 11;
    const KERNEL: usize = 12;
    const START: usize = 19;
    let fields = stat_fields(&system_file(&format!("/proc/{process}/stat")));
    if fields.len() <= START {
        return Err(Code::INVALID_PARAMETER);
    }
    let text = system_file("/proc/stat");
    let boot = text.lines().find_map(|line| line.strip_prefix("btime "));
    let boot = boot
        .and_then(|seconds| seconds.trim().parse().ok())
        .unwrap_or(0);
    let start = ticks_of_unix(boot, 0) + of_clock_ticks(fields[START]);
    if process != own_number() {
        return Ok((
            start,
            of_clock_ticks(fields[KERNEL]),
            of_clock_ticks(fields[USER]),
        ));
    }
    // Of itself a process knows it to the microsecond.
    // SAFETY: a structure of numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the structure is there to be written.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    let ticks = |time: libc::timeval| {
        time.tv_sec.unsigned_abs() * 10_000_000 + time.tv_usec.unsigned_abs() * 10
    };
    Ok((start, ticks(usage.ru_stime), ticks(usage.ru_utime)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetProcessTimes(
    process: Handle,
    creation: Out<FileTime>,
    exit: Out<FileTime>,
    kernel: Out<FileTime>,
    user: Out<FileTime>,
) -> Bool {
    code_bool(|| {
        let (start, in_kernel, in_user) = times(number_of(process)?)?;
        creation.set(start.into());
        exit.set(0.into());
        kernel.set(in_kernel.into());
        user.set(in_user.into());
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetSystemTimes(
    idle: Out<FileTime>,
    kernel: Out<FileTime>,
    user: Out<FileTime>,
) -> Bool {
    code_bool(|| {
        let text = system_file("/proc/stat");
        let line = text.lines().find_map(|line| line.strip_prefix("cpu "));
        let ticks = line.unwrap_or("").split_ascii_whitespace();
        let ticks: Vec<u64> = ticks.map(|word| word.parse().unwrap_or(0)).collect();
        // user, nice, system, idle, iowait, irq, softirq, …
        let [in_user, nice, system, idling, waiting, irq, soft_irq, ..] = ticks[..] else {
            return Err(Code::NOT_SUPPORTED);
        };
        idle.set(of_clock_ticks(idling + waiting).into());
        // Windows counts idle time as the kernel's.
        kernel.set(of_clock_ticks(system + irq + soft_irq + idling + waiting).into());
        user.set(of_clock_ticks(in_user + nice).into());
        Ok(())
    })
}

/// The classes, from high to low, and the niceness from which on a process belongs to one.
const CLASSES: [(u32, i32); 6] = [
    (0x100, -20),
    (0x80, -19),
    (0x8000, -9),
    (0x20, 0),
    (0x4000, 1),
    (0x40, 15),
];

/// The niceness that each class gets, in the same order.
const NICENESS: [i32; 6] = [-20, -10, -5, 0, 10, 19];

/// The threads of a process.
fn threads(process: libc::pid_t) -> impl Iterator<Item = libc::pid_t> {
    let folder = std::fs::read_dir(format!("/proc/{process}/task"));
    let entries = folder.into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetPriorityClass(process: Handle) -> Dword {
    code_door(0, || {
        let number = number_of(process)?.cast_unsigned();
        // SAFETY: no pointers are passed.
        let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, number) };
        let class = CLASSES.iter().rev().find(|class| nice >= class.1);
        Ok(class.map_or(0x20, |class| class.0))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetPriorityClass(process: Handle, class: Dword) -> Bool {
    code_bool(|| {
        let number = number_of(process)?;
        let place = CLASSES.iter().position(|known| known.0 == class);
        let nice = NICENESS[place.ok_or(Code::INVALID_PARAMETER)?];
        // On Linux each thread is as nice as it is.
        for thread in threads(number) {
            let thread = thread.cast_unsigned();
            // SAFETY: no pointers are passed.
            let set = unsafe { libc::setpriority(libc::PRIO_PROCESS, thread, nice) } == 0;
            if !set {
                return Err(Code::ACCESS_DENIED);
            }
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetProcessAffinityMask(
    process: Handle,
    own: Out<Mask>,
    system: Out<Mask>,
) -> Bool {
    code_bool(|| {
        let set = affinity(number_of(process)?).ok_or(Code::ACCESS_DENIED)?;
        let mask = mask_of(&set);
        own.set(mask);
        system.set(processors().0 | mask);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SetProcessAffinityMask(process: Handle, mask: Mask) -> Bool {
    code_bool(|| {
        let number = number_of(process)?;
        // Asked for first, so that the machine stays what it was.
        let (usable, _) = processors();
        if mask == 0 || mask & !usable != 0 {
            return Err(Code::INVALID_PARAMETER);
        }
        // SAFETY: a set of processors is numbers.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        for processor in (0..64).filter(|processor| mask >> processor & 1 == 1) {
            // SAFETY: the number is within the set.
            unsafe { libc::CPU_SET(processor, &mut set) };
        }
        let size = size_of::<libc::cpu_set_t>();
        for thread in threads(number) {
            // SAFETY: the set is there.
            let done = unsafe { libc::sched_setaffinity(thread, size, &raw const set) } == 0;
            if !done {
                return Err(Code::ACCESS_DENIED);
            }
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetProcessHandleCount(process: Handle, count: Out<Dword>) -> Bool {
    code_bool(|| {
        let number = number_of(process)?;
        if number == own_number() {
            count.set(handle::count());
            return Ok(());
        }
        // Another process has descriptors, whatever made them.
        let folder = std::fs::read_dir(format!("/proc/{number}/fd"));
        let folder = folder.map_err(|_| Code::ACCESS_DENIED)?;
        count.set(folder.count() as Dword);
        Ok(())
    })
}

/// `PROCESS_MEMORY_COUNTERS_EX`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct MemoryCounters {
    size: u32,
    page_faults: u32,
    peak_working_set: usize,
    working_set: usize,
    quota_peak_paged: usize,
    quota_paged: usize,
    quota_peak_nonpaged: usize,
    quota_nonpaged: usize,
    page_file: usize,
    peak_page_file: usize,
    private: usize,
}

const _: () = assert!(size_of::<MemoryCounters>() == 80);

#[unsafe(no_mangle)]
unsafe extern "C" fn GetProcessMemoryInfo(
    process: Handle,
    into: Out<MemoryCounters>,
    size: Dword,
) -> Bool {
    /// `PROCESS_MEMORY_COUNTERS`: without the last field.
    const SHORT: usize = size_of::<MemoryCounters>() - size_of::<usize>();
    const MINOR_FAULTS: usize = 7;
    const MAJOR_FAULTS: usize = 9;
    code_bool(|| {
        let number = number_of(process)?;
        let size = size as usize;
        if into.is_null() || size < SHORT {
            return Err(Code::INSUFFICIENT_BUFFER);
        }
        let text = system_file(&format!("/proc/{number}/status"));
        let bytes = |name: &str| -> usize {
            let found = text.lines().find_map(|line| line.strip_prefix(name));
            let number = found.and_then(|value| value.split_ascii_whitespace().next());
            number
                .and_then(|kib| kib.parse::<usize>().ok())
                .unwrap_or(0)
                * 1024
        };
        let fields = stat_fields(&system_file(&format!("/proc/{number}/stat")));
        let faults = |at: usize| fields.get(at).copied().unwrap_or(0);
        let private = bytes("RssAnon:") + bytes("VmSwap:");
        let tables = bytes("VmPTE:");
        let counters = MemoryCounters {
            size: size.min(size_of::<MemoryCounters>()) as u32,
            page_faults: (faults(MINOR_FAULTS) + faults(MAJOR_FAULTS)) as u32,
            peak_working_set: bytes("VmHWM:"),
            working_set: bytes("VmRSS:"),
            // What Windows calls quota is what the kernel keeps for the process.
            quota_peak_paged: 0,
            quota_paged: 0,
            quota_peak_nonpaged: tables,
            quota_nonpaged: tables,
            page_file: private,
            peak_page_file: private.max(bytes("VmData:").min(bytes("VmPeak:"))),
            private,
        };
        if size >= size_of::<MemoryCounters>() {
            into.set(counters);
            return Ok(());
        }
        let (from, to) = (
            (&raw const counters).cast::<u8>(),
            into.as_ptr().cast::<u8>(),
        );
        // SAFETY: the program's structure is as long as it says, which is at least so much.
        unsafe { to.copy_from_nonoverlapping(from, SHORT) };
        Ok(())
    })
}

fn current_processor() -> u32 {
    // SAFETY: no pointers are passed.
    let number = unsafe { libc::sched_getcpu() };
    u32::try_from(number).unwrap_or(0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetCurrentProcessorNumber() -> Dword {
    current_processor()
}

/// `PROCESSOR_NUMBER`.
#[repr(C)]
#[derive(Clone, Copy)]
struct ProcessorNumber {
    group: u16,
    number: u8,
    reserved: u8,
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetCurrentProcessorNumberEx(number: Out<ProcessorNumber>) {
    number.set(ProcessorNumber {
        group: 0,
        number: current_processor() as u8,
        reserved: 0,
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn FlushProcessWriteBuffers() {
    const PRIVATE_EXPEDITED: libc::c_int = 8;
    const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 16;
    let barrier = |command: libc::c_int| {
        // SAFETY: no pointers are passed.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    };
    door((), || {
        // Only a process that has said so may use the fast way; saying it again costs little.
        let done = barrier(PRIVATE_EXPEDITED)
            || (barrier(REGISTER_PRIVATE_EXPEDITED) && barrier(PRIVATE_EXPEDITED));
        assert!(done, "every kernel that can run the library has it");
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn IsProcessorFeaturePresent(feature: Dword) -> Bool {
    /// Microsoft's numbers, and the names in the system's list.
    const FEATURES: &[(u32, &str)] = &[
        (2, "cx8"),
        (3, "mmx"),
        (6, "sse"),
        (8, "tsc"),
        (9, "pae"),
        (10, "sse2"),
        (12, "nx"),
        (13, "pni"),
        (14, "cx16"),
        (17, "xsave"),
        (22, "fsgsbase"),
        (28, "rdrand"),
        (32, "rdtscp"),
        (36, "ssse3"),
        (37, "sse4_1"),
        (38, "sse4_2"),
        (39, "avx"),
        (40, "avx2"),
        (41, "avx512f"),
    ];
    door(FALSE, || {
        let Some((_, name)) = FEATURES.iter().find(|known| known.0 == feature) else {
            return FALSE;
        };
        let text = system_file("/proc/cpuinfo");
        let flags = text.lines().find(|line| line.starts_with("flags"));
        Bool::from(flags.is_some_and(|line| line.split_ascii_whitespace().any(|f| f == *name)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_does_not_shift_the_fields() {
        let fields = stat_fields("12 (a) b (c) S 1 2 3");
        assert_eq!(fields, [0, 1, 2, 3]);
    }

    #[test]
    fn classes_and_niceness_agree() {
        for ((class, _), nice) in CLASSES.iter().zip(NICENESS) {
            let found = CLASSES.iter().rev().find(|known| nice >= known.1).unwrap();
            assert_eq!(found.0, *class);
        }
    }
}
