//! Derivatives by numbers of policies that are no size in a cell.

use std::collections::{BTreeMap, BTreeSet};

use super::{Point, cap_of, changed, economy};
use crate::policies::{GENERAL, outcome, policy, selector, trade};
use crate::price_caps;
use viner_model::equilibrium::{Gradient, Regime};
use viner_model::problem::Problem;
use viner_model::scenario::{Action, BilateralInstrument as On, CoalitionRule, ShadowOwner};

fn capped(level: f64, capacity: f64, cost: f64, owner: &ShadowOwner) -> Point {
    let (problem, equilibrium) = price_caps::capped(level, capacity, cost, owner.clone());
    Point::new(problem, equilibrium)
}

/// Through all regimes of a cap, for whoever owns the ships.
#[test]
fn derivatives_by_outside_shipping_hold_in_every_regime() {
    let mut regimes: BTreeSet<&str> = BTreeSet::new();
    let mut check = |level, capacity, cost, owner: &ShadowOwner, step| {
        let point = Point { step, ..capped(level, capacity, cost, owner) };
        point.check_wedges();
        assert_eq!(point.skipped.get(), 0, "{owner:?} at {level}");
        regimes.insert(point.equilibrium.wedges[0].regime.name());
    };
    let foreign = |code: &str| ShadowOwner::Region(code.into());
    for owner in
        [ShadowOwner::Importer, ShadowOwner::Exporter, ShadowOwner::Iceberg, foreign("R003")]
    {
        for (level, capacity) in [(1.1, 0.5), (0.995, 0.5), (0.95, 0.36), (0.48, 0.36), (0.85, 1.5)]
        {
            check(level, capacity, 0.2, &owner, 1e-4);
        }
    }
    // Between the prices at which none and all of it is carried outside, which are 1.4e-3 apart.
    check(0.92925, 10.0, 0.4, &foreign("R002"), 4e-5);
    let all = ["mixed", "served", "shadow-full", "shadow-only", "shadow-only-full", "slack"];
    assert_eq!(regimes.into_iter().collect::<Vec<_>>(), all);
}

/// Without outside shipping the derivative is that by the first ships: one-sided differences of second
/// order.
#[test]
fn the_first_ships_count_where_they_are_wanted() {
    let step = 1e-4;
    for (level, regime) in [(0.99, Regime::Served), (0.94, Regime::ShadowFull)] {
        let point = capped(level, 0.0, 0.2, &ShadowOwner::Exporter);
        assert_eq!(point.equilibrium.wedges[0].regime, regime, "{level}");
        let at = |capacity: f64| {
            let change = |p: &mut Problem, h: f64| cap_of(p, 0).capacity += h;
            point.values(&change, capacity).unwrap()
        };
        let [here, near, far] = [0.0, step, 2.0 * step].map(at);
        for (position, gradient) in point.gradients.iter().enumerate() {
            let difference =
                (4.0 * near[position] - 3.0 * here[position] - far[position]) / (2.0 * step);
            let exact = gradient.wedges[0].capacity;
            assert!(
                (exact - difference).abs() < 1e-6 * (1.0 + exact.abs()),
                "{exact} {difference}"
            );
            assert_eq!(gradient.wedges[0].cost, 0.0);
        }
        let any = point.gradients.iter().any(|gradient| gradient.wedges[0].capacity.abs() > 1e-3);
        assert_eq!(any, regime == Regime::ShadowFull);
    }
}

#[test]
fn derivatives_by_parts_in_the_losses_of_a_coalition() {
    let parts = [("R001", 0.5), ("R002", 0.2), ("R003", 0.3)];
    let parts: BTreeMap<String, f64> =
        parts.into_iter().map(|(code, part)| (code.to_owned(), part)).collect();
    let shared = policy(Action::Coalition {
        members: selector("R001,R002,R003"),
        rule: CoalitionRule::Weights(parts),
    });
    let embargo = trade(On::EmbargoShare, ("R000", "!R000", "*"), 0.8);
    let (problem, equilibrium) = outcome(&economy(72), GENERAL.model(), [embargo, shared]);
    let point = Point::new(problem, equilibrium);
    for member in 0..3 {
        let change = |p: &mut Problem, h: f64| {
            let weights = changed(p).coalitions[0].weights.as_mut().unwrap();
            let own = weights[member];
            for weight in &mut *weights {
                *weight *= (1.0 - own - h) / (1.0 - own);
            }
            weights[member] = own + h;
        };
        let exact = |g: &Gradient| g.by_loss_share(&point.problem, 0, member).unwrap();
        point.check("part in losses", &change, &exact);
        assert!(point.gradients.iter().any(|gradient| exact(gradient).abs() > 1e-4));
    }
}
