//! Tables whose identities fail: refused with the worst cell, or solved once.

use std::sync::Arc;

use ndarray::{Array1, Array2, Axis, s};
use viner_model::baseline::{Baseline, BaselineError, IdentityReport};
use viner_model::economies::Recipe;
use viner_model::equilibrium::{Settings, reference_baseline, run};
use viner_model::problem::ScenarioError;
use viner_model::scenario::{BilateralInstrument as On, Deficits, Model};
use viner_model::tables::Tables;

use crate::assert_close;
use crate::close::{assert_same_hats, assert_unchanged, hat, welfare};
use crate::economies::ordinary;
use crate::identities::{LABOUR, assert_accounts_hold};
use crate::policies::{GENERAL, Uniform, outcome, problem, scenario, trade};
use crate::tolerances::{ROUNDING, SAME_ANSWER, SAME_PROBLEM, TIGHT};

/// Puts an error of a given size into a table.
type Slip = fn(&mut Tables, f64);
/// Puts an error into a table.
type Mistake = fn(&mut Tables);

fn tables() -> Tables {
    Recipe { tariffs: 0.3, ..Recipe::new(4, 3, 151) }.tables()
}

/// The identities, the worst of them, and where, of tables that are refused.
fn refused(tables: &Tables, tolerance: f64) -> IdentityReport {
    match Baseline::new(tables, tolerance).unwrap_err().as_slice() {
        [BaselineError::Unbalanced { report }] => report.clone(),
        errors => panic!("{errors:?}"),
    }
}

#[test]
fn a_table_in_balance_is_measured_so() {
    let report = IdentityReport::of(&tables());
    assert!(report.worst().relative < ROUNDING, "{report}");
    assert_eq!(report.identities.len(), 4);
}

#[test]
fn each_identity_names_its_worst_cell() {
    let world = tables().flows.sum();
    let slip = 0.01 * world;
    let cases: [(&str, &str, Slip); 4] = [
        ("output", "R002/S001", |tables, slip| tables.value_added[[2, 1]] += slip),
        ("spending", "R001/S002", |tables, slip| tables.final_spending[[1, 2]] += slip),
        ("output", "R003/S000", |tables, slip| tables.inputs[[3, 0, 1]] += slip),
        ("spending", "R003/S001", |tables, slip| tables.inputs[[3, 0, 1]] += slip),
    ];
    for (identity, cell, make) in cases {
        let mut wrong = tables();
        make(&mut wrong, slip);
        let report = refused(&wrong, 1e-6);
        let found = report.identities.iter().find(|found| found.name == identity).unwrap();
        assert_eq!(found.worst_cell, cell);
        assert!((found.residual / slip - 1.0).abs() < 1e-9, "{found:?}");
        assert!((found.relative - 0.01).abs() < 1e-9, "{found:?}");
        assert!(report.to_string().contains(&report.worst().worst_cell));
    }
    // A deficit that nobody lends: final spending and the trade balance disagree.
    let mut wrong = tables();
    wrong.final_spending[[1, 2]] += slip;
    let report = refused(&wrong, 1e-6);
    for (name, cell) in [("trade", "R001"), ("deficits", "the world")] {
        let found = report.identities.iter().find(|found| found.name == name).unwrap();
        assert_eq!((found.worst_cell.as_str(), found.relative > 0.009), (cell, true), "{found:?}");
    }
}

/// A table whose users buy in the shares of the flows, with one cell of sourcing that is too large.
#[test]
fn sourcing_out_of_step_names_its_worst_cells() {
    let mut wrong = tables();
    let spent = &wrong.flows * &(1.0 + wrong.tariffs.as_ref().unwrap());
    let sourcing = ndarray::Array4::from_shape_fn(wrong.sourcing_shape(), |(s, n, user, i)| {
        let all = spent.slice(s![s, n, ..]).sum();
        wrong.flows[[s, n, i]] * wrong.spending(n, user, s) / all
    });
    wrong.sourcing = Some(sourcing);
    let report = IdentityReport::of(&wrong);
    assert!(report.worst().relative < ROUNDING, "{report}");
    assert!(Baseline::new(&wrong, 1e-6).is_ok());
    let slip = 0.01 * wrong.flows.sum();
    wrong.sourcing.as_mut().unwrap()[[1, 2, 3, 0]] += slip;
    wrong.sourcing.as_mut().unwrap()[[0, 1, 2, 3]] += 0.5 * slip;
    let report = refused(&wrong, 1e-6);
    let found: Vec<_> = report.identities[4..]
        .iter()
        .map(|identity| (identity.name, identity.worst_cell.as_str()))
        .collect();
    assert_eq!(found, [("sales", "R000/R002/S001"), ("purchases", "R002/S001/final")]);
    assert!((report.identities[4].residual / slip - 1.0).abs() < 1e-9);
    let rate = wrong.tariff(1, 2, 0);
    assert!((report.identities[5].residual / slip - (1.0 + rate)).abs() < 1e-9);
}

