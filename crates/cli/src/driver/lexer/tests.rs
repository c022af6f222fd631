//! Tokens of C text, its comments, literals and splices.

use super::{Kind, Language, Lexed, Token};

fn words(text: &str) -> Vec<String> {
    let lexed = Lexed::of(text, Language::Cxx);
    lexed
        .code
        .iter()
        .map(|&token| lexed.text(token).into_owned())
        .collect()
}

fn kinds(text: &str, language: Language) -> Vec<Kind> {
    let lexed = Lexed::of(text, language);
    lexed.code.iter().map(|token| token.kind).collect()
}

#[test]
fn comments_and_blanks_are_no_tokens() {
    assert_eq!(words("a/*b*/c//d\ne /* \n * f */ g"), ["a", "c", "e", "g"]);
    assert_eq!(words("a / b /* never closed"), ["a", "/", "b"]);
    assert_eq!(words("a\u{1a} b"), ["a"]);
}

#[test]
fn a_comment_hides_in_no_literal_and_a_literal_in_no_comment() {
    assert_eq!(
        words(r#""/*" x '"' y // "z"#),
        [r#""/*""#, "x", "'\"'", "y"]
    );
    assert_eq!(
        words(r#""a\"b" c '\'' d '\\'"#),
        [r#""a\"b""#, "c", r"'\''", "d", r"'\\'"]
    );
}

#[test]
fn a_joined_line_joins_a_comment_a_word_and_a_string() {
    assert_eq!(words("// a \\\nb\nc"), ["c"]);
    assert_eq!(words("// a \\\r\nb\r\nc"), ["c"]);
    assert_eq!(words("ab\\\ncd \"x\\\ny\""), ["abcd", "\"xy\""]);
}

#[test]
fn a_backslash_and_a_blank_join_nothing_and_are_found() {
    let lexed = Lexed::of("// a \\ \r\nb // c \\\nd\n// e\\\t\n", Language::C);
    assert_eq!(lexed.code.len(), 1);
    assert_eq!(lexed.false_joins, [5, 24]);
}

#[test]
fn prefixes_belong_to_literals() {
    assert_eq!(
        words(r#"L"a" u8"b" L'c' x"d""#),
        [r#"L"a""#, r#"u8"b""#, "L'c'", "x", "\"d\""]
    );
}

#[test]
fn raw_strings_are_one_token_in_cxx_and_two_in_c() {
    let text = "R\"x(a\" // )\" \\\n)x\" b";
    assert_eq!(kinds(text, Language::Cxx), [Kind::Text, Kind::Word]);
    let lexed = Lexed::of(text, Language::Cxx);
    assert_eq!(lexed.code[1].line, 2);
    assert_eq!(kinds("R\"(a)\"", Language::C), [Kind::Word, Kind::Text]);
}

#[test]
fn numbers_take_digit_separators_exponents_and_suffixes() {
    assert_eq!(
        words("1'000 0x1.8p-3 5ui64 1.e+5f .5 a.5"),
        ["1'000", "0x1.8p-3", "5ui64", "1.e+5f", ".5", "a", ".5"]
    );
    assert_eq!(words("1'a'"), ["1'a", "'"]);
}

#[test]
fn signs_are_single_but_for_scope_and_arrow() {
    assert_eq!(
        words("a::b->c>>d"),
        ["a", "::", "b", "->", "c", ">", ">", "d"]
    );
}

#[test]
fn directives_are_kept_apart_with_their_joined_lines() {
    let text = "a\n # define F(x) \\\n  x + \"#\" /* \n */ y\nb # c\n#\n%";
    let lexed = Lexed::of(text, Language::C);
    assert_eq!(lexed.code.len(), 5);
    let define = &lexed.directives[0];
    assert_eq!((define.name.as_str(), define.line), ("define", 2));
    let tokens: Vec<_> = define.tokens.iter().map(|&t| lexed.text(t)).collect();
    assert_eq!(tokens, ["F", "(", "x", ")", "x", "+", "\"#\"", "y"]);
    assert_eq!(lexed.directives[1].name, "");
    assert_eq!(lexed.code[4].line, 7);
}

#[test]
fn what_an_include_names_keeps_its_backslashes() {
    let lexed = Lexed::of(
        "#include \"..\\new\\a.h\" // c\n#include <b\\c.h>\n",
        Language::C,
    );
    let named = |index: usize| {
        let token: Token = lexed.directives[index].tokens[0];
        assert_eq!(token.kind, Kind::Header);
        lexed.text(token)
    };
    assert_eq!((&*named(0), &*named(1)), ("\"..\\new\\a.h\"", "<b\\c.h>"));
}

#[test]
fn an_apostrophe_in_a_skipped_branch_ends_with_its_line() {
    let text = "#if 0\ndon't\n#endif\nx \"open\ny";
    assert_eq!(words(text), ["don", "'t", "x", "\"open", "y"]);
}

#[test]
fn brackets_are_matched_by_kind() {
    let lexed = Lexed::of("f(a[1], { b }) ( ]", Language::C);
    assert_eq!(lexed.closing(1), Some(10));
    assert_eq!(lexed.closing(11), None);
}

#[test]
fn letters_of_all_alphabets_make_words() {
    assert_eq!(
        words("int 세션 = größe;"),
        ["int", "세션", "=", "größe", ";"]
    );
}
