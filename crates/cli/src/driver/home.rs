//! Where the headers and the library are.
//!
//! They are looked for beside this program, so that an installed `iocp` uses what was installed
//! with it and one from the source tree what was built there. `IOCP_HOME` overrides that.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Tried};

/// Names where everything is: an installation's prefix, or the source tree.
const VARIABLE: &str = "IOCP_HOME";

/// The headers and the places where the library may be.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The folder with `windows.h`.
    pub(crate) include: PathBuf,
    libraries: Vec<PathBuf>,
}

/// How a program gets the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linkage {
    /// Copied into the program.
    Static,
    /// Loaded when the program starts.
    Shared,
}

impl Linkage {
    /// The library's file.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Static => "libiocp.a",
            Self::Shared => "libiocp.so",
        }
    }
}

impl Home {
    /// Looks at the environment and at this program's place.
    pub(crate) fn find() -> Result<Self, Failure> {
        let program = env::current_exe().tried("find this program's own place")?;
        let program = program.canonicalize().unwrap_or(program);
        let folder = program.parent().unwrap_or(Path::new("/"));
        if let Some(home) = env::var_os(VARIABLE).filter(|home| !home.is_empty()) {
            let home = PathBuf::from(home);
            return Self::at(&home, folder).ok_or_else(|| {
                Failure::Problem(format!(
                    "{VARIABLE} is {}, but neither include/iocp/windows.h nor \
                     crates/win32/include/windows.h is there",
                    home.display()
                ))
            });
        }
        folder
            .ancestors()
            .find_map(|above| Self::at(above, folder))
            .ok_or_else(|| {
                Failure::Problem(format!(
                    "the Windows headers are not found: no include/iocp/windows.h beside or \
                     above {}; set {VARIABLE} to the folder into which iocp was installed, or \
                     to its source tree",
                    folder.display()
                ))
            })
    }

    /// What a folder holds, if it is an installation or a source tree.
    fn at(home: &Path, program: &Path) -> Option<Self> {
        let installed = home.join("include/iocp");
        if installed.join("windows.h").is_file() {
            return Some(Self {
                include: installed,
                libraries: vec![home.join("lib"), home.join("lib64")],
            });
        }
        let include = home.join("crates/win32/include");
        include.join("windows.h").is_file().then(|| {
            let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
            let targets = target.into_iter().chain([home.join("target")]);
            // The library that was built together with this program comes first.
            let mut libraries = vec![program.to_path_buf()];
            libraries.extend(targets.flat_map(|t| [t.join("release"), t.join("debug")]));
            Self { include, libraries }
        })
    }

    /// The folder that holds the library.
    pub(crate) fn library(&self, linkage: Linkage) -> Result<&Path, Failure> {
        let file = linkage.file();
        let found = self
            .libraries
            .iter()
            .find(|folder| folder.join(file).is_file());
        found.map(PathBuf::as_path).ok_or_else(|| {
            let places: Vec<_> = self
                .libraries
                .iter()
                .map(|f| f.display().to_string())
                .collect();
            Failure::Problem(format!(
                "{file} is not found in {}; build it with `cargo build --release -p win32`",
                places.join(", ")
            ))
        })
    }
}
