//! What an attempt at an operation has led to, and where one waits that has been tried.

use std::sync::Arc;

use parking_lot::MutexGuard;

use super::files::File;
use super::socket::{Refused, Side, Socket, Submitted};
use crate::op::{OpBox, Outcome};

/// What an attempt has led to.
#[derive(Debug)]
pub(crate) enum Attempted<'h> {
    Finished(Outcome),
    /// It has to wait.
    Waits(Place<'h>),
}

/// Where an operation is to wait that has been tried.
#[derive(Debug)]
pub(crate) enum Place<'h> {
    /// The end of a direction's queue, which is held meanwhile: a part of a send may have gone,
    /// and nothing else is to follow that (S-325).
    Queue(&'h Arc<Socket>, MutexGuard<'h, Side>),
    /// An engine.
    Engine(&'h Arc<File>),
}

impl Place<'_> {
    /// Puts the operation there; it comes back finished if that cannot be done once it has moved
    /// bytes.
    #[inline]
    pub(crate) fn put(self, op: OpBox) -> Result<Submitted, Refused> {
        match self {
            Self::Queue(socket, side) => socket.queue(side, op),
            Self::Engine(file) => file.hand_to_engine(op).map(Submitted::InFlight),
        }
    }
}
