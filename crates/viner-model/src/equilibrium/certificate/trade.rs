//! Prices, trade shares, spending, sales and taxes, recomputed from the reported results.

use std::ops::Range;

use ndarray::{Array3, s};
use viner_numerics::kernel::{dense, elementary};

use super::limits::{SplitTrade, varieties};
use super::{Check, row};
use crate::equilibrium::system::slice;
use crate::equilibrium::{Equilibrium, UserOutcomes};
use crate::problem::Problem;

/// What the trade of some sectors shows.
pub(super) struct Trade {
    pub(super) price: Check,
    pub(super) share: Check,
    pub(super) spending: Check,
    pub(super) clearing: Check,
    /// By importer.
    pub(super) tariffs: Vec<f64>,
    /// By exporter.
    pub(super) export_taxes: Vec<f64>,
}

/// What is checked: results, and what is asked for, `[region, purchaser, sector]`.
struct Given<'a> {
    problem: &'a Problem,
    result: &'a Equilibrium,
    demand: &'a [f64],
}

/// Rows of one market after the other.
struct Room {
    /// Sales of a sector so far, by exporter.
    sales: Vec<f64>,
    rates: Vec<f64>,
    /// Of whole blocks: what is behind the last exporter stays 0.
    paid: Vec<f64>,
    new: Vec<f64>,
    own: Vec<f64>,
}

impl Trade {
    /// Checks sectors, given what is asked for, `[region, purchaser, sector]`.
    pub(super) fn of(
        problem: &Problem,
        result: &Equilibrium,
        splits: &SplitTrade,
        demand: &[f64],
        sectors: Range<usize>,
    ) -> Self {
        let (regions, purchasers) = (problem.baseline.region_count(), problem.purchasers());
        let mut trade = Self {
            price: Check::new("price"),
            share: Check::new("trade share"),
            spending: Check::new("spending"),
            clearing: Check::new("market clearing"),
            tariffs: vec![0.0; regions],
            export_taxes: vec![0.0; regions],
        };
        let given = Given { problem, result, demand };
        let levels = Levels::new(problem, result, splits, &sectors);
        let block = || vec![0.0; row::whole_blocks(regions)];
        let (sales, rates) = (vec![0.0; regions], vec![0.0; regions]);
        let mut room = Room { sales, rates, paid: block(), new: block(), own: block() };
        // Σ_i π remaining (d̂/P̂)^{−θ}, `[sector, importer, purchaser]`.
        let rows = regions * purchasers;
        let mut sums = vec![1.0; sectors.len() * rows];
        let mut touched = levels.touched.as_slice();
        for (s, sums) in sectors.clone().zip(sums.chunks_exact_mut(rows)) {
            let levels = levels.of_sector(s - sectors.start, regions, purchasers);
            room.sales.fill(0.0);
            for n in 0..regions {
                let in_row = |cell: &&Touched| (cell.sector, cell.importer) == (s, n);
                let cells;
                (cells, touched) = touched.split_at(touched.iter().take_while(in_row).count());
                let sums = &mut sums[n * purchasers..(n + 1) * purchasers];
                trade.row(&given, &levels, (s, n), cells, sums, &mut room);
            }
            for (i, sold) in room.sales.iter().enumerate() {
                trade.clearing.same(*sold, result.output[[i, s]], (i, s, 0));
            }
        }
        // The prices that costs imply, relative to the prices.
        for (ratios, theta) in sums.chunks_exact_mut(rows).zip(&levels.theta) {
            elementary::ln(ratios);
            for ratio in ratios {
                *ratio *= -1.0 / theta;
            }
        }
        elementary::exp(&mut sums);
        for (s, ratios) in sectors.zip(sums.chunks_exact(rows)) {
            for (row, ratio) in ratios.iter().enumerate() {
                trade.price.compare(*ratio, 1.0, 1.0, (row / purchasers, s, 0));
            }
        }
        trade
    }

