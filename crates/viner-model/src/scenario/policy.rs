//! Policies in words: an instrument, the cells it is laid on, and its size.

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
}

/// Instruments laid on trade cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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
    pub fn kind(self) -> &'static str {
        match self {
            Self::TariffRate | Self::TariffAdd => "tariff",
            Self::ExportTaxRate | Self::ExportTaxAdd => "export-tax",
            Self::TradeCostChange => "trade-cost",
            Self::EmbargoShare => "embargo",
            Self::SupplierExitShare => "supplier-exit",
        }
    }

    /// Key of the size in scenario files and tables.
    pub fn value_key(self) -> &'static str {
        match self {
            Self::TariffRate | Self::ExportTaxRate => "rate",
            Self::TariffAdd | Self::ExportTaxAdd => "add",
            Self::TradeCostChange => "change",
            Self::EmbargoShare | Self::SupplierExitShare => "share",
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
    /// Kind of policy in scenario files.
    pub fn kind(&self) -> &'static str {
        match &self.action {
            Action::Bilateral { instrument, .. } => instrument.kind(),
            Action::Sector { instrument, .. } => instrument.kind(),
            Action::Transfer { .. } => "transfer",
        }
    }
}
