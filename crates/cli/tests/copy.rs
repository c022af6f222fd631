//! `iocp copy` as a user sees it: the real program on real trees.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Timespec, Timestamps};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

const PIECE: usize = 256 * 1024;

/// A folder to play in.
struct Yard(TempDir);

impl Yard {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    fn dir(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program, told to copy, in this folder.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iocp"));
        command.current_dir(self.0.path()).arg("copy").args(args);
        command
    }

    /// The same by way of a shell that sets its limits first.
    fn limited(&self, limits: &str, args: &[&str]) -> Output {
        let script = format!("{limits}; exec \"$0\" copy \"$@\"");
        let mut shell = Command::new("sh");
        shell
            .current_dir(self.0.path())
            .args(["-c", &script, env!("CARGO_BIN_EXE_iocp")]);
        shell.args(args).output().unwrap()
    }

    /// Copies; nothing may go wrong, and nothing may be said.
    fn copy(&self, args: &[&str]) {
        let output = self.command(args).output().unwrap();
        succeeded(&output);
    }

    /// Copies; something must go wrong. What was said, line by line.
    fn copy_badly(&self, args: &[&str]) -> Vec<String> {
        let output = self.command(args).output().unwrap();
        complaints(&output)
    }
}

fn succeeded(output: &Output) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(output.status.code(), Some(0));
}

fn complaints(output: &Output) -> Vec<String> {
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let mut lines = Vec::new();
    for line in String::from_utf8(output.stderr.clone()).unwrap().lines() {
        let line = line.strip_prefix("iocp copy: ");
        lines.push(
            line.expect("a line begins with the program's name")
                .to_owned(),
        );
    }
    lines.sort();
    assert!(!lines.is_empty());
    lines
}

