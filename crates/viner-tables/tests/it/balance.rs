//! Balancing closes every account with the least change, and leaves alone what is in balance.

use proptest::prelude::*;
use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::equilibrium::Settings;
use viner_model::tables::Tables;
use viner_tables::accounts::Keep;
use viner_tables::balance::{BalanceError, BalanceOptions, balance};
use viner_tables::counterfactual::solve_away;
use viner_tables::signs::Negatives;

use crate::support::{any_recipe, disturbed, worst_identity};

/// The relative cross-entropy `Σ |x⁰| (z ln z − z + 1)` that balancing minimises: 0 for no change.
fn distance(from: &Tables, to: &Tables) -> f64 {
    let part = |a: &f64, b: &f64| {
        let z = b / a;
        if *a == 0.0 { 0.0 } else { a.abs() * (z * z.ln() - z + 1.0) }
    };
    let sum =
        |a: Vec<&f64>, b: Vec<&f64>| a.into_iter().zip(b).map(|(a, b)| part(a, b)).sum::<f64>();
    sum(from.flows.iter().collect(), to.flows.iter().collect())
        + sum(from.inputs.iter().collect(), to.inputs.iter().collect())
        + sum(from.final_spending.iter().collect(), to.final_spending.iter().collect())
        + sum(from.value_added.iter().collect(), to.value_added.iter().collect())
}

fn signs_and_zeros(tables: &Tables) -> Vec<i8> {
    let sign = |value: &f64| match value {
        v if *v > 0.0 => 1,
        v if *v < 0.0 => -1,
        _ => 0,
    };
    let parts = tables.flows.iter().chain(&tables.inputs).chain(&tables.final_spending);
    parts.chain(&tables.value_added).map(sign).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_disturbed_table_is_closed_with_the_least_change(recipe in any_recipe(), seed in 0..u64::MAX) {
        let truth = recipe.tables();
        let given = disturbed(&truth, 0.2, seed);
        let (balanced, report) = balance(&given, &BalanceOptions::default()).unwrap();
        prop_assert!(worst_identity(&balanced) < 1e-10, "{:?}", report);
        prop_assert!(report.sweeps > 0 && report.before.worst().relative > 1e-10);
        prop_assert_eq!(signs_and_zeros(&balanced), signs_and_zeros(&given));
        // The table before the disturbance is in balance too, so the result can be no farther off.
        let (least, other) = (distance(&given, &balanced), distance(&given, &truth));
        prop_assert!(least <= other * (1.0 + 1e-9), "{} {}", least, other);
        prop_assert!(least > 0.0);
        prop_assert_eq!(&balanced.tariffs, &given.tariffs);
        prop_assert!(Baseline::new(&balanced, 1e-9).is_ok());
    }

    /// A mixture of the result with another table in balance is in balance and not nearer: the
    /// result is a minimum and not only better than one.
    #[test]
    fn no_balanced_table_beside_it_is_nearer(recipe in any_recipe(), seed in 0..u64::MAX) {
        let truth = recipe.tables();
        let given = disturbed(&truth, 0.3, seed);
        let (balanced, _) = balance(&given, &BalanceOptions::default()).unwrap();
        let least = distance(&given, &balanced);
        for step in [1e-3, 1e-2, 0.1] {
            let mut beside = balanced.clone();
            beside.flows = &balanced.flows * (1.0 - step) + &truth.flows * step;
            beside.inputs = &balanced.inputs * (1.0 - step) + &truth.inputs * step;
            beside.final_spending =
                &balanced.final_spending * (1.0 - step) + &truth.final_spending * step;
            beside.value_added = &balanced.value_added * (1.0 - step) + &truth.value_added * step;
            prop_assert!(distance(&given, &beside) >= least * (1.0 - 1e-9));
        }
    }

    #[test]
    fn a_balanced_table_comes_back_bit_for_bit(recipe in any_recipe()) {
        let tables = recipe.tables();
        let (same, report) = balance(&tables, &BalanceOptions::default()).unwrap();
        prop_assert_eq!(&same, &tables);
        prop_assert_eq!((report.sweeps, report.changes.moved_most.len()), (0, 0));
        // So does one that was balanced.
        let (once, _) = balance(&disturbed(&tables, 0.1, 3), &BalanceOptions::default()).unwrap();
        let (twice, _) = balance(&once, &BalanceOptions::default()).unwrap();
        prop_assert_eq!(&twice, &once);
    }

    /// Output, value added or final spending stay where asked, on tables where that is possible.
    #[test]
    fn what_is_kept_stays(recipe in any_recipe(), seed in 0..u64::MAX, which in 0..3_u8) {
        let truth = recipe.tables();
        let noise = disturbed(&truth, 0.1, seed);
        let keep = Keep {
            output: which == 0,
            value_added: which == 1,
            final_spending: which == 2,
        };
        // The noise leaves the part kept as it is in balance.
        let given = match which {
            0 => Tables { flows: truth.flows.clone(), ..noise },
            1 => Tables { value_added: truth.value_added.clone(), ..noise },
            _ => Tables { final_spending: truth.final_spending.clone(), ..noise },
        };
        let options = BalanceOptions { keep, ..BalanceOptions::default() };
        let (balanced, _) = balance(&given, &options).unwrap();
        prop_assert!(worst_identity(&balanced) < 1e-10);
        let output = |tables: &Tables| tables.flows.sum_axis(ndarray::Axis(1));
        match which {
            0 => {
                let pairs = output(&balanced);
                let near = pairs.iter().zip(&output(&given)).all(|(a, b)| (a / b - 1.0).abs() < 1e-9);
                prop_assert!(near);
            }
            1 => prop_assert_eq!(&balanced.value_added, &given.value_added),
            _ => prop_assert_eq!(&balanced.final_spending, &given.final_spending),
        }
    }
}

