//! Which markets survive the removal of suppliers, and which cannot.

use ndarray::{Array2, Array3, s};
use thiserror::Error;

use super::Problem;
use crate::baseline::Baseline;

/// A market that must be served and has no supplier left.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{cell}` has no supplier left{others}")]
pub struct Infeasible {
    /// First importer and sector without supplier.
    pub cell: String,
    /// How many more there are, in words.
    pub others: String,
}

/// Markets and sectors that are active in the counterfactual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivors {
    /// Whether (n, s) still buys, `[region, sector]`.
    pub buys: Array2<bool>,
    /// Whether user k of n still buys s, `[region, user, sector]`; none where users are not told apart.
    pub users: Option<Array3<bool>>,
    /// Whether (n, k) still sells, `[region, sector]`.
    pub sells: Array2<bool>,
}

impl Survivors {
    /// Follows removals through the economy: a sector that no active buyer can reach closes, and
    /// with it its purchases.
    ///
    /// # Errors
    /// An active market without any supplier.
    pub fn of(problem: &Problem) -> Result<Self, Infeasible> {
        let baseline = &problem.baseline;
        let (n_regions, n_sectors) = (baseline.region_count(), baseline.sector_count());
        let removed = |s, n, i| {
            problem
                .counterfactual
                .cells
                .get(&(s, n, i))
                .is_some_and(|change| problem.counterfactual.is_closed(change))
        };
        let shares = problem.user_shares();
        let supplies = |s: usize, n: usize, user: Option<usize>, i: usize| match (user, shares) {
            (Some(user), Some(shares)) => shares[[s, n, user, i]] > 0.0,
            _ => baseline.trade_flows[[s, n, i]] > 0.0,
        };
        let mut survivors = Self {
            buys: baseline.expenditure.mapv(|spending| spending > 0.0),
            users: shares.map(|shares| {
                let (sectors, regions, users, _) = shares.dim();
                Array3::from_shape_fn((regions, users, sectors), |(n, user, s)| {
                    shares.slice(s![s, n, user, ..]).iter().any(|share| *share > 0.0)
                })
            }),
            sells: baseline.output.mapv(|output| output != 0.0),
        };
        let counterfactual = &problem.counterfactual;
        if !counterfactual.cells.values().any(|change| counterfactual.is_closed(change)) {
            return Ok(survivors);
        }
        loop {
            let mut changed = false;
            for s in 0..n_sectors {
                for i in 0..n_regions {
                    let sold = survivors.sells[[i, s]]
                        && (0..n_regions).any(|n| {
                            !removed(s, n, i)
                                && survivors.purchasers(n, s).any(|user| supplies(s, n, user, i))
                        });
                    if survivors.sells[[i, s]] && !sold {
                        survivors.sells[[i, s]] = false;
                        changed = true;
                    }
                }
            }
            for n in 0..n_regions {
                for s in 0..n_sectors {
                    changed |= survivors.stop_buying(baseline, n, s);
                }
            }
            if !changed {
                break;
            }
        }
        let mut unserved = Vec::new();
        for n in 0..n_regions {
            for s in 0..n_sectors {
                for user in survivors.purchasers(n, s) {
                    let served =
                        (0..n_regions).any(|i| supplies(s, n, user, i) && !removed(s, n, i));
                    if !served {
                        let cell = baseline.cell_name(n, s);
                        unserved.push(match user {
                            None => cell,
                            Some(user) => format!("{cell} for {}", baseline.user_name(user)),
                        });
                    }
                }
            }
        }
        match unserved.split_first() {
            None => Ok(survivors),
            Some((first, rest)) => Err(Infeasible {
                cell: first.clone(),
                others: match rest.len() {
                    0 => String::new(),
                    count => {
                        format!(", nor have {count} more: `{}`", rest[..count.min(4)].join("`, `"))
                    }
                },
            }),
        }
    }

    /// Whether a purchaser of a good still buys: a user, or all of a region where users are not told
    /// apart.
    pub fn buys(&self, n: usize, purchaser: usize, s: usize) -> bool {
        self.users.as_ref().map_or(self.buys[[n, s]], |users| users[[n, purchaser, s]])
    }

    /// Users that still buy a good; `None` for all of them where they are not told apart.
    fn purchasers(&self, n: usize, s: usize) -> impl Iterator<Item = Option<usize>> {
        let all = self.users.is_none() && self.buys[[n, s]];
        let users = self.users.iter().flat_map(move |users| {
            (0..users.dim().1).filter(move |&user| users[[n, user, s]]).map(Some)
        });
        all.then_some(None).into_iter().chain(users)
    }

    /// Closes the purchases of users that sell nothing any more; whether there were any.
    fn stop_buying(&mut self, baseline: &Baseline, n: usize, s: usize) -> bool {
        let sectors = baseline.sector_count();
        let uses = |sells: &Array2<bool>, user: usize| {
            if user < sectors {
                sells[[n, user]] && baseline.input_mix[[n, user, s]] != 0.0
            } else {
                baseline.final_shares[[n, s]] > 0.0
            }
        };
        let mut changed = false;
        if let Some(users) = &mut self.users {
            for user in 0..=sectors {
                let buys = &mut users[[n, user, s]];
                if *buys && !uses(&self.sells, user) {
                    (*buys, changed) = (false, true);
                }
            }
        }
        if self.buys[[n, s]] && !(0..=sectors).any(|user| uses(&self.sells, user)) {
            (self.buys[[n, s]], changed) = (false, true);
        }
        changed
    }
}
