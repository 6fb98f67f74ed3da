//! Best policies: a plan, the baseline of its scenario, and the sizes that serve its objectives.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use viner_model::baseline::Baseline;
use viner_model::optimum::{Best, Choice, Economy, Frontier, Search, frontier, nash, optimum};
use viner_model::outcome::{Measure, Outcome, Smooth};
use viner_model::problem::Problem;
use viner_model::scenario::{Action, Cells, Policy, Scenario, SectorCells, Selector};
use viner_model::variants::{VariantFailure, Variants};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{PlanQuestion, PlanSource};
use crate::question::NoAnswer;
use crate::results::Program;
use crate::scenario_file::{
    Each, OPTIMIZE, OptimizePlan, PlanScenario, player_name, read_optimize_plan,
};

/// Sizes that are chosen at most.
const MAX_CHOICES: usize = 200;

/// A plan on its baseline, both checked.
#[derive(Clone, Debug)]
pub struct OptimizeQuestion {
    /// The plan.
    pub plan: OptimizePlan,
    /// Its scenario and baseline.
    pub base: PlanQuestion,
    /// Every size that is chosen, with its player.
    pub choices: Vec<(usize, Choice)>,
    searches: Vec<Search>,
    cost: Option<Smooth>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Optimized {
    /// The sizes.
    pub best: Best,
    /// The frontier; without points, if none was asked for.
    pub frontier: Frontier,
    /// The problem at the best sizes.
    pub problem: Problem,
    /// Its equilibrium.
    pub equilibrium: viner_model::equilibrium::Equilibrium,
}

impl Optimized {
    /// Equilibria that were solved.
    pub fn equilibria(&self) -> usize {
        self.best.evaluations + self.frontier.evaluations
    }
}

/// Why there is no optimum.
#[derive(Clone, Debug)]
pub enum NoOptimum {
    /// The scenario or its baseline has no answer.
    Scenario(NoAnswer),
    /// No sizes that were tried have an equilibrium.
    Nowhere(VariantFailure),
}

impl OptimizeQuestion {
    /// Reads a plan, its scenario and its baseline.
    ///
    /// # Errors
    /// All diagnostics.
    pub fn open(
        source: &PlanSource,
        overrides: &[String],
        table_tolerance: f64,
    ) -> Result<Self, Diagnostics> {
        let (plan, diagnostics) = read_optimize_plan(&source.plan, overrides);
        let Some(plan) = plan.filter(|_| diagnostics.is_empty()) else { return Err(diagnostics) };
        let base = PlanQuestion::open(source, &plan.head, &[OPTIMIZE], overrides, table_tolerance)?;
        let mut diagnostics = Diagnostics::default();
        let choices = choices(&plan, &base, &mut diagnostics);
        let smooth = |path: &str, text: &str, diagnostics: &mut Diagnostics| {
            let found = bound(&base, text).and_then(Measure::smooth);
            found.map_err(|error| {
                let problem = format!("character {}: {error}", error.column);
                let diagnostic = Diagnostic::new(problem).hint(format!("in `{text}`"));
                diagnostics.push(plan.head.locations.place(path, diagnostic));
            })
        };
        let mut at_most = Vec::new();
        for (index, (text, value, most)) in plan.subject_to.iter().enumerate() {
            let path = format!("optimize.subject_to.{index}.outcome");
            // At least is at most of the negative.
            let text = if *most { text.clone() } else { format!("0 - ({text})") };
            if let Ok(outcome) = smooth(&path, &text, &mut diagnostics) {
                at_most.push((outcome, if *most { *value } else { -value }));
            }
        }
        let mut searches = Vec::new();
        for (player, (name, text)) in plan.players.iter().enumerate() {
            let path = if name.is_empty() {
                "optimize".into()
            } else {
                format!("optimize.players.{name}")
            };
            if let Ok(objective) = smooth(&path, text, &mut diagnostics) {
                let own = choices.iter().enumerate().filter(|(_, choice)| choice.0 == player);
                let own: Vec<usize> = own.map(|(position, _)| position).collect();
                if own.is_empty() {
                    let problem = format!("{} has nothing to choose", player_name(name));
                    let diagnostic = Diagnostic::new(problem);
                    diagnostics.push(plan.head.locations.place(&path, diagnostic));
                }
                searches.push(Search {
                    objective,
                    maximize: plan.maximize,
                    at_most: at_most.clone(),
                    own,
                    starts: plan.starts,
                });
            }
        }
        let cost = plan
            .frontier
            .as_ref()
            .and_then(|(text, _)| smooth("optimize.frontier.cost", text, &mut diagnostics).ok());
        let question = Self { plan, base, choices, searches, cost };
        diagnostics.into_result().map(|()| question)
    }

    /// Title of the plan; that of its scenario where it has none.
    pub fn title(&self) -> &str {
        let title = self.plan.head.title.as_str();
        if title.is_empty() { self.base.question.title() } else { title }
    }

