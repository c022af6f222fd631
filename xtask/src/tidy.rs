//! The house rules that no compiler checks.
//!
//! Each rule is a row in a table or a short function below, and each says what to do instead.
//! The check reads a list of files and touches nothing, so every rule is tested with a bad sample
//! in memory (`tidy/tests.rs`) and all of them with the real tree (`xtask/tests/tidy.rs`).

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use crate::source::{self, Named, Token};

#[cfg(test)]
mod tests;

/// The most lines of a Rust file.
const LINES_MAX: usize = 800;
/// The most characters of a line of Rust.
const COLUMNS_MAX: usize = 100;

/// Where the library lives.
const LIBRARY: &str = "crates/completion-port/src";

/// What a part of the product must never know.
struct Room {
    /// A folder, or a file without its `.rs`.
    place: &'static str,
    /// Paths that must not be named there, nor anything below them.
    never: &'static [&'static str],
    /// If given, the only part of its own crate that may be named.
    only: Option<&'static str>,
    /// Why, and what to do instead.
    instead: &'static str,
}

impl Room {
    const fn of(
        place: &'static str,
        never: &'static [&'static str],
        instead: &'static str,
    ) -> Self {
        Self {
            place,
            never,
            only: None,
            instead,
        }
    }
}

/// The direction of knowledge. The map in ARCHITECTURE.md draws what these rows enforce.
const ROOMS: &[Room] = &[
    Room {
        place: "crates/completion-port/src/sched",
        never: &[
            "libc",
            "io_uring",
            "std::net",
            "std::fs",
            "std::os",
            "std::process",
        ],
        only: Some("crate::sched"),
        instead: "the scheduler is pure and knows nobody; let the caller pass it in",
    },
    Room::of(
        "crates/completion-port/src/op",
        &["crate::sys", "crate::sched", "crate::port", "libc"],
        "an operation says what to do, not who does it; move this to `sys` or pass it in",
    ),
    Room::of(
        "crates/completion-port/src/buf",
        &["crate::sys", "crate::sched", "crate::port", "libc"],
        "a buffer keeps bytes alive and knows no user of them; move this to its user",
    ),
    Room::of("crates/completion-port/src/net", SYSTEM, ASK_SYS),
    Room::of("crates/completion-port/src/file", SYSTEM, ASK_SYS),
    Room::of("crates/completion-port/src/pipe", SYSTEM, ASK_SYS),
    Room::of("crates/completion-port/src/port", SYSTEM, ASK_SYS),
    Room::of("crates/completion-port/src/task", SYSTEM, ASK_SYS),
    Room::of(
        "crates/cli",
        &[
            "libc",
            "io_uring",
            "completion_port::sys",
            "completion_port::sched",
        ],
        "the program is a user like any other; use the library's public items, or add one",
    ),
];

const SYSTEM: &[&str] = &["libc", "io_uring"];
const ASK_SYS: &str = "system calls are made in `sys`; give it a function and call that";

/// The only places where `unsafe` may stand. A trailing slash means the folder and all below.
const UNSAFE_ROOMS: &[&str] = &[
    "crates/completion-port/src/sys/",
    "crates/completion-port/src/buf.rs",
    "crates/completion-port/src/raw/",
    "crates/win32/src/",
    "crates/completion-port/tests/common/",
    "bench/src/os.rs",
];

/// Token sequences that no file of a crate contains, and what to do instead.
const NEVER: &[(&[&str], &str)] = &[
    (
        &["todo", "!"],
        "finish it, or leave it out of the public items until it works",
    ),
    (
        &["unimplemented", "!"],
        "finish it, or leave it out of the public items until it works",
    ),
    (
        &["dbg", "!"],
        "remove it; what is worth seeing belongs in a test's message",
    ),
    (
        &["#", "[", "ignore"],
        "make the test pass or delete it; a test that never runs rots",
    ),
];

