//! Habits that a word or two cure.

use super::{Changes, Subject};
use crate::driver::lexer::{Kind, Language, Lexed};

/// The locale that text at run time is in: this layer's narrow strings are UTF-8.
const LOCALE: &str = "C.UTF-8";

/// Looks for each of them.
pub(super) fn bridge(subject: &Subject<'_>, changes: &mut Changes) {
    false_joins(subject, changes);
    end_mark(subject, changes);
    suffixes(subject, changes);
    locales(subject, changes);
    if subject.language == Language::Cxx {
        for_each(subject, changes);
        function_casts(subject, changes);
        literal_casts(subject, changes);
        clocks(subject, changes);
        sizes(subject, changes);
        annotations(subject, changes);
    }
}

/// `// C:\dir\ ` with a blank at the end: GCC takes the next line into the comment.
fn false_joins(subject: &Subject<'_>, changes: &mut Changes) {
    for &at in &subject.lexed.false_joins {
        changes.edits.replace(at..at + 1, "/");
        changes.note("a backslash and a blank at the end of a comment");
    }
}

/// A Ctrl-Z at the end, as editors of DOS left it.
fn end_mark(subject: &Subject<'_>, changes: &mut Changes) {
    if let Some(at) = subject.lexed.end_mark {
        changes.edits.replace(at..subject.lexed.length(), "");
        changes.note("Ctrl-Z at the end");
    }
}

/// `5000000000ui64`.
fn suffixes(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    let in_macros = lexed
        .directives
        .iter()
        .flat_map(|directive| &directive.tokens);
    for &token in lexed.code.iter().chain(in_macros) {
        if token.kind != Kind::Number {
            continue;
        }
        let text = lexed.text(token);
        // Hexadecimal digits contain no `i` and no `u`.
        let Some(at) = text.find(['i', 'I']) else {
            continue;
        };
        let (digits, suffix) = text.split_at(at);
        let suffix = match &suffix[1..] {
            "64" => "LL",
            "32" | "16" | "8" => "",
            _ => continue,
        };
        changes
            .edits
            .replace(token.range(), format!("{digits}{suffix}"));
        changes.note("suffixes such as i64");
    }
}

/// `for each (T x in list)`.
fn for_each(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        if !lexed.follows(at, &["for", "each", "("]) {
            continue;
        }
        let close = lexed.closing(at + 2).unwrap_or(at);
        let Some(word) = (at + 3..close).find(|&at| lexed.at(at, "in")) else {
            continue;
        };
        changes.edits.replace(lexed.code[at + 1].range(), "");
        changes.edits.replace(lexed.code[word].range(), ":");
        changes.note("for each");
    }
}

/// `static_cast<LPFN_ACCEPTEX>(pointer)`: a cast from `void *` to a pointer to a function.
fn function_casts(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        if !lexed.follows(at, &["static_cast", "<"]) || !lexed.follows(at + 3, &[">", "("]) {
            continue;
        }
        let name = lexed.text(lexed.code[at + 2]);
        // Nothing but its name tells what a type is, and these are Microsoft's.
        if name.starts_with("LPFN_") || name == "FARPROC" {
            changes
                .edits
                .replace(lexed.code[at].range(), "reinterpret_cast");
            changes.note("static_cast to a pointer to a function");
        }
    }
}

/// `reinterpret_cast<unsigned char *>("text")`: literals were not constant.
fn literal_casts(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        if !lexed.follows(at, &["reinterpret_cast", "<"]) {
            continue;
        }
        let Some(close) = (at..lexed.code.len()).find(|&at| lexed.at(at, ">")) else {
            return;
        };
        let literal = lexed.code.get(close + 2);
        if lexed.at(close + 1, "(") && literal.is_some_and(|token| token.kind == Kind::Text) {
            let opens = lexed.code[at].start..lexed.code[at + 1].end;
            let end = lexed.closing(close + 1).unwrap_or(close + 1);
            changes.edits.replace(opens, "((");
            changes.edits.replace(lexed.code[close].range(), ")");
            changes.edits.insert(lexed.code[end].end, ")");
            changes.note("reinterpret_cast of a literal");
        }
    }
}

