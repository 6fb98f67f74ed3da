//! Which user buys from which supplier, brought to the accounts that it is a division of.

use ndarray::{Array3, Array4, ArrayViewMut2, Axis, Zip, s};

use super::build::Accounts;
use super::{Baseline, BaselineError};
use crate::labels::Labels;
use crate::tables::Tables;

/// Rounds over the users and the suppliers of one market.
const ROUNDS: usize = 1000;
/// A round that changes no account by more has changed nothing but roundings.
const SETTLED: f64 = 1e-14;
/// Part of a market's purchases that users may be off in the end.
const CLOSED: f64 = 1e-9;

/// What each user pays for each supplier's goods, `[sector, importer, user, exporter]`, at purchaser
/// value in millions; nothing where the tables do not say.
pub(super) fn purchases(tables: &Tables) -> Option<Array4<f64>> {
    let mut purchases = tables.sourcing.clone()?;
    let scale = tables.description.unit.in_millions();
    if let Some(tariffs) = &tables.tariffs {
        for ((s, n, i), rate) in tariffs.indexed_iter() {
            purchases.slice_mut(s![s, n, .., i]).mapv_inplace(|value| value * scale * (1.0 + rate));
        }
    } else if scale != 1.0 {
        purchases *= scale;
    }
    Some(purchases)
}

/// Purchases by user over what each spends; a user whose suppliers are not known has the shares of its
/// region.
pub(super) fn shares(baseline: &Baseline, mut purchases: Array4<f64>) -> Array4<f64> {
    Zip::indexed(purchases.lanes_mut(Axis(3))).for_each(|(s, n, user), mut row| {
        let sum = row.sum();
        if baseline.user_spending(n, user, s) == 0.0 {
            row.fill(0.0);
        } else if sum == 0.0 {
            row.assign(&baseline.trade_shares.slice(s![s, n, ..]));
        } else {
            row /= sum;
        }
    });
    purchases
}

impl Accounts {
    /// What a user of region `n` spends on a good: an input, or final spending for the last user.
    fn spent(&self, n: usize, user: usize, s: usize) -> f64 {
        if user < self.final_spending.ncols() {
            self.inputs[[n, user, s]]
        } else {
            self.final_spending[[n, s]]
        }
    }

    /// `X (1+x)(1+τ)`: what a cell's goods cost their buyers.
    fn paid(&self, s: usize, n: usize, i: usize) -> f64 {
        let factor = |rates: &Option<Array3<f64>>| {
            1.0 + rates.as_ref().map_or(0.0, |rates| rates[[s, n, i]])
        };
        self.trade_flows[[s, n, i]] * factor(&self.export_taxes) * factor(&self.tariffs)
    }
}

/// Brings the purchases of users to the flows and to the spending that they add up to.
///
/// In every market (n, s) rows are scaled to `E_u`, what user u spends, and columns to `X_in (1+τ)`, in
/// turns. A user or a supplier without any entry takes part in proportion.
pub(super) fn reconcile(
    accounts: &mut Accounts,
    regions: &Labels,
    sectors: &Labels,
) -> Result<(), Vec<BaselineError>> {
    let Some(mut purchases) = accounts.purchases.take() else { return Ok(()) };
    let (n_sectors, n_regions, users, _) = purchases.dim();
    let mut errors = Vec::new();
    for s in 0..n_sectors {
        for n in 0..n_regions {
            let spent: Vec<f64> = (0..users).map(|user| accounts.spent(n, user, s)).collect();
            let bought: Vec<f64> = (0..n_regions).map(|i| accounts.paid(s, n, i)).collect();
            let left = close_market(purchases.slice_mut(s![s, n, .., ..]), &spent, &bought);
            if left > CLOSED || left.is_nan() {
                let cell = format!("{}/{}", regions.code(n), sectors.code(s));
                errors.push(BaselineError::Sourcing { cell, left });
            }
        }
    }
    accounts.purchases = Some(purchases);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Scales `[user, exporter]` to its margins; the largest difference that is left of what a user spends,
/// over all purchases.
pub(crate) fn close_market(
    mut market: ArrayViewMut2<'_, f64>,
    spent: &[f64],
    bought: &[f64],
) -> f64 {
    let total: f64 = bought.iter().sum();
    if total == 0.0 {
        market.fill(0.0);
        return 0.0;
    }
    let entries: Vec<f64> = market.axis_iter(Axis(0)).map(|row| row.sum()).collect();
    let supplied: Vec<f64> = market.axis_iter(Axis(1)).map(|column| column.sum()).collect();
    for ((user, exporter), value) in market.indexed_iter_mut() {
        if spent[user] == 0.0 || bought[exporter] == 0.0 {
            *value = 0.0;
        } else if entries[user] == 0.0 || supplied[exporter] == 0.0 {
            *value = spent[user] * bought[exporter] / total;
        }
    }
    let mut sums = vec![0.0; bought.len()];
    for _ in 0..ROUNDS {
        let mut change: f64 = 0.0;
        sums.fill(0.0);
        for (mut row, spent) in market.outer_iter_mut().zip(spent) {
            let factor = factor(row.sum(), *spent, &mut change);
            for (value, sum) in row.iter_mut().zip(&mut sums) {
                *value *= factor;
                *sum += *value;
            }
        }
        for (sum, bought) in sums.iter_mut().zip(bought) {
            *sum = factor(*sum, *bought, &mut change);
        }
        for mut row in market.outer_iter_mut() {
            row.iter_mut().zip(&sums).for_each(|(value, factor)| *value *= factor);
        }
        if change <= SETTLED {
            break;
        }
    }
    let off = market.outer_iter().zip(spent).map(|(row, spent)| (row.sum() - spent).abs());
    off.fold(0.0, f64::max) / total
}

/// What brings `sum` to `goal`.
fn factor(sum: f64, goal: f64, change: &mut f64) -> f64 {
    if sum == 0.0 {
        return 0.0;
    }
    let factor = goal / sum;
    *change = change.max((factor - 1.0).abs());
    factor
}
