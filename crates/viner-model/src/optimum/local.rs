//! A local search: sizes between their bounds, and outcomes at most as large as theirs.

use viner_numerics::box_minimum::{Curvature, Goal, Minimum, minimize};

use super::{Economy, Search, Told};
use crate::outcome::Smooth;

/// Rounds of multipliers before constraints are as exact as they get.
const MULTIPLIER_ROUNDS: usize = 12;
/// How exactly constraints must hold, as a part of what they change by over the box to first order, and
/// the least change that counts. Sizes are found to a tenth of that, in parts of the box.
const FEASIBLE: f64 = 1e-6;
const LEAST_RANGE: f64 = 1e-3;
/// Weight of a violated constraint at first, in units of what the objective changes by over the box, per
/// square of what the constraint does; and what it grows by.
const WEIGHT: (f64, f64) = (10.0, 5.0);
/// Where a violation is not brought down to this part of the last, its weight grows.
const BROUGHT_DOWN: f64 = 0.25;

/// The choices of a player, as parts of their bounds.
pub(super) struct Own {
    choices: Vec<usize>,
    lower: Vec<f64>,
    width: Vec<f64>,
    pub(super) zeros: Vec<f64>,
    pub(super) ones: Vec<f64>,
}

impl Own {
    pub(super) fn of(economy: &Economy<'_>, search: &Search) -> Self {
        let choices = search.own.clone();
        let lower = choices.iter().map(|&choice| economy.choices[choice].lower).collect();
        let width = |&choice: &usize| economy.choices[choice].upper - economy.choices[choice].lower;
        let width = choices.iter().map(width).collect();
        let (zeros, ones) = (vec![0.0; choices.len()], vec![1.0; choices.len()]);
        Self { choices, lower, width, zeros, ones }
    }

    /// Parts among all sizes.
    pub(super) fn parts(&self, sizes: &[f64]) -> Vec<f64> {
        let own = self.choices.iter().zip(self.lower.iter().zip(&self.width));
        own.map(|(&choice, (lower, width))| (sizes[choice] - lower) / width.max(f64::MIN_POSITIVE))
            .collect()
    }

    /// Writes parts among all sizes.
    pub(super) fn place(&self, parts: &[f64], sizes: &mut [f64]) {
        let own = self.choices.iter().zip(self.lower.iter().zip(&self.width));
        for ((&choice, (lower, width)), part) in own.zip(parts) {
            sizes[choice] = lower + part * width;
        }
    }

    /// Derivatives by parts, of those by all sizes.
    pub(super) fn gradient(&self, by: &[f64]) -> impl Iterator<Item = f64> {
        self.choices.iter().zip(&self.width).map(|(&choice, width)| by[choice] * width)
    }

    /// What an outcome changes by over the box, to first order.
    fn range(&self, told: &Told) -> f64 {
        self.gradient(&told.gradient).map(f64::abs).sum()
    }
}

/// What a search has learned, for another that is nearly the same.
#[derive(Clone, Debug)]
pub(super) struct Learned {
    /// Of the objective with its constraints.
    pub curvature: Curvature,
    /// By constraint, where something is known of it.
    pub constraints: Vec<Option<Worth>>,
}

impl Learned {
    pub(super) fn nothing(search: &Search) -> Self {
        let curvature = Curvature::unknown(search.own.len());
        Self { curvature, constraints: vec![None; search.at_most.len()] }
    }
}

/// How a constraint enters the objective.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worth {
    /// What a unit of its bound is worth.
    pub multiplier: f64,
    /// Of half the square of what it is violated by.
    pub weight: f64,
}

impl Worth {
    /// Nothing yet; its weight by what the objective and the constraint change by.
    pub(super) fn unknown(objective: f64, constraint: f64) -> Self {
        let weight = WEIGHT.0 * objective / (constraint * constraint);
        let weight = if weight.is_normal() { weight } else { WEIGHT.0 };
        Self { multiplier: 0.0, weight }
    }
}

/// A local optimum.
pub(super) struct Local {
    pub sizes: Vec<f64>,
    /// Small is good.
    pub objective: f64,
    /// By constraint: the outcome, and what a unit of its bound is worth.
    pub constraints: Vec<(f64, f64)>,
    /// The largest of a constraint, as [`FEASIBLE`] counts it.
    pub violation: f64,
    pub stationarity: f64,
    pub evaluations: usize,
    pub learned: Learned,
}

