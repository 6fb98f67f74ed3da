//! Trade flows of a column, from its prices and spending.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the kernel")]

use std::sync::Arc;

use viner_numerics::columns::Lanes;
use viner_numerics::kernel::{self, Work};

use super::columns::Columns;
use super::map::Values;
use super::shared::Shared;
use crate::equilibrium::flows::Rows;

/// What the flows of a column follow from, whose weights but of touched cells are those of all columns.
pub(super) struct ColumnFlows {
    shared: Arc<Shared>,
    /// `ĉ^{−θ}`, `[sector, exporter]`.
    cost_powers: Vec<f64>,
    /// `E' / Σ_i π d̂^{−θ}`, `[sector, importer]`.
    spending_factors: Vec<f64>,
    /// Flows of touched cells, in their order.
    touched: Vec<f64>,
}

impl ColumnFlows {
    /// The flows of a column, evaluated.
    pub fn new(shared: &Arc<Shared>, columns: &Columns, values: &Values, lane: usize) -> Self {
        let of_lane = |all: &[Lanes]| all.iter().map(|value| value.0[lane]).collect();
        let cost_powers: Vec<f64> = of_lane(&values.cost_powers);
        let spending_factors: Vec<f64> = of_lane(&values.spending_factors);
        let regions = values.totals.len();
        let touched = shared.touched.iter().zip(&columns.cells).map(|(touched, own)| {
            let block = touched.cell.0 * regions;
            let power = cost_powers[block + touched.exporter];
            own.producer.0[lane] * power * spending_factors[block + touched.importer]
        });
        let touched = touched.collect();
        Self { shared: Arc::clone(shared), cost_powers, spending_factors, touched }
    }

    fn regions(&self) -> usize {
        self.cost_powers.len() / self.shared.markets.len()
    }
}

impl Rows for ColumnFlows {
    fn shape(&self) -> (usize, usize) {
        (self.shared.markets.len(), self.regions())
    }

    fn row(&self, sector: usize, importer: usize, flows: &mut [f64]) {
        let (regions, shared) = (self.regions(), &self.shared);
        let market = sector * regions + importer;
        kernel::run(Row {
            weights: &shared.markets[sector].producer()[importer * regions..][..regions],
            powers: &self.cost_powers[sector * regions..][..regions],
            factor: self.spending_factors[market],
            flows,
        });
        let touched = shared.touched_in(market..market + 1);
        for (cell, flow) in shared.touched[touched.clone()].iter().zip(&self.touched[touched]) {
            flows[cell.exporter] = *flow;
        }
    }

    fn cell(&self, sector: usize, importer: usize, exporter: usize) -> f64 {
        let (regions, shared) = (self.regions(), &self.shared);
        let market = sector * regions + importer;
        let touched = shared.touched_in(market..market + 1);
        let own = &shared.touched[touched.clone()];
        if let Ok(place) = own.binary_search_by_key(&exporter, |cell| cell.exporter) {
            return self.touched[touched.start + place];
        }
        let weight = shared.markets[sector].producer()[importer * regions + exporter];
        let power = self.cost_powers[sector * regions + exporter];
        weight * power * self.spending_factors[market]
    }
}

/// What an importer buys: `flows[i] = weights[i] · powers[i] · factor`.
struct Row<'a> {
    weights: &'a [f64],
    powers: &'a [f64],
    factor: f64,
    flows: &'a mut [f64],
}

impl Work for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let terms = self.weights.iter().zip(self.powers);
        for (flow, (weight, power)) in self.flows.iter_mut().zip(terms) {
            *flow = weight * power * self.factor;
        }
    }
}
