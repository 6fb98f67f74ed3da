//! Baselines, scenarios and plans that come with the library, and baselines by name or path.

use std::path::{Path, PathBuf};

use viner_model::labels::nearest;
use viner_model::tables::Tables;

use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::{Folder, Signs, digest, read_folder};

// `BASELINES`, `SCENARIOS`, `PLANS`, `CALIBRATIONS`, `MAPS`, `CELLS` and `EVIDENCE`: the folder `data` of
// the source, as `build.rs` lists it.
include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// Names and titles of the built-in baselines.
pub fn baselines() -> Vec<(&'static str, String)> {
    BASELINES
        .iter()
        .map(|&(name, files)| {
            let text = Folder::BuiltIn(name, files).text("baseline.toml").unwrap_or_default();
            (name, title(&text, name))
        })
        .collect()
}

/// Names and titles of the built-in scenarios.
pub fn scenarios() -> Vec<(&'static str, String)> {
    SCENARIOS.iter().map(|&(name, text)| (name, title(text, name))).collect()
}

/// Names and titles of the built-in plans.
pub fn plans() -> Vec<(&'static str, String)> {
    PLANS.iter().map(|&(name, text)| (name, title(text, name))).collect()
}

/// Names and titles of the built-in sets of evidence.
pub fn evidence_sets() -> Vec<(&'static str, String)> {
    let rows = |files: &[(&str, &str)]| {
        let text = files.iter().find(|(name, _)| *name == "evidence.csv").map_or("", |file| file.1);
        csv::Reader::from_reader(text.as_bytes()).records().count()
    };
    EVIDENCE.iter().map(|(name, files)| (*name, format!("{} statements", rows(files)))).collect()
}

/// A file of a built-in set of evidence; nothing if there is none of this name.
pub fn evidence(name: &str, file: &str) -> Option<&'static str> {
    let (_, files) = EVIDENCE.iter().find(|(known, _)| *known == name)?;
    files.iter().find(|(known, _)| *known == file).map(|(_, text)| *text)
}

fn title(text: &str, name: &str) -> String {
    let table: Option<toml::Table> = text.parse().ok();
    let title = table.as_ref().and_then(|table| table.get("title")?.as_str());
    title.unwrap_or(name).to_owned()
}

/// A built-in baseline; nothing if there is none of this name.
pub fn baseline(name: &str) -> Option<Result<Tables, IoError>> {
    let &(name, files) = BASELINES.iter().find(|(known, _)| *known == name)?;
    Some(read_folder(Folder::BuiltIn(name, files), Signs::Strict).map(|bundle| bundle.tables))
}

/// Text of a built-in scenario; nothing if there is none of this name.
pub fn scenario(name: &str) -> Option<&'static str> {
    SCENARIOS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Text of a built-in plan; nothing if there is none of this name.
pub fn plan(name: &str) -> Option<&'static str> {
    PLANS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Names of the built-in calibrations.
pub fn calibrations() -> impl Iterator<Item = &'static str> {
    CALIBRATIONS.iter().map(|(name, _)| *name)
}

/// Text of a built-in calibration; nothing if there is none of this name.
pub fn calibration(name: &str) -> Option<&'static str> {
    CALIBRATIONS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Names of the built-in mappings for aggregation.
pub fn maps() -> impl Iterator<Item = &'static str> {
    MAPS.iter().map(|(name, _)| *name)
}

/// Names and titles of the built-in mappings: the first line of each, a comment.
pub fn map_titles() -> Vec<(&'static str, String)> {
    let title = |text: &str| {
        let first = text.lines().next().unwrap_or_default();
        first.trim_start_matches('#').trim().trim_end_matches('.').to_owned()
    };
    MAPS.iter().map(|(name, text)| (*name, title(text))).collect()
}

/// Text of a built-in mapping; nothing if there is none of this name.
pub fn map(name: &str) -> Option<&'static str> {
    MAPS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Names of the built-in sets of observed cells, and how many cells each has.
pub fn cell_sets() -> Vec<(&'static str, String)> {
    let rows = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    CELLS.iter().map(|(name, text)| (*name, format!("{} cells", rows(text) - 1))).collect()
}

