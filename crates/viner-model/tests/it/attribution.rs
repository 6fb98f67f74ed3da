//! The Shapley value: games whose values are known, and the split of a scenario among its policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use viner_model::attribution::{Coalition, Grouping, Plan, SubsetFailure, decompose, shapley};
use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::equilibrium::run;
use viner_model::ndarray::{Array1, Axis, arr1};
use viner_model::scenario::{BilateralInstrument, Model, Policy, Scenario};
use viner_model::variants::VariantFailure;

use crate::policies::trade;
use crate::tolerances::{ROUNDING, SAME_ANSWER, TIGHT};

/// The worth of every coalition that a plan asks for.
fn worths(
    plan: &Plan,
    worth: impl Fn(&Coalition) -> Array1<f64>,
) -> BTreeMap<Coalition, Array1<f64>> {
    let coalitions = plan.levels().into_iter().flat_map(BTreeMap::into_keys);
    coalitions.map(|coalition| (coalition.clone(), worth(&coalition))).collect()
}

/// By definition: the mean over all orders of what a player adds to those before.
fn over_all_orders(players: usize, worth: &impl Fn(&Coalition) -> Array1<f64>) -> Vec<f64> {
    fn orders(left: &[usize]) -> Vec<Vec<usize>> {
        if left.is_empty() {
            return vec![Vec::new()];
        }
        let first = |&player: &usize| {
            let rest: Vec<usize> = left.iter().copied().filter(|p| *p != player).collect();
            orders(&rest).into_iter().map(move |mut order| {
                order.insert(0, player);
                order
            })
        };
        left.iter().flat_map(first).collect()
    }
    let everybody: Vec<usize> = (0..players).collect();
    let all = orders(&everybody);
    let mut effects = vec![0.0; players];
    for order in &all {
        let mut coalition = Coalition::empty(players);
        for &player in order {
            let larger = coalition.with(player);
            effects[player] += (worth(&larger)[0] - worth(&coalition)[0]) / all.len() as f64;
            coalition = larger;
        }
    }
    effects
}

/// Worth with interactions of all orders, not symmetric.
fn tangled(coalition: &Coalition) -> Array1<f64> {
    let sum: f64 = coalition.members().map(|player| (player as f64 + 1.0).sqrt()).sum();
    let alternating: f64 =
        coalition.members().map(|player| if player % 2 == 0 { 1.0 } else { -0.7 }).sum();
    arr1(&[sum.powi(2) - (sum * alternating).sin()])
}

#[test]
fn an_additive_game_gives_everybody_their_own_worth() {
    let own = [3.0, -1.0, 0.5, 10.0, 0.0];
    let worth = |coalition: &Coalition| arr1(&[coalition.members().map(|p| own[p]).sum::<f64>()]);
    for plan in [Plan::every(5), Plan::sampled(5, 3, 1)] {
        let split = shapley(&plan, &worths(&plan, worth)).unwrap();
        for player in 0..5 {
            assert!((split.effects[[player, 0]] - own[player]).abs() < ROUNDING, "{split:?}");
            assert!(split.errors[[player, 0]].abs() < ROUNDING, "nothing to be wrong about");
        }
    }
}

/// Worth 1 if all of {0, 2, 3} are in: each of them has a third, the others nothing.
#[test]
fn a_unanimity_game_shares_among_those_needed() {
    let worth = |coalition: &Coalition| {
        arr1(&[f64::from(u8::from([0, 2, 3].iter().all(|&p| coalition.contains(p))))])
    };
    let plan = Plan::every(6);
    let split = shapley(&plan, &worths(&plan, worth)).unwrap();
    for player in 0..6 {
        let expected = if [0, 2, 3].contains(&player) { 1.0 / 3.0 } else { 0.0 };
        assert!((split.effects[[player, 0]] - expected).abs() < ROUNDING, "{split:?}");
    }
}

#[test]
fn weights_and_orders_agree() {
    for players in 1..=7 {
        let plan = Plan::every(players);
        let split = shapley(&plan, &worths(&plan, tangled)).unwrap();
        for (player, expected) in over_all_orders(players, &tangled).into_iter().enumerate() {
            assert!((split.effects[[player, 0]] - expected).abs() < 1e-11, "{players} players");
        }
    }
}

