//! The image of activities and prices backwards: from derivatives by it to derivatives by what it is
//! calculated from.

use viner_numerics::Real;
use viner_numerics::kernel::dense::{add_scaled, dot, transpose};

use super::EquilibriumMap;
use super::evaluation::Evaluation;
use crate::equilibrium::system::{System, slice};

/// The image of activities and prices at one point.
pub struct LevelsBackward<'a> {
    system: &'a System<'a>,
    /// Part of the implied change that is taken, by cell; 0 where nothing is produced.
    relaxation: Vec<f64>,
    /// Part of the activity that stays, by cell; 0 where nothing is produced.
    staying: Vec<f64>,
    /// `1 / Σ_n X'`, by cell; 0 where nothing is produced.
    per_sale: Vec<f64>,
    /// Part in world value added, as sales imply it, by cell.
    world_share: Vec<f64>,
    /// Prices that are no unknowns, `[sector, region, purchaser]`.
    unbought: Vec<usize>,
}

/// Derivatives with respect to what the image of activities and prices is calculated from.
pub struct LevelsPull {
    /// By the activities that it starts from, by cell.
    pub log_activity: Vec<f64>,
    /// By sales, `[sector, region]`.
    pub sales: Vec<f64>,
    /// By `ln(β'/β)`, by cell.
    pub log_share_shift: Vec<f64>,
    /// By `ln P̂`, `[sector, region, purchaser]`.
    pub log_prices: Vec<f64>,
}

impl<'a> LevelsBackward<'a> {
    /// The image that `map`, the map of `system`, makes of an evaluation.
    pub fn new<T: Real>(
        system: &'a System<'a>,
        map: &EquilibriumMap<'_>,
        evaluation: &Evaluation<T>,
    ) -> Self {
        let (cells, sectors) = (system.cells(), system.markets.len());
        let regions = cells / sectors;
        let (output, value_added) = (slice(&system.output), slice(&system.value_added));
        let sales: Vec<f64> = (0..cells)
            .map(|cell| evaluation.sales[cell % sectors * regions + cell / sectors].value())
            .collect();
        let mut world_share: Vec<f64> = (0..cells)
            .map(|cell| match value_added[cell] {
                0.0 => 0.0,
                before => {
                    let shift = evaluation.log_share_shift[cell].value();
                    sales[cell] / output[cell] * shift.exp() * before
                }
            })
            .collect();
        let world: f64 = world_share.iter().sum();
        for share in &mut world_share {
            *share /= world;
        }
        let if_produced = |cell: usize, value: f64| if output[cell] == 0.0 { 0.0 } else { value };
        let part = |cell: usize| map.relaxation.get(cell).copied().unwrap_or(1.0);
        let purchasers = system.purchasers;
        let is_bought = |place: &usize| {
            let (row, s) = (place % (regions * purchasers), place / (regions * purchasers));
            system.survivors.buys(row / purchasers, row % purchasers, s)
        };
        Self {
            system,
            relaxation: (0..cells).map(|cell| if_produced(cell, part(cell))).collect(),
            staying: (0..cells).map(|cell| if_produced(cell, 1.0 - part(cell))).collect(),
            per_sale: (0..cells).map(|cell| if_produced(cell, sales[cell].recip())).collect(),
            world_share,
            unbought: (0..system.prices()).filter(|place| !is_bought(place)).collect(),
        }
    }

    /// From derivatives by the image, activities first.
    pub fn pull(&self, image: &[f64]) -> LevelsPull {
        let (cells, sectors) = (self.system.cells(), self.system.markets.len());
        let (activity, prices) = image.split_at(cells);
        let times = |one: &[f64], other: &[f64]| -> Vec<f64> {
            one.iter().zip(other).map(|(one, other)| one * other).collect()
        };
        // The numeraire keeps world value added what it was.
        let mut implied = times(activity, &self.relaxation);
        let all = dot(activity, &self.relaxation);
        add_scaled(&mut implied, &self.world_share, -all);
        let (mut sales, mut log_prices) = (vec![0.0; cells], vec![0.0; prices.len()]);
        transpose(&times(&implied, &self.per_sale), sectors, 0, &mut sales);
        transpose(prices, sectors, 0, &mut log_prices);
        for &place in &self.unbought {
            log_prices[place] = 0.0;
        }
        LevelsPull {
            log_activity: times(activity, &self.staying),
            sales,
            log_share_shift: implied,
            log_prices,
        }
    }
}
