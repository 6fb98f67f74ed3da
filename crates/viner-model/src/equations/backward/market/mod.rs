//! One sector on the world market, backwards.

mod shares;

use std::ops::Range;

use viner_numerics::kernel::dense::{Contiguous, add_multiples, add_scaled, both_ways, dot};
use viner_numerics::kernel::elementary;

use crate::equations::sourcing::{Market, TaxedRows, Taxes};

/// A market at one point. A row is a purchaser, as in [`Market`].
///
/// Shares `π'` are weights times a factor of the exporter times one of the row, and none is kept: an
/// application reads the weights where the market has them.
pub struct MarketBackward<'a> {
    market: &'a Market,
    /// `ln ĉ` by exporter.
    log_costs: Vec<f64>,
    /// `ln P̂` by row.
    log_prices: Vec<f64>,
    /// `E'` by row.
    expenditure: Vec<f64>,
    /// `(ĉ/c)^{−θ}` by exporter, with c the lowest cost in the world.
    cost_factors: Vec<f64>,
    /// `(P̂/c)^θ` by row, with the scale of its weights; 0 in remote rows.
    price_factors: Vec<f64>,
    /// Rows whose factors leave the range of floating-point numbers, with their shares by exporter.
    remote: Vec<(usize, Vec<f64>)>,
    /// `π'` of split cells, by row of their importer.
    split_shares: Vec<Vec<f64>>,
    exports: Exports<'a>,
    tariffs: Tariffs,
}

/// What exporters and their treasuries get of the spending on cells that are not split.
#[derive(Clone, Copy)]
pub struct Exports<'a> {
    /// Sales, by exporter.
    pub sales: &'a [f64],
    /// Export taxes, by exporter; empty where there are none.
    pub taxes: &'a [f64],
}

/// Import tariffs on cells that are not split, of rows that are not remote.
enum Tariffs {
    None,
    /// As a part of the spending of each row.
    Parts(Vec<f64>),
    /// In money, `[importer, exporter]`.
    Money(Vec<f64>),
}

/// From this price factor on a row is remote.
const REMOTE: f64 = 1e250;

/// Derivatives with respect to what a market answers.
#[derive(Clone, Copy)]
pub struct MarketSeeds<'a> {
    /// By `ln P̂`, by row.
    pub log_prices: &'a [f64],
    /// By sales, by exporter.
    pub sales: &'a [f64],
    /// By tariffs, by importer.
    pub tariffs: &'a [f64],
    /// By export taxes, by exporter.
    pub export_taxes: &'a [f64],
    /// By the spending on split cells.
    pub split_spending: &'a [f64],
    /// By the producer value of single cells that are not split: importer, exporter, derivative.
    pub flows: &'a [(usize, usize, f64)],
}

/// Derivatives with respect to what a market is asked.
pub struct MarketPull {
    /// By `ln ĉ`, by exporter.
    pub log_costs: Vec<f64>,
    /// By `E'`, by row: `v̄`, the worth of a unit of its spending.
    pub expenditure: Vec<f64>,
    /// By the logarithm of the weight of each split cell; its `Π m` has −θ times that.
    pub log_split_weights: Vec<f64>,
}

