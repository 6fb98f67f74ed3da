//! Trade flows of an equilibrium, from its prices and spending.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use ndarray::{Array3, Axis, s};
use viner_numerics::kernel::{dense, elementary};

use crate::equations::sourcing::{Market, Taxes};

/// `X'`: producer value, `[sector, importer, exporter]`.
///
/// There are far more of them than of the prices and the spending that they follow from: rows and cells
/// are computed when they are asked for, and all are held from when they are first used as an array.
#[derive(Clone)]
pub struct TradeFlows {
    /// What they follow from; nothing where all are held from the start.
    rows: Option<Arc<dyn Rows>>,
    held: OnceLock<Array3<f64>>,
}

/// What flows follow from.
pub(super) trait Rows: Send + Sync {
    /// Numbers of sectors and of regions.
    fn shape(&self) -> (usize, usize);

    /// Writes the flows of a sector to an importer into `flows`, by exporter.
    fn row(&self, sector: usize, importer: usize, flows: &mut [f64]);

    /// One flow.
    fn cell(&self, sector: usize, importer: usize, exporter: usize) -> f64;
}

impl TradeFlows {
    /// Flows that are computed when they are asked for.
    pub(super) fn new(rows: impl Rows + 'static) -> Self {
        Self { rows: Some(Arc::new(rows)), held: OnceLock::new() }
    }

    /// Writes the flows of a sector to an importer into `flows`, by exporter.
    pub fn row(&self, sector: usize, importer: usize, flows: &mut [f64]) {
        if let (None, Some(rows)) = (self.held.get(), &self.rows) {
            rows.row(sector, importer, flows);
        } else {
            let row = self.slice(s![sector, importer, ..]);
            flows.iter_mut().zip(row).for_each(|(flow, held)| *flow = *held);
        }
    }

    /// One flow.
    pub fn cell(&self, sector: usize, importer: usize, exporter: usize) -> f64 {
        match (self.held.get(), &self.rows) {
            (None, Some(rows)) => rows.cell(sector, importer, exporter),
            _ => self[[sector, importer, exporter]],
        }
    }

    /// On one thread: while a lock is held for the result, no work of others may be taken up that could
    /// ask for it, too.
    fn all(&self) -> Array3<f64> {
        let Some(rows) = &self.rows else { return Array3::zeros((0, 0, 0)) };
        let (sectors, regions) = rows.shape();
        let mut flows = Array3::zeros((sectors, regions, regions));
        for (at, mut row) in flows.lanes_mut(Axis(2)).into_iter().enumerate() {
            let row = row.as_slice_mut().unwrap_or_default();
            rows.row(at / regions, at % regions, row);
        }
        flows
    }
}

impl Deref for TradeFlows {
    type Target = Array3<f64>;

    fn deref(&self) -> &Self::Target {
        self.held.get_or_init(|| self.all())
    }
}

impl DerefMut for TradeFlows {
    fn deref_mut(&mut self) -> &mut Self::Target {
        let held = self.held.take().unwrap_or_else(|| self.all());
        *self = Self::from(held);
        self.held.get_mut().unwrap_or_else(|| unreachable!("just set"))
    }
}

impl From<Array3<f64>> for TradeFlows {
    fn from(flows: Array3<f64>) -> Self {
        Self { rows: None, held: OnceLock::from(flows) }
    }
}

impl std::fmt::Debug for TradeFlows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl PartialEq for TradeFlows {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// By sector.
impl Rows for Vec<SectorFlows> {
    fn shape(&self) -> (usize, usize) {
        (self.len(), self.first().map_or(0, |sector| sector.log_costs.len()))
    }

    fn row(&self, sector: usize, importer: usize, flows: &mut [f64]) {
        self[sector].row(importer, flows);
    }

