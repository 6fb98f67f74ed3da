//! Unit costs, value added and spending of all regions, recomputed from the reported results.

use std::ops::Range;

use viner_numerics::kernel::{dense, elementary};

use crate::equilibrium::Equilibrium;
use crate::equilibrium::certificate::Check;
use crate::equilibrium::system::slice;
use crate::problem::Problem;

/// What production and households show.
pub(super) struct Production {
    pub cost: Check,
    pub value_added: Check,
    pub index: Check,
    /// `E'`, `[region, sector]`.
    pub demand: Vec<f64>,
}

/// A CES mean of prices p: `p^{1−e}` is averaged, at Cobb-Douglas `ln p`.
#[derive(Clone, Copy)]
struct Mean {
    power: f64,
}

impl Mean {
    fn of(elasticity: f64) -> Self {
        Self { power: 1.0 - elasticity }
    }

    /// What is averaged, from logarithms of prices.
    fn terms(self, log_prices: &[f64], terms: &mut [f64]) {
        terms.copy_from_slice(log_prices);
        if self.power != 0.0 {
            for term in &mut *terms {
                *term *= self.power;
            }
            elementary::exp(terms);
        }
    }

    /// What the logarithm of the mean is a power of, from the sum of shares times terms.
    fn log_of_sum(self, log_sum: f64, sum: f64) -> f64 {
        if self.power == 0.0 { sum } else { log_sum / self.power }
    }

    /// `(p/mean)^{1−e}` from its term and the sum.
    fn shift(self, term: f64, sum: f64) -> f64 {
        if self.power == 0.0 { 1.0 } else { term / sum }
    }
}

/// Numbers of some users of all regions, `[region, user]`.
struct Room {
    sums: Vec<f64>,
    log_sums: Vec<f64>,
    log_inputs: Vec<f64>,
    log_factors: Vec<f64>,
    input_terms: Vec<f64>,
    factor_terms: Vec<f64>,
    costs: Vec<f64>,
    spending: Vec<f64>,
}

impl Room {
    fn new(cells: usize) -> Self {
        let zeros = || vec![0.0; cells];
        Self {
            sums: zeros(),
            log_sums: zeros(),
            log_inputs: zeros(),
            log_factors: zeros(),
            input_terms: zeros(),
            factor_terms: zeros(),
            costs: zeros(),
            spending: zeros(),
        }
    }
}

impl Production {
    /// Checks all regions at given logarithms of prices, `[region, sector]`.
    pub fn of(problem: &Problem, result: &Equilibrium, log_prices: &[f64]) -> Self {
        let mut production = Self {
            cost: Check::new("unit cost"),
            value_added: Check::new("value added"),
            index: Check::new("price index"),
            demand: vec![0.0; log_prices.len()],
        };
        let mut terms = vec![0.0; log_prices.len()];
        production.households(problem, result, log_prices, &mut terms);
        let mut first = 0;
        for run in problem.elasticities.input.chunk_by(|one, next| one == next) {
            let users = first..first + run.len();
            let mean = Mean::of(run[0]);
            mean.terms(log_prices, &mut terms);
            production.firms(problem, result, users, mean, &terms);
            first += run.len();
        }
        production
    }

    /// ```text
    /// P̂ = CES_η(α'; P̂^s)      E'^s = α'^s (P̂^s/P̂)^{1−η} I'
    /// ```
    fn households(
        &mut self,
        problem: &Problem,
        result: &Equilibrium,
        log_prices: &[f64],
        terms: &mut [f64],
    ) {
        let sectors = problem.baseline.sector_count();
        let mean = Mean::of(problem.elasticities.final_demand);
        mean.terms(log_prices, terms);
        let tastes = slice(&problem.counterfactual.final_shares).chunks_exact(sectors);
        let rows = self.demand.chunks_exact_mut(sectors).zip(tastes).zip(terms.chunks(sectors));
        for (n, ((demand, tastes), terms)) in rows.enumerate() {
            let sum = dense::dot(tastes, terms);
            let index = mean.log_of_sum(sum.ln(), sum).exp();
            self.index.same(result.price_index[n], index, (n, 0, 0));
            for ((demand, taste), term) in demand.iter_mut().zip(tastes).zip(terms) {
                *demand = taste * result.income[n] * mean.shift(*term, sum);
            }
        }
    }

