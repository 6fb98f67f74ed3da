//! Merging adds up, and where nothing is lost by it the model gives the same answer.

use std::collections::HashMap;

use proptest::prelude::*;
use viner_model::economies::Recipe;
use viner_model::tables::{Parameters, Tables};
use viner_tables::aggregate::aggregate;
use viner_tables::mapping::{AxisMap, Mapping, MappingError, Rest};

use crate::support::{
    ROUNDING, any_recipe, assert_same, last_region_cut, wages_after, worst_identity,
};

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

fn mapping(regions: AxisMap, sectors: AxisMap) -> Mapping {
    Mapping { name: "test".to_owned(), regions, sectors }
}

fn halves(count: usize, prefix: &str) -> AxisMap {
    let code = |index: usize| format!("{prefix}{index:03}");
    let pairs = (0..count).map(|index| (code(index), format!("M{}", index % 2))).collect();
    AxisMap { pairs, ..AxisMap::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn merged_cells_are_sums(recipe in any_recipe()) {
        let tables = recipe.tables();
        let merged = aggregate(
            &tables,
            &mapping(halves(recipe.regions, "R"), halves(recipe.sectors, "S")),
        ).unwrap();
        for ((s, n, i), value) in merged.flows.indexed_iter() {
            let mut sum = 0.0;
            for ((t, m, j), part) in tables.flows.indexed_iter() {
                if t % 2 == s && m % 2 == n && j % 2 == i {
                    sum += part;
                }
            }
            prop_assert_eq!(*value, sum);
        }
        for ((n, k, s), value) in merged.inputs.indexed_iter() {
            let mut sum = 0.0;
            for ((m, l, t), part) in tables.inputs.indexed_iter() {
                if m % 2 == n && l % 2 == k && t % 2 == s {
                    sum += part;
                }
            }
            prop_assert_eq!(*value, sum);
        }
        let near = |a: f64, b: f64| (a - b).abs() <= ROUNDING * b.abs();
        prop_assert!(near(merged.final_spending.sum(), tables.final_spending.sum()));
        prop_assert!(near(merged.value_added.sum(), tables.value_added.sum()));
        // Weighted tariffs keep revenue, and so every identity.
        prop_assert!(worst_identity(&merged) <= worst_identity(&tables) + ROUNDING);
    }

    #[test]
    fn keeping_every_code_changes_nothing(recipe in any_recipe()) {
        let tables = recipe.tables();
        let same = aggregate(&tables, &mapping(AxisMap::identity(), AxisMap::identity())).unwrap();
        prop_assert_eq!(&same.flows, &tables.flows);
        prop_assert_eq!(&same.inputs, &tables.inputs);
        prop_assert_eq!(&same.tariffs, &tables.tariffs);
        prop_assert_eq!(&same.regions, &tables.regions);
    }
}

/// A region cut in two alike parts and merged again: the table, and what a policy does to it.
#[test]
fn merging_alike_regions_is_exact() {
    let whole = Recipe { tariffs: 0.3, ..Recipe::new(4, 3, 71) }.tables();
    let cut = last_region_cut(&whole, 0.3);
    let merged = aggregate(
        &cut,
        &mapping(
            AxisMap {
                pairs: pairs(&[("OTHER", "R003")]),
                rest: Rest::Keep,
                names: HashMap::default(),
            },
            AxisMap::identity(),
        ),
    )
    .unwrap();
    assert_same(&merged, &whole, ROUNDING);
    let hit = |tables: &Tables, exporters: &[&str]| wages_after(tables, exporters, &["S001"]);
    let in_parts = hit(&cut, &["R003", "OTHER"]);
    let in_one = hit(&merged, &["R003"]);
    for n in 0..4 {
        assert!((in_parts[n] / in_one[n] - 1.0).abs() < 1e-10, "{in_parts} {in_one}");
    }
    assert!((in_parts[4] / in_one[3] - 1.0).abs() < 1e-10);
    assert!((in_one[3] - 1.0).abs() > 1e-4, "the policy does something: {in_one}");
}

#[test]
fn every_unmapped_code_is_named_with_what_it_may_be() {
    let tables = Recipe::new(3, 2, 1).tables();
    let regions = AxisMap { pairs: pairs(&[("R000", "X"), ("R0O1", "X")]), ..AxisMap::default() };
    let errors = aggregate(&tables, &mapping(regions, AxisMap::default())).unwrap_err();
    let told: Vec<String> = errors.iter().map(MappingError::to_string).collect();
    assert_eq!(
        told,
        [
            "region `R001` is not mapped; is it what the mapping calls `R0O1`?",
            "region `R002` is not mapped; is it what the mapping calls `R0O1`?",
            "sector `S000` is not mapped",
            "sector `S001` is not mapped",
        ]
    );
}

#[test]
fn tariffs_and_parameters_are_weighted() {
    let mut tables = Recipe::new(2, 3, 5).tables();
    tables.flows.fill(0.0);
    let mut tariffs = tables.flows.clone();
    for (s, flow, rate) in [(0, 30.0, 0.1), (1, 10.0, 0.5), (2, 7.0, 0.2)] {
        tables.flows[[s, 0, 1]] = flow;
        tables.flows[[s, 1, 1]] = 1.0 + s as f64;
        tariffs[[s, 0, 1]] = rate;
    }
    // A tariff on nothing: the plain mean of 0.3 and 0.
    tariffs[[0, 1, 0]] = 0.3;
    tables.tariffs = Some(tariffs);
    tables.value_added.fill(0.0);
    tables.value_added[[0, 0]] = 1.0;
    tables.value_added[[1, 1]] = 3.0;
    tables.parameters = Parameters {
        trade_elasticity: vec![Some(4.0), Some(8.0), None],
        production_elasticity: vec![Some(0.5), Some(0.5), Some(2.0)],
        input_elasticity: vec![],
        specific_factor_share: vec![Some(0.25), Some(0.75), Some(0.0)],
    };
    let sectors = AxisMap {
        pairs: pairs(&[("S000", "M"), ("S001", "M")]),
        rest: Rest::Into("REST".to_owned()),
        names: HashMap::from([("M".to_owned(), "Goods".to_owned())]),
    };
    let merged = aggregate(&tables, &mapping(AxisMap::identity(), sectors)).unwrap();
    assert_eq!(merged.sectors.codes().collect::<Vec<_>>(), ["M", "REST"]);
    assert_eq!((merged.sectors.name(0), merged.sectors.name(1)), ("Goods", "S002"));
    let rates = merged.tariffs.unwrap();
    assert!((rates[[0, 0, 1]] - (3.0 + 5.0) / 40.0).abs() < 1e-15);
    assert_eq!((rates[[0, 1, 0]], rates[[1, 0, 1]]), (0.15, 0.2));
    let parameters = merged.parameters;
    // 30 and 10 imported; value added 1 and 3.
    assert_eq!(parameters.trade_elasticity, [Some(5.0), None]);
    assert_eq!(parameters.production_elasticity, [Some(0.5), Some(2.0)]);
    assert_eq!(parameters.specific_factor_share, [Some(0.625), Some(0.0)]);
    assert!(parameters.input_elasticity.is_empty());
    let step = merged.description.transformations.last().unwrap();
    assert_eq!(step.note, "2 regions to 2 and 3 sectors to 2 by the mapping `test`");
}
