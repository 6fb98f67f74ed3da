//! Solves a problem: its equilibrium, certified, or the reason why there is none.

mod assemble;
mod batch;
mod certificate;
mod failure;
mod flows;
mod gradient;
mod map;
mod methods;
mod reference;
mod several;
mod solve;
mod system;
pub(crate) mod users;
mod wedges;

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, Array3, ArrayView1, s};

use crate::problem::{CellChange, TradeCell};

pub use crate::equations::limits::Regime;
pub use batch::{Batch, Draws, Unsolved};
pub use certificate::{Certificate, Residual, certify};
pub use failure::Failure;
pub use flows::TradeFlows;
pub use gradient::{
    BranchGradient, By, CellGradient, Differentiable, Figures, Gradient, NestGradient,
    ShareGradient, WedgeGradient, gradients, gradients_by,
};
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
    /// Rents, fees and margins of hubs received, `[region]`.
    pub rents: Array1<f64>,
    /// Income received (paid, if negative) in transfers of all kinds, `[region]`; sums to 0.
    pub transfers: Array1<f64>,
    /// `D'`, `[region]`.
    pub deficits: Array1<f64>,
    /// `ĉ`: unit cost, which is the producer price, `[region, sector]`.
    pub unit_cost: Array2<f64>,
    /// `P̂`: price to buyers, `[region, sector]`; where users have prices of their own, their mean with
    /// what each spent in the baseline.
    pub price: Array2<f64>,
    /// `V'`, `[region, sector]`.
    pub value_added: Array2<f64>,
    /// `Y'`, `[region, sector]`.
    pub output: Array2<f64>,
    /// `E'`, `[region, sector]`.
    pub expenditure: Array2<f64>,
    /// Prices and spending of users, where each has trade shares of its own.
    pub users: Option<UserOutcomes>,
    /// `X'`: producer value, `[sector, importer, exporter]`.
    pub trade_flows: TradeFlows,
    /// Accounts of the cells whose spending has parts beside producer value and taxes.
    pub split_trade: BTreeMap<TradeCell, SplitFlow>,
    /// What became of each wedge of the counterfactual.
    pub wedges: Vec<WedgeOutcome>,
    /// The unknowns of the solver, from which a nearby problem may be started.
    pub unknowns: Vec<f64>,
    /// How it was found.
    pub statistics: Statistics,
    /// How exactly it satisfies the equations.
    pub certificate: Certificate,
}

/// Users with trade shares of their own: `[region, user, sector bought]`, final demand the last user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserOutcomes {
    /// `P̂`; 1 where nothing is bought.
    pub price: Array3<f64>,
    /// `E'`.
    pub expenditure: Array3<f64>,
}

/// What became of a wedge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WedgeOutcome {
    /// What it does.
    pub regime: Regime,
    /// m: 1 where it does not bind, infinite where nothing is sold.
    pub multiplier: f64,
    /// H: arrivals by outside shipping, relative to the baseline quantity of its cells.
    pub shadow: f64,
    /// Whether another equilibrium was found beside this one: with more outside shipping, or with
    /// some sales where the exporter withdraws.
    pub several: bool,
}

/// Accounts of a cell with wedges or margins of hubs; in millions.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitFlow {
    /// All that the importer pays before tariff.
    pub before_tariff: f64,
    /// What the importer would pay before tariff for the same without any wedge.
    pub goods: f64,
    /// What is neither producer value nor tax.
    pub payments: Vec<Payment>,
}

/// A rent, a fee or a margin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payment {
    /// The wedge that it is of, by position; `None` for the margin of a hub.
    pub wedge: Option<usize>,
    /// The region that receives it, by position.
    pub to: usize,
    /// In millions.
    pub amount: f64,
}

impl Equilibrium {
    /// `P̂` of all goods to a user of region `n`; the user after the last sector is final demand.
    pub fn prices_to(&self, n: usize, user: usize) -> ArrayView1<'_, f64> {
        match &self.users {
            None => self.price.row(n),
            Some(users) => users.price.slice(s![n, user, ..]),
        }
    }

    /// `P̂` of all goods to final demand in region `n`.
    pub fn final_prices(&self, n: usize) -> ArrayView1<'_, f64> {
        self.prices_to(n, self.price.ncols())
    }

    /// Π m of a cell: 1 where no wedge binds, infinite where one closes it.
    pub fn multiplier(&self, change: &CellChange) -> f64 {
        change.wedges.iter().map(|&wedge| self.wedges[wedge].multiplier).product()
    }
}
