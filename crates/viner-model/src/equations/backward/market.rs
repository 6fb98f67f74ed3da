//! One sector on the world market, backwards.

use viner_numerics::kernel::dense::{add_scaled, dot};

use crate::equations::sourcing::Market;

/// A market at one point, with the shares of all suppliers there. A row is a purchaser, as in [`Market`].
pub struct MarketBackward<'a> {
    market: &'a Market,
    /// `E'` by row.
    expenditure: Vec<f64>,
    /// `π'` of all cells but split ones, `[row, exporter]`.
    shares: Vec<f64>,
    /// `π'` of split cells, by row of their importer.
    split_shares: Vec<Vec<f64>>,
    /// What the treasuries take; nothing if absent.
    taxes: Option<Taxes>,
    /// Sales on cells that are not split, by exporter.
    sales: Vec<f64>,
    /// Export taxes on them, by exporter.
    export_taxes: Vec<f64>,
}

/// What becomes of a unit of spending on a cell, `[importer, exporter]`.
struct Taxes {
    /// `1/((1+τ')(1+x'))`.
    producer: Vec<f64>,
    /// `x'` times that; none if absent.
    export_tax: Option<Vec<f64>>,
    /// Import tariffs on the cells that are not split, in money.
    tariffs: Vec<f64>,
}

/// `τ'` and `x'` of all cells of a sector, `[importer, exporter]`; none if absent.
pub struct Rates {
    /// `τ'`.
    pub tariffs: Option<Vec<f64>>,
    /// `x'`.
    pub export_taxes: Option<Vec<f64>>,
}

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

/// What a cell that is not split makes of a unit of spending.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unit {
    /// `1/((1+τ')(1+x'))`: producer value.
    pub producer: f64,
    /// Export tax.
    pub export_tax: f64,
}

impl<'a> MarketBackward<'a> {
    /// The market at given costs, spending and `Π m^{−θ}` of split cells, where it has these prices.
    pub fn new(
        market: &'a Market,
        log_costs: &[f64],
        expenditure: Vec<f64>,
        wedge_factors: &[f64],
        log_prices: &[f64],
        rates: Rates,
    ) -> Self {
        let (regions, purchasers) = (log_costs.len(), market.purchasers);
        let theta = market.trade_elasticity;
        let reference = log_costs.iter().copied().fold(f64::INFINITY, f64::min);
        let cost_factors: Vec<f64> =
            log_costs.iter().map(|cost| (-theta * (cost - reference)).exp()).collect();
        let price_factors: Vec<f64> = log_prices
            .iter()
            .zip(&market.log_scale)
            .map(|(price, scale)| (scale + theta * (price - reference)).exp())
            .collect();
        let share = |weight: f64, row: usize, i: usize| {
            let factor = cost_factors[i] * price_factors[row];
            if weight == 0.0 {
                0.0
            } else if factor.is_normal() {
                weight * factor
            } else {
                weight * (market.log_scale[row] - theta * (log_costs[i] - log_prices[row])).exp()
            }
        };
        let mut shares = Vec::with_capacity(expenditure.len() * regions);
        for row in 0..expenditure.len() {
            let weights = market.weights.row(row).iter().enumerate();
            shares.extend(weights.map(|(i, &weight)| share(weight, row, i)));
        }
        let split_shares = market
            .split_cells
            .iter()
            .zip(wedge_factors)
            .map(|(cell, wedges)| {
                let first = cell.importer * purchasers;
                let weights = cell.weights.iter().enumerate();
                weights.map(|(user, &w)| wedges * share(w, first + user, cell.exporter)).collect()
            })
            .collect();

        let mut backward = Self {
            market,
            expenditure,
            shares,
            split_shares,
            taxes: None,
            sales: vec![0.0; regions],
            export_taxes: vec![0.0; regions],
        };
        let Rates { tariffs, export_taxes } = rates;
        if tariffs.is_none() && export_taxes.is_none() {
            for (row, spending) in backward.shares.chunks(regions).zip(&backward.expenditure) {
                add_scaled(&mut backward.sales, row, *spending);
            }
            return backward;
        }
        let rate = |rates: &Option<Vec<f64>>, cell: usize| rates.as_ref().map_or(0.0, |r| r[cell]);
        let mut taxes = Taxes {
            producer: (0..regions * regions)
                .map(|cell| {
                    1.0 / ((1.0 + rate(&tariffs, cell)) * (1.0 + rate(&export_taxes, cell)))
                })
                .collect(),
            export_tax: None,
            tariffs: vec![0.0; regions * regions],
        };
        taxes.export_tax = export_taxes.map(|rates| {
            rates.iter().zip(&taxes.producer).map(|(rate, producer)| rate * producer).collect()
        });
        for (n, spending) in taxes.tariffs.chunks_mut(regions).enumerate() {
            for row in n * purchasers..(n + 1) * purchasers {
                let shares = &backward.shares[row * regions..(row + 1) * regions];
                add_scaled(spending, shares, backward.expenditure[row]);
            }
            for (i, spending) in spending.iter_mut().enumerate() {
                let cell = n * regions + i;
                let rate = rate(&tariffs, cell);
                backward.sales[i] += *spending * taxes.producer[cell];
                backward.export_taxes[i] +=
                    taxes.export_tax.as_ref().map_or(0.0, |tax| *spending * tax[cell]);
                *spending *= rate / (1.0 + rate);
            }
        }
        backward.taxes = Some(taxes);
        backward
    }

