//! The image of activities and prices backwards: from derivatives by it to derivatives by what it is
//! calculated from.

use viner_numerics::Real;

use super::EquilibriumMap;
use super::evaluation::Evaluation;
use crate::equilibrium::system::{System, slice};

/// The image of activities and prices at one point.
pub struct LevelsBackward<'a> {
    system: &'a System<'a>,
    /// Part of the implied change that is taken, by cell; 0 where nothing is produced.
    relaxation: Vec<f64>,
    /// `Σ_n X'`, by cell.
    sales: Vec<f64>,
    /// Part in world value added, as sales imply it, by cell.
    world_share: Vec<f64>,
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
        let relaxation = output
            .iter()
            .zip(&map.relaxation)
            .map(|(output, part)| if *output == 0.0 { 0.0 } else { *part })
            .collect();
        Self { system, relaxation, sales, world_share }
    }

    /// From derivatives by the image, activities first.
    pub fn pull(&self, image: &[f64]) -> LevelsPull {
        let (cells, sectors) = (self.system.cells(), self.system.markets.len());
        let (regions, purchasers) = (cells / sectors, self.system.purchasers);
        let (activity, prices) = image.split_at(cells);
        let taken: Vec<f64> =
            activity.iter().zip(&self.relaxation).map(|(by, part)| by * part).collect();
        // The numeraire keeps world value added what it was.
        let all: f64 = taken.iter().sum();
        let implied = taken.iter().zip(&self.world_share).map(|(own, share)| own - all * share);
        let implied: Vec<f64> = implied.collect();
        let produces = |cell: usize| self.relaxation[cell] != 0.0;
        let mut pull = LevelsPull {
            log_activity: (0..cells)
                .map(|cell| if produces(cell) { activity[cell] - taken[cell] } else { 0.0 })
                .collect(),
            sales: vec![0.0; cells],
            log_share_shift: implied,
            log_prices: vec![0.0; self.system.prices()],
        };
        for s in 0..sectors {
            for n in 0..regions {
                let cell = n * sectors + s;
                if produces(cell) {
                    pull.sales[s * regions + n] = pull.log_share_shift[cell] / self.sales[cell];
                }
                for purchaser in 0..purchasers {
                    if self.system.survivors.buys(n, purchaser, s) {
                        let row = n * purchasers + purchaser;
                        pull.log_prices[s * regions * purchasers + row] = prices[row * sectors + s];
                    }
                }
            }
        }
        pull
    }
}
