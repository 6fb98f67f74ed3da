//! Kinds of policies, their keys and the sizes they take.

use viner_model::scenario::{BilateralInstrument as Bilateral, SectorInstrument as Sector};

use super::domain::{ADDED_RATE, CHANGE, Domain, FINITE, PROFIT_TAX, SHARE, TAX_RATE};

/// A kind of policy.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
}

/// What a policy acts on.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Trade cells, by one of these instruments; a size for the first one if none is given.
    Bilateral { instruments: &'static [Bilateral], default: Option<f64> },
    /// Sectors of regions.
    Sector(Sector),
    /// Payments between regions.
    Transfer,
}

/// Kinds this version can compute.
pub(super) const KINDS: [Kind; 9] = [
    bilateral("tariff", &[Bilateral::TariffRate, Bilateral::TariffAdd], None),
    bilateral("export-tax", &[Bilateral::ExportTaxRate, Bilateral::ExportTaxAdd], None),
    bilateral("trade-cost", &[Bilateral::TradeCostChange], None),
    bilateral("embargo", &[Bilateral::EmbargoShare], Some(1.0)),
    bilateral("supplier-exit", &[Bilateral::SupplierExitShare], None),
    Kind { name: "transfer", shape: Shape::Transfer },
    Kind { name: "sector-tax", shape: Shape::Sector(Sector::SectorTaxRate) },
    Kind { name: "productivity", shape: Shape::Sector(Sector::ProductivityChange) },
    Kind { name: "demand-shift", shape: Shape::Sector(Sector::DemandShiftChange) },
];

/// Kinds of the scenario format that this version has no equations for.
pub(super) const NOT_YET: [&str; 6] = [
    "quota",
    "price-cap",
    "export-control",
    "settlement",
    "coalition-transfer",
    "secondary-sanction",
];

/// Keys of every policy.
pub(super) const COMMON_KEYS: [&str; 4] = ["kind", "name", "override", "file"];

/// Keys that say which cells a policy on trade touches.
pub(super) const TRADE_CELL_KEYS: [&str; 5] =
    ["exporter", "importer", "sector", "both_ways", "domestic"];

/// Keys that say which cells a policy on sectors touches.
pub(super) const SECTOR_CELL_KEYS: [&str; 2] = ["region", "sector"];

/// Keys that say who pays whom.
pub(super) const TRANSFER_CELL_KEYS: [&str; 2] = ["from", "to"];

/// Sizes of a transfer. A negative amount is a payment the other way round.
pub(super) const TRANSFER_SIZES: [(&str, Domain); 2] =
    [("million_usd", FINITE), ("share_of_income", SHARE)];

const fn bilateral(
    name: &'static str,
    instruments: &'static [Bilateral],
    default: Option<f64>,
) -> Kind {
    Kind { name, shape: Shape::Bilateral { instruments, default } }
}

impl Shape {
    /// Keys that say which cells the policy touches.
    pub(super) fn cell_keys(self) -> &'static [&'static str] {
        match self {
            Self::Bilateral { .. } => &TRADE_CELL_KEYS,
            Self::Sector(_) => &SECTOR_CELL_KEYS,
            Self::Transfer => &TRANSFER_CELL_KEYS,
        }
    }

    /// Keys of the size, one of which is given.
    pub(super) fn sizes(self) -> Vec<(&'static str, Domain)> {
        match self {
            Self::Bilateral { instruments, .. } => instruments
                .iter()
                .map(|instrument| (instrument.value_key(), bilateral_domain(instrument)))
                .collect(),
            Self::Sector(instrument) => {
                vec![(instrument.value_key(), sector_domain(instrument))]
            }
            Self::Transfer => TRANSFER_SIZES.to_vec(),
        }
    }
}

fn bilateral_domain(instrument: &Bilateral) -> Domain {
    match instrument {
        Bilateral::TariffRate | Bilateral::ExportTaxRate => TAX_RATE,
        Bilateral::TariffAdd | Bilateral::ExportTaxAdd => ADDED_RATE,
        Bilateral::TradeCostChange => CHANGE,
        Bilateral::EmbargoShare
        | Bilateral::SupplierExitShare
        | Bilateral::ExportControl(_)
        | Bilateral::Settlement(_) => SHARE,
        Bilateral::Quota { .. } | Bilateral::PriceCap(_) => FINITE,
    }
}

fn sector_domain(instrument: Sector) -> Domain {
    match instrument {
        Sector::SectorTaxRate => PROFIT_TAX,
        Sector::ProductivityChange | Sector::DemandShiftChange => CHANGE,
    }
}