/// Text of a built-in set of observed cells; nothing if there is none of this name.
pub fn cells(name: &str) -> Option<&'static str> {
    CELLS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// A baseline as a scenario asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedBaseline {
    /// Its tables.
    pub tables: Tables,
    /// Its name, as it calls itself.
    pub name: String,
    /// Fingerprint of its labels and values: [`digest()`].
    pub sha256: String,
    /// Remarks of its reader.
    pub warnings: Vec<String>,
}

/// Opens a built-in baseline, or the bundle in a folder: `relative_to` is the folder that a
/// relative path starts from, the current one if there is none.
///
/// # Errors
/// `Input` if there is neither, with the nearest name, or with all that is wrong with the bundle;
/// `File` if the file system fails.
pub fn open_baseline(
    name_or_path: &str,
    relative_to: Option<&Path>,
) -> Result<OpenedBaseline, IoError> {
    open(name_or_path, relative_to, Signs::Strict)
}

/// Opens a baseline whose shares are taken as given, `[model] unbalanced = "accept"`: like
/// [`open_baseline`], but negative inputs are a warning, see
/// [`read_published_bundle`](crate::tables::read_published_bundle).
///
/// # Errors
/// Those of [`open_baseline`] but for negative inputs.
pub fn open_published_baseline(
    name_or_path: &str,
    relative_to: Option<&Path>,
) -> Result<OpenedBaseline, IoError> {
    open(name_or_path, relative_to, Signs::AsPublished)
}

/// Opens a baseline that is about to be balanced: like [`open_baseline`], but any value may be
/// negative.
///
/// # Errors
/// Those of [`open_baseline`] but for negative values.
pub fn open_unbalanced_baseline(
    name_or_path: &str,
    relative_to: Option<&Path>,
) -> Result<OpenedBaseline, IoError> {
    open(name_or_path, relative_to, Signs::Any)
}

fn open(
    name_or_path: &str,
    relative_to: Option<&Path>,
    signs: Signs,
) -> Result<OpenedBaseline, IoError> {
    if let Some(tables) = baseline(name_or_path) {
        return Ok(opened(tables?, Vec::new()));
    }
    let mut path = PathBuf::from(name_or_path);
    if let Some(folder) = relative_to {
        path = folder.join(path);
    }
    if path.is_dir() {
        let bundle = read_folder(Folder::Disk(&path), signs)?;
        return Ok(opened(bundle.tables, bundle.warnings));
    }
    Err(unknown(name_or_path, &path).into())
}

fn opened(tables: Tables, warnings: Vec<String>) -> OpenedBaseline {
    OpenedBaseline {
        name: tables.description.name.clone(),
        sha256: digest(&tables),
        tables,
        warnings,
    }
}

fn unknown(name_or_path: &str, path: &Path) -> Diagnostic {
    let names = BASELINES.iter().map(|(name, _)| *name);
    if path.exists() {
        return Diagnostic::new(format!("baseline `{name_or_path}` is a file"))
            .expected("a folder with `baseline.toml`, or the name of a built-in baseline")
            .hint("an official table becomes such a folder by `viner data import`");
    }
    let is_path = name_or_path.contains(['/', '\\']) || name_or_path.starts_with('.');
    if is_path {
        let problem = format!("no folder `{}`", path.display());
        let diagnostic = Diagnostic::new(problem).expected("a folder with `baseline.toml`");
        return match near_folder(path, name_or_path) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic,
        };
    }
    Diagnostic::unknown("baseline", name_or_path, names)
        .hint(format!("it is neither built in nor a folder `{}`", path.display()))
}

/// The folder beside a missing one whose name is most like it, as the user would write it.
fn near_folder(path: &Path, as_written: &str) -> Option<String> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = parent.unwrap_or(Path::new(".")).read_dir().ok()?;
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> =
        folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let wanted = path.file_name()?.to_str()?;
    let near = nearest(wanted, names.iter().map(String::as_str))?;
    Some(Path::new(as_written).with_file_name(near).display().to_string())
}
