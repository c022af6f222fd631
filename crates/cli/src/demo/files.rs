//! The files of the first scene: made from numbers, found again by checksum.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::pattern::Pattern;

/// Some sizes at which programs break; the files after these have random ones.
const ODD_BYTES: [u64; 8] = [0, 1, 4095, 4096, 4097, 131_071, 131_072, 131_073];
const PAGE_BYTES: u64 = 4096;
const PAGES_MAX: u64 = 2560;
const CHUNK_BYTES: usize = 256 << 10;

/// One file to be copied.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) bytes: u64,
    checksum: u32,
}

/// A folder with the files in it, and room for copies. Removed when dropped.
pub(super) struct FileSet {
    folder: TempDir,
    pub(super) sources: Vec<Source>,
}

impl FileSet {
    /// An empty set in a new folder.
    pub(super) fn new(within: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("iocp-demo-")
            .tempdir_in(within)?;
        fs::create_dir(folder.path().join("from"))?;
        Ok(Self {
            folder,
            sources: Vec::new(),
        })
    }

    /// Makes the next file.
    pub(super) fn make(&mut self) -> io::Result<()> {
        let index = self.sources.len();
        let mut pattern = Pattern::new(index as u64);
        let bytes = match ODD_BYTES.get(index) {
            Some(&bytes) => bytes,
            None => pattern.size(PAGES_MAX) * PAGE_BYTES - pattern.number() % PAGE_BYTES,
        };
        let name = format!("{index:04}");
        let mut file = File::create(self.source_path(&name))?;
        let mut hasher = crc32fast::Hasher::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut left = bytes;
        while left > 0 {
            let here = &mut chunk[..usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES)];
            pattern.fill(here);
            hasher.update(here);
            file.write_all(here)?;
            left -= here.len() as u64;
        }
        self.sources.push(Source {
            name,
            bytes,
            checksum: hasher.finalize(),
        });
        Ok(())
    }

    pub(super) fn bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.bytes).sum()
    }

    pub(super) fn source_path(&self, name: &str) -> PathBuf {
        self.folder.path().join("from").join(name)
    }

    /// An empty folder for copies.
    pub(super) fn target(&self) -> io::Result<Target> {
        let folder = self.folder.path().join("to");
        fs::create_dir(&folder)?;
        Ok(Target(folder))
    }

    /// Reads every copy and tells which are not what they should be.
    pub(super) fn damaged(&self, target: &Target) -> Vec<String> {
        let mut chunk = vec![0; CHUNK_BYTES];
        self.sources
            .iter()
            .filter_map(|source| match sum(&target.path(&source.name), &mut chunk) {
                Ok(found) if found == (source.bytes, source.checksum) => None,
                Ok((bytes, _)) if bytes != source.bytes => Some(format!(
                    "file {} has {bytes} bytes instead of {}",
                    source.name, source.bytes
                )),
                Ok(_) => Some(format!("file {} has another checksum", source.name)),
                Err(error) => Some(format!("file {} cannot be read: {error}", source.name)),
            })
            .collect()
    }
}

fn sum(path: &Path, chunk: &mut [u8]) -> io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut total = 0;
    loop {
        match file.read(chunk)? {
            0 => return Ok((total, hasher.finalize())),
            bytes => {
                hasher.update(&chunk[..bytes]);
                total += bytes as u64;
            }
        }
    }
}

/// A folder with copies; removed when dropped, so that every round begins with nothing.
pub(super) struct Target(PathBuf);

impl Target {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // What stays is removed with the folder around it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> FileSet {
        let mut set = FileSet::new(&std::env::temp_dir()).unwrap();
        for _ in 0..3 {
            set.make().unwrap();
        }
        set
    }

    #[test]
    fn an_exact_copy_is_not_damaged_and_every_change_is_seen() {
        let set = set();
        let target = set.target().unwrap();
        for source in &set.sources {
            fs::copy(set.source_path(&source.name), target.path(&source.name)).unwrap();
        }
        assert!(set.damaged(&target).is_empty());
        fs::write(target.path("0001"), b"?").unwrap();
        fs::write(target.path("0002"), b"?").unwrap();
        fs::remove_file(target.path("0000")).unwrap();
        let damaged = set.damaged(&target).join("\n");
        assert!(damaged.contains("0000 cannot be read"), "{damaged}");
        assert!(damaged.contains("0001 has another checksum"), "{damaged}");
        assert!(
            damaged.contains("0002 has 1 bytes instead of 4095"),
            "{damaged}"
        );
    }

    #[test]
    fn nothing_stays_behind() {
        let set = set();
        let folder = set.folder.path().to_owned();
        let target = set.target().unwrap();
        fs::write(target.path("x"), b"x").unwrap();
        drop((target, set));
        assert!(!folder.exists());
    }
}
