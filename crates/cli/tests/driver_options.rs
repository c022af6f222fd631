//! What `iocp cc` and `iocp c++` have in common with the compiler that they call.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::driver::{done, driver, encoded, folder, iocp, text};

/// Links without the library, which these tests do not need.
const ALONE: &[&str] = &[
    "-nodefaultlibs",
    "-lstdc++",
    "-lm",
    "-lc",
    "-lgcc_s",
    "-lgcc",
];

const HABITS: &str = "#include \"SUB\\Other.H\"\nvoid main()\n{\n    undeclared = 1;\n}\n";

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn messages_name_the_users_files_and_lines() {
    let folder = folder(&[
        ("my main.cpp", HABITS),
        ("sub/other.h", "#pragma once\n#include \"..\\Third.h\"\n"),
        ("third.h", "// \u{b}\nint wrong = ;\n"),
    ]);
    let mut command = driver("my main.cpp");
    let output = command
        .args(["-c", "my main.cpp"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    for place in ["my main.cpp:4:5: error", "sub/../third.h:2:13: error"] {
        assert!(told.contains(place), "{place}: {told}");
    }
    assert!(!told.contains("/iocp-"), "no copy is named: {told}");
    assert!(
        told.contains("    undeclared = 1;"),
        "the user's line is shown: {told}"
    );
}

#[test]
fn the_users_files_stay_as_they_are() {
    let source = "#include <WINDOWS.H>\n// 끝\nvoid main() {}\n";
    let folder = folder(&[]);
    let bytes = encoded(source, Some("949"));
    fs::write(folder.path().join("a.cpp"), &bytes).unwrap();
    done(driver("a.cpp").args(["-c", "a.cpp"]), folder.path());
    assert_eq!(fs::read(folder.path().join("a.cpp")).unwrap(), bytes);
    assert_eq!(files(folder.path()), ["a.cpp", "a.o"]);
}

#[test]
fn outputs_go_where_the_compilers_go() {
    let folder = folder(&[
        ("a.c", "void main() {}\n"),
        ("d/b.c", "int b;\n"),
        ("out/x", ""),
    ]);
    done(driver("a.c").args(["-c", "a.c", "d/b.c"]), folder.path());
    done(driver("a.c").args(["-S", "a.c"]), folder.path());
    done(
        driver("a.c").args(["-c", "a.c", "-o", "out/other.o"]),
        folder.path(),
    );
    assert_eq!(
        files(folder.path()),
        ["a.c", "a.o", "a.s", "b.o", "d", "out"]
    );
    assert_eq!(files(&folder.path().join("out")), ["other.o", "x"]);
    let output = done(driver("a.c").args(["-E", "-P", "a.c"]), folder.path());
    assert!(text(&output.stdout).contains("iocp_entry();"));
    done(driver("a.c").args(["-fsyntax-only", "a.c"]), folder.path());
    assert_eq!(files(folder.path()).len(), 6);
}

#[test]
fn several_sources_in_two_languages_make_one_program() {
    let folder = folder(&[
        (
            "main.cpp",
            "#include <cstdio>\nextern \"C\" int number(void);\n\
             void main() { printf(\"%d\\n\", number()); }\n",
        ),
        (
            "number.c",
            "int number(void) { int class = 4; return class; }\n",
        ),
        ("more.c", "int more;\n"),
    ]);
    done(driver("more.c").args(["-c", "more.c"]), folder.path());
    let sources = ["main.cpp", "number.c", "more.o", "-o", "program"];
    done(driver("a.c").args(sources).args(ALONE), folder.path());
    let output = done(
        &mut Command::new(folder.path().join("program")),
        folder.path(),
    );
    assert_eq!(text(&output.stdout), "4\n");
}

#[test]
fn what_was_bridged_is_told_once_and_not_if_nobody_wants_it() {
    let folder = folder(&[("a.c", "void main() {}\n"), ("b.c", "int b;\n")]);
    let told = |args: &[&str]| {
        let output = done(
            driver("a.c").args(["-fsyntax-only"]).args(args),
            folder.path(),
        );
        text(&output.stderr).to_owned()
    };
    assert_eq!(told(&["a.c", "b.c"]), "iocp: a.c: void main\n");
    assert_eq!(told(&["b.c"]), "");
    assert_eq!(told(&["--quiet", "a.c"]), "");
    assert_eq!(told(&["-w", "a.c"]), "");
    let shown = told(&["-v", "-DX=1", "a.c"]);
    let command = shown.lines().last().unwrap();
    assert!(
        command.starts_with("iocp: gcc ") && command.contains("-DX=1"),
        "{shown}"
    );
}

#[test]
fn dependencies_name_the_users_files() {
    let folder = folder(&[
        ("a.c", "#include \"B.H\"\nvoid main() {}\n"),
        ("b.h", "#include \"c.h\"\n"),
        ("c.h", "int c;\n"),
    ]);
    done(
        driver("a.c").args(["-MMD", "-c", "a.c", "-o", "x.o"]),
        folder.path(),
    );
    let rule = fs::read_to_string(folder.path().join("x.d")).unwrap();
    let top = folder.path().display();
    for name in ["a.c", "b.h", "c.h"] {
        assert!(rule.contains(&format!("{top}/{name}")), "{name}: {rule}");
    }
    assert!(
        !rule.contains("prelude") && !rule.contains("iocp-"),
        "{rule}"
    );
}

#[test]
fn headers_are_found_through_options_in_any_case() {
    let folder = folder(&[
        (
            "src/a.cpp",
            "#include <Net/Server.h>\n#include \"Only.h\"\nint x = SERVER + ONLY + FORCED;\n",
        ),
        ("include/net/server.H", "#define SERVER 1\n"),
        ("quoted/only.h", "#define ONLY 2\n"),
        (
            "forced.h",
            "#include \"QUOTED/only.h\"\n#define FORCED ONLY\n",
        ),
    ]);
    let args = [
        "-Iinclude",
        "-iquote",
        "quoted",
        "-include",
        "forced.h",
        "-c",
        "src/a.cpp",
    ];
    let output = done(driver("a.cpp").args(args), folder.path());
    let told = text(&output.stderr);
    assert!(
        told.contains("iocp: src/a.cpp: 2 includes in another case"),
        "{told}"
    );
    assert!(
        told.contains("iocp: forced.h: 1 include in another case"),
        "{told}"
    );
}

#[test]
fn headers_that_are_as_they_should_be_are_read_where_they_are() {
    let folder = folder(&[
        (
            "a.c",
            "#include \"b.h\"\n#include NAMED\nint main(void) { return B + C; }\n",
        ),
        ("b.h", "#define B 1\n#define NAMED \"c.h\"\n"),
        ("c.h", "#define C 2\n"),
    ]);
    let output = done(driver("a.c").args(["-E", "a.c"]), folder.path());
    let seen = text(&output.stdout);
    let place = seen.contains("# 1 \"a.c\"") && seen.contains("# 1 \"b.h\"");
    assert!(seen.contains("return 1 + 2;") && place, "{seen}");
    // A name that only the preprocessor can read is found beside a copy too.
    fs::write(
        folder.path().join("v.c"),
        "#include \"b.h\"\n#include NAMED\nvoid main() { (void)C; }\n",
    )
    .unwrap();
    done(driver("v.c").args(["-c", "v.c"]), folder.path());
}

#[test]
fn a_code_page_can_be_named() {
    let folder = folder(&[]);
    // Two bytes that are a syllable in 949 and two half-width kana in 932.
    let source =
        b"#include <wchar.h>\nint x[sizeof(L\"\xb0\xa1\") / sizeof(wchar_t) == 3 ? 1 : -1];\n";
    fs::write(folder.path().join("a.c"), source).unwrap();
    for option in ["--charset=932", "-finput-charset=shift_jis"] {
        let output = done(driver("a.c").args([option, "-c", "a.c"]), folder.path());
        assert_eq!(text(&output.stderr), "iocp: a.c: code page 932\n");
    }
    let output = driver("a.c")
        .args(["-c", "a.c"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let wrong = driver("a.c")
        .args(["--charset", "nonsense", "a.c"])
        .output()
        .unwrap();
    assert!(
        text(&wrong.stderr).contains("nonsense"),
        "{}",
        text(&wrong.stderr)
    );
}

#[test]
fn the_project_beside_a_source_decides_about_unicode() {
    let project = |set: &str| {
        format!(
            "<Project><PropertyGroup><ConfigurationType>Application</ConfigurationType>\
             <CharacterSet>{set}</CharacterSet></PropertyGroup>\
             <ItemGroup><ClCompile Include=\"Src\\A.cpp\" /></ItemGroup></Project>"
        )
    };
    let source = "#ifdef UNICODE\nint unicode;\n#endif\n";
    let folder = folder(&[
        ("src/a.cpp", source),
        ("src/other.cpp", source),
        ("game.vcxproj", &project("Unicode")),
    ]);
    let seen = |args: &[&str]| {
        let output = done(driver("a.cpp").args(["-E", "-P"]).args(args), folder.path());
        (
            text(&output.stdout).contains("int unicode;"),
            text(&output.stderr).to_owned(),
        )
    };
    let told = "iocp: src/a.cpp: Unicode, as src/../game.vcxproj has it\n";
    assert_eq!(seen(&["src/a.cpp"]), (true, told.to_owned()));
    assert_eq!(seen(&["src/other.cpp"]), (false, String::new()));
    assert_eq!(seen(&["-UUNICODE", "src/a.cpp"]), (false, String::new()));
    fs::write(folder.path().join("game.vcxproj"), project("MultiByte")).unwrap();
    assert_eq!(seen(&["src/a.cpp"]), (false, String::new()));
}

#[test]
fn what_is_no_compilation_goes_to_the_compiler() {
    let folder = folder(&[]);
    for args in [
        &["cc", "--version"][..],
        &["c++", "-dumpversion"],
        &["cc", "-v"],
    ] {
        let output = done(&mut iocp(args), folder.path());
        assert!(
            !(output.stdout.is_empty() && output.stderr.is_empty()),
            "{args:?}"
        );
    }
    let ours = done(&mut iocp(&["cc", "--help"]), folder.path());
    assert!(text(&ours.stdout).contains("--charset NAME"));
    let output = iocp(&["cc", "--compiler", "clang-that-is-not-here", "x.c"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("clang-that-is-not-here"));
}

#[test]
fn what_is_missing_is_named() {
    let folder = folder(&[("a.c", "int x;\n")]);
    let run = |home: &Path, args: &[&str]| {
        let mut command = driver("a.c");
        let output = command
            .args(args)
            .env("IOCP_HOME", home)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr).to_owned()
    };
    let told = run(folder.path(), &["-c", "a.c"]);
    assert!(told.contains("windows.h"), "{told}");
    let include = folder.path().join("include/iocp");
    fs::create_dir_all(&include).unwrap();
    fs::write(include.join("windows.h"), "").unwrap();
    let told = run(folder.path(), &["a.c"]);
    assert!(
        told.contains("libiocp.a") && told.contains("cargo build"),
        "{told}"
    );
    let told = run(&common::driver::tree(), &["-c", "gone.c"]);
    assert!(told.contains("gone.c"), "{told}");
}

#[test]
fn municode_means_wide_names_as_with_mingw() {
    let source = "#include <tchar.h>\n#ifndef _UNICODE\n#error narrow\n#endif\n\
        int wmain(int n, wchar_t **w) { return n == 0 && w && sizeof(TCHAR) == 1; }\n";
    let folder = folder(&[("wide.c", source)]);
    let mut command = driver("wide.c");
    let output = command
        .args(["-municode", "-mconsole", "-c", "wide.c"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_folder_of_the_program_does_not_hide_the_systems_own_headers() {
    let folder = folder(&[
        ("main.cpp", "#include <own.h>\n"),
        ("json/features.h", "enum { mine = 1 };\n"),
        ("json/own.h", "#include \"features.h\"\nint known = mine;\n"),
    ]);
    for spelling in [&["-I", "json"][..], &["-Ijson"]] {
        let mut command = driver("main.cpp");
        done(
            command.args(spelling).args(["-c", "main.cpp"]),
            folder.path(),
        );
    }
}
