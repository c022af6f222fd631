//! A solution: which projects there are, and what each of them needs.

use std::path::{Path, PathBuf};

use super::msbuild::Choice;
use super::text_of;
use crate::driver::folders::{Folders, tidied};
use crate::failure::{Failure, Tried};

/// A project as its solution names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its file.
    pub(super) path: PathBuf,
    /// The configuration that the solution takes for the one that was asked for.
    pub(super) choice: Choice,
    /// Projects that must be built first, by their place in the list.
    pub(super) needs: Vec<usize>,
}

/// A project while the file is read.
struct Draft {
    id: String,
    path: PathBuf,
    needs: Vec<String>,
    choice: Choice,
}

/// Reads the C++ projects of a solution; what else it lists comes back by name.
pub(super) fn read(
    path: &Path,
    choice: &Choice,
    folders: &mut Folders,
) -> Result<(Vec<Member>, Vec<String>), Failure> {
    let path = tidied(&std::path::absolute(path).tried("find the current folder")?);
    let folder = path.parent().unwrap_or(Path::new("/"));
    let text = text_of(&path)?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut others = Vec::new();
    let wanted = format!("{}|{}", choice.configuration, choice.platform);
    let mut is_inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("Project(") {
            let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
            let [_, name, file, id] = quoted[..] else {
                continue;
            };
            let found = folders.find(folder, file);
            is_inside = false;
            match found.filter(|found| super::is_project(&found.path)) {
                Some(found) => {
                    is_inside = true;
                    drafts.push(Draft {
                        id: id.to_ascii_uppercase(),
                        path: tidied(&found.path),
                        needs: Vec::new(),
                        choice: choice.clone(),
                    });
                }
                // A folder of the solution lists itself.
                None if name == file => {}
                None => others.push(name.to_owned()),
            }
        } else if line == "EndProject" {
            is_inside = false;
        } else if let Some((left, right)) = line.split_once(" = ") {
            if is_inside && left.starts_with('{') && left.eq_ignore_ascii_case(right) {
                if let Some(draft) = drafts.last_mut() {
                    draft.needs.push(left.to_ascii_uppercase());
                }
            } else {
                map(&mut drafts, left, right, &wanted);
            }
        }
    }
    let ids: Vec<String> = drafts.iter().map(|draft| draft.id.clone()).collect();
    let place = |id: &String| ids.iter().position(|own| own == id);
    let members = drafts.into_iter().map(|draft| Member {
        path: draft.path,
        choice: draft.choice,
        needs: draft.needs.iter().filter_map(place).collect(),
    });
    Ok((members.collect(), others))
}

/// `{…}.Release|x64.ActiveCfg = Release|Win32`: which configuration a project has for this one.
fn map(drafts: &mut [Draft], left: &str, right: &str, wanted: &str) {
    let Some((id, rest)) = left.split_once('.') else {
        return;
    };
    let Some(named) = rest.strip_suffix(".ActiveCfg") else {
        return;
    };
    let Some((configuration, platform)) = right.split_once('|') else {
        return;
    };
    if named.eq_ignore_ascii_case(wanted) {
        for draft in drafts
            .iter_mut()
            .filter(|draft| draft.id.eq_ignore_ascii_case(id))
        {
            draft.choice = Choice {
                configuration: configuration.into(),
                platform: platform.into(),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::read;
    use crate::driver::folders::Folders;
    use crate::driver::project::msbuild::Choice;

    const SOLUTION: &str = r#"
Microsoft Visual Studio Solution File, Format Version 12.00
Project("{8BC9CEB8}") = "Server", "server\server.vcxproj", "{A1}"
	ProjectSection(ProjectDependencies) = postProject
		{B2} = {B2}
	EndProjectSection
EndProject
Project("{8BC9CEB8}") = "Core", "Core\Core.vcxproj", "{b2}"
EndProject
Project("{FAE04EC0}") = "Client", "Client\Client.csproj", "{C3}"
EndProject
Project("{2150E333}") = "docs", "docs", "{D4}"
EndProject
Global
	GlobalSection(ProjectConfigurationPlatforms) = postSolution
		{A1}.Release|x64.ActiveCfg = Shipping|x64
		{A1}.Release|x64.Build.0 = Shipping|x64
		{A1}.Debug|x64.ActiveCfg = Debug|x64
	EndGlobalSection
EndGlobal
"#;

    #[test]
    fn projects_come_with_their_needs_and_configurations() {
        let top = tempfile::tempdir().unwrap();
        for file in [
            "Server/Server.vcxproj",
            "Core/Core.vcxproj",
            "Client/Client.csproj",
        ] {
            let path = top.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let solution = top.path().join("all.sln");
        fs::write(&solution, SOLUTION.replace('\n', "\r\n")).unwrap();
        let (members, others) =
            read(&solution, &Choice::default(), &mut Folders::default()).unwrap();
        assert_eq!(others, ["Client"]);
        assert_eq!(members[0].path, top.path().join("Server/Server.vcxproj"));
        assert_eq!(members[0].needs, [1]);
        assert_eq!(members[0].choice.configuration, "Shipping");
        assert_eq!(members[1].needs, [0_usize; 0]);
        assert_eq!(members[1].choice, Choice::default());
    }
}
