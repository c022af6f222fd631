//! `std::exception` with a message, which Microsoft's library offers and the standard does not.
//!
//! `iocp::exception` is a `std::exception` with a message. It stands in where one is made with
//! arguments, and as the base of the program's classes if one of them hands it a message. What
//! catches or names `std::exception` stays as it is, and catches both.

use super::{Changes, Subject};
use crate::driver::lexer::{Kind, Lexed, Token};

const INSTEAD: &str = "iocp::exception";

/// Whether a file defines a class of that name.
pub(super) fn is_defined(lexed: &Lexed<'_>) -> bool {
    (1..lexed.code.len()).any(|at| {
        lexed.at(at, "exception") && (lexed.at(at - 1, "class") || lexed.at(at - 1, "struct"))
    })
}

/// Whether a file hands a message to a base of that name.
pub(super) fn is_initialised(lexed: &Lexed<'_>) -> bool {
    let code = &lexed.code;
    (0..code.len()).any(|at| {
        let Some(name) = Name::at(lexed, code, at) else {
            return false;
        };
        let initialises = name.first > 0
            && (lexed.is(code[name.first - 1], ":") || lexed.is(code[name.first - 1], ","));
        initialises && has_arguments(lexed, code, name.last + 1)
    })
}

/// `exception` or `std::exception`; the indices of its first and last token.
struct Name {
    first: usize,
    last: usize,
    qualified: bool,
}

impl Name {
    fn at(lexed: &Lexed<'_>, tokens: &[Token], at: usize) -> Option<Self> {
        let is = |index: usize, text: &str| {
            tokens
                .get(index)
                .is_some_and(|&token| lexed.is(token, text))
        };
        if !is(at, "exception") {
            return None;
        }
        if at >= 1 && is(at - 1, "::") {
            let standard = at >= 2 && is(at - 2, "std");
            let global = at >= 3 && is(at - 3, "::");
            return standard.then_some(Self {
                first: at - 2 - usize::from(global),
                last: at,
                qualified: true,
            });
        }
        let member = at >= 1 && (is(at - 1, ".") || is(at - 1, "->"));
        (!member).then_some(Self {
            first: at,
            last: at,
            qualified: false,
        })
    }
}

/// Whether a bracket with something in it is here: a call, and no type of a function.
fn has_arguments(lexed: &Lexed<'_>, tokens: &[Token], open: usize) -> bool {
    let is = |index: usize, texts: &[&str]| {
        tokens
            .get(index)
            .is_some_and(|&token| texts.iter().any(|text| lexed.is(token, text)))
    };
    is(open, &["(", "{"]) && open + 1 < tokens.len() && !is(open + 1, &[")", "}", "*", "&", "."])
}

/// Puts the one with a message in its place.
pub(super) fn bridge(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    in_tokens(subject, &lexed.code, changes);
    for directive in &lexed.directives {
        if directive.name == "define" {
            in_tokens(subject, &directive.tokens, changes);
        }
    }
}

fn in_tokens(subject: &Subject<'_>, tokens: &[Token], changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..tokens.len() {
        let Some(name) = Name::at(lexed, tokens, at) else {
            continue;
        };
        if !name.qualified && subject.facts.owns_exception {
            continue;
        }
        let before = |texts: &[&str]| {
            name.first > 0
                && texts
                    .iter()
                    .any(|text| lexed.is(tokens[name.first - 1], text))
        };
        let made = has_arguments(lexed, tokens, at + 1)
            && (name.qualified || before(&["throw", "new", ":", ",", "return"]));
        let declared = tokens
            .get(at + 1)
            .is_some_and(|next| next.kind == Kind::Word)
            && has_arguments(lexed, tokens, at + 2)
            && tokens
                .get(at + 3)
                .is_some_and(|next| next.kind == Kind::Text);
        let inherited = subject.facts.inherits_message
            && before(&["public", "protected", "private", "virtual", ":"])
            && tokens
                .get(at + 1)
                .is_some_and(|&next| lexed.is(next, "{") || lexed.is(next, ","));
        if made || declared || inherited {
            let place = tokens[name.first].start..tokens[name.last].end;
            changes.edits.replace(place, INSTEAD);
            changes.note("std::exception(const char *)");
        }
    }
}
