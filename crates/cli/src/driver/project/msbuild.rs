//! A project of Visual C++: what MSBuild would make of it for one configuration.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

use super::condition;
use super::{has_ending, text_of, vcproj};
use crate::driver::folders::{Folders, tidied};
use crate::driver::lexer::Language;
use crate::driver::pragma;
use crate::failure::{Failure, Tried};

/// Property sheets include others, but not without end.
const DEPTH_MAX: usize = 16;

/// Which of its configurations is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// `Release`, unless said otherwise.
    pub(crate) configuration: String,
    /// `x64`, unless said otherwise.
    pub(crate) platform: String,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            configuration: "Release".into(),
            platform: "x64".into(),
        }
    }
}

impl Choice {
    /// Which of two is taken if neither says more than the other: the default is zero.
    pub(crate) fn strangeness(&self) -> usize {
        let default = Self::default();
        let differs = |a: &str, b: &str| usize::from(!a.eq_ignore_ascii_case(b));
        let is_debug = self.configuration.eq_ignore_ascii_case("Debug");
        2 * differs(&self.platform, &default.platform)
            + differs(&self.configuration, &default.configuration) * if is_debug { 1 } else { 4 }
    }
}

/// What a project makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A program.
    Program,
    /// A static library.
    Static,
    /// A shared library.
    Shared,
    /// Nothing that is compiled.
    Other,
}

/// A source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its language, if the project says it.
    pub(crate) language: Option<Language>,
    /// Compiler options for this file.
    pub(crate) options: Settings,
}

/// What decides how a source is compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Folders with headers.
    pub(crate) include: Vec<PathBuf>,
    /// Definitions, as after `-D`.
    pub(crate) defines: Vec<String>,
    /// Folders with headers that are only looked for in quotes.
    pub(crate) quoted: Vec<PathBuf>,
    /// Files that are included first.
    pub(crate) forced: Vec<String>,
    /// `stdcpp17`, …
    pub(crate) standard_cxx: String,
    /// `stdc17`, …
    pub(crate) standard_c: String,
    /// `MaxSpeed`, …
    pub(crate) optimization: String,
}

/// A project in one configuration.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Its file.
    pub(crate) path: PathBuf,
    /// The name of what it makes, without an ending.
    pub(crate) target: String,
    /// What it makes.
    pub(crate) kind: Kind,
    /// Which configuration was read.
    pub(crate) choice: Choice,
    /// `UNICODE`, if the project says anything.
    pub(crate) unicode: Option<bool>,
    /// Its sources.
    pub(crate) sources: Vec<Source>,
    /// Sources that it names and that are not there.
    pub(crate) missing: Vec<String>,
    /// Libraries, without `.lib`.
    pub(crate) libraries: Vec<String>,
    /// Other projects that it needs.
    pub(crate) references: Vec<PathBuf>,
}

impl Project {
    /// Which configurations a project has.
    pub(crate) fn choices(path: &Path) -> Result<Vec<Choice>, Failure> {
        let text = text_of(path)?;
        let document = Document::parse(&text).tried(format_args!("read {}", path.display()))?;
        Ok(offered(&document))
    }

    /// How much a configuration says. Many projects were only ever built in one of theirs, and
    /// the others miss its folders.
    pub(crate) fn completeness(&self) -> usize {
        let include: BTreeSet<_> = self
            .sources
            .iter()
            .flat_map(|s| &s.options.include)
            .collect();
        let standard = self
            .sources
            .iter()
            .any(|s| !s.options.standard_cxx.is_empty());
        let own = self
            .libraries
            .iter()
            .filter(|name| !pragma::is_of_windows(name));
        4 * include.len() + 2 * usize::from(standard) + own.count()
    }

