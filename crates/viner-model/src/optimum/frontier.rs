//! The most of an effect at every cost.

use super::local::{Learned, Worth};
use super::search::{GOAL, optimum, reply};
use super::{Economy, Search};
use crate::outcome::Smooth;
use crate::variants::VariantFailure;

/// The most of an effect at some costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frontier {
    /// Cost, effect and sizes, by cost.
    pub points: Vec<(f64, f64, Vec<f64>)>,
    /// Equilibria that were solved.
    pub evaluations: usize,
}

/// The most of an effect at each of `count` costs between the least cost and that of the most effect, whose
/// sizes are `best`.
///
/// # Errors
/// There is no equilibrium at any start.
pub fn frontier(
    economy: &Economy<'_>,
    cost: &Smooth,
    effect: &Search,
    best: &[f64],
    count: usize,
) -> Result<Frontier, VariantFailure> {
    let cheapest = Search { objective: cost.clone(), maximize: false, ..effect.clone() };
    let cheapest = optimum(economy, &cheapest)?;
    let mut evaluations = cheapest.evaluations;
    let tell = |sizes: Vec<f64>| -> Result<_, VariantFailure> {
        let told = economy.tell(&sizes, &[cost, &effect.objective])?;
        Ok((told[0].value, told[1].value, sizes))
    };
    let (first, last) = (tell(cheapest.sizes)?, tell(best.to_vec())?);
    let (low, high) = (first.0, last.0);
    // From the most effect downwards: there the bound of the cost is worth nothing, and little by little more.
    let mut search = effect.clone();
    search.at_most.push((cost.clone(), high));
    let mut learned = Learned::nothing(&search);
    if let Some(worth) = learned.constraints.last_mut() {
        *worth = Some(Worth::unknown((last.1 - first.1).abs(), high - low));
    }
    let mut points = vec![last];
    for step in (1..count.saturating_sub(1)).rev() {
        let bound = low + (high - low) * step as f64 / (count - 1) as f64;
        if let Some((_, most)) = search.at_most.last_mut() {
            *most = bound;
        }
        let found = reply(economy, &search, &points[points.len() - 1].2, 0, GOAL, &learned)?;
        learned = found.learned;
        evaluations += found.evaluations;
        points.push(tell(found.sizes)?);
    }
    points.push(first);
    points.reverse();
    Ok(Frontier { points, evaluations })
}
