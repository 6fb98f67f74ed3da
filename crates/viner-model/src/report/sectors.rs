//! Outcomes by region and sector.

use ndarray::{Array2, Zip};

use crate::equilibrium::Equilibrium;
use crate::problem::Problem;

/// Outcomes by region and sector, `[region, sector]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SectorOutcomes {
    /// `Y` in millions.
    pub output_base: Array2<f64>,
    /// `Y'` in millions.
    pub output: Array2<f64>,
    /// `ĉ − 1`: change of the producer price; 0 in a sector that is empty in the baseline.
    pub price: Array2<f64>,
    /// `V` in millions.
    pub value_added_base: Array2<f64>,
    /// `V'` in millions.
    pub value_added: Array2<f64>,
    /// `(Y'/Y)/ĉ`; NaN in a sector that is empty in the baseline.
    pub quantity: Array2<f64>,
}

impl SectorOutcomes {
    /// Computes all outcomes by region and sector.
    pub fn of(problem: &Problem, equilibrium: &Equilibrium) -> Self {
        let baseline = &problem.baseline;
        let quantity = Zip::from(&equilibrium.output)
            .and(&baseline.output)
            .and(&equilibrium.unit_cost)
            .map_collect(|new, old, cost| if *old == 0.0 { f64::NAN } else { new / old / cost });
        Self {
            output_base: baseline.output.clone(),
            output: equilibrium.output.clone(),
            price: &equilibrium.unit_cost - 1.0,
            value_added_base: baseline.value_added.clone(),
            value_added: equilibrium.value_added.clone(),
            quantity,
        }
    }
}

/// Income of the specific factor, in millions, `[region, sector]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfitOutcomes {
    /// `φ V`.
    pub profit_base: Array2<f64>,
    /// `φ V'`, before the sector tax.
    pub profit: Array2<f64>,
    /// What the sector tax takes of it; the region's household receives it.
    pub tax: Array2<f64>,
}

impl ProfitOutcomes {
    /// Computes the income of every specific factor.
    pub fn of(problem: &Problem, equilibrium: &Equilibrium) -> Self {
        let share = &problem.elasticities.specific_factor_share;
        let profit = share * &equilibrium.value_added;
        Self {
            profit_base: share * &problem.baseline.value_added,
            tax: &profit * &problem.counterfactual.profit_tax,
            profit,
        }
    }
}
