//! Price caps found one by one, by bracketing: slow, and hard to mislead.
//!
//! With the unknown of a cap held, the rest of the economy is a smooth problem. What the cap's own
//! equation then asks of its unknown is a function of one number, negative at the end of its track
//! and positive at the start where the cap binds: its root is bracketed and closed in on. A second
//! cap is held inside the first, and so on.

use viner_numerics::{Outcome, Progress};

use super::{Effort, direct};
use crate::equilibrium::map::EquilibriumMap;
use crate::problem::Problem;

/// Caps that are nested at most: the work multiplies.
const MOST_CAPS: usize = 2;
/// Residual to which the rest is solved on the way.
const ON_THE_WAY: f64 = 1e-11;
/// Widths of the bracket before the direct methods try again from inside it.
const MOST_STEPS: usize = 60;

/// Brings `point` to a fixed point, or returns nothing: there is no cap, or no root.
pub(super) fn solve(
    problem: &Problem,
    map: &mut EquilibriumMap<'_>,
    point: &mut Vec<f64>,
    spent: usize,
    effort: Effort,
) -> Option<Progress> {
    let caps = map.caps();
    if caps.is_empty() || caps.len() > MOST_CAPS || effort.only.is_some() {
        return None;
    }
    let first = point.len() - problem.counterfactual.wedges.len();
    let mut evaluations = spent;
    let mut trial = map.baseline_point();
    let found = hold(map, &mut trial, &caps, first, &mut evaluations, effort);
    map.release();
    found?;
    // From so near a smooth piece is all that Newton's method sees.
    let (_, progress) = direct(map, &mut trial, evaluations, effort);
    (progress.outcome == Outcome::Converged).then(|| {
        *point = trial;
        progress
    })
}

/// Finds the unknowns of `caps` at which their equations hold, and those of the rest.
fn hold(
    map: &mut EquilibriumMap<'_>,
    point: &mut Vec<f64>,
    caps: &[usize],
    first: usize,
    evaluations: &mut usize,
    effort: Effort,
) -> Option<()> {
    let on_the_way = Effort { wanted: ON_THE_WAY, acceptable: 1e-9, only: None, ..effort };
    let Some((&cap, inner)) = caps.split_first() else {
        let (_, progress) = direct(map, point, *evaluations, on_the_way);
        *evaluations = progress.evaluations;
        return (progress.outcome == Outcome::Converged).then_some(());
    };
    let end = map.end_of_track(cap);
    // What the cap asks beyond where it is held.
    let mut asked = |y: f64, point: &mut Vec<f64>, evaluations: &mut usize| -> Option<f64> {
        point[first + cap] = y;
        map.hold(cap, y);
        hold(map, point, inner, first, evaluations, effort)?;
        *evaluations += 1;
        Some(map.asked(cap, point) - y)
    };
    let (mut low, mut high) = (0.0, end);
    if asked(high, point, evaluations)? > 0.0 {
        return None;
    }
    if asked(low, point, evaluations)? <= 0.0 {
        return Some(());
    }
    for _ in 0..MOST_STEPS {
        let middle = 0.5 * (low + high);
        let asks = asked(middle, point, evaluations)?;
        if asks.abs() < ON_THE_WAY || high - low < 1e-14 {
            return Some(());
        }
        if asks > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(())
}
