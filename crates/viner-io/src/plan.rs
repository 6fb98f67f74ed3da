//! The question that a plan starts from.

use viner_model::scenario::Scenario;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::game::PlanSource;
use crate::question::{Question, scenario_source};
use crate::scenario_file::{
    PlanHead, PlanScenario, ScenarioFile, ScenarioSource, read_inline_scenario, read_scenario,
};

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
