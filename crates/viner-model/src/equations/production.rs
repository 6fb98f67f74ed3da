//! Firms and households of one region: unit costs and spending at given prices.

use std::ops::Range;

use viner_numerics::Real;

use super::ces::{Prepared, two_goods_each};
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
    /// `(1−φ) V` by user: labour's part of value added; 0 in sectors that closed.
    pub labour_value: &'a [f64],
    /// `Σ_k (1−φ) V`: labour income in the baseline.
    pub labour_income: f64,
    /// σ by user.
    pub production_elasticity: &'a [f64],
    /// Whether all of them are 1: `β' = β`.
    pub shares_are_fixed: bool,
    /// Distinct values of ε, or that of each user if each has prices of its own.
    pub input_elasticities: &'a [f64],
    /// Which of them each user has.
    pub input_elasticity_of: &'a [usize],
    /// η.
    pub final_elasticity: f64,
    /// Whether each user, final demand the last, has prices of its own.
    pub prices_by_user: bool,
    /// What clears the labour market.
    pub labour: Labour,
}

/// What a region answers to prices, value added and income from outside its factors.
pub struct Response<'a, T> {
    /// `ln ĉ` by sector.
    pub log_cost: &'a mut [T],
    /// `(1−σ)(ln v̂ − ln ĉÂ)` by user: `ln(β'/β)`; 0 in sectors without factors.
    pub log_share_shift: &'a mut [T],
    /// `E'`, `[purchaser, sector bought]`.
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
    /// `log_activity` is `ln V̂` by sector, or `ln Ŷ` where `V = 0`; `log_prices` is `ln P̂`, `[purchaser,
    /// sector bought]`, with one purchaser, or every user and final demand as the last; `other_income` is
    /// all income but value added.
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
        let sectors = log_activity.len();
        let zero = T::constant(0.0);
        let (output, value_added_share) =
            (&self.output[..sectors], &self.value_added_share[..sectors]);
        let mut scratch = vec![zero; 8 * sectors];
        let (activity, rest) = scratch.split_at_mut(sectors);
        let (log_inputs, rest) = rest.split_at_mut(sectors);
        let (mix_factor, rest) = rest.split_at_mut(sectors);
        let (log_cost, rest) = rest.split_at_mut(sectors);
        let (spending, rest) = rest.split_at_mut(sectors);
        let (use_of_inputs, rest) = rest.split_at_mut(sectors);
        let final_prices = &log_prices[self.purchases_of(sectors, sectors)];
        let reference = T::dot(self.final_shares, final_prices);
        let final_nest = Prepared::new(self.final_elasticity, final_prices, reference);
        let (log_price_index, final_factor) = final_nest.index(self.final_shares);

        activity.copy_from_slice(log_activity);
        T::exp_each(activity);
        let value_added = T::dot(self.value_added, activity);
        let labour_income = if self.labour_income == 0.0 {
            T::constant(1.0)
        } else {
            T::dot(self.labour_value, activity) * self.labour_income.recip()
        };
        let log_wage = match self.labour {
            Labour::Mobile => labour_income.ln(),
            Labour::FixedNominalWage => zero,
            Labour::FixedRealWage => log_price_index,
        };
        let income = value_added + other_income;

        let nests: Vec<Prepared<T>> = self
            .input_elasticities
            .iter()
            .enumerate()
            .map(|(group, &elasticity)| {
                let prices = &log_prices[self.purchases_of(group, sectors)];
                Prepared::new(elasticity, prices, reference)
            })
            .collect();
        for k in 0..sectors {
            spending[k] = activity[k] * (output[k] * (1.0 - value_added_share[k]));
        }
        let expenditure = &mut *response.expenditure;
        let final_scale = income * final_factor;
        if self.prices_by_user {
            expenditure.fill(zero);
        }
        let final_use = self.purchases_of(sectors, sectors);
        for (s, spending) in expenditure[final_use].iter_mut().enumerate() {
            *spending = final_nest.share_factor(s) * final_scale * self.final_shares[s];
        }
        // Where spending on inputs does not depend on their prices, each row is read once for both.
        let at_once = |nest: &Prepared<T>| self.shares_are_fixed && nest.is_cobb_douglas();
        for users in self.runs() {
            let group = self.input_elasticity_of[users.start];
            let (nest, indices) = (&nests[group], &mut log_inputs[users.clone()]);
            let mix = &self.input_mix[users.start * sectors..users.end * sectors];
            if at_once(nest) {
                let purchases = &mut expenditure[self.purchases_of(group, sectors)];
                nest.indices_and_purchases(mix, &spending[users], indices, purchases);
            } else {
                nest.indices(mix, indices, &mut mix_factor[users]);
            }
        }

        let shift = &mut *response.log_share_shift;
        self.price(log_wage, log_activity, log_inputs, log_cost, shift, rest);
        if !self.shares_are_fixed {
            self.shift(shift, log_inputs, log_cost, rest, spending);
        }
        let costs = response.log_cost.iter_mut().zip(&*log_cost);
        for ((slot, &cost), (&output, &productivity)) in
            costs.zip(output.iter().zip(self.log_productivity))
        {
            *slot = if output == 0.0 { zero } else { cost + (-productivity) };
        }

        for (group, nest) in nests.iter().enumerate().filter(|(_, nest)| !at_once(nest)) {
            use_of_inputs.fill(zero);
            for users in self.runs().filter(|run| self.input_elasticity_of[run.start] == group) {
                let mix = &self.input_mix[users.start * sectors..users.end * sectors];
                let spending = &mut spending[users.clone()];
                for (spending, &factor) in spending.iter_mut().zip(&mix_factor[users]) {
                    *spending = *spending * factor;
                }
                T::add_transposed_product(mix, spending, use_of_inputs);
            }
            let own = &mut expenditure[self.purchases_of(group, sectors)];
            for (s, spending) in own.iter_mut().enumerate() {
                *spending += use_of_inputs[s] * nest.share_factor(s);
            }
        }
        Totals { log_wage, labour_income, log_price_index, value_added, income }
    }

    /// Unit costs before productivity, and `ln(β'/β)`: the price of value added, then that of both goods.
    fn price<T: Real>(
        &self,
        log_wage: T,
        log_activity: &[T],
        log_inputs: &[T],
        log_cost: &mut [T],
        log_share_shift: &mut [T],
        scratch: &mut [T],
    ) {
        let zero = T::constant(0.0);
        let count = log_cost.len();
        let (log_activity, log_inputs) = (&log_activity[..count], &log_inputs[..count]);
        let (output, value_added) = (&self.output[..count], &self.value_added[..count]);
        let specific = &self.specific_factor_share[..count];
        for k in 0..count {
            log_cost[k] = log_wage * (1.0 - specific[k]) + log_activity[k] * specific[k];
        }
        log_share_shift.copy_from_slice(log_cost);
        let elasticities = &self.production_elasticity[..count];
        two_goods_each(elasticities, self.value_added_share, log_cost, log_inputs, scratch);
        for k in 0..count {
            let without_factors = if output[k] == 0.0 { zero } else { log_inputs[k] };
            log_cost[k] = if value_added[k] == 0.0 { without_factors } else { log_cost[k] };
        }
        if self.shares_are_fixed {
            log_share_shift.fill(zero);
            return;
        }
        let log_share_shift = &mut log_share_shift[..count];
        for k in 0..count {
            let power = if value_added[k] == 0.0 { 0.0 } else { 1.0 - elasticities[k] };
            let shift = (log_share_shift[k] - log_cost[k]) * power;
            log_share_shift[k] = if power == 0.0 { zero } else { shift };
        }
    }

    /// Multiplies spending on inputs by user by `(M̂/ĉ)^{1−σ} β/β'`.
    fn shift<T: Real>(
        &self,
        log_share_shift: &[T],
        log_inputs: &[T],
        log_cost: &[T],
        scratch: &mut [T],
        spending: &mut [T],
    ) {
        let factors = &mut scratch[..spending.len()];
        for (k, factor) in factors.iter_mut().enumerate() {
            // Nothing to divide without factors.
            let power =
                if self.value_added[k] == 0.0 { 0.0 } else { 1.0 - self.production_elasticity[k] };
            *factor = (log_inputs[k] - log_cost[k]) * power - log_share_shift[k];
        }
        T::exp_each(factors);
        for (spending, &factor) in spending.iter_mut().zip(&*factors) {
            *spending = *spending * factor;
        }
    }

    /// Where the prices and the spending of a user, or of final demand, are among those of all.
    pub fn purchases_of(&self, user: usize, sectors: usize) -> Range<usize> {
        let first = if self.prices_by_user { user * sectors } else { 0 };
        first..first + sectors
    }

    /// Neighbouring users with the same ε and the same prices.
    pub fn runs(&self) -> impl Iterator<Item = Range<usize>> {
        let mut end = 0;
        self.input_elasticity_of.chunk_by(|first, second| first == second).map(move |run| {
            end += run.len();
            end - run.len()..end
        })
    }
}
