//! The search for sizes.

use viner_numerics::box_minimum::{Goal, Inverse, Minimum, minimize};
use viner_numerics::sampling::{Method, points};

use super::{Economy, Told};
use crate::outcome::Smooth;
use crate::variants::VariantFailure;

/// What is asked of one player.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is made as large as it can be, or as small.
    pub objective: Smooth,
    /// Whether large is good.
    pub maximize: bool,
    /// Outcomes with the largest value that each may have.
    pub at_most: Vec<(Smooth, f64)>,
    /// Positions of the choices that are the player's.
    pub own: Vec<usize>,
    /// Starts beside that of the choices themselves.
    pub starts: usize,
}

/// The best sizes found.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// All sizes.
    pub sizes: Vec<f64>,
    /// The objective of each player, with its derivatives.
    pub told: Vec<Told>,
    /// By player and constraint: the outcome, and what a unit of its bound is worth in the objective.
    pub constraints: Vec<Vec<(f64, f64)>>,
    /// Largest violation of a first-order condition, in parts of the bounds and of the objective's
    /// range of one unit.
    pub stationarity: f64,
    /// Equilibria that were solved.
    pub evaluations: usize,
    /// Rounds of best replies; 1 where one player is alone.
    pub rounds: usize,
    /// Whether replies were still moving at the end.
    pub settled: bool,
}

/// First-order conditions to reach, with sizes in parts of their bounds.
const GOAL: Goal = Goal { tolerance: 1e-7, max_evaluations: 200 };
/// Rounds of multipliers before constraints are as exact as they get.
const MULTIPLIER_ROUNDS: usize = 12;
/// How exactly constraints must hold.
const FEASIBLE: f64 = 1e-7;
/// Weight of a violated constraint at first, and what it grows by.
const WEIGHT: (f64, f64) = (10.0, 5.0);
/// Rounds of best replies.
const REPLY_ROUNDS: usize = 60;
/// Replies that move less, in parts of the bounds, have settled.
const SETTLED: f64 = 1e-6;

/// The best sizes for one player who chooses all of its own, the others given.
///
/// # Errors
/// There is no equilibrium at any start.
pub fn optimum(economy: &Economy<'_>, search: &Search) -> Result<Best, VariantFailure> {
    let start = start_of(economy);
    reply(economy, search, &start, search.starts, None).map(|reply| {
        let told = economy.tell(&reply.sizes, &[&search.objective]).unwrap_or_default();
        Best {
            sizes: reply.sizes,
            told,
            constraints: vec![reply.constraints],
            stationarity: reply.stationarity,
            evaluations: reply.evaluations,
            rounds: 1,
            settled: true,
        }
    })
}

/// Sizes that are best replies to each other, by players replying in turn.
///
/// # Errors
/// There is no equilibrium at any start.
pub fn nash(economy: &Economy<'_>, players: &[Search]) -> Result<Best, VariantFailure> {
    let mut sizes = start_of(economy);
    let mut best = Best {
        sizes: Vec::new(),
        told: Vec::new(),
        constraints: vec![Vec::new(); players.len()],
        stationarity: 0.0,
        evaluations: 0,
        rounds: 0,
        settled: false,
    };
    let mut curvatures: Vec<Option<Inverse>> = vec![None; players.len()];
    while best.rounds < REPLY_ROUNDS && !best.settled {
        best.rounds += 1;
        best.stationarity = 0.0;
        let before = sizes.clone();
        for (player, search) in players.iter().enumerate() {
            let starts = if best.rounds == 1 { search.starts } else { 0 };
            let reply = reply(economy, search, &sizes, starts, curvatures[player].take())?;
            curvatures[player] = reply.curvature;
            best.evaluations += reply.evaluations;
            best.stationarity = best.stationarity.max(reply.stationarity);
            best.constraints[player] = reply.constraints;
            sizes = reply.sizes;
        }
        let moved = |choice: usize| {
            let width = economy.choices[choice].upper - economy.choices[choice].lower;
            (sizes[choice] - before[choice]).abs() / width.max(f64::MIN_POSITIVE)
        };
        best.settled = (0..sizes.len()).all(|choice| moved(choice) < SETTLED);
    }
    let objectives: Vec<&Smooth> = players.iter().map(|player| &player.objective).collect();
    best.told = economy.tell(&sizes, &objectives)?;
    best.sizes = sizes;
    Ok(best)
}

