//! Questions about the state that change nothing.

use super::{Seat, State};

impl<P, W> State<P, W> {
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }
    pub(crate) fn active(&self) -> usize {
        self.active
    }
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }
    pub(crate) fn bound(&self) -> usize {
        self.places.len()
    }
    pub(crate) fn is_abandoned(&self) -> bool {
        self.closed && self.driver.is_none()
    }
    pub(crate) fn has_debt(&self) -> bool {
        self.debt.is_some()
    }
    pub(crate) fn can_release(&self) -> bool {
        self.waiting > 0 && self.active < self.limit
    }
    pub(crate) fn is_driven(&self) -> bool {
        self.driver.is_some()
    }
    pub(crate) fn driver_is_called(&self) -> bool {
        let Some(seat) = self.driver else {
            return false;
        };
        let place = &self.places[seat];
        self.closed || place.handed.is_some() || place.called_off
    }
    pub(crate) fn is_driver(&self, seat: Seat) -> bool {
        self.driver == Some(seat)
    }
}
