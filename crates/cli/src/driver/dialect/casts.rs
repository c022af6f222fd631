//! `(DWORD)session` as a port's key, and `(LPDWORD)&session` where the key goes: what 32-bit
//! programs say. Mostly it is a pointer or a socket, which then would lose its upper half here; the
//! variable has room for all of it.

use super::{Changes, Subject};
use crate::driver::lexer::{Kind, Language, Lexed};

/// Names of the type that a key has on 32-bit Windows.
const KEYS: &[&[&str]] = &[
    &["DWORD"],
    &["ULONG"],
    &["LONG"],
    &["UINT"],
    &["unsigned", "int"],
    &["unsigned"],
    &["int"],
];
/// Calls that are given a key as their third argument.
const GIVEN: &[&str] = &["CreateIoCompletionPort", "PostQueuedCompletionStatus"];

/// Names of the type that the key's place has on 32-bit Windows.
const DWORDS: &[&[&str]] = &[
    &["LPDWORD"],
    &["PDWORD"],
    &["DWORD", "*"],
    &["PULONG"],
    &["ULONG", "*"],
    &["LPLONG"],
    &["PLONG"],
    &["UINT", "*"],
    &["PUINT"],
    &["unsigned", "int", "*"],
    &["int", "*"],
];

/// Takes the casts away; macros of `support/bridge.h` look at the sizes.
pub(super) fn bridge(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        let takes = lexed.at(at, "GetQueuedCompletionStatus");
        let gives = GIVEN.iter().any(|name| lexed.at(at, name));
        if !(takes || gives) || !lexed.at(at + 1, "(") {
            continue;
        }
        let Some(close) = lexed.closing(at + 1) else {
            continue;
        };
        let &[_, before, behind, ..] = &commas(lexed, at + 1, close)[..] else {
            continue;
        };
        let (types, macro_name, note) = match takes {
            true => (DWORDS, "IOCP_KEY_PLACE", "the place of a key as LPDWORD"),
            false => (KEYS, "IOCP_KEY", "a key as DWORD"),
        };
        let Some(end) = cast_end(lexed, before + 1, types) else {
            if takes && subject.language == Language::Cxx {
                narrow(lexed, before + 1, behind, changes);
            }
            continue;
        };
        let fits = match takes {
            true => lexed.at(end + 1, "&"),
            false => (end + 1..behind).all(|at| is_path(lexed, at)),
        };
        if fits {
            let place = lexed.code[before + 1].start..lexed.code[end].end;
            changes.edits.replace(place, format!("{macro_name}("));
            changes.edits.insert(lexed.code[behind].start, ")");
            changes.note(note);
        }
    }
}

/// `&key`, of a variable of 32 bits: it is given the key after the call.
fn narrow(lexed: &Lexed<'_>, at: usize, behind: usize, changes: &mut Changes) {
    let is_variable = lexed.at(at, "&") && at + 2 == behind;
    if !is_variable || !is_narrow(lexed, &lexed.text(lexed.code[at + 1])) {
        return;
    }
    let name = lexed.text(lexed.code[at + 1]);
    let place = lexed.code[at].start..lexed.code[at + 1].end;
    let kind = format!("iocp::narrow_key<decltype({name})>(&{name})");
    changes.edits.replace(place, kind);
    changes.note("a key of 32 bits");
}

/// Whether a variable of that name is declared in the file with 32 bits, and none with more.
fn is_narrow(lexed: &Lexed<'_>, name: &str) -> bool {
    let types = ["DWORD", "ULONG", "LONG", "UINT", "INT", "int"];
    let mut declared = (1..lexed.code.len())
        .filter(|&at| lexed.at(at, name))
        .filter_map(|at| type_before(lexed, at))
        .map(|at| types.iter().any(|word| lexed.at(at, word)))
        .peekable();
    declared.peek().is_some() && declared.all(|narrow| narrow)
}

/// The type with which the name at `at` is declared, if it is: `DWORD size, key;`.
fn type_before(lexed: &Lexed<'_>, at: usize) -> Option<usize> {
    if lexed.code[at - 1].kind == Kind::Word {
        return (!lexed.at(at - 1, "return")).then_some(at - 1);
    }
    let mut first = at;
    while first > 0
        && !["(", ")", ";", "{", "}"]
            .iter()
            .any(|sign| lexed.at(first - 1, sign))
    {
        first -= 1;
    }
    let begins = first > 0 && !lexed.at(first - 1, "(") && !lexed.at(first - 1, ")");
    let typed = begins && lexed.code.get(first + 1)?.kind == Kind::Word;
    (lexed.at(at - 1, ",") && typed).then_some(first)
}

/// The bracket that ends a cast to one of these types, if one begins at `at`.
fn cast_end(lexed: &Lexed<'_>, at: usize, types: &[&[&str]]) -> Option<usize> {
    types.iter().find_map(|words| {
        let end = at + 1 + words.len();
        let is_cast = lexed.at(at, "(") && lexed.follows(at + 1, words) && lexed.at(end, ")");
        is_cast.then_some(end)
    })
}

/// Whether a token belongs to what names a variable: `this->session`, `&session`.
fn is_path(lexed: &Lexed<'_>, at: usize) -> bool {
    let signs = ["->", ".", "::", "&", "*"];
    lexed.code[at].kind == Kind::Word || signs.iter().any(|sign| lexed.at(at, sign))
}

/// The commas between a call's arguments.
fn commas(lexed: &Lexed<'_>, open: usize, close: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = open + 1;
    while at < close {
        if ["(", "[", "{"].iter().any(|sign| lexed.at(at, sign)) {
            at = lexed.closing(at).unwrap_or(at);
        } else if lexed.at(at, ",") {
            found.push(at);
        }
        at += 1;
    }
    found
}
