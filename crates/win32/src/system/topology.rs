//! Which processors share what.

use std::collections::BTreeMap;

use super::machine::{Mask, processors};
use super::system_file;
use crate::abi::{Bool, Dword};
use crate::code::{Code, code_bool};
use crate::text::Out;

const CORE: u32 = 0;
const NUMA_NODE: u32 = 1;
const CACHE: u32 = 2;
const PACKAGE: u32 = 3;

/// `SYSTEM_LOGICAL_PROCESSOR_INFORMATION`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Relation {
    mask: Mask,
    relationship: u32,
    /// What the union holds: a flag, a node's number, or a cache's description.
    details: [u64; 2],
}

const _: () = assert!(size_of::<Relation>() == 32);

/// The processors in a list such as `0-3,8`.
fn mask_of_list(list: &str) -> Mask {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let mut mask = 0;
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let Some((first, last)) = number(first).zip(number(last)) else {
            continue;
        };
        (first..=last.min(63)).for_each(|processor| mask |= 1 << processor);
    }
    mask
}

/// The name of a size: `32K`, `1M`.
fn bytes_of_size(text: &str) -> u32 {
    let text = text.trim();
    let (number, unit) = match text.strip_suffix('K') {
        Some(number) => (number, 1024),
        None => text
            .strip_suffix('M')
            .map_or((text, 1), |number| (number, 1024 * 1024)),
    };
    number.parse::<u32>().unwrap_or(0) * unit
}

/// A cache, packed as `CACHE_DESCRIPTOR` is.
fn cache(folder: &str) -> Option<(Mask, [u64; 2])> {
    let read = |name: &str| system_file(&format!("{folder}/{name}"));
    let mask = mask_of_list(&read("shared_cpu_list"));
    let level = read("level").trim().parse::<u8>().ok()?;
    let ways = read("ways_of_associativity")
        .trim()
        .parse::<u32>()
        .unwrap_or(0);
    let line = read("coherency_line_size")
        .trim()
        .parse::<u16>()
        .unwrap_or(0);
    let kind: u32 = match read("type").trim() {
        "Unified" => 0,
        "Instruction" => 1,
        _ => 2,
    };
    let size = bytes_of_size(&read("size"));
    let first = u64::from(level)
        | u64::from(ways.min(0xff)) << 8
        | u64::from(line) << 16
        | u64::from(size) << 32;
    Some((mask, [first, kind.into()]))
}

fn relations() -> Vec<Relation> {
    let (usable, _) = processors();
    // The same set of processors is told once, though each of them names it.
    let mut found: BTreeMap<(u32, [u64; 2], Mask), ()> = BTreeMap::new();
    let mut add = |relationship, mask: Mask, details| {
        if mask & usable != 0 {
            found.insert((relationship, details, mask & usable), ());
        }
    };
    for processor in (0..64).filter(|processor| usable >> processor & 1 == 1) {
        let folder = format!("/sys/devices/system/cpu/cpu{processor}");
        let read = |name: &str| system_file(&format!("{folder}/topology/{name}"));
        let own: Mask = 1 << processor;
        let core = mask_of_list(&read("core_cpus_list")) | own;
        // The flag says that a core has several processors.
        add(CORE, core, [u64::from((core & usable).count_ones() > 1), 0]);
        add(
            PACKAGE,
            mask_of_list(&read("package_cpus_list")) | own,
            [0, 0],
        );
        for index in 0..8 {
            if let Some((mask, details)) = cache(&format!("{folder}/cache/index{index}")) {
                add(CACHE, mask, details);
            }
        }
    }
    let nodes = mask_of_list(&system_file("/sys/devices/system/node/online"));
    if nodes == 0 {
        add(NUMA_NODE, usable, [0, 0]);
    }
    for node in (0..64_u64).filter(|node| nodes >> node & 1 == 1) {
        let list = system_file(&format!("/sys/devices/system/node/node{node}/cpulist"));
        add(NUMA_NODE, mask_of_list(&list), [node, 0]);
    }
    let relation = |(relationship, details, mask)| Relation {
        mask,
        relationship,
        details,
    };
    found.into_keys().map(relation).collect()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetLogicalProcessorInformation(
    into: Out<Relation>,
    length: Out<Dword>,
) -> Bool {
    code_bool(|| {
        let capacity = length.get().ok_or(Code::INVALID_PARAMETER)? as usize;
        let relations = relations();
        let needed = relations.len() * size_of::<Relation>();
        length.set(needed as Dword);
        if capacity < needed || into.is_null() {
            return Err(Code::INSUFFICIENT_BUFFER);
        }
        for (i, relation) in relations.into_iter().enumerate() {
            let place = into.as_ptr().wrapping_add(i);
            // SAFETY: the program's room is as long as it said, which is enough.
            unsafe { place.write_unaligned(relation) };
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_sizes_are_understood() {
        assert_eq!(mask_of_list("0-3,8\n"), 0b1_0000_1111);
        assert_eq!(mask_of_list(""), 0);
        assert_eq!(mask_of_list("62-70"), 3 << 62);
        assert_eq!(bytes_of_size("48K"), 49_152);
        assert_eq!(bytes_of_size("2M"), 2 << 20);
    }

    #[test]
    fn every_processor_is_in_one_core_and_one_package() {
        let (usable, _) = processors();
        for kind in [CORE, PACKAGE, NUMA_NODE] {
            let of_kind = |relation: &&Relation| relation.relationship == kind;
            let all = relations();
            let masks = all.iter().filter(of_kind).map(|relation| relation.mask);
            assert_eq!(masks.fold(0, |sum, mask| sum ^ mask), usable, "{kind}");
        }
    }
}
