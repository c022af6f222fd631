//! `__super`: the base class.
//!
//! Each class with a base gets a name for it, `iocp_super`, inside its braces, and `__super`
//! becomes that name. A member that is defined elsewhere finds it too, since names are looked up
//! in its class. Of several bases the first is meant.

use super::{Changes, Subject};
use crate::driver::lexer::{Kind, Lexed};

/// Whether a file says `__super`.
pub(super) fn is_called(lexed: &Lexed<'_>) -> bool {
    let in_macros = lexed
        .directives
        .iter()
        .flat_map(|directive| &directive.tokens);
    lexed
        .code
        .iter()
        .chain(in_macros)
        .any(|&token| lexed.is(token, "__super"))
}

/// Names the bases and calls them by that name.
pub(super) fn bridge(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    if !subject.facts.calls_super {
        return;
    }
    for at in 0..lexed.code.len() {
        let is_enum = at > 0 && lexed.at(at - 1, "enum");
        if (lexed.at(at, "class") || lexed.at(at, "struct"))
            && !is_enum
            && let Some((open, base)) = base_of(lexed, at)
        {
            let name = format!(" typedef {base} iocp_super;");
            changes.edits.insert(lexed.code[open].end, name);
        }
    }
    let in_macros = lexed
        .directives
        .iter()
        .flat_map(|directive| &directive.tokens);
    for &token in lexed.code.iter().chain(in_macros) {
        if lexed.is(token, "__super") {
            changes.edits.replace(token.range(), "iocp_super");
            changes.note("__super");
        }
    }
}

/// The opening brace of a class and the first of its bases.
fn base_of(lexed: &Lexed<'_>, class: usize) -> Option<(usize, String)> {
    let mut at = class + 1;
    // Its name, with attributes and template arguments.
    while !lexed.at(at, ":") {
        let token = *lexed.code.get(at)?;
        let name = matches!(token.kind, Kind::Word | Kind::Number)
            || ["<", ">", "::", ","]
                .iter()
                .any(|sign| lexed.is(token, sign));
        at = match name {
            true => at + 1,
            false if lexed.is(token, "(") => lexed.closing(at)? + 1,
            false => return None,
        };
    }
    at += 1;
    let mut base = Vec::new();
    let mut angles = 0_i32;
    let mut is_first = true;
    loop {
        let token = *lexed.code.get(at)?;
        let text = lexed.text(token);
        match &*text {
            "{" => break,
            ";" | ")" | "=" => return None,
            "public" | "protected" | "private" | "virtual" if angles == 0 => {}
            "," if angles == 0 => is_first = false,
            sign => {
                angles += i32::from(sign == "<") - i32::from(sign == ">");
                if is_first {
                    base.push(text.into_owned());
                }
            }
        }
        at += 1;
    }
    (!base.is_empty()).then(|| (at, base.join(" ")))
}
