//! Prices, trade shares, spending and sales, recomputed from the reported results.

use ndarray::{Array2, Array3};

use super::Check;
use super::limits::{SplitTrade, varieties};
use crate::equilibrium::Equilibrium;
use crate::problem::Problem;

/// `τ'` and `x'` of every cell.
pub(super) struct Taxes {
    pub(super) tariffs: Option<Array3<f64>>,
    pub(super) export_taxes: Option<Array3<f64>>,
}

impl Taxes {
    pub(super) fn any(&self) -> bool {
        self.tariffs.is_some() || self.export_taxes.is_some()
    }

    pub(super) fn tariff(&self, s: usize, n: usize, i: usize) -> f64 {
        self.tariffs.as_ref().map_or(0.0, |rates| rates[[s, n, i]])
    }

    pub(super) fn export_tax(&self, s: usize, n: usize, i: usize) -> f64 {
        self.export_taxes.as_ref().map_or(0.0, |rates| rates[[s, n, i]])
    }
}

/// Prices, trade shares, spending and sales of one sector.
pub(super) fn sourcing(
    problem: &Problem,
    result: &Equilibrium,
    taxes: &Taxes,
    splits: &SplitTrade,
    demand: &Array2<f64>,
    s: usize,
) -> [Check; 4] {
    let baseline = &problem.baseline;
    let regions = baseline.region_count();
    let theta = problem.elasticities.trade[s];
    let (mut prices, mut share, mut spending, mut clearing) = (
        Check::new("price"),
        Check::new("trade share"),
        Check::new("spending"),
        Check::new("market clearing"),
    );
    let mut sales = vec![0.0; regions];
    let cost_powers: Vec<f64> =
        result.unit_cost.column(s).iter().map(|cost| cost.powf(-theta)).collect();
    for n in 0..regions {
        let price = result.price[[n, s]];
        let price_power = price.powf(theta);
        let flows = result.trade_flows.slice(ndarray::s![s, n, ..]);
        for (i, flow) in flows.iter().enumerate() {
            sales[i] += flow;
        }
        let paid = |i: usize| splits.paid(result, taxes, (s, n, i));
        let total: f64 = (0..regions).map(paid).sum();
        if baseline.expenditure[[n, s]] == 0.0 || demand[[n, s]] == 0.0 {
            spending.same(total, demand[[n, s]], (n, s, 0));
            continue;
        }
        spending.same(total, demand[[n, s]], (n, s, 0));

        // Σ_i π remaining (d̂/P̂)^{−θ} = 1, the price equation relative to the price itself.
        let mut touched = problem.counterfactual.row(s, n).peekable();
        let mut sum = 0.0;
        for i in 0..regions {
            let change = touched.next_if(|(exporter, _)| *exporter == i).map(|(_, change)| change);
            let base = baseline.trade_shares[[s, n, i]];
            if base == 0.0 {
                share.same(flows[i], 0.0, (s, n, i));
                continue;
            }
            let untouched = cost_powers[i] * price_power;
            let new = match change {
                None if untouched.is_normal() => base * untouched,
                // Touched, or one of the powers has left the range of numbers.
                _ => {
                    let factor = change.map_or(1.0, |c| c.cost_factor(baseline, (s, n, i)));
                    let varieties = change.map_or(1.0, |c| varieties(problem, c, theta));
                    let wedge = splits.multiplier((s, n, i));
                    let relative_cost = result.unit_cost[[i, s]] * factor * wedge / price;
                    varieties * base * relative_cost.powf(-theta)
                }
            };
            sum += new;
            // Below the floor the powers themselves leave the range of full precision.
            let found = paid(i) / total;
            share.compare(found, new, found.max(new).max(1e-290), (s, n, i));
        }
        prices.compare(sum.powf(-1.0 / theta), 1.0, 1.0, (n, s, 0));
    }
    for (i, sold) in sales.into_iter().enumerate() {
        clearing.same(sold, result.output[[i, s]], (i, s, 0));
    }
    [prices, share, spending, clearing]
}
