//! Firms and households of one region, backwards.

mod parameters;
mod shares;

use viner_numerics::kernel::dense::{Contiguous, add_transposed_product, both_ways, dot};
use viner_numerics::kernel::elementary;

use crate::equations::ces::{Prepared, two_goods_each};
use crate::equations::production::{Region, Totals};
use crate::scenario::Labour;

/// The equations of a region at one point, with its shares there.
pub struct RegionBackward<'a> {
    region: Region<'a>,
    log_activity: Vec<f64>,
    /// `[purchaser, sector bought]`.
    log_prices: Vec<f64>,
    totals: Totals<f64>,
    /// `α'`.
    final_shares: Vec<f64>,
    /// `V'` by user.
    value_added: Vec<f64>,
    users: Vec<User>,
    log_prices_of: Vec<LogPrices>,
    /// `γ'/(1−β')` over `γ/(1−β)` and over the factor of the user, `[value of ε, input]`.
    input_factors: Vec<f64>,
    /// `Σ_k (1−ε) (spending of k on inputs) · γ'/(1−β')`, `[purchaser, sector bought]`.
    substituted: Vec<f64>,
}

/// One sector as it buys, by what an application needs of it; all 0 where it produces nothing.
#[derive(Clone, Copy, Default)]
struct User {
    /// `β'`, or 0 without factors.
    share: f64,
    /// `1 − β'`.
    input_share: f64,
    /// What it spends on inputs.
    spending: f64,
    /// By which all its shares of inputs change; 0 without inputs.
    mix_factor: f64,
    /// 1 − σ, or 0 without factors.
    power: f64,
    /// 1 − ε.
    input_power: f64,
    /// φ, or 0 without factors.
    specific: f64,
    /// 1 − φ, or 0 without factors.
    labour: f64,
}

impl User {
    fn produces(&self) -> bool {
        self.share != 0.0 || self.input_share != 0.0
    }

    fn has_factors(&self) -> bool {
        self.specific != 0.0 || self.labour != 0.0
    }
}

/// Logarithms of the prices that a sector pays and takes.
#[derive(Clone, Copy, Default)]
struct LogPrices {
    /// `ln v̂`.
    factors: f64,
    /// `ln M̂`.
    inputs: f64,
    /// `ln ĉÂ`.
    cost: f64,
}

/// Derivatives with respect to what a region answers.
pub struct RegionSeeds<'a> {
    /// By `ln ĉ`.
    pub log_cost: &'a [f64],
    /// By `ln(β'/β)`.
    pub log_share_shift: &'a [f64],
    /// By `E'`, `[purchaser, sector bought]`.
    pub expenditure: &'a [f64],
    /// By the totals.
    pub totals: Totals<f64>,
}

/// Derivatives with respect to what a region is asked.
pub struct RegionPull {
    /// By `ln V̂`, or `ln Ŷ` where `V = 0`.
    pub log_activity: Vec<f64>,
    /// By `ln P̂`, `[purchaser, sector bought]`.
    pub log_prices: Vec<f64>,
    /// By income from outside the factors.
    pub other_income: f64,
    inner: Inner,
}

/// Derivatives with respect to what is in between.
struct Inner {
    labour_income: f64,
    log_price_index: f64,
    /// By `ln ĉ`, by user.
    costs: Vec<f64>,
    /// By the logarithm of the spending on inputs, by user.
    spending: Vec<f64>,
}

/// Derivatives with respect to what is in between in one sector.
struct InnerUser {
    /// By `ln v̂`.
    factor_price: f64,
    /// By `ln M̂`, but for its part in the shares of inputs.
    inputs: f64,
    /// By `ln ĉ`, its parts in the shift and in the spending included.
    cost: f64,
    /// By the logarithm of the spending on inputs.
    spending: f64,
    /// By `ln(β'/β)`.
    share_shift: f64,
}

impl User {
    fn inner(&self, cost: f64, spending: f64, by_share_shift: f64) -> InnerUser {
        let share_shift = by_share_shift - spending;
        InnerUser {
            factor_price: self.power * share_shift + self.share * cost,
            inputs: self.power * spending + self.input_share * cost,
            cost,
            spending,
            share_shift,
        }
    }
}

