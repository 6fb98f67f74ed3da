//! Flows by user stay in step with the flows and the spending that they add up to.

use proptest::prelude::*;
use viner_model::baseline::IdentityReport;
use viner_model::economies::Recipe;
use viner_model::labels::Label;
use viner_model::tables::Tables;
use viner_tables::aggregate::aggregate;
use viner_tables::balance::{BalanceOptions, balance};
use viner_tables::mapping::{AxisMap, Mapping, Rest};
use viner_tables::sourcing::fit_sourcing;
use viner_tables::split::{Division, TradeShare, UseShare, split};
use viner_tables::update::{Target, Total, UpdateOptions, update};

use crate::support::{Draws, ROUNDING, any_recipe, disturbed, worst_identity};

/// Accounts of sourcing close within this part of their turnover; the identities are relative to
/// world output, which is larger than any turnover.
const CLOSED: f64 = 1e-10;

/// The table with users that buy of each exporter in proportions of their own.
fn by_user(tables: &Tables, seed: u64) -> Tables {
    let mut draws = Draws(seed);
    let mut result = tables.clone();
    let mut sourcing = ndarray::Array4::zeros(tables.sourcing_shape());
    for ((s, n, user, i), value) in sourcing.indexed_iter_mut() {
        *value = tables.flows[[s, n, i]] * tables.spending(n, user, s) * (0.2 + draws.unit());
    }
    result.sourcing = Some(sourcing);
    fit_sourcing(&mut result).unwrap();
    result
}

fn sourcing_identities(tables: &Tables) -> f64 {
    let report = IdentityReport::of(tables);
    assert_eq!(report.identities.len(), 6);
    report.identities[4..].iter().map(|identity| identity.relative).fold(0.0, f64::max)
}

