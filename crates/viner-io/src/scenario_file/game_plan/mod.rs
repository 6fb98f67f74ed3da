//! The plan of a game: a scenario, and players whose actions are policies.

mod read;

use std::collections::BTreeMap;

use viner_model::problem::{ScenarioError, Section};
use viner_model::scenario::Policy;

pub use self::read::read_game_plan;
use super::locations::Locations;
use super::plan::PlanHead;
use super::read::ScenarioFile;
use crate::diagnostic::Diagnostic;

/// Key of the plan's own tables.
pub const PLAYER: &str = "player";

/// Combinations of actions that are solved at most.
pub const MAX_COMBINATIONS: usize = 4096;

/// A plan, read.
#[derive(Clone, Debug, PartialEq)]
pub struct GamePlan {
    /// What all plans have; its scenario holds in every combination.
    pub head: PlanHead,
    /// Who plays, in order.
    pub players: Vec<PlayerPlan>,
    /// Text of every table file read, by the path that the plan names it by.
    pub files: BTreeMap<String, String>,
}

/// A player of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayerPlan {
    /// Name for tables.
    pub name: String,
    /// Codes and groups of regions.
    pub members: Vec<String>,
    /// Weights of members in the payoff; by baseline income if `None`.
    pub weights: Option<BTreeMap<String, f64>>,
    /// What it may do.
    pub actions: Vec<ActionPlan>,
}

/// An action of a player.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionPlan {
    /// Name for tables.
    pub name: String,
    /// Political value, a fraction of the player's real spending: the first whose condition holds.
    pub values: Vec<(When, f64)>,
    /// What it does, each where its condition holds.
    pub policies: Vec<(When, Policy)>,
    /// Where the policies were written.
    locations: Locations,
    /// Path of the policies in the plan: `player.0.action.1.policies`.
    path: String,
}

/// Players and those of their actions among which they must have chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When(Vec<(usize, Vec<usize>)>);

impl When {
    /// Whether it holds where everybody does what is `chosen`.
    pub fn holds(&self, chosen: &[usize]) -> bool {
        self.0.iter().all(|(player, actions)| actions.contains(&chosen[*player]))
    }
}

impl ActionPlan {
    /// Political value where everybody does what is `chosen`.
    pub fn value(&self, chosen: &[usize]) -> f64 {
        self.values.iter().find(|(when, _)| when.holds(chosen)).map_or(0.0, |(_, value)| *value)
    }
}

/// Where a policy of a combination comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Scenario(usize),
    Action { player: usize, action: usize, policy: usize },
}

impl GamePlan {
    /// Number of actions by player.
    pub fn actions(&self) -> Vec<usize> {
        self.players.iter().map(|player| player.actions.len()).collect()
    }

    /// Number of combinations of actions.
    pub fn combinations(&self) -> usize {
        self.actions().into_iter().fold(1, usize::saturating_mul)
    }

    /// A combination in words: `China = supply, West = wait`.
    pub fn name_of(&self, chosen: &[usize]) -> String {
        let parts =
            self.players.iter().zip(chosen).map(|(player, &action)| {
                format!("{} = {}", player.name, player.actions[action].name)
            });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Policies of a combination: those of the scenario, then those of the players in order.
    pub fn policies(&self, scenario: &ScenarioFile, chosen: &[usize]) -> Vec<Policy> {
        self.origins(scenario, chosen)
            .into_iter()
            .map(|origin| match origin {
                Origin::Scenario(policy) => scenario.scenario.policies[policy].clone(),
                Origin::Action { player, action, policy } => {
                    self.players[player].actions[action].policies[policy].1.clone()
                }
            })
            .collect()
    }

    fn origins(&self, scenario: &ScenarioFile, chosen: &[usize]) -> Vec<Origin> {
        let mut origins: Vec<Origin> =
            (0..scenario.scenario.policies.len()).map(Origin::Scenario).collect();
        for (player, &action) in chosen.iter().enumerate() {
            let policies = self.players[player].actions[action].policies.iter().enumerate();
            let here = policies.filter(|(_, (when, _))| when.holds(chosen));
            origins.extend(here.map(|(policy, _)| Origin::Action { player, action, policy }));
        }
        origins
    }

    /// What the model says about a combination, with the file and line it is about.
    pub fn locate(
        &self,
        scenario: &ScenarioFile,
        chosen: &[usize],
        error: &ScenarioError,
    ) -> Diagnostic {
        let origins = self.origins(scenario, chosen);
        let path = |origin: Origin| match origin {
            Origin::Scenario(policy) => {
                format!("policy.{}", scenario.locations.policy_position(policy))
            }
            Origin::Action { player, action, policy } => {
                let action = &self.players[player].actions[action];
                format!("{}.{}", action.path, action.locations.policy_position(policy))
            }
        };
        let Section::Policy(position) = error.place().section else {
            return scenario.locations.locate(error);
        };
        let (locations, own) = match origins.get(position) {
            Some(Origin::Action { player, action, policy }) => {
                let action = &self.players[*player].actions[*action];
                (&action.locations, action.locations.policy_position(*policy))
            }
            Some(Origin::Scenario(policy)) => {
                (&scenario.locations, scenario.locations.policy_position(*policy))
            }
            None => return scenario.locations.locate(error),
        };
        // Other policies are counted from beyond all positions, to be told from the file's own.
        let numbers = (0..origins.len())
            .map(|other| if other == position { own } else { OTHERS + other })
            .collect();
        let diagnostic = locations.renumbered(numbers).locate(error);
        renamed(diagnostic, &|number| match number.checked_sub(OTHERS) {
            Some(other) => origins.get(other).map(|origin| path(*origin)),
            None => Some(path(origins[position])),
        })
    }
}

/// Above any position of a policy in a file.
const OTHERS: usize = 1 << 40;

/// A diagnostic with other paths for `policy.N`, wherever it names one.
fn renamed(mut diagnostic: Diagnostic, path: &dyn Fn(usize) -> Option<String>) -> Diagnostic {
    const WORD: &str = "policy.";
    let text = |text: &str| -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(WORD) {
            let (before, after) = rest.split_at(start);
            let digits = &after[WORD.len()..];
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let inside = before.ends_with(|c: char| c.is_alphanumeric() || c == '.' || c == '_');
            let new = digits[..end].parse().ok().filter(|_| !inside).and_then(path);
            result.push_str(before);
            result.push_str(&new.unwrap_or_else(|| after[..WORD.len() + end].to_owned()));
            rest = &digits[end..];
        }
        result.push_str(rest);
        result
    };
    diagnostic.problem = text(&diagnostic.problem);
    diagnostic.key = diagnostic.key.as_deref().map(text);
    diagnostic.expected = diagnostic.expected.as_deref().map(text);
    diagnostic.hints = diagnostic.hints.iter().map(|hint| text(hint)).collect();
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_renamed_wherever_they_stand() {
        let diagnostic =
            Diagnostic::new("sets `X`, which `policy.3` sets, not `player.0.policy.1`")
                .at_key("policy.0.exporter")
                .hint("in `policy.x`");
        let renamed = renamed(diagnostic, &|number| Some(format!("moves.{number}")));
        assert_eq!(renamed.problem, "sets `X`, which `moves.3` sets, not `player.0.policy.1`");
        assert_eq!(renamed.key.as_deref(), Some("moves.0.exporter"));
        assert_eq!(renamed.hints, ["in `policy.x`"]);
    }
}
