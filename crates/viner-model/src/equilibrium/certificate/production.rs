//! Unit costs, value added and spending of some regions, recomputed from the reported results.

use std::ops::Range;

use ndarray::Array2;
use viner_numerics::kernel::{dense, elementary};

use super::Check;
use crate::equilibrium::Equilibrium;
use crate::equilibrium::system::slice;
use crate::problem::Problem;

/// Prices of goods in some regions, with the powers that CES means of them take, each taken once.
struct Prices {
    power: f64,
    /// By region, the logarithm of a price: no power of a price relative to it leaves the range of numbers.
    /// That of the largest, or 0 where powers less 1 are added.
    log_units: Vec<f64>,
    /// `[region, good]`: ln p at Cobb-Douglas; `p^power − 1` close to it: an error of 1e-16 in the sum of
    /// powers would be one of 1e-16/power in the mean. Otherwise `(p/unit)^power`.
    terms: Vec<f64>,
}

/// Distance from Cobb-Douglas below which powers less 1 are added.
const CLOSE: f64 = 0.01;

impl Prices {
    /// At logarithms of prices, `[region, good]`.
    fn new(elasticity: f64, log_prices: &[f64], goods: usize) -> Self {
        let power = 1.0 - elasticity;
        let close = power.abs() < CLOSE;
        let largest = |row: &[f64]| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_units: Vec<f64> = log_prices
            .chunks_exact(goods)
            .map(|row| if close { 0.0 } else { largest(row) })
            .collect();
        let mut terms = log_prices.to_vec();
        if power != 0.0 {
            for (row, log_unit) in terms.chunks_exact_mut(goods).zip(&log_units) {
                for term in row {
                    *term = power * (*term - log_unit);
                }
            }
            if close {
                elementary::exp_m1(&mut terms);
            } else {
                elementary::exp(&mut terms);
            }
        }
        Self { power, log_units, terms }
    }

    /// Prices of a region, the one at this place among them.
    fn of(&self, region: usize) -> &[f64] {
        let goods = self.terms.len() / self.log_units.len();
        &self.terms[region * goods..(region + 1) * goods]
    }

    /// By region and row of its shares, which sum to 1, the logarithm of the mean and
    /// `Σ share (p/unit)^power`, 1 at Cobb-Douglas.
    fn means<'a>(
        &self,
        shares: impl Fn(usize) -> &'a [f64],
        log_means: &mut [f64],
        sums: &mut [f64],
    ) {
        let rows = log_means.len() / self.log_units.len();
        for (region, log_means) in log_means.chunks_exact_mut(rows).enumerate() {
            dense::product(shares(region), self.of(region), log_means);
        }
        if self.power == 0.0 {
            sums.fill(1.0);
            return;
        }
        sums.copy_from_slice(log_means);
        if self.power.abs() < CLOSE {
            for sum in sums {
                *sum += 1.0;
            }
            elementary::ln_1p(log_means);
        } else {
            elementary::ln(log_means);
        }
        for (log_means, log_unit) in log_means.chunks_exact_mut(rows).zip(&self.log_units) {
            for mean in log_means {
                *mean = log_unit + *mean / self.power;
            }
        }
    }

    /// Adds `spending · share · (p/unit)^power` by good of a region, for every row of shares.
    fn spend(&self, region: usize, spending: &[f64], shares: &[f64], demand: &mut [f64]) {
        if self.power == 0.0 {
            dense::add_transposed_product(shares, spending, demand);
            return;
        }
        let mut bought = vec![0.0; demand.len()];
        dense::add_transposed_product(shares, spending, &mut bought);
        let one = if self.power.abs() < CLOSE { 1.0 } else { 0.0 };
        for ((demand, bought), term) in demand.iter_mut().zip(&bought).zip(self.of(region)) {
            // A good without a share may have any price.
            if *bought != 0.0 {
                *demand += bought * (term + one);
            }
        }
    }
}

/// What the firms and households of some regions do.
pub(super) struct Uses {
    pub(super) unit_cost: Check,
    pub(super) value_added: Check,
    pub(super) price_index: Check,
    /// `E'`, `[region, purchaser, sector]`: one purchaser, or every user and final demand.
    pub(super) demand: Vec<f64>,
}

/// Users that pay the same prices and have one ε, with those prices.
struct Alike {
    users: Range<usize>,
    prices: Prices,
}

