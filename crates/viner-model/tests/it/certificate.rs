//! The certificate passes what is right and notices what is wrong, whichever number it is.

use viner_model::equilibrium::{Certificate, Equilibrium, certify};
use viner_model::problem::Problem;
use viner_model::scenario::{Labour, Model};

use crate::economies::ordinary;
use crate::policies::{GENERAL, Uniform, one_of_each, outcome};
use crate::tolerances::{CERTIFIED, NOTICED, PLANTED_ERROR};

fn solved(model: Model) -> (Problem, Equilibrium) {
    outcome(&ordinary(4, 3, 91), model, one_of_each())
}

fn residual<'a>(certificate: &'a Certificate, equation: &str) -> (f64, &'a str) {
    let found = certificate.residuals.iter().find(|residual| residual.equation == equation);
    let residual = found.unwrap_or_else(|| panic!("no equation `{equation}`"));
    (residual.relative, &residual.cell)
}

/// Plants an error in one number; the equation must notice it, in the cell given.
fn assert_noticed(
    (problem, right): &(Problem, Equilibrium),
    name: &str,
    plant: impl FnOnce(&mut Equilibrium, f64),
    equation: &str,
    cell: &str,
) {
    let mut wrong = right.clone();
    plant(&mut wrong, 1.0 + PLANTED_ERROR);
    let certificate = certify(problem, &wrong);
    let worst = certificate.worst();
    assert!(worst.relative > NOTICED, "{name}: {worst:?}");
    assert!(worst.relative < 100.0 * PLANTED_ERROR, "{name}: {worst:?}");
    let (relative, found) = residual(&certificate, equation);
    assert!(relative > NOTICED, "{name}, {equation}: {relative:e}, worst {worst:?}");
    assert_eq!(found.trim_matches('`'), cell, "{name}, {equation}: {relative:e}");
}

#[test]
fn the_right_equilibrium_is_certified() {
    for labour in crate::identities::LABOUR {
        let (problem, right) = solved(GENERAL.with(labour));
        let certificate = certify(&problem, &right);
        assert_eq!(certificate, right.certificate);
        assert!(certificate.worst().relative < CERTIFIED, "{:?}", certificate.worst());
        let names: Vec<&str> =
            certificate.residuals.iter().map(|residual| residual.equation).collect();
        assert_eq!(
            names,
            [
                "unit cost",
                "value added",
                "price",
                "trade share",
                "spending",
                "market clearing",
                "price index",
                "income",
                "deficit",
                "labour market",
                "numeraire"
            ]
        );
    }
}

#[test]
fn an_error_in_any_number_is_noticed() {
    let right = solved(GENERAL.model());
    let check = |name: &str, plant: &dyn Fn(&mut Equilibrium, f64), equation: &str, cell: &str| {
        assert_noticed(&right, name, plant, equation, cell);
    };
    check("price", &|e, f| e.price[[1, 2]] *= f, "price", "R001/S002");
    check("unit cost", &|e, f| e.unit_cost[[1, 2]] *= f, "unit cost", "R001/S002");
    check("output", &|e, f| e.output[[1, 2]] *= f, "market clearing", "R001/S002");
    check("output", &|e, f| e.output[[1, 2]] *= f, "value added", "R001/S002");
    check("value added", &|e, f| e.value_added[[1, 2]] *= f, "value added", "R001/S002");
    check("value added", &|e, f| e.value_added[[1, 2]] *= f, "income", "R001");
    check("value added", &|e, f| e.value_added[[1, 2]] *= f, "labour market", "R001");
    let flow = &|e: &mut Equilibrium, f: f64| e.trade_flows[[2, 1, 1]] *= f;
    check("flow", flow, "market clearing", "R001/S002");
    check("flow", flow, "spending", "R001/S002");
    let flow = &|e: &mut Equilibrium, f: f64| e.trade_flows[[2, 3, 1]] *= f;
    check("flow", flow, "trade share", "R001→R003/S002");
    check("wage", &|e, f| e.wage[1] *= f, "labour market", "R001");
    check("income", &|e, f| e.income[1] *= f, "income", "R001");
    check("deficit", &|e, f| e.deficits[1] += (f - 1.0) * e.income[1], "deficit", "R001");
    check("deficit", &|e, f| e.deficits[1] += (f - 1.0) * e.income[1], "income", "R001");
    check("employment", &|e, f| e.employment[1] *= f, "labour market", "R001");
    check("price index", &|e, f| e.price_index[1] *= f, "price index", "R001");
    let all = |e: &mut Equilibrium, f: f64| e.value_added *= f;
    assert_noticed(&right, "all value added", all, "numeraire", "the world");
}

