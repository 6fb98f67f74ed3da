//! One sector on the world market: from delivered costs to prices, and from spending to sales.

use viner_numerics::Real;
use viner_numerics::kernel::dense::Contiguous;

use super::weights::Weights;

/// What does not change while a sector's market is solved.
pub struct Market {
    /// θ.
    pub trade_elasticity: f64,
    /// Rows of each importer.
    pub purchasers: usize,
    /// Weights of suppliers, by row and exporter.
    pub weights: Weights,
    /// Logarithm of the largest factor of each row.
    pub log_scale: Vec<f64>,
    /// What the treasuries take of the spending.
    pub taxes: Taxes,
    /// Cells whose spending is split between more than their exporter and the treasuries, by
    /// importer and exporter. They have no weight in the arrays above.
    pub split_cells: Vec<SplitCell>,
}

/// Parts of the spending on cells that are not split.
pub enum Taxes {
    /// All is producer value.
    None,
    /// Weights that are multiplied with the parts, where an importer is one row.
    Weights(TaxedRows),
    /// The parts themselves, `[importer, exporter]`: an importer's rows have them in common.
    Parts {
        /// `1 / ((1+τ')(1+x'))`.
        producer: Vec<f64>,
        /// `x' / ((1+τ')(1+x'))`.
        export_tax: Vec<f64>,
        /// `τ' / (1+τ')`.
        tariff: Vec<f64>,
    },
}

/// Rows in which some cell is taxed, and those in which none is.
pub struct TaxedRows {
    /// Rows without any tax.
    pub untaxed: Vec<usize>,
    /// The others, in order.
    pub taxed: Vec<usize>,
    /// `weights / ((1+τ')(1+x'))`: producer value per unit of spending, by place among the taxed rows
    /// and exporter.
    pub producer: Vec<f64>,
    /// `x' · producer`: export tax per unit of spending; none if absent.
    pub export_tax: Option<Vec<f64>>,
}

impl TaxedRows {
    /// The rows at these rates of tariffs and of export taxes, `[importer, exporter]`.
    pub fn new(weights: &Weights, rates: [Option<&[f64]>; 2]) -> Self {
        let regions = weights.exporters();
        let of_row =
            |n: usize| rates.map(|rates| rates.map(|rates| &rates[n * regions..][..regions]));
        let is_taxed = |n: &usize| {
            of_row(*n).into_iter().flatten().any(|rates| rates.iter().any(|rate| *rate != 0.0))
        };
        let (taxed, untaxed): (Vec<usize>, Vec<usize>) = (0..regions).partition(is_taxed);
        let mut producer = Vec::with_capacity(taxed.len() * regions);
        let mut export_tax = rates[1].map(|_| Vec::with_capacity(taxed.len() * regions));
        for &n in &taxed {
            let first = producer.len();
            producer.extend_from_slice(weights.row(n));
            let producer = &mut producer[first..];
            for rates in of_row(n).into_iter().flatten() {
                producer.iter_mut().zip(rates).for_each(|(weight, rate)| *weight /= 1.0 + rate);
            }
            if let (Some(tax), [_, Some(rates)]) = (&mut export_tax, of_row(n)) {
                tax.extend(producer.iter().zip(rates).map(|(weight, rate)| weight * rate));
            }
        }
        Self { untaxed, taxed, producer, export_tax }
    }

    /// Producer value and export tax per unit of spending in a taxed row; nothing of others.
    fn row(&self, row: usize, exporters: usize) -> Option<(&[f64], Option<&[f64]>)> {
        let place = self.taxed.binary_search(&row).ok()?;
        let own = place * exporters..(place + 1) * exporters;
        Some((&self.producer[own.clone()], self.export_tax.as_ref().map(|tax| &tax[own])))
    }
}

impl Market {
    /// Producer value per unit of weight and spending in a row where an importer is one row, and its part
    /// that export tax adds, if there is any.
    pub fn producer_row(&self, row: usize) -> (&[f64], Option<&[f64]>) {
        let taxed = match &self.taxes {
            Taxes::Weights(rows) => rows.row(row, self.weights.exporters()),
            Taxes::None | Taxes::Parts { .. } => None,
        };
        taxed.unwrap_or_else(|| (self.weights.row(row), None))
    }

    /// Producer value, export tax and tariff per unit of spending in a cell that is not split.
    pub fn parts(&self, row: usize, exporter: usize) -> [f64; 3] {
        match &self.taxes {
            Taxes::None => [1.0, 0.0, 0.0],
            Taxes::Weights(_) => {
                let weight = self.weights.row(row)[exporter];
                if weight == 0.0 {
                    return [1.0, 0.0, 0.0];
                }
                let (producer, export_tax) = self.producer_row(row);
                let producer = producer[exporter] / weight;
                let export_tax = export_tax.map_or(0.0, |tax| tax[exporter] / weight);
                [producer, export_tax, 1.0 - producer - export_tax]
            }
            Taxes::Parts { producer, export_tax, tariff } => {
                let cell = row / self.purchasers * self.weights.exporters() + exporter;
                [producer[cell], export_tax[cell], tariff[cell]]
            }
        }
    }
}

