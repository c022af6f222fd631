//! `abstract` and `sealed`, as Microsoft's compiler takes them behind a class's name or a member
//! function's parameters, and `__interface`, a class with pure functions only.

use super::{Changes, Subject};
use crate::driver::lexer::{Kind, Lexed};

/// Says them in the standard's words.
pub(super) fn bridge(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        if lexed.at(at, "__interface") {
            pure(lexed, at, changes);
        }
    }
    for at in 1..lexed.code.len() {
        let is_abstract = lexed.at(at, "abstract");
        if !(is_abstract || lexed.at(at, "sealed")) {
            continue;
        }
        let place = lexed.code[at].range();
        if follows_class(lexed, at) {
            changes
                .edits
                .replace(place, if is_abstract { "" } else { "final" });
        } else if follows_parameters(lexed, at) {
            changes
                .edits
                .replace(place, if is_abstract { "= 0" } else { "final" });
        } else {
            continue;
        }
        changes.note("abstract and sealed");
    }
}

/// `__interface A { void f(); };`
fn pure(lexed: &Lexed<'_>, at: usize, changes: &mut Changes) {
    changes.edits.replace(lexed.code[at].range(), "struct");
    changes.note("__interface");
    let opens = |&at: &usize| lexed.at(at, "{") || lexed.at(at, ";");
    let Some(open) = (at..lexed.code.len()).find(opens) else {
        return;
    };
    let Some(close) = lexed.closing(open).filter(|_| lexed.at(open, "{")) else {
        return;
    };
    let mut head = open + 1;
    for end in open + 1..close {
        if lexed.at(end, ";") {
            let is_function = lexed.at(end - 1, ")") || lexed.at(end - 1, "const");
            if is_function && !lexed.at(head, "virtual") {
                changes.edits.insert(lexed.code[head].start, "virtual ");
            }
            if is_function {
                changes.edits.insert(lexed.code[end].start, " = 0");
            }
        }
        let ends = [";", ":", "}"].iter().any(|sign| lexed.at(end, sign));
        if ends {
            head = end + 1;
        }
    }
}

/// `class A sealed {`, `class A abstract : B`.
fn follows_class(lexed: &Lexed<'_>, at: usize) -> bool {
    let named = at >= 2
        && lexed.code[at - 1].kind == Kind::Word
        && (lexed.at(at - 2, "class") || lexed.at(at - 2, "struct"));
    let before = named || at >= 1 && is_modifier(lexed, at - 1) && follows_class(lexed, at - 1);
    before && (is_modifier(lexed, at + 1) || lexed.at(at + 1, "{") || lexed.at(at + 1, ":"))
}

/// `void f() const override sealed;`.
fn follows_parameters(lexed: &Lexed<'_>, at: usize) -> bool {
    let mut before = at - 1;
    while before > 0 && (is_modifier(lexed, before) || is_qualifier(lexed, before)) {
        before -= 1;
    }
    let ends = [";", "{", "=", "override", "final"]
        .iter()
        .any(|end| lexed.at(at + 1, end));
    lexed.at(before, ")") && (ends || is_modifier(lexed, at + 1))
}

fn is_modifier(lexed: &Lexed<'_>, at: usize) -> bool {
    lexed.at(at, "abstract") || lexed.at(at, "sealed")
}

fn is_qualifier(lexed: &Lexed<'_>, at: usize) -> bool {
    ["const", "override", "noexcept", "final", "volatile"]
        .iter()
        .any(|word| lexed.at(at, word))
}
