//! Unit costs, value added and spending of one region, recomputed from the reported results.

use ndarray::{Array2, ArrayViewMut1};

use super::Check;
use crate::equilibrium::Equilibrium;
use crate::problem::Problem;

/// Prices of goods, with the powers that a CES mean of them takes, each taken once.
pub(super) struct Prices {
    power: f64,
    /// No power of a price relative to the largest leaves the range of numbers.
    top: f64,
    /// ln p at Cobb-Douglas; `p^power − 1` close to it: an error of 1e-16 in the sum of powers would be
    /// one of 1e-16/power in the mean. Otherwise `(p/top)^power`.
    terms: Vec<f64>,
}

/// Distance from Cobb-Douglas below which powers less 1 are added.
const CLOSE: f64 = 0.01;

impl Prices {
    pub(super) fn new(elasticity: f64, prices: &[f64]) -> Self {
        let power = 1.0 - elasticity;
        let top = prices.iter().copied().fold(0.0, f64::max);
        let term = |price: &f64| {
            if power == 0.0 {
                price.ln()
            } else if power.abs() < CLOSE {
                (power * price.ln()).exp_m1()
            } else {
                (price / top).powf(power)
            }
        };
        Self { power, top, terms: prices.iter().map(term).collect() }
    }

    /// The mean at shares that sum to 1.
    pub(super) fn mean(&self, shares: &[f64]) -> f64 {
        let sum: f64 = shares.iter().zip(&self.terms).map(|(share, term)| share * term).sum();
        if self.power == 0.0 {
            sum.exp()
        } else if self.power.abs() < CLOSE {
            (sum.ln_1p() / self.power).exp()
        } else {
            self.top * sum.powf(1.0 / self.power)
        }
    }

    /// Adds `spending · shares · (p/mean)^power` by good.
    fn spend(&self, spending: f64, shares: &[f64], mean: f64, mut demand: ArrayViewMut1<'_, f64>) {
        if self.power == 0.0 {
            for (demand, share) in demand.iter_mut().zip(shares) {
                *demand += spending * share;
            }
            return;
        }
        let (base, one) = if self.power.abs() < CLOSE { (1.0, 1.0) } else { (self.top, 0.0) };
        let scale = spending * (base / mean).powf(self.power);
        for ((demand, share), term) in demand.iter_mut().zip(shares).zip(&self.terms) {
            // A good without a share may have any price.
            if *share != 0.0 {
                *demand += scale * share * (term + one);
            }
        }
    }
}

/// What a region's firms and households do.
pub(super) struct Uses {
    pub(super) unit_cost: Check,
    pub(super) value_added: Check,
    /// `E'`, `[purchaser, sector]`: one purchaser, or every user and final demand.
    pub(super) demand: Array2<f64>,
}

/// ```text
/// ĉ = CES_σ(β, 1−β; ŵ^{1−φ} r̂^φ, M̂) / Â      r̂ = V'/V      M̂ = CES_ε(γ/(1−β); P̂)
/// V' = β' Y'      E'^s = Σ_k γ'^{sk} Y'^k + α'^s I'
/// ```
pub(super) fn uses(problem: &Problem, result: &Equilibrium, n: usize) -> Uses {
    let baseline = &problem.baseline;
    let elasticities = &problem.elasticities;
    let sectors = baseline.sector_count();
    let purchasers = problem.purchasers();
    // Prices of goods to a purchaser, at an elasticity.
    let mut prices: Vec<(usize, f64, Prices)> = Vec::new();
    let mut unit_cost = Check::new("unit cost");
    let mut value_added = Check::new("value added");
    let mut demand = Array2::zeros((purchasers, sectors));
    for k in 0..sectors {
        let output = result.output[[n, k]];
        if output == 0.0 {
            value_added.same(result.value_added[[n, k]], 0.0, (n, k, 0));
            continue;
        }
        let epsilon = elasticities.input[k];
        let purchaser = if purchasers == 1 { 0 } else { k };
        let known =
            prices.iter().position(|(who, known, _)| (*who, *known) == (purchaser, epsilon));
        let known = known.unwrap_or_else(|| {
            let paid = result.prices_to(n, k).to_vec();
            prices.push((purchaser, epsilon, Prices::new(epsilon, &paid)));
            prices.len() - 1
        });
        let inputs = &prices[known].2;
        let mix = baseline.input_mix.slice(ndarray::s![n, k, ..]);
        let mix = mix.as_slice().unwrap_or_default();

        let share = baseline.value_added_share[[n, k]];
        let input_price = if share == 1.0 { 1.0 } else { inputs.mean(mix) };
        let before = baseline.value_added[[n, k]];
        let (factor_price, total) = if before == 0.0 {
            (1.0, input_price)
        } else {
            let specific = elasticities.specific_factor_share[[n, k]];
            let rent = result.value_added[[n, k]] / before;
            let factor_price = result.wage[n].powf(1.0 - specific) * rent.powf(specific);
            let both = Prices::new(elasticities.production[k], &[factor_price, input_price]);
            (factor_price, both.mean(&[share, 1.0 - share]))
        };
        let productivity = problem.counterfactual.productivity[[n, k]];
        unit_cost.same(result.unit_cost[[n, k]], total / productivity, (n, k, 0));

        let power = 1.0 - elasticities.production[k];
        let paid = share * output * (factor_price / total).powf(power);
        value_added.same(result.value_added[[n, k]], paid, (n, k, 0));
        if share != 1.0 {
            let spending = (1.0 - share) * output * (input_price / total).powf(power);
            inputs.spend(spending, mix, input_price, demand.row_mut(purchaser));
        }
    }
    let tastes = problem.counterfactual.final_shares.row(n).to_vec();
    let goods = Prices::new(elasticities.final_demand, &result.final_prices(n).to_vec());
    goods.spend(result.income[n], &tastes, result.price_index[n], demand.row_mut(purchasers - 1));
    Uses { unit_cost, value_added, demand }
}
