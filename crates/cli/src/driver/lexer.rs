//! The text of a C or C++ file as tokens, with their places in the text.
//!
//! This is the first half of a compiler's reading: comments, literals, raw strings, joined lines
//! and directives are told apart, macros are not expanded and conditions are not evaluated. All
//! that the driver changes in a source it finds in these tokens, so that a comment or a string
//! never looks like code.
//!
//! The reading never fails. What is wrong in the text (a string without its end, an apostrophe in
//! a branch that is not compiled) ends at the end of its line, as compilers have it.

use std::borrow::Cow;
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword.
    Word,
    /// A number, with its suffix.
    Number,
    /// A string literal with its prefix, raw ones too.
    Text,
    /// A character literal with its prefix.
    Char,
    /// What an include names, with its brackets or quotes.
    Header,
    /// A sign; `::` and `->` are one, all others are one character each.
    Sign,
}

/// A token's kind and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Its line, from 1.
    pub(crate) line: usize,
}

impl Token {
    /// Its place in the text.
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A line that begins with `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    /// `include`, `define`, …; empty for a lone `#`.
    pub(crate) name: String,
    /// What follows the name.
    pub(crate) tokens: Vec<Token>,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// Which language decides what a quote means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// C: no raw strings.
    C,
    /// C++.
    Cxx,
}

/// A file's tokens.
#[derive(Debug)]
pub(crate) struct Lexed<'t> {
    text: &'t str,
    /// The tokens outside directives.
    pub(crate) code: Vec<Token>,
    /// The directives, in order.
    pub(crate) directives: Vec<Directive>,
    /// Backslashes in `//` comments with blanks between them and the line's end: GCC joins the
    /// next line to such a comment, Microsoft's compiler does not.
    pub(crate) false_joins: Vec<usize>,
    /// A Ctrl-Z, the end of the text to DOS and to Microsoft's compiler.
    pub(crate) end_mark: Option<usize>,
}

impl<'t> Lexed<'t> {
    /// Reads a text.
    pub(crate) fn of(text: &'t str, language: Language) -> Self {
        let mut reader = Reader {
            text,
            at: 0,
            line: 1,
            language,
            lexed: Lexed {
                text,
                code: Vec::new(),
                directives: Vec::new(),
                false_joins: Vec::new(),
                end_mark: None,
            },
        };
        reader.read();
        reader.lexed
    }

    /// How long the text is, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.text.len()
    }

    /// A token's characters, without the joins of lines in them.
    pub(crate) fn text(&self, token: Token) -> Cow<'t, str> {
        unjoined(&self.text[token.range()])
    }

    /// Whether a token is this word or sign.
    pub(crate) fn is(&self, token: Token, text: &str) -> bool {
        matches!(token.kind, Kind::Word | Kind::Sign) && self.text(token) == text
    }

    /// Whether the code token at `index` exists and is this word or sign.
    pub(crate) fn at(&self, index: usize, text: &str) -> bool {
        self.code
            .get(index)
            .is_some_and(|&token| self.is(token, text))
    }

    /// Whether the code tokens from `index` on are these words and signs.
    pub(crate) fn follows(&self, index: usize, texts: &[&str]) -> bool {
        texts
            .iter()
            .enumerate()
            .all(|(offset, text)| self.at(index + offset, text))
    }

    /// The index of the code token that closes the bracket at `open`.
    pub(crate) fn closing(&self, open: usize) -> Option<usize> {
        closing(self, &self.code, open)
    }
}