impl<'a> MarketBackward<'a> {
    /// The market at given costs, spending and `Π m^{−θ}` of split cells, where it has these prices and
    /// exports.
    pub fn new(
        market: &'a Market,
        log_costs: Vec<f64>,
        expenditure: Vec<f64>,
        wedge_factors: &[f64],
        log_prices: &[f64],
        exports: Exports<'a>,
    ) -> Self {
        let theta = market.trade_elasticity;
        let reference = log_costs.iter().copied().fold(f64::INFINITY, f64::min);
        let mut cost_factors: Vec<f64> =
            log_costs.iter().map(|cost| -theta * (cost - reference)).collect();
        elementary::exp(&mut cost_factors);
        let mut price_factors: Vec<f64> = log_prices
            .iter()
            .zip(&market.log_scale)
            .map(|(price, scale)| scale + theta * (price - reference))
            .collect();
        elementary::exp(&mut price_factors);
        let mut backward = Self {
            market,
            log_costs,
            log_prices: log_prices.to_vec(),
            expenditure,
            cost_factors,
            price_factors,
            remote: Vec::new(),
            split_shares: Vec::new(),
            exports,
            tariffs: Tariffs::None,
        };
        let is_remote = |factor: f64| !factor.is_normal() || factor > REMOTE;
        for row in 0..backward.expenditure.len() {
            if is_remote(backward.price_factors[row]) {
                backward.price_factors[row] = 0.0;
                let shares = (0..backward.regions()).map(|i| backward.share(row, i)).collect();
                backward.remote.push((row, shares));
            }
        }
        let cells = market.split_cells.iter().zip(wedge_factors);
        backward.split_shares = cells
            .map(|(cell, wedges)| {
                let rows = backward.rows(cell.importer).zip(&cell.weights);
                rows.map(|(row, &w)| wedges * backward.share_of(w, row, cell.exporter)).collect()
            })
            .collect();
        backward.tariffs = backward.tariffs();
        backward
    }

    fn tariffs(&self) -> Tariffs {
        let (regions, market, costs) = (self.regions(), self.market, &self.cost_factors);
        match &market.taxes {
            Taxes::None => Tariffs::None,
            Taxes::Weights(TaxedRows { taxed, producer, export_tax, .. }) => {
                // What is left by exporters and their treasuries.
                let mut parts = vec![0.0; self.expenditure.len()];
                both_ways(&market.weights.chosen(taxed), costs, &mut [], |at, sum| {
                    parts[taxed[at]] = sum;
                    0.0
                });
                for taken in std::iter::once(producer).chain(export_tax) {
                    both_ways(&Contiguous::new(taken, regions), costs, &mut [], |at, sum| {
                        parts[taxed[at]] -= sum;
                        0.0
                    });
                }
                parts.iter_mut().zip(&self.price_factors).for_each(|(part, price)| *part *= price);
                Tariffs::Parts(parts)
            }
            Taxes::Parts { tariff, .. } => {
                let spent = self.expenditure.iter().zip(&self.price_factors);
                let spent: Vec<f64> = spent.map(|(spending, price)| spending * price).collect();
                let mut money = vec![0.0; regions * regions];
                let importers = money.chunks_mut(regions).zip(tariff.chunks(regions));
                for (n, (money, tariff)) in importers.enumerate() {
                    let rows = self.rows(n);
                    let weights = market.weights.rows(rows.start, rows.len());
                    add_multiples(&weights, &spent[rows], money);
                    for ((money, tariff), cost) in money.iter_mut().zip(tariff).zip(costs) {
                        *money *= tariff * cost;
                    }
                }
                Tariffs::Money(money)
            }
        }
    }

    fn regions(&self) -> usize {
        self.log_costs.len()
    }

    /// Rows of an importer.
    pub fn rows(&self, importer: usize) -> Range<usize> {
        importer * self.market.purchasers..(importer + 1) * self.market.purchasers
    }

    /// `π'` of a cell that has this weight without its wedges.
    fn share_of(&self, weight: f64, row: usize, exporter: usize) -> f64 {
        let factor = self.cost_factors[exporter] * self.price_factors[row];
        if weight == 0.0 {
            0.0
        } else if factor.is_normal() {
            weight * factor
        } else {
            let away = self.log_costs[exporter] - self.log_prices[row];
            weight * (self.market.log_scale[row] - self.market.trade_elasticity * away).exp()
        }
    }

    /// `π'` of a cell that is not split.
    fn share(&self, row: usize, exporter: usize) -> f64 {
        self.share_of(self.market.weights.row(row)[exporter], row, exporter)
    }

    /// Spending on a cell that is not split.
    pub fn spending(&self, importer: usize, exporter: usize) -> f64 {
        self.rows(importer).map(|row| self.share(row, exporter) * self.expenditure[row]).sum()
    }

