//! Buffers that an operation owns while it is in flight.
//!
//! A buffer is moved into an operation and comes back with its result. Between the two nobody
//! but the engine (and, for files, the kernel) touches its memory, so the traits here promise
//! one thing above all: the memory stays where it is while the value is not accessed.
//!
//! # Safety
//!
//! This is a room in which `unsafe` is allowed: the two traits are `unsafe` to implement because
//! the kernel writes through the pointers they return.
#![expect(unsafe_code, reason = "buffer traits hand raw memory to the engines")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::{Bound, Deref, DerefMut, RangeBounds};
use std::ptr::NonNull;

/// Memory whose initialised part can be sent or written.
///
/// # Safety
///
/// `as_ptr` must point to at least `bytes_init` initialised bytes, and both must stay the same
/// from one call to the next as long as the value is neither moved nor used through `&mut`.
/// Memory held behind a pointer (a `Vec`, a `Box`) must not move when the value itself moves.
pub unsafe trait IoBuf: Send + 'static {
    /// First byte of the buffer.
    fn as_ptr(&self) -> *const u8;
    /// Number of initialised bytes, from the first on.
    fn bytes_init(&self) -> usize;

    /// Narrows the buffer to a range of its bytes: what is sent, or where received bytes go.
    ///
    /// # Panics
    ///
    /// If the range starts behind its end or behind the initialised bytes.
    ///
    /// ```
    /// use completion_port::IoBuf;
    /// let tail = vec![1u8, 2, 3].slice(1..);
    /// assert_eq!(&tail[..], [2, 3]);
    /// assert_eq!(tail.into_inner(), [1, 2, 3]);
    /// ```
    fn slice(self, range: impl RangeBounds<usize>) -> Slice<Self>
    where
        Self: Sized,
    {
        let begin = match range.start_bound() {
            Bound::Included(&n) => n,
            Bound::Excluded(&n) => n.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&n) => Some(n.saturating_add(1)),
            Bound::Excluded(&n) => Some(n),
            Bound::Unbounded => None,
        };
        assert!(
            begin <= self.bytes_init(),
            "slice starts behind the initialised bytes"
        );
        assert!(
            end.is_none_or(|end| begin <= end),
            "slice starts behind its end"
        );
        Slice {
            inner: self,
            begin,
            end,
        }
    }
}

/// Memory that can be received or read into.
///
/// Bytes are stored from the first on, over what was there; afterwards the number of bytes that
/// arrived is recorded with [`set_filled`](Self::set_filled). A `Vec` uses its whole capacity and
/// has exactly the bytes that arrived as its length; a `Box<[u8]>` or an array keeps its length,
/// and the result says how much of it is new.
///
/// # Safety
///
/// `as_mut_ptr` must point to `bytes_capacity` writable bytes, with the stability that [`IoBuf`]
/// asks for.
pub unsafe trait IoBufMut: IoBuf {
    /// First byte of the buffer, for writing.
    fn as_mut_ptr(&mut self) -> *mut u8;
    /// How many bytes may be written.
    fn bytes_capacity(&self) -> usize;
    /// Records that the first `bytes` bytes have been written.
    ///
    /// # Safety
    ///
    /// At least `bytes` bytes from the first on must have been initialised, and `bytes` must not
    /// exceed `bytes_capacity`.
    unsafe fn set_filled(&mut self, bytes: usize);
}

// SAFETY: a Vec's heap memory does not move with the Vec, and its first `len` bytes are
// initialised.
unsafe impl IoBuf for Vec<u8> {
    fn as_ptr(&self) -> *const u8 {
        Vec::as_ptr(self)
    }
    fn bytes_init(&self) -> usize {
        self.len()
    }
}

// SAFETY: `capacity` bytes behind the pointer belong to the Vec.
unsafe impl IoBufMut for Vec<u8> {
    fn as_mut_ptr(&mut self) -> *mut u8 {
        Vec::as_mut_ptr(self)
    }
    fn bytes_capacity(&self) -> usize {
        self.capacity()
    }
    unsafe fn set_filled(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.capacity());
        // SAFETY: the caller says that `bytes` bytes are initialised and fit the capacity.
        unsafe { self.set_len(bytes) }
    }
}

// SAFETY: the boxed bytes are all initialised and do not move with the box.
unsafe impl IoBuf for Box<[u8]> {
    fn as_ptr(&self) -> *const u8 {
        (**self).as_ptr()
    }
    fn bytes_init(&self) -> usize {
        self.len()
    }
}

// SAFETY: the whole slice is writable.
unsafe impl IoBufMut for Box<[u8]> {
    fn as_mut_ptr(&mut self) -> *mut u8 {
        (**self).as_mut_ptr()
    }
    fn bytes_capacity(&self) -> usize {
        self.len()
    }
    unsafe fn set_filled(&mut self, _bytes: usize) {}
}

