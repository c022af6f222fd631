//! The thread pool: the process's own, and those that programs make.
//!
//! A pool is a completion port and threads that wait on it. What is to be called stands in the
//! pool's queues; for each of them a packet goes through the port, which decides by its rules
//! how many threads run at once, and releases another when one blocks. Completions of handles
//! that belong to the pool come through the same port (S-391).
//!
//! | file | holds |
//! |---|---|
//! | `pool` | threads, their number, the queues |
//! | `object` | what can be called: counts, waiting for callbacks, cancelling |
//! | `environment` | what a program says of how it wants to be called |
//! | `instance` | what a callback may ask for while it runs |
//! | `group` | cleanup groups |
//! | `work`, `timer`, `waits`, `io` | the kinds of objects |
//! | `calls`, `queues`, `registered` | timer queues and registered waits, the older interface |
//!
//! # Safety
//!
//! A `PTP_…` that a program passes is a pointer that was given to it by the function that makes
//! such objects, and has not been closed: that is what the documentation demands, and all that
//! can be known. Handles of the older interface are checked as all handles are.

mod calls;
mod environment;
mod group;
mod instance;
mod io;
mod object;
mod pool;
mod queues;
mod registered;
mod timer;
mod waits;
mod work;
