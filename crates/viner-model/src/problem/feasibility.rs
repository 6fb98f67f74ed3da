//! Which markets survive the removal of suppliers, and which cannot.

use ndarray::Array2;
use thiserror::Error;

use super::Problem;

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
        let mut buys = baseline.expenditure.mapv(|spending| spending > 0.0);
        let mut sells = baseline.output.mapv(|output| output != 0.0);
        let counterfactual = &problem.counterfactual;
        if !counterfactual.cells.values().any(|change| counterfactual.is_closed(change)) {
            return Ok(Self { buys, sells });
        }
        loop {
            let mut changed = false;
            for s in 0..n_sectors {
                for i in 0..n_regions {
                    let sold = (0..n_regions).any(|n| {
                        buys[[n, s]] && baseline.trade_flows[[s, n, i]] > 0.0 && !removed(s, n, i)
                    });
                    if sells[[i, s]] && !sold {
                        sells[[i, s]] = false;
                        changed = true;
                    }
                }
            }
            for n in 0..n_regions {
                for s in 0..n_sectors {
                    let used = baseline.final_shares[[n, s]] > 0.0
                        || (0..n_sectors)
                            .any(|k| sells[[n, k]] && baseline.input_mix[[n, k, s]] != 0.0);
                    if buys[[n, s]] && !used {
                        buys[[n, s]] = false;
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        let mut unserved = Vec::new();
        for n in 0..n_regions {
            for s in 0..n_sectors {
                let served = (0..n_regions)
                    .any(|i| baseline.trade_shares[[s, n, i]] > 0.0 && !removed(s, n, i));
                if buys[[n, s]] && !served {
                    unserved.push(baseline.cell_name(n, s));
                }
            }
        }
        match unserved.split_first() {
            None => Ok(Self { buys, sells }),
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
}
