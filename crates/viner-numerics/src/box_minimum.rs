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
    /// What steps have shown of the curvature: for a search on a function that is nearly the same.
    pub curvature: Curvature,
}

/// What to reach, and for how long to try.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Stationarity to reach.
    pub tolerance: f64,
    /// Part of the stationarity of the start that is enough, too: of the start of a search that others
    /// follow. 0 for the tolerance alone.
    pub part: f64,
    /// Evaluations before giving up.
    pub max_evaluations: usize,
}

/// Part of the predicted decrease that a step must bring (Armijo).
const DECREASE: f64 = 1e-4;
/// Shortest part of a step that is tried.
const SHORTEST: f64 = 1e-12;

/// What steps have shown of the curvature of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Curvature {
    /// Of the curvature of the free coordinates, by rows.
    inverse: Vec<Vec<f64>>,
    /// Whether no step has shown any.
    unknown: bool,
}

impl Curvature {
    /// Before any step in so many coordinates.
    pub fn unknown(size: usize) -> Self {
        let inverse = (0..size).map(|i| (0..size).map(|j| f64::from(i == j)).collect()).collect();
        Self { inverse, unknown: true }
    }

    /// The quasi-Newton step of the coordinates that no bound holds against the gradient; where nothing is
    /// known, or what is known does not lead downwards, along the gradient, by a tenth of the box at most.
    /// It may lead out of the box.
    pub fn step(&mut self, point: &Point, lower: &[f64], upper: &[f64]) -> Vec<f64> {
        let free = free(point, lower, upper);
        let mut step = vec![0.0; point.x.len()];
        for &i in &free {
            let row = &self.inverse[i];
            step[i] = -free.iter().map(|&j| row[j] * point.gradient[j]).sum::<f64>();
        }
        if !self.unknown && dot(&step, &point.gradient) >= 0.0 {
            *self = Self::unknown(step.len());
        }
        if self.unknown {
            let part =
                |i: usize| point.gradient[i].abs() / (upper[i] - lower[i]).max(f64::MIN_POSITIVE);
            let longest = free.iter().map(|&i| part(i)).fold(0.0, f64::max);
            for &i in &free {
                step[i] = -point.gradient[i] * (0.1 / longest).min(1.0);
            }
        }
        step
    }

    /// Learns from the gradients at both ends of a step (Broyden, Fletcher, Goldfarb and Shanno); nothing
    /// where the function is not convex along it.
    pub fn learn(&mut self, from: &Point, to: &Point, lower: &[f64], upper: &[f64]) {
        let moved: Vec<f64> = to.x.iter().zip(&from.x).map(|(new, old)| new - old).collect();
        let mut change = vec![0.0; moved.len()];
        for i in free(from, lower, upper) {
            change[i] = to.gradient[i] - from.gradient[i];
        }
        let curvature = dot(&moved, &change);
        if curvature > 1e-12 * dot(&moved, &moved).sqrt() * dot(&change, &change).sqrt() {
            if self.unknown {
                // The scale of the first curvature that is seen.
                let scale = curvature / dot(&change, &change);
                self.inverse.iter_mut().flatten().for_each(|slot| *slot *= scale);
            }
            update(&mut self.inverse, &moved, &change, curvature);
            self.unknown = false;
        }
    }
}

/// Coordinates that no bound holds against the gradient.
fn free(point: &Point, lower: &[f64], upper: &[f64]) -> Vec<usize> {
    let held = |i: usize| {
        (point.x[i] <= lower[i] && point.gradient[i] > 0.0)
            || (point.x[i] >= upper[i] && point.gradient[i] < 0.0)
    };
    (0..point.x.len()).filter(|&i| !held(i)).collect()
}