    /// Checks what an importer buys of a sector; `sums` by purchaser.
    fn row(
        &mut self,
        given: &Given<'_>,
        levels: &SectorLevels<'_>,
        (s, n): (usize, usize),
        cells: &[Touched],
        sums: &mut [f64],
        room: &mut Room,
    ) {
        let &Given { problem, result, demand } = given;
        let baseline = &problem.baseline;
        let (regions, purchasers) = (baseline.region_count(), problem.purchasers());
        let Room { sales, rates, paid, new, own } = room;
        let shares_before = baseline.sector_shares(problem.sourcing, s);
        // Shares come from far where a table is large: a row after the next, meanwhile.
        dense::fetch(shares_before.get((n + 2) * regions..(n + 3) * regions).unwrap_or_default());
        // Producer values, from which spending on each cell at purchaser value.
        let bought = &mut paid[..regions];
        result.trade_flows.row(s, n, bought);
        row::add(sales, bought);
        let before = baseline.export_taxes.as_ref();
        if let Some(rates) = row_rates(before, (s, n), cells, |cell| cell.export_tax, rates) {
            row::tax_each(rates, bought, &mut self.export_taxes);
        }
        for cell in cells {
            bought[cell.exporter] *= cell.split;
        }
        let before = baseline.tariffs.as_ref();
        if let Some(rates) = row_rates(before, (s, n), cells, |cell| cell.tariff, rates) {
            // Tariffs are levied on what the wedges and the margins of hubs leave in the price: on all
            // that is paid but the tariff itself.
            self.tariffs[n] += row::tax(rates, bought);
        }
        let demand =
            |purchaser: usize| demand[(n * purchasers + purchaser) * baseline.sector_count() + s];
        let asked: f64 = (0..purchasers).map(demand).sum();
        if baseline.expenditure[[n, s]] == 0.0 || asked == 0.0 {
            self.spending.same(row::total(paid), asked, (n, s, 0));
            return;
        }
        // The part of all purchases that is of each exporter, and the price equation relative to the
        // price itself: the sum of the parts is 1.
        let base = |row: usize| &shares_before[row * regions..(row + 1) * regions];
        if purchasers == 1 {
            levels.shares(base(n), n, cells, &mut new[..regions]);
        } else {
            new.fill(0.0);
            for purchaser in 0..purchasers {
                let spent = demand(purchaser);
                if let Some(users) = &result.users {
                    let told = users.expenditure[[n, purchaser, s]];
                    self.spending.same(told, spent, (n, s, 0));
                }
                if spent == 0.0 {
                    continue;
                }
                let row = n * purchasers + purchaser;
                levels.shares(base(row), row, cells, &mut own[..regions]);
                sums[purchaser] = row::total(own);
                row::add_part(new, spent / asked, own);
            }
        }
        if let Some(users) = &result.users {
            let mean = mean_price(problem, users, demand, (n, s));
            self.price.same(result.price[[n, s]], mean, (n, s, 0));
        }
        let row = row::sums(paid, asked, new, self.share.relative);
        self.spending.same(row.paid, asked, (n, s, 0));
        if purchasers == 1 {
            sums[0] = row.shares;
        }
        if !row.within {
            let (paid, new) = (&paid[..regions], &new[..regions]);
            row::compare(&mut self.share, paid, asked, new, |i| (s, n, i));
        }
    }
}

