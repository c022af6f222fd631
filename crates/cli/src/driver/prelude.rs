//! What every source is compiled with in front of it: the standard headers that Microsoft's bring
//! along, then `support/bridge.h`.
//!
//! The standard headers come first, all that the program names included, so that none of them
//! meets a macro of Windows: some change with `_WIN32`, and some call their parameters `__in`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::lexer::{Language, Lexed};
use crate::failure::{Failure, Tried};

const BRIDGE: &str = include_str!("support/bridge.h");

/// What a C source under Microsoft's compiler often uses without naming it.
const USUAL_C: &str = "stddef.h stdint.h stdio.h stdlib.h string.h time.h wchar.h";

/// What Microsoft's C++ headers include by the way.
const USUAL_CXX: &str = "algorithm atomic chrono climits cmath cstddef cstdint cstdio cstdlib \
    cstring ctime cwchar exception functional iostream memory mutex stdexcept string thread \
    utility vector";

/// All standard headers that may come early. `assert.h` may not: what it means is decided anew
/// each time.
const KNOWN_CXX: &str = "algorithm any array atomic barrier bit bitset ccomplex cctype cerrno \
    cfenv cfloat charconv chrono cinttypes climits clocale cmath codecvt compare complex concepts \
    condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring \
    ctime cuchar cwchar cwctype deque exception execution expected filesystem format \
    forward_list fstream functional future initializer_list iomanip ios iosfwd iostream istream \
    iterator latch limits list locale map memory memory_resource mutex new numbers numeric \
    optional ostream print queue random ranges ratio regex scoped_allocator semaphore set \
    shared_mutex source_location span sstream stack stacktrace stdexcept stop_token streambuf \
    string string_view strstream syncstream system_error thread tuple type_traits typeindex \
    typeinfo unordered_map unordered_set utility valarray variant vector version";
const KNOWN_C: &str = "complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h \
    locale.h math.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h \
    stdio.h stdlib.h string.h tgmath.h time.h uchar.h wchar.h wctype.h";
/// Headers of C whose C++ selves are not for C++, or undo what C++ has.
const C_ONLY: &str = "complex.h iso646.h stdalign.h stdatomic.h stdbool.h tgmath.h";

/// Headers that a program may forget, since one of Microsoft's others brings each of them, and
/// the names in `std` that tell that it is needed.
const BY_NAME: &[(&str, &str)] = &[
    ("array", "array"),
    ("bitset", "bitset"),
    (
        "condition_variable",
        "condition_variable condition_variable_any",
    ),
    ("deque", "deque"),
    (
        "fstream",
        "ifstream ofstream fstream wifstream wofstream wfstream",
    ),
    ("future", "future promise async packaged_task shared_future"),
    (
        "iomanip",
        "setw setfill setprecision put_time get_time quoted",
    ),
    (
        "iterator",
        "back_inserter inserter ostream_iterator istreambuf_iterator",
    ),
    ("limits", "numeric_limits"),
    ("list", "list"),
    ("locale", "locale codecvt wstring_convert"),
    ("map", "map multimap"),
    ("numeric", "accumulate iota"),
    ("optional", "optional nullopt"),
    ("queue", "queue priority_queue"),
    (
        "random",
        "random_device mt19937 mt19937_64 uniform_int_distribution",
    ),
    ("set", "set multiset"),
    (
        "shared_mutex",
        "shared_mutex shared_lock shared_timed_mutex",
    ),
    (
        "sstream",
        "stringstream wstringstream ostringstream istringstream wostringstream",
    ),
    ("stack", "stack"),
    ("string_view", "string_view wstring_view"),
    ("tuple", "tuple tie make_tuple"),
    ("typeindex", "type_index"),
    ("typeinfo", "type_info"),
    ("unordered_map", "unordered_map unordered_multimap"),
    ("unordered_set", "unordered_set unordered_multiset"),
    ("variant", "variant visit monostate"),
];

fn find(list: &'static str, name: &str) -> Option<&'static str> {
    list.split_whitespace().find(|known| *known == name)
}

/// The header that defines a name of `std`, if it is one that may be forgotten.
fn header_of(used: &str) -> Option<&'static str> {
    let named = BY_NAME
        .iter()
        .find(|(_, names)| find(names, used).is_some());
    named.map(|(header, _)| *header)
}

/// The names that a file gives to classes, and whether it says `using namespace std`.
pub(crate) fn own_names(lexed: &Lexed<'_>, own: &mut BTreeSet<String>) -> bool {
    for at in 1..lexed.code.len() {
        let declares = ["class", "struct", "union", "using"];
        if declares.iter().any(|word| lexed.at(at - 1, word)) {
            own.insert(lexed.text(lexed.code[at]).into_owned());
        }
    }
    (0..lexed.code.len()).any(|at| lexed.follows(at, &["using", "namespace", "std", ";"]))
}

