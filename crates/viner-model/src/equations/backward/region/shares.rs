//! The shares of one region's users, backwards.

use viner_numerics::kernel::dense::dot;
use viner_numerics::kernel::elementary;

use super::{RegionBackward, RegionPull, RegionSeeds};

/// Derivatives by baseline shares of a region, the others of the same sum giving way in proportion; not
/// finite where there is no other.
pub struct ByShares {
    /// By γ at given β, `[user, input]`.
    pub input: Vec<f64>,
    /// By β, by user, at given value added and mix of inputs.
    pub value_added: Vec<f64>,
}

impl RegionBackward<'_> {
    /// Derivatives by the shares of inputs and of value added.
    pub fn by_shares(&self, seeds: &RegionSeeds<'_>, pull: &RegionPull) -> ByShares {
        let sectors = self.users.len();
        let mut input = vec![0.0; sectors * sectors];
        for (k, by_input) in input.chunks_mut(sectors).enumerate() {
            self.by_inputs_of(k, seeds, pull, by_input);
        }
        let value_added = (0..sectors).map(|k| self.by_value_added_of(k, seeds, pull)).collect();
        ByShares { input, value_added }
    }

    /// By the share `b` of each input in the bundle and from it by `γ = (1−β) b`.
    ///
    /// With `f = (P̂/M̂)^{1−ε}`, b moves `ln M̂` by `f/(1−ε)` and what is spent on the input by f for
    /// each unit spent on all. As the shares sum to 1, `(f−1)/(1−ε)` does as well: `ln P̂/M̂` at ε = 1.
    fn by_inputs_of(
        &self,
        k: usize,
        seeds: &RegionSeeds<'_>,
        pull: &RegionPull,
        by_input: &mut [f64],
    ) {
        let (region, user, inner) = (&self.region, &self.users[k], self.inner(k, seeds, pull));
        let sectors = by_input.len();
        let purchases = region.purchases_of(k, sectors);
        let mix = &region.input_mix[k * sectors..(k + 1) * sectors];
        let power = user.input_power;
        let by_price = inner.inputs - power * inner.spending;
        let seeds = &seeds.expenditure[purchases.clone()];
        for (slot, price) in by_input.iter_mut().zip(&self.log_prices[purchases]) {
            *slot = price - self.log_prices_of[k].inputs;
        }
        if power == 0.0 {
            for (slot, seed) in by_input.iter_mut().zip(seeds) {
                *slot = by_price * *slot + user.spending * seed;
            }
        } else {
            for slot in by_input.iter_mut() {
                *slot *= power;
            }
            elementary::exp_m1(by_input);
            for (slot, seed) in by_input.iter_mut().zip(seeds) {
                *slot = by_price * *slot / power + user.spending * (1.0 + *slot) * seed;
            }
        }
        let all = dot(mix, by_input);
        let inputs = 1.0 - region.value_added_share[k];
        for (slot, share) in by_input.iter_mut().zip(mix) {
            *slot = (*slot - all) / ((1.0 - share) * inputs);
        }
    }

    /// By β, which moves `ln ĉ` by `((v̂/ĉÂ)^{1−σ} − (M̂/ĉÂ)^{1−σ})/(1−σ)`, `ln β'` by `1/β` beside that
    /// and what is spent on inputs by `−1/(1−β)`.
    fn by_value_added_of(&self, k: usize, seeds: &RegionSeeds<'_>, pull: &RegionPull) -> f64 {
        let (user, prices) = (&self.users[k], &self.log_prices_of[k]);
        if !user.has_factors() {
            return 0.0;
        }
        let (share, power) = (self.region.value_added_share[k], user.power);
        let apart = prices.factors - prices.inputs;
        let inputs = (power * (prices.inputs - prices.cost)).exp();
        let by_cost = if power == 0.0 { apart } else { inputs * (power * apart).exp_m1() / power };
        let inner = self.inner(k, seeds, pull);
        inner.cost * by_cost + inner.share_shift / share - inner.spending / (1.0 - share)
    }
}
