//! Where a program begins: `void main`, `wmain`, `_tmain`.
//!
//! The definition gets another name, and in front of it, on the same line, goes a `main` that
//! calls it. So nothing is said about the body, the whole stands or falls with the `#if` around
//! it, and a `main` of type `void` ends with 0.

use super::{Changes, Subject};
use crate::driver::lexer::{Kind, Language, Token};

/// The definition's new name.
const NAME: &str = "iocp_entry";

/// Types that are `int` by another name.
const INTS: &[&str] = &[
    "int", "INT", "BOOL", "LONG", "HRESULT", "INT32", "int32_t", "errno_t",
];
/// Words before a function's name that say nothing about its type.
const CONVENTIONS: &[&str] = &[
    "extern",
    "__cdecl",
    "_cdecl",
    "__stdcall",
    "WINAPI",
    "CDECL",
    "APIENTRY",
    "WINAPIV",
    "inline",
];

/// What a function in first position returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Returns {
    Int,
    Nothing,
    Other,
}

/// A function that begins a program.
struct Entry {
    /// The index of its first token.
    head: usize,
    /// The index of its name.
    name: usize,
    /// The index of the bracket behind its parameters.
    close: usize,
    returns: Returns,
    parameters: usize,
}

/// Gives programs that begin otherwise a `main`.
pub(super) fn bridge(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    for index in outermost(subject) {
        let token = lexed.code[index];
        let name = lexed.text(token);
        if !matches!(&*name, "main" | "wmain" | "_tmain") {
            continue;
        }
        let Some(entry) = Entry::of(subject, index) else {
            continue;
        };
        if name == "main" && entry.returns == Returns::Int || entry.parameters > 3 {
            continue;
        }
        let behind = entry.close + 1 + usize::from(lexed.at(entry.close + 1, "noexcept"));
        if lexed.at(behind, "{") {
            changes.edits.insert(
                lexed.code[entry.head].start,
                format!(
                    "{}; {} ",
                    entry.declaration(subject),
                    entry.main(subject, &name)
                ),
            );
            changes.note(match entry.returns {
                Returns::Nothing => format!("void {name}"),
                _ => name.into_owned(),
            });
        } else if !lexed.at(behind, ";") {
            continue;
        }
        changes.edits.replace(token.range(), NAME);
    }
}

/// The indices of words outside all braces but those of `extern "C"`.
fn outermost(subject: &Subject<'_>) -> Vec<usize> {
    let lexed = subject.lexed;
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (index, &token) in lexed.code.iter().enumerate() {
        if token.kind == Kind::Word && depth == 0 {
            found.push(index);
        } else if lexed.is(token, "{") {
            let linkage = index >= 2
                && lexed.code[index - 1].kind == Kind::Text
                && lexed.at(index - 2, "extern");
            depth += usize::from(!linkage);
        } else if lexed.is(token, "}") {
            depth = depth.saturating_sub(1);
        }
    }
    found
}

impl Entry {
    fn of(subject: &Subject<'_>, name: usize) -> Option<Self> {
        let lexed = subject.lexed;
        if !lexed.at(name + 1, "(") {
            return None;
        }
        let close = lexed.closing(name + 1)?;
        let mut head = name;
        while head > 0 && belongs_to_head(subject, lexed.code[head - 1]) {
            head -= 1;
        }
        let types: Vec<String> = lexed.code[head..name]
            .iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|&token| lexed.text(token).into_owned())
            .filter(|word| !CONVENTIONS.contains(&word.as_str()))
            .collect();
        // What stands before the type may be a macro.
        let returns = match types.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [.., "void" | "VOID"] => Returns::Nothing,
            // In C, a function without a type returns an int.
            [] => Returns::Int,
            [.., "unsigned", "int"] => Returns::Other,
            [.., one] if INTS.contains(&one) => Returns::Int,
            _ => Returns::Other,
        };
        let inside = &lexed.code[name + 2..close];
        let parameters = match inside {
            [] => 0,
            [one] if lexed.is(*one, "void") || lexed.is(*one, "VOID") => 0,
            _ => 1 + inside.iter().filter(|&&token| lexed.is(token, ",")).count(),
        };
        // `return main(…);` and `x = main(…);` begin no program.
        let calls = types.iter().any(|word| word == "return" || word == "else");
        let typed = head < name && !calls;
        typed.then_some(Self {
            head,
            name,
            close,
            returns,
            parameters,
        })
    }

    /// The function's declaration, under its new name, on one line.
    fn declaration(&self, subject: &Subject<'_>) -> String {
        let lexed = subject.lexed;
        let end = self.close + usize::from(lexed.at(self.close + 1, "noexcept"));
        let words = (self.head..=end).map(|index| match index {
            _ if index == self.name => NAME.into(),
            _ => lexed.text(lexed.code[index]),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// The `main` that calls it.
    fn main(&self, subject: &Subject<'_>, name: &str) -> String {
        let arguments = match name {
            "wmain" => "iocp_wide_arguments(argc, argv)",
            "_tmain" => "IOCP_ARGUMENTS(_TCHAR, argc, argv)",
            _ => "argv",
        };
        let environment = match name {
            "wmain" => "iocp_wide_environment()",
            "_tmain" => "IOCP_ENVIRONMENT(_TCHAR)",
            _ => "environ",
        };
        // The parameters may be of any pointer type: Microsoft's linker does not look.
        let any = |pointer: &str| match subject.language {
            Language::Cxx => format!("iocp::any_pointer({pointer})"),
            Language::C => format!("(void *){pointer}"),
        };
        let given = ["argc".to_owned(), any(arguments), any(environment)];
        let call = format!("{NAME}({})", given[..self.parameters].join(", "));
        let (parameters, use_) = match self.parameters {
            0 => ("void", ""),
            1 => ("int argc, char **argv", "(void)argv; "),
            _ => ("int argc, char **argv", ""),
        };
        match self.returns {
            Returns::Nothing => format!("int main({parameters}) {{ {use_}{call}; return 0; }}"),
            _ => format!("int main({parameters}) {{ {use_}return (int){call}; }}"),
        }
    }
}

/// Whether a token in front of a function's name belongs to its declaration.
fn belongs_to_head(subject: &Subject<'_>, token: Token) -> bool {
    match token.kind {
        Kind::Word => true,
        Kind::Text => subject.lexed.text(token) == "\"C\"",
        _ => false,
    }
}