#[test]
fn the_tolerance_decides() {
    let mut wrong = tables();
    wrong.value_added[[2, 1]] += 1e-5 * wrong.flows.sum();
    assert_eq!(refused(&wrong, 0.9e-5).worst().worst_cell, "R002/S001");
    let baseline = Arc::new(Baseline::new(&wrong, 1.1e-5).unwrap());
    let (problem, equilibrium) = outcome(&baseline, GENERAL.model(), []);
    assert_unchanged(&problem, &equilibrium, ROUNDING);
}

#[test]
fn bad_values_are_refused_one_by_one() {
    let cases: [(&str, &str, Mistake); 9] = [
        ("flow", "R001→R002/S000", |tables| tables.flows[[0, 2, 1]] = -1.0),
        ("flow", "R001→R002/S000", |tables| tables.flows[[0, 2, 1]] = f64::NAN),
        ("input", "R001/S002→S000", |tables| tables.inputs[[1, 0, 2]] = -1.0),
        ("input", "R001/S002→S000", |tables| tables.inputs[[1, 0, 2]] = f64::NAN),
        ("final spending", "R001/S002", |tables| tables.final_spending[[1, 2]] = -1.0),
        ("final spending", "R001/S002", |tables| tables.final_spending[[1, 2]] = f64::INFINITY),
        ("value added", "R001/S002", |tables| tables.value_added[[1, 2]] = f64::NAN),
        ("tariff", "R001→R002/S000", |tables| set_tariff(tables, -1.0)),
        ("tariff", "R001→R002/S000", |tables| set_tariff(tables, f64::NAN)),
    ];
    for (wanted, place, make) in cases {
        let mut wrong = tables();
        make(&mut wrong);
        let mut refusals = vec![Baseline::new(&wrong, 1.0).unwrap_err()];
        // Published tables that do not balance have negative inputs: see below.
        if wrong.inputs[[1, 0, 2]] >= 0.0 || wrong.inputs[[1, 0, 2]].is_nan() {
            refusals.push(Baseline::unbalanced(&wrong).unwrap_err());
        }
        for errors in refusals {
            let [BaselineError::BadValue { what, cell, .. }] = errors.as_slice() else {
                panic!("{errors:?}")
            };
            assert_eq!((*what, cell.as_str()), (wanted, place));
        }
    }
}

fn set_tariff(tables: &mut Tables, rate: f64) {
    tables.tariffs.as_mut().unwrap()[[0, 2, 1]] = rate;
}

#[test]
fn a_negative_input_can_be_solved_at_cobb_douglas() {
    let mut table = wild();
    table.inputs[[1, 0, 2]] *= -0.2;
    let raw = Arc::new(Baseline::unbalanced(&table).unwrap());
    let tariff = || trade(On::TariffAdd, ("R000", "!R000", "*"), 0.3);
    let model = Uniform { epsilon: 1.0, ..GENERAL }.model();
    let (problem, equilibrium) =
        run(Arc::clone(&raw), &scenario(model, [tariff()]), TIGHT).unwrap();
    assert!(problem.baseline.input_mix[[1, 0, 2]] < 0.0);
    assert_accounts_hold(&problem, &equilibrium, SAME_PROBLEM);
    let errors = crate::policies::errors(&raw, GENERAL.model(), [tariff()]);
    let [error @ ScenarioError::NegativeInput { cell, .. }] = errors.as_slice() else {
        panic!("{errors:?}")
    };
    assert_eq!(cell, "R001/S000");
    assert!(error.hint().is_some());
}

#[test]
fn a_region_without_people_is_refused() {
    let mut empty = tables();
    empty.final_spending.row_mut(1).fill(0.0);
    let errors = Baseline::unbalanced(&empty).unwrap_err();
    // Only its net imports could pay for anything.
    let named = errors.iter().any(
        |error| matches!(error, BaselineError::EmptyRegion { region, .. } if region == "R001"),
    );
    let mut idle = tables();
    idle.value_added.row_mut(1).fill(0.0);
    let errors = Baseline::unbalanced(&idle).unwrap_err();
    let [BaselineError::EmptyRegion { region, what, .. }, ..] = errors.as_slice() else {
        panic!("{errors:?}")
    };
    assert_eq!((region.as_str(), *what), ("R001", "value added"));
    assert!(named, "a region that spends nothing is accepted");
}

#[test]
fn a_good_that_nobody_sells_is_refused() {
    let mut wrong = tables();
    wrong.flows.slice_mut(s![2, 1, ..]).fill(0.0);
    let errors = Baseline::unbalanced(&wrong).unwrap_err();
    let [BaselineError::NoSupplier { cell, found }] = errors.as_slice() else {
        panic!("{errors:?}")
    };
    assert_eq!(cell, "R001/S002");
    let used = wrong.inputs.slice(s![1, .., 2]).sum() + wrong.final_spending[[1, 2]];
    assert!((found / used - 1.0).abs() < 0.2, "{found} of {used}");
}

