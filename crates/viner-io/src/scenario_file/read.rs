//! A whole scenario file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use viner_model::scenario::Scenario;

use super::choices::{ReportChoices, SolverChoices, read_report, read_solver};
use super::document::{Node, parse_document};
use super::fields::{Fields, texts_of};
use super::findings::{Findings, Reported};
use super::locations::Locations;
use super::model::read_model;
use super::overrides;
use super::policies::read_policies;
use super::source::ScenarioSource;
use super::table_files::TableFiles;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Keys of a scenario.
pub(super) const KEYS: [&str; 7] =
    ["title", "baseline", "groups", "model", "solver", "policy", "report"];

/// A scenario file, read.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioFile {
    /// The question to the model.
    pub scenario: Scenario,
    /// Name or path of the baseline, as written; place errors about it at the key `baseline`.
    pub baseline: Option<String>,
    /// `[solver]`.
    pub solver: SolverChoices,
    /// `[report]`.
    pub report: ReportChoices,
    /// Where everything was written.
    pub locations: Locations,
    /// Text of every table file read, by the path that the scenario names it by.
    pub files: BTreeMap<String, String>,
    /// The TOML text, as it was before any override.
    pub text: String,
    /// All overrides applied, in order.
    pub set: Vec<String>,
    /// Folder that the paths in it start from.
    pub folder: Option<PathBuf>,
}

impl ScenarioFile {
    /// The scenario as a run's manifest keeps it: [`ScenarioSource::manifest`] reads it back.
    pub fn manifest_entry(&self) -> Json {
        manifest_entry(&self.text, &self.set, &self.files, self.folder.as_deref())
    }
}

/// A text with what it was read with, as a manifest keeps it.
pub(super) fn manifest_entry(
    text: &str,
    set: &[String],
    files: &BTreeMap<String, String>,
    folder: Option<&Path>,
) -> Json {
    let folder = folder.map(|folder| {
        // The folder of a file named without one is the current one.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()).display().to_string()
    });
    json!({ "text": text, "set": set, "files": files, "folder": folder })
}

/// Reads a scenario and applies `overrides` (`key=value`), finding everything that can be wrong
/// without a baseline.
///
/// What is wrong is replaced by what does nothing, so that the rest of the scenario can still be
/// checked on a baseline. It must not be solved: only a scenario without any diagnostic is what the
/// user asked for. A text that is no TOML gives none.
pub fn read_scenario(
    source: &ScenarioSource,
    overrides: &[String],
) -> (Option<ScenarioFile>, Diagnostics) {
    let mut findings = Findings::new(&source.name);
    let file = read(source, overrides, &mut findings).ok();
    (file, findings.into_diagnostics())
}

fn read(
    source: &ScenarioSource,
    overrides: &[String],
    findings: &mut Findings,
) -> Result<ScenarioFile, Reported> {
    let (mut root, errors) = parse_document(&source.text);
    if !errors.is_empty() {
        // What was meant by a text that is no TOML is guesswork: only the syntax is reported.
        for error in errors {
            findings.add_syntax(error, "");
        }
        return Err(Reported);
    }
    let set: Vec<String> = source.set.iter().chain(overrides).cloned().collect();
    let _ = overrides::apply(&mut root, &set, findings);
    read_root(&root, &[], source, set, findings)
}

/// The scenario in a document, in which `other_keys` may stand too.
pub(super) fn read_root(
    root: &Node,
    other_keys: &[&str],
    source: &ScenarioSource,
    set: Vec<String>,
    findings: &mut Findings,
) -> Result<ScenarioFile, Reported> {
    let mut locations = Locations::of(&source.name, root);
    let mut tables = TableFiles::new(source);
    let fields = Fields::of(root, "", "a table", findings)?;
    let keys: Vec<&str> = KEYS.iter().chain(other_keys).copied().collect();
    let _ = fields.check_keys(&keys, findings);
    let title = fields.text("title", "one line of text", findings);
    let baseline =
        fields.text("baseline", "the name of a built-in baseline, or the path of one", findings);
    let groups = read_groups(fields.node("groups"), findings);
    let model = read_model(fields.node("model"), &mut tables, &mut locations, findings);
    let solver = read_solver(fields.node("solver"), findings);
    let report = read_report(fields.node("report"), findings);
    let policies = read_policies(fields.node("policy"), &mut tables, &mut locations, findings);
    Ok(ScenarioFile {
        scenario: Scenario {
            title: title.ok().flatten().unwrap_or_default().to_owned(),
            groups,
            model: model.unwrap_or_default(),
            policies,
        },
        baseline: baseline.ok().flatten().map(ToOwned::to_owned),
        solver: solver.unwrap_or_default(),
        report: report.unwrap_or_default(),
        locations,
        files: tables.into_texts(),
        text: source.text.clone(),
        set,
        folder: source.folder.clone(),
    })
}

/// `[groups]`; none where it is absent. A group that cannot be read is empty.
fn read_groups(node: Option<&Node>, findings: &mut Findings) -> BTreeMap<String, Vec<String>> {
    let mut groups = BTreeMap::new();
    let Some(node) = node else { return groups };
    let Ok(fields) = Fields::of(node, "groups", "a table, `[groups]`", findings) else {
        return groups;
    };
    for entry in fields.entries() {
        let path = fields.path_of(&entry.key);
        let reserved = match entry.key.as_str() {
            "" => Some("an empty name"),
            "*" => Some("`*` stands for everything"),
            "default" => Some("`default` is the key of an elasticity's default"),
            name if name.contains('.') => Some("a point separates region and sector"),
            _ => None,
        };
        if let Some(reason) = reserved {
            let diagnostic =
                Diagnostic::new(format!("`{}` cannot name a group: {reason}", entry.key))
                    .expected("another name");
            findings.add(entry.key_at, &path, diagnostic);
        }
        let expected = "a list of codes, such as [\"USA\", \"CAN\"]";
        let members = texts_of(&entry.node, &path, expected, findings);
        groups.insert(entry.key.clone(), members.unwrap_or_default());
    }
    groups
}