// SAFETY: all N bytes are initialised. The array lives in the operation's own heap node, which
// does not move while the operation is in flight.
unsafe impl<const N: usize> IoBuf for [u8; N] {
    fn as_ptr(&self) -> *const u8 {
        self.as_slice().as_ptr()
    }
    fn bytes_init(&self) -> usize {
        N
    }
}

// SAFETY: all N bytes are writable.
unsafe impl<const N: usize> IoBufMut for [u8; N] {
    fn as_mut_ptr(&mut self) -> *mut u8 {
        self.as_mut_slice().as_mut_ptr()
    }
    fn bytes_capacity(&self) -> usize {
        N
    }
    unsafe fn set_filled(&mut self, _bytes: usize) {}
}

// SAFETY: static memory never moves.
unsafe impl IoBuf for &'static [u8] {
    fn as_ptr(&self) -> *const u8 {
        (**self).as_ptr()
    }
    fn bytes_init(&self) -> usize {
        self.len()
    }
}

// SAFETY: static memory never moves.
unsafe impl IoBuf for &'static str {
    fn as_ptr(&self) -> *const u8 {
        (**self).as_ptr()
    }
    fn bytes_init(&self) -> usize {
        self.len()
    }
}

// SAFETY: the shared bytes do not move with the Arc and are never written while shared.
unsafe impl IoBuf for std::sync::Arc<[u8]> {
    fn as_ptr(&self) -> *const u8 {
        (**self).as_ptr()
    }
    fn bytes_init(&self) -> usize {
        self.len()
    }
}

#[cfg(feature = "bytes")]
mod with_bytes {
    use super::{IoBuf, IoBufMut};
    use bytes::{Bytes, BytesMut};

    // SAFETY: a `Bytes` points to memory that does not move with it and is never written.
    unsafe impl IoBuf for Bytes {
        fn as_ptr(&self) -> *const u8 {
            (**self).as_ptr()
        }
        fn bytes_init(&self) -> usize {
            self.len()
        }
    }

    // SAFETY: a `BytesMut` owns the memory that it points to; its first `len` bytes are
    // initialised.
    unsafe impl IoBuf for BytesMut {
        fn as_ptr(&self) -> *const u8 {
            (**self).as_ptr()
        }
        fn bytes_init(&self) -> usize {
            self.len()
        }
    }

    // SAFETY: `capacity` bytes from the pointer on belong to this handle alone.
    unsafe impl IoBufMut for BytesMut {
        fn as_mut_ptr(&mut self) -> *mut u8 {
            (**self).as_mut_ptr()
        }
        fn bytes_capacity(&self) -> usize {
            self.capacity()
        }
        unsafe fn set_filled(&mut self, bytes: usize) {
            // SAFETY: the caller says that `bytes` bytes are initialised and fit the capacity.
            unsafe { self.set_len(bytes) }
        }
    }
}

/// A range of a buffer; made by [`IoBuf::slice`].
#[derive(Debug)]
pub struct Slice<B> {
    inner: B,
    begin: usize,
    end: Option<usize>,
}

impl<B> Slice<B> {
    /// The whole buffer again.
    pub fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: IoBuf> Deref for Slice<B> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        // SAFETY: `bytes_init` initialised bytes follow `as_ptr`, by the contract of `IoBuf`.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.bytes_init()) }
    }
}

// SAFETY: a sub-range of memory that fulfils the contract fulfils it too; `begin` was checked
// against the initialised bytes when the slice was made, and `saturating_sub` covers a buffer
// that reports fewer later.
unsafe impl<B: IoBuf> IoBuf for Slice<B> {
    fn as_ptr(&self) -> *const u8 {
        self.inner.as_ptr().wrapping_add(self.begin)
    }
    fn bytes_init(&self) -> usize {
        let end = self.end.unwrap_or(usize::MAX).min(self.inner.bytes_init());
        end.saturating_sub(self.begin)
    }
}

// SAFETY: the range stays within the inner buffer's capacity.
unsafe impl<B: IoBufMut> IoBufMut for Slice<B> {
    fn as_mut_ptr(&mut self) -> *mut u8 {
        self.inner.as_mut_ptr().wrapping_add(self.begin)
    }
    fn bytes_capacity(&self) -> usize {
        let end = self
            .end
            .unwrap_or(usize::MAX)
            .min(self.inner.bytes_capacity());
        end.saturating_sub(self.begin)
    }
    unsafe fn set_filled(&mut self, bytes: usize) {
        // SAFETY: bytes before `begin` were initialised when the slice was made, and the caller
        // says that `bytes` more are.
        unsafe { self.inner.set_filled(self.begin + bytes) }
    }
}

