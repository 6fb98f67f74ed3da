//! Prices, trade shares, spending, sales and taxes, recomputed from the reported results.

use viner_numerics::kernel::elementary;

use crate::equilibrium::Equilibrium;
use crate::equilibrium::certificate::{Check, row};
use crate::equilibrium::system::slice;
use crate::problem::Problem;

/// What the trade of all sectors shows, and the taxes it pays.
pub(super) struct Trade {
    pub price: Check,
    pub share: Check,
    pub spending: Check,
    pub clearing: Check,
    /// By importer.
    pub tariffs: Vec<f64>,
    /// By exporter.
    pub export_taxes: Vec<f64>,
}

/// Powers that trade follows from, each taken once: `[sector, region]`, the last by touched cell in
/// order.
struct Powers {
    /// `c^{−θ}` by exporter.
    costs: Vec<f64>,
    /// `P^θ` by importer.
    prices: Vec<f64>,
    /// `factor^{−θ}` of the cells that policies touch.
    factors: Vec<f64>,
}

impl Powers {
    fn of(problem: &Problem, result: &Equilibrium, log_prices: &[f64]) -> Self {
        let baseline = &problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let theta = &problem.elasticities.trade;
        let mut log_costs = slice(&result.unit_cost).to_vec();
        elementary::ln(&mut log_costs);
        let raised = |logs: &[f64], sign: f64| {
            let mut powers = Vec::with_capacity(logs.len());
            for s in 0..sectors {
                let power = sign * theta[s];
                powers.extend((0..regions).map(|n| power * logs[n * sectors + s]));
            }
            elementary::exp(&mut powers);
            powers
        };
        let cells = &problem.counterfactual.cells;
        let mut factors: Vec<f64> =
            cells.iter().map(|(&cell, change)| change.cost_factor(baseline, cell)).collect();
        elementary::ln(&mut factors);
        for (factor, (s, ..)) in factors.iter_mut().zip(cells.keys()) {
            *factor *= -theta[*s];
        }
        elementary::exp(&mut factors);
        Self { costs: raised(&log_costs, -1.0), prices: raised(log_prices, 1.0), factors }
    }
}

impl Trade {
    /// Checks all sectors at given logarithms of prices and given spending, `[region, sector]`.
    pub fn of(problem: &Problem, result: &Equilibrium, log_prices: &[f64], demand: &[f64]) -> Self {
        let (baseline, counterfactual) = (&problem.baseline, &problem.counterfactual);
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let zeros = || vec![0.0; regions];
        let mut trade = Self {
            price: Check::new("price"),
            share: Check::new("trade share"),
            spending: Check::new("spending"),
            clearing: Check::new("market clearing"),
            tariffs: zeros(),
            export_taxes: zeros(),
        };
        let powers = Powers::of(problem, result, log_prices);
        // `Σ_i π (d/P)^{−θ}`, `[sector, region]`.
        let mut sums = vec![1.0; regions * sectors];
        let (mut sales, mut paid, mut shares) = (zeros(), zeros(), zeros());
        let has_taxes = baseline.tariffs.is_some() || baseline.export_taxes.is_some();
        let mut touched = counterfactual.cells.iter().zip(&powers.factors).peekable();
        // Exporters in the touched cells of a row.
        let mut changes: Vec<usize> = Vec::new();
        for s in 0..sectors {
            sales.fill(0.0);
            let cost_powers = &powers.costs[s * regions..(s + 1) * regions];
            for n in 0..regions {
                let market = s * regions + n;
                let block = market * regions..(market + 1) * regions;
                let base = &slice(&baseline.trade_shares)[block];
                result.trade_flows.row(s, n, &mut paid);
                let price_power = powers.prices[market];
                row::add_and_follow(&mut sales, &paid, base, cost_powers, price_power, &mut shares);
                // Producer values, from which spending on each cell at purchaser value.
                let mut levy = |i: usize, tariff: f64, export_tax: f64| {
                    let flow = paid[i];
                    trade.tariffs[n] += tariff * (1.0 + export_tax) * flow;
                    trade.export_taxes[i] += export_tax * flow;
                    paid[i] = flow * (1.0 + export_tax) * (1.0 + tariff);
                };
                changes.clear();
                while let Some((((_, _, i), change), power)) =
                    touched.next_if(|((cell, _), _)| (cell.0, cell.1) == (s, n))
                {
                    levy(*i, change.tariff, change.export_tax);
                    shares[*i] *= change.remaining() * power;
                    changes.push(*i);
                }
                if has_taxes {
                    let mut changed = changes.iter().peekable();
                    for i in 0..regions {
                        if changed.next_if(|exporter| **exporter == i).is_none() {
                            levy(i, baseline.tariff(s, n, i), baseline.export_tax(s, n, i));
                        }
                    }
                }
                let sum = row::sums(&paid, &shares, trade.share.relative);
                let wanted = demand[n * sectors + s];
                trade.spending.same(sum.paid, wanted, (n, s, 0));
                if baseline.expenditure[[n, s]] == 0.0 || wanted == 0.0 {
                    continue;
                }
                sums[market] = sum.shares;
                if !sum.within {
                    row::compare(&mut trade.share, &paid, sum.paid, &shares, |i| (s, n, i));
                }
            }
            for (i, sold) in sales.iter().enumerate() {
                trade.clearing.same(*sold, result.output[[i, s]], (i, s, 0));
            }
        }
        // The prices that costs imply, relative to the prices.
        elementary::ln(&mut sums);
        for (sums, theta) in sums.chunks_exact_mut(regions).zip(&problem.elasticities.trade) {
            for sum in sums {
                *sum *= -1.0 / theta;
            }
        }
        elementary::exp(&mut sums);
        for (market, ratio) in sums.iter().enumerate() {
            trade.price.compare(*ratio, 1.0, 1.0, (market % regions, market / regions, 0));
        }
        trade
    }
}
