//! Which policies are taken together when an effect is split.

use crate::scenario::Policy;

/// What counts as one player.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Every policy by itself.
    #[default]
    Policy,
    /// All policies of a kind.
    Kind,
    /// All policies whose names start alike, up to the first `:`; those without one by themselves.
    Prefix,
}

impl Grouping {
    /// Name on the command line and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Kind => "kind",
            Self::Prefix => "prefix",
        }
    }

    /// Sets of policies with their names, in the order in which each first appears; a set holds
    /// positions.
    pub fn players(self, policies: &[Policy]) -> Vec<(String, Vec<usize>)> {
        let mut players: Vec<(String, Vec<usize>)> = Vec::new();
        for (position, policy) in policies.iter().enumerate() {
            let name = policy.name_at(position);
            let (name, shared) = match (self, name.split_once(':')) {
                (Self::Kind, _) => (policy.kind().to_owned(), true),
                (Self::Prefix, Some((prefix, _))) => (prefix.trim_end().to_owned(), true),
                _ => (name, false),
            };
            match players.iter_mut().find(|(known, _)| shared && *known == name) {
                Some((_, members)) => members.push(position),
                None => players.push((name, vec![position])),
            }
        }
        players
    }
}
