//! Best policies with known answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{Array1, Array2, Array3};
use viner_model::baseline::Baseline;
use viner_model::equilibrium::Settings;
use viner_model::optimum::{Choice, Economy, Search, frontier, nash, optimum};
use viner_model::outcome::{Names, Outcome, Smooth};
use viner_model::scenario::{BilateralInstrument, Values};
use viner_model::variants::Variants;

use crate::by_user::{UNLIKE, by_user, tables};
use crate::economies::Structure;
use crate::policies::{COBB_DOUGLAS, GENERAL, scenario, trade};

const TIGHT: Settings = Settings { tolerance: 1e-12, max_evaluations: 20_000 };

/// Two countries of one sector without inputs; the first has the part `size` of world income and buys
/// the part `abroad` of its goods from the other.
fn two_countries(size: f64, abroad: f64) -> Arc<Baseline> {
    let income = [size, 1.0 - size].map(|part| 1e6 * part);
    let other = abroad * income[0] / income[1];
    let shares = [[1.0 - abroad, abroad], [other, 1.0 - other]];
    Structure {
        trade: Array3::from_shape_fn((1, 2, 2), |(_, n, i)| shares[n][i]),
        tariffs: Array3::zeros((1, 2, 2)),
        inputs: Array3::zeros((2, 1, 1)),
        final_shares: Array2::ones((2, 1)),
        income: Array1::from(income.to_vec()),
    }
    .baseline()
}

fn variants(baseline: &Arc<Baseline>, theta: f64) -> Variants {
    let mut model = COBB_DOUGLAS.model();
    model.trade_elasticity = Values::uniform(theta);
    Variants::new(Arc::clone(baseline), &scenario(model, []), TIGHT).unwrap()
}

fn smooth(baseline: &Baseline, text: &str) -> Smooth {
    let groups = BTreeMap::new();
    let names = Names::new(baseline, &groups, []);
    Outcome::parse(text).unwrap().bind(&names).unwrap().smooth().unwrap()
}

fn tariff(exporter: &str, importer: &str) -> Choice {
    let policy = trade(BilateralInstrument::TariffRate, (exporter, importer, "*"), 0.05);
    Choice { policy, lower: 0.0, upper: 2.0 }
}

fn search(baseline: &Baseline, objective: &str, own: Vec<usize>) -> Search {
    Search {
        objective: smooth(baseline, objective),
        maximize: true,
        at_most: Vec::new(),
        own,
        starts: 2,
    }
}

/// The optimal tariff is the inverse of the elasticity of foreign export supply (in a one-sector
/// Armington world `1/(θ π*)` with π* the foreign country's share of its own goods): 1/θ for a small
/// country.
#[test]
fn the_optimal_tariff_of_a_small_country_is_the_inverse_elasticity() {
    for theta in [3.0, 5.0] {
        let baseline = two_countries(1e-4, 0.3);
        let variants = variants(&baseline, theta);
        let choices = vec![tariff("R001", "R000")];
        let economy = Economy::new(&variants, Vec::new(), choices);
        let best = optimum(&economy, &search(&baseline, "welfare(R000)", vec![0])).unwrap();
        assert!((best.sizes[0] - 1.0 / theta).abs() < 1e-3 / theta, "{best:?}");
        assert!(best.told[0].gradient[0].abs() < 1e-6, "{best:?}");
    }
}

#[test]
fn players_alike_choose_alike_and_reply_best() {
    let baseline = two_countries(0.5, 0.3);
    let variants = variants(&baseline, 4.0);
    let choices = vec![tariff("R001", "R000"), tariff("R000", "R001")];
    let economy = Economy::new(&variants, Vec::new(), choices);
    let players =
        [search(&baseline, "welfare(R000)", vec![0]), search(&baseline, "welfare(R001)", vec![1])];
    let best = nash(&economy, &players).unwrap();
    assert!(best.settled && (best.sizes[0] - best.sizes[1]).abs() < 1e-4, "{best:?}");
    assert!(best.sizes[0] > 0.25 && best.told.iter().all(|told| told.value < 0.0), "{best:?}");
    for player in 0..2 {
        assert!(best.told[player].gradient[player].abs() < 1e-5, "{best:?}");
    }
}

