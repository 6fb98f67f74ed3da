//! Everything that can be wrong with a scenario on a baseline.

use thiserror::Error;

/// Where in a scenario something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Table of the scenario.
    pub section: Section,
    /// Key within it; empty for the table as a whole.
    pub key: String,
    /// Line of the table file that a policy or an elasticity was read from.
    pub row: Option<u64>,
}

/// A table of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `[groups]`.
    Groups,
    /// `[model]`.
    Model,
    /// The policy at this position, counted from 0.
    Policy(usize),
}

/// One thing that is wrong with a scenario on a baseline.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// A code that is neither in the baseline nor a group.
    #[error("unknown {what} `{found}`")]
    UnknownName {
        /// Where.
        place: Place,
        /// `region` or `sector`.
        what: &'static str,
        /// What was written.
        found: String,
        /// The closest valid code or group.
        nearest: Option<String>,
    },
    /// A group that has the code of a region or a sector.
    #[error("group `{group}` has the name of a {what} of the baseline")]
    AmbiguousGroup {
        /// Where.
        place: Place,
        /// Name of the group.
        group: String,
        /// `region` or `sector`.
        what: &'static str,
    },
    /// A number outside its domain.
    #[error("`{key}` = {found} is outside its range", key = place.key)]
    OutOfRange {
        /// Where.
        place: Place,
        /// The number.
        found: f64,
        /// The domain, in words.
        expected: &'static str,
    },
    /// A policy that touches nothing.
    #[error("the policy touches no cell: {reason}")]
    NoCells {
        /// Where.
        place: Place,
        /// Why.
        reason: &'static str,
    },
    /// Two policies that set the same thing on the same cell.
    #[error("sets the {kind} of `{cell}`, which `policy.{earlier}` sets already{}", in_all(*cells))]
    Conflict {
        /// Where.
        place: Place,
        /// Kind of both policies.
        kind: &'static str,
        /// First cell in conflict.
        cell: String,
        /// Position of the earlier policy, counted from 0.
        earlier: usize,
        /// Number of cells in conflict.
        cells: usize,
    },
    /// Two rows of a policy's table that name the same cell.
    #[error("names `{cell}`, which an earlier row of the same table names")]
    RepeatedCell {
        /// Where.
        place: Place,
        /// The cell.
        cell: String,
    },
    /// A tariff or export tax at which the good is free or worse.
    #[error("the {kind} on `{cell}` adds up to {found}")]
    TaxTooLow {
        /// Where.
        place: Place,
        /// `tariff` or `export-tax`.
        kind: &'static str,
        /// First cell concerned.
        cell: String,
        /// The rate.
        found: f64,
    },
    /// A region with nothing for a fixed real wage to act on.
    #[error("no specific factor in {}: a fixed real wage has no equilibrium", listed(regions))]
    NoSpecificFactor {
        /// Where.
        place: Place,
        /// All such regions.
        regions: Vec<String>,
    },
    /// Negative value added with an elasticity of substitution that needs positive shares.
    #[error("value added of `{cell}` is {found} million, and its production elasticity is not 1")]
    NegativeValueAdded {
        /// Where.
        place: Place,
        /// Region and sector.
        cell: String,
        /// Value added.
        found: f64,
    },
    /// A negative input with an elasticity of substitution that needs positive shares.
    #[error("input `{input}` of `{cell}` is negative, and its input elasticity is not 1")]
    NegativeInput {
        /// Where.
        place: Place,
        /// Region and using sector.
        cell: String,
        /// The sector bought.
        input: String,
    },
    /// A hub that cannot be one.
    #[error("hub `{hub}` is {role}")]
    HubOutOfPlace {
        /// Where.
        place: Place,
        /// The region.
        hub: String,
        /// What it is already.
        role: &'static str,
    },
    /// Shares whose sum is wrong.
    #[error("`{key}` sum to {found}", key = place.key)]
    SharesSum {
        /// Where.
        place: Place,
        /// Their sum.
        found: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// Two price caps of one policy on one exporter's sales in one sector.
    #[error("caps `{}` at {} and `{}` at {}", cells[0], found[0], cells[1], found[1])]
    UnequalCaps {
        /// Where.
        place: Place,
        /// First cell and the first one that differs.
        cells: [String; 2],
        /// Their caps.
        found: [f64; 2],
    },
    /// Export taxes that differ between the cells of a price cap.
    #[error("the export taxes on `{}` and `{}` differ", cells[0], cells[1])]
    UnequalExportTaxes {
        /// Where.
        place: Place,
        /// First cell and the first one that differs.
        cells: [String; 2],
    },
    /// A region in two coalitions.
    #[error("`{region}` is a member of the coalition of `policy.{earlier}` already")]
    TwoCoalitions {
        /// Where.
        place: Place,
        /// The region.
        region: String,
        /// Position of the earlier policy, counted from 0.
        earlier: usize,
    },
    /// A weight of a region that is no member.
    #[error("`{region}` is no member of the coalition")]
    NoMember {
        /// Where.
        place: Place,
        /// The region.
        region: String,
    },
    /// A member without weight.
    #[error("no weight for member `{region}`")]
    NoWeight {
        /// Where.
        place: Place,
        /// The region.
        region: String,
    },
    /// Trade shares by user asked of a baseline that has none.
    #[error("the baseline has no table `sourcing`")]
    NoSourcing {
        /// Where.
        place: Place,
    },
    /// An amount in dollars on a table in another currency.
    #[error("`million_usd` on a baseline in {unit}")]
    CurrencyMismatch {
        /// Where.
        place: Place,
        /// Unit of the baseline.
        unit: &'static str,
    },
}

