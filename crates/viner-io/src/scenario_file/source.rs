//! Where a scenario comes from: a file, a text, or the manifest of a run.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Diagnostics, IoError};

/// Largest table file read into memory, after decompression: far above any table of trade cells,
/// far below what a hostile archive can expand to.
const MAX_TABLE_BYTES: u64 = 1 << 30;

/// A scenario's text and the tables it may name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenarioSource {
    /// Name of the file for messages.
    pub name: String,
    /// TOML text.
    pub text: String,
    /// Folder from which table files are read; without it, none is read from the disk.
    pub folder: Option<PathBuf>,
    /// Tables at hand, by the path that the scenario names them by; these come before the disk.
    pub files: BTreeMap<String, String>,
    /// Overrides that belong to the source, applied before all others.
    pub set: Vec<String>,
    /// What the manifest says of the run, if the source is one.
    pub recorded: Recorded,
}

/// What the manifest of a run says of its baseline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// Digest of the baseline's labels and values.
    pub baseline_sha256: Option<String>,
    /// Largest failure of an accounting identity that was accepted, relative to world output.
    pub table_tolerance: Option<f64>,
}

impl ScenarioSource {
    /// A text that is in no file (a built-in scenario, a request to the server): no table is read
    /// from the disk unless [`folder`](Self::folder) is set afterwards.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), ..Self::default() }
    }

    /// A scenario file; the manifest of a run (`manifest.json`); or a run's folder.
    ///
    /// # Errors
    /// [`IoError::File`] if it cannot be read, [`IoError::Input`] if it is no UTF-8 text or no
    /// manifest.
    pub fn read(path: &Path) -> Result<Self, IoError> {
        let manifest = path.join("manifest.json");
        let path = if manifest.is_file() { manifest.as_path() } else { path };
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(IoError::file("read", path))?;
        let text = utf8(bytes, &name).map_err(|diagnostic| *diagnostic)?;
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            return Ok(Self::manifest(&name, &text)?);
        }
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Self { folder: Some(folder), ..Self::text(name, text) })
    }

    /// The scenario in the manifest of a run, with its overrides and the tables it was run with.
    ///
    /// # Errors
    /// What the manifest lacks.
    pub fn manifest(name: &str, json: &str) -> Result<Self, Diagnostics> {
        let json: Json = serde_json::from_str(json).map_err(|error| {
            Diagnostic::new(format!("not JSON: {error}"))
                .in_file(name)
                .expected("the manifest that `viner run` writes")
        })?;
        let scenario = json.get("scenario").unwrap_or(&Json::Null);
        let Some(text) = scenario.get("text").and_then(Json::as_str) else {
            let diagnostic = Diagnostic::new("the manifest holds no scenario")
                .in_file(name)
                .at_key("scenario.text")
                .expected("the text of a scenario");
            return Err(diagnostic.into());
        };
        let set = match scenario.get("set") {
            None => Some(Vec::new()),
            Some(set) => set.as_array().and_then(|items| items.iter().map(owned_text).collect()),
        };
        let files = match scenario.get("files") {
            None => Some(BTreeMap::new()),
            Some(files) => files.as_object().and_then(|files| {
                files.iter().map(|(path, text)| Some((path.clone(), owned_text(text)?))).collect()
            }),
        };
        let wrong_type = |key: &str| {
            Diagnostic::new(format!("`{key}` has a value of the wrong type"))
                .in_file(name)
                .at_key(format!("scenario.{key}"))
        };
        let mut diagnostics = Diagnostics::default();
        if set.is_none() {
            diagnostics.push(wrong_type("set").expected("a list of texts"));
        }
        if files.is_none() {
            diagnostics.push(wrong_type("files").expected("a text for each path"));
        }
        diagnostics.into_result()?;
        Ok(Self {
            files: files.unwrap_or_default(),
            set: set.unwrap_or_default(),
            folder: scenario.get("folder").and_then(owned_text).map(PathBuf::from),
            recorded: Recorded {
                baseline_sha256: json.pointer("/baseline/sha256").and_then(owned_text),
                table_tolerance: json.pointer("/baseline/table_tolerance").and_then(Json::as_f64),
            },
            ..Self::text(format!("scenario of {name}"), text)
        })
    }

    /// Name of a table file for messages.
    pub(super) fn display_name(&self, path: &str) -> String {
        match &self.folder {
            Some(folder) if !self.files.contains_key(path) => {
                folder.join(path).display().to_string()
            }
            _ => path.to_owned(),
        }
    }

    /// Text of a table file; what is wrong, without a place, if there is none.
    pub(super) fn table_text(&self, path: &str) -> Result<String, Box<Diagnostic>> {
        if let Some(text) = self.files.get(path) {
            return Ok(text.clone());
        }
        let Some(folder) = &self.folder else {
            let known = self.files.keys().map(String::as_str);
            let diagnostic = Diagnostic::unknown("table file", path, known)
                .hint("this scenario is not read from a folder, so it has no files beside it");
            return Err(Box::new(diagnostic));
        };
        let full = folder.join(path);
        let refuse = |reason: &dyn std::fmt::Display| {
            Box::new(Diagnostic::new(format!("cannot read `{}`: {reason}", full.display())))
        };
        if full.exists() && !full.is_file() {
            return Err(refuse(&"it is not a file"));
        }
        let file = File::open(&full).map_err(|error| refuse(&error))?;
        let mut bytes = Vec::new();
        let compressed = is_compressed(path);
        let limit = MAX_TABLE_BYTES + 1;
        if compressed {
            MultiGzDecoder::new(file).take(limit).read_to_end(&mut bytes)
        } else {
            file.take(limit).read_to_end(&mut bytes)
        }
        .map_err(|error| refuse(&error))?;
        if bytes.len() as u64 > MAX_TABLE_BYTES {
            return Err(refuse(&format!("it is larger than {} MiB", MAX_TABLE_BYTES >> 20)));
        }
        utf8(bytes, &full.display().to_string())
    }
}

/// Whether a table file's name says that it is compressed.
fn is_compressed(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

/// Whether a table file's name is one that can be read.
pub(super) fn is_table_name(path: &str) -> bool {
    let stem = if is_compressed(path) { Path::new(path).with_extension("") } else { path.into() };
    stem.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

fn owned_text(json: &Json) -> Option<String> {
    json.as_str().map(ToOwned::to_owned)
}

fn utf8(bytes: Vec<u8>, name: &str) -> Result<String, Box<Diagnostic>> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count() as u64;
        let diagnostic = Diagnostic::new("not UTF-8 text").in_file(name).at_line(line);
        Box::new(diagnostic.hint("save the file with the encoding UTF-8"))
    })
}
