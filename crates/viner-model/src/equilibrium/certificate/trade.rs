//! Prices, trade shares, spending, sales and taxes, recomputed from the reported results.

use ndarray::{Array3, ArrayView1, s};

use super::limits::{SplitTrade, varieties};
use super::{Check, worse};
use crate::equilibrium::{Equilibrium, UserOutcomes};
use crate::problem::Problem;

/// What one sector's trade shows.
pub(super) struct SectorTrade {
    pub(super) price: Check,
    pub(super) share: Check,
    pub(super) spending: Check,
    pub(super) clearing: Check,
    /// By importer.
    pub(super) tariffs: Vec<f64>,
    /// By exporter.
    pub(super) export_taxes: Vec<f64>,
}

/// Prices, trade shares, spending, sales and taxes of one sector. `demand` is `[region, purchaser, sector]`.
pub(super) fn sourcing(
    problem: &Problem,
    result: &Equilibrium,
    splits: &SplitTrade,
    demand: &Array3<f64>,
    s: usize,
) -> SectorTrade {
    let baseline = &problem.baseline;
    let regions = baseline.region_count();
    let theta = problem.elasticities.trade[s];
    let tariffs = problem.counterfactual.sector_tariffs(baseline, s);
    let export_taxes = problem.counterfactual.sector_export_taxes(baseline, s);
    let mut checked = SectorTrade {
        price: Check::new("price"),
        share: Check::new("trade share"),
        spending: Check::new("spending"),
        clearing: Check::new("market clearing"),
        tariffs: vec![0.0; regions],
        export_taxes: vec![0.0; regions],
    };
    let mut sales = vec![0.0; regions];
    let mut paid = vec![0.0; regions];
    let (mut new, mut own) = (vec![0.0; regions], vec![0.0; regions]);
    let mut supplies = vec![false; regions];
    // Touched cells of an importer: exporter, varieties, delivered cost.
    let mut changes: Vec<(usize, f64, f64)> = Vec::new();
    let cost_powers: Vec<f64> =
        result.unit_cost.column(s).iter().map(|cost| cost.powf(-theta)).collect();
    let mut touched = problem.counterfactual.sector(s).peekable();
    let mut split = splits.sector(s).peekable();
    for n in 0..regions {
        let flows = result.trade_flows.slice(ndarray::s![s, n, ..]);
        let flows = flows.as_slice().unwrap_or_default();
        for (sales, flow) in sales.iter_mut().zip(flows) {
            *sales += flow;
        }

        // Spending on each cell at purchaser value.
        paid.copy_from_slice(flows);
        let row = n * regions..(n + 1) * regions;
        if let Some(rates) = &export_taxes {
            for (i, rate) in rates[row.clone()].iter().enumerate() {
                checked.export_taxes[i] += rate * paid[i];
                paid[i] *= 1.0 + rate;
            }
        }
        let mut multipliers = Vec::new();
        while let Some((i, cell)) =
            split.next_if(|(importer, ..)| *importer == n).map(|(_, i, cell)| (i, cell))
        {
            paid[i] *= cell.goods * cell.multiplier;
            multipliers.push((i, cell.multiplier));
        }
        if let Some(rates) = &tariffs {
            // Tariffs are levied on what the wedges and the margins of hubs leave in the price: on all
            // that is paid but the tariff itself.
            for (paid, rate) in paid.iter_mut().zip(&rates[row]) {
                checked.tariffs[n] += rate * *paid;
                *paid *= 1.0 + rate;
            }
        }
        let total: f64 = paid.iter().sum();
        let demand = demand.slice(s![n, .., s]);
        let asked = demand.sum();
        checked.spending.same(total, asked, (n, s, 0));
        changes.clear();
        while let Some((_, i, change)) = touched.next_if(|(importer, ..)| *importer == n) {
            let multiplier = multipliers.iter().find(|(exporter, _)| *exporter == i);
            let wedge = multiplier.map_or(1.0, |(_, multiplier)| *multiplier);
            let cost = result.unit_cost[[i, s]] * change.cost_factor(baseline, (s, n, i)) * wedge;
            changes.push((i, varieties(problem, change, theta), cost));
        }
        if baseline.expenditure[[n, s]] == 0.0 || asked == 0.0 {
            continue;
        }
        // The part of all purchases that is of each exporter, and who supplies anybody at all.
        new.fill(0.0);
        supplies.fill(false);
        for (purchaser, &spent) in demand.iter().enumerate() {
            let (shares, price) = match (problem.user_shares(), &result.users) {
                (Some(shares), Some(users)) => {
                    let told = users.expenditure[[n, purchaser, s]];
                    checked.spending.same(told, spent, (n, s, 0));
                    (shares.slice(s![s, n, purchaser, ..]), users.price[[n, purchaser, s]])
                }
                _ => (baseline.trade_shares.slice(s![s, n, ..]), result.price[[n, s]]),
            };
            if spent == 0.0 {
                continue;
            }
            // The price equation relative to the price itself: Σ_i π remaining (d̂/P̂)^{−θ} = 1.
            let shares = shares.to_slice().unwrap_or_default();
            let costs = (&cost_powers[..], &changes[..]);
            let relative_cost = |i: usize| result.unit_cost[[i, s]] / price;
            let sum = new_shares(shares, costs, relative_cost, price, theta, &mut own);
            checked.price.compare(sum.powf(-1.0 / theta), 1.0, 1.0, (n, s, 0));
            let part = spent / asked;
            for ((new, own), (supplies, share)) in
                new.iter_mut().zip(&own).zip(supplies.iter_mut().zip(shares))
            {
                *new += part * own;
                *supplies |= *share != 0.0;
            }
        }
        if let Some(users) = &result.users {
            let mean = mean_price(problem, users, &demand, (n, s));
            checked.price.same(result.price[[n, s]], mean, (n, s, 0));
        }
        let mut worst = 0.0;
        for ((paid, new), (supplies, flow)) in paid.iter().zip(&new).zip(supplies.iter().zip(flows))
        {
            let none = if *flow == 0.0 { 0.0 } else { 1.0 };
            let residual = if *supplies { off(paid / total, *new) } else { none };
            worst = if worse(residual, worst) { residual } else { worst };
        }
        if worse(worst, checked.share.relative) {
            for i in 0..regions {
                if supplies[i] {
                    checked.share.compare(off(paid[i] / total, new[i]), 0.0, 1.0, (s, n, i));
                } else {
                    checked.share.same(flows[i], 0.0, (s, n, i));
                }
            }
        }
    }
    for (i, sold) in sales.into_iter().enumerate() {
        checked.clearing.same(sold, result.output[[i, s]], (i, s, 0));
    }
    checked
}

