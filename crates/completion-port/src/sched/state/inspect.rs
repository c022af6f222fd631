//! A look inside the state for the tests: the invariants of the module's head as code.

use super::{Place, Seat, Standing, State};

impl<P, W: Clone> State<P, W> {
    /// Fails where counts, lists and seats contradict each other or a rule: invariants 1, 2, 7
    /// and 8, and the two ways through the list of waiters. The others speak of a step, and the
    /// ghost sees to them.
    pub(crate) fn check(&self) {
        let standing = |what| {
            let all = self.places.iter();
            all.filter(|(_, place)| place.standing == what).count()
        };
        assert_eq!(self.active, standing(Standing::Active), "invariant 1");

        let waiters = self.waiters();
        assert_eq!(self.waiting, waiters.len(), "the count of waiters");
        if !self.closed {
            assert_eq!(
                self.waiting,
                standing(Standing::Waiting),
                "who stands waiting"
            );
        }
        let releasable = !self.queue.is_empty() && self.waiting > 0 && self.active < self.limit;
        assert_eq!(releasable && self.debt.is_none(), self.owes());
        let owed = self.debt.is_none() || (self.waiting > 0 && !self.queue.is_empty());
        assert!(owed, "a debt that nobody is owed keeps the monitor awake");
        if self.closed {
            assert!(waiters.is_empty() && self.queue.is_empty(), "invariant 7");
            assert!(!self.needs_watch(), "nothing is late in a closed port");
        }
        if let Some(driver) = self.driver {
            assert!(
                self.places.contains(driver),
                "invariant 8: the driver has a seat"
            );
        }
        for (_, place) in &self.places {
            let given = place.handed.is_some();
            assert!(!given || place.standing == Standing::Active, "invariant 6");
        }
    }

    /// Fails where nobody will see a thread block: invariant 9.
    pub(crate) fn check_observation(&self) {
        let observed = |(_, place): (_, &Place<P, W>)| place.standing == Standing::Observed;
        let needed = self.has_backlog() || self.places.iter().any(observed);
        let ok = !self.observable || self.closed || self.under_observation || !needed;
        assert!(ok, "invariant 9");
        let ok = !self.observer_dozes || self.closed || !self.has_backlog();
        assert!(ok, "invariant 9: the observer dozes");
    }

    pub(crate) fn is_under_observation(&self) -> bool {
        self.under_observation
    }

    pub(crate) fn is_dozed_over(&self) -> bool {
        self.observer_dozes
    }

    /// What the observer would have to say of the seat to be believed.
    pub(crate) fn epoch(&self, seat: Seat) -> u32 {
        self.places[seat].epoch
    }

    /// The waiting seats, the oldest first.
    pub(crate) fn waiters(&self) -> Vec<Seat> {
        let mut found = Vec::new();
        let mut next = self.newest;
        let mut newer = None;
        while let Some(seat) = next {
            let place: &Place<P, W> = &self.places[seat];
            assert_eq!(
                place.standing,
                Standing::Waiting,
                "seat {seat} is in the list"
            );
            assert_eq!(place.newer, newer, "the way back from seat {seat}");
            assert!(
                found.len() < self.places.len(),
                "the list of waiters is a ring"
            );
            found.push(seat);
            newer = next;
            next = place.older;
        }
        found.reverse();
        found
    }

    /// Every seat with its standing and the packet in its hand.
    pub(crate) fn seats(&self) -> impl Iterator<Item = (Seat, Standing, Option<&P>)> {
        let all = self.places.iter();
        all.map(|(seat, place)| (seat, place.standing, place.handed.as_ref()))
    }

    /// The seat that the next thread to be bound will get.
    pub(crate) fn next_seat(&self) -> Seat {
        self.places.vacant_key()
    }

    /// The packets that nobody has, the oldest first.
    pub(crate) fn queue(&self) -> impl Iterator<Item = &P> {
        self.queue.iter()
    }

    pub(crate) fn driver(&self) -> Option<Seat> {
        self.driver
    }

    /// Since when a release is owed, and since when nobody drives.
    pub(crate) fn ages(&self) -> (Option<u64>, u64) {
        (self.debt, self.undriven_since_ns)
    }
}
