//! `#pragma comment(lib, "…")`: the libraries that a source asks for.

use super::lexer::{Kind, Lexed, Token};

/// What Windows ships and `libiocp`, or nothing, stands for here.
const WINDOWS: &str = "activeds advapi32 avrt bcrypt bufferoverflowu cabinet clusapi comctl32 \
    comdlg32 credui crypt32 cryptui dbgeng dbghelp delayimp dnsapi dwmapi evntsvc fwpuclnt \
    gdi32 gdiplus glu32 htmlhelp httpapi imagehlp imm32 iphlpapi kernel32 ktmw32 \
    legacy_stdio_definitions libcmt libcmtd libcpmt libcpmtd libucrt mincore mpr msimg32 \
    mswsock msvcprt msvcrt msvcrtd ncrypt netapi32 normaliz ntdll odbc32 odbccp32 ole32 \
    oleaut32 oledlg onecore opengl32 pdh powrprof propsys psapi qwave rpcns4 rpcrt4 rtutils \
    secur32 setupapi shell32 shlwapi strsafe synchronization taskschd tdh traffic ucrt ucrtd \
    urlmon user32 userenv usp10 uuid uxtheme vcruntime vcruntimed version virtdisk wer \
    winhttp wininet winmm winscard winspool wintrust wldap32 wevtapi wlanapi ws2_32 wsock32 \
    wtsapi32 wbemuuid concrt concrtd";

/// A library that a source asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Library {
    /// Its name without folder and `.lib`.
    pub(crate) name: String,
    /// Where it is asked for.
    pub(crate) line: usize,
}

/// Whether Windows ships a library; its functions are in `libiocp` or absent.
pub(crate) fn is_of_windows(library: &str) -> bool {
    let library = library.to_ascii_lowercase();
    WINDOWS.split_whitespace().any(|known| known == library)
}

/// A library's name, without its folder and `.lib`.
pub(crate) fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file).trim();
    match name.to_ascii_lowercase().strip_suffix(".lib") {
        Some(stem) => name[..stem.len()].to_owned(),
        None => name.to_owned(),
    }
}

/// Finds the libraries that a file asks for.
pub(crate) fn libraries(lexed: &Lexed<'_>) -> Vec<Library> {
    let directives = lexed
        .directives
        .iter()
        .filter(|directive| directive.name == "pragma");
    directives
        .filter_map(|directive| {
            let [comment, open, kind, comma, name, ..] = directive.tokens[..] else {
                return None;
            };
            let is_library = lexed.is(comment, "comment")
                && lexed.is(open, "(")
                && lexed.is(kind, "lib")
                && lexed.is(comma, ",")
                && name.kind == Kind::Text;
            is_library.then(|| Library {
                name: stem(&literal(lexed, name)),
                line: directive.line,
            })
        })
        .collect()
}

fn literal(lexed: &Lexed<'_>, token: Token) -> String {
    lexed.text(token).trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Library, is_of_windows, libraries, stem};
    use crate::driver::lexer::{Language, Lexed};

    #[test]
    fn libraries_are_read_from_pragmas() {
        let text = "#pragma comment(lib, \"ws2_32.lib\")\n#pragma once\n\
                    #pragma comment( lib , \"..\\\\lib\\\\MySQL.LIB\" ) // c\n\
                    #pragma comment(linker, \"/entry:x\")\n";
        let found = libraries(&Lexed::of(text, Language::Cxx));
        let library = |name: &str, line| Library {
            name: name.into(),
            line,
        };
        assert_eq!(found, [library("ws2_32", 1), library("MySQL", 3)]);
        assert!(is_of_windows("Ws2_32") && !is_of_windows("MySQL"));
        assert_eq!(stem("a/b"), "b");
    }
}
