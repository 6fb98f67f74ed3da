//! Which coalitions the Shapley value needs the worth of.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Players up to which all coalitions are solved: 256.
pub const EXACT_PLAYERS: usize = 8;

/// Some of the players.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coalition(Vec<bool>);

impl Coalition {
    /// Nobody, of `players` in all.
    pub fn empty(players: usize) -> Self {
        Self(vec![false; players])
    }

    /// Everybody.
    pub fn grand(players: usize) -> Self {
        Self(vec![true; players])
    }

    /// Whether a player is in it.
    pub fn contains(&self, player: usize) -> bool {
        self.0[player]
    }

    /// Its members in order.
    pub fn members(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(|(_, in_it)| **in_it).map(|(player, _)| player)
    }

    /// Number of members.
    pub fn size(&self) -> usize {
        self.0.iter().filter(|in_it| **in_it).count()
    }

    /// With one more player.
    #[must_use]
    pub fn with(&self, player: usize) -> Self {
        let mut members = self.0.clone();
        members[player] = true;
        Self(members)
    }

    /// Without a player.
    #[must_use]
    pub fn without(&self, player: usize) -> Self {
        let mut members = self.0.clone();
        members[player] = false;
        Self(members)
    }
}

/// How the Shapley value is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// From all coalitions: exact.
    Every {
        /// Number of players.
        players: usize,
    },
    /// From orders in which the players join, each also in reverse.
    Sampled {
        /// Number of players.
        players: usize,
        /// The orders, one of each pair.
        orders: Vec<Vec<usize>>,
    },
}

impl Plan {
    /// All coalitions up to [`EXACT_PLAYERS`] players, `pairs` random orders and their reverses beyond.
    pub fn new(players: usize, pairs: usize, seed: u64) -> Self {
        if players <= EXACT_PLAYERS {
            Self::every(players)
        } else {
            Self::sampled(players, pairs, seed)
        }
    }

    /// All coalitions.
    pub fn every(players: usize) -> Self {
        Self::Every { players }
    }

    /// `pairs` random orders and their reverses; the same seed gives the same orders everywhere.
    pub fn sampled(players: usize, pairs: usize, seed: u64) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut order = || {
            let mut order: Vec<usize> = (0..players).collect();
            for last in (1..players).rev() {
                order.swap(last, random.random_range(0..=last));
            }
            order
        };
        Self::Sampled { players, orders: (0..pairs).map(|_| order()).collect() }
    }

    /// Number of players.
    pub fn players(&self) -> usize {
        match self {
            Self::Every { players } | Self::Sampled { players, .. } => *players,
        }
    }

    /// Whether the result has no sampling error.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Every { .. })
    }

    /// Every coalition needed, by size from 0 on, each with one that has a member less and is needed
    /// too.
    pub fn levels(&self) -> Vec<BTreeMap<Coalition, Option<Coalition>>> {
        let players = self.players();
        let mut levels = vec![BTreeMap::new(); players + 1];
        levels[0].insert(Coalition::empty(players), None);
        match self {
            Self::Every { .. } => {
                for size in 0..players {
                    let smaller: Vec<Coalition> = levels[size].keys().cloned().collect();
                    for coalition in smaller {
                        for player in (0..players).filter(|&player| !coalition.contains(player)) {
                            let larger = coalition.with(player);
                            levels[size + 1].entry(larger).or_insert(Some(coalition.clone()));
                        }
                    }
                }
            }
            Self::Sampled { orders, .. } => {
                for order in orders {
                    for order in both_ways(order) {
                        let mut coalition = Coalition::empty(players);
                        for (size, player) in order.into_iter().enumerate() {
                            let larger = coalition.with(player);
                            let level = &mut levels[size + 1];
                            level.entry(larger.clone()).or_insert(Some(coalition));
                            coalition = larger;
                        }
                    }
                }
            }
        }
        levels
    }
}

/// An order and its reverse.
pub(super) fn both_ways(order: &[usize]) -> [Vec<usize>; 2] {
    [order.to_vec(), order.iter().rev().copied().collect()]
}