/// Zeroed memory with a chosen alignment, as direct (unbuffered) file access needs it.
///
/// ```
/// let page = completion_port::AlignedBuf::new(8192, 4096).unwrap();
/// assert_eq!(page.len(), 8192);
/// assert_eq!(page.as_ptr() as usize % 4096, 0);
/// ```
#[derive(Debug)]
pub struct AlignedBuf {
    start: NonNull<u8>,
    layout: Layout,
}

impl AlignedBuf {
    /// Allocates `bytes` zeroed bytes at a multiple of `align`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when `align` is not a power of two, or when `bytes` is zero or too large;
    /// `OutOfMemory` when the system does not give so many.
    pub fn new(bytes: usize, align: usize) -> std::io::Result<Self> {
        let invalid = || std::io::Error::from(std::io::ErrorKind::InvalidInput);
        let layout = Layout::from_size_align(bytes, align).map_err(|_| invalid())?;
        if bytes == 0 {
            return Err(invalid());
        }
        // SAFETY: the layout's size is not zero.
        let start = unsafe { alloc_zeroed(layout) };
        match NonNull::new(start) {
            Some(start) => Ok(Self { start, layout }),
            None => Err(std::io::ErrorKind::OutOfMemory.into()),
        }
    }
}

impl Drop for AlignedBuf {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, and freed only here.
        unsafe { dealloc(self.start.as_ptr(), self.layout) }
    }
}

impl Deref for AlignedBuf {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        // SAFETY: all bytes were zeroed at allocation and belong to this value.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }
}

