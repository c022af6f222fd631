//! Conditions of MSBuild: `'$(Configuration)|$(Platform)'=='Release|x64'`.

/// Whether a condition holds. One that cannot be read does not: what it guards is left out.
pub(super) fn holds(
    condition: &str,
    expand: &dyn Fn(&str) -> String,
    exists: &dyn Fn(&str) -> bool,
) -> bool {
    let mut reader = Reader {
        rest: condition,
        expand,
        exists,
    };
    let value = reader.any_of();
    value.is_some_and(|value| value && reader.rest.trim_start().is_empty())
}

struct Reader<'a> {
    rest: &'a str,
    expand: &'a dyn Fn(&str) -> String,
    exists: &'a dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    fn any_of(&mut self) -> Option<bool> {
        let mut value = self.all_of()?;
        while self.word("or") {
            value |= self.all_of()?;
        }
        Some(value)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut value = self.one()?;
        while self.word("and") {
            value &= self.one()?;
        }
        Some(value)
    }

    fn one(&mut self) -> Option<bool> {
        if self.sign("(") {
            let value = self.any_of()?;
            return self.sign(")").then_some(value);
        }
        if self.word("exists") {
            let path = self.bracketed()?;
            return Some((self.exists)(&path));
        }
        if self.word("hastrailingslash") {
            let path = self.bracketed()?;
            return Some(path.ends_with(['/', '\\']));
        }
        let rest = self.rest.trim_start();
        if rest.starts_with('!') && !rest.starts_with("!=") {
            self.rest = &rest[1..];
            return self.one().map(|value| !value);
        }
        let left = self.operand()?;
        if self.sign("==") {
            return Some(left.eq_ignore_ascii_case(&self.operand()?));
        }
        if self.sign("!=") {
            return Some(!left.eq_ignore_ascii_case(&self.operand()?));
        }
        match left.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    fn bracketed(&mut self) -> Option<String> {
        let inside = self.sign("(").then(|| self.operand())?;
        self.sign(")").then_some(inside?)
    }

    fn operand(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (text, after) = quoted.split_once('\'')?;
            self.rest = after;
            return Some((self.expand)(text));
        }
        let end = if rest.starts_with("$(") {
            rest.find(')')? + 1
        } else {
            rest.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c)))
                .unwrap_or(rest.len())
        };
        let (text, after) = rest.split_at(end);
        self.rest = after;
        (!text.is_empty()).then(|| (self.expand)(text))
    }

    fn sign(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let is_here = rest
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word));
        let ends = !rest[word.len().min(rest.len())..].starts_with(char::is_alphanumeric);
        if is_here && ends {
            self.rest = &rest[word.len()..];
        }
        is_here && ends
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    fn is_so(condition: &str) -> bool {
        let expand = |text: &str| {
            text.replace("$(Configuration)", "Release")
                .replace("$(Platform)", "x64")
        };
        holds(condition, &expand, &|path| path == "there")
    }

    #[test]
    fn conditions_compare_combine_and_look() {
        for condition in [
            "'$(Configuration)|$(Platform)'=='Release|x64'",
            " '$(Configuration)' == 'release' and '$(Platform)' != 'Win32' ",
            "'a'=='b' or ('a'=='a' And !exists('gone'))",
            "Exists('there')",
            "$(Configuration) == Release",
            "true",
            "HasTrailingSlash('a\\')",
        ] {
            assert!(is_so(condition), "{condition}");
        }
        for condition in [
            "'$(Configuration)|$(Platform)'=='Debug|x64'",
            "'a'=='a' and 'a'=='b'",
            "exists('gone')",
            "'a'=='a' rubbish",
            "",
            "'open",
        ] {
            assert!(!is_so(condition), "{condition}");
        }
    }
}
