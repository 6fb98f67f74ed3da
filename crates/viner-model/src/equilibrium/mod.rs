//! Solves a problem: its equilibrium, certified, or the reason why there is none.

mod assemble;
mod certificate;
mod failure;
mod map;
mod reference;
mod solve;
mod system;

use ndarray::{Array1, Array2, Array3};

pub use certificate::{Certificate, Residual, certify};
pub use failure::Failure;
pub use reference::{RunError, reference_baseline, run};
pub use solve::{Method, Settings, Statistics, solve, solve_from, solve_with};

/// A solved problem, as it is reported.
///
/// Hats are ratios to the baseline; money is in millions of the numeraire, in which world value
/// added is what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Equilibrium {
    /// `ŵ`, `[region]`.
    pub wage: Array1<f64>,
    /// `L̂`, `[region]`.
    pub employment: Array1<f64>,
    /// `P̂_n`: consumer price index, `[region]`.
    pub price_index: Array1<f64>,
    /// `I'`, `[region]`.
    pub income: Array1<f64>,
    /// Import tariffs collected, `[region]`.
    pub tariff_revenue: Array1<f64>,
    /// Export taxes collected, `[region]`.
    pub export_tax_revenue: Array1<f64>,
    /// `D'`, `[region]`.
    pub deficits: Array1<f64>,
    /// `ĉ`: unit cost, which is the producer price, `[region, sector]`.
    pub unit_cost: Array2<f64>,
    /// `P̂`: price to buyers, `[region, sector]`.
    pub price: Array2<f64>,
    /// `V'`, `[region, sector]`.
    pub value_added: Array2<f64>,
    /// `Y'`, `[region, sector]`.
    pub output: Array2<f64>,
    /// `E'`, `[region, sector]`.
    pub expenditure: Array2<f64>,
    /// `X'`: producer value, `[sector, importer, exporter]`.
    pub trade_flows: Array3<f64>,
    /// The unknowns of the solver, from which a nearby problem may be started.
    pub unknowns: Vec<f64>,
    /// How it was found.
    pub statistics: Statistics,
    /// How exactly it satisfies the equations.
    pub certificate: Certificate,
}
