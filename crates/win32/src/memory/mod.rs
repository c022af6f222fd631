//! Memory: heaps, local and global blocks, pages.
//!
//! | file | holds |
//! |---|---|
//! | `heap` | `HeapAlloc` and its like, over the C library's allocator |
//! | `local` | `LocalAlloc`, `GlobalAlloc`: blocks of the process's heap |
//! | `pages` | `VirtualAlloc` and its like |
//! | `regions` | what is known of reserved and committed pages |

mod heap;
mod local;
mod pages;
mod regions;

pub(crate) use local::{local_alloc, local_copy, local_free};
pub(crate) use pages::{GRANULARITY, page_size};
