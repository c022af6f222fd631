//! Arrays of buffers, as programs pass them.

use std::mem::{offset_of, size_of};

use completion_port::RawSpan;

use super::Wsa;
use crate::overlapped::Memory;

/// `WSABUF`: the length first, in 32 bits (S-004).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct WsaBuf {
    pub(super) length: u32,
    pub(super) start: *mut u8,
}

const _: () = assert!(size_of::<WsaBuf>() == 16 && offset_of!(WsaBuf, start) == 8);

impl WsaBuf {
    fn span(&self) -> RawSpan {
        RawSpan::new(self.start, self.length as usize)
    }
}

/// The memory of one call, captured: the array may be gone when the call returns (S-322).
pub(super) enum Buffers {
    One(WsaBuf),
    Many(Vec<WsaBuf>),
}

impl Buffers {
    pub(super) const NONE: Self = Self::One(WsaBuf {
        length: 0,
        start: std::ptr::null_mut(),
    });

    /// # Errors
    ///
    /// There is no array, or it is empty.
    ///
    /// # Safety
    ///
    /// `buffers` is null or points to `count` entries.
    #[inline]
    pub(super) unsafe fn read(buffers: *const WsaBuf, count: u32) -> Result<Self, Wsa> {
        if buffers.is_null() {
            return Err(Wsa::FAULT);
        }
        if count == 0 {
            return Err(Wsa::INVALID);
        }
        // SAFETY: so many entries are there, says the caller.
        let all = unsafe { std::slice::from_raw_parts(buffers, count as usize) };
        Ok(match all {
            [one] => Self::One(*one),
            many => Self::Many(many.to_vec()),
        })
    }

    /// One buffer whose length is passed as an `int`.
    pub(super) fn one(start: *mut u8, length: i32) -> Result<Self, Wsa> {
        let length = u32::try_from(length).map_err(|_| Wsa::FAULT)?;
        Ok(Self::One(WsaBuf { length, start }))
    }

    fn pieces(&self) -> &[WsaBuf] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.pieces()
            .iter()
            .map(|piece| piece.length as usize)
            .sum()
    }

    /// For an operation.
    #[inline]
    pub(super) fn memory(&self) -> Memory {
        match self {
            Self::One(one) => Memory::One(one.span()),
            Self::Many(many) => Memory::Many(many.iter().map(WsaBuf::span).collect()),
        }
    }

    /// For a system call.
    pub(super) fn vectors(&self) -> Vec<libc::iovec> {
        let vector = |piece: &WsaBuf| libc::iovec {
            iov_base: piece.start.cast(),
            iov_len: piece.length as usize,
        };
        // The kernel takes no more in one call.
        self.pieces().iter().take(1024).map(vector).collect()
    }

    /// Leaves out the first bytes, which have been moved.
    pub(super) fn skip(&mut self, mut moved: usize) {
        let pieces = match self {
            Self::One(one) => std::slice::from_mut(one),
            Self::Many(many) => many,
        };
        for piece in pieces {
            let gone = moved.min(piece.length as usize);
            piece.start = piece.start.wrapping_add(gone);
            piece.length -= gone as u32;
            moved -= gone;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_moved_is_left_out() {
        let mut bytes = [0u8; 10];
        let start = bytes.as_mut_ptr();
        let piece = |at: usize, length| WsaBuf {
            length,
            start: start.wrapping_add(at),
        };
        let mut buffers = Buffers::Many(vec![piece(0, 3), piece(3, 0), piece(3, 7)]);
        buffers.skip(4);
        let vectors = buffers.vectors();
        assert_eq!(buffers.bytes(), 6);
        assert_eq!((vectors[0].iov_len, vectors[2].iov_len), (0, 6));
        assert_eq!(vectors[2].iov_base, start.wrapping_add(4).cast());
    }
}
