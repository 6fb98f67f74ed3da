//! Sales of intermediates: the part of trade that goes into production.

use ndarray::{Array2, Array3, Axis, s};

use crate::baseline::Baseline;
use crate::equilibrium::{Equilibrium, users};
use crate::problem::Problem;

/// What of each cell's producer value is bought as an input, `[sector, importer, exporter]`, in
/// millions.
///
/// `X_in^s Σ_k γ_n^sk Y_n^k / E_n^s` where all users of a region buy a good from its suppliers in the same
/// proportions; where they have trade shares of their own, the part of the cell that they buy.
#[derive(Clone, Debug, PartialEq)]
pub struct IntermediateSales {
    /// In the baseline.
    pub value_base: Array3<f64>,
    /// In the equilibrium.
    pub value: Array3<f64>,
}

impl IntermediateSales {
    /// Computes those of all cells, domestic cells included.
    pub fn of(problem: &Problem, equilibrium: &Equilibrium) -> Self {
        let baseline = &problem.baseline;
        if problem.user_shares().is_some() {
            return Self {
                value_base: of_producers(problem, None, &baseline.trade_flows),
                value: of_producers(problem, Some(equilibrium), &equilibrium.trade_flows),
            };
        }
        Self {
            value_base: part(&baseline.trade_flows, &inputs(baseline), &baseline.expenditure),
            value: part(
                &equilibrium.trade_flows,
                &equilibrium.input_spending(problem),
                &equilibrium.expenditure,
            ),
        }
    }
}

/// What each user spends on each input, `[region, user, input]`.
fn inputs(baseline: &Baseline) -> Array3<f64> {
    let mut inputs = baseline.input_mix.clone();
    for ((n, k, _), value) in inputs.indexed_iter_mut() {
        *value *= baseline.output[[n, k]] - baseline.value_added[[n, k]];
    }
    inputs
}

fn part(flows: &Array3<f64>, inputs: &Array3<f64>, expenditure: &Array2<f64>) -> Array3<f64> {
    let inputs = inputs.sum_axis(Axis(1));
    let mut sales = flows.clone();
    for ((s, n, _), flow) in sales.indexed_iter_mut() {
        if expenditure[[n, s]] > 0.0 {
            *flow *= inputs[[n, s]] / expenditure[[n, s]];
        }
    }
    sales
}

/// What all users but final demand buy, where each has trade shares of its own.
fn of_producers(
    problem: &Problem,
    equilibrium: Option<&Equilibrium>,
    flows: &Array3<f64>,
) -> Array3<f64> {
    let mut sales = flows.clone();
    for (s, mut sector) in sales.outer_iter_mut().enumerate() {
        for (n, mut row) in sector.outer_iter_mut().enumerate() {
            if let Some(parts) = users::parts(problem, equilibrium, (n, s)) {
                let producers = parts.slice(s![..-1, ..]).sum_axis(Axis(0));
                row *= &producers;
            }
        }
    }
    sales
}
