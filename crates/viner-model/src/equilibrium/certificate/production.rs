//! Unit costs, value added and spending of one region, recomputed from the reported results.

use ndarray::Array2;
use viner_numerics::kernel::elementary;

use super::{Check, row};
use crate::equilibrium::Equilibrium;
use crate::equilibrium::system::slice;
use crate::problem::Problem;

/// Prices of goods, with the powers that a CES mean of them takes, each taken once.
struct Prices {
    power: f64,
    /// Logarithm of a price: no power of a price relative to it leaves the range of numbers. That of the
    /// largest, or 0 where powers less 1 are added.
    log_unit: f64,
    /// ln p at Cobb-Douglas; `p^power − 1` close to it: an error of 1e-16 in the sum of powers would be
    /// one of 1e-16/power in the mean. Otherwise `(p/unit)^power`.
    terms: Vec<f64>,
}

/// Distance from Cobb-Douglas below which powers less 1 are added.
const CLOSE: f64 = 0.01;

impl Prices {
    /// At prices.
    fn new(elasticity: f64, mut terms: Vec<f64>) -> Self {
        let power = 1.0 - elasticity;
        elementary::ln(&mut terms);
        let log_unit = if power.abs() < CLOSE {
            0.0
        } else {
            terms.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        };
        if power != 0.0 {
            for term in &mut terms {
                *term = power * (*term - log_unit);
            }
            if power.abs() < CLOSE {
                elementary::exp_m1(&mut terms);
            } else {
                elementary::exp(&mut terms);
            }
        }
        Self { power, log_unit, terms }
    }

    /// By row of shares that sum to 1, the logarithm of the mean and `Σ share (p/unit)^power`, 1 at
    /// Cobb-Douglas.
    fn means(&self, shares: &[f64], log_means: &mut [f64], sums: &mut [f64]) {
        row::products(shares, &self.terms, log_means);
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
        for mean in log_means {
            *mean = self.log_unit + *mean / self.power;
        }
    }

    /// Adds `spending · share · (p/unit)^power` by good, for every row of shares.
    fn spend(&self, spending: &[f64], shares: &[f64], demand: &mut [f64]) {
        if self.power == 0.0 {
            row::add_multiples(demand, spending, shares);
            return;
        }
        let mut bought = vec![0.0; demand.len()];
        row::add_multiples(&mut bought, spending, shares);
        let one = if self.power.abs() < CLOSE { 1.0 } else { 0.0 };
        for ((demand, bought), term) in demand.iter_mut().zip(&bought).zip(&self.terms) {
            // A good without a share may have any price.
            if *bought != 0.0 {
                *demand += bought * (term + one);
            }
        }
    }
}

/// What a region's firms and households do.
pub(super) struct Uses {
    pub(super) unit_cost: Check,
    pub(super) value_added: Check,
    pub(super) price_index: Check,
    /// `E'`, `[purchaser, sector]`: one purchaser, or every user and final demand.
    demand: Vec<f64>,
}

impl Uses {
    /// `E'`.
    pub(super) fn demand(&self, purchaser: usize, sector: usize, sectors: usize) -> f64 {
        self.demand[purchaser * sectors + sector]
    }
}

/// ```text
/// ĉ = CES_σ(β, 1−β; ŵ^{1−φ} r̂^φ, M̂) / Â      r̂ = V'/V      M̂ = CES_ε(γ/(1−β); P̂)
/// V' = β' Y'      P̂ = CES_η(α'; P̂^s)      E'^s = Σ_k γ'^{sk} Y'^k + α'^s I'
/// ```
pub(super) fn uses(problem: &Problem, result: &Equilibrium, n: usize) -> Uses {
    let baseline = &problem.baseline;
    let elasticities = &problem.elasticities;
    let sectors = baseline.sector_count();
    let purchasers = problem.purchasers();
    let row = |array| row_of(array, n);
    let mut demand = vec![0.0; purchasers * sectors];

    // Users that pay the same prices and have one ε, and those prices.
    let mut inputs = Vec::new();
    let (mut log_inputs, mut input_sums) = (vec![0.0; sectors], vec![0.0; sectors]);
    let mut first = 0;
    for alike in elasticities.input.chunk_by(|one, next| purchasers == 1 && one == next) {
        let users = first..first + alike.len();
        let mix = (n * sectors + first) * sectors..(n * sectors + users.end) * sectors;
        let mix = &slice(&baseline.input_mix)[mix];
        let prices = Prices::new(alike[0], result.prices_to(n, first).to_vec());
        prices.means(mix, &mut log_inputs[users.clone()], &mut input_sums[users.clone()]);
        first = users.end;
        inputs.push((users, mix, prices));
    }

    let firms = Firms::new(problem, result, n, log_inputs);
    let (output, reported) = (row(&result.output), row(&result.value_added));
    let (unit_costs, share) = (row(&result.unit_cost), row(&baseline.value_added_share));
    let productivity = row(&problem.counterfactual.productivity);
    let (mut unit_cost, mut value_added) = (Check::new("unit cost"), Check::new("value added"));
    let mut spending = vec![0.0; sectors];
    for k in 0..sectors {
        if output[k] == 0.0 {
            value_added.same(reported[k], 0.0, (n, k, 0));
            continue;
        }
        unit_cost.same(unit_costs[k], firms.costs[k] / productivity[k], (n, k, 0));
        let paid = share[k] * output[k] * firms.factor_shifts[k];
        value_added.same(reported[k], paid, (n, k, 0));
        if share[k] != 1.0 {
            spending[k] = (1.0 - share[k]) * output[k] * firms.input_shifts[k] / input_sums[k];
        }
    }
    for (users, mix, prices) in &inputs {
        let purchaser = if purchasers == 1 { 0 } else { users.start };
        let demand = &mut demand[purchaser * sectors..(purchaser + 1) * sectors];
        prices.spend(&spending[users.clone()], mix, demand);
    }

    let tastes = row(&problem.counterfactual.final_shares);
    let goods = Prices::new(elasticities.final_demand, result.final_prices(n).to_vec());
    let (mut index, mut sum) = ([0.0], [0.0]);
    goods.means(tastes, &mut index, &mut sum);
    let mut price_index = Check::new("price index");
    price_index.same(result.price_index[n], index[0].exp(), (n, 0, 0));
    let over_unit = result.price_index[n].ln() - goods.log_unit;
    let spending = result.income[n] * (-goods.power * over_unit).exp();
    goods.spend(&[spending], tastes, &mut demand[(purchasers - 1) * sectors..]);
    Uses { unit_cost, value_added, price_index, demand }
}

