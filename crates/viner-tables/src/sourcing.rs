//! Flows by user, kept in step with the flows and the spending that they add up to.

use ndarray::{Array2, Array4, ArrayViewMut2, Axis, s};
use viner_model::tables::Tables;

use crate::projection::{Account, project};

/// Accounts of sourcing close to this part of their turnover, as those of the table itself do.
const CLOSED: f64 = 1e-11;
/// Rounds over the suppliers and users of one market.
const MAX_SWEEPS: usize = 1000;
/// Parts of a market's purchases that are given to all users in the same proportions, tried one
/// after the other, where zeros keep its accounts from closing. The last always closes.
const BLENDS: [f64; 4] = [0.0, 1e-6, 1e-3, 1.0];

/// What it took to bring sourcing to a table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SourcingFit {
    /// Most rounds that a market took.
    pub sweeps: usize,
    /// Sum of absolute changes, at producer value.
    pub moved: f64,
    /// Markets where zeros kept users and suppliers apart, so that users were given a part of
    /// what the market buys.
    pub blended: usize,
}

/// Brings the sourcing of a table to its flows, inputs and final spending.
///
/// In every market (n, s) the purchases of users `k` from exporters `i` become the nearest, in the
/// sense of GRAS, to what they were at which `Σ_k x = X_in (1+τ)` and `Σ_i x = Z_n^sk` or `F_n^s`. Where
/// the table itself spends more or less on the good than it buys of it, the flows are met, and the
/// users share the difference in proportion. Nothing where there is no sourcing.
pub fn fit_sourcing(tables: &mut Tables) -> Option<SourcingFit> {
    let mut sourcing = tables.sourcing.take()?;
    let mut fit = SourcingFit::default();
    for ((n, s), _) in tables.final_spending.indexed_iter() {
        let users = 0..=tables.sectors.len();
        let spent: Vec<f64> = users.map(|user| tables.spending(n, user, s)).collect();
        let rate = |i: usize| 1.0 + tables.tariff(s, n, i);
        let regions = tables.regions.len();
        let bought: Vec<f64> = (0..regions).map(|i| tables.flows[[s, n, i]] * rate(i)).collect();
        let mut market = sourcing.slice_mut(s![s, n, .., ..]);
        let before = market.to_owned();
        for (i, mut column) in market.axis_iter_mut(Axis(1)).enumerate() {
            column *= rate(i);
        }
        let (sweeps, blended) = fit_market(market.view_mut(), &spent, &bought);
        for (i, mut column) in market.axis_iter_mut(Axis(1)).enumerate() {
            column /= rate(i);
        }
        fit.sweeps = fit.sweeps.max(sweeps);
        fit.blended += usize::from(blended);
        fit.moved += market.iter().zip(&before).map(|(a, b)| (a - b).abs()).sum::<f64>();
    }
    tables.sourcing = Some(sourcing);
    Some(fit)
}

/// Brings purchases `[user, exporter]` to the sums of their rows and columns; how many rounds it
/// took, and whether users had to be given a part of what all buy.
fn fit_market(mut market: ArrayViewMut2<'_, f64>, spent: &[f64], bought: &[f64]) -> (usize, bool) {
    let (all_spent, all_bought): (f64, f64) = (spent.iter().sum(), bought.iter().sum());
    if all_spent == 0.0 || all_bought == 0.0 {
        market.fill(0.0);
        return (0, false);
    }
    // Rounding, or a table out of balance: the flows are met.
    let spent: Vec<f64> = spent.iter().map(|value| value * (all_bought / all_spent)).collect();
    let in_proportion =
        Array2::from_shape_fn(market.dim(), |(k, i)| spent[k] * bought[i] / all_bought);
    let (users, exporters) = market.dim();
    let cell = |k: usize, i: usize| u32::try_from(k * exporters + i).unwrap_or(u32::MAX);
    let accounts = |values: &[f64]| {
        let held = |cells: Vec<u32>| -> Vec<(u32, f64)> {
            cells.into_iter().filter(|at| values[*at as usize] != 0.0).map(|at| (at, 1.0)).collect()
        };
        let rows = (0..users).map(|k| Account {
            cells: held((0..exporters).map(|i| cell(k, i)).collect()),
            total: spent[k],
        });
        let columns = (0..exporters).map(|i| Account {
            cells: held((0..users).map(|k| cell(k, i)).collect()),
            total: bought[i],
        });
        rows.chain(columns).collect::<Vec<Account>>()
    };
    // Users and exporters with nothing to close their account by take part in proportion.
    let mut seed = market.to_owned();
    let open: Vec<bool> = {
        let values: Vec<f64> = seed.iter().copied().collect();
        accounts(&values).iter().map(|account| !account.can_close(&values)).collect()
    };
    for ((k, i), value) in seed.indexed_iter_mut() {
        if spent[k] == 0.0 || bought[i] == 0.0 {
            *value = 0.0;
        } else if open[k] || open[users + i] {
            *value = in_proportion[[k, i]];
        }
    }
    let mut sweeps = 0;
    for part in BLENDS {
        let mut values: Vec<f64> = seed
            .iter()
            .zip(&in_proportion)
            .map(|(own, all)| own * (1.0 - part) + all * part)
            .collect();
        let accounts = accounts(&values);
        if accounts.iter().all(|account| account.can_close(&values)) || part == 1.0 {
            let outcome = project(&mut values, &accounts, CLOSED, MAX_SWEEPS);
            sweeps += outcome.sweeps;
            if outcome.residual <= CLOSED || part == 1.0 {
                market.iter_mut().zip(values).for_each(|(cell, value)| *cell = value);
                return (sweeps, part > 0.0);
            }
        }
    }
    (sweeps, true)
}

/// Sourcing with regions and sectors merged: sums.
pub(crate) fn merged(
    sourcing: &Array4<f64>,
    merged: &Tables,
    region: &[usize],
    sector: &[usize],
) -> Array4<f64> {
    let mut sums = Array4::zeros(merged.sourcing_shape());
    let final_use = merged.sectors.len();
    for ((s, n, user, i), value) in sourcing.indexed_iter() {
        let user = sector.get(user).copied().unwrap_or(final_use);
        sums[[sector[s], region[n], user, region[i]]] += value;
    }
    sums
}
