//! One evaluation of every equation for all columns.
//!
//! The same equations as in `equations/production.rs` and `equations/sourcing.rs`, in powers rather
//! than in deviations from Cobb-Douglas, so that each share of the baseline is read once for all
//! columns. A column that leaves the range of powers becomes NaN and goes to the single solver.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector unit"
)]

use viner_numerics::columns::{Lanes, PANEL, Part, Rows, Simd, Vector, WIDTH, WithSimd};
use viner_numerics::columns::{add_multiples, panels, weighted_sums};

use super::columns::Columns;
use super::shared::Shared;
use crate::equilibrium::system::slice;
use crate::problem::Problem;
use crate::scenario::{Deficits, Labour};

/// Below this a sum of `d̂^{−θ}` has left the range in which its terms are precise.
const UNDERFLOW: f64 = 1e-250;

/// What one evaluation computes, by column.
pub(super) struct Values {
    /// `ln ĉ`, `[sector, region]`, as the arrays up to `sales_factor`.
    pub log_costs: Vec<Lanes>,
    /// `ĉ^{−θ}`.
    pub cost_powers: Vec<Lanes>,
    /// `E'`.
    pub expenditure: Vec<Lanes>,
    /// `E' / Σ_i π d̂^{−θ}`.
    pub spending_factors: Vec<Lanes>,
    /// `β'/β`, `[region, sector]`.
    pub share_ratio: Vec<Lanes>,
    /// By region.
    pub totals: Vec<Totals>,
}

/// Totals of a region, by column.
#[derive(Clone, Copy, Default)]
pub(super) struct Totals {
    pub log_wage: Lanes,
    /// `ŵ L̂`.
    pub labour_income: Lanes,
    pub log_price_index: Lanes,
    pub value_added: Lanes,
    pub income: Lanes,
    pub tariffs: Lanes,
    pub export_taxes: Lanes,
    /// Transfers of all kinds.
    pub transfers: Lanes,
}

impl Values {
    pub fn new(shared: &Shared) -> Self {
        let baseline = &shared.problem.baseline;
        let zeros = || vec![Lanes::default(); baseline.region_count() * baseline.sector_count()];
        Self {
            log_costs: zeros(),
            cost_powers: zeros(),
            expenditure: zeros(),
            spending_factors: zeros(),
            share_ratio: zeros(),
            totals: vec![Totals::default(); baseline.region_count()],
        }
    }
}

/// Evaluates the map of all columns at `point`.
pub(super) struct Evaluate<'a> {
    pub shared: &'a Shared,
    pub columns: &'a Columns,
    /// The problem in each column.
    pub problems: &'a [Option<Problem>; WIDTH],
    pub values: &'a mut Values,
    pub point: &'a [Lanes],
    pub image: &'a mut [Lanes],
}

impl WithSimd for Evaluate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let regions = self.values.totals.len();
        let sectors = self.columns.theta.len();
        let mut by_sector = Scratch::new(sectors);
        let mut by_region = Scratch::new(regions);
        for part in Part::all(simd) {
            for n in 0..regions {
                self.region(part, n, &mut by_sector);
            }
            let mut world = part.splat(0.0);
            for s in 0..sectors {
                world += self.market(part, s, &mut by_region);
            }
            self.relax(part, world);
        }
        self.incomes();
    }
}

/// Sums by sector or by region, kept between uses.
struct Scratch {
    terms: Vec<Lanes>,
    sums: Vec<Lanes>,
    more: Vec<Lanes>,
}

impl Scratch {
    fn new(count: usize) -> Self {
        let zeros = || vec![Lanes::default(); count];
        Self { terms: zeros(), sums: zeros(), more: zeros() }
    }
}

/// `p^{1−e}`, or `ln p` at Cobb-Douglas.
#[inline(always)]
fn powers<S: Simd>(part: Part<S>, power: &Lanes, log_prices: &[Lanes], terms: &mut [Lanes]) {
    terms.copy_from_slice(log_prices);
    if power.all_zero() {
        return;
    }
    let power = part.load(power);
    for term in terms {
        let log_price = part.load(term);
        part.store(power.if_zero(log_price, (log_price * power).exp()), term);
    }
}

