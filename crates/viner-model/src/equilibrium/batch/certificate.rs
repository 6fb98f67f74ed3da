//! Recomputes every equation of a plain problem from its reported results.
//!
//! The equations of [`certify`](crate::equilibrium::certify) for problems whose cells have no wedges
//! and no nests, by code that shares nothing with the solver: plain powers and sums over levels. A
//! power is taken once per price or cost, not once per pair, so that it costs less than a solve.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the kernel")]

use viner_numerics::kernel::{Work, run};

use crate::equilibrium::Equilibrium;
use crate::equilibrium::certificate::{Certificate, Residual};
use crate::problem::Problem;
use crate::scenario::{Deficits, Labour};

/// Shares below this leave the range in which powers have full precision.
const SMALLEST_SHARE: f64 = 1e-290;
/// Partial sums of a total.
const PARTIAL: usize = 8;

/// The worst place of one equation.
struct Worst {
    equation: &'static str,
    relative: f64,
    place: (usize, usize, usize),
}

impl Worst {
    fn of(equation: &'static str) -> Self {
        Self { equation, relative: 0.0, place: (0, 0, 0) }
    }

    /// Compares two sides whose terms have the given total size. NaN is worst.
    #[inline]
    fn compare(&mut self, left: f64, right: f64, size: f64, place: (usize, usize, usize)) {
        let gap = (left - right).abs();
        // Without a division in the loop over pairs; false for NaN.
        if gap <= self.relative * size || self.relative.is_infinite() || gap == 0.0 {
            return;
        }
        let relative = gap / size;
        self.relative = if relative.is_nan() { f64::INFINITY } else { relative };
        self.place = place;
    }

    fn same(&mut self, left: f64, right: f64, place: (usize, usize, usize)) {
        self.compare(left, right, left.abs().max(right.abs()), place);
    }

    fn named(self, name: impl Fn((usize, usize, usize)) -> String) -> Residual {
        let cell = if self.relative == 0.0 { String::new() } else { name(self.place) };
        Residual { equation: self.equation, relative: self.relative, cell }
    }
}

/// `p^{1−e}` of prices, and from sums of shares times these, the CES mean.
#[derive(Clone, Copy)]
struct Mean {
    power: f64,
}

impl Mean {
    fn of(elasticity: f64) -> Self {
        Self { power: 1.0 - elasticity }
    }

    /// What is averaged: a power, or a logarithm at Cobb-Douglas.
    fn term(self, price: f64) -> f64 {
        if self.power == 0.0 { price.ln() } else { price.powf(self.power) }
    }

    fn of_sum(self, sum: f64) -> f64 {
        if self.power == 0.0 { sum.exp() } else { sum.powf(1.0 / self.power) }
    }

    /// `(p/mean)^{1−e}` from their terms.
    fn shift(self, term: f64, sum: f64) -> f64 {
        if self.power == 0.0 { 1.0 } else { term / sum }
    }
}

