//! Which port the current thread belongs to: at most one, the last that it waited on (S-061,
//! S-063), until the thread exits (S-069).

use std::cell::{Cell, RefCell};

use super::state::Seat;
use super::sync::{Arc, thread_local};

/// A port as a thread sees it.
pub(crate) trait Bindable: Send + Sync + 'static {
    /// Gives the current thread a seat.
    fn bind(&self) -> Seat;
    /// Takes the seat back and does what the rules ask then.
    fn leave(&self, seat: Seat);
    /// Gives up the slot during a blocking scope; false when there was none to give up.
    fn block(&self, seat: Seat) -> bool;
    /// Takes the slot back, even over the limit.
    fn unblock(&self, seat: Seat);
}

struct Bound {
    port: Arc<dyn Bindable>,
    /// `None` once the port has taken the seat back.
    seat: Option<Seat>,
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = KNOWN.try_with(|known| known.set(None));
        if let Some(seat) = self.seat {
            self.port.leave(seat);
        }
    }
}

thread_local! {
    static BOUND: RefCell<Option<Bound>> = const { RefCell::new(None) };
    /// Address of the port in `BOUND` and the seat there, for a quick look: each packet asks for
    /// it, and a place without a destructor is found at once. It names a port that lives, since
    /// `BOUND` holds it, and is emptied together with that.
    static KNOWN: Cell<Option<(usize, Seat)>> = const { Cell::new(None) };
}

fn address<T>(port: &Arc<T>) -> usize {
    Arc::as_ptr(port).addr()
}

fn is_same<T: Bindable>(bound: &Bound, port: &Arc<T>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(&bound.port), Arc::as_ptr(port))
}

/// The current thread's seat in `port`, which it takes now if it has none; the port that it
/// belonged to before is left first.
///
/// `None` in the destructors of an exiting thread, which belongs nowhere any more.
pub(crate) fn seat_in<T: Bindable>(port: &Arc<T>) -> Option<Seat> {
    if let Some(seat) = running_seat(port) {
        return Some(seat);
    }
    // The old seat is left before the new one is taken, and outside the borrow: leaving runs
    // the other port's rules.
    drop(BOUND.try_with(|bound| bound.borrow_mut().take()).ok()?);
    let seat = port.bind();
    let its = Arc::clone(port);
    BOUND.with(|bound| {
        *bound.borrow_mut() = Some(Bound {
            port: its,
            seat: Some(seat),
        })
    });
    KNOWN.with(|known| known.set(Some((address(port), seat))));
    Some(seat)
}

/// The current thread's seat, if it belongs to `port`.
#[inline]
pub(crate) fn running_seat<T: Bindable>(port: &Arc<T>) -> Option<Seat> {
    match KNOWN.try_with(Cell::get) {
        Ok(Some((known, seat))) if known == address(port) => Some(seat),
        _ => None,
    }
}

/// The port is closed and has taken the seat back already.
pub(crate) fn forget<T: Bindable>(port: &Arc<T>, seat: Seat) {
    let is_it = |bound: &mut Bound| is_same(bound, port) && bound.seat == Some(seat);
    let bound = BOUND
        .try_with(|bound| bound.borrow_mut().take_if(is_it))
        .ok()
        .flatten();
    if let Some(mut bound) = bound {
        bound.seat = None;
    }
}

/// A blocking scope of the current thread, ended by dropping it, also in a panic.
///
/// Scopes nest: only the outermost gives the slot up. Inside one the thread may take packets
/// from this or another port; the end of the scope then changes nothing.
pub(crate) struct Scope {
    given_up: Option<(Arc<dyn Bindable>, Seat)>,
}

impl Scope {
    /// Gives up the slot that the current thread holds in whatever port it belongs to.
    pub(crate) fn begin() -> Self {
        let bound = BOUND
            .try_with(|bound| {
                bound
                    .borrow()
                    .as_ref()
                    .and_then(|b| Some((Arc::clone(&b.port), b.seat?)))
            })
            .ok()
            .flatten();
        Self {
            given_up: bound.filter(|(port, seat)| port.block(*seat)),
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let Some((port, seat)) = self.given_up.take() else {
            return;
        };
        let still_bound = BOUND.try_with(|bound| {
            let same = |b: &Bound| Arc::ptr_eq(&b.port, &port) && b.seat == Some(seat);
            bound.borrow().as_ref().is_some_and(same)
        });
        if still_bound.unwrap_or(false) {
            port.unblock(seat);
        }
    }
}

impl Scope {
    /// As [`Scope::begin`], but only if the current thread belongs to `port`.
    pub(crate) fn begin_in<T: Bindable>(port: &Arc<T>) -> Self {
        match running_seat(port) {
            Some(_) => Self::begin(),
            None => Self { given_up: None },
        }
    }
}
