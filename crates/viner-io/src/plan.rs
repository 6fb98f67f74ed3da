//! Plans: where they come from, and the question that each starts from.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use viner_model::scenario::Scenario;

use crate::builtin;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::question::{Question, scenario_source};
use crate::scenario_file::{
    PlanHead, PlanKind, PlanScenario, ScenarioFile, ScenarioSource, read_inline_scenario,
    read_scenario,
};

/// A plan, and the scenario it was solved with if it comes from a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanSource {
    /// The plan.
    pub plan: ScenarioSource,
    /// The scenario that the plan names, as it was.
    pub scenario: Option<ScenarioSource>,
}

/// The plan that is named by a path, by the folder or manifest of an earlier result, or as one of the
/// built-in ones.
///
/// # Errors
/// There is neither such a file nor such a built-in plan.
pub fn plan_source(name: &str) -> Result<PlanSource, Diagnostics> {
    let path = PathBuf::from(name);
    if !path.exists() {
        if let Some(text) = builtin::plan(name) {
            let plan = ScenarioSource::text(format!("{name}.toml"), text);
            return Ok(PlanSource { plan, scenario: None });
        }
        let names = builtin::plans();
        let names = names.iter().map(|(name, _)| *name);
        let diagnostic = Diagnostic::unknown("plan", name, names)
            .hint("a plan is a TOML file, or a name that `viner list` shows");
        return Err(diagnostic.into());
    }
    let manifest = path.join("manifest.json");
    let path = if manifest.is_file() { manifest } else { path };
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        return of_manifest(&path);
    }
    let plan = ScenarioSource::read(&path).map_err(|error| error.diagnostics())?;
    Ok(PlanSource { plan, scenario: None })
}

/// The plan of a name, and what it asks, where the name is not that of a scenario.
pub fn plan_of(name: &str) -> Option<(PlanKind, PlanSource)> {
    let source = plan_source(name).ok()?;
    PlanKind::of(&source.plan.text).map(|kind| (kind, source))
}

fn of_manifest(path: &Path) -> Result<PlanSource, Diagnostics> {
    let name = path.display().to_string();
    let refused = |problem: String| Diagnostic::new(problem).in_file(&name);
    let text = std::fs::read_to_string(path)
        .map_err(|error| refused(format!("cannot read the manifest: {error}")))?;
    let json: Json =
        serde_json::from_str(&text).map_err(|error| refused(format!("not JSON: {error}")))?;
    if json.get("plan").is_none_or(Json::is_null) {
        let diagnostic = refused("the manifest holds no plan".to_owned()).at_key("plan");
        return Err(diagnostic.expected("the manifest that `viner game` writes").into());
    }
    let part = |key: &str| {
        let part = json!({ "scenario": json[key], "baseline": json["baseline"] });
        ScenarioSource::manifest(&name, &part.to_string())
    };
    let mut plan = part("plan")?;
    plan.name = format!("plan of {name}");
    let has_scenario = json.get("scenario").is_some_and(|scenario| !scenario.is_null());
    let scenario = has_scenario.then(|| part("scenario")).transpose()?;
    Ok(PlanSource { plan, scenario })
}

/// A plan's scenario on its baseline, and the means to read the scenario again with other numbers.
#[derive(Clone, Debug)]
pub struct PlanQuestion {
    /// The scenario as it is.
    pub question: Question,
    source: ScenarioSource,
    /// Keys of the plan's own tables, if the scenario is in the plan.
    inline: Option<&'static [&'static str]>,
    set: Vec<String>,
}

impl PlanQuestion {
    /// Opens the scenario of a plan; `own` are the keys of the plan's own tables.
    ///
    /// # Errors
    /// All diagnostics.
    pub fn open(
        source: &PlanSource,
        head: &PlanHead,
        own: &'static [&'static str],
        overrides: &[String],
        table_tolerance: f64,
    ) -> Result<Self, Diagnostics> {
        let (question, mut scenario, inline, set) = match &head.scenario {
            PlanScenario::Inline(file) => {
                let file = ScenarioFile::clone(file);
                let question =
                    Question::of_file(&source.plan, file, Diagnostics::default(), table_tolerance)?;
                (question, source.plan.clone(), Some(own), overrides.to_vec())
            }
            PlanScenario::Named { name, set } => {
                let scenario = match &source.scenario {
                    Some(scenario) => scenario.clone(),
                    None => named_scenario(head, name)?,
                };
                (Question::open(&scenario, set, table_tolerance)?, scenario, None, set.clone())
            }
        };
        // Tables are read once, however often the scenario is.
        scenario.files.extend(question.file.files.clone());
        Ok(Self { question, source: scenario, inline, set })
    }

    /// The scenario with further overrides, `key=value` as after `--set`.
    ///
    /// # Errors
    /// What is wrong with it then.
    pub fn scenario_with(&self, overrides: &[String]) -> Result<Scenario, Diagnostics> {
        let all: Vec<String> = self.set.iter().chain(overrides).cloned().collect();
        let (file, diagnostics) = match self.inline {
            Some(own) => read_inline_scenario(&self.source, &all, own),
            None => read_scenario(&self.source, &all),
        };
        match file {
            Some(file) if diagnostics.is_empty() => Ok(file.scenario),
            _ => Err(diagnostics),
        }
    }
}

/// The scenario that a plan names: a path from the plan's folder, or a built-in one.
fn named_scenario(head: &PlanHead, name: &str) -> Result<ScenarioSource, Diagnostics> {
    let beside = head.folder.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists());
    let name = beside.map_or_else(|| name.to_owned(), |path| path.display().to_string());
    scenario_source(&name).map_err(|problems| {
        let place = |problem: Diagnostic| match problem.file {
            None => head.locations.place("scenario", problem),
            Some(_) => problem,
        };
        Diagnostics(problems.into_iter().map(place).collect())
    })
}
