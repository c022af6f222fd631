//! Operations that stand in line: nearly always none or one, which needs no memory of its own.

use std::collections::VecDeque;

use crate::op::OpBox;

/// A first-in first-out list of operations.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// None only if there are no others either.
    first: Option<OpBox>,
    #[expect(clippy::box_collection, reason = "every handle has two lines, and few have others")]
    others: Option<Box<VecDeque<OpBox>>>,
}

impl Line {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn first(&self) -> Option<&OpBox> {
        self.first.as_ref()
    }

    #[inline]
    pub(super) fn push_back(&mut self, op: OpBox) {
        match self.first {
            None => self.first = Some(op),
            Some(_) => self.push_other(op),
        }
    }

    #[cold]
    fn push_other(&mut self, op: OpBox) {
        self.others.get_or_insert_default().push_back(op);
    }

    /// Puts back what has been taken.
    pub(super) fn push_front(&mut self, op: OpBox) {
        if let Some(second) = self.first.replace(op) {
            self.others.get_or_insert_default().push_front(second);
        }
    }

    #[inline]
    pub(super) fn pop_front(&mut self) -> Option<OpBox> {
        let next = self.others.as_mut().and_then(|others| others.pop_front());
        std::mem::replace(&mut self.first, next)
    }

    /// Takes out the first that is wanted.
    pub(super) fn take(&mut self, wanted: impl Fn(&OpBox) -> bool) -> Option<OpBox> {
        if self.first.as_ref().is_some_and(&wanted) {
            return self.pop_front();
        }
        let others = self.others.as_mut()?;
        let place = others.iter().position(wanted)?;
        others.remove(place)
    }

    /// Takes out all that are wanted, in order.
    pub(super) fn take_all(&mut self, wanted: impl Fn(&OpBox) -> bool) -> Self {
        let mut taken = Self::default();
        for op in std::mem::take(self) {
            let line = if wanted(&op) { &mut taken } else { &mut *self };
            line.push_back(op);
        }
        taken
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.as_ref().map_or(0, |others| others.len())
    }
}

/// Takes them from the first to the last.
impl IntoIterator for Line {
    type Item = OpBox;
    type IntoIter = std::iter::Chain<
        std::option::IntoIter<OpBox>,
        std::collections::vec_deque::IntoIter<OpBox>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        let others = self.others.map(|others| *others).unwrap_or_default();
        self.first.into_iter().chain(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Access, Kind, Node, OpId, Target};

    fn op(number: u64) -> OpBox {
        let mut node = Node::new(Kind::Send, Target::Nobody, Access::none(), (), ());
        node.head_mut().id = OpId(number);
        Box::new(node)
    }

    fn number(op: &OpBox) -> u64 {
        op.head().id.0
    }

    fn numbers(line: Line) -> Vec<u64> {
        line.into_iter().map(|op| number(&op)).collect()
    }

    fn line(to: u64) -> Line {
        let mut line = Line::default();
        (0..to).for_each(|n| line.push_back(op(n)));
        line
    }

    #[test]
    fn whoever_comes_first_goes_first() {
        let mut line = line(3);
        for taken in 0..9 {
            assert_eq!(line.len(), 3);
            assert_eq!(line.first().map(number), Some(taken));
            let first = line.pop_front().unwrap();
            // As if it could not be done yet.
            line.push_front(first);
            assert_eq!(line.pop_front().as_ref().map(number), Some(taken));
            line.push_back(op(taken + 3));
        }
        assert_eq!(numbers(line), [9, 10, 11]);
    }

    #[test]
    fn one_is_taken_out_from_any_place() {
        for length in 0..4 {
            for wanted in 0..5 {
                let mut line = line(length);
                let taken = line.take(|op| number(op) == wanted);
                assert_eq!(taken.is_some(), wanted < length);
                assert_eq!(line.is_empty(), (0..length).all(|n| n == wanted));
                assert!(numbers(line).into_iter().eq((0..length).filter(|n| *n != wanted)));
            }
        }
    }

    #[test]
    fn many_are_taken_out_in_order() {
        let mut line = line(6);
        assert_eq!(numbers(line.take_all(|op| number(op).is_multiple_of(2))), [0, 2, 4]);
        assert_eq!(numbers(line.take_all(|op| number(op) == 7)), []);
        assert_eq!(numbers(line), [1, 3, 5]);
    }
}