/// Steps of all players at once end where replies in turn do, which bounds that do not bind ask for; told
/// of each player are its value and the derivatives by its own choices at the sizes found.
#[test]
fn steps_at_once_end_where_replies_in_turn_do() {
    let baseline = crate::economies::baseline(&crate::by_user::tables(5, 3, 17, UNLIKE));
    for model in [GENERAL.model(), by_user(GENERAL.model())] {
        let variants = Variants::new(Arc::clone(&baseline), &scenario(model, []), TIGHT).unwrap();
        let codes = ["R000", "R001", "R002"];
        let choices = codes.map(|code| tariff(&format!("!{code}"), code));
        let economy = Economy::new(&variants, Vec::new(), choices.to_vec());
        let objective = |code: &str| format!("welfare({code})");
        let player = |own: usize| Search {
            starts: 0,
            ..search(&baseline, &objective(codes[own]), vec![own])
        };
        let players: Vec<Search> = (0..3).map(player).collect();
        let at_once = nash(&economy, &players).unwrap();
        assert!(at_once.settled && at_once.evaluations == at_once.rounds, "{at_once:?}");
        let loss = smooth(&baseline, "0 - welfare(R000)");
        let bounded =
            |search: &Search| Search { at_most: vec![(loss.clone(), 1.0)], ..search.clone() };
        let in_turn = nash(&economy, &players.iter().map(bounded).collect::<Vec<_>>()).unwrap();
        assert!(in_turn.settled && in_turn.evaluations > at_once.evaluations, "{in_turn:?}");
        for own in 0..3 {
            let (one, other) = (at_once.sizes[own], in_turn.sizes[own]);
            assert!(one > 0.05 && (one - other).abs() < 2e-5, "{at_once:?} {in_turn:?}");
            let told = &economy.tell(&at_once.sizes, &[&players[own].objective]).unwrap()[0];
            let found = &at_once.told[own];
            assert!((told.value - found.value).abs() < 1e-10, "{told:?} {found:?}");
            assert!(told.gradient[own].abs() < 1e-6 && found.gradient[own].abs() < 1e-6);
            // No other tariff is better.
            for change in [-0.1, -0.01, 0.01, 0.1] {
                let mut sizes = at_once.sizes.clone();
                sizes[own] += change;
                let other = &economy.tell(&sizes, &[&players[own].objective]).unwrap()[0];
                assert!(other.value < found.value, "{change} {other:?} {found:?}");
            }
        }
    }
}

#[test]
fn constraints_hold_and_a_frontier_rises() {
    let baseline = two_countries(0.4, 0.3);
    let variants = variants(&baseline, 4.0);
    let choices = vec![tariff("R001", "R000")];
    let economy = Economy::new(&variants, Vec::new(), choices);
    let mut own = search(&baseline, "welfare(R000)", vec![0]);
    let free = optimum(&economy, &own).unwrap();
    let harm = smooth(&baseline, "0 - welfare(R001)");
    let unbounded = economy.tell(&free.sizes, &[&harm]).unwrap()[0].value;
    own.at_most = vec![(harm.clone(), 0.5 * unbounded)];
    let bound = optimum(&economy, &own).unwrap();
    let (value, multiplier) = bound.constraints[0][0];
    assert!((value - 0.5 * unbounded).abs() < 1e-6 && multiplier > 0.0, "{bound:?}");
    assert!(bound.sizes[0] < free.sizes[0] && bound.told[0].value < free.told[0].value);
    // The multiplier is what a unit of the bound is worth.
    let slope = economy.tell(&bound.sizes, &[&own.objective, &harm]).unwrap();
    assert!((slope[0].gradient[0] / slope[1].gradient[0] - multiplier).abs() < 1e-3, "{bound:?}");
    own.at_most.clear();
    let curve = frontier(&economy, &harm, &own, &free.sizes, 4).unwrap().points;
    let (low, high) = (curve[0].0, curve[3].0);
    assert_eq!(curve.len(), 4);
    for (step, (cost, effect, _)) in curve.iter().enumerate() {
        let even = low + (high - low) * step as f64 / 3.0;
        assert!((cost - even).abs() < 1e-5 * (high - low), "{curve:?}");
        assert!(step == 0 || *effect > curve[step - 1].1, "{curve:?}");
    }
    // What else is bounded is bounded at the least cost, too.
    let gain = free.told[0].value;
    own.at_most = vec![(smooth(&baseline, "0 - welfare(R000)"), -0.9 * gain)];
    let curve = frontier(&economy, &harm, &own, &free.sizes, 3).unwrap().points;
    assert!((curve[0].1 - 0.9 * gain).abs() < 1e-6 && curve[0].0 > 0.0, "{curve:?}");
}

