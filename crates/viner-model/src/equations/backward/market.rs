//! One sector on the world market, backwards.

use viner_numerics::Real;

use crate::equations::sourcing::{Market, Taxes};

/// A market at one point, with the shares of all suppliers there; `[importer, exporter]` in each
/// array.
pub struct MarketBackward<'a> {
    market: &'a Market,
    /// `E'` by importer.
    expenditure: Vec<f64>,
    /// `π'` of all cells but split ones.
    shares: Vec<f64>,
    /// `π' / ((1+τ')(1+x'))`; `shares` if absent.
    producer: Option<Vec<f64>>,
    /// `x'` times that; none if absent.
    export_tax: Option<Vec<f64>>,
    /// `π'` of split cells.
    split_shares: Vec<f64>,
    /// Sales and export taxes on cells that are not split, by exporter.
    sales: Vec<f64>,
    export_taxes: Vec<f64>,
}

/// Derivatives with respect to what a market answers.
#[derive(Clone, Copy)]
pub struct MarketSeeds<'a> {
    /// By `ln P̂`, by importer.
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
    /// By `E'`, by importer.
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
    ) -> Self {
        let regions = log_costs.len();
        let theta = market.trade_elasticity;
        let factor = |n: usize, i: usize| {
            (market.log_scale[n] - theta * (log_costs[i] - log_prices[n])).exp()
        };
        let mut shares: Vec<f64> =
            (0..regions).flat_map(|n| market.weights.row(n)).copied().collect();
        for (cell, share) in shares.iter_mut().enumerate().filter(|(_, share)| **share != 0.0) {
            *share *= factor(cell / regions, cell % regions);
        }
        let split_shares = market
            .split_cells
            .iter()
            .zip(wedge_factors)
            .map(|(cell, wedges)| cell.weights[0] * wedges * factor(cell.importer, cell.exporter))
            .collect();
        // Where nothing is taxed, `shares` stand for producer values.
        let taxed = matches!(market.taxes, Taxes::Weights(_));
        let parts = |part: usize| -> Vec<f64> {
            let cells = shares.iter().enumerate();
            cells
                .map(|(cell, share)| share * market.parts(cell / regions, cell % regions)[part])
                .collect()
        };
        let producer = taxed.then(|| parts(0));
        let export_tax = taxed.then(|| parts(1));
        let columns = |array: &[f64]| {
            let mut sums = vec![0.0; regions];
            for (row, spending) in array.chunks(regions).zip(&expenditure) {
                f64::add_scaled(&mut sums, row, *spending);
            }
            sums
        };
        Self {
            market,
            sales: columns(producer.as_deref().unwrap_or(&shares)),
            export_taxes: export_tax.as_deref().map_or_else(|| vec![0.0; regions], columns),
            expenditure,
            shares,
            producer,
            export_tax,
            split_shares,
        }
    }

    /// Spending on a cell that is not split.
    pub fn spending(&self, importer: usize, exporter: usize) -> f64 {
        self.shares[importer * self.expenditure.len() + exporter] * self.expenditure[importer]
    }

    /// What such a cell makes of a unit of spending.
    pub fn unit(&self, importer: usize, exporter: usize) -> Unit {
        let [producer, export_tax, _] = self.market.parts(importer, exporter);
        Unit { producer, export_tax }
    }

    /// Derivatives with respect to what the market is asked.
    ///
    /// With `v` the worth of a unit spent on a cell and `v̄` its mean at the shares of an importer,
    /// the derivative by the logarithm of a cell's weight is `π' [E'(v − v̄) − (by ln P̂)/θ]`.
    pub fn pull(&self, seeds: &MarketSeeds<'_>) -> MarketPull {
        let regions = self.expenditure.len();
        let theta = self.market.trade_elasticity;
        let expenditure = self.mean_worth(seeds);
        let (mut by_share, mut by_untaxed) = (vec![0.0; regions], vec![0.0; regions]);
        for n in 0..regions {
            let row = n * regions..(n + 1) * regions;
            let tariff = if self.producer.is_some() { seeds.tariffs[n] } else { 0.0 };
            let taxed = theta * self.expenditure[n] * tariff;
            let level = seeds.log_prices[n] + theta * self.expenditure[n] * expenditure[n];
            f64::add_scaled(&mut by_share, &self.shares[row.clone()], level - taxed);
            if tariff != 0.0 {
                for array in [&self.producer, &self.export_tax].into_iter().flatten() {
                    f64::add_scaled(&mut by_untaxed, &array[row.clone()], taxed);
                }
            }
        }
        let mut log_costs: Vec<f64> = (0..regions)
            .map(|i| {
                let sold =
                    seeds.sales[i] * self.sales[i] + seeds.export_taxes[i] * self.export_taxes[i];
                by_share[i] + by_untaxed[i] - theta * sold
            })
            .collect();
        for &(n, i, seed) in seeds.flows {
            log_costs[i] -= theta * seed * self.spending(n, i) * self.unit(n, i).producer;
        }
        let mut log_split_weights = Vec::with_capacity(self.split_shares.len());
        for (split, cell) in self.market.split_cells.iter().enumerate() {
            let (n, worth) = (cell.importer, seeds.split_spending[split]);
            let moved = self.expenditure[n] * (worth - expenditure[n]);
            let by_weight = self.split_shares[split] * (moved - seeds.log_prices[n] / theta);
            log_costs[cell.exporter] -= theta * by_weight;
            log_split_weights.push(by_weight);
        }
        MarketPull { log_costs, expenditure, log_split_weights }
    }

    /// `v̄` by importer: worth of a unit of its spending.
    fn mean_worth(&self, seeds: &MarketSeeds<'_>) -> Vec<f64> {
        let regions = self.expenditure.len();
        let mut worth: Vec<f64> = (0..regions)
            .map(|n| {
                let row = n * regions..(n + 1) * regions;
                let Some(producer) = &self.producer else {
                    return f64::dot(&self.shares[row], seeds.sales);
                };
                let producer = &producer[row.clone()];
                let mut untaxed: f64 = producer.iter().sum();
                let mut worth = f64::dot(producer, seeds.sales);
                if let Some(tax) = &self.export_tax {
                    let tax = &tax[row.clone()];
                    untaxed += tax.iter().sum::<f64>();
                    worth += f64::dot(tax, seeds.export_taxes);
                }
                worth + seeds.tariffs[n] * (self.shares[row].iter().sum::<f64>() - untaxed)
            })
            .collect();
        for (split, cell) in self.market.split_cells.iter().enumerate() {
            worth[cell.importer] += self.split_shares[split] * seeds.split_spending[split];
        }
        for &(n, i, seed) in seeds.flows {
            worth[n] += seed * self.shares[n * regions + i] * self.unit(n, i).producer;
        }
        worth
    }

    /// Worth of a unit spent on a cell that is not split, less the mean worth of its importer's
    /// spending, in all of that spending, and what it does to the price: the derivative by the
    /// logarithm of the cell's weight is its share times this. `own` is the worth of a unit spent on the
    /// cell, `mean` the derivative by `E'` of its importer that [`pull`](Self::pull) gives.
    pub fn by_share(&self, seeds: &MarketSeeds<'_>, own: f64, mean: f64, importer: usize) -> f64 {
        self.expenditure[importer] * (own - mean)
            - seeds.log_prices[importer] / self.market.trade_elasticity
    }
}
