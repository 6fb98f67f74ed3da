//! The least value of a smooth function on a box.

use crate::vector::dot;

/// A point with its value and gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Where.
    pub x: Vec<f64>,
    /// The function there.
    pub value: f64,
    /// Its gradient there.
    pub gradient: Vec<f64>,
}

/// The best point found.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The point.
    pub point: Point,
    /// Largest step to the box of the point less its gradient: 0 where first-order conditions hold.
    pub stationarity: f64,
    /// Evaluations of the function.
    pub evaluations: usize,
    /// Inverse of the curvature, as far as steps have shown it: for a search on a function that is
    /// nearly the same. None if no step has shown any.
    pub inverse: Option<Inverse>,
}

/// A square matrix by rows.
pub type Inverse = Vec<Vec<f64>>;

/// What to reach, and for how long to try.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Stationarity to reach.
    pub tolerance: f64,
    /// Evaluations before giving up.
    pub max_evaluations: usize,
}

/// Part of the predicted decrease that a step must bring (Armijo).
const DECREASE: f64 = 1e-4;
/// Shortest part of a step that is tried.
const SHORTEST: f64 = 1e-12;

/// Projected quasi-Newton descent (Bertsekas 1982, with the update of Broyden, Fletcher, Goldfarb and
/// Shanno on the free coordinates), from `start` moved into the box. `evaluate` gives value and
/// gradient, or nothing where there is none; a step that leads there is shortened. `known` is what an
/// earlier search has found of the inverse curvature.
///
/// Returns nothing if there is no value at the start.
pub fn minimize(
    mut evaluate: impl FnMut(&[f64]) -> Option<(f64, Vec<f64>)>,
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    goal: Goal,
    known: Option<Inverse>,
) -> Option<Minimum> {
    let size = start.len();
    let inside =
        |x: &[f64]| -> Vec<f64> { (0..size).map(|i| x[i].clamp(lower[i], upper[i])).collect() };
    let mut evaluations = 0;
    let mut at = |x: Vec<f64>| {
        evaluations += 1;
        let (value, gradient) = evaluate(&x)?;
        let finite = value.is_finite() && gradient.iter().all(|slope| slope.is_finite());
        finite.then_some((Point { x, value, gradient }, evaluations))
    };
    let (mut point, mut used) = at(inside(start))?;
    let mut fresh = known.is_none();
    let mut inverse = known.unwrap_or_else(|| identity(size));
    loop {
        let stationarity = stationarity(&point, lower, upper);
        if stationarity <= goal.tolerance || used >= goal.max_evaluations {
            let inverse = (!fresh).then_some(inverse);
            return Some(Minimum { point, stationarity, evaluations: used, inverse });
        }
        let held = |i: usize| {
            (point.x[i] <= lower[i] && point.gradient[i] > 0.0)
                || (point.x[i] >= upper[i] && point.gradient[i] < 0.0)
        };
        let free: Vec<usize> = (0..size).filter(|&i| !held(i)).collect();
        let mut direction = vec![0.0; size];
        for &i in &free {
            direction[i] = -free.iter().map(|&j| inverse[i][j] * point.gradient[j]).sum::<f64>();
        }
        if dot(&direction, &point.gradient) >= 0.0 {
            inverse = identity(size);
            fresh = true;
            for &i in &free {
                direction[i] = -point.gradient[i];
            }
        }
        let mut part = 1.0;
        if fresh {
            // Without curvature the first step is a tenth of the box at most.
            let longest = free
                .iter()
                .map(|&i| direction[i].abs() / (upper[i] - lower[i]).max(f64::MIN_POSITIVE))
                .fold(0.0, f64::max);
            part = (0.1 / longest).min(1.0);
        }
        let next = loop {
            let trial: Vec<f64> = (0..size).map(|i| point.x[i] + part * direction[i]).collect();
            let trial = inside(&trial);
            let moved: Vec<f64> = trial.iter().zip(&point.x).map(|(new, old)| new - old).collect();
            let predicted = dot(&moved, &point.gradient);
            if let Some((next, count)) = at(trial) {
                used = count;
                // Where the decrease is lost in rounding, the gradient still tells a better point.
                let rounding = 4.0 * f64::EPSILON * point.value.abs();
                let nearer = || self::stationarity(&next, lower, upper) < stationarity;
                if next.value <= point.value + DECREASE * predicted
                    || (next.value <= point.value + rounding && nearer())
                {
                    break Some((next, moved));
                }
            } else {
                used += 1;
            }
            part *= 0.4;
            if part < SHORTEST || used >= goal.max_evaluations {
                break None;
            }
        };
        let Some((next, moved)) = next else {
            if fresh {
                return Some(Minimum { point, stationarity, evaluations: used, inverse: None });
            }
            inverse = identity(size);
            fresh = true;
            continue;
        };
        // The inverse is that of the free coordinates' curvature alone.
        let mut change = vec![0.0; size];
        for &i in &free {
            change[i] = next.gradient[i] - point.gradient[i];
        }
        let curvature = dot(&moved, &change);
        if curvature > 1e-12 * dot(&moved, &moved).sqrt() * dot(&change, &change).sqrt() {
            if fresh {
                // The scale of the first curvature that is seen.
                let scale = curvature / dot(&change, &change);
                inverse.iter_mut().flatten().for_each(|slot| *slot *= scale);
            }
            update(&mut inverse, &moved, &change, curvature);
            fresh = false;
        }
        point = next;
    }
}

