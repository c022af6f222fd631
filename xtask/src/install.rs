//! `cargo xtask install`: the program, the headers and the libraries, where other builds find
//! them.
//!
//! | below the prefix | what |
//! |---|---|
//! | `bin/iocp` | the program; it finds the rest from where it stands |
//! | `include/iocp/*.h` | Microsoft's headers |
//! | `lib/libiocp.a`, `lib/libiocp.so` | the library |
//! | `lib/pkgconfig/iocp.pc` | for pkg-config |
//! | `lib/cmake/iocp/*.cmake` | for `find_package(iocp)` |
//!
//! Nothing in there names the prefix, so that the folder may be moved.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// What `install` needs built, in release.
const PACKAGES: &[&str] = &["build", "--release", "-p", "iocp", "-p", "win32"];

const PKG_CONFIG: &str = "\
prefix=${pcfiledir}/../..
includedir=${prefix}/include/iocp
libdir=${prefix}/lib

Name: iocp
Description: Completion ports: Microsoft's interface on Linux
Version: @VERSION@
Cflags: -I${includedir}
Libs: -L${libdir} -liocp
Libs.private: -lpthread -ldl -lm
";

const CMAKE: &str = r#"# find_package(iocp): the targets iocp::iocp (static) and iocp::shared.
get_filename_component(_iocp_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
find_package(Threads REQUIRED)

foreach(_iocp_pair "iocp;STATIC;libiocp.a" "shared;SHARED;libiocp.so")
  list(GET _iocp_pair 0 _iocp_name)
  list(GET _iocp_pair 1 _iocp_kind)
  list(GET _iocp_pair 2 _iocp_file)
  if(NOT TARGET iocp::${_iocp_name})
    add_library(iocp::${_iocp_name} ${_iocp_kind} IMPORTED)
    set_target_properties(iocp::${_iocp_name} PROPERTIES
      IMPORTED_LOCATION "${_iocp_prefix}/lib/${_iocp_file}"
      INTERFACE_INCLUDE_DIRECTORIES "${_iocp_prefix}/include/iocp"
      INTERFACE_LINK_LIBRARIES "Threads::Threads;dl;m")
  endif()
endforeach()
# Without a soname the library's path would be written into programs.
set_target_properties(iocp::shared PROPERTIES IMPORTED_NO_SONAME TRUE)
"#;

const CMAKE_VERSION: &str = r#"set(PACKAGE_VERSION "@VERSION@")
if(PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION STREQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
"#;

/// Builds and installs below `prefix`; returns the exit code.
///
/// # Errors
///
/// A build that cannot be started, or files that cannot be read or written.
pub fn run(cargo: &OsStr, root: &Path, prefix: &Path) -> io::Result<u8> {
    let status = Command::new(cargo)
        .current_dir(root)
        .args(PACKAGES)
        .status()?;
    if !status.success() {
        return Ok(1);
    }
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root.join(folder),
        None => root.join("target"),
    };
    place(root, &target.join("release"), prefix)?;
    println!("installed in {}", prefix.display());
    println!(
        "  programs:    iocp, to be called as {}",
        prefix.join("bin/iocp").display()
    );
    println!(
        "  pkg-config:  PKG_CONFIG_PATH={}",
        prefix.join("lib/pkgconfig").display()
    );
    println!("  CMake:       -DCMAKE_PREFIX_PATH={}", prefix.display());
    Ok(0)
}

/// Copies what has been built.
fn place(root: &Path, built: &Path, prefix: &Path) -> io::Result<()> {
    let folder = |name: &str| -> io::Result<_> {
        let folder = prefix.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    };
    let (bin, lib) = (folder("bin")?, folder("lib")?);
    copy(&built.join("iocp"), &bin.join("iocp"))?;
    for library in ["libiocp.a", "libiocp.so"] {
        copy(&built.join(library), &lib.join(library))?;
    }
    copy_headers(&root.join("crates/win32/include"), &folder("include/iocp")?)?;
    let filled = |text: &str| text.replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    fs::write(folder("lib/pkgconfig")?.join("iocp.pc"), filled(PKG_CONFIG))?;
    let cmake = folder("lib/cmake/iocp")?;
    fs::write(cmake.join("iocp-config.cmake"), CMAKE)?;
    fs::write(
        cmake.join("iocp-config-version.cmake"),
        filled(CMAKE_VERSION),
    )
}

/// Headers stand in one folder and a few below it (`sys/…`).
fn copy_headers(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_headers(&entry.path(), &place)?;
        } else {
            copy(&entry.path(), &place)?;
        }
    }
    Ok(())
}

/// Copies a file, over one that may be running: the old one is removed first.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let told =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", from.display()));
    fs::copy(from, to).map(drop).map_err(told)
}