/// `ln CES` from the sum of shares times [`powers`], and what shares are divided by.
#[inline(always)]
fn index<S: Simd>(part: Part<S>, power: &Lanes, sum: Vector<S>) -> (Vector<S>, Vector<S>) {
    let one = part.splat(1.0);
    if power.all_zero() {
        return (sum, one);
    }
    let power = part.load(power);
    (power.if_zero(sum, sum.ln() / power), power.if_zero(one, sum))
}

/// Firms of one region with one ε.
struct Firms<'a, S: Simd> {
    users: &'a [usize],
    region: usize,
    /// `1 − ε`.
    power: &'a Lanes,
    log_wage: Vector<S>,
    /// By sector: `ln v̂` and `v̂`.
    activity: &'a [Lanes],
    hats: &'a [Lanes],
}

impl<S: Simd> Firms<'_, S> {
    /// Unit costs of some firms of a region; what they buy, over their shares times the terms of their
    /// inputs, in place of the sums of these.
    ///
    /// ```text
    /// t = (M̂/F̂)^{1−σ}     q = β + (1−β) t     ĉ = F̂ q^{1/(1−σ)} / Â     β'/β = 1/q
    /// ```
    /// with F̂ the price of factors. One function at a time for all firms, which do not wait for each
    /// other.
    #[inline(always)]
    fn buy(
        self,
        part: Part<S>,
        shared: &Shared,
        columns: &Columns,
        values: &mut Values,
        bundles: &mut [Lanes],
    ) {
        let baseline = &shared.problem.baseline;
        let (regions, sectors) = (values.totals.len(), columns.theta.len());
        let Self { users, region: n, power, log_wage, activity, hats } = self;
        let row = n * sectors..(n + 1) * sectors;
        let value_added = &shared.value_added[row.clone()];
        let output = &shared.output[row.clone()];
        let shares = &slice(&baseline.value_added_share)[row.clone()];
        let specific = &columns.specific[row.clone()];
        let (zero, one) = (part.splat(0.0), part.splat(1.0));
        let mut log_inputs = [Lanes::default(); PANEL];
        let mut ratios = [Lanes::default(); PANEL];
        let mut weights = [Lanes::default(); PANEL];
        for ((bundle, log_inputs), &k) in bundles.iter_mut().zip(&mut log_inputs).zip(users) {
            if shares[k] == 1.0 {
                part.store(one, bundle);
                continue;
            }
            let (log, divisor) = index(part, power, part.load(bundle));
            part.store(log, log_inputs);
            part.store(divisor, bundle);
        }
        for (r, &k) in users.iter().enumerate() {
            let moved = part.load(&activity[k]) - log_wage;
            let log_factors = moved.fma(part.load(&specific[k]), log_wage);
            let apart = part.load(&log_inputs[r]) - log_factors;
            let ratio = (apart * part.load(&columns.sigma_power[k])).exp();
            part.store(ratio, &mut ratios[r]);
            part.store(ratio * (1.0 - shares[k]) + shares[k], &mut weights[r]);
        }
        for (r, &k) in users.iter().enumerate() {
            let cost = &mut values.log_costs[k * regions + n];
            let share_ratio = &mut values.share_ratio[n * sectors + k];
            let bundle = &mut bundles[r];
            if output[k] == 0.0 {
                part.store(zero, cost);
                part.store(one, share_ratio);
                part.store(zero, bundle);
                continue;
            }
            let log_inputs = part.load(&log_inputs[r]);
            let mut log_cost = log_inputs;
            let mut own_ratio = one;
            let mut bought = part.load(&hats[k]) * (output[k] * (1.0 - shares[k]));
            if value_added[k] != 0.0 {
                let moved = part.load(&activity[k]) - log_wage;
                let log_factors = moved.fma(part.load(&specific[k]), log_wage);
                log_cost = log_factors * shares[k] + log_inputs * (1.0 - shares[k]);
                if !columns.sigma_power[k].all_zero() {
                    let sigma = part.load(&columns.sigma_power[k]);
                    let weight = part.load(&weights[r]);
                    log_cost = sigma.if_zero(log_cost, log_factors + weight.ln() / sigma);
                    own_ratio = sigma.if_zero(one, one / weight);
                    bought = bought * part.load(&ratios[r]);
                }
            }
            let log_productivity = &columns.log_productivity[n * sectors + k];
            part.store(log_cost - part.load(log_productivity), cost);
            part.store(own_ratio, share_ratio);
            part.store(bought / part.load(bundle), bundle);
        }
    }
}

