//! Rust text as the tidy check needs it: tokens with their lines, and the paths they name.
//!
//! This is no parser. It knows just enough to tell code from comments and literals, to expand
//! `use` trees, and to follow `self` and `super` through inline modules, so that a rule about
//! who may name whom cannot be broken by spelling the name another way.

/// A piece of code. Comments leave no token; a literal is one token with its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Line on which the token starts, from 1.
    pub(crate) line: usize,
    /// The token as written.
    pub(crate) text: &'a str,
}

/// Splits Rust text into tokens. `::` is one token, every other sign is one by itself.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while at < text.len() {
        let rest = &text[at..];
        let length = match rest.as_bytes()[0] {
            b'/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => block_comment(rest),
            sign if sign.is_ascii_whitespace() => 1,
            _ => {
                let length = token(rest);
                tokens.push(Token {
                    line,
                    text: &rest[..length],
                });
                length
            }
        };
        line += rest[..length].bytes().filter(|&byte| byte == b'\n').count();
        at += length;
    }
    tokens
}

/// Length of the block comment that `rest` starts with; they nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let bytes = &rest.as_bytes()[at..];
        if bytes.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Length of the token that `rest` starts with.
fn token(rest: &str) -> usize {
    match rest.as_bytes()[0] {
        b'"' => quoted(rest, 1, '"'),
        b'\'' => char_or_lifetime(rest),
        b':' if rest.starts_with("::") => 2,
        sign if in_word(sign) => {
            let word = rest
                .bytes()
                .position(|byte| !in_word(byte))
                .unwrap_or(rest.len());
            match &rest[..word] {
                "r" | "br" | "cr" => raw_string(rest, word).unwrap_or(word),
                "b" | "c" if rest[word..].starts_with('"') => quoted(rest, word + 1, '"'),
                "b" if rest[word..].starts_with('\'') => quoted(rest, word + 1, '\''),
                _ => word,
            }
        }
        // In UTF-8 every byte beyond ASCII belongs to a word, so a sign is one byte.
        _ => 1,
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Length up to and with the closing quote, when the text inside starts at `from`.
fn quoted(rest: &str, from: usize, quote: char) -> usize {
    let mut chars = rest[from..].char_indices();
    while let Some((at, char)) = chars.next() {
        if char == '\\' {
            chars.next();
        } else if char == quote {
            return from + at + 1;
        }
    }
    rest.len()
}

/// Length of a raw string whose prefix is `prefix` bytes long, if it is one.
fn raw_string(rest: &str, prefix: usize) -> Option<usize> {
    let marks = rest[prefix..]
        .bytes()
        .take_while(|&byte| byte == b'#')
        .count();
    let inside = prefix + marks + 1;
    if rest.as_bytes().get(inside - 1) != Some(&b'"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(marks));
    Some(
        rest[inside..]
            .find(&end)
            .map_or(rest.len(), |at| inside + at + end.len()),
    )
}

fn char_or_lifetime(rest: &str) -> usize {
    let mut chars = rest[1..].chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => quoted(rest, 1, '\''),
        (Some(char), Some('\'')) => char.len_utf8() + 2,
        _ => 1 + rest[1..].bytes().take_while(|&byte| in_word(byte)).count(),
    }
}

/// The tokens inside the bracket that opens at `open`, without the brackets themselves.
pub(crate) fn group<'a, 'b>(tokens: &'b [Token<'a>], open: usize) -> &'b [Token<'a>] {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth -= 1;
                if depth == 0 {
                    return &tokens[open + 1..at];
                }
            }
            _ => {}
        }
    }
    tokens.get(open + 1..).unwrap_or_default()
}

/// A path that the code names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Line on which its last part stands.
    pub(crate) line: usize,
    /// The parts. `self` and `super` are replaced by the way from `crate`; a path that starts
    /// with another name is as written. A glob ends with `*`.
    pub(crate) parts: Vec<String>,
    /// The name that a `use` gives it here, if the path stands in one.
    pub(crate) import: Option<String>,
    /// Whether it stands in an inline module called `tests`.
    pub(crate) in_tests: bool,
}

/// Every path in the tokens of a file that is `module` (its way from the crate's root).
/// Single words are paths of one part.
pub(crate) fn paths(tokens: &[Token<'_>], module: &[&str]) -> Vec<Named> {
    let mut scanner = Scanner {
        tokens,
        at: 0,
        found: Vec::new(),
    };
    let mut module: Vec<String> = module.iter().map(|&part| part.to_owned()).collect();
    // Depth of braces at which each inline module that we are in began.
    let mut inline = Vec::new();
    let mut depth = 0_usize;
    while let Some(token) = scanner.token(0) {
        let from = scanner.found.len();
        match token {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
            }
            "mod" if scanner.token(2) == Some("{") => {
                module.push(scanner.token(1).unwrap_or_default().to_owned());
                inline.push(depth);
                depth += 1;
                scanner.at += 2;
            }
            "use" if scanner.token(1) != Some("<") => {
                scanner.at += 1;
                scanner.tree(&[]);
                resolve(&mut scanner.found[from..], &module, inline.len());
                continue;
            }
            _ if is_word(token) => {
                scanner.path();
                resolve(&mut scanner.found[from..], &module, inline.len());
                continue;
            }
            _ => {}
        }
        scanner.at += 1;
    }
    scanner.found
}