/// Checks the equations of the model on the reported values of an equilibrium without wedges and
/// nests; the same equations as [`certify`](crate::equilibrium::certify), in less time.
pub fn certify_plain(problem: &Problem, result: &Equilibrium) -> Certificate {
    let baseline = &problem.baseline;
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let (elasticities, counterfactual) = (&problem.elasticities, &problem.counterfactual);
    let mut cost = Worst::of("unit cost");
    let mut value_added = Worst::of("value added");
    let mut index = Worst::of("price index");
    let mut demand = vec![0.0; regions * sectors];
    let mut terms = vec![0.0; sectors];
    for n in 0..regions {
        let demand = &mut demand[n * sectors..(n + 1) * sectors];
        let final_mean = Mean::of(elasticities.final_demand);
        for (term, price) in terms.iter_mut().zip(result.price.row(n)) {
            *term = final_mean.term(*price);
        }
        let tastes = counterfactual.final_shares.row(n);
        let sum: f64 = tastes.iter().zip(&terms).map(|(share, term)| share * term).sum();
        index.same(result.price_index[n], final_mean.of_sum(sum), (n, 0, 0));
        for ((demand, taste), term) in demand.iter_mut().zip(tastes).zip(&terms) {
            *demand = taste * result.income[n] * final_mean.shift(*term, sum);
        }
        let mut known = f64::NAN;
        for k in 0..sectors {
            let output = result.output[[n, k]];
            if output == 0.0 {
                value_added.same(result.value_added[[n, k]], 0.0, (n, k, 0));
                continue;
            }
            let epsilon = elasticities.input[k];
            let inputs = Mean::of(epsilon);
            if epsilon != known {
                known = epsilon;
                for (term, price) in terms.iter_mut().zip(result.price.row(n)) {
                    *term = inputs.term(*price);
                }
            }
            let mix = baseline.input_mix.slice(ndarray::s![n, k, ..]);
            let mix = mix.to_slice().unwrap_or_default();
            let share = baseline.value_added_share[[n, k]];
            let sum: f64 = mix.iter().zip(&terms).map(|(share, term)| share * term).sum();
            let input_price = if share == 1.0 { 1.0 } else { inputs.of_sum(sum) };
            let before = baseline.value_added[[n, k]];
            let (factor_part, input_part, unit_cost) = if before == 0.0 {
                (0.0, 1.0, input_price)
            } else {
                let specific = elasticities.specific_factor_share[[n, k]];
                let rent = result.value_added[[n, k]] / before;
                let price = result.wage[n].powf(1.0 - specific) * rent.powf(specific);
                let mean = Mean::of(elasticities.production[k]);
                let (factors, inputs) = (mean.term(price), mean.term(input_price));
                let both = share * factors + (1.0 - share) * inputs;
                let shift = |term| mean.shift(term, both);
                (share * shift(factors), (1.0 - share) * shift(inputs), mean.of_sum(both))
            };
            let productivity = counterfactual.productivity[[n, k]];
            cost.same(result.unit_cost[[n, k]], unit_cost / productivity, (n, k, 0));
            value_added.same(result.value_added[[n, k]], factor_part * output, (n, k, 0));
            if share != 1.0 {
                // Spending by input is this times its share and its term; at Cobb-Douglas, its share.
                let spending = input_part * output * inputs.shift(1.0, sum);
                let plain = inputs.power == 0.0;
                for ((demand, mix), term) in demand.iter_mut().zip(mix).zip(&terms) {
                    *demand += spending * mix * if plain { 1.0 } else { *term };
                }
            }
        }
    }

    let mut trade = Trade::new(problem, result);
    for s in 0..sectors {
        trade.sector(s, &demand);
    }
    let Trade { price, share, spending, clearing, tariffs, export_taxes, .. } = trade;

    let (mut income, mut labour, mut numeraire, mut deficit) = (
        Worst::of("income"),
        Worst::of("labour market"),
        Worst::of("numeraire"),
        Worst::of("deficit"),
    );
    let ratio = |n: usize| result.income[n] / baseline.income[n];
    let world = result.income.sum();
    let scaled: f64 = (0..regions).map(|n| baseline.deficits[n] * ratio(n)).sum();
    let mut before_coalitions = vec![0.0; regions];
    for n in 0..regions {
        let place = (n, 0, 0);
        let earned = result.value_added.row(n).sum();
        let (transfer, imbalance) = (result.transfers[n], result.deficits[n]);
        let parts = [earned, tariffs[n], export_taxes[n], transfer, imbalance];
        let sum: f64 = parts.iter().sum();
        let size: f64 = parts.iter().map(|part| part.abs()).sum();
        income.compare(result.income[n], sum, size.max(result.income[n].abs()), place);
        income.compare(result.tariff_revenue[n], tariffs[n], size, place);
        income.compare(result.export_tax_revenue[n], export_taxes[n], size, place);
        income.compare(result.rents[n], 0.0, size, place);
        before_coalitions[n] = sum - transfer + counterfactual.transfers[n];
        let expected = match problem.deficits {
            Deficits::Fixed => baseline.deficits[n],
            Deficits::Balanced => 0.0,
            Deficits::IncomeShare => {
                baseline.deficits[n] * ratio(n) - result.income[n] / world * scaled
            }
        };
        deficit.compare(imbalance, expected, size, place);
        let (mut labour_before, mut labour_after) = (0.0, 0.0);
        for k in 0..sectors {
            let share = 1.0 - elasticities.specific_factor_share[[n, k]];
            labour_before += share * baseline.value_added[[n, k]];
            labour_after += share * result.value_added[[n, k]];
        }
        if labour_before != 0.0 {
            let paid = result.wage[n] * result.employment[n];
            labour.same(paid, labour_after / labour_before, place);
        }
        match problem.labour {
            Labour::Mobile => labour.same(result.employment[n], 1.0, place),
            Labour::FixedNominalWage => labour.same(result.wage[n], 1.0, place),
            Labour::FixedRealWage => labour.same(result.wage[n], result.price_index[n], place),
        }
    }
    let mut transfers = counterfactual.transfers.to_vec();
    for coalition in &counterfactual.coalitions {
        let need = |n: usize| baseline.income[n] * result.price_index[n];
        let members = coalition.members.iter();
        let incomes: f64 = members.clone().map(|&n| before_coalitions[n]).sum();
        let needs: f64 = members.clone().map(|&n| need(n)).sum();
        for (member, &n) in members.enumerate() {
            let goal = match &coalition.weights {
                None => incomes / needs * need(n),
                Some(weights) => need(n) - weights[member] * (needs - incomes),
            };
            transfers[n] += coalition.part * (goal - before_coalitions[n]);
        }
    }
    for n in 0..regions {
        let size = result.income[n] + result.transfers[n].abs();
        income.compare(result.transfers[n], transfers[n], size, (n, 0, 0));
    }
    numeraire.same(result.value_added.sum(), baseline.value_added.sum(), (0, 0, 0));

    let cell = |(n, s, _): (usize, usize, usize)| format!("`{}`", baseline.cell_name(n, s));
    let region = |(n, _, _): (usize, usize, usize)| format!("`{}`", baseline.regions.code(n));
    let pair =
        |(s, n, i): (usize, usize, usize)| format!("`{}`", baseline.trade_cell_name(s, n, i));
    Certificate {
        residuals: vec![
            cost.named(cell),
            value_added.named(cell),
            price.named(cell),
            share.named(pair),
            spending.named(cell),
            clearing.named(cell),
            index.named(region),
            income.named(region),
            deficit.named(region),
            labour.named(region),
            numeraire.named(|_| "the world".to_owned()),
        ],
    }
}