/// What the sectors of a region pay per unit.
struct Firms {
    /// ĉ Â.
    costs: Vec<f64>,
    /// `(v̂/ĉÂ)^{1−σ}`, v̂ the price of value added.
    factor_shifts: Vec<f64>,
    /// `(M̂/ĉÂ)^{1−σ}`.
    input_shifts: Vec<f64>,
}

impl Firms {
    /// At `ln M̂` by sector; sectors without output have any numbers.
    ///
    /// With `m = β ln v̂ + (1−β) ln M̂`, the mean at Cobb-Douglas, `ln CES = m + ln(1 + x)/(1−σ)` and
    /// `x = β ((v̂/e^m)^{1−σ} − 1) + (1−β) ((M̂/e^m)^{1−σ} − 1)`, which is never below 0: exact however
    /// close to Cobb-Douglas σ is.
    fn new(problem: &Problem, result: &Equilibrium, n: usize, log_inputs: Vec<f64>) -> Self {
        let baseline = &problem.baseline;
        let sectors = log_inputs.len();
        let row = |array| row_of(array, n);
        let (share, before) = (row(&baseline.value_added_share), row(&baseline.value_added));
        let specific = row(&problem.elasticities.specific_factor_share);
        let value_added = row(&result.value_added);
        let power = |k: usize| 1.0 - problem.elasticities.production[k];

        let (mut factors, mut inputs) = (vec![1.0; sectors], log_inputs);
        for k in (0..sectors).filter(|&k| before[k] != 0.0) {
            factors[k] = value_added[k] / before[k];
        }
        elementary::ln(&mut factors);
        let log_wage = result.wage[n].ln();
        let mut costs = vec![0.0; sectors];
        for k in 0..sectors {
            // Without factors or without inputs the cost is the price of the other alone.
            factors[k] = if before[k] == 0.0 {
                inputs[k]
            } else {
                part(1.0 - specific[k], log_wage) + part(specific[k], factors[k])
            };
            if share[k] == 1.0 {
                inputs[k] = factors[k];
            }
            costs[k] = share[k] * factors[k] + (1.0 - share[k]) * inputs[k];
            factors[k] = power(k) * (factors[k] - costs[k]);
            inputs[k] = power(k) * (inputs[k] - costs[k]);
        }
        // At Cobb-Douglas all of these are 0.
        if (0..sectors).any(|k| power(k) != 0.0) {
            let (mut factors_less_1, mut inputs_less_1) = (factors.clone(), inputs.clone());
            elementary::exp_m1(&mut factors_less_1);
            elementary::exp_m1(&mut inputs_less_1);
            let excess: Vec<f64> = (0..sectors)
                .map(|k| share[k] * factors_less_1[k] + (1.0 - share[k]) * inputs_less_1[k])
                .collect();
            let mut logs = excess.clone();
            elementary::ln_1p(&mut logs);
            elementary::exp(&mut factors);
            elementary::exp(&mut inputs);
            for k in 0..sectors {
                costs[k] += if power(k) == 0.0 { 0.0 } else { logs[k] / power(k) };
                factors[k] /= 1.0 + excess[k];
                inputs[k] /= 1.0 + excess[k];
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

fn row_of(array: &Array2<f64>, n: usize) -> &[f64] {
    let columns = array.ncols();
    &slice(array)[n * columns..(n + 1) * columns]
}
