//! Kinds of policies, their keys and the sizes they take.

use viner_model::scenario::{BilateralInstrument as Bilateral, SectorInstrument as Sector};

use super::size::SizeKey;
use crate::scenario_file::domain::{
    ADDED_RATE, CHANGE, Domain, FINITE, NOT_NEGATIVE, POSITIVE, PROFIT_TAX, SHARE, TAX_RATE,
};

/// A kind of policy.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Keys of the size, one of which is given.
    pub(super) sizes: &'static [SizeKey],
    /// The size where none is given; with several keys, that of the first.
    pub(super) default: Option<f64>,
    /// A size that does nothing, in place of one that cannot be read.
    pub(super) nothing: f64,
    /// Keys beside those of the cells and the size.
    pub(super) own_keys: &'static [&'static str],
}

/// What a policy acts on.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Trade cells.
    Trade(Trade),
    /// Sectors of regions.
    Sector(Sector),
    /// Payments between regions.
    Transfer,
    /// Payments within a coalition, by a rule.
    Coalition,
}

/// What acts on trade.
#[derive(Clone, Copy)]
pub(super) enum Trade {
    /// Nothing but a size: an instrument for each of the kind's sizes.
    Plain(&'static [Bilateral]),
    Quota,
    PriceCap,
    ExportControl,
    Settlement,
}

/// All kinds of the scenario format.
pub(super) const KINDS: [Kind; 14] = [
    Kind {
        sizes: &[SizeKey::new("rate", TAX_RATE), SizeKey::new("add", ADDED_RATE)],
        ..trade("tariff", Trade::Plain(&[Bilateral::TariffRate, Bilateral::TariffAdd]))
    },
    Kind {
        sizes: &[SizeKey::new("rate", TAX_RATE), SizeKey::new("add", ADDED_RATE)],
        ..trade("export-tax", Trade::Plain(&[Bilateral::ExportTaxRate, Bilateral::ExportTaxAdd]))
    },
    Kind {
        sizes: &[SizeKey::new("change", CHANGE)],
        ..trade("trade-cost", Trade::Plain(&[Bilateral::TradeCostChange]))
    },
    Kind {
        sizes: &[SizeKey::new("share", SHARE)],
        default: Some(1.0),
        ..trade("embargo", Trade::Plain(&[Bilateral::EmbargoShare]))
    },
    Kind {
        sizes: &[SizeKey::new("quantity", NOT_NEGATIVE)],
        nothing: 1.0,
        own_keys: &["rent_to_exporter", "per"],
        ..trade("quota", Trade::Quota)
    },
    Kind {
        sizes: &[
            SizeKey::new("cap", POSITIVE),
            SizeKey { relative_to: Some("reference_usd"), ..SizeKey::new("cap_usd", POSITIVE) },
        ],
        nothing: 1.0,
        own_keys: &["shadow_capacity", "shadow_cost", "shadow_owner"],
        ..trade("price-cap", Trade::PriceCap)
    },
    Kind {
        sizes: &[SizeKey::new("share", SHARE)],
        default: Some(1.0),
        own_keys: &["hubs", "hub_share", "route_elasticity", "enforcement", "hub_margin"],
        ..trade("export-control", Trade::ExportControl)
    },
    // All of a cell is paid in the currencies: there is no size to choose.
    Kind {
        default: Some(1.0),
        nothing: 1.0,
        own_keys: &["currencies", "currency_elasticity"],
        ..trade("settlement", Trade::Settlement)
    },
    Kind {
        sizes: &[SizeKey::new("share", SHARE)],
        ..trade("supplier-exit", Trade::Plain(&[Bilateral::SupplierExitShare]))
    },
    // A negative amount is a payment the other way round.
    Kind {
        sizes: &[SizeKey::new("million_usd", FINITE), SizeKey::new("share_of_income", SHARE)],
        ..kind("transfer", Shape::Transfer)
    },
    Kind {
        own_keys: &["members", "rule", "weights"],
        ..kind("coalition-transfer", Shape::Coalition)
    },
    Kind {
        sizes: &[SizeKey::new("rate", PROFIT_TAX)],
        ..kind("sector-tax", Shape::Sector(Sector::SectorTaxRate))
    },
    Kind {
        sizes: &[SizeKey::new("change", CHANGE)],
        ..kind("productivity", Shape::Sector(Sector::ProductivityChange))
    },
    Kind {
        sizes: &[SizeKey::new("change", CHANGE)],
        ..kind("demand-shift", Shape::Sector(Sector::DemandShiftChange))
    },
];

/// A sanction that is no policy but a threat, and where it is written.
pub(super) const THREAT: &str = "secondary-sanction";
pub(super) const THREAT_HINT: &str = "a secondary sanction is a threat: declare it as an action of a player in a plan of `viner game`";

/// Keys of every policy.
const COMMON_KEYS: [&str; 4] = ["kind", "name", "override", "file"];

const fn kind(name: &'static str, shape: Shape) -> Kind {
    Kind { name, shape, sizes: &[], default: None, nothing: 0.0, own_keys: &[] }
}

const fn trade(name: &'static str, instrument: Trade) -> Kind {
    kind(name, Shape::Trade(instrument))
}

impl Kind {
    /// Every key that a policy of this kind may have.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let common = COMMON_KEYS.iter().chain(self.cell_keys()).copied();
        common.chain(self.size_keys()).chain(self.own_keys.iter().copied()).collect()
    }

    /// Columns of codes of the kind's tables; none if it is not read from tables.
    pub(super) fn code_columns(&self) -> &'static [(&'static str, bool)] {
        match self.shape {
            Shape::Trade(_) => &[("exporter", true), ("importer", true), ("sector", true)],
            Shape::Sector(_) => &[("region", true), ("sector", true)],
            Shape::Transfer => &[("from", true), ("to", true)],
            Shape::Coalition => &[],
        }
    }

    /// Columns of numbers of the kind's tables.
    pub(super) fn size_columns(&self) -> Vec<(&'static str, Domain)> {
        let whole = self.sizes.iter().filter(|size| size.relative_to.is_none());
        whole.map(|size| (size.key, size.domain)).collect()
    }

    /// Keys that a table says in each row.
    pub(super) fn keys_of_rows(&self) -> impl Iterator<Item = &'static str> {
        self.cell_keys().iter().copied().chain(self.size_keys())
    }

    /// Keys that say which cells the policy touches.
    fn cell_keys(&self) -> &'static [&'static str] {
        match self.shape {
            Shape::Trade(_) => &["exporter", "importer", "sector", "both_ways", "domestic"],
            Shape::Sector(_) => &["region", "sector"],
            Shape::Transfer => &["from", "to"],
            Shape::Coalition => &[],
        }
    }

    fn size_keys(&self) -> impl Iterator<Item = &'static str> {
        self.sizes.iter().flat_map(|size| std::iter::once(size.key).chain(size.relative_to))
    }
}