/// Bytes that are different in every block.
fn bytes(count: usize) -> Vec<u8> {
    let word = |n: usize| (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    (0..count.div_ceil(8)).flat_map(word).take(count).collect()
}

fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn set_times(path: impl AsRef<Path>, seconds: i64, nanoseconds: i64) {
    let time = |tv_sec| Timespec {
        tv_sec,
        tv_nsec: nanoseconds,
    };
    let times = Timestamps {
        last_access: time(seconds),
        last_modification: time(seconds + 9),
    };
    rustix::fs::utimensat(CWD, path.as_ref(), &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// What is kept of a file, directory or link. Contents are compared later: reading changes the
/// time of the last access.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    mode: u32,
    accessed: (i64, i64),
    modified: (i64, i64),
    bytes: u64,
    target: Option<PathBuf>,
}

impl Look {
    fn of(path: &Path, metadata: &Metadata) -> Self {
        Self {
            mode: metadata.mode(),
            accessed: (metadata.atime(), metadata.atime_nsec()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            bytes: if metadata.is_file() {
                metadata.len()
            } else {
                0
            },
            target: metadata.is_symlink().then(|| fs::read_link(path).unwrap()),
        }
    }
}

type Tree = BTreeMap<PathBuf, Look>;

/// All that is below a path, by its way from there.
fn tree(top: &Path) -> Tree {
    let mut tree = BTreeMap::new();
    let mut open = vec![top.to_owned()];
    while let Some(path) = open.pop() {
        let metadata = path.symlink_metadata().unwrap();
        tree.insert(
            path.strip_prefix(top).unwrap().to_owned(),
            Look::of(&path, &metadata),
        );
        if metadata.is_dir() {
            open.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    tree
}

/// The copy looks like what was copied.
fn same_looks(copy: &Tree, original: &Tree) {
    let names = |tree: &Tree| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(copy), names(original));
    for (path, look) in copy {
        assert_eq!(look, &original[path], "{}", path.display());
    }
}

fn same_contents(tree: &Tree, one: &Path, other: &Path) {
    for (path, look) in tree {
        if FileType::from_raw_mode(look.mode) == FileType::RegularFile {
            let equal = fs::read(one.join(path)).unwrap() == fs::read(other.join(path)).unwrap();
            assert!(equal, "{} differs", path.display());
        }
    }
}

/// A tree with one of everything, and how it looks.
fn make_everything(top: &Path) -> Tree {
    let make = |name: &OsStr, contents: &[u8]| {
        let path = top.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    };
    let sizes = [
        0,
        1,
        4095,
        4096,
        PIECE - 1,
        PIECE,
        PIECE + 1,
        9 * PIECE + 123,
    ];
    for (index, size) in sizes.into_iter().enumerate() {
        make(OsStr::new(&format!("sizes/{size}")), &bytes(size));
        set_times(
            top.join(format!("sizes/{size}")),
            1_000_000_000 + index as i64,
            123_456_789,
        );
    }
    for mode in [
        0o000, 0o400, 0o644, 0o664, 0o666, 0o755, 0o777, 0o1644, 0o4755, 0o2755,
    ] {
        let name = format!("modes/{mode:o}");
        make(OsStr::new(&name), name.as_bytes());
        set_mode(top.join(name), mode);
    }
    for (index, name) in [&b"a\nb"[..], b"\xff\xfe", b" ", b"-n", &[b'x'; 255]]
        .iter()
        .enumerate()
    {
        let mut path = b"names/".to_vec();
        path.extend(*name);
        make(&OsString::from_vec(path), &[index as u8; 10]);
    }
    for index in 0..300 {
        make(OsStr::new(&format!("many/{index}")), &bytes(index * 7));
    }
    fs::create_dir_all(top.join("empty/emptier")).unwrap();
    symlink("../sizes/1", top.join("empty/to-file")).unwrap();
    symlink("..", top.join("empty/to-directory")).unwrap();
    symlink("nowhere/at/all", top.join("empty/to-nothing")).unwrap();
    symlink("x".repeat(4000), top.join("empty/long")).unwrap();
    set_times(top.join("empty/to-nothing"), 77, 7);
    // Before 1970, and what only the owner may enter.
    set_times(top.join("sizes/0"), -1_000, 999_999_999);
    set_mode(top.join("many"), 0o500);
    set_mode(top.join("empty/emptier"), 0o1777);
    for (index, path) in [
        "many",
        "empty/emptier",
        "empty",
        "sizes",
        "modes",
        "names",
        "",
    ]
    .iter()
    .enumerate()
    {
        set_times(top.join(path), 500_000_000 + index as i64, 1 + index as i64);
    }
    // The first look at directories and links changes the times of their last access.
    tree(top);
    tree(top)
}

fn check_everything(prepare: impl FnOnce(&mut Command) -> &mut Command) {
    let yard = Yard::new();
    let before = make_everything(&yard.dir("from"));
    let mut command = yard.command(&["from", "to"]);
    succeeded(&prepare(&mut command).output().unwrap());
    same_looks(&tree(&yard.path("to")), &before);
    same_contents(&before, &yard.path("from"), &yard.path("to"));
}

#[test]
fn a_tree_is_copied_with_modes_times_links_and_odd_names() {
    check_everything(|command| command);
}

#[test]
fn a_tree_is_copied_by_the_pool_of_threads() {
    check_everything(|command| command.env("COMPLETION_PORT_ENGINE", "threads"));
}

#[test]
fn a_tree_is_copied_by_one_thread() {
    check_everything(|command| command.args(["--threads", "1"]));
}

#[test]
fn a_tree_is_copied_and_verified() {
    check_everything(|command| command.arg("--verify"));
}

#[test]
fn a_tree_is_copied_to_the_device_and_verified() {
    check_everything(|command| command.args(["--verify", "--sync"]));
}

#[test]
fn a_tree_is_copied_with_shared_blocks_where_that_is_possible() {
    check_everything(|command| command.args(["--reflink", "auto"]));
}

#[test]
fn the_users_mask_does_not_matter() {
    let yard = Yard::new();
    let before = make_everything(&yard.dir("from"));
    succeeded(&yard.limited("umask 077", &["from", "to"]));
    same_looks(&tree(&yard.path("to")), &before);
}

#[test]
fn copies_go_into_a_directory_or_get_the_name_given() {
    let yard = Yard::new();
    yard.file("a/one", "1");
    yard.file("two", "2");
    yard.dir("into");
    yard.copy(&["a", "two", "into"]);
    yard.copy(&["two", "named"]);
    yard.copy(&["a/", "new/"]);
    yard.copy(&["a/.", "into"]);
    symlink("into", yard.path("link")).unwrap();
    yard.copy(&["named", "link"]);
    for (path, text) in [
        ("into/a/one", "1"),
        ("into/two", "2"),
        ("named", "2"),
        ("new/one", "1"),
        ("into/one", "1"),
        ("into/named", "2"),
    ] {
        assert_eq!(yard.text(path), text, "{path}");
    }
}

#[test]
fn a_link_is_copied_as_a_link_unless_a_slash_asks_for_what_is_behind() {
    let yard = Yard::new();
    yard.file("a/one", "1");
    symlink("a", yard.path("link")).unwrap();
    yard.copy(&["link", "as-link"]);
    yard.copy(&["link/", "as-tree"]);
    assert_eq!(fs::read_link(yard.path("as-link")).unwrap(), Path::new("a"));
    assert_eq!(yard.text("as-tree/one"), "1");
    assert!(!yard.path("as-tree").is_symlink());
}

#[test]
fn a_tree_is_merged_into_one_that_is_there() {
    let yard = Yard::new();
    yard.file("from/sub/one", "new");
    yard.file("into/from/sub/one", "old and longer");
    yard.file("into/from/sub/two", "stays");
    symlink("elsewhere", yard.path("from/link")).unwrap();
    yard.file("into/from/link", "a file");
    yard.copy(&["from", "into"]);
    assert_eq!(yard.text("into/from/sub/one"), "new");
    assert_eq!(yard.text("into/from/sub/two"), "stays");
    assert_eq!(
        fs::read_link(yard.path("into/from/link")).unwrap(),
        Path::new("elsewhere")
    );
}

#[test]
fn what_is_replaced_is_not_written_to() {
    let yard = Yard::new();
    yard.file("from", "new");
    yard.file("old", "old");
    fs::hard_link(yard.path("old"), yard.path("to")).unwrap();
    yard.file("precious", "precious");
    symlink("precious", yard.path("link")).unwrap();
    yard.copy(&["from", "to"]);
    yard.copy(&["from", "link"]);
    assert_eq!(yard.text("to"), "new");
    assert_eq!(yard.text("old"), "old");
    assert!(!yard.path("link").is_symlink());
    assert_eq!(yard.text("link"), "new");
    assert_eq!(yard.text("precious"), "precious");
}

#[test]
fn nothing_is_replaced_if_told_so() {
    let yard = Yard::new();
    yard.file("from/one", "new");
    yard.file("from/two", "new");
    symlink("new", yard.path("from/three")).unwrap();
    yard.file("to/from/one", "old");
    yard.file("to/from/three", "old");
    yard.copy(&["--no-clobber", "from", "to"]);
    assert_eq!(yard.text("to/from/one"), "old");
    assert_eq!(yard.text("to/from/two"), "new");
    assert_eq!(yard.text("to/from/three"), "old");
}

#[test]
fn hard_links_become_files_of_their_own() {
    let yard = Yard::new();
    yard.file("from/one", "1");
    fs::hard_link(yard.path("from/one"), yard.path("from/two")).unwrap();
    yard.copy(&["from", "to"]);
    assert_eq!(fs::metadata(yard.path("to/one")).unwrap().nlink(), 1);
    assert_eq!(yard.text("to/two"), "1");
}

#[test]
fn holes_stay_holes() {
    let yard = Yard::new();
    let from = yard.file("from/sparse", "");
    let file = File::options().write(true).open(&from).unwrap();
    let (far, size) = (300 << 20, 1 << 30);
    file.write_all_at(&bytes(10_000), 0).unwrap();
    file.write_all_at(&bytes(3 * PIECE + 5), far).unwrap();
    file.set_len(size).unwrap();
    let small = File::create(yard.path("from/small")).unwrap();
    small.set_len(100_000).unwrap();
    yard.copy(&["--verify", "from", "to"]);

    let to = File::open(yard.path("to/sparse")).unwrap();
    let metadata = to.metadata().unwrap();
    assert_eq!(metadata.len(), size);
    let room = 512 * metadata.blocks();
    assert!(room < 4 << 20, "{room} bytes on disk");
    let at = |offset, count| {
        let mut part = vec![1; count];
        to.read_exact_at(&mut part, offset).unwrap();
        part
    };
    assert_eq!(at(0, 10_000), bytes(10_000));
    assert_eq!(at(far, 3 * PIECE + 5), bytes(3 * PIECE + 5));
    assert!(at(100 << 20, PIECE).iter().all(|&byte| byte == 0));
    let small = fs::metadata(yard.path("to/small")).unwrap();
    assert_eq!((small.len(), small.blocks()), (100_000, 0));
}

#[test]
fn files_that_do_not_tell_their_size_are_read_to_their_end() {
    let yard = Yard::new();
    yard.copy(&["/proc/self/status", "status"]);
    assert!(yard.text("status").contains("Threads:"));
}

#[test]
fn what_cannot_be_copied_is_told_and_the_rest_is_copied() {
    let yard = Yard::new();
    yard.file("from/a", "1");
    yard.file("from/z/z", "2");
    let fifo = yard.path("from/fifo");
    rustix::fs::mkfifoat(CWD, &fifo, Mode::RWXU).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(yard.path("from/sock")).unwrap();
    drop(socket);
    let said = yard.copy_badly(&["from", "missing", "fifo\n", "."]);
    // `from` is copied onto itself here, which is refused; the missing are told.
    assert_eq!(
        said,
        [
            "fifo\\n: No such file or directory",
            "from: and ./from are the same",
            "missing: No such file or directory",
        ]
    );
    let said = yard.copy_badly(&["from", "to"]);
    assert_eq!(
        said,
        [
            "from/fifo: is a FIFO, which has no contents to copy",
            "from/sock: is a socket, which has no contents to copy",
        ]
    );
    assert_eq!(
        (yard.text("to/a"), yard.text("to/z/z")),
        ("1".into(), "2".into())
    );
    assert_eq!(yard.copy_badly(&["from/fifo", "to"]).len(), 1);
    assert_eq!(yard.copy_badly(&["/dev/null", "to"]).len(), 1);
}

#[test]
fn a_target_that_cannot_be_is_refused() {
    let yard = Yard::new();
    yard.file("a", "a");
    yard.file("b", "b");
    yard.dir("tree");
    let rule = "is not a directory, and several things are to be copied";
    assert_eq!(
        yard.copy_badly(&["a", "b", "new"]),
        [format!("new: {rule}")]
    );
    assert_eq!(yard.copy_badly(&["a", "b", "b"]), [format!("b: {rule}")]);
    let missing = "No such file or directory";
    assert_eq!(
        yard.copy_badly(&["a", "no/such"]),
        [format!("no/such: {missing}")]
    );
    assert_eq!(yard.copy_badly(&["a", "new/"]), ["new: Not a directory"]);
    let rule = "is not a directory, and a directory is to be copied there";
    assert_eq!(yard.copy_badly(&["tree", "a"]), [format!("a: {rule}")]);
    let long = "x".repeat(300);
    assert_eq!(
        yard.copy_badly(&["a", &long]),
        [format!("{long}: File name too long")]
    );
    assert_eq!((yard.text("a"), yard.text("b")), ("a".into(), "b".into()));
}

#[test]
fn two_sources_do_not_become_one_copy() {
    let yard = Yard::new();
    yard.file("a/it", "first");
    yard.file("b/it", "second");
    yard.dir("to");
    let said = yard.copy_badly(&["a/it", "b/it", "to"]);
    assert_eq!(
        said,
        ["to/it: would be the copy of two of the sources; the first is copied"]
    );
    assert_eq!(yard.text("to/it"), "first");
}

#[test]
fn a_file_is_not_replaced_by_a_directory_nor_the_other_way() {
    let yard = Yard::new();
    yard.file("from/one/x", "1");
    yard.file("from/two", "2");
    yard.file("to/from/one", "file");
    yard.file("to/from/two/x", "in a directory");
    let said = yard.copy_badly(&["from", "to"]);
    assert_eq!(
        said,
        [
            "to/from/one: is not a directory, and a directory is to be copied there",
            "to/from/two: is a directory, and a file is to be copied there",
        ]
    );
    assert_eq!(yard.text("to/from/one"), "file");
    assert_eq!(yard.text("to/from/two/x"), "in a directory");
}

#[test]
fn a_directory_is_not_copied_into_itself() {
    let yard = Yard::new();
    yard.file("a/b/c", "1");
    let rule = "is a directory that cannot be copied into itself";
    for args in [["a", "a"], ["a", "a/b"], ["a", "a/new"], ["a/.", "a/b/"]] {
        assert_eq!(
            yard.copy_badly(&args),
            [format!("{}: {rule}", args[0])],
            "{args:?}"
        );
    }
    symlink("a/b", yard.path("way")).unwrap();
    assert_eq!(yard.copy_badly(&["a", "way/"]), [format!("a: {rule}")]);
    assert_eq!(tree(&yard.path("a")).len(), 3);
}

#[test]
fn a_file_is_not_copied_onto_itself() {
    let yard = Yard::new();
    yard.file("a", "1");
    fs::hard_link(yard.path("a"), yard.path("hard")).unwrap();
    symlink("a", yard.path("soft")).unwrap();
    for to in ["a", ".", "./a", "hard", "soft"] {
        let said = yard.copy_badly(&["a", to]);
        assert!(said[0].ends_with("are the same"), "{said:?}");
    }
    // The same deeper in a tree.
    yard.file("from/sub/one", "1");
    yard.dir("to/from");
    fs::create_dir(yard.path("to/from/sub")).unwrap();
    fs::hard_link(yard.path("from/sub/one"), yard.path("to/from/sub/one")).unwrap();
    let rule = "is the very file that it would be copied to";
    assert_eq!(
        yard.copy_badly(&["from", "to"]),
        [format!("from/sub/one: {rule}")]
    );
    assert_eq!(
        (yard.text("a"), yard.text("from/sub/one")),
        ("1".into(), "1".into())
    );
}

#[test]
fn a_link_in_the_target_leads_nobody_out_of_it() {
    let yard = Yard::new();
    yard.file("from/sub/one", "1");
    yard.dir("outside");
    yard.dir("to/from");
    symlink("../../outside", yard.path("to/from/sub")).unwrap();
    assert_eq!(yard.copy_badly(&["from", "to"]).len(), 1);
    assert_eq!(fs::read_dir(yard.path("outside")).unwrap().count(), 0);
}

#[test]
fn a_file_that_cannot_be_written_leaves_nothing_behind() {
    let yard = Yard::new();
    for index in 0..20 {
        yard.file(&format!("from/small{index}"), bytes(index * 100));
    }
    yard.file("from/large", bytes(20 * PIECE));
    // Files of more than 512 KiB cannot be written then; the signal that says so is ignored.
    let output = yard.limited("trap '' XFSZ; ulimit -f 1024", &["from", "to"]);
    assert_eq!(complaints(&output), ["to/large: File too large"]);
    let mut tree = tree(&yard.path("to"));
    assert_eq!(tree.len(), 21);
    assert!(tree.remove(Path::new("large")).is_none());
    let from = tree
        .keys()
        .all(|path| !path.as_os_str().as_bytes().ends_with(b".part"));
    assert!(from);
}

#[test]
fn few_descriptors_are_enough_for_a_wide_and_deep_tree() {
    let yard = Yard::new();
    let mut path = String::from("from");
    for depth in 0..60 {
        path.push_str("/deeper");
        for index in 0..5 {
            yard.file(&format!("{path}/{depth}.{index}"), bytes(index * 1000));
        }
        yard.file(&format!("{path}/beside/{depth}"), "x");
        yard.dir(&format!("from/wide/{depth}/empty"));
    }
    succeeded(&yard.limited("ulimit -n 64", &["--threads", "8", "from", "to"]));
    let from = tree(&yard.path("from"));
    let names = |tree: &Tree| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&tree(&yard.path("to"))), names(&from));
    same_contents(&from, &yard.path("from"), &yard.path("to"));
}

/// Goes down a chain of directories of that name, making them if wanted; how many there were.
fn descend(top: &Path, name: &str, depth_max: usize, make: bool) -> (usize, rustix::fd::OwnedFd) {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY;
    let mut here = rustix::fs::openat(CWD, top, flags, Mode::empty()).unwrap();
    for depth in 0..depth_max {
        if make {
            rustix::fs::mkdirat(&here, name, Mode::RWXU).unwrap();
        }
        match rustix::fs::openat(&here, name, flags, Mode::empty()) {
            Ok(next) => here = next,
            Err(_) => return (depth, here),
        }
    }
    (depth_max, here)
}

/// Removes such a chain, for what removes the rest needs a descriptor for each level.
fn remove_chain(top: &Path, name: &str) {
    while let (depth @ 1.., _) = descend(top, name, usize::MAX, false) {
        for depth in (depth.saturating_sub(200)..depth).rev() {
            let (_, here) = descend(top, name, depth, false);
            rustix::fs::unlinkat(&here, name, AtFlags::REMOVEDIR).unwrap();
        }
    }
}

#[test]
fn a_tree_may_be_deeper_than_a_path_may_be_long() {
    const DEPTH: usize = 600;
    let yard = Yard::new();
    yard.dir("from");
    let (_, bottom) = descend(&yard.path("from"), "directory", DEPTH, true);
    let flags = OFlags::CREATE | OFlags::WRONLY;
    let file = rustix::fs::openat(&bottom, "file", flags, Mode::RUSR).unwrap();
    File::from(file).write_all_at(b"deep", 0).unwrap();
    yard.copy(&["from", "to"]);
    let (depth, bottom) = descend(&yard.path("to"), "directory", DEPTH + 1, false);
    assert_eq!(depth, DEPTH);
    let file = rustix::fs::openat(&bottom, "file", OFlags::RDONLY, Mode::empty()).unwrap();
    assert_eq!(std::io::read_to_string(File::from(file)).unwrap(), "deep");
    for top in ["from", "to"] {
        let (_, bottom) = descend(&yard.path(top), "directory", DEPTH, false);
        rustix::fs::unlinkat(&bottom, "file", AtFlags::empty()).unwrap();
        remove_chain(&yard.path(top), "directory");
    }
}

/// How many bytes the process has written, by the kernel's count.
fn written(process: u32) -> u64 {
    match fs::read_to_string(format!("/proc/{process}/io")) {
        Ok(text) => {
            let line = text.lines().find_map(|line| line.strip_prefix("wchar: "));
            line.unwrap().parse().unwrap()
        }
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("the program has ended"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn an_interrupted_copy_leaves_whole_files_only() {
    const FILE_BYTES: usize = 40 * PIECE;
    let yard = Yard::new();
    // So much that nobody copies it before the signal comes, but in little room.
    yard.file("from/0", bytes(FILE_BYTES));
    for index in 1..1000 {
        fs::hard_link(yard.path("from/0"), yard.path(&format!("from/{index}"))).unwrap();
    }
    let mut program = yard
        .command(&["from", "to"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while written(program.id()) < 2 * FILE_BYTES as u64 {
        std::thread::yield_now();
    }
    rustix::process::kill_process(Pid::from_child(&program), Signal::INT).unwrap();
    let status = program.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert_eq!(
        std::io::read_to_string(program.stderr.unwrap()).unwrap(),
        ""
    );

    let expected = bytes(FILE_BYTES);
    let copies: Vec<_> = fs::read_dir(yard.path("to"))
        .unwrap()
        .map(|e| e.unwrap())
        .collect();
    assert!(copies.len() < 1000, "nothing was interrupted");
    for copy in copies {
        let name = copy.file_name();
        assert!(
            fs::read(copy.path()).unwrap() == expected,
            "{name:?} is not whole"
        );
    }
}

#[test]
fn what_was_interrupted_can_be_gone_on_with() {
    let yard = Yard::new();
    for index in 0..50 {
        yard.file(&format!("from/{index}"), bytes(index * 5000));
    }
    // As an interruption leaves it: some are there, whole.
    yard.dir("to/from");
    fs::copy(yard.path("from/7"), yard.path("to/from/7")).unwrap();
    let before = fs::metadata(yard.path("to/from/7")).unwrap().ino();
    yard.copy(&["-n", "from", "to"]);
    assert_eq!(fs::metadata(yard.path("to/from/7")).unwrap().ino(), before);
    same_contents(
        &tree(&yard.path("from")),
        &yard.path("from"),
        &yard.path("to/from"),
    );
}