    /// Reads a project. If it has no such configuration, the nearest one that it has is taken.
    pub(crate) fn read(
        path: &Path,
        solution: Option<&Path>,
        choice: &Choice,
        folders: &mut Folders,
    ) -> Result<Self, Failure> {
        let path = tidied(&std::path::absolute(path).tried("find the current folder")?);
        let text = text_of(&path)?;
        let document = Document::parse(&text).tried(format_args!("read {}", path.display()))?;
        let choice = nearest(&document, choice);
        if has_ending(&path, "vcproj") {
            return Ok(vcproj::read(&document, path.clone(), choice, folders));
        }
        let mut reading = Reading::new(&path, solution, &choice, folders);
        reading.evaluate(document.root_element(), &path, 0);
        Ok(reading.into_project(path, choice))
    }
}

fn offered(document: &Document<'_>) -> Vec<Choice> {
    let old = vcproj::offered(document);
    let new = document
        .descendants()
        .filter(|node| node.has_tag_name_of("ProjectConfiguration"))
        .filter_map(|node| node.attribute("Include")?.split_once('|'))
        .map(|(configuration, platform)| Choice {
            configuration: configuration.into(),
            platform: platform.into(),
        });
    old.into_iter().chain(new).collect()
}

/// The configuration that is asked for, or else the one that is most like it.
fn nearest(document: &Document<'_>, choice: &Choice) -> Choice {
    let likeness = |other: &Choice| {
        let same = |a: &str, b: &str| usize::from(a.eq_ignore_ascii_case(b));
        2 * same(&other.configuration, &choice.configuration)
            + same(&other.platform, &choice.platform)
    };
    let offered = offered(document);
    let most = offered.iter().map(likeness).max();
    let best = offered.iter().find(|other| Some(likeness(other)) == most);
    best.unwrap_or(choice).clone()
}

trait Named {
    /// Whether an element has this name; all of MSBuild's are in one namespace.
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl Named for Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

struct Reading<'f> {
    folder: PathBuf,
    folders: &'f mut Folders,
    /// By lower-case name.
    properties: HashMap<String, String>,
    /// Defaults for items: by `ClCompile.AdditionalIncludeDirectories` in lower case.
    defaults: HashMap<String, String>,
    items: Vec<(String, HashMap<String, String>)>,
    references: Vec<String>,
}

impl<'f> Reading<'f> {
    fn new(
        path: &Path,
        solution: Option<&Path>,
        choice: &Choice,
        folders: &'f mut Folders,
    ) -> Self {
        let folder = path.parent().unwrap_or(Path::new("/")).to_path_buf();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let solution_folder = solution.and_then(Path::parent).unwrap_or(&folder);
        let slashed = |folder: &Path| format!("{}/", folder.display());
        let solution_name = solution.and_then(Path::file_stem).unwrap_or_default();
        let given = [
            ("Configuration", choice.configuration.clone()),
            ("Platform", choice.platform.clone()),
            ("PlatformTarget", choice.platform.clone()),
            ("SolutionDir", slashed(solution_folder)),
            ("SolutionName", solution_name.to_string_lossy().into_owned()),
            ("ProjectDir", slashed(&folder)),
            ("MSBuildProjectDirectory", folder.display().to_string()),
            ("MSBuildThisFileDirectory", slashed(&folder)),
            ("MSBuildProjectName", name.clone()),
            ("ProjectName", name.clone()),
            ("TargetName", name),
        ];
        Self {
            folder,
            folders,
            properties: given
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .into(),
            defaults: HashMap::new(),
            items: Vec::new(),
            references: Vec::new(),
        }
    }

    /// Text with the values of properties; unknown ones are empty.
    fn expand(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("$(") {
            out.push_str(before);
            let Some((name, after)) = after.split_once(')') else {
                break;
            };
            let value = self.properties.get(&name.to_ascii_lowercase());
            out.push_str(value.map_or("", String::as_str));
            rest = after;
        }
        out + rest
    }

    fn holds(&mut self, node: Node<'_, '_>) -> bool {
        let Some(text) = node.attribute("Condition") else {
            return true;
        };
        // Conditions only ask for files that the expanded text names.
        let folder = self.folder.clone();
        let expand = |text: &str| self.expand(text);
        let exists = |path: &str| folder.join(path.replace('\\', "/")).exists();
        condition::holds(text, &expand, &exists)
    }

