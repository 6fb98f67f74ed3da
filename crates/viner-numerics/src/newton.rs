//! Newton's method for a fixed point, with Krylov solutions of its linear systems.

use std::collections::VecDeque;

use crate::fixed_point::{FixedPoint, Limits, Outcome, Progress};
use crate::gmres;
use crate::vector::{max_abs, norm};

/// Products in one linear solve before its best answer is taken.
const MAX_PRODUCTS: usize = 150;
/// Halvings of a step before the method gives up on the direction.
const MAX_HALVINGS: usize = 30;
/// A step must improve on the worst of this many residuals before it: at the kinks of a piecewise
/// smooth map a good step may make the residual rise for a while (Grippo, Lampariello and Lucidi
/// 1986).
const REMEMBERED: usize = 5;

/// Solves `g(x) − x = 0` by inexact Newton steps, shortened until the residual falls below those of
/// the last few steps. Where the map has kinks, the derivative is that of the side it is on
/// (semismooth Newton).
///
/// The linear systems `(I − g'(x)) step = g(x) − x` are solved by GMRES on exact derivative
/// products, each only as exactly as the progress so far deserves (Eisenstat and Walker 1996,
/// choice 2). On return `x` is the last accepted point.
pub fn solve(map: &mut impl FixedPoint, x: &mut Vec<f64>, limits: Limits) -> Progress {
    let dimension = map.dimension();
    let mut image = vec![0.0; dimension];
    map.evaluate(x, &mut image);
    let mut evaluations = 1;
    let mut residual = subtract(&image, x);
    let mut forcing = 0.1;
    let mut norms = VecDeque::from([norm(&residual)]);

    let outcome = loop {
        let size = max_abs(&residual);
        if !size.is_finite() {
            break Outcome::Diverged;
        }
        if size <= limits.tolerance {
            break Outcome::Converged;
        }
        if evaluations >= limits.max_evaluations {
            break Outcome::EvaluationLimit;
        }
        let products = MAX_PRODUCTS.min(limits.max_evaluations - evaluations);
        let apply = |direction: &[f64], result: &mut [f64]| {
            map.differentiate(x, direction, result);
            for (slot, value) in result.iter_mut().zip(direction) {
                *slot = value - *slot;
            }
        };
        let (step, used) = gmres::solve(apply, &residual, forcing, products);
        evaluations += used;

        let before = norm(&residual);
        let reference = norms.iter().copied().fold(0.0, f64::max);
        let mut scale = 1.0;
        let mut accepted = false;
        for _ in 0..MAX_HALVINGS {
            let trial: Vec<f64> =
                x.iter().zip(&step).map(|(value, step)| value + scale * step).collect();
            map.evaluate(&trial, &mut image);
            evaluations += 1;
            let trial_residual = subtract(&image, &trial);
            let after = norm(&trial_residual);
            if after <= (1.0 - 1e-4 * scale) * reference {
                if norms.len() == REMEMBERED {
                    norms.pop_front();
                }
                norms.push_back(after);
                let rate = after / before;
                forcing = (0.9 * rate * rate).clamp(1e-6, 0.1);
                *x = trial;
                residual = trial_residual;
                accepted = true;
                break;
            }
            scale *= 0.5;
        }
        if !accepted {
            let rounding = max_abs(&residual) <= limits.acceptable;
            break if rounding { Outcome::Converged } else { Outcome::Stalled };
        }
    };
    Progress { outcome, evaluations, residual: max_abs(&residual) }
}

fn subtract(x: &[f64], y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| x - y).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::{Dual, Real};

    /// x = exp(y) − 3, y = −5 x: fixed point of a map far from a contraction.
    struct Coupled;

    fn coupled<T: Real>(x: [T; 2]) -> [T; 2] {
        [x[1].exp() + (-3.0), x[0] * (-5.0)]
    }

    impl FixedPoint for Coupled {
        fn dimension(&self) -> usize {
            2
        }
        fn evaluate(&mut self, x: &[f64], image: &mut [f64]) {
            image.copy_from_slice(&coupled([x[0], x[1]]));
        }
        fn differentiate(&mut self, x: &[f64], direction: &[f64], image: &mut [f64]) {
            let at = |i: usize| Dual { value: x[i], derivative: direction[i] };
            let result = coupled([at(0), at(1)]);
            image.copy_from_slice(&result.map(|value| value.derivative));
        }
    }

    #[test]
    fn converges_quadratically_to_a_known_point() {
        let mut x = vec![0.0, 0.0];
        let limits = Limits { tolerance: 1e-13, acceptable: 1e-13, max_evaluations: 100 };
        let progress = solve(&mut Coupled, &mut x, limits);
        assert_eq!(progress.outcome, Outcome::Converged, "{progress:?}");
        assert!(progress.evaluations < 40, "{progress:?}");
        assert!(((-5.0 * x[0]).exp() - 3.0 - x[0]).abs() < 1e-12);
    }

    #[test]
    fn stops_at_the_evaluation_limit() {
        let limits = Limits { tolerance: 1e-13, acceptable: 1e-13, max_evaluations: 3 };
        let progress = solve(&mut Coupled, &mut vec![0.0, 0.0], limits);
        assert_eq!(progress.outcome, Outcome::EvaluationLimit);
    }
}