/// Projected quasi-Newton steps on the augmented Lagrangian (Hestenes, Powell), sizes in parts of their
/// bounds. Nothing if there is no equilibrium at the start.
pub(super) fn local(
    economy: &Economy<'_>,
    search: &Search,
    own: &Own,
    start: Vec<f64>,
    goal: Goal,
    learned: Learned,
) -> Option<Local> {
    economy.start_from_last();
    let sign = if search.maximize { -1.0 } else { 1.0 };
    let outcomes: Vec<&Smooth> = std::iter::once(&search.objective)
        .chain(search.at_most.iter().map(|(outcome, _)| outcome))
        .collect();
    let tell = |sizes: &[f64]| {
        let asked = outcomes.iter().map(|outcome| (*outcome, own.choices.as_slice()));
        economy.tell_each(sizes, asked).ok()
    };
    let Learned { mut curvature, constraints } = learned;
    let (mut worths, mut ranges, mut evaluations) = (Vec::new(), Vec::new(), 0);
    if !search.at_most.is_empty() {
        let told = tell(&start)?;
        evaluations += 1;
        for (known, constraint) in constraints.iter().zip(&told[1..]) {
            let unknown = || Worth::unknown(own.range(&told[0]), own.range(constraint));
            worths.push(known.unwrap_or_else(unknown));
            ranges.push(own.range(constraint).max(LEAST_RANGE));
        }
    }
    let mut sizes = start;
    let mut last_violations = vec![f64::INFINITY; worths.len()];
    for round in 1..=MULTIPLIER_ROUNDS {
        // Outcomes at every point that the search has seen.
        let mut seen: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        let lagrangian = |parts: &[f64]| -> Option<(f64, Vec<f64>)> {
            let mut all = sizes.clone();
            own.place(parts, &mut all);
            let told = tell(&all)?;
            seen.push((parts.to_vec(), told.iter().map(|told| told.value).collect()));
            let mut value = sign * told[0].value;
            let mut by: Vec<f64> =
                own.gradient(&told[0].gradient).map(|slope| sign * slope).collect();
            for ((told, (_, bound)), worth) in told[1..].iter().zip(&search.at_most).zip(&worths) {
                let shifted = worth.multiplier + worth.weight * (told.value - bound);
                if shifted > 0.0 {
                    value += 0.5 * shifted * shifted / worth.weight;
                    for (slot, slope) in by.iter_mut().zip(own.gradient(&told.gradient)) {
                        *slot += shifted * slope;
                    }
                }
            }
            Some((value, by))
        };
        let minimum =
            minimize(lagrangian, &own.parts(&sizes), &own.zeros, &own.ones, goal, curvature)?;
        let Minimum { point, stationarity, .. } = minimum;
        curvature = minimum.curvature;
        evaluations += minimum.evaluations;
        own.place(&point.x, &mut sizes);
        let (_, told) = seen.into_iter().rfind(|(parts, _)| *parts == point.x)?;
        let over = |k: usize| told[k + 1] - search.at_most[k].1;
        let (mut violation, mut most): (f64, f64) = (0.0, 0.0);
        for (k, worth) in worths.iter_mut().enumerate() {
            let violated = over(k).max(-worth.multiplier / worth.weight).abs() / ranges[k];
            worth.multiplier = (worth.multiplier + worth.weight * over(k)).max(0.0);
            if violated > FEASIBLE && violated > BROUGHT_DOWN * last_violations[k] {
                worth.weight *= WEIGHT.1;
                // It is another function in the next round.
                curvature = Curvature::unknown(own.choices.len());
            }
            last_violations[k] = violated;
            violation = violation.max(violated);
            most = most.max(over(k) / ranges[k]);
        }
        let feasible = violation <= FEASIBLE;
        if feasible || round == MULTIPLIER_ROUNDS {
            let constraints =
                worths.iter().zip(&told[1..]).map(|(worth, told)| (*told, worth.multiplier));
            return Some(Local {
                objective: sign * told[0],
                sizes,
                constraints: constraints.collect(),
                violation: if feasible { violation } else { most },
                stationarity: if feasible { stationarity } else { f64::NAN },
                evaluations,
                learned: Learned { curvature, constraints: worths.into_iter().map(Some).collect() },
            });
        }
    }
    None
}
