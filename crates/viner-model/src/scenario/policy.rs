//! Policies in words: an instrument, the cells it is laid on, and its size.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One change to the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Name for reports; the kind and the position in the scenario if absent.
    pub name: Option<String>,
    /// What is done, and to what.
    pub action: Action,
    /// Replace what an earlier policy set on the same cell, instead of refusing the conflict.
    pub replace: bool,
}

/// What a policy does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// Acts on trade from exporters to importers.
    Bilateral {
        /// What is changed.
        instrument: BilateralInstrument,
        /// Where, and by how much.
        cells: Cells,
    },
    /// Acts on sectors of regions.
    Sector {
        /// What is changed.
        instrument: SectorInstrument,
        /// Where, and by how much.
        cells: SectorCells,
    },
    /// Moves income between regions: one row, or several from a table.
    Transfer {
        /// Payments, each from its payers to its receivers.
        rows: Vec<TransferRow>,
    },
    /// Moves income within a coalition by a rule, summing to 0.
    Coalition {
        /// Its members.
        members: Selector,
        /// Who gets how much.
        rule: CoalitionRule,
    },
}

/// Instruments laid on trade cells, each with a size by cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BilateralInstrument {
    /// Sets the import tariff τ'.
    TariffRate,
    /// Adds to the import tariff.
    TariffAdd,
    /// Sets the export tax x'.
    ExportTaxRate,
    /// Adds to the export tax.
    ExportTaxAdd,
    /// Multiplies the iceberg trade cost by 1 + change.
    TradeCostChange,
    /// Share of the cell that a government stops.
    EmbargoShare,
    /// Share of the cell whose sellers leave the market by their own choice.
    SupplierExitShare,
    /// Largest quantity, relative to the baseline's; 0 is an embargo.
    Quota {
        /// λ: part of the rent that the exporter keeps; the importer has the rest.
        rent_to_exporter: f64,
        /// Cells that share one limit.
        scope: QuotaScope,
    },
    /// Highest price at the border, relative to the baseline's, for who uses the coalition's services.
    PriceCap(Shadow),
    /// Share of the cell that is controlled: its direct route is closed, routes through hubs are open.
    ExportControl(Routes),
    /// Share of the cell that is paid in these currencies: all of it, 1.
    Settlement(Currencies),
}

/// Cells that share one limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaScope {
    /// All sales of an exporter in a sector to the importers of the policy.
    #[default]
    ExporterSector,
    /// All cells of the policy.
    Total,
    /// Each cell by itself.
    Cell,
}

/// Shipping outside the coalition that sets a price cap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shadow {
    /// K: quantity it can carry, relative to the baseline quantity of the covered cells.
    pub capacity: f64,
    /// δ: part of the price at the border that it costs; 1 where there is no such shipping.
    pub cost: f64,
    /// Who earns that.
    pub owner: ShadowOwner,
}

/// Who earns what outside shipping costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShadowOwner {
    /// The importer of the cell.
    #[default]
    Importer,
    /// The exporter.
    Exporter,
    /// Nobody: it melts.
    Iceberg,
    /// A region.
    Region(String),
}

/// Ways round an export control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Routes {
    /// Routes through third countries; the direct one has the rest of the trade.
    pub hubs: Vec<Hub>,
    /// ϑ: elasticity between routes.
    pub elasticity: f64,
}

/// A route through a third country.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hub {
    /// The third country.
    pub region: String,
    /// ρ: share of the route in the pair's trade in the baseline.
    pub share: f64,
    /// Cost added by enforcement, which melts.
    pub enforcement: f64,
    /// Cost added by the hub, which is its income.
    pub margin: f64,
}

/// Currencies in which trade is paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Currencies {
    /// All of them; their shares sum to 1.
    pub currencies: Vec<Currency>,
    /// ς: elasticity between currencies.
    pub elasticity: f64,
}

/// A currency in which trade is paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Currency {
    /// Its code.
    pub code: String,
    /// ω: its share in the baseline.
    pub share: f64,
    /// Its cost is multiplied by 1 + change.
    pub change: f64,
}

/// How a coalition shares its losses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoalitionRule {
    /// Welfare changes by the same factor in every member.
    EqualWelfare,
    /// Every member bears its stated part of the coalition's loss.
    Weights(BTreeMap<String, f64>),
}

/// Instruments laid on a sector of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SectorInstrument {
    /// Tax rate on the income of the specific factor.
    SectorTaxRate,
    /// Multiplies productivity Â by 1 + change.
    ProductivityChange,
    /// Multiplies the weight in final demand by 1 + change; weights are then scaled to sum to 1.
    DemandShiftChange,
}

