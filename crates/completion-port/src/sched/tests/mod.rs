//! Proofs of the scheduler: [`clauses`] one by one, every order of events in small worlds
//! ([`search`]), the system's threads ([`threads`]), and with `--cfg shuttle` the model checker's
//! (`models`, in the `shell` that plays the part of `sys`).

mod clauses;
pub(super) mod ghost;
mod search;

#[cfg(not(shuttle))]
mod threads;

#[cfg(shuttle)]
mod models;
#[cfg(shuttle)]
mod shell;
