//! The runs of a sweep as draws of a batch.

use std::sync::Arc;

use viner_model::equilibrium::{Batch, Draws, Equilibrium, Settings, Unsolved};
use viner_model::problem::Problem;
use viner_model::scenario::Scenario;

use super::collect::Collected;
use super::{Ran, SweepQuestion};

/// Runs, the first of which are solved from the equilibrium of the scenario itself.
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
        let (own, like) = (&base.question.file.scenario, scenario.0);
        let first = base.scenario_with(&sweep.overrides(0)).ok().and_then(|scenario| {
            let problem = if scenario.policies == own.policies && scenario.groups == own.groups {
                like.with_model(&scenario).ok()?
            } else {
                Problem::new(Arc::clone(&like.baseline), &scenario).ok()?
            };
            Some((scenario, problem))
        });
        let own = || (own.clone(), like.clone());
        Self { sweep, collected, start: scenario.1, first: first.unwrap_or_else(own) }
    }

    /// Solves those that are missing.
    pub fn solve(&self, missing: &[usize], scenario: &Problem, settings: Settings) {
        // The scenario is in the middle of its draws, the first one may be anywhere.
        let batch = Batch::new(scenario, settings);
        if batch.takes(&self.first.1) {
            batch.solve_near(missing, &self.sweep.runs, self);
        } else {
            Batch::new(&self.first.1, settings).solve_near(missing, &self.sweep.runs, self);
        }
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
