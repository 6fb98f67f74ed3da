//! The search for sizes.

use viner_numerics::box_minimum::{Curvature, Goal, Minimum, Point, minimize, stationarity};
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
const GOAL: Goal = Goal { tolerance: 1e-7, part: 0.0, max_evaluations: 200 };
/// Part of the way to its best reply that a player goes while the others still move.
const ROUGH: f64 = 1e-2;
/// Steps of all players at once are given up after so many that do not bring first-order conditions down
/// to this part of the best so far.
const NEARER: (usize, f64) = (4, 0.5);
/// Rounds of multipliers before constraints are as exact as they get.
const MULTIPLIER_ROUNDS: usize = 12;
/// How exactly constraints must hold.
const FEASIBLE: f64 = 1e-7;
/// Weight of a violated constraint at first, and what it grows by.
const WEIGHT: (f64, f64) = (10.0, 5.0);
/// Rounds of best replies, and of steps at once before each.
const REPLY_ROUNDS: usize = 60;
/// Replies that move less, in parts of the bounds, have settled.
const SETTLED: f64 = 1e-6;

/// The best sizes for one player who chooses all of its own, the others given.
///
/// # Errors
/// There is no equilibrium at any start.
pub fn optimum(economy: &Economy<'_>, search: &Search) -> Result<Best, VariantFailure> {
    let start = start_of(economy);
    reply(economy, search, &start, search.starts, GOAL, &Curvature::unknown(search.own.len())).map(
        |reply| {
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
        },
    )
}

/// Sizes that are best replies to each other: by steps of all players at once, which need one equilibrium
/// for all, where nothing but the sizes is bounded; by players replying in turn where it is, where steps
/// at once do not settle, and from the other starts of each.
///
/// Told of each player's objective are the derivatives by its own choices alone.
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
    let at_once = players.iter().all(|search| search.at_most.is_empty());
    let mut other_starts = players.iter().any(|search| search.starts > 0);
    let goal = Goal { part: if at_once { ROUGH } else { 0.0 }, ..GOAL };
    let unknown = |search: &Search| Curvature::unknown(search.own.len());
    let mut curvatures: Vec<Curvature> = players.iter().map(unknown).collect();
    for _ in 0..REPLY_ROUNDS {
        if at_once {
            sizes = steps_at_once(economy, players, sizes, curvatures.clone(), &mut best);
        }
        if best.settled && !other_starts {
            break;
        }
        best.rounds += 1;
        best.stationarity = 0.0;
        best.told.clear();
        let before = sizes.clone();
        for ((player, search), curvature) in players.iter().enumerate().zip(&mut curvatures) {
            let starts = if other_starts { search.starts } else { 0 };
            let reply = reply(economy, search, &sizes, starts, goal, curvature)?;
            *curvature = reply.curvature;
            best.evaluations += reply.evaluations;
            best.stationarity = best.stationarity.max(reply.stationarity);
            best.constraints[player] = reply.constraints;
            sizes = reply.sizes;
        }
        other_starts = false;
        let moved = |choice: usize| {
            let width = economy.choices[choice].upper - economy.choices[choice].lower;
            (sizes[choice] - before[choice]).abs() / width.max(f64::MIN_POSITIVE)
        };
        best.settled = (0..sizes.len()).all(|choice| moved(choice) < SETTLED);
        if best.settled {
            break;
        }
    }
    if best.told.is_empty() {
        best.told = tell_players(economy, players, &sizes)?;
    }
    best.sizes = sizes;
    Ok(best)
}

fn tell_players(
    economy: &Economy<'_>,
    players: &[Search],
    sizes: &[f64],
) -> Result<Vec<Told>, VariantFailure> {
    let asked = players.iter().map(|player| (&player.objective, player.own.as_slice()));
    economy.tell_each(sizes, asked)
}

