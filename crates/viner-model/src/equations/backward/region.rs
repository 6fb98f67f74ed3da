//! Firms and households of one region, backwards.

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
    /// `γ'/(1−β')` over `γ/(1−β)` and over the factor of the user, `[value of ε, input]`.
    input_factors: Vec<f64>,
    /// `Σ_k (1−ε) (spending of k on inputs) · γ'/(1−β')`, `[purchaser, sector bought]`.
    substituted: Vec<f64>,
}

/// One sector as it buys.
#[derive(Clone, Copy, Default)]
struct User {
    /// Whether it produces.
    active: bool,
    /// Whether it pays factors.
    has_factors: bool,
    /// `ln v̂`.
    log_factor_price: f64,
    /// `ln M̂`.
    log_inputs: f64,
    /// `ln ĉÂ`.
    log_cost: f64,
    /// `β'`, or 0 without factors.
    share: f64,
    /// What it spends on inputs.
    spending: f64,
    /// By which all its shares of inputs change; 0 without inputs.
    mix_factor: f64,
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
    users: Vec<InnerUser>,
}

#[derive(Clone, Copy, Default)]
struct InnerUser {
    /// By `ln v̂`.
    factor_price: f64,
    /// By `ln M̂`, but for its part in the shares of inputs.
    inputs: f64,
    /// By `ln ĉ`.
    cost: f64,
    /// By the logarithm of the spending on inputs.
    spending: f64,
    /// By `ln(β'/β)`.
    share_shift: f64,
}

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
        for (k, user) in users.iter_mut().enumerate().filter(|(k, _)| region.output[*k] != 0.0) {
            let share = shares[k];
            user.active = true;
            if share != 1.0 {
                user.log_inputs = log_inputs[k];
                user.mix_factor = mix_factors[k];
            }
            user.log_cost = user.log_inputs;
            user.spending = region.output[k] * value_added[k] * (1.0 - share);
            if region.value_added[k] != 0.0 {
                user.has_factors = true;
                user.log_factor_price = log_factor_prices[k];
                user.log_cost = log_costs[k];
                user.share = share * of_factors[k];
                user.spending *= of_inputs[k] / of_factors[k];
            }
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
        let mut activity = vec![0.0; sectors];
        let mut users = vec![InnerUser::default(); sectors];
        let mut log_wage = seeds.totals.log_wage;
        // What a user's spending on inputs is worth, per unit; by `ln M̂`, the shares of inputs included.
        let mut of_user = |k: usize, worth: f64| {
            let (user, inner) = (&self.users[k], &mut users[k]);
            if !user.active {
                return 0.0;
            }
            let epsilon = region.input_elasticities[region.input_elasticity_of[k]];
            let sigma = region.production_elasticity[k];
            let bought = user.spending * worth;
            inner.spending = bought;
            inner.cost = seeds.log_cost[k];
            activity[k] += bought;
            if user.has_factors {
                inner.share_shift = seeds.log_share_shift[k] - bought;
                inner.cost -= (1.0 - sigma) * (bought + inner.share_shift);
                inner.factor_price = (1.0 - sigma) * inner.share_shift + user.share * inner.cost;
                inner.inputs = (1.0 - sigma) * bought + (1.0 - user.share) * inner.cost;
                let specific = region.specific_factor_share[k];
                log_wage += (1.0 - specific) * inner.factor_price;
                activity[k] += specific * inner.factor_price;
            } else {
                inner.inputs = inner.cost;
            }
            inner.inputs - (1.0 - epsilon) * bought
        };
        let mut room = vec![0.0; 2 * sectors];
        let (worth, by_price) = room.split_at_mut(sectors);
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
            both_ways(&Contiguous::new(mix, sectors), worth, by_price, |at, sum| {
                let factor = self.users[run.start + at].mix_factor;
                factor * of_user(run.start + at, factor * sum)
            });
            let prices = prices[purchases].iter_mut().zip(by_price.iter());
            prices.zip(factors).for_each(|((price, by), factor)| *price += by * factor);
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
            inner: Inner { labour_income: per_labour, log_price_index, users },
        }
    }

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
        let Inner { labour_income, log_price_index, users } = &pull.inner;
        let zeros = || vec![0.0; sectors];
        let (mut production, mut input, mut specific_factor_share) = (zeros(), zeros(), zeros());
        for (k, (user, inner)) in self.users.iter().zip(users).enumerate() {
            // Labour income is a sum over closed sectors too, in the baseline.
            let new = self.value_added[k];
            specific_factor_share[k] +=
                labour_income * (self.totals.labour_income * baseline_value_added[k] - new);
            if !user.active {
                continue;
            }
            let share = region.value_added_share[k];
            if user.has_factors {
                specific_factor_share[k] +=
                    inner.factor_price * (self.log_activity[k] - self.totals.log_wage);
                let sigma = region.production_elasticity[k];
                let factors = user.log_factor_price - user.log_cost;
                let inputs = user.log_inputs - user.log_cost;
                let slope = index_slope(sigma, [(share, factors), (1.0 - share, inputs)]);
                // `cost` of `inner` holds its part in the shift and in the spending already.
                production[k] +=
                    inner.cost * slope - inner.share_shift * factors - inner.spending * inputs;
            }
            if share != 1.0 {
                let group = region.input_elasticity_of[k];
                let epsilon = region.input_elasticities[group];
                let mix = &region.input_mix[k * sectors..(k + 1) * sectors];
                let factors = &self.input_factors[group * sectors..(group + 1) * sectors];
                let purchases = region.purchases_of(k, sectors);
                let (prices, seeds) =
                    (&self.log_prices[purchases.clone()], &seeds.expenditure[purchases]);
                let away = |s: usize| prices[s] - user.log_inputs;
                let slope = index_slope(epsilon, (0..sectors).map(|s| (mix[s], away(s))));
                let moved: f64 =
                    (0..sectors).map(|s| mix[s] * factors[s] * seeds[s] * away(s)).sum();
                input[k] += (inner.inputs - (1.0 - epsilon) * inner.spending) * slope
                    - user.spending * user.mix_factor * moved;
            }
        }
        let eta = region.final_elasticity;
        let final_use = region.purchases_of(sectors, sectors);
        let final_prices = &self.log_prices[final_use.clone()];
        let final_seeds = &seeds.expenditure[final_use];
        let away = |s: usize| final_prices[s] - self.totals.log_price_index;
        let mean = dot(&self.final_shares, final_seeds);
        let income = self.totals.income;
        let slope = index_slope(eta, (0..sectors).map(|s| (region.final_shares[s], away(s))));
        let moved: f64 =
            (0..sectors).map(|s| self.final_shares[s] * final_seeds[s] * away(s)).sum();
        let by_index = log_price_index - (1.0 - eta) * income * mean;
        let log_taste = (0..sectors)
            .map(|s| {
                let old = region.final_shares[s];
                let power = (1.0 - eta) * away(s);
                let index = if power == 0.0 {
                    old * away(s)
                } else {
                    old * away(s) * power.exp_m1() / power
                };
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
                .map(|(cost, user)| if user.active { -cost } else { 0.0 })
                .collect(),
            log_taste,
        }
    }
}

/// Derivative of `ln CES_e` by e at given prices; `goods` are shares and `ln p − ln CES`.
///
/// With `r = 1 − e` and `d = r (ln p − ln CES)` it is `−Σ a h(d)/r²`, `h(d) = d e^d − e^d + 1`: all
/// terms are positive, and at Cobb-Douglas it is half the variance of prices.
fn index_slope(elasticity: f64, goods: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let power = 1.0 - elasticity;
    let term = |(share, away): (f64, f64)| {
        let d = power * away;
        // h(d)/d²: the series where the formula would cancel; its next term is below 1e-12.
        let ratio = if d.abs() < 1e-2 {
            0.5 + d * (1.0 / 3.0 + d * (0.125 + d * (1.0 / 30.0 + d * (1.0 / 144.0 + d / 840.0))))
        } else {
            (d * d.exp() - d.exp_m1()) / (d * d)
        };
        share * away * away * ratio
    };
    -goods.into_iter().map(term).sum::<f64>()
}
