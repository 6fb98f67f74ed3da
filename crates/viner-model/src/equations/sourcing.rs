//! One sector on the world market: from delivered costs to prices, and from spending to sales.

use std::ops::Range;

use viner_numerics::Real;

/// What does not change while a sector's market is solved: `[importer, exporter]` in each array.
pub struct Market {
    /// θ.
    pub trade_elasticity: f64,
    /// `π · remaining · (κ̂ (1+x')/(1+x) (1+τ')/(1+τ))^{−θ}` over the largest factor of its row.
    pub weights: Vec<f64>,
    /// Logarithm of the largest factor of each row, by importer.
    pub log_scale: Vec<f64>,
    /// `weights / ((1+τ')(1+x'))`: producer value per unit of spending; `weights` if absent.
    pub producer_weights: Option<Vec<f64>>,
    /// `x' · producer_weights`: export tax per unit of spending; none if absent.
    pub export_tax_weights: Option<Vec<f64>>,
    /// Cells whose spending is split between more than their exporter and the treasuries, by
    /// importer and exporter. They have no weight in the arrays above.
    pub split_cells: Vec<SplitCell>,
}

/// A cell with wedges or with margins of hubs.
pub struct SplitCell {
    /// Who buys.
    pub importer: usize,
    /// Who sells.
    pub exporter: usize,
    /// As in [`Market::weights`], without the wedges.
    pub weight: f64,
}

/// What a market answers to costs and spending.
pub struct Cleared<'a, T> {
    /// `ln P̂` by importer; 0 where nothing is bought.
    pub log_prices: &'a mut [T],
    /// `Σ_n X'` by exporter: sales at producer value.
    pub sales: &'a mut [T],
    /// Import tariffs collected, by importer.
    pub tariffs: &'a mut [T],
    /// Export taxes collected, by exporter.
    pub export_taxes: &'a mut [T],
    /// Spending on split cells at purchaser value; it is in none of the sums above.
    pub split_spending: &'a mut [T],
}

/// Row sums below this are computed again by logarithms: their terms may have left the range of
/// floating-point numbers.
const UNDERFLOW: f64 = 1e-250;

impl Market {
    /// Clears the market at given unit costs and spending.
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
        let regions = log_costs.len();
        let theta = self.trade_elasticity;
        let zero = T::constant(0.0);
        let reference = log_costs.iter().map(|cost| cost.value()).fold(f64::INFINITY, f64::min);
        let mut scratch = vec![zero; 3 * regions];
        let (powers, rest) = scratch.split_at_mut(regions);
        // `P̂^{−θ}` and spending per unit of it, by importer.
        let (sums, per_sum) = rest.split_at_mut(regions);
        for (power, &cost) in powers.iter_mut().zip(log_costs) {
            *power = (cost + -reference) * -theta;
        }
        T::exp_each(powers);

