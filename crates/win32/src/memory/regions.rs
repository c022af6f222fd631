//! What is known of reserved and committed pages.

use std::collections::BTreeMap;
use std::ops::Range;

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its address is taken, and nothing else.
    Reserved,
    /// It is memory, with this protection.
    Committed(u32),
}

/// Neighbouring pages that were reserved together.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) pages: Range<usize>,
    /// The protection asked for when they were reserved.
    pub(super) protect: u32,
    /// Where a state begins; it lasts until the next one does.
    states: BTreeMap<usize, State>,
}

impl Region {
    pub(super) fn new(pages: Range<usize>, protect: u32, state: State) -> Self {
        Self {
            states: BTreeMap::from([(pages.start, state)]),
            pages,
            protect,
        }
    }

    /// The state at an address, and the pages around it from there on that share it.
    pub(super) fn at(&self, address: usize) -> (State, Range<usize>) {
        let here = self.states.range(..=address).next_back();
        let state = here.map_or(State::Reserved, |(_, &state)| state);
        let next = self.states.range(address + 1..).next();
        (state, address..next.map_or(self.pages.end, |(&at, _)| at))
    }

    /// Gives pages a state.
    pub(super) fn set(&mut self, pages: Range<usize>, state: State) {
        if pages.is_empty() {
            return;
        }
        if pages.end < self.pages.end {
            let (after, _) = self.at(pages.end);
            self.states.insert(pages.end, after);
        }
        let inside: Vec<usize> = self
            .states
            .range(pages.clone())
            .map(|(&at, _)| at)
            .collect();
        for at in inside {
            self.states.remove(&at);
        }
        self.states.insert(pages.start, state);
        self.merge();
    }

    /// A state that continues the one before needs no entry.
    fn merge(&mut self) {
        let mut last = None;
        self.states
            .retain(|_, &mut state| last.replace(state) != Some(state));
    }

    /// Are all these pages committed?
    pub(super) fn is_committed(&self, pages: Range<usize>) -> bool {
        let mut at = pages.start;
        while at < pages.end {
            let (state, same) = self.at(at);
            if state == State::Reserved {
                return false;
            }
            at = same.end;
        }
        true
    }
}

/// All regions, by their first address.
#[derive(Debug)]
pub(super) struct Regions(BTreeMap<usize, Region>);

impl Regions {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn add(&mut self, region: Region) {
        self.0.insert(region.pages.start, region);
    }

    pub(super) fn remove(&mut self, start: usize) -> Option<Region> {
        self.0.remove(&start)
    }

    pub(super) fn starting_at(&self, start: usize) -> Option<&Region> {
        self.0.get(&start)
    }

    /// The region around an address.
    pub(super) fn around(&mut self, address: usize) -> Option<&mut Region> {
        let (_, region) = self.0.range_mut(..=address).next_back()?;
        region.pages.contains(&address).then_some(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_split_and_merge() {
        let mut region = Region::new(0x1000..0x9000, 1, State::Reserved);
        region.set(0x2000..0x4000, State::Committed(4));
        assert_eq!(region.at(0x1000), (State::Reserved, 0x1000..0x2000));
        assert_eq!(region.at(0x3000), (State::Committed(4), 0x3000..0x4000));
        assert_eq!(region.at(0x4000), (State::Reserved, 0x4000..0x9000));
        region.set(0x4000..0x9000, State::Committed(4));
        assert_eq!(region.at(0x2000), (State::Committed(4), 0x2000..0x9000));
        assert!(region.is_committed(0x2000..0x9000));
        assert!(!region.is_committed(0x1000..0x3000));
        region.set(0x1000..0x9000, State::Reserved);
        assert_eq!(region.at(0x1000), (State::Reserved, 0x1000..0x9000));
        assert_eq!(region.states.len(), 1);
    }

    #[test]
    fn a_region_is_found_by_any_address_in_it() {
        let mut regions = Regions::new();
        regions.add(Region::new(0x1000..0x3000, 1, State::Reserved));
        assert!(regions.around(0x2fff).is_some());
        assert!(regions.around(0x3000).is_none());
        assert!(regions.around(0xfff).is_none());
    }
}