/// A bound in money and the same bound as a share are the same, whatever the size of the numbers.
#[test]
fn bounds_hold_in_any_unit() {
    let baseline = two_countries(0.4, 0.3);
    let variants = variants(&baseline, 4.0);
    let choices = vec![tariff("R001", "R000")];
    let economy = Economy::new(&variants, Vec::new(), choices);
    let bought = baseline.trade_flows[[0, 0, 1]];
    assert!(bought > 1e3, "{bought}");
    let bounded = |outcome: &str, at_most: f64| {
        let mut own = search(&baseline, "welfare(R000)", vec![0]);
        own.at_most = vec![(smooth(&baseline, outcome), at_most)];
        optimum(&economy, &own).unwrap()
    };
    let sold = bounded("0 - flow(R001, R000, *)", -0.8 * bought);
    let share = bounded(&format!("0 - flow(R001, R000, *) / {bought}"), -0.8);
    for found in [&sold, &share] {
        assert!(found.stationarity < 1e-6, "{found:?}");
    }
    assert!((sold.sizes[0] - share.sizes[0]).abs() < 1e-6, "{sold:?} {share:?}");
    let (value, multiplier) = sold.constraints[0][0];
    assert!((value / bought + 0.8).abs() < 1e-5 && multiplier > 0.0, "{sold:?}");
    let of_share = share.constraints[0][0].1;
    assert!((multiplier * bought / of_share - 1.0).abs() < 1e-3, "{sold:?} {share:?}");
}

/// With trade shares by user: derivatives are those of equilibria, and what is found is best.
#[test]
fn best_tariffs_where_users_have_trade_shares_of_their_own() {
    let baseline = crate::economies::baseline(&tables(4, 3, 61, UNLIKE));
    let model = by_user(GENERAL.model());
    let variants = Variants::new(Arc::clone(&baseline), &scenario(model, []), TIGHT).unwrap();
    let choices = vec![tariff("R001", "R000"), tariff("!R000,R001", "R000")];
    let economy = Economy::new(&variants, Vec::new(), choices);
    let own = search(&baseline, "welfare(R000)", vec![0, 1]);
    let welfare = |sizes: &[f64]| economy.tell(sizes, &[&own.objective]).unwrap()[0].value;
    let (sizes, step) = ([0.1, 0.2], 1e-3);
    let told = economy.tell(&sizes, &[&own.objective]).unwrap();
    for (choice, gradient) in told[0].gradient.iter().enumerate() {
        let moved = |part: f64| {
            let mut moved = sizes;
            moved[choice] += part * step;
            welfare(&moved)
        };
        let near = moved(1.0) - moved(-1.0);
        let difference = (8.0 * near - (moved(2.0) - moved(-2.0))) / (12.0 * step);
        assert!((gradient - difference).abs() < 1e-8, "{gradient} {difference}");
    }
    let best = optimum(&economy, &own).unwrap();
    assert!(best.sizes.iter().all(|size| (0.01..2.0).contains(size)), "{best:?}");
    assert!(best.told[0].gradient.iter().all(|gradient| gradient.abs() < 1e-6), "{best:?}");
    for change in [[0.05, 0.0], [-0.05, 0.0], [0.0, 0.05], [0.0, -0.05]] {
        let other = [best.sizes[0] + change[0], best.sizes[1] + change[1]];
        assert!(welfare(&other) < best.told[0].value);
    }
}