/// A table whose trade, production and endowments come from different sources.
fn wild() -> Tables {
    let mut wild = tables();
    for (index, flow) in wild.flows.iter_mut().enumerate() {
        *flow *= [1.0, 1.2, 0.7, 1.1, 0.95][index % 5];
    }
    for (index, value) in wild.value_added.iter_mut().enumerate() {
        *value *= [1.0, 1.1, 0.8, 1.3][index % 4];
    }
    wild
}

#[test]
fn an_unbalanced_table_is_solved_once() {
    let table = wild();
    assert!(refused(&table, 1e-3).worst().relative > 1e-3);
    let raw = Arc::new(Baseline::unbalanced(&table).unwrap());
    assert!(!raw.balanced);
    for labour in LABOUR {
        for deficits in [Deficits::Fixed, Deficits::IncomeShare, Deficits::Balanced] {
            let model = Model { deficits, ..GENERAL.with(labour) };
            let settings = Settings { tolerance: 1e-13, ..TIGHT };
            let (problem, same) =
                run(Arc::clone(&raw), &scenario(model.clone(), []), settings).unwrap();
            assert!(problem.baseline.balanced);
            assert_unchanged(&problem, &same, ROUNDING);
            assert_accounts_hold(&problem, &same, SAME_PROBLEM);
            let tariff = trade(On::TariffAdd, ("R000", "!R000", "*"), 0.3);
            let (problem, moved) =
                run(Arc::clone(&raw), &scenario(model, [tariff]), settings).unwrap();
            assert_accounts_hold(&problem, &moved, SAME_PROBLEM);
            assert!(welfare(&problem, &moved).iter().any(|welfare| welfare.abs() > 1e-3));
        }
    }
}

/// The reference keeps the shares and endowments that it was given.
#[test]
fn the_reference_keeps_what_it_can() {
    let table = wild();
    let raw = Arc::new(Baseline::unbalanced(&table).unwrap());
    let plain = problem(&raw, crate::policies::COBB_DOUGLAS.model(), []);
    let reference = reference_baseline(&plain, TIGHT).unwrap().unwrap();
    assert_close!(raw, reference.final_shares, raw.final_shares, SAME_ANSWER);
    assert_close!(raw, reference.value_added_share, raw.value_added_share, SAME_ANSWER);
    assert_close!(raw, reference.input_mix.sum_axis(Axis(2)), Array2::ones((4, 3)), SAME_ANSWER);
    assert!((reference.value_added.sum() / raw.value_added.sum() - 1.0).abs() < SAME_ANSWER);
    assert_close!(raw, &reference.deficits / &raw.income, &raw.deficits / &raw.income, SAME_ANSWER);
    // Shares of cost come from the table's own cost side.
    let inputs = table.inputs.sum_axis(Axis(2));
    let share = &table.value_added / &(&inputs + &table.value_added);
    assert_close!(raw, raw.value_added_share, share, ROUNDING);
}

#[test]
fn a_table_in_balance_needs_no_reference_and_is_its_own() {
    let table = tables();
    let (balanced, raw) = (
        Arc::new(Baseline::new(&table, 1e-6).unwrap()),
        Arc::new(Baseline::unbalanced(&table).unwrap()),
    );
    let tariff = || trade(On::TariffAdd, ("R000", "!R000", "*"), 0.3);
    let plain = problem(&balanced, GENERAL.model(), [tariff()]);
    assert!(reference_baseline(&plain, TIGHT).unwrap().is_none());
    let given = outcome(&balanced, GENERAL.model(), [tariff()]);
    let solved = run(raw, &scenario(GENERAL.model(), [tariff()]), TIGHT).unwrap();
    assert_same_hats((&given.0, &given.1), (&solved.0, &solved.1), SAME_ANSWER);
}

#[test]
fn balanced_deficits_are_compared_with_a_world_without_them() {
    let baseline = ordinary(4, 3, 152);
    let model = Model { deficits: Deficits::Balanced, ..GENERAL.model() };
    let tariff = trade(On::TariffAdd, ("R000", "!R000", "*"), 0.3);
    let (problem, _) = run(Arc::clone(&baseline), &scenario(model, [tariff]), TIGHT).unwrap();
    let relative = &problem.baseline.deficits / &problem.baseline.income;
    assert_close!(baseline, relative, Array1::zeros(4), SAME_PROBLEM);
    let moved = hat(&problem.baseline.income, &baseline.income);
    assert!(moved.iter().any(|hat| (hat - 1.0).abs() > 1e-3), "{moved}");
}
