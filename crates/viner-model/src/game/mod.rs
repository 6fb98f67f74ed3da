//! Games in normal form: players, actions, payoffs; best replies, equilibria, break-even values.
//!
//! Nothing here knows trade: a payoff is a number for each player in each combination of actions.

mod extreme;
mod lemke_howson;
mod linear;
mod mixed;

use ndarray::Array2;
use thiserror::Error;

pub use mixed::Mixture;

/// Players, their actions, and what each earns in each combination of actions.
///
/// Combinations are counted with the last player's action running fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Game {
    actions: Vec<usize>,
    payoffs: Array2<f64>,
    tie: f64,
}

/// Why numbers are no game.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum GameError {
    /// Nobody plays, or somebody has nothing to choose.
    #[error("player {player} has no action")]
    NoAction {
        /// The first such player, counted from 0.
        player: usize,
    },
    /// The table of payoffs does not fit the actions.
    #[error("a table of {found:?} payoffs, expected {expected:?} (combinations, players)")]
    Shape {
        /// Rows and columns of the table.
        found: [usize; 2],
        /// What the actions ask for.
        expected: [usize; 2],
    },
    /// A payoff that is no number.
    #[error("the payoff of player {player} in combination {combination} is {found}")]
    NotFinite {
        /// The player.
        player: usize,
        /// The combination.
        combination: usize,
        /// The payoff.
        found: f64,
    },
}

/// An action that another one of the same player is never worse than.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dominated {
    /// The player.
    pub player: usize,
    /// The action that is never better.
    pub action: usize,
    /// The action that dominates it.
    pub by: usize,
    /// Whether it is worse whatever the others do; if not, it is worse in some combination.
    pub strictly: bool,
}

impl Game {
    /// A game: number of actions by player, payoffs `[combination, player]`, and the difference up to
    /// which two payoffs count as equal.
    ///
    /// # Errors
    /// See [`GameError`].
    pub fn new(actions: Vec<usize>, payoffs: Array2<f64>, tie: f64) -> Result<Self, GameError> {
        let idle = actions.iter().position(|&count| count == 0);
        if let Some(player) = idle.or(actions.is_empty().then_some(0)) {
            return Err(GameError::NoAction { player });
        }
        let expected = [actions.iter().product(), actions.len()];
        let found = [payoffs.nrows(), payoffs.ncols()];
        if found != expected {
            return Err(GameError::Shape { found, expected });
        }
        let odd = payoffs.indexed_iter().find(|(_, payoff)| !payoff.is_finite());
        if let Some(((combination, player), &found)) = odd {
            return Err(GameError::NotFinite { player, combination, found });
        }
        Ok(Self { actions, payoffs, tie })
    }

    /// Number of players.
    pub fn players(&self) -> usize {
        self.actions.len()
    }

    /// Number of actions of a player.
    pub fn actions(&self, player: usize) -> usize {
        self.actions[player]
    }

    /// Number of combinations of actions.
    pub fn combinations(&self) -> usize {
        self.payoffs.nrows()
    }

    /// Everybody's action in a combination.
    pub fn combination(&self, index: usize) -> Vec<usize> {
        combination(&self.actions, index)
    }

    /// The combination in which everybody takes these actions.
    pub fn index(&self, chosen: &[usize]) -> usize {
        self.actions.iter().zip(chosen).fold(0, |index, (count, action)| index * count + action)
    }

    /// The combination in which one player does something else.
    pub fn deviation(&self, index: usize, player: usize, action: usize) -> usize {
        let stride: usize = self.actions[player + 1..].iter().product();
        let chosen = index / stride % self.actions[player];
        index - chosen * stride + action * stride
    }

    /// What a player earns in a combination.
    pub fn payoff(&self, index: usize, player: usize) -> f64 {
        self.payoffs[[index, player]]
    }

    /// What a player's action in a combination must be worth beyond its payoff to be chosen against
    /// the best other action, the others' actions held: the largest other payoff less this one.
    /// Negative where it is chosen anyway; nothing for a player with one action.
    pub fn break_even(&self, index: usize, player: usize) -> Option<f64> {
        let own =
            index / self.actions[player + 1..].iter().product::<usize>() % self.actions[player];
        let others = (0..self.actions[player]).filter(|&action| action != own);
        let best = others
            .map(|action| self.payoff(self.deviation(index, player, action), player))
            .reduce(f64::max)?;
        Some(best - self.payoff(index, player))
    }

    /// Whether a player can do no better, the others' actions held.
    pub fn is_best_reply(&self, index: usize, player: usize) -> bool {
        self.break_even(index, player).is_none_or(|lead| lead <= self.tie)
    }

    /// Every combination in which nobody can do better alone: the Nash equilibria in pure strategies.
    pub fn pure_equilibria(&self) -> Vec<usize> {
        let is_one = |index: &usize| (0..self.players()).all(|p| self.is_best_reply(*index, p));
        (0..self.combinations()).filter(is_one).collect()
    }

    /// Actions that another action of the same player dominates, each with the first that does.
    pub fn dominated(&self) -> Vec<Dominated> {
        let mut list = Vec::new();
        for player in 0..self.players() {
            for action in 0..self.actions(player) {
                let by = (0..self.actions(player)).find_map(|by| {
                    Some(Dominated {
                        player,
                        action,
                        by,
                        strictly: self.dominates(player, by, action)?,
                    })
                });
                list.extend(by);
            }
        }
        list
    }

    /// Whether action `by` is never worse than `action` and sometimes better; if so, whether always.
    fn dominates(&self, player: usize, by: usize, action: usize) -> Option<bool> {
        let (mut better, mut always) = (false, true);
        for index in 0..self.combinations() {
            let with = self.deviation(index, player, by);
            if with != index {
                continue;
            }
            let gain = self.payoff(with, player)
                - self.payoff(self.deviation(index, player, action), player);
            if gain < -self.tie {
                return None;
            }
            better |= gain > self.tie;
            always &= gain > self.tie;
        }
        better.then_some(always)
    }

    /// What a player earns on average with one action while the others mix theirs:
    /// `mixture[player][action]` are probabilities, the player's own are not read.
    pub fn expected(&self, player: usize, action: usize, mixture: &[Vec<f64>]) -> f64 {
        let mut sum = 0.0;
        for index in 0..self.combinations() {
            let chosen = self.combination(index);
            if chosen[player] != action {
                continue;
            }
            let others = (0..self.players()).filter(|&other| other != player);
            let probability: f64 = others.map(|other| mixture[other][chosen[other]]).product();
            if probability != 0.0 {
                sum += probability * self.payoff(index, player);
            }
        }
        sum
    }

    /// [`break_even`](Self::break_even) on average over what the others mix.
    pub fn expected_break_even(
        &self,
        player: usize,
        action: usize,
        mixture: &[Vec<f64>],
    ) -> Option<f64> {
        let others = (0..self.actions[player]).filter(|&other| other != action);
        let best = others.map(|other| self.expected(player, other, mixture)).reduce(f64::max)?;
        Some(best - self.expected(player, action, mixture))
    }
}

/// Everybody's action in a combination: the last player's runs fastest.
pub fn combination(actions: &[usize], mut index: usize) -> Vec<usize> {
    let mut chosen = vec![0; actions.len()];
    for (action, &count) in chosen.iter_mut().zip(actions).rev() {
        *action = index % count;
        index /= count;
    }
    chosen
}