/// Regions and sectors are checked some at a time.
#[test]
fn an_error_far_down_the_tables_is_noticed_where_it_is() {
    let right = outcome(&ordinary(30, 25, 92), GENERAL.model(), one_of_each());
    let check = |name: &str, plant: &dyn Fn(&mut Equilibrium, f64), equation: &str, cell: &str| {
        assert_noticed(&right, name, plant, equation, cell);
    };
    check("unit cost", &|e, f| e.unit_cost[[28, 23]] *= f, "unit cost", "R028/S023");
    check("value added", &|e, f| e.value_added[[28, 23]] *= f, "value added", "R028/S023");
    check("price", &|e, f| e.price[[28, 23]] *= f, "price", "R028/S023");
    check("price index", &|e, f| e.price_index[28] *= f, "price index", "R028");
    let flow = &|e: &mut Equilibrium, f: f64| e.trade_flows[[23, 27, 28]] *= f;
    check("flow", flow, "trade share", "R028→R027/S023");
    let at_home = &|e: &mut Equilibrium, f: f64| e.trade_flows[[23, 28, 28]] *= f;
    check("flow", at_home, "market clearing", "R028/S023");
    check("flow", at_home, "spending", "R028/S023");
}

#[test]
fn taxes_collected_are_checked() {
    let right = solved(GENERAL.model());
    let add = |e: &Equilibrium, f: f64| (f - 1.0) * e.income[1];
    let tariffs = |e: &mut Equilibrium, f: f64| e.tariff_revenue[1] += add(e, f);
    assert_noticed(&right, "tariffs", tariffs, "income", "R001");
    let taxes = |e: &mut Equilibrium, f: f64| e.export_tax_revenue[1] += add(e, f);
    assert_noticed(&right, "export taxes", taxes, "income", "R001");
}

#[test]
fn the_closures_are_checked() {
    let sticky = solved(GENERAL.with(Labour::FixedNominalWage));
    assert_noticed(&sticky, "wage", |e, f| e.wage[1] *= f, "labour market", "R001");
    let real = solved(GENERAL.with(Labour::FixedRealWage));
    let both = |e: &mut Equilibrium, f: f64| {
        // Labour income stays right; only the real wage is wrong.
        e.wage[1] *= f;
        e.employment[1] /= f;
    };
    assert_noticed(&real, "real wage", both, "labour market", "R001");
    let (problem, right) = solved(GENERAL.model());
    let other = Problem { labour: Labour::FixedNominalWage, ..problem };
    let certificate = certify(&other, &right);
    assert!(residual(&certificate, "labour market").0 > 1e-3, "{certificate:?}");
}

/// An equilibrium of one problem is none of another.
#[test]
fn the_problem_is_checked() {
    let (problem, right) = solved(GENERAL.model());
    for (name, other) in [
        ("theta", Uniform { theta: 4.01, ..GENERAL }),
        ("sigma", Uniform { sigma: 0.51, ..GENERAL }),
        ("epsilon", Uniform { epsilon: 0.31, ..GENERAL }),
        ("eta", Uniform { eta: 1.71, ..GENERAL }),
        ("phi", Uniform { phi: 0.41, ..GENERAL }),
    ] {
        let other = crate::policies::problem(&problem.baseline, other.model(), one_of_each());
        let worst = certify(&other, &right).worst().clone();
        assert!(worst.relative > 1e-5, "{name}: {worst:?}");
    }
    let plain = problem.without_policies();
    assert!(certify(&plain, &right).worst().relative > 1e-2);
}

#[test]
fn nan_is_never_certified() {
    let (problem, right) = solved(GENERAL.model());
    let mut wrong = right.clone();
    wrong.price[[0, 0]] = f64::NAN;
    assert_eq!(certify(&problem, &wrong).worst().relative, f64::INFINITY);
    let mut wrong = right;
    wrong.trade_flows[[0, 1, 0]] = f64::NAN;
    assert_eq!(certify(&problem, &wrong).worst().relative, f64::INFINITY);
    assert_eq!(Certificate::default().worst().relative, f64::INFINITY);
}
