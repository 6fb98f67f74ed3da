//! Price caps: every regime, its equivalents, and the way from one to the next.

use std::sync::Arc;

use proptest::prelude::*;
use viner_model::baseline::Baseline;
use viner_model::equilibrium::{Equilibrium, Failure, Method, Regime, solve, solve_with};
use viner_model::problem::Problem;
use viner_model::scenario::{BilateralInstrument as On, Policy, Shadow, ShadowOwner};

use crate::close::{assert_same_hats, assert_unchanged, welfare};
use crate::economies::{Structure, generated, ordinary};
use crate::policies::{GENERAL, Uniform, outcome, problem, solved, trade};
use crate::tolerances::{CLOSED_FORM, SAME_ANSWER, SAME_PROBLEM, TIGHT};

/// Buyers of a resource whose supply hardly reacts, and sellers elsewhere.
const CELLS: (&str, &str, &str) = ("R000", "R001,R002", "S000");
const RESOURCE: Uniform = Uniform { theta: 3.0, phi: 0.8, ..GENERAL };

/// Nearly all of what R000 makes of S000 goes to the covered buyers.
fn economy() -> Arc<Baseline> {
    let mut structure = Structure::of(&ordinary(4, 3, 71));
    for n in [1, 2] {
        structure.trade[[0, n, 0]] *= 40.0;
    }
    structure.normalise().baseline()
}

fn cap(level: f64, capacity: f64, cost: f64, owner: ShadowOwner) -> Policy {
    trade(On::PriceCap(Shadow { capacity, cost, owner }), CELLS, level)
}

pub fn capped(level: f64, capacity: f64, cost: f64, owner: ShadowOwner) -> (Problem, Equilibrium) {
    outcome(&economy(), RESOURCE.model(), [cap(level, capacity, cost, owner)])
}

fn importer(level: f64, capacity: f64, cost: f64) -> (Problem, Equilibrium) {
    capped(level, capacity, cost, ShadowOwner::Importer)
}

/// Price of the exporter at the border, and quantity of the covered cells, over the baseline.
pub fn price_and_quantity((problem, found): &(Problem, Equilibrium)) -> (f64, f64) {
    let flows = &problem.baseline.trade_flows;
    let quantity = [1, 2].map(|n| found.trade_flows[[0, n, 0]] / found.unit_cost[[0, 0]]);
    (found.unit_cost[[0, 0]], quantity.iter().sum::<f64>() / (flows[[0, 1, 0]] + flows[[0, 2, 0]]))
}

#[test]
fn every_regime_meets_its_conditions() {
    // Price at m = 1/(1−δ), found with ample capacity, decides which caps bind more than that.
    let ample = importer(0.5, 10.0, 0.2);
    let (turning, quantity) = price_and_quantity(&ample);
    assert_eq!(ample.1.wedges[0].regime, Regime::ShadowOnly);
    assert!(turning < 0.98 && turning > 0.5, "{turning}");
    let little = 0.5 * quantity;
    for (level, capacity, expected) in [
        (1.1, 0.5, Regime::Slack),
        (0.5 * (1.0 + turning), 0.5, Regime::Served),
        (0.99 * turning, little, Regime::ShadowFull),
        (0.5 * turning, little, Regime::ShadowOnlyFull),
        (0.9 * turning, 2.0 * quantity, Regime::ShadowOnly),
        (0.98 * turning, 0.0, Regime::ShadowFull),
        (0.1, 0.0, Regime::Withdrawn),
    ] {
        let found = importer(level, capacity, 0.2);
        let wedge = found.1.wedges[0];
        assert_eq!(wedge.regime, expected, "cap {level}, capacity {capacity}");
        let (price, quantity) = price_and_quantity(&found);
        let (m, shadow) = (wedge.multiplier, wedge.shadow);
        let same = |a: f64, b: f64| assert!((a - b).abs() < SAME_PROBLEM, "{expected:?}: {a} {b}");
        match expected {
            Regime::Slack => {
                assert!(price <= level);
                same(m, 1.0);
            }
            Regime::Served => {
                same(price, level);
                same(shadow, 0.0);
                assert!((1.0..=1.25).contains(&m));
            }
            Regime::ShadowFull => {
                same(price, level);
                same(shadow, capacity);
                assert!(m >= 1.25 && capacity <= quantity);
            }
            Regime::ShadowOnlyFull => {
                same(shadow, capacity);
                same(quantity, capacity);
                assert!(m >= 1.25 && price >= level);
            }
            Regime::ShadowOnly => {
                same(m, 1.25);
                same(shadow, quantity);
                assert!(quantity <= capacity && price >= level);
            }
            _ => {
                assert_eq!(quantity, 0.0);
                assert!(price >= level);
            }
        }
    }
}

