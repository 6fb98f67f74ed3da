//! Backward against forward derivatives of the map, on random economies with all instruments.

use std::sync::Arc;

use viner_numerics::vector::dot;
use viner_numerics::{FixedPoint, Tape};

use super::tail::Tail;
use super::{Backward, FlowSeeds};
use crate::baseline::Baseline;
use crate::economies::{Recipe, with_sourcing};
use crate::equilibrium::map::EquilibriumMap;
use crate::equilibrium::map::preconditioner::Preconditioner;
use crate::equilibrium::system::System;
use crate::problem::Problem;
use crate::scenario::{
    Action, BilateralInstrument as On, Cells, CoalitionRule, Currencies, Currency, Deficits, Hub,
    Labour, Model, Policy, QuotaScope, Routes, Scenario, Selector, Shadow, ShadowOwner, Sourcing,
    Values,
};

/// Products of the same numbers in another order.
const ROUNDING: f64 = 1e-11;

fn trade(instrument: On, exporter: &str, importer: &str, sector: &str, value: f64) -> Policy {
    let selector =
        |name: &str| if name == "*" { Selector::All } else { Selector::name(name.to_owned()) };
    let cells = Cells::Pattern {
        exporter: selector(exporter),
        importer: selector(importer),
        sector: selector(sector),
        both_ways: false,
        domestic: false,
        value,
    };
    Policy { name: None, replace: false, action: Action::Bilateral { instrument, cells } }
}

fn policies(owner: ShadowOwner) -> Vec<Policy> {
    let hub =
        |region: &str, margin| Hub { region: region.into(), share: 0.1, enforcement: 0.2, margin };
    let currency = |code: &str, share, change| Currency { code: code.into(), share, change };
    vec![
        trade(On::TariffAdd, "R002", "*", "*", 0.3),
        trade(On::ExportTaxRate, "R001", "R002", "*", 0.2),
        trade(On::EmbargoShare, "R000", "R001", "S000", 0.6),
        trade(On::Quota { rent_to_exporter: 0.4, scope: QuotaScope::Total }, "R001", "*", "*", 0.7),
        trade(On::PriceCap(Shadow { capacity: 0.6, cost: 0.2, owner }), "R000", "*", "*", 0.9),
        trade(
            On::ExportControl(Routes {
                hubs: vec![hub("R002", 0.3), hub("R003", 0.0)],
                elasticity: 4.0,
            }),
            "R001",
            "R000",
            "*",
            0.8,
        ),
        trade(
            On::Settlement(Currencies {
                currencies: vec![currency("USD", 0.7, 0.4), currency("CNY", 0.3, 0.0)],
                elasticity: 3.0,
            }),
            "R001",
            "*",
            "*",
            1.0,
        ),
        Policy {
            name: None,
            replace: false,
            action: Action::Coalition {
                members: Selector::Names(vec!["R001".into(), "R003".into()]),
                rule: CoalitionRule::EqualWelfare,
            },
        },
    ]
}