/// Over many seeds, the estimates scatter about the truth as their own standard errors say, and each
/// adds up to the whole.
#[test]
fn the_sampled_value_is_unbiased_within_its_stated_error() {
    let (players, pairs, seeds) = (6, 8, 200);
    let truth = over_all_orders(players, &tangled);
    let whole = tangled(&Coalition::grand(players))[0];
    let mut estimates = vec![Vec::new(); players];
    let mut variances = vec![0.0; players];
    for seed in 0..seeds {
        let plan = Plan::sampled(players, pairs, seed);
        let split = shapley(&plan, &worths(&plan, tangled)).unwrap();
        assert!((split.effects.sum() - whole).abs() < 1e-11, "every order telescopes");
        for player in 0..players {
            estimates[player].push(split.effects[[player, 0]]);
            variances[player] += split.errors[[player, 0]].powi(2) / seeds as f64;
        }
    }
    for player in 0..players {
        let count = estimates[player].len() as f64;
        let mean = estimates[player].iter().sum::<f64>() / count;
        let variance =
            estimates[player].iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (count - 1.0);
        // Four standard errors of the mean of 200 estimates.
        let allowed = 4.0 * (variance / count).sqrt();
        assert!(
            (mean - truth[player]).abs() < allowed,
            "player {player}: {mean}, {}",
            truth[player]
        );
        // A variance estimated from 200 draws is within a third of the truth, and so is the mean
        // of 200 estimates of it.
        let ratio = variances[player] / variance;
        assert!((0.67..1.5).contains(&ratio), "player {player}: {ratio}");
    }
}

#[test]
fn orders_depend_on_the_seed_alone() {
    assert_eq!(Plan::sampled(20, 4, 9), Plan::sampled(20, 4, 9));
    assert_ne!(Plan::sampled(20, 4, 9), Plan::sampled(20, 4, 10));
    assert!(Plan::new(8, 4, 0).is_exact() && !Plan::new(9, 4, 0).is_exact());
}

/// A plan asks for no coalition twice, and each has a smaller one to start from.
#[test]
fn levels_are_chains() {
    for plan in [Plan::every(5), Plan::sampled(12, 3, 0)] {
        let levels = plan.levels();
        assert_eq!(levels.len(), plan.players() + 1);
        for (size, level) in levels.iter().enumerate() {
            for (coalition, smaller) in level {
                assert_eq!(coalition.size(), size);
                assert_eq!(smaller.is_none(), size == 0);
                assert!(smaller.iter().all(|smaller| levels[size - 1].contains_key(smaller)));
            }
        }
    }
    assert_eq!(Plan::every(5).levels().iter().map(BTreeMap::len).sum::<usize>(), 32);
}

fn economy() -> Arc<Baseline> {
    Arc::new(Baseline::new(&Recipe::new(4, 3, 5).tables(), 1e-9).unwrap())
}

fn scenario(
    baseline: &Baseline,
    policies: &[(BilateralInstrument, usize, usize, f64)],
) -> Scenario {
    let policies: Vec<Policy> = policies
        .iter()
        .map(|(instrument, i, n, value)| {
            let (exporter, importer) = (baseline.regions.code(*i), baseline.regions.code(*n));
            trade(instrument.clone(), (exporter, importer, "*"), *value)
        })
        .collect();
    Scenario { model: Model::default(), policies, ..Scenario::default() }
}

fn split(
    baseline: &Arc<Baseline>,
    scenario: &Scenario,
    players: &[Vec<usize>],
    plan: &Plan,
) -> viner_model::attribution::Decomposition {
    let (problem, equilibrium) = run(Arc::clone(baseline), scenario, TIGHT).unwrap();
    decompose(&problem, &equilibrium, scenario, players, plan, TIGHT, &|_, _| ()).unwrap()
}