/// The index of the token that closes the bracket at `open`: `()`, `[]` or `{}`.
pub(crate) fn closing(lexed: &Lexed<'_>, tokens: &[Token], open: usize) -> Option<usize> {
    let mut expected = Vec::new();
    for (index, &token) in tokens.iter().enumerate().skip(open) {
        if token.kind != Kind::Sign {
            continue;
        }
        match &*lexed.text(token) {
            "(" => expected.push(")"),
            "[" => expected.push("]"),
            "{" => expected.push("}"),
            sign @ (")" | "]" | "}") => {
                if expected.pop() != Some(sign) {
                    return None;
                }
                if expected.is_empty() {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}

/// A text without its joined lines.
pub(crate) fn unjoined(text: &str) -> Cow<'_, str> {
    if text.contains("\\\n") || text.contains("\\\r\n") {
        Cow::Owned(text.replace("\\\r\n", "").replace("\\\n", ""))
    } else {
        Cow::Borrowed(text)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    language: Language,
    lexed: Lexed<'t>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut fresh = true;
        while let Some(c) = self.peek() {
            if c == '\n' {
                self.bump();
                fresh = true;
            } else if c == '\u{1a}' {
                self.lexed.end_mark = Some(self.at);
                return;
            } else if self.skip_blank(c) {
            } else if c == '#' && fresh {
                self.directive();
            } else {
                fresh = false;
                let token = self.token(c);
                self.lexed.code.push(token);
            }
        }
    }

    /// The bytes of joined lines at `at`: a backslash and the line's end behind it.
    fn join_at(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        match rest {
            _ if rest.starts_with("\\\n") => 2,
            _ if rest.starts_with("\\\r\n") => 3,
            _ => 0,
        }
    }

    /// The next character, behind joined lines.
    fn peek(&mut self) -> Option<char> {
        loop {
            match self.join_at(self.at) {
                0 => return self.text[self.at..].chars().next(),
                bytes => {
                    self.at += bytes;
                    self.line += 1;
                }
            }
        }
    }

    /// The character after the next one.
    fn peek_second(&mut self) -> Option<char> {
        let first = self.peek()?;
        let mut at = self.at + first.len_utf8();
        loop {
            match self.join_at(at) {
                0 => return self.text[at..].chars().next(),
                bytes => at += bytes,
            }
        }
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn bump_while(&mut self, mut goes_on: impl FnMut(char) -> bool) {
        while self.peek().is_some_and(&mut goes_on) {
            self.bump();
        }
    }

    /// Skips a blank or a comment, if one is here.
    fn skip_blank(&mut self, c: char) -> bool {
        if c.is_ascii_whitespace() || c == '\u{b}' {
            self.bump();
            return true;
        }
        if c != '/' {
            return false;
        }
        match self.peek_second() {
            Some('/') => {
                self.line_comment();
                true
            }
            Some('*') => {
                self.block_comment();
                true
            }
            _ => false,
        }
    }

    fn line_comment(&mut self) {
        while let Some(c) = self.peek() {
            if c == '\n' {
                return;
            }
            if c == '\\' {
                let rest = &self.text[self.at + 1..];
                let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
                if rest[blanks..].starts_with('\n') {
                    self.lexed.false_joins.push(self.at);
                }
            }
            self.bump();
        }
    }

    fn block_comment(&mut self) {
        self.bump();
        self.bump();
        while let Some(c) = self.bump() {
            if c == '*' && self.peek() == Some('/') {
                self.bump();
                return;
            }
        }
    }

    fn directive(&mut self) {
        let line = self.line;
        self.bump();
        let mut name = String::new();
        let mut tokens = Vec::new();
        while let Some(c) = self.peek() {
            if c == '\n' {
                break;
            }
            if self.skip_blank(c) {
                continue;
            }
            let token = if is_include(&name) && tokens.is_empty() && matches!(c, '<' | '"') {
                self.header(c)
            } else {
                self.token(c)
            };
            if name.is_empty() && tokens.is_empty() && token.kind == Kind::Word {
                name = self.lexed.text(token).into_owned();
            } else {
                tokens.push(token);
            }
        }
        self.lexed.directives.push(Directive { name, tokens, line });
    }

    /// A name between brackets or quotes, in which a backslash means itself.
    fn header(&mut self, open: char) -> Token {
        let (start, line) = (self.at, self.line);
        let close = if open == '<' { '>' } else { '"' };
        self.bump();
        self.bump_while(|c| c != close && c != '\n');
        if self.peek() == Some(close) {
            self.bump();
        }
        self.since(Kind::Header, start, line)
    }

    fn since(&self, kind: Kind, start: usize, line: usize) -> Token {
        Token {
            kind,
            start,
            end: self.at,
            line,
        }
    }

    fn token(&mut self, c: char) -> Token {
        let (start, line) = (self.at, self.line);
        let kind = match c {
            '"' => self.quoted('"', Kind::Text),
            '\'' => self.quoted('\'', Kind::Char),
            '0'..='9' => self.number(),
            '.' if self.peek_second().is_some_and(|c| c.is_ascii_digit()) => self.number(),
            _ if is_word_start(c) => self.word(start),
            _ => self.sign(c),
        };
        self.since(kind, start, line)
    }

    fn quoted(&mut self, quote: char, kind: Kind) -> Kind {
        self.bump();
        while let Some(c) = self.peek() {
            if c == '\n' {
                return kind;
            }
            self.bump();
            match c {
                // A backslash takes what follows it along, but never the line's end.
                '\\' if self.peek().is_some_and(|c| c != '\n') => {
                    self.bump();
                }
                _ if c == quote => return kind,
                _ => {}
            }
        }
        kind
    }

    fn number(&mut self) -> Kind {
        let mut before = '0';
        while let Some(c) = self.peek() {
            let sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E' | 'p' | 'P');
            let quote = c == '\'' && self.peek_second().is_some_and(is_word_part);
            if !(is_word_part(c) || c == '.' || sign || quote) {
                break;
            }
            before = c;
            self.bump();
        }
        Kind::Number
    }

    fn word(&mut self, start: usize) -> Kind {
        self.bump_while(is_word_part);
        let word = unjoined(&self.text[start..self.at]).into_owned();
        match (word.as_str(), self.peek()) {
            ("L" | "u" | "U" | "u8", Some('"')) => self.quoted('"', Kind::Text),
            ("L" | "u" | "U" | "u8", Some('\'')) => self.quoted('\'', Kind::Char),
            ("R" | "LR" | "uR" | "UR" | "u8R", Some('"')) if self.language == Language::Cxx => {
                self.raw()
            }
            _ => Kind::Word,
        }
    }

    /// A raw string, in which a backslash does not even join lines.
    fn raw(&mut self) -> Kind {
        let rest = &self.text[self.at + 1..];
        let end = rest.find('(').map(|open| {
            let close = format!("){}\"", &rest[..open]);
            rest[open..]
                .find(&close)
                .map_or(rest.len(), |at| open + at + close.len())
        });
        let text = &rest[..end.unwrap_or(0)];
        self.line += text.matches('\n').count();
        self.at += 1 + text.len();
        Kind::Text
    }

    fn sign(&mut self, c: char) -> Kind {
        let second = self.peek_second();
        self.bump();
        if matches!((c, second), (':', Some(':')) | ('-', Some('>'))) {
            self.bump();
        }
        Kind::Sign
    }
}

/// Whether a directive names a file.
pub(crate) fn is_include(name: &str) -> bool {
    matches!(name, "include" | "include_next" | "import")
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '$') || (!c.is_ascii() && c.is_alphanumeric())
}

fn is_word_part(c: char) -> bool {
    is_word_start(c) || c.is_alphanumeric()
}

#[cfg(test)]
mod tests;
