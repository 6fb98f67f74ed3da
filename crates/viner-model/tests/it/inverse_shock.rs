//! Solve, take the equilibrium as a baseline, undo the shock: the way back ends where it began.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3};
use viner_model::baseline::Baseline;
use viner_model::equilibrium::Equilibrium;
use viner_model::scenario::{BilateralInstrument as On, Deficits, Model, Policy, SectorInstrument};

use crate::assert_close;
use crate::close::hat;
use crate::economies::ordinary;
use crate::policies::{
    COBB_DOUGLAS, GENERAL, Uniform, cell_by_cell, foreign_cells, outcome, sectoral, trade,
};
use crate::tolerances::SAME_ANSWER;

/// Solves, rebases, solves back, and compares the product of all hats with 1.
fn assert_returns(
    start: &Arc<Baseline>,
    model: &Model,
    there: Vec<Policy>,
    back: impl FnOnce(&Baseline) -> Vec<Policy>,
) {
    let (problem, out) = outcome(start, model.clone(), there);
    let middle = Arc::new(out.rebase(&problem).unwrap());
    let policies = back(&middle);
    let (problem, home) = outcome(&middle, model.clone(), policies);
    let end = home.rebase(&problem).unwrap();
    assert_product_is_one(start, &out, &home);
    let flows = hat(&end.trade_flows, &start.trade_flows);
    assert_close!(start, flows, Array3::ones(flows.raw_dim()), SAME_ANSWER);
    let value_added = hat(&end.value_added, &start.value_added);
    assert_close!(start, value_added, Array2::ones(value_added.raw_dim()), SAME_ANSWER);
    assert_close!(start, end.final_shares, start.final_shares, SAME_ANSWER);
    assert_close!(start, end.trade_shares, start.trade_shares, SAME_ANSWER);
    assert_close!(
        start,
        &end.income / &start.income,
        Array1::ones(start.region_count()),
        SAME_ANSWER
    );
    let inputs = (&end.input_mix - &start.input_mix).mapv(f64::abs);
    assert!(inputs.iter().all(|difference| *difference < SAME_ANSWER));
    // The way led somewhere.
    assert!(out.price.iter().any(|price| (price - 1.0).abs() > 0.01));
}

fn assert_product_is_one(baseline: &Baseline, out: &Equilibrium, home: &Equilibrium) {
    let regions = Array1::ones(baseline.region_count());
    let cells = Array2::ones(out.price.raw_dim());
    assert_close!(baseline, &out.wage * &home.wage, regions, SAME_ANSWER);
    assert_close!(baseline, &out.price_index * &home.price_index, regions, SAME_ANSWER);
    assert_close!(baseline, &out.employment * &home.employment, regions, SAME_ANSWER);
    assert_close!(baseline, &out.price * &home.price, cells, SAME_ANSWER);
    assert_close!(baseline, &out.unit_cost * &home.unit_cost, cells, SAME_ANSWER);
}

/// Policies that set every foreign tariff and export tax to what `baseline` has.
fn taxes_of(baseline: &Baseline) -> Vec<Policy> {
    let cells = foreign_cells(baseline);
    let tariffs = cells.iter().map(|&(s, n, i)| ((s, n, i), baseline.tariff(s, n, i)));
    let taxes = cells.iter().map(|&(s, n, i)| ((s, n, i), baseline.export_tax(s, n, i)));
    vec![
        cell_by_cell(baseline, On::TariffRate, tariffs),
        cell_by_cell(baseline, On::ExportTaxRate, taxes),
    ]
}

fn shock() -> Vec<Policy> {
    vec![
        trade(On::TariffAdd, ("R000", "!R000", "*"), 0.4),
        trade(On::ExportTaxAdd, ("R001", "!R001", "S001"), 0.25),
        trade(On::TradeCostChange, ("*", "R002", "*"), 0.5),
        trade(On::EmbargoShare, ("R003", "R000", "S000"), 0.6),
        sectoral(SectorInstrument::ProductivityChange, ("R001", "*"), -0.2),
    ]
}

fn undo(start: &Baseline, theta: f64) -> Vec<Policy> {
    let mut policies = taxes_of(start);
    // What an embargo took is bought back as cheaper trade in what remains.
    let reward = 0.4_f64.powf(1.0 / theta) - 1.0;
    policies.extend([
        trade(On::TradeCostChange, ("*", "R002", "*"), 1.0 / 1.5 - 1.0),
        trade(On::TradeCostChange, ("R003", "R000", "S000"), reward),
        sectoral(SectorInstrument::ProductivityChange, ("R001", "*"), 1.0 / 0.8 - 1.0),
    ]);
    policies
}

#[test]
fn every_policy_can_be_undone() {
    let start = ordinary(4, 3, 81);
    let low = Uniform { theta: 1.2, sigma: 0.1, epsilon: 2.5, eta: 0.2, phi: 0.8 };
    for elasticities in [COBB_DOUGLAS, GENERAL, low] {
        let back = |_: &Baseline| undo(&start, elasticities.theta);
        assert_returns(&start, &elasticities.model(), shock(), back);
    }
}

#[test]
fn under_every_closure() {
    let start = ordinary(4, 3, 82);
    for labour in crate::identities::LABOUR {
        for deficits in [Deficits::Fixed, Deficits::IncomeShare] {
            let model = Model { deficits, ..GENERAL.with(labour) };
            assert_returns(&start, &model, shock(), |_| undo(&start, GENERAL.theta));
        }
    }
}

#[test]
fn from_a_baseline_with_export_taxes() {
    let plain = ordinary(4, 3, 83);
    let cells = foreign_cells(&plain).into_iter().map(|cell| (cell, 0.08 * (cell.1 as f64 - 1.0)));
    let taxes = cell_by_cell(&plain, On::ExportTaxRate, cells);
    let (problem, equilibrium) = outcome(&plain, GENERAL.model(), [taxes]);
    let start = Arc::new(equilibrium.rebase(&problem).unwrap());
    assert!(start.export_taxes.is_some());
    assert!((start.export_tax(0, 3, 1) - 0.16).abs() < 1e-15);
    assert_returns(&start, &GENERAL.model(), shock(), |_| undo(&start, GENERAL.theta));
}

#[test]
fn a_path_in_two_steps_is_the_path_in_one() {
    let start = ordinary(4, 3, 84);
    let model = GENERAL.model();
    let cost = |change| trade(On::TradeCostChange, ("R000", "!R000", "*"), change);
    let (_, whole) = outcome(&start, model.clone(), [cost(0.5)]);
    let (problem, half) = outcome(&start, model.clone(), [cost(0.2)]);
    let middle = Arc::new(half.rebase(&problem).unwrap());
    let (_, rest) = outcome(&middle, model, [cost(1.5 / 1.2 - 1.0)]);
    assert_close!(start, &half.price * &rest.price, whole.price, SAME_ANSWER);
    assert_close!(start, rest.trade_flows, whole.trade_flows, SAME_ANSWER);
}

#[test]
fn transfers_become_deficits_of_the_rebased_baseline() {
    use viner_model::scenario::TransferAmount::ShareOfIncome;
    let start = ordinary(4, 3, 85);
    let pay = crate::policies::transfer("R000", "R001", ShareOfIncome(0.05));
    let (problem, out) = outcome(&start, GENERAL.model(), [pay]);
    let rebased = out.rebase(&problem).unwrap();
    let expected = &out.deficits + &problem.counterfactual.transfers;
    assert_close!(start, &rebased.deficits / &start.income, &expected / &start.income, SAME_ANSWER);
}