/// Prices, trade shares, spending and sales of all sectors, and the taxes that trade pays.
struct Trade<'a> {
    problem: &'a Problem,
    result: &'a Equilibrium,
    price: Worst,
    share: Worst,
    spending: Worst,
    clearing: Worst,
    tariffs: Vec<f64>,
    export_taxes: Vec<f64>,
    /// `c^{−θ}` by exporter.
    cost_powers: Vec<f64>,
    /// What an importer pays each exporter, and the trade shares that follow from costs.
    paid: Vec<f64>,
    shares: Vec<f64>,
}

impl<'a> Trade<'a> {
    fn new(problem: &'a Problem, result: &'a Equilibrium) -> Self {
        let zeros = || vec![0.0; problem.baseline.region_count()];
        Self {
            problem,
            result,
            price: Worst::of("price"),
            share: Worst::of("trade share"),
            spending: Worst::of("spending"),
            clearing: Worst::of("market clearing"),
            tariffs: zeros(),
            export_taxes: zeros(),
            cost_powers: zeros(),
            paid: zeros(),
            shares: zeros(),
        }
    }

    fn sector(&mut self, s: usize, demand: &[f64]) {
        let Self { problem, result, cost_powers, paid, shares, .. } = self;
        let (baseline, counterfactual) = (&problem.baseline, &problem.counterfactual);
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let theta = problem.elasticities.trade[s];
        for (power, cost) in cost_powers.iter_mut().zip(result.unit_cost.column(s)) {
            *power = cost.powf(-theta);
        }
        let mut sales = vec![0.0; regions];
        for n in 0..regions {
            let row = ndarray::s![s, n, ..];
            let flows = result.trade_flows.slice(row);
            let flows = flows.to_slice().unwrap_or_default();
            let base = baseline.trade_shares.slice(row);
            let base = base.to_slice().unwrap_or_default();
            let price_power = result.price[[n, s]].powf(theta);
            run(Follow { base, cost_powers, price_power, flows, shares, paid, sales: &mut sales });
            let mut levy = |i: usize, tariff: f64, export_tax: f64| {
                paid[i] = flows[i] * (1.0 + export_tax) * (1.0 + tariff);
                self.tariffs[n] += tariff * (1.0 + export_tax) * flows[i];
                self.export_taxes[i] += export_tax * flows[i];
            };
            let mut changes = counterfactual.row(s, n).peekable();
            if baseline.tariffs.is_some() || baseline.export_taxes.is_some() {
                for i in 0..regions {
                    if changes.next_if(|(exporter, _)| *exporter == i).is_none() {
                        levy(i, baseline.tariff(s, n, i), baseline.export_tax(s, n, i));
                    }
                }
            }
            for (i, change) in counterfactual.row(s, n) {
                levy(i, change.tariff, change.export_tax);
                let factor = change.cost_factor(baseline, (s, n, i));
                let relative_cost = result.unit_cost[[i, s]] * factor / result.price[[n, s]];
                shares[i] = base[i] * change.remaining() * relative_cost.powf(-theta);
            }
            let total = run(Total(paid));
            let wanted = demand[n * sectors + s];
            self.spending.same(total, wanted, (n, s, 0));
            if baseline.expenditure[[n, s]] == 0.0 || wanted == 0.0 {
                continue;
            }
            let sum = run(Total(shares));
            self.price.compare(sum.powf(-1.0 / theta), 1.0, 1.0, (n, s, 0));
            let per_total = 1.0 / total;
            if run(Within { paid, shares, per_total, limit: self.share.relative }) {
                continue;
            }
            for (i, (paid, share)) in paid.iter().zip(&*shares).enumerate() {
                let found = paid * per_total;
                self.share.compare(found, *share, found.max(*share).max(SMALLEST_SHARE), (s, n, i));
            }
        }
        for (i, sold) in sales.into_iter().enumerate() {
            self.clearing.same(sold, result.output[[i, s]], (i, s, 0));
        }
    }
}

