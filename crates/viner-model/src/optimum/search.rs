//! The search for sizes.

use viner_numerics::box_minimum::{Curvature, Goal, Point, stationarity};
use viner_numerics::sampling::{Method, points};

use super::local::{Learned, Local, Own, local};
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
pub(super) const GOAL: Goal = Goal { tolerance: 1e-7, part: 0.0, max_evaluations: 200 };
/// Part of the way to its best reply that a player goes while the others still move.
const ROUGH: f64 = 1e-2;
/// Steps of all players at once are given up after so many that do not bring first-order conditions down
/// to this part of the best so far.
const NEARER: (usize, f64) = (4, 0.5);
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
    let found = reply(economy, search, &start, search.starts, GOAL, &Learned::nothing(search))?;
    let told = economy.tell(&found.sizes, &[&search.objective]).unwrap_or_default();
    Ok(Best {
        sizes: found.sizes,
        told,
        constraints: vec![found.constraints],
        stationarity: found.stationarity,
        evaluations: found.evaluations,
        rounds: 1,
        settled: true,
    })
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
    let mut learned: Vec<Learned> = players.iter().map(Learned::nothing).collect();
    for _ in 0..REPLY_ROUNDS {
        if at_once {
            let curvatures = learned.iter().map(|learned| learned.curvature.clone()).collect();
            sizes = steps_at_once(economy, players, sizes, curvatures, &mut best);
        }
        if best.settled && !other_starts {
            break;
        }
        best.rounds += 1;
        best.stationarity = 0.0;
        best.told.clear();
        let before = sizes.clone();
        for ((player, search), learned) in players.iter().enumerate().zip(&mut learned) {
            let starts = if other_starts { search.starts } else { 0 };
            let reply = reply(economy, search, &sizes, starts, goal, learned)?;
            *learned = reply.learned;
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

fn start_of(economy: &Economy<'_>) -> Vec<f64> {
    let size = |choice: &super::Choice| {
        choice.size().unwrap_or(choice.lower).clamp(choice.lower, choice.upper)
    };
    economy.choices.iter().map(size).collect()
}

/// The best of several local searches from `start`, and from points spread over the bounds; `learned` is
/// what an earlier one has.
pub(super) fn reply(
    economy: &Economy<'_>,
    search: &Search,
    start: &[f64],
    starts: usize,
    goal: Goal,
    learned: &Learned,
) -> Result<Local, VariantFailure> {
    let own = Own::of(economy, search);
    let dimensions = search.own.len().min(Method::Sobol.max_dimensions());
    let mut froms = vec![start.to_vec()];
    for point in points(Method::Sobol, starts, dimensions, 1) {
        let mut from = start.to_vec();
        own.place(&point, &mut from);
        froms.push(from);
    }
    let mut best: Option<Local> = None;
    let mut evaluations = 0;
    for from in froms {
        let Some(found) = local(economy, search, &own, from, goal, learned.clone()) else {
            continue;
        };
        evaluations += found.evaluations;
        // What holds the constraints beats what does not; then the objective counts.
        let key = |found: &Local| (found.violation > 1e-5, found.objective);
        if best.as_ref().is_none_or(|best| key(&found) < key(best)) {
            best = Some(found);
        }
    }
    match best {
        Some(best) => Ok(Local { evaluations, ..best }),
        // It says why.
        None => Err(economy
            .tell(start, &[&search.objective])
            .err()
            .unwrap_or_else(|| VariantFailure::Scenario(Vec::new()))),
    }
}