/// Steps of all players at once, each by what is known of the curvature of its own objective, until
/// first-order conditions hold for all at the same sizes: no player who replied would move from there.
/// Ends before where steps bring them no nearer. The best sizes found.
fn steps_at_once(
    economy: &Economy<'_>,
    players: &[Search],
    mut sizes: Vec<f64>,
    mut curvatures: Vec<Curvature>,
    best: &mut Best,
) -> Vec<f64> {
    let own: Vec<Own> = players.iter().map(|search| Own::of(economy, search)).collect();
    let mut nearest = (f64::INFINITY, sizes.clone());
    let mut last: Option<Vec<Point>> = None;
    let mut in_vain = 0;
    for _ in 0..REPLY_ROUNDS {
        economy.start_from_last();
        best.rounds += 1;
        best.evaluations += 1;
        let Ok(told) = tell_players(economy, players, &sizes) else { break };
        let point = |((search, own), told): ((&Search, &Own), &Told)| {
            let sign = if search.maximize { -1.0 } else { 1.0 };
            let gradient = own.gradient(&told.gradient).map(|slope| sign * slope).collect();
            Point { x: own.parts(&sizes), value: sign * told.value, gradient }
        };
        let points: Vec<Point> = players.iter().zip(&own).zip(&told).map(point).collect();
        let left = |(point, own): (&Point, &Own)| stationarity(point, &own.zeros, &own.ones);
        // NaN counts as worst.
        let left = points.iter().zip(&own).map(left);
        let left = left.fold(0.0, |worst: f64, left| if left <= worst { worst } else { left });
        if left <= GOAL.tolerance {
            best.told = told;
            best.stationarity = left;
            best.settled = true;
            return sizes;
        }
        in_vain = if left <= NEARER.1 * nearest.0 { 0 } else { in_vain + 1 };
        if in_vain == NEARER.0 {
            break;
        }
        if left < nearest.0 {
            nearest = (left, sizes.clone());
        }
        for (player, (own, point)) in own.iter().zip(&points).enumerate() {
            let curvature = &mut curvatures[player];
            if let Some(last) = &last {
                curvature.learn(&last[player], point, &own.zeros, &own.ones);
            }
            let step = curvature.step(point, &own.zeros, &own.ones);
            let moved = point.x.iter().zip(step).map(|(part, by)| (part + by).clamp(0.0, 1.0));
            own.place(&moved.collect::<Vec<f64>>(), &mut sizes);
        }
        last = Some(points);
    }
    nearest.1
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
        let unknown = Curvature::unknown(search.own.len());
        sizes = reply(economy, &search, &sizes, 0, GOAL, &unknown)?.sizes;
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
    curvature: Curvature,
}

/// The choices of a player, as parts of their bounds.
struct Own {
    choices: Vec<usize>,
    lower: Vec<f64>,
    width: Vec<f64>,
    zeros: Vec<f64>,
    ones: Vec<f64>,
}

impl Own {
    fn of(economy: &Economy<'_>, search: &Search) -> Self {
        let choices = search.own.clone();
        let lower = choices.iter().map(|&choice| economy.choices[choice].lower).collect();
        let width = |&choice: &usize| economy.choices[choice].upper - economy.choices[choice].lower;
        let width = choices.iter().map(width).collect();
        let (zeros, ones) = (vec![0.0; choices.len()], vec![1.0; choices.len()]);
        Self { choices, lower, width, zeros, ones }
    }

    /// Parts among all sizes.
    fn parts(&self, sizes: &[f64]) -> Vec<f64> {
        let own = self.choices.iter().zip(self.lower.iter().zip(&self.width));
        own.map(|(&choice, (lower, width))| (sizes[choice] - lower) / width.max(f64::MIN_POSITIVE))
            .collect()
    }

    /// Writes parts among all sizes.
    fn place(&self, parts: &[f64], sizes: &mut [f64]) {
        let own = self.choices.iter().zip(self.lower.iter().zip(&self.width));
        for ((&choice, (lower, width)), part) in own.zip(parts) {
            sizes[choice] = lower + part * width;
        }
    }

