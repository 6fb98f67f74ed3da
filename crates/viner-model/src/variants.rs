//! Many scenarios on one baseline that differ in their policies alone.

use std::sync::Arc;

use crate::baseline::Baseline;
use crate::equilibrium::{
    Equilibrium, Failure, RunError, Settings, reference_baseline, solve, solve_from,
};
use crate::problem::{Problem, ScenarioError};
use crate::scenario::{Policy, Scenario};

/// What a family of scenarios has in common: the baseline that results compare with, the groups,
/// the model, and how exactly to solve.
#[derive(Clone, Debug)]
pub struct Variants {
    /// The baseline that results compare with.
    pub baseline: Arc<Baseline>,
    scenario: Scenario,
    settings: Settings,
}

/// Why a variant has no equilibrium.
#[derive(Clone, Debug, PartialEq)]
pub enum VariantFailure {
    /// Its policies contradict each other or the baseline.
    Scenario(Vec<ScenarioError>),
    /// It has no certified equilibrium.
    Solve(Failure),
}

impl VariantFailure {
    /// The first reason, in words.
    pub fn reason(&self) -> String {
        match self {
            Self::Scenario(errors) => errors.first().map_or_else(String::new, ToString::to_string),
            Self::Solve(failure) => failure.to_string(),
        }
    }

    /// Remedies.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Scenario(errors) => {
                errors.first().and_then(ScenarioError::hint).into_iter().collect()
            }
            Self::Solve(failure) => failure.hints(),
        }
    }
}

impl Variants {
    /// Variants of `scenario` on `baseline`, which is solved first where a closure asks for it.
    ///
    /// # Errors
    /// The scenario is wrong on the baseline, or the baseline has no equilibrium.
    pub fn new(
        baseline: Arc<Baseline>,
        scenario: &Scenario,
        settings: Settings,
    ) -> Result<Self, RunError> {
        let problem = Problem::new(Arc::clone(&baseline), scenario).map_err(RunError::Scenario)?;
        let reference = reference_baseline(&problem, settings)?;
        Ok(Self::on_reference(reference.map_or(baseline, Arc::new), scenario, settings))
    }

    /// Variants of `scenario` on the baseline of a problem that is solved already.
    pub fn on_reference(baseline: Arc<Baseline>, scenario: &Scenario, settings: Settings) -> Self {
        Self { baseline, scenario: scenario.clone(), settings }
    }

    /// The variant with these policies, and none of the scenario's own.
    ///
    /// # Errors
    /// What is wrong with them on the baseline.
    pub fn problem(&self, policies: Vec<Policy>) -> Result<Problem, Vec<ScenarioError>> {
        let scenario = Scenario { policies, ..self.scenario.clone() };
        Problem::new(Arc::clone(&self.baseline), &scenario)
    }

    /// The variant with these policies and its equilibrium, searched from the unknowns of another
    /// one if given, and from the baseline if that fails.
    ///
    /// # Errors
    /// The policies are wrong, or there is no certified equilibrium.
    pub fn solve(
        &self,
        policies: Vec<Policy>,
        start: Option<&[f64]>,
    ) -> Result<(Problem, Equilibrium), VariantFailure> {
        let problem = self.problem(policies).map_err(VariantFailure::Scenario)?;
        let warm = start.and_then(|_| solve_from(&problem, start, self.settings).ok());
        let equilibrium = match warm {
            Some(equilibrium) => equilibrium,
            None => solve(&problem, self.settings).map_err(VariantFailure::Solve)?,
        };
        Ok((problem, equilibrium))
    }
}