/// Numbers between −1 and 1.
fn noise(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn assert_transposed(problem: &Problem, seed: u64) {
    let system = System::new(problem).unwrap();
    let start = EquilibriumMap::new(&system).baseline_point();
    let noise = noise(start.len(), 9 + seed);
    let point: Vec<f64> = start.iter().zip(noise).map(|(x, d)| x + 0.2 * d).collect();
    assert_transposed_at(&system, &point, seed);
}

fn assert_transposed_at(system: &System<'_>, point: &[f64], seed: u64) {
    let mut map = EquilibriumMap::new(system);
    let (direction, weights) = (noise(point.len(), seed), noise(point.len(), seed + 50));
    let mut forward = vec![0.0; point.len()];
    map.differentiate(point, &direction, &mut forward);
    let blocks = map.blocks(point);
    let backward = Backward::new(system, &map, point, &blocks);
    let tape = Tape::new();
    let tail = Tail::new(&tape, system, &map, point, &blocks, &backward.markets);
    let adjoints = tail.adjoints(None, Some(&weights));
    let flows: FlowSeeds = vec![Vec::new(); backward.markets.len()];
    let back = backward.pull(&tail, &adjoints, &flows).unknowns;
    let (one, other) = (dot(&weights, &forward), dot(&back, &direction));
    let size: f64 = back.iter().zip(&direction).map(|(a, b)| (a * b).abs()).sum();
    assert!((one - other).abs() < ROUNDING * size, "{one} and {other}");
    let preconditioner = Preconditioner::of(system).unwrap();
    let (mut forward, mut back) = (direction.clone(), weights.clone());
    preconditioner.apply(&vec![0.0; forward.len()], &mut forward, f64::INFINITY);
    preconditioner.apply_transposed(&mut back);
    let (one, other) = (dot(&weights, &forward), dot(&back, &direction));
    let size: f64 = back.iter().zip(&direction).map(|(a, b)| (a * b).abs()).sum();
    assert!((one - other).abs() < ROUNDING * size, "{one} and {other}");
}

#[test]
fn backward_products_are_those_of_the_transposed_matrix() {
    let owners = [
        ShadowOwner::Importer,
        ShadowOwner::Exporter,
        ShadowOwner::Iceberg,
        ShadowOwner::Region("R003".into()),
    ];
    let mut owners = owners.iter().cycle();
    let mut seed = 1;
    for labour in [Labour::Mobile, Labour::FixedNominalWage, Labour::FixedRealWage] {
        for deficits in [Deficits::Fixed, Deficits::IncomeShare, Deficits::Balanced] {
            for elasticity in [0.3, 1.0, 2.5] {
                let recipe = Recipe { tariffs: 0.3, zero_flows: 0.1, ..Recipe::new(4, 3, seed) };
                let tables = with_sourcing(&recipe.tables(), seed, 1.5);
                let baseline = Arc::new(Baseline::new(&tables, 1e-6).unwrap());
                let sourcing = if seed % 2 == 0 { Sourcing::ByUser } else { Sourcing::Common };
                let scenario = Scenario {
                    model: Model {
                        sourcing,
                        trade_elasticity: Values::uniform(1.0 + 0.1 * seed as f64),
                        production_elasticity: Values::uniform(elasticity),
                        input_elasticity: Values::uniform(2.8 - elasticity),
                        final_elasticity: elasticity,
                        specific_factor_share: Values::uniform(0.4),
                        labour,
                        deficits,
                        ..Model::default()
                    },
                    policies: policies(owners.next().unwrap().clone()),
                    ..Scenario::default()
                };
                let mut problem = Problem::new(Arc::clone(&baseline), &scenario).unwrap();
                assert_transposed(&problem, seed);
                problem = problem.without_policies();
                assert_transposed(&problem, seed);
                seed += 1;
            }
        }
    }
}

/// Two regions that trade with each other alone, at costs of which the powers are beyond the range of
/// floating-point numbers.
#[test]
fn products_hold_where_all_suppliers_are_far_more_expensive_than_the_cheapest_in_the_world() {
    for (sourcing, seed) in [(Sourcing::Common, 1), (Sourcing::ByUser, 2)] {
        for taxed in [false, true] {
            let recipe = Recipe { tariffs: 0.3, ..Recipe::new(4, 3, seed) };
            let recipe = if taxed { recipe } else { Recipe { tariffs: 0.0, ..recipe } };
            let tables = with_sourcing(&recipe.tables(), seed, 1.5);
            let baseline = Arc::new(Baseline::new(&tables, 1e-6).unwrap());
            let model = Model {
                sourcing,
                trade_elasticity: Values::uniform(400.0),
                specific_factor_share: Values::uniform(0.4),
                ..Model::default()
            };
            let mut policies = vec![trade(
                On::Quota { rent_to_exporter: 0.4, scope: QuotaScope::Total },
                "R002",
                "*",
                "S001",
                0.7,
            )];
            for (near, far) in
                [("R000", "R002"), ("R000", "R003"), ("R001", "R002"), ("R001", "R003")]
            {
                policies.push(trade(On::EmbargoShare, near, far, "*", 1.0));
            }
            if taxed {
                policies.push(trade(On::ExportTaxRate, "R003", "*", "*", 0.2));
            }
            let scenario = Scenario { model, policies, ..Scenario::default() };
            let problem = Problem::new(Arc::clone(&baseline), &scenario).unwrap();
            let system = System::new(&problem).unwrap();
            let map = EquilibriumMap::new(&system);
            let mut point = map.baseline_point();
            let (cells, far) = (system.cells(), 2 * 3);
            point[far..cells].fill(3.0);
            point[cells + far * system.purchasers..cells + system.prices()].fill(3.0);
            let costs = map.blocks(&point).log_costs;
            assert!(400.0 * (costs[far] - costs[0]) > 750.0, "{costs:?}");
            assert_transposed_at(&system, &point, seed);
        }
    }
}