    /// Producer value per unit of spending on such a cell.
    pub fn producer(&self, importer: usize, exporter: usize) -> f64 {
        self.market.parts(self.rows(importer).start, exporter)[0]
    }

    /// `v`: worth of a unit spent on each cell of an importer that is not split, but for single flows;
    /// where nothing can be bought, any.
    fn worth(&self, seeds: &MarketSeeds<'_>, importer: usize, worth: &mut [f64]) {
        let tariff = seeds.tariffs[importer];
        match &self.market.taxes {
            Taxes::None => worth.copy_from_slice(seeds.sales),
            Taxes::Weights(_) => {
                let (producer, export_tax) = self.market.producer_row(importer);
                for (i, weight) in self.market.weights.row(importer).iter().enumerate() {
                    let of_weight = |part: f64, seed: f64| part / weight * (seed - tariff);
                    let taxed = export_tax.map_or(0.0, |t| of_weight(t[i], seeds.export_taxes[i]));
                    worth[i] = match *weight {
                        0.0 => 0.0,
                        _ => tariff + of_weight(producer[i], seeds.sales[i]) + taxed,
                    };
                }
            }
            Taxes::Parts { producer, export_tax, tariff: part } => {
                for (i, worth) in worth.iter_mut().enumerate() {
                    let cell = importer * self.regions() + i;
                    *worth = producer[cell] * seeds.sales[i]
                        + export_tax[cell] * seeds.export_taxes[i]
                        + part[cell] * tariff;
                }
            }
        }
    }