/// A cell with wedges or with margins of hubs.
pub struct SplitCell {
    /// Who buys.
    pub importer: usize,
    /// Who sells.
    pub exporter: usize,
    /// As in [`Market::weights`], without the wedges, by row of the importer.
    pub weights: Vec<f64>,
}

/// What a market answers to costs and spending.
pub struct Cleared<'a, T> {
    /// `ln P̂` by row; 0 where nothing is bought.
    pub log_prices: &'a mut [T],
    /// `Σ_n X'` by exporter: sales at producer value.
    pub sales: &'a mut [T],
    /// Import tariffs collected, by importer; empty without any tax.
    pub tariffs: &'a mut [T],
    /// Export taxes collected, by exporter; empty without any tax.
    pub export_taxes: &'a mut [T],
    /// Spending on split cells at purchaser value; it is in none of the sums above.
    pub split_spending: &'a mut [T],
}

/// Row sums below this are computed again by logarithms: their terms may have left the range of
/// floating-point numbers.
const UNDERFLOW: f64 = 1e-250;

impl Market {
    /// Whether any of its cells that are not split has a tax.
    pub fn has_taxes(&self) -> bool {
        !matches!(self.taxes, Taxes::None)
    }

    /// Clears the market at given unit costs and spending, by row.
    ///
    /// ```text
    /// P̂_n^{−θ} = Σ_i A_ni C_i      X'_in = A_ni C_i / ((1+τ')(1+x')) · E'_n / P̂_n^{−θ}      C = ĉ^{−θ}
    /// ```
    ///
    /// No power is taken in the loop over pairs, and each row of `A` is read once: for the price, and
    /// while it is still near, for the sales. `wedge_factors` are `Π m^{−θ}` by split cell.
    pub fn clear<T: Real>(
        &self,
        log_costs: &[T],
        expenditure: &[T],
        wedge_factors: &[T],
        cleared: &mut Cleared<'_, T>,
    ) {
        let (regions, rows) = (log_costs.len(), expenditure.len());
        let theta = self.trade_elasticity;
        let zero = T::constant(0.0);
        let reference = log_costs.iter().map(|cost| cost.value()).fold(f64::INFINITY, f64::min);
        let mut scratch = vec![zero; 2 * regions + 2 * rows];
        let (powers, rest) = scratch.split_at_mut(regions);
        let (paid, rest) = rest.split_at_mut(regions);
        // `P̂^{−θ}` and spending per unit of it, by row.
        let (sums, per_sum) = rest.split_at_mut(rows);
        for (power, &cost) in powers.iter_mut().zip(log_costs) {
            *power = (cost + -reference) * -theta;
        }
        T::exp_each(powers);

        cleared.sales.fill(zero);
        cleared.export_taxes.fill(zero);
        let term = |split: usize, powers: &[T], weight: f64| {
            wedge_factors[split] * powers[self.split_cells[split].exporter] * weight
        };
        for (split, cell) in self.split_cells.iter().enumerate() {
            let own = &mut sums[cell.importer * self.purchasers..][..self.purchasers];
            for (sum, &weight) in own.iter_mut().zip(&cell.weights) {
                *sum += term(split, powers, weight);
            }
        }
        let mut some_underflowed = false;
        let mut spread = |row: usize, sum: T| {
            sums[row] += sum;
            per_sum[row] = if sums[row].value().abs() < UNDERFLOW {
                some_underflowed = true;
                zero
            } else {
                expenditure[row] / sums[row]
            };
            per_sum[row]
        };
        cleared.tariffs.fill(zero);
        match &self.taxes {
            Taxes::None => T::both_ways(&self.weights.rows(0, rows), powers, cleared.sales, spread),
            Taxes::Weights(TaxedRows { untaxed, taxed, producer, export_tax }) => {
                let free = self.weights.chosen(untaxed);
                T::both_ways(&free, powers, cleared.sales, |at, sum| spread(untaxed[at], sum));
                let prices = self.weights.chosen(taxed);
                T::both_ways(&prices, powers, &mut [], |at, sum| spread(taxed[at], sum));
                // What exporters and their treasuries get of the spending; the rest is tariffs.
                let producer = Contiguous::new(producer, regions);
                T::both_ways(&producer, powers, cleared.sales, |at, sum| {
                    let n = taxed[at];
                    cleared.tariffs[n] = expenditure[n] - sum * per_sum[n];
                    per_sum[n]
                });
                if let Some(tax) = export_tax {
                    let tax = Contiguous::new(tax, regions);
                    T::both_ways(&tax, powers, cleared.export_taxes, |at, sum| {
                        let n = taxed[at];
                        cleared.tariffs[n] = cleared.tariffs[n] - sum * per_sum[n];
                        per_sum[n]
                    });
                }
            }
            Taxes::Parts { producer, export_tax, tariff } => {
                for n in 0..regions {
                    let first = n * self.purchasers;
                    let own = self.weights.rows(first, self.purchasers);
                    paid.fill(zero);
                    T::both_ways(&own, powers, paid, |row, sum| spread(first + row, sum));
                    for i in 0..regions {
                        let cell = n * regions + i;
                        cleared.sales[i] += paid[i] * producer[cell];
                        cleared.export_taxes[i] += paid[i] * export_tax[cell];
                        cleared.tariffs[n] += paid[i] * powers[i] * tariff[cell];
                    }
                }
            }
        }
        for (split, cell) in self.split_cells.iter().enumerate() {
            let own = &per_sum[cell.importer * self.purchasers..][..self.purchasers];
            let parts = own.iter().zip(&cell.weights);
            let spending = parts
                .fold(zero, |sum, (&per_sum, &weight)| sum + term(split, powers, weight) * per_sum);
            cleared.split_spending[split] = spending;
            if let Taxes::Weights(rows) = &self.taxes
                && rows.taxed.binary_search(&cell.importer).is_ok()
            {
                let tariff = &mut cleared.tariffs[cell.importer];
                *tariff = *tariff - spending;
            }
        }
        for values in [&mut *cleared.sales, &mut *cleared.export_taxes] {
            values.iter_mut().zip(&*powers).for_each(|(value, &power)| *value = *value * power);
        }
        let underflowed: Vec<usize> = if some_underflowed {
            (0..rows).filter(|&row| sums[row].value().abs() < UNDERFLOW).collect()
        } else {
            Vec::new()
        };
        cleared.log_prices.copy_from_slice(sums);
        T::ln_each(cleared.log_prices);
        for (price, scale) in cleared.log_prices.iter_mut().zip(&self.log_scale) {
            *price = (*price + *scale) * -theta.recip() + reference;
        }
        for row in underflowed {
            if self.purchasers == 1 && self.has_taxes() {
                // What is left of differences of nothing.
                cleared.tariffs[row] = zero;
            }
            self.clear_by_logarithms(row, log_costs, expenditure[row], wedge_factors, cleared);
        }
    }