impl ScenarioError {
    /// Where it is.
    pub fn place(&self) -> &Place {
        match self {
            Self::UnknownName { place, .. }
            | Self::AmbiguousGroup { place, .. }
            | Self::OutOfRange { place, .. }
            | Self::NoCells { place, .. }
            | Self::Conflict { place, .. }
            | Self::RepeatedCell { place, .. }
            | Self::TaxTooLow { place, .. }
            | Self::NoSpecificFactor { place, .. }
            | Self::NegativeValueAdded { place, .. }
            | Self::NegativeInput { place, .. }
            | Self::HubOutOfPlace { place, .. }
            | Self::SharesSum { place, .. }
            | Self::UnequalCaps { place, .. }
            | Self::UnequalExportTaxes { place, .. }
            | Self::TwoCoalitions { place, .. }
            | Self::NoMember { place, .. }
            | Self::NoWeight { place, .. }
            | Self::NoSourcing { place }
            | Self::CurrencyMismatch { place, .. } => place,
        }
    }

    /// What was expected instead, where that can be said.
    pub fn expected(&self) -> Option<&'static str> {
        match self {
            Self::UnknownName { what: "sector", .. } => {
                Some("a sector code of the baseline, a group of `[groups]`, or \"*\"")
            }
            Self::UnknownName { .. } => {
                Some("a region code of the baseline, a group of `[groups]`, or \"*\"")
            }
            Self::OutOfRange { expected, .. } | Self::SharesSum { expected, .. } => Some(expected),
            Self::HubOutOfPlace { .. } => {
                Some("regions that neither sell nor buy in this policy, each once")
            }
            Self::UnequalCaps { .. } => Some("one cap for an exporter's sales in a sector"),
            Self::NoSourcing { .. } => {
                Some("a baseline that says which user buys from whom, or \"common\"")
            }
            Self::UnequalExportTaxes { .. } => Some("one export tax on all cells of a price cap"),
            Self::TaxTooLow { .. } => Some("a rate above -1 (-100 %)"),
            _ => None,
        }
    }

    /// A remedy.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownName { nearest, .. } => {
                nearest.as_ref().map(|name| format!("did you mean `{name}`?"))
            }
            Self::AmbiguousGroup { .. } => Some("give the group another name".into()),
            Self::Conflict { .. } => Some(
                "write `override = true` in the later policy if it shall replace the earlier one"
                    .into(),
            ),
            Self::NoSpecificFactor { .. } => Some(
                "set `specific_factor_share` above 0 in some sector of each region, or choose \
                 another `labour` closure"
                    .into(),
            ),
            Self::NegativeValueAdded { .. } => {
                Some("set `production_elasticity` to 1 for this sector, or repair the table".into())
            }
            Self::NegativeInput { .. } => {
                Some("set `input_elasticity` to 1 for this sector, or repair the table".into())
            }
            Self::NoSourcing { .. } => {
                Some("`viner data import --sourcing` keeps the table".into())
            }
            Self::CurrencyMismatch { .. } => Some("use `share_of_income`".into()),
            Self::RepeatedCell { .. } => Some("keep one of the rows".into()),
            Self::UnequalCaps { .. } => Some("write a policy of its own for each cap".into()),
            Self::NoWeight { .. } => Some("write 0 for a member that bears nothing".into()),
            Self::NoCells { .. }
            | Self::OutOfRange { .. }
            | Self::TaxTooLow { .. }
            | Self::HubOutOfPlace { .. }
            | Self::SharesSum { .. }
            | Self::UnequalExportTaxes { .. }
            | Self::TwoCoalitions { .. }
            | Self::NoMember { .. } => None,
        }
    }
}

fn in_all(cells: usize) -> String {
    if cells > 1 { format!(" ({cells} cells in all)") } else { String::new() }
}

/// The first five of a list, and how many there are.
fn listed(codes: &[String]) -> String {
    let shown: Vec<String> = codes.iter().take(5).map(|code| format!("`{code}`")).collect();
    let rest = codes.len().saturating_sub(shown.len());
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