/// Text of the repository. Binary files are no business of this check.
#[derive(Debug)]
pub struct File {
    /// Path from the repository's top, with slashes.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// A broken rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Path from the repository's top.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, and what to do instead.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Checks the tree at `root`, prints the faults, and returns the exit code.
///
/// # Errors
///
/// A folder or file that cannot be read.
pub fn report(root: &Path) -> io::Result<u8> {
    let files = walk(root)?;
    let faults = check(&files);
    for fault in &faults {
        eprintln!("{fault}");
    }
    eprintln!("tidy: {} files, {} faults", files.len(), faults.len());
    Ok(u8::from(!faults.is_empty()))
}

/// Reads every text file below `root`, except what version control and builds keep there.
///
/// # Errors
///
/// A folder or file that cannot be read.
pub fn walk(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let path = format!("{prefix}{name}");
            // A link is judged where it points to, if that is in the tree at all.
            let kind = entry.file_type()?;
            if kind.is_dir() && !matches!(name, ".git" | "target") {
                folders.push((entry.path(), format!("{path}/")));
            } else if kind.is_file()
                && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
            {
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Every fault in the files, in their order.
pub fn check(files: &[File]) -> Vec<Fault> {
    let mut faults = Faults::default();
    let exports = exports(files);
    for file in files {
        machine_paths(file, &mut faults);
        if file.path.ends_with(".rs") {
            rust(file, files, &exports, &mut faults);
        }
    }
    rooms_exist(files, &mut faults);
    dependencies(files, &mut faults);
    faults.0.sort();
    // One line may break a rule twice.
    faults.0.dedup();
    faults.0
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, path: &str, line: usize, what: impl Into<String>) {
        self.0.push(Fault {
            path: path.to_owned(),
            line,
            what: what.into(),
        });
    }
}

fn rust(file: &File, files: &[File], exports: &Exports, faults: &mut Faults) {
    let tokens = source::tokens(&file.text);
    let module = module(&file.path);
    let paths = source::paths(&tokens, &module);
    size(file, faults);
    platform(file, &tokens, faults);
    unsafe_rooms(file, &tokens, files, faults);
    knowledge(file, &paths, exports, faults);
    if file.path.starts_with("crates/") {
        unfinished(file, &tokens, faults);
        unreasoned(file, &tokens, faults);
        sleeps(file, &paths, faults);
    }
    if in_source(&file.path) {
        head(file, faults);
        borrowed_files(file, &tokens, faults);
    }
}

/// Whether the file is part of what a crate ships, not a test, example or benchmark.
fn in_source(path: &str) -> bool {
    matches!(
        path.split('/').collect::<Vec<_>>()[..],
        ["crates", _, "src", _, ..]
    )
}

/// The file's module, as the way from its crate's root.
fn module(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    if let Some(src) = parts.iter().position(|&part| part == "src") {
        parts.drain(..=src);
    }
    if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
        parts.pop();
    }
    parts
}

fn size(file: &File, faults: &mut Faults) {
    let lines = file.text.lines().count();
    if lines > LINES_MAX {
        let what = format!("{lines} lines, of at most {LINES_MAX}; split the file by noun");
        faults.add(&file.path, LINES_MAX + 1, what);
    }
    for (line, text) in (1..).zip(file.text.lines()) {
        let columns = text.chars().count();
        // An address cannot be broken.
        if columns > COLUMNS_MAX && !text.contains("://") {
            let what = format!("{columns} columns, of at most {COLUMNS_MAX}; break the line");
            faults.add(&file.path, line, what);
        }
    }
}

/// The choice of a platform stands under a `sys` folder.
fn platform(file: &File, tokens: &[Token<'_>], faults: &mut Faults) {
    if file
        .path
        .split('/')
        .rev()
        .skip(1)
        .any(|folder| folder == "sys")
    {
        return;
    }
    let mut fault = |token: &Token<'_>| {
        let what = format!(
            "`{}` chooses a platform outside a `sys/` folder; \
             choose there, and offer the same names on each platform",
            token.text
        );
        faults.add(&file.path, token.line, what);
    };
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token.text, "target_os" | "target_family") {
            fault(token);
        }
        if !matches!(token.text, "cfg" | "cfg_attr" | "cfg_select") {
            continue;
        }
        let open = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|next| next.text == "!"));
        if !tokens
            .get(open)
            .is_some_and(|next| matches!(next.text, "(" | "{" | "["))
        {
            continue;
        }
        let inside = source::group(tokens, open);
        for (at, token) in inside.iter().enumerate() {
            let beside_path = (at > 0 && inside[at - 1].text == "::")
                || inside.get(at + 1).is_some_and(|next| next.text == "::");
            if matches!(token.text, "unix" | "windows" | "linux") && !beside_path {
                fault(token);
            }
        }
    }
}

