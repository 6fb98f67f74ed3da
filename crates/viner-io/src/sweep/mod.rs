//! Sweeps: many draws of the numbers of one scenario, each solved.

mod collect;
mod draws;
mod parts;
mod statistics;

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use viner_model::equilibrium::{Equilibrium, run};
use viner_model::outcome::{Measure, Outcome};
use viner_model::problem::Problem;
use viner_model::scenario::Scenario;
use viner_numerics::sampling::{Indices, correlate, grid, points};

use self::collect::Collected;
use self::draws::Runs;
use self::parts::Parts;
use crate::diagnostic::{Diagnostic, Diagnostics, IoError};
use crate::plan::{PlanQuestion, PlanSource};
use crate::question::NoAnswer;
use crate::results::Program;
use crate::scenario_file::{Design, SWEEP, SweepPlan, read_sweep_plan};

pub use parts::parts_folder;
pub use statistics::Summary;

/// A plan on its baseline, both checked, and all its draws.
#[derive(Clone, Debug)]
pub struct SweepQuestion {
    /// The plan.
    pub plan: SweepPlan,
    /// Its scenario and baseline.
    pub base: PlanQuestion,
    measures: Vec<Measure>,
    /// Values of all keys, by run: the draws, then those that only indices need.
    runs: Vec<Vec<f64>>,
    draws: usize,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ran {
    /// Outcomes in the order of the plan; missing where there is nothing to tell.
    Solved(Vec<Option<f64>>),
    /// Why there is no certified equilibrium.
    Failed(String),
}

impl Ran {
    /// Outcome by position; NaN where there is none.
    pub fn value(&self, outcome: usize) -> f64 {
        match self {
            Self::Solved(values) => values[outcome].unwrap_or(f64::NAN),
            Self::Failed(_) => f64::NAN,
        }
    }

    /// Why it has no outcomes.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Solved(_) => None,
            Self::Failed(reason) => Some(reason),
        }
    }
}

/// A sweep with its outcomes.
#[derive(Clone, Debug)]
pub struct SolvedSweep {
    /// The scenario as it is.
    pub problem: Problem,
    /// Its equilibrium.
    pub equilibrium: Equilibrium,
    /// All runs in order.
    pub ran: Vec<Ran>,
    /// How many of them an earlier attempt had solved.
    pub resumed: usize,
}

/// Why a sweep has no outcomes.
#[derive(Debug)]
pub enum NoSweep {
    /// The scenario itself has no answer.
    Scenario(NoAnswer),
    /// Its files cannot be read or written.
    Files(IoError),
}

impl From<IoError> for NoSweep {
    fn from(error: IoError) -> Self {
        Self::Files(error)
    }
}

impl SweepQuestion {
    /// Reads a plan, its scenario and its baseline, and makes all draws.
    ///
    /// # Errors
    /// All diagnostics.
    pub fn open(
        source: &PlanSource,
        overrides: &[String],
        table_tolerance: f64,
    ) -> Result<Self, Diagnostics> {
        let (plan, diagnostics) = read_sweep_plan(&source.plan, overrides);
        let Some(plan) = plan.filter(|_| diagnostics.is_empty()) else { return Err(diagnostics) };
        let base = PlanQuestion::open(source, &plan.head, &[SWEEP], overrides, table_tolerance)?;
        let mut diagnostics = Diagnostics::default();
        let measures = measures(&plan, &base, &mut diagnostics);
        let draws = draws(&plan);
        let runs = if plan.indices { with_mixed(&draws, &plan) } else { draws.0.clone() };
        let sweep = Self { plan, base, measures, draws: draws.0.len(), runs };
        sweep.check_keys(&mut diagnostics);
        diagnostics.into_result().map(|()| sweep)
    }

    /// Title of the plan; that of its scenario where it has none.
    pub fn title(&self) -> &str {
        let title = self.plan.head.title.as_str();
        if title.is_empty() { self.base.question.title() } else { title }
    }

    /// Number of draws: those without the runs that only indices need.
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// Number of equilibria to solve beside that of the scenario.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Values of all keys in a run.
    pub fn values(&self, run: usize) -> &[f64] {
        &self.runs[run]
    }

    /// What a run that only indices need is for: `b`, or the key that it has from there.
    pub fn role(&self, run: usize) -> &str {
        match (run / self.draws).checked_sub(2) {
            None if run < self.draws => "a",
            None => "b",
            Some(key) => &self.plan.vary[key].key,
        }
    }

    fn overrides(&self, run: usize) -> Vec<String> {
        let keys = self.plan.vary.iter().zip(&self.runs[run]);
        // A number that is whole is written as one that is not.
        keys.map(|(vary, value)| format!("{}={value:?}", vary.key)).collect()
    }