impl<'a> RegionBackward<'a> {
    /// The equations at given activity and prices, where they have these totals.
    pub fn new(
        region: Region<'a>,
        log_activity: &[f64],
        log_prices: &[f64],
        totals: &Totals<f64>,
    ) -> Self {
        let sectors = log_activity.len();
        let final_prices = &log_prices[region.purchases_of(sectors, sectors)];
        let reference = dot(region.final_shares, final_prices);
        let nest = Prepared::new(region.final_elasticity, final_prices, reference);
        let (_, factor) = nest.index(region.final_shares);
        let final_shares =
            (0..sectors).map(|s| region.final_shares[s] * nest.share_factor(s) * factor).collect();
        let (mut log_inputs, mut mix_factors) = (vec![0.0; sectors], vec![0.0; sectors]);
        let mut input_factors = Vec::with_capacity(region.input_elasticities.len() * sectors);
        for (group, &epsilon) in region.input_elasticities.iter().enumerate() {
            let nest =
                Prepared::new(epsilon, &log_prices[region.purchases_of(group, sectors)], reference);
            input_factors.extend((0..sectors).map(|s| nest.share_factor(s)));
            for users in region.runs().filter(|run| region.input_elasticity_of[run.start] == group)
            {
                let mix = &region.input_mix[users.start * sectors..users.end * sectors];
                nest.indices(mix, &mut log_inputs[users.clone()], &mut mix_factors[users]);
            }
        }
        let mut value_added = log_activity.to_vec();
        elementary::exp(&mut value_added);
        let log_factor_prices: Vec<f64> = log_activity
            .iter()
            .zip(region.specific_factor_share)
            .map(|(activity, specific)| totals.log_wage * (1.0 - specific) + activity * specific)
            .collect();
        let mut log_costs = log_factor_prices.clone();
        let mut room = vec![0.0; 2 * sectors];
        let (sigma, shares) = (region.production_elasticity, region.value_added_share);
        two_goods_each(sigma, shares, &mut log_costs, &log_inputs, &mut room);
        // `β'/β` and its like for inputs.
        let (of_factors, of_inputs) = room.split_at_mut(sectors);
        for k in 0..sectors {
            of_factors[k] = (log_factor_prices[k] - log_costs[k]) * (1.0 - sigma[k]);
            of_inputs[k] = (log_inputs[k] - log_costs[k]) * (1.0 - sigma[k]);
        }
        elementary::exp(&mut room);
        let (of_factors, of_inputs) = room.split_at(sectors);
        let mut users = vec![User::default(); sectors];
        let mut log_prices_of = vec![LogPrices::default(); sectors];
        let produces = |k: &usize| region.output[*k] != 0.0;
        for k in (0..sectors).filter(produces) {
            let (user, prices) = (&mut users[k], &mut log_prices_of[k]);
            let share = shares[k];
            user.input_power = 1.0 - region.input_elasticities[region.input_elasticity_of[k]];
            if share != 1.0 {
                prices.inputs = log_inputs[k];
                user.mix_factor = mix_factors[k];
            }
            prices.cost = prices.inputs;
            user.spending = region.output[k] * value_added[k] * (1.0 - share);
            if region.value_added[k] != 0.0 {
                prices.factors = log_factor_prices[k];
                prices.cost = log_costs[k];
                user.share = share * of_factors[k];
                user.spending *= of_inputs[k] / of_factors[k];
                user.power = 1.0 - sigma[k];
                user.specific = region.specific_factor_share[k];
                user.labour = 1.0 - user.specific;
            }
            user.input_share = 1.0 - user.share;
        }
        for (value_added, before) in value_added.iter_mut().zip(region.value_added) {
            *value_added *= before;
        }
        let mut backward = Self {
            log_activity: log_activity.to_vec(),
            log_prices: log_prices.to_vec(),
            totals: *totals,
            region,
            final_shares,
            value_added,
            users,
            log_prices_of,
            input_factors,
            substituted: vec![0.0; log_prices.len()],
        };
        backward.substitute();
        backward
    }

    fn substitute(&mut self) {
        let (region, sectors) = (&self.region, self.log_activity.len());
        let mut sums = vec![0.0; sectors];
        for users in region.runs() {
            let group = region.input_elasticity_of[users.start];
            let epsilon = region.input_elasticities[group];
            if epsilon == 1.0 {
                continue;
            }
            let moved: Vec<f64> = self.users[users.clone()]
                .iter()
                .map(|user| (1.0 - epsilon) * user.spending * user.mix_factor)
                .collect();
            sums.fill(0.0);
            let mix = &region.input_mix[users.start * sectors..users.end * sectors];
            add_transposed_product(mix, &moved, &mut sums);
            let factors = &self.input_factors[group * sectors..(group + 1) * sectors];
            let slots = &mut self.substituted[region.purchases_of(group, sectors)];
            for ((slot, sum), factor) in slots.iter_mut().zip(&sums).zip(factors) {
                *slot += sum * factor;
            }
        }
    }

