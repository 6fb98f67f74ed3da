//! The sources of welfare add up to the exact change, for every mix of policies and closures.

use std::sync::Arc;

use viner_model::baseline::Baseline;
use viner_model::equilibrium::Settings;
use viner_model::report::{Part, WelfareSplit, welfare_split};
use viner_model::scenario::{
    BilateralInstrument as On, Deficits, Hub, Labour, Model, Policy, QuotaScope, Routes,
    SectorInstrument, TransferAmount,
};

use crate::assert_close;
use crate::close::welfare;
use crate::economies::ordinary;
use crate::identities::{DEFICITS, LABOUR};
use crate::policies::{
    COBB_DOUGLAS, GENERAL, one_of_each, outcome, sectoral, trade, trade_and_domestic, transfer,
};
use crate::tolerances::{PARTS_ADD_UP, ROUNDING, SAME_PROBLEM};

/// The split, after checking that it adds up.
fn split(baseline: &Arc<Baseline>, model: Model, policies: Vec<Policy>) -> WelfareSplit {
    let (problem, equilibrium) = outcome(baseline, model, policies);
    let split = welfare_split(&problem, &equilibrium, PARTS_ADD_UP, Settings::default()).unwrap();
    let exact = welfare(&problem, &equilibrium);
    assert_close!(baseline, split.welfare, exact, ROUNDING);
    let sum = split.parts.sum_axis(ndarray::Axis(1));
    assert_close!(baseline, sum, exact, PARTS_ADD_UP, "sum of parts");
    assert!(split.error <= PARTS_ADD_UP);
    split
}

/// Largest size of each part over regions.
fn sizes(split: &WelfareSplit) -> Vec<(Part, f64)> {
    let size = |part: Part| {
        split.parts.column(part as usize).iter().fold(0.0, |top: f64, value| top.max(value.abs()))
    };
    Part::ALL.into_iter().map(|part| (part, size(part))).collect()
}

/// The parts in `present` matter, and those in `absent` are zero to rounding.
fn assert_parts(split: &WelfareSplit, present: &[Part], absent: &[Part]) {
    for (part, size) in sizes(split) {
        if present.contains(&part) {
            assert!(size > 1e-6, "{}: {size:e}", part.name());
        }
        if absent.contains(&part) {
            assert!(size < SAME_PROBLEM, "{}: {size:e}", part.name());
        }
    }
}

#[test]
fn each_kind_of_policy_has_its_part() {
    use Part::{
        Deficits, Employment, ExportTaxVolume, Productivity, Tastes, TradeCosts, Transfers,
        Varieties,
    };
    let baseline = ordinary(4, 3, 141);
    let own = [ExportTaxVolume, TradeCosts, Varieties, Productivity, Transfers, Tastes];
    let cases: Vec<(Policy, Vec<Part>)> = vec![
        (trade(On::TariffAdd, ("R000", "R001", "*"), 0.5), vec![Part::TariffVolume]),
        (trade(On::ExportTaxRate, ("R000", "R001", "*"), 0.3), vec![ExportTaxVolume]),
        (trade(On::TradeCostChange, ("R000", "R001", "*"), 0.5), vec![TradeCosts]),
        (trade(On::EmbargoShare, ("R000", "R001", "*"), 0.5), vec![Varieties]),
        (trade(On::SupplierExitShare, ("R000", "R001", "*"), 0.5), vec![Varieties]),
        (sectoral(SectorInstrument::ProductivityChange, ("R000", "*"), 0.2), vec![Productivity]),
        (sectoral(SectorInstrument::DemandShiftChange, ("R000", "S000"), 0.5), vec![Tastes]),
        (transfer("R000", "R001", TransferAmount::ShareOfIncome(0.05)), vec![Transfers]),
        (trade_and_domestic(On::TradeCostChange, ("R001", "R001", "S000"), 0.3), vec![TradeCosts]),
    ];
    for (policy, mut present) in cases {
        let split = split(&baseline, GENERAL.model(), vec![policy]);
        present.push(Part::TermsOfTrade);
        let mut absent: Vec<Part> =
            own.into_iter().filter(|part| !present.contains(part)).collect();
        absent.extend([Employment, Deficits]);
        assert_parts(&split, &present, &absent);
    }
}

#[test]
fn a_mix_of_all_policies_under_every_closure() {
    let baseline = ordinary(4, 3, 142);
    let mut policies = one_of_each();
    policies.push(trade_and_domestic(On::TradeCostChange, ("R003", "R003", "*"), 0.1));
    for labour in LABOUR {
        for deficits in &DEFICITS[..2] {
            let model = Model { deficits: *deficits, ..GENERAL.with(labour) };
            let split = split(&baseline, model, policies.clone());
            let employment = if labour == Labour::Mobile { vec![] } else { vec![Part::Employment] };
            let borrowed = if *deficits == Deficits::Fixed { vec![] } else { vec![Part::Deficits] };
            assert_parts(&split, &[employment, borrowed].concat(), &[]);
        }
    }
}

