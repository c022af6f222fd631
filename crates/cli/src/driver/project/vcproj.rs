//! A project of Visual Studio 2008 and before: attributes instead of elements, numbers instead of
//! names.

use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

use super::msbuild::{Choice, Kind, Project, Settings, Source, add_precompiled, listed};
use crate::driver::folders::{Folders, tidied};
use crate::driver::pragma;

/// The configurations that a project has.
pub(super) fn offered(document: &Document<'_>) -> Vec<Choice> {
    configurations(document)
        .filter_map(|node| node.attribute("Name")?.split_once('|'))
        .map(|(configuration, platform)| Choice {
            configuration: configuration.into(),
            platform: platform.into(),
        })
        .collect()
}

fn configurations<'d>(document: &'d Document<'_>) -> impl Iterator<Item = Node<'d, 'd>> {
    let nodes = document.descendants();
    nodes.filter(|node| node.has_tag_name("Configuration"))
}

/// Reads a project in one of its configurations.
pub(super) fn read(
    document: &Document<'_>,
    path: PathBuf,
    choice: Choice,
    folders: &mut Folders,
) -> Project {
    let folder = path.parent().unwrap_or(Path::new("/")).to_path_buf();
    let wanted = format!("{}|{}", choice.configuration, choice.platform);
    let own = configurations(document).find(|node| named(*node, &wanted));
    let name = document
        .root_element()
        .attribute("Name")
        .unwrap_or("program");
    let expand = |text: &str| {
        text.replace("$(ProjectDir)", "")
            .replace("$(ConfigurationName)", &choice.configuration)
            .replace("$(PlatformName)", &choice.platform)
            .replace("$(ProjectName)", name)
            .replace("$(SolutionDir)", "../")
    };
    let attribute = |name: &str| own.and_then(|own| own.attribute(name)).unwrap_or("");
    let tool = |tool: &str, name: &str| -> String {
        let mut tools = own.into_iter().flat_map(|own| own.children());
        let found = tools.find(|node| node.attribute("Name") == Some(tool));
        expand(found.and_then(|node| node.attribute(name)).unwrap_or(""))
    };
    let include = listed(&tool("VCCLCompilerTool", "AdditionalIncludeDirectories"))
        .filter_map(|name| {
            let here = folders.find_folder(&folder, name);
            here.or_else(|| folders.find_foreign(&folder, name, false))
        })
        .map(|found| tidied(&found))
        .collect();
    let settings = Settings {
        include,
        defines: listed(&tool("VCCLCompilerTool", "PreprocessorDefinitions"))
            .map(str::to_owned)
            .collect(),
        ..Settings::default()
    };
    let (sources, missing) = sources(document, &folder, &wanted, &settings, folders);
    Project {
        target: name.to_owned(),
        kind: match attribute("ConfigurationType") {
            "1" => Kind::Program,
            "2" => Kind::Shared,
            "4" => Kind::Static,
            _ => Kind::Other,
        },
        unicode: match attribute("CharacterSet") {
            "" => None,
            set => Some(set == "1"),
        },
        // Here they are separated by blanks.
        libraries: tool("VCLinkerTool", "AdditionalDependencies")
            .split_whitespace()
            .map(pragma::stem)
            .collect(),
        references: Vec::new(),
        path,
        choice,
        sources,
        missing,
    }
}

/// The sources, and those that are not there.
fn sources(
    document: &Document<'_>,
    folder: &Path,
    wanted: &str,
    settings: &Settings,
    folders: &mut Folders,
) -> (Vec<Source>, Vec<String>) {
    let (mut sources, mut missing) = (Vec::new(), Vec::new());
    let mut makers = Vec::new();
    let files = document.descendants();
    for file in files.filter(|node| node.has_tag_name("File")) {
        let relative = file.attribute("RelativePath").unwrap_or("");
        if !is_source(relative) || is_excluded(file, wanted) {
            continue;
        }
        match folders.find(folder, relative) {
            Some(found) => {
                let path = tidied(&found.path);
                if makes_precompiled(file, wanted) {
                    makers.push(path.clone());
                }
                sources.push(Source {
                    path,
                    language: None,
                    options: settings.clone(),
                });
            }
            None => missing.push(relative.to_owned()),
        }
    }
    add_precompiled(&mut sources, &makers);
    (sources, missing)
}

fn named(node: Node<'_, '_>, wanted: &str) -> bool {
    node.attribute("Name")
        .is_some_and(|name| name.eq_ignore_ascii_case(wanted))
}

/// The list of files has headers and texts among them.
fn is_source(file: &str) -> bool {
    ["c", "cpp", "cc", "cxx"]
        .iter()
        .any(|ending| super::has_ending(Path::new(file), ending))
}

fn is_excluded(file: Node<'_, '_>, wanted: &str) -> bool {
    file.children()
        .filter(|node| node.has_tag_name("FileConfiguration") && named(*node, wanted))
        .any(|node| {
            node.attribute("ExcludedFromBuild")
                .is_some_and(|is| is.eq_ignore_ascii_case("true"))
        })
}

/// Whether a source is the one from which the precompiled header is made.
fn makes_precompiled(file: Node<'_, '_>, wanted: &str) -> bool {
    file.children()
        .filter(|node| node.has_tag_name("FileConfiguration") && named(*node, wanted))
        .flat_map(|node| node.children())
        .any(|tool| tool.attribute("UsePrecompiledHeader") == Some("1"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::driver::folders::Folders;
    use crate::driver::project::msbuild::{Choice, Kind, Project};

    const PROJECT: &str = r#"<?xml version="1.0" encoding="Windows-1252"?>
<VisualStudioProject ProjectType="Visual C++" Version="9,00" Name="Copy">
  <Configurations>
    <Configuration Name="Debug|Win32" ConfigurationType="1" CharacterSet="2" />
    <Configuration Name="Release|Win32" ConfigurationType="1" CharacterSet="1">
      <Tool Name="VCCLCompilerTool" AdditionalIncludeDirectories=".\Inc;gone"
        PreprocessorDefinitions="WIN32;NDEBUG" />
      <Tool Name="VCLinkerTool" AdditionalDependencies="ws2_32.lib own.lib" />
    </Configuration>
  </Configurations>
  <Files>
    <Filter Name="Source Files">
      <File RelativePath=".\Main.CPP" />
      <File RelativePath=".\main.h" />
      <File RelativePath=".\debug.c">
        <FileConfiguration Name="Release|Win32" ExcludedFromBuild="true" />
      </File>
    </Filter>
  </Files>
</VisualStudioProject>"#;

    #[test]
    fn an_old_project_is_read_like_a_new_one() {
        let top = tempfile::tempdir().unwrap();
        for file in ["main.cpp", "debug.c", "inc/x.h"] {
            let path = top.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let path = top.path().join("copy.vcproj");
        fs::write(&path, PROJECT).unwrap();
        let mut folders = Folders::default();
        let project = Project::read(&path, None, &Choice::default(), &mut folders).unwrap();
        assert_eq!(project.choice.platform, "Win32");
        assert_eq!((project.kind, project.unicode), (Kind::Program, Some(true)));
        assert_eq!(
            (project.target.as_str(), project.sources.len()),
            ("Copy", 1)
        );
        assert_eq!(project.sources[0].path, top.path().join("main.cpp"));
        assert_eq!(project.sources[0].options.include, [top.path().join("inc")]);
        assert_eq!(project.sources[0].options.defines, ["WIN32", "NDEBUG"]);
        assert_eq!(project.libraries, ["ws2_32", "own"]);
    }
}