    fn cell(&self, sector: usize, importer: usize, exporter: usize) -> f64 {
        self[sector].cell(importer, exporter)
    }
}

/// What the flows of one sector follow from.
pub(super) struct SectorFlows {
    market: Arc<Market>,
    /// `ln ĉ` by exporter.
    log_costs: Vec<f64>,
    /// `(ĉ / least)^{−θ}` by exporter.
    cost_powers: Vec<f64>,
    /// The least of these; the largest is 1.
    least_power: f64,
    /// `ln P̂` by row of the market.
    log_prices: Vec<f64>,
    /// What turns `weight · cost power` of a row into a share, by row.
    price_powers: Vec<f64>,
    /// `E'` by row.
    expenditure: Vec<f64>,
    /// Producer value of split cells, in their order.
    split: Vec<f64>,
}

impl SectorFlows {
    /// The flows at `ln ĉ` by exporter and, by row of the market, the `ln P̂` that these costs imply, so
    /// that a row adds up to its spending, and `E'`. Split cells have none yet.
    pub fn new(
        market: &Arc<Market>,
        log_costs: Vec<f64>,
        log_prices: Vec<f64>,
        expenditure: Vec<f64>,
    ) -> Self {
        // The least.
        let reference = log_costs.iter().copied().fold(f64::INFINITY, f64::min);
        let theta = market.trade_elasticity;
        let mut cost_powers: Vec<f64> =
            log_costs.iter().map(|cost| -theta * (cost - reference)).collect();
        elementary::exp(&mut cost_powers);
        let scales = log_prices.iter().zip(&market.log_scale);
        let mut price_powers: Vec<f64> =
            scales.map(|(price, scale)| scale + theta * (price - reference)).collect();
        elementary::exp(&mut price_powers);
        Self {
            market: Arc::clone(market),
            log_costs,
            least_power: cost_powers.iter().copied().fold(f64::INFINITY, f64::min),
            cost_powers,
            log_prices,
            price_powers,
            expenditure,
            split: vec![0.0; market.split_cells.len()],
        }
    }

    /// Sets the producer value of a split cell, by its place among them.
    pub fn set_split(&mut self, split: usize, producer_value: f64) {
        self.split[split] = producer_value;
    }

    /// Writes the flows to an importer into `flows`, by exporter.
    pub fn row(&self, importer: usize, flows: &mut [f64]) {
        let market = &self.market;
        flows.fill(0.0);
        for row in self.rows(importer) {
            let (weights, spending) = (market.producer_row(row).0, self.expenditure[row]);
            let price_power = self.price_powers[row];
            if spending == 0.0 {
                continue;
            }
            if price_power.is_normal() && (self.least_power * price_power).is_normal() {
                dense::add_products(flows, weights, &self.cost_powers, price_power * spending);
                continue;
            }
            for (i, (flow, weight)) in flows.iter_mut().zip(weights).enumerate() {
                *flow += self.sold(row, i, *weight, price_power);
            }
        }
        if let Taxes::Parts { producer, .. } = &market.taxes {
            let parts = &producer[importer * flows.len()..];
            flows.iter_mut().zip(parts).for_each(|(flow, part)| *flow *= part);
        }
        let first = market.split_cells.partition_point(|cell| cell.importer < importer);
        let of_row = market.split_cells[first..].iter().zip(&self.split[first..]);
        for (cell, value) in of_row.take_while(|(cell, _)| cell.importer == importer) {
            flows[cell.exporter] = *value;
        }
    }

    /// One flow.
    pub fn cell(&self, importer: usize, exporter: usize) -> f64 {
        let market = &self.market;
        if let Some(split) = market.split_place(importer, exporter) {
            return self.split[split];
        }
        let sold: f64 = self
            .rows(importer)
            .map(|row| {
                let weight = market.producer_row(row).0[exporter];
                self.sold(row, exporter, weight, self.price_powers[row])
            })
            .sum();
        match &market.taxes {
            Taxes::Parts { producer, .. } => {
                sold * producer[importer * self.log_costs.len() + exporter]
            }
            Taxes::None | Taxes::Weights(_) => sold,
        }
    }

    /// Importers whose purchases are taxed somewhere.
    pub fn taxed(&self) -> Vec<usize> {
        match &self.market.taxes {
            Taxes::None => Vec::new(),
            Taxes::Weights(rows) => rows.taxed.clone(),
            Taxes::Parts { .. } => (0..self.log_costs.len()).collect(),
        }
    }

    fn rows(&self, importer: usize) -> std::ops::Range<usize> {
        importer * self.market.purchasers..(importer + 1) * self.market.purchasers
    }

    fn sold(&self, row: usize, exporter: usize, weight: f64, price_power: f64) -> f64 {
        let factor = self.cost_powers[exporter] * price_power;
        if weight == 0.0 || self.expenditure[row] == 0.0 {
            return 0.0;
        }
        let factor = if factor.is_normal() {
            factor
        } else {
            let above = self.log_costs[exporter] - self.log_prices[row];
            (self.market.log_scale[row] - self.market.trade_elasticity * above).exp()
        };
        weight * factor * self.expenditure[row]
    }
}