/// `unsafe` has rooms with names on the door.
fn unsafe_rooms(file: &File, tokens: &[Token<'_>], files: &[File], faults: &mut Faults) {
    let Some(first) = tokens.iter().find(|token| token.text == "unsafe") else {
        return;
    };
    let room = UNSAFE_ROOMS
        .iter()
        .find(|room| file.path == **room || (room.ends_with('/') && file.path.starts_with(**room)));
    let Some(room) = room else {
        for token in tokens.iter().filter(|token| token.text == "unsafe") {
            let what = format!(
                "`unsafe` outside its rooms ({}); move it into one, behind a safe function",
                UNSAFE_ROOMS.join(", ")
            );
            faults.add(&file.path, token.line, what);
        }
        return;
    };
    let heads = folders(&file.path)
        .take_while(|folder| folder.len() + 1 >= room.len())
        .flat_map(|folder| [format!("{folder}/mod.rs"), format!("{folder}/lib.rs")]);
    let stated = states_reason(tokens)
        || heads.filter(|_| room.ends_with('/')).any(|head| {
            files
                .iter()
                .any(|file| file.path == head && states_reason(&source::tokens(&file.text)))
        });
    if !stated {
        let what = "`unsafe` without its reason; begin the file, or the mod.rs of its folder, \
                    with `#![expect(unsafe_code, reason = \"…\")]`";
        faults.add(&file.path, first.line, what);
    }
}

/// The folders around a file, the nearest first.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/'), |(folder, _)| folder.rsplit_once('/'))
        .map(|(folder, _)| folder)
}

