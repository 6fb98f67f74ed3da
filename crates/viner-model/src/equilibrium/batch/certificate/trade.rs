//! Prices, trade shares, spending, sales and taxes, recomputed from the reported results.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the kernel")]

use viner_numerics::kernel::{Work, elementary, run};

use super::Worst;
use crate::equilibrium::Equilibrium;
use crate::equilibrium::system::slice;
use crate::problem::Problem;

/// Shares below this leave the range in which powers have full precision.
const SMALLEST_SHARE: f64 = 1e-290;
/// Partial sums of a total.
const PARTIAL: usize = 8;

/// What the trade of all sectors shows, and the taxes it pays.
pub(super) struct Trade {
    pub price: Worst,
    pub share: Worst,
    pub spending: Worst,
    pub clearing: Worst,
    /// By importer.
    pub tariffs: Vec<f64>,
    /// By exporter.
    pub export_taxes: Vec<f64>,
}

/// Numbers of one sector.
struct Room {
    /// `c^{−θ}` by exporter.
    cost_powers: Vec<f64>,
    /// `P^θ` by importer.
    price_powers: Vec<f64>,
    /// `Σ_i π (d/P)^{−θ}` by importer.
    sums: Vec<f64>,
    /// By exporter.
    sales: Vec<f64>,
    /// What an importer pays each exporter, and the trade shares that follow from costs.
    paid: Vec<f64>,
    shares: Vec<f64>,
}

impl Trade {
    /// Checks all sectors at given logarithms of prices and given spending, `[region, sector]`.
    pub fn of(problem: &Problem, result: &Equilibrium, log_prices: &[f64], demand: &[f64]) -> Self {
        let regions = problem.baseline.region_count();
        let zeros = || vec![0.0; regions];
        let mut trade = Self {
            price: Worst::of("price"),
            share: Worst::of("trade share"),
            spending: Worst::of("spending"),
            clearing: Worst::of("market clearing"),
            tariffs: zeros(),
            export_taxes: zeros(),
        };
        let mut room = Room {
            cost_powers: zeros(),
            price_powers: zeros(),
            sums: zeros(),
            sales: zeros(),
            paid: zeros(),
            shares: zeros(),
        };
        for s in 0..problem.baseline.sector_count() {
            trade.sector(problem, result, s, (log_prices, demand), &mut room);
        }
        trade
    }

    fn sector(
        &mut self,
        problem: &Problem,
        result: &Equilibrium,
        s: usize,
        (log_prices, demand): (&[f64], &[f64]),
        room: &mut Room,
    ) {
        let (baseline, counterfactual) = (&problem.baseline, &problem.counterfactual);
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let theta = problem.elasticities.trade[s];
        let Room { cost_powers, price_powers, sums, sales, paid, shares } = room;
        cost_powers.iter_mut().zip(result.unit_cost.column(s)).for_each(|(p, cost)| *p = *cost);
        elementary::ln(cost_powers);
        cost_powers.iter_mut().for_each(|power| *power *= -theta);
        elementary::exp(cost_powers);
        for (power, row) in price_powers.iter_mut().zip(log_prices.chunks_exact(sectors)) {
            *power = theta * row[s];
        }
        elementary::exp(price_powers);
        sums.fill(1.0);
        sales.fill(0.0);
        let has_taxes = baseline.tariffs.is_some() || baseline.export_taxes.is_some();
        let mut touched = counterfactual.sector(s).peekable();
        let mut changes = Vec::new();
        for n in 0..regions {
            let row = (s * regions + n) * regions..(s * regions + n + 1) * regions;
            let flows = &slice(&result.trade_flows)[row.clone()];
            let base = &slice(&baseline.trade_shares)[row];
            let price_power = price_powers[n];
            run(Follow { base, cost_powers, price_power, flows, shares, paid, sales });
            let mut levy = |i: usize, tariff: f64, export_tax: f64| {
                paid[i] = flows[i] * (1.0 + export_tax) * (1.0 + tariff);
                self.tariffs[n] += tariff * (1.0 + export_tax) * flows[i];
                self.export_taxes[i] += export_tax * flows[i];
            };
            changes.clear();
            while let Some((_, i, change)) = touched.next_if(|(importer, ..)| *importer == n) {
                changes.push((i, change));
            }
            if has_taxes {
                let mut changed = changes.iter().peekable();
                for i in 0..regions {
                    if changed.next_if(|(exporter, _)| *exporter == i).is_none() {
                        levy(i, baseline.tariff(s, n, i), baseline.export_tax(s, n, i));
                    }
                }
            }
            for &(i, change) in &changes {
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
            sums[n] = run(Total(shares));
            let per_total = 1.0 / total;
            if run(Within { paid, shares, per_total, limit: self.share.relative }) {
                continue;
            }
            for (i, (paid, share)) in paid.iter().zip(&*shares).enumerate() {
                let found = paid * per_total;
                self.share.compare(found, *share, found.max(*share).max(SMALLEST_SHARE), (s, n, i));
            }
        }
        // The price that costs imply, relative to the price.
        elementary::ln(sums);
        sums.iter_mut().for_each(|sum| *sum /= -theta);
        elementary::exp(sums);
        for (n, ratio) in sums.iter().enumerate() {
            self.price.compare(*ratio, 1.0, 1.0, (n, s, 0));
        }
        for (i, sold) in sales.iter().enumerate() {
            self.clearing.same(*sold, result.output[[i, s]], (i, s, 0));
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
