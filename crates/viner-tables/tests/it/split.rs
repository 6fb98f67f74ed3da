//! Children add up to their parent, and alike children change nothing.

use proptest::prelude::*;
use viner_model::economies::Recipe;
use viner_model::labels::Label;
use viner_model::tables::Tables;
use viner_tables::aggregate::aggregate;
use viner_tables::mapping::{AxisMap, Mapping, Rest};
use viner_tables::split::{Division, SplitError, TradeShare, UseShare, split};

use crate::support::{Draws, ROUNDING, any_recipe, assert_same, wages_after, worst_identity};

fn children(codes: &[&str]) -> Vec<Label> {
    codes
        .iter()
        .map(|code| Label { code: (*code).to_owned(), name: format!("Part {code}") })
        .collect()
}

fn division(codes: &[&str]) -> Division {
    Division {
        parent: 0,
        children: children(codes),
        trade: Vec::new(),
        uses: Vec::new(),
        source: "a test".to_owned(),
    }
}

fn everywhere(child: usize, share: f64) -> TradeShare {
    TradeShare { child, exporter: None, importer: None, share }
}

/// The children merged again.
fn merged(tables: &Tables, codes: &[&str]) -> Tables {
    let pairs = codes.iter().map(|code| ((*code).to_owned(), "S000".to_owned())).collect();
    let sectors = AxisMap { pairs, rest: Rest::Keep, ..AxisMap::default() };
    let name = "back".to_owned();
    aggregate(tables, &Mapping { name, regions: AxisMap::identity(), sectors }).unwrap()
}

fn random_trade(regions: usize, draws: &mut Draws) -> Vec<TradeShare> {
    let mut rows = vec![everywhere(0, 0.5), everywhere(1, 0.3)];
    for i in 0..regions {
        let share = 0.5 * draws.unit();
        rows.push(TradeShare { child: 0, exporter: Some(i), importer: None, share });
        for n in 0..regions {
            let share = 0.4 * draws.unit();
            rows.push(TradeShare { child: 1, exporter: Some(i), importer: Some(n), share });
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn children_add_up_to_the_parent(
        recipe in any_recipe(),
        seed in 0..u64::MAX,
        with_uses in any::<bool>(),
    ) {
        let tables = recipe.tables();
        let mut draws = Draws(seed);
        let codes = ["X", "Y", "Z"];
        let mut division = division(&codes);
        division.trade = random_trade(recipe.regions, &mut draws);
        if with_uses {
            // Final spending leans to Y and one sector to X, where all three are used by others too.
            division.uses = vec![
                UseShare { child: 1, region: None, user: Some(recipe.sectors), share: 0.5 },
                UseShare { child: 0, region: None, user: Some(recipe.sectors), share: 0.3 },
                UseShare { child: 0, region: Some(1), user: Some(1), share: 0.6 },
                UseShare { child: 1, region: Some(1), user: Some(1), share: 0.3 },
            ];
        }
        let result = split(&tables, &division).unwrap();
        prop_assert_eq!(result.sectors.len(), recipe.sectors + 2);
        let back = merged(&result, &codes);
        assert_same(&back, &tables, ROUNDING);
        prop_assert!(worst_identity(&result) <= worst_identity(&tables) + ROUNDING);
        // A child costs what its parent does.
        for n in 0..recipe.regions {
            for child in 0..3 {
                let output = result.flows.slice(ndarray::s![child, .., n]).sum();
                let value_added = result.value_added[[n, child]];
                let parent_output = tables.flows.slice(ndarray::s![0, .., n]).sum();
                let parent_share = tables.value_added[[n, 0]] / parent_output;
                if output > 0.0 {
                    prop_assert!((value_added / output - parent_share).abs() < 1e-10);
                }
            }
        }
    }
}

#[test]
fn alike_children_change_no_result() {
    let tables = Recipe { tariffs: 0.2, ..Recipe::new(4, 3, 33) }.tables();
    let mut division = division(&["X", "Y"]);
    division.trade = vec![everywhere(0, 0.35)];
    let result = split(&tables, &division).unwrap();
    let whole = wages_after(&tables, &["R001", "R002"], &["S000"]);
    let parts = wages_after(&result, &["R001", "R002"], &["X", "Y"]);
    for n in 0..4 {
        assert!((whole[n] / parts[n] - 1.0).abs() < 1e-10, "{whole} {parts}");
    }
}

/// Shares of uses are met where purchases allow it: here they do exactly.
#[test]
fn shares_in_uses_are_followed() {
    let mut tables = Recipe::new(2, 2, 3).tables();
    tables.inputs[[0, 0, 0]] = 30.0;
    tables.inputs[[0, 1, 0]] = 30.0;
    tables.final_spending[[0, 0]] = 40.0;
    let mut division = division(&["X", "Y"]);
    division.trade = vec![everywhere(0, 0.5)];
    let uses = |user, share| UseShare { child: 0, region: Some(0), user: Some(user), share };
    division.uses = vec![uses(0, 0.9), uses(1, 0.1), uses(2, 0.5)];
    let result = split(&tables, &division).unwrap();
    assert!((result.inputs[[0, 2, 0]] - 3.0).abs() < 1e-10);
    assert!((result.final_spending[[0, 0]] - 20.0).abs() < 1e-10);
    assert!((result.inputs.slice(ndarray::s![0, ..2, 0]).sum() - 27.0).abs() < 1e-10);
}

#[test]
fn everything_wrong_is_told() {
    let tables = Recipe::new(2, 2, 3).tables();
    let mut wrong = division(&["X", "S001", "X"]);
    wrong.trade = vec![everywhere(0, 0.6), everywhere(1, 0.6), everywhere(2, 0.0)];
    let told: Vec<String> =
        split(&tables, &wrong).unwrap_err().iter().map(SplitError::to_string).collect();
    assert_eq!(
        told,
        [
            "child `S001` has the code of another sector",
            "child `X` has the code of another sector",
            "shares of `R000/R000/S000` sum to 1.2, expected 1 (4 such cells)",
        ]
    );
    wrong = division(&["X", "Y", "Z"]);
    wrong.trade = vec![TradeShare { child: 0, exporter: Some(1), importer: None, share: 0.6 }];
    let told = split(&tables, &wrong).unwrap_err()[0].to_string();
    assert_eq!(
        told,
        "3 children have no share in `R000/R000/S000`, expected at most 1 (4 such cells)"
    );
    // A child that nobody buys cannot be all that somebody uses.
    wrong = division(&["X", "Y"]);
    wrong.trade = vec![everywhere(0, 1.0)];
    wrong.uses = vec![UseShare { child: 1, region: Some(0), user: Some(0), share: 1.0 }];
    let told = split(&tables, &wrong).unwrap_err()[0].to_string();
    assert!(told.starts_with("shares in uses of region `R000` contradict its purchases"), "{told}");
}
