//! `__try`, `__except`, `__finally` and `__leave`.
//!
//! Nothing here catches a fault: a bad address ends the program. What is left is the flow of
//! control, and that is kept in full. `__leave` jumps behind its block. `__finally` runs however
//! its block is left: by its end, by `__leave`, `return`, `break`, `goto` or a C++ exception. An
//! `__except` block is entered, in C++, for what `RaiseException` raised (see `excpt.h`), in C
//! never.
//!
//! In C++ the `__finally` block becomes a lambda and moves in front of its `__try`, since an object
//! must know it before the block runs. In C, GCC declares it as a function within the function and
//! finds it where it stands. Clang has neither in C: there it runs at the end of the block.

use std::ops::Range;

use super::{Changes, Family, Subject};
use crate::driver::lexer::{Language, Lexed};

/// How `__finally` is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Lambda,
    Nested,
    Straight,
}

/// A `__try` with its handler; all numbers are indices of tokens.
struct Try {
    word: usize,
    open: usize,
    close: usize,
    handler: Handler,
    /// The braces of the handler.
    body: Range<usize>,
}

enum Handler {
    Except,
    Finally,
}

/// Says them in other words.
pub(super) fn bridge(subject: &Subject<'_>, changes: &mut Changes) {
    let lexed = subject.lexed;
    let starts = (0..lexed.code.len()).filter(|&at| lexed.at(at, "__try") || lexed.at(at, "_try"));
    let mut tries = Vec::new();
    for word in starts {
        match Try::of(lexed, word) {
            Some(found) => tries.push(found),
            None => changes.note("a __try that cannot be read, as it is"),
        }
    }
    let way = match (subject.language, subject.family) {
        (Language::Cxx, _) => Way::Lambda,
        (Language::C, Family::Gcc) => Way::Nested,
        (Language::C, Family::Clang) => Way::Straight,
    };
    let labelled = leaves(lexed, &tries, changes);
    for (number, found) in tries.iter().enumerate() {
        let label = match labelled.contains(&number) {
            true => format!(" iocp_leave_{number}:;"),
            false => String::new(),
        };
        match &found.handler {
            Handler::Except => found.except(lexed, &label, changes),
            Handler::Finally => found.finally(subject, way, number, &label, changes),
        }
    }
}

/// Turns each `__leave` into a jump; tells which blocks are left so.
fn leaves(lexed: &Lexed<'_>, tries: &[Try], changes: &mut Changes) -> Vec<usize> {
    let mut labelled = Vec::new();
    for (at, &token) in lexed.code.iter().enumerate() {
        if !(lexed.is(token, "__leave") || lexed.is(token, "_leave")) {
            continue;
        }
        let around = tries.iter().enumerate();
        let innermost = around
            .filter(|(_, found)| found.open < at && at < found.close)
            .max_by_key(|(_, found)| found.open);
        if let Some((number, _)) = innermost {
            changes
                .edits
                .replace(token.range(), format!("goto iocp_leave_{number}"));
            labelled.push(number);
        }
    }
    labelled
}

impl Try {
    fn of(lexed: &Lexed<'_>, word: usize) -> Option<Self> {
        let open = word + 1;
        if !lexed.at(open, "{") {
            return None;
        }
        let close = lexed.closing(open)?;
        let next = close + 1;
        let (handler, start) = if lexed.at(next, "__finally") || lexed.at(next, "_finally") {
            (Handler::Finally, next + 1)
        } else if lexed.at(next, "__except") || lexed.at(next, "_except") {
            let end = lexed.closing(next + 1)?;
            (Handler::Except, end + 1)
        } else {
            return None;
        };
        if !lexed.at(start, "{") {
            return None;
        }
        Some(Self {
            word,
            open,
            close,
            handler,
            body: start..lexed.closing(start)?,
        })
    }

    fn except(&self, lexed: &Lexed<'_>, label: &str, changes: &mut Changes) {
        let edits = &mut changes.edits;
        edits.replace(lexed.code[self.word].range(), "{ IOCP_TRY");
        edits.replace(lexed.code[self.close + 1].range(), "IOCP_EXCEPT");
        edits.insert(lexed.code[self.body.end].end, format!("{label} }}"));
        changes.note("__except, which catches no fault");
    }

    fn finally(
        &self,
        subject: &Subject<'_>,
        way: Way,
        number: usize,
        label: &str,
        changes: &mut Changes,
    ) {
        let lexed = subject.lexed;
        let place = |index: usize| lexed.code[index];
        let edits = &mut changes.edits;
        let end = place(self.close).end;
        match way {
            Way::Lambda => {
                let name = subject.name.replace('\\', "\\\\").replace('"', "\\\"");
                let line = |index: usize| format!("\n#line {} \"{name}\"\n", place(index).line);
                edits.replace(place(self.word).range(), "{");
                edits.bring(
                    place(self.open).start,
                    place(self.body.start).start..place(self.body.end).end,
                    format!(
                        " auto iocp_finally_{number} = iocp::finally([&](const bool \
                         &iocp_abnormal) -> void {{ (void)iocp_abnormal;{}",
                        line(self.body.start)
                    ),
                    format!("}});{}", line(self.open)),
                );
                let leave = format!("{label} iocp_finally_{number}.ends(); }}");
                edits.insert(end, leave);
                edits.replace(place(self.close + 1).range(), "");
                edits.insert(place(self.body.end).end, line(self.body.end));
            }
            Way::Nested => {
                let function = format!("iocp_finally_{number}");
                let start = format!(
                    "{{ auto void {function}(int *); \
                     int iocp_guard_{number} __attribute__((cleanup({function}))) = 1; "
                );
                edits.replace(place(self.word).range(), start);
                edits.insert(end, format!("{label} iocp_guard_{number} = 0;"));
                edits.replace(
                    place(self.close + 1).range(),
                    format!("void {function}(int *iocp_abnormal) {{ (void)iocp_abnormal; "),
                );
                edits.insert(place(self.body.end).end, " } }");
            }
            Way::Straight => {
                edits.replace(place(self.word).range(), "{");
                edits.insert(end, label);
                edits.replace(place(self.close + 1).range(), "");
                edits.insert(place(self.body.end).end, " }");
            }
        }
        self.abnormal(lexed, way, changes);
        let returns = (self.open..self.close).any(|at| lexed.at(at, "return"));
        if way == Way::Straight && returns {
            changes.note("__finally, which a return skips (Clang in C)");
        } else {
            changes.note("__finally");
        }
    }

    /// `AbnormalTermination()` asks whether the block was left before its end.
    fn abnormal(&self, lexed: &Lexed<'_>, way: Way, changes: &mut Changes) {
        let answer = match way {
            Way::Lambda => "(iocp_abnormal ? 1 : 0)",
            Way::Nested => "(*iocp_abnormal)",
            Way::Straight => "0",
        };
        for at in self.body.clone() {
            let asked = lexed.at(at, "AbnormalTermination")
                || lexed.at(at, "abnormal_termination")
                || lexed.at(at, "_abnormal_termination");
            if asked && lexed.follows(at + 1, &["(", ")"]) {
                let place = lexed.code[at].start..lexed.code[at + 2].end;
                changes.edits.replace(place, answer);
            }
        }
    }
}