/// Without tariffs flows move by a factor of their seller times one of their buyer: ratios of
/// ratios stay.
#[test]
fn cross_ratios_of_flows_stay() {
    let given = disturbed(&Recipe::new(4, 3, 9).tables(), 0.3, 4);
    let (balanced, _) = balance(&given, &BalanceOptions::default()).unwrap();
    let ratio = |tables: &Tables| {
        let x = &tables.flows;
        x[[1, 0, 2]] * x[[1, 3, 1]] / (x[[1, 0, 1]] * x[[1, 3, 2]])
    };
    assert!((ratio(&balanced) / ratio(&given) - 1.0).abs() < 1e-10);
}

/// A table in balance with negative cells in every part.
fn with_negatives() -> Tables {
    let mut tables = Recipe { tariffs: 0.2, ..Recipe::new(3, 3, 8) }.tables();
    let drawn = 0.3 * tables.flows[[0, 1, 2]];
    let tariff = tables.tariffs.as_ref().unwrap()[[0, 1, 2]];
    let change = tables.flows[[0, 1, 2]] + drawn;
    tables.flows[[0, 1, 2]] = -drawn;
    tables.value_added[[2, 0]] -= change;
    tables.final_spending[[1, 0]] -= change * (1.0 + tariff);
    let change = 1.2 * tables.inputs[[0, 1, 2]];
    tables.inputs[[0, 1, 2]] -= change;
    tables.value_added[[0, 1]] += change;
    tables.final_spending[[0, 2]] += change;
    tables
}

#[test]
fn negatives_are_kept_zeroed_or_folded() {
    let tables = with_negatives();
    let options = |negatives| BalanceOptions { negatives, ..BalanceOptions::default() };
    let (kept, report) = balance(&tables, &options(Negatives::Keep)).unwrap();
    assert_eq!(kept, tables);
    let found: Vec<(&str, usize, &str)> = report
        .negatives
        .iter()
        .map(|cells| (cells.part.name(), cells.count, cells.worst_cell.as_str()))
        .collect();
    assert_eq!(found[..2], [("flows", 1, "R002/R001/S000"), ("inputs", 1, "R000/S002/S001")]);

    let (zeroed, report) = balance(&tables, &options(Negatives::Zero)).unwrap();
    assert!(zeroed.flows.iter().all(|value| *value >= 0.0));
    assert!(report.sweeps > 0 && worst_identity(&zeroed) < 1e-10);

    let (folded, report) = balance(&tables, &options(Negatives::Fold)).unwrap();
    assert!(folded.inputs.iter().chain(&folded.final_spending).all(|value| *value >= 0.0));
    // Every identity holds as it did: nothing had to be scaled.
    assert!(report.sweeps == 0 && worst_identity(&folded) < 1e-10);
    let step = folded.description.transformations.last().unwrap();
    assert!(step.note.contains("folded"), "{step:?}");
}

