//! `iocp build`: the projects and solutions of Visual Studio.
//!
//! What a project says is read as far as it decides what is compiled and how: sources, folders,
//! definitions, the character set, the language standard, the kind of result, libraries, other
//! projects. Build steps, resources and code in other languages are not carried out.

mod build;
mod condition;
mod msbuild;
mod solution;
mod vcproj;

use std::fs;
use std::path::{Path, PathBuf};

use super::encoding::{self, Charset};
use super::folders::{Folders, tidied};
use crate::failure::{Failure, Tried};
use msbuild::{Choice, Project};

pub(crate) use build::build;

/// The text of a project's file.
fn text_of(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).tried(format_args!("read {}", path.display()))?;
    let charset = encoding::by_form(&bytes).unwrap_or(Charset::Utf8);
    Ok(charset.decode(&bytes).into_owned())
}

/// Whether a project in a source's folder, or the one above, lists the source and wants `UNICODE`.
/// With it the project's path, as a message names it.
pub(crate) fn charset_near(source: &Path) -> Option<(bool, PathBuf)> {
    let own = source
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let own = own.unwrap_or(Path::new("."));
    let absolute = tidied(&std::path::absolute(source).ok()?);
    let mut folders = Folders::default();
    for folder in [own.to_path_buf(), own.join("..")] {
        let mut projects: Vec<PathBuf> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_project(path))
            .collect();
        projects.sort();
        for path in projects {
            // A project that cannot be read says nothing; `iocp build` would say why.
            let Ok(project) = most_complete(&path, &mut folders) else {
                continue;
            };
            if project
                .sources
                .iter()
                .any(|of| tidied(&of.path) == absolute)
            {
                let name = path.strip_prefix(".").unwrap_or(&path).to_path_buf();
                return project.unicode.map(|unicode| (unicode, name));
            }
        }
    }
    None
}

/// How far above a project its solution may lie.
const ABOVE_MAX: usize = 4;

/// The solution that lists a project: folders are often named from its place.
fn solution_of(project: &Path) -> Option<PathBuf> {
    let project = tidied(&std::path::absolute(project).ok()?);
    let mut folders = Folders::default();
    for folder in project.ancestors().skip(1).take(ABOVE_MAX) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut solutions: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        solutions.retain(|path| has_ending(path, "sln"));
        solutions.sort();
        for path in solutions {
            // One that cannot be read lists nothing.
            let members = solution::read(&path, &Choice::default(), &mut folders);
            if members.is_ok_and(|(members, _)| members.iter().any(|m| m.path == project)) {
                return Some(path);
            }
        }
    }
    None
}

/// A project in the configuration that says most.
fn most_complete(path: &Path, folders: &mut Folders) -> Result<Project, Failure> {
    let solution = solution_of(path);
    let mut best = Project::read(path, solution.as_deref(), &Choice::default(), folders)?;
    for choice in Project::choices(path)? {
        let other = Project::read(path, solution.as_deref(), &choice, folders)?;
        if rank(std::slice::from_ref(&other)) > rank(std::slice::from_ref(&best)) {
            best = other;
        }
    }
    Ok(best)
}

/// By how much projects in one configuration say; the usual configuration if they say the same.
fn rank(projects: &[Project]) -> (usize, std::cmp::Reverse<usize>) {
    let says = projects.iter().map(Project::completeness).sum();
    let strangeness = projects
        .iter()
        .map(|project| project.choice.strangeness())
        .sum();
    (says, std::cmp::Reverse(strangeness))
}

fn is_project(path: &Path) -> bool {
    has_ending(path, "vcxproj") || has_ending(path, "vcproj")
}

fn has_ending(path: &Path, ending: &str) -> bool {
    let own = path.extension().and_then(|own| own.to_str());
    own.is_some_and(|own| own.eq_ignore_ascii_case(ending))
}
