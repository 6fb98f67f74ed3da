//! A world in balance: the shares and levels that exact hat algebra starts from.

mod build;
mod identities;
mod memory;
mod user_shares;

use ndarray::{Array1, Array2, Array3, Array4};
use thiserror::Error;

use self::memory::Memory;
use crate::labels::Labels;
use crate::scenario::Sourcing;
use crate::tables::{Description, Parameters};

pub use build::Accounts;
pub use identities::{Identity, IdentityReport};
pub(crate) use user_shares::close_market;

/// A balanced baseline economy.
///
/// It exists only if its accounting identities hold. Money is in millions (see
/// [`Unit::millions`](crate::tables::Unit::millions)); the axis a share sums over is the last one.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// Provenance.
    pub description: Description,
    /// Regions, in array order.
    pub regions: Labels,
    /// Sectors, in array order.
    pub sectors: Labels,
    /// Elasticities that came with the table.
    pub parameters: Parameters,
    /// `X`: sales at producer value, before export tax and tariff, `[sector, importer, exporter]`.
    pub trade_flows: Array3<f64>,
    /// `τ`: ad valorem import tariffs, `[sector, importer, exporter]`; none at all if absent.
    pub tariffs: Option<Array3<f64>>,
    /// `x`: ad valorem export taxes, `[sector, importer, exporter]`; none at all if absent.
    pub export_taxes: Option<Array3<f64>>,
    /// `E = Σ_i X (1+x)(1+τ)`: spending at purchaser value, `[region, sector]`.
    pub expenditure: Array2<f64>,
    /// `π = X (1+x)(1+τ) / E`, `[sector, importer, exporter]`; 0 where `E` is 0.
    pub trade_shares: Array3<f64>,
    /// `Y = Σ_n X`: gross output, `[region, sector]`.
    pub output: Array2<f64>,
    /// `V`: value added, `[region, sector]`.
    pub value_added: Array2<f64>,
    /// `β = V / Y`, `[region, user]`; 0 where `Y` is 0.
    pub value_added_share: Array2<f64>,
    /// `γ / (1−β)`: shares in the bundle of inputs, `[region, user, input]`; 0 where there is none.
    pub input_mix: Array3<f64>,
    /// `α`: shares in final spending, `[region, sector]`.
    pub final_shares: Array2<f64>,
    /// `I`: final spending, which is income, `[region]`.
    pub income: Array1<f64>,
    /// `D = I − Σ_k V − tax revenue`: deficit, `[region]`; sums to 0.
    pub deficits: Array1<f64>,
    /// `π` by user, `[sector, importer, user, exporter]`, final demand the last user; 0 where a user
    /// spends nothing. None where the table does not say who buys from whom. `Σ_user π E`, with what each
    /// user spends, are the `π E` of all.
    pub user_shares: Option<Array4<f64>>,
    /// Whether all identities hold; if not, the baseline must be solved once before it is used.
    pub balanced: bool,
    /// What solutions prepared from it, for the next.
    pub(crate) memory: Memory,
}

impl Baseline {
    /// Number of regions.
    pub fn region_count(&self) -> usize {
        self.regions.len()
    }

    /// Number of sectors.
    pub fn sector_count(&self) -> usize {
        self.sectors.len()
    }

    /// Baseline tariff `τ` of a cell.
    pub fn tariff(&self, sector: usize, importer: usize, exporter: usize) -> f64 {
        self.tariffs.as_ref().map_or(0.0, |tariffs| tariffs[[sector, importer, exporter]])
    }

    /// Baseline export tax `x` of a cell.
    pub fn export_tax(&self, sector: usize, importer: usize, exporter: usize) -> f64 {
        self.export_taxes.as_ref().map_or(0.0, |taxes| taxes[[sector, importer, exporter]])
    }

    /// `π` of one sector by purchaser and exporter: purchasers are importers, or the users of each importer
    /// if shares are by user and the table has them.
    pub fn sector_shares(&self, sourcing: Sourcing, sector: usize) -> &[f64] {
        let shares = match (sourcing, &self.user_shares) {
            (Sourcing::ByUser, Some(shares)) => shares.as_slice(),
            _ => self.trade_shares.as_slice(),
        };
        let shares = shares.unwrap_or_else(|| unreachable!("shares are in standard layout"));
        let size = shares.len() / self.sector_count();
        &shares[sector * size..(sector + 1) * size]
    }

    /// What a user of region `n` spends on a good: `(1−β) Y` times its share, or `α I` for the last user.
    pub fn user_spending(&self, n: usize, user: usize, s: usize) -> f64 {
        if user < self.sector_count() {
            let inputs = (1.0 - self.value_added_share[[n, user]]) * self.output[[n, user]];
            inputs * self.input_mix[[n, user, s]]
        } else {
            self.final_shares[[n, s]] * self.income[n]
        }
    }

    /// Code of a user: a sector's, or `final`.
    pub fn user_name(&self, user: usize) -> &str {
        if user < self.sector_count() { self.sectors.code(user) } else { "final" }
    }

    /// `REGION/SECTOR`, for messages.
    pub fn cell_name(&self, region: usize, sector: usize) -> String {
        format!("{}/{}", self.regions.code(region), self.sectors.code(sector))
    }

    /// `EXPORTER→IMPORTER/SECTOR`, for messages.
    pub fn trade_cell_name(&self, sector: usize, importer: usize, exporter: usize) -> String {
        format!(
            "{}→{}/{}",
            self.regions.code(exporter),
            self.regions.code(importer),
            self.sectors.code(sector)
        )
    }
}

/// Why tables are no baseline.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// A value that must not be negative, or is not finite.
    #[error("{what} of `{cell}` is {found}, expected {expected}")]
    BadValue {
        /// Name of the table's quantity.
        what: &'static str,
        /// The cell.
        cell: String,
        /// Its value.
        found: f64,
        /// What was expected.
        expected: &'static str,
    },
    /// A region without final spending or without value added.
    #[error("region `{region}` has no {what} ({found} million)")]
    EmptyRegion {
        /// The region.
        region: String,
        /// `final spending` or `value added`.
        what: &'static str,
        /// Its value.
        found: f64,
    },
    /// A sector that is used but sold by nobody.
    #[error("`{cell}` is bought ({found} million) but nobody sells it")]
    NoSupplier {
        /// Region and sector.
        cell: String,
        /// Purchases.
        found: f64,
    },
    /// What users buy of whom does not add up to what is sold and what they spend.
    #[error(
        "sourcing of `{cell}` cannot be brought to the flows, inputs and final spending that it divides: \
         {left:.1e} of its purchases are left over"
    )]
    Sourcing {
        /// Importer and sector bought.
        cell: String,
        /// What is left, relative to all purchases of the cell.
        left: f64,
    },
    /// The accounting identities fail.
    #[error("the accounting identities fail: {report}")]
    Unbalanced {
        /// All of them, with their worst cells.
        report: IdentityReport,
    },
}

impl BaselineError {
    /// A remedy.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unbalanced { .. } => Some(
                "repair the table, raise `--tolerance`, or set `[model] unbalanced = \"accept\"` to \
                 take its shares as given and solve the baseline once",
            ),
            Self::Sourcing { .. } => {
                Some("`viner data balance` makes the table of sourcing follow the others")
            }
            Self::EmptyRegion { .. } => Some("merge the region with another one"),
            Self::BadValue { found, .. } if *found < 0.0 => Some(
                "`viner data balance` with `--negatives zero` or `fold` removes negative cells",
            ),
            Self::BadValue { .. } | Self::NoSupplier { .. } => None,
        }
    }
}