/// A cell that a policy touches.
struct Touched {
    sector: usize,
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

/// Costs and prices of some sectors, with the powers that trade follows from, each taken once.
struct Levels {
    theta: Vec<f64>,
    /// ĉ, and its power −θ, `[sector, exporter]`.
    costs: Vec<f64>,
    cost_powers: Vec<f64>,
    /// P̂, and its power θ, `[sector, importer, purchaser]`.
    prices: Vec<f64>,
    price_powers: Vec<f64>,
    /// By sector and importer.
    touched: Vec<Touched>,
}

impl Levels {
    fn new(
        problem: &Problem,
        result: &Equilibrium,
        splits: &SplitTrade,
        sectors: &Range<usize>,
    ) -> Self {
        let (regions, purchasers) = (problem.baseline.region_count(), problem.purchasers());
        let theta = problem.elasticities.trade[sectors.clone()].to_vec();
        let raised = |values: &[f64], sign: f64| {
            let mut powers = values.to_vec();
            elementary::ln(&mut powers);
            for (powers, theta) in powers.chunks_exact_mut(values.len() / theta.len()).zip(&theta) {
                for power in powers {
                    *power *= sign * theta;
                }
            }
            elementary::exp(&mut powers);
            powers
        };
        let mut costs = Vec::with_capacity(theta.len() * regions);
        let mut prices = Vec::with_capacity(theta.len() * regions * purchasers);
        for s in sectors.clone() {
            costs.extend(result.unit_cost.column(s));
            if let Some(users) = &result.users {
                prices.extend(users.price.slice(s![.., .., s]));
            } else {
                prices.extend(result.price.column(s));
            }
        }
        let (cost_powers, price_powers) = (raised(&costs, -1.0), raised(&prices, 1.0));

        let mut touched = Vec::new();
        for s in sectors.clone() {
            let theta = problem.elasticities.trade[s];
            let mut splits = splits.sector(s).peekable();
            for (importer, exporter, change) in problem.counterfactual.sector(s) {
                let split = splits.next_if(|(n, i, _)| (*n, *i) == (importer, exporter));
                let (goods, wedge) =
                    split.map_or((1.0, 1.0), |(.., cell)| (cell.goods, cell.multiplier));
                let factor = change.cost_factor(&problem.baseline, (s, importer, exporter));
                touched.push(Touched {
                    sector: s,
                    importer,
                    exporter,
                    export_tax: change.export_tax,
                    tariff: change.tariff,
                    split: goods * wedge,
                    varieties: varieties(problem, change, theta),
                    cost: costs[(s - sectors.start) * regions + exporter] * factor * wedge,
                    cost_power: 0.0,
                });
            }
        }
        let mut delivered: Vec<f64> = touched.iter().map(|cell| cell.cost).collect();
        elementary::ln(&mut delivered);
        for (power, cell) in delivered.iter_mut().zip(&touched) {
            *power *= -problem.elasticities.trade[cell.sector];
        }
        elementary::exp(&mut delivered);
        for (cell, power) in touched.iter_mut().zip(delivered) {
            cell.cost_power = power;
        }
        Self { theta, costs, cost_powers, prices, price_powers, touched }
    }

    /// Those of a sector, the one at this place among them.
    fn of_sector(&self, place: usize, regions: usize, purchasers: usize) -> SectorLevels<'_> {
        let exporters = place * regions..(place + 1) * regions;
        let rows = exporters.start * purchasers..exporters.end * purchasers;
        let cost_powers = &self.cost_powers[exporters.clone()];
        SectorLevels {
            theta: self.theta[place],
            costs: &self.costs[exporters],
            cost_powers,
            least: cost_powers.iter().copied().fold(f64::INFINITY, f64::min),
            most: cost_powers.iter().copied().fold(0.0, f64::max),
            prices: &self.prices[rows.clone()],
            price_powers: &self.price_powers[rows],
        }
    }
}

/// Costs by exporter and prices by importer and purchaser, of one sector.
struct SectorLevels<'a> {
    theta: f64,
    costs: &'a [f64],
    cost_powers: &'a [f64],
    /// The least and the largest of these.
    least: f64,
    most: f64,
    prices: &'a [f64],
    price_powers: &'a [f64],
}

impl SectorLevels<'_> {
    /// `π remaining (d̂/P̂)^{−θ}` of a row; 0 where nothing is bought in the baseline.
    fn shares(&self, base: &[f64], row: usize, touched: &[Touched], shares: &mut [f64]) {
        let price_power = self.price_powers[row];
        row::follow(base, self.cost_powers, price_power, shares);
        if [self.least, self.most].iter().any(|power| product(*power, price_power).is_none()) {
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
