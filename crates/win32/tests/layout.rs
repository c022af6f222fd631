//! Our headers against mingw-w64's: sizes, offsets and numbers.
//!
//! The headers say what they mean as C that asserts it, and the compiler for Windows checks that
//! with the headers of its own. Nothing needs to run under Windows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const MINGW: &str = "x86_64-w64-mingw32-gcc";

/// In this order, because Windows wants its socket headers first.
const HEADERS: [&str; 13] = [
    "winsock2.h",
    "ws2tcpip.h",
    "mswsock.h",
    "mstcpip.h",
    "windows.h",
    "mmsystem.h",
    "winternl.h",
    "ntstatus.h",
    "winioctl.h",
    "tlhelp32.h",
    "dbghelp.h",
    "shlwapi.h",
    "sdkddkver.h",
];

/// Numbers in which mingw-w64 is older than today's Windows or has another scheme.
const NOT_COMPARED: [&str; 9] = [
    // Windows 10 added families after mingw-w64's last.
    "AF_MAX",
    "PF_MAX",
    // There WSANO_DATA, in the SDK the same as EAI_NONAME.
    "EAI_NODATA",
    // 128 before Windows 10 version 1903.
    "FLS_MAXIMUM_AVAILABLE",
    // There a set of bits, in today's SDK an enumeration.
    "WINAPI_FAMILY",
    "WINAPI_FAMILY_APP",
    "WINAPI_FAMILY_DESKTOP_APP",
    "WINAPI_PARTITION_APP",
    "WINAPI_PARTITION_DESKTOP",
];

fn manifest() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn mingw_is_here() -> bool {
    let here = Command::new(MINGW)
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !here {
        eprintln!("skipped: no {MINGW}");
    }
    here
}

/// The standard output of a command that must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the command starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn ours(arguments: &[&str]) -> Command {
    let mut command = Command::new("cc");
    command.arg("-std=c11").arg("-I");
    command.arg(manifest().join("include")).args(arguments);
    command
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file in the temporary folder");
    path
}

fn includes(headers: &[&str]) -> String {
    headers.iter().fold(String::new(), |mut text, header| {
        writeln!(text, "#include <{header}>").expect("a string takes everything");
        text
    })
}

/// Whether the compiler for Windows agrees with `assertions`.
fn assert_on_windows(folder: &Path, assertions: &str) {
    let text = format!(
        "#define _WIN32_WINNT 0x0A00\n#define WIN32_NO_STATUS\n\
         #include <stddef.h>\n{}{}{assertions}",
        includes(&HEADERS[..6]),
        "#undef WIN32_NO_STATUS\n".to_owned() + &includes(&HEADERS[6..]),
    );
    let source = write(folder, "windows.c", &text);
    run(Command::new(MINGW)
        .args(["-std=c11", "-w", "-fsyntax-only", "-fmax-errors=50"])
        .arg(source));
}

/// What `printer` prints of the table that our headers make of `table`.
fn table_of(folder: &Path, flags: &[&str], table: &Path, printer: &Path) -> String {
    let (object, program) = (folder.join("table.o"), folder.join("print"));
    run(ours(flags).arg("-c").arg(table).arg("-o").arg(&object));
    run(Command::new("cc")
        .arg(printer)
        .arg(&object)
        .arg("-o")
        .arg(&program));
    run(&mut Command::new(program))
}

fn layout_agrees(flags: &[&str]) {
    if !mingw_is_here() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = manifest().join("tests/layout/layout.c");
    let printer = manifest().join("tests/layout/print.c");
    let assertions = table_of(folder.path(), flags, &table, &printer);
    assert!(
        assertions.lines().count() > 300,
        "the list of structures is read"
    );
    assert_on_windows(folder.path(), &assertions);
}

#[test]
fn sizes_and_offsets_are_those_of_windows() {
    layout_agrees(&[]);
}

#[test]
fn with_a_short_wchar_those_of_wide_structures_are_too() {
    layout_agrees(&["-fshort-wchar", "-DWIDE"]);
}

