//! Locks and lists that live in the program's own memory.
//!
//! Each has Windows' size, and zeros are its first state, except for critical sections, which
//! are initialised by a call. As long as nobody has to wait, an operation is one or two atomic
//! steps; who has to, gives up its slot in a port meanwhile (S-067).
//!
//! | file | holds |
//! |---|---|
//! | `futex` | the kernel's waiting |
//! | `address` | waiting for a word of the program's |
//! | `critical` | critical sections |
//! | `slim` | slim reader/writer locks, condition variables |
//! | `once` | one-time initialisation |
//! | `list` | singly linked lists |

mod address;
mod critical;
pub(crate) mod futex;
mod list;
mod once;
mod slim;

pub(crate) use critical::CriticalSection;

/// `ERROR_TIMEOUT`: what these say, unlike the waits for objects.
const TIMEOUT: u32 = 1460;
