//! Prices, trade shares, spending, sales and taxes, recomputed from the reported results.

use ndarray::Array2;

use super::limits::{SplitTrade, varieties};
use super::{Check, row};
use crate::equilibrium::Equilibrium;
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

/// Prices, trade shares, spending, sales and taxes of one sector.
pub(super) fn sourcing(
    problem: &Problem,
    result: &Equilibrium,
    splits: &SplitTrade,
    demand: &Array2<f64>,
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
    let mut new = vec![0.0; regions];
    let cost_powers: Vec<f64> =
        result.unit_cost.column(s).iter().map(|cost| cost.powf(-theta)).collect();
    let least = cost_powers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = cost_powers.iter().copied().fold(0.0, f64::max);
    let mut touched = problem.counterfactual.sector(s).peekable();
    let mut split = splits.sector(s).peekable();
    for n in 0..regions {
        let price = result.price[[n, s]];
        let price_power = price.powf(theta);
        let flows = result.trade_flows.slice(ndarray::s![s, n, ..]);
        let flows = flows.as_slice().unwrap_or_default();
        row::add(&mut sales, flows);

        // Spending on each cell at purchaser value.
        paid.copy_from_slice(flows);
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
        checked.spending.same(total, demand[[n, s]], (n, s, 0));
        let nothing = baseline.expenditure[[n, s]] == 0.0 || demand[[n, s]] == 0.0;

        // The price equation relative to the price itself: Σ_i π remaining (d̂/P̂)^{−θ} = 1.
        let shares = baseline.trade_shares.slice(ndarray::s![s, n, ..]);
        let shares = shares.as_slice().unwrap_or_default();
        row::follow(shares, &cost_powers, price_power, &mut new);
        if !(least * price_power).is_normal() || !(most * price_power).is_normal() {
            for i in 0..regions {
                if !(cost_powers[i] * price_power).is_normal() && shares[i] != 0.0 {
                    new[i] = shares[i] * (result.unit_cost[[i, s]] / price).powf(-theta);
                }
            }
        }
        while let Some((_, i, change)) = touched.next_if(|(importer, ..)| *importer == n) {
            let multiplier = multipliers.iter().find(|(exporter, _)| *exporter == i);
            let wedge = multiplier.map_or(1.0, |(_, multiplier)| *multiplier);
            let factor = change.cost_factor(baseline, (s, n, i)) * wedge;
            let relative_cost = result.unit_cost[[i, s]] * factor / price;
            new[i] = varieties(problem, change, theta) * shares[i] * relative_cost.powf(-theta);
        }
        if nothing {
            continue;
        }
        let sum = row::total(&new);
        row::compare(&mut checked.share, &paid, total, &new, |i| (s, n, i));
        checked.price.compare(sum.powf(-1.0 / theta), 1.0, 1.0, (n, s, 0));
    }
    for (i, sold) in sales.into_iter().enumerate() {
        checked.clearing.same(sold, result.output[[i, s]], (i, s, 0));
    }
    checked
}