/// The macros without arguments that `text` leaves defined.
fn macros(folder: &Path, text: &str) -> BTreeMap<String, String> {
    let source = write(folder, "macros.c", text);
    let listing = run(ours(&["-E", "-dM"]).arg(source));
    let defines = listing.lines().filter_map(|line| {
        let (name, expansion) = line.strip_prefix("#define ")?.split_once(' ')?;
        (!name.contains('(')).then(|| (name.to_owned(), expansion.to_owned()))
    });
    defines.collect()
}

/// The identifiers of an expansion, `None` if it is no arithmetic over numbers.
fn identifiers(expansion: &str) -> Option<Vec<&str>> {
    let arithmetic = "()|&~+-*/<>!^ ";
    let is_text = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !expansion
        .chars()
        .all(|c| is_text(c) || arithmetic.contains(c))
    {
        return None;
    }
    let words = expansion.split(|c| !is_text(c)).filter(|w| !w.is_empty());
    Some(
        words
            .filter(|w| !w.starts_with(|c: char| c.is_ascii_digit()))
            .collect(),
    )
}

/// The macros of `all` that are numbers: made of digits, types and other such macros.
fn numbers(all: &BTreeMap<String, String>) -> BTreeSet<&str> {
    const TYPES: &str = " BYTE DWORD DWORD64 HRESULT INT INT16 INT32 INT64 INT8 INT_PTR LONG \
        LONG32 \
        LONG64 LONG_PTR LONGLONG NTSTATUS SIZE_T SSIZE_T UINT UINT16 UINT32 UINT64 UINT8 UINT_PTR \
        ULONG ULONG32 ULONG64 ULONG_PTR ULONGLONG USHORT WORD DWORD32 DWORD_PTR u_long u_short int \
        unsigned long ";
    let is_type = |word: &str| TYPES.contains(&format!(" {word} "));
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (name, expansion) in all {
            let Some(words) = identifiers(expansion) else {
                continue;
            };
            let known = words.iter().all(|w| is_type(w) || found.contains(w));
            let has_digits = expansion
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .any(|w| w.starts_with(|c: char| c.is_ascii_digit()));
            if known && (has_digits || words.iter().any(|w| found.contains(w))) {
                found.insert(name.as_str());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

#[test]
fn numbers_are_those_of_windows() {
    if !mingw_is_here() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let standard =
        "#include <stddef.h>\n#include <stdarg.h>\n#include <string.h>\n#include <time.h>\n";
    let foreign = macros(folder, standard);
    let text = format!("{standard}{}", includes(&HEADERS));
    let mut all = macros(folder, &text);
    all.retain(|name, _| !foreign.contains_key(name) && !name.starts_with("IOCP_"));
    let found = numbers(&all);
    assert!(found.len() > 1500, "{} numbers found", found.len());
    let row = "struct number { const char *name; long long value; };\n";
    let mut table = format!("{text}{VALUE}{row}const struct number numbers[] = {{\n");
    for name in found.iter().filter(|name| !NOT_COMPARED.contains(name)) {
        writeln!(table, "{{\"{name}\", VALUE({name})}},").expect("a string takes everything");
    }
    table.push_str("{0, 0},\n};\n");
    let printer =
        format!("#include <stdio.h>\n{row}extern const struct number numbers[];\n{PRINT}");
    let table = write(folder, "numbers.c", &table);
    let printer = write(folder, "print.c", &printer);
    let assertions = table_of(folder, &["-w"], &table, &printer);
    assert_on_windows(folder, &format!("{VALUE}{assertions}"));
}

/// A status is a DWORD in one header and an NTSTATUS in the next: 32 bits compare without a sign.
const VALUE: &str =
    "#define VALUE(n) (sizeof(n) == 4 ? (long long)(unsigned)(n) : (long long)(n))\n";

const PRINT: &str = r##"
int main(void)
{
    for (const struct number *n = numbers; n->name; n++)
        printf("#ifdef %s\n"
               "_Static_assert(VALUE(%s) == %lldLL, \"%s is not %lld\");\n"
               "#endif\n",
               n->name, n->name, n->value, n->name, n->value);
    return 0;
}
"##;
