//! Firms and households of one region: unit costs and spending at given prices.

use viner_numerics::Real;

use super::ces::{Prepared, two_goods};
use crate::scenario::Labour;

/// What does not change while a region's equations are solved.
pub struct Region<'a> {
    /// `γ/(1−β)`, `[user, input]`.
    pub input_mix: &'a [f64],
    /// `β` by user.
    pub value_added_share: &'a [f64],
    /// `V` by user; 0 in sectors that closed.
    pub value_added: &'a [f64],
    /// `Y` by user; 0 in sectors that closed.
    pub output: &'a [f64],
    /// `ln Â` by user.
    pub log_productivity: &'a [f64],
    /// `φ` by user.
    pub specific_factor_share: &'a [f64],
    /// `α` at the tastes of the counterfactual.
    pub final_shares: &'a [f64],
    /// `Σ_k (1−φ) V`: labour income in the baseline.
    pub labour_income: f64,
    /// σ by user.
    pub production_elasticity: &'a [f64],
    /// Distinct values of ε.
    pub input_elasticities: &'a [f64],
    /// Which of them each user has.
    pub input_elasticity_of: &'a [usize],
    /// η.
    pub final_elasticity: f64,
    /// What clears the labour market.
    pub labour: Labour,
}

/// What a region answers to prices, value added and income from outside its factors.
pub struct Response<'a, T> {
    /// `ln ĉ` by sector.
    pub log_cost: &'a mut [T],
    /// `(1−σ)(ln v̂ − ln ĉÂ)` by user: `ln(β'/β)`; 0 in sectors without factors.
    pub log_share_shift: &'a mut [T],
    /// `E'` by sector bought.
    pub expenditure: &'a mut [T],
}

/// Totals of a region.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals<T> {
    /// `ln ŵ`.
    pub log_wage: T,
    /// `ŵ L̂`: labour income over its baseline; 1 in a region without labour.
    pub labour_income: T,
    /// `ln P̂_n`: consumer price index.
    pub log_price_index: T,
    /// `Σ_k V'`.
    pub value_added: T,
    /// `I'`.
    pub income: T,
}

impl Region<'_> {
    /// Solves the region's own equations.
    ///
    /// `log_activity` is `ln V̂` by sector, or `ln Ŷ` where `V = 0`; `log_prices` is `ln P̂` by sector
    /// bought; `other_income` is all income but value added.
    ///
    /// ```text
    /// v̂ = ŵ^{1−φ} V̂^φ      M̂ = CES_ε(γ/(1−β); P̂)      ĉ = CES_σ(β, 1−β; v̂, M̂) / Â
    /// Y' = V'/β'            E'^s = Σ_k γ'^{sk} Y'^k + α'^s I'
    /// ```
    pub fn respond<T: Real>(
        &self,
        log_activity: &[T],
        log_prices: &[T],
        other_income: T,
        response: &mut Response<'_, T>,
    ) -> Totals<T> {
        let sectors = log_prices.len();
        let zero = T::constant(0.0);
        let reference = T::dot(self.final_shares, log_prices);

        let final_nest = Prepared::new(self.final_elasticity, log_prices, reference);
        let (log_price_index, final_factor) = final_nest.index(self.final_shares, log_prices);

        let mut value_added = zero;
        let mut labour_income = zero;
        for k in 0..sectors {
            if self.value_added[k] != 0.0 {
                let new = log_activity[k].exp() * self.value_added[k];
                value_added += new;
                labour_income += new * (1.0 - self.specific_factor_share[k]);
            }
        }
        let labour_income = if self.labour_income == 0.0 {
            T::constant(1.0)
        } else {
            labour_income * self.labour_income.recip()
        };
        let log_wage = match self.labour {
            Labour::Mobile => labour_income.ln(),
            Labour::FixedNominalWage => zero,
            Labour::FixedRealWage => log_price_index,
        };
        let income = value_added + other_income;

        for slot in response.expenditure.iter_mut() {
            *slot = zero;
        }
        let mut use_of_inputs = vec![zero; sectors];
        for (group, &elasticity) in self.input_elasticities.iter().enumerate() {
            let nest = Prepared::new(elasticity, log_prices, reference);
            use_of_inputs.fill(zero);
            for k in (0..sectors).filter(|&k| self.input_elasticity_of[k] == group) {
                if self.output[k] == 0.0 {
                    response.log_cost[k] = zero;
                    response.log_share_shift[k] = zero;
                    continue;
                }
                let mix = &self.input_mix[k * sectors..(k + 1) * sectors];
                let share = self.value_added_share[k];
                let (log_inputs, mix_factor) =
                    if share == 1.0 { (zero, zero) } else { nest.index(mix, log_prices) };
                let mut log_output = log_activity[k];
                let mut input_value_share = T::constant(1.0 - share);
                let log_cost = if self.value_added[k] == 0.0 {
                    response.log_share_shift[k] = zero;
                    log_inputs
                } else {
                    let specific = self.specific_factor_share[k];
                    let log_factor_price = log_wage * (1.0 - specific) + log_activity[k] * specific;
                    let sigma = self.production_elasticity[k];
                    let log_cost = two_goods(sigma, share, log_factor_price, log_inputs);
                    if sigma == 1.0 {
                        response.log_share_shift[k] = zero;
                    } else {
                        let shift = (log_factor_price - log_cost) * (1.0 - sigma);
                        response.log_share_shift[k] = shift;
                        log_output = log_output - shift;
                        input_value_share =
                            input_value_share * ((log_inputs - log_cost) * (1.0 - sigma)).exp();
                    }
                    log_cost
                };
                response.log_cost[k] = log_cost + (-self.log_productivity[k]);
                if share != 1.0 {
                    let output = log_output.exp() * self.output[k];
                    let spending = output * input_value_share * mix_factor;
                    T::add_scaled(&mut use_of_inputs, mix, spending);
                }
            }
            for s in 0..sectors {
                response.expenditure[s] += use_of_inputs[s] * nest.share_factor(s);
            }
        }
        let final_scale = income * final_factor;
        for s in 0..sectors {
            response.expenditure[s] +=
                final_nest.share_factor(s) * final_scale * self.final_shares[s];
        }
        Totals { log_wage, labour_income, log_price_index, value_added, income }
    }
}