#[test]
fn parts_sum_to_the_whole() {
    let baseline = economy();
    let scenario = scenario(
        &baseline,
        &[
            (BilateralInstrument::TariffRate, 0, 1, 0.3),
            (BilateralInstrument::EmbargoShare, 0, 2, 1.0),
            (BilateralInstrument::TradeCostChange, 1, 0, 0.2),
            (BilateralInstrument::TradeCostChange, 1, 0, 0.3),
        ],
    );
    let alone: Vec<Vec<usize>> = (0..4).map(|policy| vec![policy]).collect();
    for plan in [Plan::every(4), Plan::sampled(4, 5, 3)] {
        let parts = split(&baseline, &scenario, &alone, &plan);
        let off = &parts.effects.sum_axis(Axis(0)) - &parts.total;
        assert!(off.iter().all(|off| off.abs() < ROUNDING), "{off}");
        assert!(parts.errors.iter().all(|error| *error == 0.0) == plan.is_exact());
    }
}

/// One policy alone has all of the effect; two equal ones have half each.
#[test]
fn equal_policies_have_equal_parts() {
    let baseline = economy();
    let cost = (BilateralInstrument::TradeCostChange, 0, 1, 0.3);
    let scenario = scenario(&baseline, &[cost.clone(), cost]);
    let parts = split(&baseline, &scenario, &[vec![0], vec![1]], &Plan::every(2));
    let both = split(&baseline, &scenario, &[vec![0, 1]], &Plan::every(1));
    for ((n, outcome), total) in parts.total.indexed_iter() {
        let [first, second] = [0, 1].map(|player| parts.effects[[player, n, outcome]]);
        assert!((first - second).abs() < SAME_ANSWER, "{first} and {second}");
        assert!((both.effects[[0, n, outcome]] - total).abs() < ROUNDING);
    }
}

/// A set of policies without equilibrium is named by its policies.
#[test]
fn a_subset_without_equilibrium_is_named() {
    let baseline = economy();
    let (code, sector) = (baseline.regions.code(0), baseline.sectors.code(0));
    let ban = |from: &str, value, replace| Policy {
        replace,
        ..trade(BilateralInstrument::EmbargoShare, (from, code, sector), value)
    };
    // Region 0 may buy this sector neither abroad nor at home, unless the last policy takes the ban
    // at home back.
    let abroad = (1..4).map(|i| ban(baseline.regions.code(i), 1.0, false));
    let policies = abroad.chain([ban(code, 1.0, false), ban(code, 0.0, true)]).collect();
    let scenario = Scenario { policies, ..Scenario::default() };
    let (problem, equilibrium) = run(Arc::clone(&baseline), &scenario, TIGHT).unwrap();
    let players: Vec<Vec<usize>> = (0..5).map(|policy| vec![policy]).collect();
    let failed =
        decompose(&problem, &equilibrium, &scenario, &players, &Plan::every(5), TIGHT, &|_, _| ());
    let Err(SubsetFailure { policies, cause: VariantFailure::Solve(_) }) = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(policies, [0, 1, 2, 3]);
}

#[test]
fn policies_are_taken_together_by_kind_or_prefix() {
    let named = |instrument, name: Option<&str>| Policy {
        name: name.map(ToOwned::to_owned),
        ..trade(instrument, ("*", "*", "*"), 0.1)
    };
    let policies = [
        named(BilateralInstrument::TariffRate, Some("wall: west")),
        named(BilateralInstrument::EmbargoShare, Some("wall: east")),
        named(BilateralInstrument::TariffAdd, None),
        named(BilateralInstrument::EmbargoShare, Some("wall")),
    ];
    let players = |grouping: Grouping| grouping.players(&policies);
    let expected = |list: &[(&str, &[usize])]| -> Vec<(String, Vec<usize>)> {
        list.iter().map(|(name, set)| ((*name).to_owned(), set.to_vec())).collect()
    };
    assert_eq!(
        players(Grouping::Policy),
        expected(&[("wall: west", &[0]), ("wall: east", &[1]), ("tariff 2", &[2]), ("wall", &[3])])
    );
    assert_eq!(players(Grouping::Kind), expected(&[("tariff", &[0, 2]), ("embargo", &[1, 3])]));
    assert_eq!(
        players(Grouping::Prefix),
        expected(&[("wall", &[0, 1]), ("tariff 2", &[2]), ("wall", &[3])])
    );
}
