//! Prices, trade shares, spending, sales and taxes, recomputed from the reported results.

use std::iter::repeat_n;

use ndarray::{Array3, s};
use viner_numerics::kernel::{dense, elementary};

use super::limits::{SplitTrade, varieties};
use super::production::Uses;
use super::{Check, row};
use crate::equilibrium::system::slice;
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

/// Prices, trade shares, spending, sales and taxes of one sector; `uses` by region.
pub(super) fn sourcing(
    problem: &Problem,
    result: &Equilibrium,
    splits: &SplitTrade,
    uses: &[Uses],
    s: usize,
) -> SectorTrade {
    let baseline = &problem.baseline;
    let (regions, purchasers) = (baseline.region_count(), problem.purchasers());
    let mut checked = SectorTrade {
        price: Check::new("price"),
        share: Check::new("trade share"),
        spending: Check::new("spending"),
        clearing: Check::new("market clearing"),
        tariffs: vec![0.0; regions],
        export_taxes: vec![0.0; regions],
    };
    let levels = Levels::new(problem, result, splits, s);
    let shares_before = baseline.sector_shares(problem.sourcing, s);
    // Σ_i π remaining (d̂/P̂)^{−θ}, `[importer, purchaser]`.
    let mut sums = vec![1.0; regions * purchasers];
    let zeros = || vec![0.0; regions];
    let (mut sales, mut paid, mut new, mut own, mut rates) =
        (zeros(), zeros(), zeros(), zeros(), zeros());
    let mut touched = levels.touched.as_slice();
    for n in 0..regions {
        let count = touched.iter().take_while(|cell| cell.importer == n).count();
        let cells;
        (cells, touched) = touched.split_at(count);
        // Shares come from far where a table is large: a row after the next, meanwhile.
        dense::fetch(shares_before.get((n + 2) * regions..(n + 3) * regions).unwrap_or_default());
        // Producer values, from which spending on each cell at purchaser value.
        result.trade_flows.row(s, n, &mut paid);
        row::add(&mut sales, &paid);
        let before = baseline.export_taxes.as_ref();
        if let Some(rates) = row_rates(before, (s, n), cells, |cell| cell.export_tax, &mut rates) {
            row::tax_each(rates, &mut paid, &mut checked.export_taxes);
        }
        for cell in cells {
            paid[cell.exporter] *= cell.split;
        }
        let before = baseline.tariffs.as_ref();
        if let Some(rates) = row_rates(before, (s, n), cells, |cell| cell.tariff, &mut rates) {
            // Tariffs are levied on what the wedges and the margins of hubs leave in the price: on all
            // that is paid but the tariff itself.
            checked.tariffs[n] += row::tax(rates, &mut paid);
        }
        let demand = |purchaser| uses[n].demand(purchaser, s, baseline.sector_count());
        let asked: f64 = (0..purchasers).map(demand).sum();
        if baseline.expenditure[[n, s]] == 0.0 || asked == 0.0 {
            checked.spending.same(row::total(&paid), asked, (n, s, 0));
            continue;
        }
        // The part of all purchases that is of each exporter, and the price equation relative to the
        // price itself: the sum of the parts is 1.
        let base = |row: usize| &shares_before[row * regions..(row + 1) * regions];
        if purchasers == 1 {
            levels.shares(base(n), n, cells, &mut new);
        } else {
            new.fill(0.0);
            for purchaser in 0..purchasers {
                let spent = demand(purchaser);
                if let Some(users) = &result.users {
                    let told = users.expenditure[[n, purchaser, s]];
                    checked.spending.same(told, spent, (n, s, 0));
                }
                if spent == 0.0 {
                    continue;
                }
                let row = n * purchasers + purchaser;
                levels.shares(base(row), row, cells, &mut own);
                sums[row] = row::total(&own);
                row::add_part(&mut new, spent / asked, &own);
            }
        }
        if let Some(users) = &result.users {
            let mean = mean_price(problem, users, demand, (n, s));
            checked.price.same(result.price[[n, s]], mean, (n, s, 0));
        }
        let row = row::sums(&paid, &new, checked.share.relative);
        checked.spending.same(row.paid, asked, (n, s, 0));
        if purchasers == 1 {
            sums[n] = row.shares;
        }
        if !row.within {
            row::compare(&mut checked.share, &paid, row.paid, &new, |i| (s, n, i));
        }
    }
    // The prices that costs imply, relative to the prices.
    for (row, ratio) in powers(sums, -1.0 / levels.theta).iter().enumerate() {
        checked.price.compare(*ratio, 1.0, 1.0, (row / purchasers, s, 0));
    }
    for (i, sold) in sales.into_iter().enumerate() {
        checked.clearing.same(sold, result.output[[i, s]], (i, s, 0));
    }
    checked
}

/// A cell that a policy touches.
struct Touched {
    importer: usize,
    exporter: usize,
    export_tax: f64,
    tariff: f64,
    /// What is paid before tariff over producer value and export tax.
    split: f64,
    /// Share of the varieties that is sold.
    varieties: f64,
    /// d̂, and its power −θ.
    cost: f64,
    cost_power: f64,
}

