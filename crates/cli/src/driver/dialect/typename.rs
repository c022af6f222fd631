//! `typename`, which Microsoft's compiler does not ask for: `std::list<T>::iterator it;` within a
//! template.

use super::{Changes, Subject};
use crate::driver::lexer::{Kind, Lexed};

/// Where a declaration may begin: behind these, a name is no part of an expression.
const BEFORE: &[&str] = &[
    ";",
    "{",
    "}",
    "(",
    ",",
    ">",
    ":",
    "typedef",
    "const",
    "volatile",
    "static",
    "inline",
    "virtual",
    "constexpr",
    "extern",
    "mutable",
    "friend",
];
/// Words that stand behind a value, or begin what follows a `requires`.
const OTHERS: &str = "and or xor bitand bitor and_eq or_eq xor_eq not_eq class struct union enum \
    typename template using namespace void bool char short int long float double signed unsigned \
    auto static inline constexpr virtual explicit friend extern typedef decltype requires concept \
    noexcept override final if else for while do switch return";

/// Puts it before each name that depends on a parameter and is followed by what it declares.
pub(super) fn bridge(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    let mut at = 0;
    // Parameters of the templates that are open, and where each ends.
    let mut open: Vec<(usize, Vec<String>)> = Vec::new();
    while at < lexed.code.len() {
        open.retain(|(end, _)| at < *end);
        if lexed.follows(at, &["template", "<"])
            && let Some(close) = angle_end(lexed, at + 1)
        {
            open.push((extent(lexed, close), parameters(lexed, at + 1, close)));
            at = close;
            continue;
        }
        let begins = at > 0 && BEFORE.iter().any(|word| lexed.at(at - 1, word));
        if !open.is_empty()
            && begins
            && lexed.code[at].kind == Kind::Word
            && let Some(end) = declaring(lexed, at, &open)
        {
            changes.edits.insert(lexed.code[at].start, "typename ");
            changes.note("typename");
            at = end;
            continue;
        }
        at += 1;
    }
}

/// The names of a template's parameters.
fn parameters(lexed: &Lexed<'_>, open: usize, close: usize) -> Vec<String> {
    let is_kind = |at: usize| lexed.at(at, "class") || lexed.at(at, "typename");
    (open + 1..close)
        .filter(|&at| is_kind(at) && lexed.code[at + 1].kind == Kind::Word)
        .map(|at| lexed.text(lexed.code[at + 1]).into_owned())
        .collect()
}

/// Where the template ends whose parameters end at `close`.
fn extent(lexed: &Lexed<'_>, close: usize) -> usize {
    let ends = |&at: &usize| lexed.at(at, ";") || lexed.at(at, "{");
    let Some(end) = (close..lexed.code.len()).find(ends) else {
        return lexed.code.len();
    };
    match lexed.at(end, "{") {
        true => lexed.closing(end).unwrap_or(lexed.code.len()),
        false => end,
    }
}

/// The index behind a qualified name that begins at `at`, depends on a parameter and stands
/// before another name.
fn declaring(lexed: &Lexed<'_>, at: usize, open: &[(usize, Vec<String>)]) -> Option<usize> {
    let is_parameter = |at: usize| {
        let text = lexed.text(lexed.code[at]);
        open.iter()
            .any(|(_, names)| names.iter().any(|n| *n == text))
    };
    let mut depends = is_parameter(at);
    let mut end = at + 1;
    let mut qualified = false;
    loop {
        if lexed.at(end, "<") {
            let close = angle_end(lexed, end)?;
            depends |= (end..close).any(is_parameter);
            if !lexed.at(close + 1, "::") {
                return None;
            }
            end = close + 1;
        }
        if !lexed.at(end, "::") {
            break;
        }
        let next = lexed.code.get(end + 1)?;
        let is_name =
            next.kind == Kind::Word && !lexed.is(*next, "operator") && !lexed.is(*next, "template");
        if !is_name {
            return None;
        }
        qualified = true;
        end += 2;
    }
    let next = lexed.code.get(end)?;
    let word = lexed.text(*next);
    let declares = next.kind == Kind::Word && OTHERS.split_whitespace().all(|other| other != word);
    (qualified && depends && declares).then_some(end)
}

/// The index of the sign that closes the angle bracket at `open`, if it is one.
fn angle_end(lexed: &Lexed<'_>, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = open;
    loop {
        let token = *lexed.code.get(at)?;
        if lexed.is(token, "<") {
            depth += 1;
        } else if lexed.is(token, ">") {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        } else if lexed.is(token, "(") {
            at = lexed.closing(at)?;
        } else if [";", "{", "}", ")"].iter().any(|end| lexed.is(token, end)) {
            return None;
        }
        at += 1;
    }
}
