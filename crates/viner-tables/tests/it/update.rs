//! Known totals are met, with the least change.

use proptest::prelude::*;
use viner_model::economies::Recipe;
use viner_tables::accounts::Keep;
use viner_tables::balance::BalanceError;
use viner_tables::update::{Target, Total, UpdateOptions, update};

use crate::support::{any_recipe, assert_same, worst_identity};

fn options() -> UpdateOptions {
    UpdateOptions { keep: Keep::default(), source: "a test".to_owned(), max_sweeps: 10_000 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn targets_are_met_and_identities_hold(
        recipe in any_recipe(),
        growth in prop::array::uniform5(0.7..1.5_f64),
    ) {
        let tables = recipe.tables();
        let last = recipe.regions - 1;
        let totals = [
            Total::Flow { exporters: vec![0], importers: vec![0], sectors: vec![0] },
            Total::Flow { exporters: vec![0, last], importers: vec![last], sectors: vec![1] },
            Total::Gdp { region: last },
            Total::Output { region: 0, sectors: vec![1] },
            Total::Exports { region: last, sectors: vec![] },
        ];
        let targets: Vec<Target> = totals
            .into_iter()
            .zip(growth)
            .map(|(total, growth)| Target { value: total.of(&tables) * growth, total })
            // Nothing can grow out of nothing.
            .filter(|target| target.value > 0.0)
            .collect();
        let (result, report) = update(&tables, &targets, &options()).unwrap();
        prop_assert!(worst_identity(&result) < 1e-10);
        for target in &report.targets {
            prop_assert!((target.after / target.wanted - 1.0).abs() < 1e-9, "{:?}", target);
        }
        prop_assert_eq!(report.targets.len(), targets.len());
    }

    /// A table that meets its targets is the nearest to itself.
    #[test]
    fn totals_that_hold_already_change_nothing(recipe in any_recipe()) {
        let tables = recipe.tables();
        let total = Total::Imports { region: 1, sectors: vec![] };
        let targets = [Target { value: total.of(&tables), total }];
        let (result, _) = update(&tables, &targets, &options()).unwrap();
        assert_same(&result, &tables, 1e-10);
    }
}

#[test]
fn a_flow_of_several_regions_is_a_sum() {
    let tables = Recipe::new(3, 2, 6).tables();
    let total = Total::Flow { exporters: vec![0, 2], importers: vec![1, 2], sectors: vec![1] };
    assert_eq!(total.name(&tables), "flow R000+R002 to R001+R002 of S001");
    let flow = |n, i| tables.flows[[1, n, i]];
    let sum = flow(1, 0) + flow(2, 0) + flow(1, 2) + flow(2, 2);
    assert!((total.of(&tables) / sum - 1.0).abs() < 1e-14);
}

#[test]
fn a_target_of_zero_takes_its_cells_away() {
    let tables = Recipe::new(3, 2, 6).tables();
    let total = Total::Flow { exporters: vec![2], importers: vec![0], sectors: vec![] };
    assert_eq!(total.name(&tables), "flow R002 to R000");
    let (result, _) = update(&tables, &[Target { total, value: 0.0 }], &options()).unwrap();
    assert_eq!((result.flows[[0, 0, 2]], result.flows[[1, 0, 2]]), (0.0, 0.0));
    assert!(worst_identity(&result) < 1e-10);
}

#[test]
fn targets_that_cannot_be_met_are_named() {
    let mut tables = Recipe::new(3, 2, 6).tables();
    tables.flows[[1, 0, 2]] = 0.0;
    let flow = |value| Target {
        total: Total::Flow { exporters: vec![2], importers: vec![0], sectors: vec![1] },
        value,
    };
    let error = update(&tables, &[flow(5.0)], &options()).unwrap_err();
    let name = "target flow R002 to R000 of S001".to_owned();
    assert_eq!(error, BalanceError::CannotClose { accounts: vec![name] });

    let tables = Recipe::new(3, 2, 6).tables();
    let patient = UpdateOptions { max_sweeps: 300, ..options() };
    let error = update(&tables, &[flow(5.0), flow(6.0)], &patient).unwrap_err();
    assert!(error.to_string().contains("target flow R002 to R000 of S001"), "{error}");
}