/// Trade shares that follow from costs, what is paid without taxes, and sales, of one importer.
struct Follow<'a> {
    base: &'a [f64],
    cost_powers: &'a [f64],
    price_power: f64,
    flows: &'a [f64],
    shares: &'a mut [f64],
    paid: &'a mut [f64],
    sales: &'a mut [f64],
}

impl Work for Follow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let costs = self.base.iter().zip(self.cost_powers);
        for (share, (base, power)) in self.shares.iter_mut().zip(costs) {
            *share = base * (power * self.price_power);
        }
        self.paid.copy_from_slice(self.flows);
        for (sales, flow) in self.sales.iter_mut().zip(self.flows) {
            *sales += flow;
        }
    }
}

/// The sum of all.
struct Total<'a>(&'a [f64]);

impl Work for Total<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let (blocks, rest) = self.0.as_chunks::<PARTIAL>();
        let mut sums = [0.0; PARTIAL];
        for block in blocks {
            for (sum, value) in sums.iter_mut().zip(block) {
                *sum += value;
            }
        }
        sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
    }
}

/// Whether no share found is further from that which follows from costs than a limit allows.
struct Within<'a> {
    paid: &'a [f64],
    shares: &'a [f64],
    per_total: f64,
    limit: f64,
}

impl Work for Within<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let mut within = true;
        for (paid, share) in self.paid.iter().zip(self.shares) {
            let found = paid * self.per_total;
            let size = found.max(*share).max(SMALLEST_SHARE);
            // False for NaN.
            within &= (found - share).abs() <= self.limit * size;
        }
        within
    }
}
