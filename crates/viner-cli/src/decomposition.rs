//! `run --decompose`: what each policy adds, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};
use viner_io::question::Question;
use viner_model::attribution::{Decomposition, Grouping, OUTCOMES, Plan, SubsetFailure, decompose};
use viner_model::equilibrium::Equilibrium;
use viner_model::problem::Problem;

use crate::args::DecomposeOptions;
use crate::printer::Printer;
use crate::summary::{align, new_table, percent};

/// Orders drawn if the command line says nothing, each also taken in reverse: at 63 policies about 2000
/// equilibria, and standard errors of a few thousandths of a percentage point of welfare.
const ORDERS: usize = 16;
/// Regions in the terminal.
const REGIONS: usize = 5;
/// Policies in the terminal; the rest are summed.
const POLICIES: usize = 20;

/// The parts of a scenario's effect.
pub struct Parts {
    pub players: Vec<String>,
    pub effects: Decomposition,
    grouping: Grouping,
    /// Orders drawn and their seed; nothing where exact.
    sample: Option<(usize, u64)>,
}

impl Parts {
    /// Solves all sets of policies that are needed.
    pub fn of(
        options: &DecomposeOptions,
        question: &Question,
        problem: &Problem,
        equilibrium: &Equilibrium,
        printer: &Printer,
    ) -> Result<Self, String> {
        let scenario = &question.file.scenario;
        let grouping = options.grouping();
        let (players, sets): (Vec<String>, Vec<Vec<usize>>) =
            grouping.players(&scenario.policies).into_iter().unzip();
        let orders = options.decompose_samples.map_or(ORDERS, |orders| orders as usize);
        let plan = Plan::new(players.len(), orders, options.seed);
        let progress = |done: usize, all: usize| {
            if all >= 100 && done.is_multiple_of(all / 10) {
                printer.progress(&format!("{done} of {all} sets of policies solved"));
            }
        };
        let settings = question.settings;
        let effects = decompose(problem, equilibrium, scenario, &sets, &plan, settings, &progress)
            .map_err(|failure| refusal(question, &failure))?;
        let sample = (!plan.is_exact()).then_some((orders, options.seed));
        Ok(Self { players, effects, grouping, sample })
    }

    /// Welfare for people: the focus, then the largest regions; the largest effects on the focus.
    pub fn text(&self, problem: &Problem, focus: &[usize]) -> String {
        let baseline = &problem.baseline;
        let mut regions: Vec<usize> = focus.iter().copied().take(REGIONS).collect();
        let mut largest: Vec<usize> = (0..baseline.region_count()).collect();
        // The rest of the world is no region that anybody asks about.
        largest.retain(|&n| !regions.contains(&n) && baseline.regions.code(n) != "ROW");
        largest.sort_by(|&a, &b| baseline.income[b].total_cmp(&baseline.income[a]));
        regions.extend(largest.into_iter().take(REGIONS - regions.len()));

        let mut header = vec![self.grouping.name().to_owned()];
        for (position, &n) in regions.iter().enumerate() {
            header.push(baseline.regions.code(n).to_owned());
            if position == 0 && self.sample.is_some() {
                header.push("+/-".to_owned());
            }
        }
        let mut table = new_table(&header.iter().map(String::as_str).collect::<Vec<_>>());
        let effect = |player: usize, n: usize| self.effects.effects[[player, n, 0]];
        let first = regions.first().copied().unwrap_or(0);
        let mut order: Vec<usize> = (0..self.players.len()).collect();
        order.sort_by(|&a, &b| effect(b, first).abs().total_cmp(&effect(a, first).abs()));
        let shown = if order.len() > POLICIES + 1 { POLICIES } else { order.len() };
        let (shown, rest) = order.split_at(shown);
        let mut row = |name: String, error: Option<f64>, value: &dyn Fn(usize) -> f64| {
            let mut cells = vec![name];
            for (position, &n) in regions.iter().enumerate() {
                cells.push(percent(value(n)));
                if position == 0 && self.sample.is_some() {
                    cells.push(error.map_or_else(String::new, |e| format!("{:.3}", 100.0 * e)));
                }
            }
            table.add_row(cells);
        };
        for &player in shown {
            let error = self.effects.errors[[player, first, 0]];
            row(self.players[player].clone(), Some(error), &|n| effect(player, n));
        }
        if !rest.is_empty() {
            let sum = |n: usize| rest.iter().map(|&player| effect(player, n)).sum();
            row(format!("{} others", rest.len()), None, &sum);
        }
        row("all".to_owned(), None, &|n| self.effects.total[[n, 0]]);
        align(&mut table, 1);

        let mut text = String::new();
        let how = match self.sample {
            None => "exact".to_owned(),
            Some((orders, seed)) => format!(
                "{} orders of {} sampled with seed {seed}; +/- is a standard error",
                2 * orders,
                self.players.len()
            ),
        };
        let _ = writeln!(
            text,
            "Welfare by {}, percentage points (Shapley value, {how}; {} equilibria)",
            self.grouping.name(),
            self.effects.equilibria
        );
        let _ = write!(text, "{table}");
        text
    }

    /// How it was done, for the manifest.
    pub fn description(&self) -> Value {
        json!({
            "by": self.grouping.name(),
            "exact": self.sample.is_none(),
            "orders": self.sample.map(|(orders, _)| orders),
            "seed": self.sample.map(|(_, seed)| seed),
            "equilibria": self.effects.equilibria,
        })
    }

    /// All parts for programs: by policy, region and outcome.
    pub fn json(&self, problem: &Problem) -> Value {
        let regions = &problem.baseline.regions;
        let by_outcome = |values: &viner_model::ndarray::Array3<f64>, player: usize, n: usize| {
            let cells = (0..OUTCOMES.len()).map(|o| (OUTCOMES[o], values[[player, n, o]]));
            cells.map(|(name, value)| (name.to_owned(), json!(value))).collect()
        };
        let by_region = |values, player| -> serde_json::Map<String, Value> {
            let cells = (0..regions.len()).map(|n| {
                (regions.code(n).to_owned(), Value::Object(by_outcome(values, player, n)))
            });
            cells.collect()
        };
        let players = (0..self.players.len()).map(|player| {
            let mut entry = json!({
                "policy": self.players[player],
                "effects": by_region(&self.effects.effects, player),
            });
            if self.sample.is_some() {
                entry["errors"] = by_region(&self.effects.errors, player).into();
            }
            entry
        });
        let mut json = self.description();
        json["policies"] = players.collect();
        json
    }
}

/// A set of policies that has no equilibrium, by their names.
fn refusal(question: &Question, failure: &SubsetFailure) -> String {
    let policies = &question.file.scenario.policies;
    let name = |&position: &usize| {
        let file_position = question.file.locations.policy_position(position);
        format!("`{}`", policies[position].name_at(file_position))
    };
    let names: Vec<String> = failure.policies.iter().map(name).collect();
    let (noun, verb) = if names.len() == 1 { ("policy", "has") } else { ("policies", "have") };
    let mut diagnostic = viner_io::Diagnostic::new(format!(
        "{noun} {} of scenario `{}` {verb} no equilibrium without the others: {}",
        names.join(", "),
        question.title(),
        failure.cause.reason()
    ));
    diagnostic.hints = failure.cause.hints();
    diagnostic.hints.push("take policies together with `--decompose-by kind` or `prefix`".into());
    diagnostic.to_string()
}