/// Some of the regions or sectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Selector {
    /// All of them: `"*"`.
    All,
    /// These codes and groups.
    Names(Vec<String>),
    /// All but these codes and groups: `{ not = ... }`.
    Not(Vec<String>),
}

impl Selector {
    /// One code or group.
    pub fn name(name: impl Into<String>) -> Self {
        Self::Names(vec![name.into()])
    }
}

/// Trade cells of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cells {
    /// Every combination of the selected exporters, importers and sectors.
    Pattern {
        /// Selling regions.
        exporter: Selector,
        /// Buying regions.
        importer: Selector,
        /// Sectors sold.
        sector: Selector,
        /// Also importer to exporter.
        both_ways: bool,
        /// Also sales of a region to itself.
        domestic: bool,
        /// Size, the same in every cell.
        value: f64,
    },
    /// Cells read from a table.
    Rows(Vec<BilateralRow>),
}

/// One row of a policy's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BilateralRow {
    /// Selling region or group, or `*`.
    pub exporter: String,
    /// Buying region or group, or `*`.
    pub importer: String,
    /// Sector sold or group, or `*`.
    pub sector: String,
    /// Size.
    pub value: f64,
    /// Line of the table, for messages.
    pub line: u64,
}

/// Sectors of regions that a policy acts on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SectorCells {
    /// Every combination of the selected regions and sectors.
    Pattern {
        /// Regions.
        region: Selector,
        /// Sectors.
        sector: Selector,
        /// Size, the same in every cell.
        value: f64,
    },
    /// Cells read from a table.
    Rows(Vec<SectorRow>),
}

/// One row of a policy's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SectorRow {
    /// Region or group, or `*`.
    pub region: String,
    /// Sector or group, or `*`.
    pub sector: String,
    /// Size.
    pub value: f64,
    /// Line of the table, for messages.
    pub line: u64,
}

/// A payment between regions; several payers or receivers share it by baseline income.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferRow {
    /// Who pays.
    pub from: Selector,
    /// Who receives.
    pub to: Selector,
    /// How much.
    pub amount: TransferAmount,
    /// Line of the table it was read from, for messages.
    pub line: Option<u64>,
}

/// Size of a transfer, in units of the numeraire.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum TransferAmount {
    /// Million USD in all.
    MillionUsd(f64),
    /// Share of each payer's baseline income.
    ShareOfIncome(f64),
}

impl BilateralInstrument {
    /// Kind of policy in scenario files.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TariffRate | Self::TariffAdd => "tariff",
            Self::ExportTaxRate | Self::ExportTaxAdd => "export-tax",
            Self::TradeCostChange => "trade-cost",
            Self::EmbargoShare => "embargo",
            Self::SupplierExitShare => "supplier-exit",
            Self::Quota { .. } => "quota",
            Self::PriceCap(_) => "price-cap",
            Self::ExportControl(_) => "export-control",
            Self::Settlement(_) => "settlement",
        }
    }

    /// Key of the size in scenario files and tables.
    pub fn value_key(&self) -> &'static str {
        match self {
            Self::TariffRate | Self::ExportTaxRate => "rate",
            Self::TariffAdd | Self::ExportTaxAdd => "add",
            Self::TradeCostChange => "change",
            Self::EmbargoShare
            | Self::SupplierExitShare
            | Self::ExportControl(_)
            | Self::Settlement(_) => "share",
            Self::Quota { .. } => "quantity",
            Self::PriceCap(_) => "cap",
        }
    }
}

impl SectorInstrument {
    /// Kind of policy in scenario files.
    pub fn kind(self) -> &'static str {
        match self {
            Self::SectorTaxRate => "sector-tax",
            Self::ProductivityChange => "productivity",
            Self::DemandShiftChange => "demand-shift",
        }
    }

    /// Key of the size in scenario files and tables.
    pub fn value_key(self) -> &'static str {
        match self {
            Self::SectorTaxRate => "rate",
            Self::ProductivityChange | Self::DemandShiftChange => "change",
        }
    }
}

impl Policy {
    /// Name in reports: its own; its kind and position, counted from 0, where it has none.
    pub fn name_at(&self, position: usize) -> String {
        self.name.clone().unwrap_or_else(|| format!("{} {position}", self.kind()))
    }

    /// Kind of policy in scenario files.
    pub fn kind(&self) -> &'static str {
        match &self.action {
            Action::Bilateral { instrument, .. } => instrument.kind(),
            Action::Sector { instrument, .. } => instrument.kind(),
            Action::Transfer { .. } => "transfer",
            Action::Coalition { .. } => "coalition-transfer",
        }
    }
}