impl DerefMut for AlignedBuf {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`; `&mut self` makes the access exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }
}

// SAFETY: the value is the only owner of its allocation.
unsafe impl Send for AlignedBuf {}
// SAFETY: shared access only reads.
unsafe impl Sync for AlignedBuf {}

// SAFETY: heap memory, all initialised, that does not move with the value.
unsafe impl IoBuf for AlignedBuf {
    fn as_ptr(&self) -> *const u8 {
        self.start.as_ptr()
    }
    fn bytes_init(&self) -> usize {
        self.layout.size()
    }
}

// SAFETY: all of it is writable.
unsafe impl IoBufMut for AlignedBuf {
    fn as_mut_ptr(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }
    fn bytes_capacity(&self) -> usize {
        self.layout.size()
    }
    unsafe fn set_filled(&mut self, _bytes: usize) {}
}

/// One stretch of memory: what a system call wants to know of a buffer.
///
/// The layout is that of the system's I/O vector, which `sys` asserts.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Span {
    pub(crate) start: *mut u8,
    pub(crate) bytes: usize,
}

/// The memory of an operation, computed anew for each attempt.
#[derive(Debug)]
pub(crate) enum Memory {
    /// No memory: accept, connect, sync, …
    None,
    /// One buffer.
    One(Span),
    /// Several buffers, filled or drained in order.
    Many(Vec<Span>),
}

impl Memory {
    /// Sum of all stretches, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(span) => span.bytes,
            Self::Many(spans) => spans.iter().map(|span| span.bytes).sum(),
        }
    }

    /// Leaves of several stretches as many as one call takes. Empty ones are left out then: a call
    /// that is given nothing else moves 0 bytes, and that would mean the end.
    pub(crate) fn cut(&mut self, count_max: usize) {
        if let Self::Many(spans) = self
            && spans.len() > count_max
        {
            spans.retain(|span| span.bytes > 0);
            spans.truncate(count_max);
        }
    }

    /// Drops the first `bytes` bytes: what an earlier attempt has already moved.
    pub(crate) fn advance(&mut self, mut bytes: usize) {
        let skip = |span: &mut Span, bytes: usize| {
            span.start = span.start.wrapping_add(bytes);
            span.bytes -= bytes;
        };
        match self {
            Self::None => {}
            Self::One(span) => skip(span, bytes.min(span.bytes)),
            Self::Many(spans) => {
                for span in spans.iter_mut() {
                    let step = bytes.min(span.bytes);
                    skip(span, step);
                    bytes -= step;
                }
                let first = spans
                    .iter()
                    .position(|span| span.bytes > 0)
                    .unwrap_or(spans.len());
                spans.drain(..first);
            }
        }
    }
}

/// Where to read from: the initialised part of a buffer.
pub(crate) fn source<B: IoBuf>(buf: &mut B) -> Memory {
    Memory::One(Span {
        start: buf.as_ptr().cast_mut(),
        bytes: buf.bytes_init(),
    })
}

/// Where to write to: the whole buffer.
pub(crate) fn sink<B: IoBufMut>(buf: &mut B) -> Memory {
    let bytes = buf.bytes_capacity();
    Memory::One(Span {
        start: buf.as_mut_ptr(),
        bytes,
    })
}

/// As [`source`], for several buffers.
#[expect(clippy::ptr_arg, reason = "an `Access<Vec<B>>` wants just this type")]
pub(crate) fn sources<B: IoBuf>(bufs: &mut Vec<B>) -> Memory {
    let span = |buf: &mut B| Span {
        start: buf.as_ptr().cast_mut(),
        bytes: buf.bytes_init(),
    };
    Memory::Many(bufs.iter_mut().map(span).collect())
}

/// As [`sink`], for several buffers.
#[expect(clippy::ptr_arg, reason = "an `Access<Vec<B>>` wants just this type")]
pub(crate) fn sinks<B: IoBufMut>(bufs: &mut Vec<B>) -> Memory {
    let span = |buf: &mut B| Span {
        bytes: buf.bytes_capacity(),
        start: buf.as_mut_ptr(),
    };
    Memory::Many(bufs.iter_mut().map(span).collect())
}

/// Records what arrived in a [`sink`].
///
/// Called by an engine only, after it has stored `bytes` bytes there.
pub(crate) fn filled<B: IoBufMut>(buf: &mut B, bytes: usize) {
    // SAFETY: engines report no more bytes than they stored, and they store no more than the
    // capacity that `sink` named.
    unsafe { buf.set_filled(bytes) }
}

/// Records what arrived in [`sinks`].
pub(crate) fn filled_all<B: IoBufMut>(bufs: &mut Vec<B>, mut bytes: usize) {
    for buf in bufs {
        let here = bytes.min(buf.bytes_capacity());
        filled(buf, here);
        bytes -= here;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans_of(memory: &Memory) -> Vec<usize> {
        match memory {
            Memory::None => Vec::new(),
            Memory::One(span) => vec![span.bytes],
            Memory::Many(spans) => spans.iter().map(|span| span.bytes).collect(),
        }
    }

    #[test]
    fn advancing_skips_whole_and_partial_spans() {
        let mut bufs = vec![vec![0u8; 3], vec![], vec![0u8; 5]];
        let mut memory = sources(&mut bufs);
        memory.advance(0);
        assert_eq!(spans_of(&memory), [3, 0, 5]);
        memory.advance(3);
        assert_eq!(spans_of(&memory), [5]);
        memory.advance(2);
        assert_eq!((spans_of(&memory), memory.bytes()), (vec![3], 3));
        memory.advance(99);
        assert_eq!(memory.bytes(), 0);
    }

    #[test]
    fn cutting_keeps_what_has_bytes() {
        let mut bufs = [vec![vec![]; 3], vec![vec![0u8; 2]; 3]].concat();
        for (count_max, expected) in [
            (6, vec![0, 0, 0, 2, 2, 2]),
            (4, vec![2; 3]),
            (2, vec![2; 2]),
        ] {
            let mut memory = sources(&mut bufs);
            memory.cut(count_max);
            assert_eq!(spans_of(&memory), expected);
        }
    }

    #[test]
    fn a_vec_takes_its_capacity_and_keeps_what_arrived() {
        let mut buf = Vec::with_capacity(8);
        buf.extend_from_slice(b"old");
        let Memory::One(span) = sink(&mut buf) else {
            panic!("one span")
        };
        assert_eq!(span.bytes, buf.capacity());
        // SAFETY: the span has at least four writable bytes.
        unsafe { span.start.copy_from(b"news".as_ptr(), 4) };
        filled(&mut buf, 4);
        assert_eq!(buf, b"news");
    }

    #[test]
    fn a_slice_of_a_vec_appends_behind_its_begin() {
        let mut tail = vec![1u8, 2, 3].slice(2..);
        assert!(tail.bytes_capacity() >= 1);
        filled(&mut tail, 0);
        assert_eq!(tail.into_inner(), [1, 2]);
    }

    #[test]
    fn several_sinks_are_filled_in_order() {
        let mut bufs = vec![Vec::with_capacity(4), Vec::with_capacity(4)];
        let Memory::Many(spans) = sinks(&mut bufs) else {
            panic!("many spans")
        };
        for span in &spans {
            // SAFETY: each span has at least four writable bytes.
            unsafe { span.start.write_bytes(7, 4) };
        }
        let first = bufs[0].capacity();
        filled_all(&mut bufs, first + 1);
        assert_eq!((bufs[0].len(), bufs[1].len()), (first, 1));
    }

    #[test]
    fn refuses_bad_alignment_and_no_bytes() {
        assert!(AlignedBuf::new(10, 3).is_err());
        assert!(AlignedBuf::new(0, 8).is_err());
        assert!(AlignedBuf::new(usize::MAX, 8).is_err());
    }

    #[test]
    fn memory_that_the_system_does_not_give_is_an_error() {
        let error = AlignedBuf::new(1 << 62, 4096).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::OutOfMemory);
    }
}