    /// Derivatives with respect to what the market is asked.
    ///
    /// With `v` the worth of a unit spent on a cell and `v̄` its mean at the shares of a row, the
    /// derivative by the logarithm of a cell's weight is `π' [E'(v − v̄) − (by ln P̂)/θ]`.
    pub fn pull(&self, seeds: &MarketSeeds<'_>) -> MarketPull {
        let (regions, market) = (self.regions(), self.market);
        let theta = market.trade_elasticity;
        let mut expenditure = vec![0.0; self.expenditure.len()];
        let mut log_costs: Vec<f64> = (0..regions)
            .map(|i| {
                let sold = seeds.sales[i] * self.exports.sales[i];
                let taxed =
                    self.exports.taxes.get(i).map_or(0.0, |tax| seeds.export_taxes[i] * tax);
                -theta * (sold + taxed)
            })
            .collect();
        for (split, cell) in market.split_cells.iter().enumerate() {
            let shares = self.rows(cell.importer).zip(&self.split_shares[split]);
            shares.for_each(|(row, share)| expenditure[row] += share * seeds.split_spending[split]);
        }
        for &(n, i, seed) in seeds.flows {
            let worth = seed * self.producer(n, i);
            log_costs[i] -= theta * worth * self.spending(n, i);
            self.rows(n).for_each(|row| expenditure[row] += worth * self.share(row, i));
        }
        match &self.tariffs {
            Tariffs::None => {}
            Tariffs::Parts(parts) => {
                let tariffs = parts.iter().zip(seeds.tariffs);
                expenditure
                    .iter_mut()
                    .zip(tariffs)
                    .for_each(|(slot, (part, by))| *slot += part * by);
            }
            Tariffs::Money(money) => {
                for (money, by) in money.chunks(regions).zip(seeds.tariffs) {
                    add_scaled(&mut log_costs, money, -theta * by);
                }
            }
        }
        let mut worth = vec![0.0; regions];
        for (row, shares) in &self.remote {
            let n = row / market.purchasers;
            self.worth(seeds, n, &mut worth);
            expenditure[*row] += dot(shares, &worth);
            let spent = theta * self.expenditure[*row];
            let level = seeds.log_prices[*row] + spent * expenditure[*row];
            for (i, share) in shares.iter().enumerate() {
                let [.., tariff] = market.parts(*row, i);
                log_costs[i] += share * (level - spent * tariff * seeds.tariffs[n]);
            }
        }

        // By the logarithm of the cost factors, over them.
        let mut by_factor = vec![0.0; regions];
        let times_costs = |values: &[f64]| -> Vec<f64> {
            values.iter().zip(&self.cost_factors).map(|(value, cost)| value * cost).collect()
        };
        // Takes the worth of a row's spending over its price factor; by the sum of its weights.
        let mut mean = |row: usize, worth: f64| {
            let price = self.price_factors[row];
            expenditure[row] += price * worth;
            price * (seeds.log_prices[row] + theta * self.expenditure[row] * expenditure[row])
        };
        match &market.taxes {
            Taxes::None => {
                let rows = market.weights.rows(0, self.expenditure.len());
                both_ways(&rows, &times_costs(seeds.sales), &mut by_factor, mean);
            }
            Taxes::Weights(TaxedRows { untaxed, taxed, producer, export_tax }) => {
                let sales = times_costs(seeds.sales);
                let free = market.weights.chosen(untaxed);
                both_ways(&free, &sales, &mut by_factor, |at, worth| mean(untaxed[at], worth));
                // A tariff is what exporters and their treasuries leave of the spending.
                let by_left = |n: usize| {
                    theta * seeds.tariffs[n] * self.expenditure[n] * self.price_factors[n]
                };
                let mut worths = vec![0.0; taxed.len()];
                let mut take = |weights: &[f64], worth: &[f64]| {
                    let weights = Contiguous::new(weights, regions);
                    both_ways(&weights, worth, &mut by_factor, |at, sum| {
                        worths[at] += sum;
                        by_left(taxed[at])
                    });
                };
                take(producer, &sales);
                if let Some(export_tax) = export_tax {
                    take(export_tax, &times_costs(seeds.export_taxes));
                }
                let by_weight: Vec<f64> = taxed
                    .iter()
                    .zip(worths)
                    .map(|(&n, worth)| mean(n, worth) - by_left(n))
                    .collect();
                add_multiples(&market.weights.chosen(taxed), &by_weight, &mut by_factor);
            }
            Taxes::Parts { .. } => {
                for n in 0..regions {
                    self.worth(seeds, n, &mut worth);
                    worth.iter_mut().zip(&self.cost_factors).for_each(|(v, cost)| *v *= cost);
                    let rows = self.rows(n);
                    let weights = market.weights.rows(rows.start, rows.len());
                    let mut mean = |at, worth| mean(rows.start + at, worth);
                    both_ways(&weights, &worth, &mut by_factor, &mut mean);
                }
            }
        }
        for ((slot, by_factor), cost) in
            log_costs.iter_mut().zip(&by_factor).zip(&self.cost_factors)
        {
            *slot += by_factor * cost;
        }
        let mut log_split_weights = Vec::with_capacity(self.split_shares.len());
        for (split, cell) in self.market.split_cells.iter().enumerate() {
            let own = seeds.split_spending[split];
            let by_share = |row: usize| self.by_share(seeds, own, expenditure[row], row);
            let shares = self.rows(cell.importer).zip(&self.split_shares[split]);
            let by_weight: f64 = shares.map(|(row, share)| share * by_share(row)).sum();
            log_costs[cell.exporter] -= theta * by_weight;
            log_split_weights.push(by_weight);
        }
        MarketPull { log_costs, expenditure, log_split_weights }
    }

    /// Worth of a unit spent on a cell, less the mean worth of its row's spending, in all of that
    /// spending, and what it does to the price: the derivative by the logarithm of the cell's weight is
    /// its share times this. `own` is the worth of a unit spent on the cell, `mean` the derivative by `E'`
    /// of its row that [`pull`](Self::pull) gives.
    pub fn by_share(&self, seeds: &MarketSeeds<'_>, own: f64, mean: f64, row: usize) -> f64 {
        self.expenditure[row] * (own - mean) - seeds.log_prices[row] / self.market.trade_elasticity
    }
}