    /// Where a cell stands among the split ones, if it is one of them.
    pub fn split_place(&self, importer: usize, exporter: usize) -> Option<usize> {
        let place = |cell: &SplitCell| (cell.importer, cell.exporter);
        self.split_cells.binary_search_by_key(&(importer, exporter), place).ok()
    }

    /// Adds a purchaser whose every supplier is far more expensive than the cheapest in the world.
    fn clear_by_logarithms<T: Real>(
        &self,
        row: usize,
        log_costs: &[T],
        expenditure: T,
        wedge_factors: &[T],
        cleared: &mut Cleared<'_, T>,
    ) {
        let regions = log_costs.len();
        let theta = self.trade_elasticity;
        let (n, own) = (row / self.purchasers, row % self.purchasers);
        let weights = self.weights.row(row);
        let first = self.split_cells.partition_point(|cell| cell.importer < n);
        let end = self.split_cells.partition_point(|cell| cell.importer <= n);
        // Logarithm of each term of the sum, with where its spending goes.
        let bulk = (0..regions)
            .filter(|&i| weights[i] > 0.0)
            .map(|i| (None, i, log_costs[i] * -theta + weights[i].ln()));
        let split = (first..end)
            .map(|split| (split, &self.split_cells[split]))
            .filter(|(split, cell)| cell.weights[own] > 0.0 && wedge_factors[*split].value() > 0.0)
            .map(|(split, cell)| {
                let log_term = log_costs[cell.exporter] * -theta + cell.weights[own].ln();
                (Some(split), cell.exporter, log_term + wedge_factors[split].ln())
            });
        let suppliers: Vec<(Option<usize>, usize, T)> = bulk.chain(split).collect();
        if suppliers.is_empty() {
            cleared.log_prices[row] = T::constant(0.0);
            return;
        }
        let largest =
            suppliers.iter().map(|(.., term)| term.value()).fold(f64::NEG_INFINITY, f64::max);
        let terms: Vec<T> = suppliers.iter().map(|(.., term)| (*term + -largest).exp()).collect();
        let sum = terms.iter().fold(T::constant(0.0), |sum, &term| sum + term);
        cleared.log_prices[row] = (sum.ln() + (largest + self.log_scale[row])) * -theta.recip();
        for ((split, i, _), &term) in suppliers.into_iter().zip(&terms) {
            let spending = expenditure * term / sum;
            if let Some(split) = split {
                cleared.split_spending[split] += spending;
                continue;
            }
            let [producer, export_tax, tariff] = self.parts(row, i);
            cleared.sales[i] += spending * producer;
            if self.has_taxes() {
                cleared.export_taxes[i] += spending * export_tax;
                cleared.tariffs[n] += spending * tariff;
            }
        }
    }
}