    fn evaluate(&mut self, parent: Node<'_, '_>, file: &Path, depth: usize) {
        for node in parent.children().filter(Node::is_element) {
            if !self.holds(node) {
                continue;
            }
            match node.tag_name().name() {
                "PropertyGroup" => self.property_group(node),
                "ItemDefinitionGroup" => self.definition_group(node),
                "ItemGroup" => self.item_group(node),
                "ImportGroup" => self.evaluate(node, file, depth),
                "Import" => self.import(node, file, depth),
                "Choose" => {
                    let mut branches = node.children().filter(Node::is_element);
                    if let Some(branch) = branches.find(|&branch| self.holds(branch)) {
                        self.evaluate(branch, file, depth);
                    }
                }
                _ => {}
            }
        }
    }

    fn property_group(&mut self, group: Node<'_, '_>) {
        for node in group.children().filter(Node::is_element) {
            if self.holds(node) {
                let value = self.expand(node.text().unwrap_or("").trim());
                self.properties
                    .insert(node.tag_name().name().to_ascii_lowercase(), value);
            }
        }
    }

    fn definition_group(&mut self, group: Node<'_, '_>) {
        for item in group.children().filter(Node::is_element) {
            for node in item.children().filter(Node::is_element) {
                if self.holds(node) {
                    let kind = item.tag_name().name();
                    let name = node.tag_name().name();
                    let key = format!("{kind}.{name}").to_ascii_lowercase();
                    let before = self.defaults.get(&key).cloned().unwrap_or_default();
                    let value = self.value(node, name, &before);
                    self.defaults.insert(key, value);
                }
            }
        }
    }

    /// An item's metadata; `%(Name)` is what it was before.
    fn value(&self, node: Node<'_, '_>, name: &str, before: &str) -> String {
        let text = self.expand(node.text().unwrap_or("").trim());
        text.replace(&format!("%({name})"), before)
    }

    fn item_group(&mut self, group: Node<'_, '_>) {
        for item in group.children().filter(Node::is_element) {
            let Some(include) = item.attribute("Include") else {
                continue;
            };
            if !self.holds(item) {
                continue;
            }
            let include = self.expand(include);
            match item.tag_name().name() {
                "ProjectReference" => self.references.push(include),
                "ClCompile" => self.source(item, &include),
                _ => {}
            }
        }
    }

