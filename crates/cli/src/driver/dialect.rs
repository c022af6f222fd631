//! What Microsoft's compiler accepts and others do not, said in other words.
//!
//! Each file below knows one habit, finds it in the tokens and asks for changes of the text. A
//! change never adds or removes a line, or says with `#line` where it is, so that the compiler's
//! messages name the user's lines. What a change calls by a name that begins with `iocp` is in
//! `support/bridge.h`, which every file is compiled with.

mod casts;
mod entry;
mod exception;
mod modifiers;
mod seh;
mod small;
mod super_class;
mod typename;

use super::edits::Edits;
use super::lexer::{Language, Lexed};

/// Who compiles, as far as it decides how something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// GCC, which knows functions within functions in C.
    Gcc,
    /// Clang.
    Clang,
}

/// What all files of a program together show, and a single one does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Somebody says `__super`.
    pub(crate) calls_super: bool,
    /// The program has a class `exception` of its own.
    pub(crate) owns_exception: bool,
    /// A class hands a message to its base `std::exception`.
    pub(crate) inherits_message: bool,
    /// Somebody names `steady_clock`.
    pub(crate) names_steady_clock: bool,
}

impl Facts {
    /// Adds what a file shows.
    pub(crate) fn add(&mut self, lexed: &Lexed<'_>) {
        self.calls_super |= super_class::is_called(lexed);
        self.owns_exception |= exception::is_defined(lexed);
        self.inherits_message |= exception::is_initialised(lexed);
        let mut words = 0..lexed.code.len();
        self.names_steady_clock |= words.any(|at| lexed.at(at, "steady_clock"));
    }
}

/// A file that is to be changed.
pub(crate) struct Subject<'t> {
    /// Its tokens.
    pub(crate) lexed: &'t Lexed<'t>,
    /// Its language.
    pub(crate) language: Language,
    /// How messages name it.
    pub(crate) name: &'t str,
    /// Who compiles it.
    pub(crate) family: Family,
    /// What its program shows.
    pub(crate) facts: &'t Facts,
}

/// The changes, and a word about each kind.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// What is changed.
    pub(crate) edits: Edits,
    /// What the user is told.
    pub(crate) notes: Vec<String>,
}

impl Changes {
    fn note(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.notes.contains(&what) {
            self.notes.push(what);
        }
    }
}

/// Finds everything that is to be said otherwise.
pub(crate) fn bridge(subject: &Subject<'_>) -> Changes {
    let mut changes = Changes::default();
    entry::bridge(subject, &mut changes);
    seh::bridge(subject, &mut changes);
    small::bridge(subject, &mut changes);
    casts::bridge(subject, &mut changes);
    if subject.language == Language::Cxx {
        super_class::bridge(subject, &mut changes);
        exception::bridge(subject, &mut changes);
        modifiers::bridge(subject, &mut changes);
        typename::bridge(subject, &mut changes);
    }
    changes
}

#[cfg(test)]
mod tests;
