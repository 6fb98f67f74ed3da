//! What all plans have in common: a scenario, by its name or in the plan itself, and tables of
//! their own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::document::{Node, parse_document};
use super::fields::Fields;
use super::findings::{Findings, Reported};
use super::game_plan::PLAYER;
use super::locations::Locations;
use super::optimize_plan::OPTIMIZE;
use super::overrides;
use super::path_plan::PATH;
use super::read::{KEYS, ScenarioFile, manifest_entry, read_root};
use super::source::ScenarioSource;
use super::sweep_plan::SWEEP;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What a plan asks, told by the table that only plans of its kind have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanKind {
    /// `[sweep]`.
    Sweep,
    /// `[optimize]`.
    Optimize,
    /// `[[player]]`.
    Game,
    /// `[path]`.
    Path,
}

impl PlanKind {
    /// The kind of a plan from its text; none if it is the text of a scenario.
    pub fn of(text: &str) -> Option<Self> {
        let (root, _) = parse_document(text);
        let kinds = [
            (SWEEP, Self::Sweep),
            (OPTIMIZE, Self::Optimize),
            (PLAYER, Self::Game),
            (PATH, Self::Path),
        ];
        kinds.into_iter().find(|(key, _)| root.get(key).is_some()).map(|(_, kind)| kind)
    }
}

/// The scenario of a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanScenario {
    /// A name or a path, and the overrides that are meant for it.
    Named {
        /// As written.
        name: String,
        /// Overrides of keys that are the scenario's.
        set: Vec<String>,
    },
    /// The tables of a scenario in the plan itself.
    Inline(Box<ScenarioFile>),
}

/// A plan but for its own tables.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanHead {
    /// One line for people; empty where the scenario's shall be used.
    pub title: String,
    /// What it starts from.
    pub scenario: PlanScenario,
    /// Where everything was written.
    pub locations: Locations,
    /// The TOML text, as it was before any override.
    pub text: String,
    /// All overrides applied, in order.
    pub set: Vec<String>,
    /// Folder that the paths in it start from.
    pub folder: Option<PathBuf>,
}

impl PlanHead {
    /// The plan as a manifest keeps it: with the tables that a scenario in it names, and those that it names
    /// elsewhere, `own`.
    pub fn manifest_entry(&self, own: &BTreeMap<String, String>) -> Json {
        let mut files = own.clone();
        if let PlanScenario::Inline(scenario) = &self.scenario {
            files.extend(scenario.files.clone());
        }
        manifest_entry(&self.text, &self.set, &files, self.folder.as_deref())
    }
}

/// Reads what a plan has in common with others; `own` are the keys of its own tables. The root is
/// returned for these to be read.
pub(super) fn read_head(
    source: &ScenarioSource,
    overrides: &[String],
    own: &[&str],
    findings: &mut Findings,
) -> Result<(PlanHead, Node), Reported> {
    let (mut root, errors) = parse_document(&source.text);
    if !errors.is_empty() {
        for error in errors {
            findings.add_syntax(error, "");
        }
        return Err(Reported);
    }
    let named = root.get("scenario").is_some();
    let of_plan = |argument: &&String| {
        let key = argument.split(['.', '=']).next().unwrap_or_default().trim();
        !named || own.contains(&key) || ["scenario", "title"].contains(&key)
    };
    let all: Vec<String> = source.set.iter().chain(overrides).cloned().collect();
    let (set, rest): (Vec<String>, Vec<String>) = {
        let (set, rest): (Vec<&String>, Vec<&String>) = all.iter().partition(of_plan);
        (set.into_iter().cloned().collect(), rest.into_iter().cloned().collect())
    };
    let _ = overrides::apply(&mut root, &set, findings);
    let locations = Locations::of(&source.name, &root);
    let fields = Fields::of(&root, "", "a table", findings)?;
    let title = fields.text("title", "one line of text", findings);
    let others: Vec<&str> = own.iter().copied().chain(["scenario"]).collect();
    let scenario = if named {
        let expected = "the name of a built-in scenario, or the path of one";
        for key in KEYS.iter().filter(|key| **key != "title") {
            if let Some(entry) = fields.entry(key) {
                let problem = format!("`{key}` and `scenario` contradict each other");
                let diagnostic = Diagnostic::new(problem)
                    .expected("a scenario by its name, or its tables in the plan");
                findings.add(entry.key_at, key, diagnostic);
            }
        }
        let known: Vec<&str> = KEYS.iter().chain(&others).copied().collect();
        let _ = fields.check_keys(&known, findings);
        let name = fields.text("scenario", expected, findings);
        name.map(|name| PlanScenario::Named {
            name: name.unwrap_or_default().to_owned(),
            set: rest,
        })
    } else {
        let file = read_root(&root, &others, source, set.clone(), findings);
        file.map(|file| PlanScenario::Inline(Box::new(file)))
    };
    let head = PlanHead {
        title: title.ok().flatten().unwrap_or_default().to_owned(),
        scenario: scenario?,
        locations,
        text: source.text.clone(),
        set: if named { all } else { set },
        folder: source.folder.clone(),
    };
    Ok((head, root))
}

/// The scenario in a plan with further overrides; `own` are the keys of the plan's own tables.
pub(crate) fn read_inline_scenario(
    source: &ScenarioSource,
    overrides: &[String],
    own: &[&str],
) -> (Option<ScenarioFile>, Diagnostics) {
    let mut findings = Findings::new(&source.name);
    let head = read_head(source, overrides, own, &mut findings);
    let file = head.ok().and_then(|(head, _)| match head.scenario {
        PlanScenario::Inline(file) => Some(*file),
        PlanScenario::Named { .. } => None,
    });
    (file, findings.into_diagnostics())
}