fn mapped(pairs: Vec<(String, String)>) -> AxisMap {
    AxisMap { pairs, rest: Rest::Keep, ..AxisMap::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn it_adds_up_to_flows_and_spending(recipe in any_recipe(), seed in 0..u64::MAX) {
        let tables = by_user(&recipe.tables(), seed);
        prop_assert!(sourcing_identities(&tables) < CLOSED);
        prop_assert!(tables.sourcing.iter().flatten().all(|value| *value >= 0.0));
    }

    /// Where users differ in nothing but size each buys in the shares of the flows.
    #[test]
    fn users_that_start_alike_stay_alike(recipe in any_recipe()) {
        let mut tables = recipe.tables();
        tables.sourcing = Some(ndarray::Array4::ones(tables.sourcing_shape()));
        fit_sourcing(&mut tables).unwrap();
        let sourcing = tables.sourcing.as_ref().unwrap();
        let largest = tables.flows.iter().copied().fold(0.0, f64::max);
        for ((s, n, user, i), value) in sourcing.indexed_iter() {
            let paid: f64 =
                (0..recipe.regions).map(|j| tables.flows[[s, n, j]] * (1.0 + tables.tariff(s, n, j))).sum();
            let share = if paid == 0.0 { 0.0 } else { tables.spending(n, user, s) / paid };
            let expected = tables.flows[[s, n, i]] * share;
            prop_assert!((value - expected).abs() <= CLOSED * largest, "{value} {expected}");
        }
    }

    #[test]
    fn merged_sourcing_is_the_sum(recipe in any_recipe(), seed in 0..u64::MAX) {
        let tables = by_user(&recipe.tables(), seed);
        let halves = |count: usize, prefix: &str| {
            let code = |index: usize| format!("{prefix}{index:03}");
            mapped((0..count).map(|index| (code(index), format!("M{}", index % 2))).collect())
        };
        let mapping = Mapping {
            name: "halves".to_owned(),
            regions: halves(recipe.regions, "R"),
            sectors: halves(recipe.sectors, "S"),
        };
        let merged = aggregate(&tables, &mapping).unwrap();
        prop_assert!(sourcing_identities(&merged) < CLOSED);
        if tables.tariffs.is_some() {
            return Ok(());
        }
        let final_use = recipe.sectors;
        let to = |user: usize| if user == final_use { merged.sectors.len() } else { user % 2 };
        for ((s, n, user, i), value) in merged.sourcing.as_ref().unwrap().indexed_iter() {
            let mut sum = 0.0;
            for ((t, m, k, j), part) in tables.sourcing.as_ref().unwrap().indexed_iter() {
                if t % 2 == s && m % 2 == n && to(k) == user && j % 2 == i {
                    sum += part;
                }
            }
            prop_assert_eq!(*value, sum);
        }
    }

    #[test]
    fn a_split_sector_keeps_its_users(
        recipe in any_recipe(),
        seed in 0..u64::MAX,
        with_uses in any::<bool>(),
    ) {
        let tables = by_user(&recipe.tables(), seed);
        let mut draws = Draws(seed);
        let label = |code: &str| Label { code: code.to_owned(), name: code.to_owned() };
        let trade = (0..recipe.regions)
            .map(|i| TradeShare {
                child: 0,
                exporter: Some(i),
                importer: None,
                share: 0.1 + 0.8 * draws.unit(),
            })
            .collect();
        // Leaning by a little to one child, where other users can lean the other way.
        let uses = if with_uses {
            vec![UseShare { child: 0, region: Some(0), user: Some(recipe.sectors), share: 0.5 }]
        } else {
            Vec::new()
        };
        let division = Division {
            parent: 0,
            children: vec![label("X"), label("Y")],
            trade,
            uses,
            source: "a test".to_owned(),
        };
        let Ok(result) = split(&tables, &division) else {
            prop_assert!(with_uses, "only shares in uses can contradict the purchases");
            return Ok(());
        };
        prop_assert!(worst_identity(&result) < CLOSED);
        let back = Mapping {
            name: "back".to_owned(),
            regions: AxisMap::identity(),
            sectors: mapped(
                ["X", "Y"].map(|code| (code.to_owned(), "S000".to_owned())).to_vec(),
            ),
        };
        if !with_uses {
            let merged = aggregate(&result, &back).unwrap();
            let largest = tables.flows.iter().copied().fold(0.0, f64::max);
            let sourcing = merged.sourcing.iter().flatten().zip(tables.sourcing.iter().flatten());
            for (found, expected) in sourcing {
                prop_assert!((found - expected).abs() <= CLOSED * largest);
            }
        }
    }

    #[test]
    fn balancing_and_updating_carry_it(recipe in any_recipe(), seed in 0..u64::MAX) {
        let whole = by_user(&recipe.tables(), seed);
        let (same, report) = balance(&whole, &BalanceOptions::default()).unwrap();
        prop_assert_eq!(&same, &whole);
        prop_assert_eq!(report.sourcing, None);

        let noisy = disturbed(&whole, 0.1, seed);
        prop_assert!(sourcing_identities(&noisy) > 1e-4);
        let (balanced, report) = balance(&noisy, &BalanceOptions::default()).unwrap();
        prop_assert!(worst_identity(&balanced) < CLOSED);
        prop_assert!(report.sourcing.unwrap().moved > 0.0);

        let exports = Total::Exports { region: 0, sectors: Vec::new() };
        let value = 1.1 * exports.of(&whole);
        let options = UpdateOptions {
            keep: viner_tables::accounts::Keep::default(),
            source: "a test".to_owned(),
            max_sweeps: 10_000,
        };
        let (updated, _) = update(&whole, &[Target { total: exports, value }], &options).unwrap();
        prop_assert!(worst_identity(&updated) < CLOSED);
    }
}

/// Two users that buy of one exporter each, and flows that want the second to buy of both: the zeros
/// have to give way.
#[test]
fn zeros_that_stand_in_the_way_are_told() {
    let mut tables = Recipe::new(2, 2, 5).tables();
    let mut sourcing = ndarray::Array4::zeros(tables.sourcing_shape());
    for user in 0..3 {
        sourcing[[0, 0, user, usize::from(user == 2)]] = 1.0;
    }
    tables.sourcing = Some(sourcing);
    let fit = fit_sourcing(&mut tables).unwrap();
    assert!(fit.blended >= 1, "{fit:?}");
    assert!(sourcing_identities(&tables) < CLOSED);
}

/// A table in which only the sourcing is out of step keeps every other number.
#[test]
fn only_what_is_out_of_step_moves() {
    let whole = by_user(&Recipe::new(3, 3, 9).tables(), 4);
    let mut wrong = whole.clone();
    wrong.sourcing.as_mut().unwrap()[[0, 0, 0, 0]] *= 1.5;
    let (repaired, report) = balance(&wrong, &BalanceOptions::default()).unwrap();
    assert_eq!(repaired.flows, whole.flows);
    assert_eq!(repaired.inputs, whole.inputs);
    assert_eq!(report.sweeps, 0);
    assert!(sourcing_identities(&repaired) < ROUNDING.max(CLOSED));
}