impl Uses {
    /// ```text
    /// ĉ = CES_σ(β, 1−β; ŵ^{1−φ} r̂^φ, M̂) / Â      r̂ = V'/V      M̂ = CES_ε(γ/(1−β); P̂)
    /// V' = β' Y'      P̂ = CES_η(α'; P̂^s)      E'^s = Σ_k γ'^{sk} Y'^k + α'^s I'
    /// ```
    pub(super) fn of(problem: &Problem, result: &Equilibrium, regions: Range<usize>) -> Self {
        let sectors = problem.baseline.sector_count();
        let purchasers = problem.purchasers();
        let mut uses = Self {
            unit_cost: Check::new("unit cost"),
            value_added: Check::new("value added"),
            price_index: Check::new("price index"),
            demand: vec![0.0; regions.len() * purchasers * sectors],
        };
        let log_prices = |user: usize| {
            let prices = regions.clone().flat_map(|n| result.prices_to(n, user));
            let mut logs: Vec<f64> = prices.copied().collect();
            elementary::ln(&mut logs);
            logs
        };
        let common = (purchasers == 1).then(|| log_prices(0));
        let prices = |elasticity: f64, user: usize| match &common {
            Some(logs) => Prices::new(elasticity, logs, sectors),
            None => Prices::new(elasticity, &log_prices(user), sectors),
        };
        uses.by_firms(problem, result, &regions, prices);
        let goods = prices(problem.elasticities.final_demand, sectors);
        uses.by_households(problem, result, &regions, &goods);
        uses
    }

    /// Purchases of a purchaser in a region, the one at this place among them.
    fn demand_of(&mut self, region: usize, purchaser: usize, problem: &Problem) -> &mut [f64] {
        let sectors = problem.baseline.sector_count();
        let first = (region * problem.purchasers() + purchaser) * sectors;
        &mut self.demand[first..first + sectors]
    }

    fn by_firms(
        &mut self,
        problem: &Problem,
        result: &Equilibrium,
        regions: &Range<usize>,
        prices: impl Fn(f64, usize) -> Prices,
    ) {
        let baseline = &problem.baseline;
        let (sectors, purchasers) = (baseline.sector_count(), problem.purchasers());
        let rows = |array| rows_of(array, regions);
        let mix = |region: usize, users: &Range<usize>| {
            let first = (regions.start + region) * sectors;
            let rows = (first + users.start) * sectors..(first + users.end) * sectors;
            &slice(&baseline.input_mix)[rows]
        };
        let cells = regions.len() * sectors;
        let (mut log_inputs, mut input_sums) = (vec![0.0; cells], vec![0.0; cells]);
        let mut all: Vec<Alike> = Vec::new();
        let mut first = 0;
        let elasticities = problem.elasticities.input.as_slice();
        for alike in elasticities.chunk_by(|one, next| purchasers == 1 && one == next) {
            let users = first..first + alike.len();
            let prices = prices(alike[0], first);
            let (mut means, mut sums) =
                (vec![0.0; regions.len() * users.len()], vec![0.0; regions.len() * users.len()]);
            prices.means(|region| mix(region, &users), &mut means, &mut sums);
            for (all, own) in [(&mut log_inputs, means), (&mut input_sums, sums)] {
                let rows = all.chunks_exact_mut(sectors).zip(own.chunks_exact(users.len()));
                rows.for_each(|(row, own)| row[users.clone()].copy_from_slice(own));
            }
            first = users.end;
            all.push(Alike { users, prices });
        }

        let firms = Firms::new(problem, result, regions, log_inputs);
        let (output, reported) = (rows(&result.output), rows(&result.value_added));
        let (unit_costs, share) = (rows(&result.unit_cost), rows(&baseline.value_added_share));
        let productivity = rows(&problem.counterfactual.productivity);
        let mut spending = vec![0.0; cells];
        for n in 0..regions.len() {
            for k in 0..sectors {
                let (cell, place) = (n * sectors + k, (regions.start + n, k, 0));
                if output[cell] == 0.0 {
                    self.value_added.same(reported[cell], 0.0, place);
                    continue;
                }
                self.unit_cost.same(
                    unit_costs[cell],
                    firms.costs[cell] / productivity[cell],
                    place,
                );
                let paid = share[cell] * output[cell] * firms.factor_shifts[cell];
                self.value_added.same(reported[cell], paid, place);
                if share[cell] != 1.0 {
                    spending[cell] = (1.0 - share[cell]) * output[cell] * firms.input_shifts[cell]
                        / input_sums[cell];
                }
            }
        }
        for Alike { users, prices } in &all {
            let purchaser = if purchasers == 1 { 0 } else { users.start };
            for (region, spending) in spending.chunks_exact(sectors).enumerate() {
                let demand = self.demand_of(region, purchaser, problem);
                prices.spend(region, &spending[users.clone()], mix(region, users), demand);
            }
        }
    }

