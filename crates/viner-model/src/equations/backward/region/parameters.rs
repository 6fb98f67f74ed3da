//! Derivatives by the elasticities of a region, its productivity and its tastes.

use viner_numerics::kernel::dense::dot;

use super::{RegionBackward, RegionPull, RegionSeeds};

/// Derivatives with respect to the parameters of a region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegionGradient {
    /// By σ, by user.
    pub production: Vec<f64>,
    /// By ε, by user.
    pub input: Vec<f64>,
    /// By η.
    pub final_demand: f64,
    /// By φ, by user.
    pub specific_factor_share: Vec<f64>,
    /// By `ln Â`, by sector.
    pub log_productivity: Vec<f64>,
    /// By the logarithm of the weight in final demand, before weights are scaled to sum to 1.
    pub log_taste: Vec<f64>,
}

impl RegionBackward<'_> {
    /// Derivatives with respect to the region's parameters; `baseline_value_added` by sector is what
    /// labour income is relative to.
    pub fn gradient(
        &self,
        seeds: &RegionSeeds<'_>,
        pull: &RegionPull,
        baseline_value_added: &[f64],
    ) -> RegionGradient {
        let region = &self.region;
        let sectors = self.log_activity.len();
        let (labour_income, log_price_index) =
            (pull.inner.labour_income, pull.inner.log_price_index);
        let zeros = || vec![0.0; sectors];
        let (mut production, mut input, mut specific_factor_share) = (zeros(), zeros(), zeros());
        let mut away = zeros();
        for (k, user) in self.users.iter().enumerate() {
            // Labour income is a sum over closed sectors too, in the baseline.
            let new = self.value_added[k];
            specific_factor_share[k] +=
                labour_income * (self.totals.labour_income * baseline_value_added[k] - new);
            if !user.produces() {
                continue;
            }
            let (inner, prices) = (self.inner(k, seeds, pull), self.log_prices_of[k]);
            let share = region.value_added_share[k];
            if user.has_factors() {
                specific_factor_share[k] +=
                    inner.factor_price * (self.log_activity[k] - self.totals.log_wage);
                let factors = prices.factors - prices.cost;
                let inputs = prices.inputs - prices.cost;
                let slope = index_slope(user.power, &[share, 1.0 - share], &[factors, inputs]);
                production[k] +=
                    inner.cost * slope - inner.share_shift * factors - inner.spending * inputs;
            }
            if share != 1.0 {
                let group = region.input_elasticity_of[k];
                let mix = &region.input_mix[k * sectors..(k + 1) * sectors];
                let factors = &self.input_factors[group * sectors..(group + 1) * sectors];
                let purchases = region.purchases_of(k, sectors);
                let (paid, seeds) =
                    (&self.log_prices[purchases.clone()], &seeds.expenditure[purchases]);
                for (away, paid) in away.iter_mut().zip(paid) {
                    *away = paid - prices.inputs;
                }
                let slope = index_slope(user.input_power, mix, &away);
                for ((away, factor), seed) in away.iter_mut().zip(factors).zip(seeds) {
                    *away *= factor * seed;
                }
                let moved = dot(mix, &away);
                input[k] += (inner.inputs - user.input_power * inner.spending) * slope
                    - user.spending * user.mix_factor * moved;
            }
        }
        let power = 1.0 - region.final_elasticity;
        let final_use = region.purchases_of(sectors, sectors);
        let final_prices = &self.log_prices[final_use.clone()];
        let final_seeds = &seeds.expenditure[final_use];
        for (away, price) in away.iter_mut().zip(final_prices) {
            *away = price - self.totals.log_price_index;
        }
        let mean = dot(&self.final_shares, final_seeds);
        let income = self.totals.income;
        let slope = index_slope(power, region.final_shares, &away);
        let moved: f64 =
            (0..sectors).map(|s| self.final_shares[s] * final_seeds[s] * away[s]).sum();
        let by_index = log_price_index - power * income * mean;
        let log_taste = (0..sectors)
            .map(|s| {
                let (old, d) = (region.final_shares[s], power * away[s]);
                let index = old * away[s] * if d == 0.0 { 1.0 } else { d.exp_m1() / d };
                by_index * index + income * (self.final_shares[s] * final_seeds[s] - old * mean)
            })
            .collect();
        RegionGradient {
            production,
            input,
            final_demand: by_index * slope - income * moved,
            specific_factor_share,
            log_productivity: seeds
                .log_cost
                .iter()
                .zip(&self.users)
                .map(|(cost, user)| if user.produces() { -cost } else { 0.0 })
                .collect(),
            log_taste,
        }
    }
}

/// Derivative of `ln CES_e` by e at given prices; `away` is `ln p − ln CES`, `power` is `r = 1 − e`.
///
/// With `d = r (ln p − ln CES)` it is `−Σ a h(d)/r²`, `h(d) = d e^d − e^d + 1`: all terms are positive, and
/// at Cobb-Douglas it is half the variance of prices.
fn index_slope(power: f64, shares: &[f64], away: &[f64]) -> f64 {
    if power == 0.0 {
        let squares: Vec<f64> = away.iter().map(|away| away * away).collect();
        return -0.5 * dot(shares, &squares);
    }
    let term = |(share, away): (&f64, &f64)| {
        let d = power * away;
        // h(d)/d²: the series where the formula would cancel; its next term is below 1e-12.
        let ratio = if d.abs() < 1e-2 {
            0.5 + d * (1.0 / 3.0 + d * (0.125 + d * (1.0 / 30.0 + d * (1.0 / 144.0 + d / 840.0))))
        } else {
            (d * d.exp() - d.exp_m1()) / (d * d)
        };
        share * away * away * ratio
    };
    -shares.iter().zip(away).map(term).sum::<f64>()
}
