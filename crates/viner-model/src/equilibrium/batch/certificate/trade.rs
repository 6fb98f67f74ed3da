//! Prices, trade shares, spending, sales and taxes, recomputed from the reported results.

use viner_numerics::kernel::elementary;

use crate::equilibrium::Equilibrium;
use crate::equilibrium::certificate::{Check, row};
use crate::equilibrium::system::slice;
use crate::problem::{CellChange, Problem};

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

/// Numbers of one sector.
struct Room {
    /// `c^{−θ}` by exporter.
    cost_powers: Vec<f64>,
    /// `P^θ` by importer.
    price_powers: Vec<f64>,
    /// `Σ_i π (d/P)^{−θ}` by importer.
    sums: Vec<f64>,
    /// By exporter.
    sales: Vec<f64>,
    /// What an importer pays each exporter, and the trade shares that follow from costs.
    paid: Vec<f64>,
    shares: Vec<f64>,
    /// `factor^{−θ}` of the cells that policies touch.
    factor_powers: Vec<f64>,
}

/// Powers of positive numbers.
fn raise(numbers: &mut [f64], power: f64) {
    elementary::ln(numbers);
    for number in &mut *numbers {
        *number *= power;
    }
    elementary::exp(numbers);
}

impl Trade {
    /// Checks all sectors at given logarithms of prices and given spending, `[region, sector]`.
    pub fn of(problem: &Problem, result: &Equilibrium, log_prices: &[f64], demand: &[f64]) -> Self {
        let regions = problem.baseline.region_count();
        let zeros = || vec![0.0; regions];
        let mut trade = Self {
            price: Check::new("price"),
            share: Check::new("trade share"),
            spending: Check::new("spending"),
            clearing: Check::new("market clearing"),
            tariffs: zeros(),
            export_taxes: zeros(),
        };
        let mut room = Room {
            cost_powers: zeros(),
            price_powers: zeros(),
            sums: zeros(),
            sales: zeros(),
            paid: zeros(),
            shares: zeros(),
            factor_powers: Vec::new(),
        };
        for s in 0..problem.baseline.sector_count() {
            trade.sector(problem, result, s, (log_prices, demand), &mut room);
        }
        trade
    }

    fn sector(
        &mut self,
        problem: &Problem,
        result: &Equilibrium,
        s: usize,
        (log_prices, demand): (&[f64], &[f64]),
        room: &mut Room,
    ) {
        let (baseline, counterfactual) = (&problem.baseline, &problem.counterfactual);
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let theta = problem.elasticities.trade[s];
        let Room { cost_powers, price_powers, sums, sales, paid, shares, factor_powers } = room;
        for (power, cost) in cost_powers.iter_mut().zip(result.unit_cost.column(s)) {
            *power = *cost;
        }
        raise(cost_powers, -theta);
        for (power, row) in price_powers.iter_mut().zip(log_prices.chunks_exact(sectors)) {
            *power = theta * row[s];
        }
        elementary::exp(price_powers);
        sums.fill(1.0);
        sales.fill(0.0);
        let has_taxes = baseline.tariffs.is_some() || baseline.export_taxes.is_some();
        factor_powers.clear();
        factor_powers.extend(
            counterfactual.sector(s).map(|(n, i, change)| change.cost_factor(baseline, (s, n, i))),
        );
        raise(factor_powers, -theta);
        let mut touched = counterfactual.sector(s).zip(&*factor_powers).peekable();
        let mut changes = Vec::new();
        for n in 0..regions {
            let block = (s * regions + n) * regions..(s * regions + n + 1) * regions;
            let flows = &slice(&result.trade_flows)[block.clone()];
            let base = &slice(&baseline.trade_shares)[block];
            row::follow(base, cost_powers, price_powers[n], shares);
            paid.copy_from_slice(flows);
            row::add(sales, flows);
            let mut levy = |i: usize, tariff: f64, export_tax: f64| {
                paid[i] = flows[i] * (1.0 + export_tax) * (1.0 + tariff);
                self.tariffs[n] += tariff * (1.0 + export_tax) * flows[i];
                self.export_taxes[i] += export_tax * flows[i];
            };
            changes.clear();
            let next = |((importer, ..), _): &((usize, usize, &CellChange), &f64)| *importer == n;
            while let Some(((_, i, change), power)) = touched.next_if(next) {
                changes.push((i, change, *power));
            }
            if has_taxes {
                let mut changed = changes.iter().peekable();
                for i in 0..regions {
                    if changed.next_if(|(exporter, ..)| *exporter == i).is_none() {
                        levy(i, baseline.tariff(s, n, i), baseline.export_tax(s, n, i));
                    }
                }
            }
            for &(i, change, power) in &changes {
                levy(i, change.tariff, change.export_tax);
                shares[i] *= change.remaining() * power;
            }
            let total = row::total(paid);
            let wanted = demand[n * sectors + s];
            self.spending.same(total, wanted, (n, s, 0));
            if baseline.expenditure[[n, s]] == 0.0 || wanted == 0.0 {
                continue;
            }
            sums[n] = row::total(shares);
            row::compare(&mut self.share, paid, total, shares, |i| (s, n, i));
        }
        // The price that costs imply, relative to the price.
        raise(sums, -1.0 / theta);
        for (n, ratio) in sums.iter().enumerate() {
            self.price.compare(*ratio, 1.0, 1.0, (n, s, 0));
        }
        for (i, sold) in sales.iter().enumerate() {
            self.clearing.same(*sold, result.output[[i, s]], (i, s, 0));
        }
    }
}
