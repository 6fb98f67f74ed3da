//! Unit costs, value added and spending of all regions, recomputed from the reported results.

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

/// Numbers of a region's sectors.
struct Room {
    terms: Vec<f64>,
    sums: Vec<f64>,
    log_sums: Vec<f64>,
    log_inputs: Vec<f64>,
    log_factors: Vec<f64>,
    input_terms: Vec<f64>,
    factor_terms: Vec<f64>,
    costs: Vec<f64>,
    spending: Vec<f64>,
    bought: Vec<f64>,
}

impl Production {
    /// Checks all regions at given logarithms of prices, `[region, sector]`.
    pub fn of(problem: &Problem, result: &Equilibrium, log_prices: &[f64]) -> Self {
        let sectors = problem.baseline.sector_count();
        let mut production = Self {
            cost: Check::new("unit cost"),
            value_added: Check::new("value added"),
            index: Check::new("price index"),
            demand: vec![0.0; log_prices.len()],
        };
        let zeros = || vec![0.0; sectors];
        let mut room = Room {
            terms: zeros(),
            sums: zeros(),
            log_sums: zeros(),
            log_inputs: zeros(),
            log_factors: zeros(),
            input_terms: zeros(),
            factor_terms: zeros(),
            costs: zeros(),
            spending: zeros(),
            bought: zeros(),
        };
        for (n, log_prices) in log_prices.chunks_exact(sectors).enumerate() {
            production.households(problem, result, n, log_prices, &mut room);
            production.firms(problem, result, n, log_prices, &mut room);
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
        n: usize,
        log_prices: &[f64],
        room: &mut Room,
    ) {
        let sectors = log_prices.len();
        let row = n * sectors..(n + 1) * sectors;
        let tastes = &slice(&problem.counterfactual.final_shares)[row.clone()];
        let mean = Mean::of(problem.elasticities.final_demand);
        mean.terms(log_prices, &mut room.terms);
        let sum = dense::dot(tastes, &room.terms);
        let index = mean.log_of_sum(sum.ln(), sum).exp();
        self.index.same(result.price_index[n], index, (n, 0, 0));
        for ((demand, taste), term) in self.demand[row].iter_mut().zip(tastes).zip(&room.terms) {
            *demand = taste * result.income[n] * mean.shift(*term, sum);
        }
    }

    /// ```text
    /// ĉ = CES_σ(β, 1−β; ŵ^{1−φ} r̂^φ, M̂) / Â      r̂ = V'/V      M̂ = CES_ε(γ/(1−β); P̂)
    /// V' = β' Y'      E'^s = Σ_k γ'^{sk} Y'^k
    /// ```
    fn firms(
        &mut self,
        problem: &Problem,
        result: &Equilibrium,
        n: usize,
        log_prices: &[f64],
        room: &mut Room,
    ) {
        let baseline = &problem.baseline;
        let elasticities = &problem.elasticities;
        let sectors = log_prices.len();
        let row = n * sectors..(n + 1) * sectors;
        let mix = &slice(&baseline.input_mix)[row.start * sectors..row.end * sectors];
        let shares = &slice(&baseline.value_added_share)[row.clone()];
        let before = &slice(&baseline.value_added)[row.clone()];
        let specific = &slice(&elasticities.specific_factor_share)[row.clone()];
        let productivity = &slice(&problem.counterfactual.productivity)[row.clone()];
        let value_added = &slice(&result.value_added)[row.clone()];
        let output = &slice(&result.output)[row.clone()];
        let demand = &mut self.demand[row];
        let Room {
            terms,
            sums,
            log_sums,
            log_inputs,
            log_factors,
            input_terms,
            factor_terms,
            costs,
            spending,
            bought,
        } = room;
        let runs = || elasticities.input.chunk_by(|one, next| one == next);

        // Prices of inputs and of factors.
        let mut first = 0;
        for run in runs() {
            let users = first..first + run.len();
            Mean::of(run[0]).terms(log_prices, terms);
            dense::product(
                &mix[users.start * sectors..users.end * sectors],
                terms,
                &mut sums[users],
            );
            first += run.len();
        }
        log_sums.copy_from_slice(sums);
        elementary::ln(log_sums);
        for k in 0..sectors {
            log_inputs[k] = if shares[k] == 1.0 {
                0.0
            } else {
                Mean::of(elasticities.input[k]).log_of_sum(log_sums[k], sums[k])
            };
            log_factors[k] = if before[k] == 0.0 { 1.0 } else { value_added[k] / before[k] };
        }
        elementary::ln(log_factors);
        let log_wage = result.wage[n].ln();
        for k in 0..sectors {
            log_factors[k] = (1.0 - specific[k]) * log_wage + specific[k] * log_factors[k];
            let power = 1.0 - elasticities.production[k];
            factor_terms[k] = power * log_factors[k];
            input_terms[k] = power * log_inputs[k];
        }
        elementary::exp(factor_terms);
        elementary::exp(input_terms);

        // Unit costs, of which `sums` now are the powers where σ is not 1.
        let is_made = |k: usize| before[k] != 0.0;
        let inputs_weight = |k: usize| if is_made(k) { 1.0 - shares[k] } else { 1.0 };
        let factors_weight = |k: usize| if is_made(k) { shares[k] } else { 0.0 };
        for k in 0..sectors {
            costs[k] = factors_weight(k) * factor_terms[k] + inputs_weight(k) * input_terms[k];
        }
        log_sums.copy_from_slice(costs);
        elementary::ln(log_sums);
        for k in 0..sectors {
            let power = 1.0 - elasticities.production[k];
            let log_cost = if power == 0.0 {
                factors_weight(k) * log_factors[k] + inputs_weight(k) * log_inputs[k]
            } else {
                log_sums[k] / power
            };
            // What the parts of factors and inputs are divided by; both terms are 1 at Cobb-Douglas.
            spending[k] = inputs_weight(k) * input_terms[k] / costs[k] * output[k];
            bought[k] = factors_weight(k) * factor_terms[k] / costs[k] * output[k];
            log_sums[k] = log_cost;
        }
        elementary::exp(log_sums);
        for k in 0..sectors {
            let place = (n, k, 0);
            if output[k] == 0.0 {
                self.value_added.same(value_added[k], 0.0, place);
                spending[k] = 0.0;
                continue;
            }
            self.cost.same(result.unit_cost[[n, k]], log_sums[k] / productivity[k], place);
            self.value_added.same(value_added[k], bought[k], place);
            // Spending by input is this times its share and its term; at Cobb-Douglas, its share.
            spending[k] = if shares[k] == 1.0 {
                0.0
            } else {
                spending[k] * Mean::of(elasticities.input[k]).shift(1.0, sums[k])
            };
        }

        let mut first = 0;
        for run in runs() {
            let users = first..first + run.len();
            let mean = Mean::of(run[0]);
            bought.fill(0.0);
            let mix = &mix[users.start * sectors..users.end * sectors];
            dense::add_transposed_product(mix, &spending[users], bought);
            if mean.power == 0.0 {
                terms.fill(1.0);
            } else {
                mean.terms(log_prices, terms);
            }
            for ((demand, bought), term) in demand.iter_mut().zip(&*bought).zip(&*terms) {
                *demand += bought * term;
            }
            first += run.len();
        }
    }
}