    /// Derivatives with respect to what the region is asked.
    pub fn pull(&self, seeds: &RegionSeeds<'_>) -> RegionPull {
        let region = &self.region;
        let sectors = self.log_activity.len();
        let mut prices = vec![0.0; self.log_prices.len()];
        let mut room = vec![0.0; 2 * sectors];
        let (worth, by_price) = room.split_at_mut(sectors);
        let (mut costs, mut spending) = (vec![0.0; sectors], vec![0.0; sectors]);
        let by_cost = seeds.log_cost.iter().zip(seeds.log_share_shift);
        for ((cost, user), (by_cost, by_shift)) in costs.iter_mut().zip(&self.users).zip(by_cost) {
            // A cost moves the shift and the spending, too.
            *cost = if user.produces() { by_cost - user.power * by_shift } else { 0.0 };
        }
        for run in region.runs() {
            let group = region.input_elasticity_of[run.start];
            let purchases = region.purchases_of(group, sectors);
            let factors = &self.input_factors[group * sectors..(group + 1) * sectors];
            for ((worth, by), factor) in
                worth.iter_mut().zip(&seeds.expenditure[purchases.clone()]).zip(factors)
            {
                *worth = by * factor;
            }
            by_price.fill(0.0);
            let mix = &region.input_mix[run.start * sectors..run.end * sectors];
            let (users, costs) = (&self.users[run.clone()], &costs[run.clone()]);
            let bought = &mut spending[run];
            both_ways(&Contiguous::new(mix, sectors), worth, by_price, |at, sum| {
                let user = &users[at];
                bought[at] = user.spending * (user.mix_factor * sum);
                // By `ln M̂`, the shares of inputs included.
                let by_inputs = (user.power - user.input_power) * bought[at];
                user.mix_factor * (by_inputs + user.input_share * costs[at])
            });
            let prices = prices[purchases].iter_mut().zip(by_price.iter());
            prices.zip(factors).for_each(|((price, by), factor)| *price += by * factor);
        }
        let mut log_wage = seeds.totals.log_wage;
        let mut activity = vec![0.0; sectors];
        let inner = costs.iter().zip(&spending).zip(seeds.log_share_shift);
        let of_users = self.users.iter().zip(inner).zip(&mut activity);
        for ((user, ((cost, spending), by_share_shift)), activity) in of_users {
            let inner = user.inner(*cost, *spending, *by_share_shift);
            log_wage += user.labour * inner.factor_price;
            *activity = spending + user.specific * inner.factor_price;
        }
        let mut labour_income = seeds.totals.labour_income;
        let mut log_price_index = seeds.totals.log_price_index;
        match region.labour {
            Labour::Mobile => labour_income += log_wage / self.totals.labour_income,
            Labour::FixedNominalWage => {}
            Labour::FixedRealWage => log_price_index += log_wage,
        }
        let eta = region.final_elasticity;
        let final_use = region.purchases_of(sectors, sectors);
        let mean = dot(&self.final_shares, &seeds.expenditure[final_use.clone()]);
        let income = seeds.totals.income + mean;
        let moved = (1.0 - eta) * self.totals.income;
        for ((price, moved), seed) in
            prices.iter_mut().zip(&self.substituted).zip(seeds.expenditure)
        {
            *price += moved * seed;
        }
        let finally = prices[final_use.clone()].iter_mut().zip(&seeds.expenditure[final_use]);
        for ((price, seed), share) in finally.zip(&self.final_shares) {
            *price += share * (log_price_index + moved * (seed - mean));
        }
        let value_added = seeds.totals.value_added + income;
        let per_labour =
            if region.labour_income == 0.0 { 0.0 } else { labour_income / region.labour_income };
        for k in 0..sectors {
            let labour = 1.0 - region.specific_factor_share[k];
            activity[k] += self.value_added[k] * (value_added + labour * per_labour);
        }
        RegionPull {
            log_activity: activity,
            log_prices: prices,
            other_income: income,
            inner: Inner { labour_income: per_labour, log_price_index, costs, spending },
        }
    }

    fn inner(&self, k: usize, seeds: &RegionSeeds<'_>, pull: &RegionPull) -> InnerUser {
        let Inner { costs, spending, .. } = &pull.inner;
        self.users[k].inner(costs[k], spending[k], seeds.log_share_shift[k])
    }
}