        cleared.sales.fill(zero);
        cleared.export_taxes.fill(zero);
        for (split, cell) in self.split_cells.iter().enumerate() {
            let term = wedge_factors[split] * powers[cell.exporter] * cell.weight;
            cleared.split_spending[split] = term;
            sums[cell.importer] += term;
        }
        let mut some_underflowed = false;
        let mut spread = |n: usize, sum: T| {
            sums[n] += sum;
            per_sum[n] = if sums[n].value().abs() < UNDERFLOW {
                some_underflowed = true;
                zero
            } else {
                expenditure[n] / sums[n]
            };
            per_sum[n]
        };
        match &self.producer_weights {
            None => {
                T::both_ways(&self.weights, powers, cleared.sales, spread);
                cleared.tariffs.fill(zero);
            }
            Some(producer) => {
                T::both_ways(&self.weights, powers, &mut [], &mut spread);
                // What exporters and their treasuries get of the spending; the rest is tariffs.
                T::both_ways(producer, powers, cleared.sales, |n, sum| {
                    cleared.tariffs[n] = expenditure[n] - sum * per_sum[n];
                    per_sum[n]
                });
                if let Some(tax) = &self.export_tax_weights {
                    T::both_ways(tax, powers, cleared.export_taxes, |n, sum| {
                        cleared.tariffs[n] = cleared.tariffs[n] - sum * per_sum[n];
                        per_sum[n]
                    });
                }
            }
        }
        for (split, cell) in self.split_cells.iter().enumerate() {
            let spending = &mut cleared.split_spending[split];
            *spending = *spending * per_sum[cell.importer];
            if self.producer_weights.is_some() {
                let tariff = &mut cleared.tariffs[cell.importer];
                *tariff = *tariff - *spending;
            }
        }
        for i in 0..regions {
            cleared.sales[i] = cleared.sales[i] * powers[i];
            cleared.export_taxes[i] = cleared.export_taxes[i] * powers[i];
        }
        let underflowed: Vec<usize> = if some_underflowed {
            (0..regions).filter(|&n| sums[n].value().abs() < UNDERFLOW).collect()
        } else {
            Vec::new()
        };
        cleared.log_prices.copy_from_slice(sums);
        T::ln_each(cleared.log_prices);
        for (price, scale) in cleared.log_prices.iter_mut().zip(&self.log_scale) {
            *price = (*price + *scale) * -theta.recip() + reference;
        }
        for n in underflowed {
            let first = self.split_cells.partition_point(|cell| cell.importer < n);
            let end = self.split_cells.partition_point(|cell| cell.importer <= n);
            self.clear_by_logarithms(
                n,
                first..end,
                log_costs,
                expenditure[n],
                wedge_factors,
                cleared,
            );
        }
    }

    /// Where a cell stands among the split ones, if it is one of them.
    pub fn split_place(&self, importer: usize, exporter: usize) -> Option<usize> {
        let place = |cell: &SplitCell| (cell.importer, cell.exporter);
        self.split_cells.binary_search_by_key(&(importer, exporter), place).ok()
    }

    /// One importer whose every supplier is far more expensive than the cheapest in the world.
    fn clear_by_logarithms<T: Real>(
        &self,
        n: usize,
        splits: Range<usize>,
        log_costs: &[T],
        expenditure: T,
        wedge_factors: &[T],
        cleared: &mut Cleared<'_, T>,
    ) {
        let regions = log_costs.len();
        let theta = self.trade_elasticity;
        let weights = &self.weights[n * regions..(n + 1) * regions];
        // Logarithm of each term of the sum, with where its spending goes.
        let bulk = (0..regions)
            .filter(|&i| weights[i] > 0.0)
            .map(|i| (None, i, log_costs[i] * -theta + weights[i].ln()));
        let split = splits
            .clone()
            .filter(|&split| {
                self.split_cells[split].weight > 0.0 && wedge_factors[split].value() > 0.0
            })
            .map(|split| {
                let cell = &self.split_cells[split];
                let log_term = log_costs[cell.exporter] * -theta + cell.weight.ln();
                (Some(split), cell.exporter, log_term + wedge_factors[split].ln())
            });
        let suppliers: Vec<(Option<usize>, usize, T)> = bulk.chain(split).collect();
        for slot in &mut cleared.split_spending[splits] {
            *slot = T::constant(0.0);
        }
        cleared.tariffs[n] = T::constant(0.0);
        if suppliers.is_empty() {
            cleared.log_prices[n] = T::constant(0.0);
            return;
        }
        let largest =
            suppliers.iter().map(|(.., term)| term.value()).fold(f64::NEG_INFINITY, f64::max);
        let terms: Vec<T> = suppliers.iter().map(|(.., term)| (*term + -largest).exp()).collect();
        let sum = terms.iter().fold(T::constant(0.0), |sum, &term| sum + term);
        cleared.log_prices[n] = (sum.ln() + (largest + self.log_scale[n])) * -theta.recip();
        for ((split, i, _), &term) in suppliers.into_iter().zip(&terms) {
            let spending = expenditure * term / sum;
            if let Some(split) = split {
                cleared.split_spending[split] = spending;
                continue;
            }
            let cell = n * regions + i;
            let part = |array: &Vec<f64>| array[cell] / self.weights[cell];
            let producer_value = spending * self.producer_weights.as_ref().map_or(1.0, part);
            let export_tax = spending * self.export_tax_weights.as_ref().map_or(0.0, part);
            cleared.sales[i] += producer_value;
            cleared.export_taxes[i] += export_tax;
            if self.producer_weights.is_some() {
                cleared.tariffs[n] += spending - producer_value - export_tax;
            }
        }
    }
}
