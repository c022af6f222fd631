//! What a person sees: headings, wrapped sentences, tables, bars, progress.
//!
//! Where standard output is no terminal, or `NO_COLOR` is set, only words and aligned columns
//! are left: no colour, no bars, nothing that moves.

mod progress;
mod table;
pub(crate) mod units;

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use crate::failure::Failure;
pub(crate) use table::{Row, Table};

/// Text is broken so that it stays readable on a wide terminal and fits a narrow one.
const COLUMNS_MAX: usize = 78;
const INDENT: &str = "  ";

const TITLE: Style = AnsiColor::Cyan.on_default().bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Tells the user something on standard error. If nobody is there, nobody is told.
pub(crate) fn complain(what: impl Display) {
    let _ = writeln!(io::stderr(), "iocp: {what}");
}

/// Standard output, and whether it may be decorated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    look: Look,
}

/// What the output may contain besides words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Words and spaces only.
    Plain,
    /// Colours and bars of ASCII signs, for a terminal without UTF-8.
    Ascii,
    /// Colours, bars of block elements.
    Full,
}

impl Look {
    fn paint(self, style: Style, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Ascii | Self::Full => format!("{style}{text}{style:#}"),
        }
    }
}

impl Screen {
    /// Looks at standard output and the environment.
    pub(crate) fn new() -> Self {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let look = if !io::stdout().is_terminal() || set("NO_COLOR") || dumb {
            Look::Plain
        } else if is_utf8() {
            Look::Full
        } else {
            Look::Ascii
        };
        Self { look }
    }

    /// Whether colours, bars and moving things are shown.
    pub(crate) fn is_decorated(self) -> bool {
        self.look != Look::Plain
    }

    /// The program's and the command's name, and a line about it.
    pub(crate) fn title(self, name: &str, about: &str) -> Result<(), Failure> {
        let name = self.look.paint(TITLE, name);
        self.put(&format!("\n{INDENT}{name}  {about}\n"))
    }

    /// The beginning of a part.
    pub(crate) fn heading(self, text: &str) -> Result<(), Failure> {
        let rule = match self.look {
            Look::Full => "─",
            Look::Plain | Look::Ascii => "-",
        };
        let rule = self.look.paint(FAINT, &rule.repeat(text.chars().count()));
        let text = self.look.paint(STRONG, text);
        self.put(&format!("\n{INDENT}{text}\n{INDENT}{rule}\n"))
    }

    /// Sentences, as a paragraph.
    pub(crate) fn say(self, text: &str) -> Result<(), Failure> {
        self.put(&format!("{}\n", wrapped(text, INDENT)))
    }

    /// Sentences that one may skip.
    pub(crate) fn aside(self, text: &str) -> Result<(), Failure> {
        let text = wrapped(text, INDENT);
        let lines: Vec<String> = text.lines().map(|l| self.look.paint(FAINT, l)).collect();
        self.put(&format!("{}\n", lines.join("\n")))
    }

    /// A name and its value, under others of the kind.
    pub(crate) fn fact(self, name: &str, value: &str) -> Result<(), Failure> {
        let name = self.look.paint(FAINT, &format!("{name:<18}"));
        self.put(&format!("{INDENT}{name} {value}\n"))
    }

    /// An empty line.
    pub(crate) fn gap(self) -> Result<(), Failure> {
        self.put("\n")
    }

    /// A table.
    pub(crate) fn table(self, table: &Table) -> Result<(), Failure> {
        self.put(&format!("\n{}\n", table.render(self.look)))
    }

    /// A judgement: a mark, and the sentence that it stands for.
    pub(crate) fn verdict(self, good: bool, text: &str) -> Result<(), Failure> {
        let mark = match (self.look, good) {
            (Look::Full, true) => "✔",
            (Look::Full, false) => "✘",
            (_, true) => "ok",
            (_, false) => "FAILED",
        };
        let style = if good { GOOD } else { BAD };
        let hanging = " ".repeat(mark.chars().count() + 1);
        let text = wrapped(text, &format!("{INDENT}{hanging}"));
        let mark = self.look.paint(style, mark);
        self.put(&format!("{INDENT}{mark} {}\n", text.trim_start()))
    }

    /// Text as it is.
    pub(crate) fn put(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| Failure::of_output(&error))
    }
}

/// Whether the locale says that the terminal shows UTF-8.
fn is_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty());
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Breaks text into lines that begin with `indent`.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = Vec::new();
    let mut line = indent.to_owned();
    let mut columns = indent.chars().count();
    let start = columns;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if columns > start && columns + 1 + width > COLUMNS_MAX {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
            columns = start;
        }
        if columns > start {
            line.push(' ');
            columns += 1;
        }
        line.push_str(word);
        columns += width;
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn text_is_broken_between_words_and_no_line_is_too_long() {
        let text = wrapped(&"word ".repeat(40), "    ");
        assert!(text.lines().all(|line| line.chars().count() <= 78));
        assert!(text.lines().all(|line| line.starts_with("    word")));
        assert_eq!(text.split_whitespace().count(), 40);
    }

    #[test]
    fn a_word_that_fits_nowhere_stands_alone() {
        let long = "x".repeat(90);
        assert_eq!(wrapped(&format!("a {long} b"), ""), format!("a\n{long}\nb"));
    }
}