/// Resolves paths found in `module`, whose last `inline` parts are inline modules.
fn resolve(found: &mut [Named], module: &[String], inline: usize) {
    for named in found {
        named.in_tests = module[module.len() - inline..]
            .iter()
            .any(|part| part == "tests");
        let ups = named
            .parts
            .iter()
            .take_while(|part| *part == "super" || *part == "self");
        let (relative, steps) = (
            ups.clone().count(),
            ups.filter(|part| *part == "super").count(),
        );
        // A lone `self` is a value.
        if relative == 0 || (relative == named.parts.len() && steps == 0) {
            continue;
        }
        let base = &module[..module.len().saturating_sub(steps)];
        let rest = named.parts.split_off(relative);
        named.parts = ["crate".to_owned()]
            .into_iter()
            .chain(base.iter().cloned())
            .collect();
        named.parts.extend(rest);
    }
}

fn is_word(token: &str) -> bool {
    token.bytes().all(in_word)
}

struct Scanner<'a, 'b> {
    tokens: &'b [Token<'a>],
    at: usize,
    found: Vec<Named>,
}

impl<'a> Scanner<'a, '_> {
    fn token(&self, ahead: usize) -> Option<&'a str> {
        self.tokens.get(self.at + ahead).map(|token| token.text)
    }

    fn push(&mut self, parts: Vec<String>, import: Option<String>) {
        if let Some(last) = self.tokens.get(self.at.saturating_sub(1)) {
            self.found.push(Named {
                line: last.line,
                parts,
                import,
                in_tests: false,
            });
        }
    }

    /// A path in an expression or a type. It ends before generics.
    fn path(&mut self) {
        let mut parts = Vec::new();
        while let Some(word) = self.token(0).filter(|token| is_word(token)) {
            parts.push(word.to_owned());
            self.at += 1;
            if self.token(0) != Some("::") || !self.token(1).is_some_and(is_word) {
                break;
            }
            self.at += 1;
        }
        self.push(parts, None);
    }

    /// A `use` tree, each leaf of which is a path.
    fn tree(&mut self, prefix: &[String]) {
        let mut parts = prefix.to_vec();
        while let Some(token) = self.token(0) {
            match token {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    return self.branches(&parts);
                }
                "*" => {
                    self.at += 1;
                    parts.push("*".to_owned());
                    return self.push(parts, None);
                }
                _ if is_word(token) => {
                    // `{self, …}` names the prefix.
                    if token != "self" || parts.is_empty() {
                        parts.push(token.to_owned());
                    }
                    self.at += 1;
                    if self.token(0) != Some("::") {
                        return self.leaf(parts);
                    }
                }
                _ => return,
            }
        }
    }

    fn branches(&mut self, prefix: &[String]) {
        while let Some(token) = self.token(0) {
            let from = self.at;
            match token {
                "}" => {
                    self.at += 1;
                    return;
                }
                "," => self.at += 1,
                _ => self.tree(prefix),
            }
            if self.at == from {
                // Not Rust; the compiler will say so better than we can.
                self.at += 1;
            }
        }
    }

    fn leaf(&mut self, parts: Vec<String>) {
        let mut import = parts.last().cloned();
        let end = self.at;
        if self.token(0) == Some("as") {
            import = self.token(1).map(str::to_owned);
            self.at += 2;
        }
        let next = std::mem::replace(&mut self.at, end);
        self.push(parts, import);
        self.at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    fn names(source: &str, module: &[&str]) -> Vec<String> {
        paths(&tokens(source), module)
            .into_iter()
            .map(|named| named.parts.join("::"))
            .collect()
    }

    #[test]
    fn comments_leave_no_token() {
        assert_eq!(
            texts("a // b\nc /* d /* e */ f */ g /// h"),
            ["a", "c", "g"]
        );
    }

    #[test]
    fn literals_are_one_token() {
        assert_eq!(texts(r#"a("b \" // c", 'd', '\'', b'"')"#).len(), 10);
        assert_eq!(
            texts("r#\"a \" b\"# c\"d\" br\"\\\" e"),
            ["r#\"a \" b\"#", "c\"d\"", "br\"\\\"", "e"]
        );
        assert_eq!(
            texts("'é' &'static 'a: r#type"),
            ["'é'", "&", "'static", "'a", ":", "r", "#", "type"]
        );
    }

    #[test]
    fn lines_are_counted_through_comments_and_literals() {
        let lines: Vec<usize> = tokens("a\n\"\n\"\n/*\n*/ b")
            .into_iter()
            .map(|token| token.line)
            .collect();
        assert_eq!(lines, [1, 2, 5]);
    }

    #[test]
    fn use_trees_are_expanded() {
        assert_eq!(
            names(
                "use crate::{self as all, a::{self, b as c}, d::*}; use ::e::f;",
                &[]
            ),
            ["crate", "crate::a", "crate::a::b", "crate::d::*", "e::f"]
        );
    }

    #[test]
    fn imports_keep_the_name_they_give() {
        let found = paths(&tokens("pub use a::{b as c, d};"), &[]);
        let imports: Vec<_> = found
            .iter()
            .filter_map(|named| named.import.as_deref())
            .collect();
        assert_eq!(imports, ["c", "d"]);
    }

    #[test]
    fn self_and_super_are_followed_through_inline_modules() {
        let source = "mod tests { use super::*; fn f() { super::super::c() } } use super::d;";
        let found = names(source, &["a", "b"]);
        assert!(found.contains(&"crate::a::b::*".to_owned()), "{found:?}");
        assert!(found.contains(&"crate::a::c".to_owned()), "{found:?}");
        assert!(found.contains(&"crate::a::d".to_owned()), "{found:?}");
        assert_eq!(names("self::x::y", &["a"]), ["crate::a::x::y"]);
        assert_eq!(names("self", &["a"]), ["self"]);
    }

    #[test]
    fn paths_know_whether_they_stand_in_tests() {
        let found = paths(&tokens("mod tests { mod x { a::b; } } c::d;"), &[]);
        let tests: Vec<bool> = found.iter().map(|named| named.in_tests).collect();
        assert_eq!(tests, [true, false]);
    }
}