    /// Every key must be one of the scenario.
    fn check_keys(&self, diagnostics: &mut Diagnostics) {
        for (index, vary) in self.plan.vary.iter().enumerate() {
            let value = self.runs[0][index];
            if let Err(problems) = self.base.scenario_with(&[format!("{}={value:?}", vary.key)]) {
                // A value out of range fails its draw; a key that does not exist fails the plan.
                let wrong = problems.0.iter().find(|problem| {
                    !problem.problem.contains("out of range") && problem.file.is_some()
                });
                if let Some(problem) = wrong {
                    let path = format!("sweep.vary.{index}.key");
                    let told = Diagnostic {
                        file: None,
                        line: None,
                        column: None,
                        key: None,
                        ..problem.clone()
                    };
                    diagnostics.push(self.plan.head.locations.place(&path, told));
                }
            }
        }
    }

    /// Solves the scenario and all runs, in parallel. A few runs, always the same, are started from the
    /// scenario's own equilibrium, the others from where these say they are, so that results depend on
    /// the plan alone. With a `folder` finished parts are kept
    /// beside it, and those of an earlier attempt are not solved again. `progress` is told how many runs
    /// are done, and how many of these were before.
    ///
    /// # Errors
    /// The scenario has no equilibrium, or files cannot be read or written.
    pub fn solve(
        &self,
        folder: Option<&Path>,
        program: Program,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<SolvedSweep, NoSweep> {
        let question = &self.base.question;
        let (problem, equilibrium) = question.solve().map_err(NoSweep::Scenario)?;
        let parts = Parts::open(folder, &self.digest(program), self.runs.len())?;
        let collected = Collected::new(&parts, progress)?;
        let missing = collected.missing();
        if problem.needs_reference() {
            missing.into_par_iter().for_each(|run| collected.take(run, self.run(run)));
        } else {
            let runs = Runs::new(self, &collected, (&problem, &equilibrium.unknowns));
            runs.solve(&missing, &problem, question.settings);
        }
        let (ran, resumed) = collected.finish()?;
        Ok(SolvedSweep { problem, equilibrium, ran, resumed })
    }

    /// The scenario of a run, or why there is none.
    fn scenario(&self, run: usize) -> Result<Scenario, String> {
        let scenario = self.base.scenario_with(&self.overrides(run));
        scenario.map_err(|problems| first_of(&problems))
    }

    /// Outcomes of a run.
    fn told(&self, problem: &Problem, equilibrium: &Equilibrium) -> Ran {
        let number = |measure: &Measure| {
            let value = measure.number(problem, equilibrium).ok();
            value.filter(|value| value.is_finite())
        };
        Ran::Solved(self.measures.iter().map(number).collect())
    }

    /// A run on a baseline that must be solved first, as it depends on the numbers drawn.
    fn run(&self, number: usize) -> Ran {
        let question = &self.base.question;
        let solved = self.scenario(number).and_then(|scenario| {
            run(Arc::clone(&question.baseline), &scenario, question.settings)
                .map_err(|error| reason(&question.no_answer(error)))
        });
        match solved {
            Ok((problem, equilibrium)) => self.told(&problem, &equilibrium),
            Err(reason) => Ran::Failed(reason),
        }
    }

    /// What all results follow from.
    fn digest(&self, program: Program) -> String {
        let question = &self.base.question;
        let all = json!([
            self.plan.head.manifest_entry(&std::collections::BTreeMap::new()),
            question.file.manifest_entry(),
            question.baseline_entry(),
            [program.version, program.commit],
        ]);
        parts::digest(&all.to_string())
    }

    /// Indices of Sobol' by outcome and key; runs that failed are left out together with those that go
    /// with them.
    pub fn indices(&self, solved: &SolvedSweep, outcome: usize) -> Vec<Option<Indices>> {
        let at = |block: usize, draw: usize| solved.ran[block * self.draws + draw].value(outcome);
        let of_key = |key: usize| {
            let complete =
                |draw: &usize| [0, 1, key + 2].iter().all(|block| at(*block, *draw).is_finite());
            let rows: Vec<usize> = (0..self.draws).filter(complete).collect();
            let block =
                |block: usize| -> Vec<f64> { rows.iter().map(|&draw| at(block, draw)).collect() };
            viner_numerics::sampling::indices(&block(0), &block(1), &block(key + 2))
        };
        (0..self.plan.vary.len()).map(of_key).collect()
    }

    /// The manifest of a sweep: enough to repeat it, and nothing that differs from one time to the
    /// next.
    pub fn manifest(&self, solved: &SolvedSweep, program: Program) -> Json {
        let question = &self.base.question;
        let scenario = match self.plan.head.scenario {
            crate::scenario_file::PlanScenario::Named { .. } => question.file.manifest_entry(),
            crate::scenario_file::PlanScenario::Inline(_) => Json::Null,
        };
        let failed = solved.ran.iter().filter(|ran| ran.reason().is_some()).count();
        json!({
            "viner": { "version": program.version, "commit": program.commit },
            "title": self.title(),
            "plan": self.plan.head.manifest_entry(&std::collections::BTreeMap::new()),
            "scenario": scenario,
            "baseline": question.baseline_entry(),
            "sweep": {
                "draws": self.draws,
                "runs": self.runs.len(),
                "failed": failed,
                "seed": self.plan.seed,
                "outcomes": self.plan.outcomes,
            },
            "solver": { "tolerance": question.settings.tolerance },
            "certificate": { "largest": solved.equilibrium.certificate.worst().relative },
            "platform": {
                "os": std::env::consts::OS,
                "architecture": std::env::consts::ARCH,
            },
        })
    }
}

/// Removes what was kept of finished parts, after the results are written.
///
/// # Errors
/// What the file system answers.
pub fn remove_parts(folder: &Path) -> Result<(), IoError> {
    parts::remove(folder)
}

fn measures(plan: &SweepPlan, base: &PlanQuestion, diagnostics: &mut Diagnostics) -> Vec<Measure> {
    let names = base.question.names();
    let mut measures = Vec::with_capacity(plan.outcomes.len());
    for (index, text) in plan.outcomes.iter().enumerate() {
        let path = format!("sweep.outcomes.{index}");
        let place = |problem: String| {
            plan.head.locations.place(&path, Diagnostic::new(problem).hint(format!("in `{text}`")))
        };
        match Outcome::parse(text).and_then(|outcome| Ok((outcome.bind(&names)?, outcome))) {
            Ok((_, outcome)) if outcome.is_text() || outcome.needs_path() => {
                diagnostics.push(place("no number of an equilibrium".to_owned()));
            }
            Ok((measure, _)) => measures.push(measure),
            Err(error) => {
                diagnostics.push(place(format!("character {}: {error}", error.column)));
            }
        }
    }
    measures
}

/// Values of all keys by draw, and a second set of them if there are to be indices.
fn draws(plan: &SweepPlan) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let keys = plan.vary.len();
    let (method, count) = match plan.design {
        Design::Grid => {
            let sizes: Vec<usize> = plan.vary.iter().map(|vary| vary.values.len()).collect();
            let value = |positions: Vec<usize>| -> Vec<f64> {
                positions.iter().zip(&plan.vary).map(|(&p, vary)| vary.values[p]).collect()
            };
            return (grid(&sizes).into_iter().map(value).collect(), Vec::new());
        }
        Design::Drawn(method, count) => (method, count),
    };
    let dimensions = if plan.indices { 2 * keys } else { keys };
    let mut drawn = points(method, count, dimensions, plan.seed);
    if let Some(lower) = &plan.correlation {
        for point in &mut drawn {
            correlate(lower, point);
        }
    }
    let values = |from: usize| -> Vec<Vec<f64>> {
        let quantiles = |point: &Vec<f64>| {
            let keys = plan.vary.iter().zip(&point[from..]);
            keys.map(|(vary, p)| vary.distribution.quantile(*p)).collect()
        };
        drawn.iter().map(quantiles).collect()
    };
    (values(0), if plan.indices { values(keys) } else { Vec::new() })
}

/// The draws, the second set, and for every key the draws with that key from the second set.
fn with_mixed((a, b): &(Vec<Vec<f64>>, Vec<Vec<f64>>), plan: &SweepPlan) -> Vec<Vec<f64>> {
    let mut runs: Vec<Vec<f64>> = a.iter().chain(b).cloned().collect();
    for key in 0..plan.vary.len() {
        runs.extend(a.iter().zip(b).map(|(a, b)| {
            let mut mixed = a.clone();
            mixed[key] = b[key];
            mixed
        }));
    }
    runs
}

fn first_of(problems: &Diagnostics) -> String {
    problems.0.first().map_or_else(String::new, |problem| {
        let found = problem.found.as_ref().map(|found| format!(", found {found}"));
        let expected = problem.expected.as_ref().map(|words| format!(", expected {words}"));
        let (found, expected) = (found.unwrap_or_default(), expected.unwrap_or_default());
        format!("{}{found}{expected}", problem.problem)
    })
}

fn reason(no: &NoAnswer) -> String {
    match no {
        NoAnswer::Input(problems) => first_of(problems),
        NoAnswer::Model { failure, .. } => failure.to_string(),
    }
}
