//! An equilibrium in mixed strategies of a game for two.

use super::extreme::{Extreme, strategies};
use super::{Game, lemke_howson};

/// Actions of both players together up to which all extreme strategies are listed: 3432 square
/// systems for each player at 7 and 7.
const LISTED_ACTIONS: usize = 14;

/// Probabilities below this are zero but for rounding.
const SMALLEST_PROBABILITY: f64 = 1e-9;

/// Paths that Lemke and Howson's algorithm is tried along in a large game.
const MAX_PATHS: usize = 64;

/// Everybody's probabilities of actions, and what each earns on average.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// `[player][action]`.
    pub probabilities: Vec<Vec<f64>>,
    /// By player.
    pub payoffs: Vec<f64>,
}

impl Game {
    /// An equilibrium of a game for two in which somebody mixes actions; nothing where none was
    /// found, or where more or fewer than two play.
    ///
    /// Up to 14 actions in all, the one with the fewest actions in use is chosen among all pairs of
    /// extreme strategies that are best replies to each other, one where both mix before others. In
    /// larger games it is the first that a path of Lemke and Howson leads to: if there is no
    /// equilibrium in pure strategies there is always one.
    pub fn mixed_equilibrium(&self) -> Option<Mixture> {
        let [rows, columns] = *self.actions.as_slice() else { return None };
        let payoffs = [0, 1].map(|player| Scaled::of(self, player, rows, columns));
        let tie = payoffs[0].tie.max(payoffs[1].tie);
        let [row_payoffs, column_payoffs] = payoffs.map(|scaled| scaled.payoffs);
        let probabilities = if rows + columns <= LISTED_ACTIONS {
            smallest(&row_payoffs, &column_payoffs, tie)?
        } else {
            (0..(rows + columns).min(MAX_PATHS)).find_map(|label| {
                let pair = lemke_howson::equilibrium(&row_payoffs, &column_payoffs, label)?;
                let mixes = |strategy: &Vec<f64>| {
                    strategy.iter().filter(|p| **p > SMALLEST_PROBABILITY).count() > 1
                };
                let accepted = pair.iter().any(mixes) && self.is_equilibrium(&pair);
                accepted.then_some(pair)
            })?
        };
        let earned = |player: usize| -> f64 {
            let actions = probabilities[player].iter().enumerate();
            actions.map(|(a, p)| p * self.expected(player, a, &probabilities)).sum()
        };
        let payoffs = vec![earned(0), earned(1)];
        Some(Mixture { probabilities: probabilities.to_vec(), payoffs })
    }

    /// Whether every action in use earns as much as the best one.
    fn is_equilibrium(&self, mixture: &[Vec<f64>; 2]) -> bool {
        (0..2).all(|player| {
            let earned: Vec<f64> =
                (0..self.actions[player]).map(|a| self.expected(player, a, mixture)).collect();
            let best = earned.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let worst = earned.iter().copied().fold(f64::INFINITY, f64::min);
            let slack = self.tie.max(1e-9 * (best - worst));
            let in_use = |action: &usize| mixture[player][*action] > SMALLEST_PROBABILITY;
            (0..earned.len()).filter(in_use).all(|action| earned[action] >= best - slack)
        })
    }
}

/// Payoffs of one player `[row, column]`, moved and scaled to lie between 1 and 2, which changes no
/// best reply.
struct Scaled {
    payoffs: Vec<Vec<f64>>,
    /// What counts as equal on this scale.
    tie: f64,
}

impl Scaled {
    fn of(game: &Game, player: usize, rows: usize, columns: usize) -> Self {
        let payoff = |i: usize, j: usize| game.payoff(i * columns + j, player);
        let all = || game.payoffs.column(player).to_vec().into_iter();
        let (low, high) =
            (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        let range = if high - low > game.tie { high - low } else { f64::INFINITY };
        let scaled = |i| (0..columns).map(|j| 1.0 + (payoff(i, j) - low) / range).collect();
        // Rounding of the systems, where the tie is smaller still.
        Self { payoffs: (0..rows).map(scaled).collect(), tie: (game.tie / range).max(1e-11) }
    }
}

/// The equilibrium among extreme strategies in which the fewest actions are in use, and both mix if
/// that can be; none in which nobody mixes.
fn smallest(rows: &[Vec<f64>], columns: &[Vec<f64>], tie: f64) -> Option<[Vec<f64>; 2]> {
    let transposed: Vec<Vec<f64>> = (0..rows.first().map_or(0, Vec::len))
        .map(|j| rows.iter().map(|row| row[j]).collect())
        .collect();
    let of_rows = strategies(columns, tie);
    let of_columns = strategies(&transposed, tie);
    let size = |strategy: &Extreme| strategy.support.count_ones();
    let mut best: Option<((bool, u32), &Extreme, &Extreme)> = None;
    for x in &of_rows {
        for y in &of_columns {
            let replies = x.support & !y.best_replies == 0 && y.support & !x.best_replies == 0;
            if !replies || size(x) + size(y) == 2 {
                continue;
            }
            let key = (size(x) == 1 || size(y) == 1, size(x) + size(y));
            if best.as_ref().is_none_or(|(least, ..)| key < *least) {
                best = Some((key, x, y));
            }
        }
    }
    best.map(|(_, x, y)| [x.probabilities.clone(), y.probabilities.clone()])
}
