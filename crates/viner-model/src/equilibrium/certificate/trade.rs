//! Prices, trade shares, spending, sales and taxes, recomputed from the reported results.

use ndarray::{Array3, s};

use super::limits::{SplitTrade, varieties};
use super::{Check, row};
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
    let (regions, purchasers) = (baseline.region_count(), demand.dim().1);
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
    // Touched cells of an importer: exporter, varieties, delivered cost.
    let mut changes: Vec<(usize, f64, f64)> = Vec::new();
    let cost_powers: Vec<f64> =
        result.unit_cost.column(s).iter().map(|cost| cost.powf(-theta)).collect();
    let least = cost_powers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = cost_powers.iter().copied().fold(0.0, f64::max);
    let mut touched = problem.counterfactual.sector(s).peekable();
    let mut split = splits.sector(s).peekable();
    for n in 0..regions {
        // Producer values, from which spending on each cell at purchaser value.
        result.trade_flows.row(s, n, &mut paid);
        row::add(&mut sales, &paid);
        let block = n * regions..(n + 1) * regions;
        if let Some(rates) = &export_taxes {
            for (i, rate) in rates[block.clone()].iter().enumerate() {
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
            for (paid, rate) in paid.iter_mut().zip(&rates[block]) {
                checked.tariffs[n] += rate * *paid;
                *paid *= 1.0 + rate;
            }
        }
        let total = row::total(&paid);
        let asked: f64 = (0..purchasers).map(|purchaser| demand[[n, purchaser, s]]).sum();
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
        // The part of all purchases that is of each exporter.
        new.fill(0.0);
        for purchaser in 0..purchasers {
            let spent = demand[[n, purchaser, s]];
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
            let price_power = price.powf(theta);
            row::follow(shares, &cost_powers, price_power, &mut own);
            if !(least * price_power).is_normal() || !(most * price_power).is_normal() {
                for i in 0..regions {
                    if !(cost_powers[i] * price_power).is_normal() && shares[i] != 0.0 {
                        own[i] = shares[i] * (result.unit_cost[[i, s]] / price).powf(-theta);
                    }
                }
            }
            for &(i, varieties, cost) in changes.iter().filter(|(i, ..)| shares[*i] != 0.0) {
                own[i] = varieties * shares[i] * (cost / price).powf(-theta);
            }
            checked.price.compare(row::total(&own).powf(-1.0 / theta), 1.0, 1.0, (n, s, 0));
            if purchasers == 1 {
                std::mem::swap(&mut new, &mut own);
            } else {
                let part = spent / asked;
                new.iter_mut().zip(&own).for_each(|(new, own)| *new += part * own);
            }
        }
        if let Some(users) = &result.users {
            let mean = mean_price(problem, users, demand, (n, s));
            checked.price.same(result.price[[n, s]], mean, (n, s, 0));
        }
        row::compare(&mut checked.share, &paid, total, &new, |i| (s, n, i));
    }
    for (i, sold) in sales.into_iter().enumerate() {
        checked.clearing.same(sold, result.output[[i, s]], (i, s, 0));
    }
    checked
}

/// `Σ_u E P̂ / Σ_u E` over the users that spend something, with spending in the baseline.
fn mean_price(
    problem: &Problem,
    users: &UserOutcomes,
    demand: &Array3<f64>,
    (n, s): (usize, usize),
) -> f64 {
    let (mut spent, mut now) = (0.0, 0.0);
    for user in (0..demand.dim().1).filter(|&user| demand[[n, user, s]] != 0.0) {
        let before = problem.baseline.user_spending(n, user, s);
        spent += before;
        now += before * users.price[[n, user, s]];
    }
    now / spent
}
