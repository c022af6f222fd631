//! `iocp build`: a solution of our own, and `iocp run`. What needs the library is tried if it was
//! built.

mod common;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::driver::{done, encoded, folder, iocp, store, text, tree};

/// A program with a library and a precompiled header, as Visual Studio makes them.
fn solution() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/solution");
    store(Path::new(from), folder.path(), |text| text.into());
    folder
}

/// A source that needs its code page, its header and a wide beginning.
const SOURCE: &str = r#"#include <WINDOWS.H>
#include <stdio.h>
#include "number.h"

// 끝
int wmain(int argc, wchar_t **argv)
{
    wprintf(L"%s %d\n", argv[1], NUMBER);
    return argc;
}
"#;

/// Whether the library is there, as the driver would find it.
fn library() -> bool {
    let own = Path::new(env!("CARGO_BIN_EXE_iocp"))
        .parent()
        .unwrap()
        .to_path_buf();
    let target = env::var_os("CARGO_TARGET_DIR").map_or(tree().join("target"), Into::into);
    let places = [
        own,
        target.join("release"),
        target.join("debug"),
        tree().join("target/release"),
    ];
    let found = places.iter().any(|place| place.join("libiocp.a").exists());
    if !found {
        eprintln!("libiocp.a is not built; what needs it is not tried");
    }
    found
}

#[test]
fn a_solution_is_checked_as_its_projects_say() {
    let folder = solution();
    let output = done(
        &mut iocp(&["build", "all.sln", "--syntax-only"]),
        folder.path(),
    );
    let told = text(&output.stderr);
    let lines: Vec<&str> = told.lines().collect();
    let at = |what: &str| {
        let line = lines.iter().position(|line| line.contains(what));
        line.unwrap_or_else(|| panic!("{what}: {told}"))
    };
    assert!(at("Core.vcxproj: Release|x64; Unicode") < at("Server.vcxproj: Release|x64; Unicode"));
    at("Server/main.cpp: 1 include in another case; _tmain");
    at("Client is no C++ project and is left out");
    assert!(!told.contains("Core is no library"), "{told}");
    // A project alone finds the folders that are named from its solution.
    done(
        &mut iocp(&["build", "Server/Server.vcxproj", "--syntax-only"]),
        folder.path(),
    );
    let debug = [
        "build",
        "all.sln",
        "--syntax-only",
        "--configuration",
        "Debug",
    ];
    let output = iocp(&debug).current_dir(&folder).output().unwrap();
    assert!(
        text(&output.stderr).contains("core.h: No such file"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_missing_or_strange_is_told() {
    let broken = "<Project><PropertyGroup><ConfigurationType>Application</ConfigurationType>\
                  </PropertyGroup><ItemGroup><ClCompile Include=\"gone.cpp\" /></ItemGroup>\
                  </Project>";
    let folder = folder(&[
        ("a.vcxproj", broken),
        ("b.vcxproj", "<Project>"),
        ("c.txt", ""),
    ]);
    for (file, what) in [
        ("a.vcxproj", "gone.cpp is not there"),
        ("b.vcxproj", "b.vcxproj"),
        ("c.txt", "neither"),
        ("d.sln", "d.sln"),
    ] {
        let output = iocp(&["build", file, "--syntax-only"])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{file}");
        assert!(
            text(&output.stderr).contains(what),
            "{file}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_solution_becomes_a_program_that_runs() {
    if !library() {
        return;
    }
    let folder = solution();
    done(&mut iocp(&["build", "all.sln", "-o", "bin"]), folder.path());
    let program = folder.path().join("bin/Server");
    let output = done(Command::new(program).arg("끝"), folder.path());
    assert_eq!(text(&output.stdout), "끝 7 9\n");
    assert!(folder.path().join("bin/libCore.a").exists());
}

#[test]
fn a_program_named_like_its_folder_stands_beside_it() {
    if !library() {
        return;
    }
    let folder = solution();
    let output = done(&mut iocp(&["build", "all.sln"]), folder.path());
    assert!(text(&output.stderr).contains("made ./Server.exe"));
    let program = folder.path().join("Server.exe");
    let output = done(Command::new(program).arg("끝"), folder.path());
    assert_eq!(text(&output.stdout), "끝 7 9\n");
}

#[test]
fn a_static_library_goes_into_a_shared_one() {
    if !library() {
        return;
    }
    let project = |kind: &str, source: &str, needs: &str| {
        format!(
            "<Project><PropertyGroup><ConfigurationType>{kind}</ConfigurationType></PropertyGroup>\
             <ItemGroup><ClCompile Include=\"{source}\" />{needs}</ItemGroup></Project>"
        )
    };
    let inner = project("StaticLibrary", "inner.cpp", "");
    let reference = "<ProjectReference Include=\"Inner.vcxproj\" />";
    let outer = project("DynamicLibrary", "outer.cpp", reference);
    let folder = folder(&[
        ("Inner.vcxproj", &inner),
        ("Outer.vcxproj", &outer),
        (
            "inner.cpp",
            "int shared = 1; int inner() { return shared; }\n",
        ),
        (
            "outer.cpp",
            "int inner(); int outer() { return inner(); }\n",
        ),
    ]);
    done(&mut iocp(&["build", "Outer.vcxproj"]), folder.path());
    assert!(folder.path().join("libOuter.so").exists());
}

#[test]
fn a_source_is_compiled_once_and_run() {
    if !library() {
        return;
    }
    let folder = folder(&[("number.h", "#define NUMBER 1 // 끝\n"), ("cache/x", "")]);
    fs::write(folder.path().join("a.c"), encoded(SOURCE, Some("949"))).unwrap();
    let run = || {
        let mut command = iocp(&["run", "-O1", "a.c", "-größe", "x"]);
        command
            .env("XDG_CACHE_HOME", folder.path().join("cache"))
            .current_dir(&folder);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        (text(&output.stdout).to_owned(), !output.stderr.is_empty())
    };
    assert_eq!(run(), ("-größe 1\n".into(), true));
    assert_eq!(run(), ("-größe 1\n".into(), false), "it was kept");
    fs::write(folder.path().join("number.h"), "#define NUMBER 2\n").unwrap();
    assert_eq!(run(), ("-größe 2\n".into(), true), "it was made again");
    let kept = fs::read_dir(folder.path().join("cache/iocp/run"))
        .unwrap()
        .count();
    assert_eq!(kept, 2);
}

#[test]
fn run_wants_a_source_and_makes_nothing_else() {
    let folder = folder(&[("a.c", "int x;\n")]);
    for (args, what) in [
        (&["run", "-O2"][..], "no .c"),
        (&["run", "-c", "a.c"], "iocp cc"),
        (&["run", "-o", "x", "a.c"], "iocp cc"),
    ] {
        let output = iocp(args).current_dir(&folder).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(
            text(&output.stderr).contains(what),
            "{args:?}: {}",
            text(&output.stderr)
        );
    }
}
