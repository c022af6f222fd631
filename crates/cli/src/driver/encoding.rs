//! Source files of all code pages as UTF-8.
//!
//! A file that is valid UTF-8 is taken as such. One with a byte order mark, or with a zero in
//! every other byte, is UTF-16. Any other is in a code page that nothing in the file names; it is
//! found by how probable the file's bytes are as text in each of them (see [`Scores`]). The files
//! of one program mostly share a code page, so their scores are added up before one is chosen: a
//! header with a single comment is then read as its neighbours are.
//!
//! Decoding comes before the lines are looked at. In code pages 932, 936 and 950 the second byte
//! of a character can be 0x5C, the backslash; read byte by byte, such a character at the end of a
//! `//` comment would take the next line of the program into the comment.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

mod score;

use score::PAGES;
pub(crate) use score::Scores;

/// How a file's bytes become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// A code page of Windows, by its place in [`PAGES`].
    Page(usize),
}

/// Whether a file names its encoding by its form.
pub(crate) fn by_form(bytes: &[u8]) -> Option<Charset> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => return Some(Charset::Utf8),
        [0xff, 0xfe, ..] => return Some(Charset::Utf16Le),
        [0xfe, 0xff, ..] => return Some(Charset::Utf16Be),
        _ => {}
    }
    let beginning = &bytes[..bytes.len().min(4096)];
    let zeros = |parity: usize| {
        let places = beginning.iter().skip(parity).step_by(2);
        places.filter(|&&byte| byte == 0).count()
    };
    // The program's own words are in ASCII: their high bytes are zeros, and no other bytes are.
    let (even, odd) = (zeros(0), zeros(1));
    if odd > beginning.len() / 4 && even == 0 {
        return Some(Charset::Utf16Le);
    }
    if even > beginning.len() / 4 && odd == 0 {
        return Some(Charset::Utf16Be);
    }
    std::str::from_utf8(bytes).is_ok().then_some(Charset::Utf8)
}

impl Charset {
    /// By a name as compilers and people use it: `cp949`, `EUC-KR`, `.936`, `sjis`, `big5`, ….
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let number = name
            .trim_start_matches("windows-")
            .trim_start_matches("cp")
            .trim_start_matches(['.', '-', '_']);
        if let Some(page) = PAGES.iter().position(|page| page.number == number) {
            return Some(Self::Page(page));
        }
        match Encoding::for_label(name.as_bytes())? {
            encoding if encoding == UTF_8 => Some(Self::Utf8),
            encoding if encoding == UTF_16LE => Some(Self::Utf16Le),
            encoding if encoding == UTF_16BE => Some(Self::Utf16Be),
            // The same characters for source code, with a few more.
            encoding if encoding.name() == "gb18030" => Self::named("936"),
            encoding => {
                let page = PAGES.iter().position(|page| page.encoding == encoding)?;
                Some(Self::Page(page))
            }
        }
    }

    /// What is told of it; nothing of UTF-8, which all compilers read.
    pub(crate) fn told(self) -> Option<String> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le | Self::Utf16Be => Some("UTF-16".into()),
            Self::Page(page) => Some(format!("code page {}", PAGES[page].number)),
        }
    }

    /// The text, without a byte order mark. A byte that is no character becomes U+FFFD.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        let encoding = match self {
            Self::Utf8 => UTF_8,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Page(page) => PAGES[page].encoding,
        };
        encoding.decode_with_bom_removal(bytes).0
    }
}

#[cfg(test)]
mod tests;
