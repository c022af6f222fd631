//! Trees to be copied: made once, compared after every copy.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::Result;
use crate::child;
use crate::files::Random;

/// The shape of a tree.
#[derive(Clone, Copy)]
pub(super) struct Tree {
    files: usize,
    /// Files in a folder.
    per_folder: usize,
    /// The smallest and the largest file; the others lie between, as many of 1 to 2 KiB as of 1
    /// to 2 MiB.
    bytes: (u64, u64),
    /// Folders within a folder.
    depth: usize,
}

pub(super) const SMALL: Tree = Tree {
    files: 10_000,
    per_folder: 100,
    bytes: (4096, 4096),
    depth: 1,
};

pub(super) const LARGE: Tree = Tree {
    files: 1,
    per_folder: 1,
    bytes: (2 << 30, 2 << 30),
    depth: 0,
};

pub(super) const MIXED: Tree = Tree {
    files: 2000,
    per_folder: 20,
    bytes: (1, 16 << 20),
    depth: 4,
};

/// How much a tree holds.
#[derive(Default)]
pub(super) struct Size {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

impl Tree {
    /// Makes the tree, if it is not there yet.
    pub(super) fn create(&self, root: &Path) -> Result<()> {
        // Of the few large ones, a brief run has smaller ones.
        let (files, largest) = match child::is_brief() {
            true => (self.files.div_ceil(20), self.bytes.1.min(64 << 20)),
            false => (self.files, self.bytes.1),
        };
        let complete = root.with_extension(format!("complete-{files}-{largest}"));
        if complete.exists() {
            return Ok(());
        }
        if root.exists() {
            fs::remove_dir_all(root)?;
        }
        println!("  (writing {}, once)", root.display());
        let mut random = Random::new(1);
        let block: Vec<u8> = (0..1 << 20).map(|_| random.below(256) as u8).collect();
        for index in 0..files {
            let folder = self.folder(root, index / self.per_folder);
            fs::create_dir_all(&folder)?;
            let bytes = self.bytes_of(index, files, largest);
            let mut file = File::create(folder.join(format!("file-{index:05}")))?;
            // No two files begin alike.
            file.write_all(&index.to_le_bytes()[..bytes.min(8) as usize])?;
            let mut left = bytes.saturating_sub(8);
            while left > 0 {
                let part = left.min(block.len() as u64);
                file.write_all(&block[..part as usize])?;
                left -= part;
            }
        }
        for old in fs::read_dir(root.parent().ok_or("the tree is in no folder")?)? {
            let old = old?.path();
            if old.to_string_lossy().contains("complete-") {
                fs::remove_file(old)?;
            }
        }
        File::create(complete)?;
        Ok(())
    }

    /// Folders lie `depth` deep in each other.
    fn folder(&self, root: &Path, number: usize) -> PathBuf {
        let level = |level: usize| format!("folder-{:03}", number >> (2 * (self.depth - level)));
        (1..=self.depth)
            .map(level)
            .fold(root.to_owned(), |path, name| path.join(name))
    }

    fn bytes_of(&self, index: usize, files: usize, largest: u64) -> u64 {
        let smallest = self.bytes.0.min(largest) as f64;
        // Far from each other, so that no folder has all the large ones.
        let place = (index * 7919) % files;
        let place = place as f64 / (files.max(2) - 1) as f64;
        (smallest * (largest as f64 / smallest).powf(place)).round() as u64
    }
}

/// Compares two trees, names and bytes; says how large they are.
pub(super) fn compare(source: &Path, target: &Path) -> Result<Size> {
    let mut size = Size::default();
    let mut folders = vec![PathBuf::new()];
    let (mut own, mut other) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    while let Some(folder) = folders.pop() {
        let names = names(&source.join(&folder))?;
        if names != self::names(&target.join(&folder))? {
            return Err(format!("{} holds other names", folder.display()).into());
        }
        for name in names {
            let path = folder.join(name);
            let (from, to) = (source.join(&path), target.join(&path));
            if from.is_dir() {
                folders.push(path);
                continue;
            }
            size.files += 1;
            let (mut from, mut to) = (File::open(from)?, File::open(to)?);
            loop {
                let bytes = from.read(&mut own)?;
                let wanted = &mut other[..bytes.max(1)];
                let same = match bytes {
                    0 => to.read(wanted)? == 0,
                    _ => to.read_exact(wanted).is_ok() && *wanted == own[..bytes],
                };
                if !same {
                    return Err(format!("{} is not a copy", path.display()).into());
                }
                if bytes == 0 {
                    break;
                }
                size.bytes += bytes as u64;
            }
        }
    }
    Ok(size)
}

fn names(folder: &Path) -> Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_reach_from_the_smallest_to_the_largest() {
        let mut bytes: Vec<u64> = (0..MIXED.files)
            .map(|index| MIXED.bytes_of(index, MIXED.files, MIXED.bytes.1))
            .collect();
        bytes.sort_unstable();
        assert_eq!((bytes[0], bytes[MIXED.files - 1]), MIXED.bytes);
        assert_eq!(SMALL.bytes_of(77, SMALL.files, SMALL.bytes.1), 4096);
    }
}
