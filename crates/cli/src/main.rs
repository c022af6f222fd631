//! The `iocp` program.
fn main() {}