#[test]
fn large_policies_add_up_too() {
    let baseline = ordinary(4, 3, 143);
    let policies = || {
        vec![
            trade(On::TariffRate, ("R000", "!R000", "*"), 3.0),
            trade(On::TradeCostChange, ("R001", "R002", "*"), 5.0),
            trade(On::EmbargoShare, ("R002", "R003", "S001"), 0.95),
        ]
    };
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        split(&baseline, elasticities.model(), policies());
    }
}

#[test]
fn a_whole_embargo_adds_up() {
    let baseline = ordinary(4, 3, 144);
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let embargo = trade(On::EmbargoShare, ("R000", "R001", "*"), 1.0);
        let split = split(&baseline, elasticities.model(), vec![embargo]);
        // Only the buyer loses varieties.
        let lost = split.parts.column(Part::Varieties as usize);
        assert!(lost[1] < 0.0, "{lost}");
        assert_eq!((lost[0], lost[2], lost[3]), (0.0, 0.0, 0.0));
    }
}

/// A region that ends without any exports: near the end of the path its wage falls without bound,
/// and no number of steps follows it. The split says how far it is off.
#[test]
fn a_split_that_does_not_add_up_says_so() {
    let baseline = ordinary(4, 3, 144);
    let embargo = trade(On::EmbargoShare, ("R000", "!R000", "*"), 1.0);
    let (problem, equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), [embargo]);
    let split = welfare_split(&problem, &equilibrium, PARTS_ADD_UP, Settings::default()).unwrap();
    let difference = split.parts.sum_axis(ndarray::Axis(1)) - &split.welfare;
    let largest = difference.fold(0.0, |top: f64, value| top.max(value.abs()));
    assert!((split.error / largest - 1.0).abs() < ROUNDING, "{} {largest}", split.error);
    assert!(split.error > PARTS_ADD_UP, "{}", split.error);
}

#[test]
fn a_lost_variety_is_its_trade_cost() {
    let baseline = ordinary(4, 3, 145);
    let cells = ("R000", "R001", "*");
    let cost = 0.4_f64.powf(-1.0 / GENERAL.theta) - 1.0;
    let embargo = split(&baseline, GENERAL.model(), vec![trade(On::EmbargoShare, cells, 0.6)]);
    let costly = split(&baseline, GENERAL.model(), vec![trade(On::TradeCostChange, cells, cost)]);
    assert_close!(baseline, embargo.welfare, costly.welfare, SAME_PROBLEM);
    // The paths differ between their ends, so the parts need not agree; they are near.
    let (lost, paid) = (Part::Varieties as usize, Part::TradeCosts as usize);
    let ratio = embargo.parts[[1, lost]] / costly.parts[[1, paid]];
    assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
}

#[test]
fn nothing_splits_into_nothing() {
    let baseline = ordinary(3, 2, 146);
    let split = split(&baseline, GENERAL.model(), vec![]);
    assert!(split.parts.iter().all(|part| part.abs() < ROUNDING));
    assert!(split.solves <= 3, "{}", split.solves);
}

#[test]
fn rents_fees_and_margins_have_their_parts() {
    let baseline = ordinary(4, 3, 149);
    let hubs = vec![Hub { region: "R003".into(), share: 0.2, enforcement: 0.1, margin: 0.2 }];
    let control = || On::ExportControl(Routes { hubs: hubs.clone(), elasticity: 4.0 });
    let quota = |rent_to_exporter| On::Quota { rent_to_exporter, scope: QuotaScope::Cell };
    for (policy, present) in [
        (trade(quota(0.0), ("R000", "R001", "*"), 0.7), vec![Part::TariffVolume]),
        (trade(quota(1.0), ("R000", "R001", "*"), 0.7), vec![Part::ExportTaxVolume]),
        (
            trade(quota(0.4), ("R000", "R001", "*"), 0.7),
            vec![Part::TariffVolume, Part::ExportTaxVolume],
        ),
        (trade(control(), ("R000", "R001", "*"), 0.5), vec![Part::TradeCosts, Part::Fees]),
        (trade(control(), ("R000", "R001", "*"), 1.0), vec![Part::TradeCosts, Part::Fees]),
    ] {
        let split = split(&baseline, GENERAL.model(), vec![policy]);
        assert_parts(&split, &present, &[Part::Productivity, Part::Tastes, Part::Transfers]);
    }
}