/// The standard headers of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Std {
    language: Language,
    names: BTreeSet<&'static str>,
}

impl Std {
    /// Those that come along in any case.
    pub(crate) fn of(language: Language) -> Self {
        let usual = match language {
            Language::C => USUAL_C,
            Language::Cxx => USUAL_CXX,
        };
        Self {
            language,
            names: usual.split_whitespace().collect(),
        }
    }

    /// One that the program names, if it is a standard header.
    pub(crate) fn add(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        let known = match self.language {
            Language::C => find(KNOWN_C, &name),
            Language::Cxx => find(KNOWN_CXX, &name)
                .or_else(|| find(KNOWN_C, &name).filter(|name| find(C_ONLY, name).is_none())),
        };
        self.names.extend(known);
    }

    /// Those whose names a file uses.
    pub(crate) fn add_used(&mut self, lexed: &Lexed<'_>) {
        if self.language == Language::C {
            return;
        }
        for at in 0..lexed.code.len() {
            let Some(&token) = lexed.code.get(at + 2) else {
                return;
            };
            if lexed.follows(at, &["std", "::"]) {
                let used = lexed.text(token);
                self.names.extend(header_of(&used));
            }
        }
    }

    /// Those whose templates a file uses by a bare name, after `using namespace std`. A name that
    /// the program gives to a class of its own would then have two meanings.
    pub(crate) fn add_bare(&mut self, lexed: &Lexed<'_>, own: &BTreeSet<String>) {
        if self.language == Language::C {
            return;
        }
        for at in 0..lexed.code.len() {
            let qualified = at > 0 && ["::", ".", "->"].iter().any(|sign| lexed.at(at - 1, sign));
            let used = lexed.text(lexed.code[at]);
            if !qualified && lexed.at(at + 1, "<") && !own.contains(&*used) {
                self.names.extend(header_of(&used));
            }
        }
    }

    /// The text of the prelude.
    pub(crate) fn prelude(&self) -> String {
        let mut text = String::new();
        for name in &self.names {
            // An older compiler may lack one that a branch of the program names, and this one is
            // an error where the language has no coroutines.
            let further = match *name {
                "coroutine" => " && defined __cpp_impl_coroutine",
                _ => "",
            };
            writeln!(
                text,
                "#if __has_include(<{name}>){further}\n#include <{name}>\n#endif"
            )
            .expect("a string takes all");
        }
        text + "#line 1 \"iocp/bridge.h\"\n" + BRIDGE
    }

    /// Writes the prelude into a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf, Failure> {
        let path = folder.join("iocp-prelude.h");
        fs::write(&path, self.prelude()).tried(format_args!("write {}", path.display()))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Std, own_names};
    use crate::driver::lexer::{Language, Lexed};

    #[test]
    fn named_headers_come_before_the_bridge() {
        let mut headers = Std::of(Language::Cxx);
        for name in [
            "FileSystem",
            "windows.h",
            "stdatomic.h",
            "signal.h",
            "cassert",
        ] {
            headers.add(name);
        }
        let text = headers.prelude();
        let at = |name: &str| text.find(&format!("#include <{name}>\n"));
        let bridge = text.find("#define _WIN32").unwrap();
        assert!(at("filesystem").unwrap() < bridge);
        assert!(at("signal.h").unwrap() < bridge);
        assert!(at("cstring").unwrap() < bridge);
        assert_eq!(
            (at("windows.h"), at("stdatomic.h"), at("cassert")),
            (None, None, None)
        );
    }

    #[test]
    fn used_names_bring_their_headers() {
        let mut headers = Std::of(Language::Cxx);
        headers.add_used(&Lexed::of(
            "std::set<int> s; own::map m; std::",
            Language::Cxx,
        ));
        let text = headers.prelude();
        assert!(text.contains("<set>") && !text.contains("<map>"));
    }

    #[test]
    fn bare_names_bring_their_headers_unless_they_are_the_programs() {
        let text = "using namespace std; class queue; map<int, queue<int>> m; a.set<int>();";
        let lexed = Lexed::of(text, Language::Cxx);
        let mut own = BTreeSet::new();
        assert!(own_names(&lexed, &mut own));
        let mut headers = Std::of(Language::Cxx);
        headers.add_bare(&lexed, &own);
        let text = headers.prelude();
        assert!(text.contains("<map>") && !text.contains("<queue>") && !text.contains("<set>"));
    }

    #[test]
    fn c_gets_headers_of_c() {
        let text = Std::of(Language::C).prelude();
        assert!(text.contains("#include <string.h>") && !text.contains("#include <string>"));
    }
}