/// Whether there is an inner `expect(unsafe_code, reason = …)`.
fn states_reason(tokens: &[Token<'_>]) -> bool {
    const START: [&str; 5] = ["#", "!", "[", "expect", "("];
    positions(tokens, &START).any(|at| {
        let inside = source::group(tokens, at + START.len() - 1);
        has(inside, "unsafe_code") && has(inside, "reason")
    })
}

/// Where the sequence of tokens begins.
fn positions(tokens: &[Token<'_>], sequence: &[&str]) -> impl Iterator<Item = usize> {
    tokens
        .windows(sequence.len())
        .enumerate()
        .filter(|(_, window)| {
            window
                .iter()
                .map(|token| token.text)
                .eq(sequence.iter().copied())
        })
        .map(|(at, _)| at)
}

fn has(tokens: &[Token<'_>], word: &str) -> bool {
    tokens.iter().any(|token| token.text == word)
}

/// Names at the library's root, and the way to where they come from. Without these a room could
/// reach a forbidden one by what the root exports of it.
type Exports = BTreeMap<String, Vec<String>>;

fn exports(files: &[File]) -> Exports {
    let root = format!("{LIBRARY}/lib.rs");
    let Some(file) = files.iter().find(|file| file.path == root) else {
        return Exports::new();
    };
    source::paths(&source::tokens(&file.text), &[])
        .into_iter()
        .filter_map(|mut named| {
            let import = named.import?;
            if named.parts[0] == "crate" {
                named.parts.remove(0);
            }
            // `use libc;` and `use crate::x;` lead nowhere else.
            (named.parts.len() > 1).then_some((import, named.parts))
        })
        .collect()
}

/// Nobody names what their room must not know.
fn knowledge(file: &File, paths: &[Named], exports: &Exports, faults: &mut Faults) {
    let rooms: Vec<&Room> = ROOMS
        .iter()
        .filter(|room| is_in(&file.path, room.place))
        .collect();
    for named in paths {
        let mut parts = named.parts.clone();
        if file.path.starts_with(LIBRARY)
            && parts.len() > 1
            && parts[0] == "crate"
            && let Some(origin) = exports.get(&parts[1])
        {
            parts.splice(1..2, origin.iter().cloned());
        }
        for room in &rooms {
            let denied = room.never.iter().any(|never| leads_to(&parts, never));
            let outside = room.only.is_some_and(|only| {
                // `crate` alone is a visibility.
                parts.len() > 1 && parts[0] == "crate" && !is_below(&parts, only)
            });
            if denied || outside {
                let what = format!("names `{}`; {}", named.parts.join("::"), room.instead);
                faults.add(&file.path, named.line, what);
            }
        }
    }
}

fn is_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Whether the path is `target` or below it.
fn is_below(parts: &[String], target: &str) -> bool {
    let mut parts = parts.iter();
    target
        .split("::")
        .all(|part| parts.next().is_some_and(|own| own == part))
}

/// Whether the path is `target`, below it, or a glob that takes it in.
fn leads_to(parts: &[String], target: &str) -> bool {
    match parts {
        [above @ .., glob] if glob == "*" && !above.is_empty() => {
            is_below(parts, target)
                || target
                    .split("::")
                    .zip(above)
                    .filter(|(part, own)| part == own)
                    .count()
                    == above.len()
        }
        _ => is_below(parts, target),
    }
}

/// Each row guards something; a row whose room was renamed would guard nothing, silently.
fn rooms_exist(files: &[File], faults: &mut Faults) {
    const TABLE: &str = "xtask/src/tidy.rs";
    for room in ROOMS {
        if files.iter().any(|file| is_in(&file.path, room.place)) {
            continue;
        }
        let row = format!("\"{}\"", room.place);
        let table = files.iter().find(|file| file.path == TABLE);
        let line = table.and_then(|file| file.text.lines().position(|text| text.contains(&row)));
        let what = format!(
            "the table guards `{}`, which does not exist; rename or drop the row",
            room.place
        );
        faults.add(TABLE, line.map_or(1, |line| line + 1), what);
    }
}

/// Nothing unfinished is in a crate.
fn unfinished(file: &File, tokens: &[Token<'_>], faults: &mut Faults) {
    for (sequence, instead) in NEVER {
        for at in positions(tokens, sequence) {
            let what = format!("`{}`; {instead}", sequence.concat());
            faults.add(&file.path, tokens[at].line, what);
        }
    }
    for (line, text) in (1..).zip(file.text.lines()) {
        if text.contains("FIXME") {
            faults.add(
                &file.path,
                line,
                "`FIXME`; fix it, or write down the limit as a fact",
            );
        }
    }
}

/// A lint is lifted with a reason or not at all.
fn unreasoned(file: &File, tokens: &[Token<'_>], faults: &mut Faults) {
    let mut at = 0;
    while at < tokens.len() {
        let inner = usize::from(tokens.get(at + 1).is_some_and(|next| next.text == "!"));
        let open = at + 1 + inner;
        let attribute = tokens[at].text == "#" && tokens.get(open).is_some_and(|t| t.text == "[");
        at += 1;
        if !attribute {
            continue;
        }
        let inside = source::group(tokens, open);
        for allow in positions(inside, &["allow", "("]) {
            if !has(source::group(inside, allow + 1), "reason") {
                let what = "`allow(…)` without `reason = \"…\"`; \
                            say why, and prefer `expect`, which ends with its cause";
                faults.add(&file.path, inside[allow].line, what);
            }
        }
    }
}

/// Nothing waits by sleeping. A test may sleep for other ends, and the product where the system
/// tells of no event, if they say so.
fn sleeps(file: &File, paths: &[Named], faults: &mut Faults) {
    let test_file = !in_source(&file.path) || file.path.ends_with("/tests.rs");
    for named in paths {
        if !named
            .parts
            .windows(2)
            .any(|pair| pair == ["thread", "sleep"])
        {
            continue;
        }
        let text = file.text.lines().nth(named.line - 1).unwrap_or_default();
        let says = |what: &str| {
            let why = text.split_once(what);
            why.is_some_and(|(_, why)| !why.trim().is_empty())
        };
        let excused = says("// not for order: ");
        if !(test_file || named.in_tests) {
            if says("// no event: ") {
                continue;
            }
            let what = "`thread::sleep` in the product; wait for an event, with a deadline, or end \
                        the line with `// no event: …`";
            faults.add(&file.path, named.line, what);
        } else if !excused {
            let what = "`thread::sleep` in a test; wait for a counted event, \
                        or end the line with `// not for order: …`";
            faults.add(&file.path, named.line, what);
        }
    }
}

/// A file says first what it is for.
fn head(file: &File, faults: &mut Faults) {
    if !file.text.starts_with("//!") {
        faults.add(
            &file.path,
            1,
            "no `//!` line; say first what the file is for",
        );
    }
}

/// A file taken in by its path would escape the rules of the room it stands in.
fn borrowed_files(file: &File, tokens: &[Token<'_>], faults: &mut Faults) {
    for sequence in [&["#", "[", "path"][..], &["include", "!"]] {
        for at in positions(tokens, sequence) {
            let what = format!("`{}`; put the file where its module is", sequence.concat());
            faults.add(&file.path, tokens[at].line, what);
        }
    }
}

/// Every dependency earns its place in writing.
fn dependencies(files: &[File], faults: &mut Faults) {
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| &*file.text)
    };
    let architecture = text("ARCHITECTURE.md").unwrap_or_default();
    for file in files {
        let manifest = matches!(
            file.path.split('/').collect::<Vec<_>>()[..],
            ["crates", _, "Cargo.toml"] | ["xtask", "Cargo.toml"]
        );
        if !manifest {
            continue;
        }
        for (line, name) in dependency_names(&file.text) {
            let own = text(&format!("crates/{name}/Cargo.toml")).is_some();
            if !own && !architecture.contains(&format!("`{name}`")) {
                let what = format!(
                    "no line in ARCHITECTURE.md says why `{name}` is needed; \
                     add one, with the name in backticks, or do without"
                );
                faults.add(&file.path, line, what);
            }
        }
    }
}

/// Line and name of each dependency in a manifest.
fn dependency_names(manifest: &str) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    let mut listing = false;
    for (line, text) in (1..).zip(manifest.lines()) {
        if let Some(header) = text.trim_start().strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default().trim();
            listing = header.ends_with("dependencies");
            // `[dependencies.name]` names one by itself.
            if let Some((table, name)) = header.rsplit_once('.')
                && table.ends_with("dependencies")
            {
                names.push((line, name.trim_matches('"')));
            }
        } else if listing && !text.starts_with([' ', '\t', '#', ']', '}']) {
            let name = text
                .split(['=', '.'])
                .next()
                .unwrap_or_default()
                .trim()
                .trim_matches('"');
            if !name.is_empty() && text.contains('=') {
                names.push((line, name));
            }
        }
    }
    names
}

/// The tree means the same on every machine.
fn machine_paths(file: &File, faults: &mut Faults) {
    for (line, text) in (1..).zip(file.text.lines()) {
        for folder in ["work", "farm", "home", "root", "Users"] {
            let path = format!("/{folder}/");
            // Only where the path begins: not in an address, nor further down a relative path.
            let absolute = text.match_indices(&path).any(|(at, _)| {
                !text[..at].ends_with(|before: char| {
                    before.is_alphanumeric() || "/._-~*})]>$".contains(before)
                })
            });
            if absolute {
                let what = format!("`{path}` is a path of one machine; make it relative");
                faults.add(&file.path, line, what);
            }
        }
    }
}