    /// Users with one ε, of whose prices `terms` are the powers:
    ///
    /// ```text
    /// ĉ = CES_σ(β, 1−β; ŵ^{1−φ} r̂^φ, M̂) / Â      r̂ = V'/V      M̂ = CES_ε(γ/(1−β); P̂)
    /// V' = β' Y'      E'^s = Σ_k γ'^{sk} Y'^k
    /// ```
    fn firms(
        &mut self,
        problem: &Problem,
        result: &Equilibrium,
        users: Range<usize>,
        mean: Mean,
        terms: &[f64],
    ) {
        let baseline = &problem.baseline;
        let elasticities = &problem.elasticities;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let mix = |n: usize| {
            let row = n * sectors;
            let block = (row + users.start) * sectors..(row + users.end) * sectors;
            &slice(&baseline.input_mix)[block]
        };
        // Each cell, with its place among those of these users.
        let cells = || {
            let of_region = |n: usize| users.clone().map(move |k| (n, k));
            (0..regions).flat_map(of_region).enumerate()
        };
        let shares = slice(&baseline.value_added_share);
        let before = slice(&baseline.value_added);
        let specific = slice(&elasticities.specific_factor_share);
        let productivity = slice(&problem.counterfactual.productivity);
        let value_added = slice(&result.value_added);
        let output = slice(&result.output);
        let unit_cost = slice(&result.unit_cost);
        let Room {
            mut sums,
            mut log_sums,
            mut log_inputs,
            mut log_factors,
            mut input_terms,
            mut factor_terms,
            mut costs,
            mut spending,
        } = Room::new(regions * users.len());

        // Prices of inputs and of factors.
        let prices = terms.chunks_exact(sectors).zip(sums.chunks_exact_mut(users.len()));
        for (n, (terms, sums)) in prices.enumerate() {
            dense::product(mix(n), terms, sums);
        }
        log_sums.copy_from_slice(&sums);
        elementary::ln(&mut log_sums);
        for (at, (n, k)) in cells() {
            let cell = n * sectors + k;
            log_inputs[at] =
                if shares[cell] == 1.0 { 0.0 } else { mean.log_of_sum(log_sums[at], sums[at]) };
            log_factors[at] =
                if before[cell] == 0.0 { 1.0 } else { value_added[cell] / before[cell] };
        }
        elementary::ln(&mut log_factors);
        let log_wages: Vec<f64> = result.wage.iter().map(|wage| wage.ln()).collect();
        for (at, (n, k)) in cells() {
            let specific = specific[n * sectors + k];
            log_factors[at] = (1.0 - specific) * log_wages[n] + specific * log_factors[at];
            let power = 1.0 - elasticities.production[k];
            factor_terms[at] = power * log_factors[at];
            input_terms[at] = power * log_inputs[at];
        }
        elementary::exp(&mut factor_terms);
        elementary::exp(&mut input_terms);

        // Unit costs.
        let weights = |cell: usize| {
            if before[cell] == 0.0 { (0.0, 1.0) } else { (shares[cell], 1.0 - shares[cell]) }
        };
        for (at, (n, k)) in cells() {
            let (factors, inputs) = weights(n * sectors + k);
            costs[at] = factors * factor_terms[at] + inputs * input_terms[at];
        }
        log_sums.copy_from_slice(&costs);
        elementary::ln(&mut log_sums);
        for (at, (n, k)) in cells() {
            let cell = n * sectors + k;
            let (factors, inputs) = weights(cell);
            let power = 1.0 - elasticities.production[k];
            let log_cost = if power == 0.0 {
                factors * log_factors[at] + inputs * log_inputs[at]
            } else {
                log_sums[at] / power
            };
            log_sums[at] = log_cost;
            if output[cell] == 0.0 {
                self.value_added.same(value_added[cell], 0.0, (n, k, 0));
                continue;
            }
            // Both terms are 1 at Cobb-Douglas.
            let scale = output[cell] / costs[at];
            self.value_added.same(value_added[cell], factors * factor_terms[at] * scale, (n, k, 0));
            // Spending by input is this times its share and its term; at Cobb-Douglas, its share.
            if shares[cell] != 1.0 {
                spending[at] = inputs * input_terms[at] * scale * mean.shift(1.0, sums[at]);
            }
        }
        elementary::exp(&mut log_sums);
        for (at, (n, k)) in cells() {
            let cell = n * sectors + k;
            if output[cell] != 0.0 {
                self.cost.same(unit_cost[cell], log_sums[at] / productivity[cell], (n, k, 0));
            }
        }

        let mut bought = vec![0.0; sectors];
        let demand = self.demand.chunks_exact_mut(sectors).zip(terms.chunks_exact(sectors));
        for (n, ((demand, terms), spending)) in
            demand.zip(spending.chunks_exact(users.len())).enumerate()
        {
            bought.fill(0.0);
            dense::add_transposed_product(mix(n), spending, &mut bought);
            for ((demand, bought), term) in demand.iter_mut().zip(&bought).zip(terms) {
                *demand += bought * if mean.power == 0.0 { 1.0 } else { *term };
            }
        }
    }
}