/// Writes `π remaining (d̂/P̂)^{−θ}` by exporter of one purchaser, and returns their sum.
fn new_shares(
    shares: &[f64],
    (cost_powers, changes): (&[f64], &[(usize, f64, f64)]),
    relative_cost: impl Fn(usize) -> f64,
    price: f64,
    theta: f64,
    new: &mut [f64],
) -> f64 {
    let price_power = price.powf(theta);
    let mut some_left_range = false;
    for ((new, share), power) in new.iter_mut().zip(shares).zip(cost_powers) {
        let factor = power * price_power;
        some_left_range |= !factor.is_normal();
        *new = share * factor;
    }
    if some_left_range {
        for (i, new) in new.iter_mut().enumerate() {
            if !(cost_powers[i] * price_power).is_normal() {
                *new =
                    if shares[i] == 0.0 { 0.0 } else { shares[i] * relative_cost(i).powf(-theta) };
            }
        }
    }
    for &(i, varieties, cost) in changes.iter().filter(|(i, ..)| shares[*i] != 0.0) {
        new[i] = varieties * shares[i] * (cost / price).powf(-theta);
    }
    new.iter().sum()
}

/// `Σ_u E P̂ / Σ_u E` over the users that spend something, with spending in the baseline.
fn mean_price(
    problem: &Problem,
    users: &UserOutcomes,
    demand: &ArrayView1<'_, f64>,
    (n, s): (usize, usize),
) -> f64 {
    let (mut spent, mut now) = (0.0, 0.0);
    for (user, _) in demand.iter().enumerate().filter(|(_, spent)| **spent != 0.0) {
        let before = problem.baseline.user_spending(n, user, s);
        spent += before;
        now += before * users.price[[n, user, s]];
    }
    now / spent
}

/// Difference of two shares, relative to the larger. Below the floor powers leave the range of full
/// precision.
fn off(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / found.max(expected).max(1e-290)
}
