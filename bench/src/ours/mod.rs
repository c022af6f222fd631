//! Everything that uses the library under test, one file per group of cases.
//!
//! Where an operation that is finished at once may skip the port, there are two contenders:
//! `ours` takes the result where the operation was submitted, `ours-packets` has every
//! completion come by the port, as the classic programs do. `ours-async` awaits every operation.

pub(crate) mod blocking;
pub(crate) mod copy;
pub(crate) mod echo;
pub(crate) mod echo_tasks;
pub(crate) mod inflight;
pub(crate) mod queue;
pub(crate) mod reads;