    /// Seeks the best sizes.
    ///
    /// # Errors
    /// The baseline has no equilibrium, or no sizes that were tried have one.
    pub fn solve(&self) -> Result<Optimized, NoOptimum> {
        let question = &self.base.question;
        let scenario = &question.file.scenario;
        let baseline = Arc::clone(&question.baseline);
        let variants = Variants::new(baseline, scenario, question.settings)
            .map_err(|error| NoOptimum::Scenario(question.no_answer(error)))?;
        let choices: Vec<Choice> = self.choices.iter().map(|(_, choice)| choice.clone()).collect();
        let economy = Economy::new(&variants, scenario.policies.clone(), choices);
        let best = match self.searches.as_slice() {
            [one] => optimum(&economy, one),
            players => nash(&economy, players),
        }
        .map_err(NoOptimum::Nowhere)?;
        let frontier = match (&self.cost, &self.plan.frontier) {
            (Some(cost), Some((_, points))) => {
                frontier(&economy, cost, &self.searches[0], &best.sizes, *points)
                    .map_err(NoOptimum::Nowhere)?
            }
            _ => Frontier::default(),
        };
        let (problem, equilibrium) = economy.solve(&best.sizes).map_err(NoOptimum::Nowhere)?;
        Ok(Optimized { best, frontier, problem, equilibrium })
    }

    /// The manifest of an optimum: enough to repeat it.
    pub fn manifest(&self, found: &Optimized, program: Program, seconds: f64) -> Json {
        let question = &self.base.question;
        let scenario = match self.plan.head.scenario {
            PlanScenario::Named { .. } => question.file.manifest_entry(),
            PlanScenario::Inline(_) => Json::Null,
        };
        json!({
            "viner": { "version": program.version, "commit": program.commit },
            "title": self.title(),
            "plan": self.plan.head.manifest_entry(&self.plan.files),
            "scenario": scenario,
            "baseline": question.baseline_entry(),
            "optimize": {
                "equilibria": found.equilibria(),
                "rounds": found.best.rounds,
                "settled": found.best.settled,
                "stationarity": found.best.stationarity,
                "seconds": seconds,
            },
            "certificate": { "largest": found.equilibrium.certificate.worst().relative },
            "platform": {
                "os": std::env::consts::OS,
                "architecture": std::env::consts::ARCH,
            },
        })
    }
}

fn bound(base: &PlanQuestion, text: &str) -> Result<Measure, viner_model::outcome::OutcomeError> {
    let names = base.question.names();
    Outcome::parse(text)?.bind(&names)
}

/// Every size, one for each group of cells that has its own.
fn choices(
    plan: &OptimizePlan,
    base: &PlanQuestion,
    diagnostics: &mut Diagnostics,
) -> Vec<(usize, Choice)> {
    let baseline = &base.question.baseline;
    let scenario = &base.question.file.scenario;
    let mut all = Vec::new();
    for (index, choose) in plan.choose.iter().enumerate() {
        let path = format!("optimize.choose.{index}");
        let alone = Scenario { policies: vec![choose.choice.policy.clone()], ..scenario.clone() };
        let problem = match Problem::new(Arc::clone(baseline), &alone) {
            Ok(problem) => problem,
            Err(errors) => {
                for error in errors {
                    let diagnostic = Diagnostic::new(error.to_string());
                    diagnostics.push(plan.head.locations.place(&path, diagnostic));
                }
                continue;
            }
        };
        for policy in split(&choose.choice.policy, choose.each, &problem, &alone) {
            all.push((choose.player, Choice { policy, ..choose.choice.clone() }));
        }
        if all.len() > MAX_CHOICES {
            let problem = format!("there are {} sizes to choose or more", all.len());
            let diagnostic = Diagnostic::new(problem)
                .expected(format!("at most {MAX_CHOICES}"))
                .hint("take cells together with `each`");
            diagnostics.push(plan.head.locations.place(&path, diagnostic));
            return all;
        }
    }
    all
}

/// A policy for each group of cells that has a size of its own.
fn split(policy: &Policy, each: Each, problem: &Problem, scenario: &Scenario) -> Vec<Policy> {
    let baseline: &Baseline = &problem.baseline;
    if each == Each::All {
        return vec![policy.clone()];
    }
    let sizes = problem.sizes(scenario);
    let groups: BTreeSet<[Option<usize>; 3]> = sizes
        .iter()
        .filter_map(|size| {
            let (i, n, s) = match (size.effect.cell(), size.effect.sector()) {
                (Some((s, n, i)), _) => (i, n, s),
                (None, Some((n, s))) => (n, n, s),
                (None, None) => return None,
            };
            let own =
                |of: Each, position: usize| (each == of || each == Each::Cell).then_some(position);
            Some([own(Each::Exporter, i), own(Each::Importer, n), own(Each::Sector, s)])
        })
        .collect();
    let narrowed = |[i, n, s]: [Option<usize>; 3]| {
        let mut policy = policy.clone();
        let region = |slot: &mut Selector, position: Option<usize>| {
            if let Some(position) = position {
                *slot = Selector::name(baseline.regions.code(position));
            }
        };
        let of_sector = |slot: &mut Selector| {
            if let Some(position) = s {
                *slot = Selector::name(baseline.sectors.code(position));
            }
        };
        match &mut policy.action {
            Action::Bilateral {
                cells: Cells::Pattern { exporter, importer, sector, both_ways, .. },
                ..
            } => {
                region(exporter, i);
                region(importer, n);
                of_sector(sector);
                *both_ways = *both_ways && each == Each::Sector;
            }
            Action::Sector { cells: SectorCells::Pattern { region: own, sector, .. }, .. } => {
                region(own, i.or(n));
                of_sector(sector);
            }
            _ => {}
        }
        policy
    };
    groups.into_iter().map(narrowed).collect()
}
