//! Which piece of a file comes next.

use std::os::fd::BorrowedFd;

use rustix::fs::{self, SeekFrom, Stat};
use rustix::io::Errno;

/// The size of a piece, and so of a buffer.
///
/// A piece is read into a buffer and written from there while it is in the processor's cache.
/// Larger ones fall out of it, and make the kernel look for larger stretches of fresh memory;
/// smaller ones pay more often for the call.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// A part of a file: where it begins, and its size.
pub(super) type Part = (u64, usize);

/// Hands out the pieces of a file, each once, from its beginning to its end.
#[derive(Debug)]
pub(super) enum Cursor {
    /// Everything from `at` on is data.
    Dense { at: u64, end: u64 },
    /// There are holes, which are left out: up to `data_end` it is known that there are none.
    Sparse { at: u64, data_end: u64, end: u64 },
    /// The file does not say how long it is (those of /proc say 0): whole pieces, until told
    /// that it has ended.
    Unsized { at: u64 },
    /// There is no more.
    Ended,
}

impl Cursor {
    /// At the beginning of a file that looks like this.
    pub(super) fn new(stat: &Stat) -> Self {
        const BLOCK_BYTES: u64 = 512;
        let end = u64::try_from(stat.st_size).unwrap_or(0);
        let on_disk = u64::try_from(stat.st_blocks)
            .unwrap_or(0)
            .saturating_mul(BLOCK_BYTES);
        match end {
            0 => Self::Unsized { at: 0 },
            // Also the look of a file that is compressed or kept in its inode: asking for holes
            // then finds none.
            _ if on_disk < end => Self::Sparse {
                at: 0,
                data_end: 0,
                end,
            },
            _ => Self::Dense { at: 0, end },
        }
    }

    /// Whether there may be more than one piece.
    pub(super) fn is_long(&self) -> bool {
        match *self {
            Self::Dense { at, end } | Self::Sparse { at, end, .. } => end - at > PIECE_BYTES as u64,
            Self::Unsized { .. } | Self::Ended => false,
        }
    }

    /// The next piece of `file`, or `None` at its end.
    pub(super) fn next(&mut self, file: BorrowedFd<'_>) -> Result<Option<Part>, Errno> {
        if let Self::Sparse { at, data_end, end } = self
            && at >= data_end
        {
            match next_data(file, *at, *end) {
                Ok(Some((from, to))) => (*at, *data_end) = (from, to),
                Ok(None) => *self = Self::Ended,
                // The file system does not tell.
                Err(Errno::INVAL | Errno::OPNOTSUPP) => *self = Self::Dense { at: *at, end: *end },
                Err(error) => return Err(error),
            }
        }
        let (at, end) = match self {
            Self::Dense { at, end } => (at, *end),
            Self::Sparse { at, data_end, .. } => (at, *data_end),
            Self::Unsized { at } => (at, u64::MAX),
            Self::Ended => return Ok(None),
        };
        let left = usize::try_from(end - *at).unwrap_or(usize::MAX);
        let bytes = left.min(PIECE_BYTES);
        let start = *at;
        *at += bytes as u64;
        Ok((bytes > 0).then_some((start, bytes)))
    }
}

/// The next stretch of data between `at` and `end`.
fn next_data(file: BorrowedFd<'_>, at: u64, end: u64) -> Result<Option<(u64, u64)>, Errno> {
    if at >= end {
        return Ok(None);
    }
    let from = match fs::seek(file, SeekFrom::Data(at)) {
        Ok(from) => from,
        Err(Errno::NXIO) => return Ok(None),
        Err(error) => return Err(error),
    };
    if from >= end {
        return Ok(None);
    }
    // A file that has just become shorter has no data at `from` any more; whoever reads there
    // will notice.
    let to = match fs::seek(file, SeekFrom::Hole(from)) {
        Err(Errno::NXIO) => end,
        other => other?,
    };
    Ok(Some((from, to.min(end))))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileExt;

    use super::*;

    fn parts(file: &File) -> Vec<Part> {
        let mut cursor = Cursor::new(&fs::fstat(file).unwrap());
        let mut parts = Vec::new();
        while let Some(part) = cursor.next(file.as_fd()).unwrap() {
            parts.push(part);
        }
        parts
    }

    #[test]
    fn a_dense_file_is_cut_into_pieces_with_a_rest() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&vec![1; 2 * PIECE_BYTES + 7], 0).unwrap();
        let piece = PIECE_BYTES as u64;
        assert_eq!(
            parts(&file),
            [(0, PIECE_BYTES), (piece, PIECE_BYTES), (2 * piece, 7)]
        );
    }

    #[test]
    fn holes_are_left_out() {
        let file = tempfile::tempfile().unwrap();
        let far = 64 << 20;
        file.set_len(2 * far).unwrap();
        file.write_all_at(&[1; 4096], far).unwrap();
        let parts = parts(&file);
        let covered: usize = parts.iter().map(|(_, bytes)| bytes).sum();
        assert!(covered < 1 << 20, "{covered} bytes are taken for data");
        assert!(
            parts
                .iter()
                .any(|&(at, bytes)| at <= far && at + bytes as u64 >= far + 4096)
        );
    }

    #[test]
    fn a_file_of_one_hole_has_no_parts() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 30).unwrap();
        assert_eq!(parts(&file), []);
    }

    #[test]
    fn a_file_that_says_nothing_of_its_size_has_pieces_until_it_is_ended() {
        let file = tempfile::tempfile().unwrap();
        let mut cursor = Cursor::new(&fs::fstat(&file).unwrap());
        assert_eq!(cursor.next(file.as_fd()).unwrap(), Some((0, PIECE_BYTES)));
        let second = cursor.next(file.as_fd()).unwrap();
        assert_eq!(second, Some((PIECE_BYTES as u64, PIECE_BYTES)));
        cursor = Cursor::Ended;
        assert_eq!(cursor.next(file.as_fd()).unwrap(), None);
    }
}
