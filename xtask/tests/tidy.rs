//! Runs the tidy check over the real tree, so that `cargo test` keeps the house in order.

use std::path::Path;

#[test]
fn the_workspace_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = xtask::tidy::walk(&root).expect("the tree can be read");
    assert!(
        files.iter().any(|file| file.path == "xtask/tests/tidy.rs"),
        "the walk sees the tree"
    );
    let faults = xtask::tidy::check(&files);
    let list: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
    assert!(faults.is_empty(), "\n{list}");
}
