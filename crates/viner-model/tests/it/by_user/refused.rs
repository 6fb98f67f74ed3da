//! What is refused, and users without supplier.

use super::{UNLIKE, by_user, tables};
use crate::economies::baseline;
use crate::policies::{GENERAL, errors, outcome, trade};
use crate::tolerances::TIGHT;
use ndarray::{Axis, s};
use viner_model::baseline::{Baseline, BaselineError};
use viner_model::economies::Recipe;
use viner_model::equilibrium::solve;
use viner_model::problem::ScenarioError;
use viner_model::scenario::{BilateralInstrument as On, Model};

#[test]
fn a_baseline_without_sourcing_is_refused() {
    let plain = baseline(&Recipe::new(3, 2, 40).tables());
    let found = errors(&plain, by_user(Model::default()), []);
    let [error @ ScenarioError::NoSourcing { .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(error.to_string(), "the baseline has no table `sourcing`");
    assert!(error.hint().is_some_and(|hint| hint.contains("--sourcing")));
}

#[test]
fn sourcing_that_cannot_be_closed_is_refused() {
    let mut wrong = tables(3, 2, 41, UNLIKE);
    // One user buys all its goods of the smallest supplier, and nobody else buys there.
    let sourcing = wrong.sourcing.as_mut().unwrap();
    sourcing.slice_mut(s![0, 0, .., 1]).fill(0.0);
    sourcing.slice_mut(s![0, 0, 0, ..]).fill(0.0);
    sourcing[[0, 0, 0, 1]] = 1.0;
    match Baseline::new(&wrong, f64::INFINITY).unwrap_err().as_slice() {
        [BaselineError::Sourcing { cell, left }] => {
            assert_eq!(cell, "R000/S000");
            assert!(*left > 1e-3);
        }
        errors => panic!("{errors:?}"),
    }
}

/// What one user alone bought is gone with its supplier, though others would still find theirs.
#[test]
fn a_user_without_supplier_is_named() {
    let mut only = tables(3, 2, 42, UNLIKE);
    let (_, regions, ..) = only.sourcing_shape();
    let sourcing = only.sourcing.as_mut().unwrap();
    for n in 0..regions {
        // S001 buys S000 of R001 alone; all flows follow.
        let spent: f64 = (0..regions)
            .map(|i| sourcing[[0, n, 1, i]] * (1.0 + only.tariffs.as_ref().unwrap()[[0, n, i]]))
            .sum();
        for i in 0..regions {
            sourcing[[0, n, 1, i]] = 0.0;
        }
        sourcing[[0, n, 1, 1]] = spent / (1.0 + only.tariffs.as_ref().unwrap()[[0, n, 1]]);
    }
    only.flows = sourcing.sum_axis(Axis(2));
    for i in 0..regions {
        for s in 0..2 {
            let sales = only.flows.slice(s![s, .., i]).sum();
            only.value_added[[i, s]] = sales - only.inputs.slice(s![i, s, ..]).sum();
        }
    }
    let only = baseline(&only);
    let embargo = || [trade(On::EmbargoShare, ("R001", "R002", "S000"), 1.0)];
    let problem = crate::policies::problem(&only, by_user(GENERAL.model()), embargo());
    let failure = solve(&problem, TIGHT).unwrap_err();
    assert!(failure.to_string().contains("`R002/S000 for S001` has no supplier left"), "{failure}");
    let (_, found) = outcome(&only, GENERAL.model(), embargo());
    assert!(found.certificate.worst().relative < 1e-10);
}
