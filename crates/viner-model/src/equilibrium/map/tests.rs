//! Exact derivatives against central differences.

use std::sync::Arc;

use super::*;
use crate::baseline::Baseline;
use crate::economies::Recipe;
use crate::problem::Problem;
use crate::scenario::{
    Action, BilateralInstrument, Cells, Labour, Model, Policy, Scenario, Selector, Values,
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