    fn source(&mut self, item: Node<'_, '_>, include: &str) {
        let mut metadata: HashMap<String, String> = self
            .defaults
            .iter()
            .filter_map(|(key, value)| {
                Some((key.strip_prefix("clcompile.")?.to_owned(), value.clone()))
            })
            .collect();
        for node in item.children().filter(Node::is_element) {
            if self.holds(node) {
                let name = node.tag_name().name();
                let before = metadata
                    .get(&name.to_ascii_lowercase())
                    .cloned()
                    .unwrap_or_default();
                let value = self.value(node, name, &before);
                metadata.insert(name.to_ascii_lowercase(), value);
            }
        }
        for name in include
            .split(';')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            self.items.push((name.to_owned(), metadata.clone()));
        }
    }

    fn import(&mut self, node: Node<'_, '_>, file: &Path, depth: usize) {
        let Some(name) = node.attribute("Project") else {
            return;
        };
        // What comes with Visual Studio is not here, and its defaults are known.
        let own = !name.to_ascii_lowercase().contains("$(vctargetspath");
        let name = self.expand(name);
        let folder = file.parent().unwrap_or(Path::new("/"));
        let Some(found) = self
            .folders
            .find(folder, &name)
            .filter(|_| own && depth < DEPTH_MAX)
        else {
            return;
        };
        // A sheet that cannot be read has no say; the project may still be built without it.
        let Ok(text) = text_of(&found.path) else {
            return;
        };
        if let Ok(document) = Document::parse(&text) {
            let folder = found.path.parent().unwrap_or(Path::new("/"));
            let this = "msbuildthisfiledirectory".to_owned();
            let before = self
                .properties
                .insert(this.clone(), format!("{}/", folder.display()));
            self.evaluate(document.root_element(), &found.path, depth + 1);
            self.properties.extend(before.map(|before| (this, before)));
        }
    }

    fn property(&self, name: &str) -> &str {
        self.properties
            .get(&name.to_ascii_lowercase())
            .map_or("", String::as_str)
    }

    fn into_project(mut self, path: PathBuf, choice: Choice) -> Project {
        let mut missing = Vec::new();
        let mut sources = Vec::new();
        let mut makers = Vec::new();
        for (name, metadata) in std::mem::take(&mut self.items) {
            let excluded = metadata.get("excludedfrombuild");
            if excluded.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
                continue;
            }
            let here = self
                .folders
                .find(&self.folder, &name)
                .map(|found| found.path);
            let found = here.or_else(|| self.folders.find_foreign(&self.folder, &name, true));
            let makes = metadata.get("precompiledheader");
            if makes.is_some_and(|value| value == "Create") {
                makers.extend(found.as_deref().map(tidied));
            }
            match found {
                Some(found) => sources.push(Source {
                    path: tidied(&found),
                    language: match metadata.get("compileas").map(String::as_str) {
                        Some("CompileAsC") => Some(Language::C),
                        Some("CompileAsCpp") => Some(Language::Cxx),
                        _ => None,
                    },
                    options: self.settings(&metadata),
                }),
                None => missing.push(name),
            }
        }
        add_precompiled(&mut sources, &makers);
        let references = std::mem::take(&mut self.references);
        let references = references
            .iter()
            .filter(|name| has_ending(Path::new(name.as_str()), "vcxproj"))
            .filter_map(|name| self.folders.find(&self.folder, name))
            .map(|found| tidied(&found.path))
            .collect();
        let link = |name: &str| self.defaults.get(&format!("link.{name}")).cloned();
        Project {
            target: self.property("TargetName").to_owned(),
            kind: match self.property("ConfigurationType") {
                "Application" => Kind::Program,
                "StaticLibrary" => Kind::Static,
                "DynamicLibrary" => Kind::Shared,
                _ => Kind::Other,
            },
            choice,
            unicode: match self.property("CharacterSet") {
                "" => None,
                set => Some(set.eq_ignore_ascii_case("Unicode")),
            },
            libraries: listed(&link("additionaldependencies").unwrap_or_default())
                .map(pragma::stem)
                .collect(),
            path,
            sources,
            missing,
            references,
        }
    }

    fn settings(&mut self, metadata: &HashMap<String, String>) -> Settings {
        let get = |name: &str| metadata.get(name).cloned().unwrap_or_default();
        let named = format!(
            "{};{}",
            get("additionalincludedirectories"),
            self.property("IncludePath")
        );
        let mut include: Vec<PathBuf> = Vec::new();
        for name in listed(&named) {
            let here = self.folders.find_folder(&self.folder, name);
            let found = here.or_else(|| self.folders.find_foreign(&self.folder, name, false));
            if let Some(found) = found {
                let found = tidied(&found);
                if !include.contains(&found) {
                    include.push(found);
                }
            }
        }
        Settings {
            include,
            quoted: Vec::new(),
            defines: listed(&get("preprocessordefinitions"))
                .map(str::to_owned)
                .collect(),
            forced: listed(&get("forcedincludefiles"))
                .map(str::to_owned)
                .collect(),
            standard_cxx: get("languagestandard"),
            standard_c: get("languagestandard_c"),
            optimization: get("optimization"),
        }
    }
}

/// A precompiled header is not looked for: every source may name it, wherever it lies. It lies
/// where the source is from which it is made.
pub(super) fn add_precompiled(sources: &mut [Source], makers: &[PathBuf]) {
    for folder in makers.iter().filter_map(|maker| maker.parent()) {
        for source in &mut *sources {
            source.options.quoted.push(folder.to_path_buf());
        }
    }
}

/// The parts of a list; `%(…)` that is left means nothing here.
pub(super) fn listed(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(';').map(|part| part.trim().trim_matches('"'));
    parts.filter(|part| !part.is_empty() && !part.starts_with("%("))
}

#[cfg(test)]
mod tests;
