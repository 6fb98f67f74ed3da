//! Everything that can be wrong with a scenario: each test makes one mistake.

use std::sync::Arc;

use ndarray::s;
use viner_model::baseline::Baseline;
use viner_model::problem::{Problem, ScenarioError, Section};
use viner_model::scenario::{
    Action, BilateralInstrument as On, BilateralRow, Cells, Labour, Model, Policy, Scenario,
    SectorCells, SectorInstrument, SectorRow, TransferAmount, Values,
};
use viner_model::tables::Unit;

use crate::economies::{Structure, baseline, ordinary};
use crate::policies::{
    COBB_DOUGLAS, GENERAL, errors, policy, problem, scenario, sectoral, trade, transfer,
};

/// Changes one number of a model.
type Change = fn(&mut Model);

const CELLS: (&str, &str, &str) = ("R000", "R001", "S000");

fn economy() -> Arc<Baseline> {
    ordinary(3, 2, 161)
}

/// The one error that these policies have.
pub fn only_error(policies: impl IntoIterator<Item = Policy>) -> ScenarioError {
    single(errors(&economy(), COBB_DOUGLAS.model(), policies))
}

fn single(mut errors: Vec<ScenarioError>) -> ScenarioError {
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

pub fn error_of(scenario: &Scenario) -> ScenarioError {
    single(Problem::new(economy(), scenario).unwrap_err())
}

fn assert_place(error: &ScenarioError, section: Section, key: &str, row: Option<u64>) {
    let place = error.place();
    assert_eq!((place.section, place.key.as_str(), place.row), (section, key, row), "{error}");
}

fn replacing(mut policy: Policy) -> Policy {
    policy.replace = true;
    policy
}

#[test]
fn an_unknown_region_has_a_nearest_name() {
    let error = only_error([trade(On::TariffRate, ("R00", "R001", "*"), 0.1)]);
    assert_eq!(error.to_string(), "unknown region `R00`");
    assert_place(&error, Section::Policy(0), "exporter", None);
    assert!(error.hint().unwrap().starts_with("did you mean `R00"), "{error:?}");
    let error = only_error([trade(On::TariffRate, ("R001", "Atlantis", "*"), 0.1)]);
    assert_place(&error, Section::Policy(0), "importer", None);
    assert_eq!(error.hint(), None);
}

#[test]
fn an_unknown_sector_has_a_nearest_name() {
    let error = only_error([trade(On::TariffRate, ("R000", "R001", "s001"), 0.1)]);
    assert_eq!(error.to_string(), "unknown sector `s001`");
    assert_place(&error, Section::Policy(0), "sector", None);
    assert_eq!(error.hint().unwrap(), "did you mean `S001`?");
    assert!(error.expected().unwrap().starts_with("a sector code"));
}

#[test]
fn an_unknown_group_has_a_nearest_group() {
    let mut scenario =
        scenario(COBB_DOUGLAS.model(), [trade(On::TariffRate, ("coalitoin", "R001", "*"), 0.1)]);
    scenario.groups.insert("coalition".into(), vec!["R000".into(), "R002".into()]);
    let error = error_of(&scenario);
    assert_eq!(error.hint().unwrap(), "did you mean `coalition`?");
}

#[test]
fn a_group_of_the_other_kind_is_unknown() {
    let mut scenario =
        scenario(COBB_DOUGLAS.model(), [trade(On::TariffRate, ("energy", "R001", "*"), 0.1)]);
    scenario.groups.insert("energy".into(), vec!["S000".into()]);
    assert_eq!(error_of(&scenario).to_string(), "unknown region `energy`");
}

#[test]
fn members_of_groups_must_be_codes() {
    let mut scenario = scenario(COBB_DOUGLAS.model(), []);
    scenario.groups.insert("coalition".into(), vec!["R000".into(), "R02".into()]);
    let error = error_of(&scenario);
    assert_place(&error, Section::Groups, "coalition", None);
    assert_eq!(error.to_string(), "unknown region `R02`");
}

#[test]
fn a_group_must_not_have_the_name_of_a_code() {
    let mut scenario = scenario(COBB_DOUGLAS.model(), []);
    scenario.groups.insert("R001".into(), vec!["R000".into()]);
    let error = error_of(&scenario);
    assert!(matches!(&error, ScenarioError::AmbiguousGroup { what: "region", .. }), "{error:?}");
}

#[test]
fn numbers_outside_their_domain() {
    for (instrument, bad, key) in [
        (On::TariffRate, -1.0, "rate"),
        (On::TariffRate, f64::NAN, "rate"),
        (On::TariffAdd, f64::INFINITY, "add"),
        (On::ExportTaxRate, -1.5, "rate"),
        (On::TradeCostChange, -1.0, "change"),
        (On::EmbargoShare, 1.01, "share"),
        (On::EmbargoShare, -0.01, "share"),
        (On::SupplierExitShare, f64::NAN, "share"),
    ] {
        let errors =
            errors(&economy(), COBB_DOUGLAS.model(), [trade(instrument.clone(), CELLS, bad)]);
        let found = &errors[0];
        assert!(matches!(found, ScenarioError::OutOfRange { .. }), "{instrument:?}: {errors:?}");
        assert_place(found, Section::Policy(0), key, None);
        assert!(found.expected().is_some());
    }
    for (instrument, bad) in [
        (SectorInstrument::SectorTaxRate, 1.1),
        (SectorInstrument::ProductivityChange, -1.0),
        (SectorInstrument::DemandShiftChange, f64::NAN),
    ] {
        let found = only_error([sectoral(instrument, ("R000", "*"), bad)]);
        assert!(matches!(found, ScenarioError::OutOfRange { .. }), "{instrument:?}: {found:?}");
    }
    let found = only_error([transfer("R000", "R001", TransferAmount::ShareOfIncome(f64::NAN))]);
    assert_place(&found, Section::Policy(0), "share_of_income", None);
}

#[test]
fn elasticities_outside_their_domain() {
    let with = |change: Change| {
        let mut model = GENERAL.model();
        change(&mut model);
        error_of(&scenario(model, []))
    };
    let cases: [(&str, Change); 7] = [
        ("trade_elasticity", |model| model.trade_elasticity = Values::uniform(0.0)),
        ("trade_elasticity", |model| model.trade_elasticity = Values::uniform(f64::NAN)),
        ("production_elasticity", |model| model.production_elasticity = Values::uniform(-0.1)),
        ("input_elasticity", |model| model.input_elasticity = Values::uniform(f64::INFINITY)),
        ("final_elasticity", |model| model.final_elasticity = -1.0),
        ("specific_factor_share", |model| model.specific_factor_share = Values::uniform(1.1)),
        ("trade_elasticity.S001", |model| {
            model.trade_elasticity.entries.insert("S001".into(), -4.0);
        }),
    ];
    for (key, change) in cases {
        let error = with(change);
        assert!(matches!(error, ScenarioError::OutOfRange { .. }), "{error:?}");
        assert_place(&error, Section::Model, key, None);
    }
    let error = with(|model| {
        model.trade_elasticity.entries.insert("S01".into(), 4.0);
    });
    assert!(matches!(&error, ScenarioError::UnknownName { what: "sector", .. }), "{error:?}");
    let error = with(|model| {
        model.specific_factor_share.entries.insert("R09.S001".into(), 0.4);
    });
    assert!(matches!(&error, ScenarioError::UnknownName { what: "region", .. }), "{error:?}");
}

#[test]
fn two_policies_on_one_cell_conflict_until_one_replaces() {
    for instrument in [On::TariffRate, On::ExportTaxRate, On::EmbargoShare, On::SupplierExitShare] {
        let first = || trade(instrument.clone(), ("R000", "!R000", "*"), 0.5);
        let second = || trade(instrument.clone(), CELLS, 0.25);
        let error = only_error([first(), second()]);
        let ScenarioError::Conflict { cell, earlier, cells, kind, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((cell.as_str(), *earlier, *cells), ("R000→R001/S000", 0, 1));
        assert_eq!(*kind, instrument.kind());
        assert!(error.hint().unwrap().contains("override = true"));
        let replaced = problem(&economy(), COBB_DOUGLAS.model(), [first(), replacing(second())]);
        let change = &replaced.counterfactual.cells[&(0, 1, 0)];
        let other = &replaced.counterfactual.cells[&(0, 2, 0)];
        let size = |change: &viner_model::problem::CellChange| match instrument {
            On::TariffRate => change.tariff,
            On::ExportTaxRate => change.export_tax,
            On::EmbargoShare => 1.0 - change.allowed,
            _ => 1.0 - change.staying,
        };
        assert_eq!((size(change), size(other)), (0.25, 0.5));
    }
}

#[test]
fn setting_a_tariff_after_adding_to_it_is_a_conflict() {
    let add = || trade(On::TariffAdd, CELLS, 0.5);
    let set = || trade(On::TariffRate, CELLS, 0.25);
    assert!(matches!(only_error([add(), set()]), ScenarioError::Conflict { earlier: 0, .. }));
    // The other way round, and twice the same way, they add up.
    let both = problem(&economy(), COBB_DOUGLAS.model(), [set(), add(), add()]);
    assert_eq!(both.counterfactual.cells[&(0, 1, 0)].tariff, 1.25);
    let taxes = trade(On::ExportTaxRate, CELLS, 0.25);
    problem(&economy(), COBB_DOUGLAS.model(), [add(), taxes]);
}

#[test]
fn two_taxes_on_one_profit_conflict() {
    let tax = |rate| sectoral(SectorInstrument::SectorTaxRate, ("R001", "S001"), rate);
    let between = || trade(On::TariffRate, CELLS, 0.1);
    let error = only_error([tax(0.5), between(), tax(0.25)]);
    assert!(matches!(&error, ScenarioError::Conflict { earlier: 0, .. }), "{error:?}");
    let replaced = problem(&economy(), COBB_DOUGLAS.model(), [tax(0.5), replacing(tax(0.25))]);
    assert_eq!(replaced.counterfactual.profit_tax[[1, 1]], 0.25);
    // A tax of nothing is a tax that was set.
    let error = only_error([tax(0.0), tax(0.25)]);
    assert!(matches!(&error, ScenarioError::Conflict { earlier: 0, .. }), "{error:?}");
}

#[test]
fn one_cell_in_two_rows_of_a_table_is_an_error() {
    let row = |importer: &str, line| BilateralRow {
        exporter: "R000".into(),
        importer: importer.into(),
        sector: "S000".into(),
        value: 0.5,
        line,
    };
    let cells = Cells::Rows(vec![row("*", 2), row("R001", 3)]);
    let error = only_error([policy(Action::Bilateral { instrument: On::TradeCostChange, cells })]);
    assert!(matches!(&error, ScenarioError::RepeatedCell { .. }), "{error:?}");
    assert_place(&error, Section::Policy(0), "change", Some(3));
}

#[test]
fn tariffs_that_add_up_to_minus_one() {
    let add = || trade(On::TariffAdd, CELLS, -0.6);
    let error = only_error([trade(On::TariffRate, CELLS, 0.2), add(), add()]);
    let ScenarioError::TaxTooLow { kind, cell, found, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*kind, cell.as_str()), ("tariff", "R000→R001/S000"));
    assert!((found + 1.0).abs() < 1e-15);
    assert_place(&error, Section::Policy(2), "add", None);
    let add = trade(On::ExportTaxAdd, CELLS, -1.0);
    assert!(matches!(only_error([add]), ScenarioError::TaxTooLow { kind: "export-tax", .. }));
}

#[test]
fn a_fixed_real_wage_needs_a_specific_factor() {
    let errors = errors(&economy(), COBB_DOUGLAS.with(Labour::FixedRealWage), []);
    assert_eq!(errors.len(), 1, "one for all regions: {errors:?}");
    assert!(
        matches!(&errors[0], ScenarioError::NoSpecificFactor { regions, .. } if regions.len() == 3)
    );
    assert!(errors[0].hint().unwrap().contains("specific_factor_share"));
    // One sector of each region is enough.
    let mut model = COBB_DOUGLAS.with(Labour::FixedRealWage);
    model.specific_factor_share.entries.insert("S001".into(), 0.2);
    problem(&economy(), model, []);
}

#[test]
fn negative_value_added_needs_cobb_douglas() {
    let mut shares = Structure::of(&ordinary(3, 2, 162));
    let mut inputs = shares.inputs.slice_mut(s![1, 0, ..]);
    inputs *= 1.02 / inputs.sum();
    let negative = shares.baseline();
    problem(&negative, COBB_DOUGLAS.model(), []);
    let mut model = COBB_DOUGLAS.model();
    model.production_elasticity.entries.insert("S000".into(), 0.9);
    let error = single(errors(&negative, model, []));
    let ScenarioError::NegativeValueAdded { cell, found, .. } = &error else { panic!("{error:?}") };
    assert_eq!(cell, "R001/S000");
    assert!((found / negative.value_added[[1, 0]] - 1.0).abs() < 1e-15);
    let mut model = COBB_DOUGLAS.model();
    model.production_elasticity.entries.insert("S001".into(), 0.9);
    problem(&negative, model, []);
}

#[test]
fn dollars_on_a_table_in_euros() {
    let mut tables = viner_model::economies::Recipe::new(3, 2, 163).tables();
    tables.description.unit = Unit::MillionEur;
    let euros = baseline(&tables);
    let pay = |amount| transfer("R000", "R001", amount);
    let error =
        single(errors(&euros, COBB_DOUGLAS.model(), [pay(TransferAmount::MillionUsd(5.0))]));
    assert!(matches!(&error, ScenarioError::CurrencyMismatch { unit: "million EUR", .. }));
    assert_eq!(error.hint().unwrap(), "use `share_of_income`");
    problem(&euros, COBB_DOUGLAS.model(), [pay(TransferAmount::ShareOfIncome(0.1))]);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let errors = errors(
        &economy(),
        COBB_DOUGLAS.with(Labour::FixedRealWage),
        [
            trade(On::TariffRate, ("R00", "R001", "*"), -2.0),
            sectoral(SectorInstrument::SectorTaxRate, ("R000", "S9"), 0.1),
        ],
    );
    assert_eq!(errors.len(), 4, "{errors:?}");
}

#[test]
fn rows_for_sectors_say_their_line() {
    let row = |region: &str, value| SectorRow {
        region: region.into(),
        sector: "*".into(),
        value,
        line: 4,
    };
    let of = |rows| {
        let instrument = SectorInstrument::ProductivityChange;
        policy(Action::Sector { instrument, cells: SectorCells::Rows(rows) })
    };
    assert_eq!(only_error([of(vec![row("R09", 0.1)])]).place().row, Some(4));
    assert_eq!(only_error([of(vec![row("R001", -2.0)])]).place().row, Some(4));
    let both =
        problem(&economy(), COBB_DOUGLAS.model(), [of(vec![row("R001", 0.5), row("*", 1.0)])]);
    assert_eq!(both.counterfactual.productivity[[1, 0]], 3.0);
    assert_eq!(both.counterfactual.productivity[[0, 1]], 2.0);
}
