//! The effect of a scenario split among its policies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array1, Array2, Array3};
use rayon::prelude::*;

use super::plan::{Coalition, Plan};
use super::shapley::shapley;
use crate::equilibrium::{Equilibrium, Settings};
use crate::problem::Problem;
use crate::report::RegionOutcomes;
use crate::scenario::Scenario;
use crate::variants::{VariantFailure, Variants};

/// What is split, for every region: fractions of the baseline.
pub const OUTCOMES: [&str; 7] =
    ["welfare", "real_gdp", "real_wage", "price_index", "terms_of_trade", "exports", "imports"];

/// The effects of policies, or of sets of them, that sum to the effect of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Decomposition {
    /// `[player, region, outcome]`.
    pub effects: Array3<f64>,
    /// Standard error of each effect, `[player, region, outcome]`: 0 where exact.
    pub errors: Array3<f64>,
    /// The effect of all policies, `[region, outcome]`.
    pub total: Array2<f64>,
    /// Equilibria that were solved beside the one given.
    pub equilibria: usize,
}

/// A set of policies that has no equilibrium.
#[derive(Clone, Debug, PartialEq)]
pub struct SubsetFailure {
    /// Positions of its policies in the scenario.
    pub policies: Vec<usize>,
    /// Why.
    pub cause: VariantFailure,
}

/// Splits the effect of a scenario among `players`, each a set of positions of its policies, by
/// their Shapley value: what each adds on average over the orders in which they may be introduced.
///
/// Within a set, policies keep the order of the scenario. Equilibria are found size by size, each
/// from that of a set with one player less, so that results do not depend on the number of threads.
/// `progress` is told how many of how many equilibria are solved.
///
/// # Errors
/// The first set of policies that has no certified equilibrium.
pub fn decompose(
    problem: &Problem,
    equilibrium: &Equilibrium,
    scenario: &Scenario,
    players: &[Vec<usize>],
    plan: &Plan,
    settings: Settings,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Decomposition, SubsetFailure> {
    let baseline = &problem.baseline;
    let variants = Variants::on_reference(Arc::clone(baseline), scenario, settings);
    let regions = baseline.region_count();
    let total = outcomes(problem, equilibrium);
    let levels = plan.levels();
    let (grand, empty) = (Coalition::grand(players.len()), Coalition::empty(players.len()));
    let mut worth: BTreeMap<Coalition, Array1<f64>> = BTreeMap::new();
    worth.insert(grand.clone(), flat(&total));
    // Without policies everything is as in the baseline.
    worth.insert(empty.clone(), Array1::zeros(regions * OUTCOMES.len()));
    let known = |coalition: &Coalition| *coalition == grand || *coalition == empty;
    let equilibria = levels.iter().flat_map(BTreeMap::keys).filter(|c| !known(c)).count();
    let done = AtomicUsize::new(0);
    let mut smaller: BTreeMap<Coalition, Vec<f64>> = BTreeMap::new();
    for level in levels {
        let wanted: Vec<_> = level.into_iter().filter(|(coalition, _)| !known(coalition)).collect();
        let solved: Vec<Result<_, SubsetFailure>> = wanted
            .into_par_iter()
            .map(|(coalition, parent)| {
                let policies = policies_of(&coalition, players);
                let chosen = policies.iter().map(|&p| scenario.policies[p].clone()).collect();
                let start = parent.and_then(|parent| smaller.get(&parent));
                let (problem, equilibrium) = variants
                    .solve(chosen, start.map(Vec::as_slice))
                    .map_err(|cause| SubsetFailure { policies, cause })?;
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, equilibria);
                Ok((coalition, flat(&outcomes(&problem, &equilibrium)), equilibrium.unknowns))
            })
            .collect();
        let mut current = BTreeMap::new();
        for result in solved {
            let (coalition, values, unknowns) = result?;
            worth.insert(coalition.clone(), values);
            current.insert(coalition, unknowns);
        }
        smaller = current;
    }
    // The plan's own coalitions are all there.
    let split = shapley(plan, &worth).unwrap_or_else(|| unreachable!("every coalition is solved"));
    let shape = (players.len(), regions, OUTCOMES.len());
    let cube = |values: Array2<f64>| {
        let (values, _) = values.into_raw_vec_and_offset();
        Array3::from_shape_vec(shape, values).unwrap_or_else(|_| Array3::zeros(shape))
    };
    Ok(Decomposition {
        effects: cube(split.effects),
        errors: cube(split.errors),
        total,
        equilibria,
    })
}

/// Positions of the policies of a coalition, in the order of the scenario.
fn policies_of(coalition: &Coalition, players: &[Vec<usize>]) -> Vec<usize> {
    let mut policies: Vec<usize> =
        coalition.members().flat_map(|player| players[player].iter().copied()).collect();
    policies.sort_unstable();
    policies
}

/// What is split, `[region, outcome]`.
fn outcomes(problem: &Problem, equilibrium: &Equilibrium) -> Array2<f64> {
    let outcomes = RegionOutcomes::of(problem, equilibrium);
    let growth = |after: &Array1<f64>, before: &Array1<f64>| -> Array1<f64> {
        let rate = |(a, b): (&f64, &f64)| if *b == 0.0 { 0.0 } else { a / b - 1.0 };
        after.iter().zip(before).map(rate).collect()
    };
    let columns: [Array1<f64>; OUTCOMES.len()] = [
        outcomes.welfare,
        outcomes.real_gdp,
        outcomes.real_wage,
        outcomes.price_index,
        outcomes.terms_of_trade,
        growth(&outcomes.exports, &outcomes.exports_base),
        growth(&outcomes.imports, &outcomes.imports_base),
    ];
    Array2::from_shape_fn((columns[0].len(), OUTCOMES.len()), |(n, o)| columns[o][n])
}

fn flat(values: &Array2<f64>) -> Array1<f64> {
    values.iter().copied().collect()
}