    /// Derivatives by parts, of those by all sizes.
    fn gradient(&self, by: &[f64]) -> impl Iterator<Item = f64> {
        self.choices.iter().zip(&self.width).map(|(&choice, width)| by[choice] * width)
    }
}

/// The best of several local searches from `start`, where the curvature of the objective may be known,
/// and from points spread over the bounds.
fn reply(
    economy: &Economy<'_>,
    search: &Search,
    start: &[f64],
    starts: usize,
    goal: Goal,
    curvature: &Curvature,
) -> Result<Reply, VariantFailure> {
    let own = Own::of(economy, search);
    let dimensions = own.choices.len().min(Method::Sobol.max_dimensions());
    let mut froms = vec![start.to_vec()];
    for point in points(Method::Sobol, starts, dimensions, 1) {
        let mut from = start.to_vec();
        own.place(&point, &mut from);
        froms.push(from);
    }
    let mut best: Option<Reply> = None;
    let mut evaluations = 0;
    for from in froms {
        let Some(found) = local(economy, search, &own, from, goal, curvature.clone()) else {
            continue;
        };
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

/// A local search: projected quasi-Newton steps on the augmented Lagrangian (Hestenes, Powell), sizes
/// in parts of their bounds.
fn local(
    economy: &Economy<'_>,
    search: &Search,
    own: &Own,
    start: Vec<f64>,
    goal: Goal,
    mut curvature: Curvature,
) -> Option<Reply> {
    economy.start_from_last();
    let sign = if search.maximize { -1.0 } else { 1.0 };
    let outcomes: Vec<&Smooth> = std::iter::once(&search.objective)
        .chain(search.at_most.iter().map(|(outcome, _)| outcome))
        .collect();
    let mut multipliers = vec![0.0; search.at_most.len()];
    let mut weight = WEIGHT.0;
    let mut sizes = start;
    let mut evaluations = 0;
    let mut last_violation = f64::INFINITY;
    for round in 1..=MULTIPLIER_ROUNDS {
        // Outcomes at every point that the search has seen.
        let mut seen: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        let lagrangian = |parts: &[f64]| -> Option<(f64, Vec<f64>)> {
            let mut all = sizes.clone();
            own.place(parts, &mut all);
            let asked = outcomes.iter().map(|outcome| (*outcome, own.choices.as_slice()));
            let told = economy.tell_each(&all, asked).ok()?;
            seen.push((parts.to_vec(), told.iter().map(|told| told.value).collect()));
            let mut value = sign * told[0].value;
            let mut by: Vec<f64> =
                own.gradient(&told[0].gradient).map(|slope| sign * slope).collect();
            for (k, told) in told[1..].iter().enumerate() {
                let shifted = multipliers[k] + weight * (told.value - search.at_most[k].1);
                if shifted > 0.0 {
                    value += 0.5 * shifted * shifted / weight;
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
        let mut violation: f64 = 0.0;
        for (k, multiplier) in multipliers.iter_mut().enumerate() {
            violation = violation.max(over(k).max(-*multiplier / weight).abs());
            *multiplier = (*multiplier + weight * over(k)).max(0.0);
        }
        if !search.at_most.is_empty() {
            // It is another function in the next round.
            curvature = Curvature::unknown(own.choices.len());
        }
        let feasible = violation <= FEASIBLE || search.at_most.is_empty();
        if feasible || round == MULTIPLIER_ROUNDS {
            let constraints =
                multipliers.iter().enumerate().map(|(k, m)| (told[k + 1], *m)).collect();
            let most = (0..multipliers.len()).map(|k| over(k).max(0.0)).fold(0.0, f64::max);
            return Some(Reply {
                objective: sign * told[0],
                sizes,
                constraints,
                violation: if feasible { violation } else { most },
                stationarity: if feasible { stationarity } else { f64::NAN },
                evaluations,
                curvature,
            });
        }
        if violation > 0.25 * last_violation {
            weight *= WEIGHT.1;
        }
        last_violation = violation;
    }
    None
}