/// Costs and prices of one sector, with the powers that trade follows from, each taken once.
struct Levels {
    theta: f64,
    /// ĉ by exporter, and its power −θ.
    costs: Vec<f64>,
    cost_powers: Vec<f64>,
    /// The least and the largest of these.
    range: [f64; 2],
    /// P̂, and its power θ, `[importer, purchaser]`.
    prices: Vec<f64>,
    price_powers: Vec<f64>,
    /// By importer.
    touched: Vec<Touched>,
}

impl Levels {
    fn new(problem: &Problem, result: &Equilibrium, splits: &SplitTrade, s: usize) -> Self {
        let theta = problem.elasticities.trade[s];
        let costs = result.unit_cost.column(s).to_vec();
        let by_user = result.users.as_ref().filter(|_| problem.user_shares().is_some());
        let prices: Vec<f64> = if let Some(users) = by_user {
            users.price.slice(s![.., .., s]).iter().copied().collect()
        } else {
            let prices = result.price.column(s);
            prices.iter().flat_map(|price| repeat_n(*price, problem.purchasers())).collect()
        };
        let cost_powers = powers(costs.clone(), -theta);
        let least = cost_powers.iter().copied().fold(f64::INFINITY, f64::min);
        let most = cost_powers.iter().copied().fold(0.0, f64::max);
        let mut splits = splits.sector(s).peekable();
        let mut touched: Vec<Touched> = problem
            .counterfactual
            .sector(s)
            .map(|(importer, exporter, change)| {
                let split = splits.next_if(|(n, i, _)| (*n, *i) == (importer, exporter));
                let (goods, wedge) =
                    split.map_or((1.0, 1.0), |(.., cell)| (cell.goods, cell.multiplier));
                let factor = change.cost_factor(&problem.baseline, (s, importer, exporter));
                Touched {
                    importer,
                    exporter,
                    export_tax: change.export_tax,
                    tariff: change.tariff,
                    split: goods * wedge,
                    varieties: varieties(problem, change, theta),
                    cost: costs[exporter] * factor * wedge,
                    cost_power: 0.0,
                }
            })
            .collect();
        let delivered = powers(touched.iter().map(|cell| cell.cost).collect(), -theta);
        for (cell, power) in touched.iter_mut().zip(delivered) {
            cell.cost_power = power;
        }
        Self {
            theta,
            costs,
            cost_powers,
            range: [least, most],
            price_powers: powers(prices.clone(), theta),
            prices,
            touched,
        }
    }

    /// `π remaining (d̂/P̂)^{−θ}` of a row; 0 where nothing is bought in the baseline.
    fn shares(&self, base: &[f64], row: usize, touched: &[Touched], shares: &mut [f64]) {
        let price_power = self.price_powers[row];
        row::follow(base, &self.cost_powers, price_power, shares);
        if self.range.iter().any(|power| product(*power, price_power).is_none()) {
            for (i, share) in shares.iter_mut().enumerate().filter(|(i, _)| base[*i] != 0.0) {
                *share = base[i] * self.power((self.costs[i], self.cost_powers[i]), row);
            }
        }
        for cell in touched.iter().filter(|cell| base[cell.exporter] != 0.0) {
            let power = self.power((cell.cost, cell.cost_power), row);
            shares[cell.exporter] = cell.varieties * base[cell.exporter] * power;
        }
    }

    /// `(cost/P̂)^{−θ}` from a cost and its power.
    fn power(&self, (cost, power): (f64, f64), row: usize) -> f64 {
        product(power, self.price_powers[row])
            .unwrap_or_else(|| (cost / self.prices[row]).powf(-self.theta))
    }
}

/// The product of two powers, unless one of these is not of full precision.
fn product(one: f64, other: f64) -> Option<f64> {
    let product = one * other;
    (one.is_normal() && other.is_normal() && product.is_normal()).then_some(product)
}

/// `x^power` of all.
fn powers(mut values: Vec<f64>, power: f64) -> Vec<f64> {
    elementary::ln(&mut values);
    for value in &mut values {
        *value *= power;
    }
    elementary::exp(&mut values);
    values
}

/// The rates of a tax in a row, if it may have any: those before, but for touched cells.
fn row_rates<'a>(
    before: Option<&'a Array3<f64>>,
    (s, n): (usize, usize),
    touched: &[Touched],
    rate: impl Fn(&Touched) -> f64,
    rates: &'a mut [f64],
) -> Option<&'a [f64]> {
    let regions = rates.len();
    match before {
        Some(before) => {
            let first = (s * regions + n) * regions;
            let before = &slice(before)[first..first + regions];
            if touched.is_empty() {
                return Some(before);
            }
            rates.copy_from_slice(before);
        }
        None if touched.iter().all(|cell| rate(cell) == 0.0) => return None,
        None => rates.fill(0.0),
    }
    for cell in touched {
        rates[cell.exporter] = rate(cell);
    }
    Some(rates)
}

/// `Σ_u E P̂ / Σ_u E` over the users that spend something, with spending in the baseline.
fn mean_price(
    problem: &Problem,
    users: &UserOutcomes,
    demand: impl Fn(usize) -> f64,
    (n, s): (usize, usize),
) -> f64 {
    let (mut spent, mut now) = (0.0, 0.0);
    for user in (0..problem.purchasers()).filter(|&user| demand(user) != 0.0) {
        let before = problem.baseline.user_spending(n, user, s);
        spent += before;
        now += before * users.price[[n, user, s]];
    }
    now / spent
}
