//! Who buys what of a trade cell, where users have trade shares of their own.

use ndarray::{Array2, Axis, s};

use super::Equilibrium;
use crate::problem::Problem;

/// The part of each cell's trade in market (n, s) that each user buys, `[user, exporter]`; 0 where there
/// is no trade. In the baseline if there is no equilibrium; none where all users have the trade shares
/// of their region.
///
/// `π_u P̂_u^θ E'_u` over its sum: what happens to the delivered cost of a cell happens to all users.
pub(crate) fn parts(
    problem: &Problem,
    equilibrium: Option<&Equilibrium>,
    (n, s): (usize, usize),
) -> Option<Array2<f64>> {
    let mut parts = problem.user_shares()?.slice(s![s, n, .., ..]).to_owned();
    let theta = problem.elasticities.trade[s];
    let outcomes = equilibrium.and_then(|found| found.users.as_ref());
    let price = |user: usize| outcomes.map_or(1.0, |users| users.price[[n, user, s]]);
    let top = (0..parts.nrows()).map(price).fold(0.0, f64::max);
    for (user, mut row) in parts.outer_iter_mut().enumerate() {
        let spent = outcomes.map_or_else(
            || problem.baseline.user_spending(n, user, s),
            |users| users.expenditure[[n, user, s]],
        );
        row *= spent * (price(user) / top).powf(theta);
    }
    for mut cell in parts.axis_iter_mut(Axis(1)) {
        let sum = cell.sum();
        if sum == 0.0 {
            cell.fill(0.0);
        } else {
            cell /= sum;
        }
    }
    Some(parts)
}
