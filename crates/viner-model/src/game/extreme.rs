//! Mixed strategies from which all equilibria of a small game for two are made.

use super::linear;

/// A vertex of `{x ≥ 0 : Σ_i x_i M_ij ≤ 1 for all j}` other than 0, scaled to sum to 1: a mixed
/// strategy against which the opponent, who earns `M`, is indifferent between `best_replies`.
#[derive(Clone, Debug)]
pub(super) struct Extreme {
    pub(super) probabilities: Vec<f64>,
    /// Bits of the actions with a positive probability.
    pub(super) support: u64,
    /// Bits of the opponent's best replies.
    pub(super) best_replies: u64,
}

/// All extreme strategies of the player whose actions are the rows of `opponent`, the opponent's
/// payoffs, positive: every vertex solves a square system of as many tight constraints as it has
/// positive coordinates.
pub(super) fn strategies(opponent: &[Vec<f64>], tie: f64) -> Vec<Extreme> {
    let (rows, columns) = (opponent.len(), opponent.first().map_or(0, Vec::len));
    let mut found: Vec<Extreme> = Vec::new();
    for support in 1..1_u64 << rows {
        let own = bits(support);
        for tight in 1..1_u64 << columns {
            if tight.count_ones() != support.count_ones() {
                continue;
            }
            let matrix = bits(tight)
                .into_iter()
                .map(|j| own.iter().map(|&i| opponent[i][j]).collect())
                .collect();
            let Some(weights) = linear::solve(matrix, vec![1.0; own.len()]) else { continue };
            if weights.iter().any(|weight| *weight <= tie) {
                continue;
            }
            let earned = |j: usize| -> f64 {
                own.iter().zip(&weights).map(|(&i, weight)| weight * opponent[i][j]).sum()
            };
            let earnings: Vec<f64> = (0..columns).map(earned).collect();
            if earnings.iter().any(|earning| *earning > 1.0 + tie) {
                continue;
            }
            let best_replies = (0..columns)
                .filter(|&j| earnings[j] >= 1.0 - tie)
                .fold(0, |bits, j| bits | 1_u64 << j);
            let sum: f64 = weights.iter().sum();
            let mut probabilities = vec![0.0; rows];
            for (&i, weight) in own.iter().zip(&weights) {
                probabilities[i] = weight / sum;
            }
            let same = |other: &Extreme| {
                let pairs = other.probabilities.iter().zip(&probabilities);
                other.support == support && pairs.into_iter().all(|(a, b)| (a - b).abs() <= tie)
            };
            if !found.iter().any(same) {
                found.push(Extreme { probabilities, support, best_replies });
            }
        }
    }
    found
}

fn bits(set: u64) -> Vec<usize> {
    (0..64).filter(|bit| set >> bit & 1 == 1).collect()
}