fn identity(size: usize) -> Vec<Vec<f64>> {
    (0..size).map(|i| (0..size).map(|j| f64::from(i == j)).collect()).collect()
}

fn stationarity(point: &Point, lower: &[f64], upper: &[f64]) -> f64 {
    let step = |i: usize| {
        let moved = (point.x[i] - point.gradient[i]).clamp(lower[i], upper[i]);
        (moved - point.x[i]).abs()
    };
    (0..point.x.len()).map(step).fold(0.0, f64::max)
}

/// The inverse matrix after a step: `(I − s yᵀ/ρ) H (I − y sᵀ/ρ) + s sᵀ/ρ`.
fn update(inverse: &mut [Vec<f64>], moved: &[f64], change: &[f64], curvature: f64) {
    let product: Vec<f64> = inverse.iter().map(|row| dot(row, change)).collect();
    let factor = (1.0 + dot(change, &product) / curvature) / curvature;
    for (i, row) in inverse.iter_mut().enumerate() {
        for (j, slot) in row.iter_mut().enumerate() {
            *slot += factor * moved[i] * moved[j]
                - (product[i] * moved[j] + moved[i] * product[j]) / curvature;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOAL: Goal = Goal { tolerance: 1e-9, max_evaluations: 500 };

    fn rosenbrock(x: &[f64]) -> (f64, Vec<f64>) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        (a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b])
    }

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let found =
            minimize(|x| Some(rosenbrock(x)), &[-1.2, 1.0], &[-2.0; 2], &[2.0; 2], GOAL, None)
                .unwrap();
        assert!(found.stationarity < 1e-9, "{found:?}");
        assert!(found.point.x.iter().all(|x| (x - 1.0).abs() < 1e-8), "{found:?}");
    }

    #[test]
    fn bounds_hold_and_their_gradient_points_outwards() {
        let found =
            minimize(|x| Some(rosenbrock(x)), &[0.0, 0.0], &[-2.0; 2], &[0.5, 2.0], GOAL, None)
                .unwrap();
        let [x, y] = [found.point.x[0], found.point.x[1]];
        assert!((x - 0.5).abs() < 1e-12 && (y - 0.25).abs() < 1e-7, "{found:?}");
        assert!(found.point.gradient[0] < 0.0 && found.stationarity < 1e-9, "{found:?}");
    }

    #[test]
    fn a_known_curvature_saves_steps() {
        let bowl = |middle: f64| {
            move |x: &[f64]| {
                let far = x[0] - middle;
                Some((3.0 * far * far + far.powi(4), vec![6.0 * far + 4.0 * far.powi(3)]))
            }
        };
        let search =
            |middle, known| minimize(bowl(middle), &[0.9], &[-5.0], &[5.0], GOAL, known).unwrap();
        let first = search(1.0, None);
        let (cold, warm) = (search(1.01, None), search(1.01, first.inverse));
        assert!(warm.evaluations < cold.evaluations && warm.stationarity < 1e-9, "{warm:?}");
    }

    #[test]
    fn where_there_is_no_value_steps_are_shortened() {
        // Defined above 0 alone; the minimum is at 1.
        let barrier = |x: &[f64]| (x[0] > 0.0).then(|| (x[0] - x[0].ln(), vec![1.0 - 1.0 / x[0]]));
        let found = minimize(barrier, &[5.0], &[-10.0], &[10.0], GOAL, None).unwrap();
        assert!((found.point.x[0] - 1.0).abs() < 1e-8);
        assert!(minimize(barrier, &[-1.0], &[-10.0], &[10.0], GOAL, None).is_none());
    }
}
