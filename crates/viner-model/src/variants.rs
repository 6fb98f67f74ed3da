//! Many scenarios on one baseline that differ in their policies alone.

use std::sync::Arc;

use rayon::prelude::*;

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

/// Part of the tolerance for equilibria that are compared with hardly different ones.
const EXACT: f64 = 0.01;

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

    /// The scenario with these policies, and none of its own.
    #[must_use]
    pub fn scenario_with(&self, policies: Vec<Policy>) -> Scenario {
        Scenario { policies, ..self.scenario.clone() }
    }

    /// The variant with these policies, and none of the scenario's own.
    ///
    /// # Errors
    /// What is wrong with them on the baseline.
    pub fn problem(&self, policies: Vec<Policy>) -> Result<Problem, Vec<ScenarioError>> {
        Problem::new(Arc::clone(&self.baseline), &self.scenario_with(policies))
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
        let equilibrium = self.equilibrium(&problem, start)?;
        Ok((problem, equilibrium))
    }

    fn equilibrium(
        &self,
        problem: &Problem,
        start: Option<&[f64]>,
    ) -> Result<Equilibrium, VariantFailure> {
        let warm = start.and_then(|_| solve_from(problem, start, self.settings).ok());
        warm.map_or_else(|| solve(problem, self.settings), Ok).map_err(VariantFailure::Solve)
    }

    /// The equilibrium of a variant, searched as by [`solve`](Self::solve), to within a hundredth of
    /// the tolerance where that can be had: its outcomes can be compared with those of others that
    /// hardly differ.
    ///
    /// # Errors
    /// There is no certified equilibrium.
    pub fn exact_equilibrium(
        &self,
        problem: &Problem,
        start: Option<&[f64]>,
    ) -> Result<Equilibrium, VariantFailure> {
        let settings = Settings { tolerance: EXACT * self.settings.tolerance, ..self.settings };
        start
            .and_then(|_| solve_from(problem, start, settings).ok())
            .map_or_else(|| self.equilibrium(problem, start), Ok)
    }

    /// Solves `count` variants in parallel, the first from the baseline and all others from the first,
    /// so that results do not depend on the number of threads; of each, what `keep` makes of it.
    ///
    /// # Errors
    /// The position of the first variant that has no equilibrium, why, and how many have none.
    pub fn solve_each<T: Send>(
        &self,
        count: usize,
        policies: impl Fn(usize) -> Vec<Policy> + Sync,
        keep: impl Fn(&Problem, &Equilibrium) -> T + Sync,
    ) -> Result<Vec<T>, (usize, VariantFailure, usize)> {
        let solved = |index: usize, start: Option<&[f64]>| {
            let (problem, equilibrium) = self.solve(policies(index), start)?;
            Ok((keep(&problem, &equilibrium), equilibrium.unknowns))
        };
        let Some(last) = count.checked_sub(1) else { return Ok(Vec::new()) };
        let first: Result<_, VariantFailure> = solved(0, None);
        let start = first.as_ref().ok().map(|(_, unknowns)| unknowns.as_slice());
        let others: Vec<Result<_, VariantFailure>> = (1..=last)
            .into_par_iter()
            .map(|index| solved(index, start).map(|(kept, _)| kept))
            .collect();
        let all: Vec<_> = std::iter::once(first.map(|(kept, _)| kept)).chain(others).collect();
        let failures = all.iter().filter(|result| result.is_err()).count();
        let mut kept = Vec::with_capacity(all.len());
        for (index, result) in all.into_iter().enumerate() {
            kept.push(result.map_err(|failure| (index, failure, failures))?);
        }
        Ok(kept)
    }

    /// What is wrong with each of `count` variants, found in parallel.
    pub fn check_each(
        &self,
        count: usize,
        policies: impl Fn(usize) -> Vec<Policy> + Sync,
    ) -> Vec<Vec<ScenarioError>> {
        let check = |index| self.problem(policies(index)).err().unwrap_or_default();
        (0..count).into_par_iter().map(check).collect()
    }
}
