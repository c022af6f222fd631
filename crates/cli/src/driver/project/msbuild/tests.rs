//! Project files as Visual Studio writes them.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Choice, Kind, Project};
use crate::driver::folders::Folders;
use crate::driver::lexer::Language;

const PROJECT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Project DefaultTargets="Build" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <ItemGroup Label="ProjectConfigurations">
    <ProjectConfiguration Include="Debug|Win32" />
    <ProjectConfiguration Include="Release|x64">
      <Configuration>Release</Configuration>
    </ProjectConfiguration>
  </ItemGroup>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.Default.props" />
  <PropertyGroup Condition="'$(Configuration)|$(Platform)'=='Release|x64'" Label="Configuration">
    <ConfigurationType>StaticLibrary</ConfigurationType>
    <CharacterSet>Unicode</CharacterSet>
  </PropertyGroup>
  <PropertyGroup Condition="'$(Configuration)'=='Debug'">
    <ConfigurationType>Application</ConfigurationType>
    <CharacterSet>MultiByte</CharacterSet>
  </PropertyGroup>
  <ImportGroup Label="PropertySheets">
    <Import Project="..\Common.Props" Condition="exists('..\Common.props')" />
  </ImportGroup>
  <PropertyGroup>
    <TargetName>$(ProjectName)_x</TargetName>
    <IncludePath>$(SolutionDir)core\;C:\Gone;$(IncludePath)</IncludePath>
  </PropertyGroup>
  <ItemDefinitionGroup Condition="'$(Configuration)|$(Platform)'=='Release|x64'">
    <ClCompile>
      <PreprocessorDefinitions>NDEBUG;%(PreprocessorDefinitions)</PreprocessorDefinitions>
      <LanguageStandard>stdcpp17</LanguageStandard>
      <Optimization>MaxSpeed</Optimization>
    </ClCompile>
    <Link>
      <AdditionalDependencies>ws2_32.lib;Core.lib;%(AdditionalDependencies)</AdditionalDependencies>
    </Link>
  </ItemDefinitionGroup>
  <ItemGroup>
    <ClCompile Include="Main.CPP" />
    <ClCompile Include="src\util.c">
      <CompileAs>CompileAsCpp</CompileAs>
      <PreprocessorDefinitions>UTIL=1;%(PreprocessorDefinitions)</PreprocessorDefinitions>
      <ExcludedFromBuild Condition="'$(Configuration)'=='Debug'">true</ExcludedFromBuild>
    </ClCompile>
    <ClCompile Include="gone.cpp" />
  </ItemGroup>
  <ItemGroup>
    <ProjectReference Include="..\Core\core.vcxproj"><Project>{x}</Project></ProjectReference>
  </ItemGroup>
</Project>"#;

const SHEET: &str = r#"<Project xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <ItemDefinitionGroup>
    <ClCompile>
      <AdditionalIncludeDirectories>
        $(MSBuildThisFileDirectory)Inc;%(AdditionalIncludeDirectories)
      </AdditionalIncludeDirectories>
      <PreprocessorDefinitions>SHEET;%(PreprocessorDefinitions)</PreprocessorDefinitions>
    </ClCompile>
  </ItemDefinitionGroup>
</Project>"#;

fn tree() -> (tempfile::TempDir, PathBuf) {
    let top = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = top.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    put("server/main.cpp", b"");
    put("server/src/Util.c", b"");
    put("Core/Core.vcxproj", b"");
    put("inc/x.h", b"");
    put("Common.props", SHEET.as_bytes());
    // Visual Studio writes a byte order mark.
    put(
        "server/Server.vcxproj",
        format!("\u{feff}{PROJECT}").as_bytes(),
    );
    let project = top.path().join("server/Server.vcxproj");
    (top, project)
}

fn read(path: &Path, choice: &Choice) -> Project {
    let solution = path.parent().unwrap().parent().unwrap().join("all.sln");
    Project::read(path, Some(&solution), choice, &mut Folders::default()).unwrap()
}

#[test]
fn a_project_is_read_for_one_configuration() {
    let (top, path) = tree();
    let project = read(&path, &Choice::default());
    assert_eq!((project.kind, project.unicode), (Kind::Static, Some(true)));
    assert_eq!(project.target, "Server_x");
    assert_eq!(project.libraries, ["ws2_32", "Core"]);
    assert_eq!(project.missing, ["gone.cpp"]);
    assert_eq!(project.references, [top.path().join("Core/Core.vcxproj")]);
    let [main, util] = &project.sources[..] else {
        panic!("{:?}", project.sources);
    };
    assert_eq!(main.path, top.path().join("server/main.cpp"));
    assert_eq!((main.language, util.language), (None, Some(Language::Cxx)));
    assert_eq!(main.options.defines, ["NDEBUG", "SHEET"]);
    assert_eq!(util.options.defines, ["UTIL=1", "NDEBUG", "SHEET"]);
    assert_eq!(
        main.options.include,
        [top.path().join("inc"), top.path().join("Core")]
    );
    assert_eq!(main.options.standard_cxx, "stdcpp17");
    assert_eq!(main.options.optimization, "MaxSpeed");
}

#[test]
fn another_configuration_says_otherwise_and_the_nearest_is_taken() {
    let (_top, path) = tree();
    let debug = Choice {
        configuration: "debug".into(),
        platform: "x64".into(),
    };
    let project = read(&path, &debug);
    assert_eq!(project.choice.platform, "Win32");
    assert_eq!(
        (project.kind, project.unicode),
        (Kind::Program, Some(false))
    );
    assert_eq!(project.sources.len(), 1);
    assert_eq!(project.sources[0].options.defines, ["SHEET"]);
}