#[test]
fn a_cap_that_is_served_is_a_tariff() {
    let capped = importer(0.97, 0.5, 0.3);
    assert_eq!(capped.1.wedges[0].regime, Regime::Served);
    let rate = capped.1.wedges[0].multiplier - 1.0;
    let baseline = economy();
    let tariff = |n: usize| {
        let before = 1.0 + baseline.tariff(0, n, 0);
        trade(
            On::TariffRate,
            ("R000", baseline.regions.code(n), "S000"),
            before * (1.0 + rate) - 1.0,
        )
    };
    let taxed = outcome(&baseline, RESOURCE.model(), [tariff(1), tariff(2)]);
    assert_same_hats((&capped.0, &capped.1), (&taxed.0, &taxed.1), SAME_PROBLEM);
}

#[test]
fn ample_outside_shipping_leaves_its_cost_alone() {
    let baseline = economy();
    let cost = 0.2;
    let melts = capped(0.5, 10.0, cost, ShadowOwner::Iceberg);
    let alone = trade(On::TradeCostChange, CELLS, 1.0 / (1.0 - cost) - 1.0);
    let alone = outcome(&baseline, RESOURCE.model(), [alone]);
    assert_same_hats((&melts.0, &melts.1), (&alone.0, &alone.1), SAME_PROBLEM);

    let exporter = capped(0.5, 10.0, cost, ShadowOwner::Exporter);
    let tax = trade(On::ExportTaxRate, CELLS, 1.0 / (1.0 - cost) - 1.0);
    let tax = outcome(&baseline, RESOURCE.model(), [tax]);
    assert_same_hats((&exporter.0, &exporter.1), (&tax.0, &tax.1), SAME_PROBLEM);
}

#[test]
fn an_owner_elsewhere_earns_the_fee() {
    let own = importer(0.5, 10.0, 0.2);
    let other = capped(0.5, 10.0, 0.2, ShadowOwner::Region("R003".into()));
    let (before, after) = (welfare(&own.0, &own.1), welfare(&other.0, &other.1));
    assert!(after[3] > before[3] && after[1] < before[1]);
    let fee: f64 = [1, 2].map(|n| other.1.split_trade[&(0, n, 0)].before_tariff * 0.2).iter().sum();
    assert!((other.1.rents[3] - fee).abs() < SAME_PROBLEM * fee);
}

#[test]
fn an_exporter_that_withdraws_leaves_an_embargo() {
    let (mut steady, mut several) = (0, 0);
    for seed in 71..79 {
        let baseline = ordinary(4, 3, seed);
        let embargo = outcome(&baseline, RESOURCE.model(), [trade(On::EmbargoShare, CELLS, 1.0)]);
        let least = embargo.1.unit_cost[[0, 0]];
        let at = |level| {
            let policy = cap(level, 0.0, 0.2, ShadowOwner::Importer);
            outcome(&baseline, RESOURCE.model(), [policy])
        };
        let below = at(0.99999 * least);
        assert_eq!(below.1.wedges[0].regime, Regime::Withdrawn);
        assert_same_hats((&below.0, &below.1), (&embargo.0, &embargo.1), SAME_PROBLEM);
        let distance = |level| {
            let above = at(level);
            assert_ne!(above.1.wedges[0].regime, Regime::Withdrawn);
            let (a, b) = (welfare(&above.0, &above.1), welfare(&embargo.0, &embargo.1));
            (&a - &b).iter().fold(0.0, |top: f64, x| top.max(x.abs()))
        };
        if below.1.wedges[0].several {
            // The price falls below that of the embargo on the way to it: sales end with a jump.
            several += 1;
        } else {
            steady += 1;
            let (far, near) = (distance((1.0 + 1e-5) * least), distance((1.0 + 1e-7) * least));
            assert!(near < 0.6 * far, "seed {seed}: {far} away, then {near}");
        }
    }
    assert!(steady > 0 && several > 0, "{steady} steady, {several} with several equilibria");
}

#[test]
fn borders_between_regimes_are_crossed_without_a_jump() {
    use Regime::{Served, ShadowFull, ShadowOnly, ShadowOnlyFull, Slack};
    let quantity = price_and_quantity(&importer(0.5, 10.0, 0.2)).1;
    for (capacity, expected) in [
        (0.7 * quantity, vec![Slack, Served, ShadowFull, ShadowOnlyFull]),
        (1.2 * quantity, vec![Slack, Served, ShadowOnly]),
    ] {
        let at = |level: f64| {
            let (problem, found) = importer(level, capacity, 0.2);
            (found.wedges[0].regime, welfare(&problem, &found))
        };
        let mut regimes = vec![Slack];
        let mut above = (1.03, at(1.03));
        for step in 1..=40 {
            let level = 1.03 - 0.01 * f64::from(step);
            let (mut below, next) = ((level, at(level)), (level, at(level)));
            // Close in on the border from both sides: what is left of the difference is a jump.
            while above.1.0 != below.1.0 && above.0 - below.0 > 1e-9 {
                let middle = 0.5 * (above.0 + below.0);
                let found = at(middle);
                if found.0 == above.1.0 {
                    above = (middle, found);
                } else {
                    below = (middle, found);
                }
            }
            if above.1.0 != below.1.0 {
                regimes.push(below.1.0);
                let jump = (&above.1.1 - &below.1.1).mapv(f64::abs);
                assert!(jump.iter().all(|jump| *jump < 1e-8), "{regimes:?}: {jump}");
            }
            above = next;
        }
        assert_eq!(regimes, expected, "capacity {capacity}");
    }
}