#[test]
fn signs_stay_when_negatives_are_kept() {
    let given = disturbed(&with_negatives(), 0.05, 12);
    let (balanced, _) = balance(&given, &BalanceOptions::default()).unwrap();
    assert!(worst_identity(&balanced) < 1e-10);
    assert_eq!(signs_and_zeros(&balanced), signs_and_zeros(&given));
}

#[test]
fn one_sided_accounts_are_completed() {
    let mut tables = Recipe::new(3, 2, 2).tables();
    // R000 sells S001 and has no costs; R001 has costs of S000 and no sales.
    tables.inputs.slice_mut(ndarray::s![0, 1, ..]).fill(0.0);
    tables.value_added[[0, 1]] = 0.0;
    tables.flows.slice_mut(ndarray::s![0, .., 1]).fill(0.0);
    let (balanced, report) = balance(&tables, &BalanceOptions::default()).unwrap();
    assert!(worst_identity(&balanced) < 1e-10);
    assert!(balanced.value_added[[0, 1]] > 0.0);
    assert_eq!((balanced.value_added[[1, 0]], balanced.inputs[[1, 0, 1]]), (0.0, 0.0));
    assert!(report.completed[0].starts_with("R000/S001 sells and costs nothing: value added "));
    assert!(report.completed[1].starts_with("R001/S000 sells nothing: its costs of "));
}

#[test]
fn what_cannot_be_balanced_is_said() {
    let tables = disturbed(&Recipe::new(3, 2, 2).tables(), 0.1, 1);
    let keep = Keep { value_added: true, final_spending: true, output: false };
    let options = BalanceOptions { keep, max_sweeps: 500, ..BalanceOptions::default() };
    // World value added is not world final spending, and neither may move.
    let error = balance(&tables, &options).unwrap_err();
    assert!(matches!(error, BalanceError::NotConverged { sweeps: 500, .. }), "{error}");
    assert!(error.hint().contains("keep less"));

    let mut tables = tables;
    tables.inputs.slice_mut(ndarray::s![0, 1, ..]).fill(0.0);
    tables.value_added[[0, 1]] = 0.0;
    let options = BalanceOptions {
        keep: Keep { value_added: true, ..Keep::default() },
        ..BalanceOptions::default()
    };
    let error = balance(&tables, &options).unwrap_err();
    assert_eq!(error, BalanceError::CannotClose { accounts: vec!["cost of R000/S001".to_owned()] });
}

/// Rounding leaves a value added of minus one to sectors without sales: it is taken away, by both
/// ways to balance.
#[test]
fn idle_sectors_keep_no_value_added() {
    let mut tables = Recipe::new(3, 3, 12).tables();
    tables.flows.slice_mut(ndarray::s![1, .., 2]).fill(0.0);
    tables.inputs.slice_mut(ndarray::s![2, 1, ..]).fill(0.0);
    tables.value_added[[2, 1]] = -1.0;
    let (balanced, report) = balance(&tables, &BalanceOptions::default()).unwrap();
    assert_eq!(report.completed, ["R002/S001 sells nothing: its costs of -1 taken away"]);
    assert!(worst_identity(&balanced) < 1e-10);
    let (solved, report) = solve_away(&tables, None, Settings::default()).unwrap();
    assert_eq!(report.completed.len(), 1);
    assert!(worst_identity(&solved) < 1e-9);
}
