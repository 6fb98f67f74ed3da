//! The shares of suppliers, backwards.

use super::{MarketBackward, MarketPull, MarketSeeds};

impl MarketBackward<'_> {
    /// Derivatives by the baseline shares of all cells, `[row, exporter]`, the other shares of a row giving
    /// way in proportion; not finite where there is no trade, or no other. `pull` is the derivative by what
    /// the market is asked, `shares` tells the baseline shares of a row.
    ///
    /// Weights are proportional to shares: with `g` the derivatives by their logarithms, which sum to
    /// `−(by ln P̂)/θ` as the mean of `v` is `v̄`, it is `(g − π Σ g) / (π (1−π))`.
    pub fn by_shares<'s>(
        &self,
        seeds: &MarketSeeds<'_>,
        pull: &MarketPull,
        shares: impl Fn(usize) -> &'s [f64],
        by_shares: &mut [f64],
    ) {
        let regions = self.regions();
        let mut worth = vec![0.0; regions];
        let mut flows = seeds.flows.iter().peekable();
        let mut remote = self.remote.iter().peekable();
        for n in 0..regions {
            self.worth(seeds, n, &mut worth);
            while let Some((_, i, seed)) = flows.next_if(|(importer, ..)| *importer == n) {
                worth[*i] += seed * self.producer(n, *i);
            }
            let first = self.market.split_cells.partition_point(|cell| cell.importer < n);
            let end = self.market.split_cells.partition_point(|cell| cell.importer <= n);
            let splits = || (first..end).zip(&self.market.split_cells[first..end]);
            for (split, cell) in splits() {
                worth[cell.exporter] = seeds.split_spending[split];
            }
            for row in self.rows(n) {
                let own = &mut by_shares[row * regions..(row + 1) * regions];
                let spending = self.expenditure[row];
                if spending == 0.0 {
                    own.fill(0.0);
                    continue;
                }
                if let Some((_, shares)) = remote.next_if(|(remote, _)| *remote == row) {
                    own.copy_from_slice(shares);
                } else {
                    let weights = self.market.weights.row(row);
                    let factors = weights.iter().zip(&self.cost_factors);
                    for (slot, (weight, cost)) in own.iter_mut().zip(factors) {
                        *slot = weight * cost * self.price_factors[row];
                    }
                }
                for (split, cell) in splits() {
                    own[cell.exporter] = self.split_shares[split][row - self.rows(n).start];
                }
                let all = -seeds.log_prices[row] / self.market.trade_elasticity;
                let level = all - spending * pull.expenditure[row];
                for ((slot, worth), before) in own.iter_mut().zip(&worth).zip(shares(row)) {
                    let by_weight = *slot * (spending * worth + level);
                    *slot = (by_weight - before * all) / (before * (1.0 - before));
                }
            }
        }
    }
}