/// The most of an effect at each of `count` costs between the least cost and that of the most effect:
/// cost, effect, sizes.
///
/// # Errors
/// There is no equilibrium at any start.
pub fn frontier(
    economy: &Economy<'_>,
    cost: &Smooth,
    effect: &Search,
    count: usize,
) -> Result<Vec<(f64, f64, Vec<f64>)>, VariantFailure> {
    let cheapest =
        Search { objective: cost.clone(), maximize: false, at_most: Vec::new(), ..effect.clone() };
    let ends = [optimum(economy, &cheapest)?.sizes, optimum(economy, effect)?.sizes];
    let mut found = Vec::with_capacity(count);
    let tell = |sizes: Vec<f64>| -> Result<_, VariantFailure> {
        let told = economy.tell(&sizes, &[cost, &effect.objective])?;
        Ok((told[0].value, told[1].value, sizes))
    };
    let [first, last] = ends.map(tell);
    let (first, last) = (first?, last?);
    let (low, high) = (first.0, last.0);
    let mut sizes = first.2.clone();
    found.push(first);
    for step in 1..count.saturating_sub(1) {
        let bound = low + (high - low) * step as f64 / (count - 1) as f64;
        let mut search = effect.clone();
        search.at_most.push((cost.clone(), bound));
        sizes = reply(economy, &search, &sizes, 0, None)?.sizes;
        found.push(tell(sizes.clone())?);
    }
    found.push(last);
    Ok(found)
}

fn start_of(economy: &Economy<'_>) -> Vec<f64> {
    let size = |choice: &super::Choice| {
        choice.size().unwrap_or(choice.lower).clamp(choice.lower, choice.upper)
    };
    economy.choices.iter().map(size).collect()
}

struct Reply {
    sizes: Vec<f64>,
    objective: f64,
    constraints: Vec<(f64, f64)>,
    violation: f64,
    stationarity: f64,
    evaluations: usize,
    /// Of the objective, where there are no constraints.
    curvature: Option<Inverse>,
}

/// The best of several local searches from `start`, where the curvature of the objective may be known,
/// and from points spread over the bounds.
fn reply(
    economy: &Economy<'_>,
    search: &Search,
    start: &[f64],
    starts: usize,
    mut curvature: Option<Inverse>,
) -> Result<Reply, VariantFailure> {
    let own = &search.own;
    let dimensions = own.len().min(Method::Sobol.max_dimensions());
    let mut froms = vec![start.to_vec()];
    for point in points(Method::Sobol, starts, dimensions, 1) {
        let mut from = start.to_vec();
        for (&choice, part) in own.iter().zip(point) {
            let Choices { lower, width } = Choices::of(economy, choice);
            from[choice] = lower + part * width;
        }
        froms.push(from);
    }
    let mut best: Option<Reply> = None;
    let mut evaluations = 0;
    for from in froms {
        let Some(found) = local(economy, search, from, curvature.take()) else { continue };
        evaluations += found.evaluations;
        // What holds the constraints beats what does not; then the objective counts.
        let key = |reply: &Reply| (reply.violation > 1e-5, reply.objective);
        if best.as_ref().is_none_or(|best| key(&found) < key(best)) {
            best = Some(found);
        }
    }
    match best {
        Some(best) => Ok(Reply { evaluations, ..best }),
        // It says why.
        None => Err(economy
            .tell(start, &[&search.objective])
            .err()
            .unwrap_or_else(|| VariantFailure::Scenario(Vec::new()))),
    }
}

struct Choices {
    lower: f64,
    width: f64,
}

impl Choices {
    fn of(economy: &Economy<'_>, choice: usize) -> Self {
        let choice = &economy.choices[choice];
        Self { lower: choice.lower, width: choice.upper - choice.lower }
    }
}

