//! What the user asks: the model's elasticities and closures, and the policies, in words.
//!
//! A [`Scenario`] still speaks in codes and groups; [`Problem::new`](crate::problem::Problem::new)
//! looks them up in a baseline and finds everything that is wrong with them at once.

mod policy;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use policy::{
    Action, BilateralInstrument, BilateralRow, Cells, CoalitionRule, Currencies, Currency, Hub,
    Policy, QuotaScope, Routes, SectorCells, SectorInstrument, SectorRow, Selector, Shadow,
    ShadowOwner, TransferAmount, TransferRow,
};

/// A question to the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// One line for people.
    pub title: String,
    /// Names for lists of regions or of sectors.
    pub groups: BTreeMap<String, Vec<String>>,
    /// Elasticities and closures.
    pub model: Model,
    /// What changes, in the order written.
    pub policies: Vec<Policy>,
}

impl Scenario {
    /// Names of the policies in reports, in their order.
    pub fn policy_names(&self) -> Vec<String> {
        let policies = self.policies.iter().enumerate();
        policies.map(|(position, policy)| policy.name_at(position)).collect()
    }
}

/// Elasticities and closures of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// θ by sector: elasticity of imports to trade cost.
    pub trade_elasticity: Values,
    /// σ by using sector: between value added and the bundle of inputs.
    pub production_elasticity: Values,
    /// ε by using sector: between inputs.
    pub input_elasticity: Values,
    /// η: between sectors in final demand.
    pub final_elasticity: f64,
    /// φ by sector, or by region and sector: share of value added earned by the specific factor.
    pub specific_factor_share: Values,
    /// What clears the labour market.
    pub labour: Labour,
    /// What becomes of trade deficits.
    pub deficits: Deficits,
    /// What to do with a table whose identities fail.
    pub unbalanced: Unbalanced,
    /// Whose trade shares the users of a region have.
    pub sourcing: Sourcing,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            trade_elasticity: Values::default(),
            production_elasticity: Values::default(),
            input_elasticity: Values::default(),
            final_elasticity: 1.0,
            specific_factor_share: Values::default(),
            labour: Labour::default(),
            deficits: Deficits::default(),
            unbalanced: Unbalanced::default(),
            sourcing: Sourcing::default(),
        }
    }
}

/// Numbers by sector, or by region and sector: the most specific entry holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// Where no entry applies; `None` leaves it to the baseline's own parameters.
    pub default: Option<f64>,
    /// `SECTOR`, `GROUP` or `REGION.SECTOR` to value.
    pub entries: BTreeMap<String, f64>,
}

impl Values {
    /// The same number everywhere.
    pub fn uniform(value: f64) -> Self {
        Self { default: Some(value), entries: BTreeMap::new() }
    }
}

/// What clears the labour market of a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Labour {
    /// Employment is given, the wage adjusts.
    #[default]
    Mobile,
    /// The wage is given in units of the numeraire, employment adjusts.
    FixedNominalWage,
    /// The wage follows the consumer price index, employment adjusts.
    FixedRealWage,
}

/// What becomes of trade deficits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deficits {
    /// Constant in units of the numeraire.
    #[default]
    Fixed,
    /// Constant share of final spending, up to a common correction that keeps their sum at zero.
    IncomeShare,
    /// Zero, before and after: the baseline is first solved without deficits.
    Balanced,
}

/// What to do with a table whose identities fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unbalanced {
    /// Refuse it.
    #[default]
    Refuse,
    /// Take shares and endowments as given and solve the baseline once.
    Accept,
}

/// Whose trade shares the users of a region have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sourcing {
    /// All buy a good from its suppliers in the same shares, and at one price.
    #[default]
    Common,
    /// Each using sector, and final demand, buys in shares of its own, and at a price of its own; the
    /// baseline must have a table of sourcing.
    ByUser,
}