    fn by_households(
        &mut self,
        problem: &Problem,
        result: &Equilibrium,
        regions: &Range<usize>,
        goods: &Prices,
    ) {
        let sectors = problem.baseline.sector_count();
        let tastes = rows_of(&problem.counterfactual.final_shares, regions);
        let tastes = |region: usize| &tastes[region * sectors..(region + 1) * sectors];
        let (mut index, mut sums) = (vec![0.0; regions.len()], vec![0.0; regions.len()]);
        goods.means(tastes, &mut index, &mut sums);
        elementary::exp(&mut index);
        for (region, n) in regions.clone().enumerate() {
            self.price_index.same(result.price_index[n], index[region], (n, 0, 0));
            let over_unit = result.price_index[n].ln() - goods.log_units[region];
            let spending = result.income[n] * (-goods.power * over_unit).exp();
            let demand = self.demand_of(region, problem.purchasers() - 1, problem);
            goods.spend(region, &[spending], tastes(region), demand);
        }
    }
}

/// What the sectors of some regions pay per unit, `[region, sector]`.
struct Firms {
    /// ĉ Â.
    costs: Vec<f64>,
    /// `(v̂/ĉÂ)^{1−σ}`, v̂ the price of value added.
    factor_shifts: Vec<f64>,
    /// `(M̂/ĉÂ)^{1−σ}`.
    input_shifts: Vec<f64>,
}

impl Firms {
    /// At `ln M̂`; sectors without output have any numbers.
    ///
    /// With `m = β ln v̂ + (1−β) ln M̂`, the mean at Cobb-Douglas, `ln CES = m + ln(1 + x)/(1−σ)` and
    /// `x = β ((v̂/e^m)^{1−σ} − 1) + (1−β) ((M̂/e^m)^{1−σ} − 1)`, which is never below 0: exact however
    /// close to Cobb-Douglas σ is.
    fn new(
        problem: &Problem,
        result: &Equilibrium,
        regions: &Range<usize>,
        log_inputs: Vec<f64>,
    ) -> Self {
        let baseline = &problem.baseline;
        let (sectors, cells) = (baseline.sector_count(), log_inputs.len());
        let rows = |array| rows_of(array, regions);
        let (share, before) = (rows(&baseline.value_added_share), rows(&baseline.value_added));
        let specific = rows(&problem.elasticities.specific_factor_share);
        let value_added = rows(&result.value_added);
        let production = &problem.elasticities.production;
        let powers: Vec<f64> = regions.clone().flat_map(|_| production).map(|e| 1.0 - e).collect();

        let (mut factors, mut inputs) = (vec![1.0; cells], log_inputs);
        for cell in (0..cells).filter(|&cell| before[cell] != 0.0) {
            factors[cell] = value_added[cell] / before[cell];
        }
        elementary::ln(&mut factors);
        let mut costs = vec![0.0; cells];
        for (region, n) in regions.clone().enumerate() {
            let log_wage = result.wage[n].ln();
            for cell in region * sectors..(region + 1) * sectors {
                // Without factors or without inputs the cost is the price of the other alone.
                factors[cell] = if before[cell] == 0.0 {
                    inputs[cell]
                } else {
                    part(1.0 - specific[cell], log_wage) + part(specific[cell], factors[cell])
                };
                if share[cell] == 1.0 {
                    inputs[cell] = factors[cell];
                }
                costs[cell] = share[cell] * factors[cell] + (1.0 - share[cell]) * inputs[cell];
                factors[cell] = powers[cell] * (factors[cell] - costs[cell]);
                inputs[cell] = powers[cell] * (inputs[cell] - costs[cell]);
            }
        }
        // At Cobb-Douglas all of these are 0.
        if powers.iter().any(|power| *power != 0.0) {
            let (mut factors_less_1, mut inputs_less_1) = (factors.clone(), inputs.clone());
            elementary::exp_m1(&mut factors_less_1);
            elementary::exp_m1(&mut inputs_less_1);
            let excess: Vec<f64> = (0..cells)
                .map(|cell| {
                    share[cell] * factors_less_1[cell] + (1.0 - share[cell]) * inputs_less_1[cell]
                })
                .collect();
            let mut logs = excess.clone();
            elementary::ln_1p(&mut logs);
            elementary::exp(&mut factors);
            elementary::exp(&mut inputs);
            for cell in 0..cells {
                costs[cell] += if powers[cell] == 0.0 { 0.0 } else { logs[cell] / powers[cell] };
                factors[cell] /= 1.0 + excess[cell];
                inputs[cell] /= 1.0 + excess[cell];
            }
        } else {
            factors.fill(1.0);
            inputs.fill(1.0);
        }
        elementary::exp(&mut costs);
        Self { costs, factor_shifts: factors, input_shifts: inputs }
    }
}

/// A part of a value; nothing of a value that is no number.
fn part(part: f64, value: f64) -> f64 {
    if part == 0.0 { 0.0 } else { part * value }
}

/// The rows of some regions.
fn rows_of<'a>(array: &'a Array2<f64>, regions: &Range<usize>) -> &'a [f64] {
    let columns = array.ncols();
    &slice(array)[regions.start * columns..regions.end * columns]
}