/// `high_resolution_clock` is `steady_clock` with Microsoft's library and `system_clock` with
/// GCC's: a program that mixes the first two only compiles with the one.
fn clocks(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        if subject.facts.names_steady_clock && lexed.at(at, "high_resolution_clock") {
            changes
                .edits
                .replace(lexed.code[at].range(), "steady_clock");
            changes.note("high_resolution_clock as steady_clock");
        }
    }
}

/// `sizeof OVERLAPPED`: a type's name without brackets.
fn sizes(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        let ends = [",", ")", ";", "}", "]", "+", "-", "*", "/"];
        let alone = ends.iter().any(|sign| lexed.at(at + 2, sign));
        if lexed.at(at, "sizeof") && alone && is_type(lexed, at + 1) {
            let name = lexed.code[at + 1];
            let text = lexed.text(name);
            changes.edits.replace(name.range(), format!("({text})"));
            changes.note("sizeof without brackets");
        }
    }
}

/// Whether a name looks like a type: in capitals, as Microsoft's are, or declared in this file.
/// Around a variable's name the brackets would do no harm.
fn is_type(lexed: &Lexed<'_>, at: usize) -> bool {
    let token = lexed.code[at];
    if token.kind != Kind::Word {
        return false;
    }
    let name = lexed.text(token);
    let is_capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let declares = |before: usize| {
        let words = ["struct", "class", "union", "enum", "}"];
        words.iter().any(|word| lexed.at(before, word))
    };
    let declared = || (1..lexed.code.len()).any(|at| lexed.at(at, &name) && declares(at - 1));
    name.chars().all(is_capital) || declared()
}

/// `__in DWORD size`: the two annotations that the headers cannot define in C++, where the
/// standard library calls parameters so.
fn annotations(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        let is_one = lexed.at(at, "__in") || lexed.at(at, "__out");
        let next = lexed.code.get(at + 1);
        if is_one && next.is_some_and(|next| next.kind == Kind::Word) {
            changes.edits.replace(lexed.code[at].range(), "");
            changes.note("__in and __out");
        }
    }
}

/// Names of locales that only Windows knows: `setlocale(LC_ALL, "korean")`, `locale("chs")`.
fn locales(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for at in 0..lexed.code.len() {
        let argument = if lexed.at(at, "locale") {
            // A temporary, or a variable with its name.
            let named = lexed
                .code
                .get(at + 1)
                .is_some_and(|next| next.kind == Kind::Word);
            at + 2 + usize::from(named)
        } else if lexed.at(at, "setlocale") || lexed.at(at, "_wsetlocale") {
            at + 4
        } else {
            continue;
        };
        let Some(&literal) = lexed.code.get(argument) else {
            continue;
        };
        let opens =
            |index: usize| lexed.at(index, "(") || lexed.at(index, "{") || lexed.at(index, ",");
        if literal.kind != Kind::Text || !opens(argument - 1) {
            continue;
        }
        let text = lexed.text(literal);
        let Some((prefix, name)) = text.trim_end_matches('"').split_once('"') else {
            continue;
        };
        if is_of_windows(name) {
            changes
                .edits
                .replace(literal.range(), format!("{prefix}\"{LOCALE}\""));
            changes.note(format!("locale {name} as {LOCALE}"));
        }
    }
}

/// Whether the C library here is unlikely to know a locale: its own are named `xx_YY.charset`.
fn is_of_windows(name: &str) -> bool {
    let known = matches!(name, "" | "C" | "POSIX");
    let form = name.split('.').next().unwrap_or(name).as_bytes();
    let own = matches!(form, [a, b, b'_', c, d]
        if [a, b].iter().all(|c| c.is_ascii_lowercase())
            && [c, d].iter().all(|c| c.is_ascii_uppercase()));
    let utf = name.to_ascii_lowercase().ends_with("utf-8") || name.ends_with("utf8");
    !(known || own && (utf || !name.contains('.')) || utf && name.starts_with("C."))
}
