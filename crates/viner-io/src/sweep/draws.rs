//! The runs of a sweep as draws of a batch.

use std::sync::Arc;

use viner_model::equilibrium::{Draws, Equilibrium, Unsolved};
use viner_model::problem::Problem;
use viner_model::scenario::Scenario;

use super::collect::Collected;
use super::{Ran, SweepQuestion};

/// Runs that are solved from the equilibrium of the scenario itself.
pub(super) struct Runs<'a> {
    sweep: &'a SweepQuestion,
    collected: &'a Collected<'a>,
    /// Unknowns of the scenario's own equilibrium.
    start: &'a [f64],
    /// The scenario of the first run and its problem, like which all others are.
    first: (Scenario, Problem),
}

impl<'a> Runs<'a> {
    /// The runs of a sweep whose scenario has the problem and the unknowns given.
    pub fn new(
        sweep: &'a SweepQuestion,
        collected: &'a Collected<'a>,
        scenario: (&Problem, &'a [f64]),
    ) -> Self {
        let base = &sweep.base;
        let own = || (base.question.file.scenario.clone(), scenario.0.clone());
        let first = base.scenario_with(&sweep.overrides(0)).ok().and_then(|scenario| {
            let problem = Problem::new(Arc::clone(&base.question.baseline), &scenario).ok()?;
            Some((scenario, problem))
        });
        Self { sweep, collected, start: scenario.1, first: first.unwrap_or_else(own) }
    }

    /// What all runs are like.
    pub fn template(&self) -> &Problem {
        &self.first.1
    }
}

impl Draws for Runs<'_> {
    type Error = String;

    fn problem(&self, run: usize, _: Option<Problem>) -> Result<Problem, String> {
        let scenario = self.sweep.scenario(run)?;
        let (first, like) = &self.first;
        let same_policies = scenario.policies == first.policies && scenario.groups == first.groups;
        let problem = if same_policies {
            like.with_model(&scenario)
        } else {
            Problem::new(Arc::clone(&like.baseline), &scenario)
        };
        problem.map_err(|errors| errors.first().map_or_else(String::new, ToString::to_string))
    }

    fn start(&self, _: usize) -> Option<Vec<f64>> {
        Some(self.start.to_vec())
    }

    fn solved(&self, run: usize, result: Result<(&Problem, &Equilibrium), Unsolved<String>>) {
        let ran = match result {
            Ok((problem, equilibrium)) => self.sweep.told(problem, equilibrium),
            Err(Unsolved::Problem(reason)) => Ran::Failed(reason),
            Err(Unsolved::Solve(failure)) => Ran::Failed(failure.to_string()),
        };
        self.collected.take(run, ran);
    }
}
