//! The project's automation as a library, so that `cargo test` can call what the command does.
//!
//! [`tidy`] reads the tree and judges it, [`steps`] runs cargo, [`tsan`] runs tests under
//! ThreadSanitizer, [`install`] puts the product where others find it; `source` is the reader of
//! Rust text that `tidy` judges by. Nothing here knows what the product does.

pub mod install;
mod source;
pub mod steps;
pub mod tidy;
pub mod tsan;