/// Projected quasi-Newton descent (Bertsekas 1982), from `start` moved into the box. `evaluate` gives
/// value and gradient, or nothing where there is none; a step that leads there is shortened.
/// `curvature` is what an earlier search has found of it.
///
/// Returns nothing if there is no value at the start.
pub fn minimize(
    mut evaluate: impl FnMut(&[f64]) -> Option<(f64, Vec<f64>)>,
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    goal: Goal,
    mut curvature: Curvature,
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
    let wanted = goal.tolerance.max(goal.part * stationarity(&point, lower, upper));
    loop {
        let stationarity = stationarity(&point, lower, upper);
        if stationarity <= wanted || used >= goal.max_evaluations {
            return Some(Minimum { point, stationarity, evaluations: used, curvature });
        }
        let step = curvature.step(&point, lower, upper);
        let mut part = 1.0;
        let next = loop {
            let trial: Vec<f64> = (0..size).map(|i| point.x[i] + part * step[i]).collect();
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
                    break Some(next);
                }
            } else {
                used += 1;
            }
            part *= 0.4;
            if part < SHORTEST || used >= goal.max_evaluations {
                break None;
            }
        };
        let Some(next) = next else {
            if curvature.unknown {
                return Some(Minimum { point, stationarity, evaluations: used, curvature });
            }
            curvature = Curvature::unknown(size);
            continue;
        };
        curvature.learn(&point, &next, lower, upper);
        point = next;
    }
}

/// Largest step to the box of a point less its gradient: 0 where first-order conditions hold.
pub fn stationarity(point: &Point, lower: &[f64], upper: &[f64]) -> f64 {
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

    const GOAL: Goal = Goal { tolerance: 1e-9, part: 0.0, max_evaluations: 500 };

    fn rosenbrock(x: &[f64]) -> (f64, Vec<f64>) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        (a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b])
    }

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let found = minimize(
            |x| Some(rosenbrock(x)),
            &[-1.2, 1.0],
            &[-2.0; 2],
            &[2.0; 2],
            GOAL,
            Curvature::unknown(2),
        )
        .unwrap();
        assert!(found.stationarity < 1e-9, "{found:?}");
        assert!(found.point.x.iter().all(|x| (x - 1.0).abs() < 1e-8), "{found:?}");
    }

    #[test]
    fn bounds_hold_and_their_gradient_points_outwards() {
        let found = minimize(
            |x| Some(rosenbrock(x)),
            &[0.0, 0.0],
            &[-2.0; 2],
            &[0.5, 2.0],
            GOAL,
            Curvature::unknown(2),
        )
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
        let unknown = Curvature::unknown(1);
        let mut known = search(1.0, unknown.clone()).curvature;
        let (cold, warm) = (search(1.01, unknown), search(1.01, known.clone()));
        assert!(warm.evaluations < cold.evaluations && warm.stationarity < 1e-9, "{warm:?}");
        // One step of it goes most of the way.
        let (value, gradient) = bowl(1.01)(&[0.9]).unwrap();
        let from = Point { x: vec![0.9], value, gradient };
        assert!((known.step(&from, &[-5.0], &[5.0])[0] - 0.11).abs() < 0.02);
    }

    #[test]
    fn a_part_of_the_way_is_enough_where_that_is_asked() {
        let part = Goal { part: 1e-2, ..GOAL };
        let [rough, fine] = [part, GOAL].map(|goal| {
            minimize(
                |x| Some(rosenbrock(x)),
                &[-1.2, 1.0],
                &[-2.0; 2],
                &[2.0; 2],
                goal,
                Curvature::unknown(2),
            )
            .unwrap()
        });
        assert!(rough.evaluations < fine.evaluations, "{rough:?}");
        // The step from the start leads to the border of the box.
        assert!((1e-9..=4e-2).contains(&rough.stationarity), "{rough:?}");
    }

    #[test]
    fn where_there_is_no_value_steps_are_shortened() {
        // Defined above 0 alone; the minimum is at 1.
        let barrier = |x: &[f64]| (x[0] > 0.0).then(|| (x[0] - x[0].ln(), vec![1.0 - 1.0 / x[0]]));
        let found =
            minimize(barrier, &[5.0], &[-10.0], &[10.0], GOAL, Curvature::unknown(1)).unwrap();
        assert!((found.point.x[0] - 1.0).abs() < 1e-8);
        assert!(
            minimize(barrier, &[-1.0], &[-10.0], &[10.0], GOAL, Curvature::unknown(1)).is_none()
        );
    }
}
