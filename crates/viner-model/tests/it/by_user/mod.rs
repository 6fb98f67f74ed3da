//! Trade shares by user.

mod alike;
mod refused;
mod rules;
mod second_way;

use std::sync::Arc;

use viner_model::baseline::Baseline;
use viner_model::economies::{Recipe, with_sourcing};
use viner_model::equilibrium::{Equilibrium, run};
use viner_model::problem::Problem;
use viner_model::scenario::{Model, Policy, Sourcing};
use viner_model::tables::Tables;

use crate::policies::scenario;
use crate::tolerances::TIGHT;

/// How unlike users are: shares up to `e^3` times those of others.
pub const UNLIKE: f64 = 1.5;

pub fn by_user(model: Model) -> Model {
    Model { sourcing: Sourcing::ByUser, ..model }
}

pub fn tables(regions: usize, sectors: usize, seed: u64, spread: f64) -> Tables {
    let recipe = Recipe { tariffs: 0.3, ..Recipe::new(regions, sectors, seed) };
    with_sourcing(&recipe.tables(), seed, spread)
}

pub fn solved(
    baseline: &Arc<Baseline>,
    model: &Model,
    policies: &[Policy],
) -> (Problem, Equilibrium) {
    let scenario = scenario(model.clone(), policies.iter().cloned());
    run(Arc::clone(baseline), &scenario, TIGHT).unwrap()
}
