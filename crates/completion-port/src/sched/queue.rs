//! The packets that wait, in the order in which they came.
//!
//! A ring like the standard library's, with one difference: a packet is made in its place, not
//! made elsewhere and moved there. Every packet takes this way under the gate, and a move through
//! the stack costs a tenth of the whole way through the port.

use std::collections::VecDeque;

/// Slots of the first ring.
const SLOTS_MIN: usize = 16;
/// Slots that an empty ring keeps.
const SLOTS_KEPT: usize = if cfg!(test) { 64 } else { 4096 };

/// A first-in first-out list.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Queue<P> {
    /// None, or a power of two; full are the `len` slots from `head` on, around the end.
    slots: Vec<Option<P>>,
    head: usize,
    len: usize,
}

impl<P> Queue<P> {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            head: 0,
            len: 0,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slot `offset` places behind the head.
    #[inline]
    fn slot(&self, offset: usize) -> usize {
        self.head.wrapping_add(offset) & self.slots.len().wrapping_sub(1)
    }

    /// Adds what `make` makes at the end.
    #[inline]
    pub(super) fn push(&mut self, make: impl FnOnce() -> P) {
        if self.len == self.slots.len() {
            self.grow();
        }
        let slot = self.slot(self.len);
        let before = self.slots[slot].replace(make());
        // It is `None`; without the code that would drop it.
        std::mem::forget(before);
        self.len += 1;
    }

    /// Takes the first.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<P> {
        if self.is_empty() {
            return None;
        }
        let first = self.slots[self.head].take();
        self.head = self.slot(1);
        self.len -= 1;
        first
    }

    /// Takes the first ones, as many as there are up to `max`, as the iterator is run.
    #[inline]
    pub(super) fn pop_many(&mut self, max: usize) -> impl Iterator<Item = P> {
        let count = max.min(self.len);
        (0..count).map(|_| self.pop().expect("so many there are"))
    }

    /// Twice as many slots. The packets stay where they are, in memory that the system can move
    /// without touching it, but for those around the end.
    #[cold]
    fn grow(&mut self) {
        let before = self.slots.len();
        let after = (2 * before).max(SLOTS_MIN);
        self.slots.reserve_exact(after - before);
        self.slots.resize_with(after, || None);
        let (old, new) = self.slots.split_at_mut(before);
        // The slots were full, so that these followed the last one.
        old[..self.head].swap_with_slice(&mut new[..self.head]);
    }

    /// Gives back the memory of a burst that is over.
    #[inline]
    pub(super) fn trim(&mut self) {
        if self.slots.len() > SLOTS_KEPT && self.is_empty() {
            *self = Self::new();
        }
    }

    /// Takes everything.
    pub(super) fn take_all(&mut self) -> VecDeque<P> {
        self.pop_many(self.len).collect()
    }

    /// From the first to the last.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &P> {
        let at = |offset| self.slots[self.slot(offset)].as_ref();
        (0..self.len).filter_map(at)
    }
}

/// Where a thread takes its packets.
pub(crate) trait Take<P> {
    fn put(&mut self, packet: P);
    /// Puts several, of which there is a known number.
    #[inline]
    fn put_all(&mut self, packets: impl Iterator<Item = P>) {
        packets.for_each(|packet| self.put(packet));
    }
}

impl<P> Take<P> for Vec<P> {
    fn put(&mut self, packet: P) {
        self.push(packet);
    }
    #[inline]
    fn put_all(&mut self, packets: impl Iterator<Item = P>) {
        self.extend(packets);
    }
}

impl<P> Take<P> for Option<P> {
    fn put(&mut self, packet: P) {
        debug_assert!(self.is_none(), "one packet was asked for");
        *self = Some(packet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order_however_the_ring_turns_and_grows() {
        let mut queue = Queue::new();
        let (mut next_in, mut next_out) = (0, 0);
        for round in 0..200 {
            for _ in 0..(round * 7) % 23 {
                queue.push(|| next_in);
                next_in += 1;
            }
            for _ in 0..(round * 5) % 19 {
                let expected = (next_out < next_in).then_some(next_out);
                assert_eq!(queue.pop(), expected);
                next_out += usize::from(expected.is_some());
            }
            assert!(queue.iter().copied().eq(next_out..next_in));
            assert_eq!(
                (queue.len(), queue.is_empty()),
                (next_in - next_out, next_in == next_out)
            );
        }
        assert!(queue.len() > SLOTS_KEPT);
        queue.trim();
        assert!(queue.take_all().into_iter().eq(next_out..next_in));
        assert_eq!(queue.pop(), None);
        assert!(queue.slots.capacity() > SLOTS_KEPT);
        queue.trim();
        assert_eq!(queue.slots.capacity(), 0);
        queue.push(|| 7);
        assert_eq!(queue.pop(), Some(7));
    }
}
