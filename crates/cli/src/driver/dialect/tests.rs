//! Each habit of Microsoft's compiler, bridged and left alone.

use super::{Changes, Facts, Family, Subject, bridge};
use crate::driver::lexer::{Language, Lexed};

fn bridged_by(text: &str, language: Language, family: Family) -> (String, Vec<String>) {
    let lexed = Lexed::of(text, language);
    let mut facts = Facts::default();
    facts.add(&lexed);
    let Changes { edits, notes } = bridge(&Subject {
        lexed: &lexed,
        language,
        name: "a\"b.c",
        family,
        facts: &facts,
    });
    (edits.apply(text), notes)
}

fn c(text: &str) -> String {
    bridged_by(text, Language::C, Family::Gcc).0
}

fn cxx(text: &str) -> String {
    bridged_by(text, Language::Cxx, Family::Gcc).0
}

#[test]
fn plain_programs_stay_as_they_are() {
    for text in [
        "int main(void) { return 0; }",
        "int main(int argc, char **argv) {}",
        "class A : public B { void main(); };",
        "namespace n { void main() {} }",
        "void f() { main(); } // void main() {}",
        "const char *s = \"void main() {}\";",
        "throw std::exception();",
        "catch (const std::exception &e) {}",
        "for (auto each : in) {}",
        "int f(int x) { return sizeof x; }",
        "std::list<int>::iterator i; template <class T> int g() { return T::a < T::b; }",
        "template <class T> void f() { typename T::a b; T::c(d); if (T::a and b) return; }",
        "template <class T> requires A<T>::value class B {};",
        "template <class T> requires C<T> && A<T>::value D f();",
        "PostQueuedCompletionStatus(port, 0, (DWORD)-1, NULL);",
        "GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, (DWORD)wait);",
        "setlocale(LC_ALL, \"\"); std::locale l(\"ko_KR.UTF-8\"); f(\"korean\");",
    ] {
        assert_eq!(cxx(text), text);
        let (_, notes) = bridged_by(text, Language::Cxx, Family::Gcc);
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn void_main_is_called_by_a_main_on_the_same_line() {
    assert_eq!(
        c("#include <a.h>\nvoid main()\n{ }\n"),
        "#include <a.h>\nvoid iocp_entry ( ); int main(void) { iocp_entry(); return 0; } \
         void iocp_entry()\n{ }\n"
    );
    assert_eq!(
        cxx("VOID main(int argc, char *argv[]) {}"),
        "VOID iocp_entry ( int argc , char * argv [ ] ); int main(int argc, char **argv) { \
         iocp_entry(argc, iocp::any_pointer(argv)); return 0; } \
         VOID iocp_entry(int argc, char *argv[]) {}"
    );
    assert_eq!(c("void main(void);"), "void iocp_entry(void);");
}

#[test]
fn wide_beginnings_get_wide_arguments() {
    let text = c("int __cdecl wmain(int n, wchar_t **v) { return n; }");
    assert!(
        text.contains("iocp_entry(argc, (void *)iocp_wide_arguments(argc, argv))"),
        "{text}"
    );
    assert!(text.ends_with("int __cdecl iocp_entry(int n, wchar_t **v) { return n; }"));
    let text = cxx("int _tmain(int, _TCHAR *[], _TCHAR **) {}");
    assert!(
        text.contains("IOCP_ARGUMENTS(_TCHAR, argc, argv)"),
        "{text}"
    );
    assert!(text.contains("IOCP_ENVIRONMENT(_TCHAR)"), "{text}");
    assert!(cxx("DWORD main() { return 1; }").contains("return (int)iocp_entry();"));
    assert!(cxx("extern \"C\" {\nint wmain() {}\n}").contains("iocp_entry"));
    assert!(cxx("extern \"C\" int wmain() {}").starts_with("extern \"C\" int iocp_entry ( );"));
}

#[test]
fn blocks_are_left_by_jumps_behind_the_handler() {
    assert_eq!(
        c("__try { f(); __leave; } __except (EXCEPTION_EXECUTE_HANDLER) { g(); }"),
        "{ IOCP_TRY { f(); goto iocp_leave_0; } IOCP_EXCEPT (EXCEPTION_EXECUTE_HANDLER) { g(); } \
         iocp_leave_0:; }"
    );
    let nested = c("__try { __try { __leave; } __finally { a(); } __leave; } __except (1) {}");
    let inner = nested.find("goto iocp_leave_1").unwrap();
    assert!(
        inner < nested.find("goto iocp_leave_0").unwrap(),
        "{nested}"
    );
}

#[test]
fn finally_is_a_function_in_c_a_lambda_in_cxx_and_plain_under_clang() {
    let text = "__try { return 1; }\n__finally { if (AbnormalTermination()) g(); }\nh();";
    assert_eq!(
        c(text),
        "{ auto void iocp_finally_0(int *); int iocp_guard_0 \
         __attribute__((cleanup(iocp_finally_0))) = 1;  { return 1; } iocp_guard_0 = 0;\n\
         void iocp_finally_0(int *iocp_abnormal) { (void)iocp_abnormal;  \
         { if ((*iocp_abnormal)) g(); } } }\nh();"
    );
    assert_eq!(
        cxx(text),
        "{  auto iocp_finally_0 = iocp::finally([&](const bool &iocp_abnormal) -> void { \
         (void)iocp_abnormal;\n#line 2 \"a\\\"b.c\"\n\
         { if ((iocp_abnormal ? 1 : 0)) g(); }});\n#line 1 \"a\\\"b.c\"\n\
         { return 1; } iocp_finally_0.ends(); }\n \n#line 2 \"a\\\"b.c\"\n\nh();"
    );
    let (plain, notes) = bridged_by(text, Language::C, Family::Clang);
    assert_eq!(plain, "{ { return 1; }\n { if (0) g(); } }\nh();");
    assert_eq!(notes, ["__finally, which a return skips (Clang in C)"]);
}

#[test]
fn super_is_the_first_base() {
    assert_eq!(
        cxx(
            "class A : public B<int, C>, I { void f() { __super::f(); } };\n\
             void A::g() { __super::g(); }"
        ),
        "class A : public B<int, C>, I { typedef B < int , C > iocp_super; void f() { \
         iocp_super::f(); } };\nvoid A::g() { iocp_super::g(); }"
    );
    let declared = "enum class E : int { }; class A; struct B *b; \
                    template <class T> void f(T x) { __super::f(); }";
    assert_eq!(cxx(declared), declared.replace("__super", "iocp_super"));
    assert!(!cxx("class A : public B { };").contains("iocp_super"));
}

#[test]
fn exceptions_with_a_message_are_ours() {
    assert_eq!(
        cxx("throw std::exception(\"a\");"),
        "throw iocp::exception(\"a\");"
    );
    assert_eq!(
        cxx("throw exception(text, 1);"),
        "throw iocp::exception(text, 1);"
    );
    assert_eq!(cxx("std::exception e(\"a\");"), "iocp::exception e(\"a\");");
    assert_eq!(
        cxx("#define FAIL(x) throw ::std::exception(x)\n"),
        "#define FAIL(x) throw iocp::exception(x)\n"
    );
    assert_eq!(
        cxx("class E : public std::exception { E(const char *m) : std::exception(m) {} };"),
        "class E : public iocp::exception { E(const char *m) : iocp::exception(m) {} };"
    );
    let own = "class exception {}; void f() { throw exception(1); }";
    assert_eq!(cxx(own), own);
}

#[test]
fn abstract_and_sealed_are_said_in_standard_words() {
    assert_eq!(
        cxx("class A abstract : B { void f() const sealed; virtual void g() abstract; };"),
        "class A  : B { void f() const final; virtual void g() = 0; };"
    );
    assert_eq!(cxx("struct A sealed {};"), "struct A final {};");
    assert_eq!(
        cxx("void f() override sealed {}"),
        "void f() override final {}"
    );
    for text in [
        "int sealed = 1;",
        "bool abstract(int);",
        "f(sealed);",
        "class sealed;",
    ] {
        assert_eq!(cxx(text), text);
    }
}

#[test]
fn words_that_only_microsoft_knows() {
    assert_eq!(
        cxx("static_cast<LPFN_ACCEPTEX>(p); static_cast<int>(p);"),
        "reinterpret_cast<LPFN_ACCEPTEX>(p); static_cast<int>(p);"
    );
    assert_eq!(
        cxx("for each (auto x in xs) f(x);"),
        "for  (auto x : xs) f(x);"
    );
    assert_eq!(
        c("x = 5ui64 + 0xffI64 + 3i32 + 2.5 + 0x1f;\n#define N 7i64\n"),
        "x = 5uLL + 0xffLL + 3 + 2.5 + 0x1f;\n#define N 7LL\n"
    );
}

#[test]
fn ends_of_lines_and_files() {
    assert_eq!(c("// a \\ \nint x;"), "// a / \nint x;");
    assert_eq!(c("int x;\n\u{1a}\u{1a}"), "int x;\n");
}

#[test]
fn locales_of_windows_become_one_that_is_here() {
    for (named, here) in [
        (
            "setlocale(LC_ALL, \"korean\")",
            "setlocale(LC_ALL, \"C.UTF-8\")",
        ),
        (
            "_wsetlocale(LC_ALL, L\"chs\")",
            "_wsetlocale(LC_ALL, L\"C.UTF-8\")",
        ),
        (
            "imbue(std::locale(\"kor\"))",
            "imbue(std::locale(\"C.UTF-8\"))",
        ),
        ("locale l(\"Korean_Korea.949\")", "locale l(\"C.UTF-8\")"),
        (
            "setlocale(LC_ALL, \".UTF8\")",
            "setlocale(LC_ALL, \"C.UTF-8\")",
        ),
        (
            "setlocale(LC_ALL, \"en_US.UTF-8\")",
            "setlocale(LC_ALL, \"en_US.UTF-8\")",
        ),
        ("setlocale(LC_ALL, \"\")", "setlocale(LC_ALL, \"\")"),
        ("setlocale(LC_ALL, \"C\")", "setlocale(LC_ALL, \"C\")"),
    ] {
        assert_eq!(cxx(named), here);
    }
}
