//! An approximate inverse of the map's linear part: fewer evaluations, the same fixed point.
//!
//! To first order, what keeps the map from converging are two numbers per region, the level of its
//! activity and the level of its prices: income that stays at home, wages that move its costs, inputs
//! that it makes itself. They are solved for exactly, in an economy with one sector per region whose
//! coefficients are the baseline's, added up. What these levels do to a cell of their own region otherwise
//! than to the region as a whole is taken off what is left in the cell; the rest is small beside its own
//! diagonal and is divided by that.

mod coefficients;
mod kept;

use rayon::prelude::*;
use viner_numerics::kernel::dense::{add_scaled, dot, fetch};
use viner_numerics::kernel::{Work, run};
use viner_numerics::lu::Lu;
use viner_numerics::threads::piece;

use self::coefficients::{Answer, answer, diagonals, price_weights, profiles, spending, weights};
use crate::equilibrium::system::{PARALLEL_FROM, System, each, slice};

/// Multiplies residuals of the map by an approximate inverse of `I − g'`.
pub(in crate::equilibrium) struct Preconditioner {
    regions: usize,
    sectors: usize,
    /// Purchasers of a good in each region.
    purchasers: usize,
    /// Whether passes over cells are worth several threads.
    parallel: bool,
    /// `ln V̂`, by sector.
    pub(in crate::equilibrium) activity: Cells,
    /// `ln P̂`, by purchaser and sector.
    pub(in crate::equilibrium) prices: Cells,
    /// `Σ_s weight θ x_in`, `[exporter, importer]`: what levels of prices do to levels of sales.
    competition: Vec<f64>,
    /// Part of each region in world value added.
    world_weights: Vec<f64>,
    /// The economy of one sector per region: levels of activity, then of prices.
    levels: Lu,
}

/// Most that levels may do to a cell otherwise than to its region in one step, in logarithms: far from the
/// solution, where they move much, what they do is not what it is to first order.
pub(in crate::equilibrium) const MOST_BY_PROFILE: f64 = 0.5;

/// One kind of unknowns, `[region, cell]`.
pub(in crate::equilibrium) struct Cells {
    /// In the level of the region; 0 where there is nothing to solve for.
    pub weights: Vec<f64>,
    /// One over the diagonal.
    pub inverse: Vec<f64>,
    /// What the region's levels of activity and of prices do to the cell's equation, less what they do to the
    /// level of these equations.
    pub profiles: [Vec<f64>; 2],
}

