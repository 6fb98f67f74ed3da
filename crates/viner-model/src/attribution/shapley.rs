//! The Shapley value from the worth of coalitions.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};

use super::plan::{Coalition, Plan, both_ways};

/// What each player adds, on average over the orders in which the players may join.
#[derive(Clone, Debug, PartialEq)]
pub struct Shapley {
    /// `[player, outcome]`; each column sums to the worth of all less that of nobody.
    pub effects: Array2<f64>,
    /// Standard error of each effect, `[player, outcome]`: 0 where exact, not a number where one pair
    /// of orders leaves nothing to compare.
    pub errors: Array2<f64>,
}

/// The Shapley value of every player for every outcome; `worth` holds the outcomes of all coalitions
/// that the plan asks for. Nothing if it lacks one.
///
/// Exact: `φ_i = Σ_S |S|! (n−|S|−1)!/n! [v(S+i) − v(S)]`. Sampled: the mean of `v(S+i) − v(S)` over
/// orders, S those before i; the error is that of the mean over pairs of an order and its reverse,
/// which are independent draws.
pub fn shapley(plan: &Plan, worth: &BTreeMap<Coalition, Array1<f64>>) -> Option<Shapley> {
    let players = plan.players();
    let outcomes = worth.get(&Coalition::empty(players))?.len();
    let mut effects = Array2::zeros((players, outcomes));
    let mut errors = Array2::zeros((players, outcomes));
    match plan {
        Plan::Every { .. } => {
            let weights = weights(players);
            for (coalition, before) in
                plan.levels().iter().flatten().map(|(c, _)| (c, worth.get(c)))
            {
                let before = before?;
                let weight = weights.get(coalition.size()).copied().unwrap_or(0.0);
                for player in (0..players).filter(|&player| !coalition.contains(player)) {
                    let after = worth.get(&coalition.with(player))?;
                    effects.row_mut(player).scaled_add(weight, &(after - before));
                }
            }
        }
        Plan::Sampled { orders, .. } => {
            let pairs = orders.len() as f64;
            // Sums of squares about the mean, by Welford's recurrence.
            let mut squares: Array2<f64> = Array2::zeros((players, outcomes));
            for (count, order) in orders.iter().enumerate() {
                let mut pair: Array2<f64> = Array2::zeros((players, outcomes));
                for order in both_ways(order) {
                    let mut coalition = Coalition::empty(players);
                    for player in order {
                        let larger = coalition.with(player);
                        let added = worth.get(&larger)? - worth.get(&coalition)?;
                        pair.row_mut(player).scaled_add(0.5, &added);
                        coalition = larger;
                    }
                }
                let before = &pair - &effects;
                effects.scaled_add(1.0 / (count as f64 + 1.0), &before);
                squares += &(&before * &(&pair - &effects));
            }
            errors = (squares / (pairs - 1.0) / pairs).mapv(f64::sqrt);
        }
    }
    Some(Shapley { effects, errors })
}

/// s! (n−s−1)! / n! by size s of the coalition that a player joins.
fn weights(players: usize) -> Vec<f64> {
    let mut weights = Vec::with_capacity(players);
    // Number of coalitions of size s among the other n − 1: a binomial coefficient, one after the other.
    let mut coalitions = 1.0;
    for size in 0..players {
        weights.push(1.0 / (players as f64 * coalitions));
        coalitions *= (players - 1 - size) as f64 / (size as f64 + 1.0);
    }
    weights
}
