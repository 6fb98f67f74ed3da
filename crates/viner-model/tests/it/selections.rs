//! What selectors, groups, wildcards and tables choose, and choosing nothing.

use std::sync::Arc;

use viner_model::baseline::Baseline;
use viner_model::problem::{Problem, ScenarioError};
use viner_model::scenario::{
    Action, BilateralInstrument as On, BilateralRow, Cells, Policy, SectorInstrument,
    TransferAmount,
};

use crate::economies::ordinary;
use crate::policies::{
    COBB_DOUGLAS, GENERAL, both_ways, policy, problem, scenario, sectoral, trade,
    trade_and_domestic, transfer,
};
use crate::scenario_errors::{error_of, only_error};

fn economy() -> Arc<Baseline> {
    ordinary(3, 2, 161)
}

#[test]
fn the_most_specific_elasticity_holds() {
    let mut model = GENERAL.model();
    let entries = [("both", 0.1), ("S001", 0.2), ("R002.S001", 0.3)];
    model.specific_factor_share.entries =
        entries.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
    let mut scenario = scenario(model, []);
    scenario.groups.insert("both".into(), vec!["S000".into(), "S001".into()]);
    let problem = Problem::new(economy(), &scenario).unwrap();
    let found = &problem.elasticities.specific_factor_share;
    assert_eq!(*found, ndarray::arr2(&[[0.1, 0.2], [0.1, 0.2], [0.1, 0.3]]));
}

#[test]
fn selections_of_nothing() {
    for (cells, reason) in [
        (("!R000,R001,R002", "*", "*"), "no exporter is selected"),
        (("R000", "", "*"), "no importer is selected"),
        (("R000", "R001", "!*"), "no sector is selected"),
    ] {
        let error = only_error([trade(On::TariffRate, cells, 0.1)]);
        assert!(matches!(&error, ScenarioError::NoCells { reason: found, .. } if *found == reason));
    }
    let one_region = trade(On::TariffRate, ("R000", "!R001,R002", "*"), 0.1);
    let error = only_error([one_region]);
    assert!(error.to_string().contains("only cells are domestic"), "{error}");
    let error = only_error([sectoral(SectorInstrument::ProductivityChange, ("!*", "*"), 0.1)]);
    assert!(error.to_string().contains("no region is selected"), "{error}");
    for (from, to) in [("!*", "R000"), ("R000", "!*")] {
        let error = only_error([transfer(from, to, TransferAmount::ShareOfIncome(0.1))]);
        assert!(matches!(error, ScenarioError::NoCells { .. }), "{error:?}");
    }
}

#[test]
fn rows_of_nothing() {
    let row = |exporter: &str, importer: &str| BilateralRow {
        exporter: exporter.into(),
        importer: importer.into(),
        sector: "S000".into(),
        value: 0.5,
        line: 7,
    };
    let mut scenario = scenario(COBB_DOUGLAS.model(), []);
    scenario.groups.insert("nobody".into(), vec![]);
    for (exporter, importer) in [("nobody", "R001"), ("R001", "nobody")] {
        let cells = Cells::Rows(vec![row(exporter, importer)]);
        let action = Action::Bilateral { instrument: On::TariffRate, cells };
        scenario.policies = vec![policy(action)];
        let error = error_of(&scenario);
        assert!(matches!(error, ScenarioError::NoCells { .. }), "{error:?}");
    }
    let no_rows = Action::Bilateral { instrument: On::TariffRate, cells: Cells::Rows(vec![]) };
    assert!(matches!(only_error([policy(no_rows)]), ScenarioError::NoCells { .. }));
}

#[test]
fn both_ways_touches_a_cell_once() {
    let cost = both_ways(On::TradeCostChange, ("R000,R001", "R001,R002", "S000"), 0.5);
    let problem = problem(&economy(), COBB_DOUGLAS.model(), [cost]);
    let cells = &problem.counterfactual.cells;
    let pairs: Vec<(usize, usize)> = cells.keys().map(|&(_, n, i)| (n, i)).collect();
    assert_eq!(pairs, [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]);
    assert!(cells.values().all(|change| change.trade_cost == 1.5), "{cells:?}");
}

#[test]
fn a_wildcard_is_never_domestic() {
    let count = |policy: Policy| {
        problem(&economy(), COBB_DOUGLAS.model(), [policy]).counterfactual.cells.len()
    };
    assert_eq!(count(trade(On::TariffRate, ("*", "*", "S000"), 0.1)), 6);
    assert_eq!(count(trade(On::TariffRate, ("R000,R001", "R000,R001", "S000"), 0.1)), 2);
    assert_eq!(count(trade_and_domestic(On::TariffRate, ("*", "*", "S000"), 0.1)), 9);
    // One region named twice can mean nothing else.
    assert_eq!(count(trade(On::TradeCostChange, ("R001", "R001", "*"), 0.1)), 2);
    let row = |code: &str| BilateralRow {
        exporter: code.into(),
        importer: code.into(),
        sector: "S000".into(),
        value: 0.1,
        line: 1,
    };
    let rows = |code| {
        let cells = Cells::Rows(vec![row(code)]);
        count(policy(Action::Bilateral { instrument: On::TradeCostChange, cells }))
    };
    assert_eq!((rows("*"), rows("R001")), (6, 1));
}

#[test]
fn payers_and_receivers_share_by_income() {
    let economy = economy();
    let pay = transfer("R000,R001", "R002", TransferAmount::MillionUsd(100.0));
    let transfers = problem(&economy, COBB_DOUGLAS.model(), [pay]).counterfactual.transfers.clone();
    let paying = economy.income[0] + economy.income[1];
    assert!((transfers[0] + 100.0 * economy.income[0] / paying).abs() < 1e-10);
    assert!((transfers[2] - 100.0).abs() < 1e-10);
    assert!(transfers.sum().abs() < 1e-10);
    let share = transfer("R001", "!R001", TransferAmount::ShareOfIncome(0.01));
    let transfers =
        problem(&economy, COBB_DOUGLAS.model(), [share]).counterfactual.transfers.clone();
    assert!((transfers[1] / economy.income[1] + 0.01).abs() < 1e-15);
}