impl Preconditioner {
    /// The approximate inverse at the baseline; nothing where levels of regions are not determined.
    fn new(system: &System<'_>) -> Option<Self> {
        let problem = system.problem;
        let baseline = &problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let theta = &problem.elasticities.trade;
        let shares = slice(&baseline.trade_shares);
        let (output, expenditure) = (slice(&system.output), slice(&baseline.expenditure));
        let activity_weights = weights(output, sectors, |_| true);
        let buys: Vec<bool> = system.survivors.buys.iter().copied().collect();
        let price_weights = price_weights(system);

        let answers: Vec<Answer> =
            (0..regions * sectors).map(|cell| answer(system, cell)).collect();
        // By sector first, as markets are.
        let transposed = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..regions * sectors).map(|at| value(at % regions * sectors + at / regions)).collect()
        };
        let costs = [0, 1].map(|level| transposed(&|cell| answers[cell].cost[level]));
        let per_sales = transposed(&|cell| {
            if output[cell] == 0.0 { 0.0 } else { activity_weights[cell] / output[cell] }
        });

        // By importer: how its levels move the price levels (by exporter's activity and prices) and
        // the exporters' sales (by its activity, its prices, and its price level alone).
        let row = |n: usize| -> ([Vec<f64>; 5], [Vec<f64>; 2]) {
            let spending = spending(system, &answers, n);
            let mut sums: [Vec<f64>; 5] = std::array::from_fn(|_| vec![0.0; regions]);
            for s in 0..sectors {
                let cell = n * sectors + s;
                if !buys[cell] {
                    continue;
                }
                let own = n * system.purchasers..(n + 1) * system.purchasers;
                let weight: f64 = own.map(|row| price_weights[row * sectors + s]).sum();
                let demand = theta[s] * expenditure[cell];
                let by_exporter = s * regions..(s + 1) * regions;
                let row = |s: usize| &shares[(s * regions + n) * regions..][..regions];
                fetch(row((s + 1).min(sectors - 1)));
                run(AddSuppliers {
                    shares: row(s),
                    terms: [
                        &costs[0][by_exporter.clone()],
                        &costs[1][by_exporter.clone()],
                        &per_sales[by_exporter],
                    ],
                    factors: [weight, weight, spending[0][s], spending[1][s] + demand, demand],
                    sums: sums.each_mut().map(Vec::as_mut_slice),
                });
            }
            (sums, spending)
        };
        let (rows, spending): (Vec<[Vec<f64>; 5]>, Vec<[Vec<f64>; 2]>) =
            each(shares.len() >= PARALLEL_FROM, regions, row).into_iter().unzip();

        let world: f64 = baseline.value_added.sum();
        let world_weights: Vec<f64> =
            (0..regions).map(|n| baseline.value_added.row(n).sum() / world).collect();
        let size = 2 * regions;
        let mut matrix = vec![0.0; size * size];
        for (n, [by_activity, by_price, ..]) in rows.iter().enumerate() {
            let row = &mut matrix[(regions + n) * size..][..size];
            for i in 0..regions {
                row[i] = -by_activity[i];
                row[regions + i] = -by_price[i];
            }
            row[regions + n] += 1.0;
        }
        // What levels do to the implied activity, and to that of the world, which stays.
        let mut of_world = vec![0.0; size];
        for i in 0..regions {
            let row = &mut matrix[i * size..][..size];
            for (n, [_, _, activity, prices, _]) in rows.iter().enumerate() {
                row[n] = -activity[i];
                row[regions + n] = -prices[i];
            }
            for k in 0..sectors {
                let cell = i * sectors + k;
                for level in 0..2 {
                    let own = answers[cell].shift[level] - theta[k] * answers[cell].cost[level];
                    row[level * regions + i] -= activity_weights[cell] * own;
                }
            }
            add_scaled(&mut of_world, row, world_weights[i]);
        }
        for i in 0..regions {
            let row = &mut matrix[i * size..][..size];
            add_scaled(row, &of_world, -1.0);
            row[i] += 1.0;
        }
        let mut competition = vec![0.0; regions * regions];
        for (n, sums) in rows.iter().enumerate() {
            for i in 0..regions {
                competition[i * regions + n] = sums[4][i];
            }
        }
        let [activity_inverse, price_inverse] = diagonals(system);
        let weights = [&activity_weights[..], &price_weights[..]];
        let [activity_profiles, price_profiles] = profiles(system, &answers, &spending, weights);
        Some(Self {
            regions,
            sectors,
            purchasers: system.purchasers,
            parallel: system.parallel_cells(),
            activity: Cells {
                weights: activity_weights,
                inverse: activity_inverse,
                profiles: activity_profiles,
            },
            prices: Cells {
                weights: price_weights,
                inverse: price_inverse,
                profiles: price_profiles,
            },
            competition,
            world_weights,
            levels: Lu::new(matrix, size)?,
        })
    }

    /// From the image of `x` under the map to the point that its residual leads to.
    ///
    /// What levels do to a cell otherwise than to its region is limited to `most`. With 0 (by levels alone) and
    /// without a limit the step is linear in the residual, in between it is not.
    pub(in crate::equilibrium) fn apply(&self, x: &[f64], image: &mut [f64], most: f64) {
        let (regions, sectors) = (self.regions, self.sectors);
        let (activity, rest) = image.split_at_mut(regions * sectors);
        let goods = self.purchasers * sectors;
        let prices = &mut rest[..regions * goods];
        let (x_activity, x_prices) = x.split_at(regions * sectors);
        let levels_of = |(n, (activity, prices)): (usize, (&mut [f64], &mut [f64]))| {
            let row = n * sectors..(n + 1) * sectors;
            for (value, x) in activity.iter_mut().zip(&x_activity[row.clone()]) {
                *value -= x;
            }
            let bought = n * goods..(n + 1) * goods;
            for (value, x) in prices.iter_mut().zip(&x_prices[bought.clone()]) {
                *value -= x;
            }
            [dot(&self.activity.weights[row], activity), dot(&self.prices.weights[bought], prices)]
        };
        let piece = piece(regions, self.parallel);
        let rows = activity.par_chunks_mut(sectors).zip(prices.par_chunks_mut(goods)).enumerate();
        let levels: Vec<[f64; 2]> = rows.with_min_len(piece).map(levels_of).collect();
        let by_level = |level: usize| levels.iter().map(move |levels| levels[level]);
        let solved = self.solve_levels(&by_level(0).chain(by_level(1)).collect::<Vec<f64>>());
        let correct = |(n, (activity, prices)): (usize, (&mut [f64], &mut [f64]))| {
            let row = n * sectors..(n + 1) * sectors;
            let bought = n * goods..(n + 1) * goods;
            let own = [solved[n], solved[regions + n]];
            for (values, x, cells, place, level) in [
                (activity, &x_activity[row.clone()], &self.activity, row, 0),
                (prices, &x_prices[bought.clone()], &self.prices, bought, 1),
            ] {
                let Cells { weights, inverse, profiles: [by_activity, by_price] } = cells;
                let parts = weights[place.clone()].iter().zip(&inverse[place.clone()]);
                let profiles = by_activity[place.clone()].iter().zip(&by_price[place]);
                let parts = x.iter().zip(parts.zip(profiles));
                for (value, (x, ((weight, inverse), (first, second)))) in
                    values.iter_mut().zip(parts)
                {
                    let otherwise = first * own[0] + second * own[1];
                    let rest = *value - levels[n][level] - otherwise.clamp(-most, most);
                    let corrected = rest * inverse + own[level];
                    *value = x + if *weight == 0.0 { *value } else { corrected };
                }
            }
        };
        let rows = activity.par_chunks_mut(sectors).zip(prices.par_chunks_mut(goods)).enumerate();
        rows.with_min_len(piece).for_each(correct);
    }

    /// The product with the transposed of what [`apply`](Self::apply) multiplies by without a limit.
    pub(in crate::equilibrium) fn apply_transposed(&self, step: &mut [f64]) {
        let (regions, sectors) = (self.regions, self.sectors);
        let (activity, rest) = step.split_at_mut(regions * sectors);
        let goods = self.purchasers * sectors;
        let prices = &mut rest[..regions * goods];
        let piece = piece(regions, self.parallel);
        // By what the levels of a region, of activity and of prices, were before they were solved for, and after.
        let by_levels = |(n, (activity, prices)): (usize, (&mut [f64], &mut [f64]))| {
            let (mut before, mut after) = ([0.0; 2], [0.0; 2]);
            let (row, bought) = (n * sectors..(n + 1) * sectors, n * goods..(n + 1) * goods);
            for (values, cells, place, level) in
                [(activity, &self.activity, row, 0), (prices, &self.prices, bought, 1)]
            {
                let Cells { weights, inverse, profiles: [by_activity, by_price] } = cells;
                for (value, at) in values.iter_mut().zip(place) {
                    if weights[at] != 0.0 {
                        after[level] += *value;
                        *value *= inverse[at];
                        before[level] -= *value;
                        after[0] -= by_activity[at] * *value;
                        after[1] -= by_price[at] * *value;
                    }
                }
            }
            [before, after]
        };
        let rows = activity.par_chunks_mut(sectors).zip(prices.par_chunks_mut(goods)).enumerate();
        let sums: Vec<[[f64; 2]; 2]> = rows.with_min_len(piece).map(by_levels).collect();
        let (mut before, mut after) = (vec![0.0; 2 * regions], vec![0.0; 2 * regions]);
        for (n, [own_before, own_after]) in sums.into_iter().enumerate() {
            for level in 0..2 {
                before[level * regions + n] = own_before[level];
                after[level * regions + n] = own_after[level];
            }
        }
        add_scaled(&mut before, &self.solve_levels_transposed(&after), 1.0);
        let spread = |(n, (activity, prices)): (usize, (&mut [f64], &mut [f64]))| {
            let weights = &self.activity.weights[n * sectors..(n + 1) * sectors];
            add_scaled(activity, weights, before[n]);
            let weights = &self.prices.weights[n * goods..(n + 1) * goods];
            add_scaled(prices, weights, before[regions + n]);
        };
        let rows = activity.par_chunks_mut(sectors).zip(prices.par_chunks_mut(goods)).enumerate();
        rows.with_min_len(piece).for_each(spread);
    }
}