impl Evaluate<'_> {
    /// Unit costs and spending of a region at given prices, value added and other income.
    #[inline(always)]
    fn region<S: Simd>(&mut self, part: Part<S>, n: usize, scratch: &mut Scratch) {
        let Self { shared, columns, values, point, .. } = self;
        let baseline = &shared.problem.baseline;
        let (regions, sectors) = (values.totals.len(), columns.theta.len());
        let row = n * sectors..(n + 1) * sectors;
        let cells = regions * sectors;
        let (zero, one) = (part.splat(0.0), part.splat(1.0));
        let activity = &point[row.clone()];
        let log_prices = &point[cells + row.start..cells + row.end];
        let value_added = &shared.value_added[row.clone()];
        let specific = &columns.specific[row.clone()];
        let Scratch { terms, sums, more: hats } = scratch;

        let (mut earned, mut labour) = (zero, zero);
        for k in 0..sectors {
            let hat = part.load(&activity[k]).exp();
            part.store(hat, &mut hats[k]);
            let new = hat * value_added[k];
            earned += new;
            labour = new.fma(one - part.load(&specific[k]), labour);
        }
        let before = part.load(&columns.labour_income[n]);
        let labour_income = before.if_zero(one, labour / before);

        let shares = &columns.final_shares[row];
        powers(part, &columns.eta_power, log_prices, terms);
        let mut sum = zero;
        for (share, term) in shares.iter().zip(&*terms) {
            sum = part.load(share).fma(part.load(term), sum);
        }
        let (log_price_index, divisor) = index(part, &columns.eta_power, sum);
        let log_wage = match shared.problem.labour {
            Labour::Mobile => labour_income.ln(),
            Labour::FixedNominalWage => zero,
            Labour::FixedRealWage => log_price_index,
        };
        let income = earned + part.load(&point[2 * cells + n]) * baseline.income[n];
        let scale = income / divisor;
        let eta_power = part.load(&columns.eta_power);
        for s in 0..sectors {
            let factor = eta_power.if_zero(one, part.load(&terms[s]));
            let spending = part.load(&shares[s]) * scale * factor;
            part.store(spending, &mut values.expenditure[s * regions + n]);
        }
        let totals = &mut values.totals[n];
        part.store(log_wage, &mut totals.log_wage);
        part.store(labour_income, &mut totals.labour_income);
        part.store(log_price_index, &mut totals.log_price_index);
        part.store(earned, &mut totals.value_added);
        part.store(income, &mut totals.income);
        part.store(zero, &mut totals.tariffs);
        part.store(zero, &mut totals.export_taxes);

        let block = n * sectors * sectors..(n + 1) * sectors * sectors;
        let mix = &slice(&baseline.input_mix)[block];
        for (group, users) in shared.groups.iter().enumerate() {
            let power = &columns.epsilon_power[group];
            powers(part, power, log_prices, terms);
            sums.fill(Lanes::default());
            for panel in panels(users.len()) {
                let users = &users[panel];
                let inputs = Rows::new(mix, users.iter().map(|k| k * sectors));
                let mut bundles = [Lanes::default(); PANEL];
                let bundles = &mut bundles[..users.len()];
                weighted_sums(part, inputs, terms, bundles);
                let firms = Firms { users, region: n, power, log_wage, activity, hats };
                firms.buy(part, shared, columns, values, bundles);
                add_multiples(part, inputs, bundles, sums);
            }
            let power = part.load(power);
            for s in 0..sectors {
                let factor = power.if_zero(one, part.load(&terms[s]));
                let slot = &mut values.expenditure[s * regions + n];
                part.store(part.load(&sums[s]).fma(factor, part.load(slot)), slot);
            }
        }
    }

    /// Prices, sales and taxes of a sector's market; the value added that its sales pay in the world.
    #[inline(always)]
    fn market<S: Simd>(&mut self, part: Part<S>, s: usize, scratch: &mut Scratch) -> Vector<S> {
        let Self { shared, columns, values, image, .. } = self;
        let (regions, sectors) = (values.totals.len(), columns.theta.len());
        let cells = regions * sectors;
        let market = &shared.markets[s];
        let theta = part.load(&columns.theta[s]);
        let price_power = part.splat(-1.0) / theta;
        let zero = part.splat(0.0);
        let Scratch { terms: _, sums: sales, more: export_taxes } = scratch;
        let block = s * regions..(s + 1) * regions;
        let cost_powers = &mut values.cost_powers[block.clone()];
        for (slot, log_cost) in cost_powers.iter_mut().zip(&values.log_costs[block.clone()]) {
            part.store((-(part.load(log_cost) * theta)).exp(), slot);
        }
        let expenditure = &values.expenditure[block.clone()];
        let spending_factors = &mut values.spending_factors[block];
        let taxed = columns.taxed();
        sales.fill(Lanes::default());
        export_taxes.fill(Lanes::default());
        let add = |weight: &Lanes, factor: &Lanes, sum: &mut Lanes| {
            part.store(part.load(weight).fma(part.load(factor), part.load(sum)), sum);
        };
        for panel in panels(regions) {
            let rows = |weights| Rows::new(weights, panel.clone().map(|n| n * regions));
            let own = shared.touched_in(s * regions + panel.start..s * regions + panel.end);
            let touched = || shared.touched[own.clone()].iter().zip(&columns.cells[own.clone()]);
            let mut sums = [Lanes::default(); PANEL];
            let sums = &mut sums[..panel.len()];
            weighted_sums(part, rows(&market.weights), cost_powers, sums);
            for (cell, own) in touched() {
                let sum = &mut sums[cell.importer - panel.start];
                add(&own.weight, &cost_powers[cell.exporter], sum);
            }
            let mut tariffs = [Lanes::default(); PANEL];
            let tariffs = &mut tariffs[..panel.len()];
            if let Some(weights) = &market.tariff {
                weighted_sums(part, rows(weights), cost_powers, tariffs);
            }
            if taxed {
                for (cell, own) in touched() {
                    let sum = &mut tariffs[cell.importer - panel.start];
                    add(&own.tariff, &cost_powers[cell.exporter], sum);
                }
            }
            let factors = &mut spending_factors[panel.clone()];
            for (r, n) in panel.clone().enumerate() {
                let price = &mut image[cells + n * sectors + s];
                if !shared.survivors.buys[[n, s]] {
                    part.store(zero, price);
                    part.store(zero, &mut factors[r]);
                    continue;
                }
                let sum = part.load(&sums[r]);
                let sum = sum.if_less(part.splat(UNDERFLOW), part.splat(f64::NAN), sum);
                part.store(sum.ln() * price_power, price);
                part.store(part.load(&expenditure[n]) / sum, &mut factors[r]);
                add(&tariffs[r], &factors[r], &mut values.totals[n].tariffs);
            }
            add_multiples(part, rows(market.producer()), factors, sales);
            for (cell, own) in touched() {
                add(
                    &own.producer,
                    &factors[cell.importer - panel.start],
                    &mut sales[cell.exporter],
                );
            }
            if let Some(weights) = &market.export_tax {
                add_multiples(part, rows(weights), factors, export_taxes);
            }
            if taxed {
                for (cell, own) in touched() {
                    let sum = &mut export_taxes[cell.exporter];
                    add(&own.export_tax, &factors[cell.importer - panel.start], sum);
                }
            }
        }
        let mut world = zero;
        for i in 0..regions {
            let cell = i * sectors + s;
            if taxed || market.export_tax.is_some() {
                add(&export_taxes[i], &cost_powers[i], &mut values.totals[i].export_taxes);
            }
            let output = shared.output[cell];
            if output == 0.0 {
                part.store(zero, &mut image[cell]);
                continue;
            }
            let ratio = part.load(&values.share_ratio[cell]);
            let hat = part.load(&sales[i]) * part.load(&cost_powers[i]) * output.recip() * ratio;
            world = hat.fma(part.splat(shared.value_added[cell]), world);
            part.store(hat.ln(), &mut image[cell]);
        }
        world
    }

    /// Brings value added to the numeraire; takes part of its step where levels are not solved for.
    #[inline(always)]
    fn relax<S: Simd>(&mut self, part: Part<S>, world: Vector<S>) {
        let Self { shared, columns, point, image, .. } = self;
        let before: f64 = shared.problem.baseline.value_added.sum();
        let numeraire = (world / before).ln();
        let mut cell = 0;
        for _ in 0..self.values.totals.len() {
            for theta in &columns.theta {
                if shared.output[cell] != 0.0 {
                    let mut implied = part.load(&image[cell]) - numeraire;
                    if shared.levels.is_none() {
                        let own_price = part.splat(shared.own_price[cell]);
                        let slope = part.load(theta).fma(own_price, part.splat(1.0));
                        let old = part.load(&point[cell]);
                        implied = old + (implied - old) / slope;
                    }
                    part.store(implied, &mut image[cell]);
                }
                cell += 1;
            }
        }
    }

    /// Income from outside the factors.
    fn incomes(&mut self) {
        let Self { shared, columns, problems, values, image, .. } = self;
        let baseline = &shared.problem.baseline;
        let totals = &mut values.totals;
        let first = 2 * shared.output.len();
        for lane in 0..WIDTH {
            let scaled = |n: usize, totals: &Totals| {
                totals.income.0[lane] * (baseline.deficits[n] / baseline.income[n])
            };
            let (mut sum, mut world) = (0.0, 0.0);
            for (n, totals) in totals.iter().enumerate() {
                sum += scaled(n, totals);
                world += totals.income.0[lane];
            }
            for (n, totals) in totals.iter_mut().enumerate() {
                let deficit = match shared.problem.deficits {
                    Deficits::Fixed => baseline.deficits[n],
                    Deficits::Balanced => 0.0,
                    Deficits::IncomeShare => {
                        scaled(n, totals) - totals.income.0[lane] * (sum / world)
                    }
                };
                let transfers = columns.transfers[n].0[lane];
                let taxes = totals.tariffs.0[lane] + totals.export_taxes.0[lane];
                totals.transfers.0[lane] = transfers;
                image[first + n].0[lane] = deficit + transfers + taxes;
            }
            let coalitions = problems[lane].iter();
            for coalition in coalitions.flat_map(|problem| &problem.counterfactual.coalitions) {
                let members = coalition.members.iter();
                let income = |n: usize| totals[n].value_added.0[lane] + image[first + n].0[lane];
                let need = |n: usize| totals[n].log_price_index.0[lane].exp() * baseline.income[n];
                let incomes: Vec<f64> = members.clone().map(|&n| income(n)).collect();
                let needs: Vec<f64> = members.clone().map(|&n| need(n)).collect();
                for (&n, amount) in members.zip(coalition.transfers(&incomes, &needs)) {
                    totals[n].transfers.0[lane] += amount;
                    image[first + n].0[lane] += amount;
                }
            }
            for (slot, income) in image[first..].iter_mut().zip(&baseline.income) {
                slot.0[lane] /= income;
            }
        }
    }
}

/// The unknowns of the template's baseline.
pub(super) fn baseline_point(shared: &Shared) -> Vec<f64> {
    let baseline = &shared.problem.baseline;
    let mut point = vec![0.0; 2 * shared.output.len()];
    let value_added = slice(&baseline.value_added).chunks(baseline.sector_count());
    let incomes = baseline.income.iter().zip(value_added);
    point.extend(incomes.map(|(income, earned)| (income - earned.iter().sum::<f64>()) / income));
    point
}
