//! The wedges of a problem, laid out for evaluation.

use viner_numerics::Real;

use crate::equations::limits::{CapTrack, Terms, Track, WedgePoint};
use crate::equations::rents::{Rent, RentRule};
use crate::problem::{Problem, Survivors, TradeCell, Wedge, WedgeRule};

/// One wedge.
pub struct WedgeLine {
    /// How it follows from its unknown.
    pub track: Track,
    /// Who gets its rent.
    rule: WedgeRule,
    /// Its open cells.
    pub cells: Vec<LimitedCell>,
    /// Exporter, sector and `ln (1+x')/(1+x)`, where the limit is on a price.
    priced: Option<(usize, usize, f64)>,
}

/// A cell under a limit.
#[derive(Clone, Copy)]
pub struct LimitedCell {
    /// Sector.
    pub sector: usize,
    /// Position among the split cells of the sector.
    pub split: usize,
    /// Exporter.
    pub exporter: usize,
    /// Quantity, relative to the baseline quantity of all cells of the wedge, per unit of
    /// [`Split::goods`](crate::equations::rents::Split) at baseline cost.
    pub quantity: f64,
}

/// All wedges of a problem, given the split cells of each sector.
pub fn lines(
    problem: &Problem,
    survivors: &Survivors,
    splits: &[Vec<TradeCell>],
) -> Vec<WedgeLine> {
    problem
        .counterfactual
        .wedges
        .iter()
        .map(|wedge| WedgeLine::new(problem, survivors, splits, wedge))
        .collect()
}

impl WedgeLine {
    fn new(
        problem: &Problem,
        survivors: &Survivors,
        splits: &[Vec<TradeCell>],
        wedge: &Wedge,
    ) -> Self {
        let counterfactual = &problem.counterfactual;
        let baseline = &problem.baseline;
        let (mut cells, mut theta) = (Vec::new(), 0.0);
        for &(cell, part) in &wedge.cells {
            let (s, n, i) = cell;
            theta += part * problem.elasticities.trade[s];
            let Ok(split) = splits[s].binary_search(&cell) else { continue };
            if !survivors.buys[[n, s]] {
                continue;
            }
            let change = counterfactual.cell(baseline, cell);
            let arrival = counterfactual.blend(&change, problem.elasticities.trade[s]).arrival;
            let base = baseline.trade_flows[[s, n, i]] * change.trade_cost;
            let quantity = part * arrival / (base * (1.0 + change.export_tax));
            cells.push(LimitedCell { sector: s, split, exporter: i, quantity });
        }
        let track = match &wedge.rule {
            _ if cells.is_empty() => Track::Idle,
            WedgeRule::Quota { limit, rent_to_exporter } => {
                let log_limit = limit.ln();
                let terms =
                    Terms { log_limit, rent_to_exporter: *rent_to_exporter, ..Terms::default() };
                Track::Quota { terms, step: (1.0 + theta).recip() }
            }
            WedgeRule::PriceCap(cap) => Track::Cap(CapTrack::new(cap, theta)),
        };
        let priced = match (&wedge.rule, wedge.cells.first()) {
            (WedgeRule::PriceCap(_), Some(&((s, n, i), _))) => {
                let tax = counterfactual.cell(baseline, (s, n, i)).export_tax;
                Some((i, s, ((1.0 + tax) / (1.0 + baseline.export_tax(s, n, i))).ln()))
            }
            _ => None,
        };
        Self { track, rule: wedge.rule.clone(), cells, priced }
    }

    /// `ln b`: the exporter's price at the border, relative to the baseline, from the logarithms of
    /// unit costs, `[region, sector]`; 0 where the limit is on a quantity.
    pub fn log_price<T: Real>(&self, log_costs: &[T], sectors: usize) -> T {
        self.priced.map_or(T::constant(0.0), |(exporter, sector, log_tax)| {
            log_costs[exporter * sectors + sector] + log_tax
        })
    }

    /// `H`: outside shipping at a point of the track, relative to the baseline quantity.
    pub fn shadow<T: Real>(&self, point: &WedgePoint<T>, log_quantity: T) -> T {
        match &self.rule {
            WedgeRule::Quota { .. } => T::constant(0.0),
            WedgeRule::PriceCap(cap) => {
                if cap.capacity < log_quantity.value().exp() {
                    point.shadow_use * point.terms.capacity
                } else {
                    point.shadow_use * log_quantity.exp()
                }
            }
        }
    }

    /// The wedge as the accounts of its cells see it.
    pub fn rent<T: Real>(&self, point: &WedgePoint<T>, log_quantity: T) -> Rent<T> {
        let rule = match &self.rule {
            WedgeRule::Quota { .. } => RentRule::Shared(point.terms.rent_to_exporter),
            WedgeRule::PriceCap(cap) => {
                let zero = T::constant(0.0);
                let [shadow_share, cost] = if cap.capacity > 0.0 || point.shadow_use.value() > 0.0 {
                    let share = self.shadow(point, log_quantity) * (-log_quantity).exp();
                    [share, point.terms.cost]
                } else {
                    [zero, zero]
                };
                RentRule::Shipped { shadow_share, cost, owner: cap.owner }
            }
        };
        Rent { inverse: point.inverse, rule }
    }
}
