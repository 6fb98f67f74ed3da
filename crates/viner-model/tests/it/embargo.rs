//! Removed varieties against trade costs: what is exact, and what is a limit.

use ndarray::Array1;
use viner_model::equilibrium::Equilibrium;
use viner_model::problem::Problem;
use viner_model::scenario::BilateralInstrument as On;

use crate::assert_close;
use crate::close::{assert_same_hats, welfare};
use crate::economies::ordinary;
use crate::policies::{COBB_DOUGLAS, GENERAL, both_ways, outcome, problem, solved, trade};
use crate::tolerances::{CLOSED_FORM, SAME_PROBLEM};

const CELLS: (&str, &str, &str) = ("R000", "R001,R002", "*");

#[test]
fn an_embargo_is_the_limit_of_trade_costs() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let baseline = ordinary(4, 3, 51);
        let stopped =
            outcome(&baseline, elasticities.model(), [both_ways(On::EmbargoShare, CELLS, 1.0)]);
        let costly =
            outcome(&baseline, elasticities.model(), [both_ways(On::TradeCostChange, CELLS, 1e8)]);
        assert_same_hats((&stopped.0, &stopped.1), (&costly.0, &costly.1), CLOSED_FORM);
        // Exactly nothing is sold, not almost nothing.
        assert_eq!(stopped.1.trade_flows[[0, 1, 0]], 0.0);
        assert_eq!(stopped.1.trade_flows[[2, 0, 2]], 0.0);
        assert!(costly.1.trade_flows[[0, 1, 0]] > 0.0);
        assert!(stopped.1.trade_flows[[0, 3, 0]] > 0.0);
    }
}

/// The trade cost at which buyers spend as much as on the varieties that an embargo leaves.
fn equivalent_cost(remaining: f64, theta: f64) -> f64 {
    remaining.powf(-1.0 / theta) - 1.0
}

#[test]
fn a_partial_embargo_is_a_trade_cost() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let baseline = ordinary(4, 3, 52);
        for share in [0.1, 0.5, 0.999] {
            let cost = equivalent_cost(1.0 - share, elasticities.theta);
            let partial = trade(On::EmbargoShare, CELLS, share);
            let embargo = outcome(&baseline, elasticities.model(), [partial]);
            let partial = trade(On::TradeCostChange, CELLS, cost);
            let costly = outcome(&baseline, elasticities.model(), [partial]);
            assert_same_hats((&embargo.0, &embargo.1), (&costly.0, &costly.1), SAME_PROBLEM);
            let welfare_of =
                |(problem, solution): &(Problem, Equilibrium)| welfare(problem, solution);
            assert_close!(baseline, welfare_of(&embargo), welfare_of(&costly), SAME_PROBLEM);
        }
    }
}

#[test]
fn an_embargo_and_trade_costs_combine() {
    let baseline = ordinary(4, 3, 53);
    let elsewhere = trade(On::TradeCostChange, ("!R000", "R001", "*"), 0.4);
    let mixed = outcome(
        &baseline,
        GENERAL.model(),
        [
            trade(On::EmbargoShare, CELLS, 0.5),
            trade(On::TradeCostChange, CELLS, 0.2),
            elsewhere.clone(),
        ],
    );
    let cost = 1.2 * (1.0 + equivalent_cost(0.5, GENERAL.theta)) - 1.0;
    let costly =
        outcome(&baseline, GENERAL.model(), [trade(On::TradeCostChange, CELLS, cost), elsewhere]);
    assert_same_hats((&mixed.0, &mixed.1), (&costly.0, &costly.1), SAME_PROBLEM);
}

#[test]
fn suppliers_who_leave_are_an_embargo() {
    let baseline = ordinary(4, 3, 54);
    for share in [0.3, 1.0] {
        let embargo = outcome(&baseline, GENERAL.model(), [trade(On::EmbargoShare, CELLS, share)]);
        let exit =
            outcome(&baseline, GENERAL.model(), [trade(On::SupplierExitShare, CELLS, share)]);
        assert_eq!(embargo.1, exit.1, "share {share}");
        assert_ne!(embargo.0.counterfactual, exit.0.counterfactual, "they are told apart");
    }
    // Both on one cell: the embargo acts on the sellers who stay.
    let both = problem(
        &baseline,
        GENERAL.model(),
        [trade(On::EmbargoShare, CELLS, 0.5), trade(On::SupplierExitShare, CELLS, 0.2)],
    );
    let one = problem(&baseline, GENERAL.model(), [trade(On::EmbargoShare, CELLS, 0.6)]);
    assert_same_hats((&both, &solved(&both)), (&one, &solved(&one)), SAME_PROBLEM);
}

/// Untouched suppliers of a market keep their relative shares; what remains of an embargoed cell
/// is not held down.
#[test]
fn what_remains_of_a_cell_competes_as_before() {
    let baseline = ordinary(4, 3, 55);
    let policy = trade(On::EmbargoShare, ("R000", "R001", "S000"), 0.25);
    let (_, equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), [policy]);
    let relative = |n: usize, i: usize| {
        let share = |i: usize| {
            let paid = equilibrium.trade_flows[[0, n, i]] * (1.0 + baseline.tariff(0, n, i));
            paid / equilibrium.expenditure[[n, 0]] / baseline.trade_shares[[0, n, i]]
        };
        let cost = |i: usize| equilibrium.unit_cost[[i, 0]].powf(COBB_DOUGLAS.theta);
        share(i) * cost(i) / (share(3) * cost(3))
    };
    let found = Array1::from_iter((0..4).map(|i| relative(1, i)));
    assert_close!(baseline, found, ndarray::arr1(&[0.75, 1.0, 1.0, 1.0]), SAME_PROBLEM);
}