    fn regions(&self) -> usize {
        self.sales.len()
    }

    /// Rows of an importer.
    pub fn rows(&self, importer: usize) -> std::ops::Range<usize> {
        importer * self.market.purchasers..(importer + 1) * self.market.purchasers
    }

    /// Spending on a cell that is not split.
    pub fn spending(&self, importer: usize, exporter: usize) -> f64 {
        let spent =
            |row: usize| self.shares[row * self.regions() + exporter] * self.expenditure[row];
        self.rows(importer).map(spent).sum()
    }

    /// What such a cell makes of a unit of spending.
    pub fn unit(&self, importer: usize, exporter: usize) -> Unit {
        let Some(taxes) = &self.taxes else { return Unit { producer: 1.0, export_tax: 0.0 } };
        let cell = importer * self.regions() + exporter;
        let export_tax = taxes.export_tax.as_ref().map_or(0.0, |tax| tax[cell]);
        Unit { producer: taxes.producer[cell], export_tax }
    }

    /// `v`: worth of a unit spent on each cell of an importer that is not split, but for single flows.
    fn worth(&self, seeds: &MarketSeeds<'_>, importer: usize, worth: &mut [f64]) {
        let Some(taxes) = &self.taxes else { return worth.copy_from_slice(seeds.sales) };
        let row = importer * self.regions()..(importer + 1) * self.regions();
        // What is neither producer value nor export tax is tariff.
        let tariff = seeds.tariffs[importer];
        let producer = taxes.producer[row.clone()].iter().zip(seeds.sales);
        for (worth, (part, sales)) in worth.iter_mut().zip(producer) {
            *worth = tariff + part * (sales - tariff);
        }
        if let Some(tax) = &taxes.export_tax {
            let tax = tax[row].iter().zip(seeds.export_taxes);
            for (worth, (part, seed)) in worth.iter_mut().zip(tax) {
                *worth += part * (seed - tariff);
            }
        }
    }

    /// Derivatives with respect to what the market is asked.
    ///
    /// With `v` the worth of a unit spent on a cell and `v̄` its mean at the shares of a row, the
    /// derivative by the logarithm of a cell's weight is `π' [E'(v − v̄) − (by ln P̂)/θ]`.
    pub fn pull(&self, seeds: &MarketSeeds<'_>) -> MarketPull {
        let regions = self.regions();
        let theta = self.market.trade_elasticity;
        let mut expenditure = vec![0.0; self.expenditure.len()];
        for (split, cell) in self.market.split_cells.iter().enumerate() {
            let shares = self.rows(cell.importer).zip(&self.split_shares[split]);
            shares.for_each(|(row, share)| expenditure[row] += share * seeds.split_spending[split]);
        }
        let mut log_costs: Vec<f64> = (0..regions)
            .map(|i| {
                let sold = seeds.sales[i] * self.sales[i];
                -theta * (sold + seeds.export_taxes[i] * self.export_taxes[i])
            })
            .collect();
        for &(n, i, seed) in seeds.flows {
            let producer = self.unit(n, i).producer;
            log_costs[i] -= theta * seed * self.spending(n, i) * producer;
            for row in self.rows(n) {
                expenditure[row] += seed * self.shares[row * regions + i] * producer;
            }
        }
        let mut worth = seeds.sales.to_vec();
        for n in 0..regions {
            if let Some(taxes) = &self.taxes {
                self.worth(seeds, n, &mut worth);
                let collected = &taxes.tariffs[n * regions..(n + 1) * regions];
                add_scaled(&mut log_costs, collected, -theta * seeds.tariffs[n]);
            }
            for row in self.rows(n) {
                let shares = &self.shares[row * regions..(row + 1) * regions];
                expenditure[row] += dot(shares, &worth);
                let level =
                    seeds.log_prices[row] + theta * self.expenditure[row] * expenditure[row];
                add_scaled(&mut log_costs, shares, level);
            }
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

    /// Derivatives by the logarithms of all weights, `[row, exporter]`, of which `pull` is that by what
    /// the market is asked.
    pub fn by_log_weights(&self, seeds: &MarketSeeds<'_>, pull: &MarketPull) -> Vec<f64> {
        let regions = self.regions();
        let mut shares = self.shares.clone();
        let mut worth = vec![0.0; regions];
        let mut flows = seeds.flows.iter().peekable();
        for n in 0..regions {
            self.worth(seeds, n, &mut worth);
            while let Some((_, i, seed)) = flows.next_if(|(importer, ..)| *importer == n) {
                worth[*i] += seed * self.unit(n, *i).producer;
            }
            let first = self.market.split_cells.partition_point(|cell| cell.importer < n);
            let splits = self.market.split_cells.iter().enumerate().skip(first);
            for (split, cell) in splits.take_while(|(_, cell)| cell.importer == n) {
                worth[cell.exporter] = seeds.split_spending[split];
                for (row, share) in self.rows(n).zip(&self.split_shares[split]) {
                    shares[row * regions + cell.exporter] = *share;
                }
            }
            for row in self.rows(n) {
                let mean = pull.expenditure[row];
                for (share, own) in
                    shares[row * regions..(row + 1) * regions].iter_mut().zip(&worth)
                {
                    *share *= self.by_share(seeds, *own, mean, row);
                }
            }
        }
        shares
    }
}