#[test]
fn a_fee_earned_elsewhere_gives_the_mixed_regime_a_width() {
    let none = price_and_quantity(&importer(0.5, 10.0, 0.2)).0;
    let (mut mixed, mut several) = (0, 0);
    for code in ["R001", "R002", "R003"] {
        let owner = ShadowOwner::Region(code.into());
        let full = price_and_quantity(&capped(0.5, 10.0, 0.2, owner.clone())).0;
        let level = 0.5 * (full + none);
        let between = capped(level, 10.0, 0.2, owner);
        let wedge = between.1.wedges[0];
        let (price, quantity) = price_and_quantity(&between);
        if full < none {
            // Those who lose the fee buy more of the good than those who gain it.
            mixed += 1;
            assert_eq!(wedge.regime, Regime::Mixed);
            assert!(wedge.shadow > 0.1 * quantity && wedge.shadow < 0.9 * quantity, "{wedge:?}");
            assert!((wedge.multiplier - 1.25).abs() < SAME_PROBLEM);
            assert!((price - level).abs() < SAME_PROBLEM);
        } else {
            several += 1;
            assert_eq!((wedge.regime, wedge.shadow), (Regime::Served, 0.0));
            assert!(wedge.several);
        }
    }
    assert!(mixed > 0 && several > 0, "{mixed} mixed, {several} with several equilibria");
}

#[test]
fn of_several_equilibria_the_one_with_least_outside_shipping_is_taken() {
    // What melts is made by the exporter and raises its price: below the price with everything
    // shipped outside, above the one with nothing.
    let full = price_and_quantity(&capped(0.5, 10.0, 0.2, ShadowOwner::Exporter)).0;
    let none = price_and_quantity(&importer(0.5, 10.0, 0.2)).0;
    if full > none {
        let between = capped(0.5 * (full + none), 10.0, 0.2, ShadowOwner::Exporter);
        let wedge = between.1.wedges[0];
        assert_eq!((wedge.regime, wedge.shadow), (Regime::Served, 0.0));
        assert!(wedge.several);
    } else {
        panic!("the fee lowers the exporter's price from {none} to {full}");
    }
}

#[test]
fn a_cap_above_the_price_does_nothing() {
    for owner in [ShadowOwner::Importer, ShadowOwner::Iceberg] {
        let (problem, found) = capped(1.2, 0.5, 0.2, owner);
        assert_unchanged(&problem, &found, SAME_PROBLEM);
        assert!(!found.wedges[0].several);
    }
}

#[test]
fn buyers_without_another_seller_make_a_withdrawal_infeasible() {
    let baseline = economy();
    let others = trade(On::EmbargoShare, ("!R000", "R001", "S000"), 1.0);
    let domestic =
        crate::policies::trade_and_domestic(On::EmbargoShare, ("R001", "R001", "S000"), 1.0);
    let problem = problem(
        &baseline,
        RESOURCE.model(),
        [others, domestic, cap(0.05, 0.0, 1.0, ShadowOwner::Importer)],
    );
    match solve(&problem, TIGHT) {
        Err(Failure::Infeasible(reason)) => assert_eq!(reason.cell, "R001/S000"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn newton_finds_the_same_regime() {
    let baseline = economy();
    for (level, capacity) in [(0.98, 0.5), (0.93, 0.0)] {
        let policy = cap(level, capacity, 0.2, ShadowOwner::Importer);
        let problem = problem(&baseline, RESOURCE.model(), [policy]);
        let anderson = solved(&problem);
        let newton = solve_with(&problem, Method::NewtonKrylov, TIGHT).unwrap();
        assert_same_hats((&problem, &anderson), (&problem, &newton), SAME_ANSWER);
        assert_eq!(anderson.wedges[0].regime, newton.wedges[0].regime);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_cap_is_certified(
        seed in 0..u64::MAX,
        level in 0.3..1.1_f64,
        capacity in prop_oneof![Just(0.0), 0.01..1.5_f64],
        cost in 0.01..0.6_f64,
        owner in prop_oneof![
            Just(ShadowOwner::Importer),
            Just(ShadowOwner::Exporter),
            Just(ShadowOwner::Iceberg),
            Just(ShadowOwner::Region("R003".to_owned())),
        ],
        theta in 1.0..8.0_f64,
        phi in 0.0..0.95_f64,
    ) {
        let baseline = generated(viner_model::economies::Recipe {
            tariffs: 0.3,
            deficits: 0.0,
            ..viner_model::economies::Recipe::new(4, 3, seed)
        });
        let elasticities = Uniform { theta, phi, ..GENERAL };
        let policy = cap(level, capacity, cost, owner);
        let (_, found) = outcome(&baseline, elasticities.model(), [policy]);
        let check = &found.certificate;
        let check = check.residuals.iter().find(|check| check.equation == "price cap").unwrap();
        prop_assert!(check.relative < CLOSED_FORM, "{:?}", check);
    }
}
