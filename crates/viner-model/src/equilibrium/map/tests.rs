//! Exact derivatives against central differences.

use std::sync::Arc;

use super::*;
use crate::baseline::Baseline;
use crate::economies::{Recipe, with_sourcing};
use crate::problem::Problem;
use crate::scenario::{
    Action, BilateralInstrument, Cells, CoalitionRule, Hub, Labour, Model, Policy, QuotaScope,
    Routes, Scenario, Selector, Shadow, ShadowOwner, Sourcing, Values,
};

/// Central differences with a step of 1e-5 are off by their third derivative times 1e-10 and by
/// rounding over the step, 1e-11.
const DIFFERENCE: f64 = 1e-8;

fn problem(labour: Labour, deficits: Deficits, elasticity: f64, theta: f64) -> Problem {
    let recipe = Recipe { tariffs: 0.3, zero_flows: 0.2, ..Recipe::new(4, 3, 5) };
    let baseline = Arc::new(Baseline::new(&recipe.tables(), 1e-6).unwrap());
    let policy = |instrument, value| Policy {
        name: None,
        replace: false,
        action: Action::Bilateral {
            instrument,
            cells: Cells::Pattern {
                exporter: Selector::name("R001"),
                importer: Selector::All,
                sector: Selector::All,
                both_ways: true,
                domestic: false,
                value,
            },
        },
    };
    let scenario = Scenario {
        model: Model {
            trade_elasticity: Values::uniform(theta),
            production_elasticity: Values::uniform(elasticity),
            input_elasticity: Values::uniform(elasticity),
            final_elasticity: elasticity,
            specific_factor_share: Values::uniform(0.4),
            labour,
            deficits,
            ..Model::default()
        },
        policies: vec![
            policy(BilateralInstrument::ExportTaxRate, 0.2),
            policy(BilateralInstrument::TradeCostChange, 0.5),
            policy(BilateralInstrument::EmbargoShare, 0.3),
        ],
        ..Scenario::default()
    };
    Problem::new(baseline, &scenario).unwrap()
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

fn assert_derivative(problem: &Problem, start: impl Fn(&[f64]) -> Vec<f64>) {
    let system = System::new(problem).unwrap();
    let mut map = EquilibriumMap::new(&system);
    let point = start(&map.baseline_point());
    let dimension = map.dimension();
    for seed in 1..4 {
        let direction = noise(dimension, seed);
        let mut exact = vec![0.0; dimension];
        map.differentiate(&point, &direction, &mut exact);
        let step = 1e-5;
        let mut image_at = |step: f64| {
            let moved: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let mut image = vec![0.0; dimension];
            map.evaluate(&moved, &mut image);
            image
        };
        let (above, below) = (image_at(step), image_at(-step));
        for (index, exact) in exact.iter().enumerate() {
            let difference = (above[index] - below[index]) / (2.0 * step);
            assert!(
                (exact - difference).abs() < DIFFERENCE * exact.abs().max(1.0),
                "unknown {index}: {exact} and {difference}"
            );
        }
    }
}

#[test]
fn derivatives_equal_central_differences() {
    let moved = |point: &[f64]| -> Vec<f64> {
        point.iter().zip(noise(point.len(), 9)).map(|(x, noise)| x + 0.1 * noise).collect()
    };
    for labour in [Labour::Mobile, Labour::FixedNominalWage, Labour::FixedRealWage] {
        for deficits in [Deficits::Fixed, Deficits::IncomeShare, Deficits::Balanced] {
            for elasticity in [0.3, 1.0, 2.5] {
                let problem = problem(labour, deficits, elasticity, 3.0);
                assert_derivative(&problem, moved);
                assert_derivative(&problem, <[f64]>::to_vec);
            }
        }
    }
}

/// Quotas, a cap in each of its stretches, margins of hubs and a coalition.
fn with_limits(owner: ShadowOwner, sourcing: Sourcing) -> Problem {
    let recipe = Recipe { tariffs: 0.3, ..Recipe::new(4, 3, 6) };
    let tables = with_sourcing(&recipe.tables(), 6, 1.5);
    let baseline = Arc::new(Baseline::new(&tables, 1e-6).unwrap());
    let policy = |instrument, [exporter, importer]: [&str; 2], value| Policy {
        name: None,
        replace: false,
        action: Action::Bilateral {
            instrument,
            cells: Cells::Pattern {
                exporter: Selector::name(exporter),
                importer: Selector::Names(importer.split(',').map(str::to_owned).collect()),
                sector: Selector::All,
                both_ways: false,
                domestic: false,
                value,
            },
        },
    };
    let hub = Hub { region: "R002".into(), share: 0.2, enforcement: 0.1, margin: 0.3 };
    let elasticities = Model {
        production_elasticity: Values::uniform(0.4),
        input_elasticity: Values::uniform(0.6),
        ..Model::default()
    };
    let scenario = Scenario {
        policies: vec![
            policy(
                BilateralInstrument::Quota {
                    rent_to_exporter: 0.3,
                    scope: QuotaScope::ExporterSector,
                },
                ["R001", "R000,R002"],
                0.7,
            ),
            policy(
                BilateralInstrument::PriceCap(Shadow { capacity: 0.6, cost: 0.2, owner }),
                ["R000", "R001,R003"],
                0.9,
            ),
            policy(
                BilateralInstrument::ExportControl(Routes { hubs: vec![hub], elasticity: 4.0 }),
                ["R003", "R000"],
                0.5,
            ),
            Policy {
                name: None,
                replace: false,
                action: Action::Coalition {
                    members: Selector::Names(vec!["R001".into(), "R003".into()]),
                    rule: CoalitionRule::EqualWelfare,
                },
            },
        ],
        model: Model { sourcing, ..elasticities },
        ..Scenario::default()
    };
    Problem::new(baseline, &scenario).unwrap()
}

#[test]
fn derivatives_hold_on_every_stretch_of_a_track() {
    for owner in [ShadowOwner::Importer, ShadowOwner::Exporter, ShadowOwner::Iceberg] {
        let problem = with_limits(owner.clone(), Sourcing::Common);
        let by_user = with_limits(owner, Sourcing::ByUser);
        let wedges = problem.counterfactual.wedges.len();
        // Slack, served, mixed or in the turn, in the turn, beyond it.
        for place in [-0.2, 0.1, 0.25, 0.8, 1.4] {
            let start = |point: &[f64]| {
                let first = point.len() - wedges;
                let noise = noise(point.len(), 9);
                let moved = point.iter().zip(&noise).map(|(x, noise)| x + 0.02 * noise);
                let moved: Vec<f64> = moved.collect();
                let held = noise[first..].iter().map(|noise| place + 0.01 * noise);
                moved[..first].iter().copied().chain(held).collect()
            };
            assert_derivative(&problem, start);
            assert_derivative(&by_user, start);
        }
    }
}