impl Preconditioner {
    /// The levels of regions, activity first, that residuals with these levels lead to.
    pub(in crate::equilibrium) fn solve_levels(&self, levels: &[f64]) -> Vec<f64> {
        let mut right_side = levels.to_vec();
        let (sales, price_levels) = right_side.split_at_mut(self.regions);
        let competing: Vec<f64> =
            self.competition.chunks_exact(self.regions).map(|row| dot(row, price_levels)).collect();
        let world = dot(&self.world_weights, &competing);
        for (sales, competing) in sales.iter_mut().zip(&competing) {
            *sales -= competing - world;
        }
        self.levels.solve(&right_side)
    }

    fn solve_levels_transposed(&self, solved: &[f64]) -> Vec<f64> {
        let mut levels = self.levels.solve_transposed(solved);
        let (sales, price_levels) = levels.split_at_mut(self.regions);
        let sum: f64 = sales.iter().sum();
        let rows = self.competition.chunks_exact(self.regions);
        for ((row, sales), world) in rows.zip(&*sales).zip(&self.world_weights) {
            add_scaled(price_levels, row, world * sum - sales);
        }
        levels
    }
}

/// Adds what the suppliers of one good to one importer bring to the sums by exporter: `shares · terms ·
/// factors`, of which the last three have one term in common.
struct AddSuppliers<'a> {
    shares: &'a [f64],
    terms: [&'a [f64]; 3],
    factors: [f64; 5],
    sums: [&'a mut [f64]; 5],
}

impl Work for AddSuppliers<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "what is not inlined is not compiled for the kernel")]
    #[inline(always)]
    fn run(self) {
        let count = self.shares.len();
        let [first, second, third] = self.terms.map(|terms| &terms[..count]);
        let [a, b, c, d, e] = self.sums.map(|sums| &mut sums[..count]);
        for i in 0..count {
            let share = self.shares[i];
            let bought = share * third[i];
            a[i] += self.factors[0] * (share * first[i]);
            b[i] += self.factors[1] * (share * second[i]);
            c[i] += self.factors[2] * bought;
            d[i] += self.factors[3] * bought;
            e[i] += self.factors[4] * bought;
        }
    }
}
