//! The platform: everything that speaks to a kernel.
//!
//! A platform's room offers the same duties by the same names, checked by the compiler at each
//! use:
//!
//! * `Port`: packets, threads and whatever engine feeds them (`new`, `post`, `get`, `close`);
//! * `Socket`: a pollable handle with its operations in order;
//! * `File`: a handle with offsets;
//! * `fork_count`: by which a forked child is told from its parent;
//! * `discard`, `guard`: what keeps a panic of the program's from ending something else;
//! * `engine_report`: what runs and why.

cfg_select! {
    target_os = "linux" => {
        mod linux;
        pub(crate) use linux::*;
        pub use linux::{EngineReport, RingError, engine_report};
    }
    _ => {
        compile_error!("Completion Port runs on Linux; there is no engine for this platform yet");
    }
}