/// A local search: projected quasi-Newton steps on the augmented Lagrangian (Hestenes, Powell), sizes
/// in parts of their bounds.
fn local(
    economy: &Economy<'_>,
    search: &Search,
    start: Vec<f64>,
    mut known: Option<Inverse>,
) -> Option<Reply> {
    economy.start_from_last();
    let sign = if search.maximize { -1.0 } else { 1.0 };
    let outcomes: Vec<&Smooth> = std::iter::once(&search.objective)
        .chain(search.at_most.iter().map(|(outcome, _)| outcome))
        .collect();
    let own: Vec<(usize, Choices)> =
        search.own.iter().map(|&choice| (choice, Choices::of(economy, choice))).collect();
    let mut multipliers = vec![0.0; search.at_most.len()];
    let mut weight = WEIGHT.0;
    let mut sizes = start;
    let mut evaluations = 0;
    let mut last_violation = f64::INFINITY;
    for _ in 0..MULTIPLIER_ROUNDS {
        let at = |parts: &[f64]| -> Vec<f64> {
            let mut all = sizes.clone();
            for ((choice, own), part) in own.iter().zip(parts) {
                all[*choice] = own.lower + part * own.width;
            }
            all
        };
        let lagrangian = |parts: &[f64]| -> Option<(f64, Vec<f64>)> {
            let told = economy.tell_by(&at(parts), &outcomes, &search.own).ok()?;
            let mut value = sign * told[0].value;
            let mut by: Vec<f64> =
                own.iter().map(|(choice, _)| sign * told[0].gradient[*choice]).collect();
            for (k, told) in told[1..].iter().enumerate() {
                let shifted = multipliers[k] + weight * (told.value - search.at_most[k].1);
                if shifted > 0.0 {
                    value += 0.5 * shifted * shifted / weight;
                    for (slot, (choice, _)) in by.iter_mut().zip(&own) {
                        *slot += shifted * told.gradient[*choice];
                    }
                }
            }
            by.iter_mut().zip(&own).for_each(|(slot, (_, own))| *slot *= own.width);
            Some((value, by))
        };
        let parts: Vec<f64> = own
            .iter()
            .map(|(choice, own)| (sizes[*choice] - own.lower) / own.width.max(f64::MIN_POSITIVE))
            .collect();
        let (zeros, ones) = (vec![0.0; own.len()], vec![1.0; own.len()]);
        let Minimum { point, stationarity, evaluations: used, inverse } =
            minimize(lagrangian, &parts, &zeros, &ones, GOAL, known.take())?;
        evaluations += used;
        sizes = at(&point.x);
        let told = economy.tell_by(&sizes, &outcomes, &[]).ok()?;
        let over = |k: usize| told[k + 1].value - search.at_most[k].1;
        let mut violation: f64 = 0.0;
        for (k, multiplier) in multipliers.iter_mut().enumerate() {
            violation = violation.max(over(k).max(-*multiplier / weight).abs());
            *multiplier = (*multiplier + weight * over(k)).max(0.0);
        }
        if violation <= FEASIBLE || search.at_most.is_empty() {
            let constraints =
                multipliers.iter().enumerate().map(|(k, m)| (told[k + 1].value, *m)).collect();
            return Some(Reply {
                objective: sign * told[0].value,
                sizes,
                constraints,
                violation,
                stationarity,
                evaluations,
                curvature: inverse.filter(|_| search.at_most.is_empty()),
            });
        }
        if violation > 0.25 * last_violation {
            weight *= WEIGHT.1;
        }
        last_violation = violation;
    }
    let told = economy.tell_by(&sizes, &outcomes, &[]).ok()?;
    let violation = (0..multipliers.len())
        .map(|k| (told[k + 1].value - search.at_most[k].1).max(0.0))
        .fold(0.0, f64::max);
    let constraints =
        multipliers.iter().enumerate().map(|(k, m)| (told[k + 1].value, *m)).collect();
    Some(Reply {
        objective: sign * told[0].value,
        sizes,
        constraints,
        violation,
        stationarity: f64::NAN,
        evaluations,
        curvature: None,
    })
}
