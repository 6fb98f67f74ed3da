//! Quotas and price caps.

use viner_model::scenario::{BilateralInstrument, QuotaScope, Shadow, ShadowOwner};

use crate::diagnostic::Diagnostic;
use crate::scenario_file::domain::{BELOW_ONE, NOT_NEGATIVE, SHARE};
use crate::scenario_file::fields::Fields;
use crate::scenario_file::findings::Findings;

const SCOPES: [(&str, QuotaScope); 3] = [
    ("exporter-sector", QuotaScope::ExporterSector),
    ("total", QuotaScope::Total),
    ("cell", QuotaScope::Cell),
];

/// Cost of outside shipping where there is none.
const NO_SHIPPING: f64 = 1.0;

/// A quota without its quantity.
pub(super) fn read_quota(fields: &Fields<'_>, findings: &mut Findings) -> BilateralInstrument {
    let rent_to_exporter = fields.number("rent_to_exporter", SHARE, findings);
    let scope = fields.word("per", &SCOPES, findings);
    BilateralInstrument::Quota {
        rent_to_exporter: rent_to_exporter.ok().flatten().unwrap_or(0.0),
        scope: scope.ok().flatten().unwrap_or_default(),
    }
}

/// What a price cap has beside the cap; no outside shipping where it cannot be read.
pub(super) fn read_shadow(fields: &Fields<'_>, findings: &mut Findings) -> Shadow {
    let capacity = fields.number("shadow_capacity", NOT_NEGATIVE, findings);
    let cost = fields.number("shadow_cost", BELOW_ONE, findings);
    let expected = "\"importer\", \"exporter\", \"iceberg\" or the code of a region";
    let owner = fields.text("shadow_owner", expected, findings);
    let owner = match owner.ok().flatten() {
        None | Some("importer") => ShadowOwner::Importer,
        Some("exporter") => ShadowOwner::Exporter,
        Some("iceberg") => ShadowOwner::Iceberg,
        Some(code) => ShadowOwner::Region(code.to_owned()),
    };
    let (capacity, cost) = match (capacity.map(Option::unwrap_or_default), cost) {
        (Ok(capacity), Ok(Some(cost))) => (capacity, cost),
        (Ok(capacity), Ok(None)) if capacity > 0.0 => {
            let diagnostic = Diagnostic::new("key `shadow_cost` is missing")
                .expected(BELOW_ONE.words)
                .hint("a `shadow_capacity` above 0 needs it");
            findings.add(fields.at, &fields.path_of("shadow_cost"), diagnostic);
            (0.0, NO_SHIPPING)
        }
        _ => (0.0, NO_SHIPPING),
    };
    Shadow { capacity, cost, owner }
}
