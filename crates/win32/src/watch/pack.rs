//! Changes, as a program reads them.

use std::collections::VecDeque;

use super::Place;
use crate::path::to_units;
use crate::status::Status;
use crate::text::Unit;

/// `FILE_ACTION_…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Action {
    Added = 1,
    Removed = 2,
    Modified = 3,
    RenamedOldName = 4,
    RenamedNewName = 5,
}

/// One change: what, and the name below the watched directory, with `\` between its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) action: Action,
    pub(super) name: Vec<u8>,
}

/// `NextEntryOffset`, `Action`, `FileNameLength`.
const HEAD_BYTES: usize = 12;

/// A name in units, as bytes.
fn name_bytes(name: &[u8], unit: usize) -> Vec<u8> {
    fn of<U: Unit>(name: &[u8]) -> Vec<u8> {
        let units = to_units::<U>(name);
        let bytes = units.iter().map(|unit| unit.code().to_ne_bytes());
        bytes
            .flat_map(|bytes| bytes.into_iter().take(size_of::<U>()))
            .collect()
    }
    if unit == 2 {
        of::<u16>(name)
    } else {
        of::<u32>(name)
    }
}

impl Change {
    /// How much room it takes, with what makes the next one begin at a multiple of 4.
    fn packed_bytes(&self, unit: usize) -> usize {
        (HEAD_BYTES + name_bytes(&self.name, unit).len()).next_multiple_of(4)
    }
}

/// The changes that no call has taken yet.
pub(super) struct Queue {
    changes: VecDeque<Change>,
    /// The room that they take, and the most it may be, in the first call's units.
    bytes: usize,
    bytes_max: usize,
    unit: usize,
    /// Something was lost.
    overflown: bool,
}

impl Queue {
    pub(super) fn new(bytes_max: usize, unit: usize) -> Self {
        Self {
            changes: VecDeque::new(),
            bytes: 0,
            bytes_max,
            unit,
            overflown: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.overflown
    }

    /// Adds a change. That the same file was modified again is no news.
    pub(super) fn add(&mut self, change: Change) {
        let repeated = change.action == Action::Modified && self.changes.back() == Some(&change);
        if repeated || self.overflown {
            return;
        }
        self.bytes += change.packed_bytes(self.unit);
        self.changes.push_back(change);
        if self.bytes > self.bytes_max {
            self.overflow();
        }
    }

    /// Everything is lost; whoever wants to know what changed must look himself.
    pub(super) fn overflow(&mut self) {
        self.overflown = true;
        self.changes.clear();
        self.bytes = 0;
    }

    /// Drops all changes; whether there were any.
    pub(super) fn forget(&mut self) -> bool {
        let any = !self.is_empty();
        self.overflow();
        self.overflown = false;
        any
    }

    /// Takes all changes into a buffer; status and bytes of the call.
    pub(super) fn deliver(&mut self, place: &Place) -> (Status, usize) {
        let needed: usize = self
            .changes
            .iter()
            .map(|c| c.packed_bytes(place.unit))
            .sum();
        let fits = !self.overflown && needed <= place.length;
        let changes = std::mem::take(&mut self.changes);
        (self.bytes, self.overflown) = (0, false);
        if !fits {
            return (Status::NOTIFY_ENUM_DIR, 0);
        }
        let packed = pack(changes.iter(), place.unit);
        // SAFETY: the buffer is the program's for so many bytes, and the call's until it ends.
        unsafe { std::ptr::copy_nonoverlapping(packed.as_ptr(), place.start, packed.len()) };
        (Status::SUCCESS, packed.len())
    }
}

/// `FILE_NOTIFY_INFORMATION`, one after the other.
fn pack<'a>(changes: impl ExactSizeIterator<Item = &'a Change>, unit: usize) -> Vec<u8> {
    let mut packed = Vec::new();
    let count = changes.len();
    for (i, change) in changes.enumerate() {
        let name = name_bytes(&change.name, unit);
        let next = if i + 1 == count {
            0
        } else {
            change.packed_bytes(unit)
        };
        packed.extend((next as u32).to_ne_bytes());
        packed.extend((change.action as u32).to_ne_bytes());
        packed.extend((name.len() as u32).to_ne_bytes());
        packed.extend(name);
        packed.resize(packed.len().next_multiple_of(4), 0);
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(action: Action, name: &str) -> Change {
        Change {
            action,
            name: name.as_bytes().to_vec(),
        }
    }

    fn deliver(queue: &mut Queue, length: usize, unit: usize) -> (Status, Vec<u8>) {
        let mut room = vec![0xaa; length];
        let start = room.as_mut_ptr();
        let place = Place {
            start,
            length,
            unit,
        };
        let (status, bytes) = queue.deliver(&place);
        room.truncate(bytes);
        (status, room)
    }

    #[test]
    fn entries_follow_each_other_at_multiples_of_4() {
        let mut queue = Queue::new(1000, 2);
        queue.add(change(Action::Added, "abc"));
        queue.add(change(Action::Modified, "abc"));
        queue.add(change(Action::Modified, "abc"));
        queue.add(change(Action::Removed, "d"));
        let (status, bytes) = deliver(&mut queue, 1000, 2);
        assert_eq!((status, bytes.len()), (Status::SUCCESS, 20 + 20 + 16));
        let number = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!([number(0), number(4), number(8)], [20, 1, 6]);
        assert_eq!([number(20), number(24), number(28)], [20, 3, 6]);
        assert_eq!([number(40), number(44), number(48)], [0, 2, 2]);
        assert_eq!(&bytes[12..18], b"a\0b\0c\0");
        assert!(queue.is_empty());
    }

    #[test]
    fn s_297_what_does_not_fit_is_lost_and_said_so() {
        let mut queue = Queue::new(40, 2);
        (0..3).for_each(|_| queue.add(change(Action::Added, "abc")));
        assert!(!queue.is_empty());
        assert_eq!(
            deliver(&mut queue, 1000, 2),
            (Status::NOTIFY_ENUM_DIR, vec![])
        );
        assert!(queue.is_empty());
        queue.add(change(Action::Added, "abc"));
        assert_eq!(
            deliver(&mut queue, 19, 2),
            (Status::NOTIFY_ENUM_DIR, vec![])
        );
        queue.add(change(Action::Added, "abc"));
        assert_eq!(deliver(&mut queue, 24, 4).1.len(), 24);
        assert_eq!(Status::NOTIFY_ENUM_DIR.win32(), 1022);
    }
}
